"""Prune a Region: delete the snapshots that a policy does not keep."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeAlias

from lightsail_snap._parameters import check_callback, invalid_parameter
from lightsail_snap.client import LightsailSnapClient
from lightsail_snap.errors import ConfigurationError, RequestValidationError
from lightsail_snap.plans._deletion import (
    ApprovedSnapshot,
    DeletionGate,
    DeletionTerms,
    SnapshotKind,
    UntrustedClockError,
    check_max_deletions,
    kind_of,
    log_record,
    over_limit,
)
from lightsail_snap.plans._inventory import checked_client
from lightsail_snap.plans._results import PrunedSnapshot, PruneResult
from lightsail_snap.retention import (
    AnySnapshot,
    GroupBy,
    RetentionPlan,
    RetentionPolicy,
    Scope,
)

Kinds: TypeAlias = Literal["all", "disk", "instance"]
"""Kinds of snapshots: disk snapshots (including those of system disks), instance snapshots, or
all."""

_KINDS: Mapping[object, tuple[SnapshotKind, ...]] = {
    "all": ("disk", "instance"),
    "disk": ("disk",),
    "instance": ("instance",),
}


def _invalid(name: str, rule: str, fix: str, value: object) -> RequestValidationError:
    return invalid_parameter(name, rule, fix, value, model="prune")


def _checked_terms(
    policy: object,
    scope: object,
    minimum_remaining: object,
    *,
    unsafe_allow_remove_all: object,
    group_by: GroupBy = "source",
) -> DeletionTerms:
    example = "pass RetentionPolicy(time_zone='UTC', keep_daily=7)"
    if policy is not None and not isinstance(policy, RetentionPolicy):
        raise _invalid("policy", "must be a policy", example, policy)
    if not isinstance(scope, Scope):
        fix = "pass Scope(owner='nightly'), Scope(names=['before-*']) or Scope(sources=['db-1'])"
        raise _invalid("scope", "must specify which snapshots may be deleted", fix, scope)
    if not isinstance(unsafe_allow_remove_all, bool):
        name = "unsafe_allow_remove_all"
        raise _invalid(name, "must be a bool", "pass True", unsafe_allow_remove_all)
    if type(minimum_remaining) is not int or minimum_remaining < 1:
        fix = "pass 1, or lift the floor with unsafe_allow_remove_all=True"
        rule = "must be a whole number, 1 or more"
        raise _invalid("minimum_remaining", rule, fix, minimum_remaining)
    if unsafe_allow_remove_all and minimum_remaining > 1:
        rule = "contradicts unsafe_allow_remove_all"
        raise _invalid("minimum_remaining", rule, "leave out one of them", minimum_remaining)
    if policy is None and not unsafe_allow_remove_all:
        rule = "must keep something unless unsafe_allow_remove_all is True"
        raise _invalid("policy", rule, example, policy)
    # model_copy does not validate.
    scope = Scope(**dict(scope))
    policy = policy and RetentionPolicy(**dict(policy))
    return DeletionTerms(scope, policy, group_by, minimum_remaining, unsafe_allow_remove_all)


def _checked_kinds(kind: object) -> tuple[SnapshotKind, ...]:
    if kind not in ("all", "disk", "instance"):
        fix = 'pass "all", "disk" or "instance"'
        raise _invalid("kind", "must be a kind of snapshot", fix, kind)
    return _KINDS[kind]


def _preview(gate: DeletionGate) -> RetentionPlan[AnySnapshot]:
    try:
        return gate.preview()
    except UntrustedClockError as error:
        message = f"nothing can be deleted: {error}"
        raise ConfigurationError(message) from None


def plan_prune(  # noqa: PLR0913 - keyword-only, and each has a default
    policy: RetentionPolicy | None,
    client: LightsailSnapClient,
    *,
    scope: Scope,
    kind: Kinds = "all",
    minimum_remaining: int = 1,
    unsafe_allow_remove_all: bool = False,
) -> RetentionPlan[AnySnapshot]:
    """List a Region and return what `prune` would keep and delete now. Nothing is changed.

    Ages are measured on the service's clock.

    Args:
        policy: The policy. None to keep none, which requires `unsafe_allow_remove_all`.
        client: The client of the Region.
        scope: The snapshots that may be deleted.
        kind: The kinds of snapshots to list.
        minimum_remaining: Least number of usable snapshots of each source that remain; 1 or more.
        unsafe_allow_remove_all: Whether the last snapshots of a source may be deleted.

    Returns:
        The plan. Pass it to `prune`.

    Raises:
        RequestValidationError: If an argument is invalid.
        ConfigurationError: If the clocks of host and service differ by more than 5 minutes, or the
            service's time is unknown.
        LightsailSnapError: If the Region cannot be listed.
    """
    terms = _checked_terms(
        policy, scope, minimum_remaining, unsafe_allow_remove_all=unsafe_allow_remove_all
    )
    return _preview(DeletionGate(checked_client("prune", client), terms, _checked_kinds(kind)))


def prune(  # noqa: PLR0913 - keyword-only, and each has a default
    planned: RetentionPlan[Any] | RetentionPolicy | None,
    client: LightsailSnapClient,
    *,
    scope: Scope | None = None,
    kind: Kinds = "all",
    minimum_remaining: int = 1,
    max_deletions: int | None = None,
    unsafe_allow_remove_all: bool = False,
    on_snapshot: Callable[[PrunedSnapshot], object] | None = None,
) -> PruneResult:
    """Delete the snapshots of a Region that a policy does not keep, oldest first.

    1. The Region is listed again and the policy evaluated again right before the deletions.
    2. At least one usable snapshot in scope remains of each source.
    3. One failure does not stop the other deletions.
    4. If the clocks of host and service differ by more than 5 minutes, nothing is deleted.

    Args:
        planned: A plan of `plan_prune` or `plan_retention`: only snapshots that it deletes are
            deleted. Or a policy: snapshots that it does not keep now are deleted. None for no
            policy, which requires `unsafe_allow_remove_all`.
        client: The client of the Region.
        scope: The snapshots that may be deleted. Required unless the plan was made with
            `owned=Scope(...)`.
        kind: The kinds of snapshots to list. With a plan, its kinds are used.
        minimum_remaining: Least number of usable snapshots of each source that remain; 1 or more.
        max_deletions: Delete nothing if there are more deletions than this; None for no limit.
        unsafe_allow_remove_all: Whether the last snapshots of a source may be deleted.
        on_snapshot: Function that is called with the result for each snapshot.

    Returns:
        The results. `raise_for_failures()` raises an error if a deletion failed.

    Raises:
        RequestValidationError: If an argument is invalid.
        ConfigurationError: If a policy was passed, and the clocks of host and service differ by
            more than 5 minutes, or the service's time is unknown.
        LightsailSnapError: If a policy was passed, and the Region cannot be listed.
    """
    client = checked_client("prune", client)
    check_callback("on_snapshot", on_snapshot)
    check_max_deletions("prune", max_deletions)
    kinds = _checked_kinds(kind)
    policy: object = planned
    group_by: GroupBy = "source"
    if isinstance(planned, RetentionPlan):
        if None not in {scope, planned.scope} and scope != planned.scope:
            rule, fix = "must be the plan's own", "leave it out, or pass it to plan_prune"
            raise _invalid("scope", rule, fix, scope)
        scope, policy, group_by = planned.scope or scope, planned.policy, planned.group_by
        present = {kind_of(decision.snapshot) for decision in planned.decisions}
        kinds = tuple(sorted(present)) or kinds
    terms = _checked_terms(
        policy,
        scope,
        minimum_remaining,
        unsafe_allow_remove_all=unsafe_allow_remove_all,
        group_by=group_by,
    )
    gate = DeletionGate(client, terms, kinds)
    if not isinstance(planned, RetentionPlan):
        planned = _preview(gate)
    to_delete: tuple[AnySnapshot, ...] = planned.delete
    regions = {each.location.region_name for each in to_delete if each.location}
    if len(regions) > 1:
        fix = "plan and prune each Region separately, with its own client"
        raise _invalid("planned", "must be of one Region", fix, sorted(map(str, regions)))
    results: list[PrunedSnapshot] = []
    for snapshot in to_delete:
        approved = ApprovedSnapshot.of(snapshot)
        if max_deletions is not None and len(to_delete) > max_deletions:
            record = over_limit(approved, len(to_delete), max_deletions)
        else:
            record = gate.delete(approved)
        log_record(record)
        result = PrunedSnapshot(snapshot, record.status, record.reason, record.error, record)
        results.append(result)
        if on_snapshot is not None:
            on_snapshot(result)
    return PruneResult(tuple(results))
