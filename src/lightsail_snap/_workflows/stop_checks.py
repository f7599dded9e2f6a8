"""Check of the instance that is stopped for a snapshot."""

from __future__ import annotations

from typing import Any

from lightsail_snap._parameters import invalid_parameter
from lightsail_snap._workflows.resources import find_disk
from lightsail_snap._workflows.stops_instance import StopsInstance
from lightsail_snap._workflows.timing import RetryBudget
from lightsail_snap.models import Request


async def check_source(stop: StopsInstance, request: Request[Any], budget: RetryBudget) -> None:
    """Refuse to stop an instance that the source of a snapshot does not belong to."""
    wire = request.to_wire()
    disk_name, source = wire.get("diskName"), wire.get("instanceName")
    rule = f"must stop the source of the snapshot, instance {source}"
    if disk_name is not None:
        source = (await budget.look_up(lambda: find_disk(disk_name))).resource.attached_to
        place = "no instance" if source is None else f"instance {source}"
        rule = f"must stop the instance of disk {disk_name}, which is attached to {place}"
    if source != stop.instance_name:
        fix = "pass the instance of the source to stop_instance, or leave quiesce out"
        raise invalid_parameter("quiesce", rule, fix, stop.instance_name)
