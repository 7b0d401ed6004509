"""N18 to N25 over random histories: what mails goes through the pages, mail through bad weather.

Each example runs in one transaction that is rolled back. Time stands still between the steps.
"""

import os
import re
from collections import Counter
from contextlib import suppress
from datetime import datetime
from typing import Any

import pytest
from django.conf import settings
from django.test import Client, TestCase
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from accounts import portals
from accounts.invitations import limits
from accounts.models import Refusal
from core import clock
from core.audit.models import Event
from core.celery import app
from core.failures.models import Failure
from core.notifications import preferences
from core.notifications.models import Choice, Notification
from core.outbox import delivery, services, tokens, transport
from core.outbox.models import Message, Pause
from core.outbox.services import expand
from core.outbox.states import MessageStatus
from core.tasks import nudge
from tests.stateful.base import Walk
from tests.stateful.post_office import MODES, Server, Time, WorkerDied
from tests.stateful.ways import FIRMS, PEOPLE, SAM, WAYS, Cast, Way
from tests.support import fingerprint

EXAMPLES = 150 if os.environ.get("SOAK") == "1" else 4
STEPS = 30
WHO = {
    "way": st.sampled_from(sorted(WAYS)),
    "firm": st.sampled_from(FIRMS),
    "person": st.sampled_from(PEOPLE),
}
# So small that thirty steps reach them.
BOUNDS = {"PER_ORGANIZATION": 5, "PER_ORGANIZATION_TRUSTED": 5, "FIRST_DAY": 3}
BOUNDS |= {"PER_PAIR": 3, "PER_ADDRESS": 2}
# One person's address as somebody may type it: none of it is a new budget.
spellings = st.sampled_from(["{0}@mail.example", "{0}@MAIL.Example", " {0}@mail.example"])
TASKS = sorted({entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()})
# What an invitation's last event makes of it.
REPLAYED = {
    "sent": "pending",
    "resent": "pending",
    "delivered": "pending",
    "revoked": "revoked",
    "declined": "declined",
    "accepted": "accepted",
    "expired": "expired",
    "undeliverable": "undeliverable",
}
INVITING = {
    "employee_invitation": WAYS["colleague"],
    "supplier_invitation": WAYS["supplier"],
    "connection_invitation": WAYS["client"],
}
ASKING = [way.kind for way in WAYS.values() if way.no]
_ADDRESS = re.compile(r"https?://[^\s<>\"']+")


class Post(Walk):
    """Three sellers and an agency ask three people for this and that, again and again."""

    steps = 0

    def __init__(self) -> None:
        super().__init__()
        patch = self.patch
        self.time, self.server, self.published = Time(), Server(), 0
        patch.setattr(clock, "real_now", self.time)
        patch.setattr(clock, "now", self.time)
        patch.setattr(transport, "mailers", {"transport": self.server})
        patch.setattr("celery.app.task.Task.delay", self._publish)
        app.loader.import_default_modules()
        for name, bound in BOUNDS.items():
            patch.setattr(limits, name, bound)
        self.broker_is_up = True
        self.cast = Cast()
        self.began, young = clock.now(), self.cast.firms["young"]
        young.created_at = young.activated_at = clock.now()
        young.save()
        # message key -> what must be true of it; only requests that were answered with 302 add.
        self.promised: set[str] = set()
        self.said_never: set[tuple[str, str, str]] = set()  # way, sender, person
        self.wish: str = Choice.MAIL
        self.last_asked: dict[str, datetime] = {}
        self.sendings: list[tuple[datetime, str, str, str]] = []  # when, way, sender, person
        self.taken_back: set[str] = set()  # Message-IDs that must not arrive any more
        self.history: dict[int, str] = {}

    @initialize()
    def begin(self) -> None:
        """Histories begin in the middle: most of what can go wrong needs something on its way."""
        for number, way in enumerate(sorted(WAYS)):
            self.ask(way, FIRMS[number % 2], PEOPLE[number % 3], "{0}@mail.example")

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

    def _press(self, client: Any, page: str, data: dict[str, str], verbs: tuple[str, ...]) -> Any:
        """Press a button; N18: what was done is in the history, what was refused is not."""
        events = Event.objects.count()
        messages = set(Message.objects.values_list("key", flat=True))
        with TestCase.captureOnCommitCallbacks(execute=True):
            answer = client.post(page, data)
        assert answer.status_code in (302, 404, 409, 410, 422, 429), answer.status_code
        expand()  # what goes to many becomes messages piece by piece
        new = dict(Message.objects.exclude(key__in=messages).values_list("key", "kind"))
        written = [event.verb for event in _events().reverse()[: Event.objects.count() - events]]
        done = answer.status_code == 302
        # What comes with it: "never again", and an older one that had expired unnoticed.
        told = sorted(verb for verb in written if verb.split(".")[1] not in ("set", "expired"))
        repeated = done and not written  # taking back what was taken back
        assert repeated or told == (sorted(verbs) if done else []), (page, written)
        assert done or not new
        self.promised |= set(new)
        return answer, new

    def _latest(self, way: str, firm: str, person: str) -> Any:
        return WAYS[way].rows(self.cast, firm, person).order_by("-id").first()

    def _silent(self, way: str, firm: str, person: str) -> bool:
        """Whether mail of this way must not go to the person."""
        if way == "share":
            return self.wish != Choice.MAIL
        return any(
            way in WAYS[said].silences and (sender, who) == (firm, person)
            for said, sender, who in self.said_never
        )

    def _asking(self, way: str, firm: str) -> tuple[Way, str]:
        """The way, and the one who can go it."""
        taken = WAYS[way]
        return taken, firm if firm in taken.senders else taken.senders[0]

    def _asked(self, way: str, firm: str, person: str, new: dict[str, str]) -> None:
        """N20, N21: one mail, or none to those who want none; N25: it counts."""
        asking = [kind for kind in new.values() if kind == WAYS[way].kind]
        assert len(asking) == int(not self._silent(way, firm, person)), (way, new)
        if way != "share":
            now, about = clock.now(), self._latest(way, firm, person).about
            assert now - self.last_asked.get(about, now - limits.DAY) >= limits.RESEND_GAP
            self.last_asked[about] = now
            self.sendings.append((now, way, firm, person))

    # What people do -----------------------------------------------------------------------------

    @rule(**WHO, spelling=spellings)
    def ask(self, way: str, firm: str, person: str, spelling: str) -> None:
        """N20: exactly one row for the promised mail; N21: none after "never again"."""
        taken, firm = self._asking(way, firm)
        page, data = taken.ask(self.cast, firm, person, spelling)
        answer, new = self._press(self.cast.bosses[firm], page, data, taken.verbs["ask"])
        if answer.status_code == 302:
            self._asked(way, firm, person, new)

    @rule(**WHO)
    def resend(self, way: str, firm: str, person: str) -> None:
        """A new link is a new mail; the old one does not leave any more."""
        taken, firm = self._asking(way, firm)
        row = self._latest(way, firm, person)
        if row is None or not taken.resend:
            return
        page = portals.page(self.cast.firms[firm], taken.resend, *taken.ids(row))
        verbs = taken.verbs["resend"]
        answer, new = self._press(self.cast.bosses[firm], page, {}, verbs)
        if answer.status_code == 302:
            self._asked(way, firm, person, new)
            self._takes_back(Message.objects.filter(about=row.about).exclude(key__in=new))

    def _takes_back(self, messages: Any) -> None:
        """What waits is not sent any more; what is in a dead worker's hands may have been."""
        self.taken_back |= set(
            messages.filter(attempts=0).values_list("message_id", flat=True)
        ) - set(self.server.copies())

    @rule(**WHO)
    def revoke(self, way: str, firm: str, person: str) -> None:
        """The sender takes it back: its mail does not leave any more."""
        taken, firm = self._asking(way, firm)
        row = self._latest(way, firm, person)
        if row is None:
            return
        page = portals.page(self.cast.firms[firm], taken.revoke, *taken.ids(row))
        client, data = self.cast.bosses[firm], {"reason": "x"}
        answer, _ = self._press(client, page, data, taken.verbs["revoke"])
        if answer.status_code == 302 and way != "share":
            self._takes_back(Message.objects.filter(about=row.about))

    @rule(**WHO, never_again=st.booleans())
    def decline(self, way: str, firm: str, person: str, never_again: bool) -> None:
        """The invited says no, perhaps for good."""
        taken, firm = self._asking(way, firm)
        row = self._latest(way, firm, person)
        if row is None or taken.no is None:
            return
        page, data = taken.no(self.cast, person, row)
        if not never_again:
            data = {}
        client = self.cast.clients[person]
        answer, _ = self._press(client, page, data, taken.verbs["no"])
        if answer.status_code == 302:
            self._takes_back(Message.objects.filter(about=row.about))
            if never_again:
                self.said_never.add((way, firm, person))
                self.ask(way, firm, person, "{0}@mail.example")

    @rule()
    def unsubscribe(self) -> None:
        """The mail program's button stops the repeating mail; a look at its address does not."""
        name = "List-Unsubscribe"
        found = [mail for mail in self.server.taken if name in mail.extra_headers]
        if found:
            page = found[-1].extra_headers[name].strip("<>").removeprefix(settings.SITE_URL)
            before = fingerprint()
            assert Client().get(page).status_code == 200
            assert fingerprint() == before
            assert Client().post(page).status_code == 200
            self.wish = Choice.PORTAL
            self.ask("share", FIRMS[0], SAM, "{0}@mail.example")

    @rule(choice=st.sampled_from([Choice.MAIL, Choice.DAILY]))
    def choose(self, choice: str) -> None:
        """The supplier wants each mail, or one a day."""
        preferences.choose(self.cast.users[SAM], {"shipments": choice})
        self.wish = choice
        if choice == Choice.DAILY:
            self.ask("share", FIRMS[0], SAM, "{0}@mail.example")
            self.deliver_task_again("notifications.send_digests", 2)

    @rule(**WHO)
    def request_that_breaks(self, way: str, firm: str, person: str) -> None:
        """N23: what is rolled back leaves no event, no message, no task."""
        taken, firm = self._asking(way, firm)
        if self._silent(way, firm, person):
            return  # nothing is mailed, so nothing breaks
        page, data = taken.ask(self.cast, firm, person, "{0}@mail.example")
        before, published = fingerprint(), self.published
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(services, "wake", self._broken_after_queueing)
            client = self.cast.bosses[firm]
            client.raise_request_exception = False
            with TestCase.captureOnCommitCallbacks(execute=True):
                answer = client.post(page, data)
            client.raise_request_exception = True
        assert answer.status_code in (409, 422, 429, 500)
        assert fingerprint() == before
        assert self.published == published

    def _broken_after_queueing(self) -> None:
        nudge("outbox.drain")
        raise RuntimeError("the disk is full")

    # Weather ------------------------------------------------------------------------------------

    @rule(up=st.booleans())
    def broker(self, up: bool) -> None:
        """The broker goes or comes: no request may notice."""
        self.broker_is_up = up

    @rule(minutes=st.sampled_from([1, 11, 90, 26 * 60, 15 * 24 * 60]))
    def advance_clock(self, minutes: int) -> None:
        """Time passes."""
        self.time.pass_by(minutes)

    @rule(mode=st.sampled_from(MODES), times=st.integers(1, 3), minutes=st.sampled_from([0, 1, 6]))
    def run_worker(self, mode: str, times: int, minutes: int) -> None:
        """N24 for the drain, in any mood of the mail server: many deliveries at once are one."""
        self.server.mode = mode
        self.time.pass_by(minutes)
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
        Post.steps += 1
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
        """N20: the invitation does not look as if it were on its way, and its sender is told."""
        for way in INVITING.values():
            for row in way.model.objects.filter(status="pending"):
                latest = Message.objects.filter(about=row.about, kind=way.kind)
                last = latest.order_by("-id").first()
                assert last is None or last.status != MessageStatus.FAILED
        failed = Message.objects.filter(status=MessageStatus.FAILED, caused_by__isnull=False)
        for message in failed.exclude(kind="notifications.undelivered").select_related("caused_by"):
            if message.to != message.caused_by.email:
                told = Notification.objects.filter(user=message.caused_by)
                assert told.filter(key__startswith=f"undelivered:{message.pk}:").exists(), message

    @invariant()
    def what_was_taken_back_does_not_arrive(self) -> None:
        """A revoked, declined or superseded invitation that had not left stays at home."""
        assert not self.taken_back & set(self.server.copies())

    @invariant()
    def mail_has_a_cause_and_one_reader(self) -> None:
        """N21 and N22, on what arrived; and no link without its token."""
        for taken in self.server.taken:
            assert len(taken.to) == 1
            for address in _ADDRESS.findall(str(taken.body)):
                assert address.startswith(f"{settings.SITE_URL}/")
            assert tokens.PLACEHOLDER not in str(taken.body)
        assert not any(tokens.sign(claim) in text for claim, text in self._stored())
        abouts = {row.about for way in WAYS.values() if way.no for row in way.model.objects.all()}
        asking = Message.objects.filter(kind__in=ASKING)
        assert set(asking.values_list("about", flat=True)) <= abouts
        assert Refusal.objects.exists() == bool(self.said_never)

    def _stored(self) -> Any:
        """Each link with the text it belongs to, as the database holds it (I6)."""
        rows = Message.objects.exclude(link_id=None)
        return [(row.claim, row.text + row.content + row.html) for row in rows]

    @invariant()
    def limits_hold(self) -> None:
        """N25: in every window of a day, for each account, pair and address."""
        recent = [each for each in self.sendings if each[0] > clock.now() - limits.DAY]
        of = Counter(firm for _, _, firm, _ in recent)
        young = clock.now() - self.began < limits.DAY
        for firm, count in of.items():
            assert count <= BOUNDS["FIRST_DAY" if young and firm == "young" else "PER_ORGANIZATION"]
        pairs = Counter((person, firm) for _, way, firm, person in recent if way != "client")
        for person in PEOPLE:
            counts = [count for (who, _), count in pairs.items() if who == person] or [0]
            assert max(counts) <= BOUNDS["PER_PAIR"]
            # Whoever sends most was there first, or one of those to whom the others left room.
            assert sum(counts) - max(counts) <= BOUNDS["PER_ADDRESS"]

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
            subject, _, step = event.verb.partition(".")
            if subject in INVITING and step in REPLAYED:
                told[str(event.object_id)] = REPLAYED[step]
        stands = {
            str(row.public_id): str(row.status)
            for way in INVITING.values()
            for row in way.model.objects.all()
        }
        assert told == stands

    @invariant()
    def nothing_was_given_up(self) -> None:
        """No background work has failed by itself."""
        assert not Failure.objects.exists()


def _events() -> Any:
    return Event.objects.order_by("id")


def walk(examples: int, machine: type[Post] = Post, **options: Any) -> None:
    """Run the machine; raises the first broken promise it finds. Post.steps counts."""
    Post.steps = 0
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
