"""Type-check the client. This file is never run.

A line that must be rejected names the error codes: `# mypy: ... pyright: ...`.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from typing_extensions import assert_type

from lightsail_snap import (
    AsyncLightsailSnapClient,
    Disk,
    DiskSnapshot,
    DiskSource,
    InstanceSource,
    LightsailSnapClient,
    LightsailSnapError,
    Operation,
    ServiceError,
    WaitError,
    WaitPolicy,
    WaitProgress,
)


def connecting() -> None:
    LightsailSnapClient()
    LightsailSnapClient(region_name="us-east-1", profile_name="backup")
    LightsailSnapClient(wait_policy=WaitPolicy(timeout=timedelta(hours=2), min_delay=1))
    LightsailSnapClient(endpoint_url="http://emulator:4566", allow_plain_http=True)
    AsyncLightsailSnapClient(endpoint_url="http://emulator:4566", allow_plain_http=True)
    LightsailSnapClient(allow_plain_http="no")  # mypy: arg-type pyright: reportArgumentType
    AsyncLightsailSnapClient(allow_plain_http="no")  # mypy: arg-type pyright: reportArgumentType
    LightsailSnapClient("us-east-1")  # mypy: arg-type pyright: reportArgumentType
    LightsailSnapClient(region="us-east-1")  # mypy: call-arg pyright: reportCallIssue
    LightsailSnapClient(wait_policy=60)  # mypy: arg-type pyright: reportArgumentType
    WaitPolicy(timeout="soon")  # mypy: arg-type pyright: reportArgumentType


def creating(client: LightsailSnapClient) -> None:
    disk, instance = DiskSource(disk_name="a"), InstanceSource(instance_name="b")
    client.create_disk_snapshot("db", disk)
    client.create_disk_snapshot(disk_snapshot_name="db", source=instance, tags={"env": None})
    client.create_disk_snapshot("db")  # mypy: call-arg pyright: reportCallIssue
    client.create_disk_snapshot(source=disk)  # mypy: call-arg pyright: reportCallIssue
    client.create_disk_snapshot("db", disk, instance)  # mypy: call-arg,arg-type pyright: reportCallIssue
    client.create_disk_snapshot("db", disk, {"env": "prod"})  # mypy: call-arg pyright: reportCallIssue
    client.create_disk_snapshot("db", disk, tags={"env": 5})  # mypy: arg-type pyright: reportArgumentType
    client.create_disk_snapshot("db", {"diskName": "a"})  # mypy: arg-type pyright: reportArgumentType
    client.create_disk_snapshot(b"db", disk)  # mypy: arg-type pyright: reportArgumentType


def lookups(client: LightsailSnapClient) -> None:
    snapshot = client.get_disk_snapshot("db").disk_snapshot
    assert_type(snapshot, DiskSnapshot)
    assert_type(snapshot.name, str)
    assert_type(snapshot.created_at, datetime | None)
    assert_type(client.get_disk("a").disk, Disk)
    assert_type(client.get_operation("x").operation, Operation)
    client.get_disk_snapshot(snapshot)  # mypy: arg-type pyright: reportArgumentType
    client.get_disk(disk=5)  # mypy: call-arg pyright: reportCallIssue
    client.get_operation(5)  # mypy: arg-type pyright: reportArgumentType
    snapshot.state = "completed"  # mypy: misc,assignment pyright: reportAttributeAccessIssue


def on_progress(progress: WaitProgress[DiskSnapshot]) -> None:
    assert_type(progress.resource, DiskSnapshot | None)
    assert_type(progress.percent, int | None)


def waiting(client: LightsailSnapClient, operation: Operation) -> None:
    assert_type(client.wait_for_operation(operation, timeout=None), Operation)
    assert_type(client.wait_for_operation("x", timeout=0), Operation)
    assert_type(
        client.wait_for_disk_snapshot("db", timeout=timedelta(hours=1), on_progress=on_progress),
        DiskSnapshot,
    )
    client.wait_for_disk_snapshot("db", on_progress=print)
    client.wait_for_operation(operation, on_progress=on_progress)  # mypy: arg-type pyright: reportArgumentType
    client.wait_for_operation(None)  # mypy: arg-type pyright: reportArgumentType
    client.wait_for_disk_snapshot("db", 60)  # mypy: call-arg pyright: reportCallIssue
    client.wait_for_disk_snapshot("db", timeout="soon")  # mypy: arg-type pyright: reportArgumentType


def failing(client: LightsailSnapClient) -> None:
    try:
        client.get_disk("a")
    except ServiceError as error:
        assert_type(error.code, str)
        assert_type(error.request_id, str | None)
        assert_type(error.is_retryable, bool)
    except WaitError as error:
        assert_type(error.operation, Operation | None)
        assert_type(error.waited, timedelta)
    except LightsailSnapError as error:
        assert_type(error.may_have_executed, bool)
        error.code  # mypy: attr-defined pyright: reportAttributeAccessIssue
