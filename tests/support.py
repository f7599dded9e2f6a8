"""Fake transports, fake clocks and helpers that several tests share."""

from __future__ import annotations

import inspect
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias, TypeVar

from lightsail_snap import (
    Clock,
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


class ScriptedTransport:
    """A transport that returns scripted replies in order and repeats the last one.

    Replies in `operations` are for one API operation each. All other operations share `replies`.
    """

    def __init__(
        self,
        *replies: Reply,
        operations: Mapping[str, Iterable[Reply]] | None = None,
        metadata: ResponseMetadata | None = None,
    ) -> None:
        self.metadata = metadata or ResponseMetadata()
        self.requests: list[Request[Any]] = []
        self.threads: set[str] = set()
        self.close_count = 0
        self._shared = list(replies)
        self._operations = {name: list(each) for name, each in (operations or {}).items()}
        self._lock = threading.Lock()

    @property
    def operations(self) -> list[str]:
        """Names of the API operations that were called, in order."""
        return [request.operation_name for request in self.requests]

    def send(self, request: Request[Any]) -> Response:
        with self._lock:
            self.requests.append(request)
            self.threads.add(threading.current_thread().name)
            replies = self._operations.get(request.operation_name, self._shared)
            if not replies:
                raise AssertionError(f"unexpected call: {request!r}")
            reply: Any = replies.pop(0) if len(replies) > 1 else replies[0]
        return self.to_response(request, reply)

    def to_response(self, request: Request[Any], reply: Any) -> Response:
        """Return a reply as a response, or raise it."""
        if callable(reply):
            reply = reply(request)
        if isinstance(reply, BaseException):
            raise reply
        return reply if isinstance(reply, Response) else Response(reply, self.metadata)

    def close(self) -> None:
        self.close_count += 1


class ForwardingTransport:
    """A transport that forwards each request to another one and runs hooks around it.

    Attributes:
        operations: Names of the API operations that were called, in order.
        max_concurrency: Largest number of calls that ran at the same time.
    """

    def __init__(
        self,
        inner: Transport,
        *,
        before: Callable[[Request[Any]], object] = lambda _: None,
        after: Callable[[Request[Any]], object] = lambda _: None,
        change: Callable[[Response], Response] = lambda response: response,
    ) -> None:
        self._inner = inner
        self._before = before
        self._after = after
        self._change = change
        self._lock = threading.Lock()
        self._running = 0
        self.operations: list[str] = []
        self.max_concurrency = 0

    @property
    def calls(self) -> Counter[str]:
        """Number of calls of each API operation."""
        return Counter(self.operations)

    def send(self, request: Request[Any]) -> Response:
        with self._lock:
            self.operations.append(request.operation_name)
            self._running += 1
            self.max_concurrency = max(self.max_concurrency, self._running)
        try:
            self._before(request)
            response = self._inner.send(request)
            self._after(request)
            return self._change(response)
        finally:
            with self._lock:
                self._running -= 1

    def close(self) -> None:
        self._inner.close()


# Clocks


class RecordingClock(VirtualClock):
    """A virtual clock that records the seconds of every sleep."""

    def __init__(self, start: float = 1_700_000_000.0) -> None:
        super().__init__(start)
        self.sleeps: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
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
