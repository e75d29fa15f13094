"""Models that judges ask: sentence embeddings and entailment, from folders in the hub's format."""
