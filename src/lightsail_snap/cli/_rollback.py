"""The command that rolls a disk back to a snapshot, and undoes that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from lightsail_snap import (
    RollBackPreview,
    RollBackResult,
)
from lightsail_snap.cli._completers import complete_disks, complete_snapshots_of_disk
from lightsail_snap.cli._errors import UsageError, advise_how_to_continue
from lightsail_snap.cli._messages import print_command, print_message
from lightsail_snap.cli._options import (
    DELETION,
    NEW_DISK,
    SOURCE,
    AutoLatestOption,
    AutoOption,
    ClientTokenOption,
    Settings,
    TimeoutOption,
    YesOption,
    add_command,
    parse_client_token,
    parse_restore_source,
    parse_timeout,
    refuse_with,
)
from lightsail_snap.cli._output import print_json, print_line, print_result, step_bars
from lightsail_snap.cli._prompt import confirm
from lightsail_snap.cli._snapshots import to_fields
from lightsail_snap.waiters import Timeout

_PANEL = "Instances and disks"
_UNDO = "Undo"


def add_to(app: typer.Typer) -> None:
    """Add the command to the app."""
    add_command(app, "rollback", _rollback, panel=_PANEL)


def _rollback(
    settings: Settings,
    disk: Annotated[
        str | None,
        typer.Argument(
            metavar="DISK", help="The disk to roll back.", autocompletion=complete_disks
        ),
    ] = None,
    snapshot: Annotated[
        str | None,
        typer.Argument(
            metavar="SNAPSHOT",
            help="The snapshot; with --auto or --auto-latest, the disk it was taken of. "
            "[default for those: DISK]",
            autocompletion=complete_snapshots_of_disk,
        ),
    ] = None,
    *,
    auto: AutoOption = None,
    auto_latest: AutoLatestOption = False,
    new_disk_name: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Name of the new disk. [default: made of DISK and the token]",
            rich_help_panel=NEW_DISK,
        ),
    ] = None,
    delete_old_disk: Annotated[
        bool,
        typer.Option(
            "--delete-old-disk", help="Delete the old disk in the end.", rich_help_panel=DELETION
        ),
    ] = False,
    allow_other_source: Annotated[
        bool,
        typer.Option(
            "--allow-other-source",
            help="Allow a snapshot of another disk.",
            rich_help_panel=SOURCE,
        ),
    ] = False,
    undo: Annotated[
        str | None,
        typer.Option(
            metavar="NEW-DISK",
            help="Undo the roll back that created this disk. Cannot be combined with DISK.",
            autocompletion=complete_disks,
            rich_help_panel=_UNDO,
        ),
    ] = None,
    delete_new_disk: Annotated[
        bool,
        typer.Option(
            "--delete-new-disk",
            help="With --undo: delete the new disk in the end.",
            rich_help_panel=_UNDO,
        ),
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Print the steps, and change nothing.", rich_help_panel=DELETION
        ),
    ] = False,
    yes: YesOption = False,
    timeout: TimeoutOption = None,
    client_token: ClientTokenOption = None,
) -> None:
    """Replace a disk by one restored from a snapshot of it, at the same path of its instance.

    The instance is stopped for it, and started again if it ran. The old disk is kept, detached,
    unless you pass --delete-old-disk. Stop writes to the disk first.

    Examples:
        Show the steps of a roll back:
          lightsail-snap rollback data-1 data-1-monday --dry-run
        Attach the old disk again:
          lightsail-snap rollback --undo data-1-rollback-5b97222e
    """
    limit = parse_timeout(timeout)
    if undo is not None:
        refuse_with(
            "--undo",
            DISK=disk,
            SNAPSHOT=snapshot,
            auto=auto,
            auto_latest=auto_latest,
            new_disk_name=new_disk_name,
            delete_old_disk=delete_old_disk,
            client_token=client_token,
        )
        _undo(settings, undo, limit, delete_new_disk=delete_new_disk, dry_run=dry_run, yes=yes)
        return
    if disk is None or (snapshot is None and auto is None and not auto_latest):
        message = "specify DISK and SNAPSHOT, DISK and --auto or --auto-latest, or --undo NEW-DISK"
        raise UsageError(message)
    if delete_new_disk:
        message = "--delete-new-disk needs --undo; to delete the old disk, pass --delete-old-disk"
        raise UsageError(message)
    token = parse_client_token(client_token)
    arguments = [disk] if snapshot is None else [disk, snapshot]
    command = settings.command_line(
        "rollback",
        *arguments,
        auto=auto,
        auto_latest=auto_latest,
        new_disk_name=new_disk_name,
        delete_old_disk=delete_old_disk,
        allow_other_source=allow_other_source,
        yes=yes,
        client_token=token,
    )
    source = parse_restore_source(snapshot or disk, auto=auto, auto_latest=auto_latest)
    with settings.client() as client:
        preview = client.preview_roll_back_disk(
            disk,
            source,
            new_disk_name=new_disk_name,
            delete_old_disk=delete_old_disk,
            allow_other_source=allow_other_source,
            client_token=token,
        )
        if dry_run:
            _print_preview(settings, preview, command)
            return
        _confirm(preview, f"Roll back disk {disk}", yes=yes)
        undo_command = settings.command_line("rollback", undo=preview.new_disk_name)
        with (
            advise_how_to_continue(command, ("To undo, run:", undo_command)),
            step_bars(None if client_token else command) as on_progress,
        ):
            result = client.roll_back_disk(
                disk,
                source,
                new_disk_name=new_disk_name,
                delete_old_disk=delete_old_disk,
                allow_other_source=allow_other_source,
                client_token=token,
                timeout=limit,
                on_progress=on_progress,
            )
    _print_result(settings, result)
    if not result.is_replaced_disk_deleted:
        print_command("To undo, run:", undo_command)


def _undo(
    settings: Settings,
    new_disk: str,
    limit: Timeout,
    *,
    delete_new_disk: bool,
    dry_run: bool,
    yes: bool,
) -> None:
    command = settings.command_line(
        "rollback", undo=new_disk, delete_new_disk=delete_new_disk, yes=yes
    )
    with settings.client() as client:
        preview = client.preview_undo_roll_back_disk(new_disk, delete_new_disk=delete_new_disk)
        if dry_run:
            _print_preview(settings, preview, command)
            return
        _confirm(preview, f"Undo the roll back to disk {new_disk}", yes=yes)
        with advise_how_to_continue(command), step_bars() as on_progress:
            result = client.undo_roll_back_disk(
                new_disk, delete_new_disk=delete_new_disk, timeout=limit, on_progress=on_progress
            )
    _print_result(settings, result)


def _print_preview(settings: Settings, preview: RollBackPreview, command: str) -> None:
    if settings.as_json:
        print_json(
            {
                "kind": "rollback-preview",
                "disk": preview.disk.name,
                "new_disk": preview.new_disk_name,
                "instance": None if preview.instance is None else preview.instance.name,
                "path": preview.path,
                "steps": list(preview.steps),
                "warnings": list(preview.warnings),
            }
        )
    else:
        for line in _lines(preview):
            print_line(line)
    print_command("To take these steps, run:", command)


def _lines(preview: RollBackPreview) -> Sequence[str]:
    return str(preview).splitlines() or ["nothing remains to be done"]


def _confirm(preview: RollBackPreview, question: str, *, yes: bool) -> None:
    """Show the steps, and prompt unless nothing remains to be done."""
    for line in _lines(preview):
        print_message(line)
    if preview.steps and not yes:
        confirm(f"{question}?", "nothing was changed")


def _print_result(settings: Settings, result: RollBackResult) -> None:
    replaced, instance = result.replaced_disk, result.instance
    fields = {
        "kind": "rollback",
        "disk": to_fields(result.disk),
        "replaced_disk": None if replaced is None else to_fields(replaced),
        "is_replaced_disk_deleted": result.is_replaced_disk_deleted,
        "instance": None if instance is None else to_fields(instance),
        "path": result.path,
    }
    print_result(fields, str(result), as_json=settings.as_json)
