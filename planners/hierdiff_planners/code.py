"""CodePlanner: the plan of a package is a canvas, too.

The frame stands: some modules, `main.py` that imports what they define, and a test of each. The backend says what the
modules are about and what their functions are called; nothing it writes is more than a subject or a name. What cannot
be one is opened again, with what was refused banned, and at last a name from the words of the goal stands for it.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from importlib import resources
from typing import cast, final

from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from hierdiff.canvas import Canvas, Hole, Ink
from hierdiff.errors import RequestError
from hierdiff.outline import Outline
from hierdiff.protocols import Backend, Planner
from hierdiff.request import Request
from hierdiff.seeds import seed_of
from hierdiff_planners.code_names import arguments_in, fallbacks, module_in, name_in, package_of, subject_in
from hierdiff_planners.code_outline import Function, Module, outlined
from hierdiff_planners.titles import shortened, title_of

NAME = "outline"
"""The section name under which a backend sees the form's canvases."""
FEWEST_MODULES, MOST_MODULES, MOST_FUNCTIONS = 2, 5, 12
WORDS_A_FUNCTION, WORDS_A_MODULE = 80, 400
ROUNDS = 4
"""How often bad fields are opened again."""
WIDTH, MOST_TOKENS = 6, 24
MOST_BANNED, MOST_FACTS = 64, 8


@dataclass(slots=True)
class _Field:
    """A line of the form: the ink before its hole, its value once it stands, and what was refused."""

    label: str
    read: Callable[[str], object]
    value: object = None
    refused: list[str] = field(default_factory=list[str])

    def take(self, raw: str) -> None:
        """Read an answer; what cannot stand is remembered."""
        self.value = self.read(raw) or None
        if self.value is None:
            self.refuse(raw)

    def refuse(self, raw: str) -> None:
        """Empty the field, and remember that this must not come again."""
        self.value = None
        text = " ".join(raw.split())[:120]
        if text and text not in self.refused and len(self.refused) < MOST_BANNED:
            self.refused.append(text)


@final
class CodePlanner:
    """Plans a package of so many modules (None: as many as the words ask for), each with its functions and a test."""

    def __init__(self, modules: int | None = None) -> None:
        if modules is not None and not FEWEST_MODULES <= modules <= MOST_MODULES:
            raise RequestError(
                f"a code plan has {FEWEST_MODULES} to {MOST_MODULES} modules, not {modules}; say code:3, or give "
                "an outline file (--outline outline.yaml)"
            )
        self._modules = modules

    async def plan(self, request: Request, backend: Backend) -> Outline:
        """The outline, valid whatever the backend writes. Raises RequestError for a request that is no code."""
        if request.kind != "code":
            raise RequestError("the code planner plans code; say --kind code, or --planner scaffold for a report")
        count = self._modules or modules_of(request.words)
        modules = await _modules(request, backend, count)
        await _functions(request, backend, modules, functions_of(request.words, count))
        return outlined(request, package_of(request.goal), modules)


def open_code(target: str) -> Planner:
    """The planner of `code` and `code:MODULES`. Raises RequestError for a number out of range."""
    text = target.strip()
    if text and not (text.isascii() and text.isdigit() and len(text) < 4):
        raise RequestError(f"code:{text[:40]} should name a number of modules, such as code:3")
    return CodePlanner(int(text) if text else None)


def modules_of(words: int) -> int:
    """How many modules a package of so many words has: one for every 400 words, 2 to 5."""
    return max(FEWEST_MODULES, min(MOST_MODULES, round(words / WORDS_A_MODULE)))


def functions_of(words: int, modules: int) -> int:
    """How many functions each module has: one for every 80 words that tests and entry point leave, 1 to 12."""
    leaves = words // WORDS_A_FUNCTION - modules - 1
    return max(1, min(MOST_FUNCTIONS, leaves // modules))


def prompt(request: Request, count: int, module: str = "") -> str:
    """What the backend is told before the form. The user's words are values of the template, never part of it."""
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    source = resources.files("hierdiff_planners").joinpath("prompts/code.j2").read_text(encoding="utf-8")
    return environment.from_string(source).render(
        goal=request.goal,
        audience=" ".join(request.audience.split()),
        style=" ".join(request.style.split()),
        facts=[item.line() for item in request.facts.items[:MOST_FACTS]],
        count=count,
        module=module,
    )


async def _modules(request: Request, backend: Backend, count: int) -> list[Module]:
    """The modules with their subjects, all in one form."""
    lines = [_Field(f"Module {number + 1} is about ", _subject) for number in range(count)]
    own = prompt(request, count)
    for turn in range(ROUNDS + 1):
        await _fill(lines, backend, own, f"{NAME}~modules.{turn + 1}", request.seed)
        names: set[str] = set()
        for line in lines:
            name = module_in(str(line.value or ""))
            if line.value is not None and name in names:
                line.refuse(str(line.value))
            names.add(name)
    taken = {module_in(str(line.value or "")) for line in lines} | {package_of(request.goal)}
    spare = fallbacks(request.goal, taken)
    about = shortened(title_of(request.goal), 6)
    modules: list[Module] = []
    for number, line in enumerate(lines):
        subject = str(line.value) if line.value is not None else f"{about}, {number + 1}"
        name = module_in(subject) if line.value is not None else next(spare)
        modules.append(Module(name, subject))
    return modules


async def _functions(request: Request, backend: Backend, modules: list[Module], count: int) -> None:
    """The functions of every module, a form for each, all at once; the first in order keeps a name said twice."""
    forms = [_function_fields(count) for _ in modules]
    told = [prompt(request, count, one.name) for one in modules]
    for turn in range(ROUNDS + 1):
        fills = (
            _fill(form, backend, own, f"{NAME}~{one.name}.{turn + 1}", request.seed)
            for one, form, own in zip(modules, forms, told, strict=True)
        )
        await asyncio.gather(*fills)
        _refuse_doubles(forms)
    taken = {str(line.value) for form in forms for line in form[::2] if line.value is not None}
    spare = fallbacks(request.goal, taken | {one.name for one in modules})
    for module, form in zip(modules, forms, strict=True):
        for name, arguments in zip(form[::2], form[1::2], strict=True):
            said = str(name.value) if name.value is not None else next(spare)
            given = cast(tuple[str, ...], arguments.value) if isinstance(arguments.value, tuple) else ()
            module.functions.append(Function(said, tuple(one for one in given if one and one != said)))


def _function_fields(count: int) -> list[_Field]:
    """Two lines for each function: its name, and its arguments."""
    fields: list[_Field] = []
    for number in range(1, count + 1):
        fields += [_Field(f"Function {number}: ", name_in), _Field(f"Arguments of function {number}: ", _arguments)]
    return fields


def _arguments(raw: str) -> tuple[str, ...] | None:
    """As `arguments_in`; a function without arguments has one blank name, so that its field counts as filled."""
    found = arguments_in(raw)
    return found if found is None else found or ("",)


def _subject(raw: str) -> str:
    subject = subject_in(raw)
    return subject if module_in(subject) else ""


def _refuse_doubles(forms: Sequence[Sequence[_Field]]) -> None:
    """Empty the names of functions that an earlier function has, of this module or another."""
    seen: set[object] = set()
    for line in (line for form in forms for line in form[::2]):
        if line.value is not None and line.value in seen:
            line.refuse(str(line.value))
        elif line.value is not None:
            seen.add(line.value)


async def _fill(lines: Sequence[_Field], backend: Backend, own: str, name: str, seed: int) -> None:
    """Have the empty lines of a form filled. What stands, stands as ink before them."""
    if all(line.value is not None for line in lines):
        return
    pieces: list[Ink | Hole] = []
    ink, opened = "", list[_Field]()
    for number, line in enumerate(lines):
        ink += ("\n" if number else "") + line.label
        if line.value is not None:
            shown = cast(tuple[str, ...], line.value) if isinstance(line.value, tuple) else (str(line.value),)
            ink += ", ".join(shown)
            continue
        ban = tuple(line.refused)
        hole = Hole(width=WIDTH, most=MOST_TOKENS, close="line", hint=line.label.strip(" :").lower(), ban=ban)
        pieces += [Ink(text=ink), hole]
        opened, ink = [*opened, line], ""
    canvas = Canvas(id=name, section=NAME, pieces=tuple(pieces), own=own, seed=seed_of(seed, name))
    for line, answer in zip(opened, await _answers(canvas, backend), strict=True):
        line.take(answer)


async def _answers(canvas: Canvas, backend: Backend) -> list[str]:
    """What stands in each hole when the backend has filled them, nothing where it wrote nothing."""
    now = canvas
    async with aclosing(cast(AsyncGenerator[Canvas], backend.fill(canvas))) as states:
        async for state in states:
            now = state
    found = ["" for _ in canvas.holes]
    at = -1
    for piece in now.pieces:
        if isinstance(piece, Ink) and piece.by == "given":
            at += 1
        elif isinstance(piece, Ink) and 0 <= at < len(found):
            found[at] += piece.text
    return found
