"""Type-check JSON Schemas, wire dicts and strategies. This file is never run.

A line that must be rejected names the error codes: `# mypy: ... pyright: ...`.
"""

from __future__ import annotations

from hypothesis.strategies import SearchStrategy
from typing_extensions import assert_type

from lightsail_snap import (
    AttachDiskRequest,
    CreateDiskSnapshotRequest,
    CreateDiskSnapshotResult,
    Disk,
    DiskSnapshot,
    GetDiskRequest,
    GetDiskResult,
    OperationStatus,
    Request,
    ResponseMetadata,
    RestoreSource,
    SnapshotSource,
    Tag,
)
from lightsail_snap.json_schema import (
    DIALECT,
    ONE_LINE,
    Form,
    LightsailJsonSchema,
    json_schema,
    json_schemas,
)
from lightsail_snap.testing import strategies


def schemas() -> None:
    form: Form = "wire"
    print(json_schema(CreateDiskSnapshotRequest, form=form))  # any: JSON values have no static type
    print(json_schema(DiskSnapshot))  # any: as above
    print(json_schemas(form="output"))  # any: as above
    print(Disk.model_json_schema(schema_generator=LightsailJsonSchema))  # any: as above, and pydantic's own signature
    strings: tuple[str, str] = (DIALECT, ONE_LINE)
    json_schema("Disk")  # mypy: arg-type pyright: reportArgumentType
    json_schema(OperationStatus)  # mypy: arg-type pyright: reportArgumentType
    json_schema(Disk, "wire")  # mypy: call-arg pyright: reportCallIssue
    json_schema(Disk, form="yaml")  # mypy: arg-type pyright: reportArgumentType
    json_schemas(Disk)  # mypy: call-arg,arg-type pyright: reportCallIssue
    other: Form = "yaml"  # mypy: assignment pyright: reportAssignmentType
    Disk.model_json_schema(schema_generator=LightsailJsonSchema())  # mypy: arg-type pyright: reportArgumentType
    dialect: bytes = DIALECT  # mypy: assignment pyright: reportAssignmentType
    pattern: bytes = ONE_LINE  # mypy: assignment pyright: reportAssignmentType
    del strings, other, dialect, pattern


def wire_format(request: CreateDiskSnapshotRequest, snapshot: DiskSnapshot, bound: Request[GetDiskResult], anything: object) -> None:
    print(request.to_wire())  # any: JSON values have no static type
    assert_type(DiskSnapshot.from_wire(b"{}"), DiskSnapshot)
    assert_type(CreateDiskSnapshotRequest.from_wire({"diskName": "a"}), CreateDiskSnapshotRequest)
    assert_type(request.read_result(b"{}"), CreateDiskSnapshotResult)
    assert_type(bound.read_result({}), GetDiskResult)
    assert_type(GetDiskRequest.checked(bound), Request[GetDiskResult])
    assert_type(bound.operation_name, str)
    snapshot.to_wire(by_alias=True)  # mypy: call-arg pyright: reportCallIssue
    DiskSnapshot.from_wire("{}")  # mypy: arg-type pyright: reportArgumentType
    request.read_result()  # mypy: call-arg pyright: reportCallIssue
    GetDiskRequest.checked(anything)  # mypy: arg-type pyright: reportArgumentType


def metadata_of_results(result: GetDiskResult, metadata: ResponseMetadata) -> None:
    assert_type(result.with_metadata(metadata), GetDiskResult)
    assert_type(result.response_metadata, ResponseMetadata)
    result.with_metadata({"RequestId": "x"})  # mypy: arg-type pyright: reportArgumentType
    result.response_metadata = metadata  # mypy: misc pyright: reportAttributeAccessIssue


def hypothesis_strategies() -> None:
    assert_type(strategies.resource_names(), SearchStrategy[str])
    assert_type(strategies.existing_names(), SearchStrategy[str])
    assert_type(strategies.availability_zones(), SearchStrategy[str])
    assert_type(strategies.tag_keys(), SearchStrategy[str])
    assert_type(strategies.tag_values(), SearchStrategy[str])
    assert_type(strategies.tags(), SearchStrategy[Tag])
    assert_type(strategies.tag_lists(3), SearchStrategy[tuple[Tag, ...]])
    assert_type(strategies.snapshot_sources(), SearchStrategy[SnapshotSource])
    assert_type(strategies.restore_sources(), SearchStrategy[RestoreSource])
    assert_type(strategies.requests_of(AttachDiskRequest), SearchStrategy[AttachDiskRequest])
    assert_type(strategies.create_disk_snapshot_requests(), SearchStrategy[CreateDiskSnapshotRequest])
    assert_type(strategies.enum_members(OperationStatus), SearchStrategy[OperationStatus])
    assert_type(strategies.results(DiskSnapshot), SearchStrategy[DiskSnapshot])
    print(strategies.requests())  # any: requests of any results
    print(strategies.wire_dicts(DiskSnapshot))  # any: JSON values have no static type
    print(strategies.broken_requests())  # any: arguments that no type allows
    print(strategies.broken_arguments())  # any: as above


def wrong_strategies() -> None:
    strategies.resource_names(5)  # mypy: call-arg pyright: reportCallIssue
    strategies.existing_names(5)  # mypy: call-arg pyright: reportCallIssue
    strategies.availability_zones("us-east-1")  # mypy: call-arg pyright: reportCallIssue
    strategies.tag_keys(5)  # mypy: call-arg pyright: reportCallIssue
    strategies.tag_values(5)  # mypy: call-arg pyright: reportCallIssue
    strategies.tags().key  # mypy: attr-defined pyright: reportAttributeAccessIssue
    strategies.tag_lists("3")  # mypy: arg-type pyright: reportArgumentType
    strategies.snapshot_sources("disk")  # mypy: call-arg pyright: reportCallIssue
    strategies.restore_sources("manual")  # mypy: call-arg pyright: reportCallIssue
    strategies.requests_of(DiskSnapshot)  # mypy: type-var pyright: reportArgumentType
    strategies.create_disk_snapshot_requests("db")  # mypy: call-arg pyright: reportCallIssue
    strategies.enum_members(str)  # mypy: type-var pyright: reportArgumentType
    strategies.results(GetDiskRequest)  # mypy: type-var pyright: reportArgumentType
    strategies.requests(GetDiskRequest)  # mypy: call-arg pyright: reportCallIssue
    strategies.wire_dicts(GetDiskRequest)  # mypy: arg-type pyright: reportArgumentType
    strategies.broken_requests(GetDiskRequest)  # mypy: call-arg pyright: reportCallIssue
    strategies.broken_arguments(GetDiskRequest)  # mypy: call-arg pyright: reportCallIssue
