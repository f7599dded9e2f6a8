"""Constructors: signatures, positional arguments, docstrings and subclasses."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict

import lightsail_snap
import lightsail_snap.plans
from lightsail_snap import (
    AutoSnapshotSource,
    DiskSnapshot,
    DiskSource,
    GetDiskRequest,
    GetDiskSnapshotResult,
    InstanceSource,
    LatestAutoSnapshotSource,
    ManualSnapshotSource,
    RequestValidationError,
    ResourceTag,
    Scope,
    Tag,
    models,
)
from lightsail_snap.models import PagedRequest, PagedResult, Request, Result

POSITIONAL = {
    AutoSnapshotSource: ("resource_name", "restore_date"),
    DiskSource: ("disk_name",),
    InstanceSource: ("instance_name",),
    LatestAutoSnapshotSource: ("resource_name",),
    ManualSnapshotSource: ("snapshot_name",),
    ResourceTag: ("key", "value"),
    Tag: ("key", "value"),
}
MODULES = (lightsail_snap, lightsail_snap.plans, models)
MODELS = sorted(
    {
        kind
        for module in MODULES
        for kind in (getattr(module, name) for name in dir(module) if not name.startswith("_"))
        if isinstance(kind, type) and issubclass(kind, BaseModel)
    },
    key=lambda kind: kind.__name__,
)
EXTENSIBLE = [PagedRequest, PagedResult, Request, Result]

# Prints the signature of every model, before or after its first use.
SCRIPT = """
import inspect, json, sys
import lightsail_snap, lightsail_snap.plans
from lightsail_snap import models
from pydantic import BaseModel

signatures = {}
for module in (lightsail_snap, lightsail_snap.plans, models):
    for name in dir(module):
        kind = getattr(module, name)
        if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
            continue
        if sys.argv[1] == "used":
            kind.model_json_schema()
            try:
                kind()
            except (ValueError, lightsail_snap.LightsailSnapError):
                pass
        signatures[name] = str(inspect.signature(kind))
print(json.dumps(signatures))
"""


def signatures_of_fresh_interpreter(order: str) -> dict[str, str]:
    output = subprocess.check_output([sys.executable, "-c", SCRIPT, order])  # noqa: S603 - the script above
    found: dict[str, str] = json.loads(output)
    return found


def test_signatures_before_and_after_first_use_are_equal() -> None:
    before, after = map(signatures_of_fresh_interpreter, ("unused", "used"))
    assert before == after
    assert before["DiskSource"] == "(disk_name: str, *, kind: Literal['disk'] = 'disk') -> None"
    assert len(before) > 80


@pytest.mark.parametrize("kind", MODELS, ids=lambda kind: kind.__name__)
@pytest.mark.sample(50)
def test_signature_has_the_fields_of_the_model(kind: type[BaseModel]) -> None:
    parameters = inspect.signature(kind).parameters
    assert set(parameters) == set(kind.model_fields)
    positional = [name for name, each in parameters.items() if each.kind is not each.KEYWORD_ONLY]
    assert tuple(positional) == POSITIONAL.get(kind, ())
    for name, parameter in parameters.items():
        field = kind.model_fields[name]
        assert "Annotated" not in str(parameter.annotation)
        assert "Undefined" not in str(parameter)
        is_required = parameter.default is parameter.empty
        assert is_required is field.is_required()
        assert is_required or parameter.default == field.get_default(call_default_factory=True)
    kind.model_rebuild(force=True)
    assert inspect.signature(kind).parameters == parameters


def test_signature_of_callable_instance_is_that_of_its_call() -> None:
    assert [*inspect.signature(Scope(owner="nightly")).parameters] == ["snapshot"]
    assert [*inspect.signature(Scope).parameters] == ["owner", "names", "sources"]


@given(st.data())
def test_hypothesis_builds_models_by_field_name(data: st.DataObject) -> None:
    mine = DiskSnapshot(name="db-1")
    sources = st.builds(DiskSource, disk_name=st.just("Disk-1"))
    results = st.builds(GetDiskSnapshotResult, disk_snapshot=st.just(mine))
    assert data.draw(sources) == DiskSource(disk_name="Disk-1")
    result = data.draw(results)
    assert result.disk_snapshot == mine
    assert not result.model_extra


def test_fields_are_passed_by_position_where_documented() -> None:
    assert DiskSource("Disk-1") == DiskSource(disk_name="Disk-1")
    assert InstanceSource("Web-1") == InstanceSource(instance_name="Web-1")
    assert ManualSnapshotSource("db-1") == ManualSnapshotSource(snapshot_name="db-1")
    assert Tag("env", "prod") == Tag(key="env", value="prod") == Tag("env", value="prod")
    assert Tag("env") == Tag(key="env") == ResourceTag("env")
    match InstanceSource("Web-1"), Tag("env", "prod"):
        case InstanceSource(name), Tag(key, value):
            assert (name, key, value) == ("Web-1", "env", "prod")
        case _:  # pragma: no cover - both match
            raise AssertionError


@pytest.mark.parametrize(
    ("kind", "arguments", "fields", "message"),
    [
        (GetDiskRequest, ("a",), {}, "GetDiskRequest takes keyword arguments only: disk_name=..."),
        (DiskSource, ("a", "b"), {}, "DiskSource takes keyword arguments only but disk_name: "),
        (DiskSource, ("a",), {"disk_name": "b"}, "DiskSource got two values for disk_name"),
    ],
)
def test_other_positional_arguments_are_refused(
    kind: Any, arguments: tuple[str, ...], fields: dict[str, str], message: str
) -> None:
    with pytest.raises(TypeError) as caught:
        kind(*arguments, **fields)
    assert str(caught.value).startswith(message)


def test_positional_value_is_validated() -> None:
    with pytest.raises(RequestValidationError, match="disk_name"):
        DiskSource("\n")


@pytest.mark.parametrize("kind", MODELS, ids=lambda kind: kind.__name__)
@pytest.mark.sample(50)
def test_constructor_has_its_own_docstring(kind: Any) -> None:
    assert "RequestValidationError" in kind.__init__.__doc__
    assert "pydantic" not in kind.__init__.__doc__


@pytest.mark.parametrize(
    "kind", [kind for kind in MODELS if kind not in EXTENSIBLE], ids=lambda kind: kind.__name__
)
@pytest.mark.sample(50)
def test_subclass_of_public_model_is_refused(kind: Any) -> None:
    with pytest.raises(TypeError, match=f"{kind.__name__} cannot be subclassed"):
        type("Mine", (kind,), {"__module__": "application"})


def test_further_operations_can_be_declared() -> None:
    namespace: dict[str, Any] = {"__name__": "application"}
    exec(  # noqa: S102 - the module of an application
        "from lightsail_snap.models import Request, Result\n"
        "class GetBucketsResult(Result, frozen=True):\n"
        "    next_page: str | None = None\n"
        "class GetBucketsRequest(Request[GetBucketsResult], frozen=True):\n"
        "    bucket_name: str\n",
        namespace,
    )
    request = namespace["GetBucketsRequest"](bucket_name="a")
    assert request.operation_name == "GetBuckets"
    assert request.to_wire() == {"bucketName": "a"}
    assert [*inspect.signature(type(request)).parameters] == ["bucket_name"]


def test_signature_of_model_in_a_function_has_the_types_of_its_fields() -> None:
    class Part(Result, frozen=True):
        size: int

    class GetPartsResult(Result, frozen=True):
        part: Part

    assert str(inspect.signature(Part)) == "(*, size: int) -> None"
    assert inspect.signature(GetPartsResult).parameters["part"].annotation is Part


def test_models_are_fields_of_application_models() -> None:
    class Report(BaseModel):
        model_config = ConfigDict(frozen=True)

        snapshot: DiskSnapshot
        note: str = ""

    report = Report(snapshot=DiskSnapshot(name="db-1"), note="checked")
    assert Report.model_validate_json(report.model_dump_json()).snapshot.name == "db-1"
