"""Rescue the data of an instance: copy its system volume to a disk of another instance."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any

from lightsail_snap._parameters import invalid_parameter
from lightsail_snap._workflows.converge import (
    Change,
    Decision,
    attach_disk,
    converge,
    identity_of,
    impossible,
)
from lightsail_snap._workflows.create_and_wait import OnProgress, create_and_wait
from lightsail_snap._workflows.create_once import Creation, conflict, token_tag
from lightsail_snap._workflows.device_paths import DEVICE_PATHS, choose_device_path
from lightsail_snap._workflows.effects import Quiesce
from lightsail_snap._workflows.mounting import mount_commands
from lightsail_snap._workflows.ownership import CreatedT, Identity, Ownership, wrong_resource
from lightsail_snap._workflows.resources import (
    DISK_SNAPSHOTS,
    Found,
    PollStatus,
    classify_disk,
    classify_instance,
    find_disk,
    find_disk_snapshot,
    find_instance,
    instances,
)
from lightsail_snap._workflows.restore import MIN_SIZE_GB, disk_creation
from lightsail_snap._workflows.steps import OnStep, Steps, derive_name
from lightsail_snap._workflows.take import disk_snapshot_creation
from lightsail_snap._workflows.timing import RetryBudget, start
from lightsail_snap._workflows.waiting import wait_for
from lightsail_snap.errors import (
    LightsailSnapError,
    NotFoundException,
    RequestValidationError,
    WaitFailedError,
)
from lightsail_snap.models import (
    AttachDiskRequest,
    CreateDiskFromSnapshotRequest,
    CreateDiskSnapshotRequest,
    DeleteDiskSnapshotRequest,
    Disk,
    DiskSnapshot,
    DiskState,
    GetInstanceRequest,
    Instance,
    InstanceSource,
    InstanceStateName,
    ManualSnapshotSource,
    TagsInput,
)
from lightsail_snap.models.instances import InstanceDisk
from lightsail_snap.rescue import RescueResult
from lightsail_snap.waiters import WaitPolicy

# Lookups that show a resource of another call, before the name counts as taken; the first ones may
# be stale.
_MAX_FOREIGN = 3
# States in which the helper can be given no disk, and which end by themselves.
_CHANGING = {InstanceStateName.PENDING, InstanceStateName.STOPPING}
# A valid zone for checks before the real one is known.
_ANY_ZONE = "us-east-1a"
_ANY_PATH = "/dev/xvdf"


async def rescue_system_volume(  # noqa: PLR0913 - the parameters of the client's method
    instance_name: str,
    helper_name: str,
    policy: WaitPolicy,
    limit: float | None,
    *,
    disk_name: str | None,
    snapshot_name: str | None,
    disk_path: str | None,
    size_in_gb: int | None,
    tags: TagsInput | None,
    keep_snapshot: bool,
    client_token: str,
    quiesce: Quiesce | None,
    on_progress: OnStep | None,
) -> RescueResult:
    """Copy the system volume of an instance to a new disk of another instance."""
    for name in (instance_name, helper_name):
        GetInstanceRequest(instance_name=name)
    if instance_name == helper_name:
        fix = "pass another instance, on which the files can be read"
        raise invalid_parameter("helper_name", "must be another instance", fix, helper_name)
    token_tag(client_token)
    stem = derive_name(instance_name, "rescue", client_token)
    stopwatch = await start(limit)
    resume = f"rescue_system_volume({instance_name!r}, {helper_name!r}, ..., "
    resume += f"client_token={client_token!r})"
    rescue = _Rescue(
        instance_name=instance_name,
        helper_name=helper_name,
        disk_name=stem if disk_name is None else disk_name,
        snapshot_name=derive_name(instance_name, "rescue-snapshot", client_token)
        if snapshot_name is None
        else snapshot_name,
        disk_path=disk_path,
        size_in_gb=size_in_gb,
        tags=tags,
        keep_snapshot=keep_snapshot,
        client_token=client_token,
        quiesce=quiesce,
        budget=RetryBudget(policy, stopwatch),
        steps=Steps(3 if keep_snapshot else 4, resume, stopwatch, on_progress),
    )
    rescue.validate()
    return await rescue.steps.run(rescue.run)


@dataclass(slots=True, kw_only=True)
class _Rescue:
    """State of one rescue."""

    instance_name: str
    helper_name: str
    disk_name: str
    snapshot_name: str
    disk_path: str | None
    size_in_gb: int | None
    tags: TagsInput | None
    keep_snapshot: bool
    client_token: str
    quiesce: Quiesce | None
    budget: RetryBudget
    steps: Steps

    def validate(self) -> None:
        """Check everything that does not depend on responses."""
        if self.disk_name == self.snapshot_name:
            rule, fix = "must differ from snapshot_name", "pass another name"
            raise invalid_parameter("disk_name", rule, fix, self.disk_name)
        creation = self._snapshot_creation()
        # So that an iterator of tags is not read twice.
        self.tags = creation.tags
        self._disk_creation(_ANY_ZONE, MIN_SIZE_GB if self.size_in_gb is None else self.size_in_gb)
        path = _ANY_PATH if self.disk_path is None else self.disk_path
        AttachDiskRequest(disk_name=self.disk_name, instance_name=self.helper_name, disk_path=path)
        # The service refuses other paths (seen in community logs), but only after the restore.
        if not path.startswith("/dev/"):
            fix = "pass for example /dev/xvdf, or leave it out to use a free one"
            raise invalid_parameter("disk_path", "must be a device path", fix, path)

    def _snapshot_creation(self) -> Creation[DiskSnapshot]:
        request = CreateDiskSnapshotRequest(
            disk_snapshot_name=self.snapshot_name,
            source=InstanceSource(instance_name=self.instance_name),
            tags=self.tags,
        )
        creation = disk_snapshot_creation(request, self.client_token)
        return replace(creation, resume_call=self.steps.resume)

    def _disk_creation(self, zone: str, size_in_gb: int) -> Creation[Disk]:
        request = CreateDiskFromSnapshotRequest(
            disk_name=self.disk_name,
            source=ManualSnapshotSource(snapshot_name=self.snapshot_name),
            availability_zone=zone,
            size_in_gb=size_in_gb,
            tags=self.tags,
        )
        creation = disk_creation(request, self.client_token)
        # A request of an interrupted call may attach the disk meanwhile.
        waitable = replace(creation.waitable, classify=_classify_restored)
        return replace(creation, waitable=waitable, resume_call=self.steps.resume)

    async def run(self) -> RescueResult:
        """Perform the steps that no earlier call with the same token has performed."""
        helper, zone = await self._find_helper()
        disk = await self._find_disk(zone)
        snapshot = None if disk is not None else await self._find_snapshot()
        source = await self._find_source(is_needed=disk is None and snapshot is None)
        if disk is None:
            self._check_path(helper)
        on_progress = await self.steps.begin(f"take disk snapshot {self.snapshot_name}")
        if disk is None:
            snapshot = await self._take(snapshot, on_progress)
            self.steps.done.append(f"disk snapshot {self.snapshot_name} is completed")
        on_progress = await self.steps.begin(f"restore disk {self.disk_name}")
        if disk is None:
            disk = await self._restore(self._size(snapshot, source), zone, on_progress)
        self.steps.done.append(f"disk {self.disk_name} is created")
        snapshot = await self._find_origin(disk, snapshot)
        if snapshot is not None and len(self.steps.done) == 1:
            self.steps.done.insert(0, f"disk snapshot {self.snapshot_name} is completed")
        title = f"attach disk {self.disk_name} to instance {self.helper_name}"
        disk, path = await self._attach(disk, helper, await self.steps.begin(title))
        self.steps.done[-1] = f"disk {self.disk_name} is attached to {self.helper_name} at {path}"
        if not self.keep_snapshot:
            title = f"delete disk snapshot {self.snapshot_name}"
            on_progress = await self.steps.begin(title)
            if snapshot is not None:
                await self._delete(snapshot, title, on_progress)
            snapshot = None
        return RescueResult(disk, path, snapshot, mount_commands(disk, path, source, helper))

    async def _find_helper(self) -> tuple[Instance, str]:
        """Look up the helper, and return it with its zone."""

        async def look_up() -> tuple[Instance, str]:
            helper = (await find_instance(self.helper_name)).resource
            zone = helper.location.availability_zone if helper.location else None
            if zone is None:
                raise wrong_resource(helper, "location.availability_zone", "must be present", None)
            return helper, zone

        try:
            helper, zone = await self.budget.look_up(look_up)
        except NotFoundException as error:
            error.add_note(f"the helper {self.helper_name} must be in the Region of the client")
            raise
        if _classify_helper(helper) is PollStatus.FAILED:
            raise impossible(
                f"attach a disk to instance {helper.name}", helper, f"it is {helper.state_name}"
            )
        return helper, zone

    async def _find_source(self, *, is_needed: bool) -> Instance | None:
        """Look up the instance to rescue; it may be deleted once its data are copied."""
        try:
            return (await self.budget.look_up(lambda: find_instance(self.instance_name))).resource
        except NotFoundException as error:
            if not is_needed:
                return None
            error.add_note(
                f"if {self.instance_name} is deleted, restore one of its snapshots instead"
            )
            raise

    async def _find_disk(self, zone: str) -> Disk | None:
        """Look up the disk of an earlier call with the same token."""

        def creation(found: Disk) -> Creation[Disk]:
            size = self.size_in_gb or max(MIN_SIZE_GB, found.size_in_gb or 0)
            return self._disk_creation(zone, size)

        found, is_own = await self._find(
            find_disk, self.disk_name, lambda disk: _is_own(creation(disk), disk)
        )
        if found is not None and not is_own:
            raise conflict(creation(found), found)
        return found

    async def _find_snapshot(self) -> DiskSnapshot | None:
        """Look up the snapshot of an earlier call with the same token."""
        creation = self._snapshot_creation()
        found, is_own = await self._find(
            find_disk_snapshot, self.snapshot_name, lambda snapshot: _is_own(creation, snapshot)
        )
        # If the name is taken, the creation reports it.
        return found if is_own else None

    async def _find(
        self,
        find: Callable[[str], Coroutine[Any, Any, Found[CreatedT]]],
        name: str,
        is_own: Callable[[CreatedT], bool],
    ) -> tuple[CreatedT | None, bool]:
        """Look up a resource, and return whether a call with this token created it."""
        for lookups in itertools.count(1):  # pragma: no branch - it never ends by itself
            try:
                found = (await self.budget.look_up(lambda: find(name))).resource
            except NotFoundException:
                return None, False
            if is_own(found):
                return found, True
            if lookups == _MAX_FOREIGN or not await self.budget.pause(lookups):
                return found, False
        raise AssertionError  # pragma: no cover - the loop has returned

    def _disk_at(self, helper: Instance, path: str) -> InstanceDisk | None:
        """Return the disk of another name that has a device path of the helper."""
        return next(
            (
                disk
                for disk in (helper.hardware.disks if helper.hardware else ())
                if disk.name != self.disk_name and _normalize(disk.path) == _normalize(path)
            ),
            None,
        )

    def _check_path(self, helper: Instance) -> None:
        """Refuse a path that is in use, before anything is changed."""
        if self.disk_path is None:
            choose_device_path(helper)
        elif (used := self._disk_at(helper, self.disk_path)) is not None:
            rule = f"must be free on {self.helper_name}; disk {used.name or ''} has it"
            fix = "choose another path, or leave it out to use a free one"
            raise invalid_parameter("disk_path", rule, fix, self.disk_path)

    async def _take(
        self, earlier: DiskSnapshot | None, on_progress: OnProgress | None
    ) -> DiskSnapshot:
        """Take the snapshot, or wait for the one of an earlier call."""
        policy, stopwatch = self.budget.policy, self.budget.stopwatch
        if earlier is not None:
            return await wait_for(
                DISK_SNAPSHOTS,
                self.snapshot_name,
                policy,
                stopwatch.limit,
                on_progress=on_progress,
                first=earlier,
                resume=self.steps.resume,
                began=stopwatch.began,
                identity=_identity_of(earlier),
            )
        return await create_and_wait(
            self._snapshot_creation(),
            policy,
            self._remaining,
            on_progress=on_progress,
            quiesce=self.quiesce,
        )

    @property
    def _remaining(self) -> float | None:
        stopwatch = self.budget.stopwatch
        return None if stopwatch.limit is None else stopwatch.remaining

    def _size(self, snapshot: DiskSnapshot | None, source: Instance | None) -> int:
        """Return the size of the new disk."""
        system_disks = [
            disk
            for disk in (source.hardware.disks if source and source.hardware else ())
            if disk.is_system_disk
        ]
        sizes = (each.size_in_gb for each in (snapshot, *system_disks) if each is not None)
        size = self.size_in_gb or next(filter(None, sizes), None)
        if size is None:
            rule = "is not reported by the service for this snapshot"
            raise invalid_parameter("size_in_gb", rule, "pass size_in_gb", None)
        return max(MIN_SIZE_GB, size)

    async def _restore(self, size: int, zone: str, on_progress: OnProgress | None) -> Disk:
        creation = self._disk_creation(zone, size)
        return await create_and_wait(
            creation, self.budget.policy, self._remaining, on_progress=on_progress
        )

    async def _find_origin(self, disk: Disk, taken: DiskSnapshot | None) -> DiskSnapshot | None:
        """Look up the snapshot that a disk was restored from; None if it is deleted.

        Lightsail knows the snapshot by its name only, so another client may have replaced it right
        before the restore.
        """
        creation = self._snapshot_creation()

        def is_own(found: DiskSnapshot) -> bool:
            if taken is not None and taken.arn is not None and found.arn is not None:
                return found.arn == taken.arn
            return _is_own(creation, found)

        found, is_origin = await self._find(find_disk_snapshot, self.snapshot_name, is_own)
        if found is None or is_origin:
            return found
        if found.created_at and disk.created_at and found.created_at > disk.created_at:
            return None
        raise self._failed(
            f"disk {self.disk_name} may hold other data: another client has replaced snapshot "
            f"{self.snapshot_name}, or changed its tags; delete the disk",
            disk,
        )

    async def _attach(
        self, disk: Disk, helper: Instance, on_progress: OnProgress | None
    ) -> tuple[Disk, str]:
        """Attach the disk at a free path, and return it with the path."""
        disk_identity, helper_identity = identity_of(disk), identity_of(helper)
        for _ in DEVICE_PATHS:
            helper = await self._settle_helper(helper_identity, on_progress)
            path = self._choose_path(helper, disk)
            change = self._attachment(path, disk_identity)
            try:
                attached = await converge(change, self.budget, on_progress)
            except _PathTakenError:
                continue
            await self._settle_helper(helper_identity, on_progress)
            if attached is not None:  # pragma: no branch - only a deletion returns None
                return attached, attached.path or path
        raise self._failed(f"the free paths of {self.helper_name} are taken all the time", disk)

    def _choose_path(self, helper: Instance, disk: Disk) -> str:
        if self.disk_path is not None:
            return self.disk_path
        # It may be attached by a request of an interrupted call.
        if disk.attached_to == self.helper_name and disk.path is not None:
            return disk.path
        try:
            return choose_device_path(helper)
        except RequestValidationError as error:
            raise self._failed(f"no path of {self.helper_name} is free any more", disk) from error

    def _attachment(self, path: str, identity: Identity) -> Change[Disk]:
        change = attach_disk(self.disk_name, self.helper_name, path, identity)

        def decide(disk: Disk) -> Decision:
            is_at_other_path = disk.attached_to == self.helper_name and disk.path is not None
            is_at_other_path = is_at_other_path and disk.path != path
            is_same = self.disk_path is None or _normalize(disk.path) == _normalize(path)
            if is_at_other_path and is_same:
                return Decision.DONE if disk.state == DiskState.IN_USE else Decision.WAIT
            return change.decide(disk)

        async def recheck() -> None:
            try:
                helper = (await find_instance(self.helper_name)).resource
            except LightsailSnapError:
                # The request is repeated, and its error is clearer.
                return
            used = self._disk_at(helper, path)
            if used is None:
                return
            if self.disk_path is None:
                message = f"the path {path} is taken"
                raise _PathTakenError(message)
            raise impossible(change.title, helper, f"{path} is the path of disk {used.name or ''}")

        return replace(change, decide=decide, recheck=recheck)

    async def _settle_helper(self, identity: Identity, on_progress: OnProgress | None) -> Instance:
        """Look up the helper, until it is neither starting nor stopping."""
        waitable = replace(instances(InstanceStateName.RUNNING), classify=_classify_helper)
        stopwatch = self.budget.stopwatch
        return await wait_for(
            waitable,
            self.helper_name,
            self.budget.policy,
            stopwatch.limit,
            on_progress=on_progress,
            resume=self.steps.resume,
            began=stopwatch.began,
            identity=identity,
        )

    async def _delete(
        self, snapshot: DiskSnapshot, title: str, on_progress: OnProgress | None
    ) -> None:
        """Delete the snapshot if a call with this token created it."""
        creation = self._snapshot_creation()

        def decide(found: DiskSnapshot) -> Decision:
            if creation.has_token(found):
                return Decision.SEND
            raise impossible(title, found, "another client has changed its tags or replaced it")

        change = Change(
            title,
            DISK_SNAPSHOTS,
            self.snapshot_name,
            DeleteDiskSnapshotRequest(disk_snapshot_name=self.snapshot_name),
            decide,
            _identity_of(snapshot),
            is_deletion=True,
        )
        await converge(change, self.budget, on_progress)

    def _failed(self, message: str, disk: Disk) -> WaitFailedError:
        return WaitFailedError(message, waited=self.budget.stopwatch.waited, disk=disk)


class _PathTakenError(LightsailSnapError):
    """Another client has attached a disk at the chosen path; it is never raised to callers."""


def _is_own(creation: Creation[CreatedT], resource: CreatedT) -> bool:
    """Return whether a call with the same token and parameters created a resource."""
    is_other = creation.compare(resource, ()) is Ownership.FOREIGN
    return creation.has_token(resource) and not is_other


def _identity_of(snapshot: DiskSnapshot) -> Identity:
    return Identity(None, snapshot.arn, snapshot.created_at, is_created_here=True)


def _classify_restored(disk: Disk) -> PollStatus:
    is_attached = disk.state == DiskState.IN_USE
    return PollStatus.SUCCEEDED if is_attached else classify_disk(disk, DiskState.AVAILABLE)


def _classify_helper(instance: Instance) -> PollStatus:
    """Classify a helper: AttachDisk takes a running or stopped one (documentation)."""
    if classify_instance(instance, InstanceStateName.RUNNING) is PollStatus.FAILED:
        return PollStatus.FAILED
    # Any other state may be new; the service decides.
    is_changing = instance.state_name in _CHANGING
    return PollStatus.PENDING if is_changing else PollStatus.SUCCEEDED


def _normalize(path: str | None) -> str | None:
    return None if path is None else path.replace("/dev/sd", "/dev/xvd")
