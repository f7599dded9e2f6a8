"""Move a disk to another Region: take a snapshot, copy it, and restore a disk from the copy.

    python migrate_region.py Disk-1 us-east-1 eu-west-1a

The old disk is not changed. If the program is interrupted, run it again: it continues.
"""

import sys
from argparse import ArgumentParser

from lightsail_snap import (
    Disk,
    DiskSource,
    LightsailSnapClient,
    LightsailSnapError,
    ManualSnapshotSource,
)


def migrate(disk_name: str, source_region: str, target_zone: str) -> Disk:
    """Return the new disk, which has the name of the old one."""
    name = f"{disk_name}-migration"
    target_region = target_zone[:-1]  # a zone is a Region and a letter
    with (
        LightsailSnapClient(region_name=source_region) as source,
        LightsailSnapClient(region_name=target_region) as target,
    ):
        # The token identifies this migration, so that a second run finds the snapshot of the first.
        source.take_disk_snapshot(name, DiskSource(disk_name), client_token=name, on_progress=print)
        snapshot = ManualSnapshotSource(name)
        if target.find_disk_snapshot(name) is None:
            target.copy(name, snapshot, source_region=source_region, on_progress=print)
        target.wait_for_disk_snapshot(name)
        return target.restore_disk(
            disk_name,
            snapshot,
            availability_zone=target_zone,
            client_token=name,
            on_progress=print,
        )


def main() -> None:
    """Read the arguments, and print the new disk."""
    parser = ArgumentParser(description="Move a disk to another Region.")
    parser.add_argument("disk")
    parser.add_argument("source_region", metavar="source-region")
    parser.add_argument("target_zone", metavar="target-zone")
    arguments = parser.parse_args()
    disk = migrate(arguments.disk, arguments.source_region, arguments.target_zone)
    print(disk.name, disk.state, disk.size_in_gb, "GB in", arguments.target_zone)


if __name__ == "__main__":
    try:
        main()
    except LightsailSnapError as error:
        sys.exit(str(error))
