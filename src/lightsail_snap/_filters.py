"""Filters of listings, which the service does not have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from lightsail_snap._parameters import invalid_parameter
from lightsail_snap.models import DiskSource, InstanceSource, SnapshotSource

Filter: TypeAlias = Callable[[Any], bool]


def make_filter(
    *,
    tags: Mapping[str, str | None] | None = None,
    source: SnapshotSource | None = None,
    state: str | None = None,
) -> Filter | None:
    """Return a predicate for all conditions that are given; None if there are none."""
    conditions: list[Filter] = []
    if tags is not None:
        conditions.append(_has_tags(tags))
    if source is not None:
        conditions.append(_has_source(source))
    if state is not None:
        conditions.append(_has_state(state))
    if not conditions:
        return None
    return lambda resource: all(condition(resource) for condition in conditions)


def _has_tags(tags: object) -> Filter:
    fix = 'pass {"env": "prod"}, or {"env": None} for any value'
    if not isinstance(tags, Mapping):
        raise invalid_parameter("tags", "must be a mapping of tag keys to values", fix, tags)
    expected = dict(tags)
    if not all(
        isinstance(key, str) and (value is None or isinstance(value, str))
        for key, value in expected.items()
    ):
        raise invalid_parameter("tags", "must map strings to strings or None", fix, tags)

    def has_tags(resource: Any) -> bool:  # noqa: ANN401 - any resource with tags
        values = {tag.key: tag.value or "" for tag in resource.tags}
        return all(
            key in values and (value is None or values[key] == value)
            for key, value in expected.items()
        )

    return has_tags


def _has_source(source: object) -> Filter:
    if isinstance(source, DiskSource):
        return lambda snapshot: snapshot.from_disk_name == source.disk_name
    if isinstance(source, InstanceSource):
        return lambda snapshot: (
            snapshot.from_instance_name == source.instance_name
            and getattr(snapshot, "from_disk_name", None) is None
        )
    fix = 'pass DiskSource(disk_name="db") or InstanceSource(instance_name="web")'
    raise invalid_parameter("source", "must be a DiskSource or an InstanceSource", fix, source)


def _has_state(state: object) -> Filter:
    if not isinstance(state, str):
        fix = "pass a member of the state enumeration, for example DiskSnapshotState.COMPLETED"
        raise invalid_parameter("state", "must be a string", fix, state)
    return lambda resource: resource.state == state
