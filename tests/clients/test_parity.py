"""Both clients have the same methods and behave in the same way."""

from __future__ import annotations

import inspect
import random
import re
import subprocess
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support import RecordingClock, create_client, run_on

from lightsail_snap import (
    AccessDeniedException,
    AsyncLightsailSnapClient,
    AsyncPaginator,
    CreateDiskSnapshotRequest,
    CreateInstanceSnapshotRequest,
    DiskSource,
    InvalidInputException,
    LightsailSnapClient,
    LightsailSnapError,
    ManualSnapshotSource,
    NotFoundException,
    Operation,
    OutcomeUnknownError,
    Paginator,
    PartialFailureError,
    Request,
    RequestNotSentError,
    Response,
    ResponseMetadata,
    ThrottlingError,
    WaitPolicy,
)

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "make_async.py"
DISK = DiskSource(disk_name="disk-1")


def methods_of(client: type[Any]) -> dict[str, Callable[..., Any]]:
    found = inspect.getmembers(client, inspect.isfunction)
    return {name: method for name, method in found if not name.startswith("_")}


SYNC, ASYNC = methods_of(LightsailSnapClient), methods_of(AsyncLightsailSnapClient)
NAMES = sorted(SYNC)


def as_async(annotation: str) -> str:
    """Write an annotation of a sync method as the async one has it."""
    annotation = re.sub(r"\bPaginator\b", "AsyncPaginator", annotation)
    return annotation.replace("AbstractContextManager[object]", "Quiesce")


def test_clients_have_the_same_methods() -> None:
    assert len(SYNC) > 40
    assert SYNC.keys() == ASYNC.keys()


@pytest.mark.parametrize("name", NAMES)
def test_method_signatures_are_equal(name: str) -> None:
    expected, actual = inspect.signature(SYNC[name]), inspect.signature(ASYNC[name])
    assert list(expected.parameters) == list(actual.parameters)
    for parameter, other in zip(
        expected.parameters.values(), actual.parameters.values(), strict=True
    ):
        assert parameter.kind is other.kind
        assert parameter.default == other.default
        assert as_async(str(parameter.annotation)) == str(other.annotation)
    assert as_async(str(expected.return_annotation)) == str(actual.return_annotation)


@pytest.mark.parametrize("name", NAMES)
def test_client_method_names_its_class(name: str) -> None:
    assert SYNC[name].__qualname__ == f"LightsailSnapClient.{name}"
    assert ASYNC[name].__qualname__ == f"AsyncLightsailSnapClient.{name}"


def test_client_inherits_from_nothing() -> None:
    assert LightsailSnapClient.__bases__ == AsyncLightsailSnapClient.__bases__ == (object,)


@pytest.mark.parametrize("name", NAMES)
def test_method_docstrings_are_equal(name: str) -> None:
    assert SYNC[name].__doc__
    assert SYNC[name].__doc__ == ASYNC[name].__doc__


@pytest.mark.parametrize("name", NAMES)
def test_async_methods_are_coroutine_functions(name: str) -> None:
    assert not inspect.iscoroutinefunction(SYNC[name])
    # A list is only fetched when it is gone through.
    assert inspect.iscoroutinefunction(ASYNC[name]) == (not name.startswith("iter_"))


def test_async_quiesce_accepts_both_kinds_of_context_managers() -> None:
    assert str(AbstractContextManager[object]) in str(
        inspect.signature(LightsailSnapClient.take_disk_snapshot, eval_str=True)
        .parameters["quiesce"]
        .annotation
    )
    for method in (
        AsyncLightsailSnapClient.take_disk_snapshot,
        AsyncLightsailSnapClient.take_instance_snapshot,
    ):
        annotation = str(inspect.signature(method, eval_str=True).parameters["quiesce"].annotation)
        assert "AbstractContextManager" in annotation
        assert "AbstractAsyncContextManager" in annotation


def test_constructors_are_equal() -> None:
    expected = inspect.signature(LightsailSnapClient).parameters
    actual = dict(inspect.signature(AsyncLightsailSnapClient).parameters)
    # How many calls at the same time, a parameter of each method of the sync client.
    assert actual.pop("concurrency").kind is inspect.Parameter.KEYWORD_ONLY
    assert list(expected.values()) == list(actual.values())


def test_paginators_are_equal() -> None:
    expected, actual = methods_of(Paginator), methods_of(AsyncPaginator)
    assert expected.keys() == actual.keys() == {"first", "list", "pages"}
    assert all(expected[name].__doc__ == actual[name].__doc__ for name in expected)
    assert Paginator.__doc__ == AsyncPaginator.__doc__
    assert Paginator.__iter__.__doc__ == AsyncPaginator.__aiter__.__doc__


@pytest.mark.thorough
def test_async_client_is_up_to_date() -> None:
    if not SCRIPT.exists():
        pytest.skip("the script is in the repository only, not in a source distribution")
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, str(SCRIPT), "--check"], check=False, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


Reply = dict[str, Any] | Callable[[Request[Any]], LightsailSnapError]


def error(kind: type[Any], code: str, **facts: Any) -> Reply:
    def make(request: Request[Any]) -> LightsailSnapError:
        made: LightsailSnapError = kind(
            "no", code=code, operation_name=request.operation_name, **facts
        )
        return made

    return make


@dataclass
class Scripted:
    """A transport with scripted replies for each operation; it repeats the last one.

    Requests for one name or page have their own script, so it does not matter
    which of many calls at the same time comes first.
    """

    replies: dict[str, list[Reply]]
    requests: list[dict[str, Any]] = field(default_factory=list)
    _next: dict[str, int] = field(default_factory=dict)

    def send(self, request: Request[Any]) -> Response:
        wire = {"operation": request.operation_name, **request.to_wire()}
        self.requests.append(wire)
        script = self.replies[request.operation_name]
        turn = self._next.get(repr(wire), 0)
        self._next[repr(wire)] = turn + 1
        reply = script[min(turn, len(script) - 1)]
        if callable(reply):
            raise reply(request)
        return Response(
            {key: named(value, wire) for key, value in reply.items()},
            ResponseMetadata(request_id=f"{request.operation_name}-{turn}"),
        )

    def close(self) -> None:
        pass


_NAMES = ("diskSnapshotName", "diskName", "operationId", "resourceName")


def named(value: Any, wire: dict[str, Any]) -> Any:
    """Put the requested name into a response."""
    requests = [wire[key] for key in _NAMES if key in wire]
    match value:
        case "{name}":
            return (*requests, "a")[0]
        case dict():
            return {key: named(member, wire) for key, member in value.items()}
        case list():
            return [named(member, wire) for member in value]
        case _:
            return value


Workflow = Callable[[Any, list[str]], Coroutine[Any, Any, Any]]


@dataclass
class Trace:
    """What a client did.

    Attributes:
        requests: The requests.
        pauses: How long it slept each time.
        reports: What it reports of its progress.
        outcome: What came of it.
    """

    requests: list[dict[str, Any]]
    pauses: list[float]
    reports: list[str]
    outcome: object


def outline(outcome: object) -> object:
    """Describe an error by everything that can be compared."""
    if isinstance(outcome, PartialFailureError):
        failures = {name: outline(each) for name, each in outcome.failures.items()}
        return type(outcome), str(outcome), failures, outcome.successes
    if isinstance(outcome, BaseException):
        facts = {
            k: outline(v) if isinstance(v, BaseException) else v for k, v in vars(outcome).items()
        }
        return type(outcome), str(outcome), facts, outline(outcome.__cause__)
    return outcome


def trace(interface: str, workflow: Workflow, replies: dict[str, list[Reply]], seed: int) -> Trace:
    transport, clock, reports = Scripted(replies), RecordingClock(), list[str]()
    policy = WaitPolicy(timeout=60, random=random.Random(seed).random)  # noqa: S311 - to repeat itself

    async def run() -> object:
        settings: dict[str, Any] = {"transport": transport, "clock": clock, "wait_policy": policy}
        try:
            return await workflow(create_client(interface, **settings), reports)
        except LightsailSnapError as problem:
            return outline(problem)

    outcome = run_on(interface, run)
    return Trace(transport.requests, clock.pauses, reports, outcome)


OPERATION = st.builds(
    lambda status, is_terminal: {"id": "{name}", "status": status, "isTerminal": is_terminal},
    st.sampled_from(["NotStarted", "Started", "Succeeded", "Completed", "Failed", "Odd", None]),
    st.sampled_from([None, True, False]),
)
FAULTS: st.SearchStrategy[Reply] = st.sampled_from(
    [
        error(ThrottlingError, "ThrottlingException", is_retryable=True),
        error(NotFoundException, "NotFoundException"),
        error(AccessDeniedException, "AccessDeniedException"),
        error(InvalidInputException, "InvalidInputException", sub_code="NameExists"),
        lambda request: RequestNotSentError("no connection", request=request),
        lambda request: OutcomeUnknownError("no response", request=request),
        {"unreadable": 5},
    ]
)


def snapshots(state: str | None, source: str) -> dict[str, Any]:
    return {"name": "{name}", "state": state, "fromDiskName": source, "createdAt": 1_700_000_000}


def script(responses: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Reply]]:
    return st.lists(responses | FAULTS, min_size=1, max_size=6)


STATES = st.sampled_from(["pending", "completed", "available", "error", "odd", None])
SNAPSHOTS = st.builds(snapshots, STATES, st.sampled_from(["disk-1", "disk-2"]))
MADE = st.lists(OPERATION, max_size=2).map(lambda operations: {"operations": operations})
PAGES = st.builds(
    lambda items, token: {"diskSnapshots": items, "nextPageToken": token},
    st.lists(st.builds(lambda name: {"name": name, "state": "completed"}, st.sampled_from("abc"))),
    st.sampled_from([None, "", "t", "u", "v"]),
)
INSTANCES = [
    {
        "instance": {
            "name": "{name}",
            "arn": arn,
            "bundleId": "nano_3_0",
            "location": {"availabilityZone": "us-east-1a"},
            "state": {"name": state},
        }
    }
    for arn in ("arn-1", "arn-2")
    for state in ("pending", "running", "terminated", "odd")
]


def _instance_snapshot(snapshot: dict[str, Any]) -> dict[str, Any]:
    source = {"fromInstanceName": "web-1", "fromInstanceArn": "arn-1", "fromBundleId": "nano_3_0"}
    return {"instanceSnapshot": {**snapshot, **source}}


SCRIPTS = st.fixed_dictionaries(
    {
        "CreateDiskSnapshot": script(MADE),
        "CreateDiskFromSnapshot": script(MADE),
        "CreateInstancesFromSnapshot": script(MADE),
        "CreateInstanceSnapshot": script(MADE),
        "DeleteDiskSnapshot": script(MADE),
        "GetOperation": script(OPERATION.map(lambda operation: {"operation": operation})),
        "GetDiskSnapshot": script(SNAPSHOTS.map(lambda snapshot: {"diskSnapshot": snapshot})),
        "GetDisk": script(
            STATES.map(lambda state: {"disk": {"name": "{name}", "state": state, "sizeInGb": 8}})
        ),
        "GetDiskSnapshots": script(PAGES),
        "GetInstance": script(st.sampled_from(INSTANCES)),
        "GetInstanceSnapshot": script(SNAPSHOTS.map(_instance_snapshot)),
        "GetInstanceSnapshots": script(
            PAGES.map(lambda page: {**page, "instanceSnapshots": page["diskSnapshots"]})
        ),
        "GetOperations": script(MADE),
        "GetOperationsForResource": script(MADE),
        "GetExportSnapshotRecords": st.just([{"exportSnapshotRecords": []}]),
    }
)


async def _list(client: Any, _: list[str]) -> object:
    return [item async for item in client.iter_disk_snapshots()]


def record_in(reports: list[str]) -> Callable[[object], None]:
    return lambda progress: reports.append(str(progress))


WORKFLOWS: dict[str, Workflow] = {
    "create": lambda client, _: client.create_disk_snapshot("db-1", DISK, tags={"a": None}),
    "delete": lambda client, _: client.delete_disk_snapshot("db-1"),
    "list": _list,
    "take": lambda client, reports: client.take_disk_snapshot(
        "db-1", DISK, on_progress=record_in(reports), on_quiesced=record_in(reports)
    ),
    "take with token": lambda client, reports: client.take_disk_snapshot(
        "db-1", DISK, client_token="t-1", on_progress=record_in(reports), timeout=9  # noqa: S106 - no secret
    ),
    "restore": lambda client, reports: client.restore_disk(
        "disk-2",
        ManualSnapshotSource(snapshot_name="db-1"),
        availability_zone="us-east-1a",
        on_progress=record_in(reports),
    ),
    "restore instance": lambda client, reports: client.restore_instance(
        "web-2", ManualSnapshotSource(snapshot_name="web-1"), on_progress=record_in(reports)
    ),
    "wait for instance": lambda client, reports: client.wait_for_instance(
        "web-1", on_progress=record_in(reports)
    ),
    "wait for operation": lambda client, reports: client.wait_for_operation(
        Operation(id="op-1"), on_progress=record_in(reports)
    ),
    "wait for snapshot": lambda client, reports: client.wait_for_disk_snapshot(
        "db-1", on_progress=record_in(reports)
    ),
    "wait for deletion": lambda client, reports: client.wait_for_disk_snapshot_deletion(
        "db-1", on_progress=record_in(reports), timeout=0
    ),
    "wait for export": lambda client, reports: client.wait_for_export(
        "db-1", on_progress=record_in(reports)
    ),
    "wait for disk": lambda client, reports: client.wait_for_disk(
        "disk-1", on_progress=record_in(reports)
    ),
    # Those that make many calls at the same time make one at a time here, so that their order
    # can be compared.
    "take many": lambda client, reports: client.take_disk_snapshots(
        [
            CreateDiskSnapshotRequest(disk_snapshot_name=f"db-{number}", source=DISK)
            for number in range(4)
        ],
        concurrency=1,
        on_progress=record_in(reports),
    ),
    "take many instances": lambda client, reports: client.take_instance_snapshots(
        [
            CreateInstanceSnapshotRequest(
                instance_snapshot_name=f"web-{number}", instance_name="web"
            )
            for number in range(4)
        ],
        concurrency=1,
        on_progress=record_in(reports),
    ),
    "wait for snapshots": lambda client, reports: client.wait_for_disk_snapshots(
        ["a", "b", "c", "d"], concurrency=1, on_progress=record_in(reports)
    ),
    "wait for operations": lambda client, reports: client.wait_for_operations(
        ["a", "b", Operation(id="c")], concurrency=1, on_progress=record_in(reports)
    ),
}  # fmt: skip


@pytest.mark.sample(5)
@pytest.mark.parametrize("workflow", WORKFLOWS)
@given(replies=SCRIPTS, seed=st.integers(0, 2**16))
def test_clients_behave_equally_for_any_responses(
    workflow: str, replies: dict[str, list[Reply]], seed: int
) -> None:
    expected = trace("sync", WORKFLOWS[workflow], replies, seed)
    assert expected.requests
    for loop in ("asyncio", "trio"):
        assert trace(loop, WORKFLOWS[workflow], replies, seed) == expected


def _numbers() -> Iterator[int]:
    yield from range(20)


@pytest.mark.parametrize("loop", ["asyncio", "trio"])
def test_concurrent_calls_have_equal_outcomes(loop: str) -> None:
    """Whatever their order is."""
    replies: dict[str, list[Reply]] = {
        "CreateDiskSnapshot": [
            error(ThrottlingError, "ThrottlingException", is_retryable=True),
            {"operations": []},
        ],
        "GetDiskSnapshots": [{"diskSnapshots": []}],
        "GetDiskSnapshot": [
            {"diskSnapshot": snapshots("pending", "disk-1")},
            {"diskSnapshot": snapshots("completed", "disk-1")},
        ],
    }
    requests = [
        CreateDiskSnapshotRequest(disk_snapshot_name=f"db-{number}", source=DISK)
        for number in _numbers()
    ]
    workflow = partial(_take_all, requests)
    expected, actual = (trace(interface, workflow, replies, seed=1) for interface in ("sync", loop))
    assert expected.outcome == actual.outcome
    assert sorted(map(repr, expected.requests)) == sorted(map(repr, actual.requests))


def _take_all(requests: Any, client: Any, _: list[str]) -> Any:
    return client.take_disk_snapshots(requests)
