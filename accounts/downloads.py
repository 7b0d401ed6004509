"""Handing out private documents: as a download only, never cached, never run (B8)."""

from django.http import FileResponse
from django.utils.csp import CSP

from accounts.models import IdentityDocument
from core.errors import Ended

POLICY = f"default-src {CSP.NONE}; sandbox"


def document_response(document: IdentityDocument) -> FileResponse:
    """The file as an attachment under a name of ours; the caller has checked the reader.

    Raises Ended for a document that was deleted, which the retention does to all of them.
    """
    name = f"{document.kind.replace('_', '-')}.{document.stored_name.rpartition('.')[2]}"
    if not document.file:
        raise Ended("This document was deleted: it is kept for a limited time only.")
    try:
        content = document.file.open("rb")
    except FileNotFoundError:
        raise Ended("This document is no longer there.") from None
    response = FileResponse(content, as_attachment=True, filename=name, content_type=document.mime)
    response["Content-Security-Policy"] = POLICY
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response
