"""Pages as fields of an application's models and as return types of a web framework."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from lightsail_snap import (
    Disk,
    DiskSnapshot,
    GetDiskSnapshotsResult,
    GetDisksResult,
    GetOperationsForResourceResult,
    GetOperationsResult,
    Operation,
    PagedResult,
    models,
)

WIRE = {"diskSnapshots": [{"name": "db-1", "fromDiskName": "db"}], "nextPageToken": "t"}
PAGE = GetDiskSnapshotsResult.from_wire(WIRE)


class Report(BaseModel):
    """A model of an application."""

    page: PagedResult[DiskSnapshot]
    listed: GetDiskSnapshotsResult


def test_page_is_a_field_of_a_model() -> None:
    report = Report(page=PAGE, listed=PAGE)
    assert report.page is PAGE
    assert report.page.items[0].name == "db-1"
    assert report.model_dump()["page"]["disk_snapshots"][0]["name"] == "db-1"
    again = Report.model_validate_json(report.model_dump_json())
    assert again == report
    assert type(again.page) is GetDiskSnapshotsResult


@pytest.mark.parametrize("by_alias", [True, False])
def test_page_is_validated_and_serialized(*, by_alias: bool) -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(PagedResult[DiskSnapshot])
    assert adapter.validate_python(PAGE) is PAGE
    assert adapter.validate_python(WIRE) == PAGE
    assert adapter.validate_json(adapter.dump_json(PAGE, by_alias=by_alias)) == PAGE
    names = adapter.dump_python(PAGE, by_alias=by_alias)
    assert ("diskSnapshots" in names) is by_alias


def test_page_of_another_resource_is_refused() -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(PagedResult[Disk])
    assert adapter.validate_python(GetDisksResult()) == GetDisksResult()
    with pytest.raises(ValidationError):
        adapter.validate_python(PAGE)


@pytest.mark.parametrize("mode", ["validation", "serialization"])
def test_page_has_the_json_schema_of_its_result(mode: Any) -> None:
    schema = TypeAdapter(PagedResult[DiskSnapshot]).json_schema(mode=mode)
    assert schema == TypeAdapter(GetDiskSnapshotsResult).json_schema(mode=mode)
    assert {"diskSnapshots", "nextPageToken"} <= schema["properties"].keys()


def test_page_of_operations_is_one_of_two_results() -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(PagedResult[Operation])
    for page in (GetOperationsResult(), GetOperationsForResourceResult(next_page_count="1")):
        assert adapter.validate_python(page) is page
        assert b'"operations":[]' in adapter.dump_json(page)
    names = [each["$ref"].rpartition("/")[2] for each in adapter.json_schema()["anyOf"]]
    assert names == ["GetOperationsResult", "GetOperationsForResourceResult"]


def test_every_page_can_be_named_by_its_items() -> None:
    values = [getattr(models, name) for name in models.__all__]
    pages = [
        each
        for each in values
        if inspect.isclass(each) and issubclass(each, PagedResult) and each is not PagedResult
    ]
    assert len(pages) > 5
    for page in pages:
        (base,) = vars(page)["__orig_bases__"]
        assert TypeAdapter(base).validate_python(page()) == page()


def test_named_page_is_no_class() -> None:
    """FastAPI and pydantic treat it differently if only one of them takes it for a class."""
    alias: Any = PagedResult[DiskSnapshot]
    assert not isinstance(alias, type)
    with pytest.raises(TypeError):
        issubclass(alias, BaseModel)
