"""Retention: decide which snapshots to keep and which to delete, by the rules of restic and borg.

`plan_retention` takes snapshots, a policy and the time, and returns for each snapshot whether to
keep it, with the reasons. It is a pure function: it deletes nothing, reads no clock and sends no
requests. To delete, pass its result to `lightsail_snap.plans.prune`.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    ClassVar,
    Generic,
    Literal,
    Self,
    TypeAlias,
    TypeVar,
)
from zoneinfo import ZoneInfo, available_timezones

from pydantic import ConfigDict, PlainSerializer, PlainValidator, WithJsonSchema, model_validator
from typing_extensions import override

from lightsail_snap._parameters import invalid_parameter
from lightsail_snap._text import safe_line
from lightsail_snap.errors import RequestValidationError
from lightsail_snap.models import (
    DiskSnapshot,
    DiskSnapshotState,
    InstanceSnapshot,
    InstanceSnapshotState,
)
from lightsail_snap.models._base import ValidatedModel
from lightsail_snap.models._rules import Requirement
from lightsail_snap.models.tags import has_tags

if TYPE_CHECKING:
    from lightsail_snap._parameters import SequenceNotStr

__all__ = [
    "OWNERSHIP_TAG",
    "SOURCE_REGION_TAG",
    "RetentionDecision",
    "RetentionPlan",
    "RetentionPolicy",
    "Scope",
    "by_name",
    "by_tag",
    "plan_retention",
]

OWNERSHIP_TAG = "lightsail-snap:managed"
"""Key of the tag of snapshots that this library manages. Its value is the name of the plan."""

SOURCE_REGION_TAG = "lightsail-snap:source-region"
"""Key of the tag that plans with several Regions set: the Region of the disk or instance."""

AnySnapshot: TypeAlias = DiskSnapshot | InstanceSnapshot
"""A snapshot of either kind."""

Ownership: TypeAlias = Callable[[AnySnapshot], bool]
"""Predicate of snapshots that may be deleted."""

GroupBy: TypeAlias = Literal["source", "none"]
"""Snapshots that the rules count together: those of the same source (`source`), or all (`none`)."""

SnapshotT = TypeVar("SnapshotT", bound=AnySnapshot)

_SOURCE = "lightsail_snap"
_ALL = "all"
_MONTHS_PER_YEAR = 12

_COUNT = Requirement(
    'must be a whole number, 0 or more, or "all"',
    _SOURCE,
    'write 7, or "all" for no limit; leave it out to disable the rule',
)
_DURATION = Requirement(
    "must be a duration of years, months, days and hours, each at most once and not negative",
    _SOURCE,
    'write "1y5m7d2h", or pass a timedelta of whole hours',
)
_TAG_SPECS = Requirement(
    "must be a sequence of tags, each `key` or `key=value`, or several that must all match, "
    "separated by commas",
    _SOURCE,
    'write ["env=prod"] or ["keep", "env=prod,tier=db"]',
)
_ZONE = Requirement(
    "must be a time zone of the IANA database",
    _SOURCE,
    'use a name such as "Europe/Berlin" or "UTC"',
)
_NO_DATABASE = Requirement(
    "must be UTC, because this system has no time zone database",
    _SOURCE,
    'run `pip install tzdata`, or use "UTC"',
)
_PORTABLE_ZONE = Requirement(
    "must be a time zone that has the same name and meaning on every machine",
    _SOURCE,
    'use a name of the IANA database such as "Europe/Berlin", or "UTC"',
)
# No file is read for these names, since it could be missing or wrong.
_UTC_NAMES = frozenset(
    {"UTC", "UCT", "Universal", "Zulu", "Etc/UTC", "Etc/UCT", "Etc/Universal", "Etc/Zulu"}
)
# Links to the zone of the machine, placeholders, and builds of the database that not every system
# has. Those in `right` count leap seconds.
_LOCAL_NAMES = frozenset({"localtime", "local", "posixrules", "factory"})
_LOCAL_FOLDERS = ("posix/", "right/", "systemv/")
_OWNER = Requirement("must be the name of a plan", _SOURCE, "pass 'nightly', or leave it out")
_PATTERNS = Requirement(
    "must be a sequence of non-empty shell patterns",
    _SOURCE,
    "pass ['db-*'], or leave it out",
)
_SCOPE_FIELDS = Requirement(
    "must have at least one of owner, names and sources",
    _SOURCE,
    "pass owner='nightly', names=['before-*'] or sources=['db-1']",
)
_KEEPS_SOMETHING = Requirement(
    "must keep something",
    _SOURCE,
    "set at least one rule that is not 0",
)

# The longest timedelta has 11 digits of hours. int() rejects very long numbers.
_DURATION_PART = re.compile(r"([0-9]{1,12})([ymdh])")
_DIGITS = re.compile(r"[0-9]{1,12}")
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class _Span:
    """A duration of calendar years, months and days, and of elapsed hours."""

    years: int = 0
    months: int = 0
    days: int = 0
    hours: int = 0

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse the normal form of `_check_duration`."""
        parts = {unit: int(digits) for digits, unit in _DURATION_PART.findall(text)}
        return cls(*(parts.get(unit, 0) for unit in "ymdh"))

    @override
    def __str__(self) -> str:
        parts = ((self.years, "y"), (self.months, "m"), (self.days, "d"), (self.hours, "h"))
        return "".join(f"{number}{unit}" for number, unit in parts if number)

    def before(self, time: datetime, zone: tzinfo) -> datetime | None:
        """Return the UTC time before a UTC time, by the calendar of a zone; None before year 1.

        As in restic, a day that a month lacks overflows into the next month.
        """
        try:
            if self.years or self.months or self.days:
                local = time.astimezone(zone)
                months = (
                    (local.year - self.years) * _MONTHS_PER_YEAR + local.month - 1 - self.months
                )
                first = date(months // _MONTHS_PER_YEAR, months % _MONTHS_PER_YEAR + 1, 1)
                day = first + timedelta(days=local.day - 1 - self.days)
                earlier = datetime.combine(day, local.time(), zone)
                # Some local times occur twice or never. The earlier reading keeps more.
                time = min(earlier.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
            return time - self.hours * _HOUR
        except (ValueError, OverflowError):
            return None


def _check_count(value: object) -> int | str | None:
    if value is None or (type(value) is int and value >= 0):
        return value
    if isinstance(value, str) and str.__eq__(value, _ALL):
        return _ALL
    # Environment variables hold strings.
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        return int(value)
    raise _COUNT.broken()


def _check_duration(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, timedelta):
        hours, rest = divmod(value, _HOUR)
        if hours < 0 or rest:
            raise _DURATION.broken()
        return str(_Span(hours=hours)) or None
    parts = _DURATION_PART.findall(value) if isinstance(value, str) else []
    written = "".join(digits + unit for digits, unit in parts)
    units = [unit for _, unit in parts]
    if not parts or written != value or len(set(units)) < len(units):
        raise _DURATION.broken()
    return str(_Span.parse(written)) or None


def _check_strings(value: object, requirement: Requirement) -> tuple[str, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str | bytes | bytearray):
        raise requirement.broken()
    strings = tuple(value)
    if not all(isinstance(each, str) and each for each in strings):
        raise requirement.broken()
    return strings


def _check_tag_specs(value: object) -> tuple[str, ...]:
    specs = _check_strings(value, _TAG_SPECS)
    if not all(all(spec.split(",")) for spec in specs):
        raise _TAG_SPECS.broken()
    return specs


def _check_zone(value: object) -> str:
    if isinstance(value, ZoneInfo):
        key: object = value.key
        if key is None:
            raise _PORTABLE_ZONE.broken()
    else:
        key = "UTC" if isinstance(value, timezone) and value == UTC else value
    if not isinstance(key, str):
        raise _ZONE.broken()
    if key in _UTC_NAMES:
        return str(key)
    if key.lower() in _LOCAL_NAMES or key.lower().startswith(_LOCAL_FOLDERS):
        raise _PORTABLE_ZONE.broken()
    try:
        return ZoneInfo(key).key
    # ZoneInfoNotFoundError is a KeyError; a folder of the database is an OSError.
    except (KeyError, ValueError, OSError):
        raise (_ZONE if available_timezones() else _NO_DATABASE).broken() from None


def _zone_of(name: str) -> tzinfo:
    """Return a time zone by name; UTC needs no database."""
    return UTC if name in _UTC_NAMES else ZoneInfo(name)


def _check_owner(value: object) -> str | None:
    if value is None or (isinstance(value, str) and value):
        return value
    raise _OWNER.broken()


def _check_patterns(value: object) -> tuple[str, ...]:
    return _check_strings(value, _PATTERNS)


# pydantic cannot derive the schema of the values that a validator returns.
_STRING_SCHEMA = WithJsonSchema({"type": "string"}, mode="serialization")
# After a `PlainValidator` pydantic serializes a tuple twice, and warns of the list in between.
_UNCHANGED = PlainSerializer(lambda value: value, return_type=Any)
_STRINGS_SCHEMA = WithJsonSchema(
    {"type": "array", "items": {"type": "string"}}, mode="serialization"
)

_OwnerName = Annotated[
    str, PlainValidator(_check_owner, json_schema_input_type=str), _STRING_SCHEMA
]
_NamePatterns = Annotated[
    tuple[str, ...],
    PlainValidator(_check_patterns, json_schema_input_type=list[str]),
    _UNCHANGED,
    _STRINGS_SCHEMA,
]

Count = Annotated[
    int | Literal["all"] | None,
    PlainValidator(_check_count, json_schema_input_type=int | Literal["all"] | None),
    WithJsonSchema(
        {"anyOf": [{"type": "integer", "minimum": 0}, {"const": _ALL}, {"type": "null"}]},
        mode="serialization",
    ),
]
"""Number of snapshots or periods to keep: 0 or more, `"all"`, or None to disable the rule.

A string of digits, as in environment variables, is accepted and stored as the number.
"""

Duration = Annotated[
    str | None,
    PlainValidator(_check_duration, json_schema_input_type=str | None),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "null"}]}, mode="serialization"),
]
"""Duration in the format of restic, `1y5m7d2h`. A `timedelta` of whole hours is accepted.

Years, months and days follow the calendar of the policy's time zone. Hours are elapsed time, and so
is a `timedelta`: `timedelta(days=7)` is `168h`. The value is stored as a string; a duration of 0 is
stored as None.
"""

TagSpecs = Annotated[
    tuple[str, ...],
    PlainValidator(_check_tag_specs, json_schema_input_type=list[str]),
    _UNCHANGED,
    _STRINGS_SCHEMA,
]
"""Tags, each `key` or `key=value`. Tags separated by commas must all match."""

TimeZone = Annotated[str, PlainValidator(_check_zone, json_schema_input_type=str), _STRING_SCHEMA]
"""Name of a time zone of the IANA database, such as `Europe/Berlin`.

A `ZoneInfo` with such a name and `datetime.UTC` are accepted, and stored as the name. UTC needs no
database. Names whose meaning depends on the machine, such as `localtime` and `right/UTC`, are
rejected. On Windows, which has no database, `tzdata` is installed with this package. In slim
container images, install it yourself.
"""


class _Model(ValidatedModel, frozen=True):
    """Base of policies and scopes: frozen, without unknown fields."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        extra="forbid", use_attribute_docstrings=True, revalidate_instances="always"
    )


class RetentionPolicy(_Model, frozen=True):
    """Rules that decide which snapshots to keep.

    1. A snapshot is kept if any `keep_...` rule keeps it.
    2. The `keep_hourly` to `keep_yearly` rules keep the newest snapshot of each period. Periods
       without snapshots do not count: `keep_daily=7` keeps one snapshot for each of the 7 latest
       days that have any.
    3. Periods follow the calendar of `time_zone`. Weeks are ISO weeks, from Monday to Sunday.
    4. The `keep_within...` rules measure from the newest snapshot that is not in the future, not
       from the present. If backups stop, these rules delete nothing.
    5. `delete_older_than` overrides all other rules except `keep_tagged`.
    6. The newest snapshot of each source is always kept.
    7. A rule that is None or 0 is disabled. At least one rule must be enabled.

    To read a policy from a file, pass its table: `RetentionPolicy(**table)`.

    Raises:
        RequestValidationError: If a value is invalid, if a field is unknown, or if no rule is
            enabled. It lists all violations.

    Example:
        ```python
        RetentionPolicy(time_zone="Europe/Berlin", keep_daily=7, keep_weekly=5, keep_monthly=12)
        ```
    """

    time_zone: TimeZone
    """Time zone of hours, days, weeks, months and years. Required."""
    keep_last: Count = None
    """Number of newest snapshots to keep."""
    keep_hourly: Count = None
    """Number of hours of which to keep the newest snapshot."""
    keep_daily: Count = None
    """Number of days of which to keep the newest snapshot."""
    keep_weekly: Count = None
    """Number of ISO weeks of which to keep the newest snapshot."""
    keep_monthly: Count = None
    """Number of months of which to keep the newest snapshot."""
    keep_yearly: Count = None
    """Number of years of which to keep the newest snapshot."""
    keep_within: Duration = None
    """Duration before the newest snapshot in which to keep all snapshots."""
    keep_within_hourly: Duration = None
    """Duration before the newest snapshot in which to keep the newest of each hour."""
    keep_within_daily: Duration = None
    """Duration before the newest snapshot in which to keep the newest of each day."""
    keep_within_weekly: Duration = None
    """Duration before the newest snapshot in which to keep the newest of each ISO week."""
    keep_within_monthly: Duration = None
    """Duration before the newest snapshot in which to keep the newest of each month."""
    keep_within_yearly: Duration = None
    """Duration before the newest snapshot in which to keep the newest of each year."""
    keep_tagged: TagSpecs = ()
    """Tags of snapshots to keep: `key` with any value or none, or `key=value`."""
    delete_older_than: Duration = None
    """Age, measured from the present, above which snapshots are deleted even if another rule keeps
    them. The newest of each source and snapshots that `keep_tagged` keeps are not deleted. Without
    other rules, all younger snapshots are kept. A backup plan also deletes snapshots of this age
    whose disk or instance it no longer selects. None, the default: age alone deletes nothing."""

    if TYPE_CHECKING:
        # The constructor accepts more types than the fields have.
        def __init__(  # noqa: PLR0913 - one parameter per field
            self,
            *,
            time_zone: str | ZoneInfo | timezone,
            keep_last: int | Literal["all"] | None = None,
            keep_hourly: int | Literal["all"] | None = None,
            keep_daily: int | Literal["all"] | None = None,
            keep_weekly: int | Literal["all"] | None = None,
            keep_monthly: int | Literal["all"] | None = None,
            keep_yearly: int | Literal["all"] | None = None,
            keep_within: str | timedelta | None = None,
            keep_within_hourly: str | timedelta | None = None,
            keep_within_daily: str | timedelta | None = None,
            keep_within_weekly: str | timedelta | None = None,
            keep_within_monthly: str | timedelta | None = None,
            keep_within_yearly: str | timedelta | None = None,
            keep_tagged: SequenceNotStr[str] = (),
            delete_older_than: str | timedelta | None = None,
        ) -> None: ...

    @model_validator(mode="after")
    def _check_keeps_something(self) -> Self:
        if not any(value for name, value in self if name != "time_zone"):
            raise _KEEPS_SOMETHING.broken()
        return self


@dataclass(frozen=True, slots=True)
class RetentionDecision(Generic[SnapshotT]):
    """The decision about one snapshot.

    Attributes:
        snapshot: The snapshot.
        keep: Whether to keep it.
        reasons: Every rule that keeps it, such as `daily: newest of 2026-11-23`. If `keep` is
            False, one reason, such as `no rule keeps it`.
    """

    snapshot: SnapshotT
    keep: bool
    reasons: tuple[str, ...]


class Scope(_Model, frozen=True):
    """The snapshots that may be deleted, as data. At least one field is required.

    1. A snapshot is in scope if it matches every field that is set.
    2. A snapshot of a plan (its tag `lightsail-snap:managed` has a value) is in scope only if
       `owner` is that plan.
    3. A snapshot without that tag is in scope only if `names` is set and matches.

    A scope is also a predicate for the parameter `owned` of `plan_retention`.

    Raises:
        RequestValidationError: If no field is set, or a value is invalid.
    """

    owner: _OwnerName | None = None
    """Name of the plan: the value of the tag `lightsail-snap:managed`."""
    names: _NamePatterns = ()
    """Shell patterns of snapshot names (`*`, `?`, `[...]`; case-sensitive)."""
    sources: _NamePatterns = ()
    """Shell patterns of the names of disks or instances (`*`, `?`, `[...]`; case-sensitive)."""

    if TYPE_CHECKING:
        # The constructor accepts more types than the fields have.
        def __init__(
            self,
            *,
            owner: str | None = None,
            names: SequenceNotStr[str] = (),
            sources: SequenceNotStr[str] = (),
        ) -> None: ...

    @model_validator(mode="after")
    def _check_has_a_field(self) -> Self:
        if self.owner is None and not self.names and not self.sources:
            raise _SCOPE_FIELDS.broken()
        return self

    def __call__(self, snapshot: AnySnapshot) -> bool:
        """Return whether a snapshot is in scope.

        Args:
            snapshot: The snapshot.

        Returns:
            True if it matches every field that is set.
        """
        if self.names and not _matches(snapshot.name, self.names):
            return False
        if self.sources and not _matches(_source_of(snapshot)[1] or "", self.sources):
            return False
        owners = [tag.value or "" for tag in snapshot.tags if tag.key == OWNERSHIP_TAG]
        if self.owner is not None:
            return owners == [self.owner]
        return owners == [""] or (not owners and bool(self.names))

    @override
    def __str__(self) -> str:
        parts = [f"owner {self.owner}"] if self.owner is not None else []
        parts += [f"name {pattern}" for pattern in self.names]
        parts += [f"source {pattern}" for pattern in self.sources]
        return ", ".join(map(safe_line, parts))


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


@dataclass(frozen=True, slots=True)
class RetentionPlan(Generic[SnapshotT]):
    """The decisions about all snapshots. Print it as a table, or pass it to `prune`.

    Attributes:
        decisions: One decision per snapshot, newest first, snapshots without a date last.
        time_zone: The IANA name of the time zone.
        policy: The policy, which `prune` evaluates again right before deletions; None if everything
            in scope is deleted.
        scope: The scope that was passed as `owned`; None if another predicate was passed.
        group_by: The snapshots that the rules count together.
    """

    decisions: tuple[RetentionDecision[SnapshotT], ...]
    time_zone: str
    policy: RetentionPolicy | None = None
    scope: Scope | None = None
    group_by: GroupBy = "source"

    @property
    def keep(self) -> tuple[SnapshotT, ...]:
        """The snapshots to keep, newest first."""
        return tuple(each.snapshot for each in self.decisions if each.keep)

    @property
    def delete(self) -> tuple[SnapshotT, ...]:
        """The snapshots to delete, oldest first."""
        return tuple(each.snapshot for each in self.decisions[::-1] if not each.keep)

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as JSON types.

        Returns:
            A new dict: `time_zone`, and `decisions` with `name`, `source`, `created_at` (ISO 8601,
            UTC), `keep` and `reasons` each.
        """
        return {
            "time_zone": self.time_zone,
            "decisions": [
                {
                    "name": each.snapshot.name,
                    "source": _source_label(each.snapshot),
                    "created_at": created.isoformat() if created else None,
                    "keep": each.keep,
                    "reasons": list(each.reasons),
                }
                for each in self.decisions
                for created in [each.snapshot.created_at]
            ],
        }

    def _rows(self) -> list[tuple[str, ...]]:
        zone = _zone_of(self.time_zone)
        return [
            (
                "keep" if each.keep else "delete",
                _local(created, zone).isoformat(" ", "minutes")[:16] if created else "no date",
                safe_line(each.snapshot.name),
                safe_line(_source_label(each.snapshot) or "no source"),
                "; ".join(each.reasons),
            )
            for each in self.decisions
            for created in [each.snapshot.created_at]
        ]

    def _total(self) -> str:
        return f"keep {len(self.keep)}, delete {len(self.delete)} (times in {self.time_zone})"

    @override
    def __str__(self) -> str:
        rows = self._rows()
        # The last column is not padded.
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)][:-1]
        lines = ("  ".join([*map(str.ljust, row[:-1], widths), row[-1]]) for row in rows)
        return "\n".join([*lines, self._total()])

    def _repr_html_(self) -> str:
        from lightsail_snap._html import render, table  # noqa: PLC0415 - only notebooks need it

        head = ("decision", "created", "snapshot", "source", "why")
        return render(self, lambda: table("retention", head, self._rows(), self._total()))


def _invalid(name: str, rule: str, fix: str, value: object) -> RequestValidationError:
    return invalid_parameter(name, rule, fix, value, model="plan_retention")


def _is_non_empty_string(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _is_aware(value: object) -> bool:
    return isinstance(value, datetime) and value.utcoffset() is not None


def by_tag(key: str, value: str | None = None) -> Ownership:
    """Return a predicate that treats snapshots with this tag as managed.

    Args:
        key: The key of the tag, such as `OWNERSHIP_TAG`.
        value: The value of the tag; None for any value or none, "" for no value.

    Returns:
        A predicate for the parameter `owned` of `plan_retention`.

    Raises:
        RequestValidationError: If `key` is not a non-empty string, or `value` not a string.
    """
    if not _is_non_empty_string(key):
        raise _invalid("key", "must be the key of a tag", f"pass {OWNERSHIP_TAG!r}", key)
    if value is not None and not isinstance(value, str):
        raise _invalid("value", "must be the value of a tag, or None", "pass a string", value)

    def is_owned(snapshot: AnySnapshot) -> bool:
        return any(
            tag.key == key and (value is None or (tag.value or "") == value)
            for tag in snapshot.tags
        )

    return is_owned


def by_name(pattern: str | re.Pattern[str]) -> Ownership:
    """Return a predicate that treats snapshots whose name matches a pattern as managed.

    Args:
        pattern: A shell pattern such as `nightly-*` (`*`, `?`, `[...]`; case-sensitive), or a
            compiled regular expression that must match the full name.

    Returns:
        A predicate for the parameter `owned` of `plan_retention`.

    Raises:
        RequestValidationError: If `pattern` is empty, or neither of the two.
    """
    text = pattern.pattern if isinstance(pattern, re.Pattern) else pattern
    if not _is_non_empty_string(text):
        fix = "pass 'nightly-*', or a compiled regular expression"
        raise _invalid("pattern", "must be a pattern for names", fix, pattern)
    compiled = re.compile(fnmatch.translate(pattern)) if isinstance(pattern, str) else pattern

    def is_owned(snapshot: AnySnapshot) -> bool:
        return compiled.fullmatch(snapshot.name) is not None

    return is_owned


_is_managed = by_tag(OWNERSHIP_TAG)


def _source_of(snapshot: AnySnapshot) -> tuple[str, str | None]:
    """Return the kind, as in a backup plan, and the name of the source of a snapshot."""
    if isinstance(snapshot, InstanceSnapshot):
        return "instance", snapshot.from_instance_name
    if snapshot.from_disk_name is not None:
        return "disk", snapshot.from_disk_name
    return "instance_system_disk", snapshot.from_instance_name


def _source_key(snapshot: AnySnapshot) -> tuple[str, str | None, str | None]:
    """Return kind, name and, if a tag names another Region than the snapshot's, Region of a source.

    Copies of sources of equal names from different Regions are thus not counted together.
    """
    tags = (tag.value for tag in snapshot.tags if tag.key == SOURCE_REGION_TAG)
    origin = next(tags, None) or None
    return *_source_of(snapshot), origin if origin != _region(snapshot) else None


def _source_label(snapshot: AnySnapshot) -> str | None:
    kind, name, origin = _source_key(snapshot)
    kind = "system volume" if kind == "instance_system_disk" else kind
    return None if name is None else f"{kind} {name}" + (f" of {origin}" if origin else "")


def _region(snapshot: AnySnapshot) -> str:
    region = snapshot.location.region_name if snapshot.location else None
    return region or ""


def _local(time: datetime, zone: tzinfo) -> datetime:
    try:
        return time.astimezone(zone)
    except OverflowError:
        # The first and the last representable day.
        return time


def _hour(local: datetime) -> str:
    return local.isoformat(" ")[:13] + ":00"


def _day(local: datetime) -> str:
    return local.isoformat()[:10]


def _week(local: datetime) -> str:
    year, week, _ = local.isocalendar()
    return f"{year:04}-W{week:02}"


def _month(local: datetime) -> str:
    return local.isoformat()[:7]


def _year(local: datetime) -> str:
    return local.isoformat()[:4]


_PERIODS: tuple[tuple[str, Callable[[datetime], str]], ...] = (
    ("hourly", _hour),
    ("daily", _day),
    ("weekly", _week),
    ("monthly", _month),
    ("yearly", _year),
)


@dataclass(frozen=True, slots=True)
class _DatedSnapshot(Generic[SnapshotT]):
    """A snapshot that the rules evaluate."""

    snapshot: SnapshotT
    created: datetime
    local: datetime


# Indexes of the snapshots in a group that a rule keeps, with the reason.
_Picks: TypeAlias = Iterator[tuple[int, str]]


def _newest_of_each(periods: Sequence[str], limit: object, reason: str) -> _Picks:
    """Pick the newest snapshot of each period, up to a `Count` of periods, newest first."""
    remaining = limit if isinstance(limit, int) else len(periods) if limit == _ALL else 0
    last: str | None = None
    for index, period in enumerate(periods):
        if remaining <= 0:
            return
        if period != last:
            last, remaining = period, remaining - 1
            yield index, f"{reason}: newest of {period}"


def _rule_picks(
    group: Sequence[_DatedSnapshot[SnapshotT]], policy: RetentionPolicy, anchor: datetime | None
) -> _Picks:
    """Apply every rule to a group, newest first; durations end at the anchor."""
    for index, dated in enumerate(group):
        tags = [(tag.key, tag.value) for tag in dated.snapshot.tags]
        for spec in policy.keep_tagged:
            if has_tags(tags, spec):
                yield index, f"tagged: {spec}"

    def count_within(duration: object) -> int:
        if not isinstance(duration, str):
            return 0
        zone = _zone_of(policy.time_zone)
        since = _Span.parse(duration).before(anchor, zone) if anchor else None
        return sum(since is None or dated.created > since for dated in group)

    for index in range(count_within(policy.keep_within)):
        yield index, f"within: {policy.keep_within} of the newest"
    last = policy.keep_last
    limit = last if isinstance(last, int) else len(group) if last == _ALL else 0
    for index in range(min(limit, len(group))):
        yield index, f"last: {index + 1} of {last}"
    for name, period_of in _PERIODS:
        count, duration = getattr(policy, f"keep_{name}"), getattr(policy, f"keep_within_{name}")
        if count or duration:
            periods = [period_of(dated.local) for dated in group]
            yield from _newest_of_each(periods, count, name)
            recent = periods[: count_within(duration)]
            yield from _newest_of_each(recent, _ALL, f"{name} within {duration}")


@dataclass(frozen=True, slots=True)
class _Terms:
    """Parameters of an evaluation; no policy keeps nothing, and `latest` ends the present."""

    policy: RetentionPolicy | None
    now: datetime
    latest: datetime
    keep_newest: bool


# These rules only protect snapshots, or depend on age alone; the others select what to keep.
_NOT_SELECTIVE = frozenset({"time_zone", "keep_tagged", "delete_older_than"})


def _is_selective(policy: RetentionPolicy) -> bool:
    return any(value for name, value in policy if name not in _NOT_SELECTIVE)


def _decide_group(
    group: Sequence[_DatedSnapshot[SnapshotT]], terms: _Terms, group_name: str
) -> Iterator[RetentionDecision[SnapshotT]]:
    """Decide about snapshots that are counted together, newest first."""
    policy = terms.policy
    past = next((at for at, dated in enumerate(group) if dated.created <= terms.latest), None)
    reasons: list[list[str]] = [[] for _ in group]
    anchor = None if past is None else group[past].created
    for index, reason in _rule_picks(group, policy, anchor) if policy else ():
        reasons[index].append(reason)
    ages = [""] * len(group)
    if policy and policy.delete_older_than:
        zone = _zone_of(policy.time_zone)
        limit = _Span.parse(policy.delete_older_than).before(terms.now, zone)
        for index, dated in enumerate(group):
            if limit is not None and dated.created < limit:
                ages[index] = f"older than {policy.delete_older_than}"
                reasons[index] = [each for each in reasons[index] if each.startswith("tagged: ")]
            elif not _is_selective(policy):
                reasons[index].append(f"not older than {policy.delete_older_than}")
    if terms.keep_newest:
        reasons[0].insert(0, f"newest: {group_name}")
        if past:
            # The newest has a date in the future, from a wrong clock. Do not rely on it alone.
            reasons[past].insert(0, f"newest: {group_name} until now")
    for dated, found, age in zip(group, reasons, ages, strict=True):
        kept = tuple(found) or (age or ("no rule keeps it" if policy else "all are removed"),)
        yield RetentionDecision(dated.snapshot, keep=bool(found), reasons=kept)


def _usable_state(snapshot: AnySnapshot) -> str:
    if isinstance(snapshot, DiskSnapshot):
        return DiskSnapshotState.COMPLETED
    return InstanceSnapshotState.AVAILABLE


def _is_usable(snapshot: AnySnapshot) -> bool:
    """Return whether a snapshot can be restored: `completed`, or `available` of an instance."""
    return snapshot.state == _usable_state(snapshot)


def _exemption(snapshot: AnySnapshot, group_by: GroupBy, *, is_owned: bool) -> str | None:
    """Return why a snapshot is kept and not counted; None if the rules apply to it."""
    if not is_owned:
        return "not owned"
    if not _is_usable(snapshot):
        return f"not {_usable_state(snapshot)}: {safe_line(snapshot.state or 'no state')}"
    if group_by == "source" and _source_label(snapshot) is None:
        return "no source"
    return None if snapshot.created_at else "no date"


def _group_duplicates(snapshots: Iterable[SnapshotT]) -> list[list[SnapshotT]]:
    """Return the distinct listings of each snapshot, sorted by name and Region."""
    fix = "pass client.iter_disk_snapshots() or client.iter_instance_snapshots()"
    if not isinstance(snapshots, Iterable):
        raise _invalid("snapshots", "must be snapshots", fix, snapshots)
    found: dict[tuple[str, str], list[SnapshotT]] = {}
    for index, snapshot in enumerate(snapshots):
        name = f"snapshots[{index}]"
        if not isinstance(snapshot, DiskSnapshot | InstanceSnapshot):
            raise _invalid(name, "must be a snapshot", fix, snapshot)
        created = snapshot.created_at
        if created is not None and not _is_aware(created):
            raise _invalid(f"{name}.created_at", "must have a time zone", fix, created)
        listings = found.setdefault((snapshot.name, _region(snapshot)), [])
        if snapshot not in listings:
            listings.append(snapshot)
    # repr is slower than all rules, so it is used only where the order matters.
    return [
        sorted(found[key], key=repr) if len(found[key]) > 1 else found[key] for key in sorted(found)
    ]


def _is_owned(owned: Ownership, snapshot: AnySnapshot) -> bool:
    result: object = owned(snapshot)
    # Other truthy objects, such as coroutines, must not permit a deletion.
    if not isinstance(result, bool):
        raise _invalid("owned", "must return True or False", "return a bool", result)
    return result


def _sort_key(decision: RetentionDecision[SnapshotT]) -> tuple[timedelta, str, str]:
    snapshot = decision.snapshot
    created = snapshot.created_at
    # Ages are at most 0, so snapshots without a date come last.
    age = datetime.min.replace(tzinfo=UTC) - created if created else timedelta.max
    # Name and Region make the order of equal dates independent of other snapshots.
    return age, snapshot.name, _region(snapshot)


def plan_retention(
    snapshots: Iterable[SnapshotT],
    policy: RetentionPolicy,
    now: datetime,
    *,
    owned: Ownership = _is_managed,
    group_by: GroupBy = "source",
) -> RetentionPlan[SnapshotT]:
    """Decide for each snapshot whether to keep or to delete it, with the reasons.

    Some snapshots are kept whatever the policy:

    1. The newest snapshot of each source, and if its date is in the future, the newest until now.
    2. Snapshots that are not owned, not usable (`completed`, or `available` for instance
       snapshots), or without a date or source. The rules do not count these.
    3. A snapshot that is listed twice in different states, since it changed during the listing.

    Args:
        snapshots: Snapshots of disks, of instances, or of both. Equal duplicates count once.
        policy: The policy.
        now: The time, with a time zone. Later dates are in the future. `delete_older_than` measures
            ages from it.
        owned: A predicate of snapshots that may be deleted: `Scope(...)`, which `prune` requires,
            `by_tag(...)`, `by_name(...)` or another function that returns True or False. The
            default is snapshots with the tag `OWNERSHIP_TAG`.
        group_by: `"source"` to count snapshots of the same kind, source and Region together, and
            copies from different Regions, by the tag `SOURCE_REGION_TAG`, separately; `"none"` to
            count all snapshots together.

    Returns:
        The plan. It does not depend on the order of the snapshots.

    Raises:
        RequestValidationError: If an argument is invalid.
    """
    if not isinstance(policy, RetentionPolicy):
        fix = 'pass RetentionPolicy(time_zone="UTC", keep_daily=7)'  # type: ignore[unreachable] # callers without a type checker get here
        raise _invalid("policy", "must be a policy", fix, policy)
    if not _is_aware(now):
        raise _invalid("now", "must have a time zone", "pass datetime.now(UTC)", now)
    if not callable(owned):
        fix = f"pass by_tag({OWNERSHIP_TAG!r})"  # type: ignore[unreachable] # likewise
        raise _invalid("owned", "must be a function of a snapshot", fix, owned)
    if group_by not in ("source", "none"):
        fix = 'pass "source" or "none"'
        raise _invalid("group_by", "must be known", fix, group_by)
    # model_copy does not validate.
    policy = RetentionPolicy(**dict(policy))
    return _evaluate(snapshots, policy, now, owned=owned, group_by=group_by)


def _evaluate(  # noqa: PLR0913 - keyword-only from the fourth on
    snapshots: Iterable[SnapshotT],
    policy: RetentionPolicy | None,
    now: datetime,
    *,
    owned: Ownership,
    group_by: GroupBy = "source",
    latest: datetime | None = None,
    keep_newest: bool = True,
) -> RetentionPlan[SnapshotT]:
    """Evaluate a policy; None keeps nothing. Dates up to `latest` (`now` if None) are the past."""
    name = policy.time_zone if policy else "UTC"
    zone = _zone_of(name)
    terms = _Terms(policy, now, now if latest is None else latest, keep_newest)
    decisions: list[RetentionDecision[SnapshotT]] = []
    groups: dict[tuple[str | None, ...], list[_DatedSnapshot[SnapshotT]]] = {}
    for listings in _group_duplicates(snapshots):
        snapshot, *others = listings
        if others:
            reasons = ("listed twice: and not alike",)
            decisions += (RetentionDecision(each, keep=True, reasons=reasons) for each in listings)
            continue
        reason = _exemption(snapshot, group_by, is_owned=_is_owned(owned, snapshot))
        if reason is None and snapshot.created_at is not None:
            key = (*_source_key(snapshot), _region(snapshot)) if group_by == "source" else ()
            local = _local(snapshot.created_at, zone)
            groups.setdefault(key, []).append(_DatedSnapshot(snapshot, snapshot.created_at, local))
        else:
            decisions.append(RetentionDecision(snapshot, keep=True, reasons=(str(reason),)))
    group_name = "of its source" if group_by == "source" else "of all"
    for group in groups.values():
        # The sort is stable, so of equal dates the first name counts as the newer.
        group.sort(key=lambda dated: dated.created, reverse=True)
        decisions += _decide_group(group, terms, group_name)
    scope = owned if isinstance(owned, Scope) else None
    ordered = tuple(sorted(decisions, key=_sort_key))
    return RetentionPlan(ordered, name, policy, scope, group_by)
