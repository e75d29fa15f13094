"""Families: which translation a case takes."""

from collections.abc import Callable

from benchmarks.golden.blocks import causal, fastdllm_v2, llada20, llada21, sdar
from benchmarks.golden.case import Broken, Case
from benchmarks.golden.dllm import bd3lm, mdlm
from benchmarks.golden.dream import dream
from benchmarks.golden.llada import fastdllm_v1, llada
from benchmarks.golden.plan import Plan

FAMILIES: dict[str, Callable[[Case], Plan]] = {
    "llada": llada,
    "lladamoe": llada,
    "fastdllm_v1": fastdllm_v1,
    "dream": dream,
    "sdar": sdar,
    "sdar_moe": sdar,
    "llada2.0": llada20,
    "llada2.1": llada21,
    "fastdllm_v2": fastdllm_v2,
    "llama-ar": causal,
}
DLLM = ("a2d-", "modernbert")
"""How families begin that dLLM's own samplers serve; they serve others, too."""


def translated(case: Case) -> Plan:
    """A case as rows of the engine. Raises Broken if the family or a setting is not known."""
    if not case.prompts:
        raise Broken("has no prompts")
    own = {"mode", "steps_per_block"} & case.settings.keys()
    if case.family.startswith(DLLM) or (case.family in FAMILIES and own):
        return (mdlm if "mode" in case.settings else bd3lm)(case)
    if case.family not in FAMILIES:
        raise Broken(f"family {case.family!r} is not known")
    return FAMILIES[case.family](case)
