"""`demo`: the main job on the embedded Lightsail, shown step by step."""

from __future__ import annotations

import argparse
from datetime import datetime
from typing import TYPE_CHECKING

from lightsail_snap import (
    CreateDiskSnapshotRequest,
    DiskSnapshot,
    DiskSource,
    InstanceSource,
    LightsailSnapClient,
    Operation,
    ResourceLocation,
    Tag,
    WaitPolicy,
    WaitProgress,
)
from lightsail_snap.cli._words import Commands
from lightsail_snap.emulator import LightsailEmulator, Progression

if TYPE_CHECKING:
    from lightsail_snap import SnapshotSource

_REGION = "us-east-1"
_BAR = 24


def add_to(commands: Commands) -> None:
    """Add the command.

    Args:
        commands: Where to.
    """
    parser = commands.add_parser(
        "demo",
        help="create a disk snapshot on the embedded Lightsail and wait for it; no AWS account",
        description="Create a disk snapshot through real boto3 on the embedded Lightsail, and wait "
        "until it is completed. Nothing leaves this machine, and no AWS account is needed.",
    )
    parser.add_argument(
        "--source",
        choices=("disk", "instance"),
        default="disk",
        help="what to take the snapshot of (default: %(default)s)",
    )
    parser.add_argument(
        "--seconds",
        type=float,
        default=4.0,
        metavar="N",
        help="how long the snapshot takes (default: %(default)s)",
    )
    parser.set_defaults(run=_run)


def _row(name: str, value: object) -> str:
    return f"  {name:<22} {_plain(value)}"


def _plain(value: object) -> str:  # noqa: PLR0911 - one for each kind of value
    match value:
        case tuple():
            return ", ".join(map(_plain, value))
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


def _operation(operation: Operation) -> str:
    zone = operation.location.availability_zone if operation.location else None
    columns = (operation.resource_type, operation.resource_name, zone, operation.status)
    return "  " + "".join(f"{column!s:<18}" for column in columns) + operation.id


def _tell(progress: WaitProgress[DiskSnapshot]) -> None:
    snapshot, percent = progress.observation, progress.percent or 0
    state = snapshot.state if snapshot is not None else progress.fault
    done = "#" * (_BAR * percent // 100)
    seconds = progress.elapsed.total_seconds()
    print(f"  [{done:.<{_BAR}}] {percent:3d}%  {state!s:<10} {seconds:4.1f} s", flush=True)


def _run(options: argparse.Namespace) -> None:
    source: SnapshotSource = DiskSource(disk_name="Disk-Virginia-1")
    if options.source == "instance":
        source = InstanceSource(instance_name="web-1")
    request = CreateDiskSnapshotRequest(
        disk_snapshot_name="my-disk-snapshot", source=source, tags={"env": "demo", "nightly": None}
    )
    progression = Progression.by_seconds(operation=options.seconds / 4, snapshot=options.seconds)
    policy = WaitPolicy(min_delay=0.3, max_delay=0.6)
    with LightsailEmulator(progression=progression) as emulator:
        emulator.add_disk("Disk-Virginia-1", region_name=_REGION, size_in_gb=32)
        emulator.add_instance("web-1", region_name=_REGION)
        with LightsailSnapClient(emulator.boto3_client(_REGION), wait_policy=policy) as client:
            _show(client, request)


def _show(client: LightsailSnapClient, request: CreateDiskSnapshotRequest) -> None:
    print(f"An embedded Lightsail in {_REGION}, reached through boto3; no AWS account.\n")
    print(request.operation_name)
    for name, value in request:
        print(_row(name, value))

    result = client.send(request)
    print(f"\nOperations (request {result.response_metadata.request_id})")
    for operation in result.operations:
        print(_operation(operation))

    print("\nWaiting for the operations")
    for operation in result.operations:
        print(_operation(client.wait_for_operation(operation)))

    print("\nWaiting for the snapshot")
    snapshot = client.wait_for_disk_snapshot(request.disk_snapshot_name, on_progress=_tell)

    print("\nDiskSnapshot")
    for name, value in snapshot:
        if value not in {None, ()}:
            print(_row(name, value))
