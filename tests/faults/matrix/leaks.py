"""Whether anything that was opened stays open."""

from __future__ import annotations

import contextlib
import gc
import warnings
from collections.abc import Iterator
from pathlib import Path

_OPEN = Path("/proc/self/fd")


def _open_files() -> set[str]:
    """List the open files of this process; none where the system does not tell."""
    return {path.name for path in _OPEN.iterdir()} if _OPEN.is_dir() else set()


@contextlib.contextmanager
def watched(broken: list[str]) -> Iterator[None]:
    """Watch what is left open when the block ends, and when what it made is collected.

    Args:
        broken: What there is to object is put here.

    Yields:
        Nothing.
    """
    # What was there before is none of the matter, and takes long to look through.
    gc.collect(0)
    gc.freeze()
    before = _open_files()
    try:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always", ResourceWarning)
            yield
            gc.collect()
    finally:
        gc.unfreeze()
    left = [str(each.message) for each in told if issubclass(each.category, ResourceWarning)]
    # The folder is itself open while it is listed, under one and the same number.
    more = len(_open_files()) - len(before)
    broken += [f"all_is_closed: {text}" for text in left]
    if more > 0:
        broken.append(f"all_is_closed: {more} more files are open than before")
