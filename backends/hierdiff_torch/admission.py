"""Admission: how much memory rows take, computed from the model's shape, and how much there is."""

from collections.abc import Sequence
from pathlib import Path
from typing import final

import torch

from hierdiff.errors import CanvasError
from hierdiff_torch.cache import Cache
from hierdiff_torch.models.loaded import Loaded
from hierdiff_torch.rows import Row

CHUNK_ROWS = 256


def available(device: torch.device) -> int:
    """Bytes that can still be had on a device: free memory on a GPU, what the system calls available on a CPU."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    meminfo = Path("/proc/meminfo")
    if meminfo.exists():
        for line in meminfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return 4 << 30


@final
class Memory:
    """What rows need besides the weights, in bytes, and whether they fit into `limit`.

    Two things grow with rows: keys and values (every sequence has a slot of the longest row's tokens), and what one
    step computes on its way (hidden states, attention scores, logits of the places that are read).
    """

    def __init__(self, model: Loaded, cache: Cache, limit: int) -> None:
        self._cache = cache
        self._config = model.config
        self._item = model.dtype.itemsize
        self.limit = limit

    def bytes(self, rows: Sequence[Row]) -> int:
        """What these rows need when all of them run."""
        slots = sum(row.streams for row in rows)
        resident = self._cache.bytes(slots, max((row.room for row in rows), default=0))
        prefixes = {row.prefix for row in rows if row.prefix}
        shared = sum(map(len, prefixes)) * self._cache.bytes_per_token
        return resident + shared + sum(self._step(row) for row in rows)

    def fits(self, rows: Sequence[Row]) -> bool:
        """Whether these rows may run together."""
        return self.bytes(rows) <= self.limit

    def require(self, row: Row) -> None:
        """Refuse a row that could never run. Raises CanvasError with both sizes."""
        needed = self.bytes([row])
        if needed > self.limit:
            raise CanvasError(
                f"canvas '{row.id}' needs {needed / 1e6:,.0f} MB for {len(row.prefix) + row.room:,} tokens, and "
                f"{self.limit / 1e6:,.0f} MB may be used; give it a smaller budget, or the backend more memory",
                about=row.id,
            )

    def _step(self, row: Row) -> int:
        """The most that one step computes for a row: its queries' states, scores and logits."""
        config, whole = self._config, row.denoising.attention == "full"
        keys = len(row.prefix) + row.room
        queries = row.streams * (keys if whole else min(keys, CHUNK_ROWS + row.widest))
        read = min(queries, row.widest or keys)
        states = queries * config.hidden_size * 12 * self._item
        scores = queries * keys * config.num_attention_heads * (4 + self._item)
        return states + scores + read * config.vocab_size * 4 * 3
