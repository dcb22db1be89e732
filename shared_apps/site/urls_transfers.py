"""Addresses of the back office's pages about transfers and bank statements."""

from __future__ import annotations

from django.urls import path

from shared_apps.site.views import backoffice_statements as statements
from shared_apps.site.views import backoffice_transfers as transfers

urlpatterns = [
    path("transfers/", transfers.transfers, name="backoffice_transfers"),
    path("transfers/<uuid:id>/", transfers.transfer, name="backoffice_transfer"),
    path("transfers/<uuid:id>/decision/", transfers.decision, name="backoffice_transfer_decision"),
    path("receipts/<uuid:id>/", transfers.receipt, name="backoffice_receipt"),
    path("statements/", statements.inbox, name="backoffice_lines"),
    path("statements/files/", statements.statements, name="backoffice_statements"),
    path("statements/files/<uuid:id>/", statements.statement, name="backoffice_statement"),
    path("statements/certain/", statements.all_certain, name="backoffice_lines_certain"),
    path("statements/lines/<uuid:id>/", statements.line, name="backoffice_line"),
]
