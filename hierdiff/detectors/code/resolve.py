"""Resolve: the function or class of the tree that a name or a dotted name stands for, where nothing else can be."""

import ast
from dataclasses import dataclass

from hierdiff.detectors.code.modules import Modules
from hierdiff.detectors.code.scopes import Scope
from hierdiff.detectors.code.source import Source
from hierdiff.detectors.code.symbols import module_named

Function = ast.FunctionDef | ast.AsyncFunctionDef
_MOST_STEPS = 8


@dataclass(frozen=True, slots=True)
class Defined:
    """A function or class, the file that has it and the scope that its definition stands in."""

    source: Source
    node: Function | ast.ClassDef
    scope: Scope


def resolved(modules: Modules, source: Source, expression: ast.expr, scope: Scope) -> Defined | None:
    """The one definition in the tree that an expression names; None for anything that could be something else."""
    if isinstance(expression, ast.Name):
        found = scope.bound(expression.id)
        if found is None or len(found[1]) != 1:
            return None
        return _defined(modules, source, found[1][0], found[0], 0)
    if isinstance(expression, ast.Attribute):
        key = module_named(modules, source, expression.value, scope)
        return _in_module(modules, key, expression.attr, 0) if key is not None else None
    return None


def _defined(modules: Modules, source: Source, node: ast.AST, scope: Scope, steps: int) -> Defined | None:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return Defined(source, node, scope)
    if not isinstance(node, ast.alias) or steps > _MOST_STEPS:
        return None
    for statement, _, guard in source.code.read.imports:
        if not isinstance(statement, ast.ImportFrom) or not any(node is one for one in statement.names):
            continue
        kind, module = modules.named(source, statement, node)
        if kind != "local" or module is None or module.missing or not module.sure or guard.tried:
            return None
        return _in_module(modules, module.key, node.name, steps + 1)
    return None


def _in_module(modules: Modules, key: str, name: str, steps: int) -> Defined | None:
    source = modules.source(key)
    if source is None or source.code.read.open or name in modules.assigned or "*" in modules.assigned:
        return None
    nodes = source.code.read.scope.names.get(name, [])
    return _defined(modules, source, nodes[0], source.code.read.scope, steps) if len(nodes) == 1 else None


def origin(source: Source, expression: ast.expr, scope: Scope) -> str:
    """The dotted name of what an expression takes from outside the tree, such as `dataclasses.field`; a builtin's own
    name; empty where that cannot be said."""
    names: list[str] = []
    while isinstance(expression, ast.Attribute):
        names.insert(0, expression.attr)
        expression = expression.value
    if isinstance(expression, ast.Subscript):
        return origin(source, expression.value, scope) if not names else ""
    if not isinstance(expression, ast.Name):
        return ""
    found = scope.bound(expression.id)
    if found is None:
        return ".".join([expression.id, *names])
    node = found[1][0]
    if len(found[1]) != 1 or not isinstance(node, ast.alias):
        return ""
    for statement, _, _ in source.code.read.imports:
        if any(node is one for one in statement.names):
            if isinstance(statement, ast.ImportFrom):
                return ".".join([statement.module or "", node.name, *names]) if not statement.level else ""
            return ".".join([node.name if node.asname else node.name.partition(".")[0], *names])
    return ""
