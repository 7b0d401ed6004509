"""Template context that every page has."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, Any]:
    return {
        "marketplace_name": settings.MARKETPLACE_NAME,
        "support_email": settings.SUPPORT_EMAIL,
        "demo": settings.DEMO,
    }
