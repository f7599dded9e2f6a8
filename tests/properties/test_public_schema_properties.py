"""JSON Schemas of every public model, and the errors that its constructors raise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

import jsonschema
import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

import lightsail_snap
import lightsail_snap.emulator
import lightsail_snap.models
import lightsail_snap.plans
from lightsail_snap import (
    CreateDiskSnapshotRequest,
    DiskSnapshot,
    DiskSource,
    LightsailSnapError,
    RequestValidationError,
    RetentionPolicy,
    Scope,
)
from lightsail_snap.models import Request
from lightsail_snap.plans import BackupPlan, Inventory, Source, make_run

PUBLIC: list[ModuleType] = [
    lightsail_snap,
    lightsail_snap.plans,
    lightsail_snap.emulator,
    lightsail_snap.models,
]


def public_models() -> Iterator[type[BaseModel]]:
    names = {(module.__name__, name) for module in PUBLIC for name in dir(module)}
    found = set()
    for module, name in sorted(names):
        value = getattr(__import__("sys").modules[module], name)
        if not name.startswith("_") and isinstance(value, type) and issubclass(value, BaseModel):
            found.add(value)
    yield from sorted(found, key=lambda model: f"{model.__module__}.{model.__qualname__}")


MODELS = list(public_models())
REQUESTS = [
    model for model in MODELS if issubclass(model, Request) and hasattr(model, "operation_name")
]
POLICY = RetentionPolicy(
    time_zone="Europe/Berlin",
    keep_last="all",
    keep_daily=7,
    keep_within="1y2h",
    keep_tagged=["a=b"],
)
PLAN = BackupPlan(
    name="nightly",
    region="us-east-1",
    select={"kind": "disk", "globs": ["*"]},
    retention=POLICY,
    tags={"env": None},
    copies=["eu-west-1"],
)
SNAPSHOT = DiskSnapshot.from_wire(
    {
        "name": "old",
        "arn": "arn:1",
        "createdAt": 1.0e9,
        "state": "completed",
        "fromDiskName": "db",
        "tags": [{"key": "lightsail-snap:managed", "value": "nightly"}],
    }
)
RUN = make_run(
    PLAN,
    Inventory((Source("db", {}),), {"us-east-1": (SNAPSHOT,), "eu-west-1": ()}),
    datetime(2026, 11, 23, tzinfo=UTC),
)
INSTANCES = [
    POLICY,
    PLAN,
    RUN,
    *RUN.steps,
    Scope(owner="nightly", names=["n-*"]),
    SNAPSHOT,
    CreateDiskSnapshotRequest(disk_snapshot_name="db-1", source=DiskSource(disk_name="db")),
]


def test_public_models_are_complete() -> None:
    assert {RetentionPolicy, Scope, BackupPlan, type(RUN), DiskSnapshot} <= set(MODELS)
    assert len(MODELS) > 80
    assert len(REQUESTS) >= 24


@pytest.mark.parametrize("mode", ["validation", "serialization"])
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
@pytest.mark.sample(80)
def test_public_models_have_valid_schemas(model: type[BaseModel], mode: Any) -> None:
    schema = TypeAdapter(model).json_schema(mode=mode)
    validator: Any = jsonschema.Draft202012Validator
    validator.check_schema(schema)


@pytest.mark.parametrize("instance", INSTANCES, ids=lambda instance: type(instance).__name__)
def test_dumped_instance_matches_schema(instance: BaseModel) -> None:
    schema = TypeAdapter(type(instance)).json_schema(mode="serialization")
    dumped = instance.model_dump(mode="json", by_alias=True)
    jsonschema.validate(dumped, schema)


@pytest.mark.parametrize("model", REQUESTS, ids=lambda model: model.__name__)
def test_constructors_raise_library_errors_and_validators_pydantic_errors(model: Any) -> None:
    wrong = {"no_such_field": 1}
    makers: list[Callable[[], object]] = [
        lambda: model(**wrong),
        lambda: model.from_wire({"noSuchField": 1}),
    ]
    for make in makers:
        with pytest.raises(RequestValidationError) as caught:
            make()
        assert isinstance(caught.value, ValueError)
        assert isinstance(caught.value, LightsailSnapError)
    makers = [
        lambda: model.model_validate(wrong),
        lambda: model.model_validate_json('{"no_such_field": 1}'),
        lambda: TypeAdapter(model).validate_python(wrong),
    ]
    for make in makers:
        with pytest.raises(ValidationError) as plain:
            make()
        assert not isinstance(plain.value, LightsailSnapError)
