"""Duration and outcome of operations in the emulator."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, Self

if TYPE_CHECKING:
    from lightsail_snap._parameters import CollectionNotStr

_PERCENT = 100
_ERROR_CODE = "InternalFailure"
_ERROR_DETAILS = "The emulator was configured to fail this operation."


@dataclass(frozen=True, slots=True)
class Pace:
    """Duration of an operation or a state change.

    Attributes:
        unit: The unit: seconds on the emulator's clock, or polls of the resource or operation.
        amount: How many of them pass before it is finished. With 0 seconds it is finished in the
            response to the request that starts it; with 0 polls, at the first poll.
        max_polls: With seconds, how many polls at most find it unfinished, however little time
            has passed; no limit if None.
    """

    unit: Literal["seconds", "polls"]
    amount: float
    max_polls: int | None = None

    def __post_init__(self) -> None:
        if self.max_polls is not None and self.unit == "polls":
            message = "max_polls needs the unit 'seconds', not 'polls'"
            raise ValueError(message)
        if self.max_polls is not None and self.max_polls < 0:
            message = f"max_polls must be 0 or more, not {self.max_polls}"
            raise ValueError(message)
        # Written this way round, NaN is refused too.
        if not self.amount >= 0:
            message = f"amount must be 0 or more {self.unit}, not {self.amount}"
            raise ValueError(message)


@dataclass(slots=True)
class Transition:
    """A change in progress. Its effect is computed when the resource is read.

    Attributes:
        started_at: When it started, in seconds since 1970-01-01 UTC.
        pace: How long it takes.
        final_fields: The fields that the resource has when the change is finished.
        polls: How many times the resource has been polled.
    """

    started_at: float
    pace: Pace
    final_fields: dict[str, object]
    polls: int = 0

    def fraction_done(self, now: float) -> float:
        """Return the finished fraction: from 0, and 1 or more when finished."""
        if self.pace.unit == "polls":
            return self.polls / (self.pace.amount + 1)
        if self.pace.amount == 0:
            return 1
        by_time = (now - self.started_at) / self.pace.amount
        max_polls = self.pace.max_polls
        by_polls = 0.0 if max_polls is None else self.polls / (max_polls + 1)
        return max(by_polls, by_time, 0.0)

    @property
    def is_advanced_by_polls(self) -> bool:
        """True if polls count towards its end."""
        return self.pace.unit == "polls" or self.pace.max_polls is not None

    def progress(self, now: float) -> str:
        """Return the finished percentage, for example `42%`."""
        # The service's form before completion is unverified: only `100%` is in its samples.
        return f"{int(_PERCENT * self.fraction_done(now))}%"

    def finished_at(self, now: float) -> float:
        """Return when it finished, if the poll at the time `now` found it finished."""
        if self.pace.unit == "polls":
            return now
        return min(self.started_at + self.pace.amount, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedOperation:
    """Selects operations that fail, and sets their error.

    Attributes:
        operation: The API operation, for example `CreateDiskSnapshot`; any if None.
        resource_name: The name of a resource in the request, for example of the new snapshot; any
            if None.
        error_code: The operation's `errorCode`.
        error_details: The operation's `errorDetails`.
    """

    operation: str | None = None
    resource_name: str | None = None
    error_code: str = _ERROR_CODE
    error_details: str = _ERROR_DETAILS

    def is_about(self, operation: str, names: CollectionNotStr[str]) -> bool:
        """Return whether a call fails.

        Args:
            operation: The API operation.
            names: The names in its request.

        Returns:
            True if it fails.
        """
        return self.operation in {None, operation} and (
            self.resource_name is None or self.resource_name in names
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Progression:
    """Duration and outcome of operations and of new resources.

    Make one with `instant`, `by_polls` or `by_seconds`; add failures with `with_failed_operation`
    and `with_failed_snapshot`. It applies to operations that start afterwards.

    Attributes:
        operation: How long operations take, and new disks and instances.
        snapshot: How long snapshots take. Whether the service finishes a snapshot's operation
            before or after the snapshot is unverified; by default the operation finishes first.
        failed_operations: The operations that fail.
        failed_snapshots: The names of snapshots that end in the state `error`; None means all.
    """

    operation: Pace = Pace("seconds", 20)
    snapshot: Pace = Pace("seconds", 45)
    failed_operations: tuple[FailedOperation, ...] = ()
    failed_snapshots: tuple[str | None, ...] = ()

    @classmethod
    def instant(cls) -> Self:
        """Finish everything in the response to the request that starts it.

        Returns:
            The progression.
        """
        return cls.by_seconds(operation=0, snapshot=0)

    @classmethod
    def by_polls(cls, operation: int = 1, snapshot: int = 2) -> Self:
        """Finish after a number of polls, independent of the clock.

        Args:
            operation: How many polls of an operation (or of a new disk or instance) find it
                unfinished; 0 or more.
            snapshot: How many polls of a snapshot find it unfinished; 0 or more.

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
        """Finish after some time on the emulator's clock.

        Args:
            operation: How long an operation takes, in seconds, and a new disk or instance; 0 or
                more. CreateInstances was seen to take about 18 s at the service.
            snapshot: How long a snapshot takes, in seconds; 0 or more.
            max_polls: How many polls of a resource at most find it unfinished, however little
                time has passed; no limit if None. With a limit, code that polls without sleeping
                on the emulator's clock ends.

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
        """Return a copy in which operations end in `Failed`.

        The disk or snapshot that such an operation creates ends in the state `error`.

        Args:
            operation: The API operation, for example `CreateDiskSnapshot`; any if None.
            resource_name: The name of a resource in the request; any if None.
            error_code: The operation's `errorCode`.
            error_details: The operation's `errorDetails`.

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
        """Return a copy in which a snapshot ends in `error`, though its operations succeed.

        Args:
            name: The snapshot; every snapshot if None.

        Returns:
            A new progression.
        """
        return replace(self, failed_snapshots=(*self.failed_snapshots, name))

    def failure_of(self, operation: str, names: CollectionNotStr[str]) -> FailedOperation | None:
        """Return the failure of a call's operations.

        Args:
            operation: The API operation.
            names: The names in its request.

        Returns:
            The first failure that matches, or None if they succeed.
        """
        return next((one for one in self.failed_operations if one.is_about(operation, names)), None)

    def fails_snapshot(self, name: str) -> bool:
        """Return whether a snapshot ends in the state `error`.

        Args:
            name: The snapshot.

        Returns:
            True if it does.
        """
        return name in self.failed_snapshots or None in self.failed_snapshots
