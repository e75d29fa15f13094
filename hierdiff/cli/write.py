"""hierdiff write: a request in, a document out."""

import asyncio
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, final

import click
from rich.console import Console

from hierdiff.cli.approving import Asking
from hierdiff.cli.errors import FAILURE, STOPPED, say
from hierdiff.cli.files import Target, slug
from hierdiff.cli.options import FILE, Ask, apart, as_json, judges, options, request, told
from hierdiff.cli.outcome import print_changes, print_closing, print_json, written_as_json
from hierdiff.cli.recorder import Recorder
from hierdiff.cli.running import Foreground, opened
from hierdiff.cli.trees import TreeTarget, several_by_file
from hierdiff.errors import FileError, MisuseError, RunError
from hierdiff.events import Event, Finished, Planned
from hierdiff.pace import past_pace
from hierdiff.plugins import open_judge
from hierdiff.prompts import Templates
from hierdiff.protocols import Planner, Retriever
from hierdiff.report.progress import Progress
from hierdiff.report.terminal import can_draw, errors_console, shown
from hierdiff.request import Mode, Request
from hierdiff.settings import Settings
from hierdiff.tree import files
from hierdiff.writer import Writer

_MODES: tuple[Mode, ...] = ("flat", "sequential", "blind")


@click.command("write")
@request
@told
@options(
    click.option(
        "--out",
        type=FILE,
        metavar="PATH",
        help="The document's file, or the folder of a tree of code.  [default: out/GOAL.md, out/GOAL]",
    ),
    click.option("--force", is_flag=True, help="For code: overwrite files that are in the folder already."),
    click.option("--run", type=FILE, metavar="RUN.db", help="The run's log.  [default: one of its own, see 'runs']"),
    judges("doubt"),
    as_json,
    click.option("--flat", is_flag=True, help="The whole document on one canvas, to compare."),
    click.option("--sequential", is_flag=True, help="One section after another, to compare."),
    click.option("--blind", is_flag=True, help="All sections at once, none knowing of the others, to compare."),
    click.option("--approve", is_flag=True, help="Show the plan and its quote first, and ask."),
)
def write(out: Path | None, force: bool, run: Path | None, as_json: bool, approve: bool, **given: Any) -> int:
    """Write a document on GOAL: plan it, denoise its sections together, revise what disagrees.

    With --outline the file is the plan; its title is the goal and its 'words' the length, unless they are given.
    Ctrl-C keeps what stands: the sections so far are written to --out.

    With --kind code it is a tree of Python files, planned by their signatures and written into a folder.

    \b
    Examples:
      hierdiff write "How a small town can cut flood damage" --words 1200
      hierdiff write --outline outline.yaml --facts facts.yaml --out report.md
      hierdiff write "Tides" --backend torch:tiny --json > result.json
      hierdiff write --kind code --outline tree.yaml --out calculator/
    """
    modes: list[Mode] = [mode for mode in _MODES if given.pop(mode)]
    if len(modes) > 1:
        raise MisuseError(f"{' and '.join(f'--{mode}' for mode in modes)} exclude each other; choose one")
    asking = Asking() if approve else None
    named: tuple[str, ...] = given.pop("judges")
    ask = Ask(**given, mode=modes[0] if modes else "dag")
    retriever, templates = ask.retriever(), ask.wording()
    asked, planner = ask.plan()
    tree = ask.kind == "code"
    if tree and ask.mode == "flat":
        raise MisuseError("--flat writes one canvas, code is a tree of them; leave --flat out")
    out = out or Path("out") / (slug(asked.goal) if tree else f"{slug(asked.goal)}.md")
    apart(out, (ask.outline, ask.facts, run))
    target = TreeTarget(out, force=force) if tree else Target(out)
    with closing(Recorder(run, out=target.path, warn=say)) as log:
        writing = Writing(target, log, as_json=as_json, templates=templates, retriever=retriever, judges=named)
        return writing.run(asked, planner, ask.backend, asking)


@final
class Writing:
    """One `write`: the run, its file, its log, and what is said of them."""

    def __init__(
        self,
        target: Target | TreeTarget,
        log: Recorder,
        *,
        as_json: bool,
        templates: Templates,
        retriever: Retriever | None = None,
        judges: Sequence[str] = (),
    ) -> None:
        self._templates, self._retriever, self._judges = templates, retriever, judges
        self._target, self._log, self._as_json = target, log, as_json
        self._console: Console = errors_console()
        self._live = can_draw(self._console) and not as_json
        self._kept = True

    def run(self, request: Request, planner: Planner, uri: str, asking: Asking | None = None) -> int:
        """Do it; the exit code. A run that fails half-way raises its error after its sections so far are written."""
        progress = Progress(request.goal)
        backend = opened(uri, self._console)
        settings, pace = Settings(seed=request.seed), past_pace(backend.capabilities)
        error: RunError | None = None
        with shown(self._console, progress, live=self._live) as view:
            approve = None if asking is None else asking.on(view, request, backend.capabilities, settings, pace)
            writer = Writer(
                planner,
                backend,
                judges=[open_judge(one, backend) for one in self._judges] or None,
                settings=settings,
                templates=self._templates,
                approve=approve,
                pace=pace,
                retriever=self._retriever,
            )
            run = Foreground(view, writer.stop, hears=(self._log.told, self._told))
            try:
                asyncio.run(run.follow(writer.stream(request), backend))
            except RunError as failed:
                error = failed
            except asyncio.CancelledError:
                raise KeyboardInterrupt from None
        code = self._said(progress, stopped=run.stopped)
        if error is not None:
            raise error
        return code

    def _told(self, event: Event) -> None:
        """Write the document the moment it is there; know before anything is drafted whether a tree can be written."""
        if isinstance(event, Planned) and isinstance(self._target, TreeTarget):
            self._target.planned(event.outline)
        if isinstance(event, Finished) and event.document.sections:
            try:
                if isinstance(self._target, TreeTarget):
                    self._target.write(event.document)
                else:
                    self._target.write(event.document.text.encode("utf-8"))
            except FileError as error:
                self._kept = False
                say(f"error: {error}; {self._where()}")

    def _where(self) -> str:
        log = self._log.path
        return "its text is lost" if log is None else f"its text is in the run log: hierdiff show {log} --text"

    def _said(self, progress: Progress, *, stopped: bool) -> int:
        finished = progress.finished
        if finished is None:
            return STOPPED if stopped else FAILURE
        if not self._kept:
            return FAILURE
        if finished.stopped:
            self._say_partial(finished, progress)
            return STOPPED if stopped else FAILURE
        out, log = self._target.path, self._log.path
        if self._as_json:
            print_json(
                self._in_files(written_as_json(finished, progress, out=out, run=self._log.run, log=log), finished)
            )
        elif self._live:
            print_changes(self._console, progress)
            print_closing(self._console, finished, progress, out=out, log=log)
        if not self._as_json and not (self._live and sys.stdout.isatty()):
            click.echo(str(out))
        return 0

    def _in_files(self, said: dict[str, Any], finished: Finished) -> dict[str, Any]:
        """What `--json` says, for a tree with its files, and with findings and revisions by file."""
        if not isinstance(self._target, TreeTarget):
            return said
        document = finished.document
        placed = {key: several_by_file(said[key], document) for key in ("found", "revised", "standing")}
        return {**said, **placed, "files": list(files(document)), "files_written": list(self._target.written)}

    def _say_partial(self, finished: Finished, progress: Progress) -> None:
        log = "" if self._log.path is None else f"; run log {self._log.path}"
        whole = f"{progress.done} of {progress.leaves} sections done"
        if finished.document.sections:
            say(f"cut short: {whole}, {finished.document.words} words are in {self._target.path}{log}")
        else:
            say(f"cut short: {whole}, nothing was written{log}")
