"""The doctor tells what is well and what is not."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from lightsail_snap.cli._doctor import _clock
from lightsail_snap.emulator import LightsailEmulator
from lightsail_snap.emulator._wire import Response, make_response

Command = Callable[..., Any]


def test_all_is_well(command: Command) -> None:
    ended = command("doctor")
    assert ended.code == 0
    assert "failed" not in ended.out
    assert "All is well" in ended.err
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


def _broken(ended: Any) -> dict[str, str]:
    return {each["check"]: each["found"] for each in ended.lines if not each["ok"]}


def test_missing_credentials_are_told(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    ended = command("doctor", "--json")
    assert ended.code == 1
    broken = _broken(ended)
    assert "AWS_PROFILE" in broken["credentials"]
    assert "MissingCredentialsError" in broken["connection"]
    ended = command("doctor")
    assert ended.err == "2 of 3 checks failed\n"


def test_a_missing_profile_and_a_missing_region_are_told(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "nobody" in _broken(command("doctor", "--json", "--profile", "nobody"))["credentials"]
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    assert "region" in _broken(command("doctor", "--json"))["connection"]


@pytest.mark.parametrize("refused", ["GetDisks", "GetInstances"])
def test_missing_permissions_are_told(
    command: Command, emulator: LightsailEmulator, refused: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    handle = emulator.handle

    def refuse(region: str, operation: str, payload: Any) -> Response:
        answer = handle(region, operation, payload)
        if operation != refused:
            return answer
        body = json.dumps({"__type": "AccessDeniedException", "message": "no"}).encode()
        return make_response(400, body, emulator.clock.time())

    monkeypatch.setattr(emulator, "handle", refuse)
    ended = command("doctor", "--json")
    assert ended.code == 1
    assert list(_broken(ended)) == [f"may call {refused}"]


def test_the_clock_is_held_against_the_services() -> None:
    told = datetime(2026, 11, 23, 12, tzinfo=UTC)
    at = told.timestamp()
    assert _clock(None, at, at).is_ok
    assert _clock(told, at + 0.5, at + 0.9).found.startswith("within 0 s")
    assert _clock(told, at - 5, at + 5).is_ok
    assert not _clock(told, at + 120, at + 121).is_ok
    assert not _clock(told, at - 121, at - 120).is_ok
