"""A nightly job: take a snapshot of every disk with a tag, record it, and prune."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from lightsail_snap import (
    CreateDiskSnapshotRequest,
    Disk,
    DiskSnapshot,
    DiskSource,
    DiskState,
    GroupProgress,
    LightsailSnapClient,
    LightsailSnapError,
    PartialFailureError,
    RetentionPolicy,
    Scope,
    WaitTimeoutError,
)
from lightsail_snap.plans import BackupPlan, Run, RunResult, Selection, StepResult, apply, prepare
from lightsail_snap.plans import prune as prune_snapshots

from .store import ModelTable

log = logging.getLogger(__name__)

POLICY = RetentionPolicy(time_zone="Europe/Berlin", keep_daily=7, keep_weekly=4)
TAGS = {"made-by": "nightly", "verified": None}


@dataclass
class Report:
    taken: list[str] = field(default_factory=list[str])
    failed: dict[str, str] = field(default_factory=dict[str, str])
    deleted: list[str] = field(default_factory=list[str])
    rounds: int = 0
    resume: list[str] = field(default_factory=list[str])

    @property
    def exit_code(self) -> int:
        return 1 if self.failed else 0

    def count(self, progress: GroupProgress) -> None:
        self.rounds = progress.polls
        log.info("%d of %d, %s", progress.succeeded, progress.total, progress.elapsed)


def disks_to_save(client: LightsailSnapClient) -> Iterator[Disk]:
    for disk in client.iter_disks(tags={"backup": None}):
        if disk.state in {DiskState.IN_USE, DiskState.AVAILABLE} and not disk.is_system_disk:
            yield disk


def explain(error: LightsailSnapError) -> str:
    if isinstance(error, WaitTimeoutError):
        state = error.snapshot.state if error.snapshot is not None else None
        return f"not completed after {error.waited} ({state or 'unknown'})"
    return str(error)


def take_all(
    client: LightsailSnapClient, table: ModelTable[DiskSnapshot], report: Report, now: datetime
) -> None:
    requests = [
        CreateDiskSnapshotRequest(
            disk_snapshot_name=f"{disk.name}-{now:%Y%m%d}",
            source=DiskSource(disk_name=disk.name),
            tags=TAGS | {tag.key: tag.value for tag in disk.tags},
        )
        for disk in disks_to_save(client)
    ]
    try:
        snapshots = client.take_disk_snapshots(
            requests, timeout=timedelta(hours=2), on_progress=report.count
        )
    except PartialFailureError as error:
        report.failed |= {name: explain(failure) for name, failure in error.failures.items()}
        report.resume += [name for name in error.failures if error.may_have_executed]
        snapshots = {
            name: made for name, made in error.successes.items() if isinstance(made, DiskSnapshot)
        }
    table.save(snapshots.values())
    report.taken += snapshots


def prune(client: LightsailSnapClient, report: Report) -> None:
    result = prune_snapshots(POLICY, client, scope=Scope(names=["*-20*"]), max_deletions=20)
    for pruned in result.results:
        if pruned.status == "done":
            report.deleted.append(pruned.snapshot.name)
        elif pruned.error is not None:
            report.failed[pruned.snapshot.name] = explain(pruned.error)


def run_nightly(
    client: LightsailSnapClient,
    table: ModelTable[DiskSnapshot],
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Report:
    report = Report()
    take_all(client, table, report, clock())
    prune(client, report)
    return report


def run_plan(client: LightsailSnapClient, region: str, now: datetime) -> RunResult:
    plan = BackupPlan(
        name="weekly",
        region=region,
        select=Selection(kind="disk", tags=["backup"]),
        retention=POLICY,
        timeout=timedelta(minutes=90),
    )
    run: Run = prepare(plan, client, now=now)
    steps: list[StepResult] = []
    result = apply(run, client, on_step=steps.append)
    log.info("%s: %d steps", run.summary, len(steps))
    return result
