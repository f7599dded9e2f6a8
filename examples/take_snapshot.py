"""Take a snapshot of a disk, wait until it is completed, and print it.

Without arguments, the example runs against the emulator, without an AWS account:

    python take_snapshot.py

With the name of a disk, it runs against AWS with the credentials and Region that boto3 finds:

    python take_snapshot.py Disk-Virginia-1
"""

import sys
from datetime import UTC, datetime

from lightsail_snap import DiskSource, LightsailSnapClient, LightsailSnapError, VirtualClock
from lightsail_snap.emulator import LightsailEmulator


def take_snapshot(client: LightsailSnapClient, disk_name: str) -> None:
    """Take a snapshot whose name contains the current time, and print it."""
    name = f"{disk_name}-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    snapshot = client.take_disk_snapshot(name, DiskSource(disk_name=disk_name), on_progress=print)
    print(snapshot.name, snapshot.state, snapshot.size_in_gb, "GB", snapshot.arn)


def main() -> None:
    """Use AWS if the name of a disk is given, and the emulator otherwise."""
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
