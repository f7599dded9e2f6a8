"""Worker threads of the async client: their number, their end, and calls that are cut short."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lightsail_snap import (
    AsyncLightsailSnapClient,
    DiskSource,
    Request,
    Response,
    ResponseMetadata,
    VirtualClock,
)
from lightsail_snap._drivers import async_threads
from lightsail_snap._drivers.async_threads import LoopThreads

DISK = DiskSource(disk_name="disk-1")
LONG = 60  # only a test that hangs takes it
on_both_loops = pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return workers of this test only."""
    workers = async_threads._Workers()
    monkeypatch.setattr(async_threads, "_workers", workers)
    return workers


async def until(condition: Callable[[], bool]) -> None:
    with anyio.fail_after(LONG):
        while not condition():  # noqa: ASYNC110 - other threads know nothing of the loop's events
            await anyio.sleep(0.001)


class Held:
    """A function whose calls last until they are released."""

    def __init__(self) -> None:
        self.began = 0
        self.ended = 0
        self.most = 0
        self.released = threading.Event()
        self._lock = threading.Lock()

    def __call__(self) -> int:
        with self._lock:
            self.began += 1
            number = self.began
            self.most = max(self.most, self.began - self.ended)
        assert self.released.wait(LONG)
        with self._lock:
            self.ended += 1
        return number


@pytest.mark.anyio
@on_both_loops
async def test_idle_thread_is_used_again(workers: Any) -> None:
    threads = LoopThreads(64)
    used = {await threads.call(threading.get_ident, []) for _ in range(20)}
    used |= {await threads.read(threading.get_ident) for _ in range(20)}
    assert threading.get_ident() not in used
    # A thread reports its result just before it becomes idle.
    assert workers._threads == len(used) <= 2


@pytest.mark.anyio
@on_both_loops
async def test_idle_threads_end(workers: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(async_threads, "_MAX_IDLE_SECONDS", 0.001)
    held, threads = Held(), LoopThreads(64)
    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(threads.call, held, [])
        await until(lambda: held.began == 5)
        assert workers._threads == 5
        await anyio.sleep(0.01)
        held.released.set()
    await until(lambda: workers._threads == 0)
    assert await threads.call(lambda: "started again", []) == "started again"


@pytest.mark.anyio
async def test_idle_thread_stays_while_a_job_may_need_it(
    workers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(async_threads, "_MAX_IDLE_SECONDS", 0.001)
    # As if another job were about to be queued.
    workers._jobs += 1
    await LoopThreads(1).call(lambda: 1, [])
    for _ in range(20):
        await anyio.sleep(0.001)
    assert workers._threads == 1
    workers._jobs -= 1
    await until(lambda: workers._threads == 0)


@pytest.mark.anyio
async def test_calls_do_not_need_sniffio(monkeypatch: pytest.MonkeyPatch) -> None:
    """Newer versions of anyio do not depend on it."""
    monkeypatch.delitem(sys.modules, "sniffio")
    assert await LoopThreads(1).call(lambda: 1, []) == 1


@pytest.mark.anyio
@on_both_loops
async def test_limit_is_one_of_each_client_and_threads_are_shared(workers: Any) -> None:
    first, second = LoopThreads(2), LoopThreads(3)
    held = Held(), Held()
    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(first.call, held[0], [])
            group.start_soon(second.read, held[1])
        await until(lambda: (held[0].began, held[1].began) == (2, 3))
        assert first.are_all_busy
        assert second.are_all_busy
        assert workers._threads == 5
        held[0].released.set()
        held[1].released.set()
    assert (held[0].most, held[1].most) == (2, 3)
    assert not first.are_all_busy


@pytest.mark.anyio
@on_both_loops
async def test_abandoned_read_frees_its_place() -> None:
    threads, held = LoopThreads(1), Held()
    with anyio.CancelScope() as scope:
        async with anyio.create_task_group() as group:
            group.start_soon(threads.read, held)
            await until(lambda: held.began == 1)
            scope.cancel()
    assert not threads.are_all_busy
    assert await threads.call(lambda: "done", []) == "done"
    held.released.set()
    await until(lambda: held.ended == 1)


@pytest.mark.anyio
@on_both_loops
async def test_waiting_calls_start_in_order() -> None:
    threads, held, order = LoopThreads(1), Held(), list[int]()

    async def start(number: int) -> None:
        await threads.call(lambda: order.append(number), [])

    async with anyio.create_task_group() as group:
        group.start_soon(threads.call, held, [])
        await until(lambda: held.began == 1)
        scope = anyio.CancelScope()

        async def cancelled() -> None:
            with scope:
                await start(-1)

        for number in range(5):
            if number == 2:
                group.start_soon(cancelled)
            group.start_soon(start, number)
            await until(lambda count=number + 1 + (number >= 2): len(threads._waiting) == count)  # type: ignore[misc] # mypy infers no defaults
        scope.cancel()
        await until(lambda: len(threads._waiting) == 5)
        held.released.set()
    assert order == [0, 1, 2, 3, 4]
    assert not threads.are_all_busy


@pytest.mark.anyio
async def test_call_that_is_cancelled_when_its_turn_comes_passes_it_on() -> None:
    threads = LoopThreads(1)
    await threads._acquire()
    first, second = (asyncio.create_task(threads.call(lambda: 1, [])) for _ in range(2))
    await until(lambda: len(threads._waiting) == 2)
    threads._release()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert await second == 1
    assert not threads.are_all_busy


@pytest.mark.anyio
async def test_results_that_arrive_together_wake_the_event_loop_once(
    workers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop, held, threads = asyncio.get_running_loop(), Held(), LoopThreads(64)
    wakes: list[object] = []
    wake = loop.call_soon_threadsafe

    def counted(*arguments: Any, **options: Any) -> Any:
        wakes.append(arguments)
        return wake(*arguments, **options)

    monkeypatch.setattr(loop, "call_soon_threadsafe", counted)
    tasks = [asyncio.create_task(threads.call(held, [])) for _ in range(20)]
    await until(lambda: held.began == 20)
    held.released.set()
    # The event loop is blocked until all have ended.
    while workers._jobs or len(threads._ended) < 20:
        threading.Event().wait(0.001)
    assert {await task for task in tasks} == set(range(1, 21))
    assert len(wakes) == 1


@pytest.mark.anyio
@on_both_loops
async def test_error_of_a_function_is_raised() -> None:
    def fail() -> None:
        raise ZeroDivisionError

    threads = LoopThreads(1)
    for coroutine in (threads.call(fail, []), threads.read(fail), threads.exit(fail)):
        with pytest.raises(ZeroDivisionError):
            await coroutine


@pytest.mark.anyio
@on_both_loops
async def test_function_can_run_an_event_loop() -> None:
    async def inner() -> str:
        await anyio.lowlevel.checkpoint()
        return "inner"

    threads = LoopThreads(1)
    for backend in ("asyncio", "trio"):
        assert await threads.call(lambda: anyio.run(inner, backend=backend), []) == "inner"  # noqa: B023 - called at once


@pytest.mark.anyio
@on_both_loops
async def test_call_is_not_made_if_no_thread_can_be_started(
    workers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise RuntimeError("can't start new thread")

    threads, outcomes = LoopThreads(1), list[object]()
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", fail)
        with pytest.raises(RuntimeError, match="can't start new thread"):
            await threads.call(lambda: "done", outcomes)
        assert outcomes == []
        # Paused writes are resumed all the same.
        await threads.exit(lambda: outcomes.append("resumed"))
        assert outcomes == ["resumed"]
    assert (workers._jobs, workers._changes, workers._threads) == (0, 0, 0)
    assert await threads.call(lambda: "done", []) == "done"


@pytest.mark.anyio
async def test_failure_to_exit_takes_precedence_over_cancellation() -> None:
    held = Held()

    def fail() -> None:
        held()
        raise OSError("still paused")

    task = asyncio.create_task(LoopThreads(1).exit(fail))
    await until(lambda: held.began == 1)
    task.cancel()
    await asyncio.sleep(0)
    held.released.set()
    with pytest.raises(OSError, match="still paused"):
        await task


@pytest.mark.anyio
async def test_call_cancelled_by_its_own_task_is_not_made() -> None:
    outcomes: list[object] = []

    async def cancelled_before() -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await LoopThreads(1).call(lambda: "done", outcomes)

    with pytest.raises(asyncio.CancelledError):
        await asyncio.create_task(cancelled_before())
    assert outcomes == []


@pytest.mark.anyio
async def test_call_is_made_while_a_cancelled_task_cleans_up() -> None:
    outcomes: list[object] = []

    async def clean_up() -> None:
        try:
            await asyncio.sleep(LONG)
        finally:
            await LoopThreads(1).call(lambda: "cleaned up", outcomes)

    task = asyncio.create_task(clean_up())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert outcomes == ["cleaned up"]


def _close_early(start: Callable[[LoopThreads], Any], condition: Callable[[], bool]) -> None:
    """Run a coroutine until a condition holds, and close its event loop and then the coroutine."""

    async def main() -> Any:
        coroutine = start(LoopThreads(1))
        while coroutine.send(None) is None:
            await anyio.lowlevel.checkpoint()
        await until(condition)
        return coroutine

    asyncio.run(main()).close()


@pytest.fixture
def queued(workers: Any, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Keep jobs in the queue, and return them."""
    queued: list[Any] = []
    monkeypatch.setattr(workers, "submit", queued.append)
    return queued


def test_queued_call_of_a_closed_event_loop_is_not_made(queued: list[Any]) -> None:
    outcomes: list[object] = []
    _close_early(lambda threads: threads.call(lambda: 1, outcomes), lambda: bool(queued))
    queued[0].run()
    assert outcomes == []


def test_queued_exit_of_a_closed_event_loop_is_made(queued: list[Any]) -> None:
    resumed: list[object] = []
    _close_early(lambda threads: threads.exit(lambda: resumed.append(1)), lambda: bool(queued))
    queued[0].run()
    assert resumed == [1]


def test_result_for_an_event_loop_that_is_gone_is_dropped(workers: Any) -> None:
    held = Held()
    _close_early(lambda threads: threads.read(held), lambda: held.began == 1)
    gc.collect()
    held.released.set()
    workers.finish_changes()
    assert workers._changes == 0


Plan = list[tuple[bool, bool]]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@given(
    plan=st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=8),
    limit=st.integers(1, 3),
)
def test_change_is_waited_for_or_never_made(backend: str, plan: Plan, limit: int) -> None:
    """Each of several changes is cancelled or not, before the calls may end or after."""

    async def main() -> None:
        threads, held = LoopThreads(limit), Held()
        scopes = [anyio.CancelScope() for _ in plan]
        outcomes: list[list[object]] = [[] for _ in plan]
        began: set[int] = set()
        prevented: set[int] = set()

        async def change(index: int) -> None:
            def run() -> int:
                began.add(index)
                return held()

            with scopes[index]:
                assert await threads.call(run, outcomes[index]) == outcomes[index][0]
            # Here a call that began has ended, and another one never begins.
            assert len(outcomes[index]) == (index in began)
            if index not in began:
                prevented.add(index)

        async with anyio.create_task_group() as group:
            for index in range(len(plan)):
                group.start_soon(change, index)
            await until(lambda: held.began == min(limit, len(plan)))
            for scope, (is_cancelled, is_early) in zip(scopes, plan, strict=True):
                if is_cancelled and is_early:
                    scope.cancel()
            await anyio.lowlevel.checkpoint()
            assert held.ended == 0
            held.released.set()
            for scope, (is_cancelled, is_early) in zip(scopes, plan, strict=True):
                if is_cancelled and not is_early:
                    scope.cancel()
        assert held.most <= limit
        assert held.began == held.ended == len(began)
        assert began | prevented == set(range(len(plan)))
        assert began & prevented == set()
        assert all(plan[index][0] for index in prevented)

    anyio.run(main, backend=backend)


# Processes that fork, are interrupted or end

PROGRAM = """
import asyncio, os, signal, sys, threading
import trio
from lightsail_snap import *

class Slow:
    def __init__(self):
        self.began, self.may_end = threading.Event(), threading.Event()
    def send(self, request):
        self.began.set()
        if not request.is_read_only:
            threading.Timer(0.1, self.may_end.set).start()
        self.may_end.wait(60)
        print("ended", flush=True)
        return Response({"operations": []}, ResponseMetadata())
    def close(self):
        pass

slow = Slow()
client = AsyncLightsailSnapClient(transport=slow, clock=VirtualClock())
async def create():
    await client.create_disk_snapshot("db-1", DiskSource(disk_name="disk-1"))
async def read():
    await client.get_disk("disk-1")
async def until_begun():
    while not slow.began.is_set():
        await asyncio.sleep(0.001)
def interrupt(times):
    def work():
        for _ in range(times):
            slow.began.wait(60)
            os.kill(os.getpid(), signal.SIGINT)
            threading.Event().wait(0.02)
    threading.Thread(target=work).start()
def close_early(work):
    loop = asyncio.new_event_loop()
    task = loop.create_task(work())
    loop.run_until_complete(until_begun())
    loop.close()
    return task
"""


def run_program(body: str) -> tuple[int, list[str]]:
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", PROGRAM + body],
        check=False,
        capture_output=True,
        text=True,
        timeout=LONG,
    )
    return done.returncode, done.stdout.split()


def test_process_waits_for_a_change_of_a_closed_event_loop() -> None:
    assert run_program("task = close_early(create); print('main')") == (0, ["main", "ended"])


def test_process_does_not_wait_for_a_read_of_a_closed_event_loop() -> None:
    assert run_program("task = close_early(read); print('main')") == (0, ["main"])


def test_process_does_not_wait_for_an_abandoned_read() -> None:
    body = """
async def main():
    task = asyncio.create_task(read())
    await until_begun()
    task.cancel()
asyncio.run(main())
print("main")
"""
    assert run_program(body) == (0, ["main"])


@pytest.mark.parametrize("run", ["asyncio.run", "trio.run"])
def test_interrupt_waits_for_a_change(run: str) -> None:
    arguments = "create()" if run == "asyncio.run" else "create"
    body = f"""
interrupt(1)
try:
    {run}({arguments})
except KeyboardInterrupt:
    print("interrupted")
"""
    assert run_program(body) == (0, ["ended", "interrupted"])


def test_process_waits_for_a_change_after_many_interrupts() -> None:
    body = """
interrupt(3)
try:
    asyncio.run(create())
except KeyboardInterrupt:
    print("interrupted")
"""
    code, lines = run_program(body)
    assert code == 0
    assert sorted(lines) == ["ended", "interrupted"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_forked_process_makes_calls_on_threads_of_its_own() -> None:
    body = """
async def main():
    task = asyncio.create_task(create())
    await until_begun()
    process = os.fork()
    if process == 0:
        # In another thread, because this one runs the parent's event loop.
        thread = threading.Thread(target=lambda: asyncio.run(create()))
        thread.start()
        thread.join()
        print("child", flush=True)
        os._exit(0)
    await task
    assert os.waitpid(process, 0)[1] == 0
asyncio.run(main())
"""
    code, lines = run_program(body)
    assert code == 0
    assert sorted(lines) == ["child", "ended", "ended"]


@pytest.mark.anyio
@on_both_loops
async def test_client_runs_calls_in_daemon_threads() -> None:
    class Naming:
        def send(self, request: Request[Any]) -> Response:
            thread = threading.current_thread()
            assert request.operation_name
            return Response(
                {"disk": {"name": f"{thread.name} {thread.daemon}"}}, ResponseMetadata()
            )

        def close(self) -> None:
            pass

    client = AsyncLightsailSnapClient(transport=Naming(), clock=VirtualClock())
    assert (await client.get_disk("disk-1")).disk.name == "lightsail-snap True"
