"""Makes `.venv` and installs what `requirements-dev.lock` pins; does nothing when that is done already.

`make` runs this file with the system's Python, before anything is installed: it uses the standard library alone.
Run it as `python3 -I platform/baobab/runtime/bootstrap.py`.
"""

import fcntl
import hashlib
import importlib.util
import os
import re
import subprocess
import sys
from collections import deque
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCK = ROOT / "requirements-dev.lock"
STAMP = VENV / "installed.sha256"
PIP = [str(PYTHON), "-I", "-m", "pip", "--disable-pip-version-check", "--no-input"]


def wanted() -> str:
    """Return a text that changes with the lock, the package's description, the folder and the Python version."""
    digest = hashlib.sha256()
    for part in (LOCK.read_bytes(), (ROOT / "pyproject.toml").read_bytes(), os.fsencode(ROOT), sys.version.encode()):
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()


def is_usable() -> bool:
    """Whether `.venv` was made in this very folder with this Python (scripts in it hold absolute paths)."""
    try:
        config = (VENV / "pyvenv.cfg").read_text()
        version = subprocess.run([str(PYTHON), "-I", "-V"], capture_output=True, text=True, check=False).stdout
    except OSError:
        return False
    return config.rstrip().endswith(str(VENV)) and version.split()[-1:] == [sys.version.split()[0]]


def make_environment() -> None:
    """Make `.venv`, over an unusable one if there is one."""
    release = f"{sys.version_info[0]}.{sys.version_info[1]}"
    if not (importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")):
        sys.exit(f"Python's venv module is missing. On Debian or Ubuntu: apt-get install python{release}-venv")
    print(f"Making .venv with Python {release} ...", flush=True)
    done = subprocess.run(
        [sys.executable, "-I", "-m", "venv", "--clear", str(VENV)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        print(done.stdout + done.stderr, file=sys.stderr)
        sys.exit(f"Making .venv failed. On Debian or Ubuntu, try: apt-get install python{release}-venv")


def run_pip(arguments: list[str], *, total: int = 0) -> None:
    """Run pip and show how many of `total` packages it has got hold of; stop with its last lines if it fails."""
    process = subprocess.Popen(
        [*PIP, *arguments],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    assert process.stdout is not None
    last: deque[str] = deque(maxlen=15)
    seen = 0
    for line in process.stdout:
        last.append(line.rstrip())
        if line.startswith(("Collecting ", "Processing ", "Requirement already satisfied: ")):
            seen += 1
            show_progress(seen, total)
        elif line.startswith("Installing collected"):
            print(f"{newline()}  unpacking ...", flush=True)
    if process.wait() != 0:
        print(newline() + "\n".join(last), file=sys.stderr)
        sys.exit("Installing the packages failed; the reason is above. The next start goes on from here.")


def newline() -> str:
    """Return what ends the progress line."""
    return "\n" if sys.stdout.isatty() else ""


def show_progress(seen: int, total: int) -> None:
    """Show the progress: on one line of a terminal, else as a line now and then."""
    if total and sys.stdout.isatty():
        print(f"\r  {min(seen, total)} of {total} packages", end="", flush=True)
    elif total and seen % 25 == 0:
        print(f"  {min(seen, total)} of {total} packages", flush=True)


def main() -> None:
    """Bring `.venv` up to date."""
    stamp = wanted()
    if STAMP.exists() and STAMP.read_text() == stamp and PYTHON.exists():
        return
    with LOCK.open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # `make run` and `make test` may be started together
        if STAMP.exists() and STAMP.read_text() == stamp and PYTHON.exists():
            return
        if not is_usable():
            make_environment()
        total = len(re.findall(r"^[A-Za-z0-9][\w.-]*==", LOCK.read_text(), re.MULTILINE))
        print("Installing the packages of requirements-dev.lock (once; about a minute) ...", flush=True)
        # Python compiles what it imports; compiling all of it here would take a third of the time.
        run_pip(["install", "--no-compile", "--require-hashes", "-r", str(LOCK)], total=total)
        run_pip(["install", "--no-compile", "--no-deps", "--no-build-isolation", "-e", str(ROOT)])
        STAMP.write_text(stamp)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        sys.exit(f"Setting up .venv failed: {error}")
