"""Instances: virtual private servers, their state and their health."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, StrictBool, StrictInt, StrictStr
from typing_extensions import override

from lightsail_snap.models._base import (
    PagedRequest,
    PagedResult,
    Request,
    RequestModel,
    Result,
    ResultModel,
)
from lightsail_snap.models._types import Timestamp, WireList
from lightsail_snap.models.add_ons import AddOn
from lightsail_snap.models.disks import DiskAttributes
from lightsail_snap.models.enums import (
    AccessDirection,
    HttpEndpoint,
    HttpProtocolIpv6,
    HttpTokens,
    InstanceHealthStatusDetailName,
    InstanceHealthStatusDetailValue,
    InstanceHealthStatusValue,
    InstanceMetadataState,
    InstanceStateName,
    IpAddressType,
    NetworkProtocol,
    PortAccessType,
    ResourceType,
)
from lightsail_snap.models.names import NonEmptyString, ResourceName
from lightsail_snap.models.operations import OperationsResult
from lightsail_snap.models.resources import SHARED, Resource, ResourceLocation
from lightsail_snap.models.tags import ResourceTag, values_of

__all__ = [
    "GetInstanceRequest",
    "GetInstanceResult",
    "GetInstanceStateRequest",
    "GetInstanceStateResult",
    "GetInstancesRequest",
    "GetInstancesResult",
    "Instance",
    "InstanceAttributeUpdates",
    "InstanceDisk",
    "InstanceHardware",
    "InstanceHealthStatus",
    "InstanceHealthStatusDetail",
    "InstanceMetadataOptions",
    "InstanceNetworking",
    "InstancePortInfo",
    "InstanceState",
    "MonthlyTransfer",
    "RebootInstanceRequest",
    "RebootInstanceResult",
    "StartInstanceRequest",
    "StartInstanceResult",
    "StopInstanceRequest",
    "StopInstanceResult",
]


class InstanceDisk(DiskAttributes, frozen=True):
    """Disk as part of an instance's hardware.

    Unlike a `Disk` it may have no name: samples of the AWS CLI show system disks without one.
    Source: shape `Disk` of the service model.
    """

    name: StrictStr | None = None
    """Name of the disk. The service omits it for system disks."""
    arn: StrictStr | None = None
    """Amazon Resource Name of the disk."""
    created_at: Timestamp | None = None
    """Time of creation."""
    location: Annotated[ResourceLocation, SHARED] | None = None
    """Region and Availability Zone of the disk."""
    resource_type: ResourceType | None = None
    """Type of the resource, `Disk`."""
    support_code: StrictStr | None = None
    """Code to give to AWS Support."""
    tags: WireList[ResourceTag] = ()
    """Tags of the disk."""

    @property
    def tag_values(self) -> Mapping[str, str | None]:
        """Values of the tags by key, read-only; None for a tag without a value or an empty one."""
        return values_of(self.tags)


class InstanceHardware(ResultModel, frozen=True):
    """Processors, memory and disks of an instance.

    Source: shape `InstanceHardware` of the service model.
    """

    cpu_count: StrictInt | None = None
    """Number of virtual CPUs."""
    disks: WireList[InstanceDisk] = ()
    """Disks of the instance, the system disk included."""
    ram_size_in_gb: Annotated[float, Field(strict=True, allow_inf_nan=False)] | None = None
    """Memory, in GB, for example 0.5."""


class MonthlyTransfer(ResultModel, frozen=True):
    """Monthly data transfer of an instance.

    Source: shape `MonthlyTransfer` of the service model.
    """

    gb_per_month_allocated: StrictInt | None = None
    """Amount included in the price of the instance, in GB per month."""


class InstancePortInfo(ResultModel, frozen=True):
    """Range of open ports of an instance.

    Source: shape `InstancePortInfo` of the service model.
    """

    from_port: StrictInt | None = None
    """First port, 0 to 65535; for ICMP the type."""
    to_port: StrictInt | None = None
    """Last port, 0 to 65535; for ICMP the code, -1 for all."""
    protocol: NetworkProtocol | None = None
    """IP protocol."""
    access_from: StrictStr | None = None
    """Allowed clients, for example `Anywhere (0.0.0.0/0)`."""
    access_type: PortAccessType | None = None
    """Type of access. Samples of the AWS CLI have `public` in lower case."""
    common_name: StrictStr | None = None
    """Common name of the port."""
    access_direction: AccessDirection | None = None
    """Direction. The service supports `inbound` only."""
    cidrs: WireList[StrictStr] = ()
    """Allowed IPv4 addresses, in CIDR notation."""
    ipv6_cidrs: WireList[StrictStr] = ()
    """Allowed IPv6 addresses, in CIDR notation."""
    cidr_list_aliases: WireList[StrictStr] = ()
    """Aliases of allowed address ranges. The service supports `lightsail-connect` only."""


class InstanceNetworking(ResultModel, frozen=True):
    """Open ports and data transfer of an instance.

    Source: shape `InstanceNetworking` of the service model.
    """

    monthly_transfer: MonthlyTransfer | None = None
    """Monthly data transfer."""
    ports: WireList[InstancePortInfo] = ()
    """Open ports."""


class InstanceState(ResultModel, frozen=True):
    """State of an instance. Source: shape `InstanceState` of the service model."""

    code: StrictInt | None = None
    """Code of the state, for example 16 for `running`."""
    name: InstanceStateName | None = None
    """Name of the state, for example `running`."""


class InstanceMetadataOptions(ResultModel, frozen=True):
    """Settings of the instance metadata service.

    Source: shape `InstanceMetadataOptions` of the service model.
    """

    state: InstanceMetadataState | None = None
    """State of the last change of these settings."""
    http_tokens: HttpTokens | None = None
    """Requirement of a session token (IMDSv2)."""
    http_endpoint: HttpEndpoint | None = None
    """State of the HTTP endpoint."""
    http_put_response_hop_limit: StrictInt | None = None
    """Number of network hops that a response may travel."""
    http_protocol_ipv6: HttpProtocolIpv6 | None = None
    """State of the IPv6 endpoint."""


class InstanceHealthStatusDetail(ResultModel, frozen=True):
    """Result of one health check.

    Source: shape `InstanceHealthStatusDetail` of the service model.
    """

    name: InstanceHealthStatusDetailName | None = None
    """Type of the check."""
    status: InstanceHealthStatusDetailValue | None = None
    """Result of the check."""
    impaired_since: Timestamp | None = None
    """Time at which the check failed first."""


class InstanceHealthStatus(ResultModel, frozen=True):
    """Health of an instance, or of the systems that it runs on.

    Source: shape `InstanceHealthStatus` of the service model.
    """

    status: InstanceHealthStatusValue | None = None
    """Summary of all checks."""
    details: WireList[InstanceHealthStatusDetail] = ()
    """Results of the checks."""


class Instance(Resource, frozen=True):
    """Virtual private server. Source: shape `Instance` of the service model."""

    blueprint_id: StrictStr | None = None
    """Image that the instance was created from, for example `amazon_linux_2023`."""
    blueprint_name: StrictStr | None = None
    """Name of the image for display, for example `Amazon Linux 2023`."""
    bundle_id: StrictStr | None = None
    """Size of the instance, for example `micro_3_0`."""
    add_ons: WireList[AddOn] = ()
    """Add-ons that are enabled on the instance."""
    is_static_ip: StrictBool | None = None
    """True if the instance has a static IP address."""
    private_ip_address: StrictStr | None = None
    """Private IPv4 address."""
    public_ip_address: StrictStr | None = None
    """Public IPv4 address. It changes when the instance stops and starts, unless it is static."""
    ipv6_addresses: WireList[StrictStr] = ()
    """IPv6 addresses."""
    ip_address_type: IpAddressType | None = None
    """Types of addresses that the instance has."""
    hardware: InstanceHardware | None = None
    """Processors, memory and disks."""
    networking: InstanceNetworking | None = None
    """Open ports and data transfer."""
    state: InstanceState | None = None
    """State, for example `running`."""
    username: StrictStr | None = None
    """User name for SSH, for example `ec2-user`."""
    ssh_key_name: StrictStr | None = None
    """Key pair for SSH."""
    metadata_options: InstanceMetadataOptions | None = None
    """Settings of the instance metadata service."""
    instance_status: InstanceHealthStatus | None = None
    """Health of the instance; only if the request set `include_health_status`."""
    system_status: InstanceHealthStatus | None = None
    """Health of the systems that it runs on; only if the request set `include_health_status`."""

    @property
    def is_running(self) -> bool:
        """True if the instance runs: its state is `running`."""
        return self.state_name == InstanceStateName.RUNNING

    @property
    def is_stopped(self) -> bool:
        """True if the instance is stopped, so that disks can be detached from it."""
        return self.state_name == InstanceStateName.STOPPED

    @property
    def state_name(self) -> InstanceStateName | None:
        """Name of the state; None if the service does not report it."""
        return None if self.state is None else self.state.name


class GetInstanceResult(Result, frozen=True):
    """Response to GetInstance."""

    instance: Instance
    """The instance. Guaranteed: if it does not exist, the service raises NotFoundException."""


class GetInstancesResult(PagedResult[Instance], frozen=True):
    """Response to GetInstances: one page."""

    instances: WireList[Instance] = ()
    """Instances of the region."""

    @property
    @override
    def items(self) -> tuple[Instance, ...]:
        return self.instances


class GetInstanceStateResult(Result, frozen=True):
    """Response to GetInstanceState."""

    state: InstanceState
    """The state. Guaranteed: without an instance the service raises NotFoundException."""


class GetInstanceRequest(Request[GetInstanceResult], frozen=True):
    """Get one instance."""

    instance_name: ResourceName
    """Name of the instance."""
    include_health_status: StrictBool | None = None
    """True to receive `instance_status` and `system_status`.

    Versions of botocore that lack this parameter refuse the request.
    """


class GetInstancesRequest(PagedRequest[GetInstancesResult], frozen=True):
    """List the instances of the region."""

    include_health_status: StrictBool | None = None
    """True to receive `instance_status` and `system_status` of each instance.

    Versions of botocore that lack this parameter refuse the request.
    """


class GetInstanceStateRequest(Request[GetInstanceStateResult], frozen=True):
    """Get the state of one instance."""

    instance_name: ResourceName
    """Name of the instance."""


class StartInstanceResult(OperationsResult, frozen=True):
    """Response to StartInstance."""


class StopInstanceResult(OperationsResult, frozen=True):
    """Response to StopInstance."""


class RebootInstanceResult(OperationsResult, frozen=True):
    """Response to RebootInstance."""


class InstanceAttributeUpdates(RequestModel, frozen=True):
    """Changes to an instance when it starts.

    Source: shape `InstanceAttributeUpdates` of the service model.
    """

    bundle_id: NonEmptyString | None = None
    """Bundle of a newer generation, for example `small_3_0`, or `auto` for the equivalent one."""


class StartInstanceRequest(Request[StartInstanceResult], frozen=True):
    """Start a stopped instance. It gets a new public IP address, unless it has a static one."""

    instance_name: ResourceName
    """Name of the instance."""
    attribute_updates: InstanceAttributeUpdates | None = None
    """Changes to make before the start.

    Versions of botocore that lack this parameter refuse the request.
    """


class StopInstanceRequest(Request[StopInstanceResult], frozen=True):
    """Stop a running instance."""

    instance_name: ResourceName
    """Name of the instance."""
    force: StrictBool | None = None
    """True to stop an instance that remains in the state `stopping`; only for that case."""


class RebootInstanceRequest(Request[RebootInstanceResult], frozen=True):
    """Restart a running instance."""

    instance_name: ResourceName
    """Name of the instance."""
