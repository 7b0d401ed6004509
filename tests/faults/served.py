"""The product's own settings for processes under test: plain static files, a quick hasher.

HURRIED=1 makes beat run everything each second instead of each minute, and a dead worker's tasks
are taken back after two seconds instead of ten minutes.
"""

import os

from partnerhub.settings import *  # noqa: F403
from partnerhub.settings import (
    CELERY_BEAT_SCHEDULE,
    CELERY_WORKER_TRANSPORT_OPTIONS,
    STORAGES,
)

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_USE_FINDERS = True
STATIC_ROOT = None
CELERY_IMPORTS = ("tests.faults.deadly",)
if os.environ.get("HURRIED") == "1":
    CELERY_WORKER_TRANSPORT_OPTIONS |= {"visibility_timeout": 2, "unacked_restore_interval": 1}
    for entry in CELERY_BEAT_SCHEDULE.values():
        entry["schedule"] = 1.0
