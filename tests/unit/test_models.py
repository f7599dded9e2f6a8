"""Models: reading, writing and validation, by example."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from pydantic import ValidationError

from lightsail_snap import (
    AutoSnapshotDetails,
    CreateDiskSnapshotRequest,
    CreateDiskSnapshotResult,
    Disk,
    DiskSnapshot,
    DiskSource,
    DiskState,
    GetDiskSnapshotRequest,
    GetOperationRequest,
    InstanceSource,
    Operation,
    OperationStatus,
    OperationType,
    RequestValidationError,
    ResourceTag,
    ResponseMetadata,
    ResponseValidationError,
    Tag,
)

REQUEST = CreateDiskSnapshotRequest(
    disk_snapshot_name="db-1",
    source=DiskSource(disk_name="Disk-1"),
    tags={"env": "prod", "k": None},
)
WIRE = {
    "diskSnapshotName": "db-1",
    "diskName": "Disk-1",
    "tags": [{"key": "env", "value": "prod"}, {"key": "k"}],
}
OPERATION = {
    "id": "6d1f2a7e-0000-4000-8000-000000000001",
    "resourceName": "db-1",
    "resourceType": "DiskSnapshot",
    "createdAt": 1479816991.349,
    "location": {"availabilityZone": "all", "regionName": "us-east-2"},
    "isTerminal": True,
    "operationDetails": "Disk-1",
    "operationType": "CreateDiskSnapshot",
    "status": "Failed",
    "statusChangedAt": 1.56961336589e9,
    "errorCode": "Quota",
    "errorDetails": "too many",
}


def test_request_wire_format() -> None:
    assert REQUEST.to_wire() == WIRE
    assert CreateDiskSnapshotRequest.from_wire(WIRE) == REQUEST
    assert CreateDiskSnapshotRequest.model_validate_json(REQUEST.model_dump_json()) == REQUEST
    assert REQUEST.operation_name == "CreateDiskSnapshot"
    bare = CreateDiskSnapshotRequest(
        disk_snapshot_name="db-1", source=InstanceSource(instance_name="w"), tags=None
    )
    assert bare.to_wire() == {"diskSnapshotName": "db-1", "instanceName": "w"}
    assert GetDiskSnapshotRequest(disk_snapshot_name="a").to_wire() == {"diskSnapshotName": "a"}
    assert GetOperationRequest(operation_id="a").to_wire() == {"operationId": "a"}


def test_request_from_json_bytes() -> None:
    body = b'{"diskSnapshotName":"db-1","instanceName":"w","tags":null}'
    assert CreateDiskSnapshotRequest.from_wire(body).source == InstanceSource(instance_name="w")


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        (b"{", ""),
        (b"[" * 100_000, ""),
        (b"[]", ""),
        (b'{"diskSnapshotName":"db-1"}', "source"),
        (b'{"diskSnapshotName":"db-1","diskName":"a","instanceName":"b"}', "source"),
        ({"diskSnapshotName": "db-1", "diskName": None}, "source"),
        ({"diskSnapshotName": "db-1", "diskName": ""}, "source.disk_name"),
        ({"diskSnapshotName": "db-1", "diskName": "a", "disk_name": "x"}, "disk_name"),
        ({"diskSnapshotName": "db-1", "diskName": "a", "new": 1}, "new"),
        ({"diskSnapshotName": None, "diskName": "a"}, "disk_snapshot_name"),
    ],
)  # fmt: skip
def test_request_from_invalid_wire_format_is_refused(payload: Any, field: str) -> None:
    with pytest.raises(RequestValidationError) as caught:
        CreateDiskSnapshotRequest.from_wire(payload)
    assert [violation.field for violation in caught.value.errors()] == [field]
    assert isinstance(caught.value.__cause__, ValidationError)


def test_unvalidated_part_of_a_request_is_refused() -> None:
    unvalidated = DiskSource.model_construct(disk_name="\n")
    with pytest.raises(RequestValidationError):
        CreateDiskSnapshotRequest(disk_snapshot_name="db-1", source=unvalidated)
    received = ResourceTag(key="aws:x", value="1")
    with pytest.raises(RequestValidationError):
        CreateDiskSnapshotRequest(
            disk_snapshot_name="db-1", source=DiskSource(disk_name="a"), tags=[received]
        )


def test_received_tags_can_be_sent() -> None:
    received = DiskSnapshot.from_wire({"name": "a", "tags": [{"key": "env", "value": "prod"}]}).tags
    request = CreateDiskSnapshotRequest(
        disk_snapshot_name="db-1", source=DiskSource(disk_name="a"), tags=received
    )
    assert request.tags == received
    assert request.to_wire()["tags"] == [{"key": "env", "value": "prod"}]


def test_request_endless_tags_are_refused() -> None:
    def endless() -> Any:
        while True:
            yield Tag(key="k")

    with pytest.raises(RequestValidationError):
        CreateDiskSnapshotRequest(
            disk_snapshot_name="db-1", source=DiskSource(disk_name="a"), tags=endless()
        )


def test_models_are_frozen() -> None:
    with pytest.raises(ValidationError):
        REQUEST.disk_snapshot_name = "other"  # type: ignore[misc] # the model is frozen
    assert len({REQUEST, CreateDiskSnapshotRequest.from_wire(WIRE)}) == 1


def test_operation_has_twelve_fields() -> None:
    operation = Operation.from_wire(OPERATION)
    assert len(Operation.model_fields) == 12
    assert operation.created_at == datetime(2016, 11, 22, 12, 16, 31, 349000, tzinfo=UTC)
    assert operation.created_at.tzinfo is UTC
    assert operation.status is OperationStatus.FAILED
    assert operation.operation_type is OperationType.CREATE_DISK_SNAPSHOT
    assert operation.location is not None
    assert operation.location.region_name == "us-east-2"
    assert operation.error_details == "too many"
    assert operation.to_wire() == OPERATION


def test_result_keeps_unknown_fields_and_values() -> None:
    wire = {
        "id": "1",
        "status": "Hibernating",
        "isTerminal": None,
        "location": {"regionName": "moon-1", "crater": {"depth": [1, None]}},
        "newField": None,
        "created_at": "a Python name",
    }
    operation = Operation.from_wire(wire)
    assert operation.status == "Hibernating"
    assert operation.created_at is None
    assert operation.is_terminal is None
    assert operation.model_extra == {"newField": None, "created_at": "a Python name"}
    assert operation.to_wire() == wire


def test_null_and_absent_lists_are_empty() -> None:
    assert CreateDiskSnapshotResult.from_wire({}).operations == ()
    null = CreateDiskSnapshotResult.from_wire({"operations": None})
    assert null.operations == ()
    assert null.to_wire() == {"operations": []}
    disk = Disk.from_wire({"name": "a", "tags": None, "addOns": [{"name": "AutoSnapshot"}]})
    assert disk.tags == ()
    assert disk.to_wire()["addOns"] == [{"name": "AutoSnapshot"}]


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        (0, datetime(1970, 1, 1, tzinfo=UTC)),
        (-1.5, datetime(1969, 12, 31, 23, 59, 58, 500000, tzinfo=UTC)),
        (1479816991, datetime(2016, 11, 22, 12, 16, 31, tzinfo=UTC)),
        # By default pydantic reads this number as milliseconds.
        (25_000_000_000, datetime(2762, 3, 21, 20, 26, 40, tzinfo=UTC)),
        ("2016-11-22T12:16:31Z", datetime(2016, 11, 22, 12, 16, 31, tzinfo=UTC)),
        ("2016-11-22T14:16:31+02:00", datetime(2016, 11, 22, 12, 16, 31, tzinfo=UTC)),
        ("2016-11-22T12:16:31", datetime(2016, 11, 22, 12, 16, 31, tzinfo=UTC)),
    ],
)
def test_timestamp_formats_are_read(stamp: object, expected: datetime) -> None:
    operation = Operation.from_wire({"id": "1", "createdAt": stamp})
    assert operation.created_at == expected
    assert operation.created_at.tzinfo is UTC
    assert Operation.from_wire(operation.to_wire()) == operation


@pytest.mark.parametrize("stamp", [1e300, 253402300800, -1e14, float("nan"), float("inf"), True,
                                   "soon", [], "9999-12-31T23:59:59-12:00"])  # fmt: skip
def test_timestamp_invalid_is_refused(stamp: object) -> None:
    with pytest.raises(ResponseValidationError) as caught:
        Operation.from_wire({"id": "1", "createdAt": stamp})
    assert caught.value.violations[0].field == "created_at"
    assert caught.value.payload == {"id": "1", "createdAt": stamp}
    assert not caught.value.may_have_executed


@pytest.mark.parametrize(
    "wire",
    [
        {}, {"id": None}, {"id": 5}, {"id": "1", "isTerminal": "yes"}, {"id": "1", "isTerminal": 1},
        {"id": "1", "status": 5}, {"id": "1", "location": "here"}, {"id": "1", "location": []},
    ],
)  # fmt: skip
def test_result_wrong_types_are_refused(wire: dict[str, Any]) -> None:
    with pytest.raises(ResponseValidationError, match="cannot read the response as Operation"):
        Operation.from_wire(wire)


def test_json_that_pydantic_refuses_is_read() -> None:
    body = b'\xef\xbb\xbf{"id":"1","zone":"\\ud800"}'
    assert Operation.from_wire(body).model_extra == {"zone": "\ud800"}


def test_result_constructor_validates() -> None:
    with pytest.raises(ResponseValidationError):
        Operation(id=5)  # type: ignore[arg-type] # an invalid value


def test_open_enum_unknown_value_is_kept() -> None:
    unknown = OperationStatus("Hibernating")
    assert unknown == "Hibernating"
    assert unknown.value == "Hibernating"
    assert not unknown.is_known
    assert OperationStatus.FAILED.is_known
    assert repr(unknown) == "OperationStatus('Hibernating')"
    assert repr(OperationStatus.FAILED) == "OperationStatus.FAILED"
    assert f"{OperationStatus.FAILED}" == "Failed"
    assert type(OperationStatus.FAILED.value) is str
    assert unknown not in OperationStatus.known_values()


@pytest.mark.parametrize("value", [None, 5, b"Failed"])
def test_open_enum_other_type_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="OperationStatus takes a str"):
        OperationStatus(value)


def test_tag_received_equals_tag_sent() -> None:
    sent, received = (
        Tag(key="env", value="prod"),
        ResourceTag.from_wire({"key": "env", "value": "prod"}),
    )
    assert sent == received
    assert hash(sent) == hash(received)
    assert sent != Tag(key="env")
    assert sent != "env"
    assert received.to_wire() == sent.to_wire()


def test_result_equality_ignores_metadata() -> None:
    plain = CreateDiskSnapshotResult()
    with_metadata = plain.with_metadata(ResponseMetadata(request_id="r"))
    assert with_metadata == plain
    assert hash(with_metadata) == hash(plain)
    assert plain.response_metadata.request_id is None
    assert plain != 5


MOMENT = datetime(2016, 11, 22, 12, 16, 31, 349000, tzinfo=UTC)
TIMED = {"id": "1", "createdAt": 1479816991.349, "newTime": 5.0}


def test_dates_are_datetimes_strings_and_numbers() -> None:
    operation = Operation.from_wire(TIMED)
    assert operation.model_dump(exclude_unset=True) == {
        "id": "1",
        "created_at": MOMENT,
        "newTime": 5.0,
    }
    text = operation.model_dump(mode="json")["created_at"]
    assert text == "2016-11-22T12:16:31.349000Z"
    assert f'"created_at":"{text}"' in operation.model_dump_json()
    assert operation.to_wire() == TIMED


def test_calendar_date_is_a_date_and_a_string() -> None:
    details = AutoSnapshotDetails.from_wire({"date": "2026-11-23"})
    assert details.model_dump()["date"] == date(2026, 11, 23)
    assert details.model_dump(mode="json")["date"] == "2026-11-23"
    assert details.to_wire() == {"date": "2026-11-23"}


@pytest.mark.parametrize("zone", [None, timezone(timedelta(hours=2))])
def test_unvalidated_timestamp_in_any_zone_is_written(zone: timezone | None) -> None:
    moment = datetime(1970, 1, 1, 2 if zone else 0, 0, 5, tzinfo=zone)
    operation = Operation(id="1").model_copy(update={"created_at": moment})
    assert operation.to_wire() == {"id": "1", "createdAt": 5.0}


def test_unvalidated_list_in_a_result_is_written() -> None:
    disk = Disk(name="a").model_copy(update={"tags": [ResourceTag("k")], "size_in_gb": 1.5})
    assert disk.to_wire() == {"name": "a", "tags": [{"key": "k"}], "sizeInGb": 1.5}
    odd = Disk(name="a").model_copy(update={"path": b"x", "state": DiskState.AVAILABLE})
    assert odd.to_wire() == {"name": "a", "path": b"x", "state": "available"}
