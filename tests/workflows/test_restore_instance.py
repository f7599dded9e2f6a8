"""Restoring instances, driven with scripted replies on a virtual clock."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from tests.support import Reply, ScriptedTransport, service_error

from lightsail_snap import (
    AccessDeniedException,
    AutoSnapshotSource,
    CreateInstancesFromSnapshotRequest,
    DiskMap,
    InvalidInputException,
    LatestAutoSnapshotSource,
    LightsailSnapClient,
    ManualSnapshotSource,
    NotFoundException,
    RequestValidationError,
    VirtualClock,
)
from lightsail_snap.models import RestoreSource

MANUAL = ManualSnapshotSource(snapshot_name="image-1")
SOURCES: list[RestoreSource] = [
    MANUAL,
    AutoSnapshotSource(resource_name="web-1", restore_date=dt.date(2026, 11, 23)),
    LatestAutoSnapshotSource(resource_name="web-1"),
]
RUNNING = {"instance": {"name": "web-2", "state": {"name": "running"}}}
IMAGE: dict[str, Any] = {
    "name": "image-1",
    "fromInstanceName": "web-1",
    "fromInstanceArn": "arn-1",
    "fromBundleId": "micro_3_0",
    "sizeInGb": 40,
}
WEB_1: dict[str, Any] = {
    "name": "web-1",
    "arn": "arn-1",
    "bundleId": "micro_3_0",
    "location": {"availabilityZone": "us-east-1b"},
}


def client_of(
    create: Reply | None = None, web_1: Reply | None = None, image: Reply | None = None
) -> tuple[LightsailSnapClient, ScriptedTransport]:
    def get_instance(request: Any) -> Any:
        if request.instance_name != "web-1":
            return RUNNING
        return web_1(request) if callable(web_1) else web_1 or {"instance": WEB_1}

    script = ScriptedTransport(
        operations={
            "CreateInstancesFromSnapshot": [create or {"operations": []}],
            "GetInstance": [get_instance],
            "GetInstanceSnapshot": [image or {"instanceSnapshot": IMAGE}],
            "GetOperationsForResource": [{"operations": []}],
        }
    )
    return LightsailSnapClient(transport=script, clock=VirtualClock()), script


def created(script: ScriptedTransport) -> CreateInstancesFromSnapshotRequest:
    (request,) = [
        each for each in script.requests if isinstance(each, CreateInstancesFromSnapshotRequest)
    ]
    return request


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.kind)
def test_zone_and_bundle_of_the_source_are_the_defaults(source: RestoreSource) -> None:
    client, script = client_of()
    assert client.restore_instance("web-2", source).name == "web-2"
    request = created(script)
    assert (request.availability_zone, request.bundle_id) == ("us-east-1b", "micro_3_0")
    assert request.source == source


def test_known_zone_and_bundle_need_no_lookup_of_the_source() -> None:
    client, script = client_of()
    disks = [DiskMap(original_disk_path="/dev/xvdf", new_disk_name="data-2")]
    client.restore_instance(
        "web-2",
        MANUAL,
        availability_zone="us-east-1a",
        bundle_id="small_3_0",
        attached_disks=disks,
    )
    assert created(script).attached_disk_mapping == {"web-2": tuple(disks)}
    assert script.requests[0] is created(script)


@pytest.mark.parametrize(
    ("image", "web_1", "message"),
    [
        ({**IMAGE, "fromBundleId": None}, WEB_1, "bundle_id"),
        ({**IMAGE, "fromInstanceName": None}, WEB_1, "availability_zone"),
        (IMAGE, {**WEB_1, "arn": "arn-2"}, "availability_zone"),
        (IMAGE, {**WEB_1, "location": None}, "availability_zone"),
        (IMAGE, {**WEB_1, "location": {"availabilityZone": "all"}}, "availability_zone"),
        (IMAGE, None, "availability_zone"),
    ],
)
def test_unknown_zone_or_bundle_creates_nothing(
    image: dict[str, Any], web_1: dict[str, Any] | None, message: str
) -> None:
    found: Any = {"instance": web_1} if web_1 else service_error(NotFoundException)
    client, script = client_of(web_1=found, image={"instanceSnapshot": image})
    with pytest.raises(RequestValidationError, match=message) as caught:
        client.restore_instance("web-2", MANUAL)
    assert not caught.value.may_have_executed
    assert "CreateInstancesFromSnapshot" not in {each.operation_name for each in script.requests}


@pytest.mark.parametrize(
    ("image", "shown"),
    [
        ({"instanceSnapshot": IMAGE}, "bundle micro_3_0, system disk 40 GB, zone us-east-1b"),
        ({"instanceSnapshot": {"name": "image-1"}}, ""),
        (service_error(AccessDeniedException), ""),
    ],
)
def test_refusal_is_explained_by_the_source(image: Any, shown: str) -> None:
    client, _ = client_of(create=service_error(InvalidInputException), image=image)
    with pytest.raises(InvalidInputException) as caught:
        client.restore_instance(
            "web-2", MANUAL, availability_zone="us-east-1a", bundle_id="nano_3_0"
        )
    (note,) = caught.value.__notes__
    assert "requested were the bundle nano_3_0 and the zone us-east-1a" in note
    assert note.partition("the source has: ")[2] == shown


@pytest.mark.parametrize("name", [5, [], "-"])
def test_invalid_names_are_refused_with_all_other_violations(name: Any) -> None:
    client, script = client_of()
    with pytest.raises(RequestValidationError) as caught:
        client.restore_instance(
            name, MANUAL, availability_zone="all", attached_disks=[DiskMap(new_disk_name="d-1")]
        )
    assert {each.field.partition("[")[0] for each in caught.value.violations} == {
        "instance_names",
        "availability_zone",
    }
    assert script.requests == []
