"""The oracle of deletions. It shares no code with the package.

Its input is the requests that a run sent, the responses that it received, as JSON, and the true
snapshots. It evaluates retention on its own, for the rules that histories use.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from itertools import takewhile
from typing import Any

from tests.faults.deletion.history import DAY, Rules

OWNER_TAG, TOKEN_TAG = "lightsail-snap:managed", "lightsail-snap:client-token"
REGION_TAG = "lightsail-snap:source-region"
MAX_AGE, MAX_SKEW = 60.0, 300.0
# `Date` has whole seconds.
ROUNDING = 1.0

Wire = dict[str, Any]
LISTS = {"GetDiskSnapshots": "diskSnapshots", "GetInstanceSnapshots": "instanceSnapshots"}
GETS = {"GetDiskSnapshot": "diskSnapshot", "GetInstanceSnapshot": "instanceSnapshot"}
DELETES = {
    "DeleteDiskSnapshot": "diskSnapshotName",
    "DeleteInstanceSnapshot": "instanceSnapshotName",
}


def tags_of(wire: Wire) -> dict[str, str]:
    return {tag["key"]: tag.get("value") or "" for tag in wire.get("tags", ())}


Source = tuple[str, str, str]
"""Kind and name of a source, and its Region if a tag names another one."""


def source_of(wire: Wire) -> Source:
    kind, origin = wire["resourceType"], tags_of(wire).get(REGION_TAG, "")
    is_copy = origin != wire["location"]["regionName"]
    name = wire.get("fromDiskName") or wire.get("fromInstanceName") or ""
    return kind, name, origin if is_copy else ""


def is_usable(wire: Wire) -> bool:
    final = "completed" if wire["resourceType"] == "DiskSnapshot" else "available"
    return bool(wire["state"] == final)


def identity(wire: Wire) -> tuple[Any, ...]:
    created = wire["createdAt"]
    return wire["name"], wire["arn"], created, tuple(sorted(tags_of(wire).items()))


@dataclass(frozen=True)
class Limits:
    """What a run may delete, in the oracle's terms."""

    rules: Rules
    owner: str | None
    names: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    minimum_remaining: int = 1
    max_deletions: int | None = None
    remove_all: bool = False

    def covers(self, wire: Wire) -> bool:
        """Return whether a snapshot is in scope."""
        if self.names and not any(fnmatchcase(wire["name"], each) for each in self.names):
            return False
        if self.sources and source_of(wire)[1] not in self.sources:
            return False
        owner = tags_of(wire).get(OWNER_TAG)
        if self.owner is not None:
            return owner == self.owner
        return owner == "" or (owner is None and bool(self.names))

    def split(self, listed: Iterable[Wire], now: float) -> tuple[list[Wire], list[Wire]]:
        """Return the snapshots of one source to keep and to delete, newest first."""
        usable = [each for each in listed if is_usable(each) and self.covers(each)]
        usable.sort(key=lambda each: each["name"])
        usable.sort(key=lambda each: each["createdAt"], reverse=True)
        rules, days = self.rules, list[str]()
        keep, expired = list[Wire](), list[Wire]()
        for place, each in enumerate(usable):
            day = f"{datetime.fromtimestamp(each['createdAt'], UTC):%Y-%m-%d}"
            is_new_day = day not in days
            days += [day] if is_new_day else []
            is_kept = place < rules.last or (is_new_day and len(days) <= rules.daily)
            if rules.older_than_days:
                is_old = each["createdAt"] < now - rules.older_than_days * DAY
                is_kept = not is_old and (is_kept or not (rules.last or rules.daily))
            is_kept = is_kept or (rules.tagged and "keep" in tags_of(each))
            is_kept = is_kept or (place == 0 and not self.remove_all)
            (keep if is_kept else expired).append(each)
        floor = 0 if self.remove_all else max(1, self.minimum_remaining)
        missing = max(0, floor - len(keep))
        return keep + expired[:missing], expired[missing:]


def by_source(listed: Iterable[Wire]) -> dict[Source, list[Wire]]:
    """Group the snapshots that were listed in one version only."""
    versions: dict[tuple[str, str], list[Wire]] = {}
    for each in listed:
        alike = versions.setdefault((each["resourceType"], each["name"]), [])
        if each not in alike:
            alike.append(each)
    groups: dict[Source, list[Wire]] = {}
    for alike in versions.values():
        if len(alike) == 1:
            groups.setdefault(source_of(alike[0]), []).append(alike[0])
    return groups


@dataclass(frozen=True)
class Exchange:
    """A response that a run received, or a request without one (`body` is None).

    Attributes:
        date: The `Date` of the response.
        host: The host's clock.
        monotonic: The host's monotonic clock.
        service: The service's clock.
        is_true: Whether the response shows the state of the time when it was sent.
    """

    region: str
    operation: str
    members: Wire
    body: Wire | None
    date: float
    host: float
    monotonic: float
    service: float
    is_true: bool = True


@dataclass
class Watch:
    """Facts that the oracle has about one run."""

    limits: Limits
    approved: dict[tuple[str, str, str], tuple[Any, ...]] | None = None
    run_time: float | None = None
    made: dict[tuple[str, Source], list[str]] = field(default_factory=dict)
    copies: dict[tuple[str, Source], list[tuple[str, str]]] = field(default_factory=dict)
    exchanges: list[Exchange] = field(default_factory=list)
    marks: list[int] = field(default_factory=list)
    deletions: list[tuple[str, str, str]] = field(default_factory=list)
    succeeded: set[tuple[str, str, str]] = field(default_factory=set)
    broken: list[str] = field(default_factory=list)
    host: str = ""

    def require(self, is_met: bool, invariant: str, detail: object = "") -> None:  # noqa: FBT001 - reads as a sentence
        if not is_met:
            self.broken.append(f"{invariant}: {detail}")

    def _listing(self, region: str) -> tuple[list[Wire], list[Exchange], int]:
        """Return the snapshots of the last complete listing, its pages and the index of its end."""
        pages: list[Exchange] = []
        found: list[Wire] = []
        place = -1
        kinds = 2 if self._lists_instances(region) and self._lists_disks(region) else 1
        for index in range(len(self.exchanges) - 1, -1, -1):
            each = self.exchanges[index]
            if each.region != region or each.operation not in LISTS:
                if pages:
                    break
                continue
            if each.body is None:
                break
            if all(page.operation != each.operation for page in pages) and each.body.get(
                "nextPageToken"
            ):
                break
            place = max(place, index)
            pages.append(each)
            found += each.body[LISTS[each.operation]]
            kinds -= not each.members.get("pageToken")
            if kinds == 0:
                return found, pages, place
        return [], [], -1

    def _lists_instances(self, region: str) -> bool:
        return any(
            e.region == region and e.operation == "GetInstanceSnapshots" for e in self.exchanges
        )

    def _lists_disks(self, region: str) -> bool:
        return any(e.region == region and e.operation == "GetDiskSnapshots" for e in self.exchanges)

    def check_request(self, region: str, operation: str, name: str, now: Exchange) -> None:
        """Check all facts that a run had when it sent a deletion."""
        what = f"{operation} {name}"
        kind = operation.removeprefix("Delete")
        listed, pages, end = self._listing(region)
        self.require(bool(pages), "fresh evidence", f"{what} without a complete listing")
        if not pages:
            return
        # Pages are in the reverse order of their responses.
        first = pages[-1]
        self.require(now.monotonic - first.monotonic <= MAX_AGE, "fresh evidence", f"{what}: old")
        age = self.exchanges[-1].service - first.service
        self.require(age <= MAX_AGE + ROUNDING, "fresh evidence", f"{what}: {age} s")
        groups = by_source(listed)
        entries = [
            e for g in groups.values() for e in g if (e["resourceType"], e["name"]) == (kind, name)
        ]
        self.require(len(entries) == 1, "fresh evidence", f"{what} is not listed once")
        if len(entries) != 1:
            return
        entry = entries[0]
        group = groups[source_of(entry)]
        keep, expired = self.limits.split(group, max(page.service for page in pages))
        self.require(entry in expired, "fresh evidence", f"{what}: the listing does not delete it")
        self.require(self.limits.covers(entry) and is_usable(entry), "scope", what)
        self._check_approval(region, kind, what, entry)
        self._check_gets(what, entry, keep)
        self._check_floor(what, group, keep, end, region)
        self._check_time(what, region, end)
        self._check_made(what, region, source_of(entry), listed)
        self._check_count(region, kind, name, what)

    def _approve_first_listing(self) -> dict[tuple[str, str, str], tuple[Any, ...]]:
        """Return what the first listing of a policy's run deletes, which is thereby approved."""
        pages: list[Exchange] = []
        for each in takewhile(lambda each: each.operation in LISTS, self.exchanges):
            is_again = any(page.operation == each.operation for page in pages)
            if is_again and not each.members.get("pageToken"):
                break
            pages.append(each)
        listed = [e for page in pages for e in (page.body or {})[LISTS[page.operation]]]
        now = max(page.service for page in pages)
        expired = [
            e for group in by_source(listed).values() for e in self.limits.split(group, now)[1]
        ]
        region = pages[0].region
        return {(region, each["resourceType"], each["name"]): identity(each) for each in expired}

    def _check_approval(self, region: str, kind: str, what: str, entry: Wire) -> None:
        if self.approved is None:
            self.approved = self._approve_first_listing()
        expected = self.approved.get((region, kind, entry["name"]))
        self.require(expected is not None, "identity", f"{what} was not approved")
        self.require(expected in {None, identity(entry)}, "identity", f"{what} has changed")

    def _check_gets(self, what: str, entry: Wire, keep: Sequence[Wire]) -> None:
        gets = self.exchanges[-2:] if keep else self.exchanges[-1:]
        found = [GETS[e.operation] for e in gets if e.operation in GETS and e.body]
        if len(found) != len(gets):
            self.require(False, "floor", f"{what}: no Gets right before")  # noqa: FBT003 - as above
            return
        bodies = [(e.body or {})[member] for e, member in zip(gets, found, strict=True)]
        self.require(identity(bodies[0]) == identity(entry), "identity", f"{what}: Get differs")
        self.require(self.limits.covers(bodies[0]), "scope", f"{what}: Get is out of scope")
        if keep:
            keeper = bodies[1]
            is_kept = identity(keeper)[:3] in {identity(each)[:3] for each in keep}
            self.require(is_kept, "floor", f"{what}: {keeper['name']} is no keeper")
            is_good = is_usable(keeper) and self.limits.covers(keeper)
            self.require(is_good, "floor", f"{what}: {keeper['name']} does not count")

    def _check_floor(
        self, what: str, group: Sequence[Wire], keep: Sequence[Wire], end: int, region: str
    ) -> None:
        deleted = {
            e.members[DELETES[e.operation]]
            for e in self.exchanges[end:]
            if e.operation in DELETES and e.region == region
        }
        counted = [
            e for e in group if is_usable(e) and self.limits.covers(e) and e["name"] not in deleted
        ]
        remaining = len(counted) - 1
        enough = 0 if self.limits.remove_all else 1
        self.require(remaining >= max(len(keep), enough), "floor", f"{what}: {remaining} remain")

    def _check_time(self, what: str, region: str, end: int) -> None:
        # The lookup after a Delete without a response only finds out whether it was carried out.
        is_lookup = [
            before.operation in DELETES and before.body is None for before in self.exchanges
        ]
        read = [
            each
            for each, skipped in zip(self.exchanges, [False, *is_lookup], strict=False)
            if each.region == region and each.body is not None
            if each.operation in LISTS or (each.operation in GETS and not skipped)
        ]
        # The gate begins with the first listing.
        first = next(i for i, each in enumerate(read) if each.operation in LISTS)
        base = read[first].service - read[first].monotonic
        for each in read[first:]:
            skew = each.host - each.service
            self.require(abs(skew) <= MAX_SKEW + ROUNDING, "trusted time", f"{what}: {skew} s")
            off = each.host - each.date
            self.require(abs(off) <= MAX_SKEW + ROUNDING, "trusted time", f"{what}: Date {off} s")
            moved = each.service - each.monotonic - base
            self.require(
                abs(moved) <= MAX_SKEW + ROUNDING, "trusted time", f"{what}: moved {moved}"
            )
        if self.run_time is not None:
            ahead = self.run_time - self.exchanges[end].service
            self.require(
                ahead <= MAX_SKEW + ROUNDING, "trusted time", f"{what}: run {ahead} s ahead"
            )

    def _check_made(self, what: str, region: str, source: Source, listed: Sequence[Wire]) -> None:
        for token in self.made.get((region, source), ()):
            is_there = any(
                tags_of(each).get(TOKEN_TAG) == token and is_usable(each) for each in listed
            )
            self.require(is_there, "prerequisite", f"{what}: {token} is not listed")
        for copy_region, name in self.copies.get((region, source), ()):
            got = any(
                each.region == copy_region
                and each.body
                and each.operation in GETS
                and each.body[GETS[each.operation]]["name"] == name
                and is_usable(each.body[GETS[each.operation]])
                for each in self.exchanges
            )
            self.require(got, "prerequisite", f"{what}: no copy {copy_region}/{name}")

    def _check_count(self, region: str, kind: str, name: str, what: str) -> None:
        key = (region, kind, name)
        self.require(key not in self.succeeded, "nothing twice", what)
        self.deletions.append(key)
        limit = self.limits.max_deletions
        if limit is not None:
            self.require(len(set(self.deletions)) <= limit, "max_deletions", what)
            count = len(self.approved) if self.approved is not None else 0
            self.require(count <= limit, "max_deletions", f"{what}: {count} approved")

    def check_truth(
        self,
        what: str,
        victim: Wire | None,
        others: Sequence[Wire],
        *,
        touched: set[str],
        victim_touched: set[str],
    ) -> None:
        """Check a deletion against what exists when the service receives it.

        Args:
            what: The request.
            victim: The snapshot of that name, if there is one.
            others: The other snapshots that exist.
            touched: What other clients changed since the keeper's Get, the window of one call.
            victim_touched: What they changed since the snapshot's Get, the window of two calls.
        """
        if victim is None or victim["name"] in victim_touched:
            return
        gets = [each for each in self.exchanges[-2:] if each.operation in GETS and each.body]
        if len(gets) == len(self.exchanges[-2:]) and gets and gets[0].is_true:
            self.require(self.limits.covers(victim), "scope", f"{what}: in truth")
            if self.approved is not None:
                key = (gets[0].region, victim["resourceType"], victim["name"])
                expected = self.approved.get(key)
                self.require(identity(victim) == expected, "identity", f"{what}: in truth")
        if self.limits.remove_all:
            return
        source = source_of(victim)
        left = [
            e for e in others if source_of(e) == source and is_usable(e) and self.limits.covers(e)
        ]
        is_excused = bool(touched) or not self.exchanges[-1].is_true
        self.require(bool(left) or is_excused, "floor", f"{what}: it is the last one, in truth")
