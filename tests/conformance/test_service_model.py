"""The models against the service model of the installed botocore, and against the documentation.

What is compared is whatever `lightsail_snap.models` exports, so nothing can be forgotten. A
difference is told by its name.
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

from lightsail_snap import models
from lightsail_snap.models import (
    OpenEnum,
    PagedRequest,
    PagedResult,
    Request,
    RestoreSource,
    Result,
    SnapshotSource,
    names,
)
from lightsail_snap.models._base import RequestModel, ResultModel, WireModel
from lightsail_snap.models.source import SourcedRequest

SERVICE: Any = botocore.session.get_session().get_service_model("lightsail")
EXPORTED = [kind for kind in models.exported().values() if inspect.isclass(kind)]
# What several models have in common has no shape of its own.
COMMON = {OpenEnum, PagedRequest, PagedResult, Request, Result}


def exported(base: type[Any]) -> list[Any]:
    return [kind for kind in EXPORTED if issubclass(kind, base) and kind not in COMMON]


ENUMERATIONS: list[type[OpenEnum]] = exported(OpenEnum)
REQUESTS: list[type[Request[Any]]] = exported(Request)
SOURCED: list[type[SourcedRequest[Any]]] = exported(SourcedRequest)
RESULTS: list[type[ResultModel]] = exported(ResultModel)
# The wire has no unions, so their variants have no shape.
VARIANTS = {v for union in (SnapshotSource, RestoreSource) for v in get_args(get_args(union)[0])}
PARTS: list[type[RequestModel]] = [
    kind for kind in exported(RequestModel) if kind not in {*REQUESTS, *VARIANTS}
]
OPERATIONS = """AttachDisk CopySnapshot CreateDiskFromSnapshot CreateDiskSnapshot
    CreateInstanceSnapshot CreateInstancesFromSnapshot DeleteAutoSnapshot DeleteDiskSnapshot
    DeleteInstanceSnapshot DetachDisk ExportSnapshot GetAutoSnapshots GetDisk GetDiskSnapshot
    GetDiskSnapshots GetDisks GetExportSnapshotRecords GetInstanceSnapshot GetInstanceSnapshots
    GetInstance GetInstanceState GetInstances GetOperation GetOperations GetOperationsForResource
    TagResource UntagResource"""

# Members that we take for guaranteed although the service model requires them not.
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
# Models of one shape: a tag in a request and in a response, a disk and one without a name.
SHAPES = {"ResourceTag": "Tag", "InstanceDisk": "Disk"}
# What the service model says about the texts of these operations' requests. The rules of the
# library rest on it: whoever finds this changed looks them through again.
PATTERNS = {
    "AutoSnapshotDate": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
    "NonEmptyString": r".*\S.*",
    "ResourceArn": "^arn:(aws[^:]*):([a-zA-Z0-9-]+):([a-z0-9-]+):([0-9]+)"
    ":([a-zA-Z]+)/([a-zA-Z0-9-]+)$",
    "ResourceName": r"\w[\w\-]*\w",
    "TimeOfDay": "^(0[0-9]|1[0-9]|2[0-3]):[0-5][0-9]$",
}

# As the documentation of create_disk_snapshot lists them.
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


@each(*ENUMERATIONS)
def test_known_words_are_those_of_the_service_model(kind: type[OpenEnum]) -> None:
    here = {member.value for member in kind.known_values()}
    there = set(SERVICE.shape_for(kind.__name__).enum)
    missing, outdated = sorted(there - here), sorted(here - there)
    assert (missing, outdated) == ([], []), f"{kind.__name__} lacks {missing}, has {outdated}"


@each(*ENUMERATIONS)
def test_members_are_named_after_their_words(kind: type[OpenEnum]) -> None:
    for member in kind.known_values():
        name = repr(member).removeprefix(f"{kind.__name__}.")
        assert name.replace("_", "").lower() == re.sub("[-_]", "", member.value).lower()


@pytest.mark.parametrize("name", DOCUMENTED)
def test_the_words_of_the_documentation_are_known(name: str) -> None:
    kind: type[OpenEnum] = getattr(models, name)
    known = {member.value for member in kind.known_values()}
    assert [word for word in DOCUMENTED[name].split() if word not in known] == []


def test_every_enumeration_is_exported() -> None:
    assert set(OpenEnum.__subclasses__()) == set(ENUMERATIONS)


def test_every_operation_of_a_snapshots_life_has_a_request() -> None:
    assert sorted(kind.operation_name for kind in REQUESTS) == sorted(OPERATIONS.split())


def shape_of(kind: type[WireModel]) -> Any:
    if issubclass(kind, Request):
        return SERVICE.operation_model(kind.operation_name).input_shape
    return SERVICE.shape_for(SHAPES.get(kind.__name__, kind.__name__))


def alias_of(kind: type[WireModel], name: str) -> str:
    return kind.model_fields[name].alias or name


def annotated(kind: type[WireModel]) -> dict[str, Any]:
    """List what a model takes, by the wire's names; a source by the members it may take up."""
    hints = get_type_hints(kind, include_extras=True)
    wire = {alias_of(kind, name): hints[name] for name in kind.model_fields}
    if issubclass(kind, SourcedRequest):
        variants = {
            v.model_fields["kind"].default: v for v in get_args(get_args(wire["source"])[0])
        }
        del wire["source"]
        for word, members in kind._wire_source.variants.items():
            inner = get_type_hints(variants[word], include_extras=True)
            wire |= {alias: inner[name] for name, alias in members.items()}
        wire |= dict.fromkeys(kind._wire_source.flags.values(), bool)
    return wire


def required(kind: type[WireModel]) -> set[str]:
    found = {alias_of(kind, n) for n, field in kind.model_fields.items() if field.is_required()}
    # Which members a source takes up is free to choose, so the service model requires none.
    return found - ({"source"} if issubclass(kind, SourcedRequest) else set())


def is_a(annotation: object, alias: object) -> bool:
    said, meant = getattr(annotation, "__metadata__", ()), getattr(alias, "__metadata__", ())
    return bool(meant) and said[: len(meant)] == meant


PLAIN = {
    str: "string",
    int: "integer",
    bool: "boolean",
    float: "float",
    dt.datetime: "timestamp",
    # The wire has no dates; the service model calls them strings.
    dt.date: "string",
}


def described(annotation: Any) -> str:
    """Say what a field is in the words of a service model."""
    inner = [described(one) for one in get_args(annotation) if is_described(one)]
    origin = get_origin(annotation)
    if is_a(annotation, names.RegionInput):
        return "RegionName"
    if origin is tuple:
        return f"[{inner[0]}]"
    if origin is Mapping:
        return f"{{{inner[0]}: {inner[1]}}}"
    if origin is not None:
        # Annotated with something, or a value or None.
        (same,) = inner
        return same
    name = annotation.__name__
    return PLAIN.get(annotation) or SHAPES.get(name, name)


def is_described(annotation: object) -> bool:
    """Tell types from what else stands in brackets: None, an ellipsis, metadata."""
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
def test_fields_are_the_members_of_the_service_model(kind: type[WireModel]) -> None:
    here = {name: described(annotation) for name, annotation in annotated(kind).items()}
    there = {name: described_shape(member) for name, member in shape_of(kind).members.items()}
    missing = {name: there[name] for name in sorted(there.keys() - here.keys())}
    outdated = {name: here[name] for name in sorted(here.keys() - there.keys())}
    differing = {n: (here[n], there[n]) for n in here.keys() & there.keys() if here[n] != there[n]}
    assert (missing, outdated, differing) == ({}, {}, {}), kind.__name__


@each(*RESULTS, *REQUESTS, *PARTS)
def test_what_must_be_given_is_what_the_service_model_requires(kind: type[WireModel]) -> None:
    there = set(shape_of(kind).required_members) | GUARANTEED.get(kind.__name__, set())
    assert required(kind) == there


@each(*REQUESTS)
def test_a_request_is_bound_to_the_result_of_its_operation(kind: type[Request[Any]]) -> None:
    output = SERVICE.operation_model(kind.operation_name).output_shape
    assert kind._result_type.__name__ == output.name
    assert kind.__name__ == shape_of(kind).name


def structures(shape: Any, found: dict[str, Any]) -> dict[str, Any]:
    """Collect all shapes that can be reached from one."""
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
    here = {kind.__name__ for kind in (*RESULTS, *REQUESTS, *PARTS, *ENUMERATIONS)}
    assert sorted(wanted - here) == []


def test_no_shape_is_exported_that_no_operation_has() -> None:
    there = reachable(outputs=False).keys() | reachable(outputs=True).keys()
    here = {kind.__name__ for kind in (*RESULTS, *REQUESTS, *PARTS, *ENUMERATIONS)}
    assert sorted(here - there) == sorted(SHAPES)


@each(*REQUESTS)
def test_what_has_pages_is_known_to_have_them(kind: type[Request[Any]]) -> None:
    operation = SERVICE.operation_model(kind.operation_name)
    has_pages = "pageToken" in operation.input_shape.members
    assert issubclass(kind, PagedRequest) is has_pages
    assert issubclass(kind._result_type, PagedResult) is has_pages
    assert ("nextPageToken" in operation.output_shape.members) is has_pages


def items_of(kind: type[Any]) -> str:
    """Find the member of a page whose content are the page's items."""
    (member,) = (n for n, a in annotated(kind).items() if described(a).startswith("["))
    item = {"id": "1", "name": "a"}
    assert [one.to_wire() for one in kind.from_wire({member: [item]}).items] == [item]
    return member


def test_items_of_pages_are_those_of_the_paginators() -> None:
    paginators = Loader().load_service_model("lightsail", "paginators-1")["pagination"]
    pages = {k.operation_name: items_of(k._result_type) for k in exported(PagedRequest)}
    told = {name: paginators[name]["result_key"] for name in pages if name in paginators}
    assert {name: pages[name] for name in told} == told
    # For this one the service has pages, and botocore no paginator.
    assert pages.keys() - told.keys() == {"GetOperationsForResource"}


LIMITS = {"pattern", "min", "max"}


def test_the_texts_of_requests_are_restricted_as_they_were() -> None:
    shapes = reachable(outputs=False).values()
    told = {s.name: {k: v for k, v in s.metadata.items() if k in LIMITS} for s in shapes}
    assert {n: limits for n, limits in told.items() if limits} == {
        name: {"pattern": pattern} for name, pattern in PATTERNS.items()
    }


def restricted() -> Iterator[Any]:
    """List what requests take of texts that are restricted, with their shapes."""
    for kind in (*REQUESTS, *PARTS):
        members = shape_of(kind).members
        for name, annotation in annotated(kind).items():
            member = members.get(name)
            # One that is not there any more is told by another test.
            if member is None:
                continue
            if member.metadata.keys() & {"enum", "pattern"} or is_a(
                annotation, names.AvailabilityZone
            ):
                yield pytest.param(annotation, member, id=f"{kind.__name__}.{name}")


PRINTABLE = st.sampled_from(string.ascii_letters + string.digits + string.punctuation + " ")
LONGEST = 255


def documented_texts(annotation: object, shape: Any) -> st.SearchStrategy[str]:
    regions = SERVICE.shape_for("RegionName").enum
    if is_a(annotation, names.AvailabilityZone):
        # "follows the format us-east-2a", says the documentation of ResourceLocation.
        return st.builds("{}{}".format, st.sampled_from(regions), st.sampled_from("abcdef"))
    if shape.enum:
        return st.sampled_from(shape.enum)
    if shape.name == "AutoSnapshotDate":
        return st.dates().map(dt.date.isoformat)
    matching = st.from_regex(
        re.compile(PATTERNS[shape.name], re.ASCII), fullmatch=True, alphabet=PRINTABLE
    )
    if shape.name == "TimeOfDay":
        # "in HH:00 format", says the documentation, and the pattern has minutes too.
        return matching.map(lambda text: f"{text[:2]}:00")
    return matching.filter(lambda text: len(text) <= LONGEST)


@pytest.mark.parametrize(("annotation", "shape"), list(restricted()))
def test_whatever_has_the_documented_form_is_accepted(annotation: Any, shape: Any) -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(annotation)

    @given(documented_texts(annotation, shape))
    def law(text: str) -> None:
        assert adapter.dump_python(adapter.validate_python(text), mode="json") == text

    law()


@pytest.mark.parametrize("name", ["a.b", "1st", "_x_", "a-b.c", "12", "a" * 255])
def test_names_go_beyond_the_pattern_where_the_service_does(name: str) -> None:
    assert TypeAdapter(names.NewResourceName).validate_python(name) == name


def test_an_operation_has_the_fields_of_the_documentation() -> None:
    assert annotated(models.Operation).keys() == set(DOCUMENTED_OPERATION_FIELDS.split())
