"""The guard of a pause, as its owner sees it: a process that runs the script `_guard.py`."""

from __future__ import annotations

import json
import marshal
import os
import pkgutil
import sys
import threading
import time
from contextlib import ExitStack, suppress
from importlib.util import find_spec
from typing import IO, TYPE_CHECKING, cast

from lightsail_snap._text import safe_line, short_repr
from lightsail_snap.errors import QuiesceError

if TYPE_CHECKING:
    from importlib.abc import InspectLoader
    from importlib.machinery import ModuleSpec

    from lightsail_snap.quiesce._messages import Plan, Report

MAX_START_SECONDS = 30.0
MAX_SHOWN_CHARACTERS = 200
PROCESS_STATUS = "/proc/self/status"


def _read_script() -> str:
    """Return the guard's script, as an argument of the interpreter."""
    try:
        # importlib.resources would take longer to import than everything else here.
        return cast("bytes", pkgutil.get_data("lightsail_snap.quiesce", "_guard.py")).decode()
    except OSError:
        # Only compiled files are installed.
        name = "lightsail_snap.quiesce._guard"
        loader = cast("InspectLoader", cast("ModuleSpec", find_spec(name)).loader)
        return f"import marshal; exec(marshal.loads({marshal.dumps(loader.get_code(name))!r}))"


# An argument instead of a path, so that it also works from a zip file. Read at once, so that an
# upgrade of the package cannot mix two versions in one process.
_SCRIPT = _read_script()


class GuardProcess:
    """A process that begins a pause and ends it."""

    __slots__ = ("_buffer", "_lock", "_owner_pid", "_process", "_socket", "_stray_output")

    def __init__(self) -> None:
        # Imported late, so that importing the package stays cheap.
        import socket  # noqa: PLC0415 - see above
        import subprocess  # noqa: PLC0415 - see above

        self._owner_pid = os.getpid()
        self._buffer = self._stray_output = b""
        with ExitStack() as on_failure, ExitStack() as always:
            self._lock = on_failure.enter_context(open_locked_file())
            status = open_process_status()
            if status != -1:
                always.callback(os.close, status)
            # Unlike a pipe, a socket can be shut down although a forked child has a copy, and
            # written to without a SIGPIPE.
            self._socket, guard_socket = socket.socketpair()
            on_failure.enter_context(self._socket)
            always.enter_context(guard_socket)
            script = [sys.executable or "", "-I", "-S", "-B", "-c", _SCRIPT]
            self._process = subprocess.Popen(  # noqa: S603 - a constant script
                [*script, str(self._lock.fileno()), str(status)],
                stdin=guard_socket.fileno(),
                stdout=guard_socket.fileno(),
                stderr=guard_socket.fileno(),
                pass_fds=[self._lock.fileno(), *([status] if status != -1 else [])],
                start_new_session=True,  # Ctrl-C in the terminal must not reach the guard
            )
            on_failure.pop_all()

    @property
    def is_in_forked_child(self) -> bool:
        """Whether the guard belongs to the process that this one was forked from."""
        return self._owner_pid != os.getpid()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def stray_output(self) -> str:
        """Output that is no report, such as warnings of the interpreter."""
        return (self._stray_output + self._buffer).decode("utf-8", "replace")

    def receive(self, seconds: float) -> Report | None:
        """Return the next report, None if the guard has died; raise TimeoutError if it is late."""
        end = time.monotonic() + seconds
        while True:
            line, newline, rest = self._buffer.partition(b"\n")
            if newline:
                self._buffer = rest
                if line.startswith(b"{"):
                    return cast("Report", json.loads(line))
                self._stray_output += line + newline
                continue
            self._socket.settimeout(max(end - time.monotonic(), 0.001))
            try:
                chunk = self._socket.recv(65536)
            except ConnectionError:
                return None
            if not chunk:
                return None
            self._buffer += chunk

    def send_plan(self, plan: Plan) -> None:
        """Start the pause. A guard that has died is noticed by `receive`."""
        import socket  # noqa: PLC0415 - loaded already

        message = memoryview(json.dumps(plan).encode() + b"\n")
        self._socket.settimeout(MAX_START_SECONDS)
        # A process whose SIGPIPE is at its default must not die of it.
        flag: int = getattr(socket, "MSG_NOSIGNAL", 0)
        with suppress(ConnectionError):
            while message:
                sent: int = self._socket.send(message, flag)
                message = message[sent:]

    def request_end(self) -> None:
        """Request the end of the pause. Has no effect the second time, or if the guard has died."""
        import socket  # noqa: PLC0415 - loaded already

        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)

    def close(self, seconds: float) -> None:
        """Request the end of the pause, and wait a limited time for the guard to exit."""
        import subprocess  # noqa: PLC0415 - loaded already

        if self._socket.fileno() == -1:
            return  # closed already
        self.request_end()
        self._socket.close()
        self._lock.close()
        try:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(seconds)
        finally:
            if self._process.returncode is None:
                # No zombie may stay behind.
                threading.Thread(target=self._process.wait, daemon=True).start()

    def discard(self) -> None:
        """End the guard at once: it runs no further command."""
        self._process.kill()
        self.close(MAX_START_SECONDS)

    def close_copies(self) -> None:
        """Close a forked child's copies of its parent's files, without effect on the pause."""
        self._socket.close()
        self._lock.close()
        # This process has no such child, so this returns at once, and forgets the process.
        self._process.poll()


def open_locked_file() -> IO[bytes]:
    """Open a file without a name, and take a lock on it that ends with this process."""
    import fcntl  # noqa: PLC0415 - not on Windows, which cannot pause writes this way
    import tempfile  # noqa: PLC0415 - importing the package must stay cheap

    try:
        descriptor = os.memfd_create("lightsail_snap")
        file: IO[bytes] = open(descriptor, "r+b")  # noqa: PTH123, SIM115 - not a path
    except (AttributeError, OSError):
        # Only Linux has memory files, and not with every build of Python.
        file = cast("IO[bytes]", tempfile.TemporaryFile())  # noqa: SIM115 - the caller closes it
    try:
        fcntl.lockf(file, fcntl.LOCK_EX)
    except BaseException:
        file.close()
        raise
    return file


def open_process_status() -> int:
    """Open the state of this process in /proc; return -1 on systems that have none."""
    try:
        return os.open(PROCESS_STATUS, os.O_RDONLY)
    except OSError:
        return -1


def start_guard() -> GuardProcess:
    """Start a guard, and wait until it has loaded everything it needs."""
    failed = "cannot start the guard process, nothing was done: "
    try:
        guard = GuardProcess()
    except OSError as error:
        message = f"{failed}{sys.executable or 'no interpreter'}: {safe_line(str(error))}"
        raise QuiesceError(message) from error
    is_ready = False
    try:
        is_ready = guard.receive(MAX_START_SECONDS) is not None
    except TimeoutError as error:
        raise QuiesceError(f"{failed}it was not ready within {MAX_START_SECONDS:g} s") from error
    finally:
        if not is_ready:
            guard.close(0)
    if not is_ready:
        output = guard.stray_output
        shown = f"and printed {short_repr(output, MAX_SHOWN_CHARACTERS)}" if output else "silently"
        raise QuiesceError(f"{failed}{sys.executable} exited {shown}", output=output)
    return guard
