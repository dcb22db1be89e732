"""Receipts for thermal printers of 80 mm: 48 letters a line, in ESC/POS. Pure: no database, no clock."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from escpos.printer import Dummy

from billing.money import Money
from shared_apps.core.dates import moment_in_words
from shared_apps.documents.wording import percent
from tenant_apps.store.models import Order, OrderLine, Shop
from tenant_apps.store.rules.invoicing import Paid, lines_of, percent_of_points

WIDTH = 48
# Western letters with the euro sign; every printer of the last twenty years has it.
CODE_PAGE = "CP858"
# What the code page lacks, in letters that it has.
_PLAIN = str.maketrans({
    "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2212": "-", "–": "-", "—": "-", "‘": "'", "’": "'", "“": '"',
    "”": '"', "…": "...", "œ": "oe", "Œ": "OE", "•": "·", "ɓ": "b", "ɗ": "d", "ŋ": "n",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """A text and what stands at the end of its line; `detail` comes below it, further in."""

    text: str
    amount: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a receipt says, all in words. `back` is what came back and what was given back for it; `url` the order's own page,
    drawn as a QR code."""

    shop: str
    head: tuple[str, ...]
    title: str
    facts: tuple[str, ...]
    goods: tuple[Row, ...]
    sums: tuple[Row, ...]
    total: Row
    payments: tuple[Row, ...]
    back: tuple[Row, ...]
    foot: tuple[str, ...]
    url: str
    locale: str


def receipt_of(
    *,
    order: Order,
    lines: Iterable[OrderLine],
    shop: Shop,
    phone: str,
    moment: datetime,
    payments: Sequence[Paid],
    due: Money,
    owed: Money,
    url: str,
    given: Money | None = None,
) -> Receipt:
    """An order's receipt in its language. `phone` is the shop's as people write it, `moment` that of the sale in the shop's
    time; `due` is still to be paid, `owed` still to be given back; `given` is the cash that was handed over, where change was
    given back."""
    locale = "en" if order.locale.startswith("en") else "fr"
    with translation.override(locale):
        sold = list(lines)
        kept = lines_of(order, sold)
        number = pgettext("document", "Tax number")
        return Receipt(
            shop=shop.name,
            head=(
                *(line.strip() for line in shop.address.splitlines() if line.strip()),
                *([phone] if phone else []),
                *([f"{number} {shop.tax_number}"] if shop.tax_number else []),
            ),
            title=_("Order %(number)s") % {"number": order.number},
            facts=_facts(order, moment, locale),
            goods=tuple(_goods(line, order.currency, locale) for line in kept if line["what"] == "goods"),
            sums=_sums(order, kept, locale),
            total=Row(_total_label(order), Money(order.total_minor, order.currency).display(locale)),
            payments=_payments(order, payments, given=given, due=due, locale=locale),
            back=_back(order, sold, owed, locale),
            foot=(_tax(order, shop, locale), _thanks(order)),
            url=url,
            locale=locale,
        )


def escpos_bytes(receipt: Receipt) -> bytes:
    """The receipt as a printer takes it: the name large, the head and the foot in the middle, the QR code, and the cut."""
    printer = Dummy()
    printer.hw("INIT")
    printer.charcode(CODE_PAGE)
    for lines, style in _blocks(receipt):
        printer.set_with_default(**style)
        printer.text("".join(f"{line}\n" for line in lines))
    printer.set_with_default(align="center")
    printer.qr(receipt.url, native=True, size=6)
    printer.cut()
    output: bytes = printer.output
    return output


def plain(text: str) -> str:
    """A text in letters that the printer has: accents stay, typographic signs become plain ones, anything else "?"."""
    found = unicodedata.normalize("NFC", text).translate(_PLAIN)
    return "".join(letter if _is_printed(letter) else _nearest(letter) for letter in found)


def _facts(order: Order, moment: datetime, locale: str) -> tuple[str, ...]:
    cancelled = _("This order was cancelled.") if order.status == Order.Status.CANCELLED else ""
    return tuple(filter(None, (moment_in_words(moment, locale=locale), order.name, cancelled)))


def _goods(line: dict[str, Any], currency: str, locale: str) -> Row:
    shown = _amounts(currency, locale)
    detail = f"{line['quantity']} × {shown(line['unit_minor'])}"
    if line["list_minor"] > line["unit_minor"]:
        detail += " " + _("(instead of %(price)s)") % {"price": shown(line["list_minor"])}
    return Row(_called(line["name"], line["variant"]), shown(line["amount_minor"]), detail)


def _amounts(currency: str, locale: str) -> Callable[[int], str]:
    return lambda minor: Money(minor, currency).display(locale)


def _called(product: str, variant: str) -> str:
    return f"{product}, {variant}" if variant else product


def _sums(order: Order, kept: Sequence[dict[str, Any]], locale: str) -> tuple[Row, ...]:
    """What stands between the goods and the total."""
    rows = []
    reduction = sum(line["amount_minor"] for line in kept) - order.total_minor
    if reduction > 0:
        rows.append(Row(pgettext("document", "Discount"), Money(-reduction, order.currency).display(locale)))
    if order.delivery_minor:
        rows.append(Row(_("Delivery"), Money(order.delivery_minor, order.currency).display(locale)))
    return tuple(rows)


def _total_label(order: Order) -> str:
    return pgettext("document", "Total incl. tax") if order.tax_rate_bp else pgettext("document", "Total")


def _payments(
    order: Order, payments: Sequence[Paid], *, given: Money | None, due: Money, locale: str
) -> tuple[Row, ...]:
    """Each payment; the cash that was handed over and given back; and what is still to be paid."""
    rows = [Row(one.method, one.amount.display(locale)) for one in payments]
    if given is not None:
        rows.append(Row(_("Cash received"), given.display(locale)))
        others = sum((one.amount for one in payments[:-1]), Money(0, order.currency))
        change = given + others - Money(order.total_minor, order.currency)
        rows.append(Row(_("Change given back"), change.display(locale)))
    elif due.minor:
        rows.append(Row(pgettext("document", "Left to pay"), due.display(locale)))
    return tuple(rows)


def _back(order: Order, lines: Iterable[OrderLine], owed: Money, locale: str) -> tuple[Row, ...]:
    """The pieces that came back, each line with what was paid for them; what was given back; and what is still to be."""
    shown = _amounts(order.currency, locale)
    rows = []
    for line in lines:
        if not line.returned:
            continue
        text = pgettext("receipt", "Came back: %(name)s") % {"name": _called(line.product_name, line.variant_name)}
        detail = f"{line.returned} × {shown(line.unit_minor)}"
        rows.append(Row(text, shown(-line.unit_minor * line.returned), detail))
    if order.refunded_minor:
        rows.append(Row(pgettext("receipt", "Given back"), shown(order.refunded_minor)))
    if owed.minor:
        rows.append(Row(pgettext("receipt", "Left to give back"), owed.display(locale)))
    return tuple(rows)


def _tax(order: Order, shop: Shop, locale: str) -> str:
    if not order.tax_rate_bp:
        return ""
    rate = percent(percent_of_points(order.tax_rate_bp), locale)
    amount = Money(order.tax_minor, order.currency).display(locale)
    name = shop.tax_name or pgettext("document", "VAT")
    return _("Including %(tax)s %(rate)s: %(amount)s") % {"tax": name, "rate": rate, "amount": amount}


def _thanks(order: Order) -> str:
    """The last words: to whoever was at the counter, to whoever ordered from afar, and none where nothing was sold."""
    if order.status == Order.Status.CANCELLED:
        return ""
    return _("Thank you for your visit.") if order.channel == Order.Channel.TILL else _("Thank you for your order.")


def _blocks(receipt: Receipt) -> list[tuple[list[str], dict[str, Any]]]:
    """Lines that are printed alike, none wider than the paper, and how."""
    rule = "-" * WIDTH
    large = {"bold": True, "double_width": True, "double_height": True}
    return [
        (_wrapped(receipt.shop, WIDTH // 2), {"align": "center", **large}),
        (_all_wrapped(receipt.head), {"align": "center"}),
        ([rule, *_wrapped(receipt.title)], {"bold": True}),
        ([*_all_wrapped(receipt.facts), rule], {}),
        (_rows(receipt.goods), {}),
        ([rule, *_rows(receipt.sums)], {}),
        (_rows([receipt.total]), {"bold": True, "double_height": True}),
        ([*_rows(receipt.payments), rule], {}),
        ([*_rows(receipt.back), rule] if receipt.back else [], {}),
        (_all_wrapped(filter(None, receipt.foot)), {"align": "center"}),
    ]


def _rows(rows: Iterable[Row]) -> list[str]:
    return [line for row in rows for line in _row(row)]


def _all_wrapped(texts: Iterable[str]) -> list[str]:
    return [line for text in texts for line in _wrapped(text)]


def _wrapped(text: str, width: int = WIDTH) -> list[str]:
    return textwrap.wrap(plain(text), width)


def _row(row: Row) -> list[str]:
    """A text with its amount at the right end of the last line of the text, or below it where both do not fit."""
    amount, lines = plain(row.amount), _wrapped(row.text) or [""]
    if len(lines[-1]) + 1 + len(amount) <= WIDTH:
        lines[-1] = lines[-1].ljust(WIDTH - len(amount)) + amount
    else:
        lines.append(amount.rjust(WIDTH))
    return lines + [f"  {line}" for line in _wrapped(row.detail, WIDTH - 2)]


def _is_printed(letter: str) -> bool:
    try:
        letter.encode(CODE_PAGE)
    except UnicodeEncodeError:
        return False
    return letter.isprintable()


def _nearest(letter: str) -> str:
    """A letter without the accent that the printer lacks, or a question mark."""
    base = unicodedata.normalize("NFD", letter)[0]
    return base if base != letter and _is_printed(base) else "?"
