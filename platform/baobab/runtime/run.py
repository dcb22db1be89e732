"""`make run`: the whole platform on this machine."""

from __future__ import annotations

import hashlib
import http.client
import os
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from baobab.runtime import environment, files, messages, ports
from baobab.runtime.manage import manage
from baobab.runtime.output import RunLog, say, step
from baobab.runtime.pdf import offer_pdf_libraries
from baobab.runtime.problems import RuntimeProblem
from baobab.runtime.processes import Program, Supervisor, stop_leftovers
from baobab.runtime.services import Services, local_services
from baobab.runtime.stopping import Stopped, StopRequest

_READY_SECONDS = 90

_CELERY = [sys.executable, "-m", "celery", "-A", "baobab.celery:app"]
# Queue and threads of each worker. What waits for providers, for webhooks to be judged by them and for a mail server
# keeps nobody else waiting.
WORKERS = {
    "worker": ("baobab", 2),
    "worker-providers": ("providers", 4),
    "worker-webhooks": ("webhooks", 2),
    "worker-mail": ("mail", 2),
    "worker-documents": ("documents", 1),
}


def run(stop: StopRequest) -> int:
    """Set up what is missing, run everything until the user stops it, and return the exit code.

    Raises:
        RuntimeProblem: something the user has to put right.
    """
    data = environment.data_directory()
    with files.exclusive_lock(data / "run.lock", wait=False) as mine:
        if not mine:
            other = files.read_json(data / "run.pid")
            raise RuntimeProblem(f"Baobab already runs from this folder (process {other}). Stop it first with Ctrl-C.")
        files.write_json(data / "run.pid", os.getpid())
        if left := stop_leftovers(data / "processes.json"):
            say(f"Stopped what an earlier run had left: {', '.join(left)}.")
        port = ports.parse(os.environ.get("PORT") or str(environment.PORT), name="PORT")
        ports.require_free(port)
        simulator_port = _simulator_port(port)
        environment.keep_ports(data, port=port, simulator_port=simulator_port)
        services = local_services(data)
        log_path = data / "run.log"
        files.keep_small(log_path)
        try:
            with log_path.open("a", encoding="utf-8") as stream:
                return _run(services, RunLog(stream), stop, port=port, simulator_port=simulator_port)
        finally:
            services.stop()
            say("Stopped.")


def _simulator_port(port: int) -> int:
    text = os.environ.get("SIMULATOR_PORT")
    wanted = ports.parse(text, name="SIMULATOR_PORT") if text else port + environment.SIMULATOR_ABOVE
    found = ports.free_port(wanted)
    if found != wanted:
        say(f"Port {wanted} is in use; the payment simulator takes {found}.")
    return found


def _run(services: Services, log: RunLog, stop: StopRequest, *, port: int, simulator_port: int) -> int:
    say(f"Starting Baobab in {environment.ROOT} (Ctrl-C stops everything)")
    data, started = services.data, time.monotonic()
    try:
        env = _set_up(services, log, stop, port=port, simulator_port=simulator_port)
        supervisor = Supervisor(
            _programs(data, port=port, simulator_port=simulator_port),
            env=env,
            folder=environment.ROOT,
            log=log,
            record=data / "processes.json",
        )
        stop.insist = supervisor.kill
        try:
            # The web server loads while the demo data is looked after; the worker must not meet half of that.
            supervisor.start("web", "payments")
            with step("Demo data"):
                logins = str(data / "logins.json")
                manage("load_demo", "--logins", logins, env=env, folder=environment.ROOT, log=log, stop=stop)
            with step("Web and payment simulator"):
                _wait_until_ready(port, simulator_port, supervisor, stop)
            supervisor.start(*WORKERS, "beat")
            _show_summary(data, port=port, simulator_port=simulator_port, seconds=time.monotonic() - started)
            _watch(supervisor, services, stop)
        finally:
            say("Stopping ...")
            supervisor.stop()
    except Stopped:
        pass
    return 0


def _set_up(services: Services, log: RunLog, stop: StopRequest, *, port: int, simulator_port: int) -> dict[str, str]:
    """Start the services, bring database and files up to date, and return the environment for the programs."""
    data, root = services.data, environment.ROOT
    env = environment.base_environment(
        data, settings="baobab.settings.local", embedded_database=services.postgres is not None
    ) | environment.addresses(port=port, simulator_port=simulator_port)
    with step("PostgreSQL"):
        env |= services.start_postgres()
    with step("Redis"):
        env |= services.start_redis()
    with step("Translations"):
        messages.compile_messages(root)
    stop.check()
    with step("Static files"):
        _collect_static(data, env, log, stop)
    with step("PDF libraries"):
        offer_pdf_libraries()
    stop.check()
    with step("Database"):
        manage("setup_platform", env=env, folder=root, log=log, stop=stop)
    return env


def _collect_static(data: Path, env: dict[str, str], log: RunLog, stop: StopRequest) -> None:
    """Run `collectstatic`, which takes seconds, when a static file, a package or a setting changed since the last time."""
    root = environment.ROOT
    wanted = static_fingerprint(root)
    stamp = data / "static.sha256"
    if (data / "static" / "staticfiles.json").exists() and stamp.exists() and stamp.read_text() == wanted:
        return
    manage("collectstatic", "--noinput", "-v", "0", env=env, folder=root, log=log, stop=stop, show=False)
    files.write_atomically(stamp, wanted.encode())


def static_fingerprint(root: Path) -> str:
    """Return a text that changes with any static file (path, size or time), the packages' lock and the settings."""
    digest = hashlib.sha256()
    for source in [root / "requirements-dev.lock", *sorted(Path(root, "platform/baobab/settings").glob("*.py"))]:
        digest.update(source.read_bytes())
    for folder in files.folders_named(root, "static"):
        for path in sorted(folder.rglob("*")):
            found = path.lstat()
            digest.update(f"{path}|{found.st_size}|{found.st_mtime_ns}\n".encode(errors="surrogateescape"))
    return digest.hexdigest()


def _programs(data: Path, *, port: int, simulator_port: int) -> list[Program]:
    """Return the programs of a run."""
    python = [sys.executable, "-m"]
    binds = [f"[{address}]:{port}" if ":" in address else f"{address}:{port}" for _, address in ports.addresses()]
    web = [*python, "gunicorn", "baobab.wsgi:application", "--worker-class", "gthread", "--workers", "2"]
    web += ["--threads", "8", "--graceful-timeout", "5", "--no-control-socket"]
    beat = [*_CELERY, "beat", "--schedule", str(data / "beat-schedule"), "--pidfile=", "--loglevel", "INFO"]
    simulator = [*python, "tests.simulators.payments", "--port", str(simulator_port)]
    simulator += ["--state", str(data / "payments.sqlite3")]
    simulator += ["--paypal-webhook-url", f"http://localhost:{port}/hooks/paypal/"]
    return [
        Program("payments", simulator, stop_seconds=3),
        *(Program(name, worker_command(*how), stop_seconds=20) for name, how in WORKERS.items()),
        Program("beat", beat, stop_seconds=5),
        Program("web", [*web, *(part for bind in binds for part in ("--bind", bind))], stop_seconds=8),
    ]


def worker_command(queue: str, threads: int) -> list[str]:
    """Return the command of a worker. Where there is too much to do, those who wait for a page go first: it is nice."""
    # Threads start faster than processes and were seen to keep tenants apart as well.
    worker = ["nice", "-n", "19", *_CELERY, "worker", "--pool", "threads", "--concurrency", str(threads)]
    worker += ["--hostname", f"{queue}@%h", "--queues", queue, "--loglevel", "INFO"]
    return [*worker, "--without-gossip", "--without-mingle"]


def _wait_until_ready(port: int, simulator_port: int, supervisor: Supervisor, stop: StopRequest) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while not (_answers(port) and ports.has_listener(simulator_port)):
        stop.check()
        if time.monotonic() > deadline:
            raise RuntimeProblem("The web server does not answer; what it said is in .data/run.log.")
        supervisor.tend()
        stop.wait(0.1)


def _answers(port: int) -> bool:
    """Whether the web server answers and reaches its database."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/readyz", headers={"Host": f"localhost:{port}"})
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _watch(supervisor: Supervisor, services: Services, stop: StopRequest) -> None:
    pause = 0.5
    while not stop.wait(pause):
        supervisor.tend()
        try:
            for name in services.keep_running():
                say(f"  {name} had ended; it was started again.")
            pause = 0.5
        except RuntimeProblem as problem:
            pause = min(30.0, pause * 2)
            say(f"  {problem}")


def _show_summary(data: Path, *, port: int, simulator_port: int, seconds: float) -> None:
    say(f"\nBaobab is ready ({seconds:.1f} s).\n")
    rows = [
        ("Platform", f"http://localhost:{port}/"),
        ("Payment simulator", f"http://127.0.0.1:{simulator_port}/"),
        ("Outgoing mail", ".data/mail/"),
        ("Log", ".data/run.log"),
    ]
    _show_table(rows)
    logins = files.read_json(data / "logins.json") or []
    if logins:
        say("\nLog-ins (also in .data/logins.json):\n")
        columns = ("role", "organization", "url", "email", "password")
        _show_table([columns, *([str(row.get(name) or "-") for name in columns] for row in logins)])
    say("\nCtrl-C stops everything.\n")


def _show_table(rows: Iterable[Iterable[str]]) -> None:
    lines = [list(row) for row in rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    for line in lines:
        say("  " + "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
