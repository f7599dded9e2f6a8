"""Runs the cells of the matrix: a fault, an operation, a kind of client, a retry mode."""

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
from botocore.config import Config
from tests.faults.matrix import fields
from tests.faults.matrix.faults import FAULTS, LIMIT, Fault
from tests.faults.matrix.fields import Path
from tests.faults.matrix.leaks import check_leaks
from tests.faults.matrix.operations import OPERATIONS, Operation
from tests.faults.matrix.plan import State, state_before_nightly_run, state_of
from tests.faults.matrix.service import (
    HERE,
    THERE,
    EndlessCallsError,
    Exchange,
    Handler,
    Record,
    RecordingEmulator,
    new_emulator,
)
from typing_extensions import override

from lightsail_snap import AsyncLightsailSnapClient, LightsailSnapClient, WaitPolicy
from lightsail_snap._boto import light_session
from lightsail_snap._boto.optimizations import Fallback
from lightsail_snap.emulator._wire import Response

MODES = ("legacy", "standard", "adaptive")
TIMEOUT = 300.0
# Unmistakable, and in the format of real credentials.
KEY_ID, SECRET, TOKEN = "AKIACANARYCANARYCANA", "canary/secret+key", "canary-session-token=="
# Shorter waits would not advance a clock of doubles, and so never end.
_INSTANT = 0.001
_A_WHILE = 3600


@dataclass(frozen=True)
class Cell:
    """One combination to run.

    Attributes:
        fault: The fault.
        operation: The operation.
        client: The kind of client.
        mode: The retry mode of botocore.
        skip: Number of requests that succeed before the fault occurs.
        path: The only field that the fault affects; all fields if None.
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
class Outcome:
    """The outcome of a cell.

    Attributes:
        cell: The cell.
        emulator: The emulator, with the record of what really happened.
        value: The returned value; for a list, all items.
        error: The raised error.
        began: Monotonic clock at the beginning.
        elapsed: Seconds that passed on the emulator's clock.
        log: Log records of the library.
        is_closed: Whether the client closed what it opened.
        sockets: Addresses of attempted connections.
        happened: How often the fault occurred.
        state: State after a plan run.
        rerun_state: State after the same plan was run again without faults.
    """

    cell: Cell
    emulator: RecordingEmulator
    value: Any = None
    error: BaseException | None = None
    began: float = 0.0
    elapsed: float = 0.0
    log: str = ""
    is_closed: bool = False
    sockets: list[object] = field(default_factory=list)
    happened: int = 0
    state: State | None = None
    rerun_state: State | None = None


@functools.cache
def _session() -> boto3.session.Session:
    # Every cell creates a client, which takes twice as long with all its unused methods.
    core = light_session.create_session(None)
    paths = core.get_component("data_loader").search_paths
    light_session.add_components(core, paths, HERE, Fallback("light session"))
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
def surroundings(emulator: RecordingEmulator, sockets: list[object]) -> Iterator[None]:
    """Make botocore sleep on the emulator's clock, and block network access."""
    sleep = emulator.clock.sleep

    class Condition(threading.Condition):
        @override
        def wait(self, timeout: float | None = None) -> bool:
            sleep(max(timeout or 0, _INSTANT))
            return False

    def connect(_: object, address: object) -> None:
        sockets.append(address)
        message = "the matrix has no network"
        raise OSError(message)

    time = SimpleNamespace(time=emulator.clock.time, sleep=sleep)
    threads = SimpleNamespace(Condition=Condition, Lock=threading.Lock)
    with (
        mock.patch("botocore.endpoint.time", time),
        mock.patch("botocore.retries.bucket.time", time),
        mock.patch("botocore.retries.bucket.threading", threads),
        mock.patch("lightsail_snap._boto.exchange.MAX_RESPONSE_BYTES", LIMIT),
        mock.patch("socket.socket.connect", connect),
    ):
        yield


def _fault_handler(outcome: Outcome) -> Handler:
    """Return a handler that lets the fault occur."""
    fault, outcome.happened = outcome.cell.fault, 0
    requests = itertools.count()

    def handler(exchange: Exchange) -> Response:
        is_over = fault.times is not None and outcome.happened >= fault.times
        if next(requests) < outcome.cell.skip or is_over:
            return exchange.carry_out()
        outcome.happened += 1
        return fault.act(exchange, outcome.cell.path)

    return handler


def _sync(cell: Cell, outcome: Outcome, options: dict[str, Any]) -> None:
    client = LightsailSnapClient(**options)
    try:
        with client:
            outcome.emulator.install(client._transport._client)  # type: ignore[attr-defined] # BotoTransport
            returned = cell.operation.act(client)
            outcome.value = list(returned) if cell.operation.kind == "list" else returned
    finally:
        outcome.is_closed = client._transport._is_closed  # type: ignore[attr-defined] # as above


async def _async(cell: Cell, outcome: Outcome, options: dict[str, Any]) -> None:
    client = AsyncLightsailSnapClient(**options)
    try:
        async with client:
            outcome.emulator.install(client._transport._client)  # type: ignore[attr-defined] # BotoTransport
            returned = cell.operation.act(client)
            is_list = cell.operation.kind == "list"
            outcome.value = [item async for item in returned] if is_list else await returned
    finally:
        outcome.is_closed = client._transport._is_closed  # type: ignore[attr-defined] # as above


def _plan(cell: Cell, outcome: Outcome, options: dict[str, Any]) -> None:
    emulator = outcome.emulator
    clients = {
        region: LightsailSnapClient(**options, region_name=region) for region in (HERE, THERE)
    }
    try:
        with clients[HERE], clients[THERE]:
            for client in clients.values():
                emulator.install(client._transport._client)  # type: ignore[attr-defined] # BotoTransport
            try:
                outcome.value = cell.operation.act(clients)
            finally:
                outcome.elapsed = emulator.clock.monotonic() - outcome.began
                outcome.state = state_of(emulator)
                _run_again(cell, outcome, clients)
    finally:
        outcome.is_closed = all(
            client._transport._is_closed  # type: ignore[attr-defined] # as above
            for client in clients.values()
        )


def _run_again(cell: Cell, outcome: Outcome, clients: dict[str, LightsailSnapClient]) -> None:
    """Run a plan again after all faults; its requests are not recorded."""
    emulator = outcome.emulator
    record, handler = emulator.record, emulator.handler
    emulator.record, emulator.handler = Record(), None
    try:
        # botocore's adaptive mode needs some time to forget a throttling storm.
        emulator.clock.sleep(_A_WHILE)
        cell.operation.act(clients)
        outcome.rerun_state = state_of(emulator)
    finally:
        emulator.record, emulator.handler = record, handler


def run(cell: Cell) -> Outcome:
    """Run one cell."""
    is_plan = cell.operation.kind == "plan"
    emulator = new_emulator(state_before_nightly_run()) if is_plan else new_emulator()
    outcome = Outcome(cell, emulator)
    emulator.handler = _fault_handler(outcome)
    outcome.began = emulator.clock.monotonic()
    with _log() as lines, surroundings(emulator, outcome.sockets), contextlib.ExitStack() as stack:
        options: dict[str, Any] = {
            "clock": emulator.clock,
            "wait_policy": WaitPolicy(timeout=TIMEOUT, random=lambda: 0.5),
        }
        config = Config(retries={"mode": cell.mode})
        if cell.client == "trio":
            # The responses of a client that is passed in are parsed by botocore, too.
            options["boto3_client"] = _session().client("lightsail", config=config)
            stack.callback(options["boto3_client"].close)
        else:
            options |= {"session": _session(), "config": config}
        try:
            if is_plan:
                _plan(cell, outcome, options)
            elif cell.client == "sync":
                _sync(cell, outcome, options)
            else:
                anyio.run(_async, cell, outcome, options, backend=cell.client)
        except (Exception, EndlessCallsError) as error:  # noqa: BLE001 - the oracle evaluates it
            outcome.error = error
    outcome.log = "\n".join(lines)
    if not is_plan:
        outcome.elapsed = emulator.clock.monotonic() - outcome.began
    return outcome


@dataclass(frozen=True)
class Baseline:
    """An operation without faults.

    Attributes:
        requests: Number of requests.
        paths: Fields of the responses.
    """

    requests: int
    paths: tuple[Path, ...]


NO_FAULT = Fault("nothing", lambda exchange, _: exchange.carry_out(), times=0)


@functools.cache
def baseline(name: str) -> Baseline:
    """Run an operation without faults."""
    outcome = run(Cell(NO_FAULT, OPERATIONS[name], "sync", "standard"))
    if outcome.error is not None:
        raise outcome.error
    responses = [
        fields.members_of(Response(each.status, each.body))
        for each in outcome.emulator.record.responses
    ]
    every = dict.fromkeys(path for response in responses for path in fields.paths(response))
    return Baseline(len(responses), tuple(every))


def places(fault: Fault, operation: Operation) -> list[tuple[int, Path | None]]:
    """Return where a fault can occur: from which request on, and at which field."""
    usual = baseline(operation.name)
    if fault.by_field:
        chosen = (
            [path for path in usual.paths if path[-1] in fault.only] if fault.only else usual.paths
        )
        return [(0, None), *((0, path) for path in chosen)]
    if fault.times is None:
        return [(min(fault.skip, usual.requests - 1), None)]
    return [(skip, None) for skip in range(usual.requests)]


def every_cell() -> Iterator[Cell]:
    """Yield all cells."""
    for fault, operation in itertools.product(FAULTS.values(), OPERATIONS.values()):
        for number, place in enumerate(places(fault, operation)):
            for client, mode in _ways(operation, number):
                yield Cell(fault, operation, client, mode, *place)


def _ways(operation: Operation, number: int) -> list[tuple[str, str]]:
    """Return the clients and retry modes with which the place of this number is tried."""
    if not operation.has_steps:
        return list(itertools.product(operation.clients, MODES))
    turns = enumerate(operation.clients, number)
    return [(client, MODES[turn % len(MODES)]) for turn, client in turns]


def sample(seed: int, more: int = 0) -> Iterator[Cell]:
    """Yield random cells: every fault with every operation, and `more` further ones per fault."""
    generator = random.Random(seed)  # noqa: S311 - it must repeat itself
    turn = Counter[tuple[str, ...]]()
    names = list(OPERATIONS)
    for fault in FAULTS.values():
        for name in [*names, *generator.choices(names, k=more)]:
            operation = OPERATIONS[name]
            turn[operation.clients] += 1
            # In turns, so that each fault occurs with every client and mode.
            number, place = generator.choice(list(enumerate(places(fault, operation))))
            ways = _ways(operation, number)
            way = ways[turn[operation.clients] % len(ways)]
            yield Cell(fault, operation, *way, *place)


@dataclass
class Row:
    """Figures of one fault."""

    tried: int = 0
    held: int = 0
    succeeded: int = 0
    errors: int = 0


@dataclass
class Report:
    """Figures of many cells.

    Attributes:
        rows: By fault.
        broken: Broken invariants with their cells.
    """

    rows: dict[str, Row] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)


def find_violation(outcome: Outcome) -> str | None:
    """Return which invariant is broken and how, or None."""
    from tests.faults.matrix.oracle import BrokenInvariantError, check_invariants  # noqa: PLC0415 - it imports this

    if not outcome.happened:
        return "the fault did not happen"
    try:
        check_invariants(outcome)
    except BrokenInvariantError as error:
        return str(error)
    return None


def run_all(cells: Iterable[Cell]) -> Report:
    """Run cells and check the invariants in each."""
    report = Report()
    with check_leaks(report.broken):
        _try(cells, report)
    return report


def _try(cells: Iterable[Cell], report: Report) -> None:
    for cell in cells:
        row = report.rows.setdefault(cell.fault.name, Row())
        row.tried += 1
        outcome = run(cell)
        row.succeeded += outcome.error is None
        row.errors += outcome.error is not None
        broken = find_violation(outcome)
        row.held += broken is None
        if broken is not None:
            report.broken.append(f"{cell}: {broken}")
        outcome.emulator.close()
