"""The steps that a plan takes at a given time, as data. Only `prepare` calls Lightsail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, NamedTuple, TypeAlias
from uuid import NAMESPACE_URL, uuid5

from pydantic import AfterValidator, AwareDatetime, Field, TypeAdapter, ValidationError
from typing_extensions import override

from lightsail_snap._html import render, table
from lightsail_snap._parameters import invalid_parameter
from lightsail_snap._text import plural
from lightsail_snap.client import LightsailSnapClient
from lightsail_snap.errors import RequestValidationError, Violation
from lightsail_snap.models import (
    DiskSnapshot,
    DiskSnapshotState,
    InstanceSnapshot,
    InstanceSnapshotState,
    RegionName,
    ResourceLocation,
    ResourceTag,
    Tag,
)
from lightsail_snap.models.names import NewResourceName, RegionInput, ResourceName
from lightsail_snap.models.tags import TagList
from lightsail_snap.plans._deletion import MAX_CLOCK_SKEW_SECONDS
from lightsail_snap.plans._inventory import (
    ClientFactory,
    Inventory,
    checked_plan,
    read_inventory,
    source_kind,
)
from lightsail_snap.plans._model import (
    CLIENT_TOKEN_TAG,
    SOURCE,
    BackupPlan,
    Kind,
    PlanModel,
    Selection,
    TagPairs,
    tag_pairs,
    tags_of,
)
from lightsail_snap.plans._tables import as_text
from lightsail_snap.retention import (
    SOURCE_REGION_TAG,
    AnySnapshot,
    RetentionPolicy,
    Scope,
    _is_usable,
    _source_key,
    plan_retention,
)

_NEW_NAME: TypeAdapter[str] = TypeAdapter(NewResourceName)
_MAX_NAME_CHARACTERS = 255
_MAX_NAMES_SHOWN = 10
_MIN_DEFAULT_DELETIONS = 10
_CLOCK_TOLERANCE = timedelta(seconds=MAX_CLOCK_SKEW_SECONDS)
_COLUMNS = ("step", "region", "snapshot", "of", "why")


def _to_utc(time: datetime) -> datetime:
    return time.astimezone(UTC)


UtcDatetime = Annotated[AwareDatetime, AfterValidator(_to_utc)]


class _Step(PlanModel, frozen=True):
    """Fields of all steps."""

    region: RegionInput
    """AWS Region in which the step is carried out."""
    kind: Kind
    """Kind of the source, which determines the kind of snapshot."""
    source: ResourceName
    """Name of the disk or instance."""


class _CreationStep(_Step, frozen=True):
    """Fields of the steps that create a snapshot."""

    name: NewResourceName
    """Name of the new snapshot."""
    tags: TagList
    """Tags of the new snapshot, without the client token."""
    client_token: str
    """Value of the tag `lightsail-snap:client-token`, the same for all runs in a slot."""

    @property
    def id(self) -> str:
        """The id of the step, the same for all runs in a slot."""
        return _step_id(self)

    @property
    def all_tags(self) -> tuple[Tag, ...]:
        """The tags of the new snapshot, including the client token."""
        return (*self.tags, Tag(key=CLIENT_TOKEN_TAG, value=self.client_token))


class TakeStep(_CreationStep, frozen=True):
    """Take a snapshot."""

    action: Literal["take"] = "take"
    """Discriminator of the three kinds of steps."""


class CopyStep(_CreationStep, frozen=True):
    """Copy the new snapshot to another Region, and tag the copy."""

    action: Literal["copy"] = "copy"
    """Discriminator of the three kinds of steps."""
    source_region: RegionInput
    """AWS Region of the snapshot to copy."""


class DeleteStep(_Step, frozen=True):
    """Delete a snapshot, unless it has changed since the run was made."""

    action: Literal["delete"] = "delete"
    """Discriminator of the three kinds of steps."""
    name: ResourceName
    """Name of the snapshot."""
    arn: str | None
    """Amazon Resource Name (ARN), which a later snapshot with the same name does not have."""
    created_at: UtcDatetime
    """Creation time."""
    tags: TagPairs
    """Tags when the run was made. If they have changed, the snapshot is kept."""
    reason: str
    """Retention rule that deletes the snapshot, or `no rule keeps it`."""
    source_region: RegionInput | None = None
    """AWS Region of the source by the tag `lightsail-snap:source-region` of a copy; None if there
    is no such tag, or it names the Region of the snapshot."""

    @property
    def id(self) -> str:
        """The id of the step."""
        return _step_id(self)


Step: TypeAlias = TakeStep | CopyStep | DeleteStep
"""A step of a run."""


def _step_id(step: Any) -> str:  # noqa: ANN401 - a base class lacks the fields of its subclasses
    return f"{step.action}:{step.region}/{step.name}"


class Run(PlanModel, frozen=True):
    """The steps of a plan at a given time. Print it, store it, apply it."""

    plan: BackupPlan
    """The plan."""
    now: UtcDatetime
    """Time for which the run was made, in UTC."""
    steps: tuple[Annotated[Step, Field(discriminator="action")], ...]
    """The steps. For each source: take, then copy, then delete, oldest first."""
    notes: tuple[str, ...] = ()
    """Remarks for people, such as snapshots of sources that are no longer selected."""
    unlisted: tuple[str, ...] = ()
    """Regions that could not be listed. Nothing is planned for the sources of a Region of the plan,
    and no deletions in a copy region."""
    kept: int = 0
    """Number of usable snapshots of this plan that remain, of the sources with a retention."""

    @property
    def slot(self) -> str:
        """The slot of the run, in UTC, as in snapshot names."""
        return self.plan.slot_of(self.now)

    @property
    def slot_begins(self) -> datetime:
        """The start of the slot, in UTC."""
        return self.plan._slot_start(self.now)  # noqa: SLF001 - the plan of this package

    @property
    def max_deletions(self) -> int:
        """Greatest number of snapshots to delete: the plan's `max_deletions`, or its default."""
        if self.plan.max_deletions is not None:
            return self.plan.max_deletions
        rules = {region: _count_rules(self.plan, region) for region in self.plan.regions}
        created = [step for step in self.steps if not isinstance(step, DeleteStep)]
        return max(_MIN_DEFAULT_DELETIONS, 2 * sum(rules.get(step.region, 0) for step in created))

    @property
    def summary(self) -> str:
        """The run in one line, such as `take 1, copy 1, delete 50 (50 snapshots from ...)`."""
        counts = ", ".join(
            f"{action} {sum(step.action == action for step in self.steps)}"
            for action in ("take", "copy", "delete")
        )
        dates = [step.created_at for step in self.steps if isinstance(step, DeleteStep)]
        return f"{counts} ({deletion_summary(dates, self.kept)})" if dates else counts

    @property
    def _title(self) -> str:
        return f"{self.plan.name} in {', '.join(self.plan.source_regions)}, run {self.slot}"

    @property
    def _footer(self) -> str:
        return "; ".join([self.summary, *self.notes])

    @property
    def _rows(self) -> list[tuple[str, ...]]:
        return [
            (step.action, step.region, step.name, f"{step.kind} {step.source}", _explain(step))
            for step in self.steps
        ]

    @override
    def __str__(self) -> str:
        return as_text(self._title, self._rows, self._footer)

    @override
    def _repr_html_(self) -> str:
        return render(self, lambda: table(self._title, _COLUMNS, self._rows, self._footer))


def deletion_summary(dates: Sequence[datetime], kept: int) -> str:
    """Return a line such as `50 snapshots from 2025-09-28 to 2026-11-12, 4 kept`."""
    count, first, last = plural(len(dates), "snapshot"), min(dates), max(dates)
    return f"{count} from {first:%Y-%m-%d} to {last:%Y-%m-%d}, {kept} kept"


def _count_rules(plan: BackupPlan, region: str) -> int:
    rules = plan.policy_of(region) or ()
    return sum(bool(value) for name, value in rules if name != "time_zone")


def _explain(step: Step) -> str:
    if isinstance(step, DeleteStep):
        return f"{step.reason} (of {step.created_at:%Y-%m-%d %H:%M} UTC)"
    return f"from {step.source_region}" if isinstance(step, CopyStep) else ""


class SourceId(NamedTuple):
    """A disk or instance of a plan."""

    region: str
    kind: Kind
    name: str


class GroupKey(NamedTuple):
    """Snapshots in a Region that the retention counts together.

    `origin` is the Region of the source by the tag of a copy.
    """

    region: str
    kind: Kind
    name: str
    origin: str | None


def source_id(plan: BackupPlan, step: Step) -> SourceId:
    """Return the source of a step."""
    if isinstance(step, CopyStep):
        return SourceId(step.source_region, step.kind, step.source)
    origin = step.source_region if isinstance(step, DeleteStep) else None
    return SourceId(_home_of(plan, step.region, origin), step.kind, step.source)


def _home_of(plan: BackupPlan, region: str, origin: str | None) -> str:
    """Return the Region of the source of a snapshot."""
    if origin is not None:
        return origin
    is_copy = region in plan.copies and len(plan.source_regions) == 1
    return plan.source_regions[0] if is_copy else region


def group_key(step: Step) -> GroupKey:
    """Return the group that the snapshot of a step belongs to."""
    if isinstance(step, DeleteStep):
        origin = step.source_region
    else:
        origin = tags_of(step.tags).get(SOURCE_REGION_TAG)
    return GroupKey(step.region, step.kind, step.source, origin if origin != step.region else None)


def _make_token(plan: BackupPlan, source: SourceId, now: datetime, region: str) -> str:
    # No part contains a line break, so the joined string is unambiguous.
    parts = (plan.name, *source, plan.slot_of(now), region)
    return str(uuid5(NAMESPACE_URL, "\n".join(("lightsail-snap", *parts))))


def has_token(snapshot: AnySnapshot, token: str) -> bool:
    """Return whether a snapshot has the client token of a step."""
    return tags_of(snapshot.tags).get(CLIENT_TOKEN_TAG) == token


def checked_time(model: str, now: object) -> datetime:
    """Return an aware time in UTC, or raise RequestValidationError for any other object."""
    if isinstance(now, datetime) and now.utcoffset() is not None:
        return now.astimezone(UTC)
    raise invalid_parameter(
        "now", "must have a time zone", "pass datetime.now(UTC)", now, model=model
    )


@dataclass(frozen=True, slots=True)
class _Matches:
    """The sources that a selection selects.

    Attributes:
        field: The field of the plan.
        select: The selection.
        sources: The sources that match.
    """

    field: str
    select: Selection
    sources: frozenset[SourceId]

    @property
    def noun(self) -> str:
        return source_kind(self.select.kind)

    def missing_names(self, regions: Collection[str]) -> dict[str, int]:
        """Return the names that match in none of the Regions, with their indexes."""
        found = {each.name for each in self.sources if each.region in regions}
        return {name: at for at, name in enumerate(self.select.names) if name not in found}

    def problems(self, regions: Sequence[str]) -> Iterator[Violation]:
        fix = f"create the {self.noun} in {' or '.join(regions)}, or set allow_missing = true"
        missing = self.missing_names(regions)
        for name, at in missing.items():
            field = f"{self.field}.names[{at}]"
            yield Violation(field, "does not exist, or is excluded", SOURCE, fix, name)
        if not self.sources and not missing:
            yield Violation(self.field, f"selects no {self.noun}", SOURCE, fix, "nothing")

    def notes(self, region: str) -> Iterator[str]:
        """Yield what the selection lacks in one of several Regions."""
        missing = self.missing_names((region,))
        if missing:
            names = _join_names(list(missing))
            yield f"{self.field} finds no {self.noun} in {region} with the name {names}"
        elif all(each.region != region for each in self.sources):
            yield f"{self.field} selects no {self.noun} in {region}"


def _match_selections(plan: BackupPlan, inventory: Inventory) -> Iterator[_Matches]:
    for index, select in enumerate(plan.selections):
        kind = source_kind(select.kind)
        sources = frozenset(
            SourceId(home, select.kind, each.name)
            for each in inventory.sources
            for home in [each.region or plan.source_regions[0]]
            if home in plan.source_regions and each.kind in {None, kind}
            if select.includes(each.name, each.tags)
        )
        field = "select" if len(plan.selections) == 1 else f"select[{index}]"
        yield _Matches(field, select, sources)


def _select_sources(plan: BackupPlan, inventory: Inventory) -> tuple[list[SourceId], list[str]]:
    """Return the selected sources, and notes about what some Regions lack."""
    regions = [each for each in plan.source_regions if each not in inventory.unlisted]
    matches = list(_match_selections(plan, inventory))
    strict = [each for each in matches if not each.select.allow_missing]
    # A source that is in none of the listed Regions may be in the others.
    if len(regions) == len(plan.source_regions):
        problems = [found for each in strict for found in each.problems(regions)]
        if problems:
            raise RequestValidationError("BackupPlan", problems)
    notes: list[str] = []
    if len(plan.source_regions) > 1:
        notes = [note for each in strict for region in regions for note in each.notes(region)]
    places = {region: index for index, region in enumerate(regions)}
    found = {source for each in matches for source in each.sources if source.region in places}
    return sorted(found, key=lambda each: (places[each.region], each.name, each.kind)), notes


def _name_snapshots(
    plan: BackupPlan, sources: Sequence[SourceId], now: datetime
) -> dict[SourceId, str]:
    """Return the snapshot name of each source, or raise an error that lists all invalid names."""
    names = {
        source: plan.name_for(source.name, now, region=source.region, kind=source.kind)
        for source in sources
    }
    problems: list[Violation] = []

    def reject(rule: str, fix: str, value: str, field: str = "name_template") -> None:
        problems.append(Violation(field, rule, SOURCE, fix, value))

    for name in dict.fromkeys(names.values()):
        if len(name) > _MAX_NAME_CHARACTERS:
            fix = (
                "write a shorter name_template, for example '{source}-{time}', or rename the source"
            )
            reject(f"must produce names of at most {_MAX_NAME_CHARACTERS} characters", fix, name)
            continue
        try:
            _NEW_NAME.validate_python(name)
        except ValidationError:
            rule = "must produce names of ASCII letters, digits, _ . - with no . or - at the ends"
            reject(rule, "write a name into the template instead of {source}", name)
    # All names of a Region are unique, whatever the kind. Copies keep the name of their source.
    used = [
        (region, name) for source, name in names.items() for region in (source.region, *plan.copies)
    ]
    if len(set(used)) < len(used):
        (region, name), _ = Counter(used).most_common(1)[0]
        alike = [source for source, each in names.items() if each == name]
        fix = _fix_of_equal_names(plan, alike)
        reject(f"must produce different names for all sources in {region}", fix, name)
    if plan.quiesce and plan.quiesce.mount_point is not None and len(names) > 1:
        rule = "is the file system of one source, but several are selected"
        fix = "create one plan per source, or use the commands before and after"
        reject(rule, fix, plan.quiesce.mount_point, "quiesce.mount_point")
    if problems:
        raise RequestValidationError("BackupPlan", problems)
    return names


def _fix_of_equal_names(plan: BackupPlan, sources: Sequence[SourceId]) -> str:
    """Return the field to add to the template so that the names of sources differ."""
    for field, values in (
        ("{source}", {each.name for each in sources}),
        ("{kind}", {each.kind for each in sources}),
        ("{region}", {each.region for each in sources}),
    ):
        if len(values) > 1 and field not in plan.name_template:
            return f"add {field} to the template"
    return "write other characters between the fields of the template"


def _expected_snapshot(step: TakeStep | CopyStep, created_at: datetime) -> AnySnapshot:
    """Return the snapshot that a step will have created."""
    facts: dict[str, Any] = {
        "name": step.name,
        "created_at": created_at,
        "location": ResourceLocation(region_name=RegionName(step.region)),
        "tags": tuple(ResourceTag(key=tag.key, value=tag.value) for tag in step.all_tags),
    }
    if step.kind == "instance":
        state = InstanceSnapshotState.AVAILABLE
        return InstanceSnapshot(**facts, state=state, from_instance_name=step.source)
    facts["from_disk_name" if step.kind == "disk" else "from_instance_name"] = step.source
    return DiskSnapshot(**facts, state=DiskSnapshotState.COMPLETED)


_Groups: TypeAlias = Mapping[GroupKey, Sequence[AnySnapshot]]


def _group_snapshots(
    plan: BackupPlan, inventory: Inventory
) -> tuple[_Groups, dict[str, list[AnySnapshot]]]:
    """Return the snapshots by group, and those by Region that belong to none."""
    kinds: dict[str, Kind] = {each.kind: each.kind for each in plan.selections}
    groups: dict[GroupKey, list[AnySnapshot]] = {}
    others: dict[str, list[AnySnapshot]] = {}
    for region in plan.regions:
        for snapshot in inventory.snapshots.get(region, ()):
            kind, name, origin = _source_key(snapshot)
            if kind in kinds and name is not None:
                groups.setdefault(GroupKey(region, kinds[kind], name, origin), []).append(snapshot)
            else:
                others.setdefault(region, []).append(snapshot)
    return groups, others


def _snapshots_after(
    step: TakeStep | CopyStep, listed: Sequence[AnySnapshot], now: datetime
) -> list[AnySnapshot]:
    """Return the snapshots of a source after a step."""
    # An interrupted run may have created the snapshot. It keeps its creation time.
    earlier = _earlier_attempt(step, listed)
    if earlier is not None and earlier.created_at:
        now = earlier.created_at
    return [_expected_snapshot(step, now), *(s for s in listed if s.name != step.name)]


def _earlier_attempt(
    step: TakeStep | CopyStep, listed: Sequence[AnySnapshot]
) -> AnySnapshot | None:
    """Return the snapshot of a step if an earlier attempt has created it."""
    found = (each for each in listed if each.name == step.name)
    return next((each for each in found if has_token(each, step.client_token)), None)


_Part: TypeAlias = tuple[Sequence[Step], int]
"""Steps, and the number of snapshots that remain after them."""


def _plan_deletions(  # noqa: PLR0913 - keyword-only from the fourth on
    plan: BackupPlan,
    policy: RetentionPolicy,
    snapshots: Sequence[AnySnapshot],
    *,
    key: GroupKey,
    now: datetime,
    new: str | None = None,
) -> _Part:
    """Plan the deletions of one group of snapshots."""
    scope = Scope(owner=plan.name)
    usable = sum(
        scope(each) and _is_usable(each) and each.created_at is not None for each in snapshots
    )
    steps: list[DeleteStep] = []
    for decision in plan_retention(snapshots, policy, now, owned=scope).decisions[::-1]:
        snapshot = decision.snapshot
        if decision.keep or snapshot.name == new or snapshot.created_at is None:
            continue
        step = DeleteStep(
            region=key.region,
            kind=key.kind,
            source=key.name,
            name=snapshot.name,
            arn=snapshot.arn,
            created_at=snapshot.created_at,
            tags=tag_pairs(snapshot),
            reason="; ".join(decision.reasons),
            source_region=key.origin,
        )
        steps.append(step)
    del steps[max(0, usable - plan.minimum_remaining) :]
    return steps, usable - len(steps)


def _expire_by_age(
    plan: BackupPlan, groups: _Groups, keys: Iterable[GroupKey], now: datetime
) -> Iterator[_Part]:
    """Plan deletions, by age alone, in groups that receive no new snapshot."""
    for key in keys:
        policy = plan.policy_of(key.region)
        if policy is not None and policy.delete_older_than:
            yield _plan_deletions(plan, age_only(policy), groups[key], key=key, now=now)


def age_only(policy: RetentionPolicy) -> RetentionPolicy:
    """Return the policy for sources of which no new snapshot is taken: only age deletes."""
    return RetentionPolicy(
        time_zone=policy.time_zone,
        keep_tagged=policy.keep_tagged,
        delete_older_than=policy.delete_older_than,
    )


def _creations_of(
    plan: BackupPlan, source: SourceId, name: str, now: datetime
) -> list[TakeStep | CopyStep]:
    """Return the steps that take the snapshot of a source and copy it."""
    tags = plan.all_tags
    if len(plan.source_regions) > 1:
        tags = (*tags, Tag(key=SOURCE_REGION_TAG, value=source.region))
    facts: dict[str, Any] = {"kind": source.kind, "source": source.name, "name": name, "tags": tags}
    tokens = {
        region: _make_token(plan, source, now, region) for region in (source.region, *plan.copies)
    }
    return [
        TakeStep(**facts, region=source.region, client_token=tokens[source.region]),
        *(
            CopyStep(
                **facts, region=target, source_region=source.region, client_token=tokens[target]
            )
            for target in plan.copies
        ),
    ]


def _plan_source(
    plan: BackupPlan,
    creations: Sequence[TakeStep | CopyStep],
    groups: _Groups,
    inventory: Inventory,
    now: datetime,
) -> _Part:
    """Plan all steps of one source."""
    steps: list[Step] = [*creations]
    kept = 0
    for step in creations:
        policy = plan.policy_of(step.region)
        # The snapshots in a Region that could not be listed are unknown.
        if policy is not None and step.region in inventory.snapshots:
            key = group_key(step)
            after = _snapshots_after(step, groups.get(key, ()), now)
            deletions, remaining = _plan_deletions(
                plan, policy, after, key=key, now=now, new=step.name
            )
            steps += deletions
            kept += remaining
    return steps, kept


_Creations: TypeAlias = Mapping[SourceId, Sequence[TakeStep | CopyStep]]


def _find_young(
    plan: BackupPlan, creations: _Creations, groups: _Groups, inventory: Inventory, now: datetime
) -> dict[SourceId, datetime]:
    """Return the date of the newest snapshot of each source that has one of `min_interval`."""
    young: dict[SourceId, datetime] = {}
    scope = Scope(owner=plan.name)
    for source, (take, *_) in creations.items():
        present = _trusted_time(inventory, source.region, now)
        listed = groups.get(group_key(take), ())
        # A run that has begun in this slot is continued.
        if plan.min_interval is None or present is None or _earlier_attempt(take, listed):
            continue
        dates = [
            each.created_at
            for each in listed
            if each.created_at is not None and _is_usable(each) and scope(each)
        ]
        # A date in the future is from a wrong clock. It could delay snapshots for years.
        past = [date for date in dates if date <= present + _CLOCK_TOLERANCE]
        if past and present - max(past) < plan.min_interval:
            young[source] = max(past)
    return young


def _trusted_time(inventory: Inventory, region: str, now: datetime) -> datetime | None:
    """Return the service's time of a listing; None if it is unknown or not that of the run."""
    time = inventory.listed_at.get(region, now)
    return None if time is None or abs(time - now) > _CLOCK_TOLERANCE else time


def _sort_key(plan: BackupPlan) -> Callable[[GroupKey], tuple[int, str, str, str]]:
    places = {region: place for place, region in enumerate(plan.regions)}
    return lambda key: (places[key.region], key.name, key.kind, key.origin or "")


def _join_names(names: Sequence[str]) -> str:
    more = ", ..." if len(names) > _MAX_NAMES_SHOWN else ""
    return f"{', '.join(names[:_MAX_NAMES_SHOWN])}{more}"


def _note_young(
    plan: BackupPlan, young: Mapping[SourceId, datetime], inventory: Inventory, now: datetime
) -> Iterator[str]:
    if plan.min_interval is None:
        return
    if young:
        names = [
            f"{source.kind} {source.name} in {source.region} (of {date:%Y-%m-%d %H:%M} UTC)"
            for source, date in young.items()
        ]
        noun, verb = ("source", "has") if len(young) == 1 else ("sources", "have")
        yield (
            f"{len(young)} {noun} {verb} a snapshot younger than min_interval, "
            f"{plan.min_interval}, and no new one is taken: {_join_names(names)}"
        )
    for region in plan.source_regions:
        if region in inventory.snapshots and _trusted_time(inventory, region, now) is None:
            yield (
                f"min_interval does not apply in {region}, since the time of the run and the "
                "service's clock differ by more than 5 minutes, or the latter is unknown"
            )


def _note_remaining(
    plan: BackupPlan,
    unselected: Mapping[str, Sequence[AnySnapshot]],
    orphans: Mapping[str, Sequence[AnySnapshot]],
) -> Iterator[str]:
    """Yield which snapshots of the plan the run takes no account of."""
    scope = Scope(owner=plan.name)
    for region in plan.regions:
        policy = plan.policy_of(region)
        if policy is None:
            continue
        age = policy.delete_older_than
        for found, origin, consequence in (
            (unselected, "of sources that are not selected", f"deleted when older than {age}"),
            (orphans, "from before a change of the plan's Regions", None),
        ):
            names = sorted(each.name for each in found.get(region, ()) if scope(each))
            if names:
                noun, verb = ("snapshot", "is") if len(names) == 1 else ("snapshots", "are")
                result = consequence if age and consequence else "kept"
                yield (
                    f"{len(names)} {noun} in {region} {origin} {verb} {result}: "
                    f"{_join_names(names)}"
                )


def _note_unlisted(plan: BackupPlan, inventory: Inventory) -> Iterator[str]:
    for region, reason in inventory.unlisted.items():
        if region in plan.source_regions:
            yield f"{region} could not be listed; nothing is taken or deleted there: {reason}"
        else:
            rest = "; nothing is deleted there" if plan.retention else ""
            yield f"the snapshots in {region} could not be listed{rest}: {reason}"


def make_run(plan: BackupPlan, inventory: Inventory, now: datetime) -> Run:
    """Return the run of a plan for an inventory. This is the dry run: it sends no requests.

    Deletions are planned for the state after all new snapshots exist, and are carried out only
    then.

    Args:
        plan: The plan.
        inventory: The resources, from `read_inventory`.
        now: The time, with a time zone.

    Returns:
        The run. It does not depend on the order of the inventory.

    Raises:
        RequestValidationError: If an argument is invalid, if a selection selects no source or a
            name that exists in none of the plan's Regions, or if the snapshot names are too long,
            invalid or not unique.
    """
    plan = checked_plan("make_run", plan)
    now = checked_time("make_run", now)
    sources, notes = _select_sources(plan, inventory)
    names = _name_snapshots(plan, sources, now)
    creations = {source: _creations_of(plan, source, names[source], now) for source in sources}
    groups, unselected = _group_snapshots(plan, inventory)
    young = _find_young(plan, creations, groups, inventory, now)
    keys = {source: {group_key(step) for step in steps} for source, steps in creations.items()}
    expiring: list[GroupKey] = []
    orphans: dict[str, list[AnySnapshot]] = {}
    for key in sorted(groups, key=_sort_key(plan)):
        source = SourceId(_home_of(plan, key.region, key.origin), key.kind, key.name)
        if source.region in inventory.unlisted:
            # It is unknown whether the plan selects the source.
            continue
        if source not in keys:
            unselected.setdefault(key.region, []).extend(groups[key])
        elif key not in keys[source]:
            orphans.setdefault(key.region, []).extend(groups[key])
            continue
        if source not in keys or source in young:
            expiring.append(key)
    parts = [
        _plan_source(plan, steps, groups, inventory, now)
        for source, steps in creations.items()
        if source not in young
    ]
    parts += _expire_by_age(plan, groups, expiring, now)
    notes += _note_young(plan, young, inventory, now)
    notes += _note_remaining(plan, unselected, orphans)
    notes += _note_unlisted(plan, inventory)
    # The steps were validated when they were made, which takes most of the time.
    return Run.model_construct(
        plan=plan,
        now=now,
        steps=tuple(step for steps, _ in parts for step in steps),
        notes=tuple(sorted(notes)),
        unlisted=tuple(
            region
            for region in inventory.unlisted
            if plan.retention or region in plan.source_regions
        ),
        kept=sum(count for _, count in parts),
    )


def prepare(
    plan: BackupPlan,
    client: LightsailSnapClient,
    *,
    clients: ClientFactory | None = None,
    now: datetime | None = None,
) -> Run:
    """List the resources of a plan and return its run. This is the dry run: it changes nothing.

    Args:
        plan: The plan.
        client: The client of the plan's Region, or of the first of several.
        clients: Function of a Region that returns its client. Required if the plan has copies or
            several Regions.
        now: The time, with a time zone; None for the present.

    Returns:
        The run. Print it, then pass it to `apply`.

    Raises:
        RequestValidationError: As in `make_run`.
        ConfigurationError: If a client is missing, or belongs to another Region.
        LightsailSnapError: If no Region of the plan can be listed. A Region of several, or a copy
            region, that cannot be listed is noted in the run.
    """
    inventory = read_inventory(plan, client, clients=clients)
    if now is None:
        # The client may have a virtual clock.
        now = datetime.fromtimestamp(client._clock.time(), UTC)  # noqa: SLF001 - the client of this package
    return make_run(plan, inventory, now)
