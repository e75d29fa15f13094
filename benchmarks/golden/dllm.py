"""dLLM's samplers for masked (MDLM) and block diffusion (BD3LM): A2D, BERT-chat and others."""

from benchmarks.golden import policies
from benchmarks.golden.case import Broken, Case
from benchmarks.golden.draws import Window, lockstep
from benchmarks.golden.llada import canvas, kinds, score, whole_windows
from benchmarks.golden.plan import HOLE, Ends, Line, Plan, seeded
from benchmarks.golden.sampling import sampling
from hierdiff_torch.denoising import Denoising
from hierdiff_torch.policies import Policy
from hierdiff_torch.sampling import Sampling


def _policy(case: Case, steps: int) -> Policy:
    chance = case.settings.get("stochastic_transfer")
    return policies.scheduled(steps, schedule="binomial" if chance else "linear", score=score(case))


def _sampling(case: Case) -> Sampling:
    return sampling(
        case.number("temperature", 0.0),
        suppressed=case.ids("suppress_tokens"),
        unsure=case.ids("begin_suppress_tokens"),
    )


def _pad(case: Case, *names: str) -> int:
    return next((one for name in names for one in case.ids(name)), 0)


def mdlm(case: Case) -> Plan:
    """Text after prompts, or (`mode` infill) in the masks of the prompts."""
    mode = case.settings.get("mode")
    if mode not in ("sample", "infill"):
        raise Broken(f"mode {mode!r} is not known")
    infill = mode == "infill"
    count = 0 if infill else case.count("max_new_tokens")
    lines = canvas(case, count, left=False)
    most = max(len(line.tokens) for line in lines)
    size = case.count("block_size", most if infill else count)
    steps = -(-case.count("steps") // -(-(most if infill else count) // size))
    policy = _policy(case, steps)
    denoising = Denoising(
        policy,
        block=size,
        origin="absolute" if infill else "canvas",
        attention="full",
        shift=bool(case.settings.get("right_shift_logits")),
        guidance=case.number("cfg_scale", 0.0),
        plain=case.ids("cfg_keep_tokens"),
        scope="block",
        leave=False,
    )
    draws = seeded(case)
    if len(lines) > 1 and kinds(case):
        windows = _infilled(lines, size) if infill else whole_windows(lines, count, size)
        draws = lockstep(case.seed, policy, size, windows, kinds(case))
    return Plan(lines, denoising, _sampling(case), Ends(pad=_pad(case, "eos_id", "pad_id")), draws)


def _infilled(lines: tuple[Line, ...], size: int) -> list[Window]:
    """Windows over whole rows, with the masks that each row has in them."""
    places = max(len(line.tokens) for line in lines)
    own = tuple((line.before, len(line.tokens)) for line in lines)
    return [
        Window(places, tuple(line.tokens[start : start + size].count(HOLE) for line in lines), own)
        for start in range(0, places, size)
    ]


def bd3lm(case: Case) -> Plan:
    """Blocks after prompts, each seeing those before it. Generation goes on until every row has its end token. A pad
    token is not seen, also if it was generated."""
    count, size = case.count("max_new_tokens"), case.count("block_size")
    steps = case.count("steps_per_block", -(-case.count("steps", 1) // -(-count // size)))
    most = -(-max(map(len, case.prompts)) // size) * size
    lines = tuple(Line((*prompt, *[HOLE] * count), before=most - len(prompt)) for prompt in case.prompts)
    policy = _policy(case, steps)
    denoising = Denoising(
        policy,
        block=size,
        attention="block",
        kept="block",
        shift=bool(case.settings.get("right_shift_logits")),
        guidance=case.number("cfg_scale", 0.0),
        plain=case.ids("cfg_keep_tokens"),
        scope="window",
        leave=False,
        dropped=case.ids("pad_id"),
    )
    draws = seeded(case)
    if len(lines) > 1 and kinds(case):
        widths = [min(size, count - start) for start in range(0, count, size)]
        windows = [Window(width, (width,) * len(lines), ((0, width),) * len(lines)) for width in widths]
        draws = lockstep(case.seed, policy, size, windows, kinds(case))
    ends = Ends(case.ids("eos_id"), size=size, whole=False, pad=_pad(case, "pad_id", "eos_id"))
    return Plan(lines, denoising, _sampling(case), ends, draws)
