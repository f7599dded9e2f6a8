"""Creating a thing exactly once, although the service knows no idempotency token.

The name, unique in a region, is the key: a request that is sent twice cannot make two things. What
is left to find out after a lost answer is whether the thing of this name is the one this call
made. docs/exactly-once.md has the whole argument.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Any, Generic, TypeAlias, TypeVar

from lightsail_snap._flows._effects import Flow, Moment, call, note, pause
from lightsail_snap._flows._subjects import all_pages
from lightsail_snap._flows._waits import is_transient, is_unreadable
from lightsail_snap.errors import (
    InvalidInputException,
    LightsailSnapError,
    NameConflictError,
    NotFoundException,
    OutcomeUnknownError,
    SnapshotConflictError,
    safe_text,
)
from lightsail_snap.models import (
    Disk,
    DiskSnapshot,
    GetOperationsForResourceRequest,
    InstanceSnapshot,
    Operation,
    Request,
    ResponseMetadata,
    Tag,
)
from lightsail_snap.waiters import WaitPolicy

Made: TypeAlias = Disk | DiskSnapshot | InstanceSnapshot
MadeT = TypeVar("MadeT", bound=Made)
ReturnT = TypeVar("ReturnT")

# botocore sends up to five times by itself, each time.
_MOST_SENDS = 5
_MOST_LOOKS = 5
# A request that is dated further off than this is refused for its signature (IAM user guide,
# "Elements of an AWS API request signature": within five minutes).
_MOST_SKEW = 300.0
# The service's `Date` is to the second, and its machines may disagree a little (unverified).
_BLUR = 2.0

# What else can take a name; an operation of another of these types speaks for another maker.
_CREATING = frozenset(
    {
        "CopySnapshot",
        "CreateDisk",
        "CreateDiskFromSnapshot",
        "CreateDiskSnapshot",
        "CreateInstanceSnapshot",
    }
)


class Proof(Enum):
    """Whether a thing is the one that this call made."""

    OURS = "ours"
    FOREIGN = "foreign"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Found(Generic[MadeT]):
    """What holds the name.

    Attributes:
        thing: The resource.
        metadata: How the answer that shows it came.
    """

    thing: MadeT
    metadata: ResponseMetadata


@dataclass(frozen=True, slots=True)
class Creation(Generic[MadeT]):
    """Something to be made exactly once.

    Attributes:
        request: What makes it.
        name: Its name.
        noun: What it is called.
        look: Looks it up by its name.
        prove: Says, of what holds the name and of the operations that created it, whether this
            call could have made it; when it was made is compared elsewhere.
        has_token: Tells whether it bears this very call's token; None if the call has none.
    """

    request: Request[Any]
    name: str
    noun: str
    look: Callable[[], Flow[Found[MadeT]]]
    prove: Callable[[MadeT, tuple[Operation, ...]], Proof]
    has_token: Callable[[MadeT], bool] | None = None


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to go on trying.

    Attributes:
        policy: How long to pause in between.
        limit: After how many seconds not to try again; None for never.
        began: When these began to run.
    """

    policy: WaitPolicy
    limit: float | None
    began: Moment

    def left(self) -> Flow[float | None]:
        """Tell what is left of the limit.

        Returns:
            So many seconds, which may be negative; None if there is no limit.
        """
        spent = (yield from pause()).monotonic - self.began.monotonic
        return None if self.limit is None else self.limit - spent

    def allows(self, delay: float) -> Flow[bool]:
        """Tell whether there is time for a pause.

        Args:
            delay: How long it is, in seconds.

        Returns:
            Whether there is.
        """
        left = yield from self.left()
        return left is None or delay <= left

    def look(self, look: Callable[[], Flow[ReturnT]]) -> Flow[ReturnT]:
        """Look, and look again if that fails in passing; looking changes nothing.

        Args:
            look: Looks once.

        Returns:
            What it returns.

        Raises:
            LightsailSnapError: Why the last look failed.
        """
        for looks in range(1, _MOST_LOOKS + 1):
            delay = self.policy.delay(looks)
            try:
                return (yield from look())
            except LightsailSnapError as error:
                may_pass = is_transient(error) or is_unreadable(error)
                if not may_pass or looks == _MOST_LOOKS or not (yield from self.allows(delay)):
                    raise
            yield from pause(delay)
        raise AssertionError  # pragma: no cover - the last round has returned or raised


def create_once(
    creation: Creation[MadeT], policy: WaitPolicy, limit: float | None
) -> Flow[tuple[Operation, ...]]:
    """Make something exactly once, whatever becomes of the answers.

    Args:
        creation: What to make.
        policy: How long to pause before sending again.
        limit: After how many seconds not to send again; None for never.

    Returns:
        The operations that make it; none if it was found to be made and they cannot be had.

    Raises:
        NameConflictError: If the name is taken by something that this call did not make.
        OutcomeUnknownError: If it cannot be found out whether it was made.
        LightsailSnapError: If it was not made, for the reason it tells.
    """
    patience = Patience(policy, limit, (yield from pause()))
    doubt: LightsailSnapError | None = None
    for sends in range(1, _MOST_SENDS + 1):
        try:
            result = yield from call(creation.request)
        except LightsailSnapError as error:
            problem = error
        else:
            operations: tuple[Operation, ...] = result.operations
            return operations
        if problem.may_have_executed:
            doubt = doubt or problem
        is_taken = isinstance(problem, InvalidInputException) and problem.sub_code == "NameExists"
        is_there = is_taken or doubt is not None
        found = (yield from _look_up(creation, patience, doubt)) if is_there else None
        if found is not None:
            return (yield from _settle(creation, found, patience, problem, doubt))
        text = f"{creation.noun} {creation.name} was not made yet: {safe_text(problem)}"
        yield from note(text, level=logging.WARNING, attempt=sends, error=type(problem).__name__)
        is_worth_it = is_transient(problem) or is_unreadable(problem)
        delay = policy.delay(sends)
        is_late = not (yield from patience.allows(delay))
        if not (is_worth_it or (is_taken and doubt)) or sends == _MOST_SENDS or is_late:
            if doubt is None or isinstance(problem, OutcomeUnknownError):
                raise problem
            raise _unknown(creation, "it was not there when last looked for") from problem
        yield from pause(delay)
    raise AssertionError  # pragma: no cover - the last round has raised


def _unknown(creation: Creation[MadeT], why: str) -> OutcomeUnknownError:
    return OutcomeUnknownError(
        # The advice comes first, since a long reason is cut off.
        f"{creation.noun} {creation.name} may have been made, look it up before you send the "
        f"request again: {why}",
        request=creation.request,
    )


def _look_up(
    creation: Creation[MadeT], patience: Patience, doubt: LightsailSnapError | None
) -> Flow[Found[MadeT] | None]:
    try:
        return (yield from patience.look(creation.look))
    except NotFoundException:
        return None
    except LightsailSnapError as error:
        if doubt is None:
            # The name is taken for sure; who holds it is all that stays unknown.
            return None
        raise _unknown(creation, f"it cannot be looked up: {safe_text(error)}") from error


def _settle(
    creation: Creation[MadeT],
    found: Found[MadeT],
    patience: Patience,
    problem: LightsailSnapError,
    doubt: LightsailSnapError | None,
) -> Flow[tuple[Operation, ...]]:
    """Decide whose the thing is that holds the name."""
    thing = found.thing
    if doubt is None and creation.has_token is None:
        raise _conflict(creation, thing) from problem
    earliest, latest = _beginning(patience.began, (yield from pause()), found.metadata)
    history = yield from _creating_operations(creation.name, thing, patience)
    created = thing.created_at.timestamp() if thing.created_at else None
    if creation.has_token is not None:
        # A token that is given to two different jobs must not pass the one's thing off as the
        # other's.
        is_ours = creation.has_token(thing) and creation.prove(thing, ()) is not Proof.FOREIGN
        proof = Proof.OURS if is_ours else Proof.FOREIGN
    elif created is not None and created < earliest:
        proof = Proof.FOREIGN
    else:
        proof = creation.prove(thing, history)
        if proof is Proof.OURS and (created is None or created < latest):
            proof = Proof.UNCLEAR
    if proof is Proof.OURS:
        text = f"{creation.noun} {creation.name} was made although its answer was lost"
        yield from note(text, level=logging.WARNING, error=type(problem).__name__)
        return history
    if proof is Proof.FOREIGN:
        raise _conflict(creation, thing) from problem
    raise _unknown(creation, "the one that is there cannot be told from another's") from problem


def _beginning(began: Moment, now: Moment, metadata: ResponseMetadata) -> tuple[float, float]:
    """Tell when, by the service's clock, this call began: at the earliest and at the latest."""
    if metadata.date is None:
        return began.time - _MOST_SKEW, began.time + _MOST_SKEW
    # A monotonic clock may stand still while the machine sleeps, so at least this has passed. The
    # other clock does not stand still, but it may have been set in between.
    least = now.monotonic - began.monotonic
    most = max(least, now.time - began.time)
    answered = metadata.date.timestamp() - _BLUR
    return answered - most, answered - least


def _conflict(creation: Creation[MadeT], thing: Made) -> NameConflictError:
    text = f"the name {creation.name} is taken by a {thing.resource_type or 'resource'} "
    if thing.created_at is not None:
        text += f"of {thing.created_at.isoformat(timespec='seconds')} "
    text += "that this call did not make; choose another name"
    if isinstance(thing, Disk):
        return NameConflictError(text, resource=thing)
    return SnapshotConflictError(text, snapshot=thing)


def _creating_operations(name: str, thing: Made, patience: Patience) -> Flow[tuple[Operation, ...]]:
    """Look for the operations that made a thing; that there are none to be seen proves nothing."""
    if thing.created_at is None:
        # A namesake that is deleted by now may have left operations behind.
        return ()
    since = thing.created_at - timedelta(seconds=_BLUR)
    request = GetOperationsForResourceRequest(resource_name=name)
    try:
        pages = yield from patience.look(lambda: all_pages(request))
    except LightsailSnapError:
        # GetOperationsForResource is documented for instances and static IPs; whether it answers
        # for snapshots and disks is unverified.
        return ()
    return tuple(
        operation
        for page in pages
        for operation in page.operations
        if operation.operation_type in _CREATING
        and operation.resource_name == name
        and operation.created_at is not None
        and operation.created_at >= since
    )


def made_by(operation_type: str, operations: Iterable[Operation]) -> Proof:
    """Judge by the operations that created a thing.

    Args:
        operation_type: What this call's operation is called.
        operations: Those that created the thing, as far as they can be seen.

    Returns:
        FOREIGN if they are all of another type, else UNCLEAR.
    """
    types = {operation.operation_type for operation in operations}
    return Proof.FOREIGN if types and operation_type not in types else Proof.UNCLEAR


def bears(thing: Made, tags: Iterable[Tag]) -> bool:
    """Tell whether a thing bears the tags that it was to be made with.

    Args:
        thing: The thing.
        tags: The tags.

    Returns:
        Whether it does; others that it bears do not matter, AWS sets some by itself.
    """
    # Whether the service echoes an empty value or drops it is unverified.
    borne = {(tag.key, tag.value or "") for tag in thing.tags}
    return borne >= {(tag.key, tag.value or "") for tag in tags}
