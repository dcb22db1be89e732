"""Step 3 of sign-up: the organisation, its address, the plan, and the order."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.models import Coupon, Order, Price
from billing.money import Money
from billing.selectors import free_subdomains, price_on_sale
from billing.services.coupons import check_coupon
from billing.services.orders import NewOrder, Shown, check_subdomain, create_order, quote_order
from shared_apps.accounts.pending import remember_pending
from shared_apps.accounts.services.registration import is_verified
from shared_apps.core.context import host_with_port
from shared_apps.core.errors import DomainError
from shared_apps.core.forms import show_error
from shared_apps.core.numbers import reader_locale
from shared_apps.core.throttle import caller, check_rate
from shared_apps.site import plan_texts
from shared_apps.site.catalogue import load_catalogue
from shared_apps.site.choices import read_choice
from shared_apps.site.countries import LIKELY
from shared_apps.site.forms.signup import OrganisationForm, initial_from_order
from shared_apps.site.pages import render_page, signup_steps
from shared_apps.site.quotes import read_quote, sign_quote
from shared_apps.site.selectors import own_order, own_unpaid_order_at
from shared_apps.site.services.drafts import finish_draft, read_draft, save_draft


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def organisation(request: HttpRequest) -> HttpResponse:
    """The form, filled with what was chosen and typed before; a valid one becomes an order."""
    if not is_verified(request.user):  # type: ignore[arg-type]  # logged in: LoginRequiredMiddleware
        remember_pending(request, request.user)  # type: ignore[arg-type]  # logged in
        return redirect("signup_code")
    if request.method != "POST":
        return _page(request, _unbound(request))
    data = _sent(request.POST)
    save_draft(user=request.user, typed=_typed(data))
    if "refresh" in data or "pick" in data:
        return _page(request, _unbound(request))
    form = _bound(data)
    if form.is_valid():
        order = _order(request, form)
        if order:
            finish_draft(user=request.user)
            return redirect("order", id=order.pk)
    else:
        _check_address(request, form)
    return _page(request, form)


def _sent(data: QueryDict) -> QueryDict:
    """What was sent, without the discount code where the visitor chose to go on without it."""
    if data.get("order") != "without_code":
        return data
    data = data.copy()
    data["coupon_code"] = ""
    return data


def _typed(data: QueryDict) -> dict[str, str]:
    typed = {name: str(value) for name, value in data.items()}
    if data.get("pick"):
        typed["subdomain"] = str(data["pick"])
    return typed


def _unbound(request: HttpRequest) -> OrganisationForm:
    initial = _initial(request)
    choice = read_choice(initial)
    initial.setdefault("country", LIKELY.get(choice.currency, ""))
    initial.setdefault("customer_name", request.user.get_full_name())  # type: ignore[union-attr]  # logged in
    return OrganisationForm(
        catalogue=load_catalogue(), choice=choice, initial={**initial, "idempotency_key": str(uuid.uuid4())}
    )


def _initial(request: HttpRequest) -> dict[str, Any]:
    """The draft, under what an earlier order says, under what was just chosen on the pricing page."""
    initial: dict[str, Any] = dict(read_draft(request.user))
    earlier = own_order(request.user, request.GET.get("order", ""))
    if earlier:
        initial |= initial_from_order(earlier)
    if request.method != "POST" and request.GET.get("product"):
        initial |= {name: value for name, value in read_choice(request.GET).as_dict().items() if value}
    return initial


def _bound(data: QueryDict) -> OrganisationForm:
    return OrganisationForm(data, catalogue=load_catalogue(), choice=read_choice(data))


def _order(request: HttpRequest, form: OrganisationForm) -> Order | None:
    data = form.cleaned_data
    price = price_on_sale(product=data["product"], plan=data["plan"], cycle=data["cycle"], currency=data["currency"])
    if price is None:
        form.add_error("plan", _("This plan is not sold in this currency or for this period. Choose another one."))
        _check_address(request, form)
        return None
    shown = read_quote(str(form.data.get("quote", "")))
    if shown is None:
        form.add_error(None, _("Check the amount to pay, then continue."))
        _check_address(request, form)
        return None
    new = NewOrder(
        price=price,
        organisation_name=data["organisation_name"],
        subdomain=data["subdomain"],
        customer=form.customer(request.user.email),  # type: ignore[union-attr]  # logged in
        locale=get_language() or settings.LANGUAGE_CODE,
        coupon_code=data["coupon_code"],
        shown=shown,
    )
    try:
        return create_order(user=request.user, new=new, idempotency_key=_request_key(data))
    except DomainError as error:
        if error.code == "price_changed" and "total_minor" in error.extra:
            form.add_error(None, _other_amount(shown.total, Money(error.extra["total_minor"], error.extra["currency"])))
        else:
            show_error(form, error)
        _explain(request, form, error)
        return None


def _other_amount(before: Money, now: Money) -> str:
    """What to tell somebody who saw another amount: a price changed, or what they chose costs something else."""
    locale = reader_locale()
    return _("The amount to pay is %(now)s now, and not %(before)s. Check your order, then continue.") % {
        "now": now.display(locale),
        "before": before.display(locale),
    }


def _check_address(request: HttpRequest, form: OrganisationForm) -> None:
    """Say what is wrong with the address beside the other errors, not after they are mended.

    Not for a form without errors: sent twice, it must find its order and not a name that is taken.
    """
    if form.has_error("subdomain", code="required"):
        form.suggestions = free_subdomains(str(form.data.get("organisation_name", "")))
    if "subdomain" not in form.cleaned_data:
        return
    try:
        check_subdomain(form.cleaned_data["subdomain"])
    except DomainError as error:
        show_error(form, error)
        _explain(request, form, error)


def _request_key(data: dict[str, Any]) -> str:
    """The same for the same order sent twice, another when the visitor came back and changed what is ordered."""
    ordered = (
        data[name] for name in ("product", "plan", "cycle", "currency", "organisation_name", "subdomain", "coupon_code")
    )
    return str(uuid.uuid5(uuid.UUID(data["idempotency_key"]), "|".join(ordered)))


def _explain(request: HttpRequest, form: OrganisationForm, error: DomainError) -> None:
    """What the template shows besides the message: names that are free, or the order that holds the name already."""
    form.suggestions = _suggestions(error, str(form.data.get("organisation_name", "")))
    if error.code == "subdomain_taken":
        form.own_order = own_unpaid_order_at(request.user, form.data.get("subdomain", ""))
    form.too_many = error.code == "too_many_unpaid"


def _suggestions(error: DomainError, organisation: str) -> list[str]:
    """Names that are free: near the one wanted, or from the organisation's name where that one leads to nothing."""
    if error.code == "subdomain_reserved" and organisation.strip():
        return free_subdomains(organisation)
    return list(error.extra.get("suggestions", []))


def _page(request: HttpRequest, form: OrganisationForm) -> HttpResponse:
    context = {
        **_offer_context(request, form),
        **signup_steps(3),
        "restored": bool(form.initial.get("organisation_name")),
    }
    return render_page(request, "signup_organisation.html", context)


def _offer_context(request: HttpRequest, form: OrganisationForm) -> dict[str, Any]:
    """The form, and what the plan costs this buyer with the coupon and the tax as they stand now."""
    choice = form.choice
    price = price_on_sale(product=choice.product, plan=choice.plan, cycle=choice.cycle, currency=choice.currency)
    context: dict[str, Any] = {
        "form": form,
        "product": form.product_offer,
        "offer": form.offer,
        "period": plan_texts.PERIODS[choice.cycle],
        "host": host_with_port(settings.PLATFORM_HOST),
    }
    if price is None:
        return context
    coupon, coupon_error = _coupon(request, form, price)
    quote = quote_order(
        user=request.user,
        price=price,
        country=_text(form, "country"),
        tax_number=_text(form, "tax_number"),
        coupon=coupon,
    )
    return context | {
        "price": price.amount,
        "amounts": quote.amounts,
        "trial_days": quote.trial_days,
        "quote": sign_quote(Shown(quote.amounts.total, price.version_id)),
        "coupon_error": coupon_error,
        "coupon_ok": bool(coupon and (quote.amounts.discount or quote.trial_days)),
    }


def _coupon(request: HttpRequest, form: OrganisationForm, price: Price) -> tuple[Coupon | None, str]:
    """The coupon whose code was typed, or why it cannot be used."""
    code = _text(form, "coupon_code")
    if not code:
        return None, ""
    try:
        check_rate(action="coupon", who=caller(), limit=60, seconds=600)
        plan = price.version.plan
        return check_coupon(code=code, plan=plan, currency=price.currency, user=request.user), ""
    except DomainError as error:
        return None, str(error)


def _text(form: OrganisationForm, name: str) -> str:
    """What was typed into a field, checked or not."""
    return str(form[name].value() or "").replace("\x00", "").strip()


@never_cache
@require_POST
def offer(request: HttpRequest) -> HttpResponse:
    """The plans, cycles and price again after a change, as a fragment; what was typed is kept on the way."""
    save_draft(user=request.user, typed=_typed(request.POST))
    initial = {name: str(value) for name, value in request.POST.items()}
    form = OrganisationForm(catalogue=load_catalogue(), choice=read_choice(request.POST), initial=initial)
    return render(request, "site/partials/offer_update.html", _offer_context(request, form))


@never_cache
@require_POST
def draft(request: HttpRequest) -> HttpResponse:
    """Keep what is being typed. Too many at once are let go: the next one holds everything."""
    try:
        check_rate(action="draft", who=str(request.user.pk), limit=120, seconds=60)
    except DomainError:
        return HttpResponse(status=204)
    save_draft(user=request.user, typed=_typed(request.POST))
    return HttpResponse(status=204)


@login_not_required
@never_cache
@require_safe
def subdomain(request: HttpRequest) -> HttpResponse:
    """Whether a name is free, as a fragment, with names that are when it is not."""
    typed = str(request.GET.get("name") or request.GET.get("subdomain") or "")[:80]
    context: dict[str, Any] = {"host": host_with_port(settings.PLATFORM_HOST)}
    try:
        check_rate(action="subdomain", who=caller(), limit=120, seconds=60)
        context["free"] = check_subdomain(typed)
    except DomainError as error:
        organisation = str(request.GET.get("organisation") or "")[:120]
        context |= {"error": error, "suggestions": _suggestions(error, organisation)}
    return render(request, "site/partials/subdomain.html", context)
