"""Interface through which a client sends its requests, and how to implement one.

Every request of a client goes through one `Transport`, by default over boto3. To use another HTTP
library, or recorded responses, pass `transport=` to the client. Any object with the two methods of
`Transport` works:

    class RecordedTransport:
        def __init__(self, bodies: dict[str, bytes]) -> None:
            self.bodies = bodies

        def send(self, request: Request[Any]) -> Response:
            body = self.bodies.get(request.operation_name)
            if body is None:
                raise RequestNotSentError("no response was recorded", request=request)
            return Response(body, ResponseMetadata(http_status=200))

        def close(self) -> None:
            pass

    transport = RecordedTransport({"GetDisk": b'{"disk": {"name": "Disk-1"}}'})
    client = LightsailSnapClient(transport=transport)

A transport must keep these rules, because exactly-once creation depends on them:

1. Send `request.to_wire()` to the operation `request.operation_name`.
2. Return a `Response` only if Lightsail reported success.
3. Raise `RequestNotSentError` only if no attempt reached Lightsail.
4. Raise `OutcomeUnknownError` if an attempt may have reached it and no response came back.
5. Raise `ServiceError` or a subclass if Lightsail reported an error. Set `may_have_executed` if any
   attempt may have been executed.
6. Allow calls from several threads at once: concurrent operations and the async client need it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

__all__ = ["Boto3Client", "Boto3Session", "Response", "Transport"]

if TYPE_CHECKING:
    from lightsail_snap.models import Request, ResponseMetadata


@dataclass(frozen=True, slots=True)
class Response:
    """Successful response to one request.

    Attributes:
        payload: The bytes of the response body, or the parsed fields if there are no bytes, as with
            botocore's `Stubber`.
        metadata: Request id, HTTP status, number of retries and date.
    """

    payload: Mapping[str, object] | bytes
    metadata: ResponseMetadata


class Transport(Protocol):
    """Interface for sending requests. Must be safe to use from several threads."""

    def send(self, request: Request[Any]) -> Response:
        """Send one request and wait for the response.

        Args:
            request: The request to send.

        Returns:
            The response, if Lightsail reported success.

        Raises:
            LightsailSnapError: If the call failed. The subclass and `may_have_executed` state
                whether the request may have been executed.
        """
        ...

    def close(self) -> None:
        """Release connections. Closing again has no effect."""
        ...


class Boto3Client(Protocol):
    """Structural type of `boto3.client("lightsail")`, with or without type stubs for boto3."""

    @property
    def meta(self) -> object:
        """Metadata of the client, which includes the event system that reports each attempt."""
        ...

    @property
    def create_disk_snapshot(self) -> Callable[..., object]:
        """Method that only Lightsail clients have."""
        ...


class Boto3Session(Protocol):
    """Structural type of `boto3.session.Session`, with or without type stubs for boto3."""

    @property
    def client(self) -> Callable[..., Any]:
        """Create a client."""
        ...
