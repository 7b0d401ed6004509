"""Addresses outside of the portals."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from accounts.urls import public as accounts
from core.notifications import views as notifications
from core.web import signposts
from partnerhub.portals import failed_mails, views
from partnerhub.portals import help as help_pages
from partnerhub.portals import notifications as notices
from supplychain.urls import public as supplychain

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.front_page, name="account-chooser"),
    *signposts.urlpatterns,
    *accounts.urlpatterns,
    *supplychain.urlpatterns,
    path("notifications/", notices.notification_list, name="notification-list"),
    path("notifications/read/", notifications.mark_read, name="notification-read"),
    path("notifications/settings/", notifications.settings_page, name="notification-preferences"),
    path("notifications/undelivered/", failed_mails.undelivered, name="undelivered"),
    path(
        "notifications/undelivered/again/",
        failed_mails.send_undelivered_again,
        name="undelivered-again",
    ),
    path("unsubscribe/<str:token>/", notifications.unsubscribe, name="unsubscribe"),
    path("help/", help_pages.help_index, name="help"),
    path("help/<slug:slug>/", help_pages.help_page, name="help-page"),
]
if settings.MAIL_WEBHOOK:
    urlpatterns.append(path("webhooks/mail/", include("partnerhub.urls.webhooks")))
