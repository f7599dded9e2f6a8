"""Apply the plans of docs/migrating.md for forty days on the emulator."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lightsail_snap import LightsailSnapClient, VirtualClock
from lightsail_snap.emulator import LightsailEmulator, Progression
from lightsail_snap.plans import BackupPlan, apply, prepare

PAGE = (Path(__file__).parents[2] / "docs" / "migrating.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^### (.*?)\n.*?^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
START = datetime(2026, 1, 4, 3, tzinfo=UTC)
DAYS = 40
# Age in days of the instance snapshots that are kept after the last day, a Thursday, by instance.
EVERYTHING = {"web-1": set(range(31)), "web": set(range(31)), "web-2": set(range(31))}
EXPECTED = {
    "All instances, by age": EVERYTHING,
    "The last N of one instance": {"web-1": set(range(7))},
    # Seven days, the Sundays of earlier weeks, and the last day of January.
    "Days, weeks and months": {"web-1": {*range(7), 11, 18, 12}},
    "Sources with a tag": {"web": {0}, "web-2": {0}},
    "Once a week": {"web-1": {4, 11}},
}


def test_page_has_five_plans() -> None:
    assert list(SECTIONS) == list(EXPECTED)


@pytest.mark.parametrize("title", EXPECTED)
def test_table_states_the_length_of_each_plan(title: str) -> None:
    (row,) = re.findall(rf"^\| \[{title}\]\(#[\w-]+\) \| (\d+) \| (\d+) \|$", PAGE, re.MULTILINE)
    before, after = map(int, row)
    lines = [line for line in SECTIONS[title].splitlines() if line.strip()]
    assert len(lines) == after < before


@pytest.mark.sample(1)
@pytest.mark.parametrize("title", EXPECTED)
def test_plan_keeps_the_snapshots_that_the_page_states(title: str) -> None:
    plan = BackupPlan.from_toml(SECTIONS[title])
    regions = [plan.region] if isinstance(plan.region, str) else plan.region
    clock = VirtualClock(START.timestamp())
    with LightsailEmulator(clock=clock, progression=Progression.instant()) as emulator:
        clients = {
            region: LightsailSnapClient(emulator.boto3_client(region), clock=clock)
            for region in regions
        }
        for region, client in clients.items():
            emulator.add_instance("web-1", region_name=region)
            for name in ("web", "web-2"):
                emulator.add_instance(name, region_name=region, tags={"backup.enable": "true"})
            client.take_instance_snapshot("by-hand-auto", "web-1")
        for day in range(DAYS):
            clock.sleep(START.timestamp() + day * 86_400 - clock.time())
            # The second run of a day adopts the snapshots of the first.
            for _ in range(2):
                run = prepare(plan, clients[regions[0]], clients=clients.__getitem__)
                apply(run, clients[regions[0]], clients=clients.__getitem__).raise_for_failures()
        for client in clients.values():
            assert client.find_instance_snapshot("by-hand-auto") is not None
            kept: dict[str, set[int]] = {}
            for each in client.iter_instance_snapshots():
                if each.name != "by-hand-auto" and each.created_at is not None:
                    age = (clock.time() - each.created_at.timestamp()) // 86_400
                    kept.setdefault(str(each.from_instance_name), set()).add(int(age))
            assert kept == EXPECTED[title]
