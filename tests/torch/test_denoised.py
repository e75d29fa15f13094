"""The probes, the texts and the arithmetic of benchmarks/model.py, on the tiny model."""

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch_helpers.drafting import drafter, write_drafter

from benchmarks.denoised.loads import pace, paces
from benchmarks.denoised.measures import length_score, repeated
from benchmarks.denoised.probes import Probed, Side, by_base, infilled, masked, untrained
from benchmarks.denoised.texts import asked, held_goals, holes_of, pairs_of, sample_of
from benchmarks.denoised.writing import perplexity, written
from hierdiff.testing.prose import prose
from hierdiff_torch import TorchBackend, load
from hierdiff_torch.training.layouts import IGNORED, infill_probe
from hierdiff_torch.training.texts import Sample

PAIRS = [(f"<|im_start|>user\nWrite {seed}.<|im_end|>\n", prose("river", seed, 30)) for seed in range(3)]
TEXT = Sample(tuple(range(10, 40)), 4, True)


@pytest.fixture(scope="module")
def probed() -> Probed:
    return untrained(load("tiny"), rank=2)


def test_a_section_of_the_wanted_length_has_the_full_score() -> None:
    assert length_score(4, "one two three four") == 100
    assert length_score(2, "one two three four five") == pytest.approx(50)
    assert length_score(4, "one two") == pytest.approx(50)
    assert length_score(4, "") == 0


def test_grams_that_stand_twice_in_one_text_are_repeated() -> None:
    assert repeated(["a b c d a b c d"]) == pytest.approx(1 / 5)
    assert repeated(["a b c d", "a b c d"]) == 0
    assert repeated([""]) == 0


def test_sections_are_taken_from_the_held_out_goals_in_turn() -> None:
    sections = asked(load("tiny"), 50, 80)
    goals = held_goals()
    assert len(sections) == 50
    assert [goal in one.prompt for (goal, _), one in zip(goals, sections, strict=False)] == [True] * len(goals)
    assert len({one.canvas.seed for one in sections}) == 50


def test_held_out_texts_are_read_and_tokenised_with_their_prompts(tmp_path: Path) -> None:
    path = tmp_path / "held.jsonl"
    path.write_text("".join(json.dumps({"prompt": a, "text": b + "\n"}) + "\n" for a, b in PAIRS), encoding="utf-8")
    assert pairs_of(path) == [(a, b.strip()) for a, b in PAIRS]
    model = load("tiny")
    sample = sample_of(*PAIRS[0], model)
    assert model.tokenizer.token_to_id("<|im_start|>") == sample.tokens[0]
    assert model.tokenizer.decode(list(sample.tokens[sample.given :])) == PAIRS[0][1]


def test_holes_are_whole_words_inside_a_sentence() -> None:
    model = load("tiny")
    holes = holes_of(PAIRS, model, 5, seed=0)
    assert holes == holes_of(PAIRS, model, 5, seed=0)
    assert 0 < len(holes) <= 5
    for sample, start, stop in holes:
        assert sample.given < start < stop < len(sample.tokens)
        hole = model.tokenizer.decode(list(sample.tokens[start:stop]))
        assert 1 <= len(hole.split()) <= 12


@pytest.mark.parametrize("side", ["window", "aside", "left"])
def test_a_hole_is_read_off_the_places_before_its_tokens(side: Side) -> None:
    found = infill_probe([(TEXT, 10, 13)], mask=99, reach=4, side=side)
    assert found.targets[found.targets != IGNORED].tolist() == list(TEXT.tokens[10:13])
    shown = [] if side != "window" else list(TEXT.tokens[13:17])
    assert found.noisy[0].tolist() == [TEXT.tokens[9], 99, 99, 99, *shown]
    seen = torch.cat((found.clean_positions[0], found.noisy_positions[0]))[found.noisy_seen[0, 0]]
    after = [place for place in seen.tolist() if place > 12]
    assert after == ([] if side == "left" else [13, 14, 15, 16])
    assert (found.taught[0, :3].tolist() == [9, 10, 11]) == (side == "left")


def test_a_hole_with_nothing_before_it_is_refused() -> None:
    with pytest.raises(ValueError, match="places 0 to 3"):
        infill_probe([(TEXT, 0, 3)], mask=99)


def test_a_blank_adapter_is_measured(probed: Probed) -> None:
    samples = [sample_of(*pair, probed.model) for pair in PAIRS]
    nats, right = masked(probed, samples, 4, 0.5)
    assert 0 < nats < 2 * math.log(probed.model.config.vocab_size)
    assert 0 <= right <= 1


def test_a_blank_adapter_guesses_a_first_token_as_the_base_does(probed: Probed) -> None:
    holes = holes_of(PAIRS, probed.model, 6, seed=1)
    left, base = infilled(probed, holes, "left"), by_base(probed, holes)
    assert left.tokens == sum(stop - start for _, start, stop in holes)
    assert base.tokens == len(holes)
    for one in (left, base, infilled(probed, holes, "window"), infilled(probed, holes, "aside")):
        assert 0 <= one.whole <= one.first1 <= one.first5 <= 1
        assert one.top1 <= one.top5


async def test_writing_counts_the_forwards_of_one_section() -> None:
    model = load("tiny")
    canvas = asked(model, 1, 8)[0].canvas
    backend = TorchBackend(model, rows=2)
    wrote = await written(backend, canvas)
    assert wrote.kept <= wrote.tokens <= wrote.forwards + 1
    assert await perplexity(backend, [canvas], ["some text"]) > 1
    assert await pace(backend, [canvas, canvas.changed(id="other")]) > 0
    await backend.close()


async def test_blocks_and_the_choice_are_timed_for_every_load(tmp_path: Path) -> None:
    model = drafter(write_drafter(tmp_path / "adapter.safetensors"))
    canvases = [one.canvas for one in asked(model, 2, 8)]
    found = await paces(model, canvases, [1, 2], [1, 2, None], rounds=2)
    assert set(found) == {(count, block) for count in (1, 2) for block in (1, 2, None)}
    assert all(len(one) == 2 and min(one) > 0 for one in found.values())


def test_the_benchmark_says_what_it_does() -> None:
    runner = Path(__file__).parents[2] / "benchmarks" / "model.py"
    done = subprocess.run([sys.executable, str(runner), "--help"], capture_output=True, text=True, check=True)
    assert "--data" in done.stdout
