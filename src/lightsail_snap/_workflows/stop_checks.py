"""Checks of the instance that is stopped for a snapshot."""

from __future__ import annotations

from typing import Any

from lightsail_snap._parameters import invalid_parameter
from lightsail_snap._workflows.effects import StopsInstance
from lightsail_snap._workflows.resources import find_disk
from lightsail_snap._workflows.timing import RetryBudget
from lightsail_snap.models import (
    CreateDiskSnapshotRequest,
    CreateInstanceSnapshotRequest,
    DiskSource,
    Request,
)


async def check_source(pause: StopsInstance, request: Request[Any], budget: RetryBudget) -> None:
    """Refuse to stop an instance that the source of a snapshot does not belong to."""
    if isinstance(request, CreateInstanceSnapshotRequest):
        source: str | None = request.instance_name
        rule = f"must stop the source of the snapshot, instance {source}"
    elif not isinstance(request, CreateDiskSnapshotRequest):
        return
    elif isinstance(request.source, DiskSource):
        name = request.source.disk_name
        source = (await budget.look_up(lambda: find_disk(name))).resource.attached_to
        place = "no instance" if source is None else f"instance {source}"
        rule = f"must stop the instance of disk {name}, which is attached to {place}"
    else:
        source = request.source.instance_name
        rule = f"must stop the source of the snapshot, instance {source}"
    if source != pause.instance_name:
        fix = "pass the instance of the source to stop_instance, or leave quiesce out"
        raise invalid_parameter("quiesce", rule, fix, pause.instance_name)
