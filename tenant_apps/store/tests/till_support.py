"""Sales at the till for tests, as a device sends them."""

from __future__ import annotations

import uuid
from typing import Any

from django.utils import timezone

from shared_apps.accounts.models import User
from tenant_apps.store.models import Location, Register, TillSale, TillSession, Variant
from tenant_apps.store.services.till import RegisterDetails, create_register, open_session
from tenant_apps.store.services.till_sales import record_sale
from tenant_apps.team.models import Member, Role


def owner() -> User:
    return User.objects.get(is_staff=True, email__startswith="owner")


def make_register(name: str = "Caisse 1", **fields: Any) -> Register:
    place = fields.pop("location", None) or Location.objects.order_by("position").first()
    return create_register(details=RegisterDetails(name=name, location=place))


def make_session(register: Register | None = None, *, opening: int = 10_000) -> TillSession:
    """An open session of the owner's."""
    register = register or make_register()
    return open_session(register=register, key=uuid.uuid4(), opening_minor=opening, by=owner())


def seller(email: str = "vendeuse@example.org") -> User:
    """Somebody with the role of a seller: may use the till, may not give discounts."""
    user = User.objects.create_user(email, is_staff=True, first_name="Awa", last_name="Ndiaye")
    Member.objects.create(user=user, role=Role.objects.get(key="seller"))
    return user


def sold_line(variant: Variant, quantity: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "variant": str(variant.public_id), "name": variant.product.name, "quantity": quantity,
        "list_minor": variant.price_minor, "unit_minor": variant.price_minor, "discount_minor": 0, "reason": "",
        **changes,
    }  # fmt: skip


def sale_of(session: TillSession, *lines: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """What a device sends for these lines, paid in cash to the franc unless it says otherwise."""
    total = sum(line["unit_minor"] * line["quantity"] - line["discount_minor"] for line in lines)
    total -= changes.get("discount_minor", 0)
    paid = [{"method": "cash", "amount_minor": total, "tendered_minor": total}] if total else []
    return {
        "session": str(session.pk), "local_number": f"A-{uuid.uuid4().hex[:6]}", "offline": False,
        "sold_at": timezone.now().isoformat(), "lines": list(lines), "discount_minor": 0, "discount_reason": "",
        "total_minor": total, "payments": paid, "customer": None, "name": "", "phone": "", **changes,
    }  # fmt: skip


def sell(session: TillSession, *lines: dict[str, Any], by: User | None = None, **changes: Any) -> TillSale:
    payload = sale_of(session, *lines, **changes)
    return record_sale(register=session.register, uuid=uuid.uuid4(), payload=payload, by=by or owner())
