"""Pausing writes: with a stand-in for fsfreeze, and with commands of all kinds."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from lightsail_snap import (
    CommandHooks,
    FileSystemFreeze,
    QuiesceError,
    RequestValidationError,
    command_hooks,
    fsfreeze,
    quiesce,
)

pytestmark = pytest.mark.skipif(
    not hasattr(os, "memfd_create"), reason="file systems are frozen on Linux only"
)

# A mount point that every Linux has; the stand-in does not touch it.
MOUNTED = "/proc"
# What the stand-in does is in files beside it: `state` holds what it was called with, `freeze` and
# `unfreeze` hold the Python that it runs then.
STAND_IN = """#!{python} -IS
import pathlib, sys, time
here = pathlib.Path(__file__).parent
action = sys.argv[1].removeprefix("--")
with (here / "calls").open("a") as calls:
    calls.write(action + " " + sys.argv[2] + "\\n")
exec((here / action).read_text())
"""


class StandIn:
    """A program that is called like fsfreeze."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.program = folder / "fsfreeze"
        self.program.write_text(STAND_IN.replace("{python}", sys.executable), encoding="utf-8")
        self.program.chmod(0o755)
        self.on("freeze", "")
        self.on("unfreeze", "")

    def on(self, action: str, code: str) -> None:
        (self.folder / action).write_text(code, encoding="utf-8")

    @property
    def calls(self) -> list[str]:
        calls = self.folder / "calls"
        text = calls.read_text(encoding="utf-8") if calls.exists() else ""
        return [line.split()[0] for line in text.splitlines()]

    def freeze(self, timeout: float = 30) -> FileSystemFreeze:
        return fsfreeze(MOUNTED, timeout=timeout, command=[str(self.program)])

    def wait_for(self, count: int) -> None:
        """Wait until it was called so many times."""
        deadline = time.monotonic() + 20
        while len(self.calls) < count:
            assert time.monotonic() < deadline
            time.sleep(0.01)


@pytest.fixture
def stand_in(tmp_path: Path) -> StandIn:
    return StandIn(tmp_path)


def test_a_file_system_is_frozen_and_thawed(stand_in: StandIn) -> None:
    freeze = stand_in.freeze()
    assert not freeze.held
    with freeze as entered:
        assert entered is freeze
        assert stand_in.calls == ["freeze"]
    assert stand_in.calls == ["freeze", "unfreeze"]
    assert freeze.held is not None
    assert timedelta(0) < freeze.held < timedelta(seconds=20)


def test_it_can_be_used_again_but_not_at_the_same_time(stand_in: StandIn) -> None:
    freeze = stand_in.freeze()
    for _ in range(2):
        with freeze, pytest.raises(QuiesceError, match="in use already"):
            freeze.__enter__()
    assert stand_in.calls == ["freeze", "unfreeze"] * 2


def test_it_may_be_left_in_another_thread(stand_in: StandIn) -> None:
    freeze = stand_in.freeze()
    for act in (freeze.__enter__, lambda: freeze.__exit__(None, None, None)):
        thread = threading.Thread(target=act)
        thread.start()
        thread.join()
    assert stand_in.calls == ["freeze", "unfreeze"]
    assert freeze.held is not None


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_it_is_thawed_whatever_happens_inside(
    stand_in: StandIn, error: type[BaseException]
) -> None:
    freeze = stand_in.freeze()
    with pytest.raises(error), freeze:
        raise error
    assert stand_in.calls == ["freeze", "unfreeze"]


def test_it_is_thawed_when_the_time_is_up(stand_in: StandIn) -> None:
    freeze = stand_in.freeze(0.2)
    freeze.__enter__()
    stand_in.wait_for(2)
    with pytest.raises(QuiesceError, match=r"was thawed after 0\.2 s, before .* may not be cons"):
        freeze.__exit__(None, None, None)
    assert stand_in.calls == ["freeze", "unfreeze"]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
def test_it_is_thawed_when_this_process_dies(stand_in: StandIn, number: int) -> None:
    code = (
        "import sys, time; from lightsail_snap.quiesce import fsfreeze\n"
        f"with fsfreeze({MOUNTED!r}, timeout=600, command=[{str(stand_in.program)!r}]):\n"
        "    print('frozen', flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:  # noqa: S603 - our own code
        assert process.stdout is not None
        assert process.stdout.readline() == b"frozen\n"
        process.send_signal(number)
    stand_in.wait_for(2)
    assert stand_in.calls == ["freeze", "unfreeze"]


def test_a_freeze_that_is_refused_is_told_and_not_undone(stand_in: StandIn) -> None:
    # It may be refused because somebody else has frozen it, who relies on that.
    stand_in.on("freeze", "sys.exit('Device or resource busy')")
    with (
        pytest.raises(QuiesceError, match=r"was not frozen: .* Device or resource busy") as caught,
        stand_in.freeze(),
    ):
        pytest.fail("it was entered")
    assert caught.value.returncode == 1
    assert caught.value.command is not None
    assert caught.value.command[1:] == ("--freeze", MOUNTED)
    assert not caught.value.may_have_executed
    assert stand_in.calls == ["freeze"]


@pytest.mark.parametrize(
    "code", ["time.sleep(60)", "import os; os.kill(os.getpid(), 9)", "import os; os.abort()"]
)
def test_a_freeze_that_hangs_or_is_killed_is_undone(stand_in: StandIn, code: str) -> None:
    stand_in.on("freeze", code)
    freeze = stand_in.freeze(0.5)
    with pytest.raises(QuiesceError, match=r"was not frozen: .* (took too long|failed)"):
        freeze.__enter__()
    assert stand_in.calls == ["freeze", "unfreeze"]


def test_a_thaw_that_fails_is_tried_again(stand_in: StandIn) -> None:
    stand_in.on("unfreeze", "sys.exit(len((here / 'calls').read_text().splitlines()) < 4)")
    with stand_in.freeze():
        pass
    assert stand_in.calls == ["freeze", "unfreeze", "unfreeze", "unfreeze"]


def test_a_thaw_that_keeps_failing_says_what_to_run(
    stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quiesce, "_THAW_PAUSES", (0.0, 0.0))
    stand_in.on("unfreeze", "sys.exit('no \\x1b[31m such luck')")
    with pytest.raises(QuiesceError, match=r"may still be frozen; .* run .*--unfreeze /proc") as e:
        stand_in.freeze().__enter__().__exit__(None, None, None)
    assert r"no \x1b[31m such luck" in str(e.value)
    assert stand_in.calls == ["freeze", "unfreeze", "unfreeze"]


def test_a_thaw_by_somebody_else_is_told(stand_in: StandIn) -> None:
    stand_in.on("unfreeze", "sys.exit('fsfreeze: unfreeze failed: Invalid argument')")
    with pytest.raises(QuiesceError, match="was thawed by somebody else"), stand_in.freeze():
        pass
    assert stand_in.calls == ["freeze", "unfreeze"]


def test_an_error_inside_is_not_lost_when_the_thaw_fails(stand_in: StandIn) -> None:
    stand_in.on("unfreeze", "sys.exit('fsfreeze: unfreeze failed: Invalid argument')")
    with pytest.raises(QuiesceError) as caught, stand_in.freeze():
        raise ZeroDivisionError
    assert isinstance(caught.value.__context__, ZeroDivisionError)


def test_a_guard_that_is_killed_is_told(stand_in: StandIn) -> None:
    freeze = stand_in.freeze().__enter__()
    guard = freeze._guard
    assert guard is not None
    guard.kill()
    guard.wait()
    with pytest.raises(QuiesceError, match=r"was killed or is stuck; .*--unfreeze"):
        freeze.__exit__(None, None, None)


def test_a_guard_that_is_stuck_is_not_waited_for_for_ever(
    stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(select, "select", lambda *_: ([], [], []))
    with pytest.raises(QuiesceError, match="killed or is stuck"):
        stand_in.freeze().__enter__()
    assert stand_in.calls == []


def test_what_hangs_in_the_kernel_is_left_behind() -> None:
    with subprocess.Popen(["sleep", "60"]) as process:  # noqa: S607 - as anywhere
        quiesce._reap(process, 0.01)
        assert process.returncode is None
        process.kill()


def test_nothing_is_frozen_where_no_process_can_be_started(
    stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(11, "no more processes")

    monkeypatch.setattr(subprocess, "Popen", fail)
    with pytest.raises(QuiesceError, match=r"no process can be started: .*no more processes"):
        stand_in.freeze().__enter__()
    with pytest.raises(QuiesceError, match=r"cannot be run: .*no more processes"):
        command_hooks(["true"], ["true"]).__enter__()


def test_leaving_without_having_entered_is_told(stand_in: StandIn) -> None:
    freeze = stand_in.freeze()
    freeze._lock.acquire()
    with pytest.raises(QuiesceError, match="without having been entered"):
        freeze.__exit__(None, None, None)


@pytest.mark.parametrize(
    "given", ["/", "//", "/.", "/..", "relative", "", "-f", "/mnt\0", b"/mnt", 5, None]
)
def test_a_mount_point_that_cannot_be_one_is_refused(given: Any) -> None:
    with pytest.raises(RequestValidationError, match="mount_point: must"):
        fsfreeze(given)


def test_only_mount_points_of_other_file_systems_are_frozen(
    stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = [str(stand_in.program)]
    with (
        pytest.raises(QuiesceError, match="is no mount point"),
        fsfreeze(stand_in.folder, command=command),
    ):
        pass
    monkeypatch.setattr(os.path, "ismount", lambda _: True)
    root = Path("/").stat().st_dev
    folder = next(path for path in ("/usr", "/etc", "/bin") if Path(path).stat().st_dev == root)
    with (
        pytest.raises(QuiesceError, match="is the root file system"),
        fsfreeze(folder, command=command),
    ):
        pass
    assert stand_in.calls == []


def test_where_there_is_no_fsfreeze_nothing_is_tried() -> None:
    with pytest.raises(QuiesceError, match="no-such-fsfreeze is not here; install util-linux"):
        fsfreeze(MOUNTED, command=["no-such-fsfreeze"]).__enter__()


BAD_COMMANDS: list[Any] = [[], "true", b"true", None, 5, ["a", 5], ["a\0b"], {"a": "b"}]


@pytest.mark.parametrize("given", BAD_COMMANDS)
def test_a_command_that_cannot_be_one_is_refused(given: Any) -> None:
    for make in (
        lambda: fsfreeze(MOUNTED, command=given),
        lambda: command_hooks(given, ["true"]),
        lambda: command_hooks(["true"], given),
    ):
        with pytest.raises(RequestValidationError, match="must be a command as a sequence"):
            make()


@pytest.mark.parametrize("given", [0, -1, True, float("nan"), float("inf"), "soon", None,
                                   timedelta(0), timedelta.max])  # fmt: skip
def test_a_timeout_that_is_none_is_refused(given: Any) -> None:
    makers: list[Callable[[], object]] = [
        lambda: fsfreeze(MOUNTED, timeout=given),
        lambda: command_hooks(["true"], ["true"], timeout=given),
    ]
    for make in makers:
        with pytest.raises(RequestValidationError, match="timeout: must be a timedelta"):
            make()


def hooks(
    folder: Path, before: str = "", after: str = "", timeout: float = 30
) -> tuple[CommandHooks, Callable[[], list[str]]]:
    """Make hooks of Python code that write down when they run."""
    calls = folder / "calls"

    def command(name: str, code: str) -> list[str]:
        start = f"import sys, time; open({str(calls)!r}, 'a').write('{name}\\n')\n"
        return [sys.executable, "-IS", "-c", start + code]

    made = command_hooks(command("before", before), command("after", after), timeout=timeout)
    return made, lambda: calls.read_text(encoding="utf-8").split()


def test_commands_are_run_before_and_after(tmp_path: Path) -> None:
    made, calls = hooks(tmp_path)
    assert made.held is None
    for _ in range(2):
        with made, pytest.raises(QuiesceError, match="in use already"):
            made.__enter__()
    assert calls() == ["before", "after"] * 2
    assert made.held is not None


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_the_second_command_is_run_whatever_happens(
    tmp_path: Path, error: type[BaseException]
) -> None:
    made, calls = hooks(tmp_path)
    with pytest.raises(error), made:
        raise error
    assert calls() == ["before", "after"]


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("sys.exit('password=x refused AKIAIOSFODNN7EXAMPLE')", r"ended with 1: .* AKIA\*\*\*"),
        ("time.sleep(60)", r"took more than 0\.5 s"),
        ("print('x' * 100_000); sys.exit(3)", "ended with 3: x"),
    ],
)
def test_a_first_command_that_fails_is_undone(tmp_path: Path, code: str, told: str) -> None:
    made, calls = hooks(tmp_path, before=code, timeout=0.5 if "sleep" in code else 30)
    with pytest.raises(QuiesceError, match=f"writes are not paused: .*{told}") as caught, made:
        pytest.fail("it was entered")
    assert calls() == ["before", "after"]
    assert len(caught.value.output) <= 4096
    with pytest.raises(QuiesceError), made:
        pytest.fail("it was entered")


def test_a_second_command_that_fails_is_told(tmp_path: Path) -> None:
    made, calls = hooks(tmp_path, after="sys.exit(2)")
    with (
        pytest.raises(QuiesceError, match=r"writes may still be paused: .* ended with 2") as e,
        made,
    ):
        pass
    assert e.value.returncode == 2
    assert calls() == ["before", "after"]
    assert made.held is None


def test_a_command_is_killed_with_all_that_it_started(tmp_path: Path) -> None:
    child = "import subprocess; subprocess.Popen([sys.executable, '-c', 'import time; "
    made, _ = hooks(tmp_path, before=f"{child}time.sleep(600)']).wait()", timeout=0.5)
    began = time.monotonic()
    with pytest.raises(QuiesceError, match="took more than"), made:
        pytest.fail("it was entered")
    assert time.monotonic() - began < 60


def test_a_command_may_leave_something_running(tmp_path: Path) -> None:
    leave = (
        "import subprocess; subprocess.Popen(['sleep', '60'], start_new_session=True)\n"
        "print('left behind')"
    )
    made, calls = hooks(tmp_path, before=leave)
    with made:
        pass
    assert calls() == ["before", "after"]


def test_an_interrupt_of_a_command_kills_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, _ = hooks(tmp_path, before="time.sleep(60)")
    whole = subprocess.Popen.wait
    waits: list[float | None] = []

    def wait(process: subprocess.Popen[bytes], timeout: float | None = None) -> int:
        waits.append(timeout)
        if len(waits) == 1:
            raise KeyboardInterrupt
        return whole(process, timeout)

    monkeypatch.setattr(subprocess.Popen, "wait", wait)
    with pytest.raises(KeyboardInterrupt), made:
        pytest.fail("it was entered")


def test_where_there_is_no_memory_file_a_temporary_one_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "memfd_create")
    made, calls = hooks(tmp_path)
    with made:
        pass
    assert calls() == ["before", "after"]
    with pytest.raises(QuiesceError, match="Linux only"):
        fsfreeze(MOUNTED).__enter__()


def test_they_describe_themselves_without_secrets() -> None:
    assert repr(fsfreeze("/mnt/data", timeout=5)) == "fsfreeze('/mnt/data', timeout=5)"
    shown = repr(command_hooks(["x", "AKIAIOSFODNN7EXAMPLE\n"], ["y"]))
    assert "IOSFODNN7" not in shown
    assert "\n" not in shown
