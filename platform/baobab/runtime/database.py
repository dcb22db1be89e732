"""The accounts of the database: the owner, who may change its structure, and the app, who owns nothing."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlencode

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from baobab.runtime.postgres import PostgresServer
from baobab.runtime.problems import RuntimeProblem

EMBEDDED_DATABASE = "baobab"
EMBEDDED_APP_ROLE = "baobab_app"
_OLDEST_VERSION = 16  # `GRANT ... WITH INHERIT FALSE, SET TRUE` came with it


@dataclass(frozen=True, slots=True)
class DatabaseUrls:
    """The two accounts' libpq URLs of one database."""

    owner: str
    app: str


def prepare_embedded(server: PostgresServer) -> DatabaseUrls:
    """Create the database and the app's role on a running embedded server, where they are missing."""
    with psycopg.connect(server.url(), autocommit=True) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [EMBEDDED_DATABASE]).fetchone()
        if known is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(EMBEDDED_DATABASE)))
        _ensure_role(connection, EMBEDDED_APP_ROLE, password=None)
    return DatabaseUrls(
        owner=server.url(database=EMBEDDED_DATABASE),
        app=server.url(user=EMBEDDED_APP_ROLE, database=EMBEDDED_DATABASE),
    )


def prepare_given(url: str, *, password: str) -> DatabaseUrls:
    """Create the role `<database>_app` on the server of DATABASE_URL, or give it `password` if it is there.

    Raises:
        RuntimeProblem: the URL cannot be read, the server does not answer or is too old, or the account may not
            create roles.
    """
    try:
        parts = {name: str(value) for name, value in conninfo_to_dict(url).items() if value is not None}
    except psycopg.ProgrammingError as error:
        raise RuntimeProblem(f"DATABASE_URL cannot be read: {error}") from error
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
            major = connection.info.server_version // 10_000
            if major < _OLDEST_VERSION:
                raise RuntimeProblem(f"DATABASE_URL leads to PostgreSQL {major}; {_OLDEST_VERSION} or later is needed.")
            role = f"{connection.info.dbname}_app"
            _ensure_role(connection, role, password=password)
            parts["dbname"] = connection.info.dbname
    except psycopg.errors.InsufficientPrivilege as error:
        raise RuntimeProblem(
            "The account in DATABASE_URL may not create roles. Give it that right (ALTER ROLE ... CREATEROLE),\n"
            "or create the app's role yourself and set APP_DATABASE_URL."
        ) from error
    except psycopg.OperationalError as error:
        raise RuntimeProblem(f"The database of DATABASE_URL does not answer: {error}") from error
    return DatabaseUrls(owner=url, app=_as_url(parts | {"user": role, "password": password}))


def check_given_app(url: str) -> None:
    """Raise RuntimeProblem when APP_DATABASE_URL does not lead to a database."""
    try:
        psycopg.connect(url, connect_timeout=10).close()
    except psycopg.Error as error:
        raise RuntimeProblem(f"The database of APP_DATABASE_URL does not answer: {error}") from error


def _ensure_role(connection: psycopg.Connection[tuple[object, ...]], role: str, *, password: str | None) -> None:
    """Create the app's role, or set what is wrong with it; the password travels as a SCRAM hash, not in clear."""
    name = sql.Identifier(role)
    found = connection.execute(
        "SELECT rolcanlogin AND NOT (rolinherit OR rolsuper OR rolcreatedb OR rolcreaterole)"
        " FROM pg_roles WHERE rolname = %s",
        [role],
    ).fetchone()
    if found is None:
        attributes = sql.SQL("LOGIN NOINHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE")
        connection.execute(sql.SQL("CREATE ROLE {} {}").format(name, attributes))
    elif not found[0]:
        raise RuntimeProblem(
            f"The role {role} exists with other rights than the app may have. It must be\n"
            "LOGIN NOINHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE."
        )
    if password is not None:
        algorithm = "scram-sha-256"
        secret = connection.pgconn.encrypt_password(password.encode(), role.encode(), algorithm.encode()).decode()
        connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(name, sql.Literal(secret)))


def _as_url(parts: dict[str, str]) -> str:
    """Write connection parameters as one libpq URL."""
    parts = dict(parts)
    user, password = quote(parts.pop("user"), safe=""), quote(parts.pop("password"), safe="")
    database = quote(parts.pop("dbname"), safe="")
    return f"postgresql://{user}:{password}@/{database}" + (f"?{urlencode(parts)}" if parts else "")
