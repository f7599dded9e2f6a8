"""Check one client in forked processes and in many threads, and pickling between processes."""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tests.crash import spawned
from tests.crash.forked import ROUNDS
from tests.crash.workloads import HERE, POLICY

from lightsail_snap import (
    CreateDiskSnapshotRequest,
    DiskSource,
    LightsailSnapClient,
    LightsailSnapError,
)
from lightsail_snap.emulator import LightsailEmulator, Progression

THREADS = 64


@pytest.fixture
def emulator() -> Iterator[LightsailEmulator]:
    with LightsailEmulator(progression=Progression.by_polls(1, 1), page_size=200) as emulator:
        yield emulator


@pytest.fixture
def url(emulator: LightsailEmulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "emulator")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "emulator")
    with emulator.serve() as url:
        yield url


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
@pytest.mark.sample(1)
def test_client_works_in_a_forked_child_and_its_parent(
    emulator: LightsailEmulator, url: str
) -> None:
    for name in ("parent", "child"):
        emulator.add_disk(name, region_name=HERE)
    script = Path(__file__).with_name("forked.py")
    result = subprocess.run(  # noqa: S603 - a fixed script
        [sys.executable, str(script), url], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout) == {"wrong": 0, "makes clients": True}
    # No request was sent twice.
    assert emulator.calls["CreateDiskSnapshot"] == 2 * ROUNDS


@pytest.mark.thorough
def test_threads_sharing_a_client_get_their_own_responses(
    emulator: LightsailEmulator, url: str
) -> None:
    for number in range(THREADS):
        emulator.add_disk(f"disk-{number}", region_name=HERE)
    with LightsailSnapClient(region_name=HERE, endpoint_url=url, wait_policy=POLICY) as client:

        def take(number: int) -> tuple[str, str | None, dict[str, str | None]]:
            disk = DiskSource(disk_name=f"disk-{number}")
            tags = {"number": f"{number}"}
            made = client.take_disk_snapshot(f"made-{number}", disk, tags=tags)
            snapshot = client.get_disk_snapshot(f"made-{number}").disk_snapshot
            assert snapshot.arn == made.arn
            return (
                snapshot.name,
                snapshot.from_disk_name,
                {tag.key: tag.value for tag in snapshot.tags},
            )

        with ThreadPoolExecutor(THREADS) as threads:
            got = list(threads.map(take, range(THREADS)))
        listed = sorted(each.name for each in client.iter_disk_snapshots())
    expected = [(f"made-{n}", f"disk-{n}", {"number": f"{n}"}) for n in range(THREADS)]
    assert got == expected
    assert listed == sorted(name for name, _, _ in expected)
    assert emulator.calls["CreateDiskSnapshot"] == THREADS


def test_models_and_errors_are_pickled_to_a_process_and_back(
    emulator: LightsailEmulator, url: str
) -> None:
    emulator.add_disk("disk-1", region_name=HERE)
    request = CreateDiskSnapshotRequest(
        disk_snapshot_name="made-1", source=DiskSource(disk_name="disk-1"), tags={"env": "prod"}
    )
    with LightsailSnapClient(region_name=HERE, endpoint_url=url, wait_policy=POLICY) as client:
        resources: list[Any] = [request, client.send(request), client.get_disk("disk-1")]
        errors: list[LightsailSnapError] = []
        for act in (
            lambda: client.get_disk("no-such-disk"),
            lambda: client.send(request),
            lambda: client.create_disk_snapshot("-", DiskSource(disk_name="disk-1")),
            lambda: client.wait_for_disk_snapshot("made-1", timeout=0),
        ):
            with pytest.raises(LightsailSnapError) as caught:
                act()
            errors.append(caught.value)
    this_process, _ = spawned.describe([*resources, *errors])
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as processes:
        other_process, back = processes.submit(spawned.describe, [*resources, *errors]).result()
        assert processes.submit(spawned.wire_of, request).result() == request.to_wire()
    assert other_process == this_process
    assert back[: len(resources)] == resources
    for one, other in zip(errors, back[len(resources) :], strict=True):
        assert type(one) is type(other)
        assert one.args == other.args
        assert vars(one) == vars(other)
    assert len({type(error) for error in errors}) == len(errors)
