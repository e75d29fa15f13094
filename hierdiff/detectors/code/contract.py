"""Contract: planned symbols that a file does not define, or not with the planned signature."""

import ast
import io
import tokenize
from collections.abc import Iterable, Iterator
from typing import final

from hierdiff.detectors.code.modules import modules_of
from hierdiff.detectors.code.nearest import nearest
from hierdiff.detectors.code.source import Place, Source
from hierdiff.detectors.reading.reading import in_order
from hierdiff.document import Document
from hierdiff.errors import OutlineError
from hierdiff.findings import Finding
from hierdiff.ledger import Item
from hierdiff.tree_plan import file_of
from hierdiff.tree_python import parsed
from hierdiff.tree_signature import Head, Signature, signature_of

DETECTOR = "contract"
_DEFINED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@final
class Contract:
    """Compares each file with the symbols that the ledger says it owns, read with `ast`.

    Names, order, defaults and kinds of parameters must be the planned ones, and annotations where the plan has any. A
    name that is bound in another way than by a definition is left alone.
    """

    def find(self, document: Document) -> Iterable[Finding]:
        """The findings, in order of place; `expected` is the planned line, for the span of the signature alone."""
        sources = modules_of(document).sources
        by_owner = {name: source for source in sources for name in (source.path, source.part.id)}
        planned: dict[str, list[Signature]] = {}
        for item in document.ledger.items:
            owner = _owner(document, item)
            if item.kind == "symbol" and owner in by_owner and (signature := _signature(item)) is not None:
                planned.setdefault(by_owner[owner].path, []).append(signature)
        found = [
            one
            for source in sources
            for signature in planned.get(source.path, ())
            for one in _compared(source, signature, {other.name for other in planned[source.path]})
        ]
        return in_order(found)


def _owner(document: Document, item: Item) -> str:
    """The file that owns an item: its owner, or the file that this section lies in."""
    outline = document.outline
    if outline is None or item.owner is None or item.owner not in {one.id for one in outline.sections}:
        return item.owner or ""
    file = file_of(outline, item.owner)
    return file.id if file is not None else ""


def _signature(item: Item) -> Signature | None:
    try:
        return signature_of(item.value or "")
    except OutlineError:
        return None


def _compared(source: Source, planned: Signature, names: set[str]) -> Iterator[Finding]:
    """What is wrong with one planned symbol of a file."""
    bound = source.code.read.scope.names.get(planned.name)
    if bound is None:
        if not source.code.read.open and not _has_star(source):
            yield _missing(source, planned, names)
        return
    node = bound[-1]
    if planned.kind == "constant":
        yield from _constant(source, planned, node)
    elif isinstance(node, _DEFINED):
        yield from _heads(source, planned, node)


def _heads(source: Source, planned: Signature, node: ast.stmt) -> Iterator[Finding]:
    yield from _head(source, planned.heads[0], node)
    scope = source.code.read.inner.get(node)
    for head in planned.heads[1:] if scope is not None and isinstance(node, ast.ClassDef) else ():
        wanted = _statement(head)
        name = _name(wanted)
        found = scope.names.get(name) if scope is not None else None
        if not found:
            if not (isinstance(node, ast.ClassDef) and node.bases):
                reason = f"The plan has '{_line(head)}' in class {planned.name} of {source.path}, which is not there."
                yield source.finding(DETECTOR, "missing member", [_span(source, node)], reason)
        elif isinstance(found[-1], ast.stmt):
            yield from _head(source, head, found[-1])


def _head(source: Source, head: Head, node: ast.stmt) -> Iterator[Finding]:
    """A finding if a definition's first line is not the planned one."""
    wanted = _statement(head)
    if isinstance(wanted, _DEFINED) and isinstance(node, _DEFINED) and not _agree(wanted, node):
        line = _line(head)
        reason = f"The plan for {source.path} has '{line}'."
        yield source.finding(DETECTOR, "signature", [_span(source, node)], reason, expected=line)


def _agree(wanted: ast.stmt, node: ast.stmt) -> bool:
    if type(wanted) is not type(node):
        return False
    if isinstance(wanted, ast.ClassDef) and isinstance(node, ast.ClassDef):
        return not wanted.bases or [ast.dump(one) for one in wanted.bases] == [ast.dump(one) for one in node.bases]
    if not isinstance(wanted, ast.FunctionDef | ast.AsyncFunctionDef) or not isinstance(
        node, ast.FunctionDef | ast.AsyncFunctionDef
    ):
        return True
    if not _same_type(wanted.returns, node.returns) or wanted.name != node.name:
        return False
    return _names(wanted.args) == _names(node.args) and all(
        _same_type(one.annotation, other.annotation)
        for one, other in zip(_arguments(wanted.args), _arguments(node.args), strict=False)
    )


def _arguments(arguments: ast.arguments) -> list[ast.arg]:
    stars = [one for one in (arguments.vararg, arguments.kwarg) if one is not None]
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *stars]


def _names(arguments: ast.arguments) -> list[object]:
    """All of the parameters but their annotations."""
    groups = [arguments.posonlyargs, arguments.args, arguments.kwonlyargs]
    stars = [one.arg if one is not None else None for one in (arguments.vararg, arguments.kwarg)]
    defaults = [ast.dump(one) if one is not None else None for one in (*arguments.defaults, *arguments.kw_defaults)]
    return [[[one.arg for one in group] for group in groups], stars, defaults]


def _same_type(wanted: ast.expr | None, node: ast.expr | None) -> bool:
    return wanted is None or (node is not None and _bare(wanted) == _bare(node))


def _bare(annotation: ast.expr) -> str:
    """An annotation as it is compared: a quoted one is what it quotes."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        return "".join(annotation.value.split())
    return "".join(ast.unparse(annotation).split()).replace('"', "").replace("'", "")


def _constant(source: Source, planned: Signature, node: ast.AST) -> Iterator[Finding]:
    """A finding if a constant's one assignment gives it another value."""
    wanted = _statement(planned.heads[0])
    for statement in source.code.tree.body:
        target = statement.targets[0] if isinstance(statement, ast.Assign) else getattr(statement, "target", None)
        if target is not node or not isinstance(statement, ast.Assign | ast.AnnAssign) or statement.value is None:
            continue
        value = wanted.value if isinstance(wanted, ast.Assign | ast.AnnAssign) else None
        if value is not None and ast.dump(value) != ast.dump(statement.value):
            line = _line(planned.heads[0])
            reason = f"The plan for {source.path} has '{line}'."
            yield source.finding(DETECTOR, "constant", [source.place(statement)], reason, expected=line)


def _missing(source: Source, planned: Signature, names: set[str]) -> Finding:
    """A planned symbol that is not there; one that nobody planned and that is close to it was meant."""
    found = {node.name: node for node in source.code.tree.body if isinstance(node, _DEFINED)}
    close = nearest(planned.name, set(found) - names)
    line = _line(planned.heads[0])
    reason = f"The plan has '{line}' in {source.path}, which does not define it"
    if close is not None and isinstance(_statement(planned.heads[0]), type(found[close])):
        reason = f"{reason}; '{close}' is close to it."
        return source.finding(DETECTOR, "signature", [_span(source, found[close])], reason, expected=line)
    end = source.base + len(source.text)
    return source.finding(DETECTOR, "missing", [(end, end)], f"{reason}.")


def _span(source: Source, node: ast.stmt) -> Place:
    """Where a definition's signature stands: from `def` or `class` to before its colon."""
    start, stop = source.place(node)
    depth, place = 0, (start, source.line_end(start))
    text = source.of((start, stop)).replace("\r\n", " \n").replace("\r", "\n")
    lines = [0, *(at + 1 for at, letter in enumerate(text) if letter == "\n")]
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.OP:
                depth += (token.string in "([{") - (token.string in ")]}")
                if token.string == ":" and not depth:
                    return start, start + lines[token.start[0] - 1] + token.start[1]
    except (tokenize.TokenError, SyntaxError):
        return place
    return place


def _statement(head: Head) -> ast.stmt | None:
    tree = parsed(head.text + (" pass" if head.text.rstrip().endswith(":") else ""))
    return tree.body[0] if tree is not None and tree.body else None


def _line(head: Head) -> str:
    """The planned line without decorators and colon."""
    return head.text.rpartition("\n")[2].strip().rstrip(": ")


def _name(statement: ast.stmt | None) -> str:
    if isinstance(statement, _DEFINED):
        return statement.name
    target = statement.targets[0] if isinstance(statement, ast.Assign) else getattr(statement, "target", None)
    return str(getattr(target, "id", ""))


def _has_star(source: Source) -> bool:
    return any(alias.name == "*" for node, _, _ in source.code.read.imports for alias in node.names)
