"""Seeds: every canvas has its own, derived from the request's."""

import hashlib


def seed_of(seed: int, name: str) -> int:
    """A canvas's own seed: the same request gives the same seeds, and no two canvases of a run share one."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{name}".encode()).digest()[:7], "big")
