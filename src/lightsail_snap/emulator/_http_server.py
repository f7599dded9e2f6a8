"""The HTTP server itself. The only module that imports waitress, and it is imported when used.

waitress was chosen because it is pure Python without dependencies, long maintained (Pylons),
bounds what it reads and parses HTTP strictly.
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

from lightsail_snap.emulator._faults import WHILE_HELD
from lightsail_snap.emulator._http import Exchange
from lightsail_snap.emulator._logs import OneLine
from lightsail_snap.emulator._wire import Ending, Failure, Response, answer

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_LARGEST_BODY = 2**20
# What is somewhat too large is read nevertheless, so that its sender gets to read the answer.
_LARGEST_READ = 2**22
# More than waitress holds back for one connection (outbuf_high_watermark, 2**24).
_NEVER_ON_DISK = 2**25
_THREADS = 16
# So many requests that a fault delays occupy no worker. More of them do.
_MAX_FAULTY = 500
_MOST_CONNECTIONS = 2000
_TICK = 0.02
_PATIENCE = 5
_IS_GONE = "lightsail_snap.is_gone"


def _http_failure(status: int, text: str) -> Failure:
    # Both types and their statuses: AWS's errors that are common to all services; which of them
    # Lightsail answers with is unverified.
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return Failure("RequestEntityTooLargeException", text, status=status)
    return Failure("MalformedHttpRequestException", text, status=status)


class _TypedErrorTask(ErrorTask):
    """Answers what is no proper HTTP as AWS does, with a typed body."""

    @override
    def execute(self) -> None:
        error = self.request.error  # type: ignore[attr-defined] # the stub names another class
        failure = _http_failure(error.code, f"{error.reason}: {error.body}")
        whole = answer(failure.status, failure.body(), time.time())
        self.status = f"{error.code} {error.reason}"
        self.response_headers = list(whole.headers.items())
        self.set_close_on_finish()
        self.content_length = len(whole.body)
        self.write(whole.body)


class _Task(WSGITask):
    @override
    def get_environment(self) -> dict[str, Any]:
        return {**super().get_environment(), _IS_GONE: self._is_gone}

    def _is_gone(self) -> bool:
        """Look whether the client has closed the connection, without reading from it."""
        try:
            return not self.channel.socket.recv(1, socket.MSG_PEEK)  # type: ignore[union-attr] # a channel has one
        except OSError as error:
            return not isinstance(error, BlockingIOError)


# waitress quotes the path of a request unquoted, line breaks and all.
_http_log = logging.getLogger("lightsail_snap.emulator.http")
_http_log.addFilter(OneLine())


class _Channel(HTTPChannel):
    logger = _http_log
    error_task_class = _TypedErrorTask
    task_class = _Task


class _Dispatcher(ThreadedTaskDispatcher):
    # Many callers at once are what an emulator is for, and no reason for a warning.
    queue_logger = logging.getLogger("lightsail_snap.emulator.queue")


class _TcpServer(TcpWSGIServer):
    channel_class = _Channel


class Server:
    """Serves from threads of its own until it is stopped."""

    def __init__(self, listener: socket.socket, exchange: Exchange) -> None:
        """Take a socket over, and begin to serve.

        Args:
            listener: The listening socket; it is closed in the end.
            exchange: Answers a request.
        """
        self._exchange = exchange
        self._stopping = threading.Event()
        self._resizing = threading.Lock()
        self._faulty = 0
        self._map: dict[int, Any] = {}
        adjustments = Adjustments(
            sockets=[listener],
            connection_limit=_MOST_CONNECTIONS,
            max_request_body_size=_LARGEST_READ,
            # A request must not make the emulator open a file, not even a temporary one.
            inbuf_overflow=_NEVER_ON_DISK,
            outbuf_overflow=_NEVER_ON_DISK,
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
            self._turn(_PATIENCE)

    def stop(self) -> None:
        """Stop serving; what is being answered is finished first."""
        with self._resizing:
            self._stopping.set()
        self._server.pull_trigger()
        self._thread.join()
        self._dispatcher.shutdown(timeout=_PATIENCE)
        deadline = time.monotonic() + _PATIENCE
        is_flushed = False
        channels: dict[int, Any] = self._server.active_channels  # type: ignore[assignment] # the stub has the type of a value
        while not is_flushed:
            self._turn(_TICK)
            waiting = any(channel.total_outbufs_len for channel in channels.values())
            is_flushed = not waiting or time.monotonic() > deadline
        for channel in list(channels.values()):
            channel.handle_close()
        self._server.close()

    def _turn(self, timeout: float) -> None:
        wasyncore.loop(timeout=timeout, use_poll=True, map=self._map, count=1)

    def _application(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterator[bytes]:
        got = self._answer(environ)
        if got.ending is Ending.TIMED_OUT:
            is_gone = environ[_IS_GONE]
            with self._another_worker():
                while not is_gone() and not self._stopping.wait(_TICK):
                    pass
        if got.ending not in {Ending.WHOLE, Ending.TRUNCATED}:
            # This is how a waitress application says that there is nobody to answer: the
            # connection closes without a byte.
            raise ClientDisconnected
        # Clients compare the date with their own clock: the JavaScript SDK takes a difference of
        # five minutes for clock skew, and sends the request again. But a date before the creation
        # of what is there already would make older resources look new.
        now = max(time.time(), parsedate_to_datetime(got.headers["Date"]).timestamp())
        headers = {**got.headers, "Date": formatdate(now, usegmt=True)}
        start_response(f"{got.status} {_phrase(got.status)}", list(headers.items()))
        if got.ending is Ending.WHOLE:
            return iter((got.body,))
        return _truncated(got.body)

    def _answer(self, environ: WSGIEnvironment) -> Response:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        if length > _LARGEST_BODY:
            failure = _http_failure(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"The request body has {length} bytes; at most {_LARGEST_BODY} are taken.",
            )
            return answer(failure.status, failure.body(), time.time())
        headers = {
            name.removeprefix("HTTP_").replace("_", "-"): value
            for name, value in environ.items()
            if name.startswith("HTTP_")
        }
        WHILE_HELD.set(self._another_worker)
        return self._exchange(headers, environ["wsgi.input"].read(length))

    @contextmanager
    def _another_worker(self) -> Iterator[None]:
        """Replace this worker as long as a fault keeps it from other requests."""
        self._resize(1)
        try:
            yield
        finally:
            self._resize(-1)

    def _resize(self, change: int) -> None:
        with self._resizing:
            self._faulty += change
            if not self._stopping.is_set():
                self._dispatcher.set_thread_count(_THREADS + min(self._faulty, _MAX_FAULTY))


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in set(HTTPStatus) else "Server Error"


def _truncated(body: bytes) -> Iterator[bytes]:
    yield body
    raise ClientDisconnected
