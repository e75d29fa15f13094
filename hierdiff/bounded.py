"""Bounds of a template: how much it may write, how long it may take, how often it may go round.

A sandbox keeps a template from what it must not touch, not from running for ever. So every loop, every macro and every
joining of texts in it passes by a counter: it is put there when the template is read, before it is compiled. What makes
text of any width from a number is left out.
"""

import operator
import time
from collections.abc import Callable, Iterable, MutableMapping
from types import TracebackType
from typing import Any, Self, cast, final

from jinja2 import BaseLoader, Environment, Template, TemplateRuntimeError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

MOST_CHARACTERS = 1_000_000
MOST_STEPS = 200_000
MOST_SECONDS = 5.0

_WIDE = ("center", "format", "indent", "wordwrap", "pprint", "xmlattr", "tojson", "urlize", "replace", "batch", "slice")
_WIDE_METHODS = frozenset(
    {"center", "ljust", "rjust", "zfill", "format", "format_map", "expandtabs", "replace", "translate", "to_bytes"}
)
_STEP, _JOIN = "bounds_step", "bounds_join"


@final
class Bounds:
    """Counts what one rendering does; entered anew for each. Not for two threads at once."""

    def __init__(self) -> None:
        self._steps = 0
        self._until = 0.0

    def __enter__(self) -> Self:
        self._steps = 0
        self._until = time.monotonic() + MOST_SECONDS
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._until = 0.0

    def step(self) -> str:
        """One more round. Raises TemplateRuntimeError when there were too many, or it takes too long."""
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise TemplateRuntimeError(f"it goes round more than {MOST_STEPS:,} times; make its loops end")
        if not self._steps % 256 and time.monotonic() > self._until:
            raise TemplateRuntimeError(f"it takes more than {MOST_SECONDS:g} seconds; make its loops end")
        return ""

    def join(self, *texts: Any) -> str:
        """What `~` does: the texts behind one another."""
        return self._short("".join(str(text) for text in texts))

    def gathered(self, pieces: Iterable[str]) -> str:
        """The pieces of a rendering as one text."""
        kept: list[str] = []
        length = 0
        for piece in pieces:
            kept.append(piece)
            length += len(piece)
            if length > MOST_CHARACTERS:
                raise TemplateRuntimeError(f"it writes more than {MOST_CHARACTERS:,} characters; let it say less")
        return "".join(kept)

    def times(self, left: Any, right: Any) -> Any:
        """What `*` does, for numbers only: a text times a number has any length."""
        return self._number("*", operator.mul, left, right)

    def power(self, left: Any, right: Any) -> Any:
        """What `**` does, as long as both numbers are small."""
        if abs(right) > 64:
            raise TemplateRuntimeError("'**' takes no exponent over 64 in a template")
        return self._number("**", operator.pow, left, right)

    def plus(self, left: Any, right: Any) -> Any:
        """What `+` does."""
        return self._short(left + right)

    def percent(self, left: Any, right: Any) -> Any:
        """What `%` does, for numbers only."""
        return self._number("%", operator.mod, left, right)

    def _number(self, sign: str, work: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:
        for one in (left, right):
            if not isinstance(one, int | float) or abs(one) > 1e15:
                raise TemplateRuntimeError(f"'{sign}' takes only numbers of a common size in a template")
        return work(left, right)

    def _short(self, value: Any) -> Any:
        self.step()
        if isinstance(value, str | list | tuple) and len(cast("list[Any]", value)) > MOST_CHARACTERS:
            raise TemplateRuntimeError(f"it makes a value of more than {MOST_CHARACTERS:,} characters")
        return value


@final
class Sandbox(ImmutableSandboxedEnvironment):
    """jinja2's sandbox, made tighter at the places that it has for that: no methods that widen a text, and operators
    that look at what they are given."""

    intercepted_binops = frozenset({"*", "**", "+", "%"})

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """What a template may reach of a value."""
        return attr not in _WIDE_METHODS and super().is_safe_attribute(obj, attr, value)

    def wrap_str_format(self, value: Any) -> None:
        """No stand-in for `str.format`: it is one of the methods that widen a text."""


@final
class _Counting(BaseLoader):
    """Reads templates as another loader does and puts the counters into them. Made from jinja2's BaseLoader because
    that is where jinja2 asks for a template's code."""

    def __init__(self, loader: BaseLoader) -> None:
        self._loader = loader

    def load(self, environment: Environment, name: str, globals: MutableMapping[str, Any] | None = None) -> Template:
        source, filename, _ = self._loader.get_source(environment, name)
        tree = environment.parse(source, name, filename)
        _count(tree)
        code = environment.compile(tree, name, filename)
        return environment.template_class.from_code(environment, code, globals or {}, None)


def _count(tree: nodes.Template) -> None:
    for place in list(tree.find_all((nodes.For, nodes.Macro, nodes.CallBlock))):
        body = cast("list[nodes.Node]", cast(Any, place).body)
        body.insert(0, nodes.Output([_call(_STEP, [])], lineno=place.lineno))
    _joined(tree)
    tree.set_environment(cast(Environment, tree.environment))


def _joined(node: nodes.Node) -> None:
    """Every `~` below a node, as a call that counts."""
    for field, value in node.iter_fields():
        for at, child in enumerate(children := value if isinstance(value, list) else [value]):
            if not isinstance(child, nodes.Node):
                continue
            _joined(child)
            if isinstance(child, nodes.Concat):
                call = _call(_JOIN, child.nodes, child.lineno)
                if isinstance(value, list):
                    children[at] = call
                else:
                    setattr(node, field, call)


def _call(name: str, arguments: list[nodes.Expr], line: int = 1) -> nodes.Call:
    return nodes.Call(nodes.Name(name, "load", lineno=line), arguments, [], None, None, lineno=line)


def bound(environment: Sandbox, loader: BaseLoader, bounds: Bounds) -> BaseLoader:
    """A loader of bounded templates for this environment."""
    for name in _WIDE:
        environment.filters.pop(name, None)
    for name in ("lipsum", "cycler", "joiner"):
        environment.globals.pop(name, None)
    known: dict[str, Any] = cast(Any, environment.globals)
    known |= {_STEP: bounds.step, _JOIN: bounds.join}
    environment.binop_table |= {"*": bounds.times, "**": bounds.power, "+": bounds.plus, "%": bounds.percent}
    return _Counting(loader)
