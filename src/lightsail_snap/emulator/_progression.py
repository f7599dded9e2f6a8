"""How fast work goes in the emulator, and what becomes of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Literal, Self

_WHOLE = 100
_ERROR_CODE = "InternalFailure"
_ERROR_DETAILS = "The emulator was told to fail this operation."


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a piece of work takes.

    Attributes:
        unit: What is counted: seconds on the emulator's clock, or looks at the thing itself.
        amount: How many of them pass before it is done. 0 seconds: it is done in the very answer
            that begins it; 0 polls: the first look finds it done.
        max_polls: With seconds, how many polls at most find it unfinished, however little time
            has passed; any number if None.
    """

    unit: Literal["seconds", "polls"]
    amount: float
    max_polls: int | None = None

    def __post_init__(self) -> None:
        if self.max_polls is not None and (self.max_polls < 0 or self.unit == "polls"):
            message = f"max_polls must be 0 or more, and with seconds, not {self.max_polls}"
            raise ValueError(message)
        # Written this way round, NaN is refused too.
        if not self.amount >= 0:
            message = f"work takes 0 or more {self.unit}, not {self.amount}"
            raise ValueError(message)


@dataclass(slots=True)
class Course:
    """A piece of work that goes on. What can be seen of it is worked out when somebody looks.

    Attributes:
        begun: When it began, in seconds since 1970-01-01 UTC.
        pace: How long it takes.
        end: The members that the thing's shape takes on when the work ends.
        seen: How many times the thing has been looked at.
    """

    begun: float
    pace: Pace
    end: dict[str, object]
    seen: int = 0

    def share(self, now: float) -> float:
        """Tell how much is done.

        Args:
            now: The time, in seconds since 1970-01-01 UTC.

        Returns:
            0 for nothing up to 1 or more for everything.
        """
        if self.pace.unit == "polls":
            return self.seen / (self.pace.amount + 1)
        if self.pace.amount == 0:
            return 1
        polls = self.pace.max_polls
        by_polls = 0.0 if polls is None else self.seen / (polls + 1)
        return max(by_polls, (now - self.begun) / self.pace.amount, 0.0)

    @property
    def counts_polls(self) -> bool:
        """Whether polls bring the work forward."""
        return self.pace.unit == "polls" or self.pace.max_polls is not None

    def percent(self, now: float) -> str:
        """Tell how much is done, in words.

        The service's form before completion is unverified: only `100%` is in its samples.

        Args:
            now: The time, in seconds since 1970-01-01 UTC.

        Returns:
            For example `42%`.
        """
        return f"{int(_WHOLE * self.share(now))}%"

    def ended_at(self, now: float) -> float:
        """Tell when the work ended.

        Args:
            now: The time of the look that found it ended.

        Returns:
            Seconds since 1970-01-01 UTC.
        """
        return min(self.begun + self.pace.amount, now) if self.pace.unit == "seconds" else now


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedOperation:
    """Says which operations fail, and how that is told.

    Attributes:
        operation: The API operation, for example `CreateDiskSnapshot`; any if None.
        resource_name: A resource the call is about, for example the snapshot to be; any if None.
        error_code: What the operation's `errorCode` says.
        error_details: What its `errorDetails` says.
    """

    operation: str | None = None
    resource_name: str | None = None
    error_code: str = _ERROR_CODE
    error_details: str = _ERROR_DETAILS

    def is_about(self, operation: str, names: Collection[str]) -> bool:
        """Tell whether a call is meant.

        Args:
            operation: The API operation.
            names: The resources the call is about.

        Returns:
            Whether it fails.
        """
        return self.operation in {None, operation} and (
            self.resource_name is None or self.resource_name in names
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Progression:
    """How fast work goes, and what becomes of it.

    Make one with `instant`, `by_polls` or `by_seconds`; add failures with `with_failed_operation`
    and `with_failed_snapshot`. It applies to work that begins from then on.

    Attributes:
        operation: How long operations take, and new disks and instances with them.
        snapshot: How long snapshots take. Whether the service ends a snapshot's operation before
            or after the snapshot is unverified; by default the operation ends first.
        failed_operations: The operations that fail.
        failed_snapshots: The snapshots that end in the state `error`, by name; None means all.
    """

    operation: Pace = Pace("seconds", 20)
    snapshot: Pace = Pace("seconds", 45)
    failed_operations: tuple[FailedOperation, ...] = ()
    failed_snapshots: tuple[str | None, ...] = ()

    @classmethod
    def instant(cls) -> Self:
        """Let everything be done in the very answer that begins it.

        Returns:
            The progression.
        """
        return cls.by_seconds(operation=0, snapshot=0)

    @classmethod
    def by_polls(cls, operation: int = 1, snapshot: int = 2) -> Self:
        """Let things be done after a number of looks at them, whatever the clock says.

        Args:
            operation: How many looks at an operation (or at a new disk or instance) find it
                unfinished.
            snapshot: How many looks at a snapshot find it unfinished.

        Returns:
            The progression.

        Raises:
            ValueError: If a number is negative.
        """
        return cls(operation=Pace("polls", operation), snapshot=Pace("polls", snapshot))

    @classmethod
    def by_seconds(
        cls, operation: float = 20, snapshot: float = 45, *, max_polls: int | None = None
    ) -> Self:
        """Let things be done after some time on the emulator's clock.

        Args:
            operation: How long an operation takes, in seconds, and a new disk or instance. About
                18 s were seen at the service for CreateInstances.
            snapshot: How long a snapshot takes, in seconds.
            max_polls: How many polls of a resource at most find it unfinished, however little
                time has passed; any number if None. With it, code that polls without sleeping on
                the emulator's clock ends.

        Returns:
            The progression.

        Raises:
            ValueError: If a number is negative.
        """
        return cls(
            operation=Pace("seconds", operation, max_polls),
            snapshot=Pace("seconds", snapshot, max_polls),
        )

    def with_failed_operation(
        self,
        operation: str | None = None,
        *,
        resource_name: str | None = None,
        error_code: str = _ERROR_CODE,
        error_details: str = _ERROR_DETAILS,
    ) -> Self:
        """Let operations end in `Failed`; the disk or snapshot they make then ends in `error`.

        Args:
            operation: The API operation, for example `CreateDiskSnapshot`; any if None.
            resource_name: A resource the call is about; any if None.
            error_code: What the operation's `errorCode` says.
            error_details: What its `errorDetails` says.

        Returns:
            A new progression.
        """
        failed = FailedOperation(
            operation=operation,
            resource_name=resource_name,
            error_code=error_code,
            error_details=error_details,
        )
        return replace(self, failed_operations=(*self.failed_operations, failed))

    def with_failed_snapshot(self, name: str | None = None) -> Self:
        """Let a snapshot end in the state `error` though its operations succeed.

        Args:
            name: The snapshot; every one if None.

        Returns:
            A new progression.
        """
        return replace(self, failed_snapshots=(*self.failed_snapshots, name))

    def failure_of(self, operation: str, names: Collection[str]) -> FailedOperation | None:
        """Look whether a call's operations are to fail.

        Args:
            operation: The API operation.
            names: The resources the call is about.

        Returns:
            How they fail, or None if they succeed.
        """
        return next((f for f in self.failed_operations if f.is_about(operation, names)), None)

    def fails_snapshot(self, name: str) -> bool:
        """Look whether a snapshot is to end in `error`.

        Args:
            name: The snapshot.

        Returns:
            Whether it does.
        """
        return name in self.failed_snapshots or None in self.failed_snapshots
