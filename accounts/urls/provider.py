"""Addresses of this app in this portal."""

from accounts.urls import batches
from accounts.urls.people import people_urls

urlpatterns = [*people_urls("employees"), *batches.urlpatterns]
