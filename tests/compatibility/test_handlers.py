"""Event handlers of users receive and change the same data as with plain boto3."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
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
)
from tests.compatibility.environments import clean_environment
from tests.compatibility.recorder import DROPPED, Recorder, Reply, error

CREATE = OPERATIONS["create"]
GOOD = Reply(body=CREATE.body)
_RULES_EVENT = "before-endpoint-resolution.lightsail"
_ID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")


@pytest.fixture(scope="module", params=WAYS)
def pair(request: pytest.FixtureRequest, server: Recorder) -> Iterator[Pair]:
    with pytest.MonkeyPatch.context() as patch:
        clean_environment(patch)
        with Pair.of(request.param, Settings("us-east-1", server.url), server) as pair:
            yield pair


@contextmanager
def registered(pair: Pair, event: str, *handlers: Callable[..., Any]) -> Iterator[None]:
    """Register one handler with both clients, or one with each."""
    both = handlers * (len(pair.botos) // len(handlers))
    with ExitStack() as stack:
        for boto, handler in zip(pair.botos, both, strict=True):
            boto.meta.events.register(event, handler)
            stack.callback(boto.meta.events.unregister, event, handler)
        yield


def rendered(value: Any) -> Any:
    """Copy the arguments of a handler, without times and random ids."""
    copied: Any = type(value).__name__
    if isinstance(value, Mapping):
        copied = {str(key): rendered(each) for key, each in value.items()}
    elif isinstance(value, list | tuple):
        copied = [rendered(each) for each in value]
    elif isinstance(value, str | bytes):
        text = value if isinstance(value, str) else value.decode()
        copied = _ID.sub("<id>", stable(text))
    elif isinstance(value, AWSRequest | AWSPreparedRequest):
        body = value.data if isinstance(value, AWSRequest) else value.body
        copied = rendered([copied, value.method, value.url, [*value.headers.items()], body])
    elif isinstance(value, AWSResponse):
        copied = rendered([value.status_code, value.content])
    elif isinstance(value, OperationModel):
        copied = value.name
    elif isinstance(value, dt.datetime | int | float | None):
        copied = value
    return copied


SCRIPTS = {
    "success": [GOOD],
    "throttled": [error(400, "ThrottlingException"), GOOD],
    "refused": [error(400, "NotFoundException")],
    "dropped": [DROPPED, GOOD],
    "unreadable error": [Reply(503, b"<html>"), GOOD],
}


@pytest.mark.parametrize("name", SCRIPTS)
@pytest.mark.usefixtures("no_pauses")
def test_handler_of_all_events_receives_the_events_of_boto3(pair: Pair, name: str) -> None:
    library_events: list[Any] = []
    boto3_events: list[Any] = []
    with registered(
        pair,
        "*",
        lambda event_name, **facts: library_events.append([event_name, rendered(facts)]),
        lambda event_name, **facts: boto3_events.append([event_name, rendered(facts)]),
    ):
        pair.play(CREATE, SCRIPTS[name])
    assert len(boto3_events) > 10
    if pair.way == "region":
        # docs/compatibility.md describes this difference.
        boto3_events = [event for event in boto3_events if event[0] != _RULES_EVENT]
    assert [event for event, _ in library_events] == [event for event, _ in boto3_events]
    for found, expected in zip(library_events, boto3_events, strict=True):
        assert found == expected


def _nested_value(params: dict[str, Any], **_: Any) -> None:
    params["tags"][0]["value"] += "-changed"


def _nested_list(params: dict[str, Any], **_: Any) -> None:
    params["tags"].append({"key": "added", "value": str(len(params["tags"]))})


def _new_parameters(params: dict[str, Any], **_: Any) -> dict[str, Any]:
    return params | {"diskName": "another"}


def _unknown_parameter(params: dict[str, Any], **_: Any) -> None:
    params["diskname"] = "d-1"


def _wrong_type(params: dict[str, Any], **_: Any) -> None:
    params["tags"] = "env=prod"


def _serialized_body(params: dict[str, Any], **_: Any) -> None:
    params["body"] = params["body"].replace(b"d-1", b"d-2")
    params["headers"]["X-Mine"] = "yes"


def _header_of_request(request: Any, **_: Any) -> None:
    request.headers["X-Mine"] = "yes"


def _url_of_request(request: Any, **_: Any) -> None:
    request.url += "path?query=a b"


def _response_before_call(**_: Any) -> tuple[AWSResponse, dict[str, Any]]:
    return AWSResponse("", 200, {}, None), {
        **json.loads(CREATE.body),
        "ResponseMetadata": {"RequestId": "mine", "RetryAttempts": 0},
    }


class _Raw:
    def stream(self) -> Iterator[bytes]:
        yield CREATE.body


def _response_before_send(request: Any, **_: Any) -> AWSResponse:
    headers = {"x-amzn-RequestId": "mine", "Content-Type": "application/x-amz-json-1.1"}
    return AWSResponse(request.url, 200, headers, _Raw())


def _body_of_response(response_dict: dict[str, Any], **_: Any) -> None:
    response_dict["body"] = response_dict["body"].replace(b"Started", b"Failed")


def _another_attempt(attempts: int, **_: Any) -> float | None:
    return 0.25 if attempts == 1 else None


def _failure(**_: Any) -> None:
    raise RuntimeError("handler")


# The event and its handler, by the effect of the handler.
CHANGES: dict[str, tuple[str, Callable[..., Any]]] = {
    "nested value": ("provide-client-params", _nested_value),
    "nested list": ("provide-client-params", _nested_list),
    "new parameters": ("provide-client-params", _new_parameters),
    "unknown parameter": ("provide-client-params", _unknown_parameter),
    "wrong type": ("provide-client-params", _wrong_type),
    "nested value before validation": ("before-parameter-build", _nested_value),
    "nested list before validation": ("before-parameter-build", _nested_list),
    "wrong type before validation": ("before-parameter-build", _wrong_type),
    "serialized body": ("before-call", _serialized_body),
    "header of the created request": ("request-created", _header_of_request),
    "header before signing": ("before-sign", _header_of_request),
    "header after signing": ("before-send", _header_of_request),
    "URL before signing": ("before-sign", _url_of_request),
    "response instead of the call": ("before-call", _response_before_call),
    "response instead of the network": ("before-send", _response_before_send),
    "body of the response": ("before-parse", _body_of_response),
    "another attempt": ("needs-retry", _another_attempt),
    **{
        f"failure in {event}": (event, _failure)
        for event in (
            "provide-client-params", "before-parameter-build", "before-call", "request-created",
            "choose-signer", "before-sign", "before-send", "before-parse", "response-received",
            "needs-retry", "after-call",
        )
    },
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.usefixtures("no_pauses")
@pytest.mark.sample(50)
def test_handler_making_any_change_acts_as_with_boto3(pair: Pair, name: str) -> None:
    event, handler = CHANGES[name]
    with registered(pair, f"{event}.lightsail.CreateDiskSnapshot", handler):
        # Repeated, since the first call must not affect the next one.
        seen = [pair.play(CREATE, [GOOD]) for _ in range(3)]
    found = [line for outcomes in seen for line in differences(pair.way, *outcomes)]
    assert found == [], "\n".join(found)


def test_unregistered_handler_does_not_affect_the_next_call(pair: Pair) -> None:
    with registered(pair, "provide-client-params.lightsail", _nested_value):
        first, _ = pair.play(CREATE, [GOOD])
    found, expected = pair.play(CREATE, [GOOD])
    assert differences(pair.way, found, expected) == []
    assert b"-changed" in first["1 body"]  # type: ignore[operator] # bytes
    assert b"-changed" not in found["1 body"]  # type: ignore[operator] # bytes


def test_handler_changing_the_result_does_not_affect_the_library(pair: Pair) -> None:
    """The result is parsed from the bytes; docs/compatibility.md describes this difference."""

    def change(parsed: dict[str, Any], **_: Any) -> None:
        parsed["operations"].clear()

    with registered(pair, "after-call.lightsail", change):
        found, expected = pair.play(CREATE, [GOOD])
    assert found["outcome"][-1] == json.loads(CREATE.body)  # type: ignore[index] # a tuple
    assert expected["outcome"][-1] == {"operations": []}  # type: ignore[index] # a tuple
