# Made by scripts/make_async.py from _methods/_sender.py: change that one.
"""What the methods stand on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lightsail_snap.models import Request, ResultT

if TYPE_CHECKING:
    from lightsail_snap._workflows import Flow
    from lightsail_snap._workflows.effects import ReturnT
    from lightsail_snap.waiters import WaitPolicy


class Sender:
    """Sends requests and carries programmes out; the client says how."""

    __slots__ = ()

    _wait_policy: WaitPolicy

    async def send(self, request: Request[ResultT]) -> ResultT:
        """Send one request; every method that is named after an operation goes this way.

        Args:
            request: What to send.

        Returns:
            The result that belongs to the request's type.

        Raises:
            RequestValidationError: If it is no request, or one that was made without validation
                and breaks a rule.
            ConfigurationError: If credentials or settings are missing or wrong.
            RequestNotSentError: If the request surely did not reach the service.
            OutcomeUnknownError: If it may have, and no answer came.
            ServiceError: If the service answered with an error.
            ResponseValidationError: If the answer cannot be read.
        """
        return await self._call(Request.checked(request))

    async def _call(self, request: Request[ResultT]) -> ResultT:
        """Make one call."""
        raise NotImplementedError  # pragma: no cover - the client has the driver

    async def _run(self, flow: Flow[ReturnT]) -> ReturnT:
        """Carry a programme out."""
        raise NotImplementedError  # pragma: no cover - the client has the driver
