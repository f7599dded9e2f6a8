"""Type-check the public names of submodules. This file is never run.

A line that must be rejected names the error codes: `# mypy: ... pyright: ...`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any, NoReturn

from typing_extensions import assert_type

from lightsail_snap import (
    AddOnRequest,
    AddOnType,
    Response,
    AsyncPaginator,
    Boto3Client,
    Boto3Session,
    Clock,
    ConfigurationError,
    Disk,
    DiskMap,
    DiskSnapshot,
    GetDiskRequest,
    GetDisksResult,
    GroupProgress,
    VirtualClock,
    LightsailSnapError,
    OpenEnum,
    OperationStatus,
    PagedResult,
    Paginator,
    RetentionPlan,
    SystemClock,
    Transport,
    WaitFailedError,
    WaitPolicy,
    WaitProgress,
)
from lightsail_snap.cli import entry, main
from lightsail_snap.errors import detached, safe_text
from lightsail_snap.models.add_ons import AddOns
from lightsail_snap.models.enums import Known
from lightsail_snap.models.instance_snapshots import AttachedDiskMapping
from lightsail_snap.models.names import (
    AvailabilityZone,
    DiskSize,
    ExistingTagKey,
    NewResourceName,
    NonEmptyString,
    OperationId,
    PageToken,
    RegionInput,
    ResourceArn,
    ResourceName,
    TagKey,
    TagValue,
    TimeOfDay,
)
from lightsail_snap.models.source import DiskSource, SourcedRequest, WireSource, restored_from
from lightsail_snap.retention import (
    AnySnapshot,
    Count,
    Duration,
    GroupBy,
    Ownership,
    SnapshotT,
    TagSpecs,
    TimeZone,
)
from lightsail_snap.waiters import PollResultT, percent_of, state_of
from lightsail_snap.notebook import load_ipython_extension, unload_ipython_extension


def names() -> None:
    strings: tuple[NewResourceName, ResourceName, OperationId, PageToken, ResourceArn] = ("a", "b", "c", "d", "e")
    locations: tuple[AvailabilityZone, RegionInput, TimeOfDay] = ("us-east-2a", "us-east-2", "06:00")
    labels: tuple[TagKey, TagValue, ExistingTagKey, NonEmptyString] = ("env", "prod", "env", "x")
    size: DiskSize = 8
    new: NewResourceName = b"db"  # mypy: assignment pyright: reportAssignmentType
    name: ResourceName = b"db"  # mypy: assignment pyright: reportAssignmentType
    operation: OperationId = 5  # mypy: assignment pyright: reportAssignmentType
    token: PageToken = None  # mypy: assignment pyright: reportAssignmentType
    arn: ResourceArn = 5  # mypy: assignment pyright: reportAssignmentType
    zone: AvailabilityZone = 5  # mypy: assignment pyright: reportAssignmentType
    region: RegionInput = None  # mypy: assignment pyright: reportAssignmentType
    hour: TimeOfDay = 6  # mypy: assignment pyright: reportAssignmentType
    key: TagKey = None  # mypy: assignment pyright: reportAssignmentType
    value: TagValue = None  # mypy: assignment pyright: reportAssignmentType
    known: ExistingTagKey = 5  # mypy: assignment pyright: reportAssignmentType
    text: NonEmptyString = None  # mypy: assignment pyright: reportAssignmentType
    large: DiskSize = "8"  # mypy: assignment pyright: reportAssignmentType
    print(strings, locations, labels, size)
    print(new, name, operation, token, arn, zone, region, hour, key, value, known, text, large)


def request_parts(request: SourcedRequest[GetDisksResult], source: DiskSource) -> None:
    add_ons: AddOns = (AddOnRequest(add_on_type=AddOnType.AUTO_SNAPSHOT),)
    mapping: AttachedDiskMapping = {"web-1": (DiskMap(new_disk_name="db"),)}
    wrong: AddOns = ("AutoSnapshot",)  # mypy: assignment pyright: reportAssignmentType
    other: AttachedDiskMapping = {"web-1": ("db",)}  # mypy: dict-item pyright: reportAssignmentType
    wire = WireSource({"disk": {"disk_name": "diskName"}})
    plain: SourcedRequest[GetDisksResult] = source  # mypy: assignment pyright: reportAssignmentType
    request.read_result(5)  # mypy: arg-type pyright: reportArgumentType
    assert_type(restored_from("diskSnapshotName", "sourceDiskName"), WireSource)
    restored_from("diskSnapshotName")  # mypy: call-arg pyright: reportCallIssue
    WireSource({"disk": "diskName"})  # mypy: dict-item pyright: reportArgumentType
    del add_ons, mapping, wrong, other, wire, plain


def wire_parts(table: WireSource, source: DiskSource) -> None:
    assert_type(table.members, frozenset[str])
    print(table.flatten(source))  # any: JSON values have no static type
    table.gather({"diskName": "a"})  # any: as above
    table.members = frozenset()  # mypy: misc pyright: reportAttributeAccessIssue
    table.flatten("a")  # mypy: arg-type pyright: reportArgumentType
    table.gather(b"{}")  # mypy: arg-type pyright: reportArgumentType


class Weather(OpenEnum):
    SUNNY = Known("Sunny")
    RAINY = Known(5)  # mypy: arg-type pyright: reportArgumentType


def enumerations(member: OpenEnum, status: OperationStatus) -> None:
    assert_type(Weather.SUNNY, Weather)
    assert_type(member.value, str)
    assert_type(status.is_known, bool)
    assert_type(OperationStatus.known_values(), tuple[OperationStatus, ...])
    status.value = "x"  # mypy: misc pyright: reportAttributeAccessIssue
    status.is_known = True  # mypy: misc pyright: reportAttributeAccessIssue
    OperationStatus.known_values(5)  # mypy: call-arg pyright: reportCallIssue


def progress_values(snapshot: DiskSnapshot, disk: Disk) -> None:
    assert_type(state_of(disk), OpenEnum | None)
    assert_type(percent_of(snapshot), int | None)
    state_of("db")  # mypy: arg-type pyright: reportArgumentType
    percent_of("50%")  # mypy: arg-type pyright: reportArgumentType


def last_resource(progress: WaitProgress[PollResultT]) -> PollResultT | None:
    return progress.resource


def not_a_resource(progress: WaitProgress[PollResultT]) -> PollResultT | None: return progress  # mypy: return-value pyright: reportReturnType


def policies(policy: WaitPolicy, all_of_them: GroupProgress) -> None:
    assert_type(policy.limit("policy"), float | None)
    assert_type(policy.delay(1), float)
    assert_type(all_of_them.pending, int)
    policy.limit()  # mypy: call-arg pyright: reportCallIssue
    policy.limit("for ever")  # mypy: arg-type pyright: reportArgumentType
    policy.delay("1")  # mypy: arg-type pyright: reportArgumentType
    all_of_them.pending = 0  # mypy: misc pyright: reportAttributeAccessIssue


def failed(error: WaitFailedError) -> None:
    assert_type(error.error_code, str | None)
    assert_type(error.error_details, str | None)
    error.error_code = "x"  # mypy: misc pyright: reportAttributeAccessIssue
    error.error_details = "x"  # mypy: misc pyright: reportAttributeAccessIssue


def error_functions(error: LightsailSnapError) -> None:
    assert_type(detached(error), LightsailSnapError)
    assert_type(safe_text(ValueError("x")), str)
    detached(ValueError("x"))  # mypy: arg-type pyright: reportArgumentType
    safe_text("x")  # mypy: arg-type pyright: reportArgumentType
    detached(ConfigurationError("x")).code  # mypy: attr-defined pyright: reportAttributeAccessIssue


def clocks(clock: Clock, virtual: VirtualClock, system: SystemClock) -> None:
    assert_type((clock.time(), virtual.time(), system.time()), tuple[float, float, float])
    assert_type((clock.monotonic(), virtual.monotonic(), system.monotonic()), tuple[float, float, float])
    clock.sleep(1)
    virtual.sleep(0.5)
    system.sleep(0)
    clock.time(5)  # mypy: call-arg pyright: reportCallIssue
    clock.monotonic(5)  # mypy: call-arg pyright: reportCallIssue
    clock.sleep("1")  # mypy: arg-type pyright: reportArgumentType
    virtual.time(5)  # mypy: call-arg pyright: reportCallIssue
    virtual.monotonic(5)  # mypy: call-arg pyright: reportCallIssue
    virtual.sleep(timedelta(seconds=1))  # mypy: arg-type pyright: reportArgumentType
    system.time(5)  # mypy: call-arg pyright: reportCallIssue
    system.monotonic(5)  # mypy: call-arg pyright: reportCallIssue
    system.sleep()  # mypy: call-arg pyright: reportCallIssue


def connections(transport: Transport, client: Boto3Client, session: Boto3Session, request: GetDiskRequest) -> None:
    assert_type(transport.send(request), Response)
    transport.close()
    assert_type(client.meta, object)
    assert_type(client.create_disk_snapshot(diskName="a"), object)
    print(session.client("lightsail"))  # any: boto3 creates clients at run time
    transport.send({"diskName": "a"})  # mypy: arg-type pyright: reportArgumentType
    transport.close(5)  # mypy: call-arg pyright: reportCallIssue
    client.meta = None  # mypy: misc pyright: reportAttributeAccessIssue
    client.create_disk_snapshot = None  # mypy: misc,assignment pyright: reportAttributeAccessIssue
    session.client = None  # mypy: misc,assignment pyright: reportAttributeAccessIssue


def pages(paginator: Paginator[Disk, GetDisksResult], page: PagedResult[Disk]) -> None:
    assert_type(page.items, tuple[Disk, ...])
    assert_type([each.items for each in paginator.pages()], list[tuple[Disk, ...]])
    page.items = ()  # mypy: misc pyright: reportAttributeAccessIssue
    paginator.pages(5)  # mypy: call-arg pyright: reportCallIssue
    assert_type(paginator.first(), Disk | None)
    paginator.first(1)  # mypy: call-arg pyright: reportCallIssue
    assert_type(paginator.list(), list[Disk])
    paginator.list(1)  # mypy: call-arg pyright: reportCallIssue


async def pages_at_once(paginator: AsyncPaginator[Disk, GetDisksResult]) -> None:
    async for page in paginator.pages():
        assert_type(page, GetDisksResult)
    assert_type(await paginator.first(), Disk | None)
    await paginator.first(1)  # mypy: call-arg pyright: reportCallIssue
    assert_type(await paginator.list(), list[Disk])
    await paginator.list(1)  # mypy: call-arg pyright: reportCallIssue
    for wrong in paginator.pages(): print(wrong)  # mypy: attr-defined pyright: reportGeneralTypeIssues


def kept(plan: RetentionPlan[DiskSnapshot], disk: Disk) -> None:
    assert_type(plan.keep, tuple[DiskSnapshot, ...])
    assert_type(plan.delete, tuple[DiskSnapshot, ...])
    print(plan.to_dict())  # any: JSON values have no static type
    plan.keep = ()  # mypy: misc pyright: reportAttributeAccessIssue
    plan.delete = ()  # mypy: misc pyright: reportAttributeAccessIssue
    plan.to_dict(indent=2)  # mypy: call-arg pyright: reportCallIssue
    snapshot: AnySnapshot = disk  # mypy: assignment pyright: reportAssignmentType
    del snapshot


def is_mine(snapshot: AnySnapshot) -> bool:
    return snapshot.name.startswith("mine-")


def first(snapshots: Iterable[SnapshotT]) -> SnapshotT:
    return next(iter(snapshots))


def not_first(snapshots: Iterable[SnapshotT]) -> SnapshotT: return snapshots  # mypy: return-value pyright: reportReturnType


def rules() -> None:
    counts: tuple[Count, Count, Count] = (7, "all", None)
    spans: tuple[Duration, Duration] = ("30d", None)
    zones: tuple[TimeZone, TimeZone] = ("Europe/Berlin", "UTC")
    specs: TagSpecs = ("keep", "env=prod")
    groups: tuple[GroupBy, GroupBy] = ("source", "none")
    mine: Ownership = is_mine
    count: Count = "most"  # mypy: assignment pyright: reportAssignmentType
    span: Duration = 30  # mypy: assignment pyright: reportAssignmentType
    zone: TimeZone = 1  # mypy: assignment pyright: reportAssignmentType
    spec: TagSpecs = {"env": "prod"}  # mypy: assignment pyright: reportAssignmentType
    group: GroupBy = "tag"  # mypy: assignment pyright: reportAssignmentType
    accepted: Ownership = "mine-"  # mypy: assignment pyright: reportAssignmentType
    print(counts, spans, zones, specs, groups, mine, count, span, zone, spec, group, accepted)


def commands() -> None:
    assert_type(main(["list"]), int)
    end: Callable[[], NoReturn] = entry
    main("list", "--json")  # mypy: call-arg pyright: reportCallIssue
    main(["list", 5])  # mypy: list-item pyright: reportArgumentType
    entry(["list"])  # mypy: call-arg pyright: reportCallIssue
    del end


def in_notebooks(shell: Any) -> None:
    load_ipython_extension(shell)  # any: IPython is no dependency
    unload_ipython_extension(shell)  # any: as above
    load_ipython_extension()  # mypy: call-arg pyright: reportCallIssue
    unload_ipython_extension(shell, 5)  # mypy: call-arg pyright: reportCallIssue
