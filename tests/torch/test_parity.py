"""Golden generations: the engine writes, step by step, what each family's own sampler wrote.

The cases and checkpoints were made with the families' reference code; `benchmarks/parity.py` runs any folder of them.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch_helpers.parity import FOLDER

from benchmarks.golden.case import Broken, paths, read_case, title
from benchmarks.golden.compare import compared
from benchmarks.golden.draws import Cached, Window, lockstep
from benchmarks.golden.families import translated
from benchmarks.golden.forwards import from_forwards
from benchmarks.golden.plan import grouped, result
from benchmarks.golden.run import run
from hierdiff_torch.draws import Seeded
from hierdiff_torch.policies import Scheduled

PATHS = paths(FOLDER)
NAMES = [title(FOLDER, path) for path in PATHS]
IGNORED = "fastdllm_v2/INFO_prompt_equals_block"
"""The reference ignores the prompt of this case, so that its forwards are no rows with a prompt."""


@pytest.mark.parametrize("path", PATHS, ids=NAMES)
def test_the_engine_writes_what_the_reference_wrote(path: Path) -> None:
    """Tokens, the steps they were written in, confidences and edits."""
    torch.set_num_threads(1)
    report = run(FOLDER, path)
    assert report.verdict in ("ok", "informational"), report.why
    assert report.tokens or report.verdict == "informational"


@pytest.mark.parametrize("path", PATHS, ids=NAMES)
def test_what_a_case_wrote_is_what_it_holds(path: Path) -> None:
    """Its steps, put into the rows of its plan, give its result: places are counted as the reference counts them."""
    case = from_forwards(read_case(FOLDER, path))
    plan = translated(case)
    rows = [tuple(row) for row in result(case, plan, grouped(case, plan))]
    assert (rows == list(case.expected)) is (case.name != IGNORED)


def test_another_token_and_another_confidence_are_found() -> None:
    """A comparison that finds nothing would prove nothing."""
    path = FOLDER / "cases" / "llada" / "full_nondiv.json"
    case = read_case(FOLDER, path)
    plan = translated(case)
    rows = grouped(case, plan)
    assert compared(case, plan, rows).steps and not compared(case, plan, rows).why
    first = rows[0][0][0]
    for changed in (
        {"token": first.token + 1},
        {"place": 0},
        {"old": 1},
    ):
        other = [[[_changed(first, changed), *rows[0][0][1:]], *rows[0][1:]]]
        found = compared(case, plan, other)
        assert not found.steps and "step 0" in found.why
        assert bool(found.broken) is ("place" in changed)
    assert first.sure is not None
    far = compared(case, plan, [[[_changed(first, {"sure": first.sure + 0.5}), *rows[0][0][1:]], *rows[0][1:]]])
    assert far.steps and far.sure == pytest.approx(0.5)


def _changed(one: Any, fields: dict[str, Any]) -> Any:
    return type(one)(**{name: fields.get(name, getattr(one, name)) for name in one.__slots__})


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"family": "unheard"}, "family 'unheard' is not known"),
        ({"checkpoint": "unheard"}, "checkpoint unheard is missing"),
        ({"settings": None}, "a field is not as it should be"),
        ({"commits": [[[7, 0, 0, 0.5]]]}, "a step writes a row that is none of the 1"),
        ({"dtype": "float23"}, "dtype 'float23' is not known"),
    ],
)
def test_a_bad_case_is_reported(tmp_path: Path, change: dict[str, Any], why: str) -> None:
    """What cannot be run fails with its reason, without a traceback."""
    fields = json.loads((FOLDER / "cases" / "llada" / "full_nondiv.json").read_text("utf-8")) | change
    (tmp_path / "cases").mkdir()
    (tmp_path / "llada").symlink_to(FOLDER / "llada")
    path = tmp_path / "cases" / "bad.json"
    path.write_text(json.dumps(fields), encoding="utf-8")
    report = run(tmp_path, path)
    assert report.verdict == "FAILED" and why in report.why


@pytest.mark.parametrize("text", ["", "{", "[]", "{}"])
def test_a_broken_file_is_reported(tmp_path: Path, text: str) -> None:
    """Also one that is no case at all."""
    path = tmp_path / "bad.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Broken):
        read_case(tmp_path, path)
    assert run(tmp_path, path).verdict == "FAILED"


def test_the_runner_says_what_failed(tmp_path: Path) -> None:
    """A line a case, a summary, one JSON object as the last line, and an exit code."""
    (tmp_path / "cases" / "llada").mkdir(parents=True)
    (tmp_path / "checkpoints").symlink_to(FOLDER)
    good = (FOLDER / "cases" / "llada" / "one_step_per_block.json").read_text("utf-8")
    (tmp_path / "cases" / "llada" / "good.json").write_text(good, encoding="utf-8")
    (tmp_path / "cases" / "llada" / "torn.json").write_text(good[:99], encoding="utf-8")
    runner = [sys.executable, str(Path(__file__).parents[2] / "benchmarks" / "parity.py"), str(tmp_path), "--json"]
    for only, code, ok, failed in (("llada/*", 1, 1, 1), ("llada/g*", 0, 1, 0)):
        done = subprocess.run([*runner, "--only", only], capture_output=True, text=True, check=False)
        figures = json.loads(done.stdout.splitlines()[-1])
        assert (done.returncode, figures["ok"], figures["FAILED"]) == (code, ok, failed), done.stdout + done.stderr
        assert "Traceback" not in done.stdout + done.stderr


def test_rows_take_their_shares_of_what_a_batch_draws() -> None:
    """Whatever the order in which rows ask: one draw a step for all of them, pads and all."""
    windows = [Window(6, (2, 4), ((2, 4), (0, 6))), Window(6, (4, 4), ((2, 4), (0, 6)))]
    first, second = lockstep(5, Scheduled(2), 4, windows, ["uniform", "ranks"])()
    generator = torch.Generator().manual_seed(5)
    noise, ranks = [], []
    for _ in range(4):
        noise.append(torch.rand((2, 6, 9), dtype=torch.float64, generator=generator))
        ranks.append(torch.rand((2, 6), generator=generator))
    for step in range(4):
        assert torch.equal(second.uniform(6, 9), noise[step][1])
        assert torch.equal(second.ranks(6), ranks[step][1])
    for step in range(4):
        assert torch.equal(first.uniform(4, 9), noise[step][0, 2:])
    with pytest.raises(Broken, match="the reference for 4"):
        lockstep(5, Scheduled(2), 4, windows, ["uniform"])()[0].uniform(6, 9)


def test_the_needless_forward_of_a_cache_draws() -> None:
    """The reference runs a block that its first forward finished once more, and draws, with a prefix cache twice."""
    for twice, more in ((False, [4]), (True, [8, 8])):
        ours = Cached(3, whole=10, prompt=2, block=4, twice=twice)
        theirs = Seeded(3)
        assert torch.equal(ours.uniform(10, 5), theirs.uniform(10, 5))
        for places in more:
            theirs.uniform(places, 5)
        assert torch.equal(ours.uniform(10, 5), theirs.uniform(10, 5))
        if twice:
            theirs.uniform(4, 5)
        assert torch.equal(ours.uniform(4, 5), theirs.uniform(4, 5))
