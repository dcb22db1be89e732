"""What gives a tenant away wherever it is seen: every tenant of these tests is full of it."""

from __future__ import annotations

from shared_apps.organisations.current import Tenant


def canary_of(subdomain: str) -> str:
    """One word that stands in every text of a tenant and nowhere else: "KanariStoreB"."""
    return "Kanari" + subdomain.title().replace("-", "")


def subdomain_of(tenant: Tenant) -> str:
    """The tenant's own name in its host: "store-b"."""
    return tenant.primary_host.partition(".")[0]


def marks_of(tenant: Tenant) -> tuple[str, ...]:
    """Everything that must not be seen of a tenant by another, in lower case."""
    subdomain = subdomain_of(tenant)
    marks = (
        canary_of(subdomain),
        f"owner-{subdomain}@example.org",
        tenant.primary_host,
        tenant.schema_name,
        str(tenant.pk),
    )
    return tuple(mark.lower() for mark in marks)


def found_in(text: str, marks: tuple[str, ...]) -> list[str]:
    """Which of the marks a text holds."""
    lower = text.lower()
    return [mark for mark in marks if mark in lower]
