"""Waiting for one thing, and for many."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from typing import Any, Generic

from lightsail_snap._parameters import check_callback, check_concurrency
from lightsail_snap._workflows.effects import ClockReading, Flow, call, together, with_deadline
from lightsail_snap._workflows.ownership import Identity, Match, wrong_resource
from lightsail_snap._workflows.paging import Paging
from lightsail_snap._workflows.resources import Waitable
from lightsail_snap._workflows.timing import start
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
    Operation,
    PagedRequest,
    PollResult,
)
from lightsail_snap.waiters import (
    GroupProgress,
    PollResultT,
    PollStatus,
    WaitPolicy,
    WaitProgress,
    percent_of,
    state_of,
)

# A clock need not move on for less than this, so a shorter rest of a wait is none.
_INSTANT = 1e-6
# A page of something in between is unreadable once or twice; a service that has changed, always.
_MOST_UNREADABLE = 3
# How soon the service shows what it has just accepted is unverified.
_MOST_MISSES = 10
# A resource that was seen may be missing in a stale response; in so many in a row it is deleted.
_MAX_STALE_MISSES = 2
# So many responses in a row may show an earlier resource of the same name.
_MAX_MISMATCHES = 10
# So few are asked for one by one: that takes as many calls as a list of one or two pages.
_FEW = 2
# An endless iterable must end in an error; more than this is no job for one process.


class NotFoundPolicy(Enum):
    """What it means that a thing is not found."""

    WRONG = "wrong"
    """There is no such thing, or it has vanished."""
    EARLY = "early"
    """It was accepted just now, and may not be visible yet."""
    WANTED = "wanted"
    """It is gone, as it should be."""


def _as_seen(seen: PollResult | None) -> dict[str, Any]:
    match seen:
        case None:
            return {}
        case Operation():
            return {"operation": seen}
        case Disk():
            return {"disk": seen}
        case ExportSnapshotRecord():
            return {"export_snapshot_record": seen}
        case _:
            return {"snapshot": seen}


@dataclass(slots=True)
class _Watch(Generic[PollResultT]):
    """One thing that is awaited, and what is known of it so far.

    Attributes:
        subject: The kind of thing.
        name: Its name.
        absence: What it means that it is not found.
        resume: How to go on waiting later.
        identity: What identifies it beyond its name.
        seen: What was last seen.
        fault: Why the last look failed, if it did and the wait goes on.
        verdict: What is known of the end.
        failure: Why there will be no success.
    """

    subject: Waitable[PollResultT]
    name: str
    absence: NotFoundPolicy = NotFoundPolicy.WRONG
    resume: str = ""
    identity: Identity = field(default_factory=Identity)
    seen: PollResultT | None = None
    fault: LightsailSnapError | None = None
    verdict: PollStatus = PollStatus.PENDING
    failure: LightsailSnapError | None = None
    _unreadable: int = field(default=0, repr=False)
    _misses: int = field(default=0, repr=False)
    _mismatches: int = field(default=0, repr=False)

    @property
    def title(self) -> str:
        kind = getattr(self.seen, "operation_type", None)
        return f"{self.subject.noun} {f'{kind} ' if kind else ''}{self.name}"

    def take_in(self, outcome: PollResultT | LightsailSnapError | None, waited: timedelta) -> None:
        """Take in what a look gave."""
        match outcome:
            case NotFoundException():
                self._missed(outcome, waited)
            case LightsailSnapError() if is_transient(outcome):
                self.fault = outcome
            case LightsailSnapError() if self._is_unreadable_still(outcome):
                self.fault = outcome
            case LightsailSnapError():
                self._fail(outcome)
            case None:
                self.fault = None
            case _:
                self._see(outcome, waited)

    def _is_unreadable_still(self, error: LightsailSnapError) -> bool:
        self._unreadable += is_unreadable(error)
        return is_unreadable(error) and self._unreadable <= _MOST_UNREADABLE

    def _missed(self, error: NotFoundException, waited: timedelta) -> None:
        if self.absence is NotFoundPolicy.WANTED:
            self.verdict = PollStatus.SUCCEEDED
        elif self.seen is not None and self._misses < _MAX_STALE_MISSES:
            self._misses += 1
            self.fault = error
        elif self.seen is not None:
            text = (
                f"{self.title} is no longer known to the service, last seen in "
                f"{state_of(self.seen)}; look at the resource itself"
            )
            self._fail(WaitFailedError(text, waited=waited, **_as_seen(self.seen)), error)
        elif self.absence is NotFoundPolicy.EARLY and self._misses < _MOST_MISSES:
            self._misses += 1
            self.fault = error
        else:
            self._fail(error)

    def _see(self, seen: PollResultT, waited: timedelta) -> None:
        if self.absence is NotFoundPolicy.WANTED:
            self.seen, self.fault, self._unreadable = seen, None, 0
            return
        # An operation is identified by its id, which is unique for ever.
        match = Match.SAME if isinstance(seen, Operation) else self.identity.match(seen)
        if match is not Match.SAME:
            self._mistake(seen, match, waited)
            return
        self.seen, self.fault = seen, None
        self._unreadable = self._misses = self._mismatches = 0
        self.verdict = self.subject.judge(seen)
        if self.verdict is PollStatus.FAILED:
            why = f"ended in {state_of(seen)}"
            if isinstance(seen, Operation) and (seen.error_code or seen.error_details):
                why += f": {seen.error_code or '(no code)'}: {seen.error_details or '(no details)'}"
            self._fail(WaitFailedError(f"{self.title} {why}", waited=waited, **_as_seen(seen)))

    def _mistake(self, found: PollResultT, match: Match, waited: timedelta) -> None:
        """Take in a response that shows another resource of the same name."""
        self._mismatches += 1
        rule = "must not be before the resource that is waited for was created"
        fault = wrong_resource(found, "created_at", rule, str(found.created_at))
        if match is Match.REPLACED:
            text = f"{self.title} was deleted, and another one of this name was created"
            self._fail(WaitFailedError(text, waited=waited, **_as_seen(found)))
        elif self._mismatches > _MAX_MISMATCHES:
            text = (
                f"{self.title} cannot be seen: the service keeps showing an earlier one of this "
                f"name, created at {found.created_at}"
            )
            self._fail(WaitFailedError(text, waited=waited, **_as_seen(found)), fault)
        else:
            self.fault = fault

    def _fail(self, error: LightsailSnapError, cause: LightsailSnapError | None = None) -> None:
        self.verdict, self.failure = PollStatus.FAILED, error
        if cause is not None:
            error.__cause__ = cause

    def run_out(self, waited: timedelta) -> None:
        """Take in that the time is up."""
        if self.seen is None:
            state = "not seen"
        else:
            is_state = self.absence is not NotFoundPolicy.WANTED
            state = f"in {state_of(self.seen)}" if is_state else "there"
        text = (
            f"{self.title} is still {state} after {waited.total_seconds():.0f} s; the work goes on "
            f"in Lightsail, resume with {self.resume or f'{self.subject.resume}({self.name!r})'}"
        )
        late = WaitTimeoutError(text, waited=waited, **_as_seen(self.seen))
        self._fail(late, self.fault)


def _look(
    subject: Waitable[PollResultT], name: str
) -> Flow[PollResultT | LightsailSnapError | None]:
    try:
        return (yield from subject.look(name))
    except LightsailSnapError as error:
        return error


def wait_for(  # noqa: PLR0913 - the ways in which waits differ
    subject: Waitable[PollResultT],
    name: str,
    policy: WaitPolicy,
    limit: float | None,
    *,
    on_progress: Callable[[WaitProgress[PollResultT]], object] | None = None,
    first: PollResultT | None = None,
    absence: NotFoundPolicy = NotFoundPolicy.WRONG,
    resume: str = "",
    began: ClockReading | None = None,
    identity: Identity | None = None,
) -> Flow[PollResultT]:
    """Wait for one thing.

    Args:
        subject: The kind of thing.
        name: Its name.
        policy: How patiently.
        limit: How long at most, in seconds; None for ever.
        on_progress: Is told of every look.
        first: What was seen of it already; if that is an end, it is not looked at.
        absence: What it means that it is not found.
        resume: How to go on waiting later, if not by the subject's own method.
        began: When the limit began to run; now if None.
        identity: What identifies the thing beyond its name.

    Returns:
        The thing as last seen.
    """
    check_callback("on_progress", on_progress)
    subject.request(name)
    watch = _Watch(subject, name, absence, resume, identity or Identity())
    stopwatch = yield from start(limit, began)
    if first is not None:
        watch.take_in(first, stopwatch.waited)
    looks = 0
    while watch.verdict is PollStatus.PENDING:
        if looks and stopwatch.left < _INSTANT:
            watch.run_out(stopwatch.waited)
            break
        if looks or first is not None:
            yield from stopwatch.pause(min(policy.delay(looks), stopwatch.left))
        outcome = yield from with_deadline(_look(subject, name), stopwatch.deadline)
        looks += 1
        yield from stopwatch.read()
        watch.take_in(outcome, stopwatch.waited)
        is_over = isinstance(outcome, LightsailSnapError) and watch.fault is not outcome
        if on_progress is not None and not is_over:
            percent = percent_of(watch.seen) if watch.seen is not None else None
            on_progress(
                WaitProgress(watch.title, looks, stopwatch.waited, percent, watch.seen, watch.fault)
            )
    if watch.failure is not None:
        raise watch.failure
    # An awaited absence has nothing to show; its flow passes over what it returns.
    return watch.seen  # type: ignore[return-value] # see above


def wait_for_absence(
    subject: Waitable[PollResultT],
    name: str,
    policy: WaitPolicy,
    limit: float | None,
    *,
    on_progress: Callable[[WaitProgress[PollResultT]], object] | None = None,
) -> Flow[None]:
    """Wait until a thing is gone.

    Args:
        subject: The kind of thing.
        name: Its name.
        policy: How patiently.
        limit: How long at most, in seconds; None for ever.
        on_progress: Is told of every look.
    """
    subject.request(name)
    resume = f"{subject.resume}_deletion({name!r})"
    yield from wait_for(
        subject,
        name,
        policy,
        limit,
        on_progress=on_progress,
        absence=NotFoundPolicy.WANTED,
        resume=resume,
    )


@dataclass(frozen=True, slots=True)
class BatchResult(Generic[PollResultT]):
    """What came of many jobs, by name."""

    successes: dict[str, PollResultT] = field(default_factory=dict)
    failures: dict[str, LightsailSnapError] = field(default_factory=dict)

    def all(self, what: str) -> dict[str, PollResultT]:
        """Give the successes if there is nothing else.

        Args:
            what: What it was about, in words.

        Returns:
            The successes.

        Raises:
            PartialFailureError: If anything failed.
        """
        if self.failures:
            total = len(self.failures) + len(self.successes)
            message = f"{len(self.failures)} of {total} {what} failed"
            raise PartialFailureError(message, self.failures, self.successes)
        return self.successes


def wait_for_all(  # noqa: PLR0913 - the ways in which waits differ
    subject: Waitable[PollResultT],
    names: Iterable[str],
    policy: WaitPolicy,
    limit: float | None,
    *,
    concurrency: int,
    on_progress: Callable[[GroupProgress], object] | None = None,
    firsts: Mapping[str, PollResultT] | None = None,
    absence: NotFoundPolicy = NotFoundPolicy.WRONG,
    began: ClockReading | None = None,
    identities: Mapping[str, Identity] | None = None,
) -> Flow[BatchResult[PollResultT]]:
    """Wait for many things in one loop of looks.

    Args:
        subject: The kind of things.
        names: Their names.
        policy: How patiently.
        limit: How long at most for all of them, in seconds; None for ever.
        concurrency: How many calls at most at the same time.
        on_progress: Is told of every round of looks.
        firsts: What was seen of them already.
        absence: What it means that one is not found.
        began: When the limit began to run; now if None.
        identities: What identifies them beyond their names.

    Returns:
        What came of each.
    """
    check_callback("on_progress", on_progress)
    check_concurrency(concurrency)
    names = list(names)
    for name in names:
        subject.request(name)
    known = identities or {}
    watches = {
        name: _Watch(subject, name, absence, identity=known.get(name) or Identity())
        for name in names
    }
    stopwatch = yield from start(limit, began)
    for name, first in (firsts or {}).items():
        watches[name].take_in(first, stopwatch.waited)
    rounds = 0
    while pending := [w for w in watches.values() if w.verdict is PollStatus.PENDING]:
        if rounds and stopwatch.left < _INSTANT:
            for watch in pending:
                watch.run_out(stopwatch.waited)
            break
        if rounds or firsts:
            yield from stopwatch.pause(min(policy.delay(rounds), stopwatch.left))
        looks = _look_at_all(subject, [w.name for w in pending], concurrency)
        outcomes = yield from with_deadline(looks, stopwatch.deadline)
        rounds += 1
        yield from stopwatch.read()
        for watch in pending:
            watch.take_in(outcomes[watch.name], stopwatch.waited)
        if on_progress is not None:
            on_progress(_progress(subject, watches.values(), rounds, stopwatch.waited))
    return BatchResult(
        {name: w.seen for name, w in watches.items() if w.failure is None and w.seen is not None},
        {name: w.failure for name, w in watches.items() if w.failure is not None},
    )


def _progress(
    subject: Waitable[PollResultT],
    watches: Collection[_Watch[PollResultT]],
    rounds: int,
    waited: timedelta,
) -> GroupProgress:
    verdicts = [watch.verdict for watch in watches]
    return GroupProgress(
        f"{len(watches)} {subject.noun}s",
        rounds,
        waited,
        len(watches),
        verdicts.count(PollStatus.SUCCEEDED),
        verdicts.count(PollStatus.FAILED),
    )


def _look_at_all(
    subject: Waitable[PollResultT], names: list[str], concurrency: int
) -> Flow[dict[str, PollResultT | LightsailSnapError | None]]:
    outcomes: dict[str, PollResultT | LightsailSnapError | None] = {}
    if subject.listing is not None and len(names) > _FEW:
        outcomes |= yield from _listed(subject, subject.listing(), names)
    # One by one: what a list did not show, which alone proves nothing.
    missing = [name for name in names if name not in outcomes]
    looked = yield from together([_look(subject, name) for name in missing], concurrency)
    return outcomes | dict(zip(missing, looked, strict=True))


def _listed(
    subject: Waitable[PollResultT], request: PagedRequest[Any], names: list[str]
) -> Flow[dict[str, PollResultT | LightsailSnapError | None]]:
    """Look for things in a list, for as long as that takes fewer calls than asking for each."""
    outcomes: dict[str, PollResultT | LightsailSnapError | None] = {}
    missing = set(names)
    paging: Paging[Any] = Paging(request)
    pages = 0
    while paging.request is not None and pages < len(missing):
        try:
            page = yield from call(paging.request)
            pages += 1
            for item in page.items:
                name = subject.name_of(item)
                if name in missing:
                    missing.remove(name)
                    outcomes[name] = item
            paging.turn(page)
        except LightsailSnapError as error:
            if is_transient(error):
                # Asking for each instead would only add to a storm.
                return outcomes | dict.fromkeys(missing, error)
            return outcomes
    return outcomes
