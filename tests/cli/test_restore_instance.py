"""The command `restore-instance`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.cli.support import Command

from lightsail_snap import LightsailSnapClient
from lightsail_snap.emulator import LightsailEmulator, Progression


@pytest.fixture(autouse=True)
def _image(emulator: LightsailEmulator, command: Command) -> None:
    call = emulator.handle
    call("us-east-1", "AttachDisk", {
        "diskName": "Disk-1", "instanceName": "web-1", "diskPath": "/dev/xvdf"
    })  # fmt: skip
    call("us-east-1", "EnableAddOn", {
        "resourceName": "web-1", "addOnRequest": {"addOnType": "AutoSnapshot"}
    })  # fmt: skip
    assert command("create", "image-1", "--instance", "web-1").code == 0


def found(emulator: LightsailEmulator, name: str) -> dict[str, Any]:
    response = emulator.handle("us-east-1", "GetInstance", {"instanceName": name})
    instance: dict[str, Any] = json.loads(response.body)["instance"]
    return instance


def test_restore_to_a_larger_bundle(command: Command, emulator: LightsailEmulator) -> None:
    result = command("restore-instance", "image-1", "web-2", "--bundle", "small_3_0")
    assert result.code == 0
    name, state, bundle, address = result.out.split()
    assert (name, state, bundle) == ("web-2", "running", "small_3_0")
    introduction, resume, login = result.err.splitlines()
    assert introduction == "If this command is killed, resume it with:"
    assert login == f"To log in: ssh ec2-user@{address}"
    assert command(*resume.split()[1:]).out == result.out
    assert found(emulator, "web-2")["bundleId"] == "small_3_0"


def test_restore_with_every_option(
    command: Command, emulator: LightsailEmulator, tmp_path: Path
) -> None:
    script = tmp_path / "start.sh"
    script.write_text("echo started", encoding="utf-8")
    options = ["--zone", "us-east-1b", "--disk", "/dev/xvdf=data-2", "--tag", "env=test"]
    options += ["--user-data-file", str(script), "--key-pair", "ops", "--auto-snapshots", "03:00"]
    options += ["--ip-address-type", "ipv6", "--client-token", "t-1", "--timeout", "1m", "--json"]
    for _ in range(2):
        result = command("restore-instance", "image-1", "web-2", *options)
        assert (result.code, result.err) == (0, "")
        assert json.loads(result.out)["kind"] == "instance"
    instance = found(emulator, "web-2")
    assert instance["location"]["availabilityZone"] == "us-east-1b"
    assert instance["sshKeyName"] == "ops"
    assert instance["addOns"][0]["snapshotTimeOfDay"] == "03:00"
    assert [disk.get("name") for disk in instance["hardware"]["disks"]] == ["data-2", None]
    assert emulator.calls["CreateInstancesFromSnapshot"] == 2
    options = ["--ip-address-type", "ipv6", "--client-token", "t-2"]
    result = command("restore-instance", "image-1", "web-3", *options)
    assert "2001:db8::" in result.out
    assert result.err == ""


def test_bundle_that_is_too_small_is_explained(command: Command) -> None:
    assert command("restore-instance", "image-1", "web-2", "--bundle", "small_3_0").code == 0
    assert command("create", "image-2", "--instance", "web-2").code == 0
    result = command("restore-instance", "image-2", "web-3", "--bundle", "nano_3_0")
    assert result.code == 1
    assert "the bundle must be at least as large as that of the source" in result.err
    assert "the source has: bundle small_3_0, system disk 60 GB, zone us-east-1a" in result.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--disk", "/dev/xvdf"], "--disk must be PATH=NAME"),
        (["--disk", "=data-2"], "--disk must be PATH=NAME"),
        (["--auto", "2026-11-23", "--auto-latest"], "cannot be combined"),
        (["--auto-snapshots", "03:30"], "must be a full hour of the day"),
        (["--zone", "all"], "--zone: must be an Availability Zone"),
        (["--ip-address-type", "ipv5"], "ipv5"),
        (["--client-token", ""], "--client-token is empty"),
    ],
)
def test_invalid_arguments_send_nothing(
    arguments: list[str], message: str, command: Command, emulator: LightsailEmulator
) -> None:
    result = command("restore-instance", "image-1", "web-2", *arguments)
    assert result.code == 2
    assert message in result.err
    assert emulator.calls["CreateInstancesFromSnapshot"] == 0


def test_unreadable_launch_scripts_are_refused(command: Command, tmp_path: Path) -> None:
    script = tmp_path / "start.sh"
    script.write_bytes(b"\xff")
    result = command("restore-instance", "image-1", "web-2", "--user-data-file", str(script))
    assert (result.code, "is not UTF-8 text" in result.err) == (2, True)
    script.write_bytes(b" " * (2**20 + 1))
    result = command("restore-instance", "image-1", "web-2", "--user-data-file", str(script))
    assert (result.code, "is too large for a launch script" in result.err) == (2, True)


def test_source_that_no_longer_exists_needs_a_zone(
    command: Command, emulator: LightsailEmulator
) -> None:
    emulator.handle("us-east-1", "DeleteInstance", {"instanceName": "web-1"})
    result = command("restore-instance", "image-1", "web-2")
    assert result.code == 2
    assert "the source instance does not exist in this Region" in result.err
    assert command("restore-instance", "image-1", "web-2", "--zone", "us-east-1a").code == 0
    # An instance of the same name that another client has created since is not the source.
    assert command("restore-instance", "image-1", "web-1", "--zone", "us-east-1b").code == 0
    assert command("restore-instance", "image-1", "web-3").code == 2


def test_timeout_and_interrupt_print_how_to_resume(
    command: Command, emulator: LightsailEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    emulator.progression = Progression.by_seconds(1, 1)
    arguments = ["restore-instance", "image-1", "web-2", "--bundle", "small_3_0"]
    result = command(*arguments, "--timeout", "0")
    assert result.code == 5
    resume = result.err.splitlines()[-1].split()
    assert resume[:6] == ["lightsail-snap", *arguments]
    assert command(*resume[1:], "--poll", "0.1").out.startswith("web-2  running")
    assert emulator.calls["CreateInstancesFromSnapshot"] == 2

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(LightsailSnapClient, "restore_instance", interrupt)
    result = command("restore-instance", "web-1", "web-2", "--auto-latest", "--tag", "k")
    assert result.code == 130
    assert "restore-instance web-1 web-2 --auto-latest --tag k --client-token " in result.err
