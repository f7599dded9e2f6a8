"""Inputs of policies, plans and calls that are wider than the types that are read. Never run.

A line that must be rejected names the error codes: `# mypy: ... pyright: ...`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from typing_extensions import assert_type

from lightsail_snap import (
    AsyncLightsailSnapClient,
    DiskSource,
    LightsailSnapClient,
    ManualSnapshotSource,
    RetentionPolicy,
    Scope,
    UntagResourceRequest,
)
from lightsail_snap.emulator import FailedOperation, Progression
from lightsail_snap.plans import BackupPlan, PruneResult, Quiesce, Selection
from lightsail_snap.quiesce import command_hooks, fsfreeze

POLICY = RetentionPolicy(keep_within=timedelta(days=3), time_zone=ZoneInfo("Europe/Berlin"))


def policies(tags: list[str], table: dict[str, str]) -> None:
    assert_type(POLICY.time_zone, str)
    assert_type(POLICY.keep_within, str | None)
    assert_type(POLICY.delete_older_than, str | None)
    assert_type(POLICY.keep_last, int | Literal["all"] | None)
    assert_type(POLICY.keep_tagged, tuple[str, ...])
    RetentionPolicy(time_zone=UTC, keep_tagged=["env=prod"], keep_within="3d", keep_last="all")
    RetentionPolicy(time_zone="UTC", keep_tagged=tags, keep_within_daily=timedelta(hours=6))
    RetentionPolicy(time_zone="UTC", keep_tagged=("a", "b"), delete_older_than=timedelta(days=90))
    RetentionPolicy(time_zone="UTC", keep_tagged="env=prod")  # mypy: arg-type pyright: reportArgumentType
    RetentionPolicy(time_zone="UTC", keep_tagged=table)  # mypy: arg-type pyright: reportArgumentType
    RetentionPolicy(time_zone="UTC", keep_last="7")  # mypy: arg-type pyright: reportArgumentType
    RetentionPolicy(time_zone=1, keep_last=7)  # mypy: arg-type pyright: reportArgumentType
    POLICY.keep_within.days  # mypy: union-attr pyright: reportAttributeAccessIssue,reportOptionalMemberAccess
    POLICY.time_zone.key  # mypy: attr-defined pyright: reportAttributeAccessIssue


def scopes(patterns: tuple[str, ...]) -> None:
    scope = Scope(names=["before-*"], sources=patterns)
    assert_type(scope.names, tuple[str, ...])
    assert_type(scope.owner, str | None)
    Scope(names="before-*")  # mypy: arg-type pyright: reportArgumentType
    Scope(sources="db-1")  # mypy: arg-type pyright: reportArgumentType


def plans() -> None:
    selection = Selection(kind="disk", names=["db-1"], exclude=("scratch-*",))
    assert_type(selection.names, tuple[str, ...])
    Selection(kind="disk", names="db-1")  # mypy: arg-type pyright: reportArgumentType
    Selection(kind="disk", globs="db-*")  # mypy: arg-type pyright: reportArgumentType
    Selection(kind="disk", tags="backup")  # mypy: arg-type pyright: reportArgumentType
    Selection(kind="disk", globs=["*"], exclude="scratch-*")  # mypy: arg-type pyright: reportArgumentType
    BackupPlan(name="nightly", region="us-east-1", select=selection, copies=["us-west-2"])
    BackupPlan(name="nightly", region="us-east-1", select=selection, copies="us-west-2")  # mypy: arg-type pyright: reportArgumentType
    Quiesce(before="sync", after=["true"])  # mypy: arg-type pyright: reportArgumentType
    Quiesce(before=["sync"], after="true")  # mypy: arg-type pyright: reportArgumentType


def failures(failed: FailedOperation, progression: Progression) -> None:
    assert_type(failed.is_about("CreateDiskSnapshot", {"db": 1}.keys()), bool)
    failed.is_about("CreateDiskSnapshot", "db")  # mypy: arg-type pyright: reportArgumentType
    progression.failure_of("CreateDiskSnapshot", "db")  # mypy: arg-type pyright: reportArgumentType


def pauses() -> None:
    command_hooks(["systemctl", "stop", "db"], ("systemctl", "start", "db"))
    command_hooks("systemctl stop db", ["true"])  # mypy: arg-type pyright: reportArgumentType
    command_hooks(["true"], "systemctl start db")  # mypy: arg-type pyright: reportArgumentType
    fsfreeze("/mnt", command="fsfreeze")  # mypy: arg-type pyright: reportArgumentType


def names(client: LightsailSnapClient, keys: set[str], generated: Iterator[str], table: dict[str, int]) -> None:
    client.untag_resource("db-1", keys)
    client.untag_resource("db-1", table)
    client.untag_resource("db-1", generated)
    client.untag_resource("db-1", (key.upper() for key in keys))
    client.untag_resource("db-1", "env")  # mypy: arg-type pyright: reportArgumentType
    UntagResourceRequest(resource_name="db-1", tag_keys="env")  # mypy: arg-type pyright: reportArgumentType
    client.wait_for_operations("op-1")  # mypy: arg-type pyright: reportArgumentType
    client.wait_for_operations(["op-1"])
    client.wait_for_disk_snapshots("db-1")  # mypy: arg-type pyright: reportArgumentType
    client.wait_for_instance_snapshots("web-1")  # mypy: arg-type pyright: reportArgumentType
    source = ManualSnapshotSource(snapshot_name="web-1")
    client.create_instances_from_snapshot(["web-2"], source, availability_zone="us-east-1a", bundle_id="micro_3_0")
    client.create_instances_from_snapshot("web-2", source, availability_zone="us-east-1a", bundle_id="micro_3_0")  # mypy: arg-type pyright: reportArgumentType


def prune(client: LightsailSnapClient) -> None:
    assert_type(client.prune(POLICY, owner="nightly"), PruneResult)
    client.prune(POLICY, scope=Scope(names=["before-*"]), dry_run=True, max_deletions=5, kind="disk")
    client.prune(POLICY, scope="nightly")  # mypy: arg-type pyright: reportArgumentType
    client.prune(DiskSource(disk_name="db"), owner="nightly")  # mypy: arg-type pyright: reportArgumentType
    client.prune(POLICY, owner="nightly", kind="volume")  # mypy: arg-type pyright: reportArgumentType


async def prune_async(client: AsyncLightsailSnapClient) -> None:
    assert_type(await client.prune(POLICY, owner="nightly"), PruneResult)
    await client.prune(POLICY, owner=7)  # mypy: arg-type pyright: reportArgumentType
    client.prune(POLICY, owner="nightly").results  # mypy: attr-defined pyright: reportAttributeAccessIssue
