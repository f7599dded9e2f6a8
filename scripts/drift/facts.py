"""The facts that describe the service model and the library."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal[
    "protocol",
    "operation",
    "binding",
    "error",
    "enumeration",
    "member",
    "field",
    "type",
    "requiredness",
    "restriction",
    "choice",
    "deprecation",
]
"""Kind of a fact.

- `protocol`: protocol of the service.
- `operation`, `error`, `enumeration`: existence of a name.
- `binding`: input or output of an operation.
- `member`: member of an enumeration.
- `field`: field of a shape with its type; `type` if both sides have the field, with two types.
- `requiredness`: required or optional field.
- `restriction`: limits of a field of a request.
- `choice`: fields of a request that exclude each other.
- `deprecation`: deprecated operation or field.
"""

Facts: TypeAlias = Mapping[tuple[Kind, str], str]
"""Facts by kind and place, for example `("field", "Disk.iops"): "integer"`."""

FieldFacts: TypeAlias = dict[tuple[Kind, str], str]
"""Facts about the fields of one shape."""

EXISTS = "exists"
DEPRECATED = "deprecated"


@dataclass(slots=True)
class Shapes:
    """Facts about the fields of all shapes of one side.

    Attributes:
        requests: Facts about the shapes in requests, by shape.
        results: Facts about the shapes in results, by shape.
    """

    requests: dict[str, FieldFacts] = field(default_factory=dict)
    results: dict[str, FieldFacts] = field(default_factory=dict)

    def facts(self) -> FieldFacts:
        """Return all facts; a shape in both requests and results has two sets of them."""
        found: FieldFacts = {}
        for shapes in (self.requests, self.results):
            for shape, fields in shapes.items():
                is_in_both = shapes is self.results and shape in self.requests
                place = f"{shape} (in results)" if is_in_both else shape
                found |= {(kind, f"{place}.{name}"): fact for (kind, name), fact in fields.items()}
        return found


def field_facts(
    name: str, *, kind: str, is_required: bool, restriction: str, is_deprecated: bool
) -> FieldFacts:
    """Return the facts about a field with this name on the wire."""
    facts: FieldFacts = {
        ("field", name): kind,
        ("requiredness", name): "required" if is_required else "optional",
    }
    if restriction:
        facts["restriction", name] = restriction
    if is_deprecated:
        facts["deprecation", name] = DEPRECATED
    return facts


def bounds(minimum: object, maximum: object, unit: str) -> list[str]:
    """Return one phrase for the bounds that are not None, or none."""
    match minimum, maximum:
        case None, None:
            return []
        case _, None:
            return [f"{minimum} or more {unit}".rstrip()]
        case None, _:
            return [f"at most {maximum} {unit}".rstrip()]
        case _:
            return [f"{minimum} to {maximum} {unit}".rstrip()]
