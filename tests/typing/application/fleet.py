"""The snapshots of many Regions at the same time, with the async client."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from lightsail_snap import (
    AsyncLightsailSnapClient,
    DiskSnapshot,
    DiskSource,
    GetDisksRequest,
    LightsailSnapError,
    Operation,
    WaitProgress,
)

ClientFactory = Callable[[str], AsyncLightsailSnapClient]


@dataclass(frozen=True)
class RegionReport:
    region: str
    states: Counter[str]
    newest: DiskSnapshot | None
    error: LightsailSnapError | None = None


def show(progress: WaitProgress[Operation] | WaitProgress[DiskSnapshot]) -> None:
    resource = progress.resource
    if isinstance(resource, DiskSnapshot):
        print(resource.name, resource.state, progress.percent)  # noqa: T201 - a script
    elif resource is not None:
        print(resource.id, resource.status)  # noqa: T201 - a script


async def take(client: AsyncLightsailSnapClient, names: Iterable[str]) -> list[DiskSnapshot]:
    async with asyncio.TaskGroup() as tasks:
        taken = [
            tasks.create_task(
                client.take_disk_snapshot(
                    f"{name}-fleet", DiskSource(disk_name=name), on_progress=show
                )
            )
            for name in names
        ]
    return [task.result() for task in taken]


async def report_region(make_client: ClientFactory, region: str) -> RegionReport:
    states: Counter[str] = Counter()
    try:
        async with make_client(region) as client:
            disks = await client.send(GetDisksRequest())
            await take(client, [disk.name for disk in disks.items])
            async for snapshot in client.iter_disk_snapshots(tags={"env": None}):
                states[snapshot.state or "unknown"] += 1
            newest = await client.iter_disk_snapshots().first()
    except LightsailSnapError as error:
        return RegionReport(region, states, None, error)
    return RegionReport(region, states, newest)


async def report_fleet(make_client: ClientFactory, regions: Sequence[str]) -> list[RegionReport]:
    return await asyncio.gather(*(report_region(make_client, region) for region in regions))
