"""SQLite storage of models as JSON."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, closing
from datetime import datetime
from typing import Generic, TypeVar

from pydantic import BaseModel

from lightsail_snap import DiskSnapshot, Operation

ModelT = TypeVar("ModelT", bound=BaseModel)


class ModelTable(Generic[ModelT]):
    """The models of one class, by a key."""

    def __init__(
        self, database: sqlite3.Connection, model: type[ModelT], key: Callable[[ModelT], str]
    ) -> None:
        self._database = database
        self._model: type[ModelT] = model
        self._key = key
        self._name = model.__name__
        database.execute(
            f"CREATE TABLE IF NOT EXISTS {self._name} (key TEXT PRIMARY KEY, document TEXT)"
        )

    def save(self, models: Iterable[ModelT]) -> int:
        rows = [(self._key(model), model.model_dump_json(exclude_unset=True)) for model in models]
        with self._database:
            insert = f"INSERT OR REPLACE INTO {self._name} VALUES (?, ?)"  # noqa: S608 - a class name
            self._database.executemany(insert, rows)
        return len(rows)

    def __iter__(self) -> Iterator[ModelT]:
        query = f"SELECT document FROM {self._name} ORDER BY key"  # noqa: S608 - a class name
        for (document,) in self._database.execute(query):
            yield self._model.model_validate_json(document)

    def find(self, key: str) -> ModelT | None:
        query = f"SELECT document FROM {self._name} WHERE key = ?"  # noqa: S608 - a class name
        row: tuple[str] | None = self._database.execute(query, (key,)).fetchone()
        return None if row is None else self._model.model_validate_json(row[0])


def snapshot_table(database: sqlite3.Connection) -> ModelTable[DiskSnapshot]:
    return ModelTable(database, DiskSnapshot, lambda snapshot: snapshot.name)


def operation_table(database: sqlite3.Connection) -> ModelTable[Operation]:
    return ModelTable(database, Operation, lambda operation: operation.id)


def open_database(path: str) -> AbstractContextManager[sqlite3.Connection]:
    return closing(sqlite3.connect(path))


def newest(snapshots: Iterable[DiskSnapshot]) -> DiskSnapshot | None:
    dated: list[tuple[datetime, DiskSnapshot]] = [
        (snapshot.created_at, snapshot) for snapshot in snapshots if snapshot.created_at is not None
    ]
    return max(dated, key=lambda pair: pair[0])[1] if dated else None
