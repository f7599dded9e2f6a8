"""Prune a Region: delete the snapshots that a policy does not keep."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lightsail_snap.client import LightsailSnapClient
from lightsail_snap.plans._deletion_results import PrunedSnapshot, PruneResult
from lightsail_snap.plans._inventory import checked_client, run_workflow
from lightsail_snap.plans._pruning import Kinds, plan_region
from lightsail_snap.retention import AnySnapshot, RetentionPlan, RetentionPolicy, Scope


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
    client = checked_client("prune", client)
    workflow = plan_region(
        client._clock,  # noqa: SLF001 - the client of this package
        policy,
        scope=scope,
        kind=kind,
        minimum_remaining=minimum_remaining,
        unsafe_allow_remove_all=unsafe_allow_remove_all,
    )
    return run_workflow(client, workflow)


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
    return checked_client("prune", client).prune(
        planned,
        scope=scope,
        kind=kind,
        minimum_remaining=minimum_remaining,
        max_deletions=max_deletions,
        unsafe_allow_remove_all=unsafe_allow_remove_all,
        on_snapshot=on_snapshot,
    )
