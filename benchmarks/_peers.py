"""The libraries that compare.py measures: each makes the same two calls, without a network."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from typing import Any, cast

import boto3.session
from botocore.awsrequest import AWSResponse
from pydantic import BaseModel

from lightsail_snap import DiskSource, LightsailSnapClient

NAME, DISK, TAGS = "db-1", "Disk-1", {"env": "prod"}
WIRE_TAGS = [{"key": "env", "value": "prod"}]
UUID = "00000000-27a0-4d3b-b5e4-2b8f5b0a1b0e"
HEADERS = {
    "x-amzn-RequestId": "4ab1bd6c-6f2c-4b49-8b5c-0b7a2b0a1b0e",
    "Content-Type": "application/x-amz-json-1.1",
    "Date": "Mon, 23 Nov 2026 10:00:00 GMT",
}


def _to_json(wire: object) -> bytes:
    return json.dumps(wire, separators=(",", ":")).encode()


def _operation(number: int) -> dict[str, object]:
    return {
        "createdAt": 1479816991.349,
        "id": f"{number}{UUID[1:]}",
        "isTerminal": False,
        "location": {"availabilityZone": "all", "regionName": "us-east-1"},
        "operationDetails": DISK,
        "operationType": "CreateDiskSnapshot",
        "resourceName": NAME,
        "resourceType": "DiskSnapshot",
        "status": "Started",
        "statusChangedAt": 1479816991.349,
    }


def snapshot(number: int) -> dict[str, object]:
    """Return a disk snapshot as the service lists it."""
    unique = f"{number:08d}{UUID[8:]}"
    return {
        "arn": f"arn:aws:lightsail:us-east-1:123456789012:DiskSnapshot/{unique}",
        "createdAt": 1566839161.589 + number,
        "fromDiskArn": f"arn:aws:lightsail:us-east-1:123456789012:Disk/{unique}",
        "fromDiskName": f"Disk-{number}",
        "isFromAutoSnapshot": False,
        "location": {"availabilityZone": "all", "regionName": "us-east-1"},
        "name": f"db-{number}",
        "progress": "100%",
        "resourceType": "DiskSnapshot",
        "sizeInGb": 32,
        "state": "completed",
        "supportCode": f"621291663362/snap-0{number:08d}",
        "tags": WIRE_TAGS,
    }


def page(size: int, token: str | None = None) -> bytes:
    """Return the body of a page of disk snapshots."""
    wire: dict[str, object] = {"diskSnapshots": [snapshot(number) for number in range(size)]}
    return _to_json(wire if token is None else wire | {"nextPageToken": token})


CREATED = _to_json({"operations": [_operation(1), _operation(2)]})
PAGE = page(1000)


class _Raw:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self) -> Iterator[bytes]:
        yield self._body


def _respond(request: Any, **_: object) -> AWSResponse:  # noqa: ANN401 - as in botocore
    target = request.headers["X-Amz-Target"]
    body = PAGE if target.endswith(b"GetDiskSnapshots") else CREATED
    return AWSResponse(request.url, 200, dict(HEADERS), _Raw(body))


def _session() -> boto3.session.Session:
    keys = ("AKIAIOSFODNN7EXAMPLE", "secret")
    return boto3.session.Session(*keys, region_name="us-east-1")


def boto3_client() -> Any:  # noqa: ANN401 - boto3 creates clients at run time
    """Return a boto3 client with a fixed response for each call."""
    client = _session().client("lightsail")
    client.meta.events.register("before-send.lightsail", _respond)
    return client


def built_client() -> LightsailSnapClient:
    """Return a client of this library with its own boto3 client and the same responses."""
    client = LightsailSnapClient()  # with the credentials of compare.ISOLATED_ENVIRONMENT
    transport: Any = client._transport  # noqa: SLF001 - the only access to its boto3 client
    transport._client.meta.events.register("before-send.lightsail", _respond)  # noqa: SLF001 - likewise
    return client


@dataclass(frozen=True)
class Peer:
    """A library with its two calls; a call that it does not support is None."""

    title: str
    create: Callable[[], object] | None
    list_page: Callable[[], object] | None


def _raw(title: str) -> Peer:
    client = boto3_client()

    def create() -> object:
        return client.create_disk_snapshot(diskSnapshotName=NAME, diskName=DISK, tags=WIRE_TAGS)

    return Peer(title, create, client.get_disk_snapshots)


def _lightsail_snap(title: str, client: LightsailSnapClient) -> Peer:
    def create() -> object:
        return client.create_disk_snapshot(NAME, DiskSource(disk_name=DISK), tags=TAGS)

    return Peer(title, create, client.get_disk_snapshots)


def _types_boto3() -> Peer:
    import_module("types_boto3_lightsail")
    client = boto3_client()

    def create() -> object:
        found = client.create_disk_snapshot(diskSnapshotName=NAME, diskName=DISK, tags=WIRE_TAGS)
        return cast("dict[str, Any]", found)

    def list_page() -> object:
        return cast("dict[str, Any]", client.get_disk_snapshots())

    return Peer(f"types-boto3-lightsail {version('types-boto3-lightsail')}", create, list_page)


def _dataclasses() -> Peer:
    caster = import_module("boto3_dataclass_lightsail.caster").LIGHTSAILCaster()
    client = boto3_client()

    def create() -> object:
        found = client.create_disk_snapshot(diskSnapshotName=NAME, diskName=DISK, tags=WIRE_TAGS)
        return caster.create_disk_snapshot(found).operations

    def list_page() -> object:
        return caster.get_disk_snapshots(client.get_disk_snapshots()).diskSnapshots

    title = f"boto3-dataclass-lightsail {version('boto3-dataclass-lightsail')}"
    return Peer(title, create, list_page)


def _typed_boto3() -> Peer:
    base = import_module("typed_boto3.core.base").TypedClientBase
    shapes = import_module("aws_resource_validator.pydantic_models.lightsail.lightsail_classes")
    # The SDK has no client for Lightsail. Its base class with the validator's models is equivalent.
    typed = base.__new__(base)
    typed._client = boto3_client()  # noqa: SLF001 - as its own clients do
    result = shapes.CreateDiskSnapshotResultTypeDef
    listed = shapes.GetDiskSnapshotsResultTypeDef

    def create() -> object:
        request = shapes.CreateDiskSnapshotRequestTypeDef(
            diskSnapshotName=NAME, diskName=DISK, tags=WIRE_TAGS
        )
        return typed._call("create_disk_snapshot", request, result)  # noqa: SLF001 - as its clients do

    def list_page() -> object:
        return typed._call("get_disk_snapshots", None, listed)  # noqa: SLF001 - likewise

    return Peer(f"typed-boto3-sdk {version('typed-boto3-sdk')}", create, list_page)


def _capo() -> Peer:
    capo = import_module("capo_lightsail")
    http = import_module("zapros")

    class Handler:
        def handle(self, request: Any) -> Any:  # noqa: ANN401 - capo may not be installed
            target = request.headers["X-Amz-Target"]
            body = PAGE if target.endswith("GetDiskSnapshots") else CREATED
            return http.Response(200, headers=dict(HEADERS), content=body)

        def close(self) -> None:
            """Hold nothing open."""

        def wrap_with_middleware(self, factory: Callable[[Any], Any]) -> Any:  # noqa: ANN401 - likewise
            return factory(self)

    keys = {"access_key": "AKIAIOSFODNN7EXAMPLE", "secret_key": "secret"}
    client = capo.LightsailClient(http_handler=Handler(), region="us-east-1", credentials=keys)

    def create() -> object:
        return client.create_disk_snapshot(NAME, disk_name=DISK, tags=WIRE_TAGS)

    return Peer(f"capo-lightsail {version('capo-lightsail')}", create, client.get_disk_snapshots)


class _PlainTag(BaseModel):
    key: str
    value: str | None = None


class _PlainLocation(BaseModel):
    availabilityZone: str | None = None  # noqa: N815 - as on the wire
    regionName: str | None = None  # noqa: N815 - likewise


class _PlainSnapshot(BaseModel):
    name: str
    arn: str | None = None
    createdAt: float | None = None  # noqa: N815 - likewise
    location: _PlainLocation | None = None
    resourceType: str | None = None  # noqa: N815 - likewise
    supportCode: str | None = None  # noqa: N815 - likewise
    tags: list[_PlainTag] = []
    sizeInGb: int | None = None  # noqa: N815 - likewise
    state: str | None = None
    progress: str | None = None
    fromDiskName: str | None = None  # noqa: N815 - likewise
    fromDiskArn: str | None = None  # noqa: N815 - likewise
    isFromAutoSnapshot: bool | None = None  # noqa: N815 - likewise


class _PlainPage(BaseModel):
    diskSnapshots: list[_PlainSnapshot]  # noqa: N815 - likewise


def _plain_models() -> Peer:
    # Without datetimes, enumerations, frozen models, unknown fields and a call: the cost of
    # creating three pydantic models for each snapshot.
    return Peer(
        "pydantic only, plain models of the response",
        None,
        lambda: _PlainPage.model_validate_json(PAGE),
    )


def _json_only() -> Peer:
    return Peer("json.loads of the response", lambda: json.loads(CREATED), lambda: json.loads(PAGE))


BASE = "boto3"
CONTROL = "boto3 again (control)"


def peers() -> tuple[list[Peer], list[str]]:
    """Return the installed peers, boto3 first, and the reasons why others are missing."""
    found = [
        _raw(BASE),
        _raw(CONTROL),
        _lightsail_snap("lightsail-snap, own boto3 client", built_client()),
        _lightsail_snap(
            "lightsail-snap, injected boto3 client", LightsailSnapClient(boto3_client())
        ),
    ]
    missing = []
    for make in (_capo, _types_boto3, _dataclasses, _typed_boto3, _plain_models, _json_only):
        try:
            peer = make()
            for call in (peer.create, peer.list_page):
                if call is not None:
                    call()
        except Exception as error:  # noqa: BLE001 - the other peers are measured
            missing.append(f"{make.__name__.strip('_')}: {type(error).__name__}: {error}"[:200])
        else:
            found.append(peer)
    return found, missing
