"""The page docs/cli.md, made from the commands: `python -m render.cli.reference > docs/cli.md`."""

from __future__ import annotations

from inspect import cleandoc

import click

from .app import cli

_HEAD = """\
# The command line

<!-- Made by: python -m render.cli.reference > docs/cli.md -->
"""


def reference() -> str:
    """Markdown of every command: usage, help, options. It does not depend on the terminal."""
    top = click.Context(cli, info_name="reverie", **cli.context_settings)
    parts = [_HEAD, _text(cli)]
    for name in cli.list_commands(top):
        command = cli.get_command(top, name)
        if command is not None:
            parts += _section(command, click.Context(command, info_name=name, parent=top))
    return "\n".join(parts)


def _section(command: click.Command, context: click.Context) -> list[str]:
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    options = [option for option in command.get_params(context) if isinstance(option, click.Option)]
    records = [option.get_help_record(context) for option in options]
    rows = [f"| `{names}` | {_cell(help_text)} |" for names, help_text in filter(None, records)]
    return [
        f"## {context.command_path}\n",
        f"    {usage}\n",
        _text(command),
        "| option | |\n|---|---|",
        *rows,
        "",
    ]


def _text(command: click.Command) -> str:
    return f"{cleandoc(command.help or '')}\n"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


if __name__ == "__main__":
    click.echo(reference(), nl=False)
