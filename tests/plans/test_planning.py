"""Planning: invariants of the pure function from plan and inventory to steps."""

from __future__ import annotations

import itertools
import json
import pickle
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lightsail_snap import DiskSnapshot, InstanceSnapshot, RequestValidationError
from lightsail_snap.plans import (
    CLIENT_TOKEN_TAG,
    BackupPlan,
    CopyStep,
    DeleteStep,
    Inventory,
    Run,
    Source,
    TakeStep,
    make_run,
)
from lightsail_snap.plans._planning import _group_snapshots
from lightsail_snap.retention import OWNERSHIP_TAG

HOME, AWAY = "us-east-1", "us-west-2"
NOW = datetime(2026, 11, 23, 3, 7, tzinfo=UTC)
Maker = Callable[..., BackupPlan]
EVERY_DISK: dict[str, Any] = {"kind": "disk", "globs": ["*"]}


def sources(*names: str) -> tuple[Source, ...]:
    return tuple(Source(name, {}) for name in names)


def snapshot(name: str, age: timedelta, region: str = HOME, **wire: Any) -> DiskSnapshot:
    return DiskSnapshot.from_wire(
        {
            "name": name,
            "arn": f"arn:aws:lightsail:{region}:1:DiskSnapshot/{name}",
            "createdAt": (NOW - age).timestamp(),
            "state": "completed",
            "fromDiskName": "db-1",
            "location": {"regionName": region, "availabilityZone": "all"},
            "tags": [{"key": OWNERSHIP_TAG, "value": "nightly"}],
        }
        | wire
    )


@st.composite
def inventories(draw: st.DrawFn) -> Inventory:
    found: dict[str, tuple[DiskSnapshot, ...]] = {}
    for region in (HOME, AWAY):
        ages = draw(st.lists(st.integers(-50, 5000), max_size=12))
        found[region] = tuple(
            snapshot(
                f"old-{index}",
                timedelta(hours=age),
                region,
                state=draw(st.sampled_from(["completed", "completed", "pending", "error"])),
                fromDiskName=draw(st.sampled_from(["db-1", "db-2", "gone", None])),
                tags=draw(
                    st.sampled_from(
                        [
                            [{"key": OWNERSHIP_TAG, "value": "nightly"}],
                            [{"key": OWNERSHIP_TAG, "value": "other"}],
                            [{"key": OWNERSHIP_TAG}],
                            [],
                        ]
                    )
                ),
            )
            for index, age in enumerate(ages)
        )
    return Inventory(sources("db-1", "db-2", "unrelated"), found)


kept = st.integers(1, 4)


def plan_of(count: int, **changes: Any) -> BackupPlan:
    facts: dict[str, Any] = {
        "name": "nightly",
        "region": HOME,
        "slot": "day",
        "copies": [AWAY],
        "select": {"kind": "disk", "globs": ["db-*"]},
        "retention": {"time_zone": "UTC", "keep_last": count},
    }
    return BackupPlan(**(facts | changes))


@given(inventories(), kept, st.randoms(use_true_random=False))
def test_make_run_does_not_depend_on_the_order_of_the_inventory(
    inventory: Inventory, count: int, chance: Any
) -> None:
    shuffled = Inventory(
        tuple(chance.sample(inventory.sources, len(inventory.sources))),
        {
            region: tuple(chance.sample(found, len(found)))
            for region, found in reversed(list(inventory.snapshots.items()))
        },
    )
    run = make_run(plan_of(count), inventory, NOW)
    assert make_run(plan_of(count), shuffled, NOW) == run
    elsewhere = NOW.astimezone(timezone(timedelta(hours=9)))
    assert make_run(plan_of(count), inventory, elsewhere) == run
    assert Run.from_json(run.to_json()) == run
    assert pickle.loads(pickle.dumps(run)) == run  # noqa: S301 - pickled above
    assert len({step.id for step in run.steps}) == len(run.steps)


@given(inventories(), kept)
def test_make_run_deletes_only_managed_snapshots_of_selected_sources(
    inventory: Inventory, count: int
) -> None:
    run = make_run(plan_of(count), inventory, NOW)
    for step in run.steps:
        if isinstance(step, DeleteStep):
            (found,) = (s for s in inventory.snapshots[step.region] if s.name == step.name)
            assert [(tag.key, tag.value) for tag in found.tags] == [(OWNERSHIP_TAG, "nightly")]
            assert found.state == "completed"
            assert isinstance(found, DiskSnapshot)
            assert found.from_disk_name == step.source in {"db-1", "db-2"}
            assert (found.arn, found.created_at) == (step.arn, step.created_at)


@given(inventories(), kept)
def test_make_run_orders_deletions_after_creations(inventory: Inventory, count: int) -> None:
    run = make_run(plan_of(count), inventory, NOW)
    for _, steps in itertools.groupby(run.steps, lambda step: step.source):
        actions = [step.action for step in steps]
        assert actions[:2] == ["take", "copy"]
        assert set(actions[2:]) <= {"delete"}
    # Afterwards as many as the policy keeps remain, including the new one, if there were as many.
    for region, source in itertools.product((HOME, AWAY), ("db-1", "db-2")):
        gone = {s.name for s in run.steps if s.action == "delete" and s.region == region}
        managed = [
            each
            for each in inventory.snapshots[region]
            if isinstance(each, DiskSnapshot)
            and each.from_disk_name == source
            and each.state == "completed"
            and [(tag.key, tag.value) for tag in each.tags] == [(OWNERSHIP_TAG, "nightly")]
        ]
        left = [each for each in managed if each.name not in gone]
        assert len(left) + 1 >= min(count, len(managed) + 1)


@given(st.integers(0, 86_399), st.integers(0, 86_399))
def test_make_run_twice_in_a_slot_returns_the_same_steps(first: int, second: int) -> None:
    inventory = Inventory(sources("db-1"), {})
    day = datetime(2026, 11, 23, tzinfo=UTC)
    one, two = (
        make_run(plan_of(1), inventory, day + timedelta(seconds=seconds))
        for seconds in (first, second)
    )
    assert one.steps == two.steps
    assert one.slot_begins == two.slot_begins == day
    later = make_run(plan_of(1), inventory, day + timedelta(days=1))
    assert {s.id for s in later.steps}.isdisjoint(s.id for s in one.steps)


def test_tokens_differ_by_plan_region_source_and_target(make_plan: Maker) -> None:
    inventory = Inventory(sources("db-1", "db-2"), {})
    found = {
        step.client_token
        for plan in (
            make_plan(copies=[AWAY]),
            make_plan(name="weekly", copies=[AWAY]),
            make_plan(region="eu-west-1", copies=[AWAY]),
        )
        for step in make_run(plan, inventory, NOW).steps
        if isinstance(step, TakeStep | CopyStep)
    }
    assert len(found) == 12


def test_token_of_a_plan_with_one_region_is_that_of_earlier_versions(make_plan: Maker) -> None:
    """A run that an earlier version has begun is continued."""
    run = make_run(make_plan(copies=[AWAY]), Inventory(sources("db-1"), {}), NOW)
    for step in run.steps:
        assert isinstance(step, TakeStep | CopyStep)
        parts = ("lightsail-snap", "nightly", HOME, "disk", "db-1", "20261123", step.region)
        assert step.client_token == str(uuid5(NAMESPACE_URL, "\n".join(parts)))


def test_run_of_an_earlier_version_is_read(make_plan: Maker) -> None:
    old = tuple(snapshot(f"old-{n}", timedelta(days=n)) for n in range(1, 4))
    run = make_run(make_plan(), Inventory(sources("db-1"), {HOME: old}), NOW)
    written = json.loads(run.to_json())
    for field in ("min_interval", "week_starts_on", "month_starts_on"):
        del written["plan"][field]
    for step in written["steps"]:
        step.pop("source_region", None)
    assert Run.from_json(json.dumps(written)) == run


def test_make_run_counts_a_pending_snapshot_of_the_run_as_completed(make_plan: Maker) -> None:
    plan = make_plan(retention={"time_zone": "UTC", "keep_last": 1})
    take = make_run(plan, Inventory(sources("db-1"), {}), NOW).steps[0]
    assert isinstance(take, TakeStep)
    begun = snapshot(
        take.name,
        timedelta(hours=2),
        state="pending",
        tags=[
            {"key": OWNERSHIP_TAG, "value": "nightly"},
            {"key": CLIENT_TOKEN_TAG, "value": take.client_token},
        ],
    )
    old = snapshot("old", timedelta(hours=1))
    older = snapshot("older", timedelta(hours=3))
    run = make_run(plan, Inventory(sources("db-1"), {HOME: (begun, old, older)}), NOW)
    # It is ordered by its own date, not by that of the run.
    assert [s.name for s in run.steps] == [take.name, "older"]
    unmanaged = begun.model_copy(update={"tags": ()})
    run = make_run(plan, Inventory(sources("db-1"), {HOME: (unmanaged, old)}), NOW)
    assert [s.name for s in run.steps] == [take.name, "old"]


def test_make_run_notes_snapshots_of_unselected_sources(make_plan: Maker) -> None:
    gone = tuple(
        snapshot(f"old-{n:02}", timedelta(days=n), fromDiskName="db-gone") for n in range(12)
    )
    run = make_run(make_plan(), Inventory(sources("db-1"), {HOME: gone}), NOW)
    assert [step.action for step in run.steps] == ["take"]
    (note,) = run.notes
    assert note.startswith("12 snapshots in us-east-1 of sources that are not selected are kept: ")
    assert note.endswith("old-09, ...")
    assert note in str(run)
    few = make_run(make_plan(), Inventory(sources("db-1"), {HOME: gone[:1]}), NOW)
    assert (
        few.notes[0] == "1 snapshot in us-east-1 of sources that are not selected is kept: old-00"
    )
    assert (
        make_run(make_plan(retention=None), Inventory(sources("db-1"), {HOME: gone}), NOW).notes
        == ()
    )


def test_make_run_applies_copy_retention_to_copies(make_plan: Maker) -> None:
    old = {
        region: tuple(snapshot(f"old-{n}", timedelta(days=n), region) for n in range(1, 6))
        for region in (HOME, AWAY)
    }
    inventory = Inventory(sources("db-1"), old)
    policy = {"time_zone": "UTC", "keep_last": 5}
    run = make_run(make_plan(copies=[AWAY], copy_retention=policy), inventory, NOW)
    deletes = [(s.region, s.name) for s in run.steps if s.action == "delete"]
    assert deletes == [
        (HOME, "old-5"),
        (HOME, "old-4"),
        (HOME, "old-3"),
        (HOME, "old-2"),
        (AWAY, "old-5"),
    ]


def test_make_run_never_deletes_its_own_new_snapshot(make_plan: Maker) -> None:
    """The other snapshots have dates in the future, from a wrong clock."""
    ahead = tuple(snapshot(f"old-{n}", -timedelta(days=n)) for n in range(1, 4))
    plan = make_plan(retention={"time_zone": "UTC", "keep_tagged": ["never"]})
    run = make_run(plan, Inventory(sources("db-1"), {HOME: ahead}), NOW)
    assert run.steps[0].name not in {s.name for s in run.steps if s.action == "delete"}


@pytest.mark.parametrize(
    ("changes", "inventory", "message"),
    [
        ({"select": {"kind": "disk", "globs": ["x*"]}}, sources("db-1"), "selects no disk"),
        ({"select": {"kind": "instance", "tags": ["x"]}}, sources("db-1"), "selects no instance"),
        ({"select": {"kind": "disk", "names": ["a1", "db-1"]}}, sources("db-1"), "does not exist"),
        (
            {"select": {"kind": "disk", "names": ["db-1"], "exclude": ["*"]}},
            sources("db-1"),
            "does not exist, or is excluded",
        ),
        ({"name_template": "x-{time}"}, sources("db-1", "db-2"), "different names"),
        ({"name_template": "-{time}-"}, sources("db-1"), "no . or - at the ends"),
        ({"name_template": "x" * 250 + "{time}"}, sources("db-1"), "at most 255"),
        ({}, sources("db-1", "db-" + "x" * 251), "write a shorter name_template"),
        ({}, sources("db-ü"), "ASCII letters"),
        ({"quiesce": {"mount_point": "/mnt/data"}}, sources("db-1", "db-2"), "one source"),
    ],
)
def test_make_run_of_an_impossible_plan_is_rejected(
    make_plan: Maker, changes: dict[str, Any], inventory: tuple[Source, ...], message: str
) -> None:
    with pytest.raises(RequestValidationError, match=message):
        make_run(make_plan(**changes), Inventory(inventory, {}), NOW)


def test_make_run_with_allow_missing_returns_an_empty_run(make_plan: Maker) -> None:
    select = {"kind": "disk", "names": ["none"], "allow_missing": True}
    run = make_run(make_plan(select=select), Inventory((), {}), NOW)
    assert run.steps == ()
    assert str(run).splitlines() == [
        "nightly in us-east-1, run 20261123",
        "take 0, copy 0, delete 0",
    ]


def test_make_run_with_invalid_arguments_is_rejected(make_plan: Maker) -> None:
    inventory = Inventory(sources("db-1"), {})
    plan: Any = "plan"
    with pytest.raises(RequestValidationError, match="pass a BackupPlan"):
        make_run(plan, inventory, NOW)
    with pytest.raises(RequestValidationError, match="time zone"):
        make_run(make_plan(), inventory, NOW.replace(tzinfo=None))
    unchecked = make_plan().model_copy(update={"copies": (HOME,)})
    with pytest.raises(RequestValidationError, match="other than"):
        make_run(unchecked, inventory, NOW)


def test_group_snapshots_distinguishes_kinds_of_snapshots(make_plan: Maker) -> None:
    instance = InstanceSnapshot.from_wire({"name": "a", "fromInstanceName": "web"})
    volume = DiskSnapshot.from_wire({"name": "b", "fromInstanceName": "web"})
    disk = DiskSnapshot.from_wire({"name": "c", "fromDiskName": "db"})
    found: Any = {"instance": instance, "instance_system_disk": volume, "disk": disk}
    inventory = Inventory((), {HOME: tuple(found.values())})
    for kind, expected in found.items():
        plan = make_plan(select={"kind": kind, "globs": ["*"]})
        groups, others = _group_snapshots(plan, inventory)
        assert [each for listed in groups.values() for each in listed] == [expected]
        assert others == {HOME: [each for each in found.values() if each != expected]}


def test_run_prints_as_a_table_of_its_steps(make_plan: Maker) -> None:
    old = tuple(snapshot(f"old-{n}", timedelta(days=n)) for n in range(1, 4))
    run = make_run(make_plan(copies=[AWAY]), Inventory(sources("db-1"), {HOME: old}), NOW)
    delete, why = "  delete  us-east-1", "no rule keeps it"
    assert str(run).splitlines() == [
        "nightly in us-east-1, run 20261123",
        "  take    us-east-1  nightly-db-1-20261123  disk db-1",
        "  copy    us-west-2  nightly-db-1-20261123  disk db-1  from us-east-1",
        f"{delete}  old-3                  disk db-1  {why} (of 2026-11-20 03:07 UTC)",
        f"{delete}  old-2                  disk db-1  {why} (of 2026-11-21 03:07 UTC)",
        "take 1, copy 1, delete 2 (2 snapshots from 2026-11-20 to 2026-11-21, 2 kept)",
    ]


def test_run_as_html_is_escaped(make_plan: Maker) -> None:
    old = tuple(snapshot(f"<b>{n}", timedelta(days=n)) for n in range(1, 4))
    page = make_run(make_plan(), Inventory(sources("db-1"), {HOME: old}), NOW)._repr_html_()
    assert "&lt;b&gt;3" in page
    assert "<b>" not in page
    assert page.count("<tr>") == 4


def _calls_of_make_run(plan: BackupPlan, disks: int, each: int) -> int:
    """Count the function calls, those of C functions included, that planning takes."""
    found = {
        region: tuple(
            snapshot(f"s{disk}-{age}", timedelta(days=age), region, fromDiskName=f"disk-{disk}")
            # Half of the sources are not selected.
            for disk in range(-disks, disks)
            for age in range(1, each + 1)
        )
        for region in (HOME, AWAY)
    }
    everything = tuple(
        Source(f"disk-{disk}", {}, "disk", region)
        for region in plan.source_regions
        for disk in range(disks)
    )
    inventory = Inventory(everything, found)
    count = 0

    def on_event(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event.endswith("call")

    before = sys.getprofile()
    sys.setprofile(on_event)
    try:
        run = make_run(plan, inventory, NOW)
    finally:
        sys.setprofile(before)
    assert len(run.steps) > 2 * disks
    return count


@pytest.mark.parametrize(
    "fields",
    [
        {"region": HOME, "copies": [AWAY]},
        {"region": [HOME, AWAY], "select": [EVERY_DISK, EVERY_DISK], "min_interval": 60},
        {
            "region": [HOME, AWAY],
            "copies": ["eu-west-1"],
            "name_template": "{region}{source}{time}",
        },
    ],
)
def test_make_run_work_grows_linearly_with_the_inventory(fields: dict[str, Any]) -> None:
    policy = {"time_zone": "UTC", "keep_daily": 2, "delete_older_than": "4d"}
    plan = BackupPlan(**({"name": "nightly", "select": EVERY_DISK, "retention": policy} | fields))
    _calls_of_make_run(plan, 2, 5)  # exclude what is built on first use
    small, large = _calls_of_make_run(plan, 10, 5), _calls_of_make_run(plan, 40, 5)
    assert large < 4.4 * small


def test_make_run_evaluates_each_source_separately() -> None:
    found = tuple(
        snapshot(f"s{disk}-{age}", timedelta(days=age), fromDiskName=f"db-{disk}")
        for age in range(1, 6)
        for disk in (1, 2)
    )
    plan = BackupPlan(
        name="nightly",
        region=HOME,
        select={"kind": "disk", "names": ["db-1", "db-2"]},
        retention={"time_zone": "UTC", "keep_last": 3},
    )
    run = make_run(plan, Inventory(sources("db-1", "db-2"), {HOME: found}), NOW)
    deleted = [step.name for step in run.steps if isinstance(step, DeleteStep)]
    assert deleted == ["s1-5", "s1-4", "s1-3", "s2-5", "s2-4", "s2-3"]
    assert run.kept == 6
