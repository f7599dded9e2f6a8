"""Detection of inputs that reach lines or branches for the first time.

It uses `sys.monitoring`, which costs nothing for places that were reached before. Before Python
3.12, which lacks it, no input counts as new, so that inputs are made of the corpus only.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import CodeType

import lightsail_snap

_ROOT = str(Path(lightsail_snap.__file__).parent)
# The ids 0 to 3 and 5 are reserved for debuggers, coverage and similar tools.
_TOOL = 4


class Coverage:
    """Lines and branches of the package that were reached."""

    def __init__(self) -> None:
        """Start monitoring."""
        self._seen: set[tuple[CodeType, int, int]] = set()
        self._is_new = False
        if sys.version_info >= (3, 12):
            watch = sys.monitoring
            events = watch.events
            branches = [
                getattr(events, name)
                for name in ("BRANCH_LEFT", "BRANCH_RIGHT", "BRANCH")
                if hasattr(events, name)
            ][:2]
            watch.use_tool_id(_TOOL, "fuzz")
            watch.register_callback(_TOOL, events.LINE, self._on_line)
            for branch in branches:
                watch.register_callback(_TOOL, branch, self._on_branch)
            watch.set_events(_TOOL, events.LINE | sum(branches))

    def close(self) -> None:
        """Stop monitoring."""
        if sys.version_info >= (3, 12):
            sys.monitoring.set_events(_TOOL, 0)
            sys.monitoring.free_tool_id(_TOOL)

    def take(self) -> bool:
        """Return whether anything new was reached since the last call."""
        was_new, self._is_new = self._is_new, False
        return was_new

    def __len__(self) -> int:
        """Number of lines and branches reached."""
        return len(self._seen)

    def _on_line(self, code: CodeType, line: int) -> object:
        return self._on_branch(code, -1, line)

    def _on_branch(self, code: CodeType, offset: int, to: int) -> object:
        is_of_package = code.co_filename.startswith(_ROOT)
        if is_of_package and (code, offset, to) not in self._seen:
            self._seen.add((code, offset, to))
            self._is_new = True
        if sys.version_info >= (3, 12) and (offset < 0 or not is_of_package):
            return sys.monitoring.DISABLE
        return None
