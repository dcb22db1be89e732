"""What a till's device asks and sends: JSON, with the session of whoever is logged in and a CSRF token.

Somebody who is not logged in is sent to the log-in page like anywhere else; the device takes that redirect as the answer.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import OperationalError
from django.http import HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shared_apps.accounts.models import User
from shared_apps.accounts.phones import parse_phone
from shared_apps.core.errors import DomainError, NotAllowed
from tenant_apps.store.models import Order, Register, TillSale, Variant
from tenant_apps.store.presenting import till_answers
from tenant_apps.store.rules.invoicing import Buyer
from tenant_apps.store.selectors import shop as shop_of_tenant
from tenant_apps.store.selectors import till as selectors
from tenant_apps.store.selectors.prices import person_of, price_many
from tenant_apps.store.services import till as services
from tenant_apps.store.services.till_invoices import issue_till_invoice
from tenant_apps.store.services.till_returns import take_back_at_till
from tenant_apps.store.services.till_sales import record_sale
from tenant_apps.team.access import StaffRequest, may, permission_required

MOST_BYTES = 512 * 1024
MOST_SALES = 50
# What a buyer may say, and how many letters of it are kept.
BUYER = {"name": 100, "company": 120, "tax_number": 40, "address": 200, "phone": 30, "email": 254}
MOST_CLOCK_ERROR = timedelta(days=36_500)
View = Callable[..., HttpResponse]


def answers_in_json(view: View) -> View:
    """What a person did wrong becomes {code, message, field} with its status, and more where the error says more."""

    @wraps(view)
    def wrapped(request: StaffRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except DomainError as error:
            return JsonResponse(_error_body(error), status=error.status)

    return wrapped


@permission_required("store.use_till")
@require_http_methods(["GET", "HEAD", "POST"])
@answers_in_json
def session(request: StaffRequest) -> HttpResponse:
    """Who is here and which tills there are; or, by POST, open, close and count one, or move its cash."""
    if request.method != "POST":
        return JsonResponse({**till_answers.standing(request), "csrf": get_token(request)})
    data = _body(request)
    actions = {"open": _open, "preview": _preview, "move": _move, "close": _close}
    action = actions.get(str(data.get("action")))
    if action is None:
        raise _unreadable("action")
    return JsonResponse({"session": action(data, request.user)})


def _open(data: dict[str, Any], by: User) -> dict[str, Any]:
    opened = services.open_session(
        register=_register(data.get("register")),
        key=_uuid(data, "key"),
        opening_minor=_whole(data, "opening_minor"),
        by=by,
    )
    return till_answers.session(opened)


def _preview(data: dict[str, Any], by: User) -> dict[str, Any]:
    return till_answers.session(selectors.access_session(_uuid(data, "session")))


def _move(data: dict[str, Any], by: User) -> dict[str, Any]:
    move = services.move_cash(
        session_id=_uuid(data, "session"), key=_uuid(data, "key"), amount_minor=_whole(data, "amount_minor"),
        reason=_text(data, "reason"), by=by,
    )  # fmt: skip
    return till_answers.session(move.session)


def _close(data: dict[str, Any], by: User) -> dict[str, Any]:
    closed = services.close_session(
        session_id=_uuid(data, "session"), counted_minor=_whole(data, "counted_minor"), unsent=_whole(data, "unsent"),
        note=_text(data, "note"), by=by,
    )  # fmt: skip
    return till_answers.session(closed)


@permission_required("store.use_till")
@require_safe
@answers_in_json
def catalogue(request: StaffRequest) -> HttpResponse:
    """A page of what can be sold. `since` is the version of the page the device has: where it is still right, only that."""
    register = _register(request.GET.get("register"))
    after = request.GET.get("after", "0")
    page = selectors.catalogue_page(register, after=int(after) if after.isdecimal() and len(after) < 19 else 0)
    head = {"version": page.version, "after": page.after}
    if request.GET.get("since") == page.version:
        return JsonResponse({**head, "unchanged": True})
    return JsonResponse({**head, "unchanged": False, "variants": page.items})


@permission_required("store.use_till")
@require_POST
@answers_in_json
def sales(request: StaffRequest) -> HttpResponse:
    """Take some sales: each is booked and answered for itself, so one that cannot be does not hold up the others."""
    data = _body(request)
    register = _register(data.get("register"), also_inactive=True)
    sent = data.get("sales")
    if not isinstance(sent, list) or not 1 <= len(sent) <= MOST_SALES:
        raise _unreadable("sales")
    keys = [_uuid(one if isinstance(one, dict) else {}, "uuid") for one in sent]
    error = _clock_error(data.get("clock"))
    answers = [_book(register, key, one, request.user, error) for key, one in zip(keys, sent, strict=True)]
    return JsonResponse({"answers": answers})


def _book(register: Register, key: UUID, payload: dict[str, Any], by: User, clock_error: timedelta) -> dict[str, Any]:
    try:
        sale = record_sale(register=register, uuid=key, payload=payload, by=by, clock_error=clock_error)
    except DomainError as error:
        return {"uuid": str(key), "state": "not_made", **_error_body(error)}
    except OperationalError:
        # A deadlock, or a database that restarts: the device keeps the sale and sends it again.
        return {"uuid": str(key), "state": "later"}
    answer = {"uuid": str(key), "state": sale.state, "code": sale.code, "message": sale.reason}
    if sale.state == TillSale.State.ACCEPTED and sale.order is not None:
        answer |= {"number": sale.order.number, "order": str(sale.order_id)}
    return answer


@permission_required("store.use_till")
@require_safe
@answers_in_json
def customers(request: StaffRequest) -> HttpResponse:
    """Accounts of customers that have these words in their name, phone or address."""
    if not may(request, "store.view_customers"):
        raise NotAllowed("not_allowed", _("You may not see customers."))
    text = request.GET.get("q", "").strip()
    found = selectors.find_customers(text) if len(text) >= 2 else []
    return JsonResponse({"customers": [till_answers.customer(user) for user in found]})


@permission_required("store.use_till")
@require_POST
@answers_in_json
def prices(request: StaffRequest) -> HttpResponse:
    """What some variants cost a customer with an account."""
    data = _body(request)
    asked = data.get("variants")
    if not isinstance(asked, list) or len(asked) > 200:
        raise _unreadable("variants")
    keys = [_uuid({"variant": one}, "variant") for one in asked]
    customer = User.objects.filter(pk=_uuid(data, "customer"), is_staff=False).first()
    variants = list(Variant.objects.filter(public_id__in=keys).select_related("product"))
    known = price_many(variants, person_of(customer))
    return JsonResponse({
        "prices": {
            str(one.public_id): [known[one.pk].list_minor, known[one.pk].final_minor, till_answers.why(known[one.pk])]
            for one in variants
        }
    })  # fmt: skip


@permission_required("store.use_till")
@require_safe
@answers_in_json
def find_sale(request: StaffRequest) -> HttpResponse:
    """A past sale by what is on its receipt."""
    order = selectors.find_sale(request.GET.get("q", "").replace("\x00", ""))
    if order is None:
        text = _("No sale has this number. It may not be sent yet: look at the sales of the till that made it.")
        raise DomainError("sale_unknown", text, field="q", status=404)
    return JsonResponse({"sale": till_answers.past_sale(order)})


@permission_required("store.use_till")
@require_POST
@answers_in_json
def returns(request: StaffRequest) -> HttpResponse:
    """Take goods of a past sale back."""
    if not may(request, "store.refund_orders"):
        raise NotAllowed("not_allowed", _("You may not take goods back. Ask somebody who may."))
    data = _body(request)
    pieces = data.get("pieces")
    if not isinstance(pieces, dict) or len(pieces) > 500:
        raise _unreadable("pieces")
    wanted = {int(line): _whole(pieces, line) for line in pieces if line.isdecimal() and len(line) < 19}
    try:
        back = take_back_at_till(
            session_id=_uuid(data, "session"), key=_uuid(data, "key"), order_id=_uuid(data, "order"), pieces=wanted,
            method=_text(data, "method"), reason=_text(data, "reason"), restock=data.get("restock") is True,
            by=request.user,
        )  # fmt: skip
    except Order.DoesNotExist:
        raise _no_such_sale() from None
    return JsonResponse({"amount_minor": back.amount_minor, "method": back.method})


@permission_required("store.use_till")
@require_POST
@answers_in_json
def invoice(request: StaffRequest) -> HttpResponse:
    """Make the invoice of a past sale, for whoever bought; sent twice, it is one."""
    data = _body(request)
    try:
        issued = issue_till_invoice(order_id=_uuid(data, "order"), buyer=_buyer(data), by=request.user)
    except Order.DoesNotExist:
        raise _no_such_sale() from None
    return JsonResponse({"invoice": till_answers.invoice(issued)})


def _no_such_sale() -> DomainError:
    return DomainError("sale_unknown", _("There is no such sale."), field="order", status=404)


def _buyer(data: dict[str, Any]) -> Buyer:
    """Who an invoice is for. Raises DomainError with the field that is missing or cannot be right."""
    told = {name: _text(data, name).strip()[:most] for name, most in BUYER.items()}
    if not (told["name"] or told["company"]):
        raise DomainError("name_missing", _("Say who the invoice is for: a name or a company."), field="name")
    if told["phone"]:
        try:
            told["phone"] = parse_phone(told["phone"], region=shop_of_tenant().country)
        except DomainError as error:
            raise DomainError(error.code, error.message, field="phone") from None
    if told["email"]:
        try:
            validate_email(told["email"])
        except ValidationError:
            text = _("Enter a whole e-mail address, for example awa@example.org, or none.")
            raise DomainError("email_invalid", text, field="email") from None
    return Buyer(**told)


def _error_body(error: DomainError) -> dict[str, Any]:
    return {"code": error.code, "message": str(error.message), "field": error.field, **error.extra}


def _body(request: StaffRequest) -> dict[str, Any]:
    """The JSON object that was sent. Raises DomainError for anything else, or more than a device ever sends."""
    size = request.headers.get("Content-Length", "")
    if not size.isdecimal() or int(size) > MOST_BYTES:
        raise DomainError("too_large", _("The request is too large."), status=413)
    try:
        data = json.loads(request.body, parse_constant=_refuse_constant)
        # What no text column can hold; `dumps` writes NUL as an escape.
        is_clean = "\\u0000" not in json.dumps(data) and json.dumps(data, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise _unreadable("body") from None
    if not isinstance(data, dict) or not is_clean:
        raise _unreadable("body")
    return data


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _register(key: Any, *, also_inactive: bool = False) -> Register:
    found = Register.objects.select_related("location")
    if not also_inactive:
        found = found.filter(is_active=True)
    text = str(key)
    register = found.filter(pk=int(text)).first() if text.isdecimal() and len(text) < 19 else None
    if register is None:
        raise DomainError(
            "register_unknown", _("There is no such till. Choose another one."), field="register", status=404
        )
    return register


def _uuid(data: dict[str, Any], name: str) -> UUID:
    try:
        return UUID(str(data.get(name)))
    except ValueError:
        raise _unreadable(name) from None


def _whole(data: dict[str, Any], name: str) -> int:
    value = data.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > 10**15:
        raise _unreadable(name)
    return value


def _text(data: dict[str, Any], name: str) -> str:
    value = data.get(name) or ""
    if not isinstance(value, str) or len(value) > 300:
        raise _unreadable(name)
    return value


def _clock_error(value: Any) -> timedelta:
    """How far a device's clock is ahead of ours; none where it does not say."""
    try:
        told: datetime | None = parse_datetime(value) if isinstance(value, str) else None
    except ValueError:
        told = None
    if told is None or told.tzinfo is None:
        return timedelta(0)
    error = told - timezone.now()
    return error if abs(error) < MOST_CLOCK_ERROR else timedelta(0)


def _unreadable(field: str) -> DomainError:
    text = _("The till sent something that cannot be read (%(field)s). Reload the page.") % {"field": field}
    return DomainError("unreadable", text, field=field)
