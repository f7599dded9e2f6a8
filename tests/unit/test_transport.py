"""The way over a real boto3 client, with canned answers in the place of the network."""

from __future__ import annotations

import contextlib
import contextvars
import os
import pickle
import ssl
import threading
from collections.abc import Callable, Iterator
from functools import cache
from types import SimpleNamespace
from typing import Any

import boto3.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ProxyConnectionError,
    ReadTimeoutError,
    SSLError,
)
from botocore.stub import Stubber

from lightsail_snap import (
    AccountSetupInProgressException,
    ConfigurationError,
    CreateDiskSnapshotRequest,
    CredentialsRejectedError,
    DiskSource,
    InvalidInputException,
    LightsailSnapClient,
    LightsailSnapError,
    NotFoundException,
    OutcomeUnknownError,
    RequestNotSentError,
    RequestValidationError,
    ResponseValidationError,
    ServiceError,
    ServiceException,
    ThrottlingError,
)
from lightsail_snap._boto import transport

Outcome = tuple[int, bytes] | Exception
GOOD = (200, b'{"operations":[{"id":"op-1","status":"Started","isTerminal":false,"new":[1]}]}')
URL = "https://lightsail.us-east-1.amazonaws.com/"
# The canary in these tests: it must never be seen in an error.
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"  # noqa: S105 - AWS's documented example
KEY_ID = "AKIAIOSFODNN7EXAMPLE"


class Raw:
    def __init__(self, body: bytes) -> None:
        self.body = body

    def stream(self) -> Iterator[bytes]:
        yield self.body


@cache
def _session() -> boto3.session.Session:
    """One session for all: reading the service model takes most of a client's making."""
    return boto3.session.Session()


def canned(*outcomes: Outcome, **settings: Any) -> Any:
    """A boto3 client whose network gives these outcomes; the last one for ever."""
    left = list(outcomes)

    def answer(request: Any, **_: Any) -> AWSResponse:
        outcome = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(outcome, Exception):
            raise outcome
        headers = {"x-amzn-RequestId": "rid-1", "Content-Type": "application/x-amz-json-1.1"}
        return AWSResponse(request.url, outcome[0], headers, Raw(outcome[1]))

    client = _session().client(
        "lightsail",
        region_name="us-east-1",
        aws_access_key_id=KEY_ID,
        aws_secret_access_key=SECRET,
        config=Config(
            retries={
                "mode": settings.get("mode", "standard"),
                "max_attempts": settings.get("attempts", 1),
            }
        ),
    )
    client.meta.events.register("before-send.lightsail", answer)
    return client


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)


def create(*outcomes: Outcome, **settings: Any) -> Any:
    client = LightsailSnapClient(canned(*outcomes, **settings))
    return client.create_disk_snapshot("db-1", DiskSource(disk_name="Disk-1"))


def failure(kind: type[LightsailSnapError], *outcomes: Outcome, **settings: Any) -> Any:
    with pytest.raises(kind) as caught:
        create(*outcomes, **settings)
    assert type(caught.value) is kind
    assert caught.value.__cause__ is not None
    shown = f"{caught.value} {caught.value!r} {pickle.dumps(caught.value)!r}"
    assert SECRET not in shown
    assert KEY_ID not in shown
    return caught.value


def test_a_good_answer_is_read_from_the_bytes_with_its_metadata() -> None:
    result = create(GOOD)
    assert result.operations[0].status == "Started"
    # botocore's own parser drops what it does not know.
    assert result.operations[0].model_extra == {"new": [1]}
    assert result.response_metadata.request_id == "rid-1"
    assert result.response_metadata.http_status == 200
    assert result.response_metadata.retry_attempts == 0


def test_retries_are_counted() -> None:
    assert create((503, b""), GOOD, attempts=2).response_metadata.retry_attempts == 1


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>captive portal</html>", b"[]", b"null", b'"text"', b"5", b"\xff\xfe", b"{" * 5000,
     b'{"operations":{}}', b'{"operations":[null]}', b'{"operations":[{"id":5}]}',
     b'{"operations":[{"id":"1","createdAt":"yesterday"}]}',
     b'{"operations":[{"id":"1","createdAt":1e300}]}',
     b'{"operations":[{"id":"1","createdAt":"9999-12-31T23:59:59-12:00"}]}',
     b'{"operations":[{"id":"1","isTerminal":"maybe"}]}'],
)  # fmt: skip
def test_an_unreadable_answer_is_told_with_its_payload(body: bytes) -> None:
    with pytest.raises(ResponseValidationError) as caught:
        create((200, body))
    assert caught.value.payload == body
    assert caught.value.may_have_executed
    assert str(caught.value).isprintable()


def test_an_answer_that_only_botocore_cannot_read_is_read() -> None:
    # botocore takes a null in a list of strings or an odd number for a timestamp as it comes;
    # an unknown member of a wrong type inside a known structure makes its parser raise.
    result = create((200, b'{"operations":[{"id":"1","location":{"regionName":"xx-1"}}]}'))
    assert not result.operations[0].location.region_name.is_known


ERRORS = [
    ((400, b'{"__type":"NotFoundException","message":"no"}'), NotFoundException, False, False),
    ((400, b'{"__type":"a.b#NotFoundException:http://x"}'), NotFoundException, False, False),
    ((400, b'{"code":"NotFoundException"}'), NotFoundException, False, False),
    ((500, b'{"__type":"ServiceException"}'), ServiceException, True, True),
    ((400, b'{"__type":"AccountSetupInProgressException"}'), AccountSetupInProgressException,
     True, False),
    ((400, b'{"__type":"ThrottlingException"}'), ThrottlingError, True, False),
    ((429, b"slow down"), ThrottlingError, True, False),
    ((503, b"<html>busy</html>"), ServiceError, True, True),
    ((418, b'{"__type":"TeapotException"}'), ServiceError, False, False),
    ((400, b'{"__type":7,"message":null,"code":[],"docs":1}'), ServiceError, False, False),
    ((400, b"[]"), ServiceError, False, False),
    ((500, b'"text"'), ServiceError, True, True),
    ((400, b""), ServiceError, False, False),
    ((301, b""), ServiceError, False, True),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "kind", "is_retryable", "may_have_executed"), ERRORS)
def test_error_answers(
    answer: tuple[int, bytes],
    kind: type[ServiceError],
    is_retryable: bool,  # noqa: FBT001 - columns of the table
    may_have_executed: bool,  # noqa: FBT001 - likewise
) -> None:
    error = failure(kind, answer)
    assert error.is_retryable is is_retryable
    assert error.may_have_executed is may_have_executed
    assert error.is_throttling is (kind is ThrottlingError)
    assert error.http_status == answer[0]
    assert error.request_id == "rid-1"
    assert error.operation_name == "CreateDiskSnapshot"


def test_an_error_tells_everything_in_one_line() -> None:
    body = (
        b'{"__type":"InvalidInputException","code":"NameExists",'
        b'"message":"Some names are already in use: db-1\\n2026-01-01 INFO forged",'
        b'"docs":"https://docs.aws.amazon.com/x","tip":"Take another."}'
    )
    error = failure(InvalidInputException, (400, body))
    assert str(error) == (
        r"InvalidInputException: Some names are already in use: db-1\n2026-01-01 INFO forged "
        "Take another. (operation=CreateDiskSnapshot, sub_code=NameExists, http_status=400, "
        "request_id=rid-1)"
    )
    assert (error.code, error.sub_code) == ("InvalidInputException", "NameExists")
    assert error.docs == "https://docs.aws.amazon.com/x"


def test_an_echoed_canonical_request_loses_its_credentials() -> None:
    echoed = (
        '{"__type":"InvalidSignatureException","message":"The Canonical String should have been '
        f"'POST\\nx-amz-security-token:FwoGZXIvYXdzEXAMPLE\\nCredential={KEY_ID}/20261123'\"}}"
    )
    error = failure(CredentialsRejectedError, (400, echoed.encode()))
    assert "FwoGZXIvYXdz" not in str(error) + error.message


LARGE = b'{"operations":[],"filler":"' + b"x" * 1000 + b'"}'


@pytest.mark.parametrize("way", ["session", "boto3_client"])
def test_an_answer_that_is_too_large_is_not_read(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given: Any = canned((200, LARGE))
    if way == "session":
        given = SimpleNamespace(client=lambda *_, boto=given, **__: boto)
    source = DiskSource(disk_name="Disk-1")
    with LightsailSnapClient(**{way: given}) as client:
        monkeypatch.setattr(transport, "MAX_RESPONSE_BYTES", len(LARGE) - 1)
        with pytest.raises(ResponseValidationError, match=f"got {len(LARGE)} bytes") as caught:
            client.create_disk_snapshot("db-1", source)
        assert caught.value.may_have_executed
        assert caught.value.payload == LARGE
        assert caught.value.model == "CreateDiskSnapshotResult"
        monkeypatch.setattr(transport, "MAX_RESPONSE_BYTES", len(LARGE))
        assert client.create_disk_snapshot("db-1", source).operations == ()


def test_of_an_answer_that_is_too_large_only_the_beginning_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(transport, "MAX_RESPONSE_BYTES", 10_000)
    with pytest.raises(ResponseValidationError) as caught:
        create((200, b"{" * 10_001))
    assert caught.value.payload == b"{" * 4096


def test_an_error_that_is_too_large_is_told_by_its_status(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "MAX_RESPONSE_BYTES", 100)
    large = b'{"__type":"InvalidInputException","message":"' + b"x" * 100
    assert failure(ServiceError, (400, large)).code == "400"
    error = failure(ServiceError, (503, large), attempts=2)
    assert (error.retry_attempts, error.may_have_executed) == (2, True)
    assert create((503, large), GOOD, attempts=2).operations[0].id == "op-1"


def test_sixty_four_megabytes_are_too_much() -> None:
    assert transport.MAX_RESPONSE_BYTES == 64 * 1024 * 1024


def handshake(reason: str) -> SSLError:
    inner = ssl.SSLError(1, f"[SSL: {reason}] handshake")
    inner.reason = reason
    return SSLError(endpoint_url=URL, error=inner)


NOT_SENT = [
    EndpointConnectionError(endpoint_url=URL),
    ConnectTimeoutError(endpoint_url=URL),
    ProxyConnectionError(proxy_url="http://user:pass@proxy:3128"),
    handshake("CERTIFICATE_VERIFY_FAILED"),
    handshake("WRONG_VERSION_NUMBER"),
]
PERHAPS_SENT = [
    ReadTimeoutError(endpoint_url=URL),
    ConnectionClosedError(endpoint_url=URL),
    handshake("DECRYPTION_FAILED_OR_BAD_RECORD_MAC"),
    SSLError(endpoint_url=URL, error="eof"),
    RuntimeError("a bug in somebody's hook"),
]


@pytest.mark.parametrize("outcome", NOT_SENT, ids=repr)
def test_what_was_surely_not_sent(outcome: Exception) -> None:
    error = failure(RequestNotSentError, outcome)
    assert not error.may_have_executed
    assert "user:pass" not in str(error)
    assert error.request.operation_name == error.operation_name == "CreateDiskSnapshot"


@pytest.mark.parametrize("outcome", PERHAPS_SENT, ids=repr)
def test_what_may_have_been_sent(outcome: Exception) -> None:
    error = failure(OutcomeUnknownError, outcome)
    assert error.may_have_executed
    assert error.request.to_wire() == {"diskSnapshotName": "db-1", "diskName": "Disk-1"}


def test_a_reason_that_lies_too_deep_proves_nothing() -> None:
    error: Exception = handshake("CERTIFICATE_VERIFY_FAILED")
    for _ in range(10):
        error = SSLError(endpoint_url=URL, error=error)
    failure(OutcomeUnknownError, error)


def test_an_earlier_attempt_that_may_have_been_sent_counts() -> None:
    read, refused = ReadTimeoutError(endpoint_url=URL), EndpointConnectionError(endpoint_url=URL)
    failure(OutcomeUnknownError, read, refused, attempts=2)
    failure(RequestNotSentError, refused, refused, attempts=2)
    failure(OutcomeUnknownError, (503, b""), refused, attempts=2)
    throttled = (400, b'{"__type":"ThrottlingException"}')
    failure(RequestNotSentError, throttled, refused, attempts=2)


def test_the_advice_is_not_cut_off_when_the_reason_is_long() -> None:
    reason = "x" * 1000
    lost = failure(OutcomeUnknownError, ConnectionClosedError(endpoint_url=reason))
    assert "check its effect before you send it again" in str(lost)
    unsent = failure(RequestNotSentError, EndpointConnectionError(endpoint_url=reason))
    assert "it is safe to send it again" in str(unsent)


LOST = ReadTimeoutError(endpoint_url=URL)
REFUSED = EndpointConnectionError(endpoint_url=URL)


@pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])
@pytest.mark.parametrize(
    ("kind", "lost"),
    [(OutcomeUnknownError, LOST), (ServiceException, (500, b'{"__type":"ServiceException"}'))],
)
def test_an_export_that_may_have_been_begun_is_not_begun_again(
    mode: str, kind: type[LightsailSnapError], lost: Outcome
) -> None:
    client = LightsailSnapClient(canned(REFUSED, lost, GOOD, mode=mode, attempts=4))
    with pytest.raises(kind) as caught:
        client.export_snapshot("db-1")
    assert caught.value.may_have_executed
    assert caught.value.__cause__ is not None
    # Only the two that were to be sent were sent.
    assert client.export_snapshot("db-1").response_metadata.retry_attempts == 0


def test_an_export_that_was_surely_not_begun_is_sent_again() -> None:
    client = LightsailSnapClient(canned(REFUSED, GOOD, attempts=2))
    assert client.export_snapshot("db-1").response_metadata.retry_attempts == 1


def test_a_name_in_use_after_a_lost_reply_tells_that_it_may_be_our_own() -> None:
    taken = (400, b'{"__type":"InvalidInputException","code":"NameExists"}')
    error = failure(InvalidInputException, ReadTimeoutError(endpoint_url=URL), taken, attempts=2)
    assert error.may_have_executed
    assert error.retry_attempts == 1
    assert not failure(InvalidInputException, taken).may_have_executed


def test_credentials_that_run_out_between_attempts_leave_the_outcome_unknown() -> None:
    boto = canned((503, b""), attempts=2)
    signings: list[int] = []

    def run_out(**_: object) -> None:
        signings.append(1)
        if len(signings) > 1:
            raise NoCredentialsError

    boto.meta.events.register("before-sign.lightsail", run_out)
    with pytest.raises(OutcomeUnknownError):
        LightsailSnapClient(boto).get_disk("Disk-1")


def test_a_hook_that_fails_before_anything_is_sent() -> None:
    boto = canned(GOOD)

    def fail(**_: object) -> None:
        raise KeyError("hook")

    boto.meta.events.register("before-call.lightsail", fail)
    with pytest.raises(RequestNotSentError):
        LightsailSnapClient(boto).get_disk("Disk-1")


def test_a_hook_that_fails_after_the_answer_hides_no_outcome() -> None:
    boto = canned(GOOD)

    def fail(**_: object) -> None:
        raise KeyError("hook")

    boto.meta.events.register("after-call.lightsail", fail)
    with pytest.raises(OutcomeUnknownError) as caught:
        LightsailSnapClient(boto).create_disk_snapshot("db-1", DiskSource(disk_name="Disk-1"))
    assert isinstance(caught.value.__cause__, KeyError)


def test_an_error_of_ours_that_a_hook_raises_stays_what_it_is() -> None:
    boto = canned(GOOD)
    mine = ConfigurationError("mine")

    def fail(**_: object) -> None:
        raise mine

    boto.meta.events.register("before-call.lightsail", fail)
    with pytest.raises(ConfigurationError) as caught:
        LightsailSnapClient(boto).get_disk("Disk-1")
    assert caught.value is mine


def test_no_credentials() -> None:
    client = LightsailSnapClient(region_name="us-east-1")
    with pytest.raises(ConfigurationError, match="set up AWS credentials"):
        client.get_disk("Disk-1")


def test_parameters_that_botocore_refuses() -> None:
    boto = canned(GOOD)

    def refuse(**_: object) -> None:
        raise ParamValidationError(report="Invalid length for parameter diskName")

    boto.meta.events.register("provide-client-params.lightsail", refuse)
    with pytest.raises(RequestValidationError, match="Invalid length for parameter diskName"):
        LightsailSnapClient(boto).get_disk("Disk-1")


def test_a_stubbed_client_answers_with_a_dict() -> None:
    boto = canned(GOOD)
    with Stubber(boto) as stub:
        stub.add_response("get_operation", {"operation": {"id": "7", "status": "Succeeded"}})
        stub.add_client_error("get_operation", "NotFoundException", "gone", http_status_code=400)
        client = LightsailSnapClient(boto)
        assert client.get_operation("7").operation.status == "Succeeded"
        with pytest.raises(NotFoundException, match="gone"):
            client.get_operation("7")


def test_bytes_and_dict_give_equal_results() -> None:
    wire = {"operation": {"id": "7", "createdAt": 1479816991.349, "operationType": "CopySnapshot"}}
    body = b'{"operation":{"id":"7","createdAt":1479816991.349,"operationType":"CopySnapshot"}}'
    from_bytes = LightsailSnapClient(canned((200, body))).get_operation("7")
    boto = canned(GOOD)
    with Stubber(boto) as stub:
        stub.add_response("get_operation", wire)
        assert LightsailSnapClient(boto).get_operation("7") == from_bytes
    assert from_bytes.to_wire() == wire


def test_an_operation_that_botocore_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    boto = canned(GOOD)
    monkeypatch.delitem(boto.meta.method_to_api_mapping, "get_disk")
    with pytest.raises(ConfigurationError, match="this botocore knows no GetDisk"):
        LightsailSnapClient(boto).get_disk("Disk-1")


def test_other_calls_on_the_same_boto3_client_are_left_alone() -> None:
    boto = canned(GOOD)
    LightsailSnapClient(boto)
    assert boto.create_disk_snapshot(diskSnapshotName="db-1", diskName="Disk-1")["operations"]


# Calls that event handlers make within ours

EVENTS = [
    "provide-client-params", "before-parameter-build", "before-call", "request-created",
    "choose-signer", "before-sign", "before-send", "before-parse", "response-received",
    "needs-retry", "after-call",
]  # fmt: skip


@cache
def _other_client() -> LightsailSnapClient:
    return LightsailSnapClient(canned((200, b"{}")))


NESTED: dict[str, Callable[[Any], object]] = {
    "another operation": lambda boto: boto.get_disks(),
    "the same operation": lambda boto: boto.create_disk_snapshot(
        diskSnapshotName="other", diskName="Disk-2"
    ),
    "our own client": lambda boto: LightsailSnapClient(boto).get_disks(),
    "another client of the service": lambda _: _other_client().get_disks(),
    "another thread": lambda boto: _in_thread(boto.get_disks),
}
NESTED_RESPONSES: dict[str, Outcome] = {
    "success": (200, b"{}"),
    "refused": (400, b'{"__type":"NotFoundException"}'),
    "failed": (503, b""),
    "lost": ReadTimeoutError(endpoint_url=URL),
    "unreadable": (200, b"<html>"),
}


def _in_thread(call: Callable[[], object]) -> None:
    # In a copy of this context, as asyncio.to_thread does.
    context = contextvars.copy_context()
    thread = threading.Thread(target=lambda: context.run(_quietly, call))
    thread.start()
    thread.join()


def _quietly(call: Callable[[], object]) -> None:
    with contextlib.suppress(Exception):
        call()


def _facts(call: Callable[[], Any]) -> tuple[object, ...]:
    try:
        result = call()
    except LightsailSnapError as error:
        retries = getattr(error, "retry_attempts", None)
        return type(error), error.may_have_executed, retries, str(error)
    return result, result.response_metadata


class _Nesting:
    """A boto3 client with a handler that makes another call within ours."""

    def __init__(self, event: str, nested: str) -> None:
        self.depth = self.calls = 0
        self.nested = nested
        self.inner: Outcome = GOOD
        self.outer: list[Outcome] = []
        self.boto = canned(GOOD, mode="legacy", attempts=1)
        self.boto.meta.events.register_first("before-send.lightsail", self._respond)
        self.boto.meta.events.register(f"{event}.lightsail", self._nest)
        self.client = LightsailSnapClient(self.boto)

    def create(self, outer: list[Outcome], inner: Outcome) -> tuple[object, ...]:
        self.outer, self.inner = list(outer), inner
        disk = DiskSource(disk_name="Disk-1")
        facts = _facts(lambda: self.client.create_disk_snapshot("db-1", disk))
        assert self.outer == []
        return facts

    def _nest(self, **_: Any) -> None:
        if self.depth == 0:
            self.depth, self.calls = 1, self.calls + 1
            _quietly(lambda: NESTED[self.nested](self.boto))
            self.depth = 0

    def _respond(self, request: Any, **_: Any) -> AWSResponse:
        outcome = self.inner if self.depth else self.outer.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        headers = {"x-amzn-RequestId": "inner" if self.depth else "outer"}
        return AWSResponse(request.url, outcome[0], headers, Raw(outcome[1]))


OUTER: list[list[Outcome]] = [
    [GOOD],
    [(400, b'{"__type":"NotFoundException"}')],
    [(503, b""), GOOD],
    [ReadTimeoutError(endpoint_url=URL), (400, b'{"__type":"NotFoundException"}')],
    [EndpointConnectionError(endpoint_url=URL), EndpointConnectionError(endpoint_url=URL)],
]


@cache
def _without_nested_calls() -> list[tuple[object, ...]]:
    plain = _Nesting("no-such-event", "another operation")
    return [plain.create(outer, GOOD) for outer in OUTER]


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("nested", NESTED)
def test_calls_that_handlers_make_leave_ours_alone(event: str, nested: str) -> None:
    nesting = _Nesting(event, nested)
    for outer, expected in zip(OUTER, _without_nested_calls(), strict=True):
        for inner in NESTED_RESPONSES.values():
            assert nesting.create(outer, inner) == expected
    assert nesting.calls


@pytest.mark.parametrize("nested", ["another operation", "our own client"])
def test_a_nested_call_does_not_let_an_export_be_repeated(nested: str) -> None:
    nesting = _Nesting("response-received", nested)
    nesting.outer, nesting.inner = [(503, b""), GOOD], (503, b"")
    with pytest.raises(ServiceError) as caught:
        nesting.client.export_snapshot("db-1")
    assert caught.value.may_have_executed
    assert nesting.calls
    assert nesting.outer == [GOOD]


def test_a_nested_call_without_an_invocation_id_counts_as_ours() -> None:
    nesting = _Nesting("before-call", "another operation")
    nesting.outer = [GOOD]

    def strip(event_name: str, **facts: Any) -> None:
        if event_name.startswith("before-send."):
            del facts["request"].headers["amz-sdk-invocation-id"]

    # The handlers of this pattern are the first of all.
    nesting.boto.meta.events.register("*.lightsail.GetDisks", strip)
    result = nesting.client.create_disk_snapshot("db-1", DiskSource(disk_name="Disk-1"))
    assert result.response_metadata.request_id == "outer"
    assert result.response_metadata.retry_attempts == 1


CHANGES: dict[str, Callable[[dict[str, Any]], object]] = {
    "unknown member": lambda params: params["tags"][0].update(bogus=1),
    "another value": lambda params: params["tags"][0].update(value="changed"),
    "wrong type": lambda params: params["tags"][0].update(value=5),
    "another tag": lambda params: params["tags"].append({"key": "new"}),
    "no tags": lambda params: params["tags"].clear(),
    "unknown parameter": lambda params: params.update(bogus=1),
}


@pytest.mark.parametrize("way", ["injected", "session", "own"])
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_changes_that_handlers_make_have_the_effect_they_have_with_boto3(
    change: Callable[[dict[str, Any]], object], way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    session = boto3.session.Session(region_name="us-east-1")

    def outcome_of(boto: Any, call: Callable[[], object]) -> list[object]:
        seen: list[object] = []

        def respond(request: Any, **_: Any) -> AWSResponse:
            seen.append(request.body)
            return AWSResponse(request.url, 200, {"x-amzn-RequestId": "1"}, Raw(GOOD[1]))

        def tamper(params: dict[str, Any], **_: Any) -> None:
            change(params)

        boto.meta.events.register("before-send.lightsail", respond)
        call()
        boto.meta.events.register("provide-client-params.lightsail", tamper)
        for _ in range(2):
            try:
                call()
            except LightsailSnapError as error:
                seen.append(str(error.__cause__))
            except ParamValidationError as error:
                seen.append(str(error))
        return seen

    given: dict[str, Any] = {
        "injected": {"boto3_client": session.client("lightsail")},
        "session": {"session": session},
        "own": {"region_name": "us-east-1"},
    }[way]
    client = LightsailSnapClient(**given)
    transport: Any = client._transport
    plain: Any = session.client("lightsail")
    disk = DiskSource(disk_name="Disk-1")
    ours = outcome_of(
        transport._client,
        lambda: client.create_disk_snapshot("db-1", disk, tags={"a": "b"}),
    )
    wire = CreateDiskSnapshotRequest(
        disk_snapshot_name="db-1", source=disk, tags={"a": "b"}
    ).to_wire
    assert ours == outcome_of(plain, lambda: plain.create_disk_snapshot(**wire()))
    assert len(ours) == 3


def test_two_clients_on_one_boto3_client_count_once_and_part_cleanly() -> None:
    boto = canned(GOOD)
    first, second = LightsailSnapClient(boto), LightsailSnapClient(boto)
    first.close()
    first.close()
    result = second.create_disk_snapshot("db-1", DiskSource(disk_name="Disk-1"))
    assert result.response_metadata.retry_attempts == 0
    second.close()


def test_a_closed_client_sends_nothing() -> None:
    boto = canned(ReadTimeoutError(endpoint_url=URL))
    with LightsailSnapClient(boto) as client:
        pass
    # Unheard, this lost reply would pass for a request that was not sent.
    with pytest.raises(ConfigurationError, match="closed; make another one"):
        client.create_disk_snapshot("db-1", DiskSource(disk_name="Disk-1"))


def test_threads_do_not_see_each_others_answers() -> None:
    def echo(request: Any, **_: Any) -> AWSResponse:
        name = request.body.decode().split('"')[3]
        body = f'{{"disk":{{"name":"{name}"}}}}'.encode()
        return AWSResponse(request.url, 200, {"x-amzn-RequestId": name}, Raw(body))

    boto = canned(GOOD)
    boto.meta.events.register_first("before-send.lightsail", echo)
    client = LightsailSnapClient(boto)
    wrong: list[str] = []

    def look(number: int) -> None:
        for turn in range(20):
            name = f"disk-{number}-{turn}"
            result = client.get_disk(name)
            if (result.disk.name, result.response_metadata.request_id) != (name, name):
                wrong.append(name)

    threads = [threading.Thread(target=look, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_forked_child_lets_go_of_its_parents_connections_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    boto = canned(GOOD)
    closed: list[int] = []
    monkeypatch.setattr(boto, "close", lambda: closed.append(os.getpid()))
    client, disk = LightsailSnapClient(boto), DiskSource(disk_name="Disk-1")
    client.create_disk_snapshot("db-1", disk)
    assert closed == []
    monkeypatch.setattr(os, "getpid", lambda: -1)
    client.create_disk_snapshot("db-1", disk)
    client.create_disk_snapshot("db-1", disk)
    transport: Any = client._transport
    # As a thread that has waited for another one to do it.
    transport._part_from_the_parent()
    assert closed == [-1]


def constructed(**settings: Any) -> Callable[[], LightsailSnapClient]:
    return lambda: LightsailSnapClient(**settings)


@pytest.mark.parametrize(
    ("make", "advice"),
    [
        (constructed(), "pass region_name=.*AWS_DEFAULT_REGION"),
        (constructed(region_name="us east"), "region_name must be an AWS Region"),
        (constructed(profile_name="nobody"), "pass a profile_name"),
        (constructed(region_name="us-east-1", endpoint_url="nowhere"), "Invalid endpoint"),
        (constructed(region_name="us-east-1", config=5), "signature_version"),
        (constructed(boto3_client=5), "Lightsail client is wanted, not 'int'"),
        (constructed(region_name="us-east-1", session=5), "client"),
        (constructed(region_name="us-east-1", session=[]), "client"),
        (constructed(region_name="us-east-1", wait_policy=60), "must be a WaitPolicy, not int"),
        (constructed(region_name="us-east-1", clock=60), "clock must tell the time"),
        (constructed(profile_name="a", session=boto3.session.Session()), "contradict"),
    ],
)
def test_settings_that_cannot_work(make: Callable[[], object], advice: str) -> None:
    with pytest.raises(ConfigurationError, match=advice):
        make()


def test_a_client_of_another_service_is_refused() -> None:
    s3 = boto3.session.Session().client("s3", region_name="us-east-1")
    with pytest.raises(ConfigurationError, match="Lightsail client is wanted, not 's3'"):
        LightsailSnapClient(s3)


def test_ways_to_connect_exclude_each_other() -> None:
    with pytest.raises(ConfigurationError, match="boto3_client, region_name contradict"):
        LightsailSnapClient(canned(GOOD), region_name="us-east-1")


def test_a_client_is_immutable_and_closes_only_what_it_opened() -> None:
    boto = canned(GOOD)
    with LightsailSnapClient(boto) as client:
        assert repr(client) == "LightsailSnapClient(transport=BotoTransport(region='us-east-1'))"
        with pytest.raises(AttributeError, match="immutable"):
            client.region_name = "x"  # type: ignore[attr-defined] # what is shown to be refused
        with pytest.raises(AttributeError, match="immutable"):
            del client._transport
    assert boto.get_operation(operationId="1")
    with LightsailSnapClient(session=boto3.session.Session(), region_name="us-east-1") as client:
        assert "us-east-1" in repr(client)
