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
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from typing_extensions import override
from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import ClientDisconnected, HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import Task, ThreadedTaskDispatcher

from lightsail_snap.emulator._faults import DELAY_CONTEXT
from lightsail_snap.emulator._logs import SafeLineFilter
from lightsail_snap.emulator._wire import (
    Ending,
    Failure,
    RequestHandler,
    Response,
    format_date,
    make_response,
    parse_date,
    status_phrase,
)

_MAX_BODY_BYTES = 2**20
# A body that is somewhat too large is read nevertheless, so that its sender can read the response.
_MAX_READ_BYTES = 2**22
# More than waitress buffers for one connection (outbuf_high_watermark, 2**24).
_NEVER_ON_DISK_BYTES = 2**25
# Requests that faults delay keep a thread each, up to this number.
_MAX_DELAYED = 500
_MAX_CONNECTIONS = 2000
_TICK_SECONDS = 0.02
_SHUTDOWN_SECONDS = 5


def _http_error(status: int, message: str) -> Response:
    # Both types and their statuses: AWS's errors that are common to all services; which of them
    # Lightsail sends is unverified.
    is_too_large = status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    kind = "RequestEntityTooLargeException" if is_too_large else "MalformedHttpRequestException"
    return make_response(status, Failure(kind, message).body(), time.time())


class _Task(Task):
    """Responds to one request."""

    def execute(self) -> None:
        """Execute the request; the base class calls this."""
        request: Any = self.request
        if request.error is None:
            server: Any = self.channel.server
            server.application(self)
            return
        # Malformed HTTP gets a typed body, as from AWS.
        self.set_close_on_finish()
        self.send(_http_error(request.error.code, f"{request.error.reason}: {request.error.body}"))

    def send(self, response: Response) -> None:
        """Send a response."""
        self.status = f"{response.status} {status_phrase(response.status)}"
        self.response_headers = [*response.headers.items()]
        header = self.build_response_header()
        self.wrote_header = True
        # Together, because each part costs a system call.
        self.channel.write_soon(header + response.body)

    def is_disconnected(self) -> bool:
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
    task_class: Any = _Task
    error_task_class: Any = _Task

    def _flush_outbufs_below_high_watermark(self) -> None:
        # It waits for a client that sends many requests and does not read the responses.
        if self.total_outbufs_len > self.adj.outbuf_high_watermark:
            with DELAY_CONTEXT.get()():
                super()._flush_outbufs_below_high_watermark()  # type: ignore[misc] # not in the stub


class _Dispatcher(ThreadedTaskDispatcher):
    """Queues tasks for the thread that serves."""

    serving: threading.Thread

    @override
    def add_task(self, task: Any) -> None:
        self.queue.append(task)


class _TcpServer(TcpWSGIServer):
    channel_class = _Channel

    @override
    def pull_trigger(self) -> None:
        # The serving thread polls the sockets next in any case.
        serving: threading.Thread = self.task_dispatcher.serving  # type: ignore[attr-defined] # it is a _Dispatcher
        if threading.current_thread() is not serving:
            super().pull_trigger()


class Server:
    """Serves in a background thread until it is stopped.

    One thread polls the sockets and executes the requests: the store executes one at a time anyway,
    and handing requests over to other threads takes longer than most of them. Before a request
    waits, for example in a fault, its thread starts another one that takes over.
    """

    def __init__(self, listener: socket.socket, handler: RequestHandler) -> None:
        """Start to serve on a listening socket, which the server closes when it stops."""
        self._handler = handler
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._threads: set[threading.Thread] = set()
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
        self._server = _TcpServer(
            self._respond,  # type: ignore[arg-type] # called by _Task, not as WSGI
            map=self._map,
            _sock=listener,
            dispatcher=self._dispatcher,
            adj=adjustments,
            sockinfo=(listener.family, listener.type, listener.proto, listener.getsockname()),
            bind_socket=False,
        )
        with self._lock:
            self._start_thread()

    def _start_thread(self) -> None:
        """Start a thread that serves until another one takes over; the lock must be held."""
        thread = threading.Thread(target=self._run, name="lightsail-emulator", daemon=True)
        thread.start()
        self._threads.add(thread)
        self._dispatcher.serving = thread

    def _run(self) -> None:
        this, queue = threading.current_thread(), self._dispatcher.queue
        DELAY_CONTEXT.set(self._waiting)
        with self._lock:
            pass  # until `_start_thread` has returned
        while self._dispatcher.serving is this and not self._stopping.is_set():
            self._poll_sockets(_SHUTDOWN_SECONDS)
            while self._dispatcher.serving is this and queue:
                channel: Any = queue.popleft()
                try:
                    channel.service()
                except BaseException:  # noqa: BLE001 - a clock of a test may raise anything
                    _http_log.exception("a request failed")
                    channel.cancel()
        with self._lock:
            self._threads.remove(this)

    def stop(self) -> None:
        """Finish the requests in progress, then stop serving."""
        with self._lock:
            self._stopping.set()
            threads = [*self._threads]
        self._server.pull_trigger()
        deadline = time.monotonic() + _SHUTDOWN_SECONDS
        for thread in threads:
            thread.join(max(0, deadline - time.monotonic()))
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

    def _respond(self, task: _Task) -> None:
        response = self._handle(task.request)
        if response.ending is Ending.TIMED_OUT:
            with self._waiting():
                while not task.is_disconnected() and not self._stopping.wait(_TICK_SECONDS):
                    pass
        if response.ending in {Ending.WHOLE, Ending.TRUNCATED}:
            # Clients compare the date with their own clock: the JavaScript SDK takes a difference
            # of five minutes for clock skew, and sends the request again. But a date before the
            # creation of an existing resource would make older resources appear new.
            now = max(time.time(), parse_date(response.headers["Date"]))
            task.send(replace(response, headers={**response.headers, "Date": format_date(now)}))
        if response.ending is not Ending.WHOLE:
            # With this exception waitress closes the connection.
            raise ClientDisconnected

    def _handle(self, request: Any) -> Response:  # noqa: ANN401 - the stub names another class
        length = int(request.headers.get("CONTENT_LENGTH", 0))
        if length > _MAX_BODY_BYTES:
            return _http_error(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"The request body has {length} bytes; at most {_MAX_BODY_BYTES} are accepted.",
            )
        headers = {name.replace("_", "-"): value for name, value in request.headers.items()}
        return self._handler(headers, request.get_body_stream().read())

    @contextmanager
    def _waiting(self) -> Iterator[None]:
        """Let another thread serve, because this one waits."""
        with self._lock:
            is_serving = threading.current_thread() is self._dispatcher.serving
            if is_serving and len(self._threads) <= _MAX_DELAYED and not self._stopping.is_set():
                self._start_thread()
        yield
