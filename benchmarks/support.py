"""What the measurements share: a database of their own, real processes, and how figures are shown."""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from pathlib import Path

from tests.support.databases import ROOT, clone, drop, on_database

DATABASE = "baobab_bench"


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds of many runs of one thing."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def best(self) -> float:
        return min(self.seconds)

    @property
    def worst(self) -> float:
        return max(self.seconds)

    def __str__(self) -> str:
        return f"median {self.median * 1000:.1f} ms, best {self.best * 1000:.1f}, worst {self.worst * 1000:.1f}, n={len(self.seconds)}"


def measure(act: Callable[[], object], *, times: int, warm_up: int = 1) -> Timing:
    """Time an action again and again, after a few unmeasured goes."""
    for _ in range(warm_up):
        act()
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        act()
        taken.append(time.perf_counter() - started)
    return Timing(tuple(taken))


class Processors:
    """This machine's processors since now. A virtual one gets less of them at some times than at others."""

    def __init__(self) -> None:
        self._before = self._times()

    def stolen(self) -> float:
        """The share of their time that the host gave to others, as proc_stat(5) counts it."""
        spent = [now - before for now, before in zip(self._times(), self._before, strict=True)]
        return spent[7] / max(1, sum(spent))

    @staticmethod
    def _times() -> list[int]:
        # Guests' time, which follows, is in the first two already.
        return [int(ticks) for ticks in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]


def report(claim: str, measured: str, *, holds: bool) -> bool:
    """Print one line of the result: what is promised, what was measured, whether it holds."""
    print(f"  {'ok  ' if holds else 'FAIL'} {claim}: {measured}", flush=True)
    return holds


@contextmanager
def own_database(*, pages: bool = True) -> Iterator[None]:
    """A fresh copy of the template database, with Django set up on it as the app's role; static files too for `pages`."""
    clone(DATABASE)
    os.environ |= environment()
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    assert settings.DB_ACCOUNT == "app"
    # Nobody made here logs in by password, and making one well takes longer than what is measured.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    if pages:
        call_command("collectstatic", interactive=False, verbosity=0)
    try:
        yield
    finally:
        from django.db import connection

        connection.close()
        connection.close_pool()
        drop(DATABASE)


def environment() -> dict[str, str]:
    """The variables of every process of a measurement."""
    here = {
        "DJANGO_SETTINGS_MODULE": "baobab.settings.local",
        "PYTHONPATH": f"{ROOT}:{ROOT / 'platform'}",
        "LOG_LEVEL": "ERROR",
    }
    if "BENCH_DATABASE" not in os.environ:
        here["BENCH_DATABASE"] = DATABASE
        here["DATABASE_URL"] = on_database(os.environ["DATABASE_URL"], DATABASE)
        here["APP_DATABASE_URL"] = on_database(os.environ["APP_DATABASE_URL"], DATABASE)
    return here


@contextmanager
def process(*command: str, quiet: bool = False) -> Iterator[subprocess.Popen[bytes]]:
    """A program, ended afterwards; what a quiet one says is not kept."""
    said = subprocess.DEVNULL if quiet else None
    running = subprocess.Popen(command, cwd=ROOT, env=os.environ, stdout=said, stderr=said)
    try:
        yield running
    finally:
        running.terminate()
        running.wait(20)


@contextmanager
def web_server(*, workers: int = 1) -> Iterator[str]:
    """The web processes as in production (gunicorn, threads), on a free port; yields their address."""
    address = free_address()
    with process(sys.executable, "-m", "gunicorn", "baobab.wsgi:application", "--bind", address, "--worker-class", "gthread", "--threads", "8",
                 "--workers", str(workers), "--no-control-socket", "--log-level", "error"):  # fmt: skip
        wait_until(lambda: get(f"http://{address}/healthz", host="localhost")[0] == 200)
        yield address


def free_address() -> str:
    """A port of this machine that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


def get(url: str, *, host: str, cookie: str = "") -> tuple[int, Message, bytes]:
    """One request without following redirects: status, headers, body."""
    request = urllib.request.Request(url, headers={"Host": host, "Cookie": cookie})
    opener = urllib.request.build_opener(_StayHere)
    try:
        with opener.open(request, timeout=30) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.headers, answer.read()


class _StayHere(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:  # type: ignore[override]  # never follow
        return None


def wait_until(done: Callable[[], bool], *, seconds: float = 60) -> None:
    """Ask again and again, until it is so; raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if done():
                return
        except OSError:
            pass
        time.sleep(0.05)
    raise TimeoutError("the process did not come up")
