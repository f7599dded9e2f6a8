"""The messages between the owner of a pause and its guard: one JSON object per line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypedDict


class Plan(TypedDict):
    """The commands of a pause and their limits. The only message to the guard."""

    environment: dict[str, str]
    """Environment variables to set for both commands."""
    before: list[str] | None
    """Command that pauses writes; None if only `after` should run. Characters stand for bytes."""
    after: list[str]
    """Command that resumes writes."""
    before_seconds: float
    """Time limit of `before`."""
    pause_seconds: float | None
    """Time after which the guard ends the pause, from the start of `before`; None for no limit."""
    after_seconds: float
    """Time limit of one attempt to run `after`."""
    report_after: int
    """Number of failed attempts to run `after` until the guard reports the failure."""
    max_attempts: int | None
    """Number of failed attempts until the guard gives up; None for one, however `before` ended."""
    refusals: Sequence[str]
    """Output of a `before` that failed and has changed nothing."""
    not_paused: str | None
    """Output of an `after` that failed because writes are not paused."""


class CommandReport(TypedDict):
    """The end of one command."""

    code: int | None
    """Exit code, or the negative number of the signal; None if the command did not start."""
    is_killed: bool
    """Whether the guard killed the command because of its time limit."""
    output: str


class Report(TypedDict):
    """A message from the guard. All fields but `state` are only sent with the state "ended"."""

    state: Literal["ready", "paused", "ended"]
    is_paused: bool | None
    """Whether `before` has paused writes; None if unknown."""
    is_expired: bool
    """Whether the pause ended because its time was up."""
    is_ended_elsewhere: bool
    """Whether the pause ended before the owner requested it, for another reason."""
    is_resumed: bool
    """Whether writes have resumed."""
    attempts: int
    """Number of attempts to run `after`."""
    ended_at: float
    """Time of the report, by the monotonic clock, which all processes share."""
    before: CommandReport | None
    after: CommandReport | None
