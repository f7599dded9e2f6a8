"""What the tests of promises about security share."""

from __future__ import annotations

from typing import Any

import pytest


class Recorder:
    """A transport that must not be reached."""

    def send(self, request: Any) -> Any:
        raise AssertionError(request)  # pragma: no cover - it is not reached

    def close(self) -> None:
        """There is nothing to close."""


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()
