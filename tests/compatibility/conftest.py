"""Fixtures of the comparison with plain boto3."""

from __future__ import annotations

import time
from collections.abc import Iterator

import boto3
import pytest
from tests.compatibility.comparison import PAUSES
from tests.compatibility.environments import clean_environment
from tests.compatibility.recorder import Recorder


@pytest.fixture(scope="session")
def server() -> Iterator[Recorder]:
    with Recorder().running() as recorder:
        yield recorder


@pytest.fixture
def recorder(server: Recorder) -> Recorder:
    server.play()
    return server


@pytest.fixture(autouse=True)
def _account(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set made-up credentials, and restore boto3's default session afterwards."""
    clean_environment(monkeypatch)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Record the pauses between attempts instead of making them."""
    monkeypatch.setattr(time, "sleep", PAUSES.append)
    # The adaptive mode waits for its turn on a condition variable, for seconds.
    monkeypatch.setattr("botocore.retries.bucket.TokenBucket.acquire", lambda *_, **__: True)
