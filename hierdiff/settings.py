"""Settings: what shapes a run besides the request, and where files are kept.

Defaults < environment (`HIERDIFF_HOME`) < what the caller or the command line says.
"""

import os
from pathlib import Path

import platformdirs
from pydantic import Field

from hierdiff.values import Value


def home() -> Path:
    """The folder for models and run logs: `$HIERDIFF_HOME`, else the user's cache folder. Not created here."""
    given = os.environ.get("HIERDIFF_HOME", "").strip()
    return Path(given).expanduser() if given else Path(platformdirs.user_cache_dir("hierdiff", appauthor=False))


class Settings(Value):
    """What shapes a run. `rounds` of revision at most, `candidates` for each span; a `Stepped` event after each
    `steps_every` tokens; `seed` of revisions.

    `open_at_once` canvases, holding at most `resident_tokens` together (None: what the backend says; a canvas larger
    than that opens alone). `speculate` lets a section begin before the text it waits for is finished. A canvas that
    fails is asked for `retries` times more with the same seed, `retry_wait` seconds and then ever longer apart; a text
    that is no good is drawn again from `redraws` new seeds, then in two halves. A planner that can may change the plan
    of what is not begun `amendments` times.
    """

    rounds: int = Field(default=3, ge=0, le=10)
    candidates: int = Field(default=4, ge=1, le=64)
    open_at_once: int | None = Field(default=None, ge=1)
    resident_tokens: int | None = Field(default=None, ge=1)
    speculate: bool = False
    retries: int = Field(default=2, ge=0, le=10)
    retry_wait: float = Field(default=0.2, ge=0, le=60)
    redraws: int = Field(default=1, ge=0, le=10)
    amendments: int = Field(default=3, ge=0, le=100)
    steps_every: int = Field(default=4, ge=1)
    seed: int = Field(default=0, ge=0)
