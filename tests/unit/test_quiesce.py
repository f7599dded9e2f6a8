"""A pause of writes always ends: `fsfreeze` and `command_hooks` from outside."""

from __future__ import annotations

import os
import pickle
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lightsail_snap import quiesce
from lightsail_snap.errors import QuiesceError, RequestValidationError
from lightsail_snap.quiesce import (
    CommandHooks,
    FileSystemFreeze,
    _checks,
    _guard_process,
    _pause,
    command_hooks,
    fsfreeze,
)
from lightsail_snap.quiesce._guard_process import GuardProcess
from lightsail_snap.quiesce._messages import Plan

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux has fsfreeze, and /proc to search for leftovers"
)

_FSFREEZE = """\
#!/bin/sh
here={here}
echo "$1" >> "$here/calls"
printf '%s' "$2" > "$here/place"
case $1 in
--freeze) . "$here/freeze" ;;
--unfreeze) . "$here/thaw" ;;
*) exit 64 ;;
esac
"""
_FREEZE = 'touch "$here/frozen"\n'
_THAW = """\
test -e "$here/frozen" && exec rm "$here/frozen"
echo "fsfreeze: $2: unfreeze failed: Invalid argument" >&2
exit 1
"""
_HANG = "sleep 600\n"
# The guard is the parent of the script.
_KILL_GUARD = "kill -KILL $PPID\n"


def _until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, "an expected event did not happen"
        time.sleep(0.005)


def _children() -> set[int]:
    found: set[int] = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text("latin-1").rpartition(")")[2].split()
        except OSError:
            continue
        if fields[1] == str(os.getpid()):
            found.add(int(path.parent.name))
    return found


class _FakeFileSystem:
    """A file system that is frozen while a file exists, with its own `fsfreeze`."""

    def __init__(self, here: Path) -> None:
        self.here = here
        self.mount = here / "data"
        self.mount.mkdir()
        self.program = here / "fsfreeze"
        self.program.write_text(_FSFREEZE.format(here=shlex.quote(str(here))))
        self.program.chmod(0o755)
        self.mounts = here / "mountinfo"
        self.set_scripts()
        self.set_mount(self.mount)

    def set_scripts(self, freeze: str = _FREEZE, thaw: str = _THAW) -> None:
        # Replaced at once, since a guard may be reading them.
        for name, text in (("freeze", freeze), ("thaw", thaw)):
            new = self.here / f"{name}.new"
            new.write_text(text)
            new.replace(self.here / name)

    def set_mount(self, path: Path, device: str = "7:99") -> None:
        escaped = "".join(
            rf"\{byte:03o}" if byte in b" \t\n\\" else chr(byte) for byte in os.fsencode(path)
        )
        self.mounts.write_text(
            "21 1 999:1 / / rw,relatime - ext4 /dev/vda1 rw\n"
            f"36 21 {device} / {escaped} rw,noatime shared:1 - ext4 /dev/xvdf rw\n",
            "latin-1",
        )

    def is_frozen(self) -> bool:
        return (self.here / "frozen").exists()

    @property
    def calls(self) -> list[str]:
        path = self.here / "calls"
        return path.read_text().split() if path.exists() else []

    def context(self, timeout: timedelta | float = 30) -> FileSystemFreeze:
        return fsfreeze(self.mount, timeout=timeout, command=[str(self.program)])

    def owner_command(self, text: str) -> list[str]:
        """Return the command of another process that freezes this file system."""
        code = (
            "import os, signal, sys, time\n"
            "from lightsail_snap.quiesce import _checks, fsfreeze\n"
            f"_checks.MOUNT_TABLE = {str(self.mounts)!r}\n"
            f"context = fsfreeze({str(self.mount)!r}, command=[{str(self.program)!r}])\n"
        )
        return [sys.executable, "-c", code + text]


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> _FakeFileSystem:
    # Characters that a shell would interpret.
    here = tmp_path / 'it\'s a "$(touch oops)" -f'
    here.mkdir()
    fake = _FakeFileSystem(here)
    monkeypatch.setattr(_checks, "MOUNT_TABLE", str(fake.mounts))
    return fake


@pytest.fixture(autouse=True)
def _no_leftovers() -> Iterator[None]:
    before = _children()
    yield
    _until(lambda: not _children() - before)


@pytest.fixture
def guards(monkeypatch: pytest.MonkeyPatch) -> list[GuardProcess]:
    """Collect the guards that the test starts."""
    found: list[GuardProcess] = []
    start = _guard_process.start_guard

    def recorded() -> GuardProcess:
        found.append(start())
        return found[-1]

    monkeypatch.setattr(_pause, "start_guard", recorded)
    return found


def _exit(context: FileSystemFreeze | CommandHooks, error: Exception | None = None) -> None:
    context.__exit__(type(error) if error else None, error, None)


def _program(path: Path, text: str) -> str:
    path.write_text(f"#!/bin/sh\n{text}")
    path.chmod(0o755)
    return str(path)


# File systems


def test_fsfreeze_block_runs_while_frozen(fake: _FakeFileSystem) -> None:
    context = fake.context()
    with context as entered:
        assert entered is context
        assert fake.is_frozen()
    assert not fake.is_frozen()
    assert fake.calls == ["--freeze", "--unfreeze"]


def test_fsfreeze_held_is_the_duration_of_the_last_pause(fake: _FakeFileSystem) -> None:
    context = fake.context()
    seen = [context.held]
    began = time.monotonic()
    with context:
        seen.append(context.held)
    elapsed = timedelta(seconds=time.monotonic() - began)
    seen.append(context.held)
    with context:
        seen.append(context.held)
    assert [held is None for held in seen] == [True, True, False, True]
    assert timedelta(0) < (seen[2] or timedelta(0)) <= elapsed


def test_fsfreeze_can_be_used_many_times(fake: _FakeFileSystem) -> None:
    context = fake.context()
    for _ in range(3):
        with context:
            assert fake.is_frozen()
        assert not fake.is_frozen()


def test_fsfreeze_enter_and_exit_in_different_threads(fake: _FakeFileSystem) -> None:
    context = fake.context()
    for step in (context.__enter__, lambda: _exit(context)):
        thread = threading.Thread(target=step)
        thread.start()
        thread.join()
        assert fake.is_frozen() is (step == context.__enter__)


def test_fsfreeze_in_use_cannot_be_entered(fake: _FakeFileSystem) -> None:
    context = fake.context()
    with context:
        with pytest.raises(QuiesceError, match="is in use"):
            context.__enter__()
        assert fake.is_frozen()
    assert fake.calls == ["--freeze", "--unfreeze"]


def test_fsfreeze_exit_before_enter_raises(fake: _FakeFileSystem) -> None:
    context = fake.context()
    with pytest.raises(QuiesceError, match="has not been entered"):
        _exit(context)
    with context:
        pass
    with pytest.raises(QuiesceError, match="has not been entered"):
        _exit(context)


def test_fsfreeze_error_in_block_propagates_after_the_thaw(fake: _FakeFileSystem) -> None:
    for error in (ZeroDivisionError(), KeyboardInterrupt()):
        with pytest.raises(type(error)) as caught, fake.context():
            raise error
        assert caught.value is error
        assert not hasattr(error, "__notes__")
        assert not fake.is_frozen()


@pytest.mark.parametrize(
    ("reason", "hint"),
    [
        ("Operation not supported", ""),
        ("Operation not permitted", 'command=("sudo", "-n", "fsfreeze")'),
        ("Device or resource busy", "another process has frozen it already"),
    ],
)
def test_fsfreeze_refused_by_kernel_is_not_thawed(
    fake: _FakeFileSystem, reason: str, hint: str
) -> None:
    fake.set_scripts(freeze=f'echo "fsfreeze: $2: freeze failed: {reason}" >&2; exit 1')
    context = fake.context()
    with pytest.raises(QuiesceError) as caught:
        context.__enter__()
    error = caught.value
    assert str(error.args[0]).startswith(
        f"cannot freeze the file system at {fake.mount}, nothing was "
    )
    assert f"exited with 1: fsfreeze: {fake.mount}: freeze failed: {reason}" in str(error.args[0])
    assert hint in str(error)
    assert error.command == (str(fake.program), "--freeze", str(fake.mount))
    assert error.returncode == 1
    assert error.output == f"fsfreeze: {fake.mount}: freeze failed: {reason}"
    assert not error.may_have_executed
    assert fake.calls == ["--freeze"]
    assert context.held is None
    fake.set_scripts()
    with context:
        assert fake.is_frozen()


@pytest.mark.parametrize(
    ("end", "fate", "code"),
    [("exit 3", "exited with 3", 3), ("kill -TERM $$", "was ended by signal 15", -15)],
)
def test_fsfreeze_freeze_fails_halfway_is_thawed(
    fake: _FakeFileSystem, end: str, fate: str, code: int
) -> None:
    fake.set_scripts(freeze=f"{_FREEZE}\n{end}")
    context = fake.context()
    with pytest.raises(QuiesceError, match=f"{fate}; it is not frozen now") as caught:
        context.__enter__()
    assert caught.value.returncode == code
    assert fake.calls == ["--freeze", "--unfreeze"]
    assert not fake.is_frozen()
    assert context.held


def test_fsfreeze_freeze_exceeds_timeout_is_killed(fake: _FakeFileSystem) -> None:
    fake.set_scripts(freeze=_HANG)
    with pytest.raises(QuiesceError, match="did not end in time and was killed") as caught:
        fake.context(timeout=0.1).__enter__()
    assert caught.value.returncode == -signal.SIGKILL


def test_fsfreeze_killed_freeze_takes_effect_later_is_thawed(fake: _FakeFileSystem) -> None:
    # The kill does not reach it, as if it were in the kernel; but it holds the output open.
    late = (
        f"kill -INT {os.getpid()}\n"
        'until test "$(wc -l < "$here/calls")" -gt 3; do sleep 0.01; done\n'
        'touch "$here/frozen"\n'
    )
    fake.set_scripts(freeze=f"export here; setsid sh -c {shlex.quote(late)} & {_HANG}")
    with pytest.raises(KeyboardInterrupt):
        fake.context().__enter__()
    assert not fake.is_frozen()
    assert len(fake.calls) > 4


def test_fsfreeze_failed_thaw_is_retried(fake: _FakeFileSystem) -> None:
    fake.set_scripts(thaw=f'test "$(wc -l < "$here/calls")" -lt 4 && exit 9\n{_THAW}')
    with fake.context():
        pass
    assert fake.calls == ["--freeze", *["--unfreeze"] * 3]
    assert not fake.is_frozen()


@pytest.mark.parametrize("error", [None, ZeroDivisionError()])
def test_fsfreeze_thaw_keeps_failing_raises_advice_and_retries(
    fake: _FakeFileSystem, monkeypatch: pytest.MonkeyPatch, error: Exception | None
) -> None:
    monkeypatch.setattr(quiesce, "_REPORT_AFTER_THAWS", 2)
    fake.set_scripts(thaw="echo no luck; exit 9")
    context = fake.context()
    context.__enter__()
    with pytest.raises(QuiesceError) as caught:
        _exit(context, error)
    text = str(caught.value.args[0])
    command = (str(fake.program), "--unfreeze", str(fake.mount))
    assert f"as root run: {shlex.join(command)} (2 attempts, process " in text
    assert "it exited with 9: no luck" in text
    assert caught.value.command == command
    assert caught.value.returncode == 9
    assert caught.value.__context__ is error
    assert not caught.value.__suppress_context__
    assert context.held is None
    assert fake.is_frozen()
    fake.set_scripts()
    _until(lambda: not fake.is_frozen())


def test_fsfreeze_failing_thaw_keeps_error_of_block_as_context(
    fake: _FakeFileSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quiesce, "_REPORT_AFTER_THAWS", 1)
    fake.set_scripts(thaw="exit 9")
    error = ZeroDivisionError()
    with pytest.raises(QuiesceError) as caught, fake.context():
        raise error
    assert caught.value.__context__ is error
    fake.set_scripts()
    _until(lambda: not fake.is_frozen())


def test_fsfreeze_hanging_thaw_is_killed_and_retried(
    fake: _FakeFileSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quiesce, "_MAX_THAW_SECONDS", 0.2)
    fake.set_scripts(thaw=f'test "$(wc -l < "$here/calls")" -lt 3 && exec {_HANG}\n{_THAW}')
    with fake.context():
        pass
    assert not fake.is_frozen()
    assert len(fake.calls) >= 3


def test_fsfreeze_freeze_and_thaw_fail_raises_for_the_thaw(
    fake: _FakeFileSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quiesce, "_REPORT_AFTER_THAWS", 1)
    fake.set_scripts(freeze=f"{_FREEZE}\nexit 3", thaw="exit 9")
    with pytest.raises(QuiesceError, match=r"\(1 attempt, .*it exited with 9") as caught:
        fake.context().__enter__()
    assert caught.value.returncode == 9
    fake.set_scripts()
    _until(lambda: not fake.is_frozen())


@pytest.mark.parametrize("timeout", [0.5, timedelta(milliseconds=500)])
def test_fsfreeze_timeout_thaws_and_exit_raises(
    fake: _FakeFileSystem, timeout: timedelta | float
) -> None:
    context = fake.context(timeout)
    context.__enter__()
    _until(lambda: not fake.is_frozen())
    with pytest.raises(QuiesceError, match=r"after the timeout, \d+\.\d s, before") as caught:
        _exit(context)
    assert "the snapshot may be inconsistent" in str(caught.value)
    assert fake.calls == ["--freeze", "--unfreeze"]
    assert context.held
    assert context.held >= timedelta(seconds=0.5)
    with pytest.raises(QuiesceError, match="has not been entered"):
        _exit(context)


def test_fsfreeze_timeout_adds_note_to_error_of_block(fake: _FakeFileSystem) -> None:
    error = ZeroDivisionError()
    context = fake.context(timeout=0.5)
    context.__enter__()
    _until(lambda: not fake.is_frozen() and len(fake.calls) == 2)
    _exit(context, error)
    assert "writes resumed after the timeout" in error.__notes__[0]


def test_fsfreeze_thawed_by_another_process_raises(fake: _FakeFileSystem) -> None:
    context = fake.context()
    with pytest.raises(QuiesceError, match="something else has resumed writes"), context:
        (fake.here / "frozen").unlink()
    assert context.held


def test_fsfreeze_killed_thaw_took_effect_is_success(fake: _FakeFileSystem) -> None:
    fake.set_scripts(thaw='test -e "$here/frozen" && rm "$here/frozen" && kill -KILL $$\n' + _THAW)
    with fake.context():
        pass
    assert len(fake.calls) == 3


@pytest.mark.parametrize("death", ["os.kill(os.getpid(), signal.SIGKILL)", "os._exit(0)"])
def test_fsfreeze_owner_dies_is_thawed(fake: _FakeFileSystem, death: str) -> None:
    fake.set_scripts(thaw=f'touch "$here/thawed"; {_THAW}')
    subprocess.run(fake.owner_command(f"with context: {death}\n"), check=False)  # noqa: S603 - constant code
    _until((fake.here / "thawed").exists)
    _until(lambda: not fake.is_frozen())


def test_fsfreeze_owner_hangs_is_thawed_by_timeout(fake: _FakeFileSystem) -> None:
    code = "context._timeout = 0.7\ncontext.__enter__()\nos.kill(os.getpid(), signal.SIGSTOP)\n"
    with subprocess.Popen(fake.owner_command(code)) as process:  # noqa: S603 - constant code
        _until(lambda: fake.calls == ["--freeze", "--unfreeze"] and not fake.is_frozen())
        process.kill()


def test_fsfreeze_owner_dies_during_freeze_is_thawed(fake: _FakeFileSystem) -> None:
    fake.set_scripts(freeze=f"{_FREEZE} {_HANG}", thaw=f'touch "$here/thawed"; {_THAW}')
    with subprocess.Popen(fake.owner_command("context.__enter__()\n")) as process:  # noqa: S603 - constant code
        _until(fake.is_frozen)
        process.kill()
    _until((fake.here / "thawed").exists)
    _until(lambda: not fake.is_frozen())


def test_guard_receives_signals_keeps_the_pause(
    fake: _FakeFileSystem, guards: list[GuardProcess]
) -> None:
    with fake.context():
        assert os.getsid(guards[0].pid) == guards[0].pid
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            os.kill(guards[0].pid, number)
        assert fake.is_frozen()
    assert not fake.is_frozen()


def test_fsfreeze_interrupt_during_freeze_thaws(fake: _FakeFileSystem) -> None:
    fake.set_scripts(freeze=f"{_FREEZE} kill -INT {os.getpid()}; {_HANG}")
    context = fake.context()
    with pytest.raises(KeyboardInterrupt):
        context.__enter__()
    assert not fake.is_frozen()
    fake.set_scripts()
    with context:
        assert fake.is_frozen()


def test_fsfreeze_interrupt_during_thaw_does_not_stop_it(fake: _FakeFileSystem) -> None:
    fake.set_scripts(thaw=f"kill -INT {os.getpid()}; sleep 0.1; {_THAW}")
    context = fake.context()
    with pytest.raises(KeyboardInterrupt), context:
        pass
    assert not fake.is_frozen()
    fake.set_scripts()
    with context:
        assert fake.is_frozen()


def test_fsfreeze_forked_child_holds_socket_thaws_without_delay(
    fake: _FakeFileSystem, guards: list[GuardProcess]
) -> None:
    with ExitStack() as stack, fake.context():
        copy = os.dup(guards[0]._socket.fileno())
        stack.callback(os.close, copy)
    assert not fake.is_frozen()


def test_fsfreeze_ignored_sigchld_still_reports_failure(fake: _FakeFileSystem) -> None:
    fake.set_scripts(freeze="exit 3")
    handler = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        with pytest.raises(QuiesceError, match="exited with 3"):
            fake.context().__enter__()
    finally:
        signal.signal(signal.SIGCHLD, handler)


# Guards that die


def test_fsfreeze_guard_killed_exit_thaws(
    fake: _FakeFileSystem, guards: list[GuardProcess]
) -> None:
    context = fake.context()
    with context:
        os.kill(guards[0].pid, signal.SIGKILL)
    assert not fake.is_frozen()
    assert context.held
    assert len(guards) == 2


def test_fsfreeze_guard_killed_during_freeze_enter_thaws(fake: _FakeFileSystem) -> None:
    fake.set_scripts(freeze=_FREEZE + _KILL_GUARD)
    context = fake.context()
    with pytest.raises(QuiesceError, match="guard process died while writes were being paused"):
        context.__enter__()
    assert not fake.is_frozen()


def test_fsfreeze_both_guards_killed_raises_advice(fake: _FakeFileSystem) -> None:
    fake.set_scripts(thaw=_KILL_GUARD)
    error = ZeroDivisionError()
    died = "both guard processes died"
    with pytest.raises(QuiesceError, match=died) as caught, fake.context():
        raise error
    assert "--unfreeze" in str(caught.value.args[0])
    assert caught.value.__context__ is error


def test_fsfreeze_second_guard_cannot_start_raises_advice(
    fake: _FakeFileSystem, guards: list[GuardProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    context = fake.context()
    context.__enter__()
    os.kill(guards[0].pid, signal.SIGKILL)
    monkeypatch.setattr(sys, "executable", "")
    with pytest.raises(QuiesceError) as caught:
        _exit(context)
    assert "as root run: " in str(caught.value.args[0])
    assert "no interpreter" in str(caught.value.args[0])
    assert fake.is_frozen()


@pytest.mark.parametrize("is_stopped_first", [False, True])
def test_fsfreeze_guard_killed_before_plan_freezes_nothing(
    fake: _FakeFileSystem, monkeypatch: pytest.MonkeyPatch, *, is_stopped_first: bool
) -> None:
    send_plan = GuardProcess.send_plan
    victims: list[int] = []

    def killed(guard: GuardProcess, plan: Plan) -> None:
        if victims:
            send_plan(guard, plan)
            return
        victims.append(guard.pid)
        if is_stopped_first:
            os.kill(guard.pid, signal.SIGSTOP)
            send_plan(guard, plan)
        os.kill(guard.pid, signal.SIGKILL)
        guard._process.wait()
        if not is_stopped_first:
            send_plan(guard, plan)

    monkeypatch.setattr(GuardProcess, "send_plan", killed)
    # By default this signal would end the tests.
    handler = signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        with pytest.raises(QuiesceError, match="guard process died while writes were being paused"):
            fake.context().__enter__()
    finally:
        signal.signal(signal.SIGPIPE, handler)
    assert fake.calls == ["--unfreeze"]


def test_fsfreeze_stopped_guard_exit_raises_after_delay(
    fake: _FakeFileSystem, guards: list[GuardProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quiesce, "_MAX_THAW_SECONDS", 0.1)
    monkeypatch.setattr(_pause, "MAX_REPORT_DELAY_SECONDS", 0.1)
    context = fake.context()
    context.__enter__()
    pid = guards[0].pid
    os.kill(pid, signal.SIGSTOP)
    with pytest.raises(QuiesceError, match=rf"no report for 0\.2 s, process {pid} keeps trying"):
        _exit(context)
    assert fake.is_frozen()
    os.kill(pid, signal.SIGCONT)
    _until(lambda: not fake.is_frozen())


def test_fsfreeze_guard_stopped_during_freeze_enter_raises_after_delay(
    fake: _FakeFileSystem, guards: list[GuardProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quiesce, "_MAX_THAW_SECONDS", 0.1)
    monkeypatch.setattr(_pause, "MAX_REPORT_DELAY_SECONDS", 0.1)
    fake.set_scripts(freeze=f"{_FREEZE} kill -STOP $PPID")
    with pytest.raises(QuiesceError, match=r"no report for 0\.7 s, process \d+ keeps trying"):
        fake.context(timeout=0.5).__enter__()
    _until(fake.is_frozen)
    os.kill(guards[0].pid, signal.SIGCONT)
    _until(lambda: not fake.is_frozen())


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("echo no such codec >&2; exit 1", r"no such codec\\n"), ("exit 1", "exited silently")],
)
def test_fsfreeze_interpreter_fails_raises_its_output(
    fake: _FakeFileSystem, monkeypatch: pytest.MonkeyPatch, text: str, complaint: str
) -> None:
    monkeypatch.setattr(sys, "executable", _program(fake.here / "python", text))
    with pytest.raises(QuiesceError) as caught:
        fake.context().__enter__()
    assert "cannot start the guard process, nothing was done" in str(caught.value.args[0])
    assert complaint.replace("\\\\", "\\") in str(caught.value.args[0])
    assert not fake.calls


def test_fsfreeze_interpreter_never_ready_raises(
    fake: _FakeFileSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_guard_process, "MAX_START_SECONDS", 0.05)
    monkeypatch.setattr(sys, "executable", _program(fake.here / "python", "exec cat > /dev/null"))
    with pytest.raises(QuiesceError, match=r"it was not ready within 0\.05 s"):
        fake.context().__enter__()
    assert not fake.calls


def test_guard_process_interrupted_start_leaves_nothing_open(
    fake: _FakeFileSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(subprocess, "Popen", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fake.context().__enter__()


def test_guard_process_ignores_interpreter_warnings(
    fake: _FakeFileSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = f'echo "a warning" >&2; exec {shlex.quote(sys.executable)} "$@"'
    monkeypatch.setattr(sys, "executable", _program(fake.here / "python", text))
    with fake.context():
        assert fake.is_frozen()
    assert not fake.is_frozen()


# Mount points


@pytest.mark.parametrize(
    "name", ["a b", "-f", "--help", "$(touch oops)", "a\nb\\", "ü'\"", "\udcff"]
)
def test_fsfreeze_mount_point_name_is_passed_unchanged(fake: _FakeFileSystem, name: str) -> None:
    fake.mount = fake.here / name
    fake.mount.mkdir()
    fake.set_mount(fake.mount)
    with fake.context():
        assert fake.is_frozen()
    assert (fake.here / "place").read_bytes() == os.fsencode(fake.mount)
    assert not fake.is_frozen()


def test_fsfreeze_symbolic_link_is_resolved_once(fake: _FakeFileSystem) -> None:
    link = fake.here / "link"
    link.symlink_to(fake.mount)
    with fsfreeze(str(link), command=[str(fake.program)]):
        link.unlink()
    assert (fake.here / "place").read_text() == str(fake.mount)
    assert not fake.is_frozen()


@pytest.mark.parametrize(
    "mount_point",
    [
        "",
        "data",
        "-f",
        "./a",
        "/",
        "//",
        "///",
        "/.",
        "/a/..",
        "/a\0b",
        "/\ud800",
        b"/mnt",
        7,
        None,
    ],
)
def test_fsfreeze_invalid_mount_point_is_refused(mount_point: object) -> None:
    with pytest.raises(RequestValidationError, match="mount_point"):
        fsfreeze(mount_point)  # type: ignore[arg-type] # some of them are of wrong types


class _Bytes:
    def __fspath__(self) -> bytes:
        return b"/mnt"


def test_fsfreeze_path_of_bytes_is_refused() -> None:
    with pytest.raises(RequestValidationError, match="mount_point"):
        fsfreeze(_Bytes())  # type: ignore[arg-type] # wrong on purpose


@given(st.text())
@example("/mnt/data")
@example("/mnt/../..")
def test_fsfreeze_accepted_mount_point_is_absolute_and_not_root(text: str) -> None:
    try:
        fsfreeze(text)
    except RequestValidationError:
        return
    assert Path(text).is_absolute()
    assert os.path.normpath(text) not in {"/", "//"}


def test_fsfreeze_directory_without_mount_is_refused(fake: _FakeFileSystem) -> None:
    fake.mount = fake.mount / "below"
    fake.mount.mkdir()
    with pytest.raises(QuiesceError, match="is not a mount point"):
        fake.context().__enter__()
    assert not fake.calls


def test_fsfreeze_missing_directory_is_refused(fake: _FakeFileSystem) -> None:
    fake.mount = fake.mount / "below"
    with pytest.raises(QuiesceError, match=r"cannot find .*, nothing was done"):
        fake.context().__enter__()


@pytest.mark.parametrize("is_subvolume", [False, True])
def test_fsfreeze_other_mount_of_root_file_system_is_refused(
    fake: _FakeFileSystem, *, is_subvolume: bool
) -> None:
    root = Path("/").stat().st_dev
    device = "999:1" if is_subvolume else f"{os.major(root)}:{os.minor(root)}"
    fake.set_mount(fake.mount, device)
    with pytest.raises(QuiesceError, match="is part of the root file system"):
        fake.context().__enter__()
    assert not fake.calls


def test_read_mounts_of_this_machine_contains_proc() -> None:
    assert "/proc" in _checks.read_mounts()


def test_fsfreeze_on_other_systems_raises_alternative(
    fake: _FakeFileSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = fake.context()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "platform", "darwin")
        with pytest.raises(QuiesceError, match="fsfreeze needs Linux"):
            context.__enter__()


def test_fsfreeze_command_not_found_raises_package_name(fake: _FakeFileSystem) -> None:
    fake.program.unlink()
    with pytest.raises(QuiesceError, match="util-linux") as caught:
        fake.context().__enter__()
    assert caught.value.command == (str(fake.program),)


def test_fsfreeze_command_is_found_in_admin_folders(
    fake: _FakeFileSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quiesce, "_ADMIN_FOLDERS", (str(fake.here),))
    name = "fsfreeze-of-the-test"
    fake.program.rename(fake.here / name)
    with fsfreeze(fake.mount, command=[name]):
        assert fake.is_frozen()
    assert not fake.is_frozen()


def test_fsfreeze_command_may_have_leading_arguments(fake: _FakeFileSystem) -> None:
    with fsfreeze(fake.mount, command=("env", "A=B", str(fake.program))):
        assert fake.is_frozen()
    assert not fake.is_frozen()


def test_fsfreeze_commands_run_in_c_locale(
    fake: _FakeFileSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    fake.set_scripts(freeze=f'printf %s "$LC_ALL" > "$here/locale"; {_FREEZE}')
    with fake.context():
        pass
    assert (fake.here / "locale").read_text() == "C"


@pytest.mark.parametrize(
    "timeout",
    [0, -1, float("nan"), float("inf"), 86_401, True, "1", None, timedelta(0), timedelta(days=2)],
)
def test_invalid_timeout_is_refused(timeout: object) -> None:
    with pytest.raises(RequestValidationError, match=r"FileSystemFreeze, .* timeout: "):
        fsfreeze("/mnt", timeout=timeout)  # type: ignore[arg-type] # some of them are of wrong types
    with pytest.raises(RequestValidationError, match=r"CommandHooks, .* timeout: "):
        command_hooks(["a"], ["b"], timeout=timeout)  # type: ignore[arg-type] # likewise


@pytest.mark.parametrize(
    "command",
    [(), "a CANARY", b"a CANARY", [""], ["a", "CANARY\0"], ["a", 7], ["\ud800"], {"CANARY"}, None],
)
def test_invalid_command_is_refused_without_showing_it(command: Sequence[str]) -> None:
    for make in (
        lambda: fsfreeze("/mnt", command=command),
        lambda: command_hooks(command, ["a"]),
        lambda: command_hooks(["a"], command),
    ):
        with pytest.raises(RequestValidationError, match="must be a sequence of strings") as caught:
            make()
        assert "CANARY" not in str(caught.value)


def test_repr_hides_credentials_and_arguments() -> None:
    context = fsfreeze("/mnt/data", timeout=timedelta(minutes=1), command=["x", "http://me:pw@h/"])
    assert repr(context) == (
        "FileSystemFreeze('/mnt/data', timeout=60, command=('x', 'http://***@h/'))"
    )
    assert repr(command_hooks(["mysql", "-psecret"], ["mysql"])) == (
        "CommandHooks(before=('mysql', '***'), after=('mysql',), timeout=30)"
    )


def test_import_loads_no_expensive_modules() -> None:
    code = (
        "import sys, lightsail_snap.quiesce\n"
        "print({'pydantic', 'subprocess', 'socket', 'boto3'} & {*sys.modules})"
    )
    command = [sys.executable, "-c", code]
    # Measuring coverage loads many modules.
    env = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    result = subprocess.run(command, check=True, capture_output=True, text=True, env=env)  # noqa: S603 - constant code
    assert result.stdout == "set()\n"


# Commands


def _sh(text: str, *arguments: str) -> list[str]:
    return ["sh", "-c", text, "sh", *arguments]


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "log"


def test_command_hooks_run_before_and_after_the_block(log: Path) -> None:
    context = command_hooks(_sh("echo before >> log"), _sh("echo after >> log"))
    for _ in range(2):
        with context as entered:
            assert entered is context
            assert log.read_text() == "before\n"
        assert log.read_text() == "before\nafter\n"
        assert context.held
        log.unlink()


def test_command_hooks_arguments_are_passed_unchanged(log: Path) -> None:
    arguments = [
        "a b",
        "$(x)",
        "\udcff\udc80",
        "ü",
        "",
        "x" * 100_000,
        "y" * 100_000,
        "z" * 100_000,
    ]
    with command_hooks(_sh('printf "%s," "$@" > log', *arguments), ["true"]):
        assert log.read_bytes() == b"".join(os.fsencode(argument) + b"," for argument in arguments)


def test_command_hooks_environment_is_passed_unchanged(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    with command_hooks(_sh('echo "$LC_ALL" > log'), ["true"]):
        assert log.read_text() == "C.UTF-8\n"


def test_command_hooks_before_fails_runs_after(log: Path) -> None:
    context = command_hooks(_sh("echo not now; exit 7", "-pCANARY"), _sh("echo after >> log"))
    with pytest.raises(QuiesceError) as caught:
        context.__enter__()
    error = caught.value
    assert str(error) == (
        "nothing was sent: the command before, 'sh', exited with 7: not now; "
        "the command after, 'sh', ran"
    )
    assert (error.returncode, error.output) == (7, "not now")
    assert error.command == ("sh", "***", "***", "***", "***")
    assert b"CANARY" not in pickle.dumps(error)
    assert log.read_text() == "after\n"
    assert context.held


def test_command_hooks_timeout_kills_the_process_group(log: Path) -> None:
    context = command_hooks(
        _sh("sleep 600 & echo $! > pid; wait"),
        _sh("echo after >> log"),
        timeout=1,
    )
    with pytest.raises(QuiesceError, match="'sh', did not end in time and was killed; the command"):
        context.__enter__()
    assert log.read_text() == "after\n"
    child = Path("/proc") / log.with_name("pid").read_text().strip() / "stat"
    _until(lambda: not child.exists() or child.read_text().split()[2] == "Z")


def test_command_hooks_after_fails_raises_without_retry(log: Path) -> None:
    error = ZeroDivisionError()
    context = command_hooks(["true"], _sh("echo after >> log; exit 7"))
    failed = r"writes may still be paused: .*exited with 7$"
    with pytest.raises(QuiesceError, match=failed) as caught, context:
        raise error
    assert caught.value.__context__ is error
    assert context.held is None
    assert log.read_text() == "after\n"


def test_command_hooks_after_exceeds_timeout_is_killed(log: Path) -> None:
    context = command_hooks(["true"], _sh("echo after >> log; sleep 600"), timeout=1)
    with pytest.raises(QuiesceError, match="'sh', did not end in time and was killed"), context:
        pass
    assert log.read_text() == "after\n"


def test_command_hooks_both_fail_raises_both() -> None:
    with pytest.raises(QuiesceError, match="exited with 8; already the command before") as caught:
        command_hooks(_sh("exit 7"), _sh("exit 8")).__enter__()
    assert "exited with 7" in str(caught.value)
    assert caught.value.returncode == 8


def test_command_hooks_command_not_found_runs_nothing(log: Path) -> None:
    for commands in ((["no-such-program", "CANARY"], ["true"]), (["true"], ["no-such-program"])):
        with pytest.raises(QuiesceError, match="command 'no-such-program' not found") as caught:
            command_hooks(*commands).__enter__()
        assert "CANARY" not in repr(caught.value.command)
    assert not log.exists()


def test_command_hooks_command_cannot_start_raises(log: Path) -> None:
    program = log.with_name("program")
    program.write_text("#!/no/such/interpreter\n")
    program.chmod(0o755)
    with pytest.raises(QuiesceError, match=r"'\./program', could not be started: ") as caught:
        command_hooks(["./program"], _sh("echo after >> log")).__enter__()
    assert caught.value.returncode is None
    assert log.read_text() == "after\n"


def test_command_hooks_background_process_keeps_running(log: Path) -> None:
    begin = _sh("(while ! test -e stop; do sleep 0.05; done; echo ended >> log) &")
    with command_hooks(begin, _sh("touch stop")):
        assert not log.exists()
    _until(log.exists)


def test_command_hooks_output_is_bounded_and_redacted() -> None:
    shout = "echo http://me:CANARY@host/; yes '\033[31m' | head -c 1000000; exit 1"
    with pytest.raises(QuiesceError) as caught:
        command_hooks(_sh(shout), ["true"]).__enter__()
    assert len(caught.value.output) <= 4096
    assert "CANARY" not in str(caught.value) + caught.value.output
    assert str(caught.value).isprintable()


def test_command_hooks_endless_output_is_killed() -> None:
    with pytest.raises(QuiesceError, match="did not end in time and was killed: y"):
        command_hooks(["yes"], ["true"], timeout=0.7).__enter__()


def test_command_hooks_owner_dies_runs_after(log: Path) -> None:
    code = (
        "import os, signal\n"
        "from lightsail_snap.quiesce import command_hooks\n"
        "with command_hooks(['true'], ['touch', 'log']): os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=False)  # noqa: S603 - constant code
    _until(log.exists)


def test_command_hooks_interrupt_during_before_runs_after(log: Path) -> None:
    context = command_hooks(_sh(f"kill -INT {os.getpid()}; sleep 600"), _sh("echo after >> log"))
    with pytest.raises(KeyboardInterrupt):
        context.__enter__()
    assert log.read_text() == "after\n"


def test_command_hooks_guard_killed_runs_after(log: Path, guards: list[GuardProcess]) -> None:
    with command_hooks(["true"], _sh("echo after >> log")):
        os.kill(guards[0].pid, signal.SIGKILL)
    assert log.read_text() == "after\n"


def test_command_hooks_both_guards_killed_raises_advice() -> None:
    context = command_hooks(["true"], _sh(_KILL_GUARD))
    advice = "run the command after, 'sh', by hand"
    with pytest.raises(QuiesceError, match=advice), context:
        pass


def test_command_hooks_on_other_systems_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    context: CommandHooks = command_hooks(["true"], ["true"])
    with monkeypatch.context() as patch:
        patch.setattr(os, "name", "nt")
        with pytest.raises(QuiesceError, match="POSIX"):
            context.__enter__()


@pytest.mark.skipif(not shutil.which("fsfreeze"), reason="needs util-linux")
def test_real_fsfreeze_prints_the_expected_messages(tmp_path: Path) -> None:
    command = ["fsfreeze", "--unfreeze", str(tmp_path / "missing")]
    environment = {**os.environ, "LC_ALL": "C"}
    result = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)  # noqa: S603 - it does nothing
    assert result.returncode == 1
    assert "fsfreeze: cannot open " in result.stderr
