"""Transport that sends requests through a boto3 client."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from lightsail_snap._boto.error_mapping import error_from_exception, error_from_response
from lightsail_snap._boto.exchange import (
    FIRST_EVENT,
    HANDLERS,
    Exchange,
    current_exchange,
    exchange_variable,
    record_call,
)
from lightsail_snap._boto.lazy_parsing import parse_lazily
from lightsail_snap.errors import ConfigurationError, LightsailSnapError
from lightsail_snap.models import ResponseMetadata
from lightsail_snap.transport import Response

if TYPE_CHECKING:
    from botocore.client import BaseClient

    from lightsail_snap.models import Request

_HANDLER_ID_PREFIX = "lightsail-snap"
# Held only by the first call of each operation, and by the first calls after a fork.
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class ConnectionSettings:
    """Settings from which another process can create the same boto3 client.

    Attributes:
        region_name: The AWS Region.
        profile_name: The profile; None for the default of the environment.
        endpoint_url: The address; None for the default of the environment.
        allow_plain_http: Whether requests to other machines may be unencrypted.
    """

    region_name: str
    profile_name: str | None
    endpoint_url: str | None
    allow_plain_http: bool


class BotoTransport:
    """Transport over a boto3 Lightsail client. Safe to share by threads and after a fork."""

    __slots__ = (
        "_client",
        "_is_closed",
        "_is_owner",
        "_methods",
        "_observed",
        "_process",
        "settings",
    )

    def __init__(
        self,
        client: BaseClient,
        *,
        is_owner: bool = False,
        settings: ConnectionSettings | None = None,
    ) -> None:
        """Register event handlers with a client, which `close` closes if `is_owner`.

        Pass the settings if they and the environment determine the client.
        """
        self._client = client
        self.settings = settings
        self._is_owner = is_owner
        self._is_closed = False
        self._process = os.getpid()
        self._observed: set[str] = set()
        self._methods = {api: name for name, api in client.meta.method_to_api_mapping.items()}
        for event, handler in HANDLERS.items():
            self._register(event, handler)
        parse_lazily(client, current_exchange)

    @property
    def region_name(self) -> str:
        """The AWS Region of the boto3 client."""
        name: str = self._client.meta.region_name
        return name

    @override
    def __repr__(self) -> str:
        return f"{type(self).__name__}(region={self.region_name!r})"

    def send(self, request: Request[Any]) -> Response:
        """Send one request; botocore retries as configured."""
        if self._is_closed:
            # Without event handlers, a request that was sent could be reported as not sent.
            raise ConfigurationError("this client is closed; create another one")
        if self._process != os.getpid():
            self._drop_inherited_connections()
        method = self._method(request)
        if request.operation_name not in self._observed:
            self._observe(request.operation_name)
        wire = request.to_wire()
        exchange = Exchange(request)
        parsed: dict[str, Any] = {}
        token = exchange_variable.set(exchange)
        try:
            parsed = method(**wire)
        except Exception as error:
            # If only botocore could not parse a successful response, it may still be readable.
            if not exchange.is_unparsed_success:
                mapped = _error_from(error, exchange)
                if mapped is error:
                    raise
                raise mapped from error
        finally:
            exchange_variable.reset(token)
        size_error = exchange.size_error()
        if size_error is not None:
            raise size_error
        if exchange.body is not None:
            return Response(exchange.body, exchange.metadata())
        # Nothing was sent: a Stubber or another handler supplied the response.
        return Response(parsed, _to_metadata(parsed.pop("ResponseMetadata", {})))

    def close(self) -> None:
        """Unregister the event handlers; close the client if it is owned."""
        if self._is_closed:
            return
        self._is_closed = True
        calls = {f"{FIRST_EVENT}.{operation}": record_call for operation in self._observed}
        for event, handler in (HANDLERS | calls).items():
            self._client.meta.events.unregister(
                event, handler, unique_id=_handler_id(event), unique_id_uses_count=True
            )
        if self._is_owner:
            self._client.close()

    def _register(self, event: str, handler: Callable[..., None]) -> None:
        self._client.meta.events.register_first(
            event, handler, unique_id=_handler_id(event), unique_id_uses_count=True
        )

    def _observe(self, operation: str) -> None:
        """Record each call of an operation before another handler can nest a call in it."""
        with _lock:
            if operation not in self._observed:
                # botocore calls handlers of the most specific event first.
                self._register(f"{FIRST_EVENT}.{operation}", record_call)
                self._observed.add(operation)

    def _drop_inherited_connections(self) -> None:
        """Drop the connections that a fork has copied: their responses may be the parent's."""
        with _lock:
            if self._process != os.getpid():
                # botocore opens new ones on demand; those of the parent process stay open.
                self._client.close()
                self._process = os.getpid()

    def _method(self, request: Request[Any]) -> Callable[..., dict[str, Any]]:
        name = self._methods.get(request.operation_name)
        if name is None:
            message = (
                f"the installed botocore does not support {request.operation_name}; "
                "install a newer version"
            )
            raise ConfigurationError(message)
        method: Callable[..., dict[str, Any]] = getattr(self._client, name)
        return method


def _handler_id(event: str) -> str:
    return f"{_HANDLER_ID_PREFIX}.{event}"


def _to_metadata(parsed: Mapping[str, Any]) -> ResponseMetadata:
    request_id, status = parsed.get("RequestId"), parsed.get("HTTPStatusCode")
    retries = parsed.get("RetryAttempts")
    return ResponseMetadata(
        request_id=request_id if isinstance(request_id, str) else None,
        http_status=status if isinstance(status, int) else None,
        retry_attempts=retries if isinstance(retries, int) else 0,
    )


def _error_from(error: Exception, exchange: Exchange) -> LightsailSnapError:
    from botocore.exceptions import ClientError  # noqa: PLC0415 - loaded already, with boto3

    request = exchange.request
    client_error = error if isinstance(error, ClientError) else None
    # Credentials often come from another service, whose error response is not Lightsail's.
    if client_error is not None and client_error.operation_name != request.operation_name:
        client_error = None
    # An error raised after a parsed response comes from a handler, or from signing another attempt.
    if exchange.is_error_response and (client_error is not None or not exchange.is_parsed):
        return error_from_response(
            request,
            exchange.body or b"",
            exchange.metadata(),
            exchange.attempts,
            error_type=exchange.headers.get("x-amzn-errortype"),
        )
    if client_error is not None:
        parsed = client_error.response
        metadata = _to_metadata(parsed.get("ResponseMetadata", {}))
        return error_from_response(request, parsed, metadata, exchange.attempts)
    return error_from_exception(error, request, exchange.attempts)
