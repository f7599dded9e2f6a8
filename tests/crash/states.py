"""The initial state of workloads, and their final state."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.crash.workloads import HERE, THERE, carry_out, plan_of
from typing_extensions import override

from lightsail_snap import LightsailSnapClient, VirtualClock
from lightsail_snap.emulator import LightsailEmulator, Progression

_LISTS = {
    "GetDisks": "disks",
    "GetDiskSnapshots": "diskSnapshots",
    "GetInstanceSnapshots": "instanceSnapshots",
    "GetInstances": "instances",
}
# Differ each time a resource is created.
_VOLATILE_FIELDS = {
    *("arn", "supportCode", "createdAt", "fromDiskArn", "fromInstanceArn", "hardware"),
    *("privateIpAddress", "publicIpAddress", "ipv6Addresses"),
}
# Setting the same tags twice has no further effect.
_IDEMPOTENT = {"TagResource"}
_DAY = 86_400
# Plans delete only if the clocks of the service and the machine agree.
_NOW = time.time()
_BEGINNING = _NOW - 2 * _DAY


class RealTimeClock(VirtualClock):
    """The machine's clock plus the seconds slept; sleeping takes no time."""

    def __init__(self) -> None:
        super().__init__(0.0)

    @override
    def time(self) -> float:
        return time.time() + super().time()


@dataclass
class FinalState:
    """Resources and operations, without fields that differ between attempts.

    Attributes:
        resources: Disks, instances and snapshots by Region, listing and name.
        operations: Number of operations that create or delete, by Region, type, resource, details.
    """

    resources: dict[tuple[str, str, str], dict[str, Any]]
    operations: Counter[tuple[str, str, str, str]]


def create_state(path: Path) -> None:
    """Create the initial state: sources, old and foreign snapshots, and two days of plans."""
    clock = VirtualClock(_BEGINNING)
    with LightsailEmulator(state=path, clock=clock, progression=Progression.instant()) as emulator:
        made = {region: emulator.boto3_client(region) for region in (HERE, THERE)}
        clients = {
            region: LightsailSnapClient(client, clock=clock) for region, client in made.items()
        }
        for name in ("data-1", "db-1", "db-2"):
            emulator.add_disk(name, region_name=HERE, size_in_gb=16)
        for name in ("web-1", "web-2", "helper-1"):
            emulator.add_instance(name, region_name=HERE)
        emulator.add_disk("used-1", region_name=HERE, size_in_gb=16)
        made[HERE].attach_disk(diskName="used-1", instanceName="web-2", diskPath="/dev/xvdf")
        made[HERE].create_disk_snapshot(diskName="used-1", diskSnapshotName="old-used")
        made[HERE].create_disk_snapshot(diskName="data-1", diskSnapshotName="old-disk")
        made[HERE].create_disk_snapshot(diskName="db-1", diskSnapshotName="foreign-1")
        made[HERE].create_instance_snapshot(
            instanceName="web-1", instanceSnapshotName="old-instance"
        )
        for _ in range(2):
            for kind in ("disk", "instance"):
                carry_out(plan_of(kind), clients.__getitem__, clock.time())
            clock.sleep(_DAY)


def body_of(emulator: LightsailEmulator, region: str, operation: str) -> str:
    """Return a response in which names contain no date of today, which may change meanwhile."""
    today = f"{datetime.fromtimestamp(emulator.clock.time(), UTC):%Y%m%d}"
    return emulator.handle(region, operation, {}).body.decode().replace(today, "today")


def _without_volatile_fields(value: Any) -> Any:
    """Remove fields from a resource, also from the disks of an instance."""
    if isinstance(value, list):
        return [_without_volatile_fields(each) for each in value]
    if not isinstance(value, dict):
        return value
    kept = {key: each for key, each in value.items() if key not in _VOLATILE_FIELDS}
    return {key: _without_volatile_fields(each) for key, each in kept.items()}


def read_state(emulator: LightsailEmulator) -> FinalState:
    resources: dict[tuple[str, str, str], dict[str, Any]] = {}
    operations: Counter[tuple[str, str, str, str]] = Counter()
    for region in (HERE, THERE):
        for listing, member in _LISTS.items():
            for resource in json.loads(body_of(emulator, region, listing))[member]:
                facts = _without_volatile_fields(resource)
                facts["tags"] = sorted(map(json.dumps, facts["tags"]))
                resources[region, listing, resource["name"]] = facts
        for each in json.loads(body_of(emulator, region, "GetOperations"))["operations"]:
            if each["operationType"] in _IDEMPOTENT:
                continue
            details = each.get("operationDetails", "")
            operations[region, each["operationType"], each["resourceName"], details] += 1
    return FinalState(resources, operations)
