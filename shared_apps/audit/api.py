"""The log over the API. The same views for the platform and for tenants: who may read comes from the base class."""

from __future__ import annotations

from typing import Any

from django.http import StreamingHttpResponse
from django.urls import URLPattern, path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from shared_apps.accounts.admins import is_platform_admin
from shared_apps.audit import selectors
from shared_apps.audit.details import describe
from shared_apps.audit.export import export_response
from shared_apps.audit.forms import FilterForm
from shared_apps.audit.models import AuditCategory, AuditLog
from shared_apps.core.api import PAGE_PARAMETER, ApiView, Pages, errors, page_of

FILTERS = [
    OpenApiParameter("search", str, description="In codes, people, ids, and the action in words."),
    OpenApiParameter("category", str, enum=AuditCategory.values),
    OpenApiParameter("level", str, enum=AuditLog.Level.values),
    OpenApiParameter("action", str, description="An action's code, such as `store.product.changed`."),
    OpenApiParameter("actor", str, description="An account's id, or a part of an address."),
    OpenApiParameter("resource", str, description="`type`, `type:id`, or an id."),
    OpenApiParameter("since", OpenApiTypes.DATE, description="The first day."),
    OpenApiParameter("until", OpenApiTypes.DATE, description="The last day."),
]
ORDER = OpenApiParameter("order", str, enum=list(selectors.ORDERS))


class AuditLogSerializer(serializers.ModelSerializer):
    """One entry; `title` says the action in the caller's language."""

    title = serializers.SerializerMethodField()

    class Meta:
        model = AuditLog
        fields = (
            "id", "created_at", "category", "level", "action", "title", "actor_id", "actor_label", "impersonator",
            "resource_type", "resource_id", "before", "after", "ip", "user_agent", "request_id",
        )  # fmt: skip

    def get_title(self, entry: AuditLog) -> str:
        return str(describe(entry)["words"].title)


class CountSerializer(serializers.Serializer):
    name = serializers.CharField(allow_blank=True)
    count = serializers.IntegerField()


class DayCountSerializer(serializers.Serializer):
    day = serializers.DateField()
    count = serializers.IntegerField()


class AuditStatisticsSerializer(serializers.Serializer):
    total = serializers.IntegerField()
    categories = CountSerializer(many=True)
    levels = CountSerializer(many=True)
    actors = CountSerializer(many=True, help_text="The ten most active; an empty name is the system.")
    days = DayCountSerializer(many=True)


class LogPages(Pages):
    """Counts and reaches the first entries only (selectors.MOST_COUNTED); filters reach the others."""

    django_paginator_class = selectors.CappedPaginator


def _form(request: Request) -> FilterForm:
    """The filters of a request; raises ValidationError."""
    form = FilterForm(request.query_params)
    if not form.is_valid():
        raise serializers.ValidationError({name: [str(text) for text in texts] for name, texts in form.errors.items()})
    return form


class LogsMixin:
    """Answers with the entries wanted, a page at a time. Two queries for the log."""

    @extend_schema(
        operation_id="audit_logs_list",
        tags=["audit"],
        summary="The activity log",
        parameters=[*FILTERS, ORDER, PAGE_PARAMETER],
        responses={200: page_of(AuditLogSerializer), **errors(400, 401, 403, 404)},
    )
    def get(self, request: Request) -> Response:
        form = _form(request)
        paginator = LogPages()
        rows = selectors.entries(form.wanted, order=form.chosen_order)
        page = paginator.paginate_queryset(rows, request) or []
        return paginator.get_paginated_response(AuditLogSerializer(page, many=True).data)


class LogMixin:
    """Answers with one entry."""

    @extend_schema(
        operation_id="audit_logs_retrieve",
        tags=["audit"],
        summary="One entry of the activity log",
        responses={200: AuditLogSerializer, **errors(401, 403, 404)},
    )
    def get(self, request: Request, id: int) -> Response:
        return Response(AuditLogSerializer(selectors.entry_of(id)).data)


class StatisticsMixin:
    """Answers with counts. Four queries."""

    @extend_schema(
        operation_id="audit_logs_statistics",
        tags=["audit"],
        summary="The activity log in figures",
        description="Of the last 30 days unless dates are given.",
        parameters=FILTERS,
        responses={200: AuditStatisticsSerializer, **errors(400, 401, 403)},
    )
    def get(self, request: Request) -> Response:
        counted = selectors.statistics(selectors.with_period(_form(request).wanted))
        answer: dict[str, Any] = {
            "total": counted.total,
            "categories": [{"name": name, "count": number} for name, number in counted.categories],
            "levels": [{"name": name, "count": number} for name, number in counted.levels.items()],
            "actors": [{"name": name, "count": number} for name, number in counted.actors],
            "days": [{"day": day, "count": number} for day, number in counted.days],
        }
        return Response(AuditStatisticsSerializer(answer).data)


class _AnyAccept(DefaultContentNegotiation):
    """A download is CSV whatever was asked for, and what goes wrong is JSON."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


class ExportMixin:
    """Answers with the newest entries wanted as CSV."""

    content_negotiation_class = _AnyAccept

    @extend_schema(
        operation_id="audit_logs_export",
        tags=["audit"],
        summary="The activity log as CSV",
        parameters=FILTERS,
        responses={(200, "text/csv"): OpenApiTypes.STR, **errors(400, 401, 403)},
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        return export_response(_form(request).wanted, delimiter=",")


def audit_urls(base: type[ApiView], *, prefix: str) -> list[URLPattern]:
    """The four addresses, for those whom `base` lets in; their names begin with `prefix`."""

    def view(mixin: type) -> Any:
        return type(mixin.__name__.replace("Mixin", "View"), (mixin, base), {}).as_view()  # type: ignore[attr-defined]  # base is an APIView

    return [
        path("", view(LogsMixin), name=f"{prefix}-logs"),
        path("statistics/", view(StatisticsMixin), name=f"{prefix}-statistics"),
        path("export/", view(ExportMixin), name=f"{prefix}-export"),
        path("<int:id>/", view(LogMixin), name=f"{prefix}-log"),
    ]


class IsPlatformAdmin(BasePermission):
    """For what only those may see who run the platform."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return is_platform_admin(request.user)


class PlatformAdminView(ApiView):
    permission_classes = (IsPlatformAdmin,)


urlpatterns = audit_urls(PlatformAdminView, prefix="api-audit")
