"""Fuzzes what reads the outside world, for as long as it is told to.

    python scripts/fuzz.py --inputs 1000000 --seed 7
    python scripts/fuzz.py --minutes 10 --targets results errors

Inputs are made out of tests/fuzz/corpus, and from Python 3.12 on also out of those among them that
reach lines or branches of the package that nothing before them has reached. One that breaks a law
is written to --found (it belongs into the corpus once it is mended), and the exit code is 1.
"""

from __future__ import annotations

import argparse
import faulthandler
import functools
import hashlib
import itertools
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.fuzz import targets  # noqa: E402 - they lie with the tests
from tests.fuzz.reach import Reach  # noqa: E402 - likewise

FOUND = ROOT / ".fuzz"
# The cheap ones get most of the inputs. A command takes as long as fifty others.
WEIGHTS = {"results": 40, "errors": 32, "exchange": 16, "plans": 8, "door": 4, "command": 1}
MEANINGS = {
    "results": "answers, read as any model",
    "errors": "error answers, mapped",
    "exchange": "the emulator's operations",
    "plans": "plans and stored runs",
    "door": "the emulator's HTTP door",
    "command": "the command line",
}
_HANGS_AFTER = 60
_STDERR = 2
_BATCH = 20


def _try(name: str, act: Callable[[bytes], None], data: bytes, found: Path) -> list[str]:
    try:
        act(data)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is a finding
        found.mkdir(parents=True, exist_ok=True)
        path = found / f"{name}-{hashlib.sha256(data).hexdigest()[:16]}"
        path.write_bytes(data)
        told = f"{path}: {type(error).__name__}: {str(error)[:300]!r}"
        sys.stderr.write(f"{told}\n")
        return [told]
    return []


@dataclass(frozen=True)
class FuzzFigures:
    """What came of fuzzing.

    Attributes:
        tried: How many inputs each target got.
        kept: How many inputs the corpus holds of each.
        grown: How many more were found that reached something new, and were varied in turn.
        broken: The inputs that broke a law, told in a line each.
        reached: How many lines and branches of the package were reached; 0 before Python 3.12.
        seconds: The processor time.
    """

    tried: Mapping[str, int]
    kept: Mapping[str, int]
    grown: Mapping[str, int]
    broken: tuple[str, ...]
    reached: int
    seconds: float


def fuzz(  # noqa: PLR0913 - keyword-only, and each has a default
    inputs: int,
    *,
    seed: int = 0,
    minutes: float | None = None,
    chosen: Sequence[str] = (),
    found: Path = FOUND,
    grows: bool = False,
) -> FuzzFigures:
    """Fuzz.

    Args:
        inputs: How many inputs in all.
        seed: What they are drawn with.
        minutes: For how long at most.
        chosen: The targets; all if there are none.
        found: Where to put what breaks a law.
        grows: Whether to add to the corpus what reaches something new.

    Returns:
        What came of it.
    """
    door, command = targets.Door(), targets.Command()
    acts: dict[str, Callable[[bytes], None]] = targets.TARGETS | {"door": door, "command": command}
    names = list(chosen or acts)
    kept = {name: targets.corpus(name) for name in names}
    reach = Reach()
    done, grown, broken = Counter[str](), Counter[str](), list[str]()
    last: dict[str, bytes] = {}

    def keeps(name: str) -> bool:
        is_new = reach.take()
        grown[name] += is_new
        if is_new and grows:
            path = targets.CORPUS / name / hashlib.sha256(last[name]).hexdigest()[:16]
            path.write_bytes(last[name])
        return is_new

    made = {
        name: targets.inputs(name, inputs, seed, functools.partial(keeps, name)) for name in names
    }
    for name, act in acts.items():
        for data in kept.get(name, ()):
            act(data)
    reach.take()
    order = [name for name in names for _ in range(WEIGHTS[name])]
    random.Random(seed).shuffle(order)  # noqa: S311 - it must repeat itself
    turns = itertools.cycle(order)
    began, cpu = time.monotonic(), time.process_time()
    while (left := inputs - done.total()) > 0:
        if minutes is not None and time.monotonic() - began > minutes * 60:
            break
        name = next(turns)
        # Whatever hangs is shown with its stack, and ends the run. A stream that only catches text
        # has no descriptor, which the handler needs.
        faulthandler.dump_traceback_later(_HANGS_AFTER, exit=True, file=_STDERR)
        for data in itertools.islice(made[name], min(_BATCH, left)):
            done[name] += 1
            last[name] = data
            broken += _try(name, acts[name], data, found)
    faulthandler.cancel_dump_traceback_later()
    door.close()
    command.close()
    reach.close()
    return FuzzFigures(
        done,
        {name: len(each) for name, each in kept.items()},
        grown,
        tuple(dict.fromkeys(broken)),
        len(reach),
        time.process_time() - cpu,
    )


def fuzz_table(figures: FuzzFigures) -> str:
    """Write the figures as a table in Markdown.

    Args:
        figures: What `fuzz` returned.

    Returns:
        The table, without a line break at its end.
    """
    counts = {
        MEANINGS[name]: (figures.kept[name], tried, figures.grown.get(name, 0))
        for name, tried in figures.tried.items()
    }
    kept, tried, grown = map(sum, zip(*counts.values(), strict=True))
    counts["all"] = kept, tried, grown
    told = (
        f"{len(figures.broken)} inputs broke a law. {figures.reached:,} lines and branches of the "
        "package were reached."
    )
    lines = [
        "| what is fed | kept in the corpus | inputs | that reached something new |",
        "|---|--:|--:|--:|",
        *(f"| {name} | {' | '.join(f'{n:,}' for n in row)} |" for name, row in counts.items()),
        "",
        told,
    ]
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    """Fuzz, and tell.

    Args:
        arguments: The words of the command line.

    Returns:
        The exit code: 1 if a law was broken.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=1_000_000, help="how many in all")
    parser.add_argument("--minutes", type=float, default=None, help="how long at most")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--targets", nargs="*", default=(), choices=WEIGHTS)
    parser.add_argument("--found", type=Path, default=FOUND)
    parser.add_argument("--grow", action="store_true", help="add what is new to the corpus")
    options = parser.parse_args(arguments)
    began = time.monotonic()
    figures = fuzz(
        options.inputs,
        seed=options.seed,
        minutes=options.minutes,
        chosen=options.targets,
        found=options.found,
        grows=options.grow,
    )
    sys.stdout.write(f"{fuzz_table(figures)}\n")
    sys.stdout.write(
        f"{time.monotonic() - began:.0f} s, {figures.seconds:.0f} s of processor time\n"
    )
    return 1 if figures.broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
