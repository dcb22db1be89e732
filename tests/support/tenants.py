"""The tenants that stand ready in every test database: store-a, store-b, events-a … esxi-b."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.test import Client
from django_tenants.utils import tenant_context

from billing.models import PlanVersion
from shared_apps.accounts.models import User
from shared_apps.organisations.current import Tenant, as_tenant, forget_remembered_tenants
from shared_apps.organisations.models import Organisation


def ready_tenant(name: str) -> Tenant:
    """The ready tenant of that subdomain; leaves the connection on the platform's schema."""
    connection.set_schema_to_public()
    return as_tenant(Organisation.objects.select_related("plan_version__plan").get(domains__domain=f"{name}.localhost"))


def owner_of(tenant: Tenant) -> User:
    """The owner's account inside the tenant."""
    with tenant_context(tenant):
        return User.objects.get(is_staff=True)


def client_of(tenant: Tenant, *, as_owner: bool = False) -> Client:
    """A test client on the tenant's host. Leaves the connection in the tenant."""
    client = Client(HTTP_HOST=tenant.host)
    connection.set_tenant(tenant)
    if as_owner:
        client.force_login(
            User.objects.get(is_staff=True), backend="allauth.account.auth_backends.AuthenticationBackend"
        )
    return client


class Browser(Client):
    """A client on a tenant's host that leaves the connection in the tenant, so that a test can look at its rows."""

    def __init__(self, tenant: Tenant) -> None:
        super().__init__(HTTP_HOST=tenant.host)
        self.tenant = tenant

    def request(self, **request: Any) -> Any:
        try:
            return super().request(**request)
        finally:
            connection.set_tenant(self.tenant)


def move_to(country: str, tenant: Tenant) -> None:
    """Have the tenant's organisation in another country, and stay in the tenant."""
    connection.set_schema_to_public()
    Organisation.objects.filter(pk=tenant.pk).update(billing_country=country)
    forget_remembered_tenants()
    connection.set_tenant(tenant)


def give_plan(tenant: Tenant, plan: str) -> None:
    """Move a ready tenant to another plan of its product, "gold" for example. Look the tenant up again after it."""
    connection.set_schema_to_public()
    version = PlanVersion.objects.filter(plan__product=tenant.product, plan__name=plan).latest("pk")
    Organisation.objects.filter(pk=tenant.pk).update(plan_version=version)
    forget_remembered_tenants()
