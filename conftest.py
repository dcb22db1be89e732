"""Fixtures of the whole suite: real PostgreSQL as the app's own role, tenants ready, each test in its own state."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from shared_apps.organisations.current import Tenant


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Deal those that take long to the beginning of each worker's part of the list, file by file: begun last, one of them would
    keep a worker busy while the others have none left, and a file that is begun by two is set up twice."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    slow = [item for item in items if item.get_closest_marker("slow")]
    others = [item for item in items if not item.get_closest_marker("slow")]
    shares: list[list[pytest.Item]] = [[] for _ in range(workers)]
    for number, (_path, file) in enumerate(groupby(slow, key=lambda item: item.path)):
        shares[number % workers].extend(file)
    dealt: list[pytest.Item] = []
    for place, share in enumerate(shares):
        # As long as the part that worksteal gives to the worker.
        room = max(0, (len(items) - len(dealt)) // (workers - place) - len(share))
        dealt += [*share, *others[:room]]
        others = others[room:]
    items[:] = dealt + others


@pytest.fixture(scope="session")
def database_name() -> str:
    from django.conf import settings

    return f"baobab_test_{settings.TEST_SLOT}"


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: Any, database_name: str) -> Iterator[None]:
    """A copy of the template database for this process, and a Redis database of its own."""
    from django.conf import settings
    from django.db import connection

    from tests.support import databases

    with django_db_blocker.unblock():
        connection.close_pool()
        databases.clone(database_name)
        settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = database_name
        connection.set_schema_to_public()
    yield
    with django_db_blocker.unblock():
        connection.close()
        connection.close_pool()
        databases.drop(database_name)


@pytest.fixture(autouse=True)
def _clean_state(settings: Any, tmp_path: Path) -> Iterator[None]:
    """Nothing of one test reaches the next: tenant, cache, remembered tenants, files, language."""
    from django.core.cache import cache
    from django.db import connection
    from django.utils import translation

    from shared_apps.core import soon
    from shared_apps.organisations.current import forget_remembered_tenants

    settings.MEDIA_ROOT = tmp_path / "media"
    connection.set_schema_to_public()
    cache.clear()
    translation.deactivate()
    forget_remembered_tenants()
    soon._silent_until = 0.0
    yield
    connection.set_schema_to_public()


@pytest.fixture(scope="session")
def _watches_installed() -> None:
    from tests.support import audit_watch, provider_watch

    audit_watch.install()
    provider_watch.install()


@pytest.fixture(autouse=True)
def _provider_watch(_watches_installed: None) -> Iterator[None]:
    """A test fails when a provider is called while a transaction of the product is open, whatever the test is about."""
    from tests.support import provider_watch

    with provider_watch.watching() as found:
        yield
        calls = list(found)
    assert not calls, "\n".join(calls)


@pytest.fixture(autouse=True)
def _audit_watch(_watches_installed: None) -> Iterator[None]:
    """A test fails when product code changes an audited table without an entry, whatever the test is about."""
    from tests.support import audit_watch

    with audit_watch.watching() as found:
        yield
    assert not found, "\n".join(dict.fromkeys(found))


@pytest.fixture
def committed_db(django_db_setup: None, django_db_blocker: Any, database_name: str) -> Iterator[None]:
    """A database where commits are real (threads, other processes, provisioning), put back as it was after."""
    from django.db import connection

    from tests.support import databases

    with django_db_blocker.unblock():
        yield
        connection.set_schema_to_public()
        connection.close()
        connection.close_pool()
        databases.put_back(database_name)


@pytest.fixture
def wide_pool() -> Iterator[None]:
    """As many connections as a shop with several web processes has, and time for a slow machine."""
    from shared_apps.core.tenancy import connection

    options = connection.settings_dict["OPTIONS"]
    usual = options["pool"]
    connection.close()
    connection.close_pool()
    options["pool"] = {**usual, "max_size": 40, "timeout": 120}
    yield
    connection.close()
    connection.close_pool()
    options["pool"] = usual


@pytest.fixture
def tenant(request: pytest.FixtureRequest, db: None) -> Iterator[Tenant]:
    """A ready tenant, made current: the store's "a", or `@pytest.mark.parametrize("tenant", ["esxi-b"], indirect=True)`."""
    from django.db import connection

    from tests.support.tenants import ready_tenant

    chosen = ready_tenant(getattr(request, "param", "store-a"))
    connection.set_tenant(chosen)
    yield chosen
    connection.set_schema_to_public()


@pytest.fixture
def tenant_client(tenant: Tenant) -> Any:
    """A client on the tenant's host, logged in as its owner."""
    from tests.support.tenants import client_of

    return client_of(tenant, as_owner=True)


@pytest.fixture
def visitor(tenant: Tenant) -> Any:
    """A client on the tenant's host, not logged in."""
    from tests.support.tenants import client_of

    return client_of(tenant)


@pytest.fixture
def public_client(db: None) -> Any:
    """A client on the platform's own host."""
    from django.test import Client

    return Client(HTTP_HOST="localhost")


@pytest.fixture(scope="session")
def simulator_of_session() -> Iterator[Any]:
    """One payment simulator for all tests of a process."""
    from tests.simulators.payments.runner import start_simulator

    handle = start_simulator(arguments=("--momo-delay", "0.5"))
    yield handle
    handle.stop()


@pytest.fixture
def simulator(simulator_of_session: Any, settings: Any) -> Iterator[Any]:
    """The payment simulator, empty, with the platform's and tenants' providers pointed at it and impatient time-outs."""
    from billing import gateways
    from tenant_apps.payments import gateways as tenants_gateways

    handle = simulator_of_session
    handle.reset()
    handle.set_webhook("paypal", "")
    impatient = {"connect_timeout": 2, "read_timeout": 1}
    settings.PAYPAL = {**settings.PAYPAL, "base_url": handle.url, **impatient}
    settings.MOMO = {**settings.MOMO, "base_url": handle.url, **impatient}
    settings.TENANT_PAYMENT_ADDRESSES = {
        "paypal": handle.url,
        "mtn_momo": handle.url,
        "stripe": handle.stripe_settings()["base_url"],
        "wave": handle.wave_settings()["base_url"],
        "orange_money": handle.orange_settings()["base_url"],
        "moov": handle.moov_settings()["base_url"],
    }
    settings.TENANT_PAYMENT_TIMEOUTS = impatient
    gateways.forget_clients()
    tenants_gateways.forget_clients()
    yield handle
    gateways.forget_clients()
    tenants_gateways.forget_clients()


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "baobab.settings.test")
