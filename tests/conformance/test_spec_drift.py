"""The drift report contains every kind of change of a service model, and nothing else."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripts.drift.compare import Drift, Expected, Report, compare
from scripts.drift.expected import EXPECTED
from scripts.drift.library import library_facts
from scripts.drift.report import installed_model, report_on

MODEL: Any = installed_model()
# Tests compare with this report, since any version of botocore may be installed.
BEFORE = report_on(MODEL)


def drift_after(change: Callable[[Any], object]) -> tuple[set[Drift], set[Expected]]:
    """Return the additional differences in the report after a change of the service model."""
    model = copy.deepcopy(MODEL)
    change(model)
    report = report_on(model)
    return (
        set(report.unexpected) - set(BEFORE.unexpected),
        set(report.outdated) - set(BEFORE.outdated),
    )


def fields(shape: str) -> Callable[[Any], Any]:
    return lambda model: model["shapes"][shape]["members"]


def without(where: Callable[[Any], Any], name: str) -> Callable[[Any], object]:
    return lambda model: where(model).pop(name)


def operations(model: Any) -> Any:
    return model["operations"]


def add_member(model: Any, shape: str, member: str) -> None:
    model["shapes"][shape]["enum"] = [*model["shapes"][shape]["enum"], member]


STRING, INTEGER = {"shape": "string"}, {"shape": "integer"}


@pytest.mark.sample(6)
@pytest.mark.parametrize(
    ("change", "found"),
    [
        pytest.param(
            lambda m: fields("DiskSnapshot")(m).update(isEncrypted={"shape": "boolean"}),
            Drift("field", "DiskSnapshot.isEncrypted", "boolean", None),
            id="new field of a result",
        ),
        pytest.param(
            without(fields("DiskSnapshot"), "progress"),
            Drift("field", "DiskSnapshot.progress", None, "string"),
            id="removed field of a result",
        ),
        pytest.param(
            lambda m: fields("DiskSnapshot")(m).update(progress=INTEGER),
            Drift("type", "DiskSnapshot.progress", "integer", "string"),
            id="changed type of a field",
        ),
        pytest.param(
            lambda m: fields("GetDiskRequest")(m).update(includeTags={"shape": "boolean"}),
            Drift("field", "GetDiskRequest.includeTags", "boolean", None),
            id="new field of a request",
        ),
        pytest.param(
            lambda m: m["shapes"]["CreateDiskSnapshotRequest"]["required"].append("diskName"),
            Drift("requiredness", "CreateDiskSnapshotRequest.diskName", "required", "optional"),
            id="newly required field",
        ),
        pytest.param(
            lambda m: m["shapes"]["CreateDiskSnapshotRequest"]["required"].clear(),
            Drift(
                *("requiredness", "CreateDiskSnapshotRequest.diskSnapshotName"),
                *("optional", "required"),
            ),
            id="no longer required field",
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
            id="changed limit",
        ),
        pytest.param(
            lambda m: add_member(m, "DiskSnapshotState", "archived"),
            Drift("member", "DiskSnapshotState.archived", "exists", None),
            id="new member of an enumeration",
        ),
        pytest.param(
            lambda m: m["shapes"]["DiskSnapshotState"]["enum"].remove("error"),
            Drift("member", "DiskSnapshotState.error", None, "exists"),
            id="removed member of an enumeration",
        ),
        pytest.param(
            lambda m: operations(m).update(LockDiskSnapshot=operations(m)["DeleteDiskSnapshot"]),
            Drift("operation", "LockDiskSnapshot", "exists", None),
            id="new operation",
        ),
        pytest.param(
            without(operations, "CopySnapshot"),
            Drift("operation", "CopySnapshot", None, "exists"),
            id="removed operation",
        ),
        pytest.param(
            lambda m: operations(m)["GetDisks"].update(deprecated=True),
            Drift("deprecation", "GetDisks", "deprecated", None),
            id="deprecated operation",
        ),
        pytest.param(
            lambda m: fields("DiskSnapshot")(m)["state"].update(deprecated=True),
            Drift("deprecation", "DiskSnapshot.state", "deprecated", None),
            id="deprecated field",
        ),
        pytest.param(
            lambda m: operations(m)["GetDisk"].update(output={"shape": "GetDisksResult"}),
            Drift("binding", "GetDisk.output", "GetDisksResult", "GetDiskResult"),
            id="changed result of an operation",
        ),
        pytest.param(
            lambda m: m["metadata"].update(jsonVersion="1.2"),
            Drift("protocol", "jsonVersion", "1.2", "1.1"),
            id="changed protocol",
        ),
        pytest.param(
            lambda m: m["shapes"]["NotFoundException"]["members"].update(hint=STRING),
            Drift("field", "NotFoundException.hint", "string", None),
            id="new field of an error",
        ),
    ],
)
def test_report_on_changed_model_finds_the_drift(
    change: Callable[[Any], object], found: Drift
) -> None:
    unexpected, _ = drift_after(change)
    assert found in unexpected


def test_report_on_new_error_finds_it() -> None:
    def change(model: Any) -> None:
        model["shapes"]["QuotaException"] = model["shapes"]["NotFoundException"]
        operations(model)["GetDisk"]["errors"].append({"shape": "QuotaException"})

    assert drift_after(change) == ({Drift("error", "QuotaException", "exists", None)}, set())


def test_report_on_removed_error_finds_it() -> None:
    def change(model: Any) -> None:
        for operation in operations(model).values():
            operation["errors"] = [
                each for each in operation["errors"] if each["shape"] != "UnauthenticatedException"
            ]

    assert drift_after(change) == (
        {Drift("error", "UnauthenticatedException", None, "exists")},
        set(),
    )


def test_report_on_field_of_new_shape_finds_it() -> None:
    def change(model: Any) -> None:
        model["shapes"]["Key"] = {"type": "structure", "members": {"arn": STRING}}
        fields("DiskSnapshot")(model)["key"] = {"shape": "Key"}

    unexpected, _ = drift_after(change)
    assert Drift("field", "DiskSnapshot.key", "Key", None) in unexpected


def test_report_on_recursive_shape_finds_the_field() -> None:
    def change(model: Any) -> None:
        fields("DiskSnapshot")(model)["parent"] = {"shape": "DiskSnapshot"}

    assert drift_after(change)[0] == {Drift("field", "DiskSnapshot.parent", "DiskSnapshot", None)}


def test_report_on_unrelated_changes_finds_nothing() -> None:
    def change(model: Any) -> None:
        operations(model)["CreateContainerPlanet"] = operations(model)["GetDisk"]
        del operations(model)["CreateBucket"]
        model["shapes"]["Bucket"]["members"].clear()

    assert drift_after(change) == (set(), set())


def test_report_on_missing_expected_difference_is_outdated() -> None:
    unexpected, outdated = drift_after(without(operations, "GetRegions"))
    assert unexpected == set()
    assert {each.where for each in outdated} == {"GetRegions"}


def test_report_on_changed_expected_difference_is_unexpected() -> None:
    def change(model: Any) -> None:
        model["shapes"]["ResourceName"]["pattern"] = "[a-z]+"

    unexpected, outdated = drift_after(change)
    assert any(each.where == "DeleteDiskSnapshotRequest.diskSnapshotName" for each in unexpected)
    assert outdated


def test_expected_differences_have_reasons() -> None:
    assert all(each.reason for each in EXPECTED)
    report = compare({("member", "A.b"): "exists"}, {}, [])
    assert report == Report((Drift("member", "A.b", "exists", None),), ())
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
def test_report_on_other_data_raises(model: Any) -> None:
    with pytest.raises(ValueError, match="service model"):
        report_on(model)


@pytest.mark.thorough
@settings(max_examples=15)  # each example reads a complete model
@given(st.data())
def test_report_on_damaged_model_raises_only_value_error(data: st.DataObject) -> None:
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
    # No other error is raised.
    with contextlib.suppress(ValueError):
        assert isinstance(report_on(model), Report)
