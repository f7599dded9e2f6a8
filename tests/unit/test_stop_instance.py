"""An instance is stopped for a snapshot, and started again whatever happens."""

from __future__ import annotations

import itertools
import logging
import os
import pickle
import signal
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any, TypeAlias

import anyio
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.support import (
    loop_caller,
    lost,
    not_found,
    not_sent,
    server_error,
    service_error,
    throttled,
)

from lightsail_snap import (
    AccessDeniedException,
    AsyncLightsailSnapClient,
    AsyncStoppedInstance,
    DiskSource,
    InstanceSource,
    InvalidInputException,
    LightsailSnapClient,
    LightsailSnapError,
    NotFoundException,
    QuiesceError,
    Request,
    RequestValidationError,
    Response,
    ResponseMetadata,
    StoppedInstance,
    UnauthenticatedException,
    VirtualClock,
    WaitFailedError,
    WaitPolicy,
    stop_instance,
)
from lightsail_snap.quiesce import _stop_instance as stopping
from lightsail_snap.quiesce._deferred_signals import DeferredSignals

refused = service_error(InvalidInputException)
denied = service_error(AccessDeniedException)
refused_as_taken = service_error(InvalidInputException, sub_code="NameExists")
rejected = service_error(UnauthenticatedException)
ARN = "arn:aws:lightsail:us-east-1:1:Instance/1"
POLICY = WaitPolicy(timeout=600, random=lambda: 0.5)

Fault: TypeAlias = "Callable[[Request[Any]], BaseException]"


def interrupted(_request: Request[Any]) -> BaseException:
    return KeyboardInterrupt()


def _key(kind: str) -> str:
    return kind[0].lower() + kind[1:]


class Service:
    """One instance with a disk, and a fault for each call of an operation.

    A fault is raised before the request is executed; with `late`, one that hides the outcome is
    raised after it.
    """

    def __init__(
        self,
        state: str = "running",
        faults: Mapping[str, Iterable[Fault | None]] | None = None,
        *,
        late: bool = False,
        clock: VirtualClock | None = None,
    ) -> None:
        self.clock = clock or VirtualClock()
        self.operations: list[str] = []
        self.on_call: Callable[[str], object] = lambda _operation: None
        self.arn = ARN
        self.attached_to: str | None = "web-1"
        self._faults = {name: iter(each) for name, each in (faults or {}).items()}
        self._late = late
        self._state, self._next, self._changes_at = state, "", 0.0
        self._ids = itertools.count()
        self._snapshots: dict[str, dict[str, Any]] = {}
        self.taken_while: list[str] = []
        self.stale_states: list[str] = []

    @property
    def state(self) -> str:
        if self._next and self.clock.monotonic() >= self._changes_at:
            self._state, self._next = self._next, ""
        return self._state

    def settle(self) -> str:
        self.clock.sleep(100)
        return self.state

    def send(self, request: Request[Any]) -> Response:
        name = request.operation_name
        self.operations.append(name)
        self.on_call(name)
        fault = next(self._faults.get(name, iter(())), None)
        if fault is not None and not (self._late and fault in (lost, interrupted)):
            raise fault(request)
        reply = self._respond(request)
        if fault is not None:
            raise fault(request)
        return Response(reply, ResponseMetadata())

    def close(self) -> None:
        pass

    def _change(self, pending: str, final: str, seconds: float) -> None:
        self._state, self._next = pending, final
        self._changes_at = self.clock.monotonic() + seconds

    def _respond(self, request: Request[Any]) -> dict[str, Any]:
        name, wire = request.operation_name, request.to_wire()
        reply: dict[str, Any] = {"operations": []}
        if name == "GetInstance":
            state = {"name": self.stale_states.pop(0) if self.stale_states else self.state}
            reply = {"instance": {"name": wire["instanceName"], "arn": self.arn, "state": state}}
        elif name == "GetDisk":
            disk = {"name": wire["diskName"], "attachedTo": self.attached_to}
            reply = {"disk": {key: value for key, value in disk.items() if value is not None}}
        elif name == "StopInstance" and self.state == "running":
            self._change("stopping", "stopped", 20)
            reply = self._operation("web-1")
        elif name == "StartInstance" and self.state == "stopped":
            self._change("pending", "running", 30)
            reply = self._operation("web-1")
        elif name in {"CreateDiskSnapshot", "CreateInstanceSnapshot"}:
            reply = self._create(name.removeprefix("Create"), request, wire)
        elif name in {"GetDiskSnapshot", "GetInstanceSnapshot"}:
            key = _key(name.removeprefix("Get"))
            if wire[f"{key}Name"] not in self._snapshots:
                raise not_found(request)
            reply = {key: self._snapshots[wire[f"{key}Name"]]}
        return reply

    def _create(self, kind: str, request: Request[Any], wire: Mapping[str, Any]) -> dict[str, Any]:
        name = wire[f"{_key(kind)}Name"]
        if name in self._snapshots:
            raise refused_as_taken(request)
        self._snapshots[name] = {
            "name": name,
            "arn": f"arn:{name}",
            "createdAt": self.clock.time(),
            "state": "completed" if kind == "DiskSnapshot" else "available",
            "fromInstanceName": wire.get("instanceName"),
            "fromDiskName": wire.get("diskName"),
            "tags": wire.get("tags", []),
        }
        self.taken_while.append(self.state)
        return self._operation(name)

    def _operation(self, name: str) -> dict[str, Any]:
        wire = {"id": f"op-{next(self._ids)}", "resourceName": name}
        return {"operations": [wire | {"status": "Succeeded", "isTerminal": True}]}


def client_of(service: Service) -> LightsailSnapClient:
    return LightsailSnapClient(transport=service, clock=service.clock, wait_policy=POLICY)


def async_client_of(service: Service) -> AsyncLightsailSnapClient:
    return AsyncLightsailSnapClient(transport=service, clock=service.clock, wait_policy=POLICY)


def test_running_instance_is_stopped_and_started_again(caplog: pytest.LogCaptureFixture) -> None:
    service = Service()
    stop = stop_instance(client_of(service), "web-1")
    assert isinstance(stop, StoppedInstance)
    assert not stop.downtime
    with caplog.at_level(logging.INFO, "lightsail_snap"), stop as entered:
        assert entered is stop
        assert service.state == "stopped"
        assert not stop.downtime
    assert service.state == "running"
    assert stop.downtime
    assert timedelta(seconds=50) <= stop.downtime < timedelta(seconds=65)
    [warning] = [each for each in caplog.records if each.levelno == logging.WARNING]
    assert warning.message.endswith("again, run: lightsail-snap start web-1")
    [record] = [each for each in caplog.records if hasattr(each, "downtime_seconds")]
    assert record.downtime_seconds == stop.downtime.total_seconds()
    assert record.message.startswith("instance web-1 was stopped for ")
    assert repr(stop) == "StoppedInstance('web-1')"


@pytest.mark.parametrize("state", ["stopped", "stopping"])
def test_stopped_instance_is_left_stopped(state: str) -> None:
    service = Service(state)
    if state == "stopping":
        service._change("stopping", "stopped", 20)
    with stop_instance(client_of(service), "web-1") as stop:
        assert service.state == "stopped"
    assert service.settle() == "stopped"
    assert {"StopInstance", "StartInstance"}.isdisjoint(service.operations)
    assert stop.downtime is None


def test_booting_instance_is_stopped_once_it_runs() -> None:
    service = Service("pending")
    service._change("pending", "running", 10)
    with stop_instance(client_of(service), "web-1"):
        assert service.state == "stopped"
    assert service.state == "running"


def test_wait_until_running_false_ends_while_the_instance_boots() -> None:
    service = Service()
    stop = stop_instance(client_of(service), "web-1", wait_until_running=False)
    with stop:
        pass
    assert service.state == "pending"
    assert stop.downtime is not None


def test_instance_starts_again_after_an_error_of_the_block() -> None:
    service = Service()
    with pytest.raises(ZeroDivisionError), stop_instance(client_of(service), "web-1"):
        1 / 0  # noqa: B018 - it raises
    assert service.state == "running"


def test_context_manager_can_be_used_again_but_not_twice_at_once() -> None:
    service = Service()
    stop = stop_instance(client_of(service), "web-1")
    for _ in range(2):
        with stop, pytest.raises(QuiesceError, match="create another one"), stop:
            pass
    assert service.operations.count("StartInstance") == 2
    with pytest.raises(QuiesceError, match="has not been entered"):
        stop.__exit__(None, None, None)


def test_forked_child_does_not_start_the_instance(monkeypatch: pytest.MonkeyPatch) -> None:
    service = Service()
    with monkeypatch.context() as patched:
        stop = stop_instance(client_of(service), "web-1")
        stop.__enter__()
        patched.setattr(os, "getpid", lambda: -1)
        stop.__exit__(None, None, None)
    assert service.settle() == "stopped"


@pytest.mark.parametrize("fault", [throttled, server_error, lost, not_sent, refused])
@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("operation", ["GetInstance", "StopInstance", "StartInstance"])
def test_failed_call_is_repeated(operation: str, fault: Any, *, late: bool) -> None:
    service = Service(faults={operation: [None, fault] if operation == "GetInstance" else [fault]})
    service._late = late
    if operation == "GetInstance" and fault is refused:
        with pytest.raises(QuiesceError), stop_instance(client_of(service), "web-1"):
            pass
    else:
        with stop_instance(client_of(service), "web-1"):
            assert service.state == "stopped"
    assert service.settle() == "running"


@pytest.mark.parametrize("fault", [denied, rejected, refused])
def test_refused_stop_is_an_error_and_starts_nothing(fault: Any) -> None:
    service = Service(faults={"StopInstance": itertools.repeat(fault)})
    with (
        pytest.raises(QuiesceError, match="could not be stopped, so no snapshot") as caught,
        stop_instance(client_of(service), "web-1"),
    ):
        pytest.fail("the block must not run")
    assert service.state == "running"
    assert "StartInstance" not in service.operations
    assert not caught.value.may_have_executed
    assert isinstance(caught.value.__cause__, LightsailSnapError)


def test_stop_without_effect_ends_at_its_limit_and_is_undone() -> None:
    service = Service(faults={"StopInstance": itertools.repeat(lost)})
    stop = stop_instance(client_of(service), "web-1", stop_timeout=60)
    with pytest.raises(QuiesceError, match="could not be stopped") as caught, stop:
        pytest.fail("the block must not run")
    assert caught.value.may_have_executed
    # The last requests may be carried out late, so one read that shows `running` proves nothing.
    assert service.operations[-5:] == ["GetInstance"] * 5
    assert service.state == "running"


@pytest.mark.parametrize("fault", [denied, rejected, refused, not_sent])
def test_failed_start_is_an_error_with_the_command(fault: Any) -> None:
    service = Service(faults={"StartInstance": itertools.repeat(fault)})
    stop = stop_instance(client_of(service), "web-1", start_timeout=120)
    with pytest.raises(QuiesceError, match="lightsail-snap start web-1") as caught, stop:
        pass
    assert caught.value.command == ("lightsail-snap", "start", "web-1")
    assert caught.value.may_have_executed
    assert stop.downtime is None


def test_failed_start_keeps_the_error_of_the_block_as_context() -> None:
    service = Service(faults={"StartInstance": itertools.repeat(denied)})
    with pytest.raises(QuiesceError) as caught, stop_instance(client_of(service), "web-1"):
        raise ZeroDivisionError
    assert isinstance(caught.value.__context__, ZeroDivisionError)


def test_failed_start_after_a_failed_stop_has_both_errors() -> None:
    service = Service(
        faults={
            "StopInstance": [lost],
            "GetInstance": [None, None, *[denied] * 9],
        },
        late=True,
    )
    with pytest.raises(QuiesceError, match="lightsail-snap start") as caught:
        stop_instance(client_of(service), "web-1").__enter__()
    assert "could not be stopped" in str(caught.value.__context__)


@pytest.mark.parametrize("reads", [1, 2, 4])
def test_stale_reads_of_a_running_instance_do_not_prevent_the_start(reads: int) -> None:
    service = Service()
    with stop_instance(client_of(service), "web-1"):
        service.stale_states = ["running"] * reads
    assert service.state == "running"
    assert service.operations.count("StartInstance") == 1


@pytest.mark.parametrize("reads", [1, 2, 4])
def test_stale_reads_of_a_stopped_instance_do_not_repeat_the_start(reads: int) -> None:
    service = Service()
    with stop_instance(client_of(service), "web-1"):
        service.stale_states = ["stopped"] * (reads + 1)
    assert service.state == "running"
    assert service.operations.count("StartInstance") == 1


def test_instance_that_another_client_starts_needs_no_request() -> None:
    service = Service()
    with stop_instance(client_of(service), "web-1") as stop:
        service._change("pending", "running", 10)
    assert service.state == "running"
    assert "StartInstance" not in service.operations
    assert stop.downtime is not None


def test_another_instance_of_the_name_is_never_started() -> None:
    service = Service()
    stop = stop_instance(client_of(service), "web-1")
    with pytest.raises(QuiesceError), stop:
        service.arn = f"{ARN}-other"
    assert "StartInstance" not in service.operations


@pytest.mark.parametrize("state", ["terminated", "shutting-down"])
def test_deleted_instance_is_an_error(state: str) -> None:
    with (
        pytest.raises(WaitFailedError, match=f"it is {state}"),
        stop_instance(client_of(Service(state)), "web-1"),
    ):
        pass


def test_missing_instance_is_an_error_and_leaves_the_object_usable() -> None:
    service = Service(faults={"GetInstance": [not_found]})
    stop = stop_instance(client_of(service), "web-1")
    with pytest.raises(NotFoundException), stop:
        pass
    with stop:
        assert service.state == "stopped"


# Interrupts


@pytest.mark.parametrize("operation", ["GetInstance", "StopInstance", "StartInstance"])
@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("skipped", [0, 1, 2])
def test_instance_runs_after_an_error_raised_into_the_thread(
    operation: str, skipped: int, *, late: bool
) -> None:
    service = Service(faults={operation: [*[None] * skipped, interrupted]}, late=late)
    with suppress(KeyboardInterrupt), stop_instance(client_of(service), "web-1"):
        pass
    assert service.settle() == "running"


def test_endless_interrupts_of_the_start_end() -> None:
    service = Service(faults={"StartInstance": itertools.repeat(interrupted)})
    with pytest.raises(KeyboardInterrupt), stop_instance(client_of(service), "web-1"):
        pass
    assert service.operations.count("StartInstance") == stopping._MAX_INTERRUPTS


@pytest.mark.parametrize("operation", ["GetInstance", "StopInstance", "StartInstance"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("calls", [1, 2, 3])
def test_signal_is_handled_once_the_instance_starts(
    operation: str, number: int, calls: int, caplog: pytest.LogCaptureFixture
) -> None:
    service = Service()
    remaining = itertools.count(1)

    def send_signal(called: str) -> None:
        if called == operation and next(remaining) == calls:
            signal.raise_signal(number)

    def handle(_number: int, _frame: object) -> None:
        assert threading.current_thread() is threading.main_thread()
        raise KeyboardInterrupt

    service.on_call = send_signal
    usual = signal.signal(number, handle)
    try:
        with suppress(KeyboardInterrupt), stop_instance(client_of(service), "web-1"):
            pass
        assert signal.getsignal(number) is handle
    finally:
        signal.signal(number, usual)
    assert service.settle() == "running"
    if next(remaining) > calls:
        assert "interrupted; instance web-1 is started first" in caplog.text


def test_signal_whose_handler_only_takes_note_is_an_error_of_the_stop() -> None:
    service = Service()
    received: list[int] = []
    service.on_call = lambda name: {"StopInstance": signal.raise_signal}.get(name, repr)(15)
    usual = signal.signal(signal.SIGTERM, lambda number, _frame: received.append(number))
    try:
        with pytest.raises(QuiesceError, match="a signal was received"):
            stop_instance(client_of(service), "web-1").__enter__()
    finally:
        signal.signal(signal.SIGTERM, usual)
    assert received == [signal.SIGTERM]
    assert service.settle() == "running"


def test_deferred_signals_leave_other_threads_and_default_handlers_alone() -> None:
    handler = signal.getsignal(signal.SIGINT)
    found: list[object] = []

    def defer() -> None:
        with DeferredSignals(lambda: None) as signals:
            found.append(signal.getsignal(signal.SIGINT))
            found.append(signals.is_received())

    thread = threading.Thread(target=defer)
    thread.start()
    thread.join()
    assert found == [handler, False]
    usual = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        with DeferredSignals(lambda: None):
            assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    finally:
        signal.signal(signal.SIGTERM, usual)


# Snapshots


@pytest.mark.parametrize(
    "source", [DiskSource(disk_name="Disk-1"), InstanceSource(instance_name="web-1")]
)
def test_disk_snapshot_is_taken_of_a_stopped_instance(source: Any) -> None:
    service, durations = Service(), list[timedelta]()
    client = client_of(service)
    stop = stop_instance(client, "web-1")
    # Stopping and starting takes longer than this.
    client.take_disk_snapshot("db-1", source, quiesce=stop, timeout=5, on_quiesced=durations.append)
    assert service.taken_while == ["stopped"]
    assert service.state == "running"
    assert durations == [stop.downtime]


def test_instance_snapshot_is_taken_of_a_stopped_instance() -> None:
    service = Service("stopped")
    client = client_of(service)
    durations = list[timedelta]()
    client.take_instance_snapshot(
        "all-1", "web-1", quiesce=stop_instance(client, "web-1"), on_quiesced=durations.append
    )
    assert service.taken_while == ["stopped"]
    assert service.state == "stopped"
    assert durations == [timedelta()]


def test_source_of_another_instance_is_refused_before_anything_is_stopped() -> None:
    service = Service()
    client = client_of(service)
    stop = stop_instance(client, "web-2")
    for take in (
        lambda: client.take_disk_snapshot("db-1", DiskSource(disk_name="Disk-1"), quiesce=stop),
        lambda: client.take_disk_snapshot(
            "db-1", InstanceSource(instance_name="web-1"), quiesce=stop
        ),
        lambda: client.take_instance_snapshot("db-1", "web-1", quiesce=stop),
    ):
        with pytest.raises(RequestValidationError, match="web-1"):
            take()
    service.attached_to = None
    with pytest.raises(RequestValidationError, match="attached to no instance"):
        client.take_disk_snapshot("db-1", DiskSource(disk_name="Disk-1"), quiesce=stop)
    assert set(service.operations) == {"GetDisk"}


def test_failed_request_still_starts_the_instance() -> None:
    service = Service(faults={"CreateDiskSnapshot": [denied]})
    client = client_of(service)
    with pytest.raises(AccessDeniedException):
        client.take_disk_snapshot(
            "db-1",
            InstanceSource(instance_name="web-1"),
            quiesce=stop_instance(client, "web-1"),
        )
    assert service.state == "running"


def test_failed_start_after_an_accepted_request_has_a_note() -> None:
    service = Service(faults={"StartInstance": [denied]})
    client = client_of(service)
    with pytest.raises(QuiesceError, match="lightsail-snap start web-1") as caught:
        client.take_disk_snapshot(
            "db-1",
            InstanceSource(instance_name="web-1"),
            quiesce=stop_instance(client, "web-1"),
        )
    assert caught.value.may_have_executed
    [note] = caught.value.__notes__
    assert "wait_for_disk_snapshot('db-1')" in note


def test_failed_start_after_a_failed_request_may_have_executed() -> None:
    service = Service(faults={"StartInstance": [denied], "CreateDiskSnapshot": [denied]})
    client = client_of(service)
    with pytest.raises(QuiesceError) as caught:
        client.take_disk_snapshot(
            "db-1",
            InstanceSource(instance_name="web-1"),
            quiesce=stop_instance(client, "web-1"),
        )
    assert caught.value.may_have_executed


@pytest.mark.parametrize("lookup", [None, denied])
def test_repeated_call_with_its_token_stops_nothing(lookup: Any) -> None:
    service = Service(faults={"GetDiskSnapshot": [None, None, lookup]})
    client = client_of(service)
    for _ in range(2):
        service.operations.clear()
        client.take_disk_snapshot(
            "db-1",
            InstanceSource(instance_name="web-1"),
            client_token="token-1",  # noqa: S106 - no secret
            quiesce=stop_instance(client, "web-1"),
        )
    assert ("StopInstance" in service.operations) is (lookup is denied)


# The async client


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_async_client_stops_and_starts_the_instance(backend: str) -> None:
    service = Service()

    async def work() -> None:
        client = async_client_of(service)
        stop = stop_instance(client, "web-1")
        assert isinstance(stop, AsyncStoppedInstance)
        async with stop as entered:
            assert entered is stop
            assert service.state == "stopped"
        assert service.state == "running"
        source = InstanceSource(instance_name="web-1")
        await client.take_disk_snapshot("db-1", source, quiesce=stop)

    anyio.run(work, backend=backend)
    assert service.taken_while == ["stopped"]
    assert service.settle() == "running"


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("operation", ["StopInstance", "CreateDiskSnapshot", "StartInstance"])
def test_cancelled_task_starts_the_instance_first(backend: str, operation: str) -> None:
    service = Service()

    async def work() -> None:
        client = async_client_of(service)
        with anyio.CancelScope() as scope:
            call_in_loop = loop_caller()
            service.on_call = lambda name: name == operation and call_in_loop(scope.cancel)
            await client.take_disk_snapshot(
                "db-1",
                InstanceSource(instance_name="web-1"),
                quiesce=stop_instance(client, "web-1"),
            )
        assert scope.cancelled_caught
        assert service.state == "running"

    anyio.run(work, backend=backend)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("operation", ["GetInstance", "StopInstance", "StartInstance"])
def test_cancelled_async_with_starts_the_instance_first(backend: str, operation: str) -> None:
    service = Service()

    async def work() -> None:
        client = async_client_of(service)
        with anyio.CancelScope() as scope:
            call_in_loop = loop_caller()
            service.on_call = lambda name: name == operation and call_in_loop(scope.cancel)
            async with stop_instance(client, "web-1"):
                await anyio.lowlevel.checkpoint()
        assert service.settle() == "running"

    anyio.run(work, backend=backend)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_failed_stop_of_the_async_client_is_an_error(backend: str) -> None:
    service = Service(faults={"StopInstance": [denied]})

    async def work() -> None:
        with pytest.raises(QuiesceError, match="could not be stopped"):
            async with stop_instance(async_client_of(service), "web-1"):
                pytest.fail("the block must not run")

    anyio.run(work, backend=backend)


# Parameters


@pytest.mark.parametrize("client", [None, "us-east-1", object()])
def test_client_of_another_kind_is_refused(client: Any) -> None:
    with pytest.raises(RequestValidationError, match="pass a LightsailSnapClient"):
        stop_instance(client, "web-1")


@pytest.mark.parametrize("parameter", ["stop_timeout", "start_timeout"])
def test_invalid_timeout_is_refused(parameter: str) -> None:
    options: dict[str, Any] = {parameter: -1}
    with pytest.raises(RequestValidationError, match="timeout"):
        stop_instance(client_of(Service()), "web-1", **options)


def test_invalid_name_is_refused() -> None:
    with pytest.raises(RequestValidationError):
        stop_instance(client_of(Service()), "")


# Properties

_FAULTS: list[Fault | None] = [
    *[None] * 4,
    lost,
    not_sent,
    throttled,
    server_error,
    refused,
    denied,
    rejected,
    not_found,
    interrupted,
]


@given(
    state=st.sampled_from(["running", "stopped", "stopping", "pending"]),
    faults=st.fixed_dictionaries(
        {
            name: st.lists(st.sampled_from(_FAULTS), max_size=6)
            for name in ("GetInstance", "StopInstance", "StartInstance", "CreateDiskSnapshot")
        }
    ),
    late=st.booleans(),
    limit=st.sampled_from([0.0, 30.0, 600.0]),
)
@example(
    state="running",
    faults={"StopInstance": [interrupted], "GetInstance": [None, None, not_found]},
    late=True,
    limit=600.0,
)
@example(state="running", faults={"CreateDiskSnapshot": [interrupted]}, late=True, limit=600.0)
def test_instance_ends_as_it_began_or_an_error_has_the_command(
    state: str, faults: dict[str, list[Fault | None]], limit: float, *, late: bool
) -> None:
    service = Service(state, faults, late=late)
    if state in {"stopping", "pending"}:
        service._change(state, "stopped" if state == "stopping" else "running", 15)
    client = client_of(service)
    stop = stop_instance(client, "web-1", stop_timeout=limit, start_timeout=limit)
    error: BaseException | None = None
    try:
        client.take_disk_snapshot("db-1", InstanceSource(instance_name="web-1"), quiesce=stop)
    except (LightsailSnapError, KeyboardInterrupt) as raised:
        error = raised
    final = service.settle()
    assert set(service.taken_while) <= {"stopped"}
    if state in {"stopped", "stopping"}:
        assert "StartInstance" not in service.operations
        assert final == "stopped"
    elif final != "running":
        assert isinstance(error, QuiesceError)
        assert error.command == ("lightsail-snap", "start", "web-1")
        assert pickle.loads(pickle.dumps(error)).command == error.command  # noqa: S301 - own data
