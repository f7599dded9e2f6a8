"""No request travels unencrypted to another machine without allow_plain_http=True."""

from __future__ import annotations

import gzip
import ipaddress
import socket
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3.session
import pytest
import urllib3.util
from botocore.config import Config
from hypothesis import example, given
from hypothesis import strategies as st
from tests.security.raw_http import responding

from lightsail_snap import (
    AsyncLightsailSnapClient,
    ConfigurationError,
    LightsailSnapClient,
    LightsailSnapError,
    ResponseValidationError,
    ServiceError,
)
from lightsail_snap._boto.endpoint import is_https, is_local_plain_http, is_loopback
from lightsail_snap.emulator import LightsailEmulator
from lightsail_snap.plans import assume_role_clients, regional_clients

REGION = "us-east-1"
REFUSED = r"neither https:// nor on this machine.*allow_plain_http=True"
LOCAL_URLS = [
    "http://127.0.0.1:4566",
    "http://127.255.255.254",
    "HTTP://LOCALHOST:80/path?x=1#y",
    "http://localhost.",
    "http://[::1]:8080/",
    "http://[0:0:0:0:0:0:0:1]",
]
OTHER_URLS = [
    "http://192.0.2.1",
    "http://emulator:4566",
    "HTTP://example.com",
    "hTTp://example.com./",
    "http://127.0.0.1@example.com/",
    "http://127.0.0.1:80@example.com/",
    "http://localhost:pass@example.com",
    "http://user@127.0.0.1/",
    "http://127.0.0.1\\@example.com/",
    "http://127.0.0.1\\.example.com/",
    "http://example.com\\@127.0.0.1/",
    "http://127.0.0.1%2eexample.com/",
    "http://127.0.0.1%00.example.com/",
    "http://127.0.0.1\t.example.com/",
    "http://127.0.0.1\n.example.com/",
    "http://127.0.0.1 .example.com/",
    " http://127.0.0.1/",
    "http:127.0.0.1",
    "http:/127.0.0.1",
    "http:///127.0.0.1",
    "http://127.0.0.1.example.com/",
    "http://localhost.example.com/",
    "http://x.localhost/",
    "http://127.0.0.1./",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7f.1/",
    "http://127.1/",
    "http://0127.0.0.1/",
    "http://127.0.0.01/",
    "http://0.0.0.0/",
    "http://[::]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::ffff:192.0.2.1]/",
    "http://[::1%25eth0]/",
    "http://[::1%lo]/",
    "http://[::1].example.com/",
    "http://[::1]@example.com/",
    "http://\uff11\uff12\uff17.0.0.1/",
    "http://\u24dbocalhost/",
    "http://127.0.0.1:80:80/",
    "http://127.0.0.1:x/",
    "http://",
    "http://:80",
    "http://[]",
    "",
    "//127.0.0.1",
    "127.0.0.1",
    "ftp://127.0.0.1",
    "file:///etc/passwd",
    "https:/example.com",
    "https:example.com",
    "ht\ntps://example.com",
    " https://example.com",
    "http\u017f://example.com",
]


@pytest.mark.parametrize("url", LOCAL_URLS)
def test_url_of_loopback_is_local(url: str) -> None:
    assert is_local_plain_http(url)


@pytest.mark.parametrize("url", OTHER_URLS)
def test_url_of_anything_else_is_not_local(url: str) -> None:
    assert not is_local_plain_http(url)
    assert not is_https(url)


url_pieces = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "http://", "HTTP:", "//", "/", "127.0.0.1", "localhost", "[::1]", "evil.com", "@",
                ":", "80", "\\", "%", "%40", "#", "?", ".", "[", "]", "::1", "::ffff:127.0.0.1",
                " ", "\t", "\n", "\x00", "127.1", "2130706433",
            ]
        ),
        st.text(max_size=2),
    ),
    max_size=7,
).map("".join)  # fmt: skip


@given(url_pieces)
@example("http://localhost?@evil.com")
@example("http://localhost#@evil.com")
@example("http://127.0.0.1/\\@evil.com")
def test_local_url_is_local_for_every_parser(url: str) -> None:
    for text in (url, f"http://{url}", f"http://127.0.0.1{url}", f"http://[::1]{url}"):
        if not is_local_plain_http(text):
            continue
        # urllib3 parses the URL to connect, urllib to sign the request and set the Host header.
        for host in (urllib3.util.parse_url(text).host, urlsplit(text).hostname):
            assert host is not None
            bare = host.strip("[]").lower()
            assert bare in {"localhost", "localhost."} or ipaddress.ip_address(bare).is_loopback


@given(st.ip_addresses())
def test_ip_address_is_loopback_as_in_the_standards(address: Any) -> None:
    expected = (
        address in ipaddress.ip_network("127.0.0.0/8")
        if address.version == 4
        else address == ipaddress.ip_address("::1")
    )
    assert is_loopback(str(address)) is expected


CLIENTS: list[Callable[..., Any]] = [LightsailSnapClient, AsyncLightsailSnapClient]
every_client = pytest.mark.parametrize("client", CLIENTS)


@every_client
def test_plain_http_in_parameter_is_refused(client: Callable[..., Any]) -> None:
    with pytest.raises(ConfigurationError, match=REFUSED):
        client(region_name=REGION, endpoint_url="http://192.0.2.1")
    client(region_name=REGION, endpoint_url="http://192.0.2.1", allow_plain_http=True)
    client(region_name=REGION, endpoint_url="http://127.0.0.1:1")
    client(region_name=REGION, endpoint_url="https://192.0.2.1")
    client(region_name=REGION)


SESSION = boto3.session.Session(region_name=REGION)


@pytest.mark.parametrize("url", OTHER_URLS)
def test_hostile_url_is_refused_or_ignored(url: str) -> None:
    # botocore refuses some of them itself, and an empty one means the default.
    try:
        client: Any = LightsailSnapClient(session=SESSION, endpoint_url=url)
    except LightsailSnapError as error:
        assert str(error).isprintable()  # noqa: PT017 - not every URL is refused
    else:
        assert is_https(client._transport._client.meta.endpoint_url)


@every_client
@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_LIGHTSAIL"])
def test_plain_http_in_environment_is_refused(
    client: Callable[..., Any], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "http://192.0.2.1:4566")
    with pytest.raises(ConfigurationError, match=REFUSED):
        client(region_name=REGION)
    client(region_name=REGION, allow_plain_http=True)
    monkeypatch.setenv(name, "http://localhost:4566")
    client(region_name=REGION)


CONFIG = """
[default]
region = us-east-1
endpoint_url = http://192.0.2.1
[profile services]
region = us-east-1
services = elsewhere
[services elsewhere]
lightsail =
  endpoint_url = http://192.0.2.2
"""


@every_client
@pytest.mark.parametrize(("profile", "host"), [(None, "192.0.2.1"), ("services", "192.0.2.2")])
def test_plain_http_in_configuration_file_is_refused(
    client: Callable[..., Any],
    profile: str | None,
    host: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = tmp_path / "config"
    file.write_text(CONFIG, encoding="utf-8")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(file))
    with pytest.raises(ConfigurationError, match=host):
        client(profile_name=profile)
    client(profile_name=profile, allow_plain_http=True)
    monkeypatch.setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")
    client(profile_name=profile)


def boto(**settings: Any) -> Any:
    return SESSION.client("lightsail", **settings)


@every_client
@pytest.mark.parametrize("settings", [{"endpoint_url": "http://192.0.2.1"}, {"use_ssl": False}])
def test_plain_http_in_boto3_client_is_refused(
    client: Callable[..., Any], settings: dict[str, Any]
) -> None:
    with pytest.raises(ConfigurationError, match=REFUSED):
        client(boto(**settings))
    client(boto(**settings), allow_plain_http=True)


@every_client
def test_loopback_through_remote_proxy_is_refused(
    client: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    local = {"region_name": REGION, "endpoint_url": "http://127.0.0.1:1"}
    monkeypatch.setenv("HTTP_PROXY", "http://user:CANARY@proxy:3128")
    monkeypatch.setenv("http_proxy", "http://user:CANARY@proxy:3128")
    with pytest.raises(ConfigurationError, match=r"through the proxy .*NO_PROXY") as caught:
        client(**local)
    assert "CANARY" not in str(caught.value)
    client(**local, allow_plain_http=True)
    client(**local, config=Config(proxies={}))
    client(region_name=REGION)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    client(**local)
    with pytest.raises(ConfigurationError, match="through the proxy"):
        client(**local, config=Config(proxies={"http": "https://proxy:3128"}))
    client(**local, config=Config(proxies={"http": "http://localhost:3128"}))


@pytest.mark.parametrize("wrong", ["no", 0, None, [True]])
def test_plain_http_permission_other_than_bool_is_refused(wrong: Any) -> None:
    for make in (*CLIENTS, regional_clients):
        with pytest.raises(ConfigurationError, match="allow_plain_http must be True or False"):
            make(allow_plain_http=wrong)


def test_plain_http_permission_with_transport_is_refused() -> None:
    transport: Any = object()
    for client in CLIENTS:
        with pytest.raises(ConfigurationError, match="transport, allow_plain_http contradict"):
            client(transport=transport, allow_plain_http=True)


def test_refused_endpoint_hides_its_password() -> None:
    with pytest.raises(ConfigurationError) as caught:
        LightsailSnapClient(region_name=REGION, endpoint_url="http://me:CANARY@192.0.2.1/")
    assert "CANARY" not in f"{caught.value}{caught.value!r}"


def test_regional_clients_accept_plain_http_permission() -> None:
    with (
        regional_clients(endpoint_url="http://192.0.2.1") as clients,
        pytest.raises(ConfigurationError, match=REFUSED),
    ):
        clients(REGION)
    with regional_clients(endpoint_url="http://192.0.2.1", allow_plain_http=True) as clients:
        clients(REGION)


def test_plain_http_for_sts_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "CANARY")
    arn = "arn:aws:iam::123456789012:role/backup"
    with (
        assume_role_clients(arn, sts_endpoint_url="http://192.0.2.1") as clients,
        pytest.raises(ConfigurationError, match=r"STS endpoint 'http://192\.0\.2\.1' is neither"),
    ):
        clients(REGION).get_disk("Disk-1")
    allowed = assume_role_clients(arn, sts_endpoint_url="http://192.0.2.1", allow_plain_http=True)
    session: Any = allowed._session_for(REGION)
    provider = session._session.get_component("credential_provider").providers[0]
    fetcher = provider._fetch.__self__
    assert fetcher._client_creator("sts").meta.endpoint_url == "http://192.0.2.1"


def error_after(response: bytes) -> LightsailSnapError:
    """Return the error that a call raises for a response."""
    session = boto3.session.Session("key", "secret", region_name=REGION)
    once = Config(retries={"total_max_attempts": 1})
    with (
        responding(response) as url,
        LightsailSnapClient(session=session, endpoint_url=url, config=once) as client,
        pytest.raises(LightsailSnapError) as caught,
    ):
        client.get_disk("Disk-1")
    return caught.value


def test_redirection_is_not_followed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as second:
        second.settimeout(0.2)
        head = "HTTP/1.1 307 Temporary Redirect\r\nContent-Length: 0\r\nLocation: "
        error = error_after(f"{head}http://127.0.0.1:{second.getsockname()[1]}/\r\n\r\n".encode())
        assert isinstance(error, ServiceError)
        assert "307" in str(error)
        with pytest.raises(TimeoutError):
            second.accept()


def test_compressed_response_is_not_decompressed() -> None:
    size = 64 * 1024 * 1024
    body = gzip.compress(b" " * size)
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n"
    tracemalloc.start()
    try:
        error = error_after(head.encode() + body)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert isinstance(error, ResponseValidationError)
    assert peak < size / 2  # most of it to create the client


def test_in_process_emulator_ignores_endpoint_of_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://192.0.2.1:4566")
    with LightsailEmulator() as emulator:
        client = LightsailSnapClient(emulator.boto3_client(REGION))
        assert list(client.iter_disks()) == []
