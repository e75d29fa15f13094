"""Origin: where a place of the text as it is now lay in the text as it was given."""

from typing import final

from hierdiff.spans import Span


@final
class Origin:
    """Remembers accepted edits, so that every revision can be reported in the coordinates of the given text."""

    def __init__(self) -> None:
        self._edits: list[tuple[Span, int]] = []

    def edited(self, span: Span, length: int) -> None:
        """Note that `span` of the text as it is now is being replaced by `length` characters."""
        given = self.given(span)
        kept = [(old, size) for old, size in self._edits if not given.holds(old)]
        swallowed = [(old, size) for old, size in self._edits if given.holds(old)]
        inside = sum(size - len(old) for old, size in swallowed)
        self._edits = sorted([*kept, (given, length + len(given) + inside - len(span))], key=lambda edit: edit[0].start)

    def given(self, span: Span) -> Span:
        """The span in the given text; one that touches an edited place covers all of it."""
        return Span(start=self._back(span.start, stop=False), stop=self._back(span.stop, stop=True))

    def _back(self, offset: int, *, stop: bool) -> int:
        shift = 0
        for old, size in self._edits:
            start = old.start + shift
            if offset < start or (offset == start and (stop or size)):
                break
            if offset < start + size or (offset == start + size and stop):
                return old.stop if stop else old.start
            shift += size - len(old)
        return offset - shift
