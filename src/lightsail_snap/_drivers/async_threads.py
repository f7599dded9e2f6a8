"""Functions in worker threads, for tasks on asyncio or trio.

The workers are daemon threads that all event loops share, because starting a thread for a call, and
waking an event loop for each result, take longer than most of the rest. They belong to this module
and not to anyio: its threads may all be blocked by writes to a file system that is paused.
"""

from __future__ import annotations

import atexit
import contextvars
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any
from weakref import ref

import anyio
import anyio.lowlevel

# As anyio's workers.
_MAX_IDLE_SECONDS = 10.0
_EXIT_TICK_SECONDS = 0.01


def running_loop() -> Any:  # noqa: ANN401 - asyncio's event loop or trio's token
    """Return the event loop that runs in this thread."""
    token = anyio.lowlevel.current_token()
    # Newer versions of anyio wrap the event loop's own token again each time.
    return getattr(token, "native_token", token)


class _Job:
    """A function that one worker calls, unless it is cancelled first."""

    __slots__ = ("_context", "_function", "_outcomes", "_turn", "ended", "is_change", "threads")

    def __init__(
        self,
        function: Callable[[], object],
        outcomes: list[object],
        threads: LoopThreads,
        *,
        is_change: bool,
    ) -> None:
        self.ended = anyio.Event()
        self.is_change = is_change
        self._function = function
        self._outcomes = outcomes
        self.threads = threads
        self._turn = threading.Lock()
        self._context = contextvars.copy_context()
        sniffio = sys.modules.get("sniffio")
        if sniffio is not None:
            # The worker runs no event loop, so the function may run one.
            self._context.run(sniffio.current_async_library_cvar.set, None)

    def prevent(self) -> bool:
        """Keep the function from being called; return False if it was called already."""
        return self._turn.acquire(blocking=False)

    def run(self) -> None:
        """Call the function, unless that was prevented."""
        if self._turn.acquire(blocking=False):
            try:
                self._outcomes.append(self._context.run(self._function))
            except BaseException as error:  # noqa: BLE001 - it is raised again in the task
                self._outcomes.append(error)


class _Workers:
    """Daemon threads that run jobs from one queue: as many as there are jobs at a time."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget all threads and jobs: a forked process has none of its parent's threads."""
        self._lock = threading.Lock()
        self._queue: SimpleQueue[_Job] = SimpleQueue()
        self._jobs = 0
        self._changes = 0
        self._threads = 0

    def submit(self, job: _Job) -> None:
        """Run a job as soon as possible."""
        with self._lock:
            self._count(job, 1)
            needs_thread = self._jobs > self._threads
            self._threads += needs_thread
        if needs_thread:
            try:
                threading.Thread(target=self._work, name="lightsail-snap", daemon=True).start()
            except BaseException:
                with self._lock:
                    self._count(job, -1)
                    self._threads -= 1
                raise
        self._queue.put(job)

    def _count(self, job: _Job, change: int) -> None:
        self._jobs += change
        self._changes += change * job.is_change

    def _work(self) -> None:
        while True:
            try:
                job = self._queue.get(timeout=_MAX_IDLE_SECONDS)
            except Empty:
                with self._lock:
                    is_needed = self._jobs >= self._threads
                    self._threads -= not is_needed
                if is_needed:
                    continue
                return
            job.run()
            with self._lock:
                self._count(job, -1)
            job.threads.report(job)
            # A waiting worker must not keep the event loop alive.
            del job

    def finish_changes(self) -> None:
        """Wait for the end of all jobs that change something."""
        while self._changes:
            time.sleep(_EXIT_TICK_SECONDS)


_workers = _Workers()


if hasattr(os, "register_at_fork"):  # pragma: no branch - all systems but Windows have it
    os.register_at_fork(after_in_child=_workers.reset)
# An event loop that was closed early may have left changes. Reads end with the process.
atexit.register(_workers.finish_changes)


class LoopThreads:
    """Runs functions of the tasks on one event loop in worker threads."""

    def __init__(self, concurrency: int) -> None:
        self._loop = ref(running_loop())
        self._free = concurrency
        self._waiting: deque[anyio.Event] = deque()
        self._ended: deque[_Job] = deque()
        self._is_waking = False

    @property
    def are_all_busy(self) -> bool:
        """Whether a call would have to wait for a thread."""
        return not self._free

    async def call(self, function: Callable[[], object], outcomes: list[object]) -> object:
        """Call a function that changes something, and wait for its end even if cancelled.

        Its return value or error is also appended to `outcomes`, which stays empty if it was not
        called: a cancellation before its start prevents it.
        """
        return await self._limited(_Job(function, outcomes, self, is_change=True), outcomes)

    async def read(self, function: Callable[[], object]) -> object:
        """Call a function that only reads, and abandon it if this task is cancelled."""
        outcomes: list[object] = []
        return await self._limited(_Job(function, outcomes, self, is_change=False), outcomes)

    async def _limited(self, job: _Job, outcomes: list[object]) -> object:
        await anyio.lowlevel.checkpoint()
        await self._acquire()
        try:
            await _finish(job)
        finally:
            self._release()
        return unwrap(outcomes[0])

    async def _acquire(self) -> None:
        """Wait in line for a free call. anyio's limiter differs between its versions."""
        if self._free:
            self._free -= 1
            return
        turn = anyio.Event()
        self._waiting.append(turn)
        try:
            await turn.wait()
        except BaseException:
            if turn.is_set():
                self._release()
            else:
                self._waiting.remove(turn)
            raise

    def _release(self) -> None:
        if self._waiting:
            self._waiting.popleft().set()
        else:
            self._free += 1

    async def enter(self, function: Callable[[], object], outcomes: list[object]) -> None:
        """Call a function as `call` does, however many calls are running."""
        await anyio.lowlevel.checkpoint()
        await _finish(_Job(function, outcomes, self, is_change=True))
        unwrap(outcomes[0])

    async def exit(self, function: Callable[[], object]) -> None:
        """Call a function in any case, and wait for its end even if cancelled.

        Its error takes precedence over the cancellation.
        """
        outcomes: list[object] = []
        try:
            await _finish(_Job(function, outcomes, self, is_change=True), must_run=True)
        finally:
            if outcomes:
                unwrap(outcomes[0])

    def report(self, job: _Job) -> None:
        """Wake the task of a job that has ended; called by workers."""
        self._ended.append(job)
        loop = self._loop()
        if not self._is_waking and loop is not None:
            self._is_waking = True
            call_soon = getattr(loop, "call_soon_threadsafe", None) or loop.run_sync_soon
            # The event loop may be closed.
            with suppress(RuntimeError):
                call_soon(self._wake)

    def _wake(self) -> None:
        # Before the queue is read, so that a job that ends meanwhile causes another call.
        self._is_waking = False
        while self._ended:
            self._ended.popleft().ended.set()


async def _finish(job: _Job, *, must_run: bool = False) -> None:
    """Wait for the end of a job; a read is abandoned if this task is cancelled."""
    try:
        _workers.submit(job)
    except RuntimeError:
        # No thread can be started. Rather block the event loop than leave a file system paused.
        if not must_run:
            raise
        job.run()
        return
    try:
        await job.ended.wait()
    except GeneratorExit:
        # The event loop was closed, so this cannot wait for anything.
        if not must_run:
            job.prevent()
        raise
    except BaseException:
        # Not only a cancellation: trio raises KeyboardInterrupt here.
        if not must_run and (job.prevent() or not job.is_change):
            raise
        cancelled = anyio.get_cancelled_exc_class()
        with anyio.CancelScope(shield=True):
            # asyncio's own cancellation ignores the scope.
            while not job.ended.is_set():
                with suppress(cancelled):
                    await job.ended.wait()
        raise


def unwrap(outcome: object) -> object:
    """Return what a function returned, or raise what it raised."""
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome
