"""Migrations that would stop a running site: locks of big tables, columns gone too early.

django-safe-migrations reads the operations and knows what PostgreSQL does with them. What it finds
in a new migration is mended, or stands for a reason, on the operation's line:
    # safe-migrations: ignore SM002 -- 1.4 stopped using the column
"""

import sys

import django
from django.apps import apps
from django_safe_migrations.analyzer import MigrationAnalyzer
from django_safe_migrations.rules.base import Severity

OWN = ("core", "accounts", "roles", "connections", "supplychain", "partnerhub")
# Written before there was anything to lock: each app's last one.
ACCEPTED = {
    "accounts": "0004_refusals",
    "audit": "0002_acting_firm",
    "chores": "0001_initial",
    "connections": "0003_traces",
    "demo": "0001_initial",
    "notifications": "0002_preferences",
    "outbox": "0005_fan_out_without_claim",
    "portals": "0001_initial",
    "roles": "0002_reviewer_groups",
    "supplychain": "0002_guest_links",
}


def main() -> int:
    django.setup()
    analyzer = MigrationAnalyzer(db_vendor="postgresql")
    found = [
        f"{issue.file_path}:{issue.line_number}: {issue.rule_id} {issue.message}"
        for config in apps.get_app_configs()
        if config.name.partition(".")[0] in OWN
        for issue in analyzer.analyze_app(config.label)
        if (issue.migration_name or "") > ACCEPTED.get(config.label, "")
        and issue.severity != Severity.INFO
    ]
    print("\n".join(found))
    return 1 if found else 0


sys.exit(main())
