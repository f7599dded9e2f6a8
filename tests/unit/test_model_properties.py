"""Computed properties of results, and their `repr`."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from itertools import product
from typing import Any, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lightsail_snap import (
    Disk,
    DiskSnapshot,
    DiskSource,
    ExportSnapshotRecord,
    Instance,
    InstanceSnapshot,
    InstanceSource,
    LightsailSnapError,
    Operation,
    models,
)
from lightsail_snap._workflows.resources import (
    PollStatus,
    classify_disk,
    classify_disk_snapshot,
    classify_export,
    classify_instance_snapshot,
    classify_operation,
)
from lightsail_snap.models import (
    DiskSnapshotState,
    DiskState,
    InstanceDisk,
    InstanceSnapshotState,
    OpenEnum,
    OperationStatus,
    RecordState,
)
from lightsail_snap.models._base import RequestModel, ResultModel
from lightsail_snap.testing import strategies

Stateful: TypeAlias = DiskSnapshot | InstanceSnapshot | ExportSnapshotRecord | Operation


def states_of(kind: type[OpenEnum]) -> list[str | None]:
    return [None, "unheard-of", *(value.value for value in kind.known_values())]


def status_of(resource: Stateful) -> PollStatus:
    """Return the status by the predicates, of which exactly one is true."""
    statuses = {
        PollStatus.SUCCEEDED: resource.is_completed,
        PollStatus.FAILED: resource.is_failed,
        PollStatus.PENDING: resource.is_pending,
    }
    (status,) = (status for status, is_true in statuses.items() if is_true)
    return status


@pytest.mark.parametrize("state", states_of(DiskSnapshotState))
def test_disk_snapshot_predicates_agree_with_waits(state: str | None) -> None:
    snapshot = DiskSnapshot.from_wire({"name": "a", "state": state})
    assert status_of(snapshot) is classify_disk_snapshot(snapshot)


@pytest.mark.parametrize("state", states_of(InstanceSnapshotState))
def test_instance_snapshot_predicates_agree_with_waits(state: str | None) -> None:
    snapshot = InstanceSnapshot.from_wire({"name": "a", "state": state})
    assert status_of(snapshot) is classify_instance_snapshot(snapshot)


@pytest.mark.parametrize("state", states_of(RecordState))
def test_export_predicates_agree_with_waits(state: str | None) -> None:
    record = ExportSnapshotRecord.from_wire({"name": "a", "state": state})
    assert status_of(record) is classify_export(record)


@pytest.mark.parametrize(
    ("status", "is_terminal"), [*product(states_of(OperationStatus), [None, True, False])]
)
def test_operation_predicates_agree_with_waits(
    status: str | None,
    is_terminal: bool | None,  # noqa: FBT001 - a parameter of the test
) -> None:
    operation = Operation.from_wire({"id": "1", "status": status, "isTerminal": is_terminal})
    assert status_of(operation) is classify_operation(operation)


@pytest.mark.parametrize("state", states_of(DiskState))
def test_disk_predicates_agree_with_waits(state: str | None) -> None:
    disk = Disk.from_wire({"name": "a", "state": state})
    available = classify_disk(disk, DiskState.AVAILABLE)
    in_use = classify_disk(disk, DiskState.IN_USE)
    assert disk.is_available is (available is PollStatus.SUCCEEDED)
    assert disk.is_in_use is (in_use is PollStatus.SUCCEEDED)
    assert disk.is_failed is (available is in_use is PollStatus.FAILED)


@pytest.mark.parametrize("kind", [Disk, DiskSnapshot, Instance, InstanceDisk, InstanceSnapshot])
def test_tag_values_are_a_read_only_mapping(kind: Any) -> None:
    tags = [{"key": "env", "value": "prod"}, {"key": "empty", "value": ""}, {"key": "none"}]
    values = kind.from_wire({"name": "a", "tags": tags}).tag_values
    assert values == {"env": "prod", "empty": None, "none": None}
    assert values.get("other") is None
    with pytest.raises(TypeError):
        values["env"] = "test"
    assert kind.from_wire({"name": "a"}).tag_values == {}


def describe(snapshot: DiskSnapshot | InstanceSnapshot) -> str:
    match snapshot.source:
        case DiskSource(disk_name=name):
            return f"disk {name}"
        case InstanceSource(instance_name=name):
            return f"instance {name}"
        case None:
            return "unknown"


@pytest.mark.parametrize(
    ("disk", "instance", "expected"),
    [
        ("Disk-1", None, "disk Disk-1"),
        (None, "Web-1", "instance Web-1"),
        ("", "Web-1", "instance Web-1"),
        ("Disk-1", "", "disk Disk-1"),
        ("a\nb", None, "disk a\nb"),
        (None, None, "unknown"),
        ("Disk-1", "Web-1", "unknown"),
    ],
)
def test_disk_snapshot_source(disk: str | None, instance: str | None, expected: str) -> None:
    wire = {"name": "a", "fromDiskName": disk, "fromInstanceName": instance, "source": "other"}
    snapshot = DiskSnapshot.from_wire(wire)
    assert describe(snapshot) == expected
    assert snapshot.model_extra == {"source": "other"}


def test_source_equals_a_validated_one() -> None:
    snapshot = DiskSnapshot(name="a", from_disk_name="Disk-1")
    assert snapshot.source == DiskSource("Disk-1")
    assert {snapshot.source} == {DiskSource("Disk-1")}
    assert describe(InstanceSnapshot(name="a", from_instance_name="Web-1")) == "instance Web-1"
    assert InstanceSnapshot(name="a").source is InstanceSnapshot.from_wire(
        {"name": "a", "fromInstanceName": ""}
    ).source is None  # fmt: skip


def test_repr_has_the_fields_that_were_set() -> None:
    wire = {"name": "db-1", "state": "completed", "sizeInGb": 8, "tags": [{"key": "env"}]}
    assert repr(DiskSnapshot.from_wire(wire)) == (
        "DiskSnapshot(name='db-1', tags=(ResourceTag(key='env'),), size_in_gb=8, state='completed')"
    )
    assert repr(DiskSource("Disk-1")) == "DiskSource(disk_name='Disk-1')"
    assert repr(DiskSnapshot.from_wire({"name": "a", "new": 1, "a b": 2, "class": 3})) == (
        "DiskSnapshot(name='a', new=1, **{'a b': 2, 'class': 3})"
    )


MODELS = {
    name: kind
    for name, kind in models.exported().items()
    if isinstance(kind, type) and issubclass(kind, ResultModel | models.Request)
}
PASTED: dict[str, Any] = {"datetime": dt, **models.exported()}
BASES = {"PagedRequest", "PagedResult", "Request", "Result"}


@pytest.mark.parametrize("name", sorted(MODELS.keys() - BASES))
@pytest.mark.sample(40)
def test_repr_is_python_that_can_be_pasted(name: str) -> None:
    kind: Any = MODELS[name]

    @given(strategies.wire_dicts(kind) if issubclass(kind, ResultModel) else st.none())
    def check_result(wire: dict[str, Any] | None) -> None:
        if wire is not None:
            model = kind.from_wire(wire)
            back = eval(repr(model), dict(PASTED))  # noqa: S307 - the repr of a model
            assert back == model
            assert back.to_wire() == model.to_wire()

    @given(strategies.requests_of(kind) if issubclass(kind, RequestModel) else st.none())
    def check_request(request: Any) -> None:
        if isinstance(request, models.Request):
            assert eval(repr(request), dict(PASTED)) == request  # noqa: S307 - likewise

    check_result()
    check_request()


def test_page_of_snapshots_has_a_short_repr() -> None:
    one = {"name": "db-1", "state": "completed", "fromDiskName": "Disk-1", "sizeInGb": 8}
    page = models.GetDiskSnapshotsResult.from_wire({"diskSnapshots": [one] * 1000})
    assert len(repr(page)) < 100_000


HOSTILE: list[Any] = [None, 5, "x", b"x", [], [None], {}, {"a": 1}, object(), True, 1.5, [[]]]
PUBLIC_NAMES = {*models.exported(), *(name for name in dir(models))}


@pytest.mark.parametrize("name", sorted(MODELS.keys() - BASES))
@pytest.mark.sample(40)
def test_messages_name_public_classes_only(name: str) -> None:
    kind: Any = MODELS[name]
    private = [
        base.__name__
        for base in kind.__mro__
        if base.__module__.startswith("lightsail_snap.") and base.__name__ not in PUBLIC_NAMES
    ]
    assert private
    for value in HOSTILE:
        attempts: list[tuple[Callable[..., object], tuple[Any, ...], dict[str, Any]]] = [
            (kind, (), dict.fromkeys(kind.model_fields, value)),
            (kind.from_wire, (value,), {}),
            (kind.from_wire, ({"x": value},), {}),
        ]
        for make, arguments, fields in attempts:
            try:
                make(*arguments, **fields)
            except LightsailSnapError as error:
                message = f"{error} {getattr(error, '__notes__', '')}"
                assert re.findall(rf"\b({'|'.join(private)})\b", message) == []
