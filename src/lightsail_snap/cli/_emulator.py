"""The command `emulator`: serve the embedded Lightsail to any AWS client."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Annotated

import typer

from lightsail_snap import LightsailSnapClient
from lightsail_snap._text import one_line
from lightsail_snap.cli._completers import complete_files, complete_regions
from lightsail_snap.cli._errors import UsageError
from lightsail_snap.cli._global_options import require_finite
from lightsail_snap.cli._messages import print_message
from lightsail_snap.cli._options import add_command
from lightsail_snap.emulator import LightsailEmulator, Progression, run_server
from lightsail_snap.emulator._validation import SERVED_REGIONS
from lightsail_snap.models._regions import find_region_problem
from lightsail_snap.plans import BackupPlan, Selection, apply, prepare

_SECONDS_PER_DAY = 86_400.0
_MAX_HISTORY_DAYS = 3650
_SERVER, _RESOURCES = "Server", "Resources"


def add_to(app: typer.Typer) -> None:
    """Add the command to the app."""
    add_command(app, "emulator", _emulator, panel="Help")


class ShiftedClock:
    """The system clock, set back by whole days while the history is created."""

    def __init__(self) -> None:
        self.days_ago = 0

    def time(self) -> float:
        return time.time() - self.days_ago * _SECONDS_PER_DAY

    def monotonic(self) -> float:
        return time.monotonic() - self.days_ago * _SECONDS_PER_DAY

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


def _emulator(
    *,
    host: Annotated[
        str,
        typer.Option(metavar="ADDRESS", help="Address to listen on.", rich_help_panel=_SERVER),
    ] = "127.0.0.1",
    port: Annotated[
        int,
        typer.Option(
            min=0,
            max=65535,
            metavar="PORT",
            help="Port to listen on; 0 selects a free one.",
            rich_help_panel=_SERVER,
        ),
    ] = 0,
    state: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Keep the state in this file. [default: in memory]",
            autocompletion=complete_files(),
            rich_help_panel=_SERVER,
        ),
    ] = None,
    seconds: Annotated[
        float,
        typer.Option(
            min=0,
            max=1e9,
            callback=require_finite,
            metavar="SECONDS",
            help="Duration of operations, in seconds; snapshots take twice as long.",
            rich_help_panel=_SERVER,
        ),
    ] = 20.0,
    disk: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Create a disk with this name; repeatable.",
            rich_help_panel=_RESOURCES,
        ),
    ] = None,
    instance: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Create an instance with this name; repeatable.",
            rich_help_panel=_RESOURCES,
        ),
    ] = None,
    region: Annotated[
        str,
        typer.Option(
            metavar="REGION",
            help="Region of these resources.",
            autocompletion=complete_regions,
            rich_help_panel=_RESOURCES,
        ),
    ] = "us-east-1",
    history: Annotated[
        int,
        typer.Option(
            min=0,
            max=_MAX_HISTORY_DAYS,
            metavar="DAYS",
            help="Create a snapshot of each disk for each of the last DAYS days.",
            rich_help_panel=_RESOURCES,
        ),
    ] = 0,
    plan: Annotated[
        str,
        typer.Option(
            metavar="PLAN",
            help="Plan whose tag and names these snapshots have.",
            rich_help_panel=_RESOURCES,
        ),
    ] = "nightly",
    allow_remote: Annotated[
        bool,
        typer.Option(
            "--allow-remote",
            help="Allow connections from other machines.",
            rich_help_panel=_SERVER,
        ),
    ] = False,
) -> None:
    """Serve the embedded Lightsail over HTTP, for this command, the AWS CLI and any AWS SDK.

    It runs until it is interrupted. The first line on standard output is its URL. Signatures are
    not checked, so it accepts connections from this machine only, unless --allow-remote is set.

    Examples:
        Serve a disk that has a snapshot for each of the last 30 days:
          lightsail-snap emulator --port 8123 --disk Disk-1 --history 30
    """
    disks, clock = disk or [], ShiftedClock()
    if history and not disks:
        message = "--history requires at least one --disk"
        raise UsageError(message)
    if region not in SERVED_REGIONS:
        message = find_region_problem("--region", region) or (
            f"Lightsail is not available in {one_line(region, 80)}; choose one of "
            f"{', '.join(SERVED_REGIONS)}"
        )
        raise UsageError(message)

    def print_url(url: str) -> None:
        typer.echo(url)
        print_message(
            f"export AWS_ENDPOINT_URL_LIGHTSAIL={url} AWS_DEFAULT_REGION={region} "
            "AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any"
        )

    try:
        run_server(
            on_ready=print_url,
            on_start=lambda emulator: seed_emulator(
                emulator,
                clock,
                disks=disks,
                instances=instance or [],
                region=region,
                history=history,
                plan=plan,
            ),
            host=host,
            port=port,
            allow_remote=allow_remote,
            state=state,
            clock=clock,
            progression=Progression.by_seconds(seconds, seconds * 2),
        )
    except ValueError as error:
        message = str(error).replace("allow_remote=True", "--allow-remote")
        raise UsageError(message) from error


def seed_emulator(
    emulator: LightsailEmulator,
    clock: ShiftedClock,
    *,
    disks: Sequence[str],
    instances: Sequence[str] = (),
    region: str = "us-east-1",
    history: int = 0,
    plan: str = "nightly",
) -> None:
    """Create resources in an emulator, and snapshots of the last `history` days.

    Resources that exist already are left as they are.
    """
    for name in disks:
        if not _exists(emulator, region, "GetDisk", {"diskName": name}):
            emulator.add_disk(name, region_name=region, size_in_gb=32)
    for name in instances:
        if not _exists(emulator, region, "GetInstance", {"instanceName": name}):
            emulator.add_instance(name, region_name=region)
    if history:
        select = Selection(kind="disk", names=tuple(disks))
        daily = BackupPlan(name=plan, region=region, slot="day", select=select)
        _create_history(emulator, clock, daily, history)


def _exists(
    emulator: LightsailEmulator, region: str, operation: str, payload: dict[str, str]
) -> bool:
    return emulator.handle(region, operation, payload).status == HTTPStatus.OK


def _create_history(
    emulator: LightsailEmulator, clock: ShiftedClock, plan: BackupPlan, days: int
) -> None:
    """Apply a plan once for each of the last days."""
    progression, emulator.progression = emulator.progression, Progression.instant()
    client = LightsailSnapClient(emulator.boto3_client(plan.regions[0]), clock=clock)
    for days_ago in range(days, 0, -1):
        clock.days_ago = days_ago
        now = datetime.fromtimestamp(clock.time(), UTC)
        apply(prepare(plan, client, now=now), client).raise_for_failures()
    clock.days_ago = 0
    emulator.progression = progression
