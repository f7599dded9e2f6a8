"""Options that work before and after the name of a command.

This module imports neither models nor errors, so that the help of the program is fast.
"""

# Annotations are not strings here: `Settings` inherits them, and they are evaluated there.

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from lightsail_snap.cli._completers import complete_profiles, complete_regions
from lightsail_snap.cli._help import CONNECTION, OUTPUT

WAITING = "Waiting"


def require_finite(number: float) -> float:
    """Refuse NaN and infinity, which `min` and `max` of an option may let pass."""
    if not math.isfinite(number):
        message = f"{number} is not a finite number"
        raise typer.BadParameter(message)
    return number


@dataclass(frozen=True, slots=True, kw_only=True)
class GlobalOptions:
    """Options of every command that calls Lightsail."""

    region: Annotated[
        str | None,
        typer.Option(
            "--region",
            metavar="REGION",
            help="AWS Region to use. [default: AWS_DEFAULT_REGION, else the Region of the profile]",
            autocompletion=complete_regions,
            rich_help_panel=CONNECTION,
        ),
    ] = None
    profile: Annotated[
        str | None,
        typer.Option(
            "--profile",
            metavar="NAME",
            help="Profile of the AWS configuration. [default: AWS_PROFILE]",
            autocompletion=complete_profiles,
            rich_help_panel=CONNECTION,
        ),
    ] = None
    endpoint_url: Annotated[
        str | None,
        typer.Option(
            "--endpoint-url",
            metavar="URL",
            help="Endpoint to use instead of AWS, such as the URL of the emulator. "
            "[default: AWS_ENDPOINT_URL_LIGHTSAIL]",
            rich_help_panel=CONNECTION,
        ),
    ] = None
    allow_plain_http: Annotated[
        bool,
        typer.Option(
            "--allow-plain-http",
            help="Allow unencrypted requests to another machine.",
            rich_help_panel=CONNECTION,
        ),
    ] = False
    poll: Annotated[
        float,
        typer.Option(
            "--poll",
            min=0.05,
            max=3600,
            callback=require_finite,
            metavar="SECONDS",
            help="Maximum time between polls while waiting, in seconds.",
            rich_help_panel=WAITING,
        ),
    ] = 30.0
    as_json: Annotated[
        bool,
        typer.Option(
            "--json",
            help="Print one JSON object per line, as --output jsonl does.",
            rich_help_panel=OUTPUT,
        ),
    ] = False
    verbose: Annotated[
        bool,
        typer.Option(
            "--verbose", "-v", help="Print the details of errors.", rich_help_panel=OUTPUT
        ),
    ] = False


def set_parameters(function: Any, parameters: list[inspect.Parameter]) -> None:  # noqa: ANN401 - any function
    """Let typer read these parameters instead of the function's own."""
    function.__signature__ = inspect.Signature(parameters)
    function.__annotations__ = {each.name: each.annotation for each in parameters}


def add_callback(app: typer.Typer, function: Callable[..., None]) -> None:
    """Add the global options to a group of commands, in front of the options of a function.

    The group passes them on to the command.
    """

    def callback(**_: Any) -> None:  # noqa: ANN401 - the values of any options
        """Do nothing: the command receives the options."""

    shared, own = (
        inspect.signature(each, eval_str=True).parameters.values()
        for each in (GlobalOptions, function)
    )
    set_parameters(
        callback,
        [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in (*shared, *own)],
    )
    app.callback(help=inspect.getdoc(function))(callback)
