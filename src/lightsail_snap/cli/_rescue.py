"""The command that attaches a copy of an instance's system volume to another instance."""

from __future__ import annotations

from typing import Annotated

import typer

from lightsail_snap import RescueResult
from lightsail_snap.cli._errors import advise_how_to_continue
from lightsail_snap.cli._messages import print_message
from lightsail_snap.cli._options import (
    ClientTokenOption,
    Settings,
    TagOption,
    TimeoutOption,
    add_command,
    parse_client_token,
    parse_duration,
    parse_tags,
)
from lightsail_snap.cli._output import print_json, print_line, print_step
from lightsail_snap.cli._snapshots import to_fields
from lightsail_snap.waiters import Timeout

_PANEL = "Instances and disks"


def add_to(app: typer.Typer) -> None:
    """Add the command to the app."""
    add_command(app, "rescue", _rescue, panel=_PANEL)


def _rescue(
    settings: Settings,
    instance: Annotated[str, typer.Argument(help="The instance whose data to recover.")],
    *,
    to: Annotated[
        str, typer.Option(metavar="HELPER", help="The instance that gets the copy as a disk.")
    ],
    disk_name: Annotated[
        str | None,
        typer.Option(help="Name of the new disk. [default: made of INSTANCE and the token]"),
    ] = None,
    snapshot_name: Annotated[
        str | None,
        typer.Option(help="Name of the snapshot. [default: made of INSTANCE and the token]"),
    ] = None,
    path: Annotated[
        str | None,
        typer.Option(help="Device path on HELPER. [default: the first free one from /dev/xvdf]"),
    ] = None,
    size: Annotated[
        int | None,
        typer.Option(metavar="GB", help="Size of the disk. [default: as the system disk]"),
    ] = None,
    tag: TagOption = None,
    delete_snapshot: Annotated[
        bool, typer.Option("--delete-snapshot", help="Delete the snapshot in the end.")
    ] = False,
    timeout: TimeoutOption = None,
    client_token: ClientTokenOption = None,
) -> None:
    """Attach a copy of an instance's system disk to another instance, to recover data.

    Nothing is changed on INSTANCE, which may run or be stopped. The last lines of the output are
    the commands that mount the copy on HELPER.
    """
    token = parse_client_token(client_token)
    limit: Timeout = "policy" if timeout is None else parse_duration(timeout)
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
    with settings.client() as client, advise_how_to_continue(resume):
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
            timeout=limit,
            on_progress=print_step,
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
    print_line(f"{result.disk.name}  {result.disk.state}  {result.device_path}")
    print_message(f"On {helper}, run:")
    for command in result.mount_commands:
        print_line(command)
