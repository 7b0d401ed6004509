"""Opening accounts: by kind, one per business, drafts that become active by themselves."""

import pytest
from django.test import Client

from accounts.models import Membership, Organization
from accounts.transitions.organizations import AlreadyRegistered, activate_organization
from core.audit.models import Event
from core.notifications.models import Notification
from tests.factories.accounts import administrator, identity, member, organization, person
from tests.support import drain, nothing_changes, signed_in

pytestmark = pytest.mark.django_db

EIN = "12-3456789"
KEY = "US:123456789"
PROVIDER = {"name": "Blue Harbor Ltd", "country": "US", "registration_number": EIN}


def register(who, kind="provider", **changes):
    """Post the form of this kind, as a person or with a client that is signed in."""
    client = who if isinstance(who, Client) else signed_in(who)
    data = {
        "provider": PROVIDER,
        "seller": {"name": "Green Hill Shop", "country": "DE"},
        "supplier": {"name": "Red Mill", "country": "FR", "supplier_kind": "manufacturer"},
    }[kind]
    return client.post(f"/start/{kind}/", data | changes)


def test_everybody_can_see_what_each_kind_is_for():
    page = Client().get("/start/")
    text = page.content.decode()
    assert page.status_code == 200
    for words in (
        "Solution provider",
        "Seller",
        "Supplier",
        "/start/provider/",
        "/start/supplier/",
    ):
        assert words in text


def test_opening_an_account_asks_to_sign_in_and_comes_back():
    page = Client().get("/start/seller/")
    assert (page.status_code, page.url) == (302, "/accounts/login/?next=/start/seller/")


@pytest.mark.parametrize("kind", ["seller", "supplier"])
def test_sellers_and_suppliers_are_active_at_once(kind):
    user = person()
    page = register(user, kind)
    made = Organization.objects.get()
    portal = {"seller": "seller", "supplier": "supply"}[kind]
    assert (page.status_code, page.url) == (302, f"/{portal}/{made.handle}/")
    assert (made.kind, made.status, made.created_by) == (kind, "active", user)
    assert made.activated_at
    assert made.name_skeleton
    membership = Membership.objects.get(organization=made)
    assert (membership.user, membership.role, membership.status) == (
        user,
        "administrator",
        "active",
    )
    assert Event.objects.get().verb == "organization.registered"
    (mail,) = drain()
    assert mail.to == [user.email]
    assert "active" in mail.subject
    assert f"http://localhost/{portal}/{made.handle}/" in mail.body
    assert Notification.objects.get(user=user).path == f"/{portal}/{made.handle}/"


def test_a_provider_is_a_draft_until_its_administrator_is_identified():
    user = person()
    page = register(user)
    made = Organization.objects.get()
    assert page.url == f"/start/drafts/{made.public_id}/"
    assert (made.status, made.business_key, made.registration_number) == ("draft", KEY, EIN)
    assert drain() == []
    draft = signed_in(user).get(page.url).content.decode()
    assert "Verify identity" in draft
    assert "/identity/" in draft


def test_a_provider_of_an_identified_person_is_active_at_once():
    user = person()
    identity(user)
    page = register(user)
    made = Organization.objects.get()
    assert made.status == "active"
    assert page.url == f"/provider/{made.handle}/"
    assert [event.verb for event in Event.objects.order_by("id")] == [
        "organization.registered",
        "organization.activated",
    ]
    assert "active" in drain()[0].subject


@pytest.mark.parametrize("status", ["active", "suspended"])
@pytest.mark.both
def test_a_business_with_an_account_gets_no_second_one(status):
    organization(
        "provider", "Secret Name Inc", business_key=KEY, registration_number=EIN, status=status
    )
    client = signed_in(person())
    with nothing_changes():
        page = register(client, registration_number="123456789")
    text = page.content.decode()
    assert page.status_code == 409
    assert "Your company already has an account" in text
    assert "support@partnerhub.example" in text
    assert "Secret Name" not in text


@pytest.mark.parametrize("status", ["draft", "closed"])
def test_drafts_and_closed_accounts_block_nobody(status):
    activated = {"activated_at": None} if status == "draft" else {}
    organization("provider", business_key=KEY, status=status, **activated)
    assert register(person()).status_code == 302
    assert Organization.objects.filter(business_key=KEY).count() == 2


def test_the_same_number_in_another_country_is_another_business():
    organization("provider", business_key=KEY)
    page = register(person(), country="KR", registration_number="116-82-00276")
    assert page.status_code == 302


@pytest.mark.parametrize(
    ("kind", "field", "value", "words"),
    [
        ("provider", "registration_number", "12", "not a valid number"),
        ("provider", "registration_number", "", "required"),
        ("provider", "registration_number", "12\x003456789", "Null characters"),
        ("provider", "country", "XX", "valid choice"),
        ("provider", "name", "", "required"),
        ("seller", "name", "visit https://x.example", ""),
        ("seller", "country", "", "required"),
        ("supplier", "supplier_kind", "pirate", "valid choice"),
        ("supplier", "supplier_kind", "", "required"),
    ],
)
def test_what_is_wrong_stands_at_the_field_and_the_rest_stays(kind, field, value, words):
    client = signed_in(person())
    with nothing_changes():
        page = register(client, kind, **{field: value})
    form = page.context["form"]
    assert page.status_code == 422
    assert words in str(form.errors[field])
    kept = "country" if field != "country" else "name"
    assert form[kept].value()
    assert f'id="id_{field}_error"' in page.content.decode()


def test_the_form_says_which_number_the_country_has():
    client = signed_in(person())
    assert "EIN" in client.get("/start/provider/hint/?country=US").content.decode()
    assert "depends" in client.get("/start/provider/hint/?country=zz").content.decode()
    assert "EIN" in register(person(), registration_number="1").content.decode()


def test_an_unproved_address_opens_nothing():
    client = signed_in(person(verified=False))
    with nothing_changes():
        assert register(client, "seller").status_code == 403


def test_a_person_has_at_most_three_drafts():
    user = person()
    for name, number in (("Oak", "12-3456781"), ("Elm", "12-3456782"), ("Ash", "12-3456783")):
        assert register(user, name=name, registration_number=number).status_code == 302
    page = register(user, name="One more", registration_number="12-3456784")
    assert page.status_code == 422
    assert "3 solution provider drafts" in page.content.decode()


def test_a_person_opens_at_most_five_accounts_a_day():
    client = signed_in(person())
    for number in range(5):
        assert register(client, "seller", name=f"Shop {number}").status_code == 302
    with nothing_changes():
        assert register(client, "seller", name="Shop six").status_code == 429
    assert register(person(), "seller", name="Shop six").status_code == 302


@pytest.mark.both
def test_sending_the_form_twice_opens_one_account():
    user = person()
    assert register(user, "seller").status_code == 302
    page = register(user, "seller")
    assert page.status_code == 422
    assert "already" in str(page.context["form"].errors["name"])
    assert Organization.objects.count() == 1


@pytest.mark.both
def test_handles_differ_when_names_do_not():
    handles = {
        register(person(), "seller").url,
        register(person(), "seller").url,
        register(person(), "seller").url,
    }
    assert len(handles) == 3


def test_asking_to_join_reaches_the_administrators_once_a_day():
    firm = organization("provider", "Secret Name Inc", business_key=KEY)
    boss = administrator(firm)
    asker = person("Kim Asker")
    client = signed_in(asker)
    refused = register(client).content.decode()
    assert 'action="/start/provider/ask/"' in refused
    number = {"country": "US", "registration_number": EIN}
    for _ in range(2):
        page = client.post("/start/provider/ask/", number, follow=True)
        assert "Secret Name" not in page.content.decode()
    (mail,) = drain()
    assert mail.to == [boss.email]
    told = Notification.objects.get()
    for words in (mail.body, told.title):  # where an address is no link
        assert f"Kim Asker ({asker.email}) asks to join" in words.replace("\u2060", "")
    assert told.path == f"/provider/{firm.handle}/employees/"
    assert f"http://localhost/provider/{firm.handle}/employees/" in mail.body
    assert Event.objects.get().verb == "organization.join_asked"


@pytest.mark.parametrize("number", ["98-7654321", "nonsense", "", "1\x002"])
def test_asking_to_join_tells_nothing(number):
    organization("provider", business_key=KEY)
    client = signed_in(person())
    data = {"country": "US", "registration_number": number}
    with nothing_changes():
        page = client.post("/start/provider/ask/", data)
    assert (page.status_code, page.url) == (302, "/start/")


def test_asking_to_join_has_a_limit():
    numbers = [f"12-345678{digit}" for digit in range(1, 7)]
    for number in numbers:
        administrator(organization("provider", business_key=f"US:{number.replace('-', '')}"))
    client = signed_in(person())
    data = [{"country": "US", "registration_number": number} for number in numbers]
    assert [client.post("/start/provider/ask/", row).status_code for row in data] == [302] * 5 + [
        429
    ]
    assert (
        signed_in(person(verified=False)).post("/start/provider/ask/", data[0]).status_code == 403
    )


def test_a_draft_is_for_its_administrators_only():
    owner = person()
    url = register(owner).url
    made = Organization.objects.get()
    colleague = member(made)
    for stranger in (person(), colleague):
        client = signed_in(stranger)
        assert client.get(url).status_code == 404
        with nothing_changes():
            assert client.post(f"{url}activate/").status_code == 404
            assert client.post(f"{url}close/").status_code == 404


def test_a_draft_cannot_be_activated_without_an_identity():
    owner = person()
    url = register(owner).url
    client = signed_in(owner)
    with nothing_changes():
        assert client.post(f"{url}activate/").status_code == 403


@pytest.mark.both
def test_the_loser_of_the_race_reads_what_happened_and_can_close_or_try_again():
    owner = person()
    url = register(owner).url
    identity(owner)
    winner = organization("provider", "Winner Inc", business_key=KEY)
    client = signed_in(owner)
    page = client.get(url).content.decode()
    assert "already has an account" in page
    assert "Activate it now" not in page
    with nothing_changes():
        refused = client.post(f"{url}activate/")
    assert refused.status_code == 409
    assert "Winner" not in refused.content.decode()

    Organization.objects.filter(pk=winner.pk).update(status="closed")
    assert "Activate it now" in client.get(url).content.decode()
    assert client.post(f"{url}activate/").status_code == 302
    assert Organization.objects.get(created_by=owner).status == "active"


def test_a_draft_can_be_given_up():
    owner = person()
    url = register(owner).url
    client = signed_in(owner)
    assert "Close the draft" in client.get(f"{url}close/").content.decode()
    assert client.post(f"{url}close/").url == "/start/"
    assert Organization.objects.get().status == "closed"
    assert client.get(url).status_code == 302
    assert client.post(f"{url}close/").status_code == 409


@pytest.mark.both
def test_the_constraint_decides_between_two_drafts_of_one_business():
    drafts = []
    for _ in range(2):
        owner = person()
        register(owner)
        identity(owner)
        drafts.append((owner, Organization.objects.get(created_by=owner)))
    (first, mine), (second, theirs) = drafts
    activate_organization(by=first, organization=mine)
    with pytest.raises(AlreadyRegistered):
        activate_organization(by=second, organization=theirs)
    theirs.refresh_from_db()
    assert theirs.status == "draft"


def test_pages_take_a_fixed_number_of_queries(django_assert_num_queries):
    client = signed_in(person())
    with django_assert_num_queries(3):
        client.get("/start/provider/")
    owner = member(organization("seller"))
    url = register(owner).url
    client = signed_in(owner)
    with django_assert_num_queries(6):
        assert client.get(url).status_code == 200


def test_kosovo_is_a_country():
    """Firms are there, though no list of ISO has it."""
    page = register(person(), country="XK", registration_number="811234567")
    assert page.status_code == 302
    assert Organization.objects.get().country.name == "Kosovo"
