"""Runs the cells of the matrix: one fault, one operation, one kind of client, one retry mode."""

from __future__ import annotations

import contextlib
import functools
import itertools
import logging
import random
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from unittest import mock

import anyio
import boto3.session
import botocore.session
from botocore.config import Config
from tests.faults.matrix import fields
from tests.faults.matrix.faults import FAULTS, LIMIT, Fault
from tests.faults.matrix.fields import Path
from tests.faults.matrix.leaks import watched
from tests.faults.matrix.operations import OPERATIONS, Operation
from tests.faults.matrix.plan import State, evening, state_of
from tests.faults.matrix.world import (
    HERE,
    THERE,
    EndlessError,
    Exchange,
    Meddle,
    Record,
    World,
    fresh_world,
)
from typing_extensions import override

from lightsail_snap import AsyncLightsailSnapClient, LightsailSnapClient, WaitPolicy
from lightsail_snap._boto.data_loading import load_less_data
from lightsail_snap.emulator._wire import Response

MODES = ("legacy", "standard", "adaptive")
TIMEOUT = 300.0
# Unmistakable, and in the forms that real ones have.
KEY_ID, SECRET, TOKEN = "AKIACANARYCANARYCANA", "canary/secret+key", "canary-session-token=="
# A condition that waits for less than this would wait for ever on a clock of doubles.
_INSTANT = 0.001
_A_WHILE = 3600


@dataclass(frozen=True)
class Cell:
    """One thing to try.

    Attributes:
        fault: What goes wrong.
        operation: What is done.
        client: By which kind of client.
        mode: How botocore retries.
        skip: How many requests go well before the fault happens.
        path: The one field it happens to, if it does not happen to all.
    """

    fault: Fault
    operation: Operation
    client: str
    mode: str
    skip: int = 0
    path: Path | None = None

    @override
    def __str__(self) -> str:
        where = f", field {'.'.join(self.path)}" if self.path else f", from request {self.skip}"
        return f"{self.operation.name}, {self.fault.name}{where}, {self.client}, {self.mode}"


@dataclass
class Evidence:
    """What came of it.

    Attributes:
        cell: What was tried.
        world: Where, with what really happened there.
        value: What was returned; a list of all items for a list.
        error: What was raised instead.
        began: What the clock showed when it began.
        elapsed: How much time passed there, in seconds.
        log: What the library's log tells.
        is_closed: Whether the client has closed what it opened.
        sockets: The addresses that somebody tried to connect to.
        happened: How often the fault happened.
        state: What there was at the end of a plan's night.
        again: What there was after the same night was run again, undisturbed.
    """

    cell: Cell
    world: World
    value: Any = None
    error: BaseException | None = None
    began: float = 0.0
    elapsed: float = 0.0
    log: str = ""
    is_closed: bool = False
    sockets: list[object] = field(default_factory=list)
    happened: int = 0
    state: State | None = None
    again: State | None = None


@functools.cache
def _session() -> boto3.session.Session:
    core = botocore.session.Session()
    # Every cell makes a client, and half of what that takes is methods that nobody here calls.
    load_less_data(core)
    return boto3.session.Session(KEY_ID, SECRET, TOKEN, region_name=HERE, botocore_session=core)


class _Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    @override
    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{self.format(record)} {vars(record)!r}")


@contextlib.contextmanager
def _log() -> Iterator[list[str]]:
    handler, logger = _Lines(), logging.getLogger("lightsail_snap")
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        yield handler.lines
    finally:
        logger.setLevel(before)
        logger.removeHandler(handler)


@contextlib.contextmanager
def surroundings(world: World, sockets: list[object]) -> Iterator[None]:
    """Let botocore pause on the world's clock, and let nobody reach a network."""
    sleep = world.clock.sleep

    class Condition(threading.Condition):
        @override
        def wait(self, timeout: float | None = None) -> bool:
            sleep(max(timeout or 0, _INSTANT))
            return False

    def connect(_: object, address: object) -> None:
        sockets.append(address)
        message = "the matrix has no network"
        raise OSError(message)

    time = SimpleNamespace(time=world.clock.time, sleep=sleep)
    threads = SimpleNamespace(Condition=Condition, Lock=threading.Lock)
    with (
        mock.patch("botocore.endpoint.time", time),
        mock.patch("botocore.retries.bucket.time", time),
        mock.patch("botocore.retries.bucket.threading", threads),
        mock.patch("lightsail_snap._boto.exchange.MAX_RESPONSE_BYTES", LIMIT),
        mock.patch("socket.socket.connect", connect),
    ):
        yield


def _meddling(found: Evidence) -> Meddle:
    """Let the fault happen when its time has come."""
    fault, found.happened = found.cell.fault, 0
    requests = itertools.count()

    def meddle(exchange: Exchange) -> Response:
        is_over = fault.times is not None and found.happened >= fault.times
        if next(requests) < found.cell.skip or is_over:
            return exchange.carry_out()
        found.happened += 1
        return fault.act(exchange, found.cell.path)

    return meddle


def _sync(cell: Cell, found: Evidence, given: dict[str, Any]) -> None:
    client = LightsailSnapClient(**given)
    try:
        with client:
            found.world.install(client._transport._client)  # type: ignore[attr-defined] # BotoTransport
            outcome = cell.operation.act(client)
            found.value = list(outcome) if cell.operation.kind == "list" else outcome
    finally:
        found.is_closed = client._transport._is_closed  # type: ignore[attr-defined] # as above


async def _async(cell: Cell, found: Evidence, given: dict[str, Any]) -> None:
    client = AsyncLightsailSnapClient(**given)
    try:
        async with client:
            found.world.install(client._transport._client)  # type: ignore[attr-defined] # BotoTransport
            outcome = cell.operation.act(client)
            is_list = cell.operation.kind == "list"
            found.value = [item async for item in outcome] if is_list else await outcome
    finally:
        found.is_closed = client._transport._is_closed  # type: ignore[attr-defined] # as above


def _plan(cell: Cell, found: Evidence, given: dict[str, Any]) -> None:
    world = found.world
    clients = {region: LightsailSnapClient(**given, region_name=region) for region in (HERE, THERE)}
    try:
        with clients[HERE], clients[THERE]:
            for client in clients.values():
                world.install(client._transport._client)  # type: ignore[attr-defined] # BotoTransport
            try:
                found.value = cell.operation.act(clients)
            finally:
                found.elapsed = world.clock.monotonic() - found.began
                found.state = state_of(world)
                _again(cell, found, clients)
    finally:
        found.is_closed = all(
            client._transport._is_closed  # type: ignore[attr-defined] # as above
            for client in clients.values()
        )


def _again(cell: Cell, found: Evidence, clients: dict[str, LightsailSnapClient]) -> None:
    """Run a night again when all faults have passed; what is recorded of it does not count."""
    world = found.world
    record, meddle = world.record, world.meddle
    world.record, world.meddle = Record(), None
    try:
        # What botocore's adaptive mode has learnt of a storm takes a while to be forgotten.
        world.clock.sleep(_A_WHILE)
        cell.operation.act(clients)
        found.again = state_of(world)
    finally:
        world.record, world.meddle = record, meddle


def run(cell: Cell) -> Evidence:
    """Try one thing."""
    is_plan = cell.operation.kind == "plan"
    world = fresh_world(evening()) if is_plan else fresh_world()
    found = Evidence(cell, world)
    world.meddle = _meddling(found)
    found.began = world.clock.monotonic()
    with _log() as lines, surroundings(world, found.sockets), contextlib.ExitStack() as stack:
        given: dict[str, Any] = {
            "clock": world.clock,
            "wait_policy": WaitPolicy(timeout=TIMEOUT, random=lambda: 0.5),
        }
        config = Config(retries={"mode": cell.mode})
        if cell.client == "trio":
            # A client that is handed in is parsed by botocore, too.
            given["boto3_client"] = _session().client("lightsail", config=config)
            stack.callback(given["boto3_client"].close)
        else:
            given |= {"session": _session(), "config": config}
        try:
            if is_plan:
                _plan(cell, found, given)
            elif cell.client == "sync":
                _sync(cell, found, given)
            else:
                anyio.run(_async, cell, found, given, backend=cell.client)
        except (Exception, EndlessError) as error:  # noqa: BLE001 - the judge decides about it
            found.error = error
    found.log = "\n".join(lines)
    if not is_plan:
        found.elapsed = world.clock.monotonic() - found.began
    return found


@dataclass(frozen=True)
class Undisturbed:
    """What an operation does when nothing goes wrong.

    Attributes:
        requests: How many requests it makes.
        paths: The fields of the answers to them.
    """

    requests: int
    paths: tuple[Path, ...]


QUIET = Fault("nothing", lambda exchange, _: exchange.carry_out(), times=0)


@functools.cache
def undisturbed(name: str) -> Undisturbed:
    """See what an operation does when nothing goes wrong."""
    found = run(Cell(QUIET, OPERATIONS[name], "sync", "standard"))
    if found.error is not None:
        raise found.error
    answers = [
        fields.members_of(Response(each.status, each.body)) for each in found.world.record.given
    ]
    every = dict.fromkeys(path for answer in answers for path in fields.paths(answer))
    return Undisturbed(len(answers), tuple(every))


def places(fault: Fault, operation: Operation) -> list[tuple[int, Path | None]]:
    """Tell where a fault can happen: from which request on, and to which field."""
    usual = undisturbed(operation.name)
    if fault.by_field:
        chosen = (
            [path for path in usual.paths if path[-1] in fault.only] if fault.only else usual.paths
        )
        return [(0, None), *((0, path) for path in chosen)]
    if fault.times is None:
        return [(min(fault.skip, usual.requests - 1), None)]
    return [(skip, None) for skip in range(usual.requests)]


def every_cell() -> Iterator[Cell]:
    """Give all there is to try."""
    for fault, operation in itertools.product(FAULTS.values(), OPERATIONS.values()):
        for place in places(fault, operation):
            for client, mode in itertools.product(operation.clients, MODES):
                yield Cell(fault, operation, client, mode, *place)


def sample(seed: int, more: int = 0) -> Iterator[Cell]:
    """Give a part of it: every fault with every operation, wherever chance has it.

    Args:
        seed: What chance is drawn from.
        more: How many further cells for each fault.

    Yields:
        The cells.
    """
    chance = random.Random(seed)  # noqa: S311 - it must repeat itself
    turn = Counter[tuple[str, ...]]()
    names = list(OPERATIONS)
    for fault in FAULTS.values():
        for name in [*names, *chance.choices(names, k=more)]:
            operation = OPERATIONS[name]
            turn[operation.clients] += 1
            # One after the other, so that each way is tried with each fault.
            ways = list(itertools.product(operation.clients, MODES))
            way = ways[turn[operation.clients] % len(ways)]
            yield Cell(fault, operation, *way, *chance.choice(places(fault, operation)))


@dataclass
class Row:
    """What came of one fault."""

    tried: int = 0
    held: int = 0
    succeeded: int = 0
    errors: int = 0


@dataclass
class Report:
    """What came of many cells.

    Attributes:
        rows: By fault.
        broken: The laws that were broken, and by which cell.
    """

    rows: dict[str, Row] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)


def objection(found: Evidence) -> str | None:
    """Say which law is broken and how; None if all hold."""
    from tests.faults.matrix.judge import BrokenLawError, judge  # noqa: PLC0415 - it imports this

    if not found.happened:
        return "the fault did not happen"
    try:
        judge(found)
    except BrokenLawError as error:
        return str(error)
    return None


def run_all(cells: Iterable[Cell]) -> Report:
    """Try many things, and judge each."""
    report = Report()
    with watched(report.broken):
        _try(cells, report)
    return report


def _try(cells: Iterable[Cell], report: Report) -> None:
    for cell in cells:
        row = report.rows.setdefault(cell.fault.name, Row())
        row.tried += 1
        found = run(cell)
        row.succeeded += found.error is None
        row.errors += found.error is not None
        broken = objection(found)
        row.held += broken is None
        if broken is not None:
            report.broken.append(f"{cell}: {broken}")
        found.world.close()
