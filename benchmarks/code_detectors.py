"""Recall, precision and exact repair of the detectors for trees of code, on trees with one planted mistake each.

    python benchmarks/code_detectors.py [--trees 20] [--json] [--quick]

Found: a hard finding in the file, at the place. Precise: no other hard finding. Repaired: without any model, the
known corrections alone give the clean tree back, to the byte.
"""

import argparse
import asyncio
import json
import time

from benchmarks.planted.small_trees import KINDS, Planted, clean_tree, planted_tree
from hierdiff.detectors.suited import for_code
from hierdiff.findings import Finding
from hierdiff.outline import Outline, Section
from hierdiff.revise.gate import find
from hierdiff.testing import ScriptedBackend, ScriptedPlanner
from hierdiff.tree import files, tree_of
from hierdiff.writer import Writer

_PLAN = ScriptedPlanner(Outline(title="x", sections=(Section(id="a", title="A"),)))


def main() -> None:
    """Print the table, and with --json the figures as one object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trees", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    count = 5 if options.quick else options.trees
    started, figures = time.monotonic(), dict[str, dict[str, float]]()
    print(f"{'kind':<18} planted  recall  precision  repaired exactly")
    for kind in KINDS:
        figures[kind] = measured(kind, count)
        one = figures[kind]
        print(f"{kind:<18} {count:7d} {one['recall']:7.2f} {one['precision']:10.2f} {one['exact']:17.2f}")
    alarms = sum(_alarms(seed) for seed in range(count))
    print(f"clean trees: {alarms} findings in {count}")
    if options.json:
        print(json.dumps({"kinds": figures, "alarms": alarms, "seconds": round(time.monotonic() - started, 2)}))


def measured(kind: str, count: int) -> dict[str, float]:
    """Recall, precision and exact repair of one kind."""
    hit = alarms = exact = 0
    for seed in range(count):
        case = planted_tree(kind, seed)
        found = _hard(case)
        meant = [one for one in found if _is_at(case, one)]
        hit += bool(meant)
        alarms += len(found) - len(meant)
        exact += _mended(case) == case.clean
    return {"recall": hit / count, "precision": hit / max(1, hit + alarms), "exact": exact / count}


def _alarms(seed: int) -> int:
    """What is found in a clean tree."""
    texts, ledger = clean_tree(seed)
    return len(find(for_code(), tree_of(texts, title="tree").changed(ledger=ledger)))


def _hard(case: Planted) -> list[Finding]:
    return [one for one in find(for_code(), case.document) if one.hard]


def _is_at(case: Planted, one: Finding) -> bool:
    """Whether a finding is of the planted mistake: at its place, or for a missing import at what misses it; a circle
    wherever it closes."""
    if case.kind == "import cycle":
        return one.detector == "cycles"
    if one.section != case.path:
        return False
    if case.kind == "missing import":
        return one.kind == "missing import"
    text = case.files[case.path]
    base = case.document.part(case.path).body.start
    first = text.rfind("\n", 0, case.start) + 1
    last = text.find("\n", case.stop)
    return any(base + first <= span.start <= base + last + 1 for span in one.spans)


def _mended(case: Planted) -> dict[str, str]:
    writer = Writer(_PLAN, ScriptedBackend(), detectors=for_code())
    return files(asyncio.run(writer.revise(case.document)))


if __name__ == "__main__":
    main()
