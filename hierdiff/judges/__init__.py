"""Judges: models asked for what no rule finds. Each weighs findings, and adds soft ones of its own."""
