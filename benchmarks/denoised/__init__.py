"""What the adapter of the default model can do: the held-out texts, the probes on them, and the writing.

`texts` reads goals and texts that were never trained on, `probes` runs the adapter once over text with masks in it,
`writing` lets the engine write sections and `telling` says what came of it, `loads` lets it write many at once, and
`measures` holds the arithmetic.
"""
