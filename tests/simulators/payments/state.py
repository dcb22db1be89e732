"""What the simulator knows, in one SQLite file (or in memory), so that a restart forgets nothing.

Every read-check-write runs under `lock`: the simulator answers 60 requests at once and must not race itself.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Document = dict[str, Any]

SCHEMA = """
CREATE TABLE IF NOT EXISTS records (
    kind TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, made INTEGER PRIMARY KEY AUTOINCREMENT, UNIQUE (kind, id)
);
"""
# Kinds that outlive a reset: who the simulator is, and where it sends webhooks.
LASTING_KINDS = ("identity", "webhook_target")


class State:
    """Documents by kind and id."""

    def __init__(self, path: Path | None = None) -> None:
        self.lock = threading.RLock()
        self._database = sqlite3.connect(path or ":memory:", check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=OFF")
        self._database.executescript(SCHEMA)

    def get(self, kind: str, id: str) -> Document | None:
        """A copy of a document, or None."""
        with self.lock:
            row = self._database.execute("SELECT body FROM records WHERE kind = ? AND id = ?", (kind, id)).fetchone()
        return json.loads(row[0]) if row else None

    def put(self, kind: str, id: str, document: Document) -> None:
        """Insert or replace a document."""
        with self.lock:
            self._database.execute(
                "INSERT INTO records (kind, id, body) VALUES (?, ?, ?)"
                " ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body",
                (kind, id, json.dumps(document)),
            )

    def all(self, kind: str) -> Iterator[tuple[str, Document]]:
        """Ids and documents of a kind, oldest first."""
        with self.lock:
            rows = self._database.execute(
                "SELECT id, body FROM records WHERE kind = ? ORDER BY made", (kind,)
            ).fetchall()
        return ((id, json.loads(body)) for id, body in rows)

    def note_call(self, operation: str, header_names: list[str], user_agent: str) -> None:
        """Count a call, and remember which headers came with it (names only)."""
        with self.lock:
            call = self.get("call", operation) or {"count": 0, "header_names": [], "user_agents": []}
            call["count"] += 1
            call["header_names"] = sorted({*call["header_names"], *(name.lower() for name in header_names)})
            call["user_agents"] = sorted({*call["user_agents"], user_agent})
            self.put("call", operation, call)

    def reset(self) -> None:
        """Forget everything but the signing key and the webhook targets."""
        marks = ", ".join("?" for _ in LASTING_KINDS)
        with self.lock:
            self._database.execute(f"DELETE FROM records WHERE kind NOT IN ({marks})", LASTING_KINDS)
