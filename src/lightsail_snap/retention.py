"""Which snapshots to keep and which to delete, in the words of restic and borg. Pure.

Nothing here deletes anything, reads a clock or asks the service: `plan_retention` takes snapshots,
a policy and the time, and says for each snapshot keep or delete, and why.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import (
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

from pydantic import ConfigDict, PlainValidator, WithJsonSchema, model_validator
from typing_extensions import override

from lightsail_snap._text import safe_line, short_repr
from lightsail_snap.errors import RequestValidationError, Violation
from lightsail_snap.models import (
    DiskSnapshot,
    DiskSnapshotState,
    InstanceSnapshot,
    InstanceSnapshotState,
)
from lightsail_snap.models._base import ValidatedModel
from lightsail_snap.models._rules import Requirement
from lightsail_snap.models.tags import has_tags

__all__ = [
    "OWNERSHIP_TAG",
    "RetentionPlan",
    "RetentionPolicy",
    "RetentionVerdict",
    "Scope",
    "by_name",
    "by_tag",
    "plan_retention",
]

OWNERSHIP_TAG = "lightsail-snap:managed"
"""The key of the tag that says: this snapshot was made to be pruned by this library."""

AnySnapshot: TypeAlias = DiskSnapshot | InstanceSnapshot
"""A snapshot of either kind."""

Ownership: TypeAlias = Callable[[AnySnapshot], bool]
"""Says whether a snapshot is ours to delete."""

GroupBy: TypeAlias = Literal["source", "none"]
"""Which snapshots count against one another: those of the same source, or all."""

SnapshotT = TypeVar("SnapshotT", bound=AnySnapshot)

_OURS = "lightsail_snap"
_ALL = "all"
_MONTHS = 12

_COUNT = Requirement(
    'must be a whole number, 0 or more, or "all"',
    _OURS,
    'give 7, or "all" for no limit; leave it out if the rule is not wanted',
)
_SPAN = Requirement(
    "must be a duration of years, months, days and hours, each at most once and not negative",
    _OURS,
    'write "1y5m7d2h", or give a timedelta of whole hours',
)
_TAGS = Requirement(
    "must be a sequence of tags, each `key` or `key=value`, with commas between tags that a "
    "snapshot must bear all of",
    _OURS,
    'write ["env=prod"] or ["keep", "env=prod,tier=db"]',
)
_ZONE = Requirement(
    "must be a time zone that the IANA database names",
    _OURS,
    'use a name such as "Europe/Berlin" or "UTC"',
)
_NO_DATABASE = Requirement(
    "must be UTC, since this system has no time zone database",
    _OURS,
    'run `pip install tzdata`, or use "UTC"',
)
_PORTABLE_ZONE = Requirement(
    "must be a time zone that has the same name and meaning on every machine",
    _OURS,
    'use a name of the IANA database such as "Europe/Berlin", or "UTC"',
)
# A file with one of these names could be missing or wrong, so none is read.
_UTC_NAMES = frozenset(
    {"UTC", "UCT", "Universal", "Zulu", "Etc/UTC", "Etc/UCT", "Etc/Universal", "Etc/Zulu"}
)
# Links to the zone of this machine, placeholders, and builds of the database that not every system
# has: those in `right` count leap seconds.
_LOCAL_NAMES = frozenset({"localtime", "local", "posixrules", "factory"})
_LOCAL_FOLDERS = ("posix/", "right/", "systemv/")
_OWNER = Requirement("must be the name of a plan", _OURS, "give 'nightly', or leave it out")
_PATTERNS = Requirement(
    "must be a sequence of shell patterns, none of them empty",
    _OURS,
    "give ['db-*'], or leave it out",
)
_SCOPED = Requirement(
    "must have at least one of owner, names and sources",
    _OURS,
    "give owner='nightly', names=['before-*'] or sources=['db-1']",
)
_SOMETHING = Requirement(
    "must keep something",
    _OURS,
    "give at least one rule that is not 0; to delete everything, delete it yourself",
)

# The longest timedelta has 11 digits of hours; int() refuses very long numbers.
_SPAN_PART = re.compile(r"([0-9]{1,12})([ymdh])")
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class _Span:
    """A stretch of time: of the calendar down to days, and of elapsed hours."""

    years: int = 0
    months: int = 0
    days: int = 0
    hours: int = 0

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `_span` has written."""
        parts = {unit: int(digits) for digits, unit in _SPAN_PART.findall(text)}
        return cls(*(parts.get(unit, 0) for unit in "ymdh"))

    @override
    def __str__(self) -> str:
        parts = ((self.years, "y"), (self.months, "m"), (self.days, "d"), (self.hours, "h"))
        return "".join(f"{number}{unit}" for number, unit in parts if number)

    def before(self, moment: datetime, zone: tzinfo) -> datetime | None:
        """Go back from a moment.

        As in restic, a day that the month does not have runs over into the next month.

        Args:
            moment: Where to begin, in UTC.
            zone: Whose calendar counts.

        Returns:
            The moment in UTC; None if it lies before all dates.
        """
        try:
            if self.years or self.months or self.days:
                local = moment.astimezone(zone)
                months = (local.year - self.years) * _MONTHS + local.month - 1 - self.months
                first = date(months // _MONTHS, months % _MONTHS + 1, 1)
                day = first + timedelta(days=local.day - 1 - self.days)
                wall = datetime.combine(day, local.time(), zone)
                # A wall clock shows some times twice and some never; the earlier reading keeps
                # more.
                moment = min(wall.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
            return moment - self.hours * _HOUR
        except (ValueError, OverflowError):
            return None


def _count(value: object) -> int | str | None:
    if value is None or (type(value) is int and value >= 0):
        return value
    if isinstance(value, str) and str.__eq__(value, _ALL):
        return _ALL
    raise _COUNT.broken()


def _span(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, timedelta):
        hours, rest = divmod(value, _HOUR)
        if hours < 0 or rest:
            raise _SPAN.broken()
        return str(_Span(hours=hours)) or None
    parts = _SPAN_PART.findall(value) if isinstance(value, str) else []
    written = "".join(digits + unit for digits, unit in parts)
    units = [unit for _, unit in parts]
    if not parts or written != value or len(set(units)) < len(units):
        raise _SPAN.broken()
    return str(_Span.parse(written)) or None


def _tags(value: object) -> tuple[str, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str | bytes | bytearray):
        raise _TAGS.broken()
    specs = tuple(value)
    if not all(isinstance(spec, str) and all(spec.split(",")) for spec in specs):
        raise _TAGS.broken()
    return specs


def _zone(value: object) -> str:
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
    """Return a time zone by its name; UTC needs no database."""
    return UTC if name in _UTC_NAMES else ZoneInfo(name)


def _owner(value: object) -> str | None:
    if value is None or (isinstance(value, str) and value):
        return value
    raise _OWNER.broken()


def _patterns(value: object) -> tuple[str, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str | bytes | bytearray):
        raise _PATTERNS.broken()
    patterns = tuple(value)
    if not all(isinstance(pattern, str) and pattern for pattern in patterns):
        raise _PATTERNS.broken()
    return patterns


# pydantic cannot derive what a validator function returns.
_STRING_SCHEMA = WithJsonSchema({"type": "string"}, mode="serialization")
_STRINGS_SCHEMA = WithJsonSchema(
    {"type": "array", "items": {"type": "string"}}, mode="serialization"
)

OwnerName = Annotated[str, PlainValidator(_owner, json_schema_input_type=str), _STRING_SCHEMA]
"""The name of a plan, not empty."""

NamePatterns = Annotated[
    Sequence[str],
    PlainValidator(_patterns, json_schema_input_type=list[str]),
    _STRINGS_SCHEMA,
]
"""Shell patterns, none of them empty."""

Count = Annotated[
    int | Literal["all"] | None,
    PlainValidator(_count, json_schema_input_type=int | Literal["all"] | None),
    WithJsonSchema(
        {"anyOf": [{"type": "integer", "minimum": 0}, {"const": _ALL}, {"type": "null"}]},
        mode="serialization",
    ),
]
"""How many to keep: 0 or more, `"all"`, or None if the rule is not wanted."""

Duration = Annotated[
    str | timedelta | None,
    PlainValidator(_span, json_schema_input_type=str | None),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "null"}]}, mode="serialization"),
]
"""A duration as restic writes it, `1y5m7d2h`, or a `timedelta` of whole hours.

Years, months and days are those of the calendar of the policy's time zone; hours are elapsed time,
and so is a `timedelta`: `timedelta(days=7)` is `168h`. It is kept as text, and a duration of
nothing as None.
"""

TagSpecs = Annotated[
    Sequence[str],
    PlainValidator(_tags, json_schema_input_type=list[str]),
    _STRINGS_SCHEMA,
]
"""Tags, each `key` or `key=value`; with commas, tags that a snapshot must bear all of."""

TimeZone = Annotated[
    str | tzinfo, PlainValidator(_zone, json_schema_input_type=str), _STRING_SCHEMA
]
"""A name of the IANA database, a `ZoneInfo` of such a name, or `datetime.UTC`; kept as the name.

UTC needs no database. Names that mean something else on another machine, such as `localtime` and
`right/UTC`, are refused. Where the system has no database (Windows), `tzdata` is installed with
this package; in slim container images install it yourself.
"""


class RetentionPolicy(ValidatedModel, frozen=True):
    """What to keep. A snapshot stays if any rule keeps it.

    `keep_daily=7` keeps the newest snapshot of each of the 7 latest days that have any; the same
    goes for hours, ISO weeks (from Monday on), months and years of the time zone's calendar. A rule
    that is None or 0 is not used. A policy may be read from any mapping, for example a table of a
    TOML file: `RetentionPolicy(**table)`.

    Raises:
        RequestValidationError: If a value breaks a rule, if a field is unknown, or if the policy
            would keep nothing. It tells all violations at once.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(
        extra="forbid", use_attribute_docstrings=True, revalidate_instances="always"
    )

    time_zone: TimeZone
    """Whose hours, days, weeks, months and years count. There is no default: say it."""
    keep_last: Count = None
    """Keep this many of the newest."""
    keep_hourly: Count = None
    """Keep the newest of each of so many hours that have any."""
    keep_daily: Count = None
    """Keep the newest of each of so many days that have any."""
    keep_weekly: Count = None
    """Keep the newest of each of so many ISO weeks that have any."""
    keep_monthly: Count = None
    """Keep the newest of each of so many months that have any."""
    keep_yearly: Count = None
    """Keep the newest of each of so many years that have any."""
    keep_within: Duration = None
    """Keep all that are less than this older than the newest (not: than now)."""
    keep_within_hourly: Duration = None
    """Keep the newest of each hour within this duration of the newest snapshot."""
    keep_within_daily: Duration = None
    """Keep the newest of each day within this duration of the newest snapshot."""
    keep_within_weekly: Duration = None
    """Keep the newest of each ISO week within this duration of the newest snapshot."""
    keep_within_monthly: Duration = None
    """Keep the newest of each month within this duration of the newest snapshot."""
    keep_within_yearly: Duration = None
    """Keep the newest of each year within this duration of the newest snapshot."""
    keep_tagged: TagSpecs = ()
    """Keep all that bear one of these tags: `key` with any value or none, or `key=value`."""
    delete_older_than: Duration = None
    """Delete all that are older than this, measured from now, whatever the other rules keep, except
    the newest of each source and those that `keep_tagged` keeps. Without other rules, keep all that
    are not older. A backup plan also deletes snapshots of this age whose disk or instance it no
    longer selects. None, the default: age alone deletes nothing."""

    @model_validator(mode="after")
    def _keeps_something(self) -> Self:
        if not any(value for name, value in self if name != "time_zone"):
            raise _SOMETHING.broken()
        return self


@dataclass(frozen=True, slots=True)
class RetentionVerdict(Generic[SnapshotT]):
    """What is to become of one snapshot.

    Attributes:
        snapshot: The snapshot.
        keep: Whether it stays.
        reasons: Every rule that keeps it, such as `daily: newest of 2026-11-23`; if none does, one
            reason that says so.
    """

    snapshot: SnapshotT
    keep: bool
    reasons: tuple[str, ...]


class Scope(ValidatedModel, frozen=True):
    """The snapshots that a deletion may consider, as data. At least one field must be given.

    A snapshot is in scope if it matches every field that is given. A snapshot that a plan manages
    (its tag `lightsail-snap:managed` has a value) is in scope only if `owner` names that plan. A
    snapshot without that tag is in scope only if `names` matches it. A scope is also an ownership
    predicate: pass it to `plan_retention` as `owned`.

    Raises:
        RequestValidationError: If no field is given, or one of them breaks a rule.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(
        extra="forbid", use_attribute_docstrings=True, revalidate_instances="always"
    )

    owner: OwnerName | None = None
    """The plan whose snapshots are in scope: the value of their tag `lightsail-snap:managed`."""
    names: NamePatterns = ()
    """Shell patterns of snapshot names (`*`, `?`, `[...]`; case-sensitive)."""
    sources: NamePatterns = ()
    """Shell patterns of the names of disks or instances (`*`, `?`, `[...]`; case-sensitive)."""

    @model_validator(mode="after")
    def _has_a_field(self) -> Self:
        if self.owner is None and not self.names and not self.sources:
            raise _SCOPED.broken()
        return self

    def __call__(self, snapshot: AnySnapshot) -> bool:
        """Return whether a snapshot is in scope.

        Args:
            snapshot: The snapshot.

        Returns:
            True if it matches every field that is given.
        """
        if self.names and not _matches(snapshot.name, self.names):
            return False
        if self.sources and not _matches(source_key(snapshot)[1] or "", self.sources):
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
    """What is to become of many snapshots.

    Attributes:
        verdicts: One for each snapshot, newest first, those without a date last.
        time_zone: The time zone's IANA name.
        policy: The policy that was evaluated, so that it can be evaluated again before a deletion;
            None if everything in scope is to go.
        scope: The scope that was passed as `owned`; None if that was a function.
        group_by: What counted against what.
    """

    verdicts: tuple[RetentionVerdict[SnapshotT], ...]
    time_zone: str
    policy: RetentionPolicy | None = None
    scope: Scope | None = None
    group_by: GroupBy = "source"

    @property
    def keep(self) -> tuple[SnapshotT, ...]:
        """The snapshots that stay, newest first."""
        return tuple(verdict.snapshot for verdict in self.verdicts if verdict.keep)

    @property
    def delete(self) -> tuple[SnapshotT, ...]:
        """The snapshots to delete, in the order to do so: oldest first."""
        return tuple(verdict.snapshot for verdict in self.verdicts[::-1] if not verdict.keep)

    def to_dict(self) -> dict[str, Any]:
        """Write the plan with JSON's types.

        Returns:
            A new dict: `time_zone`, and `verdicts` with `name`, `source`, `created_at` (ISO 8601,
            UTC), `keep` and `reasons` each.
        """
        return {
            "time_zone": self.time_zone,
            "verdicts": [
                {
                    "name": verdict.snapshot.name,
                    "source": _source_name(verdict.snapshot),
                    "created_at": created.isoformat() if created else None,
                    "keep": verdict.keep,
                    "reasons": list(verdict.reasons),
                }
                for verdict in self.verdicts
                for created in [verdict.snapshot.created_at]
            ],
        }

    @override
    def __str__(self) -> str:
        zone = _zone_of(self.time_zone)
        rows = [
            (
                "keep" if verdict.keep else "delete",
                _local(created, zone).isoformat(" ", "minutes")[:16] if created else "no date",
                safe_line(verdict.snapshot.name),
                safe_line(_source_name(verdict.snapshot) or "no source"),
                "; ".join(verdict.reasons),
            )
            for verdict in self.verdicts
            for created in [verdict.snapshot.created_at]
        ]
        total = f"keep {len(self.keep)}, delete {len(self.delete)} (times in {self.time_zone})"
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)][:-1]
        # What is not padded at the end of a line is the last column.
        lines = ("  ".join([*map(str.ljust, row[:-1], widths), row[-1]]) for row in rows)
        return "\n".join([*lines, total])


def _require(is_met: bool, field: str, rule: str, fix: str, given: object) -> None:  # noqa: FBT001 - reads as a sentence
    if not is_met:
        violation = Violation(field, rule, _OURS, fix, short_repr(given))
        raise RequestValidationError("plan_retention", [violation])


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _is_aware(value: object) -> bool:
    return isinstance(value, datetime) and value.utcoffset() is not None


def by_tag(key: str, value: str | None = None) -> Ownership:
    """Own the snapshots that bear a tag.

    Args:
        key: The tag's key.
        value: The tag's value; None for any value or none, "" for no value.

    Returns:
        What `plan_retention` takes as `owned`.

    Raises:
        RequestValidationError: If the key is no text or empty, or the value no text.
    """
    _require(_is_text(key), "key", "must be the key of a tag", f"give {OWNERSHIP_TAG!r}", key)
    is_value = value is None or _is_text(value) or value == ""
    _require(is_value, "value", "must be the value of a tag, or None", "give a text", value)

    def owned(snapshot: AnySnapshot) -> bool:
        return any(
            tag.key == key and (value is None or (tag.value or "") == value)
            for tag in snapshot.tags
        )

    return owned


def by_name(pattern: str | re.Pattern[str]) -> Ownership:
    """Own the snapshots whose whole name fits a pattern, case-sensitively.

    Args:
        pattern: A shell pattern such as `nightly-*` (`*`, `?`, `[...]`), or a compiled regular
            expression.

    Returns:
        What `plan_retention` takes as `owned`.

    Raises:
        RequestValidationError: If the pattern is neither, or empty.
    """
    text = pattern.pattern if isinstance(pattern, re.Pattern) else pattern
    fix = "give 'nightly-*', or a compiled regular expression"
    _require(_is_text(text), "pattern", "must be a pattern for names", fix, pattern)
    whole = re.compile(fnmatch.translate(pattern)) if isinstance(pattern, str) else pattern

    def owned(snapshot: AnySnapshot) -> bool:
        return whole.fullmatch(snapshot.name) is not None

    return owned


_OWN = by_tag(OWNERSHIP_TAG)


def source_key(snapshot: AnySnapshot) -> tuple[str, str | None]:
    """Tell what a snapshot is of, and the name of that."""
    if isinstance(snapshot, InstanceSnapshot):
        return "instance", snapshot.from_instance_name
    if snapshot.from_disk_name is not None:
        return "disk", snapshot.from_disk_name
    return "system volume", snapshot.from_instance_name


def _source_name(snapshot: AnySnapshot) -> str | None:
    kind, name = source_key(snapshot)
    return None if name is None else f"{kind} {name}"


def _region(snapshot: AnySnapshot) -> str:
    region = snapshot.location.region_name if snapshot.location else None
    return region or ""


def _local(moment: datetime, zone: tzinfo) -> datetime:
    try:
        return moment.astimezone(zone)
    except OverflowError:
        # The first and the last day of all dates have no neighbours.
        return moment


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
class _Dated(Generic[SnapshotT]):
    """A snapshot that the rules judge."""

    snapshot: SnapshotT
    created: datetime
    local: datetime


# Which of a group a rule keeps, by place, and the reason.
_Picks: TypeAlias = Iterator[tuple[int, str]]


def _newest_of_each(periods: Sequence[str], most: object, reason: str) -> _Picks:
    """Pick the newest of each of so many periods.

    Args:
        periods: The period that each of a group lies in, newest first.
        most: How many periods, None or 0 for none, "all" for all.
        reason: What to say of each, before the period's name.

    Yields:
        The places and reasons.
    """
    left = most if isinstance(most, int) else len(periods) if most == _ALL else 0
    last: str | None = None
    for place, period in enumerate(periods):
        if left <= 0:
            return
        if period != last:
            last, left = period, left - 1
            yield place, f"{reason}: newest of {period}"


def _tagged(snapshot: AnySnapshot, specs: Sequence[str]) -> Iterator[str]:
    return (
        spec for spec in specs if has_tags(((tag.key, tag.value) for tag in snapshot.tags), spec)
    )


def _rule_picks(
    group: Sequence[_Dated[SnapshotT]], policy: RetentionPolicy, anchor: datetime | None
) -> _Picks:
    """Apply every rule to a group.

    Args:
        group: The group, newest first.
        policy: The rules.
        anchor: The moment that durations reach back from, None if there is no such.

    Yields:
        Places and reasons, rule by rule; a place may come more than once.
    """
    for place, dated in enumerate(group):
        for spec in _tagged(dated.snapshot, policy.keep_tagged):
            yield place, f"tagged: {spec}"

    def within(duration: object) -> int:
        """Count how many of the group a duration reaches."""
        if not isinstance(duration, str):
            return 0
        zone = _zone_of(str(policy.time_zone))
        since = _Span.parse(duration).before(anchor, zone) if anchor else None
        return sum(since is None or dated.created > since for dated in group)

    for place in range(within(policy.keep_within)):
        yield place, f"within: {policy.keep_within} of the newest"
    last = policy.keep_last
    most = last if isinstance(last, int) else len(group) if last == _ALL else 0
    for place in range(min(most, len(group))):
        yield place, f"last: {place + 1} of {last}"
    for name, period_of in _PERIODS:
        most, duration = getattr(policy, f"keep_{name}"), getattr(policy, f"keep_within_{name}")
        if most or duration:
            periods = [period_of(dated.local) for dated in group]
            yield from _newest_of_each(periods, most, name)
            reached = periods[: within(duration)]
            yield from _newest_of_each(reached, _ALL, f"{name} within {duration}")


@dataclass(frozen=True, slots=True)
class _Terms:
    """What a group is evaluated by: no policy keeps nothing; `latest` ends the present."""

    policy: RetentionPolicy | None
    now: datetime
    latest: datetime
    keep_newest: bool


# Rules that decide by themselves which snapshots go; the others only add to what stays.
_NOT_SELECTIVE = frozenset({"time_zone", "keep_tagged", "delete_older_than"})


def _is_selective(policy: RetentionPolicy) -> bool:
    return any(value for name, value in policy if name not in _NOT_SELECTIVE)


def _judge_group(
    group: Sequence[_Dated[SnapshotT]], terms: _Terms, newest: str
) -> Iterator[RetentionVerdict[SnapshotT]]:
    """Judge snapshots that count against one another.

    Args:
        group: The group, newest first.
        terms: What to judge by.
        newest: What the newest is the newest of.

    Yields:
        A verdict for each.
    """
    policy = terms.policy
    past = next((at for at, dated in enumerate(group) if dated.created <= terms.latest), None)
    reasons: list[list[str]] = [[] for _ in group]
    anchor = None if past is None else group[past].created
    for place, reason in _rule_picks(group, policy, anchor) if policy else ():
        reasons[place].append(reason)
    ages = [""] * len(group)
    if policy and policy.delete_older_than:
        zone = _zone_of(str(policy.time_zone))
        limit = _Span.parse(str(policy.delete_older_than)).before(terms.now, zone)
        for place, dated in enumerate(group):
            if limit is not None and dated.created < limit:
                ages[place] = f"older than {policy.delete_older_than}"
                reasons[place] = [each for each in reasons[place] if each.startswith("tagged: ")]
            elif not _is_selective(policy):
                reasons[place].append(f"not older than {policy.delete_older_than}")
    if terms.keep_newest:
        reasons[0].insert(0, f"newest: {newest}")
        if past:
            # The newest is dated in the future, by a clock that is wrong: do not rely on it alone.
            reasons[past].insert(0, f"newest: {newest} until now")
    for dated, found, age in zip(group, reasons, ages, strict=True):
        kept = tuple(found) or (age or ("no rule keeps it" if policy else "all are removed"),)
        yield RetentionVerdict(dated.snapshot, keep=bool(found), reasons=kept)


def _usable_state(snapshot: AnySnapshot) -> str:
    if isinstance(snapshot, DiskSnapshot):
        return DiskSnapshotState.COMPLETED
    return InstanceSnapshotState.AVAILABLE


def is_usable(snapshot: AnySnapshot) -> bool:
    """Return whether a snapshot can be restored: `completed`, or `available` of an instance."""
    return snapshot.state == _usable_state(snapshot)


def _untouchable(snapshot: AnySnapshot, group_by: GroupBy, *, is_owned: bool) -> str | None:
    """Say why no rule may judge a snapshot with a date, None if rules may."""
    if not is_owned:
        return "not owned"
    if not is_usable(snapshot):
        return f"not {_usable_state(snapshot)}: {safe_line(snapshot.state or 'no state')}"
    if group_by == "source" and _source_name(snapshot) is None:
        return "no source"
    return None


def _sorted_out(snapshots: Iterable[SnapshotT]) -> list[list[SnapshotT]]:
    """Bring together what is listed twice, sort by name, and refuse what is no snapshot."""
    fix = "give what client.iter_disk_snapshots() or client.iter_instance_snapshots() gives"
    _require(isinstance(snapshots, Iterable), "snapshots", "must be snapshots", fix, snapshots)
    found: dict[tuple[str, str], list[SnapshotT]] = {}
    for index, snapshot in enumerate(snapshots):
        field, is_one = f"snapshots[{index}]", isinstance(snapshot, DiskSnapshot | InstanceSnapshot)
        _require(is_one, field, "must be a snapshot", fix, snapshot)
        created = snapshot.created_at
        is_usable = created is None or _is_aware(created)
        _require(is_usable, f"{field}.created_at", "must have a time zone", fix, created)
        alike = found.setdefault((snapshot.name, _region(snapshot)), [])
        if snapshot not in alike:
            alike.append(snapshot)
    # To write a snapshot out takes longer than to judge it.
    return [
        sorted(alike, key=repr) if len(alike) > 1 else alike for _, alike in sorted(found.items())
    ]


def _answer(owned: Ownership, snapshot: AnySnapshot) -> bool:
    answer: object = owned(snapshot)
    # Whatever is true-ish, a coroutine for one, must not turn into a right to delete.
    _require(isinstance(answer, bool), "owned", "must answer True or False", "return it", answer)
    return answer is True


def _newest_first(verdict: RetentionVerdict[SnapshotT]) -> tuple[timedelta, str, str]:
    snapshot = verdict.snapshot
    created = snapshot.created_at
    # All dates lie at 0 or before; what has none comes after them.
    age = datetime.min.replace(tzinfo=UTC) - created if created else timedelta.max
    # Names, so that the order of two with the same date does not hang on which others there are.
    return age, snapshot.name, _region(snapshot)


def plan_retention(
    snapshots: Iterable[SnapshotT],
    policy: RetentionPolicy,
    now: datetime,
    *,
    owned: Ownership = _OWN,
    group_by: GroupBy = "source",
) -> RetentionPlan[SnapshotT]:
    """Say for each snapshot whether to keep or to delete it, and why.

    Whatever the policy, these stay and take up no place in any count: snapshots that are not owned,
    that are not `completed` (`available` for instance snapshots), that have no date, or whose
    source nobody knows. Of the others the newest of each source stays.

    Args:
        snapshots: Snapshots of disks, of instances, or of both. One that is listed twice counts
            once; if the two are not alike (its state changed in between), it stays.
        policy: What to keep.
        now: The time, with a time zone. It decides which dates are in the future, and the age that
            `delete_older_than` compares.
        owned: Which snapshots are ours to delete: `Scope(...)`, which `prune` needs, `by_tag(...)`,
            `by_name(...)` or any function that returns True or False. Without it, those that have
            the tag `OWNERSHIP_TAG`.
        group_by: `"source"` if only snapshots of the same kind, disk or instance, and region count
            against one another, `"none"` if all do.

    Returns:
        The plan. It does not depend on the snapshots' order.

    Raises:
        RequestValidationError: If an argument is not what it should be.
    """
    fix = 'give RetentionPolicy(time_zone="UTC", keep_daily=7)'
    _require(isinstance(policy, RetentionPolicy), "policy", "must be a policy", fix, policy)
    _require(_is_aware(now), "now", "must have a time zone", "give datetime.now(UTC)", now)
    fix = f"give by_tag({OWNERSHIP_TAG!r})"
    _require(callable(owned), "owned", "must be a function of a snapshot", fix, owned)
    is_known = group_by in ("source", "none")
    _require(is_known, "group_by", "must be known", 'give "source" or "none"', group_by)
    # A copy that pydantic made with updates has not been checked yet.
    policy = RetentionPolicy(**dict(policy))
    return evaluate(snapshots, policy, now, owned=owned, group_by=group_by)


def evaluate(  # noqa: PLR0913 - keyword-only, for the deletion of what is evaluated
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
    name = str(policy.time_zone) if policy else "UTC"
    zone = _zone_of(name)
    terms = _Terms(policy, now, now if latest is None else latest, keep_newest)
    verdicts: list[RetentionVerdict[SnapshotT]] = []
    groups: dict[tuple[str | None, ...], list[_Dated[SnapshotT]]] = {}
    for listed in _sorted_out(snapshots):
        snapshot, *others = listed
        if others:
            reasons = ("listed twice: and not alike",)
            verdicts += (RetentionVerdict(each, keep=True, reasons=reasons) for each in listed)
            continue
        why = _untouchable(snapshot, group_by, is_owned=_answer(owned, snapshot))
        if why is None and snapshot.created_at is not None:
            key = (*source_key(snapshot), _region(snapshot)) if group_by == "source" else ()
            local = _local(snapshot.created_at, zone)
            groups.setdefault(key, []).append(_Dated(snapshot, snapshot.created_at, local))
        else:
            reasons = (why or "no date",)
            verdicts.append(RetentionVerdict(snapshot, keep=True, reasons=reasons))
    newest = "of its source" if group_by == "source" else "of all"
    for group in groups.values():
        # Of those with the same date the one whose name comes first counts as the newer.
        group.sort(key=lambda dated: dated.created, reverse=True)
        verdicts += _judge_group(group, terms, newest)
    scope = owned if isinstance(owned, Scope) else None
    ordered = tuple(sorted(verdicts, key=_newest_first))
    return RetentionPlan(ordered, name, policy, scope, group_by)
