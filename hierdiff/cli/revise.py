"""hierdiff revise: somebody's text, with what disagrees in it rewritten and every other byte as it was."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import final

import click
from rich.text import Text

from hierdiff.cli import options
from hierdiff.cli.check import around, opened
from hierdiff.cli.errors import STOPPED, say
from hierdiff.cli.files import Source, Target
from hierdiff.cli.lazy import LazyBackend
from hierdiff.cli.outcome import finding_as_json, print_changes, print_json, revision_as_json, tally
from hierdiff.cli.running import terminable
from hierdiff.cli.trees import TreeTarget, by_file
from hierdiff.detectors.suited import suited
from hierdiff.document import Document
from hierdiff.errors import RunError
from hierdiff.events import Event, Found
from hierdiff.plugins import DEFAULT_PLANNER, open_backend, open_judge, open_planner
from hierdiff.protocols import Backend, Detector
from hierdiff.report.bars import amount
from hierdiff.report.plain import one_line
from hierdiff.report.progress import Progress
from hierdiff.report.terminal import View, can_draw, errors_console, shown, ticking
from hierdiff.tree import is_tree
from hierdiff.writer import Writer


@click.command("revise")
@click.argument("file", type=options.FILE)
@options.facts
@click.option(
    "--out",
    type=options.FILE,
    metavar="NEW",
    help="Where to write it; FILE itself may be named.  [default: FILE with '.revised' before its ending]",
)
@click.option("--force", is_flag=True, help="For a folder: overwrite files that are in NEW already.")
@options.backend
@options.judges("doubt")
@options.as_json
def revise(
    file: Path,
    facts: Path | None,
    out: Path | None,
    force: bool,
    backend: str,
    judges: tuple[str, ...],
    as_json: bool,
) -> int:
    """Rewrite what 'check' finds in FILE, and not a byte more.

    A value that the facts know is put in its place; what only a model can know is re-noised, and rolled back unless the
    finding is gone and nothing new is wrong. The backend is opened only if there is such a finding.

    FILE may be a folder: its Python files are then one tree of code, and only the files that change are written.

    \b
    Examples:
      hierdiff revise report.md --facts facts.yaml
      hierdiff revise report.md --out report.md --json
    """
    source, document = opened(file, facts)
    target = _target(file, out, document, force=force)
    if facts is not None:
        options.apart(target.path, (facts,))
    progress = Progress(f"revising {file}", document.text)
    try:
        detectors = suited(document, around(file))
        _run(document, detectors, backend, judges, progress, live=not as_json)
    except KeyboardInterrupt:
        say(f"stopped; {target.path} was not written")
        return STOPPED
    if progress.finished is None:
        raise RunError("the revision ended without a document")
    revised = progress.finished.document
    if isinstance(target, TreeTarget):
        target.write(revised)
    else:
        target.write(source.encoded(revised.text))
    if as_json:
        said = _as_json(source, target.path, revised, progress, document)
        print_json({**said, "files": list(target.written)} if isinstance(target, TreeTarget) else said)
    else:
        _print(target.path, revised, progress)
    return 0


def _target(file: Path, out: Path | None, document: Document, *, force: bool) -> Target | TreeTarget:
    """Where the revised text goes: a file, or the folder of a tree."""
    if not is_tree(document):
        return Target(out or file.with_name(f"{file.stem}.revised{file.suffix}"))
    folder = out or file.resolve().with_name(f"{file.resolve().name}.revised")
    return TreeTarget(folder, was=document, force=force)


def _run(
    document: Document,
    detectors: Sequence[Detector],
    uri: str,
    judges: Sequence[str],
    progress: Progress,
    *,
    live: bool,
) -> None:
    console = errors_console()
    live = live and can_draw(console)
    with terminable(), shown(console, progress, live=live) as view:
        backend = LazyBackend(lambda: open_backend(uri, told=_Noting(view).told))
        asked = [open_judge(one, backend) for one in judges] or None
        writer = Writer(open_planner(DEFAULT_PLANNER), backend, detectors=detectors, judges=asked)
        asyncio.run(_follow(writer.revising(document), view, backend))


async def _follow(events: AsyncIterator[Event], view: View, backend: Backend) -> None:
    try:
        async with ticking(view):
            async for event in events:
                view.told(event)
    finally:
        await backend.close()


@final
class _Noting:
    """Says in a view how far a download is: the bars of other commands would draw over it."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._tenth = -1

    def told(self, doing: str, done: int, of: int) -> None:
        """So much of so much; said ten times at most."""
        tenth = 10 * done // max(1, of)
        if tenth != self._tenth:
            self._tenth = tenth
            self._view.note(f"{one_line(doing)} the model: {amount(doing, done)} of {amount(doing, of)}")


def _as_json(source: Source, out: Path, revised: Document, progress: Progress, given: Document) -> dict[str, object]:
    found = [event.finding for event in progress.changes if isinstance(event, Found)]
    return {
        "file": str(source.path),
        "out": str(out),
        "findings": [by_file(finding_as_json(finding, source.shift), given) for finding in found],
        "revisions": [by_file(revision_as_json(revision, source.shift), given) for revision in revised.revisions],
        "unresolved": len(revised.unresolved),
        "forwards": revised.cost.forwards,
        "seconds": revised.cost.seconds,
    }


def _print(out: Path, revised: Document, progress: Progress) -> None:
    console = errors_console()
    if can_draw(console):
        print_changes(console, progress)
        console.print(Text.assemble(("✓ ", "green"), (one_line(str(out)), "bold")))
        console.print(Text("  " + tally(progress, len(revised.unresolved)), style="dim"))
    else:
        click.echo(str(out))
        say(tally(progress, len(revised.unresolved)))
