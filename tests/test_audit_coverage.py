"""Every model is audited or says why not, and a write that leaves no entry is found whatever way it takes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from fnmatch import fnmatch
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.db.models.signals import post_save

from shared_apps.audit.coverage import AUDITED, EXEMPT
from shared_apps.audit.details import FIELDS
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.texts import ACTIONS
from shared_apps.organisations.current import Tenant
from tenant_apps.store.models import Category, Product, Shop
from tests.support import recorded
from tests.support.audit_watch import watching
from tests.support.databases import ROOT

PREAMBLE = """
from django.db import connection, transaction
from shared_apps.audit.services import record
from tenant_apps.store.models import Category, Shop
"""


def product_code(body: str, *, file: str = "tenant_apps/store/services/products.py") -> Callable[..., Any]:
    """A function `act` as if it stood in a file of the product."""
    names: dict[str, Any] = {}
    exec(compile(PREAMBLE + body, str(ROOT / file), "exec"), names)
    return names["act"]


def test_every_model_is_audited_or_exempt_with_a_reason() -> None:
    models = {model._meta.label_lower for model in apps.get_models(include_auto_created=True)}
    assert models - AUDITED.keys() - EXEMPT.keys() == set(), "in neither list of shared_apps/audit/coverage.py"
    assert (AUDITED.keys() | EXEMPT.keys()) - models == set(), "there is no such model"
    assert AUDITED.keys() & EXEMPT.keys() == set()
    assert all(EXEMPT.values())


def test_parents_and_machine_columns_exist() -> None:
    labels = {model._meta.label_lower: model for model in apps.get_models(include_auto_created=True)}
    for label, audited in AUDITED.items():
        assert set(audited.parents) <= labels.keys()
        assert set(audited.machine) <= {field.column for field in labels[label]._meta.concrete_fields}, label


BAD = {
    "a service that records nothing": """
def act():
    with transaction.atomic():
        Category.objects.create(name="Épices", slug="epices", position=1)
""",
    "a bulk update": """
def act():
    with transaction.atomic():
        Shop.objects.all().update(description="autre")
""",
    "a bulk insert": """
def act():
    with transaction.atomic():
        Category.objects.bulk_create([Category(name="Épices", slug="epices", position=1)])
""",
    "raw SQL": """
def act():
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("update store_shop set description = 'autre'")
""",
    "raw SQL behind a common table expression": """
def act():
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("WITH one AS (SELECT 1) UPDATE store_shop SET description = 'autre'")
""",
    "a delete": """
def act():
    with transaction.atomic():
        Shop.objects.all().delete()
""",
    "an entry about something else": """
def act():
    with transaction.atomic():
        Shop.objects.all().update(description="autre")
        record(action="store.category.created", category="catalogue", resource=Category(pk=1))
""",
    "an entry in another transaction": """
def act():
    with transaction.atomic():
        Shop.objects.all().update(description="autre")
    with transaction.atomic():
        record(action="store.shop.changed", category="catalogue", resource=Shop(pk=1))
""",
    "an entry that was rolled back": """
def act():
    with transaction.atomic():
        Shop.objects.all().update(description="autre")
        try:
            with transaction.atomic():
                record(action="store.shop.changed", category="catalogue", resource=Shop(pk=1))
                raise ValueError
        except ValueError:
            pass
""",
}

GOOD = {
    "a service that records": """
@transaction.atomic
def act():
    Shop.objects.all().update(description="autre")
    record(action="store.shop.changed", category="catalogue", resource=Shop.objects.get())
""",
    "an entry before the write, in a block around": """
def act():
    with transaction.atomic():
        record(action="store.shop.changed", category="catalogue", resource=Shop.objects.get())
        with transaction.atomic():
            Shop.objects.all().update(description="autre")
""",
    "a write that was rolled back": """
def act():
    try:
        with transaction.atomic():
            Shop.objects.all().update(description="autre")
            raise ValueError
    except ValueError:
        pass
""",
    "an update that met no row": """
def act():
    with transaction.atomic():
        Shop.objects.filter(pk=2).update(description="autre")
""",
    "a read that locks": """
def act():
    with transaction.atomic():
        Shop.objects.select_for_update().get()
""",
}


@pytest.mark.parametrize("body", BAD.values(), ids=BAD.keys())
def test_a_write_without_its_entry_is_found(tenant: Tenant, body: str) -> None:
    with watching() as found:
        product_code(body)()
    assert len(found) == 1
    assert "tenant_apps/store/services/products.py" in found[0]
    assert "act" in found[0]
    assert "store." in found[0]


@pytest.mark.parametrize("body", GOOD.values(), ids=GOOD.keys())
def test_an_honest_write_passes(tenant: Tenant, body: str) -> None:
    with watching() as found:
        product_code(body)()
    assert found == []


def test_a_save_in_a_view_is_found_though_the_tests_own_transaction_is_open(tenant: Tenant) -> None:
    save = "def act(shop):\n    shop.name = 'Autre'\n    shop.save()\n"
    with watching() as found:
        product_code(save, file="tenant_apps/store/views/staff.py")(Shop.objects.get())
    assert len(found) == 1
    assert "views/staff.py" in found[0]
    assert "outside any transaction" in found[0]


def test_a_signal_handler_is_found_though_a_test_caused_it(tenant: Tenant) -> None:
    handler = product_code(
        "def act(**_):\n    Shop.objects.all().update(description='autre')\n", file="billing/apps.py"
    )
    post_save.connect(handler, sender=Category)
    try:
        with watching() as found:
            Category.objects.create(name="Épices", slug="epices", position=1)
    finally:
        post_save.disconnect(handler, sender=Category)
    assert len(found) == 1
    assert "store.shop changed by act (billing/apps.py" in found[0]


def test_a_thread_with_a_connection_of_its_own_is_watched(committed_db: None) -> None:
    write = product_code(
        "def act():\n    from billing.models import PaymentMethod\n    PaymentMethod.objects.update(position=7)\n",
        file="billing/services/catalogue.py",
    )

    def run() -> None:
        try:
            write()
        finally:
            connection.close()

    with watching() as found:
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    assert len(found) == 1
    assert "billing.paymentmethod" in found[0]


def test_columns_that_a_machine_keeps_may_change_without_an_entry(db: None) -> None:
    body = "def act(**values):\n    from billing.models import Payment\n    return Payment.objects.update(**values)\n"
    with watching() as found, transaction.atomic():
        assert product_code(body)(check_count=7)
    assert found == []
    with watching() as found, transaction.atomic():
        assert product_code(body)(check_count=7, comment="autre")
    assert len(found) == 1


def test_what_a_test_writes_itself_is_not_counted(tenant: Tenant) -> None:
    with watching() as found:
        Shop.objects.all().update(description="autre")
        Category.objects.create(name="Épices", slug="epices", position=1)
        Product.objects.all().delete()
    assert found == []


def test_every_action_has_words_and_all_words_are_said() -> None:
    found = recorded.actions()
    assert len(found) > 100
    unsaid = {one for one in found if not any(fnmatch(known, one) for known in ACTIONS)}
    assert unsaid == set(), "name them in shared_apps/audit/texts.py"
    unused = {known for known in ACTIONS if not any(fnmatch(known, one) for one in found)}
    assert unused == {"http.failed", "http.refused", "http.request"}, "nobody records these"


def test_every_recorded_field_has_a_name() -> None:
    found = recorded.fields()
    assert len(found) > 80
    assert found - FIELDS.keys() == set(), "name them in shared_apps/audit/details.py"


def test_every_category_is_one_that_retention_knows() -> None:
    assert recorded.categories() - set(AuditCategory.values) == set()
