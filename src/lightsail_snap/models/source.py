"""What a snapshot is taken of, and what is made from a snapshot: the two unions of requests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any, ClassVar, Generic, Literal, Self, TypeAlias

from pydantic import BeforeValidator, Field
from pydantic.alias_generators import to_camel
from typing_extensions import override

from lightsail_snap.models._base import Request, RequestModel, ResultT
from lightsail_snap.models._rules import Requirement, Rule
from lightsail_snap.models._types import WireDate
from lightsail_snap.models.names import ResourceName

__all__ = [
    "AutoSnapshotSource",
    "DiskSource",
    "InstanceSource",
    "LatestAutoSnapshotSource",
    "ManualSnapshotSource",
    "RestoreSource",
    "SnapshotSource",
]

_camel = cache(to_camel)


class _Variant(RequestModel, frozen=True):
    """What every variant of a union does."""

    @override
    def to_wire(self) -> dict[str, Any]:
        """Write the variant without what tells it from the others.

        Returns:
            A new dict with camelCase keys.
        """
        wire = super().to_wire()
        # The wire has no discriminator: which members are present says it.
        del wire["kind"]
        return wire


class DiskSource(_Variant, frozen=True):
    """A block storage disk, attached or not.

    Source: CreateDiskSnapshot documentation, `diskName`.
    """

    kind: Literal["disk"] = "disk"
    """Tells the two sources apart; not on the wire."""
    disk_name: ResourceName
    """The name of the disk, unique in the region."""


class InstanceSource(_Variant, frozen=True):
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


class ManualSnapshotSource(_Variant, frozen=True):
    """A snapshot that somebody took, by its name."""

    kind: Literal["manual"] = "manual"
    """Tells the three sources apart; not on the wire."""
    snapshot_name: ResourceName
    """The name of the snapshot, unique in its region."""


class AutoSnapshotSource(_Variant, frozen=True):
    """The automatic snapshot of one day."""

    kind: Literal["auto"] = "auto"
    """Tells the three sources apart; not on the wire."""
    resource_name: ResourceName
    """The disk or instance that the automatic snapshot was taken of."""
    restore_date: Annotated[
        WireDate,
        Rule(
            "must be a calendar date",
            "CreateDiskFromSnapshot, parameter restoreDate of the service model (YYYY-MM-DD)",
            "give datetime.date(2026, 11, 23), for example the date of an AutoSnapshotDetails",
        ),
    ]
    """The day, as GetAutoSnapshots lists it; `YYYY-MM-DD` on the wire."""


class LatestAutoSnapshotSource(_Variant, frozen=True):
    """The latest automatic snapshot that can be restored."""

    kind: Literal["latest-auto"] = "latest-auto"
    """Tells the three sources apart; not on the wire."""
    resource_name: ResourceName
    """The disk or instance that the automatic snapshot was taken of."""


RestoreSource: TypeAlias = Annotated[
    ManualSnapshotSource | AutoSnapshotSource | LatestAutoSnapshotSource,
    Field(discriminator="kind"),
    Requirement(
        "must be exactly one of a manual snapshot, the automatic snapshot of a date, and the "
        "latest automatic snapshot",
        "service model: the name of a manual snapshot and the name of a resource are mutually "
        "exclusive, and so are restoreDate and useLatestRestorableAutoSnapshot",
        "give source=ManualSnapshotSource(snapshot_name=...), "
        "AutoSnapshotSource(resource_name=..., restore_date=...) or "
        "LatestAutoSnapshotSource(resource_name=...)",
    ),
]
"""A manual snapshot, the automatic one of a day, or the latest automatic one; told by `kind`."""


@dataclass(frozen=True, slots=True)
class WireSource:
    """How an operation writes its source: the wire has no union, only members that exclude others.

    Attributes:
        variants: For each `kind`, its fields with the wire's names for them.
        flags: For some kinds, a boolean member that is true for them.
    """

    variants: Mapping[str, Mapping[str, str]]
    flags: Mapping[str, str] = field(default_factory=dict)

    @property
    def members(self) -> frozenset[str]:
        """All members of the wire that a source may take up."""
        named = (name for names in self.variants.values() for name in names.values())
        return frozenset(named) | frozenset(self.flags.values())

    def flatten(self, source: SnapshotSource | RestoreSource) -> dict[str, Any]:
        """Write a source as members of the wire.

        Args:
            source: The source.

        Returns:
            A new dict of the members it takes up.
        """
        given = source.to_wire()
        names = self.variants[source.kind]
        wire = {name: given[_camel(ours)] for ours, name in names.items()}
        if source.kind in self.flags:
            wire[self.flags[source.kind]] = True
        return wire

    def gather(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """Turn members of the wire into a `source`.

        Args:
            payload: A wire dict of a request that has a source.

        Returns:
            A new dict; without any such member it has no `source`, with members that exclude each
            other it has one that is refused.
        """
        if "source" in payload:
            # It is no member of the wire, and must not be taken for one.
            return {**payload, "source": None}
        members, flags = self.members, self.flags.values()
        rest = {name: value for name, value in payload.items() if name not in members}
        # A flag that is false says the same as its absence.
        given = {
            name: payload[name]
            for name in members
            if payload.get(name) is not None and not (name in flags and payload[name] is False)
        }
        if given:
            rest["source"] = self._variant(given)
        return rest

    def _variant(self, given: dict[str, Any]) -> dict[str, Any]:
        for kind, names in self.variants.items():
            flag = self.flags.get(kind)
            if given.keys() == {*names.values()} | ({flag} if flag else set()) and (
                flag is None or given[flag] is True
            ):
                return {"kind": kind, **{to_camel(o): given[name] for o, name in names.items()}}
        return {"kind": None, **given}


def restored_from(snapshot_name: str, resource_name: str) -> WireSource:
    """Say how an operation writes a `RestoreSource`.

    Args:
        snapshot_name: Its member for the name of a manual snapshot.
        resource_name: Its member for the resource that an automatic snapshot is of.

    Returns:
        How.
    """
    return WireSource(
        variants={
            "manual": {"snapshot_name": snapshot_name},
            "auto": {"resource_name": resource_name, "restore_date": "restoreDate"},
            "latest-auto": {"resource_name": resource_name},
        },
        flags={"latest-auto": "useLatestRestorableAutoSnapshot"},
    )


class SourcedRequest(Request[ResultT], Generic[ResultT], frozen=True):
    """A request whose wire form has members in the place of a `source`."""

    _wire_source: ClassVar[WireSource]

    @classmethod
    @override
    def _from_dict(cls, payload: Any) -> Self:
        is_wire = isinstance(payload, Mapping)
        return super()._from_dict(cls._wire_source.gather(payload) if is_wire else payload)

    @classmethod
    @override
    def _from_json(cls, body: bytes) -> Self:
        # On the wire the source has no field of its own, so pydantic cannot read it in one go.
        try:
            parsed = json.loads(body)
        except (ValueError, RecursionError):
            return super()._from_json(body)
        return cls._from_dict(parsed)

    @override
    def to_wire(self) -> dict[str, Any]:
        """Write the request as it stands on the wire.

        Returns:
            A new dict with camelCase keys; what is not given is absent.
        """
        wire = super().to_wire()
        del wire["source"]
        # Each such request has a source, which only they can declare with its type.
        source: SnapshotSource | RestoreSource = self.source  # type: ignore[attr-defined] # see above
        return wire | self._wire_source.flatten(source)
