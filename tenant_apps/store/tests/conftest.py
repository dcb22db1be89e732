"""Who uses the pages of a shop."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress

from shared_apps.accounts.models import User
from shared_apps.organisations.current import Tenant
from tenant_apps.team.tests.support import BACKEND
from tests.support.tenants import Browser


@pytest.fixture
def owner(tenant: Tenant) -> Browser:
    browser = Browser(tenant)
    browser.force_login(User.objects.get(is_staff=True), backend=BACKEND)
    return browser


@pytest.fixture
def awa(tenant: Tenant) -> User:
    user = User.objects.create_user("awa@example.org", "calme-baobab-2026", first_name="Awa", last_name="Ndiaye")
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


@pytest.fixture
def her(tenant: Tenant, awa: User) -> Browser:
    browser = Browser(tenant)
    browser.force_login(awa, backend=BACKEND)
    return browser
