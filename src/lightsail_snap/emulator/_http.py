"""HTTP transport for every AWS SDK: the address, and the life of the server."""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from lightsail_snap.emulator._wire import RequestHandler
from lightsail_snap.errors import ConfigurationError

# The loopback address of IPv4 as a number: a name may stand for several addresses.
_LOCALHOST = "127.0.0.1"
_MAX_PORT = 2**16 - 1


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _listen(host: str, port: int, *, allow_remote: bool) -> socket.socket:
    address = _LOCALHOST if host == "localhost" else host
    if not allow_remote and not _is_loopback(address):
        message = (
            f"other machines could reach {host!r}, and the emulator checks no signatures; "
            "to allow it, pass allow_remote=True"
        )
        raise ValueError(message)
    if not 0 <= port <= _MAX_PORT:
        message = f"cannot listen on port {port}: it must be from 0 to {_MAX_PORT}"
        raise ConfigurationError(message)
    if not (address.isascii() and address.isprintable()):
        # The scope of an IPv6 address may be any string, and sockets do not accept every string.
        message = f"cannot listen on {host!r}: it is not an address"
        raise ConfigurationError(message)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        return socket.create_server((address, port), family=family)
    except OSError as error:
        # The message of create_server repeats the address as a tuple.
        reason = error if error.errno is None else os.strerror(error.errno)
        message = f"cannot listen on {host!r}, port {port}: {reason}"
        raise ConfigurationError(message) from error


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextmanager
def serve(handler: RequestHandler, *, host: str, port: int, allow_remote: bool) -> Iterator[str]:
    """Serve over HTTP in background threads while the context lasts, and yield the URL."""
    try:
        from lightsail_snap.emulator._http_server import Server  # noqa: PLC0415 - needs an extra
    except ImportError as error:
        message = 'the HTTP server needs waitress: pip install "lightsail-snap[emulator]"'
        raise ConfigurationError(message) from error
    listener = _listen(host, port, allow_remote=allow_remote)
    url = _url(listener)
    server = Server(listener, handler)
    try:
        yield url
    finally:
        server.stop()
