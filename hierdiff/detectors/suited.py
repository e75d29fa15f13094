"""Suited: which detectors a document is given to when nobody has named others.

A tree of files is read as code, everything else as prose: a rule for sentences would find what is wrong with no code.
"""

from hierdiff.detectors import standard
from hierdiff.detectors.code.syntax import Syntax
from hierdiff.detectors.code.unwritten import Unwritten
from hierdiff.document import Document
from hierdiff.protocols import Detector
from hierdiff.tree import is_tree


def for_code() -> tuple[Detector, ...]:
    """The detectors for trees of code, what cannot be read first."""
    return (Syntax(), Unwritten())


def suited(document: Document) -> tuple[Detector, ...]:
    """The detectors for a document: those for code if it is a tree of files, else the standard ones for prose."""
    return for_code() if is_tree(document) else standard()
