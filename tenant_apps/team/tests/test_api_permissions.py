"""What the API asks for."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from shared_apps.accounts.models import User
from shared_apps.organisations.current import Tenant
from tenant_apps.team.api.permissions import HasPermission
from tenant_apps.team.tests.support import make_member

BY_METHOD = {"GET": "store.view_products", "POST": "store.change_products"}


def passes(user: Any, permission: str | dict[str, str], method: str = "GET") -> bool:
    request: Any = RequestFactory().generic(method, "/")
    request.user = user
    view = type("View", (), {"permission": permission})()
    return HasPermission().has_permission(request, view)


def test_a_view_names_one_permission_or_one_for_each_method(tenant: Tenant) -> None:
    seller = make_member("seller").user
    assert passes(seller, "store.view_products", "DELETE")
    assert not passes(seller, "store.change_products")
    assert passes(seller, BY_METHOD)
    assert not passes(seller, BY_METHOD, "POST")
    assert passes(make_member("manager").user, BY_METHOD, "POST")


def test_a_method_without_a_permission_is_refused_even_to_the_owner(tenant: Tenant) -> None:
    owner = User.objects.get(is_staff=True)
    assert [passes(owner, BY_METHOD, method) for method in ("HEAD", "OPTIONS", "DELETE")] == [True, True, False]
    assert not passes(owner, "")


def test_customers_and_strangers_are_refused(tenant: Tenant) -> None:
    assert not passes(User.objects.create_user("awa@example.org"), "store.view_products")
    assert not passes(AnonymousUser(), "store.view_products")


def test_a_view_that_names_nothing_lets_nobody_in(tenant: Tenant) -> None:
    with pytest.raises(AttributeError):
        HasPermission().has_permission(RequestFactory().get("/"), object())  # type: ignore[arg-type]  # a bare view


def test_only_the_first_question_costs_a_query(tenant: Tenant) -> None:
    seller = make_member("seller").user
    with CaptureQueriesContext(connection) as queries:
        for _time in range(5):
            passes(seller, "store.view_products")
    assert len(queries) == 1
