"""Block storage disks."""

from __future__ import annotations

import re
from typing import Any

from lightsail_snap.emulator._call import Call, to_milliseconds
from lightsail_snap.emulator._operations._add_ons import enable_requested
from lightsail_snap.emulator._registry import operation
from lightsail_snap.emulator._store import Record
from lightsail_snap.emulator._wire import invalid_input

_MIN_SIZE_GB = 8
# The service's own message has 16384; a quota table has 16,000.
_MAX_SIZE_GB = 16384
_IOPS_PER_GB = 3
_MIN_IOPS = 100
# Lightsail quotas: disks that can be attached to one instance.
_MAX_ATTACHED = 15
# `/dev/xvdf` is accepted and `/mnt/data` is not (community logs). Which other device names are
# accepted is unverified: all are here.
_DEVICE_PATH = re.compile(r"/dev/[A-Za-z0-9]+")
_STATES = ("pending", "available", "error")
_DETACHED: dict[str, Any] = {"isAttached": False, "attachmentState": "detached"}
# CLI samples of CreateDisk: statusChangedAt is some 0.2 s after createdAt.
_CREATION_LAG_SECONDS = 0.228


def compute_iops(size_in_gb: int) -> int:
    """Return a disk's I/O operations per second (CLI samples: 8, 80, 128 GB)."""
    return max(_MIN_IOPS, _IOPS_PER_GB * size_in_gb)


def make_disk(call: Call, name: str, size_in_gb: int, *, is_ready: bool) -> Record:
    """Add a disk with a free name in the request's zone, available at once if it is ready."""
    if not _MIN_SIZE_GB <= size_in_gb <= _MAX_SIZE_GB:
        # The service's message, from community logs.
        raise invalid_input(
            f"The size of a block storage disk must be between {_MIN_SIZE_GB} and "
            f"{_MAX_SIZE_GB} GB."
        )
    fields = {
        "sizeInGb": size_in_gb,
        "isSystemDisk": False,
        "iops": compute_iops(size_in_gb),
        "state": "available",
        # CLI samples: a disk that is not attached has neither path nor attachedTo.
        **_DETACHED,
    }
    zone = call.request["availabilityZone"]
    states = None if is_ready else _STATES
    return call.create("Disk", name, zone, fields, support_prefix="vol", states=states)


def start_creation(call: Call, size_in_gb: int) -> dict[str, Any]:
    """Add the disk of a request with its add-ons, and return the response."""
    disk = make_disk(call, call.request["diskName"], size_in_gb, is_ready=False)
    enable_requested(call, disk)
    changed_at = to_milliseconds(call.now + _CREATION_LAG_SECONDS)
    return call.respond([call.start_operation(disk, statusChangedAt=changed_at)])


def add_ready_disk(call: Call) -> None:
    """Add the disk of a CreateDisk request, available at once."""
    name = call.request["diskName"]
    call.claim(name)
    make_disk(call, name, call.request["sizeInGb"], is_ready=True)


def list_attached(call: Call, instance_name: str) -> list[Record]:
    """List the disks that are attached to an instance, newest first, without its system disk."""
    return call.store.list_newest(call.region, "Disk", about=instance_name)


def attach(call: Call, disk: Record, instance_name: str, path: str) -> None:
    """Attach a disk to an instance."""
    # Whether the service shows this before the operation has finished is unverified.
    disk.about = instance_name
    disk.wire |= {
        "state": "in-use",
        "path": path,
        "attachedTo": instance_name,
        "isAttached": True,
        "attachmentState": "attached",
    }
    disk.transition = None
    call.store.save(disk)


def detach(call: Call, disk: Record) -> None:
    """Detach a disk from its instance."""
    disk.about = None
    for field in ("path", "attachedTo"):
        disk.wire.pop(field, None)
    disk.wire |= {"state": "available", **_DETACHED}
    call.store.save(disk)


@operation("CreateDisk")
def _create_disk(call: Call) -> dict[str, Any]:
    call.claim(call.request["diskName"])
    return start_creation(call, call.request["sizeInGb"])


@operation("GetDisk")
def _get_disk(call: Call) -> dict[str, Any]:
    return {"disk": call.poll(call.find("Disk", call.request["diskName"]))}


@operation("GetDisks")
def _get_disks(call: Call) -> dict[str, Any]:
    return call.list_page("Disk")


@operation("DeleteDisk")
def _delete_disk(call: Call) -> dict[str, Any]:
    disk = call.find("Disk", call.request["diskName"])
    if disk.about is not None:
        # The service's message, from community logs; that X is the instance is unverified.
        message = (
            "You can't perform this operation because the disk is still attached to a Lightsail "
            f"instance: {disk.about}"
        )
        raise invalid_input(message)
    if call.failure is None:
        # Whether add-ons prevent it without forceDeleteAddOns is unverified.
        call.store.remove(disk)
    return call.respond_finished(disk)


@operation("AttachDisk")
def _attach_disk(call: Call) -> dict[str, Any]:
    disk = call.find("Disk", call.request["diskName"])
    instance = call.find("Instance", call.request["instanceName"])
    path = call.request["diskPath"]
    if not _DEVICE_PATH.fullmatch(path):
        # The code and the message are the service's, from a report about its Terraform provider.
        message = "The disk path is invalid. You must specify a valid disk path."
        raise invalid_input(message, code="InvalidParams")
    problem = _find_attach_problem(disk, instance, path, list_attached(call, instance.name))
    if problem:
        # Each rule is AWS's own (see below); the messages are unverified.
        raise invalid_input(f"You can't attach this disk right now. {problem}")
    if call.failure is None:
        attach(call, disk, instance.name, path)
    return call.respond_started(disk, instance)


def _find_attach_problem(
    disk: Record, instance: Record, path: str, attached: list[Record]
) -> str | None:
    state = instance.wire["state"]["name"]
    zone = instance.wire["location"]["availabilityZone"]
    rules = (
        # Inferred from the same message for detaching, and from DiskState in the service model.
        (
            disk.wire["state"] == "available",
            f"The state of this disk is: {disk.wire['state']}",
        ),
        # AttachDisk documentation: a running or stopped instance.
        (
            state in {"running", "stopped"},
            f"The current state of your instance is: {state}",
        ),
        # CreateDiskFromSnapshot documentation: the zone is that of the instance.
        (
            disk.wire["location"]["availabilityZone"] == zone,
            f"The disk is in another zone than the instance, which is in {zone}.",
        ),
        # Lightsail quotas.
        (
            len(attached) < _MAX_ATTACHED,
            f"The instance has {_MAX_ATTACHED} disks, and no more can be attached.",
        ),
        # Inferred: a device path names one device.
        (
            path not in {other.wire["path"] for other in attached},
            f"The path {path} is in use.",
        ),
    )
    return next((problem for holds, problem in rules if not holds), None)


@operation("DetachDisk")
def _detach_disk(call: Call) -> dict[str, Any]:
    disk = call.find("Disk", call.request["diskName"])
    # Both messages are the service's, from community logs.
    if disk.about is None:
        state = disk.wire["state"]
        message = f"You can't detach this disk right now. The state of this disk is: {state}"
        raise invalid_input(message)
    instance = call.find("Instance", disk.about)
    state = instance.wire["state"]["name"]
    if state != "stopped":
        message = (
            "You can only detach the disk when the target instance is stopped. The current state "
            f"of your instance is: {state}"
        )
        raise invalid_input(message)
    if call.failure is None:
        detach(call, disk)
    return call.respond_started(disk, instance)
