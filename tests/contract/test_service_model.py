"""The models against the service model of the installed botocore, and against the documentation."""

from __future__ import annotations

from typing import Any, get_args

import botocore.session
import pytest

from lightsail_snap import models
from lightsail_snap.models import OpenEnum, Request
from lightsail_snap.models._base import WireModel
from lightsail_snap.models.source import SnapshotSource

SERVICE: Any = botocore.session.get_session().get_service_model("lightsail")
ENUMERATIONS: list[type[OpenEnum]] = [
    models.AutoMountStatus,
    models.DiskSnapshotState,
    models.DiskState,
    models.OperationStatus,
    models.OperationType,
    models.RegionName,
    models.ResourceType,
]
RESULTS: list[type[WireModel]] = [
    models.AddOn,
    models.CreateDiskSnapshotResult,
    models.Disk,
    models.DiskSnapshot,
    models.GetDiskResult,
    models.GetDiskSnapshotResult,
    models.GetOperationResult,
    models.Operation,
    models.ResourceLocation,
]
REQUESTS: list[type[Request[Any]]] = [
    models.CreateDiskSnapshotRequest,
    models.GetDiskRequest,
    models.GetDiskSnapshotRequest,
    models.GetOperationRequest,
]

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


@pytest.mark.parametrize("kind", ENUMERATIONS)
def test_known_words_are_those_of_the_service_model(kind: type[OpenEnum]) -> None:
    here = {member.value for member in kind.known_values()}
    there = set(SERVICE.shape_for(kind.__name__).enum)
    missing, outdated = sorted(there - here), sorted(here - there)
    assert (missing, outdated) == ([], []), f"{kind.__name__} lacks {missing}, has {outdated}"


@pytest.mark.parametrize("kind", ENUMERATIONS)
def test_members_are_named_after_their_words(kind: type[OpenEnum]) -> None:
    for member in kind.known_values():
        name = repr(member).removeprefix(f"{kind.__name__}.")
        assert name.replace("_", "").lower() == member.value.replace("-", "").lower()


@pytest.mark.parametrize("name", DOCUMENTED)
def test_the_words_of_the_documentation_are_known(name: str) -> None:
    kind: type[OpenEnum] = getattr(models, name)
    known = {member.value for member in kind.known_values()}
    assert [word for word in DOCUMENTED[name].split() if word not in known] == []


def test_every_enumeration_is_compared() -> None:
    assert {kind.__name__ for kind in OpenEnum.__subclasses__()} >= {
        kind.__name__ for kind in ENUMERATIONS
    }
    exported = {
        name
        for name, kind in vars(models).items()
        if isinstance(kind, type) and issubclass(kind, OpenEnum) and kind is not OpenEnum
    }
    assert exported == {kind.__name__ for kind in ENUMERATIONS}


def wire_names(kind: type[WireModel]) -> set[str]:
    return {field.alias or name for name, field in kind.model_fields.items()}


@pytest.mark.parametrize("kind", [*RESULTS, models.Tag, models.ResourceTag])
def test_fields_are_the_members_of_the_service_model(kind: type[WireModel]) -> None:
    shape = SERVICE.shape_for(kind.__name__.replace("ResourceTag", "Tag"))
    here, there = wire_names(kind), set(shape.members)
    assert (sorted(there - here), sorted(here - there)) == ([], [])


@pytest.mark.parametrize("kind", RESULTS)
def test_types_of_fields_are_those_of_the_service_model(kind: type[WireModel]) -> None:
    samples: dict[str, Any] = {"string": "a", "integer": 1, "boolean": True, "timestamp": 1.5}
    for name, member in SERVICE.shape_for(kind.__name__).members.items():
        field = next(n for n, f in kind.model_fields.items() if (f.alias or n) == name)
        if member.type_name in samples:
            needed = {"id": "1", "name": "a"}
            wire = {k: v for k, v in needed.items() if k in wire_names(kind)}
            model = kind.from_wire(wire | {name: samples[member.type_name]})
            assert model.to_wire()[name] == samples[member.type_name]
            assert isinstance(getattr(model, field), OpenEnum) is bool(
                getattr(member, "enum", None)
            )


@pytest.mark.parametrize("kind", REQUESTS)
def test_parameters_are_those_of_the_operation(kind: type[Request[Any]]) -> None:
    operation = SERVICE.operation_model(kind.operation_name)
    here = wire_names(kind)
    required = {f.alias for f in kind.model_fields.values() if f.is_required()}
    if "source" in here:
        union = get_args(get_args(SnapshotSource)[0])
        here |= set().union(*map(wire_names, union)) - {"kind"}
        # Which one is given is free to choose, so the service model requires neither.
        here.remove("source")
        required.remove("source")
    assert here == set(operation.input_shape.members)
    assert required == set(operation.input_shape.required_members)


@pytest.mark.parametrize("kind", REQUESTS)
def test_a_request_is_bound_to_the_result_of_its_operation(kind: type[Request[Any]]) -> None:
    output = SERVICE.operation_model(kind.operation_name).output_shape
    assert kind._result_type.__name__ == output.name


def test_every_model_is_compared() -> None:
    exported = {
        name
        for name, kind in vars(models).items()
        if isinstance(kind, type) and issubclass(kind, WireModel)
    }
    everything: list[type[WireModel]] = [*RESULTS, *REQUESTS, models.Tag, models.ResourceTag]
    compared = {kind.__name__ for kind in everything}
    assert exported - compared == {"DiskSource", "InstanceSource", "Request", "Result"}


def test_an_operation_has_the_fields_of_the_documentation() -> None:
    assert wire_names(models.Operation) == set(DOCUMENTED_OPERATION_FIELDS.split())
