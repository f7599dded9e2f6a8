"""What is said of either side: facts, each of a kind and about a place."""

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
    "word",
    "field",
    "type",
    "requiredness",
    "restriction",
    "choice",
    "deprecation",
]
"""What a fact is about.

- `protocol`: how the service is spoken to.
- `operation`, `error`, `enumeration`: that there is one of this name.
- `binding`: what an operation takes and gives.
- `word`: that an enumeration has it.
- `field`: that a shape has it, and of which type; `type` where both have it, with two types.
- `requiredness`: whether a field must be there.
- `restriction`: what a field of a request is held to.
- `choice`: fields of a request of which one excludes others.
- `deprecation`: that an operation or field is discontinued.
"""

Facts: TypeAlias = Mapping[tuple[Kind, str], str]
"""What is so, by what it is about and where, for example `("field", "Disk.iops"): "integer"`."""


@dataclass(slots=True)
class Shapes:
    """Gathers the facts about the fields of all shapes of a side.

    Attributes:
        requests: The facts about what is sent, by kind, shape and field.
        results: Those about what is answered.
    """

    requests: dict[str, dict[tuple[Kind, str], str]] = field(default_factory=dict)
    results: dict[str, dict[tuple[Kind, str], str]] = field(default_factory=dict)

    def facts(self) -> dict[tuple[Kind, str], str]:
        """Give all facts.

        Returns:
            A new dict. A shape that is both sent and answered has two sets of them.
        """
        found: dict[tuple[Kind, str], str] = {}
        for shapes in (self.requests, self.results):
            for shape, told in shapes.items():
                is_both = shapes is self.results and shape in self.requests
                place = f"{shape} (in results)" if is_both else shape
                found |= {(kind, f"{place}.{name}"): text for (kind, name), text in told.items()}
        return found


def field_facts(
    name: str, *, kind: str, is_required: bool, restriction: str, is_deprecated: bool
) -> dict[tuple[Kind, str], str]:
    """Tell the facts about a field.

    Args:
        name: Its name on the wire.
        kind: Its type.
        is_required: Whether it must be there.
        restriction: What it is held to; empty for nothing.
        is_deprecated: Whether it is discontinued.

    Returns:
        The facts.
    """
    facts: dict[tuple[Kind, str], str] = {
        ("field", name): kind,
        ("requiredness", name): "required" if is_required else "optional",
    }
    if restriction:
        facts["restriction", name] = restriction
    if is_deprecated:
        facts["deprecation", name] = DEPRECATED
    return facts


def bounds(least: object, most: object, of: str) -> list[str]:
    """Say how many or how much is taken.

    Args:
        least: The least, or None.
        most: The most, or None.
        of: Of what.

    Returns:
        No phrase or one.
    """
    match least, most:
        case None, None:
            return []
        case _, None:
            return [f"{least} or more {of}".rstrip()]
        case None, _:
            return [f"at most {most} {of}".rstrip()]
        case _:
            return [f"{least} to {most} {of}".rstrip()]


EXISTS = "exists"
DEPRECATED = "deprecated"
