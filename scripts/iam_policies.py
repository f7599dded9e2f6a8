"""Write docs/iam.md: for each task, an IAM policy that allows only the operations it may call.

    python scripts/iam_policies.py            writes the page
    python scripts/iam_policies.py --check    fails if it is not up to date

Every task runs on the emulator, once undisturbed and once with each fault in each of its calls. Its
policy allows the API operations that it called.
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
    AddOnRequest,
    AddOnType,
    AutoSnapshotSource,
    DiskSource,
    DiskState,
    InstanceSource,
    InstanceStateName,
    LatestAutoSnapshotSource,
    LightsailSnapClient,
    LightsailSnapError,
    ManualSnapshotSource,
    RetentionPolicy,
    Scope,
    SnapshotSource,
    VirtualClock,
    stop_instance,
)
from lightsail_snap.emulator import Fault, FaultKind, LightsailEmulator
from lightsail_snap.plans import BackupPlan, apply, prepare, prune

PAGE = Path(__file__).resolve().parents[1] / "docs" / "iam.md"
HERE, THERE = "us-east-1", "us-west-2"
DISK, INSTANCE = DiskSource(disk_name="disk-1"), InstanceSource(instance_name="web-1")
MANUAL = ManualSnapshotSource(snapshot_name="db-0")
TOKEN = "nightly-2026-11-23"  # noqa: S105 - not a secret
DAY_SECONDS = 86_400
# Retries of botocore would sleep on the system clock.
_ONCE = Config(retries={"total_max_attempts": 1})

# Clients are reused, because creating one takes longer than a task.
_BOTO: dict[str, Any] = {}


class Account:
    """An emulator with the resources that tasks need."""

    def __init__(self) -> None:
        """Create the resources."""
        self.clock = VirtualClock()
        self.emulator = LightsailEmulator(clock=self.clock)
        self._clients: dict[str, LightsailSnapClient] = {}
        for region in (HERE, THERE):
            self.emulator.add_disk("disk-1", region_name=region, size_in_gb=16)
            self.emulator.add_instance("web-1", region_name=region)
            self.emulator.add_instance("helper-1", region_name=region)
            self.emulator.add_disk("data-1", region_name=region, size_in_gb=8)
        client = self.client()
        for number in range(2):
            client.take_disk_snapshot(f"db-{number}", DISK, tags={"lightsail-snap:managed": "mine"})
        client.take_instance_snapshot("web-0", "web-1")
        client.take_disk_snapshot("data-0", DiskSource(disk_name="data-1"))
        client.attach_disk("data-1", "web-1", disk_path="/dev/xvdf")
        client.wait_for_disk("data-1", state=DiskState.IN_USE)
        boto = _BOTO[HERE]
        for name in ("disk-1", "web-1"):
            boto.enable_add_on(resourceName=name, addOnRequest={"addOnType": "AutoSnapshot"})
        self.clock.sleep(2 * DAY_SECONDS)

    def client(self, region: str = HERE) -> LightsailSnapClient:
        """Return the client of a region."""
        if region not in _BOTO:
            _BOTO[region] = self.emulator.boto3_client(region, _ONCE)
        if region not in self._clients:
            self.emulator.install(_BOTO[region])
            self._clients[region] = LightsailSnapClient(_BOTO[region], clock=self.clock)
        return self._clients[region]

    @property
    def clients(self) -> Iterable[LightsailSnapClient]:
        """Return all clients created so far."""
        return self._clients.values()

    @property
    def now(self) -> datetime:
        """Return the time of the virtual clock."""
        return datetime.fromtimestamp(self.clock.time(), UTC)


Action = Callable[[], object]
# Creates the resources that the action needs; these calls do not count.
SetUp = Callable[[Account], Action]


@dataclass(frozen=True)
class Task:
    """A task that an application may have to be allowed.

    Attributes:
        title: Heading on the page.
        methods: Methods that do it, in Markdown.
        variants: All variants in which it is recorded.
        note: Text below the heading.
        is_slow: True if it consists of other tasks, so that fewer faults are needed.
    """

    title: str
    methods: str
    variants: tuple[SetUp, ...]
    note: str = ""
    is_slow: bool = False


def _restore(source: Any, **options: Any) -> SetUp:  # noqa: ANN401 - three kinds of source
    return lambda account: (
        lambda: account.client().restore_disk(
            "restored", source, availability_zone=f"{HERE}a", **options
        )
    )


def _copy(source: Any) -> SetUp:  # noqa: ANN401 - likewise
    return lambda account: lambda: account.client(THERE).copy("copied", source, source_region=HERE)


def _latest_of(name: str) -> LatestAutoSnapshotSource:
    return LatestAutoSnapshotSource(resource_name=name)


def _restore_from_day(account: Account) -> Action:
    (snapshot, *_) = account.client().get_auto_snapshots("disk-1").auto_snapshots
    day = date.fromisoformat(str(snapshot.date))
    return _restore(AutoSnapshotSource(resource_name="disk-1", restore_date=day))(account)


def _wait_for(kind: str) -> SetUp:
    def set_up(account: Account) -> Action:
        client = account.client()
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

    return set_up


def _delete_disk_snapshot(account: Account) -> Action:
    def act() -> None:
        account.client().delete_disk_snapshot("db-0")
        account.client().wait_for_disk_snapshot_deletion("db-0")

    return act


def _delete_instance_snapshot(account: Account) -> Action:
    def act() -> None:
        account.client().delete_instance_snapshot("web-0")
        account.client().wait_for_instance_snapshot_deletion("web-0")

    return act


def _take(source: SnapshotSource) -> SetUp:
    return lambda account: lambda: account.client().take_disk_snapshot("new", source)


def _plan(kind: str, *copies: str) -> BackupPlan:
    fields: dict[str, Any] = {
        "name": "nightly",
        "region": HERE,
        "slot": "day",
        "copies": copies,
        "select": {"kind": kind, "globs": ["*"]},
        "retention": {"time_zone": "UTC", "keep_last": 1},
    }
    return BackupPlan(**fields)


def _preview_plan(kind: str) -> SetUp:
    return lambda account: lambda: prepare(_plan(kind), account.client(), now=account.now)


def _apply_plan(kind: str, *interruptions: Fault) -> SetUp:
    plan = _plan(kind, THERE)

    def set_up(account: Account) -> Action:
        here = account.client()

        def act() -> None:
            for _ in range(2):
                # A second run each day adopts the resources of the interrupted one.
                for number in range(2):
                    if number < len(interruptions):
                        account.emulator.inject(interruptions[number])
                    with suppress(LightsailSnapError):
                        run = prepare(plan, here, clients=account.client, now=account.now)
                        apply(run, here, clients=account.client)
                account.clock.sleep(DAY_SECONDS)

        return act

    return set_up


def _prune(kind: Literal["disk", "instance"]) -> SetUp:
    def set_up(account: Account) -> Action:
        client = account.client()
        if kind == "instance":
            for name in ("web-8", "web-9"):
                tags = {"lightsail-snap:managed": "mine"}
                client.take_instance_snapshot(name, "web-1", tags=tags)

        def act() -> None:
            policy = RetentionPolicy(time_zone="UTC", keep_last=1)
            prune(policy, client, scope=Scope(owner="mine"), kind=kind).raise_for_failures()

        return act

    return set_up


def _roll_back(account: Account) -> Action:
    client = account.client()
    source = ManualSnapshotSource(snapshot_name="data-0")

    def act() -> None:
        client.roll_back_disk("data-1", source, new_disk_name="data-2", client_token=TOKEN)
        client.undo_roll_back_disk("data-2", delete_new_disk=True)

    return act


def _take_stopped(account: Account) -> Action:
    client = account.client()
    disk = DiskSource(disk_name="data-1")

    def act() -> None:
        stop = stop_instance(client, "web-1")
        client.take_disk_snapshot("new", disk, quiesce=stop)

    return act


def _switch_instance(account: Account) -> Action:
    client = account.client()

    def act() -> None:
        client.stop_instance("web-1")
        client.wait_for_instance("web-1", state=InstanceStateName.STOPPED)
        client.detach_disk("data-1")
        client.wait_for_disk("data-1", state=DiskState.AVAILABLE)
        client.attach_disk("data-1", "web-1", disk_path="/dev/xvdf")
        client.wait_for_disk("data-1", state=DiskState.IN_USE)
        client.start_instance("web-1")
        client.wait_for_instance("web-1", state=InstanceStateName.RUNNING)

    return act


def _switch_automatic_snapshots(account: Account) -> Action:
    client = account.client()
    request = AddOnRequest(add_on_type=AddOnType.AUTO_SNAPSHOT)

    def act() -> None:
        client.get_disk("disk-1")
        client.get_instance("web-1")
        client.get_auto_snapshots("disk-1")
        client.copy("kept", _latest_of("disk-1"), source_region=HERE)
        for result in (
            client.disable_add_on("disk-1", AddOnType.AUTO_SNAPSHOT),
            client.enable_add_on("disk-1", request),
        ):
            client.wait_for_operations(result.operations)

    return act


def _apply_plan_of_regions(account: Account) -> Action:
    fields = _plan("disk").model_dump(mode="json", exclude_none=True)
    plan = BackupPlan(**(fields | {"region": [HERE, THERE]}))

    def act() -> None:
        for _ in range(2):
            run = prepare(plan, account.client(), clients=account.client, now=account.now)
            apply(run, account.client(), clients=account.client)
            account.clock.sleep(DAY_SECONDS)

    return act


# The copy exists but is not tagged yet, and the first check of its ownership fails.
_BEFORE_TAGGING = (
    Fault(operation="TagResource", kind=FaultKind.DROP),
    Fault(operation="GetOperationsForResource", kind=FaultKind.GARBAGE),
)
_TAGGED = "See [tags at creation](#tags-at-creation)."

TASKS = (
    Task(
        "Take a snapshot of a disk or a system volume",
        "`take_disk_snapshot`, `take_disk_snapshots`",
        (_take(DISK), _take(INSTANCE)),
    ),
    Task(
        "Take a snapshot of an instance",
        "`take_instance_snapshot`, `take_instance_snapshots`",
        (lambda account: lambda: account.client().take_instance_snapshot("new", "web-1"),),
    ),
    Task(
        "Take a snapshot, repeatable after a crash",
        "`take_disk_snapshot` and `take_instance_snapshot` with `client_token=`",
        (
            lambda account: (
                lambda: [
                    account.client().take_disk_snapshot("new", DISK, client_token=TOKEN)
                    for _ in range(2)
                ]
            ),
            lambda account: (
                lambda: [
                    account.client().take_instance_snapshot("new", "web-1", client_token=TOKEN)
                    for _ in range(2)
                ]
            ),
        ),
        _TAGGED,
    ),
    Task(
        "Wait",
        "`wait_for_operation(s)`, `wait_for_disk_snapshot(s)`, `wait_for_instance_snapshot(s)`, "
        "`wait_for_disk`",
        tuple(
            _wait_for(kind) for kind in ("operation", "disk snapshot", "instance snapshot", "disk")
        ),
    ),
    Task("Wait for an export", "`wait_for_export`", (_wait_for("export"),)),
    Task(
        "List",
        "`iter_disk_snapshots`, `iter_instance_snapshots`, `iter_disks`, `iter_operations`",
        (
            lambda account: lambda: list(account.client().iter_disk_snapshots()),
            lambda account: lambda: list(account.client().iter_instance_snapshots()),
            lambda account: lambda: list(account.client().iter_disks()),
            lambda account: lambda: list(account.client().iter_operations()),
        ),
    ),
    Task(
        "Delete a snapshot and wait for its deletion",
        "`delete_disk_snapshot`, `delete_instance_snapshot`, "
        "`wait_for_disk_snapshot_deletion`, `wait_for_instance_snapshot_deletion`",
        (_delete_disk_snapshot, _delete_instance_snapshot),
    ),
    Task(
        "Restore a disk",
        "`restore_disk`",
        (
            _restore(MANUAL),
            _restore(MANUAL, size_in_gb=32, tags={"env": "prod"}, client_token=TOKEN),
            _restore(_latest_of("disk-1")),
            _restore_from_day,
        ),
        "With `size_in_gb=` the source is not looked up, so `GetDiskSnapshot` is not needed.",
    ),
    Task(
        "Restore an instance",
        "`restore_instance`, `lightsail-snap restore-instance`",
        (
            lambda account: (
                lambda: account.client().restore_instance(
                    "web-2", ManualSnapshotSource(snapshot_name="web-0"), client_token=TOKEN
                )
            ),
            lambda account: lambda: account.client().restore_instance("web-2", _latest_of("web-1")),
        ),
        _TAGGED,
        is_slow=True,
    ),
    Task(
        "Rescue the data of an instance",
        "`rescue_system_volume`, `lightsail-snap rescue`",
        (
            lambda account: lambda: account.client().rescue_system_volume("web-1", "helper-1"),
            lambda account: (
                lambda: account.client().rescue_system_volume(
                    "web-1", "helper-1", keep_snapshot=False
                )
            ),
        ),
        "`DeleteDiskSnapshot` is only needed with `keep_snapshot=False`. " + _TAGGED,
        is_slow=True,
    ),
    Task(
        "Roll a disk back, and undo it",
        "`roll_back_disk`, `undo_roll_back_disk`, `lightsail-snap rollback`",
        (_roll_back,),
        "`DeleteDisk` is only needed with `delete_old_disk=True` or `delete_new_disk=True`. "
        + _TAGGED,
        is_slow=True,
    ),
    Task(
        "Take a snapshot while the instance is stopped",
        "`quiesce=stop_instance(...)`, `lightsail-snap create --stop-instance`, and plans with "
        "`quiesce.stop_instance`",
        (_take_stopped,),
        "For plans, add these actions to those of the plan.",
        is_slow=True,
    ),
    Task(
        "Stop and start instances, attach and detach disks",
        "`stop_instance`, `start_instance`, `attach_disk`, `detach_disk`, `wait_for_instance`, "
        "`wait_for_disk`, and the commands `stop`, `start`, `attach` and `detach`",
        (_switch_instance,),
        is_slow=True,
    ),
    Task(
        "List, enable, disable and copy automatic snapshots",
        "`get_auto_snapshots`, `enable_add_on`, `disable_add_on`, `copy`, "
        "`lightsail-snap auto-snapshots`",
        (_switch_automatic_snapshots,),
        is_slow=True,
    ),
    Task(
        "Copy a snapshot from another Region",
        "`copy`",
        (
            _copy(MANUAL),
            _copy(ManualSnapshotSource(snapshot_name="web-0")),
            _copy(_latest_of("disk-1")),
        ),
        "All calls go to the copy region.",
    ),
    Task(
        "Tag",
        "`tag_resource`, `untag_resource`",
        (
            lambda account: lambda: account.client().tag_resource("db-0", {"env": "prod"}),
            lambda account: lambda: account.client().untag_resource("db-0", ["env"]),
        ),
    ),
    Task(
        "Run backup plans of disks",
        "`plans.prepare` and `plans.apply` with `select.kind` `disk` or `instance_system_disk`",
        (
            _apply_plan("disk"),
            _apply_plan("instance_system_disk"),
            _apply_plan("disk", *_BEFORE_TAGGING),
            _apply_plan_of_regions,
        ),
        "Only `disk` needs `GetDisks`, and only `instance_system_disk` needs `GetInstances`. "
        "Without `copies`, `CopySnapshot` and `TagResource` are not needed. Without `retention`, "
        "nothing is deleted. " + _TAGGED,
        is_slow=True,
    ),
    Task(
        "Run backup plans of instances",
        "`plans.prepare` and `plans.apply` with `select.kind` `instance`",
        (_apply_plan("instance"), _apply_plan("instance", *_BEFORE_TAGGING)),
        "The notes on [plans of disks](#run-backup-plans-of-disks) apply.",
        is_slow=True,
    ),
    Task(
        "Preview a backup plan",
        "`plans.prepare`, `plans.read_inventory`",
        tuple(_preview_plan(kind) for kind in ("disk", "instance_system_disk", "instance")),
    ),
    Task(
        "Prune",
        "`prune`, `plans.plan_prune`, `plans.prune`",
        (_prune("disk"), _prune("instance")),
    ),
)

LOST: dict[str, Any] = {"kind": FaultKind.DROP, "after_commit": True}
FAULTS: tuple[dict[str, Any], ...] = (LOST, {"kind": FaultKind.DROP}, {"kind": FaultKind.THROTTLE})


def _record_calls(set_up: SetUp, *faults: Fault) -> frozenset[str]:
    account = Account()
    with account.emulator as emulator:
        act = set_up(account)
        emulator.calls.clear()
        for fault in faults:
            emulator.inject(fault)
        with suppress(LightsailSnapError):
            act()
        for client in account.clients:
            client.close()
        return frozenset(emulator.calls)


def record_operations(task: Task) -> list[str]:
    """Run a task in all its variants and with faults; return the operations that it called."""
    found: set[str] = set()
    for set_up in task.variants:
        undisturbed = _record_calls(set_up)
        found |= undisturbed
        for operation in sorted(undisturbed):
            after: set[str] = set()
            for fault in FAULTS[: 1 if task.is_slow else None]:
                after |= _record_calls(set_up, Fault(operation=operation, **fault))
            if not operation.startswith("Get") and not task.is_slow:
                # The checks after a lost response can fail too.
                lost = Fault(operation=operation, **LOST)
                for following in sorted(after):
                    after |= _record_calls(
                        set_up, lost, Fault(operation=following, kind=FaultKind.GARBAGE)
                    )
            found |= after
    return sorted(found)


def policy(operations: Iterable[str]) -> dict[str, Any]:
    """Return the IAM policy that allows operations."""
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
# IAM policies

After reading this page you can give an application exactly the permissions that it needs. The page
lists the least IAM policy for each task.

1. Find the tasks of your application below.
2. Copy the policies of these tasks into one IAM policy, each as a statement.
3. Attach the policy to the role or user of the application.

!!! warning "Grant all actions of a task"
    Some actions are needed only after a lost response. Without them the task then ends in an
    [`OutcomeUnknownError`](recover.md).

The package calls no other service than Lightsail. Credentials from a role or single sign-on need
their own permissions, such as `sts:AssumeRole` for `assume_role_clients`.

## How the policies are made

`scripts/iam_policies.py` generates the policies. It runs every task on the [emulator](testing.md),
undisturbed and with lost, refused, delayed and unreadable responses to each of its calls. A test
compares this page with such a run. The policies were not tested on an AWS account.

## Tags at creation

The tags of a new resource are part of the request that creates it. Whether Lightsail also requires
`lightsail:TagResource` for them is unverified. If it responds with an `AccessDeniedException` that
names this action, add it.

## Restrict a policy further

You cannot restrict actions by the names of snapshots and disks: their ARNs end in an id that
Lightsail generates. The [Service Authorization Reference][actions] of AWS lists the actions that
can be restricted to resources, and their condition keys.

Every snapshot that a plan takes has the tag `lightsail-snap:managed`. According to the API
reference, [`DeleteDiskSnapshot`][deletion] can be restricted by tags. So this condition, in the
statement that allows deletions, should protect all other snapshots, even if the credentials leak:

```text
"Condition": {"Null": {"aws:ResourceTag/lightsail-snap:managed": "false"}}
```

!!! note "Unverified"
    This condition was not tested on an AWS account. Test it before you rely on it.

[actions]: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonlightsail.html
[deletion]: https://docs.aws.amazon.com/lightsail/2016-11-28/api-reference/API_DeleteDiskSnapshot.html
"""


def page() -> str:
    """Return the text of the page."""
    parts = [_INTRODUCTION]
    for task in TASKS:
        parts.append(f"\n## {task.title}\n\nFor {task.methods}.\n")
        if task.note:
            parts.append(f"\n{task.note}\n")
        parts.append(f"\n```json\n{json.dumps(policy(record_operations(task)), indent=2)}\n```\n")
    return "".join(parts)


def main(arguments: list[str]) -> int:
    """Write the page, or check it; return an exit code."""
    text = page()
    if "--check" not in arguments:
        PAGE.write_text(text, encoding="utf-8")
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text:
        sys.stderr.write("docs/iam.md is not up to date; run scripts/iam_policies.py\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
