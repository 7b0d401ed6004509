"""The list of applications and approved roles."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core import clock
from tests.factories import accounts, roles
from tests.roles.conftest import portal_of

pytestmark = pytest.mark.django_db


def test_list_says_state_age_next_step_and_promise(portal: Any, provider: Any) -> None:
    roles.submitted(provider, age=timedelta(days=3))
    page = portal.get().content.decode()
    due = clock.now() + timedelta(days=11)
    assert "Inventory" in page
    assert "3 days" in page
    assert f"decided within 14 days: by {due.day} {due:%B %Y}" in page


def test_list_says_when_the_promise_was_broken(portal: Any, provider: Any) -> None:
    roles.in_review(provider, age=timedelta(days=20))
    assert "and late: write to support" in portal.get().content.decode()


def test_list_of_a_new_provider_leads_on(portal: Any) -> None:
    page = portal.get().content.decode()
    assert "No open application" in page
    assert "Apply for roles" in page


def test_approved_roles_show_level_end_and_why_they_were_lowered(
    portal: Any, provider: Any
) -> None:
    row = roles.decided(provider, {"inventory.upload": "edit", "inventory.fba_shipments": "admin"})
    held = provider.approved_roles.get(role__code="inventory.fba_shipments")
    type(held).objects.filter(pk=held.pk).update(level=1, reason="Labels were wrong.")
    page = portal.get().content.decode()
    assert "Lowered from admin" in page
    assert "Labels were wrong." in page
    assert f"{held.expires_at.day} {held.expires_at:%B %Y}" in page
    assert row.category.title in page


def test_past_applications_are_listed(portal: Any, provider: Any) -> None:
    roles.decided(provider, refused={"orders.refunds": "edit"})
    page = portal.get().content.decode()
    assert "Past applications" in page
    assert "Rejected" in page


def test_employee_reads_the_list_but_opens_nothing(provider: Any) -> None:
    row = roles.submitted(provider)
    employee = portal_of(provider, accounts.member(provider))
    page = employee.get()
    assert page.status_code == 200
    assert "Apply for roles" not in page.content.decode()
    assert employee.get(f"applications/{row.public_id}/").status_code == 403
    assert employee.get("applications/new/").status_code == 403


def test_other_providers_are_not_there(portal: Any, provider: Any) -> None:
    other = accounts.organization("provider", "Red Anchor")
    row = roles.submitted(other)
    roles.approved_role(other, "pricing.pricing")
    page = portal.get().content.decode()
    assert "Pricing" not in page
    for path in ("", "save/", "submit/", "answer/", "withdraw/", "again/"):
        address = f"applications/{row.public_id}/{path}"
        assert portal.post(address).status_code in (404, 405)
        assert portal.get(address).status_code in (404, 405)
    assert portal.client.get(f"/provider/{other.handle}/applications/").status_code == 404


def test_number_of_queries_does_not_grow(portal: Any, provider: Any) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert portal.get().status_code == 200
        return len(captured)

    portal.get()
    few = queries()
    roles.submitted(provider)
    roles.decided(provider, {"orders.manage": "edit", "orders.returns": "edit"})
    roles.decided(provider, {"pricing.pricing": "edit"}, {"pricing.automated": "edit"})
    assert queries() == few
    assert few <= 11
