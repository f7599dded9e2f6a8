"""Regions of Lightsail."""

from __future__ import annotations

from typing import Any

from lightsail_snap.emulator._call import Call
from lightsail_snap.emulator._registry import operation

# Continent code and display name. Those of Virginia, Ohio and Oregon are in a CLI sample; the
# others are AWS's names of the Regions, and their continents: unverified for Lightsail.
_REGIONS = {
    "us-east-1": ("NA", "Virginia"),
    "us-east-2": ("NA", "Ohio"),
    "us-west-2": ("NA", "Oregon"),
    "ca-central-1": ("NA", "Montreal"),
    "sa-east-1": ("SA", "Sao Paulo"),
    "eu-west-1": ("EU", "Ireland"),
    "eu-west-2": ("EU", "London"),
    "eu-west-3": ("EU", "Paris"),
    "eu-central-1": ("EU", "Frankfurt"),
    "eu-north-1": ("EU", "Stockholm"),
    "eu-south-2": ("EU", "Spain"),
    "ap-east-1": ("AP", "Hong Kong"),
    "ap-south-1": ("AP", "Mumbai"),
    "ap-southeast-1": ("AP", "Singapore"),
    "ap-southeast-2": ("AP", "Sydney"),
    "ap-southeast-3": ("AP", "Jakarta"),
    "ap-southeast-5": ("AP", "Malaysia"),
    "ap-northeast-1": ("AP", "Tokyo"),
    "ap-northeast-2": ("AP", "Seoul"),
}
# The number of zones of each Region is unverified.
_ZONES = "abc"


def _region(call: Call, name: str) -> dict[str, Any]:
    continent, display_name = _REGIONS[name]
    zones = [{"zoneName": f"{name}{letter}", "state": "available"} for letter in _ZONES]
    request = call.request
    # CLI sample: the lists are present, and empty unless requested.
    return {
        "continentCode": continent,
        "description": f"Lightsail in {display_name}",
        "displayName": display_name,
        "name": name,
        "availabilityZones": zones if request.get("includeAvailabilityZones") else [],
        "relationalDatabaseAvailabilityZones": (
            zones if request.get("includeRelationalDatabaseAvailabilityZones") else []
        ),
    }


@operation("GetRegions")
def _get_regions(call: Call) -> dict[str, Any]:
    return {"regions": [_region(call, name) for name in _REGIONS]}
