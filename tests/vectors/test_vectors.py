"""Test cases of other projects for the AWS JSON protocol. Each data file names its sources.

`differs` and `refused` give the reason if this library behaves differently.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.support import FixedNetwork, RecordingClock, Reply, ScriptedTransport

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


@pytest.fixture(scope="module")
def network() -> FixedNetwork:
    return FixedNetwork()


@pytest.mark.parametrize("name", ["errors", "results", "requests", "waiters"])
def test_vectors_name_their_source(name: str) -> None:
    found = vectors(name)
    for source in found["sources"].values():
        assert source.startswith("github.com/")
    for part in ("cases", "sent", "served"):
        assert all(case["source"] in found["sources"] for case in found.get(part, ()))


@cases("errors")
def test_error_matches_vector(case: dict[str, Any], network: FixedNetwork) -> None:
    network.response = (case["status"], case.get("headers", {}), case["body"].encode())
    with pytest.raises(ServiceError) as caught:
        network.client.get_disk("disk-1")
    error = caught.value
    assert (error.code, error.message) == (case["code"], case["message"])
    assert error.http_status == case["status"]
    assert error.is_throttling is case.get("is_throttling", False)
    assert error.request_id == case.get("request_id")


@cases("results")
def test_result_matches_vector(case: dict[str, Any], network: FixedNetwork) -> None:
    network.response = (200, case.get("headers", {}), json.dumps({"disk": case["disk"]}).encode())
    if "refused" in case:
        with pytest.raises(ResponseValidationError):
            network.client.get_disk("d")
        return
    result = network.client.get_disk("d")
    for name, expected in case["expected"].items():
        value = getattr(result.disk, name)
        if isinstance(value, datetime):
            value = value.timestamp()
        assert (repr(value) if isinstance(value, tuple) else value) == expected
    assert result.response_metadata.request_id == case.get("request_id")


@cases("requests", "sent")
def test_request_matches_vector(case: dict[str, Any], network: FixedNetwork) -> None:
    network.response = (200, {}, b"{}")
    network.client.get_disks(page_token=None)
    headers = {
        name.lower(): value.decode() if isinstance(value, bytes) else value
        for name, value in network.request.headers.items()
    }
    assert network.request.method == "POST"
    assert urlsplit(network.request.url).path == "/"
    assert network.request.body == case.get("body", "{}").encode()
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


def reply(name: str) -> Reply:
    """Return a reply with the state of a snapshot, or with an error."""
    if name.endswith("Exception"):
        body = json.dumps({"__type": name}).encode()
        metadata = ResponseMetadata(http_status=400)
        return lambda request: error_from_response(request, body, metadata)
    return {"diskSnapshot": {"name": "db-1", "state": name}}


@cases("waiters", "workflow")
def test_wait_matches_vector(case: dict[str, Any]) -> None:
    transport = ScriptedTransport(*map(reply, case["states"]))
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
    assert polls == case.get("polls", polls)


@cases("waiters", "retries")
def test_wait_delays_match_vector(case: dict[str, int]) -> None:
    minimum, maximum, allowed = case["minDelay"], case["maxDelay"], case["maxWaitTime"]
    transport, clock = ScriptedTransport(reply("pending")), RecordingClock()
    policy = WaitPolicy(timeout=allowed, min_delay=minimum, max_delay=maximum)
    client = LightsailSnapClient(transport=transport, clock=clock, wait_policy=policy)
    with pytest.raises(WaitTimeoutError):
        client.wait_for_disk_snapshot("db-1")
    assert all(minimum <= delay <= maximum for delay in clock.pauses[:-1])
    # The last delay ends at the timeout, and one more poll follows.
    assert sum(clock.pauses) == pytest.approx(allowed)
    assert len(transport.requests) == len(clock.pauses) + 1
