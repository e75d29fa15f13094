"""Parameters: what a function or a class of the tree takes when it is called.

A class takes what its `__init__` takes, its own or an inherited one, or what its fields say if it is a dataclass, a
NamedTuple or a pydantic model. Whatever could change that (a metaclass, `__new__`, a decorator that is not known, a
base from outside) makes it unknown: None.
"""

import ast
import builtins
from collections.abc import Iterator
from dataclasses import dataclass, field

from hierdiff.detectors.code.modules import Modules
from hierdiff.detectors.code.resolve import Defined, Function, origin, resolved
from hierdiff.detectors.code.scopes import Scope

_KEEP = frozenset(
    {"functools.lru_cache", "functools.cache", "contextlib.contextmanager", "contextlib.asynccontextmanager"}
    | {"staticmethod", "classmethod", "abc.abstractmethod", "typing.final", "typing.override", "typing.no_type_check"}
    | {"typing_extensions.override", "typing_extensions.final"}
)
"""Decorators that leave a function's parameters as they are."""
_KEEP_CLASS = frozenset({"typing.final", "functools.total_ordering", "typing.runtime_checkable"})
_DATACLASS = "dataclasses.dataclass"
_PLAIN = frozenset({"object", "abc.ABC", "typing.Generic", "typing.Protocol"})
_MOST_DEEP = 20


@dataclass(frozen=True, slots=True)
class Parameters:
    """Names in order, those that take only a place, those without a default, those that take only a name; whether more
    places or any names are taken."""

    placed: tuple[str, ...] = ()
    unnamed: frozenset[str] = frozenset()
    needed: frozenset[str] = frozenset()
    named: frozenset[str] = frozenset()
    more: bool = False
    any_name: bool = False

    @property
    def names(self) -> frozenset[str]:
        """All that can be given by name."""
        return (frozenset(self.placed) - self.unnamed) | self.named


@dataclass(slots=True)
class _Fields:
    """Fields of a class in order, by name: whether a value is needed, whether it is taken by name only."""

    fields: dict[str, tuple[bool, bool]] = field(default_factory=dict[str, tuple[bool, bool]])
    forbids: bool = False

    def parameters(self, *, any_name: bool = False) -> Parameters:
        """What a constructor made of the fields takes."""
        placed = tuple(name for name, (_, by_name) in self.fields.items() if not by_name)
        named = frozenset(name for name, (_, by_name) in self.fields.items() if by_name)
        needed = frozenset(name for name, (need, _) in self.fields.items() if need)
        return Parameters(placed=placed, needed=needed, named=named, any_name=any_name)


def of_function(defined: Defined, *, bound: bool = False) -> Parameters | None:
    """What a function takes; `bound` leaves out its first parameter, which is the object."""
    node = defined.node
    if isinstance(node, ast.ClassDef) or decorators(defined) - _KEEP:
        return None
    arguments = node.args
    placed = [one.arg for one in (*arguments.posonlyargs, *arguments.args)]
    optional = placed[len(placed) - len(arguments.defaults) :]
    named = [one.arg for one in arguments.kwonlyargs]
    free = {
        one.arg for one, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if value is not None
    }
    skipped = placed[:1] if bound else []
    if bound and not placed:
        return None
    return Parameters(
        placed=tuple(placed[len(skipped) :]),
        unnamed=frozenset(one.arg for one in arguments.posonlyargs),
        needed=frozenset([*placed, *named]) - frozenset(optional) - free - frozenset(skipped),
        named=frozenset(named),
        more=arguments.vararg is not None,
        any_name=arguments.kwarg is not None,
    )


def decorators(defined: Defined) -> set[str]:
    """The dotted names of a definition's decorators; one that is not known counts as '?'."""
    found: set[str] = set()
    for one in defined.node.decorator_list:
        called = one.func if isinstance(one, ast.Call) else one
        found.add(origin(defined.source, called, defined.scope) or "?")
    return found


def of_class(modules: Modules, defined: Defined, depth: int = 0) -> Parameters | None:
    """What a class takes when it is called."""
    node, scope = defined.node, inner(defined)
    if depth > _MOST_DEEP or not isinstance(node, ast.ClassDef) or scope is None:
        return None
    marks = decorators(defined)
    if marks - _KEEP_CLASS - {_DATACLASS} or node.keywords or "__new__" in scope.names:
        return None
    outside, bases = bases_of(modules, defined)
    if outside is None:
        return None
    if "__init__" in scope.names:
        method = member(defined, "__init__")
        plain = all(of_class(modules, base, depth + 1) is not None for base in bases)
        return of_function(method, bound=True) if method is not None and (plain and "pydantic" not in outside) else None
    if _DATACLASS in marks:
        fields = _dataclass_fields(modules, defined, depth)
        return fields.parameters() if fields is not None else None
    if "NamedTuple" in outside:
        fields = _Fields()
        return fields.parameters() if not bases and _add(fields, defined, by_name=False) else None
    if "pydantic" in outside or any(_is_model(modules, base, 0) for base in bases):
        fields = _model_fields(modules, defined, depth)
        return fields.parameters(any_name=not fields.forbids) if fields is not None else None
    if "exception" in outside:
        return None
    found = [of_class(modules, base, depth + 1) for base in bases]
    if any(one is None for one in found):
        return None
    return next((one for one in found if one), Parameters()) if len(found) < 2 else _first_with(modules, bases, found)


def _first_with(modules: Modules, bases: list[Defined], found: list[Parameters | None]) -> Parameters | None:
    """With several bases, the constructor of the one that has any; None where two have."""
    empty = Parameters()
    having = [one for one in found if one is not None and one != empty]
    return having[0] if len(having) == 1 else (empty if not having else None)


def inner(defined: Defined) -> Scope | None:
    """The scope that a definition opens."""
    return defined.source.code.read.inner.get(defined.node)


def member(defined: Defined, name: str) -> Defined | None:
    """The one function of a class's own body that has a name."""
    scope = inner(defined)
    nodes = scope.names.get(name, []) if scope is not None else []
    if scope is None or len(nodes) != 1 or not isinstance(node := nodes[0], ast.FunctionDef | ast.AsyncFunctionDef):
        return None
    return Defined(defined.source, node, scope)


def bases_of(modules: Modules, defined: Defined) -> tuple[set[str] | None, list[Defined]]:
    """What kinds of bases from outside a class has (None: one that is not known), and its bases in the tree."""
    outside: set[str] = set()
    found: list[Defined] = []
    node = defined.node
    for base in node.bases if isinstance(node, ast.ClassDef) else ():
        named = base.value if isinstance(base, ast.Subscript) else base
        own = resolved(modules, defined.source, named, defined.scope)
        if own is not None and isinstance(own.node, ast.ClassDef):
            found.append(own)
            continue
        kind = _kind(origin(defined.source, named, defined.scope))
        if kind is None:
            return None, found
        outside.add(kind)
    return outside, found


def _kind(name: str) -> str | None:
    if name in _PLAIN:
        return "plain"
    if name in ("pydantic.BaseModel", "pydantic.main.BaseModel"):
        return "pydantic"
    if name == "typing.NamedTuple":
        return "NamedTuple"
    known = getattr(builtins, name, None) if name.isidentifier() else None
    return "exception" if isinstance(known, type) and issubclass(known, BaseException) else None


def _dataclass_fields(modules: Modules, defined: Defined, depth: int) -> _Fields | None:
    outside, bases = bases_of(modules, defined)
    if outside is None or depth > _MOST_DEEP:
        return None
    fields = _Fields()
    for base in reversed(bases):
        marked = _DATACLASS in decorators(base)
        more = _dataclass_fields(modules, base, depth + 1) if marked or bases_of(modules, base)[1] else _Fields()
        if more is None:
            return None
        fields.fields.update(more.fields)
    if _DATACLASS not in decorators(defined):
        return fields
    by_name = False
    for one in defined.node.decorator_list:
        for keyword in one.keywords if isinstance(one, ast.Call) else ():
            constant = isinstance(keyword.value, ast.Constant)
            if keyword.arg is None or (keyword.arg in ("init", "kw_only") and not constant):
                return None
            if keyword.arg == "init" and constant and not keyword.value.value:  # pyright: ignore[reportAttributeAccessIssue]
                return None
            by_name = by_name or (keyword.arg == "kw_only" and bool(getattr(keyword.value, "value", False)))
    return fields if _add(fields, defined, by_name=by_name) else None


def _is_model(modules: Modules, defined: Defined, depth: int) -> bool:
    outside, bases = bases_of(modules, defined)
    return "pydantic" in (outside or ()) or (
        depth < _MOST_DEEP and any(_is_model(modules, b, depth + 1) for b in bases)
    )


def _model_fields(modules: Modules, defined: Defined, depth: int) -> _Fields | None:
    """Fields of a pydantic model, all taken by name; None where an alias, a validator or a setting may change them."""
    outside, bases = bases_of(modules, defined)
    scope = inner(defined)
    if outside is None or scope is None or depth > _MOST_DEEP or "__init__" in scope.names or "Config" in scope.names:
        return None
    fields = _Fields()
    for base in reversed(bases):
        more = _model_fields(modules, base, depth + 1)
        if more is None:
            return None
        fields.fields.update(more.fields)
        fields.forbids = fields.forbids or more.forbids
    said = [ast.unparse(one) for one in _settings(defined)]
    if any("alias" in one or "before" in one or "root_validator" in one or "extra='allow'" in one for one in said):
        return None
    fields.forbids = fields.forbids or any("extra='forbid'" in one for one in said)
    return fields if _add(fields, defined, by_name=True) else None


def _settings(defined: Defined) -> Iterator[ast.AST]:
    """The decorators and settings in a model's body, and its fields' own."""
    for one in defined.node.body:
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from one.decorator_list
        elif isinstance(one, ast.Assign | ast.AnnAssign):
            yield one


def _add(fields: _Fields, defined: Defined, *, by_name: bool) -> bool:
    """Add the fields of a class's own body; False where one is not plain to read."""
    for one in defined.node.body:
        if isinstance(one, ast.If | ast.Try | ast.For | ast.With):
            return False
        if not isinstance(one, ast.AnnAssign) or not isinstance(one.target, ast.Name):
            continue
        said, name = ast.unparse(one.annotation), one.target.id
        if "ClassVar" in said or "PrivateAttr" in said:
            continue
        if said.rpartition(".")[2] == "KW_ONLY":
            by_name = True
            continue
        need, alone = one.value is None and "alias" not in said and "default" not in said, by_name
        if isinstance(one.value, ast.Call):
            options = {keyword.arg: keyword.value for keyword in one.value.keywords}
            called = one.value.func
            called_name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            if None in options:
                return False
            if called_name in ("field", "Field"):
                default = options.get("default", one.value.args[0] if one.value.args else None)
                is_none = isinstance(default, ast.Constant) and default.value is Ellipsis
                need = (default is None or is_none) and "default_factory" not in options and "factory" not in options
            for key, value in options.items():
                if key in ("init", "kw_only") and not isinstance(value, ast.Constant):
                    return False
            if getattr(options.get("init"), "value", True) is False:
                fields.fields.pop(name, None)
                continue
            alone = bool(getattr(options.get("kw_only"), "value", by_name))
        fields.fields[name] = (need, alone)
    return True
