"""Command that restores an instance."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer

from lightsail_snap import (
    AddOnRequest,
    AddOnType,
    AutoSnapshotAddOnRequest,
    DiskMap,
    Instance,
    IpAddressType,
)
from lightsail_snap.cli._completers import (
    complete_choices,
    complete_files,
    complete_instance_snapshots,
)
from lightsail_snap.cli._errors import UsageError, advise_how_to_resume
from lightsail_snap.cli._messages import IF_KILLED, print_command, print_message
from lightsail_snap.cli._options import (
    AutoLatestOption,
    AutoOption,
    ClientTokenOption,
    Settings,
    TagOption,
    TimeoutOption,
    add_command,
    parse_client_token,
    parse_restore_source,
    parse_tags,
    parse_timeout,
)
from lightsail_snap.cli._output import print_result, progress_bar
from lightsail_snap.cli._snapshots import to_fields

PANEL = "Instances and disks"
_NEW_INSTANCE = "New instance"

# Larger scripts are mistakes: Amazon EC2 accepts 16 KB. The service checks its own limit.
_MAX_USER_DATA_BYTES = 2**20


def add_to(app: typer.Typer) -> None:
    """Add the command to the app."""
    add_command(app, "restore-instance", _restore_instance, panel=PANEL)


def _restore_instance(
    settings: Settings,
    snapshot: Annotated[
        str,
        typer.Argument(
            metavar="SNAPSHOT",
            help="The instance snapshot; with --auto or --auto-latest, the source instance.",
            autocompletion=complete_instance_snapshots,
        ),
    ],
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the new instance.")],
    *,
    auto: AutoOption = None,
    auto_latest: AutoLatestOption = False,
    bundle: Annotated[
        str | None,
        typer.Option(
            metavar="ID",
            help="Bundle, such as small_3_0. [default: that of the source]",
            rich_help_panel=_NEW_INSTANCE,
        ),
    ] = None,
    zone: Annotated[
        str | None,
        typer.Option(
            metavar="ZONE",
            help="Availability Zone, such as us-east-1a. [default: that of the source instance]",
            rich_help_panel=_NEW_INSTANCE,
        ),
    ] = None,
    disk: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATH=NAME",
            help="Restore the disk that was attached at this path, as a disk of this name; "
            "repeatable.",
            rich_help_panel=_NEW_INSTANCE,
        ),
    ] = None,
    user_data_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Launch script of the new instance.",
            autocompletion=complete_files(),
            rich_help_panel=_NEW_INSTANCE,
        ),
    ] = None,
    key_pair: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Name of the key pair for SSH.", rich_help_panel=_NEW_INSTANCE
        ),
    ] = None,
    ip_address_type: Annotated[
        Literal["ipv4", "ipv6", "dualstack"] | None,
        typer.Option(
            metavar="TYPE",
            help="IP addresses of the instance: ipv4, ipv6 or dualstack. [default: dualstack]",
            autocompletion=complete_choices("ipv4", "ipv6", "dualstack"),
            rich_help_panel=_NEW_INSTANCE,
        ),
    ] = None,
    auto_snapshots: Annotated[
        str | None,
        typer.Option(
            metavar="HH:00",
            help="Enable automatic snapshots at this hour, in UTC.",
            rich_help_panel=_NEW_INSTANCE,
        ),
    ] = None,
    tag: TagOption = None,
    timeout: TimeoutOption = None,
    client_token: ClientTokenOption = None,
) -> None:
    """Create an instance from a snapshot, exactly once, and wait until it runs.

    Examples:
        Create an instance with a larger bundle than its source has:
          lightsail-snap restore-instance web-1-all web-2 --bundle medium_3_0
    """
    source = parse_restore_source(snapshot, auto=auto, auto_latest=auto_latest)
    token = parse_client_token(client_token)
    limit = parse_timeout(timeout)
    resume = settings.command_line(
        "restore-instance",
        snapshot,
        name,
        auto=auto,
        auto_latest=auto_latest,
        bundle=bundle,
        zone=zone,
        disk=disk,
        user_data_file=None if user_data_file is None else str(user_data_file),
        key_pair=key_pair,
        ip_address_type=ip_address_type,
        auto_snapshots=auto_snapshots,
        tag=tag,
        client_token=token,
    )
    user_data = None if user_data_file is None else _read_user_data(user_data_file)
    add_ons = () if auto_snapshots is None else (_auto_snapshot_add_on(auto_snapshots),)
    if client_token is None:
        print_command(IF_KILLED, resume)
    with (
        settings.client() as client,
        advise_how_to_resume(resume),
        progress_bar(name) as on_progress,
    ):
        instance = client.restore_instance(
            name,
            source,
            availability_zone=zone,
            bundle_id=bundle,
            attached_disks=_parse_disks(disk or ()),
            user_data=user_data,
            key_pair_name=key_pair,
            ip_address_type=None if ip_address_type is None else IpAddressType(ip_address_type),
            add_ons=add_ons,
            tags=parse_tags(tag),
            client_token=token,
            timeout=limit,
            on_progress=on_progress,
        )
    print_result(to_fields(instance), describe_instance(instance), as_json=settings.as_json)
    if not settings.as_json and instance.public_ip_address and instance.username:
        print_message(f"To log in: ssh {instance.username}@{instance.public_ip_address}")


def describe_instance(instance: Instance) -> str:
    """Return name, state, bundle and public IP address as one line."""
    facts = (
        instance.name,
        instance.state_name,
        instance.bundle_id,
        instance.public_ip_address or next(iter(instance.ipv6_addresses), None),
    )
    return "  ".join(str(fact) for fact in facts if fact)


def _parse_disks(arguments: Sequence[str]) -> list[DiskMap]:
    disks = []
    for argument in arguments:
        path, equals, name = argument.rpartition("=")
        if not (path and equals and name):
            message = f"--disk must be PATH=NAME, such as /dev/xvdf=data-2, not {argument!r}"
            raise UsageError(message)
        disks.append(DiskMap(original_disk_path=path, new_disk_name=name))
    return disks


def _read_user_data(file: Path) -> str:
    with file.open("rb") as opened:
        content = opened.read(_MAX_USER_DATA_BYTES + 1)
    if len(content) > _MAX_USER_DATA_BYTES:
        message = f"{str(file)!r} is too large for a launch script"
        raise UsageError(message)
    try:
        return content.decode()
    except UnicodeDecodeError:
        message = f"{str(file)!r} is not UTF-8 text; save the launch script as UTF-8"
        raise UsageError(message) from None


def _auto_snapshot_add_on(time: str) -> AddOnRequest:
    return AddOnRequest(
        add_on_type=AddOnType.AUTO_SNAPSHOT,
        auto_snapshot_add_on_request=AutoSnapshotAddOnRequest(snapshot_time_of_day=time),
    )
