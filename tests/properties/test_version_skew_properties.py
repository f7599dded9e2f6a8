"""Models that another version of the library pickled or wrote as JSON can be read."""

from __future__ import annotations

import copy
import datetime as dt
import json
import pickle
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

import lightsail_snap
import lightsail_snap.plans
from lightsail_snap import (
    AddOnRequest,
    AddOnType,
    AutoSnapshotAddOnRequest,
    AutoSnapshotSource,
    DiskMap,
    DiskSnapshot,
    DiskSource,
    InstanceSource,
    LatestAutoSnapshotSource,
    ManualSnapshotSource,
    Operation,
    RequestValidationError,
    ResponseValidationError,
    RetentionPolicy,
    Scope,
    Tag,
    models,
)
from lightsail_snap.models import Request
from lightsail_snap.models._base import RequestModel, ResultModel, ValidatedModel
from lightsail_snap.plans import BackupPlan, Inventory, Quiesce, Selection, Source, make_run
from lightsail_snap.testing import strategies

POLICY = RetentionPolicy(time_zone="UTC", keep_last=1)
PLAN = BackupPlan(
    name="nightly",
    region="us-east-1",
    select=Selection(kind="disk", globs=["*"]),
    retention=POLICY,
    quiesce=Quiesce(mount_point="/data"),
    copies=["eu-west-1"],
)
SNAPSHOTS = tuple(
    DiskSnapshot.from_wire(
        {
            "name": name,
            "arn": f"arn:{name}",
            "createdAt": seconds,
            "state": "completed",
            "fromDiskName": "db",
            "tags": [{"key": "lightsail-snap:managed", "value": "nightly"}],
        }
    )
    for name, seconds in (("old", 1.0e9), ("new", 1.1e9))
)
RUN = make_run(
    PLAN,
    Inventory((Source("db", {}),), {"us-east-1": SNAPSHOTS, "eu-west-1": ()}),
    dt.datetime(2026, 11, 23, tzinfo=dt.UTC),
)
EXAMPLES: tuple[ValidatedModel, ...] = (
    Tag("env", "prod"),
    DiskSource("Disk-1"),
    InstanceSource("Web-1"),
    ManualSnapshotSource("db-1"),
    AutoSnapshotSource("Disk-1", dt.date(2026, 11, 23)),
    LatestAutoSnapshotSource("Disk-1"),
    AutoSnapshotAddOnRequest(snapshot_time_of_day="06:00"),
    AddOnRequest(add_on_type=AddOnType.AUTO_SNAPSHOT),
    models.StopInstanceOnIdleRequest(threshold="5"),
    models.InstanceAttributeUpdates(bundle_id="auto"),
    DiskMap(new_disk_name="data"),
    Scope(owner="nightly"),
    POLICY,
    PLAN,
    *PLAN.selections,
    *([PLAN.quiesce] if PLAN.quiesce else []),
    RUN,
    *RUN.steps,
)
BASES = {models.PagedRequest, models.PagedResult, models.Request, models.Result}


def public_models() -> dict[str, Any]:
    modules = (lightsail_snap, lightsail_snap.plans, models)
    kinds = (getattr(module, name) for module in modules for name in dir(module))
    return {
        kind.__name__: kind
        for kind in kinds
        if isinstance(kind, type) and issubclass(kind, ValidatedModel) and kind not in BASES
    }


MODELS = public_models()


def instances_of(kind: Any) -> st.SearchStrategy[Any]:
    if issubclass(kind, ResultModel):
        return strategies.wire_dicts(kind).map(kind.from_wire)
    if issubclass(kind, Request):
        return strategies.requests_of(kind)
    return st.sampled_from([each for each in EXAMPLES if type(each) is kind])


on_every_model = pytest.mark.parametrize("name", sorted(MODELS))
FEW = settings(max_examples=10)


def pickled(model: Any, *, without: str | None = None, **added: Any) -> bytes:
    """Pickle a model as a version with other fields does."""
    other = copy.copy(model)
    if without is not None:
        other.__dict__.pop(without)
        other.__pydantic_fields_set__.discard(without)
    other.__dict__.update(added)
    other.__pydantic_fields_set__.update(added)
    return pickle.dumps(other)


def optional_fields(kind: Any) -> list[str]:
    return [name for name, field in kind.model_fields.items() if not field.is_required()]


def expected_without(model: Any, name: str) -> dict[str, Any]:
    default = type(model).model_fields[name].get_default(call_default_factory=True)
    return {**model.__dict__, name: default}


@on_every_model
@pytest.mark.sample(40)
def test_pickle_with_a_field_fewer_is_read_with_its_default(name: str) -> None:
    @FEW
    @given(instances_of(MODELS[name]))
    def check(model: Any) -> None:
        for field in optional_fields(type(model)):
            back = pickle.loads(pickled(model, without=field))  # noqa: S301 - pickled here
            assert back.__dict__ == expected_without(model, field)
            assert back.model_extra == model.model_extra
            assert repr(back).startswith(f"{name}(")
            again = pickle.loads(pickle.dumps(back))  # noqa: S301 - likewise
            assert again == back
            if model.model_extra in (None, {}):
                assert hash(again) == hash(back)

    check()


@on_every_model
@pytest.mark.sample(40)
def test_pickle_with_a_field_more_is_kept_or_refused(name: str) -> None:
    @FEW
    @given(instances_of(MODELS[name]))
    def check(model: Any) -> None:
        data, empty = pickled(model, new_field=7), pickled(model, new_field=None)
        if isinstance(model, ResultModel):
            back = pickle.loads(data)  # noqa: S301 - pickled here
            assert back.model_extra == {**(model.model_extra or {}), "newField": 7}
            assert back.to_wire() == {**model.to_wire(), "newField": 7}
            assert type(back).from_wire(back.to_wire()) == back
            return
        assert pickle.loads(empty) == model  # noqa: S301 - likewise
        if isinstance(model, RequestModel):
            back = pickle.loads(data)  # noqa: S301 - likewise
            assert "new_field=7" in repr(back)
            assert back != model
            hash(back)
            with pytest.raises(RequestValidationError, match="new_field: is not a field"):
                back.to_wire()
        else:
            with pytest.raises(RequestValidationError, match="new_field: is not a field"):
                pickle.loads(data)  # noqa: S301 - likewise

    check()


@on_every_model
@pytest.mark.sample(40)
def test_json_with_a_field_fewer_is_read_with_its_default(name: str) -> None:
    @FEW
    @given(instances_of(MODELS[name]), st.booleans())
    def check(model: Any, by_alias: bool) -> None:  # noqa: FBT001 - drawn
        kind = type(model)
        exclude = {"exclude_unset": isinstance(model, ResultModel)}
        fields = json.loads(model.model_dump_json(by_alias=by_alias, **exclude))
        for field in set(optional_fields(kind)) - {"kind", "action"}:
            alias = kind.model_fields[field].alias or field
            rest = {key: value for key, value in fields.items() if key not in {field, alias}}
            try:
                back = kind.model_validate_json(json.dumps(rest))
            except ValidationError:
                # A plan model may need one of several fields.
                if issubclass(kind, RequestModel | ResultModel):
                    raise
                continue
            assert back.__dict__ == expected_without(model, field)

    check()


@on_every_model
@pytest.mark.sample(40)
def test_json_with_a_field_more_is_kept_or_refused(name: str) -> None:
    @FEW
    @given(instances_of(MODELS[name]))
    def check(model: Any) -> None:
        kind: Any = type(model)
        fields = json.loads(model.model_dump_json(exclude_unset=isinstance(model, ResultModel)))
        data = json.dumps({**fields, "new_field": 7})
        if issubclass(kind, ResultModel):
            assert kind.model_validate_json(data).model_extra["new_field"] == 7
        else:
            with pytest.raises(ValidationError, match="new_field"):
                kind.model_validate_json(data)

    check()


def test_order_of_fields_has_no_effect_on_the_hash() -> None:
    result = models.GetDiskSnapshotsResult.from_wire({"nextPageToken": "t"})
    other = copy.copy(result)
    fields = dict(reversed(other.__dict__.items()))
    other.__dict__.clear()
    other.__dict__.update(fields)
    back = pickle.loads(pickle.dumps(other))  # noqa: S301 - pickled here
    assert [*back.__dict__] != [*result.__dict__]
    assert back == result
    assert hash(back) == hash(result)


def test_unset_field_of_newer_version_is_dropped() -> None:
    other = copy.copy(DiskSnapshot(name="a"))
    other.__dict__["new_field"] = None
    assert pickle.loads(pickle.dumps(other)) == DiskSnapshot(name="a")  # noqa: S301 - pickled here


def test_new_value_of_newer_version_is_kept_in_the_wire_format() -> None:
    location = models.ResourceLocation(availability_zone="all")
    moment = dt.datetime(1970, 1, 1, 0, 0, 5, tzinfo=dt.UTC)
    data = pickled(DiskSnapshot(name="a"), new_time=moment, new_parts=(location,))
    snapshot = pickle.loads(data)  # noqa: S301 - pickled here
    assert snapshot.model_extra == {"newTime": 5.0, "newParts": [{"availabilityZone": "all"}]}


def test_field_that_the_older_version_did_not_know_is_read() -> None:
    older = copy.copy(Operation.from_wire({"id": "1", "other": 1}))
    for name in ("status", "created_at"):
        older.__dict__.pop(name)
    older.__pydantic_extra__.update(status="Failed")  # type: ignore[union-attr] # it has extra fields
    operation = pickle.loads(pickle.dumps(older))  # noqa: S301 - pickled here
    assert operation == Operation.from_wire({"id": "1", "status": "Failed", "other": 1})
    assert operation.is_failed

    older.__pydantic_extra__.update(status=5)  # type: ignore[union-attr] # likewise
    with pytest.raises(ResponseValidationError, match="status"):
        pickle.loads(pickle.dumps(older))  # noqa: S301 - likewise


def test_models_are_complete() -> None:
    covered = {type(each) for each in EXAMPLES}
    others = {
        kind for kind in MODELS.values() if not issubclass(kind, ResultModel | models.Request)
    }
    assert others == covered & others
