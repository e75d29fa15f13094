"""Work: what an engine has done, counted.

Time says how fast a machine is; forwards and token-rows say what was asked of it, and are the same on every machine.
"""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from hierdiff_torch.rows import Row


@dataclass(slots=True)
class Work:
    """Forwards, token-rows forwarded (`prefix_rows` of them for shared prefixes), tokens; and of drafted tokens how
    many the base has `checked` and `accepted`."""

    forwards: int = 0
    rows: int = 0
    prefix_rows: int = 0
    tokens: int = 0
    checked: int = 0
    accepted: int = 0

    def forward(self, rows: int) -> None:
        """One more forward, of so many token-rows."""
        self.forwards += 1
        self.rows += rows

    def verified(self, checked: int, accepted: int) -> None:
        """So many drafted tokens more."""
        self.checked += checked
        self.accepted += accepted

    @contextmanager
    def on(self, row: Row) -> Generator[None]:
        """Count the tokens that are written in a row here, and tell whoever waits for it."""
        before = row.committed
        yield
        self.tokens += row.committed - before
        row.told(row)
