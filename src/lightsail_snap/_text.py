"""Text that came from outside, made safe to log and to show."""

from __future__ import annotations

import re

from typing_extensions import override

_LIMIT = 600

# What AWS puts into error texts of its own accord: a signature mismatch is answered with the
# canonical request, session token and all.
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

# A credential that is cut in two is no longer recognised, so more is read than is shown.
_MARGIN = 4096


def redact(text: str) -> str:
    """Take credentials out of a text that somebody else wrote.

    Args:
        text: Any text, for example the message of a service error.

    Returns:
        The text with session tokens, signatures, access key ids and the user part of URLs
        replaced by `***`.
    """
    for pattern in _SECRETS:
        text = pattern.sub(r"\1\2***", text)
    return _ACCESS_KEY_ID.sub(r"\1***", text)


def one_line(text: str, limit: int = _LIMIT) -> str:
    """Render a text as one bounded, printable line.

    Line breaks, control characters, bidirectional overrides and lone surrogates become
    backslash escapes, so a hostile server cannot forge a log line or drive a terminal.

    Args:
        text: Any text.
        limit: The longest result, in characters, before an ellipsis is added.

    Returns:
        The line.
    """
    head = text[: limit + 1]
    if not head.isprintable():
        head = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in head)
    return head if len(head) <= limit else head[:limit] + "…"


def safe_line(text: str, limit: int = _LIMIT) -> str:
    """Render a text from outside as one bounded, printable line without credentials.

    Args:
        text: Any text, of any length.
        limit: The longest result, in characters, before an ellipsis is added.

    Returns:
        The line.
    """
    return one_line(redact(text[: limit + _MARGIN]), limit)


class Description(str):
    """A text that stands for a value, so its `repr` is the bare text."""

    __slots__ = ()

    @override
    def __repr__(self) -> str:
        return str(self)


def short_repr(value: object, limit: int = 80) -> Description:
    """Describe any value in one short safe line.

    Args:
        value: The value; its `repr` may fail or be of any size.
        limit: The longest result, in characters, before an ellipsis is added.

    Returns:
        The line.
    """
    if type(value) is str or type(value) is bytes:
        value = value[: limit + _MARGIN]
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001 - a broken __repr__ must not hide the error being described
        text = f"<{type(value).__name__}>"
    return Description(safe_line(text, limit))
