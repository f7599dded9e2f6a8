"""Clients for Regions and accounts."""

from __future__ import annotations

import copy
import gc
import pickle
import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from lightsail_snap import ConfigurationError, RequestValidationError
from lightsail_snap.emulator import LightsailEmulator
from lightsail_snap.plans import _sessions, assume_role_clients, regional_clients

ROLE = "arn:aws:iam::222222222222:role/backup"
ASSUMED = """<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<AssumeRoleResult><Credentials><AccessKeyId>ASSUMED</AccessKeyId>
<SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken>
<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult>
</AssumeRoleResponse>"""


class Aws:
    """STS and Lightsail at one URL.

    Attributes:
        url: The URL.
        assumed: The parameters of each AssumeRole.
        sources: The access key that signed each AssumeRole.
        signers: The access key and Region that signed each request to Lightsail.
    """

    def __init__(self) -> None:
        aws = self
        self.emulator = LightsailEmulator()
        self.assumed: list[dict[str, list[str]]] = []
        self.signers: list[tuple[str, str]] = []
        self.sources: list[str] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                credential = re.search(
                    r"Credential=(\w+)/\d+/([\w-]+)/", self.headers["Authorization"]
                )
                assert credential is not None
                if b"Action=AssumeRole" in body:
                    aws.assumed.append(parse_qs(body.decode()))
                    aws.sources.append(credential[1])
                    status, headers, body_sent = 200, {"Content-Type": "text/xml"}, ASSUMED.encode()
                else:
                    found = aws.emulator.exchange(dict(self.headers), body)
                    status, headers, body_sent = found.status, dict(found.headers), found.body
                    aws.signers.append((credential[1], credential[2]))
                self.send_response(status)
                for name, value in (headers | {"Content-Length": str(len(body_sent))}).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body_sent)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self.emulator.close()


@pytest.fixture
def aws() -> Iterator[Aws]:
    made = Aws()
    yield made
    made.close()


@pytest.fixture
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "BASE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")


@pytest.mark.usefixtures("_keys")
def test_role_is_assumed_once_per_region(aws: Aws) -> None:
    with assume_role_clients(
        ROLE,
        session_name="nightly",
        external_id="id-1",
        endpoint_url=aws.url,
        sts_endpoint_url=aws.url,
    ) as clients:
        assert aws.assumed == []
        for _ in range(3):
            assert list(clients("us-east-1").iter_disks()) == []
        list(clients("eu-west-1").iter_disks())
    assert [call["RoleArn"] for call in aws.assumed] == [[ROLE]] * 2
    assert aws.assumed[0]["RoleSessionName"] == ["nightly"]
    assert aws.assumed[0]["ExternalId"] == ["id-1"]
    assert aws.signers == [("ASSUMED", "us-east-1")] * 3 + [("ASSUMED", "eu-west-1")]


@pytest.mark.usefixtures("_keys")
def test_role_without_settings_uses_the_defaults_of_botocore(aws: Aws) -> None:
    with assume_role_clients(ROLE, endpoint_url=aws.url, sts_endpoint_url=aws.url) as clients:
        list(clients("us-east-1").iter_disks())
    assert "ExternalId" not in aws.assumed[0]
    assert aws.assumed[0]["RoleSessionName"][0].startswith("botocore-session-")


@pytest.mark.usefixtures("_keys")
def test_clients_without_a_role_sign_with_their_own_credentials(aws: Aws) -> None:
    with regional_clients(endpoint_url=aws.url) as clients:
        list(clients("us-west-2").iter_disks())
    assert aws.signers == [("BASE", "us-west-2")]


def test_profile_with_a_role_is_assumed_by_boto3(
    aws: Aws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config"
    config.write_text(
        f"""
[profile base]
aws_access_key_id = BASE
aws_secret_access_key = secret

[profile other-account]
role_arn = {ROLE}
source_profile = base
""",
        encoding="utf-8",
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", aws.url)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with regional_clients(profile_name="other-account", endpoint_url=aws.url) as clients:
        list(clients("us-east-1").iter_disks())
    assert aws.signers == [("ASSUMED", "us-east-1")]


def _key_of(client: Any) -> str:
    """Return the access key that a client signs with."""
    found: str = client._transport._client._get_credentials().access_key
    return found


@pytest.mark.usefixtures("_keys")
def test_factory_copies_share_its_clients() -> None:
    first = regional_clients(endpoint_url="http://127.0.0.1:1")
    with first:
        copies = pickle.loads(pickle.dumps(first)), copy.copy(first), copy.deepcopy(first)  # noqa: S301 - pickled above
        assert all(each == first and hash(each) == hash(first) for each in copies)
        assert {each("us-east-1") for each in copies} == {first("us-east-1")}
        assert first("us-east-1") is not first("us-west-2")
        found: Any = first("us-east-1")
        config = found._transport._client.meta.config
        assert config.retries == {"mode": "adaptive", "total_max_attempts": 10}
        assert config.max_pool_connections == 50
        old = first("us-east-1")
        first.close()
        assert not first._pool.clients
        assert first("us-east-1") is not old
    with pytest.raises(ConfigurationError, match="closed"):
        list(old.iter_disks())


@pytest.mark.usefixtures("_keys")
def test_clients_are_closed_when_the_last_with_block_ends() -> None:
    with regional_clients(endpoint_url="http://127.0.0.1:1") as outer:
        client = outer("us-east-1")
        with pickle.loads(pickle.dumps(outer)) as inner:  # noqa: S301 - pickled above
            assert inner("us-east-1") is client
        assert outer("us-east-1") is client
        with regional_clients(endpoint_url="http://127.0.0.1:1") as other:
            assert other != outer
            assert other("us-east-1") is not client
        assert outer("us-east-1") is client
    with pytest.raises(ConfigurationError, match="closed"):
        list(client.iter_disks())


@pytest.fixture
def _profiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = (f"[{n}]\naws_access_key_id = OF_{n}\naws_secret_access_key = s\n" for n in "AB")
    file = tmp_path / "credentials"
    file.write_text("".join(lines), encoding="utf-8")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)


SETTINGS: dict[str, Callable[[str], dict[str, str]]] = {
    "keys": lambda who: {"AWS_ACCESS_KEY_ID": f"OF_{who}", "AWS_SECRET_ACCESS_KEY": "s"},
    "profile": lambda who: {"AWS_PROFILE": who},
}


@pytest.mark.usefixtures("_profiles")
@pytest.mark.parametrize("kind", SETTINGS)
def test_factory_uses_the_credentials_at_its_first_client(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def switch_to(who: str) -> None:
        for name, value in SETTINGS[kind](who).items():
            monkeypatch.setenv(name, value)

    switch_to("A")
    first = regional_clients()
    assert _key_of(first("us-east-1")) == "OF_A"
    switch_to("B")
    second = regional_clients()
    assert _key_of(second("us-east-1")) == "OF_B"
    # A factory never mixes two accounts. Closing one does not affect the other.
    assert _key_of(first("us-west-2")) == "OF_A"
    second.close()
    assert _key_of(first("us-east-1")) == "OF_A"
    first.close()
    assert _key_of(first("us-east-1")) == "OF_B"
    first.close()


@pytest.mark.usefixtures("_profiles")
def test_factory_uses_the_endpoint_settings_at_its_first_client(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for port in (1, 2):
        monkeypatch.setenv("AWS_ENDPOINT_URL_LIGHTSAIL", f"http://127.0.0.1:{port}")
        with regional_clients() as clients:
            client: Any = clients("us-east-1")
            assert client._transport._client.meta.endpoint_url == f"http://127.0.0.1:{port}"


def test_role_factory_uses_the_credentials_at_its_first_client(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "TENANT1")
    first = assume_role_clients(ROLE, endpoint_url=aws.url, sts_endpoint_url=aws.url)
    list(first("us-east-1").iter_disks())
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "TENANT2")
    with (
        first,
        assume_role_clients(ROLE, endpoint_url=aws.url, sts_endpoint_url=aws.url) as second,
    ):
        list(second("us-east-1").iter_disks())
        list(first("eu-west-1").iter_disks())
    assert aws.sources == ["TENANT1", "TENANT2", "TENANT1"]


@pytest.mark.usefixtures("_keys")
def test_factory_returns_the_same_client_in_all_threads() -> None:
    with regional_clients() as clients, ThreadPoolExecutor(8) as threads:
        regions = ["us-east-1", "us-west-2"] * 20
        found = set(zip(regions, threads.map(clients, regions), strict=True))
    assert len(found) == 2


@pytest.mark.usefixtures("_keys")
def test_unpickled_factory_keeps_its_clients_between_tasks() -> None:
    sent = pickle.dumps(regional_clients())
    # As in a worker process: the original does not exist, and each task unpickles a copy.
    gc.collect()
    client = pickle.loads(sent)("us-east-1")  # noqa: S301 - pickled above
    gc.collect()
    assert pickle.loads(sent)("us-east-1") is client  # noqa: S301 - likewise
    for _ in range(_sessions._MAX_UNPICKLED_POOLS):
        pickle.loads(pickle.dumps(regional_clients()))  # noqa: S301 - likewise
    gc.collect()
    with pickle.loads(sent) as later:  # noqa: S301 - likewise
        assert later("us-east-1") is not client
    assert len(_sessions._unpickled) == _sessions._MAX_UNPICKLED_POOLS
    client.close()


@pytest.mark.usefixtures("_keys")
def test_dropped_factory_is_garbage_collected() -> None:
    before = len(_sessions._pools)
    for _ in range(3):
        regional_clients()("us-east-1").close()
    gc.collect()
    assert len(_sessions._pools) <= before


@pytest.mark.usefixtures("_keys")
def test_forked_child_does_not_wait_for_a_lock_of_its_parent() -> None:
    with _sessions._creation_lock:
        # As after a fork while another thread creates a client.
        _sessions._renew_lock()
        with regional_clients(endpoint_url="http://127.0.0.1:1") as clients:
            assert clients("us-east-1") is clients("us-east-1")


def test_pickled_factory_has_no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "VERY")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "very-secret")
    with assume_role_clients(ROLE) as clients:
        clients("us-east-1")
        assert b"secret" not in pickle.dumps(clients).lower()


def test_factory_with_invalid_settings_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong: Any = 0
    with pytest.raises(RequestValidationError, match="max_attempts"):
        regional_clients(max_attempts=wrong)
    with pytest.raises(RequestValidationError, match="max_connections"):
        assume_role_clients(ROLE, max_connections=wrong)
    with pytest.raises(RequestValidationError, match="pass WaitPolicy"):
        regional_clients(wait_policy="slow")  # type: ignore[arg-type] # on purpose
    with pytest.raises(ConfigurationError, match="ProfileNotFound"):
        regional_clients(profile_name="no-such-profile")("us-east-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(ConfigurationError, match="no credentials to assume"):
        assume_role_clients(ROLE)("us-east-1")
