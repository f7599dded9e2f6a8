"""Check the invariants under every fault with every operation.

By default each pair runs in one random cell: one place, one kind of client, one retry mode.
`LIGHTSAIL_SNAP_MATRIX=full` runs all cells, which takes a quarter of an hour. So does
`scripts/reliability.py`, which also writes the table of docs/reliability.md.
"""

from __future__ import annotations

import functools
import os
from collections import Counter
from pathlib import Path

import pytest
from tests.faults.matrix import fields, run
from tests.faults.matrix.faults import FAULTS, LIMIT, Fault
from tests.faults.matrix.operations import CLIENTS, OPERATIONS
from tests.faults.matrix.oracle import check_invariants

from lightsail_snap import ResponseValidationError, models
from lightsail_snap._boto import exchange

IS_FULL = os.environ.get("LIGHTSAIL_SNAP_MATRIX") == "full"
SEED = 1


@functools.cache
def cells() -> dict[str, list[run.Cell]]:
    by_fault: dict[str, list[run.Cell]] = {name: [] for name in FAULTS}
    for cell in run.every_cell() if IS_FULL else run.sample(SEED):
        by_fault[cell.fault.name].append(cell)
    return by_fault


@pytest.mark.sample(3)
@pytest.mark.parametrize("name", FAULTS)
def test_invariants_hold_under_fault(name: str) -> None:
    chosen = cells()[name]
    report = run.run_all(chosen)
    assert not report.broken, "\n".join(report.broken)
    row = report.rows[name]
    assert row.tried == row.held == row.succeeded + row.errors == len(chosen)
    assert {cell.operation.name for cell in chosen} == set(OPERATIONS)
    ways = {(cell.client, cell.mode) for cell in chosen}
    assert len(ways) == len(CLIENTS) * len(run.MODES)


def test_matrix_covers_every_operation() -> None:
    requests = models.request_types().keys()
    calls = {name for name, each in OPERATIONS.items() if each.kind == "call"}
    assert calls == requests
    assert {name for name in OPERATIONS if name not in calls} == {
        "take_disk_snapshot",
        "take_instance_snapshot",
        "copy",
        "restore_disk",
        "rescue_system_volume",
        "roll_back_disk",
        "restore_instance",
        "wait_for_operation",
        "wait_for_disk_snapshot",
        "wait_for_instance_snapshot",
        "wait_for_disk",
        "wait_for_instance",
        "iter_disk_snapshots",
        "nightly plan run",
    }


FAMILIES = (
    "connection refused", "connection attempt times out", "reset before", "reset after commit",
    "read timeout after commit", "slow drip", "truncated body", "HTTP 500 before", "HTTP 500 after",
    "HTTP 502 before", "HTTP 502 after", "HTTP 503 before", "HTTP 503 after",
    "ThrottlingException (400)", "HTTP 429", "token expires", "request dated too far off",
    "the service's clock a day", "DNS failure", "TLS handshake fails", "TLS fails while",
    "garbage body", "web page", "empty body", "JSON as large", "JSON larger", "wrong content type",
    "fields of wrong types", "fields null", "fields missing", "unknown enumeration values",
    "the same page token", "every key twice", "signature refused", "names and ids of other",
    "creation times of 1970",
)  # fmt: skip


def test_matrix_covers_every_family_of_faults() -> None:
    for family in FAMILIES:
        assert any(name.startswith(family) for name in FAULTS), family
    # Transient faults occur once and always; throttling also in storms.
    for name in FAULTS:
        if name.endswith(", once") and not name.startswith("all "):
            assert name.replace(", once", ", always") in FAULTS, name


def test_enumeration_fields_are_found() -> None:
    assert {"state", "status", "operationType", "resourceType", "regionName"} <= fields.ENUMERATIONS


def test_reliability_page_shows_all_cells() -> None:
    every = set(run.every_cell())
    assert len(every) > 40_000
    assert set(run.sample(SEED)) <= every
    page = (Path(__file__).parents[2] / "docs" / "reliability.md").read_text(encoding="utf-8")
    table = page.partition("<!-- matrix: begin -->")[2].partition("<!-- matrix: end -->")[0]
    tried = Counter(cell.fault.name for cell in every)
    # Written by scripts/reliability.py. Run it again when faults are added.
    assert f"{len(every):,} cells. In {len(every):,} of them all invariants held" in table
    for name in FAULTS:
        assert f"| {name} | {tried[name]:,} | {tried[name]:,} |" in table


def test_operation_without_faults_succeeds_at_once() -> None:
    for number, (name, operation) in enumerate(OPERATIONS.items()):
        client = operation.clients[number % len(operation.clients)]
        outcome = run.run(run.Cell(run.NO_FAULT, operation, client, "standard"))
        check_invariants(outcome)
        assert outcome.error is None, name
        assert outcome.elapsed < 40
        outcome.emulator.close()


@pytest.mark.parametrize("operation", ["take_disk_snapshot", "take_instance_snapshot", "copy"])
def test_workflow_with_unreadable_responses_explains_how_to_resume(operation: str) -> None:
    fault = FAULTS["fields of wrong types"]
    outcome = run.run(run.Cell(fault, OPERATIONS[operation], "sync", "standard"))
    assert run.find_violation(outcome) is None
    assert "look it up before you send the request again" in str(outcome.error)
    outcome.emulator.close()


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("excess", [0, 1])
def test_real_response_limit_holds(
    client: str, excess: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = exchange.MAX_RESPONSE_BYTES
    monkeypatch.setattr(run, "LIMIT", limit)
    full = Fault("full", lambda exchange, _: fields.filled(exchange.carry_out(), limit + excess))
    outcome = run.run(run.Cell(full, OPERATIONS["GetDiskSnapshot"], client, "standard"))
    assert isinstance(outcome.error, ResponseValidationError) is bool(excess)
    assert (outcome.value is None) is bool(excess)
    outcome.emulator.close()
    assert limit > LIMIT
