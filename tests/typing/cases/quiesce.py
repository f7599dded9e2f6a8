"""Type-check pausing writes. This file is never run.

A line that must be rejected names the error codes: `# mypy: ... pyright: ...`.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from typing_extensions import assert_type

from lightsail_snap import (
    AsyncLightsailSnapClient,
    CommandHooks,
    DiskSource,
    FileSystemFreeze,
    LightsailSnapClient,
    command_hooks,
    fsfreeze,
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
