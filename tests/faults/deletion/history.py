"""Histories: the configuration of runs, and the events between their calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from random import Random
from typing import Literal

HOUR, DAY = 3600, 86_400
SOURCES = ("db-1", "db-2", "web-1")
OWNER, OTHER_OWNER = "nightly", "weekly"

Tag = Literal["managed", "kept", "other", "empty", "none"]
Mode = Literal["prune", "prune-plan", "apply", "apply-many"]
ScopeKind = Literal["owner", "owner-names", "names", "sources"]

ACTIONS = (
    "delete newest",
    "delete last seen",
    "delete all but oldest",
    "delete victim",
    "create managed",
    "create other",
    "replace newest",
    "replace victim",
    "tag newest as other",
    "untag victim",
    "tag victim as kept",
    "untag newest",
    "copy oldest",
)
FAULTS = ("refused", "throttled", "500", "500 after", "lost", "interrupt", "interrupt after")
READS = ("stale", "stale with its date")
CLOCKS = ("pass", "step", "suspend")


@dataclass(frozen=True)
class Rules:
    """A retention policy, with the rules that the oracle knows."""

    last: int = 0
    daily: int = 0
    older_than_days: int = 0
    tagged: bool = False


@dataclass(frozen=True)
class RunConfig:
    """Configuration of one run under test."""

    mode: Mode
    rules: Rules
    scope: ScopeKind = "owner"
    minimum_remaining: int = 1
    max_deletions: int | None = None
    remove_all: bool = False
    has_copies: bool = False
    clock_ahead: float = 0.0
    other_owner: bool = False
    has_several: bool = False


@dataclass(frozen=True)
class Event:
    """An event at a call.

    Attributes:
        call: Number of the call, of all runs together.
        what: One of ACTIONS, FAULTS, READS or CLOCKS.
        amount: Seconds for CLOCKS, the age in calls for READS.
    """

    call: int
    what: str
    amount: float = 0.0


@dataclass(frozen=True)
class History:
    """All choices of a history."""

    snapshots: tuple[tuple[str, int, Tag], ...]
    configs: tuple[RunConfig, ...]
    events: tuple[Event, ...] = ()
    turns: tuple[int, ...] = ()
    page_size: int = 100


_AMOUNTS: dict[str, tuple[float, ...]] = {
    "pass": (1, 20, 61, 400, DAY),
    "step": (30, -30, 250, 320, -320, -HOUR, 20 * HOUR, DAY, -DAY),
    "suspend": (30, 61, 290, 320, DAY),
}
_TAGS: tuple[Tag, ...] = (*(("managed",) * 9), "kept", "other", "other", "empty", "none", "none")
_MODES: tuple[Mode, ...] = ("prune", "prune", "prune-plan", "apply", "apply", "apply-many")
_SCOPES: tuple[ScopeKind, ...] = ("owner", "owner", "owner-names", "names", "sources")
_AHEAD = (2, -2, 250, -250, 320, -320, HOUR, -HOUR, 20 * HOUR, DAY, -DAY)


def random_history(generator: Random) -> History:
    """Return a random history."""
    pick = generator.choice

    def rules() -> Rules:
        found = Rules(
            pick((0, 1, 1, 2, 3)), pick((0, 0, 1, 2)), pick((0, 0, 0, 1, 3)), pick((False, True))
        )
        return found if found.last or found.daily or found.older_than_days else rules()

    def config() -> RunConfig:
        return RunConfig(
            mode=pick(_MODES),
            rules=rules(),
            scope=pick(_SCOPES),
            minimum_remaining=pick((1, 1, 1, 2, 4)),
            max_deletions=pick((*((None,) * 9), 20, 6, 4, 1, 0)),
            remove_all=generator.random() < 0.1,
            has_copies=generator.random() < 0.3,
            clock_ahead=pick(_AHEAD) if generator.random() < 0.2 else 0,
            other_owner=generator.random() < 0.15,
        )

    def event(calls: int) -> Event:
        call, draw = generator.randrange(calls), generator.random()
        if draw < 0.5:
            return Event(call, pick(ACTIONS))
        if draw < 0.7:
            return Event(call, pick(FAULTS))
        if draw < 0.85:
            return Event(call, pick(READS), generator.randint(1, 12))
        what = pick(CLOCKS)
        return Event(call, what, pick(_AMOUNTS[what]))

    sources = SOURCES if generator.random() < 0.4 else SOURCES[:1]
    snapshots = [
        (pick(sources), pick((1, 6, 24, 24, 30)), pick(_TAGS))
        for _ in range(generator.randint(3, 12))
    ]
    configs = [config() for _ in range(1 if generator.random() < 0.7 else 2)]
    if len(configs) == 2 and generator.random() < 0.5:
        configs[1] = configs[0]
    calls = 18 * len(configs)
    events = [event(calls) for _ in range(pick((0, 1, 1, 2, 2, 3, 4, 6)))]
    if configs[0].clock_ahead and generator.random() < 0.4:
        # The clock was wrong when the run was prepared, and has been set since.
        events.append(Event(0, "step", -configs[0].clock_ahead))
    turns = [generator.randrange(2) for _ in range(40 if len(configs) > 1 else 0)]
    page_size = pick((100, 100, 2, 3, 5))
    return History(tuple(snapshots), tuple(configs), tuple(events), tuple(turns), page_size)


def history_of_several(generator: Random) -> History:
    """Return a random history of plans for disks and instances of two Regions, with copies."""
    history = random_history(generator)
    configs = tuple(
        replace(
            config,
            mode=generator.choice(("apply", "apply-many")),
            has_several=True,
            # The default limit would stop most runs on these histories.
            max_deletions=generator.choice((100, 100, 100, config.max_deletions)),
        )
        for config in history.configs
    )
    events = tuple(replace(each, call=each.call * 3) for each in history.events)
    return replace(history, configs=configs, events=events)


def shrink(history: History, fails: Callable[[History], bool]) -> History:
    """Return a history of fewer parts that fails, too."""
    is_smaller = True
    while is_smaller:
        is_smaller = False
        for smaller in _smaller(history):
            if fails(smaller):
                history, is_smaller = smaller, True
                break
    return history


def _smaller(history: History) -> Iterator[History]:
    if len(history.configs) > 1:
        yield from (replace(history, configs=(config,), turns=()) for config in history.configs)
    for field in ("events", "snapshots"):
        parts = getattr(history, field)
        for place in range(len(parts)):
            yield replace(history, **{field: parts[:place] + parts[place + 1 :]})
    if history.page_size != History.page_size:
        yield replace(history, page_size=History.page_size)
    for place in range(len(history.turns), 0, -8):
        yield replace(history, turns=history.turns[: place - 1])
    plain = RunConfig("prune", Rules(last=1))
    for place, config in enumerate(history.configs):
        for name, value in vars(plain).items():
            if getattr(config, name) != value:
                changed = replace(config, **{name: value})
                configs = (*history.configs[:place], changed, *history.configs[place + 1 :])
                yield replace(history, configs=configs)
