"""What every model shares: names, freezing, and the way to the wire and back."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from threading import RLock
from types import GenericAlias
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    StrictStr,
    ValidationError,
    main,
)
from pydantic.alias_generators import to_camel
from typing_extensions import override

from lightsail_snap._text import short_repr
from lightsail_snap.errors import RequestValidationError, ResponseValidationError, Violation
from lightsail_snap.models._rules import violations
from lightsail_snap.models.names import PageToken

if TYPE_CHECKING:
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


# Older pydantic lets two threads build a model at once, and then reads with its parent's validator.
# Newer pydantic has a lock, and a second one beside it could be taken in the other order.
_building: AbstractContextManager[object] = getattr(main, "_rebuild_lock", None) or RLock()


class WireModel(BaseModel, frozen=True):
    """A shape of the Lightsail API: frozen, snake_case here, camelCase on the wire."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        loc_by_alias=False,
        # Epoch numbers on this wire are seconds; pydantic's guess would read large ones as
        # milliseconds and give a wrong date instead of an error.
        val_temporal_unit="seconds",
        # A model is built when it is first used: most programs use few. For the same reason the
        # fields' docstrings are left to readers of the source, since pydantic would have to parse
        # it at every import.
        defer_build=True,
    )

    def __init__(self, /, **data: Any) -> None:  # noqa: ANN401 - pydantic's own signature
        try:
            super().__init__(**data)
        except Exception as error:
            raise self._refusal(error, data) from error

    # Without this mark pydantic would call __init__ for every nested model too, and an inner
    # error would end the search for further ones. SQLModel relies on the same mark.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined] # functions take any

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
        """Build the model, in one thread at a time; pydantic does so when it is first used.

        Args:
            force: Whether to build it again if it is built.
            raise_errors: Whether to raise what keeps it from being built.

        Returns:
            None if it was built before; else whether it is built now.
        """
        with _building:
            return super().model_rebuild(
                force=force,
                raise_errors=raise_errors,
                # This method is a frame more.
                _parent_namespace_depth=_parent_namespace_depth + 1,
                _types_namespace=_types_namespace,
            )

    @classmethod
    def _refusal(cls, error: Exception, payload: object) -> LightsailSnapError:
        """Make the error that says why a payload is no such model."""
        raise NotImplementedError  # pragma: no cover - each of the two families has its own

    @classmethod
    def from_wire(cls, payload: Mapping[str, object] | bytes) -> Self:
        """Read the shape as it stands on the wire.

        Args:
            payload: The wire's dict (camelCase keys), or the JSON bytes of one.

        Returns:
            The model. `from_wire(model.to_wire()) == model` always holds.

        Raises:
            RequestValidationError: If a request shape breaks a rule.
            ResponseValidationError: If a result shape cannot be read.
        """
        try:
            if isinstance(payload, bytes):
                return cls._from_json(payload)
            return cls._from_dict(cls._owned(payload))
        except Exception as error:
            raise cls._refusal(error, payload) from error

    @classmethod
    def _owned(cls, payload: object) -> object:
        """Give a payload that nobody else will change."""
        return payload

    @classmethod
    def _from_dict(cls, payload: Any) -> Self:  # noqa: ANN401 - whatever a server or a caller gives
        return cls.model_validate(payload, by_alias=True, by_name=False)

    @classmethod
    def _from_json(cls, body: bytes) -> Self:
        try:
            read = cls.__pydantic_validator__.validate_json
            model: Self = read(body, by_alias=True, by_name=False)
        except ValidationError as error:
            # What is refused here is read once more the long way round, which alone decides, and
            # says why not. It also reads JSON that pydantic refuses (a lone surrogate in a string,
            # a byte order mark): botocore uses this parser, and both ways must see the same.
            try:
                parsed = json.loads(body)
            except (ValueError, RecursionError):
                raise error from None
        else:
            return model
        return cls._from_dict(parsed)

    def to_wire(self) -> dict[str, Any]:
        """Write the shape as it stands on the wire.

        Returns:
            A new dict with camelCase keys, holding only JSON's types.
        """
        raise NotImplementedError  # pragma: no cover - each of the two families has its own


class RequestModel(WireModel, frozen=True):
    """A shape that we send: unknown fields are refused, everything is checked."""

    # Instances are checked again where they are used, so one made without validation
    # (`model_construct`) does not smuggle anything into a request.
    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", revalidate_instances="always")

    @classmethod
    @override
    def _refusal(cls, error: Exception, payload: object) -> LightsailSnapError:
        return RequestValidationError(cls.__name__, violations(cls, error))

    @override
    def to_wire(self) -> dict[str, Any]:
        """Write the shape as it stands on the wire.

        Returns:
            A new dict with camelCase keys, holding only JSON's types; what is not given is absent.
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
            # What a request lists nothing of, it does not speak of; a shape says something even
            # empty.
            wire |= {
                name: value
                for name, value in dumped.items()
                if name in shapes or value not in ([], {})
            }
        return wire


@cache
def _plain_aliases(model: type[BaseModel]) -> tuple[tuple[str, str], ...] | None:
    """List names and wire names, or None if the model writes itself in a way of its own."""
    decorators = model.__pydantic_decorators__
    if decorators.field_serializers or decorators.model_serializers:
        return None
    return tuple((name, field.alias or name) for name, field in model.model_fields.items())


_PLAIN = frozenset({str, bool, int})


def _written(
    model: BaseModel, aliases: tuple[tuple[str, str], ...]
) -> tuple[dict[str, Any], set[str]]:
    """Write what is plain, in a fraction of the time that pydantic takes to begin.

    Returns:
        The wire dict of the plain fields, and the names of the others.
    """
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
    """Write a shape that has plain fields only; None for anything else."""
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
    """A shape that we receive: unknown fields are kept, in `model_extra` and on the way back."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="allow")

    @classmethod
    @override
    def _refusal(cls, error: Exception, payload: object) -> LightsailSnapError:
        # Nobody can act on advice about an answer, so it has none.
        found = tuple(replace(violation, fix="") for violation in violations(cls, error))
        return ResponseValidationError(cls.__name__, found, payload)

    @override
    def to_wire(self) -> dict[str, Any]:
        """Write the shape as it stands on the wire.

        Returns:
            A new dict with camelCase keys; it holds what was received, unknown fields included.
        """
        wire = self.model_dump(by_alias=True, exclude_unset=True)
        _drop_echoes(self, wire)
        return wire

    @classmethod
    @override
    def _owned(cls, payload: object) -> object:
        # What is unknown is kept as it is, so it must not be shared with whoever handed it in.
        return copy.deepcopy(payload)


def _drop_echoes(model: BaseModel, wire: dict[str, Any]) -> None:
    """Take out of a dump what only seems to be set.

    pydantic takes a field for set if the wire holds an unknown member that bears its Python name.
    """
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
    """How an answer came; have it at hand for a support case.

    Attributes:
        request_id: The id that the service gave the request, if it gave one.
        http_status: The HTTP status, if it is known.
        retry_attempts: How many times botocore sent the request again before this answer.
        date: When the service answered, by its own clock and to the second, if it said so.
    """

    request_id: str | None = None
    http_status: int | None = None
    retry_attempts: int = 0
    date: datetime | None = None


_METADATA = "_response_metadata"
_NO_METADATA = ResponseMetadata()


def set_metadata(result: Result, metadata: ResponseMetadata) -> None:
    """Say how the answer came, in a result that nothing else refers to yet."""
    # pydantic's way to set a private attribute of a frozen model, without its checks.
    object.__setattr__(result, "__pydantic_private__", {_METADATA: metadata})


def _alias(cls: type[BaseModel], argument: Any) -> Any:  # noqa: ANN401 - as typing has it
    """Say what a generic class is bound to, without a class of its own.

    pydantic makes one more model of each, which takes as long as the model itself and is of no use
    where no field is of the argument's type.
    """
    if isinstance(argument, TypeVar):
        return BaseModel.__class_getitem__.__func__(cls, argument)  # type: ignore[attr-defined] # a class method
    return GenericAlias(cls, argument)


class Result(ResultModel, frozen=True):
    """The answer to one request."""

    # No private attribute is declared: pydantic would call back into Python for each result that
    # it reads, to set the default. It copies and pickles what is set all the same.

    @property
    def response_metadata(self) -> ResponseMetadata:
        """How the answer came: request id, HTTP status, retries. Not part of its value."""
        private = self.__pydantic_private__ or {}
        metadata: ResponseMetadata = private.get(_METADATA, _NO_METADATA)
        return metadata

    def with_metadata(self, metadata: ResponseMetadata) -> Self:
        """Say how the answer came.

        Args:
            metadata: The facts.

        Returns:
            A result of the same value with these facts.
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
        # Defining __eq__ takes pydantic's own away.
        return hash(tuple(getattr(self, name) for name in type(self).model_fields))


ItemT = TypeVar("ItemT", bound=ResultModel)


class PagedResult(Result, Generic[ItemT], frozen=True):
    """One page of a list."""

    if not TYPE_CHECKING:
        __class_getitem__ = classmethod(_alias)

    next_page_token: StrictStr | None = None
    """What the next page is asked for with; absent on the last page."""

    @property
    def items(self) -> tuple[ItemT, ...]:
        """What the page lists, in the service's order."""
        raise NotImplementedError  # pragma: no cover - each list has its own


ResultT = TypeVar("ResultT", bound=Result)


class Request(RequestModel, Generic[ResultT], frozen=True):
    """One call of an API operation, bound by its type to the result it is answered with."""

    if not TYPE_CHECKING:
        __class_getitem__ = classmethod(_alias)

    # No field, so that copies made with other values do not inherit it.
    __slots__ = ("_is_checked",)

    operation_name: ClassVar[str]
    """The API operation, for example `CreateDiskSnapshot`."""
    is_read_only: ClassVar[bool]
    """Whether the operation changes nothing, so that repeating it is always safe."""
    _result_type: ClassVar[type[Result]]

    if not TYPE_CHECKING:
        # It takes what the one above takes, which a type checker need not be told again.
        def __init__(self, /, **data: object) -> None:
            super().__init__(**data)
            object.__setattr__(self, "_is_checked", True)

        __init__.__pydantic_base_init__ = True  # as above

    @classmethod
    @override
    def __pydantic_init_subclass__(cls, **kwargs: object) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        for base in vars(cls).get("__orig_bases__", ()):
            bound = get_args(base)
            if bound and isinstance(bound[0], type):
                # AWS names the input shape of an operation after the operation.
                cls.operation_name = cls.__name__.removesuffix("Request")
                cls.is_read_only = cls.operation_name.startswith(("Get", "Is"))
                (cls._result_type,) = bound

    @classmethod
    def checked(cls, value: Request[ResultT]) -> Request[ResultT]:
        """Check what is to be sent if it was made without validation, as copies are.

        Args:
            value: The request.

        Returns:
            The request, or an equal one.

        Raises:
            RequestValidationError: If it breaks a rule, or is no request.
        """
        kind: type[Any] = type(value)
        if not isinstance(value, Request):
            rule, fix = "must be a request", "give a CreateDiskSnapshotRequest or its like"  # type: ignore[unreachable] # callers without a type checker get here
            found = Violation("", rule, "lightsail_snap", fix, short_repr(value))
            raise RequestValidationError("Request", [found])
        if getattr(value, "_is_checked", False):
            return value
        try:
            again: Request[ResultT] = kind.model_validate(value)
        except Exception as error:
            raise kind._refusal(error, value) from error  # noqa: SLF001 - a request's own
        return again

    def read_result(self, payload: Mapping[str, object] | bytes) -> ResultT:
        """Read the answer to this request.

        Args:
            payload: The answer's JSON bytes, or the dict botocore made of them.

        Returns:
            The result.

        Raises:
            ResponseValidationError: If the answer cannot be read.
        """
        try:
            # The generic argument and _result_type are one and the same.
            return self._result_type.from_wire(payload)  # type: ignore[return-value] # see above
        except ResponseValidationError as error:
            error.may_have_executed = not self.is_read_only
            raise


PageT = TypeVar("PageT", bound=PagedResult[Any])


class PagedRequest(Request[PageT], Generic[PageT], frozen=True):
    """A request for one page of a list."""

    page_token: PageToken | None = None
    """Which page: the `next_page_token` of the page before, None for the first."""
