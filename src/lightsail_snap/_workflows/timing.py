"""Time limits of workflows: elapsed time, remaining time, and retries."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from lightsail_snap._workflows.effects import ClockReading, Workflow, sleep
from lightsail_snap._workflows.transient import is_transient, is_unreadable
from lightsail_snap.errors import LightsailSnapError
from lightsail_snap.waiters import WaitPolicy

ReturnT = TypeVar("ReturnT")

MAX_LOOKUPS = 5
# The smallest step of a clock. If less time remains, the limit has passed.
_CLOCK_STEP_SECONDS = 1e-6
_MAX_TIMEDELTA_SECONDS = timedelta.max / timedelta(seconds=2)


@dataclass(slots=True)
class Stopwatch:
    """Measures a time limit on a clock that may stand still or go backwards.

    The pauses that were made count as passed, whatever the clock shows. So every limited wait ends.

    Attributes:
        limit: The limit in seconds; None for none.
        began: When it started.
        elapsed: The seconds that have passed at the last reading; it never decreases.
    """

    limit: float | None
    began: ClockReading
    elapsed: float = 0.0
    _paused: float = 0.0

    @property
    def remaining(self) -> float:
        """Seconds until the limit, never negative."""
        return math.inf if self.limit is None else max(0.0, self.limit - self.elapsed)

    @property
    def is_over(self) -> bool:
        """Whether the limit has passed."""
        return self.remaining < _CLOCK_STEP_SECONDS

    @property
    def waited(self) -> timedelta:
        """The elapsed time as a `timedelta`."""
        return timedelta(seconds=min(self.elapsed, _MAX_TIMEDELTA_SECONDS))

    @property
    def deadline(self) -> float | None:
        """The limit on the scale of `ClockReading.monotonic`."""
        return None if self.limit is None else self.began.monotonic + self.limit

    async def read(self) -> ClockReading:
        """Read the clock."""
        return await self.pause(0)

    async def pause(self, seconds: float) -> ClockReading:
        """Pause, and read the clock."""
        now = await sleep(seconds)
        self._paused += seconds
        measured = now.monotonic - self.began.monotonic
        self.elapsed = max(self.elapsed, measured, self._paused)
        return now

    async def restart(self) -> ClockReading:
        """Start again now."""
        self.began, self.elapsed, self._paused = await sleep(), 0.0, 0.0
        return self.began

    async def resume(self) -> ClockReading:
        """Continue now as of the last reading: the time since then does not count."""
        now = await sleep()
        self.began = ClockReading(now.monotonic - self.elapsed, now.time - self.elapsed)
        return now


async def start(limit: float | None, began: ClockReading | None = None) -> Stopwatch:
    """Start a stopwatch now, or as of an earlier moment."""
    return Stopwatch(limit, began or await sleep())


@dataclass(frozen=True, slots=True)
class RetryBudget:
    """Decides whether there is time for another attempt.

    Attributes:
        policy: How long to pause between attempts.
        stopwatch: The time limit.
    """

    policy: WaitPolicy
    stopwatch: Stopwatch

    async def allows(self, seconds: float) -> bool:
        """Return whether a pause fits into the time limit."""
        await self.stopwatch.read()
        return seconds <= self.stopwatch.remaining

    async def pause(self, attempts: int) -> bool:
        """Pause before the next attempt, and return True; return False if there is no time."""
        delay = self.policy.delay(attempts)
        if not await self.allows(delay):
            return False
        await self.stopwatch.pause(delay)
        return True

    async def look_up(self, look_up: Workflow[ReturnT]) -> ReturnT:
        """Run a lookup, again after transient and unreadable responses; lookups change nothing."""
        for lookups in range(1, MAX_LOOKUPS):
            try:
                return await look_up()
            except LightsailSnapError as error:
                if not (is_transient(error) or is_unreadable(error)):
                    raise
                if not await self.pause(lookups):
                    raise
        return await look_up()
