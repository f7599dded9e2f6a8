"""Pruning: delete the snapshots of a Region that a policy does not keep."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from typing_extensions import override

from lightsail_snap.client import LightsailSnapClient
from lightsail_snap.errors import ConfigurationError, LightsailSnapError, PartialFailureError
from lightsail_snap.plans._base import Status, refused, state_of
from lightsail_snap.plans._deletion import (
    Approved,
    DeletionGate,
    DeletionRecord,
    SnapshotKind,
    Terms,
    UntrustedClockError,
    kind_of,
    log_record,
)
from lightsail_snap.plans._show import as_text
from lightsail_snap.retention import AnySnapshot, RetentionPlan, RetentionPolicy, Scope

Kinds: TypeAlias = Literal["all", "disk", "instance"]
"""Which snapshots: disk snapshots (those of system disks included), instance snapshots, or all."""

_KINDS: Mapping[object, tuple[SnapshotKind, ...]] = {
    "all": ("disk", "instance"),
    "disk": ("disk",),
    "instance": ("instance",),
}


@dataclass(frozen=True, slots=True)
class PrunedSnapshot:
    """The result for one snapshot that the policy does not keep.

    Attributes:
        snapshot: The snapshot, as it was approved for deletion.
        status: `done`; `adopted` if it was gone already; `skipped` if it was not safe or not right
            to delete it; `failed`.
        reason: Why it was skipped or failed; empty if there is nothing to add.
        error: The error, if it failed.
        record: The audit record: the rule, the evidence and the keeper.
    """

    snapshot: AnySnapshot
    status: Status
    reason: str = ""
    error: LightsailSnapError | None = None
    record: DeletionRecord | None = None

    def __getstate__(self) -> list[object]:
        return state_of(self)

    def to_dict(self) -> dict[str, Any]:
        """Return the result with JSON's types.

        Returns:
            A new dict: `name`, `created_at` (ISO 8601), `status`, `reason`, `error` (the type's
            name, or None) and `deletion` (the audit record, or None).
        """
        created = self.snapshot.created_at
        return {
            "name": self.snapshot.name,
            "created_at": created.isoformat() if created else None,
            "status": self.status,
            "reason": self.reason,
            "error": type(self.error).__name__ if self.error else None,
            "deletion": self.record.to_dict() if self.record else None,
        }


@dataclass(frozen=True, slots=True)
class PruneResult:
    """The results for all snapshots that the policy does not keep.

    Attributes:
        results: One for each snapshot that was approved for deletion, oldest first.
    """

    results: tuple[PrunedSnapshot, ...]

    @property
    def is_complete(self) -> bool:
        """Whether all approved snapshots are gone."""
        return all(each.status in {"done", "adopted"} for each in self.results)

    @property
    def failures(self) -> Mapping[str, LightsailSnapError]:
        """The errors, by the name of the snapshot."""
        return {each.snapshot.name: each.error for each in self.results if each.error is not None}

    def raise_for_failures(self) -> None:
        """Raise if a deletion failed.

        Raises:
            PartialFailureError: With every failure.
        """
        if self.failures:
            title = f"{len(self.failures)} of {len(self.results)} snapshots could not be deleted"
            error = PartialFailureError(title, self.failures, {})
            # A deletion that succeeded is a change, though it leaves no snapshot to report.
            if any(each.status in {"done", "adopted"} for each in self.results):
                error.may_have_executed = True
            raise error

    @override
    def __str__(self) -> str:
        rows = [(each.status, each.snapshot.name, each.reason) for each in self.results]
        gone = sum(each.status in {"done", "adopted"} for each in self.results)
        return as_text("prune", rows, f"{gone} of {len(rows)} are gone")


def _checked_client(client: object) -> LightsailSnapClient:
    if isinstance(client, LightsailSnapClient):
        return client
    fix = "pass LightsailSnapClient(region_name=...)"
    raise refused("prune", "client", "must be a LightsailSnapClient", fix, client)


def _checked_terms(
    policy: RetentionPolicy | None,
    scope: object,
    minimum_remaining: object,
    *,
    unsafe_allow_remove_all: object,
    group_by: Literal["source", "none"] = "source",
) -> Terms:
    if not isinstance(scope, Scope):
        fix = "pass Scope(owner='nightly'), Scope(names=['before-*']) or Scope(sources=['db-1'])"
        raise refused("prune", "scope", "must say which snapshots may be deleted", fix, scope)
    if not isinstance(unsafe_allow_remove_all, bool):
        field = "unsafe_allow_remove_all"
        raise refused("prune", field, "must be a bool", "pass True", unsafe_allow_remove_all)
    if type(minimum_remaining) is not int or minimum_remaining < 1:
        field, rule = "minimum_remaining", "must be a whole number, 1 or more"
        fix = "pass 1, or lift the floor with unsafe_allow_remove_all=True"
        raise refused("prune", field, rule, fix, minimum_remaining)
    if unsafe_allow_remove_all and minimum_remaining > 1:
        field, rule = "minimum_remaining", "contradicts unsafe_allow_remove_all"
        raise refused("prune", field, rule, "leave out one of them", minimum_remaining)
    if policy is None and not unsafe_allow_remove_all:
        rule = "must keep something unless unsafe_allow_remove_all is True"
        fix = "pass RetentionPolicy(time_zone='UTC', keep_daily=7)"
        raise refused("prune", "policy", rule, fix, policy)
    # Copies that pydantic made with updates have not been validated yet.
    scope = Scope(**dict(scope))
    policy = policy and RetentionPolicy(**dict(policy))
    return Terms(scope, policy, group_by, minimum_remaining, unsafe_allow_remove_all)


def _checked_kinds(kind: object) -> tuple[SnapshotKind, ...]:
    if kind not in ("all", "disk", "instance"):
        fix = 'pass "all", "disk" or "instance"'
        raise refused("prune", "kind", "must be a kind of snapshot", fix, kind)
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
        policy: Which snapshots to keep. None for none, which needs `unsafe_allow_remove_all`.
        client: The client of the Region.
        scope: Which snapshots may be deleted.
        kind: Which kinds of snapshots to list.
        minimum_remaining: How many usable snapshots of each source remain at least; 1 or more.
        unsafe_allow_remove_all: Whether the last snapshots of a source may go.

    Returns:
        The plan, which `prune` accepts.

    Raises:
        RequestValidationError: If an argument breaks a rule.
        ConfigurationError: If the clocks of host and service differ by more than 5 minutes, or the
            service's time is unknown.
        LightsailSnapError: If the Region cannot be listed.
    """
    _check_policy(policy)
    terms = _checked_terms(
        policy, scope, minimum_remaining, unsafe_allow_remove_all=unsafe_allow_remove_all
    )
    kinds = _checked_kinds(kind)
    return _preview(DeletionGate(_checked_client(client), terms, kinds))


def _check_policy(policy: object) -> None:
    if policy is not None and not isinstance(policy, RetentionPolicy):
        fix = "pass RetentionPolicy(time_zone='UTC', keep_daily=7)"
        raise refused("prune", "policy", "must be a policy", fix, policy)


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
    """Delete what a policy does not keep, oldest first, by the rules of the deletion contract.

    The Region is listed again and the policy evaluated again right before the deletions. Of each
    source at least one usable snapshot in scope remains. One failure does not stop the others. If
    the clocks of host and service differ by more than 5 minutes, nothing is deleted.

    Args:
        planned: A plan of `plan_prune` or `plan_retention`: only what it deletes is deleted. Or a
            policy: what it does not keep now is deleted. None for no policy, which needs
            `unsafe_allow_remove_all`.
        client: The client of the snapshots' Region.
        scope: Which snapshots may be deleted. Required unless the plan was made with
            `owned=Scope(...)`.
        kind: Which kinds of snapshots to list; for a plan, the kinds that it has.
        minimum_remaining: How many usable snapshots of each source remain at least; 1 or more.
        max_deletions: Delete nothing if more snapshots than this would be deleted; None for no
            limit.
        unsafe_allow_remove_all: Whether the last snapshots of a source may go.
        on_snapshot: Called with every result as soon as there is one.

    Returns:
        The results; `raise_for_failures()` raises if a deletion failed.

    Raises:
        RequestValidationError: If an argument breaks a rule.
        ConfigurationError: If a policy was passed, and the clocks of host and service differ by
            more than 5 minutes, or the service's time is unknown.
        LightsailSnapError: If a policy was passed, and the Region cannot be listed.
    """
    client = _checked_client(client)
    if on_snapshot is not None and not callable(on_snapshot):
        raise refused("prune", "on_snapshot", "must be callable", "pass print", on_snapshot)
    if max_deletions is not None and (type(max_deletions) is not int or max_deletions < 0):
        rule = "must be a whole number, 0 or more"
        raise refused("prune", "max_deletions", rule, "pass 50", max_deletions)
    kinds = _checked_kinds(kind)
    if isinstance(planned, RetentionPlan):
        if None not in {scope, planned.scope} and scope != planned.scope:
            rule, fix = "must be the plan's own", "leave it out, or pass it to plan_prune"
            raise refused("prune", "scope", rule, fix, scope)
        scope, policy, group_by = planned.scope or scope, planned.policy, planned.group_by
        present = {kind_of(decision.snapshot) for decision in planned.decisions}
        kinds = tuple(sorted(present)) or kinds
    else:
        _check_policy(planned)
        policy, group_by = planned, "source"
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
        fix = "plan and prune the snapshots of each region by themselves, with its client"
        raise refused("prune", "planned", "must be of one region", fix, sorted(map(str, regions)))
    results: list[PrunedSnapshot] = []
    for snapshot in to_delete:
        approved = Approved.of(snapshot)
        if max_deletions is not None and len(to_delete) > max_deletions:
            record = limit_record(approved, len(to_delete), max_deletions)
        else:
            record = gate.delete(approved)
        log_record(record)
        result = PrunedSnapshot(snapshot, record.status, record.reason, record.error, record)
        results.append(result)
        if on_snapshot is not None:
            on_snapshot(result)
    return PruneResult(tuple(results))


def limit_record(approved: Approved, count: int, limit: int) -> DeletionRecord:
    """Return the record of a snapshot that stays because too many would go."""
    reason = (
        f"nothing is deleted: {count} deletions are more than max_deletions, {limit}; check them, "
        "then allow more"
    )
    return DeletionRecord(
        approved.name, approved.arn, approved.source, approved.created_at, "limit", reason
    )
