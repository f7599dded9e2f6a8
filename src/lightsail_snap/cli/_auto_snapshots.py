"""Commands for automatic snapshots."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Annotated

import typer

from lightsail_snap import (
    AddOn,
    AddOnRequest,
    AddOnType,
    AutoSnapshotAddOnRequest,
    AutoSnapshotDetails,
    AutoSnapshotSource,
    LatestAutoSnapshotSource,
    LightsailSnapClient,
    LightsailSnapError,
    NotFoundException,
    RestoreSource,
)
from lightsail_snap.cli._completers import complete_choices, complete_sources
from lightsail_snap.cli._errors import UsageError, advise_how_to_resume
from lightsail_snap.cli._global_options import add_callback
from lightsail_snap.cli._groups import HelpfulGroup
from lightsail_snap.cli._instances import PANEL
from lightsail_snap.cli._messages import plural, print_message
from lightsail_snap.cli._options import (
    ONE_SOURCE,
    OutputOption,
    Settings,
    TimeoutOption,
    add_command,
    parse_timeout,
    require_one,
)
from lightsail_snap.cli._output import print_result, progress_bar
from lightsail_snap.cli._snapshots import to_fields
from lightsail_snap.cli._tables import Column, format_time, print_rows
from lightsail_snap.models.operations import OperationsResult

_GROUP = "auto-snapshots"
_ENABLED = "Enabled"
_EXAMPLES = """\
List the automatic snapshots of a disk:
  lightsail-snap auto-snapshots list Disk-1
"""

_Resource = Annotated[
    str,
    typer.Argument(
        metavar="RESOURCE",
        help="Name of the disk or instance.",
        autocompletion=complete_sources,
    ),
]


def add_to(app: typer.Typer) -> None:
    """Add the group of commands to the app."""
    group = typer.Typer(cls=HelpfulGroup, rich_markup_mode="markdown")
    add_callback(group, _describe)
    commands: dict[str, Callable[..., None]] = {
        "list": _list,
        "enable": _enable,
        "disable": _disable,
        "copy": _copy,
    }
    for name, command in commands.items():
        add_command(group, name, command, panel="Commands")
    app.add_typer(group, name=_GROUP, epilog=_EXAMPLES, rich_help_panel=PANEL)


def _describe() -> None:
    """List, enable, disable and copy automatic snapshots."""


def _paths_of(snapshot: AutoSnapshotDetails) -> str:
    return " ".join(disk.path or "?" for disk in snapshot.from_attached_disks)


_COLUMNS: list[Column[AutoSnapshotDetails]] = [
    Column("date", lambda each: None if each.date is None else str(each.date)),
    Column("status", lambda each: None if each.status is None else str(each.status), 1),
    Column("created", lambda each: each.created_at, 3, format_time, "created (UTC)"),
    Column("disks", _paths_of, 2),
]


def _list(settings: Settings, resource: _Resource, *, output: OutputOption = None) -> None:
    """List the automatic snapshots of a disk or instance, newest first.

    Examples:
        List the automatic snapshots of a disk:
          lightsail-snap auto-snapshots list Disk-1
    """
    output_format = settings.output_format(output)
    with settings.client() as client:
        snapshots = client.get_auto_snapshots(resource).auto_snapshots
        add_on = _find_add_on(client, resource) if output_format == "table" else None
    print_rows(
        snapshots,
        _COLUMNS,
        output_format,
        lambda each: {"resource": resource, **each.model_dump(mode="json", exclude_none=True)},
    )
    if output_format == "table":
        schedule = "disabled" if add_on is None else f"daily at {add_on.snapshot_time_of_day} UTC"
        print_message(f"{plural(len(snapshots), 'automatic snapshot')}, {schedule}")


def _enable(
    settings: Settings,
    resource: _Resource,
    *,
    at: Annotated[
        str | None,
        typer.Option(
            metavar="HH:00",
            help="Full hour in UTC. [default: as it is, or chosen by Lightsail]",
            autocompletion=complete_choices(*(f"{hour:02}:00" for hour in range(24))),
            rich_help_panel="Schedule",
        ),
    ] = None,
) -> None:
    """Enable daily automatic snapshots, or change their hour. Lightsail keeps seven of them.

    Examples:
        Enable automatic snapshots at three in the morning, in UTC:
          lightsail-snap auto-snapshots enable Disk-1 --at 03:00
    """
    schedule = AutoSnapshotAddOnRequest(snapshot_time_of_day=at)
    request = AddOnRequest(
        add_on_type=AddOnType.AUTO_SNAPSHOT, auto_snapshot_add_on_request=schedule
    )

    def is_enabled(add_on: AddOn | None) -> bool:
        return add_on is not None and at in {None, add_on.snapshot_time_of_day}

    with settings.client() as client:
        add_on = _switch(
            client, resource, is_enabled, lambda: client.enable_add_on(resource, request)
        )
    hour = at if add_on is None else add_on.snapshot_time_of_day
    fields = {"resource": resource, "enabled": True, "snapshot_time_of_day": hour}
    print_result(fields, f"{resource}  enabled  {hour or ''}", as_json=settings.as_json)


def _disable(settings: Settings, resource: _Resource) -> None:
    """Disable automatic snapshots. Those that exist are kept until the resource is deleted.

    Examples:
        Disable the automatic snapshots of an instance:
          lightsail-snap auto-snapshots disable web-1
    """
    with settings.client() as client:
        _switch(
            client,
            resource,
            lambda add_on: add_on is None,
            lambda: client.disable_add_on(resource, AddOnType.AUTO_SNAPSHOT),
        )
    fields = {"resource": resource, "enabled": False}
    print_result(fields, f"{resource}  disabled", as_json=settings.as_json)


def _copy(
    settings: Settings,
    resource: _Resource,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the new snapshot.")],
    *,
    date: Annotated[
        str | None,
        typer.Option(
            metavar="DATE",
            help="Copy the automatic snapshot of this date.",
            rich_help_panel=ONE_SOURCE,
        ),
    ] = None,
    latest: Annotated[
        bool,
        typer.Option(
            "--latest", help="Copy the latest automatic snapshot.", rich_help_panel=ONE_SOURCE
        ),
    ] = False,
    timeout: TimeoutOption = None,
) -> None:
    """Copy an automatic snapshot to a manual one of the same Region, and wait for it.

    Examples:
        Keep the latest automatic snapshot of a disk:
          lightsail-snap auto-snapshots copy Disk-1 kept-1 --latest
    """
    require_one(date=date, latest=latest)
    source = _parse_source(resource, date)
    with (
        settings.client() as client,
        advise_how_to_resume(settings.command_line("wait", name)),
        progress_bar(name) as on_progress,
    ):
        copied = client.copy(
            name,
            source,
            source_region=str(client.region_name),
            timeout=parse_timeout(timeout),
            on_progress=on_progress,
        )
    print_result(to_fields(copied), f"{copied.name}  {copied.state}", as_json=settings.as_json)


def _parse_source(resource: str, date: str | None) -> RestoreSource:
    if date is None:
        return LatestAutoSnapshotSource(resource_name=resource)
    try:
        parsed = dt.date.fromisoformat(date)
    except ValueError:
        message = "--date must be a date such as 2026-11-23"
        raise UsageError(message) from None
    return AutoSnapshotSource(resource_name=resource, restore_date=parsed)


def _find_add_on(client: LightsailSnapClient, resource: str) -> AddOn | None:
    """Return the enabled add-on of a disk or instance; None if it is not enabled."""
    try:
        add_ons = client.get_disk(resource).disk.add_ons
    except NotFoundException:
        try:
            add_ons = client.get_instance(resource).instance.add_ons
        except NotFoundException as error:
            error.add_note("no disk has this name either")
            raise
    # Other statuses, such as of an add-on that failed, are unverified.
    enabled = (each for each in add_ons if each.status in {None, _ENABLED})
    return next((each for each in enabled if each.name == AddOnType.AUTO_SNAPSHOT), None)


def _switch(
    client: LightsailSnapClient,
    resource: str,
    is_done: Callable[[AddOn | None], bool],
    send: Callable[[], OperationsResult],
) -> AddOn | None:
    """Switch the add-on unless it is as requested; after an error, its state counts."""
    add_on = _find_add_on(client, resource)
    if is_done(add_on):
        return add_on
    try:
        for operation in send().operations:
            client.wait_for_operation(operation)
    except LightsailSnapError:
        add_on = _find_add_on(client, resource)
        if not is_done(add_on):
            raise
        return add_on
    return _find_add_on(client, resource)
