"""Any history of faults, delays and strangers: the laws hold in all of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lightsail_snap.emulator import Fault, FaultKind, Progression

JOBS = ["disk", "instance", "copy-instance", "restore"]
OURS = "job-1"
# What the service's clock, told to the second and blurred, and slow answers leave open.
_BLUR = 10
_EITHER = set(FaultKind) - {
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
        after_commit=kind in _EITHER and draw(st.booleans()),
        skip=draw(st.integers(0, 8)),
        times=draw(st.sampled_from([1, 1, 1, 2, 5])),
        seconds=draw(st.sampled_from([0, 0, 1, 60])),
    )


_PROGRESSIONS = st.one_of(
    st.builds(Progression.by_polls, st.integers(0, 3), st.integers(0, 3)),
    st.builds(Progression.by_seconds, st.integers(0, 60), st.integers(0, 60)),
)
# Who, at which call, before or after it, does what.
_STRANGERS = st.lists(
    st.tuples(
        st.integers(0, 9),
        st.sampled_from(["before", "after"]),
        st.sampled_from(["make the same", "make another", "delete"]),
    ),
    max_size=4,
)


def _same(job: str) -> dict[str, Any]:
    return {"sourceSnapshotName": "old-instance"} if job == "copy-instance" else {}


def _another(job: str) -> dict[str, Any]:
    members: dict[str, dict[str, Any]] = {
        "disk": {"diskName": "data-2"},
        "instance": {"tags": [{"key": "env", "value": "test"}]},
        "copy-instance": {"sourceSnapshotName": "old-disk"},
        "restore": {"sizeInGb": 17},
    }
    return members[job]


@dataclass
class Chronicle:
    """Who made what, as it really happened."""

    world: Any
    job: str
    has_tags: bool
    ours: list[str] = field(default_factory=list)
    equal: dict[str, float] = field(default_factory=dict)
    other: set[str] = field(default_factory=set)
    lost: int = 0

    def _arn(self) -> str | None:
        thing = self.world.there()
        return thing["arn"] if thing else None

    def notice(self) -> None:
        """Note what this job has made."""
        arn = self._arn()
        if arn and arn not in {*self.ours, *self.equal, *self.other}:
            self.ours.append(arn)

    def strangers(self, deed: str) -> None:
        self.notice()
        before = self._arn()
        if deed == "delete":
            self.world.delete()
            self.lost += before in self.ours and self._arn() is None
            return
        members = _same(self.job) if deed == "make the same" else _another(self.job)
        if self.has_tags and deed == "make the same":
            members = {**members, "tags": [{"key": "env", "value": "prod"}]}
        self.world.foreign(**members)
        after = self._arn()
        if after and after != before:
            if deed == "make the same":
                self.equal[after] = self.world.clock.time()
            else:
                self.other.add(after)


@pytest.mark.parametrize("job", JOBS)
@given(
    disturbances=st.lists(faults(), max_size=6),
    progression=_PROGRESSIONS,
    strangers=_STRANGERS,
    namesake=st.sampled_from([None, None, None, ("make the same", 30), ("make another", 30)]),
    latency=st.sampled_from([0, 0.2, 2]),
    skew=st.sampled_from([0, -240, 3600]),
    has_token=st.booleans(),
)
def test_the_laws_hold_in_every_history(  # noqa: PLR0913, PLR0917 - each is one thing that can happen
    kit: Any,
    job: str,
    disturbances: list[Fault],
    progression: Progression,
    strangers: list[tuple[int, str, str]],
    namesake: tuple[str, int] | None,
    latency: float,
    skew: float,
    *,
    has_token: bool,
) -> None:
    world = kit.world(job, progression=progression, skew=skew)
    takes_tags = kit.jobs[job].has_token
    chronicle = Chronicle(world, job, takes_tags)
    if namesake:
        chronicle.strangers(namesake[0])
        world.clock.sleep(namesake[1])
    began = world.clock.time()

    def at(when: str) -> Any:
        def act(_: str, index: int) -> None:
            chronicle.notice()
            for number, moment, deed in strangers:
                if (number, moment) == (index, when):
                    chronicle.strangers(deed)
            world.clock.sleep(latency)

        return act

    world.emulator.before, world.emulator.after = at("before"), at("after")
    world.inject(*disturbances)
    options: dict[str, Any] = {"tags": {"env": "prod"}} if takes_tags else {}
    if takes_tags and has_token:
        options["client_token"] = OURS
    outcome = world.run(**options)
    chronicle.notice()

    # Never a duplicate: a second one is made only after a stranger took the first away.
    assert len(chronicle.ours) <= 1 + chronicle.lost
    fresh = world.things().keys() - world.things_before
    assert {name for _, _, name in fresh} <= {"made-1"}
    if outcome.error is None:
        # Never a false success: it is this job's, or equal in all that was asked for.
        arn = outcome.thing.arn
        assert outcome.thing.state in {"completed", "available"}
        if arn not in chronicle.ours:
            assert "client_token" not in options
            # A copy does not tell what it was made from: one that a stranger puts in the place of
            # this job's own while that is awaited passes for it.
            is_swapped = not takes_tags and chronicle.lost > 0
            assert is_swapped or chronicle.equal[arn] >= began - _BLUR
    elif world.there() and world.there()["arn"] in chronicle.ours:
        # Never a lost success that is not told.
        assert outcome.error.may_have_executed
