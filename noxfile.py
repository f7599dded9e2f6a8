"""Runs the tests on every Python and with the oldest dependencies.

`nox -s tests` runs nearly all of them on every Python; the gate runs
`nox -s others lowest compatibility`.
"""

from __future__ import annotations

import os
from pathlib import Path

import nox

nox.options.error_on_missing_interpreters = False  # nox says which it skips
nox.needs_version = ">=2024.10.9"

# pyenv's interpreters are used wherever they are, whichever of them is chosen at the moment.
_PYENV = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser()
_FOUND = sorted(str(folder) for folder in _PYENV.glob("versions/*/bin"))
os.environ["PATH"] = os.pathsep.join([os.environ["PATH"].replace(f"{_PYENV}/shims", ""), *_FOUND])

# What type checkers and documentation tools say does not depend on what the tests run on.
_SAME_EVERYWHERE = ("tests/typing", "tests/docs")
_FASTEST = ("tests/unit", "tests/workflows", "tests/conformance")
_FAST = (*_FASTEST, "tests/clients", "tests/cli/test_command.py")
_CONFORMANCE = "tests/conformance/test_service_model.py"
# These compare the package with today's botocore and tools. Older versions of botocore lack the
# health status of instances.
_HEALTH_STATUS = ("Instance", "InstanceHealthStatus", "InstanceHealthStatusDetail")
_NEEDS_NEWEST = (
    f"{_CONFORMANCE}::test_known_words_are_those_of_the_service_model",
    f"{_CONFORMANCE}::test_no_shape_is_exported_that_no_operation_has",
    *(
        f"{_CONFORMANCE}::test_fields_are_the_members_of_the_service_model[{model}]"
        for model in (*_HEALTH_STATUS, "GetInstanceRequest", "GetInstancesRequest")
    ),
    *(
        f"{_CONFORMANCE}::test_what_must_be_given_is_what_the_service_model_requires[{model}]"
        for model in _HEALTH_STATUS
    ),
    "tests/clients/test_parity.py::test_the_async_methods_are_those_that_the_script_makes",
)


@nox.session(python=["3.11", "3.12", "3.13", "3.14"])
def tests(session: nox.Session) -> None:
    """Run the tests on one Python; arguments after `--` go to pytest."""
    session.install("-c", "constraints.txt", ".[dev]")
    ignored = [f"--ignore={folder}" for folder in _SAME_EVERYWHERE]
    session.run(
        "python", "-m", "pytest", "-q", "-p", "no:cacheprovider", *ignored, *session.posargs
    )


def _install(session: nox.Session, *options: str) -> None:
    session.install("-c", "constraints.txt", "uv")
    python = f"--python={session.virtualenv.location}"
    session.run("uv", "pip", "install", "--quiet", python, *options, ".[tests]")
    session.run("uv", "pip", "list", python)


@nox.session(python=["3.12", "3.13", "3.14"])
def others(session: nox.Session) -> None:
    """Run the fastest tests on the Pythons that the gate does not run all of them on."""
    _install(session, "--constraint=constraints.txt")
    session.run("python", "-m", "pytest", "-q", "-n", "auto", *_FASTEST)


@nox.session(python="3.11")
def lowest(session: nox.Session) -> None:
    """Run the fast tests with the oldest versions that pyproject.toml allows."""
    _install(session, "--resolution=lowest-direct")
    left_out = [f"--deselect={test}" for test in _NEEDS_NEWEST]
    left_out.append("--ignore=tests/clients/test_instrumentation.py")  # OpenTelemetry is today's
    session.run("python", "-m", "pytest", "-q", "-n", "auto", *_FAST, *left_out)


@nox.session
def compatibility(session: nox.Session) -> None:
    """Compare the package with plain boto3, with every version of botocore that is supported.

    Arguments after `--` go to scripts/compatibility.py.
    """
    session.install("--constraint=constraints.txt", "uv")
    session.run("python", "scripts/compatibility.py", *session.posargs)


@nox.session
def newest(session: nox.Session) -> None:
    """Run the tests with the newest of every dependency. CI does not run it."""
    session.install("--upgrade", ".[dev]")
    session.run("python", "scripts/compatibility.py", "--outdated", success_codes=[0, 1])
    session.run("python", "-m", "pytest", *session.posargs)
