"""Actions of the service, of proxies and of other clients that no response reveals."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from tests.support import ForwardingTransport

from lightsail_snap import (
    Request,
    ServiceError,
)
from lightsail_snap.emulator import Progression
from lightsail_snap.emulator._wire import Response as WireResponse

NAME = "made-1"
_MEMBERS = ("diskSnapshot", "instanceSnapshot", "disk", "instance", "operation")
_LOOKUPS = ("GetDisk", "GetDiskSnapshot", "GetInstance", "GetInstanceSnapshot")

ChangeResponse = Callable[[str, WireResponse], WireResponse]


@dataclass(frozen=True)
class Adversary:
    """An action that disturbs a method.

    Attributes:
        name: The name.
        prepare: Sets it up in an environment, before the method starts.
        keeps_evidence: Whether a call without a token has to succeed even if its response is lost.
    """

    name: str
    prepare: Callable[[Any], None]
    keeps_evidence: bool = True


def _add_change(environment: Any, change_response: ChangeResponse) -> None:
    before = environment.emulator.change_response
    environment.emulator.change_response = lambda operation, response: change_response(
        operation, before(operation, response)
    )


def _change_resource(
    response: WireResponse, change: Callable[[dict[str, Any]], None]
) -> WireResponse:
    body = json.loads(response.body) if response.body else {}
    for member in _MEMBERS:
        if member in body:
            change(body[member])
    return replace(response, body=json.dumps(body).encode())


def stale(reads: int, age: float) -> Adversary:
    """Return a deleted resource with equal parameters in the first lookups."""

    def prepare(environment: Any) -> None:
        progression = environment.emulator.progression
        environment.emulator.progression = Progression.instant()
        environment.create_as_other(**environment.equal_parameters())
        lookup, member = environment.method.lookup
        old = environment.emulator.handle("us-east-1", lookup, {f"{member}Name": NAME})
        environment.delete()
        environment.clock.sleep(age)
        environment.emulator.progression = progression
        left = [reads]

        def change_response(operation: str, response: WireResponse) -> WireResponse:
            is_after = environment.method.operation in environment.emulator.called
            if operation == lookup and is_after and left[0] > 0:
                left[0] -= 1
                return WireResponse(old.status, old.body, response.headers)
            return response

        _add_change(environment, change_response)

    return Adversary(f"{reads} stale reads of an equal resource created {age} s before", prepare)


def unseen(reads: int) -> Adversary:
    """Let every other lookup miss the resource, up to a number."""
    missing = json.dumps({"__type": "NotFoundException", "message": "none"}).encode()

    def prepare(environment: Any) -> None:
        turns = [0]

        def change_response(operation: str, response: WireResponse) -> WireResponse:
            is_lookup = (
                operation in _LOOKUPS
                and environment.method.operation in environment.emulator.called
            )
            if is_lookup and response.status == 200:
                turns[0] += 1
                if turns[0] % 2 and turns[0] < 2 * reads:
                    return replace(response, status=400, body=missing)
            return response

        _add_change(environment, change_response)

    return Adversary(f"{reads} lookups miss it", prepare)


def _tagging(name: str, act: Callable[[Any], object]) -> Adversary:
    def prepare(environment: Any) -> None:
        before = environment.emulator.before
        is_done: list[object] = []

        def change(operation: str, index: int) -> None:
            before(operation, index)
            if not is_done and environment.emulator.created:
                is_done.append(act(environment))

        environment.emulator.before = change

    return Adversary(name, prepare, keeps_evidence=False)


def _retag(environment: Any) -> object:
    tags = [{"key": "env", "value": "PROD"}]
    return environment.emulator.call("TagResource", resourceName=NAME, tags=tags)


def _untag(environment: Any) -> object:
    keys = ["env", "lightsail-snap:client-token"]
    return environment.emulator.call("UntagResource", resourceName=NAME, tagKeys=keys)


def other_identity(reads: int) -> Adversary:
    """Let the first lookups return another name or id."""

    def prepare(environment: Any) -> None:
        left = [reads]

        def rename(resource: dict[str, Any]) -> None:
            for member in ("name", "id"):
                if member in resource:
                    resource[member] = f"other-{resource[member]}"

        def change_response(operation: str, response: WireResponse) -> WireResponse:
            is_lookup = operation in {*_LOOKUPS, "GetOperation"} and response.status == 200
            if is_lookup and left[0] > 0:
                left[0] -= 1
                return _change_resource(response, rename)
            return response

        _add_change(environment, change_response)

    return Adversary(f"{reads} responses about other resources", prepare)


def other_operations() -> Adversary:
    """Respond to the creation with the operations of another client."""

    def prepare(environment: Any) -> None:
        other = {"id": "op-other", "resourceName": "other-1", "status": "Succeeded"}
        body = json.dumps({"operations": [{**other, "isTerminal": True}]}).encode()

        def change_response(operation: str, response: WireResponse) -> WireResponse:
            if operation == environment.method.operation and response.status == 200:
                return replace(response, body=body)
            return response

        _add_change(environment, change_response)

    return Adversary("the creation returns another client's operations", prepare)


def lag(seconds: float) -> Adversary:
    """Let creation times differ from `Date`."""

    def prepare(environment: Any) -> None:
        def move(resource: dict[str, Any]) -> None:
            resource["createdAt"] += seconds

        def change_response(operation: str, response: WireResponse) -> WireResponse:
            return _change_resource(response, move) if operation in _LOOKUPS else response

        _add_change(environment, change_response)

    return Adversary(f"creation times {seconds:+} s off", prepare, keeps_evidence=False)


class _NoLightsailError(Exception):
    """Stands in for botocore's exception."""


def replaced_response(status: int) -> Adversary:
    """Let a proxy replace the response of the creation by an HTML page."""

    def prepare(environment: Any) -> None:
        replaced: list[Request[Any]] = []

        def replace_response(request: Request[Any]) -> None:
            if request.operation_name != environment.method.operation or replaced:
                return
            replaced.append(request)
            raise ServiceError(
                "<html>Blocked by policy</html>",
                code=str(status),
                http_status=status,
                operation_name=request.operation_name,
                may_have_executed=True,
            ) from _NoLightsailError()

        environment.wrap = lambda inner: ForwardingTransport(inner, after=replace_response)

    return Adversary(f"the response is replaced by an HTML page, {status}", prepare)


ADVERSARIES = {
    each.name: each
    for each in (
        *(stale(reads, age) for reads in (1, 3) for age in (10, 3600)),
        *(unseen(reads) for reads in (1, 3)),
        _tagging("another client changes a tag", _retag),
        _tagging("another client removes the tags", _untag),
        *(other_identity(reads) for reads in (1, 2)),
        other_operations(),
        *(lag(seconds) for seconds in (-30, -3, 3)),
        *(replaced_response(status) for status in (403, 408, 499)),
    )
}
