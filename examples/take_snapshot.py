"""Take a snapshot of a disk, wait for it, and print it.

Without arguments it works on the embedded Lightsail. With the name of a disk it works on AWS, with
the credentials and the region that boto3 finds: python take_snapshot.py Disk-Virginia-1
"""

import sys
from datetime import UTC, datetime

from lightsail_snap import DiskSource, LightsailSnapClient, LightsailSnapError, VirtualClock
from lightsail_snap.emulator import LightsailEmulator


def take_snapshot(client: LightsailSnapClient, disk_name: str) -> None:
    """Take one snapshot, named by the time, and wait until it is completed."""
    name = f"{disk_name}-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    result = client.create_disk_snapshot(name, DiskSource(disk_name=disk_name))
    for operation in result.operations:
        client.wait_for_operation(operation)
    snapshot = client.wait_for_disk_snapshot(name, on_progress=print)
    print(snapshot.name, snapshot.state, snapshot.size_in_gb, "GB", snapshot.arn)


def main() -> None:
    """Work on AWS if a disk is named, else on the embedded Lightsail."""
    if len(sys.argv) > 1:
        take_snapshot(LightsailSnapClient(), sys.argv[1])
        return
    clock = VirtualClock()
    with LightsailEmulator(clock=clock) as emulator:
        emulator.add_disk("Disk-Virginia-1", region_name="us-east-1", size_in_gb=32)
        boto3_client = emulator.boto3_client("us-east-1")
        take_snapshot(LightsailSnapClient(boto3_client, clock=clock), "Disk-Virginia-1")


if __name__ == "__main__":
    try:
        main()
    except LightsailSnapError as error:
        sys.exit(str(error))
