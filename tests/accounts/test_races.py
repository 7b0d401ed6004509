"""Two at once: one business, one check, one decision, one administrator left (C1, C2, C5, C8)."""

from functools import partial
from typing import Any

import pytest

from accounts.invitations import transitions as mechanism
from accounts.models import EmployeeInvitation, IdentityCheck, Membership, Organization
from accounts.transitions import employees, members
from accounts.transitions import identity as checks
from accounts.transitions.organizations import close_organization
from core.audit.models import Event
from core.outbox.models import Message
from tests.factories.accounts import administrator, identity, member, organization, person
from tests.factories.invitations import employee
from tests.factories.reviewers import desk_reviewer, scan
from tests.racing import GUARDS, LOCKS, holds, refusals, together
from tests.support import signed_in

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 8
CLOSED = "organization.closed"
DESK = "/admin/accounts/identitycheck/"
FORM = {"country": "US", "registration_number": "12-3456789"}


def test_two_identified_people_register_one_business_together():
    for number in range(ROUNDS):
        clients = []
        for _ in range(2):
            user = person()
            identity(user)
            clients.append(signed_in(user))
        form = FORM | {"name": "Blue Harbor", "registration_number": f"12-345{number:04d}"}
        answers = together(*(partial(client.post, "/start/provider/", form) for client in clients))
        assert sorted(answer.status_code for answer in answers) == [302, 409]
    assert Organization.objects.filter(status="active").count() == ROUNDS
    assert Organization.objects.count() == ROUNDS


def test_two_drafts_of_one_business_are_verified_together():
    reviewers = [signed_in(desk_reviewer()) for _ in range(2)]
    for number in range(ROUNDS):
        checks = []
        form = FORM | {"name": "Blue Harbor", "registration_number": f"12-345{number:04d}"}
        for _ in range(2):
            user = person()
            signed_in(user).post("/start/provider/", form)
            checks.append(identity(user, "submitted"))
        answers = together(
            *(
                partial(reviewer.post, f"{DESK}{check.pk}/decide/", {"decision": "verify"})
                for reviewer, check in zip(reviewers, checks, strict=True)
            )
        )
        assert [answer.status_code for answer in answers] == [302, 302]
    assert Organization.objects.filter(status="active").count() == ROUNDS
    assert Organization.objects.filter(status="draft").count() == ROUNDS
    assert IdentityCheck.objects.filter(status="verified").count() == 2 * ROUNDS


def test_two_reviewers_decide_differently_together():
    reviewers = [signed_in(desk_reviewer()) for _ in range(2)]
    decisions = [{"decision": "verify"}, {"decision": "refuse", "reason": "unreadable"}]
    for _ in range(ROUNDS):
        Message.objects.all().delete()
        check = identity(person(), "submitted")
        url = f"{DESK}{check.pk}/decide/"
        answers = together(
            *(
                partial(reviewer.post, url, decision)
                for reviewer, decision in zip(reviewers, decisions, strict=True)
            )
        )
        assert sorted(answer.status_code for answer in answers) == [302, 409]
        check.refresh_from_db()
        won = "verified" if answers[0].status_code == 302 else "failed"
        assert check.status == won
        assert Event.objects.filter(object_id=str(check.public_id)).count() == 1
        assert [message.kind for message in Message.objects.all()] == [f"accounts.identity_{won}"]


def check_form():
    return {
        "legal_name": "Alex Meyer",
        "birth_date": "1985-04-12",
        "country": "DE",
        "street_address": "Lindenweg 4",
        "government_id": scan(),
        "proof_of_address": scan(),
    }


def test_a_check_is_sent_twice_together(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    for _ in range(ROUNDS):
        user = person()
        client = signed_in(user)
        answers = together(*(partial(client.post, "/identity/", check_form()) for _ in range(2)))
        assert sorted(answer.status_code for answer in answers) == [302, 409]
        assert IdentityCheck.objects.filter(user=user).count() == 1
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 2 * ROUNDS


@pytest.mark.parametrize("guards", GUARDS)
def test_two_reviewers_meet_over_one_check(guards: str, meeting: Any) -> None:
    """C8 with the interleaving forced: the first wins, the second is told."""
    one, two = desk_reviewer(), desk_reviewer()
    check = identity(person(), "submitted")
    meeting(guards)
    results = together(
        partial(checks.decide_identity, by=one, check=check, verified=True),
        partial(checks.decide_identity, by=two, check=check, verified=False, reason="unreadable"),
    )

    def promise() -> None:
        assert refusals(results) == [409]
        assert Event.objects.filter(object_id=str(check.public_id)).count() == 1

    holds(guards, promise)


# The last administrator (C5) ---------------------------------------------------------------------
ENDS = {
    "remove": lambda by, other, firm: members.remove(by=by, membership=_row(other, firm)),
    "suspend": lambda by, other, firm: members.suspend(by=by, membership=_row(other, firm)),
    "demote": lambda by, other, firm: members.change_access(
        by=by, membership=_row(other, firm), role="employee", rights=()
    ),
    "leave": lambda by, other, firm: members.leave(by=by, organization=firm),
}


def _row(user: Any, firm: Any) -> Membership:
    return Membership.objects.get(user=user, organization=firm)


@pytest.mark.parametrize("guards", LOCKS)
@pytest.mark.parametrize("act", ENDS)
def test_two_administrators_end_each_other(act: str, guards: str, meeting: Any) -> None:
    """C5: one stays. Without the lock both find the other one, and both go."""
    firm = organization("seller")
    one, two = administrator(firm), administrator(firm)
    meeting(guards)
    results = together(partial(ENDS[act], one, two, firm), partial(ENDS[act], two, one, firm))

    def promise() -> None:
        # Who was put out a moment ago is nobody any more; who wants to be the last to go stays.
        assert refusals(results) in ([403], [404], [409])
        assert Membership.objects.administrators(firm).count() == 1

    holds(guards, promise)


# Joining (C1, C2, C12) ---------------------------------------------------------------------------
def invited() -> tuple[EmployeeInvitation, Any, Any]:
    """An open invitation, who sent it, and who got it."""
    scene = employee()
    return scene.row, scene.inviter, scene.invited


@pytest.mark.parametrize("guards", GUARDS)
def test_one_person_accepts_in_two_tabs(guards: str, meeting: Any) -> None:
    """C1: one membership, one event."""
    row, _, newcomer = invited()
    meeting(guards, "accounts_membership_one_live")
    results = together(*[partial(employees.accept, by=newcomer, public_id=row.public_id)] * 2)

    def promise() -> None:
        assert refusals(results) in ([409], [410])
        assert Membership.objects.filter(user=newcomer).count() == 1
        assert Event.objects.filter(verb="employee_invitation.accepted").count() == 1

    holds(guards, promise)


@pytest.mark.parametrize("guards", GUARDS)
def test_taking_back_and_accepting_at_once(guards: str, meeting: Any) -> None:
    """C2: never revoked and a member."""
    row, boss, newcomer = invited()
    meeting(guards)
    results = together(
        partial(employees.accept, by=newcomer, public_id=row.public_id),
        partial(mechanism.revoke, by=boss, row=row),
    )

    def promise() -> None:
        assert len(refusals(results)) == 1
        row.refresh_from_db()
        joined = Membership.objects.filter(user=newcomer).exists()
        assert (row.status, joined) in {("accepted", True), ("revoked", False)}

    holds(guards, promise)


@pytest.mark.parametrize("guards", LOCKS)
def test_promoting_while_the_promoter_is_removed(guards: str, meeting: Any) -> None:
    """C5: who is out promotes nobody; whichever was first, somebody administers the account."""
    firm = organization("seller")
    one, two, worker = administrator(firm), administrator(firm), member(firm)
    row = _row(worker, firm)
    meeting(guards)
    results = together(
        partial(members.remove, by=one, membership=_row(two, firm)),
        partial(members.change_access, by=two, membership=row, role="administrator", rights=()),
    )
    if guards == "all":
        assert refusals(results) in ([], [404])
    assert Membership.objects.administrators(firm).exists()


@pytest.mark.parametrize("guards", LOCKS)
def test_closing_the_account_and_accepting_at_once(guards: str, meeting: Any) -> None:
    """C12: nobody joins an account that is closed; who was quicker was a member when it closed."""
    row, _, newcomer = invited()
    operator = person(is_staff=True, is_superuser=True)
    meeting(guards, late=1)
    results = together(
        partial(close_organization, by=operator, organization=row.organization, reason="x"),
        partial(employees.accept, by=newcomer, public_id=row.public_id),
    )

    def promise() -> None:
        events = Event.objects.filter(verb__in=["employee_invitation.accepted", CLOSED])
        verbs = list(events.order_by("pk").values_list("verb", flat=True))
        assert verbs[-1] == CLOSED
        assert len(verbs) + len(refusals(results)) == 2

    holds(guards, promise)
