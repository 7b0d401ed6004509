"""Two sessions save any two forms in any order: no field is lost, and none is overwritten unseen.

Beside the pages stands a model: what each field holds. A save writes the one field that was
touched; where somebody else has changed just that one since the page was opened, it is refused with
both values, and sent again it is meant.
"""

import os
import re

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from connections.field_names import cell_field, grant_field
from tests.editing import held, opened
from tests.factories import accounts as make
from tests.factories import connections as connect
from tests.factories import roles as apply_for
from tests.factories.supplychain import packed
from tests.supplychain.pages import share_page, shipment_page
from tests.supplychain.test_packing import UPS, Scene
from tests.support import sign_in

SESSIONS = ("one", "two")
NUMBERS = (UPS, "1Z999AA10123456784")
LEVELS = ("1", "2")


class Saves(RuleBasedStateMachine):
    """A form is named by its place in `forms`: whose it is, its address, where a save is posted,
    and for each of some fields the values to choose from."""

    def __init__(self):
        super().__init__()
        self.block = transaction.atomic()
        self.block.__enter__()
        scene = Scene(MUG=12)
        packed(scene.share)
        scene.post("share-confirm")
        tracking, number = share_page(scene.share, "share-tracking"), scene.share.boxes.first()
        other = Scene(MUG=12)
        packed(other.share)
        box = share_page(other.share, "box-edit", other.share.boxes.get().public_id)
        facts = shipment_page(other.shipment, "shipment-edit")
        lines = shipment_page(other.shipment, "shipment-items")
        self.forms = [
            (scene.sam, tracking, tracking, {f"box-{number.public_id}": NUMBERS}),
            (other.sam, box, box, {"weight": ("9.00", "8.00"), "height": ("9.00", "7.00")}),
            (
                other.boss,
                facts,
                facts,
                {"name": ("Spring", "Autumn"), "ship_from_name": ("", "Dock")},
            ),
            (
                other.boss,
                lines,
                lines,
                {"items-0-quantity": ("12", "13"), "items-0-title": ("", "Mug", "Cup")},
            ),
            *self._delegation(),
        ]
        self.sessions = {name: {} for name in SESSIONS}
        self.clients = {user.pk: sign_in(Client(), user) for user, *_ in self.forms}
        self.model = {
            (place, field): str(opened(self.clients[user.pk], url)[field])
            for place, (user, url, _, fields) in enumerate(self.forms)
            for field in fields
        }

    def _delegation(self):
        firm, boss, provider, lead = connect.pair()
        worker, colleague = make.member(provider), make.member(provider)
        for code in (connect.FBA, connect.LISTINGS):
            connect.approved(provider, code)
        row = connect.connection(firm, provider, {connect.FBA: "edit", connect.LISTINGS: "edit"})
        roles = reverse("seller:connection-roles", args=[firm.handle, row.public_id])
        people = reverse("provider:client-assignments", args=[provider.handle, row.public_id])
        membership, other = worker.memberships.get(), colleague.memberships.get()
        cells = [cell_field(grant.pk, membership.pk) for grant in row.grants.order_by("pk")]
        draft = apply_for.draft(provider, {"orders.refunds": "view"})
        page = reverse("provider:application", args=[provider.handle, draft.public_id])
        member = reverse("provider:member", args=[provider.handle, other.public_id])
        levels = dict.fromkeys((grant_field(connect.FBA), grant_field(connect.LISTINGS)), LEVELS)
        return [
            (boss, roles, roles, levels),
            (lead, people, people, dict.fromkeys(cells, ("0", "1"))),
            (
                lead,
                page,
                f"{page}save/",
                {"returns-level": ("0", "1"), "manage-use_case": ("", "Ours.", "Theirs.")},
            ),
            (lead, member, member, {"role": ("employee", "administrator")}),
        ]

    @rule(place=st.integers(0, 7))
    def opens(self, place):
        """Both open the page of a form, and leave it open."""
        user, url, _, _ = self.forms[place]
        for pages in self.sessions.values():
            pages[place] = opened(self.clients[user.pk], url)

    @rule(place=st.integers(0, 7), who=st.sampled_from(SESSIONS), data=st.data())
    def saves(self, place, who, data):
        """Somebody touches one field of the page they have open, and saves it."""
        user, _, target, fields = self.forms[place]
        if place not in self.sessions[who]:
            self.opens(place)
        page = self.sessions[who][place]
        field = data.draw(st.sampled_from(sorted(fields)))
        value = data.draw(st.sampled_from(fields[field]))
        key = (place, field)
        answer = self.clients[user.pk].post(target, page | {field: value} | self._yes(page))
        told = self.model[key] not in (value, page[field]) and value != page[field]
        assert answer.status_code == (409 if told else 302), (target, field, _refused(answer))
        if told:
            again = held(answer)
            assert again[field] == value
            answer = self.clients[user.pk].post(target, again | self._yes(page))
            assert answer.status_code == 302
        if value != page[field]:
            self.model[key] = value
        del self.sessions[who][place]
        self._agrees(place)

    def _yes(self, page):
        """Whoever lowers a role confirms it at once."""
        return {"confirmed": "1"} if "version" in page else {}

    def _agrees(self, place):
        """The page shows what the model holds: no field is lost."""
        user, url, _, fields = self.forms[place]
        page = opened(self.clients[user.pk], url)
        for field in fields:
            assert str(page[field]) == self.model[place, field], (url, field)

    def teardown(self):
        """Every page agrees; then everything of this history is undone."""
        for place in range(len(self.forms)):
            self._agrees(place)
        transaction.set_rollback(True)
        self.block.__exit__(None, None, None)


@pytest.mark.django_db
@pytest.mark.grows
def test_two_sessions_save_any_two_forms_in_any_order():
    Saves.TestCase.settings = settings(
        max_examples=200 if os.environ.get("SOAK") == "1" else 2,
        stateful_step_count=14,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    Saves.TestCase("runTest").runTest()


def _refused(answer):
    """The errors of the forms on a refused page."""
    return re.findall(r"(?s)error-summary.*?</ul>", answer.content.decode())
