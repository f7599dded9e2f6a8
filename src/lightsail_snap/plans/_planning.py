"""The steps that a plan takes at a given time, as data. Only `prepare` calls Lightsail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, TypeAlias
from uuid import NAMESPACE_URL, uuid5

from pydantic import AfterValidator, AwareDatetime, Field, TypeAdapter, ValidationError
from typing_extensions import override

from lightsail_snap._html import render, table
from lightsail_snap._parameters import invalid_parameter
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
from lightsail_snap.plans._inventory import (
    ClientFactory,
    Inventory,
    Source,
    checked_plan,
    read_inventory,
)
from lightsail_snap.plans._model import (
    CLIENT_TOKEN_TAG,
    SOURCE,
    BackupPlan,
    Kind,
    PlanModel,
    TagPairs,
    tag_pairs,
    tags_of,
)
from lightsail_snap.plans._tables import as_text
from lightsail_snap.retention import (
    AnySnapshot,
    RetentionPolicy,
    Scope,
    _is_usable,
    _source_of,
    plan_retention,
)

_NEW_NAME: TypeAdapter[str] = TypeAdapter(NewResourceName)
_MAX_NAME_CHARACTERS = 255
_MAX_NAMES_SHOWN = 10
_MIN_DEFAULT_DELETIONS = 10
_SLOT_LENGTHS = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
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
    """Copy regions that could not be listed, so that no deletions are planned there."""
    kept: int = 0
    """Number of usable snapshots of this plan that remain, of the sources with a retention."""

    @property
    def slot(self) -> str:
        """The minute, hour or day of the run, in UTC, as in snapshot names."""
        return self.plan.slot_of(self.now)

    @property
    def slot_begins(self) -> datetime:
        """The start of the slot, in UTC."""
        return self.now - (self.now - _EPOCH) % _SLOT_LENGTHS[self.plan.slot]

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
        return f"{self.plan.name} in {self.plan.region}, run {self.slot}"

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
    plural = "" if len(dates) == 1 else "s"
    first, last = min(dates), max(dates)
    return f"{len(dates)} snapshot{plural} from {first:%Y-%m-%d} to {last:%Y-%m-%d}, {kept} kept"


def _count_rules(plan: BackupPlan, region: str) -> int:
    rules = plan.policy_of(region) or ()
    return sum(bool(value) for name, value in rules if name != "time_zone")


def _explain(step: Step) -> str:
    if isinstance(step, DeleteStep):
        return f"{step.reason} (of {step.created_at:%Y-%m-%d %H:%M} UTC)"
    return f"from {step.source_region}" if isinstance(step, CopyStep) else ""


def _make_token(plan: BackupPlan, source: str, now: datetime, region: str) -> str:
    # No part contains a line break, so the joined string is unambiguous.
    parts = (plan.name, plan.region, plan.select.kind, source, plan.slot_of(now), region)
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


def _select_sources(plan: BackupPlan, inventory: Inventory) -> list[Source]:
    select = plan.select
    found = [each for each in inventory.sources if select.includes(each.name, each.tags)]
    if not select.allow_missing:
        noun = "disk" if select.kind == "disk" else "instance"
        fix = f"create such a {noun} in {plan.region}, or set allow_missing = true"
        missing = set(select.names) - {each.name for each in found}
        problems = [
            Violation(f"select.names[{index}]", "does not exist, or is excluded", SOURCE, fix, name)
            for index, name in enumerate(select.names)
            if name in missing
        ]
        if not found and not problems:
            problems = [Violation("select", f"selects no {noun}", SOURCE, fix, "nothing")]
        if problems:
            raise RequestValidationError("BackupPlan", problems)
    return sorted(found, key=lambda each: each.name)


def _name_snapshots(plan: BackupPlan, sources: Sequence[Source], now: datetime) -> dict[str, str]:
    """Return the snapshot name of each source, or raise an error that lists all invalid names."""
    names = {source.name: plan.name_for(source.name, now) for source in sources}
    problems: list[Violation] = []

    def reject(rule: str, fix: str, value: str, field: str = "name_template") -> None:
        problems.append(Violation(field, rule, SOURCE, fix, value))

    for name in names.values():
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
    if len(set(names.values())) < len(names):
        fix = "add {source} to the template"
        reject("must produce different names for all sources", fix, plan.name_template)
    if plan.quiesce and plan.quiesce.mount_point is not None and len(names) > 1:
        rule = "is the file system of one source, but several are selected"
        fix = "create one plan per source, or use the commands before and after"
        reject(rule, fix, plan.quiesce.mount_point, "quiesce.mount_point")
    if problems:
        raise RequestValidationError("BackupPlan", problems)
    return names


def _expected_snapshot(
    plan: BackupPlan, step: TakeStep | CopyStep, created_at: datetime
) -> AnySnapshot:
    """Return the snapshot that a step will have created."""
    facts: dict[str, Any] = {
        "name": step.name,
        "created_at": created_at,
        "location": ResourceLocation(region_name=RegionName(step.region)),
        "tags": tuple(ResourceTag(key=tag.key, value=tag.value) for tag in step.all_tags),
    }
    if plan.select.kind == "instance":
        state = InstanceSnapshotState.AVAILABLE
        return InstanceSnapshot(**facts, state=state, from_instance_name=step.source)
    facts["from_disk_name" if plan.select.kind == "disk" else "from_instance_name"] = step.source
    return DiskSnapshot(**facts, state=DiskSnapshotState.COMPLETED)


_BySource: TypeAlias = Mapping[str | None, Sequence[AnySnapshot]]


def _group_by_source(
    snapshots: Iterable[AnySnapshot], kind: Kind
) -> dict[str | None, list[AnySnapshot]]:
    """Group snapshots by the name of their source, None for sources of other kinds."""
    groups: dict[str | None, list[AnySnapshot]] = {}
    for snapshot in snapshots:
        found, name = _source_of(snapshot)
        groups.setdefault(name if found == kind else None, []).append(snapshot)
    return groups


def _snapshots_after(
    plan: BackupPlan, step: TakeStep | CopyStep, listed: Sequence[AnySnapshot], now: datetime
) -> list[AnySnapshot]:
    """Return the snapshots of a source after a step."""
    # An interrupted run may have created the snapshot. It keeps its creation time.
    earlier = next((each for each in listed if each.name == step.name), None)
    if earlier is not None and earlier.created_at and has_token(earlier, step.client_token):
        now = earlier.created_at
    return [_expected_snapshot(plan, step, now), *(s for s in listed if s.name != step.name)]


_Part: TypeAlias = tuple[Sequence[Step], int]
"""Steps, and the number of snapshots that remain after them."""


def _plan_deletions(  # noqa: PLR0913 - keyword-only from the fourth on
    plan: BackupPlan,
    policy: RetentionPolicy,
    snapshots: Sequence[AnySnapshot],
    *,
    region: str,
    now: datetime,
    new: str | None = None,
) -> _Part:
    """Plan the deletions of one source in a Region."""
    scope = Scope(owner=plan.name)
    usable = sum(
        scope(each) and _is_usable(each) and each.created_at is not None for each in snapshots
    )
    steps: list[DeleteStep] = []
    for decision in plan_retention(snapshots, policy, now, owned=scope).decisions[::-1]:
        snapshot, (kind, source) = decision.snapshot, _source_of(decision.snapshot)
        is_of_plan = kind == plan.select.kind and snapshot.name != new
        if decision.keep or not is_of_plan or not source or snapshot.created_at is None:
            continue
        step = DeleteStep(
            region=region,
            kind=plan.select.kind,
            source=source,
            name=snapshot.name,
            arn=snapshot.arn,
            created_at=snapshot.created_at,
            tags=tag_pairs(snapshot),
            reason="; ".join(decision.reasons),
        )
        steps.append(step)
    del steps[max(0, usable - plan.minimum_remaining) :]
    return steps, usable - len(steps)


def _expire_unselected(
    plan: BackupPlan, groups: Mapping[str, _BySource], selected: set[str], now: datetime
) -> Iterator[_Part]:
    """Plan deletions, by age alone, of sources that are no longer selected."""
    for region in plan.regions:
        policy = plan.policy_of(region)
        if policy is None or not policy.delete_older_than:
            continue
        by_source = groups.get(region, {})
        by_age = age_only(policy)
        for source in sorted({each for each in by_source if each is not None} - selected):
            yield _plan_deletions(plan, by_age, by_source[source], region=region, now=now)


def age_only(policy: RetentionPolicy) -> RetentionPolicy:
    """Return the policy for sources that are no longer selected: only age deletes."""
    return RetentionPolicy(
        time_zone=policy.time_zone,
        keep_tagged=policy.keep_tagged,
        delete_older_than=policy.delete_older_than,
    )


def _plan_source(
    plan: BackupPlan, source: str, name: str, groups: Mapping[str, _BySource], now: datetime
) -> _Part:
    """Plan all steps of one source."""
    facts: dict[str, Any] = {
        "kind": plan.select.kind,
        "source": source,
        "name": name,
        "tags": plan.all_tags,
    }
    tokens = {region: _make_token(plan, source, now, region) for region in plan.regions}
    creations: list[TakeStep | CopyStep] = [
        TakeStep(**facts, region=plan.region, client_token=tokens[plan.region])
    ]
    creations += (
        CopyStep(**facts, region=target, source_region=plan.region, client_token=tokens[target])
        for target in plan.copies
    )
    steps: list[Step] = [*creations]
    kept = 0
    for step in creations:
        policy = plan.policy_of(step.region)
        # The snapshots in a Region that could not be listed are unknown.
        if policy is not None and step.region in groups:
            after = _snapshots_after(plan, step, groups[step.region].get(source, ()), now)
            deletions, remaining = _plan_deletions(
                plan, policy, after, region=step.region, now=now, new=step.name
            )
            steps += deletions
            kept += remaining
    return steps, kept


def _note_unselected(
    plan: BackupPlan, groups: Mapping[str, _BySource], selected: set[str]
) -> Iterator[str]:
    if plan.retention is None:
        return
    scope, max_age = Scope(owner=plan.name), plan.retention.delete_older_than
    consequence = f"deleted when older than {max_age}" if max_age else "kept"
    for region, by_source in groups.items():
        names = sorted(
            each.name
            for source, snapshots in by_source.items()
            if source not in selected
            for each in snapshots
            if scope(each)
        )
        if names:
            noun, verb = ("snapshot", "is") if len(names) == 1 else ("snapshots", "are")
            more = ", ..." if len(names) > _MAX_NAMES_SHOWN else ""
            yield (
                f"{len(names)} {noun} in {region} of sources that are not selected {verb} "
                f"{consequence}: {', '.join(names[:_MAX_NAMES_SHOWN])}{more}"
            )


def _note_unlisted(plan: BackupPlan, inventory: Inventory) -> Iterator[str]:
    for region, reason in inventory.unlisted.items():
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
        RequestValidationError: If an argument is invalid, if the plan selects no source or a name
            that does not exist, or if its snapshot names are too long, invalid or not unique.
    """
    plan = checked_plan("make_run", plan)
    now = checked_time("make_run", now)
    names = _name_snapshots(plan, _select_sources(plan, inventory), now)
    groups = {
        region: _group_by_source(snapshots, plan.select.kind)
        for region, snapshots in inventory.snapshots.items()
    }
    parts = [_plan_source(plan, source, name, groups, now) for source, name in names.items()]
    parts += _expire_unselected(plan, groups, set(names), now)
    notes = [*_note_unselected(plan, groups, set(names)), *_note_unlisted(plan, inventory)]
    return Run(
        plan=plan,
        now=now,
        steps=tuple(step for steps, _ in parts for step in steps),
        notes=tuple(sorted(notes)),
        unlisted=tuple(inventory.unlisted) if plan.retention else (),
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
        client: The client of the plan's Region.
        clients: Function of a Region that returns its client. Required if the plan has copies.
        now: The time, with a time zone; None for the present.

    Returns:
        The run. Print it, then pass it to `apply`.

    Raises:
        RequestValidationError: As in `make_run`.
        ConfigurationError: If a client is missing, or belongs to another Region.
        LightsailSnapError: If the plan's own Region cannot be listed. A copy region that cannot be
            listed is noted in the run.
    """
    inventory = read_inventory(plan, client, clients=clients)
    if now is None:
        # The client may have a virtual clock.
        now = datetime.fromtimestamp(client._clock.time(), UTC)  # noqa: SLF001 - the client of this package
    return make_run(plan, inventory, now)
