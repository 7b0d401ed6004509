"""Helpers of the tests: signing in, sending what waits, reading mails, counting what changed."""

import hashlib
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_string
from typing import Any

from django.apps import apps
from django.core import mail
from django.db import connection
from django.test import Client

from core.outbox import delivery

# Tables that a look may touch: sessions, the sign-in library's bookkeeping, background seals, the
# day on which a right was last used, what the scheduler notes about its own failures, and the keys
# of forms that were sent.
NOT_BUSINESS = {
    "django_session",
    "django_migrations",
    "usersessions_usersession",
    "audit_seal",
    "connections_rightuse",
    "chores_failure",
    "outbox_pause",
    "submissions_submission",
    "web_limit",
}


def sign_in(client: Client, user: Any, *, second_factor: bool = True) -> Client:
    """Sign `user` in on `client`, with a recorded second factor unless said otherwise."""
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    session = client.session
    methods = [{"method": "password", "at": time.time(), "email": user.email}]
    if second_factor:
        methods.append({"method": "mfa", "at": time.time(), "type": "totp", "id": 1})
    session["account_authentication_methods"] = methods
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()
    return client


def signed_in(user: Any, **options: Any) -> Client:
    """A fresh client with `user` signed in; posts need no token, callbacks run after commit."""
    return sign_in(Client(), user, **options)


def drain() -> list[Any]:
    """Send everything that waits in the outbox; returns the mails as the transport got them."""
    before = len(mail.outbox)
    delivery.drain()
    return mail.outbox[before:]


def links_in(message: Any) -> list[str]:
    """Every address in the text part of a mail, in order."""
    return re.findall(r"https?://[^\s<>\"]+", str(message.body))


def one_time_link(message: Any) -> str:
    """The path of the one-time link in a mail; fails when there is none."""
    found = [url for url in links_in(message) if "/invitations/" in url]
    assert found, f"no link in: {message.body}"
    return "/" + found[0].split("/", 3)[3]


def parsed(message: Any) -> Any:
    """The mail as a mail program would read it."""
    return message_from_string(message.message().as_string())


def fingerprint(but: tuple[str, ...] = ()) -> str:
    """A hash over every row of every business table: equal means nothing has changed.

    The tables of the apps `but` are left out.
    """
    tables = " ".join(digest(table) for table in business_tables(but))
    return hashlib.sha256(tables.encode()).hexdigest()


def business_tables(but: tuple[str, ...] = ()) -> list[str]:
    """The names of the tables, in order, without those of the apps `but`."""
    return sorted(
        model._meta.db_table
        for model in apps.get_models()
        if model._meta.managed
        and not model._meta.proxy
        and model._meta.db_table not in NOT_BUSINESS
        and model._meta.app_label not in but
    )


def digest(table: str) -> str:
    """A hash over every row of the table, in whichever order."""
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT * FROM "{table}"')
        rows = sorted(map(repr, cursor.fetchall()))
    return hashlib.sha256(f"{table}:{len(rows)}:{rows}".encode()).hexdigest()


@contextmanager
def nothing_changes() -> Iterator[None]:
    """Fail when any business row differs afterwards."""
    before = fingerprint()
    yield
    assert fingerprint() == before, "something was written"
