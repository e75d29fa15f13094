"""Detectors: rules that find, without a model, where a document contradicts its facts, itself or its form.

Each is a class of its own that fulfils the protocol `Detector`; nothing has to be registered.
"""

from hierdiff.detectors.prose.claims import Claims
from hierdiff.detectors.prose.numbers import Numbers
from hierdiff.detectors.prose.references import References
from hierdiff.detectors.prose.repeats import Repeats
from hierdiff.detectors.prose.structure import Structure
from hierdiff.detectors.prose.terms import Terms
from hierdiff.protocols import Detector

__all__ = ["Claims", "Numbers", "References", "Repeats", "Structure", "Terms", "standard"]


def standard() -> tuple[Detector, ...]:
    """All of them, in the order in which they are worth running: what has a known answer first."""
    return (Terms(), Numbers(), Claims(), References(), Repeats(), Structure())
