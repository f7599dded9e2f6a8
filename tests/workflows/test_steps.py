"""Steps of a workflow: progress, log records, and advice after failures and interrupts."""

from __future__ import annotations

import itertools
import logging
import pickle
import re
from collections.abc import Callable
from typing import Any

import anyio
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.support import create_client, run_on

from lightsail_snap import (
    AsyncLightsailSnapClient,
    DiskSource,
    InstanceSource,
    InvalidInputException,
    LightsailSnapClient,
    NotFoundException,
    RequestValidationError,
    SnapshotConflictError,
    StepProgress,
    VirtualClock,
    WaitPolicy,
    WaitTimeoutError,
)
from lightsail_snap._workflows.steps import derive_name
from lightsail_snap.emulator import LightsailEmulator, Progression
from lightsail_snap.models.disk_snapshots import CreateDiskSnapshotRequest

HERE = "us-east-1"
TOKEN: dict[str, Any] = {"client_token": "t"}
INTERFACES = ["sync", "asyncio", "trio"]
CONTINUE = "to continue, call rescue_system_volume('web-1', 'helper-1', ..., client_token='t')"


@pytest.fixture
def emulator() -> Any:
    with LightsailEmulator(clock=VirtualClock(), progression=Progression.by_polls(1, 1)) as made:
        for name in ("web-1", "helper-1"):
            made.add_instance(name, region_name=HERE)
        yield made


def client_of(emulator: LightsailEmulator) -> LightsailSnapClient:
    policy = WaitPolicy(random=lambda: 0.5)
    return LightsailSnapClient(
        emulator.boto3_client(HERE), clock=emulator.clock, wait_policy=policy
    )


def rescue(emulator: LightsailEmulator, **options: Any) -> Any:
    return client_of(emulator).rescue_system_volume("web-1", "helper-1", **TOKEN, **options)


def raising(error: BaseException, begin: str) -> Callable[[StepProgress], None]:
    """Return an `on_progress` that raises an error at the first poll of a step."""

    def on_progress(progress: StepProgress) -> None:
        if progress.title.startswith(begin) and progress.poll is not None:
            raise error

    return on_progress


@pytest.mark.parametrize("interface", INTERFACES)
def test_steps_are_numbered_reported_and_logged(
    emulator: LightsailEmulator, interface: str, caplog: pytest.LogCaptureFixture
) -> None:
    reports: list[StepProgress] = []

    async def work() -> Any:
        client = create_client(interface, emulator.boto3_client(HERE), clock=emulator.clock)
        return await client.rescue_system_volume(
            "web-1", "helper-1", keep_snapshot=False, on_progress=reports.append
        )

    with caplog.at_level(logging.INFO, "lightsail_snap"):
        run_on(interface, work)
    assert [each.step for each in reports if each.poll is None] == [1, 2, 3, 4]
    assert {each.steps for each in reports} == {4}
    assert all(one.step <= other.step for one, other in itertools.pairwise(reports))
    assert all(any(e.poll and e.step == step for e in reports) for step in (1, 2, 3, 4))
    begun = [str(each) for each in reports if each.poll is None]
    assert begun[0].startswith("step 1 of 4: take disk snapshot web-1-rescue-snapshot-")
    logged = [each.message for each in caplog.records if each.message.startswith("step ")]
    assert logged == begun
    polled = str(next(each for each in reports if each.poll))
    assert re.fullmatch(r"step 1 of 4: take .*: operation CreateDiskSnapshot .* s", polled)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ValueError("of the callback")])
def test_interrupt_gets_one_note(emulator: LightsailEmulator, error: BaseException) -> None:
    with pytest.raises(type(error)) as caught:
        rescue(emulator, on_progress=raising(error, "restore"))
    assert caught.value is error
    (note,) = error.__notes__
    assert note.startswith("step 2 of 3 has not finished: restore disk web-1-rescue-")
    assert "; done so far: disk snapshot web-1-rescue-snapshot-" in note
    assert note.endswith(CONTINUE)
    assert rescue(emulator).disk.attached_to == "helper-1"
    assert emulator.calls["CreateDiskSnapshot"] == emulator.calls["CreateDiskFromSnapshot"] == 1


def test_interrupt_during_a_call_gets_the_note(
    emulator: LightsailEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    handle = emulator.handle

    def interrupt(region: str, operation: str, payload: Any) -> Any:
        if operation == "AttachDisk":
            raise KeyboardInterrupt
        return handle(region, operation, payload)

    monkeypatch.setattr(emulator, "handle", interrupt)
    with pytest.raises(KeyboardInterrupt) as caught:
        rescue(emulator)
    (note,) = caught.value.__notes__
    assert note.startswith("step 3 of 3 has not finished: attach disk web-1-rescue-")
    assert note.endswith(CONTINUE)


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_cancellation_gets_the_note(emulator: LightsailEmulator) -> None:
    client = AsyncLightsailSnapClient(emulator.boto3_client(HERE), clock=emulator.clock)
    notes: list[str] = []
    with anyio.CancelScope() as scope:

        def cancel(progress: StepProgress) -> None:
            if progress.step == 2:
                scope.cancel()

        try:
            await client.rescue_system_volume("web-1", "helper-1", on_progress=cancel, **TOKEN)
        except anyio.get_cancelled_exc_class() as cancelled:
            notes += cancelled.__notes__
            raise
    assert scope.cancelled_caught
    assert notes[-1].startswith("step 2 of 3 has not finished: restore disk")
    assert notes[-1].endswith(CONTINUE)


def test_error_is_marked_and_pickled_with_its_note(emulator: LightsailEmulator) -> None:
    with pytest.raises(InvalidInputException) as caught:
        rescue(emulator, size_in_gb=8)
    assert caught.value.may_have_executed
    (note,) = caught.value.__notes__
    assert note.endswith(CONTINUE)
    assert pickle.loads(pickle.dumps(caught.value)).__notes__ == [note]  # noqa: S301 - pickled here


def test_error_before_any_change_has_no_advice(emulator: LightsailEmulator) -> None:
    client_of(emulator).take_disk_snapshot("taken-1", InstanceSource(instance_name="web-1"))
    with pytest.raises(SnapshotConflictError) as caught:
        rescue(emulator, snapshot_name="taken-1")
    assert not caught.value.may_have_executed
    assert not hasattr(caught.value, "__notes__")
    with pytest.raises(KeyboardInterrupt) as interrupted:
        rescue(emulator, on_progress=raising(KeyboardInterrupt(), "take"))
    assert "done so far" not in interrupted.value.__notes__[0]


def test_interrupt_before_the_first_step_has_no_note(
    emulator: LightsailEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(emulator, "handle", interrupt)
    with pytest.raises(KeyboardInterrupt) as caught:
        rescue(emulator)
    assert not hasattr(caught.value, "__notes__")


def test_lookup_errors_are_not_about_steps(emulator: LightsailEmulator) -> None:
    with pytest.raises(NotFoundException) as caught:
        client_of(emulator).rescue_system_volume("web-1", "absent-1")
    assert caught.value.__notes__ == ["the helper absent-1 must be in the Region of the client"]


def test_one_time_limit_holds_for_all_steps(emulator: LightsailEmulator) -> None:
    emulator.progression = Progression.by_seconds(25, 0)
    began = emulator.clock.monotonic()
    with pytest.raises(WaitTimeoutError) as caught:
        rescue(emulator, timeout=40)
    assert emulator.clock.monotonic() - began == pytest.approx(40)
    assert "to keep waiting, call rescue_system_volume('web-1', 'helper-1'" in str(caught.value)
    assert caught.value.__notes__[0].startswith("step 2 of 3 has not finished")


def test_time_limit_of_zero_polls_once_in_each_call(emulator: LightsailEmulator) -> None:
    emulator.progression = Progression.by_seconds(25, 25)
    for _ in range(3):
        with pytest.raises(WaitTimeoutError):
            rescue(emulator, timeout=0)
        emulator.clock.sleep(30)
    assert rescue(emulator, timeout=0).disk.attached_to == "helper-1"
    assert emulator.calls["CreateDiskFromSnapshot"] == emulator.calls["CreateDiskSnapshot"] == 1


def test_step_does_not_begin_after_the_time_limit(emulator: LightsailEmulator) -> None:
    def delay(progress: StepProgress) -> None:
        if progress.poll is not None and progress.poll.percent == 100:
            emulator.clock.sleep(100)

    with pytest.raises(WaitTimeoutError, match=r"time limit of 1\d\d s has passed before step 2"):
        rescue(emulator, timeout=60, on_progress=delay)
    assert emulator.calls["CreateDiskFromSnapshot"] == 0


def test_callback_that_is_not_callable_is_refused(emulator: LightsailEmulator) -> None:
    with pytest.raises(RequestValidationError, match="on_progress"):
        rescue(emulator, on_progress="print")
    assert not emulator.calls


@given(source=st.text(min_size=1, max_size=300), token=st.text(min_size=1))
@example("a" * 255, "t")
@example("...", "\ud800")
def test_derived_names_are_valid_and_stable(source: str, token: str) -> None:
    name = derive_name(source, "rescue-snapshot", token)
    disk = DiskSource(disk_name="disk-1")
    assert CreateDiskSnapshotRequest(disk_snapshot_name=name, source=disk).disk_snapshot_name
    assert name == derive_name(source, "rescue-snapshot", token)
    assert name != derive_name(source, "rescue-snapshot", f"{token}x")
