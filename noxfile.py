"""The gates of this project, in the order in which `.ci/run` runs them.

`nox --list` lists them, `nox -s NAME` runs one, `nox -t static` runs all that need no tests. They
use the environment that nox is installed in, so install the extra `dev` there first (see
CONTRIBUTING.md). Only sessions for other versions of Python or of the dependencies create their
own environments.

`.ci/run` runs the two commands of README.md itself, because they create that environment. Then it
runs every session here that is not marked `default=False`.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import nox

nox.needs_version = ">=2024.10.9"
nox.options.error_on_missing_interpreters = False  # nox reports which versions it skips

ROOT = Path(__file__).parent
# Tools come from nox's own environment, even if it is not activated. pyenv's interpreters are
# found in any case, whichever of them is selected.
_PYENV = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser()
os.environ["PATH"] = os.pathsep.join(
    [
        str(Path(sys.executable).parent),
        os.environ["PATH"].replace(f"{_PYENV}/shims", ""),
        *sorted(str(folder) for folder in _PYENV.glob("versions/*/bin")),
    ]
)

_TYPE_CHECKED = (
    *("src", "tests", "examples", "benchmarks", "scripts", "docs/pictures"),
    *("hatch_build.py", "noxfile.py"),
)
# Results of type checkers and documentation tools do not depend on the Python that runs the tests.
_SAME_ON_EVERY_PYTHON = ("tests/typing", "tests/docs")
_FASTEST = ("tests/unit", "tests/workflows", "tests/conformance")
_FAST = (*_FASTEST, "tests/clients", "tests/cli/test_command.py")
# Files that a public forge reads, by the schema that they follow.
_FORGE_FILES = {
    "github-workflows": ".github/workflows/*.yml",
    "github-issue-forms": ".github/ISSUE_TEMPLATE/[!c]*.yml",
    "github-issue-config": ".github/ISSUE_TEMPLATE/config.yml",
    "dependabot": ".github/dependabot.yml",
    "citation-file-format": "CITATION.cff",
}
_CONFORMANCE = "tests/conformance/test_service_model.py"
# These compare the package with today's botocore and tools. Older versions of botocore lack the
# health status of instances, and changes to an instance when it starts.
_NEWER_SHAPES = (
    *("Instance", "InstanceAttributeUpdates", "InstanceHealthStatus"),
    "InstanceHealthStatusDetail",
)
_NEWER_FIELDS = ("GetInstanceRequest", "GetInstancesRequest", "StartInstanceRequest")
_NEEDS_NEWEST = (
    f"{_CONFORMANCE}::test_enumeration_has_the_values_of_the_service_model",
    f"{_CONFORMANCE}::test_every_exported_shape_belongs_to_an_operation",
    *(
        f"{_CONFORMANCE}::test_model_has_the_fields_of_the_service_model[{model}]"
        for model in (*_NEWER_SHAPES, *_NEWER_FIELDS)
    ),
    *(
        f"{_CONFORMANCE}::test_required_fields_match_the_service_model[{model}]"
        for model in _NEWER_SHAPES
    ),
    "tests/clients/test_parity.py::test_async_client_is_up_to_date",
)


def _run_tests(session: nox.Session, *arguments: str, env: dict[str, str] | None = None) -> None:
    """Run tests on all cores."""
    # .ci/run sets the seed, so that one number repeats the order of all its tests.
    seed = os.environ.get("LIGHTSAIL_SNAP_SEED")
    order = [f"--randomly-seed={seed}"] if seed else []
    session.run(
        *("python", "-m", "pytest", "-n", "auto", "--dist", "worksteal"),
        *order,
        *arguments,
        *session.posargs,
        env=env,
    )


@nox.session(default=False, venv_backend="none")
def tests(session: nox.Session) -> None:
    """Run the default tests with coverage; arguments after `--` go to pytest."""
    session.run("coverage", "erase")
    # Also in the processes that tests start.
    coverage = {
        "COVERAGE_PROCESS_START": str(ROOT / "pyproject.toml"),
        "COVERAGE_FILE": str(ROOT / ".coverage"),
    }
    _run_tests(session, env=coverage)


def _create_environment(session: nox.Session, name: str) -> str:
    """Create an environment for a package that conflicts with others; return its programs."""
    folder = ROOT / ".nox" / name
    session.run("python", "-m", "venv", str(folder), silent=True)
    return str(folder / ("Scripts" if os.name == "nt" else "bin"))


@nox.session(venv_backend="none")
def coverage(session: nox.Session) -> None:
    """Check that the default tests cover every branch of the package."""
    session.run("coverage", "combine", "--quiet")
    session.run("coverage", "report")


@nox.session(venv_backend="none")
def thorough(session: nox.Session) -> None:
    """Run the thorough tests, and every property test with more examples."""
    # The AWS command line could change the versions of dependencies.
    aws = _create_environment(session, "awscli")
    session.run(f"{aws}/pip", "install", "-q", "-c", "constraints.txt", "awscli")
    # types-boto3 would take precedence over stubs/.
    typed = _create_environment(session, "types-boto3")
    pip = f"{typed}/pip"
    session.run(pip, "install", "-q", "-c", "constraints.txt", ".", "types-boto3[lightsail]")
    _run_tests(
        session,
        *("--durations=25", "-m", "thorough or hypothesis", "--hypothesis-profile=thorough"),
        env={
            "LIGHTSAIL_SNAP_EXPECT_WHEEL": "1",
            "LIGHTSAIL_SNAP_AWS_CLI": f"{aws}/aws",
            "LIGHTSAIL_SNAP_TYPES_BOTO3": f"{typed}/python",
        },
    )


@nox.session(venv_backend="none", tags=["static"])
def lint(session: nox.Session) -> None:
    """Check the code style with ruff."""
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session(venv_backend="none", tags=["static"])
def forge(session: nox.Session) -> None:
    """Check the workflows, the issue templates and CITATION.cff with their schemas."""
    for schema, files in _FORGE_FILES.items():
        found = sorted(str(path) for path in ROOT.glob(files))
        session.run("check-jsonschema", f"--builtin-schema=vendor.{schema}", *found)


@nox.session(venv_backend="none", tags=["static"])
def security(session: nox.Session) -> None:
    """Check the code with bandit, and the dependencies for known vulnerabilities."""
    session.run("bandit", "-q", "-c", "scripts/bandit.yaml", "-r", "src")
    session.run("python", "scripts/audit.py")


@nox.session(venv_backend="none", tags=["static"])
def iam(session: nox.Session) -> None:
    """Check that docs/iam.md lists the API operations that each operation of the package calls."""
    session.run("python", "scripts/iam_policies.py", "--check")


@nox.session(venv_backend="none", tags=["static"])
def generated(session: nox.Session) -> None:
    """Check that the async client, public names, reference and service model are up to date."""
    session.run("python", "scripts/make_async.py", "--check")
    session.run("python", "scripts/make_exports.py", "--check")
    session.run("python", "scripts/make_service_model.py", "--check")


@nox.session(venv_backend="none", tags=["static"])
def reasons(session: nox.Session) -> None:
    """Check that every pragma, ignore and noqa gives its reason in the same line."""
    session.run("python", "scripts/reasons.py")


@nox.session(venv_backend="none", tags=["static"])
def english(session: nox.Session) -> None:
    """Check words, spelling and the length of sentences; arguments after `--` are paths."""
    session.run("python", "scripts/plain_english.py", *session.posargs)
    session.run("python", "scripts/plain_english.py", "--sentences", *session.posargs)
    session.run("codespell", *session.posargs)


@nox.session(venv_backend="none", tags=["static"])
def mypy(session: nox.Session) -> None:
    """Check the types of all code with mypy --strict."""
    session.run("mypy", "--strict", *_TYPE_CHECKED)


@nox.session(venv_backend="none", tags=["static"])
def pyright(session: nox.Session) -> None:
    """Check with pyright that the public API is fully typed and documented."""
    session.run("python", "scripts/public_surface.py")


@nox.session(venv_backend="none", tags=["static"])
def stubtest(session: nox.Session) -> None:
    """Compare stubs/ with the installed boto3 and botocore."""
    command = ("python", "-m", "mypy.stubtest", "--ignore-missing-stub", "boto3", "botocore")
    session.run(*command, env={"MYPYPATH": "stubs"})


@nox.session(venv_backend="none", tags=["static"])
def api(session: nox.Session) -> None:
    """Compare the public API with scripts/api_surface.txt."""
    session.run("python", "scripts/api_surface.py")


@nox.session(venv_backend="none", tags=["static"])
def drift(session: nox.Session) -> None:
    """Compare the models with the service model of botocore."""
    session.run("python", "scripts/spec_drift.py")


@nox.session(venv_backend="none", tags=["static"])
def docs(session: nox.Session) -> None:
    """Build the documentation; check its HTML, links and images, and that nothing is missing."""
    with tempfile.TemporaryDirectory() as folder:
        # Not with --quiet: it hides warnings from --strict, which then ignores broken links.
        command = ("mkdocs", "build", "--strict", "--site-dir", folder)
        session.run(*command, env={"NO_MKDOCS_2_WARNING": "1"})
        session.run("python", "scripts/check_reference.py", folder)
        session.run("python", "scripts/check_site.py", folder)


def _install(session: nox.Session, *options: str) -> None:
    """Install the package and its tests with uv, and list the versions."""
    session.install("-c", "constraints.txt", "uv")
    python = f"--python={session.virtualenv.location}"
    session.run("uv", "pip", "install", "--quiet", python, *options, ".[tests]")
    session.run("uv", "pip", "list", python)


@nox.session(python=["3.12", "3.13", "3.14"])
def others(session: nox.Session) -> None:
    """Run the fastest tests on the newer versions of Python."""
    _install(session, "--constraint=constraints.txt")
    session.run("python", "-m", "pytest", "-q", "-n", "auto", *_FASTEST)


@nox.session(python="3.11")
def lowest(session: nox.Session) -> None:
    """Run the fast tests with the oldest dependencies that pyproject.toml allows."""
    _install(session, "--resolution=lowest-direct")
    left_out = [f"--deselect={test}" for test in _NEEDS_NEWEST]
    # Its versions of OpenTelemetry need newer dependencies.
    left_out.append("--ignore=tests/clients/test_instrumentation.py")
    session.run("python", "-m", "pytest", "-q", "-n", "auto", *_FAST, *left_out)


@nox.session(venv_backend="none")
def compatibility(session: nox.Session) -> None:
    """Compare clients with plain boto3 on every supported botocore.

    Arguments after `--` go to scripts/compatibility.py.
    """
    session.run("python", "scripts/compatibility.py", *session.posargs)


@nox.session(python="3.11")
def mocks(session: nox.Session) -> None:
    """Test the mock of boto3 clients together with aiobotocore and moto."""
    # aiobotocore needs an older botocore than constraints.txt, so both are pinned here.
    session.install(".[aio,testing]", "aiobotocore==3.10.0", "moto==5.2.5")
    session.run("python", "-m", "pytest", "-q", "tests/testing/test_mock.py")


@nox.session(python="3.11", venv_backend="uv|virtualenv")
def package(session: nox.Session) -> None:
    """Build the sdist and the wheel as a release does, and check what an index shows of them."""
    # twine needs a newer docutils than the AWS command line of constraints.txt.
    tools = ("hatchling==1.33.0", "readme-renderer[md]==46.0", "twine==7.0.0")
    session.install(".[testing]", *tools)
    session.run("python", "-m", "pytest", "-q", "tests/packaging/test_distributions.py")


@nox.session(python="3.11")
def examples(session: nox.Session) -> None:
    """Run all examples, also those that need FastAPI, Dask or Jupyter."""
    # The project depends on none of these, so constraints.txt lacks them.
    packages = ("fastapi==0.165.0", "ipykernel==7.4.0", "nbclient==0.11.0", "uvicorn==0.54.0")
    extras = ("-c", "constraints.txt", ".[aio,cli,testing]", "distributed", "pyyaml")
    session.install(*extras, *packages)
    env = {"LIGHTSAIL_SNAP_EXPECT_EXAMPLES": "1"}
    session.run("python", "-m", "pytest", "-q", "-m", "", "tests/examples", env=env)


@nox.session(default=False, python=["3.11", "3.12", "3.13", "3.14"])
def pythons(session: nox.Session) -> None:
    """Run the default tests on every Python; arguments after `--` go to pytest."""
    session.install("-c", "constraints.txt", ".[dev]")
    ignored = [f"--ignore={folder}" for folder in _SAME_ON_EVERY_PYTHON]
    session.run(
        "python", "-m", "pytest", "-q", "-p", "no:cacheprovider", *ignored, *session.posargs
    )


@nox.session(default=False)
def newest(session: nox.Session) -> None:
    """Run the default tests with the newest release of every dependency."""
    session.install("--upgrade", ".[dev]")
    session.run("python", "scripts/compatibility.py", "--outdated", success_codes=[0, 1])
    session.run("python", "-m", "pytest", *session.posargs)
