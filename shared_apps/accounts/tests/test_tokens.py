"""A token of one tenant, or of the platform, is worthless everywhere else."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.test import APIClient, APIRequestFactory
from rest_framework_simplejwt.exceptions import TokenError

from shared_apps.accounts.models import User
from shared_apps.accounts.tokens import (
    TenantAccessToken,
    TenantJWTAuthentication,
    TenantRefreshToken,
    rotate,
    tokens_for,
)
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
    tokens = tokens_for(User.objects.get(pk=person.pk))
    for host in HOSTS:
        if host == issuer:
            continue
        enter(host)
        with pytest.raises(AuthenticationFailed):
            authenticate(tokens["access"])
        with pytest.raises(DomainError) as refusal:
            rotate(tokens["refresh"])
        assert refusal.value.status == 401
        with pytest.raises(TokenError):
            TenantRefreshToken(tokens["refresh"])
    enter(issuer)
    user, _token = authenticate(tokens["access"])
    assert user.pk == person.pk
    renewed = rotate(tokens["refresh"])
    assert authenticate(renewed["access"])[0].pk == person.pk


def test_a_tenants_token_does_not_open_the_platforms_api(person) -> None:
    enter("store-a")
    access = str(TenantAccessToken.for_user(User.objects.get(pk=person.pk)))
    enter(None)
    caller = APIClient(HTTP_HOST="localhost")
    assert caller.get("/api/tenants/orders/", HTTP_AUTHORIZATION=f"Bearer {access}").status_code == 401
    own = tokens_for(person)["access"]
    assert caller.get("/api/tenants/orders/", HTTP_AUTHORIZATION=f"Bearer {own}").status_code == 200


def test_a_token_names_no_schema(person) -> None:
    enter("store-a")
    token = TenantAccessToken.for_user(User.objects.get(pk=person.pk))
    assert token["aud"] == f"tenant:{ready_tenant('store-a').pk}"
    assert ready_tenant("store-a").schema_name not in str(token.payload)


def test_without_an_audience_a_token_is_worth_nothing(person) -> None:
    token = TenantAccessToken.for_user(person)
    del token.payload["aud"]
    with pytest.raises(AuthenticationFailed):
        authenticate(str(token))
