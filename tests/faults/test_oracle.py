"""Check that the oracle of the fault matrix reports each invariant that is broken on purpose."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.faults.matrix import run
from tests.faults.matrix.faults import FAULTS
from tests.faults.matrix.leaks import check_leaks
from tests.faults.matrix.operations import NAME, OPERATIONS
from tests.faults.matrix.oracle import (
    INVARIANTS,
    BrokenInvariantError,
    check_invariants,
    credentials_stay_secret,
    success_is_true,
)
from tests.faults.matrix.run import SECRET, TOKEN, Cell, Outcome
from tests.faults.matrix.service import MAX_CALLS, EndlessCallsError, new_emulator

from lightsail_snap import (
    GetDiskRequest,
    LightsailSnapError,
    OutcomeUnknownError,
    RequestNotSentError,
    ServiceException,
)

LOST = "reset after commit, once"
REQUEST = GetDiskRequest(disk_name="disk-1")


def run_cell(fault: str, operation: str) -> Outcome:
    """Run a cell in which all invariants hold."""
    outcome = run.run(Cell(FAULTS[fault], OPERATIONS[operation], "sync", "standard"))
    check_invariants(outcome)
    return outcome


def fail_cell(fault: str, operation: str, error: BaseException) -> Outcome:
    """Return the same outcome with another error."""
    outcome = run_cell(fault, operation)
    outcome.value, outcome.error = None, error
    return outcome


def assert_broken(invariant: str, outcome: Outcome, message: str) -> None:
    with pytest.raises(BrokenInvariantError, match=f"^{invariant}: .*{message}"):
        check_invariants(outcome)
    outcome.emulator.close()


def with_cause(error: LightsailSnapError, cause: BaseException | None = None) -> LightsailSnapError:
    error.__cause__ = cause or OSError("the network")
    return error


@pytest.mark.parametrize(
    ("name", "message"),
    [("created-by-mistake", "created: DiskSnapshot"), (NAME, "created more than once")],
)
def test_oracle_reports_a_duplicate(name: str, message: str) -> None:
    outcome = run_cell(LOST, "CreateDiskSnapshot")
    outcome.emulator.call("DeleteDiskSnapshot", diskSnapshotName=NAME)
    outcome.emulator.call("CreateDiskSnapshot", diskName="data-1", diskSnapshotName=name)
    assert_broken("nothing_is_created_twice", outcome, message)


def test_oracle_reports_a_second_export() -> None:
    outcome = run_cell(LOST, "ExportSnapshot")
    outcome.emulator.call("ExportSnapshot", sourceSnapshotName="old-1")
    assert_broken("nothing_is_created_twice", outcome, "exported 2 times")


def _set(outcome: Outcome, name: str, field: str, value: str) -> None:
    """Change a field of a resource in the store of the service."""
    statement = "UPDATE records SET wire = json_set(wire, ?, ?) WHERE name = ?"
    outcome.emulator._store._db.execute(statement, (f"$.{field}", value, name))


@pytest.mark.parametrize(
    ("name", "instance", "message"),
    [
        ("held-1", "web-1", "held-1 was moved"),
        ("loose-1", "web-2", "loose-1 was moved"),
        ("made-2", "web-1", "made-2 is attached elsewhere"),
    ],
)
def test_oracle_reports_a_disk_on_the_wrong_instance(
    name: str, instance: str, message: str
) -> None:
    outcome = run_cell(LOST, "rescue_system_volume")
    _set(outcome, name, "attachedTo", instance)
    assert_broken("disks_stay_attached", outcome, message)


@pytest.mark.parametrize(
    ("name", "field", "value", "message"),
    [
        ("made-2", "state", "available", "the disk is available"),
        ("made-2", "path", "/dev/xvdf", "the path is /dev/xvdf"),
        (NAME, "state", "pending", "the snapshot is pending"),
        (NAME, "fromInstanceName", "web-2", "the snapshot is of another instance"),
    ],
)
def test_oracle_reports_a_rescue_that_has_not_succeeded(
    name: str, field: str, value: str, message: str
) -> None:
    outcome = run_cell(LOST, "rescue_system_volume")
    _set(outcome, name, field, value)
    assert_broken("success_is_true", outcome, message)


def test_oracle_reports_a_rescue_with_another_result() -> None:
    outcome = run_cell(LOST, "rescue_system_volume")
    other = outcome.value.disk.model_copy(update={"size_in_gb": 9999})
    outcome.value = replace(outcome.value, disk=other)
    assert_broken("success_is_true", outcome, "the service did not return")


@pytest.mark.parametrize(
    ("name", "field", "value", "message"),
    [
        ("held-1", "attachedTo", "web-1", "held-1 was moved"),
        (NAME, "path", "/dev/xvdz", "attached at"),
        ("used-1", "attachedTo", "web-2", "attached at"),
        ("web-2", "state.name", "running", "another instance is running"),
    ],
)
def test_oracle_reports_a_roll_back_that_changes_something_else(
    name: str, field: str, value: str, message: str
) -> None:
    outcome = run_cell(LOST, "roll_back_disk")
    _set(outcome, name, field, value)
    assert_broken("roll_back_moves_two_disks", outcome, message)


def test_oracle_reports_a_roll_back_that_deletes_a_disk() -> None:
    outcome = run_cell(LOST, "roll_back_disk")
    outcome.emulator.record.commits.append("DeleteDisk")
    assert_broken("roll_back_moves_two_disks", outcome, "a disk was deleted")


def test_oracle_reports_a_roll_back_with_two_disks_at_one_path() -> None:
    outcome = run_cell(LOST, "roll_back_disk")
    for field, value in (("attachedTo", "web-1"), ("path", "/dev/xvdg")):
        _set(outcome, "used-1", field, value)
    assert_broken("roll_back_moves_two_disks", outcome, "two disks are attached at one path")


def test_oracle_reports_a_roll_back_after_which_the_instance_is_stopped() -> None:
    outcome = run_cell(LOST, "roll_back_disk")
    _set(outcome, "web-1", "state.name", "stopped")
    assert_broken("success_is_true", outcome, "it is stopped")


def test_oracle_reports_a_roll_back_with_another_result() -> None:
    outcome = run_cell(LOST, "roll_back_disk")
    other = outcome.value.disk.model_copy(update={"size_in_gb": 9999})
    outcome.value = replace(outcome.value, disk=other)
    assert_broken("success_is_true", outcome, "the service did not return")


def test_oracle_reports_a_result_that_does_not_exist() -> None:
    outcome = run_cell(LOST, "take_disk_snapshot")
    outcome.emulator.call("DeleteDiskSnapshot", diskSnapshotName=NAME)
    assert_broken("success_is_true", outcome, "there is no made-1")


def test_oracle_reports_a_result_in_a_pending_state() -> None:
    outcome = run_cell(LOST, "take_disk_snapshot")
    database = outcome.emulator._store._db
    database.execute("UPDATE records SET wire = json_set(wire, '$.state', 'pending')")
    assert_broken("success_is_true", outcome, "made-1 is pending")


@pytest.mark.parametrize("operation", ["GetDisk", "take_disk_snapshot", "iter_disk_snapshots"])
def test_oracle_reports_a_result_that_was_not_returned(operation: str) -> None:
    outcome = run_cell("slow drip, once", operation)
    if operation == "GetDisk":
        outcome.value = outcome.value.model_copy(update={"disk": outcome.value.disk.model_copy()})
        object.__setattr__(outcome.value.disk, "size_in_gb", 9999)
    elif isinstance(outcome.value, list):
        del outcome.value[0]
    else:
        outcome.value = outcome.value.model_copy(update={"size_in_gb": 9999})
    assert_broken("success_is_true", outcome, "the service")


def test_oracle_reports_a_change_that_was_not_executed() -> None:
    outcome = run_cell("slow drip, once", "TagResource")
    outcome.emulator.record.commits.clear()
    assert_broken("success_is_true", outcome, "nothing was executed")


def test_oracle_reports_an_incomplete_list() -> None:
    outcome = run_cell("slow drip, once", "iter_disk_snapshots")
    outcome.emulator.call("CreateDiskSnapshot", diskName="data-1", diskSnapshotName="unlisted")
    with pytest.raises(BrokenInvariantError, match="a resource is not listed"):
        success_is_true(outcome)
    outcome.emulator.close()


def test_oracle_reports_failure_under_a_transient_fault() -> None:
    error = with_cause(OutcomeUnknownError("look it up", request=REQUEST))
    outcome = fail_cell(LOST, "take_disk_snapshot", error)
    assert_broken("work_can_be_resumed", outcome, "failed under a transient fault")


def test_oracle_reports_an_error_without_advice() -> None:
    error = with_cause(OutcomeUnknownError("bad luck", request=REQUEST))
    outcome = fail_cell("slow drip, always", "take_disk_snapshot", error)
    assert_broken("work_can_be_resumed", outcome, "does not explain how to resume")


class UnpicklableError(LightsailSnapError):
    def __reduce__(self) -> Any:
        return UnpicklableError, ("another",)


def _error_with_context() -> LightsailSnapError:
    error = LightsailSnapError("something")
    error.__context__ = KeyError("name")
    return error


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: KeyError("name"), "foreign"),
        (lambda: RequestNotSentError("not sent", request=REQUEST), "no cause"),
        (_error_with_context, "no cause, but a context"),
        (lambda: UnpicklableError("one"), "pickled, it differs"),
    ],
)
def test_oracle_reports_an_error_of_the_wrong_form(
    make: Callable[[], BaseException], message: str
) -> None:
    assert_broken(
        "errors_are_typed",
        fail_cell("connection refused, always", "GetDisk", make()),
        message,
    )


def test_oracle_accepts_skipped_deletions_only_with_altered_responses() -> None:
    plan, path = OPERATIONS["nightly plan run"], ("diskSnapshot", "createdAt")
    outcome = run.run(Cell(FAULTS["fields missing"], plan, "sync", "standard", path=path))
    assert not outcome.value.is_complete
    check_invariants(outcome)
    outcome.cell = Cell(FAULTS[LOST], plan, "sync", "standard")
    assert_broken("success_is_true", outcome, "left: ")


def test_oracle_reports_an_endless_wait() -> None:
    outcome = fail_cell("slow drip, always", "wait_for_operation", EndlessCallsError())
    assert_broken("every_call_ends", outcome, f"more than {MAX_CALLS}")
    late = run_cell("slow drip, always", "wait_for_operation")
    late.elapsed = 4000.0
    assert_broken("every_call_ends", late, "it took 4000 s")


def test_emulator_stops_endless_calls() -> None:
    outcome = Outcome(Cell(FAULTS[LOST], OPERATIONS["GetDisk"], "sync", "standard"), new_emulator())
    outcome.emulator.record.call_ids = ["call"] * MAX_CALLS
    client = outcome.emulator.boto3_client("us-east-1")
    with pytest.raises(EndlessCallsError):
        client.get_disks()
    client.close()
    outcome.emulator.close()


def test_oracle_reports_a_denied_change() -> None:
    error = with_cause(LightsailSnapError("nothing happened"))
    outcome = fail_cell("reset after commit, always", "TagResource", error)
    assert_broken("execution_is_reported", outcome, "denied")


def test_oracle_reports_a_sent_request_reported_as_unsent() -> None:
    error = with_cause(RequestNotSentError("not sent", request=REQUEST))
    outcome = fail_cell("reset after commit, always", "GetDisk", error)
    assert_broken("execution_is_reported", outcome, "it was sent")


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("connection refused, always", OutcomeUnknownError("who knows", request=REQUEST)),
        (
            "HTTP 429, always",
            ServiceException("no", code="x", operation_name="x", may_have_executed=True),
        ),
    ],
)
def test_oracle_reports_doubt_about_an_unexecuted_request(
    fault: str, error: LightsailSnapError
) -> None:
    outcome = fail_cell(fault, "TagResource", with_cause(error))
    assert_broken("execution_is_reported", outcome, "not (sent|executed), but")


def test_oracle_reports_what_stays_open() -> None:
    outcome = run_cell("slow drip, once", "GetDisk")
    outcome.is_closed = False
    assert_broken("everything_is_closed", outcome, "not closed")
    outcome = run_cell("slow drip, once", "GetDisk")
    outcome.sockets.append(("192.0.2.1", 443))
    assert_broken("everything_is_closed", outcome, "connected to")


def test_leak_check_reports_a_forgotten_socket() -> None:
    broken: list[str] = []
    with check_leaks(broken):
        socket.socket()
    assert len(broken) == 1
    assert "unclosed <socket" in broken[0]


def test_leak_check_reports_an_open_file() -> None:
    broken: list[str] = []
    with check_leaks(broken):
        held = socket.socket()
    assert broken in ([], ["everything_is_closed: 1 more files are open than before"])
    assert bool(broken) is Path("/proc/self/fd").is_dir()
    held.close()


def test_oracle_reports_network_access() -> None:
    outcome = run_cell("slow drip, once", "GetDisk")
    with (
        run.surroundings(outcome.emulator, outcome.sockets),
        pytest.raises(OSError, match="no network"),
    ):
        socket.create_connection(("127.0.0.1", 9))
    assert_broken("everything_is_closed", outcome, "127.0.0.1")


def _leaking(where: str) -> LightsailSnapError:
    error = with_cause(LightsailSnapError("something"))
    match where:
        case "message":
            error.args = (f"the secret is {SECRET}",)
        case "note":
            error.add_note(TOKEN)
        case "attribute":
            error.__dict__["request"] = SECRET
        case _:
            error.__cause__ = OSError(SECRET)
    return error


@pytest.mark.parametrize("where", ["message", "note", "attribute", "cause"])
def test_oracle_reports_a_credential_in_an_error(where: str) -> None:
    outcome = fail_cell("connection refused, always", "wait_for_operation", _leaking(where))
    assert_broken("credentials_stay_secret", outcome, "is shown")


def test_oracle_reports_a_credential_in_the_log() -> None:
    outcome = run_cell("slow drip, once", "GetDisk")
    assert "GetDisk succeeded" in outcome.log
    outcome.log += f" {TOKEN}"
    assert_broken("credentials_stay_secret", outcome, "is shown")


def test_oracle_reports_a_credential_in_a_result() -> None:
    outcome = run_cell("slow drip, once", "GetDisk")
    disk = outcome.value.disk.model_copy(update={"support_code": SECRET})
    outcome.value = outcome.value.model_copy(update={"disk": disk})
    with pytest.raises(BrokenInvariantError, match="is shown"):
        credentials_stay_secret(outcome)
    outcome.emulator.close()


def test_fault_that_does_not_occur_is_reported() -> None:
    outcome = run.run(Cell(FAULTS[LOST], OPERATIONS["GetDisk"], "sync", "standard", skip=5))
    assert run.find_violation(outcome) == "the fault did not happen"
    outcome.emulator.close()


def test_every_invariant_is_broken_in_this_file() -> None:
    source = re.sub(r"\(\s+", "(", Path(__file__).read_text(encoding="utf-8"))
    assert len(INVARIANTS) == 10
    for invariant in INVARIANTS:
        assert f'assert_broken("{invariant.__name__}"' in source


def test_broken_invariant_is_reported_with_its_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    cell = Cell(FAULTS["connection refused, always"], OPERATIONS["GetDisk"], "sync", "legacy")
    outcome = fail_cell("connection refused, always", "GetDisk", KeyError("name"))
    monkeypatch.setattr(run, "run", lambda _: outcome)
    report = run.run_all([cell])
    assert report.rows[cell.fault.name] == run.Row(tried=1, held=0, succeeded=0, errors=1)
    assert report.broken == [f"{cell}: errors_are_typed: foreign: KeyError('name')"]
