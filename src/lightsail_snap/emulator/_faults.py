"""Faults on purpose: what a network or a service in trouble does to a call."""

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
from lightsail_snap.emulator._wire import Ending, Failure, Response, answer, decode, encode


class FaultKind(StrEnum):
    """What goes wrong."""

    REFUSE = "refuse"
    """No connection comes about; the call is not carried out. In the HTTP door, where there is a
    connection already, it closes."""
    DROP = "drop"
    """The connection closes without an answer."""
    TIMEOUT = "timeout"
    """The connection stays, and no answer ever comes."""
    DELAY = "delay"
    """The answer comes late."""
    TRUNCATE = "truncate"
    """The connection closes before the whole answer has come; the call was carried out."""
    SERVER_ERROR = "server-error"
    """An HTTP error of the 5xx kind."""
    THROTTLE = "throttle"
    """A ThrottlingException; the call is not carried out."""
    GARBAGE = "garbage"
    """A body that is no JSON, under HTTP 200."""
    HTML = "html"
    """A web page, under HTTP 200, as captive portals answer."""
    EMPTY = "empty"
    """No body, under HTTP 200."""
    WRONG_TYPES = "wrong-types"
    """The answer, but its members have other types than they should; the call was carried out."""


_NEVER_EXECUTED = frozenset({FaultKind.REFUSE, FaultKind.THROTTLE})
_ALWAYS_EXECUTED = frozenset({FaultKind.DELAY, FaultKind.TRUNCATE, FaultKind.WRONG_TYPES})
_STATUSES = {FaultKind.SERVER_ERROR: range(500, 600), FaultKind.THROTTLE: (400, 429)}
_DEFAULT_STATUSES = {FaultKind.SERVER_ERROR: 500, FaultKind.THROTTLE: 400}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something that is to go wrong.

    Attributes:
        kind: What goes wrong.
        operation: The API operation it happens to, for example `CreateDiskSnapshot`; any if None.
        after_commit: Whether the call is carried out nevertheless. REFUSE and THROTTLE never are,
            DELAY, TRUNCATE and WRONG_TYPES always.
        times: How many calls it happens to; to all if None.
        skip: How many matching calls go well first.
        probability: How likely it is to happen to a call that it could happen to, from 0 to 1,
            drawn from the emulator's seed.
        seconds: How long it takes on the emulator's clock before anything happens: how late the
            answer is (DELAY), or how long a client has waited when it gives up (TIMEOUT).
        status: The HTTP status: 500 to 599 for SERVER_ERROR (500 if None), 400 or 429 for THROTTLE
            (400 if None).
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
        # A plain string is taken for the kind it names.
        object.__setattr__(self, "kind", FaultKind(self.kind))
        rules = (
            (self.times is None or self.times > 0, "times must be 1 or more, or None for all"),
            (self.skip >= 0, "skip must be 0 or more"),
            (0 <= self.probability <= 1, "probability must be from 0 to 1"),
            (self.seconds >= 0, "seconds must be 0 or more"),
            (
                self.status is None or self.status in _STATUSES.get(self.kind, ()),
                f"status {self.status} is none that {self.kind} can have",
            ),
            (
                not (self.after_commit and self.kind in _NEVER_EXECUTED),
                f"{self.kind} is never after the commit",
            ),
        )
        broken = [text for holds, text in rules if not holds]
        if broken:
            raise ValueError("; ".join(broken))

    @property
    def is_executed(self) -> bool:
        """Whether the call it happens to is carried out."""
        return self.after_commit or self.kind in _ALWAYS_EXECUTED


class Faults:
    """The faults that wait for their call. Safe to use from many threads."""

    def __init__(self, seed: int) -> None:
        """Begin without any.

        Args:
            seed: What chance is drawn from.
        """
        # Chance in a test is to repeat itself, so it must not be the cryptographic kind.
        self._random = random.Random(seed)  # noqa: S311 - as the line above says
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []

    def inject(self, fault: Fault) -> None:
        """Let a fault wait for its call, behind those that wait already.

        Args:
            fault: The fault.
        """
        with self._lock:
            self._waiting.append(fault)

    def clear(self) -> None:
        """Forget all faults."""
        with self._lock:
            self._waiting.clear()

    def for_call(self, operation: str) -> Fault | None:
        """Take the fault that happens to a call.

        Args:
            operation: The API operation.

        Returns:
            The first that fits, or None.
        """
        with self._lock:
            for index, fault in enumerate(self._waiting):
                if fault.operation not in {None, operation}:
                    continue
                if fault.skip:
                    self._waiting[index] = replace(fault, skip=fault.skip - 1)
                elif self._random.random() < fault.probability:
                    self._use_up(index)
                    return fault
        return None

    def _use_up(self, index: int) -> None:
        fault = self._waiting[index]
        if fault.times == 1:
            del self._waiting[index]
        elif fault.times is not None:
            self._waiting[index] = replace(fault, times=fault.times - 1)


_PAGE = b"<!DOCTYPE html><html><head><title>%b</title></head><body><h1>%b</h1></body></html>"
_GARBAGE = b'{"operations": [{"id": "\xff\xfe'
_GATEWAY_ERRORS = frozenset({502, 503, 504})


def _page(now: float, title: str, status: int = 200) -> Response:
    whole = answer(status, _PAGE.replace(b"%b", title.encode()), now)
    return replace(whole, headers={**whole.headers, "Content-Type": "text/html"})


def _server_error(fault: Fault, now: float) -> Response:
    status = fault.status or _DEFAULT_STATUSES[fault.kind]
    phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else "Server Error"
    if status in _GATEWAY_ERRORS:
        # What stands before a service answers with a page, not with the service's error.
        return _page(now, f"{status} {phrase}", status)
    return answer(status, Failure("ServiceException", phrase).body(), now)


def _throttled(fault: Fault, now: float) -> Response:
    # ThrottlingException under 400: API reference (common errors); the text is unverified.
    failure = Failure("ThrottlingException", "Rate exceeded")
    return answer(fault.status or _DEFAULT_STATUSES[fault.kind], failure.body(), now)


def _mistyped(value: object) -> object:
    """Give every value in a shape another type than it has."""
    match value:
        case dict():
            return {name: _mistyped(member) for name, member in value.items()}
        case list():
            return {"0": _mistyped(value[0])} if value else "none"
        case str():
            return [value]
        case _:
            return {"value": value}


def _with_wrong_types(whole: Response) -> Response:
    members: Mapping[str, Any] = decode(whole.body)
    body = encode({name: _mistyped(member) for name, member in members.items()})
    return replace(whole, body=body, headers={**whole.headers, "Content-Length": str(len(body))})


_INSTEAD: Mapping[FaultKind, Callable[[Fault, float], Response]] = {
    FaultKind.REFUSE: lambda _fault, _now: Response(0, b"", ending=Ending.REFUSED),
    FaultKind.DROP: lambda _fault, _now: Response(0, b"", ending=Ending.DROPPED),
    FaultKind.TIMEOUT: lambda _fault, _now: Response(0, b"", ending=Ending.TIMED_OUT),
    FaultKind.SERVER_ERROR: _server_error,
    FaultKind.THROTTLE: _throttled,
    FaultKind.GARBAGE: lambda _fault, now: answer(HTTPStatus.OK, _GARBAGE, now),
    FaultKind.HTML: lambda _fault, now: _page(now, "Welcome"),
    FaultKind.EMPTY: lambda _fault, now: answer(HTTPStatus.OK, b"", now),
}
_FROM_THE_ANSWER: Mapping[FaultKind, Callable[[Response], Response]] = {
    FaultKind.TRUNCATE: lambda whole: replace(
        whole, body=whole.body[: len(whole.body) // 2], ending=Ending.TRUNCATED
    ),
    FaultKind.WRONG_TYPES: _with_wrong_types,
    FaultKind.DELAY: lambda whole: whole,
}


WHILE_HELD: ContextVar[Callable[[], AbstractContextManager[object]]] = ContextVar(
    "while_held", default=nullcontext
)
"""Surrounds a call that a fault holds back: the HTTP server adds a worker meanwhile."""


def spoil(fault: Fault, carry_out: Callable[[], Response], clock: Clock) -> Response:
    """Let a fault happen to a call.

    Args:
        fault: The fault.
        carry_out: Carries the call out.
        clock: Lets the fault's seconds pass first.

    Returns:
        What comes of it.
    """
    with WHILE_HELD.get()():
        clock.sleep(fault.seconds)
    whole = carry_out() if fault.is_executed else Response(0, b"")
    instead = _INSTEAD.get(fault.kind)
    return instead(fault, clock.time()) if instead else _FROM_THE_ANSWER[fault.kind](whole)
