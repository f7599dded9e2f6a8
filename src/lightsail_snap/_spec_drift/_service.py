"""The facts of a service model, as botocore has it in `service-2.json`."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from lightsail_snap._spec_drift._facts import (
    DEPRECATED,
    EXISTS,
    Kind,
    Shapes,
    bounds,
    field_facts,
)

# What operations of this library's subject are called. The others are not looked at.
_RELATED = re.compile("Disk|Snapshot|Operation|Tag|Region|AddOn")
_UNITS = {"string": "characters", "list": "items"}


def is_related(operation: str) -> bool:
    """Tell whether an operation is about this library's subject.

    Args:
        operation: Its name.

    Returns:
        Whether it is called after disks, snapshots, operations, tags, regions or add-ons.
    """
    return _RELATED.search(operation) is not None


def service_facts(
    model: Mapping[str, Any], operations: Collection[str]
) -> dict[tuple[Kind, str], str]:
    """Tell the facts of a service model.

    Args:
        model: The service model.
        operations: The operations whose shapes are looked at. Of all others that are about this
            library's subject it is only said that they exist.

    Returns:
        The facts. What results are restricted to is left out: they are read whatever they hold.
    """
    reader = _Reader(model["shapes"])
    facts = _protocol(model["metadata"])
    for name, operation in model["operations"].items():
        if name not in operations:
            if is_related(name):
                facts["operation", name] = EXISTS
            continue
        facts["operation", name] = EXISTS
        if operation.get("deprecated"):
            facts["deprecation", name] = DEPRECATED
        for side, suffix in (("input", "Request"), ("output", "Result")):
            shape = operation[side]["shape"]
            facts["binding", f"{name}.{side}"] = shape
            # Under the name it is to have, so that a shape that is renamed can still be compared.
            reader.read(shape, f"{name}{suffix}", is_request=side == "input")
        for error in operation.get("errors", []):
            reader.read_error(error["shape"])
    return facts | reader.facts | reader.shapes.facts()


def _protocol(metadata: Mapping[str, Any]) -> dict[tuple[Kind, str], str]:
    protocols = metadata.get("protocols", [metadata["protocol"]])
    return {
        ("protocol", "protocols"): ", ".join(protocols),
        ("protocol", "jsonVersion"): metadata["jsonVersion"],
        ("protocol", "targetPrefix"): metadata["targetPrefix"],
    }


class _Reader:
    """Walks the shapes of a service model."""

    def __init__(self, shapes: Mapping[str, Any]) -> None:
        self._all = shapes
        self.shapes = Shapes()
        self.facts: dict[tuple[Kind, str], str] = {}

    def read_error(self, name: str) -> None:
        self.facts["error", name] = EXISTS
        for member, target in self._all[name]["members"].items():
            self.facts["field", f"{name}.{member}"] = self._kind(target["shape"], is_request=False)

    def read(self, name: str, place: str, *, is_request: bool) -> None:
        told = self.shapes.requests if is_request else self.shapes.results
        if place in told:
            return
        facts: dict[tuple[Kind, str], str] = {}
        # There already, so that a shape within itself is not walked for ever.
        told[place] = facts
        shape = self._all[name]
        for member, target in shape["members"].items():
            inner = self._all[target["shape"]]
            facts |= field_facts(
                member,
                kind=self._kind(target["shape"], is_request=is_request),
                is_required=member in shape.get("required", []),
                restriction=self._restriction(target["shape"]) if is_request else "",
                is_deprecated=bool(target.get("deprecated") or inner.get("deprecated")),
            )

    def _kind(self, name: str, *, is_request: bool) -> str:
        shape = self._all[name]
        match shape["type"]:
            case "structure":
                self.read(name, name, is_request=is_request)
                return name
            case "list":
                return f"[{self._kind(shape['member']['shape'], is_request=is_request)}]"
            case "map":
                key, value = (
                    self._kind(shape[part]["shape"], is_request=is_request)
                    for part in ("key", "value")
                )
                return f"{{{key}: {value}}}"
            case "string" if "enum" in shape:
                self.facts["enumeration", name] = EXISTS
                self.facts |= {("word", f"{name}.{word}"): EXISTS for word in shape["enum"]}
                return name
            case kind:
                return str(kind)

    def _restriction(self, name: str) -> str:
        shape = self._all[name]
        said = bounds(shape.get("min"), shape.get("max"), _UNITS.get(shape["type"], ""))
        if "pattern" in shape:
            said.append(f"pattern {shape['pattern']}")
        for part, word in (("member", "each"), ("key", "keys"), ("value", "values")):
            inner = self._restriction(shape[part]["shape"]) if part in shape else ""
            if inner:
                said.append(f"{word}: {inner}")
        return ", ".join(said)
