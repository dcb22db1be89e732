"""Test databases: one template, built once per state of the migrations, and copies of it.

`CREATE DATABASE … TEMPLATE` copies a whole platform with its tenants in half a second.
"""

from __future__ import annotations

import fcntl
import functools
import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from tests.support.restoring import State

ROOT = Path(__file__).resolve().parents[2]
_WATCHED = ("**/migrations/*.py", "billing/offers.py", "billing/quotas.py", "shared_apps/usage/*.py",
            "provisioning/**/*.py", "platform/baobab/products.py",
            "tests/support/*.py", "tenant_apps/*/services.py", "tenant_apps/*/services/*.py")  # fmt: skip


def admin() -> psycopg.Connection:
    """An autocommit connection that may create databases."""
    return psycopg.connect(os.environ["DATABASE_URL"], dbname="postgres", autocommit=True)


def template_name() -> str:
    """Changes whenever anything that shapes the template does."""
    digest = hashlib.sha256()
    for pattern in _WATCHED:
        for path in sorted(ROOT.glob(pattern)):
            if ".venv" not in path.parts:
                digest.update(path.read_bytes())
    return f"baobab_tpl_{digest.hexdigest()[:16]}"


@functools.cache
def ensure_template() -> str:
    """Build the template unless it is there; one process builds, the others wait. Looked for once in each process."""
    name = template_name()
    with Path(tempfile.gettempdir(), f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with admin() as connection:
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                return name
            building = f"{name}_building"
            connection.execute(f'DROP DATABASE IF EXISTS "{building}" WITH (FORCE)')
            connection.execute(f'CREATE DATABASE "{building}"')
            _populate(building)
            connection.execute(f'ALTER DATABASE "{building}" RENAME TO "{name}"')
    return name


def clone(name: str) -> None:
    """A fresh copy of the template under a name, in place of what had it."""
    template = ensure_template()
    with admin() as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy')


_kept: dict[str, State] = {}


def put_back(name: str) -> None:
    """A copy as it was made, after whatever was committed in it. Ends all its sessions."""
    if name not in _kept:
        clone(name)
        _kept[name] = State(on_database(os.environ["DATABASE_URL"], name))
    elif not _kept[name].restore():
        clone(name)
        _kept[name].look_at_new_copy()


def drop(name: str) -> None:
    """Remove a copy."""
    with admin() as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def on_database(url: str, name: str) -> str:
    """The same account at another database, as a libpq connection string."""
    return psycopg.conninfo.make_conninfo(**{**conninfo_to_dict(url), "dbname": name})


def _populate(database: str) -> None:
    environment = {
        **os.environ,
        "BAOBAB_DB_ACCOUNT": "owner",
        "DATABASE_URL": on_database(os.environ["DATABASE_URL"], database),
        "APP_DATABASE_URL": on_database(os.environ["APP_DATABASE_URL"], database),
        "DJANGO_SETTINGS_MODULE": "baobab.settings.test",
        "PYTHONPATH": f"{ROOT}:{ROOT / 'platform'}",
    }
    subprocess.run([sys.executable, "-m", "tests.support.populate"], check=True, env=environment, cwd=ROOT)


if __name__ == "__main__":
    ensure_template()
