"""Open enumerations: known values of the service, and any other string.

The known values are those of the Lightsail service model in botocore. The service also returns
values that its model lacks (`CopySnapshot` as an operation type, for one), so unknown values are
kept.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, ClassVar, Never, Self, TypeVar

from pydantic_core import core_schema
from typing_extensions import override

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue

__all__ = [
    "AccessDirection",
    "AddOnType",
    "AutoMountStatus",
    "AutoSnapshotStatus",
    "DiskSnapshotState",
    "DiskState",
    "ExportSnapshotRecordSourceType",
    "HttpEndpoint",
    "HttpProtocolIpv6",
    "HttpTokens",
    "InstanceHealthStatusDetailName",
    "InstanceHealthStatusDetailValue",
    "InstanceHealthStatusValue",
    "InstanceMetadataState",
    "InstanceSnapshotState",
    "InstanceStateName",
    "IpAddressType",
    "NetworkProtocol",
    "OpenEnum",
    "OperationStatus",
    "OperationType",
    "PortAccessType",
    "RecordState",
    "RegionName",
    "ResourceType",
]

_E = TypeVar("_E", bound="OpenEnum")


class _Unknown:
    """Class that pydantic calls with an unknown value."""

    def __new__(cls, value: object) -> Never:
        """Refuse the value."""
        message = f"{value!r} is not known"
        raise ValueError(message)


class Known:
    """Declaration of a known value of an `OpenEnum`, which the class replaces by the member."""

    __slots__ = ("value",)

    def __init__(self, value: str) -> None:
        self.value: str = value

    if TYPE_CHECKING:

        def __get__(self, instance: object, owner: type[_E]) -> _E: ...


class OpenEnum(str):
    """String with known values that accepts others.

    It is not an `enum.Enum`: type checkers treat an `Enum` as closed and report branches for new
    values as unreachable.

    A known value is a singleton (`OperationStatus("Failed") is OperationStatus.FAILED`). An unknown
    value equals its string, pickles, and is not stored, so that responses cannot fill the memory.
    """

    __slots__ = ()
    _members: ClassVar[dict[str, OpenEnum]] = {}
    _names: ClassVar[dict[str, str]] = {}

    @override
    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls._members = {}
        cls._names = {}
        for name, declared in list(vars(cls).items()):
            if isinstance(declared, Known):
                member = str.__new__(cls, declared.value)
                cls._members[declared.value] = member
                cls._names[declared.value] = name
                setattr(cls, name, member)

    def __new__(cls, value: str) -> Self:
        """Return the known member, or create an unknown one.

        Args:
            value: The value on the wire.

        Returns:
            The member.

        Raises:
            TypeError: If the value is not a string.
        """
        known = cls._members.get(value)
        if known is not None:
            return known  # type: ignore[return-value] # _members holds only instances of cls
        if not isinstance(value, str):
            message = f"{cls.__name__} takes a str, not {type(value).__name__}"  # type: ignore[unreachable] # callers without a type checker get here
            raise TypeError(message)
        return super().__new__(cls, value)

    @property
    def value(self) -> str:
        """The value on the wire, as a plain `str`."""
        return str.__str__(self)

    @property
    def is_known(self) -> bool:
        """True if this version of the library knows the value."""
        return self in self._members

    @classmethod
    def known_values(cls) -> tuple[Self, ...]:
        """Return the known members, in the order of the service model.

        Returns:
            The members.
        """
        return tuple(cls(value) for value in cls._members)

    @override
    def __reduce__(self) -> tuple[type[Self], tuple[str]]:
        # Calls __new__ in every protocol, so that known members stay singletons.
        return type(self), (self.value,)

    @override
    def __repr__(self) -> str:
        name = self._names.get(self)
        kind = type(self).__name__
        return f"{kind}.{name}" if name else f"{kind}({str.__repr__(self)})"

    @override
    def __str__(self) -> str:
        return str.__str__(self)

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: object, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        any_value = core_schema.no_info_after_validator_function(
            cls, core_schema.str_schema(strict=True)
        )
        known_value = core_schema.enum_schema(_Unknown, list(cls._members.values()), sub_type="str")
        return core_schema.json_or_python_schema(
            # Known values are read without calling Python code. For other types than strings only
            # the error of any_value is reported.
            json_schema=core_schema.union_schema(
                [known_value, any_value], mode="left_to_right", custom_error_type="string_type"
            ),
            python_schema=any_value,
            serialization=core_schema.plain_serializer_function_ser_schema(
                str.__str__, return_schema=core_schema.str_schema()
            ),
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        # The known values are for readers, editors and code generators; any string is valid.
        return {
            "title": cls.__name__,
            "description": inspect.cleandoc(cls.__doc__ or ""),
            "anyOf": [{"type": "string", "enum": list(cls._members)}, {"type": "string"}],
        }


class RegionName(OpenEnum):
    """AWS Regions of Lightsail.

    `us-west-1` is in the service model but has no endpoint.
    Source: shape `RegionName` of the service model.
    """

    __slots__ = ()

    US_EAST_1 = Known("us-east-1")
    US_EAST_2 = Known("us-east-2")
    US_WEST_1 = Known("us-west-1")
    US_WEST_2 = Known("us-west-2")
    EU_WEST_1 = Known("eu-west-1")
    EU_WEST_2 = Known("eu-west-2")
    EU_WEST_3 = Known("eu-west-3")
    EU_CENTRAL_1 = Known("eu-central-1")
    EU_NORTH_1 = Known("eu-north-1")
    EU_SOUTH_2 = Known("eu-south-2")
    CA_CENTRAL_1 = Known("ca-central-1")
    AP_EAST_1 = Known("ap-east-1")
    AP_SOUTH_1 = Known("ap-south-1")
    AP_SOUTHEAST_1 = Known("ap-southeast-1")
    AP_SOUTHEAST_2 = Known("ap-southeast-2")
    AP_NORTHEAST_1 = Known("ap-northeast-1")
    AP_NORTHEAST_2 = Known("ap-northeast-2")
    AP_SOUTHEAST_3 = Known("ap-southeast-3")
    AP_SOUTHEAST_5 = Known("ap-southeast-5")
    SA_EAST_1 = Known("sa-east-1")


class ResourceType(OpenEnum):
    """Types of Lightsail resources. Source: shape `ResourceType` of the service model."""

    __slots__ = ()

    CONTAINER_SERVICE = Known("ContainerService")
    INSTANCE = Known("Instance")
    STATIC_IP = Known("StaticIp")
    KEY_PAIR = Known("KeyPair")
    INSTANCE_SNAPSHOT = Known("InstanceSnapshot")
    DOMAIN = Known("Domain")
    PEERED_VPC = Known("PeeredVpc")
    LOAD_BALANCER = Known("LoadBalancer")
    LOAD_BALANCER_TLS_CERTIFICATE = Known("LoadBalancerTlsCertificate")
    DISK = Known("Disk")
    DISK_SNAPSHOT = Known("DiskSnapshot")
    RELATIONAL_DATABASE = Known("RelationalDatabase")
    RELATIONAL_DATABASE_SNAPSHOT = Known("RelationalDatabaseSnapshot")
    EXPORT_SNAPSHOT_RECORD = Known("ExportSnapshotRecord")
    CLOUD_FORMATION_STACK_RECORD = Known("CloudFormationStackRecord")
    ALARM = Known("Alarm")
    CONTACT_METHOD = Known("ContactMethod")
    DISTRIBUTION = Known("Distribution")
    CERTIFICATE = Known("Certificate")
    BUCKET = Known("Bucket")
    SUBDOMAIN = Known("Subdomain")


class InstanceStateName(OpenEnum):
    """State of an instance.

    The service model names `pending` and `running` and declares a plain string. The others are
    those of Amazon EC2, on which Lightsail instances run; that Lightsail has no more is unverified.
    """

    __slots__ = ()

    PENDING = Known("pending")
    RUNNING = Known("running")
    STOPPING = Known("stopping")
    STOPPED = Known("stopped")
    SHUTTING_DOWN = Known("shutting-down")
    TERMINATED = Known("terminated")


class OperationStatus(OpenEnum):
    """Status of an operation.

    `SUCCEEDED` and `COMPLETED` both mean success. `Operation.is_terminal` is true if it has ended.
    Source: shape `OperationStatus` of the service model.
    """

    __slots__ = ()

    NOT_STARTED = Known("NotStarted")
    STARTED = Known("Started")
    FAILED = Known("Failed")
    COMPLETED = Known("Completed")
    SUCCEEDED = Known("Succeeded")


class OperationType(OpenEnum):
    """Type of an operation.

    The service also returns values that its model lacks, such as `CopySnapshot` and
    `DeleteAutoSnapshot`. Source: shape `OperationType` of the service model.
    """

    __slots__ = ()

    DELETE_KNOWN_HOST_KEYS = Known("DeleteKnownHostKeys")
    DELETE_INSTANCE = Known("DeleteInstance")
    CREATE_INSTANCE = Known("CreateInstance")
    STOP_INSTANCE = Known("StopInstance")
    START_INSTANCE = Known("StartInstance")
    REBOOT_INSTANCE = Known("RebootInstance")
    OPEN_INSTANCE_PUBLIC_PORTS = Known("OpenInstancePublicPorts")
    PUT_INSTANCE_PUBLIC_PORTS = Known("PutInstancePublicPorts")
    CLOSE_INSTANCE_PUBLIC_PORTS = Known("CloseInstancePublicPorts")
    ALLOCATE_STATIC_IP = Known("AllocateStaticIp")
    RELEASE_STATIC_IP = Known("ReleaseStaticIp")
    ATTACH_STATIC_IP = Known("AttachStaticIp")
    DETACH_STATIC_IP = Known("DetachStaticIp")
    UPDATE_DOMAIN_ENTRY = Known("UpdateDomainEntry")
    DELETE_DOMAIN_ENTRY = Known("DeleteDomainEntry")
    CREATE_DOMAIN = Known("CreateDomain")
    DELETE_DOMAIN = Known("DeleteDomain")
    CREATE_INSTANCE_SNAPSHOT = Known("CreateInstanceSnapshot")
    DELETE_INSTANCE_SNAPSHOT = Known("DeleteInstanceSnapshot")
    CREATE_INSTANCES_FROM_SNAPSHOT = Known("CreateInstancesFromSnapshot")
    CREATE_LOAD_BALANCER = Known("CreateLoadBalancer")
    DELETE_LOAD_BALANCER = Known("DeleteLoadBalancer")
    ATTACH_INSTANCES_TO_LOAD_BALANCER = Known("AttachInstancesToLoadBalancer")
    DETACH_INSTANCES_FROM_LOAD_BALANCER = Known("DetachInstancesFromLoadBalancer")
    UPDATE_LOAD_BALANCER_ATTRIBUTE = Known("UpdateLoadBalancerAttribute")
    CREATE_LOAD_BALANCER_TLS_CERTIFICATE = Known("CreateLoadBalancerTlsCertificate")
    DELETE_LOAD_BALANCER_TLS_CERTIFICATE = Known("DeleteLoadBalancerTlsCertificate")
    ATTACH_LOAD_BALANCER_TLS_CERTIFICATE = Known("AttachLoadBalancerTlsCertificate")
    CREATE_DISK = Known("CreateDisk")
    DELETE_DISK = Known("DeleteDisk")
    ATTACH_DISK = Known("AttachDisk")
    DETACH_DISK = Known("DetachDisk")
    CREATE_DISK_SNAPSHOT = Known("CreateDiskSnapshot")
    DELETE_DISK_SNAPSHOT = Known("DeleteDiskSnapshot")
    CREATE_DISK_FROM_SNAPSHOT = Known("CreateDiskFromSnapshot")
    CREATE_RELATIONAL_DATABASE = Known("CreateRelationalDatabase")
    UPDATE_RELATIONAL_DATABASE = Known("UpdateRelationalDatabase")
    DELETE_RELATIONAL_DATABASE = Known("DeleteRelationalDatabase")
    CREATE_RELATIONAL_DATABASE_FROM_SNAPSHOT = Known("CreateRelationalDatabaseFromSnapshot")
    CREATE_RELATIONAL_DATABASE_SNAPSHOT = Known("CreateRelationalDatabaseSnapshot")
    DELETE_RELATIONAL_DATABASE_SNAPSHOT = Known("DeleteRelationalDatabaseSnapshot")
    UPDATE_RELATIONAL_DATABASE_PARAMETERS = Known("UpdateRelationalDatabaseParameters")
    START_RELATIONAL_DATABASE = Known("StartRelationalDatabase")
    REBOOT_RELATIONAL_DATABASE = Known("RebootRelationalDatabase")
    STOP_RELATIONAL_DATABASE = Known("StopRelationalDatabase")
    ENABLE_ADD_ON = Known("EnableAddOn")
    DISABLE_ADD_ON = Known("DisableAddOn")
    PUT_ALARM = Known("PutAlarm")
    GET_ALARMS = Known("GetAlarms")
    DELETE_ALARM = Known("DeleteAlarm")
    TEST_ALARM = Known("TestAlarm")
    CREATE_CONTACT_METHOD = Known("CreateContactMethod")
    GET_CONTACT_METHODS = Known("GetContactMethods")
    SEND_CONTACT_METHOD_VERIFICATION = Known("SendContactMethodVerification")
    DELETE_CONTACT_METHOD = Known("DeleteContactMethod")
    CREATE_DISTRIBUTION = Known("CreateDistribution")
    UPDATE_DISTRIBUTION = Known("UpdateDistribution")
    DELETE_DISTRIBUTION = Known("DeleteDistribution")
    RESET_DISTRIBUTION_CACHE = Known("ResetDistributionCache")
    ATTACH_CERTIFICATE_TO_DISTRIBUTION = Known("AttachCertificateToDistribution")
    DETACH_CERTIFICATE_FROM_DISTRIBUTION = Known("DetachCertificateFromDistribution")
    UPDATE_DISTRIBUTION_BUNDLE = Known("UpdateDistributionBundle")
    SET_IP_ADDRESS_TYPE = Known("SetIpAddressType")
    CREATE_CERTIFICATE = Known("CreateCertificate")
    DELETE_CERTIFICATE = Known("DeleteCertificate")
    CREATE_CONTAINER_SERVICE = Known("CreateContainerService")
    UPDATE_CONTAINER_SERVICE = Known("UpdateContainerService")
    DELETE_CONTAINER_SERVICE = Known("DeleteContainerService")
    CREATE_CONTAINER_SERVICE_DEPLOYMENT = Known("CreateContainerServiceDeployment")
    CREATE_CONTAINER_SERVICE_REGISTRY_LOGIN = Known("CreateContainerServiceRegistryLogin")
    REGISTER_CONTAINER_IMAGE = Known("RegisterContainerImage")
    DELETE_CONTAINER_IMAGE = Known("DeleteContainerImage")
    CREATE_BUCKET = Known("CreateBucket")
    DELETE_BUCKET = Known("DeleteBucket")
    CREATE_BUCKET_ACCESS_KEY = Known("CreateBucketAccessKey")
    DELETE_BUCKET_ACCESS_KEY = Known("DeleteBucketAccessKey")
    UPDATE_BUCKET_BUNDLE = Known("UpdateBucketBundle")
    UPDATE_BUCKET = Known("UpdateBucket")
    SET_RESOURCE_ACCESS_FOR_BUCKET = Known("SetResourceAccessForBucket")
    UPDATE_INSTANCE_METADATA_OPTIONS = Known("UpdateInstanceMetadataOptions")
    START_GUI_SESSION = Known("StartGUISession")
    STOP_GUI_SESSION = Known("StopGUISession")
    SETUP_INSTANCE_HTTPS = Known("SetupInstanceHttps")
    GET_PROFILE = Known("GetProfile")
    CREATE_SUBDOMAIN = Known("CreateSubdomain")
    UPDATE_SUBDOMAIN_ASSOCIATION = Known("UpdateSubdomainAssociation")
    DELETE_SUBDOMAIN = Known("DeleteSubdomain")


class DiskSnapshotState(OpenEnum):
    """State of a disk snapshot.

    Final states are `COMPLETED` (success) and `ERROR`. Source: shape `DiskSnapshotState` of the
    service model.
    """

    __slots__ = ()

    PENDING = Known("pending")
    COMPLETED = Known("completed")
    ERROR = Known("error")
    UNKNOWN = Known("unknown")


class DiskState(OpenEnum):
    """State of a disk. Source: shape `DiskState` of the service model."""

    __slots__ = ()

    PENDING = Known("pending")
    ERROR = Known("error")
    AVAILABLE = Known("available")
    IN_USE = Known("in-use")
    UNKNOWN = Known("unknown")


class AutoMountStatus(OpenEnum):
    """Status of the automatic mounting of a disk (Lightsail for Research only).

    Source: shape `AutoMountStatus` of the service model.
    """

    __slots__ = ()

    FAILED = Known("Failed")
    PENDING = Known("Pending")
    MOUNTED = Known("Mounted")
    NOT_MOUNTED = Known("NotMounted")


class InstanceSnapshotState(OpenEnum):
    """State of an instance snapshot.

    Final states are `AVAILABLE` (success) and `ERROR`. Source: shape `InstanceSnapshotState` of the
    service model.
    """

    __slots__ = ()

    PENDING = Known("pending")
    ERROR = Known("error")
    AVAILABLE = Known("available")


class RecordState(OpenEnum):
    """State of an export. Source: shape `RecordState` of the service model."""

    __slots__ = ()

    STARTED = Known("Started")
    SUCCEEDED = Known("Succeeded")
    FAILED = Known("Failed")


class ExportSnapshotRecordSourceType(OpenEnum):
    """Types of exported snapshots.

    Source: shape `ExportSnapshotRecordSourceType` of the service model.
    """

    __slots__ = ()

    INSTANCE_SNAPSHOT = Known("InstanceSnapshot")
    DISK_SNAPSHOT = Known("DiskSnapshot")


class AutoSnapshotStatus(OpenEnum):
    """Status of an automatic snapshot.

    Source: shape `AutoSnapshotStatus` of the service model.
    """

    __slots__ = ()

    SUCCESS = Known("Success")
    FAILED = Known("Failed")
    IN_PROGRESS = Known("InProgress")
    NOT_FOUND = Known("NotFound")


class AddOnType(OpenEnum):
    """Types of add-ons. Source: shape `AddOnType` of the service model."""

    __slots__ = ()

    AUTO_SNAPSHOT = Known("AutoSnapshot")
    STOP_INSTANCE_ON_IDLE = Known("StopInstanceOnIdle")


class IpAddressType(OpenEnum):
    """Types of IP addresses of an instance.

    Source: shape `IpAddressType` of the service model.
    """

    __slots__ = ()

    DUALSTACK = Known("dualstack")
    IPV4 = Known("ipv4")
    IPV6 = Known("ipv6")


class NetworkProtocol(OpenEnum):
    """IP protocols of an instance's ports.

    Source: shape `NetworkProtocol` of the service model.
    """

    __slots__ = ()

    TCP = Known("tcp")
    ALL = Known("all")
    UDP = Known("udp")
    ICMP = Known("icmp")
    ICMPV6 = Known("icmpv6")


class PortAccessType(OpenEnum):
    """Types of access to an instance's ports.

    Source: shape `PortAccessType` of the service model.
    """

    __slots__ = ()

    PUBLIC = Known("Public")
    PRIVATE = Known("Private")


class AccessDirection(OpenEnum):
    """Directions of access to an instance's ports.

    Source: shape `AccessDirection` of the service model.
    """

    __slots__ = ()

    INBOUND = Known("inbound")
    OUTBOUND = Known("outbound")


class InstanceMetadataState(OpenEnum):
    """States of a change of an instance's metadata options.

    Source: shape `InstanceMetadataState` of the service model.
    """

    __slots__ = ()

    PENDING = Known("pending")
    APPLIED = Known("applied")


class HttpTokens(OpenEnum):
    """Requirement of a session token for requests to the instance metadata service.

    Source: shape `HttpTokens` of the service model.
    """

    __slots__ = ()

    OPTIONAL = Known("optional")
    REQUIRED = Known("required")


class HttpEndpoint(OpenEnum):
    """States of the HTTP endpoint of the instance metadata service.

    Source: shape `HttpEndpoint` of the service model.
    """

    __slots__ = ()

    DISABLED = Known("disabled")
    ENABLED = Known("enabled")


class HttpProtocolIpv6(OpenEnum):
    """States of the IPv6 endpoint of the instance metadata service.

    Source: shape `HttpProtocolIpv6` of the service model.
    """

    __slots__ = ()

    DISABLED = Known("disabled")
    ENABLED = Known("enabled")


class InstanceHealthStatusValue(OpenEnum):
    """Summaries of the health checks of an instance.

    Source: shape `InstanceHealthStatusValue` of the service model.
    """

    __slots__ = ()

    OK = Known("ok")
    IMPAIRED = Known("impaired")
    INITIALIZING = Known("initializing")
    INSUFFICIENT_DATA = Known("insufficient-data")
    NOT_APPLICABLE = Known("not-applicable")


class InstanceHealthStatusDetailName(OpenEnum):
    """Types of health checks.

    Source: shape `InstanceHealthStatusDetailName` of the service model.
    """

    __slots__ = ()

    REACHABILITY = Known("reachability")


class InstanceHealthStatusDetailValue(OpenEnum):
    """Results of a health check.

    Source: shape `InstanceHealthStatusDetailValue` of the service model.
    """

    __slots__ = ()

    PASSED = Known("passed")
    FAILED = Known("failed")
    INSUFFICIENT_DATA = Known("insufficient-data")
    INITIALIZING = Known("initializing")
