"""Names of planned code: what a model wrote, as identifiers that may stand, or as nothing.

A name is letters, digits and underscores in ASCII and small, whatever was written: so no text of a model can be a path
that leads elsewhere, or a line of code.
"""

import builtins
import keyword
import re
import sys
import unicodedata
from collections.abc import Collection, Iterator

from hierdiff.errors import OutlineError
from hierdiff.tree_names import safe_path
from hierdiff.tree_python import identifier
from hierdiff_planners.titles import STOP_WORDS, title_of

MOST_LETTERS, MOST_NAME_WORDS, MOST_SUBJECT_WORDS = 40, 5, 8
MODULE_WORDS, PACKAGE_WORDS = 3, 2
MOST_ARGUMENTS = 4
MOST_READ = 400
"""Characters that are looked at of one answer."""
_TAKEN = frozenset({"main", "tests", "test", "self", "cls", "init", "none", "true", "false"})
_RESERVED = _TAKEN | frozenset(keyword.kwlist) | frozenset(keyword.softkwlist) | frozenset(dir(builtins))
_LISTED = re.compile(r"^\s*(?:[-*+#>]+|\(?\d{1,3}[.):])\s+")
_DEFINED = re.compile(r"^\s*(?:async\s+)?(?:def|function|class|module|import)\s+", re.IGNORECASE)
_NOTHING = frozenset({"", "none", "nothing", "no_arguments", "no_argument", "n_a", "void"})


def name_in(raw: str) -> str:
    """The identifier that an answer means ("def load_table(path):" is `load_table`), or nothing if it may not stand:
    a keyword, a builtin, a test's name, or none at all."""
    text = _bare(raw).partition("(")[0]
    name = identifier(_ascii(text))
    if len(name.split("_")) > MOST_NAME_WORDS:
        return ""
    return name if is_free(name) else ""


def module_in(subject: str) -> str:
    """The module's name in its subject, from the first words that carry meaning; or nothing."""
    words = [word for word in identifier(_ascii(subject)).split("_") if word and word not in STOP_WORDS]
    name = identifier("_".join(words[:MODULE_WORDS]))
    return name if is_free(name) and _may_be_file(name) else ""


def subject_in(raw: str) -> str:
    """What a module is about, in at most eight words that can be printed; empty if nothing is left."""
    text = " ".join("".join(one if one.isprintable() else " " for one in _bare(raw)).split())
    return " ".join(text.split()[:MOST_SUBJECT_WORDS]).strip(" .,;:`*_\"'/\\")[:120]


def arguments_in(raw: str) -> tuple[str, ...] | None:
    """The names in a list of arguments, types and defaults left out; None if something is there and none may stand."""
    inner = raw[:MOST_READ].strip().strip("`")
    inner = inner.partition("(")[2] if "(" in inner else inner
    inner = inner.partition(")")[0]
    if identifier(_ascii(inner)) in _NOTHING:
        return () if inner.isascii() else None
    parts = (re.split(r"[:=]", part, maxsplit=1)[0] for part in inner.split(","))
    names = dict.fromkeys(name for part in parts if (name := name_in(part)))
    return tuple(names)[:MOST_ARGUMENTS] or None


def package_of(goal: str) -> str:
    """A package's name from the words of what was asked for; `package` where they have no letters that can be one."""
    name = identifier("_".join(goal_words(goal)[:PACKAGE_WORDS]))[:MOST_LETTERS].strip("_")
    if not name:
        return "package"
    free = is_free(name) and name not in sys.stdlib_module_names and _may_be_file(name)
    return name if free else f"{name}_package"


def goal_words(goal: str) -> list[str]:
    """The words of a goal that carry meaning, as parts of names."""
    words = identifier(_ascii(title_of(goal))).split("_")
    kept = [word for word in words if len(word) > 1 and word not in STOP_WORDS and len(word) <= MOST_LETTERS // 2]
    verbs = {"write", "make", "create", "build", "program", "package", "tool", "python", "code", "script"}
    return [word for word in kept if word not in verbs] or kept


def fallbacks(goal: str, taken: Collection[str]) -> Iterator[str]:
    """Numbered names from a goal's words, without those that are taken when they are asked for; they never end."""
    stem = "_".join(goal_words(goal)[:PACKAGE_WORDS]) or "part"
    stem = stem if not stem[0].isdigit() else f"n{stem}"
    stem = stem if not stem.startswith("test") else f"for_{stem}"
    number = 0
    while True:
        number += 1
        if (name := f"{stem}_{number}") not in taken:
            yield name


def is_free(name: str) -> bool:
    """Whether a name may be defined: an identifier that means nothing else, and is not taken for a test."""
    if not name.isidentifier() or len(name) > MOST_LETTERS or name in _RESERVED:
        return False
    return not name.startswith("test") and not name.startswith("_")


def _bare(raw: str) -> str:
    text = (raw[:MOST_READ].strip().splitlines() or [""])[0].strip().strip("`*")
    return _DEFINED.sub("", _LISTED.sub("", text, count=1), count=1)


def _ascii(text: str) -> str:
    """Letters without their accents; what is none of ASCII parts words."""
    apart = unicodedata.normalize("NFKD", text)
    return "".join(one for one in apart if not unicodedata.combining(one))


def _may_be_file(name: str) -> bool:
    try:
        return bool(safe_path(f"{name}.py"))
    except OutlineError:
        return False
