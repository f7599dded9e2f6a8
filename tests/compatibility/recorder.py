"""A loopback HTTP server that records requests and sends scripted replies."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

DATE = "Mon, 23 Nov 2026 10:00:00 GMT"
CONTENT_TYPE = "application/x-amz-json-1.1"


@dataclass(frozen=True, slots=True)
class Reply:
    """Scripted reaction to one request: a response, or a broken connection.

    A `declared_length` above the true length truncates the body.
    """

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = CONTENT_TYPE
    declared_length: int | None = None
    is_dropped: bool = False
    is_withheld: bool = False


def error(status: int, code: str, message: str = "no") -> Reply:
    return Reply(status, json.dumps({"__type": code, "message": message}).encode())


DROPPED = Reply(is_dropped=True)
WITHHELD = Reply(is_withheld=True)


@dataclass(frozen=True, slots=True)
class Recorded:
    """One request as received: headers in their order, names in their spelling."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Recorder:
    """Records every request, and replies by the script; after its end, with `{}`."""

    def __init__(self) -> None:
        self.requests: list[Recorded] = []
        self.script: list[Reply] = []
        self.released = threading.Event()
        recorder = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                recorder._record(Recorded("POST", self.path, tuple(self.headers.items()), body))
                self._send(recorder._next_reply())

            def _send(self, reply: Reply) -> None:
                if reply.is_withheld:
                    recorder.released.wait()
                if reply.is_withheld or reply.is_dropped:
                    self.close_connection = True
                    return
                self.send_response_only(reply.status)
                length = reply.declared_length or len(reply.body)
                own = {
                    "Date": DATE,
                    "Content-Type": reply.content_type,
                    "Content-Length": str(length),
                    "x-amzn-RequestId": f"request-{len(recorder.requests)}",
                }
                for name, value in (own | dict(reply.headers)).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(reply.body)
                self.close_connection = length != len(reply.body)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def _record(self, request: Recorded) -> None:
        self.requests.append(request)

    def _next_reply(self) -> Reply:
        return self.script.pop(0) if self.script else Reply()

    def play(self, *replies: Reply) -> None:
        """Discard the recorded requests, and send these replies next."""
        self.requests.clear()
        self.script[:] = replies

    @contextmanager
    def running(self) -> Iterator[Recorder]:
        serving = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        serving.start()
        try:
            yield self
        finally:
            self.released.set()
            self._server.shutdown()
            self._server.server_close()
            serving.join()
