"""Taking a person out of the notification centre (D6)."""

from django.db.models import Q

from core.notifications.models import Notification, Preference
from core.outbox.erasure import Forgotten


def forget_person(person: Forgotten) -> None:
    mine = Q(user=person.user_id) | Q(address__in=person.addresses)
    Preference.objects.filter(mine).delete()
    Notification.objects.filter(user=person.user_id).delete()
    rows = list(Notification.objects.filter(person.named_in("title", "key")))
    for row in rows:
        row.title, row.key = person.without(row.title), person.without(row.key)
    Notification.objects.bulk_update(rows, ["title", "key"], batch_size=200)
