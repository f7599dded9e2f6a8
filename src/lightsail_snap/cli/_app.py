"""The command line with the extra `cli`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from lightsail_snap import __version__
from lightsail_snap.cli import (
    _demo,
    _doctor,
    _emulator,
    _plans,
    _prune,
    _rescue,
    _restore_instance,
    _snapshots,
)
from lightsail_snap.cli._errors import run_and_report
from lightsail_snap.cli._messages import PROGRAM

app = typer.Typer(
    name=PROGRAM,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for _group in (_snapshots, _rescue, _restore_instance, _plans, _prune, _doctor, _emulator, _demo):
    _group.add_to(app)


def _print_version(is_requested: bool) -> None:  # noqa: FBT001 - as typer calls it
    if is_requested:
        typer.echo(f"{PROGRAM} {__version__}")
        raise typer.Exit


@app.callback()
def _describe(
    *,
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Typed, safe Amazon Lightsail disk snapshots: take, keep and prune them."""


def run(arguments: Sequence[str]) -> int:
    """Run the command line and return the exit code."""
    # Commands report their own errors; this reports those of help and completion.
    return run_and_report(lambda: _run_typer(arguments))


def _run_typer(arguments: Sequence[str]) -> int | None:
    try:
        typer.main.get_command(app).main(args=arguments, prog_name=PROGRAM)
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):
            raise end.__context__ from None
        return end.code if isinstance(end.code, int) else 0
    return None  # pragma: no cover - typer always ends with SystemExit
