"""The light session: comparison with sessions of boto3, and fallback to them."""

from __future__ import annotations

import gzip
import importlib
import json
import logging
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import botocore.exceptions
import pytest
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.config import Config
from botocore.loaders import Loader
from botocore.session import Session
from hypothesis import given
from hypothesis import strategies as st
from tests.compatibility.comparison import boto_client, plain
from tests.compatibility.environments import ENVIRONMENTS

from lightsail_snap import ConfigurationError, LightsailSnapClient, models
from lightsail_snap._boto import data_loading, light_session, sessions
from lightsail_snap._boto.data_loading import API_VERSION, LightLoader, read_trailer
from lightsail_snap._boto.light_session import IDLE_HANDLERS, UserAgent
from lightsail_snap._boto.optimizations import SETTING, Fallback
from lightsail_snap.models._base import RequestModel

_boto3: Any = importlib.import_module("boto3")
_handlers: Any = importlib.import_module("botocore.handlers")
_make_service_model: Any = importlib.import_module("scripts.make_service_model")

BUILTIN = Path(Loader.BUILTIN_DATA_PATH)
MODEL_FILE = BUILTIN / "lightsail" / API_VERSION / "service-2.json.gz"
SHIPPED = json.loads(Path(data_loading.__file__).with_name("service_model.json").read_text())
IS_SHIPPED_MODEL = read_trailer(str(MODEL_FILE)) == SHIPPED["trailer"]


def warnings_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]


def built(**settings: Any) -> Any:
    """Return the boto3 client of a client that the library creates."""
    return boto_client(LightsailSnapClient(**({"region_name": "us-east-1"} | settings)))


def light(region: object = None) -> tuple[Session, LightLoader]:
    session, fallback = light_session.create_session(None), Fallback("the light session")
    paths = session.get_component("data_loader").search_paths
    return session, light_session.add_components(session, paths, region, fallback)


# Endpoints


@cache
def _sessions() -> tuple[Session, Session]:
    return light_session.create_session(None), Session()


def _respond(request: Any, **_: object) -> AWSResponse:
    return AWSResponse(request.url, 200, {}, SimpleNamespace(stream=lambda: iter([b"{}"])))


def endpoint_of(session: Session, region: str, url: str | None, **config: bool) -> object:
    """Return the endpoint and scope of a request, or the error instead of one."""
    sent: list[AWSRequest] = []

    def keep(request: Any, **_: object) -> None:
        sent.append(request)

    try:
        client = session.create_client(
            "lightsail", region_name=region, endpoint_url=url, config=Config(**config)
        )
        client.meta.events.register("before-send", keep)
        client.meta.events.register_last("before-send", _respond)
        client.get_disks()
    except botocore.exceptions.BotoCoreError as error:
        return type(error), str(error)
    authorization: Any = sent[0].headers["Authorization"]
    text = authorization.decode() if isinstance(authorization, bytes) else authorization
    scope = re.sub(r"/\d{8}/", "/day/", text.partition(", Signature")[0])
    meta = client.meta
    return sent[0].url, scope, meta.endpoint_url, meta.region_name, meta.partition


def endpoints(session: Session, region: str) -> list[object]:
    return [
        endpoint_of(session, region, url, use_fips_endpoint=fips, use_dualstack_endpoint=dual)
        for url in (None, "https://lightsail.example/x")
        for fips, dual in product((False, True), repeat=2)
    ]


def assert_equal_endpoints(region: str) -> bool:
    """Compare with botocore; return True if the endpoint rules were needed."""
    session, stock = _sessions()
    paths = stock.get_component("data_loader").search_paths
    loader = light_session.add_components(session, paths, region, Fallback("light"))
    assert endpoints(session, region) == endpoints(stock, region)
    return loader.needs_rules


def _regions() -> Iterator[str]:
    for partition in json.loads((BUILTIN / "partitions.json").read_text())["partitions"]:
        yield from partition["regions"]
    yield from ("eu-future-9", "cn-future-9", "us-gov-future-9", "us-iso-future-9", "mars")
    yield from ("fips-us-east-1", "us-east-1-fips", "US-EAST-1", "us-east-1a", "us_east_1", "a b")


@pytest.mark.parametrize("region", [*_regions()])
@pytest.mark.sample(8)
def test_endpoint_in_any_region_equals_boto3s(region: str) -> None:
    is_plain = region.count("-") == 2 and region[-1].isdigit() and region.islower()
    assert assert_equal_endpoints(region) is not is_plain


@given(st.from_regex(r"[a-z]{2}-[a-z]{1,12}-[0-9]{1,3}", fullmatch=True))
def test_endpoint_in_any_plain_region_equals_boto3s(region: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "key")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        assert_equal_endpoints(region)


# Clients in a process that has not imported boto3

_WITHOUT_BOTO3 = """
import json, sys
from lightsail_snap import LightsailSnapClient
before = LightsailSnapClient(region_name="us-east-1")._transport._client
assert "boto3" not in sys.modules
import boto3
after = LightsailSnapClient(region_name="us-east-1")._transport._client
for client in (before, after, boto3.client("lightsail", region_name="us-east-1")):
    config = {name: repr(value) for name, value in vars(client.meta.config).items()}
    parts = client._user_agent_creator.to_string().split()
    # botocore lists the features in the order of a set, which varies.
    parts = [",".join(sorted(part[2:].split(","))) if part[:2] == "m/" else part for part in parts]
    config.pop("user_agent")
    print(json.dumps([config, parts, client.meta.endpoint_url]))
"""


def test_client_is_created_like_boto3s_without_importing_boto3() -> None:
    command = [sys.executable, "-c", _WITHOUT_BOTO3]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout  # noqa: S603 - a fixed command
    before, after, expected = map(json.loads, output.splitlines())
    assert expected[1][0] == f"Boto3/{_boto3.__version__}"
    for found in (before, after):
        assert found[1:] == expected[1:]
        # Only the light session's clients have a subclass of the creator, which is no option.
        assert found[0] == expected[0]


def test_version_of_boto3_is_read_without_importing_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sessions.find_boto3_version() == _boto3.__version__
    for loader in (SimpleNamespace(get_source=lambda _: None), SimpleNamespace(), None):
        spec = SimpleNamespace(loader=loader)
        monkeypatch.setattr(sessions, "find_spec", lambda _, spec=spec: spec)
        assert sessions.find_boto3_version() is None
    monkeypatch.setattr(sessions, "find_spec", lambda _: None)
    assert sessions.find_boto3_version() is None


@pytest.mark.parametrize("version", ["9.9.9", None])
def test_client_without_boto3_imported_names_its_version(
    version: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "boto3"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sessions, "find_boto3_version", lambda: version)
    agent = built()._user_agent_creator.to_string()
    monkeypatch.undo()
    assert agent.startswith(f"Boto3/{version or _boto3.__version__} md/Botocore#")


# Handlers


ROLE = {"RoleArn": "arn:aws:iam::123456789012:role/r", "RoleSessionName": "session"}
CREDENTIAL_CALLS: list[tuple[str, str, dict[str, str]]] = [
    ("sts", "assume_role", ROLE),
    ("sts", "assume_role_with_web_identity", ROLE | {"WebIdentityToken": "token"}),
    ("sso", "get_role_credentials", {"roleName": "r", "accountId": "1", "accessToken": "t"}),
    ("sso-oidc", "create_token", {"clientId": "c", "clientSecret": "s", "grantType": "g"}),
]


@pytest.mark.parametrize(("service", "method", "parameters"), CREDENTIAL_CALLS)
def test_client_of_a_credential_provider_equals_botocores(
    service: str, method: str, parameters: dict[str, str]
) -> None:
    seen: list[object] = []
    for session in (light("us-east-1")[0], Session()):
        client = session.create_client(service, region_name="us-east-1")

        def reply(request: Any, **_: object) -> AWSResponse:
            seen.append((request.url, request.body, "Authorization" in request.headers))
            body = b'{"error": "e", "error_description": "described"}'
            return AWSResponse(request.url, 400, {}, SimpleNamespace(stream=lambda: iter([body])))

        client.meta.events.register("before-send", reply)
        with pytest.raises(Exception, match=r"\w") as caught:
            getattr(client, method)(**parameters)
        seen.append((type(caught.value).__name__, str(caught.value)))
    assert seen[:2] == seen[2:]


def test_handlers_that_other_packages_add_are_called(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[str] = []

    def record(event_name: str, **_: object) -> None:
        called.append(event_name)

    own = [
        ("before-call", record),
        ("before-call.*.GetDisks", record, _handlers.REGISTER_FIRST),
        ("before-call.lightsail", record, _handlers.REGISTER_LAST),
        ("before-call.s3", record),
    ]
    monkeypatch.setattr(light_session, "BUILTIN_HANDLERS", [*_handlers.BUILTIN_HANDLERS, *own])
    client = built()
    client.meta.events.register("before-send", _respond)
    client.get_disks()
    assert called == ["before-call.lightsail.GetDisks"] * 3


def _names_of_handlers(client: Any, event: str) -> set[str]:
    found = client.meta.events._emitter._handlers.prefix_search(event)
    return {getattr(handler, "__name__", "") for handler in found}


def test_handlers_are_removed_only_if_they_do_nothing() -> None:
    client = built()
    for event, name in IDLE_HANDLERS.items():
        assert hasattr(_handlers, name)
        names = _names_of_handlers(client, f"{event}.lightsail.GetDisks")
        assert (name in names) is not IS_SHIPPED_MODEL
    # Lambda needs it.
    assert "add_recursion_detection_header" in _names_of_handlers(client, "before-call")
    service = importlib.import_module("botocore.model").ServiceModel(SHIPPED["model"], "lightsail")
    for name in service.operation_names:
        operation = service.operation_model(name)
        assert (operation.auth_type, operation.idempotent_members) == (None, [])
        assert not operation.is_endpoint_discovery_operation


# The header User-Agent


def _sent_agents(client: Any, call: Callable[[], object]) -> list[str]:
    sent: list[str] = []

    def keep(request: Any, **_: object) -> AWSResponse:
        agent = request.headers.get("User-Agent", "none")
        sent.append(agent.decode() if isinstance(agent, bytes) else agent)
        status = 500 if len(sent) == 1 else 200
        body = SimpleNamespace(stream=lambda: iter([b"{}"]))
        return AWSResponse(request.url, status, {}, body)

    client.meta.events.register("before-send", keep)
    call()
    client.meta.events.unregister("before-send", keep)
    return [",".join(sorted(re.split("[ ,]", agent))) for agent in sent]


@pytest.mark.usefixtures("no_pauses")
def test_user_agent_follows_changes_as_with_boto3() -> None:
    seen = []
    for client in (built(), plain_client()):
        creator = client._user_agent_creator
        agents = _sent_agents(client, client.get_disks)
        if hasattr(creator, "set_client_features"):
            creator.set_client_features({"X"})
            agents += _sent_agents(client, client.get_disks)

        def remove(params: Any, **_: object) -> None:
            del params["headers"]["User-Agent"]

        client.meta.events.register("before-call", remove)
        seen.append(agents + _sent_agents(client, client.get_disks))
    assert seen[0] == seen[1]
    assert len(seen[0]) > 3


def plain_client() -> Any:
    settings = ENVIRONMENTS["nothing set"].settings
    return plain(settings)


# Data


def test_loaded_model_is_botocores_without_unused_parts() -> None:
    _, loader = light()
    found = loader.load_service_model("lightsail", "service-2")
    stock = json.loads(gzip.decompress(MODEL_FILE.read_bytes()))
    assert loader.uses_shipped_model is IS_SHIPPED_MODEL
    trim = _make_service_model.trim if IS_SHIPPED_MODEL else data_loading.keep_used_operations
    # As JSON, so that the order counts.
    assert json.dumps(found) == json.dumps(trim(stock))
    assert 0 < len(found["operations"]) < len(stock["operations"])


def test_model_of_another_botocore_has_its_shapes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_loading, "read_trailer", lambda _: "another")
    _, loader = light()
    found = loader.load_service_model("lightsail", "service-2")
    stock = json.loads(gzip.decompress(MODEL_FILE.read_bytes()))
    assert not loader.uses_shipped_model
    assert found["shapes"] == stock["shapes"]
    assert found["operations"].keys() <= stock["operations"].keys()


def test_loaded_model_has_the_operation_of_every_request() -> None:
    models.exported()
    importlib.import_module("lightsail_snap.plans._inventory")
    pending, called = [RequestModel], set()
    while pending:
        kind = pending.pop()
        pending += kind.__subclasses__()
        if kind.__module__.startswith("lightsail_snap."):
            called.add(getattr(kind, "operation_name", None))
    assert called - {None} == SHIPPED["model"]["operations"].keys()


@pytest.mark.parametrize(
    "name",
    [
        *("partitions", "_retry", "sdk-default-configuration"),
        *(f"lightsail/{API_VERSION}/{kind}" for kind in ("service-2", "endpoint-rule-set-1")),
        *("sts/2011-06-15/service-2", "sso/2019-06-10/service-2"),
    ],
)
def test_data_file_is_loaded_as_by_botocore(name: str, caplog: pytest.LogCaptureFixture) -> None:
    _, loader = light()
    assert json.dumps(loader.load_data(name)) == json.dumps(Loader().load_data(name))
    assert warnings_of(caplog) == []


def test_endpoints_are_those_of_botocore_for_the_needed_services() -> None:
    found, stock = light()[1].load_data("endpoints"), Loader().load_data("endpoints")
    kept = {"lightsail", "oidc", "portal.sso", "signin", "sts"}
    for partition in stock["partitions"]:
        services = partition["services"]
        partition["services"] = {n: services[n] for n in services if n in kept}
    assert found == json.loads(json.dumps(stock))


def test_other_models_are_loaded_as_by_botocore(caplog: pytest.LogCaptureFixture) -> None:
    loader, stock = light("us-iso-east-1")[1], Loader()
    known = [("sts", "service-2"), ("lightsail", "endpoint-rule-set-1")]
    for arguments in [*known, ("lightsail", "paginators-1")]:
        assert loader.load_service_model(*arguments) == stock.load_service_model(*arguments)
    loader.needs_rules = False
    unknown = [
        *(("lightsail", "no-such-model-1"), ("nothing", "service-2")),
        *(("lightsail", "service-2", "1999-01-01"), ("lightsail", "endpoint-rule-set-1")),
    ]
    for missing in unknown:
        with pytest.raises(botocore.exceptions.DataNotFoundError):
            loader.load_service_model(*missing)
    assert warnings_of(caplog) == []


CUSTOM_DATA: dict[str, tuple[str, object]] = {
    "extras": (
        f"lightsail/{API_VERSION}/service-2.sdk-extras.json",
        {"version": 1.0, "merge": {"metadata": {"serviceAbbreviation": "own"}}},
    ),
    "endpoint rules": (
        f"lightsail/{API_VERSION}/endpoint-rule-set-1.json",
        {
            "version": "1.0",
            "parameters": {},
            "rules": [
                {"conditions": [], "endpoint": {"url": "https://own.example"}, "type": "endpoint"}
            ],
        },
    ),
    "partitions": (
        "partitions.json",
        {
            "version": "1.1",
            "partitions": [
                {
                    "id": "aws",
                    "regionRegex": ".*",
                    "regions": {},
                    "outputs": {
                        "dnsSuffix": "own.example",
                        "dualStackDnsSuffix": "own.example",
                        "name": "aws",
                        "supportsDualStack": True,
                        "supportsFIPS": True,
                        "implicitGlobalRegion": "us-east-1",
                    },
                }
            ],
        },
    ),
    "endpoints": ("endpoints.json", {"version": 3, "partitions": []}),
}


@pytest.mark.parametrize("name", CUSTOM_DATA)
def test_data_of_the_user_has_the_effect_that_it_has_with_boto3(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, content = CUSTOM_DATA[name]
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).write_text(json.dumps(content))
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))
    seen = []
    for client in (built(), Session().create_client("lightsail", region_name="us-east-1")):
        sent: list[str] = []
        client.meta.events.register(
            "before-send", lambda request, s=sent, **_: s.append(request.url)
        )
        client.meta.events.register_last("before-send", _respond)
        client.get_disks()
        metadata = client.meta.service_model.metadata.get("serviceAbbreviation")
        seen.append((sent, client.meta.endpoint_url, metadata))
    assert seen[0] == seen[1]


def test_invalid_or_missing_data_file_is_reported_as_by_botocore(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "bad.json").write_text("{")
    (tmp_path / "folder.json").mkdir()
    files = light()[1].file_loader
    with pytest.raises(json.JSONDecodeError):
        files.load_file(str(tmp_path / "bad"))
    for name in ("folder", "nothing"):
        assert files.load_file(str(tmp_path / name)) is None
    assert files.exists(str(tmp_path / "bad"))
    # The file is invalid, so the optimization stays active.
    assert warnings_of(caplog) == []


# Fallback


def _fail(*_: object, **__: object) -> Any:
    raise RuntimeError("moved")


BREAKS: dict[str, tuple[object, str, object]] = {
    "handlers": (light_session, "BUILTIN_HANDLERS", [5]),
    "arguments of the session": (light_session, "Session", _fail),
    "event hooks": (light_session, "HierarchicalEmitter", _fail),
    "loader": (light_session, "LightLoader", _fail),
    "user agent": (UserAgent, "from_environment", _fail),
    "shipped model": (data_loading, "from_json", _fail),
    "search of folders": (LightLoader, "_is_unchanged", _fail),
    "endpoints": (data_loading, "_endpoints_validator", _fail),
}


@pytest.mark.parametrize("name", BREAKS)
def test_light_session_that_fails_falls_back_with_one_warning(
    name: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(*BREAKS[name])
    client = built()
    client.meta.events.register("before-send", _respond)
    assert client.get_disks()["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert client.meta.endpoint_url == "https://lightsail.us-east-1.amazonaws.com"
    (warning,) = warnings_of(caplog)
    assert "plain botocore is used (RuntimeError: moved)" in warning or name == "handlers"


def test_loader_that_has_failed_uses_botocores_methods() -> None:
    fallback = Fallback("the light session")
    loader = LightLoader([str(BUILTIN)], fallback)
    fallback.is_active = True
    found = loader.load_service_model("lightsail", "service-2")
    assert len(found["operations"]) > 100
    assert len(loader.load_data("endpoints")["partitions"][0]["services"]) > 100


def test_trailer_of_a_missing_file_is_none(tmp_path: Path) -> None:
    assert read_trailer(str(tmp_path / "missing.json.gz")) is None


def test_setting_off_creates_a_plain_client(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SETTING, "off")
    client = built()
    assert type(client._loader) is Loader
    assert client._ruleset_resolver is not None
    event = "before-parameter-build.lightsail.GetDisks"
    assert "generate_idempotent_uuid" in _names_of_handlers(client, event)


@pytest.mark.parametrize("value", ["on", "off"])
def test_invalid_profile_raises_without_a_warning(
    value: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv(SETTING, value)
    with pytest.raises(ConfigurationError, match="missing"):
        LightsailSnapClient(region_name="us-east-1", profile_name="missing")
    assert warnings_of(caplog) == []


@pytest.mark.parametrize("way", ["region_name", "config", "environment"])
def test_invalid_region_is_reported_with_its_setting(
    way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ways: dict[str, dict[str, Any]] = {
        "region_name": {"region_name": "us east"},
        "config": {"config": Config(region_name="us east")},
        "environment": {},
    }
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us east")
    for session in (None, _boto3.session.Session()):
        with pytest.raises(ConfigurationError, match="us east"):
            LightsailSnapClient(session=session, **ways[way])
