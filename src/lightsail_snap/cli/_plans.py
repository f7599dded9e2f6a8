"""Commands about backup plans and retention: plan, apply, prune."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from lightsail_snap import LightsailSnapClient, LightsailSnapError
from lightsail_snap._text import one_line
from lightsail_snap.cli._exits import Code, Interrupted, UsageError, code_of, told
from lightsail_snap.cli._output import say, show_json, show_line, show_table, steps
from lightsail_snap.cli._settings import Settings, add, aside
from lightsail_snap.cli._snapshots import Kind, listed
from lightsail_snap.plans import (
    BackupPlan,
    PlanOutcome,
    PruneResult,
    Run,
    StepResult,
    apply,
    apply_many,
    prepare,
    prune,
)
from lightsail_snap.retention import (
    OWNERSHIP_TAG,
    AnySnapshot,
    Ownership,
    RetentionPlan,
    RetentionPolicy,
    by_name,
    by_tag,
    plan_retention,
)

_PANEL = "Plans"

_PlanFile = Annotated[Path, typer.Argument(help="The plan, a TOML or JSON file.")]


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


def _read(file: Path) -> BackupPlan | Run:
    with file.open("rb") as opened:
        content = opened.read(_LARGEST + 1).removeprefix(codecs.BOM_UTF8)
    if len(content) > _LARGEST:
        message = f"{one_line(str(file))} is too large for a plan or a run"
        raise UsageError(message)
    # A pipe has no ending that tells; JSON begins with a brace, and no TOML does.
    is_json = file.suffix.lower() == ".json" or content.lstrip().startswith(b"{")
    if file.suffix.lower() == ".toml" or not is_json:
        return BackupPlan.from_toml(content)
    try:
        is_run = "steps" in json.loads(content)
    except (ValueError, TypeError, RecursionError):
        # The plan says in its own words what is wrong with it.
        is_run = False
    return Run.from_json(content) if is_run else BackupPlan.from_json(content)


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
    say(f"{len(run.steps)} steps; nothing has been done. Do it with: {do_it}")


def _why(step: Any) -> str:  # noqa: ANN401 - each kind of step has its own
    return getattr(step, "reason", "") or getattr(step, "source_region", "")


def _apply(
    settings: Settings,
    files: Annotated[
        list[Path], typer.Argument(help="Plans (TOML or JSON), or runs that `plan --json` printed.")
    ],
    *,
    concurrency: Annotated[
        int, typer.Option(min=1, max=64, help="How many sources of a plan at the same time.")
    ] = 4,
) -> int:
    """Carry plans out, every step exactly once; after a crash or a failure apply them again."""
    work = [_read(file) for file in files]
    again = settings.again("apply", *map(str, files))
    try:
        with settings.clients() as clients:
            if len(work) == 1:
                return _apply_one(settings, work[0], clients, concurrency, again)
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
    return _code(all(each.is_complete for each in outcomes.outcomes), again)


def _apply_one(
    settings: Settings,
    work: BackupPlan | Run,
    clients: Callable[[str], LightsailSnapClient],
    concurrency: int,
    again: str,
) -> int:
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
    return _code(result.is_complete, again)


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
        typer.Argument(help="A plan whose retention is to be used; else the rules below."),
    ] = None,
    *,
    apply_it: Annotated[
        bool, typer.Option("--apply", help="Delete; without it, only show what would be deleted.")
    ] = False,
    kind: Annotated[Kind, typer.Option(help="Which snapshots.")] = Kind.ALL,
    owner: Annotated[
        str | None,
        typer.Option(
            metavar="PLAN", help=f"Only those tagged {OWNERSHIP_TAG}=PLAN; else of any plan."
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(metavar="PATTERN", help="Instead of the tag: names such as db-*."),
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
) -> int:
    """Show which snapshots a retention policy keeps and why; with --apply delete the others.

    A dry run unless you say --apply. Only snapshots that this library has tagged are deleted, or
    those that --name says; of each source the newest always stays.
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
    }
    # An empty word, such as that of a script whose variable is not set, is refused by the policy:
    # to leave its rule out would delete what that rule was to keep.
    given: dict[str, Any] = {
        key: _number(value) for key, value in rules.items() if value not in (None, [])
    }
    if file is not None:
        named = (("owner", owner), ("name", name))
        others = [*given, *(word for word, value in named if value is not None)]
        if others:
            flags = ", ".join(f"--{word.replace('_', '-')}" for word in others)
            message = f"the plan says what to keep; leave out {flags}"
            raise UsageError(message)
        return _prune_by_plan(settings, _read_plan(file), apply_it=apply_it, file=file)
    if owner is not None and name is not None:
        message = "--owner and --name contradict each other; give one of them"
        raise UsageError(message)
    owned = by_name(name) if name is not None else by_tag(OWNERSHIP_TAG, owner)
    policy = RetentionPolicy(time_zone=time_zone, **given)
    with settings.client() as client:
        return _prune_in(
            settings, client, list(listed(client, kind)), policy, owned, apply_it=apply_it
        )


# int() refuses very long numbers, and nobody has that many snapshots.
_NUMBER = re.compile(r"[0-9]{1,18}")


def _number(value: str | list[str]) -> int | str | list[str]:
    return int(value) if isinstance(value, str) and _NUMBER.fullmatch(value) else value


def _prune_by_plan(settings: Settings, plan: BackupPlan, *, apply_it: bool, file: Path) -> int:
    if plan.retention is None:
        message = f"{file} has no [retention]; without it, all is kept"
        raise UsageError(message)
    kind = Kind.INSTANCE if plan.select.kind == "instance" else Kind.DISK
    owned = by_tag(OWNERSHIP_TAG, plan.name)
    codes: set[int] = set()
    with settings.clients() as clients:
        for region in (plan.region, *plan.copies):
            policy = (plan.copy_retention if region != plan.region else None) or plan.retention
            client = clients(region)
            try:
                snapshots = list(listed(client, kind))
            except LightsailSnapError as error:
                # The other regions have a history of their own.
                say(f"lightsail-snap: {region}: {told(error)}")
                codes.add(code_of(error))
                continue
            codes.add(
                _prune_in(
                    settings, client, snapshots, policy, owned, apply_it=apply_it, region=region
                )
            )
    return codes.pop() if len(codes) == 1 else Code.PARTIAL


def _prune_in(
    settings: Settings,
    client: LightsailSnapClient,
    snapshots: Iterable[AnySnapshot],
    policy: RetentionPolicy,
    owned: Ownership,
    *,
    apply_it: bool,
    region: str | None = None,
) -> int:
    planned: RetentionPlan[AnySnapshot] = plan_retention(
        snapshots, policy, datetime.now(UTC), owned=owned
    )
    if not apply_it:
        _show_verdicts(settings, planned, region)
        return Code.OK
    try:
        result = prune(planned, client, on_snapshot=lambda each: _pruned(settings, each.to_dict()))
    except KeyboardInterrupt:
        message = "What is deleted is deleted; run it again to delete the rest"
        raise Interrupted(message) from None
    return _counted(result, len(planned.keep))


def _show_verdicts(
    settings: Settings, planned: RetentionPlan[AnySnapshot], region: str | None
) -> None:
    verdicts = planned.to_dict()["verdicts"]
    if settings.as_json:
        for each in verdicts:
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
            for each in verdicts
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


def _counted(result: PruneResult, kept: int) -> int:
    gone = sum(each.status in {"done", "adopted"} for each in result.results)
    say(f"{gone} of {len(result.results)} deleted, {kept} kept")
    return Code.OK if result.is_complete else Code.PARTIAL
