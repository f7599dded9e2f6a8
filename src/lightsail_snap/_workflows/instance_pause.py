"""Stop an instance for a while, and start it again if it ran."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

from lightsail_snap._workflows.converge import (
    Decision,
    converge,
    identity_of,
    impossible,
    start_instance,
    stop_instance,
)
from lightsail_snap._workflows.effects import log, sleep
from lightsail_snap._workflows.ownership import Identity
from lightsail_snap._workflows.resources import PollStatus, find_instance, instances
from lightsail_snap._workflows.timing import RetryBudget, start
from lightsail_snap.errors import (
    AccessDeniedException,
    LightsailSnapError,
    NotFoundException,
    QuiesceError,
    WaitTimeoutError,
    safe_text,
)
from lightsail_snap.models import Instance, InstanceStateName
from lightsail_snap.waiters import WaitPolicy, WaitProgress

# Reads in a row that show a running instance, although this process has not seen it start, before
# that is believed. The first ones may be stale, or a request to stop it may still be carried out.
_MIN_RUNNING_READS = 5
# Attempts to start, each of which repeats requests after transient errors and refusals.
_MAX_ATTEMPTS = 3


@dataclass(slots=True)
class InstancePause:
    """State of one stop of an instance.

    Attributes:
        name: The name of the instance.
        policy: The pauses between reads.
        stop_limit: The limit for stopping, in seconds; None for none.
        start_limit: The limit for starting.
        waits_until_running: Whether starting ends when the instance runs, not when it boots.
        identity: What identifies the instance beyond its name.
        may_have_stopped: Whether a request of this pause may stop, or have stopped, the instance.
        downtime: How long it was stopped; None until it has started.
        is_interrupted: Returns whether a signal was received: stopping ends with an interrupt, and
            starting ends as soon as the instance boots.
    """

    name: str
    policy: WaitPolicy
    stop_limit: float | None
    start_limit: float | None
    waits_until_running: bool = True
    identity: Identity = field(default_factory=Identity)
    may_have_stopped: bool = False
    downtime: timedelta | None = None
    is_interrupted: Callable[[], bool] = field(default=bool, repr=False)
    _stopped_at: float = 0.0
    _has_seen_start: bool = False
    _running_reads: int = 0

    @property
    def command(self) -> tuple[str, ...]:
        """The command line that starts the instance."""
        return "lightsail-snap", "start", self.name

    async def look_up(self) -> Instance:
        """Look up the instance, and remember its identity."""
        budget = RetryBudget(self.policy, await start(self.stop_limit))
        instance = (await budget.look_up(lambda: find_instance(self.name))).resource
        if instances(InstanceStateName.STOPPED).classify(instance) is PollStatus.FAILED:
            why = f"it is {instance.state_name}"
            raise impossible(f"stop instance {self.name}", instance, why)
        self.identity = identity_of(instance)
        return instance

    async def stop(self) -> None:
        """Stop the instance if it runs, and wait until it is stopped."""
        change = stop_instance(self.name, self.identity)
        before = self.may_have_stopped

        def decide(instance: Instance) -> Decision:
            nonlocal before
            decision = change.decide(instance)
            before = self.may_have_stopped
            # Set before the request, since an interrupt hides what becomes of it.
            self.may_have_stopped |= decision is Decision.SEND
            return decision

        def on_request(error: LightsailSnapError | None) -> None:
            if error is not None and not error.may_have_executed:
                self.may_have_stopped = before

        def on_progress(_progress: WaitProgress[Instance]) -> None:
            if self.is_interrupted():
                raise QuiesceError("a signal was received")

        budget = RetryBudget(self.policy, await start(self.stop_limit))
        self._stopped_at = (await sleep()).monotonic
        try:
            await converge(replace(change, decide=decide), budget, on_progress, on_request)
        except LightsailSnapError as error:
            message = f"instance {self.name} could not be stopped, so no snapshot was requested: "
            failure = QuiesceError(message + safe_text(error))
            failure.may_have_executed = self.may_have_stopped
            raise failure from error

    async def start(self) -> None:
        """Start the instance if it was stopped, and report for how long."""
        if not self.may_have_stopped:
            return
        budget = RetryBudget(self.policy, await start(self.start_limit))
        try:
            await self._start(budget)
        except LightsailSnapError as error:
            message = (
                f"instance {self.name} was stopped for a snapshot, and is not known to run again; "
                f"start it with: {' '.join(self.command)} ({safe_text(error)})"
            )
            failure = QuiesceError(message, command=self.command)
            failure.may_have_executed = True
            raise failure from error
        self.may_have_stopped = False
        seconds = max(0.0, (await sleep()).monotonic - self._stopped_at)
        self.downtime = timedelta(seconds=seconds)
        message = f"instance {self.name} was stopped for {seconds:.1f} s"
        await log(message, instance=self.name, downtime_seconds=seconds)

    async def _start(self, budget: RetryBudget) -> None:
        self._running_reads, self._has_seen_start = 0, False
        change = replace(start_instance(self.name, self.identity), decide=self._decide_start)
        attempts = 0
        while True:
            attempts += 1
            try:
                await converge(change, budget, None, self._on_start_request)
            except LightsailSnapError as error:
                is_final = isinstance(
                    error, WaitTimeoutError | NotFoundException | AccessDeniedException
                )
                if is_final or attempts == _MAX_ATTEMPTS or not await budget.pause(attempts):
                    raise
                message = f"instance {self.name} has not started yet: {safe_text(error)}"
                await log(message, level=logging.WARNING, error=type(error).__name__)
            else:
                return

    def _decide_start(self, instance: Instance) -> Decision:
        decision = start_instance(self.name).decide(instance)
        if instance.state_name == InstanceStateName.PENDING:
            self._has_seen_start = True
            waits = self.waits_until_running and not self.is_interrupted()
            return Decision.WAIT if waits else Decision.DONE
        if decision is Decision.DONE and not self._has_seen_start:
            self._running_reads += 1
            return decision if self._running_reads >= _MIN_RUNNING_READS else Decision.WAIT
        self._running_reads = 0
        return decision

    def _on_start_request(self, error: LightsailSnapError | None) -> None:
        self._has_seen_start |= error is None
