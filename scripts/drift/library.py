"""The facts of the library, read from the JSON Schemas of its models."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from scripts.drift.facts import EXISTS, FieldFacts, Shapes, bounds, field_facts

from lightsail_snap import errors, models
from lightsail_snap.errors import ServiceError
from lightsail_snap.json_schema import ONE_LINE, json_schema
from lightsail_snap.models import Request

# Fields of an error response. No model describes them.
_ERROR_FIELDS = ("code", "docs", "message", "tip")
# Models of one shape: a tag in a request and in a response, a disk and one without a name.
_SERVICE_NAMES = {"ResourceTag": "Tag", "InstanceDisk": "Disk"}
# Its fields are those of `Disk`, which are compared; a test compares them with the shape.
_NOT_COMPARED = frozenset({"InstanceDisk"})
# A nullable field has the type of its value.
_PLAIN_TYPES = {"['boolean', 'null']": "boolean"}
# As botocore signs and writes requests, and as the results are read.
_PROTOCOL: Mapping[str, str] = {
    "protocols": "json",
    "jsonVersion": "1.1",
    "targetPrefix": "Lightsail_20161128",
}


def library_facts() -> FieldFacts:
    """Return the facts of the library."""
    facts: FieldFacts = {("protocol", name): fact for name, fact in _PROTOCOL.items()}
    reader = _Reader()
    for request in _requests():
        name, result = request.operation_name, request._result_type  # noqa: SLF001 - the models' own table
        facts["operation", name] = EXISTS
        for side, model, shapes in (
            ("input", request, reader.shapes.requests),
            ("output", result, reader.shapes.results),
        ):
            facts["binding", f"{name}.{side}"] = model.__name__
            place = f"{name}{'Request' if side == 'input' else 'Result'}"
            reader.read(place, json_schema(model, form="wire"), shapes)
    for error in vars(errors).values():
        if _is_service_exception(error):
            facts["error", error.__name__] = EXISTS
            facts |= {("field", f"{error.__name__}.{name}"): "string" for name in _ERROR_FIELDS}
    return facts | reader.facts | reader.shapes.facts()


def _requests() -> Iterator[type[Request[Any]]]:
    for model in models.exported().values():
        # A base class of several requests has no operation.
        if (
            isinstance(model, type)
            and issubclass(model, Request)
            and hasattr(model, "operation_name")
        ):
            yield model


def _is_service_exception(error: object) -> bool:
    # The names of the service end with Exception, those of the library with Error.
    return (
        isinstance(error, type)
        and issubclass(error, ServiceError)
        and error.__name__.endswith("Exception")
    )


class _Reader:
    """Reads JSON Schemas."""

    def __init__(self) -> None:
        self.shapes = Shapes()
        self.facts: FieldFacts = {}

    def read(self, place: str, schema: Mapping[str, Any], shapes: dict[str, FieldFacts]) -> None:
        """Read a model and the models it refers to."""
        self._read_one(place, schema, shapes)
        for name, inner in schema.get("$defs", {}).items():
            if name in _NOT_COMPARED:
                continue
            self._read_one(_SERVICE_NAMES.get(name, name), inner, shapes)
        if "oneOf" in schema:
            choices = (" and ".join(sorted(each["required"])) for each in schema["oneOf"])
            self.facts["choice", place] = f"exactly one of: {'; '.join(choices)}"

    def _read_one(
        self, place: str, schema: Mapping[str, Any], shapes: dict[str, FieldFacts]
    ) -> None:
        shapes[place] = {}
        for name, field in schema["properties"].items():
            shapes[place] |= field_facts(
                name,
                kind=self._type_of(field),
                is_required=name in schema.get("required", []),
                restriction=", ".join(_restrictions(field)),
                is_deprecated=field.get("deprecated", False),
            )

    def _type_of(self, schema: Mapping[str, Any]) -> str:
        value = _not_null(schema)
        if "$ref" in value:
            name = str(value["$ref"]).rpartition("/")[2]
            return _SERVICE_NAMES.get(name, name)
        if "anyOf" in value:
            # Only an open enumeration still has alternatives: known members, and others.
            name, members = value["title"], value["anyOf"][0]["enum"]
            self.facts["enumeration", name] = EXISTS
            self.facts |= {("member", f"{name}.{member}"): EXISTS for member in members}
            return str(name)
        match value["type"]:
            case "array":
                return f"[{self._type_of(value['items'])}]"
            case "object":
                return f"{{string: {self._type_of(value['additionalProperties'])}}}"
            case "number":
                # Only timestamps have a range: that of `datetime`.
                return "timestamp" if "exclusiveMaximum" in value else "float"
            case plain:
                return _PLAIN_TYPES.get(str(plain), str(plain))


def _not_null(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the schema of the value if it is given, in the first of its forms."""
    is_enumeration = "title" in schema
    return schema if "anyOf" not in schema or is_enumeration else _not_null(schema["anyOf"][0])


def _restrictions(schema: Mapping[str, Any]) -> Iterable[str]:
    value = _not_null(schema)
    yield from bounds(value.get("minLength"), value.get("maxLength"), "characters")
    yield from bounds(value.get("minItems"), value.get("maxItems"), "items")
    if value.get("type") == "integer":
        yield from bounds(value.get("minimum"), value.get("maximum"), "")
    if "exclusiveMaximum" in value and value["type"] == "integer":
        yield f"less than {value['exclusiveMaximum']}"
    if "format" in value:
        yield f"a {value['format']}"
    for part in (value, *value.get("allOf", [])):
        if "pattern" in part:
            is_one_line = part["pattern"] == ONE_LINE
            yield "one line, not blank" if is_one_line else f"pattern {part['pattern']}"
    if "not" in value:
        yield f"no pattern {value['not']['pattern']}"
    if "items" in value:
        inner = ", ".join(_restrictions(value["items"]))
        if inner:
            yield f"each: {inner}"
