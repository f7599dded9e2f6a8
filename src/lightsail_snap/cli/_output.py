"""What the command shows: tables and bars for people, JSON lines for programs."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text
from typing_extensions import override

from lightsail_snap import Tag, WaitProgress
from lightsail_snap._text import one_line, safe_line
from lightsail_snap.models import ResourceTag

# What reads a pipe wants whole lines, however long.
_ANY_WIDTH = 100_000


class _Console(Console):
    """A stream for people; unlike Rich's own, it leaves it to the caller how a process ends."""

    @override
    def on_broken_pipe(self) -> None:
        """Say that nobody reads.

        Raises:
            BrokenPipeError: Always.
        """
        raise BrokenPipeError


def lead_nowhere(stream: TextIO) -> None:
    """Let what is still to be written to a stream vanish; Python would complain at the end.

    Args:
        stream: Standard output or standard error, which cannot be written to any more.
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def console(*, is_error: bool = False) -> Console:
    """Open a stream for people. NO_COLOR, and streams that are no terminal, get no colours.

    Args:
        is_error: Whether it is standard error.

    Returns:
        The stream, as it is now.
    """
    stream = sys.stderr if is_error else sys.stdout
    width = None if stream.isatty() else _ANY_WIDTH
    return _Console(file=stream, width=width, highlight=False, markup=False, emoji=False)


def say(text: str) -> None:
    """Tell people something, on standard error, where no program takes it for a result.

    Args:
        text: What to say, in one line; what would break it is escaped.
    """
    try:
        # Text, so that a name such as [red] stays one.
        console(is_error=True).print(Text(one_line(text, _ANY_WIDTH)), soft_wrap=True)
    except OSError:
        # What has been done is no less done because nobody can be told.
        lead_nowhere(sys.stderr)


def show_line(text: str) -> None:
    """Print one line of a result.

    Args:
        text: The line; what would break it is escaped.
    """
    console().print(Text(safe_line(text.rstrip())), soft_wrap=True)


def show_json(value: Mapping[str, Any]) -> None:
    """Print one JSON object as a line.

    Args:
        value: The object, of JSON's types.
    """
    sys.stdout.write(json.dumps(value) + "\n")
    # Whoever reads a pipe is to see it now, not when a wait has ended.
    sys.stdout.flush()


def show_table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table; in a pipe one line a row, padded and never cut off.

    Args:
        head: What the columns are.
        rows: The rows; None is shown as nothing.
    """
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for title in head:
        table.add_column(title, overflow="fold")
    for row in rows:
        table.add_row(*(_cell(each) for each in row))
    console().print(table)


def _cell(value: object) -> Text:
    text = "" if value is None else safe_line(str(value))
    return Text(text, style=_STYLES.get(text, ""))


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


def written(tags: Sequence[Tag | ResourceTag]) -> str:
    """Write tags as they are given on the command line.

    Args:
        tags: The tags.

    Returns:
        `key=value`, or `key` alone, with spaces in between.
    """
    return " ".join(str(tag.key) if tag.value is None else f"{tag.key}={tag.value}" for tag in tags)


@contextmanager
def bar(title: str) -> Iterator[Callable[[WaitProgress[Any]], None]]:
    """Show how far something is, on standard error, if that is a terminal.

    Args:
        title: What is awaited.

    Yields:
        What takes every look.
    """
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
    )
    stream = console(is_error=True)
    if not stream.is_terminal:
        # A bar in a file or a pipe is a heap of control characters.
        yield lambda _look: None
        return
    with Progress(*columns, console=stream, redirect_stdout=False) as progress:
        # What Rich takes for markup may stand in a name.
        name = safe_line(title).replace("[", "\\[")
        task = progress.add_task(name, total=100)

        def tell(look: WaitProgress[Any]) -> None:
            if look.percent is not None:
                progress.update(task, completed=look.percent)

        yield tell


@contextmanager
def steps(title: str, total: int) -> Iterator[Callable[[Callable[[], None]], None]]:
    """Show how many of many things are done, on standard error, if that is a terminal.

    Args:
        title: What is carried out.
        total: How many there are.

    Yields:
        What is to be given, after each, that which shows its result.
    """
    stream = console(is_error=True)
    if not stream.is_terminal:
        yield lambda show: show()
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=stream, redirect_stdout=False, transient=True) as progress:
        task = progress.add_task(safe_line(title).replace("[", "\\["), total=total)

        def one_more(show: Callable[[], None]) -> None:
            if is_over:
                return
            # Results go to standard output, which is likely to be the same terminal.
            progress.stop()
            show()
            progress.advance(task)
            progress.start()

        is_over = False
        try:
            yield one_more
        finally:
            # After an interrupt threads may still come to an end.
            is_over = True
