"""Receipts as thermal printers and browsers print them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from billing.money import Money
from shared_apps.organisations.current import Tenant
from tenant_apps.store.models import Order, OrderEvent, Shop
from tenant_apps.store.presenting import receipts
from tenant_apps.store.presenting.receipts import WIDTH, escpos_bytes, plain, receipt_of
from tenant_apps.store.rules.invoicing import Paid
from tenant_apps.store.selectors.orders import due_of, owed_of
from tenant_apps.store.tests.sales import SOLD_AT, WAX, make_sale

URL = "https://chez-awa.example/orders/6f0c/"


def texts(data: bytes) -> list[str]:
    """The lines of text of ESC/POS bytes, commands left out, in the code page they ask for."""
    assert b"\x1bt\x13" in data  # page 19 is CP858
    text, at = b"", 0
    while at < len(data):
        if data[at : at + 3] == b"\x1d(k":
            at += 5 + int.from_bytes(data[at + 3 : at + 5], "little")
        elif data[at : at + 2] in (b"\x1b@",):
            at += 2
        elif data[at] in (0x1B, 0x1D):
            at += 3 + (data[at : at + 2] == b"\x1dV" and data[at + 2] in (65, 66))
        else:
            text += data[at : at + 1]
            at += 1
    return text.decode("cp858").split("\n")


def receipt(order: Order, **options: Any) -> receipts.Receipt:
    paid = [Paid("Espèces", Money(order.total_minor, order.currency), date(2026, 11, 21))]
    return receipt_of(
        **{
            "order": order, "lines": order.lines.all(), "shop": Shop.objects.get(), "phone": "+221 33 821 00 00",
            "moment": SOLD_AT, "payments": paid, "url": URL, "due": Money(due_of(order), order.currency),
            "owed": Money(owed_of(order), order.currency), **options,
        }
    )  # fmt: skip


def test_a_receipt_reads_as_it_should_to_the_letter(tenant: Tenant) -> None:
    Shop.objects.update(name="Épicerie de l’Ouest", address="Marché Sandaga\nDakar", tax_number="0012", tax_name="TVA")
    order = make_sale(locale="en", channel="till")
    data = escpos_bytes(receipt(order, given=Money(25_000, "XAF")))
    assert [line for line in texts(data) if line.strip()] == [
        "Épicerie de l'Ouest",
        "Marché Sandaga",
        "Dakar",
        "+221 33 821 00 00",
        "Tax number 0012",
        "-" * 48,
        "Order 202611210001",
        "21 November 2026, 14:30",
        "Awa Diop",
        "-" * 48,
        "Pagne wax, 6 yards, Bleu             16,000 FCFA",
        "  2 × 8,000 FCFA (instead of 9,000 FCFA)",
        "Miel d'Oku, 350 g                     4,000 FCFA",
        "  1 × 4,000 FCFA",
        "-" * 48,
        "Delivery                              1,500 FCFA",
        "Total incl. tax                      21,500 FCFA",
        "Espèces                              21,500 FCFA",
        "Cash received                        25,000 FCFA",
        "Change given back                     3,500 FCFA",
        "-" * 48,
        "Including TVA 18%: 3,280 FCFA",
        "Thank you for your visit.",
    ]


def test_it_begins_afresh_shows_the_orders_page_as_a_code_and_cuts_the_paper(tenant: Tenant) -> None:
    data = escpos_bytes(receipt(make_sale()))
    assert data.startswith(b"\x1b@\x1bt\x13")
    assert URL.encode() in data
    assert data[data.rindex(b"\x1d") :] == b"\x1dV\x00"
    assert data.index(URL.encode()) < data.rindex(b"\x1dV")


def test_french_amounts_are_printed_with_plain_spaces_and_accents_stay(tenant: Tenant) -> None:
    lines = texts(escpos_bytes(receipt(make_sale())))
    assert "Pagne wax, 6 yards, Bleu             16 000 FCFA" in lines
    assert "Espèces                              21 500 FCFA" in lines
    assert any("21 novembre 2026" in line for line in lines)


def test_what_is_still_to_be_paid_is_told_and_a_discount_of_the_whole(tenant: Tenant) -> None:
    order = make_sale(paid=False, items_minor=18_000, delivery_minor=0, tax_rate_bp=0, locale="en")
    told = receipt(order, payments=[])
    assert [(row.text, row.amount) for row in told.sums] == [("Discount", "−2,000\xa0FCFA")]
    assert [(row.text, row.amount) for row in told.payments] == [("Left to pay", "18,000\xa0FCFA")]
    assert told.total.text == "Total"


def test_change_counts_only_the_cash_of_a_split_payment(tenant: Tenant) -> None:
    paid = [Paid(way, Money(minor, "XAF"), date(2026, 11, 21)) for way, minor in (("Wave", 20_000), ("Espèces", 1_500))]
    told = receipt(make_sale(locale="en"), payments=paid, given=Money(2_000, "XAF"))
    assert [(row.text, row.amount.replace("\xa0", " ")) for row in told.payments] == [
        ("Wave", "20,000 FCFA"), ("Espèces", "1,500 FCFA"), ("Cash received", "2,000 FCFA"), ("Change given back", "500 FCFA"),
    ]  # fmt: skip


def test_what_came_back_and_what_was_given_back_for_it_is_told(tenant: Tenant) -> None:
    order = make_sale(locale="en", refunded_minor=5_000)
    OrderEvent.objects.create(order=order, kind="paid")
    order.lines.filter(product_name=WAX[0]).update(shipped=2, returned=1)
    lines = texts(escpos_bytes(receipt(order)))
    at = lines.index("Espèces                              21,500 FCFA")
    assert lines[at + 1 : at + 7] == [
        "-" * 48,
        "Came back: Pagne wax, 6 yards, Bleu  -8,000 FCFA",
        "  1 × 8,000 FCFA",
        "Given back                            5,000 FCFA",
        "Left to give back                     3,000 FCFA",
        "-" * 48,
    ]


def test_nothing_is_said_of_returns_where_there_was_none(tenant: Tenant) -> None:
    assert receipt(make_sale()).back == ()


def test_a_cancelled_order_says_so_and_asks_for_no_money(tenant: Tenant, tenant_client: Client) -> None:
    order = make_sale(locale="en", status="cancelled", paid=False)
    html = tenant_client.get(f"/staff/orders/{order.number}/receipt/").content.decode()
    assert "<p>This order was cancelled.</p>" in html
    assert "Left to pay" not in html
    assert "Thank you" not in html


@pytest.mark.parametrize(
    ("channel", "words"), [("till", "Thank you for your visit."), ("online", "Thank you for your order.")]
)
def test_who_came_to_the_counter_and_who_ordered_from_afar_are_thanked_for_it(
    tenant: Tenant, channel: str, words: str
) -> None:
    assert receipt(make_sale(locale="en", channel=channel)).foot[-1] == words


def test_the_hour_is_written_as_on_the_pages(tenant: Tenant) -> None:
    assert receipt(make_sale()).facts[0] == "21 novembre 2026, 14\u00a0h\u00a030"


def test_cents_are_printed_with_the_euro_sign(tenant: Tenant) -> None:
    lines = texts(escpos_bytes(receipt(make_sale(currency="EUR"))))
    assert "Pagne wax, 6 yards, Bleu                160,00 €" in lines


def test_letters_that_printers_lack_become_the_nearest_ones() -> None:
    assert plain("Œuf à l’œil – « ŋ ɓ ș » ☕ 5\u202f000\u00a0F") == "OEuf à l'oeil - « n b s » ? 5 000 F"
    assert plain("a\x1b@\x1dV\x00b\nc") == "a?@?V?b?c"  # nobody's name commands the printer


@given(name=st.text(max_size=120), amount=st.integers(0, 10**15), detail=st.text(max_size=90))
def test_no_line_is_wider_than_the_paper_and_no_amount_is_lost(name: str, amount: int, detail: str) -> None:
    shown = Money(amount, "XOF").display("fr")
    lines = receipts._row(receipts.Row(name, shown, detail))
    assert max(map(len, lines)) <= WIDTH
    assert any(line.endswith(plain(shown)) for line in lines)
    for line in lines:
        line.encode("cp858")


@pytest.mark.parametrize("locale", ["fr", "en"])
def test_staff_print_it_from_the_browser_and_take_it_for_the_printer(
    tenant: Tenant, tenant_client: Client, locale: str
) -> None:
    order = make_sale(locale=locale, lines=[(*WAX[:3], 1, 1_000, 1_000, [])])
    name = Shop.objects.get().name
    page = tenant_client.get(f"/staff/orders/{order.number}/receipt/")
    html = page.content.decode()
    assert page.status_code == 200
    assert "Pagne wax, 6 yards, Bleu" in html
    assert 'href="/static/store/receipt.css"' in html
    assert f"{order.number} · {name}</title>" in html
    assert f'<a href="/staff/orders/{order.number}/">{order.number}</a>' in html
    assert f"/orders/{order.pk}/" in html
    answer = tenant_client.get(f"/staff/orders/{order.number}/receipt.bin")
    assert answer["Content-Type"] == "application/octet-stream"
    assert "no-store" in answer["Cache-Control"]
    assert answer["Content-Disposition"] == f'attachment; filename="{order.number}.bin"'
    assert f"/orders/{order.pk}/".encode() in answer.content
    assert tenant_client.get("/staff/orders/000/receipt.bin").status_code == 404
    assert tenant_client.get("/staff/orders/000/receipt/").status_code == 404
