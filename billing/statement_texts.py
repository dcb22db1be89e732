"""What is said of bank statements: why a file cannot be taken, and what speaks for a proposal."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.statements.entries import BadStatement
from billing.statements.matching import Certainty, Why

BAD: dict[str, str | Promise] = {
    "empty": gettext_lazy("This file is empty. Download the statement from your bank again."),
    "too_big": gettext_lazy("This file is larger than 5 MB. Download a shorter period."),
    "too_many_entries": gettext_lazy("This statement has too many movements. Download a shorter period."),
    "excel": gettext_lazy("This is an Excel file. Save it as CSV, or download CSV, MT940 or CAMT.053 from your bank."),
    "pdf": gettext_lazy("This is a PDF. Download the statement as CSV, MT940 or CAMT.053 from your bank."),
    "unknown_format": gettext_lazy("This is not a bank statement we can read. Choose a CSV, MT940 or CAMT.053 file."),
    "bad_xml": gettext_lazy("This XML file is damaged, or not a bank statement. Download it again."),
    "missing_columns": gettext_lazy("We do not find these columns: %(columns)s. Name them in the first row."),
    "bad_line": gettext_lazy("This line cannot be read."),
    "bad_date": gettext_lazy("This is not a date."),
    "bad_amount": gettext_lazy("This is not an amount in the account’s currency."),
    "no_currency": gettext_lazy("The file does not name its currency. Choose it below, and the file once more."),
    "unknown_currency": gettext_lazy("We do not take this currency."),
    "other_currency": gettext_lazy("The file is in another currency than the one you chose."),
    "mixed_currencies": gettext_lazy("The file holds several currencies. Download one account at a time."),
}
COLUMNS: dict[str, str | Promise] = {
    "date": gettext_lazy("date"),
    "amount": gettext_lazy("amount"),
    "text": gettext_lazy("description"),
    "debit": gettext_lazy("debit"),
    "credit": gettext_lazy("credit"),
}
WARNINGS: dict[str, str | Promise] = {
    "unbalanced": gettext_lazy("The balances do not explain the movements: the file may leave some out."),
    "other_account": gettext_lazy("The file names another account than the one payers are told."),
}
CERTAINTY: dict[str, tuple[str | Promise, str, str]] = {
    Certainty.CERTAIN: (gettext_lazy("Certain"), "success", "circle-check"),
    Certainty.LIKELY: (gettext_lazy("Likely"), "info", "info"),
    Certainty.POSSIBLE: (gettext_lazy("Possible"), "warning", "circle-question-mark"),
}
WHY: dict[str, str | Promise] = {
    Why.NUMBER: gettext_lazy("The order’s number is on the transfer."),
    Why.NUMBER_MISREAD: gettext_lazy("A number very like the order’s is on the transfer."),
    Why.AMOUNT: gettext_lazy("The amount is exact."),
    Why.LESS: gettext_lazy("Less than is due."),
    Why.MORE: gettext_lazy("More than is due."),
    Why.NAME: gettext_lazy("The payer’s name fits."),
    Why.OTHER_ACCOUNT: gettext_lazy("The money is on another account than the payer was told."),
    Why.BEFORE_ORDER: gettext_lazy("The transfer is dated before the order."),
}


def explain_bad(problem: BadStatement) -> str:
    """Why a file cannot be taken, with the line and what stands on it."""
    columns = ", ".join(str(COLUMNS.get(name, name)) for name in problem.columns)
    words = str(BAD[problem.code]) % {"columns": columns} if columns else str(BAD[problem.code])
    if problem.line and problem.text:
        return _("Line %(line)d, “%(text)s”: %(words)s") % {"line": problem.line, "text": problem.text, "words": words}
    if problem.line:
        return _("Line %(line)d: %(words)s") % {"line": problem.line, "words": words}
    return _("“%(text)s”: %(words)s") % {"text": problem.text, "words": words} if problem.text else words
