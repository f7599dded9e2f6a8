"""Every public class of which a value can be made has a strategy that `from_type` finds."""

from __future__ import annotations

import importlib
import importlib.resources
import inspect
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import lightsail_snap
from lightsail_snap import (
    Clock,
    DiskSnapshot,
    InstanceSnapshot,
    RetentionDecision,
    RetentionPlan,
    VirtualClock,
)
from lightsail_snap.testing import strategies

MODULES = (
    "lightsail_snap",
    "lightsail_snap.clock",
    "lightsail_snap.emulator",
    "lightsail_snap.errors",
    "lightsail_snap.models",
    "lightsail_snap.plans",
    "lightsail_snap.quiesce",
    "lightsail_snap.rescue",
    "lightsail_snap.retention",
    "lightsail_snap.roll_back",
    "lightsail_snap.transport",
    "lightsail_snap.waiters",
)
# Made from connections, files or ports, so tests make them themselves or use fixtures.
WITHOUT_VALUES = {
    *("LightsailSnapClient", "AsyncLightsailSnapClient", "Paginator", "AsyncPaginator"),
    *("LightsailEmulator", "Transport", "Boto3Client", "Boto3Session"),
    *("StoppedInstance", "AsyncStoppedInstance"),
}
FEW = settings(
    max_examples=3,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def public_classes() -> dict[str, type[Any]]:
    found: dict[str, type[Any]] = {}
    for name in MODULES:
        module = importlib.import_module(name)
        for public in getattr(module, "__all__", dir(module)):
            value = getattr(module, public)
            is_own = inspect.isclass(value) and value.__module__.startswith("lightsail_snap")
            if is_own and not public.startswith("_"):
                found[f"{value.__module__}.{public}"] = value
    return found


CLASSES = {
    name: value for name, value in public_classes().items() if value.__name__ not in WITHOUT_VALUES
}


def test_classes_without_values_are_public() -> None:
    names = {value.__name__ for value in public_classes().values()}
    assert names >= WITHOUT_VALUES
    assert len(CLASSES) > 180
    assert strategies.NOW.tzinfo is not None


@pytest.mark.parametrize("name", CLASSES)
def test_from_type_of_public_class_draws_instances(name: str) -> None:
    expected = VirtualClock if CLASSES[name] is Clock else CLASSES[name]

    @FEW
    @given(st.from_type(CLASSES[name]))
    def draw(value: object) -> None:
        assert isinstance(value, expected)

    draw()


def test_package_has_no_other_module_of_public_classes() -> None:
    # A new public module must be added to MODULES, so that its classes get strategies.
    no_values = {"aio", "client", "cli", "json_schema", "models", "notebook", "testing"}
    root = importlib.resources.files(lightsail_snap)
    names = {entry.name.removesuffix(".py") for entry in root.iterdir()}
    public = {name for name in names if name[0] not in "_." and name != "py.typed"}
    assert public - no_values == {name.rpartition(".")[2] for name in MODULES} - {
        "lightsail_snap",
        "models",
    }


@pytest.mark.parametrize("snapshot", [DiskSnapshot, InstanceSnapshot])
@pytest.mark.parametrize("generic", [RetentionPlan, RetentionDecision])
def test_from_type_of_generic_class_draws_snapshots_of_its_argument(
    generic: Any, snapshot: type[Any]
) -> None:
    @FEW
    @given(st.from_type(generic[snapshot]))
    def draw(value: Any) -> None:
        found = (*value.keep, *value.delete) if generic is RetentionPlan else (value.snapshot,)
        assert all(isinstance(each, snapshot) for each in found)

    draw()
