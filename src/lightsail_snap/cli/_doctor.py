"""The command `doctor`: check the setup that backups need."""

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
from lightsail_snap.cli._errors import CommandContext, ExitCode, describe_error
from lightsail_snap.cli._messages import PROGRAM, plural, print_message
from lightsail_snap.cli._options import Settings, add_command
from lightsail_snap.cli._tables import Column, row_printer

# AWS rejects signatures beyond 15 minutes (RequestExpired); a smaller skew already spoils dates.
_MAX_CLOCK_SKEW_SECONDS = 60.0
_ACTIONS_URL = (
    "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonlightsail.html"
)


@dataclass(frozen=True, slots=True)
class _Check:
    """Result of one check."""

    name: str
    is_ok: bool
    found: str


_COLUMNS: list[Column[_Check]] = [
    Column("status", lambda check: "ok" if check.is_ok else "failed"),
    Column("check", lambda check: check.name),
    Column("found", lambda check: check.found, is_prose=True),
]


def _to_fields(check: _Check) -> dict[str, Any]:
    return {"check": check.name, "ok": check.is_ok, "found": check.found}


def add_to(app: typer.Typer) -> None:
    """Add the command to the app."""
    add_command(app, "doctor", _doctor, panel="Help")


def _doctor(settings: Settings) -> int:
    """Check versions, credentials, Region, clock and permissions. It changes nothing.

    Examples:
        Check the setup of a profile:
          lightsail-snap doctor --profile production
    """
    checks: list[_Check] = []
    with row_printer(_COLUMNS, settings.output_format(None), _to_fields) as print_check:
        for check in _run_checks(settings):
            checks.append(check)
            print_check(check)
    failed = sum(not each.is_ok for each in checks)
    if failed:
        print_message(f"{failed} of {plural(len(checks), 'check')} failed")
        return ExitCode.FAILED
    print_message(
        "All checks passed. Permissions to create and delete are not checked. For the actions of "
        f"IAM policies, see: {_ACTIONS_URL}"
    )
    return ExitCode.OK


def _run_checks(settings: Settings) -> Iterator[_Check]:
    packages = ("boto3", "botocore", "pydantic", "typer", "rich")
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    python = f"CPython {platform.python_version()}"
    yield _Check("versions", is_ok=True, found=f"{PROGRAM} {__version__}, {python}, {versions}")
    yield _check_credentials(settings)
    try:
        with settings.client() as client:
            yield from _check_service(client, settings)
    except LightsailSnapError as error:
        yield _failed("connection", error, settings)


def _failed(name: str, error: LightsailSnapError, settings: Settings) -> _Check:
    context = CommandContext("doctor", settings=settings)
    return _Check(name, is_ok=False, found=describe_error(error, context))


def _check_credentials(settings: Settings) -> _Check:
    try:
        source = find_credentials_source(settings.profile)
    except LightsailSnapError as error:
        return _failed("credentials", error, settings)
    if source is None:
        advice = (
            "none; pass --profile, or set AWS_PROFILE, or set AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY"
        )
        return _Check("credentials", is_ok=False, found=advice)
    # Never print any part of the credentials.
    return _Check("credentials", is_ok=True, found=f"from {one_line(source)}")


def _check_service(client: LightsailSnapClient, settings: Settings) -> Iterator[_Check]:
    started_at = time.time()
    try:
        metadata = client.get_disks().response_metadata
    except AccessDeniedException as error:
        yield _Check("connection", is_ok=True, found="Lightsail responded")
        yield _failed("may call GetDisks", error, settings)
    except LightsailSnapError as error:
        yield _failed("connection", error, settings)
        return
    else:
        found = f"Lightsail responded (request {metadata.request_id})"
        yield _Check("connection", is_ok=True, found=found)
        yield _check_clock(metadata.date, started_at, time.time())
        yield _Check("may call GetDisks", is_ok=True, found="")
    calls: dict[str, Callable[[], Any]] = {
        "GetDiskSnapshots": client.get_disk_snapshots,
        "GetInstanceSnapshots": client.get_instance_snapshots,
        "GetInstances": client.get_instances,
        "GetOperations": client.get_operations,
    }
    for operation, call in calls.items():
        try:
            call()
        except LightsailSnapError as error:
            yield _failed(f"may call {operation}", error, settings)
        else:
            yield _Check(f"may call {operation}", is_ok=True, found="")


def _check_clock(service_date: datetime | None, started_at: float, ended_at: float) -> _Check:
    if service_date is None:
        return _Check("clock", is_ok=True, found="not checked; the response has no date")
    service_time = service_date.timestamp()
    # The date has whole seconds, and lies somewhere between the request and the response.
    skew = max(started_at - (service_time + 1), service_time - ended_at, 0.0)
    local = datetime.fromtimestamp(ended_at, UTC)
    found = f"{skew:.0f} s from the clock of Lightsail; local time is {local:%H:%M:%S} UTC"
    return _Check("clock", is_ok=skew <= _MAX_CLOCK_SKEW_SECONDS, found=found)
