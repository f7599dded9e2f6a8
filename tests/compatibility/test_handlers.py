"""Handlers that a user registers see, and may change, what they do with plain boto3."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSRequest, AWSResponse
from botocore.model import OperationModel
from tests.compatibility.comparison import (
    OPERATIONS,
    WAYS,
    Pair,
    Settings,
    differences,
    stable,
    without_boto3,
)
from tests.compatibility.environments import clean_environment
from tests.compatibility.recorder import DROPPED, Recorder, Reply, error

CREATE = OPERATIONS["create"]
GOOD = Reply(body=CREATE.body)
_ID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")


@pytest.fixture(params=WAYS)
def pair(request: pytest.FixtureRequest, recorder: Recorder) -> Iterator[Pair]:
    with Pair.of(request.param, Settings("us-east-1", recorder.url), recorder) as pair:
        yield pair


def rendered(value: Any) -> Any:
    """Copy what a handler receives, without what differs between two equal calls."""
    if isinstance(value, Mapping):
        return {str(key): rendered(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [rendered(each) for each in value]
    if isinstance(value, bytes):
        return rendered(value.decode())
    if isinstance(value, str):
        return without_boto3(_ID.sub("<id>", stable(value)))
    if isinstance(value, AWSRequest | AWSPreparedRequest):
        body = value.data if isinstance(value, AWSRequest) else value.body
        headers = [rendered(each) for each in value.headers.items()]
        return [type(value).__name__, value.method, value.url, headers, rendered(body)]
    if isinstance(value, AWSResponse):
        return [value.status_code, rendered(value.content)]
    if isinstance(value, OperationModel):
        return value.name
    if isinstance(value, dt.datetime | int | float | None):
        return value
    return type(value).__name__


SCRIPTS = {
    "success": [GOOD],
    "throttled": [error(400, "ThrottlingException"), GOOD],
    "refused": [error(400, "NotFoundException")],
    "dropped": [DROPPED, GOOD],
    "unreadable error": [Reply(503, b"<html>"), GOOD],
}


@pytest.mark.parametrize("name", SCRIPTS)
@pytest.mark.usefixtures("no_pauses")
def test_handlers_receive_the_events_of_boto3(pair: Pair, name: str) -> None:
    seen: list[list[Any]] = [[], []]
    for boto, events in zip(pair.botos, seen, strict=True):
        boto.meta.events.register(
            "*", lambda event_name, events=events, **facts: events.append([event_name, rendered(facts)])
        )
    pair.play(CREATE, SCRIPTS[name])
    ours, theirs = seen
    assert len(theirs) > 10
    assert [event for event, _ in ours] == [event for event, _ in theirs]
    for one, other in zip(ours, theirs, strict=True):
        assert one == other
