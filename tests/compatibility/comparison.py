"""Ways to create a client, calls to make with it, and comparisons with plain boto3."""

from __future__ import annotations

import datetime as dt
import importlib
import json
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Self
from urllib.parse import urlsplit

import boto3.session
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.exceptions import ClientError
from tests.compatibility.recorder import Recorded, Recorder, Reply

from lightsail_snap import (
    DiskSource,
    LightsailSnapClient,
    LightsailSnapError,
    ManualSnapshotSource,
    ResponseValidationError,
)
from lightsail_snap.plans import regional_clients

# The project's type stubs cover only what the package itself uses.
_boto3: Any = boto3
_auth: Any = importlib.import_module("botocore.auth")
_credentials: Any = importlib.import_module("botocore.credentials")

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "made-up-secret",
    "AWS_SESSION_TOKEN": "made-up-token",
}
REGIONAL_CONFIG = {
    "retries": {"mode": "adaptive", "total_max_attempts": 10},
    "max_pool_connections": 50,
}


@dataclass(frozen=True, slots=True)
class Settings:
    """Parameters that `boto3.client` and the library have in common."""

    region_name: str | None = None
    endpoint_url: str | None = None
    config: Config | None = None
    profile_name: str | None = None

    def for_client(self) -> dict[str, Any]:
        return {
            "region_name": self.region_name,
            "endpoint_url": self.endpoint_url,
            "config": self.config,
        }


# One loader of botocore's data files for all sessions: it halves the time to create a client.
_LOADER = importlib.import_module("botocore.loaders").create_loader()


def _new_session() -> Any:
    session = importlib.import_module("botocore.session").get_session()
    session.register_component("data_loader", _LOADER)
    return session


def plain(settings: Settings) -> Any:
    """Create a client as `boto3.client` does in a new process with this environment."""
    _boto3.setup_default_session(
        botocore_session=_new_session(), profile_name=settings.profile_name
    )
    return _boto3.client("lightsail", **settings.for_client())


@contextmanager
def by_region(settings: Settings) -> Iterator[LightsailSnapClient]:
    with LightsailSnapClient(profile_name=settings.profile_name, **settings.for_client()) as client:
        yield client


@contextmanager
def by_session(settings: Settings) -> Iterator[LightsailSnapClient]:
    session: Any = boto3.session.Session(
        botocore_session=_new_session(), profile_name=settings.profile_name
    )
    with LightsailSnapClient(session=session, **settings.for_client()) as client:
        yield client


@contextmanager
def injected(settings: Settings) -> Iterator[LightsailSnapClient]:
    boto = plain(settings)
    with LightsailSnapClient(boto) as client:
        yield client
    boto.close()


@contextmanager
def regional(settings: Settings) -> Iterator[LightsailSnapClient]:
    with regional_clients(
        profile_name=settings.profile_name, endpoint_url=settings.endpoint_url
    ) as clients:
        yield clients(settings.region_name or region_of(settings))


def region_of(settings: Settings) -> str:
    """Find the Region as boto3 does, since regional_clients() requires one."""
    found = _boto3.session.Session(profile_name=settings.profile_name).region_name
    assert isinstance(found, str)
    return found


WAYS: dict[str, Callable[[Settings], AbstractContextManager[LightsailSnapClient]]] = {
    "region": by_region,
    "session": by_session,
    "injected": injected,
    "regional_clients": regional,
}
BUILT_BY_LIBRARY = [way for way in WAYS if way != "injected"]


def boto_client(client: LightsailSnapClient) -> Any:
    return client._transport._client  # type: ignore[attr-defined] # of BotoTransport


# Comparison of configurations


def effective(boto: Any) -> dict[str, object]:
    """Return every option of a client that may affect its requests."""
    config, meta, http = boto.meta.config, boto.meta, boto._endpoint.http_session
    options = {*vars(Config)["OPTION_DEFAULTS"], *vars(config)}
    signer = boto._request_signer
    found: dict[str, object] = {f"config.{name}": getattr(config, name) for name in options}
    # The options that were passed to botocore's Config, as it records them.
    for name, value in config._user_provided_options.items():
        found[f"provided.{name}"] = value
    del found["config._user_provided_options"]
    return found | {
        "meta.region_name": meta.region_name,
        "meta.partition": meta.partition,
        "meta.endpoint_url": meta.endpoint_url,
        "signer.region_name": signer.region_name,
        "signer.signing_name": signer.signing_name,
        "signer.signature_version": signer.signature_version,
        "http.timeout": (http._timeout.connect_timeout, http._timeout.read_timeout),
        "http.verify": http._verify,
        "http.max_pool_connections": http._max_pool_connections,
        "http.socket_options": http._socket_options,
        "http.proxies": http._proxy_config._proxies,
    }


_NOTHING = object()
_REGIONAL_OPTIONS = {*REGIONAL_CONFIG, "user_agent"}


def _is_documented(way: str, name: str, expected: object) -> bool:
    """Return whether docs/compatibility.md lists this difference."""
    kind, _, option = name.partition(".")
    if way == "regional_clients" and kind == "provided":
        # botocore copies every option of a Config, whether it is set or not.
        return option in _REGIONAL_OPTIONS or expected is _NOTHING
    return way == "regional_clients" and kind in {"config", "http"} and option in _REGIONAL_OPTIONS


def differences(way: str, found: Mapping[str, object], expected: Mapping[str, object]) -> list[str]:
    """Return the undocumented differences, one entry each."""
    return [
        f"{way}: {name}\n    found    {actual!r}\n    expected {plain_value!r}"
        for name in sorted({*found, *expected})
        for actual, plain_value in [(found.get(name, _NOTHING), expected.get(name, _NOTHING))]
        if actual != plain_value and not _is_documented(way, name, plain_value)
    ]


# Comparison of calls


@dataclass(frozen=True, slots=True)
class Operation:
    """One call, by the library and by boto3, and the body of a matching response.

    botocore writes parameters in the order in which they are passed, so `parameters` has the
    library's order.
    """

    typed: Callable[[LightsailSnapClient], Any]
    method: str
    parameters: Mapping[str, Any]
    result: Mapping[str, Any]

    @property
    def body(self) -> bytes:
        return json.dumps(self.result).encode()


_OPERATIONS = {
    "operations": [
        {
            "id": "op-1",
            "resourceName": "copy-1",
            "resourceType": "DiskSnapshot",
            "createdAt": 1569613365.89,
            "location": {"availabilityZone": "all", "regionName": "us-east-1"},
            "isTerminal": False,
            "status": "Started",
        }
    ]
}
_SNAPSHOT = {"name": "s-1", "createdAt": 1569613365, "state": "completed", "sizeInGb": 8}
OPERATIONS: dict[str, Operation] = {
    "create": Operation(
        lambda client: client.create_disk_snapshot(
            "s-1", DiskSource(disk_name="d-1"), tags={"env": "prod", "schlüssel": "größe"}
        ),
        "create_disk_snapshot",
        {
            "diskSnapshotName": "s-1",
            "tags": [{"key": "env", "value": "prod"}, {"key": "schlüssel", "value": "größe"}],
            "diskName": "d-1",
        },
        _OPERATIONS,
    ),
    "get": Operation(
        lambda client: client.get_disk_snapshot("s-1"),
        "get_disk_snapshot",
        {"diskSnapshotName": "s-1"},
        {"diskSnapshot": _SNAPSHOT},
    ),
    "list": Operation(
        lambda client: client.get_disk_snapshots(page_token="token=1/+"),  # noqa: S106 - a page token
        "get_disk_snapshots",
        {"pageToken": "token=1/+"},
        {"diskSnapshots": [_SNAPSHOT], "nextPageToken": "token=2"},
    ),
    "list from the start": Operation(
        lambda client: client.get_disks(), "get_disks", {}, {"disks": []}
    ),
    "tag": Operation(
        lambda client: client.tag_resource("s-1", {"key-only": None}),
        "tag_resource",
        {"resourceName": "s-1", "tags": [{"key": "key-only"}]},
        _OPERATIONS,
    ),
    "delete": Operation(
        lambda client: client.delete_disk_snapshot("s-1"),
        "delete_disk_snapshot",
        {"diskSnapshotName": "s-1"},
        _OPERATIONS,
    ),
    "copy": Operation(
        lambda client: client.copy_snapshot(
            "copy-1", ManualSnapshotSource(snapshot_name="s-1"), source_region="us-west-2"
        ),
        "copy_snapshot",
        {
            "targetSnapshotName": "copy-1",
            "sourceRegion": "us-west-2",
            "sourceSnapshotName": "s-1",
        },
        _OPERATIONS,
    ),
}


def _as_json(value: object) -> object:
    return json.loads(json.dumps(value, default=dt.datetime.timestamp))


def _outcome(error: BaseException) -> tuple[object, ...]:
    if isinstance(error, ClientError):
        metadata = error.response["ResponseMetadata"]
        found = error.response["Error"]
        facts = found.get("Code"), found.get("Message"), metadata.get("HTTPStatusCode")
        return type(error).__name__, *facts, metadata.get("RetryAttempts")
    return (type(error).__name__,)


def call_plain(boto: Any, operation: Operation) -> tuple[object, ...]:
    """Call boto3, and return the outcome."""
    try:
        result = getattr(boto, operation.method)(**deepcopy(operation.parameters))
    except Exception as error:  # noqa: BLE001 - boto3 fails on some responses with an AttributeError
        return _outcome(error)
    metadata = result.pop("ResponseMetadata")
    return metadata["RequestId"], metadata["RetryAttempts"], _as_json(result)


def call_typed(client: LightsailSnapClient, operation: Operation) -> tuple[object, ...]:
    """Call the library, and return the outcome of its boto3 call."""
    try:
        result = operation.typed(client)
    except ResponseValidationError as error:
        return _outcome(error)
    except LightsailSnapError as error:
        return _outcome(error.__cause__ or error)
    metadata = result.response_metadata
    return metadata.request_id, metadata.retry_attempts, _as_json(result.to_wire())


# Comparison of requests

_VARIABLE = {
    re.compile(r"\b\d{8}T\d{6}Z\b"): "<time>",
    re.compile(r"(?<=Credential=AKIDEXAMPLE/)\d{8}(?=/)"): "<day>",
    re.compile("(?<=Signature=)[0-9a-f]{64}$"): "<signature>",
}


def stable(text: str) -> str:
    """Replace times, and the signatures that depend on them."""
    for pattern, replacement in _VARIABLE.items():
        text = pattern.sub(replacement, text)
    return text


class Redirect:
    """Sends all requests of a client to the recorder, and keeps their original URLs."""

    def __init__(self, boto: Any, recorder: Recorder) -> None:
        self.urls: list[str] = []
        self._recorder = recorder
        boto.meta.events.register_last("before-send.lightsail", self._on_before_send)

    def _on_before_send(self, request: Any, **_: object) -> None:
        self.urls.append(request.url)
        request.url = self._recorder.url + urlsplit(request.url).path


def comparable(requests: list[Recorded]) -> dict[str, object]:
    """Return every part of the requests by name, without times, signatures and random ids.

    Invocation ids are numbered, so that the attempts of one call must share one.
    """
    ids: dict[str, str] = {}
    found: dict[str, object] = {"number of requests": len(requests)}
    for number, request in enumerate(requests, 1):
        # In their order and spelling.
        found[f"{number} header names"] = [name for name, _ in request.headers]
        found[f"{number} method"], found[f"{number} path"] = request.method, request.path
        found[f"{number} body"] = request.body
        for name, value in request.headers:
            if name == "amz-sdk-invocation-id":
                found[f"{number} {name}"] = ids.setdefault(value, f"invocation {len(ids) + 1}")
            else:
                found[f"{number} {name}"] = stable(value)
    return found


def has_valid_signature(request: Recorded, url: str) -> bool:
    """Sign a recorded request again with botocore's own signer, and compare."""
    headers = {name.lower(): value for name, value in request.headers}
    found = re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=[^/]+/\d{8}/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request"
        r", SignedHeaders=(?P<signed>\S+), Signature=[0-9a-f]{64}",
        headers["authorization"],
    )
    assert found is not None
    # The signed host is that of the URL, not that of the recorder.
    signed = {name: headers[name] for name in found["signed"].split(";") if name != "host"}
    again = AWSRequest(request.method, url, signed, request.body)
    again.context["timestamp"] = headers["x-amz-date"]
    credentials = _credentials.Credentials(*CREDENTIALS.values())
    signer = _auth.SigV4Auth(credentials, found["service"], found["region"])
    to_sign = signer.string_to_sign(again, signer.canonical_request(again))
    return headers["authorization"] == (
        f"AWS4-HMAC-SHA256 Credential={signer.scope(again)}, "
        f"SignedHeaders={signer.signed_headers(signer.headers_to_sign(again))}, "
        f"Signature={signer.signature(to_sign, again)}"
    )


Call = Callable[[Operation], tuple[object, ...]]


def observe_calls(boto: Any, call: Call, recorder: Recorder) -> dict[str, object]:
    """Make every call; return its requests, the validity of their signatures, and the outcome."""
    redirect = Redirect(boto, recorder)
    found: dict[str, object] = {}
    for name, operation in OPERATIONS.items():
        redirect.urls.clear()
        recorder.play(Reply(body=operation.body))
        found[f"{name}: outcome"] = call(operation)
        found[f"{name}: URLs"] = list(redirect.urls)
        found[f"{name}: signatures"] = [
            has_valid_signature(request, url)
            for request, url in zip(recorder.requests, redirect.urls, strict=True)
        ]
        parts = comparable(recorder.requests)
        found |= {f"{name}: {part}": value for part, value in parts.items()}
    return found


# A client and plain boto3, side by side


class Pair:
    """A client and plain boto3 with the same settings and recorder."""

    def __init__(
        self, way: str, recorder: Recorder, client: LightsailSnapClient, boto: Any
    ) -> None:
        self.way = way
        self.botos = boto_client(client), boto
        self._recorder = recorder
        self._calls: list[Call] = [partial(call_typed, client), partial(call_plain, boto)]

    @classmethod
    @contextmanager
    def of(cls, way: str, settings: Settings, recorder: Recorder) -> Iterator[Self]:
        with WAYS[way](settings) as client:
            if way == "regional_clients":
                settings = replace(settings, config=Config(**REGIONAL_CONFIG))
            boto = plain(settings)
            yield cls(way, recorder, client, boto)
            boto.close()

    def play(self, operation: Operation, script: Sequence[Reply]) -> list[dict[str, object]]:
        """Return requests and outcome with the library, and with boto3.

        The pauses are recorded if the test uses the fixture `no_pauses`.
        """
        seen = []
        for call in self._calls:
            self._recorder.play(*script)
            PAUSES.clear()
            random.seed(0)  # pauses are random
            outcome = call(operation)
            requests = comparable(self._recorder.requests)
            seen.append(requests | {"outcome": outcome, "pauses": [*PAUSES]})
        return seen


PAUSES: list[float] = []
