"""Exactly-once creation, although the service has no idempotency token.

The name, unique in a Region, is the key: a request that is sent twice cannot create two resources.
After a lost response, the question is whether the resource of this name is the one that this call
created. docs/exactly-once.md has the algorithm and the argument.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, NoReturn

from lightsail_snap._parameters import invalid_parameter
from lightsail_snap._workflows.effects import ClockReading, call, log
from lightsail_snap._workflows.ownership import (
    CLOCK_PRECISION_SECONDS,
    CLOCK_TOLERANCE_SECONDS,
    Created,
    CreatedT,
    Identity,
    Ownership,
    creating_operations,
    has_tags,
    operations_since,
    wrong_resource,
)
from lightsail_snap._workflows.resources import Found, Waitable
from lightsail_snap._workflows.timing import MAX_LOOKUPS, RetryBudget
from lightsail_snap._workflows.transient import is_transient, is_unreadable
from lightsail_snap.errors import (
    InvalidInputException,
    LightsailSnapError,
    NameConflictError,
    NotFoundException,
    OutcomeUnknownError,
    RequestNotSentError,
    SnapshotConflictError,
    safe_text,
)
from lightsail_snap.models import Disk, Instance, Operation, Request, ResponseMetadata, Tag
from lightsail_snap.models.operations import OperationsResult

CLIENT_TOKEN_KEY = "lightsail-snap:client-token"  # noqa: S105 - the key of a tag, no secret
# botocore sends up to five times by itself, each time.
MAX_SENDS = 5
# A request that is dated further off than this is refused for its signature (IAM user guide,
# "Elements of an AWS API request signature": within five minutes).
MAX_CLOCK_SKEW_SECONDS = 300.0

# Lightsail was launched on 2016-11-30, so nothing was created before.
_LAUNCH = 1_480_464_000.0


@dataclass(frozen=True, slots=True)
class Creation(Generic[CreatedT]):
    """A resource to create exactly once.

    Attributes:
        request: The request that creates it, the client token's tag included.
        name: Its name.
        waitable: Its kind.
        compare: Compares what no client can change later, of a resource and of the operations that
            created it: the source, the size, the zone, the type of operation.
        tags: The tags of the request; any client may change them later.
        token: The tag of this call's client token; None if it has none.
        resume_call: The call that continues, if it is not the one that waits for the resource.
    """

    request: Request[Any]
    name: str
    waitable: Waitable[CreatedT]
    compare: Callable[[CreatedT, tuple[Operation, ...]], Ownership]
    tags: tuple[Tag, ...] = ()
    token: Tag | None = None
    resume_call: str = ""

    @property
    def title(self) -> str:
        """The kind and the name, for messages."""
        return f"{self.waitable.noun} {self.name}"

    @property
    def resume(self) -> str:
        """The call that waits for the resource, or continues."""
        return self.resume_call or f"{self.waitable.resume}({self.name!r})"

    @property
    def all_tags(self) -> tuple[Tag, ...]:
        """The tags of the request, the client token's included."""
        return self.tags if self.token is None else (*self.tags, self.token)

    def has_token(self, resource: Created) -> bool:
        """Return whether a resource is tagged with this call's client token."""
        return self.token is not None and has_tags(resource, (self.token,))


@dataclass(frozen=True, slots=True)
class Accepted:
    """A creation that the service has accepted.

    Attributes:
        operations: The operations that create the resource; none if they cannot be seen.
        identity: What identifies the resource from now on.
        at: When it was accepted, by the service's clock; None if the response does not show it, or
            if the resource was found by a lookup.
    """

    operations: tuple[Operation, ...]
    identity: Identity
    at: float | None = None


async def create_once(creation: Creation[CreatedT], budget: RetryBudget) -> Accepted:
    """Create a resource exactly once, whatever becomes of the responses.

    Raises:
        NameConflictError: If the name is taken by a resource that this call did not create.
        OutcomeUnknownError: If it cannot be found out whether this call created it.
        LightsailSnapError: If it was not created.
    """
    began = await budget.stopwatch.read()
    doubt: LightsailSnapError | None = None
    for sends in range(1, MAX_SENDS + 1):
        try:
            result = _check_names(creation, await call(creation.request))
        except LightsailSnapError as error:
            problem = error
        else:
            now = await budget.stopwatch.read()
            return _accepted(creation, result, began, now)
        if problem.may_have_executed:
            doubt = doubt or problem
        is_taken = isinstance(problem, InvalidInputException) and problem.sub_code == "NameExists"
        reconciliation = _Reconciliation(creation, budget, began, problem, doubt, is_taken=is_taken)
        if is_taken or doubt is not None:
            accepted = await reconciliation.run()
            if accepted is not None:
                return accepted
        message = f"{creation.title} was not created yet: {safe_text(problem)}"
        await log(message, level=logging.WARNING, attempt=sends, error=type(problem).__name__)
        if not (is_transient(problem) or is_unreadable(problem)) or sends == MAX_SENDS:
            reconciliation.give_up()
        if not await budget.pause(sends):
            reconciliation.give_up()
    raise AssertionError  # pragma: no cover - the last attempt has raised


def _check_names(creation: Creation[CreatedT], result: OperationsResult) -> OperationsResult:
    """Refuse a response whose operations are all about other resources."""
    names = [each.resource_name for each in result.operations]
    if names and None not in names and creation.name not in names:
        rule = f"must be about {creation.name}"
        error = wrong_resource(result, "operations", rule, str(names[0]))
        error.may_have_executed = True
        raise error
    return result


def _accepted(
    creation: Creation[CreatedT], result: OperationsResult, began: ClockReading, now: ClockReading
) -> Accepted:
    times = [
        operation.created_at.timestamp()
        for operation in result.operations
        if operation.created_at is not None and operation.resource_name == creation.name
    ]
    times = [time for time in times if time >= _LAUNCH]
    # The same machines date operations and resources; `Date` is a proxy's at times.
    at = min(times) if times else None
    earliest = _beginning(began, now, result.response_metadata)[0] if at is None else at
    identity = Identity(created_after=earliest, is_created_here=True)
    return Accepted(result.operations, identity, at)


@dataclass(frozen=True, slots=True)
class _Reconciliation(Generic[CreatedT]):
    """A request that failed, while the name may be held by what it created.

    Attributes:
        creation: The resource to create.
        budget: How long to try.
        began: When the call began.
        problem: The error of the last request.
        doubt: The first error of a request that may have been executed, if there was one.
        is_taken: Whether the service reported that the name is in use.
    """

    creation: Creation[CreatedT]
    budget: RetryBudget
    began: ClockReading
    problem: LightsailSnapError
    doubt: LightsailSnapError | None
    is_taken: bool

    async def run(self) -> Accepted | None:
        """Find out who created the resource of this name; None if there is none, so send again.

        A lookup may be stale: it may miss the resource, or show one that is deleted by now. So one
        that does not show a resource created since this call began is repeated.
        """
        ownership, lookups = Ownership.UNKNOWN, 0
        while True:
            found = await self._look_up()
            now = await self.budget.stopwatch.read()
            lookups += 1
            if found is None and not self.is_taken:
                return None
            if found is not None:
                ownership, history, is_fresh = await self._classify(found, now)
                if ownership is Ownership.OWN:
                    return await self._own(found.resource, history)
                if is_fresh or not self._may_be_own:
                    break
            if lookups == MAX_LOOKUPS:
                break
            if not await self.budget.pause(lookups):
                # An older resource may be one that is deleted by now.
                ownership = ownership if self.doubt is None else Ownership.UNKNOWN
                break
        if found is None:
            self.give_up()
        if ownership is Ownership.FOREIGN:
            error = conflict(self.creation, found.resource)
            # It may have been created, and deleted by another client since.
            error.may_have_executed = self.doubt is not None
            raise error from self.problem
        raise _unknown(self.creation, "another client may have created it") from self.problem

    @property
    def _may_be_own(self) -> bool:
        """Whether an earlier request, of this call or with its token, may have been executed."""
        return self.doubt is not None or self.creation.token is not None

    async def _look_up(self) -> Found[CreatedT] | None:
        find = self.creation.waitable.find
        try:
            return await self.budget.look_up(lambda: find(self.creation.name))
        except NotFoundException:
            return None
        except LightsailSnapError as error:
            if self._may_be_own:
                why = f"it cannot be looked up: {safe_text(error)}"
                # A lookup for which no time is left adds nothing to what is known.
                is_too_late = isinstance(error, RequestNotSentError) and error.__cause__ is None
                raise _unknown(self.creation, why) from self.problem if is_too_late else error
            # The name is taken, no matter by which client.
            raise self.problem from self.problem.__cause__

    async def _classify(
        self, found: Found[CreatedT], now: ClockReading
    ) -> tuple[Ownership, tuple[Operation, ...], bool]:
        """Return whose a resource is, its operations, and whether it is from this call's time."""
        creation, resource = self.creation, found.resource
        earliest, latest = _beginning(self.began, now, found.metadata)
        created = resource.created_at.timestamp() if resource.created_at else None
        is_fresh = created is not None and created >= latest - CLOCK_PRECISION_SECONDS
        if creation.has_token(resource):
            is_reused = creation.compare(resource, ()) is Ownership.FOREIGN
            history = () if is_reused else await creating_operations(creation.name, self.budget)
            history = operations_since(history, resource)
            return Ownership.FOREIGN if is_reused else Ownership.OWN, history, is_fresh
        if self.doubt is None:
            return Ownership.FOREIGN, (), is_fresh
        history = await creating_operations(creation.name, self.budget)
        history = operations_since(history, resource)
        if created is not None and created < earliest - CLOCK_TOLERANCE_SECONDS:
            return Ownership.FOREIGN, history, is_fresh
        compared = creation.compare(resource, history)
        is_equal = creation.token is None and has_tags(resource, creation.tags)
        if compared is Ownership.OWN and not (is_fresh and is_equal):
            # Other clients may change tags, and creation times are not exact.
            compared = Ownership.UNKNOWN
        return compared, history, is_fresh

    async def _own(self, resource: CreatedT, history: tuple[Operation, ...]) -> Accepted:
        message = f"{self.creation.title} was created although its response "
        message += "was lost" if self.doubt is not None else "was not seen by this call"
        await log(message, level=logging.WARNING, error=type(self.problem).__name__)
        identity = Identity(None, resource.arn, resource.created_at, is_created_here=True)
        return Accepted(history, identity)

    def give_up(self) -> NoReturn:
        """Raise the error for a resource that is not there."""
        is_open = self.doubt is not None or (self.is_taken and self._may_be_own)
        if not is_open or isinstance(self.problem, OutcomeUnknownError):
            raise self.problem
        raise _unknown(self.creation, "the last lookup did not find it") from self.problem


def conflict(creation: Creation[CreatedT], resource: Created) -> NameConflictError:
    """Return the error for a name that is taken by a resource of another call."""
    kind = resource.resource_type or "resource"
    article = "an" if kind.startswith("I") else "a"
    text = f"the name {creation.name} is taken by {article} {kind} "
    if resource.created_at is not None:
        text += f"of {resource.created_at.isoformat(timespec='seconds')} "
    if creation.has_token(resource):
        text += "that was created with the same client token but differs in source, size or "
        text += "zone; use another client token and another name"
    else:
        text += "that this call did not make; choose another name"
    if isinstance(resource, Disk | Instance):
        return NameConflictError(text, resource=resource)
    return SnapshotConflictError(text, snapshot=resource)


def _unknown(creation: Creation[CreatedT], why: str) -> OutcomeUnknownError:
    return OutcomeUnknownError(
        # The advice comes first, since a long reason is cut off.
        f"{creation.title} may have been created; look it up before you send the "
        f"request again: {why}",
        request=creation.request,
    )


def _beginning(
    began: ClockReading, now: ClockReading, metadata: ResponseMetadata
) -> tuple[float, float]:
    """Return when, by the service's clock, this call began: at the earliest and at the latest."""
    if metadata.date is None:
        return began.time - MAX_CLOCK_SKEW_SECONDS, began.time + MAX_CLOCK_SKEW_SECONDS
    # A monotonic clock may stand still while the machine sleeps, so at least this has passed. The
    # other clock does not stand still, but it may have been set in between.
    least = max(0.0, now.monotonic - began.monotonic)
    most = max(least, now.time - began.time)
    received = metadata.date.timestamp()
    return received - most, received - least


def token_tag(client_token: str | None) -> Tag | None:
    """Return the tag for a client token."""
    if client_token is None:
        return None
    if not client_token:
        fix = "pass a string that identifies this call, such as a UUID"
        raise invalid_parameter("client_token", "must not be empty", fix, client_token)
    return Tag(key=CLIENT_TOKEN_KEY, value=client_token)


def compare_values(found: str | None, expected: str, *, is_other: bool = False) -> Ownership:
    """Compare a value that no client can change; a missing one proves nothing."""
    if found is None:
        return Ownership.FOREIGN if is_other else Ownership.UNKNOWN
    return Ownership.OWN if found == expected else Ownership.FOREIGN
