"""Which column of a bank's table holds what, known by its name in French or English."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from billing.statements.values import without_currency


class Role(StrEnum):
    """What a column holds. The values name it to people when it is missing."""

    DATE = "date"
    VALUE_DATE = "value date"
    TEXT = "text"
    REFERENCE = "reference"
    AMOUNT = "amount"
    DEBIT = "debit"
    CREDIT = "credit"
    SIDE = "side"
    BALANCE = "balance"
    CURRENCY = "currency"
    NAME = "counterparty"
    THEIR_ACCOUNT = "counterparty account"
    ACCOUNT = "account"


_NAMES: dict[Role, str] = {
    Role.DATE: "date|date operation|date de l operation|date d operation|date ope|date oper|date comptable|"
    "date comptabilisation|date de comptabilisation|date mouvement|date du mouvement|date transaction|"
    "date de transaction|date ecriture|jour|booking date|transaction date|trans date|posting date|post date|entry date",
    Role.VALUE_DATE: "date valeur|date de valeur|valeur|date val|value date|val date",
    Role.TEXT: "libelle|libelle operation|libelle de l operation|libelle complementaire|libelle simplifie|"
    "libelle detaille|libelles|description|designation|details|detail|detail de l operation|details operation|"
    "informations complementaires|information complementaire|narration|narrative|particulars|communication|motif|"
    "motif de l operation|nature|nature de l operation|nature operation|intitule|operation|operations|"
    "transaction details|transaction description|remarks|remittance information|payment details|memo|commentaire",
    Role.REFERENCE: "reference|ref|references|reference operation|reference de l operation|reference bancaire|"
    "ref operation|ref bancaire|n reference|no reference|numero de reference|numero operation|numero d operation|"
    "n operation|no operation|n piece|no piece|piece|numero de piece|num operation|id transaction|transaction id|"
    "transaction reference|bank reference|reference number|reference no|ref no|n ecriture|numero ecriture|"
    "n mouvement|identifiant",
    Role.AMOUNT: "montant|montant operation|montant de l operation|montant transaction|montant net|amount|"
    "transaction amount|net amount|somme",
    Role.DEBIT: "debit|debits|montant debit|montant debite|montant au debit|mouvement debit|mouvements debit|"
    "mvt debit|debiteur|debit amount|withdrawal|withdrawals|paid out|money out|retrait|retraits|sortie|sorties|dr",
    Role.CREDIT: "credit|credits|montant credit|montant credite|montant au credit|mouvement credit|"
    "mouvements credit|mvt credit|crediteur|credit amount|deposit|deposits|paid in|money in|versement|versements|"
    "entree|entrees|cr",
    Role.SIDE: "sens|sens operation|sens de l operation|sens ecriture|d c|c d|dr cr|cr dr|debit credit|type|"
    "debit ou credit|credit debit indicator|signe",
    Role.BALANCE: "solde|solde progressif|solde apres operation|solde comptable|solde courant|nouveau solde|balance|"
    "running balance|closing balance|book balance|ledger balance",
    Role.CURRENCY: "devise|code devise|devise du compte|monnaie|currency|currency code|ccy|cur",
    Role.NAME: "donneur d ordre|donneur ordre|nom donneur d ordre|nom du donneur d ordre|emetteur|nom emetteur|"
    "contrepartie|nom contrepartie|nom de la contrepartie|tiers|nom|nom du tiers|payeur|expediteur|ordonnateur|"
    "remettant|counterparty|counterparty name|name|payer|payer name|sender|sender name|beneficiaire donneur d ordre",
    Role.THEIR_ACCOUNT: "compte contrepartie|compte donneur d ordre|compte emetteur|iban contrepartie|"
    "iban donneur d ordre|compte du tiers|compte tiers|counterparty account|counterparty iban|payer account|"
    "sender account",
    Role.ACCOUNT: "compte|numero de compte|numero compte|n compte|no compte|n de compte|no de compte|compte n|"
    "account|account number|account no|iban|rib",
}
_ROLES = {name: role for role, names in _NAMES.items() for name in names.split("|")}


@dataclass(frozen=True, slots=True)
class Header:
    """The roles of a table's columns, in order; several columns may hold text."""

    roles: tuple[Role | None, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """The names of what an entry cannot be read without."""
        absent = []
        if not {Role.DATE, Role.VALUE_DATE} & set(self.roles):
            absent.append(Role.DATE.value)
        if not {Role.TEXT, Role.REFERENCE, Role.NAME} & set(self.roles):
            absent.append(Role.TEXT.value)
        if Role.AMOUNT not in self.roles:
            sides = [role for role in (Role.DEBIT, Role.CREDIT) if role not in self.roles]
            absent.extend([Role.AMOUNT.value] if len(sides) == 2 else [role.value for role in sides])
        return tuple(absent)

    @property
    def known(self) -> int:
        """How many columns have a name we know."""
        return sum(role is not None for role in self.roles)

    def cells(self, row: Sequence[str], *roles: Role) -> list[str]:
        """What a row holds in the columns of these roles, in the order of the roles."""
        return [
            cell.strip()
            for role in roles
            for cell, theirs in zip(row, self.roles, strict=False)
            if theirs is role and cell.strip()
        ]

    def cell(self, row: Sequence[str], *roles: Role) -> str:
        """The first filled cell of these roles, or ""."""
        return next(iter(self.cells(row, *roles)), "")


def normal_name(cell: str) -> str:
    """A column's name without case, accents, punctuation and currency: "Débit (XAF)" is "debit"."""
    name = " ".join(re.sub(r"[^0-9A-Z]+", " ", without_currency(cell)).split()).lower()
    return re.sub(r" en$", "", name)


def read_header(row: Sequence[str]) -> Header:
    """What each cell of a row would name if the row were the header."""
    return Header(tuple(_ROLES.get(normal_name(cell)) if len(cell) < 60 else None for cell in row))
