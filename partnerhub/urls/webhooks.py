"""Where the mail provider reports what became of mail; there only with a secret (X15)."""

from anymail.urls import urlpatterns as everybodys
from django.conf import settings

# Of all providers' addresses the one of the configured provider, and none for incoming mail.
urlpatterns = [
    pattern
    for pattern in everybodys
    if pattern.name
    in (f"{settings.MAIL_WEBHOOK}_tracking_webhook", f"{settings.MAIL_WEBHOOK}_webhook")
]
