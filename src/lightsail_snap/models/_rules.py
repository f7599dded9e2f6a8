"""Rules for constrained types, and the translation of pydantic's errors into violations."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticCustomError, core_schema

from lightsail_snap._text import Description, did_you_mean, short_repr
from lightsail_snap.errors import Violation

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import ErrorDetails

UNKNOWN_FIELD = "is not a field of this model"

_MAX_INPUT_LENGTH = 1000
_QUOTED = re.compile("'([^']*)'")
_ERROR_TYPE = "broken_rule"
# Few regular expression engines know Unicode's categories, so JSON Schema accepts all characters
# beyond ASCII.
_CATEGORIES = r"[\p{L}\p{N}\p{Z}+\-=._:/@]"
_PORTABLE = r"[^\x00-\x1f!-*,;<>?\[-\^`{-\x9f]"


@dataclass(frozen=True, slots=True)
class Requirement:
    """Rule of a field, for validators that raise its error.

    Attributes:
        rule: Condition that the value must meet, for example `must be at least one tag`.
        source: Source of the rule.
        fix: Advice for a value that breaks the rule.
    """

    rule: str
    source: str
    fix: str

    def broken(self) -> PydanticCustomError:
        """Return an error for a validator to raise."""
        return PydanticCustomError(_ERROR_TYPE, "{rule}", self._context())

    def _context(self) -> dict[str, Any]:
        return {"rule": self.rule, "source": self.source, "fix": self.fix}


# By rule, since pydantic's errors carry only strings and numbers.
_explanations: dict[str, Callable[[object], str | None]] = {}


@dataclass(frozen=True, slots=True)
class Rule(Requirement):
    """Requirement that replaces every error of the type that it annotates.

    Attributes:
        explain: Returns the fix for an invalid value, or None for the general fix.
    """

    explain: Callable[[object], str | None] | None = None

    def __post_init__(self) -> None:
        if self.explain is not None:
            _explanations[self.rule] = self.explain

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.custom_error_schema(
            handler(source),
            custom_error_type=_ERROR_TYPE,
            custom_error_message=self.rule,
            custom_error_context=self._context(),
        )

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        json_schema = handler(schema)
        if "pattern" in json_schema:
            json_schema["pattern"] = json_schema["pattern"].replace(_CATEGORIES, _PORTABLE)
        return json_schema


def violations(model: type[BaseModel], error: Exception) -> tuple[Violation, ...]:
    """Translate an exception that was raised while a model was validated, in pydantic's order."""
    if not isinstance(error, ValidationError):
        given = Description(f"an object that raises {type(error).__name__}")
        return (Violation("", "must be readable", "lightsail_snap", "pass plain values", given),)
    details = error.errors(include_url=False)
    return tuple(_violation(model, each) for each in details if not _is_redundant(each, details))


def _violation(model: type[BaseModel], error: ErrorDetails) -> Violation:
    location, given, context = error["loc"], _storable(error["input"]), error.get("ctx", {})
    root = model.model_fields.get(str(location[0])) if location else None
    metadata = root.metadata if root else []
    requirement = next((each for each in metadata if isinstance(each, Requirement)), None)
    is_union = requirement is not None and not isinstance(requirement, Rule)
    if is_union and len(location) > 1 and isinstance(location[1], str):
        # Below a union pydantic adds the name of the variant, which is not a field.
        location = (*location[:1], *location[2:])
    field = _path(location)
    if "rule" in context:
        rule, fix = context["rule"], context["fix"]
        explain = _explanations.get(rule)
        if explain is not None:
            fix = explain(error["input"]) or fix
        return Violation(field, rule, context["source"], fix, given)
    source = getattr(model, "_rule_source", "lightsail_snap")
    match error["type"]:
        case "missing":
            rule, fix = "is required", f"pass {location[-1]}"
            if requirement is not None and is_union and len(location) == 1:
                rule = f"is required: {requirement.rule}"
                source, fix = requirement.source, requirement.fix
            return Violation(field, rule, source, fix, Description("nothing"))
        case "extra_forbidden":
            return Violation(field, UNKNOWN_FIELD, source, unknown_field_fix(model, field), given)
        case "literal_error":
            values = _QUOTED.findall(context["expected"])
            fix = did_you_mean(error["input"], values) or f"write one of {', '.join(values)}"
            return Violation(field, f"must be {context['expected']}", source, fix, given)
        case (
            "union_tag_invalid" | "union_tag_not_found" | "model_attributes_type" | "too_short"
        ) if requirement is not None:
            return Violation(field, requirement.rule, requirement.source, requirement.fix, given)
        case _:
            fix = f"pass a value of the type that {model.__name__} documents"
            return Violation(field, error["msg"], source, fix, given)


def unknown_field_fix(model: type[BaseModel], field: str) -> str:
    """Return the advice for a field that a model does not have, by its path."""
    fields = model.model_fields
    return (
        did_you_mean(field.rpartition(".")[2], fields)
        or f"leave it out; {model.__name__} takes {', '.join(fields)}"
    )


def _path(location: tuple[int | str, ...]) -> str:
    path = ""
    for step in location:
        path += f"[{step}]" if isinstance(step, int) else f".{step}" if path else step
    return path


def _storable(value: object) -> object:
    """Return a plain scalar as it is, which pickles and equals itself, and else a description."""
    if value is None or type(value) in {bool, int} or (type(value) is float and value == value):  # noqa: PLR0124 - NaN
        return value
    is_short = type(value) is str and len(value) <= _MAX_INPUT_LENGTH
    return value if is_short else short_repr(value)


def _is_redundant(detail: ErrorDetails, details: list[ErrorDetails]) -> bool:
    # pydantic does not count invalid items, and then reports that the list is too short as well.
    place = detail["loc"]
    return detail["type"] == "too_short" and any(
        len(other["loc"]) > len(place) and other["loc"][: len(place)] == place for other in details
    )
