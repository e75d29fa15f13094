"""The command line: `hierdiff COMMAND`, a file for each command.

errors     one line and an exit code for whatever goes wrong     options    what several commands ask for
files      strict reading, atomic writing                        running    a run in the foreground, signals and all
recorder   the run's log                                         outcome    what came of it, for people and as JSON
"""

import click

from hierdiff.cli.group import Commands

_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.command("hierdiff", cls=Commands, invoke_without_command=True, context_settings=_SETTINGS)
@click.version_option(package_name="hierdiff-lm", prog_name="hierdiff")
@click.pass_context
def main(context: click.Context) -> None:
    """Long documents from diffusion language models.

    hierdiff plans a document as a graph of sections, denoises the independent ones together, finds the spans that
    disagree and rewrites only those.

    \b
    Examples:
      hierdiff write "How a small town can cut flood damage" --words 1200
      hierdiff plan "How a small town can cut flood damage" --out outline.yaml
      hierdiff write --outline outline.yaml --out report.md
      hierdiff check report.md --facts facts.yaml

    Exit codes: 0 done (check: nothing found), 1 the run failed (check: something found), 2 it cannot be done as asked,
    130 stopped by Ctrl-C.
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
