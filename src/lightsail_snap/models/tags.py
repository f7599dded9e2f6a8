"""Tags of resources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, ClassVar, TypeAlias

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
from lightsail_snap.models.names import TagKey, TagValue

__all__ = [
    "ResourceTag",
    "Tag",
    "TagList",
    "TagsInput",
]

_MAX_TAGS = 50
# Bounds the validation of endless iterables.
_MAX_VALIDATED = 1000
_SOURCE = "Lightsail user guide (tags) and API reference, TagResource"

_COUNT = Requirement(
    f"must hold at most {_MAX_TAGS} tags",
    _SOURCE,
    "drop some tags, or merge their values",
)
_UNIQUE = Requirement(
    "must be the only tag with this key (keys are case-sensitive)",
    _SOURCE,
    "pass each key once",
)
_ITEM = Requirement(
    "must be a Tag",
    "shape Tag of the service model",
    'pass Tag(key="env", value="prod")',
)
_TYPE = Requirement(
    "must be a mapping of keys to values (None for a key without a value) or a sequence of Tag",
    "shape TagList of the service model",
    'pass tags={"env": "prod"} or tags=[Tag(key="env", value="prod")]',
)


class Tag(RequestModel, frozen=True):
    """Key and optional value of a resource.

    An empty value and a missing value are equal everywhere in this library, also in filters and
    policies: the service returns an empty value as a missing one (reported by its users,
    unverified). A request sends the value unchanged.

    `==` and `hash()` compare key and value only, so the tag of a request equals the tag of the
    response. Source: shape `Tag` of the service model, and the Lightsail user guide.
    """

    key: TagKey
    """Key, case-sensitive and unique on a resource."""
    value: TagValue | None = None
    """Value; None for a key-only tag."""

    __match_args__ = ("key", "value")
    if TYPE_CHECKING:
        # Both may be passed by position.
        def __init__(self, key: str, value: str | None = None) -> None: ...

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
    """Tag of an existing resource.

    The rules for new tags do not apply, since AWS sets reserved tags (`aws:...`), and a region may
    have resources with other invalid tags.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="allow", revalidate_instances="never")

    key: StrictStr
    """Key, case-sensitive and unique on a resource."""
    value: StrictStr | None = None
    """Value; None for a key-only tag."""

    if TYPE_CHECKING:

        def __init__(self, key: str, value: str | None = None) -> None: ...

    # As in `Tag`, unlike in `ResultModel`.
    @override
    def __eq__(self, other: object) -> bool:
        return Tag.__eq__(self, other)

    @override
    def __hash__(self) -> int:
        return Tag.__hash__(self)


def values_of(tags: Iterable[Tag]) -> Mapping[str, str | None]:
    """Return the values of tags by key, read-only; an empty value is None."""
    return MappingProxyType({tag.key: tag.value or None for tag in tags})


def has_tags(tags: Iterable[tuple[str, str | None]], spec: str) -> bool:
    """Return True if tags match a specification such as `key`, `key=value` or `key=,other`.

    Args:
        tags: Keys and values.
        spec: Comma-separated terms: `key` matches any value, `key=value` this one, `key=` none.

    Returns:
        True if tags match every term.
    """
    terms = {term for key, value in tags for term in (key, f"{key}={value or ''}")}
    return terms.issuperset(spec.split(","))


def _error(
    requirement: Requirement, location: tuple[int | str, ...], value: object
) -> InitErrorDetails:
    return InitErrorDetails(type=requirement.broken(), loc=location, input=value)


def _items(value: object) -> list[object]:
    if isinstance(value, Mapping):
        pairs = islice(value.items(), _MAX_VALIDATED)
        return [{"key": key, "value": tag_value} for key, tag_value in pairs]
    if isinstance(value, Iterable) and not isinstance(value, str | bytes | bytearray):
        return list(islice(value, _MAX_VALIDATED))
    raise ValidationError.from_exception_data("TagList", [_error(_TYPE, (), value)])


def _key_of(item: object) -> str | None:
    # A tag that was created without validation may lack its key.
    key = item.get("key") if isinstance(item, Mapping) else getattr(item, "key", None)
    # A subclass of str may override comparison.
    return str.__str__(key) if isinstance(key, str) else None


def _details_of(error: ValidationError) -> Iterator[InitErrorDetails]:
    """Convert errors, so that they can be raised together with others."""
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
        # In strict mode a list is no tuple.
        tags = handler(tuple(items))
    except ValidationError as error:
        errors += _details_of(error)
    if len(items) > _MAX_TAGS:
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


# For JSON Schema, which ignores the checks of a function. Only the mapping ensures unique keys.
_TagsSchema = (
    Annotated[tuple[Tag, ...], Field(max_length=_MAX_TAGS, json_schema_extra={"uniqueItems": True})]
    | Annotated[Mapping[TagKey, TagValue | None], Field(max_length=_MAX_TAGS)]
    | None
)

TagList = Annotated[tuple[Tag, ...], WrapValidator(_check_tags, json_schema_input_type=_TagsSchema)]
"""At most 50 tags with unique keys, from a mapping or a sequence of `Tag`."""

TagsInput: TypeAlias = Mapping[str, str | None] | Iterable[Tag]
"""Tags as parameters accept them: `{"env": "prod", "key-only": None}` or `[Tag(key="env")]`."""
