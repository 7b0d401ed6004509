"""A view that does nothing but five plain queries."""

from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, HttpResponse

_QUERY = "SELECT id, name FROM accounts_organization WHERE id > %s ORDER BY id LIMIT 20"


@login_not_required
def five_queries(request: HttpRequest) -> HttpResponse:
    """Twenty rows by key, five times."""
    found = 0
    with connection.cursor() as cursor:
        for number in range(5):
            cursor.execute(_QUERY, [number])
            found += len(cursor.fetchall())
    return HttpResponse(str(found))
