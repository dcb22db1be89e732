"""Pages about segments, partners and customers."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shared_apps.accounts.models import User
from tenant_apps.store import selectors
from tenant_apps.store.forms.customers import CustomerForm
from tenant_apps.store.forms.prices import MembersForm, PartnerForm, SegmentForm
from tenant_apps.store.models import Partner, Segment
from tenant_apps.store.selectors import customers as reading
from tenant_apps.store.selectors.prices import person_of
from tenant_apps.store.services import people as services
from tenant_apps.store.services.customers import save_customer
from tenant_apps.store.texts.people import partner_kinds, segment_name
from tenant_apps.store.texts.prices import percent_text
from tenant_apps.team.access import StaffRequest, may, permission_required
from tenant_apps.team.forms import WorkspaceForm, save_form
from tenant_apps.team.pages import UNPROCESSABLE, forget_draft, render_workspace


@permission_required("store.change_prices")
@require_safe
def segments(request: StaffRequest) -> HttpResponse:
    """Kinds of customers and what they are given."""
    rows = [(one, segment_name(one.key, one.name), percent_text(one.discount_bp)) for one in reading.segments()]
    return render_workspace(request, "store/staff/segments.html", {"rows": rows})


@permission_required("store.change_prices")
@require_http_methods(["GET", "HEAD", "POST"])
def new_segment(request: StaffRequest) -> HttpResponse:
    """Add a segment."""
    form = SegmentForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        saved = save_form(form, lambda: services.create_segment(details=form.details))
        if saved:
            return _saved(request, saved.name, "store:staff_segments")
    return _form_page(request, form, title=_("New segment"), back="store:staff_segments", back_label=_("Segments"))


@permission_required("store.change_prices")
@require_http_methods(["GET", "HEAD", "POST"])
def edit_segment(request: StaffRequest, pk: int) -> HttpResponse:
    """Change a segment."""
    segment = _segment_or_404(pk)
    values = {"name": segment.name, "discount": segment.discount_bp}
    form = SegmentForm(request.POST if request.method == "POST" else None, initial=values, segment=segment)
    title = segment_name(segment.key, segment.name)
    if request.method == "POST":
        saved = save_form(form, lambda: services.update_segment(segment=segment, details=form.details))
        if saved:
            return _saved(request, segment_name(saved.key, saved.name), "store:staff_segments")
    deleting = {}
    if segment.key != Segment.STUDENT:
        deleting = {
            "delete_url": reverse("store:staff_delete_segment", args=[pk]),
            "delete_label": _("Delete this segment"),
        }
    return _form_page(request, form, title=title, back="store:staff_segments", back_label=_("Segments"), **deleting)


@permission_required("store.change_prices")
@require_http_methods(["GET", "HEAD", "POST"])
def delete_segment(request: StaffRequest, pk: int) -> HttpResponse:
    """Delete a segment, after asking."""
    segment = _segment_or_404(pk)
    form = WorkspaceForm({} if request.method == "POST" else None)
    if request.method == "POST" and save_form(form, lambda: services.delete_segment(segment=segment) or True):
        messages.success(request, _("“%(name)s” was deleted.") % {"name": segment.name})
        return redirect("store:staff_segments")
    context = {
        "title": _("Delete this segment"),
        "name": segment_name(segment.key, segment.name),
        "text": _("Its customers stay, and pay what everybody pays."),
        "label": _("Delete the segment"),
        "back_url": reverse("store:staff_edit_segment", args=[pk]),
        "form": form,
    }
    return render_workspace(request, "store/staff/confirm.html", context, status=_status(form))


def _segment_or_404(pk: int) -> Segment:
    segment = Segment.objects.filter(pk=pk).first()
    if segment is None:
        raise Http404
    return segment


@permission_required("store.change_prices")
@require_safe
def partners(request: StaffRequest) -> HttpResponse:
    """Organisations whose people pay less."""
    page = reading.partners(request.GET.get("page", "1"))
    kinds = dict(partner_kinds())
    rows = [(one, kinds.get(one.kind, ""), percent_text(one.discount_bp)) for one in page.object_list]
    return render_workspace(request, "store/staff/partners.html", {"page": page, "rows": rows})


@permission_required("store.change_prices")
@require_http_methods(["GET", "HEAD", "POST"])
def new_partner(request: StaffRequest) -> HttpResponse:
    """Add a partner; its people are added on its page."""
    form = PartnerForm(request.POST if request.method == "POST" else None, shop=selectors.shop())
    if request.method == "POST":
        saved = save_form(form, lambda: services.create_partner(details=form.details))
        if saved:
            messages.success(request, _("“%(name)s” was saved. Now add its people.") % {"name": saved.name})
            return redirect("store:staff_partner", saved.pk)
    return _form_page(request, form, title=_("New partner"), back="store:staff_partners", back_label=_("Partners"))


@permission_required("store.change_prices")
@require_http_methods(["GET", "HEAD", "POST"])
def edit_partner(request: StaffRequest, pk: int) -> HttpResponse:
    """Change a partner."""
    partner = _partner_or_404(pk)
    data = request.POST if request.method == "POST" else None
    form = PartnerForm(data, initial=PartnerForm.values_of(partner), shop=selectors.shop())
    if request.method == "POST":
        saved = save_form(form, lambda: services.update_partner(partner=partner, details=form.details))
        if saved:
            messages.success(request, _("“%(name)s” was saved.") % {"name": saved.name})
            return redirect("store:staff_partner", saved.pk)
    return _form_page(
        request, form, title=partner.name, back="store:staff_partners", back_label=_("Partners"),
        delete_url=reverse("store:staff_delete_partner", args=[pk]), delete_label=_("Delete this partner"),
    )  # fmt: skip


@permission_required("store.change_prices")
@require_http_methods(["GET", "HEAD", "POST"])
def delete_partner(request: StaffRequest, pk: int) -> HttpResponse:
    """Delete a partner, after asking."""
    partner = _partner_or_404(pk)
    if request.method == "POST":
        services.delete_partner(partner=partner)
        messages.success(request, _("“%(name)s” was deleted.") % {"name": partner.name})
        return redirect("store:staff_partners")
    context = {
        "title": _("Delete this partner"),
        "name": partner.name,
        "text": _(
            "The list of its people goes too, and they pay what everybody pays. To keep the list, take the tick off “The "
            "discount counts” instead."
        ),
        "label": _("Delete the partner"),
        "back_url": reverse("store:staff_edit_partner", args=[pk]),
    }
    return render_workspace(request, "store/staff/confirm.html", context)


@permission_required("store.change_prices")
@require_http_methods(["GET", "HEAD", "POST"])
def partner(request: StaffRequest, pk: int) -> HttpResponse:
    """A partner's people: who is on its list, and adding more."""
    found = _partner_or_404(pk)
    form = MembersForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        added = save_form(form, lambda: services.add_members(partner=found, emails=form.cleaned_data["emails"]))
        if added:
            _tell_added(request, added)
            return redirect("store:staff_partner", pk)
    context = {
        "partner": found,
        "kind": dict(partner_kinds()).get(found.kind, ""),
        "discount": percent_text(found.discount_bp),
        "page": reading.members_of(found, request.GET.get("page", "1")),
        "form": form,
    }
    return render_workspace(request, "store/staff/partner.html", context, status=_status(form))


def _tell_added(request: StaffRequest, added: services.Added) -> None:
    messages.success(
        request, _("Added: %(new)s. On the list already: %(known)s.") % {"new": added.new, "known": added.known}
    )
    for email, name in added.elsewhere[:10]:
        messages.warning(
            request, _("%(email)s belongs to “%(name)s” and stays there.") % {"email": email, "name": name}
        )


@permission_required("store.change_prices")
@require_POST
def remove_member(request: StaffRequest, pk: int, member_id: int) -> HttpResponse:
    """Take somebody off a partner's list."""
    email = services.remove_member(partner=_partner_or_404(pk), member_id=member_id)
    if email:
        messages.success(request, _("%(email)s was taken off the list.") % {"email": email})
    return redirect("store:staff_partner", pk)


def _partner_or_404(pk: int) -> Partner:
    partner = Partner.objects.filter(pk=pk).first()
    if partner is None:
        raise Http404
    return partner


@permission_required("store.view_customers")
@require_safe
def customers(request: StaffRequest) -> HttpResponse:
    """People with an account, to find one."""
    query, segment = request.GET.get("q", "")[:100].strip(), request.GET.get("segment", "")
    choices = [(one.key, segment_name(one.key, one.name)) for one in reading.segments()]
    segment = segment if segment in dict(choices) else ""
    page = reading.customers(query=query, segment=segment, page=request.GET.get("page", "1"))
    rows = [(user, _segment_of(user)) for user in page.object_list]
    context = {"page": page, "rows": rows, "query": query, "segment": segment, "segments": choices}
    return render_workspace(request, "store/staff/customers.html", context)


@permission_required("store.view_customers")
@require_http_methods(["GET", "HEAD", "POST"])
def customer(request: StaffRequest, user_id: UUID) -> HttpResponse:
    """One customer: who they are, where they live, and what they are given."""
    user = reading.customer_account(user_id)
    if user is None:
        raise Http404
    if request.method == "POST":
        return _change_customer(request, user)
    return _customer_page(request, user, _customer_form(user))


@permission_required("store.change_customers")
def _change_customer(request: StaffRequest, user: User) -> HttpResponse:
    form = _customer_form(user, request.POST)
    if save_form(form, lambda: save_customer(user=user, details=form.details)) is None:
        return _customer_page(request, user, form)
    forget_draft(request, f"customer-{user.pk}")
    messages.success(request, _("“%(name)s” was saved.") % {"name": user})
    return redirect("store:staff_customer", user.pk)


def _customer_form(user: User, data: Any = None) -> CustomerForm:
    values = CustomerForm.values_of(getattr(user, "customer", None))
    return CustomerForm(data, initial=values, shop=selectors.shop(), segments=list(Segment.objects.all()))


def _customer_page(request: StaffRequest, user: User, form: CustomerForm) -> HttpResponse:
    person = person_of(user)
    context = {
        "customer": user,
        "segment": _segment_of(user),
        "partner": person.partner_name,
        "partner_discount": percent_text(person.partner_bp),
        "addresses": reading.addresses_of(user),
        "form": form,
        "may_change": may(request, "store.change_customers"),
    }
    return render_workspace(request, "store/staff/customer.html", context, status=_status(form))


def _segment_of(user: User) -> str:
    segment = getattr(getattr(user, "customer", None), "segment", None)
    return segment_name(segment.key, segment.name) if segment else ""


def _form_page(
    request: StaffRequest, form: WorkspaceForm, *, title: str, back: str, back_label: str, **extra: str
) -> HttpResponse:
    crumbs = [{"url": reverse(back), "label": back_label}, {"label": title}]
    context = {"title": title, "crumbs": crumbs, "form": form, **extra}
    return render_workspace(request, "store/staff/form.html", context, status=_status(form))


def _saved(request: StaffRequest, name: str, where: str) -> HttpResponse:
    messages.success(request, _("“%(name)s” was saved.") % {"name": name})
    return redirect(where)


def _status(form: WorkspaceForm) -> int:
    return UNPROCESSABLE if form.is_bound and form.errors else 200
