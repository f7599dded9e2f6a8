"""Change a resource by requests that have no idempotency token: stop, start, attach, delete.

Each round reads the state and decides by it alone: done, send the request, or wait. So a lost
response, a stale read or an earlier call that was killed needs no special case.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from typing import Any, Generic, TypeAlias

from lightsail_snap._workflows.create_and_wait import OnProgress, operation_for
from lightsail_snap._workflows.effects import Workflow, call, log, run_by_deadline
from lightsail_snap._workflows.ownership import Identity, Match
from lightsail_snap._workflows.resources import (
    OPERATIONS,
    PollStatus,
    Waitable,
    disks,
    instances,
)
from lightsail_snap._workflows.timing import RetryBudget
from lightsail_snap._workflows.transient import is_transient, is_unreadable
from lightsail_snap._workflows.waiting import error_fields
from lightsail_snap.errors import (
    AccessDeniedException,
    AuthenticationError,
    LightsailSnapError,
    NotFoundException,
    ResponseValidationError,
    ServiceError,
    WaitFailedError,
    WaitTimeoutError,
    safe_text,
)
from lightsail_snap.models import (
    AttachDiskRequest,
    DeleteDiskRequest,
    DetachDiskRequest,
    Disk,
    DiskState,
    Instance,
    InstanceStateName,
    Operation,
    PollResult,
    Request,
    StartInstanceRequest,
    StopInstanceRequest,
)
from lightsail_snap.waiters import PollResultT, WaitProgress, percent_of, state_of

OnRequest: TypeAlias = Callable[[LightsailSnapError | None], object]

# How often the service refuses a request, while the state does not move, before that is final. A
# refusal may be based on a state that the service's own machines have not yet seen change.
_MAX_REFUSALS = 5
# Responses in a row that do not show the resource; the first ones may be stale.
_MAX_MISSES = 3
# Responses in a row that cannot be read, or show an earlier resource of the same name.
_MAX_MISMATCHES = 10
# Reads that do not show the effect of an operation that has succeeded, before it is sent again.
_MAX_STALE_READS = 5


class Decision(Enum):
    """What the state of a resource requires."""

    DONE = "done"
    SEND = "send"
    WAIT = "wait"
    """The change is under way, or another one that ends by itself."""


@dataclass(frozen=True, slots=True)
class Change(Generic[PollResultT]):
    """A change to a resource.

    Attributes:
        title: Description for messages, such as `stop instance web-1`.
        waitable: The kind of resource.
        name: Its name.
        request: The request that starts the change. Sending it twice must be harmless.
        decide: Decides by the state; raises an error if the change has become impossible.
        identity: What identifies the resource beyond its name; a later one is never changed.
        is_deletion: Whether the change is done when the resource does not exist.
        recheck: Runs after the service has refused the request; raises an error if the change has
            become impossible.
    """

    title: str
    waitable: Waitable[PollResultT]
    name: str
    request: Request[Any]
    decide: Callable[[PollResultT], Decision]
    identity: Identity = field(default_factory=Identity)
    is_deletion: bool = False
    recheck: Workflow[None] | None = None


def identity_of(resource: Disk | Instance) -> Identity:
    """Return what identifies a resource that was looked up beyond its name."""
    return Identity(None, resource.arn, resource.created_at, is_created_here=True)


def stop_instance(name: str, identity: Identity | None = None) -> Change[Instance]:
    """Return the change that stops an instance."""
    request = StopInstanceRequest(instance_name=name)
    states = {
        InstanceStateName.STOPPED: Decision.DONE,
        InstanceStateName.RUNNING: Decision.SEND,
    }
    return _instance_change("stop", name, request, states, identity)


def start_instance(name: str, identity: Identity | None = None) -> Change[Instance]:
    """Return the change that starts an instance."""
    request = StartInstanceRequest(instance_name=name)
    states = {
        InstanceStateName.RUNNING: Decision.DONE,
        InstanceStateName.STOPPED: Decision.SEND,
    }
    return _instance_change("start", name, request, states, identity)


def _instance_change(
    verb: str,
    name: str,
    request: Request[Any],
    states: dict[InstanceStateName, Decision],
    identity: Identity | None,
) -> Change[Instance]:
    title = f"{verb} instance {name}"
    waitable = instances(InstanceStateName.STOPPED)

    def decide(instance: Instance) -> Decision:
        if waitable.classify(instance) is PollStatus.FAILED:
            raise impossible(title, instance, f"it is {instance.state_name}")
        # An instance that boots or shuts down can be neither stopped nor started.
        state = instance.state_name
        return Decision.WAIT if state is None else states.get(state, Decision.WAIT)

    return Change(title, waitable, name, request, decide, identity or Identity())


def attach_disk(
    name: str, instance_name: str, path: str, identity: Identity | None = None
) -> Change[Disk]:
    """Return the change that attaches a disk; one that is attached elsewhere stays there."""
    title = f"attach disk {name} to instance {instance_name}"
    request = AttachDiskRequest(disk_name=name, instance_name=instance_name, disk_path=path)

    def decide(disk: Disk) -> Decision:
        if disk.attached_to not in {None, instance_name}:
            raise impossible(title, disk, f"it is attached to {disk.attached_to}")
        if disk.attached_to is not None and disk.path not in {None, path}:
            raise impossible(title, disk, f"it is attached at {disk.path}, not at {path}")
        if disk.state == DiskState.ERROR:
            raise impossible(title, disk, "its state is error")
        if disk.attached_to is not None:
            is_settled = disk.state == DiskState.IN_USE and disk.path == path
            return Decision.DONE if is_settled else Decision.WAIT
        return Decision.SEND if disk.state == DiskState.AVAILABLE else Decision.WAIT

    waitable = disks(DiskState.IN_USE)
    return Change(title, waitable, name, request, decide, identity or Identity())


def detach_disk(name: str, instance_name: str, identity: Identity | None = None) -> Change[Disk]:
    """Return the change that detaches a disk from an instance, which must be stopped."""
    title = f"detach disk {name} from instance {instance_name}"

    def decide(disk: Disk) -> Decision:
        if disk.attached_to not in {None, instance_name}:
            raise impossible(title, disk, f"it is attached to {disk.attached_to}")
        if disk.attached_to is None:
            return Decision.DONE if disk.state == DiskState.AVAILABLE else Decision.WAIT
        return Decision.SEND if disk.state == DiskState.IN_USE else Decision.WAIT

    waitable = disks(DiskState.AVAILABLE)
    request = DetachDiskRequest(disk_name=name)
    return Change(title, waitable, name, request, decide, identity or Identity())


def delete_disk(name: str, identity: Identity) -> Change[Disk]:
    """Return the change that deletes a disk with its add-ons; one that is attached stays."""
    title = f"delete disk {name}"

    def decide(disk: Disk) -> Decision:
        if disk.attached_to is not None or disk.state == DiskState.IN_USE:
            raise impossible(title, disk, f"it is attached to {disk.attached_to or 'an instance'}")
        return Decision.WAIT if disk.state == DiskState.PENDING else Decision.SEND

    request = DeleteDiskRequest(disk_name=name, force_delete_add_ons=True)
    waitable = disks(DiskState.AVAILABLE)
    return Change(title, waitable, name, request, decide, identity, is_deletion=True)


def impossible(title: str, resource: PollResult, why: str) -> WaitFailedError:
    """Return the error for a change that the state of the resource has made impossible."""
    message = f"cannot {title}: {why}"
    return WaitFailedError(message, waited=timedelta(), **error_fields(resource))


async def converge(
    change: Change[PollResultT],
    budget: RetryBudget,
    on_progress: OnProgress | None = None,
    on_request: OnRequest | None = None,
) -> PollResultT | None:
    """Make a change, whatever becomes of the responses, and return the resource afterwards.

    `on_request` is called after every request, with its error or with None if it was accepted.
    Returns None for a deletion of which no response has shown the resource.

    Raises:
        WaitFailedError: If the change has become impossible, or its operation failed.
        WaitTimeoutError: If the time limit has passed.
        LightsailSnapError: If the service refuses the change for good. `may_have_executed` is true
            if a request may have been executed.
    """
    convergence = _Convergence(change, budget, on_progress, on_request)
    try:
        return await run_by_deadline(convergence.run, budget.stopwatch.deadline)
    except LightsailSnapError as error:
        error.may_have_executed = error.may_have_executed or convergence.may_have_executed
        raise


@dataclass(slots=True)
class _Convergence(Generic[PollResultT]):
    """State of one `converge`.

    Attributes:
        change: The change.
        budget: The pauses and the time limit.
        on_progress: Called after every read.
        on_request: Called after every request.
        may_have_executed: Whether a request may have been executed.
        resource: The resource as last seen.
        error: The error of the last read or request, if the change continues.
        operation: The operation of an accepted request, until its effect should be visible.
    """

    change: Change[PollResultT]
    budget: RetryBudget
    on_progress: OnProgress | None
    on_request: OnRequest | None = None
    may_have_executed: bool = False
    resource: PollResultT | None = None
    error: LightsailSnapError | None = None
    operation: Operation | None = None
    _polls: int = 0
    _misses: int = 0
    _mismatches: int = 0
    _stale_reads: int = 0
    _refusals: int = 0
    _refusal: object = None

    async def run(self) -> PollResultT | None:
        """Read and send until the change is done."""
        while True:
            decision = await self._read()
            self._polls += 1
            if decision is Decision.DONE:
                return self.resource
            if decision is Decision.SEND and not await self._is_under_way():
                await self._send()
            stopwatch = self.budget.stopwatch
            await stopwatch.read()
            if stopwatch.is_over:
                raise self._timed_out()
            delay = self.budget.policy.delay(self._polls)
            await stopwatch.pause(min(delay, stopwatch.remaining))

    async def _read(self) -> Decision:
        """Read the state; WAIT if it cannot be read this time."""
        try:
            found = await self._find()
        except NotFoundException:
            if self.change.is_deletion:
                return Decision.DONE
            raise
        if found is None:
            self._report()
            return Decision.WAIT
        match self.change.identity.match(found):
            case Match.SAME:
                self.resource, self.error, self._mismatches = found, None, 0
                self._report()
                return self.change.decide(found)
            case Match.REPLACED if self.change.is_deletion:
                return Decision.DONE
            case Match.REPLACED:
                why = "another client has deleted it, and another one of this name was created"
                raise self._failed(why, found)
            case _:
                self._mismatches += 1
        if self._mismatches >= _MAX_MISMATCHES:
            raise self._failed("the service keeps returning an earlier one of this name", found)
        self._report()
        return Decision.WAIT

    async def _find(self) -> PollResultT | None:
        """Look up the resource; None if that may succeed later."""
        change = self.change
        try:
            found = await change.waitable.find(change.name)
        except LightsailSnapError as error:
            is_missing = isinstance(error, NotFoundException)
            self._misses += is_missing
            self._mismatches += is_unreadable(error)
            may_pass = is_transient(error) or is_missing or is_unreadable(error)
            is_repeated = self._misses >= _MAX_MISSES or self._mismatches >= _MAX_MISMATCHES
            if not may_pass or is_repeated or (is_missing and change.is_deletion):
                raise
            self.error = error
            return None
        self._misses = 0
        return None if found is None else found.resource

    def _report(self) -> None:
        if self.on_progress is None:
            return
        resource, waited = self.resource, self.budget.stopwatch.waited
        percent = None if resource is None else percent_of(resource)
        title = f"{self.change.waitable.noun} {self.change.name}"
        self.on_progress(
            WaitProgress(title, self._polls + 1, waited, percent, resource, self.error)
        )

    async def _is_under_way(self) -> bool:
        """Return whether an accepted request still has an effect to wait for."""
        if self.operation is None:
            return False
        status = OPERATIONS.classify(self.operation)
        if status is PollStatus.PENDING:
            try:
                found = await OPERATIONS.find(self.operation.id)
            except LightsailSnapError as error:
                # How long the service keeps operations is unverified; the resource has a state.
                self._stale_reads += not is_transient(error)
                return self._expects_effect()
            if found is not None:  # pragma: no branch - operations are found or raise
                self.operation = found.resource
            status = OPERATIONS.classify(self.operation)
        if status is PollStatus.PENDING:
            return True
        if status is PollStatus.FAILED:
            operation, self.operation = self.operation, None
            why = f"{operation.error_code or '(no code)'}: "
            why += operation.error_details or "(no details)"
            message = f"cannot {self.change.title}: its operation failed: {why}"
            waited = self.budget.stopwatch.waited
            self._refuse(WaitFailedError(message, waited=waited, operation=operation))
            return True
        self._stale_reads += 1
        return self._expects_effect()

    def _expects_effect(self) -> bool:
        if self._stale_reads <= _MAX_STALE_READS:
            return True
        self.operation = None
        return False

    async def _send(self) -> None:
        change = self.change
        self._stale_reads = 0
        try:
            result = await call(change.request)
        except LightsailSnapError as error:
            self.may_have_executed = self.may_have_executed or error.may_have_executed
            self.error = error
            self._report_request(error)
            message = f"cannot {change.title} yet: {safe_text(error)}"
            await log(message, level=logging.WARNING, error=type(error).__name__)
            if not is_transient(error):
                self._refuse(error)
                if change.recheck is not None:
                    await change.recheck()
        else:
            self.may_have_executed = True
            self._report_request(None)
            operations = result.operations
            first = operations[0] if operations else None
            self.operation = operation_for(operations, change.name) or first

    def _report_request(self, error: LightsailSnapError | None) -> None:
        if self.on_request is not None:
            self.on_request(error)

    def _refuse(self, error: LightsailSnapError) -> None:
        """Count a refusal; raise it if repeating the request has no effect."""
        is_final = isinstance(error, AccessDeniedException | AuthenticationError)
        is_final = is_final or not isinstance(
            error, ServiceError | ResponseValidationError | WaitFailedError
        )
        state = None if self.resource is None else state_of(self.resource)
        refusal = type(error), getattr(error, "code", None), getattr(error, "sub_code", None), state
        self._refusals = self._refusals + 1 if refusal == self._refusal else 1
        self._refusal, self.error = refusal, error
        if is_final or self._refusals >= _MAX_REFUSALS:
            raise error

    def _failed(self, why: str, resource: PollResultT) -> WaitFailedError:
        waited = self.budget.stopwatch.waited
        message = f"cannot {self.change.title}: {why}"
        return WaitFailedError(message, waited=waited, **error_fields(resource))

    def _timed_out(self) -> WaitTimeoutError:
        state = None if self.resource is None else state_of(self.resource)
        waited = self.budget.stopwatch.waited
        message = (
            f"{self.change.waitable.noun} {self.change.name} is still "
            f"{f'in {state}' if state else 'not seen'} after {waited.total_seconds():.0f} s"
        )
        error = WaitTimeoutError(message, waited=waited, **error_fields(self.resource))
        error.__cause__ = self.error
        return error
