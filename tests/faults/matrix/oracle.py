"""The oracle of the fault matrix: invariants that hold under every fault.

An invariant depends on a fault only through the attributes that the fault declares.
"""

from __future__ import annotations

import functools
import json
import pickle
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from tests.faults.matrix.operations import (
    HELPER,
    RESCUED,
    ROLLED_BACK,
    ROLLED_BACK_AT,
    Operation,
)
from tests.faults.matrix.plan import State
from tests.faults.matrix.run import KEY_ID, NO_FAULT, SECRET, TIMEOUT, TOKEN, Cell, Outcome, run
from tests.faults.matrix.service import MAX_CALLS, EndlessCallsError

from lightsail_snap import (
    LightsailSnapError,
    NameConflictError,
    OutcomeUnknownError,
    RequestNotSentError,
    ServiceError,
    WaitFailedError,
)

_CANARIES = (KEY_ID, SECRET, TOKEN, "canary")
_CREATING = frozenset(
    {
        "CopySnapshot",
        "CreateDiskFromSnapshot",
        "CreateDiskSnapshot",
        "CreateInstanceSnapshot",
        "CreateInstancesFromSnapshot",
        "ExportSnapshot",
    }
)
# The disks that are attached to instances at the beginning.
_ATTACHED = {"held-1": HELPER, ROLLED_BACK: ROLLED_BACK_AT[0]}
_FINAL = frozenset({"completed", "available", "running", "Succeeded", "Completed"})
# The last call of a wait may take all of botocore's attempts, each as long as a fault lasts, and
# the pauses between them.
_LONGEST_CALL = 5 * 60 + 5 * 20
_ERROR = 300
# Frames show source code, which is slow to read and contains no credentials.
_FRAMES = 2


class BrokenInvariantError(Exception):
    """An invariant does not hold."""


def _require(holds: object, text: str) -> None:
    if not holds:
        raise BrokenInvariantError(text[:1000])


def nothing_is_created_twice(outcome: Outcome) -> None:
    """Require that nothing is created twice, and nothing that was not requested."""
    all_records = outcome.emulator.all_records()
    fresh = [key for key in all_records if key not in outcome.emulator.initial_records]
    wanted = outcome.cell.operation.creates
    for _, kind, name in fresh:
        is_record = kind == "ExportSnapshotRecord" and "Export" in outcome.cell.operation.name
        _require(kind == "Operation" or name in wanted or is_record, f"created: {kind} {name}")
    exports = [key for key in fresh if key[1] == "ExportSnapshotRecord"]
    _require(len(exports) <= 1, f"exported {len(exports)} times")
    operations = [(key[0], all_records[key]) for key in fresh if key[1] == "Operation"]
    created = Counter(
        (region, each["resourceName"])
        for region, each in operations
        if each["operationType"] in _CREATING and each["resourceName"] in wanted
    )
    _require(all(count == 1 for count in created.values()), f"created more than once: {created}")


@functools.cache
def _baseline(operation: Operation) -> State:
    """Return the final state of a nightly plan run without faults."""
    outcome = run(Cell(NO_FAULT, operation, "sync", "standard"))
    if outcome.state is None or outcome.state != outcome.rerun_state:
        raise AssertionError(outcome.error)
    outcome.emulator.close()
    return outcome.state


def _plain(value: Any) -> Any:
    """Return JSON in a form in which null, missing and empty values are equal."""
    match value:
        case dict():
            members = {name: _plain(member) for name, member in value.items()}
            return {name: member for name, member in members.items() if member not in (None, [])}
        case list() | tuple():
            return [_plain(item) for item in value]
        case float():
            return round(value, 6)
        case _:
            return value


def _read(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _responses(outcome: Outcome, operation: str) -> list[Any]:
    """Return the successful, readable responses that an operation received."""
    received = outcome.emulator.record.responses
    read = [
        _read(each.body)
        for each in received
        if each.operation == operation and each.status < _ERROR
    ]
    return [each for each in read if isinstance(each, dict)]


def _disks(outcome: Outcome, names: Callable[[str], bool]) -> dict[str, Any]:
    records = outcome.emulator.all_records()
    return {key[2]: each for key, each in records.items() if key[1] == "Disk" and names(key[2])}


def roll_back_moves_two_disks(outcome: Outcome) -> None:
    """Require that a roll back deletes nothing, and exchanges only two disks, at one path."""
    if outcome.cell.operation.name != "roll_back_disk":
        return
    own = {ROLLED_BACK, *outcome.cell.operation.creates}
    for name, disk in _disks(outcome, lambda name: name not in own).items():
        _require(disk.get("attachedTo") == _ATTACHED.get(name), f"{name} was moved")
    places = [_place(disk) for disk in _disks(outcome, own.__contains__).values()]
    _require(set(places) <= {ROLLED_BACK_AT, (None, None)}, f"attached at {places}")
    _require(places.count(ROLLED_BACK_AT) <= 1, "two disks are attached at one path")
    _require("DeleteDisk" not in outcome.emulator.record.commits, "a disk was deleted")
    state = outcome.emulator.all_records()["us-east-1", "Instance", "web-2"]["state"]["name"]
    _require(state == "stopped", f"another instance is {state}")


def _place(disk: Any) -> tuple[str | None, str | None]:
    return disk.get("attachedTo"), disk.get("path")


def _roll_back_is_true(outcome: Outcome) -> None:
    (name,) = outcome.cell.operation.creates
    value = _plain(outcome.value.disk.to_wire())
    returned = [_plain(each.get("disk")) for each in _responses(outcome, "GetDisk")]
    _require(value in returned, f"the service did not return {value}")
    disks = {name: _place(disk) for name, disk in _disks(outcome, lambda _: True).items()}
    _require(disks[name] == ROLLED_BACK_AT, f"the new disk is attached at {disks[name]}")
    _require(disks[ROLLED_BACK] == (None, None), "the old disk is still attached")
    instance = outcome.emulator.all_records()["us-east-1", "Instance", ROLLED_BACK_AT[0]]
    _require(instance["state"]["name"] == "running", f"it is {instance['state']['name']}")


def disks_stay_attached(outcome: Outcome) -> None:
    """Require that a rescue attaches only its own disk, and only to the helper."""
    if outcome.cell.operation.name != "rescue_system_volume":
        return
    creates = outcome.cell.operation.creates
    for name, disk in _disks(outcome, lambda name: name not in creates).items():
        _require(disk.get("attachedTo") == _ATTACHED.get(name), f"{name} was moved")
    for name, disk in _disks(outcome, creates.__contains__).items():
        _require(disk.get("attachedTo") in {None, HELPER}, f"{name} is attached elsewhere")


def _rescue_is_true(outcome: Outcome) -> None:
    result = outcome.value
    value = _plain(result.disk.to_wire())
    returned = [_plain(each.get("disk")) for each in _responses(outcome, "GetDisk")]
    _require(value in returned, f"the service did not return {value}")
    snapshot_name, disk_name = outcome.cell.operation.creates
    (disk,) = _disks(outcome, disk_name.__eq__).values()
    _require(disk["state"] == "in-use", f"the disk is {disk['state']}")
    _require(disk["attachedTo"] == HELPER, "the disk is attached elsewhere")
    if not outcome.cell.fault.alters:
        _require(result.device_path == disk["path"] == "/dev/xvdg", f"the path is {disk['path']}")
    snapshot = outcome.emulator.all_records()["us-east-1", "DiskSnapshot", snapshot_name]
    _require(snapshot["state"] == "completed", f"the snapshot is {snapshot['state']}")
    _require(snapshot["fromInstanceName"] == RESCUED, "the snapshot is of another instance")
    _require(disk_name in result.mount_commands[-1], "the commands are about another disk")


def success_is_true(outcome: Outcome) -> None:
    """Require that a result is what the service returned last and what it holds."""
    if outcome.error is not None:
        return
    operation = outcome.cell.operation
    if operation.kind == "list":
        _list_is_true(outcome)
        return
    if operation.kind == "plan":
        _plan_is_true(outcome)
        return
    if operation.name == "rescue_system_volume":
        _rescue_is_true(outcome)
        return
    if operation.name == "roll_back_disk":
        _roll_back_is_true(outcome)
        return
    value = _plain(outcome.value.to_wire())
    if operation.kind == "call":
        responses = _responses(outcome, operation.name)
        is_returned = responses and value == _plain(responses[-1])
        _require(is_returned, f"the service did not return {value}")
        if not operation.name.startswith("Get"):
            _require(operation.name in outcome.emulator.record.commits, "nothing was executed")
        return
    returned = [
        _plain(response[member])
        for lookup, member in operation.lookups
        for response in _responses(outcome, lookup)
        if member in response
    ]
    # A wait may end with the first response, which is that of another operation.
    _require(value in returned, f"the service did not return {value}")
    key = outcome.value.id if hasattr(outcome.value, "operation_type") else outcome.value.name
    real = [each for (_, _, name), each in outcome.emulator.all_records().items() if name == key]
    _require(len(real) == 1, f"there is no {key}")
    state = real[0].get("status", real[0].get("state"))
    state = state["name"] if isinstance(state, dict) else state
    _require(state in _FINAL, f"{key} is {state}")
    if operation.creates:
        is_new = all(name != key for _, _, name in outcome.emulator.initial_records)
        _require(key in operation.creates and is_new, f"{key} was not requested")
        _require(outcome.emulator.record.commits, "nothing was executed")


# Outcomes of deletions under faults that leave no fresh evidence or no trusted clock.
_WITHHELD = {
    # The steps share one virtual clock, so either check may come first.
    "slow drip, always": {"stale_evidence", "untrusted_clock"},
    "the service's clock a day ahead": {"untrusted_clock"},
    "the service's clock a day behind": {"untrusted_clock"},
    "the service's date unreadable": {"untrusted_clock"},
}


def _plan_is_true(outcome: Outcome) -> None:
    left = [each for each in outcome.value.results if each.status not in {"done", "adopted"}]
    # Without identity or creation time of a snapshot, nothing is deleted, and the plan reports so.
    for each in left:
        is_safe = (each.status, each.step.action) == ("skipped", "delete")
        # Without a trusted clock or fresh evidence, nothing is deleted.
        deletion_outcome = each.deletion.outcome if each.deletion else ""
        expected = _WITHHELD.get(outcome.cell.fault.name, set())
        is_due = outcome.cell.fault.alters or deletion_outcome in expected
        _require(is_due and is_safe, f"left: {each}")
    resources, operations = outcome.state or ({}, {})
    baseline_resources, baseline_operations = _baseline(outcome.cell.operation)
    missing = [
        key for key, resource in baseline_resources.items() if resources.get(key) != resource
    ]
    _require(not missing, f"missing compared with the baseline: {missing}")
    more = [key for key, count in operations.items() if count > baseline_operations.get(key, 0)]
    _require(not more, f"more was done than in the baseline: {more}")
    # Wrong or missing facts of a snapshot may prevent its deletion, and never cause it.
    is_withheld = outcome.cell.fault.alters or outcome.cell.fault.name in _WITHHELD
    if not is_withheld and not outcome.value.run.unlisted:
        _require(resources.keys() == baseline_resources.keys(), "other resources exist")


def _list_is_true(outcome: Outcome) -> None:
    pages = _responses(outcome, "GetDiskSnapshots")
    returned = [_plain(item) for page in pages for item in page.get("diskSnapshots") or ()]
    listed = [_plain(item.to_wire()) for item in outcome.value]
    _require(listed == returned, "the list is not what the service returned")
    if not outcome.cell.fault.alters:
        names = [
            key[2]
            for key in outcome.emulator.all_records()
            if key[:2] == ("us-east-1", "DiskSnapshot")
        ]
        _require(
            sorted(names) == sorted(item.name for item in outcome.value), "a resource is not listed"
        )


def work_can_be_resumed(outcome: Outcome) -> None:
    """Require success under transient faults, and errors that explain how to resume.

    A plan that is run again without faults ends in the same state as if there had been none.
    """
    error, operation = outcome.error, outcome.cell.operation
    if operation.kind == "plan":
        # A plan may fail when it cannot list resources; it can be run again.
        is_same = outcome.rerun_state == _baseline(operation)
        _require(is_same, "run again, it ends in another state")
        return
    if error is None or operation.kind not in {"workflow", "wait"}:
        return
    _require(not outcome.cell.fault.passes, f"failed under a transient fault: {error!r}")
    if operation.kind == "workflow" and outcome.emulator.record.commits:
        notes = " ".join([str(error), *getattr(error, "__notes__", ())])
        hints = ("wait_for_", "look it up", "check for its effect", "to continue, call")
        is_explained = any(hint in notes for hint in hints)
        # A failed resource cannot be waited for; the error has its last state.
        is_explained = is_explained or isinstance(error, WaitFailedError)
        _require(is_explained, f"the error does not explain how to resume: {notes}")


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def errors_are_typed(outcome: Outcome) -> None:
    """Require that every error is of the library's tree, has its cause, and can be pickled."""
    error = outcome.error
    if error is None:
        _require(pickle.loads(pickle.dumps(outcome.value)) == outcome.value, "pickled, it differs")  # noqa: S301 - pickled here
        return
    if isinstance(error, EndlessCallsError):
        return
    _require(isinstance(error, LightsailSnapError), f"foreign: {error!r}")
    context = error.__context__
    if context is not None and not error.__suppress_context__:
        _require(isinstance(context, LightsailSnapError), f"no cause, but a context: {context!r}")
    rests = (NameConflictError, OutcomeUnknownError, RequestNotSentError, ServiceError)
    _require(error.__cause__ is not None or not isinstance(error, rests), f"no cause: {error!r}")
    copied = pickle.loads(pickle.dumps(error))  # noqa: S301 - pickled here
    facts = [(type(e), str(e), e.may_have_executed) for e in (error, copied)]  # type: ignore[union-attr] # required above
    _require(facts[0] == facts[1], f"pickled, it differs: {facts}")
    text = str(error)
    _require(text.isprintable() and text, f"not one printable line: {text!r}")


def every_call_ends(outcome: Outcome) -> None:
    """Require a bounded number of requests and a bounded time."""
    _require(not isinstance(outcome.error, EndlessCallsError), f"more than {MAX_CALLS} requests")
    is_timed = outcome.cell.operation.kind in {"workflow", "wait"}
    # A list has no timeout and makes a call for each page; so does a plan, besides its waits.
    most = (
        TIMEOUT + _LONGEST_CALL
        if is_timed
        else _LONGEST_CALL * len(set(outcome.emulator.record.call_ids))
    )
    _require(outcome.elapsed <= most, f"it took {outcome.elapsed:.0f} s")


def execution_is_reported(outcome: Outcome) -> None:
    """Require that `may_have_executed` is true for executed changes and false for unsent ones."""
    error, record, fault = outcome.error, outcome.emulator.record, outcome.cell.fault
    if not isinstance(error, LightsailSnapError):
        return
    if record.commits:
        _require(error.may_have_executed, f"{record.commits} denied by {error!r}")
    if isinstance(error, RequestNotSentError):
        # The last call of a workflow may be another than the one that was not sent.
        names = [name for name, _ in zip(record.operations, record.call_ids, strict=True)]
        reached = {
            i for n, i in zip(names, record.call_ids, strict=True) if n == error.operation_name
        }
        unsent = [call for call in reached if not record.reached[call]]
        _require(unsent, f"it was sent: {error!r}")
    if outcome.cell.operation.kind == "call" and not record.reached:
        if fault.is_unsent:
            _require(isinstance(error, RequestNotSentError), f"not sent, but {error!r}")
        if fault.is_unsent or fault.is_refusal:
            _require(not error.may_have_executed, f"not executed, but {error!r}")


def everything_is_closed(outcome: Outcome) -> None:
    """Require that the client is closed and that no network was used."""
    _require(outcome.is_closed, "the client is not closed")
    _require(not outcome.sockets, f"connected to {outcome.sockets}")


def _representations(resource: object, *, with_chain: bool) -> Iterator[str]:
    yield str(resource)
    yield repr(resource)
    yield repr(pickle.dumps(resource))
    if isinstance(resource, BaseException):
        yield repr(resource.args)
        yield repr(getattr(resource, "__notes__", None))
        # botocore's own exceptions may contain an echo, as docs/security.md states.
        yield "".join(traceback.format_exception(resource, chain=with_chain, limit=_FRAMES))
        copied = pickle.loads(pickle.dumps(resource))  # noqa: S301 - pickled here
        yield "".join(traceback.format_exception(copied))


def credentials_stay_secret(outcome: Outcome) -> None:
    """Require that no credential is in the result, the error or the log."""
    resource = outcome.value if outcome.error is None else outcome.error
    with_chain = not outcome.cell.fault.echoes
    if isinstance(resource, LightsailSnapError | None) or outcome.error is None:
        for representation in (*_representations(resource, with_chain=with_chain), outcome.log):
            for canary in _CANARIES:
                _require(canary not in representation, f"{canary} is shown: {representation[:300]}")


INVARIANTS: tuple[Callable[[Outcome], None], ...] = (
    every_call_ends,
    errors_are_typed,
    nothing_is_created_twice,
    disks_stay_attached,
    roll_back_moves_two_disks,
    success_is_true,
    work_can_be_resumed,
    execution_is_reported,
    everything_is_closed,
    credentials_stay_secret,
)


def check_invariants(outcome: Outcome) -> None:
    """Check all invariants; raise `BrokenInvariantError` for the first that does not hold."""
    for invariant in INVARIANTS:
        try:
            invariant(outcome)
        except BrokenInvariantError as error:
            raise BrokenInvariantError(f"{invariant.__name__}: {error}") from None
