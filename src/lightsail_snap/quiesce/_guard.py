"""lightsail_snap: run the commands of a pause of writes, and end the pause if its owner dies.

This file is a script. The owner, the process that enters the context manager, runs it by
`python -I -S -B -c SOURCE LOCK STATUS`. It imports nothing from the package, so it starts fast and
does not depend on the environment. It loads everything it needs before it reports that it is ready.

Standard input and output are one socket. The guard reports that it is ready, reads the plan (one
line), and reports the beginning and the end of the pause. The owner sends nothing after the plan:
once the input is readable again, or has ended, the guard ends the pause.

A forked child of the owner shares the socket, so the guard checks the owner itself, too. LOCK is a
file on which the owner holds a POSIX record lock. The kernel releases the lock when the owner ends
or runs another program. Children do not inherit it, and unlike a process id it is neither reused
nor different in another PID namespace. STATUS is the owner's /proc/<pid>/status, or -1. It shows
that the owner was killed while one of its threads still waits in the kernel for a write to the
frozen file system, which keeps the lock.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import signal
import subprocess
import sys
import time

TYPE_CHECKING = False  # importing typing would only take time
if TYPE_CHECKING:
    from typing import IO

    from lightsail_snap.quiesce._messages import CommandReport, Plan

POLL_SECONDS = 0.05
OWNER_CHECK_SECONDS = 0.25
KILL_SECONDS = 0.2
MAX_RETRY_SECONDS = 1.0
MAX_OUTPUT_BYTES = 4096
CHUNK_BYTES = 65536


def is_dying(status: bytes) -> bool:
    """Return whether /proc/<pid>/status shows that the kernel has begun to end the process."""
    rows = (line.partition(b":") for line in status.splitlines())
    fields = {name: value for name, _, value in rows}
    pending = int(fields.get(b"SigPnd", b"0"), 16) | int(fields.get(b"ShdPnd", b"0"), 16)
    is_killed = bool(pending >> signal.SIGKILL - 1 & 1)
    is_dumping_core = fields.get(b"CoreDumping", b"").strip() == b"1"
    is_dead = fields.get(b"State", b"").strip()[:1] in {b"Z", b"X"}
    return is_killed or is_dumping_core or is_dead


def is_gone(lock: int, status: int) -> bool:
    """Return whether the process that held the lock has ended or runs another program."""
    try:
        fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        pass  # the owner holds the lock
    else:
        return True
    try:
        content = os.pread(status, CHUNK_BYTES, 0) if status >= 0 else b""
    except OSError:
        return True
    return is_dying(content)


class Owner:
    """The process that pauses writes, as its guard sees it."""

    def __init__(self, lock: int, status: int, requests: int = 0, reports: int = 1) -> None:
        self.lock = lock
        self.status = status
        self.requests = requests
        self.reports = reports
        self.is_end_requested = False  # also true once the owner is gone
        self.is_gone = False

    def receive_plan(self) -> Plan | None:
        """Return the plan, or None if the owner goes away before it has sent one."""
        line = b""
        while not line.endswith(b"\n"):
            if not select.select((self.requests,), (), (), OWNER_CHECK_SECONDS)[0]:
                if is_gone(self.lock, self.status):
                    return None
                continue
            chunk = os.read(self.requests, CHUNK_BYTES)
            if not chunk:
                return None
            line += chunk
        plan: Plan = json.loads(line)
        return plan

    def report(self, **fields: object) -> None:
        """Send a report, unless the owner is gone: the pause must end all the same."""
        with contextlib.suppress(OSError):
            os.write(self.reports, json.dumps(fields).encode() + b"\n")

    def wait(self, seconds: float, *outputs: int) -> None:
        """Wait for output of a command, or until the pause should end."""
        sources = outputs if self.is_end_requested else (self.requests, *outputs)
        timeout = max(0.0, min(seconds, OWNER_CHECK_SECONDS))
        if self.requests in select.select(sources, (), (), timeout)[0]:
            self.is_end_requested = True
        elif not self.is_end_requested and is_gone(self.lock, self.status):
            self.is_end_requested = self.is_gone = True


class Command:
    """A command of the plan, started in a session of its own."""

    def __init__(self, owner: Owner, arguments: list[str]) -> None:
        self.owner = owner
        self.output = b""
        self.code: int | None = None
        self.pipe: IO[bytes] | None = None  # None at the end of the output
        self.process: subprocess.Popen[bytes] | None = None
        self.is_finished = self.is_killed = False
        try:
            self.process = subprocess.Popen(  # noqa: S603 - the caller's own command
                [argument.encode("latin-1") for argument in arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # so that its whole process group can be killed
            )
            self.pipe = self.process.stdout
            os.set_blocking(self.pipe.fileno(), False)  # type: ignore[union-attr] # it is a pipe
        except Exception as error:  # noqa: BLE001 - the pause must end whatever fails
            self.output = str(error).encode()
            self.is_finished = self.process is None

    def read(self) -> None:
        """Read the output that is there."""
        if self.pipe is None:
            return
        try:
            chunk = os.read(self.pipe.fileno(), CHUNK_BYTES)
        except BlockingIOError:
            return
        if not chunk:
            self.pipe.close()
            self.pipe = None
        self.output += chunk[: max(0, MAX_OUTPUT_BYTES - len(self.output))]

    def poll(self) -> None:
        """Read the output that is there, and check whether the process has ended."""
        self.read()
        if self.process is not None and self.process.poll() is not None:
            self.read()  # output since the last read
            self.code, self.is_finished = self.process.returncode, True

    def wait(self, until: float, *, until_requested: bool = False) -> None:
        """Wait for the end of the process, or until a time or the request to end the pause."""
        interval = 0.001  # a process ends soon after its output has ended
        while not self.is_finished and not (until_requested and self.owner.is_end_requested):
            left = until - time.monotonic()
            if left <= 0:
                break
            if self.pipe is None:
                self.owner.wait(min(left, interval))
                interval = min(2 * interval, POLL_SECONDS)
            else:
                self.owner.wait(min(left, POLL_SECONDS), self.pipe.fileno())
            self.poll()

    def kill(self, seconds: float) -> None:
        """Kill the process group unless the process has ended, and wait for the end."""
        if self.process is None or self.is_finished:
            return
        self.is_killed = True
        # It may have ended, or belong to another user, such as the processes of sudo.
        with contextlib.suppress(OSError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.wait(time.monotonic() + seconds)

    def is_settled(self) -> bool:
        """Return whether the command can have no more effects.

        A command killed while in the kernel may still succeed. Nothing of it is left once it has
        been reaped and no process holds its output open.
        """
        self.poll()
        return self.is_finished and (self.pipe is None or not self.is_killed)

    def report(self) -> CommandReport:
        """Return the end of the command as a message."""
        output = self.output.decode("utf-8", "replace")
        return {"code": self.code, "is_killed": self.is_killed, "output": output}


class Pause:
    """One pause of writes, from its plan to its end."""

    def __init__(self, owner: Owner, plan: Plan) -> None:
        self.owner = owner
        self.plan = plan
        self.before: Command | None = None
        self.is_paused: bool | None = True
        self.is_expired = self.is_ended_elsewhere = False

    def run(self) -> None:
        """Pause writes, wait until they should resume, and resume them."""
        os.environ.update(self.plan["environment"])
        began = time.monotonic()
        if self.plan["before"]:
            self.before = Command(self.owner, self.plan["before"])
        try:
            if self.before is not None:
                self.is_paused = self.begin(self.before, began)
                if self.is_paused:
                    self.owner.report(state="paused")
                    self.is_expired = self.hold(began)
                    # An owner that still lives must not take the pause for complete.
                    self.is_ended_elsewhere = self.owner.is_gone
        finally:
            if self.is_paused is False:
                self.report_end(None, 0, is_resumed=True)
            else:
                self.end()

    def begin(self, before: Command, began: float) -> bool | None:
        """Return whether the command has paused writes; None if unknown."""
        before.wait(began + self.plan["before_seconds"], until_requested=True)
        if before.is_finished and before.code == 0:
            return True
        if before.is_finished and any(
            refusal.encode() in before.output for refusal in self.plan["refusals"]
        ):
            return False
        before.kill(KILL_SECONDS)
        return None

    def hold(self, began: float) -> bool:
        """Keep the pause until it should end, and return whether its time was up."""
        seconds = self.plan["pause_seconds"]
        deadline = float("inf") if seconds is None else began + seconds
        while not self.owner.is_end_requested:
            left = deadline - time.monotonic()
            if left <= 0:
                return True
            self.owner.wait(left)
        return False

    def end(self) -> None:
        """Resume writes, with as many attempts as the plan allows."""
        plan = self.plan
        is_single = plan["max_attempts"] is None
        max_attempts = (
            plan["report_after"] if plan["max_attempts"] is None else plan["max_attempts"]
        )
        is_reported = False
        attempts = 0
        interval = POLL_SECONDS
        while True:
            # Checked first: an `after` that ends before `before` has settled may resume nothing.
            is_settled = self.before is None or is_single or self.before.is_settled()
            after = Command(self.owner, plan["after"])
            after.wait(time.monotonic() + plan["after_seconds"])
            # Killed in the kernel it continues until its work is done, so there is no hurry.
            after.kill(KILL_SECONDS if is_single else float("inf"))
            not_paused = plan["not_paused"]
            is_idle = bool(after.is_finished and not_paused and not_paused.encode() in after.output)
            is_resumed = (after.is_finished and after.code == 0) or is_idle
            attempts += is_settled
            is_last = is_settled and (is_resumed or attempts >= max_attempts)
            if is_last or (attempts >= plan["report_after"] and not is_reported):
                is_reported = True
                self.is_ended_elsewhere |= bool(is_idle and after.code and attempts == 1)
                self.report_end(after, attempts, is_resumed=is_resumed)
            if is_last:
                return
            retry_at = time.monotonic() + interval
            while (left := retry_at - time.monotonic()) > 0:
                self.owner.wait(left)
            interval = min(2 * interval, MAX_RETRY_SECONDS)

    def report_end(self, after: Command | None, attempts: int, *, is_resumed: bool) -> None:
        """Report the end of the pause, or that it cannot be ended."""
        self.owner.report(
            state="ended",
            is_paused=self.is_paused,
            is_expired=self.is_expired,
            is_ended_elsewhere=self.is_ended_elsewhere,
            is_resumed=is_resumed,
            attempts=attempts,
            ended_at=time.monotonic(),
            before=self.before and self.before.report(),
            after=after and after.report(),
        )


def handle_signals() -> None:
    """Let no signal of the terminal or the system end the guard."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        # Not ignored, since the commands would inherit that.
        signal.signal(number, lambda *_: None)
    # If the owner ignores it, every command would seem to succeed.
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)


def main(arguments: list[str]) -> None:
    """Run one pause for the owner."""
    lock, status = map(int, arguments)
    handle_signals()
    owner = Owner(lock, status)
    owner.report(state="ready")
    plan = owner.receive_plan()
    if plan is not None:
        Pause(owner, plan).run()


if __name__ == "__main__":
    main(sys.argv[1:])
