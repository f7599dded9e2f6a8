"""The faults of the matrix."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, replace
from email.utils import formatdate
from typing import Any

from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    ReadTimeoutError,
    SSLError,
)
from tests.faults.matrix import fields
from tests.faults.matrix.fields import Path
from tests.faults.matrix.service import Exchange

from lightsail_snap.emulator._wire import Failure, Response, make_response

# The response limit while the matrix runs: bodies of the real limit take too long to make.
LIMIT = 256 * 1024
_URL = "https://lightsail.us-east-1.amazonaws.com/"
_STORM = 6
# More than Python's stack and its number parser accept.
_DEPTH, _DIGITS = 100_000, 20_000
_SLOW = 55.0
_TIMEOUT = 60.0
_DAY = 86_400.0

Act = Callable[[Exchange, Path | None], Response]


@dataclass(frozen=True, eq=False)
class Fault:
    """A fault of the service or of the network.

    Attributes:
        name: The name.
        act: Responds to a request in place of the service.
        times: How often the fault occurs; always if None.
        skip: Number of requests that succeed first.
        is_unsent: Whether the network reports that nothing was sent.
        is_refusal: Whether the service reports that it did not execute the request.
        passes: Whether the fault is transient, so that high-level operations have to succeed.
        alters: Whether responses differ from those of the service.
        echoes: Whether responses contain credentials.
        by_field: Whether the fault can affect a single field.
        only: Names of the fields it can affect; all if empty.
    """

    name: str
    act: Act
    times: int | None = None
    skip: int = 0
    is_unsent: bool = False
    is_refusal: bool = False
    passes: bool = False
    alters: bool = False
    echoes: bool = False
    by_field: bool = False
    only: frozenset[str] = frozenset()


def _raising(make: Callable[[], Exception], *, commits: bool, seconds: float = 0) -> Act:
    def act(exchange: Exchange, _: Path | None) -> Response:
        exchange.sleep(seconds)
        if commits:
            exchange.carry_out()
        raise make()

    return act


def _responding(status: int, body: bytes, *, commits: bool, kind: str | None = None) -> Act:
    def act(exchange: Exchange, _: Path | None) -> Response:
        if commits:
            exchange.carry_out()
        made = make_response(status, body, exchange.now)
        return replace(made, headers={**made.headers, "Content-Type": kind}) if kind else made

    return act


def _refusing(code: str, message: str, status: int = 400) -> Act:
    return _responding(status, Failure(code, message).body(), commits=False)


def _altering(alter: Callable[[Response], Response], seconds: float = 0) -> Act:
    def act(exchange: Exchange, _: Path | None) -> Response:
        exchange.sleep(seconds)
        return alter(exchange.carry_out())

    return act


def _by_field(change: fields.Change) -> Act:
    return lambda exchange, path: fields.changed(exchange.carry_out(), change, path)


def _handshake(reason: str) -> Exception:
    inner = ssl.SSLError(1, f"[SSL: {reason}] failed by the test")
    inner.reason = reason
    return SSLError(endpoint_url=_URL, error=inner)


def _dns() -> Exception:
    gone = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    return EndpointConnectionError(endpoint_url=_URL, error=gone)


def _same_token(whole: Response) -> Response:
    members = fields.members_of(whole)
    return fields.with_body(whole, json.dumps({**members, "nextPageToken": "again"}).encode())


def _headed(name: str, value: Callable[[Exchange], str]) -> Act:
    def act(exchange: Exchange, _: Path | None) -> Response:
        whole = exchange.carry_out()
        return replace(whole, headers={**whole.headers, name: value(exchange)})

    return act


def _echo(exchange: Exchange, _: Path | None) -> Response:
    echoed = "\n".join(f"{name}:{value}" for name, value in sorted(exchange.headers.items()))
    text = "The request signature we calculated does not match the signature you provided. "
    failure = Failure("InvalidSignatureException", f"{text}Canonical String: 'POST\n/\n\n{echoed}'")
    return make_response(403, failure.body(), exchange.now)


def _once_and_always(name: str, act: Act, **kinds: Any) -> list[Fault]:
    """Return a transient and a permanent fault."""
    return [
        Fault(f"{name}, once", act, times=1, passes=True, **kinds),
        Fault(f"{name}, always", act, **kinds),
    ]


def _stormy(name: str, act: Act) -> list[Fault]:
    return [
        Fault(f"{name}, once", act, times=1, passes=True, is_refusal=True),
        Fault(f"{name}, {_STORM} in a row", act, times=_STORM, passes=True, is_refusal=True),
        Fault(f"{name}, always", act, is_refusal=True),
    ]


def _network() -> list[Fault]:
    closed = ConnectionClosedError(endpoint_url=_URL, error="Connection reset by peer")
    late = ReadTimeoutError(endpoint_url=_URL, error="Read timed out.")
    refused = EndpointConnectionError(endpoint_url=_URL, error="Connection refused")
    unanswered = ConnectTimeoutError(endpoint_url=_URL, error="timed out")
    broken = HTTPClientError(error="IncompleteRead(17 bytes read, 300 more expected)")
    before: list[tuple[str, Callable[[], Exception]]] = [
        ("connection refused", lambda: refused),
        ("connection attempt times out", lambda: unanswered),
        ("DNS failure", _dns),
        ("TLS handshake fails", lambda: _handshake("CERTIFICATE_VERIFY_FAILED")),
    ]
    after: list[tuple[str, Callable[[], Exception], float]] = [
        ("reset after commit", lambda: closed, 0),
        ("read timeout after commit", lambda: late, _TIMEOUT),
        ("TLS fails while the response is read", lambda: _handshake("DECRYPTION_FAILED"), 0),
        ("the response breaks off, noticed", lambda: broken, 0),
    ]
    found = [
        fault
        for name, make in before
        for fault in _once_and_always(name, _raising(make, commits=False), is_unsent=True)
    ]
    found += _once_and_always(
        "reset before the service has it", _raising(lambda: closed, commits=False)
    )
    for name, make, seconds in after:
        found += _once_and_always(name, _raising(make, commits=True, seconds=seconds))
    return found


def _responses() -> list[Fault]:
    found = []
    for status, name in ((500, "500"), (502, "502"), (503, "503")):
        body = Failure("ServiceException", name).body() if status == 500 else b"<html>busy</html>"
        kind = None if status == 500 else "text/html"
        for commits, moment in ((False, "before"), (True, "after")):
            act = _responding(status, body, commits=commits, kind=kind)
            found += _once_and_always(f"HTTP {name} {moment} commit", act)
    found += _stormy("ThrottlingException (400)", _refusing("ThrottlingException", "Rate exceeded"))
    found += _stormy("HTTP 429", _refusing("TooManyRequestsException", "Slow down", 429))
    garbage, page = b'{"operations": [{"id": "\xff\xfe', b"<!DOCTYPE html><title>Welcome</title>"
    found += _once_and_always("garbage body", _responding(200, garbage, commits=True), alters=True)
    found += _once_and_always(
        "web page under 200", _responding(200, page, commits=False, kind="text/html"), alters=True
    )
    found += _once_and_always("empty body", _responding(200, b"", commits=True), alters=True)
    nested = b'{"operations":' + b"[" * _DEPTH + b"]" * _DEPTH + b"}"
    found += _once_and_always(
        "JSON nested without end", _responding(200, nested, commits=True), alters=True
    )
    digits = b'{"operations":[{"createdAt":' + b"9" * _DIGITS + b"}]}"
    found += _once_and_always(
        "a number without end", _responding(200, digits, commits=True), alters=True
    )
    halved = _altering(lambda whole: replace(whole, body=whole.body[: len(whole.body) // 2]))
    found += _once_and_always("truncated body, unnoticed", halved, alters=True)
    found += _once_and_always("slow drip", _altering(lambda whole: whole, _SLOW))
    oversized = _altering(lambda whole: fields.filled(whole, LIMIT + 1))
    return [*found, *_once_and_always("JSON larger than the limit", oversized, alters=True)]


def _identity() -> list[Fault]:
    expired = _refusing("ExpiredTokenException", "The security token included is expired")
    skewed = _refusing("RequestExpired", "Request has expired. Timestamp is too far off")
    ahead = _headed("Date", lambda exchange: formatdate(exchange.now + _DAY, usegmt=True))
    behind = _headed("Date", lambda exchange: formatdate(exchange.now - _DAY, usegmt=True))
    return [
        Fault(
            "token expires after the first request, if there are more",
            expired,
            skip=1,
            is_refusal=True,
        ),
        Fault("request dated too far off", skewed, is_refusal=True),
        Fault("signature refused, credentials echoed", _echo, is_refusal=True, echoes=True),
        Fault("the service's clock a day ahead", ahead),
        Fault("the service's clock a day behind", behind),
        Fault("the service's date unreadable", _headed("Date", lambda _: "yesterday")),
    ]


def _contents() -> list[Fault]:
    html = _headed("Content-Type", lambda _: "text/html; charset=latin-1")
    twice = _altering(
        lambda whole: fields.with_body(whole, fields.duplicated(fields.members_of(whole)).encode())
    )
    return [
        Fault("wrong content type", html),
        Fault(
            "JSON as large as the limit allows",
            _altering(lambda whole: fields.filled(whole, LIMIT)),
            alters=True,
        ),
        Fault("every key twice", twice, alters=True),
        Fault("the same page token again", _altering(_same_token), alters=True),
        Fault("fields of wrong types", _by_field(fields.wrong_type), alters=True, by_field=True),
        Fault("fields null", _by_field(fields.null), alters=True, by_field=True),
        Fault("fields missing", _by_field(fields.missing), alters=True, by_field=True),
        Fault(
            "unknown enumeration values",
            _by_field(fields.unknown_value),
            alters=True,
            by_field=True,
            only=fields.ENUMERATIONS,
        ),
        *(
            Fault(f"{name}, once", _by_field(change), times=1, passes=passes, alters=True)
            for name, change, passes in (
                ("all fields of wrong types", fields.wrong_type, True),
                ("all fields null", fields.null, True),
                ("all fields missing", fields.missing, True),
                # An operation that ends in an unknown state has not succeeded.
                ("all enumeration values unknown", fields.unknown_value, False),
            )
        ),
    ]


def _wrong_resources() -> list[Fault]:
    """Return faults whose responses show other resources than the requested one."""
    other, early = _by_field(fields.another_identity), _by_field(fields.created_in_1970)
    return [
        *_once_and_always("names and ids of other resources", other, alters=True),
        *_once_and_always("creation times of 1970", early, alters=True),
    ]


FAULTS: dict[str, Fault] = {
    each.name: each
    for each in [*_network(), *_responses(), *_identity(), *_contents(), *_wrong_resources()]
}
