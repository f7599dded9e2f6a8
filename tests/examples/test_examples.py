"""Run every example as a user would, in its own process, on the emulator."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from lightsail_snap import LightsailSnapClient
from lightsail_snap.cli._emulator import ShiftedClock, seed_emulator
from lightsail_snap.emulator import LightsailEmulator, Progression
from lightsail_snap.testing import mock_lightsail

EXAMPLES = Path(__file__).parents[2] / "examples"
README = (EXAMPLES / "README.md").read_text(encoding="utf-8")
REGION = "us-east-1"
# The session `examples` of noxfile.py installs what the examples import and this project does not.
IS_COMPLETE = "LIGHTSAIL_SNAP_EXPECT_EXAMPLES" in os.environ


def needs(*modules: str) -> pytest.MarkDecorator:
    """Skip a test if a module is missing, except in the session that installs all of them."""
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    reason = f"not installed: {', '.join(missing)}; run `nox -s examples`"
    return pytest.mark.skipif(bool(missing) and not IS_COMPLETE, reason=reason)


@pytest.fixture
def emulator() -> Iterator[LightsailEmulator]:
    """Create the resources that the command in examples/README.md creates."""
    clock = ShiftedClock()
    with LightsailEmulator(clock=clock, progression=Progression.instant()) as made:
        seed_emulator(made, clock, disks=["Disk-1"], instances=["web-1", "helper-1"], history=10)
        yield made


@pytest.fixture
def client(emulator: LightsailEmulator) -> LightsailSnapClient:
    return LightsailSnapClient(emulator.boto3_client(REGION))


@pytest.fixture
def environment(emulator: LightsailEmulator, tmp_path: Path) -> Iterator[dict[str, str]]:
    """Yield the environment of a reader who followed examples/README.md."""
    exports = " ".join(re.findall(r"^ +export (.*)$", README, re.MULTILINE))
    with emulator.serve() as url:
        settings = dict(each.split("=", 1) for each in exports.split())
        assert settings.pop("AWS_ENDPOINT_URL_LIGHTSAIL").startswith("http://127.0.0.1:")
        programs = f"{tmp_path}{os.pathsep}{Path(sys.executable).parent}"
        yield {
            **{name: value for name, value in os.environ.items() if name[:4] != "COV_"},
            **settings,
            "AWS_ENDPOINT_URL_LIGHTSAIL": url,
            "HOME": str(tmp_path),
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        }


def run_command(
    command: Sequence[str], environment: dict[str, str], folder: Path = EXAMPLES
) -> str:
    """Run a command, and return its output."""
    done = subprocess.run(  # noqa: S603 - an example of this project
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, ""), (done.stdout, done.stderr)
    return done.stdout


def run_example(name: str, *arguments: str, environment: dict[str, str]) -> str:
    return run_command([sys.executable, "-W", "error", name, *arguments], environment)


def test_readme_lists_every_example() -> None:
    listed = re.findall(r"^\| \[`([\w./]+)`\]\(\1\) \|", README, re.MULTILINE)
    entries = {
        entry.name + ("/" if entry.is_dir() else "")
        for entry in EXAMPLES.iterdir()
        if entry.name not in {"README.md", "__pycache__", ".ipynb_checkpoints"}
    }
    assert sorted(listed) == sorted(entries)
    assert len(listed) > 10


def test_take_snapshot_runs_without_aws(environment: dict[str, str]) -> None:
    del environment["AWS_ENDPOINT_URL_LIGHTSAIL"]
    assert "completed" in run_example("take_snapshot.py", environment=environment)


@pytest.mark.thorough
def test_take_snapshot_of_a_disk(environment: dict[str, str], client: LightsailSnapClient) -> None:
    output = run_example("take_snapshot.py", "Disk-1", environment=environment)
    assert client.get_disk_snapshot(output.split()[-5]).disk_snapshot.is_completed


@pytest.mark.thorough
def test_rescue_is_done_once(environment: dict[str, str], client: LightsailSnapClient) -> None:
    run_example("rescue.py", "web-1", "helper-1", environment=environment)
    output = run_example("rescue.py", "web-1", "helper-1", environment=environment)
    (disk,) = [each for each in client.iter_disks() if each.name != "Disk-1"]
    assert (disk.state, disk.attached_to) == ("in-use", "helper-1")
    assert f"{disk.name} is attached to helper-1 at {disk.path}" in output
    assert "  sudo mount" in output


@pytest.mark.thorough
def test_rescue_of_a_missing_instance_reports_it(environment: dict[str, str]) -> None:
    command = [sys.executable, "rescue.py", "web-0", "helper-1"]
    done = subprocess.run(  # noqa: S603 - an example of this project
        command, cwd=EXAMPLES, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "web-0" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.thorough
def test_migration_is_done_once(
    environment: dict[str, str], client: LightsailSnapClient, emulator: LightsailEmulator
) -> None:
    arguments = ("Disk-1", REGION, "eu-west-1a")
    for _ in range(2):
        output = run_example("migrate_region.py", *arguments, environment=environment)
        assert output.splitlines()[-1] == "Disk-1 available 32 GB in eu-west-1a"
    target = LightsailSnapClient(emulator.boto3_client("eu-west-1"))
    for found in (target.iter_disks().list(), target.iter_disk_snapshots().list()):
        assert len(found) == 1
    # Ten of the history, and one.
    assert len(client.iter_disk_snapshots().list()) == 11


@pytest.mark.thorough
def test_tag_policy_backs_up_tagged_resources(
    environment: dict[str, str], client: LightsailSnapClient, emulator: LightsailEmulator
) -> None:
    emulator.add_disk("Disk-2", region_name=REGION)
    client.tag_resource("Disk-1", {"backup": "daily"})
    client.tag_resource("web-1", {"backup": "hourly"})
    for _ in range(2):
        run_example("tag_policy.py", REGION, environment=environment)
    disks = client.iter_disk_snapshots(tags={"lightsail-snap:managed": "daily"}).list()
    instances = client.iter_instance_snapshots().list()
    assert [each.from_disk_name for each in disks] == ["Disk-1"]
    # The hour may end between the two runs.
    assert {each.from_instance_name for each in instances} == {"web-1"}
    assert 1 <= len(instances) <= 2


@pytest.mark.thorough
def test_async_fleet_backs_up_all_regions(
    environment: dict[str, str], emulator: LightsailEmulator
) -> None:
    for number in range(3):
        emulator.add_disk(f"Disk-{number}", region_name="eu-west-1")
    output = run_example("async_fleet.py", REGION, "eu-west-1", environment=environment)
    assert {"us-east-1 completed 1", "eu-west-1 completed 3"} <= set(output.splitlines())


@pytest.mark.thorough
def test_async_fleet_reports_failures(
    environment: dict[str, str], emulator: LightsailEmulator
) -> None:
    emulator.add_disk("Disk-3", region_name="eu-west-1")
    program = [sys.executable, "async_fleet.py", "mars-north-1"]
    done = subprocess.run(  # noqa: S603 - an example of this project
        program, cwd=EXAMPLES, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "mars-north-1" in done.stderr


@needs("distributed")
@pytest.mark.thorough
def test_dask_fleet_applies_all_plans(
    environment: dict[str, str], emulator: LightsailEmulator
) -> None:
    emulator.add_disk("Disk-2", region_name="eu-west-1")
    output = run_command([sys.executable, "dask_fleet.py"], environment)
    assert output.splitlines()[-1] == "2 snapshots in 3 Regions"


needs_shell = pytest.mark.skipif(os.name == "nt", reason="cron runs commands with sh")


def cron_lines() -> list[tuple[list[str], str]]:
    """Return the times and the command of each line of the crontab."""
    lines = (EXAMPLES / "cron" / "crontab").read_text(encoding="utf-8").splitlines()
    parts = [line.split(maxsplit=5) for line in lines if line[0].isdigit()]
    return [(fields[:5], fields[5]) for fields in parts]


@needs_shell
@pytest.mark.thorough
def test_crontab_runs_the_plan_once_a_night(
    environment: dict[str, str], client: LightsailSnapClient, tmp_path: Path
) -> None:
    ((times, command),) = cron_lines()
    assert times == ["17", "3-5", "*", "*", "*"]
    # cron replaces % by a line break.
    assert "%" not in command
    plan = (EXAMPLES / "cron" / "nightly.toml").read_text(encoding="utf-8")
    (tmp_path / "nightly.toml").write_text(plan, encoding="utf-8")
    for _ in range(3):
        assert run_command(["sh", "-c", command], environment, tmp_path) == ""
    log = (tmp_path / "nightly.log").read_text(encoding="utf-8")
    assert log.count("done     take") == 1
    assert log.count(": was already taken") == 2
    kept = client.iter_disk_snapshots().list()
    assert 7 <= len(kept) < 11
    (tmp_path / "nightly.toml").write_text("name = 3", encoding="utf-8")
    mailed = subprocess.run(  # noqa: S603 - an example of this project
        ["sh", "-c", command],  # noqa: S607 - the shell that cron runs
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "name" in mailed.stdout


@pytest.fixture
def workflow() -> dict[str, Any]:
    yaml: Any = pytest.importorskip("yaml")
    path = EXAMPLES / "github_actions" / "nightly-snapshots.yml"
    read: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return read


@pytest.fixture
def run_step(
    environment: dict[str, str], tmp_path: Path
) -> Callable[[dict[str, Any]], subprocess.CompletedProcess[str]]:
    """Return a function that runs a step as GitHub does, in a checkout with a plan."""
    (tmp_path / "backup").mkdir()
    shutil.copy(EXAMPLES / "cron" / "nightly.toml", tmp_path / "backup")
    # The package is installed already.
    (tmp_path / "pip").write_text('#!/bin/sh\necho "$@" >> installed\n', encoding="utf-8")
    (tmp_path / "pip").chmod(0o755)

    def run(step: dict[str, Any]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603 - an example of this project
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],  # noqa: S607 - that of the reader
            cwd=tmp_path,
            env={**environment, "GITHUB_STEP_SUMMARY": str(tmp_path / "summary")},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_github_workflow_is_well_formed(workflow: dict[str, Any]) -> None:
    assert set(workflow["on"]) == {"schedule", "workflow_dispatch"}
    (schedule,) = workflow["on"]["schedule"]
    assert len(schedule["cron"].split()) == 5
    assert workflow["permissions"] == {"contents": "read", "id-token": "write"}
    # GitHub's default shell lacks pipefail, so that `| tee` would hide a failure.
    assert workflow["defaults"] == {"run": {"shell": "bash"}}
    (job,) = workflow["jobs"].values()
    assert set(job) == {"runs-on", "timeout-minutes", "steps"}
    assert all(("uses" in step) != ("run" in step) for step in job["steps"])
    uses = [step["uses"] for step in job["steps"] if "uses" in step]
    assert all(re.fullmatch(r"[\w-]+/[\w-]+@v\d+", each) for each in uses)


@pytest.mark.thorough
@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash to run its steps")
def test_github_workflow_applies_the_plan(
    workflow: dict[str, Any], run_step: Any, client: LightsailSnapClient, tmp_path: Path
) -> None:
    (job,) = workflow["jobs"].values()
    steps = [step for step in job["steps"] if "run" in step]
    for step in steps:
        done = run_step(step)
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "installed").read_text(encoding="utf-8") == "install lightsail-snap[cli]\n"
    lines = (tmp_path / "results.jsonl").read_text(encoding="utf-8").splitlines()
    results = [json.loads(line) for line in lines]
    assert results[0]["action"] == "take"
    assert {each["status"] for each in results} == {"done"}
    assert (tmp_path / "summary").read_text(encoding="utf-8") == f"{len(results)} steps\n"
    assert client.find_disk_snapshot(results[0]["name"]) is not None
    (tmp_path / "run.json").write_text("{}", encoding="utf-8")
    assert run_step(steps[-1]).returncode == 2


def notebook_cells() -> list[str]:
    """Return the code cells of the notebook, which is stored without results."""
    notebook = json.loads((EXAMPLES / "notebook.ipynb").read_text(encoding="utf-8"))
    assert notebook["nbformat"] == 4
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert not any(cell["outputs"] or cell["execution_count"] for cell in cells)
    return ["".join(cell["source"]) for cell in cells]


def test_notebook_cells_run(monkeypatch: pytest.MonkeyPatch, emulator: LightsailEmulator) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    names: dict[str, Any] = {}
    displayed: list[Any] = []
    with mock_lightsail(emulator=emulator):
        for cell in notebook_cells():
            body = ast.parse(re.sub("^%", "#", cell)).body
            last = body.pop() if isinstance(body[-1], ast.Expr) else None
            exec(compile(ast.Module(body, []), "cell", "exec"), names)  # noqa: S102 - this project's
            if isinstance(last, ast.Expr):
                code = compile(ast.Expression(last.value), "cell", "eval")
                displayed.append(eval(code, names))  # noqa: S307 - this project's
    assert len(displayed) == 6
    assert all("<table>" in each._repr_html_() for each in displayed[1:])
    assert displayed[-1].is_complete


@pytest.mark.thorough
@needs("nbclient", "ipykernel")
def test_notebook_displays_tables(environment: dict[str, str], tmp_path: Path) -> None:
    program = """
import json, sys, nbformat, nbclient
notebook = nbformat.read(sys.argv[1], as_version=4)
nbformat.validate(notebook)
nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
shown = [out.data["text/html"] for cell in cells for out in cell.outputs]
print(json.dumps(shown))
"""
    done = subprocess.run(  # noqa: S603 - an example of this project
        [sys.executable, "-c", program, str(EXAMPLES / "notebook.ipynb")],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    shown = json.loads(done.stdout)
    assert len(shown) == 6
    assert "<caption>DiskSnapshot: 5</caption>" in shown[0]
    assert "<td>keep</td>" in shown[2]
    assert "<td>done</td>" in shown[-1]


@contextmanager
def uvicorn(environment: dict[str, str]) -> Iterator[str]:
    """Serve the FastAPI application on a free port, and yield its URL."""
    command = [sys.executable, "-W", "error", "-m", "uvicorn", "fastapi_service:app", "--port=0"]
    with subprocess.Popen(  # noqa: S603 - an example of this project
        command, cwd=EXAMPLES, env=environment, stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stderr is not None
        try:
            lines = iter(server.stderr.readline, "")
            urls = (re.search(r"running on (http://[\d.:]+)", line) for line in lines)
            yield next(found[1] for found in urls if found)
        finally:
            server.terminate()


def fetch(url: str, key: str | None = None) -> tuple[int, Any]:
    """Send a GET request, or a POST request with an idempotency key; return status and JSON."""
    method, headers = ("POST", {"Idempotency-Key": key}) if key else ("GET", {})
    request = urllib.request.Request(url, method=method, headers=headers)  # noqa: S310 - of this machine
    try:
        with urllib.request.urlopen(request) as response:  # noqa: S310 - likewise
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


@pytest.mark.thorough
@needs("fastapi", "uvicorn")
def test_fastapi_service_takes_snapshots_once(environment: dict[str, str]) -> None:
    with uvicorn(environment) as url:
        for _ in range(2):
            status, taken = fetch(f"{url}/disks/Disk-1/snapshots/db-1", "k-1")
            assert (status, taken["state"]) == (201, "completed")
        assert len(fetch(f"{url}/snapshots")[1]) == 11
        for path, key, expected in (
            ("Disk-1/snapshots/db-1", "k-2", 409),
            ("Disk-0/snapshots/db-2", "k-3", 404),
            ("Disk-1/snapshots/-", "k-4", 422),
        ):
            status, refused = fetch(f"{url}/disks/{path}", key)
            assert (status, bool(refused["detail"])) == (expected, True)
        assert "DiskSnapshot" in fetch(f"{url}/openapi.json")[1]["components"]["schemas"]
