"""Celery's settings: nothing is lost when a worker dies, and nothing of ours waits for somebody else's server.

Tasks that speak to a provider, a tax office or a mail server have queues of their own, for workers of their own: a
provider that does not answer keeps them busy, and workspaces are made all the same. A worker without --queues takes everything.
"""

from __future__ import annotations

from celery.schedules import crontab
from django.conf import settings
from kombu import Queue

from baobab.celery import broker_url as _broker_url

broker_url = _broker_url(settings.REDIS_URL)
task_ignore_result = True
task_serializer = "json"
accept_content = ["json"]
task_default_queue = "baobab"
task_queues = [Queue("baobab"), Queue("providers"), Queue("webhooks"), Queue("mail"), Queue("documents")]
task_routes = {
    "billing.tasks.resolve_payment": {"queue": "providers"},
    "billing.tasks.check_provider": {"queue": "providers"},
    "billing.tasks.reconcile": {"queue": "providers"},
    "billing.tasks.process_new_webhooks": {"queue": "webhooks"},
    "billing.tasks.send_refund": {"queue": "providers"},
    "billing.tasks.sync_reversals": {"queue": "providers"},
    "billing.tasks.process_webhook": {"queue": "webhooks"},
    "billing.tasks.make_invoice_pdf": {"queue": "documents"},
    "tenant_apps.store.tasks.make_invoice_pdf": {"queue": "documents"},
    "tenant_apps.store.tasks.work_on_import": {"queue": "documents"},
    "shared_apps.notifications.tasks.send_due": {"queue": "mail"},
    "tenant_apps.payments.tasks.resolve_payment": {"queue": "providers"},
    "tenant_apps.payments.tasks.send_refund": {"queue": "providers"},
    "tenant_apps.payments.tasks.check_method": {"queue": "providers"},
    "tenant_apps.payments.tasks.sync_reversals": {"queue": "providers"},
    "tenant_apps.payments.tasks.look_at_notice": {"queue": "webhooks"},
}
worker_prefetch_multiplier = 1
task_acks_late = True
task_reject_on_worker_lost = True
broker_connection_retry_on_startup = True
broker_transport_options = {
    "visibility_timeout": 900,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_connect_timeout": 2,
    "socket_timeout": 10,
    "max_retries": 1,
}
# A request must not hang because the broker is away: the sweepers find what was not sent.
task_publish_retry = False
worker_hijack_root_logger = False
timezone = "UTC"
beat_schedule = {
    "drain-outbox": {"task": "shared_apps.outbox.tasks.drain", "schedule": 10.0, "options": {"expires": 10}},
    "poll-payments": {"task": "billing.tasks.poll_due_payments", "schedule": 5.0, "options": {"expires": 5}},
    "check-providers": {"task": "billing.tasks.check_due_providers", "schedule": 15.0, "options": {"expires": 15}},
    # Begins a run at night, and goes on with one that was stopped.
    "reconcile": {"task": "billing.tasks.reconcile", "schedule": 60.0, "options": {"expires": 60}},
    "delete-old-reconciliations": {
        "task": "billing.tasks.delete_old_reconciliations",
        "schedule": crontab(hour=1, minute=40),
        "options": {"expires": 3600},
    },
    "compare-receipts": {"task": "billing.tasks.compare_receipts", "schedule": 30.0, "options": {"expires": 30}},
    "poll-refunds": {"task": "billing.tasks.poll_due_refunds", "schedule": 60.0, "options": {"expires": 60}},
    "sweep-webhooks": {"task": "billing.tasks.sweep_webhooks", "schedule": 60.0, "options": {"expires": 60}},
    "delete-old-webhooks": {
        "task": "billing.tasks.delete_old_webhooks",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "expire-orders": {"task": "billing.tasks.expire_orders", "schedule": 60.0, "options": {"expires": 60}},
    "sweep-invoices": {"task": "billing.tasks.sweep_invoices", "schedule": 300.0, "options": {"expires": 300}},
    "sweep-shop-invoices": {
        "task": "tenant_apps.store.tasks.sweep_invoices",
        "schedule": 300.0,
        "options": {"expires": 300},
    },
    "advance-subscriptions": {
        "task": "billing.tasks.advance_subscriptions",
        "schedule": 300.0,
        "options": {"expires": 300},
    },
    "prepare-renewals": {"task": "billing.tasks.prepare_renewals", "schedule": 3600.0, "options": {"expires": 3600}},
    # Only in tenants that have something due, by a list in Redis; the sweep makes that list anew.
    "poll-tenants-payments": {
        "task": "tenant_apps.payments.tasks.poll_due",
        "schedule": 5.0,
        "options": {"expires": 5},
    },
    "sweep-tenants-payments": {
        "task": "tenant_apps.payments.tasks.sweep",
        "schedule": 600.0,
        "options": {"expires": 600},
    },
    "delete-tenants-old-webhooks": {
        "task": "tenant_apps.payments.tasks.delete_old_notices",
        "schedule": crontab(hour=2, minute=10),
        "options": {"expires": 3600},
    },
    "collect-takings": {"task": "billing.tasks.collect_takings", "schedule": 300.0, "options": {"expires": 300}},
    # Daily: the first of the month finds what is due, the days after it what that left.
    "make-payouts": {
        "task": "billing.tasks.make_payouts",
        "schedule": crontab(hour=3, minute=20),
        "options": {"expires": 3600},
    },
    "sweep-provisioning": {"task": "provisioning.tasks.sweep", "schedule": 10.0, "options": {"expires": 10}},
    "keep-schemas-ready": {
        "task": "provisioning.tasks.keep_schemas_ready",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "clean-up": {
        "task": "provisioning.tasks.clean_up",
        "schedule": crontab(hour=1, minute=30),
        "options": {"expires": 3600},
    },
    "recount-usage": {
        "task": "shared_apps.usage.tasks.recount",
        "schedule": crontab(hour=2, minute=30),
        "options": {"expires": 3600},
    },
    "end-expired-visits": {
        "task": "provisioning.tasks.end_expired_visits",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    # Lists of products sort by kept prices again; until then they compute.
    "refresh-prices": {
        "task": "tenant_apps.store.tasks.refresh_prices",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "sweep-mail": {"task": "provisioning.tasks.sweep_mail", "schedule": 60.0, "options": {"expires": 60}},
    "cancel-unpaid-orders": {
        "task": "tenant_apps.store.tasks.cancel_unpaid_orders",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "end-expired-holds": {
        "task": "tenant_apps.store.tasks.end_expired_holds",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "sweep-catalogue-imports": {
        "task": "tenant_apps.store.tasks.sweep_imports",
        "schedule": 120.0,
        "options": {"expires": 120},
    },
    "sweep-low-stock": {
        "task": "tenant_apps.store.tasks.sweep_low_stock",
        "schedule": 300.0,
        "options": {"expires": 300},
    },
    "send-mail": {"task": "shared_apps.notifications.tasks.send_due", "schedule": 10.0, "options": {"expires": 10}},
}
