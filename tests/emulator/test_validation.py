"""Invalid requests and their errors."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from hypothesis import given
from hypothesis import strategies as st

from lightsail_snap import Request, models
from lightsail_snap.clock import VirtualClock
from lightsail_snap.emulator import LightsailEmulator, _validation
from lightsail_snap.emulator._operations import HANDLERS
from lightsail_snap.emulator._wire import Failure
from lightsail_snap.testing import strategies

_MODEL = ServiceModel(Loader().load_service_model("lightsail", "service-2"), "lightsail")
_ZONE = {"availabilityZone": "us-east-1a"}
_DISK = {"diskName": "new", "sizeInGb": 8, **_ZONE}
_INSTANCE = {"instanceNames": ["new"], "blueprintId": "debian_12", "bundleId": "nano_3_0", **_ZONE}
_HALF_PAST = {
    "addOnType": "AutoSnapshot",
    "autoSnapshotAddOnRequest": {"snapshotTimeOfDay": "03:30"},
}
_RESTORE = {**_DISK, "diskSnapshotName": "snap"}
_AUTOMATIC = {**_DISK, "sourceDiskName": "Disk-1"}
_INVALID = "InvalidInputException"
_SERIALIZATION = "SerializationException"


@pytest.fixture(scope="module")
def emulator() -> Any:
    with LightsailEmulator(clock=VirtualClock()) as emulator:
        emulator.add_disk("Disk-1", region_name="us-east-1")
        emulator.add_instance("web-1", region_name="us-east-1")
        yield emulator


def send(emulator: Any, operation: str, payload: Any) -> tuple[int, str, str]:
    response = emulator.handle("us-east-1", operation, payload)
    body = json.loads(response.body)
    return response.status, body.get("__type", ""), body.get("message", "")


@pytest.mark.parametrize(
    ("operation", "payload", "kind", "message"),
    [
        ("CreateDisk", {}, _INVALID, "diskName, availabilityZone, sizeInGb: required"),
        ("CreateDisk", {**_DISK, "diskName": None}, _INVALID, "diskName: required"),
        ("CreateDisk", {**_DISK, "diskName": 1}, _SERIALIZATION, "expected a value of type string"),
        (
            "CreateDisk",
            {**_DISK, "sizeInGb": "8"},
            _SERIALIZATION,
            "expected a value of type integer",
        ),
        ("CreateDisk", {**_DISK, "sizeInGb": True}, _SERIALIZATION, "integer"),
        ("CreateDisk", {**_DISK, "sizeInGb": 8.5}, _SERIALIZATION, "32 bits"),
        ("CreateDisk", {**_DISK, "sizeInGb": 2**31}, _SERIALIZATION, "32 bits"),
        ("CreateDisk", {**_DISK, "sizeInGb": float("inf")}, _SERIALIZATION, "32 bits"),
        ("CreateDisk", {**_DISK, "diskName": "\ud800x"}, _SERIALIZATION, "lone surrogate"),
        ("CreateDisk", {**_DISK, "diskName": "-no"}, _INVALID, "Resource names must be at least"),
        ("CreateDisk", {**_DISK, "availabilityZone": " "}, _INVALID, "does not match"),
        ("CreateDisk", {**_DISK, "availabilityZone": "us-east-1"}, _INVALID, "no availability"),
        ("CreateDisk", {**_DISK, "availabilityZone": "us-west-2a"}, _INVALID, "no availability"),
        ("CreateDisk", {**_DISK, "tags": [{"key": ""}]}, _INVALID, "tags.*must be"),
        ("CreateDisk", {**_DISK, "tags": [{"value": "v"}]}, _INVALID, "tags.*required"),
        (
            "CreateDisk",
            {**_DISK, "tags": {"k": "v"}},
            _SERIALIZATION,
            "tags: expected a value of type list",
        ),
        ("CreateInstances", {**_INSTANCE, "tags": [{"key": ""}]}, _INVALID, "tags: must be"),
        ("CreateInstances", {**_INSTANCE, "addOns": [_HALF_PAST]}, _INVALID, "HH:00 format"),
        ("CreateDisk", {**_DISK, "addOns": [{}]}, _INVALID, r"addOnType of addOns\[0\]: required"),
        ("CreateDisk", {**_DISK, "addOns": [{"addOnType": "No"}]}, _INVALID, "none of Auto"),
        (
            "CreateInstanceSnapshot",
            {"instanceName": "web-1", "instanceSnapshotName": "é"},
            _INVALID,
            "Resource names",
        ),
        ("DeleteDisk", {"diskName": "Disk-1", "forceDeleteAddOns": 1}, _SERIALIZATION, "boolean"),
        ("CreateDiskFromSnapshot", _DISK, _INVALID, "exactly one of diskSnapshotName"),
        ("CreateDiskFromSnapshot", {**_RESTORE, **_AUTOMATIC}, _INVALID, "exactly one of disk"),
        ("CreateDiskFromSnapshot", _AUTOMATIC, _INVALID, "exactly one of restoreDate"),
        (
            "CreateDiskFromSnapshot",
            {**_RESTORE, "restoreDate": "2023-11-14"},
            _INVALID,
            "else neither",
        ),
        (
            "CopySnapshot",
            {"targetSnapshotName": "t1", "sourceSnapshotName": "s1", "sourceRegion": "mars-1"},
            _INVALID,
            "none of us-east-1",
        ),
        ("DeleteAutoSnapshot", {"resourceName": "Disk-1", "date": "soon"}, _INVALID, "not match"),
        (
            "CreateDiskSnapshot",
            {"diskSnapshotName": "s1"},
            _INVALID,
            "exactly one of diskName and instanceName",
        ),
        (
            "CreateDiskSnapshot",
            {"diskSnapshotName": "s1", "diskName": "d", "instanceName": "i"},
            _INVALID,
            "exactly one of diskName and instanceName",
        ),
        (
            "CreateInstancesFromSnapshot",
            {
                "instanceNames": ["new"],
                "bundleId": "nano_3_0",
                **_ZONE,
                "instanceSnapshotName": "is1",
                "sourceInstanceName": "web-1",
            },
            _INVALID,
            "exactly one of instanceSnapshotName and sourceInstanceName",
        ),
        (
            "CopySnapshot",
            {"targetSnapshotName": "t1", "sourceRegion": "us-east-1"},
            _INVALID,
            "exactly one of sourceSnapshotName and sourceResourceName",
        ),
        (
            "CreateDiskFromSnapshot",
            {**_AUTOMATIC, "restoreDate": "soon"},
            _INVALID,
            "restoreDate must be a calendar date",
        ),
        (
            "CreateDiskFromSnapshot",
            {**_RESTORE, "diskName": "-no"},
            _INVALID,
            "The name '-no' is not valid. Resource names must be at least 2",
        ),
        ("CreateDiskFromSnapshot", {**_RESTORE, "sizeInGb": 7}, "NotFoundException", "snap"),
        (
            "CreateDiskFromSnapshot",
            {**_RESTORE, "sizeInGb": 7, "diskName": "-no"},
            _INVALID,
            "^The name '-no' is not valid. [^;]*$",
        ),
        ("CreateDiskFromSnapshot", {**_RESTORE, "availabilityZone": "all"}, _INVALID, "no avail"),
        (
            "CreateDiskSnapshot",
            {"diskSnapshotName": "a", "diskName": "Disk-1"},
            _INVALID,
            "Resource names must be at least",
        ),
        ("TagResource", {"resourceName": "Disk-1", "tags": []}, _INVALID, "at least one tag"),
        ("GetDisks", {"pageToken": ""}, _INVALID, "The page token is not valid for GetDisks"),
        ("GetOperation", {"operationId": ""}, _INVALID, "does not match"),
        ("GetDisk", {"diskName": "x" * 256}, _INVALID, "1 to 255"),
        ("GetDisks", b"{", _SERIALIZATION, "not JSON"),
        ("GetDisks", b'{"pageToken": NaN}', _SERIALIZATION, "not JSON"),
        ("GetDisks", b"\xff", _SERIALIZATION, "not JSON"),
        ("GetDisks", b"[" * 100_000, _SERIALIZATION, "not JSON"),
        ("GetDisks", b"[]", _SERIALIZATION, "not a JSON object"),
        ("DescribeVolumes", {}, "UnknownOperationException", "no operation of Lightsail"),
    ],
)
def test_invalid_request_gets_the_documented_error(
    emulator: Any, operation: str, payload: Any, kind: str, message: str
) -> None:
    status, got_kind, got_message = send(emulator, operation, payload)
    assert (status, got_kind) == (400, kind)
    assert re.search(message, got_message), got_message


def test_unknown_fields_nulls_and_whole_floats_are_accepted(emulator: Any) -> None:
    payload: dict[str, Any] = {"diskName": "Disk-1", "shape": "round", "another": None}
    assert send(emulator, "GetDisk", payload)[0] == 200
    payload = {**_DISK, "diskName": "whole", "sizeInGb": 8.0, "tags": None}
    assert send(emulator, "CreateDisk", payload)[0] == 200


@pytest.mark.parametrize("region", ["us-west-1", "mars-1", ""])
def test_unserved_region_is_refused_with_a_tip(emulator: Any, region: str) -> None:
    response = json.loads(emulator.handle(region, "GetDisks", {}).body)
    assert response["__type"] == _INVALID
    assert "us-east-1" in response["tip"]


def test_every_request_model_checks_a_supported_operation() -> None:
    named = {name.removesuffix("Request") for name in models.exported()}
    assert _validation._REQUEST_MODELS.keys() == named & set(_MODEL.operation_names)
    assert len(_validation._REQUEST_MODELS) >= 24
    assert _validation._REQUEST_MODELS.keys() <= HANDLERS.keys()


def test_fields_of_a_newer_service_model_pass_the_request_model() -> None:
    for model in _validation._REQUEST_MODELS.values():
        shape = _MODEL.operation_model(model.operation_name).input_shape
        assert _validation._wire_fields(model) <= set(shape.members)
    model = _validation._REQUEST_MODELS["CopySnapshot"]
    request = {
        "targetSnapshotName": "t1",
        "sourceSnapshotName": "s1",
        "sourceRegion": "us-east-1",
        "newerField": True,
    }
    assert _validation._checked_by_model(model, request) == request


@given(strategies.requests())
def test_request_that_its_model_accepts_is_accepted(request: Request[Any]) -> None:
    wire = request.to_wire()
    if "availabilityZone" in wire:
        wire["availabilityZone"] = "us-east-1a"
    try:
        checked = _validation.check_request(request.operation_name, "us-east-1", wire)
    except Failure as failure:
        # Values that the service model lacks are refused, as by the service.
        found = failure
    else:
        assert checked == wire
        return
    assert " is none of " in found.message


_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.sampled_from(["Disk-1", "web-1", "us-east-1", "us-east-1a", "new"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)


@given(data=st.data(), operation=st.sampled_from(sorted(HANDLERS)))
def test_any_request_gets_success_or_a_client_error(data: st.DataObject, operation: str) -> None:
    shape = _MODEL.operation_model(operation).input_shape
    names = sorted(shape.members) or ["none"]
    payload = data.draw(st.dictionaries(st.sampled_from(names), _JSON))
    with LightsailEmulator(clock=VirtualClock()) as emulator:
        emulator.add_disk("Disk-1", region_name="us-east-1")
        emulator.add_instance("web-1", region_name="us-east-1")
        for given_payload in (payload, json.dumps(payload).encode()):
            response = emulator.handle("us-east-1", operation, given_payload)
            assert response.status in {200, 400}
            assert isinstance(json.loads(response.body), dict)


def test_unsupported_operation_has_its_own_type_and_status(emulator: Any) -> None:
    status, kind, message = send(emulator, "GetBuckets", {})
    assert (status, kind) == (501, "EmulatorLacksOperation")
    assert "GetBuckets is an operation of Lightsail that the emulator lacks" in message


# None has an underscore, so an underscore in a message is from a Python name.
_TEXTS = st.sampled_from(["", "a", "-!", "Disk-1", "web-1", "2024-13-99", "us-east-1a", "aws:x"])


def _payloads(shape: Any) -> st.SearchStrategy[Any]:
    match shape.type_name:
        case "structure":
            members = {name: _payloads(member) for name, member in shape.members.items()}
            return st.fixed_dictionaries({}, optional=members)
        case "list":
            return st.lists(_payloads(shape.member), max_size=2)
        case "map":
            return st.dictionaries(_TEXTS, _payloads(shape.value), max_size=1)
        case "integer":
            return st.integers(-1, 9)
        case "boolean":
            return st.booleans()
        case _:
            return st.sampled_from(shape.enum) if shape.enum else _TEXTS


@given(data=st.data(), operation=st.sampled_from(sorted(HANDLERS)))
def test_error_messages_use_wire_names(emulator: Any, data: Any, operation: str) -> None:
    payload = data.draw(_payloads(_MODEL.operation_model(operation).input_shape))
    message = send(emulator, operation, payload)[2]
    assert not re.search(r"[a-z]_[a-z]|\bsource\b", message), message


@pytest.mark.parametrize(
    "path", ["/mnt/data", "", "xvdf", "/dev", "/dev/", "/dev/../mnt", "/dev/x y", "dev/xvdf", "/"]
)
def test_path_that_is_no_device_path_is_refused(emulator: Any, path: str) -> None:
    payload = {"diskName": "Disk-1", "instanceName": "web-1", "diskPath": path}
    response = emulator.handle("us-east-1", "AttachDisk", payload)
    if path:
        expected = "The disk path is invalid. You must specify a valid disk path."
        assert json.loads(response.body) == {
            "__type": _INVALID,
            "code": "InvalidParams",
            "message": expected,
        }
    assert response.status == 400


@pytest.mark.parametrize("path", ["/dev/xvdf", "/dev/sdf", "/dev/nvme1n1", "/dev/xvdba"])
def test_device_path_is_accepted(path: str) -> None:
    with LightsailEmulator(clock=VirtualClock()) as emulator:
        emulator.add_disk("Disk-1", region_name="us-east-1")
        emulator.add_instance("web-1", region_name="us-east-1")
        payload = {"diskName": "Disk-1", "instanceName": "web-1", "diskPath": path}
        assert emulator.handle("us-east-1", "AttachDisk", payload).status == 200
