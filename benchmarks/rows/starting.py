"""How long every command waits before it does anything."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.ground import Ground
from benchmarks.measure import Way, in_turn
from benchmarks.report import Result, Row, at_most

ROOT = Path(__file__).resolve().parents[2]

_CONTRIB = """
SECRET_KEY = "k" * 50
INSTALLED_APPS = [f"django.contrib.{name}" for name in
  ("admin", "auth", "contenttypes", "sessions", "messages", "staticfiles")]
MIDDLEWARE = ["django.contrib.sessions.middleware.SessionMiddleware",
  "django.contrib.auth.middleware.AuthenticationMiddleware",
  "django.contrib.messages.middleware.MessageMiddleware"]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True,
  "OPTIONS": {"context_processors": ["django.template.context_processors.request",
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages"]}}]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
ROOT_URLCONF = "contrib_urls"
STATIC_URL = "/static/"
"""
_URLS = """
from django.contrib import admin
from django.urls import path
urlpatterns = [path("admin/", admin.site.urls)]
"""


def _check(settings: str, folder: Path) -> Callable[[], None]:
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": settings, "PYTHONPATH": str(folder)}
    command = [sys.executable, "-m", "django", "check"]

    def run() -> None:
        subprocess.run(command, env=environment, cwd=folder, check=True, capture_output=True)

    return run


def check(ground: Ground) -> Result:
    """`manage.py check`, each time in a new process."""
    folder = ground.folder / "contrib"
    folder.mkdir(exist_ok=True)
    (folder / "contrib_settings.py").write_text(_CONTRIB)
    (folder / "contrib_urls.py").write_text(_URLS)
    limit = "contrib apps only"
    timings = in_turn(
        [
            Way("ours", _check("partnerhub.settings", ROOT), times=2),
            Way(limit, _check("contrib_settings", folder), times=2),
        ],
        ground.size.rounds,
    )
    ratio = timings.ratio("ours", limit)
    return Result(
        timings, "ours", "s", None, None, limit,
        checks=(at_most("time against contrib apps only", ratio, 1.3),),
    )  # fmt: skip


ROWS = (Row("start.check", "<= 1.3x a project with contrib apps only", check),)
