"""Policies against the reference samplers: the places they choose on fixed logits, case by case.

The cases are data in `parity/oracles`: inputs, settings, and what the reference did. Logits named `_ties` hold equal
rows, of which the reference may take another one.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from hierdiff_torch.draws import Seeded
from hierdiff_torch.policies.editing import TokenEditing, lowered
from hierdiff_torch.policies.insdel import InsertionDeletion
from hierdiff_torch.policies.scheduled import Scheduled
from hierdiff_torch.policies.threshold import Factor, Hierarchical, Threshold
from hierdiff_torch.policies.view import Policy, View
from hierdiff_torch.sampling import Candidates, Sampling, candidates

FOLDER = Path(__file__).parent / "parity" / "oracles"
GREEDY = Sampling(temperature=0.0)
MASK = 96

Case = dict[str, Any]


def read(name: str) -> tuple[list[Case], dict[str, Tensor]]:
    found: list[Case] = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))["cases"]
    return found, load_file(FOLDER / f"{name}.safetensors")


UNMASKING, LOGITS = read("unmasking")
RENOISING, UNIFORM = read("entropy_bound")


def cases(policy: str) -> list[Case]:
    """The cases of a reference policy; those of uniform noise are in a file of their own."""
    found = [case for case in UNMASKING + RENOISING if case["policy"] == policy]
    assert found
    return found


def proposed(logits: Tensor, policy: Policy) -> Candidates:
    places = torch.arange(len(logits))
    return candidates(logits, GREEDY, policy.score, Seeded(0), places, len(logits))


def view(ids: list[int], drawn: Candidates, **known: Any) -> View:
    current = torch.tensor(ids)
    masked = current == MASK
    return View(drawn.confidence, drawn.tokens, current, masked, torch.zeros_like(masked), **known)


def once(case: Case, policy: Policy, **known: Any) -> tuple[View, list[int]]:
    """What a policy sees of a case of one step, and the places it chooses."""
    ids = case["input"]["ids"]
    seen = view(ids, proposed(LOGITS[case["logits"]][0], policy), total=ids.count(MASK), **known)
    return seen, policy.choose(seen).nonzero().flatten().tolist()


def same(case: Case, seen: View, chosen: list[int], wanted: list[int]) -> bool:
    """The same places, or with ties as many places that are as sure."""
    if "ties" not in case["logits"]:
        return chosen == wanted
    return seen.confidence[chosen].sort().values.tolist() == seen.confidence[wanted].sort().values.tolist()


def states(policy: Policy, ids: list[int], logits: Iterator[Tensor], block: int) -> Iterator[list[int]]:
    """The block after each step, until the policy says that it is over."""
    total, after = ids.count(MASK), 0
    pinned = torch.tensor([token != MASK for token in ids])
    quotas = policy.plan(total, block, Seeded(0))
    for step, rows in enumerate(logits):
        if policy.penalty:
            rows = lowered(rows, torch.tensor([-1, *ids[:-1]]), policy.penalty)
        drawn, current = proposed(rows, policy), torch.tensor(ids)
        after += MASK not in ids
        seen = View(drawn.confidence, drawn.tokens, current, current == MASK, pinned, step, after, total, quotas)
        chosen = policy.choose(seen)
        ids = torch.where(chosen, drawn.tokens, current).tolist()
        yield ids
        if policy.over(seen, chosen) and (MASK not in ids or policy.edits):
            return


def walked(case: Case, policy: Policy) -> list[list[int]]:
    """All states of a case of several steps, from the first on."""
    ids = case["input"]["ids"]
    return [ids, *states(policy, ids, (LOGITS[name][0] for name in case["logits"]), len(ids))]


def rows_of(case: Case) -> Iterator[tuple[list[int], list[list[int]], list[bool], Iterator[Tensor]]]:
    """Each row of a batch: how it begins, its states, whether it was done after each step, its logits."""
    for row, ids in enumerate(case["input"]["ids"]):
        wanted = [state[row] for state in case["output"]["trajectory"]]
        done = [state[row] for state in case["output"]["done"]]
        yield ids, wanted, done, (LOGITS[name][row] for name in case["logits"])


def test_llada_fills_the_same_places_at_each_step() -> None:
    for case in cases("llada_topk_schedule"):
        ids, rows = case["input"]["ids"], LOGITS[case["logits"]][0]
        policy = Scheduled(case["params"]["steps"])
        drawn = proposed(rows, policy)
        at = [ids, *states(policy, ids, iter([rows] * policy.steps), len(ids))]
        assert len(at) - 1 == sum(1 for places in case["output"]["selected"] if places)
        for before, now, places in zip(at, at[1:], case["output"]["selected"], strict=False):
            chosen = [place for place in range(len(ids)) if before[place] != now[place]]
            assert same(case, view(before, drawn), chosen, places), case


POLICIES: dict[str, Callable[[Case], Policy]] = {
    "fastdllm_threshold": lambda known: Threshold(known["threshold"], inclusive=True),
    "dinfer_threshold": lambda known: Threshold(known["threshold"], inclusive=True, near=1e-5),
    "dinfer_hierarchy": lambda known: Hierarchical(known["threshold"], known["low_threshold"]),
    "dllm_factor": lambda known: Factor(known["factor"]),
}


@pytest.mark.parametrize("name", POLICIES)
def test_one_step_chooses_the_same_places(name: str) -> None:
    for case in cases(name):
        seen, chosen = once(case, POLICIES[name](case["params"]))
        assert same(case, seen, chosen, case["output"]["selected"]), case


def test_a_quota_of_fast_dllm_takes_the_same_places() -> None:
    for case in cases("fastdllm_quota"):
        seen, chosen = once(case, Scheduled(1), quotas=(case["params"]["num_transfer_tokens"],))
        assert same(case, seen, chosen, case["output"]["selected"]), case


def test_the_factor_of_nvlabs_is_the_same_but_for_a_last_place_that_fails() -> None:
    """If only the last rank fails, the reference takes it all the same. We do not."""
    differ = 0
    for case in cases("nvlabs_style_factor"):
        seen, chosen = once(case, Factor(case["params"]["factor"]))
        if not same(case, seen, chosen, case["output"]["selected"]):
            differ += 1
            assert set(chosen) < set(case["output"]["selected"])
            assert len(chosen) + 1 == len(case["output"]["selected"]) == seen.total
    assert differ == 6


def test_the_default_of_the_vllm_plugin_for_llada2() -> None:
    for case in cases("vllm_llada2_default"):
        known, ids = case["params"], case["input"]["ids"]
        policy = Threshold(known["commit_confidence_threshold"], steps=known["denoise_steps"])
        step = known["denoise_step_index"]
        seen, chosen = once(case, policy, step=step, quotas=policy.plan(0, len(ids), Seeded(0)))
        after = [int(seen.tokens[place]) if place in chosen else token for place, token in enumerate(ids)]
        wanted = case["output"]["committed_token_ids"] or case["output"]["next_input_block"]
        assert after == wanted, case


SDAR: dict[str, Callable[[Case], Policy]] = {
    "low_confidence_static": lambda known: Scheduled(known["denoising_steps"], of="block"),
    "sequential": lambda known: Scheduled(known["denoising_steps"], of="block", score="order"),
    "low_confidence_dynamic": lambda known: Threshold(known["confidence_threshold"], steps=known["denoising_steps"]),
}


@pytest.mark.parametrize("name", SDAR)
def test_a_block_of_sdar_goes_through_the_same_states(name: str) -> None:
    for case in cases(f"sdar_{name}"):
        assert walked(case, SDAR[name](case["params"])) == case["output"]["trajectory"]


def test_low_confidence_of_sglang() -> None:
    """Its rows are over one step later: that step stores what is finished."""
    for case in cases("sglang_low_confidence"):
        policy = Threshold(case["params"]["threshold"])
        for ids, wanted, done, logits in rows_of(case):
            at = [ids, *states(policy, ids, logits, len(ids))]
            assert at == wanted[: len(at)]
            assert done.index(True) == len(at) - 1


LMDEPLOY: dict[str, Callable[[Case], Policy]] = {
    "low_confidence_static": lambda known: Scheduled(known["denoising_steps"], of="block"),
    "sequential": lambda known: Scheduled(known["denoising_steps"], of="block", score="order"),
    "low_confidence_dynamic": lambda known: Threshold(known["confidence_threshold"], inclusive=True),
}


@pytest.mark.parametrize("name", LMDEPLOY)
def test_the_blocks_of_lmdeploy_go_through_the_same_states(name: str) -> None:
    for case in cases(f"lmdeploy_{name}"):
        length = case["params"]["block_length"]
        for row in range(len(case["input"]["ids"]) // length):
            own = slice(row * length, (row + 1) * length)
            ids = case["input"]["ids"][own]
            logits = (LOGITS[step][row] for step in case["logits"])
            at = [ids, *states(LMDEPLOY[name](case["params"]), ids, logits, length)]
            assert MASK not in at[-1]
            assert at == [state[own] for state in case["output"]["ids_trajectory"][: len(at)]]


def test_joint_threshold_of_sglang() -> None:
    """A row is over with the step that changed nothing or with the last one allowed; theirs needs one more to see that
    it was the last."""
    for case in cases("sglang_joint_threshold"):
        known = case["params"]
        policy = TokenEditing(
            known["threshold"], known["edit_threshold"], known["max_post_edit_steps"], penalty=known["penalty_lambda"]
        )
        for ids, wanted, done, logits in rows_of(case):
            at = [ids, *states(policy, ids, logits, len(ids))]
            assert at == wanted[: len(at)]
            assert all(state == at[-1] for state in wanted[len(at) :])
            assert done.index(True) - (len(at) - 1) in (-1, 0)


def test_insertion_and_deletion_of_sglang() -> None:
    for case in cases("sglang_joint_threshold_indel"):
        known = case["params"]
        rules = InsertionDeletion(
            known["mask_id"], known["delete_token_id"], known["split_token_id"],
            known["threshold"], known["edit_threshold"], known["max_post_edit_steps"],
        )  # fmt: skip
        for ids, wanted, done, logits in rows_of(case):
            first = next((place for place, token in enumerate(ids) if token == MASK), len(ids))
            block = rules.opened(tuple(ids), tuple(place < first for place in range(len(ids))))
            for rows, tokens, stored in zip(logits, wanted[1:], done, strict=True):
                before, block = block, rules.step(block, rows)
                assert list(block.tokens) == tokens
                assert (block.over and block.tokens == before.tokens) == stored


def test_every_case_belongs_to_a_test_but_those_with_a_memory() -> None:
    """dInfer's credit adds to a token's score for as long as it stays the candidate; we have no such policy."""
    known = {*POLICIES, "llada_topk_schedule", "fastdllm_quota", "nvlabs_style_factor", "vllm_llada2_default"}
    known |= {*(f"sdar_{name}" for name in SDAR), *(f"lmdeploy_{name}" for name in LMDEPLOY), "sglang_low_confidence"}
    known |= {"sglang_joint_threshold", "sglang_joint_threshold_indel"}
    known |= {"entropy_bound_accept", "stable_and_confident", "linear_temperature"}  # in test_uniform.py
    assert {case["policy"] for case in UNMASKING + RENOISING} - known == {"dinfer_credit"}
