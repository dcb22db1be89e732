"""What documents say, in French and English."""

from __future__ import annotations

import html
import re
from datetime import date
from decimal import Decimal

import pytest
from django.test import override_settings
from django.utils import translation

from shared_apps.core.qr import qr_svg
from shared_apps.documents import fiscal
from shared_apps.documents.document import FiscalMark, FiscalStatus, Kind, Line, Party, TaxLine
from shared_apps.documents.render import Letterhead, render_html
from shared_apps.documents.tests.support import CERTIFIED, CUSTOMER, credit_note, invoice, lines, paid, untaxed, xaf


def said(document) -> str:
    """The text of the page, one space where there is markup or a line end; other spaces as they are."""
    body = re.sub(r"(?s)^.*<body>", "", render_html(document))
    return html.unescape(re.sub(r"[ \n]+", " ", re.sub(r"<[^>]+>", " ", body)))


def test_a_french_invoice_carries_what_the_law_of_the_ohada_asks_for() -> None:
    text = said(invoice())
    for part in (
        "Facture", "Numéro FAC-2026-000123", "Date d’émission 21 novembre 2026",
        "Émis par Société Exemple SA SA au capital de 10 000 000 FCFA 1, rue du Test BP 1 Douala Cameroun",
        "NIU\u00a0M000000000000A RCCM\u00a0RC/DLA/2026/B/0000",
        "Facturé à Boutique Exemple BP 2 Yaoundé Cameroun NIU\u00a0P111111111111B",
        "Désignation Quantité Prix unitaire TTC Montant TTC",
        "Formule Pro novembre 2026 1 20\u202f000\u00a0FCFA 20\u202f000\u00a0FCFA",
        "Utilisateurs 2 2\u202f500\u00a0FCFA 5\u202f000\u00a0FCFA",
        "Total HT 20\u202f964\u00a0FCFA TVA 19,25\u202f% 4\u202f036\u00a0FCFA Total TTC 25\u202f000\u00a0FCFA",
        "Arrêtée la présente facture à la somme de\u00a0: vingt-cinq mille francs CFA, toutes taxes comprises.",
        "Payée le 21 novembre 2026", "Règlement MTN Mobile Money 21 novembre 2026 R-77 25\u202f000\u00a0FCFA",
        "Réglé 25\u202f000\u00a0FCFA Reste à payer 0\u00a0FCFA",
    ):  # fmt: skip
        assert part in text
    assert "taxe sur la valeur ajoutée" not in text


def test_an_english_credit_note_names_its_invoice_and_adds_tax_on_top() -> None:
    text = said(credit_note())
    for part in (
        "Credit note", "Credits invoice INV-2026-000101", "Amount excl. tax", "Refunded on 21 November 2026",
        "Total excl. tax €1,266.67 VAT 20% €253.33 Total incl. tax €1,520.00",
        "This credit note amounts to: one thousand five hundred and twenty euros, all taxes included.",
    ):  # fmt: skip
        assert part in text


def test_a_document_is_in_its_own_language_whatever_the_reader_s() -> None:
    with translation.override("en"):
        assert "Facture" in said(invoice())
        assert translation.get_language() == "en"
    with translation.override("fr"):
        assert "Invoice" in said(invoice(locale="en"))


def test_without_tax_the_reason_is_stated() -> None:
    assert "Non soumis à la taxe sur la valeur ajoutée." in said(untaxed(5_000))
    own = said(untaxed(5_000, exemption="Exonéré, article 128 du Code général des impôts."))
    assert "Exonéré, article 128" in own
    assert "Non soumis" not in own
    assert "HT" not in own


def test_a_discount_and_a_proration_lead_from_the_subtotal_to_the_total() -> None:
    text = said(
        untaxed(20_000, discount=xaf(3_000), discount_label="RENTREE", proration=xaf(-2_000), total=xaf(15_000))
    )
    assert (
        "Sous-total 20\u202f000\u00a0FCFA Remise (RENTREE) −3\u202f000\u00a0FCFA Reste de la formule précédente −2\u202f000\u00a0FCFA "
        "Total 15\u202f000\u00a0FCFA" in text
    )


def test_two_taxes_state_the_base_that_is_not_the_whole() -> None:
    taxes = (
        TaxLine("TVA", Decimal(18), xaf(10_000), xaf(1_800)),
        TaxLine("CAC", Decimal("0.9"), xaf(6_000), xaf(54)),
    )
    text = said(untaxed(10_000, taxes=taxes, total=xaf(11_854)))
    assert "TVA 18\u202f% 1\u202f800\u00a0FCFA CAC 0,9\u202f% sur 6\u202f000\u00a0FCFA 54\u00a0FCFA" in text


@pytest.mark.parametrize(
    ("document", "state"),
    [
        (untaxed(0), "0\u00a0FCFA Rien à payer"),
        (untaxed(5_000), "5\u202f000\u00a0FCFA À payer"),
        (untaxed(5_000, due_on=date(2026, 12, 1)), "5\u202f000\u00a0FCFA À payer au plus tard le 1er décembre 2026"),
        (untaxed(5_000, settlements=(paid(xaf(2_000)),)), "3\u202f000\u00a0FCFA Reste à payer, sur 5\u202f000\u00a0FCFA"),
        (untaxed(5_000, settlements=(paid(xaf(6_000)),)), "5\u202f000\u00a0FCFA Rien à payer"),
        (untaxed(5_000, kind=Kind.CREDIT_NOTE, credited_number="F-1"), "5\u202f000\u00a0FCFA En votre faveur"),
        (untaxed(5_000, kind=Kind.PAYOUT), "5\u202f000\u00a0FCFA À verser"),
        (untaxed(5_000, kind=Kind.PAYOUT, settlements=(paid(xaf(5_000)),)), "5\u202f000\u00a0FCFA Versé le 21 novembre 2026"),
    ],
)  # fmt: skip
def test_the_first_figure_is_what_has_become_of_the_money(document, state) -> None:
    assert state in said(document)


def test_a_payout_statement_has_no_prices_no_tax_and_a_net_amount() -> None:
    amounts = (Line("Ventes", xaf(100_000)), Line("Commission", xaf(-5_000)))
    text = said(untaxed(95_000, kind=Kind.PAYOUT, lines=amounts))
    assert "Relevé de reversement" in text
    assert "Versé à Boutique Exemple" in text
    assert "Désignation Montant Ventes 100\u202f000\u00a0FCFA Commission −5\u202f000\u00a0FCFA" in text
    assert "Montant net 95\u202f000\u00a0FCFA" in text
    assert "taxe sur la valeur ajoutée" not in text


def test_a_pro_forma_invoice_says_until_when_it_is_valid() -> None:
    text = said(untaxed(5_000, kind=Kind.PROFORMA, due_on=date(2026, 12, 31)))
    assert "Valable jusqu’au 31 décembre 2026" in text
    assert "Arrêtée la présente facture pro forma à la somme de" in text


def test_what_people_typed_is_text_never_markup() -> None:
    page = render_html(invoice(customer=Party(name='<img src="file:///etc/passwd"> & Fils'), notes=("<b>x</b>",)))
    assert "file:///etc/passwd" in page
    assert re.findall("<img[^>]*>", page) == ['<img src="document:logo" alt="Logo">']  # our own
    assert "&lt;b&gt;x&lt;/b&gt;" in page


def test_a_certificate_is_shown_with_its_number_and_the_very_code_it_came_with() -> None:
    page = render_html(invoice(fiscal=CERTIFIED))
    assert qr_svg("https://tax.example/v/1") in page
    assert "2601234A26" in page
    assert 'href="https://tax.example/v/1"' in page


@pytest.mark.parametrize("status", [FiscalStatus.TO_CERTIFY, FiscalStatus.FAILED])
def test_a_certificate_that_is_missing_is_said_to_be(status) -> None:
    page = render_html(invoice(fiscal=FiscalMark(status, qr_text="x")))
    assert "L’administration fiscale n’a pas encore certifié ce document." in page
    assert "<svg" not in page


@pytest.mark.parametrize("mark", [None, FiscalMark(FiscalStatus.NOT_REQUIRED)])
def test_nothing_is_said_of_certificates_where_none_is_needed(mark) -> None:
    page = render_html(invoice(fiscal=mark))
    assert "fiscal" not in re.sub(r"(?s)<head>.*</head>", "", page)


def test_name_colour_and_page_title_come_from_settings_and_the_document() -> None:
    with override_settings(PLATFORM_NAME="Karité", DOCUMENT_COLOUR="#123456"):
        page = render_html(invoice())
    assert "Karité" in page
    assert "--brand: #123456" in page
    assert "<title>Facture FAC-2026-000123</title>" in page
    assert '<html lang="fr">' in page
    assert "Baobab" not in page


def test_columns_of_price_appear_only_where_a_line_has_one() -> None:
    assert "Prix unitaire" in said(untaxed(2_000, lines=lines(2)))
    assert "Prix unitaire" not in said(untaxed(2_000, lines=(Line("Forfait", xaf(2_000)),)))


def test_on_another_paper_stand_its_name_and_colour_and_a_logo_where_there_is_one() -> None:
    page = render_html(invoice(), Letterhead("Chez Awa", "#123456"))
    assert "<img" not in page
    assert '<td class="brand">Chez Awa</td>' in page
    assert "--brand: #123456" in page
    assert '<img src="document:logo" alt="Logo">Chez Awa' in render_html(
        invoice(), Letterhead("Chez Awa", "#123456", b"x")
    )


class Certifier:
    required = True

    def certify(self, document) -> FiscalMark:
        return FiscalMark(FiscalStatus.CERTIFIED, f"X-{document.number}")


def test_the_fiscal_service_is_named_by_a_setting_and_none_is_needed_by_default() -> None:
    assert fiscal.fiscal_service().required is False
    assert fiscal.fiscal_service().certify(invoice()) == FiscalMark(FiscalStatus.NOT_REQUIRED)
    with override_settings(FISCAL_SERVICE=f"{__name__}.Certifier"):
        assert fiscal.fiscal_service().required is True
        assert fiscal.fiscal_service().certify(invoice(customer=CUSTOMER)).number == "X-FAC-2026-000123"


def test_the_service_of_a_tenant_is_its_country_s_and_none_is_needed_elsewhere() -> None:
    with override_settings(TENANT_FISCAL_SERVICES={"CI": f"{__name__}.Certifier"}):
        assert fiscal.fiscal_service_in("CI").required is True
        assert fiscal.fiscal_service_in("CM").required is False
        assert fiscal.fiscal_service_in("").required is False
        assert fiscal.fiscal_service().required is False
