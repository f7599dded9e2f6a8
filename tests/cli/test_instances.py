"""The commands that attach and detach disks, and stop and start instances."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.cli.support import Command

from lightsail_snap.cli._errors import ExitCode
from lightsail_snap.emulator import LightsailEmulator

REGION = "us-east-1"


def state_of(emulator: LightsailEmulator, name: str = "web-1") -> str:
    response = emulator.handle(REGION, "GetInstance", {"instanceName": name})
    return str(json.loads(response.body)["instance"]["state"]["name"])


def disk(emulator: LightsailEmulator, name: str = "Disk-1") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(emulator.handle(REGION, "GetDisk", {"diskName": name}).body)[
        "disk"
    ]
    return found


@pytest.fixture
def command(command: Command) -> Command:
    return lambda *arguments: command(*arguments, "--poll", "0.05")


# Attach and detach


def test_attach_chooses_a_free_path(command: Command, emulator: LightsailEmulator) -> None:
    first = command("attach", "Disk-1", "web-1")
    assert (first.code, first.err) == (0, "")
    assert first.out == "Disk-1  in-use  web-1  /dev/xvdf\n"
    second = command("attach", "Disk-2", "web-1", "--json")
    assert second.lines[0]["path"] == "/dev/xvdg"
    assert second.lines[0]["kind"] == "disk"
    assert disk(emulator)["attachedTo"] == "web-1"


def test_attach_of_an_attached_disk_succeeds(command: Command, emulator: LightsailEmulator) -> None:
    first = command("attach", "Disk-1", "web-1", "--path", "/dev/xvdk")
    for options in ([], ["--path", "/dev/xvdk"]):
        again = command("attach", "Disk-1", "web-1", *options)
        assert (again.code, again.out) == (0, first.out)
    assert emulator.calls["AttachDisk"] == 1


def test_attach_at_another_path_is_refused(command: Command) -> None:
    command("attach", "Disk-1", "web-1")
    result = command("attach", "Disk-1", "web-1", "--path", "/dev/xvdg")
    assert result.code == ExitCode.USAGE
    assert "is attached to web-1 already, at /dev/xvdf; leave out --path" in result.err


def test_attach_at_a_path_of_another_disk_is_refused(
    command: Command, emulator: LightsailEmulator
) -> None:
    command("attach", "Disk-1", "web-1")
    result = command("attach", "Disk-2", "web-1", "--path", "/dev/xvdf")
    assert result.code == ExitCode.USAGE
    assert "another disk of instance web-1 uses /dev/xvdf; leave out --path" in result.err
    assert emulator.calls["AttachDisk"] == 1


def test_attach_in_another_zone_is_refused(command: Command, emulator: LightsailEmulator) -> None:
    emulator.add_disk("far", region_name=REGION, size_in_gb=8, availability_zone="us-east-1b")
    result = command("attach", "far", "web-1")
    assert result.code == ExitCode.USAGE
    assert "are in different zones; restore a snapshot of the disk" in result.err


def test_attach_of_a_disk_of_another_instance_fails(
    command: Command, emulator: LightsailEmulator
) -> None:
    emulator.add_instance("web-2", region_name=REGION)
    command("attach", "Disk-1", "web-2")
    result = command("attach", "Disk-1", "web-1")
    assert result.code == ExitCode.FAILED
    assert "it is attached to web-2" in result.err


@pytest.mark.parametrize(("name", "instance"), [("no-1", "web-1"), ("Disk-1", "no-1")])
def test_attach_of_missing_resources_fails(command: Command, name: str, instance: str) -> None:
    assert command("attach", name, instance).code == ExitCode.NOT_FOUND


def test_detach_from_a_running_instance_shows_how_to_stop_it(command: Command) -> None:
    command("attach", "Disk-1", "web-1")
    result = command("detach", "Disk-1", "--region", REGION)
    assert result.code == ExitCode.FAILED
    *_, advice, line = result.err.splitlines()
    assert advice == "To detach a disk, stop its instance first:"
    assert line == f"  lightsail-snap stop web-1 --region {REGION}"


def test_detach_from_a_stopped_instance(command: Command, emulator: LightsailEmulator) -> None:
    command("attach", "Disk-1", "web-1")
    assert command("stop", "web-1").code == 0
    for _ in range(2):
        result = command("detach", "Disk-1")
        assert (result.code, result.out) == (0, "Disk-1  available\n")
    assert command("detach", "Disk-1", "--json").lines[0]["state"] == "available"
    assert emulator.calls["DetachDisk"] == 1


def test_detach_that_the_service_allows_succeeds(
    command: Command, emulator: LightsailEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The service's rule may change.
    command("attach", "Disk-1", "web-1")
    handle = emulator.handle

    def allow(region: str, operation: str, payload: Any) -> Any:
        if operation == "DetachDisk":
            handle(region, "StopInstance", {"instanceName": "web-1"})
            handle(region, "GetInstance", {"instanceName": "web-1"})
        return handle(region, operation, payload)

    monkeypatch.setattr(emulator, "handle", allow)
    result = command("detach", "Disk-1")
    assert (result.code, result.out) == (0, "Disk-1  available\n")


# Stop and start


@pytest.mark.parametrize("wait", ["--wait", "--no-wait"])
def test_stop_and_start(command: Command, emulator: LightsailEmulator, wait: str) -> None:
    for verb, state in (("stop", "stopped"), ("start", "running")):
        for _ in range(2):
            result = command(verb, "web-1", wait)
            assert result.code == 0
            assert result.out == f"web-1  {state}\n"
            assert state_of(emulator) == state
    assert emulator.calls["StopInstance"] == emulator.calls["StartInstance"] == 1
    assert command("start", "web-1", "--json").lines[0]["kind"] == "instance"


@pytest.mark.parametrize("verb", ["stop", "start"])
def test_timeout_shows_how_to_resume(
    command: Command, emulator: LightsailEmulator, verb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if verb == "start":
        command("stop", "web-1")
    handle = emulator.handle
    change = f"{verb.capitalize()}Instance"

    def ignore(region: str, operation: str, payload: Any) -> Any:
        return handle(region, "RebootInstance" if operation == change else operation, payload)

    monkeypatch.setattr(emulator, "handle", ignore)
    result = command(verb, "web-1", "--timeout", "0")
    assert result.code == ExitCode.STILL_RUNNING
    assert result.err.endswith(f"To resume, run:\n  lightsail-snap {verb} web-1\n")


@pytest.mark.parametrize("verb", ["stop", "start"])
def test_missing_instance_is_not_found(command: Command, verb: str) -> None:
    assert command(verb, "no-1").code == ExitCode.NOT_FOUND


# Snapshots of stopped instances


@pytest.mark.parametrize(
    "source", [["--disk", "Disk-1"], ["--system-disk", "web-1"], ["--instance", "web-1"]]
)
def test_create_stops_the_instance_of_the_source(
    command: Command, emulator: LightsailEmulator, source: list[str]
) -> None:
    command("attach", "Disk-1", "web-1")
    options = ["--stop-instance", "--region", REGION, "--client-token", "t-1", "--timeout", "1m"]
    result = command("create", "before-1", *source, *options)
    assert result.code == 0
    assert result.out.startswith("before-1  ")
    advice, line, downtime = result.err.splitlines()
    assert advice == "Instance web-1 is stopped if it runs. If it does not start again, run:"
    assert line == f"  lightsail-snap start web-1 --region {REGION}"
    assert downtime.startswith("instance web-1 was stopped for ")
    assert state_of(emulator) == "running"
    again = command("create", "before-1", *source, *options)
    assert (again.code, again.out) == (0, result.out)
    assert emulator.calls["StopInstance"] == emulator.calls["StartInstance"] == 1


def test_create_of_a_stopped_instance_leaves_it_stopped(
    command: Command, emulator: LightsailEmulator
) -> None:
    command("stop", "web-1")
    result = command("create", "before-1", "--instance", "web-1", "--stop-instance", "--no-wait")
    assert result.code == 0
    assert "was stopped for" not in result.err
    assert state_of(emulator) == "stopped"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--disk", "Disk-1"], "disk Disk-1 is attached to no instance; leave out --stop-instance"),
        (["--disk", "Disk-1", "--freeze", "/mnt"], "--freeze and --stop-instance cannot be"),
    ],
)
def test_create_with_contradictory_options_is_refused(
    command: Command, arguments: list[str], message: str
) -> None:
    result = command("create", "before-1", *arguments, "--stop-instance")
    assert result.code == ExitCode.USAGE
    assert message in result.err


# Automatic snapshots


def enable(emulator: LightsailEmulator, **settings: Any) -> None:
    request: dict[str, Any] = {"addOnType": "AutoSnapshot"}
    if settings:
        request["autoSnapshotAddOnRequest"] = settings
    payload = {"resourceName": "Disk-1", "addOnRequest": request}
    emulator.handle(REGION, "EnableAddOn", payload)


@pytest.mark.parametrize("resource", ["Disk-1", "web-1"])
def test_enable_and_disable_automatic_snapshots(
    command: Command, emulator: LightsailEmulator, resource: str
) -> None:
    for _ in range(2):
        result = command("auto-snapshots", "enable", resource, "--at", "03:00")
        assert (result.code, result.out) == (0, f"{resource}  enabled  03:00\n")
    kept = command("auto-snapshots", "enable", resource, "--json")
    assert kept.lines == [{"resource": resource, "enabled": True, "snapshot_time_of_day": "03:00"}]
    assert emulator.calls["EnableAddOn"] == 1
    changed = command("auto-snapshots", "enable", resource, "--at", "04:00")
    assert changed.out == f"{resource}  enabled  04:00\n"
    for _ in range(2):
        result = command("auto-snapshots", "disable", resource)
        assert (result.code, result.out) == (0, f"{resource}  disabled\n")
    assert emulator.calls["DisableAddOn"] == 1
    assert command("auto-snapshots", "disable", resource, "--json").lines == [
        {"resource": resource, "enabled": False}
    ]


def test_enable_without_an_hour_shows_the_one_of_lightsail(command: Command) -> None:
    assert command("auto-snapshots", "enable", "Disk-1").out == "Disk-1  enabled  06:00\n"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["enable", "Disk-1", "--at", "3 am"], ExitCode.USAGE),
        (["enable", "no-1"], ExitCode.NOT_FOUND),
        (["disable", "no-1"], ExitCode.NOT_FOUND),
        (["list", "no-1"], ExitCode.NOT_FOUND),
        (["copy", "Disk-1", "kept"], ExitCode.USAGE),
        (["copy", "Disk-1", "kept", "--latest", "--date", "2026-11-23"], ExitCode.USAGE),
        (["copy", "Disk-1", "kept", "--date", "yesterday"], ExitCode.USAGE),
        (["copy", "Disk-1", "kept", "--latest"], ExitCode.NOT_FOUND),
    ],
)
def test_invalid_arguments_are_refused(
    command: Command, arguments: list[str], code: ExitCode
) -> None:
    assert command("auto-snapshots", *arguments).code == code


@pytest.mark.parametrize("is_executed", [True, False])
def test_state_decides_after_a_failed_switch(
    command: Command,
    emulator: LightsailEmulator,
    monkeypatch: pytest.MonkeyPatch,
    *,
    is_executed: bool,
) -> None:
    handle = emulator.handle

    def fail(region: str, operation: str, payload: Any) -> Any:
        if operation == "EnableAddOn":
            if is_executed:
                handle(region, operation, payload)
            return handle(region, operation, b"{}")
        return handle(region, operation, payload)

    monkeypatch.setattr(emulator, "handle", fail)
    result = command("auto-snapshots", "enable", "Disk-1")
    assert (result.code == 0) is is_executed
    assert result.out == ("Disk-1  enabled  06:00\n" if is_executed else "")


def test_enabled_add_on_that_is_not_shown_yet_has_the_requested_hour(
    command: Command, emulator: LightsailEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    handle = emulator.handle

    def delay(region: str, operation: str, payload: Any) -> Any:
        return handle(region, "RebootInstance" if operation == "EnableAddOn" else operation, (
            {"instanceName": "web-1"} if operation == "EnableAddOn" else payload
        ))  # fmt: skip

    monkeypatch.setattr(emulator, "handle", delay)
    result = command("auto-snapshots", "enable", "web-1", "--at", "03:00")
    assert result.out == "web-1  enabled  03:00\n"


def test_list_and_copy_automatic_snapshots(
    command: Command, emulator: LightsailEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = command("auto-snapshots", "list", "Disk-1")
    assert empty.err == "0 automatic snapshots, disabled\n"
    usual = emulator.clock

    class Later:
        days = 0.0

        def time(self) -> float:
            return usual.time() + 86_400 * self.days

        monotonic = usual.monotonic
        sleep = usual.sleep

    later = Later()
    monkeypatch.setattr(emulator, "clock", later)
    later.days = -3
    enable(emulator, snapshotTimeOfDay="03:00")
    later.days = 0
    result = command("auto-snapshots", "list", "Disk-1")
    assert result.err.endswith("automatic snapshots, daily at 03:00 UTC\n")
    dates = [line["date"] for line in command("auto-snapshots", "list", "Disk-1", "--json").lines]
    assert len(dates) in {2, 3}
    assert [line.split()[:2] for line in result.out.splitlines()[1:]] == [
        [date, "Success"] for date in dates
    ]
    latest = command("auto-snapshots", "copy", "Disk-1", "kept-1", "--latest")
    assert (latest.code, latest.out) == (0, "kept-1  completed\n")
    dated = command("auto-snapshots", "copy", "Disk-1", "kept-2", "--date", dates[-1], "--json")
    assert dated.lines[0]["name"] == "kept-2"


def test_automatic_snapshots_of_an_unknown_name_name_both_kinds(command: Command) -> None:
    result = command("auto-snapshots", "enable", "absent")
    assert result.code == 3
    assert "no instance is named absent in us-east-1" in result.err
    assert result.err.endswith("\n  no disk has this name either\n")
