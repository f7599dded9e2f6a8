"""Waiting, driven with scripted replies on a virtual clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import repeat
from typing import Any

import pytest
from tests.support import (
    Reply,
    ScriptedTransport,
    lost,
    not_found,
    not_sent,
    server_error,
    service_error,
    throttled,
)

from lightsail_snap import (
    AccessDeniedException,
    DiskSnapshot,
    DiskSource,
    DiskState,
    InstanceSnapshot,
    InstanceStateName,
    LightsailSnapClient,
    LightsailSnapError,
    NotFoundException,
    Operation,
    Request,
    RequestValidationError,
    ResponseValidationError,
    ServiceError,
    ThrottlingError,
    VirtualClock,
    WaitFailedError,
    WaitPolicy,
    WaitProgress,
    WaitTimeoutError,
)


def snapshot(state: str | None, progress: str | None = None) -> dict[str, Any]:
    return {"diskSnapshot": {"name": "db-1", "state": state, "progress": progress}}


def operation(
    status: str | None, *, is_terminal: bool | None = None, **more: Any
) -> dict[str, Any]:
    return {"operation": {"id": "op-1", "status": status, "isTerminal": is_terminal, **more}}


forbidden = service_error(AccessDeniedException)


def interrupted(_: Request[Any]) -> BaseException:
    return KeyboardInterrupt()


def make(
    *replies: Reply, **policy: Any
) -> tuple[LightsailSnapClient, ScriptedTransport, VirtualClock]:
    script, clock = ScriptedTransport(*replies), VirtualClock()
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


def test_wait_for_ended_operation_sends_nothing() -> None:
    client, script, clock = make(operation("Started"))
    ended = Operation(id="op-1", status="Succeeded", is_terminal=True)  # type: ignore[arg-type] # pydantic makes the enumeration of it

    assert client.wait_for_operation(ended) is ended
    assert script.operations == []
    assert clock.monotonic() == 0


def test_wait_for_pending_operation_polls_after_a_pause() -> None:
    client, script, clock = make(operation("Succeeded", is_terminal=True))
    begun = Operation(id="op-1", status="Started", is_terminal=False)  # type: ignore[arg-type] # likewise

    assert client.wait_for_operation(begun).status == "Succeeded"
    assert script.operations == ["GetOperation"]
    assert clock.monotonic() > 0


def test_wait_for_failed_operation_raises_without_polling() -> None:
    client, script, _ = make(operation("Started"))
    failed = Operation(id="op-1", status="Failed", is_terminal=True, error_code="Quota")  # type: ignore[arg-type] # likewise

    with pytest.raises(WaitFailedError, match="ended in Failed: Quota") as caught:
        client.wait_for_operation(failed)
    assert caught.value.operation is failed
    assert script.operations == []


@pytest.mark.parametrize(
    ("status", "is_terminal", "ends"),
    [
        ("Succeeded", True, "well"),
        ("Completed", True, "well"),
        ("Succeeded", None, "well"),
        ("Completed", None, "well"),
        ("Failed", True, "badly"),
        ("Failed", None, "badly"),
        # A final state without a success status is a failure.
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
def test_operation_status_ends_the_wait_as_expected(
    status: str | None,
    is_terminal: bool | None,  # noqa: FBT001 - a column of the table
    ends: str,
) -> None:
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


def test_failed_operation_reports_its_error() -> None:
    reply = operation("Failed", is_terminal=True, errorCode="Quota", errorDetails="too\nmany")
    client, _, _ = make(operation("Started"), reply)

    with pytest.raises(WaitFailedError, match=r"ended in Failed: Quota: too\\nmany") as caught:
        client.wait_for_operation("op-1")
    assert caught.value.error_code == "Quota"
    assert caught.value.error_details == "too\nmany"
    assert caught.value.waited > timedelta(0)


def test_wait_for_snapshot_returns_it_completed() -> None:
    reports: list[WaitProgress[DiskSnapshot]] = []
    client, script, _ = make(
        snapshot("pending", "0%"), snapshot("pending", "40%"), snapshot("completed", "100%")
    )

    done = client.wait_for_disk_snapshot("db-1", on_progress=reports.append)

    assert done.state == "completed"
    assert script.operations == ["GetDiskSnapshot"] * 3
    assert [report.percent for report in reports] == [0, 40, 100]
    assert [report.polls for report in reports] == [1, 2, 3]
    assert reports[0].elapsed == timedelta(0) < reports[1].elapsed < reports[2].elapsed
    assert str(reports[1]).startswith("disk snapshot db-1: pending 40% after ")


@pytest.mark.parametrize(
    ("text", "percent"),
    [(None, None), ("", None), ("half", None), ("40", 40), (" 40.5 % ", 40), ("101%", None),
     ("-1%", None), ("٤٠%", 40)],
)  # fmt: skip
def test_progress_percent_is_parsed_or_none(text: str | None, percent: int | None) -> None:
    reports: list[WaitProgress[DiskSnapshot]] = []
    client, _, _ = make(snapshot("completed", text))
    client.wait_for_disk_snapshot("db-1", on_progress=reports.append)
    assert reports[0].percent == percent


def test_wait_for_snapshot_in_error_fails() -> None:
    client, _, _ = make(snapshot("pending"), snapshot("error"))
    with pytest.raises(WaitFailedError, match="disk snapshot db-1 ended in error") as caught:
        client.wait_for_disk_snapshot("db-1")
    assert caught.value.snapshot is not None
    assert (caught.value.error_code, caught.value.error_details) == (None, None)


@pytest.mark.parametrize("state", ["pending", "unknown", "hibernating", None])
def test_unknown_state_waits_until_the_deadline(state: str | None) -> None:
    client, script, clock = make(snapshot(state))
    with pytest.raises(
        WaitTimeoutError, match=r"to keep waiting, call wait_for_disk_snapshot\('db-1'\)"
    ):
        client.wait_for_disk_snapshot("db-1")
    assert clock.monotonic() == 100
    assert len(script.operations) > 2


def test_last_pause_ends_at_the_deadline_before_one_more_poll() -> None:
    replies = [snapshot("pending")] * 2 + [snapshot("completed")]
    client, script, clock = make(*replies, timeout=5, min_delay=4, max_delay=4)
    assert client.wait_for_disk_snapshot("db-1").state == "completed"
    assert clock.monotonic() == 5
    assert len(script.operations) == 3


def test_zero_timeout_polls_once() -> None:
    client, script, clock = make(snapshot("pending"))
    with pytest.raises(WaitTimeoutError):
        client.wait_for_disk_snapshot("db-1", timeout=0)
    assert len(script.operations) == 1
    assert clock.monotonic() == 0


def test_zero_timeout_polls_a_given_operation_once() -> None:
    client, script, clock = make(operation("Started"))
    with pytest.raises(WaitTimeoutError):
        client.wait_for_operation(Operation(id="op-1"), timeout=timedelta(0))
    assert len(script.operations) == 1
    assert clock.monotonic() == 0


def test_none_timeout_never_ends() -> None:
    client, script, clock = make(*[snapshot("pending")] * 5000, snapshot("completed"))
    assert client.wait_for_disk_snapshot("db-1", timeout=None).state == "completed"
    assert len(script.operations) == 5001
    assert clock.monotonic() > 100


@pytest.mark.parametrize("fault", [throttled, server_error, not_sent, lost])
def test_transient_error_does_not_end_the_wait(fault: Reply) -> None:
    reports: list[WaitProgress[DiskSnapshot]] = []
    client, _, _ = make(fault, snapshot("pending"), *[fault] * 9, snapshot("completed"))
    assert client.wait_for_disk_snapshot("db-1", on_progress=reports.append).state == "completed"
    assert reports[0].error is not None
    assert reports[0].resource is None
    assert "poll failed" in str(reports[0])
    assert reports[2].resource is not None


def test_constant_throttling_times_out_with_its_cause() -> None:
    client, _, clock = make(throttled)
    with pytest.raises(WaitTimeoutError, match="still not seen") as caught:
        client.wait_for_disk_snapshot("db-1")
    assert isinstance(caught.value.__cause__, ThrottlingError)
    assert clock.monotonic() == 100


def test_transient_error_does_not_hide_the_last_state() -> None:
    begun = Operation(id="op-1", status="Started", is_terminal=False)  # type: ignore[arg-type] # pydantic makes the enumeration of it
    client, _, _ = make(throttled, operation("Succeeded", is_terminal=True))
    assert client.wait_for_operation(begun).status == "Succeeded"


def test_permanent_error_ends_the_wait() -> None:
    client, script, _ = make(snapshot("pending"), forbidden)
    with pytest.raises(AccessDeniedException):
        client.wait_for_disk_snapshot("db-1")
    assert len(script.operations) == 2


def test_constantly_unreadable_response_ends_the_wait() -> None:
    client, script, _ = make(snapshot("pending"), b"<html>")
    with pytest.raises(ResponseValidationError):
        client.wait_for_disk_snapshot("db-1")
    assert len(script.operations) == 5


def test_occasionally_unreadable_response_does_not_end_the_wait() -> None:
    replies: list[Reply] = [b"<html>", b"", b"{}", snapshot("pending")] * 3
    client, _, _ = make(*replies, snapshot("completed"))
    assert client.wait_for_disk_snapshot("db-1").state == "completed"


def test_missing_snapshot_is_not_found() -> None:
    client, _, _ = make(not_found)
    with pytest.raises(NotFoundException):
        client.wait_for_disk_snapshot("db-1")


def test_deleted_snapshot_fails_the_wait() -> None:
    client, _, _ = make(snapshot("pending"), not_found)
    with pytest.raises(
        WaitFailedError, match=r"no longer exists .* last seen in pending"
    ) as caught:
        client.wait_for_disk_snapshot("db-1")
    assert isinstance(caught.value.__cause__, NotFoundException)


def test_deleted_operation_fails_the_wait() -> None:
    client, _, _ = make(not_found)
    with pytest.raises(WaitFailedError, match="check the resource itself"):
        client.wait_for_operation(Operation(id="op-1"))


def test_interrupt_propagates() -> None:
    client, _, _ = make(snapshot("pending"), interrupted)
    with pytest.raises(KeyboardInterrupt):
        client.wait_for_disk_snapshot("db-1")


def test_error_of_the_progress_callback_propagates() -> None:
    def fail(_: object) -> None:
        raise ZeroDivisionError

    client, _, _ = make(snapshot("pending"))
    with pytest.raises(ZeroDivisionError):
        client.wait_for_disk_snapshot("db-1", on_progress=fail)


@pytest.mark.parametrize("timeout", [-1, float("nan"), float("inf"), True, "soon", timedelta(-1)])
def test_invalid_timeout_is_refused_before_any_request(timeout: Any) -> None:
    client, script, _ = make(snapshot("pending"))
    with pytest.raises(RequestValidationError, match="timeout: must be a timedelta or a finite"):
        client.wait_for_disk_snapshot("db-1", timeout=timeout)
    assert script.operations == []


@pytest.mark.parametrize("given", [{"timeout": -1}, {"min_delay": -1}, {"max_delay": "x"},
                                   {"min_delay": 9, "max_delay": 8}])  # fmt: skip
def test_invalid_wait_policy_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(RequestValidationError):
        WaitPolicy(**given)


def test_pauses_grow_to_their_limit() -> None:
    policy = WaitPolicy(min_delay=1, max_delay=10, random=lambda: 1.0)
    assert [policy.delay(polls) for polls in range(6)] == [1, 2, 4, 8, 10, 10]
    assert policy.delay(10**9) == 10


def test_wait_exceeds_its_deadline_by_one_call_at_most() -> None:
    clock = VirtualClock()
    transport = ScriptedTransport(snapshot("pending"), before=lambda _: clock.sleep(60))
    client = LightsailSnapClient(transport=transport, clock=clock)
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


def test_wait_for_instance_snapshot_returns_it_available() -> None:
    reports: list[WaitProgress[InstanceSnapshot]] = []
    client, _, _ = make(instance_snapshot("pending"), instance_snapshot("available"))
    done = client.wait_for_instance_snapshot("web-1", on_progress=reports.append)
    assert done.state == "available"
    assert [report.percent for report in reports] == [None, None]


@pytest.mark.parametrize("state", ["completed", "hibernating", None])
def test_instance_snapshot_in_another_state_is_pending(state: str | None) -> None:
    client, _, _ = make(instance_snapshot(state))
    with pytest.raises(WaitTimeoutError, match=r"wait_for_instance_snapshot\('web-1'\)"):
        client.wait_for_instance_snapshot("web-1")


def test_wait_for_instance_snapshot_in_error_fails() -> None:
    client, _, _ = make(instance_snapshot("error"))
    with pytest.raises(WaitFailedError, match="instance snapshot web-1 ended in error") as caught:
        client.wait_for_instance_snapshot("web-1")
    assert isinstance(caught.value.snapshot, InstanceSnapshot)


def test_wait_for_disk_returns_it_in_the_target_state() -> None:
    client, _, _ = make(disk("pending"), disk("in-use"), disk("available"))
    assert client.wait_for_disk("disk-1").state == "available"
    client, _, _ = make(disk("pending"), disk("available"), disk("in-use"))
    assert client.wait_for_disk("disk-1", state=DiskState.IN_USE).state == "in-use"


def test_wait_for_disk_in_error_fails() -> None:
    client, _, _ = make(disk("error"))
    with pytest.raises(WaitFailedError) as caught:
        client.wait_for_disk("disk-1")
    assert caught.value.disk is not None


@pytest.mark.parametrize("state", [DiskState.ERROR, "error", None, 5])
def test_waiting_for_the_error_state_is_refused(state: Any) -> None:
    client, script, _ = make(disk("error"))
    with pytest.raises(RequestValidationError, match="state: must be a state that means success"):
        client.wait_for_disk("disk-1", state=state)
    assert script.operations == []


def test_wait_for_deletion_returns_when_missing() -> None:
    reports: list[WaitProgress[DiskSnapshot]] = []
    client, script, _ = make(snapshot("completed"), snapshot("error"), throttled, not_found)
    client.wait_for_disk_snapshot_deletion("db-1", on_progress=reports.append)
    assert len(script.operations) == 4
    assert len(reports) == 3
    client, script, clock = make(not_found)
    client.wait_for_instance_snapshot_deletion("web-1")
    assert clock.monotonic() == 0


def test_wait_for_deletion_times_out() -> None:
    client, _, _ = make(snapshot("completed"))
    resume = r"still not deleted .* wait_for_disk_snapshot_deletion\('db-1'\)"
    with pytest.raises(WaitTimeoutError, match=resume) as caught:
        client.wait_for_disk_snapshot_deletion("db-1")
    assert caught.value.snapshot is not None


def test_newest_export_of_the_snapshot_counts() -> None:
    client, script, _ = make(
        exports(),
        exports(
            record("other", "Succeeded", of="db-2"), record("without-source", "Failed", of=None)
        ),
        exports(record("old", "Failed"), token="more"),  # noqa: S106 - a page's
        exports(record("new", "Started", created=2)),
        exports(record("new", "Succeeded", created=2), record("old", "Failed")),
    )
    assert client.wait_for_export("db-1").name == "new"
    assert len(script.operations) == 5


def test_export_before_since_is_ignored() -> None:
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


def test_export_in_unknown_state_is_pending() -> None:
    client, _, _ = make(exports(record("new", "Paused")))
    with pytest.raises(WaitTimeoutError):
        client.wait_for_export("db-1")
    client, _, _ = make(exports(record("new", None)))
    with pytest.raises(WaitTimeoutError):
        client.wait_for_export("db-1")


@pytest.mark.parametrize("since", [datetime(2026, 11, 23), "yesterday", 5])  # noqa: DTZ001 - naive on purpose
def test_since_without_a_time_zone_is_refused(since: Any) -> None:
    client, script, _ = make(exports())
    with pytest.raises(RequestValidationError, match="since: must be a datetime with a time zone"):
        client.wait_for_export("db-1", since=since)
    assert script.operations == []


@pytest.mark.parametrize("name", ["", " ", "two\nlines", None, 5, ["db-1"]])
def test_invalid_name_is_refused_before_any_request(name: Any) -> None:
    client, script, _ = make(not_found)
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
    assert script.operations == []


async def async_callback(_: object) -> None:
    pass


@pytest.mark.parametrize("listener", [5, "print", async_callback])
def test_invalid_progress_callback_is_refused(listener: Any) -> None:
    client, script, _ = make(snapshot("completed"))
    for wait in (
        lambda: client.wait_for_disk_snapshot("db-1", on_progress=listener),
        lambda: client.wait_for_disk_snapshots(["db-1"], on_progress=listener),
    ):
        with pytest.raises(RequestValidationError, match="on_progress: must be callable"):
            wait()
    assert script.operations == []


def damaged(request: Request[Any]) -> LightsailSnapError:
    return ServiceError("<ht", code="400", http_status=400, operation_name=request.operation_name)


def test_unreadable_error_does_not_end_the_wait() -> None:
    client, _, _ = make(*[damaged] * 3, snapshot("pending"), damaged, snapshot("completed"))
    assert client.wait_for_disk_snapshot("db-1").state == "completed"
    client, script, _ = make(damaged)
    with pytest.raises(ServiceError):
        client.wait_for_disk_snapshot("db-1")
    assert len(script.operations) == 4


def failing() -> Iterator[str]:
    yield "db-1"
    raise ZeroDivisionError


@pytest.mark.parametrize(
    ("names", "reports"),
    [
        ("db-1", "must be several of them"),
        (5, "must be several of them"),
        (failing(), "must be readable"),
        (repeat("db-1"), "must be 100000 at most"),
    ],
)
def test_invalid_list_of_names_is_refused(names: Any, reports: str) -> None:
    client, script, _ = make(snapshot("completed"))
    with pytest.raises(RequestValidationError, match=f"disk_snapshot_names: {reports}"):
        client.wait_for_disk_snapshots(names)
    assert script.operations == []


def test_empty_client_token_is_refused() -> None:
    client, script, _ = make(snapshot("completed"))
    with pytest.raises(RequestValidationError, match="client_token: must not be empty"):
        client.take_disk_snapshot("db-1", DiskSource(disk_name="disk-1"), client_token="")
    assert script.operations == []


def instance(state: str | None) -> dict[str, Any]:
    return {"instance": {"name": "web-1", "state": {"name": state} if state else None}}


@pytest.mark.parametrize("target", [InstanceStateName.RUNNING, InstanceStateName.STOPPED])
def test_wait_for_instance_ends_in_the_requested_state(target: InstanceStateName) -> None:
    client, script, _ = make(
        *map(instance, ("pending", None, "odd", "stopping", target)), max_delay=2
    )
    found = client.wait_for_instance("web-1", state=target)
    assert found.state_name is target
    assert len(script.requests) == 5
    assert found.is_running == (target == "running") != found.is_stopped


@pytest.mark.parametrize("state", ["shutting-down", "terminated"])
def test_wait_for_instance_that_is_deleted_fails(state: str) -> None:
    client, _, _ = make(instance("running"), instance(state))
    with pytest.raises(WaitFailedError, match=f"instance web-1 ended in {state}") as caught:
        client.wait_for_instance("web-1", state=InstanceStateName.STOPPED)
    assert caught.value.instance is not None
    assert caught.value.instance.state_name == state


def test_wait_for_instance_times_out_with_its_last_state() -> None:
    client, _, _ = make(instance("stopping"))
    with pytest.raises(WaitTimeoutError, match="still in stopping") as caught:
        client.wait_for_instance("web-1", state=InstanceStateName.STOPPED, timeout=5)
    assert caught.value.instance is not None
    assert "call wait_for_instance('web-1')" in str(caught.value)


@pytest.mark.parametrize("state", ["terminated", 5, None])
def test_wait_for_instance_refuses_states_that_mean_no_success(state: Any) -> None:
    client, script, _ = make(instance("running"))
    with pytest.raises(RequestValidationError, match=r"InstanceStateName\.RUNNING"):
        client.wait_for_instance("web-1", state=state)
    assert script.requests == []
