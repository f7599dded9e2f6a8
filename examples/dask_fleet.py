"""Apply one backup plan per Region on a Dask cluster.

    python dask_fleet.py                        starts a cluster on this machine
    python dask_fleet.py tcp://scheduler:8786   uses an existing one

It needs `pip install distributed`. The workers find the credentials on their own machines: neither
credentials nor connections are sent to them.
"""

import sys

from distributed import Client

from lightsail_snap.plans import BackupPlan, apply_many

REGIONS = ("us-east-1", "us-west-2", "eu-west-1")

PLANS = [
    BackupPlan(
        name=f"nightly-{region}",
        region=region,
        slot="day",
        # Some Regions have no disks.
        select={"kind": "disk", "globs": ["*"], "allow_missing": True},
        retention={"time_zone": "UTC", "keep_daily": 7},
    )
    for region in REGIONS
]


def main() -> None:
    """Apply the plans, each in a worker, and print the results as they arrive."""
    address = sys.argv[1] if len(sys.argv) > 1 else None
    with Client(address) as dask, dask.get_executor() as executor:
        result = apply_many(PLANS, executor=executor, on_plan=print)
    # A worker that was lost is a failure, too. To resume, run the program again.
    result.raise_for_failures()
    print(f"{len(result.snapshots)} snapshots in {len(REGIONS)} Regions")


# The processes of the cluster import this file.
if __name__ == "__main__":
    main()
