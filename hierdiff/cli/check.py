"""hierdiff check: what is wrong with a text, found without a model, unless a judge is named."""

import asyncio
import sys
from bisect import bisect_right
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from hierdiff.cli import options
from hierdiff.cli.errors import say
from hierdiff.cli.files import Source, read_source
from hierdiff.cli.lazy import LazyBackend
from hierdiff.cli.outcome import finding_as_json, print_json
from hierdiff.cli.trees import by_file, file_at
from hierdiff.detectors.code.surroundings import NOTHING, Surroundings, surroundings_of
from hierdiff.detectors.suited import suited
from hierdiff.document import Document, line_starts, parse
from hierdiff.errors import FileError
from hierdiff.facts import load_facts
from hierdiff.findings import Finding
from hierdiff.ledger import Ledger
from hierdiff.plugins import open_backend, open_judge
from hierdiff.report.changes import found
from hierdiff.report.columns import fitted
from hierdiff.report.plain import count, one_line
from hierdiff.revise.gate import find
from hierdiff.revise.votes import counted
from hierdiff.tree import is_tree, read_tree


@click.command("check")
@click.argument("file", type=options.FILE)
@options.facts
@options.judges("none")
@options.backend
@options.as_json
def check(file: Path, facts: Path | None, judges: tuple[str, ...], backend: str, as_json: bool) -> int:
    """Find where the text in FILE contradicts its facts, itself or its form.

    Terms, numbers with their units, dates, references, repeats, structure: all by rules. No model is opened unless
    --judge names one; doubt, rival and surprise ask the model of --backend. Offsets count characters of the decoded
    file. Exits 1 when it found something, 0 when not.

    FILE may be a folder: its Python files are then checked as one tree of code, and every finding names its file.

    \b
    Examples:
      hierdiff check report.md
      hierdiff check report.md --facts facts.yaml --json
      hierdiff check src/
      hierdiff check report.md --judge meaning --judge rival
    """
    source, document = opened(file, facts)
    findings = find(suited(document, around(file)), document)
    if judges:
        findings = asyncio.run(_weighed(document, findings, judges, backend))
    if as_json:
        said = [by_file(finding_as_json(one, source.shift), document) for one in findings]
        print_json({"file": str(file), "findings": said})
    else:
        _print(findings, document, file)
        say(f"{file}: {count(len(findings), 'finding') if findings else 'nothing found'}")
    return int(bool(findings))


async def _weighed(document: Document, findings: list[Finding], judges: Sequence[str], uri: str) -> list[Finding]:
    """The findings with what the judges make of them, in order of place. The backend is opened when one asks it."""
    backend = LazyBackend(lambda: open_backend(uri))
    try:
        found: Sequence[Finding] = findings
        for judge in [open_judge(one, backend) for one in judges]:
            found = await judge.weigh(document, found)
    finally:
        await backend.close()
    return sorted(counted(found), key=lambda finding: (finding.spans[0].start, finding.detector))


def opened(file: Path, facts: Path | None) -> tuple[Source, Document]:
    """A text file, or a folder of Python files, and the document that it is, with its facts. Raises FileError."""
    ledger = Ledger() if facts is None else load_facts(facts)
    if file.is_dir():
        tree = read_tree(file)
        if not is_tree(tree):
            raise FileError(f"there are no Python files in {file}; name a file, or another folder", about=str(file))
        return Source(path=file, text=tree.text), tree.changed(ledger=ledger)
    source = read_source(file)
    return source, parse(source.text, ledger=ledger)


def around(file: Path) -> Surroundings:
    """What lies beside the files of a folder; nothing for a file."""
    return surroundings_of(file) if file.is_dir() else NOTHING


def _print(findings: list[Finding], document: Document, file: Path) -> None:
    """On a terminal with the words around each; elsewhere a line for each, as editors and grep read them."""
    console = Console(highlight=False)
    starts = line_starts(document.text)
    for finding in findings:
        place = _where(document, starts, finding.spans[0].start, file)
        if not sys.stdout.isatty():
            click.echo(f"{place}: {_line(finding)}")
            continue
        head, body = found(finding, _title(document, finding.section), document.text, width=console.width)
        console.print(Text.assemble((place, "bold"), " ", head))
        console.print(body)
        if finding.expected is not None:
            console.print(Text.assemble("  ought to be ", (fitted(finding.expected, 60) or "nothing", "green")))


def _line(finding: Finding) -> str:
    expected = "" if finding.expected is None else f" (ought to be {fitted(finding.expected, 60)!r})"
    text = fitted(finding.spans[0].text, 60)
    perhaps = "" if finding.hard else "perhaps "
    return f"{perhaps}{finding.detector} {finding.kind}: {text!r}: {one_line(finding.reason)}{expected}"


def _where(document: Document, starts: Sequence[int], offset: int, file: Path) -> str:
    """File, line and column of an offset."""
    path, start = file_at(document, offset) if is_tree(document) else ("", 0)
    name = one_line(str(file / path if path else file))
    if start:
        starts, offset = line_starts(document.text[start : offset + 1]), offset - start
    return f"{name}:{_place(starts, offset)}"


def _place(starts: Sequence[int], offset: int) -> str:
    """Line and column of an offset, from 1."""
    line = bisect_right(starts, offset)
    return f"{line}:{offset - starts[line - 1] + 1}"


def _title(document: Document, section: str) -> str:
    return next((part.title for part in document.sections if part.id == section), section)
