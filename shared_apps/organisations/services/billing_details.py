"""To whom an organisation's orders are billed from now on."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import changes, record
from shared_apps.organisations.models import Organisation


@dataclass(frozen=True, slots=True)
class BillingDetails:
    """What orders and invoices say of a customer. `billing_country` is ISO 3166-1 alpha-2."""

    billing_name: str
    billing_email: str
    billing_phone: str
    billing_address: str
    billing_country: str
    tax_number: str


def change_billing_details(*, organisation_id: UUID, details: BillingDetails, actor: Any) -> bool:
    """Bill the next orders to these; False when nothing differs. What is ordered or invoiced stays as it is.

    One transaction; locks the organisation's row.
    """
    with transaction.atomic():
        organisation = Organisation.objects.select_for_update(of=("self",)).get(pk=organisation_id)
        wanted = asdict(details)
        found = changes({name: getattr(organisation, name) for name in wanted}, wanted)
        if not found["after"]:
            return False
        Organisation.objects.filter(pk=organisation_id).update(**found["after"])
        record(action="organisation.billing_changed", category=AuditCategory.ORGANISATION, resource=organisation,
               actor=actor, before=found["before"], after=found["after"])  # fmt: skip
    return True
