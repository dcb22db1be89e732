"""Telling those who order goods that something becomes low: once, until there is enough of it again."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection, transaction

from shared_apps.accounts.models import User
from shared_apps.core.context import own_path, own_url
from shared_apps.notifications.services import notify_by_email
from shared_apps.organisations.current import current_tenant
from tenant_apps.store.models import LowStock, Variant
from tenant_apps.store.selectors.stock import low_variants
from tenant_apps.team.selectors import members, role_standing

TOLD = 10  # variants named in one mail

# Whoever inserts the row tells of it; of two at once that is one.
_NOTE = """
INSERT INTO store_lowstock (variant_id) SELECT unnest(%s::bigint[]) ON CONFLICT (variant_id) DO NOTHING
RETURNING id, variant_id
"""


@transaction.atomic
def note_low_stock() -> int:
    """Queue a mail about the variants that became low since the last look, to everybody who may change stock; how many
    variants. Forgets those of which there is enough again.

    One transaction, after those that changed the stock: it sees what all of them left. Takes no lock but its own rows'.
    """
    low = {variant.pk: variant for variant in low_variants()}
    LowStock.objects.exclude(variant__in=low).delete()
    if not low:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, [sorted(low)])
        noted = dict(cursor.fetchall())
    if noted:
        _tell([low[pk] for pk in noted.values()], occasion=min(noted))
    return len(noted)


def _tell(variants: Sequence[Variant], *, occasion: int) -> None:
    named = sorted(variants, key=lambda one: (one.product.name, one.position))
    tenant = current_tenant()
    context = {
        "organisation": tenant.name,
        "lines": [{"name": one.full_name, "pieces": one.on_hand} for one in named[:TOLD]],  # type: ignore[attr-defined]  # annotated
        "more": max(0, len(named) - TOLD),
        "total": len(named),
        "url": f"{own_url(own_path('store:staff_stock'))}?show=low",
    }
    for person in _people():
        notify_by_email(
            key=f"low-stock:{occasion}:{person.pk}",
            template="store_low_stock",
            recipient=person.email,
            locale=person.locale,
            context={**context, "name": person.get_full_name()},
        )


def _people() -> list[User]:
    """Everybody who works here and may change stock. One query."""
    team = members().select_related("user", "role").filter(user__is_active=True)
    return [one.user for one in team if "store.change_stock" in role_standing(one.role).codes]
