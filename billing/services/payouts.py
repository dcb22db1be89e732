"""Monthly statements of what we owe tenants of their takings: made, approved, paid out."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from billing import ledger
from billing.commissions import Sums, month_after
from billing.models import Commission, Payout
from billing.money import Money
from billing.refunding import needs_second_person
from billing.services.commissions import lock_books
from billing.services.invoices import next_number
from billing.services.ledger import post
from shared_apps.accounts.admins import is_platform_admin
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.context import platform_url
from shared_apps.core.errors import Conflict, DomainError, NotAllowed
from shared_apps.notifications.services import notify_by_email
from shared_apps.organisations.fleet import surviving
from shared_apps.organisations.models import Membership, Organisation

Status = Payout.Status


def make_payouts(*, now: datetime | None = None) -> int:
    """The statements of last month (of the platform's time zone), for every organisation and currency; how many were made.

    Each in a transaction of its own; may be repeated, and goes on where it was stopped.
    """
    today = timezone.localtime(now, timezone.get_default_timezone()).date()
    month = month_before(today)
    due = (
        _not_stated(month).values_list("organisation_id", "currency").distinct().order_by("organisation_id", "currency")
    )
    pairs = list(due)
    organisations = Organisation.objects.in_bulk({organisation_id for organisation_id, _currency in pairs})
    made = 0
    for organisation_id, currency in pairs:
        with surviving(organisations[organisation_id], "payouts"):
            made += make_payout(organisation_id=organisation_id, currency=currency, month=month) is not None
    return made


def make_payout(*, organisation_id: UUID, currency: str, month: date) -> Payout | None:
    """The statement of one month (its first day) with all that is on none yet; None where there is one or nothing to say.

    One transaction: locks the organisation's row, and the year's counter last. What came late, a refund of what was paid out
    too, is on the next one; what is not above nothing is carried over to it.
    """
    with transaction.atomic():
        organisation = lock_books(organisation_id)
        earlier = Payout.objects.filter(organisation=organisation, currency=currency).order_by("-month")
        last = earlier.first()
        if last and last.month >= month:
            return None
        rows = _not_stated(month).filter(organisation=organisation, currency=currency)
        if not rows.exists():
            return None
        opening = last.net if last and last.status == Status.CARRIED else Money(0, currency)
        payout = _new(organisation, month, sums_of(rows, opening=opening))
        rows.update(payout=payout)
        record(action="payout.made", category=AuditCategory.PAYMENT, resource=payout,
               after={"number": payout.number, "status": payout.status, "total_minor": payout.net_minor, "currency": currency})  # fmt: skip
        return payout


def approve_payout(*, payout: Payout, admin: Any) -> Payout:
    """Say that a statement may be paid; above PAYOUT_SECOND_APPROVER_ABOVE somebody else must say so too.

    Guarded UPDATE in a transaction of its own. Raises NotAllowed or Conflict.
    """
    check_may_decide(payout, admin)
    above = needs_second_person(payout.net, alone_before=0, limits=settings.PAYOUT_SECOND_APPROVER_ABOVE)
    to = Status.AWAITING_SECOND if above else Status.APPROVED
    return _move(payout, Status.DRAFT, to, "payout.approved", admin, approved_by=admin, approved_at=timezone.now())


def confirm_payout(*, payout: Payout, admin: Any) -> Payout:
    """The second person agrees. As `approve_payout`."""
    check_may_decide(payout, admin)
    if payout.approved_by_id == admin.pk:
        raise NotAllowed("same_person", _("Somebody else must agree: you approved this statement."))
    # Who approved it is part of the question: somebody else may have, since it was read.
    return _move(payout, Status.AWAITING_SECOND, Status.APPROVED, "payout.confirmed", admin,
                 second_by=admin, second_at=timezone.now())  # fmt: skip


def send_back_payout(*, payout: Payout, admin: Any) -> Payout:
    """It is not to be paid yet: a statement that is approved, or waits for the second person, waits for the first again.

    As `approve_payout`; whoever approved it may do so too.
    """
    check_may_decide(payout, admin)
    before = payout.status if payout.status == Status.APPROVED else Status.AWAITING_SECOND
    return _move(payout, before, Status.DRAFT, "payout.sent_back", admin,
                 approved_by=None, approved_at=None, second_by=None, second_at=None)  # fmt: skip


def mark_payout_paid(*, payout: Payout, admin: Any, method: str, reference: str) -> Payout:
    """The money was sent, under this reference: the books say so too, and the owner gets a mail.

    One transaction: guarded UPDATE, one journal. Raises NotAllowed, Conflict, or DomainError without a reference.
    """
    check_may_decide(payout, admin)
    if not reference.strip():
        raise DomainError("reference_missing", _("Enter the reference of the transfer."), field="reference")
    with transaction.atomic():
        paid = _move(payout, Status.APPROVED, Status.PAID, "payout.paid", admin, paid_by=admin, paid_at=timezone.now(),
                     method=method, reference=reference.strip())  # fmt: skip
        entries = ledger.paid_out(method, net=paid.net, organisation_id=paid.organisation_id)
        post(kind="payout", source=f"payout:{paid.pk}", document=paid.number, entries=entries)
        _tell_owner(paid)
    return paid


def _tell_owner(payout: Payout) -> None:
    organisation = payout.organisation
    notify_by_email(
        key=f"payout-paid:{payout.pk}",
        template="payout_paid",
        recipient=organisation.owner.email,
        locale=payout.locale,
        context={
            "name": organisation.owner.get_short_name(),
            "organisation": organisation.name,
            "amount": payout.net.display(payout.locale),
            "number": payout.number,
            "reference": payout.reference,
            "url": platform_url(f"/organisations/{organisation.pk}/payouts/"),
        },
    )


def check_may_decide(payout: Payout, admin: Any) -> None:
    """Platform admins alone, and never about money of an organisation of their own. Raises NotAllowed."""
    if not is_platform_admin(admin):
        raise NotAllowed("admins_only", _("Only platform admins may decide about payouts."))
    if Membership.objects.filter(organisation_id=payout.organisation_id, user_id=admin.pk).exists():
        raise NotAllowed("own_payout", _("Someone else must decide about your own organisation’s money."))


def sums_of(rows: QuerySet[Commission], *, opening: Money) -> Sums:
    """What commissions of one currency add up to. One query."""
    found: dict[tuple[str, str], tuple[int, int]] = {
        (kind, held_by): (gross, commission)
        for kind, held_by, gross, commission in rows.order_by()
        .values_list("kind", "held_by")
        .annotate(taken=Sum("gross_minor"), earned=Sum("commission_minor"))
    }
    nothing, held = (0, 0), Commission.HeldBy
    earned, back = (
        sum(found.get((kind, one), nothing)[1] for one in held.values)
        for kind in (Commission.Kind.COLLECTED, Commission.Kind.REFUNDED)
    )
    return Sums(
        opening=opening,
        gross=Money(found.get((Commission.Kind.COLLECTED, held.PLATFORM), nothing)[0], opening.currency),
        refunds=Money(found.get((Commission.Kind.REFUNDED, held.PLATFORM), nothing)[0], opening.currency),
        commission=Money(earned - back, opening.currency),
    )


def month_before(day: date) -> date:
    """The first day of the month before a day's."""
    return date.fromordinal(day.replace(day=1).toordinal() - 1).replace(day=1)


def _not_stated(month: date) -> QuerySet[Commission]:
    """What is on no statement and occurred before the end of a month."""
    end = datetime.combine(month_after(month), time.min, tzinfo=timezone.get_default_timezone())
    return Commission.objects.filter(payout__isnull=True, occurred_at__lt=end)


def _new(organisation: Organisation, month: date, sums: Sums) -> Payout:
    today = timezone.localtime(timezone=timezone.get_default_timezone())
    _sequence, number = next_number(series=Payout.SERIES, year=today.year)
    return Payout.objects.create(
        organisation=organisation, number=number, currency=sums.net.currency, month=month,
        status=Status.DRAFT if sums.net.minor > 0 else Status.CARRIED,
        opening_minor=sums.opening.minor, gross_minor=sums.gross.minor, refunds_minor=sums.refunds.minor,
        commission_minor=sums.commission.minor, net_minor=sums.net.minor, seller=dict(settings.SELLER),
        customer={
            "organisation": organisation.billing_name or organisation.name, "email": organisation.billing_email,
            "phone": organisation.billing_phone, "address": organisation.billing_address,
            "country": organisation.billing_country, "tax_number": organisation.tax_number,
        },
        locale=organisation.locale,
    )  # fmt: skip


@transaction.atomic
def _move(payout: Payout, before: str, to: str, action: str, admin: Any, **values: Any) -> Payout:
    seen = Payout.objects.filter(pk=payout.pk, status=before, approved_by_id=payout.approved_by_id)
    if not seen.update(status=to, **values):
        raise Conflict("already_decided", _("Somebody has decided about this statement meanwhile. Look at it again."))
    payout.refresh_from_db()
    record(action=action, category=AuditCategory.PAYMENT, resource=payout, actor=admin, before={"status": str(before)},
           after={"status": str(to), "total_minor": payout.net_minor, "currency": payout.currency, "reference": payout.reference})  # fmt: skip
    return payout
