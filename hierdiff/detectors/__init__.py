"""Detectors: rules that find, without a model, where a document contradicts its facts, itself or its form.

Each is a class of its own that fulfils the protocol `Detector`; nothing has to be registered.
"""

from hierdiff.detectors.citations import Citations
from hierdiff.detectors.prose.acronyms import Acronyms
from hierdiff.detectors.prose.claims import Claims
from hierdiff.detectors.prose.dates import Dates
from hierdiff.detectors.prose.names import Names
from hierdiff.detectors.prose.numbers import Numbers
from hierdiff.detectors.prose.order import Order
from hierdiff.detectors.prose.references import References
from hierdiff.detectors.prose.repeats import Repeats
from hierdiff.detectors.prose.seams import Seams
from hierdiff.detectors.prose.structure import Structure
from hierdiff.detectors.prose.terms import Terms
from hierdiff.protocols import Detector

__all__ = [
    "Acronyms", "Citations", "Claims", "Dates", "Names", "Numbers", "Order", "References", "Repeats", "Seams",
    "Structure", "Terms", "standard",
]  # fmt: skip


def standard() -> tuple[Detector, ...]:
    """All of them, in the order in which they are worth running: what has a known answer first."""
    return (
        Terms(), Acronyms(), Names(), Numbers(), Dates(), Claims(), Order(), References(), Citations(), Repeats(),
        Seams(), Structure(),
    )  # fmt: skip
