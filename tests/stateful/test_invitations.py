"""N12 to N17 over random histories of one invitation of each kind, through the pages people use.

The oracle is a few columns: generation, state, end, whether the inviter may invite. Each example
runs in one transaction that is rolled back.
"""

import os
from copy import copy
from datetime import timedelta

import pytest
from django.test import Client, TestCase
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from accounts.invitations import kinds
from accounts.models import Membership, Organization
from accounts.tasks import sweep
from core import clock
from core.outbox import tokens
from core.outbox.tokens import Claim
from tests.factories.accounts import identity, person
from tests.factories.invitations import KINDS
from tests.invitations.acting import DEEDS, accept, decline, scene_of
from tests.stateful.base import Walk
from tests.support import fingerprint, signed_in

EXAMPLES = 200 if os.environ.get("SOAK") == "1" else 3
FINAL = {"accepted", "answered", "declined", "revoked", "cancelled"}
names = st.sampled_from(sorted(KINDS))


class Invitations(Walk):
    """One invitation of each kind, its inviter, the invited and a bystander."""

    def __init__(self) -> None:
        super().__init__()
        self.scenes = {name: scene_of(name) for name in KINDS}
        self.status = {name: scene.row.status for name, scene in self.scenes.items()}
        self.bystander = person("Bystander")
        identity(self.bystander)

    # Tools ------------------------------------------------------------------------------------
    def _row(self, name):
        """The row as it stands, a fresh object each time."""
        row = self.scenes[name].row
        row.refresh_from_db()
        return copy(row)

    def _inviter_may(self, name):
        scene = self.scenes[name]
        firm = Organization.objects.get(pk=scene.organization.pk)
        rows = Membership.objects.active().filter(user=scene.inviter, organization=firm)
        return firm.status == "active" and rows.filter(role="administrator").exists()

    def _press(self, name, press, user):
        with TestCase.captureOnCommitCallbacks(execute=True):
            return press(name, self.scenes[name], signed_in(user))

    def _list(self, name, act):
        scene = self.scenes[name]
        url = kinds.get(scene.row.purpose).urls(scene.row)[act]
        with TestCase.captureOnCommitCallbacks(execute=True):
            return signed_in(scene.inviter).post(url, {"list": "1"})

    # What people and time do --------------------------------------------------------------------
    @rule(name=names, old=st.booleans(), method=st.sampled_from(["get", "head", "options"]))
    def look(self, name, old, method):
        """N13: opening, with the current link or an older one, changes nothing."""
        row = self._row(name)
        generation = max(1, row.generation - old)
        token = tokens.sign(Claim(row.purpose, row.public_id, generation))
        before, client = fingerprint(), Client()
        getattr(client, method)(f"/invitations/{row.purpose}/{token}/")
        page = client.get("/invitations/")
        assert fingerprint() == before
        dead = generation != row.generation or not row.is_open or not self._inviter_may(name)
        if method != "options" and page.status_code != 404:
            assert (page.status_code == 410) == dead

    @rule(name=names, who=st.sampled_from(["invited", "bystander", "inviter"]))
    def accept(self, name, who):
        """N12, N14: only the invited, only while it is open and its inviter may invite."""
        scene, row = self.scenes[name], self._row(name)
        user = {"invited": scene.invited, "inviter": scene.inviter}.get(who, self.bystander)
        could = who == "invited" and row.is_open and self._inviter_may(name)
        made = DEEDS[name].made(scene)
        response = self._press(name, accept, user)
        now = self._row(name)
        assert (now.status == DEEDS[name].accepted != row.status) == could, response.status_code
        assert DEEDS[name].made(scene) == made + could

    @rule(name=names, invited=st.booleans())
    def decline(self, name, invited):
        """N12: the same for saying no, which asks for nobody's right."""
        if name == "guest":
            return
        scene, row = self.scenes[name], self._row(name)
        firm_active = Organization.objects.get(pk=scene.organization.pk).status == "active"
        self._press(name, decline, scene.invited if invited else self.bystander)
        changed = self._row(name).status != row.status
        assert not changed or (invited and row.is_open)
        assert changed or not (invited and row.is_open and firm_active)

    @rule(name=names)
    def resend(self, name):
        """N15: a new generation with a new end, or nothing at all."""
        row = self._row(name)
        before = (row.generation, row.expires_at, row.status)
        response = self._list(name, "resend")
        now = self._row(name)
        if response.status_code == 302 and now.generation != before[0]:
            assert now.generation == before[0] + 1
            assert now.expires_at > clock.now()
            assert now.is_open
        else:
            assert (now.generation, now.expires_at) == before[:2]

    @rule(name=names)
    def revoke(self, name):
        """Taken back, from any state that is not final; twice is once (N29)."""
        row, may = self._row(name), self._inviter_may(name)
        self._list(name, "revoke")
        if may and row.status not in FINAL:
            assert self._row(name).status == kinds.get(row.purpose).revoked

    @rule(name=names, active=st.booleans())
    def suspend(self, name, active):
        """The inviting account stops, or goes on."""
        status = "active" if active else "suspended"
        Organization.objects.filter(pk=self.scenes[name].organization.pk).update(status=status)

    @rule(name=names, role=st.sampled_from(["administrator", "employee"]))
    def demote(self, name, role):
        """The inviter loses the right, or has it again."""
        self.scenes[name].inviter.memberships.update(role=role)

    @rule(days=st.sampled_from([0.01, 1, 8, 15]))
    def wait(self, days):
        """Time moves forward; the sweep may be late."""
        self.offset += timedelta(days=days)

    @rule()
    def sweep(self):
        """N24: what the clock has decided is stored; twice is once."""
        sweep()
        before = fingerprint()
        sweep()
        assert fingerprint() == before

    # What always holds --------------------------------------------------------------------------
    @invariant()
    def states_move_along_the_arrows(self):
        """N16: no arrow leaves a final state; nothing revives, whatever the clock says."""
        for name in KINDS:
            row, before = self._row(name), self.status[name]
            if row.status != before:
                assert before not in FINAL
                self.status[name] = row.status

    @invariant()
    def nothing_past_its_end_is_open(self):
        """N17: pending by the clock means before its end."""
        for name in KINDS:
            row = self._row(name)
            assert not row.is_open or clock.now() < row.expires_at

    @invariant()
    def one_effect_at_most(self):
        """N12: a row has made what it offers once, or not at all."""
        for name, scene in self.scenes.items():
            accepted = self._row(name).status == DEEDS[name].accepted
            assert DEEDS[name].made(scene) == accepted


@pytest.mark.grows
@pytest.mark.timeout(900)
@pytest.mark.django_db
def test_an_invitation_keeps_its_promises_whatever_happens():
    """N12 to N17 over random histories."""
    Invitations.TestCase.settings = hypothesis_settings(
        max_examples=EXAMPLES,
        stateful_step_count=15,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    Invitations.TestCase("runTest").runTest()
