"""After submission: questions, withdrawal, applying again, renewing."""

from datetime import timedelta
from typing import Any

import pytest

from core import clock
from roles.models import ApprovedRole, RoleApplication
from tests.factories import accounts, roles
from tests.roles.conftest import portal_of
from tests.support import drain, nothing_changes

pytestmark = pytest.mark.django_db


def path(application: RoleApplication, verb: str = "") -> str:
    return f"applications/{application.public_id}/{verb}"


def levels(application: RoleApplication) -> dict[str, int]:
    return dict(application.lines.values_list("role__code", "level"))


def test_submitted_page_is_read_only_with_promise_and_thread(portal: Any, provider: Any) -> None:
    application = roles.application(provider, status="information_requested")
    page = portal.get(path(application)).content.decode()
    assert "Promised by" in page
    assert "For which sellers do you prepare shipments today?" in page
    assert "Amazon (review)" in page
    assert page.count("<textarea") == 1
    assert "Submit application" not in page


def test_reviewers_thoughts_do_not_show_before_the_end(portal: Any, provider: Any) -> None:
    application = roles.in_review(provider, {"pricing.pricing": "edit"})
    roles.decide(application.lines.select_related("role").get(), refuse=True)
    page = portal.get(path(application)).content.decode()
    assert "Not approved" not in page
    assert "Name the steps." not in page


def test_answer_returns_to_review_and_moves_the_promise(portal: Any, provider: Any) -> None:
    application = roles.application(
        provider, status="information_requested", age=timedelta(days=10)
    )
    due = application.review_due_at
    response = portal.post(path(application, "answer/"), {"text": "For Oak and Elm."})
    assert response.status_code == 302
    application.refresh_from_db()
    assert application.status == "in_review"
    assert application.review_due_at - due >= timedelta(days=10)
    assert "For Oak and Elm." in portal.get(path(application)).content.decode()


@pytest.mark.parametrize("text", ["", "  ", "x" * 2001, "a\0b"])
def test_bad_answer_is_refused_at_its_field(portal: Any, provider: Any, text: str) -> None:
    application = roles.application(provider, status="information_requested")
    with nothing_changes():
        assert portal.post(path(application, "answer/"), {"text": text}).status_code == 422


@pytest.mark.parametrize("status", ["draft", "submitted", "in_review", "approved", "withdrawn"])
def test_answer_needs_an_open_question(portal: Any, provider: Any, status: str) -> None:
    application = roles.application(provider, {"pricing.pricing": "edit"}, status)
    with nothing_changes():
        assert portal.post(path(application, "answer/"), {"text": "Hello"}).status_code == 409


def test_the_question_stands_beside_its_answer(portal: Any, provider: Any) -> None:
    application = roles.application(provider, status="information_requested")
    question = application.messages.get().text
    text = portal.get(path(application)).text
    assert text.index("Answer the question") < text.index(question) < text.index("<textarea")


def test_answer_after_its_time_is_refused_before_any_sweep(portal: Any, provider: Any) -> None:
    application = roles.application(
        provider, status="information_requested", age=timedelta(days=31)
    )
    assert "<textarea" not in portal.get(path(application)).content.decode()
    with nothing_changes():
        response = portal.post(path(application, "answer/"), {"text": "Late."})
    assert response.status_code == 409
    assert "The time for an answer is over" in response.content.decode()


@pytest.mark.parametrize("status", ["draft", "submitted", "in_review", "information_requested"])
def test_withdraw_asks_first_and_frees_the_category(
    portal: Any, provider: Any, status: str
) -> None:
    application = roles.application(provider, {"pricing.pricing": "edit"}, status)
    with nothing_changes():
        assert portal.get(path(application, "withdraw/")).status_code == 200
    assert portal.post(path(application, "withdraw/")).status_code == 302
    application.refresh_from_db()
    assert application.status == "withdrawn"
    # Twice is once (N29), and the category is free.
    with nothing_changes():
        assert portal.post(path(application, "withdraw/")).status_code == 302
    assert portal.post("applications/new/", {"category": "pricing"}).status_code == 302


def test_decided_application_cannot_be_withdrawn(portal: Any, provider: Any) -> None:
    application = roles.decided(provider, {"pricing.pricing": "edit"})
    assert portal.get(path(application, "withdraw/")).status_code == 302
    with nothing_changes():
        assert portal.post(path(application, "withdraw/")).status_code == 409


def test_decision_page_says_per_line_what_to_fix(portal: Any, provider: Any) -> None:
    application = roles.decided(provider, {"orders.returns": "edit"}, {"orders.refunds": "edit"})
    page = portal.get(path(application)).content.decode()
    assert "Approved: edit" in page
    assert "Not approved" in page
    assert "The use case is unclear: describe the work step by step" in page
    assert "Name the steps." in page


def test_apply_again_takes_over_only_the_refused_lines(portal: Any, provider: Any) -> None:
    application = roles.decided(provider, {"orders.returns": "edit"}, {"orders.refunds": "edit"})
    assert portal.post(path(application, "again/")).status_code == 302
    draft = RoleApplication.objects.get(status="draft")
    assert levels(draft) == {"orders.refunds": 2}
    line = draft.lines.get()
    assert line.use_case == roles.USE_CASE
    assert set(line.answers) == {
        "personal_data_purpose",
        "personal_data_storage",
        "money_control",
    }
    # A second press leads to the draft instead of making another one.
    response = portal.post(path(application, "again/"))
    assert response.status_code == 409
    assert str(draft.public_id) in response.content.decode()


@pytest.mark.parametrize("status", ["lapsed", "withdrawn"])
def test_apply_again_after_an_end_without_decision_takes_over_everything(
    portal: Any, provider: Any, status: str
) -> None:
    application = roles.application(provider, status=status)
    assert portal.post(path(application, "again/")).status_code == 302
    assert levels(RoleApplication.objects.get(status="draft")) == levels(application)


@pytest.mark.parametrize("status", ["submitted", "in_review"])
def test_apply_again_needs_an_ended_application(portal: Any, provider: Any, status: str) -> None:
    application = roles.application(provider, {"pricing.pricing": "edit"}, status)
    with nothing_changes():
        assert portal.post(path(application, "again/")).status_code == 409


def test_apply_again_without_refusals_is_refused(portal: Any, provider: Any) -> None:
    application = roles.decided(provider, {"pricing.pricing": "edit"})
    with nothing_changes():
        assert portal.post(path(application, "again/")).status_code == 409


def test_renew_takes_over_what_ends_soon_or_lapsed(portal: Any, provider: Any) -> None:
    soon = clock.now() + timedelta(days=20)
    roles.decided(provider, {"orders.refunds": "edit", "orders.transactions": "view"})
    ApprovedRole.objects.filter(role__code="orders.refunds").update(expires_at=soon)
    roles.approved_role(provider, "orders.returns", status="lapsed")
    roles.approved_role(provider, "orders.manage", status="revoked")
    assert "Renew" in portal.get().content.decode()
    assert portal.post("applications/renew/orders/").status_code == 302
    draft = RoleApplication.objects.get(status="draft")
    assert levels(draft) == {"orders.refunds": 2, "orders.returns": 2}
    assert draft.lines.get(role__code="orders.refunds").use_case == roles.USE_CASE
    # While it is open, the button is gone and a second press leads to it.
    assert "Renew" not in portal.get().content.decode()
    assert portal.post("applications/renew/orders/").status_code == 409


def test_renew_without_anything_to_renew(portal: Any, provider: Any) -> None:
    roles.approved_role(provider, "orders.returns")
    with nothing_changes():
        assert portal.post("applications/renew/orders/").status_code == 409
        assert portal.post("applications/renew/nothing/").status_code == 404


def test_nothing_is_changed_by_looking(portal: Any, provider: Any) -> None:
    rows = [
        roles.draft(provider, {"pricing.pricing": "edit"}),
        roles.in_review(provider, {"orders.returns": "edit"}),
        roles.decided(provider, refused={"brand.store": "edit"}),
    ]
    with nothing_changes():
        for row in rows:
            assert portal.get(path(row)).status_code == 200
        for verb in ("save/", "submit/", "answer/", "again/"):
            assert portal.get(path(rows[0], verb)).status_code == 405
    assert drain() == []


def test_two_employees_of_two_firms_do_not_meet(provider: Any) -> None:
    other = accounts.organization("provider")
    stranger = portal_of(other, accounts.administrator(other))
    application = roles.decided(provider, refused={"orders.refunds": "edit"})
    with nothing_changes():
        for verb in ("again/", "withdraw/", "answer/", "save/", "submit/"):
            assert stranger.post(path(application, verb), {"text": "x"}).status_code == 404
        assert stranger.get(path(application)).status_code == 404
