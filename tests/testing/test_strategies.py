"""The strategies: valid values are accepted, values that break a rule are refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st
from tests.support import exported_models

from lightsail_snap import (
    CreateDiskFromSnapshotRequest,
    CreateDiskSnapshotRequest,
    DiskSnapshot,
    GetDiskRequest,
    OpenEnum,
    OperationStatus,
    Request,
    RequestValidationError,
    RestoreSource,
    models,
)
from lightsail_snap.models._base import WireModel
from lightsail_snap.testing import strategies
from lightsail_snap.testing.strategies._requests import _violations_of

MODELS: list[type[Any]] = [*exported_models(WireModel), *exported_models(OpenEnum)]
OPERATIONS = list(models.request_types().values())


def find_any(strategy: st.SearchStrategy[Any], condition: Callable[[Any], object]) -> Any:
    """Find an example that meets a condition; without shrinking, which would take long."""
    return find(strategy, lambda value: bool(condition(value)), settings=QUICK)


QUICK = settings(phases=[Phase.generate], max_examples=2000, database=None)


@pytest.mark.sample(25)
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_from_type_of_public_model_draws_instances(model: type[Any]) -> None:
    @given(st.from_type(model))
    def draw(value: object) -> None:
        assert isinstance(value, model)

    draw()


@given(strategies.create_disk_snapshot_requests())
def test_create_disk_snapshot_requests_round_trip(request: CreateDiskSnapshotRequest) -> None:
    assert CreateDiskSnapshotRequest.from_wire(request.to_wire()) == request


@given(strategies.broken_arguments())
def test_broken_arguments_violate_exactly_the_named_field(
    broken: tuple[dict[str, Any], str],
) -> None:
    arguments, field = broken
    with pytest.raises(RequestValidationError) as caught:
        CreateDiskSnapshotRequest(**arguments)
    assert [violation.field for violation in caught.value.errors()] == [field]


@given(strategies.requests())
def test_requests_are_valid(request: Request[Any]) -> None:
    fields = {name: getattr(request, name) for name in type(request).model_fields}
    assert type(request)(**fields) == request


@pytest.mark.sample(6)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.__name__)
def test_requests_include_every_operation(operation: type[Any]) -> None:
    request = find_any(strategies.requests(), lambda request: type(request) is operation)
    assert request.operation_name == operation.operation_name


@given(strategies.broken_requests())
def test_broken_requests_violate_exactly_the_named_field(
    broken: tuple[type[Request[Any]], dict[str, Any], str],
) -> None:
    operation, arguments, field = broken
    with pytest.raises(RequestValidationError) as caught:
        operation(**arguments)
    assert [violation.field for violation in caught.value.errors()] == [field]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.__name__)
def test_broken_requests_include_every_field(operation: type[Request[Any]]) -> None:
    fields = {field for field, *_ in _violations_of(operation)}
    assert fields == set(operation.model_fields)


@given(strategies.existing_names())
def test_existing_names_are_accepted_in_lookups(name: str) -> None:
    assert GetDiskRequest(disk_name=name).disk_name == name


def test_existing_names_include_invalid_new_names() -> None:
    assert find_any(strategies.existing_names(), lambda name: " " in name and not name.isascii())


@given(strategies.restore_sources(), strategies.availability_zones())
def test_restore_sources_and_zones_are_accepted(source: RestoreSource, zone: str) -> None:
    request = CreateDiskFromSnapshotRequest(
        disk_name="back", source=source, availability_zone=zone, size_in_gb=8
    )
    assert request.source == source
    assert request.to_wire()["availabilityZone"] == zone


@pytest.mark.parametrize("kind", ["manual", "auto", "latest-auto"])
def test_restore_sources_include_every_kind(kind: str) -> None:
    assert find_any(strategies.restore_sources(), lambda source: source.kind == kind)


@given(strategies.wire_dicts(DiskSnapshot))
def test_wire_dicts_round_trip_as_json(wire: dict[str, Any]) -> None:
    model = DiskSnapshot.from_wire(wire)
    back = model.to_wire()
    assert DiskSnapshot.from_wire(json.dumps(wire).encode()) == model
    assert back == {
        key: [] if key == "tags" and value is None else value for key, value in wire.items()
    }


@pytest.mark.parametrize(
    "condition",
    [
        lambda snapshot: snapshot.state is not None and not snapshot.state.is_known,
        lambda snapshot: snapshot.state is None,
        lambda snapshot: snapshot.state == "completed",
        lambda snapshot: len(snapshot.tags) > 1,
        lambda snapshot: snapshot.model_extra,
        lambda snapshot: snapshot.from_disk_name and snapshot.from_instance_name,
    ],
)
def test_hostile_disk_snapshots_include_edge_cases(condition: Any) -> None:
    assert find_any(strategies.hostile_disk_snapshots(), condition) is not None


def test_enum_members_include_unknown_members() -> None:
    assert find(strategies.enum_members(OperationStatus), lambda member: not member.is_known) == ""
