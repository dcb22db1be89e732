"""The back office's pages about bank statements: files, and the movements that wait for an order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from billing.models import Order, Payment, StatementLine, TransferDecision
from billing.proposals import certain, waiting_lines
from billing.services.lines import OTHER_DECIDED, accept_certain, accept_line, credit_line, link_line
from billing.services.statements import (
    contents_of,
    ignore_line,
    import_statement,
    keep_statement,
    note_line,
    restore_line,
)
from billing.statement_texts import WARNINGS
from shared_apps.core.errors import DomainError, NotFound
from shared_apps.core.forms import show_error
from shared_apps.site import statements_desk as desk
from shared_apps.site.ageing import age_of
from shared_apps.site.forms.statements import IgnoreForm, LineSearch, MatchSearch, NoteForm, StatementForm
from shared_apps.site.views.backoffice import platform_admin, render_backoffice

PAGE = 25
PREVIEW = 50
UNPROCESSABLE = 422


@require_safe
@platform_admin
def inbox(request: HttpRequest) -> HttpResponse:
    """The movements that wait, each with what it probably pays; also those that are used or ignored."""
    show = request.GET.get("show", "")
    show = show if show in desk.SHOWN else StatementLine.Status.OPEN
    form = LineSearch({"q": request.GET.get("q", ""), "show": show})
    q = form.cleaned_data["q"] if form.is_valid() else ""
    page = Paginator(desk.lines(show, q), PAGE).get_page(request.GET.get("page"))
    counts, worth = desk.totals()
    is_open = show == StatementLine.Status.OPEN
    ideas = desk.ideas_for(list(page.object_list)) if is_open else {}
    rows = [{"line": line, "idea": ideas.get(line.pk), "age": _age(line)} for line in page.object_list]
    context = {"page": page, "rows": rows, "form": form, "worth": worth, "show": show, **_tabs(show, counts)}
    return render_backoffice(request, "lines.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@platform_admin
def statements(request: HttpRequest) -> HttpResponse:
    """The files, and the form that takes one more."""
    form = StatementForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            kept = keep_statement(upload=data["file"], currency=data["currency"], admin=request.user)
        except DomainError as error:
            show_error(form, error)
        else:
            return redirect("backoffice_statement", id=kept.pk)
    page = Paginator(desk.statements(), PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page": page, **_tabs("files", desk.totals()[0])}
    return render_backoffice(request, "statements.html", context, status=UNPROCESSABLE if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@platform_admin
def statement(request: HttpRequest, id: UUID) -> HttpResponse:
    """What a file would bring, before it is imported; afterwards, what it brought."""
    found = desk.get_statement(id)
    if request.method == "POST":
        try:
            new = import_statement(statement=found, admin=request.user)
        except DomainError as error:
            messages.warning(request, str(error))
            return redirect("backoffice_statement", id=found.pk)
        text = ngettext("%(number)d movement imported.", "%(number)d movements imported.", new) % {"number": new}
        messages.success(request, text)
        return redirect("backoffice_lines")
    contents = contents_of(found)
    context = {
        "statement": found,
        "contents": contents,
        "shown": contents.new[:PREVIEW],
        "warnings": [WARNINGS[code] for code in contents.warnings],
        "nav_current": "backoffice_transfers",
    }
    return render_backoffice(request, "statement.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@platform_admin
def all_certain(request: HttpRequest) -> HttpResponse:
    """Every movement that is certain, to look at and accept together."""
    if request.method == "POST":
        shown = dict(filter(None, map(_pair, request.POST.getlist("pair"))))
        number = accept_certain(shown=shown, admin=request.user)
        text = ngettext("%(number)d movement accepted.", "%(number)d movements accepted.", number) % {"number": number}
        left = len(shown) - number
        messages.success(request, text)
        if left:
            messages.warning(request, _("The others have changed meanwhile, or are for somebody else to accept."))
        return redirect("backoffice_lines")
    lines = waiting_lines()
    sure = certain(lines)
    orders = {order.pk: order for order in Order.objects.filter(pk__in=[one.candidate.key for one in sure.values()])}
    rows = [
        {"line": line, "order": orders[sure[line.pk].candidate.key], "pair": f"{line.pk}:{sure[line.pk].candidate.key}"}
        for line in lines
        if line.pk in sure and sure[line.pk].candidate.key in orders
    ]
    return render_backoffice(request, "lines_certain.html", {"rows": rows, "nav_current": "backoffice_transfers"})


@require_http_methods(["GET", "HEAD", "POST"])
@platform_admin
def line(request: HttpRequest, id: UUID) -> HttpResponse:
    """One movement: what it probably pays, a search for what else, and what to do with it."""
    found = desk.get_line(id)
    act = request.POST.get("act", "")
    ignore = IgnoreForm(request.POST if act == "ignore" else None)
    note = NoteForm(request.POST if act == "note" else None, initial={"note": found.note})
    if request.method == "POST":
        form = {"ignore": ignore, "note": note}.get(act)
        if form is None or form.is_valid():
            try:
                _ACTS.get(act, _unknown)(request, found, form)
            except DomainError as error:
                if form is None or error.field not in form.fields:
                    messages.warning(request, str(error))
                    return redirect("backoffice_line", id=found.pk)
                show_error(form, error)
            else:
                return redirect("backoffice_lines")
    search = MatchSearch(request.GET)
    q = search.cleaned_data["q"] if search.is_valid() else ""
    context: dict[str, Any] = {
        "line": found, "idea": None, "age": _age(found), "ignore": ignore, "note": note, "match": search, "q": q,
        "decision": TransferDecision.objects.filter(line=found).select_related("payment__order", "admin").first(),
        "nav_current": "backoffice_transfers",
    }  # fmt: skip
    if found.status == StatementLine.Status.OPEN:
        context |= {
            "idea": desk.ideas_for([found]).get(found.pk),
            "twins": desk.twins_of(found),
            "orders": desk.orders_for(found, q),
            "other_decided": OTHER_DECIDED,
            "credits": desk.subscriptions_for(found, q),
        }
    status = UNPROCESSABLE if ignore.errors or note.errors else 200
    return render_backoffice(request, "line.html", context, status=status)


def _accept(request: HttpRequest, found: StatementLine, _form: Any) -> None:
    order = Order.objects.filter(pk=_named(request, "order")).first()
    if order is None:
        raise NotFound
    _announce(request, accept_line(line=found, order=order, admin=request.user))


def _credit(request: HttpRequest, found: StatementLine, _form: Any) -> None:
    order = Order.objects.select_related("subscription").filter(pk=_named(request, "order")).first()
    if order is None:
        raise NotFound
    _announce(request, credit_line(line=found, subscription=order.subscription, admin=request.user))


def _link(request: HttpRequest, found: StatementLine, _form: Any) -> None:
    decisions = TransferDecision.objects.select_related("payment__order")
    decision = decisions.filter(pk=_named(request, "decision")).first()
    if decision is None:
        raise NotFound
    link_line(line=found, decision=decision, admin=request.user)
    messages.success(request, _("Noted: this movement is the transfer that was recorded."))


def _ignore(request: HttpRequest, found: StatementLine, form: Any) -> None:
    ignore_line(line=found, admin=request.user, reason=form.cleaned_data["reason"])
    messages.success(request, _("The movement is set aside."))


def _restore(request: HttpRequest, found: StatementLine, _form: Any) -> None:
    restore_line(line=found, admin=request.user)
    messages.success(request, _("The movement waits again."))


def _note(request: HttpRequest, found: StatementLine, form: Any) -> None:
    note_line(line=found, admin=request.user, note=form.cleaned_data["note"])
    messages.success(request, _("Note saved."))


def _unknown(_request: HttpRequest, _found: StatementLine, _form: Any) -> None:
    raise DomainError("unknown_act", _("Choose what to do with the movement."))


_ACTS: dict[str, Callable[[HttpRequest, StatementLine, Any], None]] = {
    "accept": _accept,
    "credit": _credit,
    "link": _link,
    "ignore": _ignore,
    "restore": _restore,
    "note": _note,
}


def _announce(request: HttpRequest, payment: Payment) -> None:
    """What became of an accepted movement: it may wait for somebody, or for the time to undo it."""
    number = {"number": payment.order.number}
    if payment.status == Payment.Status.NEEDS_REVIEW:
        messages.warning(request, _("%(number)s: noted, but not as expected. The payment waits for review.") % number)
    elif payment.status == Payment.Status.SUCCEEDED:
        messages.success(request, _("%(number)s: the money is applied.") % number)
    else:
        messages.success(request, _("%(number)s: accepted. You may undo it on the transfer’s page.") % number)


def _tabs(current: str, counts: dict[str, int]) -> dict[str, Any]:
    shown = [
        {"url": f"{reverse('backoffice_lines')}?show={key}", "label": label, "current": key == current,
         "count": counts.get(key, 0) if key == StatementLine.Status.OPEN else 0}
        for key, label in desk.SHOWN.items()
    ]  # fmt: skip
    files = {"url": reverse("backoffice_statements"), "label": _("Files"), "current": current == "files", "count": 0}
    return {"tabs": [*shown, files], "nav_current": "backoffice_transfers"}


def _age(found: StatementLine) -> Any:
    since = timezone.make_aware(datetime.combine(found.booked_on, time.min))
    return age_of(since, now=timezone.now())


def _named(request: HttpRequest, field: str) -> UUID:
    """The id a button named; raises NotFound for anything else."""
    found = _uuid(request.POST.get(field, ""))
    if found is None:
        raise NotFound
    return found


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _pair(text: str) -> tuple[UUID, UUID] | None:
    one, _colon, other = text.partition(":")
    first, second = _uuid(one), _uuid(other)
    return (first, second) if first and second else None
