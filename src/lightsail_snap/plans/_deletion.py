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
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, TypeAlias

from lightsail_snap._text import one_line, safe_line
from lightsail_snap.client import LightsailSnapClient
from lightsail_snap.errors import LightsailSnapError, NotFoundException
from lightsail_snap.models import InstanceSnapshot, ResponseMetadata
from lightsail_snap.plans._base import Status, state_of
from lightsail_snap.plans._steps import TagPairs, pairs_of
from lightsail_snap.retention import (
    AnySnapshot,
    GroupBy,
    RetentionDecision,
    RetentionPlan,
    RetentionPolicy,
    Scope,
    _evaluate,
    _is_usable,
    _source_of,
)

_log = logging.getLogger("lightsail_snap.plans")

MAX_EVIDENCE_AGE_SECONDS = 60.0
"""How long a listing justifies deletions, from its first page on: by the host's monotonic clock and
by the service's clock."""
MAX_DELETIONS_PER_LISTING = 50
"""How many snapshots are considered for deletion by one listing."""
MAX_CLOCK_SKEW_SECONDS = 300.0
"""By how much the clocks of host and service may differ: AWS refuses signatures beyond that."""
_MAX_LISTINGS_PER_DELETION = 3

# Header dates have whole seconds.
_SKEW = timedelta(seconds=MAX_CLOCK_SKEW_SECONDS)

SnapshotKind: TypeAlias = Literal["disk", "instance"]
"""A disk snapshot (of a disk or of a system disk) or an instance snapshot."""

Outcome: TypeAlias = Literal[
    "deleted",
    "gone",
    "changed",
    "kept",
    "out_of_scope",
    "stale_evidence",
    "untrusted_clock",
    "limit",
    "prerequisite",
    "failed",
]
"""Why a snapshot was or was not deleted, for programs."""

_STATUSES: dict[Outcome, Status] = {"deleted": "done", "gone": "adopted", "failed": "failed"}

SourceKey: TypeAlias = tuple[str, str | None]


@dataclass(frozen=True, slots=True)
class Approved:
    """A snapshot that a preview or run approved for deletion.

    Attributes:
        name: The snapshot.
        kind: The kind of snapshot.
        arn: Its Amazon Resource Name, which a later snapshot of the same name does not have.
        created_at: Its creation time.
        tags: Its tags.
        source: The disk or instance it was taken of.
    """

    name: str
    kind: SnapshotKind
    arn: str | None
    created_at: datetime | None
    tags: TagPairs
    source: str | None

    @classmethod
    def of(cls, snapshot: AnySnapshot) -> Approved:
        """Approve a snapshot as it is."""
        return cls(
            snapshot.name,
            kind_of(snapshot),
            snapshot.arn,
            snapshot.created_at,
            pairs_of(snapshot),
            _source_of(snapshot)[1],
        )


@dataclass(frozen=True, slots=True)
class Made:
    """A new snapshot that must be in the listing before anything of its source is deleted.

    Attributes:
        snapshot: The snapshot.
        since: When the request for it began, on the client's monotonic clock; None if an earlier
            run made it.
    """

    snapshot: AnySnapshot
    since: float | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What the gate evaluates.

    Attributes:
        scope: The snapshots that may be considered.
        policy: Which of them to keep; None for none, which needs `allow_remove_all`.
        group_by: What counts against what.
        minimum_remaining: How many usable snapshots of each source remain at least.
        allow_remove_all: Whether the floor is lifted.
    """

    scope: Scope
    policy: RetentionPolicy | None
    group_by: GroupBy = "source"
    minimum_remaining: int = 1
    allow_remove_all: bool = False


@dataclass(frozen=True, slots=True)
class DeletionRecord:
    """The audit record of one snapshot that was to be deleted.

    Attributes:
        name: The snapshot.
        arn: Its Amazon Resource Name.
        source: The disk or instance it was taken of.
        created_at: Its creation time.
        outcome: Why it was or was not deleted, for programs.
        reason: Why it was not deleted, for people; empty if there is nothing to add.
        rule: The rules that keep it, the rule that deletes it (`older than 90d`), or `no rule keeps
            it`; empty if no listing was evaluated.
        keeper: The snapshot whose existence justified the deletion; None if the floor was lifted or
            nothing was deleted.
        listed_at: The service's time of the listing that was evaluated.
        listed_pages: The pages of that listing.
        listed_snapshots: The snapshots in that listing.
        evidence_age: The age of that listing when the decision was made, in seconds.
        error: The error, if the outcome is `failed`.
    """

    name: str
    arn: str | None
    source: str | None
    created_at: datetime | None
    outcome: Outcome
    reason: str = ""
    rule: str = ""
    keeper: str | None = None
    listed_at: datetime | None = None
    listed_pages: int = 0
    listed_snapshots: int = 0
    evidence_age: float | None = None
    error: LightsailSnapError | None = None

    def __getstate__(self) -> list[object]:
        return state_of(self)

    @property
    def status(self) -> Status:
        """The outcome as the status of a step."""
        return _STATUSES.get(self.outcome, "skipped")

    def to_dict(self) -> dict[str, Any]:
        """Return the record with JSON's types.

        Returns:
            A new dict: `name`, `arn`, `source`, `created_at`, `outcome`, `rule`, `keeper`, and
            `evidence` with `listed_at`, `pages`, `snapshots` and `age_seconds`, or None.
        """
        created, listed = self.created_at, self.listed_at
        return {
            "name": self.name,
            "arn": self.arn,
            "source": self.source,
            "created_at": created.isoformat() if created else None,
            "outcome": self.outcome,
            "rule": self.rule,
            "keeper": self.keeper,
            "evidence": listed
            and {
                "listed_at": listed.isoformat(),
                "pages": self.listed_pages,
                "snapshots": self.listed_snapshots,
                "age_seconds": self.evidence_age,
            },
        }


class _WithheldError(Exception):
    """This snapshot is not deleted."""

    def __init__(self, outcome: Outcome, reason: str) -> None:
        super().__init__(reason)
        self.outcome, self.reason = outcome, reason


class _StaleEvidenceError(Exception):
    """The listing does not describe what exists now; list again."""


class UntrustedClockError(Exception):
    """The service's clock cannot be trusted, or differs from the host's."""


class _ServiceTime:
    """Reads the service's clock from responses and compares it with the host's."""

    def __init__(self, client: LightsailSnapClient) -> None:
        self._clock = client._clock  # noqa: SLF001 - the package's own client
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
            word = "ahead of" if ahead > 0 else "behind"
            message = (
                f"the clock of this machine is {_in_words(ahead)} {word} the service's; set it, "
                "for example by NTP"
            )
            raise UntrustedClockError(message)
        offset = date.timestamp() - self.monotonic()
        if self._offset is None:
            self._offset = offset
        if abs(offset - self._offset) > MAX_CLOCK_SKEW_SECONDS:
            message = (
                f"the service's clock has moved by {_in_words(offset - self._offset)} against the "
                "time that has passed on this machine"
            )
            raise UntrustedClockError(message)
        self.latest = max(self.latest, date)
        return date


def _in_words(seconds: float) -> str:
    return str(timedelta(seconds=int(abs(seconds))))


@dataclass(slots=True)
class _Source:
    """The decisions about one source; keepers are usable, newest first."""

    keepers: list[AnySnapshot] = field(default_factory=list)
    deletable: dict[str, RetentionDecision[AnySnapshot]] = field(default_factory=dict)
    is_ahead: bool = False
    turn: int = 0

    def keep_at_least(self, count: int) -> None:
        """Move the newest of those that no rule keeps to the keepers."""
        for name in list(self.deletable)[: max(0, count - len(self.keepers))]:
            self.keepers.append(self.deletable.pop(name).snapshot)


@dataclass(slots=True)
class _Listing:
    """All snapshots of a Region, and what the policy says about them."""

    began: float
    ended: float
    listed_at: datetime
    latest: datetime
    pages: int
    plan: RetentionPlan[AnySnapshot]
    decisions: dict[tuple[SnapshotKind, str], RetentionDecision[AnySnapshot]]
    sources: dict[SourceKey, _Source]
    served: int = 0


class DeletionGate:
    """Deletes approved snapshots of one Region, as the module's docstring states.

    Threads may share a gate if no two of them delete snapshots of the same source.
    """

    def __init__(
        self,
        client: LightsailSnapClient,
        terms: Terms,
        kinds: Iterable[SnapshotKind],
        *,
        run_time: datetime | None = None,
    ) -> None:
        self._client = client
        self._terms = terms
        self._kinds = sorted(set(kinds))
        self._run_time = run_time
        self._time = _ServiceTime(client)
        self._lock = threading.Lock()
        self._listing: _Listing | None = None
        # Once the clock was not to be trusted, nothing more is deleted by this gate.
        self._distrust: UntrustedClockError | None = None

    def preview(self) -> RetentionPlan[AnySnapshot]:
        """List the Region and return what would be kept and deleted now."""
        listing = self._evidence()
        listing.served -= 1
        decisions = []
        for decision in listing.plan.decisions:
            snapshot = decision.snapshot
            if not decision.keep:
                source = listing.sources.get(_source_of(snapshot))
                if source is None or snapshot.name not in source.deletable:
                    reasons = self._why_not(source)
                    decisions.append(RetentionDecision(snapshot, keep=True, reasons=(reasons,)))
                    continue
            decisions.append(decision)
        terms = self._terms
        zone = listing.plan.time_zone
        return RetentionPlan(tuple(decisions), zone, terms.policy, terms.scope, terms.group_by)

    def delete(self, approved: Approved, made: Sequence[Made] = ()) -> DeletionRecord:
        """Delete one snapshot if everything that the module's docstring states holds.

        Args:
            approved: The snapshot.
            made: New snapshots of its source in this Region that must be listed.

        Returns:
            The audit record. A `LightsailSnapError` is in it.
        """
        facts: dict[str, Any] = {
            "name": approved.name,
            "arn": approved.arn,
            "source": approved.source,
            "created_at": approved.created_at,
        }
        stale = ""
        listing: _Listing | None = None
        try:
            for _ in range(_MAX_LISTINGS_PER_DELETION):
                listing = self._evidence()
                try:
                    self._delete_by(listing, approved, made, facts)
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
            self._distrust = error
            facts |= {"outcome": "untrusted_clock", "reason": f"nothing is deleted: {error}"}
        except LightsailSnapError as error:
            reason = f"{type(error).__name__}: {error}"
            facts |= {"outcome": "failed", "reason": reason, "error": error}
        return DeletionRecord(**facts, **self._evidence_facts(listing))

    def _evidence_facts(self, listing: _Listing | None) -> dict[str, Any]:
        if listing is None:
            return {}
        return {
            "listed_at": listing.listed_at,
            "listed_pages": listing.pages,
            "listed_snapshots": len(listing.plan.decisions),
            "evidence_age": round(self._time.monotonic() - listing.began, 3),
        }

    def _is_old(self, listing: _Listing) -> bool:
        # Monotonic clocks stop while a machine is suspended; the service's clock does not.
        passed = (self._time.latest - listing.listed_at).total_seconds()
        return max(passed, self._time.monotonic() - listing.began) > MAX_EVIDENCE_AGE_SECONDS

    def _evidence(self) -> _Listing:
        with self._lock:
            if self._distrust is not None:
                raise self._distrust
            listing = self._listing
            if (
                listing is None
                or listing.served >= MAX_DELETIONS_PER_LISTING
                or self._is_old(listing)
            ):
                listing = self._listing = self._list()
            listing.served += 1
            return listing

    def _discard(self, listing: _Listing) -> None:
        with self._lock:
            if self._listing is listing:
                self._listing = None

    def _list(self) -> _Listing:
        began = self._time.monotonic()
        dates: list[datetime] = []
        snapshots: list[AnySnapshot] = []
        for kind in self._kinds:
            for metadata, items in _pages(self._client, kind):
                dates.append(self._time.read(metadata))
                snapshots += items
        listed_at, latest = min(dates), max(dates) + _SKEW
        terms = self._terms
        plan = _evaluate(
            snapshots,
            terms.policy,
            listed_at,
            owned=terms.scope,
            group_by=terms.group_by,
            latest=latest,
            keep_newest=not terms.allow_remove_all,
        )
        sources = _by_source(plan, terms, latest)
        decisions = {(kind_of(each.snapshot), each.snapshot.name): each for each in plan.decisions}
        ended = self._time.monotonic()
        return _Listing(began, ended, listed_at, latest, len(dates), plan, decisions, sources)

    def _why_not(self, source: _Source | None) -> str:
        if source is None:
            return "no source"
        if source.is_ahead:
            return "a snapshot of its source is dated later than the service's clock"
        return f"minimum_remaining: {self._terms.minimum_remaining}"

    def _delete_by(
        self, listing: _Listing, approved: Approved, made: Sequence[Made], facts: dict[str, Any]
    ) -> None:
        """Delete by the evidence of a listing; add the rule and the keeper to the facts."""
        self._check_run_time(listing)
        self._check_made(listing, made)
        decision = listing.decisions.get((approved.kind, approved.name))
        if decision is None:
            if self._get(approved.kind, approved.name) is None:
                raise _WithheldError("gone", "was deleted before")
            message = "the listing does not show it, though it exists"
            raise _StaleEvidenceError(message)
        _check_same(approved, decision.snapshot)
        if not self._terms.scope(decision.snapshot):
            raise _WithheldError("out_of_scope", f"it is not in scope ({self._terms.scope})")
        source = listing.sources.get(_source_of(decision.snapshot))
        is_held = not decision.keep and (source is None or approved.name not in source.deletable)
        rule = facts["rule"] = self._why_not(source) if is_held else "; ".join(decision.reasons)
        if decision.keep or source is None or is_held:
            raise _WithheldError("kept", f"it is kept now: {rule}")
        found = self._get(approved.kind, approved.name)
        if found is None:
            raise _WithheldError("gone", "was deleted before")
        _check_same(approved, found)
        keeper = self._check_keeper(source)
        if self._is_old(listing):
            message = f"its evidence became older than {MAX_EVIDENCE_AGE_SECONDS:g} s"
            raise _StaleEvidenceError(message)
        _log.info(
            "deleting %s: %s; kept: %s",
            one_line(approved.name),
            safe_line(rule),
            one_line(keeper or "nothing"),
            extra={"snapshot": one_line(approved.name), "rule": rule, "keeper": keeper},
        )
        facts["keeper"] = keeper
        self._delete(approved)

    def _check_run_time(self, listing: _Listing) -> None:
        if self._run_time is not None and self._run_time > listing.latest:
            ahead = (self._run_time - listing.listed_at).total_seconds()
            message = (
                f"the run was made for a time {_in_words(ahead)} ahead of the service's clock; "
                "look at the clock of the machine that made it"
            )
            raise UntrustedClockError(message)

    def _check_made(self, listing: _Listing, made: Sequence[Made]) -> None:
        for each in made:
            new = each.snapshot
            created = new.created_at
            if created is None:
                reason = f"the service gives no creation time of the new snapshot {new.name}"
                raise _WithheldError("prerequisite", reason)
            decision = listing.decisions.get((kind_of(new), new.name))
            if decision is None or decision.snapshot.arn != new.arn:
                message = f"the listing does not show the new snapshot {new.name}"
                raise _StaleEvidenceError(message)
            if not _is_usable(decision.snapshot):
                message = f"the listing shows the new snapshot {new.name} as not usable"
                raise _StaleEvidenceError(message)
            if each.since is None:
                continue
            passed = timedelta(seconds=listing.ended - each.since)
            if not listing.listed_at - passed - _SKEW <= created <= listing.latest:
                message = (
                    f"the new snapshot {new.name} is dated {created.isoformat()}, which does not "
                    f"agree with the service's clock ({listing.listed_at.isoformat()})"
                )
                raise UntrustedClockError(message)

    def _check_keeper(self, source: _Source) -> str | None:
        """Get one keeper, in turn, so that a loss of any of them is noticed; return its name."""
        if self._terms.allow_remove_all and not source.keepers:
            return None
        keeper = source.keepers[source.turn % len(source.keepers)]
        source.turn += 1
        found = self._get(kind_of(keeper), keeper.name)
        if (
            found is None
            or (found.arn, found.created_at) != (keeper.arn, keeper.created_at)
            or not _is_usable(found)
            or not self._terms.scope(found)
        ):
            message = f"{keeper.name}, which was to remain, is gone or has changed"
            raise _StaleEvidenceError(message)
        return keeper.name

    def _get(self, kind: SnapshotKind, name: str) -> AnySnapshot | None:
        return get_snapshot(self._client, kind, name, self._time)

    def _delete(self, approved: Approved) -> None:
        try:
            if approved.kind == "instance":
                self._client.delete_instance_snapshot(approved.name)
            else:
                self._client.delete_disk_snapshot(approved.name)
        except NotFoundException:
            raise _WithheldError("gone", "was deleted before") from None
        except LightsailSnapError as error:
            if not error.may_have_executed or self._is_there(approved):
                raise

    def _is_there(self, approved: Approved) -> bool:
        """Return whether it is there after a deletion in doubt; True if nothing is known."""
        try:
            found = get_snapshot(self._client, approved.kind, approved.name)
        except LightsailSnapError:
            return True
        return found is not None and found.arn == approved.arn


def _by_source(
    plan: RetentionPlan[AnySnapshot], terms: Terms, latest: datetime
) -> dict[SourceKey, _Source]:
    sources: dict[SourceKey, _Source] = {}
    counts = Counter((kind_of(each.snapshot), each.snapshot.name) for each in plan.decisions)
    for decision in plan.decisions:
        snapshot, key = decision.snapshot, _source_of(decision.snapshot)
        created = snapshot.created_at
        if key[1] is None or created is None or not _is_usable(snapshot):
            continue
        # A snapshot that is listed in two states justifies nothing.
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


def monotonic(client: LightsailSnapClient) -> float:
    """Return the time of a client's monotonic clock, in seconds."""
    return client._clock.monotonic()  # noqa: SLF001 - the package's own client


def kind_of(snapshot: AnySnapshot) -> SnapshotKind:
    """Return the kind of a snapshot."""
    return "instance" if isinstance(snapshot, InstanceSnapshot) else "disk"


def _check_same(approved: Approved, found: AnySnapshot) -> None:
    if (found.arn, found.created_at) != (approved.arn, approved.created_at):
        if found.arn is None or found.created_at is None:
            reason = "the service does not give the ARN and creation time that identify it"
            raise _WithheldError("changed", reason)
        raise _WithheldError("changed", "another snapshot has this name now")
    if approved.arn is None or approved.created_at is None:
        reason = "the ARN and creation time that identify it are unknown"
        raise _WithheldError("changed", reason)
    if pairs_of(found) != approved.tags:
        raise _WithheldError("changed", "its tags have changed since")
    if _source_of(found)[1] != approved.source:
        raise _WithheldError("changed", "it is of another source")


def get_snapshot(
    client: LightsailSnapClient,
    kind: SnapshotKind,
    name: str,
    time: _ServiceTime | None = None,
) -> AnySnapshot | None:
    """Return a snapshot, None if there is none; compare the clocks if `time` is given."""
    try:
        if kind == "instance":
            result = client.get_instance_snapshot(name)
            found: AnySnapshot = result.instance_snapshot
            metadata = result.response_metadata
        else:
            answer = client.get_disk_snapshot(name)
            found, metadata = answer.disk_snapshot, answer.response_metadata
    except NotFoundException:
        return None
    if time is not None:
        time.read(metadata)
    return found


def _pages(
    client: LightsailSnapClient, kind: SnapshotKind
) -> Iterator[tuple[ResponseMetadata, tuple[AnySnapshot, ...]]]:
    if kind == "instance":
        for page in client.iter_instance_snapshots().pages():
            yield page.response_metadata, page.items
    else:
        for disks in client.iter_disk_snapshots().pages():
            yield disks.response_metadata, disks.items


def log_record(record: DeletionRecord, **extra: object) -> None:
    """Write the log record of a deletion, with the audit record as `deletion`."""
    is_fine = record.status in {"done", "adopted"}
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
