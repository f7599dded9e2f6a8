"""Rules in words: what constrained types want, and what is said when they do not get it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticCustomError, core_schema

from lightsail_snap._text import Description, short_repr
from lightsail_snap.errors import Violation

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import ErrorDetails

_MODEL_SOURCE = "Lightsail service model"
_LONGEST_INPUT = 1000
_BROKEN = "broken_rule"
# JSON Schema goes to engines of any kind, and few know Unicode's categories: there, what is not
# ASCII is taken.
_CATEGORIES = r"[\p{L}\p{N}\p{Z}+\-=._:/@]"
_PORTABLE = r"[^\x00-\x1f!-*,;<>?\[-\^`{-\x9f]"


@dataclass(frozen=True, slots=True)
class Requirement:
    """Says in words what a field wants, so that an error about it can be acted on.

    Attributes:
        text: What must hold.
        source: Where that comes from.
        fix: What to do about a violation.
    """

    text: str
    source: str
    fix: str

    def broken(self) -> PydanticCustomError:
        """Make the error that says so.

        Returns:
            An error for a validator to raise.
        """
        return PydanticCustomError(_BROKEN, "{rule}", self._context())

    def _context(self) -> dict[str, Any]:
        return {"rule": self.text, "source": self.source, "fix": self.fix}


# By the text of the rule, since pydantic carries only text and numbers in its errors.
_explanations: dict[str, Callable[[object], str | None]] = {}


@dataclass(frozen=True, slots=True)
class Rule(Requirement):
    """A requirement that stands for all errors of the type it annotates.

    Attributes:
        explain: Returns the fix for a value that breaks the rule; None for the general one.
    """

    explain: Callable[[object], str | None] | None = None

    def __post_init__(self) -> None:
        if self.explain is not None:
            _explanations[self.text] = self.explain

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.custom_error_schema(
            handler(source),
            custom_error_type=_BROKEN,
            custom_error_message=self.text,
            custom_error_context=self._context(),
        )

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        said = handler(schema)
        if "pattern" in said:
            said["pattern"] = said["pattern"].replace(_CATEGORIES, _PORTABLE)
        return said


def _path(location: tuple[int | str, ...]) -> str:
    path = ""
    for step in location:
        path += f"[{step}]" if isinstance(step, int) else f".{step}" if path else step
    return path


def _kept(value: object) -> object:
    # Only what pickles, equals itself and holds nothing else.
    if value is None or type(value) in {bool, int} or (type(value) is float and value == value):  # noqa: PLR0124 - NaN
        return value
    return value if type(value) is str and len(value) <= _LONGEST_INPUT else short_repr(value)


def _violation(model: type[BaseModel], error: ErrorDetails) -> Violation:
    location, given, context = error["loc"], _kept(error["input"]), error.get("ctx", {})
    root = model.model_fields.get(str(location[0])) if location else None
    stated = next((m for m in root.metadata if isinstance(m, Requirement)), None) if root else None
    is_below_union = stated and not isinstance(stated, Rule) and len(location) > 1
    if is_below_union and isinstance(location[1], str):
        # Below a union pydantic names the variant as a step of its own, which is no field.
        location = (*location[:1], *location[2:])
    field = _path(location)
    if "rule" in context:
        rule, fix = context["rule"], context["fix"]
        explain = _explanations.get(rule)
        if explain is not None:
            fix = explain(error["input"]) or fix
        return Violation(field, rule, context["source"], fix, given)
    match error["type"]:
        case "missing":
            rule, source, fix = "is required", _MODEL_SOURCE, f"give {location[-1]}"
            if stated and not isinstance(stated, Rule) and len(location) == 1:
                rule, source, fix = f"is required: {stated.text}", stated.source, stated.fix
            return Violation(field, rule, source, fix, Description("nothing"))
        case "extra_forbidden":
            fix = f"leave it out; {model.__name__} takes {', '.join(model.model_fields)}"
            return Violation(field, "is not a field of this shape", _MODEL_SOURCE, fix, given)
        case (
            "union_tag_invalid" | "union_tag_not_found" | "model_attributes_type" | "too_short"
        ) if stated:
            return Violation(field, stated.text, stated.source, stated.fix, given)
        case _:
            fix = f"give a value of the type that {model.__name__} documents"
            return Violation(field, error["msg"], _MODEL_SOURCE, fix, given)


def violations(model: type[BaseModel], error: Exception) -> tuple[Violation, ...]:
    """Translate what kept a model from being made into this library's words.

    Args:
        model: The model that was being made.
        error: What pydantic found, or what an object raised while it was looked at.

    Returns:
        All of it, in pydantic's order.
    """
    if not isinstance(error, ValidationError):
        given = Description(f"an object that raises {type(error).__name__}")
        fix = "give plain values"
        return (Violation("", "must be readable", "lightsail_snap", fix, given),)
    details = error.errors(include_url=False)
    return tuple(
        _violation(model, detail) for detail in details if not _is_mere_echo(detail, details)
    )


def _is_mere_echo(detail: ErrorDetails, details: list[ErrorDetails]) -> bool:
    # pydantic does not count items that are wrong, and then finds the list too short as well.
    place = detail["loc"]
    return detail["type"] == "too_short" and any(
        len(other["loc"]) > len(place) and other["loc"][: len(place)] == place for other in details
    )
