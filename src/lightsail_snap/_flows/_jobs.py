"""Whole jobs: make something exactly once, and wait until it can be used."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any, TypeAlias, TypeVar

from lightsail_snap._flows._creation import (
    Creation,
    Found,
    Made,
    MadeT,
    Patience,
    Proof,
    bears,
    create_once,
    is_unreadable,
    made_by,
)
from lightsail_snap._flows._effects import (
    Flow,
    Moment,
    Quiesce,
    call,
    note,
    pause,
    together,
    within,
)
from lightsail_snap._flows._subjects import (
    DISK_SNAPSHOTS,
    INSTANCE_SNAPSHOTS,
    OPERATIONS,
    Subject,
    disks,
)
from lightsail_snap._flows._waits import (
    Absence,
    Ends,
    check_callback,
    check_concurrency,
    refused,
    several,
    wait_for,
    wait_for_all,
)
from lightsail_snap.errors import (
    LightsailSnapError,
    NotFoundException,
    QuiesceError,
    ServiceError,
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
    DiskSource,
    DiskState,
    GetDiskRequest,
    GetDiskSnapshotRequest,
    GetInstanceSnapshotRequest,
    InstanceSnapshot,
    ManualSnapshotSource,
    Operation,
    RestoreSource,
    SnapshotSource,
    Tag,
    TagsInput,
)
from lightsail_snap.waiters import GroupProgress, WaitPolicy, WaitProgress

CLIENT_TOKEN_KEY = "lightsail-snap:client-token"  # noqa: S105 - the key of a tag, no secret

_LEAST_SIZE = 8

OnQuiesced: TypeAlias = Callable[[timedelta], object]
OnProgress: TypeAlias = Callable[[WaitProgress[Any]], object]
ReturnT = TypeVar("ReturnT")


def _token_tags(client_token: str | None) -> tuple[Tag, ...]:
    if client_token is None:
        return ()
    if not client_token:
        rule, fix = "must not be empty", "give a text that is this job's own, such as a UUID"
        raise refused("client_token", rule, fix, client_token)
    return (Tag(key=CLIENT_TOKEN_KEY, value=client_token),)


def _bearing(tags: tuple[Tag, ...]) -> Callable[[Made], bool] | None:
    return (lambda thing: bears(thing, tags)) if tags else None


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
    began: list[Moment] = []
    accepted: list[ReturnT] = []

    def inside() -> Flow[ReturnT]:
        began.append((yield from pause()))
        accepted.append((yield from flow))
        return accepted[0]

    try:
        result = yield from within(context, inside())
    except LightsailSnapError as error:
        if accepted and isinstance(error, QuiesceError):
            _say_accepted(error, resume)
        if began:
            yield from _tell(began[0], on_quiesced)
        raise
    yield from _tell(began[0], on_quiesced)
    return result


def _tell(began: Moment, on_quiesced: OnQuiesced | None) -> Flow[None]:
    seconds = (yield from pause()).monotonic - began.monotonic
    yield from note(f"writes were paused for {seconds:.3f} s", quiesced_seconds=seconds)
    if on_quiesced is not None:
        on_quiesced(timedelta(seconds=seconds))


def _about(operations: Iterable[Operation], name: str) -> Operation | None:
    return next((each for each in operations if each.resource_name == name), None)


def _has_vanished(error: LightsailSnapError) -> bool:
    return isinstance(error, NotFoundException) or isinstance(error.__cause__, NotFoundException)


def _say_accepted(error: LightsailSnapError, resume: str) -> None:
    """Let an error say that there is something to go on with."""
    error.may_have_executed = True
    if not isinstance(error, WaitError):
        error.add_note(f"the service has accepted the request, go on with {resume}")


def _make(  # noqa: PLR0913 - the ways in which jobs differ
    creation: Creation[MadeT],
    subject: Subject[MadeT],
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
    began, resume = (yield from pause()), f"{subject.resume}({creation.name!r})"
    operations = yield from _quiesced(
        quiesce, create_once(creation, policy, limit), on_quiesced=on_quiesced, resume=resume
    )
    try:
        thing = yield from _wait(
            subject,
            creation.name,
            operations,
            policy,
            limit,
            on_progress=on_progress,
            resume=resume,
            began=began,
        )
        replaced = yield from _replaced(creation, thing, began)
        if replaced is not None:
            raise replaced
    except LightsailSnapError as error:
        _say_accepted(error, resume)
        raise
    return thing


def _replaced(
    creation: Creation[MadeT], thing: MadeT, began: Moment
) -> Flow[WaitFailedError | None]:
    """Find the error for a thing that somebody has put in the place of the one that was made."""
    if creation.prove(thing, ()) is not Proof.FOREIGN:
        return None
    waited = timedelta(seconds=(yield from pause()).monotonic - began.monotonic)
    text = (
        f"{creation.noun} {creation.name} was made, and somebody has deleted it since: what is "
        "there by this name now is another one"
    )
    if isinstance(thing, Disk):
        return WaitFailedError(text, waited=waited, disk=thing)
    return WaitFailedError(text, waited=waited, snapshot=thing)


def _wait(  # noqa: PLR0913 - all that its only caller knows
    subject: Subject[MadeT],
    name: str,
    operations: Iterable[Operation],
    policy: WaitPolicy,
    limit: float | None,
    *,
    on_progress: OnProgress | None,
    resume: str,
    began: Moment,
) -> Flow[MadeT]:
    """Wait for the operation that makes a thing, and then for the thing."""
    operation = _about(operations, name)
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
            if not _has_vanished(error):
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
            absence=Absence.EARLY,
            resume=resume,
            began=began,
        )
    )


def _disk_snapshot(name: str) -> Flow[Found[DiskSnapshot]]:
    result = yield from call(GetDiskSnapshotRequest(disk_snapshot_name=name))
    return Found(result.disk_snapshot, result.response_metadata)


def _instance_snapshot(name: str) -> Flow[Found[InstanceSnapshot]]:
    result = yield from call(GetInstanceSnapshotRequest(instance_snapshot_name=name))
    return Found(result.instance_snapshot, result.response_metadata)


def _disk(name: str) -> Flow[Found[Disk]]:
    result = yield from call(GetDiskRequest(disk_name=name))
    return Found(result.disk, result.response_metadata)


def _same(found: str | None, wanted: str, *, is_other: bool = False) -> Proof:
    if found is None:
        return Proof.FOREIGN if is_other else Proof.UNCLEAR
    return Proof.OURS if found == wanted else Proof.FOREIGN


def _is_of(snapshot: DiskSnapshot, source: SnapshotSource) -> Proof:
    disk, instance = snapshot.from_disk_name, snapshot.from_instance_name
    if isinstance(source, DiskSource):
        return _same(disk, source.disk_name, is_other=instance is not None)
    return _same(instance, source.instance_name, is_other=disk is not None)


def _disk_snapshot_creation(
    request: CreateDiskSnapshotRequest, client_token: str | None
) -> Creation[DiskSnapshot]:
    own = _token_tags(client_token)
    request = CreateDiskSnapshotRequest(
        disk_snapshot_name=request.disk_snapshot_name,
        source=request.source,
        tags=(*request.tags, *own),
    )

    def prove(snapshot: DiskSnapshot, history: tuple[Operation, ...]) -> Proof:
        is_foreign = made_by(request.operation_name, history) is Proof.FOREIGN
        if is_foreign or not bears(snapshot, request.tags):
            return Proof.FOREIGN
        return _is_of(snapshot, request.source)

    name = request.disk_snapshot_name
    return Creation(
        request, name, DISK_SNAPSHOTS.noun, lambda: _disk_snapshot(name), prove, _bearing(own)
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
        _disk_snapshot_creation(request, client_token),
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
    own, name = _token_tags(client_token), request.instance_snapshot_name
    request = CreateInstanceSnapshotRequest(
        instance_snapshot_name=name,
        instance_name=request.instance_name,
        tags=(*request.tags, *own),
    )

    def prove(snapshot: InstanceSnapshot, history: tuple[Operation, ...]) -> Proof:
        is_foreign = made_by(request.operation_name, history) is Proof.FOREIGN
        if is_foreign or not bears(snapshot, request.tags):
            return Proof.FOREIGN
        return _same(snapshot.from_instance_name, request.instance_name)

    noun = INSTANCE_SNAPSHOTS.noun
    return _make(
        Creation(request, name, noun, lambda: _instance_snapshot(name), prove, _bearing(own)),
        INSTANCE_SNAPSHOTS,
        policy,
        limit,
        on_progress=on_progress,
        quiesce=quiesce,
        on_quiesced=on_quiesced,
    )


def _either_snapshot(name: str) -> Flow[Found[Any]]:
    try:
        return (yield from _disk_snapshot(name))
    except ServiceError as error:
        # An error that nobody can read may well have said that there is none of this kind.
        may_be_other = isinstance(error, NotFoundException) or is_unreadable(error)
        if not may_be_other or error.is_retryable:
            raise
        problem = error
    try:
        return (yield from _instance_snapshot(name))
    except NotFoundException:
        # Only two readable answers say that there is neither.
        raise problem from problem.__cause__


def _look_at_either(name: str) -> Flow[Any]:
    return (yield from _either_snapshot(name)).thing


def _judge_either(snapshot: Any) -> Any:  # noqa: ANN401 - one of two kinds, judged by its own
    subject: Any = DISK_SNAPSHOTS if isinstance(snapshot, DiskSnapshot) else INSTANCE_SNAPSHOTS
    return subject.judge(snapshot)


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
    source, name = request.source, request.target_snapshot_name
    origin = source.snapshot_name if source.kind == "manual" else source.resource_name
    # Samples of the AWS command line.
    details = f"{request.source_region}:{origin}"

    def prove(_: DiskSnapshot | InstanceSnapshot, history: tuple[Operation, ...]) -> Proof:
        # A copy tells the disk it is of, not the snapshot it was made from; its operation does.
        copied = [each for each in history if each.operation_type == request.operation_name]
        if any(each.operation_details == details for each in copied):
            return Proof.OURS
        return Proof.FOREIGN if history else Proof.UNCLEAR

    subject: Subject[DiskSnapshot | InstanceSnapshot] = Subject(
        noun="snapshot",
        resume="wait_for_disk_snapshot",
        request=DISK_SNAPSHOTS.request,
        look=_look_at_either,
        judge=_judge_either,
        name_of=lambda snapshot: snapshot.name,
    )
    return _make(
        Creation(request, name, subject.noun, lambda: _either_snapshot(name), prove),
        subject,
        policy,
        limit,
        on_progress=on_progress,
    )


def _size_of(source: RestoreSource) -> Flow[int]:
    """Look up how large a disk from a snapshot must be at least."""
    if isinstance(source, ManualSnapshotSource):
        size = (yield from _disk_snapshot(source.snapshot_name)).thing.size_in_gb
    else:
        size = (yield from _disk(source.resource_name)).thing.size_in_gb
    if size is None:
        rule, fix = "is not told by the service for this source", "give size_in_gb"
        raise refused("size_in_gb", rule, fix, None)
    return size


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
    own = _token_tags(client_token)

    def made(size: int, tags: TagsInput | None) -> CreateDiskFromSnapshotRequest:
        return CreateDiskFromSnapshotRequest(
            disk_name=disk_name,
            source=source,
            availability_zone=availability_zone,
            size_in_gb=size,
            tags=tags,
        )

    # What is wrong with the rest is said before anything is asked.
    draft = made(_LEAST_SIZE if size_in_gb is None else size_in_gb, tags)
    size = size_in_gb
    if size is None:
        patience = Patience(policy, limit, (yield from pause()))
        size = yield from patience.look(lambda: _size_of(source))
        left = yield from patience.left()
        limit = None if left is None else max(0.0, left)
    request = made(size, (*draft.tags, *own))

    def prove(disk: Disk, history: tuple[Operation, ...]) -> Proof:
        zone = disk.location.availability_zone if disk.location else None
        differs = disk.size_in_gb not in {None, request.size_in_gb}
        differs = differs or zone not in {None, availability_zone}
        if differs or not bears(disk, request.tags):
            return Proof.FOREIGN
        # A disk does not tell what it was made from; its operation tells at least that it was.
        types = {each.operation_type for each in history}
        if request.operation_name in types:
            return Proof.OURS
        return Proof.FOREIGN if types else Proof.UNCLEAR

    return (
        yield from _make(
            Creation(request, disk_name, "disk", lambda: _disk(disk_name), prove, _bearing(own)),
            disks(DiskState.AVAILABLE),
            policy,
            limit,
            on_progress=on_progress,
        )
    )


def take_disk_snapshots(
    requests: Iterable[CreateDiskSnapshotRequest],
    policy: WaitPolicy,
    limit: float | None,
    *,
    concurrency: int,
    on_progress: Callable[[GroupProgress], object] | None,
) -> Flow[dict[str, DiskSnapshot]]:
    """Take many disk snapshots, each exactly once, and wait until all are completed.

    Args:
        requests: What to take.
        policy: How patiently to wait.
        limit: How long at most for all of them, in seconds; None for ever.
        concurrency: How many calls at most at the same time.
        on_progress: Is told of every round of looks.

    Returns:
        The completed snapshots by name.

    Raises:
        PartialFailureError: If any cannot be taken; it holds the others.
    """
    check_callback("on_progress", on_progress)
    check_concurrency(concurrency)
    wanted: dict[str, Creation[DiskSnapshot]] = {}
    for request in several("requests", requests):
        if not isinstance(request, CreateDiskSnapshotRequest):
            rule, fix = "must be requests to take disk snapshots", "give CreateDiskSnapshotRequest"
            raise refused("requests", rule, fix, request)
        CreateDiskSnapshotRequest.checked(request)
        creation = _disk_snapshot_creation(request, None)
        if creation.name in wanted:
            raise refused(
                "requests", "must have names of their own", "give each name once", request
            )
        wanted[creation.name] = creation
    began = yield from pause()
    made = yield from together(
        [create_once(creation, policy, limit) for creation in wanted.values()], concurrency
    )
    outcomes = dict(zip(wanted, made, strict=True))
    failures = {n: o for n, o in outcomes.items() if isinstance(o, LightsailSnapError)}
    operations = {
        name: operation
        for name, outcome in outcomes.items()
        if not isinstance(outcome, LightsailSnapError)
        and (operation := _about(outcome, name)) is not None
    }
    ends = yield from wait_for_all(
        OPERATIONS,
        [operation.id for operation in operations.values()],
        policy,
        limit,
        concurrency=concurrency,
        on_progress=on_progress,
        firsts={operation.id: operation for operation in operations.values()},
        began=began,
    )
    for name, operation in operations.items():
        error = ends.failures.get(operation.id)
        if error is not None and not _has_vanished(error):
            _say_accepted(error, f"wait_for_disk_snapshot({name!r})")
            failures[name] = error
    snapshots = yield from wait_for_all(
        DISK_SNAPSHOTS,
        [name for name in wanted if name not in failures],
        policy,
        limit,
        concurrency=concurrency,
        on_progress=on_progress,
        absence=Absence.EARLY,
        began=began,
    )
    taken = dict(snapshots.successes)
    failures |= snapshots.failures
    for name, snapshot in snapshots.successes.items():
        replaced = yield from _replaced(wanted[name], snapshot, began)
        if replaced is not None:
            failures[name] = replaced
            del taken[name]
    for name in failures.keys() & snapshots.successes.keys() | snapshots.failures.keys():
        _say_accepted(failures[name], f"wait_for_disk_snapshot({name!r})")
    return Ends(taken, failures).all("disk snapshots")
