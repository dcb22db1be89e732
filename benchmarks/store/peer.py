"""django-oscar beside us: its own environment, database and process on the same servers."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.support import free_address, get, wait_until
from tests.support.databases import ROOT, admin, drop, on_database

DATABASE = "oscar_bench"
HOME = ROOT / ".data" / "oscar"
PINNED = Path(__file__).with_name("oscar-requirements.txt")


@contextmanager
def oscar_shop(products: int) -> Iterator[dict[str, Any]]:
    """A shop of django-oscar with so many products, served as ours is; yields what visitors know of it."""
    python = _environment()
    data = HOME / "shop"
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True)
    with admin() as server:
        server.execute(f'DROP DATABASE IF EXISTS "{DATABASE}" WITH (FORCE)')
        server.execute(f'CREATE DATABASE "{DATABASE}"')
    variables = _variables(data)
    try:
        fill = [python, "-m", "benchmarks.store.oscar_shop.fill", "--products", str(products)]
        subprocess.run(fill, check=True, cwd=ROOT, env=variables)
        with _server(python, variables) as address:
            yield {**json.loads((data / "shop.json").read_text()), "address": address}
    finally:
        drop(DATABASE)


def _environment() -> str:
    """The Python of an environment with exactly the pinned packages, made at the first run; its path."""
    digest = hashlib.sha256(PINNED.read_bytes() + sys.version.encode()).hexdigest()[:12]
    place = HOME / f"python-{digest}"
    python = str(place / "bin" / "python")
    if not (place / "complete").exists():
        shutil.rmtree(place, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", place], check=True)
        subprocess.run([python, "-m", "pip", "install", "-qq", "--disable-pip-version-check", "-r", PINNED], check=True)
        (place / "complete").touch()
    return python


def _variables(data: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "REDIS_URL") if name in os.environ}
    return {
        **kept,
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "ignore",
        "DJANGO_SETTINGS_MODULE": "benchmarks.store.oscar_shop.settings",
        "OSCAR_HOME": str(data),
        "OSCAR_DATABASE_URL": on_database(os.environ["DATABASE_URL"], DATABASE),
    }


@contextmanager
def _server(python: str, variables: dict[str, str]) -> Iterator[str]:
    """gunicorn, set as `benchmarks.support.web_server` sets ours."""
    address = free_address()
    running = subprocess.Popen(
        [python, "-m", "gunicorn", "benchmarks.store.oscar_shop.wsgi:application", "--bind", address, "--worker-class", "gthread",
         "--threads", "8", "--workers", "1", "--no-control-socket", "--log-level", "error"],
        cwd=ROOT, env=variables,
    )  # fmt: skip
    try:
        wait_until(lambda: get(f"http://{address}/catalogue/", host="localhost")[0] == 200)
        yield address
    finally:
        running.terminate()
        running.wait(20)
