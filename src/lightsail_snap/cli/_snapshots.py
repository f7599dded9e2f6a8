"""Commands about snapshots: create, wait, list, show, delete, restore, copy, tag."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Annotated, Any

import typer

from lightsail_snap import (
    AutoSnapshotSource,
    Disk,
    DiskSnapshot,
    DiskSource,
    InstanceSnapshot,
    InstanceSource,
    LatestAutoSnapshotSource,
    LightsailSnapClient,
    ManualSnapshotSource,
    NotFoundException,
    RestoreSource,
    WaitProgress,
    WaitTimeoutError,
)
from lightsail_snap.cli._errors import Interrupted, UsageError
from lightsail_snap.cli._options import Settings, add, duration, tags_in
from lightsail_snap.cli._output import bar, say, show_json, show_line, show_table, written
from lightsail_snap.cli._prompt import is_terminal, require_consent
from lightsail_snap.retention import AnySnapshot
from lightsail_snap.waiters import Timeout as Limit

_PANEL = "Snapshots"
_KINDS: dict[type[AnySnapshot | Disk], str] = {
    DiskSnapshot: "disk-snapshot",
    InstanceSnapshot: "instance-snapshot",
    Disk: "disk",
}

Name = Annotated[str, typer.Argument(help="Name of the snapshot.")]
Tags = Annotated[
    list[str] | None,
    typer.Option("--tag", metavar="KEY[=VALUE]", help="A tag; may be given many times."),
]
Timeout = Annotated[
    str | None,
    typer.Option(
        "--timeout", metavar="TIME", help="How long to wait, such as 90s or 2h; else an hour."
    ),
]


class Kind(StrEnum):
    """Which snapshots."""

    ALL = "all"
    DISK = "disk"
    INSTANCE = "instance"


def add_to(app: typer.Typer) -> None:
    """Add the commands.

    Args:
        app: Where to.
    """
    commands: tuple[tuple[str, Callable[..., int | None]], ...] = (
        ("create", _create),
        ("wait", _wait),
        ("list", _list),
        ("show", _show),
        ("delete", _delete),
        ("restore", _restore),
        ("copy", _copy),
        ("tag", _tag),
    )
    for name, command in commands:
        add(app, name, panel=_PANEL)(command)


def facts(thing: AnySnapshot | Disk) -> dict[str, Any]:
    """Write a snapshot or disk with JSON's types.

    Args:
        thing: The snapshot or disk.

    Returns:
        A new dict: `kind`, and the fields that are there.
    """
    found = thing.model_dump(mode="json", exclude_none=True)
    if thing.created_at is not None:
        # The wire has seconds since 1970, which nobody reads.
        found["created_at"] = thing.created_at.isoformat()
    return {"kind": _KINDS[type(thing)], **found}


def _source_of(snapshot: AnySnapshot) -> str | None:
    disk = snapshot.from_disk_name if isinstance(snapshot, DiskSnapshot) else None
    return disk or snapshot.from_instance_name


def _there(thing: AnySnapshot | Disk) -> tuple[dict[str, Any], str]:
    return facts(thing), f"{thing.name}  {thing.state}"


def _gone(name: str) -> tuple[dict[str, Any], str]:
    return {"name": name, "deleted": True}, f"{name}  deleted"


def _show_one(settings: Settings, found: dict[str, Any], line: str) -> None:
    if settings.as_json:
        show_json(found)
    else:
        show_line(line)


def _find(client: LightsailSnapClient, name: str) -> AnySnapshot:
    try:
        return client.get_disk_snapshot(name).disk_snapshot
    except NotFoundException:
        return client.get_instance_snapshot(name).instance_snapshot


@contextmanager
def _goes_on(what: str, resume: str) -> Iterator[None]:
    """Tell an interrupt what becomes of the work, and how to come back to it."""
    try:
        yield
    except KeyboardInterrupt:
        message = f"If Lightsail has accepted {what}, it goes on there. Resume with: {resume}"
        raise Interrupted(message) from None
    except WaitTimeoutError:
        say(f"Resume with: {resume}")
        raise


def _token(given: str | None) -> str:
    if given == "":
        # A script whose variable is not set would take another snapshot each time it is run again.
        message = "--client-token is empty; give a text of this job's own, or leave it out"
        raise UsageError(message)
    return given or str(uuid.uuid4())


def _limit(timeout: str | None) -> Limit:
    return duration(timeout) or ("policy" if timeout is None else timedelta(0))


def _create(
    settings: Settings,
    name: Annotated[
        str, typer.Argument(help="Name of the snapshot to be; {time} in it becomes UTC's.")
    ],
    *,
    disk: Annotated[str | None, typer.Option(help="Take it of this disk.")] = None,
    system_disk: Annotated[
        str | None,
        typer.Option(metavar="INSTANCE", help="Take it of the system disk of this instance."),
    ] = None,
    instance: Annotated[
        str | None, typer.Option(help="Take it of this instance with all its disks.")
    ] = None,
    tag: Tags = None,
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="Wait until it can be used.")
    ] = True,
    timeout: Timeout = None,
    client_token: Annotated[
        str | None,
        typer.Option(help="A text of this job's own, to run it again after a crash; else a UUID."),
    ] = None,
    freeze: Annotated[
        str | None,
        typer.Option(metavar="MOUNT", help="Freeze this file system while it is requested."),
    ] = None,
) -> None:
    """Take a snapshot, exactly once, and wait until it can be used."""
    given = [each for each in (disk, system_disk, instance) if each is not None]
    if len(given) != 1:
        message = "say of what, by one of --disk NAME, --system-disk INSTANCE, --instance NAME"
        raise UsageError(message)
    name = name.replace("{time}", f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
    token, tags = _token(client_token), tag or []
    which = (
        ["--disk", disk]
        if disk
        else ["--system-disk", system_disk]
        if system_disk
        else ["--instance", instance]
    )
    words = ["create", name, *map(str, which), *(part for each in tags for part in ("--tag", each))]
    options: dict[str, Any] = {
        "tags": tags_in(tags),
        "client_token": token,
        "quiesce": _frozen(freeze),
        "timeout": _limit(timeout) if wait else timedelta(0),
    }
    with settings.client() as client:
        try:
            with (
                _goes_on(f"the snapshot {name}", settings.again(*words, "--client-token", token))
                if wait
                else _quiet(),
                bar(name) as tell,
            ):
                snapshot: AnySnapshot
                if instance is not None:
                    snapshot = client.take_instance_snapshot(
                        name, instance, on_progress=tell, **options
                    )
                else:
                    # Not validated here, so that the request reports all violations at once.
                    source = (
                        DiskSource.model_construct(disk_name=disk)
                        if disk is not None
                        else InstanceSource.model_construct(instance_name=str(system_disk))
                    )
                    snapshot = client.take_disk_snapshot(name, source, on_progress=tell, **options)
        except WaitTimeoutError:
            if wait:
                raise
            snapshot = _find(client, name)
        _show_one(settings, *_there(snapshot))


@contextmanager
def _quiet() -> Iterator[None]:
    yield


def _frozen(mount_point: str | None) -> AbstractContextManager[object] | None:
    if mount_point is None:
        return None
    from lightsail_snap.quiesce import fsfreeze  # noqa: PLC0415 - only who freezes needs it

    return fsfreeze(mount_point)


def _wait(
    settings: Settings,
    name: Name,
    *,
    deleted: Annotated[bool, typer.Option("--deleted", help="Wait until it is gone.")] = False,
    timeout: Timeout = None,
) -> None:
    """Wait until a snapshot can be used, or is gone."""
    limit = _limit(timeout)
    resume = settings.again("wait", name, *["--deleted"] * deleted)
    with settings.client() as client, _goes_on(f"the work on {name}", resume), bar(name) as tell:
        wait = _until_gone if deleted else _until_ready
        found, line = wait(client, name, limit, tell)
    _show_one(settings, found, line)


def _rest(limit: Limit, began: float) -> Limit:
    """Return what is left of a time limit; the client's own one starts again."""
    if not isinstance(limit, timedelta):
        return limit
    return max(timedelta(0), limit - timedelta(seconds=time.monotonic() - began))


def _until_gone(
    client: LightsailSnapClient,
    name: str,
    limit: Limit,
    _tell: object,
) -> tuple[dict[str, Any], str]:
    began = time.monotonic()
    client.wait_for_disk_snapshot_deletion(name, timeout=limit)
    client.wait_for_instance_snapshot_deletion(name, timeout=_rest(limit, began))
    return _gone(name)  # pragma: no cover - CPython 3.11's tracer loses the frame while waiting


def _until_ready(
    client: LightsailSnapClient,
    name: str,
    limit: Limit,
    tell: Callable[[WaitProgress[Any]], None],
) -> tuple[dict[str, Any], str]:
    snapshot: AnySnapshot
    began = time.monotonic()
    try:
        snapshot = client.wait_for_disk_snapshot(name, timeout=limit, on_progress=tell)
    except NotFoundException:
        rest = _rest(limit, began)
        snapshot = client.wait_for_instance_snapshot(name, timeout=rest, on_progress=tell)
    return _there(snapshot)


def listed(client: LightsailSnapClient, kind: Kind) -> Iterator[AnySnapshot]:
    """List snapshots of the client's region.

    Args:
        client: The client.
        kind: Which.

    Yields:
        The snapshots, page by page.
    """
    if kind is not Kind.INSTANCE:
        yield from client.iter_disk_snapshots()
    if kind is not Kind.DISK:
        yield from client.iter_instance_snapshots()


def _list(
    settings: Settings,
    pattern: Annotated[str, typer.Argument(help="Shell pattern of names.")] = "*",
    *,
    kind: Annotated[Kind, typer.Option(help="Which snapshots.")] = Kind.ALL,
    source: Annotated[str | None, typer.Option(help="Only those of this disk or instance.")] = None,
    tag: Tags = None,
) -> None:
    """List snapshots, newest first; --json prints each as soon as it is known."""
    wanted = {(key, value) for key, value in tags_in(tag or []).items()}

    def fits(snapshot: AnySnapshot) -> bool:
        borne = {(each.key, value) for each in snapshot.tags for value in (None, each.value or "")}
        return (
            fnmatchcase(snapshot.name, pattern)
            and source in {None, _source_of(snapshot)}
            and wanted <= borne
        )

    with settings.client() as client:
        found = (each for each in listed(client, kind) if fits(each))
        if settings.as_json:
            for each in found:
                show_json(facts(each))
            return
        snapshots = list(found)
    long_ago = datetime.min.replace(tzinfo=UTC)
    snapshots.sort(key=lambda each: each.created_at or long_ago, reverse=True)
    show_table(
        ("snapshot", "state", "kind", "of", "GB", "created (UTC)", "tags"),
        [
            (
                each.name,
                each.state,
                _KINDS[type(each)].removesuffix("-snapshot"),
                _source_of(each),
                each.size_in_gb,
                f"{each.created_at:%Y-%m-%d %H:%M}" if each.created_at else None,
                written(each.tags),
            )
            for each in snapshots
        ],
    )
    say(f"{len(snapshots)} snapshots")


def _show(settings: Settings, name: Name) -> None:
    """Show all that is known of a snapshot."""
    with settings.client() as client:
        snapshot = _find(client, name)
    if settings.as_json:
        show_json(facts(snapshot))
        return
    rows = [
        (key, written(snapshot.tags) if key == "tags" else _in_words(value))
        for key, value in facts(snapshot).items()
    ]
    show_table(("field", "value"), rows)


def _in_words(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_in_words(each)}" for key, each in value.items())
    if isinstance(value, list):
        return "; ".join(map(_in_words, value))
    return str(value)


def _delete(
    settings: Settings,
    names: Annotated[list[str], typer.Argument(help="Names of the snapshots.")],
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Delete snapshots by name. There is no way back."""
    with settings.client() as client:
        # All are looked up before any is gone, so that a slip of the hand deletes nothing.
        found = [_find(client, name) for name in dict.fromkeys(names)]
        if not yes:
            _ask(found)
        for snapshot in found:
            if isinstance(snapshot, InstanceSnapshot):
                client.delete_instance_snapshot(snapshot.name)
            else:
                client.delete_disk_snapshot(snapshot.name)
            _show_one(settings, *_gone(snapshot.name))


def _ask(found: list[AnySnapshot]) -> None:
    if is_terminal():
        for each in found:
            say(f"  {each.name}  of {_source_of(each)}, {each.created_at}")
    plural = "" if len(found) == 1 else "s"
    require_consent(f"Delete {len(found)} snapshot{plural}?", "nothing was deleted")


def _origin(name: str, *, latest_of: bool, on: str | None) -> RestoreSource:
    if latest_of and on is not None:
        message = "--auto and --auto-latest contradict each other; give one of them"
        raise UsageError(message)
    if on is not None:
        try:
            return AutoSnapshotSource(resource_name=name, restore_date=date.fromisoformat(on))
        except ValueError:
            message = "write the date of an automatic snapshot as 2026-11-23"
            raise UsageError(message) from None
    if latest_of:
        return LatestAutoSnapshotSource(resource_name=name)
    return ManualSnapshotSource(snapshot_name=name)


Origin = Annotated[
    str, typer.Argument(help="The snapshot; with --auto or --auto-latest the disk or instance.")
]
Auto = Annotated[
    str | None,
    typer.Option("--auto", metavar="DATE", help="Its automatic snapshot of this day."),
]
AutoLatest = Annotated[bool, typer.Option("--auto-latest", help="Its latest automatic snapshot.")]


def _restore(
    settings: Settings,
    snapshot: Origin,
    disk: Annotated[str, typer.Argument(help="Name of the disk to be.")],
    *,
    zone: Annotated[
        str, typer.Option(help="Availability Zone of the instance that it is for: us-east-1a.")
    ],
    size: Annotated[
        int | None, typer.Option(metavar="GB", help="Its size; that of the source if left out.")
    ] = None,
    auto: Auto = None,
    auto_latest: AutoLatest = False,
    tag: Tags = None,
    timeout: Timeout = None,
    client_token: Annotated[
        str | None, typer.Option(help="A text of this job's own, to run it again after a crash.")
    ] = None,
) -> None:
    """Make a disk from a snapshot, exactly once, and wait until it is available."""
    source, token = _origin(snapshot, latest_of=auto_latest, on=auto), _token(client_token)
    words = ["restore", snapshot, disk, "--zone", zone, "--client-token", token]
    words += ["--size", str(size)] if size is not None else []
    words += ["--auto", auto] if auto else ["--auto-latest"] * auto_latest
    words += [part for each in tag or [] for part in ("--tag", each)]
    again = settings.again(*words)
    with settings.client() as client, _goes_on(f"the disk {disk}", again), bar(disk) as tell:
        made = client.restore_disk(
            disk,
            source,
            availability_zone=zone,
            size_in_gb=size,
            tags=tags_in(tag or []),
            client_token=token,
            timeout=_limit(timeout),
            on_progress=tell,
        )
    _show_one(settings, *_there(made))


def _copy(
    settings: Settings,
    snapshot: Origin,
    *,
    from_region: Annotated[str, typer.Option("--from", metavar="REGION", help="Where it is.")],
    name: Annotated[
        str | None,
        typer.Option(
            help="Name of the copy; if left out that of the snapshot (automatic ones have none)."
        ),
    ] = None,
    auto: Auto = None,
    auto_latest: AutoLatest = False,
    timeout: Timeout = None,
) -> None:
    """Copy a snapshot into the region of --region, exactly once, and wait until it can be used."""
    source = _origin(snapshot, latest_of=auto_latest, on=auto)
    if name is None and not isinstance(source, ManualSnapshotSource):
        message = "an automatic snapshot has no name; say by --name what to call the copy"
        raise UsageError(message)
    target = snapshot if name is None else name
    again = settings.again("wait", target)
    with settings.client() as client, _goes_on(f"the copy {target}", again), bar(target) as tell:
        made = client.copy(
            target,
            source,
            source_region=from_region,
            timeout=_limit(timeout),
            on_progress=tell,
        )
    _show_one(settings, *_there(made))


def _tag(
    settings: Settings,
    name: Name,
    tags: Annotated[
        list[str] | None, typer.Argument(metavar="KEY[=VALUE]...", help="Tags to set.")
    ] = None,
    *,
    remove: Annotated[
        list[str] | None, typer.Option(metavar="KEY", help="A tag to remove; may be given again.")
    ] = None,
) -> None:
    """Set and remove tags of a snapshot."""
    if not tags and not remove:
        message = "say which: KEY or KEY=VALUE to set, --remove KEY to remove"
        raise UsageError(message)
    wanted = tags_in(tags or [])
    both = sorted(wanted.keys() & set(remove or []))
    if both:
        message = f"{both[0]} is to be set and to be removed; choose one"
        raise UsageError(message)
    with settings.client() as client:
        found = _find(client, name)
        operations = list(
            client.tag_resource(name, wanted, resource_arn=found.arn).operations if wanted else ()
        )
        if remove:
            operations += client.untag_resource(name, remove, resource_arn=found.arn).operations
        for operation in operations:
            client.wait_for_operation(operation)
        snapshot = _find(client, name)
    _show_one(settings, facts(snapshot), f"{snapshot.name}  {written(snapshot.tags)}")
