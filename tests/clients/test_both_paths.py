"""Injected clients and clients built by the library: the same results, errors and hooks."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import Any

import boto3.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.client import BaseClient
from botocore.config import Config
from botocore.parsers import create_parser
from botocore.stub import Stubber
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support import http_response

from lightsail_snap import (
    DiskSource,
    LightsailSnapClient,
    LightsailSnapError,
    NotFoundException,
    OutcomeUnknownError,
    RequestNotSentError,
    ResponseValidationError,
    models,
)
from lightsail_snap.models import GetDiskSnapshotsRequest, Request, Result
from lightsail_snap.testing.strategies import wire_dicts

GOOD = b'{"operations":[{"id":"op-1","status":"Started","isTerminal":false,"new":[1]}]}'
MISSING = b'{"__type":"NotFoundException","message":"no"}'
KEYS = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "secret"}
EVENT = "before-send.lightsail"


class Network:
    """Responds in place of the network."""

    def __init__(self) -> None:
        self.responses: list[tuple[int, bytes] | Exception] = [(200, GOOD)]
        self.requests: list[Any] = []

    def __call__(self, request: Any, **_: Any) -> AWSResponse:
        self.requests.append(request)
        response = self.responses.pop(0) if len(self.responses) > 1 else self.responses[0]
        if isinstance(response, Exception):
            raise response
        headers = {"x-amzn-RequestId": "rid-1", "Date": "Mon, 23 Nov 2026 10:00:00 GMT"}
        return http_response(request, response[0], headers, response[1])


class Access:
    """A client, the boto3 client below it, and its network."""

    def __init__(self, client: LightsailSnapClient) -> None:
        self.client = client
        self.boto: Any = client._transport._client  # type: ignore[attr-defined] # the boto3 client
        self.network = Network()
        self.boto.meta.events.register(EVENT, self.network)


CONFIG = {"retries": {"mode": "standard", "max_attempts": 2}, "read_timeout": 7}


def injected() -> Access:
    session = boto3.session.Session(**KEYS, region_name="us-east-1")
    return Access(LightsailSnapClient(session.client("lightsail", config=Config(**CONFIG))))


def with_session() -> Access:
    session = boto3.session.Session(**KEYS, region_name="us-east-1")
    return Access(LightsailSnapClient(session=session, config=Config(**CONFIG)))


def from_settings() -> Access:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in KEYS.items():
            patch.setenv(name.upper(), value)
        return Access(LightsailSnapClient(region_name="us-east-1", config=Config(**CONFIG)))


WAYS = [injected, with_session, from_settings]


@pytest.fixture(params=WAYS, ids=lambda way: way.__name__)
def path(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Access:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    made: Access = request.param()
    return made


def create(path: Access) -> Any:
    return path.client.create_disk_snapshot("db-1", DiskSource(disk_name="Disk-1"))


@cache
def _paths() -> tuple[Access, ...]:
    return tuple(way() for way in WAYS)


REQUESTS: list[type[Request[Any]]] = list(models.request_types().values())


def _as_dict(path: Access, request: Request[Any], wire: dict[str, Any]) -> Result:
    """Have a hook response with a dict, as instrumentation and stubs do."""

    def response(**_: Any) -> tuple[Any, dict[str, Any]]:
        return AWSResponse("", 200, {}, None), json.loads(json.dumps(wire))

    path.boto.meta.events.register_first("before-call.lightsail", response)
    try:
        result: Result = path.client.send(request)
    finally:
        path.boto.meta.events.unregister("before-call.lightsail", response)
    return result


@pytest.mark.sample(4)
@pytest.mark.parametrize("kind", REQUESTS, ids=lambda kind: kind.operation_name)
@given(data=st.data())
@settings(max_examples=10)
def test_bytes_and_botocores_dict_give_equal_results(
    kind: type[Request[Any]], data: st.DataObject
) -> None:
    request = data.draw(st.from_type(kind))
    wire = data.draw(wire_dicts(kind._result_type))
    results = []
    for path in _paths():
        path.network.responses = [(200, json.dumps(wire).encode())]
        results.append(path.client.send(request))
        results.append(_as_dict(path, request, wire))
    assert all(result == results[0] for result in results)
    assert all(result.to_wire() == results[0].to_wire() for result in results)


def test_response_is_read_with_its_metadata(path: Access) -> None:
    result = create(path)
    assert result.operations[0].model_extra == {"new": [1]}
    assert result.response_metadata.request_id == "rid-1"
    assert result.response_metadata.date.isoformat() == "2026-11-23T10:00:00+00:00"


EVENTS = [
    "provide-client-params", "before-parameter-build", "before-call", "request-created",
    "choose-signer", "before-sign", "before-send", "before-parse", "response-received",
    "needs-retry", "after-call",
]  # fmt: skip


@pytest.mark.sample(1)
def test_events_are_emitted_as_by_boto3(path: Access) -> None:
    seen: list[str] = []
    for event in EVENTS:
        path.boto.meta.events.register(
            f"{event}.lightsail", lambda event=event, **_: seen.append(event)
        )
    create(path)
    assert sorted(set(seen)) == sorted(EVENTS)


@pytest.mark.parametrize(
    ("event", "argument"), [("after-call", "parsed"), ("response-received", "parsed_response")]
)
def test_hooks_see_the_parsed_response(path: Access, event: str, argument: str) -> None:
    seen: list[Any] = []
    path.boto.meta.events.register(
        f"{event}.lightsail", lambda **facts: seen.append(dict(facts[argument]))
    )
    create(path)
    shape = path.boto.meta.service_model.operation_model("CreateDiskSnapshot").output_shape
    response = {"status_code": 200, "headers": {}, "body": GOOD}
    stock = create_parser("json").parse(response, shape)
    assert seen[0]["operations"] == stock["operations"]
    assert seen[0]["ResponseMetadata"]["RequestId"] == "rid-1"


def test_hook_can_change_the_parsed_response(path: Access) -> None:
    def change(response_dict: dict[str, Any], **_: Any) -> None:
        response_dict["body"] = response_dict["body"].replace(b"Started", b"Failed")

    path.boto.meta.events.register("before-parse.lightsail", change)
    assert create(path).operations[0].status == "Failed"


@pytest.mark.sample(1)
def test_hook_can_change_the_request(path: Access) -> None:
    def change(params: dict[str, Any], **_: Any) -> None:
        params["diskSnapshotName"] = "changed"

    def add(request: Any, **_: Any) -> None:
        request.headers["X-Custom"] = "yes"

    path.boto.meta.events.register("provide-client-params.lightsail", change)
    path.boto.meta.events.register("before-sign.lightsail", add)
    create(path)
    (sent,) = path.network.requests
    assert json.loads(sent.body)["diskSnapshotName"] == "changed"
    assert "x-custom" in sent.headers["Authorization"].decode()


def test_hook_can_retry_a_request(path: Access) -> None:
    def again(attempts: int, response: Any, **_: Any) -> int | None:
        return 0 if attempts == 1 and response[1]["operations"] else None

    path.boto.meta.events.register("needs-retry.lightsail", again)
    assert create(path).response_metadata.retry_attempts == 1


def test_botocore_retries(path: Access) -> None:
    path.network.responses = [(503, b""), (200, GOOD)]
    assert create(path).response_metadata.retry_attempts == 1
    agent = path.network.requests[0].headers["User-Agent"].decode()
    assert "cfg/retry-mode#standard" in agent


def test_errors_are_those_of_boto3(path: Access) -> None:
    path.network.responses = [(400, MISSING)]
    with pytest.raises(NotFoundException) as caught:
        create(path)
    assert type(caught.value.__cause__).__name__ == "NotFoundException"


def test_wrapped_call_sees_the_response(path: Access, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[dict[str, Any]] = []
    plain: Callable[..., Any] = BaseClient._make_api_call

    def wrapped(self: Any, *args: Any) -> Any:
        result = plain(self, *args)
        seen.append(dict(result))
        return result

    monkeypatch.setattr(BaseClient, "_make_api_call", wrapped)
    create(path)
    assert seen[0]["operations"][0]["id"] == "op-1"
    assert seen[0]["ResponseMetadata"]["RetryAttempts"] == 0


def test_stubber_response_is_read(path: Access) -> None:
    with Stubber(path.boto) as stub:
        stub.add_response("get_operation", {"operation": {"id": "7", "status": "Succeeded"}})
        stub.add_client_error("get_operation", "NotFoundException", "gone", http_status_code=400)
        assert path.client.get_operation("7").operation.status == "Succeeded"
        with pytest.raises(NotFoundException, match="gone"):
            path.client.get_operation("7")
        stub.assert_no_pending_responses()


BODIES = [b"", b"<html>", b"[]", b"null", b'"text"', b"5", b"\xff\xfe", b'{"operations":[',
          b'{"operations":{}}', b'{"operations":[null]}', b'{"operations":[{"id":5}]}']  # fmt: skip


@pytest.mark.sample(8)
@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("has_hook", [False, True], ids=["unseen", "seen"])
def test_unreadable_response_raises_without_retry(
    path: Access,
    body: bytes,
    has_hook: bool,  # noqa: FBT001 - a column
) -> None:
    if has_hook:
        path.boto.meta.events.register("after-call.lightsail", lambda parsed, **_: dict(parsed))
    path.network.responses = [(200, body)]
    with pytest.raises(ResponseValidationError) as caught:
        create(path)
    assert caught.value.payload == body
    assert caught.value.may_have_executed
    assert len(path.network.requests) == 1


@pytest.mark.sample(3)
@pytest.mark.parametrize("event", ["after-call", "response-received", "needs-retry"])
def test_failing_hook_after_the_response_keeps_the_outcome(path: Access, event: str) -> None:
    def fail(**_: Any) -> None:
        raise KeyError("hook")

    path.boto.meta.events.register(f"{event}.lightsail", fail)
    with pytest.raises(OutcomeUnknownError):
        create(path)


def test_failing_hook_before_the_call_means_not_sent(path: Access) -> None:
    def fail(**_: Any) -> None:
        raise KeyError("hook")

    path.boto.meta.events.register("before-call.lightsail", fail)
    with pytest.raises(RequestNotSentError):
        create(path)


def test_nested_response_of_another_service_is_parsed(path: Access) -> None:
    """As when credentials are refreshed by a call to STS with the parsers of the same session."""
    parsers = path.boto._endpoint._response_parser_factory
    inner = {"status_code": 200, "headers": {}, "body": b'{"disk":{"name":"Disk-1"}}'}
    shape = path.boto.meta.service_model.operation_model("GetDisk").output_shape
    found: list[Any] = []

    def call_sts(**_: Any) -> None:
        found.append(parsers.create_parser("json").parse(inner, shape))

    path.boto.meta.events.register("before-sign.lightsail", call_sts)
    path.boto.meta.events.register("response-received.lightsail", call_sts)
    create(path)
    assert [type(parsed) for parsed in found] == [dict, dict]


def test_config_of_the_user_is_kept(path: Access) -> None:
    config = path.boto.meta.config
    assert config.read_timeout == 7
    assert config.retries["mode"] == "standard"
    assert config.retries["total_max_attempts"] == 3


def test_endpoint_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_LIGHTSAIL", "http://127.0.0.1:4566")
    for path in (with_session(), from_settings()):
        create(path)
        assert path.network.requests[0].url == "http://127.0.0.1:4566/"


def test_proxies_are_read_from_the_config() -> None:
    session = boto3.session.Session(**KEYS, region_name="us-east-1")
    config = Config(proxies={"https": "http://127.0.0.1:9"}, retries={"max_attempts": 0})
    with pytest.raises(RequestNotSentError, match=r"127\.0\.0\.1:9"):
        LightsailSnapClient(session=session, config=config).get_disk("Disk-1")


def test_credentials_are_read_from_the_chain(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "credentials"
    file.write_text("[p]\naws_access_key_id=FROMFILE\naws_secret_access_key=s\n"
                    "aws_session_token=t\nregion=eu-west-1\n")  # fmt: skip
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    path = Access(LightsailSnapClient(profile_name="p"))
    create(path)
    headers = path.network.requests[0].headers
    assert b"Credential=FROMFILE/" in headers["Authorization"]
    assert b"/eu-west-1/lightsail/" in headers["Authorization"]
    assert headers["X-Amz-Security-Token"] == b"t"


@pytest.mark.sample(1)
def test_custom_session_works_without_optimizations(path: Access) -> None:
    """Any object with a `client` method is a session; then there are no optimizations."""

    class Session:
        def client(self, *_: Any, **__: Any) -> Any:
            return boto3.session.Session(**KEYS).client("lightsail", region_name="us-east-1")

    other = Access(LightsailSnapClient(session=Session()))
    assert create(other) == create(path)


@pytest.mark.sample(1)
def test_every_access_raises_errors_of_the_tree(path: Access) -> None:
    path.network.responses = [OSError("cable")]
    with pytest.raises(LightsailSnapError):
        path.client.send(GetDiskSnapshotsRequest())
