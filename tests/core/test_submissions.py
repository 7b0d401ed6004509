"""Creating twice makes one: the second equal form leads to what came of the first."""

import re
import threading
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import RequestFactory
from django.urls import reverse

from core import clock
from core.submissions.middleware import _content
from core.submissions.models import Submission
from core.submissions.tasks import forget
from partnerhub.portals.models import HelpFeedback
from supplychain.models import Box, GuestLink, Share, Shipment
from tests.editing import opened
from tests.supplychain.pages import item_rows, seller_page, share_page, shipment_page
from tests.supplychain.test_packing import Scene
from tests.support import drain, nothing_changes, signed_in

ONCE = "once"
pytestmark = pytest.mark.django_db


@pytest.fixture
def scene():
    """A seller and its supplier with one shipment."""
    return Scene()


def new_shipment(scene):
    url = seller_page(scene.firm, "shipment-create")
    client = signed_in(scene.boss)
    typed = {"name": "Autumn", "center_code": "ABE2", **item_rows({"msku": "MUG", "quantity": "1"})}
    return client, url, opened(client, url, holding=ONCE) | typed


def test_two_equal_forms_make_one_shipment(scene):
    client, url, data = new_shipment(scene)
    before = Shipment.objects.count()
    first, second = client.post(url, data), client.post(url, data)
    assert first.status_code == second.status_code == 302
    assert first.url == second.url
    assert Shipment.objects.count() == before + 1
    assert "This was sent twice, and done once." in client.get(second.url).content.decode()


def test_the_same_form_with_other_content_is_refused_with_the_way_to_the_first(scene):
    client, url, data = new_shipment(scene)
    first = client.post(url, data)
    with nothing_changes():
        answer = client.post(url, data | {"name": "Winter"})
    assert answer.status_code == 409
    text = answer.content.decode()
    assert "This form was sent before, with other content" in text
    assert f'href="{first.url}"' in text


def test_what_was_refused_may_be_mended_and_sent(scene):
    client, url, data = new_shipment(scene)
    assert client.post(url, data | {"name": ""}).status_code == 422
    assert not Submission.objects.exists()
    assert client.post(url, data).status_code == 302


def test_nobody_else_is_led_to_what_came_of_it(scene):
    """Another person, another account and another page are another form."""
    client, url, data = new_shipment(scene)
    first = client.post(url, data)
    stranger = Scene()
    answer = signed_in(stranger.boss).post(seller_page(stranger.firm, "shipment-create"), data)
    assert answer.status_code == 409
    assert first.url not in answer.content.decode()


@pytest.mark.parametrize("key", ["", "x" * 32, "1" * 31, "\0"])
def test_without_a_proper_key_a_form_is_sent_as_ever(scene, key):
    client, url, data = new_shipment(scene)
    before = Shipment.objects.count()
    for _ in range(2):
        assert client.post(url, data | {ONCE: key}).status_code == 302
    assert Shipment.objects.count() == before + 2
    assert not Submission.objects.exists()


def test_boxes_guest_links_shares_and_feedback_are_made_once(scene):
    mug = f"units-{scene.items['MUG'].public_id}"
    size = {"weight": "9", "length": "9", "width": "9", "height": "9"}
    boss, row = signed_in(scene.boss), scene.shipment
    new = seller_page(scene.firm, "shipment-create")
    another = boss.post(new, new_shipment(scene)[2]).url
    other = Shipment.objects.get(public_id=another.rstrip("/").rpartition("/")[2])
    supplier = f"c:{scene.share.connection.public_id}"
    help_url = reverse("help-page", args=["supply-chain-connect"])
    for client, url, typed, model in (
        (scene.client, share_page(scene.share, "box-add"), size | {mug: "2"}, Box),
        (
            boss,
            shipment_page(row, "shipment-share-guest"),
            {"address": "guest@mail.example", "name": "Guest"},
            GuestLink,
        ),
        (boss, shipment_page(other, "shipment-share"), {"suppliers": supplier}, Share),
        (boss, f"{help_url}?helpful=yes", {"text": "Good."}, HelpFeedback),
    ):
        data = opened(client, url, holding=ONCE) | typed
        before = model.objects.count()
        first, second = client.post(url, data), client.post(url, data)
        assert (first.status_code, second.status_code) == (302, 302), url
        assert (model.objects.count() - before, second.url) == (1, first.url)


def test_a_button_pressed_twice_does_its_thing_once(scene):
    """Started twice: the second is led on as the first was, and nobody hears of it twice."""
    page = scene.get().content.decode()
    key = re.search(r'name="once" value="(\w+)"', page)[1]
    first = scene.post("share-seen", {ONCE: key})
    drain()
    second = scene.post("share-seen", {ONCE: key})
    assert first.url == second.url
    assert not drain()


def test_files_count_as_content():
    """The same form with another file is another content."""

    def content(body):
        file = SimpleUploadedFile("a.csv", body)
        return _content(RequestFactory().post("/", {"list": file, ONCE: "1" * 32}))

    assert content(b"one") == content(b"one")
    assert content(b"one") != content(b"two")


def test_keys_are_forgotten_after_days(scene):
    client, url, data = new_shipment(scene)
    client.post(url, data)
    forget()
    assert Submission.objects.count() == 1
    Submission.objects.update(sent_at=clock.real_now() - timedelta(days=3))
    forget()
    assert not Submission.objects.exists()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_at_the_same_time_make_one():
    """The second waits for the first inside the database, and is led to its result."""
    scene = Scene()
    _, url, data = new_shipment(scene)
    answers = []
    before = Shipment.objects.count()
    gate = threading.Barrier(2)

    def send():
        client = signed_in(scene.boss)
        gate.wait()
        answers.append(client.post(url, data))
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [302, 302]
    assert len({answer.url for answer in answers}) == 1
    assert Shipment.objects.count() == before + 1
