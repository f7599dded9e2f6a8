"""Mapping of responses and exceptions to errors: type, cause, no credentials."""

from __future__ import annotations

import inspect
import json
import pickle
import ssl
import string
from collections.abc import Callable, Iterable
from typing import Any

import botocore.exceptions
import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ProxyConnectionError,
    ReadTimeoutError,
    SSLError,
)
from hypothesis import example, given
from hypothesis import strategies as st

from lightsail_snap import (
    ConfigurationError,
    DiskSource,
    LightsailSnapError,
    NotFoundException,
    OutcomeUnknownError,
    RequestNotSentError,
    RequestValidationError,
    ResponseValidationError,
    ServiceError,
    ThrottlingError,
)

DISK = DiskSource(disk_name="Disk-1")
URL = "https://lightsail.us-east-1.amazonaws.com/"
OPERATION = "CreateDiskSnapshot"
NOT_SENT = (RequestNotSentError, ConfigurationError, RequestValidationError)
# Raised before anything is sent. Other exceptions may be raised afterwards.
NEVER_SENT = (EndpointConnectionError, ConnectTimeoutError, ProxyConnectionError)


def suitable(kind: type[Any]) -> Any:
    """Create an instance of an exception class of botocore."""
    if issubclass(kind, ClientError):
        return kind({"Error": {"Code": "Some", "Message": "m"}}, "CreateDiskSnapshot")
    if kind is botocore.exceptions.WaiterError:  # type: ignore[attr-defined] # not in the stubs
        return kind("name", "reason", {})
    if not hasattr(kind, "fmt"):
        return kind("text")
    fields = [name for _, name, _, _ in string.Formatter().parse(kind.fmt) if name]
    return kind(**dict.fromkeys(fields, "text"))


KINDS: list[type[Exception]] = [
    kind
    for _, kind in inspect.getmembers(botocore.exceptions, inspect.isclass)
    if issubclass(kind, Exception) and kind.__module__ == "botocore.exceptions"
]
OTHERS: list[Callable[[], Exception]] = [
    lambda: RuntimeError("x"),
    lambda: OSError(5, "x"),
    lambda: TimeoutError("x"),
    lambda: ConnectionResetError(104, "x"),
    lambda: RecursionError("x"),
    lambda: MemoryError("x"),
    lambda: ssl.SSLError(1, "x"),
    lambda: UnicodeEncodeError("ascii", "\ud800", 0, 1, "x"),
    lambda: KeyError("\ud800\n"),
    lambda: type("SSLError", (Exception,), {"__module__": "botocore.x", "kwargs": 5})("x"),
    lambda: SSLError(endpoint_url=URL, error=with_reason(["a list"])),
    lambda: SSLError(endpoint_url=URL, error=with_reason("UNSUPPORTED_PROTOCOL")),
]
MAKERS: dict[str, Callable[[], Exception]] = {
    **{kind.__name__: lambda kind=kind: suitable(kind) for kind in KINDS},  # type: ignore[misc] # the default binds it
    **{f"other {index}": make for index, make in enumerate(OTHERS)},
}
every_exception = pytest.mark.parametrize("make", MAKERS.values(), ids=list(MAKERS))


def with_reason(reason: object) -> Exception:
    error = ssl.SSLError(1, "x")
    error.reason = reason  # type: ignore[assignment] # hostile
    return error


def is_never_sent(error: Exception) -> bool:
    if isinstance(error, SSLError):
        inner = error.kwargs.get("error")
        return getattr(inner, "reason", None) == "UNSUPPORTED_PROTOCOL"
    return isinstance(error, NEVER_SENT)


def outcome(act: Callable[[], object]) -> LightsailSnapError | None:
    """Return the library error that a call raises, or None. Other exceptions fail the test."""
    error: LightsailSnapError | None = None
    try:
        act()
    except LightsailSnapError as raised:
        error = raised
    if error is not None:
        assert str(error).isprintable()
        assert str(pickle.loads(pickle.dumps(error))) == str(error)  # noqa: S301 - pickled here
    return error


def create(network: Any) -> LightsailSnapError | None:
    return outcome(lambda: network.client.create_disk_snapshot("db-1", DISK))


def read(network: Any) -> LightsailSnapError | None:
    return outcome(lambda: network.client.get_disk("Disk-1"))


@every_exception
@pytest.mark.sample(50)
def test_exception_while_sending_maps_to_transport_error(
    make: Callable[[], Exception], network: Any
) -> None:
    raised = make()
    network.outcomes = [raised]
    error = create(network)
    assert error is not None
    assert error.__cause__ is raised
    if is_never_sent(raised):
        assert type(error) is RequestNotSentError
    assert error.may_have_executed is not isinstance(error, NOT_SENT)
    if isinstance(error, NOT_SENT):
        assert is_never_sent(raised)


@every_exception
@pytest.mark.sample(50)
def test_exception_before_sending_is_not_executed(
    make: Callable[[], Exception], network: Any
) -> None:
    raised = make()
    network.fail_at("before-call.lightsail", raised)
    error = create(network)
    assert error is not None
    assert error.__cause__ is raised
    assert network.sent == 0
    assert not isinstance(error, OutcomeUnknownError)
    assert not error.may_have_executed


@every_exception
@pytest.mark.parametrize("first", [ReadTimeoutError(endpoint_url=URL), (503, b"")], ids=repr)
@pytest.mark.sample(60)
def test_exception_after_uncertain_attempt_may_have_executed(
    first: Any, make: Callable[[], Exception], retrying_network: Any
) -> None:
    raised = make()
    retrying_network.outcomes = [first, raised]
    error = create(retrying_network)
    assert error is not None
    assert retrying_network.sent == 2
    assert error.__cause__ is raised
    assert error.may_have_executed
    assert not isinstance(error, NOT_SENT)


@every_exception
@pytest.mark.sample(50)
def test_exception_after_response_may_have_executed(
    make: Callable[[], Exception], network: Any
) -> None:
    raised = make()
    network.outcomes = [(200, b'{"operations":[{"id":"1"}]}')]
    network.fail_at("after-call.lightsail", raised)
    error = create(network)
    assert error is not None
    assert error.__cause__ is raised
    assert error.may_have_executed


def test_refused_connections_are_not_sent(retrying_network: Any) -> None:
    refused = EndpointConnectionError(endpoint_url=URL)
    retrying_network.outcomes = [refused, refused]
    assert type(create(retrying_network)) is RequestNotSentError
    assert retrying_network.sent == 2


def test_library_error_in_hook_after_lost_attempt_may_have_executed(retrying_network: Any) -> None:
    raised = ConfigurationError("mine")
    retrying_network.outcomes = [ReadTimeoutError(endpoint_url=URL), raised]
    error = create(retrying_network)
    assert error is not None
    assert error.may_have_executed
    assert not isinstance(error, NOT_SENT)


def test_library_error_in_hook_is_not_its_own_cause(network: Any) -> None:
    raised = ConfigurationError("mine")
    network.fail_at("before-call.lightsail", raised)
    with pytest.raises(ConfigurationError) as caught:
        network.client.get_disk("Disk-1")
    assert caught.value.__cause__ is not caught.value
    assert str(pickle.loads(pickle.dumps(caught.value))) == "mine"  # noqa: S301 - pickled here


def test_refusal_of_another_service_while_signing_is_configuration_error(network: Any) -> None:
    # As for a role that may not be assumed.
    denied = ClientError(
        {
            "Error": {"Code": "AccessDenied", "Message": "not authorized: sts:AssumeRole"},
            "ResponseMetadata": {"HTTPStatusCode": 403, "RequestId": "sts-1"},
        },
        "AssumeRole",
    )
    network.fail_at("before-sign.lightsail", denied)
    error = create(network)
    assert network.sent == 0
    assert type(error) is ConfigurationError
    assert error.__cause__ is denied


METADATA: list[Any] = [
    {},
    {"HTTPStatusCode": "503"},
    {"HTTPStatusCode": None, "RequestId": None, "RetryAttempts": None},
    {"HTTPStatusCode": 503.5, "RequestId": 5, "RetryAttempts": "many"},
]


@pytest.mark.parametrize("metadata", METADATA)
@pytest.mark.parametrize("fields", [{}, {"Code": None}, {"Code": 5, "Message": ["x"]}])
def test_client_error_with_odd_metadata_is_service_error(
    metadata: Any, fields: Any, network: Any
) -> None:
    network.outcomes = [ClientError({"Error": fields, "ResponseMetadata": metadata}, OPERATION)]
    assert isinstance(create(network), ServiceError)


texts = st.text(st.characters(), max_size=12)
json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=6,
)
codes = st.one_of(
    st.sampled_from(
        [
            "NotFoundException",
            "ns#NotFoundException",
            "NotFoundException:http://host/path/",
            "ServiceException",
            "ThrottlingException",
            "AccessDeniedException#",
            "#",
            ":",
            "",
        ]
    ),
    texts,
)
members = {
    name: st.one_of(codes, texts, json_values)
    for name in ("__type", "code", "message", "Message", "docs", "tip")
}
bodies = st.one_of(
    st.fixed_dictionaries({}, optional=members).map(lambda fields: json.dumps(fields).encode()),
    json_values.map(lambda value: json.dumps(value).encode()),
    st.binary(max_size=30),
)


@pytest.mark.parametrize("attempts", [1, 2])
def test_error_status_with_any_body_is_service_error(
    attempts: int, network: Any, retrying_network: Any
) -> None:
    wire = network if attempts == 1 else retrying_network

    @given(st.integers(300, 599), bodies)
    @example(400, b"[" * 100_000)
    @example(500, b"")
    @example(404, b"\xff\xfe")
    @example(400, b'{"__type":' + b"9" * 5000 + b"}")
    @example(400, b'{"__type":"\\ud800","message":"\\ud800"}')
    @example(502, b"<html>" + b"x" * 1_000_000)
    @example(503, b'{"__type":"ThrottlingException"}')
    def check(status: int, body: bytes) -> None:
        wire.outcomes = [(status, body)]
        error = create(wire)
        assert isinstance(error, ServiceError)
        assert error.__cause__ is not None
        assert error.http_status == status
        assert error.operation_name == OPERATION
        assert error.request_id == "rid-1"
        assert isinstance(error.code, str)
        assert error.code
        assert 0 <= error.retry_attempts < attempts
        for text in (error.sub_code, error.docs, error.tip):
            assert text is None or isinstance(text, str)
        if 400 <= status < 500 and error.code != "ServiceException":
            assert not error.may_have_executed
        if status >= 500 and not isinstance(error, ThrottlingError):
            assert error.may_have_executed
            assert error.is_retryable

    check()


proxy_bodies = st.one_of(
    st.binary(max_size=30),
    st.fixed_dictionaries(
        {}, optional={"message": texts, "error": json_values, "code": texts | st.integers()}
    ).map(lambda fields: json.dumps(fields).encode()),
).filter(lambda body: b"Exception" not in body and b"__type" not in body)


def test_error_response_of_a_proxy_may_have_executed(network: Any) -> None:
    @given(st.integers(300, 599), proxy_bodies)
    @example(403, b"<html>Blocked by policy</html>")
    @example(403, b"")
    @example(408, b"Request Timeout")
    @example(429, b"Too Many Requests")
    @example(499, b"")
    @example(400, b'{"code":"BLOCKED","message":"no"}')
    @example(403, b'{"__type":"","message":"no"}')
    def check(status: int, body: bytes) -> None:
        network.outcomes = [(status, body, None)]
        error = create(network)
        assert isinstance(error, ServiceError)
        assert error.may_have_executed
        error = read(network)
        assert isinstance(error, ServiceError)
        assert not error.may_have_executed

    check()


@pytest.mark.parametrize(
    ("body", "request_id"),
    [
        (b"", "rid-1"),
        (b"<html></html>", "rid-1"),
        (b'{"__type":"NewException"}', None),
        (b'{"__type":"com.amazonaws.lightsail#NotFoundException"}', None),
        (b'{"code":"NotFoundException"}', None),
    ],
)
def test_refusal_of_the_service_was_not_executed(
    body: bytes, request_id: str | None, network: Any
) -> None:
    network.outcomes = [(400, body, request_id)]
    error = create(network)
    assert isinstance(error, ServiceError)
    assert not error.may_have_executed


def test_proxy_refusal_of_earlier_attempt_may_have_executed(retrying_network: Any) -> None:
    page = (429, b"<html>Too Many Requests</html>", None)
    name_exists = (400, b'{"__type":"InvalidInputException","code":"NameExists"}')
    retrying_network.outcomes = [page, name_exists]
    error = create(retrying_network)
    assert error is not None
    assert retrying_network.sent == 2
    assert error.may_have_executed


reads = st.one_of(
    st.sampled_from([make() for make in MAKERS.values()]),
    st.tuples(st.integers(200, 599), bodies, st.sampled_from(["rid-1", None])),
)


def test_read_only_request_never_may_have_executed(retrying_network: Any) -> None:
    @given(reads, reads)
    @example(ReadTimeoutError(endpoint_url=URL), ReadTimeoutError(endpoint_url=URL))
    @example((200, b"<html>"), (200, b"<html>"))
    def check(first: Any, second: Any) -> None:
        retrying_network.outcomes = [first, second]
        error = read(retrying_network)
        if error is not None:
            assert not error.may_have_executed
            assert "may have been carried out" not in str(error)

    check()


def test_throttling_any_status_was_not_executed(network: Any) -> None:
    for status in (400, 429, 503):
        network.outcomes = [(status, b'{"__type":"ThrottlingException"}')]
        error = create(network)
        assert type(error) is ThrottlingError
        assert not error.may_have_executed


@pytest.mark.parametrize(
    "declared",
    [
        "NotFoundException",
        "com.amazonaws.lightsail#NotFoundException",
        "NotFoundException:http://internal.amazon.com/coral/",
        "com.amazonaws.lightsail#NotFoundException:http://internal.amazon.com/coral/",
        "NotFoundException:http://internal.amazon.com/coral/#fragment",
    ],
)
def test_error_type_any_botocore_form_is_recognised(declared: str, network: Any) -> None:
    network.outcomes = [(400, json.dumps({"__type": declared}).encode())]
    error = create(network)
    assert type(error) is NotFoundException
    assert isinstance(error.__cause__, ClientError)
    assert error.__cause__.response["Error"]["Code"] == "NotFoundException"


def test_unreadable_success_may_have_executed(network: Any) -> None:
    @given(st.integers(200, 299), bodies)
    @example(200, b"")
    @example(204, b"")
    @example(200, b"[]")
    @example(200, b"<html></html>")
    @example(200, b"[" * 100_000)
    @example(200, b'{"operations":[{"id":"a","createdAt":1e30}]}')
    @example(200, b'{"operations":["text"]}')
    def check(status: int, body: bytes) -> None:
        network.outcomes = [(status, body)]
        error = create(network)
        if error is not None:
            assert type(error) is ResponseValidationError
            assert error.may_have_executed
            assert error.payload == body

    check()


KEY_ID = "AKIAIOSFODNN7CANARY1"
TEMPORARY_KEY_ID = "ASIAIOSFODNN7CANARY2"
TOKEN = "FwoGZXIvYXdzEKjCANARY//////////wEaDK+3="  # noqa: S105 - a canary
PASSWORD = "hunter2canary"  # noqa: S105 - a canary
CANARIES = (KEY_ID[4:], TEMPORARY_KEY_ID[4:], TOKEN[:20], PASSWORD)
ECHOES = [
    (
        f"Canonical String: 'POST\n/\n\ncontent-type:application/x-amz-json-1.1\n"
        f"host:lightsail.us-east-1.amazonaws.com\nx-amz-security-token:{TOKEN}\n\n"
        f"Credential={KEY_ID}/20261123/us-east-1/lightsail/aws4_request'"
    ),
    f"{TEMPORARY_KEY_ID}",
    f"\n{KEY_ID}\n{TEMPORARY_KEY_ID}\n",
    f"X-Amz-Credential={KEY_ID}%2F20261123&X-Amz-Security-Token={TOKEN}&X-Amz-Date=1",
    f'{{"SessionToken": "{TOKEN}", "AccessKeyId": "{KEY_ID}"}}',
    f"aws_session_token = {TOKEN}\naws_access_key_id={KEY_ID}",
    f"proxy http://user:{PASSWORD}@proxy:3128 failed",
    f"proxy http://user:p@{PASSWORD}@proxy:3128 failed",
    f"key_{KEY_ID}_x",
]


def assert_no_canary(error: LightsailSnapError, *, places: Iterable[str] = ()) -> None:
    shown = f"{error}\n{error!r}\n{pickle.dumps(error)!r}\n{''.join(places)}"
    assert [canary for canary in CANARIES if canary in shown] == []


@pytest.mark.parametrize("echo", ECHOES, ids=[str(index) for index in range(len(ECHOES))])
@pytest.mark.parametrize("member", ["message", "Message", "docs", "tip"])
def test_credentials_in_error_response_are_redacted(member: str, echo: str, network: Any) -> None:
    fields = {"__type": "InvalidSignatureException", member: echo}
    network.outcomes = [(403, json.dumps(fields).encode())]
    error = create(network)
    assert error is not None
    assert_no_canary(error)


@pytest.mark.parametrize("member", ["code", "__type"])
def test_credentials_in_error_code_are_redacted(member: str, network: Any) -> None:
    network.outcomes = [(403, json.dumps({member: TEMPORARY_KEY_ID}).encode())]
    error = create(network)
    assert error is not None
    assert_no_canary(error)


@pytest.mark.parametrize("echo", ECHOES, ids=[str(index) for index in range(len(ECHOES))])
def test_credentials_in_html_page_are_redacted(echo: str, network: Any) -> None:
    network.outcomes = [(502, f"<html>{echo}</html>".encode())]
    error = create(network)
    assert error is not None
    assert_no_canary(error)


@pytest.mark.parametrize("echo", ECHOES, ids=[str(index) for index in range(len(ECHOES))])
@pytest.mark.parametrize("kind", [ReadTimeoutError, EndpointConnectionError, ConnectTimeoutError])
def test_credentials_in_exceptions_are_redacted(kind: type[Any], echo: str, network: Any) -> None:
    network.outcomes = [kind(endpoint_url=echo)]
    error = create(network)
    assert error is not None
    assert_no_canary(error)


@pytest.mark.parametrize("echo", ECHOES[:6], ids=[str(index) for index in range(6)])
def test_unreadable_response_message_has_no_credentials(echo: str, network: Any) -> None:
    network.outcomes = [(200, echo.encode())]
    error = read(network)
    assert error is not None
    assert [canary for canary in CANARIES if canary in f"{error}{error!r}"] == []


def test_truncated_message_has_no_credentials(network: Any) -> None:
    echo = f" http://user:{PASSWORD}@proxy:3128 {KEY_ID} "
    for padding in range(4096 - len(echo), 4096):
        text = "x" * padding + echo
        for body in (json.dumps({"message": text}).encode(), f"<{text}".encode()):
            network.outcomes = [(403, body)]
            error = create(network)
            assert isinstance(error, ServiceError)
            assert PASSWORD not in error.message
            assert KEY_ID[:12] not in error.message


def test_truncated_payload_has_no_credentials(network: Any) -> None:
    echo = f" http://user:{PASSWORD}@proxy:3128 {KEY_ID} "
    for padding in range(140):
        network.outcomes = [(200, b"x" * padding + echo.encode())]
        line = str(create(network))
        assert PASSWORD not in line
        assert KEY_ID[:12] not in line
