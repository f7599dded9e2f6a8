"""Device paths of disks on an instance."""

from __future__ import annotations

from collections.abc import Container
from typing import Final

from lightsail_snap._parameters import invalid_parameter
from lightsail_snap.models import Instance

# The paths that the Lightsail user guide uses for additional disks; `/dev/xvda` is a system disk.
DEVICE_PATHS: Final = tuple(f"/dev/xvd{letter}" for letter in "fghijklmnop")


def choose_device_path(instance: Instance, *, avoid: Container[str] = ()) -> str:
    """Return the first device path that no disk of an instance uses, and that is not to avoid.

    Raises:
        RequestValidationError: If all paths are in use.
    """
    hardware = instance.hardware
    disks = () if hardware is None else hardware.disks
    # Linux shows `/dev/sdf` as `/dev/xvdf` (EC2 user guide, "Device names on Linux instances").
    used = {disk.path.replace("/dev/sd", "/dev/xvd") for disk in disks if disk.path is not None}
    for path in DEVICE_PATHS:
        if path not in used and path not in avoid:
            return path
    rule = (
        f"must be an instance on which a path from {DEVICE_PATHS[0]} to {DEVICE_PATHS[-1]} is free"
    )
    fix = "detach a disk from it first, or pass the device path"
    raise invalid_parameter("instance_name", rule, fix, instance.name)
