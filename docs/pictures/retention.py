# ruff: noqa: INP001 - a script, not a part of any package
"""Draws `retention.svg`: a year of daily snapshots, and what a policy keeps of them.

    python docs/pictures/retention.py

The plan that is drawn is the library's own.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from lightsail_snap.models import DiskSnapshot
from lightsail_snap.retention import (
    OWNERSHIP_TAG,
    RetentionPlan,
    RetentionPolicy,
    plan_retention,
)

NEWEST = datetime(2026, 11, 23, 3, tzinfo=UTC)
DAYS = 365
POLICY = RetentionPolicy(time_zone="UTC", keep_daily=7, keep_weekly=5, keep_monthly=12)
RULES = {"daily": "#0072b2", "weekly": "#d55e00", "monthly": "#009e73"}
GONE, INK, PAPER = "#c8c8c8", "#222222", "#ffffff"
LEFT, RIGHT, DAY, ROW, TOP = 150, 24, 2, 44, 66
TICK = 22


def plan() -> RetentionPlan[DiskSnapshot]:
    """Plan for a year of daily snapshots.

    Returns:
        The plan.
    """
    taken = [NEWEST - timedelta(days=age) for age in range(DAYS)]
    snapshots = [
        DiskSnapshot.from_wire(
            {
                "name": f"nightly-{moment:%Y-%m-%d}",
                "createdAt": moment.timestamp(),
                "state": "completed",
                "fromDiskName": "disk-1",
                "tags": [{"key": OWNERSHIP_TAG}],
            }
        )
        for moment in taken
    ]
    return plan_retention(snapshots, POLICY, NEWEST + timedelta(hours=9))


def _text(
    x: float, y: float, words: str, *, anchor: str = "start", size: int = 13
) -> str:
    return f'<text x="{x:g}" y="{y:g}" font-size="{size}" text-anchor="{anchor}">{words}</text>'


def _place(moment: datetime) -> int:
    return LEFT + (DAYS - 1 - (NEWEST - moment).days) * DAY


def _ticks(moments: list[datetime], row: int, color: str, width: float) -> list[str]:
    y = TOP + row * ROW
    return [
        f'<rect x="{_place(moment)}" y="{y}" width="{width:g}" height="{TICK}" fill="{color}"/>'
        for moment in moments
    ]


def draw() -> str:
    """Draw the picture.

    Returns:
        The SVG document.
    """
    planned = plan()
    dated = [
        (decision, decision.snapshot.created_at or NEWEST)
        for decision in planned.decisions
    ]
    rows = [("taken", [moment for _, moment in dated], GONE)]
    for rule, color in RULES.items():
        held = [
            moment
            for decision, moment in dated
            if any(reason.startswith(f"{rule}:") for reason in decision.reasons)
        ]
        rows.append((f"{rule}: {len(held)}", held, color))
    kept = [moment for decision, moment in dated if decision.keep]
    rows.append((f"kept: {len(kept)} of {DAYS}", kept, INK))

    width, height = LEFT + DAYS * DAY + RIGHT, TOP + len(rows) * ROW + 22
    title = "keep_daily=7, keep_weekly=5, keep_monthly=12: a year of daily snapshots"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"',
        f' font-family="sans-serif" fill="{INK}">',
        f"<title>{title}</title>",
        f'<rect width="{width}" height="{height}" fill="{PAPER}"/>',
        _text(LEFT, 26, title, size=15),
    ]
    month = datetime(2025, 12, 1, 3, tzinfo=UTC)
    bottom = TOP + len(rows) * ROW
    while month <= NEWEST:
        x = _place(month)
        ends = f'x1="{x}" y1="{TOP - 14}" x2="{x}" y2="{bottom - 12}"'
        parts.append(f'<line {ends} stroke="{GONE}" stroke-dasharray="1 4"/>')
        parts.append(_text(x + 3, bottom + 6, f"{month:%b}", size=11))
        month = (month + timedelta(days=32)).replace(day=1)
    for number, (label, moments, color) in enumerate(rows):
        middle = TOP + number * ROW + 16
        parts.append(_text(LEFT - 14, middle, label, anchor="end"))
        # A day of the first row is a thin line, so that days can be distinguished.
        parts += _ticks(moments, number, color, 1 if number == 0 else DAY + 0.5)
    return "\n".join([*parts, "</svg>", ""])


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
