"""Copies of errors without references to other libraries."""

from __future__ import annotations

from lightsail_snap import LightsailSnapError
from lightsail_snap.errors import detached


def test_detached_error_has_detached_cause() -> None:
    inner, outer = LightsailSnapError("inner"), LightsailSnapError("outer")
    inner.__cause__, outer.__cause__ = ValueError("of another library"), inner
    copied = detached(outer)
    cause = copied.__cause__
    assert isinstance(cause, LightsailSnapError)
    assert cause is not inner
    assert str(cause) == "inner"
