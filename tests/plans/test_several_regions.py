"""Plans with several selections and Regions, and plans that take a snapshot only if one is due."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support import ScriptedTransport, SkewedClock, not_sent

from lightsail_snap import (
    ConfigurationError,
    DiskSnapshot,
    InstanceSnapshot,
    LightsailSnapClient,
    RequestNotSentError,
    RequestValidationError,
    RetentionPolicy,
    Scope,
)
from lightsail_snap.emulator import Progression
from lightsail_snap.plans import (
    BackupPlan,
    CopyStep,
    DeleteStep,
    Inventory,
    Run,
    RunResult,
    Source,
    TakeStep,
    apply,
    apply_many,
    make_run,
    plan_prune,
    prepare,
)
from lightsail_snap.plans._planning import SourceId, group_key, source_id
from lightsail_snap.retention import OWNERSHIP_TAG, SOURCE_REGION_TAG, _is_usable, _source_key
from lightsail_snap.testing import strategies

HOME, AWAY, COPIES = "us-east-1", "us-west-2", "eu-west-1"
NOW = datetime(2026, 11, 23, 3, 7, tzinfo=UTC)
DAY = 86_400
ALL_DISKS: dict[str, Any] = {"kind": "disk", "globs": ["*"]}
Maker = Callable[..., BackupPlan]


def snapshot(
    name: str,
    age: timedelta,
    region: str = HOME,
    *,
    origin: str | None = None,
    owner: str = "nightly",
    **wire: Any,
) -> DiskSnapshot:
    tags = [{"key": OWNERSHIP_TAG, "value": owner}]
    tags += [{"key": SOURCE_REGION_TAG, "value": origin}] if origin else []
    facts = {
        "name": name,
        "arn": f"arn:aws:lightsail:{region}:1:DiskSnapshot/{name}",
        "createdAt": (NOW - age).timestamp(),
        "state": "completed",
        "fromDiskName": "db-1",
        "location": {"regionName": region, "availabilityZone": "all"},
        "tags": tags,
    }
    return DiskSnapshot.from_wire(facts | wire)


def several(make_plan: Maker, **changes: Any) -> BackupPlan:
    facts: dict[str, Any] = {
        "region": [HOME, AWAY],
        "select": ALL_DISKS,
        "copies": [COPIES],
        "name_template": "{region}-{source}-{kind}-{time}",
        "retention": {"time_zone": "UTC", "keep_last": 1},
    }
    return make_plan(**(facts | changes))


def disks(*regions: str) -> tuple[Source, ...]:
    return tuple(Source("db-1", {}, "disk", region) for region in regions)


def actions(run: Run) -> list[tuple[str, str, str]]:
    return [(step.action, step.region, step.name) for step in run.steps]


# --- Planning ---


def test_make_run_for_several_regions_takes_and_copies_from_each(make_plan: Maker) -> None:
    run = make_run(several(make_plan), Inventory(disks(AWAY, HOME), {}), NOW)
    assert actions(run) == [
        ("take", HOME, f"{HOME}-db-1-disk-20261123"),
        ("copy", COPIES, f"{HOME}-db-1-disk-20261123"),
        ("take", AWAY, f"{AWAY}-db-1-disk-20261123"),
        ("copy", COPIES, f"{AWAY}-db-1-disk-20261123"),
    ]
    origins = [
        [tag.value for tag in step.tags if tag.key == SOURCE_REGION_TAG]
        for step in run.steps
        if isinstance(step, TakeStep | CopyStep)
    ]
    assert origins == [[HOME], [HOME], [AWAY], [AWAY]]
    assert str(run).startswith("nightly in us-east-1, us-west-2, run 20261123\n")
    assert len({step.client_token for step in run.steps if isinstance(step, TakeStep)}) == 2
    (single,) = make_run(make_plan(), Inventory((Source("db-1", {}),), {}), NOW).steps
    assert isinstance(single, TakeStep)
    assert [tag.key for tag in single.tags] == [OWNERSHIP_TAG]


def test_make_run_counts_copies_from_different_regions_separately(make_plan: Maker) -> None:
    copies = tuple(
        snapshot(f"{origin}-{days}", timedelta(days=days), COPIES, origin=origin)
        for origin in (HOME, AWAY)
        for days in (1, 2)
    )
    plan = several(make_plan, retention={"time_zone": "UTC", "keep_last": 2})
    run = make_run(plan, Inventory(disks(HOME, AWAY), {COPIES: copies}), NOW)
    deleted = [step for step in run.steps if isinstance(step, DeleteStep)]
    assert [(step.name, step.source_region) for step in deleted] == [
        (f"{HOME}-2", HOME),
        (f"{AWAY}-2", AWAY),
    ]
    assert [source_id(plan, step) for step in deleted] == [
        SourceId(HOME, "disk", "db-1"),
        SourceId(AWAY, "disk", "db-1"),
    ]


def test_make_run_never_mixes_kinds_of_sources(make_plan: Maker) -> None:
    system_disk: dict[str, Any] = {"fromDiskName": None, "fromInstanceName": "db-1"}
    found = (
        snapshot("disk-1", timedelta(days=1)),
        snapshot("disk-2", timedelta(days=2)),
        snapshot("system-1", timedelta(days=1), **system_disk),
        InstanceSnapshot.from_wire(
            snapshot("instance-1", timedelta(days=1), **system_disk).to_wire()
            | {"state": "available"}
        ),
    )
    plan = make_plan(
        select=[ALL_DISKS, {"kind": "instance_system_disk", "globs": ["*"]}],
        name_template="{source}-{kind}-{time}",
        retention={"time_zone": "UTC", "keep_last": 2},
    )
    of_each = (Source("db-1", {}, "disk"), Source("db-1", {}, "instance"))
    run = make_run(plan, Inventory(of_each, {HOME: found}), NOW)
    assert actions(run) == [
        ("take", HOME, "db-1-disk-20261123"),
        ("delete", HOME, "disk-2"),
        ("take", HOME, "db-1-instance_system_disk-20261123"),
    ]
    (note,) = run.notes
    assert note.endswith("of sources that are not selected is kept: instance-1")


def test_make_run_takes_a_source_of_two_selections_once(make_plan: Maker) -> None:
    select = [ALL_DISKS, {"kind": "disk", "names": ["db-1"]}]
    run = make_run(make_plan(select=select), Inventory((Source("db-1", {}),), {}), NOW)
    assert [step.action for step in run.steps] == ["take"]


@pytest.mark.parametrize(
    ("changes", "sources", "message"),
    [
        (
            {"region": HOME, "copies": [], "name_template": "{source}{time}", "select": [
                {"kind": "disk", "names": ["db"]}, {"kind": "instance", "names": ["db"]}]},
            [Source("db", {}, "disk"), Source("db", {}, "instance")],
            r"different names for all sources in us-east-1.*add \{kind\} to the template",
        ),
        (
            {"name_template": "{region}-{time}"},
            [Source("db-1", {}, "disk", HOME), Source("db-2", {}, "disk", HOME)],
            r"different names for all sources in us-east-1.*add \{source\} to the template",
        ),
        (
            {"region": HOME, "copies": [], "select": [
                {"kind": "disk", "names": ["a-disk"]}, {"kind": "instance", "names": ["a"]}],
                "name_template": "{source}-{kind}-{source}-{time}"},
            [Source("a", {}, "disk"), Source("a-disk", {}, "disk"), Source("a", {}, "instance")],
            None,
        ),
        (
            {"region": HOME, "copies": [], "name_template": "{kind}{time}{source}",
             "slot": "day"},
            [Source("db", {}, "disk"), Source("db", {}, "disk")],
            None,
        ),
        (
            {"region": HOME, "copies": [], "select": [
                {"kind": "disk", "names": ["a-instance"]}, {"kind": "instance", "names": ["a"]}],
                "name_template": "{source}-{kind}.{time}"},
            [Source("a-instance", {}, "disk"), Source("a", {}, "instance")],
            None,
        ),
    ],
)  # fmt: skip
def test_make_run_with_equal_names_names_the_missing_field(
    make_plan: Maker, changes: dict[str, Any], sources: list[Source], message: str | None
) -> None:
    plan, inventory = several(make_plan, **changes), Inventory(tuple(sources), {})
    if message is None:
        make_run(plan, inventory, NOW)
        return
    with pytest.raises(RequestValidationError, match=message):
        make_run(plan, inventory, NOW)


def test_make_run_with_fields_that_run_together_is_rejected(make_plan: Maker) -> None:
    plan = make_plan(
        region=[HOME, "us-east-11"],
        select=ALL_DISKS,
        copies=[COPIES],
        name_template="{region}{source}-{time}",
    )
    found = (Source("1db", {}, "disk", HOME), Source("db", {}, "disk", "us-east-11"))
    with pytest.raises(RequestValidationError, match="write other characters between"):
        make_run(plan, Inventory(found, {}), NOW)


def test_make_run_notes_what_a_region_lacks(make_plan: Maker) -> None:
    names = {"kind": "disk", "names": ["db-1", "db-2"]}
    plan = several(make_plan, select=[names, ALL_DISKS])
    elsewhere = Source("db-1", {}, "disk", "ap-south-1")
    found = (*disks(HOME), Source("db-2", {}, "disk", HOME), elsewhere)
    run = make_run(plan, Inventory(found, {}), NOW)
    assert run.notes == (
        f"select[0] finds no disk in {AWAY} with the name db-1, db-2",
        f"select[1] selects no disk in {AWAY}",
    )
    lenient = several(make_plan, select=ALL_DISKS | {"allow_missing": True})
    assert make_run(lenient, Inventory(found, {}), NOW).notes == ()
    with pytest.raises(RequestValidationError) as caught:
        make_run(plan, Inventory(disks(AWAY), {}), NOW)
    (violation,) = caught.value.violations
    assert violation.field == "select[0].names[1]"
    assert violation.fix == f"create the disk in {HOME} or {AWAY}, or set allow_missing = true"


def test_make_run_with_an_unlisted_region_plans_the_others(make_plan: Maker) -> None:
    copies = tuple(
        snapshot(f"{origin}-{days}", timedelta(days=days), COPIES, origin=origin)
        for origin in (HOME, AWAY)
        for days in (1, 100)
    )
    select = {"kind": "disk", "names": ["db-1", "only-away"]}
    retention = {"time_zone": "UTC", "keep_last": 5, "delete_older_than": "30d"}
    plan = several(make_plan, select=select, retention=retention)
    unlisted = {AWAY: "RequestNotSentError: no connection"}
    run = make_run(plan, Inventory(disks(HOME), {COPIES: copies}, unlisted), NOW)
    # Nothing is assumed about sources of the Region, so their copies stay.
    assert actions(run) == [
        ("take", HOME, f"{HOME}-db-1-disk-20261123"),
        ("copy", COPIES, f"{HOME}-db-1-disk-20261123"),
        ("delete", COPIES, f"{HOME}-100"),
    ]
    assert run.unlisted == (AWAY,)
    assert f"{AWAY} could not be listed; nothing is taken or deleted there: Req" in run.notes[1]
    unpruned = several(make_plan, select=select, retention=None)
    assert make_run(unpruned, Inventory(disks(HOME), {}, unlisted), NOW).unlisted == (AWAY,)


def test_make_run_keeps_copies_from_before_a_second_region(make_plan: Maker) -> None:
    """Copies without the tag may be of a source of either Region."""
    untagged = tuple(snapshot(f"old-{days}", timedelta(days=days), COPIES) for days in (40, 50))
    inventory = Inventory(disks(HOME, AWAY), {COPIES: untagged})
    run = make_run(several(make_plan), inventory, NOW)
    assert {step.action for step in run.steps} == {"take", "copy"}
    note = f"2 snapshots in {COPIES} of sources that are not selected are "
    assert run.notes == (f"{note}kept: old-40, old-50",)
    by_age = {"time_zone": "UTC", "keep_last": 1, "delete_older_than": "30d"}
    run = make_run(several(make_plan, retention=by_age), inventory, NOW)
    assert [step.name for step in run.steps if step.action == "delete"] == ["old-50"]
    assert run.notes == (f"{note}deleted when older than 30d: old-40, old-50",)


def test_make_run_keeps_copies_from_before_the_second_region_was_removed(make_plan: Maker) -> None:
    tagged = tuple(
        snapshot(f"{origin}-{days}", timedelta(days=days), COPIES, origin=origin)
        for origin in (HOME, AWAY)
        for days in (40, 50)
    )
    by_age = {"time_zone": "UTC", "keep_last": 1, "delete_older_than": "30d"}
    plan = several(make_plan, region=HOME, retention=by_age)
    run = make_run(plan, Inventory(disks(HOME), {COPIES: tagged}), NOW)
    assert [step.name for step in run.steps if step.action == "delete"] == [f"{AWAY}-50"]
    kept = f"are kept: {HOME}-40, {HOME}-50"
    deleted = f"are deleted when older than 30d: {AWAY}-40, {AWAY}-50"
    assert run.notes == (
        f"2 snapshots in {COPIES} from before a change of the plan's Regions {kept}",
        f"2 snapshots in {COPIES} of sources that are not selected {deleted}",
    )


@given(strategies.backup_plans(), st.data())
def test_runs_keep_the_floor_of_every_group(plan: BackupPlan, data: st.DataObject) -> None:
    inventory = data.draw(strategies.inventories(plan))
    run = make_run(plan, inventory, NOW)
    assert Run.from_json(run.to_json()) == run
    creations = [step for step in run.steps if not isinstance(step, DeleteStep)]
    names = [(step.region, step.name) for step in creations]
    assert len(set(names)) == len(names)
    new = {group_key(step) for step in creations}
    usable: dict[Any, set[str]] = defaultdict(set)
    for region, found in inventory.snapshots.items():
        for each in found:
            if _is_usable(each):
                usable[region, *_source_key(each)].add(each.name)
    deleted: dict[Any, set[str]] = defaultdict(set)
    for step in run.steps:
        if isinstance(step, DeleteStep):
            deleted[group_key(step)].add(step.name)
            assert source_id(plan, step).region not in inventory.unlisted
            assert step.region not in inventory.unlisted
    for key, gone in deleted.items():
        assert gone <= usable[key]
        left = len(usable[key]) - len(gone) + (key in new)
        assert left >= min(plan.minimum_remaining, len(usable[key]) + (key in new))
        if key not in new:
            reasons = {s.reason for s in run.steps if isinstance(s, DeleteStep)}
            assert any(reason.startswith("older than") for reason in reasons)


@given(strategies.backup_plans().filter(lambda plan: len(plan.source_regions) > 1), st.data())
def test_deletions_of_a_region_do_not_depend_on_the_other(
    plan: BackupPlan, data: st.DataObject
) -> None:
    inventory = data.draw(strategies.inventories(plan))
    home, other = plan.source_regions

    def is_of_home(region: str, each: Any) -> bool:
        return region == home or _source_key(each)[2] == home

    only_home = Inventory(
        inventory.sources,
        {
            region: tuple(each for each in found if is_of_home(region, each))
            for region, found in inventory.snapshots.items()
        },
        inventory.unlisted,
    )
    both = (make_run(plan, each, NOW) for each in (inventory, only_home))
    whole, part = ([s for s in run.steps if source_id(plan, s).region == home] for run in both)
    assert whole == part
    assert not [s for s in part if source_id(plan, s).region == other]


# --- The minimum interval ---


def take_count(run: Run) -> int:
    return sum(isinstance(step, TakeStep) for step in run.steps)


@pytest.mark.parametrize(
    ("found", "takes"),
    [
        ([], 1),
        ([snapshot("a", timedelta(hours=19, minutes=59))], 0),
        ([snapshot("a", timedelta(hours=20))], 1),
        ([snapshot("a", timedelta(hours=1), state="pending")], 1),
        ([snapshot("a", timedelta(hours=1), state="error")], 1),
        ([snapshot("a", timedelta(hours=1), owner="other")], 1),
        ([snapshot("a", timedelta(hours=1), fromDiskName="db-2")], 1),
        ([snapshot("a", timedelta(hours=1), createdAt=None)], 1),
        ([snapshot("a", timedelta(minutes=-5))], 0),
        ([snapshot("a", timedelta(minutes=-6))], 1),
        ([snapshot("a", timedelta(minutes=-6)), snapshot("b", timedelta(hours=2))], 0),
    ],
)
def test_make_run_takes_a_snapshot_only_if_none_is_young(
    make_plan: Maker, found: list[DiskSnapshot], takes: int
) -> None:
    plan = make_plan(min_interval="PT20H", select={"kind": "disk", "names": ["db-1"]})
    inventory = Inventory((Source("db-1", {}),), {HOME: tuple(found)})
    assert take_count(make_run(plan, inventory, NOW)) == takes


def test_make_run_with_a_young_snapshot_notes_it_and_deletes_by_age(make_plan: Maker) -> None:
    found = tuple(snapshot(f"old-{days}", timedelta(days=days)) for days in (0, 1, 2, 40, 50))
    inventory = Inventory((Source("db-1", {}),), {HOME: found})
    run = make_run(make_plan(min_interval="PT20H"), inventory, NOW)
    assert run.steps == ()
    (note,) = run.notes
    assert note == (
        "1 source has a snapshot younger than min_interval, 20:00:00, and no new one is taken: "
        "disk db-1 in us-east-1 (of 2026-11-23 03:07 UTC)"
    )
    by_age = {"time_zone": "UTC", "keep_last": 1, "delete_older_than": "30d"}
    run = make_run(make_plan(min_interval="PT20H", retention=by_age), inventory, NOW)
    assert actions(run) == [("delete", HOME, "old-50"), ("delete", HOME, "old-40")]
    sources = (Source("db-1", {}), Source("db-2", {}))
    more = (*found, snapshot("young", timedelta(0), fromDiskName="db-2"))
    run = make_run(make_plan(min_interval="PT20H"), Inventory(sources, {HOME: more}), NOW)
    assert run.notes[0].startswith("2 sources have a snapshot younger than")


@pytest.mark.parametrize(
    "listed_at", [None, NOW - timedelta(minutes=6), NOW + timedelta(minutes=6)]
)
def test_make_run_without_trusted_time_takes_the_snapshot(
    make_plan: Maker, listed_at: datetime | None
) -> None:
    plan = make_plan(min_interval="PT20H")
    young = (snapshot("young", timedelta(hours=1)),)
    inventory = Inventory((Source("db-1", {}),), {HOME: young}, {}, {HOME: listed_at})
    run = make_run(plan, inventory, NOW)
    assert take_count(run) == 1
    assert run.notes[0].startswith(f"min_interval does not apply in {HOME}, since the time of the")
    trusted = Inventory(inventory.sources, inventory.snapshots, {}, {HOME: NOW})
    assert take_count(make_run(plan, trusted, NOW)) == 0


# --- On the emulator ---


@pytest.fixture
def fleet(state: Any) -> Any:
    """Disks of equal names in two Regions, and an instance."""
    state.emulator.add_disk("db-1", region_name=AWAY)
    state.emulator.add_instance("app-1", region_name=AWAY)
    return state


def names(state: Any, region: str) -> list[str]:
    client = state.client(region)
    found = (*client.iter_disk_snapshots(), *client.iter_instance_snapshots())
    return sorted(each.name for each in found)


@pytest.mark.thorough
def test_apply_daily_for_several_regions_and_kinds_keeps_each_retention(
    fleet: Any, make_plan: Maker
) -> None:
    select = [
        {"kind": "disk", "names": ["db-1"]},
        {"kind": "instance", "globs": ["app-*", "web-*"]},
        {"kind": "instance_system_disk", "globs": ["web-*"]},
    ]
    plan = several(
        make_plan,
        select=select,
        retention={"time_zone": "UTC", "keep_last": 2},
        copy_retention={"time_zone": "UTC", "keep_last": 1},
    )
    fleet.run_days(plan, 4)
    last = ("20231116", "20231117")
    at_home = ("db-1-disk", "web-1-instance", "web-1-instance_system_disk")
    assert names(fleet, HOME) == sorted(f"{HOME}-{each}-{day}" for each in at_home for day in last)
    away = ("db-1-disk", "app-1-instance")
    assert names(fleet, AWAY) == sorted(f"{AWAY}-{each}-{day}" for each in away for day in last)
    sources = [*((HOME, each) for each in at_home), *((AWAY, each) for each in away)]
    assert names(fleet, COPIES) == sorted(f"{region}-{each}-{last[1]}" for region, each in sources)
    run = fleet.prepare(plan)
    assert fleet.apply(run).to_dict()["regions"] == [HOME, AWAY]
    again = fleet.apply(run)
    assert {each.status for each in again.results} == {"adopted"}


@pytest.mark.thorough
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_apply_for_several_regions_after_a_kill_at_any_call_ends_in_the_same_state(
    make_state: Callable[[], Any],
    make_plan: Maker,
    process_killed: type[BaseException],
    *,
    after: bool,
) -> None:
    plan = several(make_plan)

    def filled() -> Any:
        state = make_state()
        for region in (HOME, AWAY):
            state.emulator.add_disk("db-1", region_name=region)
        state.run_days(plan, 1)
        state.calls.clear()
        return state

    def found(state: Any) -> list[list[str]]:
        return [names(state, region) for region in (HOME, AWAY, COPIES)]

    undisturbed = filled()
    assert undisturbed.apply(undisturbed.prepare(plan)).is_complete
    expected, total = found(undisturbed), len(undisturbed.calls)
    assert [len(each) for each in expected] == [1, 1, 2]
    # Other calls before than after they are carried out.
    for number in range(1 + after, total + 1, 3):
        state, count = filled(), 0
        run = state.prepare(plan)

        def on_call(_request: Any, is_done: bool, number: int = number) -> None:  # noqa: FBT001 - the hook's signature
            nonlocal count
            count += is_done == after
            if is_done == after and count == number:
                raise process_killed

        state.on_call = on_call
        with contextlib.suppress(process_killed):
            state.apply(run)
        state.on_call = lambda _request, _is_done: None
        state.clock.sleep(60)
        assert state.apply(state.prepare(plan)).is_complete, number
        assert found(state) == expected, number


def unreachable(state: Any, *regions: str) -> Callable[[str], LightsailSnapClient]:
    def client_of(region: str) -> LightsailSnapClient:
        found: LightsailSnapClient = state.client(region)
        if region in regions:
            found = LightsailSnapClient(transport=ScriptedTransport(not_sent), clock=state.clock)
        return found

    return client_of


@pytest.mark.parametrize("away", [HOME, AWAY])
def test_apply_with_an_unreachable_region_backs_up_the_other(
    fleet: Any, make_plan: Maker, away: str
) -> None:
    plan = several(make_plan)
    fleet.run_days(plan, 2)
    before = {region: names(fleet, region) for region in (HOME, AWAY, COPIES)}
    clients = unreachable(fleet, away)
    run = prepare(plan, clients(HOME), clients=clients, now=fleet.now)
    result = apply(run, clients(HOME), clients=clients)
    assert {each.status for each in result.results} == {"done"}
    assert {source_id(plan, each.step).region for each in result.results} == {HOME, AWAY} - {away}
    assert not result.is_complete
    assert names(fleet, away) == before[away]
    of_away = [name for name in before[COPIES] if name.startswith(away)]
    assert [name for name in names(fleet, COPIES) if name.startswith(away)] == of_away
    # When the Region is reachable again, the same slot completes everything.
    assert fleet.apply(fleet.prepare(plan)).is_complete
    assert names(fleet, away) != before[away]


def test_apply_of_a_run_to_an_unreachable_region_completes_the_other(
    fleet: Any, make_plan: Maker
) -> None:
    plan = several(make_plan)
    fleet.run_days(plan, 1)
    clients = unreachable(fleet, AWAY)
    result: RunResult = apply(fleet.prepare(plan), clients(HOME), clients=clients)
    by_source = defaultdict(set)
    for each in result.results:
        by_source[source_id(plan, each.step).region].add(each.status)
    assert by_source == {HOME: {"done"}, AWAY: {"failed", "skipped"}}


def test_prepare_without_any_reachable_region_raises_the_error(
    fleet: Any, make_plan: Maker
) -> None:
    clients = unreachable(fleet, HOME, AWAY)
    with pytest.raises(RequestNotSentError):
        prepare(several(make_plan), clients(HOME), clients=clients)
    with pytest.raises(ConfigurationError, match="several Regions, us-east-1, us-west-2: pass"):
        prepare(several(make_plan, copies=[]), fleet.client())
    with pytest.raises(ConfigurationError, match=f"client for {AWAY} lists"):
        prepare(several(make_plan), fleet.client(), clients=lambda _region: fleet.client(HOME))


def test_apply_many_prepares_a_plan_for_several_regions(fleet: Any, make_plan: Maker) -> None:
    outcome = apply_many([several(make_plan)], client_factory=fleet.client, now=fleet.now)
    assert outcome.is_complete
    (found,) = outcome.to_dict()["plans"]
    assert (found["region"], found["regions"]) == (HOME, [HOME, AWAY])
    assert f"{HOME}, {AWAY}" in str(outcome)


def test_prune_of_a_copy_region_counts_each_source_region(fleet: Any, make_plan: Maker) -> None:
    plan = several(make_plan, retention=None)
    fleet.run_days(plan, 2)
    policy = RetentionPolicy(time_zone="UTC", keep_last=1)
    planned = plan_prune(policy, fleet.client(COPIES), scope=Scope(owner="nightly"))
    assert {each.name for each in planned.delete} == {
        f"{AWAY}-db-1-disk-20231114",
        *(f"{HOME}-{each}-disk-20231114" for each in ("db-1", "db-2", "other")),
    }
    assert len(planned.keep) == 4
    assert f"disk db-1 of {AWAY}" in str(planned)


def test_apply_deletes_nothing_of_a_group_without_its_new_snapshot(
    fleet: Any, make_plan: Maker
) -> None:
    """A run may be edited between its preparation and its application."""
    plan = several(make_plan)
    fleet.run_days(plan, 1)
    run = fleet.prepare(plan)

    def edit(step: Any) -> Any:
        is_copy_of_home = isinstance(step, DeleteStep) and step.source_region == HOME
        return step.model_copy(update={"source_region": AWAY}) if is_copy_of_home else step

    steps = [
        edit(step)
        for step in run.steps
        if not (isinstance(step, CopyStep) and step.source_region == AWAY)
    ]
    result = fleet.apply(run.model_copy(update={"steps": tuple(steps)}))
    of_copies = [
        each
        for each in result.results
        if each.step.action == "delete" and each.step.region == COPIES
    ]
    # The steps now name AWAY as the source Region, from which nothing is copied.
    assert {(each.status, each.reason) for each in of_copies if each.step.source == "db-1"} == {
        ("skipped", f"no new snapshot was taken or copied in {COPIES}")
    }
    assert {f"{HOME}-db-1-disk-20231114", f"{AWAY}-db-1-disk-20231114"} <= {*names(fleet, COPIES)}


def test_apply_with_min_interval_takes_a_snapshot_when_it_is_due(
    state: Any, make_plan: Maker
) -> None:
    plan = make_plan(slot="hour", min_interval="PT20H")
    taken = []
    for hour in range(48):
        run = state.prepare(plan)
        taken += [hour] if take_count(run) else []
        assert state.apply(run).is_complete
        state.clock.sleep(3600)
    assert taken == [0, 20, 40]
    assert len(state.names()) == 4  # keep_last = 2 of two disks


def test_prepare_with_min_interval_continues_the_run_of_the_slot(
    state: Any, make_plan: Maker
) -> None:
    plan = make_plan(copies=[AWAY], min_interval="PT20H")
    run = state.prepare(plan)
    state.emulator.progression = Progression.instant().with_failed_operation("CopySnapshot")
    assert not state.apply(run).is_complete
    state.emulator.progression = Progression.instant()
    again = state.prepare(plan)
    assert again.steps == run.steps
    state.apply(again)
    assert state.names(AWAY) == state.names(HOME)
    state.clock.sleep(12 * 3600)
    assert state.prepare(plan).steps == ()


def test_prepare_with_a_wrong_clock_ignores_min_interval(state: Any, make_plan: Maker) -> None:
    plan = make_plan(min_interval="PT20H")
    state.run_days(plan, 1)
    client = LightsailSnapClient(
        state.emulator.boto3_client(HOME), clock=SkewedClock(state.clock, -6 * 3600)
    )
    run = prepare(plan, client)
    assert take_count(run) == 2
    assert "min_interval does not apply" in run.notes[0]
