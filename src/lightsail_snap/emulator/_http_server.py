"""HTTP server of the emulator. The only module that imports waitress; it is imported when used.

waitress is pure Python without dependencies, maintained by the Pylons project, parses HTTP
strictly, and bounds threads, connections and what it reads.
"""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate, parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from typing_extensions import override
from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import ClientDisconnected, HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask, ThreadedTaskDispatcher, WSGITask

from lightsail_snap.emulator._faults import DELAY_CONTEXT
from lightsail_snap.emulator._logs import SafeLineFilter
from lightsail_snap.emulator._wire import (
    Ending,
    Failure,
    RequestHandler,
    Response,
    make_response,
    status_phrase,
)

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_MAX_BODY_BYTES = 2**20
# A body that is somewhat too large is read nevertheless, so that its sender can read the response.
_MAX_READ_BYTES = 2**22
# More than waitress buffers for one connection (outbuf_high_watermark, 2**24).
_NEVER_ON_DISK_BYTES = 2**25
_THREADS = 16
# A request that a fault delays gets a worker of its own, up to this number.
_MAX_EXTRA_THREADS = 500
_MAX_CONNECTIONS = 2000
_TICK_SECONDS = 0.02
_SHUTDOWN_SECONDS = 5
_IS_DISCONNECTED = "lightsail_snap.is_disconnected"


def _http_error(status: int, message: str) -> Response:
    # Both types and their statuses: AWS's errors that are common to all services; which of them
    # Lightsail sends is unverified.
    is_too_large = status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    kind = "RequestEntityTooLargeException" if is_too_large else "MalformedHttpRequestException"
    return make_response(status, Failure(kind, message).body(), time.time())


class _TypedErrorTask(ErrorTask):
    """Responds to malformed HTTP as AWS does, with a typed body."""

    @override
    def execute(self) -> None:
        error = self.request.error  # type: ignore[attr-defined] # the stub names another class
        response = _http_error(error.code, f"{error.reason}: {error.body}")
        self.status = f"{error.code} {error.reason}"
        self.response_headers = list(response.headers.items())
        self.set_close_on_finish()
        self.content_length = len(response.body)
        self.write(response.body)


class _Task(WSGITask):
    @override
    def get_environment(self) -> dict[str, Any]:
        return {**super().get_environment(), _IS_DISCONNECTED: self._is_disconnected}

    def _is_disconnected(self) -> bool:
        """Return whether the client has closed the connection, without reading from it."""
        try:
            return not self.channel.socket.recv(1, socket.MSG_PEEK)  # type: ignore[union-attr] # a channel has one
        except OSError as error:
            return not isinstance(error, BlockingIOError)


# waitress quotes the path of a request unescaped, line breaks included.
_http_log = logging.getLogger("lightsail_snap.emulator.http")
_http_log.addFilter(SafeLineFilter())


class _Channel(HTTPChannel):
    logger = _http_log
    error_task_class = _TypedErrorTask
    task_class = _Task


class _Dispatcher(ThreadedTaskDispatcher):
    # Many callers at once are normal for an emulator, and no reason for a warning.
    queue_logger = logging.getLogger("lightsail_snap.emulator.queue")


class _TcpServer(TcpWSGIServer):
    channel_class = _Channel


class Server:
    """Serves in background threads until it is stopped."""

    def __init__(self, listener: socket.socket, handler: RequestHandler) -> None:
        """Start to serve on a listening socket, which the server closes when it stops."""
        self._handler = handler
        self._stopping = threading.Event()
        self._resizing = threading.Lock()
        self._delayed = 0
        self._map: dict[int, Any] = {}
        adjustments = Adjustments(
            sockets=[listener],
            connection_limit=_MAX_CONNECTIONS,
            max_request_body_size=_MAX_READ_BYTES,
            # A request must not make the emulator open a file, not even a temporary one.
            inbuf_overflow=_NEVER_ON_DISK_BYTES,
            outbuf_overflow=_NEVER_ON_DISK_BYTES,
            asyncore_use_poll=True,
            clear_untrusted_proxy_headers=False,
            log_socket_errors=False,
            ident=None,
        )
        self._dispatcher = _Dispatcher()
        self._dispatcher.set_thread_count(_THREADS)
        self._server = _TcpServer(
            self._application,
            map=self._map,
            _sock=listener,
            dispatcher=self._dispatcher,
            adj=adjustments,
            sockinfo=(listener.family, listener.type, listener.proto, listener.getsockname()),
            bind_socket=False,
        )
        self._thread = threading.Thread(target=self._run, name="lightsail-emulator", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._poll_sockets(_SHUTDOWN_SECONDS)

    def stop(self) -> None:
        """Finish the requests in progress, then stop serving."""
        with self._resizing:
            self._stopping.set()
        self._server.pull_trigger()
        self._thread.join()
        self._dispatcher.shutdown(timeout=_SHUTDOWN_SECONDS)
        deadline = time.monotonic() + _SHUTDOWN_SECONDS
        is_flushed = False
        channels: dict[int, Any] = self._server.active_channels  # type: ignore[assignment] # the stub has the type of a value
        while not is_flushed:
            self._poll_sockets(_TICK_SECONDS)
            has_output = any(channel.total_outbufs_len for channel in channels.values())
            is_flushed = not has_output or time.monotonic() > deadline
        for channel in list(channels.values()):
            channel.handle_close()
        self._server.close()

    def _poll_sockets(self, timeout: float) -> None:
        wasyncore.loop(timeout=timeout, use_poll=True, map=self._map, count=1)

    def _application(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterator[bytes]:
        response = self._handle(environ)
        if response.ending is Ending.TIMED_OUT:
            is_disconnected = environ[_IS_DISCONNECTED]
            with self._extra_worker():
                while not is_disconnected() and not self._stopping.wait(_TICK_SECONDS):
                    pass
        if response.ending not in {Ending.WHOLE, Ending.TRUNCATED}:
            # With this exception waitress closes the connection without a response.
            raise ClientDisconnected
        # Clients compare the date with their own clock: the JavaScript SDK takes a difference of
        # five minutes for clock skew, and sends the request again. But a date before the creation
        # of an existing resource would make older resources appear new.
        now = max(time.time(), parsedate_to_datetime(response.headers["Date"]).timestamp())
        headers = {**response.headers, "Date": formatdate(now, usegmt=True)}
        start_response(f"{response.status} {status_phrase(response.status)}", [*headers.items()])
        if response.ending is Ending.WHOLE:
            return iter((response.body,))
        return _send_truncated(response.body)

    def _handle(self, environ: WSGIEnvironment) -> Response:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        if length > _MAX_BODY_BYTES:
            return _http_error(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"The request body has {length} bytes; at most {_MAX_BODY_BYTES} are accepted.",
            )
        headers = {
            name.removeprefix("HTTP_").replace("_", "-"): value
            for name, value in environ.items()
            if name.startswith("HTTP_")
        }
        DELAY_CONTEXT.set(self._extra_worker)
        return self._handler(headers, environ["wsgi.input"].read(length))

    @contextmanager
    def _extra_worker(self) -> Iterator[None]:
        """Add a worker while a fault keeps this one from other requests."""
        self._change_delayed(1)
        try:
            yield
        finally:
            self._change_delayed(-1)

    def _change_delayed(self, change: int) -> None:
        with self._resizing:
            self._delayed += change
            if not self._stopping.is_set():
                extra = min(self._delayed, _MAX_EXTRA_THREADS)
                self._dispatcher.set_thread_count(_THREADS + extra)


def _send_truncated(body: bytes) -> Iterator[bytes]:
    yield body
    raise ClientDisconnected
