"""Pause writes to a disk while its snapshot is being requested.

A snapshot contains what the disk contains at the moment of the request, so AWS advises to pause
writes for that time. `fsfreeze` pauses the writes of a whole file system. `command_hooks` runs your
own commands before and after the request, such as those of a database. `stop_instance` stops the
instance, from another machine. Each returns a context manager for `quiesce=`:

    client.take_disk_snapshot(name, source, quiesce=fsfreeze("/mnt/data"))

A pause must always end. The commands are run by a guard, a small second process in a session of
its own. The guard ends the pause:

1. when the owner, the process that entered the context manager, requests it;
2. when the timeout of `fsfreeze` has passed;
3. within a second after the owner was killed, crashed, exited or replaced itself with another
   program. Forked children of the owner neither prolong nor end the pause.

The guard loads everything it needs before the pause begins, and writes nothing to any disk.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Self, final, overload

from typing_extensions import override

from lightsail_snap._text import redact, safe_line, short_repr
from lightsail_snap._workflows.stops_instance import StopsInstance
from lightsail_snap.errors import QuiesceError
from lightsail_snap.quiesce._checks import (
    check_command,
    check_mount_point,
    check_timeout,
    resolve_mount_point,
)
from lightsail_snap.quiesce._guard_process import MAX_SHOWN_CHARACTERS
from lightsail_snap.quiesce._pause import Pause, command_error, describe, to_wire

if TYPE_CHECKING:
    from types import TracebackType

    from lightsail_snap._drivers.async_threads import LoopThreads
    from lightsail_snap._parameters import SequenceNotStr
    from lightsail_snap.aio import AsyncLightsailSnapClient
    from lightsail_snap.client import LightsailSnapClient
    from lightsail_snap.quiesce._messages import CommandReport, Plan, Report
    from lightsail_snap.waiters import Timeout

__all__ = [
    "AsyncStoppedInstance",
    "CommandHooks",
    "FileSystemFreeze",
    "StoppedInstance",
    "command_hooks",
    "fsfreeze",
    "stop_instance",
]

_DEFAULT_TIMEOUT: Final = timedelta(seconds=30)

_MAX_THAW_SECONDS = 10.0
# After so many failed thaws an error is raised; the guard continues, once a second.
_REPORT_AFTER_THAWS = 5
_MAX_THAWS = 600

# Folders of fsfreeze, which the PATH of users other than root often lacks.
_ADMIN_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/sbin")

# Messages of util-linux and busybox in the C locale. After a refusal nothing is frozen, or
# something else has frozen it, and then a thaw would end the pause of another process.
_BUSY = "Device or resource busy"
_REFUSALS = (": freeze failed: ", "fsfreeze: cannot open ", _BUSY)
_NOT_PERMITTED = ("Operation not permitted", "Permission denied")
_NOT_FROZEN = "Invalid argument"


@final
class FileSystemFreeze(Pause):
    """Freezes a file system while the block runs. `fsfreeze` returns it.

    It can be used many times, but only once at a time. One thread may enter it and another one may
    exit it.

    Args:
        mount_point: See `fsfreeze`.
        timeout: See `fsfreeze`.
        command: See `fsfreeze`.

    Raises:
        RequestValidationError: If a parameter is invalid.
    """

    __slots__ = ("_command", "_mount_point", "_resolved", "_timeout")

    def __init__(
        self,
        mount_point: str | os.PathLike[str],
        *,
        timeout: timedelta | float = _DEFAULT_TIMEOUT,
        command: SequenceNotStr[str] = ("fsfreeze",),
    ) -> None:
        super().__init__()
        self._mount_point = self._resolved = check_mount_point(mount_point)
        self._timeout = check_timeout("FileSystemFreeze", timeout)
        self._command = check_command("FileSystemFreeze", "command", command)

    @override
    def __repr__(self) -> str:
        mount_point = short_repr(self._mount_point, MAX_SHOWN_CHARACTERS)
        command = short_repr(self._command, MAX_SHOWN_CHARACTERS)
        return f"FileSystemFreeze({mount_point}, timeout={self._timeout:g}, command={command})"

    @override
    def _make_plan(self) -> Plan:
        if sys.platform != "linux":
            raise QuiesceError(
                "fsfreeze needs Linux",
                advice="use command_hooks(...) with commands that pause writes on this system",
            )
        name = self._command[0]
        path = os.pathsep.join((os.environ.get("PATH", os.defpath), *_ADMIN_FOLDERS))
        program = shutil.which(name, path=path)
        if program is None:
            raise QuiesceError(
                f"command {short_repr(name)} not found, nothing was done",
                command=self._command,
                advice="install the package util-linux, which contains fsfreeze, or use "
                "command_hooks(...)",
            )
        self._resolved = resolve_mount_point(self._mount_point)
        arguments = (os.path.abspath(program), *self._command[1:])  # noqa: PTH100 - links are kept
        return {
            "environment": {"LC_ALL": "C"},  # for messages that can be recognized
            "before": to_wire((*arguments, "--freeze", self._resolved)),
            "after": to_wire((*arguments, "--unfreeze", self._resolved)),
            "before_seconds": self._timeout,
            "pause_seconds": self._timeout,
            "after_seconds": _MAX_THAW_SECONDS,
            "report_after": _REPORT_AFTER_THAWS,
            "max_attempts": _MAX_THAWS,
            "refusals": _REFUSALS,
            "not_paused": _NOT_FROZEN,
        }

    @property
    def _place(self) -> str:
        return f"the file system at {safe_line(self._resolved, MAX_SHOWN_CHARACTERS)}"

    @property
    @override
    def _title(self) -> str:
        return self._place

    @property
    def _freeze_command(self) -> tuple[str, ...]:
        return (*self._command, "--freeze", self._resolved)

    @property
    def _thaw_command(self) -> tuple[str, ...]:
        return (*self._command, "--unfreeze", self._resolved)

    @property
    def _advice(self) -> str:
        thaw = redact(shlex.join(self._thaw_command))
        return f"{self._place} may still be frozen, which blocks all writes; as root run: {thaw}"

    @override
    def _begin_error(self, before: CommandReport, *, is_undone: bool) -> QuiesceError:
        message = f"cannot freeze {self._place}, nothing was sent: "
        message += describe(shlex.join(self._freeze_command), before)
        advice = ""
        if is_undone:
            message += "; it is not frozen now"
        elif _BUSY in before["output"]:
            message += "; another process has frozen it already and must thaw it"
        elif any(phrase in before["output"] for phrase in _NOT_PERMITTED):
            advice = 'run as root, or pass command=("sudo", "-n", "fsfreeze")'
        return command_error(message, self._freeze_command, before, advice)

    @override
    def _end_error(self, report: Report, after: CommandReport, pid: int) -> QuiesceError:
        attempts = f"{report['attempts']} attempt{'' if report['attempts'] == 1 else 's'}"
        message = (
            f"{self._advice} ({attempts}, process {pid} keeps trying: {describe('it', after)})"
        )
        return command_error(message, self._thaw_command, after)

    @override
    def _doubt_error(self, reason: str) -> QuiesceError:
        return QuiesceError(f"{self._advice} ({reason})", command=self._thaw_command)


@final
class CommandHooks(Pause):
    """Runs a command before the block and one after it. `command_hooks` returns it.

    It can be used many times, but only once at a time. One thread may enter it and another one may
    exit it.

    Args:
        before: See `command_hooks`.
        after: See `command_hooks`.
        timeout: See `command_hooks`.

    Raises:
        RequestValidationError: If a parameter is invalid.
    """

    __slots__ = ("_after", "_before", "_timeout")

    def __init__(
        self,
        before: SequenceNotStr[str],
        after: SequenceNotStr[str],
        *,
        timeout: timedelta | float = _DEFAULT_TIMEOUT,
    ) -> None:
        super().__init__()
        self._before = check_command("CommandHooks", "before", before)
        self._after = check_command("CommandHooks", "after", after)
        self._timeout = check_timeout("CommandHooks", timeout)

    @override
    def __repr__(self) -> str:
        before = short_repr(_mask_arguments(self._before), MAX_SHOWN_CHARACTERS)
        after = short_repr(_mask_arguments(self._after), MAX_SHOWN_CHARACTERS)
        return f"CommandHooks(before={before}, after={after}, timeout={self._timeout:g})"

    @override
    def _make_plan(self) -> Plan:
        if os.name != "posix":
            raise QuiesceError("command_hooks needs a POSIX system, such as Linux or macOS")
        for command in (self._before, self._after):
            if shutil.which(command[0]) is None:
                message = f"command {short_repr(command[0])} not found, nothing was done"
                raise QuiesceError(message, command=_mask_arguments(command))
        return {
            "environment": {},
            "before": to_wire(self._before),
            "after": to_wire(self._after),
            "before_seconds": self._timeout,
            "pause_seconds": None,
            "after_seconds": self._timeout,
            "report_after": 1,
            "max_attempts": None,
            "refusals": (),
            "not_paused": None,
        }

    @property
    def _before_name(self) -> str:
        return f"the command before, {short_repr(self._before[0])},"

    @property
    def _after_name(self) -> str:
        return f"the command after, {short_repr(self._after[0])},"

    @override
    def _begin_error(self, before: CommandReport, *, is_undone: bool) -> QuiesceError:
        message = f"nothing was sent: {describe(self._before_name, before)}; {self._after_name} ran"
        return command_error(message, _mask_arguments(self._before), before)

    @override
    def _end_error(self, report: Report, after: CommandReport, pid: int) -> QuiesceError:
        message = f"writes may still be paused: {describe(self._after_name, after)}"
        if report["before"] is not None and report["before"]["code"] != 0:
            message += f"; already {describe(self._before_name, report['before'])}"
        return command_error(message, _mask_arguments(self._after), after)

    @override
    def _doubt_error(self, reason: str) -> QuiesceError:
        message = f"writes may still be paused ({reason}); run {self._after_name} by hand"
        return QuiesceError(message, command=_mask_arguments(self._after))


class _StopsInstance(StopsInstance):
    """Base of the context managers that stop an instance."""

    __slots__ = ("_stop",)

    def __init__(
        self,
        client: LightsailSnapClient | AsyncLightsailSnapClient,
        instance_name: str,
        *,
        stop_timeout: Timeout = "policy",
        start_timeout: Timeout = "policy",
        wait_until_running: bool = True,
    ) -> None:
        # Imported late, since the other pauses must not load the models.
        from lightsail_snap.quiesce._stop_instance import InstanceStop  # noqa: PLC0415 - see above

        self._stop = InstanceStop(
            client, instance_name, stop_timeout, start_timeout, wait_until_running
        )

    @override
    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.instance_name!r})"

    @property
    @override
    def instance_name(self) -> str:
        """Name of the instance."""
        return self._stop.name

    @property
    @override
    def downtime(self) -> timedelta | None:
        """Duration of the last stop, by the client's clock.

        Measured from the request to stop until the instance ran again, or was booting if
        `wait_until_running` is false. None before the first use, while in use, if the instance was
        stopped already, and if it has not started.
        """
        return self._stop.downtime


@final
class StoppedInstance(_StopsInstance):
    """Stops an instance while the block runs. `stop_instance` returns it.

    It can be used many times, but only once at a time.

    Args:
        client: See `stop_instance`.
        instance_name: See `stop_instance`.
        stop_timeout: See `stop_instance`.
        start_timeout: See `stop_instance`.
        wait_until_running: See `stop_instance`.

    Raises:
        RequestValidationError: If a parameter is invalid.
    """

    __slots__ = ()

    def __enter__(self) -> Self:
        """Stop the instance if it runs, and wait until it is stopped.

        Returns:
            The context manager.

        Raises:
            QuiesceError: If the instance could not be stopped.
            LightsailSnapError: If the instance cannot be looked up.
        """
        self._stop.enter()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Start the instance, unless it was stopped before.

        In a forked child this does nothing: the instance belongs to the process that entered.

        Args:
            kind: The type of the error that ended the block, if one did.
            error: The error itself.
            traceback: The traceback of the error.

        Raises:
            QuiesceError: If the instance is not known to run again.
        """
        self._stop.leave(error)


@final
class AsyncStoppedInstance(_StopsInstance):
    """Stops an instance while the block runs. `stop_instance` returns it for an async client.

    It can be used many times, but only once at a time. A cancelled task first starts the instance.

    Args:
        client: See `stop_instance`.
        instance_name: See `stop_instance`.
        stop_timeout: See `stop_instance`.
        start_timeout: See `stop_instance`.
        wait_until_running: See `stop_instance`.

    Raises:
        RequestValidationError: If a parameter is invalid.
    """

    __slots__ = ()

    async def __aenter__(self) -> Self:
        """Stop the instance if it runs, and wait until it is stopped.

        Returns:
            The context manager.

        Raises:
            QuiesceError: If the instance could not be stopped.
            LightsailSnapError: If the instance cannot be looked up.
        """
        outcomes: list[object] = []
        try:
            await self._threads().enter(self._stop.enter, outcomes)
        except BaseException as cancelled:
            if outcomes == [None]:
                await self.__aexit__(type(cancelled), cancelled, None)
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Start the instance, unless it was stopped before.

        Args:
            kind: The type of the error that ended the block, if one did.
            error: The error itself.
            traceback: The traceback of the error.

        Raises:
            QuiesceError: If the instance is not known to run again.
        """
        await self._threads().exit(lambda: self._stop.leave(error))

    @staticmethod
    def _threads() -> LoopThreads:
        from lightsail_snap._drivers.async_threads import LoopThreads  # noqa: PLC0415 - needs anyio

        return LoopThreads(1)


def _mask_arguments(command: tuple[str, ...]) -> tuple[str, ...]:
    return (command[0], *("***" for _ in command[1:]))


def fsfreeze(
    mount_point: str | os.PathLike[str],
    *,
    timeout: timedelta | float = _DEFAULT_TIMEOUT,
    command: SequenceNotStr[str] = ("fsfreeze",),
) -> FileSystemFreeze:
    """Freeze a file system while a snapshot is being requested.

    Runs util-linux's `fsfreeze`, which needs root and Linux. While the file system is frozen,
    everything written before is on the disk, and every process that writes to it waits. So nothing
    that the request needs may be written there, such as log files.

    The file system is thawed when `timeout` has passed, whatever happens to this process. A second
    process guarantees that: it is ready before anything is frozen, and thaws within a second after
    this process has died, even if forked children live on. Only an event that kills both, such as
    the end of their container or control group, leaves the file system frozen.

    A failed thaw is repeated for ten minutes. After five failures an error is raised that contains
    the command to run by hand.

    Args:
        mount_point: Absolute path of the mount point. A directory that is no mount point is
            refused, since `fsfreeze` would freeze the file system that contains it. The root file
            system is refused, since freezing it stops the machine, including this process.
        timeout: Longest time the file system may be frozen, as a `timedelta` or in seconds: more
            than 0, at most a day. Measured from the start of the freeze, which takes longer if
            much data must be written first. The request must be accepted within this time.
        command: Command to run, followed by `--freeze` or `--unfreeze` and the mount point; for
            example `("sudo", "-n", "fsfreeze")`.

    Returns:
        The context manager. Entering it raises `QuiesceError` if the file system cannot be frozen.
        Exiting it raises `QuiesceError` if the file system cannot be thawed, or was thawed early.

    Raises:
        RequestValidationError: If a parameter is invalid.
    """
    return FileSystemFreeze(mount_point, timeout=timeout, command=command)


def command_hooks(
    before: SequenceNotStr[str],
    after: SequenceNotStr[str],
    *,
    timeout: timedelta | float = _DEFAULT_TIMEOUT,
) -> CommandHooks:
    """Run one command before a snapshot is requested, and another one after it.

    Each command runs without a shell, in a session of its own and without input. Up to 4096 bytes
    of its output are kept for error messages. A process that `before` leaves in the background
    keeps running unless `before` fails. Redirect its output, which is no longer read.

    `after` always runs once `before` has started: also if `before` fails or is killed. If this
    process dies in between, `after` runs within a second, even if forked children live on. So
    `after` must do no harm when writes are not paused.

    Args:
        before: Command that pauses writes, as a list of the program and its arguments.
        after: Command that resumes writes.
        timeout: Time limit of each command, as a `timedelta` or in seconds: more than 0, at most a
            day. A command that takes longer is killed with its process group, and has failed. The
            time between the commands is not limited.

    Returns:
        The context manager. Entering it raises `QuiesceError` if `before` fails, exiting it if
        `after` fails. Errors contain the programs but not their arguments, which may contain
        passwords.

    Raises:
        RequestValidationError: If a parameter is invalid.
    """
    return CommandHooks(before, after, timeout=timeout)


@overload
def stop_instance(
    client: LightsailSnapClient,
    instance_name: str,
    *,
    stop_timeout: Timeout = ...,
    start_timeout: Timeout = ...,
    wait_until_running: bool = ...,
) -> StoppedInstance: ...


@overload
def stop_instance(
    client: AsyncLightsailSnapClient,
    instance_name: str,
    *,
    stop_timeout: Timeout = ...,
    start_timeout: Timeout = ...,
    wait_until_running: bool = ...,
) -> AsyncStoppedInstance: ...


def stop_instance(
    client: LightsailSnapClient | AsyncLightsailSnapClient,
    instance_name: str,
    *,
    stop_timeout: Timeout = "policy",
    start_timeout: Timeout = "policy",
    wait_until_running: bool = True,
) -> StoppedInstance | AsyncStoppedInstance:
    """Stop an instance while its snapshot is being requested, and start it again.

    Nothing on the instance needs to be prepared, and the snapshot holds everything that was
    written. Run it on another machine: an instance that stops itself is not started again.

    1. An instance that is stopped already is left stopped.
    2. The instance starts again after errors, timeouts, Ctrl-C, SIGTERM if it has a handler, and
       cancellation of the task. Failed requests to start it are repeated until `start_timeout`.
    3. If this process is killed, a second process starts the instance. That needs Linux or macOS,
       and a client that was created without `boto3_client`, `session`, `config` and `transport`. In
       other cases, and if the machine goes down, the instance remains stopped. Before it is
       stopped, a log record shows the command that starts it.
    4. Without a static IP address, the instance gets another public IPv4 address.

    A snapshot whose source does not belong to the instance is refused before anything is stopped. A
    snapshot that an earlier call with the same `client_token` has created stops nothing.

    Args:
        client: The client that stops and starts the instance. With an async client, the result is
            an async context manager. Its credentials need permission for GetInstance, StopInstance,
            StartInstance, GetOperation and, for snapshots of disks, GetDisk.
        instance_name: The name of the instance: the source of the snapshot, or the one that the
            source is attached to.
        stop_timeout: Limit for stopping, as a `timedelta` or in seconds; None for no limit. The
            time to stop and to start does not count for the timeout of the snapshot.
        start_timeout: Limit for starting.
        wait_until_running: Whether to wait until the instance runs, and not only until it boots.

    Returns:
        The context manager; its `downtime` shows for how long the instance was stopped. Entering it
        raises `QuiesceError` if the instance cannot be stopped. Exiting it raises `QuiesceError`,
        with the command that starts the instance, if the instance is not known to run again.

    Raises:
        RequestValidationError: If a parameter is invalid.
    """
    kind = AsyncStoppedInstance if hasattr(client, "_driver") else StoppedInstance
    return kind(
        client,
        instance_name,
        stop_timeout=stop_timeout,
        start_timeout=start_timeout,
        wait_until_running=wait_until_running,
    )
