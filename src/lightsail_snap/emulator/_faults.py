"""Injected faults: how a failing network or service affects a call."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, replace
from enum import StrEnum
from http import HTTPStatus
from typing import Any

from lightsail_snap.clock import Clock
from lightsail_snap.emulator._wire import (
    Ending,
    Failure,
    Response,
    decode,
    encode,
    make_response,
    status_phrase,
)


class FaultKind(StrEnum):
    """Kinds of faults."""

    REFUSE = "refuse"
    """The connection is refused, and the call is not executed. Over HTTP, where there is a
    connection already, it closes."""
    DROP = "drop"
    """The connection closes without a response."""
    TIMEOUT = "timeout"
    """The connection stays open, and no response ever arrives."""
    DELAY = "delay"
    """The response is late."""
    TRUNCATE = "truncate"
    """The connection closes in the middle of the response; the call was executed."""
    SERVER_ERROR = "server-error"
    """An HTTP error with a status of 500 to 599."""
    THROTTLE = "throttle"
    """A ThrottlingException; the call is not executed."""
    GARBAGE = "garbage"
    """HTTP 200 with a body that is not JSON."""
    HTML = "html"
    """HTTP 200 with a web page, as from a captive portal."""
    EMPTY = "empty"
    """HTTP 200 without a body."""
    WRONG_TYPES = "wrong-types"
    """The response, but its fields have other types than documented; the call was executed."""


_NEVER_EXECUTED = frozenset({FaultKind.REFUSE, FaultKind.THROTTLE})
_ALWAYS_EXECUTED = frozenset({FaultKind.DELAY, FaultKind.TRUNCATE, FaultKind.WRONG_TYPES})
_STATUSES = {FaultKind.SERVER_ERROR: range(500, 600), FaultKind.THROTTLE: (400, 429)}
_DEFAULT_STATUSES = {FaultKind.SERVER_ERROR: 500, FaultKind.THROTTLE: 400}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Fault to inject into one or more calls.

    Attributes:
        kind: The kind of fault.
        operation: The API operation it affects, for example `CreateDiskSnapshot`; any if None.
        after_commit: Whether the call is executed nevertheless. REFUSE and THROTTLE never execute
            it; DELAY, TRUNCATE and WRONG_TYPES always do.
        times: How many calls it affects, 1 or more; all if None.
        skip: How many matching calls succeed first; 0 or more.
        probability: The probability that it affects a matching call, from 0 to 1; drawn from the
            emulator's seed.
        seconds: How much time passes on the emulator's clock first: the delay of the response
            (DELAY), or how long the client waits before it gives up (TIMEOUT).
        status: The HTTP status: 500 to 599 for SERVER_ERROR (500 if None), 400 or 429 for THROTTLE
            (400 if None).

    Raises:
        ValueError: If a value is out of range, or does not fit the kind.
    """

    kind: FaultKind
    operation: str | None = None
    after_commit: bool = False
    times: int | None = 1
    skip: int = 0
    probability: float = 1.0
    seconds: float = 0.0
    status: int | None = None

    def __post_init__(self) -> None:
        # Accepts the value of a kind as a plain string.
        object.__setattr__(self, "kind", FaultKind(self.kind))
        rules = (
            (self.times is None or self.times > 0, "times must be 1 or more, or None for all"),
            (self.skip >= 0, "skip must be 0 or more"),
            (0 <= self.probability <= 1, "probability must be from 0 to 1"),
            (self.seconds >= 0, "seconds must be 0 or more"),
            (
                self.status is None or self.status in _STATUSES.get(self.kind, ()),
                f"status {self.status} is not valid for {self.kind}",
            ),
            (
                not (self.after_commit and self.kind in _NEVER_EXECUTED),
                f"{self.kind} never executes the call, so after_commit must be False",
            ),
        )
        broken = [text for holds, text in rules if not holds]
        if broken:
            raise ValueError("; ".join(broken))

    @property
    def is_executed(self) -> bool:
        """True if an affected call is executed."""
        return self.after_commit or self.kind in _ALWAYS_EXECUTED


class FaultQueue:
    """Injected faults in order. Safe to use from many threads."""

    def __init__(self, seed: int) -> None:
        # Tests must be repeatable, so the cryptographic kind of randomness would be wrong.
        self._random = random.Random(seed)  # noqa: S311 - repeatable by purpose
        self._lock = threading.Lock()
        self._pending: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Append a fault."""
        with self._lock:
            self._pending.append(fault)

    def clear(self) -> None:
        """Remove all faults."""
        with self._lock:
            self._pending.clear()

    def take(self, operation: str) -> Fault | None:
        """Take the first fault that affects a call of this operation."""
        with self._lock:
            for index, fault in enumerate(self._pending):
                if fault.operation not in {None, operation}:
                    continue
                if fault.skip:
                    self._pending[index] = replace(fault, skip=fault.skip - 1)
                elif self._random.random() < fault.probability:
                    self._use_once(index)
                    return fault
        return None

    def _use_once(self, index: int) -> None:
        fault = self._pending[index]
        if fault.times == 1:
            del self._pending[index]
        elif fault.times is not None:
            self._pending[index] = replace(fault, times=fault.times - 1)


_PAGE = b"<!DOCTYPE html><html><head><title>%b</title></head><body><h1>%b</h1></body></html>"
_GARBAGE = b'{"operations": [{"id": "\xff\xfe'
_GATEWAY_ERRORS = frozenset({502, 503, 504})


def _web_page(now: float, title: str, status: int = HTTPStatus.OK) -> Response:
    page = make_response(status, _PAGE.replace(b"%b", title.encode()), now)
    return replace(page, headers={**page.headers, "Content-Type": "text/html"})


def _server_error(fault: Fault, now: float) -> Response:
    status = fault.status or _DEFAULT_STATUSES[fault.kind]
    phrase = status_phrase(status)
    if status in _GATEWAY_ERRORS:
        # A gateway in front of a service responds with a page, not with the service's error.
        return _web_page(now, f"{status} {phrase}", status)
    return make_response(status, Failure("ServiceException", phrase).body(), now)


def _throttled(fault: Fault, now: float) -> Response:
    # ThrottlingException with 400: API reference (common errors); the message is unverified.
    failure = Failure("ThrottlingException", "Rate exceeded")
    return make_response(fault.status or _DEFAULT_STATUSES[fault.kind], failure.body(), now)


def _change_type(value: object) -> object:
    """Return a value of another type, at every level."""
    match value:
        case dict():
            return {name: _change_type(field) for name, field in value.items()}
        case list():
            return {"0": _change_type(value[0])} if value else "none"
        case str():
            return [value]
        case _:
            return {"value": value}


def _with_wrong_types(response: Response) -> Response:
    fields: Mapping[str, Any] = decode(response.body)
    body = encode({name: _change_type(field) for name, field in fields.items()})
    headers = {**response.headers, "Content-Length": str(len(body))}
    return replace(response, body=body, headers=headers)


def _truncated(response: Response) -> Response:
    half = response.body[: len(response.body) // 2]
    return replace(response, body=half, ending=Ending.TRUNCATED)


_REPLACEMENTS: Mapping[FaultKind, Callable[[Fault, float], Response]] = {
    FaultKind.REFUSE: lambda _fault, _now: Response(0, b"", ending=Ending.REFUSED),
    FaultKind.DROP: lambda _fault, _now: Response(0, b"", ending=Ending.DROPPED),
    FaultKind.TIMEOUT: lambda _fault, _now: Response(0, b"", ending=Ending.TIMED_OUT),
    FaultKind.SERVER_ERROR: _server_error,
    FaultKind.THROTTLE: _throttled,
    FaultKind.GARBAGE: lambda _fault, now: make_response(HTTPStatus.OK, _GARBAGE, now),
    FaultKind.HTML: lambda _fault, now: _web_page(now, "Welcome"),
    FaultKind.EMPTY: lambda _fault, now: make_response(HTTPStatus.OK, b"", now),
}
_CHANGES: Mapping[FaultKind, Callable[[Response], Response]] = {
    FaultKind.TRUNCATE: _truncated,
    FaultKind.WRONG_TYPES: _with_wrong_types,
    FaultKind.DELAY: lambda response: response,
}

DELAY_CONTEXT: ContextVar[Callable[[], AbstractContextManager[object]]] = ContextVar(
    "delay_context", default=nullcontext
)
"""Entered while a fault delays a call: the HTTP server serves in another thread meanwhile."""


def apply_fault(fault: Fault, execute: Callable[[], Response], clock: Clock) -> Response:
    """Return the response to a call that a fault affects; `execute` executes the call."""
    with DELAY_CONTEXT.get()():
        clock.sleep(fault.seconds)
    executed = execute() if fault.is_executed else Response(0, b"")
    if fault.kind in _REPLACEMENTS:
        return _REPLACEMENTS[fault.kind](fault, clock.time())
    return _CHANGES[fault.kind](executed)
