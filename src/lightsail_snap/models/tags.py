"""Tags: a key and an optional value on a resource."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Annotated, ClassVar, TypeAlias

from pydantic import (
    ConfigDict,
    Field,
    StrictStr,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError
from typing_extensions import override

from lightsail_snap.models._base import RequestModel, ResultModel
from lightsail_snap.models._rules import Requirement
from lightsail_snap.models._types import AS_LIST
from lightsail_snap.models.names import TagKey, TagValue

__all__ = [
    "ResourceTag",
    "Tag",
    "TagList",
    "TagsInput",
]

_MOST_TAGS = 50
# An endless iterable must end in an error too; beyond this many tags nothing new is learned.
_MOST_EXAMINED = 1000
_SOURCE = "Lightsail user guide (tags) and API reference, TagResource"

_COUNT = Requirement(
    f"must hold at most {_MOST_TAGS} tags",
    _SOURCE,
    "drop some tags, or merge their values",
)
_UNIQUE = Requirement(
    "must be the only tag with this key (keys are case-sensitive)",
    _SOURCE,
    "give each key once",
)
_ITEM = Requirement(
    "must be a Tag",
    "shape Tag of the service model",
    'write Tag(key="env", value="prod")',
)
_SHAPE = Requirement(
    "must be a mapping of keys to values (None for a key without a value) or a sequence of Tag",
    "shape TagList of the service model",
    'write tags={"env": "prod"} or tags=[Tag(key="env", value="prod")]',
)


class Tag(RequestModel, frozen=True):
    """A label on a resource.

    A tag with an empty value and a tag without a value mean the same everywhere in this library:
    they are equal, and filters and policies treat them alike, since the service returns a tag that
    was sent with an empty value as one without (reported by its users, unverified). A request sends
    the value as it is given.

    Equality and hash take key and value only, so a tag that was sent equals the one that comes
    back. Source: shape `Tag` of the service model, and the Lightsail user guide.
    """

    key: TagKey
    """What the label is about. Case-sensitive, and unique on a resource."""
    value: TagValue | None = None
    """What the label says; None for a key-only tag. The service omits it then."""

    @override
    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Tag):
            return NotImplemented
        return (self.key, self.value or None, self.model_extra or {}) == (
            other.key,
            other.value or None,
            other.model_extra or {},
        )

    @override
    def __hash__(self) -> int:
        return hash((self.key, self.value or None))


class ResourceTag(ResultModel, Tag, frozen=True):
    """A tag as a resource bears it.

    It is not held to the rules for new tags: AWS sets reserved ones (`aws:...`) itself, and a
    region may hold others that this library would not create.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="allow", revalidate_instances="never")

    key: StrictStr
    """What the label is about."""
    value: StrictStr | None = None
    """What the label says; None for a key-only tag."""

    # Those of `Tag`, not those of a result.
    @override
    def __eq__(self, other: object) -> bool:
        return Tag.__eq__(self, other)

    @override
    def __hash__(self) -> int:
        return Tag.__hash__(self)


def has_tags(tags: Iterable[tuple[str, str | None]], spec: str) -> bool:
    """Return whether tags match a specification such as `key`, `key=value` or `key=,other`.

    Args:
        tags: Keys and values.
        spec: `key` for any value or none, `key=value`, `key=` for no value; several with commas.

    Returns:
        Whether all of them are there.
    """
    found = {text for key, value in tags for text in (key, f"{key}={value or ''}")}
    return found.issuperset(spec.split(","))


def _error(
    requirement: Requirement, location: tuple[int | str, ...], given: object
) -> InitErrorDetails:
    return InitErrorDetails(type=requirement.broken(), loc=location, input=given)


def _items(value: object) -> list[object]:
    if isinstance(value, Mapping):
        pairs = islice(value.items(), _MOST_EXAMINED)
        return [{"key": key, "value": text} for key, text in pairs]
    if isinstance(value, Iterable) and not isinstance(value, str | bytes | bytearray):
        return list(islice(value, _MOST_EXAMINED))
    raise ValidationError.from_exception_data("TagList", [_error(_SHAPE, (), value)])


def _key_of(item: object) -> str | None:
    # A tag that was made without validation may lack its key.
    key = item.get("key") if isinstance(item, Mapping) else getattr(item, "key", None)
    # A subclass of str may compare as it likes; on the wire only its characters count.
    return str.__str__(key) if isinstance(key, str) else None


def _again(error: ValidationError) -> Iterator[InitErrorDetails]:
    """Restate errors, so that they can be raised together with further ones."""
    for detail in error.errors(include_url=False):
        context = {"message": detail["msg"], **detail.get("ctx", {})}
        kind = PydanticCustomError(detail["type"], "{message}", context)
        if detail["type"] == "model_type":
            kind = _ITEM.broken()
        yield InitErrorDetails(type=kind, loc=detail["loc"], input=detail["input"])


def _check_tags(value: object, handler: ValidatorFunctionWrapHandler) -> tuple[Tag, ...]:
    if value is None:
        return ()
    items = _items(value)
    errors: list[InitErrorDetails] = []
    tags: tuple[Tag, ...] = ()
    try:
        tags = handler(items)
    except ValidationError as error:
        errors += _again(error)
    if len(items) > _MOST_TAGS:
        errors.append(_error(_COUNT, (), f"{len(items)} tags"))
    seen: set[str] = set()
    for index, key in enumerate(map(_key_of, items)):
        if key is not None and key in seen:
            errors.append(_error(_UNIQUE, (index, "key"), key))
        elif key is not None:
            seen.add(key)
    if errors:
        raise ValidationError.from_exception_data("TagList", errors)
    return tags


# For JSON Schema, which sees nothing of what a function checks. It cannot say that keys are unique
# but in the form of a mapping.
_TagsTaken = (
    Annotated[
        tuple[Tag, ...], Field(max_length=_MOST_TAGS, json_schema_extra={"uniqueItems": True})
    ]
    | Annotated[Mapping[TagKey, TagValue | None], Field(max_length=_MOST_TAGS)]
    | None
)

TagList = Annotated[
    tuple[Tag, ...], WrapValidator(_check_tags, json_schema_input_type=_TagsTaken), AS_LIST
]
"""At most 50 tags with unique keys; made from a mapping or from a sequence of `Tag`."""

TagsInput: TypeAlias = Mapping[str, str | None] | Iterable[Tag]
"""What may be given for tags: `{"env": "prod", "key-only": None}` or `[Tag(key="env")]`."""
