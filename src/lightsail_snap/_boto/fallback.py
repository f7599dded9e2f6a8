"""The switch of the optimizations, and their way back to plain botocore."""

from __future__ import annotations

import logging
import os
import threading
from types import TracebackType

from lightsail_snap.errors import safe_text

_LOGGER = logging.getLogger("lightsail_snap")
SETTING = "LIGHTSAIL_SNAP_OPTIMIZATIONS"
_OFF = frozenset({"off", "0", "false", "no"})


def are_enabled() -> bool:
    """Return False if the environment switches the optimizations off."""
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
        """Switch to plain botocore; only the first error is logged."""
        with self._lock:
            is_first, self.is_active = not self.is_active, True
        if is_first:
            _LOGGER.warning(
                "%s does not work with the installed botocore, plain botocore is used instead "
                "(%s: %s); to switch the optimizations off, set %s=off",
                self._optimization,
                type(error).__name__,
                safe_text(error),
                SETTING,
            )

    def __enter__(self) -> None:
        """Begin what may fail."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        """Record an exception and suppress it."""
        if isinstance(error, Exception):
            self.record(error)
            return True
        return False
