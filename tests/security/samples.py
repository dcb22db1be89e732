"""Data of two tenants for every argument that an address takes, and full of canaries."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from allauth.usersessions.models import UserSession
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from django_tenants.utils import tenant_context

from shared_apps.accounts.handover import handover_url
from shared_apps.accounts.models import ApiSession, Follow, IdentityCheck, User
from shared_apps.audit.models import AuditLog
from shared_apps.organisations.current import Tenant
from tenant_apps.esxi.models import Server
from tenant_apps.esxi.tests.support import make_server
from tenant_apps.events.models import Calendar, Event
from tenant_apps.events.tests.support import make_event
from tenant_apps.store.models import (
    Address,
    Attribute,
    Brand,
    CatalogueImport,
    Category,
    DeliveryZone,
    Location,
    Movement,
    Partner,
    PartnerMember,
    Product,
    Promotion,
    Register,
    Review,
    Segment,
    Shop,
    StockCount,
    StockLevel,
    TillSale,
    TillSession,
    TillTask,
    Variant,
)
from tenant_apps.store.services.invoices import issue_invoice, make_pdf
from tenant_apps.store.tests.sales import make_sale
from tenant_apps.store.tests.support import make_photo, make_product
from tenant_apps.team.models import ApiKey, Invitation, Member, Role
from tenant_apps.team.tests.support import photo_bytes
from tests.security.canaries import canary_of, subdomain_of
from tests.security.samples_of_payments import payment_samples
from tests.support.factories import PASSWORD

# Arguments by name of the address; "" for those that mean the same everywhere.
Samples = dict[str, dict[str, Any]]


class NoSample(LookupError):
    """An address takes an argument that nobody made a sample for."""


def arguments_for(name: str, wanted: frozenset[str], samples: Samples) -> dict[str, Any]:
    """What to call an address with; raises NoSample."""
    known = {**samples.get("", {}), **samples.get(name, {})}
    missing = [key for key in sorted(wanted) if key not in known]
    if missing:
        raise NoSample(f"{name}: add {missing} to the samples in tests/security")
    return {key: known[key] for key in wanted}


def account_samples(owner: User, canary: str) -> Samples:
    """What an account has, in whatever schema is current: sessions, an identity check, somebody who is followed."""
    User.objects.filter(pk=owner.pk).update(first_name=canary, last_name=canary)
    number = 9_000_000 + ord(canary[-1])  # counted ids are the same in every tenant: these are not
    browser = UserSession.objects.create(
        pk=number, user=owner, session_key=canary, ip="192.0.2.1", user_agent=canary, data={}
    )  # fmt: skip
    entry = AuditLog.objects.create(
        pk=number, action="account.entered", category="security", level="info", resource_type="accounts.user",
        resource_id=str(owner.pk), actor_label=canary, before={"name": canary}, after={"name": canary},
    )  # fmt: skip
    api = ApiSession.objects.create(user=owner, user_agent=canary, expires_at=timezone.now() + timedelta(days=1))
    document = default_storage.save(f"identity/{uuid.uuid4().hex}.jpg", ContentFile(photo_bytes()))
    check = IdentityCheck.objects.create(
        user=owner, document_type="passport", document_file=document, selfie_file=document, comment=canary
    )
    everywhere = {
        "uidb36": "1", "key": "set-password", "token": "not-a-token", "kind": "email", "colour": "b0303a",
        "person_id": owner.pk, "id": check.pk,
    }  # fmt: skip
    files = {"id": check.pk, "kind": "document"}
    return {
        "": everywhere,
        "account_end_session": {"session_id": browser.pk},
        **{name: {"id": entry.pk, "entry_id": entry.pk} for name in ("team:audit_entry", *_OTHER_PAGES_OF_AN_ENTRY)},
        "account_end_api_session": {"session_id": api.pk},
        "api-session": {"session_id": api.pk},
        **dict.fromkeys(("team:identity_file", "backoffice_identity_file"), files),
    }


_OTHER_PAGES_OF_AN_ENTRY = ("backoffice_audit_entry", "api-audit-log", "api-v1-audit-log")


def workspace_samples(tenant: Tenant) -> Samples:
    """Fill a tenant with canaries, and say what to call its addresses with. Leaves the connection where it was."""
    canary = canary_of(subdomain_of(tenant))
    with tenant_context(tenant):
        owner = User.objects.get(member__role__key=Role.OWNER)
        photo = make_photo(owner)
        samples = account_samples(owner, canary)
        samples |= _team(owner, canary)
        for name, arguments in _PRODUCTS[tenant.product](canary).items():
            samples[name] = {**samples.get(name, {}), **arguments}
        token = handover_url(account_id=owner.pk, tenant=tenant).split("/enter/")[1].strip("/")
    samples["team:media"] = {"path": photo.file_name(photo.widths[0], "webp")}
    return {**samples, "enter": {"token": token}}


def _team(owner: User, canary: str) -> Samples:
    """Somebody who works here, is followed and may be removed; a role that may be deleted; an open invitation."""
    role = Role.objects.create(key=f"own-{canary.lower()[-1]}", name=canary, permissions=[])
    user = User.objects.create_user(f"{canary}@example.org", PASSWORD, first_name=canary, is_staff=True)
    Member.objects.create(user=user, role=role)
    Follow.objects.create(follower=owner, followed=user)
    invitation = Invitation.objects.create(
        email=f"invited-{canary.lower()}@example.org", role=role, token_hash=canary, locale="fr", invited_by=owner,
        expires_at=timezone.now() + timedelta(days=1),
    )  # fmt: skip
    api_key = ApiKey.objects.create(name=canary, prefix=canary[-12:], key_hash=canary, created_by=owner)
    return {
        **{key: {"user_id": user.pk} for key in ("team:member", "team:remove_member", "api-v1-member")},
        **{key: {"key": role.key} for key in ("team:role", "team:delete_role", "api-v1-role")},
        "team:provider": {"key": "google"},
        "team:change_invitation": {"invitation_id": invitation.pk},
        **{f"api-v1-invitation{what}": {"invitation_id": invitation.pk} for what in ("", "-resend")},
        **{name: {"key_id": api_key.pk} for name in ("team:end_api_key", "api-v1-key")},
        "account_follow": {"person_id": user.pk},
    }


def _store(canary: str) -> Samples:
    Shop.objects.update(name=canary, description=canary)
    slugs = {}
    for state, publish in (("shown", True), ("draft", False)):
        product = make_product(f"{state} {canary[-1]}", publish=publish)
        Product.objects.filter(pk=product.pk).update(name=f"{canary} {state}", description=canary)
        slugs[state] = product.slug
    letter = canary[-1]
    rows = {
        "shelf": Category.objects.create(name=canary, slug=f"shelf-{letter}"),
        "brand": Brand.objects.create(name=canary[:80], slug=f"brand-{letter}"),
        "attribute": Attribute.objects.create(name=canary[:40], slug=f"attribute-{letter}"),
    }
    kept = {
        f"store:staff_{act}_{what}": {"slug": row.slug}
        for what, row in rows.items()
        for act in ("edit", "delete", "move")
        if (act, what) not in (("move", "brand"), ("move", "attribute"))
    }
    shown = {f"store:{what}": {"slug": rows[what].slug} for what in ("shelf", "brand")}
    order = make_sale(f"20261121{ord(canary[-1]):04}", name=canary)
    invoice = issue_invoice(order=order)
    make_pdf(invoice_id=invoice.pk)
    by_link = {f"store:{name}": {"order_id": order.pk} for name in ("order", "cancel_my_order", "order_invoice")}
    by_link["store:order_document"] = {"order_id": order.pk, "number": invoice.number}
    acts = (
        "order",
        "prepare",
        "settle",
        "ship",
        "deliver",
        "cash",
        "cancel",
        "cancel_pieces",
        "take_back",
        "receipt",
        "receipt_bytes",
    )
    by_number = {f"store:staff_{act}": {"number": order.number} for act in acts}
    return {
        "": {"slug": slugs["draft"]},
        "store:product": {"slug": slugs["shown"]},
        "store:sitemap_part": {"number": 1},
        "store:staff_document": {"number": invoice.number},
        **shown,
        **kept,
        **by_link,
        **by_number,
        **payment_samples(canary),
        **_till(canary),
        **_shop(canary, owner=User.objects.filter(is_staff=True).order_by("date_joined")[0], product=slugs["shown"]),
    }


def _shop(canary: str, *, owner: User, product: str) -> Samples:
    number = 9_000_000 + ord(canary[-1])  # as in `account_samples`
    variant = Variant.objects.filter(product__slug=product)[0]
    place = Location.objects.create(pk=number, name=canary[:80], position=9)
    level = StockLevel.objects.create(variant=variant, location=place)
    Movement.objects.create(level=level, action="counted", quantity=0, before=0, after=0, reason=canary)
    counting = StockCount.objects.create(pk=number, location=place)
    promotion = Promotion.objects.create(
        pk=number, name=canary, kind="percent", percent_bp=100, starts_at=timezone.now() + timedelta(days=400),
        ends_at=timezone.now() + timedelta(days=401),
    )  # fmt: skip
    segment = Segment.objects.create(pk=number, key=f"own-{canary[-1].lower()}", name=canary[:60])
    partner = Partner.objects.create(pk=number, name=canary, kind="company")
    member = PartnerMember.objects.create(pk=number, partner=partner, email=f"{canary.lower()}@example.org")
    zone = DeliveryZone.objects.create(pk=number, name=canary[:80], position=9)
    address = Address.objects.create(
        pk=number, user=owner, name=canary[:100], phone="+237671234567", line1=canary[:150], city="Douala", zone=zone
    )
    customer = User.objects.create_user(f"customer-{canary.lower()}@example.org", PASSWORD, first_name=canary)
    review = Review.objects.create(
        pk=number,
        product=variant.product,
        author=owner,
        rating=4,
        text=canary,
        status="published",
        moderated_at=timezone.now(),
    )
    Product.objects.filter(pk=variant.product_id).update(rating_sum=4, rating_count=1)

    batch = CatalogueImport.objects.create(
        name=canary, file="imports/none.csv", size=1, sha256="0" * 64, locale="fr", status="failed", problem=canary,
        ended_at=timezone.now(),
    )  # fmt: skip

    def named(prefix: str, arguments: dict[str, Any], *names: str) -> Samples:
        return {f"store:{prefix}{name}": arguments for name in names}

    return {
        **named("", {"variant_id": variant.public_id}, "cart_change"),
        **named("staff_", {"public_id": variant.public_id}, "variant_stock", "stock_adjust", "stock_transfer"),
        **named("staff_", {"pk": counting.pk}, "count", "book_count", "give_up_count"),
        **named("staff_", {"pk": place.pk}, "edit_place", "close_place", "open_place", "move_place"),
        **named("staff_", {"pk": promotion.pk}, "edit_promotion", "pause_promotion", "delete_promotion"),
        **named("staff_", {"pk": segment.pk}, "edit_segment", "delete_segment"),
        **named("staff_", {"pk": partner.pk}, "partner", "edit_partner", "delete_partner"),
        **named("staff_", {"pk": partner.pk, "member_id": member.pk}, "remove_member"),
        **named("staff_", {"pk": zone.pk}, "edit_zone", "move_zone", "delete_zone"),
        **named("staff_", {"user_id": customer.pk}, "customer"),
        **named("staff_", {"what": "orders", "kind": "csv"}, "export"),
        **named("staff_", {"batch_id": batch.pk}, "import", "follow_import", "confirm_import", "drop_import"),
        **named("staff_", {"batch_id": batch.pk, "kind": "csv"}, "import_problems"),
        **named("staff_", {"kind": "csv"}, "export_products"),
        **named("staff_", {"review_id": review.pk}, "review", "publish_review", "reject_review", "reply_review"),
        **named("", {"pk": address.pk}, "edit_address", "default_address", "delete_address"),
        **named("", {"slug": product}, "product_reviews", "write_review", "delete_my_review"),
    }


def _till(canary: str) -> Samples:
    number = 9_000_000 + ord(canary[-1])  # as in `account_samples`
    register = Register.objects.create(pk=number, name=canary, location=Location.objects.get())
    session = TillSession.objects.create(register=register, opening_minor=0, note=canary)
    sale = TillSale.objects.create(
        register=register, session=session, uuid=uuid.uuid4(), payload={"name": canary}, local_number=canary[:30],
        is_offline=True, sold_at=timezone.now(), state="refused", code="sums_differ", reason=canary,
    )  # fmt: skip
    task = TillTask.objects.create(pk=number, kind="refused", sale=sale, note=canary)
    return {
        "store:till_session": {"session_id": session.pk},
        "store:till_report": {"session_id": session.pk},
        "store:till_settle": {"pk": task.pk},
        "store:till_edit_register": {"pk": register.pk},
    }


def _events(canary: str) -> Samples:
    Calendar.objects.update(name=canary, description=canary)
    slugs = {}
    for state, publish in (("shown", True), ("draft", False)):
        event = make_event(f"{state} {canary[-1]}", publish=publish)
        Event.objects.filter(pk=event.pk).update(title=f"{canary} {state}", description=canary)
        slugs[state] = event.slug
    shown = {key: {"slug": slugs["shown"]} for key in ("events:event", "events:event_ics", "events:staff_cancel_event")}
    return {"": {"slug": slugs["draft"]}, **shown, **payment_samples(canary)}


def _esxi(canary: str) -> Samples:
    server = make_server(1)
    Server.objects.filter(pk=server.pk).update(name=canary, username=canary)
    return {"": {"server_id": server.pk}}


_PRODUCTS: dict[str, Callable[[str], Samples]] = {"store": _store, "events": _events, "esxi": _esxi}
