"""In-process and HTTP transports: the same responses, byte by byte."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import boto3.session
import pytest
from botocore.exceptions import ClientError, ParamValidationError

from lightsail_snap.clock import VirtualClock
from lightsail_snap.emulator import LightsailEmulator
from lightsail_snap.emulator._operations import HANDLERS

_EAST, _WEST = "us-east-1", "us-west-2"
_ZONE = {"availabilityZone": "us-east-1a"}
_AUTO = {"addOnType": "AutoSnapshot"}

# Region, operation and parameters of a history with every operation; a number advances the clock.
_STEPS: tuple[tuple[str, str, dict[str, Any]] | float, ...] = (
    (_EAST, "GetRegions", {"includeAvailabilityZones": True}),
    (_EAST, "CreateDisk", {"diskName": "disk", "sizeInGb": 8, **_ZONE}),
    (_EAST, "GetDisk", {"diskName": "disk"}),
    (
        _EAST,
        "CreateInstances",
        {"instanceNames": ["web"], "blueprintId": "b", "bundleId": "nano_3_0", **_ZONE},
    ),
    30,
    (_EAST, "CreateDiskSnapshot", {"diskName": "disk", "diskSnapshotName": "snap"}),
    (_EAST, "CreateDiskSnapshot", {"diskName": "disk", "diskSnapshotName": "snap"}),
    (_EAST, "CreateInstanceSnapshot", {"instanceName": "web", "instanceSnapshotName": "isnap"}),
    (_EAST, "EnableAddOn", {"resourceName": "disk", "addOnRequest": _AUTO}),
    20,
    (_EAST, "GetDiskSnapshot", {"diskSnapshotName": "snap"}),
    (_EAST, "GetInstanceSnapshot", {"instanceSnapshotName": "isnap"}),
    40,
    (_EAST, "CreateDiskFromSnapshot", {"diskName": "new", "diskSnapshotName": "snap", **_ZONE}),
    (
        _EAST,
        "CreateDiskFromSnapshot",
        {"diskName": "new", "diskSnapshotName": "snap", "sizeInGb": 16, **_ZONE},
    ),
    30,
    (_EAST, "AttachDisk", {"diskName": "new", "instanceName": "web", "diskPath": "/dev/xvdf"}),
    (_EAST, "GetInstance", {"instanceName": "web"}),
    (_EAST, "GetInstanceState", {"instanceName": "web"}),
    (_EAST, "TagResource", {"resourceName": "snap", "tags": [{"key": "ключ", "value": "é"}]}),
    (_EAST, "UntagResource", {"resourceName": "snap", "tagKeys": ["other"]}),
    (
        _WEST,
        "CopySnapshot",
        {"sourceSnapshotName": "snap", "targetSnapshotName": "snap", "sourceRegion": _EAST},
    ),
    60,
    (_WEST, "GetDiskSnapshots", {}),
    (
        _EAST,
        "CreateInstancesFromSnapshot",
        {
            "instanceNames": ["web-2"],
            "instanceSnapshotName": "isnap",
            "bundleId": "nano_3_0",
            **_ZONE,
        },
    ),
    (_EAST, "ExportSnapshot", {"sourceSnapshotName": "snap"}),
    86400,
    (_EAST, "GetExportSnapshotRecords", {}),
    (_EAST, "GetAutoSnapshots", {"resourceName": "disk"}),
    (_EAST, "DeleteAutoSnapshot", {"resourceName": "disk", "date": "2023-11-15"}),
    (_EAST, "DisableAddOn", {"resourceName": "disk", "addOnType": "AutoSnapshot"}),
    (_EAST, "RebootInstance", {"instanceName": "web"}),
    (_EAST, "StopInstance", {"instanceName": "web"}),
    60,
    (_EAST, "DetachDisk", {"diskName": "new"}),
    (_EAST, "StartInstance", {"instanceName": "web"}),
    60,
    (_EAST, "GetDisks", {}),
    (_EAST, "GetInstances", {}),
    (_EAST, "GetInstanceSnapshots", {}),
    (_EAST, "DeleteDisk", {"diskName": "new"}),
    (_EAST, "DeleteInstance", {"instanceName": "web"}),
    (_EAST, "DeleteDiskSnapshot", {"diskSnapshotName": "snap"}),
    (_EAST, "DeleteDiskSnapshot", {"diskSnapshotName": "snap"}),
    (_EAST, "DeleteInstanceSnapshot", {"instanceSnapshotName": "isnap"}),
    (_EAST, "GetOperations", {}),
    (_EAST, "GetOperationsForResource", {"resourceName": "snap"}),
    (_EAST, "GetOperation", {"operationId": "there-is-none"}),
    (_EAST, "GetBuckets", {}),
)


def run_steps(harness: Any) -> list[Any]:
    """Run all steps; return every parsed response with its raw bytes."""
    kept: list[Any] = []
    for region in (_EAST, _WEST):
        harness.client(region).meta.events.register_last(
            "before-parse.lightsail",
            lambda response_dict, **_: kept.append(
                (response_dict["status_code"], response_dict["body"])
            ),
        )
    for step in _STEPS:
        if isinstance(step, int | float):
            harness.advance(step)
            continue
        region, operation, params = step
        try:
            kept.append(harness.call(operation, region, **params))
        except ClientError as error:
            kept.append(error.response["Error"])
        except ParamValidationError as error:
            kept.append(str(error))
    return kept


def test_both_transports_give_the_same_responses(make_harness: Any) -> None:
    used = {step[1] for step in _STEPS if isinstance(step, tuple)}
    assert used - {"GetBuckets"} == set(HANDLERS)
    in_process = run_steps(make_harness())
    assert run_steps(make_harness(transport="http")) == in_process
    statuses = [one[0] for one in in_process if isinstance(one, tuple)]
    assert (statuses.count(200), statuses.count(400), statuses.count(501)) == (36, 3, 1)


def test_install_redirects_an_existing_boto3_client() -> None:
    with LightsailEmulator(clock=VirtualClock()) as emulator:
        client = boto3.session.Session("key", "secret", "token").client("lightsail", "eu-west-1")
        for _ in range(2):
            emulator.install(client)
        assert client.get_disks()["disks"] == []
        assert emulator.calls == {"GetDisks": 1}
        for wrong in (boto3.session.Session("k", "s").client("s3", "eu-west-1"), "client"):
            with pytest.raises(TypeError, match="must be a boto3 Lightsail client, not"):
                emulator.install(wrong)
        client.close()


def outputs(code: str, *options: str) -> tuple[str, str]:
    command = [sys.executable, "-W", "error", *options, "-c", code]
    run = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - our own code
    return run.stdout, run.stderr


def test_boto3_client_ignores_the_aws_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    code = """
from lightsail_snap.emulator import LightsailEmulator
print(len(LightsailEmulator().boto3_client("us-east-1").get_regions()["regions"]))
"""
    monkeypatch.setenv("AWS_PROFILE", "there-is-none")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null/there-is-none")
    assert outputs(code) == ("19\n", "")


def test_import_loads_neither_boto3_nor_waitress() -> None:
    code = """
import sys
import lightsail_snap.emulator
print(sorted({"boto3", "botocore", "waitress"} & set(sys.modules)))
"""
    assert outputs(code) == ("[]\n", "")


def test_handle_works_without_a_transport() -> None:
    with LightsailEmulator(clock=VirtualClock()) as emulator:
        response = emulator.handle("us-east-1", "GetDisks", {})
        assert (response.status, response.body) == (200, b'{"disks":[]}')
        assert response.headers["Content-Type"] == "application/x-amz-json-1.1"
        assert response.headers["Date"] == "Tue, 14 Nov 2023 22:13:20 GMT"
        assert emulator.handle("us-east-1", "GetDisks", b"").status == 200
        assert repr(emulator) == "LightsailEmulator(open)"
    assert repr(emulator) == "LightsailEmulator(closed)"
    emulator.close()
    # An internal error becomes the service's error.
    response = emulator.handle("us-east-1", "GetDisks", {})
    assert response.status == 500
    assert json.loads(response.body)["__type"] == "ServiceException"


def test_unclosed_emulator_is_collected_without_warning() -> None:
    code = """
from lightsail_snap.emulator import LightsailEmulator
emulator = LightsailEmulator()
emulator.add_disk("Disk-1", region_name="us-east-1")
del emulator
"""
    assert outputs(code, "-X", "dev") == ("", "")


def test_page_size_out_of_range_is_refused() -> None:
    for size in (0, 201):
        with pytest.raises(ValueError, match="page_size"):
            LightsailEmulator(page_size=size)
