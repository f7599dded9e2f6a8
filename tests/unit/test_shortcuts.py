"""The optional optimizations, compared with plain botocore, and their fallback."""

from __future__ import annotations

import copy
import datetime as dt
import importlib
import json
import logging
import operator
import pickle
from collections.abc import Callable
from email.utils import format_datetime, parsedate_to_datetime
from functools import cache
from types import SimpleNamespace
from typing import Annotated, Any

import boto3.session
import botocore.exceptions
import pytest
from botocore.awsrequest import AWSResponse, HeadersDict
from botocore.config import Config
from botocore.parsers import ResponseParserFactory, create_parser
from botocore.session import Session
from hypothesis import given
from hypothesis import strategies as st
from pydantic import field_serializer

from lightsail_snap import LightsailSnapClient, RegionName, models
from lightsail_snap._boto import data_loading, optimizations
from lightsail_snap._boto.fallback import SETTING, Fallback
from lightsail_snap._boto.lazy_parsing import LazyParsers, Unparsed
from lightsail_snap._boto.transport import _date
from lightsail_snap.models._base import RequestModel
from lightsail_snap.models._types import AS_LIST

PARSED = {"disk": {"name": "Disk-1"}, "n": 1}
METADATA = {"HTTPStatusCode": 200}


def unparsed(reads: list[int] | None = None) -> Unparsed:
    def read() -> dict[str, Any]:
        if reads is not None:
            reads.append(1)
        return {**PARSED, "ResponseMetadata": dict(METADATA)}

    return Unparsed(dict(METADATA), read)


def _keywords(**given_: object) -> dict[str, object]:
    return given_


WHOLE = {**PARSED, "ResponseMetadata": METADATA}
LOOKS: dict[str, Callable[[Any], object]] = {
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
    "equal": lambda d: d == WHOLE,
    "unequal": lambda d: d != WHOLE,
    "copy": lambda d: d.copy(),
    "copy.copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda d: pickle.loads(pickle.dumps(d)),  # noqa: S301 - our own bytes
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


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_whoever_looks_at_an_unparsed_answer_sees_what_botocore_parses(
    look: Callable[[Any], object],
) -> None:
    assert look(unparsed()) == look(copy.deepcopy(WHOLE))


def test_an_answer_is_parsed_once_and_only_if_looked_at() -> None:
    reads: list[int] = []
    answer = unparsed(reads)
    assert answer["ResponseMetadata"] == METADATA
    assert answer.get("ResponseMetadata") == METADATA
    assert "ResponseMetadata" in answer
    assert answer.setdefault("ResponseMetadata", {}) == METADATA
    assert answer.get("Error", {}) == {}
    answer.update(seen=True)
    assert reads == []
    with pytest.raises(KeyError):
        _ = answer["nothing"]
    assert answer["disk"] == PARSED["disk"]
    assert answer["seen"]
    assert len(reads) == 1


def test_an_answer_that_cannot_be_parsed_says_so_at_every_look() -> None:
    def read() -> dict[str, Any]:
        raise ValueError("unreadable")

    answer = Unparsed({}, read)
    for _ in range(2):
        with pytest.raises(ValueError, match="unreadable"):
            answer.get("disk")


class Call:
    def __init__(self, *, skips_parsing: bool = True) -> None:
        self.is_parsed = True
        self.skips_parsing = skips_parsing


def response(status: int, body: bytes, **headers: str) -> dict[str, Any]:
    names = HeadersDict({name.replace("_", "-"): value for name, value in headers.items()})
    return {"status_code": status, "body": body, "headers": names}


def lazy_parsers(stock: Any, current: Callable[[], Any]) -> LazyParsers:
    return LazyParsers(stock, current, Fallback("lazy parsing"))


def warnings_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]


BODY = b'{"disk":{"name":"Disk-1"}}'


@pytest.mark.parametrize("headers", [{}, {"x_amzn_RequestId": "rid", "Date": "now"}])
def test_an_unparsed_answer_has_botocores_own_metadata(headers: dict[str, str]) -> None:
    shape = session().get_service_model("lightsail").operation_model("GetDisk").output_shape
    answer = response(200, BODY, **headers)
    lazy = lazy_parsers(ResponseParserFactory(), Call).create_parser("json").parse(answer, shape)
    stock = create_parser("json").parse(answer, shape)
    assert type(lazy) is Unparsed
    assert dict.get(lazy, "ResponseMetadata") == stock["ResponseMetadata"]
    assert lazy == stock


def test_metadata_that_only_botocore_adds_is_there_after_parsing() -> None:
    answer = Unparsed({"a": 1}, lambda: {"ResponseMetadata": {"a": 2, "b": 3}})
    assert len(answer) == 1
    assert answer["ResponseMetadata"] == {"a": 1, "b": 3}
    answer = Unparsed({}, lambda: {"ResponseMetadata": {"a": 2}})
    answer["ResponseMetadata"] = "replaced"
    assert dict(answer.items()) == {"ResponseMetadata": "replaced"}


def test_only_the_next_answer_of_a_call_of_ours_is_left_unparsed() -> None:
    stock = ResponseParserFactory()
    kind = type(stock.create_parser("json"))
    assert type(lazy_parsers(stock, lambda: None).create_parser("json")) is kind
    call = Call()
    parsers = lazy_parsers(stock, lambda: call)
    assert type(parsers.create_parser("json")) is not kind
    assert type(parsers.create_parser("json")) is kind


def test_what_else_botocores_parsers_have_is_there() -> None:
    parsers: Any = lazy_parsers(ResponseParserFactory(), Call)
    assert callable(parsers.set_parser_defaults)
    assert parsers.create_parser("json").EVENT_STREAM_PARSER_CLS is not None


def test_a_call_learns_that_botocore_cannot_read_its_answer() -> None:
    call = Call()
    lazy = lazy_parsers(ResponseParserFactory(), lambda: call).create_parser("json")
    answer = lazy.parse(response(200, b"{}"), "no shape")
    with pytest.raises(AttributeError):
        answer.get("disk")
    assert not call.is_parsed


def session() -> Session:
    made = Session()
    made.set_credentials("key", "secret")
    return made


def client_of(made: Session, **settings: Any) -> Any:
    return made.create_client("lightsail", **({"region_name": "us-east-1"} | settings))


# Fallback to plain botocore


class Strange:
    """A parser factory whose responses and parsers have other names for everything."""

    def create_parser(self, *_: object, **__: object) -> Any:
        return SimpleNamespace(parse=lambda **_: {"plain": True})


def test_a_parser_of_another_signature_is_used_plainly_with_one_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    parsers = lazy_parsers(Strange(), Call)
    for _ in range(3):
        parser = parsers.create_parser(protocol="json", version=2)
        assert parser.parse(answer={}, of="shape") == {"plain": True}
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
def test_a_client_of_other_internals_stays_plain_with_one_warning(
    move: Callable[[Any], None], caplog: pytest.LogCaptureFixture
) -> None:
    client = client_of(session())
    move(client)
    optimizations.optimize_client(client, lambda: None)
    assert len(warnings_of(caplog)) == 1


def test_clients_of_one_boto3_client_replace_its_parsers_once() -> None:
    client = client_of(session())
    optimizations.optimize_client(client, lambda: None)
    parsers = client._endpoint._response_parser_factory
    optimizations.optimize_client(client, lambda: None)
    assert client._endpoint._response_parser_factory is parsers


@pytest.mark.parametrize("value", ["off", "OFF ", "0", "false", "no"])
def test_a_setting_switches_the_optimizations_off(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SETTING, value)
    made, plain = session(), session()
    optimizations.optimize_session(made)
    loader = made.get_component("data_loader")
    assert type(loader.file_loader) is type(plain.get_component("data_loader").file_loader)
    assert "load_service_model" not in vars(loader)
    client = LightsailSnapClient(region_name="us-east-1")._transport._client  # type: ignore[attr-defined] # the boto3 client
    assert type(client._endpoint._response_parser_factory) is ResponseParserFactory


@pytest.mark.parametrize("value", ["", "on"])
def test_any_other_value_leaves_them_on(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SETTING, value)
    client = client_of(session())
    optimizations.optimize_client(client, lambda: None)
    assert type(client._endpoint._response_parser_factory) is LazyParsers


def test_an_interrupt_is_not_suppressed() -> None:
    with pytest.raises(KeyboardInterrupt), Fallback("x"):
        raise KeyboardInterrupt


# Data loading


def loader_of(made: Session) -> Any:
    optimizations.optimize_session(made)
    return made.get_component("data_loader")


@pytest.mark.parametrize(
    "name",
    [
        *("endpoints", "partitions", "_retry", "sdk-default-configuration"),
        *(f"lightsail/2016-11-28/{kind}" for kind in ("service-2", "endpoint-rule-set-1")),
        *("sts/2011-06-15/service-2", "sso/2019-06-10/service-2"),
    ],
)
def test_data_files_are_read_as_botocore_reads_them(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    quick = loader_of(Session()).load_data(name)
    # As text, so that the order counts.
    assert json.dumps(quick) == json.dumps(Session().get_component("data_loader").load_data(name))
    assert warnings_of(caplog) == []


def test_broken_and_missing_data_files_are_reported_as_by_botocore(
    tmp_path: Any, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "bad.json").write_text("{")
    (tmp_path / "folder.json").mkdir()
    files = loader_of(Session()).file_loader
    with pytest.raises(json.JSONDecodeError):
        files.load_file(str(tmp_path / "bad"))
    for name in ("folder", "nothing"):
        assert files.load_file(str(tmp_path / name)) is None
    assert files.exists(str(tmp_path / "bad"))
    # The file is at fault, not the optimization.
    assert warnings_of(caplog) == []


def test_a_file_that_only_botocore_reads_is_read_with_one_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    made = Session()
    made.get_component("data_loader").file_loader = SimpleNamespace(load_file=lambda **_: "plain")
    files = loader_of(made).file_loader
    assert [files.load_file(location="x") for _ in range(3)] == ["plain"] * 3
    assert len(warnings_of(caplog)) == 1


def _no_loader(made: Session) -> None:
    made.register_component("data_loader", None)


def _no_files(made: Session) -> None:
    made.get_component("data_loader").file_loader = SimpleNamespace(load_file=None)


def _no_search(made: Session) -> None:
    made.register_component("data_loader", SimpleNamespace(file_loader=None))


@pytest.mark.parametrize("move", [_no_loader, _no_files, _no_search])
def test_a_session_of_other_internals_stays_plain_with_one_warning(
    move: Callable[[Session], None], caplog: pytest.LogCaptureFixture
) -> None:
    made = Session()
    move(made)
    optimizations.optimize_session(made)
    assert len(warnings_of(caplog)) == 1


def test_a_model_that_cannot_be_read_lightly_is_read_plainly_with_one_warning(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> str:
        raise RuntimeError("moved")

    plain = Session().get_component("data_loader").load_service_model("lightsail", "service-2")
    loader = loader_of(Session())
    monkeypatch.setattr(data_loading, "_with_own_operations", broken)
    for _ in range(2):
        assert loader.load_service_model("lightsail", "service-2") == plain
    assert loader.load_service_model(service_name="sts", type_name="service-2")["operations"]
    assert len(warnings_of(caplog)) == 1


def test_a_session_of_our_own_loads_our_operations_as_botocore_has_them() -> None:
    ours = loader_of(Session()).load_service_model("lightsail", "service-2")
    stock = Session().get_component("data_loader").load_service_model("lightsail", "service-2")
    assert ours["metadata"] == stock["metadata"]
    assert ours["shapes"] == stock["shapes"]
    assert 0 < len(ours["operations"]) < len(stock["operations"])
    for name, operation in ours["operations"].items():
        assert operation == stock["operations"][name]


def test_every_request_of_this_library_is_among_our_operations() -> None:
    ours = loader_of(Session()).load_service_model("lightsail", "service-2", "2016-11-28")
    models.exported()
    importlib.import_module("lightsail_snap.plans._inventory")
    waiting, called = [RequestModel], set()
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if kind.__module__.startswith("lightsail_snap."):
            called.add(getattr(kind, "operation_name", None))
    # Those of plans lie with plans.
    assert "GetInstances" in called
    assert called - {None} <= ours["operations"].keys()


def test_other_models_are_loaded_as_ever(caplog: pytest.LogCaptureFixture) -> None:
    ours, stock = loader_of(Session()), Session().get_component("data_loader")
    known = [("sts", "service-2"), ("lightsail", "endpoint-rule-set-1")]
    for arguments in known:
        assert ours.load_service_model(*arguments) == stock.load_service_model(*arguments)
    unknown = [
        ("lightsail", "no-such-model-1"),
        ("nothing", "service-2"),
        ("lightsail", "service-2", "1999-01-01"),
    ]
    for missing in unknown:
        with pytest.raises(botocore.exceptions.BotoCoreError):
            ours.load_service_model(*missing)
    assert warnings_of(caplog) == []


def test_additions_to_the_model_are_read(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "lightsail" / "2016-11-28"
    place.mkdir(parents=True)
    extras = {"version": 1.0, "merge": {"metadata": {"added": "here"}}}
    (place / "service-2.sdk-extras.json").write_text(json.dumps(extras))
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))
    model = loader_of(Session()).load_service_model("lightsail", "service-2")
    assert model["metadata"]["added"] == "here"


# A client built by the library against plain boto3's

REGIONS = [
    *RegionName.known_values(),
    *("cn-north-1", "cn-northwest-1", "us-gov-west-1", "us-gov-east-1", "eusc-de-east-1"),
    *("us-iso-east-1", "us-isob-east-1", "eu-moon-1"),
]
KINDS: dict[str, dict[str, Any]] = {
    "plain": {},
    "FIPS": {"config": Config(use_fips_endpoint=True)},
    "dual-stack": {"config": Config(use_dualstack_endpoint=True)},
    "custom": {"endpoint_url": "https://lightsail.example.com/"},
    "timeouts": {"config": Config(connect_timeout=3, user_agent_extra="mine/1")},
}


@cache
def _plain() -> boto3.session.Session:
    return boto3.session.Session("key", "secret", "token")


@cache
def _light() -> boto3.session.Session:
    made = session()
    made.set_credentials("key", "secret", "token")
    optimizations.optimize_session(made)
    return boto3.session.Session(botocore_session=made)


def facts(make: Callable[[], Any]) -> object:
    """What decides where a client's requests go and how, or why there is no client."""
    try:
        client = make()
    except Exception as error:  # noqa: BLE001 - botocore has several
        return type(error), str(error)
    config = client.meta.config
    found = {name: getattr(config, name) for name in vars(config) if not name.startswith("_user")}
    model = client.meta.service_model.operation_model("GetDisk")
    try:
        endpoint = client._ruleset_resolver.construct_endpoint(model, {}, {})
        resolved: object = (endpoint.url, endpoint.properties, endpoint.headers)
    except botocore.exceptions.BotoCoreError as error:
        resolved = type(error), str(error)
    meta = client.meta
    return meta.endpoint_url, meta.partition, meta.region_name, found, resolved


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("region", REGIONS)
def test_a_light_client_is_plain_boto3s_in_every_region_and_partition(
    region: str, kind: str
) -> None:
    settings_ = {"region_name": region, **KINDS[kind]}
    ours = facts(lambda: _light().client("lightsail", **settings_))
    assert ours == facts(lambda: _plain().client("lightsail", **settings_))


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


def _agent(client: Any) -> Any:
    sent: list[Any] = []

    def stop(request: Any, **_: object) -> AWSResponse:
        sent.append(request)
        return AWSResponse(request.url, 200, {}, SimpleNamespace(stream=lambda: iter([b"{}"])))

    client.meta.events.register("before-send.lightsail", stop)
    client.get_disks()
    request = sent[0]
    changing = {"Authorization", "X-Amz-Date", "amz-sdk-invocation-id"}
    headers = {n: v for n, v in request.headers.items() if n not in changing}
    # botocore lists the features in the order of a set.
    agent = headers.pop("User-Agent")
    agent = agent.decode() if isinstance(agent, bytes) else agent
    parts = sorted("".join(sorted(part)) for part in agent.split())
    return request.method, request.url, request.body, headers, parts


@pytest.mark.parametrize("ways", ["own", "session"])
@pytest.mark.parametrize("variables", VARIABLES, ids=str)
def test_a_client_of_the_library_has_the_settings_of_plain_boto3(
    variables: dict[str, str], ways: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    given_: dict[str, Any] = {} if ways == "own" else {"session": boto3.session.Session()}
    client = LightsailSnapClient(region_name="us-east-1", **given_)
    ours: Any = client._transport._client  # type: ignore[attr-defined] # the boto3 client
    plain: Any = boto3.session.Session().client("lightsail", region_name="us-east-1")
    assert facts(lambda: ours) == facts(lambda: plain)
    assert _agent(ours) == _agent(plain)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Mon, 23 Nov 2026 10:00:05 GMT", dt.datetime(2026, 11, 23, 10, 0, 5, tzinfo=dt.UTC)),
        ("Monday, 23-Nov-26 10:00:05 GMT", dt.datetime(2026, 11, 23, 10, 0, 5, tzinfo=dt.UTC)),
        ("Mon, 23 Nov 2026 12:00:05 +0200", dt.datetime(2026, 11, 23, 10, 0, 5, tzinfo=dt.UTC)),
        ("Mon, 23 Nov 2026 10:00:05 -0000", dt.datetime(2026, 11, 23, 10, 0, 5, tzinfo=dt.UTC)),
        ("Mon, 23 Foo 2026 10:00:05 GMT", None),
        ("Mon, 99 Nov 2026 10:00:05 GMT", None),
        ("Mon, 23.11.2026  10:00:05 GMT", None),
        ("now", None),
        ("", None),
        (None, None),
    ],
)
def test_dates_of_answers(text: str | None, moment: dt.datetime | None) -> None:
    assert _date(text) == moment


@given(st.datetimes(dt.datetime(1970, 1, 2), dt.datetime(2300, 1, 1), timezones=st.just(dt.UTC)))  # noqa: DTZ001 - hypothesis wants naive ends
def test_dates_are_read_as_the_standard_library_reads_them(moment: dt.datetime) -> None:
    text = format_datetime(moment, usegmt=True)
    assert _date(text) == parsedate_to_datetime(text)


class _Louder(RequestModel, frozen=True):
    word: str
    other: str | None = None

    @field_serializer("word")
    def _loud(self, word: str) -> str:
        return word.upper()


class _Outer(RequestModel, frozen=True):
    one: _Louder
    several: Annotated[tuple[_Louder, ...], AS_LIST] = ()


def test_a_request_that_writes_itself_in_its_own_way_does_so() -> None:
    inner = _Louder(word="a")
    assert inner.to_wire() == {"word": "A"}
    assert _Outer(one=inner, several=(inner,)).to_wire() == {
        "one": {"word": "A"},
        "several": [{"word": "A"}],
    }
