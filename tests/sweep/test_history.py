"""The history and what it is about: one event a transition, both or neither, never changed."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.urls import resolve, reverse

from accounts import tasks as accounts_tasks
from connections import tasks as connections_tasks
from core import clock
from core.audit.models import Actor, Event
from core.object_permissions import clear_grants
from roles import tasks as roles_tasks
from roles.models import ApprovedRole
from supplychain import tasks as supplychain_tasks
from supplychain.models import SupplierConnection
from tests.factories import connections as ties
from tests.factories import supplychain as goods
from tests.sweep import further, watching
from tests.sweep.engine import PERSONAS, Sweep, outer
from tests.sweep.table import ROWS
from tests.sweep.watching import Call
from tests.sweep.world import Tenant

pytestmark = pytest.mark.django_db
LIBRARY = ("account_", "mfa_", "usersessions")
POSTS = [row for row in ROWS if row.post is not None and not row.name.startswith(LIBRARY)]
WITH_BODY = [row for row in POSTS if row.body]
# One act, several rows that it moves: each of them has its event in its own history.
SEVERAL = {
    "accounts.members.hand_over": "who takes over, and who steps back",
    "accounts.organizations.close_organization": "and everything that rests on the account",
    "accounts.people.erase_person": "the person, and their memberships",
    "connections.endings.end_overdue": "and what was still asked on the connection",
    "connections.endings.terminate": "and what was still asked on the connection",
    "connections.grants.change": "and what that answers",
    "connections.invitations.accept": "the invitation, and the connection that starts",
    "connections.invitations.send": "the partner link, and the invitation that answers it",
    "roles.approvals.lapse_approved_roles": "each approved role of a provider",
    "supplychain.guests.join": "the account, the link, and the shares that become its own",
    "supplychain.guests.share_with_guest": "the share, and the link to it",
    "supplychain.shares.decline_share": "the share, and its guest's link",
    "supplychain.connections.remove_connection": "the connection, and its shares",
    "supplychain.invitations.accept": "the invitation, who joins, and the waiting shares",
    "supplychain.invitations.decline": "the invitation, and the waiting shares",
    "accounts.invitations.revoke": "the invitation, and the shares that wait for it",
    "supplychain.shares.move_share": "the share that is taken, and the one that is given",
    "supplychain.shares.share_shipment": "each share",
}
# Nothing of the business moves: a mail goes out, a file that has served its time goes, or a person
# chooses how they read.
NO_STATE = {
    "accounts.people.change_time_zone",
    "accounts.identity.delete_document",
    "accounts.identity.remind_identity",
    "connections.endings.remind",
    "connections.reviews.remind_of_review",
    "accounts.invitations.remind",
    "connections.grants.remind_of_end",
    "connections.pauses.remind_of_end",
    "connections.requests.remind_of_lapse",
    "roles.applications.remind_of_question",
    "roles.approvals.remind_of_lapse",
    "roles.reminders.tell_reviewers_what_waits",
    "accounts.factor_resets.send_code",
    "supplychain.guests.send_code",
    "supplychain.reminders.remind_due",
    "supplychain.reminders.remind_unopened",
}
# For whoever sent the link, and for nobody else.
SENDERS_OWN = {"seller:guest-link"}
# Heard through a signal, never called by itself.
INNER = {"connections.endings.close_account"}
# Writes what the software brings along, after each migration.
SET_UP = {"roles.catalogue.load_catalogue"}


def complaint(call: Call) -> str:
    """What is wrong with the events of one call; "" when they are right (N18)."""
    said = [(event.verb, event.object_id) for event in call.events]
    if call.refused:
        return f"refused, but wrote {said}" if said or call.wrote else ""
    if call.name in NO_STATE:
        return f"no change of state, but wrote {said}" if said else ""
    if not said:
        return f"changed {call.wrote} without an event" if call.wrote else ""
    if len(set(said)) < len(said):
        return f"the same event twice: {said}"
    if len(call.own) > 1 and call.name not in SEVERAL:
        return f"more than one event: {said}"
    return ""


def everything_happens(sweep: Sweep) -> None:
    """Each form, twice, as whoever may fill it in; what no form does; and two years of time."""
    home = sweep.world.home
    for row in WITH_BODY:
        with outer():
            for _ in range(2):
                data = dict(row.body(home)) if row.body else {}
                sweep.send(row.manager, "POST", row.url(home), data, keep=True)
    for act in further.acts(sweep.world):
        with outer():
            act()
    for days in (7, 345, 690, 800):
        with outer():
            goods.share(goods.shipment(home["seller"]), home["supplier"])
            morning = clock.now().replace(hour=8) + timedelta(days=days)
            with time_machine.travel(morning):
                for tasks in (accounts_tasks, roles_tasks, connections_tasks, supplychain_tasks):
                    tasks.sweep()
                roles_tasks.tell_reviewers()


@pytest.mark.timeout(600)
@pytest.mark.both
def test_each_transition_writes_exactly_one_event(
    sweep: Sweep, monkeypatch: pytest.MonkeyPatch, record_property: Any
) -> None:
    """N18: one for each success, none for a refusal, in every app."""
    with watching.watched(monkeypatch) as calls:
        everything_happens(sweep)
    wrong = {f"{call.name}: {said}" for call in calls if (said := complaint(call))}
    assert not wrong, "\n".join(sorted(wrong))
    happened = Counter(call.name for call in calls if not call.refused)
    missed = set(watching.transitions()) - set(happened) - INNER - SET_UP
    # Whoever adds a transition adds a form to the table, or an act to further.py.
    assert missed == set(), sorted(missed)
    assert sum(call.refused for call in calls) > 40
    record_property("cells: transitions", len(calls))


class Broken(Exception):
    """The history cannot be written."""


def _refuse(*args: Any, **values: Any) -> None:
    raise Broken


@pytest.mark.both
def test_without_its_event_nothing_happens(sweep: Sweep, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failing write of the history takes the change with it, in every app."""
    monkeypatch.setattr(Event, "save", _refuse)
    monkeypatch.setattr(type(Event.objects), "bulk_create", _refuse)
    failed: Counter[str] = Counter()
    wrong = []
    for row in WITH_BODY:
        url = row.url(sweep.world.home)
        answer = sweep.send(row.manager, "POST", url, dict(row.body(sweep.world.home)))
        if "Broken" in answer.fault:
            failed[resolve(url).func.__module__.partition(".")[0]] += 1
            wrong += [row.name] if answer.changed else []
    assert wrong == [], "changed without an event"
    assert min(failed[app] for app in watching.APPS) > 2, failed


def _delegate_bodies(of: Tenant) -> dict[str, Any]:
    """What the table does not fill in."""
    other = SupplierConnection.objects.create(seller=of["seller"], supplier=of["second_supplier"])
    return {"seller:share-move": {"suppliers": f"c:{other.public_id}"}}


def _without_rights(of: Tenant) -> Any:
    """The grant that the employee was assigned to, until now."""
    assignment = of["assignment"]
    clear_grants(type(assignment), pk=assignment.pk)
    return assignment.content_object


def test_what_delegates_do_stands_under_person_and_firm(sweep: Sweep) -> None:
    """U21: every page of a seller that a partner's person can post to, at the highest level."""
    home = sweep.world.home
    firm, person = home["provider"], home.people["provider_employee"]
    done: Counter[str] = Counter()
    with outer():
        ApprovedRole.objects.filter(provider=firm).update(level=3)
        type(home["grant_edit"]).objects.filter(pk=home["grant_edit"].pk).update(level=3)
        bodies = _delegate_bodies(home)
        ties.assigned(person, _without_rights(home), "admin")
        for row in [row for row in POSTS if row.portal == "seller"]:
            url = row.url(home)
            if not resolve(url).func.need.role or row.name in SENDERS_OWN:
                continue
            with outer():
                last = Event.objects.latest("pk").pk
                data = bodies.get(row.name) or (dict(row.body(home)) if row.body else {})
                answer = sweep.send("provider_employee", "POST", url, data, keep=True)
                assert answer.code in (200, 302), (row.name, answer.code)
                acting = Actor.objects.filter(user=person).values("ref")
                events = Event.objects.filter(pk__gt=last, actor_ref__in=acting)
                assert events, f"{row.name} leaves no trace"
                for event in events:
                    assert (event.organization_id, event.acting_id) == (home["seller"].pk, firm.pk)
                    done[event.verb] += 1
                page = sweep.send("seller_admin", "GET", _history(home, by="delegates"))
                assert person.name in page.body
                assert firm.name in page.body
    assert {"shipment.created", "shipment.pack_list_downloaded", "share.recalled"} <= set(done)


def _history(of: Tenant, **wanted: str) -> str:
    query = "&".join(f"{name}={value}" for name, value in wanted.items())
    return f"{reverse('seller:history', args=[of['seller'].handle])}?{query}"


def test_nobody_changes_an_event_on_the_desk(sweep: Sweep) -> None:
    """Append-only for everybody, the superuser included: there is a list, and nothing to send."""
    names = [row.name for row in ROWS if row.name.startswith("admin:audit_")]
    assert names == ["admin:audit_event_changelist"]
    event = Event.objects.latest("pk")
    data = {"action": "delete_selected", "_selected_action": event.pk, "post": "yes"}
    for persona in PERSONAS:
        answer = sweep.send(persona, "POST", reverse(names[0]), data)
        assert not answer.changed, persona
        assert Event.objects.filter(pk=event.pk).exists(), persona
