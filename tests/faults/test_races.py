"""Check exactly-once creation with concurrent clients, wrong clocks and missing evidence."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from typing import Any

import pytest
from tests.support import SkewedClock

from lightsail_snap import (
    AccessDeniedException,
    CreateDiskSnapshotRequest,
    DiskSource,
    InvalidInputException,
    NameConflictError,
    NotFoundException,
    OutcomeUnknownError,
    PartialFailureError,
    RequestValidationError,
    SnapshotConflictError,
    ThrottlingError,
    WaitFailedError,
    WaitTimeoutError,
)
from lightsail_snap.emulator import Fault, FaultKind, Progression

SNAPSHOTS = ["disk", "instance"]
COPIES = ["copy-here", "copy-instance"]
RESTORES = ["restore", "restore-instance"]
TOKENED = [*SNAPSHOTS, *RESTORES]
METHODS = [
    "disk",
    "system-volume",
    "instance",
    "copy-here",
    "copy-there",
    "copy-instance",
    "restore",
    "restore-instance",
]
OWN_ID = "token-1"
MINUTES, HOURS = 60, 3600
LOST = [
    Fault(kind=FaultKind.DROP, after_commit=True),
    Fault(kind=FaultKind.SERVER_ERROR, status=503, after_commit=True),
    Fault(kind=FaultKind.GARBAGE, after_commit=True),
]
NOT_MADE = Fault(kind=FaultKind.DROP)


def options(kit: Any, method: str, **others: Any) -> dict[str, Any]:
    return {"tags": {"env": "prod"}, **others} if kit.methods[method].has_token else others


def current_arns(environment: Any) -> frozenset[str]:
    return frozenset({environment.find_resource()["arn"]})


# Existing resources with the same name


@pytest.mark.sample(25)
@pytest.mark.parametrize("method", [*SNAPSHOTS, *COPIES, *RESTORES])
@pytest.mark.parametrize("fault", [None, NOT_MADE, Fault(kind=FaultKind.TIMEOUT, seconds=60)])
@pytest.mark.parametrize("age", [10, 4 * MINUTES, 1 * HOURS])
@pytest.mark.parametrize("skew", [0, -4 * MINUTES, 4 * MINUTES, -1 * HOURS, 1 * HOURS])
def test_older_resource_is_a_conflict_with_any_client_clock(
    kit: Any, method: str, fault: Fault | None, age: float, skew: float
) -> None:
    environment = kit.environment(method, skew=skew)
    environment.create_as_other(**environment.equal_parameters())
    environment.clock.sleep(age)
    other_arns = current_arns(environment)
    if fault:
        environment.inject_at_creation(fault)
    outcome = environment.run(**options(kit, method))

    assert outcome.error.__cause__ is not None
    # After a lost response, the flag stays set, and creation times are not exact.
    assert outcome.error.may_have_executed is bool(fault)
    if fault and age == 10:
        assert type(outcome.error) is OutcomeUnknownError
    else:
        assert type(outcome.error) is (
            NameConflictError if method in RESTORES else SnapshotConflictError
        )
        assert outcome.error.resource.arn in other_arns
    environment.check(outcome, foreign=other_arns)
    assert current_arns(environment) == other_arns


@pytest.mark.parametrize("method", ["disk", "copy-here", *RESTORES])
def test_conflict_without_lookup_permission_raises_the_service_error(kit: Any, method: str) -> None:
    environment = kit.environment(method)
    environment.create_as_other()
    environment.emulator.change_response = kit.refusing(kit.methods[method].lookup[0])
    error = environment.run().error
    assert isinstance(error, InvalidInputException)
    assert error.sub_code == "NameExists"
    assert not error.may_have_executed


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("fault", [None, NOT_MADE])
def test_name_of_another_resource_type_raises_the_service_error(
    kit: Any, method: str, fault: Fault | None
) -> None:
    environment = kit.environment(method)
    if method == "restore":
        environment.emulator.call(
            "CreateDiskSnapshot", diskSnapshotName="made-1", diskName="data-1"
        )
    else:
        environment.emulator.add_disk("made-1", region_name="us-east-1")
    other_arns = current_arns(environment)
    if fault:
        environment.inject_at_creation(fault)
    outcome = environment.run()
    environment.check(outcome, foreign=other_arns)
    if fault:
        # Lookups never find it, and what is not found may still appear.
        assert isinstance(outcome.error, OutcomeUnknownError)
        assert isinstance(outcome.error.__cause__, InvalidInputException)
    else:
        assert isinstance(outcome.error, InvalidInputException)
        assert not outcome.error.may_have_executed


# Concurrent creation of the same resource


@pytest.mark.parametrize("method", [*SNAPSHOTS, *COPIES, *RESTORES])
@pytest.mark.parametrize("fault", LOST, ids=lambda fault: fault.kind)
def test_later_creation_by_another_client_has_no_effect(
    kit: Any, method: str, fault: Fault
) -> None:
    for call in range(1, 5):
        environment = kit.environment(method, skew=4 * MINUTES)
        environment.act_after_creation(environment.create_as_other, call)
        environment.inject_at_creation(fault)
        outcome = environment.run(**options(kit, method))
        environment.check(outcome)
        assert outcome.error is None
        assert len(environment.creations()) == 1


_OTHERS: dict[str, list[dict[str, Any]]] = {
    "disk": [
        {"diskName": "data-2", "tags": [{"key": "env", "value": "prod"}]},
        {"diskName": "data-1", "tags": [{"key": "env", "value": "test"}]},
        {"diskName": "data-1"},
    ],
    "instance": [{"tags": [{"key": "env"}]}, {}],
    "copy-here": [{"sourceSnapshotName": "old-disk-2"}],
    "copy-instance": [{"sourceSnapshotName": "old-disk"}],
    "restore": [
        {"sizeInGb": 17, "tags": [{"key": "env", "value": "prod"}]},
        {"availabilityZone": "us-east-1b", "tags": [{"key": "env", "value": "prod"}]},
        {},
    ],
    "restore-instance": [
        {"bundleId": "micro_3_0", "tags": [{"key": "env", "value": "prod"}]},
        {"availabilityZone": "us-east-1b", "tags": [{"key": "env", "value": "prod"}]},
        {},
    ],
}


@pytest.mark.parametrize(
    ("method", "differing"), [(method, each) for method, those in _OTHERS.items() for each in those]
)
@pytest.mark.parametrize("skew", [0, -1 * HOURS])
def test_new_resource_with_other_parameters_is_no_success(
    kit: Any, method: str, differing: dict[str, Any], skew: float
) -> None:
    environment = kit.environment(method, skew=skew)
    environment.inject_at_creation(NOT_MADE)
    # Between the lost request and the lookup.
    environment.act_after_creation(lambda: environment.create_as_other(**differing))
    outcome = environment.run(**options(kit, method))
    # Any client may change tags, so they prove nothing. Sources and sizes never change.
    is_proof = differing.keys() - {"tags"} and differing.get("diskName") != "data-1"
    assert isinstance(outcome.error, NameConflictError if is_proof else OutcomeUnknownError)
    assert outcome.error.may_have_executed
    environment.check(outcome, foreign=current_arns(environment))


@pytest.mark.parametrize(
    ("method", "operation", "members"),
    [
        (
            "restore",
            "CreateDisk",
            {"sizeInGb": 16, "availabilityZone": "us-east-1a", "diskName": "made-1"},
        ),
        (
            "restore-instance",
            "CreateInstances",
            {
                "instanceNames": ["made-1"],
                "availabilityZone": "us-east-1a",
                "blueprintId": "amazon_linux_2023",
                "bundleId": "nano_3_0",
            },
        ),
        ("disk", "CopySnapshot", {"sourceSnapshotName": "old-disk"}),
        ("instance", "CopySnapshot", {"sourceSnapshotName": "old-instance"}),
    ],
)
def test_resource_created_by_another_operation_is_a_conflict(
    kit: Any, method: str, operation: str, members: dict[str, Any]
) -> None:
    if operation == "CopySnapshot":
        members = {**members, "targetSnapshotName": "made-1", "sourceRegion": "us-east-1"}
    environment = kit.environment(method)
    environment.inject_at_creation(NOT_MADE)
    environment.act_after_creation(lambda: environment.emulator.call(operation, **members))
    outcome = environment.run()
    assert isinstance(outcome.error, NameConflictError)
    environment.check(outcome, foreign=current_arns(environment))


@pytest.mark.parametrize("method", [*SNAPSHOTS, *COPIES, *RESTORES])
def test_equal_resource_of_the_same_time_is_accepted_without_token(kit: Any, method: str) -> None:
    """It cannot be distinguished from this call's own request that was executed late."""
    environment = kit.environment(method)
    environment.inject_at_creation(NOT_MADE)
    environment.act_after_creation(
        lambda: environment.create_as_other(**environment.equal_parameters()),
    )
    outcome = environment.run(**options(kit, method))
    environment.check(outcome)
    assert outcome.error is None
    assert len(environment.creations()) == 1


@pytest.mark.parametrize("method", TOKENED)
def test_equal_resource_without_the_token_is_no_success(kit: Any, method: str) -> None:
    environment = kit.environment(method)
    environment.inject_at_creation(NOT_MADE)
    environment.act_after_creation(
        lambda: environment.create_as_other(**environment.equal_parameters()),
    )
    outcome = environment.run(**options(kit, method, client_token=OWN_ID))
    # Another client may have removed the token's tag from a resource of this call.
    assert isinstance(outcome.error, OutcomeUnknownError)
    environment.check(outcome, foreign=current_arns(environment))


# Concurrent deletion


@pytest.mark.parametrize("method", METHODS)
def test_resource_deleted_before_the_first_lookup_is_created_again(kit: Any, method: str) -> None:
    environment = kit.environment(method)
    environment.inject_at_creation(LOST[0])
    environment.act_after_creation(environment.delete)
    outcome = environment.run(**options(kit, method))
    assert outcome.error is None
    assert current_arns(environment) == {outcome.resource.arn}
    # There were never two at the same time.
    assert len(environment.creations()) == 2


@pytest.mark.sample(8)
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("call", [1, 2, 3, 4])
def test_resource_deleted_during_the_wait_is_no_success(kit: Any, method: str, call: int) -> None:
    environment = kit.environment(method, progression=Progression.by_polls(1, 3))
    environment.act_after_creation(environment.delete, call)
    outcome = environment.run()
    assert isinstance(outcome.error, NotFoundException | WaitFailedError)
    assert outcome.error.may_have_executed
    assert len(environment.creations()) == 1


@pytest.mark.parametrize(
    ("method", "differing"),
    [(method, each) for method, those in _OTHERS.items() for each in those if "copy" not in method],
)
@pytest.mark.parametrize("call", [1, 2, 3])
def test_resource_replaced_during_the_wait_is_no_success(
    kit: Any, method: str, differing: dict[str, Any], call: int
) -> None:
    environment = kit.environment(method)

    def replace_it() -> None:
        environment.delete()
        environment.create_as_other(**differing)

    environment.act_after_creation(replace_it, call)
    outcome = environment.run(**options(kit, method))
    assert isinstance(outcome.error, WaitFailedError)
    assert outcome.error.may_have_executed
    fields = {"restore": "disk", "restore-instance": "instance"}
    seen = getattr(outcome.error, fields.get(method, "snapshot"))
    assert seen is not None
    assert {seen.arn} == current_arns(environment)


def test_batch_with_one_replaced_resource_fails_only_for_it(kit: Any) -> None:
    environment = kit.environment("disk")

    def replace_it() -> None:
        environment.delete()
        environment.create_as_other(diskName="data-2")

    environment.act_after_creation(replace_it, 3)
    with environment.client() as client, pytest.raises(PartialFailureError) as caught:
        client.take_disk_snapshots(_requests(), concurrency=1)
    assert list(caught.value.failures) == ["made-1"]
    assert isinstance(caught.value.failures["made-1"], WaitFailedError)
    assert caught.value.failures["made-1"].may_have_executed
    assert sorted(caught.value.successes) == ["made-2", "made-3"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("ago", [1, 2 * HOURS])
@pytest.mark.parametrize("is_disk", [False, True])
def test_deleted_resource_of_the_same_name_does_not_matter(
    kit: Any, method: str, ago: float, *, is_disk: bool
) -> None:
    environment = kit.environment(method, progression=Progression.instant())
    if is_disk:
        members = {"diskName": "made-1", "sizeInGb": 16, "availabilityZone": "us-east-1a"}
        environment.emulator.call("CreateDisk", **members)
        environment.emulator.call("DeleteDisk", diskName="made-1")
    else:
        environment.create_as_other(**environment.equal_parameters())
        environment.delete()
    assert environment.find_resource() is None
    environment.clock.sleep(ago)
    environment.inject_at_creation(LOST[0])
    outcome = environment.run(**options(kit, method))
    assert outcome.error is None
    assert current_arns(environment) == {outcome.resource.arn}
    assert len(environment.creations()) == 2


@pytest.mark.parametrize("method", [*COPIES, *RESTORES])
def test_operation_is_found_on_any_page(kit: Any, method: str) -> None:
    """The service's model documents oldest first, its samples show newest first."""
    environment = kit.environment(method, progression=Progression.instant())
    environment.create_as_other(**environment.equal_parameters())
    environment.delete()
    environment.clock.sleep(2 * HOURS)
    rest: list[Any] = []

    def oldest_first(operation: str, response: Any) -> Any:
        if operation != "GetOperationsForResource":
            return response
        if rest:
            body: dict[str, Any] = {"operations": rest}
        else:
            newest, *older = json.loads(response.body)["operations"]
            rest.append(newest)
            body = {"operations": older[::-1], "nextPageToken": "more"}
        return replace(response, status=200, body=json.dumps(body).encode())

    environment.emulator.change_response = oldest_first
    environment.inject_at_creation(LOST[0])
    outcome = environment.run()
    assert outcome.error is None
    assert environment.emulator.called.count("GetOperationsForResource") == 2
    assert current_arns(environment) == {outcome.resource.arn}


# Clocks


@pytest.mark.sample(8)
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("skew", [-4 * MINUTES, 4 * MINUTES, -1 * HOURS, 1 * HOURS])
def test_lost_response_is_recovered_with_any_client_clock(
    kit: Any, method: str, skew: float
) -> None:
    for fault in LOST:
        environment = kit.environment(method, skew=skew)
        environment.inject_at_creation(fault)
        outcome = environment.run(**options(kit, method))
        environment.check(outcome)
        assert outcome.error is None


@pytest.mark.parametrize("wall_offset", [-1 * HOURS, 1 * HOURS])
@pytest.mark.parametrize("is_foreign", [False, True])
def test_clock_step_proves_no_ownership(kit: Any, wall_offset: float, *, is_foreign: bool) -> None:
    environment = kit.environment("disk")
    if is_foreign:
        environment.create_as_other()
        environment.clock.sleep(30 * MINUTES)
    other_arns = current_arns(environment) if is_foreign else frozenset()
    environment.client_clock = clock = SkewedClock(environment.clock)
    environment.act_after_creation(lambda: setattr(clock, "wall_offset", wall_offset))
    environment.inject(NOT_MADE if is_foreign else LOST[0])
    outcome = environment.run()
    environment.check(outcome, foreign=other_arns)
    if wall_offset < 0:
        # Time does not run backwards, so a step backwards is ignored.
        assert isinstance(outcome.error, SnapshotConflictError if is_foreign else type(None))
    elif is_foreign:
        # The machine may have been suspended.
        assert isinstance(outcome.error, OutcomeUnknownError)
    else:
        assert outcome.error is None


def test_suspension_makes_the_outcome_unknown(kit: Any) -> None:
    environment = kit.environment("disk")
    environment.client_clock = clock = SkewedClock(environment.clock)

    def sleep() -> None:
        # The monotonic clock of many machines stops while they are suspended.
        environment.clock.sleep(1 * HOURS)
        clock.monotonic_offset -= 1 * HOURS

    environment.act_after_creation(sleep)
    environment.inject(LOST[0])
    outcome = environment.run()
    environment.check(outcome)
    # Whether it was created before or during this call is unknown.
    assert isinstance(outcome.error, OutcomeUnknownError)
    assert outcome.error.may_have_executed


@pytest.mark.parametrize("method", ["disk", "instance", "copy-here", "restore"])
@pytest.mark.parametrize(
    ("age", "error"),
    [
        (0, OutcomeUnknownError),
        (4 * MINUTES, OutcomeUnknownError),
        (7 * MINUTES, NameConflictError),
    ],
)
def test_missing_date_header_leaves_five_minutes_of_uncertainty(
    kit: Any, method: str, age: float, error: type[Exception]
) -> None:
    environment = kit.environment(method)
    environment.emulator.change_response = kit.without_date
    other_arns: frozenset[str] = frozenset()
    if age:
        environment.create_as_other(**environment.equal_parameters())
        other_arns = current_arns(environment)
        environment.clock.sleep(age)
    environment.inject_at_creation(NOT_MADE if age else LOST[0])
    outcome = environment.run(**options(kit, method))
    assert isinstance(outcome.error, error)
    environment.check(outcome, foreign=other_arns)


@pytest.mark.parametrize("method", ["disk", "instance", "copy-here"])
def test_missing_date_header_and_late_creation_is_a_success(kit: Any, method: str) -> None:
    environment = kit.environment(method)
    environment.emulator.change_response = kit.without_date
    # The request is executed late, when the second one is already sent.
    environment.inject(Fault(kind=FaultKind.TIMEOUT, seconds=10 * MINUTES, after_commit=True))
    outcome = environment.run()
    environment.check(outcome)
    assert outcome.error is None


@pytest.mark.parametrize("method", TOKENED)
def test_token_proves_ownership_without_date_header(kit: Any, method: str) -> None:
    environment = kit.environment(method)
    environment.emulator.change_response = kit.without_date
    environment.inject_at_creation(LOST[0])
    outcome = environment.run(**options(kit, method, client_token=OWN_ID))
    environment.check(outcome)
    assert outcome.error is None


# Missing evidence


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("code", ["AccessDeniedException", "InvalidInputException"])
def test_refused_operations_matter_only_without_other_evidence(
    kit: Any, method: str, code: str
) -> None:
    environment = kit.environment(method)
    environment.emulator.change_response = kit.refusing("GetOperationsForResource", code=code)
    environment.inject_at_creation(LOST[0])
    outcome = environment.run()
    environment.check(outcome)
    if method.startswith(("copy", "restore")):
        assert isinstance(outcome.error, OutcomeUnknownError)
    else:
        assert outcome.error is None


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "members", [("createdAt",), ("fromDiskName", "fromDiskArn", "fromInstanceName")]
)
def test_resource_without_time_or_source_proves_no_ownership(
    kit: Any, method: str, members: tuple[str, ...]
) -> None:
    environment = kit.environment(method)
    environment.emulator.change_response = kit.without(*members)
    environment.inject_at_creation(LOST[0])
    outcome = environment.run(**options(kit, method))
    environment.check(outcome)
    if members == ("createdAt",) or not method.startswith(("copy", "restore")):
        assert isinstance(outcome.error, OutcomeUnknownError)
    else:
        assert outcome.error is None


@pytest.mark.parametrize("method", METHODS)
def test_refused_lookup_leaves_the_outcome_unknown(kit: Any, method: str) -> None:
    for fault in LOST:
        environment = kit.environment(method)
        environment.emulator.change_response = kit.refusing(
            "GetDiskSnapshot" if method.startswith("copy") else kit.methods[method].lookup[0]
        )
        environment.inject_at_creation(fault)
        outcome = environment.run(**({"size_in_gb": 16} if method == "restore" else {}))
        environment.check(outcome)
        assert isinstance(outcome.error, OutcomeUnknownError)
        assert isinstance(outcome.error.__cause__, AccessDeniedException)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("refused", ["GetOperation", "lookup"])
def test_refused_wait_reports_the_creation(kit: Any, method: str, refused: str) -> None:
    environment = kit.environment(method)
    operation = kit.methods[method].lookup[0] if refused == "lookup" else refused
    environment.emulator.change_response = kit.refusing(operation)
    outcome = environment.run(**({"size_in_gb": 16} if method == "restore" else {}))
    environment.check(outcome)
    assert isinstance(outcome.error, AccessDeniedException)
    assert outcome.error.may_have_executed
    assert "call wait_for_" in outcome.error.__notes__[0]
    assert len(environment.creations()) == 1


@pytest.mark.sample(8)
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("hidden", [1, 2, 4, 100])
def test_resource_that_is_not_visible_at_once_is_polled_again(
    kit: Any, method: str, hidden: int
) -> None:
    environment = kit.environment(method)
    fault = replace(LOST[0], operation=kit.methods[method].operation)
    environment.inject(fault)
    not_found = json.dumps({"__type": "NotFoundException", "message": "none"}).encode()
    remaining = [hidden]

    def hide_resource(operation: str, response: Any) -> Any:
        lookups = {"GetDisk", "GetDiskSnapshot", "GetInstance", "GetInstanceSnapshot"}
        is_lookup = (
            operation in lookups and kit.methods[method].operation in environment.emulator.called
        )
        if is_lookup and remaining[0] > 0 and response.status == 200:
            remaining[0] -= 1
            return replace(response, status=400, body=not_found)
        return response

    environment.emulator.change_response = hide_resource
    outcome = environment.run(**options(kit, method))
    environment.check(outcome)
    assert len(environment.creations()) == 1
    if hidden == 100:
        assert isinstance(outcome.error, OutcomeUnknownError)
    else:
        assert outcome.error is None


# Throttling and deadlines


@pytest.mark.sample(8)
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("times", [4, 5])
@pytest.mark.parametrize("is_lost_first", [False, True])
def test_throttling_is_retried_until_sends_are_exhausted(
    kit: Any, method: str, times: int, *, is_lost_first: bool
) -> None:
    environment = kit.environment(method)
    operation = kit.methods[method].operation
    if is_lost_first:
        environment.inject(replace(NOT_MADE, operation=operation))
    faults = times - 1 if is_lost_first else times
    environment.inject(Fault(kind=FaultKind.THROTTLE, operation=operation, times=faults))
    outcome = environment.run()
    environment.check(outcome)
    assert environment.emulator.calls[operation] == 5
    if times == 4:
        assert outcome.error is None
    elif is_lost_first:
        assert isinstance(outcome.error, OutcomeUnknownError)
        assert isinstance(outcome.error.__cause__, ThrottlingError)
    else:
        assert isinstance(outcome.error, ThrottlingError)
        assert not outcome.error.may_have_executed


@pytest.mark.sample(10)
@pytest.mark.parametrize("method", ["disk", "copy-here", "copy-instance", "restore"])
@pytest.mark.parametrize("timeout", [0, 7])
@pytest.mark.parametrize("kind", [*FaultKind, None])
def test_deadline_is_met_and_creation_is_reported(
    kit: Any, method: str, timeout: float, kind: FaultKind | None
) -> None:
    create = kit.methods[method].operation
    for after_commit, times, operation in itertools.product(
        (False, True), (1, None), (create, None)
    ):
        if after_commit and kind in {FaultKind.REFUSE, FaultKind.THROTTLE}:
            continue
        environment = kit.environment(
            method, progression=Progression.by_seconds(operation=40, snapshot=60)
        )
        if kind:
            fault = Fault(kind=kind, operation=operation, times=times, after_commit=after_commit)
            environment.inject(fault)
        began = environment.clock.monotonic()
        outcome = environment.run(timeout=timeout)
        assert environment.clock.monotonic() - began <= timeout
        environment.check(outcome)
        assert outcome.error is not None
        if kind is None:
            assert isinstance(outcome.error, WaitTimeoutError)


# Tokens


class Crash(BaseException):
    """The process is killed."""


@pytest.mark.parametrize("method", TOKENED)
def test_method_with_token_completes_when_run_again_after_a_crash(kit: Any, method: str) -> None:
    def kill() -> None:
        raise Crash

    for number in range(6):
        environment = kit.environment(method)

        def after(_: str, index: int, number: int = number) -> None:
            if index == number:
                kill()

        environment.emulator.after = after
        try:
            environment.run(**options(kit, method, client_token=OWN_ID))
        except Crash:
            environment.clock.sleep(3 * HOURS)
            outcome = environment.run(**options(kit, method, client_token=OWN_ID))
            assert outcome.error is None
            environment.check(outcome)
        assert len(environment.creations()) == 1
        assert current_arns(environment)


@pytest.mark.parametrize("method", TOKENED)
@pytest.mark.parametrize("token", [None, "other-token"])
def test_other_or_missing_token_is_a_conflict(kit: Any, method: str, token: str | None) -> None:
    environment = kit.environment(method)
    first = environment.run(**options(kit, method, client_token=OWN_ID))
    assert first.error is None
    second = environment.run(**options(kit, method, client_token=token))
    assert isinstance(second.error, NameConflictError)
    assert not second.error.may_have_executed
    assert len(environment.creations()) == 1


@pytest.mark.parametrize("method", TOKENED)
def test_token_proves_ownership_with_any_tags(kit: Any, method: str) -> None:
    environment = kit.environment(method)
    first = environment.run(**options(kit, method, client_token=OWN_ID))
    second = environment.run(tags={"env": "test"}, client_token=OWN_ID)
    assert second.error is None
    assert second.resource.arn == first.resource.arn


def test_token_that_is_reused_for_another_size_is_a_conflict(kit: Any) -> None:
    environment = kit.environment("restore")
    assert environment.run(client_token=OWN_ID).error is None
    second = environment.run(client_token=OWN_ID, size_in_gb=32)
    assert isinstance(second.error, NameConflictError)
    assert "use another client token and another name" in str(second.error)
    assert not second.error.may_have_executed


def test_token_of_a_snapshot_of_another_disk_is_a_conflict(kit: Any) -> None:
    environment = kit.environment("disk")
    with environment.client() as client:
        client.take_disk_snapshot("made-1", DiskSource(disk_name="data-2"), client_token=OWN_ID)
    second = environment.run(client_token=OWN_ID)
    assert isinstance(second.error, SnapshotConflictError)


# Batches


def _requests() -> list[CreateDiskSnapshotRequest]:
    return [
        CreateDiskSnapshotRequest(
            disk_snapshot_name=f"made-{number}", source=DiskSource(disk_name="data-1")
        )
        for number in (1, 2, 3)
    ]


@pytest.mark.parametrize("fault", LOST, ids=lambda fault: fault.kind)
def test_batch_creates_each_snapshot_once(kit: Any, fault: Fault) -> None:
    for skip in range(12):
        environment = kit.environment("disk")
        environment.inject(replace(fault, skip=skip, times=2))
        with environment.client() as client:
            taken = client.take_disk_snapshots(_requests(), concurrency=1)
        assert sorted(taken) == ["made-1", "made-2", "made-3"]
        fresh = environment.resources().keys() - environment.resources_before
        assert {name for _, _, name in fresh} == set(taken)


def test_batch_without_lookup_permission_reports_creation(kit: Any) -> None:
    environment = kit.environment("disk")
    environment.emulator.change_response = kit.refusing("GetDiskSnapshot", "GetDiskSnapshots")
    with environment.client() as client, pytest.raises(PartialFailureError) as caught:
        client.take_disk_snapshots(_requests(), concurrency=1)
    assert caught.value.may_have_executed
    assert all(error.may_have_executed for error in caught.value.failures.values())
    assert not any(isinstance(e, NotFoundException) for e in caught.value.failures.values())


def test_batch_with_a_failed_operation_reports_creation(kit: Any) -> None:
    progression = Progression.by_polls().with_failed_operation(resource_name="made-2")
    environment = kit.environment("disk", progression=progression)
    with environment.client() as client, pytest.raises(PartialFailureError) as caught:
        client.take_disk_snapshots(_requests(), concurrency=1)
    assert list(caught.value.failures) == ["made-2"]
    assert caught.value.failures["made-2"].may_have_executed


# Missing facts


def test_existing_resource_without_creation_time_is_a_conflict(kit: Any) -> None:
    environment = kit.environment("disk")
    environment.create_as_other()
    environment.emulator.change_response = kit.without("createdAt")
    error = environment.run().error
    assert isinstance(error, SnapshotConflictError)
    assert "the name made-1 is taken by a DiskSnapshot that this call did not make" in str(error)


@pytest.mark.parametrize("method", METHODS)
def test_expired_operation_record_is_no_failure(kit: Any, method: str) -> None:
    environment = kit.environment(method)
    environment.emulator.change_response = kit.refusing("GetOperation", code="NotFoundException")
    outcome = environment.run()
    environment.check(outcome)
    assert outcome.error is None


def test_batch_with_expired_operation_records_succeeds(kit: Any) -> None:
    environment = kit.environment("disk")
    environment.emulator.change_response = kit.refusing(
        "GetOperation", "GetOperations", code="NotFoundException"
    )
    with environment.client() as client:
        assert len(client.take_disk_snapshots(_requests(), concurrency=1)) == 3


def test_restore_without_source_size_requires_size_in_gb(kit: Any) -> None:
    environment = kit.environment("restore")
    environment.emulator.change_response = kit.without("sizeInGb")
    outcome = environment.run()
    assert isinstance(outcome.error, RequestValidationError)
    assert environment.find_resource() is None
    assert environment.run(size_in_gb=16).error is None
