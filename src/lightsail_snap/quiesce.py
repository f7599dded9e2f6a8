"""Pausing writes for the moment in which a snapshot is taken.

A snapshot holds what was written to the disk when Lightsail took the request. What applications or
the operating system still hold back is missing (CreateDiskSnapshot documentation). The context
managers of this module make them write it first, and wait; give one as `quiesce=` to
`take_disk_snapshot` or `take_instance_snapshot`.
"""

from __future__ import annotations

import json
import os
import shlex
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import IO, TYPE_CHECKING, Any, NoReturn, Self, final

from typing_extensions import override

from lightsail_snap._text import one_line, redact, shown
from lightsail_snap.errors import QuiesceError, RequestValidationError, Violation

if TYPE_CHECKING:
    import subprocess
    from types import TracebackType

_DEFAULT = timedelta(seconds=30)
_LONGEST_OUTPUT = 4096
# A thaw that fails is tried again after these seconds.
_THAW_PAUSES = (0.0, 0.1, 0.5, 1.0, 2.0)
_THAW_SECONDS = 5.0
# For starting an interpreter on a busy machine.
_START_SECONDS = 30.0
_GRACE_SECONDS = 5.0

# The guard, a process of its own, owns the freeze from beginning to end: it freezes when told to,
# and thaws when told to, when its time is up, or when this process is gone and its pipe closes.
# So nothing that happens here can leave a file system frozen. It writes nothing to any disk.
_GUARD = r"""
import json, os, select, signal, subprocess, sys, time

freeze, thaw, seconds, pauses, thaw_seconds = json.loads(sys.argv[1])
for name in ("SIGINT", "SIGHUP", "SIGTERM"):
    signal.signal(getattr(signal, name), signal.SIG_IGN)


def run(argv, limit):
    sink = os.memfd_create("output")
    try:
        process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, start_new_session=True
        )
    except OSError as error:
        return 127, str(error)
    try:
        code = process.wait(limit)
    except subprocess.TimeoutExpired:
        code = None
        os.killpg(process.pid, signal.SIGKILL)
        try:
            process.wait(1)
        except subprocess.TimeoutExpired:
            pass  # it hangs in the kernel, and a thaw may free it
    size = os.fstat(sink).st_size
    output = os.pread(sink, 4096, max(0, size - 4096)).decode("utf-8", "replace")
    os.close(sink)
    return code, output


def say(**fact):
    try:
        os.write(1, json.dumps(fact).encode() + b"\n")
    except OSError:
        pass  # nobody is there any more


def told(left):
    ready, _, _ = select.select([0], [], [], max(0, left))
    return None if not ready else os.read(0, 1)


def thawed():
    for pause in pauses:
        time.sleep(pause)
        code, output = run(thaw, thaw_seconds)
        # EINVAL: it is not frozen (any more).
        if code == 0 or "Invalid argument" in output:
            break
    return code, output


say(state="ready")
if told(3600) == b"f":
    deadline = time.monotonic() + seconds
    code, output = run(freeze, seconds)
    if code != 0:
        # One that was killed may have taken effect nevertheless. One that was refused has not, and
        # if it was because the file system is frozen already, that is somebody else's freeze.
        if code is None or code < 0:
            thawed()
        say(state="failed", code=code, output=output)
    else:
        say(state="frozen")
        is_late = told(deadline - time.monotonic()) is None
        code, output = thawed()
        say(state="thawed", late=is_late, code=code, output=output)
"""


def _refused(parameter: str, rule: str, fix: str, given: object) -> RequestValidationError:
    found = Violation(parameter, rule, "lightsail_snap", fix, shown(given))
    return RequestValidationError("quiesce", [found])


def _seconds(timeout: object) -> float:
    seconds = timeout.total_seconds() if isinstance(timeout, timedelta) else timeout
    if (
        isinstance(seconds, int | float)
        and not isinstance(seconds, bool)
        and 0 < seconds <= threading.TIMEOUT_MAX
    ):
        return float(seconds)
    rule = "must be a timedelta or a finite number of seconds, more than 0"
    raise _refused("timeout", rule, "give timedelta(seconds=30)", timeout)


def _argv(parameter: str, command: object) -> tuple[str, ...]:
    if isinstance(command, Sequence) and not isinstance(command, str | bytes):
        words = [str(word) for word in command if isinstance(word, str) and "\0" not in word]
        if words and len(words) == len(command):
            return tuple(words)
    rule = "must be a command as a sequence of its words"
    raise _refused(parameter, rule, 'give ["psql", "-c", "CHECKPOINT"]; no shell reads it', command)


def _shown_command(command: Sequence[str]) -> str:
    return one_line(redact(shlex.join(command)))


class _Held:
    """What both context managers do: be used once at a time, and tell for how long."""

    __slots__ = ("_began", "_held", "_lock")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._began = 0.0
        self._held: timedelta | None = None

    @property
    def held(self) -> timedelta | None:
        """How long writes were paused the last time; None if they never were."""
        return self._held

    def _take(self) -> None:
        if not self._lock.acquire(blocking=False):
            message = f"{self!r} is in use already; make one for each job"
            raise QuiesceError(message)
        self._held = None

    def _begin(self) -> None:
        self._began = time.monotonic()

    def _end(self) -> None:
        self._held = timedelta(seconds=time.monotonic() - self._began)


@final
class FileSystemFreeze(_Held):
    """Freezes a file system while it is entered, by `fsfreeze` of util-linux.

    Made by `fsfreeze`. It can be used again, but not twice at the same time.

    Attributes:
        held: How long the file system was frozen the last time.
    """

    __slots__ = ("_command", "_guard", "_mount_point", "_seconds")

    def __init__(
        self,
        mount_point: str | os.PathLike[str],
        *,
        timeout: timedelta | float = _DEFAULT,
        command: Sequence[str] = ("fsfreeze",),
    ) -> None:
        """Prepare; nothing is frozen yet.

        Args:
            mount_point: Where the file system is mounted, as an absolute path; not that of `/`.
            timeout: When to thaw at the latest, as a `timedelta` or in seconds.
            command: What to call `fsfreeze` by, for example `("sudo", "-n", "fsfreeze")`.

        Raises:
            RequestValidationError: If an argument cannot be used.
        """
        super().__init__()
        self._mount_point = _mount_point(mount_point)
        self._seconds = _seconds(timeout)
        self._command = _argv("command", command)
        self._guard: subprocess.Popen[bytes] | None = None

    @override
    def __repr__(self) -> str:
        return f"fsfreeze({self._mount_point!r}, timeout={self._seconds:g})"

    @property
    def _thaw(self) -> tuple[str, ...]:
        return (*self._command, "--unfreeze", self._mount_point)

    def __enter__(self) -> Self:
        """Freeze the file system: it writes out what it holds back, and blocks all writers.

        Returns:
            Itself.

        Raises:
            QuiesceError: If it cannot be frozen; then it is not.
        """
        self._take()
        try:
            self._check()
            self._guard = self._start()
            self._expect("ready", _START_SECONDS)
            self._say(b"f")
            self._begin()
            most = self._seconds + len(_THAW_PAUSES) * (_THAW_SECONDS + 2) + _GRACE_SECONDS
            self._expect("frozen", most)
        except BaseException:
            self._dismiss()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Thaw the file system.

        Raises:
            QuiesceError: If it had been thawed before, or cannot be thawed.
        """
        try:
            self._say(b"t")
            most = len(_THAW_PAUSES) * (_THAW_SECONDS + 2) + _GRACE_SECONDS
            answer = self._expect("thawed", most)
            self._end()
        finally:
            self._dismiss()
        output, code = str(answer["output"]), answer["code"]
        facts: dict[str, Any] = {"command": self._thaw, "returncode": code, "output": output}
        if code != 0 and "Invalid argument" not in output:
            raise QuiesceError(f"{self._stuck()}: {one_line(output.strip())}", **facts)
        if answer["late"]:
            message = (
                f"{self._mount_point} was thawed after {self._seconds:g} s, before the service "
                "had accepted the request: the snapshot may not be consistent; allow more time, "
                "or take it again"
            )
            raise QuiesceError(message)
        if code != 0:
            message = f"{self._mount_point} was thawed by somebody else: the snapshot may not be "
            raise QuiesceError(f"{message}consistent", **facts)

    def _stuck(self) -> str:
        return (
            f"{self._mount_point} may still be frozen; as an administrator, run "
            f"{_shown_command(self._thaw)}"
        )

    def _check(self) -> None:
        import shutil  # noqa: PLC0415 - only who freezes needs it

        if not hasattr(os, "memfd_create") or shutil.which(self._command[0]) is None:
            message = (
                f"{self._command[0]} is not here; install util-linux (Linux only), or pause "
                "writes another way, for example by command_hooks"
            )
            raise QuiesceError(message)
        if not os.path.ismount(self._mount_point):
            # fsfreeze would take the file system that the directory is on, which is another one.
            raise QuiesceError(f"{self._mount_point} is no mount point; see findmnt for those")
        if os.stat(self._mount_point).st_dev == os.stat("/").st_dev:  # noqa: PTH116 - a path that is text
            message = f"{self._mount_point} is the root file system: freezing it would stop the "
            raise QuiesceError(f"{message}very process that is to thaw it; use command_hooks")

    def _start(self) -> subprocess.Popen[bytes]:
        import subprocess  # noqa: PLC0415 - only who freezes needs it

        freeze = (*self._command, "--freeze", self._mount_point)
        order = json.dumps([freeze, self._thaw, self._seconds, _THAW_PAUSES, _THAW_SECONDS])
        try:
            # In a session of its own, so that Ctrl-C in a terminal does not reach it.
            return subprocess.Popen(  # noqa: S603 - our own program, and no shell
                [sys.executable, "-I", "-S", "-c", _GUARD, order],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                start_new_session=True,
                bufsize=0,
            )
        except OSError as error:
            message = f"{self._mount_point} was not frozen: no process can be started: {error}"
            raise QuiesceError(message) from error

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        guard = self._guard
        if guard is None or guard.stdin is None or guard.stdout is None:
            message = f"{self!r} is left without having been entered"
            raise QuiesceError(message)
        return guard.stdin, guard.stdout

    def _say(self, word: bytes) -> None:
        to_guard, _ = self._pipes()
        with suppress(BrokenPipeError):
            to_guard.write(word)

    def _expect(self, state: str, most: float) -> dict[str, Any]:
        import select  # noqa: PLC0415 - only who freezes needs it

        _, from_guard = self._pipes()
        ready, _, _ = select.select([from_guard], [], [], most)
        line = from_guard.readline() if ready else b""
        answer: dict[str, Any] = json.loads(line) if line else {"state": "silent"}
        if answer["state"] == state:
            return answer
        if answer["state"] == "failed":
            output, code = str(answer["output"]), answer["code"]
            how = "took too long" if code is None else f"failed: {one_line(output.strip())}"
            command = (*self._command, "--freeze", self._mount_point)
            message = f"{self._mount_point} was not frozen: {_shown_command(command)} {how}"
            raise QuiesceError(message, command=command, returncode=code, output=output)
        raise QuiesceError(
            f"the process that guards it was killed or is stuck; {self._stuck()}",
            command=self._thaw,
        )

    def _dismiss(self) -> None:
        """Let the guard go. If it has not thawed yet, the closing of its pipe tells it to."""
        guard = self._guard
        if guard is not None:
            for pipe in self._pipes():
                pipe.close()
            self._guard = None
            _reap(guard, self._seconds + len(_THAW_PAUSES) * (_THAW_SECONDS + 2))
        self._lock.release()


def _reap(process: subprocess.Popen[bytes], most: float) -> None:
    import subprocess  # noqa: PLC0415 - whoever reaps has loaded it

    # A process that hangs in the kernel cannot be waited for; it is left behind then.
    with suppress(subprocess.TimeoutExpired):
        process.wait(most)


def _mount_point(given: object) -> str:
    fix = 'give the absolute path of a mounted file system, such as "/mnt/data"'
    try:
        path = os.fspath(given)  # type: ignore[call-overload] # callers without a type checker give anything
    except TypeError:
        path = b""
    if not isinstance(path, str) or not path.startswith("/") or "\0" in path:
        raise _refused("mount_point", "must be an absolute path", fix, given)
    if os.path.normpath(path).strip("/") == "":
        raise _refused("mount_point", "must not be the root file system", fix, given)
    return path


@final
class CommandHooks(_Held):
    """Runs a command when it is entered, and another when it is left.

    Made by `command_hooks`. It can be used again, but not twice at the same time.

    Attributes:
        held: The time from the end of the one to the end of the other, the last time.
    """

    __slots__ = ("_after", "_before", "_seconds")

    def __init__(
        self,
        before: Sequence[str],
        after: Sequence[str],
        *,
        timeout: timedelta | float = _DEFAULT,
    ) -> None:
        """Prepare; nothing is run yet.

        Args:
            before: The command that pauses writes, as a sequence of its words.
            after: The command that lets them go on.
            timeout: How long each may take, as a `timedelta` or in seconds.

        Raises:
            RequestValidationError: If an argument cannot be used.
        """
        super().__init__()
        self._before = _argv("before", before)
        self._after = _argv("after", after)
        self._seconds = _seconds(timeout)

    @override
    def __repr__(self) -> str:
        before, after = _shown_command(self._before), _shown_command(self._after)
        return f"command_hooks({before!r}, {after!r}, timeout={self._seconds:g})"

    def __enter__(self) -> Self:
        """Run the first command; if it fails, run the second one too.

        Returns:
            Itself.

        Raises:
            QuiesceError: If the first command fails or takes too long.
        """
        self._take()
        try:
            self._run(self._before)
        except BaseException:
            # It may have failed half-way, so what it did is undone.
            try:
                self._run(self._after)
            finally:
                self._lock.release()
            raise
        self._begin()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Run the second command.

        Raises:
            QuiesceError: If it fails or takes too long.
        """
        try:
            self._run(self._after)
            self._end()
        finally:
            self._lock.release()

    def _run(self, command: tuple[str, ...]) -> None:
        import subprocess  # noqa: PLC0415 - only who runs commands needs it

        # A file and no pipe: a pipe that a left-over grandchild holds open would never end.
        with (
            tempfile.TemporaryFile()
            if not hasattr(os, "memfd_create")
            else os.fdopen(os.memfd_create("output"), "w+b") as sink
        ):
            try:
                process = subprocess.Popen(  # noqa: S603 - the caller's own command, and no shell
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=sink,
                    stderr=sink,
                    start_new_session=True,
                )
            except OSError as error:
                self._fail(command, f"cannot be run: {error}", error=error)
            try:
                code: int | None = process.wait(self._seconds)
            except subprocess.TimeoutExpired:
                code = None
            finally:
                if process.returncode is None:
                    with suppress(ProcessLookupError):
                        os.killpg(process.pid, signal.SIGKILL)
                    _reap(process, _GRACE_SECONDS)
            sink.seek(max(0, os.fstat(sink.fileno()).st_size - _LONGEST_OUTPUT))
            output = sink.read().decode("utf-8", "replace")
        if code != 0:
            how = f"took more than {self._seconds:g} s" if code is None else f"ended with {code}"
            self._fail(command, f"{how}: {one_line(redact(output.strip()))}", code=code, output=output)

    def _fail(
        self,
        command: tuple[str, ...],
        how: str,
        *,
        code: int | None = None,
        output: str = "",
        error: OSError | None = None,
    ) -> NoReturn:
        what = "writes may still be paused" if command is self._after else "writes are not paused"
        message = f"{what}: {_shown_command(command)} {how}"
        raise QuiesceError(message, command=command, returncode=code, output=output) from error


def fsfreeze(
    mount_point: str | os.PathLike[str],
    *,
    timeout: timedelta | float = _DEFAULT,
    command: Sequence[str] = ("fsfreeze",),
) -> FileSystemFreeze:
    """Freeze a file system while a snapshot is taken.

    It needs Linux, util-linux and the rights of an administrator. A process of its own guards the
    freeze: whatever becomes of this process, the file system is thawed as soon as it is gone, and
    at the latest when the time is up.

    Args:
        mount_point: Where the file system is mounted, as an absolute path; not that of `/`.
        timeout: When to thaw at the latest, as a `timedelta` or in seconds.
        command: What to call `fsfreeze` by, for example `("sudo", "-n", "fsfreeze")`.

    Returns:
        A context manager to give as `quiesce=`; its `held` tells how long it was frozen.

    Raises:
        RequestValidationError: If an argument cannot be used.
    """
    return FileSystemFreeze(mount_point, timeout=timeout, command=command)


def command_hooks(
    before: Sequence[str], after: Sequence[str], *, timeout: timedelta | float = _DEFAULT
) -> CommandHooks:
    """Run commands of yours before and after a snapshot is taken.

    The second one is run whatever happens: if the first one fails or takes too long, if the
    request fails, and if the job is interrupted or cancelled. No shell reads the commands.

    Args:
        before: The command that pauses writes, as a sequence of its words.
        after: The command that lets them go on; it must not mind if they are not paused.
        timeout: How long each may take, as a `timedelta` or in seconds; then it is killed with
            all that it started.

    Returns:
        A context manager to give as `quiesce=`; its `held` tells how long writes were paused.

    Raises:
        RequestValidationError: If an argument cannot be used.
    """
    return CommandHooks(before, after, timeout=timeout)
