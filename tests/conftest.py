"""What every test shares."""

from __future__ import annotations

import hashlib
import os
import re
import signal
from collections import defaultdict
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# Settings of the user who runs the tests, removed before any module or subprocess sees them.
_HIDDEN = re.compile(
    r"AWS_.*|(?:HTTPS?|ALL|NO)_PROXY|COLUMNS|LINES|TERMINAL_WIDTH|NO_COLOR|FORCE_COLOR|PYTHONWARNINGS",
    re.IGNORECASE,
)
_NO_AWS = {
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}
for _name in [name for name in os.environ if _HIDDEN.fullmatch(name)]:
    del os.environ[_name]
os.environ.update(_NO_AWS)

# Few examples by default, more in the thorough run of .ci/run, many at night. A run in CI repeats
# itself exactly. LIGHTSAIL_SNAP_EXAMPLES sets the number of examples, whatever the profile.
_IN_CI = bool(os.environ.get("CI"))
for _profile, _examples in {"quick": 15, "thorough": 100, "nightly": 2000}.items():
    settings.register_profile(
        _profile,
        max_examples=int(os.environ.get("LIGHTSAIL_SNAP_EXAMPLES", _examples)),
        deadline=None,
        derandomize=_IN_CI,
        database=None if _IN_CI else settings.default.database,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow],
    )
settings.load_profile("quick")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as thorough what a test marked `sample(n)` has beyond n cases.

    The cases are chosen by a hash of their names, so that every run has the same, and all values of
    several parameters get their share.
    """
    cases: dict[str, list[pytest.Item]] = defaultdict(list)
    for item in items:
        if item.get_closest_marker("sample"):
            cases[item.nodeid.partition("[")[0]].append(item)
    for found in cases.values():
        (count,) = next(found[0].iter_markers("sample")).args
        found.sort(key=lambda item: hashlib.sha256(item.nodeid.encode()).digest())
        for item in found[count:]:
            item.add_marker(pytest.mark.thorough)


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
    """Undo what the test before this one left in the AWS settings."""
    for name in [name for name in os.environ if name.startswith("AWS_") and name not in _NO_AWS]:
        monkeypatch.delenv(name)
    for name, value in _NO_AWS.items():
        monkeypatch.setenv(name, value)
