"""Any input raises library errors only, and invalid input is never sent."""

from __future__ import annotations

import collections
import copy
import datetime as dt
import decimal
import inspect
import json
import pickle
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NoReturn

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lightsail_snap import (
    AddOnRequest,
    AddOnType,
    CreateDiskSnapshotRequest,
    CreateInstanceSnapshotRequest,
    DiskSource,
    GetDiskRequest,
    GetDiskSnapshotRequest,
    GetOperationRequest,
    InstanceSource,
    LightsailSnapClient,
    LightsailSnapError,
    ManualSnapshotSource,
    Operation,
    RequestValidationError,
    ResponseValidationError,
    RetentionPolicy,
    Tag,
    VirtualClock,
    WaitPolicy,
    models,
)
from lightsail_snap.models._base import RequestModel, ResultModel, WireModel

MODELS: list[type[WireModel]] = [
    kind
    for kind in models.exported().values()
    if isinstance(kind, type)
    and issubclass(kind, WireModel)
    and kind not in {models.Request, models.Result}
]
SOURCE = DiskSource(disk_name="Disk-1")
MEMBERS = sorted(
    {name for kind in MODELS for name in kind.model_fields}
    | {field.alias for kind in MODELS for field in kind.model_fields.values() if field.alias}
    | {"diskName", "instanceName", "kind", "", "__class__", "self", "data"}
)


def library_error(act: Callable[[], object]) -> LightsailSnapError | None:
    """Return the library error that a call raises, or None. Other exceptions fail the test."""
    error: LightsailSnapError | None = None
    try:
        act()
    except LightsailSnapError as raised:
        error = raised
    if error is not None:
        text = str(error)
        assert text.isprintable()
        assert len(text) < 20_000
        assert repr(error)
    return error


texts = st.one_of(st.text(st.characters(), max_size=8), st.sampled_from(["\ud800", "a" * 10_000]))
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([10**18, 10**30, -(10**400), 10**4000, 2**63, 253402300800, -62135596801]),
    st.floats(),
    texts,
    st.sampled_from(["2026-11-23T00:00:00Z", "2026-13-01", "0000-00-00", "1e400", "us-east-1"]),
)
json_values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(st.sampled_from(MEMBERS), texts), inner, max_size=4),
    ),
    max_leaves=12,
)
json_objects = st.dictionaries(st.sampled_from(MEMBERS), json_values, max_size=5)


@given(st.sampled_from(MODELS), st.one_of(json_objects, json_values))
@example(models.GetDiskResult, {"disk": {"name": "a", "sizeInGb": 10**4000}})
@example(models.GetOperationResult, {"operation": {"id": "1", "createdAt": 10**4000}})
def test_model_any_json_is_read_or_refused(kind: type[WireModel], value: Any) -> None:
    for payload in (value, json.dumps(value).encode()):
        error = library_error(lambda: kind.from_wire(payload))  # noqa: B023 - called at once
        if error is None:
            library_error(lambda: kind.from_wire(payload).to_wire())  # noqa: B023 - likewise
        else:
            expected = (RequestValidationError, ResponseValidationError)
            assert isinstance(error, expected[issubclass(kind, ResultModel)])
            assert str(pickle.loads(pickle.dumps(error))) == str(error)  # noqa: S301 - pickled here


@pytest.mark.sample(25)
@pytest.mark.parametrize("kind", MODELS)
@given(st.one_of(st.binary(max_size=30), texts.map(lambda t: t.encode("utf-16", "surrogatepass"))))
@example(b"")
@example(b"null")
@example(b"[]")
@example(b"\xff\xfe")
@example(b"\xef\xbb\xbf{}")
@example(b"<html>\n<body>503</body></html>")
@example(b'{"operations":[null]}')
@example(b'{"disk":{"name":"a","name":"b"},"disk":{"name":"c"}}')
@example(b'{"disk":{"name":NaN}}')
@example(b'{"disk":{"name":"\\ud800"}}')
@example(b'{"disk":{"name":"\xed\xa0\x80"}}')
@example(b"[" * 100_000)
@example(b'{"a":' * 100_000)
@example(b'{"disk":{"name":"a","x":' + b"[" * 950 + b"]" * 950 + b"}}")
@example(b'{"disk":{"name":"a","x":' + b"[" * 5000 + b"]" * 5000 + b"}}")
@example(b'{"disk":{"name":"a","sizeInGb":' + b"9" * 10_000 + b"}}")
@example(b'{"disk":{"name":"a","createdAt":1e400}}')
@example(b'{"disk":{"name":"a","createdAt":-1e18}}')
def test_model_any_bytes_are_read_or_refused(kind: type[WireModel], body: bytes) -> None:
    if library_error(lambda: kind.from_wire(body)) is None:
        library_error(lambda: kind.from_wire(body).to_wire())


def recursive_list() -> list[Any]:
    items: list[Any] = []
    items.append(items)
    return items


def recursive_dict() -> dict[str, Any]:
    mapping: dict[str, Any] = {}
    mapping |= {"disk": mapping, "source": mapping, "tags": mapping, "operation": mapping}
    return mapping


class Local(int):
    """Number whose `repr` and `str` raise."""

    def __repr__(self) -> str:
        raise RuntimeError

    __str__ = __repr__


MAKERS: dict[str, Callable[[], Any]] = {
    "object": object,
    "type": lambda: dict,
    "function": lambda: recursive_list,
    "lock": threading.Lock,
    "recursive list": recursive_list,
    "recursive dict": recursive_dict,
    "bytes": lambda: b"{}",
    "bytearray": lambda: bytearray(b"{}"),
    "memoryview": lambda: memoryview(b"{}"),
    "str": lambda: "{}",
    "decimal": lambda: decimal.Decimal("NaN"),
    "datetime": lambda: dt.datetime(1, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=14))),
    "date": lambda: dt.date(9999, 12, 31),
    "timedelta": lambda: dt.timedelta.max,
    "huge": lambda: 10**4000,
    "minus": lambda: -(10**400),
    "nan": lambda: float("nan"),
    "complex": lambda: 1j,
    "set": lambda: {1},
    "generator": lambda: (i for i in range(3)),
    "range": lambda: range(1000),
    "chain": lambda: collections.ChainMap({"key": "a"}, {1: 2}),
    "odd keys": lambda: {1: 2, None: 3, b"k": 4, ("a",): 5},
    "exception": lambda: ValueError("x"),
    "no text": lambda: Local(5),
    "ellipsis": lambda: ...,
    "module": lambda: json,
    "source": lambda: SOURCE,
    "unvalidated source": lambda: DiskSource.model_construct(disk_name=5),
    "empty source": DiskSource.model_construct,
    "empty tag": Tag.model_construct,
    "operation": lambda: Operation(id=""),
    "empty operation": Operation.model_construct,
}
every_object = pytest.mark.parametrize("make", MAKERS.values(), ids=list(MAKERS))


@pytest.mark.sample(12)
@every_object
def test_model_any_object_is_read_or_refused(make: Callable[[], Any]) -> None:
    for kind in MODELS:
        library_error(lambda: kind.from_wire(make()))  # noqa: B023 - called at once
        for name in kind.model_fields:
            library_error(lambda: kind(**{name: make()}))  # noqa: B023 - likewise
            alias = kind.model_fields[name].alias or name
            library_error(lambda: kind.from_wire({alias: make()}))  # noqa: B023 - likewise


@every_object
def test_request_any_object_in_a_field_is_read_or_refused(make: Callable[[], Any]) -> None:
    good: dict[str, Any] = {"disk_snapshot_name": "db-1", "source": SOURCE, "tags": ()}
    for name in good:
        library_error(lambda: CreateDiskSnapshotRequest(**(good | {name: make()})))  # noqa: B023 - likewise
    for tags in ([make()], [Tag(key="a"), make()]):
        library_error(lambda: CreateDiskSnapshotRequest(**(good | {"tags": tags})))  # noqa: B023 - likewise
    library_error(lambda: CreateDiskSnapshotRequest(**(good | {"tags": [{"key": make()}]})))
    library_error(
        lambda: CreateDiskSnapshotRequest(**(good | {"tags": [{"key": "k", "value": make()}]}))
    )
    library_error(lambda: CreateDiskSnapshotRequest(**(good | {"tags": {"k": make()}})))
    if type(make()) is not Local:  # pydantic calls `repr` of an invalid tag
        library_error(lambda: CreateDiskSnapshotRequest(**(good | {"source": {"kind": make()}})))
    library_error(lambda: CreateDiskSnapshotRequest(**(good | {"source": {"disk_name": make()}})))
    library_error(lambda: CreateDiskSnapshotRequest(**(good | {"unknown": make()})))


@every_object
def test_validation_error_any_object_pickles_and_copies(make: Callable[[], Any]) -> None:
    for act in (
        lambda: models.GetDiskResult.from_wire(make()),
        lambda: models.GetDiskResult.from_wire({"disk": make()}),
        lambda: GetDiskRequest(disk_name=make()),
        lambda: GetDiskRequest.from_wire(make()),
    ):
        error = library_error(act)
        if error is not None:
            back = pickle.loads(pickle.dumps(error))  # noqa: S301 - pickled here
            # As strings, since NaN does not equal itself.
            assert str(back.violations) == str(error.violations)  # type: ignore[attr-defined] # both kinds have it
            assert str(copy.deepcopy(error)) == str(error)


BAD_TIMEOUTS: list[Any] = [-1, float("nan"), float("inf"), "soon", True, 10**400, []]
BAD_REQUESTS: list[tuple[str, dict[str, Any]]] = [
    *(
        ("create_disk_snapshot", {"disk_snapshot_name": name, "source": SOURCE})
        for name in ("", "a", "-ab", "ab-", "ab\n", "a b!", "éé", "a" * 256, 12, None, "a\ud800")
    ),
    *(
        ("create_disk_snapshot", {"disk_snapshot_name": "db-1", "source": source})
        for source in (
            None,
            "Disk-1",
            {},
            {"kind": "disk"},
            {"kind": "tape", "disk_name": "d"},
            {"kind": "disk", "disk_name": "d", "instance_name": "i"},
            {"disk_name": "d", "instance_name": "i"},
            Tag(key="a"),
            DiskSource.model_construct(disk_name=""),
            InstanceSource.model_construct(instance_name=5),
        )
    ),
    *(
        ("create_disk_snapshot", {"disk_snapshot_name": "db-1", "source": SOURCE, "tags": tags})
        for tags in (
            {"k" * 129: ""},
            {"a!": ""},
            {"": ""},
            {"aws:x": ""},
            {"k": "v" * 257},
            {"k": 5},
            {"\ud800": ""},
            {"k": "\udfff"},
            [Tag(key="k"), Tag(key="k")],
            [Tag.model_construct(key="!")],
            {str(number): "" for number in range(51)},
            5,
        )
    ),
    *(
        (method, {parameter: name})
        for method, parameter in (
            ("get_disk", "disk_name"),
            ("get_disk_snapshot", "disk_snapshot_name"),
            ("get_operation", "operation_id"),
            ("wait_for_operation", "operation"),
            ("wait_for_disk_snapshot", "disk_snapshot_name"),
        )
        for name in ("", " ", "a\n", "a\ud800", "a" * 256, 5, None, b"ab", ["ab"])
    ),
    *(
        (method, {parameter: "ab", "timeout": timeout})
        for method, parameter in (
            ("wait_for_operation", "operation"),
            ("wait_for_disk_snapshot", "disk_snapshot_name"),
        )
        for timeout in BAD_TIMEOUTS
    ),
]


@pytest.mark.parametrize(("method", "arguments"), BAD_REQUESTS)
def test_client_invalid_input_sends_nothing(
    method: str, arguments: dict[str, Any], recorder: Any
) -> None:
    client = LightsailSnapClient(transport=recorder)
    error = library_error(lambda: getattr(client, method)(**arguments))
    assert recorder.requests == []
    assert isinstance(error, RequestValidationError)
    assert error.errors()
    for violation in error.errors():
        assert violation.rule
        assert violation.source
        assert violation.fix


GOOD: dict[str, Any] = {
    "planned": RetentionPolicy(time_zone="UTC", keep_last=1),
    "source": SOURCE,
    "tags": {"env": "prod"},
    "tag_keys": ["env"],
    "add_on_request": AddOnRequest(add_on_type=AddOnType.AUTO_SNAPSHOT),
    "requests": [CreateDiskSnapshotRequest(disk_snapshot_name="db-1", source=SOURCE)],
    "operations": ["1"],
    "disk_snapshot_names": ["db-1"],
    "instance_snapshot_names": ["web-1"],
    "instance_names": ["web-1"],
    "availability_zone": "us-east-1a",
    "source_region": "us-east-1",
    "size_in_gb": 8,
    "disk_path": "/dev/xvdf",
    "helper_name": "helper-1",
    "date": dt.date(2026, 11, 23),
    "timeout": 0,
}
RESTORES = {"restore_disk", "restore_instance", "copy", "copy_snapshot"} | {
    "preview_roll_back_disk",
    "roll_back_disk",
    "create_disk_from_snapshot",
    "create_instances_from_snapshot",
}
# Exceptions of callbacks reach the caller.
CALLBACKS = {"self", "on_progress", "on_quiesced"}


def parameters(method: str) -> dict[str, Any]:
    """Return valid arguments of a method: the required ones and a timeout."""
    found = inspect.signature(getattr(LightsailSnapClient, method)).parameters.values()
    good = {
        each.name: GOOD.get(each.name, "db-1")
        for each in found
        if each.name != "self" and (each.default is each.empty or each.name == "timeout")
    }
    if method == "prune":
        good["owner"] = "nightly"
    if method == "take_instance_snapshots":
        good["requests"] = [
            CreateInstanceSnapshotRequest(instance_snapshot_name="web-1", instance_name="web")
        ]
    if method in RESTORES:
        good["source"] = ManualSnapshotSource(snapshot_name="db-1")
    return good


METHODS = {
    method: [name for name in inspect.signature(value).parameters if name not in CALLBACKS]
    for method, value in inspect.getmembers(LightsailSnapClient, inspect.isfunction)
    if not method.startswith("_") and method != "close"
}


@pytest.mark.parametrize(
    ("method", "name"),
    [(method, name) for method, names in METHODS.items() for name in names],
)
def test_client_any_object_as_parameter_raises_library_errors_only(
    method: str, name: str, recorder: Any
) -> None:
    # Delays that grow without bound end even the longest wait.
    policy = WaitPolicy(max_delay=1e300)
    client = LightsailSnapClient(transport=recorder, clock=VirtualClock(), wait_policy=policy)
    for make in MAKERS.values():
        arguments = parameters(method) | {name: make()}
        library_error(lambda: getattr(client, method)(**arguments))  # noqa: B023 - called at once


@pytest.mark.parametrize("method", METHODS)
def test_client_valid_arguments_send_a_request(method: str, recorder: Any) -> None:
    client = LightsailSnapClient(transport=recorder, clock=VirtualClock())
    if method == "send":
        return
    result = getattr(client, method)
    library_error(lambda: list(result(**parameters(method))))
    assert recorder.requests


@pytest.mark.parametrize("listener", [5, "print", [], object()])
def test_wait_invalid_on_progress_sends_nothing(listener: Any, recorder: Any) -> None:
    recorder.payload = b'{"operation":{"id":"1","status":"Succeeded"}}'
    client = LightsailSnapClient(transport=recorder)
    error = library_error(lambda: client.wait_for_operation("1", timeout=0, on_progress=listener))
    assert isinstance(error, RequestValidationError)
    assert recorder.requests == []


def test_send_other_object_sends_nothing(recorder: Any) -> None:
    client = LightsailSnapClient(transport=recorder)
    for make in MAKERS.values():
        assert isinstance(library_error(lambda: client.send(make())), RequestValidationError)  # noqa: B023 - called at once
    assert recorder.requests == []


@pytest.mark.parametrize(
    "request_",
    [
        GetDiskRequest.model_construct(disk_name=5),
        GetDiskRequest.model_construct(),
        GetDiskSnapshotRequest(disk_snapshot_name="a").model_copy(
            update={"disk_snapshot_name": ""}
        ),
        GetOperationRequest(operation_id="a").model_copy(update={"operation_id": "a\nb"}),
        CreateDiskSnapshotRequest(disk_snapshot_name="db-1", source=SOURCE).model_copy(
            update={"tags": (Tag.model_construct(key="!"),)}
        ),
    ],
    ids=["constructed", "empty", "copied", "copied-2", "copied-3"],
)
def test_send_unvalidated_request_sends_nothing(request_: Any, recorder: Any) -> None:
    error = library_error(lambda: LightsailSnapClient(transport=recorder).send(request_))
    assert recorder.requests == []
    assert isinstance(error, RequestValidationError)


@given(payload=st.one_of(json_objects, json_values, st.binary(max_size=20)))
def test_client_any_transport_response_is_result_or_error(payload: Any) -> None:
    metadata = models.ResponseMetadata(request_id="rid-1", http_status=200)
    request: Any
    for request in (
        CreateDiskSnapshotRequest(disk_snapshot_name="db-1", source=SOURCE),
        GetDiskRequest(disk_name="d"),
        GetOperationRequest(operation_id="1"),
        GetDiskSnapshotRequest(disk_snapshot_name="d"),
    ):
        error = library_error(lambda: request.read_result(payload).with_metadata(metadata))  # noqa: B023 - called at once
        if error is not None:
            assert type(error) is ResponseValidationError
            assert error.may_have_executed is not request.is_read_only
            assert error.payload is payload


class Trap(Exception):  # noqa: N818 - it is not an error of the code under test
    """Raised by any use of a trapped object."""


def raise_trap(*_: Any, **__: Any) -> NoReturn:
    raise Trap


class TrappedMapping(Mapping[str, Any]):
    """Mapping that raises when it is read."""

    __getitem__ = __iter__ = __len__ = keys = items = get = raise_trap


class TrappedStr(str):
    """String that raises when it is compared or described."""

    __slots__ = ()
    __eq__ = __hash__ = __len__ = __repr__ = __str__ = raise_trap


class TrappedEquality:
    """Object that raises when it is compared, as arrays do."""

    __eq__ = __repr__ = raise_trap
    __hash__ = None  # type: ignore[assignment] # unhashable on purpose


def trapped_generator() -> Iterator[Tag]:
    yield Tag(key="a")
    raise Trap


TRAPS: dict[str, Callable[[], Any]] = {
    "mapping": TrappedMapping,
    "string": lambda: TrappedStr("a"),
    "equality": TrappedEquality,
    "generator": trapped_generator,
}


@pytest.mark.parametrize("trap", TRAPS.values(), ids=list(TRAPS))
@pytest.mark.parametrize(
    "act",
    [
        lambda trap: CreateDiskSnapshotRequest(disk_snapshot_name="db-1", source=SOURCE, tags=trap),
        lambda trap: CreateDiskSnapshotRequest(
            disk_snapshot_name="db-1", source=SOURCE, tags=[trap]
        ),
        lambda trap: CreateDiskSnapshotRequest(
            disk_snapshot_name="db-1",
            source=SOURCE,
            tags=[{"key": trap}],  # type: ignore[list-item] # hostile on purpose
        ),
        lambda trap: CreateDiskSnapshotRequest(disk_snapshot_name="db-1", source=trap),
        lambda trap: CreateDiskSnapshotRequest(disk_snapshot_name=trap, source=SOURCE),
        CreateDiskSnapshotRequest.from_wire,
        models.GetDiskResult.from_wire,
        lambda trap: models.GetDiskResult.from_wire({"disk": trap}),
        lambda trap: models.GetDiskResult.from_wire({"disk": {"name": trap}}),
        lambda trap: models.Operation.from_wire({"id": "1", "status": trap}),
        lambda trap: GetDiskRequest(disk_name=trap),
        lambda trap: WaitPolicy().limit(trap),
    ],
    ids=[
        "tags",
        "a tag",
        "a key",
        "source",
        "name",
        "request from wire",
        "result from wire",
        "disk",
        "disk name",
        "status",
        "lookup name",
        "timeout",
    ],
)
def test_models_object_that_raises_when_read_is_refused(
    act: Callable[[Any], object], trap: Callable[[], Any]
) -> None:
    library_error(lambda: act(trap()))


def test_models_under_test_are_complete() -> None:
    assert len(MODELS) > 10
    assert {issubclass(kind, RequestModel) for kind in MODELS} == {True, False}
