"""Commands for a plan with several Regions and selections."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.support import Command

from lightsail_snap.emulator import LightsailEmulator

PLAN = """
name = "all"
region = ["us-east-1", "eu-west-1"]
copies = ["us-west-2"]
name_template = "{plan}-{region}-{source}-{time}"
slot = "minute"

[[select]]
kind = "disk"
globs = ["Disk-1"]

[[select]]
kind = "instance"
names = ["web-1"]

[retention]
time_zone = "UTC"
keep_last = 1
"""


@pytest.fixture
def plan(emulator: LightsailEmulator, tmp_path: Path) -> str:
    emulator.add_disk("Disk-1", region_name="eu-west-1")
    file = tmp_path / "all.toml"
    file.write_text(PLAN, encoding="utf-8")
    return str(file)


def test_plan_apply_and_prune_cover_every_region_and_kind(command: Command, plan: str) -> None:
    shown = command("plan", plan)
    assert shown.code == 0
    assert shown.out.startswith("all in us-east-1, eu-west-1, run ")
    assert shown.out.splitlines()[1].split()[:2] == ["step", "region"]
    assert "select[1] finds no instance in eu-west-1 with the name web-1" in shown.err
    applied = command("apply", plan, "--json")
    assert applied.code == 0
    assert sorted({(each["action"], each["region"]) for each in applied.lines}) == [
        ("copy", "us-west-2"),
        ("take", "eu-west-1"),
        ("take", "us-east-1"),
    ]
    header, *rows = command("prune", plan).out.splitlines()
    assert header.split()[:2] == ["verdict", "region"]
    assert len({row.split()[1] for row in rows}) == 3
    pruned = command("prune", plan, "--json")
    assert pruned.code == 0
    # The copies of equally named disks of both Regions are each the newest of their source.
    assert sorted((each["region"], each["source"]) for each in pruned.lines) == [
        ("eu-west-1", "disk Disk-1"),
        ("us-east-1", "disk Disk-1"),
        ("us-east-1", "instance web-1"),
        ("us-west-2", "disk Disk-1 of eu-west-1"),
        ("us-west-2", "disk Disk-1 of us-east-1"),
        ("us-west-2", "instance web-1 of us-east-1"),
    ]
    assert all(each["keep"] for each in pruned.lines)
