"""Calls for common tasks: find, first, list, filters, deletion of what may be missing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import anyio
import pytest

from lightsail_snap import (
    AsyncLightsailSnapClient,
    DiskSnapshotState,
    DiskSource,
    InstanceSource,
    LightsailSnapClient,
    NotFoundException,
    Request,
    RequestValidationError,
    Response,
    ResponseMetadata,
    VirtualClock,
)
from lightsail_snap.emulator import LightsailEmulator

REGION = "eu-central-1"


@pytest.fixture(params=["sync", "asyncio", "trio"])
def run(request: pytest.FixtureRequest) -> Iterator[Callable[..., Any]]:
    """Return a function that calls methods of a client on an emulator with some snapshots."""
    clock = VirtualClock()
    with LightsailEmulator(clock=clock, page_size=2) as emulator:
        emulator.add_disk("db", region_name=REGION)
        emulator.add_instance("web", region_name=REGION)
        sync = LightsailSnapClient(emulator.boto3_client(REGION), clock=clock)
        for name, tags in [("a", {"env": "prod"}), ("b", {"env": ""}), ("c", {})]:
            sync.take_disk_snapshot(f"db-{name}", DiskSource(disk_name="db"), tags=tags)
        sync.take_disk_snapshot("web-a", InstanceSource(instance_name="web"))
        sync.take_instance_snapshot("image-1", "web", tags={"env": "prod"})
        sync.create_disk_snapshot("db-pending", DiskSource(disk_name="db"))

        def call(act: Callable[[Any], Any]) -> Any:
            if request.param == "sync":
                return act(sync)

            async def main() -> Any:
                client = AsyncLightsailSnapClient(emulator.boto3_client(REGION), clock=clock)
                return await act(client)

            return anyio.run(main, backend=request.param)

        yield call


def names(resources: list[Any]) -> set[str]:
    return {each.name for each in resources}


@pytest.mark.parametrize(
    ("method", "name"),
    [
        ("find_disk_snapshot", "db-a"),
        ("find_instance_snapshot", "image-1"),
        ("find_disk", "db"),
        ("find_instance", "web"),
    ],
)
def test_find_returns_the_resource_or_none(run: Any, method: str, name: str) -> None:
    assert run(lambda client: getattr(client, method)(name)).name == name
    assert run(lambda client: getattr(client, method)("missing")) is None


def test_find_operation_returns_the_operation_or_none(run: Any) -> None:
    operation = run(lambda client: client.iter_operations().first())
    assert run(lambda client: client.find_operation(operation.id)) == operation
    missing = "00000000-0000-4000-8000-000000000000"
    assert run(lambda client: client.find_operation(missing)) is None


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"tags": {"env": "prod"}}, {"db-a"}),
        ({"tags": {"env": ""}}, {"db-b"}),
        ({"tags": {"env": None}}, {"db-a", "db-b"}),
        ({"tags": {}}, {"db-a", "db-b", "db-c", "web-a", "db-pending"}),
        ({"source": DiskSource(disk_name="db")}, {"db-a", "db-b", "db-c", "db-pending"}),
        ({"source": InstanceSource(instance_name="web")}, {"web-a"}),
        ({"state": DiskSnapshotState.PENDING}, {"db-pending"}),
        ({"state": "completed", "source": DiskSource(disk_name="db")}, {"db-a", "db-b", "db-c"}),
    ],
)
def test_filters_select_snapshots(run: Any, filters: dict[str, Any], expected: set[str]) -> None:
    assert names(run(lambda client: client.iter_disk_snapshots(**filters).list())) == expected


def test_filters_select_other_resources(run: Any) -> None:
    web = InstanceSource(instance_name="web")
    found = run(lambda client: client.iter_instance_snapshots(source=web, state="available").list())
    assert names(found) == {"image-1"}
    assert run(lambda client: client.iter_disks(tags={"x": None}).list()) == []
    assert names(run(lambda client: client.iter_disks(state="available").list())) == {"db"}
    assert names(run(lambda client: client.iter_instances().list())) == {"web"}


@pytest.mark.parametrize(
    "filters",
    [{"tags": "env=prod"}, {"tags": {"env": 5}}, {"source": "db"}, {"state": 5}],
)
def test_invalid_filter_is_refused_at_once(filters: dict[str, Any]) -> None:
    with LightsailEmulator() as emulator:
        client = LightsailSnapClient(emulator.boto3_client(REGION))
        with pytest.raises(RequestValidationError, match=next(iter(filters))):
            client.iter_disk_snapshots(**filters)
        assert not emulator.calls


def test_first_returns_an_item_or_none(run: Any) -> None:
    assert run(lambda client: client.iter_disk_snapshots().first()).name == "db-pending"
    assert run(lambda client: client.iter_disk_snapshots(tags={"no": "such"}).first()) is None


def test_repr_names_the_operation() -> None:
    with LightsailEmulator() as emulator:
        client = LightsailSnapClient(emulator.boto3_client(REGION))
        assert repr(client.iter_disks()) == "Paginator(GetDisks)"
        assert repr(client.iter_disks(state="in-use")) == "Paginator(GetDisks, filtered)"


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("delete_disk_snapshot", ("missing",)),
        ("delete_instance_snapshot", ("missing",)),
        ("delete_auto_snapshot", ("missing", dt.date(2026, 11, 30))),
    ],
)
def test_missing_ok_deletion_has_no_operations(run: Any, method: str, arguments: Any) -> None:
    with pytest.raises(NotFoundException):
        run(lambda client: getattr(client, method)(*arguments))
    result = run(lambda client: getattr(client, method)(*arguments, missing_ok=True))
    assert result.operations == ()


def test_missing_ok_deletion_deletes_what_exists(run: Any) -> None:
    assert run(lambda client: client.delete_disk_snapshot("db-a", missing_ok=True)).operations
    assert run(lambda client: client.find_disk_snapshot("db-a")) is None


def test_region_name_is_that_of_the_transport() -> None:
    class Custom:
        def send(self, request: Any) -> Any:
            raise NotImplementedError

        def close(self) -> None: ...

    with LightsailEmulator() as emulator:
        boto3_client = emulator.boto3_client(REGION)
        assert LightsailSnapClient(boto3_client).region_name == REGION
        assert AsyncLightsailSnapClient(boto3_client).region_name == REGION
    assert LightsailSnapClient(transport=Custom()).region_name is None
    assert AsyncLightsailSnapClient(transport=Custom()).region_name is None


def test_health_status_is_requested_on_the_wire() -> None:
    bodies = {
        "GetInstance": b'{"instance": {"name": "web"}}',
        "GetInstances": b'{"instances": [{"name": "web"}]}',
    }
    sent: list[dict[str, Any]] = []

    class Recorded:
        def send(self, request: Request[Any]) -> Response:
            sent.append(request.to_wire())
            return Response(bodies[request.operation_name], ResponseMetadata())

        def close(self) -> None: ...

    client = LightsailSnapClient(transport=Recorded())
    client.get_instance("web", include_health_status=True)
    client.get_instances(include_health_status=True)
    assert names(client.iter_instances(include_health_status=True).list()) == {"web"}
    flag = {"includeHealthStatus": True}
    assert sent == [{"instanceName": "web"} | flag, flag, flag]
