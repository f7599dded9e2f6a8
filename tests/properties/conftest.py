"""Fixtures of the property tests: the service model, fake networks, recording transports."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from tests.support import ScriptedTransport, http_response

from lightsail_snap import LightsailSnapClient, Response
from lightsail_snap.models import ResponseMetadata


class Network:
    """Client over boto3 with a fake network, which repeats its last outcome.

    An outcome is an exception to raise, or a status, a body and optionally a request id (None for a
    response without one).
    """

    def __init__(self, attempts: int) -> None:
        self.outcomes: list[Any] = []
        self.sent = 0
        # The legacy mode has no retry quota, which thousands of failures would use up.
        self.boto: Any = boto3.session.Session().client(
            "lightsail",
            region_name="us-east-1",
            aws_access_key_id="AKIDEXAMPLE",
            aws_secret_access_key="no-secret",  # noqa: S106 - nothing is sent
            config=Config(retries={"mode": "legacy", "max_attempts": attempts - 1}),
        )
        self.boto.meta.events.register("before-send.lightsail", self._respond)
        self.client = LightsailSnapClient(self.boto)

        self._hooks: list[tuple[str, Callable[..., None]]] = []

    def fail_at(self, event: str, error: BaseException) -> None:
        """Register a handler of a botocore event that raises an error."""

        def fail(**_: object) -> None:
            raise error

        self._hooks.append((event, fail))
        self.boto.meta.events.register(event, fail)

    def reset(self) -> None:
        """Remove handlers and outcomes. Creating another boto3 client takes a third of a second."""
        for event, hook in self._hooks:
            self.boto.meta.events.unregister(event, hook)
        self._hooks.clear()
        self.outcomes, self.sent = [], 0

    def _respond(self, request: Any, **_: Any) -> AWSResponse:
        self.sent += 1
        outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]
        if isinstance(outcome, BaseException):
            raise outcome
        status, body, *rest = outcome
        request_id = rest[0] if rest else "rid-1"
        headers = {} if request_id is None else {"x-amzn-RequestId": request_id}
        return http_response(request, status, headers, body)


@pytest.fixture(scope="session")
def networks() -> dict[int, Network]:
    return {}


def _ready(networks: dict[int, Network], attempts: int, patch: pytest.MonkeyPatch) -> Network:
    patch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    if attempts not in networks:
        networks[attempts] = Network(attempts)
    networks[attempts].reset()
    return networks[attempts]


@pytest.fixture
def network(networks: dict[int, Network], monkeypatch: pytest.MonkeyPatch) -> Network:
    return _ready(networks, 1, monkeypatch)


@pytest.fixture
def retrying_network(networks: dict[int, Network], monkeypatch: pytest.MonkeyPatch) -> Network:
    return _ready(networks, 2, monkeypatch)


@pytest.fixture
def recorder() -> Any:
    """Return a transport that records requests and returns `payload`."""
    metadata = ResponseMetadata(request_id="rid-1", http_status=200)
    transport: Any = ScriptedTransport(lambda _: Response(transport.payload, metadata))
    transport.payload = b"{}"
    return transport


@pytest.fixture
def service_model(network: Network) -> Any:
    return network.boto.meta.service_model
