"""Families whose blocks are counted from the first token: SDAR, LLaDA2.x, Fast-dLLM v2, and plain causal models."""

from dataclasses import replace

from benchmarks.golden import policies
from benchmarks.golden.case import Broken, Case
from benchmarks.golden.plan import HOLE, Ends, Line, Plan, seeded
from benchmarks.golden.sampling import sampling
from hierdiff_torch.denoising import Denoising
from hierdiff_torch.policies import Policy, Threshold


def _lines(case: Case, total: int) -> tuple[Line, ...]:
    """Prompts, and holes up to so many tokens."""
    if len(case.prompts) != 1:
        raise Broken(f"{len(case.prompts)} rows; the reference takes one")
    prompt = case.prompts[0]
    if case.mask in prompt:
        raise Broken("a mask in a prompt; the reference fills none there")
    return (Line((*prompt, *[HOLE] * (total - len(prompt)))),)


def _blocks(policy: Policy, size: int, *, leave: bool = False) -> Denoising:
    return Denoising(
        policy, block=size, origin="absolute", attention="block", kept="block", shift=False, scope="window", leave=leave
    )


def _rounded(case: Case, size: int) -> int:
    return -(-(len(case.prompts[0]) + case.count("gen_length")) // size) * size


def sdar(case: Case) -> Plan:
    """SDAR: all blocks are filled, in whole, until a stop token stands in one of them."""
    size = case.count("block_length")
    greedy = bool(case.settings.get("greedy"))
    candidates = sampling(
        0.0 if greedy else case.number("temperature", 1.0),
        noise="multinomial",
        top_k=0 if greedy else case.count("top_k", 0),
        top_p=1.0 if greedy else case.number("top_p", 1.0),
        filtered=not greedy,
    )
    ends = Ends(case.ids("stopping_criteria_idx"), size=size, absolute=True)
    denoising = _blocks(_strategy(case), size)
    differs = "prompt and filled tokens stay as they are" if case.informational else ""
    return Plan(_lines(case, _rounded(case, size)), denoising, candidates, ends, seeded(case), differs)


def _strategy(case: Case) -> Policy:
    name, steps = case.settings.get("remasking_strategy"), case.count("denoising_steps")
    if name == "low_confidence_dynamic":
        return policies.threshold(case.number("confidence_threshold"), steps=steps)
    if name == "low_confidence_static":
        return policies.scheduled(steps, of="block")
    if name == "sequential":
        return policies.scheduled(steps, of="block", score="order")
    raise Broken(f"remasking_strategy {name!r} is not known")


def _llada2(case: Case, policy: Policy, *, stops: bool, leave: bool) -> Plan:
    size, eos = case.count("block_length"), case.ids("eos_id")
    candidates = sampling(
        case.number("temperature", 0.0),
        noise="multinomial",
        top_k=case.count("top_k", 0),
        top_p=case.number("top_p", 1.0),
        filtered=True,
    )
    if case.number("temperature", 0.0) == 0:
        candidates = replace(candidates, top_k=0, top_p=1.0)
    ends = Ends(
        eos if stops else frozenset(),
        size=size,
        absolute=True,
        whole=False,
        skip=True,
        most=case.count("gen_length"),
        cut=eos,
    )
    denoising = _blocks(policy, size, leave=leave)
    differs = "bfloat16 rounds otherwise" if case.dtype != "float32" else ""
    return Plan(_lines(case, _rounded(case, size)), denoising, candidates, ends, seeded(case), differs)


def llada20(case: Case) -> Plan:
    """LLaDA2.0: as SDAR's dynamic strategy, and it stops after a block with an end token."""
    steps = min(case.count("steps"), case.count("gen_length") // case.count("minimal_topk", 1))
    policy = policies.threshold(case.number("threshold"), steps=steps)
    return _llada2(case, policy, stops=True, leave=bool(case.settings.get("eos_early_stop")))


def llada21(case: Case) -> Plan:
    """LLaDA2.1: filled places are changed, too; it stops early only if asked to."""
    policy = policies.editing(
        case.number("threshold"),
        case.number("editing_threshold"),
        most=case.count("max_post_steps", 16),
        least=case.count("num_to_transfer", 1),
    )
    return _llada2(case, policy, stops=bool(case.settings.get("eos_early_stop")), leave=False)


def fastdllm_v2(case: Case) -> Plan:
    """Fast-dLLM v2: the last token of a block gives the first of the next, which is where the text ends, too."""
    size, prompt = case.count("block_size"), len(case.prompts[0])
    total = (prompt // size + case.count("max_new_tokens") // size) * size + 1
    stops = frozenset(one for one in case.ids("stop_token") if one >= 0)
    warm = case.number("temperature", 0.0)
    candidates = sampling(
        warm, noise="multinomial", top_p=case.number("top_p", 1.0) if warm > 0 else 1.0, filtered=warm > 0
    )
    denoising = Denoising(
        policies.threshold(case.number("threshold")),
        block=size,
        origin="absolute",
        sub=case.count("small_block_size", size),
        attention="block",
        kept="block",
        shift=True,
        lead=True,
        reuse="dual" if case.settings.get("use_block_cache") else "exact",
        scope="window",
        leave=bool(stops),
    )
    ends = Ends(stops, size=size, absolute=True, whole=False, cut=stops)
    differs = "the reference ignores a prompt of exactly one block" if prompt == size else ""
    return Plan(_lines(case, total), denoising, candidates, ends, seeded(case), differs)


def causal(case: Case) -> Plan:
    """A plain causal model: one token after the other."""
    if case.settings.get("do_sample"):
        raise Broken("only greedy decoding is known")
    eos = case.ids("eos_id")
    ends = Ends(eos, size=1, whole=False)
    denoising = Denoising(Threshold(), block=1, leave=False)
    total = len(case.prompts[0]) + case.count("max_new_tokens")
    return Plan(_lines(case, total), denoising, sampling(0.0), ends, seeded(case))
