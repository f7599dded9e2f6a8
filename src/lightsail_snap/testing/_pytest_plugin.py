"""The pytest plugin. Every pytest run loads it, so it imports as little as possible."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from lightsail_snap.client import LightsailSnapClient
    from lightsail_snap.clock import VirtualClock
    from lightsail_snap.emulator import LightsailEmulator
    from lightsail_snap.testing._mock import RequestGuard

_REGION = "us-east-1"
_MAX_POLLS = 10
_FORBID_AWS = "lightsail_snap_forbid_aws"
# MOCK_ATTRIBUTE of lightsail_snap.testing._mock, whose import is expensive.
_ATTRIBUTE = "_lightsail_mock"
_MOCKS = pytest.StashKey[ExitStack]()
_GUARD = pytest.StashKey["RequestGuard"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Register the setting of the guard."""
    parser.addini(
        _FORBID_AWS,
        "fail a test before it sends a Lightsail request to AWS, as the fixture forbid_aws does",
        type="bool",
        default=False,
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Guard a test and all its fixtures if the setting is on."""
    if not item.config.getini(_FORBID_AWS):
        return (yield)
    with _guard(item):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Fail a guarded test that suppressed the failure of a request."""
    result = yield
    if _GUARD in item.stash:
        item.stash[_GUARD].verify()
    return result


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, object, object]:
    """Enter the mock of a decorated test class before its fixtures and `setup_method`."""
    item.stash[_MOCKS] = stack = ExitStack()
    for node in item.listchain():
        mock = getattr(node.obj, _ATTRIBUTE, None) if isinstance(node, pytest.Class) else None
        if mock is not None:
            stack.enter_context(mock)
    return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, object, object]:
    """Exit the mock of a decorated test class."""
    with item.stash.get(_MOCKS, ExitStack()):
        return (yield)


def _guard(item: pytest.Item) -> RequestGuard:
    from lightsail_snap.testing._mock import RequestGuard  # noqa: PLC0415 - only if a test uses it

    guard = item.stash[_GUARD] = RequestGuard(pytest.fail)
    return guard


@pytest.fixture
def lightsail_clock() -> VirtualClock:
    """Return the virtual clock of the emulator and the client, on which waiting takes no time."""
    from lightsail_snap.clock import VirtualClock  # noqa: PLC0415 - only if a test uses it

    return VirtualClock()


@pytest.fixture
def lightsail_emulator(lightsail_clock: VirtualClock) -> Iterator[LightsailEmulator]:
    """Yield an emulator for one test.

    Its region `us-east-1` contains the disk `disk-1` of 8 GB and the running instance
    `instance-1`; add more with `add_disk` and `add_instance`. On the virtual clock, operations take
    20 s and snapshots 45 s. After ten polls a resource is finished all the same, so that code that
    polls with its own `time.sleep` ends, too.
    """
    from lightsail_snap.emulator import (  # noqa: PLC0415 - likewise
        LightsailEmulator,
        Progression,
    )

    progression = Progression.by_seconds(max_polls=_MAX_POLLS)
    with LightsailEmulator(clock=lightsail_clock, progression=progression) as emulator:
        emulator.add_disk("disk-1", region_name=_REGION, size_in_gb=8)
        emulator.add_instance("instance-1", region_name=_REGION)
        yield emulator


@pytest.fixture
def lightsail_client(
    lightsail_clock: VirtualClock, lightsail_emulator: LightsailEmulator
) -> Iterator[LightsailSnapClient]:
    """Yield a client of the emulator in `us-east-1`, whose waits take no time."""
    from lightsail_snap.client import LightsailSnapClient  # noqa: PLC0415 - likewise

    boto3_client = lightsail_emulator.boto3_client(_REGION)
    with LightsailSnapClient(boto3_client, clock=lightsail_clock) as client:
        yield client


@pytest.fixture
def mock_lightsail(
    lightsail_clock: VirtualClock, lightsail_emulator: LightsailEmulator
) -> Iterator[LightsailEmulator]:
    """Connect every boto3 Lightsail client of the test to the emulator, and yield the emulator.

    It is the emulator of `lightsail_emulator` and `lightsail_client`. Operations and snapshots are
    finished at once, since code under test usually waits on the machine's clock, and the virtual
    clock is set forward to the time of the machine's clock.
    """
    from lightsail_snap.emulator import Progression  # noqa: PLC0415 - likewise
    from lightsail_snap.testing import mock_lightsail as mock  # noqa: PLC0415 - likewise

    lightsail_clock.sleep(max(0.0, time.time() - lightsail_clock.time()))
    lightsail_emulator.progression = Progression.instant()
    with mock(emulator=lightsail_emulator):
        yield lightsail_emulator


@pytest.fixture
def forbid_aws(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail the test before it sends a Lightsail request to AWS.

    Only requests to the loopback interface, to an emulator or to another mock are allowed. To guard
    every test, set `lightsail_snap_forbid_aws = true` in the pytest configuration.
    """
    with _guard(request.node):
        yield
