"""Dream: full attention, shifted logits, one window over all masks there are."""

from benchmarks.golden import policies
from benchmarks.golden.case import Broken, Case
from benchmarks.golden.draws import flattened
from benchmarks.golden.llada import canvas
from benchmarks.golden.plan import HOLE, Ends, Plan, seeded
from benchmarks.golden.sampling import sampling
from hierdiff_torch.denoising import Denoising
from hierdiff_torch.policies import Policy

_SCORES: dict[str, policies.Score] = {
    "maskgit_plus": "probability",
    "topk_margin": "margin",
    "entropy": "entropy",
}


def dream(case: Case) -> Plan:
    """Dream's sampler, with NVlabs' `confidence_threshold` besides."""
    lines = canvas(case, case.count("max_new_tokens", 0), left=True)
    policy = _policy(case)
    denoising = Denoising(policy, block=0, origin="absolute", attention="full", shift=True, scope="masked", leave=False)
    candidates = sampling(
        case.number("temperature", 0.0),
        noise="multinomial",
        top_k=case.count("top_k", 0),
        top_p=case.number("top_p", 1.0),
        first="top_p",
        filtered=True,
    )
    draws = seeded(case)
    if len(lines) > 1 and (case.number("temperature", 0.0) > 0 or case.settings.get("alg_temp")):
        if case.settings.get("alg") == "origin" or case.settings.get("alg_temp"):
            raise Broken("several rows of Dream draw in an order that is not known")
        masks = [line.tokens.count(HOLE) for line in lines]
        draws = flattened(case.seed, policy, max(masks), masks, ["exponential"])
    pad = next(iter(case.ids("pad_id")), 0)
    return Plan(lines, denoising, candidates, Ends(pad=pad), draws)


def _policy(case: Case) -> Policy:
    steps, name = case.count("steps"), case.settings.get("alg", "origin")
    if name == "origin":
        return policies.origin(steps, case.number("eps", 1e-3))
    if name == "confidence_threshold":
        return policies.delayed(steps, case.number("threshold", 0.9))
    if name not in _SCORES:
        raise Broken(f"alg {name!r} is not known")
    warmth = case.number("alg_temp", 0.0)
    return policies.scheduled(
        steps, schedule="dream", eps=case.number("eps", 1e-3), score=_SCORES[str(name)], warmth=warmth
    )
