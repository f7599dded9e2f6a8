"""Errors of the library."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from lightsail_snap import errors as library_errors
from lightsail_snap.errors import (
    ConfigurationError,
    InvalidInputException,
    LightsailSnapError,
    MissingCredentialsError,
    NameConflictError,
    NotFoundException,
    OutcomeUnknownError,
    PaginationError,
    PartialFailureError,
    QuiesceError,
    RequestNotSentError,
    RequestValidationError,
    ResponseValidationError,
    SerializedCause,
    ServiceError,
    SnapshotConflictError,
    TransportError,
    Violation,
    WaitError,
    WaitFailedError,
    WaitTimeoutError,
)
from lightsail_snap.testing.strategies._requests import requests
from lightsail_snap.testing.strategies._resources import disk_snapshots, operations

_MESSAGES = st.sampled_from(("Something failed.", "Rate exceeded", "Could not connect"))
_WAITED = st.integers(0, 3600).map(lambda seconds: timedelta(seconds=seconds))


def violations() -> SearchStrategy[Violation]:
    """Return a strategy for violations of rules."""
    return st.builds(
        Violation,
        field=st.sampled_from(("tags[0].key", "disk_name", "")),
        rule=st.sampled_from(("must be a string", "must not be empty")),
        source=st.just("Lightsail user guide"),
        fix=st.sampled_from(("pass a string", "")),
        input=st.none() | st.integers() | st.sampled_from(("", "aws:x")),
    )


def service_errors(kind: type[ServiceError] = ServiceError) -> SearchStrategy[ServiceError]:
    """Return a strategy for error responses of the service."""
    code = kind.__name__ if kind is not ServiceError else "ServiceException"
    return st.builds(
        kind,
        _MESSAGES,
        code=st.just(code),
        operation_name=st.sampled_from(("CreateDiskSnapshot", "GetDiskSnapshot")),
        sub_code=st.just("NameExists") if kind is InvalidInputException else st.none(),
        request_id=st.uuids().map(str),
        http_status=st.just(404 if kind is NotFoundException else 400),
        retry_attempts=st.integers(0, 2),
        is_retryable=st.booleans(),
        may_have_executed=st.booleans(),
    )


def _with_request(kind: type[TransportError]) -> Callable[[], SearchStrategy[Any]]:
    return lambda: st.builds(kind, _MESSAGES, request=requests())


def _wait_errors(kind: type[WaitError]) -> Callable[[], SearchStrategy[Any]]:
    return lambda: st.builds(
        kind,
        _MESSAGES,
        waited=_WAITED,
        operation=operations(status="Failed") if kind is WaitFailedError else st.none(),
        snapshot=disk_snapshots(state="pending") if kind is not WaitFailedError else st.none(),
    )


def _partial_failures() -> SearchStrategy[PartialFailureError]:
    failures = st.dictionaries(
        st.sampled_from(("db-1", "web-1")), service_errors(NotFoundException), min_size=1
    )
    successes = st.dictionaries(st.just("db-2"), disk_snapshots(), max_size=1)
    return st.builds(PartialFailureError, _MESSAGES, failures, successes)


def _serialized_causes() -> SearchStrategy[SerializedCause]:
    names = st.sampled_from(("builtins.OSError", "botocore.exceptions.EndpointConnectionError"))
    return st.builds(SerializedCause, names, _MESSAGES)


ERRORS: Mapping[type[Exception], Callable[[], SearchStrategy[Any]]] = {
    ConfigurationError: lambda: st.builds(ConfigurationError, _MESSAGES),
    MissingCredentialsError: lambda: st.builds(MissingCredentialsError, _MESSAGES),
    RequestValidationError: lambda: st.builds(
        RequestValidationError,
        st.just("CreateDiskSnapshotRequest"),
        st.lists(violations(), min_size=1, max_size=3),
    ),
    ResponseValidationError: lambda: st.builds(
        ResponseValidationError,
        st.just("GetDiskSnapshotResult"),
        st.lists(violations(), min_size=1, max_size=3),
        st.just({"diskSnapshot": None}),
        may_have_executed=st.booleans(),
    ),
    RequestNotSentError: _with_request(RequestNotSentError),
    OutcomeUnknownError: _with_request(OutcomeUnknownError),
    NameConflictError: lambda: st.builds(NameConflictError, _MESSAGES, resource=disk_snapshots()),
    SnapshotConflictError: lambda: st.builds(
        SnapshotConflictError, _MESSAGES, snapshot=disk_snapshots()
    ),
    PaginationError: lambda: st.builds(
        PaginationError,
        _MESSAGES,
        operation_name=st.just("GetDiskSnapshots"),
        page_token=st.just("AAAB3u5Z-next"),
    ),
    QuiesceError: lambda: st.builds(
        QuiesceError,
        _MESSAGES,
        command=st.none() | st.just(("fsfreeze", "--freeze", "/mnt/data")),
        returncode=st.none() | st.integers(0, 255),
        output=st.sampled_from(("", "fsfreeze: Operation not permitted")),
    ),
    PartialFailureError: _partial_failures,
    WaitFailedError: _wait_errors(WaitFailedError),
    WaitTimeoutError: _wait_errors(WaitTimeoutError),
    SerializedCause: _serialized_causes,
}


def service_error_kinds() -> list[type[ServiceError]]:
    """Return the public classes of error responses."""
    classes = [each for each in vars(library_errors).values() if isinstance(each, type)]
    return [each for each in classes if issubclass(each, ServiceError)]


def errors() -> SearchStrategy[LightsailSnapError]:
    """Return a strategy for errors of every public class that the library raises.

    Returns:
        Errors with messages, codes, requests and snapshots that fit their class. Half of them are
        error responses of the service.
    """
    return _ANY_ERROR


def errors_of(kind: type[LightsailSnapError]) -> SearchStrategy[Any]:
    """Return a strategy for errors of a class or of its public subclasses."""
    if kind in ERRORS:
        return ERRORS[kind]()
    if issubclass(kind, ServiceError):
        return service_errors(kind)
    parts = [make() for each, make in ERRORS.items() if issubclass(each, kind)]
    parts += [service_errors(each) for each in service_error_kinds() if issubclass(each, kind)]
    return st.one_of(*parts)


_ANY_ERROR = st.one_of(
    st.one_of(*map(service_errors, service_error_kinds())),
    st.one_of(*(make() for kind, make in ERRORS.items() if issubclass(kind, LightsailSnapError))),
)
