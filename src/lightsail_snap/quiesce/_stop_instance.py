"""Stopping an instance, and starting it again whatever happens."""

from __future__ import annotations

import logging
import os
import shlex
import threading
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lightsail_snap._drivers.sync import run
from lightsail_snap._parameters import invalid_parameter
from lightsail_snap._workflows.instance_pause import InstancePause
from lightsail_snap.errors import QuiesceError
from lightsail_snap.models import GetInstanceRequest
from lightsail_snap.quiesce._deferred_signals import DeferredSignals
from lightsail_snap.quiesce._restart_guard import start_restart_guard, to_seconds

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator
    from datetime import timedelta

    from lightsail_snap._workflows.effects import ReturnT
    from lightsail_snap.aio import AsyncLightsailSnapClient
    from lightsail_snap.client import LightsailSnapClient
    from lightsail_snap.quiesce._guard_process import GuardProcess
    from lightsail_snap.waiters import Timeout

_LOG = logging.getLogger("lightsail_snap")
# Errors that are raised into a thread while it starts the instance; each starts it once more.
_MAX_INTERRUPTS = 5
_MAX_DELAY_SECONDS = 5.0


class InstanceStop:
    """Stops an instance and starts it again, in the calling thread."""

    def __init__(
        self,
        client: LightsailSnapClient | AsyncLightsailSnapClient,
        instance_name: str,
        stop_timeout: Timeout,
        start_timeout: Timeout,
        wait_until_running: bool,  # noqa: FBT001 - its only caller passes all parameters
    ) -> None:
        if not all(hasattr(client, name) for name in ("_transport", "_clock", "_wait_policy")):
            fix = "pass a LightsailSnapClient or an AsyncLightsailSnapClient"
            rule = "must be a client of this library"
            raise invalid_parameter("client", rule, fix, client, model="stop_instance")
        request = GetInstanceRequest(instance_name=instance_name)
        self.name = request.instance_name
        self._client = client
        policy = client._wait_policy  # noqa: SLF001 - the client of this package
        # Every pause between polls is downtime.
        longest = min(to_seconds(policy.max_delay), _MAX_DELAY_SECONDS)
        policy = replace(policy, max_delay=max(to_seconds(policy.min_delay), longest))
        self._limits = policy, policy.limit(stop_timeout), policy.limit(start_timeout)
        self._waits = wait_until_running
        self._use_lock = threading.Lock()
        self._used: tuple[InstancePause, GuardProcess | None, int] | None = None
        self.downtime: timedelta | None = None

    def _run(self, workflow: Coroutine[Any, Any, ReturnT]) -> ReturnT:
        client = self._client
        return run(workflow, client._transport, client._clock)  # noqa: SLF001 - as above

    def enter(self) -> None:
        """Stop the instance if it runs; if that fails, start it again."""
        if not self._use_lock.acquire(blocking=False):
            message = f"instance {self.name} is being stopped by this object; create another one"
            raise QuiesceError(message)
        try:
            self.downtime = None
            pause = InstancePause(self.name, *self._limits, waits_until_running=self._waits)
            with _deferred_signals(pause):
                self._stop(pause)
        except BaseException:
            self._use_lock.release()
            raise

    def _stop(self, pause: InstancePause) -> None:
        if self._run(pause.look_up()).is_stopped:
            self._used = pause, None, os.getpid()
            return
        guard = start_restart_guard(self._client, pause)
        # A warning unless a second process starts the instance in this case.
        _LOG.log(
            logging.WARNING if guard is None else logging.INFO,
            "stopping instance %s; if this process is killed before it has started the instance "
            "again, run: %s",
            self.name,
            shlex.join(pause.command),
            extra={"instance": self.name, "has_guard": guard is not None},
        )
        try:
            self._run(pause.stop())
            self._used = pause, guard, os.getpid()
        except BaseException as error:
            self._used = None
            try:
                self._start(pause, guard)
            except QuiesceError as failure:
                failure.__context__ = error
                raise
            raise

    def leave(self, error: BaseException | None) -> None:
        """Start the instance again if this process has stopped it."""
        used, self._used = self._used, None
        if used is None:
            message = f"the block that stops instance {self.name} has not been entered"
            raise QuiesceError(message)
        pause, guard, pid = used
        try:
            if pid != os.getpid():
                # In a forked child: the instance belongs to the process that entered.
                if guard is not None:
                    guard.close_copies()
                return
            with _deferred_signals(pause):
                self._start(pause, guard)
        except QuiesceError as failure:
            # Set here, since the async client exits in another thread than the block's own.
            failure.__context__ = error
            raise
        finally:
            self._use_lock.release()

    def _start(self, pause: InstancePause, guard: GuardProcess | None) -> None:
        try:
            interrupt = self._start_despite_interrupts(pause)
        finally:
            # It has started, or the error shows the command that starts it.
            if guard is not None:
                guard.discard()
        self.downtime = pause.downtime
        if interrupt is not None:
            raise interrupt

    def _start_despite_interrupts(self, pause: InstancePause) -> BaseException | None:
        """Start the instance; return the first error that interrupted that."""
        interrupts: list[BaseException] = []
        while True:
            try:
                self._run(pause.start())
            except QuiesceError:
                raise
            except BaseException as error:
                interrupts.append(error)
                if len(interrupts) == _MAX_INTERRUPTS:
                    raise
            else:
                return interrupts[0] if interrupts else None


@contextmanager
def _deferred_signals(pause: InstancePause) -> Iterator[None]:
    """Handle signals after the block; it ends as soon as the instance is certain to run."""

    def on_signal() -> None:
        _LOG.warning("interrupted; instance %s is started first", pause.name)

    with DeferredSignals(on_signal) as signals:
        pause.is_interrupted = signals.is_received
        yield
