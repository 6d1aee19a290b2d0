"""Where uploads go on after a broken line or a restart."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping

from offline_queue.database import Database


class Uploads(MutableMapping[tuple[str, str], str]):
    """Addresses of uploads by (entry id, SHA-256 of the file), kept over restarts until the entry is delivered."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def __getitem__(self, key: tuple[str, str]) -> str:
        rows = self._database.query("SELECT url FROM uploads WHERE entry_id = ? AND sha256 = ?", *key)
        if not rows:
            raise KeyError(key)
        return str(rows[0][0])

    def __setitem__(self, key: tuple[str, str], url: str) -> None:
        with self._database.writing() as connection:
            connection.execute("INSERT OR REPLACE INTO uploads VALUES (?, ?, ?)", (*key, url))

    def setdefault(self, key: tuple[str, str], default: str = "") -> str:
        """The address that is kept, or else this one from now on: the same for all who ask at once."""
        with self._database.writing() as connection:
            connection.execute("INSERT OR IGNORE INTO uploads VALUES (?, ?, ?)", (*key, default))
            rows = connection.execute("SELECT url FROM uploads WHERE entry_id = ? AND sha256 = ?", key).fetchall()
            return str(rows[0][0])

    def __delitem__(self, key: tuple[str, str]) -> None:
        with self._database.writing() as connection:
            if not connection.execute(
                "DELETE FROM uploads WHERE entry_id = ? AND sha256 = ? RETURNING 1", key
            ).fetchall():
                raise KeyError(key)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._database.query("SELECT entry_id, sha256 FROM uploads"))

    def __len__(self) -> int:
        return int(self._database.query("SELECT count(*) FROM uploads")[0][0])
