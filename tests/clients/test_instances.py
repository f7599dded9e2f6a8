"""Instances, disks and add-ons, with both clients on the emulator."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support import create_client, run_on

from lightsail_snap import (
    AddOnRequest,
    AddOnType,
    InstanceStateName,
    NotFoundException,
    VirtualClock,
)
from lightsail_snap.emulator import LightsailEmulator

REGION = "us-east-1"


@pytest.mark.parametrize("interface", ["sync", "asyncio", "trio"])
def test_instances_disks_and_add_ons_can_be_changed(interface: str) -> None:
    clock = VirtualClock()
    emulator = LightsailEmulator(clock=clock)
    emulator.add_instance("web-1", region_name=REGION)
    add_on = AddOnRequest(add_on_type=AddOnType.AUTO_SNAPSHOT)

    async def work() -> None:
        client: Any = create_client(interface, emulator.boto3_client(REGION), clock=clock)
        assert (await client.reboot_instance("web-1")).operations
        await client.stop_instance("web-1")
        stopped = await client.wait_for_instance("web-1", state=InstanceStateName.STOPPED)
        assert stopped.is_stopped
        await client.start_instance("web-1")
        assert (await client.wait_for_instance("web-1")).is_running

        await client.create_disk("data-1", availability_zone=f"{REGION}a", size_in_gb=8)
        assert (await client.wait_for_disk("data-1")).size_in_gb == 8
        await client.enable_add_on("data-1", add_on)
        assert (await client.get_disk("data-1")).disk.add_ons[0].name == "AutoSnapshot"
        await client.disable_add_on("data-1", AddOnType.AUTO_SNAPSHOT)
        assert (await client.get_disk("data-1")).disk.add_ons == ()
        await client.delete_disk("data-1", force_delete_add_ons=True)
        with pytest.raises(NotFoundException):
            await client.get_disk("data-1")
        if interface != "sync":
            paginator = client.iter_instances(tags={"env": None})
            assert repr(paginator) == "AsyncPaginator(GetInstances, filtered)"

    run_on(interface, work)
    emulator.close()
