"""Backup plans, inventories, runs, and results of runs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from fnmatch import fnmatchcase
from itertools import product
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from lightsail_snap.errors import LightsailSnapError
from lightsail_snap.models import DiskSource, InstanceSource
from lightsail_snap.plans import (
    BackupPlan,
    CopyStep,
    DeleteStep,
    DeletionRecord,
    FleetResult,
    Inventory,
    PlanOutcome,
    PrunedSnapshot,
    PruneResult,
    Quiesce,
    RegionalClients,
    Run,
    RunResult,
    Selection,
    Source,
    StepResult,
    TakeStep,
    make_run,
)
from lightsail_snap.plans._inventory import source_kind
from lightsail_snap.retention import RetentionPolicy
from lightsail_snap.testing.strategies._errors import errors
from lightsail_snap.testing.strategies._histories import (
    SOURCE_NAMES,
    AnySnapshot,
    draw_history,
    histories,
    retention_policies,
)
from lightsail_snap.testing.strategies._resources import (
    NOW,
    as_strategy,
    make_disk_snapshot,
    make_instance_snapshot,
)
from lightsail_snap.testing.strategies._settings import wait_policies

_StepT = TypeVar("_StepT", TakeStep, CopyStep, DeleteStep)

_REGIONS = ("us-east-1", "eu-central-1", "ap-southeast-2")
_PLAN_NAMES = ("nightly", "hourly", "weekly-db", "web_2")
_KINDS = ("disk", "instance", "instance_system_disk")
_MAX_SNAPSHOTS_PER_SOURCE = 4
_TAG_SPECS = (("backup",), ("env=prod",), ("env=prod,tier=db", "backup=daily"))

# Constants, since hypothesis takes longer to build a strategy than to draw from it.
_KIND: SearchStrategy[Any] = st.sampled_from(_KINDS)
_WAYS = st.sampled_from(("names", "globs", "tags"))
_NAMES = st.lists(st.sampled_from(SOURCE_NAMES), min_size=1, max_size=3, unique=True)
_GLOBS = st.sampled_from((("*",), ("db-*",), ("web-?", "cache-*")))
_EXCLUDED = st.sampled_from(((), ("*-test",)))
_TAGS = st.sampled_from(_TAG_SPECS)
_REGION_LISTS = st.permutations(_REGIONS)
_COPY_COUNTS = st.integers(0, len(_REGIONS) - 1)
_BOOLEANS = st.booleans()
_SLOTS: SearchStrategy[dict[str, Any]] = st.sampled_from(
    (
        {"slot": "hour"},
        {"slot": "day"},
        {"slot": "minute"},
        {"slot": "6h"},
        {"slot": "week", "week_starts_on": "sunday"},
        {"slot": "month", "month_starts_on": 31},
    )
)
_MIN_INTERVALS = st.sampled_from((*((None,) * 5), timedelta(hours=1), timedelta(hours=20)))
# Most plans have one selection and one Region.
_SELECTION_COUNTS = st.sampled_from((1, 1, 1, 2, 3))
_SOURCE_REGION_COUNTS = st.sampled_from((1, 1, 1, 2))
_DETAILED_TEMPLATE = "{plan}-{region}-{source}-{kind}-{time}"
_TAG_SETS = st.sampled_from(({}, {"env": "prod"}, {"env": "prod", "tier": "db"}))
_MINIMUM_REMAINING = st.integers(1, 3)
_MAX_DELETIONS = st.sampled_from((None, 0, 5, 50))
_PLAN_NAME = st.sampled_from(_PLAN_NAMES)
_POLICIES = retention_policies()
_ONE_OF_TEN = st.integers(0, 9).map(lambda drawn: drawn == 1)
_STEP_KINDS: SearchStrategy[Any] = st.sampled_from((TakeStep, CopyStep, DeleteStep))
_SHORT_HISTORIES = histories(kind="any", sources=("db-1",), max_size=4)
_PERHAPS_ERROR = st.none() | errors()
_UNSELECTED = st.sampled_from(((), ("old-1",), ("old-1", "lab-test")))


def _draw_selection(draw: st.DrawFn) -> Selection:
    kind = draw(_KIND)
    match draw(_WAYS):
        case "names":
            return Selection(kind=kind, names=draw(_NAMES))
        case "globs":
            return Selection(kind=kind, globs=draw(_GLOBS), exclude=draw(_EXCLUDED))
        case _:
            return Selection(kind=kind, tags=draw(_TAGS))


@st.composite
def selections(draw: st.DrawFn) -> Selection:
    """Draw a selection by names, shell patterns or tags."""
    return _draw_selection(draw)


def quiesces() -> SearchStrategy[Quiesce]:
    """Return a strategy for commands and file systems of a plan."""
    timeouts = st.sampled_from((timedelta(seconds=30), timedelta(minutes=2)))
    commands = st.builds(
        Quiesce,
        before=st.just(("systemctl", "stop", "app")),
        after=st.just(("systemctl", "start", "app")),
        timeout=timeouts,
    )
    return commands | st.builds(Quiesce, mount_point=st.just("/mnt/data"), timeout=timeouts)


_QUIESCES = st.none() | quiesces()


def _draw_plan(draw: st.DrawFn, name: SearchStrategy[str]) -> BackupPlan:
    selections = [_draw_selection(draw) for _ in range(draw(_SELECTION_COUNTS))]
    regions = draw(_REGION_LISTS)
    count = draw(_SOURCE_REGION_COUNTS)
    facts: dict[str, Any] = {
        "name": draw(name),
        "region": regions[0] if count == 1 else regions[:count],
        "select": selections[0] if len(selections) == 1 else selections,
    }
    retention = None if draw(_ONE_OF_TEN) else draw(_POLICIES)
    copies = regions[count : count + draw(_COPY_COUNTS)]
    if copies:
        facts["copies"] = copies
    if len(selections) > 1 or (copies and count > 1):
        facts["name_template"] = _DETAILED_TEMPLATE
    if retention is not None:
        facts["retention"] = retention
        if draw(_BOOLEANS) and copies:
            facts["copy_retention"] = draw(_POLICIES)
    facts |= draw(_SLOTS)
    facts["min_interval"] = draw(_MIN_INTERVALS)
    facts["tags"] = draw(_TAG_SETS)
    pause = draw(_QUIESCES)
    # A file system belongs to one source, so a run of several refuses a mount point.
    is_single = count == len(selections) == len(selections[0].names) == 1
    if pause is not None and (pause.mount_point is None or is_single):
        facts["quiesce"] = pause
    facts["minimum_remaining"] = draw(_MINIMUM_REMAINING)
    facts["max_deletions"] = draw(_MAX_DELETIONS)
    return BackupPlan(**facts)


@st.composite
def _backup_plans(draw: st.DrawFn, name: SearchStrategy[str]) -> BackupPlan:
    return _draw_plan(draw, name)


def backup_plans(*, name: str | SearchStrategy[str] | None = None) -> SearchStrategy[BackupPlan]:
    """Return a strategy for realistic backup plans.

    Args:
        name: The name of the plan, or a strategy for names.

    Returns:
        Valid plans. Most have a retention policy, and most copy to one or two other Regions. Some
        have several selections, several Regions, or a `min_interval`.
        `make_run` accepts each with an inventory of `inventories(plan)`, and at least a third of
        those runs delete a snapshot.
    """
    return _backup_plans(as_strategy(name, _PLAN_NAME))


def _matching_name(pattern: str) -> str:
    """Return a name that a shell pattern matches."""
    known = (name for name in SOURCE_NAMES if fnmatchcase(name, pattern))
    return next(known, pattern.replace("*", "1").replace("?", "1"))


def _selected_sources(plan: BackupPlan) -> dict[tuple[str, str, str], Source]:
    """Return sources that each part of each selection selects, by Region, kind and name."""
    sources: dict[tuple[str, str, str], Source] = {}
    for region, (number, select) in product(plan.source_regions, enumerate(plan.selections, 1)):
        kind = source_kind(select.kind)
        for name in (*select.names, *map(_matching_name, select.globs)):
            sources.setdefault((region, kind, name), Source(name, {}, kind, region))
        for place, spec in enumerate(select.tags, 1):
            pairs = (part.partition("=") for part in spec.split(","))
            name = f"tagged-{number}-{place}"
            tags = {key: value or None for key, _, value in pairs}
            sources[region, kind, name] = Source(name, tags, kind, region)
    return sources


def _draw_snapshots(
    draw: st.DrawFn,
    plan: BackupPlan,
    sources: Mapping[tuple[str, str, str], Source],
    region: str,
    min_size: int,
) -> tuple[AnySnapshot, ...]:
    """Draw the snapshots of all sources in a Region."""
    homes = [region] if region in plan.source_regions else plan.source_regions
    kinds = sorted({each.kind for each in plan.selections})
    has_many = len(kinds) > 1 or len(plan.source_regions) > 1
    return tuple(
        snapshot
        for home, of, name in sources
        for kind in kinds
        if home in homes and source_kind(kind) == of
        for snapshot in draw_history(
            draw,
            name,
            kind=kind,
            owner=plan.name,
            until=NOW - timedelta(hours=1),
            min_size=min_size,
            max_size=_MAX_SNAPSHOTS_PER_SOURCE,
            region=region,
            origin=home if len(plan.source_regions) > 1 else None,
            label=f"{home}-{kind}-" if has_many else "",
        )
    )


def _draw_inventory(draw: st.DrawFn, plan: BackupPlan) -> Inventory:
    sources = _selected_sources(plan)
    home, kind = plan.source_regions[0], source_kind(plan.selections[0].kind)
    for name in draw(_UNSELECTED):
        sources.setdefault((home, kind, name), Source(name, {"env": "test"}, kind, home))
    snapshots: dict[str, tuple[AnySnapshot, ...]] = {}
    unlisted: dict[str, str] = {}
    for region in plan.regions:
        # The first Region is always reachable.
        if region != home and draw(_ONE_OF_TEN):
            unlisted[region] = "RequestNotSentError: Could not connect to the endpoint"
        else:
            snapshots[region] = _draw_snapshots(draw, plan, sources, region, 0)
    found = tuple(each for each in sources.values() if each.region not in unlisted)
    return Inventory(found, snapshots, unlisted)


@st.composite
def _inventories(draw: st.DrawFn, plan: BackupPlan | None) -> Inventory:
    return _draw_inventory(draw, _draw_plan(draw, _PLAN_NAME) if plan is None else plan)


def inventories(plan: BackupPlan | None = None) -> SearchStrategy[Inventory]:
    """Return a strategy for realistic inventories, the input of `make_run`.

    Args:
        plan: The plan; None for any plan of `backup_plans`.

    Returns:
        Inventories with every source that the plan selects, and up to two others, and 0 to 4
        snapshots of each source in each Region. Some Regions other than the first could not be
        listed.
    """
    return _inventories(plan)


def _draw_run(draw: st.DrawFn) -> Run:
    plan = _draw_plan(draw, _PLAN_NAME)
    return make_run(plan, _draw_inventory(draw, plan), NOW)


@st.composite
def runs(draw: st.DrawFn) -> Run:
    """Draw the run of a plan and an inventory."""
    return _draw_run(draw)


def _draw_step(draw: st.DrawFn, kind: type[_StepT]) -> _StepT:
    """Draw a step of a plan that has steps of every kind."""
    plan = BackupPlan(
        name=draw(_PLAN_NAME),
        region="us-east-1",
        select=_draw_selection(draw),
        copies=["eu-central-1"],
        retention=RetentionPolicy(time_zone="UTC", keep_last=1),
    )
    sources = _selected_sources(plan)
    snapshots = {region: _draw_snapshots(draw, plan, sources, region, 2) for region in plan.regions}
    run = make_run(plan, Inventory(tuple(sources.values()), snapshots), NOW)
    return draw(st.sampled_from([step for step in run.steps if isinstance(step, kind)]))


@st.composite
def steps(draw: st.DrawFn, kind: type[_StepT]) -> _StepT:
    """Draw a step of a kind."""
    return _draw_step(draw, kind)


def _made_by(step: TakeStep | CopyStep) -> AnySnapshot:
    """Return the snapshot that a step has made."""
    if step.kind == "instance":
        instance = InstanceSource(instance_name=step.source)
        return make_instance_snapshot(
            step.name, instance, NOW, region=step.region, tags=step.all_tags
        )
    source = (
        DiskSource(disk_name=step.source)
        if step.kind == "disk"
        else InstanceSource(instance_name=step.source)
    )
    return make_disk_snapshot(step.name, source, NOW, region=step.region, tags=step.all_tags)


def _record_of(step: DeleteStep, error: LightsailSnapError | None) -> DeletionRecord:
    return DeletionRecord(
        name=step.name,
        arn=step.arn,
        source=step.source,
        created_at=step.created_at,
        outcome="deleted" if error is None else "failed",
        rule=step.reason,
        keeper=f"{step.name}-keeper",
        listed_at=NOW,
        listed_pages=1,
        listed_snapshots=4,
        evidence_age=0.5,
        error=error,
    )


def _result_of(
    step: TakeStep | CopyStep | DeleteStep, error: LightsailSnapError | None
) -> StepResult:
    reason = "" if error is None else str(error)
    status: Any = "done" if error is None else "failed"
    if isinstance(step, DeleteStep):
        return StepResult(step, status, reason, error, deletion=_record_of(step, error))
    return StepResult(step, status, reason, error, None if error else _made_by(step))


@st.composite
def run_results(draw: st.DrawFn) -> RunResult:
    """Draw the results of a run: in 2 of 3 all steps succeeded, else one of them failed."""
    run = _draw_run(draw)
    failing = draw(st.integers(0, 3 * len(run.steps))) - 1
    error = draw(errors()) if 0 <= failing < len(run.steps) else None
    results: list[StepResult] = []
    for place, step in enumerate(run.steps):
        if error is not None and place > failing:
            results.append(StepResult(step, "skipped", "an earlier step failed"))
        else:
            results.append(_result_of(step, error if place == failing else None))
    return RunResult(run, tuple(results))


@st.composite
def step_results(draw: st.DrawFn) -> StepResult:
    """Draw the result of one step."""
    step = _draw_step(draw, draw(_STEP_KINDS))
    return _result_of(step, draw(_PERHAPS_ERROR))


@st.composite
def deletion_records(draw: st.DrawFn) -> DeletionRecord:
    """Draw the audit record of one deletion."""
    return _record_of(_draw_step(draw, DeleteStep), draw(_PERHAPS_ERROR))


@st.composite
def plan_outcomes(draw: st.DrawFn) -> PlanOutcome:
    """Draw the outcome of one plan: in 1 of 2 its results, else an error before its run."""
    error = draw(_PERHAPS_ERROR)
    if error is not None:
        return PlanOutcome(_draw_plan(draw, _PLAN_NAME), error=error)
    result = draw(run_results())
    return PlanOutcome(result.run.plan, result)


def fleet_results() -> SearchStrategy[FleetResult]:
    """Return a strategy for the outcomes of up to three plans with different names."""
    outcomes = st.lists(plan_outcomes(), max_size=3, unique_by=lambda outcome: outcome.plan.name)
    return st.builds(FleetResult, outcomes=outcomes.map(tuple))


@st.composite
def pruned_snapshots(draw: st.DrawFn) -> PrunedSnapshot:
    """Draw the result for one snapshot of a history."""
    snapshot = draw(_SHORT_HISTORIES).pop()
    error = draw(_PERHAPS_ERROR)
    record = DeletionRecord(
        name=snapshot.name,
        arn=snapshot.arn,
        source="db-1",
        created_at=snapshot.created_at,
        outcome="deleted" if error is None else "failed",
        rule="no rule keeps it",
        error=error,
    )
    return PrunedSnapshot(
        snapshot, record.status, "" if error is None else str(error), error, record
    )


def prune_results() -> SearchStrategy[PruneResult]:
    """Return a strategy for results of up to three snapshots with different names."""
    pruned = st.lists(pruned_snapshots(), max_size=3, unique_by=lambda each: each.snapshot.name)
    return st.builds(PruneResult, results=pruned.map(tuple))


def sources() -> SearchStrategy[Source]:
    """Return a strategy for disks and instances of an inventory."""
    tags: SearchStrategy[Mapping[str, str | None]] = st.sampled_from(
        ({}, {"env": "prod"}, {"backup": None})
    )
    return st.builds(
        Source,
        name=st.sampled_from(SOURCE_NAMES),
        tags=tags,
        kind=st.sampled_from((None, "disk", "instance")),
        region=st.sampled_from((None, *_REGIONS)),
    )


def regional_clients() -> SearchStrategy[RegionalClients]:
    """Return a strategy for factories of clients; no client is made."""
    return st.builds(
        RegionalClients,
        profile_name=st.none() | st.just("backup"),
        endpoint_url=st.none() | st.just("http://127.0.0.1:4566"),
        max_attempts=st.integers(1, 10),
        max_connections=st.integers(1, 50),
        wait_policy=wait_policies(),
    )
