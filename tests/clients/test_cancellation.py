"""Calls and paused writes whose task is cancelled."""

from __future__ import annotations

import _thread
import asyncio
import contextlib
import contextvars
import gc
import logging
import signal
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import partial
from typing import Any

import anyio
import anyio.to_thread
import pytest
import trio
from tests.support import loop_caller

from lightsail_snap import (
    AsyncLightsailSnapClient,
    CreateDiskSnapshotRequest,
    DiskSource,
    InvalidInputException,
    LightsailSnapClient,
    OutcomeUnknownError,
    QuiesceError,
    Request,
    RequestNotSentError,
    RequestValidationError,
    Response,
    ResponseMetadata,
    ServiceError,
    VirtualClock,
)

DISK = DiskSource(disk_name="disk-1")
REQUESTS = [
    CreateDiskSnapshotRequest(disk_snapshot_name=f"db-{number}", source=DISK) for number in range(6)
]
LONG = 60  # only a test that hangs takes it
CREATED: dict[str, Any] = {"operations": [{"id": "op-1"}]}
WHO: contextvars.ContextVar[str] = contextvars.ContextVar("WHO", default="unset")


class Gate:
    """A transport whose calls end only when they are released."""

    state = "completed"

    def __init__(
        self, *, blocking: str = "", error: Callable[[Any], BaseException] | None = None
    ) -> None:
        self.blocking = blocking
        self.error = error
        self.when_begun: Callable[[], object] | None = None
        self.call_on_loop: Callable[[Callable[[], object]], None]
        self.began = threading.Event()
        self.may_end = threading.Event()
        self.requests: list[str] = []
        self.ended: list[str] = []
        self.who: list[str] = []

    def send(self, request: Request[Any]) -> Response:
        name = request.operation_name
        self.requests.append(name)
        self.who.append(WHO.get())
        if name.startswith(self.blocking):
            self.began.set()
            if self.when_begun is not None:
                self.call_on_loop(self.when_begun)
            assert self.may_end.wait(LONG)
        self.ended.append(name)
        if self.error is not None:
            raise self.error(request)
        snapshot_name = getattr(request, "disk_snapshot_name", "db-1")
        snapshot = {"diskSnapshot": {"name": snapshot_name, "state": self.state}}
        return Response(snapshot if name.startswith("Get") else CREATED, ResponseMetadata())

    def close(self) -> None:
        pass


def async_client(gate: Gate, **options: Any) -> AsyncLightsailSnapClient:
    gate.call_on_loop = loop_caller()
    return AsyncLightsailSnapClient(transport=gate, clock=VirtualClock(), **options)


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what another thread or task does, on either event loop."""
    with anyio.fail_after(LONG):
        while not condition():  # noqa: ASYNC110 - other threads know nothing of the loop's events
            await anyio.sleep(0.001)


def release_soon(gate: Gate) -> None:
    threading.Timer(0.05, gate.may_end.set).start()


def release_after(gate: Gate, cancel: Callable[[], object]) -> None:
    """Let a call of a gate be cancelled as soon as it has begun, and end a little later."""

    def when_begun() -> None:
        cancel()
        release_soon(gate)

    gate.when_begun = when_begun


async def read(gate: Gate) -> object:
    return await async_client(gate).get_disk_snapshot("db-1")


async def create(gate: Gate) -> object:
    return await async_client(gate).create_disk_snapshot("db-1", DISK)


@pytest.fixture
def anyio_backend() -> str:
    """Run tests of asyncio's own kinds of cancellation on asyncio."""
    return "asyncio"


on_both_loops = pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])


@pytest.fixture(autouse=True)
def _nothing_is_left_behind(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    # A ResourceWarning is an error in these tests, and so is an exception that was never retrieved.
    with caplog.at_level(logging.DEBUG):
        yield
    gc.collect()
    assert [record for record in caplog.records if record.name == "asyncio"] == []


@pytest.fixture
def warnings(caplog: pytest.LogCaptureFixture) -> Callable[[], list[logging.LogRecord]]:
    return lambda: [
        record
        for record in caplog.records
        if record.name == "lightsail_snap" and record.levelno == logging.WARNING
    ]


Warnings = Callable[[], list[logging.LogRecord]]


def assert_logged(warnings: Warnings) -> None:
    (record,) = warnings()
    assert "CreateDiskSnapshot was executed, or may have been" in record.getMessage()
    assert vars(record)["operation"] == "CreateDiskSnapshot"
    assert vars(record)["may_have_executed"] is True


def assert_explained(cancelled: BaseException | None) -> None:
    assert cancelled is not None
    fact = cancelled.__cause__
    assert isinstance(fact, OutcomeUnknownError)
    assert fact.may_have_executed
    assert isinstance(fact.request, CreateDiskSnapshotRequest)
    assert cancelled.__notes__ == [str(fact)]


# Calls that only read


@pytest.mark.anyio
@on_both_loops
async def test_cancelled_read_is_abandoned_at_once(warnings: Warnings) -> None:
    gate = Gate()
    async with anyio.create_task_group() as group:
        group.start_soon(read, gate)
        await until(gate.began.is_set)
        group.cancel_scope.cancel()
    assert gate.ended == []
    gate.may_end.set()
    await until(lambda: gate.ended == ["GetDiskSnapshot"])
    assert warnings() == []


@pytest.mark.anyio
@on_both_loops
async def test_error_of_an_abandoned_read_is_ignored() -> None:
    gate = Gate(error=lambda request: RequestNotSentError("no", request=request))
    with anyio.CancelScope() as scope:
        gate.when_begun = scope.cancel
        await read(gate)
    assert scope.cancelled_caught
    gate.may_end.set()
    await until(lambda: gate.ended == ["GetDiskSnapshot"])
    await anyio.sleep(0.01)


Cancel = Callable[[Callable[[], object]], None]


async def _by_cancel(job: Coroutine[Any, Any, object], when_begun: Cancel) -> None:
    task = asyncio.create_task(job)
    when_begun(task.cancel)
    await task


async def _by_timeout(job: Coroutine[Any, Any, object], when_begun: Cancel) -> None:
    async with asyncio.timeout(None) as limit:
        when_begun(lambda: limit.reschedule(0))
        await job


async def _by_wait_for(job: Coroutine[Any, Any, object], when_begun: Cancel) -> None:
    begun = asyncio.Event()
    when_begun(begun.set)
    task = asyncio.create_task(job)
    await begun.wait()
    await asyncio.wait_for(task, 0)


async def _by_sibling(job: Coroutine[Any, Any, object], when_begun: Cancel) -> None:
    async def fail() -> None:
        await begun.wait()
        raise ZeroDivisionError

    begun = asyncio.Event()
    when_begun(begun.set)
    async with asyncio.TaskGroup() as group:
        group.create_task(job)
        group.create_task(fail())


WAYS = {
    "cancel": (_by_cancel, asyncio.CancelledError),
    "timeout": (_by_timeout, TimeoutError),
    "wait_for": (_by_wait_for, TimeoutError),
    "sibling": (_by_sibling, ExceptionGroup),
}


@pytest.mark.anyio
@pytest.mark.parametrize("way", WAYS)
async def test_read_is_abandoned_however_asyncio_cancels(way: str) -> None:
    gate = Gate()
    cancel, expected = WAYS[way]
    with pytest.raises(expected):
        await cancel(read(gate), partial(setattr, gate, "when_begun"))
    assert gate.requests == ["GetDiskSnapshot"]
    assert gate.ended == []
    gate.may_end.set()
    await until(lambda: gate.ended == ["GetDiskSnapshot"])


# Calls that change something


def cancellation_in(error: BaseException | None) -> BaseException | None:
    """Find the cancellation below what asyncio made of it."""
    while error is not None and not isinstance(error, asyncio.CancelledError):
        error = error.__cause__
    return error


@pytest.mark.anyio
@pytest.mark.parametrize("way", WAYS)
async def test_change_is_waited_for_however_asyncio_cancels(way: str, warnings: Warnings) -> None:
    gate = Gate()
    cancel, expected = WAYS[way]
    with pytest.raises(expected) as caught:
        await cancel(create(gate), partial(release_after, gate))
    assert gate.ended == ["CreateDiskSnapshot"]
    if way != "sibling":
        # A group hides the cancellation of its other tasks; the log has it.
        assert_explained(cancellation_in(caught.value))
    assert_logged(warnings)


@pytest.mark.anyio
@on_both_loops
async def test_change_is_waited_for_when_a_scope_is_cancelled(warnings: Warnings) -> None:
    gate = Gate()
    with anyio.CancelScope() as scope:
        release_after(gate, scope.cancel)
        await create(gate)
    assert scope.cancelled_caught
    assert gate.ended == ["CreateDiskSnapshot"]
    assert_logged(warnings)


@pytest.mark.parametrize("limit", [trio.move_on_after, trio.fail_after])
def test_change_is_waited_for_however_trio_cancels(
    limit: Callable[[float], contextlib.AbstractContextManager[trio.CancelScope]],
    warnings: Warnings,
) -> None:
    gate = Gate()
    seen: list[BaseException] = []

    async def main() -> None:
        with limit(3600) as scope:
            release_after(gate, scope.cancel)
            try:
                await create(gate)
            except trio.Cancelled as cancelled:
                seen.append(cancelled)
                raise

    with suppress(trio.TooSlowError):
        trio.run(main)
    assert gate.ended == ["CreateDiskSnapshot"]
    assert_explained(seen[0])
    assert_logged(warnings)


@pytest.mark.anyio
async def test_second_cancellation_does_not_abandon_a_change(warnings: Warnings) -> None:
    gate = Gate()
    task = asyncio.create_task(create(gate))
    await until(gate.began.is_set)
    for _ in range(3):
        task.cancel()
        await asyncio.sleep(0.01)
    assert not task.done()
    gate.may_end.set()
    with pytest.raises(asyncio.CancelledError) as caught:
        await task
    assert gate.ended == ["CreateDiskSnapshot"]
    assert_explained(caught.value)
    assert_logged(warnings)


def test_change_is_waited_for_at_the_end_of_asyncio_run(warnings: Warnings) -> None:
    """It cancels every task there is."""
    gate = Gate()
    seen: list[BaseException] = []

    async def in_the_background() -> None:
        try:
            await create(gate)
        except asyncio.CancelledError as cancelled:
            seen.append(cancelled)
            raise

    async def main() -> asyncio.Task[None]:
        task = asyncio.create_task(in_the_background())
        await until(gate.began.is_set)
        release_soon(gate)
        return task

    assert asyncio.run(main()).cancelled()
    assert gate.ended == ["CreateDiskSnapshot"]
    assert_explained(seen[0])
    assert_logged(warnings)


@pytest.mark.anyio
async def test_call_creates_no_task_that_others_could_cancel() -> None:
    gate = Gate()
    before = asyncio.all_tasks()
    task = asyncio.create_task(async_client(gate).create_disk_snapshot("db-1", DISK))
    await until(gate.began.is_set)
    assert asyncio.all_tasks() - before == {task}
    gate.may_end.set()
    assert (await task).operations[0].id == "op-1"


@pytest.mark.anyio
async def test_change_that_has_not_started_is_cancelled() -> None:
    gate = Gate()
    client = async_client(gate, concurrency=1)
    first = asyncio.create_task(client.create_disk_snapshot("db-1", DISK))
    await until(gate.began.is_set)
    second = asyncio.create_task(client.create_disk_snapshot("db-2", DISK))
    await asyncio.sleep(0.01)
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    gate.may_end.set()
    assert (await first).operations
    assert gate.requests == ["CreateDiskSnapshot"]


@pytest.mark.anyio
@on_both_loops
async def test_change_that_was_not_executed_is_not_logged(warnings: Warnings) -> None:
    gate = Gate(error=lambda request: RequestNotSentError("no", request=request))
    with anyio.CancelScope() as scope:
        release_after(gate, scope.cancel)
        await create(gate)
    assert scope.cancelled_caught
    assert gate.ended == ["CreateDiskSnapshot"]
    assert warnings() == []


@pytest.mark.anyio
async def test_change_that_may_have_been_executed_is_logged(
    warnings: Warnings,
) -> None:
    gate = Gate(error=lambda request: OutcomeUnknownError("read timeout", request=request))
    task = asyncio.create_task(create(gate))
    await until(gate.began.is_set)
    task.cancel()
    gate.may_end.set()
    with pytest.raises(asyncio.CancelledError) as caught:
        await task
    assert_explained(caught.value)
    assert "read timeout" in str(caught.value.__cause__.__cause__)  # type: ignore[union-attr] # see above
    assert_logged(warnings)


@pytest.mark.anyio
@on_both_loops
async def test_call_cancelled_before_its_start_is_not_sent(warnings: Warnings) -> None:
    gate = Gate()
    with anyio.CancelScope() as scope:
        scope.cancel()
        await create(gate)
    assert scope.cancelled_caught
    with anyio.CancelScope() as scope:
        scope.cancel()
        await read(gate)
    assert scope.cancelled_caught
    assert gate.requests == []
    assert warnings() == []


@pytest.mark.anyio
@on_both_loops
async def test_queued_call_is_not_sent_after_cancellation(warnings: Warnings) -> None:
    gate = Gate()
    client = async_client(gate, concurrency=1)
    async with anyio.create_task_group() as group:
        group.start_soon(client.create_disk_snapshot, "db-1", DISK)
        await until(gate.began.is_set)
        with anyio.move_on_after(0.02) as scope:
            await client.create_disk_snapshot("db-2", DISK)
        assert scope.cancelled_caught
        gate.may_end.set()
    assert gate.requests == ["CreateDiskSnapshot"]
    assert warnings() == []


@pytest.mark.anyio
@on_both_loops
async def test_cancelled_batch_logs_the_changes_that_started(warnings: Warnings) -> None:
    gate = Gate()

    def when_begun() -> None:
        if len(gate.requests) == 2:
            scope.cancel()
            release_soon(gate)

    gate.when_begun = when_begun
    with anyio.CancelScope() as scope:
        await async_client(gate).take_disk_snapshots(REQUESTS, concurrency=2)
    assert scope.cancelled_caught
    assert gate.ended == ["CreateDiskSnapshot"] * 2
    assert len(warnings()) == 2


@pytest.mark.anyio
@on_both_loops
async def test_cancelled_pause_ends_at_once(warnings: Warnings) -> None:
    class Stuck(VirtualClock):
        def sleep(self, seconds: float) -> None:
            assert seconds
            paused.set()
            assert woken.wait(LONG)

    gate, paused, woken = Gate(blocking="nothing"), threading.Event(), threading.Event()
    gate.state = "pending"
    client = AsyncLightsailSnapClient(transport=gate, clock=Stuck())
    async with anyio.create_task_group() as group:
        group.start_soon(partial(client.take_disk_snapshot, "db-1", DISK))
        await until(paused.is_set)
        group.cancel_scope.cancel()
    woken.set()
    # A response before the cancellation is not logged again.
    assert gate.ended == ["CreateDiskSnapshot", "GetDiskSnapshot"]
    assert warnings() == []


# PausedWrites that are paused


class PausedWrites:
    """A context manager that pauses writes, and records what is done with it."""

    def __init__(
        self, *, slow: str = "", failing: str = "", error: type[BaseException] = OSError
    ) -> None:
        self.slow = slow
        self.failing = failing
        self.error = error
        self.began = threading.Event()
        self.may_end = threading.Event()
        self.steps: list[str] = []
        self.body: object = None

    def _step(self, name: str) -> None:
        if name == self.slow:
            self.began.set()
            assert self.may_end.wait(LONG)
        self.steps.append(name)
        if name == self.failing:
            raise self.error(f"{name} failed")

    def __enter__(self) -> object:
        self._step("enter")
        return self

    def __exit__(self, _: object, body: object, __: object) -> bool:
        self.body = body
        self._step("exit")
        # Its return value cannot suppress an error or a cancellation.
        return True


class AsyncPausedWrites:
    """The same, for an event loop."""

    def __init__(self, **options: Any) -> None:
        self.writes = PausedWrites(**options)

        self.began = self.writes.began
        self.may_end = self.writes.may_end
        self.steps = self.writes.steps
        self.body: object = None

    async def _step(self, name: str) -> None:
        if name == self.writes.slow:
            self.began.set()
            await until(self.writes.may_end.is_set)
            self.writes.slow = ""
        self.writes._step(name)

    async def __aenter__(self) -> object:
        await self._step("enter")
        return self

    async def __aexit__(self, _: object, body: object, __: object) -> bool:
        self.body = body
        await self._step("exit")
        return True


KINDS: dict[str, Any] = {"sync": PausedWrites, "async": AsyncPausedWrites}
of_both_kinds = pytest.mark.parametrize("kind", KINDS)


async def take(gate: Gate, writes: Any, **options: Any) -> object:
    return await async_client(gate).take_disk_snapshot("db-1", DISK, quiesce=writes, **options)


@pytest.mark.anyio
@on_both_loops
@of_both_kinds
async def test_writes_resume_before_a_cancellation_propagates(
    kind: str, warnings: Warnings
) -> None:
    gate, writes = Gate(), KINDS[kind]()
    with anyio.CancelScope() as scope:
        release_after(gate, scope.cancel)
        try:
            await take(gate, writes)
        except anyio.get_cancelled_exc_class():
            assert writes.steps == ["enter", "exit"]
            raise
    assert scope.cancelled_caught
    assert writes.steps == ["enter", "exit"]
    assert isinstance(writes.body, anyio_cancellations())
    assert gate.ended == ["CreateDiskSnapshot"]
    assert_logged(warnings)


def anyio_cancellations() -> tuple[type[BaseException], ...]:
    return asyncio.CancelledError, trio.Cancelled


async def _cancel_when(
    event: threading.Event, scope: anyio.CancelScope, then: threading.Event
) -> None:
    await until(event.is_set)
    scope.cancel()
    then.set()


@pytest.mark.anyio
@of_both_kinds
async def test_writes_resume_before_an_asyncio_cancellation_propagates(
    kind: str, warnings: Warnings
) -> None:
    gate, writes = Gate(), KINDS[kind]()
    task = asyncio.create_task(take(gate, writes))
    await until(gate.began.is_set)
    task.cancel()
    gate.may_end.set()
    with pytest.raises(asyncio.CancelledError) as caught:
        await task
    assert writes.steps == ["enter", "exit"]
    assert writes.body is caught.value
    assert_explained(caught.value)
    assert_logged(warnings)


@pytest.mark.anyio
@on_both_loops
@of_both_kinds
async def test_context_is_not_entered_after_cancellation(kind: str) -> None:
    gate, writes = Gate(), KINDS[kind](slow="enter")
    with anyio.CancelScope() as scope:
        scope.cancel()
        await take(gate, writes)
    assert scope.cancelled_caught
    assert writes.steps == []
    assert gate.requests == []


async def _cancel_soon(
    how: str,
    job: Callable[[], Coroutine[Any, Any, Any]],
    event: threading.Event,
    then: threading.Event,
) -> None:
    """Cancel a job when something has begun, and let that end a little later."""
    if how == "natively":
        task = asyncio.create_task(job())
        await until(event.is_set)
        task.cancel()
        await asyncio.sleep(0.02)
        then.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        return
    with anyio.CancelScope() as scope:
        async with anyio.create_task_group() as group:
            group.start_soon(_cancel_when, event, scope, then)
            await job()
    assert scope.cancelled_caught


HOW = pytest.mark.parametrize(
    ("anyio_backend", "how"),
    [("asyncio", "natively"), ("asyncio", "by scope"), ("trio", "by scope")],
)


@pytest.mark.anyio
@HOW
async def test_context_entered_in_a_thread_during_cancellation_is_exited(how: str) -> None:
    gate, writes = Gate(), PausedWrites(slow="enter")
    await _cancel_soon(how, lambda: take(gate, writes), writes.began, writes.may_end)
    assert writes.steps == ["enter", "exit"]
    assert isinstance(writes.body, anyio_cancellations())
    assert gate.requests == []


@pytest.mark.anyio
@HOW
async def test_context_that_failed_to_enter_is_not_exited(how: str) -> None:
    gate, writes = Gate(), PausedWrites(slow="enter", failing="enter")
    await _cancel_soon(how, lambda: take(gate, writes), writes.began, writes.may_end)
    assert writes.steps == ["enter"]
    assert gate.requests == []


@pytest.mark.anyio
@HOW
async def test_cancellation_reaches_async_enter(how: str) -> None:
    """It has not been entered then, so it is not left, as with `async with`."""
    gate, writes = Gate(), AsyncPausedWrites(slow="enter")
    await _cancel_soon(how, lambda: take(gate, writes), writes.began, writes.may_end)
    assert writes.steps == []
    assert gate.requests == []


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("anyio_backend", "how", "kind"),
    [
        ("asyncio", "natively", "sync"),
        # asyncio itself interrupts an async one, as it does in `async with`: see the next test.
        ("asyncio", "by scope", "sync"),
        ("asyncio", "by scope", "async"),
        ("trio", "by scope", "sync"),
        ("trio", "by scope", "async"),
    ],
)
async def test_cancellation_during_exit_is_raised_afterwards(how: str, kind: str) -> None:
    gate, writes = Gate(blocking="nothing"), KINDS[kind](slow="exit")
    await _cancel_soon(how, lambda: take(gate, writes), writes.began, writes.may_end)
    assert writes.steps == ["enter", "exit"]
    assert writes.body is None
    assert gate.requests == ["CreateDiskSnapshot"]


@pytest.mark.anyio
async def test_async_exit_is_cancelled_once_by_asyncio() -> None:
    heard: list[str] = []
    gate, leaving = Gate(blocking="nothing"), asyncio.Event()

    @asynccontextmanager
    async def writes() -> AsyncIterator[None]:
        heard.append("paused")
        yield
        leaving.set()
        try:
            await asyncio.sleep(LONG)
        finally:
            await asyncio.sleep(0.01)
            heard.append("resumed")

    task = asyncio.create_task(take(gate, writes()))
    await leaving.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert heard == ["paused", "resumed"]


@pytest.mark.anyio
async def test_writes_resume_however_often_asyncio_cancels(warnings: Warnings) -> None:
    gate, writes = Gate(), PausedWrites(slow="exit")
    task = asyncio.create_task(take(gate, writes))
    await until(gate.began.is_set)
    task.cancel()
    gate.may_end.set()
    await until(lambda: bool(gate.ended))
    # At every moment while it is being left.
    for _ in range(20):
        task.cancel()
        await asyncio.sleep(0)
    assert not task.done()
    writes.may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert writes.steps == ["enter", "exit"]
    assert_logged(warnings)


@pytest.mark.anyio
async def test_writes_resume_when_cancelled_just_before_exit() -> None:
    class Cancelling(PausedWrites):
        def __getattr__(self, name: str) -> Any:
            # What is requests last before it is left: whether it is an async one.
            if name == "__aexit__":
                asyncio.get_running_loop().call_soon(task.cancel)
            raise AttributeError(name)

    gate, writes = Gate(blocking="nothing"), Cancelling()
    task = asyncio.create_task(take(gate, writes))
    with pytest.raises(asyncio.CancelledError):
        await task
    assert writes.steps == ["enter", "exit"]
    assert writes.body is None


def test_writes_resume_at_the_end_of_asyncio_run(warnings: Warnings) -> None:
    gate, writes = Gate(), PausedWrites()

    async def main() -> asyncio.Task[object]:
        task = asyncio.create_task(take(gate, writes))
        await until(gate.began.is_set)
        release_soon(gate)
        return task

    assert asyncio.run(main()).cancelled()
    assert writes.steps == ["enter", "exit"]
    assert_logged(warnings)


@pytest.mark.anyio
@on_both_loops
async def test_writes_resume_when_all_shared_threads_are_blocked() -> None:
    """All threads may be blocked by writes to the paused file system."""
    gate, writes, blocked = Gate(blocking="nothing"), PausedWrites(), threading.Event()
    shared = anyio.to_thread.current_default_thread_limiter()
    before, shared.total_tokens = shared.total_tokens, 1
    try:
        async with anyio.create_task_group() as group:
            group.start_soon(anyio.to_thread.run_sync, blocked.wait, LONG)
            await until(lambda: shared.borrowed_tokens == 1)
            with anyio.fail_after(LONG):
                await AsyncLightsailSnapClient(transport=gate).take_disk_snapshot(
                    "db-1", DISK, quiesce=writes, timeout=0
                )
            blocked.set()
    finally:
        shared.total_tokens = before
    assert writes.steps == ["enter", "exit"]


# Pausing that fails


def _sync_take(gate: Gate, writes: Any) -> object:
    client = LightsailSnapClient(transport=gate, clock=VirtualClock())
    return client.take_disk_snapshot("db-1", DISK, quiesce=writes)


def _runner(loop: str) -> Callable[[Gate, Any], object]:
    return _sync_take if loop == "sync" else lambda g, w: anyio.run(take, g, w, backend=loop)


INTERFACES = [("sync", "sync")] + [(loop, kind) for loop in ("asyncio", "trio") for kind in KINDS]
on_every_interface = pytest.mark.parametrize(("loop", "kind"), INTERFACES)


@on_every_interface
def test_writes_resume_when_the_request_is_accepted(loop: str, kind: str) -> None:
    gate, writes = Gate(blocking="nothing"), KINDS[kind]()
    _runner(loop)(gate, writes)
    assert writes.steps == ["enter", "exit"]
    assert writes.body is None


@on_every_interface
def test_writes_that_cannot_be_paused_raise(loop: str, kind: str) -> None:
    gate, writes = Gate(blocking="nothing"), KINDS[kind](failing="enter")
    with pytest.raises(
        QuiesceError, match="could not be paused, nothing was sent: enter"
    ) as caught:
        _runner(loop)(gate, writes)
    assert isinstance(caught.value.__cause__, OSError)
    assert not caught.value.may_have_executed
    assert writes.steps == ["enter"]
    assert gate.requests == []


@on_every_interface
def test_writes_that_cannot_be_resumed_raise(loop: str, kind: str) -> None:
    gate, writes = Gate(blocking="nothing"), KINDS[kind](failing="exit")
    with pytest.raises(QuiesceError, match="may still be paused: exit failed") as caught:
        _runner(loop)(gate, writes)
    assert isinstance(caught.value.__cause__, OSError)
    assert caught.value.may_have_executed
    assert "wait_for_disk_snapshot('db-1')" in caught.value.__notes__[0]
    assert writes.steps == ["enter", "exit"]
    assert gate.requests == ["CreateDiskSnapshot"]


def refused(request: Request[Any]) -> ServiceError:
    return InvalidInputException(
        "no", code="InvalidInputException", operation_name=request.operation_name
    )


@on_every_interface
def test_writes_resume_after_a_service_error(loop: str, kind: str) -> None:
    gate, writes = Gate(blocking="nothing", error=refused), KINDS[kind]()
    with pytest.raises(InvalidInputException) as caught:
        _runner(loop)(gate, writes)
    assert writes.steps == ["enter", "exit"]
    assert writes.body is caught.value


@on_every_interface
def test_writes_that_cannot_be_resumed_after_a_service_error_raise(loop: str, kind: str) -> None:
    gate, writes = Gate(blocking="nothing", error=refused), KINDS[kind](failing="exit")
    with pytest.raises(QuiesceError) as caught:
        _runner(loop)(gate, writes)
    assert not caught.value.may_have_executed
    assert isinstance(caught.value.__cause__, OSError)


@on_every_interface
@pytest.mark.parametrize("step", ["enter", "exit"])
def test_error_of_the_tree_is_raised_unchanged(loop: str, kind: str, step: str) -> None:
    """For example that of command_hooks, which names the command."""
    writes = KINDS[kind](failing=step, error=QuiesceError)
    with pytest.raises(QuiesceError) as caught:
        _runner(loop)(Gate(blocking="nothing"), writes)
    assert str(caught.value) == f"{step} failed"
    assert caught.value.__cause__ is None
    assert caught.value.may_have_executed == (step == "exit")


@pytest.mark.parametrize("loop", ["sync", "asyncio", "trio"])
def test_value_that_is_not_a_context_manager_is_refused(loop: str) -> None:
    gate = Gate(blocking="nothing")
    with pytest.raises(RequestValidationError, match="quiesce: must be a context manager"):
        _runner(loop)(gate, "fsfreeze")
    assert gate.requests == []


def test_async_context_manager_needs_the_async_client() -> None:
    gate = Gate(blocking="nothing")
    with pytest.raises(RequestValidationError, match="an async one needs the async client"):
        _sync_take(gate, AsyncPausedWrites())
    assert gate.requests == []


@pytest.mark.parametrize("loop", ["asyncio", "trio"])
def test_failure_to_resume_takes_precedence_over_cancellation(
    loop: str, warnings: Warnings
) -> None:
    """A file system that stays frozen matters more."""
    gate, writes = Gate(), PausedWrites(failing="exit")

    async def main() -> None:
        with anyio.CancelScope() as scope:
            release_after(gate, scope.cancel)
            await take(gate, writes)

    with pytest.raises(QuiesceError, match="may still be paused") as caught:
        anyio.run(main, backend=loop)
    assert caught.value.may_have_executed
    assert_logged(warnings)


# Interrupts of the sync client


def interrupted(_: Request[Any]) -> BaseException:
    return KeyboardInterrupt()


def test_writes_resume_after_an_interrupt() -> None:
    gate, writes = Gate(blocking="nothing", error=interrupted), PausedWrites()
    with pytest.raises(KeyboardInterrupt) as caught:
        _sync_take(gate, writes)
    assert writes.steps == ["enter", "exit"]
    assert writes.body is caught.value


def test_writes_resume_after_a_signal() -> None:
    @contextmanager
    def writes() -> Iterator[None]:
        steps.append("paused")
        try:
            yield
        finally:
            steps.append("resumed")

    class Interrupting(Gate):
        def send(self, request: Request[Any]) -> Response:
            _thread.interrupt_main()
            return super().send(request)

    steps: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        _sync_take(Interrupting(blocking="nothing"), writes())
    assert steps == ["paused", "resumed"]


def test_nothing_starts_after_an_interrupt(monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupting(Gate):
        def send(self, request: Request[Any]) -> Response:
            with lock:
                is_second = len(self.requests) == 1
                response = super().send(request)
            if is_second:
                assert all_submitted.wait(LONG)
                # Again and again: one that comes right before a thread waits does not wake it.
                while not interrupt_is_through.wait(0.02):
                    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            # Both calls last until the interrupt has reached the main thread.
            assert interrupt_is_through.wait(LONG)
            return response

    def submit(pool: ThreadPoolExecutor, *work: Any) -> Any:
        future = submitted(pool, *work)
        count.append(future)
        if len(count) == len(REQUESTS):
            all_submitted.set()
        return future

    def shutdown(pool: ThreadPoolExecutor, **options: Any) -> None:
        shut_down(pool, **options)
        interrupt_is_through.set()

    lock, interrupt_is_through = threading.Lock(), threading.Event()
    count: list[object] = []
    all_submitted = threading.Event()
    submitted, shut_down = ThreadPoolExecutor.submit, ThreadPoolExecutor.shutdown
    monkeypatch.setattr(ThreadPoolExecutor, "submit", submit)
    monkeypatch.setattr(ThreadPoolExecutor, "shutdown", shutdown)
    gate = Interrupting(blocking="nothing")

    client = LightsailSnapClient(transport=gate, clock=VirtualClock())

    def interrupt_once(number: int, _: object) -> None:
        signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, interrupt_once)
    try:
        with pytest.raises(KeyboardInterrupt):
            client.take_disk_snapshots(REQUESTS, concurrency=2)
    finally:
        signal.signal(signal.SIGINT, before)
    assert gate.ended == ["CreateDiskSnapshot"] * 2


def test_interrupt_of_one_call_ends_the_batch() -> None:
    gate = Gate(blocking="nothing", error=interrupted)
    client = LightsailSnapClient(transport=gate, clock=VirtualClock())
    with pytest.raises(KeyboardInterrupt):
        client.take_disk_snapshots(REQUESTS, concurrency=1)
    assert gate.requests == ["CreateDiskSnapshot"]


# What a caller sets is seen by its calls


@pytest.mark.parametrize("loop", ["sync", "asyncio", "trio"])
def test_every_call_sees_the_context_variables(loop: str) -> None:
    gate = Gate(blocking="nothing")
    context = contextvars.copy_context()

    async def main() -> None:
        WHO.set("async caller")
        await async_client(gate).take_disk_snapshots(REQUESTS)

    def run() -> None:
        WHO.set("caller")
        if loop != "sync":
            anyio.run(main, backend=loop)
            return
        client = LightsailSnapClient(transport=gate, clock=VirtualClock())
        client.take_disk_snapshots(REQUESTS)

    context.run(run)
    assert set(gate.who) == {"caller" if loop == "sync" else "async caller"}
    assert len(gate.who) > len(REQUESTS)
