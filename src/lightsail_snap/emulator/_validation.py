"""What a request must look like: the spec's own models, and the installed botocore's shapes."""

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
from lightsail_snap.emulator._wire import Failure, invalid_input
from lightsail_snap.errors import RequestValidationError, Violation
from lightsail_snap.models import RegionName, Request, TagList
from lightsail_snap.models._rules import Rule
from lightsail_snap.models.names import DiskSize, NewResourceName, PageToken
from lightsail_snap.models.source import SourcedRequest, WireSource

if TYPE_CHECKING:
    from botocore.loaders import Loader
    from botocore.model import (
        ListShape,
        MapShape,
        ServiceModel,
        Shape,
        StringShape,
        StructureShape,
    )

# MODEL names us-west-1, where Lightsail has no endpoint.
SERVED_REGIONS = tuple(
    region.value for region in RegionName.known_values() if region != RegionName.US_WEST_1
)
"""The regions of Lightsail."""

_SPEC: Mapping[str, type[Request[Any]]] = MappingProxyType(
    {
        model.operation_name: model
        for model in models.exported().values()
        if isinstance(model, type)
        and issubclass(model, Request)
        # What has none is what several requests have in common.
        and hasattr(model, "operation_name")
    }
)

# The patterns of the service model that the service is taken to enforce. ResourceName is not one:
# its pattern lacks the dot, which the service's own error text allows.
_ENFORCED_PATTERNS = frozenset({"NonEmptyString", "TimeOfDay", "AutoSnapshotDate"})

# The members that name something to be, in operations without a model in the spec.
_NEW_NAMES = {"CreateDisk": "diskName", "CreateInstances": "instanceNames"}


def _rule_of(alias: object) -> str:
    return next(said.rule for said in get_args(alias) if isinstance(said, Rule))


_NAME_RULE = _rule_of(NewResourceName)
# What the operations judge themselves, who know more of it than the spec does.
_JUDGED_LATER = frozenset({_rule_of(DiskSize), _rule_of(PageToken)})

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int, float),
    "boolean": (bool,),
    "list": (list,),
    "map": (dict,),
    "structure": (dict,),
}
_INTEGER_LIMIT = 2**31


def builtin_loader() -> Loader:
    """Make a loader of botocore's own data, without the user's `~/.aws/models`.

    Returns:
        The loader.
    """
    from botocore.loaders import Loader  # noqa: PLC0415 - importing us must not cost importing it

    return Loader(extra_search_paths=[Loader.BUILTIN_DATA_PATH], include_default_search_paths=False)


@functools.cache
def _service_model() -> ServiceModel:
    from botocore.model import ServiceModel  # noqa: PLC0415 - importing us must not cost importing it

    description = builtin_loader().load_service_model("lightsail", "service-2")
    return ServiceModel(description, "lightsail")


@functools.cache
def _new_name() -> TypeAdapter[str]:
    return TypeAdapter(NewResourceName)


@functools.cache
def _tags() -> TypeAdapter[TagList]:
    return TypeAdapter(TagList)


def unsupported(operation: str, supported: Collection[str]) -> Failure:
    """Make the error for an operation that the emulator lacks.

    Args:
        operation: Its name, from the request.
        supported: The names of those that it has.

    Returns:
        The error. For an operation of Lightsail it is an EmulatorLacksOperation under HTTP 501,
        a type that the service does not have, so that code which handles the service's errors
        does not swallow it. For any other name it is the UnknownOperationException of AWS JSON
        services in general, unverified for Lightsail.
    """
    tip = f"The emulator has {', '.join(sorted(supported))}."
    if operation in _service_model().operation_names:
        message = f"{operation} is an operation of Lightsail that the emulator lacks."
        status = HTTPStatus.NOT_IMPLEMENTED
        return Failure("EmulatorLacksOperation", message, tip=tip, status=status)
    message = f"{operation!r} is no operation of Lightsail."
    return Failure("UnknownOperationException", message, tip=tip)


def check_region(region: str) -> None:
    """Make sure that a region is one of Lightsail's.

    Args:
        region: Its name.

    Raises:
        Failure: If it is not. At AWS there is no endpoint there, so no answer could be seen.
    """
    if region not in SERVED_REGIONS:
        tip = f"Lightsail is in {', '.join(SERVED_REGIONS)}."
        raise invalid_input(f"Lightsail is not in the region {region!r}.", tip=tip)


def check(operation: str, region: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Check a request.

    Args:
        operation: The operation, one that the emulator has.
        region: The region it is sent to.
        payload: The request as it came.

    Returns:
        The request without what is no member of it, and without nulls: AWS JSON services pass over
        unknown members, so that old ones take the requests of newer clients, and null is absence.

    Raises:
        Failure: If it breaks a rule. The texts are unverified, but for those of resource names.
    """
    shape = _service_model().operation_model(operation).input_shape
    request: dict[str, Any] = _checked_structure(shape, dict(payload), "")
    # Before the spec, which knows no region.
    _check_zone(request.get("availabilityZone"), region)
    spec = _SPEC.get(operation)
    if spec is not None:
        return _checked_by(spec, request)
    _check_new_names(request.get(_NEW_NAMES.get(operation, ""), []))
    _check_tags(request.get("tags", []))
    return request


def _checked_by(spec: type[Request[Any]], request: dict[str, Any]) -> dict[str, Any]:
    try:
        return spec.from_wire(request).to_wire()
    except RequestValidationError as error:
        found = [one for one in error.violations if one.rule not in _JUDGED_LATER]
        if found:
            problems = (_told(violation, spec, request) for violation in found)
            raise invalid_input("; ".join(problems)) from error
    return request


def _told(violation: Violation, spec: type[Request[Any]], request: Mapping[str, Any]) -> str:
    if violation.rule == _NAME_RULE:
        return _no_new_name(violation.input)
    source = spec._wire_source if issubclass(spec, SourcedRequest) else None  # noqa: SLF001 - the spec's own table
    if source is not None and violation.field == "source":
        return _no_source(source, request)
    return f"{_wire_path(violation.field, source)} {violation.rule}"


def _wire_path(path: str, source: WireSource | None) -> str:
    """Spell a field's path as on the wire, which has no `source` but its members."""
    first, dot, field = path.partition(".")
    if source is not None and first == "source" and dot:
        return next(names[field] for names in source.variants.values() if field in names)
    return to_camel(path)


def _no_new_name(name: object) -> str:
    # The second sentence is the service's, from a pull request of its Terraform provider.
    return (
        f"The name {name!r} is not valid. Resource names must be at least 2 characters long and "
        "contain only alphanumerics, -, _, and ."
    )


def _no_source(source: WireSource, request: Mapping[str, Any]) -> str:
    # The texts are unverified.
    names = [next(iter(members.values())) for members in source.variants.values()]
    given = [name for name in dict.fromkeys(names) if name in request]
    if len(given) != 1:
        return f"Give exactly one of {' and '.join(dict.fromkeys(names))}."
    which = f"{source.variants['auto']['restore_date']} and {source.flags['latest-auto']}"
    automatic = source.variants["auto"]["resource_name"]
    return f"Give exactly one of {which} with {automatic}, else neither."


def _checked(shape: Shape, value: object, path: str) -> object:
    """Check a value against its shape, and rid it of what is not in the shape."""
    is_boolean = shape.type_name == "boolean"
    if isinstance(value, bool) != is_boolean or not isinstance(value, _TYPES[shape.type_name]):
        raise _unserializable(path, f"a {shape.type_name} is wanted")
    checker = _CHECKERS.get(shape.type_name)
    return checker(shape, value, path) if checker else value


def _unserializable(path: str, problem: str) -> Failure:
    # The type is that of AWS JSON services in general; for Lightsail it is unverified.
    return Failure("SerializationException", f"{path or 'The request'}: {problem}.")


def _checked_structure(
    shape: StructureShape, value: dict[str, object], path: str
) -> dict[str, object]:
    given = {
        name: _checked(member, value[name], f"{path}.{name}" if path else name)
        for name, member in shape.members.items()
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
        raise _unserializable(path, "an integer of 32 bits is wanted")
    return int(value)


def _checked_string(shape: StringShape, value: str, path: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise _unserializable(path, "the text has a lone surrogate") from error
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


def _check_new_names(names: str | list[str]) -> None:
    for name in [names] if isinstance(names, str) else names:
        try:
            _new_name().validate_python(name)
        except ValidationError as error:
            raise invalid_input(_no_new_name(name)) from error


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
