"""Mails about applications and approvals: who gets them, once, and no foreign word as a link."""

from typing import Any

import pytest
from django.db import transaction

from core.notifications.models import Notification
from core.web.access import Level
from roles.transitions import applications, approvals, decisions
from tests.factories import accounts, roles
from tests.support import drain, links_in

pytestmark = pytest.mark.django_db
EVIL = "Evil.example click http://evil.example/x"


@pytest.fixture
def story(provider: Any, administrator: Any, reviewer: Any, second_reviewer: Any) -> list[Any]:
    """Every mail of one application's life, sent to the provider's only administrator."""
    type(provider).objects.filter(pk=provider.pk).update(name=EVIL)
    application = roles.draft(provider, {"orders.manage": "edit", "orders.returns": "edit"})
    applications.submit_application(application=application, by=administrator)
    decisions.start_review(application=application, by=reviewer)
    decisions.request_information(application=application, text=EVIL, by=reviewer)
    applications.answer_question(application=application, text="Here", by=administrator)
    manage, returns = application.lines.order_by("role__position")
    decisions.decide_line(line=manage, level=Level.EDIT, by=reviewer)
    decisions.second_line(line=manage, seen_level=2, agree=True, by=second_reviewer)
    decisions.decide_line(line=returns, level=Level.NONE, reason="policy", note=EVIL, by=reviewer)
    decisions.finish_application(application=application, by=reviewer)
    held = provider.approved_roles.get()
    lead = roles.reviewer(lead=True)
    held = approvals.lower_approved_role(
        approved_role=held, level=Level.VIEW, reason=EVIL, version=1, by=lead
    )
    held = approvals.revoke_approved_role(approved_role=held, reason=EVIL, version=2, by=lead)
    roles.restore(held, reason=EVIL, by=reviewer)
    return drain()


def test_each_step_mails_once_and_stands_in_the_notification_centre(
    story: list[Any], administrator: Any
) -> None:
    kinds = [
        "application_submitted",
        "application_information_requested",
        "application_decided",
        "approved_role_lowered",
        "approved_role_revoked",
        "approved_role_restored",
    ]
    assert len(story) == len(kinds)
    assert {mail.to[0] for mail in story} == {administrator.email}
    notes = Notification.objects.filter(user=administrator).order_by("pk")
    assert list(notes.values_list("kind", flat=True)) == [f"roles.{kind}" for kind in kinds]
    assert all(note.path.startswith("/provider/") for note in notes)


def test_nothing_that_people_typed_becomes_a_link(story: list[Any]) -> None:
    for mail in story:
        assert links_in(mail)[0].startswith("http://localhost/provider/")
        assert set(links_in(mail)[1:]) <= {"http://localhost/notifications/settings/"}
        html = mail.alternatives[0].content
        assert "evil.example" not in mail.body + html + mail.subject


def test_reviewers_are_not_named_to_providers(story: list[Any]) -> None:
    for mail in story:
        assert "Rita" not in mail.body
        assert "Sam Second" not in mail.body


def test_employees_and_former_administrators_are_not_told(
    provider: Any, administrator: Any
) -> None:
    accounts.member(provider)
    former = accounts.administrator(provider)
    former.memberships.update(status="suspended")
    application = roles.draft(provider, {"pricing.pricing": "edit"})
    applications.submit_application(application=application, by=administrator)
    assert [mail.to for mail in drain()] == [[administrator.email]]


def test_refused_step_leaves_no_mail(
    provider: Any, administrator: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    application = roles.draft(provider, {"pricing.pricing": "edit"})

    def fail(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(applications, "record", fail)
    with pytest.raises(RuntimeError), transaction.atomic():
        applications.submit_application(application=application, by=administrator)
    application.refresh_from_db()
    assert application.status == "draft"
    assert drain() == []
