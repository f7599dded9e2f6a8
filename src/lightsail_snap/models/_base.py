"""Base classes of all models: validation, and reading and writing of the wire format."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from threading import RLock
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    StrictStr,
    ValidationError,
    main,
)
from pydantic.alias_generators import to_camel
from pydantic_core import core_schema
from typing_extensions import override

from lightsail_snap._text import short_repr
from lightsail_snap.errors import RequestValidationError, ResponseValidationError, Violation
from lightsail_snap.models._rules import violations
from lightsail_snap.models.names import PageToken

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler

    from lightsail_snap.errors import LightsailSnapError

__all__ = [
    "ItemT",
    "PageT",
    "PagedRequest",
    "PagedResult",
    "Request",
    "ResponseMetadata",
    "Result",
    "ResultT",
]


# In older versions of pydantic two threads may build a model at once, which then validates like its
# parent. Newer versions have a lock; a second one could be acquired in another order.
_rebuild_lock: AbstractContextManager[object] = getattr(main, "_rebuild_lock", None) or RLock()


class ValidatedModel(BaseModel, frozen=True):
    """Frozen model whose constructor raises an error of this library."""

    _rule_source: ClassVar[str] = "lightsail_snap"
    """Source of the rules that declare none."""

    def __init__(self, /, **data: Any) -> None:  # noqa: ANN401 - pydantic's own signature
        try:
            super().__init__(**data)
        except Exception as error:
            raise self._validation_error(error, data) from error

    # Without this mark pydantic would call __init__ for nested models too, and the first error
    # there would end the validation. SQLModel relies on the same mark.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined] # functions take any

    @classmethod
    def _validation_error(cls, error: Exception, payload: object) -> LightsailSnapError:  # noqa: ARG003 - results store the payload
        """Translate an exception that was raised while a payload was validated."""
        return RequestValidationError(cls.__name__, violations(cls, error))


class WireModel(ValidatedModel, frozen=True):
    """Model of a shape of the Lightsail API: snake_case names here, camelCase on the wire."""

    _rule_source: ClassVar[str] = "Lightsail service model"

    model_config: ClassVar[ConfigDict] = ConfigDict(
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        loc_by_alias=False,
        # Timestamps are seconds. By default pydantic reads large numbers as milliseconds, which
        # gives a wrong date instead of an error.
        val_temporal_unit="seconds",
        # Most programs use few models, so each is built on first use. For the same reason
        # `use_attribute_docstrings` is off: pydantic would parse the source at every import.
        defer_build=True,
    )

    @classmethod
    @override
    def model_rebuild(
        cls,
        *,
        force: bool = False,
        raise_errors: bool = True,
        _parent_namespace_depth: int = 2,
        _types_namespace: Mapping[str, Any] | None = None,
    ) -> bool | None:
        """Build the model in one thread at a time. pydantic calls it on first use.

        Args:
            force: True to build the model again.
            raise_errors: True to raise errors.

        Returns:
            None if the model was built already, else whether it is built now.
        """
        with _rebuild_lock:
            return super().model_rebuild(
                force=force,
                raise_errors=raise_errors,
                # This method adds a frame.
                _parent_namespace_depth=_parent_namespace_depth + 1,
                _types_namespace=_types_namespace,
            )

    @classmethod
    def from_wire(cls, payload: Mapping[str, object] | bytes) -> Self:
        """Read the model from its wire format.

        Args:
            payload: A dict with camelCase keys, or a JSON object as bytes.

        Returns:
            The model. `from_wire(model.to_wire()) == model` always holds.

        Raises:
            RequestValidationError: If a part of a request is invalid.
            ResponseValidationError: If a part of a response is invalid.
        """
        try:
            if isinstance(payload, bytes):
                return cls._from_json(payload)
            return cls._from_dict(cls._copied(payload))
        except Exception as error:
            raise cls._validation_error(error, payload) from error

    @classmethod
    def _copied(cls, payload: object) -> object:
        """Return a payload that no other code changes."""
        return payload

    @classmethod
    def _from_dict(cls, payload: Any) -> Self:  # noqa: ANN401 - any input
        return cls.model_validate(payload, by_alias=True, by_name=False)

    @classmethod
    def _from_json(cls, body: bytes) -> Self:
        try:
            read = cls.__pydantic_validator__.validate_json
            model: Self = read(body, by_alias=True, by_name=False)
        except ValidationError as error:
            # The standard library's parser, which botocore uses, decides: it reads JSON that
            # pydantic refuses, such as a lone surrogate in a string or a byte order mark.
            try:
                parsed = json.loads(body)
            except (ValueError, RecursionError):
                raise error from None
        else:
            return model
        return cls._from_dict(parsed)

    def to_wire(self) -> dict[str, Any]:
        """Return the wire format of the model.

        Returns:
            A new dict with camelCase keys and JSON types.
        """
        raise NotImplementedError  # pragma: no cover - requests and results override it


class RequestModel(WireModel, frozen=True):
    """Model of a request or a part of one. Unknown fields are refused, all values are checked."""

    # Checks instances that were created without validation (`model_construct`) where they are used.
    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", revalidate_instances="always")

    @override
    def to_wire(self) -> dict[str, Any]:
        """Return the wire format of the model.

        Returns:
            A new dict with camelCase keys and JSON types, without fields that are None.
        """
        aliases = _plain_aliases(type(self))
        wire, rest = ({}, None) if aliases is None else _written(self, aliases)
        if rest is None or rest:
            dumped = self.model_dump(include=rest, by_alias=True, exclude_none=True)
            shapes = {
                field.alias
                for name, field in type(self).model_fields.items()
                if isinstance(self.__dict__.get(name), BaseModel)
            }
            # An empty list means the same as an absent one; an empty object does not.
            wire |= {
                name: value
                for name, value in dumped.items()
                if name in shapes or value not in ([], {})
            }
        return wire


@cache
def _plain_aliases(model: type[BaseModel]) -> tuple[tuple[str, str], ...] | None:
    """Return pairs of names and wire names, or None if the model has its own serializers."""
    decorators = model.__pydantic_decorators__
    if decorators.field_serializers or decorators.model_serializers:
        return None
    return tuple((name, field.alias or name) for name, field in model.model_fields.items())


_PLAIN = frozenset({str, bool, int})


def _written(
    model: BaseModel, aliases: tuple[tuple[str, str], ...]
) -> tuple[dict[str, Any], set[str]]:
    """Return the wire dict of the plain fields, much faster than pydantic, and the other names."""
    wire: dict[str, Any] = {}
    rest: set[str] = set()
    values = model.__dict__
    for name, alias in aliases:
        value = values.get(name)
        kind = type(value)
        if value is None or (kind is tuple and not value):
            continue
        if kind in _PLAIN:
            wire[alias] = value
        elif kind is tuple and (items := [_plain_dict(item) for item in value]) and all(items):
            wire[alias] = items
        elif item := _plain_dict(value):
            wire[alias] = item
        else:
            rest.add(name)
    return wire, rest


def _plain_dict(value: object) -> dict[str, Any] | None:
    """Return the wire dict of a model that has plain fields only, else None."""
    if not isinstance(value, RequestModel):
        return None
    wire: dict[str, Any] = {}
    for name, alias in _plain_aliases(type(value)) or ():
        field = value.__dict__.get(name)
        if type(field) in _PLAIN:
            wire[alias] = field
        elif field is not None:
            return None
    return wire


class ResultModel(WireModel, frozen=True):
    """Model of a response or a part of one. `model_extra` and `to_wire` keep unknown fields."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="allow")

    @classmethod
    @override
    def _validation_error(cls, error: Exception, payload: object) -> LightsailSnapError:
        # The caller cannot fix a response.
        found = tuple(replace(violation, fix="") for violation in violations(cls, error))
        return ResponseValidationError(cls.__name__, found, payload)

    @override
    def to_wire(self) -> dict[str, Any]:
        """Return the wire format of the model.

        Returns:
            A new dict with camelCase keys: the received fields, unknown ones included.
        """
        wire = self.model_dump(by_alias=True, exclude_unset=True)
        _drop_echoes(self, wire)
        return wire

    @classmethod
    @override
    def _copied(cls, payload: object) -> object:
        # Unknown fields are stored as they are, so they must not be shared with the caller.
        return copy.deepcopy(payload)


def _drop_echoes(model: BaseModel, wire: dict[str, Any]) -> None:
    """Remove fields that pydantic counts as set only because an unknown field has their name."""
    for name, field in type(model).model_fields.items():
        alias, value = field.alias or name, getattr(model, name)
        if name in (model.model_extra or {}) and value == field.get_default():
            wire.pop(alias, None)
        elif isinstance(value, BaseModel) and alias in wire:
            _drop_echoes(value, wire[alias])
        elif isinstance(value, tuple) and alias in wire:
            for item, written in zip(value, wire[alias], strict=True):
                if isinstance(item, BaseModel):
                    _drop_echoes(item, written)


@dataclass(frozen=True, slots=True)
class ResponseMetadata:
    """Facts about a response, for example for a support case.

    Attributes:
        request_id: Id of the request, if present.
        http_status: HTTP status, if known.
        retry_attempts: Number of retries by botocore before this response.
        date: Time of the response by the service's clock, in seconds, if present.
    """

    request_id: str | None = None
    http_status: int | None = None
    retry_attempts: int = 0
    date: datetime | None = None


_METADATA = "_response_metadata"
_NO_METADATA = ResponseMetadata()


def set_metadata(result: Result, metadata: ResponseMetadata) -> None:
    """Set the metadata of a result that no other code refers to yet."""
    # As pydantic sets a private attribute, but without the check for frozen models.
    object.__setattr__(result, "__pydantic_private__", {_METADATA: metadata})


def _alias(cls: type[BaseModel], argument: Any) -> Any:  # noqa: ANN401 - as in typing
    """Bind a generic class to a type, without the additional model that pydantic creates."""
    if isinstance(argument, TypeVar):
        return BaseModel.__class_getitem__.__func__(cls, argument)  # type: ignore[attr-defined] # a class method
    # As of a class that is no model. Unlike `types.GenericAlias`, it is no class for `issubclass`.
    return super(BaseModel, cls).__class_getitem__(argument)  # type: ignore[misc] # that of Generic


class Result(ResultModel, frozen=True):
    """Response to one request."""

    # No private attribute is declared, since pydantic would call Python code for every result to
    # set the default. It copies and pickles undeclared ones as well.

    @property
    def response_metadata(self) -> ResponseMetadata:
        """Request id, HTTP status and retries of the response. Ignored by `==`."""
        private = self.__pydantic_private__ or {}
        metadata: ResponseMetadata = private.get(_METADATA, _NO_METADATA)
        return metadata

    def with_metadata(self, metadata: ResponseMetadata) -> Self:
        """Copy the result with other metadata.

        Args:
            metadata: The metadata.

        Returns:
            An equal result with this metadata.
        """
        copied = self.model_copy()
        set_metadata(copied, metadata)
        return copied

    @override
    def __eq__(self, other: object) -> bool:
        if not isinstance(other, type(self)):
            return NotImplemented
        return self.__dict__ == other.__dict__ and self.model_extra == other.model_extra

    @override
    def __hash__(self) -> int:
        # A class that defines __eq__ does not inherit __hash__.
        return hash(tuple(getattr(self, name) for name in type(self).model_fields))


def _bases(model: type[BaseModel]) -> tuple[object, ...]:
    """Return the base classes of a model as they are written, with their type arguments."""
    bases: tuple[object, ...] = vars(model).get("__orig_bases__", ())
    return bases


ItemT = TypeVar("ItemT", bound=ResultModel)


class PagedResult(Result, Generic[ItemT], frozen=True):
    """One page of a listing."""

    if not TYPE_CHECKING:
        __class_getitem__ = classmethod(_alias)

        @classmethod
        def __get_pydantic_core_schema__(
            cls, source: object, handler: GetCoreSchemaHandler
        ) -> core_schema.CoreSchema:
            """Use the pages of an item type for `PagedResult[DiskSnapshot]` as a field's type."""
            if isinstance(source, type):
                return handler(source)
            pages = [page for page in PagedResult.__subclasses__() if source in _bases(page)]
            schemas: list[Any] = [handler.generate_schema(page) for page in pages]
            return schemas[0] if len(schemas) == 1 else core_schema.union_schema(schemas)

    next_page_token: StrictStr | None = None
    """Token of the next page; None on the last page."""

    @property
    def items(self) -> tuple[ItemT, ...]:
        """Items of the page, in the service's order."""
        raise NotImplementedError  # pragma: no cover - every listing overrides it


ResultT = TypeVar("ResultT", bound=Result)


class Request(RequestModel, Generic[ResultT], frozen=True):
    """Call of an API operation. The type argument is the type of its result."""

    if not TYPE_CHECKING:
        __class_getitem__ = classmethod(_alias)

    # A slot, so that copies with other values do not inherit it.
    __slots__ = ("_is_checked",)

    operation_name: ClassVar[str]
    """The API operation, for example `CreateDiskSnapshot`."""
    is_read_only: ClassVar[bool]
    """True if the operation changes nothing, so that it is always safe to repeat."""
    _result_type: ClassVar[type[Result]]

    if not TYPE_CHECKING:
        # Hidden from type checkers, which use the signature that pydantic generates.
        def __init__(self, /, **data: object) -> None:
            super().__init__(**data)
            object.__setattr__(self, "_is_checked", True)

        __init__.__pydantic_base_init__ = True  # as in ValidatedModel

    @classmethod
    @override
    def __pydantic_init_subclass__(cls, **kwargs: object) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        for base in _bases(cls):
            bound = get_args(base)
            if bound and isinstance(bound[0], type):
                # AWS names the input shape of an operation after the operation.
                cls.operation_name = cls.__name__.removesuffix("Request")
                cls.is_read_only = cls.operation_name.startswith(("Get", "Is"))
                (cls._result_type,) = bound

    @classmethod
    def checked(cls, value: Request[ResultT]) -> Request[ResultT]:
        """Validate a request that was created without validation, for example by `model_copy`.

        Args:
            value: The request.

        Returns:
            The request, or an equal one.

        Raises:
            RequestValidationError: If the request is invalid, or not a `Request`.
        """
        kind: type[Any] = type(value)
        if not isinstance(value, Request):
            rule, fix = "must be a request", "pass for example a CreateDiskSnapshotRequest"  # type: ignore[unreachable] # callers without a type checker get here
            found = Violation("", rule, "lightsail_snap", fix, short_repr(value))
            raise RequestValidationError("Request", [found])
        if getattr(value, "_is_checked", False):
            return value
        try:
            again: Request[ResultT] = kind.model_validate(value)
        except Exception as error:
            raise kind._validation_error(error, value) from error  # noqa: SLF001 - a class of the same family
        return again

    def read_result(self, payload: Mapping[str, object] | bytes) -> ResultT:
        """Read the response to this request.

        Args:
            payload: The response body, or the dict that botocore parsed.

        Returns:
            The result.

        Raises:
            ResponseValidationError: If the response cannot be read.
        """
        try:
            return self._result_type.from_wire(payload)  # type: ignore[return-value] # it is ResultT
        except ResponseValidationError as error:
            error.may_have_executed = not self.is_read_only
            raise


PageT = TypeVar("PageT", bound=PagedResult[Any])


class PagedRequest(Request[PageT], Generic[PageT], frozen=True):
    """Request for one page of a listing."""

    page_token: PageToken | None = None
    """The `next_page_token` of the previous page; None for the first page."""
