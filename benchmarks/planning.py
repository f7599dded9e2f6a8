"""CPU time and peak memory of planning and pruning a large inventory, and how they grow.

No network is involved. The inventory has `--disks` disks with `--snapshots` snapshots each, one a
day. The planned run takes one snapshot of each disk and deletes all but the kept ones. Time is CPU
time, the best of `--rounds` rounds. Memory is the peak that Python allocates during one further
round, without the inventory. Growth is the time relative to that for half as many disks: 2 where it
is linear.

The last table is of one pruning on the emulator: each listing serves at most 50 deletions, so a
Region is listed many times. Its calls grow with the product of snapshots and deletions, as
docs/retention.md states; the evaluation of the policy does not.
"""

from __future__ import annotations

import argparse
import time
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from lightsail_snap import DiskSnapshot, DiskSource, LightsailSnapClient, VirtualClock
from lightsail_snap.emulator import LightsailEmulator, Progression
from lightsail_snap.plans import BackupPlan, Inventory, Run, Source, make_run
from lightsail_snap.retention import OWNERSHIP_TAG, RetentionPolicy, Scope, plan_retention

NOW = datetime(2026, 1, 1, tzinfo=UTC)
REGION = "us-east-1"
EMULATED_PAGE = 200
PRUNED_SNAPSHOTS = 5
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


def measure_all(disks: int, snapshots: int, rounds: int) -> dict[str, tuple[float, float]]:
    """Return the CPU seconds and the peak memory of each function, for this inventory."""
    inventory = make_inventory(disks, snapshots)
    plan = BackupPlan(
        name="nightly", region=REGION, select={"kind": "disk", "globs": ["*"]}, retention=POLICY
    )
    found = inventory.snapshots[REGION]
    run = make_run(plan, inventory, NOW)
    document = run.to_json()
    cases: dict[str, Callable[[], object]] = {
        "make_run": lambda: make_run(plan, inventory, NOW),
        "plan_retention": lambda: plan_retention(found, POLICY, NOW, owned=Scope(owner="nightly")),
        "Run.to_json": run.to_json,
        "Run.from_json": lambda: Run.from_json(document),
    }
    return {name: measure(work, rounds) for name, work in cases.items()}


def prune_emulated(disks: int, snapshots: int) -> tuple[float, int, int]:
    """Return the CPU seconds of a pruning, its deletions and its calls."""
    clock = VirtualClock(NOW.timestamp() - snapshots * 86_400)
    emulator = LightsailEmulator(
        clock=clock, progression=Progression.instant(), page_size=EMULATED_PAGE
    )
    client = LightsailSnapClient(emulator.boto3_client(REGION), clock=clock)
    for disk in range(disks):
        emulator.add_disk(f"disk-{disk}", region_name=REGION)
    for age in range(snapshots):
        for disk in range(disks):
            source = DiskSource(disk_name=f"disk-{disk}")
            name = f"nightly-disk-{disk}-{age}"
            client.create_disk_snapshot(name, source, tags={OWNERSHIP_TAG: "nightly"})
        clock.sleep(86_400)
    before = emulator.calls.total()
    begin = time.process_time()
    policy = RetentionPolicy(time_zone="UTC", keep_last=1)
    result = client.prune(policy, scope=Scope(owner="nightly"))
    seconds = time.process_time() - begin
    result.raise_for_failures()
    calls = emulator.calls.total() - before
    emulator.close()
    return seconds, len(result.results), calls


def main() -> None:
    """Measure and print tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--disks", type=int, default=1000)
    parser.add_argument("--snapshots", type=int, default=50, help="snapshots of each disk")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pruned-disks", type=int, default=400, help="0 to leave out the pruning")
    options = parser.parse_args()
    halves = measure_all(options.disks // 2, options.snapshots, options.rounds)
    print(f"{options.disks:,} disks, {options.disks * options.snapshots:,} snapshots\n")
    print("| function | CPU s | growth | peak MiB |\n|---|--:|--:|--:|")
    found = measure_all(options.disks, options.snapshots, options.rounds)
    for name, (seconds, peak) in found.items():
        print(f"| `{name}` | {seconds:.2f} | {seconds / halves[name][0]:.1f} | {peak:.0f} |")
    if not options.pruned_disks:
        return
    print("\n| `prune` | deletions | calls | CPU s |\n|---|--:|--:|--:|")
    for disks in (options.pruned_disks // 2, options.pruned_disks):
        seconds, deletions, calls = prune_emulated(disks, PRUNED_SNAPSHOTS)
        title = f"{disks} disks, {disks * PRUNED_SNAPSHOTS:,} snapshots"
        print(f"| {title} | {deletions:,} | {calls:,} | {seconds:.2f} |")


if __name__ == "__main__":
    main()
