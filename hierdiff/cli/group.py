"""Commands: the group of all commands, which loads only the one that is called.

Subclassed from click's group because that is click's way to find commands late: `hierdiff --help` must not wait for
what only one command needs, and certainly not for a model library.
"""

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, final

import click

from hierdiff.cli.errors import guarded
from hierdiff.plugins import load, names

OWN: dict[str, tuple[str, str]] = {
    "write": ("hierdiff.cli.write:write", "Write a document: plan it, denoise its sections, revise what disagrees."),
    "plan": ("hierdiff.cli.plan:plan", "Plan a document and stop there: the outline as YAML."),
    "check": ("hierdiff.cli.check:check", "Find where a text contradicts its facts, itself or its form."),
    "revise": ("hierdiff.cli.revise:revise", "Rewrite what 'check' finds, and not a byte more."),
    "runs": ("hierdiff.cli.runs:runs", "List the runs that were logged."),
    "show": ("hierdiff.cli.runs:show", "Show a run: plan, timings, findings, revisions, document."),
    "quote": ("hierdiff.cli.quote:quote", "Say what a document would take: tokens, forward passes, time."),
    "resume": ("hierdiff.cli.later:resume", "Go on with a run that was cut short (a later release)."),
    "serve": ("hierdiff.cli.later:serve", "Serve canvases and documents over HTTP (a later release)."),
    "mcp": ("hierdiff.cli.later:mcp", "Serve as a tool for agents (a later release)."),
}
"""Where each command is, and its line in the help: it can be said without loading the command."""

PLUGGED = {"models": "Models for the torch backend: list, pull, info, convert."}
"""The lines of commands that come by entry point from packages of ours."""


@final
class Commands(click.Group):
    """Our own commands, and those of installed packages (entry point group `hierdiff.commands`)."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names: ours in the order in which they are used, then the others."""
        return [*OWN, *(name for name in names("commands") if name not in OWN)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, loaded now. Raises MissingExtraError where something is missing that it needs."""
        if cmd_name in OWN:
            module, _, name = OWN[cmd_name][0].partition(":")
            return getattr(import_module(module), name)
        if cmd_name in names("commands"):
            found = load("commands", cmd_name)
            return found if isinstance(found, click.Command) else None
        return None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list in the help, from the lines above."""
        said = {**{name: line for name, (_, line) in OWN.items()}, **PLUGGED}
        with formatter.section("Commands"):
            formatter.write_dl([(name, said.get(name, "(from a plugin)")) for name in self.list_commands(ctx)])

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run the command line and leave the process with its exit code: errors are one line each."""
        run = super().main
        extra |= {"args": args, "prog_name": prog_name or "hierdiff", "windows_expand_args": windows_expand_args}
        sys.exit(guarded(lambda: run(complete_var=complete_var, standalone_mode=False, **extra)))
