"""What a client of our own leaves out, held against botocore doing all of it."""

from __future__ import annotations

import copy
import datetime as dt
import json
import logging
import operator
import pickle
import sys
from collections.abc import Callable
from email.utils import format_datetime, parsedate_to_datetime
from functools import cache
from types import SimpleNamespace
from typing import Annotated, Any

import botocore.auth
import botocore.config
import botocore.context
import botocore.exceptions
import pytest
from botocore.awsrequest import AWSRequest, HeadersDict
from botocore.credentials import ReadOnlyCredentials
from botocore.parsers import ResponseParserFactory, create_parser
from botocore.regions import EndpointResolver
from botocore.session import Session
from botocore.useragent import register_feature_id
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import field_serializer

import lightsail_snap
import lightsail_snap.plans
import lightsail_snap.testing.strategies
from lightsail_snap import LightsailSnapClient, RegionName, _shortcuts, models
from lightsail_snap._shortcuts._loading import KnownEndpoints, QuickFiles
from lightsail_snap._shortcuts._reading import LazyParsers, Unparsed
from lightsail_snap._shortcuts._signing import QuickSigV4Auth
from lightsail_snap._transport import _date
from lightsail_snap.models._base import RequestModel
from lightsail_snap.models._types import AS_LIST

# json as it is, for where the module is changed in a test.
JSON = SimpleNamespace(dumps=json.JSONEncoder().encode)
PARSED = {"disk": {"name": "Disk-1"}, "n": 1}
METADATA = {"HTTPStatusCode": 200}


def unparsed(reads: list[int] | None = None) -> Unparsed:
    def read() -> dict[str, Any]:
        if reads is not None:
            reads.append(1)
        return {**PARSED, "ResponseMetadata": {"other": "one"}}

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


BODY = b'{"disk":{"name":"Disk-1"}}'


@pytest.mark.parametrize("headers", [{}, {"x_amzn_RequestId": "rid", "Date": "now"}])
def test_an_unparsed_answer_has_botocores_own_metadata(
    headers: dict[str, str], made: Session
) -> None:
    shape = made.get_service_model("lightsail").operation_model("GetDisk").output_shape
    answer = response(200, BODY, **headers)
    parser = LazyParsers(ResponseParserFactory(), Call).create_parser("json")
    lazy = parser.parse(answer, shape)
    stock = create_parser("json").parse(answer, shape)
    assert type(lazy) is Unparsed
    assert dict.get(lazy, "ResponseMetadata") == stock["ResponseMetadata"]
    assert lazy == stock


@pytest.mark.parametrize("status", [300, 301, 400, 500])
def test_errors_are_parsed_at_once(status: int) -> None:
    answer = response(status, b'{"__type":"NotFoundException"}')
    parsed = LazyParsers(ResponseParserFactory(), Call).create_parser("json").parse(answer, None)
    assert type(parsed) is dict


def test_only_the_next_answer_of_a_call_of_ours_is_left_unparsed() -> None:
    stock = ResponseParserFactory()
    kind = type(stock.create_parser("json"))
    assert type(LazyParsers(stock, lambda: None).create_parser("json")) is kind
    call = Call()
    parsers = LazyParsers(stock, lambda: call)
    assert type(parsers.create_parser("json")) is not kind
    assert type(parsers.create_parser("json")) is kind


def test_a_call_learns_that_botocore_cannot_read_its_answer() -> None:
    call = Call()
    lazy = LazyParsers(ResponseParserFactory(), lambda: call).create_parser("json")
    answer = lazy.parse(response(200, b"{}"), "no shape")
    with pytest.raises(AttributeError):
        answer.get("disk")
    assert not call.is_parsed


# Signatures

NOW = dt.datetime(2026, 11, 23, 10, 0, 0)  # noqa: DTZ001 - botocore's own form
WORDS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=12)
NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9\-]{0,15}", fullmatch=True)
VALUES = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30) | st.sampled_from(
    ["  a   b ", "é", "", "\u20ac"]
)
HEADERS = st.dictionaries(NAMES, VALUES, max_size=6) | st.sampled_from(
    [
        {"Date": "Mon, 23 Nov 2026 10:00:00 GMT"},
        {"Authorization": "before"},
        {"X-Amz-Content-SHA256": "given"},
        {"Host": "example.com"},
        {"x-amz-date": "old", "User-Agent": "none", "X-Amzn-Trace-Id": "none"},
        {"X-Amz-Security-Token": "old"},
    ]
)
URLS = st.sampled_from(
    [
        "https://lightsail.us-east-1.amazonaws.com/",
        "https://lightsail.us-east-1.amazonaws.com",
        "http://127.0.0.1:4566/",
        "https://example.com:443/a/../b%20c/?z=1&a=2&a=1",
        "http://[::1]:80/",
    ]
)


def signed(kind: type[Any], keys: tuple[str, str, str | None], **given_: Any) -> dict[str, Any]:
    request = AWSRequest("POST", given_["url"], given_["headers"], given_["data"], given_["params"])
    request.context.update(given_["context"])
    auth = kind(ReadOnlyCredentials(*keys), "lightsail", given_["region"])
    if kind is not botocore.auth.SigV4Auth:
        auth.known = given_["known"]
    auth.add_auth(request)
    return {"headers": sorted(request.headers.items()), "context": request.context}


KNOWN: dict[str, tuple[str, str, str]] = {}


@given(
    st.tuples(WORDS, WORDS, st.none() | WORDS),
    HEADERS,
    URLS,
    st.sampled_from([b"{}", b"", b'{"a":"b"}', "text", {"form": "x"}]),
    st.sampled_from([{}, {"q": "1"}]),
    st.sampled_from(
        [
            {},
            {"payload_signing_enabled": False},
            {"payload_signing_enabled": True},
            {"checksum": {}},
            {"checksum": {"request_algorithm": {"in": "trailer"}}},
        ]
    ),
    st.sampled_from(["us-east-1", "eu-west-1"]),
)
@example(("a", "b", None), {"User-Agent": "none"}, "https://x/", b"{}", {}, {}, "us-east-1")
def test_signatures_are_those_of_botocore(  # noqa: PLR0913, PLR0917 - all that goes into a signature
    keys: Any, headers: Any, url: Any, data: Any, params: Any, context: Any,
    region: Any,
) -> None:  # fmt: skip
    given_ = {"headers": headers, "url": url, "data": data, "params": params, "context": context,
              "region": region, "known": KNOWN}  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.auth, "get_current_datetime", lambda: NOW)

        def outcome(kind: type[Any]) -> object:
            try:
                return signed(kind, keys, **given_)
            except Exception as error:  # noqa: BLE001 - whatever botocore makes of odd requests
                return type(error)

        assert outcome(QuickSigV4Auth) == outcome(botocore.auth.SigV4Auth)


def test_repeated_headers_are_signed_as_by_botocore(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: NOW)

    def authorization(auth: Any) -> str:
        request = AWSRequest("POST", "https://example.com/", {}, b"{}")
        request.headers.add_header("X-Twice", "1")
        request.headers.add_header("x-twice", "2")
        auth.add_auth(request)
        text: str = request.headers["Authorization"]
        return text

    keys = ReadOnlyCredentials("a", "b", None)
    ours = QuickSigV4Auth(keys, "lightsail", "us-east-1")
    ours.known = {}
    assert authorization(ours) == authorization(
        botocore.auth.SigV4Auth(keys, "lightsail", "us-east-1")
    )


def test_whoever_follows_the_log_of_a_signature_finds_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.DEBUG, "botocore.auth"):
        given_: Any = {"url": "https://x/", "headers": {}, "data": b"{}", "params": None}
        given_ |= {"context": {}, "region": "us-east-1", "known": {}}
        signed(QuickSigV4Auth, ("a", "b", None), **given_)
    assert "CanonicalRequest" in caplog.text


def test_no_credentials_are_told_as_by_botocore() -> None:
    auth: Any = QuickSigV4Auth(None, "lightsail", "us-east-1")
    auth.known = {}
    with pytest.raises(botocore.exceptions.NoCredentialsError):
        auth.add_auth(AWSRequest("POST", "https://x/", {}, b"{}"))


# On a client


def session() -> Session:
    made = Session()
    made.set_credentials("key", "secret")
    return made


@pytest.fixture(scope="module")
def made() -> Session:
    return session()


def client_of(made: Session) -> Any:
    # As the transport makes them.
    config = botocore.config.Config(parameter_validation=False)
    return made.create_client("lightsail", region_name="us-east-1", config=config)


@given(
    st.sampled_from(["POST", "GET"]),
    HEADERS,
    st.lists(st.tuples(NAMES, VALUES | st.binary(max_size=5)), max_size=3),
    st.sampled_from([b"{}", b"", "text", None, {"form": "x"}]),
    st.sampled_from([None, {"q": "1"}]),
)
@example("POST", {"content-LENGTH": "9"}, [], b"{}", None)
@example("POST", {"Transfer-Encoding": "chunked"}, [], b"{}", None)
@example("POST", {"X-A": "1"}, [("x-a", "2")], b"{}", None)
def test_requests_are_made_ready_as_by_botocore(
    method: str, headers: Any, added: Any, data: Any, params: Any
) -> None:
    plain, ours = ready_clients()

    def outcome(client: Any) -> object:
        request = AWSRequest(method, "https://x/", headers, data, params)
        request.context["any"] = 1
        for name, value in added:
            request.headers[name] = value
        made = client._endpoint.prepare_request(request)
        told = {name: getattr(made, name) for name in ("method", "url", "body", "stream_output")}
        return told | {"headers": list(made.headers.items()), "context": made.context}

    assert outcome(ours) == outcome(plain)


@cache
def ready_clients() -> tuple[Any, Any]:
    made = session()
    plain, ours = client_of(made), client_of(made)
    _shortcuts.take(ours, lambda: None)
    return plain, ours


def test_the_user_agent_is_botocores_with_every_set_of_features(made: Session) -> None:
    plain, ours = client_of(made), client_of(made)
    _shortcuts.take(ours, lambda: None)
    agent = ours._user_agent_creator.to_string
    stock = plain._user_agent_creator.to_string

    def parts(text: str) -> set[str]:
        # botocore lists the features in the order of a set.
        return {"".join(sorted(part)) for part in text.split()}

    with botocore.context.start_as_current_context():
        assert parts(agent()) == parts(stock())
        register_feature_id("WAITER")
        assert parts(agent()) == parts(stock())
        assert agent() is agent()
        ours.meta.config.user_agent_extra = plain.meta.config.user_agent_extra = "later/1"
        assert parts(agent()) == parts(stock())
        assert agent().endswith("later/1")
    for number in range(100):
        ours.meta.config.user_agent_extra = plain.meta.config.user_agent_extra = f"n/{number}"
        assert parts(agent()) == parts(stock())


def _without(name: str) -> Callable[[Any], None]:
    return lambda client: delattr(client, name)


def _with_endpoint(*parts: str) -> Callable[[Any], None]:
    def keep(client: Any) -> None:
        whole = client._endpoint
        client._endpoint = SimpleNamespace(**{name: getattr(whole, name) for name in parts})

    return keep


def _take_all(client: Any) -> None:
    _shortcuts.read_when_looked_at(client, lambda: None)
    _shortcuts.take(client, lambda: None)


MOVED: dict[str, Callable[[Any], object]] = {
    "parse_when_looked_at": _with_endpoint("prepare_request"),
    "prepare_quickly": _with_endpoint("_response_parser_factory"),
    "write_as_it_is": _without("_serializer"),
    "look_endpoints_up_quickly": _without("_ruleset_resolver"),
    "remember_agents": _without("_user_agent_creator"),
    "sign_with_less": _without("_request_signer"),
}


@pytest.mark.parametrize("name", MOVED)
def test_what_has_moved_in_botocore_is_left_alone_and_told(
    name: str, made: Session, caplog: pytest.LogCaptureFixture
) -> None:
    client = client_of(made)
    MOVED[name](client)
    with caplog.at_level(logging.INFO, "lightsail_snap"):
        _take_all(client)
    (record,) = caplog.records
    assert record.getMessage().startswith(f"the shortcut {name} is not for this botocore")


def test_parts_that_are_somebody_elses_are_left_alone(
    made: Session, caplog: pytest.LogCaptureFixture
) -> None:
    class Agent(type(client_of(made)._user_agent_creator)):  # type: ignore[misc] # made at run time
        pass

    client = client_of(made)
    client._user_agent_creator.__class__ = Agent
    client._endpoint._response_parser_factory = object()
    other = client_of(made)
    other._user_agent_creator._client_config = object()
    with caplog.at_level(logging.INFO, "lightsail_snap"):
        _take_all(client)
        _take_all(other)
    assert len(caplog.records) == 3


def test_many_clients_of_ours_on_one_boto3_client_stand_before_its_parsers_once(
    made: Session,
) -> None:
    client = client_of(made)
    _take_all(client)
    parsers = client._endpoint._response_parser_factory
    _take_all(client)
    assert client._endpoint._response_parser_factory is parsers


def test_other_ways_to_sign_are_left_alone(made: Session) -> None:
    client = client_of(made)
    _shortcuts.take(client, lambda: None)
    make = client._request_signer.get_auth_instance
    plain = make("lightsail", "us-east-1", signature_version="v4-query")
    assert type(plain) is botocore.auth.SigV4QueryAuth
    assert type(make("lightsail", "us-east-1")).__name__ == "QuickSigV4Auth"


# What is sent


class _Sent:
    def __init__(self, wire: dict[str, Any]) -> None:
        self.wire = wire
        self.is_parsed = self.skips_parsing = False


REQUESTS: list[type[models.Request[Any]]] = [
    kind
    for kind in models.exported().values()
    if isinstance(kind, type)
    and issubclass(kind, models.Request)
    and hasattr(kind, "operation_name")
]


@cache
def _writers() -> tuple[Any, Any, list[_Sent | None]]:
    """A client, one that writes quickly, and what the latter is told is under way."""
    plain, ours = client_of(session()), client_of(session())
    under_way: list[_Sent | None] = [None]
    _shortcuts.take(ours, lambda: under_way[0])
    return plain, ours, under_way


@pytest.mark.parametrize("kind", REQUESTS, ids=lambda kind: kind.operation_name)
@given(data=st.data())
@settings(max_examples=15)
def test_requests_are_written_as_botocore_writes_them(
    kind: type[models.Request[Any]], data: st.DataObject
) -> None:
    plain, ours, under_way = _writers()
    wire = data.draw(st.from_type(kind)).to_wire()
    model = plain.meta.service_model.operation_model(kind.operation_name)
    stock = plain._serializer.serialize_to_request(wire, model)
    under_way[0] = _Sent(wire)
    for _ in range(2):
        quick = ours._serializer.serialize_to_request(dict(wire), model)
        assert quick == stock
        # Handlers may change what they get without changing the next one.
        quick["headers"]["X-Ours"] = "yes"
        quick["body"] = b""
    # What a handler has changed is written by botocore, as is what is not ours.
    changed = dict(list(wire.items())[1:])
    assert ours._serializer.serialize_to_request(
        changed, model
    ) == plain._serializer.serialize_to_request(changed, model)
    under_way[0] = None
    assert ours._serializer.serialize_to_request(wire, model) == stock


def test_an_operation_that_botocore_writes_otherwise_stays_with_botocore(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def shout(value: Any, *_: Any, **__: Any) -> str:
        return str(value).upper()

    ours, wire = client_of(session()), {"diskName": "a"}
    model = ours.meta.service_model.operation_model("GetDisk")
    monkeypatch.setattr("botocore.serialize.json.dumps", shout)
    stock = ours._serializer.serialize_to_request(wire, model)
    monkeypatch.setattr("lightsail_snap._shortcuts._serializing.json", JSON)
    _shortcuts.take(ours, lambda: _Sent(wire))
    for _ in range(3):
        assert ours._serializer.serialize_to_request(wire, model) == stock


# Where it is sent


def _looked_up(client: Any, operation: str) -> Any:
    model = client.meta.service_model.operation_model(operation)
    return client._ruleset_resolver.construct_endpoint(model, {}, {})


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1", "cn-north-1", "us-gov-west-1"])
@pytest.mark.parametrize("extras", [{}, {"use_dualstack_endpoint": True}])
def test_every_operation_goes_where_botocore_sends_it(
    region: str, extras: dict[str, Any], made: Session
) -> None:
    config = botocore.config.Config(parameter_validation=False, **extras)
    plain, ours = (made.create_client("lightsail", region, config=config) for _ in range(2))
    _shortcuts.take(ours, lambda: None)
    for operation in plain.meta.service_model.operation_names:
        assert _looked_up(ours, operation) == _looked_up(plain, operation)


def test_handlers_have_their_say_about_an_endpoint(made: Session) -> None:
    def move(builtins: dict[str, Any], **_: Any) -> None:
        builtins["AWS::Region"] = "eu-west-3"

    ours = client_of(made)
    _shortcuts.take(ours, lambda: None)
    assert "us-east-1" in _looked_up(ours, "GetDisk").url
    ours.meta.events.register("before-endpoint-resolution.lightsail", move)
    assert "eu-west-3" in _looked_up(ours, "GetDisk").url


def test_an_operation_that_says_something_about_its_endpoint_is_heard(made: Session) -> None:
    ours = client_of(made)
    _shortcuts.take(ours, lambda: None)
    model = ours.meta.service_model.operation_model("GetDisk")
    vars(model)["static_context_parameters"] = [SimpleNamespace(name="Region", value="ap-south-1")]
    assert "ap-south-1" in ours._ruleset_resolver.construct_endpoint(model, {}, {}).url


# What is loaded


@pytest.mark.sample(4)
@pytest.mark.parametrize("region", RegionName.known_values())
def test_known_endpoints_are_those_of_botocore(region: RegionName) -> None:
    loader = Session().get_component("data_loader")
    data, _ = loader.load_data_with_path("endpoints")
    stock = EndpointResolver(json.loads(json.dumps(data))).construct_endpoint("lightsail", region)
    assert stock is not None
    del stock["variants"]
    assert KnownEndpoints(loader).construct_endpoint("lightsail", region) == stock


def test_all_else_about_endpoints_is_asked_of_botocore() -> None:
    loader = Session().get_component("data_loader")
    data, path = loader.load_data_with_path("endpoints")
    ours: Any = KnownEndpoints(loader)
    stock: Any = EndpointResolver(data, uses_builtin_data=True)
    assert ours.uses_builtin_data is loader.is_builtin_path(path) is True
    for arguments in [
        ("sts", "us-east-1"),
        ("lightsail", "cn-north-1"),
        ("lightsail", "eu-moon-1"),
        ("lightsail", "us-east-1", "aws"),
        ("lightsail", "us-east-1", "aws-cn"),
    ]:
        assert ours.construct_endpoint(*arguments) == stock.construct_endpoint(*arguments)
    found = [
        each.construct_endpoint("lightsail", "us-east-1", use_fips_endpoint=True)
        for each in (ours, stock)
    ]
    assert found[0] == found[1]
    assert ours.get_partition_for_region("cn-north-1") == "aws-cn"
    with pytest.raises(botocore.exceptions.BotoCoreError, match="region"):
        ours.construct_endpoint("lightsail")


def _resolver(made: Any) -> Any:
    return made._internal_components.get_component("endpoint_resolver")


def test_a_session_of_our_own_knows_endpoints_unless_somebody_has_others(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Session()
    _shortcuts.load_less(made)
    assert type(_resolver(made)) is KnownEndpoints
    data, _ = Session().get_component("data_loader").load_data_with_path("endpoints")
    (tmp_path / "endpoints.json").write_text(json.dumps(data))
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))
    made = Session()
    _shortcuts.load_less(made)
    assert type(_resolver(made)) is EndpointResolver


def test_a_session_without_room_for_endpoints_goes_the_plain_way(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delattr(Session, "_register_internal_component")
    made = Session()
    with caplog.at_level(logging.INFO, "lightsail_snap"):
        _shortcuts.load_less(made)
    assert "the shortcut know_endpoints is not for this botocore" in caplog.text
    assert type(_resolver(made)) is EndpointResolver


@pytest.mark.parametrize(
    "name",
    [
        *("endpoints", "partitions", "_retry", "sdk-default-configuration"),
        *(f"lightsail/2016-11-28/{kind}" for kind in ("service-2", "endpoint-rule-set-1")),
        *("sts/2011-06-15/service-2", "sso/2019-06-10/service-2"),
    ],
)
def test_data_files_are_read_as_botocore_reads_them(name: str) -> None:
    loader = Session().get_component("data_loader")
    quick = QuickFiles().load_file(f"{loader.BUILTIN_DATA_PATH}/{name}")
    # As text, so that the order counts.
    assert json.dumps(quick) == json.dumps(loader.load_data_with_path(name)[0])


def test_broken_and_missing_data_files_are_told_as_by_botocore(tmp_path: Any) -> None:
    (tmp_path / "bad.json").write_text("{")
    (tmp_path / "folder.json").mkdir()
    with pytest.raises(json.JSONDecodeError):
        QuickFiles().load_file(str(tmp_path / "bad"))
    for name in ("folder", "nothing"):
        assert QuickFiles().load_file(str(tmp_path / name)) is None
    assert QuickFiles().exists(str(tmp_path / "bad"))


def test_a_loader_of_somebody_elses_files_is_left_alone(caplog: pytest.LogCaptureFixture) -> None:
    made = Session()
    loader = made.get_component("data_loader")
    loader.file_loader = other = QuickFiles()
    with caplog.at_level(logging.INFO, "lightsail_snap"):
        _shortcuts.load_less(made)
    assert loader.file_loader is other
    assert "read_files_quickly" in caplog.text


# The service model


def loader_of(made: Session) -> Any:
    _shortcuts.load_less(made)
    return made.get_component("data_loader")


def test_a_session_of_our_own_loads_our_operations_as_botocore_has_them() -> None:
    ours = loader_of(Session()).load_service_model("lightsail", "service-2")
    stock = Session().get_component("data_loader").load_service_model("lightsail", "service-2")
    assert ours["metadata"] == stock["metadata"]
    assert ours["shapes"] == stock["shapes"]
    assert 0 < len(ours["operations"]) < len(stock["operations"])
    for name, operation in ours["operations"].items():
        assert operation == stock["operations"][name]


def test_every_request_of_this_library_is_among_our_operations() -> None:
    ours = loader_of(Session()).load_service_model("lightsail", "service-2")["operations"]
    waiting, asked = [RequestModel], set()
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if kind.__module__.startswith("lightsail_snap."):
            asked.add(getattr(kind, "operation_name", None))
    # Those of plans lie with plans.
    assert "GetInstances" in asked
    assert asked - {None} <= ours.keys()


def test_other_models_are_loaded_as_ever() -> None:
    ours, stock = loader_of(Session()), Session().get_component("data_loader")
    for arguments in [
        ("sts", "service-2"),
        ("lightsail", "endpoint-rule-set-1"),
        ("lightsail", "service-2", "2016-11-28"),
    ]:
        assert ours.load_service_model(*arguments) == stock.load_service_model(*arguments)
    for service in ("lightsail", "nothing"):
        with pytest.raises(botocore.exceptions.BotoCoreError):
            ours.load_service_model(service, "no-such-model-1")


def test_additions_to_the_model_are_read(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "lightsail" / "2016-11-28"
    place.mkdir(parents=True)
    extras = {"version": 1.0, "merge": {"metadata": {"added": "here"}}}
    (place / "service-2.sdk-extras.json").write_text(json.dumps(extras))
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))
    model = loader_of(Session()).load_service_model("lightsail", "service-2")
    assert model["metadata"]["added"] == "here"


def test_without_shortcuts_a_client_is_made_all_the_same(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "lightsail_snap._shortcuts", None)
    monkeypatch.delattr(lightsail_snap, "_shortcuts")
    with caplog.at_level(logging.INFO, "lightsail_snap"):
        client = LightsailSnapClient(region_name="us-east-1")
    assert "no shortcuts for this botocore" in caplog.text
    boto = client._transport._client  # type: ignore[attr-defined] # the boto3 client
    assert type(boto._endpoint._response_parser_factory) is ResponseParserFactory


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
