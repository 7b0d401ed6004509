"""The address of the Celery application: `celery -A partnerhub`."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "partnerhub.settings")

from core.celery import app  # noqa: E402

__all__ = ["app"]
