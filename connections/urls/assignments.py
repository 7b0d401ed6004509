"""Addresses of the pages on which a provider assigns its people to all of its clients."""

from django.urls import URLPattern, path

from connections.views import bulk, matrix

urlpatterns: list[URLPattern] = [
    path("clients/assignments/", matrix.overview, name="assignments"),
    path("clients/assignments/many/", bulk.assign_many, name="assignments-bulk"),
    path("clients/assignments/copy/", bulk.copy_assignments, name="assignments-copy"),
]
