"""The commands, put together."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from lightsail_snap import __version__
from lightsail_snap.cli import _demo, _doctor, _emulator, _plans, _snapshots
from lightsail_snap.cli._settings import ended

_NAME = "lightsail-snap"

app = typer.Typer(
    name=_NAME,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for _room in (_snapshots, _plans, _doctor, _emulator, _demo):
    _room.add_to(app)


def _version(is_wanted: bool) -> None:  # noqa: FBT001 - as typer calls it
    if is_wanted:
        typer.echo(f"{_NAME} {__version__}")
        raise typer.Exit


@app.callback()
def _about(
    *,
    _shown: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Typed, safe Amazon Lightsail disk snapshots: take, keep and prune them."""


def run(arguments: Sequence[str] | None) -> int:
    """Run the command.

    Args:
        arguments: The words after the command's name; those of this process if None.

    Returns:
        The exit code.
    """
    words = sys.argv[1:] if arguments is None else list(arguments)
    # Commands end without a traceback by themselves; help and completion are typer's to show.
    return ended(lambda: _typed(words))


def _typed(words: list[str]) -> int | None:
    try:
        typer.main.get_command(app).main(args=words, prog_name=_NAME)
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):
            raise end.__context__ from None
        return end.code if isinstance(end.code, int) else 0
    return None  # pragma: no cover - typer always ends by SystemExit
