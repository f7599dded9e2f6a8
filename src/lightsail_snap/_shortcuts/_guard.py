"""Keeps hands off what is not what it is taken for."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import ParamSpec

from lightsail_snap._text import safe_line

_LOGGER = logging.getLogger("lightsail_snap")
_P = ParamSpec("_P")


class MovedError(Exception):
    """Something is not where, or what, it was."""


def expect(condition: bool) -> None:  # noqa: FBT001 - one condition, by position as in assert
    """Stop a shortcut before it changes anything.

    Args:
        condition: Whether all is as it was.

    Raises:
        MovedError: If not.
    """
    if not condition:
        raise MovedError("not what it was")


def guarded(shortcut: Callable[_P, None], *args: _P.args, **kwargs: _P.kwargs) -> None:
    """Take a shortcut, or leave it and say so.

    Args:
        shortcut: It touches parts of botocore that are not public.
        args: What it takes.
        kwargs: Likewise.
    """
    try:
        shortcut(*args, **kwargs)
    except (MovedError, AttributeError, TypeError) as error:
        _LOGGER.info(
            "the shortcut %s is not for this botocore, all goes the plain way: %s",
            shortcut.__name__.strip("_"),
            safe_line(str(error)),
        )
