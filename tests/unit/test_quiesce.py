"""What is paused goes on again, whatever happens."""

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
from lightsail_snap.quiesce import CommandHooks, FileSystemFreeze, command_hooks, fsfreeze

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux has fsfreeze, and /proc to look for leftovers"
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
# The process that runs the commands is the parent of the script.
_KILL_GUARD = "kill -KILL $PPID\n"


def _until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, "what was to happen did not"
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


class _Fake:
    """A file system that is frozen if a file is there, and its own `fsfreeze`."""

    def __init__(self, here: Path) -> None:
        self.here = here
        self.mount = here / "data"
        self.mount.mkdir()
        self.program = here / "fsfreeze"
        self.program.write_text(_FSFREEZE.format(here=shlex.quote(str(here))))
        self.program.chmod(0o755)
        self.mounts = here / "mountinfo"
        self.does()
        self.mounted(self.mount)

    def does(self, freeze: str = _FREEZE, thaw: str = _THAW) -> None:
        # Replaced at once, since a guard may be reading them.
        for name, text in (("freeze", freeze), ("thaw", thaw)):
            new = self.here / f"{name}.new"
            new.write_text(text)
            new.replace(self.here / name)

    def mounted(self, path: Path, device: str = "7:99") -> None:
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

    def script(self, text: str) -> list[str]:
        """Make another process that freezes this file system."""
        code = (
            "import os, signal, sys, time\n"
            "from lightsail_snap import quiesce\n"
            f"quiesce._MOUNTS = {str(self.mounts)!r}\n"
            f"context = quiesce.fsfreeze({str(self.mount)!r}, command=[{str(self.program)!r}])\n"
        )
        return [sys.executable, "-c", code + text]


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> _Fake:
    # Some characters that a shell, or a careless line of ours, would not take as they are.
    here = tmp_path / 'it\'s a "$(touch oops)" -f'
    here.mkdir()
    fake = _Fake(here)
    monkeypatch.setattr(quiesce, "_MOUNTS", str(fake.mounts))
    return fake


@pytest.fixture(autouse=True)
def _no_leftovers() -> Iterator[None]:
    before = _children()
    yield
    _until(lambda: not _children() - before)


@pytest.fixture
def guards(monkeypatch: pytest.MonkeyPatch) -> list[quiesce._Guard]:
    """Collect the guards that are started."""
    found: list[quiesce._Guard] = []
    ready = quiesce._ready_guard

    def recorded() -> quiesce._Guard:
        found.append(ready())
        return found[-1]

    monkeypatch.setattr(quiesce, "_ready_guard", recorded)
    return found


def _leave(context: FileSystemFreeze | CommandHooks, error: Exception | None = None) -> None:
    context.__exit__(type(error) if error else None, error, None)


def _program(path: Path, text: str) -> str:
    path.write_text(f"#!/bin/sh\n{text}")
    path.chmod(0o755)
    return str(path)


# File systems


def test_the_file_system_is_frozen_within_the_block_only(fake: _Fake) -> None:
    context = fake.context()
    with context as entered:
        assert entered is context
        assert fake.is_frozen()
    assert not fake.is_frozen()
    assert fake.calls == ["--freeze", "--unfreeze"]


def test_it_says_how_long_writes_were_paused_in_the_last_use(fake: _Fake) -> None:
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


def test_a_context_can_be_used_again(fake: _Fake) -> None:
    context = fake.context()
    for _ in range(3):
        with context:
            assert fake.is_frozen()
        assert not fake.is_frozen()


def test_entering_and_leaving_may_be_in_different_threads(fake: _Fake) -> None:
    context = fake.context()
    for step in (context.__enter__, lambda: _leave(context)):
        thread = threading.Thread(target=step)
        thread.start()
        thread.join()
        assert fake.is_frozen() is (step == context.__enter__)


def test_it_is_not_entered_twice_at_a_time(fake: _Fake) -> None:
    context = fake.context()
    with context:
        with pytest.raises(QuiesceError, match="is in use"):
            context.__enter__()
        assert fake.is_frozen()
    assert fake.calls == ["--freeze", "--unfreeze"]


def test_it_is_not_left_before_it_is_entered(fake: _Fake) -> None:
    context = fake.context()
    with pytest.raises(QuiesceError, match="has not been entered"):
        _leave(context)
    with context:
        pass
    with pytest.raises(QuiesceError, match="has not been entered"):
        _leave(context)


def test_the_block_s_error_goes_on_and_the_file_system_is_thawed(fake: _Fake) -> None:
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
        ("Device or resource busy", "something else has frozen it already"),
    ],
)
def test_what_the_kernel_refuses_to_freeze_is_not_ours_to_thaw(
    fake: _Fake, reason: str, hint: str
) -> None:
    fake.does(freeze=f'echo "fsfreeze: $2: freeze failed: {reason}" >&2; exit 1')
    context = fake.context()
    with pytest.raises(QuiesceError) as caught:
        context.__enter__()
    error = caught.value
    assert "could not be frozen, nothing was sent" in str(error.args[0])
    assert f"exited with 1: fsfreeze: {fake.mount}: freeze failed: {reason}" in str(error.args[0])
    assert hint in str(error.args[0])
    assert error.command == (str(fake.program), "--freeze", str(fake.mount))
    assert error.returncode == 1
    assert error.output == f"fsfreeze: {fake.mount}: freeze failed: {reason}"
    assert not error.may_have_executed
    assert fake.calls == ["--freeze"]
    assert context.held is None
    fake.does()
    with context:
        assert fake.is_frozen()


@pytest.mark.parametrize(
    ("end", "fate", "code"),
    [("exit 3", "exited with 3", 3), ("kill -TERM $$", "was ended by signal 15", -15)],
)
def test_what_fails_half_way_is_thawed(fake: _Fake, end: str, fate: str, code: int) -> None:
    fake.does(freeze=f"{_FREEZE}\n{end}")
    context = fake.context()
    with pytest.raises(QuiesceError, match=f"{fate}; it is not frozen now") as caught:
        context.__enter__()
    assert caught.value.returncode == code
    assert fake.calls == ["--freeze", "--unfreeze"]
    assert not fake.is_frozen()
    assert context.held


def test_a_freeze_that_takes_too_long_is_killed(fake: _Fake) -> None:
    fake.does(freeze=_HANG)
    with pytest.raises(QuiesceError, match="did not end in time and was killed") as caught:
        fake.context(timeout=0.1).__enter__()
    assert caught.value.returncode == -signal.SIGKILL


def test_a_freeze_that_takes_effect_after_it_was_killed_is_thawed(fake: _Fake) -> None:
    # Out of the reach of the kill, as if in the kernel; but it holds the output open.
    late = (
        f"kill -INT {os.getpid()}\n"
        'until test "$(wc -l < "$here/calls")" -gt 3; do sleep 0.01; done\n'
        'touch "$here/frozen"\n'
    )
    fake.does(freeze=f"export here; setsid sh -c {shlex.quote(late)} & {_HANG}")
    with pytest.raises(KeyboardInterrupt):
        fake.context().__enter__()
    assert not fake.is_frozen()
    assert len(fake.calls) > 4


def test_a_thaw_is_tried_again(fake: _Fake) -> None:
    fake.does(thaw=f'test "$(wc -l < "$here/calls")" -lt 4 && exit 9\n{_THAW}')
    with fake.context():
        pass
    assert fake.calls == ["--freeze", *["--unfreeze"] * 3]
    assert not fake.is_frozen()


@pytest.mark.parametrize("error", [None, ZeroDivisionError()])
def test_a_thaw_that_keeps_failing_says_what_to_run_and_goes_on_being_tried(
    fake: _Fake, monkeypatch: pytest.MonkeyPatch, error: Exception | None
) -> None:
    monkeypatch.setattr(quiesce, "_TRIES", 2)
    fake.does(thaw="echo no luck; exit 9")
    context = fake.context()
    context.__enter__()
    with pytest.raises(QuiesceError) as caught:
        _leave(context, error)
    text = str(caught.value.args[0])
    command = (str(fake.program), "--unfreeze", str(fake.mount))
    assert f"as root run: {shlex.join(command)} (tried 2 times, process " in text
    assert "it exited with 9: no luck" in text
    assert caught.value.command == command
    assert caught.value.returncode == 9
    assert caught.value.__context__ is error
    assert not caught.value.__suppress_context__
    assert context.held is None
    assert fake.is_frozen()
    fake.does()
    _until(lambda: not fake.is_frozen())


def test_a_failing_thaw_does_not_hide_the_error_of_a_block(
    fake: _Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quiesce, "_TRIES", 1)
    fake.does(thaw="exit 9")
    error = ZeroDivisionError()
    with pytest.raises(QuiesceError) as caught, fake.context():
        raise error
    assert caught.value.__context__ is error
    fake.does()
    _until(lambda: not fake.is_frozen())


def test_a_thaw_that_hangs_is_killed_and_tried_again(
    fake: _Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quiesce, "_ATTEMPT", 0.2)
    fake.does(thaw=f'test "$(wc -l < "$here/calls")" -lt 3 && exec {_HANG}\n{_THAW}')
    with fake.context():
        pass
    assert not fake.is_frozen()
    assert len(fake.calls) >= 3


def test_a_freeze_and_a_thaw_that_both_fail_are_told(
    fake: _Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quiesce, "_TRIES", 1)
    fake.does(freeze=f"{_FREEZE}\nexit 3", thaw="exit 9")
    with pytest.raises(QuiesceError, match=r"tried 1 times, .*it exited with 9") as caught:
        fake.context().__enter__()
    assert caught.value.returncode == 9
    fake.does()
    _until(lambda: not fake.is_frozen())


@pytest.mark.parametrize("timeout", [0.5, timedelta(milliseconds=500)])
def test_when_time_is_up_it_is_thawed_and_leaving_says_so(
    fake: _Fake, timeout: timedelta | float
) -> None:
    context = fake.context(timeout)
    context.__enter__()
    _until(lambda: not fake.is_frozen())
    with pytest.raises(QuiesceError, match=r"after \d+\.\d s since time was up, before") as caught:
        _leave(context)
    assert "the snapshot may not be consistent" in str(caught.value)
    assert fake.calls == ["--freeze", "--unfreeze"]
    assert context.held
    assert context.held >= timedelta(seconds=0.5)
    with pytest.raises(QuiesceError, match="has not been entered"):
        _leave(context)


def test_when_time_was_up_the_error_of_the_block_gets_a_note(fake: _Fake) -> None:
    error = ZeroDivisionError()
    context = fake.context(timeout=0.5)
    context.__enter__()
    _until(lambda: not fake.is_frozen() and len(fake.calls) == 2)
    _leave(context, error)
    assert "since time was up" in error.__notes__[0]


def test_a_thaw_by_somebody_else_is_told(fake: _Fake) -> None:
    context = fake.context()
    with pytest.raises(QuiesceError, match="something else has let writes go on"), context:
        (fake.here / "frozen").unlink()
    assert context.held


def test_a_thaw_that_was_killed_but_took_effect_is_no_thaw_by_somebody_else(fake: _Fake) -> None:
    fake.does(thaw='test -e "$here/frozen" && rm "$here/frozen" && kill -KILL $$\n' + _THAW)
    with fake.context():
        pass
    assert len(fake.calls) == 3


@pytest.mark.parametrize("death", ["os.kill(os.getpid(), signal.SIGKILL)", "os._exit(0)"])
def test_the_file_system_is_thawed_when_this_process_dies(fake: _Fake, death: str) -> None:
    fake.does(thaw=f'touch "$here/thawed"; {_THAW}')
    subprocess.run(fake.script(f"with context: {death}\n"), check=False)  # noqa: S603 - our own code
    _until((fake.here / "thawed").exists)
    _until(lambda: not fake.is_frozen())


def test_the_file_system_is_thawed_when_this_process_hangs(fake: _Fake) -> None:
    code = "context._timeout = 0.7\ncontext.__enter__()\nos.kill(os.getpid(), signal.SIGSTOP)\n"
    with subprocess.Popen(fake.script(code)) as process:  # noqa: S603 - our own code
        _until(lambda: fake.calls == ["--freeze", "--unfreeze"] and not fake.is_frozen())
        process.kill()


def test_the_file_system_is_thawed_when_this_process_dies_during_the_freeze(fake: _Fake) -> None:
    fake.does(freeze=f"{_FREEZE} {_HANG}", thaw=f'touch "$here/thawed"; {_THAW}')
    with subprocess.Popen(fake.script("context.__enter__()\n")) as process:  # noqa: S603 - our own code
        _until(fake.is_frozen)
        process.kill()
    _until((fake.here / "thawed").exists)
    _until(lambda: not fake.is_frozen())


def test_nobody_s_ctrl_c_or_hangup_stops_the_guard(
    fake: _Fake, guards: list[quiesce._Guard]
) -> None:
    with fake.context():
        assert os.getsid(guards[0].pid) == guards[0].pid
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            os.kill(guards[0].pid, number)
        assert fake.is_frozen()
    assert not fake.is_frozen()


def test_an_interrupt_during_the_freeze_thaws(fake: _Fake) -> None:
    fake.does(freeze=f"{_FREEZE} kill -INT {os.getpid()}; {_HANG}")
    context = fake.context()
    with pytest.raises(KeyboardInterrupt):
        context.__enter__()
    assert not fake.is_frozen()
    fake.does()
    with context:
        assert fake.is_frozen()


def test_an_interrupt_during_the_thaw_does_not_stop_it(fake: _Fake) -> None:
    fake.does(thaw=f"kill -INT {os.getpid()}; sleep 0.1; {_THAW}")
    context = fake.context()
    with pytest.raises(KeyboardInterrupt), context:
        pass
    assert not fake.is_frozen()
    fake.does()
    with context:
        assert fake.is_frozen()


def test_a_forked_child_that_holds_the_line_open_does_not_delay_the_thaw(
    fake: _Fake, guards: list[quiesce._Guard]
) -> None:
    with ExitStack() as stack, fake.context():
        copy = os.dup(guards[0]._line.fileno())
        stack.callback(os.close, copy)
    assert not fake.is_frozen()


def test_ignored_child_signals_make_no_success_of_a_failure(fake: _Fake) -> None:
    fake.does(freeze="exit 3")
    handler = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        with pytest.raises(QuiesceError, match="exited with 3"):
            fake.context().__enter__()
    finally:
        signal.signal(signal.SIGCHLD, handler)


# Guards that die


def test_if_the_guard_is_killed_leaving_thaws_nevertheless(
    fake: _Fake, guards: list[quiesce._Guard]
) -> None:
    context = fake.context()
    with context:
        os.kill(guards[0].pid, signal.SIGKILL)
    assert not fake.is_frozen()
    assert context.held
    assert len(guards) == 2


def test_if_the_guard_is_killed_during_the_freeze_entering_thaws(fake: _Fake) -> None:
    fake.does(freeze=_FREEZE + _KILL_GUARD)
    context = fake.context()
    with pytest.raises(QuiesceError, match="guards the pause died while it began"):
        context.__enter__()
    assert not fake.is_frozen()


def test_if_no_guard_survives_leaving_says_what_to_run(fake: _Fake) -> None:
    fake.does(thaw=_KILL_GUARD)
    error = ZeroDivisionError()
    died = "the processes that guard it died"
    with pytest.raises(QuiesceError, match=died) as caught, fake.context():
        raise error
    assert "--unfreeze" in str(caught.value.args[0])
    assert caught.value.__context__ is error


def test_if_no_second_guard_can_be_started_leaving_says_what_to_run(
    fake: _Fake, guards: list[quiesce._Guard], monkeypatch: pytest.MonkeyPatch
) -> None:
    context = fake.context()
    context.__enter__()
    os.kill(guards[0].pid, signal.SIGKILL)
    monkeypatch.setattr(sys, "executable", "")
    with pytest.raises(QuiesceError) as caught:
        _leave(context)
    assert "as root run: " in str(caught.value.args[0])
    assert "no interpreter" in str(caught.value.args[0])
    assert fake.is_frozen()


@pytest.mark.parametrize("is_stopped_first", [False, True])
def test_if_the_guard_is_killed_before_it_begins_nothing_is_frozen(
    fake: _Fake, monkeypatch: pytest.MonkeyPatch, *, is_stopped_first: bool
) -> None:
    start = quiesce._Guard.start
    victims: list[int] = []

    def killed(guard: quiesce._Guard, plan: quiesce._Plan) -> None:
        if victims:
            start(guard, plan)
            return
        victims.append(guard.pid)
        if is_stopped_first:
            os.kill(guard.pid, signal.SIGSTOP)
            start(guard, plan)
        os.kill(guard.pid, signal.SIGKILL)
        guard._process.wait()
        if not is_stopped_first:
            start(guard, plan)

    monkeypatch.setattr(quiesce._Guard, "start", killed)
    # At its default this signal would end the tests.
    handler = signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        with pytest.raises(QuiesceError, match="guards the pause died while it began"):
            fake.context().__enter__()
    finally:
        signal.signal(signal.SIGPIPE, handler)
    assert fake.calls == ["--unfreeze"]


def test_a_guard_that_is_silent_is_not_awaited_for_ever(
    fake: _Fake, guards: list[quiesce._Guard], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quiesce, "_ATTEMPT", 0.1)
    monkeypatch.setattr(quiesce, "_PATIENCE", 0.1)
    context = fake.context()
    context.__enter__()
    pid = guards[0].pid
    os.kill(pid, signal.SIGSTOP)
    with pytest.raises(QuiesceError, match=rf"no answer for 0\.2 s, process {pid} goes on"):
        _leave(context)
    assert fake.is_frozen()
    os.kill(pid, signal.SIGCONT)
    _until(lambda: not fake.is_frozen())


def test_a_guard_that_is_silent_from_the_beginning_is_not_awaited_either(
    fake: _Fake, guards: list[quiesce._Guard], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quiesce, "_ATTEMPT", 0.1)
    monkeypatch.setattr(quiesce, "_PATIENCE", 0.1)
    fake.does(freeze=f"{_FREEZE} kill -STOP $PPID")
    with pytest.raises(QuiesceError, match=r"no answer for 0\.7 s, process \d+ goes on"):
        fake.context(timeout=0.5).__enter__()
    _until(fake.is_frozen)
    os.kill(guards[0].pid, signal.SIGCONT)
    _until(lambda: not fake.is_frozen())


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("echo no such codec >&2; exit 1", r"no such codec\\n"), ("exit 1", "says ''")],
)
def test_an_interpreter_that_cannot_run_the_guard_is_told(
    fake: _Fake, monkeypatch: pytest.MonkeyPatch, text: str, complaint: str
) -> None:
    monkeypatch.setattr(sys, "executable", _program(fake.here / "python", text))
    with pytest.raises(QuiesceError) as caught:
        fake.context().__enter__()
    assert "cannot be started, nothing was done" in str(caught.value.args[0])
    assert complaint.replace("\\\\", "\\") in str(caught.value.args[0])
    assert not fake.calls


def test_an_interpreter_that_never_gets_ready_is_told(
    fake: _Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quiesce, "_READY", 0.05)
    monkeypatch.setattr(sys, "executable", _program(fake.here / "python", "exec cat > /dev/null"))
    with pytest.raises(QuiesceError, match=r"it was not ready within 0\.05 s"):
        fake.context().__enter__()
    assert not fake.calls


def test_an_interrupt_while_a_guard_is_started_leaves_nothing_open(
    fake: _Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(subprocess, "Popen", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fake.context().__enter__()


def test_an_interpreter_may_grumble(fake: _Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    text = f'echo "a warning" >&2; exec {shlex.quote(sys.executable)} "$@"'
    monkeypatch.setattr(sys, "executable", _program(fake.here / "python", text))
    with fake.context():
        assert fake.is_frozen()
    assert not fake.is_frozen()


# What can be frozen


@pytest.mark.parametrize(
    "name", ["a b", "-f", "--help", "$(touch oops)", "a\nb\\", "ü'\"", "\udcff"]
)
def test_any_name_of_a_mount_point_reaches_the_command_as_it_is(fake: _Fake, name: str) -> None:
    fake.mount = fake.here / name
    fake.mount.mkdir()
    fake.mounted(fake.mount)
    with fake.context():
        assert fake.is_frozen()
    assert (fake.here / "place").read_bytes() == os.fsencode(fake.mount)
    assert not fake.is_frozen()


def test_a_link_to_a_mount_point_is_followed_once(fake: _Fake) -> None:
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
def test_what_cannot_be_a_mount_point_is_refused(mount_point: object) -> None:
    with pytest.raises(RequestValidationError, match="mount_point"):
        fsfreeze(mount_point)  # type: ignore[arg-type] # some of them are of wrong types


class _Bytes:
    def __fspath__(self) -> bytes:
        return b"/mnt"


def test_a_path_of_bytes_is_refused() -> None:
    with pytest.raises(RequestValidationError, match="mount_point"):
        fsfreeze(_Bytes())  # type: ignore[arg-type] # wrong on purpose


@given(st.text())
@example("/mnt/data")
@example("/mnt/../..")
def test_a_mount_point_is_absolute_and_not_the_root(text: str) -> None:
    try:
        fsfreeze(text)
    except RequestValidationError:
        return
    assert Path(text).is_absolute()
    assert os.path.normpath(text) not in {"/", "//"}


def test_a_directory_that_nothing_is_mounted_on_is_refused(fake: _Fake) -> None:
    fake.mount = fake.mount / "below"
    fake.mount.mkdir()
    with pytest.raises(QuiesceError, match="nothing is mounted at"):
        fake.context().__enter__()
    assert not fake.calls


def test_a_directory_that_is_not_there_is_refused(fake: _Fake) -> None:
    fake.mount = fake.mount / "below"
    with pytest.raises(QuiesceError, match="cannot be looked up, nothing was done"):
        fake.context().__enter__()


@pytest.mark.parametrize("is_subvolume", [False, True])
def test_another_mount_of_the_root_file_system_is_refused(
    fake: _Fake, *, is_subvolume: bool
) -> None:
    root = Path("/").stat().st_dev
    device = "999:1" if is_subvolume else f"{os.major(root)}:{os.minor(root)}"
    fake.mounted(fake.mount, device)
    with pytest.raises(QuiesceError, match="is part of the root file system"):
        fake.context().__enter__()
    assert not fake.calls


def test_the_real_table_of_mounts_can_be_read() -> None:
    assert "/proc" in quiesce._mounts()


def test_other_systems_are_told_what_to_use(fake: _Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    context = fake.context()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "platform", "darwin")
        with pytest.raises(QuiesceError, match="only Linux"):
            context.__enter__()


def test_a_missing_command_is_told_with_the_package_that_has_it(fake: _Fake) -> None:
    fake.program.unlink()
    with pytest.raises(QuiesceError, match="util-linux") as caught:
        fake.context().__enter__()
    assert caught.value.command == (str(fake.program),)


def test_the_command_is_found_where_administrators_have_it(
    fake: _Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quiesce, "_ADMINISTRATORS", (str(fake.here),))
    name = "fsfreeze-of-the-test"
    fake.program.rename(fake.here / name)
    with fsfreeze(fake.mount, command=[name]):
        assert fake.is_frozen()
    assert not fake.is_frozen()


def test_a_command_may_have_words_before(fake: _Fake) -> None:
    with fsfreeze(fake.mount, command=("env", "A=B", str(fake.program))):
        assert fake.is_frozen()
    assert not fake.is_frozen()


def test_commands_speak_plain_english(fake: _Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    fake.does(freeze=f'printf %s "$LC_ALL" > "$here/locale"; {_FREEZE}')
    with fake.context():
        pass
    assert (fake.here / "locale").read_text() == "C"


@pytest.mark.parametrize(
    "timeout",
    [0, -1, float("nan"), float("inf"), 86_401, True, "1", None, timedelta(0), timedelta(days=2)],
)
def test_a_timeout_is_more_than_nothing_and_at_most_a_day(timeout: object) -> None:
    with pytest.raises(RequestValidationError, match=r"FileSystemFreeze: .* timeout: "):
        fsfreeze("/mnt", timeout=timeout)  # type: ignore[arg-type] # some of them are of wrong types
    with pytest.raises(RequestValidationError, match=r"CommandHooks: .* timeout: "):
        command_hooks(["a"], ["b"], timeout=timeout)  # type: ignore[arg-type] # likewise


@pytest.mark.parametrize(
    "command",
    [(), "a CANARY", b"a CANARY", [""], ["a", "CANARY\0"], ["a", 7], ["\ud800"], {"CANARY"}, None],
)
def test_a_command_is_a_sequence_of_words(command: Sequence[str]) -> None:
    for make in (
        lambda: fsfreeze("/mnt", command=command),
        lambda: command_hooks(command, ["a"]),
        lambda: command_hooks(["a"], command),
    ):
        with pytest.raises(RequestValidationError, match="must be a sequence of words") as caught:
            make()
        assert "CANARY" not in str(caught.value)


def test_contexts_describe_themselves() -> None:
    context = fsfreeze("/mnt/data", timeout=timedelta(minutes=1), command=["x", "http://me:pw@h/"])
    assert repr(context) == (
        "FileSystemFreeze('/mnt/data', timeout=60, command=('x', 'http://***@h/'))"
    )
    assert repr(command_hooks(["mysql", "-psecret"], ["mysql"])) == (
        "CommandHooks(before=('mysql', '***'), after=('mysql',), timeout=30)"
    )


def test_importing_it_loads_nothing_that_is_expensive() -> None:
    code = (
        "import sys, lightsail_snap.quiesce\n"
        "print({'pydantic', 'subprocess', 'socket', 'boto3'} & {*sys.modules})"
    )
    command = [sys.executable, "-c", code]
    # What measures the tests loads a great deal by itself.
    env = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    result = subprocess.run(command, check=True, capture_output=True, text=True, env=env)  # noqa: S603 - our own code
    assert result.stdout == "set()\n"


# Commands


def _sh(text: str, *words: str) -> list[str]:
    return ["sh", "-c", text, "sh", *words]


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "log"


def test_one_command_is_run_before_the_block_and_one_after(log: Path) -> None:
    context = command_hooks(_sh("echo before >> log"), _sh("echo after >> log"))
    for _ in range(2):
        with context as entered:
            assert entered is context
            assert log.read_text() == "before\n"
        assert log.read_text() == "before\nafter\n"
        assert context.held
        log.unlink()


def test_words_reach_a_command_as_they_are(log: Path) -> None:
    words = ["a b", "$(x)", "\udcff\udc80", "ü", "", "x" * 100_000, "y" * 100_000, "z" * 100_000]
    with command_hooks(_sh('printf "%s," "$@" > log', *words), ["true"]):
        assert log.read_bytes() == b"".join(os.fsencode(word) + b"," for word in words)


def test_commands_see_the_environment_as_it_is(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    with command_hooks(_sh('echo "$LC_ALL" > log'), ["true"]):
        assert log.read_text() == "C.UTF-8\n"


def test_if_the_command_before_fails_the_one_after_is_run(log: Path) -> None:
    context = command_hooks(_sh("echo not now; exit 7", "-pCANARY"), _sh("echo after >> log"))
    with pytest.raises(QuiesceError) as caught:
        context.__enter__()
    error = caught.value
    assert str(error) == (
        "nothing was sent: the command before, 'sh', exited with 7: not now; "
        "the command after, 'sh', has been run"
    )
    assert (error.returncode, error.output) == (7, "not now")
    assert error.command == ("sh", "***", "***", "***", "***")
    assert b"CANARY" not in pickle.dumps(error)
    assert log.read_text() == "after\n"
    assert context.held


def test_a_command_that_takes_too_long_is_killed_with_all_that_it_started(log: Path) -> None:
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


def test_a_command_after_that_fails_is_told_and_not_run_again(log: Path) -> None:
    error = ZeroDivisionError()
    context = command_hooks(["true"], _sh("echo after >> log; exit 7"))
    failed = r"writes may still be paused: .*exited with 7$"
    with pytest.raises(QuiesceError, match=failed) as caught, context:
        raise error
    assert caught.value.__context__ is error
    assert context.held is None
    assert log.read_text() == "after\n"


def test_a_command_after_that_takes_too_long_is_killed(log: Path) -> None:
    context = command_hooks(["true"], _sh("echo after >> log; sleep 600"), timeout=1)
    with pytest.raises(QuiesceError, match="'sh', did not end in time and was killed"), context:
        pass
    assert log.read_text() == "after\n"


def test_if_both_commands_fail_both_are_told() -> None:
    with pytest.raises(QuiesceError, match="exited with 8; already the command before") as caught:
        command_hooks(_sh("exit 7"), _sh("exit 8")).__enter__()
    assert "exited with 7" in str(caught.value)
    assert caught.value.returncode == 8


def test_a_command_that_is_not_there_is_told_before_anything_is_run(log: Path) -> None:
    for commands in ((["no-such-program", "CANARY"], ["true"]), (["true"], ["no-such-program"])):
        with pytest.raises(QuiesceError, match="there is no command 'no-such-program'") as caught:
            command_hooks(*commands).__enter__()
        assert "CANARY" not in repr(caught.value.command)
    assert not log.exists()


def test_a_command_that_cannot_be_started_is_told(log: Path) -> None:
    program = log.with_name("program")
    program.write_text("#!/no/such/interpreter\n")
    program.chmod(0o755)
    with pytest.raises(QuiesceError, match=r"'\./program', could not be started: ") as caught:
        command_hooks(["./program"], _sh("echo after >> log")).__enter__()
    assert caught.value.returncode is None
    assert log.read_text() == "after\n"


def test_what_a_command_leaves_in_the_background_is_neither_awaited_nor_killed(log: Path) -> None:
    begin = _sh("(while ! test -e stop; do sleep 0.05; done; echo ended >> log) &")
    with command_hooks(begin, _sh("touch stop")):
        assert not log.exists()
    _until(log.exists)


def test_the_output_of_a_command_is_bounded_and_clean() -> None:
    talk = "echo http://me:CANARY@host/; yes '\033[31m' | head -c 1000000; exit 1"
    with pytest.raises(QuiesceError) as caught:
        command_hooks(_sh(talk), ["true"]).__enter__()
    assert len(caught.value.output) <= 4096
    assert "CANARY" not in str(caught.value) + caught.value.output
    assert str(caught.value).isprintable()


def test_a_command_that_never_stops_talking_is_killed() -> None:
    with pytest.raises(QuiesceError, match="did not end in time and was killed: y"):
        command_hooks(["yes"], ["true"], timeout=0.7).__enter__()


def test_the_command_after_is_run_when_this_process_dies(log: Path) -> None:
    code = (
        "import os, signal\n"
        "from lightsail_snap.quiesce import command_hooks\n"
        "with command_hooks(['true'], ['touch', 'log']): os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=False)  # noqa: S603 - our own code
    _until(log.exists)


def test_the_command_after_is_run_on_an_interrupt_during_the_one_before(log: Path) -> None:
    context = command_hooks(_sh(f"kill -INT {os.getpid()}; sleep 600"), _sh("echo after >> log"))
    with pytest.raises(KeyboardInterrupt):
        context.__enter__()
    assert log.read_text() == "after\n"


def test_if_the_guard_is_killed_the_command_after_is_run_nevertheless(
    log: Path, guards: list[quiesce._Guard]
) -> None:
    with command_hooks(["true"], _sh("echo after >> log")):
        os.kill(guards[0].pid, signal.SIGKILL)
    assert log.read_text() == "after\n"


def test_if_no_guard_survives_the_command_after_is_named() -> None:
    context = command_hooks(["true"], _sh(_KILL_GUARD))
    advice = "see to it that the command after, 'sh', is run"
    with pytest.raises(QuiesceError, match=advice), context:
        pass


def test_other_systems_cannot_run_commands_like_this(monkeypatch: pytest.MonkeyPatch) -> None:
    context: CommandHooks = command_hooks(["true"], ["true"])
    with monkeypatch.context() as patch:
        patch.setattr(os, "name", "nt")
        with pytest.raises(QuiesceError, match="POSIX"):
            context.__enter__()


@pytest.mark.skipif(not shutil.which("fsfreeze"), reason="needs util-linux")
def test_the_real_command_says_what_is_looked_for(tmp_path: Path) -> None:
    command = ["fsfreeze", "--unfreeze", str(tmp_path / "missing")]
    environment = {**os.environ, "LC_ALL": "C"}
    result = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)  # noqa: S603 - it does nothing
    assert result.returncode == 1
    assert "fsfreeze: cannot open " in result.stderr
