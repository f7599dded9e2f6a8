"""What every test shares."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# A run in CI repeats itself exactly and stays within minutes; a run at the desk is quick and
# explores; one with LIGHTSAIL_SNAP_THOROUGH takes as long as it takes. LIGHTSAIL_SNAP_EXAMPLES is a
# number of examples for each law, whatever the run.
settings.register_profile("dev", max_examples=50, deadline=None)
settings.register_profile(
    "ci",
    max_examples=100,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "nightly",
    max_examples=2000,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
IS_THOROUGH = "LIGHTSAIL_SNAP_THOROUGH" in os.environ
settings.load_profile("nightly" if IS_THOROUGH else "ci" if os.environ.get("CI") else "dev")
if examples := os.environ.get("LIGHTSAIL_SNAP_EXAMPLES"):
    settings.register_profile(
        "counted",
        settings.default,
        max_examples=int(examples),
        suppress_health_check=[HealthCheck.too_slow],
    )
    settings.load_profile("counted")


@pytest.fixture(autouse=True, scope="session")
def _interrupts_arrive() -> Iterator[None]:
    """Heed what a shell lets the processes in its background, or nohup those it starts, ignore."""
    interrupted = signal.signal(signal.SIGINT, signal.default_int_handler)
    hung_up = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGINT, interrupted)
    signal.signal(signal.SIGHUP, hung_up)


@pytest.fixture(autouse=True)
def _no_aws_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide whatever AWS configuration the machine has, so no test can reach a real account."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
