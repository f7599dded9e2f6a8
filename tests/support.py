"""Fake transports, fake clocks and helpers that several tests share."""

from __future__ import annotations

import inspect
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator, Mapping
from typing import Any, Self, TypeAlias, TypeVar

import anyio
import anyio.lowlevel
import boto3.session
from botocore.awsrequest import AWSResponse
from botocore.config import Config

from lightsail_snap import (
    AsyncLightsailSnapClient,
    Clock,
    LightsailSnapClient,
    LightsailSnapError,
    NotFoundException,
    OutcomeUnknownError,
    Request,
    RequestNotSentError,
    Response,
    ResponseMetadata,
    ServiceError,
    ServiceException,
    ThrottlingError,
    Transport,
    VirtualClock,
    models,
)
from lightsail_snap.models import OpenEnum, PagedRequest, PagedResult, Result

Reply: TypeAlias = "Response | Mapping[str, Any] | bytes | Callable[[Request[Any]], Any]"
"""A response, its body, or a function that returns one of these or the error to raise."""

ModelT = TypeVar("ModelT")

# Bases of several models. The wire format has no counterpart of them.
BASE_MODELS: frozenset[type[Any]] = frozenset(
    {OpenEnum, PagedRequest, PagedResult, Request, Result}
)


# Models


def exported_models(base: type[ModelT]) -> list[type[ModelT]]:
    """Return the public subclasses of a base class, without the bases that models share."""
    return [
        model
        for model in models.exported().values()
        if inspect.isclass(model) and issubclass(model, base) and model not in BASE_MODELS
    ]


# Errors


def service_error(
    kind: type[ServiceError] = ServiceException,
    code: str = "",
    message: str = "refused by the test",
    **attributes: Any,
) -> Callable[[Request[Any]], LightsailSnapError]:
    """Return a reply that raises a service error; its code is the class name by default."""

    def reply(request: Request[Any]) -> LightsailSnapError:
        return kind(
            message,
            code=code or kind.__name__,
            operation_name=request.operation_name,
            **attributes,
        )

    return reply


not_found = service_error(NotFoundException)
throttled = service_error(ThrottlingError, "ThrottlingException", is_retryable=True)
server_error = service_error(ServiceException, is_retryable=True)


def lost(request: Request[Any]) -> LightsailSnapError:
    """Return the error for a response that was lost."""
    return OutcomeUnknownError("the response was lost", request=request)


def not_sent(request: Request[Any]) -> LightsailSnapError:
    """Return the error for a request that could not be sent."""
    return RequestNotSentError("connection refused", request=request)


# Transports


class _RecordingTransport:
    """A transport that records its calls and runs hooks around them.

    Attributes:
        requests: Requests, in order.
        threads: Names of the threads that sent them.
        max_concurrency: Largest number of calls that ran at the same time.
        close_count: Number of calls of `close`.
    """

    def __init__(
        self,
        before: Callable[[Request[Any]], object] | None = None,
        after: Callable[[Request[Any]], object] | None = None,
    ) -> None:
        self.requests: list[Request[Any]] = []
        self.threads: set[str] = set()
        self.max_concurrency = 0
        self.close_count = 0
        self._before = before
        self._after = after
        self._running = 0
        self._lock = threading.Lock()

    @property
    def operations(self) -> list[str]:
        """Names of the API operations that were called, in order."""
        return [request.operation_name for request in self.requests]

    @property
    def calls(self) -> Counter[str]:
        """Number of calls of each API operation."""
        return Counter(self.operations)

    def send(self, request: Request[Any]) -> Response:
        with self._lock:
            self.requests.append(request)
            self.threads.add(threading.current_thread().name)
            self._running += 1
            self.max_concurrency = max(self.max_concurrency, self._running)
        try:
            if self._before is not None:
                self._before(request)
            try:
                return self.respond(request)
            finally:
                if self._after is not None:
                    self._after(request)
        finally:
            with self._lock:
                self._running -= 1

    def respond(self, request: Request[Any]) -> Response:
        """Return the response to a request."""
        raise NotImplementedError

    def close(self) -> None:
        self.close_count += 1


class ScriptedTransport(_RecordingTransport):
    """A transport that returns scripted replies in order and repeats the last one.

    Replies in `operations` are for one API operation each. All other operations share `replies`.
    """

    def __init__(
        self,
        *replies: Reply,
        operations: Mapping[str, Iterable[Reply]] | None = None,
        metadata: ResponseMetadata | None = None,
        before: Callable[[Request[Any]], object] | None = None,
    ) -> None:
        super().__init__(before)
        self._metadata = metadata or ResponseMetadata()
        self._shared = list(replies)
        self._scripts = {name: list(each) for name, each in (operations or {}).items()}

    def respond(self, request: Request[Any]) -> Response:
        with self._lock:
            script = self._scripts.get(request.operation_name, self._shared)
            if not script:
                raise AssertionError(f"unexpected call: {request!r}")
            reply: Any = script.pop(0) if len(script) > 1 else script[0]
        if callable(reply):
            reply = reply(request)
        if isinstance(reply, BaseException):
            raise reply
        return reply if isinstance(reply, Response) else Response(reply, self._metadata)


class ForwardingTransport(_RecordingTransport):
    """A transport that forwards requests to another one; `change` may replace responses."""

    def __init__(
        self,
        inner: Transport,
        *,
        before: Callable[[Request[Any]], object] | None = None,
        after: Callable[[Request[Any]], object] | None = None,
        change: Callable[[Response], Response] = lambda response: response,
    ) -> None:
        super().__init__(before, after)
        self._inner = inner
        self._change = change

    def respond(self, request: Request[Any]) -> Response:
        return self._change(self._inner.send(request))

    def close(self) -> None:
        super().close()
        self._inner.close()


# Networks below botocore


class _RawBody:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self) -> Iterator[bytes]:
        yield self._body


def http_response(
    request: Any, status: int = 200, headers: Mapping[str, str] | None = None, body: bytes = b"{}"
) -> AWSResponse:
    """Return an HTTP response for a handler of botocore's event `before-send`."""
    return AWSResponse(request.url, status, dict(headers or {}), _RawBody(body))


class FixedNetwork:
    """A client over boto3 whose network always returns one response.

    Attributes:
        response: Status, headers and body.
        request: The last HTTP request.
        boto: The boto3 client.
        client: The client of this package.
    """

    def __init__(self) -> None:
        self.response: tuple[int, Mapping[str, str], bytes] = (200, {}, b"{}")
        self.request: Any = None
        session = boto3.session.Session("AKIAIOSFODNN7EXAMPLE", "secret", region_name="us-east-1")
        config = Config(retries={"total_max_attempts": 1})
        self.boto: Any = session.client("lightsail", config=config)
        self.boto.meta.events.register_last("before-send.lightsail", self._respond)
        self.client = LightsailSnapClient(self.boto, clock=VirtualClock())

    def _respond(self, request: Any, **_: Any) -> AWSResponse:
        self.request = request
        return http_response(request, *self.response)


# Clocks


class RecordingClock(VirtualClock):
    """A virtual clock that records how long it was slept."""

    def __init__(self) -> None:
        super().__init__()
        self.pauses: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        super().sleep(seconds)


class SkewedClock:
    """A clock that differs from another one by offsets in seconds, which tests may change."""

    def __init__(
        self, correct: Clock, wall_offset: float = 0.0, monotonic_offset: float = 0.0
    ) -> None:
        self._correct = correct
        self.wall_offset = wall_offset
        self.monotonic_offset = monotonic_offset

    def time(self) -> float:
        return self._correct.time() + self.wall_offset

    def monotonic(self) -> float:
        return self._correct.monotonic() + self.monotonic_offset

    def sleep(self, seconds: float) -> None:
        self._correct.sleep(seconds)


# Clients


class AwaitableClient:
    """The sync client with coroutine methods, so that one test drives both."""

    def __init__(self, client: LightsailSnapClient) -> None:
        self._client = client

    async def __aenter__(self) -> Self:
        self._client.__enter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._client.__exit__(None, None, None)

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)

        async def call(*args: Any, **options: Any) -> Any:
            return method(*args, **options)

        def listed(*args: Any, **options: Any) -> _AwaitablePaginator:
            return _AwaitablePaginator(method(*args, **options))

        return listed if name.startswith("iter_") else call


class _AwaitablePaginator:
    """A sync paginator for `async for`."""

    def __init__(self, paginator: Any) -> None:
        self._paginator = paginator

    async def __aiter__(self) -> AsyncIterator[Any]:
        for item in self._paginator:
            yield item

    async def pages(self) -> AsyncIterator[Any]:
        for page in self._paginator.pages():
            yield page


def create_client(interface: str, *args: Any, **settings: Any) -> Any:
    """Return a client with coroutine methods: "sync", or the name of an event loop."""
    if interface == "sync":
        return AwaitableClient(LightsailSnapClient(*args, **settings))
    return AsyncLightsailSnapClient(*args, **settings)


def run_on(interface: str, work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    """Run a coroutine function: without an event loop for "sync", or on the named one."""
    if interface != "sync":
        return anyio.run(work, backend=interface)
    coroutine = work()
    try:
        coroutine.send(None)
    except StopIteration as stopped:
        return stopped.value
    raise AssertionError("the coroutine waits although its client is sync")


def loop_caller() -> Callable[[Callable[[], object]], None]:
    """Return a function with which other threads call functions on the running event loop."""
    token = anyio.lowlevel.current_token()
    loop: Any = getattr(token, "native_token", token)
    call_soon = getattr(loop, "call_soon_threadsafe", None) or loop.run_sync_soon

    def call(function: Callable[[], object]) -> None:
        called = threading.Event()
        call_soon(function)
        call_soon(called.set)
        assert called.wait(60)

    return call
