"""Messages on the terminal."""

from __future__ import annotations

import click


def echo_error(error: BaseException) -> None:
    """Print an error and its notes to stderr.

    Names and texts in it may come from a stranger's project: control characters are shown as dots, so that they
    cannot steer the terminal.
    """
    from keyframes.errors import printable

    for text in (str(error), *getattr(error, "__notes__", ())):
        for line in text.split("\n"):
            click.echo(printable(line), err=True)
