"""Many clients, many employees: the grid's filters, one role for many, copying (U17, U18)."""

import re
import uuid
from typing import Any

import pytest

from accounts.models import Membership
from connections.models import Assignment, Connection, RoleGrant
from connections.transitions import plans
from connections.transitions.plans import Copy, SetLevel
from core import clock
from core.audit.models import Event
from core.errors import Invalid, NotPermitted, NotRelated
from core.web.access import Level
from roles.models import Role
from tests.connections.conftest import Pair, queries
from tests.factories import connections as make
from tests.factories.accounts import member, organization, person
from tests.support import drain, nothing_changes, signed_in


def more_clients(pair: Pair, *names: str, level: str = "edit") -> list[Connection]:
    """Further clients of the provider, each with one grant at this level."""
    return [
        make.connection(organization("seller", name), pair.provider, {make.FBA: level})
        for name in names
    ]


def membership(user: Any) -> Membership:
    return Membership.objects.get(user=user, status="active")


def held(user: Any) -> dict[str, str]:
    """Client -> level of the shipments role."""
    rows = Assignment.objects.filter(user=user, content_object__role__code=make.FBA)
    names = rows.values_list("content_object__seller__name", "permission__codename")
    return {name: codename.removeprefix("assigned_") for name, codename in names}


def grid(pair: Pair, **filters: str) -> str:
    return pair.at_provider().get(pair.provider_url("clients/assignments/"), filters).text


def rows_in(text: str) -> list[str]:
    """The clients that the grid lists."""
    body = text.split("<tbody>")[-1] if "<tbody>" in text else ""
    return re.findall(r'<th scope="row">.*?<bdi>(.*?)</bdi>', body, re.DOTALL)


MANY, COPY = "clients/assignments/many/", "clients/assignments/copy/"


def sent(pair: Pair, page: str, step: str, **values: Any) -> Any:
    return pair.at_provider().post(pair.provider_url(page), {"step": step, **values})


def seen_in(response: Any) -> str:
    return response.text.split('name="seen" value="')[1].split('"')[0]


def ids(*rows: Any) -> list[str]:
    return [str(row.public_id) for row in rows]


# The grid's filters --------------------------------------------------------------------------
@pytest.fixture
def three(pair: Pair) -> dict[str, Any]:
    """Ada granted and assigned at edit, Bea granted to nobody, Cid granted and assigned at view."""
    ada, bea, cid = more_clients(pair, "Ada", "Bea", "Cid")
    ana, eve = pair.employee("Ana Berg"), pair.employee("Eve Falk")
    make.grant(bea, make.LISTINGS, "view")
    make.assigned(ana, ada, "edit")
    make.assigned(eve, cid, "view")
    return {"ana": ana, "eve": eve, "ada": ada, "bea": bea, "cid": cid}


@pytest.mark.parametrize(
    ("filters", "clients"),
    [
        ({}, {"Ada", "Bea", "Cid"}),
        ({"client": "be"}, {"Bea"}),
        ({"role": make.LISTINGS}, {"Bea"}),
        ({"level": "edit"}, {"Ada"}),
        ({"level": "view"}, {"Cid"}),
        ({"level": "admin"}, set()),
        ({"show": "nobody"}, {"Bea"}),
        ({"show": "nobody", "role": make.FBA}, {"Bea"}),
        ({"level": "edit", "client": "c"}, set()),
        ({"role": "no.such", "level": "highest", "show": "x"}, {"Ada", "Bea", "Cid"}),
    ],
)
@pytest.mark.both
def test_filters_find_clients(
    pair: Pair, three: Any, filters: dict[str, str], clients: set[str]
) -> None:
    assert set(rows_in(grid(pair, **filters))) == clients


def test_a_role_shows_levels_and_a_name_shows_one_column(pair: Pair, three: Any) -> None:
    text = grid(pair, role=make.FBA)
    assert 'aria-label="edit: Ana Berg for Ada">edit</a>' in text
    assert 'aria-label="none: Ana Berg for Cid">none</a>' in text
    assert "Eve Falk" not in grid(pair, person="ana")


def test_an_employee_who_does_not_work_leaves_a_client_without_anybody(
    pair: Pair, three: Any
) -> None:
    Membership.objects.filter(user=three["ana"]).update(status="suspended")
    assert set(rows_in(grid(pair, show="nobody"))) == {"Ada", "Bea"}


def test_ticked_rows_are_ticked_on_the_next_page(pair: Pair, three: Any) -> None:
    query = {"client": ids(three["ada"])[0], "employee": str(membership(three["eve"]).public_id)}
    text = pair.at_provider().get(pair.provider_url(MANY), query | {"role": make.FBA}).text
    assert text.count(" checked") == 2
    assert f'<option value="{make.FBA}" selected>' in " ".join(text.split())


# One role for many ---------------------------------------------------------------------------
def wanted(three: dict[str, Any], level: str = "2", **more: Any) -> dict[str, Any]:
    return {
        "client": ids(three["ada"], three["bea"], three["cid"]),
        "employee": ids(membership(three["ana"]), membership(three["eve"])),
        "role": make.FBA,
        "level": level,
        **more,
    }


def test_the_preview_says_what_would_change_and_changes_nothing(pair: Pair, three: Any) -> None:
    with nothing_changes():
        page = sent(pair, MANY, "preview", **wanted(three))
    assert page.status_code == 200
    assert "Save 5 changes" in page.text
    assert page.text.count("Will change") == 5
    assert page.text.count("As it is") == 1


@pytest.mark.both
def test_saving_does_what_was_shown(pair: Pair, three: Any) -> None:
    """One event for each person and client, one mail for each person."""
    values = wanted(three)
    seen = seen_in(sent(pair, MANY, "preview", **values))
    page = sent(pair, MANY, "save", seen=seen, **values)
    assert page.text.count(">Saved</span>") == 5
    assert held(three["ana"]) == held(three["eve"]) == {"Ada": "edit", "Bea": "edit", "Cid": "edit"}
    events = Event.objects.filter(verb="assignment.changed")
    assert events.count() == 5
    raised = events.get(object_id=three["cid"].public_id, before__has_key=make.FBA)
    assert (raised.before[make.FBA], raised.after[make.FBA]) == ("view", "edit")
    mails = {letter.to[0]: letter.body for letter in drain()}
    assert set(mails) == {three["ana"].email, three["eve"].email}
    assert "Bea" in mails[three["ana"].email]
    assert "Ada" not in mails[three["ana"].email]


def test_what_the_grant_does_not_allow_is_refused_at_its_line(pair: Pair, three: Any) -> None:
    """U18: the others are saved, the refused ones stay as they are."""
    RoleGrant.objects.filter(connection=three["bea"], role__code=make.FBA).update(level=Level.VIEW)
    RoleGrant.objects.filter(connection=three["cid"]).update(status="ended", ended_at=clock.now())
    values = wanted(three)
    shown = sent(pair, MANY, "preview", **values)
    assert shown.text.count("Refused: Granted up to view.") == 2
    assert shown.text.count("Refused: The client has not granted this role.") == 2
    sent(pair, MANY, "save", seen=seen_in(shown), **values)
    assert held(three["ana"]) == {"Ada": "edit"}
    assert held(three["eve"]) == {"Ada": "edit", "Cid": "view"}


def test_an_ended_connection_is_refused_at_its_line(pair: Pair, three: Any) -> None:
    Connection.objects.filter(pk=three["ada"].pk).update(ends_at=clock.now())
    assert (
        "Refused: This connection has ended." in sent(pair, MANY, "preview", **wanted(three)).text
    )


@pytest.mark.both
def test_everybody_and_every_client_who_granted_the_role(pair: Pair, three: Any) -> None:
    make.connection(organization("seller", "Dan"), pair.provider, {make.LISTINGS: "view"})
    values = {"every_client": "on", "every_employee": "on", "role": make.FBA, "level": "0"}
    shown = sent(pair, MANY, "preview", **values)
    assert "Save 2 changes" in shown.text
    assert "Dan" not in shown.text
    sent(pair, MANY, "save", seen=seen_in(shown), **values)
    assert held(three["ana"]) == held(three["eve"]) == {}


@pytest.mark.parametrize("change", ["grant", "assignment"])
def test_what_has_changed_since_the_preview_is_shown_again(
    pair: Pair, three: Any, change: str
) -> None:
    """C9: nothing is saved but what was seen."""
    values = wanted(three)
    seen = seen_in(sent(pair, MANY, "preview", **values))
    if change == "grant":
        RoleGrant.objects.filter(connection=three["ada"]).update(level=Level.VIEW)
    else:
        make.assigned(three["eve"], three["ada"], "view")
    with nothing_changes():
        page = sent(pair, MANY, "save", seen=seen, **values)
    assert page.status_code == 409
    assert "Something has changed since the preview" in page.text
    assert sent(pair, MANY, "save", seen=seen_in(page), **values).status_code == 200


def test_who_was_suspended_since_the_preview_is_named_no_more(pair: Pair, three: Any) -> None:
    values = wanted(three)
    seen = seen_in(sent(pair, MANY, "preview", **values))
    Membership.objects.filter(user=three["eve"]).update(status="suspended")
    with nothing_changes():
        page = sent(pair, MANY, "save", seen=seen, **values)
    assert page.status_code == 422
    assert "Choose from the list." in page.text


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ("client", "Choose at least a client"),
        ("employee", "Choose at least an employee"),
        ("role", "Choose a role."),
        ("level", "Choose a level."),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_lost(
    pair: Pair, three: Any, missing: str, words: str
) -> None:
    values = wanted(three)
    del values[missing]
    with nothing_changes():
        page = sent(pair, MANY, "preview", **values)
    assert page.status_code == 422
    assert words in page.text
    ticks = {"client": 2, "employee": 3}.get(missing, 5)
    assert page.text.count(" checked") == ticks


def test_a_search_keeps_what_is_ticked(pair: Pair, three: Any) -> None:
    values = wanted(three) | {"find_client": "nobody", "find_person": "eve"}
    page = sent(pair, MANY, "search", **values)
    assert page.text.count(" checked") == 5
    values["client"] = ids(three["ada"])
    assert "Bea" not in sent(pair, MANY, "search", **values).text


def test_rows_of_others_are_like_rows_that_are_not_there(
    pair: Pair, other: Pair, three: Any
) -> None:
    """A3."""
    foreign = {
        "client": str(other.connect(fba="edit").public_id),
        "employee": str(membership(other.employee()).public_id),
    }
    for name, value in foreign.items():
        for each in (value, str(uuid.uuid4()), "x", "\0"):
            with nothing_changes():
                page = sent(pair, MANY, "save", **(wanted(three) | {name: each}))
            assert page.status_code == 422, (name, each)


def test_nobody_else_assigns(pair: Pair, other: Pair, three: Any) -> None:
    values = wanted(three) | {"step": "save"}
    ana = signed_in(three["ana"])
    with nothing_changes():
        for page in (MANY, COPY):
            assert ana.post(pair.provider_url(page), values).status_code == 403
            assert other.at_provider().post(pair.provider_url(page), values).status_code == 404
    wish = SetLevel(Role.objects.get(code=make.FBA), Level.VIEW, None, None)
    for error, by in ((NotPermitted, three["ana"]), (NotRelated, other.provider_admin)):
        with pytest.raises(error), nothing_changes():
            plans.assign_many(provider=pair.provider, by=by, wish=wish, seen="")


def test_too_many_lines_are_refused_before_they_are_read(
    pair: Pair, three: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(plans, "MOST", 5)
    with nothing_changes():
        page = sent(pair, MANY, "preview", **wanted(three))
    assert page.status_code == 422
    assert "choose fewer clients or employees" in page.text
    wish = SetLevel(Role.objects.get(code=make.FBA), Level.VIEW, None, None)
    with pytest.raises(Invalid):
        plans.lines_of(pair.provider, wish)


# Copying -------------------------------------------------------------------------------------
def copied(pair: Pair, three: dict[str, Any], **more: Any) -> Any:
    values = {
        "source": str(membership(three["ana"]).public_id),
        "employee": ids(membership(three["eve"])),
        **more,
    }
    shown = sent(pair, COPY, "preview", **values)
    return sent(pair, COPY, "save", seen=seen_in(shown), **values)


def test_copying_adds_what_the_first_person_has(pair: Pair, three: Any) -> None:
    assert copied(pair, three).status_code == 200
    assert held(three["eve"]) == {"Ada": "edit", "Cid": "view"}
    assert held(three["ana"]) == {"Ada": "edit"}


@pytest.mark.both
def test_copying_exactly_takes_the_rest_away(pair: Pair, three: Any) -> None:
    copied(pair, three, exactly="on")
    assert held(three["eve"]) == {"Ada": "edit"}


def test_copying_never_exceeds_a_grant_that_was_lowered(pair: Pair, three: Any) -> None:
    """U18."""
    RoleGrant.objects.filter(connection=three["ada"]).update(level=Level.VIEW)
    copied(pair, three)
    assert held(three["eve"])["Ada"] == "view"


def test_copying_leaves_out_what_has_ended(pair: Pair, three: Any) -> None:
    Connection.objects.filter(pk=three["ada"].pk).update(ends_at=clock.now())
    values = {
        "source": str(membership(three["ana"]).public_id),
        "employee": ids(membership(three["eve"])),
    }
    assert "Nothing to change" in sent(pair, COPY, "preview", **values).text


def test_copying_needs_two_people(pair: Pair, three: Any) -> None:
    source = str(membership(three["ana"]).public_id)
    for values in ({"source": source}, {"source": source, "employee": [source]}, {}):
        assert sent(pair, COPY, "preview", **values).status_code == 422


def test_a_plan_for_somebody_who_left_is_empty(pair: Pair, three: Any) -> None:
    wish = Copy(uuid.uuid4(), frozenset([membership(three["eve"]).public_id]), exactly=True)
    assert plans.lines_of(pair.provider, wish) == []


# Size ----------------------------------------------------------------------------------------
def crowd(pair: Pair, clients: int, employees: int) -> None:
    rows = more_clients(pair, *(f"Client {number:03}" for number in range(clients)))
    users = [member(pair.provider, user=person(f"Zoe {number:02}")) for number in range(employees)]
    for row in rows[::2]:
        make.assigned(users[0], row, "view")


def test_pages_and_saving_take_a_fixed_number_of_queries(
    pair: Pair, django_assert_max_num_queries: Any
) -> None:
    def count() -> list[int]:
        client = pair.at_provider()
        paths = ("clients/assignments/", f"clients/assignments/?role={make.FBA}", MANY, COPY)
        return [queries(client, pair.provider_url(path)) for path in paths]

    crowd(pair, 2, 2)
    few = count()
    crowd(pair, 12, 6)
    assert count() == few
    values = {"every_client": "on", "every_employee": "on", "role": make.FBA, "level": "2"}
    seen = seen_in(sent(pair, MANY, "preview", **values))
    with django_assert_max_num_queries(60):
        page = sent(pair, MANY, "save", seen=seen, **values)
    assert page.text.count(">Saved</span>") == 14 * 8
