"""Options that several commands share, and the registration of commands."""

from __future__ import annotations

import inspect
import math
import re
import shlex
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

import typer

from lightsail_snap import (
    AutoSnapshotSource,
    LatestAutoSnapshotSource,
    LightsailSnapClient,
    ManualSnapshotSource,
    RestoreSource,
    WaitPolicy,
)
from lightsail_snap._text import one_line
from lightsail_snap.cli._errors import CommandContext, UsageError, run_and_report
from lightsail_snap.cli._messages import PROGRAM
from lightsail_snap.models._regions import find_region_problem
from lightsail_snap.waiters import Timeout

if TYPE_CHECKING:
    from lightsail_snap.plans import RegionalClients

_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)([smhd]?)", re.ASCII)
_SECONDS_PER_UNIT = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}
_MAX_DURATION_SECONDS = 366 * 86_400
_MAX_COMMAND_LENGTH = 2000


def require_finite(number: float) -> float:
    """Refuse NaN and infinity, which `min` and `max` of an option may let pass."""
    if not math.isfinite(number):
        message = f"{number} is not a finite number"
        raise typer.BadParameter(message)
    return number


def parse_duration(text: str) -> timedelta:
    """Parse a duration such as `90`, `90s`, `15m`, `2h` or `1d`."""
    match = _DURATION.fullmatch(text)
    if match is None:
        message = f"--timeout: {one_line(text, 80)} is not a duration; write 90s, 15m, 2h or 1d"
        raise UsageError(message)
    seconds = float(match[1]) * _SECONDS_PER_UNIT[match[2]]
    if seconds > _MAX_DURATION_SECONDS:
        message = f"--timeout: {one_line(text, 80)} is too long; the maximum is 366d"
        raise UsageError(message)
    return timedelta(seconds=seconds)


def parse_tags(arguments: Sequence[str] | None) -> dict[str, str | None]:
    """Parse tags such as `key=value`, or `key` for a tag without a value."""
    tags: dict[str, str | None] = {}
    for argument in arguments or ():
        key, equals, value = argument.partition("=")
        if key in tags:
            message = f"the tag {one_line(key, 80)} is given twice; pass it once"
            raise UsageError(message)
        tags[key] = value if equals else None
    return tags


def parse_client_token(given: str | None) -> str:
    """Return the token, or a random one if the option is missing."""
    if given == "":
        # An unset variable in a script would create another resource on every run.
        message = "--client-token is empty; pass a unique token, or leave the option out"
        raise UsageError(message)
    return given or str(uuid.uuid4())


def parse_timeout(timeout: str | None) -> Timeout:
    """Return the timeout, or the client's own if the option is missing."""
    return "policy" if timeout is None else parse_duration(timeout)


def parse_restore_source(name: str, *, auto: str | None, auto_latest: bool) -> RestoreSource:
    """Return the snapshot to restore."""
    if auto_latest and auto is not None:
        message = "--auto and --auto-latest cannot be combined; pass one of them"
        raise UsageError(message)
    if auto is not None:
        try:
            return AutoSnapshotSource(resource_name=name, restore_date=date.fromisoformat(auto))
        except ValueError:
            message = "--auto must be a date such as 2026-11-23"
            raise UsageError(message) from None
    if auto_latest:
        return LatestAutoSnapshotSource(resource_name=name)
    return ManualSnapshotSource(snapshot_name=name)


SnapshotKind: TypeAlias = Literal["all", "disk", "instance"]

SnapshotName = Annotated[str, typer.Argument(help="Name of the snapshot.")]
KindOption = Annotated[SnapshotKind, typer.Option(help="Kind of snapshots.")]
TagOption = Annotated[
    list[str] | None, typer.Option("--tag", metavar="KEY[=VALUE]", help="Tag; repeatable.")
]
TimeoutOption = Annotated[
    str | None,
    typer.Option(
        metavar="TIME", help="Maximum time to wait, such as 90s, 15m or 2h. [default: 1h]"
    ),
]
ClientTokenOption = Annotated[
    str | None,
    typer.Option(
        metavar="TOKEN",
        help="Idempotency token; pass the same one to retry after a crash. [default: random]",
    ),
]
AutoOption = Annotated[
    str | None,
    typer.Option("--auto", metavar="DATE", help="Use the automatic snapshot of this date."),
]
AutoLatestOption = Annotated[
    bool, typer.Option("--auto-latest", help="Use the latest automatic snapshot.")
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Skip the confirmation prompt.")]
MaxDeletionsOption = Annotated[
    int | None,
    typer.Option(
        min=0, metavar="N", help="Delete nothing if more than N snapshots would be deleted."
    ),
]

VerboseOption = Annotated[
    bool,
    typer.Option(
        "--verbose", "-v", help="Print the details of an error.", rich_help_panel="Output"
    ),
]

_PANEL = "Connection"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Options of every command that calls Lightsail."""

    region: Annotated[
        str | None,
        typer.Option(
            help="AWS Region. [default: AWS_DEFAULT_REGION, else the Region of the profile]",
            rich_help_panel=_PANEL,
        ),
    ] = None
    profile: Annotated[
        str | None, typer.Option(help="Profile of the AWS configuration.", rich_help_panel=_PANEL)
    ] = None
    endpoint_url: Annotated[
        str | None,
        typer.Option(
            help="Endpoint to use instead of AWS, such as the emulator's.", rich_help_panel=_PANEL
        ),
    ] = None
    allow_plain_http: Annotated[
        bool,
        typer.Option(
            "--allow-plain-http",
            help="Allow unencrypted requests to another machine.",
            rich_help_panel=_PANEL,
        ),
    ] = False
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Print one JSON object per line.", rich_help_panel="Output"),
    ] = False
    verbose: VerboseOption = False
    poll: Annotated[
        float,
        typer.Option(
            min=0.05,
            max=3600,
            callback=require_finite,
            help="Maximum seconds between polls while waiting.",
            rich_help_panel=_PANEL,
        ),
    ] = 30.0

    def __post_init__(self) -> None:
        """Refuse empty options, as from an unset variable in a script, and invalid Regions."""
        problem = None if self.region is None else find_region_problem("--region", self.region)
        if problem:
            raise UsageError(problem)
        for option, value in (("--profile", self.profile), ("--endpoint-url", self.endpoint_url)):
            if value == "":
                message = f"{option} is empty; pass a value, or leave the option out"
                raise UsageError(message)

    @property
    def _connection(self) -> dict[str, Any]:
        return {
            "profile_name": self.profile,
            "endpoint_url": self.endpoint_url,
            "allow_plain_http": self.allow_plain_http,
            "wait_policy": self.wait_policy,
        }

    @property
    def wait_policy(self) -> WaitPolicy:
        """The policy of waits."""
        return WaitPolicy(min_delay=min(self.poll, 2.0), max_delay=self.poll)

    def client(self) -> LightsailSnapClient:
        """Return a client of the Region; use it as a context manager."""
        return LightsailSnapClient(region_name=self.region, **self._connection)

    def clients(self) -> RegionalClients:
        """Return a factory of clients for any Region; use it as a context manager."""
        from lightsail_snap.plans import regional_clients  # noqa: PLC0415 - start-up: few commands need plans

        return regional_clients(**self._connection)

    def find_region(self) -> str | None:
        """Return the Region as boto3 finds it; None if there is none."""
        if self.region is not None:
            return self.region
        from botocore.exceptions import BotoCoreError  # noqa: PLC0415 - start-up: only messages need it
        from botocore.session import Session  # noqa: PLC0415 - likewise

        try:
            found = Session(profile=self.profile).get_config_variable("region")
        except BotoCoreError:
            # The profile or a file is invalid, which is reported otherwise.
            return None
        return found if isinstance(found, str) else None

    def command_line(self, *arguments: str, **options: str | int | Sequence[str] | None) -> str:
        """Return a shell command line with these arguments and the same connection."""
        words = [PROGRAM, *arguments]
        options |= {
            "region": self.region,
            "profile": self.profile,
            "endpoint_url": self.endpoint_url,
            "allow_plain_http": self.allow_plain_http,
        }
        for name, value in options.items():
            option = f"--{name.replace('_', '-')}"
            match value:
                case None | False:
                    continue
                case True:
                    words.append(option)
                case str() | int():
                    words += [option, str(value)]
                case _:
                    words += [word for each in value for word in (option, each)]
        return one_line(shlex.join(words), _MAX_COMMAND_LENGTH)


def add_command(
    app: typer.Typer, name: str, function: Callable[..., int | None], *, panel: str
) -> None:
    """Add a command whose help is the function's docstring.

    If the first parameter of the function is `Settings`, the command has their options instead.
    """
    parameters = list(inspect.signature(function, eval_str=True).parameters.values())
    has_settings = bool(parameters) and parameters[0].annotation is Settings
    shared = dict(inspect.signature(Settings, eval_str=True).parameters)
    if not has_settings:
        shared = {"verbose": shared["verbose"]}
    options = [*parameters[has_settings:], *shared.values()]

    def command(**given: Any) -> None:  # noqa: ANN401 - the values of any options
        context = CommandContext(name, is_verbose=given["verbose"])

        def work() -> int | None:
            settings = {key: given.pop(key) for key in shared}
            if not has_settings:
                return function(**given)
            context.settings = Settings(**settings)
            return function(context.settings, **given)

        raise typer.Exit(run_and_report(work, context))

    # typer reads both attributes.
    command.__signature__ = inspect.Signature(options)  # type: ignore[attr-defined] # inspect reads it
    command.__annotations__ = {each.name: each.annotation for each in options}
    app.command(name, help=inspect.getdoc(function), rich_help_panel=panel)(command)
