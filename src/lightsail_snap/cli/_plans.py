"""Commands about backup plans and retention: plan, apply, prune."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer

from lightsail_snap import LightsailSnapClient, LightsailSnapError, RequestValidationError
from lightsail_snap._text import one_line
from lightsail_snap.cli._consent import is_terminal, require_consent
from lightsail_snap.cli._exits import Code, Interrupted, UsageError, code_of, told
from lightsail_snap.cli._output import say, show_json, show_line, show_table, steps
from lightsail_snap.cli._settings import Settings, add, aside
from lightsail_snap.cli._snapshots import Kind
from lightsail_snap.plans import (
    BackupPlan,
    DeleteStep,
    PlanOutcome,
    Run,
    StepResult,
    apply,
    apply_many,
    plan_prune,
    prepare,
    prune,
)
from lightsail_snap.plans._model import decode_document
from lightsail_snap.plans._prune import Kinds
from lightsail_snap.plans._planning import deletion_summary
from lightsail_snap.retention import (
    OWNERSHIP_TAG,
    AnySnapshot,
    RetentionPlan,
    RetentionPolicy,
    Scope,
)

_PANEL = "Plans"

_PlanFile = Annotated[Path, typer.Argument(help="The plan, a TOML or JSON file; - for stdin.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands.

    Args:
        app: Where to.
    """
    add(app, "plan", panel=_PANEL)(_plan)
    add(app, "apply", panel=_PANEL)(_apply)
    add(app, "prune", panel=_PANEL)(_prune)


# A run of a hundred thousand steps is a tenth of it.
_LARGEST = 2**28
_STDIN = Path("-")


def _read(file: Path) -> BackupPlan | Run:
    with nullcontext(sys.stdin.buffer) if file == _STDIN else file.open("rb") as opened:
        content = opened.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        message = f"{one_line(str(file))} is too large for a plan or a run"
        raise UsageError(message)
    # A pipe has no ending that tells; JSON begins with a brace, and no TOML does.
    try:
        text = decode_document(content)
    except UnicodeError:
        # The plan's own error says which encodings can be read.
        return BackupPlan.from_json(content)
    is_json = file.suffix.lower() == ".json" or text.lstrip().startswith("{")
    if file.suffix.lower() == ".toml" or not is_json:
        return BackupPlan.from_toml(text)
    try:
        is_run = "steps" in json.loads(text)
    except (ValueError, TypeError, RecursionError):
        # The plan says in its own words what is wrong with it.
        is_run = False
    return Run.from_json(text) if is_run else BackupPlan.from_json(text)


def _read_plan(file: Path) -> BackupPlan:
    found = _read(file)
    return found.plan if isinstance(found, Run) else found


def _plan(settings: Settings, file: _PlanFile) -> None:
    """Show what a plan comes to now: the dry run. --json prints a run that `apply` takes."""
    plan = _read_plan(file)
    with settings.clients() as clients:
        run = prepare(plan, clients(plan.region), clients=clients)
    if settings.as_json:
        show_json(json.loads(run.to_json()))
        return
    show_line(f"{plan.name} in {plan.region}, run {run.slot}")
    show_table(
        ("step", "region", "snapshot", "of", "why"),
        [(s.action, s.region, s.name, f"{s.kind} {s.source}", _why(s)) for s in run.steps],
    )
    for note in run.notes:
        say(note)
    do_it = settings.again("apply", str(file))
    say(run.summary)
    say(f"{len(run.steps)} steps; nothing has been done. Do it with: {do_it}")


def _why(step: Any) -> str:  # noqa: ANN401 - each kind of step has its own
    return getattr(step, "reason", "") or getattr(step, "source_region", "")


Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
MaxDeletions = Annotated[
    int | None,
    typer.Option(
        "--max-deletions",
        min=0,
        metavar="N",
        help="Delete nothing if more than N snapshots would be deleted.",
    ),
]


def _apply(
    settings: Settings,
    files: Annotated[
        list[Path],
        typer.Argument(help="Plans (TOML or JSON) or runs of `plan --json`; - for stdin."),
    ],
    *,
    concurrency: Annotated[
        int, typer.Option(min=1, max=64, help="How many sources of a plan at the same time.")
    ] = 4,
    max_deletions: MaxDeletions = None,
    yes: Yes = False,
) -> int:
    """Take and copy snapshots, then delete those that the plan's retention does not keep.

    Every step is carried out exactly once; after a crash or a failure, run the same line again. On
    a terminal, deletions are counted and confirmed first. Without a terminal or with --yes, a run
    with more deletions than --max-deletions, or else the plan's max_deletions, deletes nothing.
    """
    work = [_read(file) for file in files]
    words = ["apply", *map(str, files)]
    again = settings.again(*words, *["--yes"] * yes)
    try:
        with settings.clients() as clients:
            work = [_limited(each, max_deletions) for each in work]
            if is_terminal() and not yes:
                work = _confirmed(work, clients, max_deletions)
            if len(work) == 1:
                is_complete = _apply_one(settings, work[0], clients, concurrency, words)
                return _code(is_complete, again)
            with steps("plans", len(work)) as one_more:

                def told(outcome: PlanOutcome) -> None:
                    one_more(lambda: _told(settings, outcome))

                outcomes = aside(
                    lambda: apply_many(
                        work, client_factory=clients, concurrency=concurrency, on_plan=told
                    )
                )
    except KeyboardInterrupt:
        message = (
            "What Lightsail has accepted goes on there. Nothing is done twice and no journal is "
            f"to be kept: resume with: {again}"
        )
        raise Interrupted(message) from None
    _advise(settings, words, [each.result.results for each in outcomes.outcomes if each.result])
    return _code(all(each.is_complete for each in outcomes.outcomes), again)


def _limited(work: BackupPlan | Run, max_deletions: int | None) -> BackupPlan | Run:
    """Replace the plan's max_deletions if another number is given."""
    if max_deletions is None:
        return work
    changes = {"max_deletions": max_deletions}
    if isinstance(work, Run):
        return work.model_copy(update={"plan": work.plan.model_copy(update=changes)})
    return work.model_copy(update=changes)


def _confirmed(
    work: Sequence[BackupPlan | Run],
    clients: Callable[[str], LightsailSnapClient],
    max_deletions: int | None,
) -> list[BackupPlan | Run]:
    """Make the runs and ask once about their deletions; the number that is shown is the limit."""
    found: list[BackupPlan | Run] = []
    is_asking = False
    for each in work:
        run = each
        if not isinstance(run, Run):
            try:
                run = prepare(run, clients(run.region), clients=clients)
            except LightsailSnapError:
                if len(work) == 1:
                    raise
                # It fails again, among the others' results; what was not shown is not deleted.
                found.append(_limited(each, 0))
                continue
        count = sum(isinstance(step, DeleteStep) for step in run.steps)
        # A limit on the command line stands; so does the 0 of a plan that never deletes.
        is_open = run.plan.max_deletions != 0 and max_deletions is None
        if count and (is_open or count <= run.max_deletions):
            is_asking = True
            say(f"{run.plan.name}, run {run.slot}: {run.summary}")
            run = _limited(run, count)
        found.append(run)
    if is_asking:
        require_consent(
            "Continue?",
            "nothing was done; to take and copy snapshots only, pass --max-deletions 0",
        )
    return found


def _apply_one(
    settings: Settings,
    work: BackupPlan | Run,
    clients: Callable[[str], LightsailSnapClient],
    concurrency: int,
    words: Sequence[str],
) -> bool:
    plan = work.plan if isinstance(work, Run) else work
    client = clients(plan.region)
    run = work if isinstance(work, Run) else prepare(plan, client, clients=clients)
    for note in run.notes:
        say(note)
    with steps(plan.name, len(run.steps)) as one_more:

        def told(step: StepResult) -> None:
            one_more(lambda: _show_step(settings, plan.name, step.to_dict()))

        result = aside(
            lambda: apply(run, client, clients=clients, concurrency=concurrency, on_step=told)
        )
    counted = ", ".join(
        f"{word} {sum(each.status == word for each in result.results)}"
        for word in ("done", "adopted", "skipped", "failed")
    )
    say(f"{plan.name}, run {run.slot}: {counted}")
    _advise(settings, words, [result.results])
    return result.is_complete


def _advise(
    settings: Settings, words: Sequence[str], results: Sequence[Sequence[StepResult]]
) -> None:
    """Print how to continue if deletions exceeded the limit."""
    counts = [
        sum(each.deletion is not None and each.deletion.outcome == "limit" for each in found)
        for found in results
    ]
    if any(counts):
        more = settings.again(*words, "--max-deletions", str(max(counts)))
        say(
            f"Nothing was deleted: {max(counts)} deletions are more than allowed. Check them with "
            f"`lightsail-snap plan`, then run: {more}"
        )


def _code(is_complete: bool, again: str) -> int:  # noqa: FBT001 - reads as a sentence
    if is_complete:
        return Code.OK
    say(f"Not all is done. What is done stays done; try the rest again with: {again}")
    return Code.PARTIAL


def _told(settings: Settings, outcome: PlanOutcome) -> None:
    if (error := outcome.error) is not None:
        if settings.as_json:
            name = type(error).__name__
            show_json(
                {"plan": outcome.plan.name, "status": "failed", "error": name, "reason": str(error)}
            )
        else:
            show_line(f"failed   {outcome.plan.name}: {told(error)}")
    if outcome.result is None:
        return
    for note in outcome.result.run.notes:
        say(f"{outcome.plan.name}: {note}")
    for each in outcome.result.results:
        _show_step(settings, outcome.plan.name, each.to_dict())


def _show_step(settings: Settings, plan: str, step: dict[str, Any]) -> None:
    if settings.as_json:
        show_json({"plan": plan, **step})
    else:
        reason = f": {step['reason']}" if step["reason"] else ""
        show_line(
            f"{step['status']:<8} {step['action']:<7}{step['region']}  {step['name']}{reason}"
        )


def _prune(
    settings: Settings,
    file: Annotated[
        Path | None,
        typer.Argument(help="A plan: its snapshots are in scope, and its retention applies."),
    ] = None,
    *,
    apply_it: Annotated[
        bool, typer.Option("--apply", help="Delete; without it, only show what would be deleted.")
    ] = False,
    kind: Annotated[Kind, typer.Option(help="Which snapshots.")] = Kind.ALL,
    owner: Annotated[
        str | None,
        typer.Option(
            metavar="PLAN", help=f"Scope: snapshots of this plan, tagged {OWNERSHIP_TAG}=PLAN."
        ),
    ] = None,
    name: Annotated[
        list[str] | None,
        typer.Option(metavar="PATTERN", help="Scope: snapshot names such as db-*; repeatable."),
    ] = None,
    source: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATTERN", help="Scope: names of disks or instances such as db-*; repeatable."
        ),
    ] = None,
    time_zone: Annotated[str, typer.Option(help="In which days and weeks begin.")] = "UTC",
    keep_last: Annotated[str | None, typer.Option(metavar="N")] = None,
    keep_hourly: Annotated[str | None, typer.Option(metavar="N")] = None,
    keep_daily: Annotated[str | None, typer.Option(metavar="N")] = None,
    keep_weekly: Annotated[str | None, typer.Option(metavar="N")] = None,
    keep_monthly: Annotated[str | None, typer.Option(metavar="N")] = None,
    keep_yearly: Annotated[str | None, typer.Option(metavar="N")] = None,
    keep_within: Annotated[
        str | None, typer.Option(metavar="SPAN", help="Such as 2y5m7d3h.")
    ] = None,
    keep_tagged: Annotated[
        list[str] | None, typer.Option("--keep-tag", metavar="KEY[=VALUE]")
    ] = None,
    delete_older_than: Annotated[
        str | None,
        typer.Option(metavar="SPAN", help="Delete what is older, such as 90d, whatever is kept."),
    ] = None,
    minimum_remaining: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Usable snapshots of each source that remain at least. [default: 1]",
        ),
    ] = None,
    max_deletions: MaxDeletions = None,
    unsafe_allow_remove_all: Annotated[
        bool,
        typer.Option(
            "--unsafe-allow-remove-all",
            help="Allow to delete the last snapshots of a source. Without rules: delete all.",
        ),
    ] = False,
    yes: Yes = False,
) -> int:
    """Show which snapshots a retention policy keeps; with --apply delete the others.

    Needs a scope: a plan file, --owner, --name or --source; all that are given must match.
    Snapshots of a plan are only deleted if the plan file or --owner names it. Of each source at
    least one usable snapshot remains. --apply counts the deletions and asks first.
    """
    rules = {
        "keep_last": keep_last,
        "keep_hourly": keep_hourly,
        "keep_daily": keep_daily,
        "keep_weekly": keep_weekly,
        "keep_monthly": keep_monthly,
        "keep_yearly": keep_yearly,
        "keep_within": keep_within,
        "keep_tagged": keep_tagged,
        "delete_older_than": delete_older_than,
    }
    # An empty word, such as that of a script whose variable is not set, is refused by the policy:
    # to leave its rule out would delete what that rule was to keep.
    given: dict[str, Any] = {
        key: _number(value) for key, value in rules.items() if value not in (None, [])
    }
    scope: dict[str, Any] = {
        key: value
        for key, value in {"owner": owner, "names": name, "sources": source}.items()
        if value not in (None, [])
    }
    options = _PruneOptions(
        apply_it, yes, minimum_remaining, max_deletions, unsafe_allow_remove_all
    )
    if file is not None:
        options_of = {"names": "name", "sources": "source", "keep_tagged": "keep_tag"}
        others = [options_of.get(key, key) for key in (*given, *scope)]
        if others:
            flags = ", ".join(f"--{word.replace('_', '-')}" for word in others)
            message = f"the plan says what to keep; leave out {flags}"
            raise UsageError(message)
        return _prune_by_plan(settings, _read_plan(file), file, options)
    if not scope:
        message = (
            "say which snapshots may be deleted: a plan file, --owner PLAN, --name PATTERN or "
            "--source PATTERN"
        )
        raise UsageError(message)
    policy: RetentionPolicy | None = None
    # Everything in scope goes only if no rule is given at all and the flag says so.
    if given or not unsafe_allow_remove_all:
        policy = RetentionPolicy(time_zone=time_zone, **given)
    with settings.client() as client:
        area = _Area(client, policy, Scope(**scope), _KINDS[kind])
        return _prune_areas(settings, [area], options)


_KINDS: dict[Kind, Kinds] = {Kind.ALL: "all", Kind.DISK: "disk", Kind.INSTANCE: "instance"}


@dataclass(frozen=True, slots=True)
class _PruneOptions:
    """How to prune."""

    apply_it: bool
    yes: bool
    minimum_remaining: int | None
    max_deletions: int | None
    unsafe_allow_remove_all: bool


@dataclass(frozen=True, slots=True)
class _Area:
    """What to prune in one Region."""

    client: LightsailSnapClient
    policy: RetentionPolicy | None
    scope: Scope
    kind: Kinds
    region: str | None = None
    minimum_remaining: int = 1


# int() refuses very long numbers, and nobody has that many snapshots.
_NUMBER = re.compile(r"[0-9]{1,18}")


def _number(value: str | list[str]) -> int | str | list[str]:
    return int(value) if isinstance(value, str) and _NUMBER.fullmatch(value) else value


def _prune_by_plan(settings: Settings, plan: BackupPlan, file: Path, options: _PruneOptions) -> int:
    if plan.retention is None:
        message = f"{file} has no [retention]; without it, all is kept"
        raise UsageError(message)
    kind: Kinds = "instance" if plan.select.kind == "instance" else "disk"
    scope = Scope(owner=plan.name)
    with settings.clients() as clients:
        areas = [
            _Area(
                clients(region), plan.policy_of(region), scope, kind, region, plan.minimum_remaining
            )
            for region in plan.regions
        ]
        limit = plan.max_deletions if options.max_deletions is None else options.max_deletions
        return _prune_areas(settings, areas, replace(options, max_deletions=limit))


_Planned: TypeAlias = tuple[_Area, RetentionPlan[AnySnapshot], int]


def _previews(areas: Sequence[_Area], options: _PruneOptions, codes: set[int]) -> list[_Planned]:
    """Preview each Region, with its floor; report those that cannot be listed."""
    planned: list[_Planned] = []
    for area in areas:
        floor = options.minimum_remaining or area.minimum_remaining
        # The flag lifts the plan's floor; an option that contradicts it is refused.
        if options.unsafe_allow_remove_all and options.minimum_remaining is None:
            floor = 1
        try:
            found = plan_prune(
                area.policy,
                area.client,
                scope=area.scope,
                kind=area.kind,
                minimum_remaining=floor,
                unsafe_allow_remove_all=options.unsafe_allow_remove_all,
            )
        except LightsailSnapError as error:
            if area.region is None or isinstance(error, RequestValidationError):
                raise
            # The other regions have a history of their own.
            say(f"lightsail-snap: {area.region}: {told(error)}")
            codes.add(code_of(error))
            continue
        planned.append((area, found, floor))
    return planned


def _prune_areas(settings: Settings, areas: Sequence[_Area], options: _PruneOptions) -> int:
    """Preview all Regions, ask once, then delete Region by Region."""
    codes: set[int] = set()
    planned = _previews(areas, options, codes)
    if not options.apply_it:
        for area, found, _ in planned:
            _show_decisions(settings, found, area.region)
            codes.add(Code.OK)
        return _one_code(codes)
    to_delete = [each for _, found, _ in planned for each in found.delete]
    kept = sum(area.scope(each) for area, found, _ in planned for each in found.keep)
    if to_delete and options.max_deletions is not None and len(to_delete) > options.max_deletions:
        message = (
            f"nothing was deleted: {len(to_delete)} deletions are more than max_deletions, "
            f"{options.max_deletions}; check them without --apply, then pass "
            f"--max-deletions {len(to_delete)}"
        )
        raise UsageError(message)
    if to_delete and not options.yes:
        dates = [each.created_at for each in to_delete if each.created_at is not None]
        say(f"delete {len(to_delete)} ({deletion_summary(dates, kept)})")
        require_consent("Continue?", "nothing was deleted")
    gone = 0
    try:
        for area, found, floor in planned:
            result = prune(
                found,
                area.client,
                minimum_remaining=floor,
                unsafe_allow_remove_all=options.unsafe_allow_remove_all,
                on_snapshot=lambda each: _pruned(settings, each.to_dict()),
            )
            gone += sum(each.status in {"done", "adopted"} for each in result.results)
            codes.add(Code.OK if result.is_complete else Code.PARTIAL)
    except KeyboardInterrupt:
        message = "What is deleted is deleted; run it again to delete the rest"
        raise Interrupted(message) from None
    say(f"{gone} of {len(to_delete)} deleted, {kept} kept")
    return _one_code(codes)


def _one_code(codes: set[int]) -> int:
    return codes.pop() if len(codes) == 1 else Code.PARTIAL


def _show_decisions(
    settings: Settings, planned: RetentionPlan[AnySnapshot], region: str | None
) -> None:
    decisions = planned.to_dict()["decisions"]
    if settings.as_json:
        for each in decisions:
            show_json({"region": region, **each} if region else each)
        return
    if region:
        show_line(region)
    show_table(
        ("verdict", "snapshot", "created", "why"),
        [
            (
                "keep" if each["keep"] else "delete",
                each["name"],
                (each["created_at"] or "")[:16].replace("T", " "),
                "; ".join(each["reasons"]),
            )
            for each in decisions
        ],
    )
    say(
        f"keep {len(planned.keep)}, delete {len(planned.delete)}; nothing has been deleted. Do it "
        "with --apply"
    )


def _pruned(settings: Settings, facts: dict[str, Any]) -> None:
    if settings.as_json:
        show_json(facts)
    else:
        reason = f": {facts['reason']}" if facts["reason"] else ""
        show_line(f"{facts['status']:<8} {facts['name']}{reason}")
