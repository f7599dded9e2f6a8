"""Fuzzes what reads the outside world, for as long as it is told to.

    python scripts/fuzz.py --inputs 1000000 --seed 7
    python scripts/fuzz.py --minutes 10 --targets results errors

Inputs are made out of tests/fuzz/corpus. One that breaks a law is written to --found (it belongs
into the corpus once it is mended), and the exit code is 1.
"""

from __future__ import annotations

import argparse
import faulthandler
import hashlib
import itertools
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.fuzz import targets  # noqa: E402 - they lie with the tests

_HANGS_AFTER = 60
_BATCH = 200


def _try(name: str, act: Callable[[bytes], None], data: bytes, found: Path) -> bool:
    try:
        act(data)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is a finding
        found.mkdir(parents=True, exist_ok=True)
        path = found / f"{name}-{hashlib.sha256(data).hexdigest()[:16]}"
        path.write_bytes(data)
        sys.stderr.write(f"{path}: {type(error).__name__}: {str(error)[:300]!r}\n")
        return False
    return True


def main(arguments: list[str]) -> int:
    """Fuzz.

    Args:
        arguments: The words of the command line.

    Returns:
        The exit code: 1 if a law was broken.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=1_000_000, help="how many in all")
    parser.add_argument("--minutes", type=float, default=None, help="how long at most")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--targets", nargs="*", default=None)
    parser.add_argument("--found", type=Path, default=ROOT / ".fuzz")
    options = parser.parse_args(arguments)
    door = targets.Door()
    acts = targets.TARGETS | {"door": door}
    names = options.targets or list(acts)
    # The cheap ones get most of the inputs.
    weights = {"results": 10, "errors": 8, "exchange": 4, "command": 1, "door": 1}
    made = {name: targets.inputs(name, options.inputs, options.seed) for name in names}
    turns = itertools.cycle([name for name in names for _ in range(weights[name])])
    done: Counter[str] = Counter()
    broken = 0
    began, cpu = time.monotonic(), time.process_time()
    while (left := options.inputs - done.total()) > 0:
        if options.minutes is not None and time.monotonic() - began > options.minutes * 60:
            break
        name = next(turns)
        # Whatever hangs is shown with its stack, and ends the run.
        faulthandler.dump_traceback_later(_HANGS_AFTER, exit=True)
        for data in itertools.islice(made[name], min(_BATCH, left)):
            done[name] += 1
            broken += not _try(name, acts[name], data, options.found)
    faulthandler.cancel_dump_traceback_later()
    door.close()
    counts = ", ".join(f"{name} {count}" for name, count in sorted(done.items()))
    sys.stdout.write(
        f"{done.total()} inputs ({counts}), {broken} broke a law; "
        f"{time.monotonic() - began:.0f} s, {time.process_time() - cpu:.0f} s of processor time\n"
    )
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
