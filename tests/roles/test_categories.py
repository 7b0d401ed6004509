"""Which group of reviewers decides which service category: the page, and what it changes (A7)."""

from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command

from core.audit.models import Event
from core.errors import NotPermitted
from roles.models import ApprovedRole, CategoryRight, RoleApplication, ServiceCategory
from roles.permissions import category_ids, decidable_categories
from roles.transitions.categories import assign_categories, state_of
from tests.factories import accounts, roles
from tests.factories.reviewers import desk_reviewer
from tests.support import nothing_changes, signed_in

pytestmark = pytest.mark.django_db
PAGE = "/admin/roles/servicecategory/"


@pytest.fixture
def lead() -> Any:
    """A lead reviewer, made as operators make them."""
    return desk_reviewer(accounts.person("Lee Lead"), lead=True)


@pytest.fixture
def clerk() -> Any:
    """A reviewer."""
    return desk_reviewer(accounts.person("Rob Reviewer"))


def group(name: str = "Reviewers") -> Group:
    return Group.objects.get(name=name)


def category(slug: str) -> ServiceCategory:
    return ServiceCategory.objects.get(slug=slug)


def filled(**without: str) -> dict[str, Any]:
    """The page's form as it stands, less the category of this slug for the group of this name."""
    data: dict[str, Any] = {"seen": state_of(category_ids())}
    for pk, ids in category_ids().items():
        slug = without.get(Group.objects.get(pk=pk).name)
        data[f"group-{pk}"] = [str(i) for i in ids if not slug or i != category(slug).pk]
    return data


def test_a_lead_takes_a_category_from_a_group(lead: Any, clerk: Any) -> None:
    page = signed_in(lead).get(PAGE).text
    assert page.count(" checked") == 20
    response = signed_in(lead).post(PAGE, filled(Reviewers="inventory"))
    assert response.status_code == 302
    assert category("inventory").pk not in decidable_categories(clerk)
    assert len(decidable_categories(clerk)) == 9
    assert len(decidable_categories(lead)) == 10
    event = Event.objects.get(verb="reviewer_group.categories_changed")
    assert "Inventory" in event.before["categories"]
    assert "Inventory" not in event.after["categories"]


def test_deciding_elsewhere_is_refused(lead: Any, clerk: Any) -> None:
    """A7: looking stays possible, with the reason; every step is refused."""
    provider = accounts.organization("provider")
    by = accounts.administrator(provider)
    row = roles.in_review(provider, {"inventory.manage": "edit"}, by=by)
    roles.decided(provider, {"inventory.fba_shipments": "edit"}, by=by)
    client = signed_in(clerk)
    line = row.lines.get()
    steps = {
        f"/admin/roles/roleapplication/{row.pk}/finish/": {},
        f"/admin/roles/roleapplication/{row.pk}/ask/": {"text": "Why?"},
        f"/admin/roles/roleapplication/{row.pk}/lines/{line.pk}/decide/": {
            f"line-{line.pk}-level": "1"
        },
    }
    for held in ApprovedRole.objects.all():
        base = f"/admin/roles/approvedrole/{held.pk}"
        steps[f"{base}/revoke/"] = {"version": "1", "reason": "No."}
        steps[f"{base}/lower/"] = {"version": "1", "reason": "No.", "level": "1"}
    signed_in(lead).post(PAGE, filled(Reviewers="inventory"))
    assert len(steps) == 5
    with nothing_changes():
        for url, data in steps.items():
            assert client.post(url, data).status_code == 403, url
    page = client.get(f"/admin/roles/roleapplication/{row.pk}/change/").text
    assert "Your group does not decide this service category." in page
    assert RoleApplication.objects.get(pk=row.pk).status == "in_review"


def test_every_category_keeps_somebody_who_decides_it(lead: Any, clerk: Any) -> None:
    data = filled(**{"Reviewers": "inventory", "Lead reviewers": "inventory"})
    client = signed_in(lead)
    with nothing_changes():
        page = client.post(PAGE, data)
    assert page.status_code == 422
    assert "Nobody would decide Inventory" in page.text
    assert page.text.count(" checked") == 18


def test_two_leads_at_once(lead: Any, clerk: Any) -> None:
    """C9."""
    client, stale = signed_in(lead), filled(Reviewers="pricing")
    client.post(PAGE, filled(Reviewers="inventory"))
    with nothing_changes():
        assert client.post(PAGE, stale).status_code == 409


def test_reviewers_read_and_do_not_change(lead: Any, clerk: Any) -> None:
    client = signed_in(clerk)
    page = client.get(PAGE)
    assert page.status_code == 200
    assert page.text.count("Decides") == 20
    assert "checkbox" not in page.text
    with nothing_changes():
        assert client.post(PAGE, filled(Reviewers="inventory")).status_code == 403
        with pytest.raises(NotPermitted):
            assign_categories(by=clerk, choice={}, seen="")


@pytest.mark.parametrize("value", ["x", "999999", "-1"])
def test_categories_that_do_not_exist(lead: Any, value: str) -> None:
    data = filled()
    data[f"group-{group().pk}"] = [value]
    client = signed_in(lead)
    with nothing_changes():
        assert client.post(PAGE, data).status_code == 422


def test_groups_that_review_nothing_are_not_listed(lead: Any) -> None:
    Group.objects.create(name="Accountants")
    assert "Accountants" not in signed_in(lead).get(PAGE).text


def test_another_group_decides_everything_until_a_lead_says_otherwise(lead: Any) -> None:
    user = accounts.person("Ina Inventory")
    call_command("make_reviewer", user.email, group="Inventory desk", stdout=StringIO())
    assert len(decidable_categories(user)) == 10
    assert [row.name for row in user.groups.all()] == ["Inventory desk"]
    assert "Inventory desk" in signed_in(lead).get(PAGE).text
    with pytest.raises(CommandError):
        call_command("make_reviewer", user.email, group="Lead reviewers", stdout=StringIO())


def test_making_another_reviewer_gives_no_category_back(lead: Any, clerk: Any) -> None:
    """What a lead took away is not given back by the operator's next command."""
    signed_in(lead).post(PAGE, filled(Reviewers="inventory"))
    desk_reviewer(accounts.person("New Reviewer"))
    assert CategoryRight.objects.filter(group=group()).count() == 9
