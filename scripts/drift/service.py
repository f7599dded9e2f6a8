"""The facts of a service model, read from botocore's `service-2.json`."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from scripts.drift.facts import DEPRECATED, EXISTS, FieldFacts, Shapes, bounds, field_facts

# Operations about other resources are ignored.
_RELATED = re.compile("Disk|Snapshot|Operation|Tag|Region|AddOn")
_UNITS = {"string": "characters", "list": "items"}


def service_facts(model: Mapping[str, Any], operations: Collection[str]) -> FieldFacts:
    """Return the facts of a service model.

    The shapes of the given operations are read. Other operations about disks, snapshots,
    operations, tags, regions or add-ons have only the fact that they exist. Restrictions of
    results are left out, since the library reads results whatever they contain.
    """
    reader = _Reader(model["shapes"])
    facts = _protocol(model["metadata"])
    for name, operation in model["operations"].items():
        if name not in operations:
            if _RELATED.search(name):
                facts["operation", name] = EXISTS
            continue
        facts["operation", name] = EXISTS
        if operation.get("deprecated"):
            facts["deprecation", name] = DEPRECATED
        for side, suffix in (("input", "Request"), ("output", "Result")):
            shape = operation[side]["shape"]
            facts["binding", f"{name}.{side}"] = shape
            # Under the library's name, so that a renamed shape can still be compared.
            reader.read(shape, f"{name}{suffix}", is_request=side == "input")
        for error in operation.get("errors", []):
            reader.read_error(error["shape"])
    return facts | reader.facts | reader.shapes.facts()


def _protocol(metadata: Mapping[str, Any]) -> FieldFacts:
    protocols = metadata.get("protocols", [metadata["protocol"]])
    return {
        ("protocol", "protocols"): ", ".join(protocols),
        ("protocol", "jsonVersion"): metadata["jsonVersion"],
        ("protocol", "targetPrefix"): metadata["targetPrefix"],
    }


class _Reader:
    """Reads the shapes of a service model."""

    def __init__(self, shapes: Mapping[str, Any]) -> None:
        self._all = shapes
        self.shapes = Shapes()
        self.facts: FieldFacts = {}

    def read_error(self, name: str) -> None:
        self.facts["error", name] = EXISTS
        for field, target in self._all[name]["members"].items():
            kind = self._type_of(target["shape"], is_request=False)
            self.facts["field", f"{name}.{field}"] = kind

    def read(self, name: str, place: str, *, is_request: bool) -> None:
        known = self.shapes.requests if is_request else self.shapes.results
        if place in known:
            return
        facts: FieldFacts = {}
        # Stored first, so that a shape that contains itself ends the recursion.
        known[place] = facts
        shape = self._all[name]
        for field, target in shape["members"].items():
            inner = self._all[target["shape"]]
            facts |= field_facts(
                field,
                kind=self._type_of(target["shape"], is_request=is_request),
                is_required=field in shape.get("required", []),
                restriction=self._restriction(target["shape"]) if is_request else "",
                is_deprecated=bool(target.get("deprecated") or inner.get("deprecated")),
            )

    def _type_of(self, name: str, *, is_request: bool) -> str:
        shape = self._all[name]
        match shape["type"]:
            case "structure":
                self.read(name, name, is_request=is_request)
                return name
            case "list":
                return f"[{self._type_of(shape['member']['shape'], is_request=is_request)}]"
            case "map":
                key, value = (
                    self._type_of(shape[part]["shape"], is_request=is_request)
                    for part in ("key", "value")
                )
                return f"{{{key}: {value}}}"
            case "string" if "enum" in shape:
                self.facts["enumeration", name] = EXISTS
                self.facts |= {("member", f"{name}.{member}"): EXISTS for member in shape["enum"]}
                return name
            case kind:
                return str(kind)

    def _restriction(self, name: str) -> str:
        shape = self._all[name]
        parts = bounds(shape.get("min"), shape.get("max"), _UNITS.get(shape["type"], ""))
        if "pattern" in shape:
            parts.append(f"pattern {shape['pattern']}")
        for part, label in (("member", "each"), ("key", "keys"), ("value", "values")):
            inner = self._restriction(shape[part]["shape"]) if part in shape else ""
            if inner:
                parts.append(f"{label}: {inner}")
        return ", ".join(parts)
