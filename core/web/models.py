"""What the sign-in library counts: a broker that forgets must not give anybody new tries."""

from django.db import models


class Limit(models.Model):
    """One row of Django's cache in the database, in the shape that Django expects."""

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "web_limit"

    def __str__(self) -> str:
        return self.cache_key
