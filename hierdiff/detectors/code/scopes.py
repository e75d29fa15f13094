"""Scopes: what each scope of a file binds, and which calls, attributes and imports stand in it.

One pass with a stack of its own, so that no depth of nesting can exhaust Python's. A name that is bound more than once
in its scope means nothing certain, and whoever asks for it is told so.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_DYNAMIC = frozenset({"globals", "exec", "vars", "locals", "__import__"})
_CATCHES = frozenset(
    {"ImportError", "ModuleNotFoundError", "AttributeError", "NameError", "Exception", "BaseException"}
)
_CATCHES_ALL = "suppress"

Import = ast.Import | ast.ImportFrom
ScopeKind = Literal["module", "class", "function"]


@dataclass(frozen=True, slots=True)
class Guard:
    """Under what a node stands: a `try` that catches a failed import, a condition, TYPE_CHECKING."""

    tried: bool = False
    conditional: bool = False
    typing: bool = False


@dataclass(slots=True, eq=False)
class Scope:
    """A module, class or function, and what is bound in it, by name: the nodes that bind."""

    node: ast.AST
    kind: ScopeKind
    parent: "Scope | None" = None
    names: dict[str, list[ast.AST]] = field(default_factory=dict[str, list[ast.AST]])
    outer: set[str] = field(default_factory=set[str])

    @property
    def module(self) -> "Scope":
        """The scope of the whole file."""
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope

    def bind(self, name: str, node: ast.AST) -> None:
        """Note that a node binds a name."""
        scope = self.module if name in self.outer else self
        scope.names.setdefault(name, []).append(node)

    def bound(self, name: str) -> "tuple[Scope, list[ast.AST]] | None":
        """Where a name that is used here is bound, and by what; None for a builtin, or for nothing."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names and (scope is self or scope.kind != "class"):
                return scope, scope.names[name]
            scope = scope.parent
        return None

    def only(self, name: str) -> ast.AST | None:
        """The one node that binds a name that is used here, or None where there is none or more than one."""
        found = self.bound(name)
        return found[1][0] if found is not None and len(found[1]) == 1 else None

    def inside_function(self) -> bool:
        """Whether the scope is a function, or a class in one: what stands in it does not run on import."""
        scope: Scope | None = self
        while scope is not None:
            if scope.kind == "function":
                return True
            scope = scope.parent
        return False


@dataclass(slots=True)
class Read:
    """What a file holds: its scope, its imports, calls and attributes with the scopes they stand in."""

    scope: Scope
    imports: list[tuple[Import, Scope, Guard]] = field(default_factory=list[tuple[Import, Scope, Guard]])
    calls: list[tuple[ast.Call, Scope]] = field(default_factory=list[tuple[ast.Call, Scope]])
    attributes: list[tuple[ast.Attribute, Scope, Guard]] = field(
        default_factory=list[tuple[ast.Attribute, Scope, Guard]]
    )
    assigned: set[str] = field(default_factory=set[str])
    inner: dict[ast.AST, Scope] = field(default_factory=dict[ast.AST, Scope])
    made: dict[ast.AST, ast.Call] = field(default_factory=dict[ast.AST, ast.Call])
    uses: dict[str, list[ast.Name]] = field(default_factory=dict[str, list[ast.Name]])
    open: bool = False


def read(tree: ast.Module) -> Read:
    """What a file holds. `assigned` are the names of attributes that are set, `inner` the scopes of functions and
    classes, `made` the calls whose result a name is bound to; `open` says that names may be bound in ways that cannot be seen."""
    top = Scope(tree, "module")
    found = Read(top)
    stack: list[tuple[ast.AST, Scope, Guard]] = [(node, top, Guard()) for node in reversed(tree.body)]
    while stack:
        node, scope, guard = stack.pop()
        _note(found, node, scope, guard)
        below = list(_children(node, scope, guard))
        if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            found.inner.update((one.node, one) for _, one, _ in below[-1:] if one is not scope)
        stack += reversed(below)
    found.open = found.open or "__getattr__" in top.names
    return found


def _note(found: Read, node: ast.AST, scope: Scope, guard: Guard) -> None:
    match node:
        case ast.Import() | ast.ImportFrom():
            found.imports.append((node, scope, guard))
            for alias in node.names:
                name = alias.asname or (alias.name.partition(".")[0] if isinstance(node, ast.Import) else alias.name)
                if name != "*":
                    scope.bind(name, alias)
        case ast.Call():
            found.calls.append((node, scope))
            if isinstance(node.func, ast.Name) and node.func.id in ("setattr", "delattr") and len(node.args) > 1:
                said = node.args[1]
                named = isinstance(said, ast.Constant) and isinstance(said.value, str)
                found.assigned.add(said.value if named else "*")  # pyright: ignore[reportArgumentType, reportAttributeAccessIssue]
        case ast.Attribute():
            if isinstance(node.ctx, ast.Load):
                found.attributes.append((node, scope, guard))
                found.open = found.open or (node.attr == "modules" and _is_named(node.value, "sys"))
            else:
                found.assigned.add(node.attr)
        case ast.Name(id=name):
            _note_name(found, node, name, scope)
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            scope.bind(node.name, node)
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            scope.bind(name, node)
        case ast.MatchMapping(rest=str(name)):
            scope.bind(name, node)
        case ast.Assign(targets=[ast.Name() as target], value=ast.Call() as value):
            found.made[target] = value
        case ast.Global(names=names):
            scope.outer.update(names)
        case ast.Nonlocal(names=names):
            _bind_outside(scope, names, node)
        case _:
            pass


def _note_name(found: Read, node: ast.Name, name: str, scope: Scope) -> None:
    if isinstance(node.ctx, ast.Load):
        found.uses.setdefault(name, []).append(node)
        found.open = found.open or name in _DYNAMIC
        return
    scope.bind(name, node)
    if isinstance(scope.node, _COMPREHENSIONS) and scope.parent is not None:
        scope.parent.bind(name, node)


def _bind_outside(scope: Scope, names: list[str], node: ast.AST) -> None:
    """A name that is bound from a function inside: it is bound more than once wherever it belongs."""
    outer = scope.parent
    while outer is not None:
        for name in names:
            if name in outer.names:
                outer.bind(name, node)
        outer = outer.parent


def _is_named(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _children(node: ast.AST, scope: Scope, guard: Guard) -> Iterator[tuple[ast.AST, Scope, Guard]]:
    """What stands directly under a node, in order, each with its scope and guard."""
    if isinstance(node, _FUNCTIONS):
        yield from _of_function(node, scope, guard)
    elif isinstance(node, ast.ClassDef):
        inner = Scope(node, "class", scope)
        yield from ((one, scope, guard) for one in (*node.decorator_list, *node.bases, *node.keywords))
        yield from ((one, inner, guard) for one in node.body)
    elif isinstance(node, _COMPREHENSIONS):
        inner = Scope(node, "function", scope)
        yield from ((one, inner, guard) for one in node.generators)
        yield from ((one, inner, guard) for one in ast.iter_child_nodes(node) if not isinstance(one, ast.comprehension))
    elif isinstance(node, ast.Try | ast.TryStar):
        inner_guard = Guard(True, guard.conditional, guard.typing) if _catches(node) else guard
        yield from ((one, scope, inner_guard) for one in ast.iter_child_nodes(node))
    elif isinstance(node, ast.With | ast.AsyncWith):
        held = any(_CATCHES_ALL in ast.dump(item.context_expr) for item in node.items[:3])
        inner_guard = Guard(True, guard.conditional, guard.typing) if held else guard
        yield from ((one, scope, inner_guard) for one in ast.iter_child_nodes(node))
    elif isinstance(node, ast.If | ast.IfExp | ast.Match):
        typing = isinstance(node, ast.If) and _is_typing(node.test)
        for one in ast.iter_child_nodes(node):
            aside = isinstance(node, ast.If) and one in node.orelse
            yield one, scope, Guard(guard.tried, True, guard.typing or (typing and not aside))
    else:
        yield from ((one, scope, guard) for one in ast.iter_child_nodes(node))


def _of_function(
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, scope: Scope, guard: Guard
) -> Iterator[tuple[ast.AST, Scope, Guard]]:
    inner, arguments = Scope(node, "function", scope), node.args
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    named += [one for one in (arguments.vararg, arguments.kwarg) if one is not None]
    for one in named:
        inner.bind(one.arg, one)
    outside: list[ast.AST] = [one.annotation for one in named if one.annotation is not None]
    outside += [one for one in (*arguments.defaults, *arguments.kw_defaults) if one is not None]
    if isinstance(node, ast.Lambda):
        yield from ((one, scope, guard) for one in outside)
        yield node.body, inner, guard
        return
    outside += [*node.decorator_list, *([node.returns] if node.returns is not None else [])]
    yield from ((one, scope, guard) for one in outside)
    yield from ((one, inner, guard) for one in node.body)


def _catches(node: ast.Try | ast.TryStar) -> bool:
    for handler in node.handlers:
        if handler.type is None:
            return True
        names = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        if any((one.attr if isinstance(one, ast.Attribute) else getattr(one, "id", "")) in _CATCHES for one in names):
            return True
    return False


def _is_typing(test: ast.expr) -> bool:
    return _is_named(test, "TYPE_CHECKING") or (isinstance(test, ast.Attribute) and test.attr == "TYPE_CHECKING")
