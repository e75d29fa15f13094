"""The command line with a scripted backend that takes its time: `python slow.py SECONDS_A_STEP ARGUMENT...`.

`FAIL` in the environment names a section that fails half-way.
"""

import os
import sys
from typing import Any

import hierdiff.cli.running
from hierdiff.cli import main
from hierdiff.testing import ScriptedBackend


def slow(uri: str, **_: Any) -> ScriptedBackend:
    """A backend instead of the one that the command line names."""
    return ScriptedBackend(step_seconds=float(sys.argv[1]), tokens_per_step=2, fail=os.environ.get("FAIL"))


if __name__ == "__main__":
    hierdiff.cli.running.open_backend = slow  # pyright: ignore[reportPrivateImportUsage]  # the double for this process
    main(sys.argv[2:])
