"""The script of the guard: its functions in this process, and the script itself."""

from __future__ import annotations

import ast
import compileall
import functools
import json
import os
import pkgutil
import shutil
import signal
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from typing import Any, cast

import pytest

import lightsail_snap
from lightsail_snap.quiesce import _guard, _guard_process, command_hooks
from lightsail_snap.quiesce._guard import Command, Owner, Pause
from lightsail_snap.quiesce._guard_process import GuardProcess, start_guard
from lightsail_snap.quiesce._messages import Plan

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the tests need /proc")

_HOLD_LOCK = (
    "import fcntl, sys; fcntl.lockf(int(sys.argv[1]), fcntl.LOCK_EX); print(flush=True);"
    "sys.stdin.read()"
)


class _OwnerProcess:
    """A process that holds the lock, with a connection to the guard in this process."""

    def __init__(self, lock: int) -> None:
        self.lock = lock
        self.process = subprocess.Popen(  # noqa: S603 - constant code
            [sys.executable, "-I", "-S", "-c", _HOLD_LOCK, str(lock)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=[lock],
        )
        assert self.process.stdout
        assert self.process.stdout.readline() == b"\n"
        self.status = os.open(f"/proc/{self.process.pid}/status", os.O_RDONLY)
        self.near, self.far = socket.socketpair()
        # Below every time limit of the tests, so that a missing report fails.
        self.near.settimeout(10)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def request_end(self) -> None:
        self.near.shutdown(socket.SHUT_WR)

    def send(self, plan: Plan) -> None:
        self.near.sendall(json.dumps(plan).encode() + b"\n")

    def reports(self) -> list[dict[str, Any]]:
        """Return the reports, once the guard has ended."""
        self.far.close()
        with self.near.makefile("rb") as file:
            return [json.loads(line) for line in file]

    def as_seen(self) -> Owner:
        return Owner(self.lock, self.status, self.far.fileno(), self.far.fileno())

    def close(self) -> None:
        self.kill()
        for pipe in (self.process.stdin, self.process.stdout, self.near, self.far):
            assert pipe
            pipe.close()
        os.close(self.status)


@pytest.fixture
def owner_process() -> Iterator[_OwnerProcess]:
    lock = os.memfd_create("test")
    process = _OwnerProcess(lock)
    yield process
    process.close()
    os.close(lock)


@pytest.fixture
def owner(owner_process: _OwnerProcess) -> Owner:
    return owner_process.as_seen()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_guard, "OWNER_CHECK_SECONDS", 0.01)
    monkeypatch.setattr(_guard, "MAX_RETRY_SECONDS", 0.06)


def _sh(script: str) -> list[str]:
    return ["sh", "-c", script]


def _plan(**changes: object) -> Plan:
    plan: dict[str, object] = {
        "environment": {},
        "before": ["true"],
        "after": ["true"],
        "before_seconds": 10.0,
        "pause_seconds": None,
        "after_seconds": 10.0,
        "report_after": 1,
        "max_attempts": 3,
        "refusals": (),
        "not_paused": None,
    }
    return cast("Plan", plan | changes)


def _soon() -> float:
    return time.monotonic() + 10


@pytest.fixture(autouse=True)
def _close_pipes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Close the pipes of commands that tests leave; the guard leaves them to its exit."""
    commands: list[Command] = []
    start = Command.__init__

    def record(command: Command, owner: Owner, arguments: list[str]) -> None:
        commands.append(command)
        start(command, owner, arguments)

    monkeypatch.setattr(Command, "__init__", record)
    yield
    for command in commands:
        if command.pipe is not None:
            command.pipe.close()


def _finished(owner: Owner, arguments: list[str]) -> Command:
    command = Command(owner, arguments)
    command.wait(_soon())
    assert command.is_finished
    return command


# The owner


@pytest.mark.parametrize(
    ("status", "is_dying"),
    [
        (b"State:\tS (sleeping)\nSigPnd:\t0\nShdPnd:\t0000000000000000\nCoreDumping:\t0\n", False),
        (b"State:\tD (disk sleep)\nSigPnd:\t00000000ffffff00\n", True),
        (b"State:\tD (disk sleep)\nShdPnd:\t0000000000000100\n", True),
        # SIGTERM alone may have a handler.
        (b"State:\tD (disk sleep)\nSigPnd:\t0000000000004000\n", False),
        (b"State:\tZ (zombie)\n", True),
        (b"State:\tX (dead)\n", True),
        (b"State:\tR (running)\nCoreDumping:\t1\n", True),
        (b"", False),
        (b"no status\n\n:\n", False),
    ],
)
def test_is_dying_reads_the_process_status(status: bytes, *, is_dying: bool) -> None:
    assert _guard.is_dying(status) is is_dying


@pytest.mark.parametrize("has_status", [True, False])
def test_is_gone_only_after_the_owner_has_ended(
    owner_process: _OwnerProcess, *, has_status: bool
) -> None:
    status = owner_process.status if has_status else -1
    assert not _guard.is_gone(owner_process.lock, status)
    owner_process.kill()
    assert _guard.is_gone(owner_process.lock, status)


def test_is_gone_lock_held_but_killed_returns_true(
    owner_process: _OwnerProcess, tmp_path: Path
) -> None:
    path = tmp_path / "status"
    path.write_text("State:\tD (disk sleep)\nSigPnd:\t0000000000000100\n")
    with path.open() as file:
        assert _guard.is_gone(owner_process.lock, file.fileno())


def test_is_gone_status_cannot_be_read_returns_true(owner_process: _OwnerProcess) -> None:
    closed = os.dup(owner_process.status)
    os.close(closed)
    assert _guard.is_gone(owner_process.lock, closed)


def test_receive_plan_in_parts_returns_it(
    owner_process: _OwnerProcess, owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = _plan(environment={"A": "é"})
    first, second = json.dumps(plan)[:20], json.dumps(plan)[20:] + "\n"
    owner_process.near.sendall(first.encode())

    def alive(*_: int) -> bool:
        owner_process.near.sendall(second.encode())
        return False

    monkeypatch.setattr(_guard, "is_gone", alive)
    assert owner.receive_plan() == {**plan, "refusals": []}


def test_receive_plan_closed_connection_returns_none(
    owner_process: _OwnerProcess, owner: Owner
) -> None:
    owner_process.near.sendall(b"{")
    owner_process.request_end()
    assert owner.receive_plan() is None


def test_receive_plan_owner_killed_returns_none(owner_process: _OwnerProcess, owner: Owner) -> None:
    owner_process.kill()
    assert owner.receive_plan() is None


def test_report_is_one_line_of_json(owner_process: _OwnerProcess, owner: Owner) -> None:
    owner.report(state="ended", before=None)
    assert owner_process.near.recv(4096) == b'{"state": "ended", "before": null}\n'


def test_report_closed_connection_is_ignored(owner_process: _OwnerProcess, owner: Owner) -> None:
    owner_process.near.close()
    owner.report(state="ended")


def test_wait_living_owner_requests_nothing(owner: Owner) -> None:
    owner.wait(0.001)
    owner.wait(-1)
    assert not owner.is_end_requested
    assert not owner.is_gone


def test_wait_request_is_noticed_at_once(owner_process: _OwnerProcess, owner: Owner) -> None:
    owner_process.request_end()
    owner.wait(10)
    assert owner.is_end_requested
    assert not owner.is_gone


def test_wait_owner_killed_requests_the_end(owner_process: _OwnerProcess, owner: Owner) -> None:
    owner_process.kill()
    owner.wait(10)
    assert owner.is_end_requested
    assert owner.is_gone


def test_wait_after_request_waits_for_output_only(
    owner_process: _OwnerProcess, owner: Owner
) -> None:
    owner_process.request_end()
    owner.wait(10)
    owner_process.kill()
    began = time.monotonic()
    owner.wait(0.005)
    assert time.monotonic() - began >= 0.005
    assert not owner.is_gone


# Commands


def test_command_success_has_code_and_output(owner: Owner) -> None:
    command = _finished(owner, _sh("echo out; echo error >&2"))
    assert command.report() == {"code": 0, "is_killed": False, "output": "out\nerror\n"}
    assert command.is_settled()


def test_command_arguments_are_bytes(owner: Owner) -> None:
    argument = b"\xff\xc3\xa9 $(x)"
    command = _finished(owner, ["printf", "%s", argument.decode("latin-1")])
    assert command.output == argument


@pytest.mark.parametrize(("script", "code"), [("exit 7", 7), ("kill -TERM $$", -15)])
def test_command_failure_has_the_code(owner: Owner, script: str, code: int) -> None:
    assert _finished(owner, _sh(script)).code == code


def test_command_cannot_start_is_finished_without_code(owner: Owner) -> None:
    command = Command(owner, ["/no/such/program"])
    assert command.is_finished
    assert command.code is None
    assert "No such file" in command.report()["output"]
    assert command.is_settled()
    command.kill(10)
    assert not command.is_killed


def test_command_error_after_the_start_still_waits_for_it(
    owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise OSError(5, "refused")

    with monkeypatch.context() as patch:
        patch.setattr(os, "set_blocking", refused)
        command = Command(owner, ["true"])
    assert not command.is_finished
    assert command.output == b"[Errno 5] refused"
    command.wait(_soon())
    assert command.code == 0


def test_command_output_is_bounded_but_read_to_its_end(owner: Owner) -> None:
    command = _finished(owner, _sh("yes | head -c 1000000"))
    assert command.output == b"y\n" * (_guard.MAX_OUTPUT_BYTES // 2)
    assert command.code == 0


def test_command_closes_output_early_is_waited_for(owner: Owner) -> None:
    command = _finished(owner, _sh("exec >&- 2>&-; sleep 0.1; exit 3"))
    assert command.code == 3


def test_command_wait_ends_at_its_limit(owner: Owner) -> None:
    command = Command(owner, ["sleep", "600"])
    command.wait(time.monotonic() + 0.02)
    assert not command.is_finished
    assert not command.is_settled()
    command.kill(10)
    assert command.report() == {"code": -9, "is_killed": True, "output": ""}
    assert command.is_settled()


def test_command_wait_ends_on_request_only_if_wanted(
    owner_process: _OwnerProcess, owner: Owner
) -> None:
    owner_process.request_end()
    command = Command(owner, ["sleep", "600"])
    command.wait(_soon(), until_requested=True)
    assert not command.is_finished
    command.kill(10)
    assert _finished(owner, _sh("sleep 0.05; exit 4")).code == 4


def test_command_kill_reaches_the_process_group(owner: Owner, tmp_path: Path) -> None:
    command = Command(owner, _sh(f"sleep 600 & echo $! > {tmp_path}/pid; echo; wait"))
    while not command.output:
        command.wait(time.monotonic() + 0.01)
    command.kill(10)
    # The child held the output open, too.
    while not command.is_settled():
        time.sleep(0.001)
    assert command.code == -9


def test_command_kill_not_permitted_is_not_settled(
    owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(1, "refused")

    command = Command(owner, ["sleep", "600"])
    with monkeypatch.context() as patch:
        patch.setattr(os, "killpg", refused)
        command.kill(0.01)
    assert command.is_killed
    assert not command.is_settled()
    command.kill(10)
    assert command.is_settled()


def test_command_killed_while_a_descendant_lives_is_not_settled(owner: Owner) -> None:
    command = Command(owner, _sh("setsid sh -c 'echo $$; exec sleep 600' & exec sleep 600"))
    while not command.output:
        command.wait(time.monotonic() + 0.01)
    command.kill(10)
    assert command.is_finished
    assert not command.is_settled()
    os.kill(int(command.output), signal.SIGKILL)
    while not command.is_settled():
        time.sleep(0.001)


# Pauses


def _run(
    owner_process: _OwnerProcess, plan: Plan, *, is_end_requested: bool = True
) -> list[dict[str, Any]]:
    if is_end_requested:
        owner_process.request_end()
    Pause(owner_process.as_seen(), plan).run()
    return owner_process.reports()


def _codes(report: dict[str, Any]) -> tuple[int | None, int | None]:
    before, after = report["before"], report["after"]
    return before and before["code"], after and after["code"]


def test_pause_reports_its_begin_and_its_end(owner_process: _OwnerProcess, tmp_path: Path) -> None:
    log = tmp_path / "log"
    plan = _plan(before=_sh(f"echo before >> {log}"), after=_sh(f"echo after >> {log}"))
    # The request ends a `before` that is still running, so it follows.
    pause = Pause(owner_process.as_seen(), plan)
    report = pause.owner.report

    def reported(**fields: object) -> None:
        report(**fields)
        if fields["state"] == "paused":
            assert log.read_text() == "before\n"
            owner_process.request_end()

    pause.owner.report = reported  # type: ignore[method-assign] # it requests the end meanwhile
    began = time.monotonic()
    pause.run()
    paused, ended = owner_process.reports()
    assert paused == {"state": "paused"}
    assert log.read_text() == "before\nafter\n"
    assert began < ended.pop("ended_at") < time.monotonic()
    success = {"code": 0, "is_killed": False, "output": ""}
    assert ended == {
        "state": "ended",
        "is_paused": True,
        "is_expired": False,
        "is_ended_elsewhere": False,
        "is_resumed": True,
        "attempts": 1,
        "before": success,
        "after": success,
    }


def test_pause_sets_the_environment_of_commands(
    owner_process: _OwnerProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAUSE_TEST", "old")
    plan = _plan(
        environment={"PAUSE_TEST": "new"},
        before=None,
        after=_sh('echo "$PAUSE_TEST"'),
    )
    (ended,) = _run(owner_process, plan)
    assert ended["after"]["output"] == "new\n"


def test_pause_expires_after_its_time(owner_process: _OwnerProcess) -> None:
    _, ended = _run(owner_process, _plan(pause_seconds=0.03), is_end_requested=False)
    assert ended["is_expired"]
    assert ended["is_resumed"]
    assert not ended["is_ended_elsewhere"]


def test_pause_owner_killed_while_paused_reports_it(
    owner_process: _OwnerProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold = Pause.hold

    def killed(pause: Pause, began: float) -> bool:
        owner_process.kill()
        return hold(pause, began)

    monkeypatch.setattr(Pause, "hold", killed)
    _, ended = _run(owner_process, _plan(), is_end_requested=False)
    assert ended["is_ended_elsewhere"]
    assert ended["is_resumed"]


def test_pause_refused_runs_no_after(owner_process: _OwnerProcess) -> None:
    plan = _plan(before=_sh("echo refused here; exit 1"), refusals=["refused"])
    (ended,) = _run(owner_process, plan, is_end_requested=False)
    assert ended["is_paused"] is False
    assert ended["is_resumed"] is True
    assert ended["attempts"] == 0
    assert _codes(ended) == (1, None)


@pytest.mark.parametrize(
    ("before", "changes", "code"),
    [
        (_sh("exit 3"), {"refusals": ["refused"]}, 3),
        (["sleep", "600"], {"before_seconds": 0.02}, -9),
        (["/no/such/program"], {}, None),
    ],
)
def test_pause_before_fails_runs_after(
    owner_process: _OwnerProcess,
    before: list[str],
    changes: dict[str, object],
    code: int | None,
) -> None:
    (ended,) = _run(owner_process, _plan(before=before, **changes), is_end_requested=False)
    assert ended["is_paused"] is None
    assert ended["is_resumed"] is True
    assert _codes(ended) == (code, 0)


def test_pause_requested_end_kills_a_running_before(owner_process: _OwnerProcess) -> None:
    (ended,) = _run(owner_process, _plan(before=["sleep", "600"]))
    assert ended["is_paused"] is None
    assert _codes(ended) == (-9, 0)


def test_pause_without_before_only_runs_after(owner_process: _OwnerProcess) -> None:
    (ended,) = _run(owner_process, _plan(before=None))
    assert ended["is_paused"] is True
    assert _codes(ended) == (None, 0)


def test_pause_failing_after_is_retried_and_reported_once(
    owner_process: _OwnerProcess, tmp_path: Path
) -> None:
    after = _sh(f'echo >> {tmp_path}/n; test "$(wc -l < {tmp_path}/n)" -gt 3')
    plan = _plan(before=None, after=after, report_after=2, max_attempts=10)
    failed, ended = _run(owner_process, plan)
    assert (failed["attempts"], failed["is_resumed"]) == (2, False)
    assert (ended["attempts"], ended["is_resumed"]) == (4, True)


def test_pause_failing_after_stops_at_the_limit(owner_process: _OwnerProcess) -> None:
    plan = _plan(before=None, after=["false"], max_attempts=3)
    failed, last = _run(owner_process, plan)
    assert (failed["attempts"], failed["is_resumed"]) == (1, False)
    assert (last["attempts"], last["is_resumed"]) == (3, False)


def test_pause_hanging_after_is_killed(owner_process: _OwnerProcess) -> None:
    plan = _plan(before=None, after=["sleep", "600"], after_seconds=0.02, max_attempts=None)
    (ended,) = _run(owner_process, plan)
    assert ended["after"] == {"code": -9, "is_killed": True, "output": ""}
    assert ended["is_resumed"] is False
    assert ended["attempts"] == 1


@pytest.mark.parametrize(
    ("after", "is_elsewhere"),
    [(_sh("echo not paused; exit 1"), True), (_sh("echo not paused"), False)],
)
def test_pause_already_over_is_ended_elsewhere(
    owner_process: _OwnerProcess, after: list[str], *, is_elsewhere: bool
) -> None:
    (ended,) = _run(owner_process, _plan(before=None, after=after, not_paused="not paused"))
    assert ended["is_resumed"] is True
    assert ended["is_ended_elsewhere"] is is_elsewhere


def test_pause_already_over_at_the_second_attempt_is_success(
    owner_process: _OwnerProcess, tmp_path: Path
) -> None:
    # The first attempt has succeeded although it was killed.
    after = _sh(f"test -e {tmp_path}/x && echo not paused; touch {tmp_path}/x; exit 1")
    plan = _plan(before=None, after=after, not_paused="not paused", report_after=5)
    (ended,) = _run(owner_process, plan)
    assert ended["attempts"] == 2
    assert ended["is_resumed"] is True
    assert ended["is_ended_elsewhere"] is False


@pytest.mark.parametrize("is_single", [True, False])
def test_pause_unsettled_before_repeats_after_unless_single(
    owner_process: _OwnerProcess, tmp_path: Path, *, is_single: bool
) -> None:
    # A descendant that survives the kill, as a process within the kernel would.
    survivor = f"touch {tmp_path}/began; until test -e {tmp_path}/end; do sleep 0.01; done"
    kill_owner = (
        f"until test -e {tmp_path}/began; do sleep 0.01; done; "
        f"kill -KILL {owner_process.process.pid}"
    )
    count = tmp_path / "count"
    after = f'echo >> {count}; test "$(wc -l < {count})" -lt 3 || touch {tmp_path}/end'
    plan = _plan(
        before=_sh(f"setsid sh -c '{survivor}' & {kill_owner}; sleep 600"),
        after=_sh(after),
        max_attempts=None if is_single else 10,
    )
    pause = Pause(owner_process.as_seen(), plan)
    pause.run()
    (ended,) = owner_process.reports()
    assert ended["attempts"] == 1
    attempts = len(count.read_text())
    (tmp_path / "end").touch()
    while pause.before and not pause.before.is_settled():
        time.sleep(0.001)
    assert attempts == 1 if is_single else attempts > 3


def test_pause_error_while_held_still_runs_after(
    owner_process: _OwnerProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failed(*_: object) -> bool:
        raise ZeroDivisionError

    monkeypatch.setattr(Pause, "hold", failed)
    pause = Pause(owner_process.as_seen(), _plan())
    with pytest.raises(ZeroDivisionError):
        pause.run()
    assert owner_process.reports()[-1]["is_resumed"] is True


# The script


@pytest.fixture
def handlers(monkeypatch: pytest.MonkeyPatch) -> dict[int, Callable[..., object] | int]:
    """Collect signal handlers instead of setting them."""
    found: dict[int, Callable[..., object] | int] = {}
    monkeypatch.setattr(signal, "signal", found.__setitem__)
    return found


def test_handle_signals_keeps_the_guard_alive(
    handlers: dict[int, Callable[..., object] | int],
) -> None:
    _guard.handle_signals()
    assert handlers.pop(signal.SIGCHLD) == signal.SIG_DFL
    assert handlers.keys() == {signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT}
    for handler in handlers.values():
        assert callable(handler)
        assert handler(15, None) is None


@pytest.mark.parametrize("has_plan", [True, False])
def test_main_reports_ready_and_runs_the_plan(
    owner_process: _OwnerProcess,
    handlers: dict[int, Callable[..., object] | int],
    monkeypatch: pytest.MonkeyPatch,
    *,
    has_plan: bool,
) -> None:
    if has_plan:
        owner_process.send(_plan(before=None))
    owner_process.request_end()
    number = owner_process.far.fileno()
    connected = functools.partial(Owner, requests=number, reports=number)
    monkeypatch.setattr(_guard, "Owner", connected)
    _guard.main([str(owner_process.lock), str(owner_process.status)])
    assert handlers
    states = [report["state"] for report in owner_process.reports()]
    assert states == (["ready", "ended"] if has_plan else ["ready"])


def test_script_as_a_module_reports_ready(owner_process: _OwnerProcess) -> None:
    run = subprocess.run(  # noqa: S603 - constant code
        [sys.executable, "-m", "lightsail_snap.quiesce._guard", str(owner_process.lock), "-1"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
        pass_fds=[owner_process.lock],
    )
    assert run.stdout == b'{"state": "ready"}\n'


def _run_time_imports(node: ast.AST) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            continue
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            yield str(child.module)
        yield from _run_time_imports(child)


def test_script_imports_the_standard_library_only() -> None:
    tree = ast.parse(Path(_guard.__file__).read_text(encoding="utf-8"))
    imported = set(_run_time_imports(tree))
    assert "subprocess" in imported
    assert imported <= sys.stdlib_module_names


def test_guard_process_runs_the_script_in_isolation() -> None:
    guard = start_guard()
    try:
        arguments = Path(f"/proc/{guard.pid}/cmdline").read_bytes().split(b"\0")
        assert arguments[1:5] == [b"-I", b"-S", b"-B", b"-c"]
        assert arguments[5] == Path(_guard.__file__).read_bytes()
    finally:
        guard.close(10)


def test_guard_process_changed_file_runs_the_loaded_script(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # As after an upgrade of the package while a process uses it.
    def unread(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(_guard_process, "_read_script", unread)
    monkeypatch.setattr(pkgutil, "get_data", unread)
    guard: GuardProcess = _guard_process.start_guard()
    guard.close(10)


def test_guard_process_without_sources_runs_compiled_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: object) -> None:
        raise FileNotFoundError

    monkeypatch.setattr(pkgutil, "get_data", missing)
    loader = SourceFileLoader(_guard.__name__, _guard.__file__)
    spec = ModuleSpec(_guard.__name__, loader)
    monkeypatch.setattr(_guard_process, "find_spec", {_guard.__name__: spec}.get)
    script = _guard_process._read_script()
    assert script.startswith("import marshal")
    monkeypatch.setattr(_guard_process, "_SCRIPT", script)
    with command_hooks(["true"], ["touch", str(tmp_path / "after")]):
        pass
    assert (tmp_path / "after").exists()


def _make_zip(package: Path, target: Path) -> Path:
    archive = target / "app.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in package.rglob("*.py"):
            file.write(path, path.relative_to(package.parent))
    return archive


def _make_compiled(package: Path, target: Path) -> Path:
    copy = target / "app" / package.name
    shutil.copytree(package, copy, ignore=shutil.ignore_patterns("__pycache__"))
    compileall.compile_dir(copy, quiet=1, legacy=True)
    for path in copy.rglob("*.py"):
        path.unlink()
    return copy.parent


@pytest.mark.parametrize("make", [_make_zip, _make_compiled])
def test_pause_works_from_other_installations(
    tmp_path: Path, make: Callable[[Path, Path], Path]
) -> None:
    folder = str(make(Path(lightsail_snap.__file__).parent, tmp_path))
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from lightsail_snap import quiesce\n"
        "assert sys.argv[1] in quiesce.__file__\n"
        "with quiesce.command_hooks(['touch', 'before'], ['touch', 'after']): pass\n"
    )
    # These files are no part of the measured package.
    env = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    command = [sys.executable, "-c", code, folder]
    subprocess.run(command, cwd=tmp_path, env=env, check=True)  # noqa: S603 - constant code
    assert (tmp_path / "before").exists()
    assert (tmp_path / "after").exists()
