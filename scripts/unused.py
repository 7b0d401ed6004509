"""Names that nothing in the product uses, found by vulture; fails when there are any.

Templates use names too, settings name classes and functions by their dotted path, and a column or
a field may be named by keyword only. Whoever else calls us by name stands in ALLOWED.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from vulture import Vulture

PACKAGES = ("core", "accounts", "roles", "connections", "supplychain", "partnerhub", "benchmarks")
ALLOWED = {
    "*Config Command": "Django finds apps and commands by their place",
    "abstract": "Django models",
    "USERNAME_FIELD REQUIRED_FIELDS create_superuser get_by_natural_key": "Django's user model",
    "get_full_name get_short_name _get_session_auth_hash": "Django's user model",
    "verbose_name index_title password_change list_* paginator": "Django's admin",
    "lookups lookup_allowed has_*_permission get_search_results": "Django's admin",
    "show_* sortable_by model_admin": "Django's admin",
    "get_changelist get_results result_list full_result_count": "Django's admin",
    "can_show_all multi_page": "Django's admin",
    "clean_* has_changed field_order input_type initial_form_count": "Django forms",
    "prepare_value": "Django forms",
    "form_template_name field_template_name bound_field_class": "Django forms",
    "regex to_url app_name handler???": "Django's addresses",
    "process_template_response handle_no_permission view_func": "Django middleware",
    "bind_user_id format_request handle_response _process_exception": "django-structlog",
    "send_*_mail get_*_redirect_url": "allauth's adapter and its form",
    "autocommit sock connection_class get_charset header_encoding": "databases, smtplib and email",
    "broker_transport_options before_start on_failure on_success retval": "Celery",
    "useA85 getCode": "reportlab",
    "getresponse init_poolmanager proxy_manager_for": "requests",
    "change_in_migration": "migrations",
    "effective_level": "tests; the decision API will ask it",
    "read_scan": "tests; whoever scans a label will ask it",
    "send_mail send_invitation form_class connection_made data_received": "benchmarks' libraries",
    "OutboxBackend SignInFirst ProviderTransport GuessedFirstValidator FactorAdapter": "settings",
    "get_help_text": "Django's validators of passwords",
    "_client _class": "Django's cache on Redis",
    # Members of an enumeration that a person chooses and the database holds.
    "WHOLESALER OTHER OPERATOR AMAZON": "chosen by value",
    "EXPIRED_DOCUMENT NAME_DIFFERS ADDRESS_DIFFERS OLD_PROOF WRONG_DOCUMENT": "chosen by value",
    "USE_CASE_UNCLEAR LEVEL_TOO_HIGH NO_EXPERIENCE DATA_PROTECTION WRONG_CATEGORY": "chosen",
    "GOVERNMENT_ID PROOF_OF_ADDRESS": "chosen by value",
}
# Where a name in a string or a keyword is a use: columns, fields, and what settings point at.
NAMED = re.compile(
    r"models|forms|admin|middleware|request_lines|transport|mailbox|renderer|logs|peers|caches|bodies|probes"
)
DECORATED = ["@task*", "@admin.*", "@receiver*", "@register.*", "@*.connect*"]


def in_templates() -> Iterator[str]:
    """Every word inside the tags of a template."""
    for path in Path("templates").rglob("*.*"):
        for tag in re.findall(r"{[{%].*?[%}]}", path.read_text(), re.DOTALL):
            yield from re.findall(r"\w+", tag)


def by_name(path: Path) -> Iterator[str]:
    """Keywords of calls, and strings that are a name or end a dotted path with one."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.keyword) and node.arg:
            yield node.arg
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            last = node.value.removeprefix("-").rpartition(".")[2]
            if last.isidentifier():
                yield last


def main() -> int:
    vulture = Vulture(ignore_names=" ".join(ALLOWED).split(), ignore_decorators=DECORATED)
    vulture.scavenge(PACKAGES, exclude=["*/migrations/*"])
    vulture.used_names |= set(in_templates())
    paths = [path for package in PACKAGES for path in Path(package).rglob("*.py")]
    named = {name for path in paths for name in by_name(path)}
    found = []
    for item in vulture.get_unused_code():
        where = item.filename.relative_to(Path.cwd())
        if where.name == "settings.py" or (item.name in named and NAMED.search(str(where))):
            continue
        found.append(f"{where}:{item.first_lineno}: {item.typ} {item.name}")
    print("\n".join(found))
    return 1 if found else 0


sys.exit(main())
