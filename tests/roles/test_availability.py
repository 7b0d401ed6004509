"""What a seller reads on the grant page about each of the 68 roles (X1, S0.19)."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core import clock
from core.web.access import Level
from roles.models import ApprovedRole, Role
from roles.reads.availability import Availability, approved_levels, why_not
from tests.factories import roles

pytestmark = pytest.mark.django_db


def of(provider: Any, code: str) -> Availability:
    return why_not(provider, clock.now())[roles.role(code).pk]


def test_without_any_approval_every_role_is_locked_and_says_why(provider: Any) -> None:
    rows = list(why_not(provider, clock.now()).values())
    assert len(rows) == 68
    assert all(row.is_locked and row.sentence and row.who for row in rows)
    assert [row.role.position for row in rows] == sorted(row.role.position for row in rows)
    assert sum(row.state == "never" for row in rows) == 3
    assert sum(row.state == "not_applied" for row in rows) == 65


def test_without_an_account_everything_is_not_applied_for() -> None:
    rows = why_not(None, clock.now()).values()
    assert len(rows) == 68
    assert all(row.is_locked for row in rows)


def test_states_one_by_one(provider: Any) -> None:
    roles.approved_role(provider, "pricing.pricing", "edit")
    roles.approved_role(provider, "inventory.fba_shipments", "view")
    roles.approved_role(provider, "pricing.health", "view", status="revoked")
    roles.approved_role(provider, "brand.store", status="lapsed")
    roles.in_review(provider, {"orders.returns": "edit"})
    roles.decided(provider, refused={"reports.tax_documents": "view"})
    roles.draft(provider, {"services.requests": "edit"})

    full = of(provider, "pricing.pricing")
    assert (full.state, full.level, full.sentence) == ("grantable", Level.EDIT, "")
    limited = of(provider, "inventory.fba_shipments")
    assert (limited.state, limited.level) == ("limited", Level.VIEW)
    assert limited.sentence == "Approved up to view only, not admin."
    assert of(provider, "pricing.health").state == "revoked"
    assert of(provider, "brand.store").state == "lapsed"
    review = of(provider, "orders.returns")
    assert review.state == "in_review"
    assert f"{clock.now().day} {clock.now():%B %Y}" in review.sentence
    assert review.who == "Turn of Amazon's reviewers."
    refused = of(provider, "reports.tax_documents")
    assert refused.state == "refused"
    assert "use case" not in refused.sentence, "why stays between provider and reviewers"
    # What the provider is still writing is nobody else's business.
    assert of(provider, "services.requests").state == "not_applied"
    assert of(provider, "settings.payout_method").state == "never"


def test_clock_decides_before_any_sweep(provider: Any) -> None:
    row = roles.approved_role(provider, "pricing.pricing")
    after = row.expires_at + timedelta(seconds=1)
    assert why_not(provider, after)[row.role_id].state == "lapsed"
    assert approved_levels(provider, after) == {}
    assert approved_levels(provider, clock.now()) == {row.role_id: Level.EDIT}


def test_last_word_wins(provider: Any) -> None:
    lapsed = roles.approved_role(provider, "pricing.pricing", status="lapsed")
    past = clock.now() - timedelta(days=10)
    ApprovedRole.objects.filter(pk=lapsed.pk).update(expires_at=past, ended_at=past)
    roles.decided(provider, refused={"pricing.pricing": "edit"})
    assert of(provider, "pricing.pricing").state == "refused"
    # In force beats everything that was said later.
    roles.approved_role(provider, "brand.store", "admin")
    roles.decided(provider, refused={"brand.store": "admin"})
    assert of(provider, "brand.store").state == "grantable"


def test_question_is_the_providers_turn(provider: Any) -> None:
    roles.application(provider, {"orders.returns": "edit"}, "information_requested")
    assert "a question is waiting" in of(provider, "orders.returns").who


def test_role_that_left_the_catalogue_is_not_approved(provider: Any) -> None:
    row = roles.approved_role(provider, "pricing.pricing")
    Role.objects.filter(pk=row.role_id).update(grantable=False)
    assert approved_levels(provider, clock.now()) == {}
    assert of(provider, "pricing.pricing").state == "never"


def test_nothing_above_what_the_catalogue_allows_now_is_offered(provider: Any) -> None:
    row = roles.approved_role(provider, "inventory.fba_shipments", "admin")
    Role.objects.filter(pk=row.role_id).update(highest_level=Level.EDIT)
    offered = of(provider, "inventory.fba_shipments")
    assert (offered.state, offered.level) == ("grantable", Level.EDIT)


def test_three_queries_and_one(provider: Any) -> None:
    roles.decided(provider, {"pricing.pricing": "edit"}, {"pricing.automated": "edit"})
    roles.in_review(provider, {"orders.returns": "edit", "orders.manage": "edit"})
    with CaptureQueriesContext(connection) as captured:
        why_not(provider, clock.now())
    assert len(captured) == 3
    with CaptureQueriesContext(connection) as captured:
        approved_levels(provider, clock.now())
    assert len(captured) == 1
