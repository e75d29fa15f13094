"""Training: from an autoregressive checkpoint to an adapter that denoises blocks."""
