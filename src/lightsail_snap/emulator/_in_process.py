"""The door for boto3 clients of this process: botocore does all but the exchange itself."""

from __future__ import annotations

import functools
import io
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from lightsail_snap.emulator._validation import builtin_loader
from lightsail_snap.emulator._wire import Ending, Response

if TYPE_CHECKING:
    from boto3.session import Session
    from botocore.awsrequest import AWSPreparedRequest, AWSResponse

_Exchange = Callable[[Mapping[str, str], bytes], Response]
_OURS = "lightsail-snap-emulator"
_EVENT = "before-send.lightsail"
_session_lock = threading.Lock()


class _Body(io.BytesIO):
    """A body as botocore reads it off the network."""

    def stream(self) -> Iterator[bytes]:
        """Read the body.

        Yields:
            All of it.
        """
        yield self.read()


def _failed(ending: Ending, url: str) -> Exception:
    from botocore.exceptions import (  # noqa: PLC0415 - importing us must not cost importing it
        ConnectionClosedError,
        EndpointConnectionError,
        ReadTimeoutError,
    )

    # What botocore raises when a real network does the same.
    match ending:
        case Ending.REFUSED:
            return EndpointConnectionError(endpoint_url=url, error="connection refused")
        case Ending.TIMED_OUT:
            return ReadTimeoutError(endpoint_url=url, error="read timed out")
        case _:
            return ConnectionClosedError(endpoint_url=url, error="connection closed")


@functools.cache
def _session() -> Session:
    """Make the session of all emulators' clients, independent of every AWS setting."""
    import boto3.session  # noqa: PLC0415 - importing us must not cost importing it
    import botocore.session  # noqa: PLC0415 - likewise

    # Without names in the configuration file and the environment only the default is left.
    variables = {
        name: (None, None, default, conversion)
        for name, (_, _, default, conversion) in botocore.session.Session.SESSION_VARIABLES.items()
    }
    variables |= {
        "config_file": (None, None, os.devnull, None),
        "credentials_file": (None, None, os.devnull, None),
        # These have environment variables of their own, one a service.
        "ignore_configured_endpoint_urls": (None, None, True, None),
    }
    session = botocore.session.Session(session_vars=variables)
    for section in ("s3", "proxies_config"):
        # Sections are not variables of the session, but read from the same places.
        session.get_component("config_store").set_config_variable(section, None)
    session.register_component("data_loader", builtin_loader())
    return boto3.session.Session(
        aws_access_key_id="emulator",
        aws_secret_access_key="emulator",  # noqa: S106 - the emulator takes any
        botocore_session=session,
    )


def boto3_client(region_name: str, config: object, exchange: _Exchange) -> Any:  # noqa: ANN401 - boto3 makes clients at run time
    """Make a client that talks to the emulator.

    Args:
        region_name: Its region.
        config: A `botocore.config.Config`, or None.
        exchange: Answers a request.

    Returns:
        A boto3 Lightsail client.
    """
    # boto3 sessions are not safe to make clients with from several threads at once.
    with _session_lock:
        client = _session().client("lightsail", region_name=region_name, config=config)
    install(client, exchange)
    return client


def install(client: Any, exchange: _Exchange) -> None:  # noqa: ANN401 - boto3 makes clients at run time
    """Let a client talk to the emulator instead of AWS, from now on.

    Args:
        client: A boto3 Lightsail client.
        exchange: Answers a request.

    Raises:
        TypeError: If it is something else.
    """
    model = getattr(getattr(client, "meta", None), "service_model", None)
    if getattr(model, "service_name", None) != "lightsail":
        message = f"a boto3 Lightsail client is wanted, not {type(client).__name__}"
        raise TypeError(message)

    def answer(request: AWSPreparedRequest, **_: object) -> AWSResponse:
        from botocore.awsrequest import AWSResponse  # noqa: PLC0415 - loaded with the client

        body = request.body or b""
        headers = {name: _text(value) for name, value in request.headers.items()}
        got = exchange(headers, body.encode() if isinstance(body, str) else body)
        # botocore tells urllib3 not to check lengths, so it takes a truncated body for whole.
        if got.ending not in {Ending.WHOLE, Ending.TRUNCATED}:
            raise _failed(got.ending, request.url)
        return AWSResponse(request.url, got.status, got.headers, _Body(got.body))

    # Last, so that whoever counts attempts has counted this one when it fails.
    client.meta.events.unregister(_EVENT, unique_id=_OURS)
    client.meta.events.register_last(_EVENT, answer, unique_id=_OURS)


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value
