"""Replays what fuzzing keeps, and fuzzes a little; `scripts/fuzz.py` does it at length.

`LIGHTSAIL_SNAP_FUZZ=1000000` makes these tests try that many inputs in all.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.fuzz import targets

from lightsail_snap import LightsailSnapError

Acts = dict[str, Callable[[bytes], None]]
COUNT = int(os.environ.get("LIGHTSAIL_SNAP_FUZZ", "4000"))
SHARES = {"results": 0.5, "errors": 0.3, "exchange": 0.12, "command": 0.04, "door": 0.04}


@pytest.fixture(scope="module")
def acts() -> Iterator[Acts]:
    door = targets.Door()
    yield targets.TARGETS | {"door": door}
    door.close()


@pytest.mark.parametrize("name", SHARES)
def test_what_is_kept_breaks_no_law(name: str, acts: Acts) -> None:
    kept = targets.corpus(name)
    assert kept
    for data in kept:
        acts[name](data)


@pytest.mark.parametrize("name", SHARES)
def test_inputs_made_of_it_break_no_law(name: str, acts: Acts) -> None:
    for data in targets.inputs(name, int(COUNT * SHARES[name]), seed=1):
        acts[name](data)


pieces = st.one_of(
    st.sampled_from((*targets.MEMBERS, *targets._INTERESTING, b"{", b"}", b"[", b"]", b":", b",")),
    st.binary(max_size=6),
)


@pytest.mark.parametrize("name", sorted(targets.TARGETS))
@given(st.lists(pieces, max_size=12).map(b"".join))
def test_inputs_made_of_pieces_break_no_law(name: str, data: bytes) -> None:
    targets.TARGETS[name](data)


def test_a_broken_law_is_seen() -> None:
    with pytest.raises(targets.BrokenLawError, match="a law"):
        targets._require(False, "a law", "text")  # noqa: FBT003 - what is required

    class LeakyError(LightsailSnapError):
        def __str__(self) -> str:
            return "AKIACANARYCANARYCANA"

    with pytest.raises(targets.BrokenLawError, match="no credential is told"):
        targets.check_error(LeakyError())
