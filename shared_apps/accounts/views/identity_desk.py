"""Reviewing identity checks: the same desk in the back office and in every workspace, each behind its own door."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.files.storage import default_storage
from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from shared_apps.accounts.models import IdentityCheck
from shared_apps.accounts.privacy_forms import DOCUMENT_NAMES, DecisionForm
from shared_apps.accounts.selectors import check_of, checks_decided, checks_to_review
from shared_apps.accounts.services.identity import DEFAULT_MONTHS, decide_check
from shared_apps.core.downloads import SEALED
from shared_apps.core.errors import DomainError, NotFound
from shared_apps.core.forms import show_error

_FILES = {"document": "document_file", "selfie": "selfie_file"}
_TYPES = {"jpg": "image/jpeg", "pdf": "application/pdf"}


@dataclass(frozen=True, slots=True)
class IdentityDesk:
    """`render(request, template, context)` draws the frame; `names` is the prefix of the three addresses' names."""

    render: Callable[[Any, str, dict[str, Any]], HttpResponse]
    names: str

    def queue(self, request: HttpRequest) -> HttpResponse:
        """Those that wait, or those decided."""
        decided = request.GET.get("show") == "decided"
        rows = checks_decided() if decided else checks_to_review()
        page = Paginator(rows, 25).get_page(request.GET.get("page"))
        lines = [{"check": one, "document": _name(one), "url": self._url(one)} for one in page]
        tabs = [
            {"url": "?", "label": _("To check"), "current": not decided, "count": 0},
            {"url": "?show=decided", "label": _("Decided"), "current": decided, "count": 0},
        ]
        return self.render(
            request, "identity_queue.html", {"page": page, "lines": lines, "tabs": tabs, "decided": decided}
        )

    def check(self, request: HttpRequest, id: UUID) -> HttpResponse:
        """One check: its pictures and the verdict."""
        check = _found(id)
        form = DecisionForm(request.POST or None)
        if request.method == "POST" and form.is_valid() and self._decide(request, check, form):
            return redirect(self.names)
        context = {
            "check": check,
            "document": _name(check),
            "form": form,
            "files": [
                {"url": self._url(check, kind), "kind": kind, "is_pdf": path.endswith(".pdf")}
                for kind, path in _paths(check)
            ],
            "own": check.user_id == request.user.pk,
            "queue_url": reverse(self.names),
        }
        return self.render(request, "identity_check.html", context)

    def file(self, request: HttpRequest, id: UUID, kind: str) -> Any:
        """A picture, for reviewers' eyes: never run, never framed, never kept."""
        path = dict(_paths(_found(id))).get(kind)
        try:
            content = default_storage.open(path) if path else None
        except FileNotFoundError:
            content = None
        if path is None or content is None:
            raise NotFound
        extension = path.rpartition(".")[2]
        name = f"{kind}-{id}.{extension}"
        return FileResponse(
            content, content_type=_TYPES[extension], as_attachment=extension == "pdf", filename=name, headers=SEALED
        )

    def _decide(self, request: HttpRequest, check: IdentityCheck, form: DecisionForm) -> bool:
        approved = request.POST.get("decision") == "approve"
        data = form.cleaned_data
        try:
            decide_check(
                check=check,
                by=request.user,  # type: ignore[arg-type]  # behind a door that lets in nobody who is not logged in
                approved=approved,
                comment=data["comment"],
                months=data["months"] or DEFAULT_MONTHS,
            )
        except DomainError as error:
            show_error(form, error)
            return False
        messages.success(
            request, _("Approved. The person was told.") if approved else _("Rejected. The person was told why.")
        )
        return True

    def _url(self, check: IdentityCheck, kind: str = "") -> str:
        return (
            reverse(f"{self.names}_file", args=[check.pk, kind])
            if kind
            else reverse(f"{self.names}_check", args=[check.pk])
        )


def _found(check_id: UUID) -> IdentityCheck:
    check = check_of(check_id)
    if check is None:
        raise NotFound
    return check


def _paths(check: IdentityCheck) -> list[tuple[str, str]]:
    return [(kind, path) for kind, field in _FILES.items() if (path := getattr(check, field))]


def _name(check: IdentityCheck) -> Any:
    return DOCUMENT_NAMES[IdentityCheck.DocumentType(check.document_type)]
