"""Base classes of all models: validation, and reading and writing of the wire format."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from inspect import Parameter, Signature
from keyword import iskeyword
from threading import RLock
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar, get_args, get_type_hints

from pydantic import BaseModel, ConfigDict, StrictStr, ValidationError, main
from pydantic.alias_generators import to_camel, to_snake
from pydantic_core import SchemaSerializer, core_schema
from typing_extensions import override

from lightsail_snap._text import Description, short_repr
from lightsail_snap.errors import RequestValidationError, ResponseValidationError, Violation
from lightsail_snap.models._rules import violations
from lightsail_snap.models._types import FrozenMapping, to_epoch
from lightsail_snap.models.enums import OpenEnum
from lightsail_snap.models.names import PageToken

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler
    from pydantic.main import ReprArgs

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
_PACKAGE = __name__.partition(".")[0]


@cache
def _signature(model: type[BaseModel]) -> Signature:
    """Return the parameters of a constructor, by the names of the fields."""
    positional = _positional_fields(model)
    fields = {name: model.model_fields[name] for name in positional} | model.model_fields
    try:
        # Without the metadata of validation, which no person can read.
        types = get_type_hints(model)
    except NameError:
        # A model that a function declares may refer to its local names.
        types = {}
    parameters = [
        Parameter(
            name,
            Parameter.POSITIONAL_OR_KEYWORD if name in positional else Parameter.KEYWORD_ONLY,
            annotation=types.get(name, field.annotation),
            default=Parameter.empty
            if field.is_required()
            else field.get_default(call_default_factory=True),
        )
        for name, field in fields.items()
    ]
    return Signature(parameters, return_annotation=None)


class _SignatureByName:
    """`__signature__` of a model, created on first use and not available on instances."""

    def __get__(self, instance: object, owner: type[BaseModel]) -> Signature:
        if instance is not None:
            # `inspect.signature` of a callable model must use its `__call__`.
            message = "__signature__"
            raise AttributeError(message)
        return _signature(owner)


_SIGNATURE = _SignatureByName()


def _positional_fields(model: type[BaseModel]) -> tuple[str, ...]:
    """Return the fields that may be passed by position, which are those of class patterns."""
    return getattr(model, "__match_args__", ())


class ValidatedModel(BaseModel, frozen=True):
    """Frozen model whose constructor raises an error of this library."""

    _rule_source: ClassVar[str] = "lightsail_snap"
    """Source of the rules that declare none."""

    def __init__(self, /, *args: Any, **data: Any) -> None:  # noqa: ANN401 - pydantic's own signature
        """Create a validated, immutable model from keyword arguments named like its fields.

        Raises:
            RequestValidationError: If an argument is invalid, missing or unknown. It lists all
                problems, not only the first. (`ResponseValidationError` for models of responses.)
            TypeError: If an argument is passed by position that is keyword-only.
        """
        if args:
            data = self._named(args, data)
        try:
            super().__init__(**data)
        except Exception as error:
            raise self._validation_error(error, data) from error

    # Without this mark pydantic would call __init__ for nested models too, and the first error
    # there would end the validation. SQLModel relies on the same mark.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined] # functions take any

    @override
    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.__module__.partition(".")[0] == _PACKAGE:
            return
        for base in cls.__bases__:
            if issubclass(base, ValidatedModel) and not _is_extensible(base):
                message = (
                    f"{base.__name__} cannot be subclassed, because its fields are fixed; make it "
                    f"a field of your own model, such as "
                    f"`{to_snake(base.__name__)}: {base.__name__}`"
                )
                raise TypeError(message)

    @classmethod
    @override
    def __pydantic_init_subclass__(cls, **kwargs: object) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        cls._set_signature()

    @classmethod
    def _set_signature(cls) -> None:
        # pydantic's own has wire names, and it sets that only when it builds the model.
        cls.__signature__ = _SIGNATURE  # type: ignore[assignment] # a descriptor, as pydantic's

    @classmethod
    def _named(cls, args: tuple[object, ...], data: Mapping[str, object]) -> dict[str, object]:
        """Return the arguments of a constructor by name."""
        names = _positional_fields(cls)
        if len(args) > len(names):
            allowed = f" but {', '.join(names)}" if names else ""
            fields = ", ".join(f"{name}=..." for name in cls.model_fields)
            message = f"{cls.__name__} takes keyword arguments only{allowed}: {fields}"
            raise TypeError(message)
        named = dict(zip(names, args, strict=False))
        for name in named:
            if name in data:
                message = f"{cls.__name__} got two values for {name}"
                raise TypeError(message)
        return {**named, **data}

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
            try:
                return super().model_rebuild(
                    force=force,
                    raise_errors=raise_errors,
                    # This method adds a frame.
                    _parent_namespace_depth=_parent_namespace_depth + 1,
                    _types_namespace=_types_namespace,
                )
            finally:
                cls._set_signature()

    @override
    def __setstate__(self, state: dict[Any, Any]) -> None:
        super().__setstate__(state)
        if self.__dict__.keys() != type(self).model_fields.keys():
            self._convert_state()

    def _convert_state(self) -> None:
        """Complete the state of an instance that another version of its class pickled.

        Missing fields get their defaults. Unknown fields that were set are kept if the model keeps
        unknown fields, else they are refused: to ignore them could change the meaning of the rest.
        """
        cls, state, is_set = type(self), self.__dict__, set(self.__pydantic_fields_set__)
        fields = cls.model_fields
        unknown = {name: state[name] for name in state.keys() - fields.keys() if name in is_set}
        extra = {**(self.__pydantic_extra__ or {}), **self._kept_fields(unknown)}
        missing = {name: field for name, field in fields.items() if name not in state}
        # An older version stored a field that it did not know by its wire name.
        if any(field.alias in extra for field in missing.values()):
            given = {name: state[name] for name in is_set & state.keys() & fields.keys()}
            complete: BaseModel = cls(**given, **extra)
            values, extra = complete.__dict__, complete.__pydantic_extra__ or {}
            is_set = complete.__pydantic_fields_set__
        else:
            # A required field is missing only from an instance that was never validated.
            values = {
                name: state[name] if name in state else field.get_default(call_default_factory=True)
                for name, field in fields.items()
                if name in state or not field.is_required()
            }
            is_set = (is_set & fields.keys()) | extra.keys()
        had_extra = self.__pydantic_extra__ is not None
        object.__setattr__(self, "__dict__", values)
        object.__setattr__(self, "__pydantic_extra__", extra if extra or had_extra else None)
        object.__setattr__(self, "__pydantic_fields_set__", is_set)

    def _kept_fields(self, unknown: Mapping[str, object]) -> dict[str, object]:
        """Return the unknown fields of a pickle to keep, or raise an error."""
        given = {name: value for name, value in unknown.items() if value not in (None, ())}
        if given:
            # Raises the error about unknown fields.
            known = type(self).model_fields.keys() & self.__dict__.keys()
            type(self)(**{name: self.__dict__[name] for name in known}, **given)
        return {}

    def _repr_html_(self) -> str:
        from lightsail_snap._html import model_html  # noqa: PLC0415 - only notebooks need it

        return model_html(self)

    @classmethod
    def _validation_error(cls, error: Exception, payload: object) -> LightsailSnapError:  # noqa: ARG003 - results store the payload
        """Translate an exception that was raised while a payload was validated."""
        return RequestValidationError(cls.__name__, violations(cls, error))


def _is_extensible(base: type[ValidatedModel]) -> bool:
    # Further operations of the API can be declared with these classes.
    return base.__module__ == __name__


# As a function of pydantic's serializer, which copies values without recursion in Python.
_UNKNOWN = SchemaSerializer(core_schema.any_schema())
_SCALARS = frozenset({str, bool, int, float, type(None)})


def _wire_value(value: object, write: Callable[[Any], dict[str, Any]]) -> object:
    """Return the wire format of the value of a field; `write` converts models."""
    match value:
        case str():
            # The value of an enumeration as a plain string.
            return str.__str__(value)
        case tuple() | list():
            return [_wire_value(item, write) for item in value]
        case WireModel():
            return write(value)
        case date():
            return to_epoch(value) if isinstance(value, datetime) else value.isoformat()
        case Mapping():
            return {name: _wire_value(each, write) for name, each in value.items()}
        case _:
            return value


@cache
def _wire_names(model: type[WireModel]) -> tuple[tuple[str, str], ...]:
    """Return pairs of the names and the wire names of all fields."""
    return tuple(
        (name, field.alias or name)
        for name, field in model.model_fields.items()
        if name not in model._not_on_wire  # noqa: SLF001 - a class of this module
    )


@cache
def _has_serializers(model: type[BaseModel]) -> bool:
    """Return True if a model, which another package declares, has functions that write fields."""
    decorators = model.__pydantic_decorators__
    return bool(decorators.field_serializers or decorators.model_serializers)


class WireModel(ValidatedModel, frozen=True):
    """Model of a shape of the Lightsail API: snake_case names here, camelCase on the wire."""

    _rule_source: ClassVar[str] = "Lightsail service model"
    _not_on_wire: ClassVar[frozenset[str]] = frozenset()
    """Fields without a counterpart on the wire."""

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

    @override
    def __repr_args__(self) -> ReprArgs:
        """Yield the fields that were set, so that the `repr` is short and valid Python."""
        is_set = self.__pydantic_fields_set__
        for name, value in self.__dict__.items():
            if name in is_set:
                # The constructor also accepts the value of an enumeration.
                yield name, value.value if isinstance(value, OpenEnum) else value
        odd = {}
        for name, value in (self.__pydantic_extra__ or {}).items():
            if name.isidentifier() and not iskeyword(name):
                yield name, value
            else:
                odd[name] = value
        if odd:
            yield None, Description(f"**{odd!r}")

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

    # A slot, so that copies with other values and unpickled requests do not inherit it.
    __slots__ = ("_is_checked",)

    if not TYPE_CHECKING:
        # Hidden from type checkers, which use the signature that pydantic generates.
        def __init__(self, /, *args: object, **data: object) -> None:
            super().__init__(*args, **data)
            _set_checked(self)

        __init__.__doc__ = ValidatedModel.__init__.__doc__
        __init__.__pydantic_base_init__ = True  # as in ValidatedModel

    @classmethod
    @override
    def _from_dict(cls, payload: Any) -> Self:
        return _set_checked(super()._from_dict(payload))

    @classmethod
    @override
    def _from_json(cls, body: bytes) -> Self:
        return _set_checked(super()._from_json(body))

    def _checked(self) -> Self:
        """Return the model, or a validated copy if it was created without validation."""
        if getattr(self, "_is_checked", False):
            return self
        try:
            return _set_checked(type(self).model_validate(self))
        except Exception as error:
            raise self._validation_error(error, self) from error

    @override
    def to_wire(self) -> dict[str, Any]:
        """Return the wire format of the model.

        Returns:
            A new dict with camelCase keys and JSON types, without fields that are None.

        Raises:
            RequestValidationError: If the model was created without validation, for example by
                `model_copy`, and is invalid.
        """
        return write_request(self if getattr(self, "_is_checked", False) else self._checked())

    @override
    def _kept_fields(self, unknown: Mapping[str, object]) -> dict[str, object]:
        # `to_wire` and the clients refuse the request, unless the fields have no effect.
        return {name: value for name, value in unknown.items() if value not in (None, ())}


_RequestModelT = TypeVar("_RequestModelT", bound=RequestModel)


def _set_checked(model: _RequestModelT) -> _RequestModelT:
    """Mark a model that was validated."""
    object.__setattr__(model, "_is_checked", True)
    return model


def write_request(model: RequestModel) -> dict[str, Any]:
    """Return the wire format, in which null and an empty list mean the same as an absent field."""
    kind = type(model)
    if _has_serializers(kind):
        dumped = model.model_dump(by_alias=True, exclude_none=True)
        return {name: _wire_value(value, write_request) for name, value in dumped.items()}
    wire: dict[str, Any] = {}
    values = model.__dict__
    for name, alias in _wire_names(kind):
        value = values[name]
        if value is None or (not value and isinstance(value, tuple | FrozenMapping)):
            continue
        wire[alias] = value if type(value) in _SCALARS else _wire_value(value, write_request)
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
        return _write_result(self)

    @override
    def _kept_fields(self, unknown: Mapping[str, object]) -> dict[str, object]:
        return {to_camel(name): _wire_value(each, _write_result) for name, each in unknown.items()}

    @classmethod
    @override
    def _copied(cls, payload: object) -> object:
        # Unknown fields are stored as they are, so they must not be shared with the caller.
        return copy.deepcopy(payload)


def _write_result(model: ResultModel) -> dict[str, Any]:
    """Return the wire format: the fields that were set, and the unknown ones."""
    wire: dict[str, Any] = {}
    values, is_set, extra = model.__dict__, model.__pydantic_fields_set__, model.__pydantic_extra__
    if extra:
        # pydantic also counts a field as set if an unknown one has its name.
        is_set = is_set - _echoes(model, extra)
    for name, alias in _wire_names(type(model)):
        if name in is_set:
            value = values[name]
            wire[alias] = value if type(value) in _SCALARS else _wire_value(value, _write_result)
    if extra:
        wire |= _UNKNOWN.to_python(extra, by_alias=True)
    return wire


def _echoes(model: ResultModel, extra: Mapping[str, object]) -> set[str]:
    """Return the fields that have their defaults, and the name of an unknown field."""
    fields = type(model).model_fields
    return {
        name
        for name in extra.keys() & fields.keys()
        if model.__dict__[name] == fields[name].get_default()
    }


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
        # The order of fields may differ between versions that pickled them.
        return hash(tuple(map(self.__dict__.get, type(self).model_fields)))


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
    """Call of an API operation. The type argument is the type of its result.

    Subclass it, and `Result`, to declare a further operation of the API; other models of this
    library cannot be subclassed. The class is named like the operation: `GetBucketsRequest`.
    """

    if not TYPE_CHECKING:
        __class_getitem__ = classmethod(_alias)

    operation_name: ClassVar[str]
    """The API operation, for example `CreateDiskSnapshot`."""
    is_read_only: ClassVar[bool]
    """True if the operation changes nothing, so that it is always safe to repeat."""
    _result_type: ClassVar[type[Result]]

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
        if not isinstance(value, Request):
            raise _not_a_request(value)
        return value._checked()

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


def _not_a_request(value: object) -> RequestValidationError:
    """Return the error about another object in place of a request."""
    kind = value if isinstance(value, type) else type(value)
    name = kind.__name__
    example = _REQUESTS.get(name, "GetDiskSnapshotsRequest()")
    rule, fix = "must be a request", f"pass for example {example}"
    if isinstance(value, type) and issubclass(value, Request):
        rule = f"must be a request, not the class {name}"
        fields = ", ".join(f"{field}=..." for field in value.model_fields)
        fix = f"pass {name}({fields})"
    elif isinstance(value, ResultModel):
        rule = f"must be a request, not a result ({name})"
        fix = f"pass the request that refers to it, for example {example}"
    elif isinstance(value, Mapping):
        rule = "must be a request, not a dict"
        fix = "read it with from_wire, for example GetDiskRequest.from_wire({'diskName': 'Disk-1'})"
    found = Violation("", rule, "lightsail_snap", fix, short_repr(value))
    return RequestValidationError("request", [found])


# Requests that read a resource, for messages.
_REQUESTS = {
    "Disk": "GetDiskRequest(disk_name=...)",
    "DiskSnapshot": "GetDiskSnapshotRequest(disk_snapshot_name=...)",
    "Instance": "GetInstanceRequest(instance_name=...)",
    "InstanceSnapshot": "GetInstanceSnapshotRequest(instance_snapshot_name=...)",
    "Operation": "GetOperationRequest(operation_id=...)",
}


PageT = TypeVar("PageT", bound=PagedResult[Any])


class PagedRequest(Request[PageT], Generic[PageT], frozen=True):
    """Request for one page of a listing."""

    page_token: PageToken | None = None
    """The `next_page_token` of the previous page; None for the first page."""
