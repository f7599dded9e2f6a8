"""Apply plans for four nights with threads or Dask, and print the results as JSON.

`python nights.py threads` and `python nights.py dask` must print the same.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from lightsail_snap import WaitPolicy
from lightsail_snap.emulator import LightsailEmulator, Progression
from lightsail_snap.plans import BackupPlan, apply_many, regional_clients

REGIONS = ("us-east-1", "us-west-2", "eu-west-1")


@contextmanager
def engine(name: str) -> Iterator[Executor | None]:
    if name == "threads":
        yield None
        return
    import distributed  # noqa: PLC0415 - it changes how exceptions pickle

    with (
        distributed.LocalCluster(  # type: ignore[no-untyped-call] # Dask is untyped
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as dask,  # type: ignore[no-untyped-call] # Dask is untyped
        dask.get_executor() as executor,
    ):
        yield executor


def fleet() -> list[BackupPlan]:
    return [
        BackupPlan(
            name=f"nightly-{region}",
            region=region,
            slot="minute",
            select={"kind": "disk", "globs": ["db-*"]},
            copies=[other for other in REGIONS[:2] if other != region],
            retention={"time_zone": "UTC", "keep_last": 2},
        )
        for region in REGIONS
    ]


def without_evidence(result: dict[str, Any]) -> dict[str, Any]:
    """Drop ARNs and times, which differ from one attempt to the next."""
    for plan in result["plans"]:
        for step in plan["result"]["steps"]:
            step.get("deletion", {}).clear()
    return result


def main(name: str) -> None:
    os.environ |= {"AWS_ACCESS_KEY_ID": "emulator", "AWS_SECRET_ACCESS_KEY": "emulator"}
    # Deletions need the machine's clock, so a night is a minute.
    night = datetime.min.replace(tzinfo=UTC)
    minute = timedelta(minutes=1)
    slots: list[str] = []
    policy = WaitPolicy(min_delay=0.01, max_delay=0.01)
    results = []
    with LightsailEmulator(progression=Progression.instant()) as emulator:
        for region in REGIONS:
            emulator.add_disk("db-1", region_name=region)
            emulator.add_disk("db-2", region_name=region)
        with (
            emulator.serve() as url,
            regional_clients(endpoint_url=url, wait_policy=policy) as clients,
            engine(name) as executor,
        ):
            # Four nights, so that the last ones have deletions.
            for _ in range(4):
                present = datetime.now(UTC).replace(second=0, microsecond=0)
                night = max(night, present) + minute
                slots.append(fleet()[0].slot_of(night))
                result = apply_many(fleet(), client_factory=clients, executor=executor, now=night)
                result.raise_for_failures()
                assert result.is_complete, result
                results.append(without_evidence(result.to_dict()))
            found = sorted(
                [region, each.name, *sorted(tag.key for tag in each.tags)]
                for region in REGIONS
                for each in clients(region).iter_disk_snapshots()
            )
    output = json.dumps({"results": results, "found": found})
    for index, slot in enumerate(slots):
        output = output.replace(slot, f"night-{index}")
    print(output)  # noqa: T201 - the test reads it


if __name__ == "__main__":
    main(sys.argv[1])
