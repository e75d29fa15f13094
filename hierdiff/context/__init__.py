"""Contexts: what a canvas is told, in a fixed order and to a fixed budget."""
