"""Canvas: text that stands (Ink) and text to come (Hole).

Writing a new section and rewriting a wrong span are one operation on one type: a new section is one hole, a revision
has holes where the draft was wrong. A backend is handed a canvas and hands it back again and again with fewer holes.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import Field

from hierdiff.document import Draft, Ending
from hierdiff.errors import CanvasError
from hierdiff.spans import Span, between, in_order
from hierdiff.values import Value

Close = Literal["sentence", "line", "span", "block"]


class Ink(Value):
    """Text that stands. `by` says whose it is: the caller's (`given`) or what the backend has filled in (`model`).

    `sure` holds, for each of its `tokens`, how sure the model was when it committed it, where it says so: a
    probability, unless its policy ranks by something else.
    """

    type: Literal["ink"] = "ink"
    text: str
    by: Literal["given", "model"] = "given"
    tokens: int = Field(default=0, ge=0)
    ending: Ending = "sentence"
    sure: tuple[float, ...] = ()


class Hole(Value):
    """Text to come: `width` tokens are wanted, `most` is the hard limit (default: a quarter more, at least 24 more).

    `close` is where it ends: at a sentence end near `width`, at the end of the line, exactly before the ink that
    follows (`span`), or with the block of code that it stands in (`block`), which is as far indented as the blanks at
    the end of the ink before it say. `form` is what kind of text may stand there: plain prose without markup, or
    anything. `hint` tells a reader what will stand here; `ban` lists texts that it must not become.
    """

    type: Literal["hole"] = "hole"
    width: int = Field(ge=1)
    most: int | None = Field(default=None, ge=1)
    close: Close = "sentence"
    form: Literal["prose", "free"] = "prose"
    hint: str = ""
    ban: tuple[str, ...] = ()

    @property
    def limit(self) -> int:
        """The largest number of tokens the hole may take."""
        return max(self.width, self.most if self.most is not None else self.width + max(24, self.width // 4))


Piece = Annotated[Ink | Hole, Field(discriminator="type")]


class Canvas(Value):
    """Ink and holes in reading order, with what the backend should know while it fills them.

    `shared` is the part of the context that all canvases of a document have in common, character for character, so that
    a backend may compute it once; `own` is what only this canvas needs; `lead` is what stands right before it in the
    document (its headings), seen by the model and no part of the draft. `id` is unique within a run.
    """

    id: str
    section: str
    pieces: tuple[Piece, ...] = Field(min_length=1)
    shared: str = ""
    own: str = ""
    lead: str = ""
    seed: int = Field(default=0, ge=0)

    @classmethod
    def open(
        cls,
        section: str,
        *,
        width: int,
        shared: str = "",
        own: str = "",
        lead: str = "",
        seed: int = 0,
        hint: str = "",
    ) -> "Canvas":
        """A new section's canvas: one hole of `width` tokens."""
        hole = Hole(width=width, hint=hint)
        return cls(id=section, section=section, pieces=(hole,), shared=shared, own=own, lead=lead, seed=seed)

    @classmethod
    def renoise(
        cls,
        draft: Draft,
        spans: Sequence[Span],
        *,
        holes: Mapping[int, Hole],
        shared: str = "",
        own: str = "",
        lead: str = "",
        seed: int = 0,
        id: str | None = None,
    ) -> "Canvas":
        """A draft with holes where `spans` were: `holes[k]` for the k-th span in order of place.

        The text outside the spans is kept as ink, to the character. Raises CanvasError if spans overlap, lie outside
        the draft, or are not as many as the holes.
        """
        ordered = in_order(spans, len(draft.text))
        if sorted(holes) != list(range(len(ordered))):
            raise CanvasError(f"{len(ordered)} spans need {len(ordered)} holes, not {len(holes)}", about=draft.section)
        pieces: list[Ink | Hole] = []
        for number, text in enumerate(between(draft.text, ordered)):
            if text:
                pieces.append(Ink(text=text))
            if number < len(ordered):
                pieces.append(holes[number])
        return cls(
            id=id or f"{draft.section}~{seed}",
            section=draft.section,
            pieces=tuple(pieces),
            shared=shared,
            own=own,
            lead=lead,
            seed=seed,
        )

    @property
    def holes(self) -> tuple[Hole, ...]:
        """What is still to come."""
        return tuple(piece for piece in self.pieces if isinstance(piece, Hole))

    @property
    def width(self) -> int:
        """Tokens still wanted."""
        return sum(hole.width for hole in self.holes)

    @property
    def tokens(self) -> int:
        """Tokens that the backend has filled in so far."""
        return sum(piece.tokens for piece in self.pieces if isinstance(piece, Ink) and piece.by == "model")

    @property
    def filled(self) -> tuple[str, ...]:
        """The texts that stand where holes were, in order."""
        return tuple(piece.text for piece in self.pieces if isinstance(piece, Ink) and piece.by == "model")

    @property
    def text(self) -> str:
        """The text as far as it stands: all ink, in order."""
        return "".join(piece.text for piece in self.pieces if isinstance(piece, Ink))

    def draft(self) -> Draft:
        """The finished canvas as a draft; raises CanvasError while a hole is open."""
        if self.holes:
            raise CanvasError(f"canvas '{self.id}' still has {len(self.holes)} holes", about=self.section)
        last = [piece for piece in self.pieces if isinstance(piece, Ink) and piece.by == "model"]
        ending: Ending = last[-1].ending if last else "sentence"
        sure = last[0].sure if len(self.pieces) == 1 == len(last) else ()
        return Draft(section=self.section, text=self.text, tokens=self.tokens, ending=ending, sure=sure)
