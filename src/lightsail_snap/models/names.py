"""Constrained strings: what a request may name things."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from lightsail_snap.models._regions import REGION_PATTERN, REGION_RULE
from lightsail_snap.models._rules import Rule

# ASCII is spelled out because \w is Unicode in most engines, and patterns are handed to pydantic
# as text because its engine anchors `$` at the very end where Python's lets a newline follow.
_NEW_NAME = r"^[A-Za-z0-9_][A-Za-z0-9_.\-]*[A-Za-z0-9_]$"

NewResourceName = Annotated[
    str,
    StringConstraints(strict=True, min_length=2, max_length=255, pattern=_NEW_NAME),
    Rule(
        "must be a string of 2 to 255 ASCII letters, digits or _ . - that begins and ends with "
        "a letter, a digit or _",
        "Lightsail user guide (resource names), shape ResourceName of the service model and the "
        "service's own error text",
        "choose another name, for example my-disk-2026-11-23",
    ),
]
"""The name of a resource to be created: 2 to 255 of ASCII letters, digits, `_`, `.` and `-`.

It begins and ends with a letter, a digit or `_`. This is the union of what the user guide, the
service model's `ResourceName` and the service's own error text allow.
"""


def _is_one_line(text: str) -> str:
    if text.isascii() and text.isprintable() and not text.isspace():
        # Most names are, and these three looks are much cheaper than one at every character.
        return text
    if text.isspace() or any(unicodedata.category(c) in {"Cc", "Zl", "Zp"} for c in text):
        message = "blank, or more than one line"
        raise ValueError(message)
    return text


ResourceName = Annotated[
    str,
    StringConstraints(strict=True, min_length=1, max_length=255),
    AfterValidator(_is_one_line),
    Rule(
        "must be a string of 1 to 255 characters in one line, without control characters and not "
        "all spaces",
        "Lightsail user guide (resource names have at most 255 characters)",
        "give the name of an existing resource as Lightsail lists it",
    ),
]
"""The name of an existing resource: 1 to 255 characters in one line, no control characters.

It is not held to the rules for new names: a region may hold names this library would not create.
"""

OperationId = Annotated[
    str,
    StringConstraints(strict=True, min_length=1, max_length=255),
    AfterValidator(_is_one_line),
    Rule(
        "must be a string of 1 to 255 characters in one line, without control characters and not "
        "all spaces",
        "shape NonEmptyString of the service model; the length is ours, ids are UUIDs",
        "give the id of an Operation that Lightsail returned",
    ),
]
"""The id of an operation: not empty; the service gives UUIDs."""

PageToken = Annotated[
    str,
    StringConstraints(strict=True, min_length=1),
    Rule(
        "must be a string that is not empty",
        "shape string of the service model; what tokens look like is unverified",
        "give the next_page_token of a page as it is, or None for the first page",
    ),
]
"""What a page of a list is asked for with: the `next_page_token` of the page before, opaque."""

ResourceArn = Annotated[
    str,
    StringConstraints(
        strict=True,
        pattern=r"^arn:aws[^:]*:[a-zA-Z0-9-]+:[a-z0-9-]+:[0-9]+:[a-zA-Z]+/[a-zA-Z0-9-]+$",
    ),
    AfterValidator(_is_one_line),
    Rule(
        "must be the Amazon Resource Name of a resource",
        "shape ResourceArn of the service model",
        "give the arn of the resource as Lightsail lists it, or leave it out: the name suffices",
    ),
]
"""An Amazon Resource Name, for example `arn:aws:lightsail:us-east-2:123456789012:Disk/...`."""

AvailabilityZone = Annotated[
    str,
    StringConstraints(strict=True, pattern=r"^[a-z]+(-[a-z0-9]+)+-[0-9]+[a-z]$"),
    Rule(
        "must be an Availability Zone such as us-east-2a; a region (us-east-2) is none, and "
        "neither is `all`, the zone of a snapshot",
        "shape ResourceLocation of the service model (follows the format us-east-2a)",
        "give the zone of the instance that is to use it",
    ),
]
"""An Availability Zone, for example `us-east-2a`; not the `all` that snapshots have."""

RegionInput = Annotated[
    str,
    StringConstraints(strict=True, pattern=REGION_PATTERN),
    REGION_RULE,
]
"""An AWS Region, for example `us-east-2` or `RegionName.US_EAST_2`."""

DiskSize = Annotated[
    int,
    Field(strict=True, ge=8, lt=2**31),
    Rule(
        "must be a whole number of GB, 8 or more",
        "the service's own error text (at least 8 GB); what is too large is for the service to "
        "judge, since sources differ",
        "give at least the size of the snapshot's source",
    ),
]
"""The size of a disk in GB: 8 or more; the most, 16,000 or so, is for the service to judge."""

TimeOfDay = Annotated[
    str,
    StringConstraints(strict=True, pattern=r"^([01][0-9]|2[0-3]):00$"),
    Rule(
        "must be a full hour of the day as HH:00, in UTC",
        "shape AutoSnapshotAddOnRequest of the service model",
        "give for example 06:00",
    ),
]
"""A full hour of the day in UTC, for example `06:00`."""

NonEmptyString = Annotated[
    str,
    StringConstraints(strict=True, min_length=1),
    AfterValidator(_is_one_line),
    Rule(
        "must be a string in one line, without control characters and not all spaces",
        "shape NonEmptyString of the service model",
        "give the text as Lightsail's documentation of this field shows it",
    ),
]
"""A string in one line that is not blank."""

ExistingTagKey = Annotated[
    str,
    StringConstraints(strict=True, min_length=1, max_length=128),
    Rule(
        "must be a string of 1 to 128 characters",
        "Lightsail user guide (tags)",
        "give the key of a tag that the resource bears",
    ),
]
"""The key of a tag that is there: 1 to 128 characters, not held to the rules for new keys."""

_TAG_CHARACTERS = r"[\p{L}\p{N}\p{Z}+\-=._:/@]"
_TAG_SOURCE = "CreateDiskSnapshot documentation, parameter tags; Lightsail user guide (tags)"


def _is_not_reserved(text: str) -> str:
    if text.startswith("aws:"):
        message = "reserved"
        raise ValueError(message)
    return text


_TAG_PUNCTUATION = frozenset("+-=._:/@")


def _is_tag_character(character: str) -> bool:
    return character in _TAG_PUNCTUATION or unicodedata.category(character)[0] in "LNZ"


def _explain_tag_text(longest: int) -> Callable[[object], str | None]:
    def explain(given: object) -> str | None:
        if not isinstance(given, str):
            return None
        fixes = []
        if not given:
            fixes.append("use at least one character")
        if given.startswith("aws:"):
            fixes.append("do not begin it with aws:, which is reserved for AWS")
        if len(given) > longest:
            fixes.append(f"shorten it from {len(given)} to {longest} characters")
        bad = next((each for each in given if not _is_tag_character(each)), None)
        if bad is not None and all(map(_is_tag_character, unicodedata.normalize("NFC", given))):
            fixes.append("compose its combining marks: unicodedata.normalize('NFC', text)")
        elif bad is not None:
            fixes.append(f"replace the character {bad!a} (U+{ord(bad):04X})")
        return "; ".join(fixes) or None

    return explain


TagKey = Annotated[
    str,
    StringConstraints(strict=True, min_length=1, max_length=128, pattern=f"^{_TAG_CHARACTERS}+$"),
    AfterValidator(_is_not_reserved),
    Rule(
        "must be a string of 1 to 128 letters, numbers, spaces (of any script) or + - = . _ : / @ "
        "that does not begin with aws:",
        _TAG_SOURCE,
        'use a string such as "env"',
        _explain_tag_text(128),
    ),
]
"""The key of a tag: 1 to 128 letters, numbers, spaces, or `+ - = . _ : / @`, not `aws:...`.

Letters, numbers and spaces are those of Unicode (categories L, N and Z); the length counts code
points.
"""

TagValue = Annotated[
    str,
    StringConstraints(strict=True, max_length=256, pattern=f"^{_TAG_CHARACTERS}*$"),
    AfterValidator(_is_not_reserved),
    Rule(
        "must be a string of 0 to 256 letters, numbers, spaces (of any script) or + - = . _ : / @ "
        "that does not begin with aws:",
        _TAG_SOURCE,
        'use a string such as "prod", or None for a tag without a value',
        _explain_tag_text(256),
    ),
]
"""The value of a tag: 0 to 256 letters, numbers, spaces, or `+ - = . _ : / @`, not `aws:...`.

Letters, numbers and spaces are those of Unicode (categories L, N and Z); the length counts code
points.
"""
