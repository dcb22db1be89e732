"""Puts a test's database back as it was by its rows: a new copy has three thousand files, and takes ten times as long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import LiteralString

import psycopg

# Everything that is not rows, down to the files that hold them: a test that altered or truncated a table is found here.
_SHAPE: LiteralString = """
WITH ours AS (SELECT oid, nspname, nspacl FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema$)'),
relations AS (
    SELECT * FROM pg_class WHERE relnamespace IN (SELECT oid FROM ours)
    OR oid IN (SELECT reltoastrelid FROM pg_class WHERE relnamespace IN (SELECT oid FROM ours))
),
parts AS (
    SELECT row(oid, nspname, nspacl)::text AS part FROM ours
    UNION ALL SELECT row(oid, relname, relnamespace, relfilenode, relowner, relacl, relrowsecurity, relforcerowsecurity,
                         reloptions)::text FROM relations
    UNION ALL SELECT row(attrelid, attnum, attname, atttypid, atttypmod, attnotnull, attidentity, attgenerated, attacl)::text
              FROM pg_attribute WHERE attrelid IN (SELECT oid FROM relations)
    UNION ALL SELECT row(oid, conname, convalidated, conrelid)::text FROM pg_constraint
    UNION ALL SELECT row(adrelid, adnum, adbin)::text FROM pg_attrdef
    UNION ALL SELECT row(oid, tgname, tgenabled)::text FROM pg_trigger
    UNION ALL SELECT row(oid, polname, polqual, polwithcheck)::text FROM pg_policy
    UNION ALL SELECT row(oid, proname, prosrc, proacl)::text FROM pg_proc WHERE pronamespace IN (SELECT oid FROM ours)
    UNION ALL SELECT row(datacl)::text FROM pg_database WHERE datname = current_database()
    UNION ALL SELECT row(setrole, setconfig)::text FROM pg_db_role_setting
              JOIN pg_database ON pg_database.oid = setdatabase WHERE datname = current_database()
)
SELECT row(count(*), sum(hashtextextended(part, 0)))::text FROM parts
"""
_SCHEMAS: LiteralString = """
SELECT quote_ident(nspname) FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema$)'
"""
_TABLES: LiteralString = """
SELECT c.oid, format('%I.%I', nspname, relname), string_agg(quote_ident(attname), ', ' ORDER BY attnum)
FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
JOIN pg_attribute ON attrelid = c.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
WHERE relkind = 'r' AND nspname !~ '^(pg_|information_schema$)' GROUP BY c.oid, nspname, relname
"""
_WRITTEN: LiteralString = """
SELECT c.oid, pg_stat_get_tuples_inserted(c.oid) + pg_stat_get_tuples_updated(c.oid) + pg_stat_get_tuples_deleted(c.oid)
FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
WHERE relkind = 'r' AND nspname !~ '^(pg_|information_schema$)'
"""
_SEQUENCES: LiteralString = """
SELECT format('%I.%I', schemaname, sequencename), coalesce(last_value, start_value), last_value IS NOT NULL FROM pg_sequences
"""
# A session reports what it wrote at its end at the latest; whoever is gone from this view has reported.
_END_OTHERS: LiteralString = """
SELECT coalesce(bool_and(pg_terminate_backend(pid, 10000)), true) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


@dataclass(slots=True)
class Table:
    """A table's name, its columns that can be written, and its rows as COPY gives them."""

    name: str
    columns: str
    rows: bytes


class State:
    """What a database holds, kept in memory: it is a platform with a few tenants in which nothing has happened yet."""

    def __init__(self, conninfo: str) -> None:
        """Look at a database nobody writes to now, as an account that may switch foreign keys off."""
        self.conninfo = conninfo
        with psycopg.connect(conninfo, autocommit=True) as connection:
            self.shape = _shape(connection)
            self.schemas = set(connection.execute(_SCHEMAS).fetchall())
            self.tables = {
                oid: Table(name, columns, _rows(connection, name, columns))
                for oid, name, columns in connection.execute(_TABLES).fetchall()
            }
            self.sequences = set(connection.execute(_SEQUENCES).fetchall())
            self.written = dict(connection.execute(_WRITTEN).fetchall())

    def restore(self) -> bool:
        """Put the rows and sequences back and end all other sessions. False when that would not do: take a new copy."""
        with psycopg.connect(self.conninfo, autocommit=True) as connection:
            if connection.execute(_END_OTHERS).fetchone() != (True,):
                return False
            for (schema,) in set(connection.execute(_SCHEMAS).fetchall()) - self.schemas:
                connection.execute(f"DROP SCHEMA {schema} CASCADE".encode())
            if _shape(connection) != self.shape:
                return False
            written = set(connection.execute(_WRITTEN).fetchall()) - self.written.items()
            moved = {name for name, *_ in set(connection.execute(_SEQUENCES).fetchall()) - self.sequences}
            self._put_back(connection, [self.tables[oid] for oid, _ in written], moved)
            connection.execute("SELECT pg_stat_force_next_flush()")  # so that the next look counts from here
            self.written = dict(connection.execute(_WRITTEN).fetchall())
        return True

    def look_at_new_copy(self) -> None:
        """Go on with another copy of the same template under the same name: all is as it was, and nothing is written yet."""
        self.written = dict.fromkeys(self.tables, 0)

    def _put_back(self, connection: psycopg.Connection, tables: list[Table], sequences: set[str]) -> None:
        with connection.transaction():
            # Without foreign keys and triggers, so in any order.
            connection.execute("SET LOCAL session_replication_role = replica")
            for table in tables:
                connection.execute(f"DELETE FROM {table.name}".encode())
        if tables:  # new rows take the places of the old ones, as in a new copy
            connection.execute(f"VACUUM {', '.join(table.name for table in tables)}".encode())
        with connection.transaction():
            connection.execute("SET LOCAL session_replication_role = replica")
            for table in tables:
                if table.rows:
                    with connection.cursor().copy(f"COPY {table.name} ({table.columns}) FROM STDIN".encode()) as copy:
                        copy.write(table.rows)
            for name, value, is_called in self.sequences:
                if name in sequences:
                    connection.execute("SELECT setval(%s::regclass, %s, %s)", [name, value, is_called])


def _shape(connection: psycopg.Connection) -> str:
    row = connection.execute(_SHAPE).fetchone()
    assert row is not None
    return str(row[0])


def _rows(connection: psycopg.Connection, name: str, columns: str) -> bytes:
    with connection.cursor().copy(f"COPY {name} ({columns}) TO STDOUT".encode()) as copy:
        return b"".join(bytes(chunk) for chunk in copy)
