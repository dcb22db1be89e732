"""The questions that visitors ask most, by category."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Question:
    """One question and its answer."""

    text: str | Promise
    answer: str | Promise


@dataclass(frozen=True, slots=True)
class Category:
    """Questions about one subject."""

    title: str | Promise
    questions: tuple[Question, ...]


FAQ: tuple[Category, ...] = (
    Category(
        _("Paying"),
        (
            Question(
                _("How can I pay?"),
                _(
                    "By MTN Mobile Money, by PayPal (card or account), or by bank transfer. You may change your mind as long as the "
                    "order is not paid."
                ),
            ),
            Question(
                _("Why does PayPal show an amount in euros?"),
                _(
                    "PayPal does not take CFA francs. We convert at the fixed parity (1 € = 655.957 FCFA) and show you the exact "
                    "amount before you leave our site."
                ),
            ),
            Question(
                _("How long does a bank transfer take?"),
                _(
                    "Your bank needs one to three working days. Send us the receipt from your order page: we check it and open your "
                    "workspace as soon as the transfer is confirmed."
                ),
            ),
            Question(
                _("What if my payment fails?"),
                _(
                    "Nothing is lost: your order and its address stay reserved, and you can try again or pay another way."
                ),
            ),
        ),
    ),
    Category(
        _("Your workspace"),
        (
            Question(
                _("When is my workspace ready?"),
                _("A few seconds after your payment is confirmed. You can close the page: we also write to you."),
            ),
            Question(
                _("Is my data kept apart from that of others?"),
                _(
                    "Yes. Every organisation has its own space in the database, with its own access rights. No other organisation can "
                    "read it."
                ),
            ),
            Question(
                _("Does it work on a phone?"),
                _("Yes. Every page is made for small screens and slow connections first."),
            ),
        ),
    ),
    Category(
        _("Your plan"),
        (
            Question(
                _("Do prices include tax?"),
                _(
                    "The pricing page says whether they do. Before you order, you see the tax and the total, and you pay no more than that."
                ),
            ),
            Question(
                _("Is the subscription renewed by itself?"),
                _("No. We remind you before the end of the period, and nothing is charged without you."),
            ),
            Question(
                _("Which language is it in?"),
                _("French by default, and English if you choose it at the top of any page."),
            ),
        ),
    ),
)
