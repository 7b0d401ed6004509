"""Where the mail provider reports what became of mail; there only with a secret (X15)."""

from anymail.urls import urlpatterns as everybodys
from django.conf import settings

from core.web.bodies import MEGABYTE, takes

# Of all providers' addresses the one of the configured provider, and none for incoming mail.
urlpatterns = [
    pattern
    for pattern in everybodys
    if pattern.name
    in (f"{settings.MAIL_WEBHOOK}_tracking_webhook", f"{settings.MAIL_WEBHOOK}_webhook")
]
for pattern in urlpatterns:
    takes(2 * MEGABYTE)(pattern.callback)  # a provider reports hundreds of mails at once
