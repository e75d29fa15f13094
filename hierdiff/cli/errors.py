"""Errors on the command line: one line on standard error and an exit code that says whose fault it was."""

import os
import sys
import traceback
from collections.abc import Callable
from typing import Any

import click
from pydantic import ValidationError

from hierdiff.errors import HierdiffError, MisuseError
from hierdiff.report.plain import one_line
from hierdiff.writer import unwrapped

MISUSE, FAILURE, STOPPED = 2, 1, 130
DEBUG = "HIERDIFF_DEBUG"


def guarded(work: Callable[[], Any]) -> int:
    """Do the work; its exit code. Whatever it raises becomes one line; `HIERDIFF_DEBUG=1` shows the traceback too."""
    try:
        code = work()
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except BrokenPipeError:
        _hush()
        return FAILURE
    except (KeyboardInterrupt, click.Abort):
        say("stopped")
        return STOPPED
    except Exception as error:  # the last stop: a user sees one line, HIERDIFF_DEBUG shows the rest
        own = unwrapped(error)
        if os.environ.get(DEBUG, "").strip() not in ("", "0"):
            traceback.print_exception(own)
        text, code = told(own)
        say(f"error: {text}")
        return code


def told(error: BaseException) -> tuple[str, int]:
    """An error in words, and the exit code that goes with it."""
    if isinstance(error, click.ClickException):
        return _usage(error), MISUSE
    if isinstance(error, ValidationError):
        return _invalid(error), MISUSE
    if isinstance(error, HierdiffError):
        return str(error), MISUSE if isinstance(error, MisuseError) else FAILURE
    name = type(error).__name__
    return f"{name}: {error} (unexpected; set {DEBUG}=1 for the traceback)", FAILURE


def say(text: str) -> None:
    """One line on standard error, in the name of the program."""
    click.echo(f"hierdiff: {one_line(text)}", err=True)


def _usage(error: click.ClickException) -> str:
    text = error.format_message().strip().rstrip(".")
    context = error.ctx if isinstance(error, click.UsageError) else None
    return f"{text} (see '{context.command_path} --help')" if context is not None else text


def _invalid(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    field = ".".join(str(part) for part in first["loc"]) or error.title
    return f"{field}: {first['msg'].removeprefix('Value error, ')} (given: {first['input']!r:.60})"


def _hush() -> None:
    """Nobody reads standard output any more: let nothing complain about that when Python ends."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, sys.stdout.fileno())
