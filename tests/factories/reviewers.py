"""Reviewers, made the way operators make them, and documents they look at."""

import io

from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from PIL import Image

from accounts.models import User
from tests.factories.accounts import person


def desk_reviewer(user: User | None = None, **part: bool) -> User:
    """A reviewer, or with lead=True, auditor=True or support=True one of those."""
    user = user or person()
    call_command("make_reviewer", user.email, stdout=io.StringIO(), **part)
    return User.objects.get(pk=user.pk)


# One empty page.
PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\n"
    b"trailer<</Root 1 0 R>>\n%%EOF\n"
)


def scan(name: str = "passport.png", *, side: int = 40) -> SimpleUploadedFile:
    """A small picture, as a phone would upload it."""
    file = io.BytesIO()
    Image.new("RGB", (side, side), "white").save(file, "PNG")
    return SimpleUploadedFile(name, file.getvalue(), "image/png")
