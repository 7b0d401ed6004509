"""A provider asks for more, and the seller consents to the difference only (U12, X2)."""

from datetime import timedelta

import pytest

from connections.models import Connection, RoleRequest
from connections.rights import access
from connections.tasks import sweep
from connections.transitions import grants, requests
from core import clock
from core.audit.models import Event
from core.errors import Conflict, LimitReached
from core.notifications.models import Notification
from core.web.access import Level
from partnerhub.portals.checklists import seller_answers
from tests.connections.conftest import Pair, grants_in, queries
from tests.factories import connections as make
from tests.factories.accounts import member
from tests.support import drain, nothing_changes, signed_in

FBA, LISTINGS = f"grant-{make.FBA}", f"grant-{make.LISTINGS}"
WHY = {"message": "The season begins."}


def ask_url(pair: Pair, row: Connection, rest: str = "") -> str:
    return pair.provider_url(f"clients/{row.public_id}/request/{rest}")


def answer_url(pair: Pair, row: Connection, rest: str = "") -> str:
    return pair.seller_url(f"partners/{row.public_id}/request/{rest}")


@pytest.fixture
def row(pair: Pair) -> Connection:
    """Shipments granted at view, approved at admin; listings approved at edit, not granted."""
    make.approved(pair.provider, make.FBA, "admin")
    make.approved(pair.provider, make.LISTINGS, "edit")
    return pair.connect(fba="view")


def asked(pair: Pair, row: Connection, **levels: str) -> RoleRequest:
    codes = {"fba": make.FBA, "listings": make.LISTINGS}
    return make.role_request(row, {codes[word]: level for word, level in levels.items()})


def test_asking_changes_nothing_and_says_the_difference(pair: Pair, row: Connection) -> None:
    answer = pair.at_provider().post(ask_url(pair, row), {FBA: "3", LISTINGS: "1", **WHY})
    assert answer.url == pair.provider_url(f"clients/{row.public_id}/")
    assert grants_in(row) == {make.FBA: 1}
    event = Event.objects.get(verb="connection.roles_requested")
    assert (event.before, event.after) == (
        {make.FBA: "view"},
        {make.FBA: "admin", make.LISTINGS: "view"},
    )
    (mail,) = drain()
    assert mail.to == [pair.seller_admin.email]
    assert "view → admin" in mail.body
    assert "none → view" in mail.body
    assert "The season begins." in mail.body
    assert Notification.objects.get(kind="connections.role_request_requested").path == (
        answer_url(pair, row)
    )
    page = pair.at_seller().get(answer_url(pair, row)).text
    assert "View → admin." in page
    assert "None → view." in page
    assert "The season begins." in page


def test_both_sides_see_where_it_stands(pair: Pair, row: Connection) -> None:
    asked(pair, row, fba="admin")
    seen = {
        "Asks for more roles": pair.seller_url("permissions/"),
        "The provider asks for more roles": pair.seller_url(f"partners/{row.public_id}/"),
        f"{pair.provider.name} asks for more roles": pair.seller_url(""),
    }
    for words, path in seen.items():
        assert words in pair.at_seller().get(path).text, path
    assert seller_answers(pair.seller)[0].button == {
        "label": "Answer",
        "url": answer_url(pair, row),
        "post": False,
    }
    for path in ("clients/", f"clients/{row.public_id}/"):
        assert "You asked for more roles" in pair.at_provider().get(pair.provider_url(path)).text
    standing = pair.at_provider().get(ask_url(pair, row)).text
    assert "You have asked for this" in standing
    assert ask_url(pair, row, "withdraw/") in standing


def test_consent_to_all_of_it(pair: Pair, row: Connection) -> None:
    standing = asked(pair, row, fba="admin", listings="edit")
    old = row.grants.get()
    form = {FBA: "3", LISTINGS: "2"}
    assert pair.at_seller().post(answer_url(pair, row), form).status_code == 302
    assert grants_in(row) == {make.FBA: 3, make.LISTINGS: 2}
    assert row.grants.get(role__code=make.FBA) == old
    standing.refresh_from_db()
    assert standing.status == "consented"
    row.refresh_from_db()
    assert row.version == 2
    assert access.effective_level(pair.provider_admin, pair.seller, make.FBA) == Level.ADMIN
    mails = drain()
    assert {mail.to[0] for mail in mails} == {pair.seller_admin.email, pair.provider_admin.email}
    assert all("view → admin" in mail.body for mail in mails)
    event = Event.objects.get(verb="connection.request_consented")
    assert event.before == {make.FBA: "view"}
    assert not Event.objects.filter(verb="connection.roles_changed").exists()


def test_consent_to_a_part(pair: Pair, row: Connection) -> None:
    standing = asked(pair, row, fba="admin", listings="edit")
    form = {FBA: "2", LISTINGS: "0"}
    assert pair.at_seller().post(answer_url(pair, row), form).status_code == 302
    assert grants_in(row) == {make.FBA: 2}
    standing.refresh_from_db()
    assert standing.status == "partly_consented"
    consented = dict(standing.lines.values_list("role__code", "consented"))
    assert consented == {make.FBA: 2, make.LISTINGS: None}
    assert any("in part" in mail.subject for mail in drain())


def test_refusing_needs_a_reason_and_leaves_everything(pair: Pair, row: Connection) -> None:
    standing = asked(pair, row, fba="admin")
    page = answer_url(pair, row, "refuse/")
    with nothing_changes():
        assert pair.at_seller().post(page, {"reason": " "}).status_code == 422
    assert pair.at_seller().post(page, {"reason": "Not before May."}).status_code == 302
    assert grants_in(row) == {make.FBA: 1}
    standing.refresh_from_db()
    assert (standing.status, standing.reason) == ("refused", "Not before May.")
    (mail,) = drain()
    assert mail.to == [pair.provider_admin.email]
    assert "Not before May." in mail.body


@pytest.mark.parametrize(
    "form", [{FBA: "3"}, {LISTINGS: "2"}, {"grant-reports.business": "1"}, {FBA: "9"}]
)
def test_nothing_beyond_the_request_is_granted_by_consent(
    pair: Pair, row: Connection, form: dict[str, str]
) -> None:
    """Approved more highly, but asked for less, or not asked for at all."""
    asked(pair, row, fba="edit")
    with nothing_changes():
        assert pair.at_seller().post(answer_url(pair, row), form).status_code == 422


def test_what_lost_its_approval_cannot_be_consented_to(pair: Pair, row: Connection) -> None:
    """S0.6: read again, not remembered; the page says why."""
    asked(pair, row, fba="admin", listings="edit")
    make.approved(pair.provider, make.FBA, "admin", status="revoked", ended_at=clock.now())
    page = answer_url(pair, row)
    assert "revoked the approval" in pair.at_seller().get(page).text
    with nothing_changes():
        assert pair.at_seller().post(page, {FBA: "3", LISTINGS: "2"}).status_code == 422
    assert pair.at_seller().post(page, {FBA: "1", LISTINGS: "2"}).status_code == 302
    assert grants_in(row) == {make.FBA: 1, make.LISTINGS: 2}


@pytest.mark.parametrize(
    "form",
    [{FBA: "1"}, {}, {LISTINGS: "3"}, {"grant-pricing.pricing": "1"}, {FBA: "0"}],
    ids=["as it is", "nothing", "above the approval", "not approved", "lower"],
)
def test_only_a_rise_within_the_approvals_can_be_asked_for(
    pair: Pair, row: Connection, form: dict[str, str]
) -> None:
    with nothing_changes():
        answer = pair.at_provider().post(ask_url(pair, row), form | WHY)
    assert answer.status_code == 422
    assert "The season begins." in answer.text


def test_a_role_that_lost_its_approval_meanwhile_stops_the_whole_request(
    pair: Pair, row: Connection
) -> None:
    with nothing_changes():
        both = {FBA: "3", "grant-pricing.pricing": "1", **WHY}
        answer = pair.at_provider().post(ask_url(pair, row), both)
    assert answer.status_code == 422
    assert "can no longer be chosen" in answer.text
    fba = answer.text.split(f'name="{FBA}"')[1].split("</select>")[0]
    assert '<option value="3" selected>' in fba


def test_a_reason_is_owed_to_the_seller(pair: Pair, row: Connection) -> None:
    with nothing_changes():
        answer = pair.at_provider().post(ask_url(pair, row), {FBA: "2", "message": " "})
    assert answer.status_code == 422
    fba = answer.text.split(f'name="{FBA}"')[1].split("</select>")[0]
    assert '<option value="2" selected>' in fba


def test_one_request_at_a_time(pair: Pair, row: Connection) -> None:
    asked(pair, row, fba="edit")
    with nothing_changes():
        answer = pair.at_provider().post(ask_url(pair, row), {FBA: "3", **WHY}, follow=True)
        assert "There is an open request already" in answer.text
        with pytest.raises(Conflict):
            requests.ask(
                connection=row,
                by=pair.provider_admin,
                levels={make.FBA: Level.ADMIN},
                message="More.",
            )


def test_withdrawn_and_answered_ones_are_over(pair: Pair, row: Connection) -> None:
    asked(pair, row, fba="edit")
    assert pair.at_provider().post(ask_url(pair, row, "withdraw/")).status_code == 302
    (mail,) = drain()
    assert mail.to == [pair.seller_admin.email]
    with nothing_changes():
        assert pair.at_seller().post(answer_url(pair, row), {FBA: "2"}).status_code == 410
        assert pair.at_seller().get(answer_url(pair, row)).status_code == 410
        assert pair.at_provider().post(ask_url(pair, row, "withdraw/")).status_code == 410
    assert pair.at_provider().post(ask_url(pair, row), {FBA: "2", **WHY}).status_code == 302


def test_it_lapses_after_fourteen_days(
    pair: Pair, row: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair.at_provider().post(ask_url(pair, row), {FBA: "3", **WHY})
    drain()
    sweep()
    assert drain() == []
    real = clock.real_now
    monkeypatch.setattr(clock, "now", lambda: real() + timedelta(days=15))
    # Reading notices before the sweep does.
    assert pair.at_seller().post(answer_url(pair, row), {FBA: "3"}).status_code == 410
    sweep()
    assert RoleRequest.objects.get().status == "lapsed"
    (mail,) = drain()
    assert mail.to == [pair.provider_admin.email]
    with nothing_changes():
        sweep()


def test_it_is_void_when_the_connection_ends(pair: Pair, row: Connection) -> None:
    standing = asked(pair, row, fba="edit")
    pair.at_seller().post(pair.seller_url(f"partners/{row.public_id}/end/"), {})
    standing.refresh_from_db()
    assert standing.status == "void"
    with nothing_changes():
        assert pair.at_seller().post(answer_url(pair, row), {FBA: "2"}).status_code == 410
        assert pair.at_provider().post(ask_url(pair, row), {FBA: "2", **WHY}).status_code == 410


def test_granting_all_of_it_on_the_roles_page_answers_it(pair: Pair, row: Connection) -> None:
    standing = asked(pair, row, fba="edit")
    levels = {make.LISTINGS: Level.VIEW}
    grants.change(connection=row, by=pair.seller_admin, levels=levels, version=1)
    standing.refresh_from_db()
    assert standing.status == "open"
    levels = {make.FBA: Level.EDIT}
    grants.change(connection=row, by=pair.seller_admin, levels=levels, version=2)
    standing.refresh_from_db()
    assert standing.status == "consented"


def test_asking_again_and_again_reaches_a_limit(pair: Pair, row: Connection) -> None:
    for _ in range(requests.MOST_A_WEEK):
        levels, by = {make.FBA: Level.EDIT}, pair.provider_admin
        standing = requests.ask(connection=row, by=by, levels=levels, message="Please.")
        requests.withdraw(request=standing, by=by)
    with nothing_changes():
        answer = pair.at_provider().post(ask_url(pair, row), {FBA: "2", **WHY})
        assert answer.status_code == LimitReached.status
    assert "next one is possible on" in answer.text


def test_only_the_administrators_of_its_side(pair: Pair, other: Pair, row: Connection) -> None:
    asked(pair, row, fba="edit")
    staff, employee = signed_in(member(pair.seller)), signed_in(pair.employee())
    with nothing_changes():
        assert staff.post(answer_url(pair, row), {FBA: "2"}).status_code == 403
        assert employee.post(ask_url(pair, row), {FBA: "2", **WHY}).status_code == 403
        assert employee.post(ask_url(pair, row, "withdraw/")).status_code == 403
        # The provider consents to nothing, acting for the seller or not.
        assert pair.at_provider().post(answer_url(pair, row), {FBA: "2"}).status_code == 403
        foreign = other.seller_url(f"partners/{row.public_id}/request/")
        assert other.at_seller().post(foreign, {FBA: "2"}).status_code == 404


def test_pages_take_a_fixed_number_of_queries(pair: Pair, row: Connection) -> None:
    standing = asked(pair, row, fba="edit")
    pages = [
        (pair.at_seller(), answer_url(pair, row)),
        (pair.at_provider(), ask_url(pair, row)),
        (pair.at_seller(), pair.seller_url("")),
    ]
    few = [queries(client, path) for client, path in pages]
    for code in (make.LISTINGS, "reports.business", "pricing.pricing"):
        make.approved(pair.provider, code, "edit")
        line = standing.lines.get(role__code=make.FBA)
        line.pk, line.role = None, make.Role.objects.get(code=code)
        line.save()
    assert few == [queries(client, path) for client, path in pages]
