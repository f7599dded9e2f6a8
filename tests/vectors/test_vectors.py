"""Other people's test cases for this protocol, as data: each file names where its cases are from.

`differs` and `refused` give the reason where this library does something else on purpose.
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
from tests.support import RecordingClock, Reply, ScriptedTransport

from lightsail_snap import (
    LightsailSnapClient,
    LightsailSnapError,
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
    """A client over real boto3 that is given one answer, and what it sent."""

    def __init__(self) -> None:
        self.answer: tuple[int, dict[str, str], bytes] = (200, {}, b"{}")
        self.sent: Any = None
        session = boto3.session.Session("key", "secret", region_name="us-east-1")
        config = Config(retries={"total_max_attempts": 1})
        boto: Any = session.client("lightsail", config=config)
        boto.meta.events.register_last("before-send.lightsail", self._exchange)
        self.client = LightsailSnapClient(boto)

    def _exchange(self, request: Any, **_: Any) -> AWSResponse:
        self.sent = request
        status, headers, body = self.answer

        class Raw:
            def stream(self) -> Iterator[bytes]:
                yield body

        return AWSResponse(request.url, status, headers, Raw())


@pytest.fixture(scope="module")
def wire() -> Wire:
    return Wire()


@pytest.mark.parametrize("name", ["errors", "results", "requests", "waiters"])
def test_every_case_names_its_source(name: str) -> None:
    found = vectors(name)
    for source in found["sources"].values():
        assert source.startswith("github.com/")
    for part in ("cases", "sent", "served"):
        assert all(case["source"] in found["sources"] for case in found.get(part, ()))


@cases("errors")
def test_an_error_is_what_others_say(case: dict[str, Any], wire: Wire) -> None:
    wire.answer = (case["status"], case.get("headers", {}), case["body"].encode())
    with pytest.raises(ServiceError) as caught:
        wire.client.get_disk("disk-1")
    error = caught.value
    assert (error.code, error.message) == (case["code"], case["message"])
    assert error.http_status == case["status"]
    assert error.is_throttling is case.get("is_throttling", False)
    assert error.request_id == case.get("request_id")


@cases("results")
def test_a_result_is_what_others_say(case: dict[str, Any], wire: Wire) -> None:
    wire.answer = (200, case.get("headers", {}), json.dumps({"disk": case["disk"]}).encode())
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
def test_a_request_is_what_others_say(case: dict[str, Any], wire: Wire) -> None:
    wire.answer = (200, {}, b"{}")
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
def test_the_emulator_serves_what_others_say(case: dict[str, Any]) -> None:
    scope = {"Authorization": "Credential=k/d/us-east-1/lightsail/aws4_request"}
    target = {"X-Amz-Target": "Lightsail_20161128.GetDisks"}
    with LightsailEmulator() as emulator:
        answer = emulator.exchange(scope | target | case["headers"], case["body"].encode())
    assert (answer.status, answer.body) == (200, b'{"disks":[]}')
    assert answer.headers["Content-Type"] == "application/x-amz-json-1.1"


def reply(name: str) -> Reply:
    """Return a reply with the state of a snapshot, or with an error."""
    if name.endswith("Exception"):
        body = json.dumps({"__type": name}).encode()
        metadata = ResponseMetadata(http_status=400)
        return lambda request: error_from_response(request, body, metadata)
    return {"diskSnapshot": {"name": "db-1", "state": name}}


@cases("waiters", "workflow")
def test_a_wait_goes_as_others_say(case: dict[str, Any]) -> None:
    transport = ScriptedTransport(*map(reply, case["answers"]))
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
    polls = len(transport.requests)
    assert polls == case.get("looks", polls)


@cases("waiters", "retries")
def test_pauses_are_as_others_say(case: dict[str, int]) -> None:
    least, most, allowed = case["minDelay"], case["maxDelay"], case["maxWaitTime"]
    transport, clock = ScriptedTransport(reply("pending")), RecordingClock()
    policy = WaitPolicy(timeout=allowed, min_delay=least, max_delay=most)
    client = LightsailSnapClient(transport=transport, clock=clock, wait_policy=policy)
    with pytest.raises(WaitTimeoutError):
        client.wait_for_disk_snapshot("db-1")
    assert all(least <= pause <= most for pause in clock.pauses[:-1])
    # The last pause ends with the allowed time, and one more poll follows it.
    assert sum(clock.pauses) == pytest.approx(allowed)
    assert len(transport.requests) == len(clock.pauses) + 1
