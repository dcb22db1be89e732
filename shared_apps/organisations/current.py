"""Which tenant a host leads to, without a query in steady state.

Each process remembers the answer for TENANT_CACHE_SECONDS. A version number in the shared cache, read at most once a
second, drops what is remembered as soon as a tenant changes (goes live, is suspended, gets a domain).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from threading import Lock
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.utils import timezone
from redis.exceptions import RedisError

from shared_apps.core.tenancy import connection
from shared_apps.organisations.models import Domain, Organisation

logger = structlog.get_logger(__name__)

VERSION_KEY = "shared:tenant-version"
MAX_REMEMBERED = 20_000


class Standing(StrEnum):
    """Whether a workspace may be worked in, and why not."""

    OPEN = "open"
    GRACE = "grace"  # the paid time is over: everything works for some days more
    PROVISIONAL = "provisional"  # these are over too, and money is on its way
    UNPAID = "unpaid"  # from here on it can be read, and nothing can be changed
    CANCELLED = "cancelled"
    HELD = "held"  # by the platform


@dataclass(frozen=True, slots=True)
class Tenant:
    """What a request needs to know of its tenant. Shared between threads, so frozen."""

    pk: UUID
    schema_name: str
    name: str
    product: str
    status: str
    host: str
    primary_host: str
    locale: str
    currency: str
    plan_name: str
    quotas: tuple[tuple[str, int | None], ...]
    features: frozenset[str]
    paid_until: datetime | None
    grace_days: int = 0
    hold: str = ""  # of the subscription, as billing names it
    delete_after: datetime | None = None  # of one that is cancelled
    country: str = ""  # ISO 3166-1, where bills go to

    def get_tenant_type(self) -> str:
        """django-tenants' name for the product."""
        return self.product

    @property
    def is_suspended(self) -> bool:
        """Whether nothing may be changed; everything can be read."""
        return self.status == Organisation.Status.SUSPENDED

    @property
    def grace_ends_at(self) -> datetime | None:
        """Until when everything works without payment."""
        return self.paid_until and self.paid_until + timedelta(days=self.grace_days)

    @property
    def standing(self) -> Standing:
        """As of this moment. No query."""
        if self.is_suspended:
            if self.delete_after:
                return Standing.CANCELLED
            return Standing.HELD if self.hold in ("admin", "dispute") else Standing.UNPAID
        now = timezone.now()
        if self.paid_until is None or self.grace_ends_at is None or now < self.paid_until:
            return Standing.OPEN
        return Standing.GRACE if now < self.grace_ends_at else Standing.PROVISIONAL

    def quota(self, name: str) -> int | None:
        """The plan's limit for something; None is unlimited, and so is what the plan does not name."""
        return dict(self.quotas).get(name)


@dataclass(slots=True)
class _Remembered:
    tenant: Tenant | None
    until: float


class _Memory:
    """The per-process store. Reads take no lock: dict operations are atomic, entries are never changed."""

    def __init__(self) -> None:
        self.hosts: dict[str, _Remembered] = {}
        self.version: int | None = None
        self.version_read_at = 0.0
        self.lock = Lock()

    def refresh_version(self, *, now: float, at_most_every: float) -> None:
        if now - self.version_read_at < at_most_every:
            return
        self.version_read_at = now
        try:
            version = cache.get(VERSION_KEY, 0)
        except RedisError:
            return  # the time limit still holds
        with self.lock:
            if version != self.version:
                self.version = version
                self.hosts = {}

    def clear(self) -> None:
        with self.lock:
            self.hosts = {}
            self.version_read_at = 0.0


_memory = _Memory()
forget_remembered_tenants = _memory.clear


def normalise_host(raw: str) -> str:
    """A Host header as domains are stored: lower case, without port and trailing dot."""
    host = raw.strip().lower()
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0].rstrip(".")


def tenant_of_host(host: str) -> Tenant | None:
    """The tenant a normalised host leads to, or None. Must be called on the public schema."""
    now = time.monotonic()
    _memory.refresh_version(now=now, at_most_every=1.0)
    known = _memory.hosts.get(host)
    if known and known.tenant is None:
        # A name nobody has may come alive any moment: do not wait for the next look at the version.
        _memory.refresh_version(now=now, at_most_every=0.0)
        known = _memory.hosts.get(host)
    if known and known.until > now:
        return known.tenant
    tenant = _load(host)
    if len(_memory.hosts) >= MAX_REMEMBERED:
        _memory.clear()
    _memory.hosts[host] = _Remembered(tenant, now + settings.TENANT_CACHE_SECONDS)
    return tenant


def _load(host: str) -> Tenant | None:
    domain = (
        Domain.objects.select_related("tenant__plan_version__plan", "tenant__subscription")
        .filter(domain=host, live_at__isnull=False)
        .exclude(tenant__status__in=[Organisation.Status.PROVISIONING, Organisation.Status.CLOSED])
        .first()
    )
    if domain is None:
        return None
    return as_tenant(domain.tenant, host=host)


def as_tenant(organisation: Organisation, *, host: str = "") -> Tenant:
    """The frozen view of an organisation that `connection.set_tenant` and requests use."""
    primary = organisation.domains.filter(is_primary=True).values_list("domain", flat=True).first() or host
    version = organisation.plan_version
    subscription = _subscription_of(organisation)
    return Tenant(
        pk=organisation.pk,
        schema_name=organisation.schema_name,
        name=organisation.name,
        product=organisation.product,
        status=organisation.status,
        host=host or primary,
        primary_host=primary,
        locale=organisation.locale,
        currency=organisation.currency,
        plan_name=version.plan.display_name,
        quotas=tuple(version.quotas.items()),
        features=frozenset(version.features),
        paid_until=organisation.paid_until,
        grace_days=version.grace_days,
        hold=subscription.hold if subscription else "",
        delete_after=subscription.delete_after if subscription else None,
        country=organisation.billing_country,
    )


def _subscription_of(organisation: Organisation) -> Any:
    """None for one that is still being made."""
    try:
        return organisation.subscription
    except ObjectDoesNotExist:
        return None


def announce_change() -> None:
    """Make every process look tenants up again, once the current transaction is committed."""
    transaction.on_commit(_bump_version)


def _bump_version() -> None:
    try:
        cache.add(VERSION_KEY, 0, timeout=None)
        cache.incr(VERSION_KEY)
    except RedisError:
        logger.warning("tenant version not announced; remembered tenants expire by time")
    _memory.clear()


def current_tenant() -> Tenant:
    """The tenant of this request or task; raises RuntimeError on the public schema."""
    tenant = connection.tenant
    if not isinstance(tenant, Tenant):
        raise RuntimeError("no tenant here")
    return tenant
