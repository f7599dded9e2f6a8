"""Settings and reports of waits, pauses, rescues, clocks and the emulator."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from lightsail_snap.clock import VirtualClock
from lightsail_snap.emulator import (
    Ending,
    FailedOperation,
    Fault,
    FaultKind,
    Pace,
    Progression,
)
from lightsail_snap.emulator import Response as HttpResponse
from lightsail_snap.models import (
    DiskSnapshot,
    DiskSnapshotState,
    DiskState,
    PollResult,
    ResponseMetadata,
)
from lightsail_snap.quiesce import CommandHooks, FileSystemFreeze
from lightsail_snap.rescue import RescueResult
from lightsail_snap.roll_back import RollBackPreview, RollBackResult
from lightsail_snap.testing.strategies._errors import errors
from lightsail_snap.testing.strategies._hostile import wire_dicts
from lightsail_snap.testing.strategies._resources import (
    disk_snapshots,
    disks,
    instance_snapshots,
    instances,
    operations,
    times,
)
from lightsail_snap.transport import Response
from lightsail_snap.waiters import GroupProgress, StepProgress, WaitPolicy, WaitProgress

_OPERATIONS = st.sampled_from(("CreateDiskSnapshot", "GetDiskSnapshots", "DeleteDiskSnapshot"))
_DESCRIPTIONS = st.sampled_from(("disk snapshot nightly", "operation 1", "deletion of old-1"))
_ELAPSED = st.integers(0, 3600).map(lambda seconds: timedelta(seconds=seconds))


@st.composite
def wait_policies(draw: st.DrawFn) -> WaitPolicy:
    """Draw a policy for waits, with and without a timeout."""
    delay = timedelta(seconds=draw(st.integers(0, 30)))
    timeout = draw(st.none() | st.integers(0, 240).map(lambda minutes: timedelta(minutes=minutes)))
    longest = delay + timedelta(seconds=draw(st.integers(0, 60)))
    return WaitPolicy(timeout=timeout, min_delay=delay, max_delay=longest)


@st.composite
def wait_progress(draw: st.DrawFn) -> WaitProgress[PollResult]:
    """Draw a report on a wait: in 1 of 5 the poll failed."""
    resource: Any = None
    error = draw(errors()) if draw(st.integers(0, 4)) == 1 else None
    if error is None:
        resource = draw(disk_snapshots() | instance_snapshots() | operations() | disks())
    return WaitProgress(
        description=draw(_DESCRIPTIONS),
        polls=draw(st.integers(1, 100)),
        elapsed=draw(_ELAPSED),
        percent=draw(st.none() | st.integers(0, 100)) if error is None else None,
        resource=resource,
        error=error,
    )


@st.composite
def group_progress(draw: st.DrawFn) -> GroupProgress:
    """Draw a report on a wait for several resources."""
    succeeded, failed, pending = (draw(st.integers(0, 9)) for _ in range(3))
    return GroupProgress(
        description=draw(_DESCRIPTIONS),
        polls=draw(st.integers(1, 100)),
        elapsed=draw(_ELAPSED),
        total=succeeded + failed + pending,
        succeeded=succeeded,
        failed=failed,
    )


@st.composite
def step_progress(draw: st.DrawFn) -> StepProgress:
    """Draw a report on a step: its beginning, or a poll in it."""
    steps = draw(st.integers(1, 6))
    return StepProgress(
        step=draw(st.integers(1, steps)),
        steps=steps,
        title=draw(st.sampled_from(("take disk snapshot made-1", "attach disk made-2"))),
        poll=draw(st.none() | wait_progress()),
    )


@st.composite
def rescue_results(draw: st.DrawFn) -> RescueResult:
    """Draw the result of a rescue, with and without its snapshot."""
    disk = draw(disks(state=DiskState.IN_USE))
    path = disk.path or "/dev/xvdf"
    snapshot = draw(st.none() | disk_snapshots(state=DiskSnapshotState.COMPLETED))
    commands = ("lsblk", f"sudo mount -o ro {path}1 /mnt/{disk.name}")
    return RescueResult(disk, path, snapshot, commands)


@st.composite
def roll_back_results(draw: st.DrawFn) -> RollBackResult:
    """Draw the result of a roll back, of a disk that is attached or not."""
    disk, replaced = draw(disks()), draw(st.none() | disks())
    is_deleted = replaced is None or draw(st.booleans())
    instance = draw(st.none() | instances())
    path = None if instance is None else draw(st.sampled_from(("/dev/xvdf", "/dev/sdg")))
    return RollBackResult(disk, replaced, instance, path, is_deleted)


@st.composite
def roll_back_previews(draw: st.DrawFn) -> RollBackPreview:
    """Draw the preview of a roll back, with and without an instance."""
    disk, instance = draw(disks()), draw(st.none() | instances())
    attached = [] if instance is None else [instance.name]
    path = "/dev/xvdf" if attached else None
    steps = (
        f"restore disk {disk.name}-2 from snapshot {disk.name}-1",
        *(f"{verb} instance {name}" for name in attached for verb in ("stop", "start")),
    )
    warnings = tuple(f"instance {name} stops and starts: it is down meanwhile" for name in attached)
    token = draw(st.none() | st.uuids().map(str))
    return RollBackPreview(disk, f"{disk.name}-2", token, steps, warnings, instance, path)


def command_hooks() -> SearchStrategy[CommandHooks]:
    """Return a strategy for pauses by commands; none is run."""
    return st.builds(
        CommandHooks,
        # Programs without arguments, which `repr` would hide.
        st.just(["pause-app"]),
        st.just(["resume-app"]),
        timeout=st.sampled_from((5.0, timedelta(seconds=30))),
    )


def file_system_freezes() -> SearchStrategy[FileSystemFreeze]:
    """Return a strategy for pauses of a file system; nothing is frozen."""
    return st.builds(
        FileSystemFreeze,
        st.sampled_from(("/mnt/data", "/srv/db")),
        timeout=st.sampled_from((5.0, timedelta(seconds=30))),
    )


def virtual_clocks() -> SearchStrategy[VirtualClock]:
    """Return a strategy for virtual clocks."""
    return st.builds(VirtualClock, st.integers(1_500_000_000, 2_000_000_000).map(float))


def paces() -> SearchStrategy[Pace]:
    """Return a strategy for durations of operations of the emulator."""
    by_polls = st.builds(Pace, unit=st.just("polls"), amount=st.integers(0, 5))
    by_seconds = st.builds(
        Pace,
        unit=st.just("seconds"),
        amount=st.integers(0, 120),
        max_polls=st.none() | st.integers(0, 10),
    )
    return by_polls | by_seconds


def failed_operations() -> SearchStrategy[FailedOperation]:
    """Return a strategy for operations of the emulator that fail."""
    return st.builds(
        FailedOperation,
        operation=st.none() | _OPERATIONS,
        resource_name=st.none() | st.just("nightly"),
    )


def progressions() -> SearchStrategy[Progression]:
    """Return a strategy for progressions of the emulator, in a third with a failing operation."""
    return st.builds(
        Progression,
        operation=paces(),
        snapshot=paces(),
        failed_operations=st.just(()) | st.tuples(failed_operations()),
        failed_snapshots=st.just(()) | st.just(("nightly",)),
    )


def faults() -> SearchStrategy[Fault]:
    """Return a strategy for faults that the emulator accepts."""
    # As strings, which hypothesis prints as code.
    never_executed = _faults("refuse")
    with_status = _faults("server-error", status=st.sampled_from((None, 500, 503)))
    throttled = _faults("throttle", status=st.sampled_from((None, 400, 429)))
    others = sorted(set(FaultKind) - {"refuse", "server-error", "throttle"})
    return st.one_of(
        st.one_of(*(_faults(str(kind), after_commit=st.booleans()) for kind in others)),
        st.one_of(never_executed, with_status, throttled),
    )


def _faults(kind: str, **fields: SearchStrategy[Any]) -> SearchStrategy[Fault]:
    return st.builds(
        Fault,
        kind=st.just(kind),
        operation=st.none() | _OPERATIONS,
        times=st.none() | st.integers(1, 3),
        skip=st.integers(0, 3),
        probability=st.sampled_from((1.0, 0.5, 0.0)),
        seconds=st.sampled_from((0.0, 1.5, 60.0)),
        **fields,
    )


def http_responses() -> SearchStrategy[HttpResponse]:
    """Return a strategy for HTTP responses of the emulator."""
    return st.builds(
        HttpResponse,
        status=st.sampled_from((200, 400, 503)),
        body=st.sampled_from((b"{}", b"", b'{"operations": []}')),
        headers=st.just({"Content-Type": "application/x-amz-json-1.1"}),
        ending=st.sampled_from(Ending),
    )


def response_metadata() -> SearchStrategy[ResponseMetadata]:
    """Return a strategy for metadata of responses."""
    return st.builds(
        ResponseMetadata,
        request_id=st.none() | st.uuids().map(str),
        http_status=st.just(200),
        retry_attempts=st.integers(0, 3),
        date=st.none() | times(),
    )


def responses() -> SearchStrategy[Response]:
    """Return a strategy for responses of a transport."""
    bodies = wire_dicts(DiskSnapshot).map(lambda snapshot: {"diskSnapshot": snapshot})
    return st.builds(
        Response, payload=bodies | st.sampled_from((b"{}", b"[]")), metadata=response_metadata()
    )
