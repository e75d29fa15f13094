"""Limits: how many canvases, and how many tokens of canvases, may be open at once."""

from collections.abc import Collection

from hierdiff.protocols import Capabilities
from hierdiff.request import Mode
from hierdiff.settings import Settings
from hierdiff.values import Value


class Limits(Value):
    """At most so many canvases (None: as many as fit) that hold at most so many tokens together."""

    canvases: int | None
    tokens: int

    def room(self, widths: Collection[int]) -> int | None:
        """The tokens that one more canvas may have beside open ones of these widths; None where it may have any (it
        would be alone), 0 where none may open."""
        if not widths:
            return None
        if self.canvases is not None and len(widths) >= self.canvases:
            return 0
        return max(0, self.tokens - sum(widths))


def limits_of(capabilities: Capabilities, settings: Settings, mode: Mode = "dag") -> Limits:
    """What the settings say, else what the backend says. Where either gives a number of tokens, only that number
    counts, and else no more canvases open than the backend's `rows` either, because more do not pay off."""
    if mode == "sequential":
        return Limits(canvases=1, tokens=1)
    tokens = settings.resident_tokens or capabilities.resident
    canvases = settings.open_at_once or (None if tokens is not None else capabilities.rows)
    return Limits(canvases=canvases, tokens=tokens or capabilities.rows * capabilities.comfortable)
