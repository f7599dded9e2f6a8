"""Instances, as far as snapshots need them."""

from __future__ import annotations

from typing import Any

from lightsail_snap.emulator._call import Call
from lightsail_snap.emulator._operations import _add_ons
from lightsail_snap.emulator._operations._disks import detach, iops_of
from lightsail_snap.emulator._store import Record

# InstanceState in the service model names `running` (16 in CLI samples) and `pending`; the other
# names and codes are those of EC2, which Lightsail instances are: inferred.
_PENDING = {"code": 0, "name": "pending"}
_RUNNING = {"code": 16, "name": "running"}
_STOPPING = {"code": 64, "name": "stopping"}
_STOPPED = {"code": 80, "name": "stopped"}

# Lightsail's price list: processors, memory and disk in GB, and the month's transfer in GB, by how
# a bundle's id begins. An id that is not here is taken nevertheless.
_BUNDLES = {
    "nano": (2, 0.5, 20, 1024),
    "micro": (2, 1.0, 40, 2048),
    "small": (2, 2.0, 60, 3072),
    "medium": (2, 4.0, 80, 4096),
    "large": (2, 8.0, 160, 5120),
    "xlarge": (4, 16.0, 320, 6144),
    "2xlarge": (8, 32.0, 640, 7168),
}
_PORTS = (22, 80)
_ADDRESSES = 254
_SYSTEM_PATH = "/dev/xvda"


def bundle_size(bundle_id: str) -> int | None:
    """Tell how large the system disk of a bundle is.

    Args:
        bundle_id: The bundle, for example `nano_3_0`.

    Returns:
        Its size, in GB; None for a bundle that is not known.
    """
    bundle = _BUNDLES.get(bundle_id.partition("_")[0])
    return bundle[2] if bundle else None


def make_instance(  # noqa: PLR0913 - each is one fact about the instance
    call: Call,
    name: str,
    zone: str,
    *,
    blueprint_id: str,
    bundle_id: str,
    system_size_in_gb: int = 0,
    is_there: bool = False,
) -> Record:
    """Add an instance.

    Args:
        call: The call.
        name: Its name, free and valid.
        zone: Its zone, a valid one.
        blueprint_id: What runs on it.
        bundle_id: How large it is.
        system_size_in_gb: The least size of its system disk.
        is_there: Whether it is running at once.

    Returns:
        The instance.
    """
    cpus, memory, size, transfer = _BUNDLES.get(bundle_id.partition("_")[0], _BUNDLES["nano"])
    size = max(size, system_size_in_gb)
    last = call.store.fresh_id("address").int % _ADDRESSES + 1
    system_disk = {
        "createdAt": call.now,
        "sizeInGb": size,
        "isSystemDisk": True,
        "iops": iops_of(size),
        "path": _SYSTEM_PATH,
        "attachedTo": name,
        "attachmentState": "attached",
    }
    members = {
        "blueprintId": blueprint_id,
        "blueprintName": blueprint_id.replace("_", " ").title(),
        "bundleId": bundle_id,
        "hardware": {"cpuCount": cpus, "disks": [system_disk], "ramSizeInGb": memory},
        # MODEL, CreateInstances: dual-stack is the default.
        "ipAddressType": call.request.get("ipAddressType", "dualstack"),
        "isStaticIp": False,
        "networking": {
            "monthlyTransfer": {"gbPerMonthAllocated": transfer},
            "ports": [_port(number) for number in _PORTS],
        },
        # An address range for documentation, as in the CLI samples.
        "privateIpAddress": f"192.0.2.{last}",
        "publicIpAddress": f"192.0.2.{last}",
        "sshKeyName": call.request.get("keyPairName", "LightsailDefaultKeyPair"),
        "state": _RUNNING,
        "username": "ec2-user",
    }
    # What a failed instance looks like is unverified: it stays pending.
    states = None if is_there else (_PENDING, _RUNNING, _PENDING)
    instance = call.create("Instance", name, zone, members, states=states)
    _add_ons.enable_all(call, instance)
    return instance


def _port(number: int) -> dict[str, Any]:
    # The model's word is `Public`; CLI samples have `public`.
    return {
        "accessDirection": "inbound",
        "accessFrom": "Anywhere (0.0.0.0/0)",
        "accessType": "Public",
        "commonName": "",
        "fromPort": number,
        "protocol": "tcp",
        "toPort": number,
    }


def make_instances(call: Call, *, blueprint_id: str, system_size_in_gb: int = 0) -> list[Record]:
    """Add the instances that a request asks for.

    Args:
        call: The call.
        blueprint_id: What runs on them.
        system_size_in_gb: The least size of their system disks.

    Returns:
        The instances.

    Raises:
        Failure: If a name is in use; then none is made.
    """
    names = call.request["instanceNames"]
    call.claim(*names)
    return [
        make_instance(
            call,
            name,
            call.request["availabilityZone"],
            blueprint_id=blueprint_id,
            bundle_id=call.request["bundleId"],
            system_size_in_gb=system_size_in_gb,
        )
        for name in names
    ]


def attached_disks(call: Call, instance: Record) -> list[Record]:
    """List the disks that are attached to an instance, its system disk not among them.

    Args:
        call: The call.
        instance: The instance.

    Returns:
        The disks, newest first.
    """
    return call.store.newest(call.region, "Disk", about=instance.name)


def with_disks(call: Call, instance: dict[str, Any]) -> dict[str, Any]:
    """Complete an instance's shape with the disks that are attached to it.

    Args:
        call: The call.
        instance: The shape as it is remembered.

    Returns:
        A new shape.
    """
    attached = call.store.newest(call.region, "Disk", about=instance["name"])
    hardware = instance["hardware"]
    disks = [*(disk.wire for disk in attached), *hardware["disks"]]
    return {**instance, "hardware": {**hardware, "disks": disks}}


def _create_instances(call: Call) -> dict[str, Any]:
    instances = make_instances(call, blueprint_id=call.request["blueprintId"])
    # CLI sample: the type is in the singular.
    return call.answer(call.begin(one, operationType="CreateInstance") for one in instances)


def _get_instance(call: Call) -> dict[str, Any]:
    instance = call.look(call.find("Instance", call.request["instanceName"]))
    return {"instance": with_disks(call, instance)}


def _get_instances(call: Call) -> dict[str, Any]:
    page = call.page("instances", "Instance")
    page["instances"] = [with_disks(call, instance) for instance in page["instances"]]
    return page


def _delete_instance(call: Call) -> dict[str, Any]:
    instance = call.find("Instance", call.request["instanceName"])
    operations = []
    # CLI sample: attached disks are detached first, each with two operations.
    for disk in attached_disks(call, instance):
        for subject, other in ((disk, instance), (instance, disk)):
            operations.append(call.begin(subject, details=other.name, operationType="DetachDisk"))
        if call.failure is None:
            detach(call, disk)
    if call.failure is None:
        call.store.remove(instance)
    operations += call.done(instance)["operations"]
    return call.answer(operations)


def _stop_instance(call: Call) -> dict[str, Any]:
    return _change(call, _STOPPING, _STOPPED)


def _start_instance(call: Call) -> dict[str, Any]:
    return _change(call, _PENDING, _RUNNING)


def _change(call: Call, pending: dict[str, object], there: dict[str, object]) -> dict[str, Any]:
    instance = call.find("Instance", call.request["instanceName"])
    # Whether stopping what is stopped is an error is unverified: it is none here.
    if call.failure is None and instance.wire["state"] != there:
        call.work(instance, pending, there)
    return call.started(instance)


HANDLERS = {
    "CreateInstances": _create_instances,
    "GetInstance": _get_instance,
    "GetInstances": _get_instances,
    "DeleteInstance": _delete_instance,
    "StopInstance": _stop_instance,
    "StartInstance": _start_instance,
}
