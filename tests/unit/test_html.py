"""The tables that notebooks display: complete, escaped, bounded, without secrets, and no errors."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from lightsail_snap import (
    CreateInstancesFromSnapshotRequest,
    Disk,
    DiskSnapshot,
    DiskSnapshotState,
    GetAutoSnapshotsResult,
    GetDiskSnapshotResult,
    GetDiskSnapshotsResult,
    GetInstancesResult,
    Instance,
    InstanceSnapshot,
    ManualSnapshotSource,
    RetentionPolicy,
    Scope,
    notebook,
    plan_retention,
)
from lightsail_snap._html import items_html
from lightsail_snap._text import safe_line
from lightsail_snap.plans import (
    BackupPlan,
    DeletionRecord,
    FleetResult,
    PlanOutcome,
    PrunedSnapshot,
    PruneResult,
    Run,
    RunResult,
    StepResult,
)
from lightsail_snap.testing import strategies

TAGS = {"div", "table", "caption", "thead", "tbody", "tr", "th", "td", "p", "pre"}
MARKUP = re.compile(rf'<div class="tex2jax_ignore mathjax_ignore">|</?(?:{"|".join(TAGS)})>')
FORGED = "<script>alert('x')</script>&\"$\\(x\\)\x1b[2J\u202e"
NOW = datetime(2026, 11, 30, 3, tzinfo=UTC)


class Page(HTMLParser):
    """The cells of a table; fails unless all elements are nested and closed."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: list[str] = []
        self.rows: list[list[str]] = []
        self.feed(markup)
        self.close()
        assert self.open == []

    @override
    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th"}:
            self.rows[-1].append("")

    @override
    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    @override
    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        if self.open[-1] in {"td", "th"}:
            self.rows[-1][-1] += data


def parse(shown: Any) -> Page:
    """Parse a display, and check that its data has no markup, no secrets and a limited size."""
    markup: str = shown if isinstance(shown, str) else shown._repr_html_()
    data = MARKUP.sub("", markup)
    assert not set("<>\"'") & set(data)
    assert re.sub("&(?:amp|lt|gt|quot|#x27);", "", data).count("&") == 0
    assert data.isprintable()
    assert len(markup) < 1_000_000
    return Page(markup)


def snapshot(number: int = 1, **fields: Any) -> dict[str, Any]:
    wire = {"name": f"s-{number}", "createdAt": NOW.timestamp() - number * 86_400}
    return {**wire, "state": "completed", "fromDiskName": "Disk-1", "sizeInGb": 8, **fields}


def test_resource_displays_the_fields_that_are_set() -> None:
    tags = [{"key": "env", "value": "prod"}, {"key": "keep"}]
    location = {"regionName": "us-east-1", "availabilityZone": "all"}
    wire = snapshot(tags=tags, location=location, isFromAutoSnapshot=False, newField=[1, 2])
    page = parse(DiskSnapshot.from_wire(wire))
    assert page.texts[0] == "DiskSnapshot"
    assert page.rows[0] == ["field", "value"]
    assert sorted(page.rows[1:]) == [
        ["created_at", "2026-11-29 03:00:00 UTC"],
        ["from_disk_name", "Disk-1"],
        ["is_from_auto_snapshot", "False"],
        ["location", "availability_zone=all, region_name=us-east-1"],
        ["name", "s-1"],
        ["newField", "1; 2"],
        ["size_in_gb", "8"],
        ["state", "completed"],
        ["tags", "env=prod; keep"],
    ]


def test_page_displays_a_row_for_each_item() -> None:
    wire = {
        "diskSnapshots": [snapshot(1, arn="arn:1", supportCode="c"), snapshot(2, progress="40%")],
        "nextPageToken": "t-1",
    }
    page = parse(GetDiskSnapshotsResult.from_wire(wire))
    assert page.rows == [
        ["name", "created_at", "size_in_gb", "state", "progress", "from_disk_name"],
        ["s-1", "2026-11-29 03:00:00 UTC", "8", "completed", "", "Disk-1"],
        ["s-2", "2026-11-28 03:00:00 UTC", "8", "completed", "40%", "Disk-1"],
    ]
    assert (page.texts[0], page.texts[-1]) == ("disk snapshots: 2", "There are more pages.")
    assert "t-1" not in page.texts


def test_empty_page_displays_its_title() -> None:
    assert parse(GetDiskSnapshotsResult.from_wire({"diskSnapshots": []})).texts == [
        "disk snapshots: 0"
    ]
    assert parse(GetDiskSnapshotsResult.from_wire({})).texts == [
        *("GetDiskSnapshotsResult", "field", "value")
    ]


def test_response_with_one_resource_displays_the_resource() -> None:
    result = GetDiskSnapshotResult.from_wire({"diskSnapshot": snapshot()})
    assert result._repr_html_() == result.disk_snapshot._repr_html_()


def test_response_with_fields_and_a_list_displays_both() -> None:
    details = [{"date": "2026-11-29", "status": "Success", "createdAt": 1}]
    wire = {"resourceName": "web-1", "autoSnapshots": details}
    page = parse(GetAutoSnapshotsResult.from_wire(wire))
    assert ["resource_name", "web-1"] in page.rows
    assert "auto snapshots: 1" in page.texts


def test_large_page_displays_the_first_rows_and_the_number_of_others() -> None:
    wire = {"diskSnapshots": [snapshot(number) for number in range(1000)]}
    page = parse(GetDiskSnapshotsResult.from_wire(wire))
    assert len(page.rows) == 101
    assert page.texts[-1] == "and 900 more"


def test_long_values_are_truncated() -> None:
    nested = [[{"a": ["x" * 100_000] * 30}] * 30] * 30
    page = parse(DiskSnapshot.from_wire(snapshot(newField=nested, progress="9" * 100_000)))
    assert max(map(len, page.texts)) <= 301
    tags = [{"key": f"k{number}"} for number in range(25)]
    assert ["tags", "; ".join([f"k{n}" for n in range(10)] + ["and 15 more"])] in parse(
        DiskSnapshot.from_wire(snapshot(tags=tags))
    ).rows
    many = {f"field{number}": 1 for number in range(1000)}
    assert len(parse(DiskSnapshot.from_wire(snapshot(**many))).rows) == 101
    instance = {"name": "web-1", **{f"f{n}": 1 for n in range(30)}}
    assert len(parse(GetInstancesResult.from_wire({"instances": [instance]})).rows[0]) <= 12


def test_nested_values_are_displayed_to_a_depth() -> None:
    disks = [{"sizeInGb": 20, "path": "/dev/xvda"}]
    instance = Instance.from_wire({"name": "web-1", "hardware": {"cpuCount": 2, "disks": disks}})
    shown = "cpu_count=2, disks=(size_in_gb=20, path=/dev/xvda)"
    assert ["hardware", shown] in parse(instance).rows
    deep = DiskSnapshot.from_wire(snapshot(newField=[[{"a": [1], "b": 2}]]))
    assert ["newField", "(a=..., b=2)"] in parse(deep).rows


def test_secrets_are_not_displayed() -> None:
    request = CreateInstancesFromSnapshotRequest(
        instance_names=["web-2"],
        availability_zone="us-east-1a",
        bundle_id="nano_3_0",
        source=ManualSnapshotSource("s-1"),
        user_data="export PASSWORD=hunter2",
    )
    assert ["user_data", "(not shown)"] in parse(request).rows
    plan = BackupPlan(
        name="nightly",
        region="us-east-1",
        select={"kind": "disk", "names": ["Disk-1"]},
        quiesce={"before": ["mysql", "-phunter2"], "after": ["resume"]},
    )
    page = parse(plan)
    assert ["quiesce", "before=mysql ..., after=resume"] in page.rows
    token = "x-amz-security-token: hunter2"  # noqa: S105 - not a token
    assert "hunter2" not in plan._repr_html_()
    assert "hunter2" not in DiskSnapshot.from_wire(snapshot(progress=token))._repr_html_()


def test_objects_without_validation_are_displayed() -> None:
    assert parse(DiskSnapshot.model_construct()).rows == [["field", "value"]]
    assert parse(GetDiskSnapshotsResult.model_construct(disk_snapshots=3)).rows
    for broken in (
        Run.model_construct(),
        BackupPlan.model_construct(name=FORGED),
        RunResult(None, None),  # type: ignore[arg-type] # on purpose
        FleetResult(None),  # type: ignore[arg-type] # on purpose
        StepResult(None, "done"),  # type: ignore[arg-type] # on purpose
    ):
        assert parse(broken).texts[0] == type(broken).__name__


@given(st.data())
def test_display_of_any_model_is_escaped_and_bounded(data: st.DataObject) -> None:
    for model in (Disk, DiskSnapshot, InstanceSnapshot, GetDiskSnapshotsResult, GetInstancesResult):
        parse(data.draw(strategies.hostile_results(model)))


PLANS = (BackupPlan, Run, RunResult, FleetResult, PruneResult)
PARTS = (StepResult, PrunedSnapshot, DeletionRecord, PlanOutcome)


@given(st.tuples(*map(st.from_type, (*PLANS, *PARTS))))
def test_display_of_plans_and_results_is_escaped_and_bounded(shown: tuple[object, ...]) -> None:
    for each in shown:
        parse(each)


@given(st.one_of(st.just(FORGED), st.text(max_size=30)))
def test_display_of_hostile_names_has_the_names_as_text(name: str) -> None:
    found = DiskSnapshot.from_wire(
        snapshot(name=name, tags=[{"key": name, "value": name}], state=name) | {name + "x": name}
    )
    page = parse(found)
    assert ["name", safe_line(name)] in page.rows
    parse(GetDiskSnapshotsResult.from_wire({"diskSnapshots": [found.to_wire()]}))
    policy = RetentionPolicy(keep_last=1, time_zone="UTC")
    parse(plan_retention([found], policy, NOW, owned=Scope(names=["*"])))


def test_retention_plan_displays_the_decisions() -> None:
    snapshots = [DiskSnapshot.from_wire(snapshot(number)) for number in range(200)]
    policy = RetentionPolicy(keep_last=2, time_zone="UTC")
    page = parse(plan_retention(snapshots, policy, NOW, owned=Scope(names=["s-*"])))
    assert page.rows[3] == ["delete", "2026-11-28 03:00", "s-2", "disk Disk-1", "no rule keeps it"]
    assert page.texts[-2:] == ["and 100 more", "keep 2, delete 198 (times in UTC)"]


def test_failed_plan_displays_its_error() -> None:
    plan = BackupPlan(name="n", region="us-east-1", select={"kind": "disk", "globs": ["*"]})
    assert parse(PlanOutcome(plan)).rows[1] == ["n", "us-east-1", "n: nothing"]


def test_import_of_models_does_not_load_the_tables() -> None:
    code = """
import sys
# Tools that measure coverage may have loaded some.
for name in {"html", "html.entities"} & sys.modules.keys():
    del sys.modules[name]
import lightsail_snap
snapshot = lightsail_snap.DiskSnapshot(name="s-1")
lightsail_snap.RetentionPolicy(time_zone="UTC", keep_last=1)
print({"html", "html.entities", "lightsail_snap._html"} & sys.modules.keys())
snapshot._repr_html_()
"""
    done = subprocess.run(  # noqa: S603 - fixed arguments
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("set()\n", "")


class Formatter(dict[type, Any]):
    """The parts of IPython's HTML formatter that the extension uses."""

    def for_type(self, kind: type, function: Any = None) -> Any:
        before = self.get(kind)
        if function is not None:
            self[kind] = function
        return before

    def format(self, value: Any) -> Any:
        found = next((self[kind] for kind in type(value).__mro__ if kind in self), None)
        return found(value) if found else None


class Shell:
    def __init__(self) -> None:
        self.display_formatter = self
        self.formatters = {"text/html": Formatter()}
        self.html = self.formatters["text/html"]


class OwnDisplay(list[Any]):
    def _repr_html_(self) -> str:
        return "own"


def test_extension_displays_collections_of_resources() -> None:
    shell = Shell()
    shell.html[list] = replaced = lambda value: f"{len(value)} values"
    notebook.load_ipython_extension(shell)
    notebook.load_ipython_extension(shell)
    found = [DiskSnapshot.from_wire(snapshot(number)) for number in (1, 2)]
    for collection in (found, tuple(found), dict(enumerate(found))):
        page = parse(shell.html.format(collection))
        assert [row[0] for row in page.rows] == ["name", "s-1", "s-2"]
        assert page.texts[0] == "DiskSnapshot: 2"
    assert shell.html.format([1, 2]) == "2 values"
    assert shell.html.format((1, 2)) is None
    assert shell.html.format([]) == "0 values"
    assert shell.html.format(OwnDisplay(found)) == "own"
    notebook.unload_ipython_extension(shell)
    assert shell.html == {list: replaced}
    notebook.unload_ipython_extension(shell)


def test_table_of_different_kinds_has_the_columns_of_all() -> None:
    page = parse(
        items_html([Disk(name="d-1"), DiskSnapshot(name="s-1", state=DiskSnapshotState.ERROR)])
    )
    assert page.texts[0] == "Disk, DiskSnapshot: 2"
    assert page.rows == [["name", "state"], ["d-1", ""], ["s-1", "error"]]


@pytest.mark.parametrize(
    ("value", "shown"), [(timedelta(hours=1), "1:00:00"), ({"a": None, "b": (1, 2)}, "b=1; 2")]
)
def test_other_values_are_displayed(value: object, shown: str) -> None:
    model = DiskSnapshot.from_wire(snapshot()).model_copy(update={"progress": value})
    assert ["progress", shown] in parse(model).rows
