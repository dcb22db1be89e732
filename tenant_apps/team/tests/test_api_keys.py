"""Keys for programs: what they open, and everything that closes them."""

from __future__ import annotations

import logging
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from rest_framework.settings import api_settings
from rest_framework.test import APIClient

from shared_apps.accounts.models import User
from shared_apps.accounts.services.api_sessions import start_session
from shared_apps.audit.models import AuditLog
from shared_apps.core.errors import Conflict, DomainError
from shared_apps.organisations.current import Tenant
from tenant_apps.team.models import ApiKey, Member, Role
from tenant_apps.team.services.api_keys import create_api_key, revoke_api_key, use_api_key
from tenant_apps.team.services.members import add_member, remove_member
from tests.support.queries import queries_of
from tests.support.tenants import give_plan, ready_tenant

ME, KEYS, PAGE = "/api/v1/me/", "/api/v1/api-keys/", "/staff/api-keys/"
SCOPES = ["team.view_members", "store.view_products"]


@pytest.fixture
def shop(db: None) -> Any:
    """A shop whose plan includes API keys; current."""
    give_plan(ready_tenant("store-a"), "gold")
    connection.set_tenant(ready_tenant("store-a"))
    yield connection.tenant
    connection.set_schema_to_public()


def person(role: str = Role.OWNER) -> User:
    user = User.objects.create_user(f"{uuid.uuid4().hex[:8]}@example.org", is_staff=True)
    Member.objects.create(user=user, role=Role.objects.get(key=role))
    return user


def make_key(user: User, *, scopes: list[str] = SCOPES, **values: Any) -> tuple[ApiKey, str]:
    return create_api_key(
        **{"key_id": uuid.uuid4(), "name": "Compta", "expires_at": None, **values}, scopes=scopes, user=user
    )


def call(tenant: Tenant, text: str, path: str = ME, method: str = "get", **options: Any) -> Any:
    answer = getattr(APIClient(HTTP_HOST=tenant.host), method)(path, HTTP_AUTHORIZATION=f"Api-Key {text}", **options)
    connection.set_tenant(tenant)
    return answer


def as_person(tenant: Tenant, user: User) -> APIClient:
    connection.set_tenant(tenant)
    client = APIClient(HTTP_HOST=tenant.host)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {start_session(user=user)['access']}")
    return client


def test_a_key_acts_for_its_maker_within_its_scopes(shop) -> None:
    owner = person()
    key, text = make_key(owner)
    answer = call(shop, text).json()
    assert answer["email"] == owner.email
    assert answer["permissions"] == sorted(SCOPES)
    assert answer["api_key"] == {"id": str(key.pk), "name": "Compta", "prefix": key.prefix}
    key.refresh_from_db()
    assert text not in (key.key_hash, str(vars(key)))
    assert text.startswith(f"bk_{key.prefix}_")


def test_a_key_has_nothing_its_maker_has_lost(shop) -> None:
    maker = person(Role.ADMINISTRATOR)
    _key, text = make_key(maker)
    role = maker.member.role
    role.permissions = ["store.view_products"]
    role.save()
    assert call(shop, text).json()["permissions"] == ["store.view_products"]


def test_a_key_ends_with_its_makers_place_here(shop) -> None:
    maker = person()
    _key, text = make_key(maker)
    for change, back in (({"is_staff": False}, {"is_staff": True}), ({"is_active": False}, {"is_active": True})):
        User.objects.filter(pk=maker.pk).update(**change)
        assert call(shop, text).status_code == 401, change
        User.objects.filter(pk=maker.pk).update(**back)
        assert call(shop, text).status_code == 200
    maker.member.delete()
    assert call(shop, text).json()["permissions"] == []


def test_the_keys_of_somebody_who_was_removed_stay_ended_when_they_come_back(shop) -> None:
    maker = person(Role.ADMINISTRATOR)
    key, text = make_key(maker)
    remove_member(member=maker.member, by=None)
    assert call(shop, text).status_code == 401
    connection.set_tenant(shop)
    maker.refresh_from_db()
    add_member(user=maker, role=Role.objects.get(key=Role.ADMINISTRATOR), by=None)
    assert call(shop, text).status_code == 401
    connection.set_tenant(shop)
    assert AuditLog.objects.filter(action="team.api_key.revoked", resource_id=str(key.pk)).count() == 1


def test_revoked_expired_and_unknown_keys_open_nothing(shop) -> None:
    owner = person()
    key, text = make_key(owner)
    ended, ended_text = make_key(owner)
    revoke_api_key(key=ended, user=owner)
    late, late_text = make_key(owner, expires_at=timezone.now() + timedelta(days=1))
    assert call(shop, late_text).status_code == 200
    ApiKey.objects.filter(pk=late.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    wrong = text[:-1] + ("A" if text[-1] != "A" else "B")
    for bad in (ended_text, late_text, wrong, f"bk_{key.prefix}_", key.key_hash, "", "bk", "é" * 40, "x" * 5000):
        answer = call(shop, bad)
        assert (answer.status_code, answer.json()["code"]) == (401, "key_not_valid"), bad
        assert bad == "" or bad not in answer.content.decode()
    assert call(shop, text).status_code == 200


def test_a_key_of_one_shop_opens_no_other_and_not_the_platform(shop) -> None:
    owner = person()
    key, text = make_key(owner)
    give_plan(ready_tenant("store-b"), "gold")
    other = ready_tenant("store-b")
    connection.set_tenant(other)
    # The same person under the same id works in the other shop too, and has a key of their own.
    twin = User.objects.create_user(owner.email, id=owner.pk, is_staff=True)
    Member.objects.create(user=twin, role=Role.objects.get(key=Role.OWNER))
    _own, own_text = make_key(twin)
    assert call(other, text).status_code == 401
    assert call(other, own_text).status_code == 200
    # Only the missing row refused: with it, the same text opens.
    connection.set_tenant(other)
    ApiKey.objects.create(name="copy", prefix=key.prefix, key_hash=key.key_hash, scopes=SCOPES, created_by=twin)
    assert call(other, text).status_code == 200
    connection.set_schema_to_public()
    anybody = APIClient(HTTP_HOST="localhost")
    for path in ("/api/tenants/orders/", "/api/auth/me/"):
        assert anybody.get(path, HTTP_AUTHORIZATION=f"Api-Key {own_text}").status_code == 401


def test_a_key_cannot_do_what_its_scopes_leave_out_nor_what_is_for_people(shop) -> None:
    _key, text = make_key(person())
    for path, method in ((KEYS, "get"), (KEYS, "post"), ("/api/auth/me/", "get"), ("/api/auth/logout/", "post")):
        assert call(shop, text, path, method).status_code == 401, path


def test_nobody_puts_into_a_key_what_they_do_not_hold(shop) -> None:
    seller = person("seller")
    for scopes in (["team.manage_members"], ["store.view_products", "nonsense"], ["team.manage_api_keys"], []):
        with pytest.raises(DomainError) as refusal:
            make_key(seller, scopes=scopes)
        assert refusal.value.field == "scopes"
    with pytest.raises(DomainError):
        make_key(person(), scopes=["team.manage_api_keys"])
    assert not ApiKey.objects.exists()


def test_without_the_plans_feature_keys_are_neither_made_nor_taken(shop) -> None:
    owner = person()
    _key, text = make_key(owner)
    give_plan(shop, "standard")
    smaller = ready_tenant("store-a")
    connection.set_tenant(smaller)
    answer = call(smaller, text)
    assert (answer.status_code, answer.json()["code"]) == (403, "not_in_plan")
    with pytest.raises(DomainError):
        make_key(owner)
    assert as_person(smaller, owner).get(ME).status_code == 200  # people are not concerned


def test_a_request_with_a_key_costs_as_much_the_second_time_and_notes_its_use_once_a_minute(
    shop, django_assert_num_queries
) -> None:
    key, text = make_key(person())
    call(shop, text)
    noted = ApiKey.objects.get(pk=key.pk).last_used_at
    assert noted is not None
    with django_assert_num_queries(1):
        use_api_key(text=text)
    assert ApiKey.objects.get(pk=key.pk).last_used_at == noted
    ApiKey.objects.filter(pk=key.pk).update(last_used_at=noted - timedelta(seconds=61))
    call(shop, text)
    assert ApiKey.objects.get(pk=key.pk).last_used_at > noted


def test_each_key_has_its_own_limit(shop, monkeypatch) -> None:
    monkeypatch.setitem(api_settings.DEFAULT_THROTTLE_RATES, "api_key", "3/min")
    owner = person()
    (_one, text), (_two, other) = make_key(owner), make_key(owner)
    assert [call(shop, text).status_code for _ in range(4)] == [200] * 3 + [429]
    assert call(shop, other).status_code == 200


def test_the_api_shows_a_key_once_and_ends_it(shop) -> None:
    client = as_person(shop, person())
    body = {"name": "Compta", "scopes": SCOPES, "key_hash": "0" * 64, "created_by": "x", "prefix": "evil", "id": "7"}
    made = client.post(KEYS, body, format="json")
    assert made.status_code == 201, made.json()
    text, key_id = made.json()["key"], made.json()["id"]
    connection.set_tenant(shop)
    kept = ApiKey.objects.get(pk=key_id)
    assert (kept.prefix, kept.key_hash) != ("evil", "0" * 64)  # fields that are not asked for change nothing
    assert call(shop, text).status_code == 200
    listed = client.get(KEYS)
    assert text not in listed.content.decode()
    assert [one["id"] for one in listed.json()["results"]] == [key_id]
    assert client.delete(f"{KEYS}{key_id}/").status_code == 204
    assert call(shop, text).status_code == 401
    assert client.delete(f"{KEYS}{uuid.uuid4()}/").status_code == 404
    connection.set_tenant(shop)
    assert set(AuditLog.objects.filter(resource_id=key_id).values_list("action", flat=True)) == {
        "team.api_key.created",
        "team.api_key.revoked",
    }


def test_who_may_not_manage_keys_gets_a_403(shop) -> None:
    client = as_person(shop, person("seller"))
    assert client.get(ME).status_code == 200
    for method, path in (("get", KEYS), ("post", KEYS), ("delete", f"{KEYS}{uuid.uuid4()}/")):
        assert getattr(client, method)(path).status_code == 403


def test_no_key_and_no_token_reaches_the_log(shop, caplog) -> None:
    owner = person()
    with caplog.at_level(logging.DEBUG):
        key, text = make_key(owner)
        call(shop, text)
        call(shop, text, KEYS)
        call(shop, text + "x")
        pair = start_session(user=owner)
        APIClient(HTTP_HOST=shop.host).post("/api/auth/token/refresh/", {"refresh": pair["access"]}, format="json")
        APIClient(HTTP_HOST=shop.host).get(ME, HTTP_AUTHORIZATION=f"Bearer {pair['refresh']}")
    connection.set_tenant(shop)
    entries = "".join(str(vars(entry)) for entry in AuditLog.objects.all())
    assert caplog.text
    for secret in (text.split("_", 2)[2], pair["access"], pair["refresh"], key.key_hash):
        assert secret not in caplog.text + entries


@pytest.fixture
def browser(shop) -> Client:
    client = Client(HTTP_HOST=shop.host)
    client.force_login(person(), backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def form(**values: Any) -> dict[str, Any]:
    return {"key": str(uuid.uuid4()), "name": "Compta", "scopes": SCOPES, "lifetime": "365", **values}


def test_the_page_makes_a_key_shows_it_once_and_ends_it(shop, browser) -> None:
    assert browser.get(PAGE).status_code == 200
    sent = form()
    made = browser.post(f"{PAGE}new/", sent)
    assert made.status_code == 200
    assert "no-store" in made["Cache-Control"]
    connection.set_tenant(shop)
    key = ApiKey.objects.get()
    assert f"bk_{key.prefix}_" in made.content.decode()
    assert key.expires_at is not None
    again = browser.post(f"{PAGE}new/", sent)
    assert again.status_code == 422  # sent twice: one key, and the second page says so
    page = browser.get(PAGE).content.decode()
    assert key.prefix in page
    assert f"bk_{key.prefix}_" not in page
    assert browser.get(f"{PAGE}{key.pk}/end/").status_code == 200
    assert browser.post(f"{PAGE}{key.pk}/end/").status_code == 302
    connection.set_tenant(shop)
    assert ApiKey.objects.get().revoked_at is not None
    assert browser.get(f"{PAGE}{uuid.uuid4()}/end/").status_code == 404


@pytest.mark.parametrize(
    ("field", "value"), [("name", ""), ("name", "x" * 81), ("scopes", []), ("scopes", ["x"]), ("lifetime", "7")]
)
def test_a_wrong_form_says_which_field_and_loses_nothing(shop, browser, field, value) -> None:
    answer = browser.post(f"{PAGE}new/", form(**{"name": "Compta d’Awa", field: value}))
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert field == "name" or "Compta d’Awa" in answer.content.decode()


def test_the_list_costs_the_same_with_many_keys(shop, browser) -> None:
    owner = person()
    make_key(owner)
    queries_of(browser, PAGE)
    few = queries_of(browser, PAGE)
    connection.set_tenant(shop)
    for _ in range(8):
        make_key(person())
    assert queries_of(browser, PAGE) == few


def test_a_key_made_twice_is_one(shop) -> None:
    owner, key_id = person(), uuid.uuid4()
    make_key(owner, key_id=key_id)
    with pytest.raises(Conflict):
        make_key(owner, key_id=key_id)
    assert ApiKey.objects.count() == 1
