"""Detectors: rules that find, without a model, where a document contradicts its facts, itself or its form.

Each is a class of its own that fulfils the protocol `Detector`; nothing has to be registered.
"""

from hierdiff.detectors.citations import Citations
from hierdiff.detectors.numbers import Numbers
from hierdiff.detectors.references import References
from hierdiff.detectors.repeats import Repeats
from hierdiff.detectors.structure import Structure
from hierdiff.detectors.terms import Terms
from hierdiff.protocols import Detector

__all__ = ["Citations", "Numbers", "References", "Repeats", "Structure", "Terms", "standard"]


def standard() -> tuple[Detector, ...]:
    """All six, in the order in which they are worth running: what has a known answer first."""
    return (Terms(), Numbers(), References(), Citations(), Repeats(), Structure())
