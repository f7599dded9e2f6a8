"""Type-check plans. This file is never run.

A line that must be rejected names the error codes: `# mypy: ... pyright: ...`.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Executor
from datetime import date, datetime, timedelta
from pathlib import Path

from typing_extensions import assert_never, assert_type

from lightsail_snap import (
    Disk,
    DiskSnapshot,
    InstanceSnapshot,
    LightsailSnapClient,
    LightsailSnapError,
    RetentionPlan,
    RetentionPolicy,
    Tag,
    WaitPolicy,
)
from lightsail_snap.plans import (
    CLIENT_TOKEN_TAG,
    BackupPlan,
    ClientFactory,
    CopyStep,
    DeleteStep,
    FleetResult,
    Inventory,
    Kind,
    OnStep,
    PlanOutcome,
    PrunedSnapshot,
    PruneResult,
    Quiesce,
    RegionalClients,
    Run,
    RunResult,
    Selection,
    Slot,
    Source,
    Status,
    Step,
    StepResult,
    TakeStep,
    Weekday,
    apply,
    apply_many,
    assume_role_clients,
    make_run,
    prepare,
    prune,
    read_inventory,
    regional_clients,
)

DISKS = Selection(kind="disk", tags=["backup=daily"], exclude=["scratch-*"])


def written(policy: RetentionPolicy) -> BackupPlan:
    BackupPlan(name="nightly", region="us-east-1", select=DISKS, retention=policy, slot="day")
    BackupPlan(name="nightly", region="us-east-1", select=DISKS, tags={"env": "prod"}, timeout="2h")
    BackupPlan(name="nightly", region="us-east-1", select=DISKS, tags=[Tag(key="env")], timeout=timedelta(hours=2))
    BackupPlan(name="nightly", region="us-east-1", select=DISKS, on_complete=["notify"], on_complete_timeout=10)
    BackupPlan(name="nightly", region="us-east-1", select=DISKS, on_complete="notify")  # mypy: arg-type pyright: reportArgumentType
    BackupPlan(name="nightly", region="us-east-1", select={"kind": "disk"})  # any: a mapping is JSON
    BackupPlan(name="nightly", region="us-east-1")  # mypy: call-arg pyright: reportCallIssue
    BackupPlan(name="nightly", region=5, select=DISKS)  # mypy: arg-type pyright: reportArgumentType
    BackupPlan(name="nightly", region="us-east-1", select="disk")  # mypy: arg-type pyright: reportArgumentType
    BackupPlan(name="nightly", region="us-east-1", select=DISKS, slot="5h")  # mypy: arg-type pyright: reportArgumentType
    BackupPlan(name="nightly", region=["us-east-1", "eu-west-1"], select=[DISKS, {"kind": "instance"}], min_interval="PT20H")  # any: a mapping is JSON
    BackupPlan(name="weekly", region="us-east-1", select=[DISKS], slot="week", week_starts_on="sunday", min_interval=timedelta(hours=20))
    BackupPlan(name="monthly", region="us-east-1", select=DISKS, slot="month", month_starts_on=15)
    BackupPlan(name="weekly", region="us-east-1", select=DISKS, week_starts_on="Sunday")  # mypy: arg-type pyright: reportArgumentType
    BackupPlan(name="nightly", region=["us-east-1", 5], select=DISKS)  # mypy: list-item pyright: reportArgumentType
    BackupPlan(name="nightly", region="us-east-1", select=["disk"])  # mypy: list-item pyright: reportArgumentType
    BackupPlan(name="nightly", region="us-east-1", select=DISKS, keep_last=3)  # mypy: call-arg pyright: reportCallIssue
    return BackupPlan(name="nightly", region="us-east-1", select=DISKS, quiesce=Quiesce(mount_point="/mnt"))


def read(plan: BackupPlan, now: datetime, day: date) -> None:
    assert_type(BackupPlan.from_toml(Path("nightly.toml")), BackupPlan)  # any: the class also takes mappings, which are JSON
    assert_type(BackupPlan.from_json(plan.to_json(indent=2)), BackupPlan)  # any: as above
    assert_type(plan.name_for("Disk-1", now), str)
    assert_type(plan.name_for("web-1", now, region="eu-west-1", kind="instance"), str)
    assert_type(plan.source_regions, tuple[str, ...])
    assert_type(plan.selections, tuple[Selection, ...])
    plan.region.upper()  # mypy: union-attr pyright: reportAttributeAccessIssue
    assert_type(plan.slot_of(now), str)
    assert_type(plan.all_tags, tuple[Tag, ...])
    assert_type(plan.retention, RetentionPolicy | None)
    BackupPlan.from_toml({"name": "nightly"})  # mypy: arg-type pyright: reportArgumentType
    BackupPlan.from_json(b"{}", strict=True)  # mypy: call-arg pyright: reportCallIssue
    plan.to_json(2)  # mypy: call-arg pyright: reportCallIssue
    plan.name_for("Disk-1")  # mypy: call-arg pyright: reportCallIssue
    plan.slot_of(day)  # mypy: arg-type pyright: reportArgumentType
    plan.all_tags = ()  # mypy: misc pyright: reportAttributeAccessIssue
    plan.name = "hourly"  # mypy: misc pyright: reportAttributeAccessIssue


def selected(selection: Selection, tags: Mapping[str, str | None]) -> None:
    assert_type(selection.kind, Kind)
    assert_type(selection.includes("Disk-1", tags), bool)
    kind: Kind = "instance_system_disk"
    other: Kind = "volume"  # mypy: assignment pyright: reportAssignmentType
    Selection(kind=kind, globs=["db-*"], allow_missing=True)
    Selection(kind="volume")  # mypy: arg-type pyright: reportArgumentType
    Selection(names=["Disk-1"])  # mypy: call-arg pyright: reportCallIssue
    Selection(kind="disk", names=[5])  # mypy: list-item pyright: reportArgumentType
    selection.includes("Disk-1", ["backup"])  # mypy: arg-type pyright: reportArgumentType
    Quiesce(before=["stop", "db"], after=["start", "db"], timeout=30)
    Quiesce(before=[5])  # mypy: list-item pyright: reportArgumentType
    Quiesce(command="stop")  # mypy: call-arg pyright: reportCallIssue
    slot: Slot = "minute"
    hours: Slot = "6h"
    week: Weekday = "sunday"
    fortnight: Slot = "fortnight"  # mypy: assignment pyright: reportAssignmentType
    del other, slot, hours, week, fortnight


def prepared(plan: BackupPlan, client: LightsailSnapClient, clients: RegionalClients, now: datetime, day: date) -> None:
    inventory = read_inventory(plan, client, clients=clients)
    assert_type(inventory, Inventory)
    assert_type(inventory.sources, tuple[Source, ...])
    assert_type(make_run(plan, inventory, now), Run)
    assert_type(prepare(plan, client), Run)
    assert_type(prepare(plan, client, clients=clients, now=now).steps, tuple[Step, ...])
    Inventory((Source("Disk-1", {"env": None}),), {"us-east-1": ()})
    Inventory((Source("Disk-1", {}, "disk", "us-east-1"),), {}, {}, {"us-east-1": now})
    Source("Disk-1", {}, "volume")  # mypy: arg-type pyright: reportArgumentType
    Inventory((Source("Disk-1", {}),))  # mypy: call-arg pyright: reportCallIssue
    Source("Disk-1", {"env": 5})  # mypy: dict-item pyright: reportArgumentType
    read_inventory(plan, clients)  # mypy: arg-type pyright: reportArgumentType
    make_run(plan, inventory)  # mypy: call-arg pyright: reportCallIssue
    make_run(plan, inventory, day)  # mypy: arg-type pyright: reportArgumentType
    prepare(plan)  # mypy: call-arg pyright: reportCallIssue
    prepare("nightly.toml", client)  # mypy: arg-type pyright: reportArgumentType


def each_step_is_one_of_three(step: Step) -> datetime | str:
    assert_type(step.id, str)
    if step.action == "delete":
        assert_type(step, DeleteStep)
        return step.created_at
    step.reason  # mypy: union-attr pyright: reportAttributeAccessIssue
    match step:
        case TakeStep():
            return step.client_token
        case CopyStep():
            return step.source_region
        case _:
            assert_never(step)


def steps_are_forgotten(step: Step) -> str:
    match step:
        case TakeStep() | DeleteStep():
            return step.name
        case _:
            assert_never(step)  # mypy: arg-type pyright: reportArgumentType


def steps(run: Run, take: TakeStep, copy: CopyStep, delete: DeleteStep) -> None:
    assert_type(run.slot, str)
    assert_type(run.slot_begins, datetime)
    assert_type(run.steps[0].region, str)
    assert_type(Run.from_json(run.to_json()), Run)
    assert_type((take.id, copy.id, delete.id), tuple[str, str, str])
    assert_type(take.all_tags, tuple[Tag, ...])
    assert_type(delete.reason, str)
    assert_type(delete.source_region, str | None)
    run.slot = "now"  # mypy: misc pyright: reportAttributeAccessIssue
    run.slot_begins = None  # mypy: misc,assignment pyright: reportAttributeAccessIssue
    run.to_toml()  # mypy: attr-defined pyright: reportAttributeAccessIssue
    take.id = "x"  # mypy: misc pyright: reportAttributeAccessIssue
    copy.id = "x"  # mypy: misc pyright: reportAttributeAccessIssue
    delete.id = "x"  # mypy: misc pyright: reportAttributeAccessIssue
    copy.all_tags = ()  # mypy: misc pyright: reportAttributeAccessIssue
    delete.client_token  # mypy: attr-defined pyright: reportAttributeAccessIssue
    take.source_region  # mypy: attr-defined pyright: reportAttributeAccessIssue
    wrong: Step = "take"  # mypy: assignment pyright: reportAssignmentType
    take_step: TakeStep = copy  # mypy: assignment pyright: reportAssignmentType
    copied: CopyStep = take  # mypy: assignment pyright: reportAssignmentType
    deleted: DeleteStep = take  # mypy: assignment pyright: reportAssignmentType
    Run(plan="nightly")  # mypy: call-arg,arg-type pyright: reportCallIssue
    tag: str = CLIENT_TOKEN_TAG
    number: int = CLIENT_TOKEN_TAG  # mypy: assignment pyright: reportAssignmentType
    del wrong, take_step, copied, deleted, tag, number


def on_step_result(result: StepResult) -> None:
    print(result)


def step_results(result: StepResult) -> None:
    assert_type(result.is_complete, bool)
    result.is_complete = True  # mypy: misc pyright: reportAttributeAccessIssue


def on_pruned(pruned: PrunedSnapshot) -> None:
    print(pruned)


def applied(run: Run, client: LightsailSnapClient, clients: RegionalClients) -> None:
    result = apply(run, client)
    assert_type(result, RunResult)
    apply(run, client, clients=clients, concurrency=8, on_step=on_step_result)
    apply(run, client, on_step=print)
    apply(run)  # mypy: call-arg pyright: reportCallIssue
    apply(run.plan, client)  # mypy: arg-type pyright: reportArgumentType
    apply(run, client, on_step=on_pruned)  # mypy: arg-type pyright: reportArgumentType
    apply(run, client, 8)  # mypy: call-arg,arg-type pyright: reportCallIssue
    on_step: OnStep = on_step_result
    other: OnStep = on_pruned  # mypy: assignment pyright: reportAssignmentType
    del on_step, other


def what_came_of_it(result: RunResult, one: StepResult) -> None:
    assert_type(result.is_complete, bool)
    assert_type(result.snapshots, Mapping[str, DiskSnapshot | InstanceSnapshot])
    assert_type(result.failures, Mapping[str, LightsailSnapError])
    assert_type(one.status, Status)
    assert_type(one.error, LightsailSnapError | None)
    result.raise_for_failures()
    print(result.to_dict())  # any: JSON values have no static type
    print(one.to_dict())  # any: as above
    result.is_complete = True  # mypy: misc pyright: reportAttributeAccessIssue
    result.snapshots["db"] = None  # mypy: index pyright: reportIndexIssue
    result.failures.clear()  # mypy: attr-defined pyright: reportAttributeAccessIssue
    result.raise_for_failures("db")  # mypy: call-arg pyright: reportCallIssue
    result.to_dict(indent=2)  # mypy: call-arg pyright: reportCallIssue
    one.to_dict(indent=2)  # mypy: call-arg pyright: reportCallIssue
    one.status = "done"  # mypy: misc pyright: reportAttributeAccessIssue
    StepResult(one.step, "finished")  # mypy: arg-type pyright: reportArgumentType
    RunResult(result.run)  # mypy: call-arg pyright: reportCallIssue
    status: Status = "finished"  # mypy: assignment pyright: reportAssignmentType
    del status


def many(plan: BackupPlan, run: Run, clients: RegionalClients, client: LightsailSnapClient, executor: Executor, now: datetime) -> None:
    assert_type(apply_many([plan, run], client_factory=clients), FleetResult)
    apply_many([plan], client_factory={"prod": clients}, executor=executor, now=now, on_plan=print)
    apply_many(plan)  # mypy: arg-type pyright: reportArgumentType
    apply_many([plan], client_factory=client)  # mypy: arg-type pyright: reportArgumentType
    apply_many([plan], clients)  # mypy: call-arg pyright: reportCallIssue
    apply_many(["nightly.toml"])  # mypy: list-item pyright: reportArgumentType


def fleet_results(result: FleetResult, one: PlanOutcome) -> None:
    assert_type(result.outcomes, tuple[PlanOutcome, ...])
    assert_type(result.is_complete, bool)
    assert_type(result.snapshots, Mapping[str, DiskSnapshot | InstanceSnapshot])
    assert_type(result.failures, Mapping[str, LightsailSnapError])
    assert_type(one.key, str)
    assert_type(one.is_complete, bool)
    assert_type(one.result, RunResult | None)
    result.raise_for_failures()
    print(result.to_dict())  # any: JSON values have no static type
    result.is_complete = True  # mypy: misc pyright: reportAttributeAccessIssue
    result.snapshots = {}  # mypy: misc pyright: reportAttributeAccessIssue
    result.failures = {}  # mypy: misc pyright: reportAttributeAccessIssue
    result.raise_for_failures("db")  # mypy: call-arg pyright: reportCallIssue
    result.to_dict(indent=2)  # mypy: call-arg pyright: reportCallIssue
    one.key = "nightly"  # mypy: misc pyright: reportAttributeAccessIssue
    one.is_complete = True  # mypy: misc pyright: reportAttributeAccessIssue
    one.result.run  # mypy: union-attr pyright: reportOptionalMemberAccess
    PlanOutcome(result=None)  # mypy: call-arg pyright: reportCallIssue
    FleetResult([one])  # mypy: arg-type pyright: reportArgumentType


def prune_results(planned: RetentionPlan[DiskSnapshot | InstanceSnapshot], client: LightsailSnapClient, disk: Disk) -> None:
    assert_type(prune(planned, client, on_snapshot=on_pruned), PruneResult)
    prune(planned)  # mypy: call-arg pyright: reportCallIssue
    prune(planned.delete, client)  # mypy: arg-type pyright: reportArgumentType
    prune(planned, client, on_snapshot=on_step_result)  # mypy: arg-type pyright: reportArgumentType
    PrunedSnapshot(disk, "done")  # mypy: arg-type pyright: reportArgumentType
    PrunedSnapshot(planned.delete[0], "deleted")  # mypy: arg-type pyright: reportArgumentType
    PruneResult([])  # mypy: arg-type pyright: reportArgumentType


def what_is_gone(result: PruneResult, one: PrunedSnapshot) -> None:
    assert_type(result.results, tuple[PrunedSnapshot, ...])
    assert_type(result.is_complete, bool)
    assert_type(result.failures, Mapping[str, LightsailSnapError])
    assert_type(one.snapshot, DiskSnapshot | InstanceSnapshot)
    assert_type(one.status, Status)
    result.raise_for_failures()
    print(one.to_dict())  # any: JSON values have no static type
    result.is_complete = True  # mypy: misc pyright: reportAttributeAccessIssue
    result.failures = {}  # mypy: misc pyright: reportAttributeAccessIssue
    result.raise_for_failures(1)  # mypy: call-arg pyright: reportCallIssue
    result.snapshots  # mypy: attr-defined pyright: reportAttributeAccessIssue
    one.to_dict(1)  # mypy: call-arg pyright: reportCallIssue


def made_for_region(region_name: str) -> LightsailSnapClient:
    return LightsailSnapClient(region_name=region_name)


def connected(clients: RegionalClients) -> None:
    assert_type(regional_clients(profile_name="backup", wait_policy=WaitPolicy()), RegionalClients)
    assert_type(assume_role_clients("arn:aws:iam::123456789012:role/backup", external_id="x"), RegionalClients)
    assert_type(clients("us-east-1"), LightsailSnapClient)
    factory: ClientFactory = made_for_region
    factory = clients
    clients.close()
    with regional_clients() as opened:
        assert_type(opened, RegionalClients)
    regional_clients("us-east-1")  # mypy: call-arg pyright: reportCallIssue
    regional_clients(max_attempts="10")  # mypy: arg-type pyright: reportArgumentType
    assume_role_clients()  # mypy: call-arg pyright: reportCallIssue
    assume_role_clients("arn:aws:iam::123456789012:role/backup", "x")  # mypy: call-arg pyright: reportCallIssue
    clients.close("us-east-1")  # mypy: call-arg pyright: reportCallIssue
    clients(region="us-east-1")  # mypy: call-arg pyright: reportCallIssue
    RegionalClients()  # mypy: call-arg pyright: reportCallIssue
    other: ClientFactory = LightsailSnapClient()  # mypy: assignment pyright: reportAssignmentType
    del factory, other
