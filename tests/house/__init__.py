"""Tests of the house itself: its imports, its face, its files, its documents."""
