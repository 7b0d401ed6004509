"""Settings of the test runs: what the environment would say, and what makes tests quick.

The servers come from `tests.servers`, by DATABASE_URL and REDIS_URL. Mail stays in the outbox:
tests send it on purpose.
"""

import os
from urllib.parse import urlsplit

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")

# Set, not defaulted: what a developer exported must not steer the tests.
os.environ.update(
    SECRET_KEY="tests-only-7d1f0a9c5b3e8642-Zk3vQx9LmT4w",
    SITE_URL="http://localhost",
    EMAIL_URL="console://",
    DEMO="0",
    DEBUG="0",
    MARKETPLACE_NAME="Amazon",
    SUPPORT_EMAIL="support@partnerhub.example",
    DEFAULT_FROM_EMAIL="PartnerHub <no-reply@partnerhub.example>",
    TRUSTED_PROXY_COUNT="0",
)
os.environ.pop("SECRET_KEY_FALLBACKS", None)

if WORKER:
    # One broker database for each worker: else one's Celery worker eats the other's tasks.
    os.environ["REDIS_URL"] = (
        urlsplit(os.environ["REDIS_URL"])
        ._replace(path=f"/{int(WORKER.removeprefix('gw')) + 1}")
        .geturl()
    )

from partnerhub.settings import *  # noqa: E402, F403
from partnerhub.settings import DATABASES, STORAGES  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# Threads of live servers keep no connection open, or the test database could not be dropped.
DATABASES["default"] |= {"CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": False}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # A file: a database in memory is invisible to other threads and processes.
    DATABASES["default"]["TEST"] = {"NAME": f"{DATABASES['default']['NAME']}.test"}
elif "TEST_TEMPLATE" in os.environ:
    DATABASES["default"]["TEST"] = {"TEMPLATE": os.environ["TEST_TEMPLATE"]}

# Static files are found where they lie: no test waits for a manifest.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_USE_FINDERS = True
# Else each test client looks through all of them once more.
WHITENOISE_AUTOREFRESH = True
STATIC_ROOT = None
