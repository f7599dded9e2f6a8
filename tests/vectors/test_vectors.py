"""Test cases of other projects for the AWS JSON protocol. Each data file names its sources.

`differs` and `refused` give the reason if this library behaves differently.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config

from lightsail_snap import (
    LightsailSnapClient,
    LightsailSnapError,
    Response,
    ResponseValidationError,
    ServiceError,
    VirtualClock,
    WaitPolicy,
    WaitTimeoutError,
)
from lightsail_snap._boto.error_mapping import error_from_response
from lightsail_snap.emulator import LightsailEmulator
from lightsail_snap.models import ResponseMetadata

FOLDER = Path(__file__).parent


def vectors(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def cases(name: str, part: str = "cases") -> pytest.MarkDecorator:
    found = vectors(name)[part]
    names = [case.get("case", case.get("rule", str(case))) for case in found]
    return pytest.mark.parametrize("case", found, ids=names)


class Wire:
    """Client over boto3 with one response for all requests, and the last request."""

    def __init__(self) -> None:
        self.response: tuple[int, dict[str, str], bytes] = (200, {}, b"{}")
        self.sent: Any = None
        session = boto3.session.Session("key", "secret", region_name="us-east-1")
        config = Config(retries={"total_max_attempts": 1})
        boto: Any = session.client("lightsail", config=config)
        boto.meta.events.register_last("before-send.lightsail", self._exchange)
        self.client = LightsailSnapClient(boto)

    def _exchange(self, request: Any, **_: Any) -> AWSResponse:
        self.sent = request
        status, headers, body = self.response

        class Raw:
            def stream(self) -> Iterator[bytes]:
                yield body

        return AWSResponse(request.url, status, headers, Raw())


@pytest.fixture(scope="module")
def wire() -> Wire:
    return Wire()


@pytest.mark.parametrize("name", ["errors", "results", "requests", "waiters"])
def test_vectors_name_their_source(name: str) -> None:
    found = vectors(name)
    for source in found["sources"].values():
        assert source.startswith("github.com/")
    for part in ("cases", "sent", "served"):
        assert all(case["source"] in found["sources"] for case in found.get(part, ()))


@cases("errors")
def test_error_matches_vector(case: dict[str, Any], wire: Wire) -> None:
    wire.response = (case["status"], case.get("headers", {}), case["body"].encode())
    with pytest.raises(ServiceError) as caught:
        wire.client.get_disk("disk-1")
    error = caught.value
    assert (error.code, error.message) == (case["code"], case["message"])
    assert error.http_status == case["status"]
    assert error.is_throttling is case.get("is_throttling", False)
    assert error.request_id == case.get("request_id")


@cases("results")
def test_result_matches_vector(case: dict[str, Any], wire: Wire) -> None:
    wire.response = (200, case.get("headers", {}), json.dumps({"disk": case["disk"]}).encode())
    if "refused" in case:
        with pytest.raises(ResponseValidationError):
            wire.client.get_disk("d")
        return
    result = wire.client.get_disk("d")
    for name, expected in case["expected"].items():
        value = getattr(result.disk, name)
        if isinstance(value, datetime):
            value = value.timestamp()
        assert (repr(value) if isinstance(value, tuple) else value) == expected
    assert result.response_metadata.request_id == case.get("request_id")


@cases("requests", "sent")
def test_request_matches_vector(case: dict[str, Any], wire: Wire) -> None:
    wire.response = (200, {}, b"{}")
    wire.client.get_disks(page_token=None)
    headers = {
        name.lower(): value.decode() if isinstance(value, bytes) else value
        for name, value in wire.sent.headers.items()
    }
    assert wire.sent.method == "POST"
    assert urlsplit(wire.sent.url).path == "/"
    assert wire.sent.body == case.get("body", "{}").encode()
    for name, value in case.get("headers", {}).items():
        assert headers[name.lower()] == value


@cases("requests", "served")
def test_emulator_request_matches_vector(case: dict[str, Any]) -> None:
    scope = {"Authorization": "Credential=k/d/us-east-1/lightsail/aws4_request"}
    target = {"X-Amz-Target": "Lightsail_20161128.GetDisks"}
    with LightsailEmulator() as emulator:
        response = emulator.exchange(scope | target | case["headers"], case["body"].encode())
    assert (response.status, response.body) == (200, b'{"disks":[]}')
    assert response.headers["Content-Type"] == "application/x-amz-json-1.1"


class Scripted:
    """Transport that returns snapshots in given states, or raises errors; it repeats the last."""

    def __init__(self, states: list[str]) -> None:
        self.states = states
        self.polls = 0

    def send(self, request: Any) -> Response:
        name = self.states[min(self.polls, len(self.states) - 1)]
        self.polls += 1
        if name.endswith("Exception"):
            metadata = ResponseMetadata(http_status=400)
            body = json.dumps({"__type": name}).encode()
            raise error_from_response(request, body, metadata)
        return Response({"diskSnapshot": {"name": "db-1", "state": name}}, ResponseMetadata())

    def close(self) -> None:
        """Do nothing."""


@cases("waiters", "workflow")
def test_wait_matches_vector(case: dict[str, Any]) -> None:
    transport = Scripted(case["states"])
    client = LightsailSnapClient(transport=transport, clock=VirtualClock())
    outcome = "success"
    try:
        if case["wait"] == "deletion":
            client.wait_for_disk_snapshot_deletion("db-1", timeout=60)
        else:
            client.wait_for_disk_snapshot("db-1", timeout=60)
    except LightsailSnapError as error:
        outcome = type(error).__name__
    assert outcome == case["outcome"]
    assert transport.polls == case.get("polls", transport.polls)


@cases("waiters", "retries")
def test_wait_delays_match_vector(case: dict[str, int]) -> None:
    minimum, maximum, allowed = case["minDelay"], case["maxDelay"], case["maxWaitTime"]
    delays: list[float] = []

    class RecordingClock(VirtualClock):
        def sleep(self, seconds: float) -> None:
            delays.append(seconds)
            super().sleep(seconds)

    transport = Scripted(["pending"])
    policy = WaitPolicy(timeout=allowed, min_delay=minimum, max_delay=maximum)
    client = LightsailSnapClient(transport=transport, clock=RecordingClock(), wait_policy=policy)
    with pytest.raises(WaitTimeoutError):
        client.wait_for_disk_snapshot("db-1")
    assert all(minimum <= delay <= maximum for delay in delays[:-1])
    # The last delay ends at the timeout, and one more poll follows.
    assert sum(delays) == pytest.approx(allowed)
    assert transport.polls == len(delays) + 1
