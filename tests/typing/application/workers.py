"""Models and errors in other processes."""

from __future__ import annotations

import pickle
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from lightsail_snap import DiskSnapshot, RetentionPolicy, plan_retention
from lightsail_snap.plans import BackupPlan, FleetResult, RegionalClients, apply_many


class Decision(NamedTuple):
    source: str
    keep: tuple[str, ...]
    delete: tuple[DiskSnapshot, ...]


def decide(job: tuple[str, Sequence[DiskSnapshot], RetentionPolicy, datetime]) -> Decision:
    """Run in a worker: its argument and its result are pickled."""
    source, snapshots, policy, now = job
    plan = plan_retention(snapshots, policy, now, owned=lambda _: True)
    return Decision(source, tuple(snapshot.name for snapshot in plan.keep), plan.delete)


def decide_all(
    executor: Executor,
    by_source: Mapping[str, Sequence[DiskSnapshot]],
    policy: RetentionPolicy,
    now: datetime,
) -> dict[str, Decision]:
    jobs = [(source, snapshots, policy, now) for source, snapshots in by_source.items()]
    return {decision.source: decision for decision in executor.map(decide, jobs)}


def apply_plans(
    executor: Executor, plans: Sequence[BackupPlan], clients: RegionalClients
) -> FleetResult:
    return apply_many(plans, client_factory=clients, executor=executor)


def is_stale(cached: bytes, limit: timedelta) -> bool:
    snapshot = pickle.loads(cached)  # noqa: S301 - this program's own cache
    if not isinstance(snapshot, DiskSnapshot) or snapshot.created_at is None:
        return True
    return datetime.now(UTC) - snapshot.created_at > limit
