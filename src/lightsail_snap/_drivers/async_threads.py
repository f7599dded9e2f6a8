"""Functions in threads that are waited for even if the waiting task is cancelled."""

from __future__ import annotations

import threading
from collections.abc import Callable

import anyio
import anyio.lowlevel
import anyio.to_thread


async def run_to_completion(
    function: Callable[[], object],
    outcomes: list[object],
    *,
    limiter: anyio.CapacityLimiter | None = None,
    must_run: bool = False,
) -> object:
    """Run a function in a thread, and wait until it has ended even if this task is cancelled.

    Its return value or error is also appended to `outcomes`, which stays empty if it has not
    started. An earlier cancellation prevents the start, unless the function must run.
    """
    # The shared threads may all be blocked by writes to the file system that is paused here.
    limiter = limiter or anyio.CapacityLimiter(1)
    turn, ended = threading.Lock(), threading.Event()
    refused: list[BaseException] = []

    def once() -> None:
        if turn.acquire(blocking=False):
            try:
                outcomes.append(function())
            except BaseException as error:  # noqa: BLE001 - it is raised again in the task
                outcomes.append(error)
            ended.set()
        ended.wait()

    async def work() -> None:
        while not ended.is_set():
            try:
                with anyio.CancelScope(shield=must_run or turn.locked()):
                    await anyio.to_thread.run_sync(once, limiter=limiter)
            except anyio.get_cancelled_exc_class() as cancelled:
                # Once the function has started, its end is waited for even if asyncio cancels all
                # tasks including this one, as `asyncio.run` does at exit.
                if not must_run and turn.acquire(blocking=False):
                    ended.set()
                    refused.append(cancelled)
                    raise

    # asyncio's own cancellation would abandon the thread; a task group waits for its tasks.
    async with anyio.create_task_group() as group:
        group.start_soon(work)
    # trio's task groups swallow a cancellation that interrupted no task.
    await anyio.lowlevel.checkpoint_if_cancelled()
    (outcome,) = outcomes or refused
    return unwrap(outcome)


def unwrap(outcome: object) -> object:
    """Return what a function returned, or raise what it raised."""
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome
