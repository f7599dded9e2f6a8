"""Backup plans as data: what to snapshot, how to name the snapshots and which to keep."""

from __future__ import annotations

import codecs
import os
import re
import string
import tomllib
from calendar import monthrange
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from types import UnionType
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    ClassVar,
    Literal,
    Self,
    TypeAlias,
    Union,
    get_args,
    get_origin,
)

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    model_validator,
)
from pydantic import (
    Tag as Variant,
)
from pydantic_core import from_json
from typing_extensions import override

from lightsail_snap._parameters import invalid_parameter
from lightsail_snap._text import one_line
from lightsail_snap._workflows.create_once import CLIENT_TOKEN_KEY
from lightsail_snap.errors import RequestValidationError, Violation
from lightsail_snap.models import Tag, TagsInput
from lightsail_snap.models._base import ValidatedModel
from lightsail_snap.models._rules import (
    UNKNOWN_FIELD,
    Requirement,
    Rule,
    unknown_field_fix,
    violations,
)
from lightsail_snap.models.names import RegionInput, ResourceName
from lightsail_snap.models.tags import TagList, has_tags
from lightsail_snap.retention import (
    OWNERSHIP_TAG,
    SOURCE_REGION_TAG,
    AnySnapshot,
    RetentionPolicy,
)

if TYPE_CHECKING:
    from lightsail_snap._parameters import SequenceNotStr

TagPairs: TypeAlias = tuple[tuple[str, str | None], ...]

SOURCE = "lightsail_snap"
"""The source of the rules that this library adds to those of Lightsail."""

CLIENT_TOKEN_TAG = CLIENT_TOKEN_KEY
"""Key of the tag that identifies the step and slot which took a snapshot."""

_RESERVED_TAGS = frozenset({OWNERSHIP_TAG, CLIENT_TOKEN_TAG, SOURCE_REGION_TAG})

Kind: TypeAlias = Literal["disk", "instance_system_disk", "instance"]
"""Kind of source: a disk, the system disk of an instance, or an instance with all its disks."""

Slot: TypeAlias = Literal[
    "minute", "hour", "2h", "3h", "4h", "6h", "8h", "12h", "day", "week", "month"
]
"""Length of the period, in UTC, in which all runs of a plan are the same run.

Numbers of hours divide a day, so that slots begin at the same hours every day.
"""

Weekday: TypeAlias = Literal[
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"
]
"""Day of the week."""

_WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)
_FIRST_DAY = datetime.min.replace(tzinfo=UTC)
_DAY = timedelta(days=1)
_SLOT_LENGTHS: Mapping[str, timedelta] = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    **{f"{hours}h": timedelta(hours=hours) for hours in (2, 3, 4, 6, 8, 12)},
    "day": _DAY,
}
# Characters of `20261123T0307Z` that the names of slots have.
_DAY_CHARACTERS, _HOUR_CHARACTERS, _MINUTE_CHARACTERS = 8, 11, 13

_MAX_TAGS = 48
_MAX_TIMEOUT = timedelta(days=365)

PlanName = Annotated[
    str,
    StringConstraints(
        strict=True, max_length=64, pattern=r"^[A-Za-z0-9_]([A-Za-z0-9_.\-]*[A-Za-z0-9_])?$"
    ),
    Rule(
        "must be a string of 1 to 64 ASCII letters, digits or _ . - that begins and ends with a "
        "letter, a digit or _",
        f"{SOURCE}: the name is part of tags and of snapshot names",
        "choose another name, for example nightly",
    ),
]
"""Name of a plan: 1 to 64 ASCII letters, digits, `_`, `.` and `-`."""

_Text = Annotated[
    str,
    StringConstraints(strict=True, min_length=1, max_length=1000, pattern=r"^[^\x00]+$"),
    Rule("must be a non-empty string", SOURCE, "set a string, or leave the field out"),
]

_Pattern = Annotated[
    str,
    StringConstraints(strict=True, min_length=1, max_length=255),
    Rule("must be a shell pattern such as db-*", SOURCE, "write globs = ['db-*', 'web-?']"),
]

_TagSpec = Annotated[
    str,
    StringConstraints(strict=True, max_length=1000, pattern=r"^[^,]+(,[^,]+)*$"),
    Rule(
        "must be `key` or `key=value`, or several that must all match, separated by commas",
        SOURCE,
        "write tags = ['backup', 'env=prod,tier=db']",
    ),
]

_SELECTS_SOMETHING = Requirement(
    "must select by at least one of names, globs and tags",
    SOURCE,
    "set names = ['db-1'], globs = ['db-*'] or tags = ['backup=daily']; globs = ['*'] selects all",
)
_ONE_METHOD = Requirement(
    "must have either a mount_point or the commands before and after",
    SOURCE,
    "set mount_point = '/mnt/data', or before = [...] and after = [...]",
)
_TEMPLATE = Requirement(
    "must be a string with {time}, optionally {plan}, {source}, {region} and {kind}, and no other "
    "braces",
    SOURCE,
    "write '{plan}-{source}-{time}'; without {time}, all runs would use the same name",
)
_NEEDS_REGION = Requirement(
    "name_template must contain {region} if snapshots of several Regions are copied, since a copy "
    "region may receive snapshots of disks with equal names",
    SOURCE,
    "write name_template = '{plan}-{region}-{source}-{time}'",
)
_NEEDS_KIND = Requirement(
    "name_template must contain {kind} if both instance and instance_system_disk are selected, "
    "since an instance has snapshots of both kinds",
    SOURCE,
    "write name_template = '{plan}-{source}-{kind}-{time}'",
)
_WEEK_START = Requirement(
    "week_starts_on requires slot = 'week'", SOURCE, "set slot = 'week', or leave it out"
)
_MONTH_START = Requirement(
    "month_starts_on requires slot = 'month'", SOURCE, "set slot = 'month', or leave it out"
)
_ALLOWED_TAGS = Requirement(
    f"tags must be at most {_MAX_TAGS}, or {_MAX_TAGS - 1} with several Regions, without the "
    "reserved keys",
    f"Lightsail user guide (50 tags); {SOURCE} sets {' and '.join(sorted(_RESERVED_TAGS))} itself",
    "remove some tags",
)
_OTHER_REGIONS = Requirement(
    "copies must be Regions other than the plan's own, each once",
    SOURCE,
    "remove the plan's own Regions and duplicates; to copy between two Regions both ways, write "
    "two plans",
)
_REGIONS = Requirement(
    "must be an AWS Region, or a list of AWS Regions, each once",
    SOURCE,
    "write region = 'us-east-1' or region = ['us-east-1', 'eu-west-1']",
)
_SELECTIONS = Requirement(
    "must be a selection, or a list of selections",
    SOURCE,
    "write a table [select], or one table [[select]] for each selection",
)
_NEEDS_COPIES = Requirement(
    "copy_retention requires copies and retention",
    SOURCE,
    "add copies and retention, or remove copy_retention",
)
_DURATION_RULE = (
    "must be a number of seconds or a duration (ISO 8601), more than 0 and at most a year"
)
_TIMEOUT = Rule(_DURATION_RULE, SOURCE, "write timeout = 3600 or timeout = 'PT1H'")
_INTERVAL = Rule(_DURATION_RULE, SOURCE, "write min_interval = 72000 or min_interval = 'PT20H'")


def _without_duplicates(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


_TEMPLATE_FIELDS = frozenset({"time", "plan", "source", "region", "kind"})


def _check_template(value: object) -> str:
    try:
        parts = list(string.Formatter().parse(value)) if isinstance(value, str) else []
    except ValueError:
        parts = []
    fields = {name for _, name, _, _ in parts if name is not None}
    is_plain = all(not spec and conversion is None for _, _, spec, conversion in parts)
    is_complete = "time" in fields and not fields - _TEMPLATE_FIELDS
    if not isinstance(value, str) or not is_plain or not is_complete:
        raise _TEMPLATE.broken()
    return value


NameTemplate = Annotated[str, BeforeValidator(_check_template), _TEMPLATE]
"""Template of snapshot names: a string with `{time}`, and optionally `{plan}`, `{source}`,
`{region}` and `{kind}`."""

_DIGITS = re.compile(r"[0-9]{1,12}")


def _number_of(value: object) -> object:
    """Return the number that a string of digits represents; environment variables hold strings."""
    return int(value) if isinstance(value, str) and _DIGITS.fullmatch(value) else value


_FROM_DIGITS = BeforeValidator(_number_of)

Timeout = Annotated[timedelta, Field(gt=timedelta(0), le=_MAX_TIMEOUT), _FROM_DIGITS, _TIMEOUT]
"""Duration of up to a year: a `timedelta`, seconds, or an ISO 8601 string such as `PT1H`."""

MinInterval = Annotated[timedelta, Field(gt=timedelta(0), le=_MAX_TIMEOUT), _FROM_DIGITS, _INTERVAL]
"""Duration of up to a year: a `timedelta`, seconds, or an ISO 8601 string such as `PT20H`."""

MonthDay = Annotated[
    int,
    Field(strict=True, ge=1, le=31),
    _FROM_DIGITS,
    Rule("must be a day of the month, 1 to 31", SOURCE, "write month_starts_on = 15"),
]
"""Day of the month, 1 to 31. Months that lack the day use their last one."""

MinimumRemaining = Annotated[
    int,
    Field(strict=True, ge=1),
    _FROM_DIGITS,
    Rule("must be a whole number, 1 or more", SOURCE, "write minimum_remaining = 1"),
]
"""Least number of snapshots that remain: 1 or more."""

MaxDeletions = Annotated[
    int,
    Field(strict=True, ge=0),
    _FROM_DIGITS,
    Rule("must be a whole number, 0 or more", SOURCE, "write max_deletions = 50, or leave it out"),
]
"""Greatest number of snapshots to delete: 0 or more."""

TextOrPath: TypeAlias = str | bytes | os.PathLike[str]
"""Content of a document, or the path of its file (a `pathlib.Path`, not a `str`)."""

# UTF-32 comes before UTF-16, since its mark begins with that of UTF-16. PowerShell 5.1 writes
# UTF-16 with `>`.
_CODECS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ENCODING = "must be text in UTF-8, or in UTF-16 or UTF-32 with a byte order mark"
_ENCODING_FIX = (
    "save the file as UTF-8; in PowerShell, pipe the command into: Out-File -Encoding utf8 run.json"
)
_NO_LIST = "Input should be a valid tuple"


def decode_document(content: str | bytes) -> str:
    """Decode a document by its byte order mark, else as UTF-8; raise UnicodeError if that fails."""
    if isinstance(content, bytes):
        codec = next((name for mark, name in _CODECS if content.startswith(mark)), "utf-8")
        content = content.decode(codec)
    if "\0" in content:
        message = "it has null characters, as UTF-16 without a byte order mark does"
        raise UnicodeError(message)
    return content.removeprefix("\ufeff")


def _models_in(annotation: object) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if get_origin(annotation) in {Annotated, Union, UnionType, tuple}:
        return [model for part in get_args(annotation) for model in _models_in(part)]
    return []


def _adapt_violation(model: type[BaseModel], found: Violation) -> Violation:
    """Name the fields of the nested model for an unknown field, and lists instead of tuples."""
    if found.rule == _NO_LIST:
        fix = f"put it in brackets: {found.field.rpartition('.')[2]} = [...]"
        return replace(found, rule="must be a list", fix=fix)
    nested, *path = [model], *found.field.split(".")[:-1]
    for step in path:
        name = step.partition("[")[0]
        nested = [
            each
            for outer in nested
            if name in outer.model_fields
            for each in _models_in(outer.model_fields[name].annotation)
        ]
    if found.rule != UNKNOWN_FIELD or not nested:
        return found
    return replace(found, fix=unknown_field_fix(nested[0], found.field))


class PlanModel(ValidatedModel, frozen=True):
    """Base of the models of a plan: frozen, without unknown fields, readable from JSON.

    Raises:
        RequestValidationError: If a rule is broken. It lists all violations.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(
        extra="forbid", use_attribute_docstrings=True, revalidate_instances="always"
    )

    @classmethod
    @override
    def _validation_error(cls, error: Exception, payload: object) -> RequestValidationError:
        found = tuple(_adapt_violation(cls, each) for each in violations(cls, error))
        return RequestValidationError(cls.__name__, found)

    @classmethod
    def from_json(cls, source: TextOrPath) -> Self:
        """Read the model from JSON.

        Args:
            source: The JSON, or the path of its file (a `pathlib.Path`).

        Returns:
            The model.

        Raises:
            RequestValidationError: If `source` is not a JSON object, or breaks a rule.
            OSError: If the file cannot be read.
        """
        return cls._from_document(source, from_json, "JSON object")

    def to_json(self, *, indent: int | None = None) -> str:
        """Write the model as JSON.

        Args:
            indent: Number of spaces per level; None for a single line.

        Returns:
            The JSON. `from_json` returns an equal model.
        """
        return self.model_dump_json(indent=indent)

    @classmethod
    def _from_document(cls, source: TextOrPath, parse: Callable[[str], object], noun: str) -> Self:
        rule, cause = f"must be a {noun}", None
        try:
            content = Path(source).read_bytes() if isinstance(source, os.PathLike) else source
            table = parse(decode_document(content))
        except UnicodeError as error:
            rule = f"{_ENCODING}: {one_line(str(error), 200)}"
            raise invalid_parameter("", rule, _ENCODING_FIX, source, model=cls.__name__) from error
        # TOMLDecodeError is a ValueError, too.
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            rule, cause, table = f"{rule}: {one_line(str(error), 200)}", error, None
        if not isinstance(table, Mapping):
            fix = f"pass the {noun} as a string, or the pathlib.Path of its file"
            raise invalid_parameter("", rule, fix, source, model=cls.__name__) from cause
        return cls(**table)


class Selection(PlanModel, frozen=True):
    """The sources of a plan: disks or instances that match a name, a glob or a tag."""

    kind: Kind
    """`disk`, `instance_system_disk` (a disk snapshot of an instance's system disk) or `instance`
    (an instance snapshot, with all its disks)."""
    names: Annotated[tuple[ResourceName, ...], AfterValidator(_without_duplicates)] = ()
    """Names of disks or instances. Each must exist in a Region of the plan, unless `allow_missing`
    is True."""
    globs: Annotated[tuple[_Pattern, ...], AfterValidator(_without_duplicates)] = ()
    """Shell patterns of names (`*`, `?`, `[...]`; case-sensitive)."""
    tags: Annotated[tuple[_TagSpec, ...], AfterValidator(_without_duplicates)] = ()
    """Tags: `key` with any value or none, or `key=value`. Tags separated by commas must all
    match."""
    exclude: Annotated[tuple[_Pattern, ...], AfterValidator(_without_duplicates)] = ()
    """Shell patterns of names to leave out."""
    allow_missing: bool = False
    """Whether a name may be missing, and whether the selection may be empty."""

    if TYPE_CHECKING:
        # pydantic accepts more types than the annotations of the fields state.
        def __init__(  # noqa: PLR0913 - one parameter per field
            self,
            *,
            kind: Kind,
            names: SequenceNotStr[str] = (),
            globs: SequenceNotStr[str] = (),
            tags: SequenceNotStr[str] = (),
            exclude: SequenceNotStr[str] = (),
            allow_missing: bool = False,
        ) -> None: ...

    @model_validator(mode="after")
    def _check_selects_something(self) -> Self:
        if not (self.names or self.globs or self.tags):
            raise _SELECTS_SOMETHING.broken()
        return self

    def includes(self, name: str, tags: Mapping[str, str | None]) -> bool:
        """Return whether the selection includes a disk or instance.

        Args:
            name: The name of the disk or instance.
            tags: Its tags; None for a key without a value.

        Returns:
            True if a name, glob or tag matches and no pattern of `exclude` does.
        """
        if any(fnmatchcase(name, pattern) for pattern in self.exclude):
            return False
        return (
            name in self.names
            or any(fnmatchcase(name, pattern) for pattern in self.globs)
            or any(has_tags(tags.items(), spec) for spec in self.tags)
        )


class Quiesce(PlanModel, frozen=True):
    """Method to pause writes, on the machine that applies the plan, while a snapshot is requested.

    Snapshots of a run are then requested one after the other. They are waited for concurrently.
    """

    before: tuple[_Text, ...] = ()
    """Command that pauses writes, as a list of arguments; it runs without a shell."""
    after: tuple[_Text, ...] = ()
    """Command that resumes writes. It always runs, also after an error."""
    mount_point: _Text | None = None
    """Mount point of a file system to freeze, instead of the commands."""
    timeout: Timeout = timedelta(seconds=30)
    """Limit of each command, or of the freeze."""

    if TYPE_CHECKING:
        # pydantic accepts more types than the annotations of the fields state.
        def __init__(
            self,
            *,
            before: SequenceNotStr[str] = (),
            after: SequenceNotStr[str] = (),
            mount_point: str | None = None,
            timeout: timedelta | float | str = ...,
        ) -> None: ...

    @model_validator(mode="after")
    def _check_one_method(self) -> Self:
        commands = (bool(self.before), bool(self.after))
        if commands != ((self.mount_point is None),) * 2:
            raise _ONE_METHOD.broken()
        return self


def _variant_of(value: object) -> Literal["one", "many"]:
    """Return whether a field that takes one or many received one."""
    is_one = isinstance(value, str | bytes | Mapping) or not isinstance(value, Collection)
    return "one" if is_one else "many"


def _unpack_single(value: Any) -> Any:  # noqa: ANN401 - one or many of any type
    return value[0] if isinstance(value, tuple) and len(value) == 1 else value


def _check_distinct(values: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(values)) < len(values):
        raise _REGIONS.broken()
    return values


SourceRegions = Annotated[
    Annotated[RegionInput, Variant("one")]
    | Annotated[
        tuple[RegionInput, ...],
        Field(min_length=1),
        AfterValidator(_check_distinct),
        Variant("many"),
    ],
    Discriminator(_variant_of),
    AfterValidator(_unpack_single),
    _REGIONS,
]
"""AWS Region, or several."""

Selections = Annotated[
    Annotated[Selection, Variant("one")]
    | Annotated[tuple[Selection, ...], Field(min_length=1), Variant("many")],
    Discriminator(_variant_of),
    AfterValidator(_unpack_single),
    _SELECTIONS,
]
"""Selection, or several."""


class BackupPlan(PlanModel, frozen=True):
    """A backup plan: the sources, the names of their snapshots, the copies and the retention.

    Raises:
        RequestValidationError: If a rule is broken. It lists all violations.
    """

    name: PlanName
    """Name of the plan, unique in the account. It is the value of the tag `lightsail-snap:managed`
    of the plan's snapshots. A plan deletes only snapshots with its name in this tag."""
    region: SourceRegions
    """AWS Region of the sources, for example `us-east-1`, or several. Every selection applies to
    every Region. If a Region of several cannot be reached, the others are backed up."""
    account: _Text | None = None
    """Key of the plan's entry in a `client_factory` mapping of `apply_many`."""
    select: Selections
    """Sources of the plan: a selection, or several. A source that several selections of one kind
    include has one snapshot."""
    name_template: NameTemplate = "{plan}-{source}-{time}"
    """Template of snapshot names. `{time}` is the slot of the run, in UTC. A plan that copies from
    several Regions needs `{region}`, the Region of the source. One that selects both instances and
    their system disks needs `{kind}`."""
    slot: Slot = "hour"
    """Period in which all runs are the same run, in UTC: `minute`, `hour`, `2h`, `3h`, `4h`, `6h`,
    `8h`, `12h`, `day`, `week` or `month`. A second run in the same slot adopts the snapshots of the
    first. Set a slot that is not longer than the interval of the schedule."""
    week_starts_on: Weekday | None = None
    """Day on which a slot of a week begins, such as `sunday`; None for `monday`."""
    month_starts_on: MonthDay | None = None
    """Day of the month on which a slot of a month begins; None for 1. In a month that lacks the
    day, it begins on the last day."""
    min_interval: MinInterval | None = None
    """Least time between two snapshots of a source. If the newest usable snapshot of this plan is
    younger, a run takes none of that source; None to take one in every slot."""
    tags: TagList = ()
    """Tags of every snapshot, in addition to those that the library sets; at most 48, or 47 with
    several Regions."""
    quiesce: Quiesce | None = None
    """Method to pause writes; None to take snapshots without a pause."""
    copies: tuple[RegionInput, ...] = ()
    """AWS Regions to copy every snapshot to, with the same name and tags."""
    retention: RetentionPolicy | None = None
    """Snapshots of this plan to keep; None to keep all."""
    copy_retention: RetentionPolicy | None = None
    """Copies to keep; None to use `retention`."""
    minimum_remaining: MinimumRemaining = 1
    """Least number of usable snapshots of this plan that remain, for each source in each Region; 1
    or more. If `retention` keeps more, more remain."""
    max_deletions: MaxDeletions | None = None
    """Greatest number of snapshots that a run may delete in all Regions. A run with more deletions
    takes and copies its snapshots and deletes none. None for the default: 10, or twice the number
    of rules in use for each snapshot taken or copied if that is more. 0 deletes none."""
    timeout: Timeout = timedelta(hours=1)
    """Time to wait for each snapshot, and for each copy. After a timeout it continues on Lightsail;
    to resume, apply the run again."""
    on_complete: tuple[_Text, ...] = ()
    """Command to run after each run, as a list of arguments, on the machine that applies the plan
    and without a shell. It receives the result as JSON on standard input."""
    on_complete_timeout: Timeout = timedelta(seconds=30)
    """Time after which the command `on_complete` is killed."""

    if TYPE_CHECKING:
        # pydantic accepts more types than the annotations of the fields state.
        def __init__(  # noqa: PLR0913 - one parameter per field
            self,
            *,
            name: str,
            region: str | SequenceNotStr[str],
            select: Selection | Mapping[str, Any] | SequenceNotStr[Selection | Mapping[str, Any]],
            account: str | None = None,
            name_template: str = ...,
            slot: Slot = ...,
            week_starts_on: Weekday | None = None,
            month_starts_on: int | None = None,
            min_interval: timedelta | float | str | None = None,
            tags: TagsInput | None = (),
            quiesce: Quiesce | Mapping[str, Any] | None = None,
            copies: SequenceNotStr[str] = (),
            retention: RetentionPolicy | Mapping[str, Any] | None = None,
            copy_retention: RetentionPolicy | Mapping[str, Any] | None = None,
            minimum_remaining: int = 1,
            max_deletions: int | None = None,
            timeout: timedelta | float | str = ...,
            on_complete: SequenceNotStr[str] = (),
            on_complete_timeout: timedelta | float | str = ...,
        ) -> None: ...

    @model_validator(mode="after")
    def _check_consistency(self) -> Self:
        has_several_regions = len(self.source_regions) > 1
        max_tags = _MAX_TAGS - has_several_regions
        if len(self.tags) > max_tags or {tag.key for tag in self.tags} & _RESERVED_TAGS:
            raise _ALLOWED_TAGS.broken()
        if len(set(self.regions)) < len(self.regions):
            raise _OTHER_REGIONS.broken()
        if has_several_regions and self.copies and "{region}" not in self.name_template:
            raise _NEEDS_REGION.broken()
        kinds = {each.kind for each in self.selections}
        if {"instance", "instance_system_disk"} <= kinds and "{kind}" not in self.name_template:
            raise _NEEDS_KIND.broken()
        if self.week_starts_on is not None and self.slot != "week":
            raise _WEEK_START.broken()
        if self.month_starts_on is not None and self.slot != "month":
            raise _MONTH_START.broken()
        if self.copy_retention and not (self.retention and self.copies):
            raise _NEEDS_COPIES.broken()
        return self

    @classmethod
    def from_toml(cls, source: TextOrPath) -> Self:
        """Read a plan from TOML. Its keys and tables are the fields of this class.

        Args:
            source: The TOML, or the path of its file (a `pathlib.Path`).

        Returns:
            The plan.

        Raises:
            RequestValidationError: If `source` is not TOML, or breaks a rule.
            OSError: If the file cannot be read.
        """
        return cls._from_document(source, tomllib.loads, "TOML document")

    @property
    def all_tags(self) -> tuple[Tag, ...]:
        """The tags of every snapshot, including the tag `lightsail-snap:managed`.

        The snapshots of a plan with several Regions also have the tag
        `lightsail-snap:source-region`.
        """
        return (*self.tags, Tag(key=OWNERSHIP_TAG, value=self.name))

    @property
    def source_regions(self) -> tuple[str, ...]:
        """The Regions of the sources."""
        return (self.region,) if isinstance(self.region, str) else self.region

    @property
    def regions(self) -> tuple[str, ...]:
        """The Regions of the sources, followed by the copy regions."""
        return (*self.source_regions, *self.copies)

    @property
    def selections(self) -> tuple[Selection, ...]:
        """The selections."""
        return (self.select,) if isinstance(self.select, Selection) else self.select

    def policy_of(self, region: str) -> RetentionPolicy | None:
        """Return the retention policy of a Region.

        Args:
            region: A Region of the sources, or a copy region.

        Returns:
            The policy; None if all snapshots are kept.
        """
        is_copy_region = region not in self.source_regions
        return (self.copy_retention if is_copy_region else None) or self.retention

    def slot_of(self, now: datetime) -> str:
        """Return the slot of a time.

        Args:
            now: The time, with a time zone.

        Returns:
            The beginning of the slot in UTC, as in snapshot names: `20261123T0307Z` for a minute,
            `20261123T03Z` for hours, and `20261123` for a day, week or month. Later slots sort
            after earlier ones.
        """
        text = self._slot_start(now).isoformat().replace("-", "").replace(":", "")
        if self.slot in {"day", "week", "month"}:
            return text[:_DAY_CHARACTERS]
        length = _MINUTE_CHARACTERS if self.slot == "minute" else _HOUR_CHARACTERS
        return f"{text[:length]}Z"

    def _slot_start(self, now: datetime) -> datetime:
        """Return the time at which the slot of a time begins, in UTC."""
        now = now.astimezone(UTC)
        day = now.replace(hour=0, minute=0, second=0, microsecond=0)
        if self.slot in _SLOT_LENGTHS:
            return now - (now - day) % _SLOT_LENGTHS[self.slot]
        try:
            if self.slot == "week":
                first = _WEEKDAYS.index(self.week_starts_on or "monday")
                return day - (day.weekday() - first) % len(_WEEKDAYS) * _DAY
            number = self.month_starts_on or 1
            start = _day_of_month(day, number)
            return start if start <= day else _day_of_month(day.replace(day=1) - _DAY, number)
        except OverflowError:
            # The slot begins before the year 1.
            return _FIRST_DAY

    def name_for(
        self, source: str, now: datetime, *, region: str | None = None, kind: Kind | None = None
    ) -> str:
        """Return the name of the snapshot of a source.

        Args:
            source: The name of the disk or instance.
            now: The time of the run, with a time zone.
            region: The Region of the source; None for the plan's first.
            kind: The kind of the source; None for that of the first selection.

        Returns:
            The name. `make_run` checks that Lightsail allows it.
        """
        return self.name_template.format(
            source=source,
            plan=self.name,
            time=self.slot_of(now),
            region=region or self.source_regions[0],
            kind=kind or self.selections[0].kind,
        )


def _day_of_month(time: datetime, day: int) -> datetime:
    """Return a day of the month of a time, or the last one if the month lacks it."""
    return time.replace(day=min(day, monthrange(time.year, time.month)[1]))


def tags_of(tags: Iterable[Tag]) -> dict[str, str | None]:
    """Return the values of tags by key; an empty value is None, as a missing one."""
    return {tag.key: tag.value or None for tag in tags}


def tag_pairs(snapshot: AnySnapshot) -> TagPairs:
    """Return the keys and values of a snapshot's tags, sorted so that they can be compared."""
    return tuple(sorted(tags_of(snapshot.tags).items()))
