"""The `reverie` command: its group, its error messages and its exit codes.

Commands are in the modules beside this one. They import what they need when they run: `--help` imports only click.
"""

from __future__ import annotations

import sys
from difflib import get_close_matches
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from keyword import iskeyword

import click

_HOMES = {
    "new": "projects",
    "check": "projects",
    "schema": "projects",
    "move": "projects",
    "import": "projects",
    "beats": "showing",
    "plan": "showing",
    "preview": "rendering",
    "render": "rendering",
    "still": "rendering",
    "export": "rendering",
    "sheet": "rendering",
    "convert-lora": "projects",
    "doctor": "showing",
}
_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100, "show_default": True}


class _Commands(click.Group):
    """Commands by name, each from its own module; a wrong name gets a suggestion."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_HOMES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _HOMES:
            return None
        name = f"{cmd_name}_" if iskeyword(cmd_name) else cmd_name.replace("-", "_")
        found: click.Command = getattr(import_module(f"render.cli.{_HOMES[cmd_name]}"), name)
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if not args[0].startswith("-") and args[0] not in _HOMES:
            near = get_close_matches(args[0], _HOMES, n=1, cutoff=0.5)
            hint = f'Did you mean "{near[0]}"?' if near else f"Commands: {', '.join(_HOMES)}."
            ctx.fail(f'there is no command "{args[0]}". {hint}')
        return super().resolve_command(ctx, args)


def _version() -> str:
    try:
        return version("reverie")
    except PackageNotFoundError:
        return "from source"


@click.group(cls=_Commands, context_settings=_SETTINGS)
@click.version_option(_version(), prog_name="reverie")
def cli() -> None:
    """Turn a written score of prompts and camera moves into a film.

    Start with: reverie new dream.toml && reverie render dream.toml

    Exit codes: 0 done, 1 render failed, 2 bad project or usage, 3 something is missing (ffmpeg, device, model),
    4 the take is being rendered by another process, 130 SIGINT, 143 SIGTERM.
    """


def main(argv: list[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    from ..stop import stoppable

    with stoppable(ending=True):
        code = _run(argv)
    sys.exit(code)


def _run(argv: list[str] | None) -> int:
    """Run a command. An error of ours, or a stop, is printed on stderr and gives its exit code."""
    try:
        code = cli.main(args=argv, prog_name="reverie", standalone_mode=False)
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.exceptions.Abort, KeyboardInterrupt):
        click.echo("stopped", err=True)
        return 130
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output has gone
        return 1
    except BaseException as error:
        from keyframes.errors import ReverieError, Stopped

        if not isinstance(error, ReverieError | Stopped):
            raise
        echo_error(error)
        return error.exit_code
    return code if isinstance(code, int) else 0


def echo_error(error: BaseException) -> None:
    """Print an error and its notes to stderr.

    Names and texts in it may come from a stranger's project: control characters become dots, so that they cannot
    control the terminal.
    """
    from keyframes.errors import printable

    for text in (str(error), *getattr(error, "__notes__", ())):
        for line in text.split("\n"):
            click.echo(printable(line), err=True)
