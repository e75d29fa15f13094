"""Calls: arguments that a function, method or class of the tree does not take, or needs and is not given."""

import ast
from collections.abc import Iterable
from typing import final

from hierdiff.detectors.code.modules import Modules, modules_of
from hierdiff.detectors.code.nearest import nearest
from hierdiff.detectors.code.parameters import Parameters, bases_of, decorators, member, of_class, of_function
from hierdiff.detectors.code.resolve import Defined, resolved
from hierdiff.detectors.code.scopes import Scope
from hierdiff.detectors.code.source import Source
from hierdiff.detectors.reading.reading import in_order
from hierdiff.document import Document
from hierdiff.findings import Finding

DETECTOR = "calls"
_MOST_DEEP = 20


@final
class Calls:
    """Finds calls that Python would refuse: too many places, an unknown name, a needed argument that is missing.

    Only definitions that can be nothing else are looked at: bound once, with decorators that keep their parameters, in
    no subclass defined anew. The call is what is wrong, since others may call the same.
    """

    def find(self, document: Document) -> Iterable[Finding]:
        """The findings, in order of place; `expected` is the name of a keyword that was renamed."""
        modules = modules_of(document)
        families = _Families(modules)
        found: list[Finding] = []
        for source in modules.sources:
            for call, scope in source.code.read.calls:
                target = _target(modules, families, source, call, scope)
                if target is not None and (finding := _checked(source, call, *target)) is not None:
                    found.append(finding)
        return in_order(found)


@final
class _Families:
    """The classes of a tree by the names of their bases, for methods that a subclass has anew."""

    def __init__(self, modules: Modules) -> None:
        self._derived: dict[str, list[ast.ClassDef]] = {}
        for source in modules.sources:
            for node in source.code.read.inner:
                for base in node.bases if isinstance(node, ast.ClassDef) else ():
                    named = base.value if isinstance(base, ast.Subscript) else base
                    name = named.attr if isinstance(named, ast.Attribute) else getattr(named, "id", "")
                    self._derived.setdefault(str(name), []).append(node)  # pyright: ignore[reportArgumentType]

    def has_anew(self, name: str, method: str) -> bool:
        """Whether a class that derives from one of that name has the method, too."""
        seen, open_ = {name}, [name]
        while open_:
            for node in self._derived.get(open_.pop(), ()):
                if any(getattr(one, "name", "") == method for one in node.body):
                    return True
                if node.name not in seen:
                    seen.add(node.name)
                    open_.append(node.name)
        return False


def _target(
    modules: Modules, families: _Families, source: Source, call: ast.Call, scope: Scope
) -> tuple[str, Parameters, Defined] | None:
    """What is called: how it is named in a reason, what it takes, and its definition."""
    found = resolved(modules, source, call.func, scope)
    if found is not None and isinstance(found.node, ast.ClassDef):
        takes = of_class(modules, found)
    elif found is not None:
        takes = of_function(found) if found.scope.kind != "class" else None
    elif isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
        found = _method(modules, families, source, call.func, scope)
        takes = _of_method(found) if found is not None else None
    else:
        return None
    return (found.node.name, takes, found) if found is not None and takes is not None else None


def _method(modules: Modules, families: _Families, source: Source, func: ast.Attribute, scope: Scope) -> Defined | None:
    """The method that an attribute of an object is, for `self` and for objects whose class is plain to see."""
    name = func.value.id if isinstance(func.value, ast.Name) else ""
    own = _class_of(modules, source, name, scope)
    if own is None or func.attr in modules.assigned or "*" in modules.assigned:
        return None
    if families.has_anew(getattr(own.node, "name", ""), func.attr):
        return None
    return _inherited(modules, own, func.attr, 0)


def _class_of(modules: Modules, source: Source, name: str, scope: Scope) -> Defined | None:
    """The class of the object that a name stands for."""
    found = scope.bound(name)
    if found is None or len(found[1]) != 1:
        return None
    where, (node,) = found
    if isinstance(node, ast.arg):
        return _class_around(source, where, node) or _annotated(modules, source, where, node)
    made = source.code.read.made.get(node)
    own = resolved(modules, source, made.func, where) if made is not None else None
    return own if own is not None and isinstance(own.node, ast.ClassDef) and _is_plain(modules, own, 0) else None


def _class_around(source: Source, where: Scope, node: ast.arg) -> Defined | None:
    """The class whose method has this first parameter."""
    function, around = where.node, where.parent
    if around is None or around.kind != "class" or not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
        return None
    first = [*function.args.posonlyargs, *function.args.args][:1]
    marks = decorators(Defined(source, function, around))
    if not first or first[0] is not node or marks & {"staticmethod", "classmethod", "?"}:
        return None
    outer = around.parent
    return Defined(source, around.node, outer) if isinstance(around.node, ast.ClassDef) and outer is not None else None


def _annotated(modules: Modules, source: Source, where: Scope, node: ast.arg) -> Defined | None:
    """The class that a parameter is annotated with."""
    if node.annotation is None or where.parent is None:
        return None
    function = where.node
    if node in _stars(function):
        return None
    own = resolved(modules, source, node.annotation, where.parent)
    return own if own is not None and isinstance(own.node, ast.ClassDef) and _is_plain(modules, own, 0) else None


def _stars(function: ast.AST) -> list[ast.arg]:
    arguments = getattr(function, "args", None)
    if not isinstance(arguments, ast.arguments):
        return []
    return [one for one in (arguments.vararg, arguments.kwarg) if one is not None]


def _is_plain(modules: Modules, defined: Defined, depth: int) -> bool:
    """Whether a class and its bases are all of the tree and made in no unusual way, so that an object of it is one."""
    outside, bases = bases_of(modules, defined)
    node = defined.node
    plain = (
        outside is not None and isinstance(node, ast.ClassDef) and not node.keywords and "?" not in decorators(defined)
    )
    return plain and depth < _MOST_DEEP and all(_is_plain(modules, base, depth + 1) for base in bases)


def _inherited(modules: Modules, own: Defined, name: str, depth: int) -> Defined | None:
    """A method of a class or, if the class binds no such name, of its first base that does."""
    scope = own.source.code.read.inner.get(own.node)
    if scope is None or depth > _MOST_DEEP:
        return None
    if name in scope.names:
        return member(own, name)
    outside, bases = bases_of(modules, own)
    if outside is None or len(bases) != 1:
        return None
    return _inherited(modules, bases[0], name, depth + 1)


def _of_method(method: Defined) -> Parameters | None:
    return of_function(method, bound="staticmethod" not in decorators(method))


def _checked(source: Source, call: ast.Call, name: str, takes: Parameters, defined: Defined) -> Finding | None:
    """What is wrong with a call, if anything is."""
    starred = any(isinstance(one, ast.Starred) for one in call.args)
    opened = any(keyword.arg is None for keyword in call.keywords)
    placed = [one for one in call.args if not isinstance(one, ast.Starred)]
    given = {keyword.arg for keyword in call.keywords if keyword.arg is not None}
    taken = set(takes.placed[: len(placed)])
    missing = set[str]() if starred or opened else takes.needed - taken - given
    unknown = [
        one for one in call.keywords if one.arg is not None and one.arg not in takes.names and not takes.any_name
    ]
    where = f"{name} in {defined.source.path} takes ({_said(takes)})"
    if unknown:
        return _unknown(source, unknown[0], takes, given | taken, missing, where)
    place = source.place(call)
    against = [defined.source.quote(_name_place(defined))]
    twice = sorted(taken & given & takes.names) if not starred else []
    if len(placed) > len(takes.placed) and not takes.more:
        reason = f"{where}, but {len(placed)} arguments are given by place."
    elif missing:
        reason = f"{where}, but {', '.join(sorted(missing))} {'are' if len(missing) > 1 else 'is'} not given."
    elif twice:
        reason = f"{where}, but {', '.join(twice)} is given twice."
    else:
        return None
    return source.finding(DETECTOR, "arity", [place], reason, against=against)


def _unknown(
    source: Source, keyword: ast.keyword, takes: Parameters, given: set[str], missing: set[str], where: str
) -> Finding:
    """A keyword that is not taken; the one argument that is needed and missing, or a name close to it, was meant."""
    name = keyword.arg or ""
    free = sorted(takes.names - given)
    needed = sorted(missing & takes.names)
    meant = needed[0] if len(needed) == 1 else nearest(name, free)
    start = source.place(keyword)[0]
    reason = f"{where}, and has no argument '{name}'."
    return source.finding(DETECTOR, "keyword", [(start, start + len(name))], reason, expected=meant)


def _said(takes: Parameters) -> str:
    named = sorted(takes.named)
    said = [*takes.placed, *(["*args"] if takes.more else ["*"] if named else []), *named]
    return ", ".join([*said, *(["**kwargs"] if takes.any_name else [])][:12])


def _name_place(defined: Defined) -> tuple[int, int]:
    """Where a definition's name stands."""
    start = defined.source.place(defined.node)[0]
    at = defined.source.text.find(defined.node.name, start - defined.source.base)
    return defined.source.base + at, defined.source.base + at + len(defined.node.name)
