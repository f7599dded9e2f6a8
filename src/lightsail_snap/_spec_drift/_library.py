"""The facts of this library, as its JSON Schemas tell them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from lightsail_snap import errors, models
from lightsail_snap._spec_drift._facts import EXISTS, Kind, Shapes, bounds, field_facts
from lightsail_snap.errors import ServiceError
from lightsail_snap.json_schema import ONE_LINE, json_schema
from lightsail_snap.models import Request

# What is read of an error's answer; there is no model of it that could be asked.
_ERROR_MEMBERS = ("code", "docs", "message", "tip")
# Models of one shape: a tag in a request and in a response, a disk and one without a name.
_SERVICE_NAMES = {"ResourceTag": "Tag", "InstanceDisk": "Disk"}
# Its fields are those of `Disk`, which are compared; a test compares them with the shape.
_UNREAD = frozenset({"InstanceDisk"})
# A nullable field has the type of its value.
_PLAIN = {"['boolean', 'null']": "boolean"}
# As botocore signs and writes, and as the results are read.
_PROTOCOL: Mapping[str, str] = {
    "protocols": "json",
    "jsonVersion": "1.1",
    "targetPrefix": "Lightsail_20161128",
}


def library_facts() -> dict[tuple[Kind, str], str]:
    """Tell the facts of this library.

    Returns:
        The facts.
    """
    facts: dict[tuple[Kind, str], str] = {("protocol", n): t for n, t in _PROTOCOL.items()}
    reader = _Reader()
    for request in _requests():
        name, result = request.operation_name, request._result_type  # noqa: SLF001 - the models' own table
        facts["operation", name] = EXISTS
        for side, model, told in (
            ("input", request, reader.shapes.requests),
            ("output", result, reader.shapes.results),
        ):
            facts["binding", f"{name}.{side}"] = model.__name__
            place = f"{name}{'Request' if side == 'input' else 'Result'}"
            reader.read(place, json_schema(model, form="wire"), told)
    for kind in vars(errors).values():
        if _is_of_the_service(kind):
            facts["error", kind.__name__] = EXISTS
            facts |= {("field", f"{kind.__name__}.{name}"): "string" for name in _ERROR_MEMBERS}
    return facts | reader.facts | reader.shapes.facts()


def _requests() -> Iterator[type[Request[Any]]]:
    for model in models.exported().values():
        # What has no operation is what several requests have in common.
        if (
            isinstance(model, type)
            and issubclass(model, Request)
            and hasattr(model, "operation_name")
        ):
            yield model


def _is_of_the_service(kind: object) -> bool:
    # The service's names end so, ours end with Error.
    return (
        isinstance(kind, type)
        and issubclass(kind, ServiceError)
        and kind.__name__.endswith("Exception")
    )


class _Reader:
    """Walks JSON Schemas."""

    def __init__(self) -> None:
        self.shapes = Shapes()
        self.facts: dict[tuple[Kind, str], str] = {}

    def read(
        self,
        place: str,
        schema: Mapping[str, Any],
        told: dict[str, dict[tuple[Kind, str], str]],
    ) -> None:
        """Read a model and those that it refers to."""
        self._read(place, schema, told)
        for name, inner in schema.get("$defs", {}).items():
            if name in _UNREAD:
                continue
            self._read(_SERVICE_NAMES.get(name, name), inner, told)
        if "oneOf" in schema:
            choices = (" and ".join(sorted(one["required"])) for one in schema["oneOf"])
            self.facts["choice", place] = f"exactly one of: {'; '.join(choices)}"

    def _read(
        self,
        place: str,
        schema: Mapping[str, Any],
        told: dict[str, dict[tuple[Kind, str], str]],
    ) -> None:
        told[place] = {}
        for name, member in schema["properties"].items():
            told[place] |= field_facts(
                name,
                kind=self._kind(member),
                is_required=name in schema.get("required", []),
                restriction=", ".join(_restrictions(member)),
                is_deprecated=member.get("deprecated", False),
            )

    def _kind(self, schema: Mapping[str, Any]) -> str:
        said = _told(schema)
        if "$ref" in said:
            name = str(said["$ref"]).rpartition("/")[2]
            return _SERVICE_NAMES.get(name, name)
        if "anyOf" in said:
            # Only an enumeration is still open: known words, and others.
            name, words = said["title"], said["anyOf"][0]["enum"]
            self.facts["enumeration", name] = EXISTS
            self.facts |= {("word", f"{name}.{word}"): EXISTS for word in words}
            return str(name)
        match said["type"]:
            case "array":
                return f"[{self._kind(said['items'])}]"
            case "object":
                return f"{{string: {self._kind(said['additionalProperties'])}}}"
            case "number":
                # Only timestamps have a range: that of `datetime`.
                return "timestamp" if "exclusiveMaximum" in said else "float"
            case plain:
                return _PLAIN.get(str(plain), str(plain))


def _told(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give what a schema says of a value that is given, in the first of its forms."""
    is_enumeration = "title" in schema
    return schema if "anyOf" not in schema or is_enumeration else _told(schema["anyOf"][0])


def _restrictions(schema: Mapping[str, Any]) -> Iterable[str]:
    said = _told(schema)
    yield from bounds(said.get("minLength"), said.get("maxLength"), "characters")
    yield from bounds(said.get("minItems"), said.get("maxItems"), "items")
    if said.get("type") == "integer":
        yield from bounds(said.get("minimum"), said.get("maximum"), "")
    if "exclusiveMaximum" in said and said["type"] == "integer":
        yield f"less than {said['exclusiveMaximum']}"
    if "format" in said:
        yield f"a {said['format']}"
    for part in (said, *said.get("allOf", [])):
        if "pattern" in part:
            is_one_line = part["pattern"] == ONE_LINE
            yield "one line, not blank" if is_one_line else f"pattern {part['pattern']}"
    if "not" in said:
        yield f"no pattern {said['not']['pattern']}"
    if "items" in said:
        inner = ", ".join(_restrictions(said["items"]))
        if inner:
            yield f"each: {inner}"
