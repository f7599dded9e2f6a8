"""The drift report tells each way in which a service model can change, and nothing else."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lightsail_snap._spec_drift import (
    EXPECTED,
    Drift,
    Expected,
    Report,
    compare,
    installed_model,
    library_facts,
    report_on,
)

MODEL: Any = installed_model()
# Whichever botocore is installed; what is looked at is what a change adds to it.
BEFORE = report_on(MODEL)


def news(change: Callable[[Any], object]) -> tuple[set[Drift], set[Expected]]:
    """Change a service model, and give what the report has beyond that of the unchanged one."""
    model = copy.deepcopy(MODEL)
    change(model)
    report = report_on(model)
    return (
        set(report.unexpected) - set(BEFORE.unexpected),
        set(report.outdated) - set(BEFORE.outdated),
    )


def members(shape: str) -> Callable[[Any], Any]:
    return lambda model: model["shapes"][shape]["members"]


def without(where: Callable[[Any], Any], name: str) -> Callable[[Any], object]:
    return lambda model: where(model).pop(name)


def operations(model: Any) -> Any:
    return model["operations"]


def with_word(model: Any, shape: str, word: str) -> None:
    model["shapes"][shape]["enum"] = [*model["shapes"][shape]["enum"], word]


TEXT, WHOLE_NUMBER = {"shape": "string"}, {"shape": "integer"}


@pytest.mark.sample(6)
@pytest.mark.parametrize(
    ("change", "found"),
    [
        pytest.param(
            lambda m: members("DiskSnapshot")(m).update(isEncrypted={"shape": "boolean"}),
            Drift("field", "DiskSnapshot.isEncrypted", "boolean", None),
            id="a field of a result that is new",
        ),
        pytest.param(
            without(members("DiskSnapshot"), "progress"),
            Drift("field", "DiskSnapshot.progress", None, "string"),
            id="a field of a result that is gone",
        ),
        pytest.param(
            lambda m: members("DiskSnapshot")(m).update(progress=WHOLE_NUMBER),
            Drift("type", "DiskSnapshot.progress", "integer", "string"),
            id="a field of another type",
        ),
        pytest.param(
            lambda m: members("GetDiskRequest")(m).update(includeTags={"shape": "boolean"}),
            Drift("field", "GetDiskRequest.includeTags", "boolean", None),
            id="a field of a request that is new",
        ),
        pytest.param(
            lambda m: m["shapes"]["CreateDiskSnapshotRequest"]["required"].append("diskName"),
            Drift("requiredness", "CreateDiskSnapshotRequest.diskName", "required", "optional"),
            id="a field of a request that must be given",
        ),
        pytest.param(
            lambda m: m["shapes"]["CreateDiskSnapshotRequest"]["required"].clear(),
            Drift(
                *("requiredness", "CreateDiskSnapshotRequest.diskSnapshotName"),
                *("optional", "required"),
            ),
            id="a field of a request that may be left out",
        ),
        pytest.param(
            lambda m: m["shapes"]["TagValue"].update(max=100),
            Drift(
                *("restriction", "Tag.value", "at most 100 characters"),
                next(
                    f
                    for (k, w), f in library_facts().items()
                    if (k, w) == ("restriction", "Tag.value")
                ),
            ),
            id="a limit",
        ),
        pytest.param(
            lambda m: with_word(m, "DiskSnapshotState", "archived"),
            Drift("word", "DiskSnapshotState.archived", "exists", None),
            id="a word that is new",
        ),
        pytest.param(
            lambda m: m["shapes"]["DiskSnapshotState"]["enum"].remove("error"),
            Drift("word", "DiskSnapshotState.error", None, "exists"),
            id="a word that is gone",
        ),
        pytest.param(
            lambda m: operations(m).update(LockDiskSnapshot=operations(m)["DeleteDiskSnapshot"]),
            Drift("operation", "LockDiskSnapshot", "exists", None),
            id="an operation that is new",
        ),
        pytest.param(
            without(operations, "CopySnapshot"),
            Drift("operation", "CopySnapshot", None, "exists"),
            id="an operation that is gone",
        ),
        pytest.param(
            lambda m: operations(m)["GetDisks"].update(deprecated=True),
            Drift("deprecation", "GetDisks", "deprecated", None),
            id="an operation that is discontinued",
        ),
        pytest.param(
            lambda m: members("DiskSnapshot")(m)["state"].update(deprecated=True),
            Drift("deprecation", "DiskSnapshot.state", "deprecated", None),
            id="a field that is discontinued",
        ),
        pytest.param(
            lambda m: operations(m)["GetDisk"].update(output={"shape": "GetDisksResult"}),
            Drift("binding", "GetDisk.output", "GetDisksResult", "GetDiskResult"),
            id="another result of an operation",
        ),
        pytest.param(
            lambda m: m["metadata"].update(jsonVersion="1.2"),
            Drift("protocol", "jsonVersion", "1.2", "1.1"),
            id="another protocol",
        ),
        pytest.param(
            lambda m: m["shapes"]["NotFoundException"]["members"].update(hint=TEXT),
            Drift("field", "NotFoundException.hint", "string", None),
            id="a field of an error",
        ),
    ],
)
def test_a_change_of_the_service_model_is_found(
    change: Callable[[Any], object], found: Drift
) -> None:
    unexpected, _ = news(change)
    assert found in unexpected


def test_an_error_that_is_new_is_found() -> None:
    def change(model: Any) -> None:
        model["shapes"]["QuotaException"] = model["shapes"]["NotFoundException"]
        operations(model)["GetDisk"]["errors"].append({"shape": "QuotaException"})

    assert news(change) == ({Drift("error", "QuotaException", "exists", None)}, set())


def test_an_error_that_is_gone_is_found() -> None:
    def change(model: Any) -> None:
        for operation in operations(model).values():
            operation["errors"] = [
                one for one in operation["errors"] if one["shape"] != "UnauthenticatedException"
            ]

    assert news(change) == (
        {Drift("error", "UnauthenticatedException", None, "exists")},
        set(),
    )


def test_a_field_of_a_new_shape_is_told_once() -> None:
    def change(model: Any) -> None:
        model["shapes"]["Key"] = {"type": "structure", "members": {"arn": TEXT}}
        members("DiskSnapshot")(model)["key"] = {"shape": "Key"}

    unexpected, _ = news(change)
    assert Drift("field", "DiskSnapshot.key", "Key", None) in unexpected


def test_a_shape_within_itself_is_read() -> None:
    def change(model: Any) -> None:
        members("DiskSnapshot")(model)["parent"] = {"shape": "DiskSnapshot"}

    assert news(change)[0] == {Drift("field", "DiskSnapshot.parent", "DiskSnapshot", None)}


def test_what_is_not_about_snapshots_is_no_news() -> None:
    def change(model: Any) -> None:
        operations(model)["CreateContainerPlanet"] = operations(model)["GetDisk"]
        del operations(model)["CreateBucket"]
        model["shapes"]["Bucket"]["members"].clear()

    assert news(change) == (set(), set())


def test_an_expected_difference_that_is_no_more_is_told() -> None:
    unexpected, outdated = news(without(operations, "DeleteDisk"))
    assert unexpected == set()
    assert {one.where for one in outdated} == {"DeleteDisk"}


def test_an_expected_difference_that_has_changed_is_told() -> None:
    def change(model: Any) -> None:
        model["shapes"]["ResourceName"]["pattern"] = "[a-z]+"

    unexpected, outdated = news(change)
    assert any(one.where == "DeleteDiskSnapshotRequest.diskSnapshotName" for one in unexpected)
    assert outdated


def test_every_expected_difference_has_a_reason() -> None:
    assert all(one.reason for one in EXPECTED)
    report = compare({("word", "A.b"): "exists"}, {}, [])
    assert report == Report((Drift("word", "A.b", "exists", None),), ())
    assert not report.is_clean
    assert compare({}, {}).is_clean


@pytest.mark.parametrize(
    "model",
    [
        None,
        [],
        {},
        {"metadata": {}},
        {"metadata": {"endpointPrefix": "ec2"}},
        {"metadata": MODEL["metadata"], "operations": {}, "shapes": {}, "version": 1}
        | {"operations": 1},
        {**MODEL, "shapes": {}},
    ],
)
def test_what_is_no_service_model_is_refused(model: Any) -> None:
    with pytest.raises(ValueError, match="service model"):
        report_on(model)


@pytest.mark.thorough
@settings(max_examples=15)  # each of them reads the whole model
@given(st.data())
def test_a_damaged_service_model_is_refused_or_read(data: st.DataObject) -> None:
    model = {
        **MODEL,
        "shapes": {**MODEL["shapes"]},
        "operations": {**MODEL["operations"]},
    }
    junk: st.SearchStrategy[Any] = (
        st.none() | st.integers() | st.just([]) | st.just({}) | st.text(max_size=3)
    )
    part = data.draw(st.sampled_from(["shapes", "operations"]))
    name = data.draw(st.sampled_from(["DiskSnapshot", "Tag", "TagList", "GetDisk", "CopySnapshot"]))
    whole = copy.deepcopy(model[part].get(name, {}))
    field = data.draw(st.sampled_from([None, *whole]))
    model[part][name] = data.draw(junk) if field is None else {**whole, field: data.draw(junk)}
    # No other error, whatever it holds.
    with contextlib.suppress(ValueError):
        assert isinstance(report_on(model), Report)
