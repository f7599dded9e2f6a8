"""Validation of Regions in models, plans, clients and commands."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import boto3.session
import pytest
from botocore.config import Config
from hypothesis import assume, example, given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from lightsail_snap import (
    AsyncLightsailSnapClient,
    ConfigurationError,
    CopySnapshotRequest,
    LightsailSnapClient,
    ManualSnapshotSource,
    RegionName,
    RequestValidationError,
)
from lightsail_snap.cli import main
from lightsail_snap.models._regions import REGION_RULE, find_region_problem
from lightsail_snap.models.names import RegionInput
from lightsail_snap.plans import BackupPlan, assume_role_clients, regional_clients

# Invalid Regions with the beginnings of their fixes.
NOT_REGIONS = {
    "us-east-1a": "use us-east-1",
    "us-gov-west-1b": "use us-gov-west-1",
    "us-east-1-bos-1a": "use us-east-1",
    "N. Virginia": "use us-east-1",
    "Europe (Frankfurt)": "use eu-central-1",
    "US-EAST-1": "use us-east-1",
    "us east 1": "use us-east-1",
    " eu-west-2 ": "use eu-west-2",
    "us-east-1\n": "use us-east-1",
    "us\u2013east\u20131": "use us-east-1",
    "": "use the code of a Region",
    "all": "use the code of a Region",
    "moon": "use the code of a Region",
}
# Creating a boto3 client is slow, so clients are tested with one value of each kind.
SAMPLES = ("us-east-1a", "N. Virginia", "US-EAST-1", "us east 1", "")
FUTURE_REGIONS = [
    "us-gov-west-1",
    "us-iso-east-1",
    "eusc-de-east-1",
    "xx-north-9",
]


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)


def by_session(region: str) -> object:
    return LightsailSnapClient(session=boto3.session.Session(region_name=region))


def by_injected_client(region: str) -> object:
    boto = boto3.session.Session().client("lightsail", region_name="us-east-1")
    # boto3 creates no clients for some of the values.
    boto.meta._client_config.region_name = region
    return LightsailSnapClient(boto)


CLIENTS: dict[str, Callable[[str], object]] = {
    "region_name": lambda region: LightsailSnapClient(region_name=region),
    "async region_name": lambda region: AsyncLightsailSnapClient(region_name=region),
    "region_name of the Config": lambda region: LightsailSnapClient(
        config=Config(region_name=region)
    ),
    "session": by_session,
    "injected client": by_injected_client,
    "with an endpoint": lambda region: LightsailSnapClient(
        region_name=region, endpoint_url="http://127.0.0.1:1"
    ),
    "regional_clients": regional_clients(),
    "assume_role_clients": assume_role_clients("arn:aws:iam::123456789012:role/backup"),
}
MODELS: dict[str, Callable[[str], object]] = {
    "BackupPlan.region": lambda region: plan(region=region),
    "BackupPlan.copies": lambda region: plan(copies=(region,)),
    "CopySnapshotRequest": lambda region: CopySnapshotRequest(
        target_snapshot_name="copy-1",
        source=ManualSnapshotSource(snapshot_name="s-1"),
        source_region=region,
    ),
}


def plan(**fields: Any) -> BackupPlan:
    return BackupPlan(
        **{"name": "p", "region": "af-south-1", "select": {"kind": "disk", "globs": ["*"]}} | fields
    )


@pytest.mark.parametrize("way", CLIENTS)
@pytest.mark.parametrize("region", SAMPLES)
def test_client_invalid_region_is_refused(way: str, region: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        CLIENTS[way](region)
    assert REGION_RULE.rule in str(caught.value)
    assert NOT_REGIONS[region] in str(caught.value)


@pytest.mark.parametrize("where", MODELS)
@pytest.mark.parametrize(("region", "fix"), NOT_REGIONS.items())
def test_model_invalid_region_is_refused(where: str, region: str, fix: str) -> None:
    with pytest.raises(RequestValidationError) as caught:
        MODELS[where](region)
    (violation,) = caught.value.violations
    assert violation.rule == REGION_RULE.rule
    assert violation.fix.startswith(fix)


@pytest.fixture(params=["environment", "profile"])
def set_region(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], None]:
    """Return a function that makes a Region the default one."""

    def by_file(region: str) -> None:
        file = tmp_path / "config"
        file.write_text(f"[default]\nregion = {region}\n", encoding="utf-8")
        monkeypatch.setenv("AWS_CONFIG_FILE", str(file))

    def by_variable(region: str) -> None:
        monkeypatch.setenv("AWS_DEFAULT_REGION", region)

    return by_file if request.param == "profile" else by_variable


@pytest.mark.parametrize("region", SAMPLES)
def test_setting_invalid_region_is_refused_by_client_and_doctor(
    region: str, set_region: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    set_region(region)
    fix = NOT_REGIONS[region]
    with pytest.raises(ConfigurationError) as caught:
        LightsailSnapClient()
    for text in (REGION_RULE.rule, fix, "AWS_DEFAULT_REGION", "profile"):
        assert text in str(caught.value)
    assert main(["list"]) == 8
    assert str(caught.value) in capsys.readouterr().err
    assert main(["doctor", "--json"]) == 1
    assert "must be an AWS Region" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["list", "doctor", "emulator"])
@pytest.mark.parametrize(("region", "fix"), NOT_REGIONS.items())
def test_option_invalid_region_is_usage_error(
    command: str, region: str, fix: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, "--region", region]) == 2
    found = capsys.readouterr().err
    assert f"--region {REGION_RULE.rule}" in found
    assert fix in found


@pytest.mark.parametrize("region", FUTURE_REGIONS)
def test_unknown_regions_are_accepted(region: str) -> None:
    for make in CLIENTS.values():
        make(region)
    for make in MODELS.values():
        make(region)


@pytest.mark.parametrize("region", RegionName.known_values())
def test_known_regions_are_accepted(region: str) -> None:
    assert find_region_problem("region", region) is None
    for make in MODELS.values():
        make(region)


def test_pseudo_regions_of_boto3_are_accepted_by_clients() -> None:
    for region in ("fips-us-east-1", "us-east-1-fips", "aws-global", "aws-cn-global"):
        LightsailSnapClient(region_name=region).close()


def test_client_without_region_names_the_settings() -> None:
    with pytest.raises(ConfigurationError, match="AWS_DEFAULT_REGION"):
        LightsailSnapClient()


@given(st.text() | st.from_regex(r"[a-zA-Z]+([- ][a-z0-9]+)*-[0-9]+[a-z]?\n?", fullmatch=True))
@example("us-east-1\n")
@example("us-east-1\u0661")
def test_models_and_settings_accept_the_same_regions(text: str) -> None:
    # Settings accept the pseudo-Regions of boto3 as well.
    assume(not text.endswith("-global"))
    problem = find_region_problem("region", text)
    try:
        TypeAdapter(RegionInput).validate_python(text)
    except ValidationError:
        assert problem is not None
    else:
        assert problem is None


@given(st.text() | st.sampled_from([*NOT_REGIONS, "us-east", "eucentral1"]) | st.integers())
@example("us-east")
def test_region_fix_is_a_valid_region(value: object) -> None:
    assert REGION_RULE.explain is not None
    fix = REGION_RULE.explain(value)
    if fix is not None:
        regions = fix.removeprefix("use ").removeprefix("did you mean ").removesuffix("?")
        for region in regions.split(" or "):
            assert find_region_problem("region", region) is None
