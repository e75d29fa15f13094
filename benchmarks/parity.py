"""Every golden case of a folder through the production engine, beside what its family's reference sampler gave.

The folder holds `cases/FAMILY/CASE.json` and `checkpoints/NAME`. A case fails if its tokens, the steps they were
written in, their confidences or the logits are not the reference's, and also if it cannot be run. The exit code is 1 if
any does.

    python benchmarks/parity.py DIR [--only 'llada*'] [--quick] [--json]
"""

import argparse
import sys
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from fnmatch import fnmatch
from pathlib import Path

import torch
from common import finish

from benchmarks.golden.case import paths, title
from benchmarks.golden.run import Report, run


def line(report: Report) -> str:
    """A report in one line."""
    tokens = {True: "equal", False: "differ", None: "-"}[report.tokens]
    sure = "-" if report.sure is None else f"{report.sure:.1e}"
    far = "-" if report.logits is None else f"{report.logits:.1e}"
    ours = "-" if report.forwards is None else str(report.forwards)
    nfe = "-" if report.nfe is None else str(report.nfe)
    said = f"{report.name:44} {report.verdict:13} tokens {tokens:6} sure {sure:8} logits {far:8} forwards {ours}/{nfe}"
    return f"{said}  {report.why}".rstrip()


def summary(reports: Sequence[Report]) -> dict[str, object]:
    """The numbers of the run, and by family."""
    families: dict[str, Counter[str]] = {}
    for report in reports:
        families.setdefault(report.name.split("/")[0], Counter())[report.verdict] += 1
    return {
        "cases": len(reports),
        **{name: sum(one.verdict == name for one in reports) for name in ("ok", "FAILED", "informational", "not run")},
        "families": {name: dict(counts) for name, counts in families.items()},
        "reports": [asdict(report) for report in reports],
    }


def main() -> int:
    """Run the cases and print a line for each."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, help="the folder with cases and checkpoints")
    parser.add_argument("--only", metavar="PATTERN", default="*", help="cases whose name matches, as family/case")
    parser.add_argument("--quick", action="store_true", help="only the shorter cases")
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    reports: list[Report] = []
    for path in paths(asked.folder):
        name = title(asked.folder, path)
        if not (fnmatch(name, asked.only) or asked.only in name):
            continue
        reports.append(run(asked.folder, path, quick=asked.quick))
        print(line(reports[-1]), flush=True)
    figures = summary(reports)
    for family, counts in figures["families"].items() if isinstance(figures["families"], dict) else ():
        print(f"{family}: " + ", ".join(f"{count} {verdict}" for verdict, count in counts.items()))
    print(", ".join(f"{figures[name]} {name}" for name in ("ok", "FAILED", "informational", "not run")))
    finish(figures, as_json=asked.json)
    return 1 if figures["FAILED"] or not reports else 0


if __name__ == "__main__":
    sys.exit(main())
