"""The registry of the emulator's operations."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lightsail_snap.clock import VirtualClock
from lightsail_snap.emulator import LightsailEmulator, _operations, _service_model
from lightsail_snap.emulator._operations import HANDLERS
from lightsail_snap.emulator._registry import operation


def test_every_operation_is_one_of_the_service() -> None:
    assert HANDLERS.keys() <= set(_service_model.service_model().operation_names)


def test_every_module_of_operations_registers_some() -> None:
    folder = Path(_operations.__file__).parent
    names = {f"{_operations.__name__}.{path.stem}" for path in folder.glob("_[a-z]*.py")}
    assert {handler.__module__ for handler in HANDLERS.values()} == names


def test_second_handler_of_an_operation_is_refused() -> None:
    with pytest.raises(ValueError, match="GetDisk has two handlers"):
        operation("GetDisk")(lambda _: {})


def test_handler_is_all_that_a_new_operation_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    # Static IPs stand for any family of resources that the emulator lacks.
    for name in ("AllocateStaticIp", "GetStaticIps"):
        # Makes monkeypatch remove the handler that is registered below.
        monkeypatch.setitem(HANDLERS, name, None)
        monkeypatch.delitem(HANDLERS, name)

    @operation("AllocateStaticIp")
    def allocate(call: Any) -> dict[str, Any]:
        name = call.request["staticIpName"]
        call.claim(name)
        return dict(
            call.respond_started(call.create("StaticIp", name, "all", {}, support_prefix="eip"))
        )

    @operation("GetStaticIps")
    def list_all(call: Any) -> dict[str, Any]:
        return dict(call.list_page("StaticIp"))

    with LightsailEmulator(clock=VirtualClock(), page_size=1) as emulator:

        def send(name: str, **fields: Any) -> dict[str, Any]:
            body: dict[str, Any] = json.loads(emulator.handle("us-east-1", name, fields).body)
            return body

        assert "staticIpName: required" in send("AllocateStaticIp")["message"]
        assert "is not valid" in send("AllocateStaticIp", staticIpName="-")["message"]
        for name in ("ip-1", "ip-2"):
            assert send("AllocateStaticIp", staticIpName=name)["operations"]
        assert "already in use" in send("AllocateStaticIp", staticIpName="ip-1")["message"]
        page = send("GetStaticIps")
        assert [one["name"] for one in page["staticIps"]] == ["ip-2"]
        page = send("GetStaticIps", pageToken=page["nextPageToken"])
        assert [one["name"] for one in page["staticIps"]] == ["ip-1"]
        assert "nextPageToken" not in page
