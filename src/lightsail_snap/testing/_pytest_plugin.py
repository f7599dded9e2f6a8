"""The pytest plugin. It is loaded into every pytest run, so it imports next to nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from lightsail_snap.client import LightsailSnapClient
    from lightsail_snap.clock import VirtualClock
    from lightsail_snap.emulator import LightsailEmulator

_REGION = "us-east-1"
_MAX_POLLS = 10


@pytest.fixture
def lightsail_clock() -> VirtualClock:
    """A clock on which hours pass in no time; emulator and client share it.

    Returns:
        The clock.
    """
    from lightsail_snap.clock import VirtualClock  # noqa: PLC0415 - only when it is asked for

    return VirtualClock()


@pytest.fixture
def lightsail_emulator(lightsail_clock: VirtualClock) -> Iterator[LightsailEmulator]:
    """An embedded Lightsail of this test's own.

    In `us-east-1` it holds a disk of 8 GB, `disk-1`, and a running instance, `instance-1`; add
    more with `add_disk` and `add_instance`. Operations take 20 s and snapshots 45 s on the clock,
    but at most ten polls of a resource find it unfinished. So code under test that polls with its
    own `time.sleep` ends, too.

    Args:
        lightsail_clock: The clock.

    Yields:
        The emulator.
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
    """A client of the embedded Lightsail in `us-east-1`; its waits take no time.

    Args:
        lightsail_clock: The clock.
        lightsail_emulator: The emulator.

    Yields:
        The client.
    """
    from lightsail_snap.client import LightsailSnapClient  # noqa: PLC0415 - likewise

    boto3_client = lightsail_emulator.boto3_client(_REGION)
    with LightsailSnapClient(boto3_client, clock=lightsail_clock) as client:
        yield client
