"""`demo`: the main job on the embedded Lightsail, shown step by step."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

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
from lightsail_snap.cli._options import add, finite
from lightsail_snap.emulator import LightsailEmulator, Progression

if TYPE_CHECKING:
    from lightsail_snap import SnapshotSource

_REGION = "us-east-1"
_BAR = 24


class Kind(StrEnum):
    """What a snapshot is taken of."""

    DISK = "disk"
    INSTANCE = "instance"


def add_to(app: typer.Typer) -> None:
    """Add the command.

    Args:
        app: Where to.
    """
    add(app, "demo", talks=False, panel="Help")(_demo)


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
    snapshot, percent = progress.resource, progress.percent or 0
    state = snapshot.state if snapshot is not None else progress.error
    done = "#" * (_BAR * percent // 100)
    seconds = progress.elapsed.total_seconds()
    print(f"  [{done:.<{_BAR}}] {percent:3d}%  {state!s:<10} {seconds:4.1f} s", flush=True)


def _demo(
    *,
    source: Annotated[Kind, typer.Option(help="What to take the snapshot of.")] = Kind.DISK,
    seconds: Annotated[
        float, typer.Option(min=0, max=3600, callback=finite, help="How long the snapshot takes.")
    ] = 4.0,
) -> None:
    """Take a snapshot on the embedded Lightsail and wait for it; no AWS account.

    It goes through real boto3, and nothing leaves this machine.
    """
    of: SnapshotSource = DiskSource(disk_name="Disk-Virginia-1")
    if source is Kind.INSTANCE:
        of = InstanceSource(instance_name="web-1")
    request = CreateDiskSnapshotRequest(
        disk_snapshot_name="my-disk-snapshot", source=of, tags={"env": "demo", "nightly": None}
    )
    progression = Progression.by_seconds(operation=seconds / 4, snapshot=seconds)
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
