"""The door for every AWS SDK: where it listens, and how it opens and closes."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from lightsail_snap.emulator._wire import Response
from lightsail_snap.errors import ConfigurationError

Exchange = Callable[[Mapping[str, str], bytes], Response]
"""Answers one HTTP request, given its headers and its body."""

# The loopback address of IPv4 by its number: a name may stand for several addresses.
_LOCALHOST = "127.0.0.1"
_PORTS = 2**16


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
            "pass allow_remote=True if that is meant"
        )
        raise ValueError(message)
    if not 0 <= port < _PORTS:
        message = f"cannot listen on port {port}: it must be from 0 to {_PORTS - 1}"
        raise ConfigurationError(message)
    if not (address.isascii() and address.isprintable()):
        # The scope of an IPv6 address may be any text, and sockets do not take any.
        message = f"cannot listen on {host!r}: it is no address"
        raise ConfigurationError(message)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        return socket.create_server((address, port), family=family)
    except OSError as error:
        message = f"cannot listen on {host!r}, port {port}: {error}"
        raise ConfigurationError(message) from error


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextmanager
def serving(
    exchange: Exchange, *, host: str, port: int, allow_remote: bool = False
) -> Iterator[str]:
    """Response over HTTP, from threads of its own, while the context lasts.

    Args:
        exchange: Answers a request.
        host: The address to listen on.
        port: The port; any free one if 0.
        allow_remote: Whether the address may be one that other machines reach.

    Yields:
        The URL.

    Raises:
        ConfigurationError: If waitress is missing, or the address cannot be listened on.
        ValueError: If other machines could reach it and that was not allowed.
    """
    try:
        from lightsail_snap.emulator._http_server import Server  # noqa: PLC0415 - needs an extra
    except ImportError as error:
        message = 'the HTTP server needs waitress: pip install "lightsail-snap[emulator]"'
        raise ConfigurationError(message) from error
    listener = _listen(host, port, allow_remote=allow_remote)
    url = _url(listener)
    server = Server(listener, exchange)
    try:
        yield url
    finally:
        server.stop()
