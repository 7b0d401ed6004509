"""The form that takes a list, and the one that names rows of it."""

import re
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from accounts.invitations.batches.decoding import MAX_BYTES, Unreadable, text_of, too_large
from accounts.invitations.batches.reading import Column, Reading, read
from core.encodings import ENCODINGS, Decoded
from core.spellings import one_line


class ListForm(forms.Form):
    """A CSV file or pasted lines; cleans to `reading`, the rows as they were typed."""

    file = forms.FileField(
        label="CSV file",
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,text/csv,text/plain"}),
        help_text="Up to 1,000 rows and 1 MB. The first line names the columns.",
    )
    encoding = forms.ChoiceField(
        label=_lazy("Encoding of the file"),
        required=False,
        choices=[("", _lazy("Recognise it")), *ENCODINGS.items()],
        help_text=_lazy("Choose one where letters come out wrong."),
    )
    pasted = forms.CharField(
        label="Or paste lines",
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, columns: tuple[Column, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.columns = columns
        others = ", ".join(column.title.lower() for column in columns if column.choices)
        self.fields["pasted"].help_text = (
            "One to a line: an address, “Name <address>”, or cells from a spreadsheet"
            + (f" (e-mail address, name, {others})." if others else " (e-mail address, name).")
        )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        file, pasted = data.get("file"), data.get("pasted", "")
        if self.errors:
            return data
        if file and pasted.strip():
            raise forms.ValidationError("Upload a file or paste lines, not both at once.")
        if not file and not pasted.strip():
            raise forms.ValidationError("Choose a CSV file, or paste lines.")
        try:
            data["reading"] = self._read(file, pasted)
        except Unreadable as error:
            self.add_error("file" if file else "pasted", str(error))
        data["source"] = one_line(file.name)[:100] if file else "Pasted lines"
        return data

    def _read(self, file: UploadedFile | None, pasted: str) -> Reading:
        if file is None:
            if len(pasted) > MAX_BYTES:
                raise Unreadable("This is too much to paste at once. Upload a file.")
            return read(pasted, self.columns)
        if (file.size or 0) > MAX_BYTES:
            raise Unreadable(too_large())
        found = text_of(file.read(), self.cleaned_data.get("encoding", ""))
        reading = read(found.text, self.columns, header=True)
        if not found.certain:
            reading.notes.insert(0, _read_as(found))
        return reading


def _read_as(found: Decoded) -> str:
    """Which encoding was recognised, with words that tell whether it is the right one."""
    words = [cell for cell in re.split(r"[,;\t\r\n]+", found.text) if not cell.isascii()]
    return _(
        "Read as %(encoding)s: %(words)s. Where letters are wrong, throw this list away, choose "
        "the encoding and upload the file again."
    ) % {"encoding": ENCODINGS[found.encoding], "words": ", ".join(words[:5])[:200]}


class RowsForm(forms.Form):
    """Which rows, and what becomes of them; "all" stands for every row that can be chosen."""

    act = forms.ChoiceField(choices=[("out", "out"), ("in", "in"), ("cancel", "cancel")])
    every = forms.BooleanField(required=False)
    rows = forms.TypedMultipleChoiceField(coerce=int, required=False)

    def __init__(self, *args: Any, most: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["rows"]
        field.choices = [(number, str(number)) for number in range(1, most + 1)]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors and not data.get("every") and not data.get("rows"):
            raise forms.ValidationError("Tick the rows first.")
        return data
