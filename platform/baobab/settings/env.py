"""Reading settings from the environment (https://12factor.net/config), and nothing else."""

from __future__ import annotations

import os
import re

from django.core.exceptions import ImproperlyConfigured
from psycopg.conninfo import conninfo_to_dict


def text(name: str, default: str | None = None) -> str:
    """The variable's value; without a default an absent or empty one stops the start."""
    value = os.environ.get(name) or default
    if value is None:
        raise ImproperlyConfigured(f"set the environment variable {name}")
    return value


def number(name: str, default: int) -> int:
    """The variable as an integer."""
    value = text(name, str(default))
    try:
        return int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}") from None


def flag(name: str, *, default: bool) -> bool:
    """The variable as yes or no: 1, true, yes, on against 0, false, no, off."""
    value = text(name, "yes" if default else "no").lower()
    if value in ("1", "true", "yes", "on"):
        return True
    if value in ("0", "false", "no", "off"):
        return False
    raise ImproperlyConfigured(f"{name} must be yes or no, not {value!r}")


def words(name: str, default: str = "") -> list[str]:
    """The variable as a list, split at commas."""
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


def some_of(name: str, known: tuple[str, ...]) -> tuple[str, ...]:
    """The variable as a list of some of these words, each once, in the order it gives; all of them without it."""
    chosen = tuple(dict.fromkeys(words(name, ",".join(known)))) or known
    if unknown := [word for word in chosen if word not in known]:
        raise ImproperlyConfigured(f"{name} may hold {', '.join(known)}, and not {', '.join(unknown)}")
    return chosen


def parts(name: str) -> list[str]:
    """The variable as a list, split at vertical bars: for texts that hold commas, such as the lines of an address."""
    return [part.strip() for part in os.environ.get(name, "").split("|") if part.strip()]


def pairs(name: str) -> list[list[str]]:
    """The variable as pairs: "NIU=M012345|RCCM=RC/DLA/2026"."""
    found = []
    for part in parts(name):
        label, equals, value = part.partition("=")
        if not (equals and label.strip() and value.strip()):
            raise ImproperlyConfigured(f"{name} must look like LABEL=value|LABEL=value, not {part!r}")
        found.append([label.strip(), value.strip()])
    return found


def colour(name: str, default: str) -> str:
    """The variable as a colour: "#17553a"."""
    value = text(name, default)
    if not re.fullmatch("#[0-9a-fA-F]{6}", value):
        raise ImproperlyConfigured(f"{name} must look like {default}, not {value!r}")
    return value


def amounts(name: str, default: str) -> dict[str, int]:
    """The variable as minor units by currency: "XAF=500000,EUR=100000"."""
    pairs = (word.partition("=") for word in words(name, default))
    try:
        return {currency.strip().upper(): int(minor) for currency, _, minor in pairs}
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be like XAF=500000,EUR=100000, in whole minor units") from None


def database(url: str, *, pool_size: int) -> dict[str, object]:
    """Django's database settings from any libpq URL or key=value string, with the native psycopg pool."""
    try:
        parts = conninfo_to_dict(url)
    except Exception as error:
        raise ImproperlyConfigured(f"not a PostgreSQL URL: {error}") from None
    known = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    settings: dict[str, object] = {target: parts.get(key, "") for key, target in known.items()}
    options: dict[str, object] = {key: value for key, value in parts.items() if key not in known}
    options["pool"] = {"min_size": 1, "max_size": pool_size, "timeout": 10, "max_lifetime": 1800}
    return {
        "ENGINE": "baobab.db.tenant_postgresql",
        "CONN_MAX_AGE": 0,
        "OPTIONS": options,
        **settings,
    }
