"""Waiting for one resource or for many, with one polling loop."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from functools import partial
from typing import Any, Generic, TypeAlias

from lightsail_snap._parameters import as_list, check_callback, check_concurrency
from lightsail_snap._text import short_repr
from lightsail_snap._workflows.effects import (
    ClockReading,
    Workflow,
    call,
    gather,
    run_by_deadline,
)
from lightsail_snap._workflows.ownership import Identity, Match, wrong_resource
from lightsail_snap._workflows.paging import Paging
from lightsail_snap._workflows.resources import OPERATIONS, PollStatus, Waitable
from lightsail_snap._workflows.timing import Stopwatch, start
from lightsail_snap._workflows.transient import is_transient, is_unreadable
from lightsail_snap.errors import (
    LightsailSnapError,
    NotFoundException,
    PartialFailureError,
    WaitFailedError,
    WaitTimeoutError,
)
from lightsail_snap.models import (
    Disk,
    ExportSnapshotRecord,
    Instance,
    Operation,
    PagedRequest,
    PollResult,
)
from lightsail_snap.waiters import (
    GroupProgress,
    PollResultT,
    WaitPolicy,
    WaitProgress,
    percent_of,
    state_of,
)

# The smallest step of a clock; less remaining time than this is none.
_INSTANT = 1e-6
# A middlebox's page is unreadable once or twice; a changed service always is.
_MAX_UNREADABLE = 3
# How soon the service shows a resource that it has just accepted is unverified.
_MAX_MISSES = 10
# A resource that was seen may be missing in a stale response; in so many in a row it is deleted.
_MAX_STALE_MISSES = 2
# So many responses in a row may show an earlier resource of the same name.
_MAX_MISMATCHES = 10
# Up to so many are polled one by one: as many calls as a list of one or two pages.
_MAX_SINGLE_POLLS = 2

Outcome: TypeAlias = PollResultT | LightsailSnapError | None


class NotFoundPolicy(Enum):
    """Meaning of a poll that does not find the resource."""

    FAIL = "fail"
    """It does not exist, or it was deleted."""
    RETRY = "retry"
    """It was accepted just now, and may not be visible yet."""
    SUCCEED = "succeed"
    """Its deletion is waited for."""


def error_fields(resource: PollResult | None) -> dict[str, Any]:
    """Return the keyword arguments by which a WaitError gets the last seen resource."""
    match resource:
        case None:
            return {}
        case Operation():
            return {"operation": resource}
        case Disk():
            return {"disk": resource}
        case Instance():
            return {"instance": resource}
        case ExportSnapshotRecord():
            return {"export_snapshot_record": resource}
        case _:
            return {"snapshot": resource}


@dataclass(slots=True)
class _Wait(Generic[PollResultT]):
    """State of the wait for one resource.

    Attributes:
        waitable: The kind of resource.
        name: Its name.
        not_found: Meaning of a poll that does not find it.
        resume: The call that resumes the wait, if not the kind's own.
        identity: What identifies the resource beyond its name.
        resource: The resource as last seen.
        error: The error of the last poll, if the wait continues.
        status: Whether the wait has ended.
        failure: The error that ended the wait.
    """

    waitable: Waitable[PollResultT]
    name: str
    not_found: NotFoundPolicy = NotFoundPolicy.FAIL
    resume: str = ""
    identity: Identity = field(default_factory=Identity)
    resource: PollResultT | None = None
    error: LightsailSnapError | None = None
    status: PollStatus = PollStatus.PENDING
    failure: LightsailSnapError | None = None
    _unreadable: int = field(default=0, repr=False)
    _misses: int = field(default=0, repr=False)
    _mismatches: int = field(default=0, repr=False)

    @property
    def title(self) -> str:
        kind = getattr(self.resource, "operation_type", None)
        return f"{self.waitable.noun} {f'{kind} ' if kind else ''}{self.name}"

    def update(self, outcome: Outcome[PollResultT], waited: timedelta) -> None:
        """Update the state with the outcome of a poll."""
        match outcome:
            case NotFoundException():
                self._update_not_found(outcome, waited)
            case LightsailSnapError() if is_transient(outcome):
                self.error = outcome
            case LightsailSnapError() if self._may_become_readable(outcome):
                self.error = outcome
            case LightsailSnapError():
                self._fail(outcome)
            case None:
                self.error = None
            case _:
                self._update_found(outcome, waited)

    def _may_become_readable(self, error: LightsailSnapError) -> bool:
        self._unreadable += is_unreadable(error)
        return is_unreadable(error) and self._unreadable <= _MAX_UNREADABLE

    def _update_not_found(self, error: NotFoundException, waited: timedelta) -> None:
        if self.not_found is NotFoundPolicy.SUCCEED:
            self.status = PollStatus.SUCCEEDED
        elif self.resource is not None and self._misses < _MAX_STALE_MISSES:
            self._misses += 1
            self.error = error
        elif self.resource is not None:
            text = (
                f"{self.title} no longer exists on the service, last seen in "
                f"{state_of(self.resource)}; check the resource itself"
            )
            self._fail(WaitFailedError(text, waited=waited, **error_fields(self.resource)), error)
        elif self.not_found is NotFoundPolicy.RETRY and self._misses < _MAX_MISSES:
            self._misses += 1
            self.error = error
        else:
            self._fail(error)

    def _update_found(self, found: PollResultT, waited: timedelta) -> None:
        if self.not_found is NotFoundPolicy.SUCCEED:
            self.resource, self.error, self._unreadable = found, None, 0
            return
        # An operation is identified by its id, which is never reused.
        match = Match.SAME if isinstance(found, Operation) else self.identity.match(found)
        if match is not Match.SAME:
            self._update_mismatch(found, match, waited)
            return
        self.resource, self.error = found, None
        self._unreadable = self._misses = self._mismatches = 0
        self.status = self.waitable.classify(found)
        if self.status is PollStatus.FAILED:
            why = f"ended in {state_of(found)}"
            if isinstance(found, Operation) and (found.error_code or found.error_details):
                why += (
                    f": {found.error_code or '(no code)'}: {found.error_details or '(no details)'}"
                )
            self._fail(WaitFailedError(f"{self.title} {why}", waited=waited, **error_fields(found)))

    def _update_mismatch(self, found: PollResultT, match: Match, waited: timedelta) -> None:
        """Update the state with a response that shows another resource of the same name."""
        self._mismatches += 1
        rule = "must not be before the resource that is waited for was created"
        error = wrong_resource(found, "created_at", rule, str(found.created_at))
        if match is Match.REPLACED:
            text = f"{self.title} was deleted, and another one of this name was created"
            self._fail(WaitFailedError(text, waited=waited, **error_fields(found)))
        elif self._mismatches > _MAX_MISMATCHES:
            text = (
                f"{self.title} is not visible: the service keeps returning an earlier one of this "
                f"name, created at {found.created_at}"
            )
            self._fail(WaitFailedError(text, waited=waited, **error_fields(found)), error)
        else:
            self.error = error

    def _fail(self, error: LightsailSnapError, cause: LightsailSnapError | None = None) -> None:
        self.status, self.failure = PollStatus.FAILED, error
        if cause is not None:
            error.__cause__ = cause

    def time_out(self, waited: timedelta) -> None:
        """End the wait because its time is up."""
        if self.resource is None:
            state = "not seen"
        else:
            is_state = self.not_found is not NotFoundPolicy.SUCCEED
            state = f"in {state_of(self.resource)}" if is_state else "not deleted"
        resume = self.resume or f"{self.waitable.resume}({self.name!r})"
        text = (
            f"{self.title} is still {state} after {waited.total_seconds():.0f} s; it continues on "
            f"Lightsail; to keep waiting, call {resume}"
        )
        error = WaitTimeoutError(text, waited=waited, **error_fields(self.resource))
        self._fail(error, self.error)


async def _poll(waitable: Waitable[PollResultT], name: str) -> Outcome[PollResultT]:
    try:
        found = await waitable.find(name)
    except LightsailSnapError as error:
        return error
    return None if found is None else found.resource


async def _poll_until_done(  # noqa: PLR0913 - the parameters of a wait
    waits: Collection[_Wait[PollResultT]],
    policy: WaitPolicy,
    stopwatch: Stopwatch,
    *,
    poll: Callable[[list[str]], Workflow[dict[str, Outcome[PollResultT]]]],
    on_poll: Callable[[int, Mapping[str, Outcome[PollResultT]]], None],
    has_polled: bool,
) -> None:
    """Poll until every wait has ended; the only loop that waits for resources."""
    polls = 0
    while pending := [wait for wait in waits if wait.status is PollStatus.PENDING]:
        if polls and stopwatch.remaining < _INSTANT:
            for wait in pending:
                wait.time_out(stopwatch.waited)
            break
        if polls or has_polled:
            await stopwatch.pause(min(policy.delay(polls), stopwatch.remaining))
        workflow = poll([wait.name for wait in pending])
        outcomes = await run_by_deadline(workflow, stopwatch.deadline)
        polls += 1
        await stopwatch.read()
        for wait in pending:
            wait.update(outcomes[wait.name], stopwatch.waited)
        on_poll(polls, outcomes)


async def wait_for(  # noqa: PLR0913 - the parameters of a wait
    waitable: Waitable[PollResultT],
    name: str,
    policy: WaitPolicy,
    limit: float | None,
    *,
    on_progress: Callable[[WaitProgress[PollResultT]], object] | None = None,
    first: PollResultT | None = None,
    resume: str = "",
    not_found: NotFoundPolicy = NotFoundPolicy.FAIL,
    began: ClockReading | None = None,
    identity: Identity | None = None,
) -> PollResultT:
    """Wait for one resource, and return it.

    Args:
        waitable: The kind of resource.
        name: Its name.
        policy: The pauses between polls.
        limit: The time limit in seconds; None for none.
        on_progress: Called after every poll.
        first: The resource as already seen; it is not polled if its state is final.
        resume: The call that resumes the wait, if not the kind's own.
        not_found: Meaning of a poll that does not find it.
        began: When the limit started; now if None.
        identity: What identifies the resource beyond its name.
    """
    wait = _Wait(waitable, name, not_found, resume, identity or Identity())
    await _wait_for(wait, policy, limit, on_progress=on_progress, first=first, began=began)
    if wait.resource is None:
        raise AssertionError  # pragma: no cover - only a wait for deletion succeeds without it
    return wait.resource


async def wait_for_deletion(
    waitable: Waitable[PollResultT],
    name: str,
    policy: WaitPolicy,
    limit: float | None,
    *,
    on_progress: Callable[[WaitProgress[PollResultT]], object] | None = None,
) -> None:
    """Wait until a resource does not exist."""
    resume = f"{waitable.resume}_deletion({short_repr(name)})"
    wait = _Wait(waitable, name, NotFoundPolicy.SUCCEED, resume)
    await _wait_for(wait, policy, limit, on_progress=on_progress)


async def _wait_for(  # noqa: PLR0913 - as for wait_for
    wait: _Wait[PollResultT],
    policy: WaitPolicy,
    limit: float | None,
    *,
    on_progress: Callable[[WaitProgress[PollResultT]], object] | None,
    first: PollResultT | None = None,
    began: ClockReading | None = None,
) -> None:
    check_callback("on_progress", on_progress)
    wait.waitable.request(wait.name)
    stopwatch = await start(limit, began)
    if first is not None:
        wait.update(first, stopwatch.waited)

    async def poll() -> dict[str, Outcome[PollResultT]]:
        return {wait.name: await _poll(wait.waitable, wait.name)}

    def report(polls: int, outcomes: Mapping[str, Outcome[PollResultT]]) -> None:
        outcome = outcomes[wait.name]
        has_ended = isinstance(outcome, LightsailSnapError) and wait.error is not outcome
        if on_progress is None or has_ended:
            return
        resource = wait.resource
        percent = None if resource is None else percent_of(resource)
        on_progress(
            WaitProgress(wait.title, polls, stopwatch.waited, percent, resource, wait.error)
        )

    await _poll_until_done(
        [wait],
        policy,
        stopwatch,
        poll=lambda _: poll,
        on_poll=report,
        has_polled=first is not None,
    )
    if wait.failure is not None:
        raise wait.failure


@dataclass(frozen=True, slots=True)
class BatchResult(Generic[PollResultT]):
    """Results and errors of many waits, by name."""

    successes: dict[str, PollResultT] = field(default_factory=dict)
    failures: dict[str, LightsailSnapError] = field(default_factory=dict)

    def all(self, noun: str) -> dict[str, PollResultT]:
        """Return the successes, or raise PartialFailureError if anything failed."""
        if self.failures:
            total = len(self.failures) + len(self.successes)
            message = f"{len(self.failures)} of {total} {noun} failed"
            raise PartialFailureError(message, self.failures, self.successes)
        return self.successes


async def wait_for_all(  # noqa: PLR0913 - the parameters of a wait
    waitable: Waitable[PollResultT],
    names: Iterable[str],
    policy: WaitPolicy,
    limit: float | None,
    *,
    concurrency: int,
    on_progress: Callable[[GroupProgress], object] | None = None,
    firsts: Mapping[str, PollResultT] | None = None,
    not_found: NotFoundPolicy = NotFoundPolicy.FAIL,
    began: ClockReading | None = None,
    identities: Mapping[str, Identity] | None = None,
) -> BatchResult[PollResultT]:
    """Wait for many resources in one loop.

    Args:
        waitable: The kind of resources.
        names: Their names.
        policy: The pauses between rounds of polls.
        limit: The time limit for all of them in seconds; None for none.
        concurrency: The maximum number of calls at the same time.
        on_progress: Called after every round of polls.
        firsts: Resources as already seen, by name.
        not_found: Meaning of a poll that does not find one.
        began: When the limit started; now if None.
        identities: What identifies them beyond their names.
    """
    check_callback("on_progress", on_progress)
    check_concurrency(concurrency)
    names = list(names)
    for name in names:
        waitable.request(name)
    known = identities or {}
    waits = {
        name: _Wait(waitable, name, not_found, identity=known.get(name) or Identity())
        for name in names
    }
    stopwatch = await start(limit, began)
    for name, first in (firsts or {}).items():
        waits[name].update(first, stopwatch.waited)

    def report(polls: int, _: object) -> None:
        if on_progress is not None:
            on_progress(_group_progress(waitable, waits.values(), polls, stopwatch.waited))

    await _poll_until_done(
        waits.values(),
        policy,
        stopwatch,
        poll=lambda pending: partial(_poll_all, waitable, pending, concurrency),
        on_poll=report,
        has_polled=bool(firsts),
    )
    return BatchResult(
        {n: w.resource for n, w in waits.items() if w.failure is None and w.resource is not None},
        {name: wait.failure for name, wait in waits.items() if wait.failure is not None},
    )


async def wait_for_several(  # noqa: PLR0913 - the parameters of a wait
    waitable: Waitable[PollResultT],
    parameter: str,
    names: Iterable[str],
    policy: WaitPolicy,
    limit: float | None,
    *,
    concurrency: int,
    on_progress: Callable[[GroupProgress], object] | None,
) -> dict[str, PollResultT]:
    """Wait for many resources, and return them by name or raise PartialFailureError."""
    result = await wait_for_all(
        waitable,
        as_list(parameter, names),
        policy,
        limit,
        concurrency=concurrency,
        on_progress=on_progress,
    )
    return result.all(f"{waitable.noun}s")


def _id_of(operation: object) -> Any:  # noqa: ANN401 - callers without a type checker
    # An operation made without validation may lack its id; then the request reports that.
    return getattr(operation, "id", operation)


async def wait_for_operation(
    operation: Operation | str,
    policy: WaitPolicy,
    limit: float | None,
    *,
    on_progress: Callable[[WaitProgress[Operation]], object] | None,
) -> Operation:
    """Wait for an operation, which is not polled if it has already ended."""
    first = operation if isinstance(operation, Operation) else None
    operation_id = _id_of(operation)
    return await wait_for(
        OPERATIONS, operation_id, policy, limit, on_progress=on_progress, first=first
    )


async def wait_for_operations(
    operations: Iterable[Operation | str],
    policy: WaitPolicy,
    limit: float | None,
    *,
    concurrency: int,
    on_progress: Callable[[GroupProgress], object] | None,
) -> dict[str, Operation]:
    """Wait for many operations, and return them by id or raise PartialFailureError."""
    items = as_list("operations", operations)
    result = await wait_for_all(
        OPERATIONS,
        [_id_of(item) for item in items],
        policy,
        limit,
        concurrency=concurrency,
        on_progress=on_progress,
        firsts={_id_of(item): item for item in items if isinstance(item, Operation)},
    )
    return result.all("operations")


def _group_progress(
    waitable: Waitable[PollResultT],
    waits: Collection[_Wait[PollResultT]],
    polls: int,
    waited: timedelta,
) -> GroupProgress:
    statuses = [wait.status for wait in waits]
    return GroupProgress(
        f"{len(waits)} {waitable.noun}s",
        polls,
        waited,
        len(waits),
        statuses.count(PollStatus.SUCCEEDED),
        statuses.count(PollStatus.FAILED),
    )


async def _poll_all(
    waitable: Waitable[PollResultT], names: list[str], concurrency: int
) -> dict[str, Outcome[PollResultT]]:
    outcomes: dict[str, Outcome[PollResultT]] = {}
    if waitable.listing is not None and len(names) > _MAX_SINGLE_POLLS:
        outcomes |= await _poll_listing(waitable, waitable.listing(), names)
    # A list that does not show a resource proves nothing, so each missing one is polled.
    missing = [name for name in names if name not in outcomes]
    polled = await gather([partial(_poll, waitable, name) for name in missing], concurrency)
    return outcomes | dict(zip(missing, polled, strict=True))


async def _poll_listing(
    waitable: Waitable[PollResultT], request: PagedRequest[Any], names: list[str]
) -> dict[str, Outcome[PollResultT]]:
    """Find resources in a list, as long as that takes fewer calls than one for each."""
    outcomes: dict[str, Outcome[PollResultT]] = {}
    missing = set(names)
    paging: Paging[Any] = Paging(request)
    pages = 0
    while paging.request is not None and pages < len(missing):
        try:
            page = await call(paging.request)
            pages += 1
            for item in page.items:
                name = waitable.get_name(item)
                if name in missing:
                    missing.remove(name)
                    outcomes[name] = item
            paging.advance(page)
        except LightsailSnapError as error:
            if is_transient(error):
                # One call for each resource would only add to the load.
                return outcomes | dict.fromkeys(missing, error)
            return outcomes
    return outcomes
