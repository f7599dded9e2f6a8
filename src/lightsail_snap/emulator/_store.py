"""What the emulator remembers: one SQLite table, in memory or in a file."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import threading
import uuid
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from lightsail_snap.emulator._progression import Course, Pace
from lightsail_snap.errors import ConfigurationError

OPERATION = "Operation"
"""The type of records that are operations; all others are resources and share one namespace."""

_VERSION = 1
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
PRAGMA user_version = {_VERSION};
"""
_COLUMNS = "seq, region, type, name, about, wire, course, hidden"


@dataclass(slots=True)
class Record:
    """A resource or an operation.

    Attributes:
        region: Where it is.
        type: The resource type, or `OPERATION`.
        name: The resource's name, or the operation's id.
        wire: Its shape as it stands on the wire.
        course: The work that goes on in it, if any does.
        about: The resource an operation is about; for a disk, the instance it is attached to.
        hidden: What the emulator knows of it beyond the wire.
        seq: Its number; later ones are higher.
    """

    region: str
    type: str
    name: str
    wire: dict[str, Any]
    course: Course | None = None
    about: str | None = None
    hidden: dict[str, Any] = field(default_factory=dict)
    seq: int = 0


def _course_text(course: Course | None) -> str | None:
    if course is None:
        return None
    pace = course.pace
    facts = [course.begun, pace.unit, pace.amount, course.end, course.seen, pace.max_polls]
    return json.dumps(facts)


def _course(text: str | None) -> Course | None:
    if text is None:
        return None
    # Files of earlier versions lack the last value.
    begun, unit, amount, end, seen, *max_polls = json.loads(text)
    return Course(begun, Pace(unit, amount, *max_polls), end, seen)


def _record(row: tuple[Any, ...]) -> Record:
    seq, region, kind, name, about, wire, course, hidden = row
    return Record(
        region,
        kind,
        name,
        json.loads(wire),
        _course(course),
        about,
        json.loads(hidden) if hidden else {},
        seq,
    )


class Store:
    """All records. Safe to use from many threads; a file may be shared by several processes."""

    def __init__(self, path: str | os.PathLike[str] | None, *, seed: int) -> None:
        """Open the store, making it if it is new.

        Args:
            path: The file; None for memory.
            seed: What the ids of records are derived from.

        Raises:
            ConfigurationError: If the file cannot be opened, or is something else.
        """
        self._seed = seed
        self.lock = threading.RLock()
        try:
            self._db = sqlite3.connect(
                ":memory:" if path is None else os.fspath(path),
                isolation_level=None,
                check_same_thread=False,
            )
        except sqlite3.Error as error:
            message = f"the state file cannot be opened: {path} ({error})"
            raise ConfigurationError(message) from error
        # An emulator that nobody closed must not warn about that when it is collected.
        self._close = weakref.finalize(self, self._db.close)
        try:
            self._prepare()
        except (sqlite3.Error, ConfigurationError) as error:
            self._close()
            message = f"the state file is not one of this emulator: {path} ({error})"
            raise ConfigurationError(message) from error

    def _prepare(self) -> None:
        self._db.execute("PRAGMA busy_timeout = 10000")
        self._db.execute("PRAGMA journal_mode = WAL")
        # With a write-ahead log this loses nothing when the process is killed: what is committed
        # is with the operating system. Only a power failure could take the last commits back.
        self._db.execute("PRAGMA synchronous = NORMAL")
        with self.transaction():
            (version,) = self._db.execute("PRAGMA user_version").fetchone()
            (tables,) = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()
            if (version, tables) == (0, 0):
                for statement in _SCHEMA.split(";"):
                    self._db.execute(statement)
            elif version != _VERSION:
                message = f"version {version} of its layout, not {_VERSION}"
                raise ConfigurationError(message)

    @property
    def is_closed(self) -> bool:
        """Whether the store was closed."""
        return not self._close.alive

    def close(self) -> None:
        """Close the store; what is in memory is gone. Closing again does nothing."""
        with self.lock:
            self._close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Do things all together, alone, or not at all. Committed when the block ends well.

        Yields:
            Nothing.
        """
        with self.lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                # SQLite has rolled back itself after the worst errors, and then refuses to again.
                with suppress(sqlite3.OperationalError):
                    self._db.execute("ROLLBACK")
                raise

    def fresh_id(self, purpose: str = "") -> uuid.UUID:
        """Make the id of the record that is added next. Unique, and the same in every rerun.

        Args:
            purpose: Tells several ids of one record apart.

        Returns:
            The id.
        """
        row = self._db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'records'").fetchone()
        text = f"{self._seed}/{row[0] if row else 0}/{purpose}"
        digest = hashlib.blake2b(text.encode(), digest_size=16).digest()
        return uuid.UUID(bytes=digest, version=4)

    def add(self, record: Record) -> None:
        """Add a record.

        Args:
            record: The record; it is given its number.
        """
        cursor = self._db.execute(
            "INSERT INTO records (region, type, name, about, wire, course, hidden)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (record.region, record.type, record.name, *self._mutable(record)),
        )
        record.seq = cursor.lastrowid or 0

    def save(self, record: Record) -> None:
        """Write a changed record back.

        Args:
            record: The record.
        """
        self._db.execute(
            "UPDATE records SET about = ?, wire = ?, course = ?, hidden = ? WHERE seq = ?",
            (*self._mutable(record), record.seq),
        )

    @staticmethod
    def _mutable(record: Record) -> tuple[str | None, ...]:
        return (
            record.about,
            json.dumps(record.wire),
            _course_text(record.course),
            json.dumps(record.hidden) if record.hidden else None,
        )

    def remove(self, record: Record) -> None:
        """Remove a record; its name is free again.

        Args:
            record: The record.
        """
        self._db.execute("DELETE FROM records WHERE seq = ?", (record.seq,))

    def operation(self, region: str, operation_id: str) -> Record | None:
        """Find an operation.

        Args:
            region: Where.
            operation_id: Its id.

        Returns:
            The operation, or None.
        """
        return self._find(region, operation_id, is_operation=True)

    def resource(self, region: str, name: str) -> Record | None:
        """Find a resource of any type.

        Args:
            region: Where.
            name: Its name.

        Returns:
            The resource, or None.
        """
        return self._find(region, name, is_operation=False)

    def _find(self, region: str, name: str, *, is_operation: bool) -> Record | None:
        row = self._db.execute(
            f"SELECT {_COLUMNS} FROM records"  # noqa: S608 - constants of this module
            f" WHERE region = ? AND (type = '{OPERATION}') = ? AND name = ?",
            (region, is_operation, name),
        ).fetchone()
        return _record(row) if row else None

    def newest(
        self,
        region: str,
        kind: str,
        *,
        about: str | None = None,
        before: int | None = None,
        limit: int = -1,
    ) -> list[Record]:
        """List records of one type, newest first.

        Args:
            region: Where.
            kind: The type.
            about: Only those about this resource.
            before: Only those with a lower number than this.
            limit: How many at most; all if negative.

        Returns:
            The records.
        """
        query = f"SELECT {_COLUMNS} FROM records WHERE region = ? AND type = ?"  # noqa: S608 - constants of this module
        values: list[object] = [region, kind]
        for condition, value in (("about = ?", about), ("seq < ?", before)):
            if value is not None:
                query += f" AND {condition}"
                values.append(value)
        rows = self._db.execute(f"{query} ORDER BY seq DESC LIMIT ?", (*values, limit))
        return [_record(row) for row in rows.fetchall()]
