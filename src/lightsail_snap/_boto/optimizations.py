"""Switch and fallback of the two optional optimizations of boto3 clients.

- Lazy parsing, for every client: botocore parses the body of a successful response to a call of
  this library only if an event handler reads it. Error responses are always parsed. It uses an
  attribute of botocore that is not public.
- The light session, for clients that the library creates without `session=`: components and
  handlers for Lightsail only, through botocore's public interfaces.

On any exception, during installation or a call, plain botocore takes over and one warning is
logged. `LIGHTSAIL_SNAP_OPTIMIZATIONS=off` disables both.
"""

from __future__ import annotations

import logging
import os
import threading
from types import TracebackType
from typing import Self

from lightsail_snap.errors import safe_text

_LOGGER = logging.getLogger("lightsail_snap")
SETTING = "LIGHTSAIL_SNAP_OPTIMIZATIONS"
_OFF = frozenset({"off", "0", "false", "no"})


def are_enabled() -> bool:
    return os.environ.get(SETTING, "").strip().lower() not in _OFF


class Fallback:
    """Context manager that suppresses the exceptions of an optimization.

    Attributes:
        is_active: Whether the optimization has failed, so that plain botocore must be used.
    """

    __slots__ = ("_lock", "_optimization", "is_active")

    def __init__(self, optimization: str) -> None:
        self._optimization = optimization
        self._lock = threading.Lock()
        self.is_active = False

    def record(self, error: Exception) -> None:
        """Switch to plain botocore, and log the first error."""
        with self._lock:
            is_first, self.is_active = not self.is_active, True
        if is_first:
            _LOGGER.warning(
                "%s does not work with the installed botocore, so plain botocore is used "
                "(%s: %s); to disable the optimizations, set %s=off",
                self._optimization,
                type(error).__name__,
                safe_text(error),
                SETTING,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        if isinstance(error, Exception):
            self.record(error)
            return True
        return False
