"""The steps from a paid order to a live tenant, in order.

Each may be interrupted anywhere and repeated: it looks at what is there and does the rest.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable

import psycopg
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.module_loading import import_string
from django_tenants.utils import tenant_context

from billing.models import Order, Subscription
from billing.services.fulfilment import mark_fulfilled
from billing.services.subscriptions import open_workspace
from provisioning.database import owner_connection
from provisioning.services import ready, schemas
from shared_apps.accounts.models import User
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.context import platform_url, tenant_url
from shared_apps.core.roles import role_of
from shared_apps.notifications.services import notify_by_email
from shared_apps.organisations.current import Tenant, announce_change, as_tenant
from shared_apps.organisations.models import Domain, Membership, Organisation, schema_name_of
from tenant_apps.team.services.platform_people import PlatformPerson, ensure_owner
from tenant_apps.team.services.roles import create_roles


class SmokeCheckFailed(Exception):
    """The new workspace is not what it should be."""


def create_organisation(order: Order) -> None:
    """The tenant's row, its (not yet live) host and its owner's membership; takes a ready schema if there is one.

    One transaction; locks the order row, then one ready schema.
    """
    with transaction.atomic():
        locked = Order.objects.select_for_update().get(pk=order.pk)
        if locked.organisation_id:
            return
        product = locked.plan_version.plan.product
        organisation = Organisation(
            id=ready.take(product) or uuid.uuid4(),
            name=locked.organisation_name,
            product=product,
            owner_id=locked.user_id,
            plan_version=locked.plan_version,
            locale=locked.locale,
            currency=locked.currency,
            billing_name=locked.customer_name,
            billing_email=locked.customer_email,
            billing_phone=locked.customer_phone,
            billing_address=locked.customer_address,
            billing_country=locked.customer_country,
            tax_number=locked.tax_number,
        )
        organisation.schema_name = schema_name_of(organisation.pk)
        organisation.save()
        # The paid order holds the name, so nobody else can have it.
        Domain.objects.create(
            tenant=organisation,
            domain=f"{locked.subdomain}.{settings.PLATFORM_HOST}",
            skeleton=locked.subdomain_skeleton,
            is_primary=True,
        )
        Membership.objects.create(organisation=organisation, user_id=locked.user_id, role=Membership.Role.OWNER)
        locked.organisation = organisation
        locked.save(update_fields=["organisation"])
        record(
            action="organisation.created", category=AuditCategory.ORGANISATION, resource=organisation, actor=locked.user
        )


def create_schema(order: Order) -> None:
    """The tenant's schema, role and grants, by the owner's connection in one transaction, unless it stood ready."""
    organisation = _organisation(order)
    with owner_connection() as owner:
        try:
            schemas.create_schema(owner, schema_name=organisation.schema_name, product=organisation.product)
        except (psycopg.errors.DuplicateSchema, psycopg.errors.UniqueViolation):
            # Another worker was quicker: its transaction is committed, or this one would have waited for it.
            if not schemas.schema_exists(owner, organisation.schema_name):
                raise


def create_owner(order: Order) -> None:
    """The workspace's roles, and the owner's own account in it, entered by hand-over. One transaction."""
    person = PlatformPerson.of(order.user)  # read before the switch: inside the tenant the same table is the tenant's
    tenant = _tenant(order)
    with tenant_context(tenant), transaction.atomic():
        create_roles(product=tenant.product)
        ensure_owner(person=person)


def create_defaults(order: Order) -> None:
    """What the product wants a new workspace to start with. One transaction."""
    tenant = _tenant(order)
    with tenant_context(tenant), transaction.atomic():
        owner = User.objects.get(platform_user_id=order.user_id)
        import_string(settings.PRODUCTS[tenant.product].create_defaults)(tenant=tenant, owner=owner)


def check(order: Order) -> None:
    """Look at the workspace as its own role sees it, before anybody else does; raises SmokeCheckFailed."""
    tenant = _tenant(order)
    with tenant_context(tenant):
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user, current_schema()")
            role, schema = cursor.fetchone()
        if settings.DB_ACCOUNT == "app" and role != role_of(tenant.schema_name):
            raise SmokeCheckFailed(f"role {role} in {tenant.schema_name}")
        if schema != tenant.schema_name:
            raise SmokeCheckFailed(f"schema {schema} instead of {tenant.schema_name}")
        if not User.objects.filter(platform_user_id=order.user_id, is_active=True).exists():
            raise SmokeCheckFailed("the owner's account is missing")


def go_live(order: Order) -> None:
    """Open the host, start the paid period, fulfil the order and tell the owner. One transaction, guarded updates."""
    with transaction.atomic():
        Order.objects.select_for_update().get(pk=order.pk)
        Subscription.objects.select_for_update().get(pk=order.subscription_id)
        organisation = Organisation.objects.select_for_update().get(pk=_organisation(order).pk)
        now = timezone.now()
        if organisation.status == Organisation.Status.PROVISIONING:
            organisation.status = Organisation.Status.ACTIVE
            organisation.activated_at = now
            organisation.save(update_fields=["status", "activated_at"])
            record(
                action="organisation.activated",
                category=AuditCategory.ORGANISATION,
                resource=organisation,
                actor=order.user,
                before={"status": "provisioning"},
                after={"status": "active"},
            )
            open_workspace(order=order, organisation_id=organisation.pk, at=now)
        Domain.objects.filter(tenant=organisation, live_at__isnull=True).update(live_at=now)
        mark_fulfilled(order_id=order.pk)
        _tell_owner(order, organisation)
        announce_change()


def _tell_owner(order: Order, organisation: Organisation) -> None:
    host = organisation.domains.get(is_primary=True).domain
    notify_by_email(
        key=f"workspace-ready:{organisation.pk}",
        template="workspace_ready",
        recipient=order.user.email,
        locale=order.locale,
        context={
            "name": order.user.get_short_name(),
            "organisation": organisation.name,
            "url": tenant_url(host),
            "order_url": platform_url(f"/orders/{order.pk}/"),
        },
    )


def _organisation(order: Order) -> Organisation:
    return Organisation.objects.select_related("plan_version__plan").get(orders=order.pk)


def _tenant(order: Order) -> Tenant:
    return as_tenant(_organisation(order))


STEPS: tuple[tuple[str, Callable[[Order], None]], ...] = (
    ("organisation", create_organisation),
    ("schema", create_schema),
    ("owner", create_owner),
    ("defaults", create_defaults),
    ("check", check),
    ("live", go_live),
)
