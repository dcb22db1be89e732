"""Sending a file of products."""

from __future__ import annotations

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shared_apps.core.widgets import FileDrop
from tenant_apps.store.rules.table_files import MAX_BYTES
from tenant_apps.team.forms import WorkspaceForm, key_field

ACCEPTED = ".csv,.xlsx,text/csv,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class ImportForm(WorkspaceForm):
    """A CSV file or a workbook. What is in it is read by a worker."""

    key = key_field()
    file = forms.FileField(
        label=gettext_lazy("File with the products"),
        widget=FileDrop(
            accept=ACCEPTED,
            hint=gettext_lazy("CSV or Excel (.xlsx), at most 10 MB, 10,000 rows and 5,000 products."),
            max_bytes=MAX_BYTES,
        ),
        error_messages={
            "required": gettext_lazy("Choose a file."),
            "empty": gettext_lazy("There is nothing in this file. Choose another one."),
            "max_length": gettext_lazy("The name of this file is too long. Rename it, and send it again."),
        },
        max_length=300,
    )

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > MAX_BYTES:
            raise forms.ValidationError(_("This file is larger than 10 MB. Send it in parts."))
        return file
