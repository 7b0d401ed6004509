"""A session ends while a page is open: nothing is lost in silence, nobody meets a blank page."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.sessions import end_all_sessions
from tests.factories.accounts import PASSWORD, administrator, organization, person
from tests.support import nothing_changes, sign_in, signed_in

pytestmark = pytest.mark.django_db
HOST = "http://testserver"
UNDONE = "You had been signed out, so nothing was done"


@pytest.fixture
def firm():
    """A seller whose administrator is about to press a button."""
    return organization("seller", "Blue Harbor")


def login_of(answer):
    """Where the sign-in page leads on to."""
    start = f"{reverse('account_login')}?next="
    assert answer.url.startswith(start)
    return answer.url.removeprefix(start)


def test_a_button_after_the_session_ended_leads_back_to_its_page(firm):
    boss = administrator(firm)
    client = signed_in(boss)
    page = reverse("seller:members", args=[firm.handle])
    colleague = administrator(firm).memberships.get()
    url = reverse("seller:member-suspend", args=[firm.handle, colleague.public_id])
    end_all_sessions(boss)
    with nothing_changes():
        answer = client.post(url, headers={"referer": f"{HOST}{page}?find=a"})
    assert login_of(answer) == f"{page}%3Ffind%3Da"


def test_after_the_sign_in_form_the_word_is_read_once(client):
    user = person()
    answer = client.post("/notifications/read/", headers={"referer": f"{HOST}/notifications/"})
    typed = {"login": user.email, "password": PASSWORD}
    shown = client.post(answer.url, typed, follow=True)
    assert shown.request["PATH_INFO"] == "/notifications/"
    assert shown.content.decode().count(UNDONE) == 1
    assert UNDONE not in client.get("/notifications/").content.decode()


@pytest.mark.parametrize(
    "named",
    ["", "https://evil.example/notifications/", f"{HOST}/notifications/read/", "::", f"{HOST}/no/"],
)
def test_without_a_page_of_ours_it_is_the_one_above(client, named):
    answer = client.post("/notifications/read/", headers={"referer": named})
    assert login_of(answer) == "/notifications/"


def test_a_form_that_is_its_own_page_is_that_page(client, firm):
    url = reverse("seller:partner-add", args=[firm.handle])
    answer = client.post(f"{url}?a=1", headers={"referer": f"{HOST}/notifications/"})
    assert login_of(answer) == f"{url}%3Fa%3D1"


@pytest.mark.parametrize("method", ["get", "post"])
def test_htmx_leaves_for_the_whole_sign_in_page(client, method):
    headers = {"HX-Request": "true", "HX-Current-URL": f"{HOST}/notifications/?page=2"}
    answer = getattr(client, method)("/notifications/read/", headers=headers)
    assert answer["HX-Redirect"] == "/accounts/login/?next=/notifications/%3Fpage%3D2"


@pytest.mark.parametrize("method", ["get", "head", "put", "delete"])
def test_the_address_of_a_button_has_words_and_a_way_on(method):
    client = signed_in(person())
    answer = getattr(client, method)("/notifications/read/")
    assert answer.status_code == 405
    assert answer["Allow"]
    if method != "head":
        assert 'href="/notifications/"' in answer.content.decode()


def test_the_second_factor_leads_back_to_the_page_of_a_button(firm):
    boss = administrator(firm)
    client = sign_in(Client(), boss, second_factor=False)
    page = reverse("seller:members", args=[firm.handle])
    url = reverse("seller:member-suspend", args=[firm.handle, boss.memberships.get().public_id])
    answer = client.post(url, headers={"referer": f"{HOST}{page}"})
    assert answer.url == f"{reverse('second-factor')}?next={page.replace('/', '%2F')}"
