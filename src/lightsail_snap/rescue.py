"""Result of a rescue: a copy of the system volume of an instance, attached to another one."""

from __future__ import annotations

from dataclasses import dataclass

from lightsail_snap.models import Disk, DiskSnapshot

__all__ = ["RescueResult"]


@dataclass(frozen=True, slots=True)
class RescueResult:
    """Result of `rescue_system_volume`.

    Attributes:
        disk: The new disk with the data of the system volume, attached to the helper instance.
        device_path: Its device path, for example `/dev/xvdf`. Newer bundles show the disk as
            `/dev/nvme1n1` or similar.
        snapshot: The intermediate snapshot; None if it is deleted.
        mount_commands: Shell commands for the helper instance that mount the file system
            read-only. A line that begins with `#` is a comment.
    """

    disk: Disk
    device_path: str
    snapshot: DiskSnapshot | None
    mount_commands: tuple[str, ...]
