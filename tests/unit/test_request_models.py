"""Requests: wire formats and validation, by example."""

from __future__ import annotations

import copy
import datetime as dt
import json
import pickle
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from lightsail_snap import (
    AddOnRequest,
    AddOnType,
    AttachDiskRequest,
    AutoSnapshotAddOnRequest,
    AutoSnapshotSource,
    CopySnapshotRequest,
    CreateDiskFromSnapshotRequest,
    CreateInstancesFromSnapshotRequest,
    CreateInstanceSnapshotRequest,
    DeleteAutoSnapshotRequest,
    DiskMap,
    GetDisksRequest,
    GetOperationsForResourceRequest,
    LatestAutoSnapshotSource,
    ManualSnapshotSource,
    RegionName,
    RequestValidationError,
    ResponseValidationError,
    RestoreSource,
    Tag,
    TagResourceRequest,
    UntagResourceRequest,
    Violation,
    models,
)
from lightsail_snap.models._types import FrozenMapping

MANUAL = ManualSnapshotSource(snapshot_name="snap-1")
DATE = dt.date(2026, 11, 23)
AUTO = AutoSnapshotSource(resource_name="Disk-1", restore_date=DATE)
LATEST = LatestAutoSnapshotSource(resource_name="Disk-1")
ARN = "arn:aws:lightsail:us-east-2:123456789012:Disk/f7a2c9d0-0000-4000-8000-000000000001"


def restore(**changed: Any) -> CreateDiskFromSnapshotRequest:
    arguments: dict[str, Any] = {
        "disk_name": "back",
        "source": MANUAL,
        "availability_zone": "us-east-2a",
        "size_in_gb": 8,
    }
    return CreateDiskFromSnapshotRequest(**(arguments | changed))


def instances(**changed: Any) -> CreateInstancesFromSnapshotRequest:
    arguments: dict[str, Any] = {
        "instance_names": ["web-2"],
        "source": MANUAL,
        "availability_zone": "us-east-2a",
        "bundle_id": "micro_3_0",
    }
    return CreateInstancesFromSnapshotRequest(**(arguments | changed))


def only_violation(make: Callable[[], object]) -> Violation:
    with pytest.raises(RequestValidationError) as caught:
        make()
    (violation,) = caught.value.errors()
    return violation


@pytest.mark.parametrize(
    ("source", "wire"),
    [
        (MANUAL, {"diskSnapshotName": "snap-1"}),
        (AUTO, {"sourceDiskName": "Disk-1", "restoreDate": "2026-11-23"}),
        (LATEST, {"sourceDiskName": "Disk-1", "useLatestRestorableAutoSnapshot": True}),
    ],
)
def test_restore_source_wire_format(source: RestoreSource, wire: dict[str, Any]) -> None:
    rest = {"diskName": "back", "availabilityZone": "us-east-2a", "sizeInGb": 8}
    assert restore(source=source).to_wire() == wire | rest
    assert CreateDiskFromSnapshotRequest.from_wire(wire | rest).source == source


def test_restore_source_wire_names_differ_by_operation() -> None:
    assert instances(source=LATEST).to_wire() == {
        "instanceNames": ["web-2"],
        "sourceInstanceName": "Disk-1",
        "useLatestRestorableAutoSnapshot": True,
        "availabilityZone": "us-east-2a",
        "bundleId": "micro_3_0",
    }
    copied = CopySnapshotRequest(
        target_snapshot_name="copy", source=AUTO, source_region=RegionName.US_EAST_2
    )
    assert copied.to_wire() == {
        "targetSnapshotName": "copy",
        "sourceResourceName": "Disk-1",
        "restoreDate": "2026-11-23",
        "sourceRegion": "us-east-2",
    }


@pytest.mark.parametrize(
    "zone", ["all", "us-east-2", RegionName.US_EAST_2, "", "US-EAST-2A", "us-east-2a\n", None, 5]
)
@pytest.mark.parametrize("make", [restore, instances])
def test_availability_zone_invalid_is_refused(make: Any, zone: Any) -> None:
    violation = only_violation(lambda: make(availability_zone=zone))
    assert violation.field == "availability_zone"
    assert "not a region (us-east-2)" in violation.rule
    assert "not `all`, the zone of snapshots" in violation.rule
    assert violation.fix == "pass the zone of the instance that will use it"


@pytest.mark.parametrize("zone", ["us-east-2a", "ap-southeast-3c", "us-gov-east-1a", "xx-new-9z"])
def test_availability_zone_of_future_region_is_accepted(zone: str) -> None:
    assert restore(availability_zone=zone).availability_zone == zone


@pytest.mark.parametrize("region", ["us-east-2a", "all", "", "us-east", None])
def test_source_region_invalid_is_refused(region: Any) -> None:
    violation = only_violation(
        lambda: CopySnapshotRequest(
            target_snapshot_name="copy", source=MANUAL, source_region=region
        )
    )
    assert violation.field == "source_region"
    assert "not an Availability Zone (us-east-2a)" in violation.rule
    fixes = {"us-east-2a": "use us-east-2", "us-east": "did you mean us-east-2?"}
    default = "use the code of a Region, such as us-east-2"
    assert violation.fix == fixes.get(region, default)


def test_source_region_may_be_enum_member() -> None:
    for region in (RegionName.US_EAST_2, "us-east-2"):
        request = CopySnapshotRequest(
            target_snapshot_name="copy", source=MANUAL, source_region=region
        )
        assert type(request.to_wire()["sourceRegion"]) is str
        assert request.source_region == "us-east-2"


@pytest.mark.parametrize("size", [7, 0, -8, True, False, 8.0, "8", None, 2**31])
def test_disk_size_invalid_is_refused(size: Any) -> None:
    violation = only_violation(lambda: restore(size_in_gb=size))
    assert (violation.field, violation.fix) == (
        "size_in_gb",
        "pass at least the size of the snapshot's source",
    )


@pytest.mark.parametrize("size", [8, 16_000, 16_384, 20_000])
def test_disk_size_maximum_is_not_checked(size: int) -> None:
    assert restore(size_in_gb=size).size_in_gb == size


@pytest.mark.parametrize(
    ("make", "field", "rule"),
    [
        (lambda: instances(instance_names=[]), "instance_names", "must be at least one name"),
        (
            lambda: TagResourceRequest(resource_name="Disk-1", tags={}),
            "tags",
            "must be at least one tag",
        ),
        (
            lambda: TagResourceRequest.from_wire({"resourceName": "Disk-1", "tags": None}),
            "tags",
            "must be at least one tag",
        ),
        (
            lambda: UntagResourceRequest(resource_name="Disk-1", tag_keys=()),
            "tag_keys",
            "must be at least one key",
        ),
    ],
)
def test_required_list_empty_is_refused(make: Callable[[], object], field: str, rule: str) -> None:
    violation = only_violation(make)
    assert (violation.field, violation.rule) == (field, rule)
    assert violation.fix


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: instances(instance_names=["-"]), "instance_names[0]"),
        (lambda: TagResourceRequest(resource_name="Disk-1", tags={"!": ""}), "tags[0].key"),
        (lambda: UntagResourceRequest(resource_name="Disk-1", tag_keys=[""]), "tag_keys[0]"),
        (
            lambda: UntagResourceRequest(resource_name="Disk-1", tag_keys=["k" * 129]),
            "tag_keys[0]",
        ),
    ],
)
def test_required_list_invalid_item_is_the_only_violation(
    make: Callable[[], object], field: str
) -> None:
    assert only_violation(make).field == field


def test_untag_keys_invalid_as_new_keys_are_accepted() -> None:
    request = UntagResourceRequest(resource_name="Disk-1", tag_keys=["aws:made", "a!"])
    assert request.to_wire()["tagKeys"] == ["aws:made", "a!"]


@pytest.mark.parametrize(
    "date",
    [
        datetime(2026, 11, 23, tzinfo=UTC),
        "2026-11-23T00:00:00",
        "2026-13-01",
        "20261123",
        "23.11.2026",
        "",
        1_795_392_000,
        True,
        None,
        ["2026-11-23"],
    ],
)
def test_date_invalid_is_refused(date: Any) -> None:
    violations = (
        only_violation(lambda: DeleteAutoSnapshotRequest(resource_name="Disk-1", date=date)),
        only_violation(lambda: AutoSnapshotSource(resource_name="Disk-1", restore_date=date)),
    )
    assert [violation.field for violation in violations] == ["date", "restore_date"]
    for violation in violations:
        assert violation.rule == "must be a calendar date"
        assert "datetime.date(2026, 11, 23)" in violation.fix


def test_date_as_string_is_read() -> None:
    text: Any = "2026-11-23"
    assert AutoSnapshotSource(resource_name="Disk-1", restore_date=text) == AUTO
    request = DeleteAutoSnapshotRequest(resource_name="Disk-1", date=text)
    assert request == DeleteAutoSnapshotRequest(resource_name="Disk-1", date=DATE)
    assert request.date == DATE
    wire = {"resourceName": "Disk-1", "date": "2026-11-23"}
    assert request.to_wire() == wire
    assert DeleteAutoSnapshotRequest.from_wire(wire) == request
    assert DeleteAutoSnapshotRequest.from_wire(json.dumps(wire).encode()) == request


def test_date_of_automatic_snapshot_is_valid_restore_date() -> None:
    details = models.AutoSnapshotDetails.from_wire({"date": "2026-11-23", "status": "Success"})
    assert details.date is not None
    assert details.date == DATE
    assert details.to_wire()["date"] == "2026-11-23"
    assert AutoSnapshotSource(resource_name="Disk-1", restore_date=details.date) == AUTO
    with pytest.raises(ResponseValidationError):
        models.AutoSnapshotDetails.from_wire({"date": "yesterday"})


@pytest.mark.parametrize(
    "source", [None, {}, "snap-1", {"kind": "tape"}, {"snapshot_name": "snap-1"}, Tag(key="a")]
)
def test_source_invalid_fix_lists_all_variants(source: Any) -> None:
    violation = only_violation(lambda: restore(source=source))
    assert violation.field == "source"
    for kind in ("ManualSnapshotSource", "AutoSnapshotSource", "LatestAutoSnapshotSource"):
        assert kind in violation.fix


@pytest.mark.parametrize(
    ("source", "field"),
    [
        ({"kind": "manual", "snapshot_name": ""}, "source.snapshot_name"),
        ({"kind": "auto", "resource_name": "Disk-1"}, "source.restore_date"),
        (
            {"kind": "latest-auto", "resource_name": "Disk-1", "restore_date": DATE},
            "source.restore_date",
        ),
    ],
)
def test_source_violation_path_omits_kind(source: Any, field: str) -> None:
    assert only_violation(lambda: restore(source=source)).field == field


@pytest.mark.parametrize("time", ["06:30", "6:00", "24:00", "06:00\n", 6, True])
def test_time_of_day_other_than_full_hour_is_refused(time: Any) -> None:
    violation = only_violation(lambda: AutoSnapshotAddOnRequest(snapshot_time_of_day=time))
    assert violation.fix == "pass for example 06:00"


def test_add_ons_wire_format() -> None:
    daily = AddOnRequest(
        add_on_type=AddOnType.AUTO_SNAPSHOT,
        auto_snapshot_add_on_request=AutoSnapshotAddOnRequest(snapshot_time_of_day="06:00"),
    )
    wire = {
        "addOnType": "AutoSnapshot",
        "autoSnapshotAddOnRequest": {"snapshotTimeOfDay": "06:00"},
    }
    assert daily.to_wire() == wire
    assert restore(add_ons=[daily]).to_wire()["addOns"] == [wire]
    assert "addOns" not in restore(add_ons=[]).to_wire()
    # The service checks unknown add-ons.
    assert AddOnRequest(add_on_type=AddOnType("Tomorrow")).to_wire() == {"addOnType": "Tomorrow"}
    bare = AddOnRequest(
        add_on_type=AddOnType.AUTO_SNAPSHOT,
        auto_snapshot_add_on_request=AutoSnapshotAddOnRequest(),
    )
    assert bare.to_wire() == {"addOnType": "AutoSnapshot", "autoSnapshotAddOnRequest": {}}
    assert restore(add_ons=[bare]).to_wire()["addOns"] == [bare.to_wire()]


def test_attached_disk_mapping_wire_format() -> None:
    disk = DiskMap(original_disk_path="/dev/xvdf", new_disk_name="data-2")
    request = instances(attached_disk_mapping={"web-2": [disk]})
    assert request.to_wire()["attachedDiskMapping"] == {
        "web-2": [{"originalDiskPath": "/dev/xvdf", "newDiskName": "data-2"}]
    }
    assert request.attached_disk_mapping["web-2"] == (disk,)
    assert "attachedDiskMapping" not in instances(attached_disk_mapping={}).to_wire()
    violation = only_violation(
        lambda: instances(attached_disk_mapping={"web-2": [{"newDiskName": "-"}]})
    )
    assert violation.field == "attached_disk_mapping.web-2[0].new_disk_name"


def test_request_with_mapping_is_frozen() -> None:
    given = {"web-2": [DiskMap(new_disk_name="data-2")]}
    request = instances(attached_disk_mapping=given)
    before = request.to_wire()
    given["web-2"].append(DiskMap(new_disk_name="data-3"))
    given["web-3"] = []
    assert request.to_wire() == before
    with pytest.raises(TypeError):
        request.attached_disk_mapping["web-3"] = ()  # type: ignore[index] # the mapping is immutable
    with pytest.raises(ValidationError):
        request.bundle_id = "nano_3_0"  # type: ignore[misc] # the model is frozen
    assert len({request, copy.deepcopy(request)}) == 1


def test_frozen_mapping_behaves_as_mapping() -> None:
    mapping = FrozenMapping({"a": 1, "b": 2})
    assert mapping == {"b": 2, "a": 1}
    assert dict(mapping) == mapping
    assert mapping == FrozenMapping({"b": 2, "a": 1})
    assert mapping != FrozenMapping({"a": 1})
    assert hash(mapping) == hash(FrozenMapping({"b": 2, "a": 1}))
    assert (list(mapping), len(mapping), mapping["b"], "c" in mapping) == (["a", "b"], 2, 2, False)
    assert repr(mapping) == "{'a': 1, 'b': 2}"
    with pytest.raises(KeyError):
        mapping["c"]
    with pytest.raises(TypeError):
        mapping["a"] = 2  # type: ignore[index] # the mapping is immutable
    with pytest.raises(AttributeError):
        mapping.extra = 1  # type: ignore[attr-defined] # it has no attributes
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(mapping, protocol)) == mapping  # noqa: S301 - our own
    for back in (copy.copy(mapping), copy.deepcopy(mapping)):
        assert type(back) is FrozenMapping
        assert back == mapping


def test_frozen_mapping_copies_its_input() -> None:
    given = {"a": 1}
    mapping = FrozenMapping(given)
    given["a"] = 2
    assert mapping == {"a": 1}


def test_tags_any_form_wire_format() -> None:
    expected = [{"key": "env", "value": "prod"}, {"key": "nightly"}]
    tags: list[Any] = [
        {"env": "prod", "nightly": None},
        [Tag(key="env", value="prod"), Tag(key="nightly")],
        iter([Tag(key="env", value="prod"), Tag(key="nightly")]),
    ]
    for given in tags:
        request = TagResourceRequest(resource_name="Disk-1", tags=given, resource_arn=ARN)
        assert request.to_wire() == {
            "resourceName": "Disk-1",
            "resourceArn": ARN,
            "tags": expected,
        }
    snapshot = CreateInstanceSnapshotRequest(
        instance_snapshot_name="snap-1", instance_name="web-1", tags={"nightly": None}
    )
    assert snapshot.to_wire()["tags"] == expected[1:]
    bare = CreateInstanceSnapshotRequest(
        instance_snapshot_name="snap-1", instance_name="web-1", tags=None
    )
    assert "tags" not in bare.to_wire()


@pytest.mark.parametrize("arn", ["", "Disk-1", "arn:aws:lightsail", f"{ARN}\n", f"x{ARN}", 5])
def test_resource_arn_invalid_is_refused(arn: Any) -> None:
    violation = only_violation(
        lambda: TagResourceRequest(resource_name="Disk-1", tags={"a": None}, resource_arn=arn)
    )
    assert (violation.field, "the name suffices" in violation.fix) == ("resource_arn", True)


def test_optional_boolean_false_is_sent() -> None:
    request = AttachDiskRequest(
        disk_name="Disk-1", instance_name="web-1", disk_path="/dev/xvdf", auto_mounting=False
    )
    assert request.to_wire()["autoMounting"] is False
    assert "autoMounting" not in request.model_copy(update={"auto_mounting": None}).to_wire()


@pytest.mark.parametrize("token", ["", 5, b"token", ["token"]])
def test_page_token_invalid_is_refused(token: Any) -> None:
    violation = only_violation(lambda: GetDisksRequest(page_token=token))
    assert violation.field == "page_token"
    assert "None for the first page" in violation.fix


@pytest.mark.parametrize("token", ["t", " ", "a\nb", "é", "x" * 10_000])
def test_page_token_any_other_string_is_accepted(token: str) -> None:
    request = GetOperationsForResourceRequest(resource_name="Disk-1", page_token=token)
    assert request.to_wire() == {"resourceName": "Disk-1", "pageToken": token}


def test_first_page_has_no_token() -> None:
    assert GetDisksRequest().to_wire() == GetDisksRequest(page_token=None).to_wire() == {}


PAGES: list[type[models.PagedResult[Any]]] = [
    kind
    for kind in models.exported().values()
    if isinstance(kind, type)
    and issubclass(kind, models.PagedResult)
    and kind is not models.PagedResult
]


@pytest.mark.parametrize("kind", PAGES, ids=lambda kind: kind.__name__)
def test_page_items_are_its_list(kind: type[models.PagedResult[Any]]) -> None:
    (member,) = (
        name for name, field in kind.model_fields.items() if isinstance(field.get_default(), tuple)
    )
    alias = kind.model_fields[member].alias or member
    wire = {alias: [{"id": "1", "name": "a"}, {"id": "2", "name": "b"}], "nextPageToken": "t"}
    page = kind.from_wire(wire)
    assert page.items is getattr(page, member)
    assert [item.to_wire() for item in page.items] == wire[alias]
    assert page.next_page_token == "t"  # noqa: S105 - no secret
    assert page.to_wire() == wire
    last = kind.from_wire({alias: None})
    assert (last.items, last.next_page_token) == ((), None)


def test_pages_under_test_are_complete() -> None:
    assert len(PAGES) == 7


def test_model_differs_from_other_types() -> None:
    page = models.GetDisksResult.from_wire({})
    for model in (Tag(key="a"), MANUAL, restore(), page):
        assert model != "a"
        assert model != model.to_wire()
    assert page.with_metadata(models.ResponseMetadata(request_id="rid-1")) == page
    assert page.response_metadata.request_id is None


def test_request_from_changed_copy_is_validated_when_written() -> None:
    request = models.CreateDiskSnapshotRequest(
        disk_snapshot_name="db-1", source=models.DiskSource("Disk-1"), tags={"env": "prod"}
    )
    renamed = request.model_copy(update={"disk_snapshot_name": "db-2"})
    assert renamed.to_wire() == request.to_wire() | {"diskSnapshotName": "db-2"}
    # As the constructor does, the wire format accepts other types of tags.
    retagged = request.model_copy(update={"tags": {"a": "b"}})
    assert retagged.to_wire()["tags"] == [{"key": "a", "value": "b"}]
    for changed in (
        {"disk_snapshot_name": "a b"},
        {"disk_snapshot_name": None},
        {"source": None},
        {"source": models.DiskSource.model_construct(disk_name="\n")},
        {"tags": [1]},
    ):
        with pytest.raises(RequestValidationError) as caught:
            request.model_copy(update=changed).to_wire()
        assert [each.field.partition(".")[0].partition("[")[0] for each in caught.value.errors()][
            :1
        ] == [*changed]


@pytest.mark.parametrize("kind", [*models.request_types().values()])
def test_request_created_without_validation_is_validated_when_written(kind: Any) -> None:
    empty = kind.model_construct()
    required = {name for name, field in kind.model_fields.items() if field.is_required()}
    if not required:
        assert empty.to_wire() == {}
        return
    with pytest.raises(RequestValidationError) as caught:
        empty.to_wire()
    assert {violation.field for violation in caught.value.errors()} == required


def test_part_created_without_validation_is_validated_when_written() -> None:
    with pytest.raises(RequestValidationError, match="key"):
        Tag.model_construct(key="!").to_wire()
    assert Tag.model_construct(key="a", value="b").to_wire() == {"key": "a", "value": "b"}


REAL = models.GetDiskSnapshotsRequest()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            models.DiskSnapshot(name="db-1"),
            (
                "must be a request, not a result (DiskSnapshot), got DiskSnapshot(name='db-1'); "
                "pass the request that refers to it, for example "
                "GetDiskSnapshotRequest(disk_snapshot_name=...)"
            ),
        ),
        (
            models.Operation(id="1"),
            (
                "must be a request, not a result (Operation), got Operation(id='1'); pass the "
                "request that refers to it, for example GetOperationRequest(operation_id=...)"
            ),
        ),
        (
            models.GetDisksResult(),
            (
                "must be a request, not a result (GetDisksResult), got GetDisksResult(); pass the "
                "request that refers to it, for example GetDiskSnapshotsRequest()"
            ),
        ),
        (
            models.GetDiskRequest,
            (
                "must be a request, not the class GetDiskRequest, got "
                "<class 'lightsail_snap.models.disks.GetDiskRequest'>; pass "
                "GetDiskRequest(disk_name=...)"
            ),
        ),
        (
            {"diskName": "a"},
            (
                "must be a request, not a dict, got {'diskName': 'a'}; read it with from_wire, for "
                "example GetDiskRequest.from_wire({'diskName': 'Disk-1'})"
            ),
        ),
        ("db-1", "must be a request, got 'db-1'; pass for example GetDiskSnapshotsRequest()"),
        (int, "must be a request, got <class 'int'>; pass for example GetDiskSnapshotsRequest()"),
    ],
)
def test_other_object_than_a_request_is_refused_with_a_fix(value: Any, message: str) -> None:
    with pytest.raises(RequestValidationError) as caught:
        models.Request.checked(value)
    assert str(caught.value) == f"invalid request, nothing was sent: (root): {message}"
    assert models.Request.checked(REAL) is REAL
