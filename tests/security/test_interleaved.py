"""Two thousand requests to twenty tenants, mixed over many threads and fewer connections, with errors and rollbacks
thrown in: not one foreign row. And the same with a broken backend, to see that it would be noticed."""

from __future__ import annotations

import json
import random
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.decorators import login_not_required
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.test import RequestFactory
from django.urls import path
from django.utils import timezone
from django_tenants.utils import tenant_context

from baobab.db.tenant_postgresql.base import DatabaseWrapper
from provisioning.database import owner_connection
from provisioning.services.schemas import create_schema
from shared_apps.accounts.models import SpokenLanguage, User
from shared_apps.organisations.current import as_tenant, forget_remembered_tenants, tenant_of_host
from shared_apps.organisations.models import Domain, Organisation, schema_name_of
from shared_apps.organisations.own import own_organisation

pytestmark = pytest.mark.slow
TENANTS, REQUESTS, THREADS, CONNECTIONS = 20, 2000, 16, 6


class Thrown(Exception):
    """An error in the middle of a request."""


def _who() -> list[str]:
    """Everything the database says of where we are, by different roads; all of it must name one tenant."""
    user = User.objects.get(email__startswith="kanari-")
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        schema = cursor.fetchone()[0]
    language = SpokenLanguage.objects.select_related("user").get()
    return [user.first_name, schema, language.user.first_name, own_organisation().id.hex]


@login_not_required
def read(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"seen": _who()})


@login_not_required
def write_and_roll_back(request: HttpRequest) -> HttpResponse:
    """Changes the canary, fails half-way inside a savepoint and outside, and looks."""
    seen = []
    try:
        with transaction.atomic():
            User.objects.filter(email__startswith="kanari-").update(last_name="half done")
            try:
                with transaction.atomic(), connection.cursor() as cursor:
                    cursor.execute("SELECT 1 / 0")
            except Exception:  # whatever the database calls it
                seen += _who()
            raise Thrown
    except Thrown:
        seen += _who()
    assert not User.objects.filter(last_name="half done").exists()
    return JsonResponse({"seen": seen})


@login_not_required
def fail(request: HttpRequest) -> HttpResponse:
    """An answer of 500 in an open transaction."""
    with transaction.atomic():
        User.objects.filter(email__startswith="kanari-").update(last_name="never seen")
        raise Thrown


urlpatterns = [path("read/", read), path("roll-back/", write_and_roll_back), path("fail/", fail)]


@dataclass(frozen=True)
class Target:
    host: str
    canary: str
    marks: frozenset[str]


@pytest.fixture
def targets(committed_db: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Target]]:
    """Twenty tenants with a canary each, at hosts whose every address is one of the views above; few connections."""
    product = SimpleNamespace(**{name: getattr(settings.PRODUCTS["esxi"], name) for name in ("home_path", "counted")})
    product.urlconf = __name__
    monkeypatch.setitem(settings.PRODUCTS, "esxi", product)
    model = Organisation.objects.filter(product="esxi").select_related("plan_version__plan").first()
    assert model is not None
    made = [_tenant(number, like=model) for number in range(TENANTS)]
    connection.close()
    connection.close_pool()
    options = connection.settings_dict["OPTIONS"]
    monkeypatch.setitem(options, "pool", {**options["pool"], "max_size": CONNECTIONS, "timeout": 60})
    forget_remembered_tenants()
    yield made
    connection.close()
    connection.close_pool()


def _tenant(number: int, *, like: Organisation) -> Target:
    identity, canary = uuid.uuid4(), f"Kanari{number:02d}"
    with owner_connection() as owner:
        create_schema(owner, schema_name=schema_name_of(identity), product="esxi")
    organisation = Organisation.objects.create(
        id=identity, schema_name=schema_name_of(identity), name=canary, product="esxi", status="active",
        owner_id=like.owner_id, plan_version=like.plan_version, currency="XAF", billing_email="x@example.org",
        billing_country="CM", activated_at=timezone.now(),
    )  # fmt: skip
    host = f"kanari-{number}.localhost"
    Domain.objects.create(tenant=organisation, domain=host, is_primary=True, live_at=timezone.now())
    with tenant_context(as_tenant(organisation)):
        user = User.objects.create_user(f"kanari-{number}@example.org", first_name=canary)
        SpokenLanguage.objects.create(user=user, language="fr", kind="native")
    return Target(host, canary, frozenset({canary, organisation.schema_name, identity.hex}))


def flood(targets: list[Target], *, requests: int) -> Counter[str]:
    """Requests in random order from many threads through the whole middleware; counts what came of each."""
    handler, factory = WSGIHandler(), RequestFactory()
    start = Barrier(THREADS)

    def one(target: Target, what: str) -> str:
        environ = factory.get(f"/{what}/", HTTP_HOST=target.host).environ
        answer = handler(environ, lambda *_: None)
        body = b"".join(answer)
        answer.close()
        if what == "fail":
            return "failed as told" if answer.status_code == 500 else f"fail answered {answer.status_code}"
        if answer.status_code != 200:
            return f"status {answer.status_code}"
        seen = set(json.loads(body)["seen"])
        return "own" if seen <= target.marks else "FOREIGN"

    def work(number: int) -> Counter[str]:
        chance = random.Random(number)
        start.wait(timeout=60)
        results: Counter[str] = Counter()
        try:
            for _ in range(requests // THREADS):
                results[one(chance.choice(targets), chance.choice(("read", "read", "roll-back", "fail")))] += 1
        finally:
            connection.close()
        return results

    with ThreadPoolExecutor(THREADS) as pool:
        return sum(pool.map(work, range(THREADS)), Counter())


def test_two_thousand_requests_over_twenty_tenants_see_no_foreign_row(targets, record_property) -> None:
    results = flood(targets, requests=REQUESTS)
    record_property("interleaved", dict(results))
    assert set(results) == {"own", "failed as told"}, results
    assert results.total() == REQUESTS
    assert results["own"] > REQUESTS // 2
    for target in targets:
        organisation = Organisation.objects.select_related("plan_version__plan").get(name=target.canary)
        with tenant_context(as_tenant(organisation)):
            assert set(User.objects.filter(first_name__startswith="Kanari").values_list("first_name", "last_name")) == {
                (target.canary, "")
            }


def test_a_backend_that_forgets_to_switch_is_noticed(targets, monkeypatch) -> None:
    """The same flood, where a connection that once became a tenant stays it."""
    for target in targets:  # so that no request needs the platform's schema
        tenant_of_host(target.host)
    switched: set[int] = set()
    switch = DatabaseWrapper._handle_search_path

    def forgetful(self: DatabaseWrapper, cursor: Any = None) -> None:
        if id(self.connection) not in switched:
            switch(self, cursor)
            switched.add(id(self.connection))

    monkeypatch.setattr(DatabaseWrapper, "_handle_search_path", forgetful)
    assert flood(targets, requests=THREADS * 20)["FOREIGN"] > THREADS
