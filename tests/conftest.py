"""Settings and fixtures of all tests."""

from __future__ import annotations

import gc
import hashlib
import os
import pickle
import re
import signal
import sys
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from botocore.loaders import JSONFileLoader
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

# Removed before any module or subprocess reads them.
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

# Few examples by default, more in the thorough run, many in the nightly run. Runs in CI are
# repeatable. LIGHTSAIL_SNAP_EXAMPLES sets the number of examples for every profile.
_IN_CI: dict[str, Any] = {"derandomize": True, "database": None} if os.environ.get("CI") else {}
for _profile, _examples in {"quick": 10, "thorough": 100, "nightly": 2000}.items():
    settings.register_profile(
        _profile,
        max_examples=int(os.environ.get("LIGHTSAIL_SNAP_EXAMPLES", _examples)),
        deadline=None,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow],
        **_IN_CI,
    )
settings.load_profile("quick")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Return the number of workers for `-n auto`: many tests wait for timeouts and processes."""
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return cores + cores // 2


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the cases of a test marked `sample(n)` beyond the first n as thorough.

    Cases are sorted by a hash of their names, so that every run has the same ones, and all values
    of several parameters are represented.
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


@pytest.fixture(scope="session")
def _hypothesis_has_run() -> None:
    """Let hypothesis register its random generator before objects are frozen.

    Older versions search the garbage collector for references to it, which skips frozen objects.
    """

    @given(st.none())
    def run(_: None) -> None:
        pass

    run()


@pytest.fixture(autouse=True, scope="module")
def _small_heap(_hypothesis_has_run: None) -> None:
    """Exclude loaded objects from garbage collection, which many tests start."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True, scope="session")
def _botocore_data_is_parsed_once() -> Iterator[None]:
    """Parse botocore's data files once, and copy the result for each session.

    Every session parses two megabytes of JSON, a large part of the time of a test. botocore
    modifies what it has loaded, so sessions cannot share one object.
    """
    load: Any = vars(JSONFileLoader)["_load_file"]

    @cache
    def parsed(path: str, open_method: Any, _modified: int, _size: int) -> bytes:
        return pickle.dumps(load(JSONFileLoader(), path, open_method), pickle.HIGHEST_PROTOCOL)

    def load_file(_: object, path: str, open_method: Any) -> Any:
        try:
            status = os.stat(path)  # noqa: PTH116 - called thousands of times
        except OSError:
            return None
        return pickle.loads(  # noqa: S301 - pickled above
            parsed(path, open_method, status.st_mtime_ns, status.st_size)
        )

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(JSONFileLoader, "_load_file", load_file)
        yield


@pytest.fixture(autouse=True, scope="session")
def _interrupts_arrive() -> Iterator[None]:
    """Handle signals that shells ignore for background processes and under nohup."""
    interrupted = signal.signal(signal.SIGINT, signal.default_int_handler)
    hung_up = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGINT, interrupted)
    signal.signal(signal.SIGHUP, hung_up)


@pytest.fixture(autouse=True)
def _no_aws_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Undo changes of AWS settings by the previous test."""
    for name in [name for name in os.environ if name.startswith("AWS_") and name not in _NO_AWS]:
        monkeypatch.delenv(name)
    for name, value in _NO_AWS.items():
        monkeypatch.setenv(name, value)
