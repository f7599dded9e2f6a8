"""Log messages of the emulator: one printable line each, whatever the request contains."""

from __future__ import annotations

import logging
import traceback

from typing_extensions import override

from lightsail_snap._text import safe_line
from lightsail_snap.errors import safe_text


def describe_error(error: BaseException) -> str:
    """Describe an unexpected exception and its origin in one safe line."""
    # No traceback with source lines and locals: the message may quote a request.
    frames = traceback.extract_tb(error.__traceback__)
    where = ", ".join(f"{frame.filename}:{frame.lineno}" for frame in frames)
    return f"{type(error).__name__}: {safe_text(error)}, at {where}"


class SafeLineFilter(logging.Filter):
    """Makes one safe line of each record and its exception."""

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        text = safe_line(record.getMessage())
        if record.exc_info and record.exc_info[1] is not None:
            text = f"{text}: {describe_error(record.exc_info[1])}"
        record.msg, record.args, record.exc_info = text, (), None
        return True
