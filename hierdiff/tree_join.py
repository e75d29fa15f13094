"""Joining drafts into files: a docstring, the imports that follow from plan and text, the leaves in their order."""

import ast
import sys
import textwrap
from collections.abc import Iterable, Mapping

from hierdiff.document import Document, Draft, Part
from hierdiff.errors import OutlineError
from hierdiff.outline import Outline, Section
from hierdiff.spans import Span
from hierdiff.tree_plan import file_of, files_of, imported_by, module_of, required_by, symbols_of
from hierdiff.tree_python import WIDTH, docstring, parsed, sentence
from hierdiff.tree_signature import signature_of

MODULES = frozenset(
    {"abc", "argparse", "ast", "asyncio", "base64", "bisect", "collections", "configparser", "contextlib", "copy"}
    | {"csv", "dataclasses", "datetime", "decimal", "enum", "functools", "gzip", "hashlib", "heapq", "hmac", "html"}
    | {"importlib", "inspect", "io", "itertools", "json", "logging", "math", "operator", "os", "pathlib", "random"}
    | {"re", "sched", "secrets", "shlex", "shutil", "socket", "sqlite3", "statistics", "string", "struct", "subprocess"}
    | {"sys", "tempfile", "textwrap", "threading", "time", "traceback", "typing", "unittest", "urllib", "uuid", "zlib"}
)
"""Modules that are imported when `name.attribute` is used and nothing binds the name. Those that are as often the name
of a variable (`token`, `code`, `queue`) are left out."""
_SOURCES = {
    "abc": "ABC abstractmethod",
    "argparse": "ArgumentParser",
    "collections": "Counter OrderedDict defaultdict deque namedtuple",
    "collections.abc": "AsyncIterator Awaitable Callable Collection Generator Iterable Iterator Mapping Sequence",
    "contextlib": "contextmanager suppress",
    "dataclasses": "dataclass field",
    "datetime": "date timedelta",
    "decimal": "Decimal",
    "enum": "Enum IntEnum",
    "fractions": "Fraction",
    "functools": "cache lru_cache partial reduce wraps",
    "pathlib": "Path",
    "typing": "Any Dict Final Generic List Literal NamedTuple NoReturn Optional Protocol Self Set Tuple TypeAlias "
    "TypeVar TypedDict Union cast final overload",
}
NAMES = {name: module for module, names in _SOURCES.items() for name in names.split()}
"""Names of the standard library that mean one thing, and where they come from."""
ENTRY = 'if __name__ == "__main__":\n'


def join_files(outline: Outline, drafts: Mapping[str, Draft], *, title: str | None = None) -> Document:
    """The files of a code plan one after the other. A file none of whose leaves has a draft is left out.

    Raises OutlineError for an outline without files.
    """
    files = files_of(outline)
    if not files:
        raise OutlineError("the outline has no files; a code plan has sections of kind 'file'", rule="file")
    text, parts = "", list[Part]()
    for file in files:
        if not any(leaf in drafts for leaf in outline.leaves_of(file.id)):
            continue
        start = len(text)
        text += file_text(outline, file, drafts)
        here, body = Span(start=start, stop=start), Span(start=start, stop=len(text))
        level = outline.level(file.id)
        parts.append(Part(id=file.id, title=file.title, level=level, heading=here, body=body, path=file.title))
    name = outline.title if title is None else title
    return Document(title=name, text=text, sections=tuple(parts), outline=outline, ledger=outline.ledger)


def file_text(outline: Outline, file: Section, drafts: Mapping[str, Draft]) -> str:
    """One file: docstring, imports, its leaves two empty lines apart, and the call of its entry point."""
    leaves = [outline.section(leaf) for leaf in outline.leaves_of(file.id)]
    bodies = [drafts[leaf.id].text.strip("\n") for leaf in leaves if leaf.id in drafts]
    calls = [call for leaf in leaves if leaf.id in drafts and (call := _entry(outline, leaf))]
    blocks = [block for block in (*bodies, *calls[:1]) if block.strip()]
    head = docstring(file.brief or sentence(file.topic) or _said(file))
    imports = _imports(outline, file, "\n\n".join(blocks))
    text = f"{head}\n{imports}".rstrip("\n") + "\n"
    defined = False
    for block in blocks:
        gap = "\n\n" if defined or _defines(block) else "\n"
        text, defined = f"{text}{gap}{block}\n", _defines(block)
    return text


def _defines(block: str) -> bool:
    """Whether a block is parted from others by two empty lines: a function, a class, the call of the entry point."""
    return block.startswith(("def ", "async def ", "class ", "@", ENTRY))


def _said(file: Section) -> str:
    return file.title.rpartition("/")[2].removesuffix(".py").strip("_").replace("_", " ").capitalize() + "."


def _entry(outline: Outline, leaf: Section) -> str:
    """The lines that run a file's entry point, which gives its exit code if it returns a number."""
    if leaf.kind != "main":
        return ""
    _, signature = symbols_of(outline, leaf.id)[0]
    call = f"{signature.name}()"
    head = signature.heads[0].text
    if head.startswith("async "):
        return f"{ENTRY}    asyncio.run({call})"
    return f"{ENTRY}    raise SystemExit({call})" if head.endswith("-> int:") else f"{ENTRY}    {call}"


def _imports(outline: Outline, file: Section, code: str) -> str:
    """The import block: the standard library by what the code uses, other files by what the plan says."""
    tree = parsed(code) or ast.Module(body=[], type_ignores=[])
    names = free_names(tree)
    local = _local(outline, file, names)
    known = {name for found in local.values() for name in found}
    owners = [node.value for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    bases = {owner.id for owner in owners if isinstance(owner, ast.Name)}
    modules = sorted((bases & names & MODULES & sys.stdlib_module_names) - known)
    standard: dict[str, set[str]] = {}
    for name in names & NAMES.keys() - known:
        standard.setdefault(NAMES[name], set()).add(name)
    blocks = [[*(f"import {name}" for name in modules), *_from(standard)], _from(local)]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def _local(outline: Outline, file: Section, names: set[str]) -> dict[str, set[str]]:
    """What comes from other files: every symbol that is required, and of imported files those that are used."""
    found: dict[str, set[str]] = {}
    for item in required_by(outline, file.id):
        source = file_of(outline, item.owner or "")
        if source is not None:
            found.setdefault(module_of(source.title), set()).add(signature_of(item.value or "").name)
    taken = {name for several in found.values() for name in several}
    for target in imported_by(outline, file.id):
        module = module_of(outline.section(target).title)
        for leaf in outline.leaves_of(target) if module else ():
            for _, signature in symbols_of(outline, leaf):
                if signature.name in names - taken:
                    taken.add(signature.name)
                    found.setdefault(module, set()).add(signature.name)
    return found


def _from(found: Mapping[str, Iterable[str]]) -> list[str]:
    lines: list[str] = []
    for module in sorted(found):
        names = sorted(found[module], key=lambda name: (not name.isupper(), not name[:1].isupper(), name))
        line = f"from {module} import {', '.join(names)}"
        if len(line) > WIDTH:
            wrapped = textwrap.wrap(", ".join(names) + ",", WIDTH - 4, break_long_words=False)
            line = "\n".join([f"from {module} import (", *(f"    {part}" for part in wrapped), ")"])
        lines.append(line)
    return lines


def free_names(tree: ast.AST) -> set[str]:
    """The names that are used in a tree and bound nowhere in it."""
    used: set[str] = set()
    bound: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Load()):
                used.add(name)
            case ast.Name(id=name) | ast.arg(arg=name) | ast.ExceptHandler(name=str(name)):
                bound.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                bound.add(name)
            case ast.alias(name=name, asname=asname):
                bound.add((asname or name).partition(".")[0])
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                bound.add(name)
            case _:
                pass
    return used - bound
