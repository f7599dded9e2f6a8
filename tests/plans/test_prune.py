"""Only the very snapshots that were judged are deleted."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime
from typing import Any

import pytest

from lightsail_snap import (
    DiskSource,
    LightsailSnapClient,
    PartialFailureError,
    RequestNotSentError,
    RequestValidationError,
    RetentionPolicy,
    Scope,
    VirtualClock,
    plan_retention,
)
from lightsail_snap.emulator import Fault, FaultKind, LightsailEmulator, Progression
from lightsail_snap.plans import PrunedSnapshot, _deletion, prune
from lightsail_snap.retention import RetentionPlan

HOME, DAY = "us-east-1", 86_400
OURS = {"lightsail-snap:managed": "nightly"}
SCOPE = Scope(owner="nightly")


class World:
    def __init__(self) -> None:
        from botocore.config import Config  # noqa: PLC0415 - only this needs it

        self.clock = VirtualClock()
        self.emulator = LightsailEmulator(clock=self.clock, progression=Progression.instant())
        self.emulator.add_disk("Disk-1", region_name=HOME)
        self.emulator.add_instance("web-1", region_name=HOME)
        boto = self.emulator.boto3_client(HOME, Config(retries={"total_max_attempts": 1}))
        self.client = LightsailSnapClient(boto, clock=self.clock)

    def take(self, name: str) -> None:
        self.client.take_disk_snapshot(name, DiskSource(disk_name="Disk-1"), tags=OURS)
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
def world() -> World:
    made = World()
    for name in ("db-1", "db-2", "db-3"):
        made.take(name)
    return made


def test_what_no_rule_keeps_is_deleted_oldest_first(world: World) -> None:
    for name in ("web-1-a", "web-1-b"):
        world.client.take_instance_snapshot(name, "web-1", tags=OURS)
        world.clock.sleep(DAY)
    told: list[PrunedSnapshot] = []
    result = prune(world.plan(), world.client, on_snapshot=told.append)
    assert [each.snapshot.name for each in result.results] == ["db-1", "db-2", "web-1-a"]
    assert told == list(result.results)
    assert result.is_complete
    assert world.names == ["db-3"]
    assert [each.name for each in world.client.iter_instance_snapshots()] == ["web-1-b"]
    result.raise_for_failures()
    assert str(result).endswith("3 of 3 are gone")
    assert result.results[0].to_dict()["status"] == "done"
    assert prune(world.plan(), world.client).results == ()


def test_what_is_gone_already_is_adopted(world: World) -> None:
    planned = world.plan()
    world.client.delete_disk_snapshot("db-1")
    first, _ = prune(planned, world.client).results
    assert (first.status, first.reason) == ("adopted", "was deleted before")


def test_a_namesake_and_one_with_other_tags_stay(world: World) -> None:
    planned = world.plan()
    world.client.delete_disk_snapshot("db-1")
    world.take("db-1")
    world.client.tag_resource("db-2", {"keep": None})
    result = prune(planned, world.client)
    assert [each.status for each in result.results] == ["skipped", "skipped"]
    assert "another snapshot" in result.results[0].reason
    assert "tags have changed" in result.results[1].reason
    assert not result.is_complete
    assert world.names == ["db-1", "db-2", "db-3"]


@pytest.mark.parametrize("untold", ["arn", "created_at"])
def test_what_cannot_be_told_from_a_namesake_stays(
    world: World, monkeypatch: pytest.MonkeyPatch, untold: str
) -> None:
    get = _deletion.get_snapshot

    def seen(*args: Any, **kwargs: Any) -> Any:
        found = get(*args, **kwargs)
        return found if found is None else found.model_copy(update={untold: None})

    planned = world.plan()
    monkeypatch.setattr(_deletion, "get_snapshot", seen)
    result = prune(planned, world.client)
    assert {(each.status, each.reason) for each in result.results} == {
        ("skipped", "the service does not give the ARN and creation time that identify it")
    }
    assert world.names == ["db-1", "db-2", "db-3"]


def test_one_failure_does_not_stop_the_others(world: World) -> None:
    world.emulator.inject(Fault(kind=FaultKind.REFUSE, operation="DeleteDiskSnapshot"))
    result = prune(world.plan(), world.client)
    assert [each.status for each in result.results] == ["failed", "done"]
    assert result.results[0].to_dict()["error"] == "RequestNotSentError"
    with pytest.raises(
        PartialFailureError, match="1 of 2 snapshots could not be deleted"
    ) as caught:
        result.raise_for_failures()
    # What was not deleted was surely not sent; but the other one is gone.
    assert not result.results[0].error.may_have_executed  # type: ignore[union-attr] # it failed
    assert caught.value.may_have_executed
    part, _ = caught.value.split(RequestNotSentError)
    assert isinstance(part, PartialFailureError)
    assert part.may_have_executed
    assert pickle.loads(pickle.dumps(part)).may_have_executed  # noqa: S301 - our own
    again = pickle.loads(pickle.dumps(result))  # noqa: S301 - our own
    assert [each.to_dict() for each in again.results] == [each.to_dict() for each in result.results]


def test_a_prune_that_deleted_nothing_says_so(world: World) -> None:
    world.emulator.inject(Fault(kind=FaultKind.REFUSE, operation="DeleteDiskSnapshot", times=2))
    result = prune(world.plan(), world.client)
    with pytest.raises(PartialFailureError) as caught:
        result.raise_for_failures()
    assert not caught.value.may_have_executed
    assert world.names == ["db-1", "db-2", "db-3"]


@pytest.mark.parametrize("is_done", [True, False])
def test_a_lost_answer_is_made_up_for_by_a_look(world: World, is_done: bool) -> None:  # noqa: FBT001 - a parameter of a test
    world.emulator.inject(
        Fault(kind=FaultKind.DROP, operation="DeleteDiskSnapshot", after_commit=is_done)
    )
    result = prune(world.plan(), world.client)
    assert result.results[0].status == ("done" if is_done else "failed")
    assert ("db-1" in world.names) is not is_done


def test_what_vanishes_between_look_and_deletion_is_adopted(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned, delete = world.plan(), LightsailSnapClient.delete_disk_snapshot

    def twice(client: LightsailSnapClient, name: str) -> Any:
        delete(client, name)
        return delete(client, name)

    monkeypatch.setattr(LightsailSnapClient, "delete_disk_snapshot", twice)
    result = prune(planned, world.client)
    assert [each.status for each in result.results] == ["adopted", "adopted"]


def test_snapshots_of_two_regions_are_not_pruned_by_one_client(world: World) -> None:
    west = LightsailSnapClient(world.emulator.boto3_client("us-west-2"), clock=world.clock)
    world.emulator.add_disk("Disk-1", region_name="us-west-2")
    for name in ("db-7", "db-8"):
        west.take_disk_snapshot(name, DiskSource(disk_name="Disk-1"), tags=OURS)
    now = datetime.fromtimestamp(world.clock.time(), UTC)
    both = [*world.client.iter_disk_snapshots(), *west.iter_disk_snapshots()]
    planned = plan_retention(both, RetentionPolicy(time_zone="UTC", keep_last=1), now)
    with pytest.raises(RequestValidationError, match="must be of one region"):
        prune(planned, world.client, scope=SCOPE)
    assert len(world.names) == 3


@pytest.mark.parametrize(
    ("planned", "client", "on_snapshot"),
    [(None, "its", None), ("its", None, None), ("its", "its", "print")],
)
def test_arguments_of_other_types_are_refused(
    world: World, planned: Any, client: Any, on_snapshot: Any
) -> None:
    with pytest.raises(RequestValidationError):
        prune(
            world.plan() if planned else planned,
            world.client if client else client,
            on_snapshot=on_snapshot,
        )
    assert len(world.names) == 3
