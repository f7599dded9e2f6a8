"""Waiting, driven with scripted replies on a clock that jumps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import repeat
from typing import Any

import pytest

from lightsail_snap import (
    AccessDeniedException,
    DiskSnapshot,
    DiskSource,
    DiskState,
    InstanceSnapshot,
    LightsailSnapClient,
    LightsailSnapError,
    NotFoundException,
    Operation,
    OutcomeUnknownError,
    Request,
    RequestNotSentError,
    RequestValidationError,
    Response,
    ResponseMetadata,
    ResponseValidationError,
    ServiceError,
    ServiceException,
    ThrottlingError,
    VirtualClock,
    WaitFailedError,
    WaitPolicy,
    WaitProgress,
    WaitTimeoutError,
)

Reply = dict[str, Any] | bytes | Callable[[Request[Any]], BaseException]


class Script:
    """A transport that says what it was told to say; the last reply is said for ever."""

    def __init__(self, replies: Iterable[Reply]) -> None:
        self.replies = list(replies)
        self.asked: list[str] = []

    def send(self, request: Request[Any]) -> Response:
        self.asked.append(request.operation_name)
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if callable(reply):
            raise reply(request)
        return Response(reply, ResponseMetadata())

    def close(self) -> None:
        pass


def snapshot(state: str | None, progress: str | None = None) -> dict[str, Any]:
    return {"diskSnapshot": {"name": "db-1", "state": state, "progress": progress}}


def operation(
    status: str | None, *, is_terminal: bool | None = None, **more: Any
) -> dict[str, Any]:
    return {"operation": {"id": "op-1", "status": status, "isTerminal": is_terminal, **more}}


def throttled(request: Request[Any]) -> LightsailSnapError:
    return ThrottlingError(
        "slow down", code="ThrottlingException", operation_name=request.operation_name,
        is_retryable=True,
    )  # fmt: skip


def broken(request: Request[Any]) -> LightsailSnapError:
    return ServiceException(
        "oops", code="ServiceException", operation_name=request.operation_name, is_retryable=True
    )


def refused(request: Request[Any]) -> LightsailSnapError:
    return RequestNotSentError("connection refused", request=request)


def lost(request: Request[Any]) -> LightsailSnapError:
    return OutcomeUnknownError("read timeout", request=request)


def forbidden(request: Request[Any]) -> LightsailSnapError:
    return AccessDeniedException(
        "no", code="AccessDeniedException", operation_name=request.operation_name
    )


def missing(request: Request[Any]) -> LightsailSnapError:
    return NotFoundException(
        "none", code="NotFoundException", operation_name=request.operation_name
    )


def interrupted(_: Request[Any]) -> BaseException:
    return KeyboardInterrupt()


def make(*replies: Reply, **policy: Any) -> tuple[LightsailSnapClient, Script, VirtualClock]:
    script, clock = Script(replies), VirtualClock()
    settings: dict[str, Any] = {
        "timeout": 100,
        "min_delay": 2,
        "max_delay": 8,
        "random": lambda: 0.5,
    }
    client = LightsailSnapClient(
        transport=script, clock=clock, wait_policy=WaitPolicy(**settings | policy)
    )
    return client, script, clock


def test_an_operation_that_has_ended_is_not_asked_for() -> None:
    client, script, clock = make(operation("Started"))
    ended = Operation(id="op-1", status="Succeeded", is_terminal=True)  # type: ignore[arg-type] # pydantic makes the enumeration of it

    assert client.wait_for_operation(ended) is ended
    assert script.asked == []
    assert clock.monotonic() == 0


def test_an_operation_that_goes_on_is_asked_for_after_a_pause() -> None:
    client, script, clock = make(operation("Succeeded", is_terminal=True))
    begun = Operation(id="op-1", status="Started", is_terminal=False)  # type: ignore[arg-type] # likewise

    assert client.wait_for_operation(begun).status == "Succeeded"
    assert script.asked == ["GetOperation"]
    assert clock.monotonic() > 0


def test_an_operation_that_failed_already_raises_without_asking() -> None:
    client, script, _ = make(operation("Started"))
    failed = Operation(id="op-1", status="Failed", is_terminal=True, error_code="Quota")  # type: ignore[arg-type] # likewise

    with pytest.raises(WaitFailedError, match="ended in Failed: Quota") as caught:
        client.wait_for_operation(failed)
    assert caught.value.operation is failed
    assert script.asked == []


@pytest.mark.parametrize(
    ("status", "is_terminal", "ends"),
    [
        ("Succeeded", True, "well"),
        ("Completed", True, "well"),
        ("Succeeded", None, "well"),
        ("Completed", None, "well"),
        ("Failed", True, "badly"),
        ("Failed", None, "badly"),
        # An end that nobody calls a success is none.
        ("Exploded", True, "badly"),
        ("Started", True, "badly"),
        (None, True, "badly"),
        # is_terminal is trusted over the name of the status.
        ("Succeeded", False, "not"),
        ("Failed", False, "not"),
        ("Started", None, "not"),
        ("Exploded", None, "not"),
        (None, None, "not"),
    ],
)
def test_the_end_of_an_operation(status: str | None, is_terminal: bool | None, ends: str) -> None:  # noqa: FBT001 - a column of the table
    client, _, clock = make(operation(status, is_terminal=is_terminal))
    if ends == "well":
        assert client.wait_for_operation("op-1").id == "op-1"
        return
    with pytest.raises(WaitFailedError if ends == "badly" else WaitTimeoutError) as caught:
        client.wait_for_operation("op-1")
    assert caught.value.operation is not None
    assert caught.value.operation.status == status
    assert caught.value.snapshot is None
    assert clock.monotonic() == (100 if ends == "not" else 0)


def test_a_failed_operation_tells_why() -> None:
    reply = operation("Failed", is_terminal=True, errorCode="Quota", errorDetails="too\nmany")
    client, _, _ = make(operation("Started"), reply)

    with pytest.raises(WaitFailedError, match=r"ended in Failed: Quota: too\\nmany") as caught:
        client.wait_for_operation("op-1")
    assert caught.value.error_code == "Quota"
    assert caught.value.error_details == "too\nmany"
    assert caught.value.waited > timedelta(0)


def test_a_snapshot_is_waited_to_completed() -> None:
    told: list[WaitProgress[DiskSnapshot]] = []
    client, script, _ = make(
        snapshot("pending", "0%"), snapshot("pending", "40%"), snapshot("completed", "100%")
    )

    done = client.wait_for_disk_snapshot("db-1", on_progress=told.append)

    assert done.state == "completed"
    assert script.asked == ["GetDiskSnapshot"] * 3
    assert [look.percent for look in told] == [0, 40, 100]
    assert [look.polls for look in told] == [1, 2, 3]
    assert told[0].elapsed == timedelta(0) < told[1].elapsed < told[2].elapsed
    assert str(told[1]).startswith("disk snapshot db-1: pending 40% after ")


@pytest.mark.parametrize(
    ("text", "percent"),
    [(None, None), ("", None), ("half", None), ("40", 40), (" 40.5 % ", 40), ("101%", None),
     ("-1%", None), ("٤٠%", 40)],
)  # fmt: skip
def test_progress_is_a_number_where_it_can_be_read(text: str | None, percent: int | None) -> None:
    told: list[WaitProgress[DiskSnapshot]] = []
    client, _, _ = make(snapshot("completed", text))
    client.wait_for_disk_snapshot("db-1", on_progress=told.append)
    assert told[0].percent == percent


def test_a_snapshot_in_error_has_failed() -> None:
    client, _, _ = make(snapshot("pending"), snapshot("error"))
    with pytest.raises(WaitFailedError, match="disk snapshot db-1 ended in error") as caught:
        client.wait_for_disk_snapshot("db-1")
    assert caught.value.snapshot is not None
    assert (caught.value.error_code, caught.value.error_details) == (None, None)


@pytest.mark.parametrize("state", ["pending", "unknown", "hibernating", None])
def test_a_state_that_is_no_end_waits_for_the_deadline(state: str | None) -> None:
    client, script, clock = make(snapshot(state))
    with pytest.raises(WaitTimeoutError, match=r"resume with wait_for_disk_snapshot\('db-1'\)"):
        client.wait_for_disk_snapshot("db-1")
    assert clock.monotonic() == 100
    assert len(script.asked) > 2


def test_the_last_pause_is_cut_to_the_deadline_and_followed_by_one_more_look() -> None:
    replies = [snapshot("pending")] * 2 + [snapshot("completed")]
    client, script, clock = make(*replies, timeout=5, min_delay=4, max_delay=4)
    assert client.wait_for_disk_snapshot("db-1").state == "completed"
    assert clock.monotonic() == 5
    assert len(script.asked) == 3


def test_zero_is_one_look() -> None:
    client, script, clock = make(snapshot("pending"))
    with pytest.raises(WaitTimeoutError):
        client.wait_for_disk_snapshot("db-1", timeout=0)
    assert len(script.asked) == 1
    assert clock.monotonic() == 0


def test_zero_is_one_look_at_an_operation_that_is_given_too() -> None:
    client, script, clock = make(operation("Started"))
    with pytest.raises(WaitTimeoutError):
        client.wait_for_operation(Operation(id="op-1"), timeout=timedelta(0))
    assert len(script.asked) == 1
    assert clock.monotonic() == 0


def test_none_is_for_ever() -> None:
    client, script, clock = make(*[snapshot("pending")] * 5000, snapshot("completed"))
    assert client.wait_for_disk_snapshot("db-1", timeout=None).state == "completed"
    assert len(script.asked) == 5001
    assert clock.monotonic() > 100


@pytest.mark.parametrize("fault", [throttled, broken, refused, lost])
def test_a_passing_fault_does_not_end_the_wait(fault: Reply) -> None:
    told: list[WaitProgress[DiskSnapshot]] = []
    client, _, _ = make(fault, snapshot("pending"), *[fault] * 9, snapshot("completed"))
    assert client.wait_for_disk_snapshot("db-1", on_progress=told.append).state == "completed"
    assert told[0].error is not None
    assert told[0].resource is None
    assert "poll failed" in str(told[0])
    assert told[2].resource is not None


def test_a_storm_of_throttling_ends_at_the_deadline_with_its_cause() -> None:
    client, _, clock = make(throttled)
    with pytest.raises(WaitTimeoutError, match="still not seen") as caught:
        client.wait_for_disk_snapshot("db-1")
    assert isinstance(caught.value.__cause__, ThrottlingError)
    assert clock.monotonic() == 100


def test_a_fault_does_not_pass_for_what_was_seen_before() -> None:
    begun = Operation(id="op-1", status="Started", is_terminal=False)  # type: ignore[arg-type] # pydantic makes the enumeration of it
    client, _, _ = make(throttled, operation("Succeeded", is_terminal=True))
    assert client.wait_for_operation(begun).status == "Succeeded"


def test_a_lasting_fault_ends_the_wait() -> None:
    client, script, _ = make(snapshot("pending"), forbidden)
    with pytest.raises(AccessDeniedException):
        client.wait_for_disk_snapshot("db-1")
    assert len(script.asked) == 2


def test_an_answer_that_stays_unreadable_ends_the_wait() -> None:
    client, script, _ = make(snapshot("pending"), b"<html>")
    with pytest.raises(ResponseValidationError):
        client.wait_for_disk_snapshot("db-1")
    assert len(script.asked) == 5


def test_an_answer_that_is_unreadable_now_and_then_does_not() -> None:
    replies: list[Reply] = [b"<html>", b"", b"{}", snapshot("pending")] * 3
    client, _, _ = make(*replies, snapshot("completed"))
    assert client.wait_for_disk_snapshot("db-1").state == "completed"


def test_a_snapshot_that_never_was_is_not_found() -> None:
    client, _, _ = make(missing)
    with pytest.raises(NotFoundException):
        client.wait_for_disk_snapshot("db-1")


def test_a_snapshot_that_vanishes_has_failed() -> None:
    client, _, _ = make(snapshot("pending"), missing)
    with pytest.raises(WaitFailedError, match=r"no longer known .* last seen in pending") as caught:
        client.wait_for_disk_snapshot("db-1")
    assert isinstance(caught.value.__cause__, NotFoundException)


def test_an_operation_that_vanishes_has_failed() -> None:
    client, _, _ = make(missing)
    with pytest.raises(WaitFailedError, match="look at the resource itself"):
        client.wait_for_operation(Operation(id="op-1"))


def test_an_interrupt_passes_through() -> None:
    client, _, _ = make(snapshot("pending"), interrupted)
    with pytest.raises(KeyboardInterrupt):
        client.wait_for_disk_snapshot("db-1")


def test_an_error_of_the_progress_callback_passes_through() -> None:
    def fail(_: object) -> None:
        raise ZeroDivisionError

    client, _, _ = make(snapshot("pending"))
    with pytest.raises(ZeroDivisionError):
        client.wait_for_disk_snapshot("db-1", on_progress=fail)


@pytest.mark.parametrize("timeout", [-1, float("nan"), float("inf"), True, "soon", timedelta(-1)])
def test_a_timeout_that_is_none_is_refused_before_anything_is_sent(timeout: Any) -> None:
    client, script, _ = make(snapshot("pending"))
    with pytest.raises(RequestValidationError, match="timeout: must be a timedelta or a finite"):
        client.wait_for_disk_snapshot("db-1", timeout=timeout)
    assert script.asked == []


@pytest.mark.parametrize("given", [{"timeout": -1}, {"min_delay": -1}, {"max_delay": "x"},
                                   {"min_delay": 9, "max_delay": 8}])  # fmt: skip
def test_a_policy_that_makes_no_sense_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(RequestValidationError):
        WaitPolicy(**given)


def test_the_pauses_grow_to_their_limit() -> None:
    policy = WaitPolicy(min_delay=1, max_delay=10, random=lambda: 1.0)
    assert [policy.delay(looks) for looks in range(6)] == [1, 2, 4, 8, 10, 10]
    assert policy.delay(10**9) == 10


def test_a_wait_never_outlives_its_deadline_by_more_than_one_call() -> None:
    clock = VirtualClock()

    class Slow(Script):
        def send(self, request: Request[Any]) -> Response:
            clock.sleep(60)
            return super().send(request)

    client = LightsailSnapClient(transport=Slow([snapshot("pending")]), clock=clock)
    with pytest.raises(WaitTimeoutError):
        client.wait_for_disk_snapshot("db-1", timeout=100)
    assert clock.monotonic() <= 160


def instance_snapshot(state: str | None) -> dict[str, Any]:
    return {"instanceSnapshot": {"name": "web-1", "state": state, "progress": None}}


def disk(state: str | None) -> dict[str, Any]:
    return {"disk": {"name": "disk-1", "state": state}}


def exports(*records: dict[str, Any], token: str | None = None) -> dict[str, Any]:
    return {"exportSnapshotRecords": list(records), "nextPageToken": token}


def record(name: str, state: str | None, *, of: str | None = "db-1", created: Any = 1) -> Any:
    source = None if of is None else {"name": of}
    return {"name": name, "state": state, "sourceInfo": source, "createdAt": created}


def test_an_instance_snapshot_is_waited_to_available() -> None:
    told: list[WaitProgress[InstanceSnapshot]] = []
    client, _, _ = make(instance_snapshot("pending"), instance_snapshot("available"))
    done = client.wait_for_instance_snapshot("web-1", on_progress=told.append)
    assert done.state == "available"
    assert [look.percent for look in told] == [None, None]


@pytest.mark.parametrize("state", ["completed", "hibernating", None])
def test_an_instance_snapshot_in_another_state_is_pending(state: str | None) -> None:
    client, _, _ = make(instance_snapshot(state))
    with pytest.raises(WaitTimeoutError, match=r"wait_for_instance_snapshot\('web-1'\)"):
        client.wait_for_instance_snapshot("web-1")


def test_an_instance_snapshot_in_error_has_failed() -> None:
    client, _, _ = make(instance_snapshot("error"))
    with pytest.raises(WaitFailedError, match="instance snapshot web-1 ended in error") as caught:
        client.wait_for_instance_snapshot("web-1")
    assert isinstance(caught.value.snapshot, InstanceSnapshot)


def test_a_disk_is_waited_to_the_state_that_is_wanted() -> None:
    client, _, _ = make(disk("pending"), disk("in-use"), disk("available"))
    assert client.wait_for_disk("disk-1").state == "available"
    client, _, _ = make(disk("pending"), disk("available"), disk("in-use"))
    assert client.wait_for_disk("disk-1", state=DiskState.IN_USE).state == "in-use"


def test_a_disk_in_error_has_failed() -> None:
    client, _, _ = make(disk("error"))
    with pytest.raises(WaitFailedError) as caught:
        client.wait_for_disk("disk-1")
    assert caught.value.disk is not None


@pytest.mark.parametrize("state", [DiskState.ERROR, "error", None, 5])
def test_nobody_waits_for_an_error(state: Any) -> None:
    client, script, _ = make(disk("error"))
    with pytest.raises(RequestValidationError, match="state: must be a state to hope for"):
        client.wait_for_disk("disk-1", state=state)
    assert script.asked == []


def test_a_deletion_is_awaited() -> None:
    told: list[WaitProgress[DiskSnapshot]] = []
    client, script, _ = make(snapshot("completed"), snapshot("error"), throttled, missing)
    client.wait_for_disk_snapshot_deletion("db-1", on_progress=told.append)
    assert len(script.asked) == 4
    assert len(told) == 3
    client, script, clock = make(missing)
    client.wait_for_instance_snapshot_deletion("web-1")
    assert clock.monotonic() == 0


def test_what_is_not_deleted_in_time_is_still_there() -> None:
    client, _, _ = make(snapshot("completed"))
    resume = r"still there .* wait_for_disk_snapshot_deletion\('db-1'\)"
    with pytest.raises(WaitTimeoutError, match=resume) as caught:
        client.wait_for_disk_snapshot_deletion("db-1")
    assert caught.value.snapshot is not None


def test_the_newest_export_of_the_snapshot_counts() -> None:
    client, script, _ = make(
        exports(),
        exports(record("other", "Succeeded", of="db-2"), record("nobody's", "Failed", of=None)),
        exports(record("old", "Failed"), token="more"),  # noqa: S106 - a page's
        exports(record("new", "Started", created=2)),
        exports(record("new", "Succeeded", created=2), record("old", "Failed")),
    )
    assert client.wait_for_export("db-1").name == "new"
    assert len(script.asked) == 5


def test_an_export_from_before_does_not_count() -> None:
    since = datetime.fromtimestamp(5, UTC)
    client, _, _ = make(
        exports(record("old", "Succeeded")),
        exports(record("undated", "Started", created=None)),
        exports(record("new", "Failed", created=5)),
    )
    with pytest.raises(WaitFailedError, match="export of snapshot db-1 ended in Failed") as caught:
        client.wait_for_export("db-1", since=since)
    assert caught.value.export_snapshot_record is not None
    assert caught.value.export_snapshot_record.name == "new"


def test_an_export_in_an_unknown_state_is_pending() -> None:
    client, _, _ = make(exports(record("new", "Paused")))
    with pytest.raises(WaitTimeoutError):
        client.wait_for_export("db-1")
    client, _, _ = make(exports(record("new", None)))
    with pytest.raises(WaitTimeoutError):
        client.wait_for_export("db-1")


@pytest.mark.parametrize("since", [datetime(2026, 11, 23), "yesterday", 5])  # noqa: DTZ001 - naive on purpose
def test_a_moment_without_a_time_zone_is_refused(since: Any) -> None:
    client, script, _ = make(exports())
    with pytest.raises(RequestValidationError, match="since: must be a datetime with a time zone"):
        client.wait_for_export("db-1", since=since)
    assert script.asked == []


@pytest.mark.parametrize("name", ["", " ", "two\nlines", None, 5, ["db-1"]])
def test_a_name_that_cannot_be_one_is_refused_before_anything_is_sent(name: Any) -> None:
    client, script, _ = make(missing)
    for wait in (
        client.wait_for_disk_snapshot,
        client.wait_for_instance_snapshot,
        client.wait_for_disk,
        client.wait_for_export,
        client.wait_for_operation,
        client.wait_for_disk_snapshot_deletion,
        client.wait_for_instance_snapshot_deletion,
    ):
        with pytest.raises(RequestValidationError):
            wait(name)
    assert script.asked == []


async def told_later(_: object) -> None:
    pass


@pytest.mark.parametrize("listener", [5, "print", told_later])
def test_who_cannot_be_told_of_progress_is_refused(listener: Any) -> None:
    client, script, _ = make(snapshot("completed"))
    for wait in (
        lambda: client.wait_for_disk_snapshot("db-1", on_progress=listener),
        lambda: client.wait_for_disk_snapshots(["db-1"], on_progress=listener),
    ):
        with pytest.raises(RequestValidationError, match="on_progress: must be callable"):
            wait()
    assert script.asked == []


def damaged(request: Request[Any]) -> LightsailSnapError:
    return ServiceError("<ht", code="400", http_status=400, operation_name=request.operation_name)


def test_an_error_that_cannot_be_read_is_no_verdict_either() -> None:
    client, _, _ = make(*[damaged] * 3, snapshot("pending"), damaged, snapshot("completed"))
    assert client.wait_for_disk_snapshot("db-1").state == "completed"
    client, script, _ = make(damaged)
    with pytest.raises(ServiceError):
        client.wait_for_disk_snapshot("db-1")
    assert len(script.asked) == 4


def failing() -> Iterator[str]:
    yield "db-1"
    raise ZeroDivisionError


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ("db-1", "must be several of them"),
        (5, "must be several of them"),
        (failing(), "must be readable"),
        (repeat("db-1"), "must be 100000 at most"),
    ],
)
def test_what_are_not_several_names_is_refused(names: Any, told: str) -> None:
    client, script, _ = make(snapshot("completed"))
    with pytest.raises(RequestValidationError, match=f"disk_snapshot_names: {told}"):
        client.wait_for_disk_snapshots(names)
    assert script.asked == []


def test_a_client_token_that_is_empty_is_refused() -> None:
    client, script, _ = make(snapshot("completed"))
    with pytest.raises(RequestValidationError, match="client_token: must not be empty"):
        client.take_disk_snapshot("db-1", DiskSource(disk_name="disk-1"), client_token="")
    assert script.asked == []
