"""Whole jobs: make something exactly once, and wait until it can be used."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any, TypeAlias, TypeVar

from lightsail_snap._parameters import check_callback
from lightsail_snap._workflows.create_once import (
    Accepted,
    Creation,
    MadeT,
    Ownership,
    create_once,
    creating_operations,
    has_tags,
)
from lightsail_snap._workflows.effects import (
    ClockReading,
    Flow,
    Quiesce,
    note,
    pause,
    with_deadline,
    within,
)
from lightsail_snap._workflows.ownership import CLOCK_PRECISION_SECONDS
from lightsail_snap._workflows.recipes import (
    EITHER_SNAPSHOTS,
    LEAST_SIZE,
    copy_creation,
    disk_creation,
    disk_snapshot_creation,
    instance_snapshot_creation,
    size_of,
)
from lightsail_snap._workflows.resources import (
    DISK_SNAPSHOTS,
    INSTANCE_SNAPSHOTS,
    OPERATIONS,
    Waitable,
    disks,
)
from lightsail_snap._workflows.timing import RetryBudget, start
from lightsail_snap._workflows.waiting import NotFoundPolicy, wait_for
from lightsail_snap.errors import (
    LightsailSnapError,
    NotFoundException,
    QuiesceError,
    WaitError,
    WaitFailedError,
)
from lightsail_snap.models import (
    CopySnapshotRequest,
    CreateDiskFromSnapshotRequest,
    CreateDiskSnapshotRequest,
    CreateInstanceSnapshotRequest,
    Disk,
    DiskSnapshot,
    DiskState,
    InstanceSnapshot,
    Operation,
    RestoreSource,
    TagsInput,
)
from lightsail_snap.waiters import WaitPolicy, WaitProgress

OnQuiesced: TypeAlias = Callable[[timedelta], object]
OnProgress: TypeAlias = Callable[[WaitProgress[Any]], object]
ReturnT = TypeVar("ReturnT")


def _quiesced(
    context: Quiesce | None,
    flow: Flow[ReturnT],
    *,
    on_quiesced: OnQuiesced | None,
    resume: str,
) -> Flow[ReturnT]:
    """Carry a programme out while writes are paused, and tell for how long they were."""
    if context is None:
        return (yield from flow)
    began: list[ClockReading] = []
    accepted: list[ReturnT] = []

    def inside() -> Flow[ReturnT]:
        began.append((yield from pause()))
        accepted.append((yield from flow))
        return accepted[0]

    try:
        result = yield from within(context, inside())
    except LightsailSnapError as error:
        if accepted and isinstance(error, QuiesceError):
            say_accepted(error, resume)
        if began:
            yield from _tell(began[0], on_quiesced)
        raise
    yield from _tell(began[0], on_quiesced)
    return result


def _tell(began: ClockReading, on_quiesced: OnQuiesced | None) -> Flow[None]:
    seconds = (yield from pause()).monotonic - began.monotonic
    yield from note(f"writes were paused for {seconds:.3f} s", quiesced_seconds=seconds)
    if on_quiesced is not None:
        on_quiesced(timedelta(seconds=seconds))


def about(operations: Iterable[Operation], name: str) -> Operation | None:
    return next((each for each in operations if each.resource_name == name), None)


def has_vanished(error: LightsailSnapError) -> bool:
    return isinstance(error, NotFoundException) or isinstance(error.__cause__, NotFoundException)


def say_accepted(error: LightsailSnapError, resume: str) -> None:
    """Let an error say that there is something to go on with."""
    error.may_have_executed = True
    if not isinstance(error, WaitError):
        error.add_note(f"the service has accepted the request, go on with {resume}")


def _make(  # noqa: PLR0913 - the ways in which jobs differ
    creation: Creation[MadeT],
    subject: Waitable[MadeT],
    policy: WaitPolicy,
    limit: float | None,
    *,
    on_progress: OnProgress | None,
    quiesce: Quiesce | None = None,
    on_quiesced: OnQuiesced | None = None,
) -> Flow[MadeT]:
    """Make something exactly once, and wait for its operation and then for itself."""
    check_callback("on_progress", on_progress)
    check_callback("on_quiesced", on_quiesced)
    stopwatch = yield from start(limit)
    budget, resume = RetryBudget(policy, stopwatch), f"{subject.resume}({creation.name!r})"
    accepted = yield from with_deadline(
        _quiesced(quiesce, create_once(creation, budget), on_quiesced=on_quiesced, resume=resume),
        stopwatch.deadline,
    )
    try:
        thing = yield from _wait(
            subject,
            creation.name,
            accepted,
            budget,
            on_progress=on_progress,
            resume=resume,
        )
        replaced = yield from with_deadline(
            replaced_by_another(creation, accepted, thing, budget), stopwatch.deadline
        )
        if replaced is not None:
            raise replaced
    except LightsailSnapError as error:
        say_accepted(error, resume)
        raise
    return thing


def replaced_by_another(
    creation: Creation[MadeT], accepted: Accepted, thing: MadeT, budget: RetryBudget
) -> Flow[WaitFailedError | None]:
    """Return the error for a resource that another client has put in the place of this call's."""
    if (yield from _is_own(creation, accepted, thing, budget)):
        return None
    yield from budget.stopwatch.read()
    text = (
        f"{creation.noun} {creation.name} was created, but the resource of this name is not the "
        "one that was requested: another client has replaced it, or changed its tags"
    )
    waited = budget.stopwatch.waited
    if isinstance(thing, Disk):
        return WaitFailedError(text, waited=waited, disk=thing)
    return WaitFailedError(text, waited=waited, snapshot=thing)


def _is_own(
    creation: Creation[MadeT], accepted: Accepted, thing: MadeT, budget: RetryBudget
) -> Flow[bool]:
    """Return whether an accepted creation created this resource."""
    if creation.compare(thing, ()) is Ownership.FOREIGN:
        return False
    if accepted.identity.created_after is None:
        # It was identified when it was looked up.
        return True
    is_equal = has_tags(thing, creation.all_tags) or creation.has_token(thing)
    if accepted.at is None or thing.created_at is None:
        return is_equal
    created = thing.created_at.timestamp()
    is_of_that_moment = abs(created - accepted.at) <= CLOCK_PRECISION_SECONDS
    if is_equal and is_of_that_moment:
        return True
    own = {each.id for each in accepted.operations}
    # Every resource of this name has an operation of its own, of about the same time.
    times = {
        each.id: abs(each.created_at.timestamp() - created)
        for each in (yield from creating_operations(creation, budget))
        if each.created_at is not None
    }
    if times and own:
        return min(times, key=times.__getitem__) in own
    return is_equal or is_of_that_moment


def _wait(  # noqa: PLR0913 - all that its only caller knows
    subject: Waitable[MadeT],
    name: str,
    accepted: Accepted,
    budget: RetryBudget,
    *,
    on_progress: OnProgress | None,
    resume: str,
) -> Flow[MadeT]:
    """Wait for the operation that makes a thing, and then for the thing."""
    policy, limit, began = budget.policy, budget.stopwatch.limit, budget.stopwatch.began
    operation = about(accepted.operations, name)
    if operation is not None:
        try:
            yield from wait_for(
                OPERATIONS,
                operation.id,
                policy,
                limit,
                on_progress=on_progress,
                first=operation,
                resume=resume,
                began=began,
            )
        except WaitFailedError as error:
            if not has_vanished(error):
                raise
            # How long the service remembers operations is unverified; the thing itself tells too.
            yield from note(f"the operation that makes {name} has vanished")
    return (
        yield from wait_for(
            subject,
            name,
            policy,
            limit,
            on_progress=on_progress,
            absence=NotFoundPolicy.EARLY,
            resume=resume,
            began=began,
            identity=accepted.identity,
        )
    )


def take_disk_snapshot(  # noqa: PLR0913 - the ways in which it can be taken
    request: CreateDiskSnapshotRequest,
    policy: WaitPolicy,
    limit: float | None,
    *,
    client_token: str | None,
    on_progress: OnProgress | None,
    quiesce: Quiesce | None,
    on_quiesced: OnQuiesced | None,
) -> Flow[DiskSnapshot]:
    """Take a disk snapshot exactly once, and wait until it is completed.

    Args:
        request: What to take.
        policy: How patiently to wait.
        limit: How long at most, in seconds; None for ever.
        client_token: Tells this job from others; with it, it can be run again.
        on_progress: Is told of every look.
        quiesce: Pauses writes while the request is on its way.
        on_quiesced: Is told how long writes were paused.

    Returns:
        The completed snapshot.
    """
    return _make(
        disk_snapshot_creation(request, client_token),
        DISK_SNAPSHOTS,
        policy,
        limit,
        on_progress=on_progress,
        quiesce=quiesce,
        on_quiesced=on_quiesced,
    )


def take_instance_snapshot(  # noqa: PLR0913 - the ways in which it can be taken
    request: CreateInstanceSnapshotRequest,
    policy: WaitPolicy,
    limit: float | None,
    *,
    client_token: str | None,
    on_progress: OnProgress | None,
    quiesce: Quiesce | None,
    on_quiesced: OnQuiesced | None,
) -> Flow[InstanceSnapshot]:
    """Take an instance snapshot exactly once, and wait until it is available.

    Args:
        request: What to take.
        policy: How patiently to wait.
        limit: How long at most, in seconds; None for ever.
        client_token: Tells this job from others; with it, it can be run again.
        on_progress: Is told of every look.
        quiesce: Pauses writes while the request is on its way.
        on_quiesced: Is told how long writes were paused.

    Returns:
        The available snapshot.
    """
    return _make(
        instance_snapshot_creation(request, client_token),
        INSTANCE_SNAPSHOTS,
        policy,
        limit,
        on_progress=on_progress,
        quiesce=quiesce,
        on_quiesced=on_quiesced,
    )


def copy_snapshot(
    request: CopySnapshotRequest,
    policy: WaitPolicy,
    limit: float | None,
    *,
    on_progress: OnProgress | None,
) -> Flow[DiskSnapshot | InstanceSnapshot]:
    """Copy a snapshot exactly once, and wait until the copy can be used.

    Args:
        request: What to copy.
        policy: How patiently to wait.
        limit: How long at most, in seconds; None for ever.
        on_progress: Is told of every look.

    Returns:
        The copy.
    """
    return _make(copy_creation(request), EITHER_SNAPSHOTS, policy, limit, on_progress=on_progress)


def restore_disk(  # noqa: PLR0913 - the ways in which it can be made
    disk_name: str,
    source: RestoreSource,
    policy: WaitPolicy,
    limit: float | None,
    *,
    availability_zone: str,
    size_in_gb: int | None,
    tags: TagsInput | None,
    client_token: str | None,
    on_progress: OnProgress | None,
) -> Flow[Disk]:
    """Make a disk from a snapshot exactly once, and wait until it is available.

    Args:
        disk_name: The disk to be.
        source: The snapshot.
        policy: How patiently to wait.
        limit: How long at most, in seconds; None for ever.
        availability_zone: Where.
        size_in_gb: How large; as large as the source if None.
        tags: The tags it is to have.
        client_token: Tells this job from others; with it, it can be run again.
        on_progress: Is told of every look.

    Returns:
        The available disk.
    """
    # What is wrong with the rest is said before anything is asked.
    draft = CreateDiskFromSnapshotRequest(
        disk_name=disk_name,
        source=source,
        availability_zone=availability_zone,
        size_in_gb=LEAST_SIZE if size_in_gb is None else size_in_gb,
        tags=tags,
    )
    disk_creation(draft, client_token)
    size = size_in_gb
    if size is None:
        stopwatch = yield from start(limit)
        look_up = RetryBudget(policy, stopwatch).look_up(lambda: size_of(source))
        size = yield from with_deadline(look_up, stopwatch.deadline)
        yield from stopwatch.read()
        limit = None if limit is None else stopwatch.left
    request = CreateDiskFromSnapshotRequest(
        disk_name=disk_name,
        source=source,
        availability_zone=availability_zone,
        size_in_gb=size,
        tags=draft.tags,
    )
    return (
        yield from _make(
            disk_creation(request, client_token),
            disks(DiskState.AVAILABLE),
            policy,
            limit,
            on_progress=on_progress,
        )
    )
