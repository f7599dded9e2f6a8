"""The judge of the fault matrix objects: each law is broken on purpose, and seen to be."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.faults.matrix import run
from tests.faults.matrix.faults import FAULTS
from tests.faults.matrix.judge import LAWS, BrokenLawError, judge
from tests.faults.matrix.leaks import watched
from tests.faults.matrix.operations import NAME, OPERATIONS
from tests.faults.matrix.run import SECRET, TOKEN, Cell, Evidence
from tests.faults.matrix.world import MOST_CALLS, EndlessError, fresh_world

from lightsail_snap import (
    GetDiskRequest,
    LightsailSnapError,
    OutcomeUnknownError,
    RequestNotSentError,
    ServiceException,
)

LOST = "reset after commit, once"
REQUEST = GetDiskRequest(disk_name="disk-1")


def evidence(fault: str, operation: str) -> Evidence:
    """Try something in which all laws hold."""
    found = run.run(Cell(FAULTS[fault], OPERATIONS[operation], "sync", "standard"))
    judge(found)
    return found


def failed(fault: str, operation: str, error: BaseException) -> Evidence:
    """The same, but it ended in another error than it did."""
    found = evidence(fault, operation)
    found.value, found.error = None, error
    return found


def breaking(law: str, found: Evidence, told: str) -> None:
    with pytest.raises(BrokenLawError, match=f"^{law}: .*{told}"):
        judge(found)
    found.world.close()


def caused(error: LightsailSnapError, cause: BaseException | None = None) -> LightsailSnapError:
    error.__cause__ = cause or OSError("the network")
    return error


@pytest.mark.parametrize(
    ("name", "told"), [("made-by-mistake", "made: DiskSnapshot"), (NAME, "made more than once")]
)
def test_a_duplicate_is_seen(name: str, told: str) -> None:
    found = evidence(LOST, "CreateDiskSnapshot")
    found.world.do("DeleteDiskSnapshot", diskSnapshotName=NAME)
    found.world.do("CreateDiskSnapshot", diskName="data-1", diskSnapshotName=name)
    breaking("nothing_is_made_twice", found, told)


def test_a_second_export_is_seen() -> None:
    found = evidence(LOST, "ExportSnapshot")
    found.world.do("ExportSnapshot", sourceSnapshotName="old-1")
    breaking("nothing_is_made_twice", found, "exported 2 times")


def test_a_success_of_which_nothing_is_there_is_seen() -> None:
    found = evidence(LOST, "take_disk_snapshot")
    found.world.do("DeleteDiskSnapshot", diskSnapshotName=NAME)
    breaking("success_is_true", found, "there is no made-1")


def test_a_success_before_the_end_is_seen() -> None:
    found = evidence(LOST, "take_disk_snapshot")
    database = found.world._store._db
    database.execute("UPDATE records SET wire = json_set(wire, '$.state', 'pending')")
    breaking("success_is_true", found, "made-1 is pending")


@pytest.mark.parametrize("operation", ["GetDisk", "take_disk_snapshot", "iter_disk_snapshots"])
def test_a_result_that_nobody_said_is_seen(operation: str) -> None:
    found = evidence("slow drip, once", operation)
    if operation == "GetDisk":
        found.value = found.value.model_copy(update={"disk": found.value.disk.model_copy()})
        object.__setattr__(found.value.disk, "size_in_gb", 9999)
    elif isinstance(found.value, list):
        del found.value[0]
    else:
        found.value = found.value.model_copy(update={"size_in_gb": 9999})
    breaking("success_is_true", found, "the service")


def test_a_change_that_was_not_carried_out_is_seen() -> None:
    found = evidence("slow drip, once", "TagResource")
    found.world.record.commits.clear()
    breaking("success_is_true", found, "nothing was carried out")


def test_a_list_that_lacks_something_is_seen() -> None:
    found = evidence("slow drip, once", "iter_disk_snapshots")
    found.world.do("CreateDiskSnapshot", diskName="data-1", diskSnapshotName="unlisted")
    with pytest.raises(BrokenLawError, match="something is not listed"):
        LAWS[[law.__name__ for law in LAWS].index("success_is_true")](found)
    found.world.close()


def test_a_success_that_is_lost_is_seen() -> None:
    error = caused(OutcomeUnknownError("look it up", request=REQUEST))
    found = failed(LOST, "take_disk_snapshot", error)
    breaking("success_is_not_lost", found, "lost to what passes")


def test_an_error_that_leaves_its_reader_alone_is_seen() -> None:
    error = caused(OutcomeUnknownError("bad luck", request=REQUEST))
    found = failed("slow drip, always", "take_disk_snapshot", error)
    breaking("success_is_not_lost", found, "does not say how to go on")


class UnpicklableError(LightsailSnapError):
    def __reduce__(self) -> Any:
        return UnpicklableError, ("another",)


def _in_a_context() -> LightsailSnapError:
    error = LightsailSnapError("something")
    error.__context__ = KeyError("name")
    return error


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: KeyError("name"), "foreign"),
        (lambda: RequestNotSentError("not sent", request=REQUEST), "no cause"),
        (_in_a_context, "no cause, but a context"),
        (lambda: UnpicklableError("one"), "pickled, it is another"),
    ],
)
def test_an_error_that_is_not_as_ours_are_is_seen(
    make: Callable[[], BaseException], told: str
) -> None:
    breaking("errors_are_ours", failed("connection refused, always", "GetDisk", make()), told)


def test_a_deletion_that_is_left_is_right_only_where_the_answers_were_altered() -> None:
    night, path = OPERATIONS["a night of a plan"], ("diskSnapshot", "createdAt")
    found = run.run(Cell(FAULTS["fields missing"], night, "sync", "standard", path=path))
    assert not found.value.is_complete
    judge(found)
    found.cell = Cell(FAULTS[LOST], night, "sync", "standard")
    breaking("success_is_true", found, "left: ")


def test_a_wait_without_an_end_is_seen() -> None:
    found = failed("slow drip, always", "wait_for_operation", EndlessError())
    breaking("every_wait_ends", found, f"more than {MOST_CALLS}")
    late = evidence("slow drip, always", "wait_for_operation")
    late.elapsed = 4000.0
    breaking("every_wait_ends", late, "it took 4000 s")


def test_the_world_ends_what_would_not() -> None:
    found = Evidence(Cell(FAULTS[LOST], OPERATIONS["GetDisk"], "sync", "standard"), fresh_world())
    found.world.record.asked = ["call"] * MOST_CALLS
    client = found.world.boto3_client("us-east-1")
    with pytest.raises(EndlessError):
        client.get_disks()
    client.close()
    found.world.close()


def test_a_change_that_is_denied_is_seen() -> None:
    error = caused(LightsailSnapError("nothing happened"))
    found = failed("reset after commit, always", "TagResource", error)
    breaking("it_is_told_what_was_sent", found, "denied")


def test_a_request_that_was_sent_and_is_said_not_to_be_is_seen() -> None:
    error = caused(RequestNotSentError("not sent", request=REQUEST))
    found = failed("reset after commit, always", "GetDisk", error)
    breaking("it_is_told_what_was_sent", found, "it was sent")


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
def test_a_doubt_without_a_reason_is_seen(fault: str, error: LightsailSnapError) -> None:
    found = failed(fault, "TagResource", caused(error))
    breaking("it_is_told_what_was_sent", found, "not (sent|carried out), but")


def test_what_stays_open_is_seen() -> None:
    found = evidence("slow drip, once", "GetDisk")
    found.is_closed = False
    breaking("all_is_closed", found, "not closed")
    found = evidence("slow drip, once", "GetDisk")
    found.sockets.append(("192.0.2.1", 443))
    breaking("all_is_closed", found, "connected to")


def test_a_socket_that_is_forgotten_is_seen() -> None:
    broken: list[str] = []
    with watched(broken):
        socket.socket()
    assert len(broken) == 1
    assert "unclosed <socket" in broken[0]


def test_a_file_that_stays_open_is_seen() -> None:
    broken: list[str] = []
    with watched(broken):
        held = socket.socket()
    assert broken in ([], ["all_is_closed: 1 more files are open than before"])
    assert bool(broken) is Path("/proc/self/fd").is_dir()
    held.close()


def test_a_network_that_is_used_is_seen() -> None:
    found = evidence("slow drip, once", "GetDisk")
    with run.surroundings(found.world, found.sockets), pytest.raises(OSError, match="no network"):
        socket.create_connection(("127.0.0.1", 9))
    breaking("all_is_closed", found, "127.0.0.1")


def _leaking(where: str) -> LightsailSnapError:
    error = caused(LightsailSnapError("something"))
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
def test_a_credential_that_is_told_is_seen(where: str) -> None:
    found = failed("connection refused, always", "wait_for_operation", _leaking(where))
    breaking("credentials_are_kept", found, "is told")


def test_a_credential_in_the_log_is_seen() -> None:
    found = evidence("slow drip, once", "GetDisk")
    assert "GetDisk succeeded" in found.log
    found.log += f" {TOKEN}"
    breaking("credentials_are_kept", found, "is told")


def test_a_credential_in_a_result_is_seen() -> None:
    found = evidence("slow drip, once", "GetDisk")
    told = found.value.disk.model_copy(update={"support_code": SECRET})
    found.value = found.value.model_copy(update={"disk": told})
    with pytest.raises(BrokenLawError, match="is told"):
        LAWS[[law.__name__ for law in LAWS].index("credentials_are_kept")](found)
    found.world.close()


def test_a_fault_that_does_not_happen_is_seen() -> None:
    found = run.run(Cell(FAULTS[LOST], OPERATIONS["GetDisk"], "sync", "standard", skip=5))
    assert run.objection(found) == "the fault did not happen"
    found.world.close()


def test_every_law_is_broken_in_this_file() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    assert len(LAWS) == 8
    for law in LAWS:
        assert f'breaking("{law.__name__}"' in text


def test_a_broken_law_is_reported_with_its_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    cell = Cell(FAULTS["connection refused, always"], OPERATIONS["GetDisk"], "sync", "legacy")
    found = failed("connection refused, always", "GetDisk", KeyError("name"))
    monkeypatch.setattr(run, "run", lambda _: found)
    report = run.run_all([cell])
    assert report.rows[cell.fault.name] == run.Row(tried=1, held=0, succeeded=0, errors=1)
    assert report.broken == [f"{cell}: errors_are_ours: foreign: KeyError('name')"]
