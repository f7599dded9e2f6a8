"""The command `prune`: delete the snapshots that a retention policy does not keep."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer

from lightsail_snap import LightsailSnapClient, LightsailSnapError, RequestValidationError
from lightsail_snap._text import one_line
from lightsail_snap.cli._errors import (
    ExitCode,
    UnfinishedError,
    UsageError,
    exit_code_of,
    format_error,
)
from lightsail_snap.cli._messages import plural, print_error, print_message
from lightsail_snap.cli._options import (
    KindOption,
    MaxDeletionsOption,
    Settings,
    SnapshotKind,
    YesOption,
    add_command,
)
from lightsail_snap.cli._output import print_json, print_line, print_result, print_table
from lightsail_snap.cli._plans import PANEL, read_plan
from lightsail_snap.cli._prompt import confirm
from lightsail_snap.plans import BackupPlan, plan_prune, prune
from lightsail_snap.plans._inventory import snapshot_kinds
from lightsail_snap.plans._planning import deletion_summary
from lightsail_snap.retention import (
    OWNERSHIP_TAG,
    AnySnapshot,
    RetentionPlan,
    RetentionPolicy,
    Scope,
)

# int() refuses very long numbers.
_NUMBER = re.compile(r"[0-9]{1,18}")


def add_to(app: typer.Typer) -> None:
    """Add the command to the app."""
    add_command(app, "prune", _prune, panel=PANEL)


@dataclass(frozen=True, slots=True)
class _Options:
    """Options of a prune in every Region."""

    is_applied: bool
    yes: bool
    minimum_remaining: int | None
    max_deletions: int | None
    unsafe_allow_remove_all: bool


@dataclass(frozen=True, slots=True)
class _Target:
    """The snapshots to prune in one Region; `region` is None without a plan file."""

    client: LightsailSnapClient
    policy: RetentionPolicy | None
    scope: Scope
    kind: SnapshotKind
    minimum_remaining: int
    region: str | None = None


_Prepared: TypeAlias = tuple[_Target, RetentionPlan[AnySnapshot]]


def _keep_option(period: str) -> Any:  # noqa: ANN401 - typer's own type is not public
    return typer.Option(metavar="N", help=f"Keep the newest snapshot of each of N {period}.")


def _prune(
    settings: Settings,
    file: Annotated[
        Path | None,
        typer.Argument(help="Plan: its snapshots are in scope, and its retention applies."),
    ] = None,
    *,
    apply: Annotated[
        bool,
        typer.Option("--apply", help="Delete; without it, only show what would be deleted."),
    ] = False,
    kind: KindOption = "all",
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
    time_zone: Annotated[str, typer.Option(help="Time zone of days, weeks and months.")] = "UTC",
    keep_last: Annotated[
        str | None, typer.Option(metavar="N", help="Keep the N newest snapshots.")
    ] = None,
    keep_hourly: Annotated[str | None, _keep_option("hours")] = None,
    keep_daily: Annotated[str | None, _keep_option("days")] = None,
    keep_weekly: Annotated[str | None, _keep_option("weeks")] = None,
    keep_monthly: Annotated[str | None, _keep_option("months")] = None,
    keep_yearly: Annotated[str | None, _keep_option("years")] = None,
    keep_within: Annotated[
        str | None,
        typer.Option(metavar="SPAN", help="Keep snapshots that are newer, such as 2y5m7d3h."),
    ] = None,
    keep_tag: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY[=VALUE]", help="Keep snapshots with this tag; repeatable."),
    ] = None,
    delete_older_than: Annotated[
        str | None,
        typer.Option(
            metavar="SPAN", help="Delete snapshots that are older, such as 90d, whatever is kept."
        ),
    ] = None,
    minimum_remaining: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Minimum number of usable snapshots that remain of each source. [default: 1]",
        ),
    ] = None,
    max_deletions: MaxDeletionsOption = None,
    unsafe_allow_remove_all: Annotated[
        bool,
        typer.Option(
            "--unsafe-allow-remove-all",
            help="Allow deleting the last snapshots of a source. Without rules, delete all.",
        ),
    ] = False,
    yes: YesOption = False,
) -> int:
    """Show which snapshots a retention policy keeps; with --apply delete the others.

    Requires a scope: a plan file, --owner, --name or --source. A snapshot must match all that are
    given. Snapshots of a plan are only deleted if the plan file or --owner names it. Of each
    source at least one usable snapshot remains. --apply counts the deletions and prompts first.
    """
    # An empty value, as from an unset variable in a script, is passed on and refused by the
    # policy: ignoring the rule would delete the snapshots that it should keep.
    rules = _given(
        keep_last=keep_last,
        keep_hourly=keep_hourly,
        keep_daily=keep_daily,
        keep_weekly=keep_weekly,
        keep_monthly=keep_monthly,
        keep_yearly=keep_yearly,
        keep_within=keep_within,
        keep_tag=keep_tag,
        delete_older_than=delete_older_than,
    )
    scope = _given(owner=owner, name=name, source=source)
    options = _Options(apply, yes, minimum_remaining, max_deletions, unsafe_allow_remove_all)
    if file is not None:
        if rules or scope:
            names = ", ".join(f"--{key.replace('_', '-')}" for key in (*rules, *scope))
            message = f"the plan file defines the scope and the retention; leave out {names}"
            raise UsageError(message)
        return _prune_by_plan(settings, read_plan(file), file, options)
    if not scope:
        message = (
            "specify which snapshots may be deleted: pass a plan file, --owner, --name or --source"
        )
        raise UsageError(message)
    policy: RetentionPolicy | None = None
    # Everything in scope is deleted only if there is no rule at all and the flag allows it.
    if rules or not unsafe_allow_remove_all:
        fields: dict[str, Any] = {
            _RULES.get(key, key): _to_number(value) for key, value in rules.items()
        }
        policy = RetentionPolicy(time_zone=time_zone, **fields)
    with settings.client() as client:
        target = _Target(
            client,
            policy,
            Scope(**{_SCOPES.get(key, key): value for key, value in scope.items()}),
            kind,
            minimum_remaining or 1,
        )
        return _prune_targets(settings, [target], options)


# Options whose names are not those of the parameters.
_RULES = {"keep_tag": "keep_tagged"}
_SCOPES = {"name": "names", "source": "sources"}


def _given(**options: str | list[str] | None) -> dict[str, Any]:
    return {key: value for key, value in options.items() if value not in (None, [])}


def _to_number(value: str | list[str]) -> int | str | list[str]:
    return int(value) if isinstance(value, str) and _NUMBER.fullmatch(value) else value


def _prune_by_plan(settings: Settings, plan: BackupPlan, file: Path, options: _Options) -> int:
    if plan.retention is None:
        message = f"{one_line(str(file))} has no [retention], so it keeps every snapshot"
        raise UsageError(message)
    # --unsafe-allow-remove-all lifts the plan's minimum; an option that contradicts it is refused.
    plan_minimum = 1 if options.unsafe_allow_remove_all else plan.minimum_remaining
    if options.max_deletions is None:
        options = replace(options, max_deletions=plan.max_deletions)
    kinds = snapshot_kinds(plan)
    with settings.clients() as clients:
        targets = [
            _Target(
                clients(region),
                plan.policy_of(region),
                Scope(owner=plan.name),
                kinds[0] if len(kinds) == 1 else "all",
                options.minimum_remaining or plan_minimum,
                region,
            )
            for region in plan.regions
        ]
        return _prune_targets(settings, targets, options)


def _prune_targets(settings: Settings, targets: Sequence[_Target], options: _Options) -> int:
    """Prepare all Regions, prompt once, then delete Region by Region."""
    codes: set[int] = set()
    prepared = _prepare(targets, options, codes)
    if not options.is_applied:
        for target, planned in prepared:
            _print_decisions(settings, planned, target.region)
            codes.add(ExitCode.OK)
        return _combine(codes)
    to_delete = [each for _, planned in prepared for each in planned.delete]
    kept = sum(target.scope(each) for target, planned in prepared for each in planned.keep)
    count = len(to_delete)
    if options.max_deletions is not None and count > options.max_deletions:
        message = (
            f"nothing was deleted: {plural(count, 'deletion')} would exceed max_deletions, "
            f"{options.max_deletions}; check them without --apply, then pass "
            f"--max-deletions {count}"
        )
        raise UsageError(message)
    if to_delete and not options.yes:
        dates = [each.created_at for each in to_delete if each.created_at is not None]
        print_message(f"delete {count} ({deletion_summary(dates, kept)})")
        confirm("Continue?", "nothing was deleted")
    deleted = 0
    try:
        for target, planned in prepared:
            result = prune(
                planned,
                target.client,
                minimum_remaining=target.minimum_remaining,
                unsafe_allow_remove_all=options.unsafe_allow_remove_all,
                on_snapshot=lambda each: _print_deletion(settings, each.to_dict()),
            )
            deleted += sum(each.status in {"done", "adopted"} for each in result.results)
            codes.add(ExitCode.OK if result.is_complete else ExitCode.PARTIAL)
    except KeyboardInterrupt as interrupt:
        advice = "Deletions so far are final. To delete the rest, run the same command again."
        raise UnfinishedError(advice) from interrupt
    print_message(f"{deleted} of {count} deleted, {kept} kept")
    return _combine(codes)


def _prepare(targets: Sequence[_Target], options: _Options, codes: set[int]) -> list[_Prepared]:
    """Plan the deletions of each Region; report Regions that cannot be listed."""
    prepared: list[_Prepared] = []
    for target in targets:
        try:
            planned = plan_prune(
                target.policy,
                target.client,
                scope=target.scope,
                kind=target.kind,
                minimum_remaining=target.minimum_remaining,
                unsafe_allow_remove_all=options.unsafe_allow_remove_all,
            )
        except LightsailSnapError as error:
            if target.region is None or isinstance(error, RequestValidationError):
                raise
            # The other Regions do not depend on this one.
            print_error(f"{target.region}: {format_error(error)}")
            codes.add(exit_code_of(error))
        else:
            prepared.append((target, planned))
    return prepared


def _combine(codes: set[int]) -> int:
    return codes.pop() if len(codes) == 1 else ExitCode.PARTIAL


def _print_decisions(
    settings: Settings, planned: RetentionPlan[AnySnapshot], region: str | None
) -> None:
    decisions = planned.to_dict()["decisions"]
    if settings.as_json:
        for each in decisions:
            print_json({"region": region, **each} if region else each)
        return
    if region:
        print_line(region)
    print_table(
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
    print_message(
        f"keep {len(planned.keep)}, delete {len(planned.delete)}; nothing was deleted. To delete, "
        "pass --apply"
    )


def _print_deletion(settings: Settings, fields: dict[str, Any]) -> None:
    reason = f": {fields['reason']}" if fields["reason"] else ""
    line = f"{fields['status']:<8} {fields['name']}{reason}"
    print_result(fields, line, as_json=settings.as_json)
