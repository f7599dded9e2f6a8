"""A FastAPI service that returns the package's models."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, Field

from lightsail_snap import (
    DiskSnapshot,
    DiskSource,
    GetDiskSnapshotsResult,
    InstanceSource,
    InvalidInputException,
    LightsailSnapClient,
    LightsailSnapError,
    NotFoundException,
    Operation,
    PagedResult,
    RequestValidationError,
    SnapshotSource,
    Violation,
)

from .store import ModelTable
from .web import HTTPError, Router


class NewSnapshot(BaseModel):
    name: str
    source: SnapshotSource
    tags: dict[str, str | None] = Field(default_factory=dict)


class Overview(BaseModel):
    snapshots: list[DiskSnapshot]
    total_size_in_gb: int
    last_operation: Operation | None = None


def problem(violations: Sequence[Violation]) -> str:
    return "; ".join(f"{violation.field}: {violation.rule}" for violation in violations)


def to_http_error(error: LightsailSnapError) -> HTTPError:
    match error:
        case RequestValidationError():
            return HTTPError(422, problem(error.violations))
        case NotFoundException():
            return HTTPError(404, error.message)
        case InvalidInputException(sub_code="NameExists"):
            return HTTPError(409, error.message)
        case _:
            return HTTPError(502 if error.may_have_executed else 503, str(error))


def source_name(source: SnapshotSource) -> str:
    match source:
        case DiskSource(disk_name=name):
            return name
        case InstanceSource(instance_name=name):
            return name


def add_routes(
    router: Router, client: LightsailSnapClient, table: ModelTable[DiskSnapshot]
) -> None:
    @router.get("/snapshots/{name}")
    def read_snapshot(name: str) -> DiskSnapshot:
        snapshot = client.find_disk_snapshot(name)
        if snapshot is None:
            raise HTTPError(404, f"there is no snapshot {name}")
        return snapshot

    @router.get("/pages")
    def read_page(page_token: str | None = None) -> PagedResult[DiskSnapshot]:
        page: GetDiskSnapshotsResult = client.get_disk_snapshots(page_token=page_token)
        table.save(page.items)
        return page

    @router.get("/overview")
    def read_overview() -> Overview:
        snapshots = client.iter_disk_snapshots(state="completed").list()
        return Overview(
            snapshots=snapshots,
            total_size_in_gb=sum(snapshot.size_in_gb or 0 for snapshot in snapshots),
            last_operation=client.iter_operations().first(),
        )

    @router.post("/snapshots", status_code=202)
    def create_snapshot(new: NewSnapshot) -> tuple[Operation, ...]:
        try:
            return client.create_disk_snapshot(new.name, new.source, tags=new.tags).operations
        except LightsailSnapError as error:
            raise to_http_error(error) from error

    @router.delete("/snapshots/{name}")
    def delete_snapshot(name: str) -> str:
        deleted = client.delete_disk_snapshot(name, missing_ok=True).operations
        return f"{name}: {deleted[0].status or 'unknown'}" if deleted else f"{name}: missing"

    del read_snapshot, read_page, read_overview, create_snapshot, delete_snapshot
