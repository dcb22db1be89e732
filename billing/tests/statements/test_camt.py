"""ISO 20022 camt.053 in its versions, and XML that means harm."""

from __future__ import annotations

import time

import pytest

from billing.money import Money
from billing.statements.camt import MAX_DEPTH, MAX_ELEMENTS
from billing.statements.detect import read_statement
from billing.statements.entries import BadStatement
from billing.tests.statements.support import read, sample, summary


@pytest.mark.parametrize("version", range(2, 9))
@pytest.mark.parametrize("name", ["palmiers-02.xml", "atlas-08.xml"])
def test_every_version_is_read(name, version) -> None:
    content = (
        sample(name).replace(b"053.001.02", b"053.001.0%d" % version).replace(b"053.001.08", b"053.001.0%d" % version)
    )
    assert summary(read_statement(content)) == summary(read(name))


def test_a_batch_is_one_entry_for_each_payer() -> None:
    statement = read("palmiers-02.xml")
    assert (statement.format, statement.currency, statement.account) == (
        "camt.053",
        "XAF",
        "CM2110005000123710001234541",
    )
    assert [(entry.amount.minor, entry.counterparty_name) for entry in statement.entries] == [
        (25_000, "Kamga Jean Paul"),
        (50_000, "Ngono Marie"),
        (25_000, "Établissements Fotso & Fils"),
        (-5_963, ""),
    ]
    assert statement.entries[0].text == "Abonnement BA-7K3M -2QXZ"
    assert statement.entries[1].text == "BA9HP4TRW8"
    assert statement.entries[1].counterparty_account == "10002000339000111222356"
    assert statement.gap == Money(0, "XAF")


def test_what_is_only_pending_is_not_there_yet() -> None:
    assert all("attente" not in entry.text for entry in read("palmiers-02.xml").entries)


def test_a_batch_that_does_not_add_up_stays_whole_and_keeps_every_text() -> None:
    content = sample("palmiers-02.xml").replace(b'<Amt Ccy="XAF">50000</Amt>', b'<Amt Ccy="XAF">49000</Amt>')
    first = read_statement(content).entries[0]
    assert first.amount == Money(100_000, "XAF")
    assert "7K3M -2QXZ" in first.text
    assert "BA9HP4TRW8" in first.text


def test_names_below_a_choice_and_reversals_are_understood() -> None:
    first, reversed_credit = read("atlas-08.xml").entries
    assert (first.counterparty_name, first.bank_ref) == ("KAMGA Jean-Paul", "POS17-1")
    assert "BA-7K3M-2QXZ" in first.text
    assert reversed_credit.amount == Money(-1_906, "EUR")
    assert reversed_credit.counterparty_name == "Mbarga Éloïse"


def wrapped(inside: bytes, before: bytes = b"") -> bytes:
    return before + b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02">' + inside + b"</Document>"


BILLION_LAUGHS = wrapped(
    b"<a>&c;</a>",
    b'<!DOCTYPE d [<!ENTITY a "ha"><!ENTITY b "' + b"&a;" * 99 + b'"><!ENTITY c "' + b"&b;" * 99 + b'">]>',
)


@pytest.mark.parametrize(
    "content",
    [
        BILLION_LAUGHS,
        wrapped(b"<a>&x;</a>", b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
        wrapped(b"", b'<!DOCTYPE d SYSTEM "http://192.0.2.1/d.dtd">'),
        wrapped(b"<a>" * (MAX_DEPTH + 1) + b"</a>" * (MAX_DEPTH + 1)),
        b"<a>" * 1_600_000,
        wrapped(b"<a/>" * (MAX_ELEMENTS + 1)),
        wrapped(b"<a>"),
        b'<?xml version="1.0" encoding="no-such"?><a/>',
        b'<?xml version="1.0" encoding="zlib"?><a/>',
        b"<" * 1_000,
    ],
)
def test_harmful_and_broken_xml_is_refused_quickly(content) -> None:
    started = time.process_time()
    with pytest.raises(BadStatement) as refused:
        read_statement(content)
    assert refused.value.code == "bad_xml"
    assert time.process_time() - started < 2


@pytest.mark.parametrize("name", [b"camt.052.001.02", b"camt.053.001.99", b"pain.001.001.03"])
def test_other_messages_are_not_statements(name) -> None:
    with pytest.raises(BadStatement) as refused:
        read_statement(sample("atlas-08.xml").replace(b"camt.053.001.08", name))
    assert refused.value.code == "unknown_format"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b">38.11<", b">1e99999999<", "bad_amount"),
        (b">38.11<", b">-38.11<", "bad_amount"),
        (b">38.11<", b">38.111<", "bad_amount"),
        (b"CRDT</CdtDbtInd><Sts>", b"UP</CdtDbtInd><Sts>", "bad_amount"),
        (b">2026-12-04T10:12:00+01:00<", b">4 December<", "bad_date"),
        (b'<Amt Ccy="EUR">19.06', b'<Amt Ccy="USD">19.06', "mixed_currencies"),
    ],
)
def test_what_an_entry_cannot_be_is_refused(old, new, code) -> None:
    with pytest.raises(BadStatement) as refused:
        read_statement(sample("atlas-08.xml").replace(old, new))
    assert refused.value.code == code
