"""When a wait is over, and how long to pause before the next look. Pure.

Three clocks run apart: the network timeouts of one call (botocore's `Config`), the retries of a
failed call (botocore's retry mode), and the wait itself, which is this module's.
"""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Generic, Literal, TypeAlias, TypeVar

from typing_extensions import override

from lightsail_snap import models
from lightsail_snap._text import safe_line, short_repr
from lightsail_snap.errors import LightsailSnapError, RequestValidationError, Violation
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
    "Timeout",
    "WaitPolicy",
    "WaitProgress",
]

Timeout: TypeAlias = timedelta | float | Literal["policy"] | None
"""How long to wait at most.

A `timedelta` or a number of seconds; 0 is one look; None is for ever, to be said explicitly;
`"policy"` is what the client's `WaitPolicy` says.
"""

PollResultT = TypeVar("PollResultT", bound="PollResult")

MIN_DELAY_SECONDS = 0.1
"""The shortest pause between two polls; a shorter one that a `WaitPolicy` has is raised to this."""

_GROWTH = 2.0
_MOST = sys.float_info.max
_MOST_DOUBLINGS = 64
_PERCENT = re.compile(r"\s*(\d{1,3})(?:\.\d+)?\s*%?\s*")
_WHOLE = 100


def _seconds(name: str, value: object) -> float:
    seconds = value.total_seconds() if isinstance(value, timedelta) else value
    if isinstance(seconds, int | float) and not isinstance(seconds, bool) and 0 <= seconds <= _MOST:
        return float(seconds)
    raise RequestValidationError(
        "WaitPolicy",
        [
            Violation(
                name,
                "must be a timedelta or a finite number of seconds, 0 or more",
                "lightsail_snap",
                "give timedelta(minutes=30), or None for a timeout that never comes",
                short_repr(value),
            )
        ],
    )


@dataclass(frozen=True, slots=True)
class WaitPolicy:
    """How patiently to wait.

    The pause before the next look is drawn at random between `min_delay` and a ceiling that
    doubles with every look up to `max_delay`, so that many waiters do not ask in step. No pause is
    shorter than `MIN_DELAY_SECONDS` (0.1), whatever the policy says.

    Attributes:
        timeout: How long to wait at most, as a `timedelta` or in seconds; None is for ever.
        min_delay: The shortest pause between two polls, as a `timedelta` or in seconds; less than
            0.1 s counts as 0.1 s.
        max_delay: The longest one; less than 0.1 s counts as 0.1 s.
        random: Gives numbers from 0 up to, not including, 1.

    Raises:
        RequestValidationError: If a duration is negative, not finite or no duration, or if
            `max_delay` is less than `min_delay`.
    """

    timeout: timedelta | float | None = timedelta(hours=1)
    min_delay: timedelta | float = timedelta(seconds=2)
    max_delay: timedelta | float = timedelta(seconds=30)
    random: Callable[[], float] = field(default=random.random, compare=False, repr=False)

    def __post_init__(self) -> None:
        self.limit("policy")
        if _seconds("max_delay", self.max_delay) < _seconds("min_delay", self.min_delay):
            raise RequestValidationError(
                "WaitPolicy",
                [
                    Violation(
                        "max_delay",
                        "must not be less than min_delay",
                        "lightsail_snap",
                        "raise max_delay or lower min_delay",
                        short_repr(self.max_delay),
                    )
                ],
            )

    def limit(self, timeout: Timeout) -> float | None:
        """Settle how long one wait may take.

        Args:
            timeout: What its caller asked for.

        Returns:
            The limit in seconds, or None for none.

        Raises:
            RequestValidationError: If the timeout is negative, not finite or no duration.
        """
        # A subclass of str may compare as it likes; here only its characters count.
        is_policys = isinstance(timeout, str) and str.__eq__(timeout, "policy")
        chosen = self.timeout if is_policys else timeout
        return None if chosen is None else _seconds("timeout", chosen)

    def delay(self, polls: int) -> float:
        """Draw the next pause.

        Args:
            polls: The number of polls so far.

        Returns:
            The pause in seconds.
        """
        shortest = max(_seconds("min_delay", self.min_delay), MIN_DELAY_SECONDS)
        longest = max(_seconds("max_delay", self.max_delay), MIN_DELAY_SECONDS)
        grown = shortest * _GROWTH ** min(polls, _MOST_DOUBLINGS)
        ceiling = max(shortest, min(longest, grown))
        return max(shortest, min(ceiling, shortest + (ceiling - shortest) * self.random()))


def state_of(resource: PollResult) -> OpenEnum | None:
    """Read the word that says how far a thing has come.

    Args:
        resource: The thing as seen.

    Returns:
        Its status or state, None if the service gave none.
    """
    return resource.status if isinstance(resource, Operation) else resource.state


def percent_of(resource: PollResult) -> int | None:
    """Read how much is done.

    Args:
        resource: The thing as seen.

    Returns:
        A number from 0 to 100, or None where the service gives none that can be read; the form of
        the text before completion is unverified.
    """
    text = None
    if isinstance(resource, models.DiskSnapshot | models.InstanceSnapshot):
        text = resource.progress
    match = _PERCENT.fullmatch(text or "")
    percent = int(match[1]) if match else None
    return percent if percent is not None and percent <= _WHOLE else None


@dataclass(frozen=True, slots=True)
class WaitProgress(Generic[PollResultT]):
    """One look of a wait, as told to `on_progress`.

    Attributes:
        description: What is awaited, in words.
        polls: The number of polls so far, this one included.
        elapsed: How long the wait has taken so far.
        percent: How much is done, 0 to 100, where the service says so.
        resource: What was last seen, or None if nothing could be seen yet.
        error: Why this look failed, or None if it did not; the wait goes on.
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
            str(state or "not seen yet") if self.error is None else f"poll failed ({self.error})",
            f"{self.percent}%" if self.percent is not None else "",
            f"after {self.elapsed.total_seconds():.0f} s",
        ]
        # What it is printed on may be a terminal, and the state is the service's word.
        return safe_line(" ".join(part for part in parts if part))


@dataclass(frozen=True, slots=True)
class GroupProgress:
    """One round of looks of a wait for many things, as told to `on_progress`.

    Attributes:
        description: What is awaited, in words.
        polls: The number of rounds of polls so far, this one included.
        elapsed: How long the wait has taken so far.
        total: How many things are awaited in all.
        succeeded: How many have ended in success.
        failed: How many have ended otherwise, or cannot be looked at.
    """

    description: str
    polls: int
    elapsed: timedelta
    total: int
    succeeded: int
    failed: int

    @property
    def pending(self) -> int:
        """How many have not ended yet."""
        return self.total - self.succeeded - self.failed

    @override
    def __str__(self) -> str:
        return safe_line(
            f"{self.description}: {self.succeeded} of {self.total} done, {self.failed} failed, "
            f"{self.pending} pending after {self.elapsed.total_seconds():.0f} s"
        )
