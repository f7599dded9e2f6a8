"""The choice of a device path."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lightsail_snap import Instance, RequestValidationError
from lightsail_snap._workflows.device_paths import DEVICE_PATHS, choose_device_path


def instance_with(*paths: str | None) -> Instance:
    disks = [{} if path is None else {"path": path} for path in paths]
    return Instance.from_wire({"name": "web-1", "hardware": {"disks": disks}})


def test_first_path_is_chosen_on_an_instance_without_disks() -> None:
    assert choose_device_path(Instance.from_wire({"name": "web-1"})) == "/dev/xvdf"
    assert choose_device_path(instance_with("/dev/xvda", None)) == "/dev/xvdf"


@given(st.sets(st.sampled_from(DEVICE_PATHS)), st.sets(st.sampled_from(DEVICE_PATHS)))
def test_chosen_path_is_free_and_not_avoided(used: set[str], avoid: set[str]) -> None:
    instance = instance_with(*used)
    if used | avoid == set(DEVICE_PATHS):
        with pytest.raises(RequestValidationError, match="detach a disk"):
            choose_device_path(instance, avoid=avoid)
    else:
        expected = next(path for path in DEVICE_PATHS if path not in used | avoid)
        assert choose_device_path(instance, avoid=avoid) == expected


def test_sd_path_occupies_the_xvd_path_of_the_same_letter() -> None:
    assert choose_device_path(instance_with("/dev/sdf", "/dev/xvdg")) == "/dev/xvdh"


def test_no_free_path_is_an_error_with_the_instance_and_a_fix() -> None:
    with pytest.raises(RequestValidationError) as caught:
        choose_device_path(instance_with(*DEVICE_PATHS))
    [violation] = caught.value.violations
    assert violation.fix == "detach a disk from it first, or pass the device path"
    assert "'web-1'" in str(caught.value)
