"""The emulator's clients are independent of the machine's AWS settings."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import botocore
import botocore.session
import pytest
from botocore.config import Config
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lightsail_snap import DiskSource, LightsailSnapClient
from lightsail_snap.cli import main
from lightsail_snap.clock import VirtualClock
from lightsail_snap.emulator import LightsailEmulator, Progression, _in_process, _service_model

# Each example makes a client, which takes a while.
_FEW = max(4, settings.default.max_examples // 8 if settings.default else 0)
_SETTINGS = botocore.session.Session.SESSION_VARIABLES
# It loads code by its name, which is not a setting for AWS.
_NO_SETTINGS = {
    "BOTOCORE_EXPERIMENTAL__PLUGINS",
    # AWS sets it where the program runs, and it is part of the user agent.
    "AWS_EXECUTION_ENV",
}
_NAMES_IN_SOURCE = re.compile(r"""["']((?:AWS|BOTO|BOTOCORE)_[A-Z0-9_]+)["']""")


def _variables() -> list[str]:
    """List the environment variables that the installed version of botocore reads."""
    found = {
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_LIGHTSAIL",
        "AWS_BEARER_TOKEN_LIGHTSAIL",
        "AWS_REGION",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "NO_PROXY",
        "REQUESTS_CA_BUNDLE",
    }
    for _, names, _, _ in _SETTINGS.values():
        found.update([names] if isinstance(names, str) else names or [])
    for file in Path(botocore.__file__).parent.glob("*.py"):
        found.update(_NAMES_IN_SOURCE.findall(file.read_text("utf-8")))
    return sorted(found - _NO_SETTINGS)


_VARIABLES = _variables()
_FILE_SETTINGS = sorted(name for _, (name, *_rest) in _SETTINGS.items() if name)
# Values that are valid for some setting, and values that are invalid for all.
_MEANINGFUL = """
    true false 0 1 7 -1 1e99 standard adaptive legacy auto in-region required when_required
    disabled ipv6 us-gov-west-1 xx * http://127.0.0.1:9 http://[ /nowhere /dev/null sigv4a,none
"""
_VALUES = st.sampled_from(["", "é ü", "a" * 60, *_MEANINGFUL.split()]) | st.text(
    st.characters(codec="utf-8", exclude_characters="\0"), max_size=10
)
_ENVIRONMENTS = st.dictionaries(st.sampled_from(_VARIABLES), _VALUES, max_size=8)


@pytest.fixture(autouse=True)
def _clear_caches() -> Iterator[None]:
    yield
    _in_process._session.cache_clear()
    _service_model.service_model.cache_clear()


@functools.cache
def _expected() -> list[Any]:
    return _use_client({})


def _use_client(environment: dict[str, str]) -> list[Any]:
    """Use a client in an environment; return its settings and its requests."""
    clean = {
        name: value
        for name, value in os.environ.items()
        if name not in _VARIABLES and not name.startswith("AWS_")
    }
    _in_process._session.cache_clear()
    _service_model.service_model.cache_clear()
    sent: list[Any] = []
    with (
        mock.patch.dict(os.environ, {**clean, **environment}, clear=True),
        LightsailEmulator(clock=VirtualClock(), progression=Progression.instant()) as emulator,
    ):
        emulator.add_disk("disk-1", region_name="us-east-1")
        exchange = emulator.exchange

        def recorded(headers: Any, body: bytes) -> Any:
            changing = {"Authorization", "X-Amz-Date", "amz-sdk-invocation-id"}
            kept = {name: value for name, value in headers.items() if name not in changing}
            # The features in use, those of other clients of the process included.
            kept["User-Agent"] = re.sub(r" m/\S+", "", kept["User-Agent"])
            sent.append((kept, body))
            return exchange(headers, body)

        with mock.patch.object(emulator, "exchange", recorded):
            client = emulator.boto3_client("us-east-1")
        with LightsailSnapClient(client, clock=emulator.clock) as snap:
            snap.create_disk_snapshot("nightly", DiskSource(disk_name="disk-1"))
            assert snap.wait_for_disk_snapshot("nightly").state == "completed"
        config = client.meta.config
        values = {name: getattr(config, name) for name in sorted(vars(Config)["OPTION_DEFAULTS"])}
        return [client.meta.endpoint_url, repr(values), sent]


@given(environment=_ENVIRONMENTS)
@example(environment={"AWS_RETRY_MODE": "bogus"})
@example(environment={"AWS_RETRY_MODE": "adaptive", "AWS_MAX_ATTEMPTS": "9"})
@example(environment={"AWS_MAX_ATTEMPTS": "many"})
@example(environment={"AWS_DEFAULTS_MODE": "in-region"})
@example(environment={"AWS_DEFAULTS_MODE": "bogus"})
@example(environment={"AWS_PROFILE": "there-is-none"})
@example(environment={"AWS_CONFIG_FILE": "/dev/null/there-is-none"})
@example(environment={"AWS_ENDPOINT_URL": "http://127.0.0.1:9"})
@example(environment={"AWS_ENDPOINT_URL_LIGHTSAIL": "no address"})
@example(environment={"AWS_USE_FIPS_ENDPOINT": "true", "AWS_USE_DUALSTACK_ENDPOINT": "true"})
@example(environment={"AWS_CA_BUNDLE": "/nowhere", "REQUESTS_CA_BUNDLE": "/nowhere"})
@example(environment={"HTTPS_PROXY": "http://[", "HTTP_PROXY": "socks5://x"})
@example(environment={"AWS_DATA_PATH": "/nowhere", "AWS_SDK_UA_APP_ID": "x" * 99})
@example(environment={"AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES": "x"})
@example(environment={"AWS_REQUEST_CHECKSUM_CALCULATION": "x"})
@example(environment={"AWS_RESPONSE_CHECKSUM_VALIDATION": "x"})
@example(environment={"AWS_SIGV4A_SIGNING_REGION_SET": "*", "AWS_AUTH_SCHEME_PREFERENCE": "x"})
@example(environment={"AWS_ACCOUNT_ID_ENDPOINT_MODE": "bogus"})
@example(environment={"AWS_BEARER_TOKEN_LIGHTSAIL": "token"})
@settings(max_examples=_FEW)
@pytest.mark.thorough
def test_client_is_independent_of_environment_variables(environment: dict[str, str]) -> None:
    assert _use_client(environment) == _expected()


def test_client_is_independent_of_every_variable_at_once() -> None:
    expected = _expected()
    for value in ("xx", "true", "-1"):
        assert _use_client(dict.fromkeys(_VARIABLES, value)) == expected


@given(values=st.dictionaries(st.sampled_from(_FILE_SETTINGS), _VALUES))
@settings(max_examples=_FEW, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_client_is_independent_of_any_configuration_file(
    tmp_path: Path, values: dict[str, str]
) -> None:
    file = tmp_path / "config"
    lines = "".join(f"{name} = {' '.join(value.split())}\n" for name, value in values.items())
    file.write_text(f"[default]\n{lines}[services s]\n", "utf-8")
    assert _use_client({"AWS_CONFIG_FILE": str(file)}) == _expected()


@pytest.mark.parametrize("content", [b"[default", b"\xff\xfe", b"retry_mode = x\n"])
def test_client_is_independent_of_broken_files_in_the_home_directory(
    tmp_path: Path, content: bytes
) -> None:
    expected = _expected()
    for name in ("config", "credentials", "models/lightsail/2016-11-28/service-2.json"):
        path = tmp_path / ".aws" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    assert _use_client({"HOME": str(tmp_path)}) == expected


def test_settings_are_read_from_neither_files_nor_the_environment() -> None:
    # A setting that a later botocore adds is covered, too.
    with mock.patch.dict(_SETTINGS, {"later": ("later", "AWS_LATER", "default", None)}):
        _in_process._session.cache_clear()
        with mock.patch.dict(os.environ, dict.fromkeys([*_VARIABLES, "AWS_LATER"], "0")):
            session: Any = vars(_in_process._session())["_session"]
            read = {name: session.get_config_variable(name) for name in _SETTINGS}
    files = {"config_file": os.devnull, "credentials_file": os.devnull}
    given = {**files, "ignore_configured_endpoint_urls": True}
    assert (
        read
        == {name: default for name, (*_, default, _c) in _SETTINGS.items()}
        | {"later": "default"}
        | given
    )


def test_config_that_is_passed_in_is_used() -> None:
    config = Config(
        retries={"total_max_attempts": 7, "mode": "adaptive"}, read_timeout=3, user_agent_extra="me"
    )
    with LightsailEmulator() as emulator:
        found = emulator.boto3_client("us-east-1", config).meta.config
    assert (found.retries["total_max_attempts"], found.retries["mode"]) == (7, "adaptive")
    assert found.read_timeout == 3
    assert "me" in found.user_agent.split()


@pytest.mark.parametrize("value", ["xx", "true", "-1"])
def test_demo_works_with_any_settings(
    value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _in_process._session.cache_clear()
    for name in _VARIABLES:
        monkeypatch.setenv(name, value)
    assert main(["demo", "--seconds", "0"]) == 0
    assert "completed" in capsys.readouterr().out
