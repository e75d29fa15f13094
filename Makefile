# make demo   a report in out/, written by the default model       make lint     style and types
# make test   style, types and tests                               make format   put the style right
# The work is done by scripts/*; here is only what has to be there before it. PYTHON=... names another interpreter.

PYTHON ?= python3
export PYTHON

.PHONY: demo test lint format benchmark
demo: .venv/.installed
	@scripts/demo

test: .venv/.installed-dev
	@scripts/test

lint: .venv/.installed-dev
	@scripts/lint

format: .venv/.installed-dev
	@.venv/bin/ruff check --fix . && .venv/bin/ruff format .

benchmark: .venv/.installed
	@scripts/benchmark

.venv/.installed: pyproject.toml constraints.txt
	@scripts/setup

.venv/.installed-dev: .venv/.installed
	@scripts/setup dev
