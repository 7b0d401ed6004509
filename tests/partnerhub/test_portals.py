"""The front page, the portals' homes with their checklists, and User Permissions."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver, reverse

from accounts.invitations.pages import pending_for
from core import clock
from core.web.formats import day, ending
from partnerhub.portals import checklists
from partnerhub.portals.navigation import ENTRIES
from tests.factories import accounts as make
from tests.factories import connections as connect
from tests.factories import roles
from tests.factories import supplychain as ship
from tests.factories.invitations import employee as employee_invitation
from tests.support import signed_in

pytestmark = pytest.mark.django_db


def states(steps):
    return [step.state for step in steps]


def test_front_page_says_what_it_is(client):
    text = client.get("/").text
    for name in ("seller-register", "provider-register", "supplier-register", "account_signup"):
        assert reverse(name) in text


def test_only_account_opens_at_once():
    seller = make.organization("seller")
    response = signed_in(make.administrator(seller)).get("/")
    assert response["Location"] == reverse("seller:home", args=[seller.handle])


def test_chooser_shows_accounts_clients_and_invitations():
    connection = connect.connection(make.organization("seller"), make.organization("provider"))
    user = make.administrator(connection.provider)
    text = signed_in(user).get("/").text
    assert connection.provider.name in text
    assert reverse("seller:home", args=[connection.seller.handle]) in text


@pytest.mark.both
def test_clients_are_searched_by_name():
    connection = connect.connection(make.organization("seller"), make.organization("provider"))
    client = signed_in(make.administrator(connection.provider))
    assert connection.seller.handle in client.get("/", {"client": connection.seller.name}).text
    assert connection.seller.handle not in client.get("/", {"client": "no such seller"}).text


def test_newcomer_is_led_to_registration():
    assert reverse("start") in signed_in(make.person()).get("/").text


@pytest.mark.parametrize(
    ("kind", "name"), [("seller", "seller"), ("provider", "provider"), ("supplier", "supply")]
)
def test_home_opens_for_members_only(kind, name):
    organization = make.organization(kind)
    address = reverse(f"{name}:home", args=[organization.handle])
    assert signed_in(make.administrator(organization)).get(address).status_code == 200
    assert signed_in(make.member(organization)).get(address).status_code == 200
    assert signed_in(make.person()).get(address).status_code == 404


def test_delegate_goes_straight_to_the_shipments():
    connection = connect.connection(make.organization("seller"), make.organization("provider"))
    user = make.administrator(connection.provider)
    address = reverse("seller:home", args=[connection.seller.handle])
    response = signed_in(user).get(address, follow=True)
    assert response.redirect_chain[0][0] == reverse(
        "seller:shipments", args=[connection.seller.handle]
    )
    assert "Acting for" in response.text


def test_provider_checklist_follows_the_phases():
    provider = make.organization("provider", status="draft", activated_at=None)
    user = make.administrator(provider, identified=False)
    assert states(checklists.provider_steps(user, provider))[:3] == ["current", "todo", "todo"]
    make.identity(user)
    provider.status = "active"
    provider.save()
    steps = checklists.provider_steps(user, provider)
    assert states(steps)[:4] == ["done", "done", "current", "todo"]
    roles.submitted(provider)
    assert states(checklists.provider_steps(user, provider))[2:4] == ["done", "waiting"]
    connect.approved(provider)
    steps = checklists.provider_steps(user, provider)
    assert states(steps)[3] == "done"
    assert states(steps)[5:] == ["waiting", "todo", "todo", "todo"]
    link = connect.partner_link(make.organization("seller"), provider)
    steps = checklists.provider_steps(user, provider)
    assert states(steps)[5:] == ["done", "current", "todo", "todo"]
    assert str(link.public_id) in steps[6].button["url"]


def home(user, organization, name):
    """The text of this person's home."""
    return signed_in(user).get(reverse(f"{name}:home", args=[organization.handle])).text


def test_a_question_is_no_approval_and_says_when_the_application_lapses():
    provider = make.organization("provider")
    user = make.administrator(provider)
    connect.approved(provider)
    row = roles.application(provider, {"orders.returns": "edit"}, "information_requested")
    assert states(checklists.provider_steps(user, provider))[3] == "current"
    text = home(user, provider, "provider")
    assert "Answer the reviewer&#x27;s question: Orders" in text
    assert f"Without an answer the application lapses on {ending(row.answer_due_at)}." in text
    assert text.index("application lapses on") < text.index("From registration")


def test_what_ends_stands_on_both_homes_and_finished_lists_go():
    seller, boss, provider, user = connect.pair()
    row = connect.connection(seller, provider)
    row.ends_at = clock.now() + timedelta(days=22)
    row.save()
    roles.decided(provider, {"orders.returns": "edit"})
    soon = clock.now() + timedelta(days=5)
    connect.approved(provider, expires_at=soon)
    text = home(user, provider, "provider")
    assert "1 approved role ends" in text
    assert f"Your connection with {seller.name} ends on {day(row.ends_at)}" in text
    assert text.index("approved role ends") < text.index("Your connection with")
    assert "From registration to your first client" not in text
    text = home(boss, seller, "seller")
    assert f"Your connection with {provider.name} ends on {day(row.ends_at)}" in text
    assert "Let a solution provider help you" not in text


def test_one_task_stands_once_on_the_home():
    seller, boss, provider, user = connect.pair()
    connect.approved(provider)
    link = connect.partner_link(seller, provider)
    assert home(user, provider, "provider").count(str(link.public_id)) == 1
    row = connect.invitation(seller, make.organization("provider"))
    assert home(boss, seller, "seller").count(str(row.public_id)) == 1


def test_home_without_anything_to_do_says_so():
    seller, _boss, provider, user = connect.pair()
    connect.connection(seller, provider)
    roles.decided(provider, {"orders.returns": "edit"})
    text = home(user, provider, "provider")
    assert "Nothing waits for you" in text
    assert '<b class="stat-value">1</b>' in text


def test_an_employee_reads_their_own_way_and_what_they_wait_for():
    seller, _boss, provider, administrator = connect.pair()
    employee = make.member(provider)
    row = connect.connection(seller, provider)
    grant = row.grants.get()
    steps = checklists.provider_steps(administrator, provider)
    assert (steps[-1].title, steps[-1].state) == ("Assign your employees to the client", "current")
    text = home(employee, provider, "provider")
    assert "You wait for your administrators" in text
    assert "Role applications" not in text.partition("<main")[2]
    connect.assigned(employee, grant, "view")
    make.identity(employee)
    text = home(employee, provider, "provider")
    assert reverse("provider:clients", args=[provider.handle]) in text.partition("<main")[2]
    assert checklists.provider_steps(administrator, provider)[-1].state == "done"


def test_invitations_that_did_not_arrive_stand_on_the_home():
    scene = employee_invitation("provider", status="undeliverable")
    text = home(scene.inviter, scene.row.organization, "provider")
    assert f"The invitation to {scene.row.address} did not arrive" in text


def test_the_day_of_a_shipment_stands_first_for_its_supplier():
    seller, _boss = ship.seller()
    supplier, sam = ship.supplier()
    ship.connected(seller, supplier)
    row = ship.share(ship.shipment(seller, ship_date=clock.today(seller.zone)), supplier)
    assert f"{row.shipment.shipment_id} is to leave on" in home(sam, supplier, "supply")


def test_seller_checklist_knows_whose_turn_it_is():
    seller, provider = make.organization("seller"), make.organization("provider")
    assert states(checklists.seller_steps(seller)) == ["current", "todo", "todo", "todo"]
    connect.partner_link(seller, provider)
    assert states(checklists.seller_steps(seller)) == ["done", "current", "waiting", "todo"]
    connect.invitation(seller, provider)
    assert states(checklists.seller_steps(seller))[2:] == ["done", "current"]
    connect.connection(make.organization("seller"), provider)
    connect.connection(seller, make.organization("provider"))
    assert states(checklists.seller_steps(seller))[0] == "done"


def test_supply_checklists_end_with_the_shared_shipment():
    seller, _ = ship.seller()
    supplier, _ = ship.supplier()
    assert states(checklists.seller_supply_steps(seller)) == ["current", "todo", "current", "todo"]
    assert states(checklists.supplier_steps(supplier)) == ["current", "todo", "todo"]
    ship.connected(seller, supplier)
    share = ship.share(ship.shipment(seller), supplier)
    assert states(checklists.seller_supply_steps(seller)) == ["done"] * 4
    steps = checklists.supplier_steps(supplier)
    assert states(steps) == ["done", "done", "current"]
    assert str(share.public_id) in steps[2].button["url"]


def test_user_permissions_carries_the_labels_of_the_sources(settings):
    seller = make.organization("seller")
    client = signed_in(make.administrator(seller))
    text = client.get(reverse("seller:permissions", args=[seller.handle])).text
    for label in (
        "User Permissions",
        "Authorized Partners",
        "Add authorized partner",
        "Open Invitations",
        f"{settings.MARKETPLACE_NAME} Supply Chain Connect Permissions",
        "Send invitation",
    ):
        assert label in text


def test_user_permissions_is_for_administrators():
    seller = make.organization("seller")
    address = reverse("seller:permissions", args=[seller.handle])
    assert signed_in(make.member(seller)).get(address).status_code == 403


def names_in(portal):
    """The name of each address in this portal, as the side bar reads it."""
    [part] = [one for one in get_resolver().url_patterns if getattr(one, "namespace", "") == portal]
    waiting, found = list(part.url_patterns), []
    while waiting:
        one = waiting.pop()
        waiting += getattr(one, "url_patterns", [])
        found += [one.name] if getattr(one, "name", "") else []
    assert len(found) > 20
    return found


@pytest.mark.parametrize("portal", ENTRIES)
def test_every_page_lights_up_one_entry_of_the_menu(portal):
    """But leaving, which belongs to no page of the account."""
    for name in names_in(portal):
        if name == "leave":
            continue
        name = f"employee-{name}" if name.startswith("invite-") else name
        lit = [one.label for one in ENTRIES[portal] if one.lights(name)]
        assert len(lit) == 1, (name, lit)


def test_inviting_several_employees_stands_under_employees():
    provider = make.organization("provider")
    address = reverse("provider:invite-start", args=[provider.handle, "employee"])
    text = signed_in(make.administrator(provider)).get(address).text
    [lit] = re.findall(r'<a[^>]*aria-current="page"[^>]*>(.*?)</a>', text, re.DOTALL)
    assert "Employees" in lit


def test_navigation_shows_what_would_open():
    seller = make.organization("seller")
    home = reverse("seller:home", args=[seller.handle])
    permissions = reverse("seller:permissions", args=[seller.handle])
    assert permissions in signed_in(make.administrator(seller)).get(home).text
    assert permissions not in signed_in(make.member(seller)).get(home).text


def test_what_waits_stands_on_the_home_page():
    seller, provider = make.organization("seller"), make.organization("provider")
    admin = make.administrator(seller)
    connect.invitation(seller, provider)
    assert len(pending_for(admin)) == 1
    text = signed_in(admin).get(reverse("seller:home", args=[seller.handle])).text
    assert f"{provider.name} waits for your answer." in text


def test_permissions_page_costs_the_same_with_more_rows(django_assert_max_num_queries):
    seller = make.organization("seller")
    client = signed_in(make.administrator(seller))
    address = reverse("seller:permissions", args=[seller.handle])
    for _ in range(3):
        connect.connection(seller, make.organization("provider"))
        connect.invitation(seller, make.organization("provider"))
        ship.connected(seller, ship.supplier()[0])
    with django_assert_max_num_queries(20) as few:
        client.get(address)
    for _ in range(5):
        connect.connection(seller, make.organization("provider"))
        connect.invitation(seller, make.organization("provider"))
        ship.connected(seller, ship.supplier()[0])
    with django_assert_max_num_queries(len(few)):
        client.get(address)


def test_delegate_whose_roles_open_no_page_reads_which_they_are():
    seller, provider = make.organization("seller"), make.organization("provider")
    connect.connection(seller, provider, {"inventory.manage": "view"})
    response = signed_in(make.administrator(provider)).get(
        reverse("seller:home", args=[seller.handle])
    )
    assert response.status_code == 200
    assert "Manage Inventory/Add a Product" in response.text
    assert reverse("seller:shipments", args=[seller.handle]) not in response.text


@pytest.mark.parametrize(
    ("kind", "name", "most"), [("provider", "provider", 40), ("seller", "seller", 36)]
)
def test_a_home_takes_as_many_queries_for_one_as_for_six(kind, name, most):
    organization = make.organization(kind)
    user = make.administrator(organization)
    other = {"provider": "seller", "seller": "provider"}[kind]

    client = signed_in(user)
    address = reverse(f"{name}:home", args=[organization.handle])

    def counted():
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        return len(queries)

    def ends_soon():
        pair = {kind: organization, other: make.organization(other)}
        row = connect.connection(**pair)
        row.ends_at = clock.now() + timedelta(days=9)
        row.save()

    ends_soon()
    counted()  # The first page of a process reads catalogue and sites.
    one = counted()
    for _ in range(5):
        ends_soon()
    assert counted() == one <= most
