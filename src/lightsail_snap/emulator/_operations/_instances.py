"""Instances, as far as snapshots and restores need them."""

from __future__ import annotations

from typing import Any, NamedTuple

from lightsail_snap.emulator._call import Call
from lightsail_snap.emulator._operations._add_ons import enable_requested
from lightsail_snap.emulator._operations._disks import compute_iops, detach, list_attached
from lightsail_snap.emulator._registry import operation
from lightsail_snap.emulator._store import Record

State = dict[str, object]

# InstanceState in the service model names `running` (16 in CLI samples) and `pending`; the other
# names and codes are those of EC2, which Lightsail instances are: inferred.
_PENDING: State = {"code": 0, "name": "pending"}
_RUNNING: State = {"code": 16, "name": "running"}
_STOPPING: State = {"code": 64, "name": "stopping"}
_STOPPED: State = {"code": 80, "name": "stopped"}


class _Bundle(NamedTuple):
    cpus: int
    memory_gb: float
    disk_gb: int
    monthly_transfer_gb: int


# Lightsail's price list, by the first part of a bundle's id. Other ids are accepted too.
_BUNDLES = {
    "nano": _Bundle(2, 0.5, 20, 1024),
    "micro": _Bundle(2, 1.0, 40, 2048),
    "small": _Bundle(2, 2.0, 60, 3072),
    "medium": _Bundle(2, 4.0, 80, 4096),
    "large": _Bundle(2, 8.0, 160, 5120),
    "xlarge": _Bundle(4, 16.0, 320, 6144),
    "2xlarge": _Bundle(8, 32.0, 640, 7168),
}


class _Platform(NamedTuple):
    username: str
    ports: tuple[int, ...]


# CLI samples: Windows. Linux blueprints differ in both; Amazon Linux has this user (MODEL).
_WINDOWS = _Platform("Administrator", (80, 22, 3389))
_LINUX = _Platform("ec2-user", (80, 22))

_HOST_ADDRESSES = 254
_SYSTEM_PATH = "/dev/xvda"
# The default options of the instance metadata service are unverified.
_METADATA_OPTIONS = {
    "httpEndpoint": "enabled",
    "httpProtocolIpv6": "disabled",
    "httpPutResponseHopLimit": 1,
    "httpTokens": "optional",
    "state": "applied",
}


def _find_bundle(bundle_id: str) -> _Bundle | None:
    return _BUNDLES.get(bundle_id.partition("_")[0])


def find_bundle_size(bundle_id: str) -> int | None:
    """Return the size of a bundle's system disk in GB; None for an unknown bundle."""
    bundle = _find_bundle(bundle_id)
    return bundle.disk_gb if bundle else None


def add_ready_instance(call: Call) -> None:
    """Add the instances of a CreateInstances request, running at once."""
    make_instances(call, call.request["blueprintId"], is_ready=True)


def make_instances(
    call: Call, blueprint_id: str, *, min_size_in_gb: int = 0, is_ready: bool = False
) -> list[Record]:
    """Add the instances of a request, running at once if they are ready."""
    call.claim(*call.request["instanceNames"])
    return [
        _make_instance(call, name, blueprint_id, min_size_in_gb, is_ready=is_ready)
        for name in call.request["instanceNames"]
    ]


def _make_instance(
    call: Call, name: str, blueprint_id: str, min_size_in_gb: int, *, is_ready: bool
) -> Record:
    bundle_id = call.request["bundleId"]
    bundle = _find_bundle(bundle_id) or _BUNDLES["nano"]
    size = max(bundle.disk_gb, min_size_in_gb)
    platform = _WINDOWS if blueprint_id.startswith("windows") else _LINUX
    system_disk = {
        "createdAt": call.now,
        "sizeInGb": size,
        "isSystemDisk": True,
        "iops": compute_iops(size),
        "path": _SYSTEM_PATH,
        "attachedTo": name,
        "attachmentState": "attached",
    }
    fields = {
        "blueprintId": blueprint_id,
        "blueprintName": blueprint_id.replace("_", " ").title(),
        "bundleId": bundle_id,
        "hardware": {
            "cpuCount": bundle.cpus,
            "disks": [system_disk],
            "ramSizeInGb": bundle.memory_gb,
        },
        "isStaticIp": False,
        "metadataOptions": _METADATA_OPTIONS,
        **_make_addresses(call),
        "networking": {
            "monthlyTransfer": {"gbPerMonthAllocated": bundle.monthly_transfer_gb},
            "ports": [_port(number) for number in platform.ports],
        },
        "sshKeyName": call.request.get("keyPairName", "LightsailDefaultKeyPair"),
        "state": _RUNNING,
        "username": platform.username,
    }
    # How a failed instance ends is unverified: it stays pending.
    states = None if is_ready else (_PENDING, _RUNNING, _PENDING)
    zone = call.request["availabilityZone"]
    instance = call.create("Instance", name, zone, fields, support_prefix="i", states=states)
    enable_requested(call, instance)
    return instance


def _make_addresses(call: Call) -> dict[str, Any]:
    # MODEL, CreateInstances: dual-stack is the default.
    address_type = call.request.get("ipAddressType", "dualstack")
    host = call.store.new_id("address").int % _HOST_ADDRESSES + 1
    # Address ranges for documentation, as in the CLI samples.
    fields: dict[str, Any] = {
        "ipAddressType": address_type,
        "privateIpAddress": f"192.0.2.{host}",
    }
    # Which addresses an instance with one IP version lacks is unverified.
    if address_type != "ipv6":
        fields["publicIpAddress"] = f"192.0.2.{host}"
    if address_type != "ipv4":
        fields["ipv6Addresses"] = [f"2001:db8::{host:x}"]
    return fields


def _port(number: int) -> dict[str, Any]:
    # The model's value is `Public`; CLI samples have `public`.
    return {
        "accessDirection": "inbound",
        "accessFrom": "Anywhere (0.0.0.0/0)",
        "accessType": "Public",
        "commonName": "",
        "fromPort": number,
        "protocol": "tcp",
        "toPort": number,
    }


def _with_disks(call: Call, instance: dict[str, Any]) -> dict[str, Any]:
    hardware = instance["hardware"]
    attached = (disk.wire for disk in list_attached(call, instance["name"]))
    return {**instance, "hardware": {**hardware, "disks": [*attached, *hardware["disks"]]}}


def _with_health(instance: dict[str, Any]) -> dict[str, Any]:
    # The health of an instance in each state is inferred from EC2's.
    match instance["state"]["name"]:
        case "running":
            health = {"status": "ok", "details": [{"name": "reachability", "status": "passed"}]}
        case "pending":
            check = {"name": "reachability", "status": "initializing"}
            health = {"status": "initializing", "details": [check]}
        case _:
            health = {"status": "not-applicable"}
    return {**instance, "instanceStatus": health, "systemStatus": health}


def _describe(call: Call, wire: dict[str, Any]) -> dict[str, Any]:
    """Add to an instance what other resources and the request contribute."""
    instance = _with_disks(call, wire)
    return _with_health(instance) if call.request.get("includeHealthStatus") else instance


@operation("CreateInstances")
def _create_instances(call: Call) -> dict[str, Any]:
    instances = make_instances(call, call.request["blueprintId"])
    # CLI sample: the type is in the singular.
    return call.respond(
        call.start_operation(one, operationType="CreateInstance") for one in instances
    )


@operation("GetInstance")
def _get_instance(call: Call) -> dict[str, Any]:
    instance = call.poll(call.find("Instance", call.request["instanceName"]))
    return {"instance": _describe(call, instance.wire)}


@operation("GetInstances")
def _get_instances(call: Call) -> dict[str, Any]:
    page = call.list_page("Instance")
    page["instances"] = [_describe(call, instance.wire) for instance in page["instances"]]
    return page


@operation("GetInstanceState")
def _get_instance_state(call: Call) -> dict[str, Any]:
    return {"state": call.poll(call.find("Instance", call.request["instanceName"])).wire["state"]}


@operation("DeleteInstance")
def _delete_instance(call: Call) -> dict[str, Any]:
    instance = call.find("Instance", call.request["instanceName"])
    operations = []
    # CLI sample: attached disks are detached first, each with two operations.
    for disk in list_attached(call, instance.name):
        operations += [
            call.start_operation(subject, operationDetails=other.name, operationType="DetachDisk")
            for subject, other in ((disk, instance), (instance, disk))
        ]
        if call.failure is None:
            detach(call, disk)
    if call.failure is None:
        call.store.remove(instance)
    return call.respond([*operations, *call.respond_finished(instance)["operations"]])


@operation("StopInstance")
def _stop_instance(call: Call) -> dict[str, Any]:
    return _change_state(call, _STOPPING, _STOPPED)


@operation("StartInstance")
def _start_instance(call: Call) -> dict[str, Any]:
    bundle_id = call.request.get("attributeUpdates", {}).get("bundleId")
    if bundle_id and call.failure is None:
        # Which bundle `auto` selects, and how a refused one is reported, is unverified.
        instance = call.find("Instance", call.request["instanceName"])
        if bundle_id != "auto":
            instance.wire["bundleId"] = bundle_id
            call.store.save(instance)
    return _change_state(call, _PENDING, _RUNNING)


@operation("RebootInstance")
def _reboot_instance(call: Call) -> dict[str, Any]:
    # Which states an instance passes through is unverified: it stays running.
    return call.respond_started(call.find("Instance", call.request["instanceName"]))


def _change_state(call: Call, pending: State, final: State) -> dict[str, Any]:
    instance = call.find("Instance", call.request["instanceName"])
    # Whether stopping a stopped instance is an error is unverified; here it is not.
    if call.failure is None and instance.wire["state"] != final:
        call.change_state(instance, pending, final)
    return call.respond_started(instance)
