"""`emulator`: the embedded Lightsail as a server for any AWS client."""

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
from lightsail_snap.cli._errors import UsageError
from lightsail_snap.cli._options import add, finite
from lightsail_snap.cli._output import say
from lightsail_snap.emulator import LightsailEmulator, Progression, run_server
from lightsail_snap.emulator._validation import SERVED_REGIONS
from lightsail_snap.models._regions import find_region_problem
from lightsail_snap.plans import BackupPlan, Selection, apply, prepare

_DAY = 86_400.0
_LONGEST_HISTORY = 3650


def add_to(app: typer.Typer) -> None:
    """Add the command.

    Args:
        app: Where to.
    """
    add(app, "emulator", talks=False, panel="Help")(_emulator)


class ShiftedClock:
    """The machine's clock, and before the server starts, days of long ago."""

    def __init__(self) -> None:
        self.days_ago = 0

    def time(self) -> float:
        return time.time() - self.days_ago * _DAY

    def monotonic(self) -> float:
        return time.monotonic() - self.days_ago * _DAY

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


def _emulator(
    *,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; any free one if 0.")] = 0,
    state: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Keep the world in this file over restarts.")
    ] = None,
    seconds: Annotated[
        float,
        typer.Option(
            min=0,
            max=1e9,
            callback=finite,
            help="How long operations take; snapshots twice as long.",
        ),
    ] = 20.0,
    disk: Annotated[
        list[str] | None, typer.Option(help="Begin with a disk of this name; may be given again.")
    ] = None,
    instance: Annotated[
        list[str] | None, typer.Option(help="Begin with an instance of this name; likewise.")
    ] = None,
    region: Annotated[str, typer.Option(help="Where these are.")] = "us-east-1",
    history: Annotated[
        int,
        typer.Option(
            min=0,
            max=_LONGEST_HISTORY,
            metavar="DAYS",
            help="Begin with a daily snapshot of each disk since so many days, taken by --plan.",
        ),
    ] = 0,
    plan: Annotated[str, typer.Option(help="The plan whose tag and names they bear.")] = "nightly",
    allow_remote: Annotated[
        bool, typer.Option("--allow-remote", help="Let other machines reach it.")
    ] = False,
) -> None:
    """Serve the embedded Lightsail over HTTP, for this command, the AWS CLI and any AWS SDK.

    It runs until interrupted. The first line on standard output is its URL. Signatures are not
    checked, so it listens on this machine only unless told otherwise.
    """
    disks, clock = disk or [], ShiftedClock()
    if history and not disks:
        message = "of which disks? --history needs at least one --disk NAME"
        raise UsageError(message)
    if region not in SERVED_REGIONS:
        message = find_region_problem("--region", region) or (
            f"Lightsail is not in {one_line(region, 80)}; it is in {', '.join(SERVED_REGIONS)}"
        )
        raise UsageError(message)

    def ready(url: str) -> None:
        typer.echo(url)
        say(
            f"export AWS_ENDPOINT_URL_LIGHTSAIL={url} AWS_DEFAULT_REGION={region} "
            "AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any"
        )

    try:
        run_server(
            on_ready=ready,
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
        message = str(error).replace("pass allow_remote=True", "add --allow-remote")
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
    """Put things into an emulator; what is there already stays as it is.

    Args:
        emulator: The emulator.
        clock: Its clock.
        disks: Names of disks.
        instances: Names of instances.
        region: Where they are.
        history: For how many days the disks have had daily snapshots.
        plan: The plan that has taken these.
    """
    for name in disks:
        if not _is_there(emulator, region, "GetDisk", {"diskName": name}):
            emulator.add_disk(name, region_name=region, size_in_gb=32)
    for name in instances:
        if not _is_there(emulator, region, "GetInstance", {"instanceName": name}):
            emulator.add_instance(name, region_name=region)
    if history:
        select = Selection(kind="disk", names=tuple(disks))
        past = BackupPlan(name=plan, region=region, slot="day", select=select)
        _live_through(emulator, clock, past, history)


def _is_there(
    emulator: LightsailEmulator, region: str, operation: str, members: dict[str, str]
) -> bool:
    return emulator.handle(region, operation, members).status == HTTPStatus.OK


def _live_through(
    emulator: LightsailEmulator, clock: ShiftedClock, plan: BackupPlan, days: int
) -> None:
    """Let a plan have run every day for so many days."""
    usual, emulator.progression = emulator.progression, Progression.instant()
    client = LightsailSnapClient(emulator.boto3_client(plan.region), clock=clock)
    for days_ago in range(days, 0, -1):
        clock.days_ago = days_ago
        now = datetime.fromtimestamp(clock.time(), UTC)
        apply(prepare(plan, client, now=now), client).raise_for_failures()
    clock.days_ago = 0
    emulator.progression = usual
