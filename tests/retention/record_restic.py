"""Record which snapshots of random histories restic forgets, for `test_restic.py`.

    python tests/retention/record_restic.py OUTPUT.json --seed 1 --batches 200 --histories 50

Needs restic (0.14 or later) and openssl on the PATH, and a minute for every hundred batches. Each
batch has one policy and one time zone. Each of its histories is a separate host in a restic
repository, which one `restic forget --dry-run --json --group-by host` evaluates.

`restic backup --time` takes half a second per snapshot, and `forget` reads only the records of
snapshots. So only the first batches are created by `restic backup`. For the others this script
writes the records into the repository, in restic's documented format and with its keys.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import itertools
import json
import os
import random
import re
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

# From 0.16 on, restic has the value "unlimited". Before, use a count that is never reached.
UNLIMITED_SINCE = (0, 16)
NEVER_REACHED = "999999"

PERIODS = ("hourly", "daily", "weekly", "monthly", "yearly")
COUNTS = ("last", *PERIODS)
SPANS = ("within", *(f"within_{period}" for period in PERIODS))
# One letter per rule.
LETTERS = {
    "last": "l",
    "hourly": "h",
    "daily": "d",
    "weekly": "w",
    "monthly": "m",
    "yearly": "y",
    "within": "i",
    "within_hourly": "H",
    "within_daily": "D",
    "within_weekly": "W",
    "within_monthly": "M",
    "within_yearly": "Y",
}
# Future dates are used only in zones without daylight saving time, since governments may change it.
STEADY_ZONES = ("UTC", "Asia/Kathmandu", "Asia/Tokyo")
ZONES = (
    *STEADY_ZONES,
    "Europe/Berlin",
    "America/New_York",
    "America/Sao_Paulo",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Africa/Casablanca",
)
BEGIN, END = datetime(2015, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC)
FAR = datetime(2090, 1, 1, tzinfo=UTC)
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Batch:
    zone: str
    policy: dict[str, Any]
    # Each history: times in seconds since 1970, newest first, each with its tags.
    histories: list[list[tuple[int, str]]]


def base36(number: int) -> str:
    text = ""
    while number or not text:
        number, digit = divmod(number, 36)
        text = DIGITS[digit] + text
    return text


class Dice:
    """Generator of random policies and histories."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - no secret
        self.changes: dict[str, list[int]] = {}

    def span(self) -> str:
        units = [("y", 3), ("m", 14), ("d", 45), ("h", 60)]
        chosen = self.random.sample(units, self.random.choice([1, 1, 1, 2, 4]))
        chosen.sort(key=units.index)
        return "".join(f"{self.random.randint(1, most)}{unit}" for unit, most in chosen)

    def policy(self) -> dict[str, Any]:
        policy: dict[str, Any] = {}
        rules = [*COUNTS, *SPANS, "tagged"]
        for rule in self.random.sample(rules, self.random.choice([1, 1, 2, 3, 4, 6, 8])):
            if rule == "tagged":
                policy["keep_tagged"] = self.random.choice([["a"], ["b"], ["a", "b"], ["a,b"]])
            elif rule in SPANS:
                policy[f"keep_{rule}"] = self.span()
            else:
                few = self.random.randint(1, 10)
                policy[f"keep_{rule}"] = "all" if self.random.random() < 0.05 else few
        return policy

    def _changes(self, zone: ZoneInfo) -> list[int]:
        """Return the hours in which the UTC offset changes or a year begins."""
        found, hour = [], timedelta(hours=1)
        time = BEGIN
        while time < END:
            now, then = time.astimezone(zone), (time + hour).astimezone(zone)
            if now.utcoffset() != then.utcoffset() or now.year != then.year:
                found.append(int(time.timestamp()))
            time += hour
        return found

    def history(self, zone: str, changes: Sequence[int]) -> list[tuple[int, str]]:
        dice, begin, end = self.random, int(BEGIN.timestamp()), int(END.timestamp())
        size = dice.choice([1, 2, 3, 5, 8, 8, 12, 12, 16, 24])
        newest = dice.randrange(begin + 365 * 86400, end)
        if changes and dice.random() < 0.4:
            newest = dice.choice(changes) + dice.randrange(-7200, 3 * 86400)
        way = dice.choice(["steady", "steady", "wild", "crowded"])
        step = dice.choice([900, 3600, 21600, 86400, 86400, 604800])
        times, time = {newest}, newest
        for _ in range(size - 1):
            if way == "steady":
                time -= step + dice.choice([0, 0, 1, -1, dice.randrange(-600, 600)])
            elif way == "wild":
                time -= int(10 ** dice.uniform(0, 7.2)) + 1
            else:
                time -= dice.choice([1, 60, 1799, 1800, 1801, 3600, 43200, 86400])
            times.add(time)
        if zone in STEADY_ZONES and dice.random() < 0.1:
            times |= {int(FAR.timestamp()) + dice.randrange(10**9) for _ in range(2)}
        tags = ["", "", "", "a", "b", "ab"]
        return [(time, dice.choice(tags)) for time in sorted(times, reverse=True)]

    def batch(self, histories: int) -> Batch:
        zone = self.random.choice(ZONES)
        if zone not in self.changes:
            self.changes[zone] = self._changes(ZoneInfo(zone))
        changes = self.changes[zone]
        made = [self.history(zone, changes) for _ in range(histories)]
        return Batch(zone, self.policy(), made)


class Repository:
    """A restic repository whose snapshots are replaced for each batch."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "RESTIC_REPOSITORY": str(folder / "repository"),
            "RESTIC_PASSWORD": "no-secret",
        }
        self.data = folder / "data"
        self.data.write_text("x")
        self.restic("init")
        master = json.loads(self.restic("cat", "masterkey"))
        self.encrypt = base64.b64decode(master["encrypt"])
        self.mac_key = base64.b64decode(master["mac"]["k"])
        r = int.from_bytes(base64.b64decode(master["mac"]["r"]), "little")
        self.mac_r = r & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
        version = re.search(r"restic (\d+)\.(\d+)\.(\d+)", self.restic("version"))
        assert version, "restic printed no version"
        self.version = (int(version[1]), int(version[2]), int(version[3]))

    def restic(self, *arguments: str, zone: str = "UTC") -> str:
        done = subprocess.run(  # noqa: S603 - fixed arguments
            ["restic", "--no-cache", *arguments],  # noqa: S607 - the restic on the PATH
            env=self.environment | {"TZ": zone},
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout

    def clear(self) -> None:
        for path in (self.folder / "repository" / "snapshots").iterdir():
            path.unlink()

    def back_up(self, batch: Batch) -> None:
        """Create the snapshots of a batch with `restic backup`."""
        for host, history in enumerate(batch.histories):
            for seconds, tags in history:
                local = datetime.fromtimestamp(seconds, ZoneInfo(batch.zone))
                # restic parses local times, some of which occur twice.
                assert not local.fold, "restic backup cannot create this history"
                flags = [f"--tag={tag}" for tag in tags]
                time = f"--time={local:%Y-%m-%d %H:%M:%S}"
                target = [f"--host={host}", time, *flags, str(self.data)]
                self.restic("backup", "--quiet", *target, zone=batch.zone)

    def write(self, batch: Batch) -> None:
        """Write the records of a batch's snapshots."""
        zone, records = ZoneInfo(batch.zone), []
        for host, history in enumerate(batch.histories):
            for seconds, tags in history:
                record = {
                    "time": datetime.fromtimestamp(seconds, zone).isoformat(),
                    "tree": "0" * 64,
                    "paths": [str(self.data)],
                    "hostname": str(host),
                    "username": "x",
                    "tags": list(tags),
                }
                records.append(json.dumps(record).encode())
        for sealed in self._sealed(records):
            name = hashlib.sha256(sealed).hexdigest()
            (self.folder / "repository" / "snapshots" / name).write_bytes(sealed)

    @staticmethod
    def _aes(key: bytes, blocks: bytes) -> bytes:
        cipher = f"-aes-{len(key) * 8}-ecb"
        done = subprocess.run(  # noqa: S603 - fixed arguments
            ["openssl", "enc", cipher, "-nopad", "-K", key.hex()],  # noqa: S607 - likewise
            input=blocks,
            check=True,
            capture_output=True,
        )
        return done.stdout

    def _sealed(self, records: Sequence[bytes]) -> list[bytes]:
        """Encrypt and sign: AES-256 in counter mode, Poly1305-AES; openssl only for AES itself."""
        nonces = [os.urandom(16) for _ in records]
        counters = b"".join(
            ((int.from_bytes(nonce, "big") + block) % 2**128).to_bytes(16, "big")
            for nonce, record in zip(nonces, records, strict=True)
            for block in range(-(-len(record) // 16))
        )
        stream = memoryview(self._aes(self.encrypt, counters))
        masks = self._aes(self.mac_key, b"".join(nonces))
        sealed = []
        for index, (nonce, record) in enumerate(zip(nonces, records, strict=True)):
            secret = bytes(a ^ b for a, b in zip(record, stream, strict=False))
            stream = stream[-(-len(record) // 16) * 16 :]
            total = 0
            for begin in range(0, len(secret), 16):
                chunk = secret[begin : begin + 16] + b"\1"
                total = (total + int.from_bytes(chunk, "little")) * self.mac_r % (2**130 - 5)
            mask = int.from_bytes(masks[index * 16 : index * 16 + 16], "little")
            sealed.append(nonce + secret + ((total + mask) % 2**128).to_bytes(16, "little"))
        return sealed

    def _flags(self, policy: dict[str, Any]) -> list[str]:
        no_limit = "unlimited" if self.version >= UNLIMITED_SINCE else NEVER_REACHED
        flags = [f"--keep-tag={tags}" for tags in policy.get("keep_tagged", [])]
        for name, value in policy.items():
            if name != "keep_tagged":
                flags.append(f"--{name.replace('_', '-')}={no_limit if value == 'all' else value}")
        return flags

    def forget(self, batch: Batch) -> list[list[str]]:
        """Run restic and return the letters of the rules that keep each snapshot."""
        flags = self._flags(batch.policy)
        text = self.restic(
            "forget", "--dry-run", "--json", "--group-by=host", *flags, zone=batch.zone
        )
        evaluated: dict[tuple[int, int], str] = {}
        for group in json.loads(text):
            for one in group["remove"] or []:
                evaluated[_place(one)] = ""
            for one in group["reasons"] or []:
                evaluated[_place(one["snapshot"])] = "".join(
                    sorted(set(map(_letter, one["matches"])))
                )
            assert len(group["keep"] or []) == len(group["reasons"] or [])
        assert len(evaluated) == sum(map(len, batch.histories)), (
            "restic did not evaluate all snapshots"
        )
        return [
            [evaluated[host, seconds] for seconds, _ in history]
            for host, history in enumerate(batch.histories)
        ]


def _place(snapshot: dict[str, Any]) -> tuple[int, int]:
    time = datetime.fromisoformat(snapshot["time"])
    return int(snapshot["hostname"]), int(time.timestamp())


def _letter(reason: str) -> str:
    """Return the letter of a reason such as `daily within 3d` or `has tags [a]`."""
    parts = reason.removeprefix("oldest ").split()
    if parts[0] == "has":
        return "t"
    return LETTERS["_".join(parts[1::-1]) if parts[1] == "within" else parts[0]]


def compact(history: Sequence[tuple[int, str]], *, has_tags: bool) -> list[str]:
    times = [seconds for seconds, _ in history]
    gaps = [newer - older for newer, older in itertools.pairwise(times)]
    recorded = [" ".join(map(base36, [times[0], *gaps]))]
    return [*recorded, ",".join(tags for _, tags in history)] if has_tags else recorded


def record(seed: int, batches: int, histories: int, backed_up: int) -> dict[str, Any]:
    dice, recorded = Dice(seed), []
    with tempfile.TemporaryDirectory() as folder:
        repository = Repository(Path(folder))
        for number in range(batches):
            batch = dice.batch(histories)
            is_backed_up = number < backed_up
            if is_backed_up:
                zone = ZoneInfo(batch.zone)
                some = [h for h in batch.histories if 1 < len(h) <= 12 and not _has_fold(h, zone)]
                batch = Batch(batch.zone, batch.policy, some[:5])
            repository.clear()
            (repository.back_up if is_backed_up else repository.write)(batch)
            letters_of = repository.forget(batch)
            has_tags = "keep_tagged" in batch.policy
            recorded.append(
                {
                    "by": "restic backup" if is_backed_up else "record_restic.py",
                    "zone": batch.zone,
                    "policy": batch.policy,
                    "histories": [
                        [*compact(history, has_tags=has_tags), ",".join(letters)]
                        for history, letters in zip(batch.histories, letters_of, strict=True)
                    ],
                }
            )
        return {
            "restic": list(repository.version),
            "now": int(datetime.now(UTC).timestamp()),
            "seed": seed,
            "batches": recorded,
        }


def _has_fold(history: Sequence[tuple[int, str]], zone: ZoneInfo) -> bool:
    return any(datetime.fromtimestamp(seconds, zone).fold for seconds, _ in history)


def main() -> None:
    parser = argparse.ArgumentParser(description="Record what restic forgets.")
    parser.add_argument("output", type=Path)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--batches", type=int, default=200)
    parser.add_argument("--histories", type=int, default=50, help="in each batch")
    parser.add_argument("--backed-up", type=int, default=6, help="batches created by restic backup")
    given = parser.parse_args()
    recorded = record(given.seed, given.batches, given.histories, given.backed_up)
    # One line for each history keeps the file small and its differences readable.
    batches = []
    for batch in recorded.pop("batches"):
        lines = ",\n".join(json.dumps(h, separators=(",", ":")) for h in batch.pop("histories"))
        head = json.dumps(batch, separators=(",", ":")).removesuffix("}")
        batches.append(f'{head},"histories":[\n{lines}]}}')
    head = json.dumps(recorded, separators=(",", ":")).removesuffix("}")
    text = f'{head},"batches":[\n' + ",\n".join(batches) + "]}\n"
    given.output.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
