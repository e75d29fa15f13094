"""Documents with a known truth, mistakes planted in them, and what a revision makes of those.

`subjects` reads the word lists, `pages` writes documents from them, `planting` puts mistakes in, `reference` holds the
kinds of mistakes; `judging` compares what was found and changed with what was planted, `ways` are the ways to revise,
`telling` the tables. `trees`, `breaking` and `tree_judging` are the same for folders of Python files.
"""
