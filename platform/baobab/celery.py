"""The Celery app: every task belongs to a tenant or to the platform, and one without is refused.

Celery only makes things soon. What must happen is in the database, and sweepers find it there
(`docs/architecture.md`).
"""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import urlsplit

import structlog
from celery import Celery, Task
from celery.exceptions import Reject
from celery.signals import setup_logging, worker_init
from structlog.contextvars import bound_contextvars

logger = structlog.get_logger(__name__)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "baobab.settings.production")

PLATFORM = "public"


class TenantTask(Task):
    """A task that runs as the tenant it was sent for.

    The tenant's id travels in a header. A missing header, an unknown tenant, or a sender without a tenant row is
    an error; nothing ever falls back to the platform's schema. In a workspace that can only be read nothing runs but what
    says that it may: `@shared_task(runs_when_suspended=True)`.
    """

    acks_late = True
    reject_on_worker_lost = True
    runs_when_suspended = False

    def apply_async(self, args: Any = None, kwargs: Any = None, **options: Any) -> Any:
        headers = dict(options.pop("headers", None) or {})
        headers.setdefault("tenant_id", _current_tenant_id())
        return super().apply_async(args, kwargs, headers=headers, **options)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        from django.db import connection

        from shared_apps.organisations.current import inside

        tenant_id = getattr(self.request, "tenant_id", None) or (self.request.headers or {}).get("tenant_id")
        if not tenant_id:
            raise Reject("task without a tenant", requeue=False)
        connection.set_schema_to_public()
        try:
            with bound_contextvars(tenant=tenant_id, task_id=self.request.id):
                if tenant_id == PLATFORM:
                    return super().__call__(*args, **kwargs)
                tenant = _load_tenant(tenant_id)
                if tenant.is_suspended and not self.runs_when_suspended:
                    logger.info("task left out: the workspace can only be read", task=self.name)
                    return None
                with inside(tenant):
                    return super().__call__(*args, **kwargs)
        finally:
            connection.set_schema_to_public()
            connection.close()


def _current_tenant_id() -> str:
    from django.db import connection

    if connection.schema_name == PLATFORM:
        return PLATFORM
    tenant_id = str(getattr(connection.tenant, "pk", None) or "")
    if not tenant_id:
        raise RuntimeError("no tenant to send the task for")
    return tenant_id


def _load_tenant(tenant_id: str) -> Any:
    from shared_apps.organisations.current import as_tenant
    from shared_apps.organisations.models import Organisation

    rows = Organisation.objects.select_related("plan_version__plan", "subscription")
    organisation = rows.filter(pk=tenant_id).exclude(status=Organisation.Status.CLOSED).first()
    if organisation is None:
        raise Reject(f"tenant {tenant_id} is gone", requeue=False)
    return as_tenant(organisation)


def broker_url(redis_url: str) -> str:
    """Celery's spelling of a redis-py URL: unix sockets are `redis+socket://` there."""
    parts = urlsplit(redis_url)
    if parts.scheme != "unix":
        return redis_url
    database = parts.query.removeprefix("db=") or "0"
    return f"redis+socket://{parts.path}?virtual_host={database}"


def _make_app() -> Celery:
    app = Celery("baobab", task_cls=TenantTask)
    app.config_from_object("baobab.celery_settings")
    app.autodiscover_tasks()
    return app


app = _make_app()


@setup_logging.connect
def _keep_our_logging(**_: Any) -> None:
    """Logging is set up by the `baobab` app; Celery must not replace it."""


@worker_init.connect
def _close_pool_before_fork(**_: Any) -> None:
    """A pool opened before a fork would be shared by the children."""
    from django.db import connection

    connection.close()
    connection.close_pool()
