"""The command `prune`: delete the snapshots that a retention policy does not keep."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from operator import itemgetter
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer

from lightsail_snap import LightsailSnapClient, LightsailSnapError, RequestValidationError
from lightsail_snap._text import Description, did_you_mean, one_line
from lightsail_snap.cli._completers import (
    Completer,
    complete_files,
    complete_plan_names,
    complete_snapshots,
    complete_sources,
)
from lightsail_snap.cli._errors import (
    ExitCode,
    UnfinishedError,
    UsageError,
    describe_error,
    exit_code_of,
)
from lightsail_snap.cli._explanations import reason_in_words
from lightsail_snap.cli._messages import plural, print_error, print_message
from lightsail_snap.cli._options import (
    DELETION,
    RETENTION,
    SCOPE,
    KindOption,
    MaxDeletionsOption,
    OutputFormat,
    OutputOption,
    Settings,
    SnapshotKind,
    YesOption,
    add_command,
)
from lightsail_snap.cli._output import print_line
from lightsail_snap.cli._plans import PANEL, read_plan
from lightsail_snap.cli._prompt import confirm
from lightsail_snap.cli._tables import Column, format_time, print_rows, row_printer
from lightsail_snap.errors import Violation
from lightsail_snap.plans import BackupPlan, PrunedSnapshot, plan_prune, prune
from lightsail_snap.plans._inventory import snapshot_kinds
from lightsail_snap.plans._planning import deletion_summary
from lightsail_snap.retention import (
    OWNERSHIP_TAG,
    AnySnapshot,
    RetentionPlan,
    RetentionPolicy,
    Scope,
    _source_of,
)

# int() refuses very long numbers.
_NUMBER = re.compile(r"[0-9]{1,18}")
_IS_PATTERN = re.compile(r"[*?\[]")


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
    output_format: OutputFormat


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


def _rule(metavar: str, text: str) -> Any:  # noqa: ANN401 - typer's own type is not public
    return typer.Option(metavar=metavar, help=text, rich_help_panel=RETENTION)


def _keep(period: str) -> Any:  # noqa: ANN401 - typer's own type is not public
    return _rule("N", f"Keep the newest snapshot of each of the latest N {period}s.")


def _keep_within(period: str) -> Any:  # noqa: ANN401 - typer's own type is not public
    return _rule(
        "SPAN", f"Keep the newest snapshot of each {period}, up to SPAN before the newest of all."
    )


def _scope(metavar: str, text: str, complete: Completer) -> Any:  # noqa: ANN401 - typer's own type is not public
    return typer.Option(metavar=metavar, help=text, autocompletion=complete, rich_help_panel=SCOPE)


def _prune(
    settings: Settings,
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE",
            help="Plan: its snapshots are in scope, and its retention applies.",
            autocompletion=complete_files(".toml", ".json"),
        ),
    ] = None,
    *,
    apply: Annotated[
        bool,
        typer.Option(
            "--apply",
            help="Delete; without it, only show what would be deleted.",
            rich_help_panel=DELETION,
        ),
    ] = False,
    kind: KindOption = "all",
    owner: Annotated[
        str | None,
        _scope(
            "PLAN", f"Snapshots of this plan, tagged {OWNERSHIP_TAG}=PLAN.", complete_plan_names
        ),
    ] = None,
    name: Annotated[
        list[str] | None,
        _scope("PATTERN", "Names of snapshots, such as db-*; repeatable.", complete_snapshots),
    ] = None,
    source: Annotated[
        list[str] | None,
        _scope(
            "NAME",
            "Disks or instances, by name or a pattern such as db-*; repeatable.",
            complete_sources,
        ),
    ] = None,
    time_zone: Annotated[
        str,
        typer.Option(
            metavar="ZONE",
            help="Time zone of hours, days, weeks, months and years.",
            rich_help_panel=RETENTION,
        ),
    ] = "UTC",
    keep_last: Annotated[str | None, _rule("N", "Keep the N newest snapshots.")] = None,
    keep_hourly: Annotated[str | None, _keep("hour")] = None,
    keep_daily: Annotated[str | None, _keep("day")] = None,
    keep_weekly: Annotated[str | None, _keep("week")] = None,
    keep_monthly: Annotated[str | None, _keep("month")] = None,
    keep_yearly: Annotated[str | None, _keep("year")] = None,
    keep_within: Annotated[
        str | None,
        _rule(
            "SPAN",
            "Keep all snapshots up to SPAN before the newest, such as 12h, 7d or 1y5m7d2h "
            "(years, months, days, hours).",
        ),
    ] = None,
    keep_within_hourly: Annotated[str | None, _keep_within("hour")] = None,
    keep_within_daily: Annotated[str | None, _keep_within("day")] = None,
    keep_within_weekly: Annotated[str | None, _keep_within("week")] = None,
    keep_within_monthly: Annotated[str | None, _keep_within("month")] = None,
    keep_within_yearly: Annotated[str | None, _keep_within("year")] = None,
    keep_tag: Annotated[
        list[str] | None,
        _rule("KEY[=VALUE]", "Keep snapshots with this tag; repeatable."),
    ] = None,
    delete_older_than: Annotated[
        str | None,
        _rule("SPAN", "Delete snapshots that are older, such as 90d, whatever is kept."),
    ] = None,
    minimum_remaining: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Minimum number of usable snapshots that remain of each source. [default: 1]",
            rich_help_panel=DELETION,
        ),
    ] = None,
    max_deletions: MaxDeletionsOption = None,
    unsafe_allow_remove_all: Annotated[
        bool,
        typer.Option(
            "--unsafe-allow-remove-all",
            help="Allow deleting the last snapshots of a source. Without rules, delete all.",
            rich_help_panel=DELETION,
        ),
    ] = False,
    yes: YesOption = False,
    output: OutputOption = None,
) -> int:
    """Show which snapshots a retention policy keeps; with --apply delete the others.

    Requires a scope: a plan file, --owner, --name or --source. A snapshot must match all that are
    given. Snapshots of a plan are only deleted if the plan file or --owner names it. Of each
    source at least one usable snapshot remains. --apply counts the deletions and prompts first.

    With a plan file, its retention applies, and --source limits the prune to some of its sources.

    Examples:
        Show what a policy keeps of the snapshots of a plan:
          lightsail-snap prune --owner nightly --keep-daily 7 --keep-weekly 4
        Delete the others after a prompt:
          lightsail-snap prune --owner nightly --keep-daily 7 --keep-weekly 4 --apply
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
        keep_within_hourly=keep_within_hourly,
        keep_within_daily=keep_within_daily,
        keep_within_weekly=keep_within_weekly,
        keep_within_monthly=keep_within_monthly,
        keep_within_yearly=keep_within_yearly,
        keep_tag=keep_tag,
        delete_older_than=delete_older_than,
    )
    scope = _given(owner=owner, name=name)
    sources = {} if not source else {"sources": source}
    options = _Options(
        apply,
        yes,
        minimum_remaining,
        max_deletions,
        unsafe_allow_remove_all,
        settings.output_format(output),
    )
    if file is not None:
        if rules or scope:
            names = ", ".join(_option_of(key) for key in (*rules, *scope))
            message = f"the plan file defines the scope and the retention; leave out {names}"
            raise UsageError(message)
        return _prune_by_plan(settings, read_plan(file), file, options, sources)
    scope |= sources
    if not scope:
        message = (
            "specify which snapshots may be deleted: pass a plan file, --owner, --name or --source"
        )
        raise UsageError(message)
    policy: RetentionPolicy | None = None
    # Everything in scope is deleted only if there is no rule at all and the flag allows it.
    if rules or not unsafe_allow_remove_all:
        fields: dict[str, Any] = {
            _FIELDS.get(key, key): _to_number(value) for key, value in rules.items()
        }
        with _naming_options():
            policy = RetentionPolicy(time_zone=time_zone, **fields)
    with _naming_options():
        selected = Scope(**{_FIELDS.get(key, key): value for key, value in scope.items()})
    with settings.client() as client:
        target = _Target(client, policy, selected, kind, minimum_remaining or 1)
        return _prune_targets([target], options)


# Fields of policies and scopes whose names are not those of the options.
_FIELDS = {"keep_tag": "keep_tagged", "name": "names", "source": "sources"}
_OPTIONS = {field: option for option, field in _FIELDS.items()}
_TAGS_RULE = "must be `key` or `key=value`, or several that must all match, separated by commas"
_SPAN_FIX = "write 12h, 7d or 1y5m7d2h (years, months, days, hours)"


def _option_of(field: str) -> str:
    return f"--{_OPTIONS.get(field, field).replace('_', '-')}"


@contextmanager
def _naming_options() -> Iterator[None]:
    """Name the options instead of the fields in errors of policies and scopes."""
    try:
        yield
    except RequestValidationError as error:
        raise RequestValidationError("options", [*map(_name_option, error.violations)]) from error


def _name_option(found: Violation) -> Violation:
    field, option = found.field, _option_of(found.field)
    rule, given = found.rule, found.input
    fix = found.fix.replace("leave it out", "leave the option out")
    if not field:
        option, given = "--keep-...", Description("none")
        rule, fix = "must include a rule that is not 0", "pass --keep-daily 7, for example"
    elif field.startswith("keep_within") or field == "delete_older_than":
        fix = _SPAN_FIX
    elif field in _OPTIONS:
        # The values of a repeatable option, without the brackets of a list.
        given = Description(str(given).strip("[]"))
    if field == "keep_tagged":
        rule, fix = _TAGS_RULE, f"pass {option} env=prod"
    elif field in {"owner", "names", "sources"}:
        rule, fix = "must not be empty", "pass a value, or leave the option out"
    return replace(found, field=option, rule=rule, fix=fix, input=given)


def _given(**options: str | list[str] | None) -> dict[str, Any]:
    return {key: value for key, value in options.items() if value not in (None, [])}


def _to_number(value: str | list[str]) -> int | str | list[str]:
    return int(value) if isinstance(value, str) and _NUMBER.fullmatch(value) else value


def _prune_by_plan(
    settings: Settings,
    plan: BackupPlan,
    file: Path,
    options: _Options,
    sources: Mapping[str, Sequence[str]],
) -> int:
    if plan.retention is None:
        message = f"{one_line(str(file))} has no [retention], so it keeps every snapshot"
        raise UsageError(message)
    # --unsafe-allow-remove-all lifts the plan's minimum; an option that contradicts it is refused.
    plan_minimum = 1 if options.unsafe_allow_remove_all else plan.minimum_remaining
    if options.max_deletions is None:
        options = replace(options, max_deletions=plan.max_deletions)
    with _naming_options():
        scope = Scope(owner=plan.name, **sources)
    kinds = snapshot_kinds(plan)
    with settings.clients() as clients:
        targets = [
            _Target(
                clients(region),
                plan.policy_of(region),
                scope,
                kinds[0] if len(kinds) == 1 else "all",
                options.minimum_remaining or plan_minimum,
                region,
            )
            for region in plan.regions
        ]
        return _prune_targets(targets, options)


def _prune_targets(targets: Sequence[_Target], options: _Options) -> int:
    """Prepare all Regions, prompt once, then delete Region by Region."""
    codes: set[int] = set()
    prepared = _prepare(targets, options, codes)
    if len(prepared) == len(targets):
        _check_sources(targets[0].scope, prepared)
    if not options.is_applied:
        if prepared:
            _print_decisions(prepared, options.output_format)
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
    is_table = options.output_format == "table"
    try:
        with row_printer(_DELETIONS, options.output_format, dict) as print_row:
            for target, planned in prepared:
                result = prune(
                    planned,
                    target.client,
                    minimum_remaining=target.minimum_remaining,
                    unsafe_allow_remove_all=options.unsafe_allow_remove_all,
                    on_snapshot=(
                        _print_deletion if is_table else lambda each: print_row(each.to_dict())
                    ),
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
            print_error(f"{target.region}: {describe_error(error)}")
            codes.add(exit_code_of(error))
        else:
            prepared.append((target, planned))
    return prepared


def _check_sources(scope: Scope, prepared: Sequence[_Prepared]) -> None:
    """Refuse names of sources that have no snapshots in any Region; patterns may match none."""
    known = {
        name
        for _, planned in prepared
        for each in planned.decisions
        if (name := _source_of(each.snapshot)[1]) is not None
    }
    unknown = [each for each in scope.sources if each not in known and not _IS_PATTERN.search(each)]
    if unknown:
        advice = "see the column `source` of `lightsail-snap list`"
        names = ", ".join(f"{each} ({did_you_mean(each, known) or advice})" for each in unknown)
        message = f"nothing was deleted: no snapshots of {names}"
        raise UsageError(message)


def _combine(codes: set[int]) -> int:
    return codes.pop() if len(codes) == 1 else ExitCode.PARTIAL


def _parse_time(decision: dict[str, Any]) -> datetime | None:
    created = decision["created_at"]
    return None if created is None else datetime.fromisoformat(created)


_DECISIONS: list[Column[dict[str, Any]]] = [
    Column("verdict", lambda each: "keep" if each["keep"] else "delete"),
    Column("region", lambda each: each["region"]),
    Column("snapshot", lambda each: each["name"]),
    Column("created", _parse_time, 2, format_time, "created (UTC)"),
    Column("why", lambda each: "; ".join(each["reasons"]), 1, is_prose=True),
]
_DELETIONS: list[Column[dict[str, Any]]] = [
    Column(name, itemgetter(name)) for name in ("status", "name", "reason")
]


def _print_decisions(prepared: Sequence[_Prepared], output_format: OutputFormat) -> None:
    rows = [
        {"region": target.region, **each} if target.region else each
        for target, planned in prepared
        for each in planned.to_dict()["decisions"]
    ]
    is_table = output_format == "table"
    regions = {target.region for target, _ in prepared if target.region}
    has_regions = len(regions) > is_table
    columns = [column for column in _DECISIONS if has_regions or column.name != "region"]
    print_rows(rows, columns, output_format, dict)
    if is_table:
        keep = sum(each["keep"] for each in rows)
        print_message("Nothing was deleted. To delete, pass --apply.")
        print_message(f"keep {keep}, delete {len(rows) - keep}")


def _print_deletion(result: PrunedSnapshot) -> None:
    reason = f": {reason_in_words(result.reason, result.error)}" if result.reason else ""
    print_line(f"{result.status:<8} {result.snapshot.name}{reason}", is_prose=True)
