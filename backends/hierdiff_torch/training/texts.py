"""Texts: what is trained on, as tokens.

Files of a folder: `.jsonl` with `prompt` and `text` in every line (the prompt may hold the markers of a chat; only the
text is noised), and any other text file, which is cut into pieces. A twentieth is held out, by a hash of the text.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from hierdiff.errors import FileError

SUFFIXES = (".jsonl", ".txt", ".md", ".rst", ".py", ".html", ".json", ".toml", ".c", ".h", ".js", ".ts", ".go", ".rs")
LEAST = 2_000
"""So many tokens of text a run needs at least, or it would learn them by heart."""
_HELD = 20
_SHORTEST = 4
"""A text of fewer tokens has no room for a hole with text on both sides."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Tokens of one text: the first `given` are never noised; `ended` says that the text is a whole section."""

    tokens: tuple[int, ...]
    given: int
    ended: bool


@dataclass(frozen=True, slots=True)
class Texts:
    """Samples to train on and samples held out, and the hash of all that was read."""

    train: tuple[Sample, ...]
    held: tuple[Sample, ...]
    digest: str

    @property
    def tokens(self) -> int:
        """Tokens to train on, those of prompts left out."""
        return sum(len(sample.tokens) - sample.given for sample in self.train)


def read_texts(paths: list[Path], tokenizer: Tokenizer, length: int, without: Path | None = None) -> Texts:
    """All samples of files and folders but those in the folder `without`, in a fixed order.

    Raises FileError naming the file, or if it is too little.
    """
    tokenizer = Tokenizer.from_str(tokenizer.to_str())
    tokenizer.encode_special_tokens = False  # prompts hold the chat's markers; a Vocabulary reads them as plain text
    train: list[Sample] = []
    held: list[Sample] = []
    digest = hashlib.sha256()
    for path in _files(paths, without):
        raw = _text(path)
        digest.update(f"{path.suffix}:{len(raw)}:".encode() + raw.encode())
        for text, sample in _samples(path, raw, tokenizer, length):
            apart = int.from_bytes(hashlib.sha256(text.encode()).digest()[:4]) % _HELD == 0
            (held if apart else train).append(sample)
    found = Texts(tuple(train), tuple(held), digest.hexdigest())
    if found.tokens < LEAST or not held:
        raise FileError(
            f"the data hold {found.tokens:,} tokens to train on and {len(held)} held-out texts; "
            f"at least {LEAST:,} tokens and one text are needed: name more files with --data"
        )
    return found


def _files(paths: list[Path], without: Path | None) -> Iterator[Path]:
    """Files as they are named, and of folders all that have a known suffix, nothing hidden."""
    apart = without.resolve() if without is not None else None
    for path in paths:
        if path.is_file():
            yield path
        elif path.is_dir():
            for one in sorted(path.rglob("*")):
                hidden = any(part.startswith(".") for part in one.relative_to(path).parts)
                own = apart is not None and apart in one.resolve().parents
                if one.suffix in SUFFIXES and not hidden and not own and one.is_file():
                    yield one
        else:
            raise FileError(f"there is no file or folder '{path}'; name one with --data", about=str(path))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise FileError(f"{path} is not UTF-8 at byte {error.start}; leave it out", about=str(path)) from None
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror}; leave it out", about=str(path)) from None


def _samples(path: Path, raw: str, tokenizer: Tokenizer, length: int) -> Iterator[tuple[str, Sample]]:
    if path.suffix == ".jsonl":
        for number, line in enumerate(raw.split("\n"), start=1):  # splitlines() would cut within a text, at U+2028
            if line.strip():
                text, sample = _pair(path, number, line, tokenizer, length)
                if len(sample.tokens) - sample.given >= _SHORTEST:
                    yield text, sample
        return
    tokens = tokenizer.encode(raw, add_special_tokens=False).ids
    for at in range(0, len(tokens), length):
        piece = tuple(tokens[at : at + length])
        if len(piece) >= 32:
            yield ",".join(map(str, piece)), Sample(piece, min(16, len(piece) // 4), False)


def _pair(path: Path, number: int, line: str, tokenizer: Tokenizer, length: int) -> tuple[str, Sample]:
    try:
        found: Any = json.loads(line)
        prompt, text = found["prompt"], found["text"]
        if not (isinstance(prompt, str) and isinstance(text, str) and text.strip()):
            raise TypeError
        (prompt + text).encode()  # half a surrogate pair is no text
    except (ValueError, KeyError, TypeError):
        raise FileError(
            f"{path}, line {number}: not an object with the texts 'prompt' and 'text'; mend or remove it",
            about=str(path),
        ) from None
    before = tokenizer.encode(prompt, add_special_tokens=False).ids
    after = tokenizer.encode(text.strip(), add_special_tokens=False).ids
    before = before[-max(0, length - min(len(after), length * 3 // 4)) :]
    tokens = (*before, *after)[:length]
    return text, Sample(tokens, len(before), len(before) + len(after) <= length)
