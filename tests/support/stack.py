"""A whole platform of real processes on servers of its own, for tests that break things."""

from __future__ import annotations

import email
import email.policy
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from baobab.runtime import database, places
from baobab.runtime.postgres import PostgresServer
from baobab.runtime.redis import RedisServer
from tests.support import databases
from tests.support.databases import ROOT


class Stack:
    """PostgreSQL, Redis, web, worker and beat. `start` and `kill` name the program.

    With `own_postgres` the platform is set up from nothing in a server that may be killed too; without, it is a copy of
    the suite's template on the suite's server, which takes no time.
    """

    def __init__(self, *, own_postgres: bool) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="stack-")).resolve()
        self.folder.chmod(0o755)
        data = places.private_directory(self.folder / ".data")
        home = places.postgres_home(data, throwaway=True) if own_postgres else None
        self.own_postgres = PostgresServer(home, durable=False) if home else None
        self.database = f"baobab_{self.folder.name.replace('-', '_').lower()}"
        self.redis = RedisServer(data / "redis", durable=True)
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]

    def set_up(self, **environment: str) -> None:
        """Start the servers and build the platform in them; `environment` is added to every process's."""
        self.redis.start()
        owner, app = self._database_urls()
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("PG")},
            "DATABASE_URL": owner,
            "APP_DATABASE_URL": app,
            "REDIS_URL": self.redis.url(),
            "DJANGO_SETTINGS_MODULE": "tests.support.stack_settings",
            "PYTHONPATH": f"{ROOT}:{ROOT / 'platform'}",
            "MEDIA_ROOT": str(self.folder / "media"),
            "MAIL_DIR": str(self.folder / "mail"),
            "PLATFORM_PORT": str(self.port),
            "LOG_LEVEL": "WARNING",
            **environment,
        }
        if self.own_postgres:
            subprocess.run([sys.executable, "manage.py", "setup_platform"], check=True, cwd=ROOT, env=self.environment,
                           stdout=subprocess.DEVNULL)  # fmt: skip

    @property
    def postgres(self) -> PostgresServer:
        """The stack's own server."""
        assert self.own_postgres, "this stack is a database on the suite's server"
        return self.own_postgres

    def _database_urls(self) -> tuple[str, str]:
        """For the owner of the tables, and for the platform."""
        if self.own_postgres:
            self.own_postgres.start()
            urls = database.prepare_embedded(self.own_postgres)
            return urls.owner, urls.app
        databases.clone(self.database)
        return (
            databases.on_database(os.environ["DATABASE_URL"], self.database),
            databases.on_database(os.environ["APP_DATABASE_URL"], self.database),
        )

    def start(self, name: str) -> None:
        celery = ("celery", "-A", "baobab.celery:app")
        command = {
            "web": ("gunicorn", "baobab.wsgi:application", "--bind", f"127.0.0.1:{self.port}", "--threads", "4",
                    "--no-control-socket", "--log-level", "error"),
            "worker": (*celery, "worker", "-P", "threads", "-c", "2", "--without-gossip", "--without-mingle"),
            "beat": (*celery, "beat", "--schedule", str(self.folder / "beat"), "--pidfile="),
        }[name]  # fmt: skip
        self.processes[name] = subprocess.Popen(
            [sys.executable, "-m", *command], cwd=ROOT, env=self.environment, stdout=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip

    def kill(self, name: str) -> None:
        """SIGKILL the program and everything it started."""
        process = self.processes.pop(name)
        os.killpg(process.pid, 9)
        process.wait(10)

    def run(self, *words: str) -> Any:
        """Do something as the product would, in a process of its own; the answer is JSON."""
        done = subprocess.run([sys.executable, "-m", "tests.support.stack_actions", *words], cwd=ROOT,
                              env=self.environment, capture_output=True, text=True, check=False)  # fmt: skip
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    def address(self, host: str = "localhost") -> str:
        """The platform's or a tenant's address."""
        return f"http://{host}:{self.port}"

    def mails_to(self, recipient: str) -> list[str]:
        """The texts of the mails somebody got, oldest first."""
        texts = []
        # A file that is being written has a dot before its name, until it is whole.
        for path in sorted((self.folder / "mail").glob("[!.]*.eml"), key=lambda path: path.stat().st_mtime_ns):
            message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            if recipient in str(message["To"]):
                texts.append(message.get_body(("plain",)).get_content())
        return texts

    def status(self, path: str) -> int:
        """The status of a page on the platform's host; 0 when nobody answers."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers={"Host": "localhost"})
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def tear_down(self) -> None:
        for name in list(self.processes):
            self.kill(name)
        self.redis.destroy()
        if self.own_postgres:
            self.own_postgres.destroy()
        else:
            databases.drop(self.database)
        shutil.rmtree(self.folder, ignore_errors=True)


@contextmanager
def running_stack(*, own_postgres: bool, **environment: str) -> Iterator[Stack]:
    """A stack with all its programs, up when it is handed over and gone afterwards."""
    stack = Stack(own_postgres=own_postgres)
    try:
        stack.set_up(**environment)
        for name in ("web", "worker", "beat"):
            stack.start(name)
        eventually(lambda: stack.status("/pricing/") == 200, seconds=60, what="the web process is up")
        yield stack
    finally:
        stack.tear_down()


def eventually(check: Callable[[], bool], *, seconds: float, what: str) -> None:
    """Wait for something that must come true."""
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        time.sleep(0.2)
