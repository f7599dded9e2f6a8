"""Validation of requests by the package's request models and by botocore's service model."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Collection, Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, get_args

from pydantic import TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

from lightsail_snap import models
from lightsail_snap.emulator._service_model import operation_model, service_model
from lightsail_snap.emulator._wire import Failure, invalid_input
from lightsail_snap.errors import RequestValidationError, Violation
from lightsail_snap.models import RegionName, Request, TagList
from lightsail_snap.models._rules import Rule
from lightsail_snap.models.names import DiskSize, NewResourceName, PageToken
from lightsail_snap.models.source import SourcedRequest, WireSource

if TYPE_CHECKING:
    from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

# MODEL names us-west-1, where Lightsail has no endpoint.
SERVED_REGIONS = tuple(
    region.value for region in RegionName.known_values() if region != RegionName.US_WEST_1
)
"""The Regions of Lightsail."""

_REQUEST_MODELS: Mapping[str, type[Request[Any]]] = MappingProxyType(models.request_types())

# The patterns of the service model that the service is assumed to enforce. ResourceName is not one:
# its pattern lacks the dot, which the service's own error message allows.
_ENFORCED_PATTERNS = frozenset({"NonEmptyString", "TimeOfDay", "AutoSnapshotDate"})


def _rule_of(alias: object) -> str:
    return next(part.rule for part in get_args(alias) if isinstance(part, Rule))


_NAME_RULE = _rule_of(NewResourceName)
# The handlers check these themselves, by rules and with messages of the service.
_RULES_OF_HANDLERS = frozenset({_rule_of(DiskSize), _rule_of(PageToken)})

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int, float),
    "boolean": (bool,),
    "list": (list,),
    "map": (dict,),
    "structure": (dict,),
}
_INTEGER_LIMIT = 2**31


@functools.cache
def _new_name() -> TypeAdapter[str]:
    return TypeAdapter(NewResourceName)


@functools.cache
def _tags() -> TypeAdapter[TagList]:
    return TypeAdapter(TagList)


def unsupported(operation: str, supported: Collection[str]) -> Failure:
    """Return the error for an operation that the emulator does not support."""
    tip = f"The emulator has {', '.join(sorted(supported))}."
    if operation in service_model().operation_names:
        # The service has no such type, so code that handles the service's errors does not catch it.
        message = f"{operation} is an operation of Lightsail that the emulator lacks."
        status = HTTPStatus.NOT_IMPLEMENTED
        return Failure("EmulatorLacksOperation", message, tip=tip, status=status)
    # The type is that of AWS JSON services in general; unverified for Lightsail.
    message = f"{operation!r} is no operation of Lightsail."
    return Failure("UnknownOperationException", message, tip=tip)


def check_region(region: str) -> None:
    """Raise unless a Region is one of Lightsail's."""
    # At AWS there is no endpoint in other Regions, and therefore no known response.
    if region not in SERVED_REGIONS:
        tip = f"Lightsail is in {', '.join(SERVED_REGIONS)}."
        raise invalid_input(f"Lightsail is not in the region {region!r}.", tip=tip)


def check_new_names(names: Collection[str]) -> None:
    """Raise if a new resource must not have one of these names."""
    for name in names:
        try:
            _new_name().validate_python(name)
        except ValidationError as error:
            raise invalid_input(_invalid_name(name)) from error


def check_request(operation: str, region: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return a valid request without unknown fields and nulls; raise if it breaks a rule.

    AWS JSON services ignore unknown fields, so that old services accept the requests of newer
    clients, and null means absent. The messages are unverified, but for those of resource names.
    """
    shape = operation_model(operation).input_shape
    request: dict[str, Any] = _checked_structure(shape, dict(payload), "")
    # Before the request model, which does not depend on the Region.
    _check_zone(request.get("availabilityZone"), region)
    model = _REQUEST_MODELS.get(operation)
    if model is not None:
        return _checked_by_model(model, request)
    _check_tags(request.get("tags", []))
    return request


def _checked_by_model(model: type[Request[Any]], request: dict[str, Any]) -> dict[str, Any]:
    known = _wire_fields(model)
    # A newer botocore may know fields that the model lacks, which refuses them.
    newer = {name: value for name, value in request.items() if name not in known}
    try:
        checked = model.from_wire({name: request[name] for name in request.keys() & known})
    except RequestValidationError as error:
        violations = [one for one in error.violations if one.rule not in _RULES_OF_HANDLERS]
        if violations:
            problems = (_describe(violation, model, request) for violation in violations)
            raise invalid_input("; ".join(problems)) from error
        return request
    return {**newer, **checked.to_wire()}


@functools.cache
def _wire_fields(model: type[Request[Any]]) -> frozenset[str]:
    """Return the fields of a request model on the wire."""
    fields = {to_camel(name) for name in model.model_fields}
    if issubclass(model, SourcedRequest):
        source = model._wire_source  # noqa: SLF001 - the model's own table
        fields = fields - {"source"} | set(source.flags.values())
        fields.update(*(names.values() for names in source.variants.values()))
    return frozenset(fields)


def _describe(violation: Violation, model: type[Request[Any]], request: Mapping[str, Any]) -> str:
    if violation.rule == _NAME_RULE:
        return _invalid_name(violation.input)
    source = model._wire_source if issubclass(model, SourcedRequest) else None  # noqa: SLF001 - the model's own table
    if source is not None and violation.field == "source":
        return _invalid_source(source, request)
    return f"{_wire_path(violation.field, source)} {violation.rule}"


def _wire_path(path: str, source: WireSource | None) -> str:
    """Return a field's path on the wire, which has no `source` but its fields."""
    first, dot, field = path.partition(".")
    if source is not None and first == "source" and dot:
        return next(names[field] for names in source.variants.values() if field in names)
    return to_camel(path)


def _invalid_name(name: object) -> str:
    # The second sentence is the service's, from a pull request of its Terraform provider.
    return (
        f"The name {name!r} is not valid. Resource names must be at least 2 characters long and "
        "contain only alphanumerics, -, _, and ."
    )


def _invalid_source(source: WireSource, request: Mapping[str, Any]) -> str:
    # The messages are unverified.
    names = list(dict.fromkeys(next(iter(fields.values())) for fields in source.variants.values()))
    if sum(name in request for name in names) != 1:
        return f"Give exactly one of {' and '.join(names)}."
    which = f"{source.variants['auto']['restore_date']} and {source.flags['latest-auto']}"
    automatic = source.variants["auto"]["resource_name"]
    return f"Give exactly one of {which} with {automatic}, else neither."


def _checked(shape: Shape, value: object, path: str) -> object:
    """Return a value of the shape's type, without the fields that the shape lacks."""
    is_boolean = shape.type_name == "boolean"
    if isinstance(value, bool) != is_boolean or not isinstance(value, _TYPES[shape.type_name]):
        raise _unserializable(path, f"expected a value of type {shape.type_name}")
    checker = _CHECKERS.get(shape.type_name)
    return checker(shape, value, path) if checker else value


def _unserializable(path: str, problem: str) -> Failure:
    # The type is that of AWS JSON services in general; unverified for Lightsail.
    return Failure("SerializationException", f"{path or 'The request'}: {problem}.")


def _checked_structure(
    shape: StructureShape, value: dict[str, object], path: str
) -> dict[str, object]:
    given = {
        name: _checked(field, value[name], f"{path}.{name}" if path else name)
        for name, field in shape.members.items()
        if value.get(name) is not None
    }
    missing = [name for name in shape.required_members if name not in given]
    if missing:
        where = f" of {path}" if path else ""
        raise invalid_input(f"{', '.join(missing)}{where}: required, but not given.")
    return given


def _checked_list(shape: ListShape, value: list[object], path: str) -> list[object]:
    return [_checked(shape.member, item, f"{path}[{i}]") for i, item in enumerate(value)]


def _checked_map(shape: MapShape, value: dict[str, object], path: str) -> dict[object, object]:
    return {
        _checked(shape.key, key, path): _checked(shape.value, item, f"{path}.{key}")
        for key, item in value.items()
    }


def _checked_integer(_: Shape, value: float, path: str) -> int:
    if not (-_INTEGER_LIMIT <= value < _INTEGER_LIMIT and value == int(value)):
        raise _unserializable(path, "expected an integer of 32 bits")
    return int(value)


def _checked_string(shape: StringShape, value: str, path: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise _unserializable(path, "the string has a lone surrogate") from error
    pattern = shape.metadata.get("pattern") if shape.name in _ENFORCED_PATTERNS else None
    if pattern is not None and not re.fullmatch(pattern, value, re.DOTALL):
        raise invalid_input(f"{path}: {value!r} does not match {pattern}")
    if shape.enum and value not in shape.enum:
        raise invalid_input(f"{path}: {value!r} is none of {', '.join(shape.enum)}")
    return value


_CHECKERS: Mapping[str, Callable[..., object]] = {
    "structure": _checked_structure,
    "list": _checked_list,
    "map": _checked_map,
    "integer": _checked_integer,
    "string": _checked_string,
}


def _check_tags(tags: list[dict[str, str]]) -> None:
    try:
        _tags().validate_python(tags)
    except ValidationError as error:
        raise invalid_input(f"tags: {error.errors(include_url=False)[0]['msg']}") from error


def _check_zone(zone: str | None, region: str) -> None:
    # ResourceLocation in the service model: `us-east-2a`. A snapshot's `all` is no such zone.
    if zone is not None and not re.fullmatch(f"{region}[a-f]", zone):
        tip = f"Zones of {region} are {region}a, {region}b and so on."
        raise invalid_input(f"{zone!r} is no availability zone of {region}.", tip=tip)
