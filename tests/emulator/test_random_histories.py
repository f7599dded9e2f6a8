"""Random histories, compared with an independent model of the emulator."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from lightsail_snap.clock import VirtualClock
from lightsail_snap.emulator import LightsailEmulator
from lightsail_snap.emulator._wire import to_json

_NAMES = st.sampled_from(["aa", "bb", "cc", "dd", "ee"])
_REGIONS = st.sampled_from(["us-east-1", "eu-west-1"])
_OPERATION_TAKES = 20
_SNAPSHOT_TAKES = 45


class Histories(RuleBasedStateMachine):
    """Disks and disk snapshots in two Regions."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = VirtualClock(start=0)
        self.emulator = LightsailEmulator(clock=self.clock, page_size=2)
        self.resources: dict[tuple[str, str], dict[str, Any]] = {}
        self.operations: dict[str, list[tuple[str, float]]] = {"us-east-1": [], "eu-west-1": []}
        self.clients = {name: self.emulator.boto3_client(name) for name in self.operations}

    def teardown(self) -> None:
        self.emulator.close()

    def attempt(self, region: str, method: str, **params: Any) -> tuple[str, Any]:
        client = self.clients[region]
        try:
            return "done", getattr(client, method)(**params)
        except client.exceptions.InvalidInputException as error:
            return error.response.get("code", "invalid"), None
        except client.exceptions.NotFoundException:
            return "missing", None

    def expect(
        self, outcome: tuple[str, Any], expected: str, region: str, *ready_after: float
    ) -> bool:
        result, response = outcome
        assert result == expected
        if result != "done":
            return False
        begun = response["operations"]
        assert len(begun) == len(ready_after)
        now = self.clock.time()
        self.operations[region] += [
            (one["id"], now + after) for one, after in zip(begun, ready_after, strict=True)
        ]
        return True

    def is_ready(self, region: str, name: str) -> bool:
        return bool(self.resources[region, name]["ready"] <= self.clock.time())

    def add(
        self, region: str, name: str, size: int, takes: float = _OPERATION_TAKES, origin: str = ""
    ) -> None:
        self.resources[region, name] = {
            "kind": "DiskSnapshot" if origin else "Disk",
            "ready": self.clock.time() + takes,
            "size": size,
            "origin": origin,
            "tags": {},
        }

    def kind(self, region: str, name: str) -> str | None:
        resource = self.resources.get((region, name))
        return resource["kind"] if resource else None

    @rule(region=_REGIONS, name=_NAMES, size=st.integers(6, 10))
    def create_disk(self, region: str, name: str, size: int) -> None:
        outcome = self.attempt(
            region, "create_disk", diskName=name, availabilityZone=f"{region}a", sizeInGb=size
        )
        expected = "done" if size >= 8 else "invalid"
        expected = "NameExists" if (region, name) in self.resources else expected
        if self.expect(outcome, expected, region, _OPERATION_TAKES):
            self.add(region, name, size)

    @rule(region=_REGIONS, disk=_NAMES, name=_NAMES)
    def create_snapshot(self, region: str, disk: str, name: str) -> None:
        outcome = self.attempt(region, "create_disk_snapshot", diskName=disk, diskSnapshotName=name)
        expected = "NameExists" if (region, name) in self.resources else "done"
        expected = expected if self.kind(region, disk) == "Disk" else "missing"
        if self.expect(outcome, expected, region, _OPERATION_TAKES, _OPERATION_TAKES):
            size = self.resources[region, disk]["size"]
            self.add(region, name, size, _SNAPSHOT_TAKES, disk)

    @rule(source=_REGIONS, region=_REGIONS, name=_NAMES, copy=_NAMES)
    def copy_snapshot(self, source: str, region: str, name: str, copy: str) -> None:
        outcome = self.attempt(
            region,
            "copy_snapshot",
            sourceSnapshotName=name,
            targetSnapshotName=copy,
            sourceRegion=source,
        )
        if self.kind(source, name) is None:
            expected = "missing"
        elif self.kind(source, name) == "Disk" or not self.is_ready(source, name):
            expected = "invalid"
        else:
            expected = "NameExists" if (region, copy) in self.resources else "done"
        if self.expect(outcome, expected, region, _OPERATION_TAKES):
            original = self.resources[source, name]
            self.add(region, copy, original["size"], _SNAPSHOT_TAKES, original["origin"])

    @rule(region=_REGIONS, snapshot=_NAMES, name=_NAMES, size=st.integers(8, 10))
    def restore(self, region: str, snapshot: str, name: str, size: int) -> None:
        outcome = self.attempt(
            region,
            "create_disk_from_snapshot",
            diskName=name,
            diskSnapshotName=snapshot,
            availabilityZone=f"{region}b",
            sizeInGb=size,
        )
        if (region, name) in self.resources:
            expected = "NameExists"
        elif self.kind(region, snapshot) != "DiskSnapshot":
            expected = "missing"
        else:
            large = size >= self.resources[region, snapshot]["size"]
            expected = "done" if large and self.is_ready(region, snapshot) else "invalid"
        if self.expect(outcome, expected, region, _OPERATION_TAKES):
            self.add(region, name, size)

    @rule(region=_REGIONS, name=_NAMES, kind=st.sampled_from(["Disk", "DiskSnapshot"]))
    def delete(self, region: str, name: str, kind: str) -> None:
        method, member = {
            "Disk": ("delete_disk", "diskName"),
            "DiskSnapshot": ("delete_disk_snapshot", "diskSnapshotName"),
        }[kind]
        outcome = self.attempt(region, method, **{member: name})
        expected = "done" if self.kind(region, name) == kind else "missing"
        if self.expect(outcome, expected, region, 0):
            del self.resources[region, name]

    @rule(region=_REGIONS, name=_NAMES, key=_NAMES, value=st.sampled_from(["", "v", None]))
    def tag(self, region: str, name: str, key: str, value: str | None) -> None:
        tag = {"key": key} if value is None else {"key": key, "value": value}
        outcome = self.attempt(region, "tag_resource", resourceName=name, tags=[tag])
        expected = "done" if (region, name) in self.resources else "missing"
        if self.expect(outcome, expected, region, 0):
            self.resources[region, name]["tags"][key] = value

    @rule(region=_REGIONS, name=_NAMES, key=_NAMES)
    def untag(self, region: str, name: str, key: str) -> None:
        outcome = self.attempt(region, "untag_resource", resourceName=name, tagKeys=[key])
        expected = "done" if (region, name) in self.resources else "missing"
        if self.expect(outcome, expected, region, 0):
            self.resources[region, name]["tags"].pop(key, None)

    @rule(seconds=st.sampled_from([1, 19, 20, 44, 45]))
    def wait(self, seconds: int) -> None:
        self.clock.sleep(seconds)

    @precondition(lambda self: any(self.operations.values()))
    @rule(data=st.data())
    def poll_an_operation(self, data: st.DataObject) -> None:
        flat = [(region, *one) for region, many in self.operations.items() for one in many]
        region, operation_id, ready = data.draw(st.sampled_from(flat))
        operation = self.clients[region].get_operation(operationId=operation_id)["operation"]
        assert operation["isTerminal"] is (ready <= self.clock.time())
        assert operation["status"] == ("Succeeded" if operation["isTerminal"] else "Started")
        elsewhere = next(name for name in self.clients if name != region)
        assert self.attempt(elsewhere, "get_operation", operationId=operation_id)[0] == "missing"

    def listed(self, region: str, method: str, member: str) -> list[Any]:
        found, token = [], None
        while True:
            page = getattr(self.clients[region], method)(**({"pageToken": token} if token else {}))
            assert len(page[member]) <= 2
            found += page[member]
            token = page.get("nextPageToken")
            if token is None:
                return found

    @invariant()
    def lists_match_the_model(self) -> None:
        for region in self.clients:
            for kind, method, member, ready in (
                ("Disk", "get_disks", "disks", "available"),
                ("DiskSnapshot", "get_disk_snapshots", "diskSnapshots", "completed"),
            ):
                expected = [
                    {
                        "name": name,
                        "size": resource["size"],
                        "state": ready if self.is_ready(region, name) else "pending",
                        "origin": resource["origin"],
                        "tags": resource["tags"],
                    }
                    for (where, name), resource in self.resources.items()
                    if (where, resource["kind"]) == (region, kind)
                ]
                found = [
                    {
                        "name": one["name"],
                        "size": one["sizeInGb"],
                        "state": one["state"],
                        "origin": one.get("fromDiskName", ""),
                        "tags": {tag["key"]: tag.get("value") for tag in one["tags"]},
                    }
                    for one in self.listed(region, method, member)
                ]
                # Newest first.
                assert found == expected[::-1]

    @invariant()
    def stored_json_is_that_of_responses(self) -> None:
        # Responses contain it as it is.
        rows = self.emulator._store._db.execute("SELECT wire FROM records").fetchall()
        assert all(wire == to_json(json.loads(wire)) for (wire,) in rows)


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=15, stateful_step_count=25, deadline=None)
