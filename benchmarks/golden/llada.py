"""LLaDA and Fast-dLLM v1: full attention, windows from the end of the prompt."""

from collections.abc import Callable

from benchmarks.golden import policies
from benchmarks.golden.case import Broken, Case
from benchmarks.golden.draws import Cached, Kind, Window, lockstep
from benchmarks.golden.plan import HOLE, Ends, Line, Plan, seeded
from benchmarks.golden.sampling import sampling
from hierdiff_torch.denoising import Denoising
from hierdiff_torch.draws import Draws
from hierdiff_torch.policies import Policy


def score(case: Case) -> policies.Score:
    """What `remasking` ranks by."""
    found = case.settings.get("remasking", "low_confidence")
    if found not in ("low_confidence", "random"):
        raise Broken(f"remasking {found!r} is not known")
    return "random" if found == "random" else "probability"


def kinds(case: Case) -> list[Kind]:
    """What a step draws."""
    noise: list[Kind] = ["uniform"] if case.number("temperature", 0.0) > 0 else []
    order: list[Kind] = ["ranks"] if score(case) == "random" else []
    return noise + order


def canvas(case: Case, count: int, left: bool) -> tuple[Line, ...]:
    """Prompts and so many holes after each, with pads on the left or on the right where prompts differ in length."""
    most = max(map(len, case.prompts))
    pads = [most - len(prompt) for prompt in case.prompts]
    tokens = [tuple(HOLE if one == case.mask else one for one in prompt) + (HOLE,) * count for prompt in case.prompts]
    return tuple(
        Line(row, before=pad if left else 0, after=0 if left else pad) for row, pad in zip(tokens, pads, strict=True)
    )


def whole_windows(lines: tuple[Line, ...], count: int, size: int) -> list[Window]:
    """Windows of the places after the prompts, where every step draws for the whole canvas."""
    places = len(lines[0].tokens) + lines[0].before + lines[0].after
    own = tuple((line.before, len(line.tokens)) for line in lines)
    return [
        Window(places, tuple(min(size, count - start) for _ in lines), own) for start in range(0, count, max(1, size))
    ]


def llada(case: Case) -> Plan:
    """LLaDA's own sampler."""
    count, size = case.count("gen_length"), case.count("block_length")
    steps = case.count("steps") // max(1, count // size)
    eos, eot = case.ids("eos_id"), case.ids("eot_id")
    warm = case.number("temperature", 0.0)
    lines = canvas(case, count, left=True)
    policy = policies.scheduled(steps, score=score(case))
    guided = case.number("cfg_scale", 0.0)
    denoising = Denoising(
        policy, block=size, attention="full", shift=False, scope="block", guidance=guided, leave=False
    )
    candidates = sampling(
        warm,
        suppressed=eos if case.settings.get("logits_eos_inf") else (),
        unsure=(eot if warm > 0 else eos | eot) if case.settings.get("confidence_eos_eot_inf") else (),
    )
    draws = seeded(case)
    if (len(lines) > 1 or steps > size) and kinds(case):
        draws = lockstep(case.seed, policy, size, whole_windows(lines, count, size), kinds(case))
    pad = next(iter(case.ids("pad_id") or eos), 0)
    return Plan(lines, denoising, candidates, Ends(pad=pad), draws)


def fastdllm_v1(case: Case) -> Plan:
    """Both samplers of Fast-dLLM for LLaDA: NVlabs' own (`gen_length`) and dLLM's (`max_new_tokens`)."""
    own = "gen_length" in case.settings
    count = case.count("gen_length" if own else "max_new_tokens")
    size = case.count("block_length" if own else "block_size")
    windows = -(-count // size)
    steps = case.count("steps") // windows if own else -(-case.count("steps") // windows)
    cache = case.settings.get("cache", "none")
    if cache not in ("none", "prefix", "dual"):
        raise Broken(f"cache {cache!r} is not known")
    reuse = "exact" if cache == "none" else cache
    denoising = Denoising(
        _chosen(case, steps, own), block=size, attention="full", shift=False, reuse=reuse, scope="run", leave=False
    )
    lines = canvas(case, count, left=False)
    draws = seeded(case)
    if own and reuse != "exact":
        draws = _cached(case, lines[0], size, twice=reuse == "prefix")
    elif len(lines) > 1 and kinds(case):
        raise Broken("several rows of Fast-dLLM draw in an order that is not known")
    candidates = sampling(case.number("temperature", 0.0))
    differs = "the reference lets tokens see another row's pads" if len(lines) > 1 else ""
    pad = next(iter(case.ids("eos_id")), 0)
    return Plan(lines, denoising, candidates, Ends(pad=pad), draws, differs)


def _cached(case: Case, line: Line, size: int, *, twice: bool) -> Callable[[], list[Draws]]:
    whole, prompt = len(line.tokens), len(case.prompts[0])
    return lambda: [Cached(case.seed, whole=whole, prompt=prompt, block=size, twice=twice)]


def _chosen(case: Case, steps: int, own: bool) -> Policy:
    by = score(case)
    if case.settings.get("threshold") is not None:
        return policies.threshold(case.number("threshold"), inclusive=True, score=by)
    if case.settings.get("factor") is not None:
        return policies.factor(case.number("factor"), score=by)
    return policies.scheduled(steps, schedule="even" if own else "linear", score=by)
