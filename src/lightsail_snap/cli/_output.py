"""Results on standard output as tables, lines or JSON, and progress bars for people."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table
from rich.text import Text
from typing_extensions import override

from lightsail_snap import StepProgress, Tag, WaitProgress
from lightsail_snap._text import safe_line
from lightsail_snap.cli._messages import print_message
from lightsail_snap.models import ResourceTag

# A program that reads a pipe expects whole lines of any length.
_PIPE_WIDTH = 100_000

_STYLES = {
    "completed": "green",
    "available": "green",
    "done": "green",
    "ok": "green",
    "keep": "green",
    "adopted": "cyan",
    "pending": "yellow",
    "skipped": "yellow",
    "delete": "yellow",
    "error": "red",
    "failed": "red",
}


class _Console(Console):
    """A console that leaves it to the caller to exit on a broken pipe."""

    @override
    def on_broken_pipe(self) -> None:
        """Raise `BrokenPipeError`; Rich would exit with code 1."""
        raise BrokenPipeError


def _open_console(*, is_error: bool = False) -> Console:
    """Return a console on the current standard stream; colours only on a terminal."""
    stream = sys.stderr if is_error else sys.stdout
    width = None if stream.isatty() else _PIPE_WIDTH
    return _Console(file=stream, width=width, highlight=False, markup=False, emoji=False)


def print_line(text: str) -> None:
    """Print one line of a result; line breaks in it are escaped."""
    _open_console().print(Text(safe_line(text.rstrip())), soft_wrap=True)


def print_json(value: Mapping[str, Any]) -> None:
    """Print one JSON object as a line."""
    sys.stdout.write(json.dumps(value) + "\n")
    # The reader of a pipe gets each result at once, not when a wait has ended.
    sys.stdout.flush()


def print_result(fields: Mapping[str, Any], line: str, *, as_json: bool) -> None:
    """Print a result as a JSON object or as a line."""
    if as_json:
        print_json(fields)
    else:
        print_line(line)


def print_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table; in a pipe each row is one padded line that is never cut off."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for title in header:
        table.add_column(title, overflow="fold")
    for row in rows:
        table.add_row(*(_format_cell(each) for each in row))
    _open_console().print(table)


def _format_cell(value: object) -> Text:
    text = "" if value is None else safe_line(str(value))
    return Text(text, style=_STYLES.get(text, ""))


def format_tags(tags: Sequence[Tag | ResourceTag]) -> str:
    """Return tags as options take them: `key=value` or `key`, separated by spaces."""
    return " ".join(str(tag.key) if tag.value is None else f"{tag.key}={tag.value}" for tag in tags)


def _open_progress(console: Console, column: ProgressColumn, *, is_transient: bool) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        column,
        TimeElapsedColumn(),
        console=console,
        redirect_stdout=False,
        transient=is_transient,
    )


def _escape_markup(title: str) -> str:
    return safe_line(title).replace("[", "\\[")


@contextmanager
def progress_bar(title: str) -> Iterator[Callable[[WaitProgress[Any]], None]]:
    """Show the progress of a wait on standard error if it is a terminal.

    Yields the `on_progress` callback.
    """
    console = _open_console(is_error=True)
    if not console.is_terminal:
        yield lambda _progress: None
        return
    percentage = TextColumn("{task.percentage:>3.0f}%")
    with _open_progress(console, percentage, is_transient=False) as progress:
        task = progress.add_task(_escape_markup(title), total=100)

        def update(wait: WaitProgress[Any]) -> None:
            if wait.percent is not None:
                progress.update(task, completed=wait.percent)

        yield update


def print_step(progress: StepProgress) -> None:
    """Print a step of a command to standard error when it begins."""
    if progress.poll is None:
        print_message(str(progress))


@contextmanager
def step_counter(title: str, total: int) -> Iterator[Callable[[Callable[[], None]], None]]:
    """Show how many steps have finished on standard error if it is a terminal.

    Yields a function to call after each step with a function that prints its result.
    """
    console = _open_console(is_error=True)
    if not console.is_terminal:
        yield lambda print_step: print_step()
        return
    with _open_progress(console, MofNCompleteColumn(), is_transient=True) as progress:
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
