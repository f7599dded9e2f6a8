"""What the strategies promise: everything valid is accepted, everything broken is refused."""

from __future__ import annotations

import inspect
import json
from typing import Any

import pytest
from hypothesis import find, given
from hypothesis import strategies as st

from lightsail_snap import (
    CreateDiskSnapshotRequest,
    DiskSnapshot,
    OpenEnum,
    OperationStatus,
    Request,
    RequestValidationError,
    Result,
    models,
)
from lightsail_snap.models._base import WireModel
from lightsail_snap.testing import strategies

MODELS = [
    model
    for model in vars(models).values()
    if inspect.isclass(model)
    and issubclass(model, WireModel | OpenEnum)
    and model not in {OpenEnum, Request, Result}
]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_public_model_can_be_drawn_by_its_type(model: type[Any]) -> None:
    @given(st.from_type(model))
    def draw(value: object) -> None:
        assert isinstance(value, model)

    draw()


@given(strategies.create_disk_snapshot_requests())
def test_valid_requests_are_valid(request: CreateDiskSnapshotRequest) -> None:
    assert CreateDiskSnapshotRequest.from_wire(request.to_wire()) == request


@given(strategies.broken_arguments())
def test_broken_arguments_break_the_rule_they_name(broken: tuple[dict[str, Any], str]) -> None:
    arguments, field = broken
    with pytest.raises(RequestValidationError) as caught:
        CreateDiskSnapshotRequest(**arguments)
    assert [violation.field for violation in caught.value.errors()] == [field]


@given(strategies.wire_dicts(DiskSnapshot))
def test_wire_dicts_are_json_and_lose_nothing(wire: dict[str, Any]) -> None:
    model = DiskSnapshot.from_wire(wire)
    back = model.to_wire()
    assert DiskSnapshot.from_wire(json.dumps(wire).encode()) == model
    assert back == {
        key: [] if key == "tags" and value is None else value for key, value in wire.items()
    }


@pytest.mark.parametrize(
    "wanted",
    [
        lambda snapshot: snapshot.state is not None and not snapshot.state.is_known,
        lambda snapshot: snapshot.state is None,
        lambda snapshot: snapshot.state == "completed",
        lambda snapshot: len(snapshot.tags) > 1,
        lambda snapshot: snapshot.model_extra,
    ],
)
def test_the_interesting_cases_are_drawn(wanted: Any) -> None:
    assert find(st.from_type(DiskSnapshot), wanted) is not None


def test_unknown_words_are_drawn_too() -> None:
    assert find(strategies.enum_members(OperationStatus), lambda word: not word.is_known) == ""
