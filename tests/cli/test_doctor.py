"""`doctor`: checks that pass and checks that fail."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.cli.support import Command, CommandResult, access_denied

from lightsail_snap.cli._doctor import _check_clock
from lightsail_snap.emulator import LightsailEmulator
from lightsail_snap.emulator._wire import Response


def test_doctor_passes_with_a_complete_setup(command: Command) -> None:
    result = command("doctor")
    assert result.code == 0
    assert "failed" not in result.out
    assert result.err.startswith("All checks passed.")
    lines = command("doctor", "--json").lines
    assert [each["check"] for each in lines] == [
        "versions",
        "credentials",
        "connection",
        "clock",
        *(
            f"may call {name}"
            for name in (
                "GetDisks",
                "GetDiskSnapshots",
                "GetInstanceSnapshots",
                "GetInstances",
                "GetOperations",
            )
        ),
    ]
    assert all(each["ok"] for each in lines)


def _failures(result: CommandResult) -> dict[str, str]:
    return {each["check"]: each["found"] for each in result.lines if not each["ok"]}


def test_missing_credentials_fail_two_checks(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    result = command("doctor", "--json")
    assert result.code == 1
    failures = _failures(result)
    assert "AWS_PROFILE" in failures["credentials"]
    assert "no AWS credentials were found" in failures["connection"]
    result = command("doctor")
    assert result.err == "2 of 3 checks failed\n"


def test_missing_profile_and_missing_region_fail(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "absent" in _failures(command("doctor", "--json", "--profile", "absent"))["credentials"]
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    assert "region" in _failures(command("doctor", "--json"))["connection"]


@pytest.mark.parametrize("refused", ["GetDisks", "GetInstances"])
def test_missing_permission_fails_the_check_of_its_operation(
    command: Command, emulator: LightsailEmulator, refused: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    handle = emulator.handle

    def refuse(region: str, operation: str, payload: Any) -> Response:
        if operation != refused:
            return handle(region, operation, payload)
        return access_denied(emulator)

    monkeypatch.setattr(emulator, "handle", refuse)
    result = command("doctor", "--json")
    assert result.code == 1
    assert list(_failures(result)) == [f"may call {refused}"]


def test_clock_is_compared_with_the_date_of_the_response() -> None:
    date = datetime(2026, 11, 23, 12, tzinfo=UTC)
    at = date.timestamp()
    assert _check_clock(None, at, at).is_ok
    assert _check_clock(date, at + 0.5, at + 0.9).found.startswith("0 s from the clock")
    assert _check_clock(date, at - 5, at + 5).is_ok
    assert not _check_clock(date, at + 120, at + 121).is_ok
    assert not _check_clock(date, at - 121, at - 120).is_ok
