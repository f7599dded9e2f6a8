"""The optional optimizations: comparison with plain botocore, and fallback to it."""

from __future__ import annotations

import copy
import json
import logging
import operator
import pickle
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import boto3.session
import botocore.exceptions
import pytest
from botocore.awsrequest import AWSResponse, HeadersDict
from botocore.loaders import Loader
from botocore.parsers import ResponseParserFactory, create_parser
from botocore.session import Session
from botocore.useragent import UserAgentString
from pydantic import field_serializer

from lightsail_snap import LightsailSnapClient
from lightsail_snap._boto.lazy_parsing import LazyParserFactory, LazyResponse, parse_lazily
from lightsail_snap._boto.optimizations import SETTING, Fallback
from lightsail_snap.models._base import RequestModel

PARSED = {"disk": {"name": "Disk-1"}, "n": 1}
METADATA = {"HTTPStatusCode": 200}


def lazy_response(parses: list[int] | None = None) -> LazyResponse:
    def parse() -> dict[str, Any]:
        if parses is not None:
            parses.append(1)
        return {**PARSED, "ResponseMetadata": dict(METADATA)}

    return LazyResponse(dict(METADATA), parse)


def _keywords(**arguments: object) -> dict[str, object]:
    return arguments


COMPLETE = {**PARSED, "ResponseMetadata": METADATA}
ACCESSES: dict[str, Callable[[Any], object]] = {
    "get": lambda d: d.get("disk"),
    "get nothing": lambda d: d.get("nothing", 5),
    "item": lambda d: d["disk"],
    "in": lambda d: "disk" in d,
    "not in": lambda d: "nothing" in d,
    "iter": set,
    "len": len,
    "keys": lambda d: set(d.keys()),
    "values": lambda d: len(d.values()),
    "items": lambda d: dict(d.items()),
    "dict": dict,
    "unpacked": lambda d: {**d},
    "keywords": lambda d: _keywords(**d),
    "or": lambda d: d | {"a": 1},
    "or reversed": lambda d: {"a": 1} | d,
    "equal": lambda d: d == COMPLETE,
    "unequal": lambda d: d != COMPLETE,
    "copy": lambda d: d.copy(),
    "copy.copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda d: pickle.loads(pickle.dumps(d)),  # noqa: S301 - pickled by this test
    "json": lambda d: json.loads(json.dumps(d)),
    "pop": lambda d: (d.pop("disk"), dict(d)),
    "pop nothing": lambda d: (d.pop("nothing", 5), dict(d)),
    "popitem": lambda d: len(d.popitem()),
    "del": lambda d: (operator.delitem(d, "disk"), dict(d)),
    "setdefault": lambda d: (d.setdefault("disk", 5), dict(d)),
    "setdefault nothing": lambda d: (d.setdefault("nothing", 5), dict(d)),
    "set": lambda d: (operator.setitem(d, "disk", 5), dict(d)),
    "update": lambda d: (d.update({"disk": 5, "new": 6}), dict(d)),
    "clear": lambda d: (d.clear(), dict(d)),
    "reversed": lambda d: list(reversed(d))[-1] in d,
    "repr": lambda d: len(repr(d)),
    "bool": bool,
}


@pytest.mark.parametrize("access", ACCESSES.values(), ids=ACCESSES)
def test_lazy_response_accessed_in_any_way_equals_botocores(
    access: Callable[[Any], object],
) -> None:
    assert access(lazy_response()) == access(copy.deepcopy(COMPLETE))


def test_lazy_response_is_parsed_once_on_first_access() -> None:
    parses: list[int] = []
    found = lazy_response(parses)
    assert found["ResponseMetadata"] == METADATA
    assert found.get("ResponseMetadata") == METADATA
    assert "ResponseMetadata" in found
    assert found.setdefault("ResponseMetadata", {}) == METADATA
    assert found.get("Error", {}) == {}
    found.update(seen=True)
    assert parses == []
    with pytest.raises(KeyError):
        _ = found["nothing"]
    assert found["disk"] == PARSED["disk"]
    assert found["seen"]
    assert len(parses) == 1


def test_lazy_response_that_is_unreadable_raises_on_every_access() -> None:
    def parse() -> dict[str, Any]:
        raise ValueError("unreadable")

    found = LazyResponse({}, parse)
    for _ in range(2):
        with pytest.raises(ValueError, match="unreadable"):
            found.get("disk")


class State:
    def __init__(self, *, skips_parsing: bool = True) -> None:
        self.is_parsed = True
        self.skips_parsing = skips_parsing


def response(status: int, body: bytes, **headers: str) -> dict[str, Any]:
    names = HeadersDict({name.replace("_", "-"): value for name, value in headers.items()})
    return {"status_code": status, "body": body, "headers": names}


def lazy_parsers(stock: Any, current: Callable[[], Any]) -> LazyParserFactory:
    return LazyParserFactory(stock, current, Fallback("lazy parsing"))


def warnings_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]


BODY = b'{"disk":{"name":"Disk-1"}}'


@pytest.mark.parametrize("headers", [{}, {"x_amzn_RequestId": "rid", "Date": "now"}])
def test_lazy_response_has_botocores_metadata(headers: dict[str, str]) -> None:
    shape = session().get_service_model("lightsail").operation_model("GetDisk").output_shape
    received = response(200, BODY, **headers)
    lazy = lazy_parsers(ResponseParserFactory(), State).create_parser("json").parse(received, shape)
    stock = create_parser("json").parse(received, shape)
    assert type(lazy) is LazyResponse
    assert dict.get(lazy, "ResponseMetadata") == stock["ResponseMetadata"]
    assert lazy == stock


def test_lazy_metadata_converts_headers_on_first_access() -> None:
    headers = HeadersDict({"x-amzn-RequestId": "rid"})
    converted: list[int] = []

    class Headers(dict[str, str]):
        def items(self) -> Any:
            converted.append(1)
            return headers.items()

    received = {"status_code": 200, "body": BODY, "headers": Headers()}
    found = lazy_parsers(ResponseParserFactory(), State).create_parser("json").parse(received, None)
    metadata = dict.get(found, "ResponseMetadata", {})
    metadata["RetryAttempts"] = 1
    assert metadata["HTTPStatusCode"] == 200
    assert "RetryAttempts" in metadata
    assert converted == []
    assert metadata["RequestId"] == "rid"
    assert metadata.get("nothing", 5) == 5
    plain = copy.deepcopy(metadata)
    assert type(plain) is dict
    headers_of = {"x-amzn-requestid": "rid"}
    expected = {"HTTPStatusCode": 200, "HTTPHeaders": headers_of, "RequestId": "rid"}
    assert plain == expected | {"RetryAttempts": 1}
    assert len(converted) == 1


def test_lazy_response_merges_metadata_after_parsing() -> None:
    found = LazyResponse({"a": 1}, lambda: {"ResponseMetadata": {"a": 2, "b": 3}})
    assert len(found) == 1
    assert found["ResponseMetadata"] == {"a": 1, "b": 3}
    found = LazyResponse({}, lambda: {"ResponseMetadata": {"a": 2}})
    found["ResponseMetadata"] = "replaced"
    assert dict(found.items()) == {"ResponseMetadata": "replaced"}


def test_lazy_parser_is_created_for_one_response_of_the_call() -> None:
    stock = ResponseParserFactory()
    kind = type(stock.create_parser("json"))
    assert type(lazy_parsers(stock, lambda: None).create_parser("json")) is kind
    state = State()
    parsers = lazy_parsers(stock, lambda: state)
    assert type(parsers.create_parser("json")) is not kind
    assert type(parsers.create_parser("json")) is kind


def test_lazy_parser_has_other_attributes_of_botocores() -> None:
    parsers: Any = lazy_parsers(ResponseParserFactory(), State)
    assert callable(parsers.set_parser_defaults)
    assert parsers.create_parser("json").EVENT_STREAM_PARSER_CLS is not None


def test_lazy_parser_failure_is_recorded_in_the_call() -> None:
    state = State()
    lazy = lazy_parsers(ResponseParserFactory(), lambda: state).create_parser("json")
    found = lazy.parse(response(200, b"{}"), "no shape")
    with pytest.raises(AttributeError):
        found.get("disk")
    assert not state.is_parsed


def session() -> Session:
    made = Session()
    made.set_credentials("key", "secret")
    return made


def client_of(made: Session, **settings: Any) -> Any:
    return made.create_client("lightsail", **({"region_name": "us-east-1"} | settings))


# Fallback to plain botocore


class OtherFactory:
    """A parser factory whose methods and responses have other signatures and names."""

    def create_parser(self, *_: object, **__: object) -> Any:
        return SimpleNamespace(parse=lambda **_: {"plain": True})


def test_parser_with_another_signature_falls_back_with_one_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    parsers = lazy_parsers(OtherFactory(), State)
    for _ in range(3):
        parser = parsers.create_parser(protocol="json", version=2)
        assert parser.parse(response={}, of="shape") == {"plain": True}
    (warning,) = warnings_of(caplog)
    assert "plain botocore is used" in warning
    assert "LIGHTSAIL_SNAP_OPTIMIZATIONS=off" in warning


def _move_endpoint(client: Any) -> None:
    del client._endpoint


def _move_factory(client: Any) -> None:
    del client._endpoint._response_parser_factory


def _replace_factory(client: Any) -> None:
    client._endpoint._response_parser_factory = SimpleNamespace(create_parser=None)


def _seal_endpoint(client: Any) -> None:
    class Sealed:
        __slots__ = ()
        _response_parser_factory = ResponseParserFactory()

    client._endpoint = Sealed()


@pytest.mark.parametrize("move", [_move_endpoint, _move_factory, _replace_factory, _seal_endpoint])
def test_client_with_other_internals_falls_back_with_one_warning(
    move: Callable[[Any], None], caplog: pytest.LogCaptureFixture
) -> None:
    client = client_of(session())
    move(client)
    parse_lazily(client, lambda: None)
    assert len(warnings_of(caplog)) == 1


def test_two_clients_on_one_boto3_client_replace_parsers_once() -> None:
    client = client_of(session())
    parse_lazily(client, lambda: None)
    parsers = client._endpoint._response_parser_factory
    parse_lazily(client, lambda: None)
    assert client._endpoint._response_parser_factory is parsers


@pytest.mark.parametrize("value", ["off", "OFF ", "0", "false", "no"])
def test_setting_off_disables_the_optimizations(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SETTING, value)
    client: Any = LightsailSnapClient(region_name="us-east-1")._transport._client  # type: ignore[attr-defined] # the boto3 client
    assert type(client._endpoint._response_parser_factory) is ResponseParserFactory
    assert type(client._loader) is Loader
    assert type(client._user_agent_creator) is UserAgentString
    assert client._ruleset_resolver is not None


@pytest.mark.parametrize("value", ["", "on"])
def test_setting_with_other_value_keeps_the_optimizations(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SETTING, value)
    client = client_of(session())
    parse_lazily(client, lambda: None)
    assert type(client._endpoint._response_parser_factory) is LazyParserFactory


def test_fallback_does_not_suppress_interrupt() -> None:
    with pytest.raises(KeyboardInterrupt), Fallback("x"):
        raise KeyboardInterrupt


def test_fallback_failing_repeatedly_logs_once(caplog: pytest.LogCaptureFixture) -> None:
    fallback = Fallback("lazy parsing")
    for number in range(3):
        fallback.record(ValueError(str(number)))
    assert fallback.is_active
    assert len(warnings_of(caplog)) == 1


# Clients created by the library, compared with plain boto3's


def facts(make: Callable[[], Any]) -> object:
    """Return what determines the endpoint and requests of a client, or the error instead of one."""
    try:
        client = make()
    except Exception as error:  # noqa: BLE001 - botocore has several
        return type(error), str(error)
    config = client.meta.config
    found = {name: getattr(config, name) for name in vars(config) if not name.startswith("_user")}
    model = client.meta.service_model.operation_model("GetDisk")
    try:
        resolved: object = client._resolve_endpoint_ruleset(model, {}, {})
    except botocore.exceptions.BotoCoreError as error:
        resolved = type(error), str(error)
    meta = client.meta
    return meta.endpoint_url, meta.partition, meta.region_name, found, resolved


VARIABLES = [
    {},
    {"AWS_DEFAULTS_MODE": "in-region"},
    {"AWS_DEFAULTS_MODE": "mobile", "AWS_RETRY_MODE": "adaptive"},
    {"AWS_RETRY_MODE": "standard", "AWS_MAX_ATTEMPTS": "7"},
    {"AWS_USE_FIPS_ENDPOINT": "true"},
    {"AWS_USE_DUALSTACK_ENDPOINT": "true"},
    {"AWS_ENDPOINT_URL": "https://one.example.com"},
    {"AWS_ENDPOINT_URL_LIGHTSAIL": "https://two.example.com"},
    {"AWS_SDK_UA_APP_ID": "app"},
]


def _sent_request(client: Any) -> Any:
    sent: list[Any] = []

    def stop(request: Any, **_: object) -> AWSResponse:
        sent.append(request)
        return AWSResponse(request.url, 200, {}, SimpleNamespace(stream=lambda: iter([b"{}"])))

    client.meta.events.register("before-send.lightsail", stop)
    client.get_disks()
    request = sent[0]
    changing = {"Authorization", "X-Amz-Date", "amz-sdk-invocation-id"}
    headers = {n: v for n, v in request.headers.items() if n not in changing}
    # botocore lists the features in the order of a set, which varies.
    agent = headers.pop("User-Agent")
    agent = agent.decode() if isinstance(agent, bytes) else agent
    parts = sorted("".join(sorted(part)) for part in agent.split())
    return request.method, request.url, request.body, headers, parts


@pytest.mark.parametrize("way", ["settings", "session"])
@pytest.mark.parametrize("variables", VARIABLES, ids=str)
@pytest.mark.sample(8)
def test_client_in_any_environment_has_the_settings_of_boto3(
    variables: dict[str, str], way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    session: Any = boto3.session.Session() if way == "session" else None
    client = LightsailSnapClient(region_name="us-east-1", session=session)
    light: Any = client._transport._client  # type: ignore[attr-defined] # the boto3 client
    plain: Any = boto3.session.Session().client("lightsail", region_name="us-east-1")
    assert facts(lambda: light) == facts(lambda: plain)
    assert _sent_request(light) == _sent_request(plain)


class _Upper(RequestModel, frozen=True):
    name: str
    other: str | None = None

    @field_serializer("name")
    def _to_upper(self, name: str) -> str:
        return name.upper()


class _Outer(RequestModel, frozen=True):
    one: _Upper
    many: tuple[_Upper, ...] = ()


def test_request_with_field_serializer_is_written_with_it() -> None:
    inner = _Upper(name="a")
    assert inner.to_wire() == {"name": "A"}
    assert _Outer(one=inner, many=(inner,)).to_wire() == {
        "one": {"name": "A"},
        "many": [{"name": "A"}],
    }
