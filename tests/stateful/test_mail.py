"""N18 to N25 over random histories: invitations through the pages, mail through bad weather.

Each example runs in one transaction that is rolled back. Time stands still between the steps.
"""

import os
import re
from contextlib import ExitStack, suppress
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.test import TestCase
from django.urls import reverse
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from accounts import portals
from accounts.addresses import budget_key
from accounts.invitations import limits
from accounts.invitations.models import Sending
from accounts.models import EmployeeInvitation, Refusal
from partnerhub import clock
from partnerhub.audit.models import Event
from partnerhub.celery import app
from partnerhub.chores.models import Failure
from partnerhub.outbox import delivery, line, services
from partnerhub.outbox.models import Message, Pause
from partnerhub.outbox.states import MessageStatus
from partnerhub.tasks import nudge
from tests.factories import accounts as make
from tests.stateful.post_office import MODES, Server, Time, WorkerDied
from tests.support import fingerprint, signed_in

EXAMPLES = 150 if os.environ.get("SOAK") == "1" else 4
STEPS = 30
FIRMS = ("f0", "f1", "young")
PEOPLE = ("ada", "bo", "cy")
firms, people = st.sampled_from(FIRMS), st.sampled_from(PEOPLE)
# One person's address as somebody may type it: none of it is a new budget.
spellings = st.sampled_from(["{0}@mail.example", "{0}@MAIL.Example", " {0}@mail.example"])
TASKS = sorted({entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()})
# What an invitation's last event makes of it.
REPLAYED = {
    "sent": "pending",
    "resent": "pending",
    "revoked": "revoked",
    "declined": "declined",
    "accepted": "accepted",
    "expired": "expired",
    "undeliverable": "undeliverable",
}
_ADDRESS = re.compile(r"https?://[^\s<>\"']+")


class Post(RuleBasedStateMachine):
    """Three sellers, one of them in its first day, invite three people again and again."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.stack.enter_context(transaction.atomic())
        self.stack.callback(transaction.set_rollback, True)
        patch = self.patch = self.stack.enter_context(pytest.MonkeyPatch.context())
        self.time, self.server, self.published = Time(), Server(), 0
        patch.setattr(clock, "real_now", self.time)
        patch.setattr(clock, "now", self.time)
        patch.setattr(line, "mailers", {"transport": self.server})
        patch.setattr("celery.app.task.Task.delay", self._publish)
        app.loader.import_default_modules()
        self.broker_is_up = True
        self.firms = {key: make.organization("seller", f"Firm {key}") for key in FIRMS}
        young = self.firms["young"]
        young.created_at = young.activated_at = clock.now()
        young.save()
        self.bosses = {key: signed_in(make.administrator(firm)) for key, firm in self.firms.items()}
        self.users = {key: make.person(email=f"{key}@mail.example") for key in PEOPLE}
        self.clients = {key: signed_in(user) for key, user in self.users.items()}
        # message key -> what must be true of it; only requests that were answered with 302 add.
        self.promised: set[str] = set()
        self.refused_for_good: set[tuple[int, str]] = set()
        self.history: dict[int, str] = {}
        self.ever_refused: set[int] = set()

    def teardown(self) -> None:
        """N20 to the end: with fair weather everything that can leave has left."""
        try:
            self._finish()
        finally:
            self.stack.close()

    def _finish(self) -> None:
        self.server.mode = "ok"
        for _ in range(12):
            self.time.pass_by(6 * 60)
            delivery.drain()
        self.every_mail_is_sent_once_or_accounted_for()
        left = Message.objects.exclude(status__in=["sent", "failed", "cancelled"])
        assert not left.exists(), [str(message) for message in left]

    # Tools ------------------------------------------------------------------------------------

    def _publish(self, *args: Any, **kwargs: Any) -> None:
        if not self.broker_is_up:
            raise ConnectionError("no broker")
        self.published += 1

    def _post(self, client: Any, page: str, data: dict[str, Any], verb: str) -> Any:
        """Press a button; N18: what was done is one event, what was refused is none."""
        events = Event.objects.count()
        messages = set(Message.objects.values_list("key", flat=True))
        with TestCase.captureOnCommitCallbacks(execute=True):
            answer = client.post(page, data)
        assert answer.status_code in (302, 404, 409, 410, 422, 429), answer.status_code
        new = set(Message.objects.values_list("key", flat=True)) - messages
        written = list(Event.objects.order_by("-id")[: Event.objects.count() - events])
        done = answer.status_code == 302
        repeated = done and not written  # taking back what was taken back
        assert repeated or [event.verb for event in written] == (
            [f"employee_invitation.{verb}"] if done else []
        )
        assert done or not new
        self.promised |= new
        return answer, new

    def _latest(self, firm: str, person: str) -> EmployeeInvitation | None:
        rows = EmployeeInvitation.objects.filter(
            organization=self.firms[firm], address=f"{person}@mail.example"
        )
        return rows.order_by("-id").first()

    def _wanted(self, firm: str, person: str) -> bool:
        return (self.firms[firm].pk, f"{person}@mail.example") not in self.refused_for_good

    # What people do -----------------------------------------------------------------------------

    @rule(firm=firms, person=people, spelling=spellings)
    def invite(self, firm: str, person: str, spelling: str) -> None:
        """N20: exactly one row for the promised mail; N21: none after "never again"."""
        data = {"address": spelling.format(person), "name": "Sam Lee", "role": "employee"}
        page = portals.members_page(self.firms[firm])
        answer, new = self._post(self.bosses[firm], page, data, "sent")
        if answer.status_code == 302:
            assert len(new) == int(self._wanted(firm, person))

    @rule(firm=firms, person=people)
    def resend(self, firm: str, person: str) -> None:
        """A new link is a new mail; the old one does not leave any more."""
        if row := self._latest(firm, person):
            page = portals.page(self.firms[firm], "employee-resend", row.public_id)
            answer, new = self._post(self.bosses[firm], page, {}, "resent")
            if answer.status_code == 302:
                assert len(new) == int(self._wanted(firm, person))
                old = Message.objects.filter(about=row.about).exclude(key__in=new)
                assert not old.filter(status__in=["waiting", "maybe_sent"]).exists()

    @rule(firm=firms, person=people)
    def revoke(self, firm: str, person: str) -> None:
        """The inviter takes it back."""
        if row := self._latest(firm, person):
            page = portals.page(self.firms[firm], "employee-revoke", row.public_id)
            self._post(self.bosses[firm], page, {}, "revoked")

    @rule(firm=firms, person=people, never_again=st.booleans())
    def decline(self, firm: str, person: str, never_again: bool) -> None:
        """The invited says no, perhaps for good."""
        if row := self._latest(firm, person):
            page = reverse("employee-invitation-decline", args=[row.public_id])
            data = {"never_again": "on"} if never_again else {}
            answer, _ = self._post(self.clients[person], page, data, "declined")
            if answer.status_code == 302 and never_again:
                self.refused_for_good.add((self.firms[firm].pk, row.address))

    @rule(firm=firms, person=people)
    def request_that_breaks(self, firm: str, person: str) -> None:
        """N23: what is rolled back leaves no event, no message, no task."""
        if not self._wanted(firm, person):
            return  # nothing is mailed, so nothing breaks
        before, published = fingerprint(), self.published
        page = portals.members_page(self.firms[firm])
        data = {"address": f"{person}@mail.example", "name": "Sam Lee", "role": "employee"}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(services, "wake", self._broken_after_queueing)
            client = self.bosses[firm]
            client.raise_request_exception = False
            with TestCase.captureOnCommitCallbacks(execute=True):
                answer = client.post(page, data)
            client.raise_request_exception = True
        assert answer.status_code in (409, 422, 429, 500)
        assert fingerprint() == before
        assert self.published == published

    def _broken_after_queueing(self) -> None:
        nudge(app.tasks["outbox.drain"])
        raise RuntimeError("the disk is full")

    # Weather ------------------------------------------------------------------------------------

    @rule(mode=st.sampled_from(MODES))
    def smtp_mode(self, mode: str) -> None:
        """The mail server changes its mood."""
        self.server.mode = mode

    @rule(up=st.booleans())
    def broker(self, up: bool) -> None:
        """The broker goes or comes: no request may notice."""
        self.broker_is_up = up

    @rule(minutes=st.sampled_from([1, 11, 90, 26 * 60, 15 * 24 * 60]))
    def advance_clock(self, minutes: int) -> None:
        """Time passes."""
        self.time.pass_by(minutes)

    @rule(times=st.integers(1, 5))
    def run_worker(self, times: int) -> None:
        """N24 for the drain: any number of deliveries at one moment is one."""
        self._drain()
        if self.server.mode != "worker_dies":
            after = fingerprint()
            for _ in range(times - 1):
                self._drain()
            assert fingerprint() == after

    def _drain(self) -> None:
        with suppress(WorkerDied):  # its lease stays behind
            delivery.drain()

    @rule(task=st.sampled_from(TASKS), times=st.integers(0, 4))
    def deliver_task_again(self, task: str, times: int) -> None:
        """N24: every task of the schedule, 1 to 5 times, leaves the same behind."""
        if task == "outbox.drain":
            return
        app.tasks[task]()
        after = fingerprint()
        for _ in range(times):
            app.tasks[task]()
        assert fingerprint() == after

    # What must hold -----------------------------------------------------------------------------

    @invariant()
    def every_mail_is_sent_once_or_accounted_for(self) -> None:
        """N20: never zero, never silent, twice only where the row says that nobody knew."""
        copies, now = self.server.copies(), clock.now()
        for message in Message.objects.all():
            count = copies.pop(message.message_id, 0)
            # A batch that died has one message in hand, which is counted when its lease ends.
            in_hand = int(message.status == MessageStatus.SENDING)
            assert count <= 1 + message.uncertain + in_hand, message
            if message.status == MessageStatus.SENT:
                assert count >= 1, message
            if not message.uncertain and message.status in ("waiting", "failed"):
                assert count == 0, message
            if message.status == MessageStatus.FAILED:
                assert message.error
            if message.status in ("waiting", "maybe_sent"):
                # Never silent: it is tried again within a day of its last try.
                assert (message.due_at - now).total_seconds() < 7 * 3600
        assert not copies, "a mail without a row"
        assert set(Message.objects.values_list("key", flat=True)) >= self.promised

    @invariant()
    def a_failed_mail_is_shown_to_who_caused_it(self) -> None:
        """N20: the pending invitation of a failed mail does not look as if it were on its way."""
        for row in EmployeeInvitation.objects.filter(status="pending"):
            latest = Message.objects.filter(about=row.about, kind__contains="invited")
            last = latest.order_by("-id").first()
            assert last is None or last.status != MessageStatus.FAILED

    @invariant()
    def mail_has_a_cause_and_one_reader(self) -> None:
        """N21 and N22, on what arrived."""
        for taken in self.server.taken:
            assert len(taken.to) == 1
            for address in _ADDRESS.findall(str(taken.body)):
                assert address.startswith(f"{settings.SITE_URL}/")
        caused = Message.objects.filter(kind__contains="employee_invited")
        abouts = {row.about for row in EmployeeInvitation.objects.all()}
        assert set(caused.values_list("about", flat=True)) <= abouts
        assert Refusal.objects.count() == len(self.refused_for_good)

    @invariant()
    def limits_hold(self) -> None:
        """N25: in every window of a day, for each account, pair and address."""
        recent = Sending.objects.filter(at__gt=clock.now() - limits.DAY)
        for firm in self.firms.values():
            own = recent.filter(organization=firm)
            assert own.count() <= limits.day_budget(firm)
            for person in PEOPLE:
                key = budget_key(f"{person}@mail.example")
                assert own.filter(budget_key=key).count() <= limits.PER_PAIR

    @invariant()
    def history_is_only_ever_longer(self) -> None:
        """N18: no event changes or goes."""
        rows = {row["id"]: repr(row) for row in _events().values()}
        for pk, before in self.history.items():
            assert rows[pk] == before
        self.history = rows

    @invariant()
    def history_tells_the_state(self) -> None:
        """N19: replaying each invitation's events gives where it stands."""
        told: dict[str, str] = {}
        for event in _events():
            app_verb, _, step = event.verb.partition(".")
            if app_verb == "employee_invitation" and step in REPLAYED:
                told[str(event.object_id)] = REPLAYED[step]
        stands = {str(row.public_id): str(row.status) for row in EmployeeInvitation.objects.all()}
        assert told == stands

    @invariant()
    def nothing_was_given_up(self) -> None:
        """No background work has failed by itself."""
        assert not Failure.objects.exists()


def _events() -> Any:
    return Event.objects.order_by("id")


def walk(examples: int, machine: type[Post] = Post, **options: Any) -> None:
    """Run the machine; raises the first broken promise it finds."""
    machine.TestCase.settings = hypothesis_settings(
        max_examples=examples,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        **options,
    )
    machine.TestCase("runTest").runTest()


@pytest.mark.grows
@pytest.mark.timeout(900)
@pytest.mark.django_db
def test_mail_is_never_lost_nor_doubled_nor_abused() -> None:
    """N18 to N25 over random histories."""
    walk(EXAMPLES)
    assert not Pause.objects.exists()
