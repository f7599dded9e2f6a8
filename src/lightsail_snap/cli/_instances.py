"""Commands that attach and detach disks, and stop and start instances."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, TypeVar, cast

import typer

from lightsail_snap import Disk, Instance, InvalidInputException, LightsailSnapClient
from lightsail_snap._workflows.converge import (
    Change,
    attach_disk,
    converge,
    detach_disk,
    identity_of,
    start_instance,
    stop_instance,
)
from lightsail_snap._workflows.create_and_wait import OnProgress
from lightsail_snap._workflows.device_paths import choose_device_path
from lightsail_snap._workflows.timing import RetryBudget, start
from lightsail_snap.cli._completers import complete_disks, complete_instances
from lightsail_snap.cli._errors import UnfinishedError, UsageError, advise_how_to_resume
from lightsail_snap.cli._global_options import WAITING
from lightsail_snap.cli._options import (
    Settings,
    TimeoutOption,
    add_command,
    parse_timeout,
)
from lightsail_snap.cli._output import print_result, progress_bar
from lightsail_snap.cli._snapshots import to_fields
from lightsail_snap.plans._inventory import run_workflow
from lightsail_snap.waiters import WaitPolicy

PANEL = "Instances and disks"

_ResourceT = TypeVar("_ResourceT", Disk, Instance)
_DiskName = Annotated[
    str,
    typer.Argument(metavar="DISK", help="Name of the disk.", autocompletion=complete_disks),
]
_InstanceName = Annotated[
    str,
    typer.Argument(
        metavar="INSTANCE", help="Name of the instance.", autocompletion=complete_instances
    ),
]
_WaitOption = Annotated[
    bool,
    typer.Option(
        "--wait/--no-wait",
        help="Wait until the instance is in its new state.",
        rich_help_panel=WAITING,
    ),
]


def add_to(app: typer.Typer) -> None:
    """Add the commands to the app."""
    commands: dict[str, Callable[..., None]] = {
        "attach": _attach,
        "detach": _detach,
        "stop": _stop,
        "start": _start,
    }
    for name, command in commands.items():
        add_command(app, name, command, panel=PANEL)


def _attach(
    settings: Settings,
    disk: _DiskName,
    instance: _InstanceName,
    *,
    path: Annotated[
        str | None,
        typer.Option(
            metavar="PATH",
            help="Device path, such as /dev/xvdf. [default: the first free one]",
            rich_help_panel="Attachment",
        ),
    ] = None,
    timeout: TimeoutOption = None,
) -> None:
    """Attach a disk to an instance of the same zone, and wait until it is in use.

    Examples:
        Attach a disk at the first free device path:
          lightsail-snap attach Disk-1 web-1
    """
    resume = settings.command_line("attach", disk, instance, path=path)
    with settings.client() as client, advise_how_to_resume(resume):
        found = client.get_disk(disk).disk
        if found.attached_to != instance:
            path = _choose_path(found, client.get_instance(instance).instance, path)
        elif path in {None, found.path}:
            path = str(found.path)
        else:
            message = f"disk {disk} is attached to {instance} already, at {found.path}"
            raise UsageError(f"{message}; leave out --path")
        change = attach_disk(disk, instance, path, identity_of(found))
        attached = _make(client, change, settings, timeout)
    line = f"{attached.name}  {attached.state}  {attached.attached_to}  {attached.path}"
    print_result(to_fields(attached), line, as_json=settings.as_json)


def _choose_path(disk: Disk, instance: Instance, path: str | None) -> str:
    """Return the device path to attach a disk at; refuse what the service would refuse."""
    zones = {each.location and each.location.availability_zone for each in (disk, instance)} - {
        None
    }
    if len(zones) > 1:
        message = f"disk {disk.name} and instance {instance.name} are in different zones"
        raise UsageError(f"{message}; restore a snapshot of the disk in the zone of the instance")
    if path is None:
        return choose_device_path(instance)
    disks = () if instance.hardware is None else instance.hardware.disks
    if any(each.path == path for each in disks):
        message = f"another disk of instance {instance.name} uses {path}; leave out --path"
        raise UsageError(message)
    return path


def _detach(settings: Settings, disk: _DiskName, *, timeout: TimeoutOption = None) -> None:
    """Detach a disk from its stopped instance, and wait until it is available.

    Examples:
        Detach a disk:
          lightsail-snap detach Disk-1
    """
    with (
        settings.client() as client,
        advise_how_to_resume(settings.command_line("detach", disk)),
    ):
        detached = client.get_disk(disk).disk
        if detached.attached_to is not None:
            _refuse_to_detach(client, detached, detached.attached_to, settings)
            change = detach_disk(disk, detached.attached_to, identity_of(detached))
            detached = _make(client, change, settings, timeout)
    line = f"{detached.name}  {detached.state}"
    print_result(to_fields(detached), line, as_json=settings.as_json)


def _refuse_to_detach(
    client: LightsailSnapClient, disk: Disk, instance: str, settings: Settings
) -> None:
    """Let the service refuse to detach a disk from a running instance, and add advice."""
    if not client.get_instance(instance).instance.is_running:
        return
    try:
        client.detach_disk(disk.name)
    except InvalidInputException as error:
        advice = "To detach a disk, stop its instance first:"
        raise UnfinishedError(advice, settings.command_line("stop", instance)) from error


def _stop(
    settings: Settings,
    instance: _InstanceName,
    *,
    wait: _WaitOption = True,
    timeout: TimeoutOption = None,
) -> None:
    """Stop an instance. Without a static IP, it gets another address when it starts.

    Examples:
        Stop an instance, and wait until it is stopped:
          lightsail-snap stop web-1
    """
    with (
        settings.client() as client,
        advise_how_to_resume(settings.command_line("stop", instance)),
    ):
        found = client.get_instance(instance).instance
        if wait:
            found = _make(client, stop_instance(instance, identity_of(found)), settings, timeout)
        elif found.is_running:
            client.stop_instance(instance)
            found = client.get_instance(instance).instance
    _print_instance(settings, found)


def _start(
    settings: Settings,
    instance: _InstanceName,
    *,
    wait: _WaitOption = True,
    timeout: TimeoutOption = None,
) -> None:
    """Start an instance.

    Examples:
        Start an instance, and do not wait:
          lightsail-snap start web-1 --no-wait
    """
    with (
        settings.client() as client,
        advise_how_to_resume(settings.command_line("start", instance)),
    ):
        found = client.get_instance(instance).instance
        if wait:
            found = _make(client, start_instance(instance, identity_of(found)), settings, timeout)
        elif not found.is_running:
            client.start_instance(instance)
            found = client.get_instance(instance).instance
    _print_instance(settings, found)


def _make(
    client: LightsailSnapClient,
    change: Change[_ResourceT],
    settings: Settings,
    timeout: str | None,
) -> _ResourceT:
    """Make a change whatever becomes of the responses, and return the resource afterwards."""
    limit = settings.wait_policy.limit(parse_timeout(timeout))
    with progress_bar(change.title) as on_progress:
        return run_workflow(client, _converge(change, settings.wait_policy, limit, on_progress))


async def _converge(
    change: Change[_ResourceT], policy: WaitPolicy, limit: float | None, on_progress: OnProgress
) -> _ResourceT:
    budget = RetryBudget(policy, await start(limit))
    # Only a deletion has no resource afterwards.
    return cast("_ResourceT", await converge(change, budget, on_progress))


def _print_instance(settings: Settings, instance: Instance) -> None:
    line = f"{instance.name}  {instance.state_name}"
    print_result(to_fields(instance), line, as_json=settings.as_json)
