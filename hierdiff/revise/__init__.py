"""Detect, choose, re-noise, gate: the pass over a joined document."""
