"""hierdiff runs and hierdiff show: what was logged."""

import sys
import time
from pathlib import Path

import click
from rich.cells import cell_len
from rich.console import Console

from hierdiff.cli.errors import say
from hierdiff.cli.options import FILE
from hierdiff.cli.outcome import print_exactly
from hierdiff.errors import FileError, NotYetError, StoreError
from hierdiff.events import Finished
from hierdiff.report.columns import fitted, padded
from hierdiff.report.past import told
from hierdiff.report.plain import count, lines
from hierdiff.store import Run, Store, default_path

_WORDS = {"open": "not finished"}


@click.command("runs")
@click.argument("path", type=FILE, required=False)
def runs(path: Path | None) -> None:
    """List the runs in PATH: a log, or a folder of logs. Newest last.

    PATH is by default the folder where 'write' logs runs that were given no --run.

    \b
    Examples:
      hierdiff runs
      hierdiff runs project/runs.db
    """
    folder = default_path("any").parent if path is None else path.expanduser()
    if path is not None and not folder.exists():
        raise FileError(f"there is no {path}; name a run log or a folder of them", about=str(path))
    found = sorted(_found(folder) if folder.exists() else [], key=lambda pair: pair[1].started)
    for file, run in found:
        click.echo(_line(run, file))
    if not found:
        say(f"no runs are logged in {folder}")


def _found(path: Path) -> list[tuple[Path, Run]]:
    """The runs of a log or of all logs in a folder. What cannot be read is said, and passed over in a folder."""
    if not path.is_dir():
        with Store(path, make=False) as store:
            return [(path, run) for run in store.runs()]
    found: list[tuple[Path, Run]] = []
    for file in sorted(path.glob("*.db")):
        try:
            found += _found(file)
        except (FileError, StoreError) as error:
            say(str(error))
    return found


def _line(run: Run, file: Path) -> str:
    started = time.strftime("%Y-%m-%d %H:%M", time.localtime(run.started))
    status = _WORDS.get(run.status, run.status)
    text = f"{started}  {padded(status, 12)}  {run.words:>7,} words  "
    room = Console().width - 1 - cell_len(text) if sys.stdout.isatty() else 60
    name = run.id if file.stem == run.id else f"{run.id} in {file}"
    return text + padded(run.goal, max(12, room - len(name) - 2)) + f"  {fitted(name, 200)}"


@click.command("show")
@click.argument("log", type=FILE, metavar="RUN.db")
@click.option("--run", "name", metavar="ID", help="Which run of the log.  [default: the last]")
@click.option("--text", is_flag=True, help="Only the document, as it was written.")
@click.option("--html", type=FILE, metavar="OUT.html", help="As one HTML file (a later release).")
def show(log: Path, name: str | None, text: bool, html: Path | None) -> None:
    """Show a run: its plan with timings, what was found, and every revision before and after.

    RUN.db is a log, or the id of a run that 'runs' lists.

    \b
    Examples:
      hierdiff show 3f2a9c017be4
      hierdiff show project/runs.db --text > report.md
    """
    if html is not None:
        raise NotYetError("'hierdiff show --html' comes with a later release; without it the run is shown here")
    with Store(_log(log), make=False) as store:
        run = _chosen(store, name)
        entries = store.entries(run.id)
    if text:
        _print_text([entry.event for entry in entries if isinstance(entry.event, Finished)], run)
        return
    console = Console(highlight=False)
    for line in told(run, entries, width=console.width if sys.stdout.isatty() else 100):
        console.print(line, soft_wrap=not sys.stdout.isatty())


def _log(path: Path) -> Path:
    """The log that is meant: a file, or the id of a run with a log of its own."""
    path = path.expanduser()
    own = default_path(path.name)
    if not path.exists() and len(path.parts) == 1 and own.is_file():
        return own
    if not path.is_file():
        raise FileError(f"there is no run log {path}; 'hierdiff runs' lists those there are", about=str(path))
    return path


def _chosen(store: Store, name: str | None) -> Run:
    known = store.runs()
    for run in reversed(known):
        if name is None or run.id == name:
            return run
    if not known:
        raise FileError(f"{store.path} holds no runs", about=str(store.path))
    ids = ", ".join(run.id for run in known[-5:])
    raise FileError(f"{store.path} holds no run '{name}', but {count(len(known), 'other')}: {ids}", about=name)


def _print_text(finished: list[Finished], run: Run) -> None:
    if not finished:
        raise FileError(f"run {run.id} has no document; 'show' without --text tells how far it came")
    text = finished[-1].document.text
    if sys.stdout.isatty():
        click.echo(lines(text))
    else:
        print_exactly(text)
