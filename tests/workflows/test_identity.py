"""Only the resource that was requested, or created, is returned."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support import Reply, ScriptedTransport, lost, not_found, service_error

from lightsail_snap import (
    CreateDiskSnapshotRequest,
    DiskSnapshot,
    DiskSource,
    InvalidInputException,
    LightsailSnapClient,
    LightsailSnapError,
    ManualSnapshotSource,
    Operation,
    OutcomeUnknownError,
    PartialFailureError,
    ResponseMetadata,
    ResponseValidationError,
    VirtualClock,
    WaitFailedError,
    WaitTimeoutError,
)
from lightsail_snap._workflows.ownership import (
    CLOCK_PRECISION_SECONDS,
    CLOCK_TOLERANCE_SECONDS,
    Identity,
    Match,
)

DISK = DiskSource(disk_name="disk-1")
MANUAL = ManualSnapshotSource(snapshot_name="old-1")
NOW = 1_700_000_000
_FINAL = {"operation": "Succeeded", "diskSnapshot": "completed"}
_MEMBERS = ("operation", "diskSnapshot", "instanceSnapshot", "disk")

taken = service_error(InvalidInputException, sub_code="NameExists")


def script(**operations: list[Reply]) -> ScriptedTransport:
    """Return a transport with replies for each operation; all other calls find nothing."""
    date = datetime.fromtimestamp(NOW, UTC)
    return ScriptedTransport(not_found, operations=operations, metadata=ResponseMetadata(date=date))


def client(service: ScriptedTransport) -> LightsailSnapClient:
    return LightsailSnapClient(transport=service, clock=VirtualClock(NOW))


def resource(member: str, name: str, **members: Any) -> dict[str, Any]:
    """Return a lookup's response that shows a resource in its final state."""
    key, state = ("id", "status") if member == "operation" else ("name", "state")
    return {member: {key: name, state: _FINAL.get(member, "available"), **members}}


def snapshot(age: float, arn: str = "arn:new", state: str = "completed", **more: Any) -> Any:
    members = {"createdAt": NOW - age, "arn": arn, "state": state, "fromDiskName": "disk-1"}
    return resource("diskSnapshot", "db-1", **members | more)


WAITS: dict[str, tuple[str, str, Callable[[LightsailSnapClient], Any]]] = {
    "operation": ("GetOperation", "operation", lambda c: c.wait_for_operation("db-1")),
    "disk snapshot": (
        "GetDiskSnapshot",
        "diskSnapshot",
        lambda c: c.wait_for_disk_snapshot("db-1"),
    ),
    "instance snapshot": (
        "GetInstanceSnapshot",
        "instanceSnapshot",
        lambda c: c.wait_for_instance_snapshot("db-1"),
    ),
    "disk": ("GetDisk", "disk", lambda c: c.wait_for_disk("db-1")),
    "deletion": (
        "GetDiskSnapshot",
        "diskSnapshot",
        lambda c: c.wait_for_disk_snapshot_deletion("db-1"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("wait", WAITS)
def test_wait_refuses_a_response_about_another_resource(wait: str) -> None:
    operation, member, act = WAITS[wait]
    other: Reply = resource(member, "other-1")
    service = script(**{operation: [other]})
    with pytest.raises(ResponseValidationError, match="must be 'db-1', as requested") as caught:
        act(client(service))
    assert not caught.value.may_have_executed
    assert len(service.operations) == 4


@pytest.mark.parametrize("wait", WAITS)
def test_wait_outlives_a_response_about_another_resource(wait: str) -> None:
    operation, member, act = WAITS[wait]
    right: Reply = not_found if wait == "deletion" else resource(member, "db-1")
    service = script(**{operation: [resource(member, "other-1"), right]})
    found = act(client(service))
    assert len(service.operations) == 2
    if found is not None:
        assert getattr(found, "name", getattr(found, "id", None)) == "db-1"


def test_deletion_wait_ignores_another_resource_at_the_deadline() -> None:
    service = script(GetDiskSnapshot=[resource("diskSnapshot", "other-1")])
    with pytest.raises(WaitTimeoutError, match="still not seen") as caught:
        client(service).wait_for_disk_snapshot_deletion("db-1", timeout=0)
    assert isinstance(caught.value.__cause__, ResponseValidationError)


def test_group_wait_refuses_other_resources_in_lists_and_lookups() -> None:
    listed = {"diskSnapshots": [resource("diskSnapshot", "other-1")["diskSnapshot"]]}
    service = script(
        GetDiskSnapshots=[listed], GetDiskSnapshot=[resource("diskSnapshot", "other-1")]
    )
    with pytest.raises(PartialFailureError) as caught:
        client(service).wait_for_disk_snapshots(["db-1", "db-2", "db-3"])
    assert sorted(caught.value.failures) == ["db-1", "db-2", "db-3"]
    assert caught.value.successes == {}


# Resources of the same name


def test_wait_does_not_go_back_to_an_earlier_resource() -> None:
    pending, old = snapshot(0, state="pending"), snapshot(3600, "arn:old")
    service = script(GetDiskSnapshot=[pending, old, snapshot(0)])
    assert client(service).wait_for_disk_snapshot("db-1").arn == "arn:new"
    service = script(GetDiskSnapshot=[pending, old])
    with pytest.raises(
        WaitFailedError, match="keeps returning an earlier one of this name"
    ) as caught:
        client(service).wait_for_disk_snapshot("db-1")
    assert isinstance(caught.value.__cause__, ResponseValidationError)


def test_wait_follows_a_name_to_a_later_resource() -> None:
    pending = snapshot(3600, "arn:old", state="pending")
    service = script(GetDiskSnapshot=[pending, snapshot(0)])
    assert client(service).wait_for_disk_snapshot("db-1").arn == "arn:new"


def test_resource_that_is_missing_once_has_not_vanished() -> None:
    service = script(GetDiskSnapshot=[snapshot(0, state="pending"), not_found, snapshot(0)])
    assert client(service).wait_for_disk_snapshot("db-1").state == "completed"


# What a high-level operation created


def accepted(age: float | None = 0, **more: Any) -> dict[str, Any]:
    operation = {"id": "op-1", "resourceName": "db-1", "status": "Succeeded", "isTerminal": True}
    created = {} if age is None else {"createdAt": NOW - age}
    return {"operations": [{**operation, **created, **more}]}


def take(service: ScriptedTransport, **options: Any) -> DiskSnapshot:
    return client(service).take_disk_snapshot("db-1", DISK, **options)


@pytest.mark.parametrize("operations", [accepted(), accepted(None), accepted(NOW)])
@pytest.mark.parametrize("age", [NOW, 3600, 2 * CLOCK_TOLERANCE_SECONDS])
def test_creation_does_not_return_an_earlier_resource(
    operations: dict[str, Any], age: float
) -> None:
    old = snapshot(age, "arn:old")
    service = script(CreateDiskSnapshot=[operations], GetDiskSnapshot=[old, old, snapshot(0)])
    assert take(service).arn == "arn:new"
    service = script(CreateDiskSnapshot=[operations], GetDiskSnapshot=[old])
    with pytest.raises(WaitFailedError, match="earlier one of this name") as caught:
        take(service)
    assert caught.value.may_have_executed
    service = script(CreateDiskSnapshot=[operations], GetDiskSnapshot=[old])
    with pytest.raises(WaitTimeoutError) as late:
        take(service, timeout=3)
    assert late.value.may_have_executed


def test_creations_do_not_return_earlier_resources() -> None:
    service = script(CreateDiskSnapshot=[accepted()], GetDiskSnapshot=[snapshot(3600, "arn:old")])
    request = CreateDiskSnapshotRequest(disk_snapshot_name="db-1", source=DISK)
    with pytest.raises(PartialFailureError) as caught:
        client(service).take_disk_snapshots([request])
    assert isinstance(caught.value.failures["db-1"], WaitFailedError)
    assert caught.value.may_have_executed


def test_creation_time_within_the_tolerance_counts_if_responses_agree() -> None:
    lagging = snapshot(30)
    service = script(CreateDiskSnapshot=[accepted()], GetDiskSnapshot=[lagging])
    assert take(service).arn == "arn:new"
    assert service.operations.count("GetDiskSnapshot") == 5
    # One that changes is not the same, and only so many are tried.
    replies: list[Reply] = [snapshot(30 + (n % 2), f"arn:{n % 2}") for n in range(20)]
    service = script(CreateDiskSnapshot=[accepted()], GetDiskSnapshot=replies)
    with pytest.raises(WaitFailedError):
        take(service)


def test_created_resource_without_a_date_is_accepted() -> None:
    undated = resource("diskSnapshot", "db-1", fromDiskName="disk-1")
    service = script(CreateDiskSnapshot=[accepted()], GetDiskSnapshot=[undated])
    assert take(service).created_at is None


def test_creation_notices_that_its_resource_was_replaced() -> None:
    pending = snapshot(0, state="pending")
    later = snapshot(-60, "arn:later")
    service = script(CreateDiskSnapshot=[accepted()], GetDiskSnapshot=[pending, later])
    with pytest.raises(WaitFailedError, match="deleted, and another one of this name") as caught:
        take(service)
    assert caught.value.may_have_executed


@pytest.mark.parametrize(("has_later", "is_own"), [(False, True), (True, False)])
def test_later_resource_is_recognized_by_its_operation(*, has_later: bool, is_own: bool) -> None:
    kind = {"operationType": "CreateDiskSnapshot", "resourceName": "db-1"}
    history = [{"id": "op-1", "createdAt": NOW, **kind}, {"id": "op-0", **kind}]
    if has_later:
        history.append({"id": "op-2", "createdAt": NOW + 60, **kind})
    service = script(
        CreateDiskSnapshot=[accepted()],
        GetDiskSnapshot=[snapshot(-60)],
        GetOperationsForResource=[{"operations": history}],
    )
    if is_own:
        assert take(service).arn == "arn:new"
    else:
        with pytest.raises(WaitFailedError, match="another client has replaced it"):
            take(service)


def test_changed_tags_of_that_moment_are_no_replacement() -> None:
    other = [{"key": "env", "value": "PROD"}]
    service = script(CreateDiskSnapshot=[accepted()], GetDiskSnapshot=[snapshot(0, tags=other)])
    assert take(service, tags={"env": "prod"}).arn == "arn:new"
    # Of another moment, and without operations, nothing speaks for it.
    service = script(CreateDiskSnapshot=[accepted()], GetDiskSnapshot=[snapshot(-60, tags=other)])
    with pytest.raises(WaitFailedError, match="or changed its tags"):
        take(service, tags={"env": "prod"})


def test_acceptance_about_other_resources_is_no_acceptance() -> None:
    other = accepted(resourceName="other-1")
    service = script(CreateDiskSnapshot=[other, taken], GetDiskSnapshot=[not_found, snapshot(0)])
    assert take(service).arn == "arn:new"
    service = script(CreateDiskSnapshot=[other], GetDiskSnapshot=[not_found])
    with pytest.raises(LightsailSnapError) as caught:
        take(service)
    assert caught.value.may_have_executed


def test_lookup_of_another_resource_settles_nothing() -> None:
    service = script(
        CreateDiskSnapshot=[lost], GetDiskSnapshot=[resource("diskSnapshot", "other-1")]
    )
    with pytest.raises(OutcomeUnknownError, match="cannot be looked up"):
        take(service)


def test_size_of_another_disk_is_not_used() -> None:
    service = script(GetDiskSnapshot=[resource("diskSnapshot", "other-1", sizeInGb=8)])
    with pytest.raises(ResponseValidationError):
        client(service).restore_disk("d-2", MANUAL, availability_zone="us-east-1a")
    assert set(service.operations) == {"GetDiskSnapshot"}


# A name that is in use


@pytest.mark.parametrize("misses", [1, 4])
def test_missing_holder_of_a_name_is_polled(misses: int) -> None:
    token = [{"key": "lightsail-snap:client-token", "value": "job-1"}]
    replies: list[Reply] = [*[not_found] * misses, snapshot(3600, tags=token)]
    service = script(CreateDiskSnapshot=[taken], GetDiskSnapshot=replies)
    assert take(service, client_token="job-1").arn == "arn:new"  # noqa: S106 - no secret
    assert service.operations.count("CreateDiskSnapshot") == 1


@pytest.mark.parametrize("timeout", [0, "policy"])
def test_missing_holder_of_a_name_leaves_a_token_unknown(timeout: Any) -> None:
    service = script(CreateDiskSnapshot=[taken])
    with pytest.raises(OutcomeUnknownError) as caught:
        take(service, client_token="job-1", timeout=timeout)  # noqa: S106 - no secret
    assert isinstance(caught.value.__cause__, InvalidInputException)
    with pytest.raises(InvalidInputException) as refused:
        take(service, timeout=timeout)
    assert not refused.value.may_have_executed


def test_stale_namesake_does_not_hide_what_an_earlier_run_created() -> None:
    token = [{"key": "lightsail-snap:client-token", "value": "job-1"}]
    old = snapshot(7200, "arn:old")
    service = script(CreateDiskSnapshot=[taken], GetDiskSnapshot=[old, snapshot(3600, tags=token)])
    assert take(service, client_token="job-1").arn == "arn:new"  # noqa: S106 - no secret


def test_unconfirmed_namesake_leaves_the_outcome_unknown() -> None:
    service = script(CreateDiskSnapshot=[lost], GetDiskSnapshot=[snapshot(7200, "arn:old")])
    with pytest.raises(OutcomeUnknownError, match="another client may have created it"):
        take(service, timeout=3)


# Comparison


moments = st.one_of(st.none(), st.integers(NOW - 200, NOW + 200))
arns = st.sampled_from([None, "arn:1", "arn:2"])


def _seen(arn: str | None, created: int | None) -> DiskSnapshot:
    return DiskSnapshot.from_wire({"name": "db-1", "arn": arn, "createdAt": created})


@given(st.lists(st.tuples(arns, moments), min_size=1, max_size=12), st.booleans())
def test_no_response_is_taken_for_what_it_provably_is_not(
    responses: list[tuple[str | None, int | None]],
    is_created_here: bool,  # noqa: FBT001 - drawn
) -> None:
    identity = Identity(created_after=NOW, is_created_here=is_created_here)
    same: list[tuple[str | None, int | None]] = []
    for arn, created in responses:
        match = identity.match(_seen(arn, created))
        if match is not Match.SAME:
            continue
        if created is not None:
            assert created >= NOW - CLOCK_TOLERANCE_SECONDS
            known = [c for _, c in same if c is not None]
            assert arn in {a for a, _ in same} or not known or created >= max(known[-1:])
        if is_created_here and arn is not None:
            assert {a for a, _ in same} <= {None, arn}
        same.append((arn, created))


def test_precision_is_finer_than_tolerance() -> None:
    assert 1 <= CLOCK_PRECISION_SECONDS < CLOCK_TOLERANCE_SECONDS < 300


def test_operations_are_identified_by_their_ids() -> None:
    begun = Operation.from_wire({"id": "op-1", "createdAt": NOW, "status": "Started"})
    reply = resource("operation", "op-1", createdAt=NOW - 3600, isTerminal=True)
    assert client(script(GetOperation=[reply])).wait_for_operation(begun).id == "op-1"
