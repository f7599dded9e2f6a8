"""Clocks, enumerations and errors, one by one."""

from __future__ import annotations

import copy
import pickle
import time
from datetime import timedelta
from typing import Any

import pytest

from lightsail_snap import (
    DiskSnapshot,
    DiskSource,
    GetDiskRequest,
    LightsailSnapError,
    OperationStatus,
    OutcomeUnknownError,
    RequestValidationError,
    ResourceTag,
    ResponseMetadata,
    SerializedCause,
    SnapshotConflictError,
    SystemClock,
    Tag,
    Violation,
    VirtualClock,
    WaitTimeoutError,
)
from lightsail_snap.models import CreateDiskSnapshotResult


def test_the_jumping_clock_jumps() -> None:
    clock = VirtualClock(start=100)
    clock.sleep(3600)
    assert (clock.time(), clock.monotonic()) == (3700, 3600)
    with pytest.raises(ValueError, match="backwards"):
        clock.sleep(-1)


def test_the_system_clock_is_the_machines() -> None:
    clock = SystemClock()
    before = clock.monotonic()
    clock.sleep(0.001)
    assert clock.monotonic() > before
    assert abs(clock.time() - time.time()) < 60


def test_an_unknown_word_is_a_word() -> None:
    unknown = OperationStatus("Hibernating")
    assert unknown == "Hibernating"
    assert unknown.value == "Hibernating"
    assert not unknown.is_known
    assert OperationStatus.FAILED.is_known
    assert repr(unknown) == "OperationStatus('Hibernating')"
    assert repr(OperationStatus.FAILED) == "OperationStatus.FAILED"
    assert f"{OperationStatus.FAILED}" == "Failed"
    assert type(OperationStatus.FAILED.value) is str
    assert unknown not in OperationStatus.known_values()


@pytest.mark.parametrize("value", [None, 5, b"Failed"])
def test_a_word_is_a_string(value: Any) -> None:
    with pytest.raises(TypeError, match="OperationStatus takes a str"):
        OperationStatus(value)


def test_a_tag_that_comes_back_equals_the_one_that_was_sent() -> None:
    sent, received = (
        Tag(key="env", value="prod"),
        ResourceTag.from_wire({"key": "env", "value": "prod"}),
    )
    assert sent == received
    assert hash(sent) == hash(received)
    assert sent != Tag(key="env")
    assert sent != "env"
    assert received.to_wire() == sent.to_wire()


def test_metadata_is_no_part_of_a_results_value() -> None:
    plain = CreateDiskSnapshotResult()
    told = plain.with_metadata(ResponseMetadata(request_id="r"))
    assert told == plain
    assert hash(told) == hash(plain)
    assert plain.response_metadata.request_id is None
    assert plain != 5


def test_a_bare_error_shows_its_name() -> None:
    assert str(LightsailSnapError()) == "LightsailSnapError"


def test_a_foreign_cause_travels_as_a_description() -> None:
    request = GetDiskRequest(disk_name="Disk-1")
    error = OutcomeUnknownError("lost", request=request)
    error.__cause__ = ConnectionResetError("reset\nby AKIAIOSFODNN7EXAMPLE")

    travelled = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes

    assert isinstance(travelled.__cause__, SerializedCause)
    assert str(travelled.__cause__) == r"builtins.ConnectionResetError: reset\nby AKIA***"
    assert travelled.request == request
    again = pickle.loads(pickle.dumps(travelled))  # noqa: S301 - likewise
    assert str(again.__cause__) == str(travelled.__cause__)
    assert copy.copy(error).__cause__ is copy.deepcopy(error).__cause__ is error.__cause__


def test_an_own_cause_travels_whole() -> None:
    error = WaitTimeoutError("late", waited=timedelta(seconds=5))
    error.__cause__ = RequestValidationError("X", [Violation("a", "b", "c", "d", 5)])
    travelled = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert isinstance(travelled, WaitTimeoutError)
    assert issubclass(WaitTimeoutError, TimeoutError)
    assert travelled.waited == timedelta(seconds=5)
    assert isinstance(travelled.__cause__, RequestValidationError)
    assert travelled.__cause__.errors() == (Violation("a", "b", "c", "d", 5),)


def test_a_cause_whose_text_fails_is_described_all_the_same() -> None:
    class Broken(Exception):  # noqa: N818 - a test's own
        def __str__(self) -> str:
            raise ZeroDivisionError

    assert SerializedCause.of(Broken()).message == "<Broken>"


def test_a_conflict_carries_the_snapshot() -> None:
    snapshot = DiskSnapshot(name="db-1")
    error = copy.deepcopy(SnapshotConflictError("taken", snapshot=snapshot))
    assert error.snapshot == snapshot
    assert str(error) == "taken"


def test_only_so_many_violations_are_shown() -> None:
    error = RequestValidationError("X", [Violation(f"f{n}", "r", "", "", n) for n in range(25)])
    assert "f19" in str(error)
    assert "f20" not in str(error)
    assert str(error).endswith("and 5 more")
    assert "(root): r, got 1" in str(
        RequestValidationError("X", [Violation("", "r", "", "", 1)])
    )
    assert len(error.errors()) == 25


def test_a_long_input_is_not_kept_whole() -> None:
    with pytest.raises(RequestValidationError) as caught:
        DiskSource(disk_name="x" * 10_000_000)
    assert len(pickle.dumps(caught.value)) < 10_000
