"""Signature: what a plan says of a symbol, read with `ast` and never run.

def parse(text: str) -> list[Token]         a function; its body is to come
class Stack                                 a class; its body is to come
class Stack:                                a class whose members are planned: fields stand, methods are to come
    items: list[int]
    def push(self, item: int) -> None
MOST = 10                                   a constant; nothing is to come
"""

import ast
from typing import Literal, NoReturn

from hierdiff.errors import OutlineError
from hierdiff.tree_python import parsed
from hierdiff.values import Value

MOST_CHARACTERS, MOST_LINES = 4000, 80
SymbolKind = Literal["function", "class", "constant"]
INDENT = 4


class Head(Value):
    """One planned line with the decorators above it. `open` says whether what stands under it is still to come."""

    text: str
    indent: int = 0
    open: bool = False


class Signature(Value):
    """A symbol's name and kind, its planned lines, and for a function the arguments that a call cannot leave out."""

    name: str
    kind: SymbolKind
    heads: tuple[Head, ...]
    needed: tuple[str, ...] = ()


def signature_of(text: str) -> Signature:
    """The signature in a plan's text. Raises OutlineError (rule "signature") if it is none."""
    lines = [line.rstrip() for line in text.strip().split("\n") if line.strip()]
    if not lines or len(text) > MOST_CHARACTERS or len(lines) > MOST_LINES:
        _refuse(text, "it is empty or too long")
    decorators: list[str] = []
    heads: list[Head] = []
    found: list[ast.stmt] = []
    for line in lines:
        bare = line.strip()
        if bare.startswith("@"):
            decorators.append(bare)
            continue
        statement, written = _statement(bare, decorators, text)
        indent = INDENT if found else 0
        heads.append(Head(text=written, indent=indent, open=isinstance(statement, _DEFINED)))
        found.append(statement)
        decorators = []
    if decorators or not found:
        _refuse(text, "a decorator stands over nothing")
    return _signature(text, found, heads)


def looks_like_signature(text: str) -> bool:
    """Whether a title is meant as a signature: it begins with `def`, `async def`, `class` or a decorator."""
    return text.startswith(("def ", "async def ", "class ", "@"))


_DEFINED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _statement(bare: str, decorators: list[str], text: str) -> tuple[ast.stmt, str]:
    """One planned line as a statement and as it is to be written."""
    if not bare.isprintable():
        _refuse(text, "it holds invisible characters")
    defines = bare.startswith(("def ", "async def ", "class "))
    written = bare.rstrip(": ") + ":" if defines else bare
    source = "\n".join([*decorators, written + (" pass" if defines else "")])
    tree = parsed(source)
    if tree is None or len(tree.body) != 1:
        _refuse(text, f"'{bare[:60]}' is no line of Python; write it as 'def name(argument: type) -> type'")
    statement = tree.body[0]
    if not isinstance(statement, (*_DEFINED, ast.Assign, ast.AnnAssign)):
        _refuse(text, f"'{bare[:60]}' defines nothing")
    return statement, "\n".join([*decorators, written])


def _signature(text: str, found: list[ast.stmt], heads: list[Head]) -> Signature:
    first, *members = found
    if members and not isinstance(first, ast.ClassDef):
        _refuse(text, "only a class has members")
    if any(isinstance(member, ast.ClassDef) for member in members):
        _refuse(text, "a class inside a class is no symbol of its own")
    names = [_name(member, text) for member in members]
    if len(set(names)) < len(names):
        _refuse(text, "two of its members have one name")
    if members:
        heads = [heads[0].changed(open=False), *heads[1:]]
    if isinstance(first, ast.AnnAssign) and first.value is None:
        _refuse(text, "a constant needs its value")
    kind: SymbolKind = "class" if isinstance(first, ast.ClassDef) else "function"
    if not isinstance(first, _DEFINED):
        kind = "constant"
    return Signature(name=_name(first, text), kind=kind, heads=tuple(heads), needed=_needed(first))


def _name(statement: ast.stmt, text: str) -> str:
    """The one name that a statement binds."""
    if isinstance(statement, _DEFINED):
        return statement.name
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    if len(targets) != 1 or not isinstance(target := targets[0], ast.Name):
        _refuse(text, "a constant is one name")
    return target.id


def _needed(statement: ast.stmt) -> tuple[str, ...]:
    if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
        return ()
    arguments = statement.args
    placed = [*arguments.posonlyargs, *arguments.args]
    named = [one for one, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if value is None]
    return tuple(one.arg for one in [*placed[: len(placed) - len(arguments.defaults)], *named])


def _refuse(text: str, why: str) -> NoReturn:
    shown = " ".join(text.split())[:80]
    raise OutlineError(f"'{shown}' is no signature: {why}", about=shown, rule="signature")
