"""Constrained types of request fields: names, ids, tag keys, sizes."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from lightsail_snap.models._regions import REGION_PATTERN, REGION_RULE
from lightsail_snap.models._rules import Rule

__all__ = [
    "AvailabilityZone",
    "DiskSize",
    "ExistingTagKey",
    "NewResourceName",
    "NonEmptyString",
    "OperationId",
    "PageToken",
    "RegionInput",
    "ResourceArn",
    "ResourceName",
    "TagKey",
    "TagValue",
    "TimeOfDay",
]

# `\w` is Unicode in most engines, so ASCII is spelled out. Patterns are strings, not compiled: in
# pydantic's engine `$` matches only at the very end, in Python's also before a newline.
_NEW_NAME = r"^[A-Za-z0-9_][A-Za-z0-9_.\-]*[A-Za-z0-9_]$"

NewResourceName = Annotated[
    str,
    StringConstraints(strict=True, min_length=2, max_length=255, pattern=_NEW_NAME),
    Rule(
        "must be a string of 2 to 255 ASCII letters, digits or _ . - that begins and ends with "
        "a letter, a digit or _",
        "Lightsail user guide (resource names), shape ResourceName of the service model and an "
        "error message of the service",
        "choose another name, for example my-disk-2026-11-23",
    ),
]
"""Name of a new resource: 2 to 255 ASCII letters, digits, `_`, `.` or `-`.

It begins and ends with a letter, a digit or `_`. The user guide, the service model's `ResourceName`
or an error message of the service allows each of these names.
"""


def _check_one_line(value: str) -> str:
    if value.isascii() and value.isprintable() and not value.isspace():
        # Most names pass here; a check of every character is much slower.
        return value
    if value.isspace() or any(unicodedata.category(c) in {"Cc", "Zl", "Zp"} for c in value):
        message = "blank, or more than one line"
        raise ValueError(message)
    return value


ResourceName = Annotated[
    str,
    StringConstraints(strict=True, min_length=1, max_length=255),
    AfterValidator(_check_one_line),
    Rule(
        "must be a string of 1 to 255 characters in one line, without control characters and not "
        "all spaces",
        "Lightsail user guide (resource names have at most 255 characters)",
        "pass the name of an existing resource as Lightsail lists it",
    ),
]
"""Name of an existing resource: 1 to 255 characters in one line, no control characters.

The rules for new names do not apply, since a region may have resources with other names.
"""

OperationId = Annotated[
    str,
    StringConstraints(strict=True, min_length=1, max_length=255),
    AfterValidator(_check_one_line),
    Rule(
        "must be a string of 1 to 255 characters in one line, without control characters and not "
        "all spaces",
        "shape NonEmptyString of the service model; the length is this library's, ids are UUIDs",
        "pass the id of an Operation that Lightsail returned",
    ),
]
"""Id of an operation, not empty. The service uses UUIDs."""

PageToken = Annotated[
    str,
    StringConstraints(strict=True, min_length=1),
    Rule(
        "must be a string that is not empty",
        "shape string of the service model; the format of tokens is unverified",
        "pass the next_page_token of a page unchanged, or None for the first page",
    ),
]
"""Opaque token of a page of a listing: the `next_page_token` of the previous page."""

ResourceArn = Annotated[
    str,
    StringConstraints(
        strict=True,
        pattern=r"^arn:aws[^:]*:[a-zA-Z0-9-]+:[a-z0-9-]+:[0-9]+:[a-zA-Z]+/[a-zA-Z0-9-]+$",
    ),
    AfterValidator(_check_one_line),
    Rule(
        "must be the Amazon Resource Name of a resource",
        "shape ResourceArn of the service model",
        "pass the arn of the resource as Lightsail lists it, or omit it: the name suffices",
    ),
]
"""Amazon Resource Name, for example `arn:aws:lightsail:us-east-2:123456789012:Disk/...`."""

AvailabilityZone = Annotated[
    str,
    StringConstraints(strict=True, pattern=r"^[a-z]+(-[a-z0-9]+)+-[0-9]+[a-z]$"),
    Rule(
        "must be an Availability Zone such as us-east-2a, not a region (us-east-2) and not `all`, "
        "the zone of snapshots",
        "shape ResourceLocation of the service model (follows the format us-east-2a)",
        "pass the zone of the instance that will use it",
    ),
]
"""Availability Zone, for example `us-east-2a`; not `all`, the zone of snapshots."""

RegionInput = Annotated[
    str,
    StringConstraints(strict=True, pattern=REGION_PATTERN),
    REGION_RULE,
]
"""AWS Region, for example `us-east-2` or `RegionName.US_EAST_2`."""

DiskSize = Annotated[
    int,
    Field(strict=True, ge=8, lt=2**31),
    Rule(
        "must be a whole number of GB, 8 or more",
        "an error message of the service (at least 8 GB); the service checks the maximum, since "
        "sources differ",
        "pass at least the size of the snapshot's source",
    ),
]
"""Size of a disk in GB: 8 or more. The service checks the maximum, about 16,000."""

TimeOfDay = Annotated[
    str,
    StringConstraints(strict=True, pattern=r"^([01][0-9]|2[0-3]):00$"),
    Rule(
        "must be a full hour of the day as HH:00, in UTC",
        "shape AutoSnapshotAddOnRequest of the service model",
        "pass for example 06:00",
    ),
]
"""Full hour of the day in UTC, for example `06:00`."""

NonEmptyString = Annotated[
    str,
    StringConstraints(strict=True, min_length=1),
    AfterValidator(_check_one_line),
    Rule(
        "must be a string in one line, without control characters and not all spaces",
        "shape NonEmptyString of the service model",
        "pass a string as in Lightsail's documentation of this field",
    ),
]
"""String in one line that is not blank."""

ExistingTagKey = Annotated[
    str,
    StringConstraints(strict=True, min_length=1, max_length=128),
    Rule(
        "must be a string of 1 to 128 characters",
        "Lightsail user guide (tags)",
        "pass the key of a tag of the resource",
    ),
]
"""Key of an existing tag: 1 to 128 characters. The rules for new keys do not apply."""

_TAG_CHARACTERS = r"[\p{L}\p{N}\p{Z}+\-=._:/@]"
_TAG_SOURCE = "CreateDiskSnapshot documentation, parameter tags; Lightsail user guide (tags)"


def _check_not_reserved(value: str) -> str:
    if value.startswith("aws:"):
        message = "reserved"
        raise ValueError(message)
    return value


_TAG_PUNCTUATION = frozenset("+-=._:/@")


def _is_tag_character(character: str) -> bool:
    return character in _TAG_PUNCTUATION or unicodedata.category(character)[0] in "LNZ"


def _tag_fix(max_length: int) -> Callable[[object], str | None]:
    def explain(value: object) -> str | None:
        if not isinstance(value, str):
            return None
        fixes = []
        if not value:
            fixes.append("use at least one character")
        if value.startswith("aws:"):
            fixes.append("do not begin it with aws:, which is reserved for AWS")
        if len(value) > max_length:
            fixes.append(f"shorten it from {len(value)} to {max_length} characters")
        invalid = next((each for each in value if not _is_tag_character(each)), None)
        if invalid is not None and all(map(_is_tag_character, unicodedata.normalize("NFC", value))):
            fixes.append("compose its combining marks: unicodedata.normalize('NFC', value)")
        elif invalid is not None:
            fixes.append(f"replace the character {invalid!a} (U+{ord(invalid):04X})")
        return "; ".join(fixes) or None

    return explain


TagKey = Annotated[
    str,
    StringConstraints(strict=True, min_length=1, max_length=128, pattern=f"^{_TAG_CHARACTERS}+$"),
    AfterValidator(_check_not_reserved),
    Rule(
        "must be a string of 1 to 128 letters, numbers, spaces (of any script) or + - = . _ : / @ "
        "that does not begin with aws:",
        _TAG_SOURCE,
        'use a string such as "env"',
        _tag_fix(128),
    ),
]
"""Key of a tag: 1 to 128 letters, numbers, spaces, or `+ - = . _ : / @`, not `aws:...`.

Letters, numbers and spaces are those of Unicode (categories L, N and Z). The length is in code
points.
"""

TagValue = Annotated[
    str,
    StringConstraints(strict=True, max_length=256, pattern=f"^{_TAG_CHARACTERS}*$"),
    AfterValidator(_check_not_reserved),
    Rule(
        "must be a string of 0 to 256 letters, numbers, spaces (of any script) or + - = . _ : / @ "
        "that does not begin with aws:",
        _TAG_SOURCE,
        'use a string such as "prod", or None for a tag without a value',
        _tag_fix(256),
    ),
]
"""Value of a tag: 0 to 256 letters, numbers, spaces, or `+ - = . _ : / @`, not `aws:...`.

Letters, numbers and spaces are those of Unicode (categories L, N and Z). The length is in code
points.
"""
