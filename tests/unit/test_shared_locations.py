"""Equal locations of responses are one object, and all others are as they were received."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lightsail_snap import DiskSnapshot, Operation, RegionName, ResourceLocation
from lightsail_snap.models import resources

ZONE = {"availabilityZone": "us-east-1a", "regionName": "us-east-1"}


@pytest.fixture(autouse=True)
def empty_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "_locations", {})


def read(location: Any) -> ResourceLocation | None:
    return DiskSnapshot.from_wire(json.dumps({"name": "s", "location": location}).encode()).location


def test_equal_locations_are_one_object_in_all_models() -> None:
    operation = Operation.from_wire(json.dumps({"id": "1", "location": ZONE}).encode())
    assert read(ZONE) is read(ZONE) is operation.location
    assert read(ZONE) == ResourceLocation(
        availability_zone="us-east-1a", region_name=RegionName.US_EAST_1
    )
    assert read({**ZONE, "availabilityZone": "us-east-1b"}) is not read(ZONE)


@pytest.mark.parametrize(
    "location",
    [
        None,
        {},
        {"regionName": "us-east-1"},
        {"availabilityZone": "us-east-1a"},
        {"availabilityZone": None, "regionName": "us-east-1"},
        {"availabilityZone": "", "regionName": "us-east-1"},
        {"availabilityZone": "a" * 65, "regionName": "us-east-1"},
        {"availabilityZone": "mars-1a", "regionName": "mars-1"},
        {**ZONE, "edge": [1]},
        {**ZONE, "region_name": "us-east-1"},
    ],
)
def test_other_locations_are_not_stored(location: Any) -> None:
    found = read(location)
    assert resources._locations == {}
    assert (found and found.to_wire()) == location
    assert found is None or read(location) is not found


def test_location_with_unknown_fields_is_not_replaced() -> None:
    known = read(ZONE)
    found = read({**ZONE, "edge": 1})
    assert found is not None
    assert found != known
    assert found.to_wire() == {**ZONE, "edge": 1}


def test_number_of_stored_locations_is_bounded() -> None:
    for number in range(300):
        read({"availabilityZone": f"us-east-1-{number}", "regionName": "us-east-1"})
    assert len(resources._locations) == 256


def test_location_that_is_passed_in_stays_the_same_object() -> None:
    read(ZONE)
    location = ResourceLocation.from_wire(ZONE)
    assert DiskSnapshot(name="s", location=location).location is location


values = st.none() | st.sampled_from(["", "all", "us-east-1", "us-east-1a", "mars-1"])


@given(
    st.lists(
        st.dictionaries(st.sampled_from(["availabilityZone", "regionName", "edge"]), values),
        max_size=8,
    )
)
def test_shared_locations_equal_those_that_are_read_alone(locations: list[Any]) -> None:
    for location in locations:
        found = read(location)
        alone = ResourceLocation.from_wire(location)
        assert found == alone
        assert found is not None
        assert found.to_wire() == alone.to_wire() == location
        assert found.model_fields_set == alone.model_fields_set
