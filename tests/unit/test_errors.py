"""Errors: messages, pickling and copying, by example."""

from __future__ import annotations

import copy
import pickle
from datetime import timedelta

import pytest

from lightsail_snap import (
    DiskSnapshot,
    DiskSource,
    GetDiskRequest,
    LightsailSnapError,
    OutcomeUnknownError,
    RequestValidationError,
    SerializedCause,
    SnapshotConflictError,
    Violation,
    WaitTimeoutError,
)


def test_error_without_message_is_its_class_name() -> None:
    assert str(LightsailSnapError()) == "LightsailSnapError"


def test_cause_of_other_library_pickled_has_no_credentials() -> None:
    request = GetDiskRequest(disk_name="Disk-1")
    error = OutcomeUnknownError("lost", request=request)
    error.__cause__ = ConnectionResetError("reset\nby AKIAIOSFODNN7EXAMPLE")

    unpickled = pickle.loads(pickle.dumps(error))  # noqa: S301 - pickled above

    assert isinstance(unpickled.__cause__, SerializedCause)
    assert str(unpickled.__cause__) == r"builtins.ConnectionResetError: reset\nby AKIA***"
    assert unpickled.request == request
    again = pickle.loads(pickle.dumps(unpickled))  # noqa: S301 - pickled above
    assert str(again.__cause__) == str(unpickled.__cause__)
    assert copy.copy(error).__cause__ is copy.deepcopy(error).__cause__ is error.__cause__


def test_cause_of_this_library_pickled_is_kept() -> None:
    error = WaitTimeoutError("late", waited=timedelta(seconds=5))
    error.__cause__ = RequestValidationError("X", [Violation("a", "b", "c", "d", 5)])
    unpickled = pickle.loads(pickle.dumps(error))  # noqa: S301 - pickled above
    assert isinstance(unpickled, WaitTimeoutError)
    assert issubclass(WaitTimeoutError, TimeoutError)
    assert unpickled.waited == timedelta(seconds=5)
    assert isinstance(unpickled.__cause__, RequestValidationError)
    assert unpickled.__cause__.errors() == (Violation("a", "b", "c", "d", 5),)


def test_serialized_cause_with_failing_str_is_described() -> None:
    class Broken(Exception):  # noqa: N818 - named for its fault
        def __str__(self) -> str:
            raise ZeroDivisionError

    assert SerializedCause.of(Broken()).message == "<Broken>"


def test_conflict_copied_keeps_the_snapshot() -> None:
    snapshot = DiskSnapshot(name="db-1")
    error = copy.deepcopy(SnapshotConflictError("taken", snapshot=snapshot))
    assert error.snapshot == snapshot
    assert str(error) == "taken"


def test_validation_error_message_is_limited() -> None:
    error = RequestValidationError("X", [Violation(f"f{n}", "r", "", "", n) for n in range(25)])
    assert "f19" in str(error)
    assert "f20" not in str(error)
    assert str(error).endswith("and 5 more")
    assert "(root): r, got 1" in str(RequestValidationError("X", [Violation("", "r", "", "", 1)]))
    assert len(error.errors()) == 25


def test_validation_error_long_input_is_truncated() -> None:
    with pytest.raises(RequestValidationError) as caught:
        DiskSource(disk_name="x" * 10_000_000)
    assert len(pickle.dumps(caught.value)) < 10_000
