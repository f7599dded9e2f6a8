"""Check the models against the service model of the installed botocore and the documentation.

All exports of `lightsail_snap.models` are compared. Differences are reported by name.
"""

from __future__ import annotations

import datetime as dt
import inspect
import re
import string
from collections.abc import Iterator, Mapping
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

import botocore.session
import pytest
from botocore.loaders import Loader
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter
from tests.support import exported_models

from lightsail_snap import LightsailSnapClient, _exports, models
from lightsail_snap.models import (
    OpenEnum,
    PagedRequest,
    PagedResult,
    Request,
    RestoreSource,
    SnapshotSource,
    names,
)
from lightsail_snap.models._base import RequestModel, ResultModel, WireModel
from lightsail_snap.models.source import SourcedRequest

SERVICE: Any = botocore.session.get_session().get_service_model("lightsail")
ENUMERATIONS: list[type[OpenEnum]] = exported_models(OpenEnum)
REQUESTS = list(models.request_types().values())
SOURCED: list[type[SourcedRequest[Any]]] = exported_models(SourcedRequest)
RESULTS: list[type[ResultModel]] = exported_models(ResultModel)
# The wire format has no unions, so their variants have no shape.
VARIANTS = {v for union in (SnapshotSource, RestoreSource) for v in get_args(get_args(union)[0])}
PARTS: list[type[RequestModel]] = [
    kind for kind in exported_models(RequestModel) if kind not in {*REQUESTS, *VARIANTS}
]
# Fields that the library requires although the service model does not.
GUARANTEED = {
    "Disk": {"name"},
    "DiskSnapshot": {"name"},
    "ExportSnapshotRecord": {"name"},
    "Instance": {"name"},
    "InstanceSnapshot": {"name"},
    "Operation": {"id"},
    "ResourceTag": {"key"},
    "Tag": {"key"},
    "GetDiskResult": {"disk"},
    "GetDiskSnapshotResult": {"diskSnapshot"},
    "GetInstanceResult": {"instance"},
    "GetInstanceSnapshotResult": {"instanceSnapshot"},
    "GetInstanceStateResult": {"state"},
    "GetOperationResult": {"operation"},
}
# Models that share a shape: a tag in a request and in a response, a disk with and without a name.
SHAPES = {"ResourceTag": "Tag", "InstanceDisk": "Disk"}
# The service model declares a plain string.
OPEN_STRINGS = {"InstanceStateName"}
# Patterns of strings in requests. Rules of the library depend on them: if they change, review the
# rules.
PATTERNS = {
    "AutoSnapshotDate": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
    "NonEmptyString": r".*\S.*",
    "ResourceArn": "^arn:(aws[^:]*):([a-zA-Z0-9-]+):([a-z0-9-]+):([0-9]+)"
    ":([a-zA-Z]+)/([a-zA-Z0-9-]+)$",
    "ResourceName": r"\w[\w\-]*\w",
    "TimeOfDay": "^(0[0-9]|1[0-9]|2[0-3]):[0-5][0-9]$",
}

# As listed in the documentation of create_disk_snapshot.
DOCUMENTED = {
    "ResourceType": """ContainerService Instance StaticIp KeyPair InstanceSnapshot Domain PeeredVpc
        LoadBalancer LoadBalancerTlsCertificate Disk DiskSnapshot RelationalDatabase
        RelationalDatabaseSnapshot ExportSnapshotRecord CloudFormationStackRecord Alarm
        ContactMethod Distribution Certificate Bucket""",
    "RegionName": """us-east-1 us-east-2 us-west-1 us-west-2 eu-west-1 eu-west-2 eu-west-3
        eu-central-1 ca-central-1 ap-south-1 ap-southeast-1 ap-southeast-2 ap-northeast-1
        ap-northeast-2 eu-north-1""",
    "OperationType": """DeleteKnownHostKeys DeleteInstance CreateInstance StopInstance StartInstance
        RebootInstance OpenInstancePublicPorts PutInstancePublicPorts CloseInstancePublicPorts
        AllocateStaticIp ReleaseStaticIp AttachStaticIp DetachStaticIp UpdateDomainEntry
        DeleteDomainEntry CreateDomain DeleteDomain CreateInstanceSnapshot
        DeleteInstanceSnapshot CreateInstancesFromSnapshot CreateLoadBalancer DeleteLoadBalancer
        AttachInstancesToLoadBalancer DetachInstancesFromLoadBalancer
        UpdateLoadBalancerAttribute CreateLoadBalancerTlsCertificate
        DeleteLoadBalancerTlsCertificate AttachLoadBalancerTlsCertificate CreateDisk DeleteDisk
        AttachDisk DetachDisk CreateDiskSnapshot DeleteDiskSnapshot CreateDiskFromSnapshot
        CreateRelationalDatabase UpdateRelationalDatabase DeleteRelationalDatabase
        CreateRelationalDatabaseFromSnapshot CreateRelationalDatabaseSnapshot
        DeleteRelationalDatabaseSnapshot UpdateRelationalDatabaseParameters
        StartRelationalDatabase RebootRelationalDatabase StopRelationalDatabase EnableAddOn
        DisableAddOn PutAlarm GetAlarms DeleteAlarm TestAlarm CreateContactMethod
        GetContactMethods SendContactMethodVerification DeleteContactMethod CreateDistribution
        UpdateDistribution DeleteDistribution ResetDistributionCache
        AttachCertificateToDistribution DetachCertificateFromDistribution
        UpdateDistributionBundle SetIpAddressType CreateCertificate DeleteCertificate
        CreateContainerService UpdateContainerService DeleteContainerService
        CreateContainerServiceDeployment CreateContainerServiceRegistryLogin
        RegisterContainerImage DeleteContainerImage CreateBucket DeleteBucket
        CreateBucketAccessKey DeleteBucketAccessKey UpdateBucketBundle UpdateBucket
        SetResourceAccessForBucket UpdateInstanceMetadataOptions StartGUISession StopGUISession""",
    "OperationStatus": "NotStarted Started Failed Completed Succeeded",
}
DOCUMENTED_OPERATION_FIELDS = """id resourceName resourceType createdAt location isTerminal
    operationDetails operationType status statusChangedAt errorCode errorDetails"""


def each(*kinds: type[Any]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("kind", kinds, ids=lambda kind: kind.__name__)


@each(*(kind for kind in ENUMERATIONS if kind.__name__ not in OPEN_STRINGS))
def test_enumeration_has_the_values_of_the_service_model(kind: type[OpenEnum]) -> None:
    library = {member.value for member in kind.known_values()}
    service = set(SERVICE.shape_for(kind.__name__).enum)
    missing, outdated = sorted(service - library), sorted(library - service)
    assert (missing, outdated) == ([], []), f"{kind.__name__} lacks {missing}, has {outdated}"


@each(*ENUMERATIONS)
def test_enumeration_members_are_named_after_their_values(kind: type[OpenEnum]) -> None:
    for member in kind.known_values():
        name = repr(member).removeprefix(f"{kind.__name__}.")
        assert name.replace("_", "").lower() == re.sub("[-_]", "", member.value).lower()


@pytest.mark.parametrize("name", DOCUMENTED)
def test_documented_values_are_known(name: str) -> None:
    kind: type[OpenEnum] = getattr(models, name)
    known = {member.value for member in kind.known_values()}
    assert [variant for variant in DOCUMENTED[name].split() if variant not in known] == []


def test_every_enumeration_is_exported() -> None:
    assert set(OpenEnum.__subclasses__()) == set(ENUMERATIONS)


def test_every_wrapped_operation_has_a_request_and_a_method() -> None:
    names = {kind.operation_name for kind in REQUESTS}
    assert names == _exports.OPERATIONS
    assert len(names) > 20
    methods = {re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() for name in names}
    assert methods <= set(dir(LightsailSnapClient))
    assert names <= set(SERVICE.operation_names)


def shape_of(kind: type[WireModel]) -> Any:
    if issubclass(kind, Request):
        return SERVICE.operation_model(kind.operation_name).input_shape
    return SERVICE.shape_for(SHAPES.get(kind.__name__, kind.__name__))


def alias_of(kind: type[WireModel], name: str) -> str:
    return kind.model_fields[name].alias or name


def annotated(kind: type[WireModel]) -> dict[str, Any]:
    """Return the annotations of a model by wire name, with the fields that a source may fill."""
    hints = get_type_hints(kind, include_extras=True)
    wire = {alias_of(kind, name): hints[name] for name in kind.model_fields}
    if issubclass(kind, SourcedRequest):
        variants = {
            v.model_fields["kind"].default: v for v in get_args(get_args(wire["source"])[0])
        }
        del wire["source"]
        for variant, members in kind._wire_source.variants.items():
            inner = get_type_hints(variants[variant], include_extras=True)
            wire |= {alias: inner[name] for name, alias in members.items()}
        wire |= dict.fromkeys(kind._wire_source.flags.values(), bool)
    return wire


def required(kind: type[WireModel]) -> set[str]:
    found = {alias_of(kind, n) for n, field in kind.model_fields.items() if field.is_required()}
    # The fields that a source fills are optional in the service model.
    return found - ({"source"} if issubclass(kind, SourcedRequest) else set())


def is_a(annotation: object, alias: object) -> bool:
    metadata, required_metadata = (
        getattr(annotation, "__metadata__", ()),
        getattr(alias, "__metadata__", ()),
    )
    return bool(required_metadata) and metadata[: len(required_metadata)] == required_metadata


PLAIN = {
    str: "string",
    int: "integer",
    bool: "boolean",
    float: "float",
    dt.datetime: "timestamp",
    # The wire format has no dates; the service model calls them strings.
    dt.date: "string",
}


def described(annotation: Any) -> str:
    """Return the service model's description of an annotation."""
    inner = [described(item) for item in get_args(annotation) if is_described(item)]
    origin = get_origin(annotation)
    if is_a(annotation, names.RegionInput):
        return "RegionName"
    if origin is tuple:
        return f"[{inner[0]}]"
    if origin is Mapping:
        return f"{{{inner[0]}: {inner[1]}}}"
    if origin is not None:
        # `Annotated`, or a union with None.
        (same,) = inner
        return same
    name = "string" if annotation.__name__ in OPEN_STRINGS else annotation.__name__
    return PLAIN.get(annotation) or SHAPES.get(name, name)


def is_described(annotation: object) -> bool:
    """Return whether an annotation is a type, not None, an ellipsis or metadata."""
    return annotation is not NoneType and (
        inspect.isclass(annotation) or get_origin(annotation) is not None
    )


def described_shape(shape: Any) -> str:
    match shape.type_name:
        case "list":
            return f"[{described_shape(shape.member)}]"
        case "map":
            return f"{{{described_shape(shape.key)}: {described_shape(shape.value)}}}"
        case "string" if not shape.enum:
            return "string"
        case "string" | "structure":
            return str(shape.name)
        case plain:
            return str(plain)


@each(*RESULTS, *REQUESTS, *PARTS)
def test_model_has_the_fields_of_the_service_model(kind: type[WireModel]) -> None:
    library = {name: described(annotation) for name, annotation in annotated(kind).items()}
    service = {name: described_shape(member) for name, member in shape_of(kind).members.items()}
    missing = {name: service[name] for name in sorted(service.keys() - library.keys())}
    outdated = {name: library[name] for name in sorted(library.keys() - service.keys())}
    differing = {
        n: (library[n], service[n])
        for n in library.keys() & service.keys()
        if library[n] != service[n]
    }
    assert (missing, outdated, differing) == ({}, {}, {}), kind.__name__


@each(*RESULTS, *REQUESTS, *PARTS)
def test_required_fields_match_the_service_model(kind: type[WireModel]) -> None:
    service = set(shape_of(kind).required_members) | GUARANTEED.get(kind.__name__, set())
    assert required(kind) == service


@each(*REQUESTS)
def test_request_has_the_result_of_its_operation(kind: type[Request[Any]]) -> None:
    output = SERVICE.operation_model(kind.operation_name).output_shape
    assert kind._result_type.__name__ == output.name
    assert kind.__name__ == shape_of(kind).name


def structures(shape: Any, found: dict[str, Any]) -> dict[str, Any]:
    """Collect all shapes that are reachable from one."""
    if shape.name not in found:
        found[shape.name] = shape
        inner = {"structure": "members", "list": "member", "map": "value"}.get(shape.type_name)
        members = getattr(shape, inner) if inner else {}
        for member in members.values() if isinstance(members, dict) else [members]:
            structures(member, found)
    return found


def reachable(*, outputs: bool) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for kind in REQUESTS:
        operation = SERVICE.operation_model(kind.operation_name)
        structures(operation.output_shape if outputs else operation.input_shape, found)
    return found


@pytest.mark.parametrize("outputs", [False, True], ids=["requests", "results"])
def test_every_shape_of_an_operation_is_exported(outputs: bool) -> None:  # noqa: FBT001 - a case
    shapes = reachable(outputs=outputs).values()
    wanted = {shape.name for shape in shapes if shape.type_name == "structure"}
    wanted |= {shape.name for shape in shapes if getattr(shape, "enum", None)}
    library = {kind.__name__ for kind in (*RESULTS, *REQUESTS, *PARTS, *ENUMERATIONS)}
    assert sorted(wanted - library) == []


def test_every_exported_shape_belongs_to_an_operation() -> None:
    service = reachable(outputs=False).keys() | reachable(outputs=True).keys()
    library = {kind.__name__ for kind in (*RESULTS, *REQUESTS, *PARTS, *ENUMERATIONS)}
    assert library - service == SHAPES.keys() | OPEN_STRINGS


@each(*REQUESTS)
def test_paginated_operations_have_paged_models(kind: type[Request[Any]]) -> None:
    operation = SERVICE.operation_model(kind.operation_name)
    has_pages = "pageToken" in operation.input_shape.members
    assert issubclass(kind, PagedRequest) is has_pages
    assert issubclass(kind._result_type, PagedResult) is has_pages
    assert ("nextPageToken" in operation.output_shape.members) is has_pages


def items_of(kind: type[Any]) -> str:
    """Return the field of a page that holds its items."""
    (member,) = (n for n, a in annotated(kind).items() if described(a).startswith("["))
    item = {"id": "1", "name": "a"}
    assert [each.to_wire() for each in kind.from_wire({member: [item]}).items] == [item]
    return member


def test_page_items_match_the_paginators() -> None:
    paginators = Loader().load_service_model("lightsail", "paginators-1")["pagination"]
    pages = {k.operation_name: items_of(k._result_type) for k in exported_models(PagedRequest)}
    expected = {name: paginators[name]["result_key"] for name in pages if name in paginators}
    assert {name: pages[name] for name in expected} == expected
    # The service paginates this operation, and botocore has no paginator for it.
    assert pages.keys() - expected.keys() == {"GetOperationsForResource"}


LIMITS = {"pattern", "min", "max"}


def test_patterns_of_request_strings_are_unchanged() -> None:
    shapes = reachable(outputs=False).values()
    expected = {s.name: {k: v for k, v in s.metadata.items() if k in LIMITS} for s in shapes}
    assert {n: limits for n, limits in expected.items() if limits} == {
        name: {"pattern": pattern} for name, pattern in PATTERNS.items()
    }


def restricted() -> Iterator[Any]:
    """Yield the annotations of restricted strings in requests, with their shapes."""
    for kind in (*REQUESTS, *PARTS):
        # Missing shapes are reported by another test.
        members = shape_of(kind).members if kind.__name__ in SERVICE.shape_names else {}
        for name, annotation in annotated(kind).items():
            member = members.get(name)
            # Missing fields are reported by another test.
            if member is None:
                continue
            if member.metadata.keys() & {"enum", "pattern"} or is_a(
                annotation, names.AvailabilityZone
            ):
                yield pytest.param(annotation, member, id=f"{kind.__name__}.{name}")


PRINTABLE = st.sampled_from(string.ascii_letters + string.digits + string.punctuation + " ")
MAX_LENGTH = 255


def documented_strings(annotation: object, shape: Any) -> st.SearchStrategy[str]:
    regions = SERVICE.shape_for("RegionName").enum
    if is_a(annotation, names.AvailabilityZone):
        # The documentation of ResourceLocation: "follows the format us-east-2a".
        return st.builds("{}{}".format, st.sampled_from(regions), st.sampled_from("abcdef"))
    if shape.enum:
        return st.sampled_from(shape.enum)
    if shape.name == "AutoSnapshotDate":
        return st.dates().map(dt.date.isoformat)
    matching = st.from_regex(
        re.compile(PATTERNS[shape.name], re.ASCII), fullmatch=True, alphabet=PRINTABLE
    )
    if shape.name == "TimeOfDay":
        # The documentation: "in HH:00 format"; the pattern has minutes, too.
        return matching.map(lambda text: f"{text[:2]}:00")
    return matching.filter(lambda text: len(text) <= MAX_LENGTH)


@pytest.mark.parametrize(("annotation", "shape"), list(restricted()))
def test_documented_strings_are_accepted(annotation: Any, shape: Any) -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(annotation)

    @given(documented_strings(annotation, shape))
    def check(text: str) -> None:
        assert adapter.dump_python(adapter.validate_python(text), mode="json") == text

    check()


@pytest.mark.parametrize("name", ["a.b", "1st", "_x_", "a-b.c", "12", "a" * 255])
def test_names_that_the_service_accepts_are_accepted(name: str) -> None:
    assert TypeAdapter(names.NewResourceName).validate_python(name) == name


def test_operation_has_the_documented_fields() -> None:
    assert annotated(models.Operation).keys() == set(DOCUMENTED_OPERATION_FIELDS.split())
