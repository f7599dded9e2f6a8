"""Every fault with every operation: the laws hold.

By default each pair is tried in one place, by one kind of client, in one retry mode, as chance has
it. `LIGHTSAIL_SNAP_MATRIX=full` tries all of them, everywhere, which takes a quarter of an hour; so
does `scripts/reliability.py`, which also writes the table of docs/reliability.md.
"""

from __future__ import annotations

import functools
import itertools
import os
from collections import Counter
from pathlib import Path

import pytest
from tests.faults.matrix import fields, run
from tests.faults.matrix.faults import FAULTS, LIMIT, Fault
from tests.faults.matrix.judge import judge
from tests.faults.matrix.operations import CLIENTS, OPERATIONS

from lightsail_snap import ResponseValidationError, models
from lightsail_snap._boto import exchange

IS_FULL = os.environ.get("LIGHTSAIL_SNAP_MATRIX") == "full"
SEED = 1


@functools.cache
def cells() -> dict[str, list[run.Cell]]:
    found: dict[str, list[run.Cell]] = {name: [] for name in FAULTS}
    for cell in run.every_cell() if IS_FULL else run.sample(SEED):
        found[cell.fault.name].append(cell)
    return found


@pytest.mark.sample(3)
@pytest.mark.parametrize("name", FAULTS)
def test_the_laws_hold_under(name: str) -> None:
    chosen = cells()[name]
    report = run.run_all(chosen)
    assert not report.broken, "\n".join(report.broken)
    row = report.rows[name]
    assert row.tried == row.held == row.succeeded + row.errors == len(chosen)
    assert {cell.operation.name for cell in chosen} == set(OPERATIONS)
    ways = {(cell.client, cell.mode) for cell in chosen}
    assert len(ways) == len(CLIENTS) * len(run.MODES)


def test_every_operation_of_the_library_is_tried() -> None:
    requests = {
        kind.operation_name
        for kind in models.exported().values()
        if isinstance(kind, type)
        and issubclass(kind, models.Request)
        and kind is not models.Request
        if hasattr(kind, "operation_name")
    }
    assert len(requests) == 24
    calls = {name for name, each in OPERATIONS.items() if each.kind == "call"}
    # Plans and the command ask for instances, too.
    assert calls == requests | {"GetInstances"}
    assert {name for name in OPERATIONS if name not in calls} == {
        "take_disk_snapshot",
        "take_instance_snapshot",
        "copy",
        "restore_disk",
        "wait_for_operation",
        "wait_for_disk_snapshot",
        "wait_for_instance_snapshot",
        "wait_for_disk",
        "iter_disk_snapshots",
        "a night of a plan",
    }


FAMILIES = (
    "connection refused", "connection attempt times out", "reset before", "reset after commit",
    "read timeout after commit", "slow drip", "truncated body", "HTTP 500 before", "HTTP 500 after",
    "HTTP 502 before", "HTTP 502 after", "HTTP 503 before", "HTTP 503 after",
    "ThrottlingException (400)", "HTTP 429", "token expires", "request dated too far off",
    "the service's clock a day", "DNS failure", "TLS handshake fails", "TLS fails while",
    "garbage body", "web page", "empty body", "JSON as large", "JSON larger", "wrong content type",
    "fields of wrong types", "fields null", "fields missing", "words unheard of",
    "the same page token", "every key twice", "signature refused", "names and ids of other",
    "creation times of 1970",
)  # fmt: skip


def test_every_family_of_faults_is_tried() -> None:
    for family in FAMILIES:
        assert any(name.startswith(family) for name in FAULTS), family
    # What can pass is tried once and always; throttling also in storms.
    for name in FAULTS:
        if name.endswith(", once") and not name.startswith("all "):
            assert name.replace(", once", ", always") in FAULTS, name


def test_every_enumeration_of_the_answers_is_known() -> None:
    assert {"state", "status", "operationType", "resourceType", "regionName"} <= fields.ENUMERATIONS


def test_the_whole_matrix_is_what_the_page_tells_of() -> None:
    whole = set(run.every_cell())
    assert len(whole) > 40_000
    assert set(run.sample(SEED)) <= whole
    page = (Path(__file__).parents[2] / "docs" / "reliability.md").read_text(encoding="utf-8")
    table = page.partition("<!-- matrix: begin -->")[2].partition("<!-- matrix: end -->")[0]
    tried = Counter(cell.fault.name for cell in whole)
    # Written by scripts/reliability.py, which is to be run again when faults are added.
    assert f"{len(whole):,} cells. In {len(whole):,} of them all invariants held" in table
    for name in FAULTS:
        assert f"| {name} | {tried[name]:,} | {tried[name]:,} |" in table


def test_an_undisturbed_operation_succeeds_at_once() -> None:
    clients = itertools.cycle(CLIENTS)
    for name, operation in OPERATIONS.items():
        found = run.run(run.Cell(run.QUIET, operation, next(clients), "standard"))
        judge(found)
        assert found.error is None, name
        assert found.elapsed < 30
        found.world.close()


@pytest.mark.parametrize("job", ["take_disk_snapshot", "take_instance_snapshot", "copy"])
def test_a_job_that_can_read_no_answer_still_says_how_to_go_on(job: str) -> None:
    fault = FAULTS["fields of wrong types"]
    found = run.run(run.Cell(fault, OPERATIONS[job], "sync", "standard"))
    assert run.objection(found) is None
    assert "look it up before you send the request again" in str(found.error)
    found.world.close()


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("excess", [0, 1])
def test_the_real_limit_for_answers_holds(
    client: str, excess: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = exchange.MAX_RESPONSE_BYTES
    monkeypatch.setattr(run, "LIMIT", limit)
    full = Fault("full", lambda exchange, _: fields.filled(exchange.carry_out(), limit + excess))
    found = run.run(run.Cell(full, OPERATIONS["GetDiskSnapshot"], client, "standard"))
    assert isinstance(found.error, ResponseValidationError) is bool(excess)
    assert (found.value is None) is bool(excess)
    found.world.close()
    assert limit > LIMIT
