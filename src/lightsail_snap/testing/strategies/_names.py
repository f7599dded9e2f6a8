"""Names, tags, Regions and zones."""

from __future__ import annotations

import string

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from lightsail_snap.models import RegionName, Tag

MAX_TAGS = 50
MAX_NAME_LENGTH = 255
MAX_KEY_LENGTH = 128
_MAX_VALUE_LENGTH = 256
_NAME_ENDS = string.ascii_letters + string.digits + "_"
_TAG_PUNCTUATION = "+-=._:/@"
# Python and pydantic may have different versions of Unicode, which agree on older characters.
_MAX_CODE_POINT = 0xFFFF
# Valid JSON of the service contains no control characters or lone surrogates.
STRINGS = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=30)
LINE_CHARACTERS = st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"))
_VISIBLE_CHARACTERS = st.characters(exclude_categories=("Cc", "Cs", "Z"))


def resource_names() -> SearchStrategy[str]:
    """Return a strategy for names of new resources.

    Returns:
        Valid names of 2 to 255 characters.
    """
    inside = st.text(_NAME_ENDS + ".-", max_size=MAX_NAME_LENGTH - 2)
    return st.tuples(st.sampled_from(_NAME_ENDS), inside, st.sampled_from(_NAME_ENDS)).map("".join)


def existing_names() -> SearchStrategy[str]:
    """Return a strategy for names of existing resources, which may be invalid for new ones.

    Returns:
        Names of 1 to 255 characters in one line.
    """
    rest = st.text(LINE_CHARACTERS, max_size=MAX_NAME_LENGTH - 1)
    # A visible character at either end, so that no name is blank.
    first = st.tuples(_VISIBLE_CHARACTERS, rest).map("".join)
    last = st.tuples(rest, _VISIBLE_CHARACTERS).map("".join)
    return resource_names() | first | last


def availability_zones() -> SearchStrategy[str]:
    """Return a strategy for Availability Zones.

    Returns:
        Zones `a` to `f` of the known regions.
    """
    zones = st.tuples(st.sampled_from(RegionName.known_values()), st.sampled_from("abcdef"))
    return zones.map("".join)


def _tag_strings(min_size: int, max_size: int) -> SearchStrategy[str]:
    alphabet = st.characters(
        max_codepoint=_MAX_CODE_POINT,
        categories=("L", "N", "Z"),
        include_characters=_TAG_PUNCTUATION,
    )
    strings = st.text(alphabet, min_size=min_size, max_size=max_size)
    # The reserved prefix is drawn too rarely for this to reject a measurable share.
    return strings.filter(lambda drawn: not drawn.startswith("aws:"))


def tag_keys() -> SearchStrategy[str]:
    """Return a strategy for keys of new tags.

    Returns:
        Valid keys of 1 to 128 characters.
    """
    return _tag_strings(1, MAX_KEY_LENGTH)


def tag_values() -> SearchStrategy[str]:
    """Return a strategy for values of new tags.

    Returns:
        Valid values of 0 to 256 characters.
    """
    return _tag_strings(0, _MAX_VALUE_LENGTH)


def tags() -> SearchStrategy[Tag]:
    """Return a strategy for new tags, including tags without a value.

    Returns:
        Valid tags.
    """
    return st.builds(Tag, key=tag_keys(), value=st.none() | tag_values())


def tag_lists(max_size: int = MAX_TAGS) -> SearchStrategy[tuple[Tag, ...]]:
    """Return a strategy for lists of new tags with unique keys.

    Args:
        max_size: Maximum number of tags; a request may have 50.

    Returns:
        Valid lists.
    """
    return tag_tuples(0, max_size)


def tag_tuples(min_size: int, max_size: int) -> SearchStrategy[tuple[Tag, ...]]:
    """Return a strategy for tuples of tags with unique keys."""
    items = st.lists(tags(), min_size=min_size, max_size=max_size, unique_by=lambda tag: tag.key)
    return items.map(tuple)


def arns() -> SearchStrategy[str]:
    """Return a strategy for Amazon Resource Names of Lightsail."""
    kinds = st.sampled_from(["Disk", "Instance", "DiskSnapshot", "InstanceSnapshot"])
    parts = st.tuples(st.sampled_from(RegionName.known_values()), kinds, st.uuids())
    return parts.map(lambda arn: f"arn:aws:lightsail:{arn[0]}:123456789012:{arn[1]}/{arn[2]}")
