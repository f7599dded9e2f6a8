"""BotoTransport with a real boto3 client and canned responses instead of the network."""

from __future__ import annotations

import contextlib
import contextvars
import datetime as dt
import os
import pickle
import ssl
import textwrap
import threading
from collections.abc import Callable
from email.utils import format_datetime, parsedate_to_datetime
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
from hypothesis import given
from hypothesis import strategies as st
from tests.support import http_response

import lightsail_snap.transport
from lightsail_snap import (
    AccountSetupInProgressException,
    ConfigurationError,
    CreateDiskSnapshotRequest,
    CredentialsRejectedError,
    DiskSource,
    GetDiskRequest,
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
from lightsail_snap._boto import exchange
from lightsail_snap._boto.transport import BotoTransport

Outcome = tuple[int, bytes] | Exception
GOOD = (200, b'{"operations":[{"id":"op-1","status":"Started","isTerminal":false,"new":[1]}]}')
URL = "https://lightsail.us-east-1.amazonaws.com/"
# Must not appear in any error.
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"  # noqa: S105 - AWS's documented example
KEY_ID = "AKIAIOSFODNN7EXAMPLE"


@cache
def _session() -> boto3.session.Session:
    """Return one session for all tests: most time to create a client goes into its data files."""
    return boto3.session.Session()


def canned(*outcomes: Outcome, **settings: Any) -> Any:
    """Return a boto3 client whose network gives these outcomes, and then repeats the last one."""
    left = list(outcomes)

    def respond(request: Any, **_: Any) -> AWSResponse:
        outcome = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(outcome, Exception):
            raise outcome
        headers = {"x-amzn-RequestId": "rid-1", "Content-Type": "application/x-amz-json-1.1"}
        return http_response(request, outcome[0], headers, outcome[1])

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
    client.meta.events.register("before-send.lightsail", respond)
    return client


@pytest.fixture(autouse=True)
def _no_retry_delays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)


def create(*outcomes: Outcome, **settings: Any) -> Any:
    client = LightsailSnapClient(canned(*outcomes, **settings))
    return client.create_disk_snapshot("db-1", DiskSource(disk_name="Disk-1"))


def expect_error(kind: type[LightsailSnapError], *outcomes: Outcome, **settings: Any) -> Any:
    with pytest.raises(kind) as caught:
        create(*outcomes, **settings)
    assert type(caught.value) is kind
    assert caught.value.__cause__ is not None
    text = f"{caught.value} {caught.value!r} {pickle.dumps(caught.value)!r}"
    assert SECRET not in text
    assert KEY_ID not in text
    return caught.value


def test_success_is_parsed_from_bytes_with_metadata() -> None:
    result = create(GOOD)
    assert result.operations[0].status == "Started"
    # botocore's own parser drops unknown fields.
    assert result.operations[0].model_extra == {"new": [1]}
    assert result.response_metadata.request_id == "rid-1"
    assert result.response_metadata.http_status == 200
    assert result.response_metadata.retry_attempts == 0


def test_metadata_after_retry_counts_retries() -> None:
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
def test_unreadable_success_raises_with_payload(body: bytes) -> None:
    with pytest.raises(ResponseValidationError) as caught:
        create((200, body))
    assert caught.value.payload == body
    assert caught.value.may_have_executed
    assert str(caught.value).isprintable()


def test_success_unreadable_for_botocore_only_is_parsed() -> None:
    # A field of a wrong type inside a known structure makes botocore's parser raise.
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


@pytest.mark.parametrize(("response", "kind", "is_retryable", "may_have_executed"), ERRORS)
def test_error_response_maps_to_exception(
    response: tuple[int, bytes],
    kind: type[ServiceError],
    is_retryable: bool,  # noqa: FBT001 - columns of the table
    may_have_executed: bool,  # noqa: FBT001 - columns of the table
) -> None:
    error = expect_error(kind, response)
    assert error.is_retryable is is_retryable
    assert error.may_have_executed is may_have_executed
    assert error.is_throttling is (kind is ThrottlingError)
    assert error.http_status == response[0]
    assert error.request_id == "rid-1"
    assert error.operation_name == "CreateDiskSnapshot"


def test_service_error_str_has_every_fact_in_one_line() -> None:
    body = (
        b'{"__type":"InvalidInputException","code":"NameExists",'
        b'"message":"Some names are already in use: db-1\\n2026-01-01 INFO forged",'
        b'"docs":"https://docs.aws.amazon.com/x","tip":"Take another."}'
    )
    error = expect_error(InvalidInputException, (400, body))
    assert str(error) == (
        r"Some names are already in use: db-1\n2026-01-01 INFO forged "
        "Take another. (operation=CreateDiskSnapshot, sub_code=NameExists, http_status=400, "
        "request_id=rid-1)"
    )
    assert (error.code, error.sub_code) == ("InvalidInputException", "NameExists")
    assert error.docs == "https://docs.aws.amazon.com/x"


def test_service_error_echoing_request_hides_credentials() -> None:
    echoed = (
        '{"__type":"InvalidSignatureException","message":"The Canonical String should have been '
        f"'POST\\nx-amz-security-token:FwoGZXIvYXdzEXAMPLE\\nCredential={KEY_ID}/20261123'\"}}"
    )
    error = expect_error(CredentialsRejectedError, (400, echoed.encode()))
    assert "FwoGZXIvYXdz" not in str(error) + error.message


LARGE = b'{"operations":[],"filler":"' + b"x" * 1000 + b'"}'


@pytest.mark.parametrize("parameter", ["session", "boto3_client"])
def test_oversized_success_is_not_parsed(parameter: str, monkeypatch: pytest.MonkeyPatch) -> None:
    argument: Any = canned((200, LARGE))
    if parameter == "session":
        argument = SimpleNamespace(client=lambda *_, boto=argument, **__: boto)
    source = DiskSource(disk_name="Disk-1")
    with LightsailSnapClient(**{parameter: argument}) as client:
        monkeypatch.setattr(exchange, "MAX_RESPONSE_BYTES", len(LARGE) - 1)
        with pytest.raises(ResponseValidationError, match=f"got {len(LARGE)} bytes") as caught:
            client.create_disk_snapshot("db-1", source)
        assert caught.value.may_have_executed
        assert caught.value.payload == LARGE
        assert caught.value.model == "CreateDiskSnapshotResult"
        monkeypatch.setattr(exchange, "MAX_RESPONSE_BYTES", len(LARGE))
        assert client.create_disk_snapshot("db-1", source).operations == ()


def test_oversized_success_keeps_only_its_beginning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(exchange, "MAX_RESPONSE_BYTES", 10_000)
    with pytest.raises(ResponseValidationError) as caught:
        create((200, b"{" * 10_001))
    assert caught.value.payload == b"{" * 4096


def test_oversized_error_is_classified_by_status(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "MAX_RESPONSE_BYTES", 100)
    large = b'{"__type":"InvalidInputException","message":"' + b"x" * 100
    assert expect_error(ServiceError, (400, large)).code == "400"
    error = expect_error(ServiceError, (503, large), attempts=2)
    assert (error.retry_attempts, error.may_have_executed) == (2, True)
    assert create((503, large), GOOD, attempts=2).operations[0].id == "op-1"


def test_max_response_size_is_64_mebibytes() -> None:
    assert exchange.MAX_RESPONSE_BYTES == 64 * 1024 * 1024


def tls_error(reason: str) -> SSLError:
    inner = ssl.SSLError(1, f"[SSL: {reason}] handshake")
    inner.reason = reason
    return SSLError(endpoint_url=URL, error=inner)


NOT_SENT = [
    EndpointConnectionError(endpoint_url=URL),
    ConnectTimeoutError(endpoint_url=URL),
    ProxyConnectionError(proxy_url="http://user:pass@proxy:3128"),
    tls_error("CERTIFICATE_VERIFY_FAILED"),
    tls_error("WRONG_VERSION_NUMBER"),
]
POSSIBLY_SENT = [
    ReadTimeoutError(endpoint_url=URL),
    ConnectionClosedError(endpoint_url=URL),
    tls_error("DECRYPTION_FAILED_OR_BAD_RECORD_MAC"),
    SSLError(endpoint_url=URL, error="eof"),
    RuntimeError("a defect in a handler"),
]


@pytest.mark.parametrize("outcome", NOT_SENT, ids=repr)
def test_connection_failure_raises_request_not_sent(outcome: Exception) -> None:
    error = expect_error(RequestNotSentError, outcome)
    assert not error.may_have_executed
    assert "user:pass" not in str(error)
    assert error.request.operation_name == error.operation_name == "CreateDiskSnapshot"


@pytest.mark.parametrize("outcome", POSSIBLY_SENT, ids=repr)
def test_lost_response_raises_outcome_unknown(outcome: Exception) -> None:
    error = expect_error(OutcomeUnknownError, outcome)
    assert error.may_have_executed
    assert error.request.to_wire() == {"diskSnapshotName": "db-1", "diskName": "Disk-1"}


def test_deeply_nested_tls_reason_raises_outcome_unknown() -> None:
    error: Exception = tls_error("CERTIFICATE_VERIFY_FAILED")
    for _ in range(10):
        error = SSLError(endpoint_url=URL, error=error)
    expect_error(OutcomeUnknownError, error)


def test_earlier_attempt_determines_outcome() -> None:
    read, refused = ReadTimeoutError(endpoint_url=URL), EndpointConnectionError(endpoint_url=URL)
    expect_error(OutcomeUnknownError, read, refused, attempts=2)
    expect_error(RequestNotSentError, refused, refused, attempts=2)
    expect_error(OutcomeUnknownError, (503, b""), refused, attempts=2)
    throttled = (400, b'{"__type":"ThrottlingException"}')
    expect_error(RequestNotSentError, throttled, refused, attempts=2)


def test_long_reason_keeps_advice() -> None:
    reason = "x" * 1000
    lost = expect_error(OutcomeUnknownError, ConnectionClosedError(endpoint_url=reason))
    assert "check for its effect before you send it again" in str(lost)
    unsent = expect_error(RequestNotSentError, EndpointConnectionError(endpoint_url=reason))
    assert "is safe to send again" in str(unsent)


LOST = ReadTimeoutError(endpoint_url=URL)
REFUSED = EndpointConnectionError(endpoint_url=URL)


@pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])
@pytest.mark.parametrize(
    ("kind", "lost"),
    [(OutcomeUnknownError, LOST), (ServiceException, (500, b'{"__type":"ServiceException"}'))],
)
def test_export_possibly_started_is_not_repeated(
    mode: str, kind: type[LightsailSnapError], lost: Outcome
) -> None:
    client = LightsailSnapClient(canned(REFUSED, lost, GOOD, mode=mode, attempts=4))
    with pytest.raises(kind) as caught:
        client.export_snapshot("db-1")
    assert caught.value.may_have_executed
    assert caught.value.__cause__ is not None
    # The next call receives GOOD, so the first one sent only two requests.
    assert client.export_snapshot("db-1").response_metadata.retry_attempts == 0


def test_export_not_sent_is_retried() -> None:
    client = LightsailSnapClient(canned(REFUSED, GOOD, attempts=2))
    assert client.export_snapshot("db-1").response_metadata.retry_attempts == 1


def test_name_conflict_after_lost_response_may_have_executed() -> None:
    taken = (400, b'{"__type":"InvalidInputException","code":"NameExists"}')
    error = expect_error(
        InvalidInputException, ReadTimeoutError(endpoint_url=URL), taken, attempts=2
    )
    assert error.may_have_executed
    assert error.retry_attempts == 1
    assert not expect_error(InvalidInputException, taken).may_have_executed


def test_credentials_expiring_between_attempts_raise_outcome_unknown() -> None:
    boto = canned((503, b""), attempts=2)
    signings: list[int] = []

    def run_out(**_: object) -> None:
        signings.append(1)
        if len(signings) > 1:
            raise NoCredentialsError

    boto.meta.events.register("before-sign.lightsail", run_out)
    with pytest.raises(OutcomeUnknownError):
        LightsailSnapClient(boto).get_disk("Disk-1")


def test_handler_failing_before_sending_raises_request_not_sent() -> None:
    boto = canned(GOOD)

    def fail(**_: object) -> None:
        raise KeyError("handler")

    boto.meta.events.register("before-call.lightsail", fail)
    with pytest.raises(RequestNotSentError):
        LightsailSnapClient(boto).get_disk("Disk-1")


def test_handler_failing_after_response_raises_outcome_unknown() -> None:
    boto = canned(GOOD)

    def fail(**_: object) -> None:
        raise KeyError("handler")

    boto.meta.events.register("after-call.lightsail", fail)
    with pytest.raises(OutcomeUnknownError) as caught:
        LightsailSnapClient(boto).create_disk_snapshot("db-1", DiskSource(disk_name="Disk-1"))
    assert isinstance(caught.value.__cause__, KeyError)


def test_library_error_raised_by_handler_is_unchanged() -> None:
    boto = canned(GOOD)
    own = ConfigurationError("own")

    def fail(**_: object) -> None:
        raise own

    boto.meta.events.register("before-call.lightsail", fail)
    with pytest.raises(ConfigurationError) as caught:
        LightsailSnapClient(boto).get_disk("Disk-1")
    assert caught.value is own


def test_missing_credentials_raise_configuration_error() -> None:
    client = LightsailSnapClient(region_name="us-east-1")
    with pytest.raises(ConfigurationError, match="set up AWS credentials"):
        client.get_disk("Disk-1")


def test_parameters_refused_by_botocore_raise_validation_error() -> None:
    boto = canned(GOOD)

    def refuse(**_: object) -> None:
        raise ParamValidationError(report="Invalid length for parameter diskName")

    boto.meta.events.register("provide-client-params.lightsail", refuse)
    with pytest.raises(RequestValidationError, match="Invalid length for parameter diskName"):
        LightsailSnapClient(boto).get_disk("Disk-1")


def test_stubbed_client_returns_result() -> None:
    boto = canned(GOOD)
    with Stubber(boto) as stub:
        stub.add_response("get_operation", {"operation": {"id": "7", "status": "Succeeded"}})
        stub.add_client_error("get_operation", "NotFoundException", "gone", http_status_code=400)
        client = LightsailSnapClient(boto)
        assert client.get_operation("7").operation.status == "Succeeded"
        with pytest.raises(NotFoundException, match="gone"):
            client.get_operation("7")


def test_bytes_and_dict_parse_to_equal_results() -> None:
    wire = {"operation": {"id": "7", "createdAt": 1479816991.349, "operationType": "CopySnapshot"}}
    body = b'{"operation":{"id":"7","createdAt":1479816991.349,"operationType":"CopySnapshot"}}'
    from_bytes = LightsailSnapClient(canned((200, body))).get_operation("7")
    boto = canned(GOOD)
    with Stubber(boto) as stub:
        stub.add_response("get_operation", wire)
        assert LightsailSnapClient(boto).get_operation("7") == from_bytes
    assert from_bytes.to_wire() == wire


def test_operation_missing_in_botocore_raises_configuration_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    boto = canned(GOOD)
    monkeypatch.delitem(boto.meta.method_to_api_mapping, "get_disk")
    with pytest.raises(ConfigurationError, match="botocore does not support GetDisk"):
        LightsailSnapClient(boto).get_disk("Disk-1")


def test_direct_call_on_same_boto3_client_is_unaffected() -> None:
    boto = canned(GOOD)
    LightsailSnapClient(boto)
    assert boto.create_disk_snapshot(diskSnapshotName="db-1", diskName="Disk-1")["operations"]


# Calls that event handlers make within a call of the library

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
    "an export": lambda boto: boto.export_snapshot(sourceSnapshotName="other"),
    "a client of the library": lambda boto: LightsailSnapClient(boto).get_disks(),
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


def outcome_facts(call: Callable[[], Any]) -> tuple[object, ...]:
    try:
        result = call()
    except LightsailSnapError as error:
        retries = getattr(error, "retry_attempts", None)
        return type(error), error.may_have_executed, retries, str(error)
    return result, result.response_metadata


class _Nesting:
    """A client whose boto3 client has a handler that makes another call within each call."""

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
        facts = outcome_facts(lambda: self.client.create_disk_snapshot("db-1", disk))
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
        return http_response(request, outcome[0], headers, outcome[1])


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
@pytest.mark.sample(20)
def test_nested_call_does_not_affect_outer_call(event: str, nested: str) -> None:
    nesting = _Nesting(event, nested)
    for outer, expected in zip(OUTER, _without_nested_calls(), strict=True):
        for inner in NESTED_RESPONSES.values():
            assert nesting.create(outer, inner) == expected
    assert nesting.calls


@pytest.mark.parametrize("nested", ["another operation", "an export", "a client of the library"])
def test_nested_call_does_not_allow_export_repetition(nested: str) -> None:
    nesting = _Nesting("response-received", nested)
    nesting.outer, nesting.inner = [(503, b""), GOOD], (503, b"")
    with pytest.raises(ServiceError) as caught:
        nesting.client.export_snapshot("db-1")
    assert caught.value.may_have_executed
    assert nesting.calls
    assert nesting.outer == [GOOD]


def test_nested_call_without_invocation_id_counts_as_attempt() -> None:
    nesting = _Nesting("before-call", "another operation")
    nesting.outer = [GOOD]

    def strip(event_name: str, **facts: Any) -> None:
        if event_name.startswith("before-send."):
            del facts["request"].headers["amz-sdk-invocation-id"]

    # botocore calls the handlers of this pattern first.
    nesting.boto.meta.events.register("*.lightsail.GetDisks", strip)
    result = nesting.client.create_disk_snapshot("db-1", DiskSource(disk_name="Disk-1"))
    assert result.response_metadata.request_id == "outer"
    assert result.response_metadata.retry_attempts == 1


CHANGES: dict[str, Callable[[dict[str, Any]], object]] = {
    "unknown field": lambda params: params["tags"][0].update(bogus=1),
    "another value": lambda params: params["tags"][0].update(value="changed"),
    "wrong type": lambda params: params["tags"][0].update(value=5),
    "another tag": lambda params: params["tags"].append({"key": "new"}),
    "no tags": lambda params: params["tags"].clear(),
    "unknown parameter": lambda params: params.update(bogus=1),
}


@pytest.mark.parametrize("way", ["boto3_client", "session", "settings"])
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.sample(8)
def test_handler_changing_parameters_acts_as_with_boto3(
    change: Callable[[dict[str, Any]], object], way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    session = boto3.session.Session(region_name="us-east-1")

    def outcome_of(boto: Any, call: Callable[[], object]) -> list[object]:
        seen: list[object] = []

        def respond(request: Any, **_: Any) -> AWSResponse:
            seen.append(request.body)
            return http_response(request, 200, {"x-amzn-RequestId": "1"}, GOOD[1])

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

    arguments: dict[str, Any] = {
        "boto3_client": {"boto3_client": session.client("lightsail")},
        "session": {"session": session},
        "settings": {"region_name": "us-east-1"},
    }[way]
    client = LightsailSnapClient(**arguments)
    transport: Any = client._transport
    plain: Any = session.client("lightsail")
    disk = DiskSource(disk_name="Disk-1")
    found = outcome_of(
        transport._client,
        lambda: client.create_disk_snapshot("db-1", disk, tags={"a": "b"}),
    )
    wire = CreateDiskSnapshotRequest(
        disk_snapshot_name="db-1", source=disk, tags={"a": "b"}
    ).to_wire
    assert found == outcome_of(plain, lambda: plain.create_disk_snapshot(**wire()))
    assert len(found) == 3


def test_two_clients_on_one_boto3_client_count_attempts_once() -> None:
    boto = canned(GOOD)
    first, second = LightsailSnapClient(boto), LightsailSnapClient(boto)
    first.close()
    first.close()
    result = second.create_disk_snapshot("db-1", DiskSource(disk_name="Disk-1"))
    assert result.response_metadata.retry_attempts == 0
    second.close()


def test_closed_client_refuses_to_send() -> None:
    boto = canned(ReadTimeoutError(endpoint_url=URL))
    with LightsailSnapClient(boto) as client:
        pass
    # Without handlers, this lost response would be reported as a request that was not sent.
    with pytest.raises(ConfigurationError, match="closed; create another one"):
        client.create_disk_snapshot("db-1", DiskSource(disk_name="Disk-1"))


def test_threads_receive_their_own_responses() -> None:
    def echo(request: Any, **_: Any) -> AWSResponse:
        name = request.body.decode().split('"')[3]
        body = f'{{"disk":{{"name":"{name}"}}}}'.encode()
        return http_response(request, 200, {"x-amzn-RequestId": name}, body)

    boto = canned(GOOD)
    boto.meta.events.register_first("before-send.lightsail", echo)
    client = LightsailSnapClient(boto)
    wrong: list[str] = []

    def get_disks(number: int) -> None:
        for turn in range(20):
            name = f"disk-{number}-{turn}"
            result = client.get_disk(name)
            if (result.disk.name, result.response_metadata.request_id) != (name, name):
                wrong.append(name)

    threads = [threading.Thread(target=get_disks, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_forked_process_drops_connections_once(
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
    # As in a thread that has waited for another one to do it.
    transport._drop_inherited_connections()
    assert closed == [-1]


def creating(**settings: Any) -> Callable[[], LightsailSnapClient]:
    return lambda: LightsailSnapClient(**settings)


@pytest.mark.parametrize(
    ("make", "advice"),
    [
        (creating(), "pass region_name=.*AWS_DEFAULT_REGION"),
        (creating(region_name="us east"), "region_name must be an AWS Region"),
        (creating(profile_name="missing"), "pass a profile_name"),
        (creating(region_name="us-east-1", endpoint_url="nowhere"), "Invalid endpoint"),
        (creating(region_name="us-east-1", config=5), "signature_version"),
        (creating(boto3_client=5), "expected a boto3 Lightsail client, not 'int'"),
        (creating(region_name="us-east-1", session=5), "client"),
        (creating(region_name="us-east-1", session=[]), "client"),
        (creating(region_name="us-east-1", wait_policy=60), "must be a WaitPolicy, not int"),
        (
            creating(region_name="us-east-1", clock=60),
            "clock must have the methods time, monotonic, sleep, unlike int",
        ),
        (creating(profile_name="a", session=boto3.session.Session()), "contradict"),
    ],
)
def test_invalid_settings_raise_configuration_error(
    make: Callable[[], object], advice: str
) -> None:
    with pytest.raises(ConfigurationError, match=advice):
        make()


def test_client_of_another_service_is_refused() -> None:
    s3 = boto3.session.Session().client("s3", region_name="us-east-1")
    with pytest.raises(ConfigurationError, match="expected a boto3 Lightsail client, not 's3'"):
        LightsailSnapClient(s3)


def test_boto3_client_with_settings_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="boto3_client, region_name contradict"):
        LightsailSnapClient(canned(GOOD), region_name="us-east-1")


def test_client_is_immutable_and_keeps_passed_client_open() -> None:
    boto = canned(GOOD)
    with LightsailSnapClient(boto) as client:
        assert repr(client) == "LightsailSnapClient(transport=BotoTransport(region='us-east-1'))"
        with pytest.raises(AttributeError, match="immutable"):
            client.region_name = "x"  # type: ignore[misc] # the test shows that it is refused
        with pytest.raises(AttributeError, match="immutable"):
            del client._transport
    assert boto.get_operation(operationId="1")
    with LightsailSnapClient(session=boto3.session.Session(), region_name="us-east-1") as client:
        assert "us-east-1" in repr(client)


def test_response_event_without_attempt_is_ignored() -> None:
    call = exchange.Exchange(GetDiskRequest(disk_name="Disk-1"))
    token = exchange.exchange_variable.set(call)
    try:
        exchange.record_outcome(None, {})
    finally:
        exchange.exchange_variable.reset(token)
    assert call.attempts == []
    assert not call.is_parsed


def test_operation_observed_twice_is_registered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    client: Any = LightsailSnapClient(canned(GOOD))
    registered: list[str] = []
    monkeypatch.setattr(
        BotoTransport, "_register", lambda _self, event, _handler: registered.append(event)
    )
    client._transport._observe("GetDisk")
    client._transport._observe("GetDisk")
    assert len(registered) == 1


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("Mon, 23 Nov 2026 10:00:05 GMT", dt.datetime(2026, 11, 23, 10, 0, 5, tzinfo=dt.UTC)),
        ("Monday, 23-Nov-26 10:00:05 GMT", dt.datetime(2026, 11, 23, 10, 0, 5, tzinfo=dt.UTC)),
        ("Mon, 23 Nov 2026 12:00:05 +0200", dt.datetime(2026, 11, 23, 10, 0, 5, tzinfo=dt.UTC)),
        ("Mon, 23 Nov 2026 10:00:05 -0000", dt.datetime(2026, 11, 23, 10, 0, 5, tzinfo=dt.UTC)),
        ("Mon, 23 Foo 2026 10:00:05 GMT", None),
        ("Mon, 99 Nov 2026 10:00:05 GMT", None),
        ("Mon, 23.11.2026  10:00:05 GMT", None),
        ("now", None),
        ("", None),
        (None, None),
    ],
)
def test_http_date_in_any_form_is_parsed(text: str | None, date: dt.datetime | None) -> None:
    assert exchange.parse_http_date(text) == date


@given(st.datetimes(dt.datetime(1970, 1, 2), dt.datetime(2300, 1, 1), timezones=st.just(dt.UTC)))  # noqa: DTZ001 - hypothesis expects naive bounds
def test_http_date_is_parsed_as_by_the_standard_library(date: dt.datetime) -> None:
    text = format_datetime(date, usegmt=True)
    assert exchange.parse_http_date(text) == parsedate_to_datetime(text)


def test_transport_example_in_docstring_works() -> None:
    _, _, indented = (lightsail_snap.transport.__doc__ or "").partition("works:\n\n")
    example, _, _ = indented.partition("\nA transport must")
    names: dict[str, Any] = {n: getattr(lightsail_snap, n) for n in lightsail_snap.__all__}
    names["Any"] = Any
    exec(textwrap.dedent(example), names)  # noqa: S102 - the package's own docstring
    assert names["client"].get_disk("Disk-1").disk.name == "Disk-1"
    with pytest.raises(RequestNotSentError, match="no response was recorded"):
        names["client"].get_disks()
