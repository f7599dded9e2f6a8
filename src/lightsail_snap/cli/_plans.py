"""Commands for backup plans: plan, apply."""

from __future__ import annotations

import json
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from lightsail_snap import LightsailSnapClient, LightsailSnapError, RequestValidationError
from lightsail_snap._drivers.interrupts import result_of
from lightsail_snap._text import one_line
from lightsail_snap.cli._completers import complete_files
from lightsail_snap.cli._errors import ExitCode, UnfinishedError, UsageError, describe_error
from lightsail_snap.cli._explanations import InvalidFileError, reason_in_words
from lightsail_snap.cli._messages import plural, print_command, print_error, print_message
from lightsail_snap.cli._options import (
    MaxDeletionsOption,
    OutputOption,
    Settings,
    YesOption,
    add_command,
)
from lightsail_snap.cli._output import (
    print_json,
    print_line,
    print_result,
    step_counter,
)
from lightsail_snap.cli._prompt import confirm, is_terminal
from lightsail_snap.cli._tables import Column, format_time, print_rows
from lightsail_snap.models._regions import find_region_hint
from lightsail_snap.plans import (
    BackupPlan,
    CopyStep,
    DeleteStep,
    PlanOutcome,
    Run,
    RunResult,
    Step,
    StepResult,
    prepare,
)
from lightsail_snap.plans._apply import apply_and_report
from lightsail_snap.plans._completion import report_error, run_on_complete
from lightsail_snap.plans._fleet import apply_many_and_report
from lightsail_snap.plans._model import decode_document

ReturnT = TypeVar("ReturnT")

PANEL = "Plans"

# Ten times the size of a run of a hundred thousand steps.
_MAX_FILE_BYTES = 2**28
_STDIN = Path("-")


def add_to(app: typer.Typer) -> None:
    """Add the commands to the app."""
    add_command(app, "plan", _plan, panel=PANEL)
    add_command(app, "apply", _apply, panel=PANEL)


def _date_of(step: Step) -> datetime | None:
    return step.created_at if isinstance(step, DeleteStep) else None


def _reason_for(step: Step) -> str:
    if isinstance(step, DeleteStep):
        return step.reason
    return f"from {step.source_region}" if isinstance(step, CopyStep) else ""


_COLUMNS: list[Column[Step]] = [
    Column("step", lambda step: step.action),
    Column("region", lambda step: str(step.region), 1),
    Column("snapshot", lambda step: step.name),
    Column("source", lambda step: f"{step.kind} {step.source}", 3),
    Column("created", _date_of, 2, format_time, "created (UTC)"),
    Column("why", _reason_for, 1, is_prose=True),
]


def _plan(
    settings: Settings,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="Plan (TOML or JSON); - reads stdin.",
            autocompletion=complete_files(".toml", ".json"),
        ),
    ],
    *,
    output: OutputOption = None,
) -> None:
    """Show the steps that a plan would take now. --json prints a run that `apply` accepts.

    Examples:
        Show the steps of a plan:
          lightsail-snap plan nightly.toml
        Keep exactly these steps for `apply`:
          lightsail-snap plan nightly.toml --json > run.json
    """
    output_format = settings.output_format(output)
    plan = read_plan(file)
    with settings.clients() as clients:
        run = prepare(plan, clients(plan.regions[0]), clients=clients)
    if output_format in {"json", "jsonl"}:
        print_json(json.loads(run.to_json()))
        return
    is_table = output_format == "table"
    if is_table:
        print_line(f"{plan.name} in {', '.join(plan.source_regions)}, run {run.slot}")
    has_regions = len(plan.regions) > 1 or not is_table
    columns = [column for column in _COLUMNS if has_regions or column.name != "region"]
    print_rows(run.steps, columns, output_format, dict)
    for note in run.notes:
        print_message(note)
    if is_table:
        print_command(
            f"Nothing was changed. To apply the plan, {_how_to_run([file])}:",
            settings.command_line("apply", str(file)),
        )
        print_message(run.summary)


def _apply(
    settings: Settings,
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...",
            help="Plans (TOML or JSON) or runs of `plan --json`; - reads stdin.",
            autocompletion=complete_files(".toml", ".json"),
        ),
    ],
    *,
    concurrency: Annotated[
        int,
        typer.Option(
            min=1,
            max=64,
            metavar="N",
            help="Sources of a plan to process at the same time, from 1 to 64.",
            rich_help_panel="Execution",
        ),
    ] = 4,
    max_deletions: MaxDeletionsOption = None,
    yes: YesOption = False,
) -> int:
    """Take and copy snapshots, then delete those that the plan's retention does not keep.

    Every step is carried out exactly once; after a crash or a failure, run the same command
    again. On a terminal, deletions are counted and confirmed first. Without a terminal or with
    --yes, nothing is deleted if there are more deletions than --max-deletions, or else than the
    plan's max_deletions. At the end, the plan's on_complete command receives the result.

    Examples:
        Apply a plan; on a terminal, it prompts before it deletes:
          lightsail-snap apply nightly.toml
        Take and copy snapshots only:
          lightsail-snap apply nightly.toml --max-deletions 0
    """
    if files.count(_STDIN) > 1:
        message = "standard input is only read once; pass - once"
        raise UsageError(message)
    work = [_read(file) for file in files]
    arguments, how_to_run = ["apply", *map(str, files)], _how_to_run(files)
    resume = settings.command_line(*arguments, yes=yes, max_deletions=max_deletions)
    completions = _Completions()
    try:
        with settings.clients() as clients, completions.report_errors(work):
            work = [_limit_deletions(each, max_deletions) for each in work]
            if is_terminal() and not yes:
                work = _confirm_deletions(work, clients, max_deletions)
            apply_work = _apply_one if len(work) == 1 else _apply_many
            is_complete, results = apply_work(settings, work, clients, concurrency, completions)
    except KeyboardInterrupt as interrupt:
        advice = (
            "Steps that Lightsail has accepted may still be running. No step is carried out "
            f"twice. To resume, {how_to_run}:"
        )
        raise UnfinishedError(advice, resume) from interrupt
    finally:
        for failure in completions.failures:
            print_error(failure)
    if is_complete:
        return ExitCode.PARTIAL if completions.failures else ExitCode.OK
    if blocked := _count_blocked_deletions(results):
        print_command(
            f"Nothing was deleted because {plural(blocked, 'deletion')} would exceed the limit. "
            f"Check the deletions with `lightsail-snap plan`, then {how_to_run}:",
            settings.command_line(*arguments, max_deletions=blocked),
        )
    else:
        print_command(f"Some steps are not done. To retry them, {how_to_run}:", resume)
    return ExitCode.PARTIAL


def _how_to_run(files: Sequence[Path]) -> str:
    """Return the advice in front of a command with these files."""
    return "pass the same input to" if _STDIN in files else "run"


class _Completions:
    """Runs the `on_complete` command of each plan once, also if an interrupt ends the program.

    After an interrupt, worker threads may still finish a run while this thread reports it.
    """

    def __init__(self) -> None:
        self.failures: list[str] = []
        self.reached: Callable[[], RunResult] | None = None
        self._lock = threading.Lock()
        self._reported: set[tuple[str | None, str]] = set()

    def __call__(self, plan: BackupPlan, document: Mapping[str, Any]) -> str:
        key = (plan.account, plan.name)
        with self._lock:
            is_first = key not in self._reported
            self._reported.add(key)
        failure = run_on_complete(plan, document) if is_first else ""
        if failure:
            self.failures.append(f"{plan.name}: {failure}")
        # The failures are printed here, and not with the result or error.
        return ""

    @contextmanager
    def report_errors(self, work: Sequence[BackupPlan | Run]) -> Iterator[None]:
        """Report an error to all plans, except one that is reported before the work begins."""
        try:
            yield
        except UsageError:
            raise
        except BaseException as error:
            for each in work:
                report_error(self, _plan_of(each), error, self.reached and self.reached())
            raise


def _read(file: Path) -> BackupPlan | Run:
    content = _read_content(file)
    if len(content) > _MAX_FILE_BYTES:
        message = f"{_name_of(file)} is too large for a plan or a run"
        raise UsageError(message)
    with _naming_file(file):
        work = _parse(file, content)
    for region in _plan_of(work).regions:
        if hint := find_region_hint(region):
            print_message(hint)
    return work


@contextmanager
def _naming_file(file: Path) -> Iterator[None]:
    """Name the file in errors of plans and runs."""
    try:
        yield
    except RequestValidationError as error:
        raise InvalidFileError(_name_of(file)) from error


def _name_of(file: Path) -> str:
    return "standard input" if file == _STDIN else one_line(str(file))


def _read_content(file: Path) -> bytes:
    if file != _STDIN:
        with file.open("rb") as opened:
            return opened.read(_MAX_FILE_BYTES + 1)
    if is_terminal():
        message = (
            "standard input is a terminal; pipe a plan or run into the command, or pass its file"
        )
        raise UsageError(message)
    # Python has no standard input if it was closed at the start.
    return b"" if sys.stdin is None else sys.stdin.buffer.read(_MAX_FILE_BYTES + 1)


def _parse(file: Path, content: bytes) -> BackupPlan | Run:
    try:
        text = decode_document(content)
    except UnicodeError:
        # The error of the plan lists the supported encodings.
        return BackupPlan.from_json(content)
    if not text.strip():
        message = f"{_name_of(file)} is empty; pass a plan (TOML or JSON) or a run of `plan --json`"
        raise UsageError(message)
    # A pipe has no suffix. JSON begins with a brace, and TOML never does.
    is_json = file.suffix.lower() == ".json" or text.lstrip().startswith("{")
    if file.suffix.lower() == ".toml" or not is_json:
        return BackupPlan.from_toml(text)
    try:
        is_run = "steps" in json.loads(text)
    except (ValueError, TypeError, RecursionError):
        # The error of the plan describes the problem.
        is_run = False
    return Run.from_json(text) if is_run else BackupPlan.from_json(text)


def read_plan(file: Path) -> BackupPlan:
    """Read a plan from a file, or the plan of a run; `-` is standard input."""
    return _plan_of(_read(file))


def _plan_of(work: BackupPlan | Run) -> BackupPlan:
    return work.plan if isinstance(work, Run) else work


def _limit_deletions(work: BackupPlan | Run, max_deletions: int | None) -> BackupPlan | Run:
    """Replace the plan's max_deletions if another number is given."""
    if max_deletions is None:
        return work
    plan = _plan_of(work).model_copy(update={"max_deletions": max_deletions})
    return work.model_copy(update={"plan": plan}) if isinstance(work, Run) else plan


def _confirm_deletions(
    work: Sequence[BackupPlan | Run],
    clients: Callable[[str], LightsailSnapClient],
    max_deletions: int | None,
) -> list[BackupPlan | Run]:
    """Prepare the runs and prompt once; the number of deletions shown becomes the limit."""
    confirmed: list[BackupPlan | Run] = []
    has_deletions = False
    for each in work:
        run = each
        if not isinstance(run, Run):
            try:
                run = prepare(run, clients(run.regions[0]), clients=clients)
            except LightsailSnapError:
                if len(work) == 1:
                    raise
                # It is prepared and reported again with the others, and must not delete then.
                confirmed.append(_limit_deletions(each, 0))
                continue
        count = sum(isinstance(step, DeleteStep) for step in run.steps)
        # A limit on the command line stands; so does the 0 of a plan that never deletes.
        may_exceed_limit = run.plan.max_deletions != 0 and max_deletions is None
        if count and (may_exceed_limit or count <= run.max_deletions):
            has_deletions = True
            print_message(f"{run.plan.name}, run {run.slot}: {run.summary}")
            confirmed.append(_limit_deletions(run, count))
        else:
            confirmed.append(run)
    if has_deletions:
        confirm(
            "Continue?",
            "nothing was changed; to take and copy snapshots only, pass --max-deletions 0",
        )
    return confirmed


def _apply_one(
    settings: Settings,
    work: Sequence[BackupPlan | Run],
    clients: Callable[[str], LightsailSnapClient],
    concurrency: int,
    completions: _Completions,
) -> tuple[bool, list[Sequence[StepResult]]]:
    """Apply one plan or run; return `is_complete` and the results."""
    (each,) = work
    plan = _plan_of(each)
    client = clients(plan.regions[0])
    run = each if isinstance(each, Run) else prepare(plan, client, clients=clients)
    for note in run.notes:
        print_message(note)
    reached: list[StepResult] = []
    completions.reached = lambda: RunResult(run, tuple(reached))
    with step_counter(plan.name, len(run.steps)) as advance:

        def on_step(step: StepResult) -> None:
            reached.append(step)
            advance(lambda: _print_step(settings, plan.name, step))

        result = _run_in_thread(
            lambda: apply_and_report(
                run,
                client,
                clients=clients,
                concurrency=concurrency,
                on_step=on_step,
                report=completions,
            )
        )
    counts: Counter[str] = Counter(each.status for each in result.results)
    statuses = ("done", "adopted", "skipped", "failed")
    counted = ", ".join(f"{status} {counts[status]}" for status in statuses)
    print_message(f"{plan.name}, run {run.slot}: {counted}")
    return result.is_complete, [result.results]


def _apply_many(
    settings: Settings,
    work: Sequence[BackupPlan | Run],
    clients: Callable[[str], LightsailSnapClient],
    concurrency: int,
    completions: _Completions,
) -> tuple[bool, list[Sequence[StepResult]]]:
    """Apply plans and runs; return `is_complete` and the results of each."""
    with step_counter("plans", len(work)) as advance:

        def on_plan(outcome: PlanOutcome) -> None:
            advance(lambda: _print_outcome(settings, outcome))

        fleet = _run_in_thread(
            lambda: apply_many_and_report(
                work,
                client_factory=clients,
                concurrency=concurrency,
                on_plan=on_plan,
                report=completions,
            )
        )
    results: list[Sequence[StepResult]] = [
        each.result.results for each in fleet.outcomes if each.result
    ]
    return all(each.is_complete for each in fleet.outcomes), results


def _run_in_thread(work: Callable[[], ReturnT]) -> ReturnT:
    """Run something that starts threads, so that an interrupt does not wait for them.

    After an interrupt, the work continues until the process exits.
    """
    future: Future[ReturnT] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001 - raised by result_of, in the main thread
            future.set_exception(error)

    threading.Thread(target=run, name="lightsail-snap-work", daemon=True).start()
    return result_of(future)


def _count_blocked_deletions(results: Sequence[Sequence[StepResult]]) -> int:
    """Return how many deletions one plan must allow so that no limit blocks any of them."""
    counts = [
        sum(each.deletion is not None and each.deletion.outcome == "limit" for each in steps)
        for steps in results
    ]
    return max(counts, default=0)


def _print_outcome(settings: Settings, outcome: PlanOutcome) -> None:
    name = outcome.plan.name
    if (error := outcome.error) is not None:
        kind = type(error).__name__
        fields = {"plan": name, "status": "failed", "error": kind, "reason": str(error)}
        line = f"failed   {name}: {describe_error(error)}"
        print_result(fields, line, as_json=settings.as_json)
    if outcome.result is None:
        return
    for note in outcome.result.run.notes:
        print_message(f"{name}: {note}")
    for each in outcome.result.results:
        _print_step(settings, name, each)


def _print_step(settings: Settings, plan: str, result: StepResult) -> None:
    step = result.to_dict()
    reason = f": {reason_in_words(result.reason, result.error)}" if result.reason else ""
    line = f"{step['status']:<8} {step['action']:<7}{step['region']}  {step['name']}{reason}"
    print_result({"plan": plan, **step}, line, as_json=settings.as_json)
