"""Trees of six Python files with one mistake each, planted by seed: seven kinds, with what was right before.

A tree is made from a seed, so that no two have the same names; its clean text has nothing to be found. What is planted
is told by file, place and the text that stood there, so that recall, precision and exact repair can be counted.
"""

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass

from hierdiff.document import Document
from hierdiff.ledger import Item, Ledger
from hierdiff.tree import tree_of

KINDS = (
    "syntax error", "undefined name", "missing import", "no such symbol", "wrong arity", "off the contract",
    "import cycle",
)  # fmt: skip
_NOUNS = ("order", "parcel", "ticket", "sample", "reading", "invoice", "booking", "member", "payment", "route")
_VERBS = ("load", "merge", "filter", "count", "group", "rank", "store", "select", "collect", "update")
_FIELDS = ("weight", "amount", "price", "length", "score", "volume", "rate", "height")


@dataclass(frozen=True, slots=True)
class Planted:
    """A tree with a mistake: its files, the kind, the file it lies in, its characters there, and the file as it was."""

    files: dict[str, str]
    kind: str
    path: str
    start: int
    stop: int
    clean: dict[str, str]
    ledger: Ledger

    @property
    def document(self) -> Document:
        """The tree with the mistake."""
        return tree_of(self.files, title="tree").changed(ledger=self.ledger)


def clean_tree(seed: int) -> tuple[dict[str, str], Ledger]:
    """Six files that hang together, and the symbols that they are to export."""
    draw = random.Random(seed)
    noun, other = draw.sample(_NOUNS, 2)
    first, second, third = draw.sample(_VERBS, 3)
    one, two = draw.sample(_FIELDS, 2)
    words = {"NOUN": noun, "CLASS": noun.capitalize(), "OTHER": other, "FIRST": first, "SECOND": second,
             "THIRD": third, "ONE": one, "TWO": two, "LIMIT": f"MOST_{noun.upper()}S"}  # fmt: skip
    files = {path: _filled(text, words) for path, text in _FILES.items()}
    kind = noun.capitalize()
    planned = (
        (
            "app/rules.py",
            f"def {first}_{noun}s(items: list[{kind}], least: float = 0.0) -> list[{kind}]",
        ),
        ("app/report.py", f"def {third}_lines(items: list[{kind}], title: str) -> list[str]"),
    )
    items = tuple(Item(id=f"symbol{n}", kind="symbol", value=v, owner=p) for n, (p, v) in enumerate(planned))
    return files, Ledger(items=items)


def planted_tree(kind: str, seed: int) -> Planted:
    """A clean tree with one mistake of a kind. Raises ValueError for a kind that is not known."""
    files, ledger = clean_tree(seed)
    draw = random.Random(f"{kind} {seed}")
    path, old, new, shown = draw.choice(_ways(kind, files))
    text = files[path]
    places = [found.start() for found in re.finditer(re.escape(old), text)]
    at = draw.choice(places)
    made = {**files, path: text[:at] + new + text[at + len(old) :]}
    start = at + new.index(shown) if shown else at
    stop = start + len(shown) if shown else at + len(new)
    return Planted(made, kind, path, start, stop, files, ledger)


def _ways(kind: str, files: Mapping[str, str]) -> list[tuple[str, str, str, str]]:
    """Ways to plant a kind: the file, the text that goes, the text that comes, what of it is the mistake."""
    found: list[tuple[str, str, str, str]] = []
    for path, text in files.items():
        for old, new, shown in _edits(kind, path, text):
            found.append((path, old, new, shown))
    if not found:
        raise ValueError(f"there is no way to plant '{kind}'; the kinds are {', '.join(KINDS)}")
    return found


def _edits(kind: str, path: str, text: str) -> list[tuple[str, str, str]]:
    calls = re.findall(r"(?<!def )\b([a-z]+_[a-z]+\((?:items|read|found), [^()\n]+\))", text)
    match kind:
        case "syntax error":
            heads = re.findall(r"^( *(?:def|for|if|return) [^\n]*[):])$", text, re.M)
            broken = [(one, one.replace("(", "", 1) if ")" in one else one.removesuffix(":")) for one in heads]
            return [(old, new, "") for old, new in broken if old != new]
        case "undefined name":
            lines = re.findall(r"^( +(?:return|for one in) [^\n]*\b(items|found|lines)\b[^\n]*)$", text, re.M)
            return [(line, re.sub(rf"\b{name}\b", f"{name}_all", line), f"{name}_all") for line, name in lines]
        case "missing import":
            return [(one, "", "") for one in re.findall(r"^(?:from|import) [^\n]+\n", text, re.M)]
        case "no such symbol":
            lines = re.findall(r"^(from app\.\w+ import (\w+)[^\n]*)$", text, re.M)
            return [(line, line.replace(f"import {name}", f"import {name}_set"), f"{name}_set") for line, name in lines]
        case "wrong arity":
            return [(one, f"{one[:-1]}, 1, 2, 3)", "") for one in calls]
        case "off the contract" if path in ("app/rules.py", "app/report.py"):
            old = "least: float = 0.0" if "rules" in path else "title: str"
            news = ("least: int = 1", "limit: int") if "rules" in path else ("name: str", "limit: int, extra: str")
            return [(old, new, "") for new in news]
        case "import cycle" if path == "app/model.py":
            return [("from dataclasses", "from app.main import run\nfrom dataclasses", "from app.main import run")]
        case _:
            return []


def _filled(text: str, words: Mapping[str, str]) -> str:
    return re.sub(r"@([A-Z]+)@", lambda found: words[found[1]], text)


_FILES = {
    "app/__init__.py": '"""@CLASS@s and what is done with them."""\n',
    "app/model.py": '''"""What a @NOUN@ is."""

from dataclasses import dataclass

@LIMIT@ = 100


@dataclass(frozen=True)
class @CLASS@:
    """A @NOUN@ of one @OTHER@."""

    name: str
    @ONE@: float
    @TWO@: float = 1.0

    def scaled(self, by: float) -> "@CLASS@":
        """The same @NOUN@ with more @ONE@."""
        return @CLASS@(self.name, self.@ONE@ * by, self.@TWO@)
''',
    "app/rules.py": '''"""Which @NOUN@s count."""

from app.model import @CLASS@, @LIMIT@


def @FIRST@_@NOUN@s(items: list[@CLASS@], least: float = 0.0) -> list[@CLASS@]:
    """The @NOUN@s with at least so much @ONE@."""
    found = [one for one in items if one.@ONE@ >= least]
    return found[:@LIMIT@]


def @SECOND@_@ONE@(items: list[@CLASS@], *, by: float = 1.0) -> float:
    """All the @ONE@ together."""
    total = 0.0
    for one in items:
        total += one.scaled(by).@ONE@
    return total
''',
    "app/storage.py": '''"""Where @NOUN@s are kept."""

import json
from pathlib import Path

from app.model import @CLASS@


def read_file(path: Path) -> list[@CLASS@]:
    """The @NOUN@s of a file."""
    lines = path.read_text("utf-8").splitlines()
    return [@CLASS@(**json.loads(line)) for line in lines]


def keep_file(items: list[@CLASS@], path: Path) -> int:
    """Write @NOUN@s, one a line."""
    lines = [json.dumps({"name": one.name, "@ONE@": one.@ONE@}) for one in items]
    path.write_text("\\n".join(lines), "utf-8")
    return len(lines)
''',
    "app/report.py": '''"""What is said of @NOUN@s."""

from app.model import @CLASS@
from app.rules import @SECOND@_@ONE@


def @THIRD@_lines(items: list[@CLASS@], title: str) -> list[str]:
    """A line for each @NOUN@ under a title."""
    lines = [title, "-" * len(title)]
    for one in items:
        lines.append(f"{one.name}: {one.@ONE@:.1f}")
    lines.append(f"in all: {@SECOND@_@ONE@(items, by=2.0):.1f}")
    return lines
''',
    "app/main.py": '''"""The way from a file to a report."""

from pathlib import Path

from app.report import @THIRD@_lines
from app.rules import @FIRST@_@NOUN@s
from app.storage import keep_file, read_file


def run(path: Path, least: float) -> str:
    """The report on a file's @NOUN@s, and the file with those that count."""
    items = read_file(path)
    found = @FIRST@_@NOUN@s(items, least)
    keep_file(found, path.with_suffix(".kept"))
    lines = @THIRD@_lines(found, title="The @NOUN@s")
    return "\\n".join(lines)
''',
}
