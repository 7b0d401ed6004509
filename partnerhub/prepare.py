"""Runs several management commands in one process: starting Django is the longest part of each.

`python -m partnerhub.prepare "migrate --noinput" seed_demo`: only what the last one says is shown.
"""

import io
import os
import shlex
import sys

import django
from django.core.management import call_command


def prepare(commands: list[str]) -> str:
    """Run management commands in order; what the last one printed. Raises what they raise."""
    said = io.StringIO()
    for command in commands:
        said = io.StringIO()
        call_command(*shlex.split(command), stdout=said)
    return said.getvalue()


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "partnerhub.settings")
    django.setup()
    sys.stdout.write(prepare(sys.argv[1:]))
