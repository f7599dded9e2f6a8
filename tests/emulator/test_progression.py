"""How work goes on and how it ends, and how lists go on over pages."""

from __future__ import annotations

from typing import Any

import pytest

from lightsail_snap.emulator import Pace, Progression


def test_pages(make_world: Any) -> None:
    world = make_world(page_size=2)
    world.emulator.add_disk("Disk-1", region_name="us-east-1")
    for number in range(5):
        name = f"snap-{number}"
        world.call("CreateDiskSnapshot", diskName="Disk-1", diskSnapshotName=name)
    first = world.call("GetDiskSnapshots")
    assert [one["name"] for one in first["diskSnapshots"]] == ["snap-4", "snap-3"]
    token = first["nextPageToken"]
    # What happens in between neither repeats nor hides anything.
    world.call("DeleteDiskSnapshot", diskSnapshotName="snap-3")
    world.call("CreateDiskSnapshot", diskName="Disk-1", diskSnapshotName="snap-5")
    names = [
        one["name"] for one in world.call("GetDiskSnapshots", pageToken=token)["diskSnapshots"]
    ]
    assert names == ["snap-2", "snap-1"]
    pages = world.client().get_paginator("get_operations").paginate()
    assert sum(len(page["operations"]) for page in pages) == 13
    for operation, garbage in (
        ("GetDiskSnapshots", "garbage"),
        ("GetDiskSnapshots", "é"),
        ("GetDiskSnapshots", ""),
        ("GetDiskSnapshots", token[:-2]),
        ("GetDisks", token),
    ):
        refused = world.refusal(operation, pageToken=garbage)
        assert refused["Code"] == "InvalidInputException"
    about = world.call("GetOperationsForResource", resourceName="Disk-1")["nextPageToken"]
    page = world.call("GetOperationsForResource", resourceName="Disk-1", pageToken=about)
    assert len(page["operations"]) == 2


def test_progress_by_polls(make_world: Any) -> None:
    world = make_world(progression=Progression.by_polls(operation=1, snapshot=2))
    world.emulator.add_disk("Disk-1", region_name="us-east-1")
    answer = world.call("CreateDiskSnapshot", diskName="Disk-1", diskSnapshotName="snap-1")

    def look() -> tuple[str, str]:
        one = world.call("GetDiskSnapshot", diskSnapshotName="snap-1")["diskSnapshot"]
        return one["state"], one["progress"]

    assert [look() for _ in range(4)] == [
        ("pending", "33%"),
        ("pending", "66%"),
        ("completed", "100%"),
        ("completed", "100%"),
    ]
    operation_id = answer["operations"][1]["id"]
    looks = [
        world.call("GetOperation", operationId=operation_id)["operation"]["status"]
        for _ in range(2)
    ]
    assert looks == ["Started", "Succeeded"]


def test_instant_progress(make_world: Any) -> None:
    world = make_world(progression=Progression.instant())
    world.emulator.add_disk("Disk-1", region_name="us-east-1")
    answer = world.call("CreateDiskSnapshot", diskName="Disk-1", diskSnapshotName="snap-1")
    assert all(one["isTerminal"] for one in answer["operations"])
    (snapshot,) = world.call("GetDiskSnapshots")["diskSnapshots"]
    assert snapshot["state"] == "completed"


def test_nothing_takes_less_than_no_time() -> None:
    for make in (Progression.by_polls, Progression.by_seconds):
        with pytest.raises(ValueError, match="0 or more"):
            make(operation=-1)


def test_a_snapshot_that_ends_in_error(make_world: Any) -> None:
    world = make_world(progression=Progression.instant().with_failed_snapshot("bad"))
    world.emulator.add_disk("Disk-1", region_name="us-east-1")
    for name in ("bad", "good"):
        answer = world.call("CreateDiskSnapshot", diskName="Disk-1", diskSnapshotName=name)
        assert answer["operations"][0]["status"] == "Succeeded"
    states = {one["name"]: one["state"] for one in world.call("GetDiskSnapshots")["diskSnapshots"]}
    assert states == {"bad": "error", "good": "completed"}
    world.emulator.progression = Progression.instant().with_failed_snapshot()
    world.call("CreateDiskSnapshot", diskName="Disk-1", diskSnapshotName="any")
    one = world.call("GetDiskSnapshot", diskSnapshotName="any")["diskSnapshot"]
    assert (one["state"], one["progress"]) == ("error", "0%")


def test_operations_that_fail(world: Any) -> None:
    world.emulator.progression = Progression.instant().with_failed_operation(
        "CreateDiskSnapshot", resource_name="bad", error_code="Boom", error_details="It went off."
    )
    answer = world.call("CreateDiskSnapshot", diskName="Disk-1", diskSnapshotName="bad")
    for operation in answer["operations"]:
        assert (operation["status"], operation["isTerminal"]) == ("Failed", True)
        assert (operation["errorCode"], operation["errorDetails"]) == ("Boom", "It went off.")
    bad = world.call("GetDiskSnapshot", diskSnapshotName="bad")["diskSnapshot"]
    assert bad["state"] == "error"
    good = world.call("CreateDiskSnapshot", diskName="Disk-1", diskSnapshotName="good")
    assert good["operations"][0]["status"] == "Succeeded"


def test_what_fails_has_no_effect(world: Any) -> None:
    day = 86400
    tags = [{"key": "k", "value": "v"}]
    auto = {"addOnType": "AutoSnapshot"}
    world.call("CreateDiskSnapshot", diskName="Disk-1", diskSnapshotName="snap-1")
    world.emulator.add_disk("Disk-2", region_name="us-east-1")
    world.call("AttachDisk", diskName="Disk-2", instanceName="web-1", diskPath="/dev/xvdf")
    world.call("EnableAddOn", resourceName="Disk-2", addOnRequest=auto)
    world.call("StopInstance", instanceName="web-1")
    world.later(day)

    def seen() -> list[Any]:
        return [
            world.call("GetDisks"),
            world.call("GetDiskSnapshots"),
            world.call("GetInstances"),
            world.call("GetAutoSnapshots", resourceName="Disk-2"),
        ]

    before = seen()
    (automatic,) = before[3]["autoSnapshots"]
    world.emulator.progression = Progression.instant().with_failed_operation()
    for operation, params in (
        ("DeleteDisk", {"diskName": "Disk-1"}),
        ("DeleteDiskSnapshot", {"diskSnapshotName": "snap-1"}),
        ("DeleteInstance", {"instanceName": "web-1"}),
        ("StartInstance", {"instanceName": "web-1"}),
        ("AttachDisk", {"diskName": "Disk-1", "instanceName": "web-1", "diskPath": "/dev/y"}),
        ("DetachDisk", {"diskName": "Disk-2"}),
        ("TagResource", {"resourceName": "Disk-1", "tags": tags}),
        ("EnableAddOn", {"resourceName": "Disk-1", "addOnRequest": auto}),
        ("DisableAddOn", {"resourceName": "Disk-2", "addOnType": "AutoSnapshot"}),
        ("DeleteAutoSnapshot", {"resourceName": "Disk-2", "date": automatic["date"]}),
    ):
        answer = world.call(operation, **params)
        assert {one["status"] for one in answer["operations"]} == {"Failed"}, operation
    assert seen() == before


@pytest.mark.parametrize(("unit", "max_polls"), [("seconds", -1), ("polls", 3)])
def test_max_polls_is_a_bound_for_seconds(unit: Any, max_polls: int) -> None:
    with pytest.raises(ValueError, match="max_polls must be 0 or more, and with seconds"):
        Pace(unit, 1, max_polls)


def test_work_that_polls_end_has_ended_at_the_last_poll(make_world: Any, tmp_path: Any) -> None:
    progression = Progression.by_seconds(3600, 3600, max_polls=1)
    world = make_world(progression=progression, state=tmp_path / "state")
    world.emulator.add_disk("Disk-1", region_name="us-east-1")
    made = world.call("CreateDiskSnapshot", diskName="Disk-1", diskSnapshotName="snap")
    operation = made["operations"][0]
    seen = []
    for _ in range(2):
        world.later(10)
        seen.append(world.call("GetOperation", operationId=operation["id"])["operation"])
    assert [one["status"] for one in seen] == ["Started", "Succeeded"]
    lasted = seen[1]["statusChangedAt"] - operation["createdAt"]
    assert lasted.total_seconds() == 20
