"""A provider or mail server that does not answer keeps nobody else waiting."""

from __future__ import annotations

import pytest

from baobab.celery import app

app.loader.import_default_modules()

OWN_QUEUES = {
    "billing.tasks.resolve_payment": "providers",
    "billing.tasks.check_provider": "providers",
    "billing.tasks.reconcile": "providers",
    "billing.tasks.process_new_webhooks": "webhooks",
    "billing.tasks.send_refund": "providers",
    "billing.tasks.sync_reversals": "providers",
    "billing.tasks.process_webhook": "webhooks",
    "billing.tasks.make_invoice_pdf": "documents",
    "tenant_apps.store.tasks.make_invoice_pdf": "documents",
    "tenant_apps.store.tasks.work_on_import": "documents",
    "tenant_apps.payments.tasks.resolve_payment": "providers",
    "tenant_apps.payments.tasks.send_refund": "providers",
    "tenant_apps.payments.tasks.check_method": "providers",
    "tenant_apps.payments.tasks.sync_reversals": "providers",
    "tenant_apps.payments.tasks.look_at_notice": "webhooks",
    "shared_apps.notifications.tasks.send_due": "mail",
}


@pytest.mark.parametrize(("task", "queue"), OWN_QUEUES.items())
def test_what_speaks_to_others_servers_has_a_queue_of_its_own(task, queue) -> None:
    assert task in app.tasks
    assert app.amqp.router.route({}, task)["queue"].name == queue


def test_everything_else_shares_the_queue_of_the_platform() -> None:
    ours = [name for name in app.tasks if not name.startswith("celery.") and name not in OWN_QUEUES]
    assert ours
    assert {app.amqp.router.route({}, name)["queue"].name for name in ours} == {"baobab"}
