"""The programmes: what to ask, when to ask again, and what the answers mean.

A programme is a generator that yields what it wants done, a `Call` or a `Sleep`, and is sent the
outcome: the result of the call (or its error, thrown in), or the time after the sleep. It performs
no I/O and reads no clock, so the same programme serves sync and async clients and runs in tests
without either.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeAlias, TypeVar, cast

from lightsail_snap._text import shown
from lightsail_snap.errors import (
    LightsailSnapError,
    NotFoundException,
    RequestValidationError,
    ServiceError,
    TransportError,
    Violation,
    WaitFailedError,
    WaitTimeoutError,
)
from lightsail_snap.models import (
    DiskSnapshot,
    GetDiskSnapshotRequest,
    GetOperationRequest,
    Operation,
    Request,
    ResultT,
)
from lightsail_snap.waiters import (
    ObservedT,
    Timeout,
    Verdict,
    WaitPolicy,
    WaitProgress,
    judge_disk_snapshot,
    judge_operation,
    percent_of,
    state_of,
)


@dataclass(frozen=True, slots=True)
class Call:
    """Send this request; the outcome is its result."""

    request: Request[Any]


@dataclass(frozen=True, slots=True)
class Sleep:
    """Let this many seconds pass; the outcome is the monotonic time in seconds afterwards."""

    seconds: float


ReturnT = TypeVar("ReturnT")
Flow: TypeAlias = Generator[Call | Sleep, object, ReturnT]


def call(request: Request[ResultT]) -> Flow[ResultT]:
    """Make one call.

    Args:
        request: What to send.

    Returns:
        Its result.
    """
    return cast("ResultT", (yield Call(request)))


# A clock need not move on for less than this, so a shorter rest of a wait is none.
_INSTANT = 1e-6
_LONGEST = timedelta.max / timedelta(seconds=2)


def _now() -> Flow[float]:
    return cast("float", (yield Sleep(0)))


def _is_transient(error: LightsailSnapError) -> bool:
    # Looking changes nothing, so a look whose outcome is unknown may be repeated like any other.
    return isinstance(error, TransportError) or (
        isinstance(error, ServiceError) and error.is_retryable
    )


@dataclass(frozen=True, slots=True)
class _Awaited:
    """What a wait is for: how to look at it, and how to report on it."""

    title: str
    resume: str

    def failed(self, seen: Operation | DiskSnapshot, waited: timedelta) -> WaitFailedError:
        why = f"ended in {state_of(seen)}"
        if isinstance(seen, Operation) and (seen.error_code or seen.error_details):
            why += f": {seen.error_code or '(no code)'}: {seen.error_details or '(no details)'}"
        return WaitFailedError(f"{self.title} {why}", waited=waited, **_as_seen(seen))

    def vanished(self, seen: Operation | DiskSnapshot, waited: timedelta) -> WaitFailedError:
        return WaitFailedError(
            f"{self.title} is no longer known to the service, last seen in {state_of(seen)}; "
            "look at the resource itself",
            waited=waited,
            **_as_seen(seen),
        )

    def late(self, seen: Operation | DiskSnapshot | None, waited: timedelta) -> WaitTimeoutError:
        state = "not seen" if seen is None else f"in {state_of(seen)}"
        return WaitTimeoutError(
            f"{self.title} is still {state} after {waited.total_seconds():.0f} s; the work goes on "
            f"in Lightsail, resume with {self.resume}",
            waited=waited,
            **_as_seen(seen),
        )


def _as_seen(seen: Operation | DiskSnapshot | None) -> dict[str, Any]:
    if seen is None:
        return {}
    return {"operation" if isinstance(seen, Operation) else "snapshot": seen}


def _wait(  # noqa: PLR0913 - the ways in which waits differ
    awaited: _Awaited,
    look: Callable[[], Flow[ObservedT]],
    judge: Callable[[ObservedT], Verdict],
    policy: WaitPolicy,
    limit: float | None,
    *,
    on_progress: Callable[[WaitProgress[ObservedT]], object] | None,
    first: ObservedT | None = None,
) -> Flow[ObservedT]:
    if on_progress is not None and not callable(on_progress):
        rule, fix = "must be callable, or None", "give a function of one argument, such as print"
        given = shown(on_progress)
        found = Violation("on_progress", rule, "lightsail_snap", fix, given)
        raise RequestValidationError("WaitProgress", [found])
    began = yield from _now()
    elapsed, waited = 0.0, timedelta(0)
    seen, fault, looks = first, None, 0
    while True:
        if seen is not None and fault is None:
            verdict = judge(seen)
            if verdict is Verdict.SUCCEEDED:
                return seen
            if verdict is Verdict.FAILED:
                raise awaited.failed(seen, waited)
        left = math.inf if limit is None else max(0.0, limit - elapsed)
        if looks and left < _INSTANT:
            raise awaited.late(seen, waited) from fault
        if looks or first is not None:
            yield Sleep(min(policy.delay(looks), left))
        seen, fault = yield from _look_again(awaited, look, seen, waited)
        looks += 1
        elapsed = (yield from _now()) - began
        waited = timedelta(seconds=min(elapsed, _LONGEST))
        if on_progress is not None:
            percent = percent_of(seen) if seen is not None else None
            on_progress(WaitProgress(awaited.title, looks, waited, percent, seen, fault))


def _look_again(
    awaited: _Awaited,
    look: Callable[[], Flow[ObservedT]],
    seen: ObservedT | None,
    waited: timedelta,
) -> Flow[tuple[ObservedT | None, LightsailSnapError | None]]:
    try:
        return (yield from look()), None
    except NotFoundException as error:
        if seen is None:
            raise
        raise awaited.vanished(seen, waited) from error
    except LightsailSnapError as error:
        if not _is_transient(error):
            raise
        return seen, error


def wait_for_operation(
    operation: Operation | str,
    policy: WaitPolicy,
    *,
    timeout: Timeout,
    on_progress: Callable[[WaitProgress[Operation]], object] | None,
) -> Flow[Operation]:
    """Wait for an operation to end.

    Args:
        operation: The operation, which is not asked for again if it has ended, or its id.
        policy: How patiently.
        timeout: How long at most.
        on_progress: Is told of every look.

    Returns:
        The operation as it ended.
    """
    first = operation if isinstance(operation, Operation) else None
    # An operation that was made without validation may lack its id, which the request then tells.
    identity: Any = getattr(operation, "id", operation)
    request = GetOperationRequest(operation_id=identity)

    def look() -> Flow[Operation]:
        return (yield from call(request)).operation

    what = f"operation {first.operation_type} {identity}" if first else f"operation {identity}"
    return (
        yield from _wait(
            _Awaited(what, f"wait_for_operation({identity!r})"),
            look,
            judge_operation,
            policy,
            policy.limit(timeout),
            on_progress=on_progress,
            first=first,
        )
    )


def wait_for_disk_snapshot(
    disk_snapshot_name: str,
    policy: WaitPolicy,
    *,
    timeout: Timeout,
    on_progress: Callable[[WaitProgress[DiskSnapshot]], object] | None,
) -> Flow[DiskSnapshot]:
    """Wait for a disk snapshot to be completed.

    Args:
        disk_snapshot_name: Its name.
        policy: How patiently.
        timeout: How long at most.
        on_progress: Is told of every look.

    Returns:
        The completed snapshot.
    """
    request = GetDiskSnapshotRequest(disk_snapshot_name=disk_snapshot_name)

    def look() -> Flow[DiskSnapshot]:
        return (yield from call(request)).disk_snapshot

    return (
        yield from _wait(
            _Awaited(
                f"disk snapshot {disk_snapshot_name}",
                f"wait_for_disk_snapshot({disk_snapshot_name!r})",
            ),
            look,
            judge_disk_snapshot,
            policy,
            policy.limit(timeout),
            on_progress=on_progress,
        )
    )
