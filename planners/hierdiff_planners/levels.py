"""Levels: a plan that is asked for level by level, from the chapters down to sections that one canvas holds."""

import asyncio
from collections.abc import Callable, Sequence
from typing import final

from hierdiff.chat_wire import Message
from hierdiff.errors import OutlineError, PlannerError
from hierdiff.fitting import fitted
from hierdiff.ledger import Ledger
from hierdiff.mending import Mend
from hierdiff.outline import Outline, Section
from hierdiff.protocols import Capabilities
from hierdiff.request import Request
from hierdiff.seeds import seed_of
from hierdiff_planners.asking import Answer, Ask
from hierdiff_planners.grafting import grafted
from hierdiff_planners.owners import given_owners
from hierdiff_planners.plan_schema import PLAN
from hierdiff_planners.reading import outline_of
from hierdiff_planners.sizes import (
    MOST_AT_ONCE,
    MOST_LEVELS,
    MOST_SECTIONS,
    comfortable_words,
    count_of,
    parts_of,
    section_words,
)
from hierdiff_planners.titles import title_of
from hierdiff_planners.wording import MOST_FACTS, said, worded

AT_ONCE = 4
"""Questions that are open at the same time."""
PLAN_TOKENS, SECTION_TOKENS = 1000, 250
"""What one answer may take: so much, and so much for each section."""
MOST_TOKENS = 400_000
"""What all answers of one plan may take together."""
LETTERS_A_TOKEN = 4
MOST_LINES = 120
"""Lines of the outline that a question shows."""
MOST_REPEATED = 8000
"""Characters of a wrong answer that are shown to the model again."""

Told = Callable[[str, int, int], None]
"""Hears of progress: what is being done, how much of it is done, and of how much."""


@final
class Levels:
    """One plan in the making: the request, whom to ask, how often, and what the backend's canvases hold. `mends` is
    what had to be put right in the answers so far."""

    def __init__(self, ask: Ask, rounds: int, told: Told | None, request: Request, backend: Capabilities) -> None:
        self._ask, self._rounds, self._told = ask, rounds, told
        self._request, self._backend, self._comfortable = request, backend, comfortable_words(backend)
        self._size = section_words(request.words, self._comfortable)
        self.mends: list[Mend] = []
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._tokens, self._asked, self._answered = 0, 0, 0

    async def planned(self) -> Outline:
        """The whole outline. What the model leaves too large for a canvas is split, what is too small joined."""
        whole = await self._top()
        for _ in range(MOST_LEVELS - 1):
            large = [leaf for leaf in whole.leaves if leaf.budget > self._comfortable]
            if not large:
                break
            whole = await self._divided(whole, large)
        backend = self._backend
        return fitted(
            whole,
            self._request.words,
            tokens_per_word=backend.tokens_per_word,
            comfortable=backend.comfortable,
        )

    async def _top(self) -> Outline:
        request = self._request
        count, parts = count_of(request.words, self._size)
        facts = request.facts.items[:MOST_FACTS]
        question = worded("plan", **said(request), count=count, parts=parts, facts=facts)
        title = title_of(request.goal)
        outline = await self._outline(
            question, count, title=title, words=request.words, facts=request.facts, chapters=parts
        )
        sections, ledger = given_owners(outline.sections, outline.ledger, among=outline.leaves)
        return outline.changed(sections=sections, ledger=ledger)

    async def _divided(self, whole: Outline, large: Sequence[Section]) -> Outline:
        """The outline with its large sections divided, each by a question of its own, all of them at once."""
        lines = self._lines(whole)
        try:
            async with asyncio.TaskGroup() as group:
                tasks = {section.id: group.create_task(self._part(whole, section, lines)) for section in large}
        except ExceptionGroup as several:
            raise several.exceptions[0] from None
        whole = grafted(whole, {name: task.result() for name, task in tasks.items()})
        if len(whole.sections) > MOST_SECTIONS:
            raise PlannerError(
                f"the plan has {len(whole.sections):,} sections, more than {MOST_SECTIONS:,}; ask for fewer words"
            )
        return whole

    async def _part(self, whole: Outline, section: Section, lines: list[str]) -> Outline:
        """The plan of one section, told of the others. Items that are owned elsewhere are known to it."""
        own = whole.ledger.owned_by(section.id)
        others = [item for item in whole.ledger.items if item.owner != section.id]
        wanted = sorted(others, key=lambda item: item.id not in section.requires)[:MOST_FACTS]
        count = parts_of(section.budget, self._size)
        question = worded(
            "part",
            **said(self._request),
            outline=lines,
            count=count,
            budget=section.budget,
            title=section.title,
            topic=section.topic,
            brief=section.brief,
            own=own,
            others=wanted,
        )
        known = Ledger(items=tuple(item.changed(owner=None) for item in (*own, *others)))
        chapters = section.budget > MOST_AT_ONCE * self._size
        return await self._outline(
            question, count, title=section.title, words=section.budget, facts=known, chapters=chapters
        )

    def _lines(self, whole: Outline) -> list[str]:
        """The outline as it is shown, a line a section, not more lines than can be read."""
        shown = [one for one in whole.reading_order if len(whole.sections) <= MOST_LINES or one.parent is None]
        return [
            f"{'  ' * (whole.level(one.id) - 1)}- {one.title}{f': {one.topic}' if one.topic else ''}"
            for one in shown[:MOST_LINES]
        ]

    async def _outline(
        self, question: str, count: int, *, title: str, words: int, facts: Ledger, chapters: bool
    ) -> Outline:
        """The outline that is the answer to a question, asked again with the problem named while there is one."""
        first: list[Message] = [
            {"role": "system", "content": worded("contract")},
            {"role": "user", "content": question},
        ]
        messages, limit, problem = first, PLAN_TOKENS + SECTION_TOKENS * count, ""
        for turn in range(self._rounds):
            answer = await self._answer(messages, limit, seed_of(self._request.seed, f"{question}:{turn}"))
            try:
                return self._read(answer, title=title, words=words, facts=facts, chapters=chapters)
            except OutlineError as error:
                problem = str(error)
            if answer.cut:
                problem, limit = f"it was cut off after {limit} tokens, write less; {problem}", 2 * limit
            again = {"role": "user", "content": worded("again", problem=problem)}
            messages = [*first, {"role": "assistant", "content": answer.text[:MOST_REPEATED] or "-"}, again]
        raise PlannerError(
            f"the model gave no usable plan for '{title}' in {self._rounds} rounds; the last problem: {problem}. "
            "Use a stronger model, or give an outline file (--outline outline.yaml)",
            about=title,
        )

    def _read(self, answer: Answer, *, title: str, words: int, facts: Ledger, chapters: bool) -> Outline:
        if answer.data is None:
            raise OutlineError("there is no JSON object in the answer", rule="format")
        comfortable = None if chapters else self._comfortable
        found = outline_of(answer.data, title=title, words=words, facts=facts, comfortable=comfortable)
        self.mends += found.mends
        return found.outline

    async def _answer(self, messages: Sequence[Message], limit: int, seed: int) -> Answer:
        """One answer, when it is this question's turn. Raises PlannerError when the plan has had all its tokens."""
        self._asked += 1
        async with self._turns:
            if self._tokens >= MOST_TOKENS:
                raise PlannerError(f"the plan took more than {MOST_TOKENS:,} tokens and is not done; ask for less")
            self._tell()
            answer = await self._ask(messages, PLAN, limit, seed)
        self._tokens += answer.tokens or len(answer.text) // LETTERS_A_TOKEN
        self._answered += 1
        self._tell()
        return answer

    def _tell(self) -> None:
        if self._told is not None:
            self._told("planning", self._answered, self._asked)
