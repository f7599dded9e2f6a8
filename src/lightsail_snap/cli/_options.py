"""Options that several commands share, and the registration of commands."""

from __future__ import annotations

import inspect
import re
import shlex
import uuid
from collections.abc import Callable, Mapping, Sequence
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
from lightsail_snap.cli._completers import complete_choices, complete_snapshots, complete_tags
from lightsail_snap.cli._errors import CommandContext, UsageError, run_and_report
from lightsail_snap.cli._global_options import WAITING, GlobalOptions, set_parameters
from lightsail_snap.cli._groups import HelpfulCommand
from lightsail_snap.cli._help import OUTPUT, split_examples
from lightsail_snap.cli._messages import PROGRAM
from lightsail_snap.models._regions import find_region_problem
from lightsail_snap.waiters import Timeout

if TYPE_CHECKING:
    from lightsail_snap.plans import RegionalClients

_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)([smhd]?)", re.ASCII)
_SECONDS_PER_UNIT = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}
_MAX_DURATION_SECONDS = 366 * 86_400
_MAX_COMMAND_LENGTH = 2000


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


def refuse_several(**options: object) -> None:
    """Refuse more than one of these options; None and False mean that an option is missing."""
    given = _given(options)
    if len(given) > 1:
        message = f"{_join(given, 'and')} cannot be combined; pass one of them"
        raise UsageError(message)


def require_one(**options: object) -> None:
    """Refuse all but exactly one of these options, as `refuse_several` reads them."""
    given, names = _given(options), [*map(_option_name, options)]
    if len(given) != 1:
        message = f"specify exactly one of {_join(names, 'or')}"
        raise UsageError(f"{message}, not {_join(given, 'and')}" if given else message)


def refuse_with(option: str, **others: object) -> None:
    """Refuse these options, or arguments in upper case, together with an option."""
    if given := _given(others):
        message = f"{option} cannot be combined with {_join(given, 'and')}; leave out either"
        raise UsageError(message)


def _given(options: Mapping[str, object]) -> list[str]:
    return [
        _option_name(key)
        for key, value in options.items()
        if value is not None and value is not False
    ]


def _option_name(key: str) -> str:
    return key if key.isupper() else f"--{key.replace('_', '-')}"


def _join(names: Sequence[str], conjunction: str) -> str:
    *first, last = names
    return f"{', '.join(first)} {conjunction} {last}" if first else last


def parse_restore_source(name: str, *, auto: str | None, auto_latest: bool) -> RestoreSource:
    """Return the snapshot to restore."""
    refuse_several(auto=auto, auto_latest=auto_latest)
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

# Titles of the groups of options in the help.
SOURCE, SCOPE, TAGS = "Source", "Scope", "Tags"
RETENTION, DELETION, RECOVERY = "Retention", "Deletion", "Recovery"
NEW_DISK, NEW_SNAPSHOT = "New disk", "New snapshot"

ONE_SOURCE = "Source (exactly one is required)"

SnapshotName = Annotated[
    str,
    typer.Argument(metavar="NAME", help="Name of the snapshot.", autocompletion=complete_snapshots),
]
KindOption = Annotated[
    SnapshotKind,
    typer.Option(
        metavar="KIND",
        help="Kind of snapshots: all, disk or instance.",
        autocompletion=complete_choices("all", "disk", "instance"),
        rich_help_panel=SCOPE,
    ),
]
TagOption = Annotated[
    list[str] | None,
    typer.Option(
        "--tag",
        metavar="KEY[=VALUE]",
        help="Tag to set, with or without a value; repeatable.",
        autocompletion=complete_tags,
        rich_help_panel=TAGS,
    ),
]
TimeoutOption = Annotated[
    str | None,
    typer.Option(
        metavar="TIME",
        help="Maximum time to wait, such as 90s, 15m or 2h. [default: 1h]",
        rich_help_panel=WAITING,
    ),
]
ClientTokenOption = Annotated[
    str | None,
    typer.Option(
        metavar="TOKEN",
        help="Idempotency token; pass the same one to retry after a crash. [default: random]",
        rich_help_panel=RECOVERY,
    ),
]
AutoOption = Annotated[
    str | None,
    typer.Option(
        "--auto",
        metavar="DATE",
        help="Use the automatic snapshot of this date, such as 2026-11-23.",
        rich_help_panel=SOURCE,
    ),
]
AutoLatestOption = Annotated[
    bool,
    typer.Option(
        "--auto-latest",
        help="Use the latest automatic snapshot. Cannot be combined with --auto.",
        rich_help_panel=SOURCE,
    ),
]
YesOption = Annotated[
    bool,
    typer.Option("--yes", "-y", help="Skip the confirmation prompt.", rich_help_panel=DELETION),
]
MaxDeletionsOption = Annotated[
    int | None,
    typer.Option(
        min=0,
        metavar="N",
        help="Delete nothing if more than N snapshots would be deleted.",
        rich_help_panel=DELETION,
    ),
]

OutputFormat: TypeAlias = Literal["table", "json", "jsonl", "csv"]

OutputOption = Annotated[
    OutputFormat | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FORMAT",
        help="Format: table, json (one array), jsonl (one object per line) or csv. "
        "[default: table]",
        autocompletion=complete_choices("table", "json", "jsonl", "csv"),
        rich_help_panel=OUTPUT,
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(GlobalOptions):
    """Options of every command that calls Lightsail."""

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

    def output_format(self, output: OutputFormat | None) -> OutputFormat:
        """Return the format of `--output` or `--json`."""
        if self.as_json and output not in {None, "jsonl"}:
            message = (
                f"--json means --output jsonl and cannot be combined with --output {output}; "
                "pass one of them"
            )
            raise UsageError(message)
        return "jsonl" if self.as_json else output or "table"

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
        from lightsail_snap._boto.connect import find_configured_region  # noqa: PLC0415 - start-up: only messages need it

        return find_configured_region(self.profile)

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

    set_parameters(command, options)
    description, examples = split_examples(inspect.getdoc(function) or "")
    app.command(name, cls=HelpfulCommand, help=description, epilog=examples, rich_help_panel=panel)(
        command
    )
