"""Block storage disks."""

from __future__ import annotations

import re
from typing import Any

from lightsail_snap.emulator._call import Call
from lightsail_snap.emulator._operations import _add_ons
from lightsail_snap.emulator._store import Record
from lightsail_snap.emulator._wire import invalid_input

_SMALLEST = 8
# The service's own text says 16384; a quota table says 16,000.
_LARGEST = 16384
_IOPS_PER_GB = 3
_FEWEST_IOPS = 100
# Lightsail quotas: disks that can be attached to one instance.
_MOST_ATTACHED = 15
# `/dev/xvdf` is accepted and `/mnt/data` is not (community logs). Which other names of devices are
# accepted is unverified: all are here.
_DEVICE_PATH = re.compile(r"/dev/[A-Za-z0-9]+")
_STATES = ("pending", "available", "error")
_DETACHED: dict[str, Any] = {"isAttached": False, "attachmentState": "detached"}


def iops_of(size_in_gb: int) -> int:
    """Tell how fast a disk is: 3 operations per GB, at least 100 (CLI samples: 8, 80, 128 GB).

    Args:
        size_in_gb: Its size, in GB.

    Returns:
        Input and output operations per second.
    """
    return max(_FEWEST_IOPS, _IOPS_PER_GB * size_in_gb)


def make_disk(call: Call, name: str, zone: str, size_in_gb: int, *, is_there: bool) -> Record:
    """Add a disk.

    Args:
        call: The call.
        name: Its name, free and valid.
        zone: Its zone, a valid one.
        size_in_gb: Its size, in GB.
        is_there: Whether it is available at once.

    Returns:
        The disk.

    Raises:
        Failure: If it is too small or too large.
    """
    if not _SMALLEST <= size_in_gb <= _LARGEST:
        # The service's text, from community logs.
        message = f"The size of a block storage disk must be between {_SMALLEST} and {_LARGEST} GB."
        raise invalid_input(message)
    members = {
        "sizeInGb": size_in_gb,
        "isSystemDisk": False,
        "iops": iops_of(size_in_gb),
        "state": "available",
        # CLI samples: a disk that is not attached has neither path nor attachedTo.
        **_DETACHED,
    }
    return call.create("Disk", name, zone, members, states=None if is_there else _STATES)


def attach(call: Call, disk: Record, instance_name: str, path: str) -> None:
    """Attach a disk to an instance.

    Args:
        call: The call.
        disk: The disk.
        instance_name: The instance.
        path: The path the instance sees it under.
    """
    # Whether the service says so before the operation has ended is unverified.
    disk.about = instance_name
    disk.wire |= {
        "state": "in-use",
        "path": path,
        "attachedTo": instance_name,
        "isAttached": True,
        "attachmentState": "attached",
    }
    disk.course = None
    call.store.save(disk)


def detach(call: Call, disk: Record) -> None:
    """Detach a disk.

    Args:
        call: The call.
        disk: The disk.
    """
    disk.about = None
    for member in ("path", "attachedTo"):
        disk.wire.pop(member, None)
    disk.wire |= {"state": "available", **_DETACHED}
    call.store.save(disk)


def _create_disk(call: Call) -> dict[str, Any]:
    name = call.request["diskName"]
    call.claim(name)
    zone, size = call.request["availabilityZone"], call.request["sizeInGb"]
    disk = make_disk(call, name, zone, size, is_there=False)
    _add_ons.enable_all(call, disk)
    return call.started(disk)


def _get_disk(call: Call) -> dict[str, Any]:
    return {"disk": call.look(call.find("Disk", call.request["diskName"]))}


def _get_disks(call: Call) -> dict[str, Any]:
    return call.page("disks", "Disk")


def _delete_disk(call: Call) -> dict[str, Any]:
    disk = call.find("Disk", call.request["diskName"])
    if disk.about is not None:
        # The service's text, from community logs; that X is the instance is unverified.
        message = (
            "You can't perform this operation because the disk is still attached to a Lightsail "
            f"instance: {disk.about}"
        )
        raise invalid_input(message)
    if call.failure is None:
        # Whether add-ons stand in the way without forceDeleteAddOns is unverified.
        call.store.remove(disk)
    return call.done(disk)


def _attach_disk(call: Call) -> dict[str, Any]:
    disk = call.find("Disk", call.request["diskName"])
    instance = call.find("Instance", call.request["instanceName"])
    path = call.request["diskPath"]
    if not _DEVICE_PATH.fullmatch(path):
        # The code and the text are the service's, from a report about its Terraform provider.
        message = "The disk path is invalid. You must specify a valid disk path."
        raise invalid_input(message, code="InvalidParams")
    attached = call.store.newest(call.region, "Disk", about=instance.name)
    problem = _why_not_attached(disk, instance, path, attached)
    if problem:
        # Each rule is AWS's own (see below); the texts are unverified.
        raise invalid_input(f"You can't attach this disk right now. {problem}")
    if call.failure is None:
        attach(call, disk, instance.name, path)
    return call.started(disk, instance)


def _why_not_attached(
    disk: Record, instance: Record, path: str, attached: list[Record]
) -> str | None:
    state = instance.wire["state"]["name"]
    zone = instance.wire["location"]["availabilityZone"]
    rules = (
        # Inferred from the same text for detaching, and from DiskState in the service model.
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
            len(attached) < _MOST_ATTACHED,
            f"The instance has {_MOST_ATTACHED} disks, and no more can be attached.",
        ),
        # Inferred: a device path names one device.
        (
            path not in {other.wire["path"] for other in attached},
            f"The path {path} is in use.",
        ),
    )
    return next((problem for holds, problem in rules if not holds), None)


def _detach_disk(call: Call) -> dict[str, Any]:
    disk = call.find("Disk", call.request["diskName"])
    # Both texts are the service's, from community logs.
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
    return call.started(disk, instance)


HANDLERS = {
    "CreateDisk": _create_disk,
    "GetDisk": _get_disk,
    "GetDisks": _get_disks,
    "DeleteDisk": _delete_disk,
    "AttachDisk": _attach_disk,
    "DetachDisk": _detach_disk,
}
