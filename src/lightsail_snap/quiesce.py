"""Pause writes to a disk while its snapshot is being requested.

AWS advises to pause writes for as long as a snapshot's request takes: what the disk holds at that
moment is what the snapshot holds. `fsfreeze` pauses the writes of a whole file system,
`command_hooks` runs commands of your own before and after, such as those of a database. Both make
a context manager for `quiesce=`:

    client.take_disk_snapshot(name, source, quiesce=fsfreeze("/mnt/data"))

A pause must always end. A guard, a small second process in a session of its own, runs both
commands. It ends the pause on request, when the time is up, or within a second after its owner,
the process that entered the context manager, was killed, crashed, exited or replaced itself with
another program. Children that the owner has forked neither prolong nor end the pause. The guard
loads everything it needs before it begins, and writes nothing to any disk.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from datetime import timedelta
from typing import IO, TYPE_CHECKING, Final, Literal, Self, TypedDict, cast, final

from typing_extensions import override

from lightsail_snap._text import redact, safe_line, short_repr
from lightsail_snap.errors import QuiesceError, RequestValidationError, Violation

if TYPE_CHECKING:
    from types import TracebackType

__all__ = [
    "CommandHooks",
    "FileSystemFreeze",
    "command_hooks",
    "fsfreeze",
]

_DEFAULT_TIMEOUT: Final = timedelta(seconds=30)
_LONGEST: Final = 86_400.0

# How long the guard may take to start, one thaw to run, and an answer to be late, in seconds.
_READY = 30.0
_ATTEMPT = 10.0
_PATIENCE = 30.0

# After so many failed thaws the caller is told; the guard goes on, once a second.
_TRIES = 5
_LAST_TRY = 600

_MOUNTS = "/proc/self/mountinfo"
_STATUS = "/proc/self/status"
# Where fsfreeze is, which the PATH of others than root often leaves out.
_ADMINISTRATORS = ("/usr/local/sbin", "/usr/sbin", "/sbin")

# What util-linux and busybox print when the kernel says no, in the C locale: nothing is frozen, or
# not by us, and then it is not ours to thaw.
_BUSY = "Device or resource busy"
_REFUSALS = (": freeze failed: ", "fsfreeze: cannot open ", _BUSY)
_NOT_PERMITTED = ("Operation not permitted", "Permission denied")
_NOT_FROZEN = "Invalid argument"

_OCTAL = re.compile(rb"\\([0-7]{3})")
_SHOWN = 200

# Runs in an interpreter of its own, without this package. Its standard input and output are one
# socket: it says that it is ready, reads a plan (one line), and says what becomes of it. No more is
# written to it: the end of what it can read is the wish that the pause should end.
#
# A forked child of the owner shares the socket, so the guard watches the owner itself. Its first
# argument is a file on which the owner holds a POSIX record lock. The kernel releases the lock when
# the owner ends or runs another program. Children do not inherit it, and unlike a process id it is
# neither reused nor different in another PID namespace. The second argument is the owner's
# /proc/<pid>/status, or -1. It shows that the owner was killed while one of its threads still waits
# in the kernel for a write to the frozen file system, which keeps the lock.
_GUARD: Final = r"""# lightsail_snap: ends a pause of writes, even if the process that began it dies
import fcntl
import json
import os
import select
import signal
import subprocess
import sys
import time

SLICE = 0.05
OWNER_CHECK_SECONDS = 0.25
LOCK, STATUS = map(int, sys.argv[1:])
is_asked = False  # whether the other side wants the pause to end, or is there no more
is_orphan = False  # whether the owner is gone


def is_owner_gone():
    try:
        fcntl.lockf(LOCK, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except OSError:
        pass  # the owner holds it
    try:
        text = os.pread(STATUS, 65536, 0) if STATUS >= 0 else b""
    except OSError:
        return True
    facts = dict(line.partition(b":")[::2] for line in text.splitlines())
    pending = int(facts.get(b"SigPnd", b"0"), 16) | int(facts.get(b"ShdPnd", b"0"), 16)
    is_killed = pending >> signal.SIGKILL - 1 & 1 or facts.get(b"CoreDumping", b"").strip() == b"1"
    return bool(is_killed) or facts.get(b"State", b"").strip()[:1] in {b"Z", b"X"}


def listen(seconds, *pipes):
    # Wait for output of a command, or for the wish that the pause should end.
    global is_asked, is_orphan
    sources = pipes if is_asked else (0, *pipes)
    wait = max(0.0, min(seconds, OWNER_CHECK_SECONDS))
    if 0 in select.select(sources, (), (), wait)[0]:
        is_asked = True
    elif not is_asked and is_owner_gone():
        is_asked = is_orphan = True


def tell(**facts):
    try:
        os.write(1, json.dumps(facts).encode() + b"\n")
    except OSError:
        pass  # nobody is there to be told


class Job:
    def __init__(self, argv):
        self.output = b""
        self.code = self.pipe = self.process = None
        self.is_over = self.is_late = False
        try:
            self.process = subprocess.Popen(
                [part.encode("latin-1") for part in argv],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # so that all it starts can be killed at once
            )
            self.pipe = self.process.stdout.fileno()
            os.set_blocking(self.pipe, False)
        except Exception as error:
            self.output = str(error).encode()
            self.is_over = self.process is None

    def read(self):
        try:
            chunk = os.read(self.pipe, 65536) if self.pipe is not None else b""
        except BlockingIOError:
            return
        if not chunk:
            self.pipe = None
        self.output += chunk[: max(0, 4096 - len(self.output))]

    def look(self):
        self.read()
        if self.process is not None and self.process.poll() is not None:
            self.read()  # what came in between
            self.code, self.is_over = self.process.returncode, True

    def wait(self, until, is_to_heed=False):
        pause = 0.001  # after the end of the output comes the end of the process
        while not self.is_over and not (is_to_heed and is_asked):
            left = until - time.monotonic()
            if left <= 0:
                break
            if self.pipe is None:
                listen(min(left, pause))
                pause = min(2 * pause, SLICE)
            else:
                listen(min(left, SLICE), self.pipe)
            self.look()

    def kill(self, seconds):
        if self.is_over:
            return
        self.is_late = True
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except OSError:
            pass  # gone, or another user's, as below sudo
        self.wait(time.monotonic() + seconds)

    def is_settled(self):
        # What was killed while in the kernel may still succeed; nothing of it is left once it has
        # been reaped and nobody holds its output open.
        self.look()
        return self.is_over and (self.pipe is None or not self.is_late)

    def report(self):
        output = self.output.decode("utf-8", "replace")
        return {"code": self.code, "late": self.is_late, "output": output}


def tell_end(facts, before, after, tries):
    facts |= {"state": "over", "tries": tries, "ended": time.monotonic()}
    facts["before"] = before and before.report()
    facts["after"] = after and after.report()
    tell(**facts)


def begin(job, plan, began):
    # Say whether writes are paused: True, False for surely not, None for maybe.
    job.wait(began + plan["limit"], is_to_heed=True)
    if job.is_over and job.code == 0:
        return True
    if job.is_over and any(text.encode() in job.output for text in plan["refusals"]):
        return False
    job.kill(0.2)
    return None


def hold(deadline):
    # Keep the pause, and say whether its time ran out.
    while not is_asked:
        left = deadline - time.monotonic()
        if left <= 0:
            return True
        listen(left)
    return False


def end(before, facts, plan):
    # End the pause, however often it takes to try.
    is_told = False
    tries = 0
    pause = SLICE
    last = plan["tries"] if plan["last"] is None else plan["last"]
    while True:
        # To be asked first: an end that comes before the end of the beginning ends nothing.
        is_settled = before is None or plan["last"] is None or before.is_settled()
        after = Job(plan["after"])
        after.wait(time.monotonic() + plan["patience"])
        # Killed in the kernel it goes on until it has done its work, so there is no hurry.
        after.kill(0.2 if plan["last"] is None else float("inf"))
        is_idle = after.is_over and plan["idle"] and plan["idle"].encode() in after.output
        is_done = after.is_over and after.code == 0 or is_idle
        tries += is_settled
        is_end = is_settled and (is_done or tries >= last)
        if is_end or tries >= plan["tries"] and not is_told:
            is_told = True
            facts["elsewhere"] |= bool(is_idle and after.code and tries == 1)
            facts["done"] = bool(is_done)
            tell_end(facts, before, after, tries)
        if is_end:
            return
        until = time.monotonic() + pause
        while (left := until - time.monotonic()) > 0:
            listen(left)
        pause = min(2 * pause, 1.0)


def main():
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"):
        # Not ignored, which the commands would inherit.
        signal.signal(getattr(signal, name), lambda *_: None)
    # Were it ignored, as inherited, every command would seem to succeed.
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    tell(state="ready")
    text = b""
    while not text.endswith(b"\n"):
        if not select.select((0,), (), (), OWNER_CHECK_SECONDS)[0]:
            if is_owner_gone():
                return  # nothing has begun
            continue
        chunk = os.read(0, 65536)
        if not chunk:
            return  # likewise
        text += chunk
    plan = json.loads(text)
    facts = {"paused": True, "expired": False, "elsewhere": False}
    os.environ.update(plan["environment"])
    began = time.monotonic()
    before = Job(plan["before"]) if plan["before"] else None
    try:
        if before is not None:
            facts["paused"] = begin(before, plan, began)
            if facts["paused"]:
                tell(state="held")
                limit = plan["hold"]
                facts["expired"] = hold(float("inf") if limit is None else began + limit)
                # An owner that lives nevertheless must not take the pause for complete.
                facts["elsewhere"] = is_orphan
    finally:
        if facts["paused"] is False:
            facts["done"] = True  # there is nothing to undo
            tell_end(facts, before, None, 0)
        else:
            end(before, facts, plan)


main()
"""


class _Plan(TypedDict):
    environment: dict[str, str]
    """What is set for both commands."""
    before: list[str] | None
    after: list[str]
    limit: float
    """How long `before` may take, in seconds."""
    hold: float | None
    """How long after the beginning of `before` the pause ends of itself; None is never."""
    patience: float
    """How long one run of `after` may take."""
    tries: int
    """After how many failures of `after` to tell."""
    last: int | None
    """After how many of them to give up; None is one, whatever has become of `before`."""
    refusals: Sequence[str]
    """What `before` prints if it surely did nothing that is to be undone."""
    idle: str | None
    """What `after` prints if there is nothing to undo."""


class _Report(TypedDict):
    code: int | None
    late: bool
    output: str


class _Facts(TypedDict):
    state: Literal["ready", "held", "over"]
    paused: bool | None
    """Whether `before` paused writes; None is perhaps."""
    expired: bool
    """Whether the pause ended of itself."""
    elsewhere: bool
    """Whether it ended before the owner asked, but not because time was up."""
    done: bool
    tries: int
    """How often `after` was run."""
    ended: float
    """When, by the monotonic clock that all processes share."""
    before: _Report | None
    after: _Report | None


class _Guard:
    """The process that begins a pause and ends it."""

    __slots__ = ("_line", "_lock", "_noise", "_owner", "_process", "_rest")

    def __init__(self) -> None:
        # Loaded late, since importing us must not cost importing them.
        import socket  # noqa: PLC0415 - see above
        import subprocess  # noqa: PLC0415 - see above

        self._owner = os.getpid()
        self._rest = self._noise = b""
        with ExitStack() as on_failure, ExitStack() as always:
            self._lock = on_failure.enter_context(_locked_file())
            status = _own_status()
            if status != -1:
                always.callback(os.close, status)
            # Unlike a pipe, a socket can be shut down although a forked child of ours holds it,
            # too, and can be written to without a SIGPIPE.
            self._line, theirs = socket.socketpair()
            on_failure.enter_context(self._line)
            always.enter_context(theirs)
            program = [sys.executable or "", "-I", "-S", "-B", "-c", _GUARD]
            self._process = subprocess.Popen(  # noqa: S603 - a constant program
                [*program, str(self._lock.fileno()), str(status)],
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                stderr=theirs.fileno(),
                pass_fds=[self._lock.fileno(), *([status] if status != -1 else [])],
                start_new_session=True,  # Ctrl-C in the terminal is not for the guard
            )
            on_failure.pop_all()

    @property
    def is_ours(self) -> bool:
        """Whether this process started it, not the one that this process was forked from."""
        return self._owner == os.getpid()

    def forget(self) -> None:
        """Release what a forked child holds of its parent's guard, without effect on the pause."""
        self._line.close()
        self._lock.close()
        # This process has no such child, so the status is not waited for.
        self._process.poll()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def noise(self) -> str:
        """What came from it that is no answer, such as the complaints of the interpreter."""
        return (self._noise + self._rest).decode("utf-8", "replace")

    def listen(self, seconds: float) -> _Facts | None:
        """Wait for the next thing it says.

        Args:
            seconds: How long at most.

        Returns:
            What it says, None if it has died.

        Raises:
            TimeoutError: If it says nothing in time.
        """
        end = time.monotonic() + seconds
        while True:
            line, newline, rest = self._rest.partition(b"\n")
            if newline:
                self._rest = rest
                if line.startswith(b"{"):
                    return cast("_Facts", json.loads(line))
                self._noise += line + newline
                continue
            self._line.settimeout(max(end - time.monotonic(), 0.001))
            try:
                chunk = self._line.recv(65536)
            except ConnectionError:
                return None
            if not chunk:
                return None
            self._rest += chunk

    def start(self, plan: _Plan) -> None:
        """Let it begin. Whether it is still there will show when it is listened to.

        Args:
            plan: What it is to do.
        """
        import socket  # noqa: PLC0415 - loaded already

        message = memoryview(json.dumps(plan).encode() + b"\n")
        self._line.settimeout(_READY)
        # A process whose SIGPIPE is at its default must not die of it.
        flag: int = getattr(socket, "MSG_NOSIGNAL", 0)
        with suppress(ConnectionError):
            while message:
                sent: int = self._line.send(message, flag)
                message = message[sent:]

    def ask(self) -> None:
        """Ask it to end the pause. To do so twice, or when it is gone, does no harm."""
        import socket  # noqa: PLC0415 - loaded already

        with suppress(OSError):
            self._line.shutdown(socket.SHUT_WR)

    def leave(self, seconds: float) -> None:
        """Leave it alone, which ends the pause if nothing else has.

        Args:
            seconds: How long to wait for its end; if it takes longer, a thread sees to it that no
                zombie stays behind.
        """
        import subprocess  # noqa: PLC0415 - loaded already

        if self._line.fileno() == -1:
            return  # left already
        self.ask()
        self._line.close()
        self._lock.close()
        try:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(seconds)
        finally:
            if self._process.returncode is None:
                threading.Thread(target=self._process.wait, daemon=True).start()


def _locked_file() -> IO[bytes]:
    """Open a file without a name, and take a lock on it that ends with this process."""
    import fcntl  # noqa: PLC0415 - not on Windows, which cannot pause writes this way
    import tempfile  # noqa: PLC0415 - importing us must not cost importing it

    try:
        file: IO[bytes] = open(os.memfd_create("lightsail_snap"), "r+b")  # noqa: PTH123, SIM115 - not a path
    except (AttributeError, OSError):
        # Only Linux has memory files, and not with every build of Python.
        file = cast("IO[bytes]", tempfile.TemporaryFile())  # noqa: SIM115 - the caller closes it
    try:
        fcntl.lockf(file, fcntl.LOCK_EX)
    except BaseException:
        file.close()
        raise
    return file


def _own_status() -> int:
    """Open what Linux shows of this process's state; -1 where there is no such file."""
    try:
        return os.open(_STATUS, os.O_RDONLY)
    except OSError:
        return -1


def _ready_guard() -> _Guard:
    """Start a guard, and wait until it has loaded all that it needs."""
    failed = "the process that is to guard the pause cannot be started, nothing was done: "
    try:
        guard = _Guard()
    except OSError as error:
        text = f"{failed}{sys.executable or 'no interpreter'}: {safe_line(str(error))}"
        raise QuiesceError(text) from error
    is_ready = False
    try:
        is_ready = guard.listen(_READY) is not None
    except TimeoutError as error:
        raise QuiesceError(f"{failed}it was not ready within {_READY:g} s") from error
    finally:
        if not is_ready:
            guard.leave(0)
    if not is_ready:
        raise QuiesceError(
            f"{failed}{sys.executable} says {short_repr(guard.noise, _SHOWN)}", output=guard.noise
        )
    return guard


class _Pause(ABC):
    """What both kinds of pauses do alike."""

    __slots__ = ("_began", "_guard", "_held", "_turn")

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._guard: tuple[_Guard, _Plan] | None = None
        self._began = 0.0
        self._held: timedelta | None = None

    @property
    def held(self) -> timedelta | None:
        """How long writes were paused in the last use, by a monotonic clock.

        Counted from when pausing them began to when they could go on. None before the first use,
        while in use, if nothing was paused, and if it is not known that writes go on again.
        """
        return self._held

    @abstractmethod
    def _prepare(self) -> _Plan:
        """Find out what is to be done, and whether it can be done here."""

    @abstractmethod
    def _not_begun(self, before: _Report, *, is_undone: bool) -> QuiesceError:
        """Find the error for a pause that did not begin, or only half, and is not there now."""

    @abstractmethod
    def _not_ended(self, facts: _Facts, after: _Report, pid: int) -> QuiesceError:
        """Find the error for a pause that is perhaps there still, although `after` was run."""

    @abstractmethod
    def _in_doubt(self, why: str) -> QuiesceError:
        """Find the error for a pause of which it is not known whether it is there still."""

    def __enter__(self) -> Self:
        """Pause writes.

        Returns:
            The context manager.

        Raises:
            QuiesceError: If they could not be paused, or if this context manager is in use.
        """
        if not self._turn.acquire(blocking=False):
            raise QuiesceError(f"{self!r} is in use; what runs at the same time needs its own")
        try:
            self._held = None
            plan = self._prepare()
            guard = _ready_guard()
            try:
                self._begin(guard, plan)
                self._guard = guard, plan
            except BaseException:
                # Whatever has begun ends now, also if this is a KeyboardInterrupt.
                self._guard = None
                guard.leave(plan["patience"] + _PATIENCE)
                raise
        except BaseException:
            self._turn.release()
            raise
        return self

    def _begin(self, guard: _Guard, plan: _Plan) -> None:
        self._began = time.monotonic()
        guard.start(plan)
        facts = self._hear(guard, plan, plan["limit"] + plan["patience"] + _PATIENCE)
        if facts["state"] == "held":
            return
        if facts["paused"] is not False:
            self._held = timedelta(seconds=facts["ended"] - self._began)
        if facts["before"] is None:
            died = "the process that guards the pause died while it began"
            raise QuiesceError(f"{died}; it was ended again, nothing was sent")
        raise self._not_begun(facts["before"], is_undone=facts["after"] is not None)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Let writes go on.

        In a forked child this does nothing: the pause belongs to the process that entered.

        Args:
            kind: The type of the error that ended the block, if one did.
            error: The error itself. It gets a note if writes went on too early.
            traceback: Where it came from.

        Raises:
            QuiesceError: If they do not go on, or went on before this was called.
        """
        held, self._guard = self._guard, None
        if held is None:
            raise QuiesceError(f"{self!r} has not been entered")
        failure: QuiesceError | None
        guard, plan = held
        if not guard.is_ours:
            guard.forget()
            self._turn.release()
            return
        limit = plan["patience"] + _PATIENCE
        try:
            guard.ask()
            failure = self._cut_short(self._hear(guard, plan, limit), error)
        except QuiesceError as found:
            failure = found
        finally:
            guard.leave(limit)
            self._turn.release()
        if failure is not None:
            # Another thread than the block's own, as the async client uses, does not know it.
            failure.__context__ = error
            raise failure

    def _hear(self, guard: _Guard, plan: _Plan, limit: float, *, is_rescue: bool = False) -> _Facts:
        """Wait until the pause has begun, or is over.

        Raises:
            QuiesceError: If it is perhaps there still.
        """
        answer: _Facts | None = None
        is_silent = False
        try:
            answer = guard.listen(limit)
        except TimeoutError:
            is_silent = True
        if answer is not None and (answer["state"] == "held" or answer["done"]):
            return answer
        # From here the guard is not awaited: it is dead, or has more to do.
        guard.leave(0)
        if is_silent:
            raise self._in_doubt(f"no answer for {limit:g} s, process {guard.pid} goes on trying")
        if answer is not None and answer["after"] is not None:
            raise self._not_ended(answer, answer["after"], guard.pid)
        if is_rescue:
            raise self._in_doubt("the processes that guard it died")
        return self._rescue(plan)

    def _rescue(self, plan: _Plan) -> _Facts:
        guard: _Guard | QuiesceError
        try:
            guard = _ready_guard()
        except QuiesceError as error:
            guard = error
        if isinstance(guard, QuiesceError):
            raise self._in_doubt(f"the process that guards it died, and {guard}")
        try:
            guard.start({**plan, "before": None})
            return self._hear(guard, plan, plan["patience"] + _PATIENCE, is_rescue=True)
        finally:
            guard.leave(_PATIENCE)

    def _cut_short(self, facts: _Facts, error: BaseException | None) -> QuiesceError | None:
        self._held = timedelta(seconds=facts["ended"] - self._began)
        if facts["expired"]:
            why = (
                f"writes were let go on after {self._held.total_seconds():.1f} s since time was up"
            )
        elif facts["elsewhere"]:
            why = "something else has let writes go on meanwhile"
        else:
            return None
        why += ", before the service had accepted the request: the snapshot may not be consistent"
        if error is None:
            return QuiesceError(f"{why} ({self!r})")
        error.add_note(f"{why} ({self!r})")
        return None


@final
class FileSystemFreeze(_Pause):
    """Freezes a file system while the block runs, as `fsfreeze` makes it.

    It may be used again and again, but only once at a time, and not within itself. Entering and
    leaving may be in different threads.

    Args:
        mount_point: As for `fsfreeze`.
        timeout: As for `fsfreeze`.
        command: As for `fsfreeze`.

    Raises:
        RequestValidationError: As `fsfreeze` does.
    """

    __slots__ = ("_command", "_mount_point", "_resolved", "_timeout")

    def __init__(
        self,
        mount_point: str | os.PathLike[str],
        *,
        timeout: timedelta | float = _DEFAULT_TIMEOUT,
        command: Sequence[str] = ("fsfreeze",),
    ) -> None:
        super().__init__()
        self._mount_point = self._resolved = _checked_mount_point(mount_point)
        self._timeout = _checked_timeout("FileSystemFreeze", timeout)
        self._command = _checked_command("FileSystemFreeze", "command", command)

    @override
    def __repr__(self) -> str:
        return (
            f"FileSystemFreeze({short_repr(self._mount_point, _SHOWN)}, timeout={self._timeout:g}, "
            f"command={short_repr(self._command, _SHOWN)})"
        )

    @override
    def _prepare(self) -> _Plan:
        if sys.platform != "linux":
            raise QuiesceError(
                "only Linux can freeze file systems this way; use command_hooks(...) with commands "
                "that pause writes here"
            )
        name = self._command[0]
        path = os.pathsep.join((os.environ.get("PATH", os.defpath), *_ADMINISTRATORS))
        program = shutil.which(name, path=path)
        if program is None:
            raise QuiesceError(
                f"there is no command {short_repr(name)}; fsfreeze comes with the package util-linux, "
                "or use command_hooks(...)",
                command=self._command,
            )
        self._resolved = _freezable(self._mount_point)
        words = (os.path.abspath(program), *self._command[1:])  # noqa: PTH100 - as it was found
        return {
            "environment": {"LC_ALL": "C"},  # its messages are read
            "before": _as_bytes((*words, "--freeze", self._resolved)),
            "after": _as_bytes((*words, "--unfreeze", self._resolved)),
            "limit": self._timeout,
            "hold": self._timeout,
            "patience": _ATTEMPT,
            "tries": _TRIES,
            "last": _LAST_TRY,
            "refusals": _REFUSALS,
            "idle": _NOT_FROZEN,
        }

    @property
    def _place(self) -> str:
        return f"the file system at {safe_line(self._resolved, _SHOWN)}"

    @property
    def _freeze(self) -> tuple[str, ...]:
        return (*self._command, "--freeze", self._resolved)

    @property
    def _thaw(self) -> tuple[str, ...]:
        return (*self._command, "--unfreeze", self._resolved)

    @property
    def _advice(self) -> str:
        thaw = redact(shlex.join(self._thaw))
        return f"{self._place} may still be frozen, then all writes to it hang; as root run: {thaw}"

    @override
    def _not_begun(self, before: _Report, *, is_undone: bool) -> QuiesceError:
        text = f"{self._place} could not be frozen, nothing was sent: "
        text += _fate(shlex.join(self._freeze), before)
        if is_undone:
            text += "; it is not frozen now"
        elif _BUSY in before["output"]:
            text += "; something else has frozen it already, and is to thaw it"
        elif any(phrase in before["output"] for phrase in _NOT_PERMITTED):
            text += '; it takes root to do so, for example command=("sudo", "-n", "fsfreeze")'
        return _error(text, self._freeze, before)

    @override
    def _not_ended(self, facts: _Facts, after: _Report, pid: int) -> QuiesceError:
        text = f"{self._advice} (tried {facts['tries']} times, process {pid} goes on: "
        return _error(f"{text}{_fate('it', after)})", self._thaw, after)

    @override
    def _in_doubt(self, why: str) -> QuiesceError:
        return QuiesceError(f"{self._advice} ({why})", command=self._thaw)


@final
class CommandHooks(_Pause):
    """Runs a command before the block and one after it, as `command_hooks` makes it.

    It may be used again and again, but only once at a time, and not within itself. Entering and
    leaving may be in different threads.

    Args:
        before: As for `command_hooks`.
        after: As for `command_hooks`.
        timeout: As for `command_hooks`.

    Raises:
        RequestValidationError: As `command_hooks` does.
    """

    __slots__ = ("_after", "_before", "_timeout")

    def __init__(
        self,
        before: Sequence[str],
        after: Sequence[str],
        *,
        timeout: timedelta | float = _DEFAULT_TIMEOUT,
    ) -> None:
        super().__init__()
        self._before = _checked_command("CommandHooks", "before", before)
        self._after = _checked_command("CommandHooks", "after", after)
        self._timeout = _checked_timeout("CommandHooks", timeout)

    @override
    def __repr__(self) -> str:
        return (
            f"CommandHooks(before={short_repr(_masked(self._before), _SHOWN)}, "
            f"after={short_repr(_masked(self._after), _SHOWN)}, timeout={self._timeout:g})"
        )

    @override
    def _prepare(self) -> _Plan:
        if os.name != "posix":
            raise QuiesceError("commands can only be run like this on POSIX systems")
        for command in (self._before, self._after):
            if shutil.which(command[0]) is None:
                text = f"there is no command {short_repr(command[0])}; nothing was done"
                raise QuiesceError(text, command=_masked(command))
        return {
            "environment": {},
            "before": _as_bytes(self._before),
            "after": _as_bytes(self._after),
            "limit": self._timeout,
            "hold": None,
            "patience": self._timeout,
            "tries": 1,
            "last": None,
            "refusals": (),
            "idle": None,
        }

    @property
    def _first(self) -> str:
        return f"the command before, {short_repr(self._before[0])},"

    @property
    def _second(self) -> str:
        return f"the command after, {short_repr(self._after[0])},"

    @override
    def _not_begun(self, before: _Report, *, is_undone: bool) -> QuiesceError:
        text = f"nothing was sent: {_fate(self._first, before)}; {self._second} has been run"
        return _error(text, _masked(self._before), before)

    @override
    def _not_ended(self, facts: _Facts, after: _Report, pid: int) -> QuiesceError:
        text = f"writes may still be paused: {_fate(self._second, after)}"
        if facts["before"] is not None and facts["before"]["code"] != 0:
            text += f"; already {_fate(self._first, facts['before'])}"
        return _error(text, _masked(self._after), after)

    @override
    def _in_doubt(self, why: str) -> QuiesceError:
        text = f"writes may still be paused ({why}); see to it that {self._second} is run"
        return QuiesceError(text, command=_masked(self._after))


def fsfreeze(
    mount_point: str | os.PathLike[str],
    *,
    timeout: timedelta | float = _DEFAULT_TIMEOUT,
    command: Sequence[str] = ("fsfreeze",),
) -> FileSystemFreeze:
    """Freeze a file system for as long as a snapshot's request takes.

    It runs util-linux's `fsfreeze`, which takes root and Linux. Everything that writes to the file
    system waits meanwhile; what was written before is on the disk. So nothing that the snapshot's
    request needs may be written there.

    Whatever happens to this process, the file system is thawed when `timeout` is up: by another
    process, which is there before anything is frozen, and which thaws within a second if this one
    dies, even if children that it has forked live on. Only what kills both, such as the end of
    their container or control group, leaves it frozen until somebody thaws it. A thaw that fails is
    tried again; after five failures an error tells what to run by hand, and it goes on being tried
    for ten minutes.

    Args:
        mount_point: Where the file system is mounted: an absolute path. It must be a mount point,
            since `fsfreeze` takes any directory and freezes whatever it is on. The root file
            system is refused: frozen, it stops the machine, this process included.
        timeout: For how long the file system may be frozen, as a `timedelta` or in seconds: more
            than 0, at most a day. Counted from when freezing begins; that takes longer if much is
            yet to be written to the disk. The snapshot's request must be accepted within it.
        command: What to run, followed by `--freeze` or `--unfreeze` and the mount point; for
            example `("sudo", "-n", "fsfreeze")`.

    Returns:
        The context manager. Entering it raises `QuiesceError` if the file system could not be
        frozen; leaving it does so if it could not be thawed, or was thawed too early.

    Raises:
        RequestValidationError: If an argument breaks a rule.
    """
    return FileSystemFreeze(mount_point, timeout=timeout, command=command)


def command_hooks(
    before: Sequence[str],
    after: Sequence[str],
    *,
    timeout: timedelta | float = _DEFAULT_TIMEOUT,
) -> CommandHooks:
    """Run a command before a snapshot's request, and another one after it.

    Each is run without a shell, in a session of its own and without input; its output is read to
    tell of failures, up to 4096 bytes. Something that `before` leaves running in the background is
    left alone unless `before` fails; it should not write to the output it has from `before`, of
    which nobody reads any more.

    `after` is always run once `before` was started: also if that failed, or was killed half-way,
    or if this process dies in between; then within a second, even if children that it has forked
    live on. So it must do no harm where nothing is paused.

    Args:
        before: The command that pauses writes, as a list of words.
        after: The command that lets them go on.
        timeout: How long each may take, as a `timedelta` or in seconds: more than 0, at most a
            day. Then it is killed, with all its process group, which counts as failure. How long
            writes are paused is not limited.

    Returns:
        The context manager. Entering it raises `QuiesceError` if `before` failed, leaving it if
        `after` did. Errors name the programs but not their arguments, which may hold passwords.

    Raises:
        RequestValidationError: If an argument breaks a rule.
    """
    return CommandHooks(before, after, timeout=timeout)


def _refused(model: str, field: str, rule: str, fix: str, value: object) -> RequestValidationError:
    return RequestValidationError(model, [Violation(field, rule, "lightsail_snap", fix, value)])


def _checked_timeout(model: str, value: object) -> float:
    seconds = value.total_seconds() if isinstance(value, timedelta) else value
    if (
        isinstance(seconds, int | float)
        and not isinstance(seconds, bool)
        and 0 < seconds <= _LONGEST
    ):
        return float(seconds)
    rule = "must be a timedelta or a number of seconds, more than 0 and at most a day"
    raise _refused(model, "timeout", rule, "give timedelta(seconds=30)", short_repr(value))


def _is_word(value: object) -> bool:
    if not isinstance(value, str) or "\0" in value:
        return False
    try:
        os.fsencode(value)
    except UnicodeEncodeError:
        return False
    return True


def _checked_command(model: str, field: str, value: object) -> tuple[str, ...]:
    if isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray):
        words: tuple[object, ...] = tuple(value)
        if words and words[0] and all(_is_word(word) for word in words):
            return tuple(str(word) for word in words)
    rule = "must be a sequence of words, a program's name first, without null characters"
    fix = 'write ["program", "argument"]; there is no shell that would take a line apart'
    # Not shown itself, since it may hold passwords.
    raise _refused(model, field, rule, fix, short_repr(type(value)))


def _checked_mount_point(value: object) -> str:
    path = value if isinstance(value, str) else None
    if isinstance(value, os.PathLike):
        path = cast("os.PathLike[str]", value).__fspath__()
    model, field = "FileSystemFreeze", "mount_point"
    if not _is_word(path) or path is None or not path.startswith("/"):
        rule = "must be the absolute path of a mount point, as text without null characters"
        raise _refused(model, field, rule, 'write "/mnt/data"', short_repr(value))
    if not os.path.normpath(path).strip("/"):
        rule = "must not be the root file system, which this process needs itself"
        fix = "keep the data on a disk of its own, or use command_hooks(...)"
        raise _refused(model, field, rule, fix, short_repr(value))
    return path


def _mounts() -> dict[str, str]:
    """Find which file system (by device number) is mounted where."""
    with open(_MOUNTS, "rb") as file:  # noqa: PTH123 - one read of a path of the kernel's
        lines = [line.split(b" ") for line in file.read().splitlines()]
    return {
        os.fsdecode(_OCTAL.sub(lambda code: bytes([int(code[1], 8)]), line[4])): line[2].decode()
        for line in lines
    }


def _freezable(mount_point: str) -> str:
    """Find the mount point's real path, and make sure that it can be frozen."""
    try:
        path = os.path.realpath(mount_point, strict=True)
        mounts = _mounts()
    except OSError as error:
        text = f"{short_repr(mount_point)} cannot be looked up, nothing was done: "
        raise QuiesceError(text + safe_line(str(error))) from error
    if path not in mounts:
        raise QuiesceError(
            f"nothing is mounted at {short_repr(path)}, and so what would be frozen is the file system "
            "around it; nothing was done"
        )
    root = os.stat("/").st_dev  # noqa: PTH116 - no path is more plain
    # Subvolumes of one file system have device numbers of their own except in the kernel's table.
    if mounts[path] in {mounts.get("/"), f"{os.major(root)}:{os.minor(root)}"}:
        raise QuiesceError(
            f"{short_repr(path)} is part of the root file system, which must not be frozen since this "
            "process needs it itself; nothing was done"
        )
    return path


def _as_bytes(words: Sequence[str]) -> list[str]:
    """Spell words so that the guard finds the same bytes, whatever its locale."""
    return [os.fsencode(word).decode("latin-1") for word in words]


def _masked(command: Sequence[str]) -> tuple[str, ...]:
    return (command[0], *("***" for _ in command[1:]))


def _fate(name: str, report: _Report) -> str:
    code = report["code"]
    if report["late"]:
        fate = "did not end in time and was killed"
    elif code is None:
        fate = "could not be started"
    elif code < 0:
        fate = f"was ended by signal {-code}"
    else:
        fate = f"exited with {code}"
    output = safe_line(report["output"].strip(), _SHOWN)
    return f"{safe_line(name, _SHOWN)} {fate}" + (f": {output}" if output else "")


def _error(text: str, command: Sequence[str], report: _Report) -> QuiesceError:
    return QuiesceError(
        text, command=command, returncode=report["code"], output=report["output"].strip()
    )
