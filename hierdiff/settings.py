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
    """What shapes a run. `rounds` of revision at most, `candidates` for each span; `open_at_once` canvases (None: as
    many as the backend says); a `Stepped` event after each `steps_every` tokens; `seed` of revisions."""

    rounds: int = Field(default=3, ge=0, le=10)
    candidates: int = Field(default=4, ge=1, le=64)
    open_at_once: int | None = Field(default=None, ge=1)
    steps_every: int = Field(default=4, ge=1)
    seed: int = Field(default=0, ge=0)
