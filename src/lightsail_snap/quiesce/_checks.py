"""Checks of the parameters of a pause, and of the mount point before it is frozen."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from datetime import timedelta
from typing import cast

from lightsail_snap._parameters import invalid_parameter
from lightsail_snap._text import safe_line, short_repr
from lightsail_snap.errors import QuiesceError

MAX_TIMEOUT_SECONDS = 86_400.0
MOUNT_TABLE = "/proc/self/mountinfo"

_OCTAL_ESCAPE = re.compile(rb"\\([0-7]{3})")


def check_timeout(model: str, value: object) -> float:
    """Return a time limit in seconds."""
    seconds = value.total_seconds() if isinstance(value, timedelta) else value
    if (
        isinstance(seconds, int | float)
        and not isinstance(seconds, bool)
        and 0 < seconds <= MAX_TIMEOUT_SECONDS
    ):
        return float(seconds)
    rule = "must be a timedelta or a number of seconds, more than 0 and at most a day"
    raise invalid_parameter("timeout", rule, "pass timedelta(seconds=30)", value, model=model)


def _is_argument(value: object) -> bool:
    """Return whether a command can have the value as an argument."""
    if not isinstance(value, str) or "\0" in value:
        return False
    try:
        os.fsencode(value)
    except UnicodeEncodeError:
        return False
    return True


def check_command(model: str, field: str, value: object) -> tuple[str, ...]:
    """Return a program and its arguments."""
    if isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray):
        arguments: tuple[object, ...] = tuple(value)
        if arguments and arguments[0] and all(map(_is_argument, arguments)):
            return tuple(map(str, arguments))
    rule = "must be a sequence of strings, a program and its arguments, without null characters"
    fix = 'pass ["program", "argument"]; the command is run without a shell'
    # The value itself is not shown, since it may contain passwords.
    raise invalid_parameter(field, rule, fix, type(value), model=model)


def check_mount_point(value: object) -> str:
    """Return an absolute path that is not the root."""
    path = value if isinstance(value, str) else None
    if isinstance(value, os.PathLike):
        path = cast("os.PathLike[str]", value).__fspath__()
    name, model = "mount_point", "FileSystemFreeze"
    if not _is_argument(path) or path is None or not path.startswith("/"):
        rule = "must be the absolute path of a mount point, a string without null characters"
        raise invalid_parameter(name, rule, 'pass "/mnt/data"', value, model=model)
    if not os.path.normpath(path).strip("/"):
        rule = "must not be the root file system, which this process itself needs"
        fix = "keep the data on another disk, or use command_hooks(...)"
        raise invalid_parameter(name, rule, fix, value, model=model)
    return path


def read_mounts() -> dict[str, str]:
    """Return the device number of the file system at each mount point."""
    with open(MOUNT_TABLE, "rb") as file:  # noqa: PTH123 - one read of a path of the kernel's
        rows = [line.split(b" ") for line in file.read().splitlines()]
    return {
        os.fsdecode(_OCTAL_ESCAPE.sub(lambda escape: bytes([int(escape[1], 8)]), row[4])): row[
            2
        ].decode()
        for row in rows
    }


def resolve_mount_point(mount_point: str) -> str:
    """Return the real path of a mount point, once it is known that it can be frozen."""
    try:
        path = os.path.realpath(mount_point, strict=True)
        mounts = read_mounts()
    except OSError as error:
        message = f"cannot find {short_repr(mount_point)}, nothing was done: "
        raise QuiesceError(message + safe_line(str(error))) from error
    if path not in mounts:
        raise QuiesceError(
            f"{short_repr(path)} is not a mount point, so the file system that contains it would "
            "be frozen; nothing was done"
        )
    root = os.stat("/").st_dev  # noqa: PTH116 - there is no simpler path
    # The subvolumes of one file system have device numbers of their own, but not in this table.
    if mounts[path] in {mounts.get("/"), f"{os.major(root)}:{os.minor(root)}"}:
        raise QuiesceError(
            f"{short_repr(path)} is part of the root file system, which cannot be frozen because "
            "this process itself needs it; nothing was done"
        )
    return path
