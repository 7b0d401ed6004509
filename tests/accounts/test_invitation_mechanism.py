"""The common pages of one-time links, for every kind of them through one table (I1-I10)."""

import random
import string
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.invitations import kinds, opening
from accounts.invitations.pages import pending_for
from accounts.models import Membership, Organization
from core import clock
from core.outbox import tokens
from supplychain.models import Share
from tests.factories import connections as connect
from tests.factories.accounts import administrator, organization, person
from tests.factories.invitations import KINDS, Scene, employee
from tests.support import drain, nothing_changes, signed_in

pytestmark = pytest.mark.django_db
CURRENT = "/invitations/"
SCANNER = {
    "Purpose": "prefetch",
    "Sec-Purpose": "prefetch;prerender",
    "User-Agent": "Mozilla/5.0 (compatible; MailScanner/3.1)",
}
STATES = {
    "expired": {"expires_at": "past"},
    "revoked": {"status": "revoked", "decided_at": "now"},
    "declined": {"status": "declined", "decided_at": "now"},
    "accepted": {"status": "accepted", "decided_at": "now"},
}
LINK_WORDS = {"revoked": "cancelled", "accepted": "answered"}


@pytest.fixture(params=KINDS)
def scene(request: pytest.FixtureRequest) -> Scene:
    """An open row of each kind in turn."""
    return KINDS[request.param]()


def path_of(row: object) -> str:
    """The path of the row's one-time link."""
    return tokens.claim_url(row.claim).removeprefix("http://localhost")


def put(row: object, **values: object) -> None:
    """Write the columns of a state straight into the row."""
    moments = {"past": clock.now() - timedelta(minutes=1), "now": clock.now()}
    values = {name: moments.get(value, value) for name, value in values.items()}
    if row.purpose == "partner-link" and "status" in values:
        values["status"] = LINK_WORDS.get(values["status"], values["status"])
    type(row).objects.filter(pk=row.pk).update(**values)


def end(scene: Scene, state: str) -> None:
    """Bring the row, or what it rests on, into a state in which it cannot be answered."""
    if state in STATES:
        put(scene.row, **STATES[state])
    elif state == "superseded":
        put(scene.row, generation=2)
    elif state == "inviter gone":
        Membership.objects.filter(user=scene.inviter).update(
            status="removed", removed_at=clock.now()
        )
    else:
        Organization.objects.filter(pk=scene.organization.pk).update(status="suspended")


ENDINGS = [*STATES, "superseded", "inviter gone", "suspended"]


# Looking ---------------------------------------------------------------------------------------
def test_opening_changes_nothing_and_leaves_the_token_behind(scene):
    """I3, I6: the token goes into a cookie, no page behind it has it in its address."""
    client = Client()
    with nothing_changes():
        response = client.get(path_of(scene.row))
    assert (response.status_code, response.url) == (302, CURRENT)
    assert response["Referrer-Policy"] == "no-referrer"
    cookie = response.cookies["invitation"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert "sessionid" not in response.cookies
    page = client.get(CURRENT)
    assert page["Referrer-Policy"] == "same-origin"  # with none, its forms could not be posted
    assert tokens.sign(scene.row.claim) not in page.content.decode()


def test_head_is_answered_like_get(scene):
    """I3: a scanner that only asks for the head uses nothing up."""
    with nothing_changes():
        response = Client().head(path_of(scene.row))
    assert (response.status_code, response.url) == (302, CURRENT)


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_other_methods_are_refused(scene, method):
    """Nothing but looking at a link's address."""
    with nothing_changes():
        assert getattr(Client(), method)(path_of(scene.row)).status_code == 405


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", KINDS)
def test_fifty_scanners_at_once_change_nothing(name):
    """I3: 50 parallel openings with prefetch headers, then the invited person still answers."""
    scene = KINDS[name]()

    def scan(_: int) -> tuple[int, bool]:
        try:
            client = Client(headers=SCANNER)
            opened = client.get(path_of(scene.row))
            page = client.get(CURRENT, follow=True)
            return page.status_code, "sessionid" in opened.cookies | page.cookies
        finally:
            connection.close()

    with nothing_changes(), ThreadPoolExecutor(8) as pool:
        results = list(pool.map(scan, range(50)))
    assert results == [(200, False)] * 50
    client = signed_in(scene.invited)
    client.get(path_of(scene.row))
    assert client.get(CURRENT).status_code == 302


# Forged ----------------------------------------------------------------------------------------
def _not_valid(response: object) -> bytes:
    assert response.status_code == 404
    assert response["Referrer-Policy"] == "same-origin"
    assert "invitation" not in response.cookies
    assert b"This link is not valid" in response.content
    return response.content


def _guess(purpose: str, times: int) -> Client:
    """Try as many forged tokens: each gets the same page."""
    rng, alphabet = random.Random(7), string.ascii_letters + string.digits + "-_"  # noqa: S311
    client = Client()
    forged = {"".join(rng.choices(alphabet, k=67)) for _ in range(times)}
    pages = {_not_valid(client.get(f"/invitations/{purpose}/{token}/")) for token in forged}
    assert len(pages) == 1
    return client


def test_forged_tokens_open_nothing(scene):
    """I7: for every kind."""
    _guess(scene.row.purpose, 20)


def test_whoever_forges_a_thousand_tokens_has_to_wait():
    """I7: the kinds share one count; whoever goes on guessing has to wait, the honest never."""
    scenes = [make() for make in KINDS.values()]
    client = _guess(scenes[0].row.purpose, 1000)
    for scene in scenes:
        assert client.get(f"/invitations/{scene.row.purpose}/{'A' * 67}/").status_code == 429
        assert client.get(path_of(scene.row)).status_code == 302


def test_no_flipped_byte_passes(scene):
    """I7: a change anywhere in the token makes it one we did not sign."""
    token, client = tokens.sign(scene.row.claim), Client()
    for place, char in enumerate(token):
        bent = token[:place] + ("B" if char == "A" else "A") + token[place + 1 :]
        _not_valid(client.get(f"/invitations/{scene.row.purpose}/{bent}/"))


@pytest.mark.parametrize(
    "bend",
    [
        lambda token: token[:-1],
        lambda token: token + "=",
        lambda token: token + "A",
        lambda token: token.swapcase(),
        lambda token: str(uuid.uuid4()) + "A" * 31,
    ],
)
def test_no_bent_token_passes(scene, bend):
    """I7: cut, padded, longer, other case."""
    _not_valid(
        Client().get(f"/invitations/{scene.row.purpose}/{bend(tokens.sign(scene.row.claim))}/")
    )


def test_blanks_around_a_token_are_dropped_before_it_is_read(scene):
    """I7: a link copied with its line break is the link; blanks make no cut token whole."""
    folder, token = f"/invitations/{scene.row.purpose}/", tokens.sign(scene.row.claim)
    client = Client()
    for place, meant in ((f"%0a{token}", token), (f"{token[:-1]} ", token[:-1])):
        led = client.get(f"{folder}{place}/")
        assert (led.status_code, led.url) == (302, f"{folder}{meant}/")
        assert "invitation" not in led.cookies
    _not_valid(client.get(led.url))
    assert client.get(f"{folder}{token}/").status_code == 302


def test_a_token_counts_for_its_own_purpose_only(scene):
    """I7: an invitation's token at another kind's address, or at none, is not valid."""
    token = tokens.sign(scene.row.claim)
    for purpose in ["nonsense", *(kind.purpose for kind in kinds.all_kinds())]:
        if purpose != scene.row.purpose:
            _not_valid(Client().get(f"/invitations/{purpose}/{token}/"))


def test_a_retired_key_opens_nothing(scene, settings):
    """I7, H7: after the window of a key's rotation, its links are dead."""
    path = path_of(scene.row)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "n" * 50, []
    _not_valid(Client().get(path))


def test_a_deleted_row_is_a_link_that_is_not_valid(scene):
    """Nothing dangles."""
    path = path_of(scene.row)
    Share.objects.all().delete()
    type(scene.row).objects.filter(pk=scene.row.pk).delete()
    _not_valid(Client().get(path))


def test_a_bent_cookie_is_no_cookie(scene):
    """The cookie is signed: nobody opens a row by writing its id into it."""
    client = Client()
    client.get(path_of(scene.row))
    good = client.cookies["invitation"].value
    for bad in (good[:-1] + ("A" if good[-1] != "A" else "B"), f"{scene.row.about}:1", "x", ""):
        client.cookies["invitation"] = bad
        _not_valid(client.get(CURRENT))


# Who looks -------------------------------------------------------------------------------------
def opened_by(client: Client, scene: Scene) -> Client:
    """The client after following the link."""
    client.get(path_of(scene.row))
    return client


def test_a_stranger_reads_who_invites_whom_until_when(scene):
    """The page before signing in names the firm and the address, and has both doors, which carry
    the address and the name that the inviter typed."""
    client = opened_by(Client(), scene)
    page = client.get(CURRENT, follow=True)
    text = page.content.decode()
    assert page.status_code == 200
    assert scene.organization.name in text
    assert f"{reverse('account_login')}?next=/invitations/" in text
    assert f"{reverse('account_signup')}?next=/invitations/" in text
    assert scene.inviter.email not in text
    assert f"{scene.row.expires_at:%Y}" in text
    if scene.row.purpose == "guest":
        assert f"{scene.invited.email[0]}***@m…" in text
    elif address := kinds.get(scene.row.purpose).address(scene.row):
        assert address in text
        assert f'value="{address}"' in client.get(reverse("account_login")).text
        sign_up = client.get(reverse("account_signup")).text
        assert f'value="{address}"' in sign_up
        if name := getattr(scene.row, "name", ""):
            assert name in text
            assert f'value="{name}"' in sign_up
    else:
        assert scene.invited.email not in text


def test_somebody_else_reads_no_details(scene):
    """I1, U8: signed in as another person: the masked address, and the way to switch."""
    other = person()
    client = opened_by(signed_in(other), scene)
    with nothing_changes():
        page = client.get(CURRENT)
    text = page.content.decode()
    assert page.status_code == 200
    assert other.email in text
    assert "Switch account" in text
    for secret in (scene.organization.name, scene.inviter.name, scene.invited.email):
        assert secret not in text


def test_an_administrator_elsewhere_reads_whose_link_it_is():
    """Not that an administrator of "the" account answers, which they are: the account, masked."""
    provider = organization("provider", name="Harbor Desk")
    link = connect.partner_link(organization("seller"), provider)
    other = administrator(organization("provider"))
    client = signed_in(other)
    client.get(path_of(link))
    text = client.get(CURRENT).text
    assert "H… D…" in text
    assert "who is no administrator of" in text
    assert "Harbor" not in text


def test_switching_accounts_keeps_the_link(scene):
    """U8: signed out, on the way to sign-in, and the invitation is still open."""
    client = opened_by(signed_in(person()), scene)
    response = client.post(reverse("invitation-switch"))
    assert response.url == f"{reverse('account_login')}?next=%2Finvitations%2F"
    assert "_auth_user_id" not in client.session
    assert scene.organization.name in client.get(CURRENT, follow=True).content.decode()


def test_going_on_without_it_forgets_the_link_only(scene):
    """The wrong person is not asked at each sign-in; the invitation stays."""
    client = opened_by(signed_in(person()), scene)
    with nothing_changes():
        client.post(reverse("invitation-set-aside"))
    assert client.cookies["invitation"].value == ""


def test_the_invited_person_is_led_to_the_answer(scene):
    """Only who may answer gets to the page that does."""
    kind = kinds.get(scene.row.purpose)
    response = opened_by(signed_in(scene.invited), scene).get(CURRENT)
    assert response.status_code == 302
    assert response.url == kind.answer_url(scene.invited, scene.row)


def test_what_waits_is_shown_without_the_mail(scene):
    """U7: the same list for every kind, for who may answer and nobody else."""
    answer = kinds.get(scene.row.purpose).answer_url(scene.invited, scene.row)
    assert answer in signed_in(scene.invited).get(CURRENT).content.decode()
    assert answer not in signed_in(person()).get(CURRENT).content.decode()


def test_what_waits_costs_the_same_for_one_and_for_many(django_assert_num_queries):
    """U7: home pages show the box, so its queries do not grow with its rows."""
    invited = person()
    employee(invited=invited)
    with CaptureQueriesContext(connection) as few:
        assert len(pending_for(invited)) == 1
    for _ in range(4):
        employee(invited=invited)
    with django_assert_num_queries(len(few)):
        assert len(pending_for(invited)) == 5


# Ended -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("state", ENDINGS)
@pytest.mark.parametrize("who", ["nobody", "invited", "other"])
def test_an_ended_link_is_dead_and_says_so(scene, state, who):
    """I4, I5, I10: one friendly page for everybody, and nothing changes."""
    path = path_of(scene.row)
    end(scene, state)
    client = {
        "nobody": Client,
        "invited": lambda: signed_in(scene.invited),
        "other": lambda: signed_in(person()),
    }[who]()
    with nothing_changes():
        assert client.get(path).status_code == 302
        page = client.get(CURRENT)
    assert page.status_code == 410
    assert page["Referrer-Policy"] == "same-origin"  # with none, its forms could not be posted
    asks = b"Ask for a new one" in page.content
    assert asks == (state not in ("accepted", "suspended"))
    if who == "other":
        assert scene.organization.name not in page.content.decode()


def test_an_older_link_says_what_became_of_the_row(scene):
    """A link that was replaced, of a row that was then taken back: it was taken back."""
    path = path_of(scene.row)
    put(scene.row, generation=2, **STATES["revoked"])
    client = Client()
    client.get(path)
    assert "taken back" in client.get(CURRENT).content.decode()


def test_the_latest_link_works_after_a_resend(scene):
    """I5: a new generation, and only it."""
    put(scene.row, generation=2)
    scene.row.refresh_from_db()
    client = opened_by(signed_in(scene.invited), scene)
    assert client.get(CURRENT).status_code == 302


# Asking for a new one --------------------------------------------------------------------------
def ask(client: Client, scene: Scene) -> object:
    """Press the button of the ended page."""
    return client.post(reverse("invitation-ask", args=[scene.row.purpose, scene.row.public_id]))


def test_who_holds_an_ended_link_may_ask_for_a_new_one_once_a_day(scene):
    """U6, I4: a mail to the inviting side's administrators, and not a second one that day."""
    second = administrator(scene.organization)
    client = opened_by(Client(), scene)
    end(scene, "expired")
    response = ask(client, scene)
    assert response.status_code == 302
    mails = drain()
    assert sorted(mail.to[0] for mail in mails) == sorted([scene.inviter.email, second.email])
    assert b"was asked for on" in client.get(CURRENT).content
    with nothing_changes():
        assert ask(client, scene).status_code == 429
    scene.row.refresh_from_db()
    assert not scene.row.is_open


def test_the_invited_may_ask_without_the_link(scene):
    """The wish can come from inside, by the one who may answer."""
    end(scene, "expired")
    assert ask(signed_in(scene.invited), scene).status_code == 302
    assert drain()


def test_nobody_else_asks_by_guessing_an_id(scene):
    """A3: neither strangers nor other people send mail with somebody's invitation id."""
    end(scene, "expired")
    rival = administrator(organization(scene.organization.kind))
    clients = [Client(), signed_in(person()), signed_in(rival)]
    with nothing_changes():
        assert [ask(client, scene).status_code for client in clients] == [404, 404, 404]


def test_an_open_invitation_is_not_asked_for_again(scene):
    """There is nothing to ask for while it can be answered."""
    client = opened_by(Client(), scene)
    with nothing_changes():
        assert ask(client, scene).status_code == 409


# The way through sign-up -----------------------------------------------------------------------
def test_the_cookie_ends_with_the_invitation(scene):
    """It is kept until the invitation ends, and no longer than that."""
    response = Client().get(path_of(scene.row))
    left = (scene.row.expires_at - clock.now()).total_seconds()
    assert abs(response.cookies["invitation"]["max-age"] - left) < 60


def test_an_ended_link_does_not_follow_people_around(rf):
    """After its end the cookie leads nobody away from where they wanted to go."""
    scene = employee()
    client = opened_by(Client(), scene)
    request = rf.get("/", headers={"cookie": f"invitation={client.cookies['invitation'].value}"})
    assert opening.from_cookie(request).is_open
    end(scene, "expired")
    assert not opening.from_cookie(request).is_open
