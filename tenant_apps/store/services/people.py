"""Every write of segments and partners: who pays less for who they are. All lock the shop's one row first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import changes, record
from shared_apps.core.errors import DomainError
from tenant_apps.store.models import Partner, PartnerMember, Promotion, Segment
from tenant_apps.store.services.shop import lock_shop
from tenant_apps.team.text import base_slug, free_slug

MAX_SEGMENTS = 50
MAX_MEMBERS_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class SegmentDetails:
    """What staff type about a segment. Only that of students may have no name of its own."""

    name: str
    discount_bp: int


@transaction.atomic
def create_segment(*, details: SegmentDetails) -> Segment:
    """Add a segment behind the others. Locks the shop; one transaction. Raises DomainError (`name_taken`, `too_many_segments`)."""
    lock_shop()
    if Segment.objects.count() >= MAX_SEGMENTS:
        message = _("A shop has at most %(limit)s segments. Change one of them.") % {"limit": MAX_SEGMENTS}
        raise DomainError("too_many_segments", message, field="name")
    _check_segment(details, other_than=None)
    keys = set(Segment.objects.values_list("key", flat=True))
    last = Segment.objects.aggregate(last=Max("position"))["last"]
    segment = Segment.objects.create(
        key=free_slug(base_slug(details.name, fallback="segment")[:30], taken=keys),
        name=details.name,
        discount_bp=details.discount_bp,
        position=(last or 0) + 1,
    )
    _record("store.segment.created", segment, after=asdict(details))
    return segment


@transaction.atomic
def update_segment(*, segment: Segment, details: SegmentDetails) -> Segment:
    """Change a segment's name or discount; it counts at once. Locks the shop; one transaction. Raises as `create_segment`."""
    lock_shop()
    segment = _segment_again(segment)
    _check_segment(details, other_than=segment)
    before = {"name": segment.name, "discount_bp": segment.discount_bp}
    segment.name, segment.discount_bp = details.name, details.discount_bp
    segment.save(update_fields=["name", "discount_bp"])
    _record("store.segment.changed", segment, **changes(before, asdict(details)))
    return segment


@transaction.atomic
def delete_segment(*, segment: Segment) -> None:
    """Delete a segment: its customers have none then. Locks the shop; one transaction.

    Raises DomainError (`segment_stays`) for students, and (`segment_in_use`) where a promotion is for nobody else: without its
    segment it would be for everybody.
    """
    lock_shop()
    segment = _segment_again(segment)
    if segment.key == Segment.STUDENT:
        raise DomainError("segment_stays", _("The segment of students stays. Give it no discount instead."))
    promotion = Promotion.objects.filter(segments=segment).first()
    if promotion:
        message = _("The promotion “%(name)s” is for this segment. Change or delete the promotion first.")
        raise DomainError("segment_in_use", message % {"name": promotion.name})
    before = {"name": segment.name, "discount_bp": segment.discount_bp, "customers": segment.customers.count()}
    _record("store.segment.deleted", segment, before=before)
    segment.delete()


def _segment_again(segment: Segment) -> Segment:
    current = Segment.objects.filter(pk=segment.pk).first()
    if current is None:
        raise DomainError("segment_gone", _("This segment was deleted in the meantime."), status=404)
    return current


def _check_segment(details: SegmentDetails, *, other_than: Segment | None) -> None:
    others = Segment.objects.exclude(pk=other_than.pk) if other_than else Segment.objects.all()
    if details.name and others.filter(name__iexact=details.name).exists():
        raise DomainError("name_taken", _("Another segment has this name."), field="name")
    if not details.name and (other_than is None or other_than.key != Segment.STUDENT):
        raise DomainError("name_missing", _("Give the segment a name."), field="name")


@dataclass(frozen=True, slots=True)
class PartnerDetails:
    """What staff type about a partner. The phone is E.164 or empty."""

    name: str
    kind: str
    contact: str = ""
    email: str = ""
    phone: str = ""
    discount_bp: int = 0
    is_active: bool = True


@transaction.atomic
def create_partner(*, details: PartnerDetails) -> Partner:
    """Add a partner. Locks the shop; one transaction. Raises DomainError (`name_taken`)."""
    lock_shop()
    _check_partner_name(details.name, other_than=None)
    partner = Partner.objects.create(**asdict(details))
    _record("store.partner.created", partner, after=asdict(details))
    return partner


@transaction.atomic
def update_partner(*, partner: Partner, details: PartnerDetails) -> Partner:
    """Change a partner; its discount counts at once. Locks the shop; one transaction. Raises DomainError (`name_taken`)."""
    lock_shop()
    partner = _partner_again(partner)
    _check_partner_name(details.name, other_than=partner)
    new = asdict(details)
    before = {name: getattr(partner, name) for name in new}
    for name, value in new.items():
        setattr(partner, name, value)
    partner.save()
    _record("store.partner.changed", partner, **changes(before, new))
    return partner


@transaction.atomic
def delete_partner(*, partner: Partner) -> None:
    """Delete a partner and the list of its people for good. Locks the shop; one transaction."""
    lock_shop()
    partner = _partner_again(partner)
    before = {"name": partner.name, "discount_bp": partner.discount_bp, "members": partner.members.count()}
    _record("store.partner.deleted", partner, before=before)
    partner.delete()


@dataclass(frozen=True, slots=True)
class Added:
    """What became of a list of addresses: how many are new, and who belongs to another partner already (address, its name)."""

    new: int
    known: int
    elsewhere: tuple[tuple[str, str], ...]


@transaction.atomic
def add_members(*, partner: Partner, emails: Iterable[str]) -> Added:
    """Add people to a partner by their addresses, in lower case. Locks the shop; one transaction.

    Somebody belongs to one partner: those of another stay there, and are returned.
    """
    lock_shop()
    partner = _partner_again(partner)
    wanted = list(dict.fromkeys(emails))
    if len(wanted) > MAX_MEMBERS_AT_ONCE:
        message = _("Add at most %(limit)s addresses at once.") % {"limit": MAX_MEMBERS_AT_ONCE}
        raise DomainError("too_many_members", message, field="emails")
    there = {
        member.email: member.partner
        for member in PartnerMember.objects.filter(email__in=wanted).select_related("partner")
    }
    new = [email for email in wanted if email not in there]
    if new:
        PartnerMember.objects.bulk_create(PartnerMember(partner=partner, email=email) for email in new)
        _record("store.partner.members_added", partner, after={"members": len(new)})
    elsewhere = tuple((email, other.name) for email, other in there.items() if other.pk != partner.pk)
    return Added(new=len(new), known=len(wanted) - len(new) - len(elsewhere), elsewhere=elsewhere)


@transaction.atomic
def remove_member(*, partner: Partner, member_id: int) -> str:
    """Take somebody off a partner's list; their address, or "" when they are not on it. Locks the shop; one transaction."""
    lock_shop()
    member = PartnerMember.objects.filter(partner=partner, pk=member_id).first()
    if member is None:
        return ""
    _record("store.partner.member_removed", partner, before={"email": member.email})
    member.delete()
    return member.email


def _partner_again(partner: Partner) -> Partner:
    current = Partner.objects.filter(pk=partner.pk).first()
    if current is None:
        raise DomainError("partner_gone", _("This partner was deleted in the meantime."), status=404)
    return current


def _check_partner_name(name: str, *, other_than: Partner | None) -> None:
    others = Partner.objects.exclude(pk=other_than.pk) if other_than else Partner.objects.all()
    if others.filter(name__iexact=name).exists():
        raise DomainError("name_taken", _("Another partner has this name."), field="name")


def _record(action: str, resource: Segment | Partner, **facts: Any) -> None:
    category = AuditCategory.PARTNER if isinstance(resource, Partner) else AuditCategory.CATALOGUE
    record(action=action, category=category, resource=resource, **facts)
