"""Roll a disk back to a snapshot: replace it by a disk that is restored from the snapshot.

Tags of the new disk, set when it is created, hold everything that a later call needs to continue or
undo the roll back: which disk it replaces, where that was attached, and whether the instance ran.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import partial
from typing import Any, NoReturn

from lightsail_snap._parameters import check_callback, invalid_parameter
from lightsail_snap._workflows.converge import (
    Change,
    attach_disk,
    converge,
    delete_disk,
    detach_disk,
    identity_of,
    impossible,
    start_instance,
    stop_instance,
)
from lightsail_snap._workflows.create_and_wait import OnProgress, create_and_wait
from lightsail_snap._workflows.create_once import CLIENT_TOKEN_KEY, Creation, token_tag
from lightsail_snap._workflows.effects import call, run_by_deadline
from lightsail_snap._workflows.ownership import has_tags
from lightsail_snap._workflows.resources import (
    SNAPSHOTS,
    disks,
    find_disk,
    find_disk_snapshot,
    find_instance,
)
from lightsail_snap._workflows.restore import MIN_SIZE_GB, disk_creation
from lightsail_snap._workflows.steps import OnStep, Steps, derive_name
from lightsail_snap._workflows.timing import RetryBudget, start
from lightsail_snap._workflows.waiting import wait_for
from lightsail_snap.errors import (
    LightsailSnapError,
    NameConflictError,
    NotFoundException,
    WaitFailedError,
)
from lightsail_snap.models import (
    AddOnRequest,
    AddOnType,
    AutoSnapshotAddOnRequest,
    AutoSnapshotSource,
    AutoSnapshotStatus,
    CreateDiskFromSnapshotRequest,
    Disk,
    DiskState,
    GetAutoSnapshotsRequest,
    GetDiskRequest,
    Instance,
    InstanceStateName,
    LatestAutoSnapshotSource,
    ManualSnapshotSource,
    RestoreSource,
    Tag,
)
from lightsail_snap.roll_back import RollBackPreview, RollBackResult
from lightsail_snap.waiters import WaitPolicy, WaitProgress

_PREFIX = "lightsail-snap:roll-back-"
DISK_KEY = f"{_PREFIX}disk"
ARN_KEY = f"{_PREFIX}disk-arn"
SNAPSHOT_KEY = f"{_PREFIX}snapshot"
INSTANCE_KEY = f"{_PREFIX}instance"
ATTACHMENT_KEY = f"{_PREFIX}attachment"
ORIGIN_KEY = f"{_PREFIX}origin"
_RUNNING, _STOPPED = "running", "stopped"
_ENABLED = "Enabled"

_DERIVED = re.compile(r"-rollback-[0-9a-f]{8}$")
_MAX_TAG_VALUE = 256
_MAX_TAGS = 50

# An instance that boots is about to run, and one that stops is about to be stopped.
_RAN: dict[InstanceStateName | None, bool] = {
    InstanceStateName.RUNNING: True,
    InstanceStateName.PENDING: True,
    InstanceStateName.STOPPED: False,
    InstanceStateName.STOPPING: False,
}


@dataclass(frozen=True, slots=True)
class Attachment:
    """Where the original disk was attached.

    Attributes:
        instance_name: The instance.
        path: The device path.
        ran: Whether the instance ran, so that it is started again.
    """

    instance_name: str
    path: str
    ran: bool

    def has(self, disk: Disk | None) -> bool:
        """Return whether a disk is attached there."""
        return disk is not None and (disk.attached_to, disk.path) == (self.instance_name, self.path)


@dataclass(frozen=True, slots=True)
class Record:
    """What the tags of a new disk record.

    Attributes:
        disk_name: The original disk.
        disk_arn: Its ARN, if the service reported it.
        snapshot: What the new disk is restored from.
        attachment: Where the original disk was attached; None if it was not.
        origin: The first disk of several that were rolled back in turn.
    """

    disk_name: str
    disk_arn: str | None
    snapshot: str
    attachment: Attachment | None
    origin: str

    @property
    def tags(self) -> tuple[Tag, ...]:
        """The tags."""
        values = {DISK_KEY: self.disk_name, ARN_KEY: self.disk_arn, SNAPSHOT_KEY: self.snapshot}
        if self.attachment is not None:
            state = _RUNNING if self.attachment.ran else _STOPPED
            values[INSTANCE_KEY] = self.attachment.instance_name
            values[ATTACHMENT_KEY] = f"{state} {self.attachment.path}"
        if self.origin != self.disk_name:
            values[ORIGIN_KEY] = self.origin
        return tuple(Tag(key, value) for key, value in values.items() if value is not None)

    @classmethod
    def of(cls, disk: Disk) -> Record | None:
        """Read the tags of a disk; None if it was not created by a roll back."""
        values = disk.tag_values
        name, instance_name = values.get(DISK_KEY), values.get(INSTANCE_KEY)
        if name is None:
            return None
        attachment = None
        if instance_name is not None:
            state, _, path = (values.get(ATTACHMENT_KEY) or "").partition(" ")
            if state not in {_RUNNING, _STOPPED} or not path:
                return None
            attachment = Attachment(instance_name, path, state == _RUNNING)
        snapshot, origin = values.get(SNAPSHOT_KEY) or "", values.get(ORIGIN_KEY) or name
        return cls(name, values.get(ARN_KEY), snapshot, attachment, origin)

    def is_of(self, original: Disk, new: Disk) -> bool:
        """Return whether a disk of the original's name is the original itself."""
        if self.disk_arn is not None and original.arn is not None:
            return self.disk_arn == original.arn
        times = original.created_at, new.created_at
        return times[0] is None or times[1] is None or times[0] <= times[1]


@dataclass(frozen=True, slots=True)
class RollBack:
    """Parameters of a roll back.

    Attributes:
        disk_name: The disk to roll back.
        source: The snapshot.
        new_disk_name: The name of the restored disk; None for one that follows from the token.
        delete_old_disk: Whether to delete the replaced disk at the end.
        allow_other_source: Whether the snapshot may be one of another disk.
        client_token: Identifies the call.
    """

    disk_name: str
    source: RestoreSource
    new_disk_name: str | None
    delete_old_disk: bool
    allow_other_source: bool
    client_token: str

    @property
    def new_name(self) -> str:
        """The name of the restored disk."""
        if self.new_disk_name is not None:
            return self.new_disk_name
        # A disk that was rolled back before does not get a second suffix.
        return derive_name(_DERIVED.sub("", self.disk_name), "rollback", self.client_token)

    @property
    def snapshot(self) -> str:
        """The snapshot, as a tag records it."""
        source = self.source
        if isinstance(source, ManualSnapshotSource):
            return source.snapshot_name
        date = (
            source.restore_date.isoformat() if isinstance(source, AutoSnapshotSource) else "latest"
        )
        return f"{source.resource_name} {date}"[:_MAX_TAG_VALUE]

    @property
    def snapshot_title(self) -> str:
        """The snapshot, for messages."""
        source = self.source
        match source:
            case ManualSnapshotSource():
                return f"snapshot {source.snapshot_name}"
            case AutoSnapshotSource():
                return f"the automatic snapshot of {source.resource_name} of {source.restore_date}"
            case _:
                return f"the latest automatic snapshot of {source.resource_name}"

    @property
    def resume(self) -> str:
        """The call that continues."""
        name = "" if self.new_disk_name is None else f"new_disk_name={self.new_disk_name!r}, "
        return f"roll_back_disk({self.disk_name!r}, ..., {name}client_token={self.client_token!r})"

    def check(self) -> None:
        """Validate everything that needs no call."""
        token_tag(self.client_token)
        GetDiskRequest(disk_name=self.disk_name)
        self.restore_request("us-east-1a", MIN_SIZE_GB, (), ())
        if self.new_name == self.disk_name:
            rule = "must differ from the disk that it replaces, which keeps its name"
            raise invalid_parameter("new_disk_name", rule, "pass another name", self.new_name)

    def restore_request(
        self, zone: str, size: int, tags: tuple[Tag, ...], add_ons: Iterable[AddOnRequest]
    ) -> CreateDiskFromSnapshotRequest:
        """Return the request that creates the new disk."""
        return CreateDiskFromSnapshotRequest(
            disk_name=self.new_name,
            source=self.source,
            availability_zone=zone,
            size_in_gb=size,
            tags=tags,
            add_ons=add_ons,
        )


class _Step(Enum):
    RESTORE = "restore"
    STOP = "stop"
    DETACH = "detach"
    ATTACH = "attach"
    START = "start"
    DELETE = "delete"


@dataclass(slots=True)
class _Swap:
    """Replacement of one disk by another: of the original by the new one, or the reverse.

    The resources are updated with every poll.

    Attributes:
        record: The record in the tags of the new disk.
        out_name: The disk to replace.
        into_name: The disk that replaces it.
        out: The disk to replace; None if it does not exist any more.
        into: The disk that replaces it; None if it does not exist yet.
        instance: The instance; None if the original disk was not attached to one.
        creation: How to create the disk that replaces it; None if it exists.
        restore_title: Description of the step that creates it.
        delete_out: Whether to delete the replaced disk at the end.
        is_deleted: Whether the replaced disk was deleted.
        warnings: Consequences to know before.
    """

    record: Record
    out_name: str
    into_name: str
    out: Disk | None
    into: Disk | None
    instance: Instance | None
    delete_out: bool
    creation: Creation[Disk] | None = None
    restore_title: str = ""
    is_deleted: bool = False
    warnings: list[str] = field(default_factory=list)

    @property
    def attachment(self) -> Attachment | None:
        """Where the disks are exchanged."""
        return self.record.attachment

    def check(self) -> None:
        """Refuse states that another client has brought about, before anything is changed."""
        into, place, instance = self.into, self.attachment, self.instance
        if into is not None and into.state == DiskState.ERROR:
            raise impossible(f"use disk {into.name}", into, "its state is error")
        if place is None or instance is None or place.has(into):
            return
        if into is not None and into.attached_to is not None:
            where = f"it is attached to {into.attached_to} at {into.path}"
            raise impossible(f"attach disk {into.name} at {place.path}", into, where)
        if place.has(self.out) and not place.ran and _RAN.get(instance.state_name, True):
            # It would have to be stopped, and nothing records that it is to be started again.
            why = (
                f"the instance was stopped before, and is {instance.state_name} now; stop it first"
            )
            raise impossible(f"detach disk {self.out_name}", instance, why)

    @property
    def steps(self) -> list[_Step]:
        """The steps that remain."""
        into, place, instance = self.into, self.attachment, self.instance
        steps = []
        if self.creation is not None or (into is not None and into.state == DiskState.PENDING):
            steps.append(_Step.RESTORE)
        if place is not None and instance is not None:
            if not place.has(into):
                if place.has(self.out):
                    steps += [] if instance.is_stopped else [_Step.STOP]
                    steps.append(_Step.DETACH)
                steps.append(_Step.ATTACH)
            if place.ran and (_Step.STOP in steps or not instance.is_running):
                steps.append(_Step.START)
        if self.delete_out and self.out is not None:
            steps.append(_Step.DELETE)
        return steps

    def title(self, step: _Step) -> str:
        """Return the description of a step."""
        place = self.attachment
        instance = "" if place is None else f"instance {place.instance_name}"
        path = "" if place is None else place.path
        return {
            _Step.RESTORE: self.restore_title or f"wait for disk {self.into_name}",
            _Step.STOP: f"stop {instance}",
            _Step.DETACH: f"detach disk {self.out_name} from {instance}",
            _Step.ATTACH: f"attach disk {self.into_name} to {instance} at {path}",
            _Step.START: f"start {instance}",
            _Step.DELETE: f"delete disk {self.out_name}",
        }[step]

    def update(self, resource: object) -> None:
        """Keep the state of a resource that a poll has shown."""
        match resource:
            case Instance():
                self.instance = resource
            case Disk(name=self.out_name):
                self.out = resource
            case Disk(name=self.into_name):
                self.into = resource
            case _:
                pass

    @property
    def states(self) -> list[str]:
        """The state that everything is in, for messages."""
        states = [f"disk {disk.name} {_position(disk)}" for disk in (self.into, self.out) if disk]
        if self.is_deleted:
            states[-1] = f"disk {self.out_name} was deleted"
        if self.instance is not None:
            states.append(f"instance {self.instance.name} is {self.instance.state_name}")
        return states

    @property
    def result(self) -> RollBackResult:
        """The result, when all steps are done."""
        if self.into is None:
            raise AssertionError  # pragma: no cover - the first step has created it
        path = None if self.attachment is None else self.attachment.path
        is_deleted = self.is_deleted or self.out is None
        return RollBackResult(self.into, self.out, self.instance, path, is_deleted)

    async def perform(
        self,
        step: _Step,
        budget: RetryBudget,
        on_progress: OnProgress | None,
        on_update: Callable[[], None],
    ) -> None:
        """Perform a step; `on_update` is called after every poll."""

        def report(progress: WaitProgress[Any]) -> None:
            self.update(progress.resource)
            on_update()
            if on_progress is not None:
                on_progress(progress)

        if step is _Step.RESTORE:
            self.update(await self._restore(budget, report))
            return
        if step is _Step.DELETE:
            await self._delete(budget, report)
            return
        change = self._change(step)
        self.update(await converge(change, budget, report))

    def _change(self, step: _Step) -> Change[Any]:
        place, into, out, instance = self.attachment, self.into, self.out, self.instance
        if place is None or into is None or instance is None:
            raise AssertionError  # pragma: no cover - such steps are not planned
        match step:
            case _Step.STOP:
                return stop_instance(instance.name, identity_of(instance))
            case _Step.START:
                return start_instance(instance.name, identity_of(instance))
            case _Step.ATTACH:
                return attach_disk(into.name, instance.name, place.path, identity_of(into))
            case _ if out is not None:
                return detach_disk(out.name, instance.name, identity_of(out))
            case _:
                raise AssertionError  # pragma: no cover - a missing disk is not detached

    async def _restore(self, budget: RetryBudget, on_progress: OnProgress) -> Disk:
        policy, stopwatch = budget.policy, budget.stopwatch
        if self.creation is not None:
            await stopwatch.read()
            limit = None if stopwatch.limit is None else stopwatch.remaining
            creation, self.creation = self.creation, None
            return await create_and_wait(creation, policy, limit, on_progress=on_progress)
        return await wait_for(
            disks(DiskState.AVAILABLE),
            self.into_name,
            policy,
            stopwatch.limit,
            on_progress=on_progress,
            began=stopwatch.began,
            identity=None if self.into is None else identity_of(self.into),
        )

    async def _delete(self, budget: RetryBudget, on_progress: OnProgress) -> None:
        """Delete the replaced disk if, at this moment, everything else is as it should be."""
        out, place = self.out, self.attachment
        if out is None:
            raise AssertionError  # pragma: no cover - a missing disk is not deleted
        if place is not None:
            self.update(await converge(self._change(_Step.ATTACH), budget, on_progress))
            if place.ran:
                self.update(await converge(self._change(_Step.START), budget, on_progress))
            else:
                found = await budget.look_up(lambda: find_instance(place.instance_name))
                self.update(found.resource)
                if not found.resource.is_stopped:
                    why = f"instance {place.instance_name} is {found.resource.state_name}, and was "
                    why += "stopped before"
                    raise impossible(self.title(_Step.DELETE), found.resource, why)
        await converge(delete_disk(out.name, identity_of(out)), budget, on_progress)
        self.is_deleted = True


def _position(disk: Disk) -> str:
    if disk.attached_to is None:
        return f"is {disk.state} and not attached"
    return f"is attached to {disk.attached_to} at {disk.path}"


async def _find_disk(name: str, budget: RetryBudget) -> Disk | None:
    """Look up a disk; None if it does not exist."""
    try:
        return (await budget.look_up(lambda: find_disk(name))).resource
    except NotFoundException:
        await budget.stopwatch.read()
        return None


async def _plan(request: RollBack, budget: RetryBudget) -> _Swap:
    """Plan a roll back, or the rest of one that was interrupted; sends only Get requests."""
    new = await _find_disk(request.new_name, budget)
    if new is not None:
        return await _plan_rest(request, new, budget)
    old = (await budget.look_up(lambda: find_disk(request.disk_name))).resource
    if request.new_disk_name is not None:
        await _check_is_free(request.new_disk_name, budget)
    swap = await _plan_all(request, old, budget)
    swap.check()
    return swap


async def _plan_rest(request: RollBack, new: Disk, budget: RetryBudget) -> _Swap:
    """Plan the rest of a roll back whose new disk exists."""
    record, token = Record.of(new), token_tag(request.client_token)
    if record is None or token is None or not has_tags(new, (token,)):
        text = f"the name {new.name} is taken by a disk that this call did not create; "
        raise NameConflictError(text + "choose another name", resource=new)
    if (record.disk_name, record.snapshot) != (request.disk_name, request.snapshot):
        text = (
            f"disk {new.name} was created with the same client token, but it replaces disk "
            f"{record.disk_name} and is restored from {record.snapshot}; use another client token"
        )
        raise NameConflictError(text, resource=new)
    old, place = await _find_disk(request.disk_name, budget), record.attachment
    if old is not None and not record.is_of(old, new):
        if place is not None and place.has(old):
            raise _is_other(old)
        # The original was deleted, and the disk that has its name now is no part of this.
        old = None
    instance = None if place is None else await _instance(place.instance_name, budget)
    swap = _Swap(record, request.disk_name, new.name, old, new, instance, request.delete_old_disk)
    swap.check()
    return swap


async def _check_is_free(name: str, budget: RetryBudget) -> None:
    """Refuse a name that an instance or a snapshot has: all resources share their names."""
    for find in (find_instance, SNAPSHOTS.find):
        try:
            found = await budget.look_up(partial(find, name))
        except LightsailSnapError:
            # If it cannot be looked up, the service decides when the disk is created.
            continue
        if found is not None:  # pragma: no branch - both find it or raise
            text = f"the name {name} is taken by another resource; choose another name"
            raise NameConflictError(text, resource=found.resource)


def _is_other(disk: Disk) -> WaitFailedError:
    why = "another client has deleted the original and created another disk of this name"
    return impossible(f"use disk {disk.name}", disk, why)


async def _instance(name: str, budget: RetryBudget) -> Instance:
    return (await budget.look_up(lambda: find_instance(name))).resource


def _refuse(rule: str, fix: str, value: object, parameter: str = "disk_name") -> NoReturn:
    raise invalid_parameter(parameter, rule, fix, value)


async def _plan_all(request: RollBack, old: Disk, budget: RetryBudget) -> _Swap:
    """Plan a roll back from its beginning."""
    if old.is_system_disk:
        rule, fix = "must not be a system disk", "restore the instance from an instance snapshot"
        _refuse(rule, fix, old.name)
    place, instance = await _locate(old, budget)
    zone = old.location.availability_zone if old.location else None
    if zone is None or old.size_in_gb is None:
        _refuse("has no zone or no size in the response of the service", "try again", old.name)
    prior = Record.of(old)
    names = {old.name} if prior is None else {old.name, prior.disk_name, prior.origin}
    source = await _inspect(request, names, budget)
    record = Record(
        old.name,
        old.arn,
        request.snapshot,
        place,
        old.name if prior is None else prior.origin,
    )
    tags = (*_carried_tags(old), *record.tags)
    if len(tags) >= _MAX_TAGS:
        rule = f"must have at most {_MAX_TAGS} tags together with the {len(record.tags) + 1} that "
        _refuse(rule + "record a roll back", "remove tags of the disk", old.name)
    size = max(old.size_in_gb, source.size_in_gb, MIN_SIZE_GB)
    restore = request.restore_request(zone, size, tags, _carried_add_ons(old))
    swap = _Swap(
        record,
        old.name,
        request.new_name,
        old,
        None,
        instance,
        request.delete_old_disk,
        replace(disk_creation(restore, request.client_token), resume_call=request.resume),
        f"restore disk {request.new_name} from {request.snapshot_title}",
    )
    if not names & source.names:
        text = f"{request.snapshot_title} is not of disk {old.name}"
        swap.warnings.append(text + (f" but of {', '.join(source.names)}" if source.names else ""))
    if size > source.size_in_gb:
        text = f"the new disk has {size} GB and the snapshot {source.size_in_gb} GB: grow the file "
        swap.warnings.append(text + "system to use all of it")
    return swap


async def _locate(
    disk: Disk, budget: RetryBudget
) -> tuple[Attachment, Instance] | tuple[None, None]:
    """Return where a disk is attached."""
    if disk.attached_to is None and not (disk.is_in_use or disk.is_attached):
        return None, None
    if disk.attached_to is None or disk.path is None:
        rule = "is attached, but the service does not report to which instance and path"
        _refuse(rule, "try again, or restore_disk and attach_disk", disk.name)
    instance = await _instance(disk.attached_to, budget)
    ran = _RAN.get(instance.state_name)
    if ran is None:
        raise impossible(
            f"roll back disk {disk.name}",
            instance,
            f"instance {instance.name} is in the state {instance.state_name}",
        )
    return Attachment(instance.name, disk.path, ran), instance


@dataclass(frozen=True, slots=True)
class _Source:
    """A snapshot: its size, and the names of the disk or instance that it was taken of."""

    size_in_gb: int
    names: frozenset[str]


async def _inspect(request: RollBack, names: set[str], budget: RetryBudget) -> _Source:
    """Look up the snapshot; refuse one that cannot be restored, or that is of another disk."""
    source = request.source
    if isinstance(source, ManualSnapshotSource):
        found = await budget.look_up(lambda: find_disk_snapshot(source.snapshot_name))
        snapshot = found.resource
        if not snapshot.is_completed:
            rule = f"must be completed, and is in the state {snapshot.state}"
            _refuse(rule, "wait for the snapshot", source.snapshot_name, "source")
        size = snapshot.size_in_gb
        owners = {snapshot.from_disk_name, snapshot.from_instance_name} - {None}
    else:
        await _check_automatic(source, budget)
        size = (await budget.look_up(lambda: find_disk(source.resource_name))).resource.size_in_gb
        owners = {source.resource_name}
    if size is None:
        _refuse("has no size in the response of the service", "try again", None, "source")
    if not (names & owners or request.allow_other_source):
        rule = f"must be a snapshot of {' or '.join(sorted(names))}, and is of "
        rule += ", ".join(sorted(map(str, owners))) or "an unknown source"
        fix = "choose another snapshot, or set allow_other_source"
        _refuse(rule, fix, request.snapshot, "source")
    return _Source(size, frozenset(map(str, owners)))


async def _check_automatic(
    source: AutoSnapshotSource | LatestAutoSnapshotSource, budget: RetryBudget
) -> None:
    """Refuse an automatic snapshot that cannot be restored."""
    listing = GetAutoSnapshotsRequest(resource_name=source.resource_name)
    result = await budget.look_up(lambda: call(listing))
    unusable = {AutoSnapshotStatus.FAILED, AutoSnapshotStatus.IN_PROGRESS}
    usable = {s.date for s in result.auto_snapshots if s.status not in unusable}
    is_found = bool(usable)
    if isinstance(source, AutoSnapshotSource):
        is_found = source.restore_date in usable
    if not is_found:
        dates = ", ".join(sorted(map(str, usable))) or "none"
        rule = f"must be an automatic snapshot that has succeeded; those are {dates}"
        _refuse(rule, "choose another date or snapshot", source.resource_name, "source")


def _carried_tags(disk: Disk) -> list[Tag]:
    """Return the tags that the new disk shares with the one that it replaces."""
    own = ("aws:", _PREFIX, CLIENT_TOKEN_KEY)
    return [Tag(tag.key, tag.value) for tag in disk.tags if not tag.key.startswith(own)]


def _carried_add_ons(disk: Disk) -> list[AddOnRequest]:
    """Return the automatic snapshots to enable on the new disk, if the old one has them."""
    return [
        AddOnRequest(
            add_on_type=AddOnType.AUTO_SNAPSHOT,
            auto_snapshot_add_on_request=AutoSnapshotAddOnRequest(
                snapshot_time_of_day=add_on.snapshot_time_of_day
            ),
        )
        for add_on in disk.add_ons
        if add_on.name == AddOnType.AUTO_SNAPSHOT and (add_on.status or _ENABLED) == _ENABLED
    ]


def _warnings(swap: _Swap) -> list[str]:
    """Return the consequences of the steps of a swap."""
    steps, instance = swap.steps, swap.instance
    warnings = [*swap.warnings]
    if instance is not None and {_Step.STOP, _Step.START} <= {*steps}:
        warnings.append(f"instance {instance.name} stops and starts: it is down meanwhile")
        if not instance.is_static_ip and instance.public_ip_address is not None:
            warnings.append(
                f"the public IP address {instance.public_ip_address} of instance {instance.name} "
                "changes, because it has no static IP"
            )
    if _Step.DELETE in steps:
        text = f"disk {swap.out_name} and its automatic snapshots are deleted at the end"
        warnings.append(text)
    return warnings


def _preview(swap: _Swap, disk: Disk | None, client_token: str | None) -> RollBackPreview:
    if disk is None:
        raise AssertionError  # pragma: no cover - the plan has looked it up
    new_name = swap.into_name if client_token is not None else swap.out_name
    path = None if swap.attachment is None else swap.attachment.path
    steps, warnings = tuple(map(swap.title, swap.steps)), tuple(_warnings(swap))
    return RollBackPreview(disk, new_name, client_token, steps, warnings, swap.instance, path)


async def preview_roll_back_disk(
    request: RollBack, policy: WaitPolicy, limit: float | None
) -> RollBackPreview:
    """Plan a roll back without changing anything."""
    request.check()
    budget = RetryBudget(policy, await start(limit))
    swap = await run_by_deadline(lambda: _plan(request, budget), budget.stopwatch.deadline)
    return _preview(swap, swap.out or swap.into, request.client_token)


async def roll_back_disk(
    request: RollBack, policy: WaitPolicy, limit: float | None, on_progress: OnStep | None
) -> RollBackResult:
    """Replace a disk by one that is restored from a snapshot."""
    request.check()
    check_callback("on_progress", on_progress)
    budget = RetryBudget(policy, await start(limit))
    swap = await run_by_deadline(lambda: _plan(request, budget), budget.stopwatch.deadline)
    resume = request.resume
    undo = f"{resume}; to undo, call undo_roll_back_disk({request.new_name!r})"
    is_resumed = swap.into is not None
    while True:
        if await _run(swap, budget, on_progress, (resume, undo), has_changed=is_resumed):
            return swap.result
        into = swap.into
        if into is None:
            raise AssertionError  # pragma: no cover - it was restored
        rest = partial(_plan_rest, request, into, budget)
        swap, is_resumed = await run_by_deadline(rest, budget.stopwatch.deadline), True


async def _run(
    swap: _Swap,
    budget: RetryBudget,
    on_progress: OnStep | None,
    advice: tuple[str, str],
    *,
    has_changed: bool,
) -> bool:
    """Perform the steps of a swap; return False if it has to be planned again.

    The advice is how to continue before and after the new disk exists.
    """
    planned, record = swap.steps, swap.record
    tracker = Steps(len(planned), advice[has_changed], budget.stopwatch, on_progress)

    def update_states() -> None:
        # Before the first change, an error must not report that something may have been changed.
        if has_changed:
            tracker.done[:] = swap.states

    async def perform() -> bool:
        nonlocal has_changed
        update_states()
        for step in planned:
            report = await tracker.begin(swap.title(step))
            await swap.perform(step, budget, report, update_states)
            has_changed, tracker.resume = True, advice[True]
            update_states()
            # An earlier call with this token may have created the disk while the instance was in
            # another state.
            found = None if swap.into is None else Record.of(swap.into)
            if step is _Step.RESTORE and found not in {None, record}:
                return False
        return True

    return await tracker.run(perform)


async def _plan_undo(new_disk_name: str, budget: RetryBudget, *, delete_new_disk: bool) -> _Swap:
    """Plan the reverse of a roll back; sends only Get requests."""
    new = (await budget.look_up(lambda: find_disk(new_disk_name))).resource
    record = Record.of(new)
    if record is None:
        rule = "must be a disk that roll_back_disk has created, as its tags record"
        _refuse(rule, "pass the name of the new disk", new_disk_name, "new_disk_name")
    old = await _find_disk(record.disk_name, budget)
    if old is None:
        why = f"the original disk {record.disk_name} no longer exists"
        raise impossible("undo the roll back", new, why)
    if not record.is_of(old, new):
        raise _is_other(old)
    place = record.attachment
    instance = None if place is None else await _instance(place.instance_name, budget)
    swap = _Swap(record, new.name, old.name, new, old, instance, delete_new_disk)
    swap.check()
    return swap


async def preview_undo_roll_back_disk(
    new_disk_name: str, policy: WaitPolicy, limit: float | None, *, delete_new_disk: bool
) -> RollBackPreview:
    """Plan the reverse of a roll back without changing anything."""
    GetDiskRequest(disk_name=new_disk_name)
    budget = RetryBudget(policy, await start(limit))
    plan = partial(_plan_undo, new_disk_name, budget, delete_new_disk=delete_new_disk)
    swap = await run_by_deadline(plan, budget.stopwatch.deadline)
    return _preview(swap, swap.out, None)


async def undo_roll_back_disk(
    new_disk_name: str,
    policy: WaitPolicy,
    limit: float | None,
    *,
    delete_new_disk: bool,
    on_progress: OnStep | None,
) -> RollBackResult:
    """Replace the new disk of a roll back by the original one."""
    GetDiskRequest(disk_name=new_disk_name)
    check_callback("on_progress", on_progress)
    budget = RetryBudget(policy, await start(limit))
    plan = partial(_plan_undo, new_disk_name, budget, delete_new_disk=delete_new_disk)
    swap = await run_by_deadline(plan, budget.stopwatch.deadline)
    option = ", delete_new_disk=True" if delete_new_disk else ""
    resume = f"undo_roll_back_disk({new_disk_name!r}{option})"
    await _run(swap, budget, on_progress, (resume, resume), has_changed=False)
    return swap.result
