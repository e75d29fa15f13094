"""Doubles and checks for testing whatever is built on hierdiff, without weights, a GPU or a network.

    ScriptedPlanner   a planner that always gives the outline it was made with
    ScriptedBackend   a backend that fills canvases from a script, and tells what it was asked
    check_backend     the contract that every backend must keep, as one async call
    no_network        while it is open, every connection that leaves this machine is an error

`open_backend` is the factory behind the URI `scripted:FILE`, so that a command line can be tested in the same way.
"""

from hierdiff.testing.contract import check_backend
from hierdiff.testing.network import NetworkUsedError, no_network
from hierdiff.testing.scripted import ScriptedBackend, ScriptedPlanner, open_backend

__all__ = [
    "NetworkUsedError",
    "ScriptedBackend",
    "ScriptedPlanner",
    "check_backend",
    "no_network",
    "open_backend",
]
