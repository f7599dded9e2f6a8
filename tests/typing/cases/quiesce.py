"""Type-check pausing writes. This file is never run.

A line that must be rejected names the error codes: `# mypy: ... pyright: ...`.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from typing_extensions import assert_type

from lightsail_snap import (
    AsyncLightsailSnapClient,
    AsyncStoppedInstance,
    CommandHooks,
    DiskSource,
    FileSystemFreeze,
    LightsailSnapClient,
    StoppedInstance,
    command_hooks,
    fsfreeze,
    stop_instance,
)

DISK = DiskSource(disk_name="Disk-1")


def creation() -> None:
    assert_type(fsfreeze("/mnt/data"), FileSystemFreeze)
    assert_type(fsfreeze(Path("/mnt/data"), timeout=10), FileSystemFreeze)
    assert_type(command_hooks(["stop"], ["start"], timeout=timedelta(seconds=10)), CommandHooks)
    fsfreeze()  # mypy: call-arg pyright: reportCallIssue
    fsfreeze("/mnt/data", 10)  # mypy: call-arg pyright: reportCallIssue
    fsfreeze("/mnt/data", command=5)  # mypy: arg-type pyright: reportArgumentType
    FileSystemFreeze("/mnt/data", timeout="10")  # mypy: arg-type pyright: reportArgumentType
    command_hooks(["stop"])  # mypy: call-arg pyright: reportCallIssue
    command_hooks(["stop"], [5])  # mypy: list-item pyright: reportArgumentType
    CommandHooks(before=["stop"], after=None)  # mypy: arg-type pyright: reportArgumentType


def held_times(freeze: FileSystemFreeze, hooks: CommandHooks) -> None:
    assert_type((freeze.held, hooks.held), tuple[timedelta | None, timedelta | None])
    freeze.held = None  # mypy: misc pyright: reportAttributeAccessIssue
    hooks.held = timedelta(0)  # mypy: misc pyright: reportAttributeAccessIssue


def quiescing(client: LightsailSnapClient) -> None:
    client.take_disk_snapshot("db", DISK, quiesce=fsfreeze("/mnt/data"))
    client.take_disk_snapshot("db", DISK, quiesce=command_hooks(["stop"], ["start"]))
    client.take_disk_snapshot("db", DISK, quiesce="/mnt/data")  # mypy: arg-type pyright: reportArgumentType
    client.take_disk_snapshot("db", DISK, quiesce=fsfreeze)  # mypy: arg-type pyright: reportArgumentType


async def async_quiescing(client: AsyncLightsailSnapClient) -> None:
    await client.take_instance_snapshot("web", "web-1", quiesce=fsfreeze("/mnt/data"))
    await client.take_instance_snapshot("web", "web-1", quiesce=["stop", "start"])  # mypy: arg-type pyright: reportArgumentType


def stopping(client: LightsailSnapClient) -> None:
    stop = stop_instance(client, "web-1", stop_timeout=timedelta(minutes=5), start_timeout=None)
    assert_type(stop, StoppedInstance)
    assert_type((stop.instance_name, stop.downtime), tuple[str, timedelta | None])
    client.take_disk_snapshot("db", DISK, quiesce=stop)
    with stop_instance(client, "web-1", wait_until_running=False) as entered:
        assert_type(entered, StoppedInstance)
    stop_instance("web-1", client)  # mypy: call-overload pyright: reportCallIssue,reportArgumentType
    stop_instance(client, "web-1", 5)  # mypy: call-overload pyright: reportCallIssue
    stop_instance(client, "web-1", stop_timeout="5 minutes")  # mypy: call-overload pyright: reportCallIssue,reportArgumentType
    StoppedInstance(client, 5)  # mypy: arg-type pyright: reportArgumentType


def downtimes(stop: StoppedInstance, async_stop: AsyncStoppedInstance) -> None:
    assert_type((stop.instance_name, stop.downtime), tuple[str, timedelta | None])
    assert_type((async_stop.instance_name, async_stop.downtime), tuple[str, timedelta | None])
    stop.instance_name = "web-2"  # mypy: misc pyright: reportAttributeAccessIssue
    async_stop.instance_name = "web-2"  # mypy: misc pyright: reportAttributeAccessIssue
    stop.downtime = None  # mypy: misc pyright: reportAttributeAccessIssue
    async_stop.downtime = None  # mypy: misc pyright: reportAttributeAccessIssue


async def async_stopping(client: AsyncLightsailSnapClient, sync_client: LightsailSnapClient) -> None:
    stop = stop_instance(client, "web-1")
    assert_type(stop, AsyncStoppedInstance)
    assert_type(stop.downtime, timedelta | None)
    async with stop_instance(client, "web-1") as entered:
        assert_type(entered, AsyncStoppedInstance)
    await client.take_disk_snapshot("db", DISK, quiesce=stop)
    sync_client.take_disk_snapshot("db", DISK, quiesce=stop)  # mypy: arg-type pyright: reportArgumentType
    AsyncStoppedInstance(client, 5)  # mypy: arg-type pyright: reportArgumentType
