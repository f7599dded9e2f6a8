"""Take a snapshot of every disk in several Regions at the same time, with asyncio.

    python async_fleet.py us-east-1 eu-west-1

It needs the extra `aio`. The event loop stays free while hundreds of snapshots are waited for.
"""

import asyncio
import sys
from datetime import UTC, datetime

from lightsail_snap import (
    AsyncLightsailSnapClient,
    CreateDiskSnapshotRequest,
    DiskSource,
    GroupProgress,
    PartialFailureError,
)


async def back_up(region: str) -> int:
    """Take a snapshot of every disk of a Region, and return the number of failures."""

    def report(progress: GroupProgress) -> None:
        print(region, progress)

    async with AsyncLightsailSnapClient(region_name=region) as client:
        requests = [
            CreateDiskSnapshotRequest(
                disk_snapshot_name=f"{disk.name}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}",
                source=DiskSource(disk.name),
            )
            async for disk in client.iter_disks()
        ]
        try:
            # One failure does not stop the others, and one polling loop waits for all.
            taken = await client.take_disk_snapshots(requests, on_progress=report)
        except PartialFailureError as error:
            print(region, error, file=sys.stderr)
            return len(error.failures)
        print(region, "completed", len(taken))
        return 0


async def main(regions: list[str]) -> int:
    """Back up all Regions at the same time, and return the number of failures."""
    return sum(await asyncio.gather(*map(back_up, regions)))


if __name__ == "__main__":
    sys.exit(min(asyncio.run(main(sys.argv[1:])), 1))
