"""No object, string, pickle or log record of this library contains credentials."""

from __future__ import annotations

import copy
import gc
import logging
import pickle
import secrets
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import anyio
import boto3.session
import pytest
from botocore.config import Config
from hypothesis import given
from hypothesis import strategies as st

import lightsail_snap
from lightsail_snap import (
    AsyncLightsailSnapClient,
    ConfigurationError,
    DiskSource,
    LightsailSnapClient,
    LightsailSnapError,
)
from lightsail_snap.emulator import Fault, FaultKind, LightsailEmulator
from lightsail_snap.plans import BackupPlan, regional_clients

REGION = "us-east-1"
# Unique to this run: the heap is searched for them, and other tests leave their own credentials.
UNIQUE = secrets.token_hex(8)
KEY_ID, SECRET, TOKEN = f"AKIA{UNIQUE.upper()}", f"{UNIQUE}/secret+key", f"{UNIQUE}-session-token=="
CANARIES = (KEY_ID, SECRET, TOKEN, UNIQUE)
SESSION = boto3.session.Session(KEY_ID, SECRET, TOKEN, region_name=REGION)
ONCE = Config(retries={"total_max_attempts": 1}, read_timeout=1)
SOURCE = DiskSource(disk_name="disk-1")


@pytest.fixture
def records() -> Iterator[list[logging.LogRecord]]:
    found: list[logging.LogRecord] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(record)

    handler, loggers = Keep(), [logging.getLogger("lightsail_snap"), logging.getLogger("waitress")]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
    yield found
    for logger in loggers:
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)


@pytest.fixture
def url() -> Iterator[str]:
    with LightsailEmulator() as emulator:
        emulator.add_disk("disk-1", region_name=REGION)
        faults = [kind for kind in FaultKind if kind not in {FaultKind.TIMEOUT, FaultKind.DELAY}]
        for kind in faults:
            emulator.inject(Fault(kind=kind, operation="GetDisk"))
        with emulator.serve() as url:
            yield url


def representations(value: object) -> Iterator[str]:
    """Yield every string and pickle of an object."""
    yield repr(value)
    yield str(value)
    yield f"{value}"
    with suppress(TypeError, AttributeError, pickle.PicklingError):
        yield repr(pickle.dumps(value))
    yield repr(getattr(value, "__dict__", None))


def assert_clean(texts: Iterator[str]) -> None:
    for text in texts:
        assert not [canary for canary in CANARIES if canary in text], text


def outcomes(client: LightsailSnapClient) -> Iterator[object]:
    """Yield results and errors of calls."""
    calls: list[Callable[[], object]] = [lambda: client.get_disk("disk-1")] * 12
    calls += [
        lambda: client.create_disk_snapshot("db-1", SOURCE, tags={"env": "prod"}),
        lambda: client.create_disk_snapshot("db-1", SOURCE),
        lambda: client.get_disk_snapshot("nothing"),
        lambda: client.get_disk(""),
        lambda: list(client.iter_disk_snapshots()),
        lambda: client.wait_for_disk_snapshot("db-1", timeout=0),
    ]
    for call in calls:
        try:
            yield call()
        except LightsailSnapError as error:
            yield error
            yield copy.copy(error)
            yield error.args
            yield traceback.format_exception_only(error)
            yield pickle.loads(pickle.dumps(error))  # noqa: S301 - pickled by this test
            yield getattr(error, "request", None)


def test_results_and_errors_contain_no_credential(
    url: str, records: list[logging.LogRecord]
) -> None:
    with LightsailSnapClient(session=SESSION, endpoint_url=url, config=ONCE) as client:
        assert_clean(representations(client))
        seen = list(outcomes(client))
        for outcome in seen:
            assert_clean(representations(outcome))
        assert_clean(attributes_of_all_objects())
    assert any(isinstance(outcome, LightsailSnapError) for outcome in seen)
    assert len(records) > 10
    assert_clean(text for record in records for text in (record.getMessage(), repr(vars(record))))


def attributes_of_all_objects() -> Iterator[str]:
    """Yield the attributes of all objects on the heap whose classes are of this library."""
    gc.collect()
    for found in gc.get_objects():
        kind = type(found)
        module = str(kind.__module__)  # a property, for some types
        # The server runs in this process and holds the signed request it received last.
        if not module.startswith("lightsail_snap") or module.endswith("emulator._http_server"):
            continue
        slots = [slot for each in kind.__mro__ for slot in getattr(each, "__slots__", ())]
        values = list(getattr(found, "__dict__", {}).values())
        values += [getattr(found, slot, None) for slot in slots]
        for value in values:
            if isinstance(value, str | bytes | tuple | dict):
                # Objects of other tests may have attributes whose repr() fails.
                with suppress(Exception):
                    yield repr(value)


def test_async_client_contains_no_credential(url: str, records: list[logging.LogRecord]) -> None:
    async def main() -> None:
        async with AsyncLightsailSnapClient(session=SESSION, endpoint_url=url) as client:
            assert_clean(representations(client))
            with suppress(LightsailSnapError):
                await client.get_disk("disk-1")

    anyio.run(main)
    assert records
    assert_clean(repr(vars(record)) for record in records)


def test_client_cannot_be_pickled() -> None:
    # The pickle would include the boto3 client and its credentials.
    for client in (LightsailSnapClient(session=SESSION), AsyncLightsailSnapClient(session=SESSION)):
        with pytest.raises((TypeError, pickle.PicklingError, AttributeError)):
            pickle.dumps(client)


def test_client_factory_pickles_without_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_SESSION_TOKEN", TOKEN)
    with regional_clients() as clients:
        clients(REGION)
        assert_clean(representations(clients))


@given(st.text("canry:@%", min_size=1, max_size=12), st.sampled_from(["bad host", "a..b", "-", ""]))
def test_refused_endpoint_hides_its_password(user: str, host: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        LightsailSnapClient(session=SESSION, endpoint_url=f"http://me:canary{user}@{host}")
    assert "canary" not in f"{caught.value}{caught.value!r}"


@pytest.mark.parametrize("where", ['{"%s": 1}', '{"select": {"%s": 1}}', '{"tags": {"%s": ""}}'])
def test_credential_as_unknown_plan_field_is_hidden(where: str) -> None:
    with pytest.raises(LightsailSnapError) as caught:
        BackupPlan.from_json(where % KEY_ID)
    assert KEY_ID not in f"{caught.value}{caught.value!r}"


def test_library_reads_credentials_in_two_modules_only() -> None:
    root = lightsail_snap.__path__[0]
    callers = {
        path.relative_to(root).as_posix()
        for path in Path(root).rglob("*.py")
        if "get_credentials" in path.read_text(encoding="utf-8")
        or "get_frozen_credentials" in path.read_text(encoding="utf-8")
    }
    # One passes them to botocore to assume a role; the other reads only their source.
    assert callers == {"plans/_sessions.py", "_boto/connect.py"}
