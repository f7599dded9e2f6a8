"""What a plan comes to at a given time: steps, as data. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, TypeAlias
from uuid import NAMESPACE_URL, uuid5

from pydantic import AfterValidator, AwareDatetime, Field, TypeAdapter, ValidationError
from typing_extensions import override

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
from lightsail_snap.plans._base import OURS, PlanModel, refused
from lightsail_snap.plans._inventory import (
    ClientFactory,
    Inventory,
    Source,
    checked_plan,
    read_inventory,
)
from lightsail_snap.plans._model import CLIENT_TOKEN_TAG, BackupPlan, Kind, tags_of
from lightsail_snap.plans._show import as_html, as_text
from lightsail_snap.retention import (
    OWNERSHIP_TAG,
    AnySnapshot,
    RetentionPolicy,
    Scope,
    _is_usable,
    by_tag,
    plan_retention,
)

_NEW_NAME: TypeAdapter[str] = TypeAdapter(NewResourceName)
_LONGEST_NAME = 255
_NAMES_SHOWN = 10
_MIN_DEFAULT_DELETIONS = 10
_FLOORS = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
}
_HEAD = ("step", "region", "snapshot", "of", "why")

TagPairs: TypeAlias = tuple[tuple[str, str | None], ...]


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]


class _Step(PlanModel, frozen=True):
    """What all steps tell."""

    region: RegionInput
    """Where it is done."""
    kind: Kind
    """What the source is, and with it the kind of snapshot."""
    source: ResourceName
    """The disk or instance that the snapshot is of."""


class _MakingStep(_Step, frozen=True):
    """What makes a snapshot."""

    name: NewResourceName
    """The snapshot to be."""
    tags: TagList
    """Its tags, the token excluded."""
    client_token: str
    """What it bears in the tag `lightsail-snap:client-token`; the same for the same slot."""

    @property
    def all_tags(self) -> tuple[Tag, ...]:
        """Its tags, the token included."""
        return (*self.tags, Tag(key=CLIENT_TOKEN_TAG, value=self.client_token))


class TakeStep(_MakingStep, frozen=True):
    """Take a snapshot."""

    action: Literal["take"] = "take"
    """Tells the steps apart."""

    @property
    def id(self) -> str:
        """What the step is called; the same for the same slot."""
        return f"take:{self.region}/{self.name}"


class CopyStep(_MakingStep, frozen=True):
    """Copy the snapshot that was taken to another region, and tag the copy."""

    action: Literal["copy"] = "copy"
    """Tells the steps apart."""
    source_region: RegionInput
    """Where the snapshot was taken."""

    @property
    def id(self) -> str:
        """What the step is called; the same for the same slot."""
        return f"copy:{self.region}/{self.name}"


class DeleteStep(_Step, frozen=True):
    """Delete a snapshot, if it still is the very one that was seen."""

    action: Literal["delete"] = "delete"
    """Tells the steps apart."""
    name: ResourceName
    """The snapshot."""
    arn: str | None
    """Its Amazon Resource Name, which a later snapshot of the same name has not."""
    created_at: Moment
    """When it was taken."""
    tags: TagPairs
    """The tags it bore. If they have changed it stays, for somebody may mean to keep it."""
    reason: str
    """Why it may go."""

    @property
    def id(self) -> str:
        """What the step is called."""
        return f"delete:{self.region}/{self.name}"


Step: TypeAlias = TakeStep | CopyStep | DeleteStep
"""One thing to do."""


class Run(PlanModel, frozen=True):
    """What a plan comes to at a given time: print it, store it, apply it."""

    plan: BackupPlan
    """The plan."""
    now: Moment
    """The time it was made for, in UTC."""
    steps: tuple[Annotated[Step, Field(discriminator="action")], ...]
    """What to do: for each source first take, then copy, then delete, oldest first."""
    notes: tuple[str, ...] = ()
    """What else there is to know."""
    unlisted: tuple[str, ...] = ()
    """Regions in which deletions would be due, but nobody could tell of what."""
    kept: int = 0
    """How many usable snapshots of this plan remain, of the sources that its retention covers."""

    @property
    def slot(self) -> str:
        """Which run it is: the minute, hour or day, as it stands in names."""
        return self.plan.slot_of(self.now)

    @property
    def slot_begins(self) -> datetime:
        """When the slot begins, in UTC."""
        floor = _FLOORS[self.plan.slot]
        return self.now - (self.now - datetime(1970, 1, 1, tzinfo=UTC)) % floor

    @property
    def max_deletions(self) -> int:
        """How many snapshots the run may delete: the plan's `max_deletions`, or its default."""
        if self.plan.max_deletions is not None:
            return self.plan.max_deletions
        rules = {region: _rule_count(self.plan, region) for region in self.plan.regions}
        made = [step for step in self.steps if not isinstance(step, DeleteStep)]
        usual = sum(rules.get(step.region, 0) for step in made)
        return max(_MIN_DEFAULT_DELETIONS, 2 * usual)

    @property
    def summary(self) -> str:
        """What the run does, in one line: `take 1, copy 1, delete 50 (50 snapshots from ...)`."""
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
    def _end(self) -> str:
        return "; ".join([self.summary, *self.notes])

    @property
    def _rows(self) -> list[tuple[str, ...]]:
        return [
            (step.action, step.region, step.name, f"{step.kind} {step.source}", _why(step))
            for step in self.steps
        ]

    @override
    def __str__(self) -> str:
        return as_text(self._title, self._rows, self._end)

    def _repr_html_(self) -> str:
        return as_html(self._title, _HEAD, self._rows, self._end)


def deletion_summary(dates: Sequence[datetime], kept: int) -> str:
    """Return a line such as `50 snapshots from 2025-09-28 to 2026-11-12, 4 kept`."""
    plural = "" if len(dates) == 1 else "s"
    first, last = min(dates), max(dates)
    return f"{len(dates)} snapshot{plural} from {first:%Y-%m-%d} to {last:%Y-%m-%d}, {kept} kept"


def _rule_count(plan: BackupPlan, region: str) -> int:
    rules = plan.policy_of(region) or ()
    return sum(bool(value) for name, value in rules if name != "time_zone")


def _why(step: Step) -> str:
    if isinstance(step, DeleteStep):
        return f"{step.reason} (of {step.created_at:%Y-%m-%d %H:%M} UTC)"
    return f"from {step.source_region}" if isinstance(step, CopyStep) else ""


def _token(plan: BackupPlan, source: str, now: datetime, region: str) -> str:
    # Parts that hold no line breaks can be told apart where they are joined by them.
    parts = (plan.name, plan.region, plan.select.kind, source, plan.slot_of(now), region)
    return str(uuid5(NAMESPACE_URL, "\n".join(("lightsail-snap", *parts))))


def source_of(snapshot: AnySnapshot, kind: Kind) -> str | None:
    """Tell what a snapshot is of.

    Args:
        snapshot: The snapshot.
        kind: The kind of source that is meant.

    Returns:
        The name of the disk or instance; None if it is of another kind, or of nobody knows what.
    """
    if kind == "instance":
        return snapshot.from_instance_name if isinstance(snapshot, InstanceSnapshot) else None
    if isinstance(snapshot, InstanceSnapshot):
        return None
    if kind == "disk":
        return snapshot.from_disk_name
    return None if snapshot.from_disk_name else snapshot.from_instance_name


def has_token(snapshot: AnySnapshot, token: str) -> bool:
    """Tell whether a snapshot is the one that a step makes.

    Args:
        snapshot: The snapshot.
        token: The step's token.

    Returns:
        Whether it bears the token.
    """
    return tags_of(snapshot.tags).get(CLIENT_TOKEN_TAG) == token


def pairs_of(snapshot: AnySnapshot) -> TagPairs:
    """Write a snapshot's tags so that they can be compared.

    Args:
        snapshot: The snapshot.

    Returns:
        Keys and values, sorted.
    """
    return tuple(sorted(tags_of(snapshot.tags).items()))


def checked_time(model: str, now: object) -> datetime:
    """Check what is given for the time.

    Args:
        model: Who wants it.
        now: What is given.

    Returns:
        The same moment in UTC.

    Raises:
        RequestValidationError: If it is none with a time zone.
    """
    if isinstance(now, datetime) and now.utcoffset() is not None:
        return now.astimezone(UTC)
    raise refused(model, "now", "must have a time zone", "give datetime.now(UTC)", now)


def _selected(plan: BackupPlan, inventory: Inventory) -> list[Source]:
    select = plan.select
    found = [each for each in inventory.sources if select.includes(each.name, each.tags)]
    if not select.allow_missing:
        there = {each.name for each in found}
        what = "disk" if select.kind == "disk" else "instance"
        fix = f"of this plan there must be such a {what} in {plan.region}, or allow_missing = true"
        missing = set(select.names) - there
        problems = [
            Violation(f"select.names[{index}]", "is not there, or excluded", OURS, fix, name)
            for index, name in enumerate(select.names)
            if name in missing
        ]
        if not found and not problems:
            problems = [Violation("select", f"selects no {what}", OURS, fix, "nothing")]
        if problems:
            raise RequestValidationError("BackupPlan", problems)
    return sorted(found, key=lambda each: each.name)


def _names(plan: BackupPlan, sources: Sequence[Source], now: datetime) -> dict[str, str]:
    """Name the snapshots, and find all that is wrong with the names."""
    names = {source.name: plan.name_for(source.name, now) for source in sources}
    problems: list[Violation] = []

    def object_to(rule: str, fix: str, given: str) -> None:
        problems.append(Violation("name_template", rule, OURS, fix, given))

    for name in names.values():
        if len(name) > _LONGEST_NAME:
            fix = (
                "write a shorter name_template, for example '{source}-{time}', or rename the source"
            )
            object_to(f"must make names of at most {_LONGEST_NAME} characters", fix, name)
            continue
        try:
            _NEW_NAME.validate_python(name)
        except ValidationError:
            rule = "must make names of ASCII letters, digits, _ . - with no . or - at the ends"
            object_to(rule, "name the source in the template by hand, without {source}", name)
    if len(set(names.values())) < len(names):
        fix = "put {source} into the template"
        object_to("must make different names for all sources", fix, plan.name_template)
    quiesce = plan.quiesce
    if quiesce and quiesce.mount_point is not None and len(names) > 1:
        rule = "is the file system of one source, but several are selected"
        fix = "make a plan for each, or use the commands before and after"
        problems.append(Violation("quiesce.mount_point", rule, OURS, fix, quiesce.mount_point))
    if problems:
        raise RequestValidationError("BackupPlan", problems)
    return names


def _as_made(plan: BackupPlan, step: TakeStep | CopyStep, now: datetime) -> AnySnapshot:
    """Imagine the snapshot that a step will have made."""
    facts: dict[str, Any] = {
        "name": step.name,
        "created_at": now,
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
    """Group snapshots by the name of their source; None for those that have no such source."""
    groups: dict[str | None, list[AnySnapshot]] = {}
    for snapshot in snapshots:
        groups.setdefault(source_of(snapshot, kind), []).append(snapshot)
    return groups


def _afterwards(
    plan: BackupPlan, step: TakeStep | CopyStep, listed: Sequence[AnySnapshot], now: datetime
) -> list[AnySnapshot]:
    """Return the snapshots of a source after a step; `listed` are those that it has now."""
    made = _as_made(plan, step, now)
    # An interrupted run has left it behind; it may be pending, but will not be by then.
    begun = next((each for each in listed if each.name == step.name), None)
    if begun is not None and begun.created_at and has_token(begun, step.client_token):
        made = made.model_copy(update={"created_at": begun.created_at})
    return [made, *(each for each in listed if each.name != step.name)]


def _deletions(
    plan: BackupPlan,
    step: TakeStep | CopyStep,
    policy: RetentionPolicy,
    listed: Sequence[AnySnapshot],
    now: datetime,
) -> tuple[list[DeleteStep], int]:
    """Plan what may go once a step has succeeded, and count what stays."""
    snapshots = _afterwards(plan, step, listed, now)
    return _planned(plan, policy, snapshots, region=step.region, now=now, new=step.name)


def _planned(  # noqa: PLR0913 - as many as there are facts
    plan: BackupPlan,
    policy: RetentionPolicy,
    snapshots: Sequence[AnySnapshot],
    *,
    region: str,
    now: datetime,
    new: str | None = None,
) -> tuple[list[DeleteStep], int]:
    """Plan deletions in a Region, and count what stays of this plan."""
    scope = Scope(owner=plan.name)
    judged = plan_retention(snapshots, policy, now, owned=scope)
    going = [
        (decision.snapshot, source, created, decision.reasons)
        for decision in reversed(judged.decisions)
        for source in [source_of(decision.snapshot, plan.select.kind)]
        for created in [decision.snapshot.created_at]
        if not decision.keep and decision.snapshot.name != new and source and created
    ]
    remaining = sum(
        scope(each) and _is_usable(each) and each.created_at is not None for each in snapshots
    )
    going = going[: max(0, remaining - plan.minimum_remaining)]
    steps = [
        DeleteStep(
            region=region,
            kind=plan.select.kind,
            source=source,
            name=snapshot.name,
            arn=snapshot.arn,
            created_at=created,
            tags=pairs_of(snapshot),
            reason="; ".join(reasons),
        )
        for snapshot, source, created, reasons in going
    ]
    return steps, remaining - len(steps)


def _expired(
    plan: BackupPlan, groups: Mapping[str, _BySource], selected: set[str], now: datetime
) -> Iterator[tuple[Sequence[Step], int]]:
    """Plan deletions by age alone, of sources that the plan does not select any more."""
    for region in plan.regions:
        policy = plan.policy_of(region)
        if policy is None or not policy.delete_older_than:
            continue
        by_source = groups.get(region, {})
        by_age = age_only(policy)
        for source in sorted({each for each in by_source if each is not None} - selected):
            yield _planned(plan, by_age, by_source[source], region=region, now=now)


def age_only(policy: RetentionPolicy) -> RetentionPolicy:
    """Return the policy for sources that are not selected any more: only age deletes."""
    return RetentionPolicy(
        time_zone=policy.time_zone,
        keep_tagged=policy.keep_tagged,
        delete_older_than=policy.delete_older_than,
    )


def _steps_for(
    plan: BackupPlan, source: str, name: str, groups: Mapping[str, _BySource], now: datetime
) -> tuple[Sequence[Step], int]:
    kind, region = plan.select.kind, plan.region
    facts: dict[str, Any] = {"kind": kind, "source": source, "name": name, "tags": plan.all_tags}
    making: list[TakeStep | CopyStep] = [
        TakeStep(**facts, region=region, client_token=_token(plan, source, now, region))
    ]
    making += (
        CopyStep(
            **facts,
            region=target,
            source_region=region,
            client_token=_token(plan, source, now, target),
        )
        for target in plan.copies
    )
    steps: list[Step] = [*making]
    kept = 0
    for step in making:
        policy = plan.policy_of(step.region)
        # Nothing is known of a Region that could not be listed.
        if policy is not None and step.region in groups:
            listed = groups[step.region].get(source, ())
            deletions, staying = _deletions(plan, step, policy, listed, now)
            steps += deletions
            kept += staying
    return steps, kept


def _orphans(
    plan: BackupPlan, groups: Mapping[str, _BySource], selected: set[str]
) -> Iterator[str]:
    is_ours = by_tag(OWNERSHIP_TAG, plan.name)
    old = plan.retention.delete_older_than if plan.retention else None
    for region, by_source in groups.items():
        names = sorted(
            each.name
            for source, snapshots in by_source.items()
            if source not in selected
            for each in snapshots
            if is_ours(each)
        )
        if names and plan.retention:
            more = ", ..." if len(names) > _NAMES_SHOWN else ""
            fate = f"go when older than {old}" if old else "stay"
            yield (
                f"{len(names)} in {region} are of sources that are not selected (any more), and "
                f"{fate}: {', '.join(names[:_NAMES_SHOWN])}{more}"
            )


def _unlisted(plan: BackupPlan, inventory: Inventory) -> Iterator[str]:
    for region, why in inventory.unlisted.items():
        rest = "; nothing is deleted there" if plan.retention else ""
        yield f"what is in {region} could not be listed{rest}: {why}"


def make_run(plan: BackupPlan, inventory: Inventory, now: datetime) -> Run:
    """Say what a plan comes to. Nothing is sent: this is the dry run.

    What is to be deleted is judged by what there will be when the new snapshots are there, and is
    deleted only then.

    Args:
        plan: The plan.
        inventory: What there is, as `read_inventory` tells.
        now: The time, with a time zone.

    Returns:
        The run. It is the same for the same arguments, whatever the inventory's order.

    Raises:
        RequestValidationError: If the plan selects nothing, misses a name, or makes names that are
            too long, not allowed or not different.
    """
    plan = checked_plan("make_run", plan)
    now = checked_time("make_run", now)
    sources = _selected(plan, inventory)
    names = _names(plan, sources, now)
    groups = {
        region: _group_by_source(snapshots, plan.select.kind)
        for region, snapshots in inventory.snapshots.items()
    }
    found = [_steps_for(plan, source, name, groups, now) for source, name in names.items()]
    found += _expired(plan, groups, set(names), now)
    steps = [step for part, _ in found for step in part]
    kept = sum(count for _, count in found)
    notes = [*_orphans(plan, groups, set(names)), *_unlisted(plan, inventory)]
    unlisted = tuple(inventory.unlisted) if plan.retention else ()
    return Run(
        plan=plan,
        now=now,
        steps=tuple(steps),
        notes=tuple(sorted(notes)),
        unlisted=unlisted,
        kept=kept,
    )


def prepare(
    plan: BackupPlan,
    client: LightsailSnapClient,
    *,
    clients: ClientFactory | None = None,
    now: datetime | None = None,
) -> Run:
    """Look what there is, and say what a plan comes to. Nothing is changed: this is the dry run.

    Args:
        plan: The plan.
        client: The client of the plan's region.
        clients: Gives the clients of the regions to copy to, if there are any.
        now: The time, with a time zone; the present if None.

    Returns:
        The run: print it, and `apply` it.

    Raises:
        RequestValidationError: As `make_run` says.
        ConfigurationError: If a client is missing, or one of another region.
        LightsailSnapError: If something in the plan's own region cannot be listed. A region of
            copies that cannot is noted in the run.
    """
    inventory = read_inventory(plan, client, clients=clients)
    if now is None:
        # The client's clock may be a virtual one.
        now = datetime.fromtimestamp(client._clock.time(), UTC)  # noqa: SLF001 - our own client
    return make_run(plan, inventory, now)
