"""Back up disks and instances by their tag `backup`, whose value is `hourly`, `daily` or `weekly`.

    python tag_policy.py us-east-1

Run it every hour. Owners of disks and instances decide by a tag, without a change of this program:

    lightsail-snap tag Disk-1 backup=daily
"""

import sys
from collections.abc import Iterator

from lightsail_snap import LightsailSnapError, RetentionPolicy
from lightsail_snap.plans import BackupPlan, Slot, apply_many

# In a slot of a day, the first of 24 runs takes the snapshot, and the others adopt it.
POLICIES: dict[str, tuple[Slot, RetentionPolicy]] = {
    "hourly": ("hour", RetentionPolicy(time_zone="UTC", keep_hourly=24, keep_daily=7)),
    "daily": ("day", RetentionPolicy(time_zone="UTC", keep_daily=7, keep_weekly=4)),
    "weekly": ("week", RetentionPolicy(time_zone="UTC", keep_weekly=4, keep_monthly=6)),
}


def plans(region: str) -> Iterator[BackupPlan]:
    """Yield a plan for each value of the tag."""
    for value, (slot, retention) in POLICIES.items():
        # Without allow_missing, a selection of nothing is an error.
        tagged = {"tags": [f"backup={value}"], "allow_missing": True}
        yield BackupPlan(
            name=value,
            region=region,
            slot=slot,
            select=[{"kind": "disk", **tagged}, {"kind": "instance", **tagged}],
            retention=retention,
        )


def main() -> None:
    """Apply all plans, and print the result of each."""
    result = apply_many(plans(sys.argv[1]), on_plan=print)
    result.raise_for_failures()


if __name__ == "__main__":
    try:
        main()
    except LightsailSnapError as error:
        sys.exit(str(error))
