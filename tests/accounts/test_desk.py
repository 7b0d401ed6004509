"""The reviewers' desk: what reviewers see and do there, and everything they cannot (A7, A8)."""

import io
import re
from datetime import timedelta

import pytest
from django.contrib import admin
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from accounts import signals
from accounts.models import IdentityCheck, Organization, User
from core import clock
from core.audit.models import Event
from core.outbox.models import Message
from core.outbox.services import draft, queue
from roles.models import CategoryRight
from tests.factories.accounts import administrator, identity, member, organization, person
from tests.factories.reviewers import desk_reviewer
from tests.support import drain, nothing_changes, signed_in

pytestmark = pytest.mark.django_db

ORGANIZATIONS = "/admin/accounts/organization/"
CHECKS = "/admin/accounts/identitycheck/"


# Who is a reviewer -------------------------------------------------------------------------------
def test_the_command_makes_reviewers_with_exactly_what_they_need():
    user = desk_reviewer()
    assert (user.is_staff, user.is_superuser) == (True, False)
    assert [group.name for group in user.groups.all()] == ["Reviewers"]
    permissions = user.get_all_permissions()
    assert "accounts.decide_identitycheck" in permissions
    assert "roles.decide_roleapplication" in permissions
    assert not [p for p in permissions if re.search(r"\.(add|change|delete)_|_user$|_group$", p)]
    assert CategoryRight.objects.filter(group__user=user).count() == 10


def test_a_lead_reviewer_looks_after_the_outbox_too():
    lead = desk_reviewer(lead=True)
    assert {group.name for group in lead.groups.all()} == {"Reviewers", "Lead reviewers"}
    assert lead.has_perm("outbox.view_message")
    assert not lead.has_perm("accounts.change_user")
    assert [group.name for group in desk_reviewer(lead).groups.all()] == ["Reviewers"]


def test_the_command_makes_an_account_that_only_its_mailbox_can_take_over():
    out = io.StringIO()
    call_command("make_reviewer", " New.Person@Mail.EXAMPLE ", stdout=out)
    user = User.objects.get(email="new.person@mail.example")
    assert user.is_staff
    assert not user.has_usable_password()
    assert "signing up" in out.getvalue()


def test_the_command_refuses_what_is_no_address_and_ends_a_reviewer():
    with pytest.raises(CommandError):
        call_command("make_reviewer", "nobody")
    with pytest.raises(CommandError):
        call_command("make_reviewer", "nobody@mail.example", remove=True)
    reviewer = desk_reviewer()
    client = signed_in(reviewer)
    assert client.get(CHECKS).status_code == 200
    call_command("make_reviewer", reviewer.email, remove=True, stdout=io.StringIO())
    reviewer.refresh_from_db()
    assert (reviewer.is_staff, reviewer.groups.count()) == (False, 0)
    assert client.get(CHECKS).url.startswith("/accounts/login/")


# The doors ---------------------------------------------------------------------------------------
def test_the_desk_takes_the_normal_sign_in_with_a_second_factor():
    door = Client().get("/admin/", follow=True)
    assert door.redirect_chain[-1][0] == "/accounts/login/?next=/admin/"
    wrong = Client().post("/admin/login/", {"username": "x@mail.example", "password": "y"})
    assert wrong.url.startswith("/accounts/login/")
    assert signed_in(person()).get("/admin/").status_code in (302, 403)
    half = signed_in(desk_reviewer(), second_factor=False)
    for url in ("/admin/", CHECKS, ORGANIZATIONS):
        assert half.get(url).url.startswith("/second-factor/")
    assert signed_in(desk_reviewer()).get("/admin/").status_code == 200


def test_a_password_is_not_changed_on_the_desk():
    client = signed_in(desk_reviewer())
    assert client.get("/admin/password_change/").url == "/accounts/password/change/"


def test_nothing_about_signing_in_is_on_the_desk():
    names = {model._meta.label for model in admin.site._registry}
    assert not names & {
        "accounts.User",
        "accounts.Membership",
        "auth.Group",
        "auth.Permission",
        "account.EmailAddress",
        "mfa.Authenticator",
        "usersessions.UserSession",
        "audit.Actor",
    }


@pytest.mark.parametrize("superuser", [False, True])
def test_every_admin_address_is_read_only(superuser):
    """Add, delete and edit are refused on every registered model, by GET and by forged POST.

    A superuser deletes and changes nobody either: no account loses its last administrator (A9).
    """
    shop = organization("seller")
    boss = administrator(shop)
    staff = person(is_staff=True, is_superuser=True) if superuser else desk_reviewer(lead=True)
    identity(person(), "submitted")
    client = signed_in(staff)
    forged = {
        "is_staff": "1",
        "is_superuser": "1",
        "groups": "1",
        "user_permissions": "1",
        "status": "closed",
        "form-TOTAL_FORMS": "1",
        "form-INITIAL_FORMS": "0",
        "form-0-id": "1",
        "form-0-status": "active",
        "lines-TOTAL_FORMS": "1",
        "lines-INITIAL_FORMS": "0",
        "lines-0-level": "3",
        "memberships-TOTAL_FORMS": "1",
        "memberships-INITIAL_FORMS": "0",
        "memberships-0-user": str(staff.pk),
        "memberships-0-role": "administrator",
        "_save": "Save",
        "action": "delete_selected",
        "_selected_action": str(shop.pk),
        "post": "yes",
    }
    for model in admin.site._registry:
        start = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        row = model._default_manager.order_by("pk").first()
        pk = row.pk if row else 1
        for end in ("add/", f"{pk}/delete/", f"{pk}/change/", f"{pk}/history/", ""):
            with nothing_changes():
                for answer in (
                    client.get(start + end),
                    client.get(start + end, forged),
                    client.post(start + end, forged),
                ):
                    codes = (200, 302, 400, 403, 404, 405, 409, 422)
                    assert answer.status_code in codes, start + end
    for path in ("accounts/user", "accounts/membership", "auth/group", "auth/permission"):
        assert client.get(f"/admin/{path}/{boss.pk}/change/").status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        "user__password__startswith=p",
        "created_by__email__contains=a",
        "memberships__user__is_staff=1",
    ],
)
def test_lookups_from_the_address_reach_no_query(query):
    client = signed_in(desk_reviewer())
    for url in (ORGANIZATIONS, CHECKS, "/admin/audit/event/"):
        assert client.get(f"{url}?{query}").status_code in (302, 400)


def test_no_page_of_the_desk_shows_a_hash_or_a_token():
    reviewer = desk_reviewer(lead=True)
    owner = administrator(organization("seller"))
    check = identity(person(), "submitted")
    client = signed_in(reviewer)
    urls = [ORGANIZATIONS, CHECKS, "/admin/audit/event/", "/admin/outbox/message/"]
    urls += [
        f"{ORGANIZATIONS}{Organization.objects.get().pk}/change/",
        f"{CHECKS}{check.pk}/change/",
    ]
    for url in urls:
        text = client.get(url).content.decode()
        assert owner.password not in text
        assert "pbkdf2" not in text
        assert "md5$" not in text


# Organizations -----------------------------------------------------------------------------------
def act(client, shop, name, **data):
    return client.post(f"{ORGANIZATIONS}{shop.pk}/{name}/", data)


def test_an_account_is_suspended_resumed_and_closed():
    shop = organization("seller")
    owner = administrator(shop)
    client = signed_in(desk_reviewer(lead=True))
    closed = []
    signals.organization_closed.connect(
        lambda organization, **kwargs: closed.append(organization), weak=False, dispatch_uid="test"
    )
    try:
        assert act(client, shop, "suspend", reason="Call us.").status_code == 302
        shop.refresh_from_db()
        assert (shop.status, shop.status_reason) == ("suspended", "Call us.")
        (mail,) = drain()
        assert mail.to == [owner.email]
        assert "suspended" in mail.subject
        assert "Call us." in mail.body
        assert act(client, shop, "suspend", reason="Twice").status_code == 409

        assert act(client, shop, "resume").status_code == 302
        shop.refresh_from_db()
        assert (shop.status, shop.status_reason) == ("active", "")
        assert "active again" in drain()[0].subject
        assert act(client, shop, "resume").status_code == 409

        assert act(client, shop, "close", reason="Left.").status_code == 302
        shop.refresh_from_db()
        assert shop.status == "closed"
        assert "closed" in drain()[0].subject
        assert closed == [shop]
        assert act(client, shop, "close", reason="Again").status_code == 409
    finally:
        signals.organization_closed.disconnect(dispatch_uid="test")
    assert [event.verb for event in Event.objects.order_by("id")] == [
        "organization.suspended",
        "organization.resumed",
        "organization.closed",
    ]


def test_a_reason_is_asked_for_on_a_page_that_changes_nothing():
    shop, client = organization("seller"), signed_in(desk_reviewer(lead=True))
    with nothing_changes():
        for name in ("suspend", "resume", "close"):
            assert client.get(f"{ORGANIZATIONS}{shop.pk}/{name}/").status_code == 200
        assert act(client, shop, "suspend", reason="").status_code == 422
        assert act(client, shop, "close").status_code == 422


def test_a_draft_can_only_be_closed():
    shop = organization("provider", status="draft", activated_at=None)
    client = signed_in(desk_reviewer(lead=True))
    page = client.get(f"{ORGANIZATIONS}{shop.pk}/change/").content.decode()
    assert "Close the account" in page
    assert "Suspend the account" not in page
    assert "Lift the suspension" not in page
    with nothing_changes():
        assert act(client, shop, "resume").status_code == 409
        assert act(client, shop, "suspend", reason="x").status_code == 409


@pytest.mark.parametrize("left", [False, True])
def test_nobody_supervises_an_account_they_belong_to(left):
    reviewer, shop = desk_reviewer(lead=True), organization("seller")
    member(shop, user=reviewer)
    if left:
        recently = clock.now() - timedelta(days=364)
        shop.memberships.update(status="removed", removed_at=recently)
    client = signed_in(reviewer)
    page = client.get(f"{ORGANIZATIONS}{shop.pk}/change/").content.decode()
    assert "You belong to this account" in page
    assert "Suspend the account" not in page
    with nothing_changes():
        assert act(client, shop, "suspend", reason="x").status_code == 403


@pytest.mark.both
def test_a_suspended_business_stays_blocked_and_a_closed_one_is_free():
    firm = organization("provider", business_key="US:123456789")
    client = signed_in(desk_reviewer(lead=True))
    form = {"name": "Second", "country": "US", "registration_number": "12-3456789"}
    act(client, firm, "suspend", reason="x")
    assert signed_in(person()).post("/start/provider/", form).status_code == 409
    act(client, firm, "close", reason="x")
    assert signed_in(person()).post("/start/provider/", form).status_code == 302


@pytest.mark.both
def test_look_alike_names_are_flagged_letter_by_letter():
    real = organization("provider", "Paypal Services")
    fake = organization("provider", "Pаypal Services")  # noqa: RUF001 - a Cyrillic a
    client = signed_in(desk_reviewer())
    page = client.get(f"{ORGANIZATIONS}{fake.pk}/change/").content.decode()
    assert "U+0430" in page
    assert "Some letters only look like plain ones" in page
    assert real.handle in page
    found = client.get(f"{ORGANIZATIONS}?q=Paypal").content.decode()
    assert real.handle in found
    assert fake.handle in found


@pytest.mark.both
def test_the_search_takes_wildcards_for_letters():
    shop, client = organization("seller", "Green Hill"), signed_in(desk_reviewer())
    assert shop.handle in client.get(f"{ORGANIZATIONS}?q=green").content.decode()
    for term in ("%", "_", "\\", "%25hill", "'"):
        page = client.get(ORGANIZATIONS, {"q": term})
        assert page.status_code == 200
        assert shop.handle not in page.content.decode()


@pytest.mark.both
def test_filters_of_the_lists():
    shop = organization("seller")
    firm = organization("provider", status="suspended")
    client = signed_in(desk_reviewer())
    page = client.get(f"{ORGANIZATIONS}?kind=seller").content.decode()
    assert shop.handle in page
    assert firm.handle not in page
    page = client.get(f"{ORGANIZATIONS}?status=suspended").content.decode()
    assert firm.handle in page
    assert shop.handle not in page


# Identity checks ---------------------------------------------------------------------------------
@pytest.mark.both
def test_the_queue_shows_what_waits_oldest_first():
    names = ["Ada First", "Ben Second", "Cem Third"]
    for name in names:
        identity(person(), "submitted", legal_name=name)
    identity(person(), "verified", legal_name="Dora Done")
    client = signed_in(desk_reviewer())
    page = client.get(CHECKS).content.decode()
    assert [page.index(name) for name in names] == sorted(page.index(name) for name in names)
    assert "Dora Done" not in page
    assert "0 days" in page
    assert "Dora Done" in client.get(f"{CHECKS}?state=verified").content.decode()
    assert "Dora Done" in client.get(f"{CHECKS}?state=all").content.decode()


@pytest.mark.both
def test_identity_checks_are_found_by_name_and_address():
    user = person("Ulla Alias", email="ulla@mail.example")
    identity(user, "submitted", legal_name="Ursula Ångström")
    identity(person(), "submitted", legal_name="Ben Second")
    client = signed_in(desk_reviewer())
    for term in ("ursula", "Angstrom", "ulla ali", "ULLA@mail.example"):
        found = client.get(CHECKS, {"q": term}).context["cl"].result_list
        assert [check.legal_name for check in found] == ["Ursula Ångström"], term


@pytest.mark.both
def test_accounts_are_found_by_number_and_people():
    number = {"registration_number": "12-3456789", "business_key": "US:123456789"}
    shop = organization("provider", "Green Hill", **number)
    administrator(shop, person("Mia Moor", email="mia@green.example"))
    organization("seller", "Other")
    client = signed_in(desk_reviewer())
    for term in ("hill", "12-3456789", "mia moor", "mia@green.example", shop.handle):
        found = client.get(ORGANIZATIONS, {"q": term}).context["cl"].result_list
        assert [row.name for row in found] == ["Green Hill"], term


def test_a_decided_check_shows_who_decided():
    check = identity(person(), "submitted", legal_name="Ada First")
    decider = desk_reviewer(person("Robin Lead"))
    signed_in(decider).post(f"{CHECKS}{check.pk}/decide/", {"decision": "verify"})
    page = signed_in(desk_reviewer()).get(f"{CHECKS}{check.pk}/change/").content.decode()
    assert "Robin Lead verified this check" in page
    assert "Do not accept" not in page


def test_unknown_rows_do_not_exist():
    client = signed_in(desk_reviewer())
    for url in (
        f"{CHECKS}999/change/",
        f"{CHECKS}{10**30}/change/",
        f"{ORGANIZATIONS}999/change/",
        f"{ORGANIZATIONS}999/suspend/",
    ):
        assert client.get(url).status_code == 404


# History and outbox ------------------------------------------------------------------------------
def failed_mail(**changes):
    from django.db import transaction

    from core.outbox.rendering import Mail

    with transaction.atomic():
        mail = Mail(subject="Hello there", heading="Hello", paragraphs=("Some words.",))
        queue([draft("a@mail.example", key="test", kind="test.mail", mail=mail)])
    Message.objects.update(status="failed", error="550 no such user", **changes)
    return Message.objects.get()


@pytest.mark.both
def test_history_is_read_and_searched():
    shop = organization("seller")
    client = signed_in(desk_reviewer(lead=True))
    act(client, shop, "suspend", reason="x")
    page = client.get("/admin/audit/event/").content.decode()
    assert "suspended the account" in page
    for term, found in ((str(shop.public_id), True), (str(shop.pk), True), ("x' OR 1", False)):
        text = client.get("/admin/audit/event/", {"q": term}).content.decode()
        assert ("suspended the account" in text) is found


def test_a_failed_message_is_sent_again_by_leads():
    message = failed_mail()
    url = f"/admin/outbox/message/{message.pk}/"
    client = signed_in(desk_reviewer(lead=True))
    assert "550 no such user" in client.get("/admin/outbox/message/?status=failed").content.decode()
    page = client.get(f"{url}change/").content.decode()
    assert "Some words." in page
    assert "Send again" in page
    with nothing_changes():
        assert client.get(f"{url}send-again/").status_code == 302
    assert client.post(f"{url}send-again/").status_code == 302
    message.refresh_from_db()
    assert message.status == "waiting"
    with nothing_changes():
        client.post(f"{url}send-again/")
    (mail,) = drain()
    assert mail.to == ["a@mail.example"]


def test_reviewers_see_failed_mail_of_what_they_decided_alone():
    reviewer = desk_reviewer()
    client = signed_in(reviewer)
    message = failed_mail()
    url = f"/admin/outbox/message/{message.pk}/"
    assert message.to not in client.get("/admin/outbox/message/").text
    assert client.get(f"{url}change/").status_code == 404
    with nothing_changes():
        assert client.post(f"{url}send-again/").status_code == 404
    Message.objects.update(caused_by=reviewer)
    assert message.to in client.get("/admin/outbox/message/").text
    page = client.get(f"{url}change/").text
    assert "Some words." in page
    assert "Send again" not in page
    with nothing_changes():
        assert client.post(f"{url}send-again/").status_code == 403
    Message.objects.update(status="waiting")
    assert client.get(f"{url}change/").status_code == 404


def test_reviewers_read_the_history_of_their_own_cases():
    checks = [identity(person(), "submitted") for _ in range(2)]
    mine, other = (signed_in(desk_reviewer()) for _ in range(2))
    for client, check in zip((mine, other), checks, strict=True):
        client.post(f"{CHECKS}{check.pk}/decide/", {"decision": "verify"})
    act(signed_in(desk_reviewer(lead=True)), organization("seller"), "suspend", reason="x")
    events = mine.get("/admin/audit/event/").context["cl"].result_list
    assert {event.object_id for event in events} == {str(checks[0].public_id)}
    find = {"q": str(checks[1].public_id)}
    assert not mine.get("/admin/audit/event/", find).context["cl"].result_list


def test_a_secret_body_stays_secret():
    message = failed_mail(secret=True)
    client = signed_in(desk_reviewer(lead=True))
    page = client.get(f"/admin/outbox/message/{message.pk}/change/").content.decode()
    assert "Some words." not in page
    assert "carries a code" in page


# Cost --------------------------------------------------------------------------------------------
def test_lists_take_a_fixed_number_of_queries(django_assert_num_queries):
    client = signed_in(desk_reviewer(lead=True))
    for _ in range(3):
        shop = organization("seller")
        identity(administrator(shop, identified=False), "submitted")
    act(client, shop, "suspend", reason="x")
    client.get("/admin/")
    for url in (ORGANIZATIONS, CHECKS, "/admin/audit/event/", "/admin/outbox/message/"):
        with django_assert_num_queries(6):
            assert client.get(url).status_code == 200


def test_pages_take_a_fixed_number_of_queries(django_assert_max_num_queries):
    client = signed_in(desk_reviewer())
    shop = organization("seller")
    for _ in range(3):
        identity(administrator(shop, identified=False), "submitted")
    check = IdentityCheck.objects.first()
    for url in (f"{ORGANIZATIONS}{shop.pk}/change/", f"{CHECKS}{check.pk}/change/"):
        with django_assert_max_num_queries(13):
            assert client.get(url).status_code == 200


def test_the_start_of_the_desk_lists_what_a_reviewer_may_open():
    page = signed_in(desk_reviewer()).get(reverse("admin:index")).content.decode()
    for url in (CHECKS, ORGANIZATIONS, "/admin/audit/event/"):
        assert f'href="{url}"' in page
    assert 'href="/admin/outbox/message/"' in page  # failed mail of their own cases
    assert 'href="/admin/outbox/markedaddress/"' not in page
