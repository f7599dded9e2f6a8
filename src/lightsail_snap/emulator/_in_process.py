"""In-process transport: boto3 clients whose HTTP exchange the emulator carries out."""

from __future__ import annotations

import functools
import io
import os
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from lightsail_snap.emulator._service_model import builtin_loader
from lightsail_snap.emulator._wire import Ending, RequestHandler

if TYPE_CHECKING:
    from boto3.session import Session
    from botocore.awsrequest import AWSPreparedRequest, AWSResponse

_HANDLER_ID = "lightsail-snap-emulator"
_EVENT = "before-send.lightsail"
_session_lock = threading.Lock()


class _Body(io.BytesIO):
    """Response body with the interface that botocore reads from."""

    def stream(self) -> Iterator[bytes]:
        yield self.read()


def _network_error(ending: Ending, url: str) -> Exception:
    """Return the exception that botocore raises when the network fails in this way."""
    from botocore.exceptions import (  # noqa: PLC0415 - keeps botocore out of start-up
        ConnectionClosedError,
        EndpointConnectionError,
        ReadTimeoutError,
    )

    match ending:
        case Ending.REFUSED:
            return EndpointConnectionError(endpoint_url=url, error="connection refused")
        case Ending.TIMED_OUT:
            return ReadTimeoutError(endpoint_url=url, error="read timed out")
        case _:
            return ConnectionClosedError(endpoint_url=url, error="connection closed")


@functools.cache
def _session() -> Session:
    """Return the session of all emulators' clients, independent of every AWS setting."""
    import boto3.session  # noqa: PLC0415 - keeps boto3 out of start-up
    import botocore.session  # noqa: PLC0415 - likewise

    # Without their names in the configuration file and the environment, variables have defaults.
    variables = {
        name: (None, None, default, conversion)
        for name, (_, _, default, conversion) in botocore.session.Session.SESSION_VARIABLES.items()
    }
    variables |= {
        "config_file": (None, None, os.devnull, None),
        "credentials_file": (None, None, os.devnull, None),
        # Each service has an environment variable of its own for its endpoint.
        "ignore_configured_endpoint_urls": (None, None, True, None),
    }
    session = botocore.session.Session(session_vars=variables)
    for section in ("s3", "proxies_config"):
        # Sections are not variables of the session, but read from the same places.
        session.get_component("config_store").set_config_variable(section, None)
    session.register_component("data_loader", builtin_loader())
    return boto3.session.Session(
        aws_access_key_id="emulator",
        aws_secret_access_key="emulator",  # noqa: S106 - the emulator accepts any
        botocore_session=session,
    )


def boto3_client(region_name: str, config: object, handler: RequestHandler) -> Any:  # noqa: ANN401 - boto3 makes clients at run time
    """Return a new boto3 Lightsail client whose requests the handler receives."""
    # boto3 sessions are not safe to make clients with from several threads at once.
    with _session_lock:
        client = _session().client("lightsail", region_name=region_name, config=config)
    install(client, handler)
    return client


def install(client: Any, handler: RequestHandler) -> None:  # noqa: ANN401 - boto3 makes clients at run time
    """Send the requests of a boto3 Lightsail client to the handler from now on."""
    model = getattr(getattr(client, "meta", None), "service_model", None)
    if getattr(model, "service_name", None) != "lightsail":
        message = f"boto3_client must be a boto3 Lightsail client, not {type(client).__name__}"
        raise TypeError(message)

    def send(request: AWSPreparedRequest, **_: object) -> AWSResponse:
        return exchange(request, handler)

    # Last, so that handlers that count attempts have counted this one when it fails.
    client.meta.events.unregister(_EVENT, unique_id=_HANDLER_ID)
    client.meta.events.register_last(_EVENT, send, unique_id=_HANDLER_ID)


def exchange(request: AWSPreparedRequest, handler: RequestHandler) -> AWSResponse:
    """Return the handler's response to a request, or raise botocore's network error."""
    from botocore.awsrequest import AWSResponse  # noqa: PLC0415 - keeps botocore out of start-up

    body = request.body or b""
    headers = {name: _decode(value) for name, value in request.headers.items()}
    response = handler(headers, body.encode() if isinstance(body, str) else body)
    # botocore makes urllib3 ignore the announced length, so it accepts a truncated body.
    if response.ending not in {Ending.WHOLE, Ending.TRUNCATED}:
        raise _network_error(response.ending, request.url)
    return AWSResponse(request.url, response.status, response.headers, _Body(response.body))


def _decode(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value
