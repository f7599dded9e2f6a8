"""The command that attaches a copy of an instance's system volume to another instance."""

from __future__ import annotations

from typing import Annotated

import typer

from lightsail_snap import RescueResult
from lightsail_snap.cli._completers import complete_instances
from lightsail_snap.cli._errors import advise_how_to_continue
from lightsail_snap.cli._messages import print_message
from lightsail_snap.cli._options import (
    NEW_DISK,
    NEW_SNAPSHOT,
    ClientTokenOption,
    Settings,
    TagOption,
    TimeoutOption,
    add_command,
    parse_client_token,
    parse_tags,
    parse_timeout,
)
from lightsail_snap.cli._output import print_json, print_line, step_bars
from lightsail_snap.cli._snapshots import to_fields

_PANEL = "Instances and disks"


def add_to(app: typer.Typer) -> None:
    """Add the command to the app."""
    add_command(app, "rescue", _rescue, panel=_PANEL)


def _rescue(
    settings: Settings,
    instance: Annotated[
        str,
        typer.Argument(
            metavar="INSTANCE",
            help="The instance whose data to recover.",
            autocompletion=complete_instances,
        ),
    ],
    *,
    to: Annotated[
        str,
        typer.Option(
            metavar="HELPER",
            help="The instance that gets the copy as a disk.",
            autocompletion=complete_instances,
            rich_help_panel=NEW_DISK,
        ),
    ],
    disk_name: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Name of the new disk. [default: made of INSTANCE and the token]",
            rich_help_panel=NEW_DISK,
        ),
    ] = None,
    snapshot_name: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Name of the snapshot. [default: made of INSTANCE and the token]",
            rich_help_panel=NEW_SNAPSHOT,
        ),
    ] = None,
    path: Annotated[
        str | None,
        typer.Option(
            metavar="PATH",
            help="Device path on HELPER. [default: the first free one from /dev/xvdf]",
            rich_help_panel=NEW_DISK,
        ),
    ] = None,
    size: Annotated[
        int | None,
        typer.Option(
            metavar="GB",
            help="Size of the disk in GB. [default: as the system disk]",
            rich_help_panel=NEW_DISK,
        ),
    ] = None,
    tag: TagOption = None,
    delete_snapshot: Annotated[
        bool,
        typer.Option(
            "--delete-snapshot",
            help="Delete the snapshot in the end.",
            rich_help_panel=NEW_SNAPSHOT,
        ),
    ] = False,
    timeout: TimeoutOption = None,
    client_token: ClientTokenOption = None,
) -> None:
    """Attach a copy of an instance's system disk to another instance, to recover data.

    Nothing is changed on INSTANCE, which may run or be stopped. The last lines of the output are
    the commands that mount the copy on HELPER.

    Examples:
        Attach a copy of the system disk of web-1 to helper-1:
          lightsail-snap rescue web-1 --to helper-1
    """
    token = parse_client_token(client_token)
    resume = settings.command_line(
        "rescue",
        instance,
        to=to,
        disk_name=disk_name,
        snapshot_name=snapshot_name,
        path=path,
        size=size,
        tag=tag,
        delete_snapshot=delete_snapshot,
        client_token=token,
    )
    with (
        settings.client() as client,
        advise_how_to_continue(resume),
        step_bars(None if client_token else resume) as on_progress,
    ):
        result = client.rescue_system_volume(
            instance,
            to,
            disk_name=disk_name,
            snapshot_name=snapshot_name,
            disk_path=path,
            size_in_gb=size,
            tags=parse_tags(tag),
            keep_snapshot=not delete_snapshot,
            client_token=token,
            timeout=parse_timeout(timeout),
            on_progress=on_progress,
        )
    _print_result(settings, result, to)


def _print_result(settings: Settings, result: RescueResult, helper: str) -> None:
    if settings.as_json:
        snapshot = None if result.snapshot is None else to_fields(result.snapshot)
        print_json(
            {
                "kind": "rescue",
                "disk": to_fields(result.disk),
                "device_path": result.device_path,
                "snapshot": snapshot,
                "mount_commands": list(result.mount_commands),
            }
        )
        return
    print_line(f"{result.disk.name}  {result.disk.state}  {helper}  {result.device_path}")
    print_message(f"On {helper}, run:")
    for command in result.mount_commands:
        print_line(command)
