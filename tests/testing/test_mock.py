"""mock_lightsail and the guard against requests to AWS."""

from __future__ import annotations

import asyncio
import inspect
import os
import subprocess
import sys
import textwrap
import threading
import unittest
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

import boto3
import botocore.session
import pytest
from botocore import UNSIGNED
from botocore.awsrequest import AWSPreparedRequest, AWSRequest, AWSResponse
from botocore.config import Config
from botocore.credentials import DeferredRefreshableCredentials
from botocore.exceptions import (
    ConnectionClosedError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
)
from botocore.hooks import EventAliaser, HierarchicalEmitter
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st

import lightsail_snap.testing
from lightsail_snap import (
    AsyncLightsailSnapClient,
    DiskSource,
    LightsailSnapClient,
    ManualSnapshotSource,
    VirtualClock,
)
from lightsail_snap.emulator import Fault, FaultKind, LightsailEmulator, Progression
from lightsail_snap.testing import LightsailMock, mock_lightsail
from lightsail_snap.testing._mock import RequestGuard

pytest_plugins = ["pytester"]

_REGION = "us-east-1"
_KEYS: dict[str, Any] = {"aws_access_key_id": "key", "aws_secret_access_key": "secret"}
_SOURCES = Path(lightsail_snap.testing.__file__).parents[2]


class _NetworkError(BaseException):
    """A request reached the network; a BaseException, since botocore retries others."""


class _RefusedError(BaseException):
    """The guard refused a request."""


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record the URLs of requests that would reach the network, and raise."""
    urls: list[str] = []

    def send(_: object, request: AWSPreparedRequest) -> NoReturn:
        urls.append(request.url)
        raise _NetworkError(request.url)

    monkeypatch.setattr("botocore.httpsession.URLLib3Session.send", send)
    return urls


@cache
def _session() -> boto3.session.Session:
    # Cached, since a session loads botocore's data.
    return boto3.session.Session()


_session_lock = threading.Lock()


def _client(region: str | None = _REGION, **settings: Any) -> Any:
    # A session must not create clients in several threads at once.
    with _session_lock:
        return _session().client("lightsail", region, **(_KEYS | settings))


def _disks(client: Any) -> list[str]:
    return [disk["name"] for disk in client.get_disks()["disks"]]


def _add(emulator: LightsailEmulator, name: str, region: str = _REGION) -> None:
    emulator.add_disk(name, region_name=region)


def _wrapped() -> dict[str, object]:
    names = ("emit", "emit_until_response", "create_client", "__init_subclass__")
    classes = (EventAliaser, botocore.session.Session)
    return {f"{c.__name__}.{name}": vars(c).get(name) for c in classes for name in names}


@pytest.fixture(autouse=True)
def _botocore_is_restored() -> Iterator[None]:
    before = _wrapped()
    yield
    assert _wrapped() == before


# Clients


_FACTORIES: dict[str, Callable[[], Any]] = {
    "boto3": lambda: boto3.client("lightsail"),
    "boto3 session": lambda: boto3.session.Session().client("lightsail"),
    "boto3 positional": lambda: boto3.session.Session().client("lightsail", None, None, True),  # noqa: FBT003 - boto3's own parameter
    "botocore": lambda: botocore.session.get_session().create_client("lightsail"),
    "botocore positional": lambda: botocore.session.Session().create_client("lightsail", None),
    "unsigned": lambda: boto3.client("lightsail", config=Config(signature_version=UNSIGNED)),
    "other endpoint": lambda: boto3.client("lightsail", endpoint_url="https://example.com"),
    "loopback endpoint": lambda: boto3.client("lightsail", endpoint_url="http://127.0.0.1:1"),
}


@pytest.mark.parametrize("factory", _FACTORIES)
def test_client_created_inside_needs_no_settings(
    factory: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    with mock_lightsail() as emulator:
        _add(emulator, "disk-1")
        client = _FACTORIES[factory]()
        assert client.meta.region_name == _REGION
        assert _disks(client) == ["disk-1"]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"endpoint_url": "https://example.com"},
        {"endpoint_url": "http://127.0.0.1:1"},
        {"config": Config(signature_version=UNSIGNED)},
        {"config": Config(retries={"mode": "adaptive"})},
    ],
    ids=["default", "https endpoint", "loopback endpoint", "unsigned", "adaptive"],
)
def test_client_created_before_is_mocked_only_inside(
    settings: dict[str, Any], sent: list[str]
) -> None:
    client = _client(**settings)
    with mock_lightsail() as emulator:
        _add(emulator, "disk-1")
        assert _disks(client) == ["disk-1"]
    assert not sent
    with pytest.raises(_NetworkError):
        client.get_disks()


def test_client_created_before_without_credentials_is_mocked() -> None:
    client = boto3.session.Session(region_name=_REGION).client("lightsail")
    with mock_lightsail():
        assert _disks(client) == []
    with pytest.raises(NoCredentialsError):
        client.get_disks()


def test_credentials_of_the_client_are_not_refreshed() -> None:
    def refresh() -> NoReturn:
        raise AssertionError

    session = botocore.session.Session()
    session._credentials = DeferredRefreshableCredentials(refresh, "assume-role")  # type: ignore[attr-defined] # no public setter takes refreshable credentials
    client = session.create_client("lightsail", _REGION)
    with pytest.raises(AssertionError):
        client.get_disks()
    with mock_lightsail():
        assert _disks(client) == []


def test_real_credentials_are_not_in_requests() -> None:
    seen: list[str] = []
    client = _client(aws_session_token="token")  # noqa: S106 - no secret
    client.meta.events.register(
        "before-send.lightsail", lambda request, **_: seen.append(str(dict(request.headers)))
    )
    with mock_lightsail():
        client.get_disks()
    assert "Credential=lightsail-snap-mock/" in seen[0]
    assert f"/{_REGION}/lightsail/aws4_request" in seen[0]
    assert "Credential=key" not in seen[0]
    assert "X-Amz-Security-Token" not in seen[0]


def test_incomplete_credentials_are_refused_as_usual() -> None:
    with mock_lightsail(), pytest.raises(PartialCredentialsError):
        boto3.session.Session().client("lightsail", _REGION, aws_access_key_id="key")


def _default_config_client() -> Any:
    session = botocore.session.Session()
    session.set_default_client_config(Config(region_name="eu-west-1"))  # type: ignore[attr-defined] # not in the stubs
    return session.create_client("lightsail")


@pytest.mark.parametrize(
    "factory",
    [
        lambda: boto3.client("lightsail", region_name="eu-west-1"),
        lambda: boto3.session.Session(region_name="eu-west-1").client("lightsail"),
        lambda: boto3.client("lightsail", config=Config(region_name="eu-west-1")),
        _default_config_client,
    ],
    ids=["argument", "session", "config", "default config"],
)
def test_configured_region_is_kept(factory: Callable[[], Any]) -> None:
    with mock_lightsail() as emulator:
        _add(emulator, "disk-1")
        _add(emulator, "disk-2", "eu-west-1")
        assert _disks(factory()) == ["disk-2"]


def test_region_of_the_environment_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with mock_lightsail():
        assert boto3.session.Session().client("lightsail").meta.region_name == "eu-west-1"


def test_all_regions_and_clients_share_one_account() -> None:
    with mock_lightsail() as emulator:
        _add(emulator, "disk-1")
        boto3_client = boto3.client("lightsail")
        boto3_client.create_disk_snapshot(diskName="disk-1", diskSnapshotName="nightly")
        with LightsailSnapClient(region_name="eu-west-1") as client:
            source = ManualSnapshotSource(snapshot_name="nightly")
            client.copy_snapshot("copy", source, source_region=_REGION)
            assert client.get_disk_snapshot("copy").disk_snapshot.state == "completed"
        assert emulator.calls["CreateDiskSnapshot"] == 1


def test_clients_of_this_library_need_no_arguments() -> None:
    async def read() -> str:
        async with AsyncLightsailSnapClient() as client:
            return (await client.get_disk_snapshot("nightly")).disk_snapshot.name

    with mock_lightsail() as emulator:
        _add(emulator, "disk-1")
        with LightsailSnapClient() as client:
            client.create_disk_snapshot("nightly", DiskSource(disk_name="disk-1"))
            assert client.wait_for_disk_snapshot("nightly").state == "completed"
        assert asyncio.run(read()) == "nightly"


def test_library_client_created_before_is_mocked() -> None:
    with LightsailSnapClient(_client()) as client, mock_lightsail() as emulator:
        _add(emulator, "disk-1")
        assert client.get_disk("disk-1").disk.name == "disk-1"


def test_paginators_read_every_page() -> None:
    with mock_lightsail(emulator=LightsailEmulator(page_size=2)) as emulator:
        for number in range(5):
            _add(emulator, f"disk-{number}")
        pages = [*_client().get_paginator("get_disks").paginate()]
        assert [len(page["disks"]) for page in pages] == [2, 2, 1]


def test_faults_raise_the_errors_of_botocore() -> None:
    client = _client(config=Config(retries={"total_max_attempts": 1}))
    with mock_lightsail() as emulator:
        emulator.inject(Fault(kind=FaultKind.DROP, operation="GetDisks"))
        with pytest.raises(ConnectionClosedError):
            client.get_disks()


def test_operations_finish_at_once_by_default() -> None:
    with mock_lightsail() as emulator:
        _add(emulator, "disk-1")
        client = _client()
        reply = client.create_disk_snapshot(diskName="disk-1", diskSnapshotName="nightly")
        assert reply["operations"][0]["isTerminal"]


def test_clock_and_progression_apply_to_the_emulator() -> None:
    clock = VirtualClock()
    with mock_lightsail(clock=clock, progression=Progression.by_seconds(snapshot=9)) as emulator:
        _add(emulator, "disk-1")
        client = _client()
        client.create_disk_snapshot(diskName="disk-1", diskSnapshotName="nightly")
        for state in ("pending", "completed"):
            found = client.get_disk_snapshot(diskSnapshotName="nightly")["diskSnapshot"]
            assert found["state"] == state
            clock.sleep(9)


@pytest.mark.parametrize(
    "settings", [{"clock": VirtualClock()}, {"progression": Progression.instant()}]
)
def test_emulator_with_other_settings_is_refused(settings: dict[str, Any]) -> None:
    with LightsailEmulator() as emulator, pytest.raises(TypeError, match="cannot be combined"):
        mock_lightsail(emulator=emulator, **settings)


def test_given_emulator_stays_open() -> None:
    with LightsailEmulator() as emulator:
        with mock_lightsail(emulator=emulator) as active:
            assert active is emulator
            _add(emulator, "disk-1")
        assert _disks(emulator.boto3_client(_REGION)) == ["disk-1"]


def test_new_emulator_is_closed_on_exit() -> None:
    with mock_lightsail() as emulator:
        assert "open" in repr(emulator)
    assert "closed" in repr(emulator)


# Responses that take precedence


def test_client_of_another_emulator_keeps_it() -> None:
    with LightsailEmulator() as other, mock_lightsail() as emulator:
        _add(other, "disk-1")
        assert _disks(other.boto3_client(_REGION)) == ["disk-1"]
        client = _client()
        other.install(client)
        assert _disks(client) == ["disk-1"]
        assert not emulator.calls


def test_stubber_takes_precedence() -> None:
    client = _client()
    with mock_lightsail(), Stubber(client) as stubber:
        stubber.add_response("get_disks", {"disks": [{"name": "stubbed"}]})
        assert _disks(client) == ["stubbed"]


def test_response_of_a_handler_takes_precedence() -> None:
    client = _client(config=Config(retries={"total_max_attempts": 1}))
    client.meta.events.register(
        "before-send.lightsail.GetDisks",
        lambda request, **_: AWSResponse(request.url, 200, {}, _Body(b'{"disks":[{"name":"d"}]}')),
    )
    with mock_lightsail():
        assert _disks(client) == ["d"]


class _Body:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self) -> Iterator[bytes]:
        yield self._content


# Other services


def test_clients_of_other_services_are_not_affected(sent: list[str]) -> None:
    session = boto3.session.Session()
    with mock_lightsail() as emulator:
        session.client("lightsail")
        with pytest.raises(NoRegionError):
            session.client("sqs")
        client = session.client("sts", _REGION)
        with pytest.raises(NoCredentialsError):
            client.get_caller_identity()
        signed = session.client("sts", _REGION, **_KEYS)
        with pytest.raises(_NetworkError):
            signed.get_caller_identity()
        assert session.get_credentials() is None
        assert len(sent) == 1
        assert not emulator.calls


_SCRIPT = """
import os, socket, sys

def connect(*_):
    raise AssertionError("a connection was opened")

socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = connect
import boto3
from lightsail_snap import LightsailSnapClient
from lightsail_snap.testing import mock_lightsail

with mock_lightsail() as emulator:
    emulator.add_disk("disk-1", region_name="us-east-1")
    client = boto3.client("lightsail")
    with LightsailSnapClient() as library_client:
        print(len(client.get_disks()["disks"]), library_client.get_disk("disk-1").disk.name)
    sys.stdout.flush()
    process = os.fork()
    if process == 0:
        print("child", len(client.get_disks()["disks"]))
        print("new", len(boto3.client("lightsail").get_disks()["disks"]))
        sys.stdout.flush()
        os._exit(0)
    os.waitpid(process, 0)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on Windows")
def test_mock_works_in_an_empty_environment_and_after_a_fork(tmp_path: Path) -> None:
    done = subprocess.run(  # noqa: S603 - constant code
        [sys.executable, "-c", _SCRIPT],
        env={"PYTHONPATH": str(_SOURCES), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert sorted(done.stdout.splitlines()) == ["1 disk-1", "child 1", "new 1"]


# Threads, nesting, restoration


def test_threads_share_the_emulator() -> None:
    shared = _client()

    def work(number: int) -> int:
        client = shared if number % 2 else _client()
        client.create_disk_snapshot(diskName="disk-1", diskSnapshotName=f"snapshot-{number}")
        return threading.get_ident()

    with mock_lightsail() as emulator:
        _add(emulator, "disk-1")
        with ThreadPoolExecutor(4) as pool:
            [*pool.map(work, range(12))]
        assert len(shared.get_disk_snapshots()["diskSnapshots"]) == 12


def test_threads_enter_and_exit_at_any_time() -> None:
    client = _client()
    barrier = threading.Barrier(4)

    def work(number: int) -> None:
        barrier.wait()
        for _ in range(20):
            with mock_lightsail() as emulator:
                _add(emulator, f"disk-{number}")
                # Another thread may have entered later, so its emulator may respond.
                assert isinstance(client.get_disk_snapshots()["diskSnapshots"], list)

    with mock_lightsail(), ThreadPoolExecutor(4) as pool:
        [*pool.map(work, range(4))]


def test_innermost_mock_responds() -> None:
    client = _client()
    with mock_lightsail() as outer:
        _add(outer, "outer")
        with mock_lightsail() as inner:
            _add(inner, "inner")
            assert _disks(client) == ["inner"]
        assert _disks(client) == ["outer"]


def test_mock_can_be_entered_again() -> None:
    client = _client()
    mock = mock_lightsail()
    with mock as first:
        _add(first, "disk-1")
        with mock as second:
            assert second is first
        assert _disks(client) == ["disk-1"]
    with mock as third:
        assert third is not first
        assert _disks(client) == []


def test_mock_exited_too_often_raises() -> None:
    mock = mock_lightsail()
    with mock:
        pass
    with pytest.raises(RuntimeError, match="more often"):
        mock.__exit__(None, None, None)


def test_exceptions_end_the_mock() -> None:
    client = _client()
    with pytest.raises(KeyError), mock_lightsail():
        raise KeyError
    with pytest.raises(_NetworkError):
        client.get_disks()


@given(st.lists(st.integers(0, 3), max_size=12))
def test_last_entered_mock_responds_in_every_order(steps: list[int]) -> None:
    """Toggle mocks in any order, which threads can cause; the last active one responds."""
    before = _wrapped()
    client = _client()
    mocks: list[LightsailMock] = [mock_lightsail() for _ in range(4)]
    active: list[int] = []
    for step in [*steps, *(number for number in range(4) if steps.count(number) % 2)]:
        if step in active:
            mocks[step].__exit__(None, None, None)
            active.remove(step)
        else:
            _add(mocks[step].__enter__(), f"disk-{step}")
            active.append(step)
        if active:
            assert _disks(client) == [f"disk-{active[-1]}"]
    assert not active
    assert _wrapped() == before


# Subclasses of botocore's session


def test_session_subclasses_are_mocked_before_and_inside() -> None:
    class Before(botocore.session.Session):
        def create_client(self, *arguments: Any, **keywords: Any) -> Any:
            return super().create_client(*arguments, **keywords)

    original = vars(Before)["create_client"]
    with mock_lightsail():

        class Inside(botocore.session.Session):
            def create_client(self, *arguments: Any, **keywords: Any) -> Any:
                return super().create_client(*arguments, **keywords)

        class Plain(Inside):
            pass

        for session_class in (Before, Inside, Plain):
            assert _disks(session_class().create_client("lightsail")) == []
        assert vars(Before)["create_client"] is not original
    assert vars(Before)["create_client"] is original
    with pytest.raises(NoRegionError):
        Inside().create_client("lightsail")


# Decorators


@mock_lightsail
def _names_of(*names: str, region: str = _REGION) -> list[str]:
    """Return the names of the disks that exist."""
    for name in names:
        zone = f"{region}a"
        _client(region).create_disk(diskName=name, availabilityZone=zone, sizeInGb=8)
    return sorted(_disks(_client(region)))


def test_decorated_function_keeps_its_signature() -> None:
    assert _names_of.__name__ == "_names_of"
    assert _names_of.__doc__ == "Return the names of the disks that exist."
    assert [*inspect.signature(_names_of).parameters] == ["names", "region"]


def test_every_call_of_a_decorated_function_has_its_own_emulator() -> None:
    assert _names_of("disk-1", "disk-2", region="eu-west-1") == ["disk-1", "disk-2"]
    assert _names_of("disk-1") == ["disk-1"]


def test_decorator_accepts_settings() -> None:
    @mock_lightsail(progression=Progression.by_polls())
    def state() -> str:
        client = _client()
        client.create_disk(diskName="disk-1", availabilityZone=f"{_REGION}a", sizeInGb=8)
        found: str = client.get_disk(diskName="disk-1")["disk"]["state"]
        return found

    assert state() == "pending"


def test_async_function_is_mocked_until_it_ends() -> None:
    @mock_lightsail
    async def work(name: str) -> list[str]:
        client = boto3.client("lightsail")
        await asyncio.sleep(0)
        client.create_disk(diskName=name, availabilityZone=f"{_REGION}a", sizeInGb=8)
        await asyncio.sleep(0)
        return _disks(client)

    assert inspect.iscoroutinefunction(work)
    coroutine: Coroutine[Any, Any, list[str]] = work("disk-1")
    assert asyncio.run(coroutine) == ["disk-1"]


def test_generator_function_is_mocked_until_it_ends() -> None:
    @mock_lightsail
    def work() -> Iterator[list[str]]:
        yield _disks(_client())

    steps = work()
    client = _client()
    assert next(steps) == []
    assert _disks(client) == []
    assert next(steps, None) is None
    with pytest.raises(_NetworkError):
        client.get_disks()


async def _async_generator() -> Any:
    yield


@pytest.mark.parametrize("wrong", ["us-east-1", _async_generator, 5])
def test_other_objects_cannot_be_decorated(wrong: Any) -> None:
    with pytest.raises(TypeError, match="cannot decorate"):
        mock_lightsail(wrong)


@mock_lightsail
class TestDecoratedClass:
    def setup_method(self) -> None:
        _client().create_disk(diskName="disk-1", availabilityZone=f"{_REGION}a", sizeInGb=8)

    def teardown_method(self) -> None:
        assert "disk-1" in _disks(_client())

    @pytest.mark.parametrize("name", ["disk-2", "disk-3"])
    def test_setup_and_test_share_the_emulator(self, name: str) -> None:
        _client().create_disk(diskName=name, availabilityZone=f"{_REGION}a", sizeInGb=8)
        assert sorted(_disks(_client())) == ["disk-1", name]

    @staticmethod
    def test_static_method_is_mocked() -> None:
        assert _disks(_client()) == ["disk-1"]


@mock_lightsail
class TestDecoratedOuterClass:
    class TestNested:
        @pytest.fixture
        def disks(self) -> list[str]:
            return _disks(_client())

        def test_nested_class_is_mocked(self, disks: list[str]) -> None:
            assert disks == _disks(_client()) == []


class TestSubclass(TestDecoratedClass):
    def test_method_of_a_subclass_is_mocked(self) -> None:
        assert _disks(_client()) == ["disk-1"]


@mock_lightsail(progression=Progression.instant())
class TestDecoratedTestCase(unittest.TestCase):
    def setUp(self) -> None:
        _client().create_disk(diskName="disk-1", availabilityZone=f"{_REGION}a", sizeInGb=8)

    def test_setup_and_test_share_the_emulator(self) -> None:
        assert _disks(_client()) == ["disk-1"]

    def tearDown(self) -> None:
        assert _disks(_client()) == ["disk-1"]


@mock_lightsail
class TestDecoratedAsyncTestCase(unittest.IsolatedAsyncioTestCase):
    async def test_async_test_is_mocked(self) -> None:
        assert _disks(boto3.client("lightsail")) == []


class _Mixin:
    def test_inherited(self) -> list[str]:
        return _disks(_client())


def test_decorated_class_works_without_the_plugin() -> None:
    @mock_lightsail
    class Example(_Mixin):
        def test_own(self) -> list[str]:
            return _disks(_client())

    assert Example().test_own() == Example().test_inherited() == []
    with pytest.raises(_NetworkError):
        _Mixin().test_inherited()


def test_decorated_test_case_runs_with_unittest() -> None:
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(TestDecoratedTestCase).run(result)
    assert result.testsRun == 1
    assert result.wasSuccessful()
    TestDecoratedTestCase("test_setup_and_test_share_the_emulator").debug()


# Asynchronous emitters, as aiobotocore has


class _AsyncEmitter(HierarchicalEmitter):
    """Emitter with the interface of aiobotocore's."""

    async def emit(self, event_name: str, **keywords: Any) -> Any:
        return super().emit(event_name, **keywords)

    async def emit_until_response(self, event_name: str, **keywords: Any) -> Any:
        return super().emit_until_response(event_name, **keywords)


def _lightsail_request() -> AWSRequest:
    request = AWSRequest("POST", f"https://lightsail.{_REGION}.amazonaws.com/", data="{}")
    request.headers["X-Amz-Target"] = "Lightsail_20161128.GetDisks"
    return request


async def _drive(events: EventAliaser) -> tuple[Any, Any]:
    """Emit the events of a request, and return the signer and the response."""
    request = _lightsail_request()
    await events.emit("request-created.lightsail.GetDisks", request=request)
    _, signer = await events.emit_until_response(
        "choose-signer.lightsail.GetDisks", context=request.context
    )
    await events.emit("before-sign.lightsail.GetDisks", request=request, region_name=_REGION)
    await events.emit("before-parse.lightsail.GetDisks")
    prepared = request.prepare()
    responses = await events.emit("before-send.lightsail.GetDisks", request=prepared)
    return signer, next((response for _, response in responses if response is not None), None)


def test_async_emitters_are_mocked() -> None:
    async def main() -> None:
        events = EventAliaser(_AsyncEmitter())
        events.register_first("before-parse.lightsail", lambda **_: None)
        with mock_lightsail() as emulator:
            _add(emulator, "disk-1")
            signer, response = await _drive(events)
            assert signer is UNSIGNED
            assert response.status_code == 200
            assert b"disk-1" in await response.content
        assert await _drive(events) == (None, None)

    asyncio.run(main())


def test_aiobotocore_clients_are_mocked() -> None:
    aiobotocore = pytest.importorskip("aiobotocore.session")

    async def main() -> None:
        before = aiobotocore.get_session().create_client("lightsail", _REGION, **_KEYS)
        async with before as client:
            with mock_lightsail() as emulator:
                _add(emulator, "disk-1")
                assert (await client.get_disks())["disks"][0]["name"] == "disk-1"
                async with aiobotocore.get_session().create_client("lightsail") as inside:
                    assert (await inside.get_disks())["disks"][0]["name"] == "disk-1"
                    with pytest.raises(inside.exceptions.NotFoundException):
                        await inside.get_disk(diskName="disk-2")
            with RequestGuard(_refuse), pytest.raises(_RefusedError):
                await client.get_disks()

    asyncio.run(main())


# moto


def test_moto_and_the_mock_work_together_in_both_orders() -> None:
    moto = pytest.importorskip("moto")
    client = _client()
    for first, second in (
        (moto.mock_aws, mock_lightsail),
        (mock_lightsail, moto.mock_aws),
    ):
        with first(), second():
            assert _disks(client) == []
            assert _disks(boto3.session.Session().client("lightsail", _REGION)) == []
            identity = boto3.session.Session().client("sts", _REGION).get_caller_identity()
            assert identity["Account"] == "123456789012"


def _moto_handler(request: AWSPreparedRequest, **_: object) -> AWSResponse:
    return AWSResponse(request.url, 404, {}, _Body(b"Not yet implemented"))


class _MotoHandler:
    """Handler of all services, as moto registers one in every session."""

    def __call__(self, **keywords: Any) -> AWSResponse:
        return _moto_handler(**keywords)


_MotoHandler.__module__ = "moto.core.botocore_stubber"


def test_response_of_moto_is_replaced() -> None:
    client = _client()
    client.meta.events.register("before-send", _MotoHandler())
    with mock_lightsail():
        assert _disks(client) == []


# Guard


def _refuse(message: str) -> NoReturn:
    raise _RefusedError(message)


def test_guard_refuses_requests_to_aws_before_signing(sent: list[str]) -> None:
    client = boto3.session.Session().client("lightsail", _REGION)
    with RequestGuard(_refuse) as guard:
        with pytest.raises(_RefusedError, match="GetDisks would be sent to https://lightsail"):
            client.get_disks()
        with pytest.raises(_RefusedError, match="mock_lightsail"):
            guard.verify()
    assert not sent


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "https://localhost", "http://[::1]:9"])
def test_guard_allows_loopback_with_the_credentials_of_the_client(
    url: str, sent: list[str]
) -> None:
    client = _client(endpoint_url=url)
    seen: list[str] = []
    client.meta.events.register(
        "before-send.lightsail", lambda request, **_: seen.append(str(dict(request.headers)))
    )
    with RequestGuard(_refuse) as guard:
        with pytest.raises(_NetworkError):
            client.get_disks()
        guard.verify()
    assert "Credential=key/" in seen[0]
    assert len(sent) == 1


@pytest.mark.parametrize("url", ["https://example.com", "http://127.0.0.1.example.com", "//"])
def test_guard_refuses_every_other_host(url: str) -> None:
    request = AWSPreparedRequest("POST", url, {}, b"", stream_output=False)
    with RequestGuard(_refuse), pytest.raises(_RefusedError):
        EventAliaser(HierarchicalEmitter()).emit("before-send.lightsail.GetDisks", request=request)


def test_guard_allows_emulators_mocks_and_other_services() -> None:
    client = _client()
    moto_client = _client()
    moto_client.meta.events.register("before-send", _MotoHandler())
    with RequestGuard(_refuse) as guard:
        with LightsailEmulator() as emulator:
            assert _disks(emulator.boto3_client(_REGION)) == []
        with mock_lightsail():
            assert _disks(client) == []
        with pytest.raises(moto_client.exceptions.ClientError, match="404"):
            moto_client.get_disks()
        with pytest.raises(_NetworkError):
            boto3.session.Session().client("sts", _REGION, **_KEYS).get_caller_identity()
        with mock_lightsail(), RequestGuard(_refuse):
            assert _disks(client) == []
        guard.verify()


# pytest plugin


def test_mock_fixture_shares_emulator_and_time(
    mock_lightsail: LightsailEmulator,
    lightsail_emulator: LightsailEmulator,
    lightsail_client: LightsailSnapClient,
) -> None:
    assert mock_lightsail is lightsail_emulator
    with LightsailSnapClient() as client:
        client.create_disk_snapshot("nightly", DiskSource(disk_name="disk-1"))
        assert client.wait_for_disk_snapshot("nightly").state == "completed"
        found = lightsail_client.get_disk_snapshot("nightly").disk_snapshot
        assert found.created_at is not None
    date = _client().get_disks()["ResponseMetadata"]["HTTPHeaders"]["date"]
    assert date.split()[3] >= "2026"


_TESTS = """
import boto3
import pytest

def client():
    keys = {"aws_access_key_id": "key", "aws_secret_access_key": "secret"}
    return boto3.session.Session().client("lightsail", "us-east-1", **keys)

def test_reaches_aws(GUARD):
    client().get_disks()

def test_suppresses_errors(GUARD):
    try:
        client().get_disks()
    except BaseException:
        pass

def test_uses_mock(GUARD, mock_lightsail):
    client().get_disks()

def test_uses_emulator(GUARD, lightsail_emulator):
    lightsail_emulator.boto3_client("us-east-1").get_disks()

@pytest.fixture
def disks():
    return client().get_disks()

def test_uses_fixture(GUARD, disks):
    pass
"""


def _run(pytester: pytest.Pytester, guard: str, *options: str) -> pytest.RunResult:
    pytester.makepyfile(_TESTS.replace("GUARD, ", guard).replace("GUARD", guard.strip(", ")))
    # In this process, where the network is replaced already.
    return pytester.runpytest_inprocess("-p", "no:cacheprovider", "-p", "no:randomly", *options)


@pytest.mark.parametrize("guard", ["forbid_aws, ", ""], ids=["fixture", "setting"])
def test_guard_fails_tests_that_reach_aws(
    pytester: pytest.Pytester, guard: str, sent: list[str]
) -> None:
    setting = "false" if guard else "true"
    pytester.makeini(f"[pytest]\nlightsail_snap_forbid_aws = {setting}\n")
    result = _run(pytester, guard)
    result.assert_outcomes(passed=2, failed=2, errors=1)
    result.stdout.fnmatch_lines(
        [
            "E * GetDisks would be sent to https://*, which is not on this machine; *",
            "FAILED *::test_reaches_aws*",
            "FAILED *::test_suppresses_errors*",
            "ERROR *::test_uses_fixture*",
        ]
    )
    assert not sent


def test_guard_is_off_by_default(pytester: pytest.Pytester, sent: list[str]) -> None:
    result = _run(pytester, "", "-k", "test_suppresses_errors")
    result.assert_outcomes(passed=1, deselected=4)
    assert len(sent) == 1


def test_importing_the_package_loads_no_dependencies() -> None:
    code = """
        import sys
        from lightsail_snap import testing
        heavy = ("pydantic", "boto3", "botocore", "hypothesis", "pytest")
        print([name for name in heavy if name in sys.modules])
        testing.mock_lightsail()
        print([name for name in ("boto3", "hypothesis", "pytest") if name in sys.modules])
        print(sorted({"LightsailMock", "mock_lightsail"} - {*dir(testing)}))
    """
    done = subprocess.run(  # noqa: S603 - constant code
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True
    )
    assert done.stdout.split("\n")[:3] == ["[]", "[]", "[]"]
