"""The review desk at its fullest."""

from datetime import timedelta

from django.test import Client

from accounts.models import Organization
from benchmarks import few
from benchmarks.ground import Ground, statements
from benchmarks.measure import Way, in_turn
from benchmarks.report import Result, Row, at_least, at_most
from core import clock
from partnerhub.portals.insertions import Sql, earlier, insert, last_id, numbers
from roles.models import ApplicationLine, RoleApplication, ServiceCategory

BOUND = 15


def _applications(count: int) -> None:
    """So many applications that wait, ten for each provider: one in each category."""
    now, categories = clock.now(), list(ServiceCategory.objects.order_by("pk"))
    first, per = last_id(Organization), len(categories)
    insert(
        Organization,
        numbers(count // per),
        id=Sql(f"{first} + n.i"),
        kind="provider",
        handle=Sql("'queue-' || n.i"),
        name=Sql("'Queue Firm ' || n.i"),
        name_skeleton=Sql("'queuefirm' || n.i"),
        search_key=Sql("'queue firm ' || n.i || chr(9) || 'queue-' || n.i"),
        country="US",
        business_key=Sql("'US:queue-' || n.i"),
        status="active",
        activated_at=now,
    )
    for category in categories:
        start = last_id(RoleApplication)
        insert(
            RoleApplication,
            numbers(count // per),
            id=Sql(f"{start} + n.i"),
            provider=Sql(f"{first} + n.i"),
            category=category,
            status="submitted",
            submitted_at=earlier(now, "n.i * 10"),
            review_due_at=now + timedelta(days=14),
        )
        insert(
            ApplicationLine,
            numbers(count // per),
            application=Sql(f"{start} + n.i"),
            role=category.roles.order_by("pk")[0],
            level=1,
            use_case="Measured.",
        )


def queue(ground: Ground) -> Result:
    """The first page of what waits for reviewers."""
    assert ground.large
    client = few.signed_in(few.reviewer())
    superuser = few.signed_in(few.person("few-superuser", is_staff=True, is_superuser=True))
    at_first = statements(lambda: _get(client, "/admin/roles/roleapplication/"))
    _applications(ground.size.applications)
    peer = "an untouched ModelAdmin"
    timings = in_turn(
        [
            Way("ours", lambda: _get(client, "/admin/roles/roleapplication/")),
            Way(peer, lambda: _get(superuser, "/peers/admin/roles/roleapplication/")),
        ],
        ground.size.rounds,
    )
    count = statements(lambda: _get(client, "/admin/roles/roleapplication/"))
    return Result(
        timings, "ours", "ms", count, peer,
        checks=(
            at_most("statements", count, BOUND),
            at_most("statements more than without applications", count - at_first, 2),
            at_least("times faster than an untouched ModelAdmin", timings.ratio(peer, "ours"), 10),
        ),
    )  # fmt: skip


def _get(client: Client, path: str) -> None:
    response = client.get(path)
    if response.status_code != 200:
        raise AssertionError(f"{path} answered {response.status_code}")


ROWS = (
    Row(
        "admin.queue",
        f"statements bounded ({BOUND}), >= 10x faster than an untouched ModelAdmin",
        queue,
    ),
)
