"""JSON Schema, draft 2020-12, of every request and result.

`json_schemas()` returns all of them, `json_schema(model)` that of one model. A schema accepts the
same documents as its model, with exceptions that JSON Schema cannot express:

- The keys of a list of tags may repeat; only equal tags are refused.
- Characters beyond ASCII are all accepted in tags, since few regular expression engines know
  Unicode's categories.
- A string may contain lone surrogates; the models refuse them.
- `8.0` counts as an integer.
- A timestamp may also be a number of epoch seconds, which only the form `"wire"` documents, since
  `model_dump_json` writes ISO 8601.
- `format` (`date`, `date-time`) is checked by a validator only if enabled. RFC 3339 timestamps
  require a time zone and allow leap seconds; the models read a timestamp without a zone as UTC, a
  date as its midnight, and refuse leap seconds.

Patterns are regular expressions of ECMAScript, as the specification recommends. Python's `re` reads
them as well, but its `$` also matches before a final newline.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Mapping
from functools import cache
from itertools import pairwise
from textwrap import dedent
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from pydantic.alias_generators import to_camel
from pydantic.json_schema import GenerateJsonSchema
from typing_extensions import override

from lightsail_snap import models
from lightsail_snap.models import names
from lightsail_snap.models.source import SourcedRequest, WireSource

if TYPE_CHECKING:
    from pydantic.json_schema import JsonSchemaMode, JsonSchemaValue
    from pydantic_core import core_schema

    from lightsail_snap.models._base import WireModel

__all__ = ["DIALECT", "Form", "LightsailJsonSchema", "json_schema", "json_schemas"]

Form: TypeAlias = Literal["input", "output", "wire"]
"""Form of the JSON documents.

- `"input"`: accepted by `model_validate_json`, with wire names (`diskName`) and, in requests,
  `source`.
- `"output"`: returned by `model_dump_json(by_alias=True)`.
- `"wire"`: the API of Lightsail, as in `from_wire` and `to_wire`, with mutually exclusive fields
  instead of a `source`, and with numbers of epoch seconds as timestamps.
"""

DIALECT = "https://json-schema.org/draft/2020-12/schema"
"""Value of `$schema`."""

_NULL: Mapping[str, str] = {"type": "null"}
_TIMESTAMP: Mapping[str, str] = {"type": "string", "format": "date-time"}
# The range of `datetime`, in seconds since 1970. The service sends numbers.
_EPOCH_SECONDS: Mapping[str, object] = {
    "type": "number",
    "minimum": -62_135_596_800,
    "exclusiveMaximum": 253_402_300_800,
}
_DISCONTINUED = "Discontinued by the service"
# Unicode's categories Cc, Zl and Zp, and Zs. Few engines know their names, and they do not change.
_BREAKS = r"\x00-\x1f\x7f-\x9f\u2028\u2029"
_SPACES = r"\x20\xa0\u1680\u2000-\u200a\u202f\u205f\u3000"
ONE_LINE = f"^[^{_BREAKS}]*[^{_BREAKS}{_SPACES}][^{_BREAKS}]*$"
"""Pattern of a string in one line, without control characters and not all spaces."""
# JSON Schema of validator functions. A test finds missing ones.
_CHECKS: Mapping[Callable[..., object], JsonSchemaValue] = {
    names._check_one_line: {"pattern": ONE_LINE},  # noqa: SLF001 - its counterpart in JSON Schema
    names._check_not_reserved: {"not": {"pattern": "^aws:"}},  # noqa: SLF001 - its counterpart in JSON Schema
}


class LightsailJsonSchema(GenerateJsonSchema):
    """Generator of the schemas, for `model_json_schema(schema_generator=...)`.

    Unlike pydantic's generator it covers checks by functions, null for absent fields, and the
    required `kind` of a source.
    """

    schema_dialect = DIALECT
    """The value of `$schema`."""

    @override
    def generate(
        self, schema: core_schema.CoreSchema, mode: JsonSchemaMode = "validation"
    ) -> JsonSchemaValue:
        """Generate a schema, with `$schema` and `deprecated` fields."""
        json_schema = super().generate(schema, mode)
        for model in (json_schema, *json_schema.get("$defs", {}).values()):
            for field in model.get("properties", {}).values():
                if field.get("description", "").startswith(_DISCONTINUED):
                    field["deprecated"] = True
        return {"$schema": self.schema_dialect, **json_schema}

    @override
    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        """Generate the schema of a model, with the docstrings of its fields."""
        json_schema = super().model_schema(schema)
        model: type[WireModel] = schema["cls"]
        for name, docstring in _docstrings(model).items():
            info = model.model_fields.get(name)
            field = json_schema["properties"].get(info.alias) if info is not None else None
            if field is not None:
                field.setdefault("description", docstring)
        return json_schema

    @override
    def generate_inner(self, schema: Any) -> JsonSchemaValue:
        """Generate the schema of a part."""
        json_schema = super().generate_inner(schema)
        if "minLength" in json_schema and json_schema.get("type") != "string":
            # pydantic writes minLength for lists and mappings, too.
            return _with_items(json_schema, json_schema["minLength"])
        return json_schema

    @override
    def field_title_should_be_set(self, schema: Any) -> bool:
        """Omit titles, which pydantic derives from names: `Sizeingb`."""
        return False

    @override
    def function_after_schema(
        self, schema: core_schema.AfterValidatorFunctionSchema
    ) -> JsonSchemaValue:
        """Generate the schema of a value that a function checks."""
        json_schema = super().function_after_schema(schema)
        check = _CHECKS.get(schema["function"]["function"])
        if check is None:
            return json_schema
        # A schema has one pattern at most.
        has_conflict = check.keys() & json_schema.keys()
        return {**json_schema, "allOf": [check]} if has_conflict else {**json_schema, **check}

    @override
    def function_before_schema(
        self, schema: core_schema.BeforeValidatorFunctionSchema
    ) -> JsonSchemaValue:
        """Generate the schema of a value that a function converts, with null if it accepts None."""
        json_schema = super().function_before_schema(schema)
        # No such function of the models has pydantic's second parameter.
        function: Callable[[object], object] = schema["function"]["function"]  # type: ignore[assignment] # see above
        try:
            is_nullable = function(None) is not None
        except ValueError:
            is_nullable = False
        return self.get_union_of_schemas([json_schema, dict(_NULL)]) if is_nullable else json_schema

    @override
    def tagged_union_schema(self, schema: core_schema.TaggedUnionSchema) -> JsonSchemaValue:
        """Generate the schema of a union, with a required discriminator."""
        return {**super().tagged_union_schema(schema), "required": [schema["discriminator"]]}

    @override
    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        """Generate the schema of a mapping. All keys must match the pattern."""
        json_schema = super().dict_schema(schema)
        for pattern, value in json_schema.pop("patternProperties", {}).items():
            names_schema = json_schema.get("propertyNames", {})
            json_schema["propertyNames"] = {**names_schema, "pattern": pattern}
            json_schema["additionalProperties"] = value
        return json_schema


@cache
def _docstrings(model: type) -> Mapping[str, str]:
    """Read the docstrings of fields, which pydantic would read at import."""
    found: dict[str, str] = {}
    for base in reversed(model.__mro__):
        if not base.__module__.startswith(models.__name__):
            continue
        try:
            body = ast.parse(dedent(inspect.getsource(base))).body
        except OSError:
            # The package may be installed without sources, and a parametrised model has none.
            continue
        nodes = (node for top in body for node in ast.iter_child_nodes(top))
        for statement, following in pairwise(nodes):
            match statement, following:
                case (
                    ast.AnnAssign(target=ast.Name(id=name)),
                    ast.Expr(value=ast.Constant(value=str() as docstring)),
                ):
                    found[name] = inspect.cleandoc(docstring)
                case _:
                    pass
    return found


def _with_items(schema: JsonSchemaValue, minimum: int) -> JsonSchemaValue:
    """Require items of a list, or of a mapping that may replace it."""
    rest = {name: value for name, value in schema.items() if name != "minLength"}
    if "anyOf" in rest:
        rest["anyOf"] = [_with_items(each, minimum) for each in rest["anyOf"] if each != _NULL]
        return rest
    return {**rest, "minItems" if rest["type"] == "array" else "minProperties": minimum}


def json_schema(model: type[WireModel], *, form: Form = "input") -> dict[str, Any]:
    """Return the schema of one model.

    Args:
        model: The model, for example `CreateDiskSnapshotRequest` or `DiskSnapshot`.
        form: Form of the JSON documents.

    Returns:
        A JSON Schema, draft 2020-12.
    """
    mode: JsonSchemaMode = "serialization" if form == "output" else "validation"
    schema = model.model_json_schema(schema_generator=LightsailJsonSchema, mode=mode)
    if form != "wire":
        return schema
    if issubclass(model, SourcedRequest):
        return _flatten_source(schema, model._wire_source)  # noqa: SLF001 - the wire format of the model
    _accept_epoch_seconds(schema)
    return schema


def json_schemas(*, form: Form = "input") -> dict[str, dict[str, Any]]:
    """Return the schemas of every request and every result.

    Args:
        form: Form of the JSON documents.

    Returns:
        JSON Schemas, draft 2020-12, by the name of the model.
    """
    requests = models.request_types().values()
    pairs = ((request, request._result_type) for request in requests)  # noqa: SLF001 - bound by the class
    return {model.__name__: json_schema(model, form=form) for pair in pairs for model in pair}


def _accept_epoch_seconds(schema: dict[str, Any] | list[Any]) -> None:
    """Accept numbers as well as strings wherever a schema has an optional timestamp."""
    for part in schema.values() if isinstance(schema, dict) else schema:
        if isinstance(part, list) and _TIMESTAMP in part:
            part.insert(0, dict(_EPOCH_SECONDS))
        elif isinstance(part, dict | list):
            _accept_epoch_seconds(part)


def _flatten_source(schema: JsonSchemaValue, source: WireSource) -> JsonSchemaValue:
    """Replace a `source` by mutually exclusive fields."""
    rest = dict(schema["properties"])
    definitions = dict(schema["$defs"])
    references = rest.pop("source")["discriminator"]["mapping"]
    variants = {kind: definitions.pop(at.rpartition("/")[2]) for kind, at in references.items()}
    fields: dict[str, Any] = {}
    choices: list[dict[str, Any]] = []
    for kind, names_by_field in source.variants.items():
        for name, wire_name in names_by_field.items():
            field = dict(variants[kind]["properties"][to_camel(name)])
            description = {key: field.pop(key) for key in ("description",) if key in field}
            # Null means the same as absent.
            fields[wire_name] = {"anyOf": [field, dict(_NULL)], **description}
        required: dict[str, Any] = {
            wire_name: {"not": dict(_NULL)} for wire_name in names_by_field.values()
        }
        if kind in source.flags:
            flag = source.flags[kind]
            fields[flag] = {"type": ["boolean", "null"], "default": None}
            required[flag] = {"const": True}
        choices.append({"title": kind, "required": [*required], "properties": required})
    for choice in choices:
        properties = choice["properties"]
        for wire_name in sorted(source.members - properties.keys()):
            # A flag that is false means the same as an absent one, too.
            is_flag = wire_name in source.flags.values()
            properties[wire_name] = {"enum": [None, False]} if is_flag else dict(_NULL)
    flat: dict[str, Any] = {
        **schema,
        "properties": {**fields, **rest},
        "required": [name for name in schema["required"] if name != "source"],
        "oneOf": choices,
    }
    flat.pop("$defs")
    return {**flat, "$defs": definitions} if definitions else flat
