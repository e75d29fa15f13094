"""What a person does at a terminal: look, resize, press Ctrl-C, pipe into something that stops reading."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pty = pytest.importorskip("pty")
fcntl = pytest.importorskip("fcntl")
termios = pytest.importorskip("termios")

SLOW = Path(__file__).with_name("slow.py")
COMMAND = [sys.executable, "-W", "error", str(SLOW)]


def started(*arguments: str, step: str = "0.05") -> "subprocess.Popen[str]":
    """A run with pipes for a terminal."""
    command = [*COMMAND, step, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def until(process: "subprocess.Popen[str]", word: str) -> str:
    """What it says on standard error until a line begins with the word."""
    assert process.stderr is not None
    said = ""
    for line in process.stderr:
        said += line
        if line.startswith(word):
            return said
    raise AssertionError(f"never {word}: {said}")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_keeps_what_stands(outline: Path, number: signal.Signals) -> None:
    with started("write", "--outline", str(outline), "--out", "x.md", "--run", "r.db") as process:
        until(process, "drafted")
        process.send_signal(number)
        out, errors = process.communicate(timeout=20)
    assert process.returncode == 130
    assert out == ""
    last = errors.splitlines()[-1]
    assert "of 3 sections done" in last
    assert "x.md" in last
    assert "r.db" in last
    assert "Traceback" not in errors
    assert Path("x.md").read_text(encoding="utf-8").startswith("# Living with the sea")


def test_before_anything_stands_nothing_is_written(outline: Path) -> None:
    with started("write", "--outline", str(outline), "--out", "x.md", step="1.0") as process:
        until(process, "opened")
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "0 of 3 sections done, nothing was written" in errors
    assert not Path("x.md").exists()


def test_while_it_is_planned_there_is_nothing_to_keep() -> None:
    with started("write", "Tides", "--out", "x.md", step="1.0") as process:
        time.sleep(2.0)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "nothing was written" in errors
    assert "Traceback" not in errors


def test_the_second_signal_aborts_at_once(outline: Path) -> None:
    with started("write", "--outline", str(outline), "--out", "x.md", step="0.05") as process:
        until(process, "opened")
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Traceback" not in errors


def test_a_reader_that_goes_away_is_no_error(outline: Path) -> None:
    script = f"import sys; from hierdiff.cli import main; main({['plan', '--outline', str(outline)]!r})"
    shell = f'"{sys.executable}" -W error -c "$SCRIPT" | true'
    environment = {**os.environ, "SCRIPT": script}
    result = subprocess.run(shell, shell=True, env=environment, capture_output=True, text=True, check=False)
    assert result.stderr == ""


class Terminal:
    """A run in a pseudo-terminal of a given size; `seen` is all that it wrote there."""

    def __init__(self, columns: int, lines: int, *arguments: str, step: str = "0.05", **more: str) -> None:
        self._master, slave = pty.openpty()
        self.resize(columns, lines)
        environment = {**os.environ, "TERM": "xterm-256color", **more}
        command = [*COMMAND, step, *arguments]
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True
        )
        os.close(slave)
        self.seen = ""

    def resize(self, columns: int, lines: int) -> None:
        size = lines.to_bytes(2, sys.byteorder) + columns.to_bytes(2, sys.byteorder) + bytes(4)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, size)

    def read(self, until: str = "", seconds: float = 30.0) -> str:
        """Read until a text is seen, or to the end."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not (until and until in self.seen):
            try:
                data = os.read(self._master, 65536)
            except OSError:
                break
            if not data:
                break
            self.seen += data.decode("utf-8", "replace")
        assert until in self.seen, self.seen[-2000:]
        return self.seen

    def end(self) -> int:
        self.read()
        return self.process.wait(timeout=20)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._master)


@pytest.fixture
def terminals() -> Iterator[list[Terminal]]:
    """Terminals to be closed after the test."""
    opened: list[Terminal] = []
    yield opened
    for terminal in opened:
        terminal.close()


@pytest.mark.parametrize("columns", [40, 100])
def test_the_live_view(outline: Path, terminals: list[Terminal], columns: int) -> None:
    terminal = Terminal(columns, 20, "write", "--outline", str(outline), "--out", "x.md", step="0.01")
    terminals.append(terminal)
    assert terminal.end() == 0
    for words in ("Living with the sea", "Causes", "━", "✓", "3/3 written", "x.md", "unresolved"):
        assert words in terminal.seen
    assert "\x1b[3" in terminal.seen
    assert terminal.seen.rindex("\x1b[?25h") > terminal.seen.index("\x1b[?25l")
    assert "Traceback" not in terminal.seen


def test_without_colour(outline: Path, terminals: list[Terminal]) -> None:
    terminal = Terminal(80, 20, "write", "--outline", str(outline), step="0.01", NO_COLOR="1")
    terminals.append(terminal)
    assert terminal.end() == 0
    assert not any(f"\x1b[{colour}" in terminal.seen for colour in range(31, 38))
    assert "━" in terminal.seen


def test_a_dumb_terminal_gets_lines(outline: Path, terminals: list[Terminal]) -> None:
    terminal = Terminal(80, 20, "write", "--outline", str(outline), step="0.01", TERM="dumb")
    terminals.append(terminal)
    assert terminal.end() == 0
    assert "drafted" in terminal.seen
    assert "\x1b" not in terminal.seen


def test_resize_and_ctrl_c_at_a_terminal(outline: Path, terminals: list[Terminal]) -> None:
    terminal = Terminal(100, 30, "write", "--outline", str(outline), "--out", "x.md", step="0.1")
    terminals.append(terminal)
    terminal.read("tokens/s")
    terminal.resize(40, 8)
    terminal.read("\x1b[2J")
    terminal.process.send_signal(signal.SIGINT)
    assert terminal.end() == 130
    assert "of 3 sections done" in terminal.seen
    assert terminal.seen.rindex("\x1b[?25h") > terminal.seen.rindex("\x1b[?25l")
    assert "Traceback" not in terminal.seen
