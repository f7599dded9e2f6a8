"""The pytest plugin, as users install it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from lightsail_snap import DiskSource, InstanceSource, LightsailSnapClient, VirtualClock
from lightsail_snap.emulator import LightsailEmulator

pytest_plugins = ["pytester"]


def test_client_fixture_waits_for_a_snapshot(lightsail_client: LightsailSnapClient) -> None:
    lightsail_client.create_disk_snapshot("nightly", DiskSource(disk_name="disk-1"))
    assert lightsail_client.wait_for_disk_snapshot("nightly").state == "completed"


def test_fixtures_share_emulator_and_clock(
    lightsail_client: LightsailSnapClient,
    lightsail_emulator: LightsailEmulator,
    lightsail_clock: VirtualClock,
) -> None:
    lightsail_emulator.add_disk("more", region_name="us-east-1", size_in_gb=64)
    assert lightsail_client.get_disk("more").disk.size_in_gb == 64
    source = InstanceSource(instance_name="instance-1")
    operation = lightsail_client.create_disk_snapshot("web", source).operations[0]
    assert lightsail_clock.monotonic() == 0
    assert lightsail_client.wait_for_operation(operation).is_terminal
    assert lightsail_clock.monotonic() > 0


def test_emulator_fixture_is_new_in_every_test(lightsail_emulator: LightsailEmulator) -> None:
    lightsail_emulator.add_disk("more", region_name="us-east-1")


@pytest.mark.thorough
def test_plugin_is_active_once_installed(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        from lightsail_snap import DiskSource

        def test_backup(lightsail_client):
            lightsail_client.create_disk_snapshot("nightly", DiskSource(disk_name="disk-1"))
            assert lightsail_client.wait_for_disk_snapshot("nightly").state == "completed"
        """
    )
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)


def test_plugin_loads_nothing_until_used() -> None:
    code = (
        "import sys, lightsail_snap.testing._pytest_plugin;"
        "print([m for m in ('pydantic', 'boto3', 'botocore', 'hypothesis') if m in sys.modules])"
    )
    result = subprocess.run(  # noqa: S603 - constant code
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"


@pytest.mark.parametrize("getter", ["get_disk_snapshot", "get_disk_snapshots", "get_operation"])
def test_emulator_fixture_polled_with_boto3_finishes(
    lightsail_emulator: LightsailEmulator, getter: str
) -> None:
    boto3_client = lightsail_emulator.boto3_client("us-east-1")
    made = boto3_client.create_disk_snapshot(diskName="disk-1", diskSnapshotName="nightly")
    params = {
        "get_disk_snapshot": {"diskSnapshotName": "nightly"},
        "get_disk_snapshots": {},
        "get_operation": {"operationId": made["operations"][0]["id"]},
    }[getter]
    polls = 0
    while True:
        found = str(getattr(boto3_client, getter)(**params))
        if "'completed'" in found or "'Succeeded'" in found:
            break
        polls += 1
        assert polls <= 10
    # The limit has an effect only if earlier polls find unfinished work.
    assert polls == 10


def test_emulator_fixture_finishes_by_virtual_clock(
    lightsail_emulator: LightsailEmulator, lightsail_clock: VirtualClock
) -> None:
    boto3_client = lightsail_emulator.boto3_client("us-east-1")
    boto3_client.create_disk_snapshot(diskName="disk-1", diskSnapshotName="nightly")
    for seconds, state in ((44, "pending"), (1, "completed")):
        lightsail_clock.sleep(seconds)
        found = boto3_client.get_disk_snapshot(diskSnapshotName="nightly")["diskSnapshot"]
        assert found["state"] == state
