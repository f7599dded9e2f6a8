"""Functions that complete the values of options and arguments in a shell.

Each is called with the state of the command line as `ctx.obj`, and yields values, or values with
their descriptions. This module imports nothing large: commands name its functions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias

import typer
from typing_extensions import override

from lightsail_snap.cli._command_line import read_profiles

if TYPE_CHECKING:
    from lightsail_snap.cli._resource_names import Resource, ResourceKind

Items: TypeAlias = Iterator["str | tuple[str, str]"]
Completer: TypeAlias = Callable[..., Items]

_SNAPSHOTS: tuple[ResourceKind, ...] = ("disk_snapshots", "instance_snapshots")
_SOURCES: tuple[ResourceKind, ...] = ("disks", "instances")
# Tags that this package and AWS set.
_INTERNAL_TAGS = ("lightsail-snap:", "aws:")


class FilesOnlyError(Exception):
    """The shell completes the names of files itself, with these suffixes if there are any."""

    def __init__(self, *suffixes: str) -> None:
        super().__init__()
        self.suffixes = suffixes

    @override
    def __str__(self) -> str:
        return " ".join(("files", *self.suffixes))


def complete_files(*suffixes: str) -> Completer:
    """Return a function that leaves the completion to the shell."""

    def complete() -> Items:
        raise FilesOnlyError(*suffixes)

    return complete


def complete_choices(*values: str) -> Completer:
    """Return a function that offers fixed values."""

    def complete() -> Items:
        yield from values

    return complete


def complete_list(*values: str) -> Completer:
    """Return a function that offers fixed values, separated by commas."""

    def complete(incomplete: str) -> Items:
        *before, _ = incomplete.split(",")
        prefix = "".join(f"{each}," for each in before)
        yield from (f"{prefix}{each}" for each in values if each not in before)

    return complete


def complete_regions() -> Items:
    """Offer the Regions of Lightsail."""
    from lightsail_snap.models.enums import RegionName  # noqa: PLC0415 - large, and rarely needed

    yield from sorted(region.value for region in RegionName.known_values())


def complete_profiles() -> Items:
    """Offer the profiles of the AWS configuration."""
    yield from sorted(read_profiles())


def complete_disks(ctx: typer.Context) -> Items:
    """Offer the names of disks."""
    yield from _names(ctx, "disks")


def complete_instances(ctx: typer.Context) -> Items:
    """Offer the names of instances."""
    yield from _names(ctx, "instances")


def complete_sources(ctx: typer.Context) -> Items:
    """Offer the names of disks and instances."""
    yield from _names(ctx, *_SOURCES)


def complete_snapshots(ctx: typer.Context) -> Items:
    """Offer the names of snapshots."""
    yield from _names(ctx, *_SNAPSHOTS)


def complete_disk_snapshots(ctx: typer.Context) -> Items:
    """Offer the snapshots to make a disk of, or their sources if automatic ones are used."""
    kinds = _SOURCES if _uses_automatic_snapshots(ctx) else ("disk_snapshots",)
    yield from _names(ctx, *kinds)


def complete_instance_snapshots(ctx: typer.Context) -> Items:
    """Offer the snapshots to make an instance of, or instances if automatic ones are used."""
    yield from _names(ctx, "instances" if _uses_automatic_snapshots(ctx) else "instance_snapshots")


def complete_snapshots_to_copy(ctx: typer.Context) -> Items:
    """Offer the snapshots of the Region of --from, or their sources."""
    kinds = _SOURCES if _uses_automatic_snapshots(ctx) else _SNAPSHOTS
    yield from _names(ctx, *kinds, region=ctx.obj.options.get("from_region"))


def complete_snapshots_of_disk(ctx: typer.Context) -> Items:
    """Offer the snapshots of the disk that is the first argument."""
    disk = next(iter(ctx.obj.arguments), None)
    for each in _find(ctx, "disk_snapshots"):
        if each.source == disk:
            yield each.name


def complete_plan_names(ctx: typer.Context) -> Items:
    """Offer the plans that snapshots are tagged with."""
    from lightsail_snap.retention import OWNERSHIP_TAG  # noqa: PLC0415 - as above

    tags = {tag for each in _find(ctx, *_SNAPSHOTS) for tag in each.tags}
    yield from sorted(
        tag.removeprefix(f"{OWNERSHIP_TAG}=") for tag in tags if tag.startswith(f"{OWNERSHIP_TAG}=")
    )


def complete_tags(ctx: typer.Context) -> Items:
    """Offer the tags of snapshots."""
    yield from _user_tags(_find(ctx, *_SNAPSHOTS))


def complete_tag_keys(ctx: typer.Context) -> Items:
    """Offer the tag keys of the snapshot that is the first argument."""
    snapshot = next(iter(ctx.obj.arguments), None)
    found = [each for each in _find(ctx, *_SNAPSHOTS) if each.name == snapshot]
    yield from sorted({tag.partition("=")[0] for tag in _user_tags(found)})


def _user_tags(resources: Sequence[Resource]) -> list[str]:
    tags = {tag for each in resources for tag in each.tags}
    return sorted(tag for tag in tags if not tag.startswith(_INTERNAL_TAGS))


def _uses_automatic_snapshots(ctx: typer.Context) -> bool:
    return not ctx.obj.options.keys().isdisjoint({"auto", "auto_latest"})


def _names(ctx: typer.Context, *kinds: ResourceKind, region: str | None = None) -> Items:
    for each in _find(ctx, *kinds, region=region):
        yield (each.name, f"of {each.source}") if each.source else each.name


def _find(ctx: typer.Context, *kinds: ResourceKind, region: str | None = None) -> list[Resource]:
    from lightsail_snap.cli._resource_names import find_resources  # noqa: PLC0415 - as above

    return find_resources(kinds, ctx.obj, region=region)
