"""Invariants of all requests of all operations."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NoReturn

import pytest
from botocore.validate import ParamValidator
from hypothesis import given
from hypothesis import strategies as st
from tests.support import exported_models

from lightsail_snap import LightsailSnapError, Request, RequestValidationError, models
from lightsail_snap.models._base import RequestModel
from lightsail_snap.models.source import SourcedRequest
from lightsail_snap.testing import strategies

SHAPES = exported_models(RequestModel)
# A subclass of Tag, but a part of responses.
SHAPES.remove(models.ResourceTag)
OPERATIONS = list(models.request_types().values())
SOURCED = [kind for kind in OPERATIONS if issubclass(kind, SourcedRequest)]
FLAGGED = [kind for kind in SOURCED if kind._wire_source.flags]


def each(kinds: list[Any]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("kind", kinds, ids=lambda kind: kind.__name__)


def refused(make: Callable[[], object]) -> list[str]:
    """Return the fields of the violations that a call raises."""
    with pytest.raises(RequestValidationError) as caught:
        make()
    for violation in caught.value.errors():
        assert violation.rule
        assert violation.source
        assert violation.fix
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)  # noqa: S301 - pickled here
    return [violation.field for violation in caught.value.errors()]


@each(SHAPES)
def test_request_parts_survive_every_round_trip(kind: type[RequestModel]) -> None:
    @given(strategies.requests_of(kind))
    def check(model: RequestModel) -> None:
        for back in (
            kind.from_wire(model.to_wire()),
            kind.from_wire(json.dumps(model.to_wire()).encode()),
            kind.model_validate(model.model_dump()),
            kind.model_validate(model.model_dump(), strict=True),
            kind.model_validate(model.model_dump(by_alias=True, exclude_none=True), strict=True),
            kind.model_validate_json(model.model_dump_json(), strict=True),
            kind.model_validate_json(model.model_dump_json()),
            kind.model_validate_json(model.model_dump_json(by_alias=True)),
            copy.copy(model),
            copy.deepcopy(model),
            model.model_copy(),
            *(pickle.loads(pickle.dumps(model, p)) for p in range(pickle.HIGHEST_PROTOCOL + 1)),  # noqa: S301 - pickled here
        ):
            assert type(back) is kind
            assert back == model
            assert hash(back) == hash(model)
            assert back.to_wire() == model.to_wire()

    check()


@given(strategies.requests())
def test_checked_request_is_equal(request: Request[Any]) -> None:
    checked = Request.checked(request)
    assert type(checked) is type(request)
    assert checked == request
    assert checked.to_wire() == request.to_wire()


def test_botocore_accepts_the_wire_format(service_model: Any) -> None:
    @given(strategies.requests())
    def check(request: Request[Any]) -> None:
        shape = service_model.operation_model(request.operation_name).input_shape
        report = ParamValidator().validate(request.to_wire(), shape)
        assert not report.has_errors(), report.generate_report()

    check()


def parts(value: Any) -> list[Any]:
    inner = value.values() if type(value) is dict else value if type(value) is list else ()
    return [value, *(deep for item in inner for deep in parts(item))]


@given(strategies.requests())
def test_wire_format_is_plain_json_without_absent_fields(
    request: Request[Any],
) -> None:
    wire = request.to_wire()
    assert {type(part) for part in parts(wire)} <= {dict, list, str, int, bool}
    assert all(type(key) is str for part in parts(wire) if type(part) is dict for key in part)
    assert [] not in parts(wire)
    assert {} not in wire.values()
    # Changes of the returned dict do not change the request.
    before = copy.deepcopy(wire)
    for part in parts(request.to_wire()):
        if isinstance(part, dict | list):
            part.clear()
    assert request.to_wire() == before


@each(OPERATIONS)
def test_null_field_equals_absent_field(kind: type[Request[Any]]) -> None:
    members = {field.alias or "" for field in kind.model_fields.values()} - {"source"}
    if issubclass(kind, SourcedRequest):
        members |= kind._wire_source.members

    @given(strategies.requests_of(kind))
    def check(request: Request[Any]) -> None:
        wire = dict.fromkeys(members) | request.to_wire()
        assert kind.from_wire(wire) == request
        assert kind.from_wire(json.dumps(wire).encode()) == request

    check()


@given(strategies.requests(), st.sampled_from(["new", "source", "page_token", "", "__class__"]))
def test_unknown_field_is_refused(request: Request[Any], name: str) -> None:
    wire = {**request.to_wire(), name: {"kind": "manual", "snapshotName": "a"}}
    assert name in refused(lambda: type(request).from_wire(wire))
    assert name in refused(lambda: type(request).from_wire(json.dumps(wire).encode()))


@each(OPERATIONS)
def test_missing_fields_are_named(kind: type[Request[Any]]) -> None:
    fields = [name for name, field in kind.model_fields.items() if field.is_required()]
    if fields:
        assert refused(kind) == fields
        assert refused(lambda: kind.from_wire({})) == fields
        assert refused(lambda: kind.from_wire(b"{}")) == fields
    else:
        assert kind().to_wire() == {}


@given(strategies.broken_requests())
def test_invalid_field_is_named(
    broken: tuple[type[Request[Any]], dict[str, Any], str],
) -> None:
    kind, arguments, field = broken
    assert refused(lambda: kind(**arguments)) == [field]


def members_of(kind: Any) -> dict[str, frozenset[str]]:
    """Return the wire fields of each kind of source."""
    source = kind._wire_source
    return {
        word: frozenset(names.values()) | ({source.flags[word]} if word in source.flags else set())
        for word, names in source.variants.items()
    }


def good_member(kind: Any, name: str) -> object:
    if name in kind._wire_source.flags.values():
        return True
    return "2026-11-23" if name == "restoreDate" else "name-1"


@each(SOURCED)
def test_source_fields_of_exactly_one_variant_are_accepted(kind: Any) -> None:
    every = sorted(kind._wire_source.members)
    variants = set(members_of(kind).values())

    @given(strategies.requests_of(kind), st.sets(st.sampled_from(every)))
    def check(request: Any, given_members: set[str]) -> None:
        rest = {name: value for name, value in request.to_wire().items() if name not in every}
        wire = rest | {name: good_member(kind, name) for name in given_members}
        for payload in (wire, json.dumps(wire).encode()):
            if given_members in variants:
                assert kind.from_wire(payload).to_wire() == wire
            else:
                assert refused(lambda: kind.from_wire(payload)) == ["source"]  # noqa: B023 - called at once

    check()


@each(SOURCED)
def test_fields_of_two_source_variants_are_no_third(kind: Any) -> None:
    variants = members_of(kind)
    for one, first in variants.items():
        for other, second in variants.items():
            # Else the fields of both would be read as a third variant.
            assert one == other or first | second not in variants.values()


@each(FLAGGED)
def test_false_flag_equals_absent_flag(kind: Any) -> None:
    (flag,) = kind._wire_source.flags.values()

    @given(strategies.requests_of(kind), st.sampled_from([0, 1, "true", "", [], {}, 1.0]))
    def check(request: Any, odd: object) -> None:
        wire = request.to_wire()
        if request.source.kind == "latest-auto":
            assert wire[flag] is True
            assert refused(lambda: kind.from_wire(wire | {flag: False})) == ["source"]
        else:
            assert flag not in wire
            assert kind.from_wire(wire | {flag: False}) == request
            assert kind.from_wire(json.dumps(wire | {flag: False}).encode()) == request
        assert refused(lambda: kind.from_wire(wire | {flag: odd})) == ["source"]

    check()


class Trap(Exception):  # noqa: N818 - it is not an error of the code under test
    """Raised by any use of a trapped object."""


def raise_trap(*_: Any, **__: Any) -> NoReturn:
    raise Trap


class TrappedMapping(Mapping[Any, Any]):
    """Mapping that raises when it is read."""

    __getitem__ = __iter__ = __len__ = keys = items = get = raise_trap


class TrappedStr(str):
    """String that raises when it is compared or described."""

    __slots__ = ()
    __eq__ = __hash__ = __len__ = __repr__ = __str__ = raise_trap


def nested(depth: int) -> Any:
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


def endless() -> Any:
    while True:
        yield "name-1"


def recursive() -> dict[str, Any]:
    mapping: dict[str, Any] = {"kind": "auto"}
    mapping |= {"web-1": [mapping], "resource_name": mapping, "restore_date": mapping}
    return mapping


HOSTILE: dict[str, Callable[[], Any]] = {
    "object": object,
    "class": lambda: models.DiskMap,
    "bytes": lambda: b"ab",
    "surrogate": lambda: "a\ud800",
    "long": lambda: "a" * 100_000,
    "huge": lambda: 10**4000,
    "infinity": lambda: float("inf"),
    "nan": lambda: float("nan"),
    "timestamp": lambda: datetime(1, 1, 1, tzinfo=UTC),
    "deep": lambda: nested(5000),
    "recursive": recursive,
    "odd keys": lambda: {1: 2, None: 3, ("a",): [4]},
    "list of nothing": lambda: [None, [], {}],
    "trapped mapping": TrappedMapping,
    "trapped string": lambda: TrappedStr("a"),
    "trapped items": lambda: [TrappedMapping(), TrappedStr("a")],
    "trapped value": lambda: {"web-1": TrappedMapping(), "snapshot_name": TrappedStr("a")},
    "generator": lambda: (raise_trap() for _ in "a"),
    "unvalidated tag": lambda: [models.Tag.model_construct(key=5)],
    "unvalidated map": lambda: {"web-1": [models.DiskMap.model_construct(new_disk_name=5)]},
    "unvalidated add-on": lambda: [models.AddOnRequest.model_construct()],
    "unvalidated source": lambda: models.AutoSnapshotSource.model_construct(restore_date="soon"),
    "another request": lambda: models.GetDiskRequest(disk_name="a"),
}


@pytest.mark.sample(60)
@pytest.mark.parametrize("make", HOSTILE.values(), ids=list(HOSTILE))
@each(SHAPES)
def test_request_hostile_field_raises_library_errors_only(
    kind: Any, make: Callable[[], Any]
) -> None:
    good = ARGUMENTS[kind]
    for name, field in kind.model_fields.items():
        for act in (
            lambda: kind(**(good | {name: make()})),  # noqa: B023 - called at once
            lambda: kind.from_wire(kind(**good).to_wire() | {field.alias: make()}),  # noqa: B023 - likewise
            lambda: Request.checked(kind(**good).model_copy(update={name: make()})),  # noqa: B023 - likewise
        ):
            library_error(act)
    for alias in kind._wire_source.members if issubclass(kind, SourcedRequest) else ():
        library_error(lambda: kind.from_wire(kind(**good).to_wire() | {alias: make()}))  # noqa: B023 - likewise


def library_error(act: Callable[[], Any]) -> None:
    """Return the library error that a call raises, or None. Other exceptions fail the test."""
    error: LightsailSnapError | None = None
    try:
        json.dumps(act().to_wire())
    except LightsailSnapError as raised:
        error = raised
    if error is not None:
        assert str(error).isprintable()
        assert str(pickle.loads(pickle.dumps(error))) == str(error)  # noqa: S301 - pickled here


MANUAL = models.ManualSnapshotSource(snapshot_name="snap-1")
GOOD: dict[str, Any] = {
    "add_on_request": models.AddOnRequest(add_on_type=models.AddOnType.AUTO_SNAPSHOT),
    "add_on_type": "AutoSnapshot",
    "availability_zone": "us-east-1a",
    "bundle_id": "nano_3_0",
    "date": "2026-11-23",
    "disk_name": "disk-1",
    "disk_path": "/dev/xvdf",
    "disk_snapshot_name": "snap-1",
    "instance_name": "web-1",
    "instance_names": ["web-2"],
    "instance_snapshot_name": "snap-1",
    "key": "env",
    "operation_id": "1",
    "resource_name": "disk-1",
    "restore_date": "2026-11-23",
    "size_in_gb": 8,
    "snapshot_name": "snap-1",
    "source": MANUAL,
    "source_region": "us-east-1",
    "source_snapshot_name": "snap-1",
    "tag_keys": ["env"],
    "tags": {"env": "prod"},
    "target_snapshot_name": "copy-1",
}
ARGUMENTS: dict[Any, dict[str, Any]] = {
    kind: {name: GOOD[name] for name, field in kind.model_fields.items() if field.is_required()}
    for kind in SHAPES
} | {
    models.CreateDiskSnapshotRequest: {
        "disk_snapshot_name": "snap-1",
        "source": models.DiskSource(disk_name="disk-1"),
    }
}
