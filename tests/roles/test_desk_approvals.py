"""Lowering, revoking and restoring what was approved."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core import clock, hooks
from core.audit.models import Event
from core.outbox.models import FanOut
from roles.models import ApprovedRole
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
def desk(reviewer: Any) -> Any:
    """Posts a step for an approved role."""
    client = signed_in(reviewer)

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


def test_revoking_and_restoring(desk: Any, held: ApprovedRole) -> None:
    until = held.expires_at
    assert desk(held, "revoke").status_code == 302
    held.refresh_from_db()
    assert held.status == "revoked"
    assert held.ended_at is not None
    assert "Revoked" in desk.client.get(f"{LIST}{held.pk}/change/").content.decode()
    assert desk(held, "restore").status_code == 302
    held.refresh_from_db()
    assert (held.status, held.level, held.expires_at) == ("active", 3, until)
    changes = FanOut.objects.order_by("pk").values_list("arguments__change", flat=True)
    assert list(changes) == ["revoked", "restored"]


def test_restoring_brings_back_the_level_that_was_approved_and_no_more(
    desk: Any, held: ApprovedRole
) -> None:
    desk(held, "lower", level="1")
    held.refresh_from_db()
    assert desk(held, "restore").status_code == 302
    held.refresh_from_db()
    assert held.level == 3
    with nothing_changes():
        assert desk(held, "restore").status_code == 409


@pytest.mark.parametrize("level", ["0", "3", "4", "", "x"])
def test_only_a_lower_level_is_lowering(desk: Any, held: ApprovedRole, level: str) -> None:
    with nothing_changes():
        assert desk(held, "lower", level=level).status_code == 422


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501, "a\0b"])
def test_every_step_needs_a_reason(desk: Any, held: ApprovedRole, reason: str) -> None:
    with nothing_changes():
        assert desk(held, "revoke", reason=reason).status_code == 422
        assert desk(held, "lower", level="1", reason=reason).status_code == 422


def test_old_page_is_told_who_was_faster(
    desk: Any, held: ApprovedRole, second_reviewer: Any
) -> None:
    other = signed_in(second_reviewer)
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
    insider = roles.reviewer()
    accounts.member(provider, user=insider)
    for person in (insider, roles.reviewer(categories=("orders",))):
        client = signed_in(person)
        data = {"version": held.version, "reason": "x", "level": "1"}
        with nothing_changes():
            assert client.get(f"{LIST}{held.pk}/change/").status_code == 200
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
