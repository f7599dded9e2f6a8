"""`doctor`: whether everything is there that a backup needs."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import typer

from lightsail_snap import (
    AccessDeniedException,
    LightsailSnapClient,
    LightsailSnapError,
    __version__,
)
from lightsail_snap._boto.connect import find_credentials_source
from lightsail_snap._text import one_line
from lightsail_snap.cli._exits import Code, told
from lightsail_snap.cli._output import say, show_json, show_table
from lightsail_snap.cli._settings import Settings, add
from lightsail_snap.models import GetInstancesRequest

# Beyond 15 minutes AWS refuses signatures (RequestExpired); well before, dates mislead.
_MOST_SKEW = 60.0


@dataclass(frozen=True, slots=True)
class _Check:
    """What was looked at, and how it is."""

    name: str
    is_ok: bool
    found: str


def add_to(app: typer.Typer) -> None:
    """Add the command.

    Args:
        app: Where to.
    """
    add(app, "doctor", panel="Help")(_doctor)


def _doctor(settings: Settings) -> int:
    """Check versions, credentials, region, clock and permissions. It only reads."""
    checks: list[_Check] = []
    for check in _checks(settings):
        checks.append(check)
        if settings.as_json:
            show_json({"check": check.name, "ok": check.is_ok, "found": check.found})
    if not settings.as_json:
        rows = [(("ok" if each.is_ok else "failed"), each.name, each.found) for each in checks]
        show_table(("", "check", "found"), rows)
    broken = sum(not each.is_ok for each in checks)
    if broken:
        say(f"{broken} of {len(checks)} checks failed")
        return Code.FAILED
    say("All is well. What changes things is not tried: docs/iam.md lists what each job may need.")
    return Code.OK


def _checks(settings: Settings) -> Iterator[_Check]:
    packages = ("boto3", "botocore", "pydantic", "typer", "rich")
    found = ", ".join(f"{name} {version(name)}" for name in packages)
    python = f"CPython {platform.python_version()}"
    yield _Check("versions", is_ok=True, found=f"lightsail-snap {__version__}, {python}, {found}")
    yield _credentials(settings)
    try:
        with settings.client() as client:
            yield from _connected(client)
    except LightsailSnapError as error:
        yield _Check("connection", is_ok=False, found=told(error))


def _credentials(settings: Settings) -> _Check:
    try:
        source = find_credentials_source(settings.profile)
    except LightsailSnapError as error:
        return _Check("credentials", is_ok=False, found=told(error))
    if source is None:
        advice = "none; set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        return _Check("credentials", is_ok=False, found=advice)
    # Where they come from tells enough; not a letter of them is shown.
    return _Check("credentials", is_ok=True, found=f"by {one_line(source)}")


def _connected(client: LightsailSnapClient) -> Iterator[_Check]:
    begun = time.time()
    try:
        metadata = client.get_disks().response_metadata
    except AccessDeniedException as error:
        yield _Check("connection", is_ok=True, found="Lightsail answers")
        yield _Check("may call GetDisks", is_ok=False, found=str(error))
    except LightsailSnapError as error:
        yield _Check("connection", is_ok=False, found=told(error))
        return
    else:
        yield _Check("connection", is_ok=True, found=f"request {metadata.request_id} answered")
        yield _clock(metadata.date, begun, time.time())
        yield _Check("may call GetDisks", is_ok=True, found="")
    reading: tuple[tuple[str, Callable[[], Any]], ...] = (
        ("GetDiskSnapshots", client.get_disk_snapshots),
        ("GetInstanceSnapshots", client.get_instance_snapshots),
        ("GetInstances", lambda: client.send(GetInstancesRequest())),
        ("GetOperations", client.get_operations),
    )
    for operation, call in reading:
        try:
            call()
        except LightsailSnapError as error:
            found = told(error)
            yield _Check(f"may call {operation}", is_ok=False, found=found)
        else:
            yield _Check(f"may call {operation}", is_ok=True, found="")


def _clock(told: datetime | None, begun: float, ended: float) -> _Check:
    if told is None:
        return _Check("clock", is_ok=True, found="the answer told no time")
    service = told.timestamp()
    # The service tells whole seconds, at some moment between question and answer.
    skew = max(begun - (service + 1), service - ended, 0.0)
    here = datetime.fromtimestamp(ended, UTC)
    found = f"within {skew:.0f} s of the service's, {here:%H:%M:%S} UTC here"
    return _Check("clock", is_ok=skew <= _MOST_SKEW, found=found)
