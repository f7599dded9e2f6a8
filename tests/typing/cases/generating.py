"""Findings of type checkers about realistic and hostile strategies. Checked, never run.

A line that must be rejected names the error codes: `# mypy: ... pyright: ...`.
"""

from __future__ import annotations

from datetime import datetime

from hypothesis.strategies import SearchStrategy
from typing_extensions import assert_type

from lightsail_snap import (
    Disk,
    DiskSnapshot,
    DiskSource,
    GetDiskRequest,
    Instance,
    InstanceSnapshot,
    InstanceSource,
    LightsailSnapError,
    Operation,
    RetentionPolicy,
)
from lightsail_snap.plans import BackupPlan, Inventory
from lightsail_snap.testing import strategies


def realistic(source: DiskSource, instance: InstanceSource, plan: BackupPlan) -> None:
    assert_type(strategies.NOW, datetime)
    assert_type(strategies.disk_snapshots(state="completed", source=source, tags={"env": "prod"}), SearchStrategy[DiskSnapshot])
    assert_type(strategies.disk_snapshots(source=strategies.snapshot_sources()), SearchStrategy[DiskSnapshot])
    assert_type(strategies.instance_snapshots(source=instance, created_at=strategies.NOW), SearchStrategy[InstanceSnapshot])
    assert_type(strategies.disks(state="available"), SearchStrategy[Disk])
    assert_type(strategies.instances(name="web-1"), SearchStrategy[Instance])
    assert_type(strategies.operations(status="Failed"), SearchStrategy[Operation])
    assert_type(strategies.histories(), SearchStrategy[list[DiskSnapshot]])
    assert_type(strategies.histories(kind="instance"), SearchStrategy[list[InstanceSnapshot]])
    assert_type(strategies.histories(kind="any"), SearchStrategy[list[DiskSnapshot | InstanceSnapshot]])
    assert_type(strategies.retention_policies(time_zone="UTC"), SearchStrategy[RetentionPolicy])
    assert_type(strategies.backup_plans(name="nightly"), SearchStrategy[BackupPlan])
    assert_type(strategies.inventories(plan), SearchStrategy[Inventory])
    assert_type(strategies.errors(), SearchStrategy[LightsailSnapError])


def hostile() -> None:
    assert_type(strategies.hostile_results(Disk), SearchStrategy[Disk])
    assert_type(strategies.hostile_disk_snapshots(), SearchStrategy[DiskSnapshot])
    assert_type(strategies.hostile_instance_snapshots(), SearchStrategy[InstanceSnapshot])
    assert_type(strategies.hostile_disks(), SearchStrategy[Disk])
    assert_type(strategies.hostile_instances(), SearchStrategy[Instance])
    assert_type(strategies.hostile_operations(), SearchStrategy[Operation])


def misused() -> None:
    strategies.NOW.region  # mypy: attr-defined pyright: reportAttributeAccessIssue
    strategies.disk_snapshots(source="db-1")  # mypy: arg-type pyright: reportArgumentType
    strategies.instance_snapshots(source=DiskSource(disk_name="db-1"))  # mypy: arg-type pyright: reportArgumentType
    strategies.disks(tags=5)  # mypy: arg-type pyright: reportArgumentType
    strategies.instances(name=5)  # mypy: arg-type pyright: reportArgumentType
    strategies.operations(state="Failed")  # mypy: call-arg pyright: reportCallIssue
    strategies.histories(kind="disks")  # mypy: call-overload pyright: reportCallIssue,reportArgumentType
    strategies.retention_policies(zone="UTC")  # mypy: call-arg pyright: reportCallIssue
    strategies.backup_plans("nightly")  # mypy: call-arg pyright: reportCallIssue
    strategies.inventories("nightly")  # mypy: arg-type pyright: reportArgumentType
    strategies.errors(GetDiskRequest)  # mypy: call-arg pyright: reportCallIssue
    strategies.hostile_results(GetDiskRequest)  # mypy: type-var pyright: reportArgumentType
    strategies.hostile_disk_snapshots("db")  # mypy: call-arg pyright: reportCallIssue
    strategies.hostile_instance_snapshots("db")  # mypy: call-arg pyright: reportCallIssue
    strategies.hostile_disks("db")  # mypy: call-arg pyright: reportCallIssue
    strategies.hostile_instances("web")  # mypy: call-arg pyright: reportCallIssue
    strategies.hostile_operations("op")  # mypy: call-arg pyright: reportCallIssue
