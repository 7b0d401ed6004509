"""Two at once: one business, one identity check, one decision (C8, S0.16)."""

from collections.abc import Callable
from functools import partial
from threading import Barrier, Thread

import pytest
from django.db import connection

from accounts.models import IdentityCheck, Organization
from partnerhub.audit.models import Event
from partnerhub.outbox.models import Message
from tests.factories.accounts import identity, person
from tests.factories.reviewers import desk_reviewer, scan
from tests.support import signed_in

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 8
DESK = "/admin/accounts/identitycheck/"
FORM = {"country": "US", "registration_number": "12-3456789"}


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Run the acts in threads of their own, all released together; their results in order."""
    barrier, results = Barrier(len(acts)), [None] * len(acts)

    def run(place: int, act: Callable[[], object]) -> None:
        try:
            barrier.wait(timeout=10)
            results[place] = act()
        finally:
            connection.close()

    threads = [Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_two_identified_people_register_one_business_at_once():
    for number in range(ROUNDS):
        clients = []
        for _ in range(2):
            user = person()
            identity(user)
            clients.append(signed_in(user))
        form = FORM | {"name": "Blue Harbor", "registration_number": f"12-345{number:04d}"}
        answers = at_once(*(partial(client.post, "/start/provider/", form) for client in clients))
        assert sorted(answer.status_code for answer in answers) == [302, 409]
    assert Organization.objects.filter(status="active").count() == ROUNDS
    assert Organization.objects.count() == ROUNDS


def test_two_drafts_of_one_business_are_verified_at_once():
    reviewers = [signed_in(desk_reviewer()) for _ in range(2)]
    for number in range(ROUNDS):
        checks = []
        form = FORM | {"name": "Blue Harbor", "registration_number": f"12-345{number:04d}"}
        for _ in range(2):
            user = person()
            signed_in(user).post("/start/provider/", form)
            checks.append(identity(user, "submitted"))
        answers = at_once(
            *(
                partial(reviewer.post, f"{DESK}{check.pk}/decide/", {"decision": "verify"})
                for reviewer, check in zip(reviewers, checks, strict=True)
            )
        )
        assert [answer.status_code for answer in answers] == [302, 302]
    assert Organization.objects.filter(status="active").count() == ROUNDS
    assert Organization.objects.filter(status="draft").count() == ROUNDS
    assert IdentityCheck.objects.filter(status="verified").count() == 2 * ROUNDS


def test_two_reviewers_decide_differently_at_once():
    reviewers = [signed_in(desk_reviewer()) for _ in range(2)]
    decisions = [{"decision": "verify"}, {"decision": "refuse", "reason": "unreadable"}]
    for _ in range(ROUNDS):
        Message.objects.all().delete()
        check = identity(person(), "submitted")
        url = f"{DESK}{check.pk}/decide/"
        answers = at_once(
            *(
                partial(reviewer.post, url, decision)
                for reviewer, decision in zip(reviewers, decisions, strict=True)
            )
        )
        assert sorted(answer.status_code for answer in answers) == [302, 409]
        check.refresh_from_db()
        won = "verified" if answers[0].status_code == 302 else "failed"
        assert check.status == won
        assert Event.objects.filter(object_id=str(check.public_id)).count() == 1
        assert [message.kind for message in Message.objects.all()] == [f"accounts.identity_{won}"]


def check_form():
    return {
        "legal_name": "Alex Meyer",
        "birth_date": "1985-04-12",
        "country": "DE",
        "street_address": "Lindenweg 4",
        "government_id": scan(),
        "proof_of_address": scan(),
    }


def test_a_check_is_sent_twice_at_once(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    for _ in range(ROUNDS):
        user = person()
        client = signed_in(user)
        answers = at_once(*(partial(client.post, "/identity/", check_form()) for _ in range(2)))
        assert sorted(answer.status_code for answer in answers) == [302, 409]
        assert IdentityCheck.objects.filter(user=user).count() == 1
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 2 * ROUNDS
