"""In any environment of AWS settings a client is configured, or refused, as by plain boto3."""

from __future__ import annotations

import sys
from pathlib import Path

import boto3
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.compatibility.comparison import (
    WAYS,
    Settings,
    boto_client,
    differences,
    effective,
    plain,
)
from tests.compatibility.environments import clean_environment

from lightsail_snap import ConfigurationError

_FLAG = st.sampled_from(["true", "false", "TRUE", "1", ""])
_URL = st.sampled_from(["http://127.0.0.1:4566", "https://lightsail.example/path", "nowhere", ""])
VARIABLES = st.fixed_dictionaries(
    {},
    optional={
        "AWS_DEFAULTS_MODE": st.sampled_from(
            ["legacy", "standard", "in-region", "cross-region", "mobile", "auto", "Mobile", "bold"]
        ),
        "AWS_RETRY_MODE": st.sampled_from(["legacy", "standard", "adaptive", "bold"]),
        "AWS_MAX_ATTEMPTS": st.sampled_from(["1", "4", "0", "-1", "many"]),
        "AWS_USE_FIPS_ENDPOINT": _FLAG,
        "AWS_USE_DUALSTACK_ENDPOINT": _FLAG,
        "AWS_ENDPOINT_URL": _URL,
        "AWS_ENDPOINT_URL_LIGHTSAIL": _URL,
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": _FLAG,
        "AWS_CA_BUNDLE": st.just("/bundle.pem"),
        "AWS_SDK_UA_APP_ID": st.sampled_from(["job", "x" * 60, "a b"]),
        "AWS_DISABLE_REQUEST_COMPRESSION": _FLAG,
        "AWS_REQUEST_CHECKSUM_CALCULATION": st.sampled_from(["when_required", "bold"]),
        "AWS_ACCOUNT_ID_ENDPOINT_MODE": st.sampled_from(["required", "disabled", "bold"]),
        "AWS_AUTH_SCHEME_PREFERENCE": st.sampled_from(["sigv4a,sigv4", "bold"]),
        "AWS_STS_REGIONAL_ENDPOINTS": st.sampled_from(["legacy", "regional"]),
        "AWS_DEFAULT_REGION": st.just("eu-west-1"),
        "HTTPS_PROXY": st.sampled_from(["http://127.0.0.1:9", ""]),
    },
)
REGIONS = [None, "us-east-1", "cn-north-1", "us-gov-east-1", "eusc-de-east-1", "us-iso-east-1",
           "aws-global", "eu-future-9", "us east 1", ""]  # fmt: skip


@pytest.mark.parametrize("way", ["region", "session"])
@given(variables=VARIABLES, region=st.sampled_from(REGIONS))
@example(variables={"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}, region="")
@settings(max_examples=15)
def test_configuration_any_environment_equals_boto3(
    way: str, variables: dict[str, str], region: str | None
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        clean_environment(patch)
        patch.setattr(boto3, "DEFAULT_SESSION", None)
        for name, value in variables.items():
            patch.setenv(name, value)
        chosen = Settings(region)
        expected: BaseException | dict[str, object]
        found: BaseException | dict[str, object] | None
        try:
            expected = effective(plain(chosen))
        except Exception as error:  # noqa: BLE001 - boto3 may raise anything
            expected = error
        try:
            with WAYS[way](chosen) as client:
                found = effective(boto_client(client))
        except ConfigurationError as error:
            found = error.__cause__
    if region == "" and isinstance(expected, dict):
        # With an endpoint, boto3 accepts an empty Region; the library refuses what is not a Region.
        assert found is None
    elif isinstance(found, dict) and isinstance(expected, dict):
        lines = differences(way, found, expected)
        assert lines == [], "\n".join(lines)
    else:
        assert type(found) is type(expected)
