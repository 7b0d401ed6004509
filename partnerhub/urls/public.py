"""Addresses outside of the portals."""

from django.urls import path

from accounts.urls import public as accounts
from partnerhub.notifications import views as notifications
from partnerhub.portals import help as help_pages
from partnerhub.portals import notices
from partnerhub.portals import urls as portals
from supplychain.urls import public as supplychain

urlpatterns = [
    *portals.public,
    *accounts.urlpatterns,
    *supplychain.urlpatterns,
    path("notifications/", notices.notification_list, name="notification-list"),
    path("notifications/read/", notifications.mark_read, name="notification-read"),
    path("notifications/settings/", notifications.settings_page, name="notification-preferences"),
    path("unsubscribe/<str:token>/", notifications.unsubscribe, name="unsubscribe"),
    path("help/", help_pages.help_index, name="help"),
    path("help/<slug:slug>/", help_pages.help_page, name="help-page"),
]
