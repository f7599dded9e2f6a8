"""What the emulator's log may say of a request: one printable line, whatever the request holds."""

from __future__ import annotations

import logging
import traceback

from typing_extensions import override

from lightsail_snap._text import safe_line
from lightsail_snap.errors import safe_text


def described(error: BaseException) -> str:
    """Describe an exception of the emulator's own, and where it comes from.

    Args:
        error: The exception. Its text may quote a request, so that no traceback is shown.

    Returns:
        One safe line.
    """
    frames = traceback.extract_tb(error.__traceback__)
    where = ", ".join(f"{frame.filename}:{frame.lineno}" for frame in frames)
    return f"{type(error).__name__}: {safe_text(error)}, at {where}"


class OneLine(logging.Filter):
    """Makes one safe line of each record, its exception included."""

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        text = safe_line(record.getMessage())
        if record.exc_info and record.exc_info[1] is not None:
            text = f"{text}: {described(record.exc_info[1])}"
        record.msg, record.args, record.exc_info = text, (), None
        return True
