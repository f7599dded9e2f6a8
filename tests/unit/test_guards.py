"""Guards of rare cases: repeated failures of an optimization, and events without a request."""

from __future__ import annotations

import logging
import threading

import pytest

from lightsail_snap import LightsailSnapError
from lightsail_snap._boto import transport
from lightsail_snap._boto.fallback import Fallback
from lightsail_snap._boto.transport import BotoTransport
from lightsail_snap.emulator import LightsailEmulator
from lightsail_snap.errors import detached


def test_only_the_first_failure_of_an_optimization_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    fallback = Fallback("lazy parsing")
    with caplog.at_level(logging.WARNING, "lightsail_snap"):
        for number in range(3):
            fallback.record(ValueError(str(number)))
    assert fallback.is_active
    assert len(caplog.records) == 1


def test_a_response_event_without_a_request_changes_nothing() -> None:
    exchange = transport._Exchange("GetDisk", True, threading.get_ident())  # noqa: FBT003 - by position
    token = transport._exchange.set(exchange)
    try:
        transport._on_response_received(None, {})
    finally:
        transport._exchange.reset(token)
    assert exchange.attempts == []
    assert not exchange.is_parsed


def test_an_operation_is_observed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with LightsailEmulator() as emulator:
        transport = BotoTransport(emulator.boto3_client("us-east-1"))
        registered: list[str] = []
        monkeypatch.setattr(
            BotoTransport, "_register", lambda _self, event, _handler: registered.append(event)
        )
        transport._observe("GetDisk")
        transport._observe("GetDisk")
        assert len(registered) == 1


def test_detached_errors_have_detached_causes() -> None:
    inner, outer = LightsailSnapError("inner"), LightsailSnapError("outer")
    inner.__cause__, outer.__cause__ = ValueError("of another library"), inner
    copied = detached(outer)
    cause = copied.__cause__
    assert isinstance(cause, LightsailSnapError)
    assert cause is not inner
    assert str(cause) == "inner"
