"""Duration and outcome of operations, and pages of lists."""

from __future__ import annotations

from typing import Any

import pytest

from lightsail_snap.emulator import Pace, Progression


def test_pages_neither_repeat_nor_skip_items_under_changes(make_harness: Any) -> None:
    harness = make_harness(page_size=2)
    harness.emulator.add_disk("Disk-1", region_name="us-east-1")
    for number in range(5):
        name = f"snap-{number}"
        harness.call("CreateDiskSnapshot", diskName="Disk-1", diskSnapshotName=name)
    first = harness.call("GetDiskSnapshots")
    assert [one["name"] for one in first["diskSnapshots"]] == ["snap-4", "snap-3"]
    token = first["nextPageToken"]
    # Changes between two pages neither repeat nor hide other items.
    harness.call("DeleteDiskSnapshot", diskSnapshotName="snap-3")
    harness.call("CreateDiskSnapshot", diskName="Disk-1", diskSnapshotName="snap-5")
    names = [
        one["name"] for one in harness.call("GetDiskSnapshots", pageToken=token)["diskSnapshots"]
    ]
    assert names == ["snap-2", "snap-1"]
    pages = harness.client().get_paginator("get_operations").paginate()
    assert sum(len(page["operations"]) for page in pages) == 13
    for operation, garbage in (
        ("GetDiskSnapshots", "garbage"),
        ("GetDiskSnapshots", "é"),
        ("GetDiskSnapshots", ""),
        ("GetDiskSnapshots", token[:-2]),
        ("GetDisks", token),
    ):
        refused = harness.expect_error(operation, pageToken=garbage)
        assert refused["Code"] == "InvalidInputException"
    about = harness.call("GetOperationsForResource", resourceName="Disk-1")["nextPageToken"]
    page = harness.call("GetOperationsForResource", resourceName="Disk-1", pageToken=about)
    assert len(page["operations"]) == 2


def test_progression_by_polls_counts_polls_of_each_resource(make_harness: Any) -> None:
    harness = make_harness(progression=Progression.by_polls(operation=1, snapshot=2))
    harness.emulator.add_disk("Disk-1", region_name="us-east-1")
    response = harness.call("CreateDiskSnapshot", diskName="Disk-1", diskSnapshotName="snap-1")

    def poll() -> tuple[str, str]:
        one = harness.call("GetDiskSnapshot", diskSnapshotName="snap-1")["diskSnapshot"]
        return one["state"], one["progress"]

    assert [poll() for _ in range(4)] == [
        ("pending", "33%"),
        ("pending", "66%"),
        ("completed", "100%"),
        ("completed", "100%"),
    ]
    operation_id = response["operations"][1]["id"]
    statuses = [
        harness.call("GetOperation", operationId=operation_id)["operation"]["status"]
        for _ in range(2)
    ]
    assert statuses == ["Started", "Succeeded"]


def test_instant_progression_finishes_in_the_first_response(make_harness: Any) -> None:
    harness = make_harness(progression=Progression.instant())
    harness.emulator.add_disk("Disk-1", region_name="us-east-1")
    response = harness.call("CreateDiskSnapshot", diskName="Disk-1", diskSnapshotName="snap-1")
    assert all(one["isTerminal"] for one in response["operations"])
    (snapshot,) = harness.call("GetDiskSnapshots")["diskSnapshots"]
    assert snapshot["state"] == "completed"


def test_negative_duration_is_refused() -> None:
    for make in (Progression.by_polls, Progression.by_seconds):
        with pytest.raises(ValueError, match="0 or more"):
            make(operation=-1)


def test_failed_snapshot_ends_in_error_though_its_operations_succeed(make_harness: Any) -> None:
    harness = make_harness(progression=Progression.instant().with_failed_snapshot("bad"))
    harness.emulator.add_disk("Disk-1", region_name="us-east-1")
    for name in ("bad", "good"):
        response = harness.call("CreateDiskSnapshot", diskName="Disk-1", diskSnapshotName=name)
        assert response["operations"][0]["status"] == "Succeeded"
    states = {
        one["name"]: one["state"] for one in harness.call("GetDiskSnapshots")["diskSnapshots"]
    }
    assert states == {"bad": "error", "good": "completed"}
    harness.emulator.progression = Progression.instant().with_failed_snapshot()
    harness.call("CreateDiskSnapshot", diskName="Disk-1", diskSnapshotName="any")
    one = harness.call("GetDiskSnapshot", diskSnapshotName="any")["diskSnapshot"]
    assert (one["state"], one["progress"]) == ("error", "0%")


def test_failed_operation_has_the_configured_error(harness: Any) -> None:
    harness.emulator.progression = Progression.instant().with_failed_operation(
        "CreateDiskSnapshot", resource_name="bad", error_code="Boom", error_details="It went off."
    )
    response = harness.call("CreateDiskSnapshot", diskName="Disk-1", diskSnapshotName="bad")
    for operation in response["operations"]:
        assert (operation["status"], operation["isTerminal"]) == ("Failed", True)
        assert (operation["errorCode"], operation["errorDetails"]) == ("Boom", "It went off.")
    bad = harness.call("GetDiskSnapshot", diskSnapshotName="bad")["diskSnapshot"]
    assert bad["state"] == "error"
    good = harness.call("CreateDiskSnapshot", diskName="Disk-1", diskSnapshotName="good")
    assert good["operations"][0]["status"] == "Succeeded"


def test_failed_operations_have_no_effect(harness: Any) -> None:
    day = 86400
    tags = [{"key": "k", "value": "v"}]
    auto = {"addOnType": "AutoSnapshot"}
    harness.call("CreateDiskSnapshot", diskName="Disk-1", diskSnapshotName="snap-1")
    harness.emulator.add_disk("Disk-2", region_name="us-east-1")
    harness.call("AttachDisk", diskName="Disk-2", instanceName="web-1", diskPath="/dev/xvdf")
    harness.call("EnableAddOn", resourceName="Disk-2", addOnRequest=auto)
    harness.call("StopInstance", instanceName="web-1")
    harness.advance(day)

    def seen() -> list[Any]:
        return [
            harness.call("GetDisks"),
            harness.call("GetDiskSnapshots"),
            harness.call("GetInstances"),
            harness.call("GetAutoSnapshots", resourceName="Disk-2"),
        ]

    before = seen()
    (automatic,) = before[3]["autoSnapshots"]
    harness.emulator.progression = Progression.instant().with_failed_operation()
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
        response = harness.call(operation, **params)
        assert {one["status"] for one in response["operations"]} == {"Failed"}, operation
    assert seen() == before


@pytest.mark.parametrize(
    ("unit", "max_polls", "message"),
    [("seconds", -1, "0 or more, not -1"), ("polls", 3, "needs the unit 'seconds'")],
)
def test_max_polls_with_other_values_is_refused(unit: Any, max_polls: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Pace(unit, 1, max_polls)


def test_operation_ended_by_max_polls_ends_at_the_last_poll(
    make_harness: Any, tmp_path: Any
) -> None:
    progression = Progression.by_seconds(3600, 3600, max_polls=1)
    harness = make_harness(progression=progression, state=tmp_path / "state")
    harness.emulator.add_disk("Disk-1", region_name="us-east-1")
    made = harness.call("CreateDiskSnapshot", diskName="Disk-1", diskSnapshotName="snap")
    operation = made["operations"][0]
    seen = []
    for _ in range(2):
        harness.advance(10)
        seen.append(harness.call("GetOperation", operationId=operation["id"])["operation"])
    assert [one["status"] for one in seen] == ["Started", "Succeeded"]
    lasted = seen[1]["statusChangedAt"] - operation["createdAt"]
    assert lasted.total_seconds() == 20
