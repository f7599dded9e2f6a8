"""Retention keeps the same snapshots as restic, by the same rules, over random histories.

`record_restic.py` has recorded the results of restic in `forgotten_by_restic.json`. With
LIGHTSAIL_SNAP_RESTIC=1, the installed restic is also compared on new histories.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from lightsail_snap.models import DiskSnapshot, DiskSnapshotState
from lightsail_snap.retention import OWNERSHIP_TAG, RetentionPlan, RetentionPolicy, plan_retention

RUNS_RESTIC = os.environ.get("LIGHTSAIL_SNAP_RESTIC") == "1"
# Every n-th recorded history is compared.
STEPS = [20, pytest.param(1, marks=pytest.mark.thorough)]
HERE = Path(__file__).parent
RECORDED = HERE / "forgotten_by_restic.json"
# From 0.16 on, restic also keeps the oldest snapshot until a count is reached.
KEEPS_OLDEST = (0, 16)
LETTERS = {
    "last": "l",
    "hourly": "h",
    "daily": "d",
    "weekly": "w",
    "monthly": "m",
    "yearly": "y",
    "within": "i",
    "hourly within": "H",
    "daily within": "D",
    "weekly within": "W",
    "monthly within": "M",
    "yearly within": "Y",
    "tagged": "t",
}
COUNTED, REACHING = "lhdwmy", "iHDWMY"


@dataclass(frozen=True)
class History:
    policy: RetentionPolicy
    now: datetime
    snapshots: list[DiskSnapshot]
    recorded: list[str]
    restic: tuple[int, ...]


def read(path: Path, step: int = 1) -> Iterator[History]:
    """Read every n-th history."""
    count = itertools.count()
    document = json.loads(path.read_text(encoding="utf-8"))
    now = datetime.fromtimestamp(document["now"], UTC)
    for batch in document["batches"]:
        policy = RetentionPolicy(time_zone=batch["zone"], **batch["policy"])
        for times, *tags, recorded in batch["histories"]:
            if next(count) % step:
                continue
            newest, *gaps = (int(number, 36) for number in times.split(" "))
            dates = list(accumulate(gaps, int.__sub__, initial=newest))
            tags_of = tags[0].split(",") if tags else [""] * len(dates)
            snapshots = [
                snapshot(index, time, letters)
                for index, (time, letters) in enumerate(zip(dates, tags_of, strict=True))
            ]
            yield History(policy, now, snapshots, recorded.split(","), tuple(document["restic"]))


def snapshot(index: int, time: int, tags: str) -> DiskSnapshot:
    wire: dict[str, Any] = {
        "name": f"s{index:03}",
        "createdAt": time,
        "state": "completed",
        "fromDiskName": "disk-1",
        "tags": [{"key": OWNERSHIP_TAG}, *({"key": tag} for tag in tags)],
    }
    return DiskSnapshot.from_wire(wire)


def letters_of(plan: RetentionPlan[DiskSnapshot]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for decision in plan.decisions:
        rules = {reason.split(":")[0] for reason in decision.reasons if decision.keep}
        # The rule of "daily within 3d" is its first two words.
        names = {" ".join(rule.split()[:2]) for rule in rules}
        assert not decision.keep or names
        found[decision.snapshot.name] = {LETTERS[name] for name in names - {"newest"}}
    return found


def has_two_readings(history: History) -> bool:
    """Return whether a duration begins at a local time that occurs twice or never."""
    zone = ZoneInfo(str(history.policy.time_zone))
    past = [s.created_at for s in history.snapshots if s.created_at and s.created_at <= history.now]
    for name, value in history.policy:
        if not (past and name.startswith("keep_within") and isinstance(value, str)):
            continue
        parts = {"y": 0, "m": 0, "d": 0}
        digits = ""
        for letter in value:
            digits = digits + letter if letter.isdigit() else digits
            if letter in parts:
                parts[letter], digits = int(digits), ""
        local = max(past).astimezone(zone)
        months = local.year * 12 + local.month - 1 - parts["y"] * 12 - parts["m"]
        day = date(months // 12, months % 12 + 1, 1) + timedelta(local.day - 1 - parts["d"])
        wall = datetime.combine(day, local.time(), zone)
        if wall.utcoffset() != wall.replace(fold=1).utcoffset():
            return True
    return False


def compare(history: History) -> str:
    """Compare rule by rule, and return the documented difference, if any."""
    plan = plan_retention(history.snapshots, history.policy, history.now)
    own = letters_of(plan)
    differs = ""
    for index, (each, recorded) in enumerate(zip(history.snapshots, history.recorded, strict=True)):
        more, less = set(recorded) - own[each.name], own[each.name] - set(recorded)
        is_oldest = index == len(history.snapshots) - 1
        if history.restic >= KEEPS_OLDEST and is_oldest and more <= set(COUNTED):
            more = set()
        if more | less and (more | less) <= set(REACHING) and has_two_readings(history):
            differs = "two readings"
            continue
        assert not more | less, f"{history.policy!r} {each.name}: {recorded} but {own[each.name]}"
    kept_by_rule = {name for name, letters in own.items() if letters}
    only_newest = {each.name for each in plan.keep} - kept_by_rule
    # Only the newest snapshots are kept without a rule of restic.
    newest = [each.name for each in history.snapshots]
    past = [s.name for s in history.snapshots if s.created_at and s.created_at <= history.now]
    assert only_newest <= {*newest[:1], *past[:1]}
    return differs or ("newest" if only_newest else "same")


@pytest.mark.parametrize("step", STEPS)
def test_retention_of_random_histories_matches_recorded_restic(step: int) -> None:
    found = Counter(compare(history) for history in read(RECORDED, step))
    assert found.total() >= 10_000 // step
    assert found["same"] / found.total() > 0.9
    assert set(found) <= {"same", "newest", "two readings"}


# Changes that exempt a snapshot from the rules.
FLAWS: list[dict[str, Any]] = [{"tags": ()}, {"state": DiskSnapshotState.PENDING}]


def wider_than(policy: RetentionPolicy, dice: random.Random) -> RetentionPolicy:
    rules = {name: value for name, value in policy if value}
    for name in dice.sample(["keep_last", "keep_daily", "keep_monthly", "keep_yearly"], 2):
        count = rules.get(name, 0)
        rules[name] = count + dice.randint(0, 3) if isinstance(count, int) else count
    for name in ["keep_within", "keep_within_weekly"]:
        rules.setdefault(name, f"{dice.randint(0, 60)}d")
    return RetentionPolicy(**rules)


@pytest.mark.parametrize("step", [100, pytest.param(10, marks=pytest.mark.thorough)])
def test_retention_invariants_hold_over_the_recorded_histories(step: int) -> None:
    dice = random.Random(1)  # noqa: S311 - no secret
    for history in read(RECORDED, step):
        policy, now = history.policy, history.now
        plan = plan_retention(history.snapshots, policy, now)
        shuffled = dice.sample(history.snapshots, len(history.snapshots))
        assert plan_retention(shuffled, policy, now) == plan
        assert plan_retention(plan.keep, policy, now).delete == ()
        assert plan.keep[0] == history.snapshots[0]
        newer = history.snapshots[: dice.randint(1, len(history.snapshots))]
        fewer = plan_retention(newer, policy, now)
        assert plan.decisions[: len(newer)] == fewer.decisions
        wider = plan_retention(history.snapshots, wider_than(policy, dice), now)
        assert set(wider.delete) <= set(plan.delete)
        lost = {each.name: dice.choice(FLAWS) for each in history.snapshots if dice.random() < 0.3}
        flawed = [each.model_copy(update=lost.get(each.name, {})) for each in history.snapshots]
        rest = [each for each in flawed if each.name not in lost]
        partly = plan_retention(flawed, policy, now).decisions
        assert all(decision.keep for decision in partly if decision.snapshot.name in lost)
        evaluated = tuple(decision for decision in partly if decision.snapshot.name not in lost)
        assert evaluated == plan_retention(rest, policy, now).decisions


@pytest.mark.thorough
@pytest.mark.skipif(not RUNS_RESTIC, reason="set LIGHTSAIL_SNAP_RESTIC=1 to run restic")
def test_retention_of_new_histories_matches_installed_restic(tmp_path: Path) -> None:
    missing = [tool for tool in ("restic", "openssl") if shutil.which(tool) is None]
    if missing:
        pytest.skip(
            f"{' and '.join(missing)} not on the PATH: only recorded histories are compared"
        )
    output = tmp_path / "new.json"
    sizes = ["--batches=8", "--histories=40", "--backed-up=1"]
    seed = f"--seed={random.randrange(2**32)}"  # noqa: S311 - no secret
    command = [sys.executable, str(HERE / "record_restic.py"), str(output), seed, *sizes]
    subprocess.run(command, check=True)  # noqa: S603 - fixed arguments
    found = Counter(compare(history) for history in read(output))
    assert found.total() > 200, seed
    assert set(found) <= {"same", "newest", "two readings"}
