"""The rule for AWS Regions, and what to write instead of a value that breaks it."""

from __future__ import annotations

import re

from lightsail_snap._text import short_repr
from lightsail_snap.models._rules import Rule

# Open: a Region that the service adds later has this form, too.
REGION_PATTERN = r"^[a-z]+(-[a-z0-9]+)+-[0-9]+$"
_REGION = re.compile(REGION_PATTERN.replace("$", r"\Z"))
_BEGINS_WITH_REGION = re.compile(r"[a-z]+(?:-[a-z]+)+-[0-9]+")
_SEPARATORS = re.compile(r"[\s_\u2010-\u2015]+")
_MAX_READ = 200

# The names in AWS's console and documentation, such as "US East (N. Virginia)".
_PLACES = {
    "n. virginia": "us-east-1",
    "ohio": "us-east-2",
    "n. california": "us-west-1",
    "oregon": "us-west-2",
    "canada": "ca-central-1",
    "montreal": "ca-central-1",
    "paulo": "sa-east-1",
    "ireland": "eu-west-1",
    "london": "eu-west-2",
    "paris": "eu-west-3",
    "frankfurt": "eu-central-1",
    "stockholm": "eu-north-1",
    "spain": "eu-south-2",
    "hong kong": "ap-east-1",
    "mumbai": "ap-south-1",
    "singapore": "ap-southeast-1",
    "sydney": "ap-southeast-2",
    "jakarta": "ap-southeast-3",
    "malaysia": "ap-southeast-5",
    "tokyo": "ap-northeast-1",
    "seoul": "ap-northeast-2",
}


def _suggested(value: object) -> str | None:
    """Return the Region that a value probably stands for."""
    if not isinstance(value, str):
        return None
    text = value[:_MAX_READ].strip().lower()
    for place, region in _PLACES.items():
        if place in text:
            return region
    found = _BEGINS_WITH_REGION.match(_SEPARATORS.sub("-", text))
    return found[0] if found else None


def _explain(value: object) -> str | None:
    """Return what to write instead of a value."""
    region = _suggested(value)
    return f"use {region}" if region else None


REGION_RULE = Rule(
    "must be an AWS Region such as us-east-2, not an Availability Zone (us-east-2a) or a display "
    "name (Ohio)",
    "shape RegionName of the service model; words that it lacks are let through, for the "
    "service to judge",
    "use the code of a Region, such as us-east-2",
    _explain,
)


def find_region_problem(setting: str, value: object) -> str | None:
    """Return what is wrong with the Region of a setting, and what to do; None if nothing is.

    Args:
        setting: The name of the setting.
        value: Its value.

    Returns:
        One line.
    """
    if isinstance(value, str) and _REGION.match(value):
        return None
    fix = _explain(value) or REGION_RULE.fix
    return f"{setting} {REGION_RULE.rule}; it is {short_repr(value)}: {fix}"
