"""Lowering, revoking and restoring what was approved."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core import clock, hooks
from core.audit.models import Event
from core.errors import Conflict, NotPermitted
from core.outbox.models import FanOut
from roles.models import ApprovedRole
from roles.transitions import approvals
from tests.factories import accounts, roles
from tests.support import drain, nothing_changes, signed_in

pytestmark = pytest.mark.django_db
CODE = "inventory.fba_shipments"
LIST = "/admin/roles/approvedrole/"


def no_impact(provider_id: int, role_id: int) -> tuple[list[str], int]:
    return [], 0


def some_impact(provider_id: int, role_id: int) -> tuple[list[str], int]:
    return ["Oak", "Elm"], 5


@pytest.fixture(autouse=True)
def impact(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sellers' side is the app above's business."""
    monkeypatch.setattr(hooks.sellers_relying_on, "answer", no_impact)


@pytest.fixture
def held(provider: Any) -> ApprovedRole:
    """An approved role at its highest level, with the line that it rests on."""
    roles.decided(provider, {CODE: "admin"})
    return ApprovedRole.objects.get()


@pytest.fixture
def lead(db: Any) -> Any:
    """A lead reviewer who decides every category."""
    return roles.reviewer("Lea Lead", lead=True)


@pytest.fixture
def second_lead(db: Any) -> Any:
    """Another one."""
    return roles.reviewer("Sam Second", lead=True)


@pytest.fixture
def desk(lead: Any) -> Any:
    """Posts a step for an approved role, as a lead reviewer."""
    return steps_of(lead)


def steps_of(user: Any) -> Any:
    """The same as `user`."""
    client = signed_in(user)

    def step(row: ApprovedRole, verb: str, **data: Any) -> Any:
        data = {"version": row.version, "reason": "Labels were wrong.", "confirmed": "1"} | data
        return client.post(f"{LIST}{row.pk}/{verb}/", data)

    step.client = client  # type: ignore[attr-defined]
    return step


def test_lowering_tells_provider_and_sellers(
    desk: Any, held: ApprovedRole, administrator: Any
) -> None:
    assert desk(held, "lower", level="1").status_code == 302
    held.refresh_from_db()
    assert (held.status, held.level, held.version) == ("active", 1, 2)
    fan_out = FanOut.objects.get()
    assert fan_out.arguments == {"approved_role_id": held.pk, "change": "lowered"}
    (mail,) = drain()
    assert mail.to == [administrator.email]
    assert "lowered to view" in mail.body
    assert "Labels were wrong." in mail.body
    event = Event.objects.get(verb="approved_role.lowered")
    assert (event.before, event.after) == ({"level": "admin"}, {"role": CODE, "level": "view"})
    fan_out.refresh_from_db()
    assert fan_out.done_at is not None


def restore(row: ApprovedRole, asking: Any, confirming: Any) -> None:
    """One person asks for the approval to come back, and another confirms it."""
    assert asking(row, "restore").status_code == 302
    row.refresh_from_db()
    assert confirming(row, "confirm").status_code == 302
    row.refresh_from_db()


def test_revoking_and_restoring(
    desk: Any, held: ApprovedRole, reviewer: Any, second_lead: Any, administrator: Any
) -> None:
    until = held.expires_at
    assert desk(held, "revoke").status_code == 302
    held.refresh_from_db()
    assert held.status == "revoked"
    assert held.ended_at is not None
    assert "Revoked" in desk.client.get(f"{LIST}{held.pk}/change/").text
    drain()
    asking = steps_of(reviewer)
    assert asking(held, "restore", reason="It was a mistake.").status_code == 302
    held.refresh_from_db()
    assert (held.status, drain()) == ("revoked", [])
    page = steps_of(second_lead).client.get(f"{LIST}{held.pk}/change/").text
    assert "Rita Reviewer asked on" in page
    assert "It was a mistake." in page
    assert steps_of(second_lead)(held, "confirm").status_code == 302
    held.refresh_from_db()
    assert (held.status, held.level, held.expires_at) == ("active", 3, until)
    assert (held.restore_asked_by, held.restore_asked_at, held.restore_reason) == (None, None, "")
    changes = FanOut.objects.order_by("pk").values_list("arguments__change", flat=True)
    assert list(changes) == ["revoked", "restored"]
    (mail,) = drain()
    assert mail.to == [administrator.email]
    assert "It was a mistake." in mail.body
    verbs = Event.objects.filter(object_type="roles.approvedrole").order_by("pk")
    assert [event.verb.partition(".")[2] for event in verbs] == [
        "revoked",
        "restore_asked",
        "restored",
    ]
    # What reviewers ask of each other is not the provider's to read.
    assert [event.organization_id is None for event in verbs] == [False, True, False]


def test_nobody_restores_alone(desk: Any, held: ApprovedRole, reviewer: Any) -> None:
    """Not the lead who asked, and no reviewer whoever asked."""
    desk(held, "revoke")
    held.refresh_from_db()
    with nothing_changes():
        assert desk(held, "confirm").status_code == 409  # nobody has asked
    assert desk(held, "restore").status_code == 302
    held.refresh_from_db()
    asking = steps_of(reviewer)
    with nothing_changes():
        assert desk(held, "confirm").status_code == 403
        assert asking(held, "confirm").status_code == 403
        assert asking(held, "decline").status_code == 403
        assert asking(held, "restore").status_code == 409  # asked for already
    buttons = desk.client.get(f"{LIST}{held.pk}/change/").text
    assert f"{LIST}{held.pk}/confirm/" not in buttons
    assert f"{LIST}{held.pk}/decline/" in buttons
    assert f"{LIST}{held.pk}/decline/" not in asking.client.get(f"{LIST}{held.pk}/change/").text


def test_the_transition_itself_takes_two(desk: Any, held: ApprovedRole, lead: Any) -> None:
    desk(held, "revoke")
    held.refresh_from_db()
    with pytest.raises(Conflict):
        approvals.restore_approved_role(approved_role=held, version=held.version, by=lead)
    desk(held, "restore")
    held.refresh_from_db()
    with pytest.raises(NotPermitted):
        approvals.restore_approved_role(approved_role=held, version=held.version, by=lead)


def test_what_is_declined_or_changed_meanwhile_is_not_confirmed(
    desk: Any, held: ApprovedRole, reviewer: Any, second_lead: Any
) -> None:
    other = steps_of(second_lead)
    desk(held, "lower", level="2")
    held.refresh_from_db()
    steps_of(reviewer)(held, "restore")
    held.refresh_from_db()
    seen = held.version
    assert other(held, "decline").status_code == 302
    with nothing_changes():
        assert other(held, "confirm", version=seen).status_code == 409
    held.refresh_from_db()
    steps_of(reviewer)(held, "restore")
    held.refresh_from_db()
    seen = held.version
    assert desk(held, "lower", level="1").status_code == 302
    with nothing_changes():
        assert other(held, "confirm", version=seen).status_code == 409
        held.refresh_from_db()
        assert other(held, "confirm").status_code == 409


def test_restoring_brings_back_the_level_that_was_approved_and_no_more(
    desk: Any, held: ApprovedRole, second_lead: Any
) -> None:
    desk(held, "lower", level="1")
    held.refresh_from_db()
    restore(held, desk, steps_of(second_lead))
    assert held.level == 3
    with nothing_changes():
        assert desk(held, "restore").status_code == 409


def test_a_revoked_approval_whose_year_is_over_does_not_come_back(
    desk: Any, held: ApprovedRole, second_lead: Any
) -> None:
    """Sellers would be told that it is back, though it is not in force."""
    desk(held, "revoke")
    held.refresh_from_db()
    desk(held, "restore")
    drain()
    ApprovedRole.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    held.refresh_from_db()
    other = steps_of(second_lead)
    with nothing_changes():
        assert other(held, "confirm").status_code == 409
        assert desk(held, "restore").status_code == 409
    assert "Restore" not in desk.client.get(f"{LIST}{held.pk}/change/").text
    assert drain() == []


@pytest.mark.parametrize("verb", ["lower", "revoke"])
def test_reviewers_who_are_no_leads_neither_lower_nor_revoke(
    held: ApprovedRole, reviewer: Any, verb: str
) -> None:
    step = steps_of(reviewer)
    with nothing_changes():
        assert step(held, verb, level="1").status_code == 403
        page = step.client.get(f"{LIST}{held.pk}/{verb}/").text
        assert "Only lead reviewers can do this" in page
        assert "Give a reason" not in page
    assert f"{LIST}{held.pk}/{verb}/" not in step.client.get(f"{LIST}{held.pk}/change/").text


@pytest.mark.parametrize("level", ["0", "3", "4", "", "x"])
def test_only_a_lower_level_is_lowering(desk: Any, held: ApprovedRole, level: str) -> None:
    with nothing_changes():
        assert desk(held, "lower", level=level).status_code == 422


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501, "a\0b"])
def test_every_step_needs_a_reason(desk: Any, held: ApprovedRole, reason: str) -> None:
    with nothing_changes():
        assert desk(held, "revoke", reason=reason).status_code == 422
        assert desk(held, "lower", level="1", reason=reason).status_code == 422


def test_old_page_is_told_who_was_faster(desk: Any, held: ApprovedRole, second_lead: Any) -> None:
    other = signed_in(second_lead)
    data = {"version": held.version, "reason": "First.", "level": "2", "confirmed": "1"}
    assert other.post(f"{LIST}{held.pk}/lower/", data).status_code == 302
    with nothing_changes():
        response = desk(held, "revoke")
    assert response.status_code == 409
    assert "Sam Second changed this approval on" in response.content.decode()


@pytest.mark.parametrize("verb", ["lower", "revoke"])
def test_lapsed_approval_is_left_alone(desk: Any, held: ApprovedRole, verb: str) -> None:
    ApprovedRole.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    with nothing_changes():
        assert desk(held, verb, level="1").status_code == 409
        # A lapsed one needs an application, so that restricted roles get two reviewers again.
        assert desk(held, "restore").status_code == 409


def test_dry_run_says_who_loses_what(
    desk: Any, held: ApprovedRole, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hooks.sellers_relying_on, "answer", some_impact)
    with nothing_changes():
        page = desk.client.get(f"{LIST}{held.pk}/revoke/").content.decode()
    assert "5 sellers have granted this role: Oak, Elm and 3 more." in page


def test_own_company_and_other_categories_are_refused(held: ApprovedRole, provider: Any) -> None:
    insider = roles.reviewer(lead=True)
    accounts.member(provider, user=insider)
    for person in (insider, roles.reviewer(categories=("orders",), lead=True)):
        client = signed_in(person)
        data = {"version": held.version, "reason": "x", "level": "1"}
        with nothing_changes():
            assert client.get(f"{LIST}{held.pk}/change/").status_code == 200
            for verb in ("confirm", "decline"):
                assert client.post(f"{LIST}{held.pk}/{verb}/", data).status_code == 403
            for verb in ("lower", "revoke", "restore"):
                assert client.post(f"{LIST}{held.pk}/{verb}/", data).status_code == 403
                page = client.get(f"{LIST}{held.pk}/{verb}/").content.decode()
                assert "You can read this, not decide it" in page
                assert "Give a reason" not in page


@pytest.mark.both
def test_list_shows_states_of_the_clock_and_costs_the_same(desk: Any, provider: Any) -> None:
    past = clock.now() - timedelta(days=1)
    roles.approved_role(provider, "pricing.pricing", expires_at=past)
    assert "Lapsed" in desk.client.get(LIST).content.decode()

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert desk.client.get(LIST).status_code == 200
        return len(captured)

    few = queries()
    for code in ("pricing.automated", "brand.store", "orders.manage", "reports.ads"):
        roles.approved_role(provider, code, "view")
    assert queries() == few
    assert few <= 12


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("state=force", {"Pricing", "Automated Pricing"}),
        ("state=soon", {"Automated Pricing"}),
        ("state=revoked", {"Pricing Health"}),
        ("state=lapsed", {"Manage Orders"}),
        ("state=lowered", set()),
        ("category=orders", {"Manage Orders"}),
        ("q=auto", {"Automated Pricing"}),
    ],
)
@pytest.mark.both
def test_filters(desk: Any, provider: Any, query: str, expected: set[str]) -> None:
    now = clock.now()
    roles.approved_role(provider, "pricing.pricing")
    roles.approved_role(provider, "pricing.automated", expires_at=now + timedelta(days=9))
    roles.approved_role(provider, "pricing.health", "view", status="revoked")
    roles.approved_role(provider, "orders.manage", expires_at=now - timedelta(days=9))
    found = desk.client.get(f"{LIST}?{query}").context["cl"].result_list
    assert {row.role.name for row in found} == expected
