"""Type-check a consumer without stubs of boto3: the package exposes no `Any`. Never run.

mypy checks this file with `--strict --disallow-any-unimported --disallow-any-expr`. A line with an
`Any` in its expressions gives the reason: `# any: ...`. So do the cases in `tests/typing/cases`, whose
accepted lines have no `Any`.
"""

from __future__ import annotations

from collections.abc import Mapping

from lightsail_snap import (
    Response,
    AsyncLightsailSnapClient,
    Boto3Client,
    CreateDiskSnapshotRequest,
    Disk,
    DiskSnapshot,
    DiskSource,
    LightsailSnapClient,
    LightsailSnapError,
    PagedRequest,
    PageT,
    PartialFailureError,
    Request,
    ResponseMetadata,
    ResponseValidationError,
    ResultT,
    ServiceError,
    TransportError,
    Violation,
    WaitError,
    WaitPolicy,
)
from lightsail_snap.emulator import Fault, FaultKind, LightsailEmulator


def connect(boto3_client: Boto3Client, config: object) -> LightsailSnapClient:
    LightsailSnapClient(region_name="us-east-1", config=config)
    print(boto3_client.meta, boto3_client.create_disk_snapshot(diskName="a"))
    return LightsailSnapClient(boto3_client, wait_policy=WaitPolicy(timeout=60))


def work(client: LightsailSnapClient) -> Mapping[str, DiskSnapshot]:
    request = CreateDiskSnapshotRequest(disk_snapshot_name="db", source=DiskSource(disk_name="a"))
    for operation in client.send(request).operations:
        print(operation.id, operation.status, operation.location, operation.created_at)
    for snapshot in client.iter_disk_snapshots():
        print(snapshot, snapshot.name, snapshot.state, snapshot.tags, snapshot.model_copy())
    for page in client.iter_disks().pages():
        print(page.items, page.next_page_token, page.response_metadata.request_id)
    print(DiskSnapshot.from_wire({"name": "db"}), request.read_result(b"{}"))
    return client.take_disk_snapshots([request])


async def async_use(client: AsyncLightsailSnapClient) -> Disk:
    async with client:
        async for snapshot in client.iter_disk_snapshots():
            print(await client.wait_for_disk_snapshot(snapshot.name))
        return (await client.get_disk("a")).disk


def fail(client: LightsailSnapClient) -> Violation | None:
    try:
        client.get_disk("a")
    except ServiceError as error:
        print(error, error.code, error.sub_code, error.request_id)
    except WaitError as error:
        print(error.operation, error.snapshot, error.waited, error.__cause__)
    except ResponseValidationError as error:
        print(error.payload, error.violations)
    except PartialFailureError as error:
        print(error.failures, error.successes, error.exceptions)
    except TransportError as error:  # any: the error has a request of any result
        print(error.operation_name, error.may_have_executed)
        print(error.request)  # any: the handler cannot know the type of the result
    except LightsailSnapError as error:
        print(error.may_have_executed)
    return None


class FixedTransport:
    """A transport of the consumer's own."""

    def send(self, request: Request[ResultT]) -> Response:
        print(request, request.operation_name)
        return Response(b"{}", ResponseMetadata())

    def close(self) -> None: ...


def send_through(transport: FixedTransport) -> None:
    LightsailSnapClient(transport=transport)


def forward(client: LightsailSnapClient, request: PagedRequest[PageT]) -> PageT:
    return client.send(request)  # any: PageT is bound to pages of any item


def write(request: CreateDiskSnapshotRequest, snapshot: DiskSnapshot) -> None:
    print(request.to_wire())  # any: JSON values have no static type
    print(snapshot.model_extra)  # any: as above, and pydantic's own signature


def emulator_use(emulator: LightsailEmulator, boto3_client: Boto3Client) -> None:
    emulator.add_disk("a", region_name="us-east-1", size_in_gb=8)
    emulator.inject(Fault(kind=FaultKind.THROTTLE))
    emulator.install(boto3_client)
    with emulator.serve() as url:
        print(url)
    LightsailSnapClient(emulator.boto3_client("us-east-1"))  # any: boto3 creates clients at run time
