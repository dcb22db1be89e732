"""Every write about customers: what staff keep of an account, and the addresses an account keeps itself."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from shared_apps.accounts.models import User
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import changes, record
from shared_apps.core.errors import DomainError
from tenant_apps.store.models import Address, Customer, DeliveryZone, PartnerMember, Segment

MAX_ADDRESSES = 20


@dataclass(frozen=True, slots=True)
class CustomerDetails:
    """What staff keep of an account. The phone is E.164 or empty."""

    phone: str = ""
    segment: Segment | None = None
    note: str = ""


@transaction.atomic
def save_customer(*, user: User, details: CustomerDetails) -> Customer:
    """Change what the shop knows of an account. Locks the account's row; one transaction."""
    _lock(user)
    customer = Customer.objects.filter(user=user).select_related("segment").first() or Customer(user=user)
    before = _facts(customer)
    had_note = customer.note
    customer.phone, customer.segment, customer.note = details.phone, details.segment, details.note
    customer.save()
    difference: dict[str, Any] = changes(before, _facts(customer))
    if had_note != customer.note:
        # The note itself stays out of the log, which outlives the customer.
        difference["after"]["note_changed"] = True
    record(action="store.customer.changed", category=AuditCategory.USER, resource=customer, **difference)
    return customer


def _facts(customer: Customer) -> dict[str, str]:
    return {"phone": customer.phone, "segment": customer.segment.key if customer.segment else ""}


@dataclass(frozen=True, slots=True)
class AddressDetails:
    """Where things are sent to. The phone is E.164."""

    name: str
    phone: str
    line1: str
    city: str
    line2: str = ""
    zone: DeliveryZone | None = None
    is_default: bool = False


@transaction.atomic
def add_address(*, user: User, details: AddressDetails) -> Address:
    """Keep an address of an account; the first becomes the one things are sent to. Locks the account's row; one transaction.

    Raises DomainError (`too_many_addresses`).
    """
    _lock(user)
    number = Address.objects.filter(user=user).count()
    if number >= MAX_ADDRESSES:
        message = _("You can keep %(limit)s addresses. Delete one you no longer need.") % {"limit": MAX_ADDRESSES}
        raise DomainError("too_many_addresses", message)
    address = Address(user=user)
    _write(address, details, is_default=details.is_default or number == 0)
    _record("store.address.created", address)
    return address


@transaction.atomic
def change_address(*, address: Address, details: AddressDetails) -> Address:
    """Change an address; orders keep the one they were made with. Locks the account's row; one transaction.

    The one things are sent to stays it until another is chosen.
    """
    _lock(address.user)
    address = _again(address)
    _write(address, details, is_default=details.is_default or address.is_default)
    _record("store.address.changed", address)
    return address


@transaction.atomic
def make_default_address(*, address: Address) -> Address:
    """Send things to this address from now on. Locks the account's row; one transaction. Doing it again changes nothing."""
    _lock(address.user)
    address = _again(address)
    if not address.is_default:
        _clear_default(address)
        address.is_default = True
        address.save(update_fields=["is_default"])
        _record("store.address.changed", address)
    return address


@transaction.atomic
def delete_address(*, address: Address) -> None:
    """Delete an address; of those left the latest takes its place where it was the default. Locks the account's row; one
    transaction."""
    user = address.user
    _lock(user)
    address = _again(address)
    _record("store.address.deleted", address)
    address.delete()
    latest = Address.objects.filter(user=user).order_by("-is_default", "-pk").first()
    if latest and not latest.is_default:
        latest.is_default = True
        latest.save(update_fields=["is_default"])


def forget_customer(*, user: User, contacts: Collection[str]) -> None:
    """Delete what the shop keeps of a person beside their orders. In the transaction that erases the account, which records it.

    `contacts` are the addresses and numbers they have and had: partners forget them too.
    """
    Address.objects.filter(user=user).delete()
    Customer.objects.filter(user=user).delete()
    emails = [contact.lower() for contact in contacts]
    for member in PartnerMember.objects.filter(email__in=emails).select_related("partner"):
        record(
            action="store.partner.member_removed", category=AuditCategory.PARTNER, resource=member.partner,
            after={"erased": True},
        )  # fmt: skip
        member.delete()


def _lock(user: User) -> None:
    """Lock an account's row until the end of the transaction: there is one default among its addresses, and few of them."""
    User.objects.select_for_update(of=("self",)).get(pk=user.pk)


def _again(address: Address) -> Address:
    current = Address.objects.filter(pk=address.pk, user=address.user_id).first()
    if current is None:
        raise DomainError("address_gone", _("This address was deleted in the meantime."), status=404)
    return current


def _write(address: Address, details: AddressDetails, *, is_default: bool) -> None:
    address.name, address.phone, address.zone = details.name, details.phone, details.zone
    address.line1, address.line2, address.city = details.line1, details.line2, details.city
    if is_default:
        _clear_default(address)
    address.is_default = is_default
    address.save()


def _clear_default(address: Address) -> None:
    Address.objects.filter(user=address.user_id, is_default=True).exclude(pk=address.pk).update(is_default=False)


def _record(action: str, address: Address) -> None:
    """The town alone: where somebody lives does not belong into a log that outlives their account."""
    record(action=action, category=AuditCategory.USER, resource=address, after={"city": address.city})
