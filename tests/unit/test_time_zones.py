"""Time zones of retention policies: UTC without a database, and names that every machine shares."""

from __future__ import annotations

import pickle
import zoneinfo
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lightsail_snap import DiskSnapshot, RequestValidationError, RetentionPolicy, plan_retention

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LOCAL_NAMES = ["localtime", "posixrules", "Factory", "posix/Europe/Berlin", "right/UTC", "Local"]
PORTABLE = sorted(name for name in zoneinfo.available_timezones() if name not in LOCAL_NAMES)


@pytest.fixture
def no_database(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(__import__("sys").modules, "tzdata", None)
    before = zoneinfo.TZPATH
    zoneinfo.reset_tzpath(to=[])
    ZoneInfo.clear_cache()
    yield
    zoneinfo.reset_tzpath(to=before)
    ZoneInfo.clear_cache()


def plan(policy: RetentionPolicy) -> str:
    wire = {"state": "completed", "fromDiskName": "d", "tags": [{"key": "lightsail-snap:managed"}]}
    snapshots = [
        DiskSnapshot.from_wire(
            {"name": f"s{day}", "createdAt": NOW.timestamp() - day * 86_400} | wire
        )
        for day in range(5)
    ]
    return str(plan_retention(snapshots, policy, NOW))


def rejection(zone: Any) -> str:
    with pytest.raises(RequestValidationError) as caught:
        RetentionPolicy(time_zone=zone, keep_last=1)
    (violation,) = caught.value.errors()
    return f"{violation.rule}; {violation.fix}"


@pytest.mark.usefixtures("no_database")
@pytest.mark.parametrize("zone", ["UTC", "Etc/UTC", "Zulu", UTC, timezone(timedelta(0))])
def test_zone_utc_needs_no_database(zone: str | timezone) -> None:
    policy = RetentionPolicy(time_zone=zone, keep_daily=2, keep_within="1d", delete_older_than="2d")
    assert "keep 2, delete 3" in plan(policy)
    assert RetentionPolicy.model_validate_json(policy.model_dump_json()) == policy


@pytest.mark.usefixtures("no_database")
def test_zone_without_a_database_recommends_tzdata() -> None:
    assert "pip install tzdata" in rejection("Europe/Berlin")


def test_zone_utc_reads_no_file(tmp_path: Path) -> None:
    tokyo = next(
        Path(folder, "Asia/Tokyo") for folder in zoneinfo.TZPATH if Path(folder, "UTC").exists()
    )
    (tmp_path / "UTC").write_bytes(tokyo.read_bytes())
    before = zoneinfo.TZPATH
    zoneinfo.reset_tzpath(to=[str(tmp_path)])
    ZoneInfo.clear_cache()
    try:
        misread = ZoneInfo("UTC").utcoffset(NOW)
        output = plan(RetentionPolicy(time_zone="UTC", keep_daily=1))
    finally:
        zoneinfo.reset_tzpath(to=before)
        ZoneInfo.clear_cache()
    assert misread == timedelta(hours=9)
    assert "2026-11-23 12:00" in output


@pytest.mark.parametrize("name", LOCAL_NAMES)
def test_zone_name_of_this_machine_is_rejected(name: str) -> None:
    assert "the same name and meaning on every machine" in rejection(name)


def test_zone_without_a_key_is_rejected() -> None:
    path = next(Path(folder, "UTC") for folder in zoneinfo.TZPATH if Path(folder, "UTC").exists())
    with path.open("rb") as file:
        zone = ZoneInfo.from_file(file)
    assert "the same name and meaning on every machine" in rejection(zone)


@pytest.mark.parametrize(
    "zone", ["Europe/Berln", "", "/etc/localtime", "../UTC", "Europe", 1, None]
)
def test_zone_with_an_unknown_name_is_rejected(zone: object) -> None:
    assert "IANA database" in rejection(zone)


@given(st.sampled_from(PORTABLE))
def test_policy_with_any_zone_survives_json_and_pickle(name: str) -> None:
    policy = RetentionPolicy(time_zone=name, keep_last=1)
    assert policy.time_zone == name
    assert RetentionPolicy.model_validate_json(policy.model_dump_json()) == policy
    assert pickle.loads(pickle.dumps(policy)) == policy  # noqa: S301 - pickled above
    assert RetentionPolicy(time_zone=ZoneInfo(name), keep_last=1) == policy
