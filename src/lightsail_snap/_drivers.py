"""Carries programmes out: the one place where flows meet I/O and time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lightsail_snap._flows import Call
from lightsail_snap.errors import LightsailSnapError

if TYPE_CHECKING:
    from lightsail_snap._flows import Flow, ReturnT, Sleep
    from lightsail_snap._transport import Transport
    from lightsail_snap.clock import Clock


def _perform(wanted: Call | Sleep, transport: Transport, clock: Clock) -> object:
    if isinstance(wanted, Call):
        answer = transport.send(wanted.request)
        return wanted.request.read_result(answer.payload).with_metadata(answer.metadata)
    if wanted.seconds > 0:
        clock.sleep(wanted.seconds)
    return clock.monotonic()


def run(flow: Flow[ReturnT], transport: Transport, clock: Clock) -> ReturnT:
    """Carry a programme out in this thread.

    Args:
        flow: The programme.
        transport: Makes its calls.
        clock: Lets its time pass.

    Returns:
        What the programme returns.

    Raises:
        LightsailSnapError: What the programme raises.
    """
    outcome: object = None
    error: LightsailSnapError | None = None
    try:
        while True:
            try:
                wanted = flow.send(outcome) if error is None else flow.throw(error)
            except StopIteration as end:
                result: ReturnT = end.value
                return result
            outcome, error = None, None
            try:
                outcome = _perform(wanted, transport, clock)
            except LightsailSnapError as raised:
                error = raised
    finally:
        # An interrupt must run the programme's own clean-up now, not when it is collected.
        flow.close()
