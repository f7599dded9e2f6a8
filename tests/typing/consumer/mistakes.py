"""Mistakes that users make, one in a line. Type checkers read this file; nothing runs it as a whole.

A comment `mistake:` with a title marks each line that a checker should reject. A second part, after
a bar, names the checkers that miss it, or `all`; a third gives the reason, and a fourth what happens
at run time: the class of an exception, or a text. No checker may reject any other line.
`mistakes_table.py` reads these comments, and `test_mistakes.py` checks them.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Iterator

from lightsail_snap import (
    AsyncLightsailSnapClient,
    CreateDiskSnapshotRequest,
    Disk,
    DiskSnapshot,
    DiskSnapshotState,
    DiskSource,
    DiskState,
    GetDisksRequest,
    GetDiskSnapshotsResult,
    GetDisksResult,
    GroupProgress,
    InstanceSnapshot,
    InstanceSource,
    LightsailSnapClient,
    LightsailSnapError,
    ManualSnapshotSource,
    NotFoundException,
    Operation,
    OperationStatus,
    PagedResult,
    Paginator,
    PartialFailureError,
    Request,
    RetentionPolicy,
    Scope,
    ServiceError,
    SnapshotSource,
    Tag,
    WaitFailedError,
    WaitPolicy,
    WaitProgress,
    fsfreeze,
    plan_retention,
)
from lightsail_snap.emulator import Fault, FaultKind, LightsailEmulator, Progression
from lightsail_snap.plans import BackupPlan, Run, Selection, apply, prepare, prune


def connect() -> None:
    """Clients."""

    LightsailSnapClient("us-east-1")  # mistake: a Region where the boto3 client belongs
    LightsailSnapClient(region="us-east-1")  # mistake: `region` for `region_name`
    LightsailSnapClient(wait_policy=3600)  # mistake: seconds for a wait policy
    LightsailSnapClient(timeout=60)  # mistake: a parameter that exists on waits only
    WaitPolicy(timeout="1h")  # mistake: a string for a time limit
    with AsyncLightsailSnapClient() as client:  # mistake: `with` for `async with`
        pass
    LightsailSnapClient().region_name = "eu-west-1"  # mistake: an assignment to the client's Region
    with LightsailSnapClient() as opened:
        del opened


def take(client: LightsailSnapClient, disk: Disk, snapshot: DiskSnapshot, tag: Tag) -> None:
    """Arguments."""

    source = DiskSource(disk_name=disk.name)
    client.take_disk_snapshot("db")  # mistake: no source
    client.take_disk_snapshot("db", disk)  # mistake: a disk for its source
    client.take_disk_snapshot("db", disk.name)  # mistake: the name of a disk for a source
    client.take_disk_snapshot("db", {"disk_name": "data"})  # mistake: a dict for a source
    client.take_disk_snapshot(source, "db")  # mistake: the first two arguments exchanged
    client.take_disk_snapshot("db", source, {"env": "prod"})  # mistake: tags by position
    client.take_disk_snapshot("db", source, tags="env=prod")  # mistake: a string for tags
    client.take_disk_snapshot("db", source, tags=tag)  # mistake: one tag where several belong
    client.take_disk_snapshot("db", source, tags={"build": 7})  # mistake: a number as the value of a tag
    client.take_disk_snapshot("db", source, tags=["env"])  # mistake: strings in a list of tags
    client.take_disk_snapshot("db", source, tags=[{"key": "env"}])  # mistake: boto3's dicts for tags
    client.take_disk_snapshot("db", source, timeout="1h")  # mistake: a string for a timeout
    client.take_disk_snapshot("db", source, on_progress=print())  # mistake: the result of `print()` for `print` | missed by: all | `None` is valid: it stands for no callback | no progress is reported
    client.take_disk_snapshot("db", source, quiesce=fsfreeze)  # mistake: a function for the pause that it returns
    client.take_disk_snapshot("db", source, diskName="data")  # mistake: boto3's camelCase parameter
    client.take_disk_snapshots([source])  # mistake: sources for requests
    client.take_disk_snapshots(requests=[("db", source)])  # mistake: tuples for requests
    client.take_disk_snapshots([], concurrency="4")  # mistake: a string for a number
    client.take_instance_snapshot("web", InstanceSource(instance_name="web-1"))  # mistake: a source for a name
    client.restore_disk("db", ManualSnapshotSource(snapshot_name="db"))  # mistake: a missing keyword-only parameter
    client.restore_disk("db", source, availability_zone="us-east-1a")  # mistake: a disk to restore from
    client.get_disk_snapshot(snapshot)  # mistake: a snapshot for its name
    client.get_disk_snapshot(b"db")  # mistake: bytes for a name
    client.get_disk_snapshot(None)  # mistake: None for a name
    client.delete_disk_snapshot("db", True)  # mistake: a flag by position
    client.delete_auto_snapshot("data", "2026-11-23")  # mistake: a string for a date
    client.wait_for_disk("data", state="available")  # mistake: a string for an enumeration
    client.wait_for_disk("data", state=DiskSnapshotState.COMPLETED)  # mistake: a member of another enumeration
    client.wait_for_operation(snapshot)  # mistake: a snapshot for an operation
    client.tag_resource("db", "env")  # mistake: a string for tags of a resource
    client.untag_resource("db", "env")  # mistake: one string where several belong
    client.wait_for_disk_snapshots("db")  # mistake: one name where several belong
    client.tag_resource("db", None)  # mistake: None for tags that are required
    client.list_disk_snapshots()  # mistake: a method that does not exist
    client.take_disk_snapshot("db", source, tags={"env": "prod", "key-only": None}, timeout=60)


def progress_of_disk(progress: WaitProgress[Disk]) -> None:
    del progress


def progress_of_snapshot(progress: WaitProgress[DiskSnapshot]) -> None:
    del progress


def progress_without_parameters() -> None:
    pass


async def progress_async(progress: GroupProgress) -> None:
    del progress


def callbacks(client: LightsailSnapClient) -> None:
    """Callbacks."""

    source = DiskSource(disk_name="data")
    client.wait_for_disk_snapshot("db", on_progress=progress_of_disk)  # mistake: a callback for another resource
    client.wait_for_disk_snapshot("db", on_progress=progress_without_parameters)  # mistake: a callback without parameters
    client.wait_for_disk_snapshot("db", on_progress=lambda a, b: None)  # mistake: a callback with too many parameters
    client.take_disk_snapshot("db", source, on_progress=progress_of_snapshot)  # mistake: a callback that does not accept operations
    client.wait_for_disk_snapshots([], on_progress=progress_of_snapshot)  # mistake: a callback for one resource in a wait for several
    client.wait_for_disk_snapshots([], on_progress=progress_async)  # mistake: an async callback | missed by: all | a callback may return any object, so also a coroutine | RequestValidationError
    client.wait_for_disk_snapshot("db", on_progress=lambda progress: print(progress.percentage))  # mistake: a wrong attribute in a lambda
    client.wait_for_disk_snapshot("db", on_progress=progress_of_snapshot)


def read(client: LightsailSnapClient, snapshot: DiskSnapshot, operation: Operation) -> None:
    """Attributes and None."""

    print(snapshot.sizeInGb)  # mistake: boto3's camelCase attribute
    print(snapshot["name"])  # mistake: a model used as a dict
    print(snapshot.disk_name)  # mistake: an attribute of the request
    print(client.get_disk_snapshot("db").name)  # mistake: an attribute of the snapshot, read from the result
    print(client.get_disk_snapshot("db")["diskSnapshot"])  # mistake: a result used as a dict
    print(snapshot.created_at.isoformat())  # mistake: an unhandled None: the date
    print(snapshot.size_in_gb * 2)  # mistake: an unhandled None: the size
    print(snapshot.location.region_name)  # mistake: an unhandled None: the location
    print(client.find_disk_snapshot("db").name)  # mistake: an unhandled None: a resource that may not exist
    print(client.iter_disk_snapshots().first().name)  # mistake: an unhandled None: the first of a listing
    print(snapshot.tags["env"])  # mistake: tags used as a dict
    print(operation.name)  # mistake: an operation has no name
    print(operation.status.value)  # mistake: an unhandled None: the status
    if snapshot.created_at is not None:
        print(snapshot.created_at > dt.date(2026, 11, 23))  # mistake: a moment compared with a date | missed by: mypy, pyright, basedpyright, ty | every `datetime` is a `date` | TypeError
        print(snapshot.created_at > 1_700_000_000)  # mistake: a moment compared with epoch seconds
        print(snapshot.created_at.isoformat(), snapshot.created_at - 60)  # mistake: a moment minus a number
    for page in client.iter_disk_snapshots().pages():
        print(page.disks)  # mistake: an attribute of another page
        print(page.name)  # mistake: an attribute of the item, read from the page
    for disk in client.iter_disks():
        print(disk.from_disk_name)  # mistake: an attribute of another resource
    print(client.iter_disk_snapshots()[0])  # mistake: an index into a paginator
    print(len(client.iter_disk_snapshots()))  # mistake: the length of a paginator
    print(snapshot.name, snapshot.state, [tag.key for tag in snapshot.tags])


def compare(client: LightsailSnapClient, snapshot: DiskSnapshot, operation: Operation) -> None:
    """Comparisons and filters."""

    # Place for predicates: `snapshot.is_complete` for `is_completed` would be caught.
    print(snapshot.state == "complete")  # mistake: a typo in a compared state | missed by: all | a state is a string, and may be one that this version does not know | the comparison is false
    print(snapshot.state == DiskSnapshotState.COMPLETE)  # mistake: a typo in a member
    print(snapshot.state == DiskState.AVAILABLE)  # mistake: a comparison with a member of another enumeration | missed by: pyright, basedpyright, pyrefly, ty | both are subclasses of `str`, so they could be equal | the comparison is false
    print(operation.status == OperationStatus.SUCCEEDED.COMPLETE)  # mistake: a member of a member
    print(snapshot.state is DiskSnapshotState.COMPLETED.name)  # mistake: `name`, which enumerations of the standard library have
    print(snapshot.state in "completed")  # mistake: `in` for `==`
    print(snapshot == snapshot.name)  # mistake: a snapshot compared with a name | missed by: pyrefly, ty | they do not report comparisons that are always false | the comparison is false
    client.iter_disk_snapshots(state="complete")  # mistake: a typo in the state of a filter | missed by: all | the parameter accepts every string, for states that this version does not know | the filter selects nothing
    client.iter_disk_snapshots(state=DiskState.AVAILABLE)  # mistake: a member of another enumeration in a filter | missed by: all | it is a `str`, and the parameter accepts every string | the filter selects nothing
    client.iter_disk_snapshots(tags=[Tag(key="env")])  # mistake: a list of tags in a filter
    client.iter_disk_snapshots(source="data")  # mistake: a name for the source of a filter
    client.iter_disks(states=[DiskState.AVAILABLE])  # mistake: a filter that does not exist
    print(snapshot.state == DiskSnapshotState.COMPLETED, operation.status == "Succeeded")


def change(snapshot: DiskSnapshot, request: CreateDiskSnapshotRequest, policy: RetentionPolicy) -> None:
    """Frozen models."""

    snapshot.name = "other"  # mistake: an assignment to a field of a result
    request.tags = ()  # mistake: an assignment to a field of a request
    policy.keep_daily = 3  # mistake: an assignment to a field of a policy
    del snapshot.state  # mistake: a deleted field | missed by: mypy, ty | they check assignments to frozen fields, and not their deletion | ValidationError
    snapshot.tags.append(Tag(key="env"))  # mistake: a change of the tags of a result
    snapshot.tags[0] = Tag(key="env")  # mistake: an assignment to a tag
    request.model_copy(update={"disk_snapshot_nam": "db"})  # mistake: a typo in `model_copy` | missed by: all | the type of `update` is a mapping of any keys and values, since pydantic declares it | sending the copy raises RequestValidationError
    print({snapshot, request})


def build(source: SnapshotSource, snapshot: DiskSnapshot) -> None:
    """Construction of models."""

    DiskSource(disk_name="a", instance_name="b")  # mistake: both sources at the same time
    DiskSource(name="a")  # mistake: a field of another name
    DiskSource(disk_name=5)  # mistake: a number for a name
    DiskSource()  # mistake: a source without its name
    InstanceSource(disk_name="a")  # mistake: the field of the other source
    CreateDiskSnapshotRequest(disk_snapshot_name="db")  # mistake: a request without a source
    CreateDiskSnapshotRequest("db", source)  # mistake: fields of a request by position
    CreateDiskSnapshotRequest(disk_snapshot_name="db", source=ManualSnapshotSource(snapshot_name="a"))  # mistake: a snapshot as the source of a snapshot
    CreateDiskSnapshotRequest(disk_snapshot_name="-db!", source=source)  # mistake: a name that breaks a rule | missed by: all | a type does not describe a pattern | RequestValidationError
    Tag("env", "prod", "db")  # mistake: more values than a tag has fields
    Tag(key="env", value=True)  # mistake: a boolean as the value of a tag
    print(source.disk_name)  # mistake: an attribute that only one of two sources has
    DiskSnapshot(name="db", state=5)  # mistake: a number for a state | missed by: pyrefly, ty | they accept every value that pydantic might convert | ResponseValidationError
    DiskSnapshot(name="db", sise_in_gb=8)  # mistake: a typo in a field of a result | missed by: pyrefly, ty | results keep unknown fields | the field is in `model_extra`
    DiskSnapshot(name="db", created_at="yesterday")  # mistake: a string for a moment | missed by: pyrefly, ty | they accept every value that pydantic might convert | ResponseValidationError
    CreateDiskSnapshotRequest(disk_snapshot_name="db", source=source, tags={"env": "prod"})
    DiskSnapshot(name=snapshot.name, state=DiskSnapshotState.COMPLETED)


def page_types(client: LightsailSnapClient) -> Iterator[Disk]:
    """Pages and generic types."""

    snapshots: PagedResult[Disk] = client.get_disk_snapshots()  # mistake: a page of another resource
    disks: GetDisksResult = client.get_disk_snapshots()  # mistake: the result of another operation
    result: Request[GetDiskSnapshotsResult] = GetDisksRequest()  # mistake: a request of another result
    sent: GetDiskSnapshotsResult = client.send(GetDisksRequest())  # mistake: the result of another request
    all_disks: Paginator[Disk, GetDiskSnapshotsResult] = client.iter_disks()  # mistake: a paginator over other pages
    client.send(GetDisksResult())  # mistake: a result where a request belongs
    client.send(GetDisksRequest)  # mistake: a class where its instance belongs
    client.get_disks(page_token=client.get_disks())  # mistake: a page for its token
    client.get_disks("token")  # mistake: a page token by position
    yield from client.iter_disk_snapshots()  # mistake: items of another resource
    yield from client.iter_disks()
    del snapshots, disks, result, sent, all_disks


async def awaiting(client: AsyncLightsailSnapClient, other: LightsailSnapClient) -> None:
    """Async code."""

    client.delete_disk_snapshot("db")  # mistake: a forgotten `await` of a call
    print(client.get_disk("data").disk)  # mistake: a forgotten `await` before an attribute
    found: Disk | None = client.find_disk("data")  # mistake: a forgotten `await` in an assignment
    if client.find_disk("data"):  # mistake: a forgotten `await` in a condition | missed by: mypy | `--strict` does not include the error code `truthy-bool` | the condition is true
        pass
    await other.delete_disk_snapshot("db")  # mistake: `await` of a method that is not async
    for _ in client.iter_disks():  # mistake: `for` for `async for`
        pass
    async for _ in other.iter_disks():  # mistake: `async for` for `for`
        pass
    await client.iter_disks()  # mistake: `await` of a paginator
    disks = [*client.iter_disks()]  # mistake: an async paginator unpacked
    async with other:  # mistake: `async with` for `with`
        pass
    asyncio.run(client.close)  # mistake: a method where its coroutine belongs
    prune(RetentionPolicy(time_zone="UTC", keep_daily=7), client)  # mistake: an async client for a synchronous function
    await client.delete_disk_snapshot("db")
    del found, disks


def errors(client: LightsailSnapClient) -> None:
    """Errors."""

    try:
        client.get_disk("data")
    except NotFoundException as error:
        print(error.status_code)  # mistake: an attribute of another library's error
    except WaitFailedError as error:
        print(error.snapshot.name)  # mistake: an unhandled None: the snapshot of an error
    except PartialFailureError as error:
        print(error.failures[0])  # mistake: an index into failures, which are named
        print(error.successes["db"].size_in_gb)  # mistake: an attribute that only some resources have
    except LightsailSnapError as error:
        print(error.request_id)  # mistake: an attribute that only some errors have
    raise NotFoundException("gone")  # mistake: an error without its required fields


def catch(client: LightsailSnapClient) -> None:
    """Errors."""

    try:
        client.get_disk("data")
    except client.exceptions.NotFoundException:  # mistake: boto3's exceptions of a client
        pass
    except (ServiceError, "NotFoundException"):  # mistake: the name of an exception
        pass


def plans(client: LightsailSnapClient, plan: BackupPlan, run: Run, now: dt.datetime) -> None:
    """Retention and plans."""

    RetentionPolicy(time_zone="UTC", keep_daily=7, keep_tagged="env=prod")  # mistake: one string for a list of tags
    RetentionPolicy(keep_daily=7)  # mistake: a policy without its time zone
    RetentionPolicy(time_zone="UTC", keep_dialy=7)  # mistake: a typo in a rule
    RetentionPolicy(time_zone="UTC", keep_daily="seven")  # mistake: a string for a count
    RetentionPolicy(time_zone="UTC", keep_within=7)  # mistake: a number for a duration
    RetentionPolicy(time_zone="Mars/Olympus", keep_daily=7)  # mistake: a time zone that does not exist | missed by: all | the name of a time zone is a string | RequestValidationError
    RetentionPolicy(time_zone="UTC")  # mistake: a policy that would keep nothing | missed by: all | each rule is optional; a type cannot require one of them | RequestValidationError
    plan_retention(client.iter_disk_snapshots(), plan.retention, now)  # mistake: an unhandled None: the policy of a plan
    plan_retention(client.iter_disks(), RetentionPolicy(time_zone="UTC", keep_last=1), now)  # mistake: disks for snapshots
    plan_retention(client.iter_disk_snapshots(), RetentionPolicy(time_zone="UTC", keep_last=1))  # mistake: no present time
    plan_retention(client.iter_disk_snapshots(), RetentionPolicy(time_zone="UTC", keep_last=1), now, owned="nightly")  # mistake: a name for a predicate
    prune(RetentionPolicy(time_zone="UTC", keep_daily=7), client, scope="nightly")  # mistake: a name for a scope
    prune(client, RetentionPolicy(time_zone="UTC", keep_daily=7), scope=Scope(owner="nightly"))  # mistake: policy and client exchanged
    BackupPlan(name="nightly", region="us-east-1")  # mistake: a plan that selects nothing
    BackupPlan(name="nightly", region="us-east-1", select=Selection(kind="disks"))  # mistake: a kind that does not exist
    BackupPlan(name="nightly", region="us-east-1", select=Selection(kind="disk"), slot="fortnight")  # mistake: a slot that does not exist
    apply(plan, client)  # mistake: a plan for its run
    apply(run)  # mistake: no client
    apply(run, client).snapshots[0]  # mistake: an index into snapshots, which are named
    prepare(plan, client, now="2026-11-23")  # mistake: a string for the present time
    apply(prepare(plan, client, now=now), client)


def tests(emulator: LightsailEmulator) -> None:
    """Tests."""

    emulator.add_disk("data")  # mistake: a disk without a Region
    emulator.add_disk("data", "us-east-1")  # mistake: a Region by position
    emulator.inject(FaultKind.DROP)  # mistake: a kind of fault for a fault
    emulator.inject(Fault(kind="drop"))  # mistake: a string for a kind of fault
    Fault(FaultKind.DROP)  # mistake: a kind of fault by position
    emulator.progression = "instant"  # mistake: a string for a progression
    Progression.by_polls(snapshots=2)  # mistake: a parameter of another name
    emulator.inject(Fault(kind=FaultKind.DROP, operation="CreateDiskSnapshot"))


def copied(client: LightsailSnapClient) -> DiskSnapshot:
    """Pages and generic types."""

    source = ManualSnapshotSource(snapshot_name="db")
    client.copy("db", source)  # mistake: no Region to copy from
    copy: InstanceSnapshot = client.copy("db", source, source_region="us-east-1")  # mistake: one of two kinds of snapshots
    del copy
    return client.copy("db", source, source_region="us-east-1")  # mistake: a result that may be of another kind
