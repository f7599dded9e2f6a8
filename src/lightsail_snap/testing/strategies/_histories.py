"""Histories of snapshots, and retention policies that have something to delete in them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias, get_args, overload

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from lightsail_snap.models import (
    DiskSnapshot,
    DiskSnapshotState,
    DiskSource,
    InstanceSnapshot,
    InstanceSnapshotState,
    InstanceSource,
    RegionName,
)
from lightsail_snap.retention import (
    OWNERSHIP_TAG,
    SOURCE_REGION_TAG,
    RetentionDecision,
    RetentionPlan,
    RetentionPolicy,
    Scope,
    plan_retention,
)
from lightsail_snap.testing.strategies._resources import (
    NOW,
    as_strategy,
    make_disk_snapshot,
    make_instance_snapshot,
)

AnySnapshot: TypeAlias = DiskSnapshot | InstanceSnapshot
Kind: TypeAlias = Literal["disk", "instance_system_disk", "instance", "any"]

SOURCE_NAMES = ("db-1", "db-2", "web-1", "web-2", "cache-1", "Disk-1")
_MAX_SOURCES = 3
_MAX_PER_SOURCE = 12
_KINDS: tuple[Kind, ...] = ("disk", "instance", "instance_system_disk")
# None is an irregular schedule.
_INTERVALS = (
    timedelta(days=1),
    timedelta(hours=1),
    timedelta(weeks=1),
    timedelta(hours=6),
    None,
)
# Strategies that are drawn from within others are constants, since hypothesis takes longer to build
# one than to draw from it.
_SOME_INTERVAL = st.sampled_from(_INTERVALS)
_MINUTES_OF_NEWEST = st.integers(0, 12 * 60)
_IRREGULAR_MINUTES = st.integers(1, 30 * 24 * 60)
# An odd snapshot is unusable: pending if it is the newest, else failed.
_ODD_CHOICES = 3
_ODD_PLACES = st.integers(0, _ODD_CHOICES * 2).map(lambda drawn: drawn - _ODD_CHOICES - 1)
_SIZES_IN_GB = st.sampled_from((8, 20, 80))
_SOURCE_LISTS = {
    most: st.lists(st.sampled_from(SOURCE_NAMES), min_size=1, max_size=most, unique=True)
    for most in (2, _MAX_SOURCES)
}
_SOME_KIND: SearchStrategy[Kind] = st.sampled_from(_KINDS)
_ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe")
_SOME_ZONE = st.sampled_from(_ZONES)


def _ages(draw: st.DrawFn, count: int) -> list[timedelta]:
    """Draw the ages of the snapshots of one source, newest first and all different."""
    interval = draw(_SOME_INTERVAL)
    ages = [timedelta(minutes=draw(_MINUTES_OF_NEWEST))]
    for _ in range(count):
        gap = timedelta(minutes=draw(_IRREGULAR_MINUTES)) if interval is None else interval
        ages.append(ages[-1] + gap)
    return ages[:count]


def draw_history(  # noqa: PLR0913 - keyword-only
    draw: st.DrawFn,
    source: str,
    *,
    kind: Kind,
    owner: str | None,
    until: datetime,
    min_size: int,
    max_size: int,
    region: str = RegionName.US_EAST_1,
    origin: str | None = None,
    label: str = "",
) -> list[AnySnapshot]:
    """Draw the snapshots of one source, newest first."""
    if kind == "any":
        kind = draw(_SOME_KIND)
    ages = _ages(draw, draw(st.integers(min_size, max_size)))
    size_in_gb = draw(_SIZES_IN_GB)
    # In 3 of 7 histories one of the 3 newest is unusable.
    odd = draw(_ODD_PLACES) if len(ages) > 1 else -1
    tags = {} if owner is None else {OWNERSHIP_TAG: owner}
    if origin is not None:
        tags[SOURCE_REGION_TAG] = origin
    snapshots: list[AnySnapshot] = []
    for place, age in enumerate(ages):
        created_at = until - age
        name = f"{owner or 'manual'}-{label}{source}-{created_at:%Y%m%dT%H%M%SZ}"
        facts: dict[str, Any] = {"region": region, "tags": tags, "size_in_gb": size_in_gb}
        if kind == "instance":
            states = (InstanceSnapshotState.PENDING, InstanceSnapshotState.ERROR)
            state = states[place > 0] if place == odd else InstanceSnapshotState.AVAILABLE
            instance = InstanceSource(instance_name=source)
            snapshots.append(
                make_instance_snapshot(name, instance, created_at, state=state, **facts)
            )
        else:
            disk_states = (DiskSnapshotState.PENDING, DiskSnapshotState.ERROR)
            disk_state = disk_states[place > 0] if place == odd else DiskSnapshotState.COMPLETED
            of_disk = DiskSource(disk_name=source)
            of = of_disk if kind == "disk" else InstanceSource(instance_name=source)
            snapshots.append(make_disk_snapshot(name, of, created_at, state=disk_state, **facts))
    return snapshots


@st.composite
def _histories(  # noqa: PLR0913, PLR0917 - composite strategies are called by position
    draw: st.DrawFn,
    kind: Kind,
    sources: SearchStrategy[Sequence[str]],
    owner: str | None,
    until: datetime,
    min_size: int,
    max_size: int,
) -> list[AnySnapshot]:
    found = [
        snapshot
        for source in draw(sources)
        for snapshot in draw_history(
            draw,
            source,
            kind=kind,
            owner=owner,
            until=until,
            min_size=min_size,
            max_size=max_size,
        )
    ]
    # Lightsail lists the newest first.
    found.sort(key=lambda snapshot: (snapshot.created_at, snapshot.name), reverse=True)
    return found


@overload
def histories(
    *,
    kind: Literal["disk", "instance_system_disk"] = "disk",
    sources: Sequence[str] | SearchStrategy[Sequence[str]] | None = None,
    owner: str | None = "nightly",
    until: datetime = NOW,
    min_size: int = 1,
    max_size: int = _MAX_PER_SOURCE,
) -> SearchStrategy[list[DiskSnapshot]]: ...


@overload
def histories(
    *,
    kind: Literal["instance"],
    sources: Sequence[str] | SearchStrategy[Sequence[str]] | None = None,
    owner: str | None = "nightly",
    until: datetime = NOW,
    min_size: int = 1,
    max_size: int = _MAX_PER_SOURCE,
) -> SearchStrategy[list[InstanceSnapshot]]: ...


@overload
def histories(
    *,
    kind: Literal["any"],
    sources: Sequence[str] | SearchStrategy[Sequence[str]] | None = None,
    owner: str | None = "nightly",
    until: datetime = NOW,
    min_size: int = 1,
    max_size: int = _MAX_PER_SOURCE,
) -> SearchStrategy[list[DiskSnapshot | InstanceSnapshot]]: ...


def histories(  # noqa: PLR0913 - keyword-only, and each has a default
    *,
    kind: Kind = "disk",
    sources: Sequence[str] | SearchStrategy[Sequence[str]] | None = None,
    owner: str | None = "nightly",
    until: datetime = NOW,
    min_size: int = 1,
    max_size: int = _MAX_PER_SOURCE,
) -> SearchStrategy[Any]:
    """Return a strategy for the snapshots of one or several sources, as a schedule makes them.

    The snapshots of a source are an hour, six hours, a day or a week apart, or at irregular times.
    Names are unique. At least 17 of 20 snapshots are usable: completed, or available for instance
    snapshots. An unusable one is pending if it is the newest of its source, else it has failed. Of
    pairs with a policy of `retention_policies()`, `plan_retention` deletes snapshots in at least
    half.

    Args:
        kind: `disk`, `instance_system_disk` (disk snapshots of an instance's system disk),
            `instance`, or `any` for a kind drawn for each source.
        sources: Names of disks or instances, or a strategy for them; by default 1 to 3.
        owner: The value of their tag `OWNERSHIP_TAG`, which is the name of the plan that manages
            them; None for snapshots without tags.
        until: The present, with a time zone. The newest snapshot of a source is at most 12 hours
            older.
        min_size: Minimum number of snapshots of each source; 0 or more.
        max_size: Maximum number of snapshots of each source.

    Returns:
        Lists of snapshots, newest first.
    """
    names = as_strategy(sources, _SOURCE_LISTS[_MAX_SOURCES])
    return _histories(kind, names, owner, until, min_size, max_size)


def _counts(most: int) -> SearchStrategy[int]:
    return st.integers(1, most)


def retention_policies(
    *, time_zone: str | SearchStrategy[str] | None = None
) -> SearchStrategy[RetentionPolicy]:
    """Return a strategy for realistic retention policies.

    Args:
        time_zone: An IANA name, or a strategy for names; by default UTC and four other zones, with
            and without summer time.

    Returns:
        Policies with 1 to 5 rules of restic's kinds and small numbers, so that of pairs with a
        history of `histories()` at least half delete snapshots.
    """
    return _POLICIES if time_zone is None else _policies(as_strategy(time_zone, _SOME_ZONE))


def _policies(zones: SearchStrategy[str]) -> SearchStrategy[RetentionPolicy]:
    hours = st.sampled_from(("1h", "6h", "12h", "1d"))
    days = st.sampled_from(("2d", "3d", "7d", "14d", "1m"))
    return st.one_of(
        st.builds(RetentionPolicy, time_zone=zones, keep_last=_counts(3)),
        st.builds(RetentionPolicy, time_zone=zones, keep_daily=_counts(4)),
        st.builds(RetentionPolicy, time_zone=zones, keep_daily=_counts(3), keep_weekly=_counts(2)),
        st.builds(
            RetentionPolicy,
            time_zone=zones,
            keep_hourly=_counts(3),
            keep_daily=_counts(3),
            keep_weekly=_counts(2),
            keep_monthly=_counts(2),
            keep_yearly=_counts(1),
        ),
        st.builds(RetentionPolicy, time_zone=zones, keep_within=hours),
        st.builds(
            RetentionPolicy,
            time_zone=zones,
            keep_last=_counts(2),
            keep_within_daily=days,
            keep_tagged=st.just(("keep",)),
        ),
        st.builds(RetentionPolicy, time_zone=zones, delete_older_than=days),
        st.builds(RetentionPolicy, time_zone=zones, keep_weekly=_counts(3), delete_older_than=days),
    )


_POLICIES = _policies(_SOME_ZONE)


def scopes() -> SearchStrategy[Scope]:
    """Return a strategy for scopes of deletions."""
    patterns = st.sampled_from((("nightly-*",), ("*",), ("db-*", "web-?")))
    return st.one_of(
        st.builds(Scope, owner=st.just("nightly")),
        st.builds(Scope, names=patterns),
        st.builds(Scope, owner=st.just("nightly"), sources=patterns),
    )


def _kind_of(annotation: Any) -> Kind:  # noqa: ANN401 - hypothesis passes any type
    """Return the kind of snapshots that a type such as `RetentionPlan[DiskSnapshot]` contains."""
    kinds: dict[object, Kind] = {DiskSnapshot: "disk", InstanceSnapshot: "instance"}
    (snapshot,) = get_args(annotation) or (None,)
    return kinds.get(snapshot, "any")


@st.composite
def _retention_plans(draw: st.DrawFn, kind: Kind) -> RetentionPlan[Any]:
    history: list[AnySnapshot] = draw(
        _histories(kind, _SOURCE_LISTS[2], "nightly", NOW, 1, _MAX_PER_SOURCE)
    )
    return plan_retention(history, draw(_POLICIES), NOW)


def retention_plans(annotation: Any = RetentionPlan) -> SearchStrategy[RetentionPlan[Any]]:  # noqa: ANN401 - hypothesis passes any type
    """Return a strategy for plans of histories and policies, for a type such as `RetentionPlan`."""
    return _retention_plans(_kind_of(annotation))


def retention_decisions(annotation: Any = None) -> SearchStrategy[RetentionDecision[Any]]:  # noqa: ANN401 - hypothesis passes any type
    """Return a strategy for one item of a plan, for a type such as `RetentionDecision`."""
    plans = _retention_plans(_kind_of(annotation))
    return plans.flatmap(lambda plan: st.sampled_from(plan.decisions))
