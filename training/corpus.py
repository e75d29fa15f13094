"""Prose and code to train the adapter on, from Debian's packages; licences stand in docs/conversion.md.

Every page becomes paragraphs of plain text, every package one folder of text files. Nothing of it is kept in git.

    python training/corpus.py OUT_FOLDER [--most 1500000]
"""

import argparse
import hashlib
import re
import subprocess
import tempfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple


class Source(NamedTuple):
    """A Debian package and which of its files are read."""

    package: str
    pattern: str


SOURCES = (
    Source("debian-handbook", r"/en-US/.*\.html$"),
    Source("gnome-user-docs", r"/C/.*\.page$"),
    Source("developers-reference", r"\.html$"),
    Source("apache2-doc", r"\.html\.en$|/en/.*\.html$"),
    Source("python-django-doc", r"\.html$"),
    Source("postgresql-doc-15", r"\.html$"),
    Source("git-doc", r"\.html$"),
    Source("libpython3.11-stdlib", r"/python3\.11/[a-z]+\.py$"),
)
_BLOCKS = frozenset(("p", "li", "dd", "dt", "h1", "h2", "h3", "h4", "td", "pre", "title", "item"))
_SILENT = frozenset(("script", "style", "head", "nav", "table", "pre", "info", "code"))


class Page(HTMLParser):
    """Paragraphs of an HTML or Mallard page that are prose."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.paragraphs: list[str] = []
        self._open: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A block begins a paragraph; silent elements have no text."""
        self._silent += tag in _SILENT and tag != "code"
        if tag in _BLOCKS:
            self._flush()

    def handle_endtag(self, tag: str) -> None:
        """A block ends one."""
        if tag in _BLOCKS:
            self._flush()
        if tag in _SILENT and tag != "code":
            self._silent = max(0, self._silent - 1)

    def handle_data(self, data: str) -> None:
        """Text counts where nothing silent is open."""
        if not self._silent:
            self._open.append(data)

    def _flush(self) -> None:
        text = " ".join("".join(self._open).split())
        self._open.clear()
        if len(text.split()) >= 12 and text[-1:] in ".!?:":
            self.paragraphs.append(text)


def texts(source: Source, folder: Path) -> Iterator[str]:
    """The texts of one package's files that are long enough to learn from, each once."""
    seen: set[str] = set()
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.is_symlink() or not re.search(source.pattern, str(path)):
            continue
        raw = path.read_text(encoding="utf-8", errors="replace")
        if path.suffix == ".py":
            yield raw
            continue
        page = Page()
        page.feed(raw)
        fresh = [one for one in page.paragraphs if one not in seen]
        seen.update(fresh)
        if sum(map(len, fresh)) >= 400:
            yield "\n\n".join(fresh) + "\n"


def build(source: Source, out: Path, most: int) -> int:
    """Fetch one package and write its texts; how many characters they have."""
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        subprocess.run(["apt-get", "download", "-q", source.package], cwd=work, check=True, capture_output=True)
        deb = next(work.glob("*.deb"))
        subprocess.run(["dpkg-deb", "-x", deb.name, "files"], cwd=work, check=True)
        folder = out / source.package
        folder.mkdir(parents=True, exist_ok=True)
        written = 0
        for number, text in enumerate(texts(source, work / "files")):
            if written >= most:
                break
            suffix = ".py" if source.package.startswith("libpython") else ".txt"
            (folder / f"{number:04}{suffix}").write_text(text, encoding="utf-8")
            written += len(text)
        digest = hashlib.sha256(deb.read_bytes()).hexdigest()[:16]
        print(f"{deb.name.split('_')[0]:24} {written:>10,} characters  package sha256 {digest}")
    return written


def main() -> None:
    """Write the corpus."""
    parser = argparse.ArgumentParser(description="Build the training corpus from Debian's packages.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--most", type=int, default=1_500_000, help="characters a package")
    arguments = parser.parse_args()
    total = sum(build(source, arguments.out, arguments.most) for source in SOURCES)
    print(f"{total:,} characters")


if __name__ == "__main__":
    main()
