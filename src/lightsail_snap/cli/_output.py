"""Results on standard output as lines or JSON, and progress bars for people."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from lightsail_snap._text import safe_line
from lightsail_snap.cli._messages import (
    IF_KILLED,
    MAX_LINE_LENGTH,
    print_command,
    print_message,
    terminal_width,
    wrap_words,
)

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

    from lightsail_snap import StepProgress, Tag, WaitProgress
    from lightsail_snap.models import ResourceTag

# CLIENT_TOKEN_KEY, OWNERSHIP_TAG and all others begin with it.
_OWN_TAGS = "lightsail-snap:"


def _open_console() -> Console | None:
    """Return a console on standard error if it is a terminal."""
    if not sys.stderr.isatty():
        return None
    from rich.console import Console  # noqa: PLC0415 - start-up: only terminals have a progress bar

    return Console(file=sys.stderr, highlight=False, markup=False, emoji=False)


def print_line(text: str, *, is_prose: bool = False) -> None:
    """Print one line of a result; line breaks in it are escaped.

    A narrow terminal gets prose in several lines. A command stays whole, so that it can be copied.
    """
    line = safe_line(text.rstrip(), MAX_LINE_LENGTH)
    width = terminal_width(sys.stdout) if is_prose else None
    lines = [line] if width is None else wrap_words(line, width)
    sys.stdout.write("\n".join(lines) + "\n")
    # The reader of a pipe gets each result at once, not when a wait has ended.
    sys.stdout.flush()


def print_json(value: Mapping[str, Any]) -> None:
    """Print one JSON object as a line."""
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def print_result(fields: Mapping[str, Any], line: str, *, as_json: bool) -> None:
    """Print a result as a JSON object or as a line."""
    if as_json:
        print_json(fields)
    else:
        print_line(line, is_prose=True)


def format_tags(tags: Sequence[Tag | ResourceTag], *, all_tags: bool = True) -> str:
    """Return tags as options take them: `key=value` or `key`, separated by spaces.

    The tags that this package sets are left out unless `all_tags` is true.
    """
    return " ".join(
        str(tag.key) if tag.value is None else f"{tag.key}={tag.value}"
        for tag in tags
        if all_tags or not tag.key.startswith(_OWN_TAGS)
    )


def _open_progress(console: Console, *, counts_steps: bool) -> Progress:
    from rich.progress import (  # noqa: PLC0415 - start-up, see above
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
    )
    from rich.table import Column  # noqa: PLC0415 - likewise

    # Where a terminal shows ^C, which would move the bars to the next line.
    console.width = max(1, console.width - 2)
    return Progress(
        # Wrapped on a narrow terminal, where Rich would cut off the time otherwise.
        TextColumn("{task.description}", table_column=Column()),
        BarColumn(bar_width=max(10, min(40, console.width - 60))),
        MofNCompleteColumn() if counts_steps else TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(table_column=Column(no_wrap=True, min_width=7)),
        console=console,
        redirect_stdout=False,
        transient=counts_steps,
    )


def _escape_markup(title: str) -> str:
    return safe_line(title).replace("[", "\\[")


@contextmanager
def progress_bar(title: str) -> Iterator[Callable[[WaitProgress[Any]], None]]:
    """Show the progress of a wait on standard error if it is a terminal.

    Yields the `on_progress` callback.
    """
    console = _open_console()
    if console is None:
        yield lambda _progress: None
        return
    with _open_progress(console, counts_steps=False) as progress:
        task = progress.add_task(_escape_markup(title), total=100)

        def update(wait: WaitProgress[Any]) -> None:
            if wait.percent is not None:
                progress.update(task, completed=wait.percent)

        yield update
        # Instances have no percentage.
        progress.update(task, completed=100)


def _print_resume(resume: str | None, report: StepProgress) -> None:
    if resume is not None and report.step == 1 and report.poll is None:
        print_command(IF_KILLED, resume)


def _print_step(resume: str | None, report: StepProgress) -> None:
    _print_resume(resume, report)
    if report.poll is None:
        print_message(str(report))


@contextmanager
def step_bars(resume: str | None = None) -> Iterator[Callable[[StepProgress], None]]:
    """Show the progress of each step on standard error: bars on a terminal, else lines.

    Yields the `on_progress` callback. Before the first step, `resume` is printed: the command line
    that resumes the steps.
    """
    console = _open_console()
    if console is None:
        yield partial(_print_step, resume)
        return
    with _open_progress(console, counts_steps=False) as progress:
        tasks: list[TaskID] = []

        def update(report: StepProgress) -> None:
            if resume is not None and not tasks:
                # Rich would break the command line, which could then not be copied.
                progress.stop()
                _print_resume(resume, report)
                progress.start()
            if report.poll is None:
                for task in tasks[-1:]:
                    progress.update(task, completed=100)
                tasks.append(progress.add_task(_escape_markup(str(report)), total=100))
            elif report.poll.percent is not None:
                progress.update(tasks[-1], completed=report.poll.percent)

        yield update
        for task in tasks[-1:]:
            progress.update(task, completed=100)


@contextmanager
def step_counter(title: str, total: int) -> Iterator[Callable[[Callable[[], None]], None]]:
    """Show how many steps have finished on standard error if it is a terminal.

    Yields a function to call after each step with a function that prints its result.
    """
    console = _open_console()
    if console is None:
        yield lambda print_step: print_step()
        return
    with _open_progress(console, counts_steps=True) as progress:
        task = progress.add_task(_escape_markup(title), total=total)

        def advance(print_step: Callable[[], None]) -> None:
            if is_closed:
                return
            # Standard output is likely the same terminal, so the bar is removed meanwhile.
            progress.stop()
            print_step()
            progress.advance(task)
            progress.start()

        is_closed = False
        try:
            yield advance
        finally:
            # After an interrupt, worker threads may still finish steps.
            is_closed = True
