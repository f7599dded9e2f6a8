"""JSON Schema, draft 2020-12, of every request and result.

`json_schemas()` exports them all, `json_schema(model)` one of any shape. A schema takes and
refuses what the model does, but for what JSON Schema cannot say:

- that tags in a list have different keys: equal tags are refused, equal keys with different values
  are not;
- which characters beyond ASCII are letters, numbers or spaces, as those of tags must be: all are
  taken, since few engines of patterns know Unicode's categories;
- that a text is valid Unicode: a lone surrogate is refused by the models only;
- that `8.0` is not written like a whole number: to JSON Schema it is one;
- what `format` says (`date`, `date-time`), which a validator notes and does not check unless told
  to. Told to, it reads moments as RFC 3339 does, and the models take more (a moment without a zone
  is one in UTC, a date is its midnight) and less (no leap seconds).

Patterns are regular expressions of ECMAScript, as the specification recommends, and Python's `re`
reads them too, but for one thing: its `$` lets a newline follow.
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
from lightsail_snap.models import Request, names
from lightsail_snap.models.source import SourcedRequest, WireSource

if TYPE_CHECKING:
    from pydantic.json_schema import JsonSchemaMode, JsonSchemaValue
    from pydantic_core import core_schema

    from lightsail_snap.models._base import WireModel

Form: TypeAlias = Literal["input", "output", "wire"]
"""Which JSON is meant.

- `"input"`: what `model_validate_json` takes, with the names of the wire (`diskName`) and, in
  requests, `source`.
- `"output"`: what `model_dump_json(by_alias=True)` gives.
- `"wire"`: what Lightsail itself speaks, `from_wire` takes and `to_wire` gives: in the place of a
  `source`, the members that exclude each other. Results are the same in it as in `"input"`.
"""

DIALECT = "https://json-schema.org/draft/2020-12/schema"
"""What the schemas name as theirs."""

_NULL: Mapping[str, str] = {"type": "null"}
_DISCONTINUED = "Discontinued by the service"
# Unicode's categories Cc, Zl and Zp, and Zs: few engines know them by name, and they are settled.
_BREAKS = r"\x00-\x1f\x7f-\x9f\u2028\u2029"
_SPACES = r"\x20\xa0\u1680\u2000-\u200a\u202f\u205f\u3000"
ONE_LINE = f"^[^{_BREAKS}]*[^{_BREAKS}{_SPACES}][^{_BREAKS}]*$"
"""The pattern of a text in one line without control characters that is not all spaces."""
# What a validator checks, where it is a function that pydantic cannot look into. A test knows all.
_CHECKS: Mapping[Callable[..., object], JsonSchemaValue] = {
    names._check_one_line: {"pattern": ONE_LINE},  # noqa: SLF001 - it is told here in another language
    names._check_not_reserved: {"not": {"pattern": "^aws:"}},  # noqa: SLF001 - likewise
}


class LightsailJsonSchema(GenerateJsonSchema):
    """Generates the schemas of this module; for `model_json_schema(schema_generator=...)`.

    It knows what pydantic's own generator cannot see: checks that are functions, null in the place
    of nothing, and that a source must say its `kind`.
    """

    schema_dialect = DIALECT

    @override
    def generate(
        self, schema: core_schema.CoreSchema, mode: JsonSchemaMode = "validation"
    ) -> JsonSchemaValue:
        """Generate a schema.

        Args:
            schema: What pydantic made of a model.
            mode: Whether what is taken or what is given is meant.

        Returns:
            The schema.
        """
        said = super().generate(schema, mode)
        for shape in (said, *said.get("$defs", {}).values()):
            for member in shape.get("properties", {}).values():
                if member.get("description", "").startswith(_DISCONTINUED):
                    member["deprecated"] = True
        return {"$schema": self.schema_dialect, **said}

    @override
    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        """Generate the schema of a model.

        Args:
            schema: What pydantic made of it.

        Returns:
            The schema. What its fields' docstrings say, their descriptions say.
        """
        said = super().model_schema(schema)
        model: type[WireModel] = schema["cls"]
        for name, text in _docstrings(model).items():
            field = model.model_fields.get(name)
            if field is not None and (member := said["properties"].get(field.alias)) is not None:
                member.setdefault("description", text)
        return said

    @override
    def generate_inner(self, schema: Any) -> JsonSchemaValue:
        """Generate the schema of a part.

        Args:
            schema: What pydantic made of it.

        Returns:
            The schema.
        """
        said = super().generate_inner(schema)
        if "minLength" in said and said.get("type") != "string":
            # pydantic does not see that what is to have items is a list.
            return _with_items(said, said["minLength"])
        return said

    @override
    def field_title_should_be_set(self, schema: Any) -> bool:
        """Tell whether a field has a title.

        Args:
            schema: What pydantic made of the field.

        Returns:
            That it has none: pydantic would make it of the name, and `Sizeingb` helps nobody.
        """
        return False

    @override
    def function_after_schema(
        self, schema: core_schema.AfterValidatorFunctionSchema
    ) -> JsonSchemaValue:
        """Generate the schema of what a function checks afterwards.

        Args:
            schema: What pydantic made of it.

        Returns:
            The schema.
        """
        said = super().function_after_schema(schema)
        check = _CHECKS.get(schema["function"]["function"])
        if check is None:
            return said
        # Two patterns can only stand side by side so.
        return {**said, "allOf": [check]} if check.keys() & said.keys() else {**said, **check}

    @override
    def function_before_schema(
        self, schema: core_schema.BeforeValidatorFunctionSchema
    ) -> JsonSchemaValue:
        """Generate the schema of what a function sees first.

        Args:
            schema: What pydantic made of it.

        Returns:
            The schema; with null, if the function makes something of None.
        """
        said = super().function_before_schema(schema)
        # No function of the models that sees a value first wants pydantic's information about it.
        function: Callable[[object], object] = schema["function"]["function"]  # type: ignore[assignment] # see above
        try:
            is_null_taken = function(None) is not None
        except ValueError:
            is_null_taken = False
        return self.get_union_of_schemas([said, dict(_NULL)]) if is_null_taken else said

    @override
    def tagged_union_schema(self, schema: core_schema.TaggedUnionSchema) -> JsonSchemaValue:
        """Generate the schema of a union that a word tells apart.

        Args:
            schema: What pydantic made of it.

        Returns:
            The schema. The word is required, though each variant has it by default.
        """
        return {**super().tagged_union_schema(schema), "required": [schema["discriminator"]]}

    @override
    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        """Generate the schema of a mapping.

        Args:
            schema: What pydantic made of it.

        Returns:
            The schema. All its keys are held to the pattern; pydantic lets others pass.
        """
        said = super().dict_schema(schema)
        for pattern, value in said.pop("patternProperties", {}).items():
            said["propertyNames"] = {**said.get("propertyNames", {}), "pattern": pattern}
            said["additionalProperties"] = value
        return said


@cache
def _docstrings(model: type) -> Mapping[str, str]:
    """Read what stands below each field of a model and of those it is made of.

    pydantic could (`use_attribute_docstrings`), but would at every start of every program.
    """
    found: dict[str, str] = {}
    for shape in reversed(model.__mro__):
        if not shape.__module__.startswith(models.__name__):
            continue
        try:
            body = ast.parse(dedent(inspect.getsource(shape))).body
        except OSError:
            # A program may be delivered without sources, and a parametrised shape has none.
            continue
        for statement, text in pairwise(node for top in body for node in ast.iter_child_nodes(top)):
            match statement, text:
                case (
                    ast.AnnAssign(target=ast.Name(id=name)),
                    ast.Expr(value=ast.Constant(value=str() as said)),
                ):
                    found[name] = inspect.cleandoc(said)
                case _:
                    pass
    return found


def _with_items(schema: JsonSchemaValue, least: int) -> JsonSchemaValue:
    """Demand items of a list, or of what may be written in the place of one."""
    said = {name: value for name, value in schema.items() if name != "minLength"}
    if "anyOf" in said:
        said["anyOf"] = [_with_items(one, least) for one in said["anyOf"] if one != _NULL]
        return said
    return {**said, "minItems" if said["type"] == "array" else "minProperties": least}


def json_schema(model: type[WireModel], *, form: Form = "input") -> dict[str, Any]:
    """Describe one model.

    Args:
        model: The model, for example `CreateDiskSnapshotRequest` or `DiskSnapshot`.
        form: Which JSON is meant.

    Returns:
        A JSON Schema, draft 2020-12.
    """
    mode: JsonSchemaMode = "serialization" if form == "output" else "validation"
    schema = model.model_json_schema(schema_generator=LightsailJsonSchema, mode=mode)
    if form == "wire" and issubclass(model, SourcedRequest):
        return _flattened(schema, model._wire_source)  # noqa: SLF001 - the models' own table
    return schema


def json_schemas(*, form: Form = "input") -> dict[str, dict[str, Any]]:
    """Describe every request and every result.

    Args:
        form: Which JSON is meant.

    Returns:
        A JSON Schema, draft 2020-12, for the name of each model.
    """
    requests = [
        model
        for model in models.exported().values()
        if isinstance(model, type)
        and issubclass(model, Request)
        # What has none is what several requests have in common.
        and hasattr(model, "operation_name")
    ]
    pairs = ((request, request._result_type) for request in requests)  # noqa: SLF001 - the models' own table
    return {model.__name__: json_schema(model, form=form) for pair in pairs for model in pair}


def _flattened(schema: JsonSchemaValue, source: WireSource) -> JsonSchemaValue:
    """Put members that exclude each other in the place of a source."""
    rest = dict(schema["properties"])
    definitions = dict(schema["$defs"])
    references = rest.pop("source")["discriminator"]["mapping"]
    variants = {kind: definitions.pop(at.rpartition("/")[2]) for kind, at in references.items()}
    members: dict[str, Any] = {}
    choices: list[dict[str, Any]] = []
    for kind, fields in source.variants.items():
        for ours, name in fields.items():
            member = dict(variants[kind]["properties"][to_camel(ours)])
            description = {key: member.pop(key) for key in ("description",) if key in member}
            # Null says the same as absence.
            members[name] = {"anyOf": [member, dict(_NULL)], **description}
        needed: dict[str, Any] = {name: {"not": dict(_NULL)} for name in fields.values()}
        if kind in source.flags:
            flag = source.flags[kind]
            members[flag] = {"type": ["boolean", "null"], "default": None}
            needed[flag] = {"const": True}
        choices.append({"title": kind, "required": [*needed], "properties": needed})
    for choice in choices:
        needed = choice["properties"]
        for name in sorted(source.members - needed.keys()):
            # A flag that is false says the same as its absence, too.
            is_flag = name in source.flags.values()
            needed[name] = {"enum": [None, False]} if is_flag else dict(_NULL)
    flat: dict[str, Any] = {
        **schema,
        "properties": {**members, **rest},
        "required": [name for name in schema["required"] if name != "source"],
        "oneOf": choices,
    }
    flat.pop("$defs")
    return {**flat, "$defs": definitions} if definitions else flat
