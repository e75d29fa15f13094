"""Policies: from what a step sees to the places that take their candidate now.

Pure functions in final classes. None ever touches a pinned place, every one finishes its window.
"""

from hierdiff_torch.policies.editing import TokenEditing
from hierdiff_torch.policies.independent import Independent
from hierdiff_torch.policies.scheduled import Deferred, Scheduled
from hierdiff_torch.policies.threshold import EntropyBound, Factor, Hierarchical, Threshold
from hierdiff_torch.policies.view import Policy, Score, View

__all__ = [
    "Deferred",
    "EntropyBound",
    "Factor",
    "Hierarchical",
    "Independent",
    "Policy",
    "Scheduled",
    "Score",
    "Threshold",
    "TokenEditing",
    "View",
]
