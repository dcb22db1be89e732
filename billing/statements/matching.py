"""Which waiting transfer a bank entry pays: a proposal for a person, never a decision.

An order's number on the transfer is what we ask payers for, so it decides. Names and amounts only ever suggest, because
many customers pay the same price.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from difflib import SequenceMatcher
from enum import StrEnum
from functools import lru_cache
from itertools import combinations
from uuid import UUID

from billing.money import Money
from billing.statements.entries import StatementEntry, clean_account, plain, squeeze

NUMBER_LENGTH = 8  # characters after the prefix
MAX_NAMESAKES = 20
MIN_ONLY_WORD = 5  # characters of a name of one word
MAX_WORDS = 40  # of an entry's text that are looked at as names
MAX_MISTYPED = 2  # characters of an order's number
NAME_LIKENESS = 0.8  # difflib ratio of two words
BEFORE_ORDER = timedelta(days=1)  # banks date by their own clock

# Order numbers hold none of 0 O 1 I L U: whoever writes one has misread what looks most like it.
_MISREAD = str.maketrans("0OQ1ILU", "DDDJJJV")
_NUMBER = re.compile(r"\bBA[ -]?([0-9A-Z]{4})[ -]?([0-9A-Z]{4})\b")
_WORD = re.compile(r"[A-Z]{2,}")
_DOUBLED = re.compile(r"(.)\1")
_NOT_A_NAME = frozenset(
    [
        "SARL",
        "SARLU",
        "SA",
        "SAS",
        "SASU",
        "SURL",
        "EURL",
        "SNC",
        "SCS",
        "SCI",
        "GIE",
        "ETS",
        "ETABLISSEMENT",
        "ETABLISSEMENTS",
        "STE",
        "SOCIETE",
        "CIE",
        "COMPAGNIE",
        "LTD",
        "LIMITED",
        "INC",
        "LLC",
        "GMBH",
        "CO",
        "MR",
        "MRS",
        "M",
        "MME",
        "MLLE",
        "MONSIEUR",
        "MADAME",
        "MELLE",
        "DR",
        "DE",
        "DU",
        "DES",
        "LA",
        "LE",
        "LES",
        "ET",
        "AND",
        "THE",
    ]
)


class Certainty(StrEnum):
    """How far a person may trust a proposal."""

    CERTAIN = "certain"
    LIKELY = "likely"
    POSSIBLE = "possible"


class Why(StrEnum):
    """What speaks for a proposal, or is to be looked at."""

    NUMBER = "number"
    NUMBER_MISREAD = "number_misread"
    AMOUNT = "amount"
    LESS = "less"
    MORE = "more"
    NAME = "name"
    OTHER_ACCOUNT = "other_account"
    BEFORE_ORDER = "before_order"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A transfer somebody is expected to make, or has made, for the order or payment `key`.

    `created_at` is aware; `account` is the one they were told.
    """

    key: UUID
    number: str
    due: Money
    created_at: datetime
    names: tuple[str, ...] = ()
    account: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What an entry probably pays. `difference` is what came less what is due: negative when too little came."""

    candidate: Candidate
    certainty: Certainty
    why: tuple[Why, ...]
    difference: Money


@dataclass(slots=True)
class Candidates:
    """All expected transfers, found by number, and by the words of a payer's name within an amount."""

    by_number: dict[str, list[Candidate]] = field(default_factory=lambda: defaultdict(list))
    by_word: dict[tuple[Money, str], dict[UUID, Candidate]] = field(default_factory=lambda: defaultdict(dict))

    @classmethod
    def of(cls, candidates: Iterable[Candidate]) -> Candidates:
        """Index candidates once for any number of entries."""
        found = cls()
        for candidate in candidates:
            found.by_number[_folded(candidate.number)[-NUMBER_LENGTH:]].append(candidate)
            for name in candidate.names:
                words = _words(name)
                for key in map(_stem, words) if len(words) > 1 else words:
                    found.by_word[candidate.due, key][candidate.key] = candidate
        return found

    def numbered(self, text: str) -> list[Candidate]:
        """Those whose number stands in a text, however it is spaced, split or misread."""
        exact, folded = squeeze(text), _folded(text)
        found = {}
        for start in range(len(folded) - NUMBER_LENGTH + 1):
            alike = self.by_number.get(folded[start : start + NUMBER_LENGTH], [])
            written = [candidate for candidate in alike if squeeze(candidate.number)[-NUMBER_LENGTH:] in exact]
            found.update({candidate.key: candidate for candidate in written or alike})
        return list(found.values())

    def namesakes(self, amount: Money, words: list[str]) -> dict[UUID, Candidate]:
        """Those who owe this amount and share two words of a name, or the only word of it."""
        stems = {_stem(word) for word in words[:MAX_WORDS]}
        shared = sorted((self.by_word[amount, stem] for stem in stems if (amount, stem) in self.by_word), key=len)
        found: dict[UUID, Candidate] = {}
        for word in words[:MAX_WORDS]:
            found.update(self.by_word.get((amount, word), {}))
        for fewer, more in combinations(shared, 2):
            found.update((key, fewer[key]) for key in fewer.keys() & more.keys())
        return found


def propose(entry: StatementEntry, candidates: Candidates) -> Proposal | None:
    """The transfer an entry pays, or None when nothing, or more than one thing, speaks for it.

    Only credits, only in the currency that is due. The work does not grow with the number of candidates.
    """
    if entry.amount.minor <= 0:
        return None
    numbered = candidates.numbered(_writing(entry))
    if len(numbered) > 1:
        return None
    return _by_number(entry, numbered[0]) if numbered else _by_name(entry, candidates)


def _by_number(entry: StatementEntry, candidate: Candidate) -> Proposal | None:
    """Certain when the amount is exact and nothing contradicts, likely otherwise."""
    if entry.amount.currency != candidate.due.currency:
        return None
    difference = entry.amount - candidate.due
    written = squeeze(candidate.number)[-NUMBER_LENGTH:] in squeeze(_writing(entry))
    doubts = _doubts(entry, candidate)
    why = [
        Why.NUMBER if written else Why.NUMBER_MISREAD,
        Why.AMOUNT if not difference else Why.LESS if difference.minor < 0 else Why.MORE,
        *([Why.NAME] if named_alike(entry, candidate.names) else []),
        *doubts,
    ]
    certainty = Certainty.LIKELY if difference or doubts else Certainty.CERTAIN
    return Proposal(candidate=candidate, certainty=certainty, why=tuple(why), difference=difference)


def _by_name(entry: StatementEntry, candidates: Candidates) -> Proposal | None:
    """Possible when one payer alone owes this very amount and has such a name, and no other order is meant."""
    found = candidates.namesakes(entry.amount, _words(_writing(entry)))
    if len(found) > MAX_NAMESAKES:
        return None
    meant = [
        candidate
        for candidate in found.values()
        if named_alike(entry, candidate.names)
        and not _doubts(entry, candidate)
        and not _means_another(entry, candidate)
    ]
    if len(meant) != 1:
        return None
    return Proposal(
        candidate=meant[0],
        certainty=Certainty.POSSIBLE,
        why=(Why.AMOUNT, Why.NAME),
        difference=Money(0, entry.amount.currency),
    )


def _doubts(entry: StatementEntry, candidate: Candidate) -> list[Why]:
    """What speaks against a proposal: money on another account, or dated before there was an order."""
    ours, told = entry.account, clean_account(candidate.account)
    doubts = []
    # An IBAN holds the account number that the other side may name alone.
    if ours and told and ours not in told and told not in ours:
        doubts.append(Why.OTHER_ACCOUNT)
    if entry.booked_on < (candidate.created_at - BEFORE_ORDER).date():
        doubts.append(Why.BEFORE_ORDER)
    return doubts


def _means_another(entry: StatementEntry, candidate: Candidate) -> bool:
    """Whether the text names an order, and it is not this one with a character or two mistyped."""
    number = _folded(candidate.number)[-NUMBER_LENGTH:]
    for match in _NUMBER.finditer(plain(_writing(entry))):
        written = _folded(match[1] + match[2])
        if any(char.isdigit() for char in written):  # else "BA" is a family name
            return sum(mine != theirs for mine, theirs in zip(number, written, strict=True)) > MAX_MISTYPED
    return False


def named_alike(entry: StatementEntry, names: Iterable[str]) -> bool:
    """Whether one of the payer's names is the counterparty's, or stands whole in the text."""
    theirs, written = _words(entry.counterparty_name), _words(_writing(entry))
    for name in names:
        words = _words(name)
        if _alike(words, theirs) or (len(words) <= len(written) and _alike(words, written)):
            return True
    return False


def _alike(some: list[str], others: list[str]) -> bool:
    """Whether the shorter name is wholly in the longer one, in any order and nearly as spelt."""
    fewer, more = sorted((some, others), key=len)
    if len(some) == 1:
        return len(some[0]) >= MIN_ONLY_WORD and some[0] in others
    return len(fewer) > 1 and all(any(_same_word(word, other) for other in more) for word in fewer)


def _same_word(word: str, other: str) -> bool:
    return word == other or (
        _stem(word) == _stem(other) and SequenceMatcher(None, word, other, autojunk=False).ratio() >= NAME_LIKENESS
    )


def _writing(entry: StatementEntry) -> str:
    return f"{entry.counterparty_name} {entry.text} {entry.bank_ref}"


def _folded(text: str) -> str:
    return squeeze(text).translate(_MISREAD)


def _words(name: str) -> list[str]:
    """The words that tell names apart: no titles, company forms, articles, initials or numbers."""
    return [word for word in _WORD.findall(plain(name)) if word not in _NOT_A_NAME]


@lru_cache(maxsize=20_000)
def _stem(word: str) -> str:
    """The first letters, doubled ones once: DIALLO and DIALO share it. It ends in a dash, as no word does."""
    return _DOUBLED.sub(r"\1", word)[:4] + "-"
