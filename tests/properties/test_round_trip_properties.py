"""Round trips of models through the wire format, JSON, pickle and copies lose nothing."""

from __future__ import annotations

import copy
import json
import pickle
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.parsers import create_parser
from botocore.validate import ParamValidator
from hypothesis import example, given
from hypothesis import strategies as st
from tests.support import exported_models

from lightsail_snap import (
    CreateDiskSnapshotRequest,
    DiskSnapshot,
    DiskSource,
    GetDiskRequest,
    GetDiskResult,
    GetDiskSnapshotRequest,
    GetOperationRequest,
    InstanceSource,
    Operation,
    RequestValidationError,
    Tag,
    models,
)
from lightsail_snap.models import Request
from lightsail_snap.models._base import ResultModel

NAME_END = st.sampled_from("aZ09_")
new_names = st.builds("".join, st.tuples(NAME_END, st.text("aZ09_.-", max_size=20), NAME_END))
lookup_names = st.text(st.sampled_from("aé日😀 .-!\u200b\u202e"), min_size=1, max_size=20).filter(
    lambda text: not text.isspace()
)
tag_texts = st.text(st.sampled_from("aé日٣ \u3000+-=._:/@"), min_size=1, max_size=20)
tag_values = st.one_of(st.none(), st.just(""), tag_texts)
# Not st.builds, which would read pydantic's annotations.
sources = st.one_of(
    lookup_names.map(lambda name: DiskSource(disk_name=name)),
    lookup_names.map(lambda name: InstanceSource(instance_name=name)),
)
requests: st.SearchStrategy[Request[Any]] = st.one_of(
    st.tuples(new_names, sources, st.dictionaries(tag_texts, tag_values, max_size=4)).map(
        lambda parts: CreateDiskSnapshotRequest(
            disk_snapshot_name=parts[0], source=parts[1], tags=parts[2]
        )
    ),
    lookup_names.map(lambda name: GetDiskRequest(disk_name=name)),
    lookup_names.map(lambda name: GetDiskSnapshotRequest(disk_snapshot_name=name)),
    lookup_names.map(lambda name: GetOperationRequest(operation_id=name)),
)


def assert_survives(model: Any) -> None:
    """Check that a model survives every round trip."""
    kind = type(model)
    # A full dump has None for absent fields, which is equal but differs on the wire.
    only = {"exclude_unset": isinstance(model, ResultModel)}
    for back in (
        kind.from_wire(model.to_wire()),
        kind.from_wire(json.dumps(model.to_wire()).encode()),
        kind.model_validate_json(model.model_dump_json(**only)),
        kind.model_validate(model.model_dump(**only)),
        kind.model_validate(model.model_dump(**only), strict=True),
        kind.model_validate(model.model_dump(by_alias=True, **only), strict=True),
        kind.model_validate_json(model.model_dump_json(**only), strict=True),
        kind.model_validate(model.model_dump(mode="json", **only)),
        kind.model_validate_json(model.model_dump_json(by_alias=True, **only)),
        copy.copy(model),
        copy.deepcopy(model),
        model.model_copy(),
        *(pickle.loads(pickle.dumps(model, p)) for p in range(pickle.HIGHEST_PROTOCOL + 1)),  # noqa: S301 - pickled here
    ):
        assert type(back) is kind
        assert back == model
        assert hash(back) == hash(model)
        assert back.to_wire() == model.to_wire()
    assert kind.model_validate_json(model.model_dump_json()) == model
    assert kind.model_validate(model.model_dump(), strict=True) == model
    assert json.loads(model.model_dump_json()) == model.model_dump(mode="json")


@given(requests)
def test_requests_survive_every_round_trip(request: Request[Any]) -> None:
    assert_survives(request)


def test_botocore_accepts_every_request(service_model: Any) -> None:
    @given(requests)
    def check(request: Request[Any]) -> None:
        shape = service_model.operation_model(request.operation_name).input_shape
        report = ParamValidator().validate(request.to_wire(), shape)
        assert not report.has_errors(), report.generate_report()

    check()


@pytest.mark.parametrize(
    "payload",
    [
        {"diskName": "d", "source": {"kind": "instance", "instanceName": "i"}},
        {"diskName": "d", "source": {"kind": "disk", "diskName": "other"}},
        {"diskName": "d", "instanceName": "i"},
        {"source": {"kind": "instance", "instanceName": "i"}},
        {"diskName": "d", "kind": "disk"},
        {"diskName": "d", "disk_snapshot_name": "db-2"},
        {"diskName": "d", "unknown": None},
    ],
)
def test_request_with_unknown_or_ambiguous_fields_is_refused(payload: dict[str, Any]) -> None:
    wire = {"diskSnapshotName": "db-1", **payload}
    with pytest.raises(RequestValidationError):
        CreateDiskSnapshotRequest.from_wire(wire)
    with pytest.raises(RequestValidationError):
        CreateDiskSnapshotRequest.from_wire(json.dumps(wire).encode())


# Longer than any name of the service model, so it cannot collide with one.
unknown_names = st.sampled_from(
    [
        "aNameTheModelDoesNotHave",
        "__class__",
        "model_config",
        "self",
        "a b",
        "",
        "_response_metadata",
    ]
)
json_values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**70), 2**70),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2), st.dictionaries(st.text("ab", max_size=2), inner, max_size=2)
    ),
    max_leaves=4,
)
unknown_members = st.one_of(
    st.just({}), st.just({}), st.dictionaries(unknown_names, json_values, max_size=2)
)
TIMESTAMPS = (
    st.integers(0, 4_102_444_800_000).map(lambda ms: ms / 1000),
    st.integers(-2_000_000_000, 4_102_444_800),
    st.just(1.56961336589e9),
)
# Fields that results guarantee; a payload without one is refused.
REQUIRED = {
    "Operation": {"id"},
    "DiskSnapshot": {"name"},
    "Disk": {"name"},
    "Instance": {"name"},
    "InstanceSnapshot": {"name"},
    "ExportSnapshotRecord": {"name"},
    "Tag": {"key"},
    "GetDiskResult": {"disk"},
    "GetInstanceResult": {"instance"},
    "GetInstanceSnapshotResult": {"instanceSnapshot"},
    "GetInstanceStateResult": {"state"},
    "GetDiskSnapshotResult": {"diskSnapshot"},
    "GetOperationResult": {"operation"},
}
SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "boolean": st.booleans(),
    "float": st.floats(0, 1024),
    "integer": st.integers(-(2**31), 2**31 - 1),
    "timestamp": st.one_of(*TIMESTAMPS),
}
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
# Dates, which are strings in the service model.
DATES = {("AutoSnapshotDetails", "date")}


def wire_of(shape: Any) -> st.SearchStrategy[Any]:
    """Generate wire values of a shape of the service model."""
    match shape.type_name:
        case "structure":
            return structures(shape)
        case "list":
            return st.lists(wire_of(shape.member), max_size=2)
        case "string":
            return st.one_of(st.sampled_from(shape.enum), words) if shape.enum else words
        case kind:
            return SCALARS[kind]


def structures(shape: Any) -> st.SearchStrategy[dict[str, Any]]:
    needed = REQUIRED.get(shape.name, set())
    members = {
        name: st.dates().map(str) if (shape.name, name) in DATES else wire_of(member)
        for name, member in shape.members.items()
    }
    known = st.fixed_dictionaries(
        {name: members[name] for name in sorted(needed)},
        optional={
            name: st.one_of(st.none(), member, member)
            for name, member in members.items()
            if name not in needed
        },
    )
    return st.builds(lambda extra, wire: {**extra, **wire}, unknown_members, known)


def without_null_lists(wire: Any, shape: Any) -> Any:
    """Replace null lists by empty ones, the only change of a round trip."""
    if wire is None or shape.type_name not in {"structure", "list"}:
        return wire
    if shape.type_name == "list":
        return [without_null_lists(item, shape.member) for item in wire]
    return {
        name: value
        if name not in shape.members
        else []
        if value is None and shape.members[name].type_name == "list"
        else without_null_lists(value, shape.members[name])
        for name, value in wire.items()
    }


def only_known(wire: Any, shape: Any) -> Any:
    """Drop null and unknown fields, as botocore's parser does."""
    if shape.type_name == "list":
        return [only_known(item, shape.member) for item in wire]
    if shape.type_name != "structure":
        return wire
    return {
        name: only_known(value, shape.members[name])
        for name, value in wire.items()
        if name in shape.members and value is not None
    }


def types_in(value: Any) -> set[type]:
    if type(value) is dict:
        return {dict, *(type(key) for key in value), *set().union(*map(types_in, value.values()))}
    if type(value) is list:
        return {list, *set().union(*map(types_in, value))}
    return {type(value)}


# Models of one shape: a tag in a request and in a response, a disk and one without a name.
SHAPE_NAMES = {"ResourceTag": "Tag", "InstanceDisk": "Disk"}
SHAPES = sorted(kind.__name__ for kind in exported_models(ResultModel))


@pytest.mark.sample(12)
@pytest.mark.parametrize("name", SHAPES)
def test_results_of_the_service_model_round_trip_without_loss(
    name: str, service_model: Any
) -> None:
    shape = service_model.shape_for(SHAPE_NAMES.get(name, name))
    kind: type[ResultModel] = getattr(models, name)
    parser = create_parser("json")

    @given(structures(shape))
    def check(wire: dict[str, Any]) -> None:
        before = copy.deepcopy(wire)
        body = json.dumps(wire).encode()
        result = kind.from_wire(body)
        assert result.to_wire() == without_null_lists(wire, shape)
        assert kind.from_wire(wire) == result
        assert wire == before
        assert types_in(result.to_wire()) <= {dict, list, str, int, float, bool, type(None)}
        assert_survives(result)
        response = {"status_code": 200, "headers": {}, "body": body}
        parsed = parser.parse(response, shape)
        parsed.pop("ResponseMetadata")
        # The body and botocore's dict of the same fields give the same result.
        kept = json.dumps(only_known(wire, shape)).encode()
        assert kind.from_wire(parsed) == kind.from_wire(kept)
        assert hash(kind.from_wire(parsed)) == hash(kind.from_wire(kept))

    check()


def timestamp_of(payload: dict[str, Any] | bytes) -> datetime:
    timestamp = Operation.from_wire(payload).created_at
    assert timestamp is not None
    assert timestamp.tzinfo is UTC
    return timestamp


# Whole microseconds: between two of them both parsers may round differently.
@given(st.integers(-2 * 10**15, 4 * 10**15).map(lambda microseconds: microseconds / 1e6))
@example(1479816991.349)
@example(1.56961336589e9)
def test_timestamps_are_read_as_by_botocore(seconds: float) -> None:
    timestamp = timestamp_of(f'{{"id":"1","createdAt":{seconds!r}}}'.encode())
    assert timestamp == timestamp_of({"id": "1", "createdAt": seconds})
    assert timestamp == datetime.fromtimestamp(seconds, UTC)


@given(st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)), st.integers(-840, 840))  # noqa: DTZ001 - hypothesis requires naive bounds
def test_timestamps_any_zone_keep_microseconds(naive: datetime, minutes: int) -> None:
    offset = timedelta(minutes=minutes)
    aware = (naive - offset).replace(tzinfo=UTC)
    zoned = f"{naive.isoformat()}{'-' if minutes < 0 else '+'}{abs(offset)!s:0>8}"[:-3]
    result = Operation.from_wire({"id": "1", "createdAt": aware})
    assert result.created_at == aware
    assert Operation.from_wire({"id": "1", "createdAt": zoned}) == result
    assert Operation.from_wire(result.to_wire()) == result


@pytest.mark.parametrize("year", [1, 1582, 1969, 2038, 2242, 2500, 9999])
def test_timestamps_any_year_round_trip(year: int) -> None:
    timestamp = datetime(year, 12, 30, 23, 59, 58, 999_999, tzinfo=UTC)
    result = Operation.from_wire({"id": "1", "createdAt": timestamp})
    assert Operation.from_wire(result.to_wire()) == result


@pytest.mark.parametrize("extra", ["size_in_gb", "created_at", "tags_", "from_disk_name"])
@pytest.mark.parametrize("value", ["text", None, [1], 7])
def test_unknown_field_named_like_an_attribute_is_kept_apart(extra: str, value: Any) -> None:
    wire = {"name": "snap", extra: value, "sizeInGb": 8}
    snapshot = DiskSnapshot.from_wire(wire)
    assert snapshot.size_in_gb == 8
    assert snapshot.created_at is None
    assert snapshot.from_disk_name is None
    assert snapshot.to_wire() == wire
    assert DiskSnapshot.from_wire(snapshot.to_wire()) == snapshot
    assert pickle.loads(pickle.dumps(snapshot)) == snapshot  # noqa: S301 - pickled here


@pytest.mark.parametrize("depth", [50, 150, 250, 500])
def test_deeply_nested_result_round_trips(depth: int) -> None:
    body = b'{"disk":{"name":"a","x":' + b"[" * depth + b"]" * depth + b"}}"
    result = GetDiskResult.from_wire(body)
    assert json.dumps(result.to_wire(), separators=(",", ":")).encode() == body


def test_result_shares_no_mutable_values() -> None:
    wire = {"disk": {"name": "a", "x": {"y": [1]}}}
    result = GetDiskResult.from_wire(wire)
    kept = GetDiskResult.from_wire(copy.deepcopy(wire))
    result.to_wire()["disk"]["x"]["y"].append(2)
    assert result == kept
    wire["disk"]["x"]["y"].append(2)  # type: ignore[index] # it is a dict of dicts
    assert result == kept


@given(tag_texts, tag_values)
def test_sent_tag_equals_received_tag(key: str, value: str | None) -> None:
    sent = Tag(key=key, value=value)
    received = DiskSnapshot.from_wire({"name": "a", "tags": [sent.to_wire()]}).tags[0]
    assert sent == received
    assert received == sent
    assert hash(sent) == hash(received)
