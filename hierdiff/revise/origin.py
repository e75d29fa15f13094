"""Origin: where a place of the text as it is now lay in the text as it was given."""

from typing import NamedTuple, final

from hierdiff.spans import Span


class _Piece(NamedTuple):
    """A stretch of the text as it is now: `size` characters that stand for `given` of the given text."""

    given: Span
    size: int
    kept: bool


@final
class Origin:
    """Remembers accepted edits of a text of `length` characters, so that every revision can be reported in the
    coordinates of the text that was given."""

    def __init__(self, length: int) -> None:
        self._pieces = [_Piece(Span(start=0, stop=length), length, True)]

    def given(self, span: Span) -> Span:
        """The span in the given text; one that touches an edited place covers all of it."""
        touched: list[Span] = []
        at = boundary = 0
        for piece in self._pieces:
            stop = at + piece.size
            if (at < span.stop and stop > span.start) or at < span.start < stop:
                touched.append(_part(piece, span.start - at, stop - span.stop))
            if stop <= span.start:
                boundary = piece.given.stop
            at = stop
        if not touched:
            return Span(start=boundary, stop=boundary)
        return Span(start=touched[0].start, stop=touched[-1].stop)

    def edited(self, span: Span, length: int) -> None:
        """Note that `span` of the text as it is now is being replaced by `length` characters."""
        given = self.given(span)
        before: list[_Piece] = []
        after: list[_Piece] = []
        at = size = 0
        for piece in self._pieces:
            stop = at + piece.size
            if stop <= span.start:
                before.append(piece)
            elif at >= span.stop:
                after.append(piece)
            elif piece.kept:
                before += _kept(piece.given.start, span.start - at)
                after += _kept(piece.given.stop - (stop - span.stop), stop - span.stop)
            else:
                size += max(0, span.start - at) + max(0, stop - span.stop)
            at = stop
        self._pieces = [*before, _Piece(given, size + length, False), *after]


def _part(piece: _Piece, left: int, right: int) -> Span:
    """The given place of a piece, without what lies `left` and `right` of a span, where its characters are kept."""
    if not piece.kept:
        return piece.given
    return Span(start=piece.given.start + max(0, left), stop=piece.given.stop - max(0, right))


def _kept(start: int, length: int) -> list[_Piece]:
    return [_Piece(Span(start=start, stop=start + length), length, True)] if length > 0 else []
