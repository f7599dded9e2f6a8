"""Roll backs that are killed, disturbed and continued or undone: the same final state."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.workflows.rollback_support import FAULTS, NEW, KilledError, Service

from lightsail_snap import LightsailSnapError

CALLS = 32
PLANS = st.dictionaries(st.integers(0, CALLS), st.sampled_from(FAULTS), max_size=6)


def restart(service: Service) -> None:
    """Let the next attempt begin with a service that works."""
    service.plan = {}
    service.settle()


@pytest.mark.sample(6)
@pytest.mark.parametrize("ending", ["killed", "killed after"])
@pytest.mark.parametrize("index", range(24))
@pytest.mark.parametrize("then", ["continue", "undo"])
def test_roll_back_killed_at_any_call_can_be_continued_and_undone(
    then: str, index: int, ending: str
) -> None:
    service = Service()
    service.plan = {index: ending}
    killed = service.attempt(service.roll_back)
    assert isinstance(killed, KilledError) == (index < len(service.calls))
    restart(service)
    if then == "continue":
        service.roll_back()
        service.check_rolled_back()
    elif NEW in service.state():
        service.undo()
        service.check_original()
    service.check_invariants()


@pytest.mark.sample(4)
@pytest.mark.parametrize("ending", ["killed", "killed after"])
@pytest.mark.parametrize("index", range(20))
def test_undo_killed_at_any_call_can_be_continued(index: int, ending: str) -> None:
    service = Service()
    service.roll_back()
    service.plan = {len(service.calls) + index: ending}
    service.attempt(service.undo, delete_new_disk=True)
    restart(service)
    if NEW in service.state():
        service.undo(delete_new_disk=True)
    service.check_original(is_new_deleted=True)
    service.check_invariants(is_deletion_allowed=True)


@given(
    ran=st.booleans(),
    attached=st.booleans(),
    plan=PLANS,
    then=st.sampled_from(["continue", "undo", "undo and delete", "undo and continue"]),
    later=PLANS,
    is_old_deleted=st.booleans(),
)
def test_roll_back_with_faults_reaches_the_same_state(  # noqa: PLR0913 - drawn
    *,
    ran: bool,
    attached: bool,
    plan: dict[int, str],
    then: str,
    later: dict[int, str],
    is_old_deleted: bool,
) -> None:
    service = Service(ran=ran, attached=attached)
    options: dict[str, Any] = {"delete_old_disk": is_old_deleted and then == "continue"}
    service.plan = plan
    outcome = service.attempt(service.roll_back, **options)
    if not isinstance(outcome, (LightsailSnapError, KilledError)):
        service.check_rolled_back(is_old_deleted=options["delete_old_disk"])
    service.check_invariants(is_deletion_allowed=options["delete_old_disk"])
    service.plan = {len(service.calls) + index: fault for index, fault in later.items()}
    is_deleting = then == "undo and delete"
    work = service.roll_back if then == "continue" else service.undo
    if work == service.undo:
        options = {"delete_new_disk": is_deleting}
    service.attempt(work, **options)
    restart(service)
    if work == service.roll_back or NEW in service.state():
        work(**options)
    is_allowed = is_deleting or options.get("delete_old_disk", False)
    service.check_invariants(is_deletion_allowed=is_allowed)
    if then == "undo and continue":
        service.roll_back()
        service.check_rolled_back()
    elif work == service.undo:
        service.check_original(is_new_deleted=is_deleting)
    else:
        service.check_rolled_back(is_old_deleted=options["delete_old_disk"])
