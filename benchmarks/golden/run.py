"""Run: one case from its file to a line of the report."""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import torch

from benchmarks.golden import compare, gemma, logits
from benchmarks.golden.case import Broken, Case, read_case, title
from benchmarks.golden.families import translated
from benchmarks.golden.forwards import from_forwards
from benchmarks.golden.play import play
from hierdiff.errors import HierdiffError
from hierdiff_torch.models.checkpoint import read_checkpoint
from hierdiff_torch.models.loaded import Loaded
from hierdiff_torch.models.tiny import byte_tokenizer
from hierdiff_torch.models.told import Given


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a case: ok, FAILED, informational or not run. `why` says more where more is to be said."""

    name: str
    verdict: str
    why: str = ""
    tokens: bool | None = None
    sure: float | None = None
    logits: float | None = None
    forwards: int | None = None
    nfe: int | None = None


def run(folder: Path, path: Path, *, quick: bool = False) -> Report:
    """The report of a case. Never raises: what goes wrong is in the report."""
    name = title(folder, path)
    try:
        case = from_forwards(read_case(folder, path))
        if quick and (case.nfe or 0) > QUICK:
            return Report(name, "not run", f"more than {QUICK} forwards", nfe=case.nfe)
        return _report(case)
    except (Broken, HierdiffError) as error:
        return Report(name, "FAILED", str(error))
    except Exception as error:  # one bad case must not end the run
        return Report(name, "FAILED", f"{type(error).__name__}: {error}")


QUICK = 40
"""Cases of more forwards are left out of a quick run."""


def _report(case: Case) -> Report:
    if not case.prompts:
        return _forward_only(case)
    if case.family == "diffusion_gemma":
        return _canvases(case)
    plan = translated(case)
    model = _model(case.folder, case.checkpoint, case.mask, case.dtype)
    played = play(plan, model)
    found = compare.compared(case, plan, played.rows)
    pads = [line.before for line in plan.lines]
    denoising = plan.denoising
    block = denoising.block or 1
    worst = logits.difference(case, model, denoising.attention, block, pads)
    faults = [found.broken, *_faults(case, found, worst)]
    why = "; ".join(fault for fault in faults if fault)
    verdict = "FAILED" if why else "ok"
    if case.informational and not why:
        verdict, why = "informational", plan.differs or ("" if found.tokens else found.why)
    return Report(case.name, verdict, why, found.tokens, found.sure, worst, played.forwards, case.nfe)


def _canvases(case: Case) -> Report:
    """A case of canvases of random tokens."""
    model = _model(case.folder, case.checkpoint, None, case.dtype)
    found = gemma.outcome(case, model)
    why = found.why or (f"logits differ by {found.logits:.1e}" if found.logits > gemma.CLOSE else "")
    return Report(case.name, "FAILED" if why else "ok", why, found.tokens, None, found.logits, found.forwards, case.nfe)


def _faults(case: Case, found: compare.Compared, worst: float | None) -> list[str]:
    """What is not as it has to be: nothing but the logits if a case is only for information."""
    exact = case.dtype == "float32"
    limit = logits.CLOSE if exact else logits.ROUGH
    faults = [f"logits differ by {worst:.1e}"] if worst is not None and worst > limit else []
    if case.informational or not exact or not case.robust:
        return faults
    if not (found.tokens and found.steps):
        faults.insert(0, found.why)
    if found.sure > compare.CLOSE:
        faults.append(f"confidence differs by {found.sure:.1e}")
    return faults


def _forward_only(case: Case) -> Report:
    """A case that has logits and nothing else."""
    if not case.logits:
        raise Broken("has neither prompts nor logits")
    if case.settings.get("sample_mode") is False:
        return Report(case.name, "not run", "the layout of training, which no sampler uses")
    model = _model(case.folder, case.checkpoint, case.mask, case.dtype)
    config = json.loads((_checkpoint(case.folder, case.checkpoint) / "config.json").read_text("utf-8"))
    attention = "block" if config.get("cross_attn") else "full"
    worst = logits.difference(case, model, attention, case.count("block_size", 1), [])
    far = worst is not None and worst > logits.CLOSE
    return Report(case.name, "FAILED" if far else "ok", "logits differ" if far else "", logits=worst)


def _checkpoint(folder: Path, name: str) -> Path:
    """A checkpoint's folder: in `checkpoints`, or beside the cases."""
    for found in (folder / "checkpoints" / name, folder / name):
        if (found / "config.json").is_file():
            return found
    raise Broken(f"checkpoint {name} is missing")


@lru_cache(maxsize=4)
def _model(folder: Path, name: str, mask: int | None, dtype: str) -> Loaded:
    """A checkpoint; none has a tokenizer, so one of bytes is given.

    The reference was cast to a short format as a whole, which rounds the frequencies of the rotation too. The library
    keeps those in float32; here they are rounded as theirs were.
    """
    given = Given(tokenizer=byte_tokenizer(), mask=mask)
    kind = getattr(torch, dtype, None)
    if not isinstance(kind, torch.dtype):
        raise Broken(f"dtype {dtype!r} is not known")
    model = read_checkpoint(_checkpoint(folder, name), dtype=kind, device=torch.device("cpu"), given=given)
    if kind is not torch.float32:
        cast(Any, model.body).rotary_emb.to(kind)
    return model
