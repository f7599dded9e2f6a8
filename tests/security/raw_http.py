"""HTTP at the level of sockets, for requests and responses that no HTTP library would send."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager


def build_request(
    operation: str, body: bytes = b"{}", *, path: bytes = b"/", headers: bytes = b""
) -> bytes:
    return (
        b"POST " + path + b" HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
        b"X-Amz-Target: Lightsail_20161128." + operation.encode("latin-1") + b"\r\n"
        b"Authorization: Credential=k/d/us-east-1/lightsail/aws4_request\r\n" + headers
        + b"Content-Length: " + str(len(body)).encode() + b"\r\n\r\n" + body
    )  # fmt: skip


def send(url: str, request: bytes) -> bytes:
    """Send bytes and return all bytes of the response."""
    host, _, port = url.removeprefix("http://").rpartition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(request)
        response = b""
        while received := connection.recv(65536):
            response += received
    return response


@contextmanager
def responding(response: bytes) -> Iterator[str]:
    """Serve one response on loopback; yield the URL."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(response)

        server = threading.Thread(target=serve)
        server.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.join()
