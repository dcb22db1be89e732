"""A token of one tenant, or of the platform, is worthless everywhere else."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.test import APIClient, APIRequestFactory
from rest_framework_simplejwt.exceptions import TokenError

from shared_apps.accounts.models import ApiSession, User
from shared_apps.accounts.services.api_sessions import refresh_session, start_session
from shared_apps.accounts.tokens import TenantAccessToken, TenantJWTAuthentication, TenantRefreshToken
from shared_apps.core.errors import DomainError
from tests.support.factories import make_user
from tests.support.tenants import ready_tenant

pytestmark = pytest.mark.django_db
HOSTS = (None, "store-a", "store-b", "esxi-a")


def enter(host: str | None) -> None:
    connection.set_schema_to_public()
    if host:
        connection.set_tenant(ready_tenant(host))


def authenticate(access: str) -> Any:
    request = APIRequestFactory().get("/", HTTP_AUTHORIZATION=f"Bearer {access}")
    return TenantJWTAuthentication().authenticate(Request(request))


def access_token(pair: dict[str, str]) -> Any:
    return TenantAccessToken(pair["access"])


@pytest.fixture
def person() -> User:
    """The same person, under the same id, on the platform and in every tenant: only the audience tells them apart."""
    user = make_user(email="same@example.org")
    for host in HOSTS[1:]:
        enter(host)
        User.objects.create_user("same@example.org", id=user.pk)
    enter(None)
    return user


@pytest.mark.parametrize("issuer", HOSTS)
def test_a_pair_of_tokens_works_only_where_it_was_made(person, issuer) -> None:
    enter(issuer)
    tokens = start_session(user=User.objects.get(pk=person.pk))
    for host in HOSTS:
        if host == issuer:
            continue
        enter(host)
        with pytest.raises(AuthenticationFailed):
            authenticate(tokens["access"])
        with pytest.raises(DomainError) as refusal:
            refresh_session(token=tokens["refresh"])
        assert refusal.value.status == 401
        with pytest.raises(TokenError):
            TenantRefreshToken(tokens["refresh"])
    enter(issuer)
    user, _token = authenticate(tokens["access"])
    assert user.pk == person.pk
    renewed = refresh_session(token=tokens["refresh"])
    assert authenticate(renewed["access"])[0].pk == person.pk


def test_a_tenants_token_does_not_open_the_platforms_api(person) -> None:
    enter("store-a")
    access = start_session(user=User.objects.get(pk=person.pk))["access"]
    enter(None)
    caller = APIClient(HTTP_HOST="localhost")
    assert caller.get("/api/tenants/orders/", HTTP_AUTHORIZATION=f"Bearer {access}").status_code == 401
    own = start_session(user=person)["access"]
    assert caller.get("/api/tenants/orders/", HTTP_AUTHORIZATION=f"Bearer {own}").status_code == 200


def test_the_session_of_one_tenant_opens_nothing_in_another_even_under_the_same_id(person) -> None:
    """Audience and session are two walls: here the second one is tried without the first."""
    enter("store-a")
    session = ApiSession.objects.get(pk=access_token(start_session(user=User.objects.get(pk=person.pk))).session_id)
    enter("store-b")
    forged = TenantAccessToken()
    forged["user_id"], forged["sid"] = str(person.pk), str(session.pk)
    with pytest.raises(AuthenticationFailed):
        authenticate(str(forged))
    ApiSession.objects.create(pk=session.pk, user_id=person.pk, expires_at=session.expires_at)
    assert authenticate(str(forged))[0].pk == person.pk  # it was the missing session that refused


def test_a_token_names_no_schema(person) -> None:
    enter("store-a")
    token = access_token(start_session(user=User.objects.get(pk=person.pk)))
    assert token["aud"] == f"tenant:{ready_tenant('store-a').pk}"
    assert ready_tenant("store-a").schema_name not in str(token.payload)


@pytest.mark.parametrize("claim", ["aud", "sid", "user_id"])
def test_a_token_without_one_of_its_claims_is_worth_nothing(person, claim) -> None:
    token = access_token(start_session(user=person))
    assert authenticate(str(token))
    del token.payload[claim]
    with pytest.raises(AuthenticationFailed):
        authenticate(str(token))


def test_a_token_of_somebody_elses_session_is_worth_nothing(person) -> None:
    token = access_token(start_session(user=person))
    token["user_id"] = str(make_user().pk)
    with pytest.raises(AuthenticationFailed):
        authenticate(str(token))


def test_a_call_reads_session_and_person_in_one_query(person, django_assert_num_queries) -> None:
    access = start_session(user=person)["access"]
    with django_assert_num_queries(1):
        user, _token = authenticate(access)
        assert user.email == "same@example.org"
