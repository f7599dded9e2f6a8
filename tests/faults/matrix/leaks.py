"""Detection of files and sockets that are not closed."""

from __future__ import annotations

import contextlib
import gc
import warnings
from collections.abc import Iterator
from pathlib import Path

_OPEN = Path("/proc/self/fd")


def _open_files() -> set[str]:
    """Return the open files of this process, as far as the system lists them."""
    return {path.name for path in _OPEN.iterdir()} if _OPEN.is_dir() else set()


@contextlib.contextmanager
def check_leaks(broken: list[str]) -> Iterator[None]:
    """Append to `broken` what is still open after the block, once its objects are collected."""
    # Objects from before the block are not examined, which would take long.
    gc.collect(0)
    gc.freeze()
    before = _open_files()
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", ResourceWarning)
            yield
            gc.collect()
    finally:
        gc.unfreeze()
    left = [str(each.message) for each in caught if issubclass(each.category, ResourceWarning)]
    # The folder itself is open while it is listed, both times with the same number.
    more = len(_open_files()) - len(before)
    broken += [f"everything_is_closed: {each}" for each in left]
    if more > 0:
        broken.append(f"everything_is_closed: {more} more files are open than before")
