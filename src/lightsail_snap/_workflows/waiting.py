"""Waiting for one resource or for many, with one polling loop."""

from __future__ import annotations

from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from functools import partial
from math import ceil, inf
from typing import Any, Generic, TypeAlias

from lightsail_snap._parameters import as_list, check_callback, check_concurrency
from lightsail_snap._text import short_repr
from lightsail_snap._workflows.effects import (
    ClockReading,
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
    delay_after,
    percent_of,
    state_of,
)

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
# While nothing ends, a page with so many pending resources stands for the rest of the list.
_SAMPLE_SIZE = 20
# But every so many rounds the list is read to its end.
_ROUNDS_PER_FULL_LIST = 8
# Operations of resources that are pending take up to one call for so many calls for the resources.
_CALLS_PER_OPERATION_CALL = 8
# The last resource is polled when it should have ended, but not more often than after this part of
# the time so far: how the service reports progress before completion is unverified.
_MIN_PART_OF_ELAPSED = 0.05

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
    def is_pending(self) -> bool:
        return self.status is PollStatus.PENDING

    @property
    def is_missing(self) -> bool:
        return self._misses > 0

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
                self.fail(outcome)
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
            self.fail(WaitFailedError(text, waited=waited, **error_fields(self.resource)), error)
        elif self.not_found is NotFoundPolicy.RETRY and self._misses < _MAX_MISSES:
            self._misses += 1
            self.error = error
        else:
            self.fail(error)

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
            self.fail(WaitFailedError(f"{self.title} {why}", waited=waited, **error_fields(found)))

    def _update_mismatch(self, found: PollResultT, match: Match, waited: timedelta) -> None:
        """Update the state with a response that shows another resource of the same name."""
        self._mismatches += 1
        rule = "must not be before the resource that is waited for was created"
        error = wrong_resource(found, "created_at", rule, str(found.created_at))
        if match is Match.REPLACED:
            text = f"{self.title} was deleted, and another one of this name was created"
            self.fail(WaitFailedError(text, waited=waited, **error_fields(found)))
        elif self._mismatches > _MAX_MISMATCHES:
            text = (
                f"{self.title} is not visible: the service keeps returning an earlier one of this "
                f"name, created at {found.created_at}"
            )
            self.fail(WaitFailedError(text, waited=waited, **error_fields(found)), error)
        else:
            self.error = error

    def fail(self, error: LightsailSnapError, cause: LightsailSnapError | None = None) -> None:
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
            "Lightsail"
        )
        advice = f"to keep waiting, call {resume}"
        error = WaitTimeoutError(text, waited=waited, advice=advice, **error_fields(self.resource))
        self.fail(error, self.error)


async def _poll(waitable: Waitable[PollResultT], name: str) -> Outcome[PollResultT]:
    try:
        found = await waitable.find(name)
    except LightsailSnapError as error:
        return error
    return None if found is None else found.resource


@dataclass(frozen=True, slots=True)
class _Round:
    """Facts about a round of polls.

    Attributes:
        calls: The calls that it takes to poll all resources.
        remaining: The seconds until all should have ended; infinite if unknown.
    """

    calls: int = 1
    remaining: float = inf

    def pause(self, policy: WaitPolicy, polls: int, elapsed: float) -> float:
        """Return the seconds until the next round."""
        shortest = max(policy.delay(0), elapsed * _MIN_PART_OF_ELAPSED)
        return min(delay_after(policy, polls, self.calls), max(shortest, self.remaining))


async def _poll_until_done(  # noqa: PLR0913 - the parameters of a wait
    waits: Collection[_Wait[Any]],
    policy: WaitPolicy,
    stopwatch: Stopwatch,
    *,
    poll: Callable[[bool], Coroutine[Any, Any, _Round]],
    on_poll: Callable[[int], None],
    has_polled: bool,
) -> None:
    """Poll until every wait has ended; the only loop that waits for resources.

    `poll` updates the waits. Its argument is whether this is the last round.
    """
    polls, last = 0, _Round()
    while pending := [wait for wait in waits if wait.is_pending]:
        if polls and stopwatch.is_over:
            for wait in pending:
                wait.time_out(stopwatch.waited)
            break
        if polls or has_polled:
            pause = last.pause(policy, polls, stopwatch.elapsed)
            await stopwatch.pause(min(pause, stopwatch.remaining))
        workflow = partial(poll, stopwatch.is_over)
        last = await run_by_deadline(workflow, stopwatch.deadline)
        polls += 1
        on_poll(polls)


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

    outcome: Outcome[PollResultT] = None

    async def poll(_: bool) -> _Round:  # noqa: FBT001 - the only parameter
        nonlocal outcome
        outcome = await _poll(wait.waitable, wait.name)
        await stopwatch.read()
        wait.update(outcome, stopwatch.waited)
        return _Round()

    def report(polls: int) -> None:
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
        poll=poll,
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
    stopwatch, names = await start(limit, began), list(names)
    group = _Group.of(waitable, names, concurrency, stopwatch, not_found, identities)
    group.update(firsts or {})

    async def poll(is_last: bool) -> _Round:  # noqa: FBT001 - the only parameter
        return await group.poll(group.pending, is_last=is_last)

    def report(polls: int) -> None:
        if on_progress is not None:
            statuses = [wait.status for wait in group.waits.values()]
            on_progress(_group_progress(waitable, statuses, polls, stopwatch.waited))

    await _poll_until_done(
        group.waits.values(), policy, stopwatch, poll=poll, on_poll=report, has_polled=bool(firsts)
    )
    return group.result


async def wait_for_created(  # noqa: PLR0913 - the parameters of a wait
    waitable: Waitable[PollResultT],
    identities: Mapping[str, Identity],
    operations: Mapping[str, Operation],
    policy: WaitPolicy,
    limit: float | None,
    *,
    concurrency: int,
    on_progress: Callable[[GroupProgress], object] | None,
    began: ClockReading,
) -> tuple[BatchResult[PollResultT], BatchResult[Operation]]:
    """Wait for resources and for the operations that create them, in one loop.

    In which order the service ends an operation and its resource is unverified, so both are waited
    for. Mostly the operations are polled only once, after the resources have ended.

    Args:
        waitable: The kind of resources.
        identities: What identifies them beyond their names, by name.
        operations: The operations that create them, as already seen, by name of the resource.
        policy: The pauses between rounds of polls.
        limit: The time limit for all of them in seconds; None for none.
        concurrency: The maximum number of calls at the same time.
        on_progress: Called after every round of polls.
        began: When the limit started.

    Returns:
        The results of the resources by name, and those of the operations by name of the resource.
    """
    stopwatch = await start(limit, began)
    retry = NotFoundPolicy.RETRY
    ids = {name: operation.id for name, operation in operations.items()}
    creations = _Creations(
        _Group.of(waitable, identities, concurrency, stopwatch, retry, identities),
        _Group.of(OPERATIONS, ids.values(), concurrency, stopwatch),
        ids,
    )
    creations.operations.update({each.id: each for each in operations.values()})
    creations.end_with_operations()

    def report(polls: int) -> None:
        if on_progress is not None:
            on_progress(_group_progress(waitable, creations.statuses, polls, stopwatch.waited))

    await _poll_until_done(
        creations.waits,
        policy,
        stopwatch,
        poll=creations.poll,
        on_poll=report,
        has_polled=bool(operations),
    )
    ended = creations.operations.result
    return creations.resources.result, BatchResult(
        {name: ended.successes[id_] for name, id_ in ids.items() if id_ in ended.successes},
        {name: ended.failures[id_] for name, id_ in ids.items() if id_ in ended.failures},
    )


def is_missing(error: LightsailSnapError | None) -> bool:
    """Return whether a wait failed because the service no longer has the resource."""
    return isinstance(error, NotFoundException) or (
        error is not None and isinstance(error.__cause__, NotFoundException)
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
    waitable: Waitable[PollResultT], statuses: list[PollStatus], polls: int, waited: timedelta
) -> GroupProgress:
    return GroupProgress(
        f"{len(statuses)} {waitable.noun}s",
        polls,
        waited,
        len(statuses),
        statuses.count(PollStatus.SUCCEEDED),
        statuses.count(PollStatus.FAILED),
    )


@dataclass(slots=True)
class _Group(Generic[PollResultT]):
    """Waits for resources of one kind, which are polled by few calls.

    Attributes:
        waitable: The kind of resources.
        waits: The waits by name.
        concurrency: The maximum number of calls at the same time.
        stopwatch: The time limit.
        calls: The calls so far.
        cost: The calls that it takes to poll all that are pending.
        quiet_rounds: The rounds since the last one that ended a wait.
    """

    waitable: Waitable[PollResultT]
    waits: dict[str, _Wait[PollResultT]]
    concurrency: int
    stopwatch: Stopwatch
    calls: int = 0
    cost: int = 1
    quiet_rounds: int = 1

    @classmethod
    def of(  # noqa: PLR0913, PLR0917 - as in wait_for_all
        cls,
        waitable: Waitable[PollResultT],
        names: Iterable[str],
        concurrency: int,
        stopwatch: Stopwatch,
        not_found: NotFoundPolicy = NotFoundPolicy.FAIL,
        identities: Mapping[str, Identity] | None = None,
    ) -> _Group[PollResultT]:
        known = identities or {}
        waits = {}
        for name in names:
            waitable.request(name)
            identity = known.get(name) or Identity()
            waits[name] = _Wait(waitable, name, not_found, identity=identity)
        return cls(waitable, waits, concurrency, stopwatch)

    @property
    def pending(self) -> list[str]:
        return [name for name, wait in self.waits.items() if wait.is_pending]

    @property
    def result(self) -> BatchResult[PollResultT]:
        waits = self.waits.items()
        return BatchResult(
            {n: w.resource for n, w in waits if w.failure is None and w.resource is not None},
            {name: wait.failure for name, wait in waits if wait.failure is not None},
        )

    def update(self, outcomes: Mapping[str, Outcome[PollResultT]]) -> None:
        for name, outcome in outcomes.items():
            self.waits[name].update(outcome, self.stopwatch.waited)

    async def poll(self, names: list[str], *, is_last: bool) -> _Round:
        """Poll resources that are pending, and update their waits."""
        outcomes: dict[str, Outcome[PollResultT]] = {}
        before, unread = self.calls, set[str]()
        if self.waitable.listing is not None and len(names) > _MAX_SINGLE_POLLS:
            may_sample = self.quiet_rounds % _ROUNDS_PER_FULL_LIST > 0 and not is_last
            outcomes, unread = await self._poll_listing(
                self.waitable.listing(), names, may_sample=may_sample
            )
        # A list that does not show a resource proves nothing, so each missing one is polled.
        missing = [name for name in names if name not in outcomes and name not in unread]
        workflows = [partial(_poll, self.waitable, name) for name in missing]
        polled = await gather(workflows, self.concurrency)
        self.calls += len(missing)
        self.cost = self.calls - before
        if unread:
            self.cost = ceil(self.cost * len(names) / len(outcomes))
        await self.stopwatch.read()
        self.update(outcomes | dict(zip(missing, polled, strict=True)))
        has_news = any(not self.waits[name].is_pending for name in names)
        self.quiet_rounds = 0 if has_news else self.quiet_rounds + 1
        return _Round(self.cost, self._remaining(name for name in names if name not in unread))

    def _remaining(self, names: Iterable[str]) -> float:
        """Return the seconds until the last of these resources should have ended."""
        remaining, elapsed = 0.0, self.stopwatch.elapsed
        for wait in map(self.waits.__getitem__, names):
            if not wait.is_pending:
                continue
            resource = wait.resource
            percent = None if resource is None else percent_of(resource)
            if not percent:
                return inf
            remaining = max(remaining, elapsed * 100 / percent - elapsed)
        return remaining

    async def _poll_listing(
        self, request: PagedRequest[Any], names: list[str], *, may_sample: bool
    ) -> tuple[dict[str, Outcome[PollResultT]], set[str]]:
        """Find resources in a list, as long as that takes fewer calls than one for each.

        Also return the names of those that were left unread because nothing has ended.
        """
        outcomes: dict[str, Outcome[PollResultT]] = {}
        missing = set(names)
        paging: Paging[Any] = Paging(request)
        pages = 0
        while paging.request is not None and pages < len(missing):
            try:
                self.calls += 1
                page = await call(paging.request)
                pages += 1
                for item in page.items:
                    name = self.waitable.get_name(item)
                    if name in missing:
                        missing.remove(name)
                        outcomes[name] = item
                        may_sample &= self.waitable.classify(item) is PollStatus.PENDING
                if may_sample and len(outcomes) >= _SAMPLE_SIZE:
                    return outcomes, missing
                paging.advance(page)
            except LightsailSnapError as error:
                if is_transient(error):
                    # One call for each resource would only add to the load.
                    outcomes |= dict.fromkeys(missing, error)
                break
        return outcomes, set()


@dataclass(frozen=True, slots=True)
class _Creations(Generic[PollResultT]):
    """Waits for resources, and for the operations that create them.

    Attributes:
        resources: The waits for the resources, by name.
        operations: The waits for the operations, by id.
        ids: The ids of the operations by name of the resource.
    """

    resources: _Group[PollResultT]
    operations: _Group[Operation]
    ids: Mapping[str, str]

    @property
    def waits(self) -> list[_Wait[Any]]:
        return [*self.resources.waits.values(), *self.operations.waits.values()]

    def _operation(self, name: str) -> _Wait[Operation] | None:
        return self.operations.waits.get(self.ids.get(name, ""))

    @property
    def statuses(self) -> list[PollStatus]:
        """The status of each creation, which succeeds when both have."""
        statuses = []
        for name, wait in self.resources.waits.items():
            operation, status = self._operation(name), wait.status
            if status is PollStatus.SUCCEEDED and operation and not is_missing(operation.failure):
                status = operation.status
            statuses.append(status)
        return statuses

    def end_with_operations(self) -> None:
        """End the waits for resources whose operations have failed."""
        for name, wait in self.resources.waits.items():
            operation = self._operation(name)
            error = operation and operation.failure
            if wait.is_pending and error and not is_missing(error):
                wait.fail(error)

    async def poll(self, is_last: bool) -> _Round:  # noqa: FBT001 - the only parameter
        """Poll the resources, and the operations when that is useful."""
        names, last = self.resources.pending, _Round()
        if names:
            last = await self.resources.poll(names, is_last=is_last)
        due = self.operations.pending
        calls = self.operations.calls + self.operations.cost
        is_affordable = calls * _CALLS_PER_OPERATION_CALL <= self.resources.calls
        names = self.resources.pending
        if names and not is_last and not is_affordable:
            # Where a resource is missing, its operation may have failed.
            due = [each for each in due if each in self._ids_of_missing]
        if due:
            polled = await self.operations.poll(due, is_last=is_last)
            self.end_with_operations()
            return last if names else polled
        return last

    @property
    def _ids_of_missing(self) -> set[str]:
        waits = self.resources.waits
        return {id_ for name, id_ in self.ids.items() if waits[name].is_missing}
