"""Changes without an idempotency token: stop, start, attach, detach and delete."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.support import Reply, ScriptedTransport, lost, not_found, service_error, throttled

from lightsail_snap import (
    AccessDeniedException,
    InvalidInputException,
    LightsailSnapError,
    NotFoundException,
    ResponseMetadata,
    ResponseValidationError,
    VirtualClock,
    WaitFailedError,
    WaitPolicy,
    WaitProgress,
    WaitTimeoutError,
)
from lightsail_snap._drivers.sync import run
from lightsail_snap._workflows.converge import (
    Change,
    attach_disk,
    converge,
    delete_disk,
    detach_disk,
    identity_of,
    start_instance,
    stop_instance,
)
from lightsail_snap._workflows.ownership import Identity
from lightsail_snap._workflows.resources import Found, find_instance
from lightsail_snap._workflows.timing import RetryBudget, start
from lightsail_snap.models import Disk, Instance

POLICY = WaitPolicy(timeout=600)
refused = service_error(InvalidInputException)
ARN = "arn:aws:lightsail:us-east-1:1:Disk/1"


def instance(state: str | None, **fields: Any) -> Mapping[str, Any]:
    return {
        "instance": {"name": "web-1", **({"state": {"name": state}} if state else {}), **fields}
    }


def disk(state: str, to: str | None = None, path: str | None = None, **fields: Any) -> Any:
    wire = {"name": "disk-1", "arn": ARN, "state": state, "attachedTo": to, "path": path} | fields
    return {"disk": {name: value for name, value in wire.items() if value is not None}}


def started(status: str = "Started", name: str = "web-1", **fields: Any) -> Mapping[str, Any]:
    is_terminal = status != "Started"
    wire = {"id": "op-1", "resourceName": name, "status": status, "isTerminal": is_terminal}
    return {"operations": [wire | fields]}


def polled(status: str, **fields: Any) -> Mapping[str, Any]:
    return {"operation": started(status, **fields)["operations"][0]}


def apply(
    change: Change[Any], limit: float | None = 600, on_progress: Any = None, **scripts: list[Reply]
) -> tuple[Any, ScriptedTransport]:
    """Make a change against scripted replies, and return the outcome and the transport."""
    transport = ScriptedTransport(operations=scripts)

    async def workflow() -> Any:
        return await converge(change, RetryBudget(POLICY, await start(limit)), on_progress)

    try:
        return run(workflow(), transport, VirtualClock()), transport
    except LightsailSnapError as error:
        return error, transport


def test_converge_done_already_sends_nothing() -> None:
    stopped, transport = apply(stop_instance("web-1"), GetInstance=[instance("stopped")])
    assert stopped.is_stopped
    assert transport.operations == ["GetInstance"]


def test_converge_booting_instance_waits_before_it_stops_it() -> None:
    states = ["pending", None, "running", "stopping", "stopping", "stopped"]
    _, transport = apply(
        stop_instance("web-1"),
        GetInstance=[instance(state) for state in states],
        StopInstance=[started()],
    )
    assert transport.calls["StopInstance"] == 1
    assert transport.operations.index("StopInstance") == 3
    assert transport.calls["GetOperation"] == 0


@pytest.mark.parametrize("reply", [lost, throttled, refused, not_found, {"operations": 1}])
def test_converge_failed_request_is_sent_again(reply: Reply) -> None:
    running, transport = apply(
        start_instance("web-1"),
        GetInstance=[instance("stopped"), instance("stopped"), instance("running")],
        StartInstance=[reply, started()],
    )
    assert running.is_running
    assert transport.calls["StartInstance"] == 2


def test_converge_lost_response_of_executed_request_is_not_sent_again() -> None:
    _, transport = apply(
        stop_instance("web-1"),
        GetInstance=[instance("running"), instance("stopping"), instance("stopped")],
        StopInstance=[lost],
    )
    assert transport.calls["StopInstance"] == 1


def test_converge_operation_under_way_is_not_sent_again() -> None:
    _, transport = apply(
        stop_instance("web-1"),
        GetInstance=[*[instance("running")] * 4, instance("stopped")],
        StopInstance=[started()],
        GetOperation=[polled("Started"), throttled, polled("Succeeded")],
    )
    assert transport.calls["StopInstance"] == 1


@pytest.mark.parametrize("reply", [polled("Succeeded"), not_found])
def test_converge_operation_without_effect_is_sent_again(reply: Reply) -> None:
    _, transport = apply(
        stop_instance("web-1"),
        GetInstance=[*[instance("running")] * 8, instance("stopped")],
        StopInstance=[started()],
        GetOperation=[reply],
    )
    assert transport.calls["StopInstance"] == 2


def test_converge_response_without_operations_is_accepted() -> None:
    _, transport = apply(
        stop_instance("web-1"),
        GetInstance=[instance("running"), instance("stopped")],
        StopInstance=[{"operations": []}],
    )
    assert transport.calls["StopInstance"] == 1


def test_converge_failed_operation_is_raised_when_it_repeats() -> None:
    failed = {"errorCode": "Broken", "errorDetails": "no host"}
    error, transport = apply(
        stop_instance("web-1"),
        GetInstance=[instance("running")],
        StopInstance=[started("Failed", **failed)],
    )
    assert type(error) is WaitFailedError
    assert str(error) == "cannot stop instance web-1: its operation failed: Broken: no host"
    assert error.may_have_executed
    assert transport.calls["StopInstance"] == 5


def test_converge_failed_operation_without_details_is_described() -> None:
    error, _ = apply(
        stop_instance("web-1"),
        GetInstance=[instance("running")],
        StopInstance=[started("Failed")],
    )
    assert str(error).endswith("(no code): (no details)")


def test_converge_repeated_refusal_is_raised_as_it_is() -> None:
    error, transport = apply(
        stop_instance("web-1"), GetInstance=[instance("running")], StopInstance=[refused]
    )
    assert type(error) is InvalidInputException
    assert not error.may_have_executed
    assert transport.calls["StopInstance"] == 5


def test_converge_refusals_are_counted_anew_when_the_state_moves() -> None:
    states = [*["running"] * 4, "pending", *["running"] * 3, "stopped"]
    other = service_error(InvalidInputException, sub_code="Other")
    stopped, _ = apply(
        stop_instance("web-1"),
        GetInstance=[instance(state) for state in states],
        StopInstance=[refused, refused, refused, refused, other, refused],
    )
    assert stopped.is_stopped


@pytest.mark.parametrize("operation", ["GetInstance", "StopInstance"])
def test_converge_denied_access_is_raised_at_once(operation: str) -> None:
    scripts: dict[str, list[Reply]] = {
        "GetInstance": [instance("running")],
        operation: [service_error(AccessDeniedException)],
    }
    error, transport = apply(stop_instance("web-1"), **scripts)
    assert type(error) is AccessDeniedException
    assert transport.calls[operation] == 1


def test_converge_lost_request_before_a_refusal_may_have_executed() -> None:
    error, _ = apply(
        stop_instance("web-1"),
        GetInstance=[instance("running")],
        StopInstance=[lost, service_error(AccessDeniedException)],
    )
    assert type(error) is AccessDeniedException
    assert error.may_have_executed


def test_converge_deleted_instance_is_impossible() -> None:
    error, transport = apply(start_instance("web-1"), GetInstance=[instance("terminated")])
    assert type(error) is WaitFailedError
    assert str(error) == "cannot start instance web-1: it is terminated"
    assert transport.calls == {"GetInstance": 1}


@pytest.mark.parametrize(
    "reads",
    [
        [not_found, not_found, instance("stopped")],
        [throttled, {"instance": 1}, lost, instance("stopped")],
    ],
)
def test_converge_unreadable_state_is_read_again(reads: list[Reply]) -> None:
    stopped, _ = apply(stop_instance("web-1"), GetInstance=reads)
    assert stopped.is_stopped


def test_converge_resource_that_is_not_visible_yet_is_read_again() -> None:
    change = stop_instance("web-1")
    finds = [None, Found(Instance.model_validate({"name": "web-1"}), ResponseMetadata())]

    async def find(name: str) -> Found[Instance] | None:
        return finds.pop(0) if finds else await find_instance(name)

    change = replace(change, waitable=replace(change.waitable, find=find))
    stopped, transport = apply(change, GetInstance=[instance("stopped")])
    assert stopped.is_stopped
    assert transport.calls == {"GetInstance": 1}


def test_converge_missing_resource_is_raised() -> None:
    error, transport = apply(stop_instance("web-1"), GetInstance=[not_found])
    assert type(error) is NotFoundException
    assert transport.calls["GetInstance"] == 3


def test_converge_state_that_stays_unreadable_is_raised() -> None:
    error, transport = apply(stop_instance("web-1"), GetInstance=[{"instance": 1}])
    assert type(error) is ResponseValidationError
    assert transport.calls["GetInstance"] == 10


@pytest.mark.parametrize("limit", [0, 30])
def test_converge_time_limit_ends_it(limit: float) -> None:
    error, transport = apply(
        stop_instance("web-1"),
        limit,
        GetInstance=[instance("running"), instance("stopping")],
        StopInstance=[started()],
    )
    assert type(error) is WaitTimeoutError
    state = "running" if limit == 0 else "stopping"
    assert str(error) == f"instance web-1 is still in {state} after {limit} s"
    assert error.may_have_executed
    assert transport.calls["StopInstance"] == 1


def test_converge_time_limit_without_a_read_names_the_cause() -> None:
    error, _ = apply(stop_instance("web-1"), 1, GetInstance=[throttled])
    assert str(error) == "instance web-1 is still not seen after 1 s"
    assert error.__cause__.is_throttling
    assert not error.may_have_executed


def test_converge_reports_every_read() -> None:
    seen: list[WaitProgress[Any]] = []
    apply(
        stop_instance("web-1"),
        on_progress=seen.append,
        GetInstance=[throttled, instance("running"), instance("stopped")],
        StopInstance=[started()],
    )
    assert [each.polls for each in seen] == [1, 2, 3]
    assert str(seen[0]).startswith("instance web-1: poll failed")
    assert str(seen[2]).startswith("instance web-1: stopped")


def test_attach_disk_waits_until_it_is_in_use() -> None:
    attached, transport = apply(
        attach_disk("disk-1", "web-1", "/dev/xvdf"),
        GetDisk=[
            disk("pending"),
            disk("available"),
            disk("attaching", "web-1"),
            disk("in-use", "web-1", "/dev/xvdf"),
        ],
        AttachDisk=[started()],
    )
    assert attached.path == "/dev/xvdf"
    assert transport.calls["AttachDisk"] == 1


@pytest.mark.parametrize(
    ("state", "why"),
    [
        (disk("in-use", "web-2", "/dev/xvdf"), "it is attached to web-2"),
        (disk("in-use", "web-1", "/dev/xvdg"), "it is attached at /dev/xvdg, not at /dev/xvdf"),
        (disk("error"), "its state is error"),
    ],
)
def test_attach_disk_that_is_elsewhere_is_impossible(state: Reply, why: str) -> None:
    error, transport = apply(attach_disk("disk-1", "web-1", "/dev/xvdf"), GetDisk=[state])
    assert str(error) == f"cannot attach disk disk-1 to instance web-1: {why}"
    assert transport.calls == {"GetDisk": 1}


def test_detach_disk_waits_until_it_is_available() -> None:
    reads = [
        disk("attaching", "web-1"),
        disk("in-use", "web-1"),
        disk("detaching"),
        disk("available"),
    ]
    _, transport = apply(
        detach_disk("disk-1", "web-1"), GetDisk=reads, DetachDisk=[started(name="disk-1")]
    )
    assert transport.calls == {"GetDisk": 4, "DetachDisk": 1}


def test_detach_disk_of_another_instance_is_impossible() -> None:
    error, transport = apply(detach_disk("disk-1", "web-1"), GetDisk=[disk("in-use", "web-2")])
    assert str(error) == "cannot detach disk disk-1 from instance web-1: it is attached to web-2"
    assert transport.calls == {"GetDisk": 1}


def _identity() -> Identity:
    return identity_of(Disk(name="disk-1", arn=ARN, created_at=datetime(2026, 11, 1, tzinfo=UTC)))


def test_delete_disk_is_done_when_it_is_not_found() -> None:
    deleted, transport = apply(
        delete_disk("disk-1", _identity()),
        GetDisk=[disk("available"), not_found],
        DeleteDisk=[lost],
    )
    assert deleted.name == "disk-1"
    assert transport.calls == {"GetDisk": 2, "DeleteDisk": 1}


@pytest.mark.parametrize("to", ["web-1", None])
def test_delete_disk_that_is_attached_is_impossible(to: str | None) -> None:
    error, transport = apply(delete_disk("disk-1", _identity()), GetDisk=[disk("in-use", to)])
    assert str(error) == f"cannot delete disk disk-1: it is attached to {to or 'an instance'}"
    assert transport.calls == {"GetDisk": 1}


LATER = disk("available", arn="arn:2", createdAt=1_900_000_000)
EARLIER = disk("available", arn="arn:0", createdAt=1_500_000_000)


def test_delete_disk_that_was_replaced_is_done() -> None:
    deleted, transport = apply(delete_disk("disk-1", _identity()), GetDisk=[LATER])
    assert deleted is None
    assert transport.calls == {"GetDisk": 1}


def test_converge_replaced_resource_is_not_changed() -> None:
    error, transport = apply(
        attach_disk("disk-1", "web-1", "/dev/xvdf", _identity()), GetDisk=[LATER]
    )
    assert type(error) is WaitFailedError
    assert "another client has deleted it" in str(error)
    assert transport.calls == {"GetDisk": 1}


def test_converge_earlier_resource_is_read_again() -> None:
    change = detach_disk("disk-1", "web-1", _identity())
    _, transport = apply(change, GetDisk=[EARLIER, EARLIER, disk("available")])
    assert transport.calls == {"GetDisk": 3}
    error, transport = apply(detach_disk("disk-1", "web-1", _identity()), GetDisk=[EARLIER])
    assert "keeps returning an earlier one" in str(error)
    assert transport.calls == {"GetDisk": 10}
