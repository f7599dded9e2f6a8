"""Writes docs/iam.md: what each job may have to call, as an IAM policy that allows no more.

    python scripts/iam_policies.py            writes the page
    python scripts/iam_policies.py --check    says whether it is up to date

Every job is run on the embedded Lightsail, once undisturbed and once for each fault of each of its
calls; the operations that it asks for are what its policy allows.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

from botocore.config import Config

from lightsail_snap import (
    AutoSnapshotSource,
    DiskSource,
    DiskState,
    InstanceSource,
    LatestAutoSnapshotSource,
    LightsailSnapClient,
    LightsailSnapError,
    ManualSnapshotSource,
    RetentionPolicy,
    Scope,
    SnapshotSource,
    VirtualClock,
)
from lightsail_snap.emulator import Fault, FaultKind, LightsailEmulator
from lightsail_snap.plans import BackupPlan, apply, prepare, prune

PAGE = Path(__file__).resolve().parents[1] / "docs" / "iam.md"
HERE, THERE = "us-east-1", "us-west-2"
DISK, INSTANCE = DiskSource(disk_name="disk-1"), InstanceSource(instance_name="web-1")
MANUAL = ManualSnapshotSource(snapshot_name="db-0")
TOKEN = "nightly-2026-11-23"  # noqa: S105 - it is no secret
DAY = 86_400
# The clock that jumps must not make botocore wait, too.
_ONCE = Config(retries={"total_max_attempts": 1})


# Making one takes longer than all that is done with it.
_BOTO: dict[str, Any] = {}


class World:
    """An emulator that has what jobs are about."""

    def __init__(self) -> None:
        """Fill it."""
        self.clock = VirtualClock()
        self.emulator = LightsailEmulator(clock=self.clock)
        self._clients: dict[str, LightsailSnapClient] = {}
        for region in (HERE, THERE):
            self.emulator.add_disk("disk-1", region_name=region, size_in_gb=16)
            self.emulator.add_instance("web-1", region_name=region)
        client = self.client()
        for number in range(2):
            client.take_disk_snapshot(f"db-{number}", DISK, tags={"lightsail-snap:managed": "mine"})
        client.take_instance_snapshot("web-0", "web-1")
        boto = _BOTO[HERE]
        for name in ("disk-1", "web-1"):
            boto.enable_add_on(resourceName=name, addOnRequest={"addOnType": "AutoSnapshot"})
        self.clock.sleep(2 * DAY)

    def client(self, region: str = HERE) -> LightsailSnapClient:
        """Give the client of a region."""
        if region not in _BOTO:
            _BOTO[region] = self.emulator.boto3_client(region, _ONCE)
        if region not in self._clients:
            self.emulator.install(_BOTO[region])
            self._clients[region] = LightsailSnapClient(_BOTO[region], clock=self.clock)
        return self._clients[region]

    @property
    def clients(self) -> Iterable[LightsailSnapClient]:
        """All clients that were made."""
        return self._clients.values()

    @property
    def now(self) -> datetime:
        """The time in it."""
        return datetime.fromtimestamp(self.clock.time(), UTC)


Act = Callable[[], object]
# What has to be there first is made when the act is asked for, and does not count.
Way = Callable[[World], Act]


@dataclass(frozen=True)
class Job:
    """A job.

    Attributes:
        title: What it is called.
        methods: What of this library does it.
        ways: The ways in which it is done.
        note: What else there is to know.
        is_long: Whether it takes long, and consists of other jobs, so that fewer faults will do.
    """

    title: str
    methods: str
    ways: tuple[Way, ...]
    note: str = ""
    is_long: bool = False


def _restored(source: Any, **options: Any) -> Way:  # noqa: ANN401 - three kinds of source
    return lambda world: (
        lambda: world.client().restore_disk(
            "restored", source, availability_zone=f"{HERE}a", **options
        )
    )


def _copied(source: Any) -> Way:  # noqa: ANN401 - likewise
    return lambda world: lambda: world.client(THERE).copy("copied", source, source_region=HERE)


def _latest(name: str) -> LatestAutoSnapshotSource:
    return LatestAutoSnapshotSource(resource_name=name)


def _restored_from_a_day(world: World) -> Act:
    (snapshot, *_) = world.client().get_auto_snapshots("disk-1").auto_snapshots
    day = date.fromisoformat(str(snapshot.date))
    return _restored(AutoSnapshotSource(resource_name="disk-1", restore_date=day))(world)


def _waited(kind: str) -> Way:
    def prepared(world: World) -> Act:
        client = world.client()
        match kind:
            case "operation":
                operations = client.create_disk_snapshot("new", DISK).operations
                return lambda: client.wait_for_operations(operations)
            case "disk snapshot":
                client.create_disk_snapshot("new", DISK)
                return lambda: client.wait_for_disk_snapshot("new")
            case "instance snapshot":
                client.create_instance_snapshot("new", "web-1")
                return lambda: client.wait_for_instance_snapshot("new")
            case "disk":
                return lambda: client.wait_for_disk("disk-1", state=DiskState.AVAILABLE)
            case _:
                client.export_snapshot("db-0")
                return lambda: client.wait_for_export("db-0", since=datetime.fromtimestamp(0, UTC))

    return prepared


def _deleted_disk_snapshot(world: World) -> Act:
    def act() -> None:
        world.client().delete_disk_snapshot("db-0")
        world.client().wait_for_disk_snapshot_deletion("db-0")

    return act


def _deleted_instance_snapshot(world: World) -> Act:
    def act() -> None:
        world.client().delete_instance_snapshot("web-0")
        world.client().wait_for_instance_snapshot_deletion("web-0")

    return act


def _taken(source: SnapshotSource) -> Way:
    return lambda world: lambda: world.client().take_disk_snapshot("new", source)


def _plan(kind: str, *copies: str) -> BackupPlan:
    facts: dict[str, Any] = {
        "name": "nightly",
        "region": HERE,
        "slot": "day",
        "copies": copies,
        "select": {"kind": kind, "globs": ["*"]},
        "retention": {"time_zone": "UTC", "keep_last": 1},
    }
    return BackupPlan(**facts)


def _shown(kind: str) -> Way:
    return lambda world: lambda: prepare(_plan(kind), world.client(), now=world.now)


def _planned(kind: str, *interruptions: Fault) -> Way:
    plan = _plan(kind, THERE)

    def prepared(world: World) -> Act:
        here = world.client()

        def act() -> None:
            for _ in range(2):
                # Each day's run again, which adopts what the interrupted one has done.
                for number in range(2):
                    if number < len(interruptions):
                        world.emulator.inject(interruptions[number])
                    with suppress(LightsailSnapError):
                        run = prepare(plan, here, clients=world.client, now=world.now)
                        apply(run, here, clients=world.client)
                world.clock.sleep(DAY)

        return act

    return prepared


def _pruned(kind: Literal["disk", "instance"]) -> Way:
    def prepared(world: World) -> Act:
        client = world.client()
        if kind == "instance":
            for name in ("web-8", "web-9"):
                tags = {"lightsail-snap:managed": "mine"}
                client.take_instance_snapshot(name, "web-1", tags=tags)

        def act() -> None:
            policy = RetentionPolicy(time_zone="UTC", keep_last=1)
            prune(policy, client, scope=Scope(owner="mine"), kind=kind).raise_for_failures()

        return act

    return prepared


# A copy is there and bears no tag yet, and the first way to recognise it fails.
_BEFORE_TAGGING = (
    Fault(operation="TagResource", kind=FaultKind.DROP),
    Fault(operation="GetOperationsForResource", kind=FaultKind.GARBAGE),
)
_TAGGED = (
    "The job gives tags with the request that creates. Whether Lightsail wants "
    "`lightsail:TagResource` for that as well is unverified; if it answers "
    "`AccessDeniedException` and names it, add it."
)

JOBS = (
    Job(
        "Take a snapshot of a disk or a system volume",
        "`take_disk_snapshot`, `take_disk_snapshots`",
        (_taken(DISK), _taken(INSTANCE)),
    ),
    Job(
        "Take a snapshot of an instance",
        "`take_instance_snapshot`",
        (lambda world: lambda: world.client().take_instance_snapshot("new", "web-1"),),
    ),
    Job(
        "Take a snapshot that can be taken again after a crash",
        "`take_disk_snapshot` and `take_instance_snapshot` with `client_token=`",
        (
            lambda world: (
                lambda: [
                    world.client().take_disk_snapshot("new", DISK, client_token=TOKEN)
                    for _ in range(2)
                ]
            ),
            lambda world: (
                lambda: [
                    world.client().take_instance_snapshot("new", "web-1", client_token=TOKEN)
                    for _ in range(2)
                ]
            ),
        ),
        _TAGGED,
    ),
    Job(
        "Wait",
        "`wait_for_operation(s)`, `wait_for_disk_snapshot(s)`, `wait_for_instance_snapshot(s)`, "
        "`wait_for_disk`",
        tuple(
            _waited(kind) for kind in ("operation", "disk snapshot", "instance snapshot", "disk")
        ),
    ),
    Job("Wait for an export", "`wait_for_export`", (_waited("export"),)),
    Job(
        "List",
        "`iter_disk_snapshots`, `iter_instance_snapshots`, `iter_disks`, `iter_operations`",
        (
            lambda world: lambda: list(world.client().iter_disk_snapshots()),
            lambda world: lambda: list(world.client().iter_instance_snapshots()),
            lambda world: lambda: list(world.client().iter_disks()),
            lambda world: lambda: list(world.client().iter_operations()),
        ),
    ),
    Job(
        "Delete a snapshot, and see that it is gone",
        "`delete_disk_snapshot`, `delete_instance_snapshot`, "
        "`wait_for_disk_snapshot_deletion`, `wait_for_instance_snapshot_deletion`",
        (_deleted_disk_snapshot, _deleted_instance_snapshot),
    ),
    Job(
        "Restore a disk",
        "`restore_disk`",
        (
            _restored(MANUAL),
            _restored(MANUAL, size_in_gb=32, tags={"env": "prod"}, client_token=TOKEN),
            _restored(_latest("disk-1")),
            _restored_from_a_day,
        ),
        "With `size_in_gb=` nothing is asked about the source: then `GetDiskSnapshot` is not "
        "needed.",
    ),
    Job(
        "Copy a snapshot from another region",
        "`copy`",
        (
            _copied(MANUAL),
            _copied(ManualSnapshotSource(snapshot_name="web-0")),
            _copied(_latest("disk-1")),
        ),
        "All calls go to the region of the copy.",
    ),
    Job(
        "Tag",
        "`tag_resource`, `untag_resource`",
        (
            lambda world: lambda: world.client().tag_resource("db-0", {"env": "prod"}),
            lambda world: lambda: world.client().untag_resource("db-0", ["env"]),
        ),
    ),
    Job(
        "Run backup plans of disks",
        "`plans.prepare`, `plans.apply` with `select.kind` `disk` or `instance_system_disk`",
        (_planned("disk"), _planned("instance_system_disk"), _planned("disk", *_BEFORE_TAGGING)),
        "`GetDisks` is for `disk` only, `GetInstances` for `instance_system_disk`. Without "
        "`copies` no `CopySnapshot` and no `TagResource` is needed; without `retention` nothing is "
        "deleted. " + _TAGGED,
        is_long=True,
    ),
    Job(
        "Run backup plans of instances",
        "`plans.prepare`, `plans.apply` with `select.kind` `instance`",
        (_planned("instance"), _planned("instance", *_BEFORE_TAGGING)),
        "As for disks.",
        is_long=True,
    ),
    Job(
        "Show what a backup plan would do",
        "`plans.prepare`, `plans.read_inventory`",
        tuple(_shown(kind) for kind in ("disk", "instance_system_disk", "instance")),
    ),
    Job(
        "Prune",
        "`plans.plan_prune`, `plans.prune`",
        (_pruned("disk"), _pruned("instance")),
    ),
)

LOST: dict[str, Any] = {"kind": FaultKind.DROP, "after_commit": True}
FAULTS: tuple[dict[str, Any], ...] = (LOST, {"kind": FaultKind.DROP}, {"kind": FaultKind.THROTTLE})


def _calls(way: Way, *faults: Fault) -> frozenset[str]:
    world = World()
    with world.emulator as emulator:
        act = way(world)
        emulator.calls.clear()
        for fault in faults:
            emulator.inject(fault)
        with suppress(LightsailSnapError):
            act()
        for client in world.clients:
            client.close()
        return frozenset(emulator.calls)


def recorded(job: Job) -> list[str]:
    """Run a job in all its ways, and through every fault of each of its calls, alone and in pairs.

    Args:
        job: The job.

    Returns:
        The operations that it asked for, in alphabetical order.
    """
    found: set[str] = set()
    for way in job.ways:
        undisturbed = _calls(way)
        found |= undisturbed
        for operation in sorted(undisturbed):
            after: set[str] = set()
            for fault in FAULTS[: 1 if job.is_long else None]:
                after |= _calls(way, Fault(operation=operation, **fault))
            if not operation.startswith("Get") and not job.is_long:
                # What is asked after a lost answer may go wrong in its turn.
                lost = Fault(operation=operation, **LOST)
                for following in sorted(after):
                    after |= _calls(way, lost, Fault(operation=following, kind=FaultKind.GARBAGE))
            found |= after
    return sorted(found)


def policy(operations: Iterable[str]) -> dict[str, Any]:
    """Write the policy that allows operations.

    Args:
        operations: Their names.

    Returns:
        The policy.
    """
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": [f"lightsail:{operation}" for operation in operations],
                "Resource": "*",
            }
        ],
    }


_INTRODUCTION = """\
# Permissions

What each job has to be allowed, and no more. The policies are written by
`scripts/iam_policies.py`, which runs every job on the [embedded Lightsail](testing.md), undisturbed
and with lost, refused, late and unreadable answers to each of its calls; a test holds this page
against such a run. They were not tried on an AWS account.

A job that is denied a look-up which it needs only after a lost answer works until an answer is
lost, and then ends in an `OutcomeUnknownError`. So give it all that its policy says.

- AWS's [Service Authorization Reference][actions] says which of these actions can be restricted to
  resources, and by which condition keys. Names will not do there: the ARNs of snapshots and disks
  end in an id that Lightsail draws.
- The API reference says that [`DeleteDiskSnapshot`][deletion] can be restricted by the tags of the
  snapshot. Every snapshot that a plan takes bears the tag `lightsail-snap:managed`, so a statement
  that allows deletion only with
  `"Condition": {"Null": {"aws:ResourceTag/lightsail-snap:managed": "false"}}` should protect all
  others from whoever holds the credentials. That is unverified; try it before you rely on it.
- Nothing but Lightsail is called. Credentials that have to be fetched (a role, single sign-on) need
  permissions of their own, such as `sts:AssumeRole` for `assume_role_clients`.

[actions]: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonlightsail.html
[deletion]: https://docs.aws.amazon.com/lightsail/2016-11-28/api-reference/API_DeleteDiskSnapshot.html
"""


def page() -> str:
    """Write the page.

    Returns:
        Its text.
    """
    parts = [_INTRODUCTION]
    for job in JOBS:
        parts.append(f"\n## {job.title}\n\n{job.methods}\n")
        if job.note:
            parts.append(f"\n{job.note}\n")
        parts.append(f"\n```json\n{json.dumps(policy(recorded(job)), indent=2)}\n```\n")
    return "".join(parts)


def main(arguments: list[str]) -> int:
    """Write the page, or say whether it is up to date.

    Args:
        arguments: `--check`, or nothing.

    Returns:
        The exit code: 1 if it is not up to date.
    """
    text = page()
    if "--check" not in arguments:
        PAGE.write_text(text, encoding="utf-8")
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text:
        sys.stderr.write("docs/iam.md is not up to date; run scripts/iam_policies.py\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
