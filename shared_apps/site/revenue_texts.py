"""What the figures of the revenue page are, in words: the names on it, and how each is counted."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy, pgettext_lazy

MONTHS = (3, 6, 12, 24)
MONTHS_LABEL = ngettext_lazy("%(number)d month", "%(number)d months", "number")

# Of billing.reports.figures.AGES.
AGES: tuple[str | Promise, ...] = (_("0 to 7 days"), _("8 to 30 days"), _("31 to 60 days"), _("Over 60 days"))
# What a month's table shows, in its order: the name in figures.Month, and its words.
MOVES: tuple[tuple[str, str | Promise], ...] = (
    ("opening", pgettext_lazy("monthly revenue", "At the beginning")),
    ("new", pgettext_lazy("monthly revenue", "New")),
    ("back", pgettext_lazy("monthly revenue", "Came back")),
    ("up", pgettext_lazy("monthly revenue", "More")),
    ("down", pgettext_lazy("monthly revenue", "Less")),
    ("lost", pgettext_lazy("monthly revenue", "Lost")),
    ("closing", pgettext_lazy("monthly revenue", "At the end")),
)
DEFINITIONS: tuple[tuple[str | Promise, str | Promise], ...] = (
    (
        _("Monthly revenue"),
        _(
            "What the subscriptions with access pay for a month, before tax and after coupons: the price of their latest paid"
            " period, divided by the months of its cycle. Grace counts, and so do free days after a paid period. Trials, and"
            " workspaces that are read-only, do not."
        ),
    ),
    (
        _("New, came back, more, less, lost"),
        _(
            "Each subscription's monthly revenue at the end of a month, compared with the end of the month before. New pays for"
            " the first time; came back paid earlier, and not a month before; lost pays nothing any more. What begins and ends"
            " within one month is not seen. The current month ends now."
        ),
    ),
    (
        _("Churn"),
        _("Subscriptions lost in a month, of those that paid when it began."),
    ),
    (
        _("Received"),
        _("Payments that succeeded, by the day on which they did, with tax and before the providers' fees and refunds."),
    ),
    (
        _("Unpaid"),
        _(
            "What open renewals still lack, by the days since the end of the paid time. Nothing is debited by itself: a renewal"
            " that nobody pays ends in a read-only workspace."
        ),
    ),
    (
        _("Due in 30 days"),
        _("Subscriptions whose paid time or trial ends within 30 days and that are not to end then, at the price of the list."),
    ),
    (
        _("Success"),
        _("Attempts of the period that brought money, of those that are over. Refused, expired and given up ones did not."),
    ),
    (
        _("Refunds and disputes"),
        _("Refunds by the day on which they were done; disputes by the day on which they were opened."),
    ),
    (
        _("Opening of workspaces"),
        _("From an order's payment until its workspace was open, for those that opened in the period."),
    ),
    (
        _("Together in FCFA"),
        _(
            "Euros and both CFA francs are added up at the fixed parity: 1 euro is 655.957 francs, and one franc is worth the"
            " other. Other currencies are shown apart and never converted."
        ),
    ),
)  # fmt: skip
