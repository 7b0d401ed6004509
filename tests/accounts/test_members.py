"""Members of an organization: role, rights, suspension, the end, and never without somebody in
charge (U17, U19, U31, A9, A11)."""

import pytest
from django.core.exceptions import ValidationError

from accounts import portals
from accounts.models import Membership, MembershipRight, Organization
from accounts.permissions import RIGHTS
from accounts.signals import member_removed
from accounts.tenancy import rights_of
from core.audit.models import Event
from core.object_permissions import grant
from tests.factories.accounts import administrator, member, organization, person
from tests.support import drain, nothing_changes, signed_in

pytestmark = pytest.mark.django_db
KINDS = ["provider", "seller", "supplier"]


@pytest.fixture(params=KINDS)
def firm(request):
    """An organization of each kind in turn."""
    return organization(request.param)


def row_of(user, firm):
    """The person's newest membership."""
    return Membership.objects.filter(user=user, organization=firm).latest("id")


def post(client, firm, name, user, **values):
    """Press a button on the page of a member."""
    return client.post(portals.page(firm, name, row_of(user, firm).public_id), values)


def events(user, firm, verb):
    """How often this stands in the history of the membership."""
    return Event.objects.filter(
        object_id=str(row_of(user, firm).public_id), verb=f"membership.{verb}"
    ).count()


# Role and rights -------------------------------------------------------------------------------
def test_changing_role_and_rights_is_history_and_mailed(firm):
    """U12, U31, I20: one event, one mail, at once in force."""
    worker = member(firm)
    client = signed_in(administrator(firm))
    response = post(client, firm, "member", worker, role="administrator")
    assert response.url == portals.members_page(firm)
    assert row_of(worker, firm).is_administrator
    assert events(worker, firm, "role_changed") == 1
    [letter] = drain()
    assert letter.to == [worker.email]
    assert "Administrator" in letter.body
    assert signed_in(worker).get(portals.members_page(firm)).status_code == 200


@pytest.mark.parametrize(
    ("kind", "rights", "held"),
    [
        ("seller", ["shipments_edit", "history_view"], 3),
        ("seller", ["shipments_view"], 1),
        ("supplier", ["shares_edit"], 1),
    ],
)
def test_rights_are_exactly_what_was_chosen(kind, rights, held):
    """N8: guardian holds what was assigned by hand; saving the same again writes nothing."""
    firm = organization(kind)
    worker, client = member(firm), signed_in(administrator(firm))
    post(client, firm, "member", worker, role="employee", rights=rights)
    assert len(rights_of(worker, firm)) == held
    with nothing_changes():
        post(client, firm, "member", worker, role="employee", rights=rights)
    post(client, firm, "member", worker, role="employee", rights=[])
    assert rights_of(worker, firm) == set()
    assert events(worker, firm, "rights_changed") == 2


def test_a_right_of_another_kind_is_refused_at_its_field():
    """A3: 422, nothing given."""
    firm = organization("supplier")
    worker, client = member(firm), signed_in(administrator(firm))
    with nothing_changes():
        page = post(client, firm, "member", worker, role="employee", rights=["shipments_edit"])
    assert page.status_code == 422


def test_rights_do_not_outlive_the_role():
    """Promoted and demoted again: only what is chosen then."""
    firm = organization("seller")
    worker, client = member(firm), signed_in(administrator(firm))
    post(client, firm, "member", worker, role="employee", rights=["shipments_edit"])
    post(client, firm, "member", worker, role="administrator", rights=["shipments_edit"])
    assert MembershipRight.objects.count() == 0
    post(client, firm, "member", worker, role="employee", rights=[])
    assert rights_of(worker, firm) == set()


def test_a_form_made_from_an_older_state_loses_nothing():
    """C9: two administrators edit the same member; the second is told."""
    firm = organization("seller")
    worker, first, second = member(firm), administrator(firm), administrator(firm)
    seen = signed_in(second).get(portals.page(firm, "member", row_of(worker, firm).public_id))
    stale = seen.context["form"].initial["seen"]
    post(signed_in(first), firm, "member", worker, role="employee", rights=["history_view"])
    client = signed_in(second)
    with nothing_changes():
        page = post(client, firm, "member", worker, role="administrator", seen=stale)
    assert page.status_code == 409


# Suspension and the end ------------------------------------------------------------------------
def test_suspension_counts_on_the_next_request_and_can_be_lifted(firm):
    """A5: out at once, back as before, both told."""
    worker, client = administrator(firm), signed_in(administrator(firm))
    window, page = signed_in(worker), portals.members_page(firm)
    assert window.get(page).status_code == 200
    post(client, firm, "member-suspend", worker)
    assert window.get(page).status_code == 404
    post(client, firm, "member-resume", worker)
    assert window.get(page).status_code == 200
    assert [letter.to for letter in drain()] == [[worker.email]] * 2
    assert events(worker, firm, "suspended") == events(worker, firm, "resumed") == 1


def test_removal_ends_access_here_and_nowhere_else(firm):
    """U19, A5, A11: every open session ends at once; other accounts stay the person's."""
    worker, client = administrator(firm), signed_in(administrator(firm))
    elsewhere = organization("provider")
    administrator(elsewhere, worker, identified=False)
    window = signed_in(worker)
    response = post(client, firm, "member-remove", worker)
    assert response.url == portals.members_page(firm)
    assert window.get("/notifications/")["Location"].startswith("/accounts/login/")
    worker.refresh_from_db()
    window = signed_in(worker)
    assert window.get(portals.members_page(firm)).status_code == 404
    assert window.get(portals.members_page(elsewhere)).status_code == 200
    assert events(worker, firm, "removed") == 1
    [letter] = drain()
    assert letter.to == [worker.email]
    assert (
        client.get(portals.page(firm, "member", row_of(worker, firm).public_id)).status_code == 404
    )


def test_removal_asks_first():
    """What cannot be undone has a page of its own that says what is lost."""
    firm = organization("provider")
    worker, client = member(firm), signed_in(administrator(firm))
    with nothing_changes():
        page = client.get(portals.page(firm, "member-remove", row_of(worker, firm).public_id))
    assert "ends at once" in page.content.decode()


def test_coming_back_revives_no_right(client):
    """A11: removed and invited again: the old rights are gone for good."""
    firm = organization("seller")
    worker, boss = member(firm), signed_in(administrator(firm))
    post(boss, firm, "member", worker, role="employee", rights=["shipments_edit"])
    post(boss, firm, "member-remove", worker)
    assert MembershipRight.objects.count() == 0
    member(firm, user=worker)
    assert rights_of(worker, firm) == set()


def test_upper_apps_hear_of_a_removal_inside_its_transaction(monkeypatch):
    """When a listener cannot take back what it assigned, nobody is removed."""
    firm = organization("provider")
    worker, client = member(firm), signed_in(administrator(firm))

    def fail(**kwargs):
        raise RuntimeError("cannot take back")

    member_removed.connect(fail)
    try:
        with nothing_changes(), pytest.raises(RuntimeError):
            post(client, firm, "member-remove", worker)
    finally:
        member_removed.disconnect(fail)
    heard = []
    listener = lambda membership, by, **kwargs: heard.append((membership.user, by))  # noqa: E731
    member_removed.connect(listener)
    try:
        post(client, firm, "member-remove", worker)
    finally:
        member_removed.disconnect(listener)
    assert heard[0][0] == worker


def test_leaving_is_told_to_the_administrators(firm):
    """I19: every member may leave; nobody asks why."""
    worker, boss = member(firm), administrator(firm)
    client = signed_in(worker)
    assert client.get(portals.page(firm, "leave")).status_code == 200
    assert client.post(portals.page(firm, "leave")).url == "/"
    assert row_of(worker, firm).status == "removed"
    assert events(worker, firm, "left") == 1
    assert [letter.to for letter in drain()] == [[boss.email]]
    assert client.get(portals.page(firm, "leave")).status_code == 404


# Never without an administrator ----------------------------------------------------------------
def test_the_last_administrator_stays_by_every_path(firm):
    """A9, N5: demote, leave, hand over to a suspended one: refused with the reason."""
    boss, worker = administrator(firm), member(firm)
    Membership.objects.filter(user=worker).update(status="suspended")
    client = signed_in(boss)
    with nothing_changes():
        page = post(client, firm, "member", boss, role="employee")
        assert page.status_code == 422
        assert "only administrator" in page.content.decode()
        page = client.post(portals.page(firm, "leave"))
        assert page.status_code == 409
        assert "only administrator" in page.content.decode()
        assert post(client, firm, "member-hand-over", worker).status_code == 409


def test_a_suspended_administrator_does_not_count(firm):
    """A9: who cannot act cannot be the one who stays."""
    boss, second = administrator(firm), administrator(firm)
    client = signed_in(boss)
    post(client, firm, "member-suspend", second)
    with nothing_changes():
        assert client.post(portals.page(firm, "leave")).status_code == 409


def test_an_inactive_person_does_not_count(firm):
    """A9: a deactivated account is no administrator."""
    boss, second = administrator(firm), administrator(firm)
    type(second).objects.filter(pk=second.pk).update(is_active=False)
    client = signed_in(boss)
    with nothing_changes():
        assert client.post(portals.page(firm, "leave")).status_code == 409


def test_handing_over_makes_one_and_unmakes_the_other(firm):
    """U31: in one step, both in history."""
    boss, heir = administrator(firm), member(firm)
    client = signed_in(boss)
    with nothing_changes():
        page = client.get(portals.page(firm, "member-hand-over", row_of(heir, firm).public_id))
        assert page.status_code == 200
    assert post(client, firm, "member-hand-over", heir).status_code == 302
    assert row_of(heir, firm).is_administrator
    assert not row_of(boss, firm).is_administrator
    assert events(heir, firm, "role_changed") == events(boss, firm, "role_changed") == 1
    assert client.get(portals.members_page(firm)).status_code == 403


@pytest.mark.parametrize("name", ["member-suspend", "member-remove", "member-hand-over"])
def test_nobody_does_it_to_themselves(name):
    """Leaving is the way; an administrator who locks themselves out helps nobody."""
    firm = organization("provider")
    boss, _ = administrator(firm), administrator(firm)
    client = signed_in(boss)
    with nothing_changes():
        assert post(client, firm, name, boss).status_code == 403


# Who may ---------------------------------------------------------------------------------------
NAMES = ["member", "member-suspend", "member-resume", "member-remove", "member-hand-over"]


@pytest.mark.parametrize("name", NAMES)
def test_only_administrators_of_this_account_change_members(firm, name):
    """A1, A2, A3: employees 403, everybody else 404, whatever they send."""
    worker = member(firm)
    boss = administrator(firm)
    rival_firm = organization(firm.kind)
    rival = administrator(rival_firm)
    clients = {signed_in(member(firm)): 403, signed_in(rival): 404, signed_in(person()): 404}
    inside = signed_in(rival)
    values = {"role": "administrator"}
    with nothing_changes():
        for client, status in clients.items():
            for user in (worker, boss):
                assert post(client, firm, name, user, **values).status_code == status
        borrowed = portals.page(rival_firm, name, row_of(worker, firm).public_id)
        assert inside.post(borrowed, values).status_code == 404
        assert inside.get(borrowed).status_code in (404, 405)


def test_an_account_that_is_not_active_changes_nobody(firm):
    """A suspended account is read only."""
    worker, client = member(firm), signed_in(administrator(firm))
    type(firm).objects.filter(pk=firm.pk).update(status="suspended")
    with nothing_changes():
        assert post(client, firm, "member-remove", worker).status_code == 403


def test_every_right_that_is_offered_can_be_stored():
    offered = {code for rights in RIGHTS.values() for code in rights}
    assert offered == MembershipRight.allowed
    assert offered <= {codename for codename, _ in Organization._meta.permissions}


def test_rights_are_written_through_the_closed_list():
    """N8: no codename beyond the list reaches guardian's table."""
    firm = organization("seller")
    with pytest.raises(ValidationError):
        grant(MembershipRight, user=member(firm), codename="supervise_organization", obj=firm)


@pytest.mark.parametrize("name", ["member-suspend", "member-resume"])
def test_buttons_are_posts(name):
    """No state changes by looking."""
    firm = organization("provider")
    worker, client = member(firm), signed_in(administrator(firm))
    with nothing_changes():
        url = portals.page(firm, name, row_of(worker, firm).public_id)
        assert client.get(url).status_code == 405
