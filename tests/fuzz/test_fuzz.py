"""Replays what fuzzing keeps, and fuzzes a little; `scripts/fuzz.py` does it at length.

The thorough test tries 4,000 inputs in all, or as many as `LIGHTSAIL_SNAP_FUZZ` says.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripts import fuzz, reliability
from tests.fuzz import targets

from lightsail_snap import LightsailSnapError

Acts = dict[str, Callable[[bytes], None]]
COUNT = int(os.environ.get("LIGHTSAIL_SNAP_FUZZ", "4000"))
SHARES = {
    "results": 0.46,
    "errors": 0.3,
    "exchange": 0.12,
    "plans": 0.06,
    "command": 0.02,
    "door": 0.04,
}


@pytest.fixture(scope="module")
def acts() -> Iterator[Acts]:
    door, command = targets.Door(), targets.Command()
    yield targets.TARGETS | {"door": door, "command": command}
    door.close()
    command.close()


@pytest.mark.parametrize("name", SHARES)
def test_what_is_kept_breaks_no_law(name: str, acts: Acts) -> None:
    kept = targets.corpus(name)
    assert kept
    for data in kept:
        acts[name](data)


@pytest.mark.parametrize("name", SHARES)
@pytest.mark.parametrize("count", [400, pytest.param(COUNT, marks=pytest.mark.thorough)])
def test_inputs_made_of_it_break_no_law(name: str, count: int, acts: Acts) -> None:
    for data in targets.inputs(name, int(count * SHARES[name]), seed=1):
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


def test_what_breaks_a_law_is_told_and_written_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(data: bytes) -> None:
        if b"null" in data:
            raise targets.BrokenLawError("no nulls")

    monkeypatch.setattr(targets, "TARGETS", targets.TARGETS | {"errors": fail})
    monkeypatch.setattr(targets, "corpus", lambda _: [b"some"])
    words = ["--inputs", "400", "--targets", "errors", "--found", str(tmp_path)]
    assert fuzz.main(words) == 1
    told = capsys.readouterr()
    written = list(tmp_path.iterdir())
    assert written
    assert all(b"null" in path.read_bytes() for path in written)
    assert f"{len(written)} inputs broke an invariant" in told.out
    assert all(str(path) in told.err for path in written)


def test_what_reaches_something_new_is_varied_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(targets, "corpus", lambda _: [b"\0{}"])
    figures = fuzz.fuzz(300, chosen=["results"])
    assert figures.broken == ()
    assert figures.tried == {"results": 300}
    # The interpreter tells what is reached from 3.12 on.
    can_tell = sys.version_info >= (3, 12)
    assert bool(figures.grown["results"]) is bool(figures.reached) is can_tell
    assert "| responses, read as any model | 1 | 300 |" in fuzz.fuzz_table(figures)


def test_figures_are_not_lost_where_the_page_has_no_place_for_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for part in reliability.PARTS:
        page = reliability.PAGE.read_text(encoding="utf-8")
        assert page.index(f"<!-- {part}: begin -->") < page.index(f"<!-- {part}: end -->")
    page_of_one = tmp_path / "page.md"
    page_of_one.write_text(
        "a\n<!-- fuzz: begin -->\nold\n<!-- fuzz: end -->\nb\n", encoding="utf-8"
    )
    monkeypatch.setattr(reliability, "PAGE", page_of_one)
    reliability.write("fuzz", "new")
    written = "a\n<!-- fuzz: begin -->\nnew\n<!-- fuzz: end -->\nb\n"
    assert page_of_one.read_text(encoding="utf-8") == written
    with pytest.raises(ValueError, match="soak: begin"):
        reliability.write("soak", "lost")
    assert page_of_one.read_text(encoding="utf-8") == written
