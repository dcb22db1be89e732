"""The environment variables of the processes that the local runtime starts."""

from __future__ import annotations

import base64
import os
import secrets
import sys
from dataclasses import dataclass
from pathlib import Path

from baobab.runtime import files, places
from baobab.runtime.problems import RuntimeProblem

ROOT = Path(__file__).resolve().parents[3]
DATA = ROOT / ".data"
PORT = 8000
SIMULATOR_ABOVE = 90  # the payment simulator answers so many ports above the platform


def data_directory(path: Path = DATA) -> Path:
    """Make and return a data directory closed to other accounts, with what must be in it.

    Raises:
        RuntimeProblem: it cannot be made, or belongs to another account.
    """
    places.private_directory(path)
    for name in ("media", "mail", "home"):
        (path / name).mkdir(exist_ok=True)
    return path


@dataclass(frozen=True, slots=True)
class Secrets:
    """What is made once and kept in `secrets.json`."""

    secret_key: str
    encryption_keys: str
    app_password: str


def load_secrets(data: Path) -> Secrets:
    """Return the secrets of a data directory, making them at the first call.

    Raises:
        RuntimeProblem: the file is there and cannot be read. It is not made anew: what was encrypted would be lost.
    """
    path = data / "secrets.json"
    if not path.exists():
        key = base64.b64encode(secrets.token_bytes(32)).decode()
        files.write_json(
            path,
            {
                "SECRET_KEY": secrets.token_urlsafe(50),
                "ENCRYPTION_KEYS": f"k1:{key}",
                "APP_PASSWORD": secrets.token_urlsafe(24),
            },
        )
    try:
        known = files.read_json(path)
        return Secrets(known["SECRET_KEY"], known["ENCRYPTION_KEYS"], known["APP_PASSWORD"])
    except (KeyError, TypeError) as error:
        raise RuntimeProblem(f"{path} cannot be read. Put it back, or start afresh with: make clean") from error


def base_environment(data: Path, *, settings: str, embedded_database: bool) -> dict[str, str]:
    """Return the caller's environment with everything that does not depend on the services set for `settings`."""
    kept = load_secrets(data)
    result = dict(os.environ)
    if embedded_database:  # PGPORT and its like are meant for another server
        result = {name: value for name, value in result.items() if not name.startswith("PG")}
    for name, value in {
        "SECRET_KEY": kept.secret_key,
        "ENCRYPTION_KEYS": kept.encryption_keys,
        "HOME": str(data / "home"),
    }.items():
        result[name] = result.get(name) or value
    result.pop("BAOBAB_DB_ACCOUNT", None)  # manage.py chooses it, command by command
    # Images of containers set it: then each of the many processes compiles everything anew, which takes seconds.
    result.pop("PYTHONDONTWRITEBYTECODE", None)
    programs = str(Path(sys.executable).parent)
    return result | {
        "DJANGO_SETTINGS_MODULE": settings,
        "MEDIA_ROOT": str(data / "media"),
        "MAIL_DIR": str(data / "mail"),
        "PLATFORM_HOST": "localhost",
        "PATH": f"{programs}:{result.get('PATH', '/usr/local/bin:/usr/bin:/bin')}",
        "PYTHONUNBUFFERED": "1",
        "PYTHONUTF8": "1",
    }


def keep_ports(data: Path, *, port: int, simulator_port: int) -> None:
    """Note where a run answers, for shells beside it and after it."""
    files.write_json(data / "ports.json", [port, simulator_port])


def kept_ports(data: Path) -> tuple[int, int]:
    """The ports of the platform and the payment simulator as the last run had them; of the first one to come otherwise."""
    path = data / "ports.json"
    port, simulator_port = files.read_json(path) if path.exists() else (PORT, PORT + SIMULATOR_ABOVE)
    return port, simulator_port


def addresses(*, port: int, simulator_port: int) -> dict[str, str]:
    """Return the variables that say where the platform and the payment simulator answer."""
    return {"PLATFORM_PORT": str(port), "PAYMENT_SIMULATOR_URL": f"http://127.0.0.1:{simulator_port}"}
