"""Evidence of who created a resource, and that a response shows the requested one."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import TypeAlias, TypeVar

from lightsail_snap._text import short_repr
from lightsail_snap._workflows.effects import log
from lightsail_snap._workflows.paging import all_pages
from lightsail_snap._workflows.timing import RetryBudget
from lightsail_snap.errors import (
    LightsailSnapError,
    ResponseValidationError,
    Violation,
    safe_text,
)
from lightsail_snap.models import (
    Disk,
    DiskSnapshot,
    GetOperationsForResourceRequest,
    Instance,
    InstanceSnapshot,
    Operation,
    PollResult,
    Tag,
)
from lightsail_snap.models._base import ResultModel

# `Date` is to the second, and creation times are to the millisecond.
CLOCK_PRECISION_SECONDS = 2.0
# A creation time may lag or lead `Date`, since several machines of the service write them. By how
# much is undocumented; more than this counts as another time.
CLOCK_TOLERANCE_SECONDS = 60.0
# Equal responses in a row that identify a resource whose creation time is within the tolerance.
_AGREEING_READS = 5

# The operations that can take a name.
_CREATING = frozenset(
    {
        "CopySnapshot",
        "CreateDisk",
        "CreateDiskFromSnapshot",
        "CreateDiskSnapshot",
        "CreateInstance",
        "CreateInstanceSnapshot",
        "CreateInstancesFromSnapshot",
    }
)

Created: TypeAlias = Disk | DiskSnapshot | Instance | InstanceSnapshot
CreatedT = TypeVar("CreatedT", bound=Created)
ModelT = TypeVar("ModelT", bound=ResultModel)


class Ownership(Enum):
    """Whether this call created a resource."""

    OWN = "own"
    FOREIGN = "foreign"
    UNKNOWN = "unknown"


def expect(model: ModelT, field: str, found: str, requested: str) -> ModelT:
    """Return the model if it is the requested one, or raise ResponseValidationError."""
    if found == requested:
        return model
    raise wrong_resource(model, field, f"must be {short_repr(requested)}, as requested", found)


def wrong_resource(
    model: ResultModel, field: str, rule: str, found: object
) -> ResponseValidationError:
    """Return the error for a response that shows another resource."""
    violation = Violation(field, rule, "lightsail_snap", "", found)
    return ResponseValidationError(type(model).__name__, [violation], model.to_wire())


class Match(Enum):
    """Relation between a response and the resource that is waited for."""

    SAME = "same"
    UNSURE = "unsure"
    """It may be the same; more responses are needed."""
    STALE = "stale"
    """It is an earlier resource of the same name, deleted by now."""
    REPLACED = "replaced"
    """It is a later resource of the same name, so the one waited for is deleted."""


@dataclass(slots=True)
class Identity:
    """Identity of a resource beyond its name, as far as it is known.

    Attributes:
        created_after: The earliest creation time, as seconds since 1970 on the service's clock.
        arn: The ARN.
        created_at: The creation time.
        is_created_here: Whether this call created it. If not, a later resource of the same name is
            as good.
    """

    created_after: float | None = None
    arn: str | None = None
    created_at: datetime | None = None
    is_created_here: bool = False
    _candidate: tuple[str | None, datetime | None] = (None, None)
    _reads: int = 0

    @property
    def is_known(self) -> bool:
        """Whether a response has shown the resource itself."""
        return self.arn is not None or self.created_at is not None

    def match(self, found: PollResult) -> Match:
        """Compare a response, and keep what it adds."""
        arn, created_at = getattr(found, "arn", None), found.created_at
        result = self._compare(arn, created_at)
        if result is Match.REPLACED and not self.is_created_here:
            result = Match.SAME
        if result is Match.UNSURE:
            self._reads = self._reads + 1 if (arn, created_at) == self._candidate else 1
            self._candidate = arn, created_at
            if self._reads < _AGREEING_READS:
                return result
            result = Match.SAME
        if result is Match.SAME:
            self.arn, self.created_at = arn or self.arn, created_at or self.created_at
        return result

    def _compare(self, arn: str | None, created_at: datetime | None) -> Match:
        early = 0.0
        if created_at is not None and self.created_after is not None:
            early = self.created_after - created_at.timestamp()
        if early > CLOCK_TOLERANCE_SECONDS:
            return Match.STALE
        if not self.is_known:
            return Match.UNSURE if early > CLOCK_PRECISION_SECONDS else Match.SAME
        if arn is not None and arn == self.arn:
            return Match.SAME
        # Two resources of one name cannot have been created at the same moment.
        known = self.created_at or created_at
        if created_at is not None and known is not None and created_at != known:
            return Match.STALE if created_at < known else Match.REPLACED
        return Match.STALE if arn is not None and self.arn is not None else Match.SAME


async def creating_operations(name: str, budget: RetryBudget) -> tuple[Operation, ...]:
    """List the operations that created resources of this name; an empty list proves nothing."""
    request = GetOperationsForResourceRequest(resource_name=name)
    try:
        pages = await budget.look_up(lambda: all_pages(request))
    except LightsailSnapError as error:
        # GetOperationsForResource is documented for instances and static IPs; whether it responds
        # for snapshots and disks is unverified.
        message = f"the operations of {name} cannot be listed: {safe_text(error)}"
        await log(message, level=logging.DEBUG)
        return ()
    return tuple(
        operation
        for page in pages
        for operation in page.operations
        if operation.operation_type in _CREATING and operation.resource_name == name
    )


def operations_since(operations: Iterable[Operation], resource: Created) -> tuple[Operation, ...]:
    """Return the operations without those of deleted resources of the same name."""
    if resource.created_at is None:
        return ()
    since = resource.created_at - timedelta(seconds=CLOCK_PRECISION_SECONDS)
    return tuple(o for o in operations if o.created_at is not None and o.created_at >= since)


def compare_types(operation_type: str, operations: Iterable[Operation]) -> Ownership:
    """Return FOREIGN if all operations are of other types, else UNKNOWN."""
    types = {operation.operation_type for operation in operations}
    return Ownership.FOREIGN if types and operation_type not in types else Ownership.UNKNOWN


def has_tags(resource: Created, tags: Iterable[Tag]) -> bool:
    """Return whether a resource has these tags; others do not matter, AWS sets some by itself."""
    # An empty value and none mean the same on the wire.
    found = {(tag.key, tag.value or "") for tag in resource.tags}
    return found >= {(tag.key, tag.value or "") for tag in tags}
