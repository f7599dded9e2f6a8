"""Type-check deletion and refused credentials. This file is never run.

A line that must be rejected names the error codes: `# mypy: ... pyright: ...`.
"""

from __future__ import annotations

from collections.abc import Sequence

from typing_extensions import assert_type

from lightsail_snap import (
    AuthenticationError,
    CredentialsRejectedError,
    DiskSnapshot,
    InstanceSnapshot,
    LightsailSnapClient,
    MissingCredentialsError,
    RetentionPlan,
    RetentionPolicy,
    Scope,
)
from lightsail_snap.models.tags import has_tags
from lightsail_snap.plans import BackupPlan, DeletionRecord, Run, plan_prune, prune
from lightsail_snap.waiters import MIN_DELAY_SECONDS

POLICY = RetentionPolicy(time_zone="UTC", keep_last=2)


def scopes(snapshot: DiskSnapshot) -> None:
    scope = Scope(owner="nightly", names=["n-*"], sources=("db-1",))
    assert_type(scope(snapshot), bool)
    Scope(owner=5)  # mypy: arg-type pyright: reportArgumentType
    Scope(plan="nightly")  # mypy: call-arg pyright: reportCallIssue


def pruning(client: LightsailSnapClient) -> None:
    plan = plan_prune(POLICY, client, scope=Scope(owner="nightly"))
    assert_type(plan, RetentionPlan[DiskSnapshot | InstanceSnapshot])
    prune(plan, client)
    prune(POLICY, client, scope=Scope(owner="nightly"), max_deletions=5)
    plan_prune(POLICY, client)  # mypy: call-arg pyright: reportCallIssue
    plan_prune(POLICY, client, scope="nightly")  # mypy: arg-type pyright: reportArgumentType


def records(record: DeletionRecord) -> None:
    assert_type(record.status, str)  # mypy: assert-type pyright: reportAssertTypeFailure
    print(record.to_dict())  # any: JSON values have no static type
    print(record.status, record.keeper)
    record.status = "done"  # mypy: misc pyright: reportAttributeAccessIssue
    record.to_dict(5)  # mypy: call-arg pyright: reportCallIssue
    DeletionRecord("n")  # mypy: call-arg pyright: reportCallIssue


def plans(plan: BackupPlan, run: Run) -> None:
    assert_type(plan.regions, tuple[str, ...])
    assert_type(plan.policy_of("us-east-1"), RetentionPolicy | None)
    assert_type(run.max_deletions, int)
    assert_type(run.summary, str)
    plan.regions = ("us-east-1",)  # mypy: misc pyright: reportAttributeAccessIssue
    plan.policy_of(5)  # mypy: arg-type pyright: reportArgumentType
    run.max_deletions = 5  # mypy: misc pyright: reportAttributeAccessIssue
    run.summary()  # mypy: operator pyright: reportCallIssue


def matching() -> None:
    assert_type(has_tags([("env", None)], "env=prod"), bool)
    seconds: float = MIN_DELAY_SECONDS
    has_tags([("env", None)], 5)  # mypy: arg-type pyright: reportArgumentType
    text: str = MIN_DELAY_SECONDS  # mypy: assignment pyright: reportAssignmentType
    del seconds, text


def credentials(rejected: CredentialsRejectedError, errors: Sequence[AuthenticationError]) -> None:
    assert_type(rejected.advice, str)
    rejected.advice = "sign in"  # mypy: misc pyright: reportAttributeAccessIssue
    assert_type(rejected.problem, str)
    rejected.problem = "gone"  # mypy: misc pyright: reportAttributeAccessIssue
    missing: MissingCredentialsError = rejected  # mypy: assignment pyright: reportAssignmentType
    error: AuthenticationError = rejected
    print(error)
    number: int = errors  # mypy: assignment pyright: reportAssignmentType
    wrong: CredentialsRejectedError = errors[0]  # mypy: assignment pyright: reportAssignmentType
    del missing, number, wrong
    MissingCredentialsError(5)
