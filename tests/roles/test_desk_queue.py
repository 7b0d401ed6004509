"""The reviewers' list of applications: what it shows, to whom, and what it costs."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from roles.admin.applications import RoleApplicationAdmin
from roles.models import ApplicationLine
from tests.factories import accounts, roles
from tests.support import nothing_changes, signed_in

pytestmark = pytest.mark.django_db
QUEUE = "/admin/roles/roleapplication/"


def provider(name: str) -> Any:
    return accounts.organization("provider", name)


def rows(page: Any) -> list[str]:
    """Names of the firms in the list, in order."""
    return [row.provider.name for row in page.context["cl"].result_list]


@pytest.mark.both
def test_queue_shows_what_waits_oldest_first(reviewer: Any) -> None:
    roles.submitted(provider("Young"), age=timedelta(days=1))
    roles.in_review(provider("Old"), age=timedelta(days=20))
    roles.draft(provider("Secret draft"))
    roles.application(provider("Asked"), status="information_requested")
    roles.decided(provider("Done"), {"pricing.pricing": "edit"})
    page = signed_in(reviewer).get(QUEUE)
    assert rows(page) == ["Old", "Young"]
    text = page.content.decode()
    assert "Late" in text
    assert "20 days" in text
    assert "Secret draft" not in signed_in(reviewer).get(QUEUE + "?status=all").content.decode()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("status=all", {"Late", "Week", "Later", "Done"}),
        ("status=approved", {"Done"}),
        ("age=late", {"Late"}),
        ("age=week", {"Week"}),
        ("age=later", {"Later"}),
        ("category=orders", {"Week"}),
        ("category=orders&age=late", set()),
        ("q=eek", {"Week"}),
        ("q=100%25", set()),
        ("q=_", set()),
        ("status=nonsense", set()),
        ("age=nonsense", {"Late", "Week", "Later"}),
    ],
)
@pytest.mark.both
def test_filters_and_literal_search(reviewer: Any, query: str, expected: set[str]) -> None:
    roles.submitted(provider("Late"), age=timedelta(days=15))
    roles.submitted(provider("Week"), {"orders.manage": "edit"}, age=timedelta(days=10))
    roles.submitted(provider("Later"))
    roles.decided(provider("Done"), {"pricing.pricing": "edit"})
    assert set(rows(signed_in(reviewer).get(f"{QUEUE}?{query}"))) == expected


@pytest.mark.both
def test_filters_for_me() -> None:
    pricing = roles.reviewer(categories=("pricing",))
    own = provider("Own firm")
    accounts.member(own, user=pricing)
    roles.submitted(own, {"pricing.pricing": "edit"})
    roles.submitted(provider("Mine"), {"pricing.pricing": "edit"})
    roles.submitted(provider("Not mine"), {"orders.manage": "edit"})
    assert rows(signed_in(pricing).get(QUEUE + "?mine=decide")) == ["Mine"]


def test_second_reviewers_view(reviewer: Any, second_reviewer: Any) -> None:
    waiting = roles.in_review(provider("Waiting"), {"orders.manage": "edit"})
    roles.in_review(provider("Other"), {"orders.manage": "edit"})
    ApplicationLine.objects.filter(application=waiting).update(
        decision="awaiting_second",
        decided_level=1,
        decided_by=reviewer,
        decided_at=waiting.submitted_at,
        needs_second=True,
    )
    assert rows(signed_in(second_reviewer).get(QUEUE + "?mine=second")) == ["Waiting"]
    assert rows(signed_in(reviewer).get(QUEUE + "?mine=second")) == []
    assert "1 awaits second" in signed_in(reviewer).get(QUEUE).content.decode()


def test_number_of_queries_does_not_grow(reviewer: Any) -> None:
    client = signed_in(reviewer)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(QUEUE + "?status=all").status_code == 200
        return len(captured)

    roles.submitted(provider("First"))
    queries()
    few = queries()
    for number in range(12):
        roles.submitted(provider(f"More {number}"))
    assert queries() == few
    assert few <= 12


@pytest.mark.both
def test_list_counts_to_its_cap_only(reviewer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.web.pagination.COUNT_CAP", 3)
    for number in range(6):
        roles.submitted(provider(f"Firm {number}"))
    page = signed_in(reviewer).get(QUEUE)
    assert page.context["cl"].result_count == 4
    assert "3+" in page.text
    assert " 4 role applications" not in " ".join(page.text.split())


@pytest.mark.both
def test_a_long_list_is_leafed_through_to_its_end(
    reviewer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the page's own links, beyond what is counted, and back; each row stands there once."""
    monkeypatch.setattr("core.web.pagination.COUNT_CAP", 3)
    monkeypatch.setattr(RoleApplicationAdmin, "list_per_page", 2)
    names = [f"Firm {number}" for number in range(7)]
    for name in names:
        roles.submitted(provider(name))
    client = signed_in(reviewer)
    seen, query, walked = [], "?status=submitted", []
    while query:
        page = client.get(QUEUE + query)
        seen += rows(page)
        walked.append(rows(page))
        query = link(page, "next")
        assert "status=submitted" in query or not query
    assert seen == names
    back = client.get(QUEUE + link(page, "prev"))
    assert rows(back) == walked[-2]
    assert rows(client.get(QUEUE + link(back, "next"))) == walked[-1]


def link(page: Any, rel: str) -> str:
    """Where the page's link of this kind leads; "" without one."""
    found = re.search(rf'rel="{rel}" href="([^"]*)"', page.text)
    return unescape(found[1]) if found else ""


@pytest.mark.both
def test_a_search_finds_the_provider_by_all_that_is_known_of_it(reviewer: Any) -> None:
    roles.submitted(provider("Other Firm"))
    firm = accounts.organization(
        "provider",
        "Harbor Desk",
        handle="quay-side",
        registration_number="12-3456789",
        business_key="US:123456789",
    )
    accounts.administrator(firm, accounts.person("Müge Öz", email="muege@blue.example"))
    # An id of one digit would stand in handles and addresses, too.
    row = roles.submitted(firm, id=87_654_321)
    client = signed_in(reviewer)
    for term in (
        "Desk", "HARBOR desk", "harbor", "quay", "12-3456789", "123456789", "12 3456789",
        "muge oz", "Öz", "muege@blue.example", "MUEGE@BLUE.EXAMPLE",
        str(row.public_id), str(row.pk),
    ):  # fmt: skip
        found = client.get(QUEUE, {"q": term})
        assert rows(found) == ["Harbor Desk"], term
    for term in ("%", "_", "Desk of harbors", str(row.pk + 1000), "9" * 30):
        assert rows(client.get(QUEUE, {"q": term})) == [], term


@pytest.mark.both
def test_a_search_is_bounded(reviewer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """For each way in which a firm may be meant."""
    monkeypatch.setattr("accounts.reads.searches.MOST", 1)
    for number in range(6):
        roles.submitted(provider(f"Firm {number}"))
    assert 1 <= len(rows(signed_in(reviewer).get(QUEUE, {"q": "Firm"}))) <= 4


def test_only_reviewers_come_in(reviewer: Any) -> None:
    application = roles.submitted(provider("Firm"))
    addresses = [QUEUE, f"{QUEUE}{application.pk}/change/", "/admin/roles/approvedrole/"]
    staff = accounts.person(is_staff=True)
    superuser = accounts.person(is_staff=True, is_superuser=True)
    for address in addresses:
        assert signed_in(staff).get(address).status_code == 403
        assert signed_in(accounts.person()).get(address).status_code == 302
        assert signed_in(superuser).get(address).status_code == 200
    assert signed_in(reviewer, second_factor=False).get(QUEUE).status_code == 302


def test_category_right_counts_for_superusers_as_well() -> None:
    application = roles.submitted(provider("Firm"))
    client = signed_in(accounts.person(is_staff=True, is_superuser=True))
    with nothing_changes():
        response = client.post(f"{QUEUE}{application.pk}/start/")
    assert response.status_code == 403


@pytest.mark.parametrize(
    "path", ["add/", "{pk}/delete/", "{pk}/history/", "{pk}/", "?provider__status=active&_popup=1"]
)
def test_the_admins_own_pages_are_not_there(reviewer: Any, path: str) -> None:
    application = roles.submitted(provider("Firm"))
    response = signed_in(reviewer).get(QUEUE + path.format(pk=application.pk))
    assert response.status_code in (400, 404)


@pytest.mark.parametrize(
    "lookup",
    [
        "provider__created_by__email__startswith=a",
        "created_by__password__startswith=p",
        "lines__decided_by__email=x",
        "category__slug=orders",
        "id__gt=0",
    ],
)
def test_lookups_in_the_address_are_refused(reviewer: Any, lookup: str) -> None:
    roles.submitted(provider("Firm"))
    assert signed_in(reviewer).get(f"{QUEUE}?{lookup}").status_code == 400


@pytest.mark.parametrize(
    "data",
    [
        {"action": "delete_selected", "_selected_action": "1", "post": "yes"},
        {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1", "form-0-id": "1", "_save": "Save"},
        {"is_superuser": "on", "is_staff": "on", "groups": "1", "user_permissions": "1"},
    ],
)
def test_forged_posts_to_the_list_change_nothing(reviewer: Any, data: dict[str, str]) -> None:
    application = roles.submitted(provider("Firm"))
    client = signed_in(reviewer)
    with nothing_changes():
        client.post(QUEUE, data)
        assert client.post(f"{QUEUE}{application.pk}/change/", data).status_code == 405


def test_reviewer_sees_nothing_else_on_the_desk(reviewer: Any) -> None:
    page = signed_in(reviewer).get("/admin/").content.decode()
    assert "Role applications" in page
    assert "Users" not in page
    assert "Groups" not in page
    assert signed_in(reviewer).get("/admin/auth/group/").status_code in (403, 404)


def test_permission_taken_away_counts_on_the_next_request(reviewer: Any) -> None:
    application = roles.in_review(provider("Firm"), {"pricing.pricing": "edit"})
    client = signed_in(reviewer)
    assert client.get(QUEUE).status_code == 200
    Group.objects.get(user=reviewer).permissions.remove(
        Permission.objects.get(codename="decide_roleapplication")
    )
    assert client.get(QUEUE).status_code == 403
    line = application.lines.get()
    with nothing_changes():
        address = f"{QUEUE}{application.pk}/lines/{line.pk}/decide/"
        assert client.post(address, {f"line-{line.pk}-level": "2"}).status_code == 403
