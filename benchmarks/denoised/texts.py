"""Held-out goals as canvases, held-out section texts as samples, and sentences with holes in them."""

import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hierdiff.budget import budgeted
from hierdiff.canvas import Canvas
from hierdiff.context.contexts import Contexts
from hierdiff.outline import Outline, Section
from hierdiff.prompts import Templates
from hierdiff.request import Request
from hierdiff.seeds import seed_of
from hierdiff_torch.models.loaded import Loaded
from hierdiff_torch.training.texts import Sample
from hierdiff_torch.vocabulary import Vocabulary

GOALS = Path(__file__).parents[2] / "training" / "goals.txt"
LENGTH = 512
"""Tokens of a held-out text with its prompt, at most."""
MOST_WORDS = 12
"""Words of the longest hole."""
_SENTENCE = re.compile(r"[^.!?\n]+[.!?]")


@dataclass(frozen=True, slots=True)
class Asked:
    """A section to write: its canvas, and the prompt as one text with the markers of the model's chat."""

    canvas: Canvas
    prompt: str


def held_goals(path: Path = GOALS) -> list[tuple[str, list[str]]]:
    """The goals that are never trained on, each with its section titles."""
    lines = path.read_text(encoding="utf-8").splitlines()
    found = [line.removeprefix("held: ").split(": ", 1) for line in lines if line.startswith("held: ")]
    return [(goal, titles.split("; ")) for goal, titles in found]


def asked(model: Loaded, count: int, words: int, seed: int = 0) -> list[Asked]:
    """Up to `count` sections of held-out goals, a section of each goal in turn, with the Writer's prompts."""
    vocabulary = Vocabulary(model.tokenizer, model.family, model.config.vocab_size)
    documents: list[list[Asked]] = []
    for goal, titles in held_goals():
        sections = tuple(Section(id=f"s{number}", title=title, order=number) for number, title in enumerate(titles))
        outline = budgeted(Outline(title=goal, sections=sections), words * len(titles))
        contexts = Contexts(Request(goal=goal, words=words * len(titles), seed=seed), outline, Templates())
        documents.append([_asked(contexts, goal, leaf, model, vocabulary, seed) for leaf in outline.leaves])
    longest = max(map(len, documents))
    turns = [document[turn] for turn in range(longest) for document in documents if turn < len(document)]
    return turns[:count]


def _asked(contexts: Contexts, goal: str, leaf: Section, model: Loaded, vocabulary: Vocabulary, seed: int) -> Asked:
    width = round(leaf.budget * round(vocabulary.tokens_per_word, 3))
    own, chat = contexts.own(leaf, {}), model.family.chat
    seed = seed_of(seed, f"{goal}:{leaf.id}")
    canvas = Canvas.open(leaf.id, width=width, shared=contexts.shared, own=own, seed=seed)
    system = chat.system[0] + contexts.shared + chat.system[1]
    return Asked(canvas, system + chat.user[0] + own + chat.user[1] + chat.assistant)


def pairs_of(path: Path) -> list[tuple[str, str]]:
    """Prompts and texts, as training/samples.py --held writes them."""
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [(line["prompt"], line["text"].strip()) for line in lines]


def sample_of(prompt: str, text: str, model: Loaded) -> Sample:
    """A held-out text as tokens, whole but for what is longer than `LENGTH`."""
    vocabulary = Vocabulary(model.tokenizer, model.family, model.config.vocab_size)
    before = vocabulary.markers(prompt)
    tokens = (*before, *vocabulary.encode(text))
    return Sample(tokens[:LENGTH], len(before), len(tokens) <= LENGTH)


def holes_of(pairs: Sequence[tuple[str, str]], model: Loaded, most: int, seed: int) -> list[tuple[Sample, int, int]]:
    """Up to `most` sentences of held-out texts, each with a hole of 1 to 12 whole words that leaves a word of the
    sentence on either side. A hole is the tokens that its words touch, counted from the sample's first."""
    draws = random.Random(seed)
    vocabulary = Vocabulary(model.tokenizer, model.family, model.config.vocab_size)
    found: list[tuple[Sample, int, int]] = []
    for prompt, text in pairs:
        sample, offsets = sample_of(prompt, text, model), vocabulary.offsets(text)
        if (
            tuple(token for token, _, _ in offsets)[: len(sample.tokens) - sample.given]
            != sample.tokens[sample.given :]
        ):
            continue
        for sentence in _SENTENCE.finditer(text):
            words = list(re.finditer(r"\S+", text[: sentence.end()][sentence.start() :]))
            if len(words) < 4:
                continue
            count = draws.randint(1, min(MOST_WORDS, len(words) - 2))
            first = draws.randint(1, len(words) - 1 - count)
            begin = sentence.start() + words[first].start()
            end = sentence.start() + words[first + count - 1].end()
            mine = [place for place, (_, start, stop) in enumerate(offsets) if start < end and stop > begin]
            hole = sample.given + mine[0], sample.given + mine[-1] + 1
            if hole[1] < len(sample.tokens):
                found.append((sample, *hole))
    draws.shuffle(found)
    return found[:most]
