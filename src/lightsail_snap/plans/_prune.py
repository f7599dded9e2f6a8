"""Deleting what no rule keeps: only the very snapshots that were judged."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from typing_extensions import override

from lightsail_snap._text import one_line, safe_line
from lightsail_snap.client import LightsailSnapClient
from lightsail_snap.errors import LightsailSnapError, NotFoundException, PartialFailureError
from lightsail_snap.models import InstanceSnapshot
from lightsail_snap.plans._base import Status, refused, state_of
from lightsail_snap.plans._show import as_text
from lightsail_snap.plans._steps import TagPairs, pairs_of
from lightsail_snap.retention import AnySnapshot, RetentionPlan

_log = logging.getLogger("lightsail_snap.plans")


@dataclass(frozen=True, slots=True)
class Seen:
    """A snapshot as it was when it was judged.

    Attributes:
        name: Its name.
        is_instance: Whether it is of an instance as a whole.
        arn: Its Amazon Resource Name, which a later one of the same name has not.
        created_at: When it was taken.
        tags: The tags it bore.
    """

    name: str
    is_instance: bool
    arn: str | None
    created_at: datetime | None
    tags: TagPairs


def look(client: LightsailSnapClient, name: str, *, is_instance: bool) -> AnySnapshot | None:
    """Look a snapshot up.

    Args:
        client: The client of its region.
        name: Its name.
        is_instance: Whether it is of an instance as a whole.

    Returns:
        The snapshot, None if there is none.

    Raises:
        LightsailSnapError: If it cannot be found out.
    """
    try:
        if is_instance:
            return client.get_instance_snapshot(name).instance_snapshot
        return client.get_disk_snapshot(name).disk_snapshot
    except NotFoundException:
        return None


def delete_unchanged(client: LightsailSnapClient, seen: Seen) -> tuple[Status, str]:
    """Delete a snapshot if it still is the very one that was seen.

    Args:
        client: The client of its region.
        seen: What was seen.

    Returns:
        What became of it, and what there is to know.

    Raises:
        LightsailSnapError: If it cannot be deleted, or nobody can tell whether it was.
    """
    found = look(client, seen.name, is_instance=seen.is_instance)
    if found is None:
        return "adopted", "was gone already"
    if (found.arn, found.created_at) != (seen.arn, seen.created_at):
        if found.arn is None or found.created_at is None:
            return "skipped", "the service does not say whether it is still the same one"
        return "skipped", "another snapshot has this name now"
    if pairs_of(found) != seen.tags:
        return "skipped", "its tags have changed since"
    try:
        if seen.is_instance:
            client.delete_instance_snapshot(seen.name)
        else:
            client.delete_disk_snapshot(seen.name)
    except NotFoundException:
        return "adopted", "was gone already"
    except LightsailSnapError as error:
        is_there = look(client, seen.name, is_instance=seen.is_instance) is not None
        if not error.may_have_executed or is_there:
            raise
    return "done", ""


@dataclass(frozen=True, slots=True)
class Pruned:
    """What became of one snapshot that no rule keeps.

    Attributes:
        snapshot: The snapshot, as it was judged.
        status: `done`; `adopted` if it was gone already; `skipped` if it has changed since;
            `failed`.
        reason: Why it was skipped or failed, or what else there is to know; empty if nothing.
        error: Why it failed.
    """

    snapshot: AnySnapshot
    status: Status
    reason: str = ""
    error: LightsailSnapError | None = None

    def __getstate__(self) -> list[object]:
        return state_of(self)

    def to_dict(self) -> dict[str, Any]:
        """Write it with JSON's types.

        Returns:
            A new dict: `name`, `created_at` (ISO 8601), `status`, `reason` and `error` (the type's
            name, or None).
        """
        created = self.snapshot.created_at
        return {
            "name": self.snapshot.name,
            "created_at": created.isoformat() if created else None,
            "status": self.status,
            "reason": self.reason,
            "error": type(self.error).__name__ if self.error else None,
        }


@dataclass(frozen=True, slots=True)
class PruneResult:
    """What became of all that no rule keeps.

    Attributes:
        results: One for each snapshot that was to go, oldest first.
    """

    results: tuple[Pruned, ...]

    @property
    def is_complete(self) -> bool:
        """Whether all that was to go is gone."""
        return all(each.status in {"done", "adopted"} for each in self.results)

    @property
    def failures(self) -> Mapping[str, LightsailSnapError]:
        """Why snapshots could not be deleted, by name."""
        return {each.snapshot.name: each.error for each in self.results if each.error is not None}

    def raise_for_failures(self) -> None:
        """Raise if a deletion failed.

        Raises:
            PartialFailureError: With every failure.
        """
        if self.failures:
            title = f"{len(self.failures)} of {len(self.results)} snapshots could not be deleted"
            error = PartialFailureError(title, self.failures, {})
            # What is deleted is no snapshot any more, and a change nevertheless.
            if any(each.status in {"done", "adopted"} for each in self.results):
                error.may_have_executed = True
            raise error

    @override
    def __str__(self) -> str:
        rows = [(each.status, each.snapshot.name, each.reason) for each in self.results]
        gone = sum(each.status in {"done", "adopted"} for each in self.results)
        return as_text("prune", rows, f"{gone} of {len(rows)} are gone")


def prune(
    planned: RetentionPlan[Any],
    client: LightsailSnapClient,
    *,
    on_snapshot: Callable[[Pruned], object] | None = None,
) -> PruneResult:
    """Delete what a retention plan does not keep, oldest first.

    Every snapshot is looked at once more before it is deleted: it must be the very one that was
    judged (arn and date), and bear the same tags. One failure does not stop the others.

    Args:
        planned: What `plan_retention` says.
        client: The client of the snapshots' region.
        on_snapshot: Is told of every snapshot as soon as it is done with.

    Returns:
        What became of each; `raise_for_failures()` raises if any failed.

    Raises:
        RequestValidationError: If an argument is not what it should be.
    """
    if not isinstance(planned, RetentionPlan):
        fix = "give plan_retention(...)"  # type: ignore[unreachable] # callers without a type checker get here
        raise refused("prune", "planned", "must be a retention plan", fix, planned)
    if not isinstance(client, LightsailSnapClient):
        fix = "give LightsailSnapClient(region_name=...)"  # type: ignore[unreachable] # likewise
        raise refused("prune", "client", "must be a LightsailSnapClient", fix, client)
    if on_snapshot is not None and not callable(on_snapshot):
        raise refused("prune", "on_snapshot", "must be callable", "give print", on_snapshot)
    goners: tuple[AnySnapshot, ...] = planned.delete
    regions = {each.location.region_name for each in goners if each.location}
    if len(regions) > 1:
        fix = "plan and prune the snapshots of each region by themselves, with its client"
        raise refused("prune", "planned", "must be of one region", fix, sorted(map(str, regions)))
    results: list[Pruned] = []
    for snapshot in goners:
        result = _one(client, snapshot)
        _tell(result)
        results.append(result)
        if on_snapshot is not None:
            on_snapshot(result)
    return PruneResult(tuple(results))


def _one(client: LightsailSnapClient, snapshot: AnySnapshot) -> Pruned:
    seen = Seen(
        snapshot.name,
        isinstance(snapshot, InstanceSnapshot),
        snapshot.arn,
        snapshot.created_at,
        pairs_of(snapshot),
    )
    try:
        return Pruned(snapshot, *delete_unchanged(client, seen))
    except LightsailSnapError as error:
        return Pruned(snapshot, "failed", f"{type(error).__name__}: {error}", error)


def _tell(result: Pruned) -> None:
    is_fine = result.status in {"done", "adopted"}
    _log.log(
        logging.INFO if is_fine else logging.WARNING,
        "%s delete %s%s",
        result.status,
        one_line(result.snapshot.name),
        f": {safe_line(result.reason)}" if result.reason else "",
        extra={"snapshot": one_line(result.snapshot.name), "status": result.status},
    )
