"""Prose: the detectors for running text, each a class of its own that fulfils the protocol `Detector`."""
