"""I1 to I20 for every kind of invitation, by one table that cannot lie.

Each promise names the tests that show it, and for single kinds the reason why it does not apply.
"""

import importlib
import json
import random
import string
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.addresses import AddressError, canonical
from accounts.forms.credentials import AddEmailForm, ResetPasswordForm, SignupForm
from accounts.forms.employees import InviteForm
from accounts.invitations import opening
from accounts.invitations.batches.checking import _address, _Wrong
from accounts.models import Organization, User
from connections.forms.connections import PartnerForm
from core import clock
from core.audit.models import Actor, Event
from core.outbox import tokens
from supplychain.forms.guests import GuestForm
from supplychain.forms.invitations import InviteSellerForm, InviteSupplierForm
from tests.factories.accounts import member, organization, person
from tests.factories.connections import partner_link
from tests.factories.invitations import KINDS, Scene
from tests.factories.supplychain import seller, shipment, supplier
from tests.invitations.acting import DEEDS, accept, decline, identified, scene_of
from tests.supplychain.pages import invite, shipment_page
from tests.support import drain, nothing_changes, signed_in

pytestmark = pytest.mark.django_db
HERE = "tests.invitations.test_promises"
MECHANISM = "tests.accounts.test_invitation_mechanism"
LISTS = "tests.invitations.test_lists"
REFUSALS = "tests.invitations.test_refusals"
RACES = "tests.invitations.test_races"
ENTRANCE = "tests.accounts.test_entrance"
GUESTS = "tests.supplychain.test_guests"

# Promise -> the tests that show it, each run for every kind unless an exception says why not.
PROMISES: dict[str, tuple[str, ...]] = {
    "I1": (f"{HERE}.test_only_the_invited_verified_address_accepts",),
    "I2": (f"{HERE}.test_it_works_once", f"{RACES}.test_accepted_twice_at_once"),
    "I3": (
        f"{MECHANISM}.test_opening_changes_nothing_and_leaves_the_token_behind",
        f"{MECHANISM}.test_fifty_scanners_at_once_change_nothing",
        "tests.journeys.test_invitations.test_a_scanner_that_runs_scripts_changes_nothing",
    ),
    "I4": (f"{MECHANISM}.test_an_ended_link_is_dead_and_says_so",),
    "I5": (f"{LISTS}.test_sending_again_makes_a_new_link_and_kills_the_old",),
    "I6": (f"{HERE}.test_the_token_stands_nowhere", f"{LISTS}.test_only_who_sent_it_copies"),
    "I7": (
        f"{MECHANISM}.test_no_flipped_byte_passes",
        f"{HERE}.test_ten_thousand_forged_tokens_open_nothing",
    ),
    "I8": (f"{ENTRANCE}.test_mails_lead_to_the_configured_site_whatever_the_request_says",),
    "I9": (
        f"{LISTS}.test_sending_again_makes_a_new_link_and_kills_the_old",
        f"{ENTRANCE}.test_signing_in_never_leads_off_the_site",
    ),
    "I10": (f"{HERE}.test_the_inviter_s_right_is_asked_again_at_acceptance",),
    "I11": (f"{HERE}.test_a_provider_cannot_skip_the_seller_s_link",),
    "I12": (f"{HERE}.test_the_partner_link_gives_no_right_by_itself",),
    "I13": (f"{LISTS}.test_sending_again_within_ten_minutes_is_told_on_the_list",),
    "I14": ("tests.core.test_rendering.test_foreign_words_lose_everything",),
    "I15": (f"{HERE}.test_inviting_tells_nothing_about_accounts",),
    "I16": (f"{HERE}.test_every_door_gives_an_address_the_same_verdict",),
    "I17": (
        f"{ENTRANCE}.test_an_invited_address_that_a_stranger_registered_is_taken_over",
        f"{ENTRANCE}.test_a_new_password_by_code_ends_everything_the_stranger_had",
    ),
    "I18": (
        f"{REFUSALS}.test_declining_for_good_tells_the_inviter_no_more_than_declining",
        f"{GUESTS}.test_the_guest_declines_and_may_want_to_hear_nothing_more",
    ),
    "I19": (f"{LISTS}.test_taking_back_and_copying_do_not_leave_the_list",),
    "I20": (f"{HERE}.test_each_transition_is_one_event_that_says_who_what_and_when",),
}
# Promise -> kind -> why it does not apply to it.
EXCEPTIONS: dict[str, dict[str, str]] = {
    "I11": dict.fromkeys(
        ("employee", "supplier", "seller", "guest"), "one step: nothing has to come before it"
    ),
    "I12": dict.fromkeys(
        ("employee", "connection", "supplier", "seller", "guest"),
        "it is the invitation itself, see I1",
    ),
    "I15": {"connection": "the seller asked for it by name: there is no address to guess"},
    "I16": {"connection": "no address is typed"},
    "I17": {
        "partner-link": "an account answers, not an address, where the link is bound to one",
        "connection": "an account answers, not an address",
    },
}


def _exists(path: str) -> bool:
    module, _, name = path.rpartition(".")
    found = vars(importlib.import_module(module))
    return any(key.startswith(name) and callable(value) for key, value in found.items())


def test_the_table_is_whole_and_names_what_is_there():
    """Every promise, every test it names, and no exception for a kind that there is not."""
    assert set(PROMISES) == {f"I{number}" for number in range(1, 21)}
    assert [path for paths in PROMISES.values() for path in paths if not _exists(path)] == []
    assert set(DEEDS) == set(KINDS)
    for promise, kinds in EXCEPTIONS.items():
        assert set(kinds) <= set(KINDS), promise
        assert set(kinds) != set(KINDS), f"{promise} applies to nothing"
        assert all(kinds.values())


@pytest.fixture(params=KINDS)
def name(request: pytest.FixtureRequest) -> str:
    """Each kind in turn."""
    return str(request.param)


# I1, I2 ----------------------------------------------------------------------------------------
def _owner(scene: Scene, *, primary: bool, verified: bool) -> User:
    """Another account that holds the invited address in this way, in place of the first owner."""
    address = scene.invited.email
    EmailAddress.objects.filter(user=scene.invited).delete()
    User.objects.filter(pk=scene.invited.pk).update(email="gone@mail.example", is_active=False)
    if primary:
        return person(email=address, verified=verified)
    user = person()
    EmailAddress.objects.create(user=user, email=address, verified=verified, primary=False)
    return user


@pytest.mark.parametrize("kind", ["employee", "supplier", "seller", "guest"])
@pytest.mark.parametrize(
    ("primary", "verified", "may"),
    [(True, True, True), (True, False, False), (False, False, False), (False, True, True)],
)
def test_only_the_invited_verified_address_accepts(kind, primary, verified, may):
    """I1: exact primary or secondary, verified; unverified is nobody. Bystanders: see below."""
    scene = scene_of(kind)
    client = signed_in(identified(_owner(scene, primary=primary, verified=verified)))
    client.get(tokens.claim_url(scene.row.claim).removeprefix("http://localhost"))
    response = accept(kind, scene, client)
    scene.row.refresh_from_db()
    assert (scene.row.status == DEEDS[kind].accepted) == may
    if not may:
        assert response.status_code in (302, 404)
        assert drain() == []


def test_nobody_else_accepts(name):
    """I1: without an account, with another one, or as an employee of the invited account."""
    scene = scene_of(name)
    clients = [Client(), signed_in(identified(person()))]
    if name in ("partner-link", "connection"):
        account = getattr(scene.row, "provider", None) or scene.row.seller
        clients.append(signed_in(identified(member(account))))
    with nothing_changes():
        for client in clients:
            client.get(tokens.claim_url(scene.row.claim).removeprefix("http://localhost"))
            response = accept(name, scene, client)
            assert response.status_code in (302, 403, 404)
            assert "login" in response.get("Location", "login")


def test_it_works_once(name):
    """I2: accepted; again, from another session, and the raw request replayed: nothing changes."""
    scene = scene_of(name)
    client, other = signed_in(scene.invited), signed_in(scene.invited)
    assert accept(name, scene, client).status_code == 302
    with nothing_changes():
        for again in (client, other, client):
            assert accept(name, scene, again).status_code in (404, 409, 410)
    assert DEEDS[name].made(scene) == 1
    verb = f"{_verb(scene)}.{DEEDS[name].accepted}"
    assert Event.objects.filter(verb=verb).count() == 1


def _verb(scene: Scene) -> str:
    from accounts.invitations import kinds

    return str(kinds.get(scene.row.purpose).verb)


# I6, I7 ----------------------------------------------------------------------------------------
def test_the_token_stands_nowhere(name):
    """I6: in no column of no table, after inviting, mailing and opening."""
    scene = scene_of(name)
    token = tokens.sign(scene.row.claim)
    client = signed_in(scene.invited)
    client.get(f"/invitations/{scene.row.purpose}/{token}/")
    client.get("/invitations/")
    for model in apps.get_models():
        if not model._meta.managed:
            continue
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT * FROM "{model._meta.db_table}"')
            assert not any(token in str(row) for row in cursor.fetchall()), model


def test_ten_thousand_forged_tokens_open_nothing(name):
    """I7: 0 hits; after the first thousand the address waits, see the mechanism's test."""
    scene = scene_of(name)
    rng, alphabet = random.Random(11), string.ascii_letters + string.digits + "-_"  # noqa: S311
    forged = ("".join(rng.choices(alphabet, k=67)) for _ in range(10_000))
    assert sum(opening.from_token(scene.row.purpose, token) is not None for token in forged) == 0


# I10, I11, I12 ---------------------------------------------------------------------------------
LOSSES = {
    "demoted": lambda s: s.inviter.memberships.update(role="employee"),
    "removed": lambda s: s.inviter.memberships.update(status="removed", removed_at=clock.now()),
    "deactivated": lambda s: User.objects.filter(pk=s.inviter.pk).update(is_active=False),
    "suspended": lambda s: Organization.objects.filter(pk=s.organization.pk).update(
        status="suspended"
    ),
}


@pytest.mark.parametrize("loss", LOSSES)
def test_the_inviter_s_right_is_asked_again_at_acceptance(name, loss):
    """I10: the page was open already; what the inviter may not do today is not accepted today."""
    scene = scene_of(name)
    client = signed_in(scene.invited)
    client.get(tokens.claim_url(scene.row.claim).removeprefix("http://localhost"))
    LOSSES[loss](scene)
    with nothing_changes():
        assert accept(name, scene, client).status_code in (404, 410)
    assert DEEDS[name].made(scene) == 0


def test_a_provider_cannot_skip_the_seller_s_link():
    """I11: no invitation without a link, none by another's, none once it was taken back."""
    scene = scene_of("partner-link")
    rival = scene_of("partner-link")
    client = signed_in(rival.invited)
    url = reverse(
        "provider:partner-link-answer",
        args=[rival.row.provider.handle, scene.row.public_id],
    )
    type(rival.row).objects.filter(pk=rival.row.pk).update(
        status="cancelled", decided_at=clock.now()
    )
    with nothing_changes():
        assert client.post(url).status_code == 404
        assert accept("partner-link", rival, client).status_code == 410


def test_the_partner_link_gives_no_right_by_itself():
    """I12: who opens it sees at most the seller's name; only the bound provider may answer."""
    scene = scene_of("partner-link")
    path = tokens.claim_url(scene.row.claim).removeprefix("http://localhost")
    clients = [signed_in(person()), signed_in(member(scene.row.provider))]
    for client in [Client(), *clients]:
        client.get(path)
        text = client.get("/invitations/").content.decode()
        assert scene.inviter.name not in text
        assert scene.inviter.email not in text
    shop = reverse("seller:home", args=[scene.organization.handle])
    assert all(client.get(shop).status_code == 404 for client in clients)
    assert partner_link(organization("seller"), scene.row.provider).generation == 1


# I15 -------------------------------------------------------------------------------------------
def _invite_employee(address: str) -> Any:
    scene = KINDS["employee"]()
    url = reverse("provider:employees", args=[scene.organization.handle])
    return signed_in(scene.inviter).post(url, {"address": address, "role": "employee"})


def _invite_guest(address: str) -> Any:
    shop, boss = seller()
    url = shipment_page(shipment(shop), "shipment-share-guest")
    return signed_in(boss).post(url, {"address": address, "name": "Mill"})


def _invite_partner(address: str) -> Any:
    shop, boss = seller()
    url = reverse("seller:partner-add", args=[shop.handle])
    return signed_in(boss).post(url, {"partner": address})


def _invite_other_side(make: Any) -> Any:
    def act(address: str) -> Any:
        firm, boss = make()
        return invite(signed_in(boss), firm, address)

    return act


DOORS = {
    "employee": _invite_employee,
    "partner-link": _invite_partner,
    "supplier": _invite_other_side(seller),
    "seller": _invite_other_side(supplier),
    "guest": _invite_guest,
}


@pytest.mark.parametrize("door", DOORS)
def test_inviting_tells_nothing_about_accounts(door):
    """I15: known, unverified and unknown address: the same answer, and the same words."""
    known, unverified = person(), person(verified=False)
    answers = [
        DOORS[door](address)
        for address in (known.email, unverified.email, "nobody.there@mail.example")
    ]
    assert [answer.status_code for answer in answers] == [302, 302, 302]
    assert {len(answer.url.split("/")) for answer in answers} == {len(answers[0].url.split("/"))}


# I16 -------------------------------------------------------------------------------------------
LISTED = json.loads((Path(__file__).parents[1] / "data" / "email_addresses.json").read_text())
LOOK_ALIKES = (
    "mi\u212ae@mail.example",
    "je\u017fs@mail.example",
    "m\u0131ke@mail.example",
    "\uff41nna@mail.example",
    "anna@m\u0430il.example",
    "anna@[192.0.2.1]",
    "anna@mail.example.",
    "anna@@mail.example",
)


def _cleaned(field: Any) -> Any:
    return lambda text: field.clean(text)


def _partner(text: str) -> Any:
    form = PartnerForm({"partner": text})
    return form.cleaned_data["partner"]["address"] if form.is_valid() else _refuse()


def _refuse() -> Any:
    raise ValidationError("refused")


def _doors() -> dict[str, Any]:
    firm = organization("seller")
    fields = {
        "employee": InviteForm(organization=firm).fields["address"],
        "supplier": InviteSupplierForm.base_fields["address"],
        "seller": InviteSellerForm.base_fields["address"],
        "guest": GuestForm.base_fields["address"],
        "sign-up": SignupForm.base_fields["email"],
        "e-mail change": AddEmailForm.base_fields["email"],
        "new password": ResetPasswordForm.base_fields["email"],
    }
    return {key: _cleaned(field) for key, field in fields.items()} | {
        "partner-link": _partner,
        "import": _address,
    }


def _verdict(door: Any, text: str) -> str:
    try:
        return str(door(text))
    except (ValidationError, AddressError, _Wrong):
        return "refused"


def test_every_door_gives_an_address_the_same_verdict():
    """I16: sign-up, every invitation, e-mail change and import agree."""
    typed = [row["address"] for row in LISTED if "@" in row["address"]]
    for name, door in _doors().items():
        for text in (*typed, *LOOK_ALIKES):
            try:
                wanted = canonical(text)
            except AddressError:
                wanted = "refused"
            assert _verdict(door, text) == wanted, (name, text)
        assert all(_verdict(door, text) == "refused" for text in LOOK_ALIKES), name


# I20 -------------------------------------------------------------------------------------------
def test_each_transition_is_one_event_that_says_who_what_and_when(name):
    """I20: accepting and declining each write one event, with actor, parties, time and origin."""
    for act, word in ((accept, DEEDS[name].accepted), (decline, "declined")):
        if name == "guest" and act is decline:
            continue  # declined on the shipment's page, where it is two: the share and its link
        scene = scene_of(name)
        client = signed_in(scene.invited)
        assert act(name, scene, client).status_code == 302
        [event] = Event.objects.filter(
            verb=f"{_verb(scene)}.{word}", object_id=str(scene.row.public_id)
        )
        actor = Actor.objects.get(ref=event.actor_ref)
        assert (actor.user, actor.ip) == (scene.invited, "127.0.0.1")
        assert event.organization_id == scene.organization.pk
        assert event.at.tzinfo is not None
        assert event.request_id
