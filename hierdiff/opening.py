"""Opening code: a leaf of a code plan as ink and holes, and what came of it as text that parses.

The signature and its docstring stand as ink, so what was planned is always there; only bodies are to come. What a model
writes into one is cut back to whole statements by code, never by the model.
"""

from itertools import accumulate
from typing import Any, final

from hierdiff.canvas import Canvas, Hole, Ink
from hierdiff.document import Draft, count_words
from hierdiff.ledger import Item
from hierdiff.outline import Outline, Section
from hierdiff.prompts import Templates
from hierdiff.request import Request
from hierdiff.seeds import seed_of
from hierdiff.tree_plan import file_of, files_of, imported_by, symbols_of
from hierdiff.tree_python import docstring, missing, sentence, whole, without_last
from hierdiff.tree_signature import INDENT
from hierdiff.values import Value

SHARED_WORDS, KNOWN_MOST, LEAST_WIDTH = 700, 24, 48
LEAD = "```python\n"
DENSITY = 1.5
"""Tokens that a word of Python takes, by those that one of prose does: 2.0 against 1.3, counted on this package."""
NO_BODY = ("```", "pass", "...", '"""', "raise NotImplementedError")
"""What a body must not begin with: it would say nothing, or say the docstring again."""


class Opening(Value):
    """A hole of a leaf: the ink before it, how far what comes is indented, whether it is a function's body, and what it
    must not begin with."""

    before: str
    indent: int
    inside: bool
    ban: tuple[str, ...] = ()


def frame_of(outline: Outline, leaf: Section) -> tuple[tuple[Opening, ...], str]:
    """The holes of a leaf in order, each with the ink before it, and the ink behind the last."""
    text = ""
    openings: list[Opening] = []
    said = leaf.brief or leaf.topic
    symbols = symbols_of(outline, leaf.id)
    for number, (item, signature) in enumerate(symbols):
        text += _gap(number, signature.kind == "constant", after=symbols[number - 1][1].kind == "constant")
        for place, head in enumerate(signature.heads):
            method = place > 0 and head.text.endswith(":")
            text += "\n" if method else ""
            text += "".join(f"{' ' * head.indent}{line}\n" for line in head.text.split("\n"))
            if not place and signature.kind != "constant" and (about := said or item.about):
                text += docstring(sentence(about), INDENT) + ("" if signature.kind == "function" or head.open else "\n")
            if head.open:
                inside = method or signature.kind == "function"
                ban = (*NO_BODY, head.text.rpartition("\n")[2].partition("(")[0].rstrip(":"))
                openings.append(Opening(before=text, indent=head.indent + INDENT, inside=inside, ban=ban))
                text = ""
    if not symbols and leaf.kind in ("region", "prose"):
        openings.append(Opening(before="", indent=0, inside=False))
    return tuple(openings), text


def _gap(number: int, constant: bool, *, after: bool) -> str:
    """What parts two symbols of one leaf: nothing between constants, else two empty lines."""
    return "" if not number or (constant and after) else "\n\n"


@final
class CodeOpening:
    """Opens the leaves of one code plan, and settles what the backend made of them."""

    def __init__(self, request: Request, outline: Outline, templates: Templates, tokens_per_word: float) -> None:
        self._request, self._outline, self._templates = request, outline, templates
        self._per_word = tokens_per_word
        self._blind = request.mode == "blind"
        self._shared = self._rendered_shared()

    def canvas(self, leaf: Section) -> Canvas:
        """The leaf's canvas. One whose text is all planned has no hole."""
        openings, rest = frame_of(self._outline, leaf)
        ink = sum(count_words(one.before) for one in openings) + count_words(rest)
        wanted = round((leaf.budget - ink) * self._per_word * DENSITY / max(1, len(openings)))
        pieces: list[Ink | Hole] = []
        for opening in openings:
            before = opening.before + " " * opening.indent
            pieces += [Ink(text=before)] if before else []
            width, hint = max(LEAST_WIDTH, wanted), leaf.topic or leaf.title
            pieces.append(Hole(width=width, close="block", form="free", hint=hint, ban=opening.ban))
        pieces += [Ink(text=rest)] if rest or not pieces else []
        return Canvas(
            id=leaf.id,
            section=leaf.id,
            pieces=tuple(pieces),
            shared=self._shared,
            own=self._own(leaf),
            lead=LEAD,
            seed=seed_of(self._request.seed, leaf.id),
        )

    def settled(self, canvas: Canvas, *, cut: bool = False) -> Draft:
        """The draft of a leaf's canvas: every planned line, and of each hole as much as parses under it.

        Where nothing is left an error, or a note, stands for it and the draft's ending is "cut"; so it is with `cut`,
        for a canvas that was given up half-way.
        """
        leaf = self._outline.section(canvas.section)
        openings, rest = frame_of(self._outline, leaf)
        text, lost = "", cut
        for opening, ink in zip(openings, _filled(canvas, openings), strict=True):
            text += opening.before
            body = _body(text, ink, opening)
            lost = lost or not body
            text += body or missing(leaf.brief or leaf.topic or leaf.title, opening.indent, inside=opening.inside)
        last = [piece for piece in canvas.pieces if isinstance(piece, Ink) and piece.by == "model"]
        ending = "cut" if lost else last[-1].ending if last else "sentence"
        return Draft(section=leaf.id, text=text + rest, tokens=canvas.tokens, ending=ending)

    def _rendered_shared(self) -> str:
        values: dict[str, Any] = {
            "goal": self._request.goal.rstrip(" .?!"),
            "audience": self._request.audience,
            "style": self._request.style,
            "files": [] if self._blind else self._lines(),
            "facts": [item.line() for item in self._outline.ledger.items if item.owner is None and item.value],
        }
        for kept in (values["facts"], values["files"]):
            room = SHARED_WORDS // 4 if kept is values["facts"] else SHARED_WORDS
            sums = accumulate(count_words(line) for line in kept)
            del kept[sum(total <= room for total in sums) :]
        return self._templates.render("shared_code", **values)

    def _lines(self) -> list[str]:
        lines: list[str] = []
        for file in files_of(self._outline):
            lines.append(f"{file.title}{f': {file.topic}' if file.topic else ''}")
            lines += [f"    {line}" for leaf in self._outline.leaves_of(file.id) for line in self._heads(leaf)]
        return lines

    def _heads(self, section: str) -> list[str]:
        """The signatures of a leaf, a line each."""
        symbols = symbols_of(self._outline, section)
        return [signature.heads[0].text.rpartition("\n")[2].rstrip(":") for _, signature in symbols]

    def _own(self, leaf: Section) -> str:
        file = file_of(self._outline, leaf.id)
        return self._templates.render(
            "own_code",
            path=file.title if file is not None else leaf.title,
            title=leaf.title,
            signature="; ".join(self._heads(leaf.id)),
            topic=leaf.topic.rstrip("."),
            brief=leaf.brief,
            must_cover=leaf.must_cover,
            must_not_cover=leaf.must_not_cover,
            known=[] if self._blind else self._known(leaf, file),
        )

    def _known(self, leaf: Section, file: Section | None) -> list[str]:
        """What the leaf may call: the symbols it requires, then those of the files that its file imports."""
        items = [item for name in leaf.requires if (item := self._outline.ledger.get(name)) is not None]
        for target in imported_by(self._outline, file.id) if file is not None else ():
            items += [item for one in self._outline.leaves_of(target) for item, _ in symbols_of(self._outline, one)]
        return list(dict.fromkeys(_known_line(item) for item in items if item.value))[:KNOWN_MOST]


def _known_line(item: Item) -> str:
    return (item.value or "") if item.kind == "symbol" else item.line()


def _body(before: str, ink: Ink, opening: Opening) -> str:
    """What stands of a hole's text; of one that ran into its limit the last line only if nothing else would stand."""
    if ink.ending in ("length", "cut"):
        shorter = whole(before, without_last(ink.text), opening.indent)
        if shorter:
            return shorter
    return whole(before, ink.text, opening.indent)


def _filled(canvas: Canvas, openings: tuple[Opening, ...]) -> list[Ink]:
    """The text in each hole so far, by the ink that stands before it."""
    found = [Ink(text="", by="model") for _ in openings]
    at = 0 if openings and not openings[0].before else -1
    for piece in canvas.pieces:
        if isinstance(piece, Ink) and piece.by == "given":
            at += 1
        elif isinstance(piece, Ink) and at < len(found):
            found[at] = found[at].changed(text=found[at].text + piece.text, ending=piece.ending)
    return found


def opening_of(request: Request, outline: Outline, templates: Templates, tokens_per_word: float) -> CodeOpening | None:
    """What opens the leaves of a code plan, or None for a report, whose sections are opened as prose."""
    return CodeOpening(request, outline, templates, tokens_per_word) if request.kind == "code" else None
