"""Check a short soak: invariants hold, a seed repeats it, and broken invariants are reported."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from scripts import soak, soak_checks
from scripts.soak_checks import HERE, SECRETS, BrokenInvariantError, Footprint

from lightsail_snap import DiskSource, LightsailSnapError
from lightsail_snap.plans import _planning

pytestmark = pytest.mark.thorough

ROOT = Path(__file__).parents[2]
DAYS = 8
BROKEN_ON = 2


def test_same_seed_gives_the_same_digest_in_any_process() -> None:
    here = soak.soak(DAYS, seed=5)
    command = [sys.executable, "scripts/soak.py", "--days", str(DAYS), "--seed", "5"]
    # Results that depend on the order of sets would differ.
    environment = os.environ | {"PYTHONHASHSEED": "12345"}
    result = subprocess.run(  # noqa: S603 - a fixed script
        command, capture_output=True, text=True, check=False, cwd=ROOT, env=environment
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[-1] == f"digest {here.digest}"
    # The soak covers all actions, and faults caused errors.
    assert all(here.counts[event] for event in ("taken", "copied", "deleted", "tagged", "foreign"))
    assert here.faults > DAYS
    assert here.errors
    assert here.requests > 100 * DAYS


def test_other_seed_gives_another_digest() -> None:
    assert soak.soak(1, seed=1).digest != soak.soak(1, seed=2).digest


def _delete_foreign(simulation: soak.Simulation) -> None:
    simulation.emulator.call_as_other_client(
        "CreateDiskSnapshot", HERE, diskName="db-1", diskSnapshotName="by-hand"
    )
    simulation.client(HERE).delete_disk_snapshot("by-hand")


def _delete_newest(simulation: soak.Simulation) -> None:
    snapshots = [
        each for each in simulation.emulator.snapshots(HERE).values() if "nightly-db-2" in each.name
    ]
    newest = max(snapshots, key=lambda each: each.created_at or simulation.now)
    simulation.client(HERE).delete_disk_snapshot(newest.name)


def _create_unrecorded(simulation: soak.Simulation) -> None:
    simulation.client(HERE).take_disk_snapshot("one-more", DiskSource(disk_name="db-1"))


def _lose_one(simulation: soak.Simulation) -> None:
    oldest = min(simulation.emulator.snapshots(HERE))
    simulation.emulator.call_as_other_client("DeleteDiskSnapshot", HERE, diskSnapshotName=oldest)


def _raise_foreign_error(simulation: soak.Simulation) -> None:
    simulation.retry("divide", lambda: 1 // 0)


def _leak_a_secret(simulation: soak.Simulation) -> None:
    def fail() -> None:
        raise LightsailSnapError("no") from ValueError(f"the key is {SECRETS[0]}")

    simulation.retry("whisper", fail)


def _fail_permanently(simulation: soak.Simulation) -> None:
    simulation.retry("get", lambda: simulation.client(HERE).get_disk("no-such-disk"))


BREAKING: dict[str, Callable[[soak.Simulation], None]] = {
    "foreign snapshot by-hand was deleted": _delete_foreign,
    "newest snapshot nightly-db-2-": _delete_newest,
    "unexpected resources: [('us-east-1', 'one-more')]": _create_unrecorded,
    "missing resources: [('us-east-1', ": _lose_one,
    "divide raised ZeroDivisionError": _raise_foreign_error,
    "LightsailSnapError contains a secret": _leak_a_secret,
    "did not succeed after all faults had ended": _fail_permanently,
}


@pytest.mark.parametrize("message", BREAKING)
def test_broken_invariant_is_reported_with_seed_and_command(
    message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def intervene(simulation: soak.Simulation, day: int) -> None:
        if day == BROKEN_ON:
            BREAKING[message](simulation)

    assert soak.main(["--days", "30", "--seed", "3"], intervene) == 1
    captured = capsys.readouterr()
    assert f"seed 3, day {BROKEN_ON}: BrokenInvariantError" in captured.err
    assert message in captured.err
    # The command ends on the broken day.
    assert f"python scripts/soak.py --days {BROKEN_ON + 1} --seed 3\n" in captured.err
    assert not captured.out


def test_pruning_that_differs_from_retention_is_reported(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(_planning, "_plan_deletions", lambda *_, **__: ([], 0))
    assert soak.main(["--days", "8", "--seed", "3"]) == 1
    assert "after pruning by nightly" in capsys.readouterr().err


def test_duplicate_creation_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    def intervene(simulation: soak.Simulation, _day: int) -> None:
        # As if what is made today had been made before.
        simulation.created_today[HERE, "nightly-db-1-20231114"] -= 1

    assert soak.main(["--days", "1", "--seed", "3"], intervene) == 1
    assert "created more or less often than recorded" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "after"),
    [
        ("objects", Footprint(2_000, 10, 5)),
        ("memory", Footprint(100, 10**9, 5)),
        ("descriptors", Footprint(100, 10, 50)),
    ],
)
def test_growth_is_reported(name: str, after: Footprint) -> None:
    before = Footprint(100, 10, 5)
    soak_checks.check_footprint(before, before)
    with pytest.raises(BrokenInvariantError, match=f"{name} grew by"):
        soak_checks.check_footprint(before, after)


def test_two_resources_with_one_name_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    simulation = soak.Simulation(1, soak_checks.Log(None))
    every: Any = lambda *_: [{"name": "db-1"}]  # noqa: E731 - as short as it is wrong
    monkeypatch.setattr(simulation.emulator, "list_all", every)
    with pytest.raises(BrokenInvariantError, match="db-1 exists twice"):
        simulation.emulator.resources(HERE)
    simulation.emulator.close()


def test_figures_and_log_are_written(tmp_path: Path) -> None:
    path = tmp_path / "log"
    figures = soak.soak(1, seed=4, log=path)
    table = soak.soak_table(figures)
    assert f"| requests | {figures.requests:,} |" in table
    assert figures.digest in table
    assert path.read_text(encoding="utf-8").startswith("day 0\n")
