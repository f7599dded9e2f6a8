"""Ten property tests of an application, and for each a defect of the application that it finds."""

from __future__ import annotations

import runpy
import sys
from datetime import timedelta
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.testing import application

from lightsail_snap import (
    CreateDiskSnapshotRequest,
    Disk,
    DiskSnapshot,
    DiskSource,
    LightsailSnapClient,
    LightsailSnapError,
    RetentionPolicy,
    VirtualClock,
)
from lightsail_snap.emulator import LightsailEmulator
from lightsail_snap.testing import strategies
from lightsail_snap.testing.strategies import NOW


@given(strategies.histories(), strategies.retention_policies())
def test_clean_up_keeps_a_restore_point_for_each_disk(
    history: list[DiskSnapshot], policy: RetentionPolicy
) -> None:
    deleted = application.clean_up(history, policy, NOW)
    remaining = [snapshot for snapshot in history if snapshot not in deleted]
    for disk in {str(snapshot.from_disk_name) for snapshot in history}:
        before = application.find_restore_point(history, disk, NOW)
        assert application.find_restore_point(remaining, disk, NOW) == before


@given(strategies.histories(), strategies.retention_policies())
def test_clean_up_deletes_only_completed_snapshots(
    history: list[DiskSnapshot], policy: RetentionPolicy
) -> None:
    completed = {snapshot.name for snapshot in history if snapshot.state == "completed"}
    deleted = {snapshot.name for snapshot in application.clean_up(history, policy, NOW)}
    assert deleted <= completed


@given(strategies.histories(), strategies.retention_policies())
def test_clean_up_has_nothing_to_delete_after_clean_up(
    history: list[DiskSnapshot], policy: RetentionPolicy
) -> None:
    deleted = application.clean_up(history, policy, NOW)
    remaining = [snapshot for snapshot in history if snapshot not in deleted]
    assert application.clean_up(remaining, policy, NOW) == []


@given(st.lists(strategies.hostile_disk_snapshots(), max_size=3))
def test_report_has_one_line_for_each_snapshot(snapshots: list[DiskSnapshot]) -> None:
    lines = "\n".join(application.report(snapshots, NOW)).splitlines()
    assert len(lines) == len(snapshots)


@given(strategies.histories(sources=["db-1"]), st.integers(0, 240))
def test_restore_point_is_the_newest_usable_one(history: list[DiskSnapshot], hours: int) -> None:
    time = NOW - timedelta(hours=hours)
    usable = [each for each in history if each.state == "completed"]
    expected = [each for each in usable if each.created_at and each.created_at <= time]
    found = application.find_restore_point(history, "db-1", time)
    # Histories are sorted, the newest snapshot first.
    assert found == (expected[0] if expected else None)


@given(strategies.histories(sources=["db-1"]))
def test_disk_is_stale_without_a_restore_point_of_36_hours(history: list[DiskSnapshot]) -> None:
    point = application.find_restore_point(history, "db-1", NOW)
    is_fresh = point and point.created_at and NOW - point.created_at <= timedelta(hours=36)
    assert application.find_stale_disks(["db-1"], history, NOW) == ([] if is_fresh else ["db-1"])


@given(st.lists(strategies.existing_names(), min_size=2, max_size=4, unique=True))
def test_snapshot_names_are_valid_and_unique(disks: list[str]) -> None:
    names = [application.snapshot_name(disk, NOW) for disk in disks]
    for name, disk in zip(names, disks, strict=True):
        CreateDiskSnapshotRequest(disk_snapshot_name=name, source=DiskSource(disk_name=disk))
    assert len(set(names)) == len(disks)


@given(strategies.histories(), strategies.disk_snapshots(state="error"))
def test_total_size_ignores_failed_snapshots(
    history: list[DiskSnapshot], failed: DiskSnapshot
) -> None:
    total = application.total_size_in_gb(history)
    assert application.total_size_in_gb([*history, failed]) == total


@given(strategies.errors())
def test_retry_never_repeats_a_request_that_may_have_executed(error: LightsailSnapError) -> None:
    assert not (application.is_worth_a_retry(error) and error.may_have_executed)


# The first client loads boto3, which takes longer than the deadline of hypothesis.
@settings(deadline=None)
@given(st.lists(strategies.disks(), max_size=3, unique_by=lambda disk: disk.name))
def test_backup_takes_one_snapshot_of_each_tagged_disk(disks: list[Disk]) -> None:
    clock = VirtualClock()
    with LightsailEmulator(clock=clock) as emulator:
        for disk in disks:
            tags = {tag.key: tag.value or "" for tag in disk.tags}
            emulator.add_disk(disk.name, region_name="us-east-1", size_in_gb=8, tags=tags)
        client = LightsailSnapClient(emulator.boto3_client("us-east-1"), clock=clock)
        first = application.back_up_disks(client, NOW)
        # The scheduler may start the job twice.
        assert application.back_up_disks(client, NOW) == first
        found = {snapshot.from_disk_name for snapshot in client.iter_disk_snapshots()}
    assert found == {disk.name for disk in disks if any(tag.key == "backup" for tag in disk.tags)}


# Each property with a defect: code of the application, and what a mistake makes of it.
DEFECTS = {
    "test_clean_up_keeps_a_restore_point_for_each_disk": (
        "plan_retention(snapshots, policy, now).delete",
        "[s for s in snapshots if s.created_at and now - s.created_at > MAX_AGE]",
    ),
    "test_clean_up_deletes_only_completed_snapshots": (
        "plan_retention(snapshots, policy, now).delete",
        "snapshots[1:]",
    ),
    "test_clean_up_has_nothing_to_delete_after_clean_up": (
        "plan_retention(snapshots, policy, now).delete",
        "plan_retention(snapshots, policy, now).delete[:1]",
    ),
    "test_report_has_one_line_for_each_snapshot": (
        'float("inf") if created_at is None else ',
        "",
    ),
    "test_restore_point_is_the_newest_usable_one": ('snapshot.state == "completed" and ', ""),
    "test_disk_is_stale_without_a_restore_point_of_36_hours": ("<= MAX_AGE", "< MAX_AGE / 6"),
    "test_snapshot_names_are_valid_and_unique": ("-{digest}", ""),
    "test_total_size_ignores_failed_snapshots": (
        "for snapshot in snapshots if is_usable(snapshot))",
        "for snapshot in snapshots)",
    ),
    "test_retry_never_repeats_a_request_that_may_have_executed": (
        " and not error.may_have_executed",
        "",
    ),
    "test_backup_takes_one_snapshot_of_each_tagged_disk": (
        ', client_token=f"nightly-{name}"',
        "",
    ),
}


def test_each_of_ten_properties_has_a_defect() -> None:
    properties = [name for name, value in globals().items() if hasattr(value, "hypothesis")]
    assert properties == list(DEFECTS)
    assert len(properties) == 10


@pytest.mark.parametrize("name", DEFECTS)
def test_property_fails_when_the_application_is_broken(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Path(application.__file__).read_text(encoding="utf-8")
    correct, wrong = DEFECTS[name]
    assert source.count(correct) == 1
    broken = ModuleType("broken_application")
    exec(source.replace(correct, wrong), vars(broken))  # noqa: S102 - the application of this test
    monkeypatch.setitem(sys.modules, application.__name__, broken)
    monkeypatch.setattr(sys.modules["tests.testing"], "application", broken)
    # The properties once more, on the broken application, with as many examples as in a long run.
    profile = settings(
        max_examples=300,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    settings.register_profile("before", settings.default)
    settings.register_profile("broken", profile)
    settings.load_profile("broken")
    try:
        properties = runpy.run_path(__file__)
    finally:
        settings.load_profile("before")
    with pytest.raises((AssertionError, LightsailSnapError, TypeError)):
        properties[name]()
