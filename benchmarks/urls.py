"""The product's addresses, and those of what it is compared with."""

from importlib.util import find_spec

from django.urls import include, path

from benchmarks.peers import desk, views
from partnerhub.urls import urlpatterns as ours

urlpatterns = [
    *ours,
    path("peers/five/", views.five_queries),
    path("peers/admin/", desk.untouched.urls),
]
if find_spec("invitations"):
    urlpatterns.append(path("peers/invitations/", include("invitations.urls")))
if find_spec("organizations"):
    urlpatterns.append(path("peers/organizations/", include("benchmarks.peers.organizations")))
