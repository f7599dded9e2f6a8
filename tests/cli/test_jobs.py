"""Jobs of several steps, interrupted on the way and resumed by the command that was printed."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest
from tests.cli.support import Command

from lightsail_snap.cli._emulator import ShiftedClock
from lightsail_snap.emulator import LightsailEmulator, Progression
from lightsail_snap.emulator._wire import Response

REGION = "us-east-1"


def call(emulator: LightsailEmulator, operation: str, **members: Any) -> Any:
    return json.loads(emulator.handle(REGION, operation, members).body)


@dataclass(frozen=True)
class Job:
    """A job, with the change during which it is interrupted.

    Attributes:
        arguments: The command without its last options.
        change: Operation that does not end until the job is interrupted.
        changes: All changes of the whole job, each with its number of requests.
        check: Checks the final state; receives the printed result.
    """

    arguments: str
    change: str
    changes: dict[str, int]
    check: Callable[[LightsailEmulator, str], None]


def check_rescue(emulator: LightsailEmulator, printed: str) -> None:
    disk, state, helper, path = printed.splitlines()[0].split()
    assert (state, helper, path) == ("in-use", "helper-1", "/dev/xvdf")
    assert f"sudo mount -o ro /dev/xvdf1 /mnt/{disk}" in printed
    found = call(emulator, "GetDisk", diskName=disk)["disk"]
    assert (found["attachedTo"], found["path"]) == ("helper-1", "/dev/xvdf")


def check_rollback(emulator: LightsailEmulator, printed: str) -> None:
    assert printed == "disk fresh-1: attached to web-1 at /dev/xvdf; disk Disk-1 is kept\n"
    (new, old) = (
        call(emulator, "GetDisk", diskName=name)["disk"] for name in ("fresh-1", "Disk-1")
    )
    assert (new["attachedTo"], new["path"], old["state"]) == ("web-1", "/dev/xvdf", "available")
    found = call(emulator, "GetInstanceState", instanceName="web-1")
    assert found["state"]["name"] == "running"


def check_restored_instance(emulator: LightsailEmulator, printed: str) -> None:
    assert printed.startswith("web-2  running  small_3_0  ")
    found = call(emulator, "GetInstance", instanceName="web-2")["instance"]
    assert (found["state"]["name"], found["bundleId"]) == ("running", "small_3_0")


JOBS = {
    "rescue": Job(
        "rescue web-1 --to helper-1",
        "AttachDisk",
        {"CreateDiskSnapshot": 1, "CreateDiskFromSnapshot": 1, "AttachDisk": 1},
        check_rescue,
    ),
    "rollback": Job(
        "rollback Disk-1 snap-1 --new-disk-name fresh-1 --yes",
        "DetachDisk",
        {"CreateDiskFromSnapshot": 1, "StopInstance": 1, "DetachDisk": 1, "AttachDisk": 1}
        | {"StartInstance": 1},
        check_rollback,
    ),
    # The second request has the same token, and the emulator returns the first instance.
    "restore-instance": Job(
        "restore-instance image-1 web-2 --bundle small_3_0",
        "CreateInstancesFromSnapshot",
        {"CreateInstancesFromSnapshot": 2},
        check_restored_instance,
    ),
}


@pytest.fixture(autouse=True)
def _resources(emulator: LightsailEmulator, command: Command) -> None:
    emulator.add_instance("helper-1", region_name=REGION)
    call(emulator, "AttachDisk", diskName="Disk-1", instanceName="web-1", diskPath="/dev/xvdf")
    assert command("create", "snap-1", "--disk", "Disk-1").code == 0
    assert command("create", "image-1", "--instance", "web-1").code == 0
    emulator.calls.clear()


def interrupt(emulator: LightsailEmulator, job: Job, number: signal.Signals) -> tuple[int, str]:
    """Run a job, end it during its change, and return its exit code and messages."""
    handle = emulator.handle

    def handle_slowly(region: str, operation: str, payload: Any) -> Response:
        if operation == job.change:
            emulator.progression = Progression.by_seconds(3600, 3600)
        return handle(region, operation, payload)

    arguments = [*job.arguments.split(), "--poll", "0.05"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(emulator, "handle", handle_slowly)
        with subprocess.Popen(  # noqa: S603 - the command under test
            [sys.executable, "-m", "lightsail_snap", *arguments], stderr=subprocess.PIPE, text=True
        ) as process:
            try:
                deadline = time.monotonic() + 60
                while not emulator.calls[job.change]:
                    assert time.monotonic() < deadline
                    time.sleep(0.02)
                process.send_signal(number)
                _, errors = process.communicate(timeout=60)
            finally:
                process.kill()
    emulator.progression = Progression.instant()
    # The change keeps its duration, and has ended by then.
    emulator.clock = clock = ShiftedClock()
    clock.days_ago = -1
    return process.returncode, errors


@pytest.mark.parametrize("name", JOBS)
@pytest.mark.parametrize("is_killed", [False, True])
@pytest.mark.sample(2)
def test_job_is_resumed_by_the_printed_command(
    name: str, command: Command, emulator: LightsailEmulator, *, is_killed: bool
) -> None:
    job = JOBS[name]
    number = signal.SIGKILL if is_killed else signal.SIGINT
    code, errors = interrupt(emulator, job, number)
    assert code == (-signal.SIGKILL if is_killed else 130)
    lines = errors.splitlines()
    assert lines.count("lightsail-snap: interrupted") == (not is_killed)
    introduction = "If this command is killed, resume it with:" if is_killed else "run:"
    (resume,) = {
        after
        for before, after in pairwise(lines)
        if before.endswith(introduction) and "undo" not in before
    }
    assert resume.startswith(f"  lightsail-snap {job.arguments} --client-token ")
    resumed = command(*shlex.split(resume)[1:], "--poll", "0.05")
    assert resumed.code == 0
    job.check(emulator, resumed.out)
    assert {each: emulator.calls[each] for each in job.changes} == job.changes
    assert "If this command is killed" not in resumed.err


@pytest.mark.parametrize("name", JOBS)
def test_jobs_share_options_and_refuse_in_the_same_words(name: str, command: Command) -> None:
    arguments = JOBS[name].arguments.split()
    empty = command(*arguments, "--client-token", "")
    assert (empty.code, empty.err) == (
        2,
        "lightsail-snap: --client-token is empty; pass a unique token, or leave the option out\n",
    )
    wrong = command(*arguments, "--timeout", "soon")
    assert (wrong.code, wrong.err) == (
        2,
        "lightsail-snap: --timeout: soon is not a duration; write 90s, 15m, 2h or 1d\n",
    )
    late = command(*arguments, "--timeout", "0", "--client-token", "t-1")
    assert late.code in {0, 5}
    assert late.code == 0 or "\nTo resume, run:\n  lightsail-snap" in late.err
