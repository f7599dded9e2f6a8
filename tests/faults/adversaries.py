"""What the service, proxies and other clients may do that no response admits."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from lightsail_snap import (
    Request,
    Response,
    ServiceError,
)
from lightsail_snap.emulator import Progression
from lightsail_snap.emulator._wire import Response as WireAnswer

NAME = "made-1"
_MEMBERS = ("diskSnapshot", "instanceSnapshot", "disk", "operation")
_LOOKUPS = ("GetDisk", "GetDiskSnapshot", "GetInstanceSnapshot")

Alter = Callable[[str, WireAnswer], WireAnswer]


@dataclass(frozen=True)
class Adversary:
    """Something that happens to a job.

    Attributes:
        name: Its name.
        prepare: Sets it up in a world, before the job begins.
        spares_evidence: Whether a job without a token has to succeed although its response is
            lost, too.
    """

    name: str
    prepare: Callable[[Any], None]
    spares_evidence: bool = True


def _also(world: Any, alter: Alter) -> None:
    before = world.emulator.alter
    world.emulator.alter = lambda operation, answer: alter(operation, before(operation, answer))


def _changed(answer: WireAnswer, change: Callable[[dict[str, Any]], None]) -> WireAnswer:
    body = json.loads(answer.body) if answer.body else {}
    for member in _MEMBERS:
        if member in body:
            change(body[member])
    return replace(answer, body=json.dumps(body).encode())


def _same_as_the_job(world: Any) -> dict[str, Any]:
    members: dict[str, Any] = {}
    if world.job.has_token:
        members["tags"] = [{"key": "env", "value": "prod"}]
    elif world.job.look[0] == "GetInstanceSnapshot":
        members["sourceSnapshotName"] = "old-instance"
    return members


def stale(reads: int, age: float) -> Adversary:
    """Show a deleted, equal namesake in so many lookups."""

    def prepare(world: Any) -> None:
        progression = world.emulator.progression
        world.emulator.progression = Progression.instant()
        world.foreign(**_same_as_the_job(world))
        look, member = world.job.look
        old = world.emulator.handle("us-east-1", look, {f"{member}Name": NAME})
        world.delete()
        world.clock.sleep(age)
        world.emulator.progression = progression
        left = [reads]

        def alter(operation: str, answer: WireAnswer) -> WireAnswer:
            is_after = world.job.operation in world.emulator.asked
            if operation == look and is_after and left[0] > 0:
                left[0] -= 1
                return WireAnswer(old.status, old.body, answer.headers)
            return answer

        _also(world, alter)

    return Adversary(f"{reads} stale reads of a namesake created {age} s before", prepare)


def unseen(reads: int) -> Adversary:
    """Let so many lookups not find the resource, every other time."""
    missing = json.dumps({"__type": "NotFoundException", "message": "none"}).encode()

    def prepare(world: Any) -> None:
        turns = [0]

        def alter(operation: str, answer: WireAnswer) -> WireAnswer:
            is_lookup = operation in _LOOKUPS and world.job.operation in world.emulator.asked
            if is_lookup and answer.status == 200:
                turns[0] += 1
                if turns[0] % 2 and turns[0] < 2 * reads:
                    return replace(answer, status=400, body=missing)
            return answer

        _also(world, alter)

    return Adversary(f"{reads} lookups miss it", prepare)


def _tagging(name: str, act: Callable[[Any], object]) -> Adversary:
    def prepare(world: Any) -> None:
        before = world.emulator.before
        is_done: list[object] = []

        def change(operation: str, index: int) -> None:
            before(operation, index)
            if not is_done and world.emulator.created:
                is_done.append(act(world))

        world.emulator.before = change

    return Adversary(name, prepare, spares_evidence=False)


def _retag(world: Any) -> object:
    tags = [{"key": "env", "value": "PROD"}]
    return world.emulator.do("TagResource", resourceName=NAME, tags=tags)


def _untag(world: Any) -> object:
    keys = ["env", "lightsail-snap:client-token"]
    return world.emulator.do("UntagResource", resourceName=NAME, tagKeys=keys)


def other_identity(reads: int) -> Adversary:
    """Let so many responses in a row show another name or id."""

    def prepare(world: Any) -> None:
        left = [reads]

        def rename(resource: dict[str, Any]) -> None:
            for member in ("name", "id"):
                if member in resource:
                    resource[member] = f"other-{resource[member]}"

        def alter(operation: str, answer: WireAnswer) -> WireAnswer:
            is_lookup = operation in {*_LOOKUPS, "GetOperation"} and answer.status == 200
            if is_lookup and left[0] > 0:
                left[0] -= 1
                return _changed(answer, rename)
            return answer

        _also(world, alter)

    return Adversary(f"{reads} responses about other resources", prepare)


def other_operations() -> Adversary:
    """Response the creation with another client's operations."""

    def prepare(world: Any) -> None:
        other = {"id": "op-other", "resourceName": "other-1", "status": "Succeeded"}
        body = json.dumps({"operations": [{**other, "isTerminal": True}]}).encode()

        def alter(operation: str, answer: WireAnswer) -> WireAnswer:
            if operation == world.job.operation and answer.status == 200:
                return replace(answer, body=body)
            return answer

        _also(world, alter)

    return Adversary("the creation is answered with another's operations", prepare)


def lag(seconds: float) -> Adversary:
    """Let creation times differ from `Date`."""

    def prepare(world: Any) -> None:
        def move(resource: dict[str, Any]) -> None:
            resource["createdAt"] += seconds

        def alter(operation: str, answer: WireAnswer) -> WireAnswer:
            return _changed(answer, move) if operation in _LOOKUPS else answer

        _also(world, alter)

    return Adversary(f"creation times {seconds:+} s off", prepare, spares_evidence=False)


class _Replacing:
    """A transport whose first creation is carried out, and refused by a proxy."""

    def __init__(self, inner: Any, operation: str, status: int) -> None:
        self._inner = inner
        self._operation = operation
        self._status = status
        self._is_done = False

    def send(self, request: Request[Any]) -> Response:
        if request.operation_name != self._operation or self._is_done:
            return self._inner.send(request)  # type: ignore[no-any-return] # a transport
        self._is_done = True
        self._inner.send(request)
        status = self._status
        raise ServiceError(
            "<html>Blocked by policy</html>",
            code=str(status),
            http_status=status,
            operation_name=request.operation_name,
            may_have_executed=True,
        ) from _NoLightsailError()

    def close(self) -> None:
        self._inner.close()


class _NoLightsailError(Exception):
    """Stands for botocore's exception."""


def replaced_response(status: int) -> Adversary:
    """Let a proxy replace the response of the creation by a page of its own."""

    def prepare(world: Any) -> None:
        world.wrap = lambda inner: _Replacing(inner, world.job.operation, status)

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
