"""Names: what a file uses and nothing in it defines. What an import would mend is left to `Imports`."""

from collections.abc import Iterable, Iterator
from typing import final

from hierdiff.detectors.code.modules import Modules, modules_of
from hierdiff.detectors.code.source import ENDING, MOST_CHARACTERS, Source, too_large
from hierdiff.detectors.code.symbols import renamed
from hierdiff.detectors.code.undefined import Use, origin_of, undefined
from hierdiff.detectors.reading.reading import in_order
from hierdiff.document import Document
from hierdiff.findings import Finding
from hierdiff.spans import Quote

DETECTOR = "names"


@final
class Names:
    """Finds undefined names with pyflakes. What nothing uses is no fault, and is not reported.

    A name in `__all__` that is not there, and one that stands under a condition which may never hold, is a hint.
    """

    def find(self, document: Document) -> Iterable[Finding]:
        """The findings, in order of place. A file that is too large or nested too deeply is reported as not read."""
        modules = modules_of(document)
        found = [one for source in modules.sources for one in _of(modules, source)]
        for part in document.sections:
            if part.path is not None and part.path.endswith(ENDING) and too_large(part):
                start = part.body.start
                line = document.text[start : start + 80].split("\n")[0]
                quote = Quote.cut(document.text, start, start + len(line))
                why = f"{part.path} has more than {MOST_CHARACTERS:,} characters and was not looked into."
                found.append(Finding(detector=DETECTOR, kind="not read", section=part.id, spans=(quote,), reason=why,
                                     hard=False))  # fmt: skip
        return in_order(found)


def _of(modules: Modules, source: Source) -> Iterator[Finding]:
    try:
        uses = tuple(undefined(source))
    except RecursionError:
        place = source.base, source.line_end(source.base)
        why = f"{source.path} is nested too deeply to look for undefined names in it."
        yield source.finding(DETECTOR, "not read", [place], why, hard=False)
        return
    misnamed = renamed(modules, source)
    for use in uses:
        if use.name in misnamed or (not use.exported and not use.local and origin_of(modules, source, use.name)):
            continue
        yield _finding(source, use)


def _finding(source: Source, use: Use) -> Finding:
    if use.exported:
        reason = f"'{use.name}' stands in __all__, but {source.path} does not define it."
        return source.finding(DETECTOR, "undefined export", [use.place], reason, hard=False)
    if use.local:
        reason = f"The local name '{use.name}' is used before it is bound."
        return source.finding(DETECTOR, "unbound name", [use.place], reason, hard=False)
    reason = f"Nothing defines the name '{use.name}' in {source.path}."
    hard = not source.code.read.open
    return source.finding(DETECTOR, "undefined name", [use.place], reason, hard=hard)
