"""Sources of snapshots and of restored resources: the two unions of requests."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Generic, Literal, Self, TypeAlias

from pydantic import BeforeValidator, Field
from pydantic.alias_generators import to_camel
from typing_extensions import override

from lightsail_snap.models._base import Request, RequestModel, ResultT, write_request
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
    """Variant of a union."""

    # The wire format has no discriminator; variants differ in their fields.
    _not_on_wire: ClassVar[frozenset[str]] = frozenset({"kind"})


class DiskSource(_Variant, frozen=True):
    """Block storage disk, attached or not.

    Source: CreateDiskSnapshot documentation, `diskName`.
    """

    kind: Literal["disk"] = "disk"
    """Discriminator of the union; not on the wire."""
    disk_name: ResourceName
    """Name of the disk, unique in the region."""

    __match_args__ = ("disk_name",)
    if TYPE_CHECKING:
        # The name may be passed by position.
        def __init__(self, disk_name: str, *, kind: Literal["disk"] = "disk") -> None: ...


class InstanceSource(_Variant, frozen=True):
    """System volume of an instance.

    Source: CreateDiskSnapshot documentation, `instanceName`.
    """

    kind: Literal["instance"] = "instance"
    """Discriminator of the union; not on the wire."""
    instance_name: ResourceName
    """Name of the instance, unique in the region."""

    __match_args__ = ("instance_name",)
    if TYPE_CHECKING:

        def __init__(
            self, instance_name: str, *, kind: Literal["instance"] = "instance"
        ) -> None: ...


_ONE_SOURCE = Requirement(
    "must be exactly one of a disk and an instance",
    "CreateDiskSnapshot documentation: diskName and instanceName are mutually exclusive",
    "pass source=DiskSource(disk_name=...) or source=InstanceSource(instance_name=...)",
)
_DISK_KEYS = frozenset({"disk_name", "diskName"})
_INSTANCE_KEYS = frozenset({"instance_name", "instanceName"})


def _check_exactly_one(value: object) -> object:
    names = value.keys() if isinstance(value, Mapping) else None
    if names is not None and names & _DISK_KEYS and names & _INSTANCE_KEYS:
        raise _ONE_SOURCE.broken()
    return value


SnapshotSource: TypeAlias = Annotated[
    DiskSource | InstanceSource,
    Field(discriminator="kind"),
    BeforeValidator(_check_exactly_one),
    _ONE_SOURCE,
]
"""Disk or instance, discriminated by `kind`: exactly one of them."""


class ManualSnapshotSource(_Variant, frozen=True):
    """Manual snapshot, by its name."""

    kind: Literal["manual"] = "manual"
    """Discriminator of the union; not on the wire."""
    snapshot_name: ResourceName
    """Name of the snapshot, unique in its region."""

    __match_args__ = ("snapshot_name",)
    if TYPE_CHECKING:

        def __init__(self, snapshot_name: str, *, kind: Literal["manual"] = "manual") -> None: ...


class AutoSnapshotSource(_Variant, frozen=True):
    """Automatic snapshot of one day."""

    kind: Literal["auto"] = "auto"
    """Discriminator of the union; not on the wire."""
    resource_name: ResourceName
    """Disk or instance of the automatic snapshot."""
    restore_date: Annotated[
        WireDate,
        Rule(
            "must be a calendar date",
            "CreateDiskFromSnapshot, parameter restoreDate of the service model (YYYY-MM-DD)",
            "pass datetime.date(2026, 11, 23), for example the date of an AutoSnapshotDetails",
        ),
    ]
    """Day of the snapshot, as GetAutoSnapshots lists it; `YYYY-MM-DD` on the wire."""

    __match_args__ = ("resource_name", "restore_date")
    if TYPE_CHECKING:

        def __init__(
            self, resource_name: str, restore_date: dt.date, *, kind: Literal["auto"] = "auto"
        ) -> None: ...


class LatestAutoSnapshotSource(_Variant, frozen=True):
    """Latest automatic snapshot that can be restored."""

    kind: Literal["latest-auto"] = "latest-auto"
    """Discriminator of the union; not on the wire."""
    resource_name: ResourceName
    """Disk or instance of the automatic snapshot."""

    __match_args__ = ("resource_name",)
    if TYPE_CHECKING:

        def __init__(
            self, resource_name: str, *, kind: Literal["latest-auto"] = "latest-auto"
        ) -> None: ...


RestoreSource: TypeAlias = Annotated[
    ManualSnapshotSource | AutoSnapshotSource | LatestAutoSnapshotSource,
    Field(discriminator="kind"),
    Requirement(
        "must be exactly one of a manual snapshot, the automatic snapshot of a date, and the "
        "latest automatic snapshot",
        "service model: the name of a manual snapshot and the name of a resource are mutually "
        "exclusive, and so are restoreDate and useLatestRestorableAutoSnapshot",
        "pass source=ManualSnapshotSource(snapshot_name=...), "
        "AutoSnapshotSource(resource_name=..., restore_date=...) or "
        "LatestAutoSnapshotSource(resource_name=...)",
    ),
]
"""Manual, automatic or latest automatic snapshot, discriminated by `kind`."""


@dataclass(frozen=True, slots=True)
class WireSource:
    """Wire format of a source: mutually exclusive fields, since the wire has no unions.

    Attributes:
        variants: Fields of each `kind` with their wire names.
        flags: For some kinds, a boolean field that is true for them.
    """

    variants: Mapping[str, Mapping[str, str]]
    flags: Mapping[str, str] = field(default_factory=dict)

    @property
    def members(self) -> frozenset[str]:
        """Wire names of all fields that a source may have."""
        named = (name for names in self.variants.values() for name in names.values())
        return frozenset(named) | frozenset(self.flags.values())

    def flatten(self, source: SnapshotSource | RestoreSource) -> dict[str, Any]:
        """Return the fields of a source on the wire."""
        fields = write_request(source)
        names = self.variants[source.kind]
        wire = {name: fields[_camel(field)] for field, name in names.items()}
        if source.kind in self.flags:
            wire[self.flags[source.kind]] = True
        return wire

    def gather(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """Replace the fields of a source by a `source`, which is invalid if they are."""
        if "source" in payload:
            # The wire format has no such field.
            return {**payload, "source": None}
        members, flags = self.members, self.flags.values()
        rest = {name: value for name, value in payload.items() if name not in members}
        # A flag that is false means the same as an absent one.
        found = {
            name: payload[name]
            for name in members
            if payload.get(name) is not None and not (name in flags and payload[name] is False)
        }
        if found:
            rest["source"] = self._variant(found)
        return rest

    def _variant(self, found: dict[str, Any]) -> dict[str, Any]:
        for kind, names in self.variants.items():
            flag = self.flags.get(kind)
            if found.keys() == {*names.values()} | ({flag} if flag else set()) and (
                flag is None or found[flag] is True
            ):
                return {"kind": kind, **{to_camel(f): found[name] for f, name in names.items()}}
        return {"kind": None, **found}


def restored_from(snapshot_name: str, resource_name: str) -> WireSource:
    """Return the wire format of a `RestoreSource`, from the wire names of an operation."""
    return WireSource(
        variants={
            "manual": {"snapshot_name": snapshot_name},
            "auto": {"resource_name": resource_name, "restore_date": "restoreDate"},
            "latest-auto": {"resource_name": resource_name},
        },
        flags={"latest-auto": "useLatestRestorableAutoSnapshot"},
    )


class SourcedRequest(Request[ResultT], Generic[ResultT], frozen=True):
    """Request with a `source`, which is a group of fields on the wire."""

    _wire_source: ClassVar[WireSource]
    _not_on_wire: ClassVar[frozenset[str]] = frozenset({"source"})

    @classmethod
    @override
    def _from_dict(cls, payload: Any) -> Self:
        is_wire = isinstance(payload, Mapping)
        return super()._from_dict(cls._wire_source.gather(payload) if is_wire else payload)

    @classmethod
    @override
    def _from_json(cls, body: bytes) -> Self:
        # pydantic cannot read the fields of a source from JSON.
        try:
            parsed = json.loads(body)
        except (ValueError, RecursionError):
            return super()._from_json(body)
        return cls._from_dict(parsed)

    @override
    def to_wire(self) -> dict[str, Any]:
        """Return the wire format of the request.

        Returns:
            A new dict with camelCase keys, without fields that are None.

        Raises:
            RequestValidationError: If the request was created without validation, for example by
                `model_copy`, and is invalid.
        """
        checked = self._checked()
        source: SnapshotSource | RestoreSource = checked.source  # type: ignore[attr-defined] # each subclass declares it with its type
        return write_request(checked) | self._wire_source.flatten(source)
