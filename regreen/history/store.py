"""The database of the history: SQLite, beside whatever other regreens write to it.

The statements are plain SQL that other databases understand too. A file that is no database is set
aside, one of a newer regreen is left alone; whatever goes wrong is told and never ends a recovery.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from regreen.history.ordering import Ordering
from regreen.history.records import Earlier, Recovery, digest
from regreen.history.rows import (
    ATTEMPT,
    RECOVERY,
    attempt_row,
    attempted,
    recovery,
    recovery_row,
)
from regreen.model import Failure

FILE = "history.sqlite"
VERSION = 1
_PATIENCE = 5.0
"""Seconds to wait for another regreen that writes."""
_MOST = 5000
"""Recoveries that are kept: the newest."""
_LEARNT = 20_000
"""Tries that an order is learnt from: the newest."""
_SCHEMA = """
CREATE TABLE recovery (
  id INTEGER PRIMARY KEY, at TEXT NOT NULL, repository TEXT NOT NULL, commit_id TEXT NOT NULL,
  workflow TEXT NOT NULL, job TEXT NOT NULL, category TEXT NOT NULL, tool TEXT,
  codes TEXT NOT NULL, signature TEXT NOT NULL, status TEXT NOT NULL, fixers TEXT NOT NULL,
  severity TEXT NOT NULL, patch TEXT NOT NULL, sha256 TEXT NOT NULL, seconds REAL NOT NULL
);
CREATE TABLE attempt (
  id INTEGER PRIMARY KEY, recovery INTEGER NOT NULL REFERENCES recovery (id) ON DELETE CASCADE,
  category TEXT NOT NULL, tool TEXT, codes TEXT NOT NULL, fixer TEXT NOT NULL,
  ending TEXT NOT NULL, severity TEXT NOT NULL, seconds REAL NOT NULL, reason TEXT NOT NULL
);
CREATE INDEX recovery_signature ON recovery (signature);
CREATE INDEX attempt_recovery ON attempt (recovery);
"""
_INSERT = f"INSERT INTO recovery ({RECOVERY}) VALUES ({', '.join('?' * 15)})"
_INSERT_ATTEMPT = f"INSERT INTO attempt (recovery, {ATTEMPT}) VALUES ({', '.join('?' * 9)})"
_BROKEN = frozenset({"SQLITE_NOTADB", "SQLITE_CORRUPT", "SQLITE_ERROR"})
"""What SQLite says of a file that is none of its own, is damaged, or holds other tables; the rest
(locked, read-only, a full disk) says nothing against the file (sqlite.org/rescode.html)."""
_OLDER = "(SELECT id FROM recovery ORDER BY id DESC LIMIT -1 OFFSET ?)"

_Value = TypeVar("_Value")
Note = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class History:
    """An open history; without a connection it knows nothing and keeps nothing."""

    path: Path
    connection: sqlite3.Connection | None
    note: Note

    def ordering(self) -> Ordering:
        """Return what the history teaches, as it is now."""
        statement = f"SELECT {ATTEMPT} FROM attempt ORDER BY id DESC LIMIT ?"
        return Ordering(tuple(self._read(attempted, statement, _LEARNT)[::-1]))

    def earlier(self, failure: Failure, repository: str) -> Earlier | None:
        """Return the newest verified recovery from the same failure, the repository's own first."""
        known = digest(failure.signature)
        if not known:
            return None
        found = self._read(
            recovery,
            f"SELECT id, {RECOVERY} FROM recovery WHERE signature = ? AND status = 'verified' "
            "ORDER BY (repository = ?) DESC, id DESC LIMIT 1",
            known,
            repository,
        )
        return Earlier(found[0], found[0].repository == repository) if found else None

    def remember(self, one: Recovery) -> int | None:
        """Keep ``one`` and return its number; ``None`` where it could not be kept."""
        if self.connection is None:
            return None
        try:
            with _writing(self.connection):
                made = self.connection.execute(_INSERT, recovery_row(one)).lastrowid
                rows = [(made, *attempt_row(tried)) for tried in one.tries]
                self.connection.executemany(_INSERT_ATTEMPT, rows)
                self.connection.execute(f"DELETE FROM recovery WHERE id IN {_OLDER}", (_MOST,))
        except sqlite3.Error as error:
            self.note(f"nothing is kept in the history {self.path}: {error}")
            return None
        return made

    def recoveries(self, repository: str | None = None, most: int = 20) -> tuple[Recovery, ...]:
        """Return the newest recoveries without their tries; of ``repository`` only, if given."""
        statement = (
            f"SELECT id, {RECOVERY} FROM recovery WHERE (?1 IS NULL OR repository = ?1) "
            "ORDER BY id DESC LIMIT ?2"
        )
        return tuple(self._read(recovery, statement, repository, most))

    def one(self, number: int) -> Recovery | None:
        """Return a recovery with its tries."""
        statement = f"SELECT id, {RECOVERY} FROM recovery WHERE id = ?"
        tries = f"SELECT {ATTEMPT} FROM attempt WHERE recovery = ? ORDER BY id"
        found = self._read(recovery, statement, number)
        return (
            replace(found[0], tries=tuple(self._read(attempted, tries, number))) if found else None
        )

    def forget(self, number: int | None = None, repository: str | None = None) -> int:
        """Remove one recovery, those of a repository, or (neither is given) all; say how many.

        What was removed is overwritten in the file. Raises `sqlite3.Error`.
        """
        if self.connection is None:
            return 0
        with _writing(self.connection):
            return self.connection.execute(
                "DELETE FROM recovery WHERE (?1 IS NULL OR id = ?1) "
                "AND (?2 IS NULL OR repository = ?2)",
                (number, repository),
            ).rowcount

    def _read(
        self, made: Callable[[tuple[object, ...]], _Value], statement: str, *values: object
    ) -> list[_Value]:
        if self.connection is None:
            return []
        try:
            return [made(row) for row in self.connection.execute(statement, values)]
        except (
            sqlite3.Error, OverflowError, ValueError, TypeError, RecursionError
        ) as error:  # fmt: skip
            self.note(f"the history {self.path} is not read: {error}")
            return []


@contextmanager
def open_history(folder: Path, note: Note, *, wanted: bool = True) -> Iterator[History]:
    """Yield the history in ``folder``, which is made when missing; an empty one if not ``wanted``.

    ``note`` is told why there is none where there should be one.
    """
    path = folder / FILE
    connection = _connected(path, note) if wanted else None
    if connection is None:
        yield History(path, None, note)
        return
    with closing(connection):
        yield History(path, connection, note)


def _connected(path: Path, note: Note) -> sqlite3.Connection | None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):  # nobody else is to read what was mended here
            os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))
        return _usable(path, note)
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorname", "") in _BROKEN:
            return _anew(path, note, str(error))
        note(f"no history is kept: {path}: {error}")
    except OSError as error:
        note(f"no history is kept: {path}: {error.strerror or error}")
    return None


def _usable(path: Path, note: Note) -> sqlite3.Connection | None:
    """Return a connection to a history of this version; ``None`` for one of a newer regreen."""
    connection = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)
    try:
        for pragma in ("journal_mode = WAL", "secure_delete = ON", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")
        with _writing(connection):
            found = connection.execute("PRAGMA user_version").fetchone()[0]
            if found == 0:
                for statement in filter(None, map(str.strip, _SCHEMA.split(";"))):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {VERSION}")
        if found <= VERSION:
            connection.execute(f"SELECT {RECOVERY} FROM recovery LIMIT 1")
            connection.execute(f"SELECT {ATTEMPT} FROM attempt LIMIT 1")
            return connection
    except BaseException:
        connection.close()
        raise
    connection.close()
    note(f"the history {path} was written by a newer regreen: it is left alone, and not used")
    return None


def _anew(path: Path, note: Note, why: str) -> sqlite3.Connection | None:
    """Set a broken file aside and begin another."""
    aside = path.with_name(f"{path.name}.broken-{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
    try:
        for end in ("", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                Path(f"{path}{end}").replace(f"{aside}{end}")
        note(f"the history {path} cannot be read ({why}): it is set aside as {aside.name}")
        return _usable(path, note)
    except (OSError, sqlite3.Error) as error:
        note(f"no history is kept: {path}: {error}")
        return None


@contextmanager
def _writing(connection: sqlite3.Connection) -> Iterator[None]:
    """Hold the right to write from the beginning, so that nobody comes between."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
