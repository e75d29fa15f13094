"""Report: what a run looks like to a person. Everything here reads events and nothing else."""
