"""Instrumentation of botocore keeps working: OpenTelemetry and events."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import anyio
import pytest
from opentelemetry import trace
from opentelemetry.instrumentation.botocore import BotocoreInstrumentor
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from lightsail_snap import (
    AsyncLightsailSnapClient,
    CreateDiskSnapshotRequest,
    DiskSource,
    LightsailSnapClient,
    NotFoundException,
    VirtualClock,
)
from lightsail_snap.emulator import LightsailEmulator

DISK = DiskSource(disk_name="disk-1")
REQUESTS = [
    CreateDiskSnapshotRequest(disk_snapshot_name=f"db-{number}", source=DISK) for number in range(5)
]
PROVIDER = TracerProvider()


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    PROVIDER.add_span_processor(SimpleSpanProcessor(exporter))
    make: Any = BotocoreInstrumentor
    instrumentor = make()
    instrumentor.instrument(tracer_provider=PROVIDER)
    try:
        yield exporter
    finally:
        instrumentor.uninstrument()
        exporter.shutdown()


def of_lightsail(exporter: InMemorySpanExporter) -> list[ReadableSpan]:
    return [span for span in exporter.get_finished_spans() if span.name.startswith("Lightsail.")]


def emulator() -> tuple[LightsailEmulator, VirtualClock]:
    clock = VirtualClock()
    made = LightsailEmulator(clock=clock)
    made.add_disk("disk-1", region_name="us-east-1")
    return made, clock


def assert_all_below(exporter: InMemorySpanExporter, calls: dict[str, int]) -> None:
    found = of_lightsail(exporter)
    (root,) = (span for span in exporter.get_finished_spans() if span.name == "the application")
    names = [span.name.removeprefix("Lightsail.") for span in found]
    assert {name: names.count(name) for name in names} == calls
    for span in found:
        assert span.parent is not None
        assert root.context is not None
        assert span.parent.span_id == root.context.span_id
        assert span.attributes is not None
        assert span.attributes["aws.request_id"]


def test_every_call_is_a_child_span(spans: InMemorySpanExporter) -> None:
    lightsail, clock = emulator()
    client = LightsailSnapClient(lightsail.boto3_client("us-east-1"), clock=clock)
    with trace.get_tracer("test", tracer_provider=PROVIDER).start_as_current_span(
        "the application"
    ):
        client.take_disk_snapshots(REQUESTS)
    assert_all_below(spans, dict(lightsail.calls))


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_every_call_is_a_child_span_on_event_loops(
    spans: InMemorySpanExporter, backend: str
) -> None:
    lightsail, clock = emulator()
    client = AsyncLightsailSnapClient(lightsail.boto3_client("us-east-1"), clock=clock)
    with trace.get_tracer("test", tracer_provider=PROVIDER).start_as_current_span(
        "the application"
    ):
        anyio.run(functools.partial(client.take_disk_snapshots, REQUESTS), backend=backend)
    assert_all_below(spans, dict(lightsail.calls))


def test_failed_call_is_a_failed_span(spans: InMemorySpanExporter) -> None:
    lightsail, _ = emulator()
    client = LightsailSnapClient(lightsail.boto3_client("us-east-1"))
    with pytest.raises(NotFoundException):
        client.get_disk("no-such-disk")
    (span,) = of_lightsail(spans)
    assert span.status.status_code is trace.StatusCode.ERROR
