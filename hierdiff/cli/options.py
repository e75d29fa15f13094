"""Options that several commands share, and what they add up to: a request, a planner, a backend."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar, final

import click

from hierdiff.cli.lazy import LazyBackend
from hierdiff.errors import MisuseError, RequestError
from hierdiff.facts import load_facts
from hierdiff.ledger import Ledger
from hierdiff.outline import Outline
from hierdiff.plugins import (
    DEFAULT_BACKEND,
    DEFAULT_PLANNER,
    default_planner,
    open_backend,
    open_planner,
    open_retriever,
)
from hierdiff.prompts import Templates
from hierdiff.protocols import Backend, Planner, Retriever
from hierdiff.request import LEAST_WORDS, MOST_WORDS, Kind, Mode, Request
from hierdiff.values import Value

Command = TypeVar("Command", bound=Callable[..., Any])
FILE = click.Path(path_type=Path)


def options(*several: Callable[[Any], Any]) -> Callable[[Command], Command]:
    """Several click options at once, listed in the help in this order."""

    def decorate(command: Command) -> Command:
        for option in reversed(several):
            command = option(command)
        return command

    return decorate


facts = click.option("--facts", type=FILE, metavar="FILE", help="Facts that must be stated as they are (YAML).")
backend = click.option(
    "--backend", default=DEFAULT_BACKEND, metavar="URI", show_default=True, help="What fills the canvases."
)


def judges(default: str) -> Callable[[Any], Any]:
    """The option of judges; `default` says in the help what is asked without one."""
    return click.option(
        "--judge",
        "judges",
        multiple=True,
        metavar="URI",
        help="A model to ask beside the rules: doubt, rival, surprise, meaning, entailment:FOLDER,"
        f" asked:https://HOST/v1#MODEL; may be repeated.  [default: {default}]",
    )


as_json = click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output and nothing else.")

request = options(
    click.argument("goal", required=False),
    click.option(
        "--words",
        type=int,
        metavar="N",
        help=f"Length, {LEAST_WORDS} to {MOST_WORDS:,}.  [default: the outline's, else 1200]",
    ),
    click.option(
        "--kind", type=click.Choice(["report", "code"]), default="report", show_default=True, help="What it is to be."
    ),
    click.option("--audience", default="", metavar="TEXT", help="Who it is for."),
    click.option("--style", default="", metavar="TEXT", help="How it is to be written."),
    click.option("--outline", type=FILE, metavar="FILE", help="Plan by this file (YAML or Markdown), no planner."),
    click.option("--planner", metavar="URI", help=f"What makes the outline.  [default: {DEFAULT_PLANNER}]"),
    backend,
    facts,
    click.option(
        "--seed", type=click.IntRange(min=0), default=0, metavar="N", help="The same seed, the same text.  [default: 0]"
    ),
)
"""What `write` and `plan` ask for."""

told = options(
    click.option("--sources", metavar="FOLDER", help="Text files that sections may draw on and cite."),
    click.option("--templates", type=FILE, metavar="FOLDER", help="Prompt templates of your own (own.j2 and others)."),
)
"""What the sections are told besides the plan, and in which words."""


class Ask(Value):
    """What was said on the command line about a document to be planned."""

    goal: str | None = None
    words: int | None = None
    kind: Kind = "report"
    audience: str = ""
    style: str = ""
    outline: Path | None = None
    planner: str | None = None
    backend: str = DEFAULT_BACKEND
    facts: Path | None = None
    sources: str | None = None
    templates: Path | None = None
    seed: int = 0
    mode: Mode = "dag"

    def plan(self) -> tuple[Request, Planner]:
        """The request, and the planner that it is for. An outline file is read here, so that all that is wrong with it
        is known before anything is started."""
        if self.outline is None:
            if self.goal is None:
                raise MisuseError("say what the document is to be about: GOAL, or --outline FILE")
            return self._request(self.goal), open_planner(self.planner or default_planner(self.kind))
        if self.planner is not None:
            raise MisuseError("--outline and --planner exclude each other: an outline file is the plan")
        planner = open_planner(f"manual:{self.outline}")
        named = self._request("the outline's title" if self.goal is None else self.goal)
        outline = asyncio.run(planner.plan(named, LazyBackend(lambda: open_backend(self.backend))))
        goal = outline.title if self.goal is None else self.goal
        return named.changed(goal=goal, words=sum(leaf.budget for leaf in outline.leaves)), Given(outline)

    def retriever(self) -> Retriever | None:
        """What `--sources` stands for, checked now."""
        return None if self.sources is None else open_retriever(self.sources)

    def wording(self) -> Templates:
        """The templates, those of `--templates` first."""
        return Templates(None if self.templates is None else self.templates.expanduser())

    def _request(self, goal: str) -> Request:
        """The request; `words` only if they were said, so that an outline file may say them."""
        said = {} if self.words is None else {"words": self.words}
        for name, text in (("goal", goal), ("audience", self.audience), ("style", self.style)):
            if any("\ud800" <= char <= "\udfff" for char in text):
                raise RequestError(f"the {name} is not valid UTF-8; check the terminal's encoding")
        ledger = Ledger() if self.facts is None else load_facts(self.facts)
        return Request(
            goal=goal,
            kind=self.kind,
            audience=self.audience,
            style=self.style,
            facts=ledger,
            seed=self.seed,
            mode=self.mode,
            **said,
        )


@final
class Given:
    """A planner whose plan is there already."""

    def __init__(self, outline: Outline) -> None:
        self._outline = outline

    async def plan(self, request: Request, backend: Backend) -> Outline:
        """The outline as it was given."""
        return self._outline


def apart(written: Path, read: Sequence[Path | None]) -> None:
    """Raise MisuseError if a file that will be written is one of those that are read, or kept."""
    for path in read:
        if path is not None and path.expanduser().resolve() == written.expanduser().resolve():
            raise MisuseError(f"{written} would be overwritten, but is needed; give another file with --out")
