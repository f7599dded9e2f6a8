"""Errors: messages, pickling and copying, by example."""

from __future__ import annotations

import copy
import pickle
import traceback
from datetime import timedelta

import pytest

from lightsail_snap import (
    DiskSnapshot,
    DiskSource,
    GetDiskRequest,
    LightsailSnapError,
    NotFoundException,
    OutcomeUnknownError,
    PartialFailureError,
    RequestValidationError,
    ResponseValidationError,
    SerializedCause,
    ServiceError,
    SnapshotConflictError,
    ThrottlingError,
    Violation,
    WaitTimeoutError,
)


def test_error_without_message_does_not_repeat_its_class_name() -> None:
    assert str(LightsailSnapError()) == "no details"
    assert traceback.format_exception_only(LightsailSnapError()) == [
        "lightsail_snap.errors.LightsailSnapError: no details\n"
    ]


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
    assert error.__notes__[19:] == ["- f19: r, got 19", "- and 5 more"]
    assert "(root): r, got 1" in str(RequestValidationError("X", [Violation("", "r", "", "", 1)]))
    assert len(error.errors()) == 25


def test_validation_error_long_input_is_truncated() -> None:
    with pytest.raises(RequestValidationError) as caught:
        DiskSource(disk_name="x" * 10_000_000)
    assert len(pickle.dumps(caught.value)) < 10_000


SEVERAL = [Violation("name", "is wrong", "", "choose another", 5), Violation("", "r", "", "", None)]


@pytest.mark.parametrize(
    "error",
    [RequestValidationError("X", SEVERAL), ResponseValidationError("X", SEVERAL, b"{}")],
    ids=lambda error: type(error).__name__,
)
def test_several_problems_are_listed_below_the_error(error: LightsailSnapError) -> None:
    notes = ["- name: is wrong, got 5; choose another", "- (root): r, got None"]
    for one in (error, copy.copy(error), pickle.loads(pickle.dumps(error))):  # noqa: S301 - pickled here
        headline, *lines = "".join(traceback.format_exception_only(one)).splitlines()
        assert "X" in headline
        assert "2 problems: name, (root)" in headline
        assert lines == notes
        assert len(str(one).splitlines()) == 1
    copied = copy.copy(error)
    copied.add_note("of the copy")
    assert error.__notes__ == notes


def test_one_problem_is_one_line() -> None:
    error = RequestValidationError("X", SEVERAL[:1])
    (line,) = traceback.format_exception_only(error)
    assert line.endswith("name: is wrong, got 5; choose another\n")
    assert not hasattr(error, "__notes__")


def test_traceback_has_the_class_name_once() -> None:
    error = NotFoundException("gone", code="NotFoundException", operation_name="GetDisk")
    (line,) = traceback.format_exception_only(error)
    assert line == "lightsail_snap.errors.NotFoundException: gone (operation=GetDisk)\n"


@pytest.mark.parametrize(
    ("kind", "code", "expected"),
    [
        (ThrottlingError, "ThrottlingException", "slow (code=ThrottlingException, operation=Get)"),
        (ServiceError, "Unheard", "slow (code=Unheard, operation=Get)"),
        (ServiceError, "", "slow (code=(none), operation=Get)"),
    ],
)
def test_code_that_is_not_the_class_name_is_shown(
    kind: type[ServiceError], code: str, expected: str
) -> None:
    assert str(kind("slow", code=code, operation_name="Get")) == expected


def test_partial_failure_names_the_class_of_each_error() -> None:
    gone = NotFoundException("gone", code="NotFoundException", operation_name="GetDisk")
    error = PartialFailureError("1 of 2 failed", {"db-1": gone}, {})
    assert str(error).endswith("db-1: NotFoundException: gone (operation=GetDisk)")
