"""Choosing a category, writing the draft, submitting it."""

from typing import Any

import pytest

from accounts.models import Organization
from core.audit.models import Event
from roles.models import ApplicationLine, RoleApplication
from tests.editing import held
from tests.editing import opened as shown
from tests.factories import accounts, roles
from tests.roles.conftest import portal_of
from tests.support import drain, nothing_changes

pytestmark = pytest.mark.django_db

COMPLETE = {
    "refunds-level": "2",
    "refunds-use_case": "We refund buyers of lost parcels.",
    "refunds-personal_data_purpose": "Order numbers, to find the parcel.",
    "refunds-personal_data_storage": "Nowhere outside of Seller Central.",
    "refunds-money_control": "Two people look at each refund.",
    "transactions-level": "1",
    "transactions-use_case": "We reconcile payments for sellers.",
    "transactions-money_control": "Read only, for two accountants.",
}


def opened(portal: Any, category: str = "orders") -> RoleApplication:
    response = portal.post("applications/new/", {"category": category})
    assert response.status_code == 302
    return RoleApplication.objects.get(status="draft", category__slug=category)


def path(application: RoleApplication, verb: str = "") -> str:
    return f"applications/{application.public_id}/{verb}"


def levels(application: RoleApplication) -> dict[str, int]:
    return dict(application.lines.values_list("role__code", "level"))


def test_ten_categories_with_what_is_restricted_and_never_given(portal: Any) -> None:
    page = portal.get("applications/new/").content.decode()
    assert page.count('name="category"') == 10
    assert "Restricted (Personal data, Money)" in page
    assert page.count("Never given to a provider") == 3


def test_draft_offers_grantable_roles_up_to_their_highest_level(portal: Any) -> None:
    application = opened(portal, "settings")
    page = portal.get(path(application)).content.decode()
    assert 'name="cases-level"' in page
    assert "payout_method" not in page
    levels_of_account_info = page.split('name="account_info-level"')[1].split("</select>")[0]
    assert "view" in levels_of_account_info
    assert "edit" not in levels_of_account_info


def test_incomplete_draft_is_saved_with_every_word(portal: Any) -> None:
    application = opened(portal)
    data = {"refunds-level": "2", "manage-use_case": "Perhaps later."}
    assert portal.post(path(application, "save/"), data).status_code == 302
    assert levels(application) == {"orders.refunds": 2, "orders.manage": 0}
    assert "Perhaps later." in portal.get(path(application)).content.decode()


def test_submission_says_at_each_row_what_is_missing_and_keeps_what_was_typed(
    portal: Any,
) -> None:
    application = opened(portal)
    data = {"refunds-level": "2", "refunds-money_control": "Two people."}
    response = portal.post(path(application, "submit/"), data)
    page = response.content.decode()
    assert response.status_code == 422
    assert "Say what you need Manage Refunds for, in a sentence" in page
    # At its row and on top, for each of the three questions.
    assert page.count("letters to apply for Manage Refunds.") == 6
    assert "Two people." in page
    application.refresh_from_db()
    assert application.status == "draft"
    # What was typed is stored, too, and the page can be sent again as it stands.
    assert application.lines.get().answers == {"money_control": "Two people."}


@pytest.mark.parametrize("said", ["ok", "n/a", "." * 40, "Refunds, as usual", "退款"])
def test_words_that_say_nothing_are_not_handed_in(portal: Any, said: str) -> None:
    application = opened(portal)
    data = COMPLETE | {"refunds-use_case": said}
    response = portal.post(path(application, "submit/"), data)
    assert response.status_code == 422
    assert "Say what you need Manage Refunds for, in a sentence" in response.content.decode()
    application.refresh_from_db()
    assert application.status == "draft"


def test_a_sentence_of_chinese_is_a_sentence(portal: Any) -> None:
    application = opened(portal)
    data = COMPLETE | {"refunds-use_case": "我们为丢失的包裹向买家退款。"}
    assert portal.post(path(application, "submit/"), data).status_code == 302


def test_saving_the_same_again_is_no_history(portal: Any) -> None:
    application = opened(portal)
    data = {"refunds-level": "2", "refunds-use_case": "Perhaps later."}
    portal.post(path(application, "save/"), data)
    for act in ("save/", "submit/", "submit/"):
        portal.post(path(application, act), data)
    application.refresh_from_db()
    assert application.version == 2
    assert Event.objects.filter(verb="role_application.saved").count() == 1


def test_submission_without_any_role_is_refused(portal: Any) -> None:
    application = opened(portal)
    response = portal.post(path(application, "submit/"), {})
    assert response.status_code == 422
    assert "Choose a level for at least one role." in response.content.decode()


def test_submission_locks_mails_and_writes_history(
    portal: Any, administrator: Any, provider: Any
) -> None:
    colleague = accounts.administrator(provider)
    application = opened(portal)
    data = COMPLETE | {"manage-level": "0", "manage-use_case": "Left over."}
    assert portal.post(path(application, "submit/"), data).status_code == 302
    application.refresh_from_db()
    assert application.status == "submitted"
    assert application.review_due_at
    assert application.submitted_at
    assert (application.review_due_at - application.submitted_at).days == 14
    assert levels(application) == {"orders.refunds": 2, "orders.transactions": 1}
    mails = drain()
    assert {mail.to[0] for mail in mails} == {administrator.email, colleague.email}
    assert mails[0].subject == "[Blue Harbor] Role application Orders: submitted"
    assert "Manage Refunds: edit" in mails[0].body
    event = Event.objects.get(verb="role_application.submitted")
    assert event.organization_id == provider.pk
    assert event.after["roles"] == {"orders.refunds": "edit", "orders.transactions": "view"}
    page = portal.get(path(application)).content.decode()
    assert "<textarea" not in page
    assert "Two people look at each refund." in page


@pytest.mark.parametrize("verb", ["save/", "submit/"])
def test_submitted_application_cannot_be_changed(portal: Any, provider: Any, verb: str) -> None:
    application = roles.submitted(provider, {"orders.refunds": "edit"})
    with nothing_changes():
        response = portal.post(path(application, verb), COMPLETE)
    assert response.status_code == 409
    page = response.content.decode()
    assert "This application is submitted and can no longer be changed." in page
    assert "We refund buyers of lost parcels." in page


def test_two_administrators_write_one_draft(portal: Any) -> None:
    """Different fields are merged; the same one is told with both values, and typed words stay."""
    application = opened(portal)
    url = path(application, "save/")
    one, two = (shown(portal, path(application)) for _ in range(2))
    assert portal.post(url, one | {"returns-level": "1"}).status_code == 302
    assert portal.post(url, two | {"manage-use_case": "Ours."}).status_code == 302
    assert levels(application) == {"orders.returns": 1, "orders.manage": 0}
    with nothing_changes():
        typed = {"returns-level": "2", "returns-use_case": "Mine."}
        answer = portal.post(url, two | typed)
    assert answer.status_code == 409
    assert "“view” here" in answer.content.decode()
    again = held(answer)
    assert [again[name] for name in typed] == ["2", "Mine."]
    assert portal.post(url, again).status_code == 302
    assert levels(application)["orders.returns"] == 2
    assert application.lines.get(role__code="orders.manage").use_case == "Ours."


def test_a_draft_that_was_saved_and_refused_is_no_conflict_with_itself(portal: Any) -> None:
    application = opened(portal)
    page = shown(portal, path(application))
    refused = portal.post(path(application, "submit/"), page | {"refunds-level": "2"})
    assert refused.status_code == 422
    again = held(refused) | {"refunds-level": "1"}
    assert portal.post(path(application, "save/"), again).status_code == 302
    assert levels(application) == {"orders.refunds": 1}


def test_second_application_in_a_category_leads_to_the_open_one(portal: Any, provider: Any) -> None:
    application = roles.in_review(provider, {"orders.manage": "edit"})
    chooser = portal.get("applications/new/").content.decode()
    assert chooser.count('name="category"') == 9
    with nothing_changes():
        response = portal.post("applications/new/", {"category": "orders"})
    assert response.status_code == 409
    page = response.content.decode()
    assert "There is an open application in this category already" in page
    assert str(application.public_id) in page


def test_level_above_the_highest_is_refused_at_the_row(portal: Any) -> None:
    application = opened(portal)
    data = COMPLETE | {"transactions-level": "2"}
    response = portal.post(path(application, "submit/"), data)
    assert response.status_code == 422
    assert not ApplicationLine.objects.exists()
    assert "Transactions: level" in response.content.decode()


@pytest.mark.parametrize(
    "forged",
    [
        {"user_permissions-level": "2", "user_permissions-use_case": "x"},
        {"settings.user_permissions-level": "2"},
        {"upload-level": "2", "upload-use_case": "other category"},
        {"status": "approved", "decided_at": "2026-01-01", "provider": "1"},
    ],
)
def test_forged_fields_change_nothing(portal: Any, forged: dict[str, str]) -> None:
    application = opened(portal, "settings")
    portal.post(path(application, "save/"), {**forged})
    application.refresh_from_db()
    assert application.status == "draft"
    assert levels(application) == {}


@pytest.mark.parametrize("category", ["", "nothing", "orders\0", "x" * 500])
def test_unknown_category_is_refused(portal: Any, category: str) -> None:
    assert portal.post("applications/new/", {"category": category}).status_code == 422
    assert not RoleApplication.objects.exists()


@pytest.mark.parametrize("text", ["a\0b", "x" * 2001])
def test_bad_text_is_refused_at_its_field(portal: Any, text: str) -> None:
    application = opened(portal)
    response = portal.post(path(application, "save/"), COMPLETE | {"refunds-use_case": text})
    assert response.status_code == 422
    assert not application.lines.exists()


def test_unverified_administrator_writes_but_does_not_submit(provider: Any) -> None:
    portal = portal_of(provider, accounts.administrator(provider, identified=False))
    application = opened(portal)
    page = portal.get(path(application)).content.decode()
    assert "Your identity comes first" in page
    response = portal.post(path(application, "submit/"), COMPLETE)
    assert response.status_code == 403
    page = response.content.decode()
    assert "Your identity has to be verified before you can submit" in page
    assert "We refund buyers of lost parcels." in page
    application.refresh_from_db()
    assert application.status == "draft"
    assert levels(application) == {"orders.refunds": 2, "orders.transactions": 1}


@pytest.mark.parametrize("status", ["draft", "suspended", "closed"])
def test_inactive_account_does_not_apply(portal: Any, provider: Any, status: str) -> None:
    application = roles.draft(provider, {"orders.manage": "edit"})
    values = {"status": status} | ({"activated_at": None} if status == "draft" else {})
    Organization.objects.filter(pk=provider.pk).update(**values)
    assert "The account is not active" in portal.get().content.decode()
    with nothing_changes():
        assert portal.post(path(application, "submit/"), COMPLETE).status_code == 403
        assert portal.post("applications/new/", {"category": "pricing"}).status_code == 403


def test_employee_cannot_apply(provider: Any) -> None:
    portal = portal_of(provider, accounts.member(provider))
    application = roles.draft(provider)
    with nothing_changes():
        assert portal.post("applications/new/", {"category": "orders"}).status_code == 403
        for verb in ("save/", "submit/", "withdraw/", "again/", "answer/"):
            assert portal.post(path(application, verb), COMPLETE).status_code == 403
        assert portal.post("applications/renew/orders/").status_code == 403


def test_foreign_text_is_escaped(portal: Any) -> None:
    application = opened(portal)
    evil = '</textarea><script>alert("x")</script>'
    portal.post(path(application, "submit/"), COMPLETE | {"refunds-use_case": evil})
    page = portal.get(path(application)).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
