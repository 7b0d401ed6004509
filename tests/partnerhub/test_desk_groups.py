"""Who may do what at the desk: group by act, through its pages (A7)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.test import Client

from accounts.models import FactorReset, IdentityCheck, IdentityDocument, Organization, User
from core import clock
from core.audit.models import Event
from core.failures.models import Failure
from core.outbox.models import MarkedAddress, Message
from partnerhub.portals.groups import PERMISSIONS
from partnerhub.portals.models import HelpFeedback
from roles.models import ApplicationLine, ApprovedRole, RoleApplication
from supplychain.models import Shipment
from tests.factories import accounts, roles
from tests.factories import supplychain as goods
from tests.factories.reviewers import PDF, desk_reviewer
from tests.support import signed_in

pytestmark = pytest.mark.django_db
GROUPS = {
    "reviewer": {},
    "lead": {"lead": True},
    "auditor": {"auditor": True},
    "support": {"support": True},
}
RESTRICTED = "settings.cases"
REASON = {"reason": "Complaints of sellers."}
CATEGORIES = "/admin/roles/servicecategory/"


@dataclass
class Scene:
    """Something of everything that the desk acts on."""

    provider: Organization
    worker: User
    check: IdentityCheck
    submitted: RoleApplication
    in_review: RoleApplication
    restricted: RoleApplication
    awaiting: RoleApplication
    held: ApprovedRole
    revoked: ApprovedRole
    asked: ApprovedRole
    shipment: Shipment
    message: Message
    mark: MarkedAddress
    failure: Failure
    reset: FactorReset


@pytest.fixture
def scene(settings: Any, tmp_path: Any) -> Scene:
    settings.MEDIA_ROOT = tmp_path
    provider = accounts.organization("provider", "Harbor Desk")
    accounts.administrator(provider)
    seller = accounts.organization("seller")
    worker = accounts.member(seller)
    accounts.administrator(seller)
    colleague = roles.reviewer("Cole League", lead=True)
    awaiting = roles.in_review(provider, {"orders.manage": "view"})
    held, revoked, asked = (
        roles.approved_role(provider, code, "edit")
        for code in ("pricing.pricing", "pricing.automated", "pricing.health")
    )
    ApprovedRole.objects.filter(pk__in=[revoked.pk, asked.pk]).update(
        status="revoked", ended_at=asked.approved_at
    )
    ApprovedRole.objects.filter(pk=asked.pk).update(
        restore_asked_by=colleague, restore_asked_at=asked.approved_at, restore_reason="Mistake."
    )
    HelpFeedback.objects.create(page="solution-providers", helpful=False, text="Too short by far")
    return Scene(
        provider=provider,
        worker=worker,
        check=document_of(accounts.identity(accounts.person(), "submitted")),
        submitted=roles.submitted(provider, {"reports.business": "view"}),
        in_review=roles.in_review(provider, {"brand.store": "edit"}),
        restricted=roles.in_review(provider, {RESTRICTED: "view"}),
        awaiting=second_wanted(awaiting, colleague),
        held=held,
        revoked=revoked,
        asked=asked,
        shipment=goods.shipment(seller, status="shipped", shipped_at=clock.now()),
        message=failed_mail(),
        mark=MarkedAddress.objects.create(address="gone@mail.example", reason="bounced"),
        reset=FactorReset.objects.create(
            user=worker,
            legal_name=worker.name,
            birth_date=date(1990, 1, 1),
            status="agreed",
            agreed_by=colleague,
            agreed_at=clock.now(),
        ),
        failure=Failure.objects.create(task="outbox.drain", subject="x", row="1", error="x"),
    )


def document_of(check: IdentityCheck) -> IdentityCheck:
    row = IdentityDocument(
        check_of=check, kind="government_id", stored_name="a.pdf", mime="application/pdf", size=4
    )
    row.file.save(row.stored_name, ContentFile(PDF))
    return check


def second_wanted(application: RoleApplication, by: User) -> RoleApplication:
    application.lines.update(
        decision="awaiting_second",
        decided_level=1,
        decided_by=by,
        decided_at=application.created_at,
        needs_second=True,
    )
    return application


def failed_mail(**fields: Any) -> Message:
    return Message.objects.create(
        key="one", message_id="<one@x>", kind="test", to="a@mail.example", subject="Hello there",
        text="Some words.", status="failed", error="550", **fields,
    )  # fmt: skip


@dataclass(frozen=True)
class Act:
    """One act: its page, what is pressed there, and whether it was done."""

    page: Callable[[Scene], str]
    press: Callable[[Scene, Client], Any] | None = None
    done: Callable[[Scene], bool] = lambda s: False


def application(row: RoleApplication) -> str:
    return f"/admin/roles/roleapplication/{row.pk}/"


def approval(row: ApprovedRole) -> str:
    return f"/admin/roles/approvedrole/{row.pk}/"


def line(row: RoleApplication) -> ApplicationLine:
    return row.lines.get()


def decide(row: RoleApplication, client: Client) -> Any:
    pk = line(row).pk
    return client.post(f"{application(row)}lines/{pk}/decide/", {f"line-{pk}-level": "1"})


def agree(row: RoleApplication, client: Client) -> Any:
    path = f"{application(row)}lines/{line(row).pk}/agree/"
    return client.post(path, {"seen_level": "1"})


def step(row: ApprovedRole, verb: str, client: Client) -> Any:
    data = {"version": row.version, "level": "1", "confirmed": "1", **REASON}
    return client.post(f"{approval(row)}{verb}/", data)


def status(row: Any) -> str:
    row.refresh_from_db()
    return str(row.status)


def choose(scene: Scene, client: Client) -> Any:
    """Takes the categories of all but one group away."""
    page = client.get(CATEGORIES)
    if page.status_code != 200:
        return client.post(CATEGORIES, {})
    form = page.context["form"]
    names = [name for name in form.fields if name.startswith("group-")]
    choices = [value for value, _ in form.fields[names[0]].choices]
    return client.post(CATEGORIES, {"seen": page.context["seen"], names[-1]: choices})


def organization(scene: Scene) -> str:
    return f"/admin/accounts/organization/{scene.provider.pk}/"


def human(scene: Scene) -> str:
    return f"/admin/accounts/person/{scene.worker.pk}/"


def message(scene: Scene) -> str:
    return f"/admin/outbox/message/{scene.message.pk}/"


def gone(row: Any) -> bool:
    return not type(row).objects.filter(pk=row.pk).exists()


def shown(path: str) -> Act:
    return Act(lambda s: path)


ACTS = {
    "queue": shown("/admin/roles/roleapplication/"),
    "queue of identities": shown("/admin/accounts/identitycheck/"),
    "claim": Act(
        lambda s: f"{application(s.submitted)}change/",
        lambda s, c: c.post(f"{application(s.submitted)}start/"),
        lambda s: status(s.submitted) == "in_review",
    ),
    "question": Act(
        lambda s: f"{application(s.in_review)}change/",
        lambda s, c: c.post(f"{application(s.in_review)}ask/", {"text": "Which sellers?"}),
        lambda s: status(s.in_review) == "information_requested",
    ),
    "decide a line": Act(
        lambda s: f"{application(s.in_review)}change/",
        lambda s, c: decide(s.in_review, c),
        lambda s: line(s.in_review).decision == "approved",
    ),
    "decide an identity": Act(
        lambda s: f"/admin/accounts/identitycheck/{s.check.pk}/change/",
        lambda s, c: c.post(
            f"/admin/accounts/identitycheck/{s.check.pk}/decide/", {"decision": "verify"}
        ),
        lambda s: status(s.check) == "verified",
    ),
    "first signature": Act(
        lambda s: f"{application(s.restricted)}change/",
        lambda s, c: decide(s.restricted, c),
        lambda s: line(s.restricted).decision == "awaiting_second",
    ),
    "second signature": Act(
        lambda s: f"{application(s.awaiting)}change/",
        lambda s, c: agree(s.awaiting, c),
        lambda s: line(s.awaiting).decision == "approved",
    ),
    "both signatures": Act(
        lambda s: f"{application(s.restricted)}change/",
        lambda s, c: (decide(s.restricted, c), agree(s.restricted, c))[1],
        lambda s: line(s.restricted).decision == "approved",
    ),
    "lower": Act(
        lambda s: f"{approval(s.held)}change/",
        lambda s, c: step(s.held, "lower", c),
        lambda s: ApprovedRole.objects.get(pk=s.held.pk).level == 1,
    ),
    "revoke": Act(
        lambda s: f"{approval(s.held)}change/",
        lambda s, c: step(s.held, "revoke", c),
        lambda s: status(s.held) == "revoked",
    ),
    "suspend a business": Act(
        lambda s: f"{organization(s)}change/",
        lambda s, c: c.post(f"{organization(s)}suspend/", REASON),
        lambda s: status(s.provider) == "suspended",
    ),
    "close a business": Act(
        lambda s: f"{organization(s)}change/",
        lambda s, c: c.post(f"{organization(s)}close/", REASON),
        lambda s: status(s.provider) == "closed",
    ),
    "ask to restore": Act(
        lambda s: f"{approval(s.revoked)}change/",
        lambda s, c: step(s.revoked, "restore", c),
        lambda s: ApprovedRole.objects.get(pk=s.revoked.pk).restore_asked_at is not None,
    ),
    "confirm a restoration": Act(
        lambda s: f"{approval(s.asked)}change/",
        lambda s, c: step(s.asked, "confirm", c),
        lambda s: status(s.asked) == "active",
    ),
    "choose who decides": Act(
        lambda s: CATEGORIES,
        choose,
        lambda s: Event.objects.filter(verb="reviewer_group.categories_changed").exists(),
    ),
    "carrier and centre events": Act(
        lambda s: f"/admin/supplychain/shipment/{s.shipment.pk}/change/",
        lambda s, c: c.post(
            f"/admin/supplychain/shipment/{s.shipment.pk}/change/", {"step": "in_transit"}
        ),
        lambda s: status(s.shipment) == "in_transit",
    ),
    "help answers": shown("/admin/portals/helpfeedback/"),
    "send failed mail again": Act(
        lambda s: f"{message(s)}change/",
        lambda s, c: c.post(f"{message(s)}send-again/"),
        lambda s: status(s.message) == "waiting",
    ),
    "try given-up work again": Act(
        lambda s: f"/admin/chores/failure/{s.failure.pk}/change/",
        lambda s, c: c.post(f"/admin/chores/failure/{s.failure.pk}/try-again/"),
        lambda s: gone(s.failure),
    ),
    "lift a mark": Act(
        lambda s: f"/admin/outbox/markedaddress/{s.mark.pk}/change/",
        lambda s, c: c.post(f"/admin/outbox/markedaddress/{s.mark.pk}/change/"),
        lambda s: gone(s.mark),
    ),
    "deactivate": Act(
        lambda s: f"{human(s)}change/",
        lambda s, c: c.post(f"{human(s)}deactivate/"),
        lambda s: not User.objects.get(pk=s.worker.pk).is_active,
    ),
    "reset a second factor": Act(
        lambda s: f"/admin/accounts/factorreset/{s.reset.pk}/change/",
        lambda s, c: c.post(f"/admin/accounts/factorreset/{s.reset.pk}/confirm/"),
        lambda s: status(s.reset) == "done",
    ),
    "erase": Act(
        lambda s: f"{human(s)}change/",
        lambda s, c: c.post(f"{human(s)}erase/"),
        lambda s: User.objects.get(pk=s.worker.pk).erased_at is not None,
    ),
}
# reviewer, lead, auditor, support. "not" is no more than a look at the page, where they need one.
TABLE = {
    "queue": "sees sees sees no",
    "queue of identities": "sees sees sees no",
    "claim": "yes yes sees no",
    "question": "yes yes sees no",
    "decide a line": "yes yes sees no",
    "decide an identity": "yes yes sees no",
    "first signature": "yes yes sees no",
    "second signature": "yes yes sees no",
    "both signatures": "sees sees sees no",
    "lower": "sees yes sees no",
    "revoke": "sees yes sees no",
    "suspend a business": "sees yes sees no",
    "close a business": "sees yes sees no",
    "ask to restore": "yes yes sees no",
    "confirm a restoration": "sees yes sees no",
    "choose who decides": "sees yes sees no",
    "carrier and centre events": "no yes sees yes",
    "help answers": "no sees sees sees",
    "send failed mail again": "no yes sees yes",
    "try given-up work again": "no yes sees yes",
    "lift a mark": "no yes sees yes",
    "deactivate": "no yes no yes",
    "reset a second factor": "no yes no yes",
    "erase": "no yes no yes",
}


def outcome(act: Act, scene: Scene, client: Client) -> str:
    looks = client.get(act.page(scene)).status_code
    if act.press is not None:
        answer = act.press(scene, client).status_code
        if act.done(scene):
            return "yes"
        assert answer in (302, 403, 404, 405, 409), answer
    assert looks in (200, 403, 404), looks
    return "sees" if looks == 200 else "no"


@pytest.mark.parametrize("name", ACTS)
def test_the_table_of_groups_and_acts(scene: Scene, name: str) -> None:
    found = {}
    for group, part in GROUPS.items():
        with transaction.atomic():
            found[group] = outcome(ACTS[name], scene, signed_in(desk_reviewer(**part)))
            transaction.set_rollback(True)
        for row in vars(scene).values():
            row.refresh_from_db()
    assert found == dict(zip(GROUPS, TABLE[name].split(), strict=True))


def test_the_table_names_every_act() -> None:
    assert list(TABLE) == list(ACTS)


def opened(client: Client, url: str) -> int:
    """The status of a file that is asked for, and read."""
    answer = client.get(url)
    answer.getvalue()
    return answer.status_code


# What is more than yes and no --------------------------------------------------------------------
def test_identity_documents_are_for_leads_and_in_own_cases(scene: Scene) -> None:
    document = scene.check.documents.get()
    page = f"/admin/accounts/identitycheck/{scene.check.pk}/change/"
    url = page.replace("change/", f"documents/{document.public_id}/")
    people = {name: desk_reviewer(**part) for name, part in GROUPS.items()}
    people["other"] = desk_reviewer()
    clients = {name: signed_in(user) for name, user in people.items()}

    def readers() -> set[str]:
        for client in clients.values():
            assert (url in client.get(page).text) == (opened(client, url) == 200)
        return {name for name, client in clients.items() if opened(client, url) == 200}

    assert readers() == {"reviewer", "lead", "other"}  # it waits: whoever decides has to look
    clients["reviewer"].post(page.replace("change", "decide"), {"decision": "verify"})
    assert readers() == {"reviewer", "lead"}


def test_each_look_at_a_document_is_in_the_history(scene: Scene) -> None:
    document = scene.check.documents.get()
    reviewer = desk_reviewer()
    url = f"/admin/accounts/identitycheck/{scene.check.pk}/documents/{document.public_id}/"
    for _ in range(2):
        opened(signed_in(reviewer), url)
    events = Event.objects.filter(verb="identity_document.viewed")
    assert {event.object_id for event in events} == {str(document.public_id)}
    assert len(events) == 2
    opened(signed_in(desk_reviewer(support=True)), url)
    assert events.count() == 2


def test_history_is_read_whole_or_in_part(scene: Scene) -> None:
    """Reviewers read what happened to their own cases, support all but looks at documents."""
    document = scene.check.documents.get()
    people = {name: desk_reviewer(**part) for name, part in GROUPS.items()}
    clients = {name: signed_in(user) for name, user in people.items()}
    page = f"/admin/accounts/identitycheck/{scene.check.pk}/"
    opened(clients["reviewer"], f"{page}documents/{document.public_id}/")
    clients["reviewer"].post(f"{page}decide/", {"decision": "verify"})
    clients["lead"].post(f"{organization(scene)}suspend/", REASON)
    read = {
        name: {event.verb for event in client.get("/admin/audit/event/").context["cl"].result_list}
        for name, client in clients.items()
    }
    decided, looked = "identity_check.verified", "identity_document.viewed"
    suspended = "organization.suspended"
    assert read["reviewer"] == {decided}
    assert read["lead"] == read["auditor"]
    assert {decided, looked, suspended} <= read["lead"]
    assert read["support"] == read["lead"] - {looked}


def test_auditors_see_states_and_no_words(scene: Scene) -> None:
    page = signed_in(desk_reviewer(auditor=True)).get(f"{message(scene)}change/").text
    assert "550" in page
    assert "Some words." not in page
    assert (
        "Some words." in signed_in(desk_reviewer(support=True)).get(f"{message(scene)}change/").text
    )


def test_help_answers_are_read(scene: Scene) -> None:
    client = signed_in(desk_reviewer(support=True))
    assert "Too short by far" in client.get("/admin/portals/helpfeedback/").text
    assert "Too short by far" in client.get("/admin/portals/helpfeedback/?helpful=0").text
    assert "Too short by far" not in client.get("/admin/portals/helpfeedback/?helpful=1").text


@pytest.mark.parametrize("group", GROUPS)
def test_the_desk_offers_what_opens(scene: Scene, group: str) -> None:
    client = signed_in(desk_reviewer(**GROUPS[group]))
    start = client.get("/admin/")
    offered = [model["admin_url"] for app in start.context["app_list"] for model in app["models"]]
    assert offered
    assert {client.get(url).status_code for url in offered} == {200}


# How groups get their rights ----------------------------------------------------------------------
# What the command gave to its two groups before auditors and support came.
BEFORE = (
    "view_identitycheck", "decide_identitycheck", "view_organization", "supervise_organization",
    "view_roleapplication", "decide_roleapplication", "view_applicationline",
    "view_applicationmessage", "view_approvedrole", "view_role", "view_servicecategory",
    "view_event",
)  # fmt: skip
OF_LEADS_BEFORE = (*BEFORE, "view_message", "change_message")


def rights(group: Group) -> set[str]:
    rows = group.permissions.values_list("content_type__app_label", "codename")
    return {f"{app}.{codename}" for app, codename in rows}


@pytest.fixture
def update() -> Callable[[], None]:
    """What the update does to a database in which none of the new rights has a row yet."""
    migration = import_module("partnerhub.portals.migrations.0002_desk_groups")
    new = [label.rpartition(".")[2] for label in (*migration.OF_LEADS, *migration.OF_REVIEWERS)]
    kept = ("view_markedaddress", "change_markedaddress", "assign_category", "move_shipment")
    Permission.objects.filter(codename__in=set(new) - set(kept)).delete()
    state = MigrationLoader(connection).project_state(("portals", "0002_desk_groups"))
    return lambda: migration.change(state.apps, None)


def old_group(name: str, codenames: tuple[str, ...]) -> Group:
    group = Group.objects.create(name=name)
    group.permissions.set(Permission.objects.filter(codename__in=codenames))
    return group


def test_an_update_brings_new_rights_to_groups_that_are_there(update: Callable[[], None]) -> None:
    """An old database: two groups as an older command made them, a third of the operator's."""
    reviewers = old_group("Reviewers", BEFORE)
    inventory = old_group("Inventory desk", BEFORE)
    leads = old_group("Lead reviewers", OF_LEADS_BEFORE)
    clerks = old_group("Accountants", ("view_organization",))
    update()
    assert rights(reviewers) == rights(inventory) == set(PERMISSIONS["Reviewers"])
    assert rights(leads) == set(PERMISSIONS["Lead reviewers"])
    assert rights(clerks) == {"accounts.view_organization"}
    before = rights(leads)
    update()
    assert rights(leads) == before


def test_an_update_and_a_command_leave_what_was_set_by_hand(update: Callable[[], None]) -> None:
    reviewers = old_group("Reviewers", (*BEFORE, "change_markedaddress"))
    leads = old_group("Lead reviewers", OF_LEADS_BEFORE)
    leads.permissions.remove(*Permission.objects.filter(codename="decide_identitycheck"))
    update()
    desk_reviewer(lead=True)
    assert rights(reviewers) == {*PERMISSIONS["Reviewers"], "outbox.change_markedaddress"}
    assert rights(leads) == set(PERMISSIONS["Lead reviewers"]) - {"accounts.decide_identitycheck"}


def test_the_command_moves_a_person_between_the_desks_own_groups_alone() -> None:
    user = desk_reviewer(support=True)
    user.groups.add(Group.objects.create(name="Night shift"))
    user.user_permissions.add(Permission.objects.get(codename="view_document_event"))
    for part, names in (
        ({"auditor": True}, {"Auditors"}),
        ({"lead": True}, {"Reviewers", "Lead reviewers"}),
        ({}, {"Reviewers"}),
    ):
        user = desk_reviewer(user, **part)
        assert {group.name for group in user.groups.all()} == {*names, "Night shift"}
        assert user.user_permissions.count() == 1
    with pytest.raises(CommandError):
        call_command("make_reviewer", user.email, group="Support")
