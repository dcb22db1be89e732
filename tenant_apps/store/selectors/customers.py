"""Reading customers, segments and partners. Every list costs the same number of queries, whatever its length."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Lower

from shared_apps.accounts.models import User
from tenant_apps.store.models import Address, Customer, Order, Partner, PartnerMember, Segment

PER_PAGE = 30


def customers_matching(query: str) -> QuerySet[User]:
    """Accounts of people who do not work here whose name, address or number holds every word; a number however it is
    written."""
    found = User.objects.filter(is_staff=False, is_active=True).select_related("customer__segment")
    for word in query.replace("\x00", "").split()[:5]:
        digits = "".join(char for char in word if char.isdigit())
        where = Q(first_name__icontains=word) | Q(last_name__icontains=word) | Q(email__icontains=word)
        if len(digits) >= 2:
            where |= Q(phone__contains=digits) | Q(customer__phone__contains=digits)
        found = found.filter(where)
    return found


def customers(*, query: str, segment: str, page: str | int) -> Page:
    """Accounts of people who do not work here, the newest first, or those whose name, address or number holds every word of
    the query; of one segment where its key is given. `order_count` says how many orders each has."""
    found = customers_matching(query)
    if segment:
        found = found.filter(customer__segment__key=segment)
    return Paginator(with_order_counts(found).order_by("-date_joined", "pk"), PER_PAGE).get_page(page)


def with_order_counts(users: QuerySet[User]) -> QuerySet[User]:
    """`order_count`: how many orders of an account were confirmed."""
    confirmed = Order.objects.filter(user=OuterRef("pk"), confirmed_at__isnull=False).order_by().values("user")
    number = Subquery(confirmed.annotate(number=Count("pk")).values("number"), output_field=IntegerField())
    return users.annotate(order_count=Coalesce(number, 0))


def customer_account(user_id: Any) -> User | None:
    """One account of the list."""
    found = User.objects.filter(pk=user_id, is_staff=False, is_active=True).select_related("customer__segment")
    return with_order_counts(found).first()


def addresses_of(user: User) -> list[Address]:
    """Where an account has things sent to, the default first."""
    return list(Address.objects.filter(user=user).select_related("zone"))


def address_of(user: User, pk: int) -> Address | None:
    """One address, of this account alone."""
    return Address.objects.filter(user=user, pk=pk).select_related("user", "zone").first()


def segments() -> QuerySet[Segment]:
    """All segments; `people` says how many customers each has."""
    return Segment.objects.annotate(people=Count("customers")).order_by("position", "pk")


def partners(page: str | int) -> Page:
    """All partners by name; `people` says how many are on each one's list."""
    return Paginator(Partner.objects.annotate(people=Count("members")).order_by("name", "pk"), PER_PAGE).get_page(page)


def members_of(partner: Partner, page: str | int) -> Page:
    """The people of a partner by address; `is_proved` says whether an account has proved it, so that the discount counts."""
    proved = EmailAddress.objects.annotate(lower=Lower("email")).filter(lower=OuterRef("email"), verified=True)
    rows = partner.members.annotate(is_proved=Exists(proved)).order_by("email")
    return Paginator(rows, PER_PAGE).get_page(page)


def personal_data_of(user: User) -> dict[str, Any]:
    """What the shop knows about a person beside their orders, for the copy of their data."""
    customer = Customer.objects.filter(user=user).select_related("segment").first()
    addresses = Address.objects.filter(user=user).order_by("pk")
    proved = EmailAddress.objects.filter(user=user, verified=True).values_list(Lower("email"), flat=True)
    member = PartnerMember.objects.filter(email__in=list(proved)).select_related("partner").order_by("pk")
    known: dict[str, Any] = {}
    if customer:
        known["customer"] = {
            "phone": customer.phone,
            "segment": customer.segment.key if customer.segment else "",
            "note": customer.note,
        }
    if rows := list(addresses.values("name", "phone", "line1", "line2", "city", "is_default", "created_at")):
        known["addresses"] = rows
    if partners_of := [{"partner": one.partner.name, "email": one.email, "since": one.added_at} for one in member]:
        known["partners"] = partners_of
    return known
