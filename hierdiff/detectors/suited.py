"""Suited: which detectors a document is given to when nobody has named others.

A tree of files is read as code, everything else as prose: a rule for sentences would find what is wrong with no code.
"""

from hierdiff.detectors import standard
from hierdiff.detectors.code.calls import Calls
from hierdiff.detectors.code.contract import Contract
from hierdiff.detectors.code.cycles import Cycles
from hierdiff.detectors.code.imports import Imports
from hierdiff.detectors.code.names import Names
from hierdiff.detectors.code.surroundings import NOTHING, Surroundings
from hierdiff.detectors.code.symbols import Symbols
from hierdiff.detectors.code.syntax import Syntax
from hierdiff.detectors.code.unwritten import Unwritten
from hierdiff.document import Document
from hierdiff.protocols import Detector
from hierdiff.tree import is_tree


def for_code(surroundings: Surroundings = NOTHING) -> tuple[Detector, ...]:
    """The detectors for trees of code, what cannot be read first. `surroundings` is what lies beside the files."""
    return (
        Syntax(), Names(), Imports(surroundings), Symbols(), Calls(), Contract(), Cycles(), Unwritten(),
    )  # fmt: skip


def suited(document: Document, surroundings: Surroundings = NOTHING) -> tuple[Detector, ...]:
    """The detectors for a document: those for code if it is a tree of files, else the standard ones for prose."""
    return for_code(surroundings) if is_tree(document) else standard()
