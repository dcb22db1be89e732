"""What the shop says about itself, and what a new one starts with."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from django.db import transaction
from django.db.models import Model
from django.utils import translation
from django.utils.translation import gettext

from shared_apps.accounts.models import User
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import changes, record
from shared_apps.organisations.current import Tenant
from tenant_apps.payments.services.methods import switch_method
from tenant_apps.store.models import DeliveryZone, Location, Segment, Shop
from tenant_apps.store.rules.countries import currency_of
from tenant_apps.team.models import Photo
from tenant_apps.team.services.photos import discard_photos

STUDENT_DISCOUNT_BP = 1_000


@dataclass(frozen=True, slots=True)
class ShopDetails:
    """What staff type about the shop. The phone is E.164 or empty, the colour "#rrggbb" or empty, the country ISO 3166-1 or
    empty, the tax in hundredths of a per cent."""

    name: str
    description: str = ""
    phone: str = ""
    email: str = ""
    brand_colour: str = ""
    country: str = ""
    address: str = ""
    tax_number: str = ""
    tax_rate_bp: int = 0
    tax_name: str = ""
    delivery_text: str = ""
    returns_text: str = ""
    low_stock_at: int = 3


def create_defaults(*, tenant: Tenant, owner: User) -> None:
    """Give a new tenant its shop, with what it needs to sell at once: a place for stock, where customers may come for their
    goods, and the segment of students. Its country is the organisation's, and it sells in the money of that country, whatever the
    plan was paid in. Called inside its schema; doing it again changes nothing.

    One transaction; the shop's primary key decides between two calls at once.
    """
    with transaction.atomic():
        shop, created = Shop.objects.get_or_create(
            pk=Shop.ONLY,
            defaults={
                "name": tenant.name,
                "country": tenant.country,
                "currency": currency_of(tenant.country) or tenant.currency,
            },
        )
        if created:
            _record(owner, "store.shop.created", shop, **_shop_facts(shop))
            _start_with(owner=owner, locale=tenant.locale)


def _start_with(*, owner: User, locale: str) -> None:
    """In the transaction that made the shop."""
    with translation.override(locale):
        place = Location.objects.create(name=gettext("Shop"))
        zone = DeliveryZone.objects.create(name=gettext("Collected at the shop"), pickup=place)
    students = Segment.objects.create(key=Segment.STUDENT, discount_bp=STUDENT_DISCOUNT_BP)
    switch_method(name="cash", is_active=True, by=owner)
    _record(owner, "store.location.created", place, name=place.name)
    _record(owner, "store.zone.created", zone, name=zone.name)
    _record(owner, "store.segment.created", students, key=students.key, discount_bp=students.discount_bp)


def _record(owner: User, action: str, resource: Model, **after: Any) -> None:
    record(action=action, category=AuditCategory.CATALOGUE, resource=resource, actor=owner, after=after)


def lock_shop() -> Shop:
    """Lock the shop's row until the end of the transaction: slugs, names and SKUs are checked under it."""
    return Shop.objects.select_for_update().get()


@transaction.atomic
def save_shop(*, details: ShopDetails, logo: Photo | None = None, remove_logo: bool = False) -> Shop:
    """Change what the shop says about itself; a new `logo` takes the old one's place. Locks the shop; one transaction."""
    shop = lock_shop()
    before = _shop_facts(shop)
    for name, value in asdict(details).items():
        setattr(shop, name, value)
    old = shop.logo
    if logo is not None or remove_logo:
        shop.logo = logo
    shop.save()
    if old is not None and old != shop.logo:
        discard_photos(photos=[old])
    difference: dict[str, Any] = changes(before, _shop_facts(shop))
    record(action="store.shop.changed", category=AuditCategory.CATALOGUE, resource=shop, **difference)
    return shop


def _shop_facts(shop: Shop) -> dict[str, Any]:
    names = ["currency", *(one.name for one in fields(ShopDetails))]
    return {**{name: getattr(shop, name) for name in names}, "logo": shop.logo is not None}
