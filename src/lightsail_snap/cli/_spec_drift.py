"""`spec-drift`: what the service model and the models of this library say otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lightsail_snap.cli._drift import spec_drift
from lightsail_snap.cli._options import add_command


def add_to(app: typer.Typer) -> None:
    """Add the command.

    Args:
        app: Where to.
    """
    add_command(app, "spec-drift", _spec_drift, panel="Help")


def _spec_drift(
    *,
    service_model: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Compare with this service-2.json or service-2.json.gz instead."
        ),
    ] = None,
    is_whole: Annotated[
        bool, typer.Option("--all", help="Print expected differences, too, with their reasons.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
) -> int:
    """Compare the models with the service model of the installed botocore.

    The exit code is 0 if nothing differs that is not expected, and 1 otherwise.
    """
    return spec_drift(service_model, is_whole=is_whole, as_json=as_json)
