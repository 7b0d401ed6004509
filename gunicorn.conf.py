"""How gunicorn serves the site: `gunicorn` in this folder reads it by itself."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "partnerhub.settings")

import gunicorn  # noqa: E402
from django.conf import settings  # noqa: E402

# Reading the settings first ends the start with sentences when one of them is wrong.
bind = f"{settings.BIND}:{settings.PORT}"
workers = settings.WEB_CONCURRENCY
wsgi_app = "partnerhub.wsgi"
worker_class, threads, preload_app = "gthread", 4, True
control_socket_disable = True
# Forwarded headers are read by the settings alone, as TRUSTED_PROXY_COUNT says: gunicorn would
# believe whoever is on this machine, even where the site is mounted (I8).
forwarded_allow_ips = ""
# No access log of its own: it would hold the one-time tokens that paths carry (I6).
accesslog = None
logconfig_dict = settings.LOGGING
# The name of the server is nobody's business.
gunicorn.SERVER = ""
