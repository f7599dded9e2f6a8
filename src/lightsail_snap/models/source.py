"""What a snapshot is taken of: a disk, or an instance's system volume."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, Field
from typing_extensions import override

from lightsail_snap.models._base import RequestModel
from lightsail_snap.models._rules import Requirement
from lightsail_snap.models.names import ResourceName


class _Source(RequestModel, frozen=True):
    """What every variant of the union does."""

    @override
    def to_wire(self) -> dict[str, Any]:
        """Write the source as it stands on the wire.

        Returns:
            A new dict that holds the one name.
        """
        wire = super().to_wire()
        # The wire has no discriminator: which member is present says it.
        del wire["kind"]
        return wire


class DiskSource(_Source, frozen=True):
    """A block storage disk, attached or not.

    Source: CreateDiskSnapshot documentation, `diskName`.
    """

    kind: Literal["disk"] = "disk"
    """Tells the two sources apart; not on the wire."""
    disk_name: ResourceName
    """The name of the disk, unique in the region."""


class InstanceSource(_Source, frozen=True):
    """An instance's system volume.

    Source: CreateDiskSnapshot documentation, `instanceName`.
    """

    kind: Literal["instance"] = "instance"
    """Tells the two sources apart; not on the wire."""
    instance_name: ResourceName
    """The name of the instance, unique in the region."""


_ONE_SOURCE = Requirement(
    "must be exactly one of a disk and an instance",
    "CreateDiskSnapshot documentation: diskName and instanceName are mutually exclusive",
    "give source=DiskSource(disk_name=...) or source=InstanceSource(instance_name=...)",
)
_DISK_KEYS = frozenset({"disk_name", "diskName"})
_INSTANCE_KEYS = frozenset({"instance_name", "instanceName"})


def _exactly_one(value: object) -> object:
    names = value.keys() if isinstance(value, Mapping) else None
    if names is not None and names & _DISK_KEYS and names & _INSTANCE_KEYS:
        raise _ONE_SOURCE.broken()
    return value


SnapshotSource: TypeAlias = Annotated[
    DiskSource | InstanceSource,
    Field(discriminator="kind"),
    BeforeValidator(_exactly_one),
    _ONE_SOURCE,
]
"""A disk or an instance, told apart by `kind`: neither both nor none can be written."""


def gather_source(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Turn the wire's `diskName` or `instanceName` into a `source`.

    Args:
        payload: A wire dict of a request that has a source.

    Returns:
        A new dict; without either name it has no `source`, with both it has one that is refused.
    """
    if "source" in payload:
        # It is no member of the wire, and must not be taken for one.
        return {**payload, "source": None}
    rest = {key: value for key, value in payload.items() if key not in {"diskName", "instanceName"}}
    names = {
        key: payload[key] for key in ("diskName", "instanceName") if payload.get(key) is not None
    }
    if names:
        rest["source"] = {"kind": "disk" if "diskName" in names else "instance", **names}
    return rest
