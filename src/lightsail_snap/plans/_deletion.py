"""The only code of the package that deletes more than one named resource.

`prune`, `apply`, `apply_many` and the command line delete through `DeletionGate`. Its invariants:

1. Fresh evidence. A snapshot is deleted only if the policy, evaluated on a listing of the Region
   that is at most `MAX_EVIDENCE_AGE_SECONDS` old and served fewer than `MAX_DELETIONS_PER_LISTING`
   earlier deletions, does not keep it.
2. Approval. Only snapshots that the preview or run approved are deleted. The approved snapshot, its
   entry in the listing and a Get right before the deletion agree on ARN, creation time and tags.
3. A floor. Another snapshot of the same source, the keeper, must be usable and in scope in the last
   response before each deletion. At least as many snapshots remain as the policy keeps among those
   listed, and at least `minimum_remaining`. `allow_remove_all` lifts the floor.
4. Trusted time. Ages are measured on the service's clock, the `Date` of the responses. Without it,
   or if it differs from the host's clock by more than `MAX_CLOCK_SKEW_SECONDS`, or if the two have
   moved apart since the first response, or a snapshot or the run is dated later than the service's
   clock, nothing is deleted.
5. Scope. A snapshot outside of the scope, without a source or date, or in another state than
   `completed` or `available` is neither deleted nor counted.
6. Resumability. The gate keeps no state between processes. A snapshot that is gone counts as
   deleted. A lost response is looked up by ARN.

A deletion takes three calls: Get of the snapshot, Get of the keeper, Delete. The pages of one
listing are shared by all sources of a Region. Lightsail has no conditional delete. Between the
keeper's Get and the Delete, another client can delete the keeper: a window of one call. Between the
snapshot's Get and the Delete, another client can change it: a window of two calls.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from lightsail_snap._parameters import invalid_parameter
from lightsail_snap._text import one_line, plural, safe_line
from lightsail_snap._workflows.effects import call
from lightsail_snap._workflows.paging import Paging
from lightsail_snap.errors import LightsailSnapError, NotFoundException
from lightsail_snap.models import (
    DeleteDiskSnapshotRequest,
    DeleteInstanceSnapshotRequest,
    GetDiskSnapshotRequest,
    GetDiskSnapshotsRequest,
    GetInstanceSnapshotRequest,
    GetInstanceSnapshotsRequest,
    InstanceSnapshot,
    PagedResult,
    ResponseMetadata,
)
from lightsail_snap.plans._deletion_results import DeletionRecord, Outcome, is_done
from lightsail_snap.plans._model import TagPairs, tag_pairs
from lightsail_snap.retention import (
    AnySnapshot,
    GroupBy,
    RetentionDecision,
    RetentionPlan,
    RetentionPolicy,
    Scope,
    _evaluate,
    _is_usable,
    _source_key,
    _source_of,
)

if TYPE_CHECKING:
    from lightsail_snap.clock import Clock

_log = logging.getLogger("lightsail_snap.plans")

MAX_EVIDENCE_AGE_SECONDS = 60.0
"""Greatest age of a listing that justifies deletions, from its first page on. It is measured on the
host's monotonic clock and on the service's clock."""
MAX_DELETIONS_PER_LISTING = 50
"""Greatest number of snapshots that one listing is used for."""
MAX_CLOCK_SKEW_SECONDS = 300.0
"""Greatest difference of the clocks of host and service. AWS refuses signatures beyond that."""
_MAX_LISTINGS_PER_DELETION = 3

# Header dates have whole seconds.
_CLOCK_TOLERANCE = timedelta(seconds=MAX_CLOCK_SKEW_SECONDS)

SnapshotKind: TypeAlias = Literal["disk", "instance"]
"""A disk snapshot (of a disk or of a system disk) or an instance snapshot."""

SourceKey: TypeAlias = tuple[str, str | None, str | None]
"""Kind and name of a source, and its Region if a tag names another than the snapshot's."""


@dataclass(frozen=True, slots=True)
class ApprovedSnapshot:
    """A snapshot that a preview or run approved for deletion.

    Attributes:
        name: The snapshot.
        kind: The kind of snapshot.
        arn: Its Amazon Resource Name, which a later snapshot of the same name does not have.
        created_at: Its creation time.
        tags: Its tags.
        source: The name of its disk or instance.
    """

    name: str
    kind: SnapshotKind
    arn: str | None
    created_at: datetime | None
    tags: TagPairs
    source: str | None

    @classmethod
    def of(cls, snapshot: AnySnapshot) -> ApprovedSnapshot:
        """Approve a snapshot as it is."""
        return cls(
            snapshot.name,
            kind_of(snapshot),
            snapshot.arn,
            snapshot.created_at,
            tag_pairs(snapshot),
            _source_of(snapshot)[1],
        )


@dataclass(frozen=True, slots=True)
class NewSnapshot:
    """A new snapshot that must be listed before snapshots of its source are deleted.

    Attributes:
        snapshot: The snapshot.
        since: Start of the request for it, on the client's monotonic clock; None if an earlier run
            created it.
    """

    snapshot: AnySnapshot
    since: float | None = None


@dataclass(frozen=True, slots=True)
class DeletionTerms:
    """The rules of a gate.

    Attributes:
        scope: The snapshots that may be deleted.
        policy: The policy; None to keep none, which requires `allow_remove_all`.
        group_by: The snapshots that the policy counts together.
        minimum_remaining: Least number of usable snapshots of each source that remain.
        allow_remove_all: Whether the floor is lifted.
    """

    scope: Scope
    policy: RetentionPolicy | None
    group_by: GroupBy = "source"
    minimum_remaining: int = 1
    allow_remove_all: bool = False


def make_record(
    approved: ApprovedSnapshot,
    outcome: Outcome,
    **facts: Any,  # noqa: ANN401 - fields of different types
) -> DeletionRecord:
    """Return the audit record of an approved snapshot."""
    return DeletionRecord(
        approved.name, approved.arn, approved.source, approved.created_at, outcome, **facts
    )


def check_max_deletions(model: str, value: object) -> None:
    """Raise an error for a limit that is neither None nor an integer of 0 or more."""
    if value is not None and (type(value) is not int or value < 0):
        rule = "must be a whole number, 0 or more"
        raise invalid_parameter("max_deletions", rule, "pass 50", value, model=model)


def over_limit(approved: ApprovedSnapshot, count: int, limit: int) -> DeletionRecord:
    """Return the record of a snapshot that is kept because there are too many deletions."""
    reason = (
        f"nothing is deleted: {plural(count, 'deletion')} would exceed max_deletions, {limit}; "
        "check them, then allow more"
    )
    return make_record(approved, "limit", reason=reason)


class _WithheldError(Exception):
    """This snapshot is not deleted."""

    def __init__(self, outcome: Outcome, reason: str) -> None:
        super().__init__(reason)
        self.outcome, self.reason = outcome, reason


class _StaleEvidenceError(Exception):
    """The listing does not describe what exists now; list again."""


class UntrustedClockError(Exception):
    """The service's clock cannot be trusted, or differs from the host's."""


def _already_deleted() -> _WithheldError:
    return _WithheldError("gone", "was already deleted")


def _lost(keeper: AnySnapshot) -> _StaleEvidenceError:
    return _StaleEvidenceError(f"{keeper.name}, which must remain, was deleted or changed")


class _ServiceTime:
    """Reads the service's clock from responses and compares it with the host's."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offset: float | None = None
        self.latest = datetime.min.replace(tzinfo=UTC)

    def monotonic(self) -> float:
        return self._clock.monotonic()

    def read(self, metadata: ResponseMetadata) -> datetime:
        """Return the service's time of a response."""
        date = metadata.date
        if date is None:
            message = "the response has no Date header, so the service's time is unknown"
            raise UntrustedClockError(message)
        ahead = self._clock.time() - date.timestamp()
        if abs(ahead) > MAX_CLOCK_SKEW_SECONDS:
            direction = "ahead of" if ahead > 0 else "behind"
            message = (
                f"the clock of this machine is {_duration(ahead)} {direction} the service's; "
                "synchronize it, for example with NTP"
            )
            raise UntrustedClockError(message)
        offset = date.timestamp() - self.monotonic()
        if self._offset is None:
            self._offset = offset
        if abs(offset - self._offset) > MAX_CLOCK_SKEW_SECONDS:
            message = (
                f"the service's clock has moved by {_duration(offset - self._offset)} relative to "
                "the clock of this machine"
            )
            raise UntrustedClockError(message)
        self.latest = max(self.latest, date)
        return date


def _duration(seconds: float) -> str:
    return str(timedelta(seconds=int(abs(seconds))))


@dataclass(slots=True)
class _Source:
    """The decisions about one source; keepers are usable, newest first."""

    keepers: list[AnySnapshot] = field(default_factory=list)
    deletable: dict[str, RetentionDecision[AnySnapshot]] = field(default_factory=dict)
    is_ahead: bool = False
    turn: int = 0

    def keep_at_least(self, count: int) -> None:
        """Move the newest deletable snapshots to the keepers until there are enough."""
        for name in list(self.deletable)[: max(0, count - len(self.keepers))]:
            self.keepers.append(self.deletable.pop(name).snapshot)


@dataclass(slots=True)
class _Listing:
    """All snapshots of a Region, and the decisions about them by policy and floor.

    A source is evaluated when a decision about one of its snapshots is first requested, since a
    listing may be long and serves few deletions. The decisions are those of an evaluation of the
    whole listing.
    """

    began: float
    ended: float
    listed_at: datetime
    latest: datetime
    pages: int
    terms: DeletionTerms
    snapshots: Sequence[AnySnapshot]
    sources: dict[SourceKey, _Source] = field(default_factory=dict)
    served: int = 0
    count: int = 0
    _decisions: dict[tuple[SnapshotKind, str], RetentionDecision[AnySnapshot]] = field(
        default_factory=dict
    )
    _by_name: dict[str, list[AnySnapshot]] = field(default_factory=dict)
    _by_source: dict[SourceKey, list[AnySnapshot]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for snapshot in self.snapshots:
            listed = self._by_name.setdefault(snapshot.name, [])
            if snapshot not in listed:
                listed.append(snapshot)
                self.count += 1
                self._by_source.setdefault(_source_key(snapshot), []).append(snapshot)

    def decision(self, kind: SnapshotKind, name: str) -> RetentionDecision[AnySnapshot] | None:
        """Return the decision about a snapshot; None if it is not listed."""
        listed = self._by_name.get(name, ())
        if listed and (kind, name) not in self._decisions:
            of_source = self._by_source[_source_key(listed[0])]
            is_alone = self.terms.group_by == "source" and all(
                len(self._by_name[each.name]) == 1 for each in of_source
            )
            self._evaluate(of_source if is_alone else self.snapshots)
        return self._decisions.get((kind, name))

    @property
    def plan(self) -> RetentionPlan[AnySnapshot]:
        """The decisions about all snapshots."""
        return self._evaluate(self.snapshots)

    def _evaluate(self, snapshots: Iterable[AnySnapshot]) -> RetentionPlan[AnySnapshot]:
        terms = self.terms
        plan = _evaluate(
            snapshots,
            terms.policy,
            self.listed_at,
            owned=terms.scope,
            group_by=terms.group_by,
            latest=self.latest,
            keep_newest=not terms.allow_remove_all,
        )
        sources = _group_by_source(plan, terms, self.latest)
        decisions = tuple(self._decide(each, sources) for each in plan.decisions)
        self.sources |= sources
        self._decisions |= {
            (kind_of(each.snapshot), each.snapshot.name): each for each in decisions
        }
        return replace(plan, decisions=decisions)

    def _decide(
        self, decision: RetentionDecision[AnySnapshot], sources: dict[SourceKey, _Source]
    ) -> RetentionDecision[AnySnapshot]:
        """Return the decision of the policy, or to keep a snapshot that the floor protects."""
        source = sources.get(_source_key(decision.snapshot))
        if decision.keep or (source and decision.snapshot.name in source.deletable):
            return decision
        reason = f"minimum_remaining: {self.terms.minimum_remaining}"
        if source is None:
            reason = "no source"
        elif source.is_ahead:
            reason = "a snapshot of its source is dated later than the service's clock"
        return RetentionDecision(decision.snapshot, keep=True, reasons=(reason,))


class DeletionGate:
    """Deletes approved snapshots of one Region by the invariants in the module docstring.

    Its coroutine functions are workflows. Threads may share a gate if no two of them delete
    snapshots of the same source, and each runs its workflow to the end. Tasks may not share one.
    """

    def __init__(
        self,
        clock: Clock,
        terms: DeletionTerms,
        kinds: Iterable[SnapshotKind],
        *,
        run_time: datetime | None = None,
        is_dry_run: bool = False,
    ) -> None:
        self._terms = terms
        self._kinds = sorted(set(kinds))
        self._run_time = run_time
        self._is_dry_run = is_dry_run
        self._time = _ServiceTime(clock)
        self._lock = threading.Lock()
        self._listing: _Listing | None = None
        # After a clock error, this gate deletes nothing more.
        self._clock_error: UntrustedClockError | None = None

    async def preview(self) -> RetentionPlan[AnySnapshot]:
        """List the Region and return what would be kept and deleted now."""
        listing = await self._evidence()
        listing.served -= 1
        return listing.plan

    async def delete(
        self, approved: ApprovedSnapshot, made: Sequence[NewSnapshot] = ()
    ) -> DeletionRecord:
        """Delete one snapshot if all invariants hold and all of `made` are listed; record it."""
        facts: dict[str, Any] = {}
        stale = ""
        listing: _Listing | None = None
        try:
            for _ in range(_MAX_LISTINGS_PER_DELETION):
                listing = await self._evidence()
                try:
                    await self._delete_by(listing, approved, made, facts)
                except _StaleEvidenceError as error:
                    stale = str(error)
                    self._discard(listing)
                    continue
                facts["outcome"] = "deleted"
                break
            else:
                facts |= {"outcome": "stale_evidence", "reason": stale}
        except _WithheldError as error:
            facts |= {"outcome": error.outcome, "reason": error.reason}
        except UntrustedClockError as error:
            self._clock_error = error
            facts |= {"outcome": "untrusted_clock", "reason": f"nothing is deleted: {error}"}
        except LightsailSnapError as error:
            reason = f"{type(error).__name__}: {error}"
            facts |= {"outcome": "failed", "reason": reason, "error": error}
        return make_record(approved, **facts, **self._evidence_facts(listing))

    def _evidence_facts(self, listing: _Listing | None) -> dict[str, Any]:
        if listing is None:
            return {}
        return {
            "listed_at": listing.listed_at,
            "listed_pages": listing.pages,
            "listed_snapshots": listing.count,
            "evidence_age": round(self._time.monotonic() - listing.began, 3),
        }

    def _is_old(self, listing: _Listing) -> bool:
        # Monotonic clocks stop while a machine is suspended; the service's clock does not.
        passed = (self._time.latest - listing.listed_at).total_seconds()
        return max(passed, self._time.monotonic() - listing.began) > MAX_EVIDENCE_AGE_SECONDS

    async def _evidence(self) -> _Listing:
        with self._lock:
            if self._clock_error is not None:
                raise self._clock_error
            listing = self._listing
            if (
                listing is None
                or listing.served >= MAX_DELETIONS_PER_LISTING
                or self._is_old(listing)
            ):
                listing = self._listing = await self._list()
            listing.served += 1
            return listing

    def _discard(self, listing: _Listing) -> None:
        with self._lock:
            if self._listing is listing:
                self._listing = None

    async def _list(self) -> _Listing:
        began = self._time.monotonic()
        dates: list[datetime] = []
        snapshots: list[AnySnapshot] = []
        for kind in self._kinds:
            snapshots += await self._list_kind(kind, dates)
        listed_at, latest = min(dates), max(dates) + _CLOCK_TOLERANCE
        ended = self._time.monotonic()
        return _Listing(began, ended, listed_at, latest, len(dates), self._terms, snapshots)

    async def _list_kind(self, kind: SnapshotKind, dates: list[datetime]) -> list[AnySnapshot]:
        """List the snapshots of a kind, and add the service's time of each page to `dates`."""
        snapshots: list[AnySnapshot] = []
        request = GetInstanceSnapshotsRequest() if kind == "instance" else GetDiskSnapshotsRequest()
        paging: Paging[Any] = Paging(request)
        while paging.request is not None:
            page = await call(paging.request)
            dates.append(self._time.read(page.response_metadata))
            snapshots += _items_of(page)
            paging.advance(page)
        return snapshots

    async def _delete_by(
        self,
        listing: _Listing,
        approved: ApprovedSnapshot,
        made: Sequence[NewSnapshot],
        facts: dict[str, Any],
    ) -> None:
        """Delete by the evidence of a listing; add the rule and the keeper to the facts."""
        self._check_run_time(listing)
        self._check_made(listing, made)
        decision = listing.decision(approved.kind, approved.name)
        if decision is None:
            if await self._get(approved.kind, approved.name) is None:
                raise _already_deleted()  # pragma: no cover - the tracer of 3.11 loses the frame
            message = "it exists, but the listing does not include it"
            raise _StaleEvidenceError(message)
        _check_same(approved, decision.snapshot)
        if not self._terms.scope(decision.snapshot):
            raise _WithheldError("out_of_scope", f"it is not in scope ({self._terms.scope})")
        rule = facts["rule"] = "; ".join(decision.reasons)
        if decision.keep:
            raise _WithheldError("kept", f"it is kept now: {rule}")
        found = await self._get(approved.kind, approved.name)
        if found is None:
            raise _already_deleted()  # pragma: no cover - the tracer of 3.11 loses the frame
        _check_same(approved, found)
        keeper = await self._check_keeper(listing.sources[_source_key(decision.snapshot)])
        if self._is_old(listing):
            message = f"its evidence became older than {MAX_EVIDENCE_AGE_SECONDS:g} s"
            raise _StaleEvidenceError(message)
        if self._is_dry_run:
            facts["keeper"] = keeper
            raise _WithheldError("dry_run", f"dry run: {rule}")
        _log.info(
            "deleting %s: %s; kept: %s",
            one_line(approved.name),
            safe_line(rule),
            one_line(keeper or "nothing"),
            extra={"snapshot": one_line(approved.name), "rule": rule, "keeper": keeper},
        )
        facts["keeper"] = keeper
        await self._delete(approved)

    def _check_run_time(self, listing: _Listing) -> None:
        if self._run_time is not None and self._run_time > listing.latest:
            ahead = (self._run_time - listing.listed_at).total_seconds()
            message = (
                f"the run was made for a time {_duration(ahead)} ahead of the service's clock; "
                "check the clock of the machine that made it"
            )
            raise UntrustedClockError(message)

    def _check_made(self, listing: _Listing, made: Sequence[NewSnapshot]) -> None:
        for each in made:
            new = each.snapshot
            created = new.created_at
            if created is None:
                reason = f"the response has no creation time of the new snapshot {new.name}"
                raise _WithheldError("prerequisite", reason)
            decision = listing.decision(kind_of(new), new.name)
            if decision is None or decision.snapshot.arn != new.arn:
                message = f"the listing does not include the new snapshot {new.name}"
                raise _StaleEvidenceError(message)
            if not _is_usable(decision.snapshot):
                message = f"the new snapshot {new.name} is not usable in the listing"
                raise _StaleEvidenceError(message)
            if each.since is None:
                continue
            passed = timedelta(seconds=listing.ended - each.since)
            if not listing.listed_at - passed - _CLOCK_TOLERANCE <= created <= listing.latest:
                message = (
                    f"the new snapshot {new.name} is dated {created.isoformat()}, which does not "
                    f"agree with the service's clock ({listing.listed_at.isoformat()})"
                )
                raise UntrustedClockError(message)

    async def _check_keeper(self, source: _Source) -> str | None:
        """Get the next keeper, so that the loss of any of them is detected; return its name."""
        if self._terms.allow_remove_all and not source.keepers:
            return None
        keeper = source.keepers[source.turn % len(source.keepers)]
        source.turn += 1
        found = await self._get(kind_of(keeper), keeper.name)
        if (
            found is None
            or (found.arn, found.created_at) != (keeper.arn, keeper.created_at)
            or not _is_usable(found)
            or not self._terms.scope(found)
        ):
            raise _lost(keeper)  # pragma: no cover - the tracer of 3.11 loses the frame
        return keeper.name

    async def _get(self, kind: SnapshotKind, name: str) -> AnySnapshot | None:
        return await get_snapshot(kind, name, self._time)

    async def _delete(self, approved: ApprovedSnapshot) -> None:
        try:
            if approved.kind == "instance":
                await call(DeleteInstanceSnapshotRequest(instance_snapshot_name=approved.name))
            else:
                await call(DeleteDiskSnapshotRequest(disk_snapshot_name=approved.name))
        except NotFoundException:
            raise _already_deleted() from None
        except LightsailSnapError as error:
            if not error.may_have_executed or await self._is_there(approved):
                raise

    async def _is_there(self, approved: ApprovedSnapshot) -> bool:
        """Return whether a snapshot still exists after a lost response; True if unknown."""
        try:
            found = await get_snapshot(approved.kind, approved.name)
        except LightsailSnapError:
            return True
        return found is not None and found.arn == approved.arn


def _group_by_source(
    plan: RetentionPlan[AnySnapshot], terms: DeletionTerms, latest: datetime
) -> dict[SourceKey, _Source]:
    sources: dict[SourceKey, _Source] = {}
    counts = Counter((kind_of(each.snapshot), each.snapshot.name) for each in plan.decisions)
    for decision in plan.decisions:
        snapshot, key = decision.snapshot, _source_key(decision.snapshot)
        created = snapshot.created_at
        if key[1] is None or created is None or not _is_usable(snapshot):
            continue
        # A snapshot that is listed in two states justifies no deletion.
        if not terms.scope(snapshot) or counts[kind_of(snapshot), snapshot.name] > 1:
            continue
        source = sources.setdefault(key, _Source())
        if created > latest:
            source.is_ahead = True
        if decision.keep:
            source.keepers.append(snapshot)
        else:
            source.deletable[snapshot.name] = decision
    for source in sources.values():
        if source.is_ahead:
            source.keep_at_least(len(plan.decisions))
        if not terms.allow_remove_all:
            source.keep_at_least(max(1, terms.minimum_remaining))
    return sources


def kind_of(snapshot: AnySnapshot) -> SnapshotKind:
    """Return the kind of a snapshot."""
    return "instance" if isinstance(snapshot, InstanceSnapshot) else "disk"


def _check_same(approved: ApprovedSnapshot, found: AnySnapshot) -> None:
    if (found.arn, found.created_at) != (approved.arn, approved.created_at):
        if found.arn is None or found.created_at is None:
            reason = "the response lacks its ARN or creation time"
            raise _WithheldError("changed", reason)
        raise _WithheldError("changed", "another snapshot has this name now")
    if approved.arn is None or approved.created_at is None:
        reason = "its ARN or creation time is unknown"
        raise _WithheldError("changed", reason)
    if tag_pairs(found) != approved.tags:
        raise _WithheldError("changed", "its tags have changed")
    if _source_of(found)[1] != approved.source:
        raise _WithheldError("changed", "it belongs to another source")


def _items_of(page: PagedResult[Any]) -> tuple[AnySnapshot, ...]:
    return page.items


async def get_snapshot(
    kind: SnapshotKind, name: str, time: _ServiceTime | None = None
) -> AnySnapshot | None:
    """Return a snapshot, or None if it does not exist; compare the clocks if `time` is given."""
    try:
        if kind == "instance":
            result = await call(GetInstanceSnapshotRequest(instance_snapshot_name=name))
            found: AnySnapshot = result.instance_snapshot
            metadata = result.response_metadata
        else:
            response = await call(GetDiskSnapshotRequest(disk_snapshot_name=name))
            found, metadata = response.disk_snapshot, response.response_metadata
    except NotFoundException:
        return None
    if time is not None:
        time.read(metadata)
    return found


def log_record(record: DeletionRecord, **extra: object) -> None:
    """Write the log record of a deletion, with the audit record as `deletion`."""
    is_fine = is_done(record.status) or record.outcome == "dry_run"
    _log.log(
        logging.INFO if is_fine else logging.WARNING,
        "%s delete %s%s",
        record.status,
        one_line(record.name),
        f": {safe_line(record.reason)}" if record.reason else "",
        extra={
            "snapshot": one_line(record.name),
            "status": record.status,
            "deletion": record.to_dict(),
            **extra,
        },
    )
