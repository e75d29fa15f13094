"""Judges that ask a model, with models that are a few lines of Python."""

import math
import re
from collections.abc import AsyncIterator, Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hierdiff.canvas import Canvas
from hierdiff.detectors import Claims
from hierdiff.document import Cost, Document, Draft, join, parse
from hierdiff.errors import MisuseError, ModelError
from hierdiff.findings import Finding
from hierdiff.judges.agreeing import told
from hierdiff.judges.entailment import Entailment
from hierdiff.judges.meaning import Meaning
from hierdiff.judges.pairs import pairs, sayings
from hierdiff.judges.rival import Rival
from hierdiff.judges.surprise import Surprise, distance
from hierdiff.judges.turning import turns
from hierdiff.outline import Outline, Section
from hierdiff.protocols import Capabilities, TokenScore, Way
from hierdiff.revise.votes import counted
from hierdiff.spans import Quote, Span

OPEN = "The promenade stays open to walkers during the works."
SHUT = "During the works, walkers cannot use the promenade at all."
QUARTER = "The old fishing quarter was built on loose shingle, and an easterly wind fills its cellars before noon."
AGAIN = "Because the fishing quarter rests on loose shingle, its cellars take in water whenever an easterly wind blows."
OTHER = "A library of maps needs wide tables, patient readers, calm weather and a steady hand with brittle paper."
CALM = "Nothing else of note was said that evening by anybody."


def document(*sections: str) -> Document:
    return parse("# T\n\n" + "\n\n".join(f"## S{number}\n\n{text}" for number, text in enumerate(sections)) + "\n")


def soft(text: Document, first: str, against: str = "", *, by: str = "rule") -> Finding:
    """A soft finding of a rule on one text, against another."""
    sides = tuple(
        Quote.cut(text.text, at, at + len(one)) for one in (first, against) if (at := text.text.find(one)) >= 0
    )
    part = text.at(sides[0].start)
    return Finding(
        detector=by, kind="k", section=part.id if part else "", spans=sides[:1], reason="r",
        against=sides[1:] if against else (), hard=False,
    )  # fmt: skip


class Reads:
    """A backend that only scores: each word as a function of it and of all that is shown; it counts token-rows."""

    def __init__(self, nats: Callable[[str, str], float], *ways: Way, canvas: bool = False) -> None:
        self.nats, self.ways, self.rows = nats, ways or ("suffix",), 0
        self.asked: list[tuple[str, Way | None]] = []
        self.capabilities = Capabilities(name="reads", infill="canvas" if canvas else "prompt", tokens_per_word=1.0)

    @property
    def cost(self) -> Cost:
        return Cost(rows=self.rows)

    async def fill(self, canvas: Canvas) -> AsyncIterator[Canvas]:
        yield canvas

    async def score(self, canvas: Canvas, way: Way | None = None, within: Span | None = None) -> Sequence[TokenScore]:
        self.asked.append((canvas.text, way))
        if way not in self.ways:
            raise MisuseError("not in this way")
        self.rows += len(canvas.text.split())
        found = re.finditer(r"\s*\S+", canvas.text)
        return [
            TokenScore(start=one.start(), stop=one.end(), logprob=-self.nats(one[0].strip(" \n.,"), canvas.text))
            for one in found
        ]

    async def close(self) -> None: ...


# --- what judges share


def test_a_judge_that_agrees_votes_for_the_finding_that_is_there() -> None:
    text = document(OPEN, SHUT)
    rule, mine = soft(text, "stays open", "cannot use"), soft(text, SHUT, OPEN, by="judge")
    (voted,) = told([rule], [mine])
    assert voted.hard and voted.votes == ("judge",) and voted.detector == "rule"
    hard = rule.changed(hard=True)
    assert told([hard], [mine]) == [hard]


def test_a_judge_that_sees_something_else_tells_it_softly() -> None:
    text = document(OPEN, SHUT, CALM)
    rule, mine = soft(text, "stays open", "cannot use"), soft(text, CALM, OPEN, by="judge")
    assert told([rule], [mine, mine]) == [rule, mine]
    assert [one.hard for one in counted([rule, mine])] == [False, False]


@given(st.lists(st.text(alphabet="abcde .\n#-", max_size=60), max_size=6))
def test_pairs_are_of_different_sentences_in_order_and_share_what_they_say(texts: list[str]) -> None:
    said = sayings(document(*texts), 1)
    for pair in pairs(said, rare=4, share=1, most=2):
        assert pair.first.number < pair.then.number
        assert pair.shared and pair.shared <= pair.first.stems & pair.then.stems


def test_pairs_grow_with_the_text_and_not_with_its_square() -> None:
    text = document(*(f"Walkers number{at} saw harbour gulls number{at}." for at in range(300)))
    assert len(list(pairs(sayings(text, 2), rare=4, share=1, most=8))) <= 8 * 300


@pytest.mark.parametrize(
    ("sentence", "turned"),
    [
        ("The promenade stays open.", ["The promenade stays closed."]),
        ("It is open.", ["It is closed.", "It is not open."]),
        ("Closed on Sundays.", ["Open on Sundays."]),
        ("Walkers cannot use it.", ["Walkers can still use it."]),
        ("The works do not keep walkers out.", ["The works keep walkers out."]),
        ("It is used.", ["It is not used."]),
        ("Readers can still use it.", ["Readers cannot use it."]),
        ("It is no longer used.", ["It is still used."]),
        ("Boats pass.", []),
    ],
)
def test_sentences_are_turned_by_one_word(sentence: str, turned: list[str]) -> None:
    assert [turn.of(sentence) for turn in turns(sentence)] == turned


# --- surprise


def told_off(word: str, shown: str) -> float:
    return 9.0 if word == "1962" else 4.0 if word[:1].isdigit() else 2.0


YEARS = {
    "1987": "built",
    "1990": "raised",
    "1991": "sold",
    "1992": "let",
    "1993": "shut",
    "1995": "won",
    "1962": "mended",
}
FIGURES = f"It was {', '.join(f'in {year} {what}' for year, what in (YEARS | {'1994': 'lost'}).items())}."


async def test_surprise_finds_the_figure_that_is_far_from_the_others() -> None:
    text = document(FIGURES, CALM)
    backend = Reads(told_off)
    hint = soft(text, "mended", by="other")
    first, mine = await Surprise(backend).weigh(text, [hint])
    assert first == hint and mine.spans[0].text == "1962" and mine.kind == "unexpected figure" and not mine.hard
    assert {way for _, way in backend.asked} == {"suffix"}


async def test_surprise_is_a_second_voice_for_a_soft_finding() -> None:
    text = document(FIGURES)
    (voted,) = await Surprise(Reads(told_off)).weigh(text, [soft(text, "in 1962", by="rule")])
    assert voted.hard and voted.votes == ("surprise",)


async def test_surprise_reads_only_sections_that_findings_point_to_and_within_a_drafts_cost() -> None:
    text = document(CALM, FIGURES, CALM)
    idle = Reads(told_off)
    assert await Surprise(idle).weigh(text, []) == [] and idle.asked == []
    dear = text.changed(cost=Cost(rows=5))
    assert len(await Surprise(idle, everywhere=True).weigh(dear, [])) == 0 and idle.asked == []
    backend = Reads(told_off)
    found = await Surprise(backend, everywhere=True).weigh(text, [])
    assert [one.spans[0].text for one in found] == ["1962"] and backend.rows <= 11 * text.words


async def test_surprise_hides_tokens_where_it_can_and_never_reads_from_the_left_alone() -> None:
    text = document(FIGURES)
    sees = Reads(told_off, "stride", canvas=True)
    blocks = Reads(told_off, "stride")
    for backend in (sees, blocks):
        assert await Surprise(backend, everywhere=True).weigh(text, [])
        assert "left" not in {way for _, way in backend.asked}
    with pytest.raises(MisuseError):
        await Surprise(Reads(told_off, "left"), everywhere=True).weigh(text, [])


async def test_a_word_that_was_as_unlikely_when_it_was_committed_is_none() -> None:
    outline = Outline(title="T", sections=(Section(id="a", title="A", budget=40),))
    words = len(FIGURES.split())
    for sure, found in ((0.9, 1), (math.exp(-8.0), 0)):
        drafts = {"a": Draft(section="a", text=FIGURES, sure=(sure,) * words)}
        text = join(outline, drafts)
        assert text.part("a").sure and "sure" not in text.model_dump_json()
        assert len(await Surprise(Reads(told_off), everywhere=True).weigh(text, [])) == found
    changed = text.replaced(Span(start=text.text.find("mended"), stop=text.text.find("mended") + 6), "torn")
    assert changed.part("a").sure == ()


@given(st.lists(st.floats(0, 50), min_size=1, max_size=40))
def test_distances_are_finite_and_none_at_the_median(values: list[float]) -> None:
    assert all(math.isfinite(distance(one, values)) for one in values)
    assert distance(sorted(values)[len(values) // 2], values * 2) >= 0


# --- rival


def held(word: str, shown: str) -> float:
    """A model that expects `closed` after it has read that walkers cannot use it, and `open` else."""
    shut = shown.startswith("During the works, walkers cannot")
    return {"open": 8.0 if shut else 1.0, "closed": 1.0 if shut else 8.0, "not": 6.0}.get(word, 1.0)


async def test_rival_sees_that_the_opposite_is_likelier_beside_the_other_sentence() -> None:
    text = document(OPEN, CALM, SHUT)
    backend = Reads(held)
    (mine,) = await Rival(backend).weigh(text, [])
    assert mine.spans[0].text == "open" and mine.against[0].text == SHUT and not mine.hard
    assert backend.rows <= 11 * text.words
    rule = soft(text, "stays open", "cannot use")
    (voted,) = await Rival(Reads(held)).weigh(text, [rule])
    assert voted.hard and voted.votes == ("rival",) and voted.expected is None


async def test_rival_takes_no_notice_of_what_a_model_likes_in_any_case() -> None:
    likes = Reads(lambda word, shown: {"open": 9.0}.get(word, 1.0))
    assert await Rival(likes).weigh(document(OPEN, CALM, SHUT), []) == []
    assert await Rival(Reads(held)).weigh(document(OPEN, CALM), []) == []


# --- meaning


def embedder(texts: Sequence[str]) -> list[list[float]]:
    """What is of the fishing quarter points one way, all else another."""
    return [[2.0, 0.1] if "quarter" in text else [0.1, 3.0] for text in texts]


async def test_meaning_finds_what_was_said_in_other_words() -> None:
    text = document(f"{QUARTER} {CALM}", f"{OTHER} {AGAIN}")
    (mine,) = await Meaning(embedder).weigh(text, [])
    assert mine.spans[0].text == AGAIN and mine.against[0].text == QUARTER and mine.expected == ""
    assert mine.hard and mine.votes == ("rare words",)


async def test_meaning_alone_is_a_hint_and_must_be_closer() -> None:
    apart = "People of the quarter dread cellars most when gales from the continent push spring tides up every lane."
    text = document(f"{QUARTER} {CALM}", f"{OTHER} {apart}")
    (mine,) = await Meaning(embedder).weigh(text, [])
    assert not mine.hard and mine.votes == ()
    assert await Meaning(lambda texts: [[1.0, 0.9 * at] for at, _ in enumerate(texts)]).weigh(text, []) == []


@pytest.mark.parametrize(
    "later",
    [QUARTER, AGAIN.replace("the fishing", "the 1840 fishing"), f"- {AGAIN}"],
    ids=["the same words", "another figure", "a list"],
)
async def test_meaning_leaves_to_rules_what_rules_see(later: str) -> None:
    text = document(f"{QUARTER} {CALM}", f"{OTHER}\n\n{later}")
    assert await Meaning(embedder).weigh(text, []) == []


@pytest.mark.parametrize("broken", [[], [[1.0]], [[1.0], [1.0, 2.0]], [[math.nan], [1.0]]])
async def test_an_embedder_that_gives_no_vectors_is_said(broken: list[list[float]]) -> None:
    with pytest.raises(ModelError, match="embedder"):
        await Meaning(lambda texts: broken).weigh(document(f"{QUARTER} {CALM}", AGAIN), [])


# --- entailment


def denies(pairs: Sequence[tuple[str, str]]) -> list[tuple[float, float, float]]:
    return [(0.9, 0.05, 0.05) if "cannot" in " ".join(pair) else (0.0, 1.0, 0.0) for pair in pairs]


async def test_entailment_asks_both_directions_of_sentences_of_one_matter() -> None:
    text = document(OPEN, CALM, SHUT)
    asked: list[tuple[str, str]] = []
    judge = Entailment(lambda pairs: asked.extend(pairs) or denies(pairs))
    (mine,) = await judge.weigh(text, [])
    assert asked == [(OPEN, SHUT), (SHUT, OPEN)]
    assert mine.spans[0].text == SHUT and mine.against[0].text == OPEN and not mine.hard and "90%" in mine.reason


async def test_entailment_confirms_a_rule() -> None:
    text = document(OPEN, CALM, "The promenade does not stay open to walkers during the works.")
    (rule,) = Claims().find(text)
    (voted,) = await Entailment(lambda pairs: [(0.9, 0.1, 0.0)] * len(pairs)).weigh(text, [rule])
    assert not rule.hard and voted.hard and voted.votes == ("entailment",)


async def test_entailment_leaves_figures_to_rules_and_believes_no_contradiction_that_is_entailed() -> None:
    figures = document("The sea wall runs for 4 km.", CALM, "The sea wall runs for 5 km in all.")
    assert await Entailment(lambda pairs: pytest.fail("was asked")).weigh(figures, []) == []
    torn = Entailment(lambda pairs: [(0.9, 0.0, 0.1), (0.0, 0.1, 0.9)])
    assert await torn.weigh(document(OPEN, CALM, SHUT), []) == []


@pytest.mark.parametrize("broken", [[], [(1.0, 0.0, 0.0)], [(math.nan, 0.0, 1.0)] * 2, [(-1.0, 1.0, 1.0)] * 2])
async def test_an_entailment_model_that_gives_no_probabilities_is_said(
    broken: list[tuple[float, float, float]],
) -> None:
    with pytest.raises(ModelError, match="entailment"):
        await Entailment(lambda pairs: broken).weigh(document(OPEN, CALM, SHUT), [])
