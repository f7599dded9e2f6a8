"""A small application that backs up disks every night: the code under test of the property tests.

It is written as its authors would write it, on the public API only.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from lightsail_snap import (
    Disk,
    DiskSnapshot,
    DiskSource,
    LightsailSnapClient,
    LightsailSnapError,
    RetentionPolicy,
    plan_retention,
)
from lightsail_snap.errors import ServiceError

OWNER = {"lightsail-snap:managed": "nightly"}
MAX_AGE = timedelta(hours=36)
MAX_NAME_LENGTH = 255


def snapshot_name(disk: str, now: datetime) -> str:
    """Return a valid name for the snapshot of a disk, different for each disk and time."""
    safe = re.sub(r"[^A-Za-z0-9_.-]", "-", disk)
    digest = hashlib.sha256(disk.encode()).hexdigest()[:8]
    ending = f"-{digest}-{now:%Y%m%dT%H%M%SZ}"
    return f"nightly-{safe}"[: MAX_NAME_LENGTH - len(ending)] + ending


def disks_to_back_up(disks: Iterable[Disk]) -> list[str]:
    """Return the names of the disks with the tag `backup`, each once."""
    return sorted({disk.name for disk in disks if any(tag.key == "backup" for tag in disk.tags)})


def is_usable(snapshot: DiskSnapshot) -> bool:
    """Return whether a disk can be restored from a snapshot."""
    return snapshot.state == "completed" and snapshot.created_at is not None


def find_restore_point(
    snapshots: Iterable[DiskSnapshot], disk: str, time: datetime
) -> DiskSnapshot | None:
    """Return the newest usable snapshot of a disk that is not newer than a time."""
    candidates = [
        (snapshot.created_at, snapshot)
        for snapshot in snapshots
        if snapshot.from_disk_name == disk
        and is_usable(snapshot)
        and snapshot.created_at is not None
        and snapshot.created_at <= time
    ]
    return max(candidates, key=lambda candidate: candidate[0])[1] if candidates else None


def find_stale_disks(
    disks: Iterable[str], snapshots: Iterable[DiskSnapshot], now: datetime
) -> list[str]:
    """Return the disks without a usable snapshot of the last 36 hours."""
    fresh = {
        snapshot.from_disk_name
        for snapshot in snapshots
        if is_usable(snapshot)
        and snapshot.created_at is not None
        and now - snapshot.created_at <= MAX_AGE
    }
    return sorted(set(disks) - fresh)


def report(snapshots: Iterable[DiskSnapshot], now: datetime) -> list[str]:
    """Return one line per snapshot, newest first: name, size, state and age."""
    lines: list[tuple[float, str]] = []
    for snapshot in snapshots:
        created_at = snapshot.created_at
        age = float("inf") if created_at is None else (now - created_at) / timedelta(hours=1)
        line = f"{snapshot.name}: {snapshot.size_in_gb or 0} GB, {snapshot.state}, {age:.1f} h old"
        lines.append((age, " ".join(line.split())))
    return [line for _, line in sorted(lines)]


def total_size_in_gb(snapshots: Iterable[DiskSnapshot]) -> int:
    """Return the size of all usable snapshots, which is what Lightsail charges for."""
    return sum(snapshot.size_in_gb or 0 for snapshot in snapshots if is_usable(snapshot))


def clean_up(
    snapshots: Sequence[DiskSnapshot], policy: RetentionPolicy, now: datetime
) -> list[DiskSnapshot]:
    """Return the snapshots to delete, oldest first."""
    return list(plan_retention(snapshots, policy, now).delete)


def is_worth_a_retry(error: LightsailSnapError) -> bool:
    """Return whether the job may run again at once: nothing was changed, and it may help."""
    return isinstance(error, ServiceError) and error.is_retryable and not error.may_have_executed


def back_up_disks(client: LightsailSnapClient, now: datetime) -> list[str]:
    """Take a snapshot of each disk with the tag `backup`, once per time; return their names."""
    taken: list[str] = []
    for disk in disks_to_back_up(client.iter_disks()):
        name = snapshot_name(disk, now)
        source = DiskSource(disk_name=disk)
        client.take_disk_snapshot(name, source, tags=OWNER, client_token=f"nightly-{name}")
        taken.append(name)
    return taken
