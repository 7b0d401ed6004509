from django.apps import AppConfig
from django.db.models.signals import post_migrate


class RolesConfig(AppConfig):
    name = "roles"
    verbose_name = "Roles and applications"

    def ready(self) -> None:
        """Register the words for history; load the catalogue after every migrate."""
        from partnerhub.audit import presenters
        from roles import loading, verbs

        presenters.register(verbs.SENTENCES)
        post_migrate.connect(loading.after_migrate, sender=self)
