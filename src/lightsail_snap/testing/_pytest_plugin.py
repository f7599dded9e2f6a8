"""The pytest plugin. Every pytest run loads it, so it imports as little as possible."""

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
