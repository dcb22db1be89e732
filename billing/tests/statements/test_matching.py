"""What an entry is proposed for, how surely, and what it is not."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, date, datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.money import Money
from billing.services.orders import NUMBER_ALPHABET
from billing.statements.entries import StatementEntry
from billing.statements.matching import Candidate, Candidates, Certainty, Proposal, Why, propose
from billing.tests.statements.support import a_candidate, an_entry, read


def proposal(entry: StatementEntry, *candidates: Candidate) -> Proposal | None:
    return propose(entry, Candidates.of(candidates))


@pytest.mark.parametrize(
    "text",
    [
        "BA-7K3M-2QXZ",
        "VIR BA 7K3M 2QXZ MERCI",
        "ba7k3m2qxz",
        "Commande n°BA-7K3M2QXZ.",
        "ABONNEMENT BA-7K 3M-2QXZ",
        "PAIEMENT 7K3M-2QXZ",
        "7 K 3 M 2 Q X Z",
        "REFBA7K3M2QXZFACT",
        "BA–7K3M–2QXZ",
    ],
)
def test_a_number_is_found_however_it_is_written(text) -> None:
    found = proposal(an_entry(text), a_candidate(), a_candidate("BA-9HP4-TRW8"))
    assert found is not None
    assert (found.candidate.number, found.certainty, found.why) == (
        "BA-7K3M-2QXZ", Certainty.CERTAIN, (Why.NUMBER, Why.AMOUNT)
    )  # fmt: skip


@pytest.mark.parametrize(
    ("number", "written"),
    [("BA-7Q3D-2QXZ", "BA-703O-2OXZ"), ("BA-7J3M-JQXZ", "BA-713M-LQXZ"), ("BA-7V3M-2QXZ", "BA-7U3M-2QXZ")],
)
def test_letters_our_numbers_never_hold_are_read_as_what_they_look_like(number, written) -> None:
    found = proposal(an_entry(written), a_candidate(number))
    assert found is not None
    assert (found.certainty, found.why) == (Certainty.CERTAIN, (Why.NUMBER_MISREAD, Why.AMOUNT))


def test_of_two_numbers_that_look_alike_the_one_written_is_meant() -> None:
    q, d = a_candidate("BA-7K3M-2QXZ"), a_candidate("BA-7K3M-2DXZ")
    assert proposal(an_entry("BA-7K3M-2DXZ"), q, d).candidate is d
    assert proposal(an_entry("BA-7K3M-20XZ"), q, d) is None


def test_the_alphabet_of_numbers_holds_no_letter_that_is_read_as_another() -> None:
    assert not set("0O1ILU") & set(NUMBER_ALPHABET)


CHARACTERS = st.text(NUMBER_ALPHABET, min_size=8, max_size=8)


@given(CHARACTERS, st.integers(0, 2**32), st.sampled_from(["", " ", "-", " / ", "\n"]), st.booleans())
def test_every_number_of_ours_is_found(characters, before, gap, lower) -> None:
    text = f"VIR{before}{gap}BA{gap}{characters[:4]}{gap}{characters[4:]}{gap}MERCI"
    candidate = a_candidate(f"BA-{characters[:4]}-{characters[4:]}")
    found = proposal(an_entry(text.lower() if lower else text), candidate)
    assert found is not None
    assert found.certainty is Certainty.CERTAIN


@pytest.mark.parametrize(("paid", "why"), [(20_000, Why.LESS), (30_000, Why.MORE)])
def test_another_amount_is_only_likely_and_says_the_difference(paid, why) -> None:
    found = proposal(an_entry("BA-7K3M-2QXZ", paid), a_candidate())
    assert (found.certainty, found.why) == (Certainty.LIKELY, (Why.NUMBER, why))
    assert found.difference == Money(paid - 25_000, "XAF")


def test_a_name_that_agrees_is_said_too() -> None:
    found = proposal(an_entry("BA-7K3M-2QXZ", counterparty_name="KAMGA JEAN PAUL"), a_candidate())
    assert found.why == (Why.NUMBER, Why.AMOUNT, Why.NAME)


def test_money_that_went_out_pays_nothing() -> None:
    assert proposal(an_entry("REJET BA-7K3M-2QXZ", -25_000), a_candidate(due=Money(-25_000, "XAF"))) is None
    assert proposal(an_entry("BA-7K3M-2QXZ", 0), a_candidate()) is None


def test_the_other_franc_pays_nothing() -> None:
    entry = an_entry("BA-7K3M-2QXZ", counterparty_name="KAMGA JEAN PAUL")
    assert proposal(entry, a_candidate()) is not None
    assert proposal(replace(entry, amount=Money(25_000, "XOF")), a_candidate()) is None


def test_two_orders_in_one_text_are_for_a_person_to_part() -> None:
    candidates = a_candidate(), a_candidate("BA-9HP4-TRW8")
    assert proposal(an_entry("BA-7K3M-2QXZ et BA-9HP4-TRW8", 50_000), *candidates) is None


def test_two_payments_of_one_order_are_ambiguous() -> None:
    assert proposal(an_entry("BA-7K3M-2QXZ"), a_candidate(), a_candidate()) is None


@pytest.mark.parametrize(
    ("booked_on", "certainty"), [(date(2026, 11, 13), Certainty.LIKELY), (date(2026, 11, 14), Certainty.CERTAIN)]
)
def test_money_from_before_the_order_is_not_certain(booked_on, certainty) -> None:
    assert proposal(an_entry("BA-7K3M-2QXZ", booked_on=booked_on), a_candidate()).certainty is certainty


@pytest.mark.parametrize(
    ("account", "certainty"),
    [
        ("", Certainty.CERTAIN),
        ("CM2110005000123710001234541", Certainty.CERTAIN),
        ("10005000123710001234541", Certainty.CERTAIN),
        ("CM2110005000129999999999999", Certainty.LIKELY),
    ],
)
def test_money_on_another_account_is_not_certain(account, certainty) -> None:
    candidate = a_candidate(account="CM21 10005 00012 37100012345 41")
    assert proposal(an_entry("BA-7K3M-2QXZ", account=account), candidate).certainty is certainty


@pytest.mark.parametrize(
    ("name", "counterparty"),
    [
        ("Jean Paul Kamga", "KAMGA JEAN PAUL"),
        ("Jean Paul Kamga", "M. KAMGA JEAN"),
        ("Éloïse Mbarga", "MBARGA ELOISE"),
        ("Mamadou Diallo", "DIALO MAMADOU"),
        ("Établissements Fotso & Fils SARL", "ETS FOTSO ET FILS"),
        ("SOTRAFER SA", "SOTRAFER"),
        ("Groupe scolaire Les Palmiers", "GROUPE SCOLAIRE PALMIERS"),
    ],
)
def test_the_only_payer_of_an_amount_with_such_a_name_is_possible(name, counterparty) -> None:
    candidate = a_candidate(names=(name,))
    for entry in (
        an_entry("VIR RECU", counterparty_name=counterparty),
        an_entry(f"VIR RECU {counterparty} ABONNEMENT {name}"),
    ):
        found = proposal(entry, candidate, a_candidate("BA-9HP4-TRW8", names=("Marie Ngono",)))
        assert (found.candidate, found.certainty, found.why) == (candidate, Certainty.POSSIBLE, (Why.AMOUNT, Why.NAME))


@pytest.mark.parametrize(
    ("name", "counterparty"),
    [
        ("Jean Paul Kamga", "NGONO MARIE"),
        ("Jean Kamga", "KAMGA MARIE"),
        ("Jean Kamga", "KAMGA"),
        ("Groupe scolaire Les Palmiers", "GROUPE SCOLAIRE COCOTIERS"),
        ("Établissements Fotso", "ETABLISSEMENTS KAMGA"),
        ("Awa", "VIREMENT AWA"),
        ("", ""),
    ],
)
def test_a_name_that_only_half_agrees_is_nobody(name, counterparty) -> None:
    assert proposal(an_entry("VIR RECU", counterparty_name=counterparty), a_candidate(names=(name,))) is None


def test_two_namesakes_who_owe_the_same_are_ambiguous() -> None:
    entry = an_entry("VIR RECU KAMGA JEAN PAUL")
    assert proposal(entry, a_candidate(), a_candidate("BA-9HP4-TRW8")) is None
    assert proposal(entry, a_candidate(), a_candidate("BA-9HP4-TRW8", due=Money(50_000, "XAF"))) is not None


def test_a_name_with_another_amount_is_nobody() -> None:
    assert proposal(an_entry("VIR RECU KAMGA JEAN PAUL", 24_999), a_candidate()) is None


@pytest.mark.parametrize(("text", "found"), [("BA-7K3M-2QXY", True), ("BA-7K3M-22XY", True), ("BA-9HP4-TRW8", False)])
def test_a_name_does_not_outweigh_the_number_of_another_order(text, found) -> None:
    assert (proposal(an_entry(f"KAMGA JEAN PAUL {text}"), a_candidate()) is not None) is found


def test_a_family_named_ba_writes_no_order_number() -> None:
    assert proposal(an_entry("VIR BA AISSATOU"), a_candidate(names=("Aissatou Ba",))) is not None


def test_a_name_does_not_outweigh_a_date_or_an_account() -> None:
    early = an_entry("KAMGA JEAN PAUL", booked_on=date(2026, 11, 1))
    elsewhere = an_entry("KAMGA JEAN PAUL", account="CM2110005000129999999999999")
    candidate = a_candidate(account="CM2110005000123710001234541")
    assert proposal(early, candidate) is None
    assert proposal(elsewhere, candidate) is None


@pytest.mark.parametrize("name", ["palmiers.csv", "palmiers.sta", "palmiers-02.xml"])
def test_the_samples_pay_what_they_should(name) -> None:
    candidates = Candidates.of([a_candidate(created_at=datetime(2026, 11, 1, tzinfo=UTC)),
                                a_candidate("BA-9HP4-TRW8", due=Money(50_000, "XAF"), created_at=datetime(2026, 11, 1, tzinfo=UTC))])  # fmt: skip
    found = [made for entry in read(name).entries if (made := propose(entry, candidates))]
    assert {(made.candidate.number, made.certainty) for made in found} == {
        ("BA-7K3M-2QXZ", Certainty.CERTAIN),
        ("BA-9HP4-TRW8", Certainty.CERTAIN),
    }


def test_a_thousand_entries_and_ten_thousand_candidates_take_well_under_two_seconds() -> None:
    names = [
        f"{first} {last}" for first in ("Mamadou", "Jean", "Awa", "Marie") for last in ("Diallo", "Kamga", "Traore")
    ]
    chance = Random(1)
    numbers = ("".join(chance.choices(NUMBER_ALPHABET, k=8)) for _ in range(10_000))
    candidates = [a_candidate(number, names=(names[at % len(names)],)) for at, number in enumerate(numbers)]
    entries = [
        an_entry(f"VIR RECU {names[at % len(names)]} " + (candidates[at * 7].number if at % 2 else "ABONNEMENT"))
        for at in range(1_000)
    ]
    started = time.process_time()
    index = Candidates.of(candidates)
    found = [propose(entry, index) for entry in entries]
    assert time.process_time() - started < 2
    assert sum(made is not None for made in found) == 500
