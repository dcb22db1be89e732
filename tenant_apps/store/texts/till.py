"""What the till says: names of methods and tasks, and the texts its scripts show."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from tenant_apps.store.models.till import Method, TillTask

Kind = TillTask.Kind

METHODS: dict[str, str | Promise] = {
    Method.CASH: gettext_lazy("Cash"),
    Method.ORANGE_MONEY: "Orange Money",
    Method.WAVE: "Wave",
    Method.MTN_MOMO: "MTN Mobile Money",
    Method.CARD: gettext_lazy("Card"),
    Method.OTHER: gettext_lazy("Other"),
}


@dataclass(frozen=True, slots=True)
class TaskWords:
    """What a task is called, and what to do about it."""

    title: str | Promise
    advice: str | Promise
    tone: str = "warning"


TASKS: dict[str, TaskWords] = {
    Kind.OVERDRAWN: TaskWords(
        gettext_lazy("Sold without being there"),
        gettext_lazy("It was sold offline. Count it, or receive what is missing in the stock."),
    ),
    Kind.PRICE: TaskWords(
        gettext_lazy("Charged at another price"),
        gettext_lazy("The device had an older price list. The sale stands as it was charged."),
    ),
    Kind.DISCOUNT: TaskWords(
        gettext_lazy("Discount without permission or reason"),
        gettext_lazy("It was given offline. The sale stands as it was charged."),
    ),
    Kind.LATE: TaskWords(
        gettext_lazy("Arrived after the till was counted"),
        gettext_lazy("The expected amount of the session now contains this sale."),
    ),
    Kind.GONE: TaskWords(
        gettext_lazy("No longer in the catalogue"),
        gettext_lazy("It was sold offline by its name. The stock was not changed."),
    ),
    Kind.REFUSED: TaskWords(
        gettext_lazy("Could not be booked"),
        gettext_lazy(
            "The sale was made, and what the device sent is kept here. Enter it again at the till, then settle this."
        ),
        "danger",
    ),
}


def method_choices() -> list[dict[str, str]]:
    """The ways to pay, as the till shows them."""
    return [{"key": key, "name": str(name)} for key, name in METHODS.items()]


def app_texts() -> dict[str, str]:
    """The texts of the scripts, by their keys; "{n}" and "{…}" are filled in there."""
    return {
        "starting": _("Loading"),
        "online": _("Online"),
        "offline": _("Offline"),
        "offline_one": _("Offline: 1 to send"),
        "offline_many": _("Offline: {n} to send"),
        "sending_one": _("Sending 1 sale"),
        "sending_many": _("Sending {n} sales"),
        "logged_out": _("Logged out"),
        "logged_out_unsent": _("Logged out: {n} to send"),
        "not_allowed": _("You may not use the till. Ask somebody who may to log in."),
        "server_trouble": _("The server does not answer as it should. Sales stay on this device and are sent again."),
        "articles_one": _("1 article"),
        "articles_many": _("{n} articles"),
        "stock_left": _("{n} left"),
        "stock_none": _("None left"),
        "stock_short": _("Only {n} in stock"),
        "short_of": _("{name}: {n} in this sale, {left} in stock"),
        "nothing_found": _("Nothing is called “{q}”."),
        "unknown_code": _("No article has the code {q}."),
        "no_articles": _("There are no articles yet. Add products in the workspace."),
        "added": _("{name} added"),
        "emptied": _("The sale was emptied."),
        "undo": pgettext("till", "Undo"),
        "remove": _("Take {name} out"),
        "less": _("One less of {name}"),
        "more": _("One more of {name}"),
        "pieces_of": _("Pieces of {name}"),
        "pieces_wrong": _("Enter a whole number, at most {most}. It stays at {n}; 0 takes the article out."),
        "discount_of": _("Discount on {name}"),
        "discount": _("Discount"),
        "to_pay": _("Still to pay"),
        "drawer_opening": _("Counted at the opening"),
        "drawer_cash_taken": _("Cash taken"),
        "drawer_cash_back": _("Cash given back"),
        "drawer_put_in": _("Put in"),
        "drawer_taken_out": _("Taken out"),
        "should_be": _("Should be in the drawer"),
        "change": pgettext("money handed back", "Change"),
        "exact": _("Exact amount"),
        "amount_wrong": _("Enter an amount in digits, for example 25 000."),
        "too_much": _("Only cash may be more than what is to pay."),
        "discount_too_much": _("The discount is more than the price."),
        "reason_missing": _("Say why: it stands in the history."),
        "pay": _("Take {amount}"),
        "sale_refused": _("The sale was not made"),
        "price_updated": _("The price was updated."),
        "local_number": _("Local number"),
        "number": _("Number"),
        "number_later": _("The final number comes once the sale is sent."),
        "receipt_tax": _("of which {name} {rate} %"),
        "total": _("Total"),
        "served_by": _("Served by {name}"),
        "came_back": pgettext("receipt", "Came back: {name}"),
        "receipt_given_back": pgettext("receipt", "Given back"),
        "receipt_owed": pgettext("receipt", "Left to give back"),
        "thanks": _("Thank you for your purchase."),
        "invoice_name": _("Say who the invoice is for: a name or a company."),
        "invoice_email": _("Enter a whole e-mail address, for example awa@example.org, or none."),
        "invoice_later": _("The invoice is made once the sale is sent."),
        "invoice_wanted": _("Invoice asked for: it is made once the sale is sent."),
        "invoice_refused": _("The invoice was not made."),
        "invoice_not_booked": _("The sale could not be booked."),
        "invoice_open": _("Open invoice {number}"),
        "invoice_of": _("Invoice {number}"),
        "owed": _("{amount} still to give for goods that came back before."),
        "report": pgettext("till", "Report"),
        "state_pending": _("To send"),
        "state_accepted": _("Sent"),
        "state_refused": _("Kept for the manager"),
        "no_sales": _("No sale on this device yet."),
        "difference_none": _("The count is right."),
        "difference_less": _("{amount} are missing."),
        "difference_more": _("{amount} too much."),
        "unsent_close_one": _("1 sale on this device is not sent yet. The till can be closed once it is."),
        "unsent_close_many": _("{n} sales on this device are not sent yet. The till can be closed once they are."),
        "closed": _("The till is closed."),
        "needs_network": _("This needs the network. Sales go on without it."),
        "nothing_chosen": _("Choose at least one piece."),
        "give_back": _("Give {amount} back"),
        "given_back": _("{amount} given back."),
        "of_left": _("{left} of {n} can come back"),
        "register_open": _("open"),
        "register_closed": _("closed"),
        "no_registers": _("There is no till yet. Add one in the workspace."),
        "storage_lost": _(
            "This browser does not keep data. Leave private mode, or use another browser: sales would be lost."
        ),
        "customer_none": _("No account found."),
        "customer_offline": _("Accounts can be looked up online only. A phone number can be noted."),
        "scan_failed": _("The camera cannot be used. Allow it in the browser, or type the code."),
        "open_till": _("Open the till"),
        "open_title": _("{name} is closed. Count the cash in its drawer to open it."),
        "which_register": _("Which till is this?"),
        "add_register": _("Add a till"),
        "log_in": _("Log in"),
        "log_in_to_send": _(
            "You are logged out. Sales stay on this device and are sent once somebody who may sell logs in."
        ),
        "first_online": _("The first start needs the network. Connect, then open the till again."),
        "other_tab": _("This till is open in another tab"),
        "other_tab_text": _("A till works in one tab at a time, so that no sale is lost or doubled."),
        "take_over": _("Work in this tab"),
        "taken_over": _("Another tab works with this till now"),
        "work_here": _("Reload"),
    }
