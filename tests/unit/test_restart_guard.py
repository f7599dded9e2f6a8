"""An instance starts again although the process that stopped it was killed."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3.session
import pytest
from botocore.config import Config
from tests.support import ScriptedTransport

from lightsail_snap import LightsailSnapClient, QuiesceError, WaitPolicy, stop_instance
from lightsail_snap._boto.transport import ConnectionSettings
from lightsail_snap._workflows.instance_pause import InstancePause
from lightsail_snap._workflows.ownership import Identity
from lightsail_snap.emulator import LightsailEmulator, Progression
from lightsail_snap.quiesce import _restart_guard as restarting
from lightsail_snap.quiesce._start_instance import main

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a guard needs POSIX")

REGION = "us-east-1"
MAX_SECONDS = 60
_OWNER = """\
import sys, time
from lightsail_snap import LightsailSnapClient, WaitPolicy, stop_instance
policy = WaitPolicy(min_delay=0.1, max_delay=0.1)
client = LightsailSnapClient(
    region_name="us-east-1", endpoint_url=sys.argv[1], wait_policy=policy
)
with stop_instance(client, "web-1"):
    print("stopped", flush=True)
    sys.stdin.readline()
print("running", flush=True)
"""


@pytest.fixture
def emulator() -> Iterator[LightsailEmulator]:
    with LightsailEmulator(progression=Progression.instant()) as made:
        made.add_instance("web-1", region_name=REGION)
        yield made


@pytest.fixture
def url(emulator: LightsailEmulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
    # These tests may run after others that have loaded the modules.
    monkeypatch.setattr(restarting, "_REDIRECTING_MODULES", ())
    with emulator.serve() as served:
        yield served


def state_of(url: str) -> str:
    with connected(url) as client:
        return str(client.get_instance("web-1").instance.state_name)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + MAX_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@contextmanager
def owner(url: str) -> Iterator[subprocess.Popen[str]]:
    """Run a process that has stopped the instance."""
    with subprocess.Popen(  # noqa: S603 - a constant script
        [sys.executable, "-c", _OWNER, url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "stopped\n"
            assert state_of(url) == "stopped"
            yield process
        finally:
            process.kill()


def starts(emulator: LightsailEmulator) -> int:
    return emulator.calls["StartInstance"]


def test_instance_starts_after_its_process_was_killed(
    emulator: LightsailEmulator, url: str
) -> None:
    with owner(url) as process:
        process.kill()
        process.wait()
        wait_until(lambda: state_of(url) == "running")
        # Otherwise it would call the emulator of another test, or try again for an hour.
        wait_until(lambda: not is_in_a_command_line(url))
    assert starts(emulator) == 1


def is_in_a_command_line(text: str) -> bool:
    """Return whether a process has this text in its command line, where /proc shows it."""
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if text.encode() in file.read_bytes():
                return True
    return False


def test_guard_does_nothing_after_the_process_has_started_the_instance(
    emulator: LightsailEmulator, url: str
) -> None:
    with owner(url) as process:
        output, _ = process.communicate("\n")
    assert output == "running\n"
    assert starts(emulator) == 1
    assert state_of(url) == "running"


def guard_of(client: Any) -> Any:
    pause = InstancePause("web-1", client._wait_policy, None, None, identity=Identity(arn="arn:1"))
    return restarting.start_restart_guard(client, pause)


def connected(url: str, **settings: Any) -> LightsailSnapClient:
    policy = WaitPolicy(min_delay=0.1, max_delay=0.1)
    return LightsailSnapClient(region_name=REGION, endpoint_url=url, wait_policy=policy, **settings)


@pytest.mark.parametrize(
    "settings", [{"config": Config(read_timeout=5)}, {"session": boto3.session.Session()}]
)
def test_client_that_cannot_be_created_again_has_no_guard(url: str, settings: Any) -> None:
    with connected(url, **settings) as client:
        assert guard_of(client) is None


def test_injected_transport_has_no_guard() -> None:
    assert guard_of(LightsailSnapClient(transport=ScriptedTransport())) is None


def test_address_with_a_password_has_no_guard() -> None:
    transport: Any = ScriptedTransport()
    transport.settings = ConnectionSettings(
        REGION, None, "https://user:secret@host", allow_plain_http=False
    )
    assert guard_of(LightsailSnapClient(transport=transport)) is None


@pytest.mark.parametrize("module", ["moto", "lightsail_snap.testing._mock"])
def test_redirected_requests_have_no_guard(
    url: str, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    monkeypatch.setitem(sys.modules, module, sys)
    with connected(url) as client:
        assert guard_of(client) is None


def test_other_systems_have_no_guard(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with connected(url) as client, monkeypatch.context() as patched:
        patched.setattr(os, "name", "nt")
        assert guard_of(client) is None


class FakeGuard:
    """A guard process that reports one state."""

    def __init__(self, report: Any) -> None:
        self.report = report
        self.plan: Any = None
        self.is_discarded = self.has_closed_copies = False

    def send_plan(self, plan: Any) -> None:
        self.plan = plan

    def receive(self, _seconds: float) -> Any:
        if isinstance(self.report, BaseException):
            raise self.report
        return self.report

    def discard(self) -> None:
        self.is_discarded = True

    def close_copies(self) -> None:
        self.has_closed_copies = True


@pytest.mark.parametrize("report", [None, {"state": "ended"}, TimeoutError(), QuiesceError("no")])
def test_guard_that_is_not_ready_is_discarded_with_a_warning(
    url: str, report: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    guard = FakeGuard(report)
    monkeypatch.setattr(restarting, "start_guard", lambda: guard)
    with connected(url) as client:
        assert guard_of(client) is None
    assert guard.is_discarded
    assert "no second process can guard instance web-1: " in caplog.text


def test_guard_has_no_credentials_in_its_arguments_and_starts_the_instance(
    emulator: LightsailEmulator, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    guard = FakeGuard({"state": "paused"})
    monkeypatch.setattr(restarting, "start_guard", lambda: guard)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-secret")
    with connected(url) as client:
        with stop_instance(client, "web-1"):
            pass
        client.stop_instance("web-1")
    assert guard.is_discarded
    *command, module, arguments = guard.plan["after"]
    assert command == [os.path.abspath(sys.executable), "-m"]  # noqa: PTH100 - as in the package
    assert module == "lightsail_snap.quiesce._start_instance"
    assert "a-secret" not in json.dumps(guard.plan)
    main(arguments)
    assert state_of(url) == "running"
    assert starts(emulator) == 2


def test_forked_child_closes_only_its_copies_of_the_guard(
    emulator: LightsailEmulator, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    guard = FakeGuard({"state": "paused"})
    monkeypatch.setattr(restarting, "start_guard", lambda: guard)
    with connected(url) as client:
        stop = stop_instance(client, "web-1")
        stop.__enter__()
        with monkeypatch.context() as patched:
            patched.setattr(os, "getpid", lambda: -1)
            stop.__exit__(None, None, None)
    assert guard.has_closed_copies
    assert not guard.is_discarded
    assert starts(emulator) == 0


def test_endpoint_with_a_password_is_not_passed_to_another_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(restarting, "_REDIRECTING_MODULES", ())
    settings = SimpleNamespace(endpoint_url="http://user:secret@127.0.0.1:1")
    client = SimpleNamespace(_transport=SimpleNamespace(settings=settings))
    pause: Any = None
    assert restarting.start_restart_guard(client, pause) is None
