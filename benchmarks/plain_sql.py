"""Steps as plain SQL, no more than their rows: how much of ours is more than the database's work.

The statements are made from the models, so that a new column takes its default here, too. Their
values are named: `moment`, `by` and so on.
"""

from collections.abc import Iterator
from typing import Any

from django.db import models

from accounts.models import EmployeeInvitation, Membership, Sending
from core.audit.models import Actor, Event
from core.notifications.models import Notification
from core.outbox.models import Message
from partnerhub.portals.insertions import Sql, numbers, statement
from supplychain.models import Share


def sharing(cursor: Any) -> str:
    """One statement: the person `by` shares `shipment` of `seller` with every supplier.

    The mails, which ours leaves to the drain, are in it.
    """
    live = "supplychain_supplierconnection WHERE seller_id = %%(seller)s AND status = 'active'"
    key, at, text = Sql("'raw:' || public_id"), _value("moment"), _value("text")
    share = _insert(
        cursor, Share, live,
        shipment=_value("shipment"), connection=Sql("id"), status="shared", shared_by=_value("by"),
        shared_at=at,
    )  # fmt: skip
    mail = _insert(
        cursor, Message, "shared",
        key=key, message_id=Sql("gen_random_uuid()"), kind="raw", to="s@sink.example",
        subject="Shared", text=text, html=_value("html"), created_at=at, queued_at=at, due_at=at,
    )  # fmt: skip
    line = _insert(
        cursor, Notification, "shared",
        key=key, user=_value("by"), kind="raw", title="Shared", path="/", created_at=at,
    )  # fmt: skip
    event = _insert(
        cursor, Event, "shared",
        verb="share.shared", organization_id=_value("seller"), counterparty_id=Sql("connection_id"),
        object_type="share", object_id=Sql("public_id"), at=at,
    )  # fmt: skip
    return (
        f"WITH shared AS ({share} RETURNING public_id, connection_id), "
        f"mailed AS ({mail}), noted AS ({line}) {event}"
    )


def inviting(cursor: Any) -> list[str]:
    """`organization` invites `address` of the person `invited`: the row is `invitation`."""
    invitation = _insert(
        cursor, EmployeeInvitation, numbers(1),
        public_id=_value("invitation"), address=_value("address"), role="employee",
        organization=_value("organization"), invited_by=_value("by"), expires_at=_value("end"),
        created_at=_value("moment"), sent_at=_value("moment"),
    )  # fmt: skip
    counted = _insert(
        cursor, Sending, numbers(1),
        organization=_value("organization"), budget_key=_value("address"), about="raw",
        at=_value("moment"),
    )  # fmt: skip
    return [invitation, counted, *_told(cursor, "sent", to="invited")]


def accepting(cursor: Any) -> list[str]:
    """The person `invited`, who does something for the first time, accepts `invitation`."""
    accepted = (
        "UPDATE accounts_employeeinvitation SET status = 'accepted', decided_at = %(moment)s, "
        "decided_by_id = %(invited)s WHERE public_id = %(invitation)s AND status = 'pending' "
        "AND expires_at > %(moment)s"
    )
    member = _insert(
        cursor, Membership, numbers(1),
        user=_value("invited"), organization=_value("organization"), role="employee",
        created_at=_value("moment"),
    )  # fmt: skip
    actor = _insert(
        cursor, Actor, numbers(1),
        ref=Sql("gen_random_uuid()"), user=_value("invited"), name="Raw", ip="127.0.0.1",
    )  # fmt: skip
    return [accepted, member, actor, *_told(cursor, "accepted", to="by")]


def _told(cursor: Any, what: str, *, to: str) -> Iterator[str]:
    """The mail, its line in the notification centre, and the history of one step."""
    key, at = Sql(f"'raw:{what}:' || %%(invitation)s"), _value("moment")
    yield _insert(
        cursor, Message, numbers(1),
        key=key, message_id=key, kind="raw", to="s@sink.example", recipient=_value(to),
        subject="Invitation", text=_value("text"), html=_value("html"), created_at=at,
        queued_at=at, due_at=at,
    )  # fmt: skip
    yield _insert(
        cursor, Notification, numbers(1),
        key=key, user=_value(to), kind="raw", title="Invitation", path="/", created_at=at,
    )  # fmt: skip
    yield _insert(
        cursor, Event, numbers(1),
        verb=f"raw.{what}", organization_id=_value("organization"), object_type="raw",
        object_id=_value("invitation"), at=at,
    )  # fmt: skip


def _value(name: str) -> Sql:
    return Sql(f"%%({name})s")


def _insert(cursor: Any, model: type[models.Model], source: str, **columns: Any) -> str:
    """The INSERT with its defaults written out; only named values are left open."""
    return str(cursor.mogrify(*statement(model, source, **columns)).decode())
