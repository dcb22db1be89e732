"""PostgreSQL and Redis for one data directory: started here, or those that the caller named."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import redis

from baobab.runtime import database, environment, places
from baobab.runtime.postgres import PostgresServer
from baobab.runtime.problems import RuntimeProblem
from baobab.runtime.redis import RedisServer


@dataclass(frozen=True, slots=True)
class Services:
    """The servers behind a run; one that the caller named is None here, and is never stopped or restarted."""

    postgres: PostgresServer | None
    redis: RedisServer | None
    data: Path

    def start_postgres(self) -> dict[str, str]:
        """Start or reach PostgreSQL; return the variables that lead to it."""
        given_app = os.environ.get("APP_DATABASE_URL") if self.postgres is None else None
        if self.postgres is not None:
            self.postgres.start()
            urls = database.prepare_embedded(self.postgres)
        elif given_app:
            urls = database.DatabaseUrls(owner=os.environ["DATABASE_URL"], app=given_app)
            database.check_given_app(given_app)
        else:
            password = environment.load_secrets(self.data).app_password
            urls = database.prepare_given(os.environ["DATABASE_URL"], password=password)
        found = {"DATABASE_URL": urls.owner, "APP_DATABASE_URL": urls.app}
        return found | ({"BAOBAB_POSTGRES_HOME": str(self.postgres.home)} if self.postgres else {})

    def start_redis(self) -> dict[str, str]:
        """Start or reach Redis; return the variables that lead to it."""
        if self.redis is not None:
            self.redis.start()
            return {"REDIS_URL": self.redis.url(), "BAOBAB_REDIS_HOME": str(self.redis.home)}
        url = os.environ["REDIS_URL"]
        try:
            redis.Redis.from_url(url, socket_connect_timeout=5, socket_timeout=5).ping()
        except (redis.RedisError, ValueError) as error:
            raise RuntimeProblem(f"The Redis of REDIS_URL does not answer: {error}") from error
        return {"REDIS_URL": url}

    def keep_running(self) -> list[str]:
        """Start what has died; return the names of those."""
        revived = []
        if self.postgres is not None and self.postgres.running_pid() is None:
            self.postgres.start()
            revived.append("PostgreSQL")
        if self.redis is not None and self.redis.running() is None:
            self.redis.start()
            revived.append("Redis")
        return revived

    def stop(self) -> None:
        """Stop what was started here."""
        if self.redis is not None:
            self.redis.stop()
        if self.postgres is not None:
            self.postgres.stop()

    def destroy(self) -> None:
        """Stop what was started here and delete its files."""
        if self.redis is not None:
            self.redis.destroy()
        if self.postgres is not None:
            self.postgres.destroy()


def local_services(data: Path) -> Services:
    """Return the services of `make run`: durable, or those of DATABASE_URL and REDIS_URL."""
    return Services(
        postgres=None if os.environ.get("DATABASE_URL") else PostgresServer(places.postgres_home(data)),
        redis=None if os.environ.get("REDIS_URL") else RedisServer(data / "redis"),
        data=data,
    )


def throwaway_services(data: Path) -> Services:
    """Return services for tests, quick and forgetful. DATABASE_URL is not looked at: tests never touch real data."""
    return Services(
        postgres=PostgresServer(places.postgres_home(data, throwaway=True), durable=False),
        redis=RedisServer(data / "redis", durable=False),
        data=data,
    )


def as_exports(variables: Mapping[str, str]) -> str:
    """Write variables as lines for a shell's `eval`."""
    from shlex import quote

    return "\n".join(f"export {name}={quote(value)}" for name, value in sorted(variables.items()))
