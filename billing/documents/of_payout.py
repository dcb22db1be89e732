"""The document of a payout statement: its frozen figures in the words of its own language."""

from __future__ import annotations

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from billing.documents.of_invoice import customer_party
from billing.method_names import method_name
from billing.models import Payout
from billing.money import Money
from shared_apps.core.dates import written
from shared_apps.documents.document import Document, Kind, Line, Party, Settlement


def statement_of(payout: Payout) -> Document:
    """What is printed of a statement. Reads what is frozen in it, and whether it was paid."""
    with translation.override(payout.locale):
        return Document(
            kind=Kind.PAYOUT,
            number=payout.number,
            issued_on=timezone.localdate(payout.created_at, timezone.get_default_timezone()),
            seller=Party.of(payout.seller),
            customer=customer_party(payout.customer),
            lines=_lines(payout),
            subtotal=payout.net,
            total=payout.net,
            period=written(payout.month, "MMMM y", locale=payout.locale),
            settlements=_settlements(payout),
            locale=payout.locale,
        )


def _lines(payout: Payout) -> tuple[Line, ...]:
    """What moved nothing is left out, but for the commission."""
    nothing = Money(0, payout.currency)
    lines = (
        (_("Carried over from the statement before"), payout.opening),
        (_("Sales whose money we received"), payout.gross),
        (_("Given back to your customers"), nothing - payout.refunds),
    )
    shown = [Line(text, amount) for text, amount in lines if amount]
    return (*shown, Line(_("Our commission on your sales"), nothing - payout.commission))


def _settlements(payout: Payout) -> tuple[Settlement, ...]:
    if payout.paid_at is None:
        return ()
    on = timezone.localdate(payout.paid_at, timezone.get_default_timezone())
    return (Settlement(method_name(payout.method), on, payout.net, payout.reference),)
