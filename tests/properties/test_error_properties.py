"""Errors can be pickled and copied, and their message is one bounded, printable line."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from hypothesis import example, given
from hypothesis import strategies as st

from lightsail_snap import (
    CreateDiskSnapshotRequest,
    DiskSnapshot,
    DiskSource,
    LightsailSnapError,
    NameConflictError,
    Operation,
    PaginationError,
    PartialFailureError,
    RequestValidationError,
    ResponseValidationError,
    SerializedCause,
    ServiceError,
    SnapshotConflictError,
    TransportError,
    Violation,
    WaitError,
    errors,
)

REQUEST = CreateDiskSnapshotRequest(
    disk_snapshot_name="db-1", source=DiskSource(disk_name="Disk-1"), tags={"env": "prod"}
)
OPERATION = Operation.from_wire({"id": "1", "status": "Failed", "errorCode": "E", "new": [1]})
SNAPSHOT = DiskSnapshot.from_wire({"name": "db-1", "state": "new"})
LONGEST = 20_000


def subclasses(kind: type[LightsailSnapError]) -> list[type[LightsailSnapError]]:
    below = [deep for child in kind.__subclasses__() for deep in subclasses(child)]
    return [kind, *below]


KINDS = [kind for kind in subclasses(LightsailSnapError) if kind.__module__ == errors.__name__]


def made(kind: type[Any], text: str) -> LightsailSnapError:
    """Create an error of a class with the same string as every attribute."""
    violation = Violation(text, text, text, text, text)
    error: LightsailSnapError
    if issubclass(kind, RequestValidationError):
        error = kind("CreateDiskSnapshotRequest", [violation] * 30)
    elif issubclass(kind, ResponseValidationError):
        error = kind("GetDiskResult", [violation] * 30, {text: text}, may_have_executed=True)
    elif issubclass(kind, TransportError):
        error = kind(text, request=REQUEST)
    elif issubclass(kind, ServiceError):
        error = kind(
            text,
            code=text,
            operation_name=text,
            sub_code=text,
            docs=text,
            tip=text,
            request_id=text,
            http_status=400,
            retry_attempts=3,
            is_retryable=True,
            may_have_executed=True,
        )
    elif issubclass(kind, SnapshotConflictError):
        error = kind(text, snapshot=SNAPSHOT)
    elif issubclass(kind, NameConflictError):
        error = kind(text, resource=SNAPSHOT)
    elif issubclass(kind, PaginationError):
        error = kind(text, operation_name=text, page_token=text)
    elif issubclass(kind, PartialFailureError):
        inner = made(errors.ServiceException, text)
        error = kind(text, {text: inner}, {f"{text} too": SNAPSHOT})
    elif issubclass(kind, WaitError):
        error = kind(text, waited=timedelta(1), operation=OPERATION, snapshot=SNAPSHOT)
    else:
        error = kind(text)
    return error


def comparable(value: object) -> object:
    """Replace errors in a value, which do not equal their copies."""
    match value:
        case LightsailSnapError():
            return type(value), str(value)
        case dict():
            return {name: comparable(item) for name, item in value.items()}
        case list() | tuple():
            return [comparable(item) for item in value]
        case _:
            return value


WAYS: dict[str, Callable[[Any], Any]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    **{
        f"pickle {number}": lambda error, number=number: pickle.loads(pickle.dumps(error, number))  # type: ignore[misc] # noqa: S301 - pickled here
        for number in range(pickle.HIGHEST_PROTOCOL + 1)
    },
}
every_way = pytest.mark.parametrize("way", WAYS.values(), ids=list(WAYS))
every_kind = pytest.mark.parametrize("kind", KINDS)

hostile_texts = st.one_of(
    st.text(st.characters(), max_size=40),
    st.text(st.sampled_from("\0\n\r\t\x1b\x7f\x85\u202e\u2028\u2066\ud800\udfff\ufeff\U000e0001")),
    st.builds(lambda c, n: c * n, st.characters(), st.sampled_from([500, 601, 5000])),
)


@every_kind
@every_way
@pytest.mark.sample(80)
def test_error_copied_or_pickled_keeps_attributes_and_causes(
    kind: type[LightsailSnapError], way: Callable[[Any], Any]
) -> None:
    error = made(kind, "a text\nin two lines")
    cause = made(errors.ServiceException, "below")
    cause.__cause__ = made(errors.ConfigurationError, "further below")
    error.__cause__ = cause
    error.add_note("a note")
    back = way(error)
    assert type(back) is kind
    assert str(back) == str(error)
    assert repr(back) == repr(error)
    assert comparable(back.args) == comparable(error.args)
    assert comparable(vars(back)) == comparable(vars(error))
    assert back.may_have_executed is error.may_have_executed
    assert type(back.__cause__) is errors.ServiceException
    assert str(back.__cause__) == str(cause)
    assert vars(back.__cause__) == vars(cause)
    assert str(back.__cause__.__cause__) == "further below"
    # As an error that passes two process pools.
    assert str(way(back)) == str(error)


@every_way
def test_error_without_cause_copied_or_pickled_has_none(way: Callable[[Any], Any]) -> None:
    for error in (made(kind, "text") for kind in KINDS):
        back = way(error)
        assert back.__cause__ is None
        # With this flag a traceback hides the error that was being handled.
        assert back.__suppress_context__ is error.__suppress_context__


class UnpicklableError(Exception):
    def __init__(self, one: str, two: str) -> None:
        super().__init__(one + two)
        self.lock = lambda: None


class SilentError(Exception):
    def __str__(self) -> str:
        raise RuntimeError


CAUSES: list[BaseException] = [
    ClientError({"Error": {"Code": "X", "Message": "m\nn"}}, "CreateDiskSnapshot"),
    EndpointConnectionError(endpoint_url="https://user:pass@host/"),
    UnpicklableError("a", "b"),
    SilentError("x"),
    type("A\nB\u202e", (Exception,), {})("x"),
    KeyError("k"),
    UnicodeDecodeError("utf-8", b"\xff", 0, 1, "why"),
    KeyboardInterrupt(),
]


@pytest.mark.parametrize("cause", CAUSES, ids=[str(index) for index in range(len(CAUSES))])
def test_cause_of_other_library_pickled_is_described(cause: BaseException) -> None:
    error = errors.ConfigurationError("text")
    error.__cause__ = cause
    assert copy.copy(error).__cause__ is cause
    assert copy.deepcopy(error).__cause__ is cause
    back = pickle.loads(pickle.dumps(error))  # noqa: S301 - pickled here
    again = pickle.loads(pickle.dumps(back))  # noqa: S301 - pickled here
    for described in (back.__cause__, again.__cause__):
        assert type(described) is SerializedCause
        assert described.type_name.endswith(type(cause).__qualname__)
        assert str(described).isprintable()
        assert "user:pass" not in str(described)
    assert copy.deepcopy(back.__cause__).args == back.__cause__.args


def test_error_that_is_its_own_cause_pickles() -> None:
    error = errors.ConfigurationError("text")
    error.__cause__ = error
    assert str(pickle.loads(pickle.dumps(error))) == "text"  # noqa: S301 - pickled here


@pytest.mark.sample(8)
@every_kind
@given(hostile_texts)
@example("\n")
@example("\ud800" * 700)
@example("x" * 100_000)
@example("://" * 10_000)
@example("AKIA" * 10_000 + "_")
@example("sessiontoken" + " " * 100_000)
def test_error_with_any_message_is_one_printable_line(
    kind: type[LightsailSnapError], text: str
) -> None:
    line = str(made(kind, text))
    assert line.isprintable()
    assert len(line) <= LONGEST


@pytest.mark.sample(1)
@pytest.mark.parametrize(
    ("kind", "character"),
    [(LightsailSnapError, "x"), (ServiceError, "\u202e"), (RequestValidationError, "x")],
)
def test_error_with_ten_megabytes_is_one_printable_line(
    kind: type[LightsailSnapError], character: str
) -> None:
    line = str(made(kind, character * 10_000_000))
    assert line.isprintable()
    assert len(line) <= LONGEST


@given(hostile_texts, hostile_texts)
def test_serialized_cause_is_one_printable_line(name: str, text: str) -> None:
    kind = type(name.replace("\0", "").encode("utf-8", "replace").decode(), (Exception,), {})
    line = str(SerializedCause.of(kind(text)))
    assert line.isprintable()
    assert len(line) <= LONGEST


def test_error_tree_is_complete() -> None:
    assert {kind.__name__ for kind in KINDS} == {
        name
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, LightsailSnapError)
    }
