"""What to back up, as data."""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from lightsail_snap.models import Tag, TagsInput
from lightsail_snap.models._rules import Requirement, Rule
from lightsail_snap.models.names import RegionInput, ResourceName
from lightsail_snap.models.tags import TagList, has_tags
from lightsail_snap.plans._base import OURS, PlanModel, TextOrPath, parse_toml
from lightsail_snap.retention import OWNERSHIP_TAG, RetentionPolicy

CLIENT_TOKEN_TAG = "lightsail-snap:client-token"  # noqa: S105 - the key of a tag, no secret
"""The key of the tag that tells which step of which run took a snapshot."""

RESERVED_TAGS = frozenset({OWNERSHIP_TAG, CLIENT_TOKEN_TAG})

Kind: TypeAlias = Literal["disk", "instance_system_disk", "instance"]
"""What is snapshotted: a disk, the system volume of an instance, or an instance as a whole."""

Slot: TypeAlias = Literal["minute", "hour", "day"]
"""How finely runs are told apart, in UTC."""

_SLOTS: Mapping[str, str] = {"minute": "%Y%m%dT%H%MZ", "hour": "%Y%m%dT%HZ", "day": "%Y%m%d"}
_MOST_TAGS = 48
_LONGEST_TIMEOUT = timedelta(days=365)

PlanName = Annotated[
    str,
    StringConstraints(
        strict=True, max_length=64, pattern=r"^[A-Za-z0-9_]([A-Za-z0-9_.\-]*[A-Za-z0-9_])?$"
    ),
    Rule(
        "must be a string of 1 to 64 ASCII letters, digits or _ . - that begins and ends with a "
        "letter, a digit or _",
        f"{OURS}: it stands in tags and in names of snapshots",
        "choose another name, for example nightly",
    ),
]
"""The name of a plan: 1 to 64 of ASCII letters, digits, `_`, `.` and `-`."""

_Text = Annotated[
    str,
    StringConstraints(strict=True, min_length=1, max_length=1000, pattern=r"^[^\x00]+$"),
    Rule("must be a text that is not empty", OURS, "give a text, or leave it out"),
]

_Pattern = Annotated[
    str,
    StringConstraints(strict=True, min_length=1, max_length=255),
    Rule("must be a shell pattern such as db-*", OURS, "write globs = ['db-*', 'web-?']"),
]

_TAG_SPEC = Rule(
    "must be `key` or `key=value`, with commas between tags that a source must bear all of",
    OURS,
    "write tags = ['backup', 'env=prod,tier=db']",
)
_TagSpec = Annotated[
    str,
    StringConstraints(strict=True, max_length=1000, pattern=r"^[^,]+(,[^,]+)*$"),
    _TAG_SPEC,
]

_SOMETHING = Requirement(
    "must say which by at least one of names, globs and tags",
    OURS,
    "give names = ['db-1'], globs = ['db-*'] or tags = ['backup=daily']; globs = ['*'] is all",
)
_ONE_WAY = Requirement(
    "must be either a mount_point or the commands before and after",
    OURS,
    "give mount_point = '/mnt/data', or before = [...] and after = [...]",
)
_TEMPLATE = Requirement(
    "must be a text with {time}, and {source} and {plan} where wanted, and nothing else in braces",
    OURS,
    "write '{plan}-{source}-{time}'; without {time} a second run would find the name taken",
)
_TAG_ROOM = Requirement(
    f"tags must be at most {_MOST_TAGS}, none of them with a key of ours",
    f"Lightsail user guide (50 tags); {OURS} sets {' and '.join(sorted(RESERVED_TAGS))} itself",
    "drop some tags",
)
_OTHER_REGIONS = Requirement(
    "copies must be regions other than the plan's own, each once",
    OURS,
    "drop the plan's own region, and what is there twice",
)
_USELESS = Requirement(
    "copy_retention must be left out without copies or without retention",
    OURS,
    "give copies and retention as well",
)
_TIMEOUT = Rule(
    "must be a number of seconds or a duration (ISO 8601), more than 0 and at most a year",
    OURS,
    "write timeout = 3600 or timeout = 'PT1H'",
)


def _unique(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


def _template(value: object) -> str:
    try:
        parts = list(string.Formatter().parse(value)) if isinstance(value, str) else []
    except ValueError:
        parts = []
    fields = {name for _, name, _, _ in parts if name is not None}
    plain = all(not spec and conversion is None for _, _, spec, conversion in parts)
    if not isinstance(value, str) or not plain or "time" not in fields:
        raise _TEMPLATE.broken()
    if fields - {"source", "plan", "time"}:
        raise _TEMPLATE.broken()
    return value


NameTemplate = Annotated[str, BeforeValidator(_template), _TEMPLATE]
"""How snapshots are named: a text with `{time}`, and `{source}` and `{plan}` where wanted."""

Timeout = Annotated[timedelta, Field(gt=timedelta(0), le=_LONGEST_TIMEOUT), _TIMEOUT]
"""A duration: a `timedelta`, seconds, or ISO 8601 such as `PT1H`."""


MinimumRemaining = Annotated[
    int,
    Field(strict=True, ge=1),
    Rule("must be a whole number, 1 or more", OURS, "write minimum_remaining = 1"),
]
"""How many snapshots remain at least: 1 or more."""

MaxDeletions = Annotated[
    int,
    Field(strict=True, ge=0),
    Rule("must be a whole number, 0 or more", OURS, "write max_deletions = 50, or leave it out"),
]
"""How many snapshots may be deleted: 0 or more."""


class Selection(PlanModel, frozen=True):
    """What a plan takes snapshots of: all of a kind that any of the three ways of saying names."""

    kind: Kind
    """`disk`, `instance_system_disk` (a disk snapshot of an instance's system volume) or `instance`
    (an instance snapshot, with all its disks)."""
    names: Annotated[tuple[ResourceName, ...], AfterValidator(_unique)] = ()
    """The disks or instances of these names. Each must be there, unless `allow_missing`."""
    globs: Annotated[tuple[_Pattern, ...], AfterValidator(_unique)] = ()
    """Those whose names fit one of these shell patterns (`*`, `?`, `[...]`; case-sensitive)."""
    tags: Annotated[tuple[_TagSpec, ...], AfterValidator(_unique)] = ()
    """Those that bear one of these tags: `key` with any value or none, or `key=value`; with commas,
    all of several."""
    exclude: Annotated[tuple[_Pattern, ...], AfterValidator(_unique)] = ()
    """But none whose name fits one of these shell patterns."""
    allow_missing: bool = False
    """Whether it is fine that a name is not there, or that nothing is found at all."""

    if TYPE_CHECKING:
        # pydantic takes more than it keeps, which a field's type cannot say.
        def __init__(  # noqa: PLR0913 - as many as there are fields
            self,
            *,
            kind: Kind,
            names: Sequence[str] = (),
            globs: Sequence[str] = (),
            tags: Sequence[str] = (),
            exclude: Sequence[str] = (),
            allow_missing: bool = False,
        ) -> None: ...

    @model_validator(mode="after")
    def _says_which(self) -> Self:
        if not (self.names or self.globs or self.tags):
            raise _SOMETHING.broken()
        return self

    def includes(self, name: str, tags: Mapping[str, str | None]) -> bool:
        """Tell whether a source is meant.

        Args:
            name: The name of a disk or an instance.
            tags: Its tags.

        Returns:
            Whether to take a snapshot of it.
        """
        if any(fnmatchcase(name, pattern) for pattern in self.exclude):
            return False
        return (
            name in self.names
            or any(fnmatchcase(name, pattern) for pattern in self.globs)
            or any(has_tags(tags.items(), spec) for spec in self.tags)
        )


class Quiesce(PlanModel, frozen=True):
    """How to pause writes, on the machine that applies the plan, while a snapshot is requested.

    Snapshots of one run are then requested one after the other, and awaited at the same time.
    """

    before: tuple[_Text, ...] = ()
    """The command that pauses writes, word by word; no shell reads it."""
    after: tuple[_Text, ...] = ()
    """The command that lets them go on; it is run whatever happens."""
    mount_point: _Text | None = None
    """The file system to freeze instead, by its mount point."""
    timeout: Timeout = timedelta(seconds=30)
    """How long each command may take, or for how long the file system may be frozen."""

    if TYPE_CHECKING:
        # pydantic takes more than it keeps, which a field's type cannot say.
        def __init__(
            self,
            *,
            before: Sequence[str] = (),
            after: Sequence[str] = (),
            mount_point: str | None = None,
            timeout: timedelta | float | str = ...,
        ) -> None: ...

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        commands = (bool(self.before), bool(self.after))
        if commands != ((self.mount_point is None),) * 2:
            raise _ONE_WAY.broken()
        return self


class BackupPlan(PlanModel, frozen=True):
    """What to take snapshots of, how to call them, where to copy them, and which to keep.

    Raises:
        RequestValidationError: If a rule is broken. It tells all violations at once.
    """

    name: PlanName
    """The plan's name. Its snapshots bear it in the tag `lightsail-snap:managed`, and only those
    that do are ever deleted: no two plans of one account may share it."""
    region: RegionInput
    """The AWS Region of what is to be snapshotted, for example `us-east-1`."""
    account: _Text | None = None
    """Which of the `client_factory` mapping of `apply_many` to use, if there are several."""
    select: Selection
    """What to take snapshots of."""
    name_template: NameTemplate = "{plan}-{source}-{time}"
    """How to call the snapshots. `{time}` is that of the slot, in UTC."""
    slot: Slot = "hour"
    """Runs in the same minute, hour or day (UTC) are one and the same run: the second adopts what
    the first has taken. Take one at least as fine as the schedule."""
    tags: TagList = ()
    """Tags for every snapshot, besides the two that the library sets; at most 48."""
    quiesce: Quiesce | None = None
    """How to pause writes; not at all if None."""
    copies: tuple[RegionInput, ...] = ()
    """The AWS Regions to copy every snapshot to, under the same name and with the same tags."""
    retention: RetentionPolicy | None = None
    """Which snapshots of this plan to keep; all if None."""
    copy_retention: RetentionPolicy | None = None
    """Which copies to keep; by the same rules as the originals if None."""
    minimum_remaining: MinimumRemaining = 1
    """How many usable snapshots of this plan remain at least, of each source in each Region; 1 or
    more. If `retention` keeps more, more remain."""
    max_deletions: MaxDeletions | None = None
    """How many snapshots a run may delete in all Regions. A run with more deletions takes and
    copies its snapshots and deletes nothing. None for the default: 10, or twice the number of
    rules in use for each snapshot taken or copied if that is more. 0 deletes nothing."""
    timeout: Timeout = timedelta(hours=1)
    """How long to wait for each snapshot, and for each copy; the work goes on in Lightsail if that
    is not enough, and applying again resumes."""

    if TYPE_CHECKING:
        # pydantic takes more than it keeps, which a field's type cannot say.
        def __init__(  # noqa: PLR0913 - as many as there are fields
            self,
            *,
            name: str,
            region: str,
            select: Selection | Mapping[str, Any],
            account: str | None = None,
            name_template: str = ...,
            slot: Slot = ...,
            tags: TagsInput | None = (),
            quiesce: Quiesce | Mapping[str, Any] | None = None,
            copies: Sequence[str] = (),
            retention: RetentionPolicy | Mapping[str, Any] | None = None,
            copy_retention: RetentionPolicy | Mapping[str, Any] | None = None,
            minimum_remaining: int = 1,
            max_deletions: int | None = None,
            timeout: timedelta | float | str = ...,
        ) -> None: ...

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if len(self.tags) > _MOST_TAGS or {tag.key for tag in self.tags} & RESERVED_TAGS:
            raise _TAG_ROOM.broken()
        if len({self.region, *self.copies}) <= len(self.copies):
            raise _OTHER_REGIONS.broken()
        if self.copy_retention and not (self.retention and self.copies):
            raise _USELESS.broken()
        return self

    @classmethod
    def from_toml(cls, source: TextOrPath) -> Self:
        """Read a plan from TOML, whose tables and keys are the fields of this class.

        Args:
            source: The TOML, or the path of a file of it (a `pathlib.Path`).

        Returns:
            The plan.

        Raises:
            RequestValidationError: If it is no TOML, or breaks a rule.
            OSError: If the file cannot be read.
        """
        return cls._from_text(source, parse_toml, "TOML document")

    @property
    def all_tags(self) -> tuple[Tag, ...]:
        """The tags of every snapshot, the tag that says whose it is included."""
        return (*self.tags, Tag(key=OWNERSHIP_TAG, value=self.name))

    @property
    def regions(self) -> tuple[str, ...]:
        """The plan's own Region, then those it copies to."""
        return (self.region, *self.copies)

    def policy_of(self, region: str) -> RetentionPolicy | None:
        """Return which snapshots to keep in a Region.

        Args:
            region: The plan's own Region, or one it copies to.

        Returns:
            The policy; None if all are kept.
        """
        return (self.copy_retention if region != self.region else None) or self.retention

    def slot_of(self, now: datetime) -> str:
        """Tell which run a moment belongs to.

        Args:
            now: The moment, with a time zone.

        Returns:
            The minute, hour or day in UTC, as it stands in names.
        """
        return now.astimezone(UTC).strftime(_SLOTS[self.slot])

    def name_for(self, source: str, now: datetime) -> str:
        """Tell what the snapshot of a source is called.

        Args:
            source: The disk or instance.
            now: The time of the run, with a time zone.

        Returns:
            The name; whether Lightsail allows it is checked where a run is made.
        """
        return self.name_template.format(source=source, plan=self.name, time=self.slot_of(now))


def tags_of(tags: Iterable[Tag]) -> dict[str, str | None]:
    """Write tags as a mapping.

    Args:
        tags: The tags.

    Returns:
        Values by key; None for a key without a value. An empty value is None too: whether the
        service echoes it or drops it is unverified.
    """
    return {tag.key: tag.value or None for tag in tags}
