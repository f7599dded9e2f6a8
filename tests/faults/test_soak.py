"""A short soak: it holds, its seed repeats it, and what is broken is told with a way to see it."""

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


def test_the_same_seed_gives_the_same_digest_in_any_process() -> None:
    here = soak.soak(DAYS, seed=5)
    command = [sys.executable, "scripts/soak.py", "--days", str(DAYS), "--seed", "5"]
    # Whatever depends on the order of sets would differ.
    environment = os.environ | {"PYTHONHASHSEED": "12345"}
    result = subprocess.run(  # noqa: S603 - our own script
        command, capture_output=True, text=True, check=False, cwd=ROOT, env=environment
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[-1] == f"digest {here.digest}"
    # It was worth something: all was done, and trouble came through to the caller.
    assert all(here.counts[word] for word in ("taken", "copied", "deleted", "tagged", "foreign"))
    assert here.faults > DAYS
    assert here.errors
    assert here.requests > 100 * DAYS


def test_another_seed_gives_another_digest() -> None:
    assert soak.soak(1, seed=1).digest != soak.soak(1, seed=2).digest


def _delete_foreign(life: soak.Life) -> None:
    life.emulator.call_as_other_client(
        "CreateDiskSnapshot", HERE, diskName="db-1", diskSnapshotName="by-hand"
    )
    life.client(HERE).delete_disk_snapshot("by-hand")


def _delete_newest(life: soak.Life) -> None:
    ours = [each for each in life.emulator.snapshots(HERE).values() if "nightly-db-2" in each.name]
    newest = max(ours, key=lambda each: each.created_at or life.now)
    life.client(HERE).delete_disk_snapshot(newest.name)


def _make_more(life: soak.Life) -> None:
    life.client(HERE).take_disk_snapshot("one-more", DiskSource(disk_name="db-1"))


def _lose_one(life: soak.Life) -> None:
    oldest = min(life.emulator.snapshots(HERE))
    life.emulator.call_as_other_client("DeleteDiskSnapshot", HERE, diskSnapshotName=oldest)


def _fail_otherwise(life: soak.Life) -> None:
    life.persist("divide", lambda: 1 // 0)


def _tell_a_secret(life: soak.Life) -> None:
    def fail() -> None:
        raise LightsailSnapError("no") from ValueError(f"the key is {SECRETS[0]}")

    life.persist("whisper", fail)


def _fail_for_ever(life: soak.Life) -> None:
    life.persist("look", lambda: life.client(HERE).get_disk("no-such-disk"))


BREAKING: dict[str, Callable[[soak.Life], None]] = {
    "foreign snapshot by-hand was deleted": _delete_foreign,
    "newest snapshot nightly-db-2-": _delete_newest,
    "unexpected resources: [('us-east-1', 'one-more')]": _make_more,
    "missing resources: [('us-east-1', ": _lose_one,
    "divide raised ZeroDivisionError": _fail_otherwise,
    "LightsailSnapError contains a secret": _tell_a_secret,
    "did not succeed after all faults had ended": _fail_for_ever,
}


@pytest.mark.parametrize("told", BREAKING)
def test_a_broken_invariant_is_told_with_its_seed_and_a_command(
    told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def meddle(life: soak.Life, day: int) -> None:
        if day == BROKEN_ON:
            BREAKING[told](life)

    assert soak.main(["--days", "30", "--seed", "3"], meddle) == 1
    captured = capsys.readouterr()
    assert f"seed 3, day {BROKEN_ON}: BrokenInvariantError" in captured.err
    assert told in captured.err
    # The command stops at the day it shows.
    assert f"python scripts/soak.py --days {BROKEN_ON + 1} --seed 3\n" in captured.err
    assert not captured.out


def test_pruning_that_differs_from_the_verdicts_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(_planning, "_plan_deletions", lambda *_, **__: ([], 0))
    assert soak.main(["--days", "8", "--seed", "3"]) == 1
    assert "after pruning by nightly" in capsys.readouterr().err


def test_a_thing_that_is_made_twice_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    def meddle(life: soak.Life, _day: int) -> None:
        # As if what is made today had been made before.
        life.created_today[HERE, "nightly-db-1-20231114"] -= 1

    assert soak.main(["--days", "1", "--seed", "3"], meddle) == 1
    assert "created more or less often than recorded" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "after"),
    [
        ("objects", Footprint(2_000, 10, 5)),
        ("memory", Footprint(100, 10**9, 5)),
        ("descriptors", Footprint(100, 10, 50)),
    ],
)
def test_what_grows_is_told(name: str, after: Footprint) -> None:
    before = Footprint(100, 10, 5)
    soak_checks.check_footprint(before, before)
    with pytest.raises(BrokenInvariantError, match=f"{name} grew by"):
        soak_checks.check_footprint(before, after)


def test_two_things_of_one_name_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    life = soak.Life(1, soak_checks.Log(None))
    every: Any = lambda *_: [{"name": "db-1"}]  # noqa: E731 - as short as it is wrong
    monkeypatch.setattr(life.emulator, "list_all", every)
    with pytest.raises(BrokenInvariantError, match="db-1 exists twice"):
        life.emulator.resources(HERE)
    life.emulator.close()


def test_the_figures_make_a_table_and_the_log_a_file(tmp_path: Path) -> None:
    path = tmp_path / "log"
    figures = soak.soak(1, seed=4, log=path)
    table = soak.soak_table(figures)
    assert f"| requests | {figures.requests:,} |" in table
    assert figures.digest in table
    assert path.read_text(encoding="utf-8").startswith("day 0\n")
