"""The workflows of `prune` and `plan_prune`, which both clients run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from lightsail_snap._parameters import check_callback, invalid_parameter
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
from lightsail_snap.plans._deletion_results import PrunedSnapshot, PruneResult
from lightsail_snap.retention import (
    AnySnapshot,
    GroupBy,
    RetentionPlan,
    RetentionPolicy,
    Scope,
)

if TYPE_CHECKING:
    from lightsail_snap.clock import Clock

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


async def _preview(gate: DeletionGate) -> RetentionPlan[AnySnapshot]:
    try:
        return await gate.preview()
    except UntrustedClockError as error:
        message = f"nothing can be deleted: {error}"
        raise ConfigurationError(message) from None


def _scope_of(scope: object, owner: object) -> object:
    if owner is None:
        return scope
    if scope is not None:
        fix = "pass scope=Scope(owner=..., names=...) to combine conditions"
        raise _invalid("owner", "contradicts scope", fix, owner)
    if not isinstance(owner, str) or not owner:
        raise _invalid("owner", "must be the name of a plan", "pass 'nightly'", owner)
    return Scope(owner=owner)


async def plan_region(  # noqa: PLR0913 - keyword-only, as in `plan_prune`
    clock: Clock,
    policy: RetentionPolicy | None,
    *,
    scope: Scope,
    kind: Kinds,
    minimum_remaining: int,
    unsafe_allow_remove_all: bool,
) -> RetentionPlan[AnySnapshot]:
    """List a Region and return which snapshots would be kept and deleted now."""
    terms = _checked_terms(
        policy, scope, minimum_remaining, unsafe_allow_remove_all=unsafe_allow_remove_all
    )
    return await _preview(DeletionGate(clock, terms, _checked_kinds(kind)))


async def prune_region(  # noqa: PLR0913 - keyword-only, as in the clients
    clock: Clock,
    planned: RetentionPlan[Any] | RetentionPolicy | None,
    *,
    scope: Scope | None,
    owner: str | None,
    kind: Kinds,
    minimum_remaining: int,
    max_deletions: int | None,
    unsafe_allow_remove_all: bool,
    dry_run: bool,
    on_snapshot: Callable[[PrunedSnapshot], object] | None,
) -> PruneResult:
    """Delete the snapshots of a Region that a policy or plan does not keep, oldest first."""
    check_callback("on_snapshot", on_snapshot)
    check_max_deletions("prune", max_deletions)
    if not isinstance(dry_run, bool):
        raise _invalid("dry_run", "must be a bool", "pass True", dry_run)
    kinds = _checked_kinds(kind)
    limited = _scope_of(scope, owner)
    policy: object = planned
    group_by: GroupBy = "source"
    if isinstance(planned, RetentionPlan):
        if None not in {limited, planned.scope} and limited != planned.scope:
            rule, fix = "must be the plan's own", "leave it out, or pass it to plan_prune"
            raise _invalid("scope" if owner is None else "owner", rule, fix, scope or owner)
        limited, policy, group_by = planned.scope or limited, planned.policy, planned.group_by
        present = {kind_of(decision.snapshot) for decision in planned.decisions}
        kinds = tuple(sorted(present)) or kinds
    terms = _checked_terms(
        policy,
        limited,
        minimum_remaining,
        unsafe_allow_remove_all=unsafe_allow_remove_all,
        group_by=group_by,
    )
    gate = DeletionGate(clock, terms, kinds, is_dry_run=dry_run)
    if not isinstance(planned, RetentionPlan):
        planned = await _preview(gate)
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
            record = await gate.delete(approved)
        log_record(record)
        result = PrunedSnapshot(snapshot, record.status, record.reason, record.error, record)
        results.append(result)
        if on_snapshot is not None:
            on_snapshot(result)
    return PruneResult(tuple(results))
