"""The product's settings with the peers' apps beside ours, and a second, small database."""

from importlib.util import find_spec

from partnerhub.settings import *  # noqa: F403
from partnerhub.settings import DATABASES, INSTALLED_APPS, MAILERS

INSTALLED_APPS = [
    *INSTALLED_APPS,
    "benchmarks.peers",
    *(name for name in ("invitations", "organizations") if find_spec(name)),
]
ROOT_URLCONF = "benchmarks.urls"
INVITATIONS_ADAPTER = "benchmarks.peers.invitations.Adapter"
MAILERS["memory"] = {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}
DATABASES["small"] = DATABASES["default"] | {"NAME": "small"}
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
LOGGING = {"version": 1, "disable_existing_loggers": False}
