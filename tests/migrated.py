"""A migrated database to copy, so that no test process migrates: seven seconds each.

Kept in var/ under a hash of all that shapes its tables. What is written after each migration
(permissions, the catalogue, triggers) is written to the copies anew: Django migrates them, and has
nothing to do.
"""

import hashlib
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tests import daemons

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / "var" / "test-databases"
_OURS = ("accounts", "connections", "core", "partnerhub", "roles", "supplychain")


def _key(*more: str) -> str:
    """A hash of migrations, other sources that hold definitions in SQL, and the libraries."""
    found = hashlib.sha256("".join(more).encode())
    sources = sorted(path for app in _OURS for path in (ROOT / app).rglob("*.py"))
    for path in (ROOT / "requirements" / "dev.txt", *sources):
        text = path.read_bytes()
        if path.suffix == ".txt" or "migrations" in path.parts or re.search(rb"\bCREATE ", text):
            found.update(str(path.relative_to(ROOT)).encode() + text)
    return found.hexdigest()[:16]


def _migrate(database_url: str, folder: Path) -> None:
    """Migrate an empty database in a process of its own: the run's settings are not read yet."""
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DATABASE_URL": database_url,
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "VAR_DIR": str(folder),
    }
    command = [sys.executable, "manage.py", "migrate", "-v0"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)


def _keep(made: Path, kept: Path, kind: str) -> None:
    """Put what was made where the next run finds it, whole or not at all; older ones go."""
    KEPT.mkdir(parents=True, exist_ok=True)
    for old in KEPT.glob(f"{kind}-*"):
        subprocess.run(["rm", "-rf", str(old)], check=True)
    with tempfile.TemporaryDirectory(dir=KEPT, prefix="making-") as beside:
        daemons.copy(made, Path(beside) / "it")
        if not kept.exists():
            (Path(beside) / "it").rename(kept)


def sqlite(folder: Path) -> Path:
    """The migrated file; it is made in the empty `folder` when it is not kept yet."""
    kept = KEPT / f"sqlite-{_key()}"
    if not kept.exists():
        made = folder / "migrated.sqlite3"
        _migrate(f"sqlite:///{made}", folder)
        _keep(made, kept, "sqlite")
    return kept


def postgres(folder: Path) -> Path:
    """The data folder of a PostgreSQL whose database `partnerhub` is migrated; made as above."""
    kept = KEPT / f"postgres-{_key(str(daemons.postgres_binaries()))}"
    if not kept.exists():
        server = daemons.start_postgres(folder)
        try:
            _migrate(server.url, folder)
        finally:
            server.stop()
        _keep(folder / "data", kept, "postgres")
    return kept
