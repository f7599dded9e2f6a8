"""Emulator and clients over either transport; responses are checked against botocore."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import boto3.session
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.loaders import Loader
from botocore.model import ServiceModel

from lightsail_snap.clock import VirtualClock
from lightsail_snap.emulator import LightsailEmulator

MODEL = ServiceModel(Loader().load_service_model("lightsail", "service-2"), "lightsail")
ONE_ATTEMPT = Config(retries={"total_max_attempts": 1}, read_timeout=1, connect_timeout=2)
# Operation types that the service returns, or must return, though its model lacks them.
OUTSIDE_THE_MODEL = {
    "CopySnapshot",
    "DeleteAutoSnapshot",
    "ExportSnapshot",
    "TagResource",
    "UntagResource",
}


def conform(shape: Any, value: object, path: str) -> None:
    """Fail if a value has fields or a type that its shape does not declare."""
    expected = {
        "structure": dict,
        "list": list,
        "string": str,
        "integer": int,
        "float": float,
        "boolean": bool,
        "timestamp": int | float,
    }[shape.type_name]
    assert isinstance(value, expected), f"{path} is {value!r}, not a {shape.type_name}"
    if shape.type_name != "boolean":
        assert not isinstance(value, bool), path
    match value:
        case dict():
            assert set(value) <= set(shape.members), f"{path}: {set(value) - set(shape.members)}"
            for name, member in value.items():
                conform(shape.members[name], member, f"{path}.{name}")
        case list():
            for index, item in enumerate(value):
                conform(shape.member, item, f"{path}[{index}]")
        case str() if shape.enum:
            assert value in {*shape.enum, *OUTSIDE_THE_MODEL}, f"{path} is {value!r}"


def _check_response(response_dict: dict[str, Any], model: Any, **_: object) -> None:
    body = response_dict["body"]
    if response_dict["status_code"] == 200:
        conform(model.output_shape, json.loads(body), model.name)
        compact = json.dumps(
            json.loads(body), sort_keys=True, separators=(",", ":"), ensure_ascii=False
        )
        assert body.decode() == compact


@dataclass
class Harness:
    """An emulator and its clients, in one process or over HTTP."""

    clock: VirtualClock
    emulator: LightsailEmulator
    url: str | None = None
    clients: dict[str, Any] = field(default_factory=dict)
    is_checked: bool = True

    def client(self, region: str = "us-east-1") -> Any:
        if region not in self.clients:
            if self.url is None:
                made = self.emulator.boto3_client(region, config=ONE_ATTEMPT)
            else:
                session = boto3.session.Session("key", "secret")
                made = session.client(
                    "lightsail", region, endpoint_url=self.url, config=ONE_ATTEMPT
                )
            if self.is_checked:
                made.meta.events.register_last("before-parse.lightsail", _with_model)
            self.clients[region] = made
        return self.clients[region]

    def call(self, operation: str, region: str = "us-east-1", **params: Any) -> Any:
        names = {api: name for name, api in self.client(region).meta.method_to_api_mapping.items()}
        response = getattr(self.client(region), names[operation])(**params)
        metadata = response.pop("ResponseMetadata")
        assert metadata["HTTPStatusCode"] == 200
        return response

    def expect_error(
        self, operation: str, region: str = "us-east-1", **params: Any
    ) -> dict[str, Any]:
        with pytest.raises(ClientError) as caught:
            self.call(operation, region, **params)
        response = caught.value.response
        assert response["ResponseMetadata"]["HTTPStatusCode"] == 400
        assert len(response["ResponseMetadata"]["RequestId"]) == 36
        return {**response["Error"], "SubCode": response.get("code"), "Tip": response.get("tip")}

    def advance(self, seconds: float = 60) -> None:
        self.clock.sleep(seconds)

    def close(self) -> None:
        for client in self.clients.values():
            client.close()
        self.emulator.close()


def _with_model(response_dict: dict[str, Any], operation_model: Any, **_: object) -> None:
    _check_response(response_dict, operation_model)


Maker = Callable[..., Harness]


@pytest.fixture
def make_harness() -> Iterator[Maker]:
    """Make emulators with clients; with `transport="http"` the clients call over HTTP."""
    with ExitStack() as stack:

        def make(
            *, transport: str = "in-process", is_checked: bool = True, **options: Any
        ) -> Harness:
            clock = options.pop("clock", None) or VirtualClock()
            emulator = LightsailEmulator(clock=clock, **options)
            url = stack.enter_context(emulator.serve()) if transport == "http" else None
            harness = Harness(clock, emulator, url, is_checked=is_checked)
            stack.callback(harness.close)
            return harness

        yield make


@pytest.fixture
def harness(make_harness: Maker) -> Harness:
    """Emulator with a disk and an instance, and an in-process client."""
    made = make_harness()
    made.emulator.add_disk("Disk-1", region_name="us-east-1", size_in_gb=8)
    made.emulator.add_instance("web-1", region_name="us-east-1")
    return made
