"""Replay the fuzzing corpus and fuzz for a short time; `scripts/fuzz.py` fuzzes at length.

The thorough test tries 4,000 inputs, or the number in `LIGHTSAIL_SNAP_FUZZ`.
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

Actions = dict[str, Callable[[bytes], None]]
COUNT = int(os.environ.get("LIGHTSAIL_SNAP_FUZZ", "4000"))
SHARES = {
    "results": 0.46,
    "errors": 0.3,
    "exchange": 0.12,
    "plans": 0.06,
    "command": 0.02,
    "http": 0.04,
}


@pytest.fixture(scope="module")
def actions() -> Iterator[Actions]:
    server, command = targets.HttpServer(), targets.Command()
    yield targets.TARGETS | {"http": server, "command": command}
    server.close()
    command.close()


@pytest.mark.parametrize("name", SHARES)
def test_corpus_breaks_no_invariant(name: str, actions: Actions) -> None:
    corpus_sizes = targets.corpus(name)
    assert corpus_sizes
    for data in corpus_sizes:
        actions[name](data)


@pytest.mark.parametrize("name", SHARES)
@pytest.mark.parametrize("count", [400, pytest.param(COUNT, marks=pytest.mark.thorough)])
def test_inputs_from_the_corpus_break_no_invariant(name: str, count: int, actions: Actions) -> None:
    for data in targets.inputs(name, int(count * SHARES[name]), seed=1):
        actions[name](data)


pieces = st.one_of(
    st.sampled_from((*targets.MEMBERS, *targets._INTERESTING, b"{", b"}", b"[", b"]", b":", b",")),
    st.binary(max_size=6),
)


@pytest.mark.parametrize("name", sorted(targets.TARGETS))
@given(st.lists(pieces, max_size=12).map(b"".join))
def test_inputs_from_tokens_break_no_invariant(name: str, data: bytes) -> None:
    targets.TARGETS[name](data)


def test_broken_invariant_is_detected() -> None:
    with pytest.raises(targets.BrokenInvariantError, match="an invariant"):
        targets._require(False, "an invariant", "text")  # noqa: FBT003 - the condition

    class LeakyError(LightsailSnapError):
        def __str__(self) -> str:
            return "AKIACANARYCANARYCANA"

    with pytest.raises(targets.BrokenInvariantError, match="no credential is shown"):
        targets.check_error(LeakyError())


def test_input_that_breaks_an_invariant_is_reported_and_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(data: bytes) -> None:
        if b"null" in data:
            raise targets.BrokenInvariantError("no nulls")

    monkeypatch.setattr(targets, "TARGETS", targets.TARGETS | {"errors": fail})
    monkeypatch.setattr(targets, "corpus", lambda _: [b"some"])
    arguments = ["--inputs", "400", "--targets", "errors", "--found", str(tmp_path)]
    assert fuzz.main(arguments) == 1
    output = capsys.readouterr()
    written = list(tmp_path.iterdir())
    assert written
    assert all(b"null" in path.read_bytes() for path in written)
    assert f"{len(written)} inputs broke an invariant" in output.out
    assert all(str(path) in output.err for path in written)


def test_input_that_reaches_new_code_is_varied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(targets, "corpus", lambda _: [b"\0{}"])
    figures = fuzz.fuzz(300, chosen=["results"])
    assert figures.broken == ()
    assert figures.tried == {"results": 300}
    # `sys.monitoring` exists from Python 3.12 on.
    has_monitoring = sys.version_info >= (3, 12)
    assert bool(figures.discovered["results"]) is bool(figures.reached) is has_monitoring
    assert "| responses, read as any model | 1 | 300 |" in fuzz.fuzz_table(figures)


def test_write_without_markers_raises_an_error(
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
