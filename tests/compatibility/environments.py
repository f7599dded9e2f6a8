"""AWS settings of a machine: environment variables, configuration files and Regions."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.compatibility.comparison import CREDENTIALS, Settings

FILE_ENDPOINT = "http://127.0.0.1:4567"


def clean_environment(patch: pytest.MonkeyPatch) -> None:
    """Hide the AWS settings of the machine, and set made-up credentials."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        patch.delenv(name)
    hidden = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    for name, value in (CREDENTIALS | hidden | {"AWS_EC2_METADATA_DISABLED": "true"}).items():
        patch.setenv(name, value)


_VIRGINIA = Settings(region_name="us-east-1")
_FROM_ENVIRONMENT = Settings()


@dataclass(frozen=True, slots=True)
class Environment:
    """AWS settings of a machine, and the parameters that a caller passes."""

    variables: Mapping[str, str] = field(default_factory=dict)
    config_file: str = ""
    settings: Settings = _VIRGINIA

    def apply(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> Settings:
        for name, value in self.variables.items():
            monkeypatch.setenv(name, value)
        if self.config_file:
            file = folder / "config"
            file.write_text(self.config_file, encoding="utf-8")
            monkeypatch.setenv("AWS_CONFIG_FILE", str(file))
        return self.settings


def _variables(**variables: str) -> Environment:
    return Environment(variables)


def _region(name: str, **variables: str) -> Environment:
    return Environment(variables, settings=Settings(region_name=name))


_PROFILE = f"""
[profile night]
region = eu-west-1
retry_mode = standard
max_attempts = 4
defaults_mode = cross-region
tcp_keepalive = true
use_dualstack_endpoint = true
user_agent_appid = night-job
parameter_validation = false
ca_bundle = /etc/ssl/certs/ca-certificates.crt
[profile local]
region = eu-west-1
services = local
[services local]
lightsail =
  endpoint_url = {FILE_ENDPOINT}
"""

# Independent settings share an environment, since each environment costs four clients.
ENVIRONMENTS: dict[str, Environment] = {
    "nothing set": Environment(),
    "legacy modes, proxy": _variables(
        AWS_DEFAULTS_MODE="legacy",
        AWS_RETRY_MODE="legacy",
        HTTPS_PROXY="http://127.0.0.1:9",
        NO_PROXY="127.0.0.1",
    ),
    "standard defaults, FIPS, Region of the environment": Environment(
        {
            "AWS_DEFAULTS_MODE": "standard",
            "AWS_USE_FIPS_ENDPOINT": "true",
            "AWS_DEFAULT_REGION": "us-east-2",
        },
        settings=_FROM_ENVIRONMENT,
    ),
    "in-region defaults, application id": _variables(
        AWS_DEFAULTS_MODE="in-region", AWS_SDK_UA_APP_ID="night-job"
    ),
    "cross-region defaults, attempts, certificates": _variables(
        AWS_DEFAULTS_MODE="cross-region", AWS_MAX_ATTEMPTS="2", AWS_CA_BUNDLE="/bundle.pem"
    ),
    "mobile defaults, standard retries, attempts": _variables(
        AWS_DEFAULTS_MODE="mobile", AWS_RETRY_MODE="standard", AWS_MAX_ATTEMPTS="7"
    ),
    "adaptive retries, dual-stack, Lambda": _variables(
        AWS_RETRY_MODE="adaptive",
        AWS_USE_DUALSTACK_ENDPOINT="true",
        AWS_EXECUTION_ENV="AWS_Lambda_python3.12",
        AWS_LAMBDA_FUNCTION_NAME="job",
        _X_AMZN_TRACE_ID="Root=1-5759e988-bd862e3fe1be46a994272793;Parent=5399;Sampled=1",
    ),
    "endpoint of the service": _variables(AWS_ENDPOINT_URL_LIGHTSAIL="http://127.0.0.1:4566"),
    "endpoint of all services": _variables(AWS_ENDPOINT_URL="http://127.0.0.1:4566/path"),
    "endpoints ignored": _variables(
        AWS_ENDPOINT_URL_LIGHTSAIL="http://127.0.0.1:4566",
        AWS_IGNORE_CONFIGURED_ENDPOINT_URLS="true",
    ),
    "endpoint as a parameter": Environment(
        {"AWS_ENDPOINT_URL_LIGHTSAIL": "http://127.0.0.1:4566"},
        settings=Settings(region_name="us-east-1", endpoint_url="https://lightsail.example/"),
    ),
    "profile of the environment": Environment(
        {"AWS_PROFILE": "night"}, _PROFILE, _FROM_ENVIRONMENT
    ),
    "profile as a parameter": Environment(
        {"AWS_PROFILE": "night"}, _PROFILE, Settings(profile_name="local")
    ),
    **{name: _region(name) for name in ("cn-north-1", "eusc-de-east-1", "eu-future-9")},
    "us-gov-west-1, FIPS and dual-stack": _region(
        "us-gov-west-1", AWS_USE_FIPS_ENDPOINT="true", AWS_USE_DUALSTACK_ENDPOINT="true"
    ),
}

# Settings that botocore refuses.
REFUSED: dict[str, Environment] = {
    "no Region": Environment(settings=_FROM_ENVIRONMENT),
    "no such profile": Environment(settings=Settings("us-east-1", profile_name="missing")),
    "no such profile in the environment": _variables(AWS_PROFILE="missing"),
    "no such retry mode": _variables(AWS_RETRY_MODE="bold"),
    "no such defaults mode": _variables(AWS_DEFAULTS_MODE="bold"),
    "attempts that are not a number": _variables(AWS_MAX_ATTEMPTS="many"),
    "no attempts": _variables(AWS_MAX_ATTEMPTS="0"),
    "an endpoint that is not a URL": _variables(AWS_ENDPOINT_URL_LIGHTSAIL="nowhere"),
    "an invalid Region": Environment(settings=Settings(region_name="us east 1")),
    "an invalid file": Environment(config_file="no section\n"),
}
