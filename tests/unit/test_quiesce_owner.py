"""A pause ends with the process that owns it: not later, and not with one of its children."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from lightsail_snap.errors import QuiesceError
from lightsail_snap.quiesce import _guard_process, command_hooks

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the helpers read /proc")

_OWNER = """\
import multiprocessing, os, signal, subprocess, sys, threading, time
from lightsail_snap.quiesce import command_hooks, fsfreeze

def survive():
    print(os.getpid(), flush=True)
    time.sleep(600)

def process(method):
    multiprocessing.get_context(method).Process(target=survive).start()

def begin():
    context = command_hooks({before}, ["touch", "after"], timeout=600)
    context.__enter__()
    return context

if __name__ == "__main__":
"""
# Processes that live on with copies of the owner's files.
_SURVIVORS = {
    "none": "print(0, flush=True)",
    "fork": "os.fork() or survive()",
    # The child exits, so that only the owner reads the line.
    "grandchild": "os.fork() or (os.fork() and os._exit(0)) or survive()",
    "multiprocessing-fork": "process('fork')",
    "multiprocessing-forkserver": "process('forkserver')",
    "multiprocessing-spawn": "process('spawn')",
    # The worst case: it inherits every file.
    "subprocess": (
        "[os.set_inheritable(int(n), True) for n in os.listdir('/proc/self/fd')"
        " if os.path.exists(f'/proc/self/fd/{n}')];"
        "subprocess.Popen(['sh', '-c', 'echo $$; exec sleep 600'], close_fds=False)"
    ),
}
# Ends of the owner, after it has read a line.
_ENDS = {
    "killed": "os.kill(os.getpid(), signal.SIGKILL)",
    "terminated": "os.kill(os.getpid(), signal.SIGTERM)",
    "segmentation-fault": "os.kill(os.getpid(), signal.SIGSEGV)",
    "exits-at-once": "os._exit(0)",
    "killed-in-thread": (
        "threading.Thread(target=os.kill, args=(os.getpid(), 9)).start(); time.sleep(600)"
    ),
}
_EXEC = "os.execvp('sleep', ['sleep', '600'])"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def start(here: Path) -> Iterator[Callable[..., tuple[subprocess.Popen[str], int]]]:
    """Start an owner, and return it with the id of the process that lives on."""
    with ExitStack() as stack:

        def made(
            body: str, *, before: str = "['true']", command: tuple[str, ...] = ()
        ) -> tuple[subprocess.Popen[str], int]:
            script = here / "owner.py"
            text = _OWNER.format(before=before)
            script.write_text(text + "".join(f"    {line}\n" for line in body.splitlines()))
            owner = subprocess.Popen(  # noqa: S603 - constant code
                [*command, sys.executable, "-W", "ignore", script],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
            stack.callback(_stop, owner)
            assert owner.stdout
            survivor = int(owner.stdout.readline())
            if survivor:
                stack.callback(_kill, survivor)
            return owner, survivor

        yield made


def _kill(pid: int) -> None:
    subprocess.run(["kill", "-KILL", str(pid)], check=False, stderr=subprocess.DEVNULL)  # noqa: S603, S607 - a process that the test started


def _stop(owner: subprocess.Popen[str]) -> None:
    owner.kill()
    owner.wait()
    for pipe in (owner.stdin, owner.stdout):
        assert pipe
        pipe.close()


def _proceed(owner: subprocess.Popen[str]) -> None:
    assert owner.stdin
    owner.stdin.write("\n")
    owner.stdin.flush()


def _until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, "an expected event did not happen"
        time.sleep(0.005)


def _is_alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def _assert_ended_while_alive(here: Path, survivor: int) -> None:
    _until((here / "after").exists)
    assert not survivor or _is_alive(survivor)


@pytest.mark.parametrize("end", _ENDS)
@pytest.mark.parametrize("survivor", ["none", "fork"])
@pytest.mark.sample(5)
def test_pause_owner_ends_in_any_way_ends(
    here: Path, start: Callable[..., tuple[subprocess.Popen[str], int]], survivor: str, end: str
) -> None:
    owner, pid = start(f"context = begin()\n{_SURVIVORS[survivor]}\ninput()\n{_ENDS[end]}")
    assert not (here / "after").exists()
    _proceed(owner)
    _assert_ended_while_alive(here, pid)


@pytest.mark.parametrize("survivor", [name for name in _SURVIVORS if name not in {"none", "fork"}])
def test_pause_owner_killed_while_children_live_on_ends(
    here: Path, start: Callable[..., tuple[subprocess.Popen[str], int]], survivor: str
) -> None:
    owner, pid = start(f"context = begin()\n{_SURVIVORS[survivor]}\ninput()\n{_ENDS['killed']}")
    _proceed(owner)
    _assert_ended_while_alive(here, pid)


def test_pause_owner_runs_another_program_ends(
    here: Path, start: Callable[..., tuple[subprocess.Popen[str], int]]
) -> None:
    owner, pid = start(f"context = begin()\n{_SURVIVORS['fork']}\ninput()\n{_EXEC}")
    _proceed(owner)
    _assert_ended_while_alive(here, pid)
    assert owner.poll() is None


def test_pause_owner_killed_during_before_ends(
    here: Path, start: Callable[..., tuple[subprocess.Popen[str], int]]
) -> None:
    before = "['sh', '-c', 'touch began; sleep 600']"
    body = (
        "threading.Thread(target=begin, daemon=True).start()\n"
        f"while not os.path.exists('began'): time.sleep(0.01)\n{_SURVIVORS['fork']}\ninput()"
    )
    owner, pid = start(body, before=before)
    owner.kill()
    _assert_ended_while_alive(here, pid)


@pytest.mark.skipif(
    os.getuid() != 0 or not shutil.which("unshare"), reason="needs the right to make PID namespaces"
)
def test_pause_owner_in_pid_namespace_killed_ends(
    here: Path, start: Callable[..., tuple[subprocess.Popen[str], int]]
) -> None:
    # The owner's id is that of another process in /proc, and its guard may see no parent at all.
    body = (
        "if hasattr(os, 'unshare'): os.unshare(os.CLONE_NEWPID)\n"
        "context = begin()\n"
        f"os.system('echo 0')\ninput()\n{_ENDS['killed']}"
    )
    # The shell is process 1, whose end would kill the guard with everything else.
    shell = ("sh", "-c", '"$@"; sleep 600', "sh")
    owner, _ = start(body, command=("unshare", "-pf", "--kill-child", *shell))
    assert not (here / "after").exists()
    _proceed(owner)
    _until((here / "after").exists)


@pytest.mark.parametrize(
    "child",
    [
        "os._exit(0)",
        "sys.exit(0)",
        "context.__exit__(None, None, None); os._exit(0)",
        "os.kill(os.getpid(), signal.SIGKILL)",
        "os.closerange(3, 1000); os._exit(0)",
        "os.execvp('true', ['true'])",
    ],
)
@pytest.mark.sample(2)
def test_pause_forked_child_ends_continues(
    start: Callable[..., tuple[subprocess.Popen[str], int]], child: str
) -> None:
    body = (
        "context = begin()\n"
        "child = os.fork()\n"
        f"if not child: {child}\n"
        "os.waitpid(child, 0)\n"
        # Longer than the guard takes to notice that its owner is gone.
        "time.sleep(0.6)\n"
        "print(int(os.path.exists('after')), flush=True)\n"
        "context.__exit__(None, None, None)\n"
        "print('left', os.path.exists('after'), flush=True)\n"
        "input()"
    )
    owner, is_ended = start(body)
    assert not is_ended
    assert owner.stdout
    assert owner.stdout.readline() == "left True\n"


def test_pause_exit_in_forked_child_closes_only_its_copies(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = command_hooks(["true"], ["touch", "after"])
    context.__enter__()
    guard = context._guard
    assert guard
    parent = os.getpid()
    with monkeypatch.context() as patch:
        # As a forked child sees it, except that what it closes is shared here.
        patch.setattr(os, "getpid", lambda: parent + 1)
        patch.setattr(guard[0]._process, "poll", lambda: None)
        copies = os.dup(guard[0]._socket.fileno()), guard[0]._process
        context.__exit__(None, None, None)
    assert guard[0]._socket.fileno() == -1
    assert guard[0]._lock.closed
    os.close(copies[0])
    copies[1].wait()
    assert (here / "after").exists()
    with context:
        pass


def test_pause_ended_because_owner_seems_gone_exit_raises(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    status = here / "status"
    status.write_text("State:\tS (sleeping)\nSigPnd:\t0000000000000000\n")
    monkeypatch.setattr(_guard_process, "PROCESS_STATUS", str(status))
    context = command_hooks(["true"], ["touch", "after"])
    context.__enter__()
    status.write_text("State:\tD (disk sleep)\nSigPnd:\t0000000000000100\n")
    _until((here / "after").exists)
    with pytest.raises(QuiesceError, match="something else has resumed writes"):
        context.__exit__(None, None, None)


def test_guard_owner_killed_before_plan_exits(
    start: Callable[..., tuple[subprocess.Popen[str], int]],
) -> None:
    body = (
        "from lightsail_snap.quiesce._guard_process import start_guard\n"
        "guard = start_guard()\n"
        "if not os.fork(): time.sleep(600)\n"
        "print(guard.pid, flush=True)\n"
        "input()\n" + _ENDS["killed"]
    )
    owner, guard = start(body)
    _proceed(owner)
    _until(lambda: not _is_alive(guard))


@pytest.mark.parametrize("has_memory_files", [True, False])
@pytest.mark.parametrize("has_proc", [True, False])
def test_pause_owner_killed_without_linux_features_ends(
    here: Path,
    start: Callable[..., tuple[subprocess.Popen[str], int]],
    *,
    has_memory_files: bool,
    has_proc: bool,
) -> None:
    body = "from lightsail_snap.quiesce import _guard_process\n"
    body += "" if has_memory_files else "del os.memfd_create\n"
    body += "" if has_proc else "_guard_process.PROCESS_STATUS = '/nowhere'\n"
    body += f"context = begin()\n{_SURVIVORS['fork']}\ninput()\n{_ENDS['killed']}"
    owner, pid = start(body)
    _proceed(owner)
    _assert_ended_while_alive(here, pid)


@pytest.mark.parametrize("name", ["memfd_create", "open"])
def test_pause_memory_files_or_proc_refused_works(
    here: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    actual = getattr(os, name)

    def refused(path: str, *args: object, **kwargs: object) -> int:
        if path in {"lightsail_snap", _guard_process.PROCESS_STATUS}:
            raise PermissionError(1, "not here", path)
        number: int = actual(path, *args, **kwargs)
        return number

    monkeypatch.setattr(os, name, refused)
    with command_hooks(["true"], ["touch", "after"]):
        assert not (here / "after").exists()
    assert (here / "after").exists()


def test_pause_file_cannot_be_locked_raises(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr("fcntl.lockf", refused)
    before = set(Path("/proc/self/fd").iterdir())
    with pytest.raises(QuiesceError, match="No locks available"):
        command_hooks(["true"], ["touch", "after"]).__enter__()
    assert set(Path("/proc/self/fd").iterdir()) == before
    assert not (here / "after").exists()


@pytest.mark.skipif(
    os.getuid() != 0
    or not all(map(shutil.which, ("mkfs.ext4", "mount", "umount", "fsfreeze", "losetup"))),
    reason="needs root and ext4",
)
@pytest.mark.parametrize("writer", ["a thread", "the main thread", "a child"])
def test_real_file_system_owner_killed_during_write_is_thawed(
    here: Path, start: Callable[..., tuple[subprocess.Popen[str], int]], writer: str
) -> None:
    with ExitStack() as stack:
        image, mount = here / "image", here / "mount"
        image.write_bytes(bytes(2**24))
        mount.mkdir()
        subprocess.run(["mkfs.ext4", "-q", image], check=True)  # noqa: S603, S607 - a file of the test's own
        mounted = subprocess.run(["mount", "-o", "loop", image, mount], check=False)  # noqa: S603, S607 - likewise
        if mounted.returncode:  # pragma: no cover - in most containers
            pytest.skip("file systems cannot be mounted here")
        stack.callback(lambda: subprocess.run(["umount", mount], check=True))  # noqa: S603, S607 - likewise
        body = (
            f"context = fsfreeze({str(mount)!r}, timeout=600)\n"
            "context.__enter__()\n"
            "write = lambda: open('mount/hangs', 'w').write('x')\n"
        )
        die = f"time.sleep(0.3); {_ENDS['killed']}"
        body += {
            "a thread": f"threading.Thread(target=write).start()\nprint(0, flush=True)\n{die}",
            "a child": f"os.fork() or (write(), os._exit(0))\nprint(0, flush=True)\n{die}",
            "the main thread": (
                f"threading.Thread(target=lambda: exec({die!r}, globals())).start()\n"
                "print(0, flush=True)\nwrite()"
            ),
        }[writer]
        owner, _ = start(body)
        # Without a thaw this hangs for ten minutes, so another process does it.
        with subprocess.Popen(["touch", mount / "writable"]) as touch:  # noqa: S603, S607 - likewise
            try:
                assert touch.wait(60) == 0
            finally:
                subprocess.run(["fsfreeze", "--unfreeze", mount], check=False, capture_output=True)  # noqa: S603, S607 - only if it is frozen still
        owner.wait()
        # The kernel may still be ending the process.
        _until(lambda: subprocess.run(["fuser", "-sm", mount], check=False).returncode)  # noqa: S603, S607 - likewise
