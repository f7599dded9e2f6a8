"""Shell commands that mount a rescued system volume."""

from __future__ import annotations

import shlex

from lightsail_snap.models import Disk, Instance


def is_windows(instance: Instance | None) -> bool:
    """Return whether the image of an instance is Windows, as far as its blueprint shows."""
    blueprint = "" if instance is None else instance.blueprint_id or instance.blueprint_name or ""
    return blueprint.lower().startswith("windows")


def mount_commands(
    disk: Disk, path: str, source: Instance | None, helper: Instance
) -> tuple[str, ...]:
    """Return commands for the helper instance that mount the file system of a disk read-only."""
    size = "" if disk.size_in_gb is None else f" of {disk.size_in_gb} GB"
    if is_windows(helper):
        return (
            f"# In PowerShell as an administrator: the new disk{size} is offline. Windows cannot",
            "# read the file systems of Linux.",
            "Get-Disk",
            "Set-Disk -Number 1 -IsReadOnly $true",
            "Set-Disk -Number 1 -IsOffline $false",
            "Get-Partition -DiskNumber 1",
        )
    folder, partition = shlex.quote(f"/mnt/{disk.name}"), shlex.quote(f"{path}1")
    if is_windows(source):
        file_system: tuple[str, ...] = (
            "# This is the system disk of a Windows instance: choose its largest NTFS partition.",
            "# Before Linux 5.15, install ntfs-3g and write -t ntfs-3g.",
        )
        options = "-t ntfs3 -o ro"
    else:
        file_system = (
            "# If the file system is XFS, write -o ro,nouuid: the helper may have the same UUID.",
        )
        options = "-o ro"
    return (
        f"# The new disk{size} is {path}; newer bundles show it as /dev/nvme1n1 or similar.",
        "lsblk -o NAME,SIZE,FSTYPE,MOUNTPOINT",
        f"sudo mkdir -p {folder}",
        f"# Replace {path}1 by the partition that lsblk shows.",
        *file_system,
        f"sudo mount {options} {partition} {folder}",
    )
