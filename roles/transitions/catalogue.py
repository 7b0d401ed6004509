"""The catalogue's rows follow its data file: after every migrate, they are in step."""

from typing import Any

from django.db import transaction

from core.web.access import Level
from roles.catalogue import CATEGORIES, read_catalogue
from roles.models import Role, ServiceCategory


@transaction.atomic
def load_catalogue(**kwargs: Any) -> None:
    """Create or update each service category and role; none is ever deleted."""
    ServiceCategory.objects.bulk_create(
        [
            ServiceCategory(slug=c.slug, title=c.title, sentence=c.sentence, position=position)
            for position, c in enumerate(CATEGORIES)
        ],
        update_conflicts=True,
        unique_fields=["slug"],
        update_fields=["title", "sentence", "position"],
    )
    categories = dict(ServiceCategory.objects.values_list("slug", "pk"))
    Role.objects.bulk_create(
        [
            Role(
                code=row.code,
                name=row.name,
                category_id=categories[row.category],
                opens=row.opens,
                highest_level=Level.of(row.highest_level),
                restricted_because=" ".join(row.restricted_because),
                grantable=row.grantable,
                position=position,
            )
            for position, row in enumerate(read_catalogue())
        ],
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=[
            "name",
            "category",
            "opens",
            "highest_level",
            "restricted_because",
            "grantable",
            "position",
        ],
    )
