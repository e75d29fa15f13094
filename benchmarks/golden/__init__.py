"""Golden cases: what the families' reference samplers gave, and the same asked of the engine.

`case` reads them, `plan` says what a case is in rows of the engine, one file a group of families translates, `play`
runs the rows, and `compare` holds both results side by side.
"""
