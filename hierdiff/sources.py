"""The list of sources at the end of a document: those of its evidence that its text cites, as a part of its own."""

import re

from hierdiff.document import Document, Part
from hierdiff.evidence import Passage, citations
from hierdiff.spans import Span

TITLE = "Sources"
_ADDRESS = re.compile(r"https?://[^\s<>`\\]{1,300}")


def cited(document: Document) -> tuple[str, ...]:
    """The ids of the passages that the text cites, in the order in which they are first cited."""
    known = document.evidence.passages
    if not known:
        return ()
    return tuple(dict.fromkeys(one.id for one in citations(document.text) if one.id in known))


def with_sources(document: Document) -> Document:
    """The document with the list of what it cites at its end; as it was when it cites nothing."""
    ids = cited(document)
    taken = {part.id for part in document.sections}
    if not ids:
        return document
    text = document.text if document.text.endswith("\n") else document.text + "\n"
    heading = Span(start=len(text) + 1, stop=len(text) + 1 + len(f"## {TITLE}\n"))
    lines = "".join(f"- [{one}] {_named(document.evidence.passages[one])}\n" for one in ids)
    text += f"\n## {TITLE}\n\n{lines}"
    body = Span(start=heading.stop + 1, stop=len(text))
    name = next(one for one in ("sources", *(f"sources-{number}" for number in range(2, 9999))) if one not in taken)
    part = Part(id=name, title=TITLE, level=2, heading=heading, body=body)
    return document.changed(text=text, sections=(*document.sections, part))


def _named(passage: Passage) -> str:
    """Source and locator as Markdown that shows them letter by letter, whatever the file is called."""
    source = passage.source.replace("`", "'")
    shown = f"<{source}>" if _ADDRESS.fullmatch(source) else f"`{source}`"
    return f"{shown}, {passage.locator.replace('`', chr(39))}" if passage.locator else shown
