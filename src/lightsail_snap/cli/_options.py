"""What every command that talks to Lightsail is told: where, as whom, and how to answer."""

from __future__ import annotations

import inspect
import math
import os
import re
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, TypeVar

import typer

from lightsail_snap import LightsailSnapClient, LightsailSnapError, WaitPolicy
from lightsail_snap._drivers.interrupts import result_of
from lightsail_snap._text import one_line
from lightsail_snap.cli._errors import (
    ExitCode,
    Interrupted,
    ToldToEnd,
    UsageError,
    exit_code_of,
    told,
)
from lightsail_snap.cli._output import lead_nowhere, say
from lightsail_snap.models._regions import find_region_problem
from lightsail_snap.plans import RegionalClients, regional_clients

ReturnT = TypeVar("ReturnT")

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}
_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)([smhd]?)", re.ASCII)
_LONGEST = 366 * 86_400
_PANEL = "Connection"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where to, as whom, and how to answer."""

    region: str | None
    profile: str | None
    endpoint_url: str | None
    allow_plain_http: bool
    as_json: bool
    poll: float

    def __post_init__(self) -> None:
        """Check the options before anything else is done.

        Raises:
            UsageError: If one of them is empty, as in a script whose variable is not set, or the
                Region is not a Region.
        """
        problem = None if self.region is None else find_region_problem("--region", self.region)
        if problem:
            raise UsageError(problem)
        for name in ("profile", "endpoint_url"):
            if getattr(self, name) == "":
                message = f"--{name.replace('_', '-')} is empty; say which, or leave it out"
                raise UsageError(message)

    @property
    def _policy(self) -> WaitPolicy:
        return WaitPolicy(min_delay=min(self.poll, 2.0), max_delay=self.poll)

    @contextmanager
    def client(self) -> Iterator[LightsailSnapClient]:
        """Open the client of the region.

        Yields:
            The client.

        Raises:
            ConfigurationError: If there is no region, or the address is refused.
        """
        with LightsailSnapClient(
            region_name=self.region,
            profile_name=self.profile,
            endpoint_url=self.endpoint_url,
            allow_plain_http=self.allow_plain_http,
            wait_policy=self._policy,
        ) as client:
            yield client

    def clients(self) -> RegionalClients:
        """Give what makes clients region by region.

        Returns:
            The factory.
        """
        return regional_clients(
            profile_name=self.profile,
            endpoint_url=self.endpoint_url,
            allow_plain_http=self.allow_plain_http,
            wait_policy=self._policy,
        )

    def again(self, *words: str) -> str:
        """Write a command that talks to the same place.

        Args:
            *words: The command and its own words.

        Returns:
            The line for a shell.
        """
        import shlex  # noqa: PLC0415 - only what ends early needs it

        named = (
            ("--region", self.region),
            ("--profile", self.profile),
            ("--endpoint-url", self.endpoint_url),
        )
        where = [part for name, value in named if value for part in (name, value)]
        where += ["--allow-plain-http"] * self.allow_plain_http
        return one_line(shlex.join(["lightsail-snap", *words, *where]), 2000)


def finite(number: float) -> float:
    """Refuse what is no number, which is neither too small nor too large.

    Args:
        number: What was given.

    Returns:
        The number.

    Raises:
        BadParameter: If it is none.
    """
    if not math.isfinite(number):
        message = f"{number} is no number"
        raise typer.BadParameter(message)
    return number


_OPTIONS: dict[str, Any] = {
    "region": Annotated[
        str | None,
        typer.Option(
            "--region",
            help="AWS Region. Default: AWS_DEFAULT_REGION, else the Region of the profile.",
            rich_help_panel=_PANEL,
        ),
    ],
    "profile": Annotated[
        str | None,
        typer.Option("--profile", help="Profile of the AWS configuration.", rich_help_panel=_PANEL),
    ],
    "endpoint_url": Annotated[
        str | None,
        typer.Option(
            "--endpoint-url",
            help="Another address than AWS's, such as the emulator's.",
            rich_help_panel=_PANEL,
        ),
    ],
    "allow_plain_http": Annotated[
        bool,
        typer.Option(
            "--allow-plain-http",
            help="Let requests travel unencrypted to another machine.",
            rich_help_panel=_PANEL,
        ),
    ],
    "as_json": Annotated[
        bool, typer.Option("--json", help="Print one JSON object a line.", rich_help_panel="Output")
    ],
    "poll": Annotated[
        float,
        typer.Option(
            "--poll",
            min=0.05,
            max=3600,
            callback=finite,
            help="Seconds between looks at most, while waiting.",
            rich_help_panel=_PANEL,
        ),
    ],
}
_DEFAULTS: dict[str, Any] = {"allow_plain_http": False, "as_json": False, "poll": 30.0}


def ended(work: Callable[[], int | None]) -> int:  # noqa: PLR0911 - one for each way to end
    """Do something, and tell people how it ended unless it ended well. No traceback comes of it.

    Args:
        work: What to do; gives an exit code, or None for success.

    Returns:
        The exit code.
    """
    try:
        with _heeding_who_wants_it_to_end():
            code = work()
        # Here, where a reader that has gone can still be told from a fault.
        sys.stdout.flush()
    except LightsailSnapError as error:
        say(f"lightsail-snap: {told(error)}")
        return exit_code_of(error)
    except UsageError as error:
        say(f"lightsail-snap: {error}")
        return ExitCode.USAGE
    except BrokenPipeError:
        # Whoever read has gone, as `| head` does.
        lead_nowhere(sys.stdout)
        return ExitCode.READER_GONE
    except OSError as error:
        say(f"lightsail-snap: {one_line(str(error))}")
        try:
            sys.stdout.flush()
        except OSError:
            # It was a disk that is full, say: once is told enough.
            lead_nowhere(sys.stdout)
        return ExitCode.FAILED
    except Interrupted as interrupted:
        word, code = _how(interrupted.__context__)
        say(f"lightsail-snap: {word}. {interrupted}")
        return code
    except KeyboardInterrupt as interrupt:
        word, code = _how(interrupt)
        say(f"lightsail-snap: {word}")
        return code
    except Exception as error:  # noqa: BLE001 - whatever it is, people get a line and no traceback
        where = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{os.path.basename(where.filename)}:{where.lineno}"  # noqa: PTH119 - a name is all that is wanted
        text = one_line(f"{type(error).__name__}: {error}", 300)
        say(f"lightsail-snap: a defect of this program, please report it: {text} ({place})")
        return ExitCode.INTERNAL_ERROR
    return ExitCode.OK if code is None else code


def _how(interrupt: BaseException | None) -> tuple[str, ExitCode]:
    if isinstance(interrupt, ToldToEnd):
        return "told to end", interrupt.code
    return "interrupted", ExitCode.INTERRUPTED


# Windows has no SIGHUP.
_ENDING = {
    getattr(signal, name): code
    for name, code in (("SIGTERM", ExitCode.TERMINATED), ("SIGHUP", ExitCode.HUNG_UP))
    if hasattr(signal, name)
}


@contextmanager
def _heeding_who_wants_it_to_end() -> Iterator[None]:
    """Let a command that is told to end say how to come back to its work, as one interrupted does.

    A signal that is ignored, as nohup has it, or that a program has taken for itself, stays so.
    """

    def end(number: int, _frame: object) -> None:
        raise ToldToEnd(_ENDING[number])

    is_main = threading.current_thread() is threading.main_thread()
    taken = [number for number in _ENDING if is_main and signal.getsignal(number) is signal.SIG_DFL]
    for number in taken:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)


def aside(work: Callable[[], ReturnT]) -> ReturnT:
    """Do something that uses threads, without letting an interrupt wait for them.

    Args:
        work: What to do. If it is interrupted, it goes on until the process ends.

    Returns:
        What it returns.
    """
    outcome: Future[ReturnT] = Future()

    def do() -> None:
        try:
            outcome.set_result(work())
        except BaseException as error:  # noqa: BLE001 - it is raised where it is awaited
            outcome.set_exception(error)

    threading.Thread(target=do, name="lightsail-snap-work", daemon=True).start()
    return result_of(outcome)


def add(
    app: typer.Typer, name: str, *, talks: bool = True, panel: str
) -> Callable[[Callable[..., int | None]], Callable[..., int | None]]:
    """Make a command of a function; its docstring is the help.

    Args:
        app: Whose command.
        name: What it is called.
        talks: Whether it takes `Settings` as its first argument, and so the options of connections.
        panel: Under which heading the help lists it.

    Returns:
        A decorator, which leaves the function as it is.
    """

    def decorate(function: Callable[..., int | None]) -> Callable[..., int | None]:
        signature = inspect.signature(function, eval_str=True)
        own = list(signature.parameters.values())[1 if talks else 0 :]

        def command(**given: Any) -> None:  # noqa: ANN401 - the values of any options
            if talks:
                where = {key: given.pop(key) for key in _OPTIONS}
                code = ended(lambda: function(Settings(**where), **given))
            else:
                code = ended(lambda: function(**given))
            raise typer.Exit(code)

        if talks:
            own += [
                inspect.Parameter(
                    key,
                    inspect.Parameter.KEYWORD_ONLY,
                    annotation=annotation,
                    default=_DEFAULTS.get(key),
                )
                for key, annotation in _OPTIONS.items()
            ]
        # typer reads these two.
        command.__signature__ = inspect.Signature(own)  # type: ignore[attr-defined] # inspect heeds it
        command.__annotations__ = {each.name: each.annotation for each in own}
        summary = (function.__doc__ or "").partition("\n\nArgs:")[0]
        app.command(
            name, help=inspect.cleandoc(summary).partition("\n\nArgs:")[0], rich_help_panel=panel
        )(command)
        return function

    return decorate


def duration(text: str | None) -> timedelta | None:
    """Read how long something may take.

    Args:
        text: Such as `90`, `90s`, `15m`, `2h` or `1d`.

    Returns:
        The duration; None if there is no text.

    Raises:
        UsageError: If it is no duration.
    """
    if text is None:
        return None
    found = _DURATION.fullmatch(text)
    if found is None:
        message = f"{one_line(text, 80)} is no duration; write 90s, 15m, 2h or 1d"
        raise UsageError(message)
    seconds = float(found[1]) * _UNITS[found[2]]
    if seconds > _LONGEST:
        message = f"{one_line(text, 80)} is too long; nothing takes longer than a year"
        raise UsageError(message)
    return timedelta(seconds=seconds)


def tags_in(words: list[str]) -> dict[str, str | None]:
    """Read tags.

    Args:
        words: `key=value`, or `key` for one without a value.

    Returns:
        The tags, as the client takes them.

    Raises:
        UsageError: If a key is there twice.
    """
    tags: dict[str, str | None] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if key in tags:
            message = f"the tag {one_line(key, 80)} is given twice; give it once"
            raise UsageError(message)
        tags[key] = value if equals else None
    return tags
