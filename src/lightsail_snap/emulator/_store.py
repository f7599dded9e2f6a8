"""State of the emulator: one SQLite table, in memory or in a file."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import threading
import uuid
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from lightsail_snap.emulator._progression import Pace, Transition
from lightsail_snap.emulator._wire import to_json
from lightsail_snap.errors import ConfigurationError

OPERATION = "Operation"
"""The type of records that are operations; all others are resources and share one namespace."""

_SCHEMA_VERSION = 1
# The columns are the file format, so `course` keeps its name: it holds `Record.transition`.
_SCHEMA = f"""
CREATE TABLE records (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    region TEXT NOT NULL,
    type TEXT NOT NULL,
    name TEXT NOT NULL,
    about TEXT,
    wire TEXT NOT NULL,
    course TEXT,
    hidden TEXT
);
-- One namespace for all resources of a region: Lightsail user guide (resource names).
CREATE UNIQUE INDEX names ON records (region, (type = '{OPERATION}'), name);
CREATE INDEX types ON records (region, type, seq);
CREATE INDEX abouts ON records (region, about, seq) WHERE about IS NOT NULL;
PRAGMA user_version = {_SCHEMA_VERSION};
"""
_read_json = json.JSONDecoder().decode
_COLUMNS = "seq, region, type, name, about, wire, course, hidden"


@dataclass(slots=True)
class Record:
    """A resource or an operation.

    Attributes:
        region: The Region.
        type: The resource type, or `OPERATION`.
        name: The resource's name, or the operation's id.
        stored: Its fields on the wire as they were stored last, in JSON.
        transition: The change in progress, if any.
        about: The resource of an operation; for a disk, the instance it is attached to.
        hidden: Its state that is not on the wire.
        seq: Its number; newer records have higher numbers.
    """

    region: str
    type: str
    name: str
    stored: str = "{}"
    transition: Transition | None = None
    about: str | None = None
    hidden: dict[str, Any] = field(default_factory=dict)
    seq: int = 0
    _wire: dict[str, Any] | None = None

    @property
    def wire(self) -> dict[str, Any]:
        """Its fields on the wire. A record whose fields are not read is not parsed."""
        if self._wire is None:
            self._wire = _read_json(self.stored)
        return self._wire

    @wire.setter
    def wire(self, wire: dict[str, Any]) -> None:
        self._wire = wire

    def to_json(self) -> str:
        """Return its fields on the wire in JSON."""
        return self.stored if self._wire is None else to_json(self._wire)

    def to_columns(self) -> tuple[str | None, ...]:
        """Return the values of the columns that change."""
        # A response has the same JSON. Code that reads the fields again parses it again.
        self.stored, self._wire = self.to_json(), None
        hidden = to_json(self.hidden) if self.hidden else None
        return self.about, self.stored, _dump_transition(self.transition), hidden


def encode_response(fields: Mapping[str, object]) -> bytes:
    """Write the JSON body of a response, with records and lists of records among its fields."""
    parts = (f"{to_json(name)}:{_part_to_json(fields[name])}" for name in sorted(fields))
    return f"{{{','.join(parts)}}}".encode()


def _part_to_json(value: object) -> str:
    if isinstance(value, Record):
        return value.to_json()
    if isinstance(value, list):
        return f"[{','.join(map(_part_to_json, value))}]"
    return to_json(value)


def _dump_transition(transition: Transition | None) -> str | None:
    if transition is None:
        return None
    pace = transition.pace
    return to_json(
        [
            transition.started_at,
            pace.unit,
            pace.amount,
            transition.final_fields,
            transition.polls,
            pace.max_polls,
        ]
    )


def _load_transition(text: str | None) -> Transition | None:
    if text is None:
        return None
    # Files of earlier versions lack the last value.
    started_at, unit, amount, final_fields, polls, *max_polls = _read_json(text)
    return Transition(started_at, Pace(unit, amount, *max_polls), final_fields, polls)


def _load_record(row: tuple[Any, ...]) -> Record:
    seq, region, kind, name, about, wire, course, hidden = row
    parsed = _read_json(hidden) if hidden else {}
    return Record(region, kind, name, wire, _load_transition(course), about, parsed, seq)


class Store:
    """All records. Safe to use from many threads; several processes may share a file."""

    def __init__(self, path: str | os.PathLike[str] | None, *, seed: int) -> None:
        """Open the store, and create a new file; None is memory. The seed sets the records' ids."""
        self._seed = seed
        self._last_seq: int | None = None
        self.lock = threading.RLock()
        try:
            self._db = sqlite3.connect(
                ":memory:" if path is None else os.fspath(path),
                isolation_level=None,
                check_same_thread=False,
            )
        except sqlite3.Error as error:
            message = f"cannot open the state file {path}: {error}"
            raise ConfigurationError(message) from error
        # An emulator that was not closed must not warn when it is collected.
        self._close = weakref.finalize(self, self._db.close)
        try:
            self._prepare()
        except (sqlite3.Error, ConfigurationError) as error:
            self._close()
            message = f"{path} is not a state file of this emulator: {error}"
            raise ConfigurationError(message) from error

    def _prepare(self) -> None:
        self._db.execute("PRAGMA busy_timeout = 10000")
        self._db.execute("PRAGMA journal_mode = WAL")
        # With a write-ahead log this loses nothing when the process is killed: the operating
        # system has what is committed. Only a power failure could undo the last commits.
        self._db.execute("PRAGMA synchronous = NORMAL")
        with self.transaction():
            (version,) = self._db.execute("PRAGMA user_version").fetchone()
            (tables,) = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()
            if (version, tables) == (0, 0):
                for statement in _SCHEMA.split(";"):
                    self._db.execute(statement)
            elif version != _SCHEMA_VERSION:
                message = f"schema version {version}, not {_SCHEMA_VERSION}"
                raise ConfigurationError(message)

    @property
    def is_closed(self) -> bool:
        """True after `close`."""
        return not self._close.alive

    def close(self) -> None:
        """Close the store, and discard state in memory. Closing again does nothing."""
        with self.lock:
            self._close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run the block atomically: commit when it ends, roll back when it raises."""
        with self.lock:
            self._db.execute("BEGIN IMMEDIATE")
            self._last_seq = None
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                # SQLite has rolled back itself after the worst errors, and then refuses to again.
                with suppress(sqlite3.OperationalError):
                    self._db.execute("ROLLBACK")
                raise

    def new_id(self, purpose: str = "") -> uuid.UUID:
        """Return an id for the next record, unique by purpose and the same in every rerun."""
        # Within a transaction only this store changes it.
        if self._last_seq is None:
            query = "SELECT max(seq) FROM sqlite_sequence WHERE name = 'records'"
            self._last_seq = self._db.execute(query).fetchone()[0] or 0
        text = f"{self._seed}/{self._last_seq}/{purpose}"
        digest = hashlib.blake2b(text.encode(), digest_size=16).digest()
        return uuid.UUID(bytes=digest, version=4)

    def add(self, record: Record) -> None:
        """Insert a new record, and set its number."""
        cursor = self._db.execute(
            "INSERT INTO records (region, type, name, about, wire, course, hidden)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (record.region, record.type, record.name, *record.to_columns()),
        )
        record.seq = self._last_seq = cursor.lastrowid or 0

    def save(self, record: Record) -> None:
        """Write a changed record."""
        self._db.execute(
            "UPDATE records SET about = ?, wire = ?, course = ?, hidden = ? WHERE seq = ?",
            (*record.to_columns(), record.seq),
        )

    def remove(self, record: Record) -> None:
        """Remove a record, and free its name."""
        self._db.execute("DELETE FROM records WHERE seq = ?", (record.seq,))

    def find_operation(self, region: str, operation_id: str) -> Record | None:
        """Find an operation by its id."""
        return self._find(region, operation_id, is_operation=True)

    def find_resource(self, region: str, name: str) -> Record | None:
        """Find a resource of any type by its name."""
        return self._find(region, name, is_operation=False)

    def _find(self, region: str, name: str, *, is_operation: bool) -> Record | None:
        row = self._db.execute(
            f"SELECT {_COLUMNS} FROM records"  # noqa: S608 - constants of this module
            f" WHERE region = ? AND (type = '{OPERATION}') = ? AND name = ?",
            (region, is_operation, name),
        ).fetchone()
        return _load_record(row) if row else None

    def list_newest(
        self,
        region: str,
        kind: str,
        *,
        about: str | None = None,
        before: int | None = None,
        limit: int = -1,
    ) -> list[Record]:
        """List records of one type, newest first; all if the limit is -1."""
        query = f"SELECT {_COLUMNS} FROM records WHERE region = ? AND type = ?"  # noqa: S608 - constants of this module
        values: list[object] = [region, kind]
        for condition, value in (("about = ?", about), ("seq < ?", before)):
            if value is not None:
                query += f" AND {condition}"
                values.append(value)
        rows = self._db.execute(f"{query} ORDER BY seq DESC LIMIT ?", (*values, limit))
        return [_load_record(row) for row in rows.fetchall()]
