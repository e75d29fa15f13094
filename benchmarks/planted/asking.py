"""Asking: every way, on every text, one after the other."""

from collections.abc import Sequence

from benchmarks.planted.breaking import Broken
from benchmarks.planted.judging import Result
from benchmarks.planted.planting import Copy
from benchmarks.planted.ways import (
    NoModel,
    drafted,
    random_spans,
    regenerated,
    revised,
    revised_tree,
    true_repairs,
    true_spans,
    unlikely_spans,
)
from hierdiff.protocols import Backend

Results = dict[str, list[Result]]
FIRST, CONTRACT = "with facts", "with contract"


async def asked(texts: Sequence[Copy], backend: Backend | None, *, compared: bool) -> Results:
    """The results by way. Without a backend the pass has only its rules; `compared`: the other ways, too."""
    model = backend or NoModel()
    results: Results = {
        FIRST: [await revised(copy, model, facts=True) for copy in texts],
        "alone": [await revised(copy, model, facts=False) for copy in texts],
    }
    if not compared:
        return results
    wrong = [copy for copy in texts if copy.planted]
    if backend is not None:
        results["rules only"] = [await revised(copy, NoModel(), facts=True) for copy in texts]
        results["least likely words"] = [
            await revised(copy, model, facts=True, findings=await unlikely_spans(copy, model)) for copy in wrong
        ]
        results["drafting it"] = [await drafted(copy, model) for copy in texts if not copy.planted]
        results["sections anew"] = [await regenerated(copy, model) for copy in wrong]
    for name, told in (("random spans", random_spans), ("true detector", true_spans), ("true repair", true_repairs)):
        results[name] = [await revised(copy, model, facts=True, findings=told(copy)) for copy in wrong]
    return results


async def asked_trees(copies: Sequence[Broken], backend: Backend | None) -> Results:
    """The same for trees of files: with the contract of their plan, and without."""
    model = backend or NoModel()
    results: Results = {
        CONTRACT: [await revised_tree(copy, model, contract=True) for copy in copies],
        "alone": [await revised_tree(copy, model, contract=False) for copy in copies],
    }
    if backend is not None:
        results["rules only"] = [await revised_tree(copy, NoModel(), contract=True) for copy in copies]
    return results
