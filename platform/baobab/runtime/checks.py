"""`make test`: every check of the project, on services of its own that are thrown away afterwards. `make security`: a part."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from baobab.runtime import environment, files, messages, ports
from baobab.runtime.browser import browser_variables
from baobab.runtime.output import say, step
from baobab.runtime.pdf import pdf_variables
from baobab.runtime.problems import RuntimeProblem
from baobab.runtime.services import Services, throwaway_services
from baobab.runtime.stopping import StopRequest

# Each has a part of the list, and whoever is done first takes from the end of another's. Three on two processors: tests often
# wait, for browsers, simulators and locks.
_WORKERS = ("-n", "3", "--dist", "worksteal")
# The database that tests copy: made on the second processor while the linters have the first. Tests wait for it.
_TEMPLATE = (sys.executable, "-m", "tests.support.databases")
# What one tenant gave at another's door is tried beside the code that gives it.
_SECURITY = (
    "tests/security", "tests/test_tenancy.py", "tests/test_handover.py", "tests/test_impersonation.py",
    "shared_apps/accounts/tests/test_tokens.py", "tenant_apps/team/tests/test_api_keys.py",
    "shared_apps/core/tests/test_outbound.py", "shared_apps/core/tests/test_hosts.py",
)  # fmt: skip


def test(stop: StopRequest, arguments: Sequence[str]) -> int:
    """Run ruff, mypy, import-linter and pytest (with `arguments`) and return 0 when all of them passed.

    Raises:
        RuntimeProblem: the tests cannot be run here, or already run from this folder.
    """
    return _on_own_services(_commands(arguments), stop, meanwhile=_TEMPLATE)


def security(stop: StopRequest) -> int:
    """Run the isolation matrix and the attacks, print what was tried, refused and leaked; 0 when every wall held.

    Raises:
        RuntimeProblem: as `test`.
    """
    report = ["-p", "tests.security.report", "-q", "--tb=short", "--show-capture=no"]
    return _on_own_services({"security": [sys.executable, "-m", "pytest", *_WORKERS, *report, *_SECURITY]}, stop)


def _on_own_services(commands: Mapping[str, Sequence[str]], stop: StopRequest, *, meanwhile: Sequence[str] = ()) -> int:
    data = environment.DATA / "test"
    environment.data_directory()
    with files.exclusive_lock(environment.DATA / "test.lock", wait=False) as mine:
        if not mine:
            raise RuntimeProblem("The tests already run from this folder.")
        if data.exists():  # left by a run that was killed
            throwaway_services(data).destroy()
            shutil.rmtree(data)
        services = throwaway_services(environment.data_directory(data))
        try:
            env = _set_up(services)
            with _beside(meanwhile, env):
                return _run_all(commands, env, stop)
        finally:
            services.destroy()
            shutil.rmtree(data, ignore_errors=True)


def _set_up(services: Services) -> dict[str, str]:
    env = environment.base_environment(services.data, settings="baobab.settings.test", embedded_database=True)
    env |= environment.addresses(port=8000, simulator_port=ports.free_port(8090))
    with step("PostgreSQL for the tests"):
        env |= services.start_postgres()
    with step("Redis for the tests"):
        env |= services.start_redis()
    with step("Translations"):
        messages.compile_messages(environment.ROOT)
    return env | browser_variables() | pdf_variables()


def _commands(arguments: Sequence[str]) -> dict[str, list[str]]:
    python = [sys.executable, "-m"]
    workers = () if any(word.startswith(("-n", "--numprocesses")) for word in arguments) else _WORKERS
    return {
        "ruff check": [*python, "ruff", "check", "."],
        "ruff format": [*python, "ruff", "format", "--check", "."],
        "mypy": [*python, "mypy"],
        "import-linter": ["lint-imports"],
        "pytest": [*python, "pytest", *workers, *arguments],
    }


@contextmanager
def _beside(command: Sequence[str], env: Mapping[str, str]) -> Iterator[None]:
    """Run a command that needs nobody's attention; what it has not done at the end is given up."""
    if not command:
        yield
        return
    process = subprocess.Popen(command, cwd=environment.ROOT, env=dict(env), start_new_session=True)
    try:
        yield
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _run_all(commands: Mapping[str, Sequence[str]], env: Mapping[str, str], stop: StopRequest) -> int:
    """Run every command even after one has failed; return the first code that is not 0."""
    results: dict[str, tuple[int, float]] = {}
    for name, command in commands.items():
        if stop.is_set():
            break
        say(f"\n== {name}")
        started = time.monotonic()
        code = _run_one(command, env, stop)
        results[name] = (code, time.monotonic() - started)
    say("\n== Results")
    for name, (code, seconds) in results.items():
        say(f"  {name:<14} {'passed' if code == 0 else f'FAILED ({code})':<12} {seconds:6.1f} s")
    if stop.is_set():
        return 130
    return next((code for code, _ in results.values() if code != 0), 0)


def _run_one(command: Sequence[str], env: Mapping[str, str], stop: StopRequest) -> int:
    """Run a command in the foreground; Ctrl-C reaches it directly, another signal is handed on."""
    process = subprocess.Popen(command, cwd=environment.ROOT, env=dict(env))
    stop.insist = process.kill
    asked = False
    while True:
        try:
            code = process.wait(0.2)
            return code if code >= 0 else 128 - code
        except subprocess.TimeoutExpired:
            if stop.is_set() and not asked:
                process.send_signal(signal.SIGINT)
                asked = True
