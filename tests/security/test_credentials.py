"""Credentials are in nothing that this library makes: no object, no text, no pickle, no record."""

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
# Unique to this run: the heap is searched for them, and other tests leave credentials of their own.
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


def faces(thing: object) -> Iterator[str]:
    """Every way in which a thing shows itself."""
    yield repr(thing)
    yield str(thing)
    yield f"{thing}"
    with suppress(TypeError, AttributeError, pickle.PicklingError):
        yield repr(pickle.dumps(thing))
    yield repr(getattr(thing, "__dict__", None))


def assert_clean(texts: Iterator[str]) -> None:
    for text in texts:
        assert not [canary for canary in CANARIES if canary in text], text


def attempts(client: LightsailSnapClient) -> Iterator[object]:
    """Everything that comes of calls, good and bad."""
    acts: list[Callable[[], object]] = [lambda: client.get_disk("disk-1")] * 12
    acts += [
        lambda: client.create_disk_snapshot("db-1", SOURCE, tags={"env": "prod"}),
        lambda: client.create_disk_snapshot("db-1", SOURCE),
        lambda: client.get_disk_snapshot("nothing"),
        lambda: client.get_disk(""),
        lambda: list(client.iter_disk_snapshots()),
        lambda: client.wait_for_disk_snapshot("db-1", timeout=0),
    ]
    for act in acts:
        try:
            yield act()
        except LightsailSnapError as error:
            yield error
            yield copy.copy(error)
            yield error.args
            yield traceback.format_exception_only(error)
            yield pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
            yield getattr(error, "request", None)


def test_no_result_and_no_error_holds_a_credential(
    url: str, records: list[logging.LogRecord]
) -> None:
    with LightsailSnapClient(session=SESSION, endpoint_url=url, config=ONCE) as client:
        assert_clean(faces(client))
        seen = list(attempts(client))
        for thing in seen:
            assert_clean(faces(thing))
        assert_clean(held_by_our_objects())
    assert any(isinstance(thing, LightsailSnapError) for thing in seen)
    assert len(records) > 10
    assert_clean(face for record in records for face in (record.getMessage(), repr(vars(record))))


def held_by_our_objects() -> Iterator[str]:
    """What the objects of our own classes hold themselves, wherever they are."""
    gc.collect()
    for thing in gc.get_objects():
        kind = type(thing)
        room = str(kind.__module__)  # a property, for some types
        # The server, in this process here, holds the request that it has been sent just now.
        if not room.startswith("lightsail_snap") or room.endswith("emulator._http_server"):
            continue
        slots = [slot for each in kind.__mro__ for slot in getattr(each, "__slots__", ())]
        held = list(getattr(thing, "__dict__", {}).values())
        held += [getattr(thing, slot, None) for slot in slots]
        for value in held:
            if isinstance(value, str | bytes | tuple | dict):
                # Objects of other tests, which cannot be written, may still be about.
                with suppress(Exception):
                    yield repr(value)


def test_no_async_client_shows_a_credential(url: str, records: list[logging.LogRecord]) -> None:
    async def main() -> None:
        async with AsyncLightsailSnapClient(session=SESSION, endpoint_url=url) as client:
            assert_clean(faces(client))
            with suppress(LightsailSnapError):
                await client.get_disk("disk-1")

    anyio.run(main)
    assert records
    assert_clean(repr(vars(record)) for record in records)


def test_a_client_does_not_pickle() -> None:
    # It would take its boto3 client along, credentials and all.
    for client in (LightsailSnapClient(session=SESSION), AsyncLightsailSnapClient(session=SESSION)):
        with pytest.raises((TypeError, pickle.PicklingError, AttributeError)):
            pickle.dumps(client)


def test_what_makes_clients_pickles_without_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_SESSION_TOKEN", TOKEN)
    with regional_clients() as clients:
        clients(REGION)
        assert_clean(faces(clients))


@given(st.text("canry:@%", min_size=1, max_size=12), st.sampled_from(["bad host", "a..b", "-", ""]))
def test_no_password_of_a_refused_address_is_told(user: str, host: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        LightsailSnapClient(session=SESSION, endpoint_url=f"http://me:canary{user}@{host}")
    assert "canary" not in f"{caught.value}{caught.value!r}"


@pytest.mark.parametrize("where", ['{"%s": 1}', '{"select": {"%s": 1}}', '{"tags": {"%s": ""}}'])
def test_no_credential_is_told_that_stands_where_a_field_should(where: str) -> None:
    with pytest.raises(LightsailSnapError) as caught:
        BackupPlan.from_json(where % KEY_ID)
    assert KEY_ID not in f"{caught.value}{caught.value!r}"


def test_nothing_of_ours_reads_credentials() -> None:
    # Only botocore may: the names under which it would be asked for them stand nowhere else.
    root = lightsail_snap.__path__[0]
    asking = {
        path.relative_to(root).as_posix()
        for path in Path(root).rglob("*.py")
        if "get_credentials" in path.read_text(encoding="utf-8")
        or "get_frozen_credentials" in path.read_text(encoding="utf-8")
    }
    # The one hands them to botocore, to assume a role with; the other tells where they come from.
    assert asking == {"plans/_sessions.py", "_boto/transport.py"}
