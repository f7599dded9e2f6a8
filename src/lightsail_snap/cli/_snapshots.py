"""Commands for snapshots: create, wait, list, show, delete, restore, copy, tag."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from operator import itemgetter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lightsail_snap import (
    DiskSnapshot,
    DiskSource,
    InstanceSnapshot,
    InstanceSource,
    ManualSnapshotSource,
    NotFoundException,
    WaitTimeoutError,
)
from lightsail_snap.cli._completers import (
    complete_choices,
    complete_disk_snapshots,
    complete_disks,
    complete_files,
    complete_instances,
    complete_list,
    complete_regions,
    complete_snapshots,
    complete_snapshots_to_copy,
    complete_sources,
    complete_tag_keys,
    complete_tags,
)
from lightsail_snap.cli._errors import UsageError, advise_how_to_resume
from lightsail_snap.cli._global_options import WAITING
from lightsail_snap.cli._help import OUTPUT
from lightsail_snap.cli._messages import plural, print_command, print_message, terminal_width
from lightsail_snap.cli._options import (
    NEW_DISK,
    NEW_SNAPSHOT,
    ONE_SOURCE,
    SCOPE,
    SOURCE,
    TAGS,
    AutoLatestOption,
    AutoOption,
    ClientTokenOption,
    KindOption,
    OutputOption,
    Settings,
    SnapshotKind,
    SnapshotName,
    TagOption,
    TimeoutOption,
    YesOption,
    add_command,
    parse_client_token,
    parse_restore_source,
    parse_tags,
    parse_timeout,
    refuse_several,
    require_one,
)
from lightsail_snap.cli._output import (
    format_tags,
    print_json,
    print_result,
    progress_bar,
)
from lightsail_snap.cli._prompt import confirm, is_terminal
from lightsail_snap.cli._tables import (
    Column,
    find_columns,
    format_age,
    format_table,
    format_time,
    print_rows,
    sort_rows,
)
from lightsail_snap.waiters import Timeout

if TYPE_CHECKING:
    from lightsail_snap import Disk, Instance, LightsailSnapClient, StoppedInstance, WaitProgress
    from lightsail_snap.retention import AnySnapshot

_PANEL = "Snapshots"
_CONSISTENCY = "Consistency"
_COLUMN_NAMES = (
    *("name", "state", "kind", "source", "size", "age"),
    *("created", "plan", "region", "arn", "tags"),
)
_REVERSED_NAMES = tuple(f"-{name}" for name in _COLUMN_NAMES)
_KINDS = {
    "DiskSnapshot": "disk-snapshot",
    "InstanceSnapshot": "instance-snapshot",
    "Disk": "disk",
    "Instance": "instance",
}

_RestoreSourceArgument = Annotated[
    str,
    typer.Argument(
        metavar="SNAPSHOT",
        help="The snapshot; with --auto or --auto-latest, the disk or instance it was taken of.",
        autocompletion=complete_disk_snapshots,
    ),
]
_SnapshotToCopy = Annotated[
    str,
    typer.Argument(
        metavar="SNAPSHOT",
        help="The snapshot; with --auto or --auto-latest, the disk or instance it was taken of.",
        autocompletion=complete_snapshots_to_copy,
    ),
]


def add_to(app: typer.Typer) -> None:
    """Add the commands to the app."""
    commands: dict[str, Callable[..., None]] = {
        "create": _create,
        "wait": _wait,
        "list": _list,
        "show": _show,
        "delete": _delete,
        "restore": _restore,
        "copy": _copy,
        "tag": _tag,
    }
    for name, command in commands.items():
        add_command(app, name, command, panel=_PANEL)


def _create(
    settings: Settings,
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help="Name of the new snapshot; {time} is replaced by the UTC time."
        ),
    ],
    *,
    disk: Annotated[
        str | None,
        typer.Option(
            metavar="DISK",
            help="Take a snapshot of this disk.",
            autocompletion=complete_disks,
            rich_help_panel=ONE_SOURCE,
        ),
    ] = None,
    system_disk: Annotated[
        str | None,
        typer.Option(
            metavar="INSTANCE",
            help="Take a snapshot of the system disk of this instance.",
            autocompletion=complete_instances,
            rich_help_panel=ONE_SOURCE,
        ),
    ] = None,
    instance: Annotated[
        str | None,
        typer.Option(
            metavar="INSTANCE",
            help="Take a snapshot of this instance and all its disks.",
            autocompletion=complete_instances,
            rich_help_panel=ONE_SOURCE,
        ),
    ] = None,
    tag: TagOption = None,
    wait: Annotated[
        bool,
        typer.Option(
            "--wait/--no-wait",
            help="Wait until the snapshot can be used.",
            rich_help_panel=WAITING,
        ),
    ] = True,
    timeout: TimeoutOption = None,
    client_token: ClientTokenOption = None,
    freeze: Annotated[
        str | None,
        typer.Option(
            metavar="MOUNT",
            help="Freeze this file system while the snapshot is requested.",
            autocompletion=complete_files(),
            rich_help_panel=_CONSISTENCY,
        ),
    ] = None,
    stop_instance: Annotated[
        bool,
        typer.Option(
            "--stop-instance",
            help="Stop the instance while the snapshot is requested, and start it again. "
            "Cannot be combined with --freeze.",
            rich_help_panel=_CONSISTENCY,
        ),
    ] = False,
) -> None:
    """Take a snapshot, exactly once, and wait until it can be used.

    Examples:
        Take a snapshot of a disk, with the time in its name:
          lightsail-snap create "db-{time}" --disk Disk-1
        Stop the instance meanwhile, and tag the snapshot:
          lightsail-snap create before-upgrade --system-disk web-1 --stop-instance --tag env=prod
    """
    sources = {"disk": disk, "system_disk": system_disk, "instance": instance}
    require_one(**sources)
    refuse_several(freeze=freeze, stop_instance=stop_instance)
    name = name.replace("{time}", f"{_now():%Y%m%dT%H%M%SZ}")
    token = parse_client_token(client_token)
    options: dict[str, Any] = {
        "tags": parse_tags(tag),
        "client_token": token,
        "quiesce": _freeze(freeze),
        "timeout": parse_timeout(timeout) if wait else timedelta(0),
    }
    resume = settings.command_line(
        "create",
        name,
        **sources,
        freeze=freeze,
        stop_instance=stop_instance,
        tag=tag,
        client_token=token,
    )
    with (
        settings.client() as client,
        advise_how_to_resume(resume),
        progress_bar(name) as on_progress,
    ):
        snapshot: AnySnapshot
        stop = None
        if stop_instance:
            stop = _stop_instance(settings, client, instance or system_disk, disk, timeout)
            options["quiesce"] = stop
        try:
            if instance is not None:
                snapshot = client.take_instance_snapshot(
                    name, instance, on_progress=on_progress, **options
                )
            else:
                # Not validated here, so that the request reports all violations at once.
                source = (
                    DiskSource.model_construct(disk_name=disk)
                    if disk is not None
                    else InstanceSource.model_construct(instance_name=str(system_disk))
                )
                snapshot = client.take_disk_snapshot(
                    name, source, on_progress=on_progress, **options
                )
        except WaitTimeoutError:
            if wait:
                raise
            snapshot = _get_snapshot(client, name)
    if stop is not None:  # pragma: no cover - the tracer of 3.11 loses the frame
        _print_downtime(stop)
    _print_resource(settings, snapshot)


def _print_downtime(stop: StoppedInstance) -> None:
    if stop.downtime is not None:
        seconds = stop.downtime.total_seconds()
        print_message(f"instance {stop.instance_name} was stopped for {seconds:.0f} s")


def _wait(
    settings: Settings,
    name: SnapshotName,
    *,
    deleted: Annotated[
        bool,
        typer.Option(
            "--deleted", help="Wait until the snapshot is deleted.", rich_help_panel=WAITING
        ),
    ] = False,
    timeout: TimeoutOption = None,
) -> None:
    """Wait until a snapshot can be used, or is deleted.

    Examples:
        Wait for a snapshot that was started with --no-wait:
          lightsail-snap wait db-1 --timeout 30m
    """
    limit = parse_timeout(timeout)
    resume = settings.command_line("wait", name, deleted=deleted)
    usable: AnySnapshot | None = None
    with (
        settings.client() as client,
        advise_how_to_resume(resume),
        progress_bar(name) as on_progress,
    ):
        if deleted:
            _wait_until_deleted(client, name, limit)
        else:
            usable = _wait_until_usable(client, name, limit, on_progress)
    # The progress bar has ended its line.
    if usable is None:  # pragma: no cover - the tracer of 3.11 loses the frame
        _print_deleted(settings, name)
    else:
        _print_resource(settings, usable)


def _list(
    settings: Settings,
    pattern: Annotated[
        str,
        typer.Argument(
            metavar="PATTERN",
            help="Names to list, such as db-*. [default: all]",
            autocompletion=complete_snapshots,
        ),
    ] = "*",
    *,
    kind: KindOption = "all",
    source: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="List only snapshots of this disk or instance.",
            autocompletion=complete_sources,
            rich_help_panel=SCOPE,
        ),
    ] = None,
    tag: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY[=VALUE]",
            help="List only snapshots with this tag; repeatable.",
            autocompletion=complete_tags,
            rich_help_panel=SCOPE,
        ),
    ] = None,
    all_tags: Annotated[
        bool,
        typer.Option(
            "--all-tags",
            help="Also show the tags that this package sets.",
            rich_help_panel=OUTPUT,
        ),
    ] = False,
    columns: Annotated[
        str | None,
        typer.Option(
            metavar="NAME,...",
            help="Columns to show: name, state, kind, source, size, age, created, plan, region, "
            "arn, tags. [default: all but created, plan, region, arn]",
            autocompletion=complete_list(*_COLUMN_NAMES),
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    sort: Annotated[
        str | None,
        typer.Option(
            metavar="[-]NAME",
            help="Column to sort by; - reverses the order. [default: -created]",
            autocompletion=complete_choices(
                *_COLUMN_NAMES, *(f"-{name}" for name in _COLUMN_NAMES)
            ),
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    output: OutputOption = None,
) -> None:
    """List snapshots, newest first; --json prints each one as soon as it is received.

    Examples:
        List the snapshots of a disk whose names match a pattern:
          lightsail-snap list "db-*" --source Disk-1
        Print the snapshots of production as JSON:
          lightsail-snap list --tag env=prod --json
    """
    output_format = settings.output_format(output)
    known, by = _make_columns(all_tags=all_tags), sort or "-created"
    (sorted_by,) = find_columns("--sort", [by.removeprefix("-")], known)
    if columns is not None:
        if output_format in {"json", "jsonl"}:
            message = "--columns is for tables and CSV; JSON has all fields of each snapshot"
            raise UsageError(message)
        # Columns that were chosen are not left out, and may make longer lines.
        found = find_columns("--columns", columns.split(","), known)
        chosen = [replace(column, priority=0) for column in found]
    else:
        default = _CSV_COLUMNS if output_format == "csv" else _TABLE_COLUMNS
        chosen = [column for column in known if column.name in default]
    wanted = set(parse_tags(tag).items())

    def matches(snapshot: AnySnapshot) -> bool:
        # `key` alone matches any value, `key=` matches an empty one.
        tags = {(each.key, value) for each in snapshot.tags for value in (None, each.value or "")}
        return (
            fnmatchcase(snapshot.name, pattern)
            and source in {None, _source_of(snapshot)}
            and wanted <= tags
        )

    with settings.client() as client:
        listed = filter(matches, _iter_snapshots(client, kind))
        if output_format == "jsonl" and sort is None:
            print_rows(listed, chosen, output_format, to_fields)
            return
        snapshots = sort_rows(listed, sorted_by, is_reversed=by.startswith("-"))
    print_rows(snapshots, chosen, output_format, to_fields)
    if output_format == "table":
        size = sum(each.size_in_gb or 0 for each in snapshots)
        print_message(plural(len(snapshots), "snapshot") + (f", {size} GB" if size else ""))


_TABLE_COLUMNS = {"name", "state", "kind", "source", "size", "age", "tags"}
_CONFIRMED_COLUMNS = {"name", "kind", "source", "size", "age"}
_CSV_COLUMNS = _TABLE_COLUMNS - {"age"} | {"created"}


def _make_columns(*, all_tags: bool = False) -> list[Column[AnySnapshot]]:
    """Return all columns of `list`."""
    now = _now()
    return [
        Column("name", lambda each: each.name),
        Column("state", lambda each: _to_str(each.state), 1),
        Column("kind", lambda each: _KINDS[type(each).__name__].removesuffix("-snapshot"), 5),
        Column("source", _source_of, 4),
        Column("size", lambda each: each.size_in_gb, 3, "{} GB".format, is_number=True),
        Column("age", lambda each: _age_in_seconds(each, now), 2, format_age, is_number=True),
        Column("created", lambda each: each.created_at, 2, format_time, "created (UTC)"),
        Column("plan", _plan_of, 4),
        Column("region", lambda each: _to_str(each.location and each.location.region_name), 5),
        Column("arn", lambda each: each.arn, 7),
        Column("tags", lambda each: format_tags(each.tags, all_tags=all_tags), 6),
    ]


def _now() -> datetime:
    return datetime.now(UTC)


def _to_str(value: object) -> str | None:
    return None if value is None else str(value)


def _plan_of(snapshot: AnySnapshot) -> str | None:
    from lightsail_snap.retention import OWNERSHIP_TAG  # noqa: PLC0415 - start-up: rarely shown

    return next((each.value for each in snapshot.tags if each.key == OWNERSHIP_TAG), None)


def _age_in_seconds(snapshot: AnySnapshot, now: datetime) -> int | None:
    created = snapshot.created_at
    return None if created is None else round((now - created).total_seconds())


def _show(settings: Settings, name: SnapshotName, *, output: OutputOption = None) -> None:
    """Show every field of a snapshot.

    Examples:
        Show a snapshot:
          lightsail-snap show db-1
    """
    output_format = settings.output_format(output)
    with settings.client() as client:
        snapshot = _get_snapshot(client, name)
    fields = to_fields(snapshot)
    if output_format in {"json", "jsonl"}:
        print_json(fields)
        return
    fields["tags"] = format_tags(snapshot.tags)
    rows = [{"field": key, "value": _format_value(value)} for key, value in fields.items()]
    print_rows(rows, _FIELD_COLUMNS, output_format, dict)


_FIELD_COLUMNS: list[Column[dict[str, str]]] = [
    Column("field", itemgetter("field")),
    Column("value", itemgetter("value"), is_prose=True),
]


def _delete(
    settings: Settings,
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="NAME...", help="Names of the snapshots.", autocompletion=complete_snapshots
        ),
    ],
    *,
    yes: YesOption = False,
) -> None:
    """Delete snapshots by name. They cannot be recovered.

    Examples:
        Delete two snapshots after a prompt:
          lightsail-snap delete db-1 db-2
    """
    with settings.client() as client:
        # All are looked up before the first is deleted, so that a mistyped name deletes nothing.
        snapshots = [_get_snapshot(client, name) for name in dict.fromkeys(names)]
        if not yes:
            _confirm_deletion(snapshots)
        for snapshot in snapshots:
            if isinstance(snapshot, InstanceSnapshot):
                client.delete_instance_snapshot(snapshot.name)
            else:
                client.delete_disk_snapshot(snapshot.name)
            _print_deleted(settings, snapshot.name)


def _restore(
    settings: Settings,
    snapshot: _RestoreSourceArgument,
    disk: Annotated[str, typer.Argument(metavar="DISK", help="Name of the new disk.")],
    *,
    zone: Annotated[
        str,
        typer.Option(
            metavar="ZONE",
            help="Availability Zone of the instance to attach the disk to, such as us-east-1a.",
            rich_help_panel=NEW_DISK,
        ),
    ],
    size: Annotated[
        int | None,
        typer.Option(
            metavar="GB",
            help="Size of the disk in GB. [default: as the source]",
            rich_help_panel=NEW_DISK,
        ),
    ] = None,
    auto: AutoOption = None,
    auto_latest: AutoLatestOption = False,
    tag: TagOption = None,
    timeout: TimeoutOption = None,
    client_token: ClientTokenOption = None,
) -> None:
    """Create a disk from a snapshot, exactly once, and wait until it is available.

    Examples:
        Create a disk in the zone of its future instance:
          lightsail-snap restore db-1 Disk-3 --zone us-east-1a
        Create a disk from the latest automatic snapshot of another disk:
          lightsail-snap restore Disk-1 Disk-4 --auto-latest --zone us-east-1a
    """
    source = parse_restore_source(snapshot, auto=auto, auto_latest=auto_latest)
    token = parse_client_token(client_token)
    resume = settings.command_line(
        "restore",
        snapshot,
        disk,
        zone=zone,
        client_token=token,
        size=size,
        auto=auto,
        auto_latest=auto_latest,
        tag=tag,
    )
    with (
        settings.client() as client,
        advise_how_to_resume(resume),
        progress_bar(disk) as on_progress,
    ):
        restored = client.restore_disk(
            disk,
            source,
            availability_zone=zone,
            size_in_gb=size,
            tags=parse_tags(tag),
            client_token=token,
            timeout=parse_timeout(timeout),
            on_progress=on_progress,
        )
    _print_resource(settings, restored)


def _copy(
    settings: Settings,
    snapshot: _SnapshotToCopy,
    *,
    from_region: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="REGION",
            help="Region of the snapshot.",
            autocompletion=complete_regions,
            rich_help_panel=SOURCE,
        ),
    ],
    name: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Name of the copy; required for automatic snapshots. [default: as the snapshot]",
            rich_help_panel=NEW_SNAPSHOT,
        ),
    ] = None,
    auto: AutoOption = None,
    auto_latest: AutoLatestOption = False,
    timeout: TimeoutOption = None,
) -> None:
    """Copy a snapshot to the Region of --region, exactly once, and wait until it can be used.

    Examples:
        Copy a snapshot from Virginia to Oregon:
          lightsail-snap copy db-1 --from us-east-1 --region us-west-2
    """
    source = parse_restore_source(snapshot, auto=auto, auto_latest=auto_latest)
    if name is None and not isinstance(source, ManualSnapshotSource):
        message = "automatic snapshots have no name; pass --name to name the copy"
        raise UsageError(message)
    target = snapshot if name is None else name
    with (
        settings.client() as client,
        advise_how_to_resume(settings.command_line("wait", target)),
        progress_bar(target) as on_progress,
    ):
        copied = client.copy(
            target,
            source,
            source_region=from_region,
            timeout=parse_timeout(timeout),
            on_progress=on_progress,
        )
    _print_resource(settings, copied)


def _tag(
    settings: Settings,
    name: SnapshotName,
    tags: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="KEY[=VALUE]...", help="The tags to set.", autocompletion=complete_tags
        ),
    ] = None,
    *,
    remove: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY",
            help="Key of a tag to remove; repeatable.",
            autocompletion=complete_tag_keys,
            rich_help_panel=TAGS,
        ),
    ] = None,
) -> None:
    """Set and remove tags of a snapshot.

    Examples:
        Set one tag, and remove another:
          lightsail-snap tag db-1 keep=yes --remove env
    """
    if not tags and not remove:
        message = "specify the tags to set (KEY or KEY=VALUE) or to remove (--remove KEY)"
        raise UsageError(message)
    wanted = parse_tags(tags)
    both = sorted(wanted.keys() & set(remove or []))
    if both:
        message = f"the tag {both[0]} cannot be both set and removed; choose one"
        raise UsageError(message)
    with settings.client() as client:
        found = _get_snapshot(client, name)
        operations = list(
            client.tag_resource(name, wanted, resource_arn=found.arn).operations if wanted else ()
        )
        if remove:
            operations += client.untag_resource(name, remove, resource_arn=found.arn).operations
        for operation in operations:
            client.wait_for_operation(operation)
        snapshot = _get_snapshot(client, name)
    line = f"{snapshot.name}  {format_tags(snapshot.tags, all_tags=False)}"
    print_result(to_fields(snapshot), line, as_json=settings.as_json)


def _freeze(mount_point: str | None) -> AbstractContextManager[object] | None:
    if mount_point is None:
        return None
    from lightsail_snap.quiesce import fsfreeze  # noqa: PLC0415 - start-up: only --freeze needs it

    return fsfreeze(mount_point)


def _stop_instance(
    settings: Settings,
    client: LightsailSnapClient,
    instance: str | None,
    disk: str | None,
    timeout: str | None,
) -> StoppedInstance:
    """Return the context manager that stops the instance of a source."""
    from lightsail_snap.quiesce import (  # noqa: PLC0415 - start-up: only --stop-instance needs it
        stop_instance,
    )

    if instance is None:
        instance = client.get_disk(str(disk)).disk.attached_to
    if instance is None:
        message = f"disk {disk} is attached to no instance; leave out --stop-instance"
        raise UsageError(message)
    limit = parse_timeout(timeout)
    stop = stop_instance(client, instance, stop_timeout=limit, start_timeout=limit)
    advice = f"Instance {instance} is stopped if it runs. If it does not start again, run:"
    print_command(advice, settings.command_line("start", instance))
    return stop


def _confirm_deletion(snapshots: list[AnySnapshot]) -> None:
    if is_terminal():
        columns = [each for each in _make_columns() if each.name in _CONFIRMED_COLUMNS]
        for line in format_table(columns, snapshots, terminal_width(sys.stderr)):
            print_message(line)
    confirm(f"Delete {plural(len(snapshots), 'snapshot')}?", "nothing was deleted")


def _get_snapshot(client: LightsailSnapClient, name: str) -> AnySnapshot:
    try:
        return client.get_disk_snapshot(name).disk_snapshot
    except NotFoundException:
        return client.get_instance_snapshot(name).instance_snapshot


def _iter_snapshots(client: LightsailSnapClient, kind: SnapshotKind) -> Iterator[AnySnapshot]:
    if kind != "instance":
        yield from client.iter_disk_snapshots()
    if kind != "disk":
        yield from client.iter_instance_snapshots()


def _wait_until_deleted(client: LightsailSnapClient, name: str, limit: Timeout) -> None:
    started_at = time.monotonic()
    client.wait_for_disk_snapshot_deletion(name, timeout=limit)
    client.wait_for_instance_snapshot_deletion(name, timeout=_remaining(limit, started_at))


def _wait_until_usable(
    client: LightsailSnapClient,
    name: str,
    limit: Timeout,
    on_progress: Callable[[WaitProgress[Any]], None],
) -> AnySnapshot:
    started_at = time.monotonic()
    try:
        return client.wait_for_disk_snapshot(name, timeout=limit, on_progress=on_progress)
    except NotFoundException:
        remaining = _remaining(limit, started_at)
        return client.wait_for_instance_snapshot(name, timeout=remaining, on_progress=on_progress)


def _remaining(limit: Timeout, started_at: float) -> Timeout:
    """Return what remains of a time limit; the limit of the policy starts again."""
    if not isinstance(limit, timedelta):
        return limit
    return max(timedelta(0), limit - timedelta(seconds=time.monotonic() - started_at))


def _source_of(snapshot: AnySnapshot) -> str | None:
    disk = snapshot.from_disk_name if isinstance(snapshot, DiskSnapshot) else None
    return disk or snapshot.from_instance_name


def to_fields(resource: AnySnapshot | Disk | Instance) -> dict[str, Any]:
    """Return the `kind` and the present fields of a resource, of JSON types."""
    fields = resource.model_dump(mode="json", exclude_none=True)
    if resource.created_at is not None:
        # With an offset, as in all output of the command line; pydantic writes `Z`.
        fields["created_at"] = resource.created_at.isoformat()
    return {"kind": _KINDS[type(resource).__name__], **fields}


def _format_value(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_format_value(each)}" for key, each in value.items())
    if isinstance(value, list):
        return "; ".join(map(_format_value, value))
    return str(value)


def _print_resource(settings: Settings, resource: AnySnapshot | Disk) -> None:
    line = f"{resource.name}  {resource.state}"
    print_result(to_fields(resource), line, as_json=settings.as_json)


def _print_deleted(settings: Settings, name: str) -> None:
    fields = {"name": name, "deleted": True}
    print_result(fields, f"{name}  deleted", as_json=settings.as_json)
