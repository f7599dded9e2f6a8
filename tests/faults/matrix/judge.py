"""The laws that hold whatever goes wrong. They know nothing of any fault but what it declares."""

from __future__ import annotations

import functools
import json
import pickle
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from tests.faults.matrix.operations import Operation
from tests.faults.matrix.plan import State
from tests.faults.matrix.run import KEY_ID, QUIET, SECRET, TIMEOUT, TOKEN, Cell, Evidence, run
from tests.faults.matrix.world import MOST_CALLS, EndlessError

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
_FINAL = frozenset({"completed", "available", "Succeeded", "Completed"})
# One call at the end of a wait may yet take all of botocore's attempts, each as long as a fault
# lets it take, and its pauses in between.
_LONGEST_CALL = 5 * 60 + 5 * 20
_ERROR = 300
# What frames show is source code, which takes long to find and holds no credential.
_FRAMES = 2


class BrokenLawError(Exception):
    """A law does not hold."""


def _require(holds: object, text: str) -> None:
    if not holds:
        raise BrokenLawError(text[:1000])


def nothing_is_made_twice(found: Evidence) -> None:
    """Nothing is made twice, and nothing that was not asked for."""
    everything = found.world.everything()
    fresh = [key for key in everything if key not in found.world.things]
    wanted = found.cell.operation.makes
    for _, kind, name in fresh:
        is_record = kind == "ExportSnapshotRecord" and "Export" in found.cell.operation.name
        _require(kind == "Operation" or name in wanted or is_record, f"made: {kind} {name}")
    exports = [key for key in fresh if key[1] == "ExportSnapshotRecord"]
    _require(len(exports) <= 1, f"exported {len(exports)} times")
    operations = [(key[0], everything[key]) for key in fresh if key[1] == "Operation"]
    made = Counter(
        (region, each["resourceName"])
        for region, each in operations
        if each["operationType"] in _CREATING and each["resourceName"] in wanted
    )
    _require(all(count == 1 for count in made.values()), f"made more than once: {made}")


@functools.cache
def _undisturbed(operation: Operation) -> State:
    """Tell what there is after a night of a plan in which nothing happens."""
    found = run(Cell(QUIET, operation, "sync", "standard"))
    if found.state is None or found.state != found.again:
        raise AssertionError(found.error)
    found.world.close()
    return found.state


def _plain(value: Any) -> Any:
    """Bring JSON to a form in which null, absent and empty are the same."""
    match value:
        case dict():
            found = {name: _plain(member) for name, member in value.items()}
            return {name: member for name, member in found.items() if member not in (None, [])}
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


def _answers(found: Evidence, operation: str) -> list[Any]:
    """Give the successful answers to an operation that arrived and can be read."""
    given = found.world.record.given
    read = [
        _read(each.body) for each in given if each.operation == operation and each.status < _ERROR
    ]
    return [each for each in read if isinstance(each, dict)]


def success_is_true(found: Evidence) -> None:
    """What is returned is what the service said last, and what the service holds."""
    if found.error is not None:
        return
    operation = found.cell.operation
    if operation.kind == "list":
        _list_is_true(found)
        return
    if operation.kind == "plan":
        _plan_is_true(found)
        return
    told = _plain(found.value.to_wire())
    if operation.kind == "call":
        answers = _answers(found, operation.name)
        _require(answers and told == _plain(answers[-1]), f"the service did not say {told}")
        if not operation.name.startswith("Get"):
            _require(operation.name in found.world.record.commits, "nothing was carried out")
        return
    said = [
        _plain(answer[member])
        for look, member in operation.look
        for answer in _answers(found, look)
        if member in answer
    ]
    # A wait may be over with the first answer, which is another operation's.
    _require(told in said, f"the service did not say {told}")
    key = found.value.id if hasattr(found.value, "operation_type") else found.value.name
    real = [each for (_, _, name), each in found.world.everything().items() if name == key]
    _require(len(real) == 1, f"there is no {key}")
    state = real[0].get("status", real[0].get("state"))
    _require(state in _FINAL, f"{key} is {state}")
    if operation.makes:
        is_new = all(name != key for _, _, name in found.world.things)
        _require(key in operation.makes and is_new, f"{key} is not what was asked for")
        _require(found.world.record.commits, "nothing was carried out")


_WITHHELD = {
    "slow drip, always": "stale_evidence",
    "the service's clock a day ahead": "untrusted_clock",
    "the service's clock a day behind": "untrusted_clock",
    "the service's date unreadable": "untrusted_clock",
}


def _plan_is_true(found: Evidence) -> None:
    left = [each for each in found.value.results if each.status not in {"done", "adopted"}]
    # Where the service does not tell which snapshot it is or when it was made, nothing is deleted,
    # and the plan says that it left it.
    for each in left:
        is_safe = (each.status, each.step.action) == ("skipped", "delete")
        # Without a clock to trust, or evidence that is fresh, nothing is deleted.
        outcome = each.deletion.outcome if each.deletion else ""
        is_due = found.cell.fault.alters or outcome == _WITHHELD.get(found.cell.fault.name)
        _require(is_due and is_safe, f"left: {each}")
    things, operations = found.state or ({}, {})
    usual_things, usual_operations = _undisturbed(found.cell.operation)
    missing = [key for key, thing in usual_things.items() if things.get(key) != thing]
    _require(not missing, f"it is not as if undisturbed: {missing}")
    more = [key for key, count in operations.items() if count > usual_operations.get(key, 0)]
    _require(not more, f"more was done than if undisturbed: {more}")
    # What is told wrongly of a snapshot, or not at all, may keep it from being deleted, and never
    # the reverse.
    is_withheld = found.cell.fault.alters or found.cell.fault.name in _WITHHELD
    if not is_withheld and not found.value.run.unlisted:
        _require(things.keys() == usual_things.keys(), "something else is there")


def _list_is_true(found: Evidence) -> None:
    pages = _answers(found, "GetDiskSnapshots")
    said = [_plain(item) for page in pages for item in page.get("diskSnapshots") or ()]
    told = [_plain(item.to_wire()) for item in found.value]
    _require(told == said, "the list is not what the service said")
    if not found.cell.fault.alters:
        names = [
            key[2] for key in found.world.everything() if key[:2] == ("us-east-1", "DiskSnapshot")
        ]
        _require(
            sorted(names) == sorted(item.name for item in found.value), "something is not listed"
        )


def success_is_not_lost(found: Evidence) -> None:
    """A job or a wait outlives what passes, and if it fails, it says how to go on.

    Whatever happened to a plan, running it again ends as if nothing had happened.
    """
    error, operation = found.error, found.cell.operation
    if operation.kind == "plan":
        # A plan may fail whenever it cannot see what there is; it is there to be run again.
        _require(found.again == _undisturbed(operation), "run again, it ends otherwise")
        return
    if error is None or operation.kind not in {"job", "wait"}:
        return
    _require(not found.cell.fault.passes, f"lost to what passes: {error!r}")
    if operation.kind == "job" and found.world.record.commits:
        notes = " ".join([str(error), *getattr(error, "__notes__", ())])
        is_told = "wait_for_" in notes or "look it" in notes or "look its" in notes
        # What has ended badly cannot be gone on with; the error holds it as it was last seen.
        is_told = is_told or isinstance(error, WaitFailedError)
        _require(is_told, f"it does not say how to go on: {notes}")


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def errors_are_ours(found: Evidence) -> None:
    """Every error is one of the library's, holds its cause, and pickles."""
    error = found.error
    if error is None:
        _require(pickle.loads(pickle.dumps(found.value)) == found.value, "pickled, it differs")  # noqa: S301 - our own
        return
    if isinstance(error, EndlessError):
        return
    _require(isinstance(error, LightsailSnapError), f"foreign: {error!r}")
    context = error.__context__
    if context is not None and not error.__suppress_context__:
        _require(isinstance(context, LightsailSnapError), f"no cause, but a context: {context!r}")
    rests = (NameConflictError, OutcomeUnknownError, RequestNotSentError, ServiceError)
    _require(error.__cause__ is not None or not isinstance(error, rests), f"no cause: {error!r}")
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    told = [(type(e), str(e), e.may_have_executed) for e in (error, again)]  # type: ignore[union-attr] # ours, as required above
    _require(told[0] == told[1], f"pickled, it is another: {told}")
    text = str(error)
    _require(text.isprintable() and text, f"no printable line: {text!r}")


def every_wait_ends(found: Evidence) -> None:
    """It ends, after so many calls and so long a time at most."""
    _require(not isinstance(found.error, EndlessError), f"more than {MOST_CALLS} requests")
    is_timed = found.cell.operation.kind in {"job", "wait"}
    # A list makes a call for each of its pages, which nobody limits.
    # So does a plan, besides its waits.
    most = (
        TIMEOUT + _LONGEST_CALL if is_timed else _LONGEST_CALL * len(set(found.world.record.asked))
    )
    _require(found.elapsed <= most, f"it took {found.elapsed:.0f} s")


def it_is_told_what_was_sent(found: Evidence) -> None:
    """A change that was carried out is not denied; what was surely not sent is told so."""
    error, record, fault = found.error, found.world.record, found.cell.fault
    if not isinstance(error, LightsailSnapError):
        return
    if record.commits:
        _require(error.may_have_executed, f"{record.commits} denied by {error!r}")
    if isinstance(error, RequestNotSentError):
        # The last call of a job may be another than the one that was not sent.
        names = [name for name, _ in zip(record.operations, record.asked, strict=True)]
        reached = {i for n, i in zip(names, record.asked, strict=True) if n == error.operation_name}
        unsent = [call for call in reached if not record.reached[call]]
        _require(unsent, f"it was sent: {error!r}")
    if found.cell.operation.kind == "call" and not record.reached:
        if fault.is_unsent:
            _require(isinstance(error, RequestNotSentError), f"not sent, but {error!r}")
        if fault.is_unsent or fault.is_refusal:
            _require(not error.may_have_executed, f"surely not carried out, but {error!r}")


def all_is_closed(found: Evidence) -> None:
    """The client is closed, and no network was used."""
    _require(found.is_closed, "the client is not closed")
    _require(not found.sockets, f"connected to {found.sockets}")


def _faces(thing: object, *, is_told_whole: bool) -> Iterator[str]:
    yield str(thing)
    yield repr(thing)
    yield repr(pickle.dumps(thing))
    if isinstance(thing, BaseException):
        yield repr(thing.args)
        yield repr(getattr(thing, "__notes__", None))
        # What botocore's own exceptions say of an echo is theirs; docs/security.md says so.
        yield "".join(traceback.format_exception(thing, chain=is_told_whole, limit=_FRAMES))
        again = pickle.loads(pickle.dumps(thing))  # noqa: S301 - our own
        yield "".join(traceback.format_exception(again))


def credentials_are_kept(found: Evidence) -> None:
    """No credential is in what comes back, nor in the log."""
    thing = found.value if found.error is None else found.error
    is_told_whole = not found.cell.fault.echoes
    if isinstance(thing, LightsailSnapError | None) or found.error is None:
        for face in (*_faces(thing, is_told_whole=is_told_whole), found.log):
            for canary in _CANARIES:
                _require(canary not in face, f"{canary} is told: {face[:300]}")


LAWS: tuple[Callable[[Evidence], None], ...] = (
    every_wait_ends,
    errors_are_ours,
    nothing_is_made_twice,
    success_is_true,
    success_is_not_lost,
    it_is_told_what_was_sent,
    all_is_closed,
    credentials_are_kept,
)


def judge(found: Evidence) -> None:
    """Hold all laws.

    Args:
        found: What came of a cell.

    Raises:
        BrokenLawError: The first that does not hold.
    """
    for law in LAWS:
        try:
            law(found)
        except BrokenLawError as error:
            raise BrokenLawError(f"{law.__name__}: {error}") from None
