"""Both OpenAPI documents tried by machine: what they allow, what they forbid, by everybody who may call.

No answer is a 5xx, has a status or a shape that the document does not know, or holds a word of another tenant.
"""

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from typing import Any

import pytest
import schemathesis
from django.core.cache import cache
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, connection, transaction
from django_tenants.utils import tenant_context
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from billing.services.payments import start_payment
from shared_apps.accounts.models import ApiSession
from shared_apps.accounts.services.api_sessions import start_session
from shared_apps.core.api_docs import document
from shared_apps.organisations.current import Tenant
from tenant_apps.team.models import ApiKey
from tenant_apps.team.services.api_keys import create_api_key, scopes_of
from tests.support.factories import make_admin, make_order, make_user, price_of
from tests.support.tenants import give_plan, owner_of, ready_tenant

load_all_checks()
SITE = get_wsgi_application()  # called in this process: no network
TRIED = CHECKS.get_by_names(
    ["not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance"]
)
EXAMPLES = 3  # of each operation, caller and mode: right requests and wrong ones
PLAIN = {"Accept-Encoding": "identity"}
# What no machine would guess: half of the requests have it, where they have such a field.
PERSON = {
    "email": "essai@example.org",
    "password": "calme-baobab-2026",
    "consent": True,
    "expires_at": None,
    "first_name": "Awa",
    "last_name": "Ndiaye",
    "locale": "fr",
}
CANARY = "canari-qui-ne-doit-pas-sortir"

Caller = dict[str, str]
pytestmark = pytest.mark.django_db


def try_everything(
    urlconf: str, *, host: str, callers: dict[str, Caller], known: dict[str, Any], canaries: set[str], paths: str = ""
) -> Counter[int]:
    """Try each operation (below addresses that match `paths`) as each caller; how often each status came."""
    seen: Counter[int] = Counter()
    described = schemathesis.openapi.from_dict(document(urlconf))
    for operation in (result.ok() for result in described.include(path_regex=paths).get_all_operations()):
        for headers in callers.values():
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                _try(operation, mode, _judge(host, headers, known, canaries, seen))
    return seen


def _try(operation: Any, mode: GenerationMode, judge: Callable[[Any, bool], None]) -> None:
    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), real=st.booleans())
    def run(case: Any, real: bool) -> None:
        judge(case, real)

    # An operation that takes nothing cannot be asked wrongly.
    with suppress(Unsatisfiable) if mode is GenerationMode.NEGATIVE else nullcontext():
        run()


def _judge(
    host: str, headers: Caller, known: dict[str, Any], canaries: set[str], seen: Counter[int]
) -> Callable[[Any, bool], None]:
    def judge(case: Any, real: bool) -> None:
        if real:
            for given in (case.path_parameters, case.body):
                if isinstance(given, dict):
                    given.update({name: known[name] for name in given if name in known})
        cache.clear()  # limits are tried elsewhere: here they would hide everything behind them
        with transaction.atomic():
            response = case.call(base_url=f"http://{host}", headers={**PLAIN, **headers}, app=SITE)
            transaction.set_rollback(True)
        connection.set_schema_to_public()
        seen[response.status_code] += 1
        case.validate_response(response, checks=TRIED)
        for canary in canaries:
            assert canary not in response.text, f"{case.method} {case.path} answers with another tenant's {canary}"

    return judge


def bearer(pair: dict[str, str]) -> Caller:
    return {"Authorization": f"Bearer {pair['access']}"}


@pytest.fixture(autouse=True)
def _one_connection() -> Iterator[None]:
    """Requests share the test's transaction, as they do with Django's own test client."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def stranger() -> set[str]:
    """Another tenant with rows of every kind; returns the words that must stay there."""
    tenant = ready_tenant("store-b")
    give_plan(tenant, "gold")
    owner = owner_of(tenant)
    with tenant_context(ready_tenant("store-b")):
        create_api_key(key_id=uuid.uuid4(), name=CANARY, scopes=scopes_of(owner), expires_at=None, user=owner)
        start_session(user=owner)
        return {
            CANARY, owner.email, tenant.schema_name, str(tenant.pk), str(ApiKey.objects.get().pk),
            str(ApiSession.objects.get().pk),
        }  # fmt: skip


def _own_paths(urlconf: str) -> str:
    """What the store does not have too and that was tried there, and the little that differs by product."""
    own = set(document(urlconf)["paths"]) - set(document("baobab.urls_store")["paths"])
    return "|".join(f"^{re.escape(path)}$" for path in own | {"/api/v1/me/", "/api/v1/roles/"})


@pytest.mark.parametrize("product", ["store", "events", "esxi"])
def test_the_api_of_a_workspace_keeps_its_word(product: str, stranger: set[str]) -> None:
    tenant: Tenant = ready_tenant(f"{product}-a")
    give_plan(tenant, "gold")
    owner = owner_of(tenant)
    with tenant_context(ready_tenant(f"{product}-a")):
        key, text = create_api_key(
            key_id=uuid.uuid4(), name="Comptabilité", scopes=scopes_of(owner), expires_at=None, user=owner
        )
        pair, _other = start_session(user=owner), start_session(user=owner)
        session = ApiSession.objects.latest("created_at")
        known = {**PERSON, "key_id": str(key.pk), "session_id": str(session.pk), "scopes": key.scopes}
        known |= {"name": "Comptabilité", "permissions": key.scopes}
    callers = {"nobody": {}, "owner": bearer(pair), "program": {"Authorization": f"Api-Key {text}"}}
    urlconf = f"baobab.urls_{product}"
    paths = "" if product == "store" else _own_paths(urlconf)
    seen = try_everything(urlconf, host=tenant.host, callers=callers, known=known, canaries=stranger, paths=paths)
    assert {200, 201, 400, 401} <= set(seen)


def test_the_platforms_api_keeps_its_word(stranger: set[str], simulator: Any) -> None:
    buyer, admin, other = make_user(), make_admin(), make_user()
    order, theirs = make_order(user=buyer), make_order(user=other, organisation_name=CANARY)
    known = {"order_id": str(order.pk), "payment_id": str(start_payment(order_id=order.pk, method="bank_transfer").pk)}
    known |= {**PERSON, "plan_id": price_of().version.plan_id, "organization_name": "Marché", "currency": "XAF"}
    callers = {"nobody": {}, "buyer": bearer(start_session(user=buyer))}
    canaries = stranger | {str(theirs.pk), theirs.number, other.email}
    seen = try_everything("baobab.urls_public", host="localhost", callers=callers, known=known, canaries=canaries)
    as_admin = {"admin": bearer(start_session(user=admin))}  # sees everybody's payments
    seen += try_everything(
        "baobab.urls_public",
        host="localhost",
        callers=as_admin,
        known=known,
        canaries=set(),
        paths="/payments/|/orders/",
    )
    assert {200, 204, 400, 401, 403, 404} <= set(seen)
