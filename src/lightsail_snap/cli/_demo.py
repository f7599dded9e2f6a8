"""The command `demo`: take a snapshot on the embedded Lightsail, step by step."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import typer

from lightsail_snap import (
    CreateDiskSnapshotRequest,
    DiskSnapshot,
    DiskSource,
    InstanceSource,
    LightsailSnapClient,
    Operation,
    ResourceLocation,
    SnapshotSource,
    Tag,
    WaitPolicy,
    WaitProgress,
)
from lightsail_snap.cli._completers import complete_choices
from lightsail_snap.cli._global_options import require_finite
from lightsail_snap.cli._options import add_command
from lightsail_snap.emulator import LightsailEmulator, Progression

_REGION = "us-east-1"
_BAR_WIDTH = 24


def add_to(app: typer.Typer) -> None:
    """Add the command to the app."""
    add_command(app, "demo", _demo, panel="Help")


def _demo(
    *,
    source: Annotated[
        Literal["disk", "instance"],
        typer.Option(
            metavar="KIND",
            help="Source of the snapshot: disk or instance.",
            autocompletion=complete_choices("disk", "instance"),
            rich_help_panel="Emulated snapshot",
        ),
    ] = "disk",
    seconds: Annotated[
        float,
        typer.Option(
            min=0,
            max=3600,
            callback=require_finite,
            metavar="SECONDS",
            help="Duration of the snapshot, in seconds.",
            rich_help_panel="Emulated snapshot",
        ),
    ] = 4.0,
) -> None:
    """Take a snapshot on the embedded Lightsail and wait for it; no AWS account is needed.

    The requests pass through real boto3, and nothing leaves this machine.

    Examples:
        Take a snapshot of an instance in two seconds:
          lightsail-snap demo --source instance --seconds 2
    """
    snapshot_source: SnapshotSource = (
        DiskSource(disk_name="Disk-Virginia-1")
        if source == "disk"
        else InstanceSource(instance_name="web-1")
    )
    request = CreateDiskSnapshotRequest(
        disk_snapshot_name="my-disk-snapshot",
        source=snapshot_source,
        tags={"env": "demo", "nightly": None},
    )
    progression = Progression.by_seconds(operation=seconds / 4, snapshot=seconds)
    policy = WaitPolicy(min_delay=0.3, max_delay=0.6)
    with LightsailEmulator(progression=progression) as emulator:
        emulator.add_disk("Disk-Virginia-1", region_name=_REGION, size_in_gb=32)
        emulator.add_instance("web-1", region_name=_REGION)
        with LightsailSnapClient(emulator.boto3_client(_REGION), wait_policy=policy) as client:
            _take_snapshot(client, request)


def _take_snapshot(client: LightsailSnapClient, request: CreateDiskSnapshotRequest) -> None:
    print(f"Embedded Lightsail in {_REGION}, called through boto3; no AWS account is needed.\n")
    print(request.operation_name)
    for name, value in request:
        print(_format_field(name, value))

    result = client.send(request)
    print(f"\nOperations (request {result.response_metadata.request_id})")
    for operation in result.operations:
        print(_format_operation(operation))

    print("\nWaiting for the operations")
    for operation in result.operations:
        print(_format_operation(client.wait_for_operation(operation)))

    print("\nWaiting for the snapshot")
    snapshot = client.wait_for_disk_snapshot(
        request.disk_snapshot_name, on_progress=_print_progress
    )

    print("\nDiskSnapshot")
    for name, value in snapshot:
        if value not in {None, ()}:
            print(_format_field(name, value))


def _format_field(name: str, value: object) -> str:
    return f"  {name:<22} {_format_value(value)}"


def _format_value(value: object) -> str:  # noqa: PLR0911 - one for each kind of value
    match value:
        case tuple():
            return ", ".join(map(_format_value, value))
        case Tag():
            return value.key if value.value is None else f"{value.key}={value.value}"
        case DiskSource():
            return f"disk {value.disk_name}"
        case InstanceSource():
            return f"instance {value.instance_name}"
        case ResourceLocation():
            return f"{value.region_name}, zone {value.availability_zone}"
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S} UTC"
        case _:
            return str(value)


def _format_operation(operation: Operation) -> str:
    zone = operation.location.availability_zone if operation.location else None
    columns = (operation.resource_type, operation.resource_name, zone, operation.status)
    return "  " + "".join(f"{column!s:<18}" for column in columns) + operation.id


def _print_progress(progress: WaitProgress[DiskSnapshot]) -> None:
    snapshot, percent = progress.resource, progress.percent or 0
    state = snapshot.state if snapshot is not None else progress.error
    done = "#" * (_BAR_WIDTH * percent // 100)
    seconds = progress.elapsed.total_seconds()
    print(f"  [{done:.<{_BAR_WIDTH}}] {percent:3d}%  {state!s:<10} {seconds:4.1f} s", flush=True)
