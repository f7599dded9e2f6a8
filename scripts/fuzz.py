"""Fuzz everything that reads external input: responses, files, requests and arguments.

    python scripts/fuzz.py --inputs 1000000 --seed 7
    python scripts/fuzz.py --minutes 10 --targets results errors

Inputs are mutations of tests/fuzz/corpus. From Python 3.12 on, inputs that reach new lines or
branches of the package are mutated too. An input that breaks an invariant is written to the folder
--found, and the exit code is 1. Move it to the corpus when the bug is fixed.
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

from tests.fuzz import targets  # noqa: E402 - the path comes first
from tests.fuzz.coverage import Coverage  # noqa: E402 - likewise

FOUND = ROOT / ".fuzz"
# Cheap targets get most of the inputs. A command takes as long as fifty other inputs.
WEIGHTS = {"results": 40, "errors": 32, "exchange": 16, "plans": 8, "http": 4, "command": 1}
TITLES = {
    "results": "responses, read as any model",
    "errors": "error responses, mapped",
    "exchange": "the emulator's operations",
    "plans": "plans and stored runs",
    "http": "the emulator over HTTP",
    "command": "the command line",
}
_TIMEOUT_SECONDS = 60
_STDERR_DESCRIPTOR = 2
_BATCH_SIZE = 20


def _try_input(name: str, action: Callable[[bytes], None], data: bytes, found: Path) -> list[str]:
    try:
        action(data)
    except Exception as error:  # noqa: BLE001 - every exception is a finding
        found.mkdir(parents=True, exist_ok=True)
        path = found / f"{name}-{hashlib.sha256(data).hexdigest()[:16]}"
        path.write_bytes(data)
        line = f"{path}: {type(error).__name__}: {str(error)[:300]!r}"
        sys.stderr.write(f"{line}\n")
        return [line]
    return []


@dataclass(frozen=True)
class FuzzFigures:
    """Result of fuzzing.

    Attributes:
        tried: Number of inputs for each target.
        kept: Number of inputs for each target in the corpus.
        discovered: Number of inputs that reached new code, and were mutated too.
        broken: One line for each input that broke an invariant.
        reached: Number of lines and branches of the package reached; 0 before Python 3.12.
        seconds: Processor time.
    """

    tried: Mapping[str, int]
    kept: Mapping[str, int]
    discovered: Mapping[str, int]
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
    is_growing: bool = False,
) -> FuzzFigures:
    """Try inputs; with `is_growing`, add those that reach new code to the corpus."""
    server, command = targets.HttpServer(), targets.Command()
    actions: dict[str, Callable[[bytes], None]] = targets.TARGETS | {
        "http": server,
        "command": command,
    }
    names = list(chosen or actions)
    kept = {name: targets.corpus(name) for name in names}
    coverage = Coverage()
    done, discovered, broken = Counter[str](), Counter[str](), list[str]()
    last: dict[str, bytes] = {}

    def reaches_new_code(name: str) -> bool:
        is_new = coverage.take()
        discovered[name] += is_new
        if is_new and is_growing:
            path = targets.CORPUS / name / hashlib.sha256(last[name]).hexdigest()[:16]
            path.write_bytes(last[name])
        return is_new

    made = {
        name: targets.inputs(name, inputs, seed, functools.partial(reaches_new_code, name))
        for name in names
    }
    for name, action in actions.items():
        for data in kept.get(name, ()):
            action(data)
    coverage.take()
    order = [name for name in names for _ in range(WEIGHTS[name])]
    random.Random(seed).shuffle(order)  # noqa: S311 - must repeat with the same seed
    turns = itertools.cycle(order)
    began, cpu = time.monotonic(), time.process_time()
    while (left := inputs - done.total()) > 0:
        if minutes is not None and time.monotonic() - began > minutes * 60:
            break
        name = next(turns)
        # A hang ends the run and prints its stack. The handler needs a file descriptor, which a
        # captured sys.stderr lacks.
        faulthandler.dump_traceback_later(_TIMEOUT_SECONDS, exit=True, file=_STDERR_DESCRIPTOR)
        for data in itertools.islice(made[name], min(_BATCH_SIZE, left)):
            done[name] += 1
            last[name] = data
            broken += _try_input(name, actions[name], data, found)
    faulthandler.cancel_dump_traceback_later()
    server.close()
    command.close()
    coverage.close()
    return FuzzFigures(
        done,
        {name: len(each) for name, each in kept.items()},
        discovered,
        tuple(dict.fromkeys(broken)),
        len(coverage),
        time.process_time() - cpu,
    )


def fuzz_table(figures: FuzzFigures) -> str:
    """Return the figures as a Markdown table."""
    counts = {
        TITLES[name]: (figures.kept[name], tried, figures.discovered.get(name, 0))
        for name, tried in figures.tried.items()
    }
    kept, tried, discovered = map(sum, zip(*counts.values(), strict=True))
    counts["all"] = kept, tried, discovered
    summary = (
        f"{len(figures.broken)} inputs broke an invariant. {figures.reached:,} lines and branches "
        "of the package were reached."
    )
    lines = [
        "| target | corpus | inputs | inputs that reached new code |",
        "|---|--:|--:|--:|",
        *(f"| {name} | {' | '.join(f'{n:,}' for n in row)} |" for name, row in counts.items()),
        "",
        summary,
    ]
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    """Fuzz and print; return an exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=1_000_000, help="total number")
    parser.add_argument("--minutes", type=float, default=None, help="time limit")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--targets", nargs="*", default=(), choices=WEIGHTS)
    parser.add_argument("--found", type=Path, default=FOUND, help="folder for failing inputs")
    parser.add_argument(
        "--grow", action="store_true", help="add inputs that reach new code to the corpus"
    )
    options = parser.parse_args(arguments)
    began = time.monotonic()
    figures = fuzz(
        options.inputs,
        seed=options.seed,
        minutes=options.minutes,
        chosen=options.targets,
        found=options.found,
        is_growing=options.grow,
    )
    sys.stdout.write(f"{fuzz_table(figures)}\n")
    sys.stdout.write(
        f"{time.monotonic() - began:.0f} s, {figures.seconds:.0f} s of processor time\n"
    )
    return 1 if figures.broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
