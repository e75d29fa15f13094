"""Python text: reading what a model wrote with `ast`, and cutting it back to what is whole. Nothing is ever run."""

import ast
import re
import textwrap
import warnings

MOST_LINES, MOST_CHARACTERS = 400, 40_000
"""What is looked at of one hole's text."""
WIDTH = 100
NOT_WRITTEN = "# Not written: "
"""What stands at module level, or in a class, where nothing that was written parses."""
_FENCE = "```"


def parsed(text: str) -> ast.Module | None:
    """The tree of a module's text, or None where Python could not compile it (as for a `return` outside a function).

    Compiling gives code that is thrown away and never run; text that is too deep for the compiler counts as wrong.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
            compile(text, "<text>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        return None
    return tree


def plain(text: str) -> str:
    """A model's text as source: line ends as LF, tabs and odd blanks as blanks, no control or invisible characters."""
    text = text[:MOST_CHARACTERS].replace("\r\n", "\n").replace("\r", "\n").expandtabs(4)
    kept = (letter if letter == "\n" or letter.isprintable() else " " if letter.isspace() else "" for letter in text)
    return "".join(kept)


def sentence(text: str) -> str:
    """A topic as a sentence: a capital and a full stop. What ends like a sentence is left as it is."""
    text = text.strip()
    return f"{text[:1].upper()}{text[1:]}." if text and text[-1] not in ".!?:…" else text


def docstring(text: str, indent: int = 0) -> str:
    """A text as a docstring with its line end, wrapped, so that it reads back as these words."""
    pad = " " * indent
    words = " ".join(plain(text).split())
    lines = textwrap.wrap(words, WIDTH - indent - 8, break_on_hyphens=False) or [""]
    safe = [line.replace("\\", "\\\\").replace('"""', '\\"\\"\\"').lstrip("#") for line in lines]
    if safe[-1].endswith('"'):
        safe[-1] = safe[-1][:-1] + '\\"'
    if safe[0].startswith('"'):
        safe[0] = "\\" + safe[0]
    body = f"\n{pad}".join(safe)
    end = f"\n{pad}" if len(safe) > 1 else ""
    return f'{pad}"""{body}{end}"""\n'


def whole(before: str, text: str, indent: int) -> str:
    """As many lines of `text` as make whole statements under `before`, indented by `indent`; empty if none do.

    A code fence around it goes, a line that leaves the block ends it, and of several readings of its indentation the
    one that keeps most stands.
    """
    lines = _unfenced(plain(text).split("\n"))[:MOST_LINES]
    kept = [_longest(before, variant, indent) for variant in _variants(lines, indent)]
    best = max(kept, key=lambda found: sum(bool(line.strip()) for line in found), default=[])
    return "".join(f"{line}\n" for line in best)


def missing(brief: str, indent: int, *, inside: bool) -> str:
    """What stands where nothing was left: `inside` a function an error that says so when it is called, else a note."""
    pad, said = " " * indent, " ".join(plain(brief).split())[:200] or "nothing that parses was written"
    return f"{pad}raise NotImplementedError({said!r})\n" if inside else f"{pad}{NOT_WRITTEN}{said}\n"


def without_last(text: str) -> str:
    """The text without its last line, which may have been cut in the middle."""
    return text.rstrip().rpartition("\n")[0]


def _unfenced(lines: list[str]) -> list[str]:
    start = next((at for at, line in enumerate(lines) if line.strip()), 0)
    if start < len(lines) and lines[start].strip().startswith(_FENCE):
        lines = lines[start + 1 :]
    end = next((at for at, line in enumerate(lines) if line.strip().startswith(_FENCE)), len(lines))
    return lines[:end]


def _variants(lines: list[str], indent: int) -> list[list[str]]:
    """The lines under several readings of their indentation, each only as far as it stays in the block."""
    while lines and not lines[0].strip():
        lines = lines[1:]
    if not lines:
        return []
    pad = " " * indent
    rest = textwrap.dedent("\n".join(lines[1:])).split("\n") if lines[1:] else []
    first = pad + lines[0].strip()
    found = [
        [first, *lines[1:]],
        [pad + line for line in textwrap.dedent("\n".join(lines)).split("\n")],
        [first, *(pad + line for line in rest)],
    ]
    if lines[0].rstrip().endswith(":"):
        found.append([first, *(f"{pad}    {line}" for line in rest)])
    return [_inside(variant, indent) for variant in found]


def _inside(lines: list[str], indent: int) -> list[str]:
    """The lines before the first that stands further left than the block."""
    kept: list[str] = []
    for line in lines:
        line = line.rstrip()
        if line and len(line) - len(line.lstrip(" ")) < indent:
            break
        kept.append(line)
    return kept


def _longest(before: str, lines: list[str], indent: int) -> list[str]:
    """The longest beginning of the lines that parses under `before` and says something."""
    count, stands = len(lines), before.count("\n")
    while count:
        if lines[count - 1].strip():
            error = _error_line(before + "\n".join(lines[:count]) + "\n")
            if error is None:
                return lines[:count] if _says(before, lines[:count], stands) else []
            count = min(count, max(error - stands, 1))
        count -= 1
    return []


def _error_line(text: str) -> int | None:
    """The line at which Python stops reading, or would in a file that has more; None if it reads all."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, "<text>", "exec", dont_inherit=True)
            return _outer_global(ast.parse(text))
    except SyntaxError as error:
        return error.lineno or 1
    except (ValueError, RecursionError, MemoryError, OverflowError):
        return 1


def _outer_global(tree: ast.Module) -> int | None:
    """The line of the first `global` outside functions and classes: it says nothing there, and is an error in a file
    that has defined its name before."""
    found: list[int] = []
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        found += [node.lineno] if isinstance(node, ast.Global) else []
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            waiting += ast.iter_child_nodes(node)
    return min(found, default=None)


def _says(before: str, lines: list[str], stands: int) -> bool:
    """Whether there is a statement among the lines that is more than a text or `...`, and no `__future__` import."""
    tree = parsed(before + "\n".join(lines) + "\n")
    if tree is None:
        return False
    new = [node for node in ast.walk(tree) if isinstance(node, ast.stmt) and node.lineno > stands]
    if any(isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in new):
        return False
    return any(not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)) for node in new)


def identifier(text: str) -> str:
    """A text as a Python name in small letters and ASCII, empty if nothing of it can be one."""
    name = re.sub(r"[^a-z0-9]+", "_", text[:80].lower()).strip("_")
    return f"n{name}" if name[:1].isdigit() else name
