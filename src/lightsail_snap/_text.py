"""Escaping, truncation and redaction of strings for logs and messages."""

from __future__ import annotations

import re
from collections.abc import Iterable

from typing_extensions import override

_MAX_LENGTH = 600

# AWS repeats parts of requests in error messages. The error of an invalid signature contains the
# canonical request with its session token.
_SECRETS = (
    re.compile(
        r"(?i)(x-amz-security-token|securitytoken|sessiontoken)([\"']?\s*[:=]\s*[\"']?)[^\s\"'&,]+"
    ),
    re.compile(
        r"(?i)(aws_?(?:secret_?access_?key|session_?token)|secretaccesskey)([\"']?\s*[:=]\s*[\"']?)[^\s\"'&,]+"
    ),
    re.compile(r"(?i)(signature)(=)[0-9a-f]{16,}"),
    re.compile(r"(://)()[^/\s]+(?=@)"),
)
_ACCESS_KEY_ID = re.compile(r"(?<![A-Z0-9])(A[SK]IA)[A-Z0-9]{12,}")

# Truncate after redaction: a credential that is cut in two is no longer recognised.
_MARGIN = 4096

_ROUNDING = 1e-9


def redact(text: str) -> str:
    """Replace session tokens, signatures, access key ids and users of URLs by `***`."""
    for pattern in _SECRETS:
        text = pattern.sub(r"\1\2***", text)
    return _ACCESS_KEY_ID.sub(r"\1***", text)


def one_line(text: str, limit: int = _MAX_LENGTH) -> str:
    """Escape and truncate a string to one printable line.

    Line breaks, control characters, bidirectional overrides and lone surrogates become backslash
    escapes, so that a server cannot forge log lines or control a terminal.
    """
    head = text[: limit + 1]
    if not head.isprintable():
        head = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in head)
    return head if len(head) <= limit else head[:limit] + "…"


def safe_line(text: str, limit: int = _MAX_LENGTH) -> str:
    """Redact, escape and truncate a string to one printable line."""
    return one_line(redact(text[: limit + _MARGIN]), limit)


def plural(count: int, noun: str, nouns: str | None = None) -> str:
    """Return a count with its noun, such as `1 snapshot` or `2 snapshots`."""
    return f"{count} {noun}" if count == 1 else f"{count} {nouns or noun + 's'}"


class Description(str):
    """Description of a value, whose `repr` has no quotes."""

    __slots__ = ()

    @override
    def __repr__(self) -> str:
        return str(self)


def short_repr(value: object, limit: int = 80) -> Description:
    """Return the `repr` of a value as one short printable line, even if `repr` fails."""
    if type(value) is str or type(value) is bytes:
        value = value[: limit + _MARGIN]
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001 - a broken __repr__ must not hide the error being described
        text = f"<{type(value).__name__}>"
    return Description(safe_line(text, limit))


def did_you_mean(value: object, valid: Iterable[str], cutoff: float = 0.6) -> str:
    """Return a question that names the nearest valid values, or an empty string if none is near.

    Every valid value that differs by a single typing error is named, and else the nearest.
    """
    # Imported late, since only errors need it.
    from difflib import SequenceMatcher, get_close_matches  # noqa: PLC0415 - see above

    if not isinstance(value, str):
        return ""
    name = _spelling(value[:_MAX_LENGTH])
    spellings = {_spelling(each): each for each in valid}
    near = get_close_matches(name, spellings, 5, cutoff)
    # Of n characters, one that is missing, wrong or swapped leaves n - 1 that match.
    found = near[:1] + [
        each
        for each in near[1:]
        if SequenceMatcher(None, each, name).ratio() >= 1 - 1 / len(each) - _ROUNDING
    ]
    return f"did you mean {' or '.join(spellings[each] for each in found)}?" if found else ""


def _spelling(name: str) -> str:
    return name.strip().lower().replace("-", "_")
