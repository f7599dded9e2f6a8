"""Clients that were handed in and clients of our own: the same results, errors and hooks."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
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
    """Answers in the place of the network."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, bytes] | Exception] = [(200, GOOD)]
        self.requests: list[Any] = []

    def __call__(self, request: Any, **_: Any) -> AWSResponse:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        headers = {"x-amzn-RequestId": "rid-1", "Date": "Mon, 23 Nov 2026 10:00:00 GMT"}
        return AWSResponse(request.url, answer[0], headers, _Raw(answer[1]))


class _Raw:
    def __init__(self, body: bytes) -> None:
        self.body = body

    def stream(self) -> Iterator[bytes]:
        yield self.body


class Path:
    """A client by one of the ways, the boto3 client below it, and its network."""

    def __init__(self, client: LightsailSnapClient) -> None:
        self.client = client
        self.boto: Any = client._transport._client  # type: ignore[attr-defined] # the boto3 client
        self.network = Network()
        self.boto.meta.events.register(EVENT, self.network)


CONFIG = {"retries": {"mode": "standard", "max_attempts": 2}, "read_timeout": 7}


def handed_in() -> Path:
    session = boto3.session.Session(**KEYS, region_name="us-east-1")
    return Path(LightsailSnapClient(session.client("lightsail", config=Config(**CONFIG))))


def with_session() -> Path:
    session = boto3.session.Session(**KEYS, region_name="us-east-1")
    return Path(LightsailSnapClient(session=session, config=Config(**CONFIG)))


def of_our_own() -> Path:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in KEYS.items():
            patch.setenv(name.upper(), value)
        return Path(LightsailSnapClient(region_name="us-east-1", config=Config(**CONFIG)))


WAYS = [handed_in, with_session, of_our_own]


@pytest.fixture(params=WAYS, ids=lambda way: way.__name__)
def path(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    made: Path = request.param()
    return made


def create(path: Path) -> Any:
    return path.client.create_disk_snapshot("db-1", DiskSource(disk_name="Disk-1"))


@cache
def _paths() -> tuple[Path, ...]:
    return tuple(way() for way in WAYS)


REQUESTS: list[type[Request[Any]]] = [
    kind
    for kind in models.exported().values()
    if isinstance(kind, type) and issubclass(kind, Request) and hasattr(kind, "operation_name")
]


def _as_dict(path: Path, request: Request[Any], wire: dict[str, Any]) -> Result:
    """Have a hook answer with a dict, as instrumentation and stubs do."""

    def answer(**_: Any) -> tuple[Any, dict[str, Any]]:
        return AWSResponse("", 200, {}, None), json.loads(json.dumps(wire))

    path.boto.meta.events.register_first("before-call.lightsail", answer)
    try:
        result: Result = path.client.send(request)
    finally:
        path.boto.meta.events.unregister("before-call.lightsail", answer)
    return result


@pytest.mark.sample(4)
@pytest.mark.parametrize("kind", REQUESTS, ids=lambda kind: kind.operation_name)
@given(data=st.data())
@settings(max_examples=10)
def test_bytes_and_botocores_dict_give_equal_results_by_every_way(
    kind: type[Request[Any]], data: st.DataObject
) -> None:
    request = data.draw(st.from_type(kind))
    wire = data.draw(wire_dicts(kind._result_type))
    results = []
    for path in _paths():
        path.network.answers = [(200, json.dumps(wire).encode())]
        results.append(path.client.send(request))
        results.append(_as_dict(path, request, wire))
    assert all(result == results[0] for result in results)
    assert all(result.to_wire() == results[0].to_wire() for result in results)


def test_a_good_answer_is_read_with_its_metadata(path: Path) -> None:
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
def test_every_event_is_told_as_by_boto3(path: Path) -> None:
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
def test_hooks_see_the_answer_that_botocore_parses(path: Path, event: str, argument: str) -> None:
    seen: list[Any] = []
    path.boto.meta.events.register(
        f"{event}.lightsail", lambda **facts: seen.append(dict(facts[argument]))
    )
    create(path)
    shape = path.boto.meta.service_model.operation_model("CreateDiskSnapshot").output_shape
    answer = {"status_code": 200, "headers": {}, "body": GOOD}
    stock = create_parser("json").parse(answer, shape)
    assert seen[0]["operations"] == stock["operations"]
    assert seen[0]["ResponseMetadata"]["RequestId"] == "rid-1"


def test_a_hook_may_change_what_is_parsed(path: Path) -> None:
    def change(response_dict: dict[str, Any], **_: Any) -> None:
        response_dict["body"] = response_dict["body"].replace(b"Started", b"Failed")

    path.boto.meta.events.register("before-parse.lightsail", change)
    assert create(path).operations[0].status == "Failed"


@pytest.mark.sample(1)
def test_a_hook_may_change_what_is_sent(path: Path) -> None:
    def change(params: dict[str, Any], **_: Any) -> None:
        params["diskSnapshotName"] = "changed"

    def add(request: Any, **_: Any) -> None:
        request.headers["X-Ours"] = "yes"

    path.boto.meta.events.register("provide-client-params.lightsail", change)
    path.boto.meta.events.register("before-sign.lightsail", add)
    create(path)
    (sent,) = path.network.requests
    assert json.loads(sent.body)["diskSnapshotName"] == "changed"
    assert "x-ours" in sent.headers["Authorization"].decode()


def test_a_hook_may_have_an_answer_asked_for_again(path: Path) -> None:
    def again(attempts: int, response: Any, **_: Any) -> int | None:
        return 0 if attempts == 1 and response[1]["operations"] else None

    path.boto.meta.events.register("needs-retry.lightsail", again)
    assert create(path).response_metadata.retry_attempts == 1


def test_botocore_retries(path: Path) -> None:
    path.network.answers = [(503, b""), (200, GOOD)]
    assert create(path).response_metadata.retry_attempts == 1
    agent = path.network.requests[0].headers["User-Agent"].decode()
    assert "cfg/retry-mode#standard" in agent


def test_errors_are_the_same(path: Path) -> None:
    path.network.answers = [(400, MISSING)]
    with pytest.raises(NotFoundException) as caught:
        create(path)
    assert type(caught.value.__cause__).__name__ == "NotFoundException"


def test_instrumentation_that_wraps_the_call_sees_the_answer(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
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


def test_a_stubber_answers(path: Path) -> None:
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
@pytest.mark.parametrize("looks", [False, True], ids=["unseen", "looked at"])
def test_an_unreadable_answer_is_told_and_not_asked_for_again(
    path: Path,
    body: bytes,
    looks: bool,  # noqa: FBT001 - a column
) -> None:
    if looks:
        path.boto.meta.events.register("after-call.lightsail", lambda parsed, **_: dict(parsed))
    path.network.answers = [(200, body)]
    with pytest.raises(ResponseValidationError) as caught:
        create(path)
    assert caught.value.payload == body
    assert caught.value.may_have_executed
    assert len(path.network.requests) == 1


@pytest.mark.sample(3)
@pytest.mark.parametrize("event", ["after-call", "response-received", "needs-retry"])
def test_a_hook_that_fails_after_the_answer_hides_no_outcome(path: Path, event: str) -> None:
    def fail(**_: Any) -> None:
        raise KeyError("hook")

    path.boto.meta.events.register(f"{event}.lightsail", fail)
    with pytest.raises(OutcomeUnknownError):
        create(path)


def test_a_hook_that_fails_before_the_call_shows_that_nothing_was_sent(path: Path) -> None:
    def fail(**_: Any) -> None:
        raise KeyError("hook")

    path.boto.meta.events.register("before-call.lightsail", fail)
    with pytest.raises(RequestNotSentError):
        create(path)


def test_an_answer_in_between_from_another_service_is_parsed(path: Path) -> None:
    """As when credentials are refreshed by a call to STS with the parsers of the same session."""
    parsers = path.boto._endpoint._response_parser_factory
    inner = {"status_code": 200, "headers": {}, "body": b'{"disk":{"name":"Disk-1"}}'}
    shape = path.boto.meta.service_model.operation_model("GetDisk").output_shape
    found: list[Any] = []

    def ask(**_: Any) -> None:
        found.append(parsers.create_parser("json").parse(inner, shape))

    path.boto.meta.events.register("before-sign.lightsail", ask)
    path.boto.meta.events.register("response-received.lightsail", ask)
    create(path)
    assert [type(parsed) for parsed in found] == [dict, dict]


def test_the_users_config_stays(path: Path) -> None:
    config = path.boto.meta.config
    assert config.read_timeout == 7
    assert config.retries["mode"] == "standard"
    assert config.retries["total_max_attempts"] == 3


def test_endpoints_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_LIGHTSAIL", "http://127.0.0.1:4566")
    for path in (with_session(), of_our_own()):
        create(path)
        assert path.network.requests[0].url == "http://127.0.0.1:4566/"


def test_proxies_come_from_the_config() -> None:
    session = boto3.session.Session(**KEYS, region_name="us-east-1")
    config = Config(proxies={"https": "http://127.0.0.1:9"}, retries={"max_attempts": 0})
    with pytest.raises(RequestNotSentError, match=r"127\.0\.0\.1:9"):
        LightsailSnapClient(session=session, config=config).get_disk("Disk-1")


def test_credentials_come_from_the_chain(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "credentials"
    file.write_text("[p]\naws_access_key_id=FROMFILE\naws_secret_access_key=s\n"
                    "aws_session_token=t\nregion=eu-west-1\n")  # fmt: skip
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    path = Path(LightsailSnapClient(profile_name="p"))
    create(path)
    headers = path.network.requests[0].headers
    assert b"Credential=FROMFILE/" in headers["Authorization"]
    assert b"/eu-west-1/lightsail/" in headers["Authorization"]
    assert headers["X-Amz-Security-Token"] == b"t"


@pytest.mark.sample(1)
def test_another_kind_of_session_will_do(path: Path) -> None:
    """Whatever has a method that makes clients; without the parts that are sped up, all works."""

    class Session:
        def client(self, *_: Any, **__: Any) -> Any:
            return boto3.session.Session(**KEYS).client("lightsail", region_name="us-east-1")

    other = Path(LightsailSnapClient(session=Session()))
    assert create(other) == create(path)


@pytest.mark.sample(1)
def test_errors_of_all_ways_are_ours(path: Path) -> None:
    path.network.answers = [OSError("cable")]
    with pytest.raises(LightsailSnapError):
        path.client.send(GetDiskSnapshotsRequest())
