"""move: camera moves by name."""

from __future__ import annotations

import click


class _Names(click.ParamType):  # type: ignore[type-arg]
    """The names of the moves, looked up only when one is given: `--help` of the whole imports nothing."""

    name = "name"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> object:
        from projects.moves import MOVES

        for move in MOVES:
            if move.name == value:
                return move
        self.fail(f"there is no move {value!r}; there are {', '.join(m.name for m in MOVES)}.", param, ctx)


@click.command()
@click.argument("name", type=_Names(), required=False)
@click.option(
    "--frames", type=click.IntRange(min=2), default=120, show_default=True, help="Length of the move."
)
@click.option(
    "--amount", type=float, default=1.0, show_default=True, help="How much of it; -1 is the other way."
)
@click.option(
    "--distance", type=float, default=2.0, show_default=True, help="Units to what is looked at (near is 1)."
)
def move(name: object, frames: int, amount: float, distance: float) -> None:
    """Print the schedules of a camera move, to paste into a project: push-in, orbit, dolly-zoom ...

    Without NAME: what there is.
    """
    from projects.moves import MOVES, CameraMove, motion_table

    if not isinstance(name, CameraMove):
        width = max(len(known.name) for known in MOVES)
        for known in MOVES:
            click.echo(f"{known.name:<{width}}  {known.mode}  {known.help}")
        return
    try:
        click.echo(motion_table(name, frames, amount=amount, distance=distance))
    except ValueError as error:
        raise click.UsageError(str(error)) from error
