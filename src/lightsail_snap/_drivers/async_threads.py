"""Functions in threads that are waited for even if the task that waits is cancelled."""

from __future__ import annotations

import threading
from collections.abc import Callable

import anyio
import anyio.lowlevel
import anyio.to_thread


async def run_to_the_end(
    function: Callable[[], object],
    outcomes: list[object],
    *,
    limiter: anyio.CapacityLimiter | None = None,
    is_owed: bool = False,
) -> object:
    """Run a function in a thread, and wait until it has ended even if this task is cancelled.

    What it returned or raised is put into `outcomes`, too, which stays empty if it has not begun.
    A cancellation that was there before keeps it from beginning, unless it is owed.
    """
    # The threads that everybody shares may all be blocked by writes to what is paused here.
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
                with anyio.CancelScope(shield=is_owed or turn.locked()):
                    await anyio.to_thread.run_sync(once, limiter=limiter)
            except anyio.get_cancelled_exc_class() as cancelled:
                # Whoever has the turn decides: once the function has begun, its end is waited for
                # even if asyncio cancels all tasks, this one too, as `asyncio.run` does in the end.
                if not is_owed and turn.acquire(blocking=False):
                    ended.set()
                    refused.append(cancelled)
                    raise

    # A thread alone would be left behind by a cancellation of asyncio's own kind; a task group
    # waits for its tasks.
    async with anyio.create_task_group() as group:
        group.start_soon(work)
    # trio's groups keep a cancellation to themselves for which no task was interrupted.
    await anyio.lowlevel.checkpoint_if_cancelled()
    (outcome,) = outcomes or refused
    return unwrapped(outcome)


def unwrapped(outcome: object) -> object:
    """Return what a function returned, or raise what it raised."""
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome
