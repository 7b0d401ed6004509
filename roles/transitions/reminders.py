"""What the reviewers are told once a day."""

from django.contrib.auth.models import Permission
from django.db import transaction
from django.db.models import Count, Min, Q

from accounts.models import IdentityCheck, User
from accounts.states import IdentityStatus
from core import clock
from core.web.formats import mail_day, mail_ending
from roles import emails
from roles.models import RoleApplication
from roles.states import IN_QUEUE

REVIEW = Q(codename="decide_roleapplication") | Q(codename="decide_identitycheck")


@transaction.atomic
def tell_reviewers_what_waits() -> None:
    """One mail a day to each reviewer while anything waits, in their morning; their day stands in
    its key."""
    now = clock.now()
    people = [person for person in _reviewers() if clock.is_morning(now, person.zone)]
    if people and (facts := _waiting()):
        for zone in {person.zone for person in people}:
            here = [person for person in people if person.zone == zone]
            emails.reviews_waiting(here, facts, today=clock.today(zone))


def _waiting() -> tuple[tuple[str, str], ...]:
    applications = RoleApplication.objects.filter(status__in=IN_QUEUE).aggregate(
        number=Count("pk"),
        late=Count("pk", filter=Q(review_due_at__lt=clock.now())),
        next=Min("review_due_at"),
    )
    checks = IdentityCheck.objects.filter(status=IdentityStatus.SUBMITTED).aggregate(
        number=Count("pk"), oldest=Min("created_at")
    )
    facts: list[tuple[str, str]] = []
    if applications["number"]:
        facts.append(("Role applications", f"{applications['number']:,}"))
        if applications["late"]:
            facts.append(("Past the promised date", f"{applications['late']:,}"))
        if applications["next"]:
            facts.append(("First promised date", mail_ending(applications["next"])))
    if checks["number"]:
        facts.append(("Identity checks", f"{checks['number']:,}"))
        facts.append(("Oldest identity check", f"of {mail_day(checks['oldest'])}"))
    return tuple(facts)


def _reviewers() -> list[User]:
    """Who may decide about applications or identities: by group or in person, and is staff."""
    may = Permission.objects.filter(REVIEW, content_type__app_label__in=["roles", "accounts"])
    given = Q(groups__permissions__in=may) | Q(user_permissions__in=may)
    return list(User.objects.filter(given, is_active=True, is_staff=True).distinct().order_by("pk"))
