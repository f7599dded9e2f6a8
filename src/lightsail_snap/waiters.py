"""Policy and progress of waits.

A wait has its own timeout, apart from the timeouts of one call (botocore's `Config`) and the
retries of a failed call (botocore's retry mode).
"""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeAlias, TypeVar

from typing_extensions import override

from lightsail_snap import models
from lightsail_snap._parameters import invalid_parameter
from lightsail_snap._text import safe_line
from lightsail_snap.errors import LightsailSnapError
from lightsail_snap.models import (
    OpenEnum,
    Operation,
)

if TYPE_CHECKING:
    from lightsail_snap.models import (
        PollResult,
    )

__all__ = [
    "GroupProgress",
    "StepProgress",
    "Timeout",
    "WaitPolicy",
    "WaitProgress",
]

Timeout: TypeAlias = timedelta | float | Literal["policy"] | None
"""Maximum duration of a wait.

A `timedelta` or a number of seconds; 0 polls once. None waits without limit. `"policy"` is the
timeout of the client's `WaitPolicy`.
"""

PollResultT = TypeVar("PollResultT", bound="PollResult")

MIN_DELAY_SECONDS = 0.1
"""Minimum delay between two polls. A `WaitPolicy` with a shorter one uses this."""

_MAX_SECONDS = sys.float_info.max
_MAX_DOUBLINGS = 64
_PERCENT = re.compile(r"\s*(\d{1,3})(?:\.\d+)?\s*%?\s*")
_MAX_PERCENT = 100


def _seconds(name: str, value: object) -> float:
    seconds = value.total_seconds() if isinstance(value, timedelta) else value
    is_bool = isinstance(seconds, bool)
    if isinstance(seconds, int | float) and not is_bool and 0 <= seconds <= _MAX_SECONDS:
        return float(seconds)
    rule = "must be a timedelta or a finite number of seconds, 0 or more"
    fix = "pass for example timedelta(minutes=30); a timeout of None means no limit"
    raise invalid_parameter(name, rule, fix, value, model="WaitPolicy")


@dataclass(frozen=True, slots=True)
class WaitPolicy:
    """Timeout of a wait and delays between its polls.

    The delay before the next poll is a random number between `min_delay` and an upper bound, which
    doubles with every poll up to `max_delay`. So many clients do not poll at the same time.

    A round of polls of many resources takes several calls, and the delay after it is the sum of as
    many delays, up to `max_delay`. It is shorter if the progress of all of them shows that they
    will have ended before.

    Attributes:
        timeout: Maximum duration, as a `timedelta` or in seconds; None for no limit.
        min_delay: Minimum delay between two polls, as a `timedelta` or in seconds. Less than 0.1 s
            counts as 0.1 s.
        max_delay: Maximum delay. Less than 0.1 s counts as 0.1 s.
        random: Returns random numbers from 0 up to, not including, 1.

    Raises:
        RequestValidationError: If a duration is negative, infinite or of another type, or if
            `max_delay` is less than `min_delay`.
    """

    timeout: timedelta | float | None = timedelta(hours=1)
    min_delay: timedelta | float = timedelta(seconds=2)
    max_delay: timedelta | float = timedelta(seconds=30)
    random: Callable[[], float] = field(default=random.random, compare=False, repr=False)

    def __post_init__(self) -> None:
        self.limit("policy")
        if _seconds("max_delay", self.max_delay) < _seconds("min_delay", self.min_delay):
            rule, fix = "must not be less than min_delay", "raise max_delay or lower min_delay"
            raise invalid_parameter("max_delay", rule, fix, self.max_delay, model="WaitPolicy")

    def limit(self, timeout: Timeout) -> float | None:
        """Return the maximum duration of one wait.

        Args:
            timeout: The parameter of the wait.

        Returns:
            The duration in seconds, or None for no limit.

        Raises:
            RequestValidationError: If the timeout is negative, infinite or of another type.
        """
        # A subclass of str may override comparison.
        is_default = isinstance(timeout, str) and str.__eq__(timeout, "policy")
        chosen = self.timeout if is_default else timeout
        return None if chosen is None else _seconds("timeout", chosen)

    def delay(self, polls: int) -> float:
        """Return a random delay before the next poll.

        Args:
            polls: Number of polls so far.

        Returns:
            The delay in seconds.
        """
        shortest = max(_seconds("min_delay", self.min_delay), MIN_DELAY_SECONDS)
        longest = max(_seconds("max_delay", self.max_delay), MIN_DELAY_SECONDS)
        doubled = shortest * 2.0 ** min(polls, _MAX_DOUBLINGS)
        bound = max(shortest, min(longest, doubled))
        return max(shortest, min(bound, shortest + (bound - shortest) * self.random()))


def delay_after(policy: WaitPolicy, polls: int, calls: int) -> float:
    """Return a random delay after a round of polls that took so many calls.

    It is as long as after each of the calls alone, up to `max_delay`, so that waits for many
    resources do not make more calls a second than waits for one.
    """
    delay, longest = 0.0, max(_seconds("max_delay", policy.max_delay), MIN_DELAY_SECONDS)
    for _ in range(calls):
        delay += policy.delay(polls)
        if calls > 1 and delay >= longest:
            return longest
    return delay


def state_of(resource: PollResult) -> OpenEnum | None:
    """Return the status or state of a resource, or None."""
    match resource:
        case Operation():
            return resource.status
        case models.Instance():
            return resource.state_name
        case _:
            return resource.state


def percent_of(resource: PollResult) -> int | None:
    """Return the progress of a resource, 0 to 100, or None."""
    progress = None
    if isinstance(resource, models.DiskSnapshot | models.InstanceSnapshot):
        progress = resource.progress
    # The format before completion is unverified.
    match = _PERCENT.fullmatch(progress or "")
    percent = int(match[1]) if match else None
    return percent if percent is not None and percent <= _MAX_PERCENT else None


@dataclass(frozen=True, slots=True)
class WaitProgress(Generic[PollResultT]):
    """One poll of a wait, as passed to `on_progress`.

    Attributes:
        description: Description of the wait, for example `disk snapshot db-1`.
        polls: Number of polls so far, this one included.
        elapsed: Duration of the wait so far.
        percent: Progress, 0 to 100, if the service reports it.
        resource: Last known state of the resource, or None if no poll succeeded yet.
        error: Error of this poll, or None. The wait continues.
    """

    description: str
    polls: int
    elapsed: timedelta
    percent: int | None
    resource: PollResultT | None
    error: LightsailSnapError | None

    @override
    def __str__(self) -> str:
        state = state_of(self.resource) if self.resource is not None else None
        parts = [
            f"{self.description}:",
            str(state or "unknown") if self.error is None else f"poll failed ({self.error})",
            f"{self.percent}%" if self.percent is not None else "",
            f"after {self.elapsed.total_seconds():.0f} s",
        ]
        # The output may be a terminal, and the state is a string of the service.
        return safe_line(" ".join(part for part in parts if part))


@dataclass(frozen=True, slots=True)
class GroupProgress:
    """One round of polls of a wait for several resources, as passed to `on_progress`.

    Attributes:
        description: Description of the wait, for example `3 operations`.
        polls: Number of rounds so far, this one included.
        elapsed: Duration of the wait so far.
        total: Number of resources.
        succeeded: Number of resources that reached the expected state.
        failed: Number of resources that failed or cannot be polled.
    """

    description: str
    polls: int
    elapsed: timedelta
    total: int
    succeeded: int
    failed: int

    @property
    def pending(self) -> int:
        """Number of resources that are still waited for."""
        return self.total - self.succeeded - self.failed

    @override
    def __str__(self) -> str:
        return safe_line(
            f"{self.description}: {self.succeeded} of {self.total} done, {self.failed} failed, "
            f"{self.pending} pending after {self.elapsed.total_seconds():.0f} s"
        )


@dataclass(frozen=True, slots=True)
class StepProgress:
    """Progress of a method with several steps, as passed to `on_progress`.

    A step is reported once when it begins, and then at every poll in it.

    Attributes:
        step: Number of the step, from 1.
        steps: Number of all steps.
        title: Description of the step, for example `take disk snapshot db-1`.
        poll: The poll of this step, or None if the step begins.
    """

    step: int
    steps: int
    title: str
    poll: WaitProgress[Any] | None = None

    @override
    def __str__(self) -> str:
        poll = "" if self.poll is None else f": {self.poll}"
        return safe_line(f"step {self.step} of {self.steps}: {self.title}{poll}")
