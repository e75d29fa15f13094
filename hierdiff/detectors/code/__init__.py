"""Detectors for trees of code."""
