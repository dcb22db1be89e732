"""Pages where staff keep what products are described by."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from shared_apps.core.errors import DomainError
from tenant_apps.store import selectors, services
from tenant_apps.store.forms.shelves import AttributeForm
from tenant_apps.store.models import Attribute
from tenant_apps.team.access import StaffRequest, permission_required
from tenant_apps.team.forms import save_form
from tenant_apps.team.pages import UNPROCESSABLE, render_workspace


@permission_required("store.view_products")
@require_safe
def attributes(request: StaffRequest) -> HttpResponse:
    """All attributes."""
    page = selectors.attributes_for_staff(page=request.GET.get("page", "1"))
    return render_workspace(request, "store/staff/attributes.html", {"page": page})


@permission_required("store.change_products")
@require_http_methods(["GET", "HEAD", "POST"])
def new_attribute(request: StaffRequest) -> HttpResponse:
    """Add an attribute."""
    if request.method != "POST":
        return _attribute_page(request, AttributeForm())
    form = AttributeForm(request.POST)
    attribute = save_form(form, lambda: services.add_attribute(**form.cleaned_data))
    if attribute is None:
        return _attribute_page(request, form, status=UNPROCESSABLE)
    messages.success(request, _("The attribute “%(name)s” was added.") % {"name": attribute.name})
    return redirect("store:staff_attributes")


@permission_required("store.change_products")
@require_http_methods(["GET", "HEAD", "POST"])
def edit_attribute(request: StaffRequest, slug: str) -> HttpResponse:
    """Change an attribute."""
    attribute = _attribute_or_404(slug)
    if request.method != "POST":
        form = AttributeForm(initial=AttributeForm.values_of(attribute))
        return _attribute_page(request, form, attribute=attribute)
    form = AttributeForm(request.POST)
    changed = save_form(form, lambda: services.change_attribute(attribute=attribute, **form.cleaned_data))
    if changed is None:
        return _attribute_page(request, form, attribute=attribute, status=UNPROCESSABLE)
    messages.success(request, _("The attribute “%(name)s” was saved.") % {"name": changed.name})
    return redirect("store:staff_attributes")


@permission_required("store.delete_products")
@require_http_methods(["GET", "HEAD", "POST"])
def delete_attribute(request: StaffRequest, slug: str) -> HttpResponse:
    """Delete an attribute that no product has, after asking."""
    attribute = _attribute_or_404(slug)
    if request.method != "POST":
        return render_workspace(request, "store/staff/delete_attribute.html", {"attribute": attribute})
    try:
        services.delete_attribute(attribute=attribute)
    except DomainError as error:
        messages.error(request, str(error))
        return redirect("store:staff_edit_attribute", attribute.slug)
    messages.success(request, _("The attribute “%(name)s” was deleted.") % {"name": attribute.name})
    return redirect("store:staff_attributes")


def _attribute_or_404(slug: str) -> Attribute:
    attribute = Attribute.objects.filter(slug=slug).first()
    if attribute is None:
        raise Http404
    return attribute


def _attribute_page(
    request: StaffRequest, form: AttributeForm, *, attribute: Attribute | None = None, status: int = 200
) -> HttpResponse:
    return render_workspace(
        request, "store/staff/attribute_form.html", {"form": form, "attribute": attribute}, status=status
    )
