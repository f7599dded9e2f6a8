"""Pauses and limits of waits."""

from __future__ import annotations

import math
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from lightsail_snap import (
    DiskSnapshot,
    LightsailSnapClient,
    Operation,
    RequestValidationError,
    VirtualClock,
    WaitPolicy,
    WaitTimeoutError,
)
from lightsail_snap._workflows.resources import (
    classify_disk_snapshot,
    classify_operation,
)
from lightsail_snap.waiters import (
    MIN_DELAY_SECONDS,
    percent_of,
)

seconds = st.one_of(
    st.floats(0, 1e6),
    st.floats(0, allow_nan=False, allow_infinity=False),
    st.integers(0, 10**6),
    st.sampled_from([0, 0.1, 0.3, 5e-324]),
)
durations = st.one_of(seconds, st.timedeltas(timedelta(0), timedelta(days=3650)))
draws = st.one_of(st.floats(0, 1, exclude_max=True), st.sampled_from([0.0, math.nextafter(1, 0)]))
BAD: list[Any] = [
    -1,
    -5e-324,
    math.inf,
    -math.inf,
    math.nan,
    True,
    False,
    "5",
    b"5",
    [],
    object(),
    Fraction(1, 2),
    timedelta(microseconds=-1),
    10**400,
    -(10**400),
]


def in_seconds(duration: timedelta | float) -> float:
    return duration.total_seconds() if isinstance(duration, timedelta) else float(duration)


@given(durations, durations, st.integers(0, 2000), draws)
@example(0.1, 0.3, 5, math.nextafter(1, 0))
def test_a_pause_is_never_outside_its_bounds(
    shortest: timedelta | float, longest: timedelta | float, looks: int, draw: float
) -> None:
    assume(in_seconds(shortest) <= in_seconds(longest))
    policy = WaitPolicy(min_delay=shortest, max_delay=longest, random=lambda: draw)
    least, most = (max(in_seconds(each), MIN_DELAY_SECONDS) for each in (shortest, longest))
    assert least <= policy.delay(looks) <= most


@given(st.floats(0, 10), st.floats(0.001, 100), draws)
def test_the_ceiling_never_sinks_and_reaches_the_longest_pause(
    shortest: float, more: float, draw: float
) -> None:
    policy = WaitPolicy(min_delay=shortest, max_delay=shortest + more, random=lambda: draw)
    pauses = [policy.delay(looks) for looks in range(70)]
    assert pauses == sorted(pauses)
    highest = WaitPolicy(
        min_delay=shortest, max_delay=shortest + more, random=lambda: math.nextafter(1, 0)
    )
    assert highest.delay(10**6) == pytest.approx(max(shortest + more, MIN_DELAY_SECONDS))


@pytest.mark.parametrize("name", ["timeout", "min_delay", "max_delay"])
@pytest.mark.parametrize("value", BAD, ids=[str(index) for index in range(len(BAD))])
def test_what_is_no_duration_is_refused(name: str, value: Any) -> None:
    settings: dict[str, Any] = {name: value}
    with pytest.raises(RequestValidationError) as caught:
        WaitPolicy(**settings)
    assert caught.value.errors()[0].field == name


@pytest.mark.parametrize("value", BAD, ids=[str(index) for index in range(len(BAD))])
def test_a_limit_is_held_to_the_same_rules(value: Any) -> None:
    with pytest.raises(RequestValidationError):
        WaitPolicy().limit(value)


@given(durations, durations)
def test_limits(policys: timedelta | float, asked: timedelta | float) -> None:
    policy = WaitPolicy(timeout=policys)
    assert policy.limit("policy") == in_seconds(policys)
    assert policy.limit(asked) == in_seconds(asked)
    assert policy.limit(None) is None
    assert WaitPolicy(timeout=None).limit("policy") is None


@given(durations, durations)
def test_the_longest_pause_is_not_below_the_shortest(
    shortest: timedelta | float, longest: timedelta | float
) -> None:
    assume(in_seconds(longest) < in_seconds(shortest))
    with pytest.raises(RequestValidationError):
        WaitPolicy(min_delay=shortest, max_delay=longest)


class BoundedClock(VirtualClock):
    """A clock that does not let a wait go on for ever."""

    def __init__(self) -> None:
        super().__init__()
        self.sleeps = 0

    def sleep(self, seconds: float) -> None:
        self.sleeps += 1
        assert self.sleeps < 1000, "the wait does not end"
        super().sleep(seconds)


def test_a_wait_ends_at_its_deadline_whatever_the_answers(recorder: Any) -> None:
    @given(
        st.floats(0, 100),
        st.floats(0.5, 100),
        st.floats(0, 1e4),
        draws,
        st.sampled_from(["", ',"status":"New"', ',"status":"Succeeded","isTerminal":false']),
    )
    @example(1e-300, 1, 1, 0.5, "")
    @example(0.1234562, 1, 1, 0.5, "")
    def law(timeout: float, shortest: float, more: float, draw: float, state: str) -> None:
        recorder.payload = f'{{"operation":{{"id":"1"{state}}}}}'.encode()
        recorder.requests.clear()
        clock = BoundedClock()
        policy = WaitPolicy(min_delay=shortest, max_delay=shortest + more, random=lambda: draw)
        client = LightsailSnapClient(transport=recorder, wait_policy=policy, clock=clock)
        with pytest.raises(WaitTimeoutError) as caught:
            client.wait_for_operation("1", timeout=timeout)
        assert clock.monotonic() == pytest.approx(timeout, abs=1e-5)
        assert in_seconds(caught.value.waited) == pytest.approx(timeout, abs=1e-5)
        # One look at the start, and one after each pause; the last pause is clipped, not split.
        assert len(recorder.requests) <= 2 + timeout / shortest

    law()


class Wrong(BoundedClock):
    """A clock that shows anything, however long it is slept."""

    def __init__(self, readings: list[float]) -> None:
        super().__init__()
        self.readings = readings

    def monotonic(self) -> float:
        return self.readings[self.sleeps % len(self.readings)]

    time = monotonic


def test_limited_wait_ends_on_every_clock(recorder: Any) -> None:
    """On a clock that stands still or goes backwards, too; the pauses that were made count."""

    @given(
        st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=5),
        st.floats(0, 50),
        st.sampled_from([(0, 0), (0, 1), (0.5, 0.5)]),
        st.sampled_from([0.0, 0.5, -1.0, math.nan]),
    )
    def law(
        readings: list[float], timeout: float, delays: tuple[float, float], draw: float
    ) -> None:
        recorder.payload = b'{"operation":{"id":"1"},"operations":[{"id":"1"},{"id":"2"}]}'
        clock = Wrong(readings)
        policy = WaitPolicy(
            min_delay=delays[0], max_delay=delays[1], random=lambda: draw, timeout=timeout
        )
        client = LightsailSnapClient(transport=recorder, wait_policy=policy, clock=clock)
        with pytest.raises(WaitTimeoutError):
            client.wait_for_operation("1")
        assert clock.sleeps <= 1 + timeout / MIN_DELAY_SECONDS

    law()


@pytest.mark.parametrize("pause", [1e15, 1e300])
def test_a_pause_longer_than_any_calendar_raises_nothing_foreign(
    recorder: Any, pause: float
) -> None:
    recorder.payload = b'{"operation":{"id":"1"}}'
    policy = WaitPolicy(min_delay=pause, max_delay=pause)
    client = LightsailSnapClient(transport=recorder, wait_policy=policy, clock=VirtualClock())
    with pytest.raises(WaitTimeoutError):
        client.wait_for_operation("1", timeout=pause * 2)


words = st.one_of(
    st.none(),
    st.sampled_from(["Failed", "Succeeded", "Completed", "Started", "completed", "error"]),
    st.text(max_size=5),
)


@given(words, st.one_of(st.none(), st.booleans()), words)
def test_every_operation_and_snapshot_can_be_judged(
    word: str | None,
    is_terminal: bool | None,  # noqa: FBT001 - a member of the wire
    progress: str | None,
) -> None:
    operation = Operation.from_wire({"id": "1", "status": word, "isTerminal": is_terminal})
    ended = classify_operation(operation).value != "pending"
    if is_terminal is not None:
        assert ended is is_terminal
    good = word in {"Succeeded", "Completed"} and is_terminal is not False
    assert (classify_operation(operation).value == "succeeded") is good
    snapshot = DiskSnapshot.from_wire({"name": "a", "state": word, "progress": progress})
    assert (classify_disk_snapshot(snapshot).value == "succeeded") is (word == "completed")
    percent = percent_of(snapshot)
    assert percent is None or 0 <= percent <= 100


@given(st.one_of(st.text(max_size=6), st.from_regex(r"\s*\d{1,5}(\.\d+)?\s*%?")))
def test_any_progress_can_be_read(text: str) -> None:
    percent = percent_of(DiskSnapshot.from_wire({"name": "a", "progress": text}))
    assert percent is None or 0 <= percent <= 100
