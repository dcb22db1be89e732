"""Setting the platform's own schema up: extensions, tables, roles, templates, plans. Every step may be repeated."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from django.conf import settings
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from billing.models import Plan, TaxRate
from billing.offers import METHODS, OFFERS, TAXES, TAXES_SINCE
from billing.services.catalogue import publish_method, publish_offer
from billing.services.taxes import set_tax_rate
from provisioning.database import owner_connection, run_in_one_transaction
from provisioning.grants import create_role, extensions_schema, grant_schema, share_tables
from provisioning.services.ready import drop_outdated, replenish
from provisioning.services.templates import build_template, migrate_current_schema
from shared_apps.core.tenancy import connection

PUBLIC = "public"


def prepare_extensions() -> None:
    """The schema of extensions and the extensions in it."""
    with owner_connection() as owner:
        run_in_one_transaction(owner, extensions_schema())


def migrate_public() -> None:
    """Bring the public schema up to date."""
    connection.set_schema_to_public()
    executor = MigrationExecutor(connections["default"])
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        migrate_current_schema()


def grant_public() -> None:
    """The role that serves the platform's own host, its grants, and what tenants may read of its tables."""
    with owner_connection() as owner:
        statements = [*create_role(owner, PUBLIC), *grant_schema(owner, PUBLIC), *share_tables(owner)]
        run_in_one_transaction(owner, statements)


def build_templates() -> None:
    """This release's schema template of every product."""
    for product in settings.PRODUCTS:
        build_template(product=product)


def make_schemas_ready() -> None:
    """This release's ready schemas, in place of those of the last one."""
    drop_outdated()
    replenish()


def publish_catalogue() -> None:
    """The plans, ways to pay and tax the platform opens with. What is there stays: admins edit it."""
    known = set(Plan.objects.values_list("product", "name"))
    for offer in OFFERS:
        if (offer.product, offer.name) not in known:
            publish_offer(offer=offer)
    for name, display_name, is_automatic, position in METHODS:
        publish_method(name=name, display_name=display_name, is_automatic=is_automatic, position=position)
    country = settings.SELLER["country"]
    if country in TAXES and not TaxRate.objects.filter(country=country).exists():
        name, percent = TAXES[country]
        set_tax_rate(country=country, name=name, percent=percent, valid_from=TAXES_SINCE)


STEPS: tuple[tuple[str, Callable[[], None]], ...] = (
    ("Extensions", prepare_extensions),
    ("Platform tables", migrate_public),
    ("Database roles", grant_public),
    ("Workspace templates", build_templates),
    ("Plans and ways to pay", publish_catalogue),
    ("Ready workspaces", make_schemas_ready),
)


def set_up() -> Iterator[str]:
    """Do every step, naming each one before it starts. Needs the owner account.

    Holds an advisory lock of the session meanwhile: a second set-up waits, and then finds little to do.
    """
    with owner_connection() as owner:
        owner.execute("SELECT pg_advisory_lock(hashtext('provisioning.set_up'))")
        for name, step in STEPS:
            yield name
            step()
