"""Type-check retention. This file is never run.

A line that must be rejected names the error codes: `# mypy: ... pyright: ...`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime

from typing_extensions import assert_type

from lightsail_snap import (
    OWNERSHIP_TAG,
    SOURCE_REGION_TAG,
    Disk,
    DiskSnapshot,
    InstanceSnapshot,
    RetentionPlan,
    RetentionPolicy,
    RetentionDecision,
    by_name,
    by_tag,
    plan_retention,
)

NOW, DAY = datetime(2026, 11, 23, tzinfo=UTC), date(2026, 11, 23)
POLICY = RetentionPolicy(time_zone="Europe/Berlin", keep_daily=7, keep_tagged=("forever",))


def policies() -> None:
    RetentionPolicy(time_zone=UTC, keep_last=3)
    RetentionPolicy(keep_last=3)  # mypy: call-arg pyright: reportCallIssue
    RetentionPolicy(time_zone=UTC, keep_fortnightly=3)  # mypy: call-arg pyright: reportCallIssue
    RetentionPolicy(time_zone=UTC, keep_within=[30])  # mypy: arg-type pyright: reportArgumentType
    POLICY.keep_last = 3  # mypy: misc pyright: reportAttributeAccessIssue


def plans(disks: Iterable[DiskSnapshot], all_of_them: list[DiskSnapshot | InstanceSnapshot], others: list[Disk]) -> None:
    plan = plan_retention(disks, POLICY, NOW)
    assert_type(plan, RetentionPlan[DiskSnapshot])
    assert_type(plan.delete, tuple[DiskSnapshot, ...])
    assert_type(plan.decisions[0], RetentionDecision[DiskSnapshot])
    assert_type(plan.decisions[0].reasons, tuple[str, ...])
    assert_type(plan_retention(all_of_them, POLICY, NOW).keep, tuple[DiskSnapshot | InstanceSnapshot, ...])
    plan_retention(disks, POLICY)  # mypy: call-arg pyright: reportCallIssue
    plan_retention(disks, POLICY, DAY)  # mypy: arg-type pyright: reportArgumentType
    plan_retention(disks, POLICY, NOW, group_by="tag")  # mypy: arg-type pyright: reportArgumentType
    plan_retention(others, POLICY, NOW)  # mypy: type-var pyright: reportArgumentType
    plan.snapshots  # mypy: attr-defined pyright: reportAttributeAccessIssue
    plan.decisions[0].keep = False  # mypy: misc pyright: reportAttributeAccessIssue
    other: RetentionPlan[Disk]  # mypy: type-var pyright: reportInvalidTypeArguments
    decision: RetentionDecision[InstanceSnapshot] = plan.decisions[0]  # mypy: assignment pyright: reportAssignmentType
    del decision


def ownership(disks: list[DiskSnapshot]) -> None:
    tag: str = OWNERSHIP_TAG
    origin: str = SOURCE_REGION_TAG
    plan_retention(disks, POLICY, NOW, owned=SOURCE_REGION_TAG)  # mypy: arg-type pyright: reportArgumentType
    plan_retention(disks, POLICY, NOW, owned=by_tag(OWNERSHIP_TAG, "yes"))
    plan_retention(disks, POLICY, NOW, owned=by_name(re.compile("nightly-.*")))
    plan_retention(disks, POLICY, NOW, owned=OWNERSHIP_TAG)  # mypy: arg-type pyright: reportArgumentType
    by_tag({"env": "prod"})  # mypy: arg-type pyright: reportArgumentType
    by_name(5)  # mypy: arg-type pyright: reportArgumentType
    assert_type(by_tag("env")(disks[0]), bool)
    by_name("nightly-.*")("nightly-1")  # mypy: arg-type pyright: reportArgumentType
    del tag
