"""Check the invariants in random histories of faults, delays and other clients."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lightsail_snap.emulator import Fault, FaultKind, Progression

METHODS = ["disk", "instance", "copy-instance", "restore", "restore-instance"]
OWN_ID = "token-1"
# The service's clock has whole seconds, and responses may be slow.
CLOCK_TOLERANCE = 10
_MAY_COMMIT = set(FaultKind) - {
    FaultKind.REFUSE,
    FaultKind.THROTTLE,
    FaultKind.DELAY,
    FaultKind.TRUNCATE,
    FaultKind.WRONG_TYPES,
}


@st.composite
def faults(draw: st.DrawFn) -> Fault:
    kind = draw(st.sampled_from(FaultKind))
    return Fault(
        kind=kind,
        after_commit=kind in _MAY_COMMIT and draw(st.booleans()),
        skip=draw(st.integers(0, 8)),
        times=draw(st.sampled_from([1, 1, 1, 2, 5])),
        seconds=draw(st.sampled_from([0, 0, 1, 60])),
    )


_PROGRESSIONS = st.one_of(
    st.builds(Progression.by_polls, st.integers(0, 3), st.integers(0, 3)),
    st.builds(Progression.by_seconds, st.integers(0, 60), st.integers(0, 60)),
)
# The call, before or after it, and the action of another client.
_OTHER_CLIENTS = st.lists(
    st.tuples(
        st.integers(0, 9),
        st.sampled_from(["before", "after"]),
        st.sampled_from(["create equal", "create other", "delete"]),
    ),
    max_size=4,
)


def _equal_parameters(method: str) -> dict[str, Any]:
    return {"sourceSnapshotName": "old-instance"} if method == "copy-instance" else {}


def _other_parameters(method: str) -> dict[str, Any]:
    members: dict[str, dict[str, Any]] = {
        "disk": {"diskName": "data-2"},
        "instance": {"tags": [{"key": "env", "value": "test"}]},
        "copy-instance": {"sourceSnapshotName": "old-disk"},
        "restore": {"sizeInGb": 17},
        "restore-instance": {"bundleId": "micro_3_0"},
    }
    return members[method]


@dataclass
class History:
    """A record of who created which resource."""

    environment: Any
    method: str
    has_tags: bool
    created: list[str] = field(default_factory=list)
    equal: dict[str, float] = field(default_factory=dict)
    other: set[str] = field(default_factory=set)
    lost: int = 0

    def _arn(self) -> str | None:
        resource = self.environment.find_resource()
        return resource["arn"] if resource else None

    def record_created(self) -> None:
        """Record what this method has created."""
        arn = self._arn()
        if arn and arn not in {*self.created, *self.equal, *self.other}:
            self.created.append(arn)

    def act_as_other(self, action: str) -> None:
        self.record_created()
        before = self._arn()
        if action == "delete":
            self.environment.delete()
            self.lost += before in self.created and self._arn() is None
            return
        members = (
            _equal_parameters(self.method)
            if action == "create equal"
            else _other_parameters(self.method)
        )
        if self.has_tags and action == "create equal":
            members = {**members, "tags": [{"key": "env", "value": "prod"}]}
        self.environment.create_as_other(**members)
        after = self._arn()
        if after and after != before:
            if action == "create equal":
                self.equal[after] = self.environment.clock.time()
            else:
                self.other.add(after)


@pytest.mark.parametrize("method", METHODS)
@given(
    injected_faults=st.lists(faults(), max_size=6),
    progression=_PROGRESSIONS,
    other_clients=_OTHER_CLIENTS,
    existing=st.sampled_from([None, None, None, ("create equal", 30), ("create other", 30)]),
    latency=st.sampled_from([0, 0.2, 2]),
    skew=st.sampled_from([0, -240, 3600]),
    has_token=st.booleans(),
)
def test_invariants_hold_in_every_history(  # noqa: PLR0913, PLR0917 - each is one kind of event
    kit: Any,
    method: str,
    injected_faults: list[Fault],
    progression: Progression,
    other_clients: list[tuple[int, str, str]],
    existing: tuple[str, int] | None,
    latency: float,
    skew: float,
    *,
    has_token: bool,
) -> None:
    environment = kit.environment(method, progression=progression, skew=skew)
    takes_tags = kit.methods[method].has_token
    history = History(environment, method, takes_tags)
    if existing:
        history.act_as_other(existing[0])
        environment.clock.sleep(existing[1])
    began = environment.clock.time()

    def at(when: str) -> Any:
        def act(_: str, index: int) -> None:
            history.record_created()
            for number, time, action in other_clients:
                if (number, time) == (index, when):
                    history.act_as_other(action)
            environment.clock.sleep(latency)

        return act

    environment.emulator.before, environment.emulator.after = at("before"), at("after")
    environment.inject(*injected_faults)
    options: dict[str, Any] = {"tags": {"env": "prod"}} if takes_tags else {}
    if takes_tags and has_token:
        options["client_token"] = OWN_ID
    outcome = environment.run(**options)
    history.record_created()

    # Never a duplicate: a second resource is created only after another client deleted the first.
    assert len(history.created) <= 1 + history.lost
    fresh = environment.resources().keys() - environment.resources_before
    assert {name for _, _, name in fresh} <= {"made-1"}
    if outcome.error is None:
        # Never a false success: the resource is this method's, or equal in all parameters.
        arn = outcome.resource.arn
        state = getattr(outcome.resource, "state_name", None) or outcome.resource.state
        assert state in {"completed", "available", "running"}
        if arn not in history.created:
            assert "client_token" not in options
            # A copy does not show its source. One that another client creates in its place during
            # the wait is accepted.
            is_swapped = not takes_tags and history.lost > 0
            assert is_swapped or history.equal[arn] >= began - CLOCK_TOLERANCE
    elif environment.find_resource() and environment.find_resource()["arn"] in history.created:
        # Never an unreported success.
        assert outcome.error.may_have_executed
