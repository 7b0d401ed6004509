"""Addresses of this app in this portal."""

from django.urls import path

from accounts.urls import batches
from accounts.urls.people import people_urls
from accounts.views import time_zones

urlpatterns = [
    *people_urls("employees"),
    *batches.urlpatterns,
    path("settings/", time_zones.of_account, name="settings"),
]
