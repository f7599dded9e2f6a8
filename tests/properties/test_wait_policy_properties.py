"""Delays and limits of waits."""

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
    delay_after,
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
def test_delay_is_within_its_bounds(
    shortest: timedelta | float, longest: timedelta | float, polls: int, draw: float
) -> None:
    assume(in_seconds(shortest) <= in_seconds(longest))
    policy = WaitPolicy(min_delay=shortest, max_delay=longest, random=lambda: draw)
    minimum, maximum = (max(in_seconds(each), MIN_DELAY_SECONDS) for each in (shortest, longest))
    assert minimum <= policy.delay(polls) <= maximum


@given(st.floats(0, 10), st.floats(0.001, 100), st.integers(0, 70), st.integers(2, 99), draws)
def test_delay_after_many_calls_is_at_least_as_long_as_after_one(
    shortest: float, more: float, polls: int, calls: int, draw: float
) -> None:
    policy = WaitPolicy(min_delay=shortest, max_delay=shortest + more, random=lambda: draw)
    longest = max(shortest + more, MIN_DELAY_SECONDS)
    assert delay_after(policy, polls, 1) == policy.delay(polls)
    assert policy.delay(polls) <= delay_after(policy, polls, calls) <= longest
    assert delay_after(policy, polls, 10**9) == longest


@given(st.floats(0, 10), st.floats(0.001, 100), draws)
def test_delay_bound_grows_to_max_delay(shortest: float, more: float, draw: float) -> None:
    policy = WaitPolicy(min_delay=shortest, max_delay=shortest + more, random=lambda: draw)
    delays = [policy.delay(polls) for polls in range(70)]
    assert delays == sorted(delays)
    highest = WaitPolicy(
        min_delay=shortest, max_delay=shortest + more, random=lambda: math.nextafter(1, 0)
    )
    assert highest.delay(10**6) == pytest.approx(max(shortest + more, MIN_DELAY_SECONDS))


@pytest.mark.parametrize("name", ["timeout", "min_delay", "max_delay"])
@pytest.mark.parametrize("value", BAD, ids=[str(index) for index in range(len(BAD))])
def test_policy_invalid_duration_is_refused(name: str, value: Any) -> None:
    settings: dict[str, Any] = {name: value}
    with pytest.raises(RequestValidationError) as caught:
        WaitPolicy(**settings)
    assert caught.value.errors()[0].field == name


@pytest.mark.parametrize("value", BAD, ids=[str(index) for index in range(len(BAD))])
def test_limit_invalid_duration_is_refused(value: Any) -> None:
    with pytest.raises(RequestValidationError):
        WaitPolicy().limit(value)


@given(durations, durations)
def test_limit_returns_seconds(default: timedelta | float, timeout: timedelta | float) -> None:
    policy = WaitPolicy(timeout=default)
    assert policy.limit("policy") == in_seconds(default)
    assert policy.limit(timeout) == in_seconds(timeout)
    assert policy.limit(None) is None
    assert WaitPolicy(timeout=None).limit("policy") is None


@given(durations, durations)
def test_policy_max_delay_below_min_delay_is_refused(
    shortest: timedelta | float, longest: timedelta | float
) -> None:
    assume(in_seconds(longest) < in_seconds(shortest))
    with pytest.raises(RequestValidationError):
        WaitPolicy(min_delay=shortest, max_delay=longest)


class BoundedClock(VirtualClock):
    """Clock that fails the test if a wait does not end."""

    def __init__(self) -> None:
        super().__init__()
        self.sleeps = 0

    def sleep(self, seconds: float) -> None:
        self.sleeps += 1
        assert self.sleeps < 1000, "the wait does not end"
        super().sleep(seconds)


def test_wait_any_response_ends_at_its_deadline(recorder: Any) -> None:
    @given(
        st.floats(0, 100),
        st.floats(0.5, 100),
        st.floats(0, 1e4),
        draws,
        st.sampled_from(["", ',"status":"New"', ',"status":"Succeeded","isTerminal":false']),
    )
    @example(1e-300, 1, 1, 0.5, "")
    @example(0.1234562, 1, 1, 0.5, "")
    def check(timeout: float, shortest: float, more: float, draw: float, state: str) -> None:
        recorder.payload = f'{{"operation":{{"id":"1"{state}}}}}'.encode()
        recorder.requests.clear()
        clock = BoundedClock()
        policy = WaitPolicy(min_delay=shortest, max_delay=shortest + more, random=lambda: draw)
        client = LightsailSnapClient(transport=recorder, wait_policy=policy, clock=clock)
        with pytest.raises(WaitTimeoutError) as caught:
            client.wait_for_operation("1", timeout=timeout)
        assert clock.monotonic() == pytest.approx(timeout, abs=1e-5)
        assert in_seconds(caught.value.waited) == pytest.approx(timeout, abs=1e-5)
        # One poll at the start and one after each delay; the last delay is shortened.
        assert len(recorder.requests) <= 2 + timeout / shortest

    check()


class ArbitraryClock(BoundedClock):
    """Clock with arbitrary readings."""

    def __init__(self, readings: list[float]) -> None:
        super().__init__()
        self.readings = readings

    def monotonic(self) -> float:
        return self.readings[self.sleeps % len(self.readings)]

    time = monotonic


def test_wait_any_clock_ends(recorder: Any) -> None:
    """On a clock that stops or runs backwards the sleeps count."""

    @given(
        st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=5),
        st.floats(0, 50),
        st.sampled_from([(0, 0), (0, 1), (0.5, 0.5)]),
        st.sampled_from([0.0, 0.5, -1.0, math.nan]),
    )
    def check(
        readings: list[float], timeout: float, delays: tuple[float, float], draw: float
    ) -> None:
        recorder.payload = b'{"operation":{"id":"1"},"operations":[{"id":"1"},{"id":"2"}]}'
        clock = ArbitraryClock(readings)
        policy = WaitPolicy(
            min_delay=delays[0], max_delay=delays[1], random=lambda: draw, timeout=timeout
        )
        client = LightsailSnapClient(transport=recorder, wait_policy=policy, clock=clock)
        with pytest.raises(WaitTimeoutError):
            client.wait_for_operation("1")
        assert clock.sleeps <= 1 + timeout / MIN_DELAY_SECONDS

    check()


@pytest.mark.parametrize("pause", [1e15, 1e300])
def test_wait_delay_beyond_the_calendar_raises_library_errors_only(
    recorder: Any, pause: float
) -> None:
    recorder.payload = b'{"operation":{"id":"1"}}'
    policy = WaitPolicy(min_delay=pause, max_delay=pause)
    client = LightsailSnapClient(transport=recorder, wait_policy=policy, clock=VirtualClock())
    with pytest.raises(WaitTimeoutError):
        client.wait_for_operation("1", timeout=pause * 2)


states = st.one_of(
    st.none(),
    st.sampled_from(["Failed", "Succeeded", "Completed", "Started", "completed", "error"]),
    st.text(max_size=5),
)


@given(states, st.one_of(st.none(), st.booleans()), states)
def test_classification_any_status_is_defined(
    state: str | None,
    is_terminal: bool | None,  # noqa: FBT001 - a wire value
    progress: str | None,
) -> None:
    operation = Operation.from_wire({"id": "1", "status": state, "isTerminal": is_terminal})
    ended = classify_operation(operation).value != "pending"
    if is_terminal is not None:
        assert ended is is_terminal
    is_success = state in {"Succeeded", "Completed"} and is_terminal is not False
    assert (classify_operation(operation).value == "succeeded") is is_success
    snapshot = DiskSnapshot.from_wire({"name": "a", "state": state, "progress": progress})
    assert (classify_disk_snapshot(snapshot).value == "succeeded") is (state == "completed")
    percent = percent_of(snapshot)
    assert percent is None or 0 <= percent <= 100


@given(st.one_of(st.text(max_size=6), st.from_regex(r"\s*\d{1,5}(\.\d+)?\s*%?")))
def test_percent_any_progress_is_in_range(text: str) -> None:
    percent = percent_of(DiskSnapshot.from_wire({"name": "a", "progress": text}))
    assert percent is None or 0 <= percent <= 100
