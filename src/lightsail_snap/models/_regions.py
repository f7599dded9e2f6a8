"""Rule for AWS Regions, with suggestions for invalid values."""

from __future__ import annotations

import re

from lightsail_snap._text import did_you_mean, short_repr
from lightsail_snap.models._rules import Rule
from lightsail_snap.models.enums import RegionName

# Future Regions have this form, too.
REGION_PATTERN = r"^[a-z]+(-[a-z0-9]+)+-[0-9]+$"
# boto3 accepts the pseudo-Regions of its partitions, such as aws-global.
_SETTING = re.compile(REGION_PATTERN.replace("$", r"\Z") + r"|^aws(-[a-z]+)*-global\Z")
_BEGINS_WITH_REGION = re.compile(r"[a-z]+(?:-[a-z]+)+-[0-9]+")
_SEPARATORS = re.compile(r"[\s_\u2010-\u2015]+")
_MAX_LENGTH = 200
# One wrong character of nine. Regions that are new differ more from the known ones.
_TYPO_CUTOFF = 0.88
_KNOWN = [region.value for region in RegionName.known_values()]

# Locations in the display names of the AWS console, such as "US East (N. Virginia)".
_LOCATIONS = {
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


def _suggest(value: object) -> str | None:
    """Return the Region that a value probably means."""
    if not isinstance(value, str):
        return None
    name = value[:_MAX_LENGTH].strip().lower()
    for location, region in _LOCATIONS.items():
        if location in name:
            return region
    found = _BEGINS_WITH_REGION.match(_SEPARATORS.sub("-", name))
    return found[0] if found else None


def _explain(value: object) -> str | None:
    region = _suggest(value)
    return f"use {region}" if region else did_you_mean(value, _KNOWN) or None


REGION_RULE = Rule(
    "must be an AWS Region such as us-east-2, not an Availability Zone (us-east-2a) or a display "
    "name (Ohio)",
    "shape RegionName of the service model; the service checks values that it lacks",
    "use the code of a Region, such as us-east-2",
    _explain,
)


def find_region_problem(setting: str, value: object) -> str | None:
    """Return the problem of a Region in a setting with its fix, in one line, or None."""
    if isinstance(value, str) and _SETTING.match(value):
        return None
    fix = _explain(value) or REGION_RULE.fix
    return f"{setting} {REGION_RULE.rule}; it is {short_repr(value)}: {fix}"


def find_region_hint(region: str) -> str:
    """Return a hint if a Region is unknown and similar to known ones, else an empty string."""
    question = "" if region in _KNOWN else did_you_mean(region, _KNOWN, _TYPO_CUTOFF)
    return question and f"{region} is not a known Region of Lightsail; {question}"
