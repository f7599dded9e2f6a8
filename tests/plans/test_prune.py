"""Prune deletes exactly the approved snapshots."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime
from functools import partial
from typing import Any

import anyio
import pytest
from tests.support import loop_caller

from lightsail_snap import (
    AsyncLightsailSnapClient,
    DiskSource,
    LightsailSnapClient,
    OutcomeUnknownError,
    PartialFailureError,
    Request,
    RequestNotSentError,
    RequestValidationError,
    Response,
    RetentionPolicy,
    Scope,
    VirtualClock,
    plan_retention,
)
from lightsail_snap._boto.transport import BotoTransport
from lightsail_snap.emulator import Fault, FaultKind, LightsailEmulator, Progression
from lightsail_snap.plans import PrunedSnapshot, PruneResult, _deletion, prune
from lightsail_snap.retention import RetentionPlan

HOME, DAY = "us-east-1", 86_400
MANAGED = {"lightsail-snap:managed": "nightly"}
SCOPE = Scope(owner="nightly")


class State:
    def __init__(self) -> None:
        from botocore.config import Config  # noqa: PLC0415 - not needed to collect the tests

        self.clock = VirtualClock()
        self.emulator = LightsailEmulator(clock=self.clock, progression=Progression.instant())
        self.emulator.add_disk("Disk-1", region_name=HOME)
        self.emulator.add_instance("web-1", region_name=HOME)
        boto = self.emulator.boto3_client(HOME, Config(retries={"total_max_attempts": 1}))
        self.boto = boto
        self.client = LightsailSnapClient(boto, clock=self.clock)

    def take(self, name: str) -> None:
        self.client.take_disk_snapshot(name, DiskSource(disk_name="Disk-1"), tags=MANAGED)
        self.clock.sleep(DAY)

    def plan(self) -> RetentionPlan[Any]:
        now = datetime.fromtimestamp(self.clock.time(), UTC)
        snapshots = [*self.client.iter_disk_snapshots(), *self.client.iter_instance_snapshots()]
        policy = RetentionPolicy(time_zone="UTC", keep_last=1)
        return plan_retention(snapshots, policy, now, owned=SCOPE)

    @property
    def names(self) -> list[str]:
        return sorted(each.name for each in self.client.iter_disk_snapshots())


@pytest.fixture
def state() -> State:
    made = State()
    for name in ("db-1", "db-2", "db-3"):
        made.take(name)
    return made


def test_prune_deletes_unkept_snapshots_oldest_first(state: State) -> None:
    for name in ("web-1-a", "web-1-b"):
        state.client.take_instance_snapshot(name, "web-1", tags=MANAGED)
        state.clock.sleep(DAY)
    reported: list[PrunedSnapshot] = []
    result = prune(state.plan(), state.client, on_snapshot=reported.append)
    assert [each.snapshot.name for each in result.results] == ["db-1", "db-2", "web-1-a"]
    assert reported == list(result.results)
    assert result.is_complete
    assert state.names == ["db-3"]
    assert [each.name for each in state.client.iter_instance_snapshots()] == ["web-1-b"]
    result.raise_for_failures()
    assert str(result).endswith("deleted 3 of 3")
    assert result.results[0].to_dict()["status"] == "done"
    assert prune(state.plan(), state.client).results == ()


def test_prune_of_a_deleted_snapshot_is_adopted(state: State) -> None:
    planned = state.plan()
    state.client.delete_disk_snapshot("db-1")
    first, _ = prune(planned, state.client).results
    assert (first.status, first.reason) == ("adopted", "was already deleted")


def test_prune_keeps_replaced_and_retagged_snapshots(state: State) -> None:
    planned = state.plan()
    state.client.delete_disk_snapshot("db-1")
    state.take("db-1")
    state.client.tag_resource("db-2", {"keep": None})
    result = prune(planned, state.client)
    assert [each.status for each in result.results] == ["skipped", "skipped"]
    assert "another snapshot" in result.results[0].reason
    assert "tags have changed" in result.results[1].reason
    assert not result.is_complete
    assert state.names == ["db-1", "db-2", "db-3"]


@pytest.mark.parametrize("field", ["arn", "created_at"])
def test_prune_keeps_snapshots_without_an_arn_or_date(
    state: State, monkeypatch: pytest.MonkeyPatch, field: str
) -> None:
    get = _deletion.get_snapshot

    async def without_field(*args: Any, **kwargs: Any) -> Any:
        found = await get(*args, **kwargs)
        return found if found is None else found.model_copy(update={field: None})

    planned = state.plan()
    monkeypatch.setattr(_deletion, "get_snapshot", without_field)
    result = prune(planned, state.client)
    assert {(each.status, each.reason) for each in result.results} == {
        ("skipped", "the response lacks its ARN or creation time")
    }
    assert state.names == ["db-1", "db-2", "db-3"]


def test_one_failure_does_not_stop_the_others(state: State) -> None:
    state.emulator.inject(Fault(kind=FaultKind.REFUSE, operation="DeleteDiskSnapshot"))
    result = prune(state.plan(), state.client)
    assert [each.status for each in result.results] == ["failed", "done"]
    assert result.results[0].to_dict()["error"] == "RequestNotSentError"
    with pytest.raises(
        PartialFailureError, match="1 of 2 snapshots could not be deleted"
    ) as caught:
        result.raise_for_failures()
    # The failed request was not sent, but the other snapshot was deleted.
    assert not result.results[0].error.may_have_executed  # type: ignore[union-attr] # it failed
    assert caught.value.may_have_executed
    part, _ = caught.value.split(RequestNotSentError)
    assert isinstance(part, PartialFailureError)
    assert part.may_have_executed
    assert pickle.loads(pickle.dumps(part)).may_have_executed  # noqa: S301 - pickled above
    again = pickle.loads(pickle.dumps(result))  # noqa: S301 - pickled above
    assert [each.to_dict() for each in again.results] == [each.to_dict() for each in result.results]


def test_prune_that_deleted_nothing_raises_without_may_have_executed(state: State) -> None:
    state.emulator.inject(Fault(kind=FaultKind.REFUSE, operation="DeleteDiskSnapshot", times=2))
    result = prune(state.plan(), state.client)
    with pytest.raises(PartialFailureError) as caught:
        result.raise_for_failures()
    assert not caught.value.may_have_executed
    assert state.names == ["db-1", "db-2", "db-3"]


@pytest.mark.parametrize("is_done", [True, False])
def test_prune_with_a_dropped_response_checks_the_snapshot(state: State, is_done: bool) -> None:  # noqa: FBT001 - a parameter of a test
    state.emulator.inject(
        Fault(kind=FaultKind.DROP, operation="DeleteDiskSnapshot", after_commit=is_done)
    )
    result = prune(state.plan(), state.client)
    assert result.results[0].status == ("done" if is_done else "failed")
    assert ("db-1" in state.names) is not is_done


def test_prune_of_a_snapshot_deleted_after_the_lookup_is_adopted(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned, send = state.plan(), BotoTransport.send

    def send_twice(transport: BotoTransport, request: Request[Any]) -> Response:
        if request.operation_name == "DeleteDiskSnapshot":
            send(transport, request)
        return send(transport, request)

    monkeypatch.setattr(BotoTransport, "send", send_twice)
    result = prune(planned, state.client)
    assert [each.status for each in result.results] == ["adopted", "adopted"]


def test_prune_of_two_regions_is_rejected(state: State) -> None:
    west = LightsailSnapClient(state.emulator.boto3_client("us-west-2"), clock=state.clock)
    state.emulator.add_disk("Disk-1", region_name="us-west-2")
    for name in ("db-7", "db-8"):
        west.take_disk_snapshot(name, DiskSource(disk_name="Disk-1"), tags=MANAGED)
    now = datetime.fromtimestamp(state.clock.time(), UTC)
    both = [*state.client.iter_disk_snapshots(), *west.iter_disk_snapshots()]
    planned = plan_retention(both, RetentionPolicy(time_zone="UTC", keep_last=1), now)
    with pytest.raises(RequestValidationError, match="must be of one Region"):
        prune(planned, state.client, scope=SCOPE)
    assert len(state.names) == 3


@pytest.mark.parametrize(
    ("planned", "client", "on_snapshot"),
    [(None, "its", None), ("its", None, None), ("its", "its", "print")],
)
def test_prune_with_arguments_of_wrong_types_is_rejected(
    state: State, planned: Any, client: Any, on_snapshot: Any
) -> None:
    with pytest.raises(RequestValidationError):
        prune(
            state.plan() if planned else planned,
            state.client if client else client,
            on_snapshot=on_snapshot,
        )
    assert len(state.names) == 3


POLICY = RetentionPolicy(time_zone="UTC", keep_last=1)


def test_client_prune_by_owner_deletes_through_the_gate(state: State) -> None:
    seen: list[PrunedSnapshot] = []
    result = state.client.prune(POLICY, owner="nightly", on_snapshot=seen.append)
    assert result.is_complete
    assert [each.snapshot.name for each in seen] == ["db-1", "db-2"]
    assert all(each.record and each.record.keeper == "db-3" for each in seen)
    assert state.names == ["db-3"]


def test_client_prune_of_a_plan_uses_the_scope_of_the_plan(state: State) -> None:
    assert state.client.prune(state.plan()).is_complete
    assert state.names == ["db-3"]


def test_client_prune_as_a_dry_run_deletes_nothing(
    state: State, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", "lightsail_snap.plans"):
        result = state.client.prune(POLICY, scope=SCOPE, dry_run=True)
    assert [(each.status, each.reason) for each in result.results] == [
        ("skipped", "dry run: no rule keeps it")
    ] * 2
    record = result.results[0].record
    assert record
    assert (record.outcome, record.keeper) == ("dry_run", "db-3")
    assert not result.is_complete
    assert result.failures == {}
    assert str(result).endswith("deleted 0 of 2; dry run: would delete 2")
    assert {each.levelname for each in caplog.records} == {"INFO"}
    assert "deleting" not in caplog.text
    assert state.names == ["db-1", "db-2", "db-3"]


def test_dry_run_with_too_many_deletions_reports_the_limit(state: State) -> None:
    result = state.client.prune(POLICY, owner="nightly", dry_run=True, max_deletions=1)
    assert {each.record and each.record.outcome for each in result.results} == {"limit"}


def test_dry_run_and_prune_agree(state: State) -> None:
    forecast = state.client.prune(POLICY, owner="nightly", dry_run=True)
    actual = state.client.prune(POLICY, owner="nightly")
    assert [each.snapshot for each in forecast.results] == [
        each.snapshot for each in actual.results
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "must specify which snapshots may be deleted"),
        ({"owner": "nightly", "scope": SCOPE}, "contradicts scope"),
        ({"owner": ""}, "must be the name of a plan"),
        ({"owner": 7}, "must be the name of a plan"),
        ({"owner": "nightly", "dry_run": "yes"}, "must be a bool"),
        ({"owner": "nightly", "dry_run": 1}, "must be a bool"),
    ],
)
def test_client_prune_with_invalid_arguments_is_rejected(
    state: State, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(RequestValidationError, match=message):
        state.client.prune(POLICY, **options)
    assert len(state.names) == 3


def test_client_prune_of_a_plan_of_another_owner_is_rejected(state: State) -> None:
    with pytest.raises(RequestValidationError, match="owner: must be the plan's own"):
        state.client.prune(state.plan(), owner="weekly")
    assert state.client.prune(state.plan(), owner="nightly").is_complete


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_async_client_prunes_like_the_sync_client(state: State, backend: str) -> None:
    async def main() -> PruneResult:
        client = AsyncLightsailSnapClient(state.boto, clock=state.clock)
        forecast = await client.prune(POLICY, owner="nightly", dry_run=True)
        assert len(forecast.results) == 2
        return await client.prune(POLICY, owner="nightly")

    assert anyio.run(main, backend=backend).is_complete
    assert state.names == ["db-3"]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_cancelled_async_prune_waits_for_the_deletion_and_stops(
    state: State, monkeypatch: pytest.MonkeyPatch, backend: str
) -> None:
    """The deletion in flight ends, its outcome is reported, and no other one starts."""
    send, cancel = BotoTransport.send, list[partial[None]]()
    done: list[str] = []
    causes: list[BaseException | None] = []

    def send_slowly(transport: BotoTransport, request: Request[Any]) -> Response:
        if request.operation_name == "DeleteDiskSnapshot":
            cancel[0]()
            response = send(transport, request)
            done.append(request.operation_name)
            return response
        return send(transport, request)

    async def main() -> None:
        client = AsyncLightsailSnapClient(state.boto, clock=state.clock)
        monkeypatch.setattr(BotoTransport, "send", send_slowly)
        with anyio.CancelScope() as scope:
            cancel.append(partial(loop_caller(), scope.cancel))
            try:
                await client.prune(POLICY, owner="nightly")
            except anyio.get_cancelled_exc_class() as cancelled:
                causes.append(cancelled.__cause__)
                raise
        assert scope.cancelled_caught

    anyio.run(main, backend=backend)
    assert [type(each) for each in causes] == [OutcomeUnknownError]
    assert done == ["DeleteDiskSnapshot"]
    assert state.names == ["db-2", "db-3"]
