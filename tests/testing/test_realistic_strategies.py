"""The realistic strategies reach the interesting branches, quickly and without rejected draws."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.statistics import collector

from lightsail_snap import (
    CreateDiskSnapshotRequest,
    Disk,
    DiskSnapshot,
    DiskSource,
    Instance,
    InstanceSnapshot,
    InstanceSource,
    Operation,
    ResourceTag,
    RetentionPolicy,
    Tag,
    WaitProgress,
    plan_retention,
)
from lightsail_snap.plans import BackupPlan, Run, RunResult, make_run
from lightsail_snap.testing import strategies
from lightsail_snap.testing.strategies import NOW


def generate(strategy: st.SearchStrategy[Any], count: int) -> list[Any]:
    """Generate the same values in every run."""
    found: list[Any] = []

    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(value: Any) -> None:
        found.append(value)

    collect()
    return found


def share(conditions: Iterable[object]) -> float:
    values = [bool(condition) for condition in conditions]
    return sum(values) / len(values)


def has_one_source(snapshot: DiskSnapshot) -> bool:
    return (snapshot.from_disk_name is None) != (snapshot.from_instance_name is None)


def test_disk_snapshots_are_mostly_completed_with_source_date_and_size() -> None:
    lists = generate(st.lists(strategies.disk_snapshots(), min_size=10, max_size=10), 300)
    snapshots = [snapshot for each in lists for snapshot in each]
    assert len(snapshots) == 3000
    assert all(has_one_source(each) for each in snapshots)
    assert all(each.created_at and each.created_at <= NOW for each in snapshots)
    assert all(each.size_in_gb for each in snapshots)
    assert 0.9 < share(each.state == "completed" for each in snapshots) < 1
    assert 0.1 < share(each.from_instance_name for each in snapshots) < 0.9
    assert 0.05 < share(each.tags for each in snapshots) < 0.95


def test_instance_snapshots_are_mostly_available_with_source_and_date() -> None:
    lists = generate(st.lists(strategies.instance_snapshots(), min_size=10, max_size=10), 50)
    snapshots = [snapshot for each in lists for snapshot in each]
    assert all(each.from_instance_name and each.created_at for each in snapshots)
    assert 0.9 < share(each.state == "available" for each in snapshots) < 1


@pytest.mark.parametrize("kind", ["disk", "instance_system_disk", "instance", "any"])
def test_plans_of_histories_and_policies_delete_in_half_of_the_cases(kind: Any) -> None:
    pairs = generate(
        st.tuples(strategies.histories(kind=kind), strategies.retention_policies()), 300
    )
    plans = [plan_retention(history, policy, NOW) for history, policy in pairs]
    assert share(plan.delete for plan in plans) >= 0.5
    assert share(len(plan.keep) > 1 for plan in plans) >= 0.5
    states = [snapshot.state for history, _ in pairs for snapshot in history]
    assert 0.85 < share(state in {"completed", "available"} for state in states) < 1
    for history, _ in pairs:
        assert len({snapshot.name for snapshot in history}) == len(history)
        dates = [snapshot.created_at for snapshot in history]
        assert dates == sorted(dates, reverse=True)


def test_histories_have_the_requested_sources_owner_time_and_size() -> None:
    now = datetime(2030, 1, 1, tzinfo=UTC)
    histories = strategies.histories(
        sources=st.just(["a", "b"]), owner=None, until=now, min_size=2, max_size=3
    )
    for history in generate(histories, 20):
        assert {snapshot.from_disk_name for snapshot in history} == {"a", "b"}
        assert 4 <= len(history) <= 6
        assert now - timedelta(hours=12) <= history[0].created_at <= now
        assert not any(snapshot.tags for snapshot in history)


def test_snapshots_have_the_requested_values() -> None:
    strategy = strategies.disk_snapshots(
        name="a", state="error", source=DiskSource(disk_name="b"), created_at=NOW, tags={"c": None}
    )
    for snapshot in generate(strategy, 5):
        assert (snapshot.name, snapshot.state, snapshot.from_disk_name) == ("a", "error", "b")
        assert (snapshot.created_at, snapshot.tags) == (NOW, (Tag(key="c"),))
    of_instance = strategies.instance_snapshots(
        source=InstanceSource(instance_name="web-1"),
        created_at=st.datetimes(timezones=st.just(UTC)),
        tags=st.just([Tag(key="c")]),
    )
    for each in generate(of_instance, 5):
        assert (each.from_instance_name, each.tags) == ("web-1", (Tag(key="c"),))


def test_resources_have_the_requested_values() -> None:
    (disk, *_), (instance, *_) = (
        generate(strategies.disks(name="a", state="in-use", tags={"b": None}), 1),
        generate(strategies.instances(name="a", state="stopped", tags={"b": None}), 1),
    )
    assert (disk.name, disk.is_attached, bool(disk.attached_to)) == ("a", True, True)
    assert (instance.name, instance.state.name, instance.state.code) == ("a", "stopped", 80)
    (operation, *_) = generate(strategies.operations(status="Started", resource_name="a"), 1)
    assert (operation.resource_name, operation.is_terminal) == ("a", False)
    (plan, *_) = generate(strategies.backup_plans(name="a"), 1)
    assert plan.name == "a"
    (policy, *_) = generate(strategies.retention_policies(time_zone="UTC"), 1)
    assert policy.time_zone == "UTC"


def test_operations_are_consistent() -> None:
    operations: list[Operation] = generate(strategies.operations(), 200)
    for each in operations:
        assert each.is_terminal == (each.status in {"Succeeded", "Failed"})
        assert (each.error_code is not None) == (each.status == "Failed")
    assert share(each.status == "Succeeded" for each in operations) > 0.4


def test_runs_of_plans_and_inventories_include_every_kind_of_step() -> None:
    runs: list[Run] = generate(st.from_type(Run), 150)
    for action in ("take", "copy", "delete"):
        assert share(any(step.action == action for step in run.steps) for run in runs) > 0.3
    assert share(run.unlisted for run in runs) > 0.02


def test_backup_plans_include_several_selections_and_regions() -> None:
    plans: list[BackupPlan] = generate(strategies.backup_plans(), 200)
    assert share(len(plan.selections) > 1 for plan in plans) > 0.2
    assert share(len(plan.source_regions) > 1 for plan in plans) > 0.1
    assert share(plan.min_interval for plan in plans) > 0.1
    assert {"6h", "week", "month"} <= {plan.slot for plan in plans}


@given(st.data(), strategies.backup_plans())
def test_inventories_have_all_that_a_plan_selects(data: st.DataObject, plan: BackupPlan) -> None:
    inventory = data.draw(strategies.inventories(plan))
    assert make_run(plan, inventory, NOW).plan == plan


def test_inventories_match_any_pattern_of_a_plan() -> None:
    plan = BackupPlan(name="a", region="us-east-1", select={"kind": "disk", "globs": ["x-?y*"]})
    for inventory in generate(strategies.inventories(plan), 3):
        assert "x-1y1" in {source.name for source in inventory.sources}


def test_run_results_include_success_and_failure() -> None:
    results: list[RunResult] = generate(st.from_type(RunResult), 100)
    assert share(result.is_complete for result in results) > 0.3
    assert share(result.failures for result in results) > 0.05
    for result in results:
        assert [each.step for each in result.results] == [*result.run.steps]


def test_from_type_of_resource_tag_is_a_tag_of_a_resource() -> None:
    assert {tag.key for tag in generate(st.from_type(ResourceTag), 20)} <= {"env", "backup", "team"}


def test_wait_progress_includes_failed_polls() -> None:
    found = generate(st.from_type(WaitProgress), 100)
    assert 0.02 < share(each.error for each in found) < 0.8
    assert all((each.error is None) == (each.resource is not None) for each in found)


@pytest.mark.parametrize(
    ("strategy", "kind"),
    [
        (strategies.hostile_disk_snapshots(), DiskSnapshot),
        (strategies.hostile_instance_snapshots(), InstanceSnapshot),
        (strategies.hostile_disks(), Disk),
        (strategies.hostile_instances(), Instance),
        (strategies.hostile_operations(), Operation),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_hostile_strategies_omit_fields_and_add_new_ones(
    strategy: st.SearchStrategy[Any], kind: type[Any]
) -> None:
    found = generate(strategy, 100)
    assert all(isinstance(each, kind) for each in found)
    states = [getattr(each, "status" if kind is Operation else "state") for each in found]
    assert 0.1 < share(state is None for state in states) < 1
    assert any(each.model_extra for each in found)


def rejected_share(strategy: st.SearchStrategy[Any]) -> float:
    """Return the share of test cases that a filter aborted or drew again."""
    cases: list[dict[str, Any]] = []

    def collect(statistics: dict[str, Any]) -> None:
        cases.extend(statistics["generate-phase"]["test-cases"])

    with collector.with_value(collect):  # type: ignore[arg-type] # hypothesis declares None
        generate(strategy, 300)
    return share(
        each["status"] == "invalid" or any(map(is_retry, each["events"])) for each in cases
    )


def is_retry(event: str) -> bool:
    # Lists of unique items draw duplicates again.
    return event.startswith("Retried draw") and "not_yet_in_unique_list" not in event


@pytest.mark.parametrize(
    "strategy",
    [
        strategies.tag_keys(),
        strategies.tag_values(),
        strategies.tags(),
        strategies.tag_lists(5),
        strategies.existing_names(),
        strategies.create_disk_snapshot_requests(),
        strategies.requests(),
        strategies.disk_snapshots(),
        strategies.histories(),
        strategies.inventories(),
        strategies.hostile_disk_snapshots(),
    ],
    ids=lambda strategy: str(strategy)[:40],
)
@pytest.mark.sample(4)
def test_strategies_reject_less_than_one_percent(strategy: st.SearchStrategy[Any]) -> None:
    assert rejected_share(strategy) < 0.01


@given(st.from_type(DiskSnapshot), st.from_type(InstanceSnapshot))
def test_from_type_of_snapshots_is_realistic(
    disk: DiskSnapshot, instance: InstanceSnapshot
) -> None:
    assert has_one_source(disk)
    assert instance.from_instance_name
    assert DiskSnapshot.from_wire(disk.to_wire()) == disk


@given(strategies.retention_policies(), strategies.tag_lists(3))
def test_policies_and_tags_are_accepted(policy: RetentionPolicy, tags: tuple[Tag, ...]) -> None:
    assert RetentionPolicy(**dict(policy)) == policy
    source = DiskSource(disk_name="a")
    request = CreateDiskSnapshotRequest(disk_snapshot_name="ab", source=source, tags=tags)
    assert request.tags == tags
