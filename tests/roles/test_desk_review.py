"""Deciding an application on the desk: line by line, with a second reviewer, in one mail."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Organization
from core import clock
from core.audit.models import Event
from core.errors import NotPermitted
from core.outbox.models import FanOut
from core.web.access import Level
from roles.models import ApplicationLine, ApprovedRole, RoleApplication
from roles.transitions import approvals, decisions
from tests.factories import accounts, roles
from tests.support import drain, nothing_changes, sign_in, signed_in
from tests.sweep.page_forms import forms_of

pytestmark = pytest.mark.django_db


class Desk:
    """A reviewer's browser on one application."""

    def __init__(self, user: Any, application: RoleApplication) -> None:
        self.client = signed_in(user)
        self.application = application
        self.base = f"/admin/roles/roleapplication/{application.pk}/"

    def page(self) -> str:
        return self.client.get(f"{self.base}change/").content.decode()

    def post(self, verb: str, data: Any = None) -> Any:
        if data is None and (verb == "finish" or verb.endswith("reopen")):
            data = {"seen": self.seen(verb)}
        return self.client.post(f"{self.base}{verb}/", data or {})

    def seen(self, verb: str) -> str:
        """What the button on the page says was seen; "" where there is no such button."""
        found = [each for each in forms_of(self.page()) if each.action.endswith(f"/{verb}/")]
        return found[0].fields["seen"].values[0] if found else ""

    def line(self, code: str) -> ApplicationLine:
        return self.application.lines.get(role__code=code)

    def decide(self, code: str, level: int, reason: str = "", note: str = "") -> Any:
        pk = self.line(code).pk
        data = {"level": level, "reason": reason, "note": note}
        data = {f"line-{pk}-{name}": value for name, value in data.items()}
        return self.post(f"lines/{pk}/decide", data)

    def second(self, code: str, verb: str, seen: int, **data: str) -> Any:
        pk = self.line(code).pk
        extra = {f"second-{pk}-{name}": value for name, value in data.items()}
        return self.post(f"lines/{pk}/{verb}", {"seen_level": seen, **extra})


def test_page_shows_everything_a_decision_needs(reviewer: Any, provider: Any) -> None:
    accounts.administrator(provider, accounts.person("Vera Verified"))
    accounts.administrator(provider, accounts.person("Otto Open"), identified=False)
    accounts.organization("provider", "Blue Harbоr")  # the second o is Cyrillic
    roles.approved_role(provider, "orders.refunds", "view")
    application = roles.in_review(provider, {"orders.refunds": "edit"}, age=timedelta(days=20))
    page = Desk(reviewer, application).page()
    for text in (
        "Vera Verified (identity verified)",
        "Otto Open (not verified)",
        provider.registration_number,
        "reads alike",
        roles.USE_CASE,
        "Two of us look at each case",
        "Holds view now",
        "takes two reviewers",
        "Late",
    ):
        assert text in page, text


def test_whole_way_to_a_partial_approval(
    reviewer: Any, second_reviewer: Any, provider: Any, administrator: Any
) -> None:
    application = roles.submitted(
        provider, {"orders.manage": "edit", "orders.returns": "edit", "orders.transactions": "view"}
    )
    first, second = Desk(reviewer, application), Desk(second_reviewer, application)
    assert first.post("start").status_code == 302
    assert first.decide("orders.manage", 1).status_code == 302
    refused = first.decide("orders.returns", 0, "no_experience", "Name two clients.")
    assert refused.status_code == 302
    assert first.decide("orders.transactions", 1).status_code == 302
    # Restricted: nothing can be finished before somebody else agreed.
    assert "Another reviewer" not in second.page()
    assert "another reviewer has to agree" in first.page()
    assert first.post("finish").status_code == 409
    assert second.second("orders.manage", "agree", 1).status_code == 302
    assert second.second("orders.transactions", "agree", 1).status_code == 302
    # The page shows the very mail that goes out.
    page = second.page()
    assert "Role application Orders: partly approved" in page
    assert "Name two clients." in page
    assert second.post("finish").status_code == 302
    application.refresh_from_db()
    assert application.status == "partly_approved"
    held = {row.role.code: row for row in ApprovedRole.objects.select_related("role")}
    assert {code: row.level for code, row in held.items()} == {
        "orders.manage": 1,
        "orders.transactions": 1,
    }
    assert held["orders.manage"].expires_at - clock.now() > timedelta(days=364)
    (mail,) = drain()
    assert mail.to == [administrator.email]
    assert mail.subject == "[Blue Harbor] Role application Orders: partly approved"
    assert "approved: view (you asked for edit)" in mail.body
    assert "Name two clients." in mail.body
    event = Event.objects.get(verb="role_application.decided")
    assert event.after == {
        "status": "partly_approved",
        "roles": {"orders.manage": "view", "orders.transactions": "view"},
    }
    # What one reviewer thought on the way is not in the provider's history.
    thoughts = Event.objects.filter(verb__contains="line_")
    assert thoughts.count() == 5
    assert set(thoughts.values_list("organization_id", flat=True)) == {None}


@pytest.mark.parametrize(
    ("lines", "decisions", "status"),
    [
        ({"pricing.pricing": "edit"}, {"pricing.pricing": 2}, "approved"),
        ({"pricing.pricing": "edit"}, {"pricing.pricing": 1}, "partly_approved"),
        ({"pricing.pricing": "edit"}, {"pricing.pricing": 0}, "rejected"),
        (
            {"pricing.pricing": "edit", "pricing.health": "view"},
            {"pricing.pricing": 2, "pricing.health": 0},
            "partly_approved",
        ),
    ],
)
def test_status_follows_from_the_lines(
    reviewer: Any, provider: Any, lines: Any, decisions: dict[str, int], status: str
) -> None:
    desk = Desk(reviewer, roles.in_review(provider, lines))
    for code, level in decisions.items():
        desk.decide(code, level, "policy" if not level else "")
    assert desk.post("finish").status_code == 302
    desk.application.refresh_from_db()
    assert desk.application.status == status


@pytest.mark.parametrize("level", ["3", "4", "-1", "", "x", "2 or 1"])
def test_level_outside_of_the_request_is_refused_at_the_field(
    reviewer: Any, provider: Any, level: str
) -> None:
    desk = Desk(reviewer, roles.in_review(provider, {"inventory.fba_shipments": "edit"}))
    with nothing_changes():
        assert desk.decide("inventory.fba_shipments", level).status_code == 422  # type: ignore[arg-type]


@pytest.mark.parametrize("reason", ["", "because"])
def test_refusal_needs_a_reason_from_the_list(reviewer: Any, provider: Any, reason: str) -> None:
    desk = Desk(reviewer, roles.in_review(provider, {"pricing.pricing": "edit"}))
    with nothing_changes():
        response = desk.decide("pricing.pricing", 0, reason, "My words stay.")
    assert response.status_code == 422
    assert "My words stay." in response.content.decode()


def test_first_reviewer_cannot_be_the_second(reviewer: Any, provider: Any) -> None:
    desk = Desk(reviewer, roles.in_review(provider, {"orders.manage": "edit"}))
    desk.decide("orders.manage", 2)
    assert "Agree" not in desk.page()
    with nothing_changes():
        assert desk.second("orders.manage", "agree", 2).status_code == 403
        assert desk.second("orders.manage", "refuse", 2, reason="policy").status_code == 403
        assert desk.post("finish").status_code == 409


def test_second_reviewer_may_refuse_with_a_reason(
    reviewer: Any, second_reviewer: Any, provider: Any
) -> None:
    desk = Desk(reviewer, roles.in_review(provider, {"orders.manage": "edit"}))
    second = Desk(second_reviewer, desk.application)
    desk.decide("orders.manage", 2)
    with nothing_changes():
        assert second.second("orders.manage", "refuse", 2, reason="").status_code == 422
    answer = second.second("orders.manage", "refuse", 2, reason="data_protection", note="Sorry.")
    assert answer.status_code == 302
    line = desk.line("orders.manage")
    assert (line.decision, line.reason, line.note) == ("refused", "data_protection", "Sorry.")
    assert (line.decided_by, line.seconded_by) == (reviewer, second_reviewer)


def test_second_reviewer_agrees_only_to_the_level_they_saw(
    reviewer: Any, second_reviewer: Any, provider: Any
) -> None:
    desk = Desk(reviewer, roles.in_review(provider, {"orders.manage": "edit"}))
    second = Desk(second_reviewer, desk.application)
    desk.decide("orders.manage", 1)
    pk = desk.line("orders.manage").pk
    desk.post(f"lines/{pk}/reopen")
    desk.decide("orders.manage", 2)
    with nothing_changes():
        assert second.second("orders.manage", "agree", 1).status_code == 409
        assert second.post(f"lines/{pk}/agree").status_code == 409


def test_refusal_needs_one_reviewer(reviewer: Any, provider: Any) -> None:
    desk = Desk(reviewer, roles.in_review(provider, {"orders.manage": "edit"}))
    desk.decide("orders.manage", 0, "policy")
    assert desk.post("finish").status_code == 302
    assert not ApprovedRole.objects.exists()


def test_who_comes_second_reads_who_was_faster(
    reviewer: Any, second_reviewer: Any, provider: Any
) -> None:
    desk = Desk(reviewer, roles.in_review(provider, {"pricing.pricing": "edit"}))
    other = Desk(second_reviewer, desk.application)
    desk.decide("pricing.pricing", 2)
    with nothing_changes():
        response = other.decide("pricing.pricing", 1)
    assert response.status_code == 409
    text = response.content.decode()
    assert "Rita Reviewer decided on Pricing on" in text
    assert "UTC: approved (edit)." in text


def test_decision_can_be_taken_back_by_who_made_it(
    reviewer: Any, second_reviewer: Any, provider: Any
) -> None:
    desk = Desk(reviewer, roles.in_review(provider, {"pricing.pricing": "edit"}))
    pk = desk.line("pricing.pricing").pk
    assert desk.post(f"lines/{pk}/reopen").status_code == 409
    other = Desk(second_reviewer, desk.application)
    desk.decide("pricing.pricing", 0, "policy")
    with nothing_changes():
        assert other.post(f"lines/{pk}/reopen").status_code == 403
    assert desk.post(f"lines/{pk}/reopen").status_code == 302
    assert desk.line("pricing.pricing").decision == "pending"
    desk.decide("pricing.pricing", 2)
    desk.post("finish")
    with nothing_changes():
        assert desk.post(f"lines/{pk}/reopen").status_code == 409
        assert desk.post("finish").status_code == 409
        assert desk.decide("pricing.pricing", 1).status_code == 409


def test_question_goes_out_and_stops_the_decision(
    reviewer: Any, provider: Any, administrator: Any
) -> None:
    desk = Desk(reviewer, roles.in_review(provider, {"pricing.pricing": "edit"}))
    with nothing_changes():
        assert desk.post("ask", {"text": " "}).status_code == 422
    assert desk.post("ask", {"text": "Who uses it? See evil.example"}).status_code == 302
    desk.application.refresh_from_db()
    assert desk.application.status == "information_requested"
    assert desk.application.answer_due_at - clock.now() > timedelta(days=29)
    (mail,) = drain()
    assert mail.to == [administrator.email]
    assert "Who uses it?" in mail.body
    assert "evil.example" not in mail.body
    with nothing_changes():
        assert desk.decide("pricing.pricing", 2).status_code == 409
        assert desk.post("ask", {"text": "And?"}).status_code == 409


@pytest.mark.parametrize("status", ["withdrawn", "lapsed", "rejected"])
def test_ended_application_cannot_be_decided(reviewer: Any, provider: Any, status: str) -> None:
    desk = Desk(reviewer, roles.application(provider, {"pricing.pricing": "edit"}, status))
    with nothing_changes():
        assert desk.decide("pricing.pricing", 2).status_code == 409
        assert desk.post("start").status_code == 409
        assert desk.post("finish").status_code == 409
        assert desk.post("ask", {"text": "x"}).status_code == 409
    assert "Record decision" not in desk.page()


def _steps(desk: Desk) -> list[Any]:
    code = desk.application.lines.get().role.code
    pk = desk.line(code).pk
    return [
        desk.decide(code, 1),
        desk.second(code, "agree", 2),
        desk.second(code, "refuse", 2, reason="policy"),
        desk.post(f"lines/{pk}/reopen"),
        desk.post("start"),
        desk.post("finish"),
        desk.post("ask", {"text": "Hello"}),
    ]


@pytest.mark.parametrize("standing", ["active", "suspended", "removed"])
def test_nobody_decides_on_their_own_company(provider: Any, standing: str) -> None:
    """Who left within the last year has a stake still: leaving for the decision gains nothing."""
    insider = roles.reviewer()
    accounts.member(provider, user=insider)
    left = clock.now() - timedelta(days=364) if standing == "removed" else None
    insider.memberships.update(status=standing, removed_at=left)
    desk = Desk(insider, roles.in_review(provider, {"orders.manage": "edit"}))
    assert "You belong to this company" in desk.page()
    with nothing_changes():
        assert {response.status_code for response in _steps(desk)} == {403}


def test_a_year_after_leaving_a_company_one_may_decide_about_it(provider: Any) -> None:
    insider = roles.reviewer()
    accounts.member(provider, user=insider)
    left = clock.now() - timedelta(days=366)
    insider.memberships.update(status="removed", removed_at=left)
    desk = Desk(insider, roles.in_review(provider, {"orders.manage": "edit"}))
    assert "You belong to this company" not in desk.page()
    assert desk.decide("orders.manage", 1).status_code == 302


@pytest.mark.parametrize("gone", [{"is_staff": False}, {"is_active": False}])
def test_whoever_left_the_desk_decides_nothing_though_the_group_stays(
    provider: Any, gone: dict[str, bool]
) -> None:
    """Whatever page lets them in: the transition asks the person as they are now."""
    former = roles.reviewer(lead=True)
    line = roles.in_review(provider, {"orders.manage": "edit"}).lines.get()
    held = roles.approved_role(provider, "pricing.pricing", "edit")
    type(former).objects.filter(pk=former.pk).update(**gone)
    change = {"approved_role": held, "version": held.version, "reason": "x", "by": former}
    with nothing_changes():
        with pytest.raises(NotPermitted):
            decisions.decide_line(line=line, level=Level.VIEW, by=former)
        with pytest.raises(NotPermitted):
            approvals.lower_approved_role(level=Level.VIEW, **change)
        with pytest.raises(NotPermitted):
            approvals.revoke_approved_role(**change)
        with pytest.raises(NotPermitted):
            approvals.ask_to_restore(**change)


def test_other_categories_are_not_decided(provider: Any) -> None:
    desk = Desk(
        roles.reviewer(categories=("pricing",)),
        roles.in_review(provider, {"orders.manage": "edit"}),
    )
    assert "Your group does not decide this service category." in desk.page()
    assert "Record decision" not in desk.page()
    with nothing_changes():
        assert {response.status_code for response in _steps(desk)} == {403}


def test_drafts_and_foreign_lines_are_not_there(reviewer: Any, provider: Any) -> None:
    draft = Desk(reviewer, roles.draft(provider, {"orders.manage": "edit"}))
    other = accounts.organization("provider")
    desk = Desk(reviewer, roles.in_review(other, {"pricing.pricing": "edit"}))
    foreign = draft.line("orders.manage").pk
    with nothing_changes():
        assert draft.client.get(f"{draft.base}change/").status_code == 404
        assert {response.status_code for response in _steps(draft)} == {404}
        assert desk.post(f"lines/{foreign}/decide").status_code == 404
    assert (
        desk.client.get("/admin/roles/roleapplication/9" + "9" * 30 + "/change/").status_code == 404
    )


def test_steps_are_posts_with_a_token(reviewer: Any, provider: Any) -> None:
    desk = Desk(reviewer, roles.submitted(provider, {"pricing.pricing": "edit"}))
    strict = sign_in(Client(enforce_csrf_checks=True), reviewer)
    pk = desk.line("pricing.pricing").pk
    verbs = ["start", "ask", "finish"]
    verbs += [f"lines/{pk}/{verb}" for verb in ("decide", "agree", "refuse", "reopen")]
    with nothing_changes():
        for verb in verbs:
            answer = desk.client.get(f"{desk.base}{verb}/")
            assert (answer.status_code, answer.url) == (302, f"{desk.base}change/")
            assert strict.post(f"{desk.base}{verb}/").status_code == 403


def test_account_that_is_no_longer_active_gets_nothing(reviewer: Any, provider: Any) -> None:
    desk = Desk(reviewer, roles.in_review(provider, {"pricing.pricing": "edit"}))
    desk.decide("pricing.pricing", 2)
    Organization.objects.filter(pk=provider.pk).update(status="suspended")
    with nothing_changes():
        response = desk.post("finish")
    assert response.status_code == 409
    assert "This account is suspended" in response.content.decode()


@pytest.mark.parametrize(
    ("before", "decided", "after"),
    [
        ({"level": "view"}, 2, ("active", 2, True)),
        ({"level": "edit", "status": "revoked"}, 1, ("active", 1, True)),
        ({"level": "edit", "status": "lapsed"}, 2, ("active", 2, True)),
        # An application never takes away what is in force.
        ({"level": "edit"}, 1, ("active", 2, False)),
        # Renewed before its end: nothing was dead, so nobody is told of a revival.
        ({"level": "edit"}, 2, ("active", 2, False)),
    ],
)
def test_finishing_raises_renews_and_revives(
    reviewer: Any, provider: Any, before: Any, decided: int, after: tuple[str, int, bool]
) -> None:
    held = roles.approved_role(provider, "pricing.pricing", **before)
    desk = Desk(reviewer, roles.in_review(provider, {"pricing.pricing": "edit"}))
    desk.decide("pricing.pricing", decided)
    assert desk.post("finish").status_code == 302
    held.refresh_from_db()
    assert (held.status, held.level, FanOut.objects.exists()) == after
    assert ApprovedRole.objects.count() == 1


def test_number_of_queries_is_pinned(reviewer: Any, provider: Any, administrator: Any) -> None:
    def queries(lines: dict[str, str]) -> int:
        desk = Desk(reviewer, roles.in_review(accounts.organization("provider"), lines))
        desk.page()
        with CaptureQueriesContext(connection) as captured:
            desk.page()
        return len(captured)

    few = queries({"orders.manage": "edit"})
    codes = ("orders.manage", "orders.refunds", "orders.returns", "orders.safe_t")
    assert queries(dict.fromkeys(codes, "edit")) == few
    assert few <= 22


# What was seen is what is done ------------------------------------------------------------------
def test_the_mail_that_was_read_is_the_mail_that_is_sent(reviewer: Any, provider: Any) -> None:
    """A lead reads "approved: view"; meanwhile the reviewer takes it back and refuses."""
    application = roles.in_review(provider, {"pricing.pricing": "edit"})
    desk, lead = Desk(reviewer, application), Desk(roles.reviewer(), application)
    desk.decide("pricing.pricing", 1)
    read = lead.seen("finish")
    desk.post(f"lines/{desk.line('pricing.pricing').pk}/reopen")
    desk.decide("pricing.pricing", 0, reason="policy")
    with nothing_changes():
        answer = lead.post("finish", {"seen": read})
        assert lead.post("finish", {"seen": ""}).status_code == 409
    assert answer.status_code == 409
    assert "A decision has changed since you read the mail" in answer.content.decode()
    assert lead.post("finish").status_code == 302


def test_a_decision_that_another_has_agreed_to_is_not_taken_back_unseen(
    reviewer: Any, provider: Any
) -> None:
    application = roles.in_review(provider, {"orders.refunds": "edit"})
    desk, other = Desk(reviewer, application), Desk(roles.reviewer(), application)
    desk.decide("orders.refunds", 2)
    verb = f"lines/{desk.line('orders.refunds').pk}/reopen"
    read = desk.seen(verb)
    assert other.second("orders.refunds", "agree", 2).status_code == 302
    with nothing_changes():
        assert desk.post(verb, {"seen": read}).status_code == 409
    assert desk.post(verb).status_code == 302


def test_what_was_typed_is_shown_when_somebody_else_was_faster(
    reviewer: Any, provider: Any
) -> None:
    application = roles.in_review(provider, {"pricing.pricing": "edit"})
    Desk(reviewer, application).decide("pricing.pricing", 2)
    second = Desk(roles.reviewer(), application)
    answer = second.decide("pricing.pricing", 0, reason="policy", note="Say why you need it.")
    assert answer.status_code == 409
    text = answer.content.decode()
    assert "What you entered, not saved" in text
    assert "Say why you need it." in text
