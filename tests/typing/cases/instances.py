"""Types of instances, for type checkers. Never executed.

A line that must be rejected names the error codes: `# mypy: ... pyright: ...`.
"""

from __future__ import annotations

from datetime import datetime

from typing import Any

from typing_extensions import assert_type

from lightsail_snap import (
    AccessDirection,
    GetInstanceRequest,
    GetInstanceResult,
    GetInstancesRequest,
    GetInstancesResult,
    GetInstanceStateRequest,
    GetInstanceStateResult,
    HttpEndpoint,
    HttpProtocolIpv6,
    HttpTokens,
    Instance,
    InstanceAttributeUpdates,
    InstanceDisk,
    InstanceHardware,
    InstanceHealthStatus,
    InstanceHealthStatusDetail,
    InstanceHealthStatusDetailName,
    InstanceHealthStatusDetailValue,
    InstanceHealthStatusValue,
    InstanceMetadataOptions,
    InstanceMetadataState,
    InstanceNetworking,
    InstancePortInfo,
    InstanceState,
    InstanceStateName,
    LightsailSnapClient,
    MonthlyTransfer,
    NetworkProtocol,
    PortAccessType,
    RebootInstanceRequest,
    RebootInstanceResult,
    StartInstanceRequest,
    StartInstanceResult,
    StopInstanceRequest,
    StopInstanceResult,
)
from lightsail_snap.models import Request, request_types


def requests(client: LightsailSnapClient) -> None:
    result = client.send(GetInstanceRequest(instance_name="web-1", include_health_status=True))
    assert_type(result, GetInstanceResult)
    assert_type(result.instance, Instance)
    page = client.send(GetInstancesRequest(include_health_status=True, page_token="t"))
    assert_type(page, GetInstancesResult)
    assert_type(page.items, tuple[Instance, ...])
    state = client.send(GetInstanceStateRequest(instance_name="web-1"))
    assert_type(state, GetInstanceStateResult)
    assert_type(state.state, InstanceState)
    GetInstanceRequest(name="web-1")  # mypy: call-arg pyright: reportCallIssue
    GetInstanceRequest(instance_name=5)  # mypy: arg-type pyright: reportArgumentType
    GetInstanceStateRequest(instance_name=5)  # mypy: arg-type pyright: reportArgumentType
    GetInstancesRequest(include_health_status=[])  # mypy: arg-type pyright: reportArgumentType
    GetInstanceResult(instance="web-1")  # mypy: arg-type pyright: reportArgumentType
    GetInstanceStateResult(state="running")  # mypy: arg-type pyright: reportArgumentType
    GetInstancesResult(instances=("web-1",))  # mypy: arg-type pyright: reportArgumentType
    assert_type(request_types(), dict[str, type[Request[Any]]])  # any: the results differ
    request_types("GetInstance")  # mypy: call-arg pyright: reportCallIssue
    result.instances  # mypy: attr-defined pyright: reportAttributeAccessIssue


def changes(client: LightsailSnapClient) -> None:
    updates = InstanceAttributeUpdates(bundle_id="small_3_0")
    InstanceAttributeUpdates(bundle_id=5)  # mypy: arg-type pyright: reportArgumentType
    request = StartInstanceRequest(instance_name="web-1", attribute_updates=updates)
    assert_type(client.send(request), StartInstanceResult)
    assert_type(client.send(StopInstanceRequest(instance_name="web-1", force=True)), StopInstanceResult)
    assert_type(client.send(RebootInstanceRequest(instance_name="web-1")), RebootInstanceResult)
    StartInstanceRequest(attribute_updates=updates)  # mypy: call-arg pyright: reportCallIssue
    StopInstanceRequest(instance_name="web-1", force=[])  # mypy: arg-type pyright: reportArgumentType
    RebootInstanceRequest(name="web-1")  # mypy: call-arg pyright: reportCallIssue
    StartInstanceResult(operations=5)  # mypy: arg-type pyright: reportArgumentType
    StopInstanceResult(operations=5)  # mypy: arg-type pyright: reportArgumentType
    RebootInstanceResult(operations=5)  # mypy: arg-type pyright: reportArgumentType


def parts(instance: Instance) -> None:
    assert_type(instance.name, str)
    assert_type(instance.state, InstanceState | None)
    assert_type(instance.hardware, InstanceHardware | None)
    assert_type(instance.networking, InstanceNetworking | None)
    assert_type(instance.metadata_options, InstanceMetadataOptions | None)
    assert_type(instance.instance_status, InstanceHealthStatus | None)
    assert_type(instance.state_name, InstanceStateName | None)
    Instance(name=instance.state_name)  # mypy: arg-type pyright: reportArgumentType
    assert_type(instance.is_running, bool)
    Instance(name=instance.is_running)  # mypy: arg-type pyright: reportArgumentType
    assert_type(instance.is_stopped, bool)
    Instance(name=instance.is_stopped)  # mypy: arg-type pyright: reportArgumentType
    InstanceStateName(5)  # mypy: arg-type pyright: reportArgumentType
    instance.state.name  # mypy: union-attr pyright: reportOptionalMemberAccess
    Instance(name=5)  # mypy: arg-type pyright: reportArgumentType
    InstanceDisk(size_in_gb=[])  # mypy: arg-type pyright: reportArgumentType
    InstanceHardware(cpu_count=[])  # mypy: arg-type pyright: reportArgumentType
    InstanceHealthStatus(details=5)  # mypy: arg-type pyright: reportArgumentType
    InstanceHealthStatusDetail(impaired_since=[])  # mypy: arg-type pyright: reportArgumentType
    InstanceMetadataOptions(http_put_response_hop_limit=[])  # mypy: arg-type pyright: reportArgumentType
    InstanceNetworking(ports=5)  # mypy: arg-type pyright: reportArgumentType
    InstancePortInfo(from_port=[])  # mypy: arg-type pyright: reportArgumentType
    InstanceState(code=[])  # mypy: arg-type pyright: reportArgumentType
    MonthlyTransfer(gb_per_month_allocated=[])  # mypy: arg-type pyright: reportArgumentType


def details(
    disk: InstanceDisk,
    hardware: InstanceHardware,
    health: InstanceHealthStatus,
    networking: InstanceNetworking,
    options: InstanceMetadataOptions,
) -> None:
    # A `Disk` always has a name; a disk in the hardware of an instance may have none.
    assert_type(disk.name, str | None)
    assert_type(hardware.disks, tuple[InstanceDisk, ...])
    assert_type(hardware.ram_size_in_gb, float | None)
    assert_type(networking.monthly_transfer, MonthlyTransfer | None)
    for port in networking.ports:
        assert_type(port, InstancePortInfo)
        assert_type(port.protocol, NetworkProtocol | None)
        assert_type(port.access_type, PortAccessType | None)
        assert_type(port.access_direction, AccessDirection | None)
    assert_type(options.state, InstanceMetadataState | None)
    assert_type(options.http_tokens, HttpTokens | None)
    assert_type(options.http_endpoint, HttpEndpoint | None)
    assert_type(options.http_protocol_ipv6, HttpProtocolIpv6 | None)
    assert_type(health.status, InstanceHealthStatusValue | None)
    for detail in health.details:
        assert_type(detail, InstanceHealthStatusDetail)
        assert_type(detail.name, InstanceHealthStatusDetailName | None)
        assert_type(detail.status, InstanceHealthStatusDetailValue | None)
        assert_type(detail.impaired_since, datetime | None)
    AccessDirection(5)  # mypy: arg-type pyright: reportArgumentType
    HttpEndpoint(5)  # mypy: arg-type pyright: reportArgumentType
    HttpProtocolIpv6(5)  # mypy: arg-type pyright: reportArgumentType
    HttpTokens(5)  # mypy: arg-type pyright: reportArgumentType
    InstanceHealthStatusDetailName(5)  # mypy: arg-type pyright: reportArgumentType
    InstanceHealthStatusDetailValue(5)  # mypy: arg-type pyright: reportArgumentType
    InstanceHealthStatusValue(5)  # mypy: arg-type pyright: reportArgumentType
    InstanceMetadataState(5)  # mypy: arg-type pyright: reportArgumentType
    NetworkProtocol(5)  # mypy: arg-type pyright: reportArgumentType
    PortAccessType(5)  # mypy: arg-type pyright: reportArgumentType
