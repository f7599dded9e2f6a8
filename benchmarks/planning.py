"""CPU time and peak memory of planning: `make_run` and `plan_retention` for a large inventory.

No network is involved. The inventory has `--disks` disks with `--snapshots` snapshots each, one a
day. The planned run takes one snapshot of each disk and deletes all but the kept ones. Time is CPU
time, the best of `--rounds` rounds. Memory is the peak that Python allocates during one further
round, without the inventory.
"""

from __future__ import annotations

import argparse
import time
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from lightsail_snap import DiskSnapshot
from lightsail_snap.plans import BackupPlan, Inventory, Source, make_run
from lightsail_snap.retention import OWNERSHIP_TAG, RetentionPolicy, Scope, plan_retention

NOW = datetime(2026, 1, 1, tzinfo=UTC)
REGION = "us-east-1"
POLICY = RetentionPolicy(time_zone="UTC", keep_daily=7, keep_weekly=4, keep_monthly=12)


def make_inventory(disks: int, snapshots: int) -> Inventory:
    """Return an inventory of disks and their daily snapshots in one Region."""
    found = tuple(
        DiskSnapshot.from_wire(
            {
                "name": f"nightly-disk-{disk}-{age}",
                "arn": f"arn:aws:lightsail:{REGION}:1:DiskSnapshot/{disk}-{age}",
                "createdAt": (NOW - timedelta(days=age)).timestamp(),
                "state": "completed",
                "fromDiskName": f"disk-{disk}",
                "location": {"regionName": REGION, "availabilityZone": "all"},
                "tags": [{"key": OWNERSHIP_TAG, "value": "nightly"}],
            }
        )
        for age in range(1, snapshots + 1)
        for disk in range(disks)
    )
    return Inventory(tuple(Source(f"disk-{disk}", {}) for disk in range(disks)), {REGION: found})


def measure(work: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Return the CPU seconds of the fastest round, and the peak memory in MiB of another one."""
    times = []
    for _ in range(rounds):
        begin = time.process_time()
        work()
        times.append(time.process_time() - begin)
    tracemalloc.start()
    work()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return min(times), peak / 2**20


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--disks", type=int, default=1000)
    parser.add_argument("--snapshots", type=int, default=50, help="snapshots of each disk")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    inventory = make_inventory(options.disks, options.snapshots)
    plan = BackupPlan(
        name="nightly",
        region=REGION,
        select={"kind": "disk", "globs": ["*"]},
        retention=POLICY,
    )
    found = inventory.snapshots[REGION]
    cases: dict[str, Callable[[], object]] = {
        "make_run": lambda: make_run(plan, inventory, NOW),
        "plan_retention": lambda: plan_retention(found, POLICY, NOW, owned=Scope(owner="nightly")),
    }
    print(f"{options.disks:,} disks, {len(found):,} snapshots")
    print("| function | CPU s | peak MiB |\n|---|--:|--:|")
    for name, work in cases.items():
        seconds, peak = measure(work, options.rounds)
        print(f"| `{name}` | {seconds:.2f} | {peak:.0f} |")


if __name__ == "__main__":
    main()
